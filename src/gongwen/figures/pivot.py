"""Pivot one indicator of many reports: by region and year, or report by report.

::

    [[merge]]
    name = "城镇新增就业"
    indicators = ["城镇新增就业", "新增城镇就业", "城镇新增就业人数"]

What the file lists is what is merged: a name that is taken out of a list stands by itself, and one
that is put in belongs to it however it is written. Other indicators are merged by their likeness.
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

_HEAD = """\
# Names that gongwen takes for one indicator. Take a name out of a list, and it stands by itself;
# put one in, and it belongs to it. 从列表中删去的名称不再合并，加入的名称并入该指标。
"""


@dataclass(frozen=True, slots=True)
class Merges:
    """Which names are one indicator.

    Attributes:
        names: for names that a file lists, the name of their indicator.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def group(self, indicator: str) -> str:
        """Return what all names of one indicator have in common."""
        if found := self.name(indicator):
            return found
        key = indicator_key(indicator)
        return indicator if key in {indicator_key(name) for name in self.names} else key

    def name(self, indicator: str) -> str:
        """Return the name that a file gives to an indicator, ``""`` when it does not list it."""
        return self.names.get(indicator, "")


def read_merges(path: Path) -> Merges:
    """Read a file of merges.

    Raises:
        ReadError: it is missing or not UTF-8.
        SeedError: it is not TOML, or not of this form.
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
    """Return a file of merges with one indicator."""
    listed = "".join(f"  {_quoted(indicator)},\n" for indicator in indicators)
    return f"{_HEAD}\n[[merge]]\nname = {_quoted(name)}\nindicators = [\n{listed}]\n"


def _quoted(text: str) -> str:
    """Return a TOML string; JSON escapes alike, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


DIMENSIONS = ("region", "year", "report")
UNKNOWN = "—"
_LONG = re.compile(r"累计|[五5]年|十[一二三四五]五|时期|任期|年均|每年|平均")
"""Words in front of a number that speaks of several years, or of one of several."""
_YEAR = re.compile(r"\d{4}\s?年")
_MOST_ALSO = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """What reports say of one region and year.

    Attributes:
        row: the row.
        column: the column.
        shown: the figure that stands for the cell.
        others: further figures of the same indicator for it, the next best first.
    """

    row: str
    column: str
    shown: FigureRow
    others: tuple[FigureRow, ...] = ()

    @property
    def value(self) -> Value:
        """The value shown; that of a fall is negative."""
        return signed(self.shown)

    @property
    def planned(self) -> bool:
        """Whether it is what a report plans, not what was achieved."""
        return self.shown.sentence_role == "plan"

    @property
    def more(self) -> int:
        """How many other values the reports state for it."""
        said = {str(signed(other)) for other in self.others}
        return len(said - {str(self.value)})

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "planned": self.planned,
            **_figure(self.shown),
            "others": [_figure(other) | {"value": signed(other)} for other in self.others],
        }


@dataclass(frozen=True, slots=True)
class Pivot:
    """One indicator as a matrix.

    Attributes:
        indicator: what is counted, in the most frequent words.
        unit: its unit.
        change: whether it is its growth or fall, not its level.
        dimensions: what the rows are, and the columns, if any.
        rows: names of the rows in order.
        columns: names of the columns in order; ``("",)`` when there is one dimension only.
        cells: what stands in them, row by row; an empty one is not there.
        merged: the names that were taken for one indicator, each with how many figures have it.
        also: other indicators of the figures that could be laid out: name, unit, figures.
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
        """The indicator with its unit."""
        what = f"{self.indicator}·增减" if self.change else self.indicator
        return f"{what}（{self.unit}）" if self.unit else what

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
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
    """Lay out the indicator that fills most cells, or that is called as one of ``wanted``.

    Figures of one indicator have near-identical names, the same unit, and are all levels or all
    changes. Where a cell has several, the order is: what is achieved before what is planned, one
    year before several, the report of that year before others, a total before a part, an exact
    number before an approximate one, the first place.

    Args:
        figures: what is laid out; those without indicator, dates and names are passed over.
        dimensions: one or two of ``region``, ``year`` and ``report``: the rows, and the columns.
        wanted: names that come first.
        merges: which names are one indicator, in place of what their likeness says.

    Returns:
        The matrix, or ``None`` when there is nothing to lay out.

    Raises:
        QueryError: a dimension that does not exist, or one twice.
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
    label = _labels([row.report for rows in groups.values() for row in rows], dimensions)
    keys = {indicator_key(name) for name in wanted}

    def rank(item: tuple[Any, list[FigureRow]]) -> tuple[object, ...]:
        (group, unit, change), rows = item
        called = group in wanted or bool(keys & {indicator_key(r.figure.indicator) for r in rows})
        return (not called, -len({label(row) for row in rows}), change, -len(rows), group, unit)

    ranked = sorted(groups.items(), key=rank)
    return _laid_out(ranked[0][1], ranked[1:], tuple(dimensions), label, merges)


