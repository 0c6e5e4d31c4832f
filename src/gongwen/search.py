"""Search a library: from what a user asks for to hits with their text and context."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .nlp.errors import QueryError, UnknownNameError, quoted
from .nlp.text.normalize import squeeze
from .nlp.topics.taxonomy import Taxonomy
from .results import Hit, Report, ReportHits, Results, StoredSentence
from .storage.store import Store

if TYPE_CHECKING:
    from .index.engine import Engine, Facet, Sort
    from .index.expansion import Answer, By, SynonymUse
    from .index.query import Node, Text
    from .nlp.seeds import Synonyms


Years = Sequence[int | None] | int | str | None
"""A year, ``(first, last)`` with ``None`` for open, ``"2018..2021"``, or no condition."""

_MOST_CONTEXT = 1_000_000
_LONGEST_SENTENCE = 400
"""Characters of a sentence by which others like it are sought."""


class Searching:
    """Answers searches from an engine and the store that it follows.

    Args:
        engine: finds the ids.
        store: has the sentences and reports.
        taxonomy: gives the topics and roles; called when a filter names one.
        report: turns what a user typed for a report into the report; raises when there is none.
        synonyms: gives the synonyms; called when a search widens to them.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        taxonomy: Callable[[], Taxonomy],
        report: Callable[[str], Report],
        synonyms: Callable[[], Synonyms],
    ) -> None:
        from .index.planner import Planner

        self._engine = engine
        self._store = store
        self._synonyms = synonyms
        self._planner = Planner(engine, taxonomy, lambda name: report(name).id)

    def search(
        self,
        query: str,
        filters: Mapping[str, Sequence[str]],
        *,
        use: SynonymUse,
        by: By,
        limit: int,
        offset: int,
        best: int,
        sort: Sort,
        facets: Sequence[Facet],
        context: int,
    ) -> Results:
        """Answer a query in the query language; its arguments are those of ``Library.search``."""
        from .index.expansion import run

        began = time.perf_counter()
        answer = run(
            self._engine,
            self._planned(query, filters),
            self._synonyms,
            use=use,
            by=by,
            limit=limit,
            offset=offset,
            best=best,
            sort=sort,
            facets=facets,
        )
        return self._results(query, answer, context, began)

    def matching(self, query: str, filters: Mapping[str, Sequence[str]]) -> list[int]:
        """Return the ids of all sentences that match, best first; nothing is widened."""
        return self._engine.search(self._planned(query, filters), limit=sys.maxsize).ids

    def _planned(self, query: str, filters: Mapping[str, Sequence[str]]) -> Node:
        from .index.query import And, parse_query

        conditions = _conditions(filters)
        tree = parse_query(query) if query.strip() or not conditions else And(())
        return self._planner.plan(And((tree, *conditions)))

    def similar(
        self,
        sentence: StoredSentence,
        filters: Mapping[str, Sequence[str]],
        *,
        limit: int,
        context: int,
        elsewhere: bool,
    ) -> Results:
        """Find the sentences most like one, by its words and their neighbours."""
        from .index.expansion import Answer, any_word, needles
        from .index.query import And, Filter, Not, Run

        began = time.perf_counter()
        itself = Not(Filter("id", (str(sentence.id),)))
        conditions: list[Node] = [*_conditions(filters), itself]
        if elsewhere:
            conditions.append(Not(Filter("report", (sentence.report,))))
        text = squeeze(sentence.text)[:_LONGEST_SENTENCE]
        tree = any_word(self._planner.plan(And((Run(text), *conditions))), self._engine)
        found = self._engine.search(tree, limit=limit)
        answer = Answer(found, "all", tuple(needles(tree)))
        return self._results(f"{sentence.report}:{sentence.n}", answer, context, began)

    def _results(self, query: str, answer: Answer, context: int, began: float) -> Results:
        found = answer.found
        sentences = self._store.sentences(found.ids)
        wanted = {s.report for s in sentences} | {r.report for r in found.reports}
        reports = {report.id: report for report in self._store.reports(wanted)}
        scores = dict(zip(found.ids, found.scores, strict=True))
        hit_of = {
            s.id: self._hit(s, reports[s.report], scores[s.id], answer.needles, context)
            for s in sentences
        }
        took = round((time.perf_counter() - began) * 1000, 1)
        return Results(
            query,
            found.total,
            answer.match,
            took,
            found.counts,
            tuple(hit_of.values()),
            tuple(
                ReportHits(
                    reports[one.report],
                    one.score,
                    one.matches,
                    tuple(hit_of[id_] for id_ in one.ids if id_ in hit_of),
                )
                for one in found.reports
                if one.report in reports
            ),
            found.total_reports,
            answer.suggestions,
        )

    def _hit(
        self,
        s: StoredSentence,
        report: Report,
        score: float,
        needles: Sequence[Text],
        context: int,
    ) -> Hit:
        from .index.matching import spans, substitutes, to_html

        marked = spans(s.text, needles)
        width = min(context, _MOST_CONTEXT)
        around = self._store.sentences_of(s.report, s.n - width, s.n + width) if width else ()
        return Hit(
            report=report,
            n=s.n,
            text=s.text,
            highlight=to_html(s.text, marked),
            section=s.section,
            role=s.role,
            kind=s.kind,
            topic=s.topic,
            also=s.also,
            probability=s.probability,
            start=s.start,
            end=s.end,
            score=score,
            spans=tuple(marked),
            before=tuple(a.text for a in around if a.n < s.n),
            after=tuple(a.text for a in around if a.n > s.n),
            via=substitutes(s.text, needles),
        )


