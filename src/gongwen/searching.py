"""Searches of a library: from what a user asks for to hits with their text and place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .nlp.fold import squeeze
from .nlp.taxonomy import Taxonomy
from .results import Hit, Report, ReportHits, Results, StoredSentence
from .store import Store

if TYPE_CHECKING:
    from .index.engine import Engine, Facet, Sort
    from .index.query import Node, Text
    from .index.search import Answer, By, SynonymUse
    from .nlp.seeds import Synonyms

Years = Sequence[int | None] | int | str | None
"""A year, ``(first, last)`` with ``None`` for open, ``"2018..2021"``, or no condition."""

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
        from .index.plan import Planner

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
        from .index.query import And, parse_query
        from .index.search import run

        began = time.perf_counter()
        conditions = _conditions(filters)
        tree = parse_query(query) if query.strip() or not conditions else And(())
        answer = run(
            self._engine,
            self._planner.plan(And((tree, *conditions))),
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
        from .index.query import And, Filter, Not, Run
        from .index.search import Answer, needles
        from .index.widen import any_word

        began = time.perf_counter()
        conditions: list[Node] = list(_conditions(filters))
        if elsewhere:
            conditions.append(Not(Filter("report", (sentence.report,))))
        text = squeeze(sentence.text)[:_LONGEST_SENTENCE]
        tree = any_word(self._planner.plan(And((Run(text), *conditions))), self._engine)
        found = self._engine.search(tree, limit=limit + 1)
        results = self._results(
            f"{sentence.report}:{sentence.n}", Answer(found, "all", tuple(needles(tree))), context,
            began,
        )  # fmt: skip
        others = [hit for hit in results if (hit.report.id, hit.n) != (sentence.report, sentence.n)]
        itself = len(results.hits) - len(others)
        return Results(
            results.query,
            results.total - itself,
            results.match,
            results.took_ms,
            hits=tuple(others[:limit]),
        )

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
        from .index.highlight import spans, substitutes, to_html

        marked = spans(s.text, needles)
        around = (
            self._store.sentences_of(s.report, s.n - context, s.n + context) if context > 0 else ()
        )
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
        "probability": [str(min_probability)] if min_probability > 0 else [],
        "year": [span] if (span := _span(years)) else [],
    }
    return {name: values for name, values in given.items() if values}


def _conditions(filters: Mapping[str, Sequence[str]]) -> list[Node]:
    from .index.query import Filter

    return [Filter(name, tuple(map(str, values))) for name, values in filters.items()]


def _several(values: str | Sequence[str]) -> Sequence[str]:
    """Return ``values`` as a sequence; a lone string is one of them."""
    return [values] if isinstance(values, str) else values


def _span(years: Years) -> str:
    """Return a span as the query language has it, ``""`` for no condition."""
    if years is None or isinstance(years, str | int):
        return "" if years is None else str(years)
    first, last = years
    if first is None and last is None:
        return ""
    return f"{'' if first is None else first}..{'' if last is None else last}"
