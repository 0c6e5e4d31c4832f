"""Search a library: from what a user asks for to hits with their text and context."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from .conditions import COUNTED_BY_REPORT, ReportFields, engine_facet
from .nlp.text.normalize import squeeze
from .nlp.topics.taxonomy import Taxonomy
from .results import Hit, Report, ReportHits, Results, StoredSentence, Variant
from .storage.store import Store

if TYPE_CHECKING:
    from .index.expansion import Answer
    from .index.matching import Highlighter
    from .index.query import Filter, Node, Text, WithoutFilters
    from .index.requests import Elsewhere, Found, FoundCopies, SearchRequest
    from .index.searcher import Searcher
    from .nlp.seeds import Synonyms
    from .research.crosstab import CountRequest, CountTable


_MOST_CONTEXT = 1_000_000
_MOST_WITHOUT = 3
"""Filters of which is said that something would be found without them."""
_MOST_COMPARED = 2_000
"""Sentences with a string whose marks are compared with those that were typed, for the order."""
_LONGEST_SENTENCE = 400
"""Characters of a sentence by which others like it are sought."""
_COMPARED_BY_MEANING = 100
"""Best sentences like one whose meaning is compared with its own."""
_MEANING_WEIGHT = 0.8
"""What a sentence of the same meaning gains, as a share of the best score: 77 % of the ten nearest
sentences have the topic of the one asked for, without it 73 % (``models/vectors.md``)."""


class StoreSource:
    """What an engine need not keep, read from the store that it follows.

    Args:
        store: has the sentences and reports.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the folded text of each sentence, ``""`` for one that is not there."""
        found = {one.id: squeeze(one.text) for one in self._store.sentences(ids)}
        return [found.get(id_, "") for id_ in ids]

    def reports(self) -> dict[str, tuple[str, str]]:
        """Return region and year of every report by its id."""
        fields = self._store.report_fields(("region", "year"))
        return {id_: (row["region"], row["year"]) for id_, row in fields.items()}


class Searching:
    """Answers searches from an index and the store that it follows.

    Args:
        engine: finds the ids.
        store: has the sentences and reports.
        taxonomy: gives the topics and roles; called when a filter names one.
        report: turns what a user typed for a report into the report; raises when there is none.
        synonyms: gives the synonyms; called when a search widens to them.
    """

    def __init__(
        self,
        engine: Searcher,
        store: Store,
        taxonomy: Callable[[], Taxonomy],
        report: Callable[[str], Report],
        synonyms: Callable[[], Synonyms],
    ) -> None:
        from .index.planner import Planner  # late: ``reports`` and ``show`` need no index

        self._engine = engine
        self._store = store
        self._taxonomy = taxonomy
        self._synonyms = synonyms
        self._fields = ReportFields(store)
        self._planner = Planner(
            engine, taxonomy, lambda name: report(name).id, self._fields.reports_where
        )

    def search(self, request: SearchRequest) -> Results:
        """Answer a request.

        Raises:
            QueryError: neither query nor filter, or one that cannot be read.
            UnknownNameError: a filter names what does not exist.
        """
        from .index.expansion import run  # late: ``reports`` and ``show`` need no index

        began = time.perf_counter()
        facets = tuple(dict.fromkeys(map(engine_facet, request.counts)))
        planned = self._planned(request.query, request.filters, request.verbatim)
        marked = self._with_marks_as_typed(request)
        answer = run(self._engine, planned, self._synonyms, request, facets, marked)
        results = self._results(request.query, answer, request, began)
        found = answer.found
        if not found.total or answer.match == "any":
            results = replace(results, without_filters=self._without_filters(request))
        counts = self._counts(request, found.counts)
        if found.counts_exact == found.counts:
            exact: dict[str, Mapping[str, int]] = {f: {**n} for f, n in counts.items()}
        else:
            exact = self._counts(request, found.counts_exact)
        return replace(results, counts=counts, counts_exact=exact)

    def _without_filters(self, request: SearchRequest) -> tuple[WithoutFilters, ...]:
        """Return which filters are in the way of the words: each alone, else all together.

        Those come first without which most is found.
        """
        # late: ``reports`` and ``show`` need no index
        from .index.query import And, Filter, WithoutFilters, is_star, parse_query, verbatim

        words: list[Node] = []
        filters = list(request.filters)
        if request.query.strip() and not is_star(request.query):
            tree = parse_query(request.query)
            for part in tree.parts if isinstance(tree, And) else (tree,):
                if isinstance(part, Filter):
                    filters.append(part)
                else:
                    words.append(part)
        alone = [(one,) for one in filters] if words or len(filters) > 1 else []
        for choices in (alone, [tuple(filters)] if words and len(filters) > 1 else []):
            found = []
            for dropped in choices:
                rest = And((*words, *(one for one in filters if one not in dropped)))
                planned = self._planner.plan(verbatim(rest) if request.verbatim else rest)
                if total := self._engine.count(planned):
                    found.append(WithoutFilters(dropped, total))
            if found:
                return tuple(sorted(found, key=lambda one: -one.total)[:_MOST_WITHOUT])
        return ()

    def answer(self, request: SearchRequest) -> Answer:
        """Answer a request with ids and the strings that were looked for, without sentences."""
        from .index.expansion import run  # late: ``reports`` and ``show`` need no index

        planned = self._planned(request.query, request.filters, request.verbatim)
        marked = self._with_marks_as_typed(request)
        return run(self._engine, planned, self._synonyms, request, prefer=marked)

    def _counts(
        self, request: SearchRequest, counts: Mapping[str, Mapping[str, int]]
    ) -> dict[str, Mapping[str, int]]:
        """Return the counts of the facets asked for, from those that the engine has made."""
        return {
            facet: self._fields.totals(facet, counted) if facet in COUNTED_BY_REPORT else counted
            for facet in (request.counts if counts else ())
            for counted in [counts[engine_facet(facet)]]
        }

    def matching(self, query: str, filters: Sequence[Filter]) -> list[int]:
        """Return the ids of all sentences that match, best first; nothing is widened."""
        return self._engine.search(self._planned(query, filters), limit=sys.maxsize).ids

    def ids(self, query: str, filters: Sequence[Filter]) -> Iterator[int]:
        """Yield the ids of all sentences that match, ascending; nothing is widened or ranked."""
        return self._engine.ids(self._planned(query, filters))

    def counts(self, request: CountRequest) -> CountTable:
        """Count the sentences that match by several facets, all when nothing is asked for."""
        # late: a search does not need it
        from .research.crosstab import cross_tabulate

        asked = request.query, request.filters, request.verbatim
        planned = self._planned(*asked, all_without=True)
        return cross_tabulate(self._engine, request, planned, self._fields.rows, self._taxonomy)

    def _planned(
        self,
        query: str,
        filters: Sequence[Filter],
        as_typed: bool = False,
        all_without: bool = False,
    ) -> Node:
        # late: ``reports`` and ``show`` need no index
        from .index.query import And, each_text, is_star, parse_query, verbatim

        everything = not query.strip() and (filters or all_without)
        tree = And(()) if everything or (filters and is_star(query)) else parse_query(query)
        if as_typed:
            tree = verbatim(tree)
        return self._planner.plan(And((each_text(tree, self._as_typed), *filters)))

    def _as_typed(self, text: Text) -> Node:
        """Return a string, if its marks must be as typed with the sentences where they are.

        An index knows marks folded: “ and 「 are the same to it. Only the store has them as they
        stand.
        """
        # late: ``reports`` and ``show`` need no index
        from .index.matching import spans
        from .index.query import And, Filter
        from .nlp.text.marks import has_alike_marks, marks_as_typed

        if not text.verbatim or not has_alike_marks(text.typed):
            return text
        marks = marks_as_typed(text.typed)
        ids = tuple(
            str(one.id)
            for one in self._store.sentences([*self._engine.ids(text)])
            if any(marks_as_typed(one.text[i:j]) == marks for i, j in spans(one.text, [text]))
        )
        return And((text, Filter("id", ids)))

    def _with_marks_as_typed(self, request: SearchRequest) -> Node | None:
        """Return the query with its marks as typed, for the order; ``None`` if it has no such."""
        # late: ``reports`` and ``show`` need no index
        from .index.query import And, each_text, is_star, parse_query, verbatim
        from .nlp.text.marks import has_alike_marks

        if request.verbatim or not has_alike_marks(request.query) or is_star(request.query):
            return None
        tree = verbatim(parse_query(request.query))

        def chosen(text: Text) -> Node:
            few = has_alike_marks(text.typed) and self._engine.count(text) <= _MOST_COMPARED
            return self._as_typed(text) if few else text

        narrower = each_text(tree, chosen)
        return None if narrower == tree else self._planner.plan(And((narrower, *request.filters)))

    def similar(
        self,
        sentence: StoredSentence,
        request: SearchRequest,
        elsewhere: bool,
    ) -> Results:
        """Find the sentences most like one, by its words, their neighbours, and meaning.

        Args:
            sentence: the one that others are compared with.
            request: conditions on the others, and how many are wanted; its query is not used.
            elsewhere: leave out the sentences of the same report.
        """
        # late: ``show`` and ``reports`` do not need it
        from .index.expansion import Answer, any_word, needles
        from .index.query import And, Filter, Not, Run

        began = time.perf_counter()
        itself = Not(Filter("id", (str(sentence.id),)))
        conditions: list[Node] = [*request.filters, itself]
        if elsewhere:
            conditions.append(Not(Filter("report", (sentence.report,))))
        text = squeeze(sentence.text)[:_LONGEST_SENTENCE]
        tree = any_word(self._planner.plan(And((Run(text), *conditions))), self._engine)
        found = self._engine.search(
            tree,
            limit=max(request.limit, _COMPARED_BY_MEANING) if request.limit else 0,
            group="earliest" if request.group else "",  # its own near-copies are one hit too
            copies=request.copies,
        )
        found = self._by_meaning(sentence.text, found, request.limit)
        answer = Answer(found, "all", tuple(needles(tree)))
        return self._results(f"{sentence.report}:{sentence.n}", answer, request, began)

    def _by_meaning(self, text: str, found: Found, limit: int) -> Found:
        """Return the ``limit`` best of ``found`` when their likeness to ``text`` in meaning counts.

        Only the best sentences are compared. None of them loses by it: they stay before the rest.
        """
        from .nlp.meaning.static_vectors import StaticVectors  # late: a table that few need

        compared = found.ids[:_COMPARED_BY_MEANING]
        texts = {s.id: s.text for s in self._store.sentences(compared)}
        if not texts:
            return found
        known = [texts.get(id_, "") for id_ in compared]
        [likeness] = StaticVectors.shipped().similarity([text], known).tolist()
        most = _MEANING_WEIGHT * found.scores[0]
        scores = [
            score + most * max(like, 0.0)
            for score, like in zip(found.scores, likeness, strict=False)
        ] + found.scores[len(compared) :]
        order = sorted(range(len(scores)), key=lambda at: -scores[at])[:limit]
        ids = [found.ids[at] for at in order]
        return replace(
            found,
            ids=ids,
            scores=[round(scores[at], 4) for at in order],
            copies={id_: found.copies[id_] for id_ in ids if id_ in found.copies},
        )

    def copies(self, filters: Sequence[Filter], limit: int) -> FoundCopies | None:
        """Return the near-copies in several reports, as the engine finds them."""
        return self._engine.copies(self._planned("", filters), limit=limit)

    def elsewhere(
        self, filters: Sequence[Filter], report: str, of_others: Sequence[Filter], others: list[str]
    ) -> tuple[int, dict[int, Elsewhere] | None]:
        """Return where the sentences of a report stand in others, as the engine finds it.

        Args:
            filters: conditions on the sentences of all reports.
            report: id of the report.
            of_others: further conditions on the others.
            others: ids of the other reports.

        Returns:
            The number of sentences of the report that meet the conditions, and where they stand.
        """
        from .index.query import And, Filter  # late: ``reports`` and ``show`` need no index

        # The ids are known, so the planner, which reads all reports for each name, is not asked.
        own = And((self._planned("", filters), Filter("report", (report,))))
        among = And((self._planned("", (*filters, *of_others)), Filter("report", tuple(others))))
        return self._engine.count(own), self._engine.elsewhere(own, among)

    def _results(self, query: str, answer: Answer, request: SearchRequest, began: float) -> Results:
        from .index.matching import Highlighter  # late: ``show`` and ``reports`` do not need it

        found = answer.found
        near = [id_ for group in found.copies.values() for id_ in group.ids]
        stored = self._store.sentences([*dict.fromkeys([*found.ids, *near])])
        by_id = {s.id: s for s in stored}
        sentences = [by_id[id_] for id_ in dict.fromkeys(found.ids) if id_ in by_id]
        wanted = {s.report for s in stored} | {r.report for r in found.reports}
        reports = {report.id: report for report in self._store.reports(wanted)}
        scores = dict(zip(found.ids, found.scores, strict=True))
        highlighter = Highlighter(answer.needles)
        hit_of = {
            s.id: self._hit(s, reports[s.report], scores[s.id], highlighter, request.context)
            for s in sentences
        }
        for id_, group in found.copies.items():
            if id_ in hit_of:
                others = [by_id[one] for one in group.ids if one != id_ and one in by_id]
                hit_of[id_] = replace(
                    hit_of[id_],
                    copies=group.sentences,
                    copies_reports=group.reports,
                    variants=tuple(
                        Variant(reports[s.report], s.n, s.text, differing(by_id[id_].text, s.text))
                        for s in others
                    ),
                )
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
            total_exact=found.total_exact,
            more_by_synonyms=answer.more_by_synonyms,
            synonyms=answer.synonyms,
            total_distinct=found.total_distinct if found.total else 0,
            grouped=request.group and (found.total_distinct is not None or not found.total),
            topic_names=self._topic_names(sentences),
        )

    def _topic_names(self, sentences: Iterable[StoredSentence]) -> dict[str, str]:
        slugs = {slug for s in sentences for slug in (s.topic, *s.also)}
        topics = self._taxonomy().topics
        return {slug: topics.zh(slug) for slug in sorted(slugs)}

    def _hit(
        self,
        s: StoredSentence,
        report: Report,
        score: float,
        highlighter: Highlighter,
        context: int,
    ) -> Hit:
        from .index.matching import to_html  # late: ``show`` and ``reports`` do not need it

        marked, via = highlighter.marked(s.text)
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
            via=via,
        )


def differing(one: str, other: str) -> tuple[tuple[int, int], ...]:
    """Return the places in ``other`` where it differs from ``one``, as (start, end).

    Numbers are taken whole.

    Example:
        >>> differing("全年办案17件", "全年共办案203件")
        ((2, 3), (5, 8))
    """
    from difflib import SequenceMatcher  # late: only what is listed with its copies needs it

    parts: list[list[str]] = [_DIFFERING_PARTS.findall(text) for text in (one, other)]
    ends = [0, *accumulate(map(len, parts[1]))]
    codes = SequenceMatcher(None, parts[0], parts[1], autojunk=False).get_opcodes()
    spans = [(ends[i], ends[j]) for code, _, _, i, j in codes if code != "equal" and j > i]
    return tuple(spans)


_DIFFERING_PARTS = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*|.", re.DOTALL)
