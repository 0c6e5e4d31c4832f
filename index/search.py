"""Run a query, and widen it when nothing is found: synonyms, pinyin, any of its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ..nlp.seeds import Synonyms
from .engine import Engine, Facet, Found, Sort
from .query import And, Node, Or, Run, Text
from .suggest import misheard, suggestions
from .widen import any_word, sounds, with_sounds, with_synonyms

Match = Literal["all", "synonym", "pinyin", "any"]
SynonymUse = Literal["auto", "always", "never"]
By = Literal["sentence", "report"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found.

    Attributes:
        found: ids, scores, totals and counts.
        match: how far the query had to widen.
        needles: the strings to highlight.
        suggestions: other queries, when words of this one stand nowhere.
    """

    found: Found
    match: Match
    needles: tuple[Text, ...] = ()
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A tree to try, and the narrower one whose matches come first."""

    match: Match
    tree: Node
    prefer: Node | None = None


def run(
    engine: Engine,
    query: Node,
    synonyms: Callable[[], Synonyms],
    *,
    use: SynonymUse = "auto",
    by: By = "sentence",
    limit: int = 20,
    offset: int = 0,
    best: int = 3,
    sort: Sort = "relevance",
    facets: Sequence[Facet] = (),
) -> Answer:
    """Answer a planned ``query``; exact strings, filters and exclusions are never widened.

    Args:
        engine: where to search.
        query: a planned tree.
        synonyms: gives the synonyms; called only when the query is widened to them.
        use: when nothing literal is found, always, or never.
        by: find sentences, or whole reports.
        limit: sentences or reports of the page.
        offset: sentences or reports in front of the page.
        best: sentences of each report.
        sort: order of sentences or reports.
        facets: what to count.
    """
    find = partial(engine.search_reports, best=best) if by == "report" else engine.search
    for attempt in _attempts(engine, query, synonyms, use):
        found = find(
            attempt.tree,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=facets,
            prefer=attempt.prefer,
        )
        if found.total:
            spelled = {"all": misheard, "any": suggestions}.get(attempt.match)
            near = spelled(query, engine) if spelled else ()
            return Answer(found, attempt.match, tuple(needles(attempt.tree)), near)
    nothing = Found([], [], 0, {facet: {} for facet in facets})
    return Answer(nothing, "all", (), suggestions(query, engine))


def _attempts(
    engine: Engine, query: Node, synonyms: Callable[[], Synonyms], use: SynonymUse
) -> Iterator[_Attempt]:
    if use != "always":
        yield _Attempt("all", query)
    wider = query if use == "never" else with_synonyms(query, synonyms())
    if wider != query:
        yield _Attempt("synonym", wider, query)
    elif use == "always":
        yield _Attempt("all", query)
    if heard := sounds(query, engine):
        likeliest = {typed: words[:1] for typed, words in heard.items()}
        yield _Attempt("pinyin", with_sounds(query, heard), with_sounds(query, likeliest))
    loose = any_word(wider, engine)
    if loose != wider:
        yield _Attempt("any", loose)


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