def check_dimensions(dimensions: Sequence[str]) -> None:
    """Raise QueryError when ``dimensions`` are none of a matrix."""
    for name in dimensions:
        if name not in DIMENSIONS:
            raise QueryError(f"pivot by region, year or report, not by {quoted(name)}")
    if not 1 <= len(set(dimensions)) == len(dimensions) <= 2:
        raise QueryError("pivot by one or two of region, year and report, as region,year")


def signed(row: FigureRow) -> Value:
    """Return the value of a figure; that of a fall is negative."""
    value = row.figure.value
    if row.figure.direction == "down" and isinstance(value, int | float):
        return -value
    return value


def _laid_out(
    rows: list[FigureRow],
    others: Sequence[tuple[Any, list[FigureRow]]],
    dimensions: tuple[str, ...],
    label: Callable[[FigureRow], tuple[str, ...]],
    merges: Merges,
) -> Pivot:
    names = Counter(row.figure.indicator for row in rows)
    at: dict[tuple[str, str], list[FigureRow]] = defaultdict(list)
    for row in sorted(rows, key=_preference):
        name, column = (*label(row), "")[:2]
        at[name, column].append(row)
    order = _order(rows, dimensions, label)
    places = sorted(at, key=lambda place: tuple(map(order, range(2), place)))
    return Pivot(
        indicator=merges.name(rows[0].figure.indicator) or _name(names),
        unit=rows[0].figure.unit,
        change=_is_change(rows[0]),
        dimensions=dimensions,
        rows=tuple(dict.fromkeys(row for row, _ in places)),
        columns=tuple(sorted({column for _, column in at}, key=lambda name: order(1, name))),
        cells=tuple(Cell(*place, at[place][0], tuple(at[place][1:])) for place in places),
        merged=tuple(names.most_common()),
        also=tuple(
            (_name(Counter(row.figure.indicator for row in more)), unit, len(more))
            for (_, unit, _), more in others[:_MOST_ALSO]
        ),
    )


def _name(names: Counter[str]) -> str:
    return min(names, key=lambda name: (-names[name], len(name), name))


def _is_change(row: FigureRow) -> bool:
    return row.figure.kind == "change" or row.figure.role == "change"


def _preference(row: FigureRow) -> tuple[object, ...]:
    f = row.figure
    own = row.report.year
    apart = abs(own - f.year) if isinstance(own, int) and isinstance(f.year, int) else 0
    start, _ = row.span
    heading = row.section.rpartition(" > ")[2]
    several = (
        f.period
        or _LONG.search(row.sentence, max(0, start - 20), start)
        or (_LONG.search(heading) and not _YEAR.search(heading))
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


def _labels(
    reports: Sequence[Report], dimensions: Sequence[str]
) -> Callable[[FigureRow], tuple[str, ...]]:
    """Return what gives the names of the row and the column of a figure."""
    homes: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        homes[report.region].add(_home(report))

    def region(report: Report) -> str:
        if not report.region:
            return "全国" if report.level == "national" else UNKNOWN
        several = len(homes[report.region]) > 1
        return _home(report) + report.region if several else report.region

    def label(row: FigureRow) -> tuple[str, ...]:
        known = {
            "region": lambda: region(row.report),
            "year": lambda: str(row.figure.year or UNKNOWN),
            "report": lambda: row.report.id,
        }
        return tuple(known[name]() for name in dimensions)

    return label


def _home(report: Report) -> str:
    """Return where a region lies: the next larger place."""
    above = (report.province, report.city, report.county)
    return next((place for place in reversed(above) if place and place != report.region), "")


def _order(
    rows: Sequence[FigureRow],
    dimensions: Sequence[str],
    label: Callable[[FigureRow], tuple[str, ...]],
) -> Callable[[int, str], tuple[object, ...]]:
    """Return what orders rows and columns: regions by their code, years and reports by name."""
    codes: dict[str, str] = {}
    if "region" in dimensions:
        i = list(dimensions).index("region")
        codes = {label(row)[i]: row.report.adcode for row in rows}

    def order(i: int, name: str) -> tuple[object, ...]:
        code = codes.get(name, "") if dimensions[i : i + 1] == ("region",) else ""
        return name == UNKNOWN, code, name

    return order


def _figure(row: FigureRow) -> dict[str, Any]:
    known = row.to_dict()
    return {name: known[name] for name in known if name != "value"}