def named(name: str, reports: Sequence[Report]) -> Report:
    """Return the report of this id, or the only one whose id or title holds ``name``.

    Raises:
        UnknownNameError: there is none, or several.
    """
    by_id = {report.id: report for report in reports}
    if name in by_id:
        return by_id[name]
    wanted = squeeze(name)
    close = [r for r in reports if wanted and wanted in squeeze(f"{r.id} {r.title}")]
    if len(close) == 1:
        return close[0]
    near = [r.id for r in close] or get_close_matches(name, by_id, n=3, cutoff=0.3)
    raise UnknownNameError("report", name, near[:3], "gongwen reports lists them")


def check_page(limit: int, offset: int = 0, best: int = 1, context: int = 0) -> None:
    """Raise QueryError when a number is none or too small."""
    least = {"limit": (limit, 0), "offset": (offset, 0), "best": (best, 1), "context": (context, 0)}
    for name, (value, low) in least.items():
        if not isinstance(value, int) or value < low:
            raise QueryError(f"{name} must be a whole number from {low}, not {quoted(str(value))}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise QueryError when ``value`` is none of ``choices``."""
    if value not in choices:
        raise QueryError(f"{name} must be {', '.join(choices)}, not {quoted(str(value))}")


def conditions_on(
    topics: str | Sequence[str],
    roles: str | Sequence[str],
    regions: str | Sequence[str],
    years: Years,
    reports: str | Sequence[str],
    kinds: str | Sequence[str],
    min_probability: float,
) -> dict[str, Sequence[str]]:
    """Return the filters that are given, by the name of the field."""
    given = {
        "topic": _several(topics),
        "role": _several(roles),
        "region": _several(regions),
        "report": _several(reports),
        "kind": _several(kinds),
        "probability": _least(min_probability),
        "year": [span] if (span := _span(years)) else [],
    }
    return {name: values for name, values in given.items() if values}


def _conditions(filters: Mapping[str, Sequence[str]]) -> list[Node]:
    from .index.query import Filter

    return [Filter(name, tuple(map(str, values))) for name, values in filters.items()]


def _several(values: str | Sequence[str]) -> Sequence[str]:
    """Return ``values`` as a sequence; a lone string is one of them, an empty one none."""
    return [value for value in ([values] if isinstance(values, str) else values) if value]


def _least(probability: float) -> list[str]:
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise QueryError(f"min_probability must be from 0 to 1, not {quoted(str(probability))}")
    return [str(probability)] if probability else []


def _span(years: Years) -> str:
    """Return a span as the query language has it, ``""`` for no condition."""
    if years is None or isinstance(years, str | int):
        return "" if years is None else str(years)
    try:
        first, last = years
    except (TypeError, ValueError):
        raise QueryError(
            f"years {quoted(str(years))} are none; give 2020, (2018, 2021) or '2018..2021'"
        ) from None
    if first is None and last is None:
        return ""
    return f"{'' if first is None else first}..{'' if last is None else last}"
