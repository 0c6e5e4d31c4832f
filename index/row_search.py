"""Search the rows of an index: match a planned query, rank what matches, cut out a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .column_writer import JoinedTexts
from .columns import Mask, Rows
from .matching import Matcher, WordPostings, single_text
from .planner import without_boilerplate
from .query import Node
from .requests import CopyGroup, Elsewhere, Facet, Found, FoundCopies, FoundReport, Grouping, Sort
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
        copied = np.flatnonzero(mask & self._rows.copied)
        distinct = found.total_distinct or 0
        # Copies have about the same score, so a few times the average number of rows for each
        # group is mostly enough; else all rows are ranked.
        average = -(-found.total // max(1, distinct))
        for rows in (None,) if most is None else (most * average * _ROWS_OF_GROUP, None):
            ranked = self._rank(matcher, query, mask, "relevance", prefer, rows)
            listed = CopyGroups(self._rows, groups, ranked, copied).page(offset, limit, group, sort)
            if len(listed.rows) == min(limit, max(0, distinct - offset)):
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
        exactly = np.flatnonzero(both)
        if len(exactly) == total:
            of_both = {facet: dict(counted) for facet, counted in counts.items()}
        else:
            of_both = {facet: self._rows.counts(facet, exactly) for facet in counts}
        return replace(found, total_exact=len(exactly), counts_exact=of_both)

    def _distinct(self, mask: Mask) -> int | None:
        """Return the number of groups of near-copies among the rows in ``mask``."""
        if not self._rows or self._rows.copy_groups is None:
            return None
        total = int(np.count_nonzero(mask))
        copied = self._rows.copy_groups[np.flatnonzero(mask & self._rows.copied)]
        return total - len(copied) + len(_first_of_each(copied))

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
            page = [replace(one, best=_different(self._rows, one.best, best)) for one in page]
            rows = np.concatenate([one.best.rows for one in page] or [ranked.rows[:0]])
            copied = np.flatnonzero(mask & self._rows.copied)
            listed = CopyGroups(self._rows, groups, ranked, copied).of(rows)
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
        ascending = np.argsort(chosen)
        of_chosen, _ = _members(self._rows, matched, self._rows.copy_groups, chosen[ascending])
        members = [of_chosen[i] for i in np.argsort(ascending).tolist()]
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
        members, in_reports = _members(rows, others, groups, distinct)
        found: dict[int, Elsewhere] = {}
        alone = []
        for row, group in zip(wanted.tolist(), of_wanted.tolist(), strict=True):
            copies = members[group]
            if not len(copies):
                alone.append(row)
                continue
            group_ids = self._sentence_ids(copies)
            found[int(rows.ids[row])] = Elsewhere(
                CopyGroup(len(copies), in_reports[group], group_ids)
            )
        # Of near-copies the earliest is enough.
        others = _earliest_first(rows, others)
        allowed = np.zeros(len(rows), bool)
        allowed[others[np.unique(groups[others], return_index=True)[1]]] = True
        alone_rows = np.array(alone, np.int64)
        near = shared_runs(rows.text.gather(alone_rows), rows.text, allowed, most)
        for i, places in near.items():
            found[int(rows.ids[alone_rows[i]])] = Elsewhere(None, self._sentence_ids(places))
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
        if not facets:
            return matcher, mask, {}
        matched = np.flatnonzero(mask)
        return matcher, mask, {facet: rows.counts(facet, matched) for facet in facets}

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
        ranked: the ranked rows, at least the best.
        copied: all rows that match and of whose group the index has others.
    """

    def __init__(
        self,
        rows: Rows,
        groups: NDArray[np.int32],
        ranked: RankedRows,
        copied: NDArray[np.int64],
    ) -> None:
        self._rows = rows
        self._groups = groups
        self._ranked = ranked
        self._copied = copied

    def page(self, offset: int, limit: int, grouping: Grouping, sort: Sort) -> Listed:
        """Return a page of groups in order.

        Args:
            offset: groups in front of the page.
            limit: groups of the page.
            grouping: whether the earliest or the best row stands for a group.
            sort: by relevance a group stands at its best row, by year at its earliest, the latest
                year first; then all rows must be ranked.
        """
        rows = self._ranked.rows
        at = np.flatnonzero(self._rows.copied[rows]) if len(self._copied) else rows[:0]
        of_copy = self._groups[rows[at]]
        is_first = np.ones(len(rows), bool)
        is_first[at] = False
        is_first[at[_first_of_each(of_copy)]] = True
        first = np.flatnonzero(is_first)
        if sort == "year":
            years = self._rows.years()[rows]
            years[years == 0] = _UNKNOWN_YEAR
            group, of_row = np.unique(of_copy, return_inverse=True)
            earliest = np.full(len(group), _UNKNOWN_YEAR, years.dtype)
            np.minimum.at(earliest, of_row, years[at])
            years[at] = earliest[of_row]
            years = np.where(years == _UNKNOWN_YEAR, 0, years)[first]
            first = first[np.argsort(-years, kind="stable")]
        first = first[offset : offset + limit]
        members, reports = self._members(rows[first])
        shown = rows[first].copy()
        if grouping == "earliest":
            shown[:] = [rows[0] for rows in members]
        return Listed(shown, self._ranked.scores[first], members, reports)

    def of(self, chosen: NDArray[np.int64]) -> Listed:
        """Return the groups of the ``chosen`` rows, which stand for them."""
        members, reports = self._members(chosen)
        return Listed(chosen, np.zeros(len(chosen)), members, reports)

    def _members(self, chosen: NDArray[np.int64]) -> tuple[list[NDArray[np.int64]], list[int]]:
        """Return the matching rows of the group of each row, and in how many reports they are."""
        members = [chosen[i : i + 1] for i in range(len(chosen))]
        reports = [1] * len(chosen)
        places = np.flatnonzero(self._rows.copied[chosen]) if len(self._copied) else chosen[:0]
        if len(places):
            distinct, of_place = np.unique(self._groups[chosen[places]], return_inverse=True)
            found, in_reports = _members(self._rows, self._copied, self._groups, distinct)
            for place, group in zip(places.tolist(), of_place.tolist(), strict=True):
                members[place], reports[place] = found[group], in_reports[group]
        return members, reports


