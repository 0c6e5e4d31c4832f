"""Columns of the sentences that match, by what an engine keeps, and places and years above it.

An engine knows the report of a sentence and not where and when it was written. Filters on region
and year become filters on reports here, counts of reports become counts by region and year, and
sentences are sorted by the year of their report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.dates import year_span
from .engine import Column, Engine
from .query import And, Filter, Node, Not, Or

ReportFacts = Mapping[str, tuple[str, str]]
"""Region and year by the id of the report, ``""`` when unknown."""

_UNKNOWN_YEAR = 9999


def by_reports(node: Node, facts: ReportFacts) -> Node:
    """Return the tree in which filters on region and year are filters on reports."""
    match node:
        case Filter(field="region", values=values):
            found = [id_ for id_, (have, _) in facts.items() if _any(region_matches, have, values)]
            return Filter("report", tuple(found))
        case Filter(field="year", values=values):
            found = [id_ for id_, (_, have) in facts.items() if _any(years_match, have, values)]
            return Filter("report", tuple(found))
        case And(parts=parts):
            return And(tuple(by_reports(part, facts) for part in parts))
        case Or(parts=parts):
            return Or(tuple(by_reports(part, facts) for part in parts))
        case Not(part=part):
            return Not(by_reports(part, facts))
        case _:
            return node


def names_places_or_years(node: Node) -> bool:
    """Return whether a tree has filters on region or year."""
    match node:
        case Filter(field=field):
            return field in ("region", "year")
        case And(parts=parts) | Or(parts=parts):
            return any(map(names_places_or_years, parts))
        case Not(part=part):
            return names_places_or_years(part)
        case _:
            return False


def _any(matches: Any, have: str, values: Iterable[str]) -> bool:
    return any(matches(have, value) for value in values)


def region_matches(have: str, wanted: str) -> bool:
    """Return whether one of two region names contains the other; an empty name never matches."""
    return bool(have and wanted) and (wanted in have or have in wanted)


def years_match(have: str, wanted: str) -> bool:
    """Return whether the year or range ``have`` overlaps ``wanted``.

    ``wanted`` is a range such as ``"2018..2021"``, ``"2018.."`` or ``"..2021"``.

    Example:
        >>> years_match("2018-2020", "2019..2019")
        True
    """
    span = year_span(have)
    if span is None:
        return False
    low, _, high = wanted.partition("..")
    return span[0] <= int(high or 9999) and span[1] >= int(low or 0)


def totals(of_reports: Mapping[str, int], facts: ReportFacts, field: str) -> dict[str, int]:
    """Return counts of reports by region or year, most frequent first; unknown ones are left out.

    Example:
        >>> totals({"a": 2, "b": 1, "c": 4}, {"a": ("甲县", ""), "b": ("甲县", "")}, "region")
        {'甲县': 3}
    """
    total: dict[str, int] = {}
    for report, count in of_reports.items():
        value = facts.get(report, ("", ""))[field == "year"]
        if value:
            total[value] = total.get(value, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


class MatchedColumns:
    """What is known of some sentences, as :class:`~gongwen.index.grouping.Columns`.

    Args:
        ids: (n,) their ids, ascending.
        report: the report of each.
        copy_key: (n,) a number that near-copies have in common.
        facts: region and year of the reports.

    Attributes:
        ids: the ids.
        copy_groups: (n,) number of the group of near-copies of each, from 0.
        copied: (n,) whether others of them are in the group of each.
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        report: Column,
        copy_key: NDArray[np.int64],
        facts: ReportFacts,
    ) -> None:
        self.ids = ids
        self._report = report
        groups = np.unique(copy_key, return_inverse=True)[1].astype(np.int32)
        self.copy_groups: NDArray[np.int32] | None = groups
        self.copied: NDArray[np.bool_] = (np.bincount(groups) > 1)[groups]
        self._spans = [year_span(facts.get(id_, ("", ""))[1]) for id_ in report.values]

    @classmethod
    def read(cls, engine: Engine, ids: NDArray[np.int64], facts: ReportFacts) -> MatchedColumns:
        """Return the columns of some sentences as an engine keeps them."""
        fields = engine.fields(ids, ("report", "copy_key"))
        assert fields.report is not None and fields.copy_key is not None
        return cls(ids, fields.report, fields.copy_key, facts)

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, field: Any) -> Column:
        """Return the column ``report``."""
        assert field == "report"
        return self._report

    @cached_property
    def groups(self) -> NDArray[np.int32]:
        """(n,) number of the group of near-copies of each."""
        assert self.copy_groups is not None
        return self.copy_groups

    @cached_property
    def distinct(self) -> int:
        """How many sentences there are when near-copies count once."""
        return int(self.groups.max()) + 1 if len(self.ids) else 0

    @cached_property
    def report_order(self) -> NDArray[np.int64]:
        """(reports,) place of each code of reports by year, the earliest first, and id."""
        known = [
            (span[1] if span else _UNKNOWN_YEAR, report)
            for span, report in zip(self._spans, self._report.values, strict=True)
        ]
        places = np.empty(len(known), np.int64)
        places[sorted(range(len(known)), key=known.__getitem__)] = np.arange(len(known))
        return places

    def years(self) -> NDArray[np.int32]:
        """Return for each sentence the last year that its report covers, 0 when unknown."""
        last = np.array([span[1] if span else 0 for span in self._spans], np.int32)
        return np.asarray(last[self._report.codes]) if len(last) else last

    def group_years(self) -> NDArray[np.int32]:
        """Return for each sentence the earliest year of its near-copies, 0 when unknown."""
        years = self.years()
        years[years == 0] = _UNKNOWN_YEAR
        earliest = np.full(self.distinct, _UNKNOWN_YEAR, years.dtype)
        np.minimum.at(earliest, self.groups, years)
        of_group = earliest[self.groups]
        return np.where(of_group == _UNKNOWN_YEAR, 0, of_group)

    def places(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where each of some ids, which must be there, stands among all."""
        return np.searchsorted(self.ids, ids)


def year_parts(ids: NDArray[np.int64], years: NDArray[np.int32]) -> Sequence[Node]:
    """Return a condition for the sentences of each year, the latest first, unknown years last."""
    parts: list[Node] = []
    for year in np.unique(years)[::-1].tolist():
        own = ids[years == year]
        parts.append(Filter("id", tuple(map(str, own.tolist()))))
    return parts
