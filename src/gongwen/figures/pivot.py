"""Pivot the figures of one indicator from many reports, by region, year or report.

:func:`pivot` groups figures whose indicators have similar names. A file of merges, in TOML, changes
which names are grouped::

    [[merge]]
    name = "城镇新增就业"
    indicators = ["城镇新增就业", "新增城镇就业", "城镇新增就业人数"]

All names in a list are one indicator, however different they are. A name that is similar to one in
a list and not in the list itself is an indicator of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..nlp.errors import QueryError, SeedError, quoted
from ..nlp.figures.indicators import indicator_key
from ..nlp.records import Value
from ..nlp.seeds import read_toml
from ..results import Report
from .figure_table import FigureRow

DIMENSIONS = ("region", "year", "report")
UNKNOWN = "—"
"""Name of the row or column of figures whose region or year is unknown."""
_MULTI_YEAR_WORDS = re.compile(r"累计|[五5]年|十[一二三四五]五|时期|任期|年均|每年|平均")
"""Words before a number that covers several years, or an average of several."""
_YEAR = re.compile(r"\d{4}\s?年")
_MAX_ALTERNATIVES = 5
"""Limit of other indicators that a pivot names."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a pivot: the figure that it shows, and the others for the same row and column.

    Attributes:
        row: name of the row.
        column: name of the column.
        shown: the preferred figure.
        others: further figures of the indicator for this cell, in order of preference.
    """

    row: str
    column: str
    shown: FigureRow
    others: tuple[FigureRow, ...] = ()

    @property
    def value(self) -> Value:
        """The value of the figure shown; negative for a decrease."""
        return signed(self.shown)

    @property
    def planned(self) -> bool:
        """Whether the figure is planned, not achieved."""
        return self.shown.sentence_role == "plan"

    @property
    def more(self) -> int:
        """Number of other values that reports state for this cell."""
        values = {str(signed(other)) for other in self.others}
        return len(values - {str(self.value)})

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as a JSON object."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "planned": self.planned,
            **_figure_object(self.shown),
            "others": [_figure_object(other) | {"value": signed(other)} for other in self.others],
        }


@dataclass(frozen=True, slots=True)
class Pivot:
    """The figures of one indicator as a table.

    Attributes:
        indicator: name of the indicator: the one of a file of merges, or the most frequent one.
        unit: its unit.
        change: whether the figures are its increase or decrease, not its level.
        dimensions: the dimension of the rows, and that of the columns, if any.
        rows: names of the rows in order.
        columns: names of the columns in order; ``("",)`` when there is only one dimension.
        cells: the cells row by row, without empty ones.
        merged: the names that are grouped as this indicator, with the number of figures of each.
        also: other indicators that could be pivoted: name, unit and number of figures.
    """

    indicator: str
    unit: str
    change: bool
    dimensions: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    merged: tuple[tuple[str, int], ...]
    also: tuple[tuple[str, str, int], ...] = ()

    @property
    def title(self) -> str:
        """The indicator with its unit, such as ``城镇新增就业（人）``; a change has ``·增减``."""
        what = f"{self.indicator}·增减" if self.change else self.indicator
        return f"{what}（{self.unit}）" if self.unit else what

    def to_dict(self) -> dict[str, Any]:
        """Return the pivot as a JSON object."""
        return {
            "indicator": self.indicator,
            "unit": self.unit,
            "change": self.change,
            "dimensions": list(self.dimensions),
            "rows": list(self.rows),
            "columns": list(self.columns),
            "merged": [{"indicator": name, "figures": count} for name, count in self.merged],
            "also": [
                {"indicator": name, "unit": unit, "figures": count}
                for name, unit, count in self.also
            ],
            "cells": [cell.to_dict() for cell in self.cells],
        }


def pivot(
    figures: Iterable[FigureRow],
    dimensions: Sequence[str],
    wanted: Sequence[str] = (),
    merges: Merges | None = None,
) -> Pivot | None:
    """Pivot the indicator that fills most cells, or one whose name is in ``wanted``.

    Figures belong to one indicator if they have similar names and the same unit and are all levels
    or all changes. Of several figures in a cell these are preferred, in this order: achieved over
    planned, about one year over several, from the report of that year, a total over a part, exact
    over approximate, the first in order of report and text.

    Args:
        figures: the figures; those without an indicator, dates and names are ignored.
        dimensions: one or two of ``region``, ``year`` and ``report``: of the rows, and of the
            columns.
        wanted: names of indicators that are preferred to all others.
        merges: which names are one indicator, in place of their similarity.

    Returns:
        The pivot, or ``None`` when no figure can be pivoted.

    Raises:
        QueryError: a dimension does not exist or is given twice.
    """
    check_dimensions(dimensions)
    groups: dict[Hashable, list[FigureRow]] = defaultdict(list)
    merges = merges or Merges()
    for row in figures:
        f = row.figure
        if f.indicator and f.kind != "date" and not isinstance(f.value, str):
            groups[merges.group(f.indicator), f.unit, _is_change(row)].append(row)
    if not groups:
        return None
    label = _label_function([row.report for rows in groups.values() for row in rows], dimensions)
    keys = {indicator_key(name) for name in wanted}

    def rank(item: tuple[Any, list[FigureRow]]) -> tuple[object, ...]:
        (group, unit, change), rows = item
        called = group in wanted or bool(keys & {indicator_key(r.figure.indicator) for r in rows})
        return (not called, -len({label(row) for row in rows}), change, -len(rows), group, unit)

    ranked = sorted(groups.items(), key=rank)
    return _build_pivot(ranked[0][1], ranked[1:], tuple(dimensions), label, merges)


def check_dimensions(dimensions: Sequence[str]) -> None:
    """Check the dimensions of a pivot.

    Raises:
        QueryError: a dimension does not exist or is given twice, or there are none or too many.
    """
    for name in dimensions:
        if name not in DIMENSIONS:
            raise QueryError(f"pivot by region, year or report, not by {quoted(name)}")
    if not 1 <= len(set(dimensions)) == len(dimensions) <= 2:
        raise QueryError("pivot by one or two of region, year and report, as region,year")


def signed(row: FigureRow) -> Value:
    """Return the value of a figure, negative for a decrease."""
    value = row.figure.value
    if row.figure.direction == "down" and isinstance(value, int | float):
        return -value
    return value


def _build_pivot(
    rows: list[FigureRow],
    others: Sequence[tuple[Any, list[FigureRow]]],
    dimensions: tuple[str, ...],
    label: Callable[[FigureRow], tuple[str, ...]],
    merges: Merges,
) -> Pivot:
    """Return the pivot of ``rows``; ``others`` are the groups of the other indicators."""
    names = Counter(row.figure.indicator for row in rows)
    at: dict[tuple[str, str], list[FigureRow]] = defaultdict(list)
    for row in sorted(rows, key=_preference_key):
        name, column = (*label(row), "")[:2]
        at[name, column].append(row)
    order = _sort_key_function(rows, dimensions, label)
    places = sorted(at, key=lambda place: tuple(map(order, range(2), place)))
    return Pivot(
        indicator=merges.name(rows[0].figure.indicator) or _most_frequent_name(names),
        unit=rows[0].figure.unit,
        change=_is_change(rows[0]),
        dimensions=dimensions,
        rows=tuple(dict.fromkeys(row for row, _ in places)),
        columns=tuple(sorted({column for _, column in at}, key=lambda name: order(1, name))),
        cells=tuple(Cell(*place, at[place][0], tuple(at[place][1:])) for place in places),
        merged=tuple(names.most_common()),
        also=tuple(
            (_most_frequent_name(Counter(row.figure.indicator for row in more)), unit, len(more))
            for (_, unit, _), more in others[:_MAX_ALTERNATIVES]
        ),
    )


def _most_frequent_name(names: Counter[str]) -> str:
    """Return the most frequent name, of several the shortest."""
    return min(names, key=lambda name: (-names[name], len(name), name))


def _is_change(row: FigureRow) -> bool:
    """Return whether a figure is an increase or decrease."""
    return row.figure.kind == "change" or row.figure.role == "change"


def _preference_key(row: FigureRow) -> tuple[object, ...]:
    """Return the sort key of the figures of a cell; the preferred figure is first."""
    f = row.figure
    own = row.report.year
    apart = abs(own - f.year) if isinstance(own, int) and isinstance(f.year, int) else 0
    start, _ = row.span
    heading = row.section.rpartition(" > ")[2]
    several = (
        f.period
        or _MULTI_YEAR_WORDS.search(row.sentence, max(0, start - 20), start)
        or (_MULTI_YEAR_WORDS.search(heading) and not _YEAR.search(heading))
    )
    return (
        row.sentence_role == "plan",
        bool(several),
        apart,
        f.role in ("part", "from"),
        f.approximate,
        row.report.id,
        f.n,
        f.start,
    )


def _label_function(
    reports: Sequence[Report], dimensions: Sequence[str]
) -> Callable[[FigureRow], tuple[str, ...]]:
    """Return a function that gives the names of the row and the column of a figure.

    A region whose name occurs in several places is preceded by the place above it.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        homes[report.region].add(_parent_place(report))

    def region(report: Report) -> str:
        if not report.region:
            return "全国" if report.level == "national" else UNKNOWN
        several = len(homes[report.region]) > 1
        return _parent_place(report) + report.region if several else report.region

    def label(row: FigureRow) -> tuple[str, ...]:
        known = {
            "region": lambda: region(row.report),
            "year": lambda: str(row.figure.year or UNKNOWN),
            "report": lambda: row.report.id,
        }
        return tuple(known[name]() for name in dimensions)

    return label


