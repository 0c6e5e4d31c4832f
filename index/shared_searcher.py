"""Answer searches over any engine by its primitives, in the same order whatever the engine.

A page by relevance needs the engine's best candidates and counts, no more. What counts near-copies,
reports or years reads the ids of all sentences that match and the fields that the engine keeps of
them, as arrays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .candidate_scoring import CandidateScorer, EngineCollection, Ranking
from .column_writer import JoinedTexts
from .engine import Engine, EngineFacet
from .grouping import (
    CopyGroups,
    Listed,
    RankedReport,
    RankedRows,
    ReportRanker,
    copied_elsewhere,
    copies_among,
    copy_groups_of,
    different,
    earliest_of_groups,
    ids_at,
    rounded,
    with_reports,
)
from .matched_columns import (
    MatchedColumns,
    ReportFacts,
    by_reports,
    names_places_or_years,
    totals,
    year_parts,
)
from .query import And, Filter, Node
from .requests import (
    Axis,
    Cell,
    Counted,
    Elsewhere,
    Facet,
    Found,
    FoundCopies,
    Grouping,
    Sort,
)
from .searcher import Source
from .tabulation import tabulate_columns
from .text_overlap import shared_runs

_ROWS_OF_GROUP = 2
"""Number of best sentences that are ranked for each group of a page, by the average of all groups;
when they are too few, four times as many."""
_RANKED_FOR_REPORTS = 1000
"""Sentences by which reports are ranked; a report without any of them comes behind."""
_OF_STORE: tuple[Facet, ...] = ("region", "year")


class SharedSearcher:
    """A :class:`~gongwen.index.searcher.Searcher` over any engine.

    It remembers the statistics and reports of one generation, and is made anew for the next.

    Args:
        engine: matches and counts; it is not fed meanwhile.
        source: gives region and year of reports, and the texts if the engine has none.

    Example: ``SharedSearcher(engine, source).search(Text("行政复议"), limit=5).ids``
    """

    def __init__(self, engine: Engine, source: Source) -> None:
        self._engine = engine
        self._source = source
        self._texts = engine.texts if engine.capabilities.texts else source.texts

    @cached_property
    def _collection(self) -> EngineCollection:
        return EngineCollection(self._engine)

    @cached_property
    def _facts(self) -> ReportFacts:
        return self._source.reports()

    def _own(self, query: Node) -> Node:
        """Return a query as the engine takes it."""
        return by_reports(query, self._facts) if names_places_or_years(query) else query

    # -- pages of sentences ------------------------------------------------------------------

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the sentences that match ``query``."""
        query = self._own(query)
        prefer = None if prefer is None else self._own(prefer)
        found = self._counted(query, facets, exact)
        if not found.total:
            return replace(found, total_distinct=0 if group else None)
        if not group and (sort == "relevance" or not limit):
            ranking = self._ranking(query, prefer)
            return _with_page(found, ranking, limit, offset) if limit else found
        matched = self._matched(query)
        parts: Sequence[Node] = ()
        if sort == "year":
            years = matched.group_years() if group else matched.years()
            parts = year_parts(matched.ids, years)
        if group:
            found = replace(found, total_distinct=matched.distinct)
        if not limit:
            return found
        ranking = self._ranking(query, prefer, parts)
        if not group:
            return _with_page(found, ranking, limit, offset)
        listed = self._grouped_page(ranking, matched, limit, offset, group)
        return replace(
            found,
            ids=ids_at(matched, listed.rows),
            scores=rounded(listed.scores),
            copies=copy_groups_of(matched, listed, copies),
        )

    def _counted(self, query: Node, facets: Sequence[Facet], exact: Node | None) -> Found:
        """Return the totals and counts of what matches, and of what matches ``exact`` too."""
        found = Found([], [], self._engine.count(query), self._facets(query, facets))
        if exact is None:
            return found
        both = And((query, self._own(exact)))
        total = self._engine.count(both) if found.total else 0
        if total == found.total:
            counts = {facet: dict(counted) for facet, counted in found.counts.items()}
        else:
            counts = self._facets(both, facets)
        return replace(found, total_exact=total, counts_exact=counts)

    def _facets(self, query: Node, facets: Sequence[Facet]) -> dict[str, dict[str, int]]:
        """Return how many sentences that match have each value of some facets."""
        if not facets:
            return {}
        own: list[EngineFacet] = [one for one in facets if one not in _OF_STORE]  # type: ignore[misc]
        if len(own) < len(facets) and "report" not in own:
            own.append("report")
        counts = self._engine.facets(query, own)
        return {
            facet: totals(counts["report"], self._facts, facet)
            if facet == "region" or facet == "year"
            else dict(counts[facet])
            for facet in facets
        }

    def _ranking(self, query: Node, prefer: Node | None, parts: Sequence[Node] = ()) -> Ranking:
        scorer = CandidateScorer(self._engine, self._texts, self._collection, query)
        return Ranking(self._engine, scorer, query, prefer, parts)

    def _matched(self, query: Node) -> MatchedColumns:
        """Return the columns of all sentences that match."""
        ids = np.fromiter(self._engine.ids(query), np.int64)
        return MatchedColumns.read(self._engine, ids, self._facts)

    def _grouped_page(
        self,
        ranking: Ranking,
        matched: MatchedColumns,
        limit: int,
        offset: int,
        group: Grouping,
    ) -> Listed:
        """Return a page of groups of near-copies, each at the rank of its first sentence."""
        copied = np.flatnonzero(matched.copied)
        wanted = min(limit, max(0, matched.distinct - offset))
        most = (offset + limit) * -(-len(matched) // matched.distinct) * _ROWS_OF_GROUP
        while True:
            ids, scores = ranking.first(min(most, len(matched)))
            ranked = RankedRows(matched.places(ids), scores)
            listed = CopyGroups(matched, matched.groups, ranked, copied).page(
                offset, limit, group, "relevance"
            )
            if len(listed.rows) >= wanted or len(ids) >= len(matched):
                return listed
            most *= 4

    # -- reports -----------------------------------------------------------------------------

    def search_reports(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        best: int = 3,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the reports with sentences that match ``query``, and the ``best`` of each."""
        query = self._own(query)
        prefer = None if prefer is None else self._own(prefer)
        found = self._counted(query, facets, exact)
        if not found.total:
            return replace(found, total_distinct=0)
        matched = self._matched(query)
        found = replace(found, total_distinct=matched.distinct)
        ids, scores = self._ranking(query, prefer).first(min(len(matched), _RANKED_FOR_REPORTS))
        first = matched.places(ids)
        is_ranked = np.zeros(len(matched), bool)
        is_ranked[first] = True
        rest = np.flatnonzero(~is_ranked)
        ranked = RankedRows(
            np.concatenate([first, rest]), np.concatenate([scores, np.zeros(len(rest))])
        )
        most = len(matched) if group else best
        reports = ReportRanker(matched, most).rank(ranked, sort)
        page = reports[offset : offset + limit]
        for at, one in enumerate(page):
            if np.count_nonzero(is_ranked[one.best.rows]) < min(best, one.matches):
                page[at] = self._read_anew(one, query, prefer, matched, best * _ROWS_OF_GROUP)
        listed = None
        if group:
            page = [replace(one, best=different(matched, one.best, best)) for one in page]
            rows = np.concatenate([one.best.rows for one in page] or [ranked.rows[:0]])
            copied = np.flatnonzero(matched.copied)
            listed = CopyGroups(matched, matched.groups, ranked, copied).of(rows)
        return with_reports(found, matched, page, len(reports), listed, copies)

    def _read_anew(
        self,
        report: RankedReport,
        query: Node,
        prefer: Node | None,
        matched: MatchedColumns,
        most: int,
    ) -> RankedReport:
        """Return a report with its best sentences when not all of them have been ranked."""
        own = And((query, Filter("report", (report.id,))))
        scorer = CandidateScorer(self._engine, self._texts, self._collection, query)
        ids, scores = Ranking(self._engine, scorer, own, prefer).first(min(most, report.matches))
        best = RankedRows(matched.places(ids)[:most], scores[:most])
        return replace(report, best=best)

    # -- near-copies and shared text -----------------------------------------------------------

    def copies(self, query: Node, *, limit: int = 20) -> FoundCopies | None:
        """Find the near-copies among the sentences that match, in two reports or more."""
        matched = self._matched(self._own(query))
        if not len(matched):
            return FoundCopies((), (), 0, 0)
        return copies_among(matched, matched.groups, np.arange(len(matched)), limit)

    def elsewhere(self, query: Node, among: Node, most: int = 3) -> dict[int, Elsewhere] | None:
        """Return where the text of the sentences that match ``query`` stands ``among`` others."""
        wanted_ids = np.fromiter(self._engine.ids(self._own(query)), np.int64)
        other_ids = np.fromiter(self._engine.ids(self._own(among)), np.int64)
        both = MatchedColumns.read(self._engine, np.union1d(wanted_ids, other_ids), self._facts)
        wanted, others = both.places(wanted_ids), both.places(other_ids)
        found, alone = copied_elsewhere(both, both.groups, wanted, others)
        if not len(alone):
            return found
        looked_at = earliest_of_groups(both, both.groups, others)
        looked_at.sort()
        near = shared_runs(
            self._joined(both, alone),
            self._joined(both, looked_at),
            np.ones(len(looked_at), bool),
            most,
        )
        for i, places in near.items():
            found[int(both.ids[alone[i]])] = Elsewhere(None, ids_at(both, looked_at[places]))
        return found

    def _joined(self, columns: MatchedColumns, rows: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts of some sentences, joined."""
        texts = self._texts(ids_at(columns, rows))
        return JoinedTexts.of([text.replace("\n", " ") for text in texts])

    # -- counts and words ----------------------------------------------------------------------

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``."""
        return self._engine.count(self._own(query))

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the id of every sentence that matches ``query``, ascending."""
        return self._engine.ids(self._own(query))

    def distinct(self, query: Node) -> int | None:
        """Return how many sentences match when near-copies count once."""
        return self._matched(self._own(query)).distinct

    def tabulate(
        self, queries: Sequence[Node], axes: Sequence[Axis]
    ) -> list[Mapping[Cell, Counted]]:
        """Count the sentences that match each query by all axes at once."""
        counted: list[Mapping[Cell, Counted]] = []
        for query in queries:
            ids = np.fromiter(self._engine.ids(self._own(query)), np.int64)
            fields = self._engine.fields(
                ids, {"copy_key", *("topics" if a.facet == "topic" else a.facet for a in axes)}
            )
            assert fields.copy_key is not None
            columns = {
                "topic": fields.topics,
                "role": fields.role,
                "kind": fields.kind,
                "report": fields.report,
            }
            counted.append(tabulate_columns(columns, fields.copy_key, axes))
        return counted

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""
        return self._engine.frequency(word)

    def vocabulary(self) -> Iterable[tuple[str, int]]:
        """Yield the words of the index, none if the engine does not know them all."""
        return self._engine.vocabulary() if self._engine.capabilities.vocabulary else ()

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match, none if the engine finds no patterns."""
        return (
            self._engine.strings(pattern, begins)
            if self._engine.capabilities.patterns
            else Counter()
        )

    @property
    def total_words(self) -> int:
        """How many words all sentences hold together, with repeats."""
        return self._collection.words


def _with_page(found: Found, ranking: Ranking, limit: int, offset: int) -> Found:
    """Return what was found with a page of sentences in their order."""
    ids, scores = ranking.first(min(offset + limit, found.total))
    page = slice(offset, offset + limit)
    return replace(found, ids=ids[page].tolist(), scores=rounded(scores[page]))
