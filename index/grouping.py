"""Group ranked sentences by report and by near-copies.

A row is the place of a sentence in the columns that are given (:class:`Columns`): all rows of the
default engine, or the sentences that match a query in any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .requests import CopyGroup, Elsewhere, Found, FoundCopies, FoundReport, Grouping, Sort
from .scan import distinct_values


class Codes(Protocol):
    """A column: a code for each row, and the value of each code."""

    @property
    def codes(self) -> NDArray[Any]:
        """(rows,) the code of each row."""

    @property
    def values(self) -> Sequence[Any]:
        """The value of each code."""


class Columns(Protocol):
    """Columns of sentences that are grouped."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """(rows,) id of each sentence."""

    @property
    def copy_groups(self) -> NDArray[np.int32] | None:
        """(rows,) number of the group of near-copies of each row; ``None`` when unknown."""

    @property
    def copied(self) -> NDArray[np.bool_]:
        """(rows,) whether other rows are in the group of each row."""

    @property
    def report_order(self) -> NDArray[np.int64]:
        """(reports,) place of each code of reports by year, the earliest first, and id."""

    def column(self, field: Any) -> Codes:
        """Return the column ``report``."""

    def years(self) -> NDArray[np.int32]:
        """Return for each row the last year that its report covers, 0 when unknown."""


@dataclass(frozen=True, slots=True)
class RankedRows:
    """(n,) rows, best first, and (n,) their scores."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


SENTENCE_DECAY = 0.5
"""Factor by which each further sentence of a report counts less than the one before it, so that one
sentence that matches well outweighs many that match a little."""


@dataclass(frozen=True, slots=True)
class RankedReport:
    """A report among the results.

    Attributes:
        id: id of the report.
        score: score of the report, from those of its sentences.
        matches: number of its sentences that match.
        best: its best rows.
    """

    id: str
    score: float
    matches: int
    best: RankedRows


class ReportRanker:
    """Groups ranked rows by report and ranks the reports.

    Args:
        rows: the rows of the index.
        best: number of rows to return with each report.
    """

    def __init__(self, rows: Columns, best: int) -> None:
        self._rows = rows
        self._best = best

    def rank(self, ranked: RankedRows, sort: Sort) -> list[RankedReport]:
        """Return the reports of the rows, by score or latest year; ties keep the order of the rows.

        Args:
            ranked: the ranked rows.
            sort: ``"relevance"`` or ``"year"``.
        """
        column = self._rows.column("report")
        of_row = column.codes[ranked.rows]
        by_report = np.argsort(of_row, kind="stable")  # stable: rows of a report keep their order
        starts = np.flatnonzero(np.diff(of_row[by_report], prepend=-1))
        sizes = np.diff(starts, append=len(by_report))
        nth = np.arange(len(by_report)) - np.repeat(starts, sizes)
        weights = SENTENCE_DECAY ** np.minimum(nth, 60)
        scores = np.add.reduceat(ranked.scores[by_report] * weights, starts)
        first = by_report[starts]
        keys = [first, -scores]
        if sort == "year":
            keys.append(-self._rows.years()[ranked.rows[first]])
        reports = []
        for i in np.lexsort(keys).tolist():
            own = by_report[starts[i] : starts[i] + min(sizes[i], self._best)]
            reports.append(
                RankedReport(
                    column.values[of_row[first[i]]],
                    float(scores[i]),
                    int(sizes[i]),
                    RankedRows(ranked.rows[own], ranked.scores[own]),
                )
            )
        return reports


# -- near-copies --------------------------------------------------------------------------------

_UNKNOWN_YEAR = 9999
_FEW = 1 << 12
"""Number of groups up to which they are sorted; of more a table is made."""


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
        rows: Columns,
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
        is_first[at[first_of_each(of_copy)]] = True
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
            found, in_reports = members_of(self._rows, self._copied, self._groups, distinct)
            for place, group in zip(places.tolist(), of_place.tolist(), strict=True):
                members[place], reports[place] = found[group], in_reports[group]
        return members, reports