def _parent_place(report: Report) -> str:
    """Return the next larger place that contains the region of a report, ``""`` if unknown."""
    above = (report.province, report.city, report.county)
    return next((place for place in reversed(above) if place and place != report.region), "")


def _sort_key_function(
    rows: Sequence[FigureRow],
    dimensions: Sequence[str],
    label: Callable[[FigureRow], tuple[str, ...]],
) -> Callable[[int, str], tuple[object, ...]]:
    """Return a sort key function for names, given the index of their dimension.

    Regions are sorted by administrative code, years and reports by name, unknown ones last.
    """
    codes: dict[str, str] = {}
    if "region" in dimensions:
        i = list(dimensions).index("region")
        codes = {label(row)[i]: row.report.adcode for row in rows}

    def order(i: int, name: str) -> tuple[object, ...]:
        code = codes.get(name, "") if dimensions[i : i + 1] == ("region",) else ""
        return name == UNKNOWN, code, name

    return order


def _figure_object(row: FigureRow) -> dict[str, Any]:
    """Return a figure as a JSON object without its value."""
    known = row.to_dict()
    return {name: known[name] for name in known if name != "value"}


# -- which names are one indicator ---------------------------------------------------------------

_FILE_HEADER = """\
# Names that gongwen takes for one indicator. Take a name out of a list, and it stands by itself;
# put one in, and it belongs to it. 从列表中删去的名称不再合并，加入的名称并入该指标。
"""


