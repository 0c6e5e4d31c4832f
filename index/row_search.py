"""Search the rows of an index: match a planned query, rank what matches, cut out a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .column_writer import JoinedTexts
from .columns import Mask, Rows
from .engine import CopyGroup, Elsewhere, Facet, Found, FoundCopies, FoundReport, Grouping, Sort
from .matching import Matcher, WordPostings, single_text
from .planner import without_boilerplate
from .query import Node
from .scan import Units, distinct_values
from .scoring import RankedRows, Ranker, ReportRanker


class RowSearch:
    """Answers queries from the rows of an index and the postings of its words.

    Args:
        rows: the rows; ``None`` for an index without any.
        words: the words of the index.
        total_words: number of words in all rows, with repeats.
        is_overlay: whether rows were removed in memory only, so bigram counts include them.
    """

    def __init__(
        self, rows: Rows | None, words: WordPostings, total_words: int, is_overlay: bool
    ) -> None:
        self._rows = rows
        self._words = words
        self._total_words = total_words
        self._is_overlay = is_overlay

    def sentences(
        self,
        query: Node,
        limit: int,
        offset: int,
        sort: Sort,
        facets: Sequence[Facet],
        prefer: Node | None,
        exact: Node | None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find sentences, as :meth:`~gongwen.index.engine.Engine.search` describes."""
        if not limit and not facets and not group and exact is None:
            return Found([], [], self.count(query))
        matcher, mask, counts = self._match(query, facets)
        found = self._totals(matcher, mask, counts, exact)
        if not limit or not found.total:
            return found
        groups = self._rows.copy_groups if self._rows else None
        most = offset + limit if sort == "relevance" else None
        if not group or groups is None:
            ranked = self._rank(matcher, query, mask, sort, prefer, most)
            page = slice(offset, offset + limit)
            return replace(
                found,
                ids=self._sentence_ids(ranked.rows[page]),
                scores=_rounded(ranked.scores[page]),
            )
        assert self._rows is not None
        matched = np.flatnonzero(mask)
        # The best rows are of enough groups, unless most of them are copies.
        for rows in (None,) if most is None else (most * _ROWS_OF_GROUP, None):
            ranked = self._rank(matcher, query, mask, "relevance", prefer, rows)
            listed = CopyGroups(self._rows, groups, ranked, sort, matched).page(
                offset, limit, group
            )
            if len(listed.rows) == limit or len(ranked.rows) == len(matched):
                break
        return replace(
            found,
            ids=self._sentence_ids(listed.rows),
            scores=_rounded(listed.scores),
            copies=self._copies(listed, copies),
        )

    def _totals(
        self,
        matcher: Matcher | None,
        mask: Mask,
        counts: dict[str, dict[str, int]],
        exact: Node | None,
    ) -> Found:
        """Return the totals and counts of the rows in ``mask``, and of those that match ``exact``.

        They are given without any sentence.
        """
        total, distinct = int(np.count_nonzero(mask)), self._distinct(mask)
        found = Found([], [], total, counts, total_distinct=distinct)
        if exact is None or matcher is None or self._rows is None:
            return found if exact is None else replace(found, total_exact=0)
        both = mask & matcher.mask(exact)
        of_both = {facet: self._rows.counts(facet, both) for facet in counts}
        return replace(found, total_exact=int(np.count_nonzero(both)), counts_exact=of_both)

    def _distinct(self, mask: Mask) -> int | None:
        """Return the number of groups of near-copies among the rows in ``mask``."""
        groups = self._rows.copy_groups if self._rows else None
        if groups is None:
            return None
        matched = groups[mask]
        if len(matched) * _FEW < len(groups):
            return len(distinct_values(matched))
        return int(np.count_nonzero(np.bincount(matched)))

    def _copies(self, listed: Listed, ids: bool) -> dict[int, CopyGroup]:
        """Return the near-copies of the listed rows by the id of the sentence."""
        return {
            id_: CopyGroup(
                len(members), listed.reports[i], self._sentence_ids(members) if ids else ()
            )
            for i, (id_, members) in enumerate(
                zip(self._sentence_ids(listed.rows), listed.members, strict=True)
            )
            if len(members) > 1
        }

    def reports(
        self,
        query: Node,
        limit: int,
        offset: int,
        best: int,
        sort: Sort,
        facets: Sequence[Facet],
        prefer: Node | None,
        exact: Node | None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find reports, as :meth:`~gongwen.index.engine.Engine.search_reports` describes."""
        matcher, mask, counts = self._match(query, facets)
        found = self._totals(matcher, mask, counts, exact)
        if not found.total:
            return found
        assert self._rows is not None
        ranked = self._rank(matcher, query, mask, "relevance", prefer)
        groups = self._rows.copy_groups if group else None
        # Of near-copies in a report only the first is wanted, so all of its rows are needed here.
        most = best if groups is None else len(ranked.rows)
        reports = ReportRanker(self._rows, most).rank(ranked, sort)
        page = reports[offset : offset + limit]
        listed = None
        if groups is not None:
            page = [replace(one, best=_first_of_groups(one.best, groups, best)) for one in page]
            rows = np.concatenate([one.best.rows for one in page] or [ranked.rows[:0]])
            listed = CopyGroups(self._rows, groups, ranked, "relevance").of(rows)
        listed_reports = [
            FoundReport(
                report.id,
                round(report.score, 4),
                report.matches,
                self._sentence_ids(report.best.rows),
                _rounded(report.best.scores),
            )
            for report in page
        ]
        return replace(
            found,
            ids=[id_ for report in listed_reports for id_ in report.ids],
            scores=[score for report in listed_reports for score in report.scores],
            reports=listed_reports,
            total_reports=len(reports),
            copies=self._copies(listed, copies) if listed else {},
        )

    def copies(self, query: Node, limit: int) -> FoundCopies | None:
        """Find near-copies, as :meth:`~gongwen.index.engine.Engine.copies` describes."""
        _, mask, _ = self._match(query)
        matched = np.flatnonzero(mask)
        if not self._rows or not len(matched):
            return FoundCopies((), (), 0, 0)
        if self._rows.copy_groups is None:
            return None
        groups, reports = self._rows.copy_groups[matched], self._rows.column("report")
        size = len(reports.values)
        pairs = distinct_values(groups.astype(np.int64) * size + reports.codes[matched])
        group_of_pair = pairs // size
        in_reports, sentences = np.bincount(group_of_pair), np.bincount(groups)
        several = np.flatnonzero(in_reports > 1)
        first = np.full(len(in_reports), len(matched))
        first[groups[::-1]] = np.arange(len(matched))[::-1]
        order = np.lexsort([first[several], -sentences[several], -in_reports[several]])
        chosen = several[order[:limit]]
        members = _members(self._rows, matched, self._rows.copy_groups, chosen)
        found = [
            CopyGroup(len(rows), int(in_reports[code]), self._sentence_ids(rows))
            for rows, code in zip(members, chosen.tolist(), strict=True)
        ]
        names = [
            [reports.values[code] for code in dict.fromkeys(reports.codes[rows].tolist())]
            for rows in members
        ]
        return FoundCopies(found, names, len(several), len(matched))

    def elsewhere(self, query: Node, among: Node, most: int) -> dict[int, Elsewhere] | None:
        """Find text elsewhere, as :meth:`~gongwen.index.engine.Engine.elsewhere` describes."""
        if not self._rows:
            return {}
        rows, groups = self._rows, self._rows.copy_groups
        if groups is None:
            return None
        wanted = np.flatnonzero(self._match(query)[1])
        others = np.flatnonzero(self._match(among)[1])
        distinct, of_wanted = np.unique(groups[wanted], return_inverse=True)
        members = _members(rows, others, groups, distinct)
        reports = rows.column("report").codes
        found: dict[int, Elsewhere] = {}
        alone = []
        for row, group in zip(wanted.tolist(), of_wanted.tolist(), strict=True):
            copies = members[group]
            if not len(copies):
                alone.append(row)
                continue
            group_ids = self._sentence_ids(copies)
            in_reports = len(distinct_values(reports[copies]))
            found[int(rows.ids[row])] = Elsewhere(CopyGroup(len(copies), in_reports, group_ids))
        # Of near-copies the earliest is enough.
        others = _earliest_first(rows, others)
        others = np.sort(others[np.unique(groups[others], return_index=True)[1]])
        alone_rows = np.array(alone, np.int64)
        near = shared_runs(rows.text.gather(alone_rows), rows.text.gather(others), most)
        for i, places in near.items():
            found[int(rows.ids[alone_rows[i]])] = Elsewhere(
                None, self._sentence_ids(others[places])
            )
        return found

    def _match(
        self, query: Node, facets: Sequence[Facet] = ()
    ) -> tuple[Matcher | None, Mask, dict[str, dict[str, int]]]:
        """Return the matcher, (rows,) whether each row matches, and the counts of each facet.

        Without rows the matcher is ``None``.
        """
        if not self._rows:
            return None, np.zeros(0, bool), {facet: {} for facet in facets}
        rows = self._rows
        matcher = Matcher(rows, self._words)
        mask = matcher.mask(query) & rows.live
        return matcher, mask, {facet: rows.counts(facet, mask) for facet in facets}

    def _rank(
        self,
        matcher: Matcher | None,
        query: Node,
        mask: Mask,
        sort: Sort,
        prefer: Node | None,
        most: int | None = None,
    ) -> RankedRows:
        """Return the rows in ``mask`` in their order, at least the ``most`` best ones."""
        assert self._rows is not None and matcher is not None
        ranker = Ranker(self._rows, matcher, self._total_words)
        preferred = matcher.mask(prefer) if prefer is not None else None
        ranked = ranker.rank(query, np.flatnonzero(mask), preferred, most)
        if sort == "year":
            latest = np.argsort(-self._rows.years()[ranked.rows], kind="stable")
            return RankedRows(ranked.rows[latest], ranked.scores[latest])
        return ranked

    def _sentence_ids(self, rows: NDArray[np.int64]) -> list[int]:
        """Return the ids of the sentences in ``rows``."""
        assert self._rows is not None
        ids: list[int] = self._rows.ids[rows].tolist()
        return ids

    def count(self, query: Node) -> int:
        """Return the number of sentences that match ``query``, without ranking them.

        For a single string of two characters the bigram table gives it without a search.
        """
        content_query = without_boilerplate(query)
        text = single_text(query if content_query is None else content_query)
        # The bigram counts of an overlay include removed rows.
        if text and self._rows and not self._is_overlay:
            total = self._rows.document_frequency(text, boilerplate=content_query is None)
            if total is not None:
                return total
        return int(np.count_nonzero(self._match(query)[1]))


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows that stand for groups of near-copies.

    Attributes:
        rows: (n,) the row that stands for each group.
        scores: (n,) score of the best row of each group.
        members: the matching rows of each group, the earliest first.
        reports: number of reports of each group.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    members: list[NDArray[np.int64]]
    reports: list[int]


class CopyGroups:
    """Groups ranked rows by near-copies.

    Args:
        rows: the rows of the index.
        groups: (rows,) number of the group of each row.
        ranked: the ranked rows.
        sort: by relevance a group stands at its best row, by year at its earliest, the latest
            year first.
        matched: (n,) all rows that match, when only the best of them are in ``ranked``.
    """

    def __init__(
        self,
        rows: Rows,
        groups: NDArray[np.int32],
        ranked: RankedRows,
        sort: Sort,
        matched: NDArray[np.int64] | None = None,
    ) -> None:
        self._rows = rows
        self._groups = groups
        self._ranked = ranked
        self._matched = ranked.rows if matched is None else matched
        self._sort = sort

    def page(self, offset: int, limit: int, grouping: Grouping) -> Listed:
        """Return a page of groups in order.

        Args:
            offset: groups in front of the page.
            limit: groups of the page.
            grouping: whether the earliest or the best row stands for a group.
        """
        first = self._first_positions()
        if self._sort == "year":
            of_row = self._groups[self._ranked.rows]
            earliest = np.full(int(of_row.max()) + 1, _UNKNOWN_YEAR, np.int32)
            years = self._rows.years()[self._ranked.rows]
            np.minimum.at(earliest, of_row, np.where(years > 0, years, _UNKNOWN_YEAR))
            year = earliest[of_row[first]]
            first = first[np.argsort(np.where(year == _UNKNOWN_YEAR, 0, -year), kind="stable")]
        first = first[offset : offset + limit]
        best = self._ranked.rows[first]
        members = _members(self._rows, self._matched, self._groups, self._groups[best])
        earliest_rows = np.array([rows[0] for rows in members], np.int64)
        shown = best if grouping == "best" else earliest_rows
        return Listed(shown, self._ranked.scores[first], members, self._in_reports(members))

    def of(self, chosen: NDArray[np.int64]) -> Listed:
        """Return the groups of the ``chosen`` rows, which stand for them."""
        distinct, inverse = np.unique(self._groups[chosen], return_inverse=True)
        members = _members(self._rows, self._matched, self._groups, distinct)
        of_row = [members[i] for i in inverse.tolist()]
        return Listed(chosen, np.zeros(len(chosen)), of_row, self._in_reports(of_row))

    def _first_positions(self) -> NDArray[np.int64]:
        """Return the position of the best row of each group, ascending."""
        of_row = self._groups[self._ranked.rows]
        count = len(of_row)
        if count * _FEW < len(self._groups):
            return np.sort(np.unique(of_row, return_index=True)[1])
        first = np.full(len(self._groups), count)
        first[of_row[::-1]] = np.arange(count)[::-1]  # the last assignment counts
        is_first = np.zeros(count + 1, bool)
        is_first[first] = True
        return np.flatnonzero(is_first[:count])

    def _in_reports(self, members: Sequence[NDArray[np.int64]]) -> list[int]:
        codes = self._rows.column("report").codes
        return [len(distinct_values(codes[rows])) if len(rows) > 1 else 1 for rows in members]


_ROWS_OF_GROUP = 4
"""Number of best rows that are ranked for each group of a page."""
_UNKNOWN_YEAR = 9999
_FEW = 16
"""Rows of which there are fewer than one in so many are sorted; of more a table is made."""


def _members(
    rows: Rows, among: NDArray[np.int64], groups: NDArray[np.int32], chosen: NDArray[Any]
) -> list[NDArray[np.int64]]:
    """Return the rows ``among`` some of each ``chosen`` group, the earliest first."""
    place = np.full(len(groups) + 1, -1, np.int32)
    place[chosen] = np.arange(len(chosen))
    of_row = place[groups[among]]
    found = np.flatnonzero(of_row >= 0)
    found = found[np.argsort(of_row[found], kind="stable")]
    starts = np.searchsorted(of_row[found], np.arange(1, len(chosen)))
    return [_earliest_first(rows, part) for part in np.split(among[found], starts)]


def _earliest_first(rows: Rows, part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows in the order of year, report and place in the report."""
    if len(part) < 2:
        return part
    return part[np.lexsort([rows.ids[part], rows.report_order[rows.column("report").codes[part]]])]


def _first_of_groups(ranked: RankedRows, groups: NDArray[np.int32], most: int) -> RankedRows:
    """Return the first row of each group, at most so many."""
    first = np.sort(np.unique(groups[ranked.rows], return_index=True)[1])[:most]
    return RankedRows(ranked.rows[first], ranked.scores[first])


RUN = 6
"""Characters of a run by which sentences that share text are found."""
_LEAST_SHARED = 0.25
"""Share of the runs of a sentence that another must have."""
_SCANNED_UNITS = 1 << 20


def shared_runs(
    wanted: JoinedTexts, others: JoinedTexts, most: int
) -> dict[int, NDArray[np.int64]]:
    """Return for each of the ``wanted`` texts the other texts that share most of its runs.

    Args:
        wanted: texts.
        others: texts among which to look.
        most: texts to return for each.

    Returns:
        Indexes into ``others`` by the index into ``wanted``, the nearest first.
    """
    keys, starts = _run_keys(wanted.units)
    if not len(keys) or not len(others):
        return {}
    of_key = np.searchsorted(wanted.starts, starts, side="right") - 1
    order = np.argsort(keys, kind="stable")
    keys, of_key = keys[order], of_key[order]
    distinct, first = np.unique(keys, return_index=True)
    counts = np.diff(first, append=len(keys))
    may_be_run = np.zeros(1 << _TABLE_BITS, bool)
    may_be_run[_table_places(distinct)] = True
    found: list[NDArray[np.int64]] = []
    for begin in range(0, len(others.units), _SCANNED_UNITS):
        part = others.units[begin : begin + _SCANNED_UNITS + RUN - 1]
        part_keys, places = _run_keys(part)
        likely = may_be_run[_table_places(part_keys)]
        part_keys, places = part_keys[likely], places[likely]
        at = np.minimum(np.searchsorted(distinct, part_keys), len(distinct) - 1)
        hit = distinct[at] == part_keys
        at, row = at[hit], np.searchsorted(others.starts, places[hit] + begin, side="right") - 1
        # Each hit counts for every wanted text that has the run.
        repeat = counts[at]
        offset = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        text = of_key[np.repeat(first[at], repeat) + offset]
        found.append(text << 32 | np.repeat(row, repeat))
    return _nearest(np.concatenate(found), np.bincount(of_key, minlength=len(wanted)), most)


def _nearest(
    hits: NDArray[np.int64], sizes: NDArray[np.int64], most: int
) -> dict[int, NDArray[np.int64]]:
    """Return the nearest texts from (n,) common runs: wanted text << 32 | other text."""
    pairs, shared = np.unique(hits, return_counts=True)
    text, other = pairs >> 32, pairs & 0xFFFFFFFF
    enough = shared >= _LEAST_SHARED * sizes[text]
    text, other, shared = text[enough], other[enough], shared[enough]
    order = np.lexsort([other, -shared, text])
    text, other = text[order], other[order]
    starts = np.flatnonzero(np.diff(text, prepend=-1))
    return {
        int(text[start]): other[start:end][:most]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
    }


def _run_keys(units: Units) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return a hash of each run of :data:`RUN` units inside one text, and where it starts."""
    count = len(units) - RUN + 1
    if count < 1:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    keys = np.zeros(count, np.uint64)
    whole = np.ones(count, bool)
    for i in range(RUN):
        part = units[i : i + count]
        keys = keys * _MULTIPLIER + part
        whole &= part != _LINE_FEED
    starts = np.flatnonzero(whole)
    return keys[starts], starts


_TABLE_BITS = 20
"""Bits of the table that says which runs need not be looked up among those that are sought."""


def _table_places(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return keys >> np.uint64(64 - _TABLE_BITS)


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LINE_FEED = ord("\n")


def _rounded(scores: NDArray[np.float64]) -> list[float]:
    """Return the scores with four decimals."""
    rounded: list[float] = np.round(scores, 4).tolist()
    return rounded