def first_of_each(groups: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first position of each group in an array, in no order."""
    if len(groups) < _FEW:
        return np.unique(groups, return_index=True)[1]
    first = np.full(int(groups.max()) + 1, -1)
    first[groups[::-1]] = np.arange(len(groups))[::-1]  # the last assignment counts
    return first[first >= 0]


def members_of(
    rows: Columns, among: NDArray[np.int64], groups: NDArray[np.int32], chosen: NDArray[Any]
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


def earliest_first(rows: Columns, part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows in the order of year, report and place in the report."""
    if len(part) < 2:
        return part
    return part[np.lexsort([rows.ids[part], rows.report_order[rows.column("report").codes[part]]])]


def different(rows: Columns, ranked: RankedRows, most: int) -> RankedRows:
    """Return the best rows of different groups, at most so many."""
    kept = np.arange(len(ranked.rows))
    if rows.copy_groups is not None and rows.copied[ranked.rows].sum() > 1:
        kept = np.sort(first_of_each(rows.copy_groups[ranked.rows]))
    return RankedRows(ranked.rows[kept[:most]], ranked.scores[kept[:most]])


# -- what is listed ------------------------------------------------------------------------------


def ids_at(columns: Columns, rows: NDArray[np.int64]) -> list[int]:
    """Return the ids of the sentences in ``rows``."""
    ids: list[int] = columns.ids[rows].tolist()
    return ids


def rounded(scores: NDArray[np.float64]) -> list[float]:
    """Return the scores with four decimals."""
    found: list[float] = np.round(scores, 4).tolist()
    return found


def copy_groups_of(columns: Columns, listed: Listed, with_ids: bool) -> dict[int, CopyGroup]:
    """Return the near-copies of the listed rows by the id of the sentence."""
    return {
        id_: CopyGroup(
            len(members), listed.reports[i], ids_at(columns, members) if with_ids else ()
        )
        for i, (id_, members) in enumerate(
            zip(ids_at(columns, listed.rows), listed.members, strict=True)
        )
        if len(members) > 1
    }


def with_reports(
    found: Found,
    columns: Columns,
    page: Sequence[RankedReport],
    total: int,
    listed: Listed | None,
    copies: bool,
) -> Found:
    """Return what was found with a page of reports.

    Args:
        found: totals and counts.
        columns: the columns of the sentences.
        page: the reports of the page.
        total: how many reports there are in all.
        listed: the near-copies of their sentences, ``None`` when they are not grouped.
        copies: give the ids of the near-copies.
    """
    reports = [
        FoundReport(
            report.id,
            round(report.score, 4),
            report.matches,
            ids_at(columns, report.best.rows),
            rounded(report.best.scores),
        )
        for report in page
    ]
    return replace(
        found,
        ids=[id_ for report in reports for id_ in report.ids],
        scores=[score for report in reports for score in report.scores],
        reports=reports,
        total_reports=total,
        copies=copy_groups_of(columns, listed, copies) if listed else {},
    )


def copies_among(
    columns: Columns, groups: NDArray[np.int32], matched: NDArray[np.int64], limit: int
) -> FoundCopies:
    """Return the near-copies among some rows that stand in two reports or more.

    Args:
        columns: the columns of the sentences.
        groups: (rows,) number of the group of each row.
        matched: the rows, one or more.
        limit: groups that are given: those in most reports first, then those of most sentences,
            then those with the lowest id.
    """
    own, reports = groups[matched], columns.column("report")
    size = len(reports.values)
    pairs = distinct_values(own.astype(np.int64) * size + reports.codes[matched])
    in_reports, sentences = np.bincount(pairs // size), np.bincount(own)
    several = np.flatnonzero(in_reports > 1)
    first = np.full(len(in_reports), np.iinfo(np.int64).max)
    np.minimum.at(first, own, columns.ids[matched])
    order = np.lexsort([first[several], -sentences[several], -in_reports[several]])
    chosen = several[order[:limit]]
    ascending = np.argsort(chosen)
    of_chosen, _ = members_of(columns, matched, groups, chosen[ascending])
    members = [of_chosen[i] for i in np.argsort(ascending).tolist()]
    found = [
        CopyGroup(len(rows), int(in_reports[code]), ids_at(columns, rows))
        for rows, code in zip(members, chosen.tolist(), strict=True)
    ]
    names = [
        [reports.values[code] for code in dict.fromkeys(reports.codes[rows].tolist())]
        for rows in members
    ]
    return FoundCopies(found, names, len(several), len(matched))


def copied_elsewhere(
    columns: Columns,
    groups: NDArray[np.int32],
    wanted: NDArray[np.int64],
    others: NDArray[np.int64],
) -> tuple[dict[int, Elsewhere], NDArray[np.int64]]:
    """Return the near-copies of some rows among others, and those rows that have none.

    Args:
        columns: the columns of the sentences.
        groups: (rows,) number of the group of each row.
        wanted: the rows.
        others: the rows among which copies are sought.
    """
    distinct, of_wanted = np.unique(groups[wanted], return_inverse=True)
    members, in_reports = members_of(columns, others, groups, distinct)
    found: dict[int, Elsewhere] = {}
    alone = []
    for row, group in zip(wanted.tolist(), of_wanted.tolist(), strict=True):
        copies = members[group]
        if not len(copies):
            alone.append(row)
            continue
        of_group = CopyGroup(len(copies), in_reports[group], ids_at(columns, copies))
        found[int(columns.ids[row])] = Elsewhere(of_group)
    return found, np.array(alone, np.int64)


def earliest_of_groups(
    columns: Columns, groups: NDArray[np.int32], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return of each group of near-copies among some rows the earliest."""
    rows = earliest_first(columns, rows)
    return np.asarray(rows[np.unique(groups[rows], return_index=True)[1]])