@dataclass(frozen=True, slots=True)
class Merges:
    """The names that a file lists as one indicator.

    Attributes:
        names: name of the indicator by each listed name.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def group(self, indicator: str) -> str:
        """Return a key that is equal for all names of one indicator."""
        if found := self.name(indicator):
            return found
        key = indicator_key(indicator)
        return indicator if key in {indicator_key(name) for name in self.names} else key

    def name(self, indicator: str) -> str:
        """Return the listed name of an indicator, ``""`` when the name is not listed."""
        return self.names.get(indicator, "")


def read_merges(path: Path) -> Merges:
    """Read a file of merges.

    Args:
        path: the TOML file.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: the file is not TOML, has another structure, or lists a name twice.
    """
    content, source = read_toml(path)
    names: dict[str, str] = {}
    merges = content.get("merge", [])
    if set(content) - {"merge"} or not isinstance(merges, list):
        raise SeedError(path.name, 0, "write [[merge]] with name and indicators, and no more")
    for merge in merges:
        name = merge.get("name") if isinstance(merge, dict) else None
        listed = merge.get("indicators") if isinstance(merge, dict) else None
        if not isinstance(name, str) or not name or not isinstance(listed, list):
            raise SeedError(path.name, 0, "a [[merge]] needs name = '…' and indicators = ['…']")
        for indicator in listed:
            if not isinstance(indicator, str):
                raise SeedError(path.name, 0, f"{name}: indicators are names in quotes")
            if names.setdefault(indicator, name) != name:
                line = next(
                    (n for n, text in enumerate(source.split("\n"), 1) if f'"{name}"' in text), 0
                )
                raise SeedError(path.name, line, f"{indicator} stands in two lists")
    return Merges(names)


def merges_text(name: str, indicators: Iterable[str]) -> str:
    """Return the text of a file of merges with one indicator.

    Args:
        name: name of the indicator.
        indicators: the names that are this indicator.
    """
    listed = "".join(f"  {_toml_string(indicator)},\n" for indicator in indicators)
    return f"{_FILE_HEADER}\n[[merge]]\nname = {_toml_string(name)}\nindicators = [\n{listed}]\n"


def _toml_string(text: str) -> str:
    """Return ``text`` as a TOML string; JSON has the same escapes but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
