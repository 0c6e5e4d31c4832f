"""Run a query, and widen it when nothing is found: first to synonyms, then to any of its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..nlp.seeds import Synonyms
from .engine import Engine, Facet, Found, Sort
from .query import And, Node, Or, Run, Text
from .widen import any_word, with_synonyms

Match = Literal["all", "synonym", "any"]
SynonymUse = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, how far the query had to widen, and the strings to highlight."""

    found: Found
    match: Match
    needles: tuple[Text, ...]


def run(
    engine: Engine,
    query: Node,
    synonyms: Callable[[], Synonyms],
    *,
    use: SynonymUse = "auto",
    limit: int = 20,
    offset: int = 0,
    sort: Sort = "relevance",
    facets: Sequence[Facet] = (),
) -> Answer:
    """Answer a planned ``query``; exact strings, filters and exclusions are never widened.

    ``synonyms`` is called only when the query is widened to them.
    """
    for match, tree in _attempts(engine, query, synonyms, use):
        found = engine.search(tree, limit=limit, offset=offset, sort=sort, facets=facets)
        if found.total:
            return Answer(found, match, tuple(needles(tree)))
    return Answer(Found([], [], 0, {facet: {} for facet in facets}), "all", ())


def _attempts(
    engine: Engine, query: Node, synonyms: Callable[[], Synonyms], use: SynonymUse
) -> Iterator[tuple[Match, Node]]:
    if use != "always":
        yield "all", query
    wider = query if use == "never" else with_synonyms(query, synonyms())
    if wider != query:
        yield "synonym", wider
    elif use == "always":
        yield "all", query
    loose = any_word(wider, engine)
    if loose != wider:
        yield "any", loose


def needles(node: Node) -> list[Text]:
    """Return the strings that make a sentence match, for highlighting."""
    match node:
        case Text():
            return [node]
        case Run(text=text, words=words):
            parts = [text_ for alternatives in words for text_ in alternatives]
            return [Text(text, whole=True), *parts]
        case And(parts=parts_) | Or(parts=parts_):
            return [needle for part in parts_ for needle in needles(part)]
        case _:
            return []