_ROWS_OF_GROUP = 2
"""Number of best rows that are ranked for each group of a page, by the average of all groups."""
_UNKNOWN_YEAR = 9999
_FEW = 1 << 12
"""Number of groups up to which they are sorted; of more a table is made."""


def _first_of_each(groups: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first position of each group in an array, in no order."""
    if len(groups) < _FEW:
        return np.unique(groups, return_index=True)[1]
    first = np.full(int(groups.max()) + 1, -1)
    first[groups[::-1]] = np.arange(len(groups))[::-1]  # the last assignment counts
    return first[first >= 0]


def _members(
    rows: Rows, among: NDArray[np.int64], groups: NDArray[np.int32], chosen: NDArray[Any]
) -> tuple[list[NDArray[np.int64]], list[int]]:
    """Return the rows ``among`` some of each ``chosen`` group, and the number of their reports.

    The groups ascend; the rows of each are in the order of year, report and place in the report.
    """
    if not len(chosen):
        return [], []
    codes = groups[among]
    place = np.minimum(np.searchsorted(chosen, codes), len(chosen) - 1)
    found = np.flatnonzero(chosen[place] == codes)
    found, place = among[found], place[found]
    report = rows.report_order[rows.column("report").codes[found]]
    order = np.lexsort([rows.ids[found], report, place])
    found, place, report = found[order], place[order], report[order]
    is_new = (np.diff(place, prepend=-1) != 0) | (np.diff(report, prepend=-1) != 0)
    in_reports = np.bincount(place[is_new], minlength=len(chosen)).tolist()
    ends = np.cumsum(np.bincount(place, minlength=len(chosen))).tolist()
    return [found[i:j] for i, j in zip([0, *ends], ends, strict=False)], in_reports


def _earliest_first(rows: Rows, part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows in the order of year, report and place in the report."""
    if len(part) < 2:
        return part
    return part[np.lexsort([rows.ids[part], rows.report_order[rows.column("report").codes[part]]])]


def _different(rows: Rows, ranked: RankedRows, most: int) -> RankedRows:
    """Return the best rows of different groups, at most so many."""
    kept = np.arange(len(ranked.rows))
    if rows.copy_groups is not None and rows.copied[ranked.rows].sum() > 1:
        kept = np.sort(_first_of_each(rows.copy_groups[ranked.rows]))
    return RankedRows(ranked.rows[kept[:most]], ranked.scores[kept[:most]])


RUN = 6
"""Characters of a run by which sentences that share text are found."""
_LEAST_SHARED = 0.25
"""Share of the runs of a sentence that another must have."""
_SCANNED_UNITS = 1 << 20


def shared_runs(
    wanted: JoinedTexts, texts: JoinedTexts, allowed: Mask, most: int
) -> dict[int, NDArray[np.int64]]:
    """Return for each of the ``wanted`` texts the other texts that share most of its runs.

    Args:
        wanted: texts.
        texts: (n,) texts among which to look; all are read, because that is faster than gathering
            those that are allowed.
        allowed: (n,) whether each of them may be returned.
        most: texts to return for each.

    Returns:
        Indexes into ``texts`` by the index into ``wanted``, the nearest first.
    """
    keys, starts = _run_keys(wanted.units)
    if not len(keys):
        return {}
    of_key = np.searchsorted(wanted.starts, starts, side="right") - 1
    order = np.argsort(keys, kind="stable")
    keys, of_key = keys[order], of_key[order]
    distinct, first = np.unique(keys, return_index=True)
    counts = np.diff(first, append=len(keys))
    may_be_run = np.zeros(1 << _TABLE_BITS, bool)
    may_be_run[_table_places(distinct)] = True
    found: list[NDArray[np.int64]] = []
    for begin in range(0, len(texts.units), _SCANNED_UNITS):
        part = texts.units[begin : begin + _SCANNED_UNITS + RUN - 1]
        part_keys, places = _run_keys(part)
        likely = may_be_run[_table_places(part_keys)]
        part_keys, places = part_keys[likely], places[likely]
        at = np.minimum(np.searchsorted(distinct, part_keys), len(distinct) - 1)
        hit = distinct[at] == part_keys
        at, row = at[hit], np.searchsorted(texts.starts, places[hit] + begin, side="right") - 1
        at, row = at[allowed[row]], row[allowed[row]]
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
        for start, end in pairwise((*starts.tolist(), len(text)))
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
