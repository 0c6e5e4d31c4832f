"""Pivot the figures of one indicator from many reports, by region, year or report.

:func:`pivot` groups figures whose indicators have similar names and whose units have one dimension,
and gives all values in one unit. A file of merges, in TOML, changes which names are grouped::

    [[merge]]
    name = "城镇新增就业"
    indicators = ["城镇新增就业", "新增城镇就业", "城镇新增就业人数"]

All names in a list are one indicator, however different they are. A name that is similar to one in
a list and not in the list itself is an indicator of its own.

Several figures may fall into one cell. All of them are kept, each with the words that set it apart
from an exact result of one calendar year (``marks``), and one is shown first:

1. a result before what has no known status, then a plan, a forecast, a standard;
2. a calendar year before a count at a date, a part of a year, what has no known period, a sum from
   an earlier start, several years;
3. the figure of the report whose year is nearest to that of the figure, and without a dimension
   ``year`` the latest year;
4. a level or a total before a part or a level before a change;
5. an exact number before an approximate one;
6. the first in order of report and text.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..catalog import _, cited
from ..nlp.errors import QueryError, SeedError
from ..nlp.fields import english
from ..nlp.figures.indicators import indicator_key
from ..nlp.figures.units import dimension_of
from ..nlp.records import Figure, Value
from ..nlp.seeds import read_toml
from ..nlp.text.normalize import fold
from ..results import Report
from .figure_table import (
    NOWHERE,
    FigureRow,
    marks,
    measured_in,
    needs_conversion,
    plain_unit,
    readable,
    region_names,
    signed,
)

DIMENSIONS = ("region", "year", "report")
_DASH = "–"
_STATUS_ORDER = ("result", "", "plan", "forecast", "standard")
_PERIOD_ORDER = ("year", "until", "part", "", "cumulative", "span")
"""The order of preference in a cell."""
_MAX_ALTERNATIVES = 5
"""Limit of other indicators that a pivot names."""


@dataclass(frozen=True, slots=True)
class CellValue:
    """A value in a cell of a pivot.

    Attributes:
        row: the figure.
        value: its value in the unit of the pivot; negative for a decrease.
        unit: the unit of the pivot.
        marks: words that set it apart from an exact result of one calendar year: 计划, 上半年.
    """

    row: FigureRow
    value: Value
    unit: str
    marks: tuple[str, ...]

    @property
    def converted_from(self) -> str:
        """The unit that the report has, ``""`` when it is that of the pivot or only 万 apart."""
        return self.row.figure.unit if needs_conversion(self.row.figure.unit, self.unit) else ""

    @property
    def note(self) -> str:
        """The marks, and the unit as written when it was converted, as one text."""
        said = list(self.marks)
        if self.converted_from:
            said.append(_("from {unit}").format(unit=self.converted_from))
        return _(", ").join(said)

    @property
    def shown(self) -> str:
        """The value for people: short (1.2万), but in a unit that has 万 or 亿 itself in digits."""
        value = self.value
        if plain_unit(self.unit) == self.unit or not isinstance(value, int | float):
            return readable(value)
        return f"{Decimal(repr(round(value, 4))):f}"

    @property
    def text(self) -> str:
        """The value for people with its note behind it: ``45万 计划``."""
        return f"{self.shown} {self.note}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Return the value and its figure as a JSON object."""
        known = self.row.to_dict()
        return known | {
            "value": self.value,
            "unit": self.unit,
            "stated_value": self.row.figure.value,
            "stated_unit": self.row.figure.unit,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a pivot: the values that reports state for its row and column.

    Attributes:
        row: name of the row.
        column: name of the column.
        values: all of them, in the order of preference; at least one.
    """

    row: str
    column: str
    values: tuple[CellValue, ...]

    @property
    def shown(self) -> FigureRow:
        """The preferred figure."""
        return self.values[0].row

    @property
    def others(self) -> tuple[FigureRow, ...]:
        """The other figures, in the order of preference."""
        return tuple(one.row for one in self.values[1:])

    @property
    def value(self) -> Value:
        """The value of the preferred figure in the unit of the pivot; negative for a decrease."""
        return self.values[0].value

    @property
    def unit(self) -> str:
        """The unit of the pivot."""
        return self.values[0].unit

    @property
    def planned(self) -> bool:
        """Whether the figure shown is planned, not achieved."""
        return self.shown.status == "plan"

    @property
    def distinct(self) -> tuple[CellValue, ...]:
        """The values without those that have the number and the note of one in front of them."""
        known = {(str(one.value), one.note): one for one in reversed(self.values)}
        return tuple(one for one in self.values if known[str(one.value), one.note] is one)

    @property
    def more(self) -> int:
        """Number of other numbers that reports state for this cell."""
        return len({str(one.value) for one in self.values}) - 1

    @property
    def note(self) -> str:
        """What sets the value shown apart, and the other values with what sets these apart."""
        others = _("; ").join(one.text for one in self.distinct[1:])
        also = _("also {values}").format(values=others) if others else ""
        return _("; ").join(filter(None, (self.values[0].note, also)))

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as a JSON object."""
        first, *others = self.values
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "planned": self.planned,
            **first.to_dict(),
            "others": [one.to_dict() for one in others],
        }


@dataclass(frozen=True, slots=True)
class Pivot:
    """The figures of one indicator as a table.

    Attributes:
        indicator: name of the indicator: the one of a file of merges, or the most frequent one.
        unit: the unit of all values: the one asked for, or that of most figures.
        change: whether the figures are its increase or decrease, not its level.
        dimensions: the dimension of the rows, and that of the columns, if any.
        rows: names of the rows in order; several years are ``2021–2025``, behind the years.
        columns: names of the columns in order; ``("",)`` when there is only one dimension.
        cells: the cells row by row, without empty ones.
        merged: the names that are grouped as this indicator, with the number of figures of each.
        also: other indicators that could be pivoted: name, unit and number of figures.
        converted: units that were converted to ``unit``, with the number of figures of each.
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
    converted: tuple[tuple[str, int], ...] = ()

    @property
    def title(self) -> str:
        """The indicator with its unit, such as ``城镇新增就业（人）``; a change has ``·增减``."""
        what = f"{self.indicator}·增减" if self.change else self.indicator
        return f"{what}（{self.unit}）" if self.unit else what

    def place(self, axis: int, name: str) -> int | str:
        """Return the name of a row (axis 0) or column (axis 1); a year as a number.

        Example: ``2025`` for ``"2025"`` in a pivot by year, ``"2021–2025"`` as it is.
        """
        by_year = self.dimensions[axis : axis + 1] == ("year",)
        return int(name) if by_year and name.isdecimal() else name

    def to_dict(self) -> dict[str, Any]:
        """Return the pivot as a JSON object."""
        return {
            "indicator": self.indicator,
            "unit": self.unit,
            "change": self.change,
            "dimensions": list(self.dimensions),
            "rows": [self.place(0, name) for name in self.rows],
            "columns": [self.place(1, name) for name in self.columns],
            "merged": [{"indicator": name, "figures": count} for name, count in self.merged],
            "converted": [{"unit": unit, "figures": count} for unit, count in self.converted],
            "also": [
                {"indicator": name, "unit": unit, "figures": count}
                for name, unit, count in self.also
            ],
            "cells": [
                cell.to_dict()
                | {"row": self.place(0, cell.row), "column": self.place(1, cell.column)}
                for cell in self.cells
            ],
        }


def pivot(
    figures: Iterable[FigureRow],
    dimensions: Sequence[str],
    wanted: Sequence[str] = (),
    merges: Merges | None = None,
    units: Sequence[str] = (),
) -> Pivot | None:
    """Pivot the indicator that fills most cells, or one whose name is in ``wanted``.

    Figures belong to one indicator if they have similar names and units of one dimension and are
    all levels or all changes. All are given in one unit: the first of ``units`` of that dimension,
    else the one that most of them have.

    Args:
        figures: the figures; those without an indicator, dates and names are ignored.
        dimensions: one or two of ``region``, ``year`` and ``report``, in English or Chinese: of
            the rows, and of the columns.
        wanted: names of indicators that are preferred to all others.
        merges: which names are one indicator, in place of their similarity.
        units: units wanted, which may have 万 and 亿 (万吨).

    Returns:
        The pivot, or ``None`` when no figure can be pivoted.

    Raises:
        QueryError: a dimension does not exist or is given twice.
    """
    dimensions = dimensions_named(dimensions)
    merges = merges or Merges()
    groups = indicator_groups(figures, merges)
    if not groups:
        return None
    label = _label_function([row.report for rows in groups.values() for row in rows], dimensions)
    keys = {indicator_key(name) for name in wanted}

    def rank(item: tuple[Any, list[FigureRow]]) -> tuple[object, ...]:
        (group, unit, change), rows = item
        called = group in wanted or bool(keys & {indicator_key(r.figure.indicator) for r in rows})
        return (not called, -len({label(row) for row in rows}), change, -len(rows), group, unit)

    ranked = sorted(groups.items(), key=rank)
    return _build_pivot(ranked[0][1], ranked[1:], dimensions, label, merges, units)


def indicator_groups(
    figures: Iterable[FigureRow], merges: Merges
) -> dict[tuple[str, str, bool], list[FigureRow]]:
    """Group figures by indicator, dimension of the unit, and whether they are changes."""
    groups: dict[tuple[str, str, bool], list[FigureRow]] = defaultdict(list)
    for row in figures:
        f = row.figure
        if f.indicator and f.kind != "date" and not isinstance(f.value, str):
            groups[merges.group(f.indicator), dimension_of(f.unit), is_change(f)].append(row)
    return groups


def dimensions_named(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions of a pivot that are called so, in Chinese or English.

    Args:
        names: as 地区,年份 or ("region", "year").

    Raises:
        QueryError: a dimension does not exist or is given twice, or there are none or too many.
    """
    typed = re.split("[,，、]", names) if isinstance(names, str) else names
    dimensions = tuple(english("pivot", fold(name.strip())) for name in typed)
    for name, given in zip(dimensions, typed, strict=True):
        if name not in DIMENSIONS:
            message = _("pivot by region, year or report, not by {name}")
            raise QueryError(message.format(name=cited(given.strip())))
    if not 1 <= len(set(dimensions)) == len(dimensions) <= 2:
        raise QueryError(_("pivot by one or two of region, year and report, as region,year"))
    return dimensions


def is_change(figure: Figure) -> bool:
    """Say whether a figure is an increase or decrease."""
    return "change" in (figure.kind, figure.role, figure.measure)


def _build_pivot(
    rows: list[FigureRow],
    others: Sequence[tuple[Any, list[FigureRow]]],
    dimensions: tuple[str, ...],
    label: Callable[[FigureRow], tuple[str, ...]],
    merges: Merges,
    wanted: Sequence[str],
) -> Pivot:
    """Return the pivot of ``rows``; ``others`` are the groups of the other indicators."""
    names = Counter(row.figure.indicator for row in rows)
    units = Counter(row.figure.unit for row in rows)
    unit = chosen_unit(units, wanted)
    at: dict[tuple[str, str], list[CellValue]] = defaultdict(list)
    for row in sorted(rows, key=preference):
        name, column = (*label(row), "")[:2]
        yearly = "year" in dimensions
        said = marks(row, not yearly, not yearly or _DASH not in period_name(row.figure))
        at[name, column].append(CellValue(row, signed(row.figure, unit), unit, said))
    order = _sort_key_function(rows, dimensions, label)
    places = sorted(at, key=lambda place: tuple(map(order, range(2), place)))
    return Pivot(
        indicator=merges.name(rows[0].figure.indicator) or _most_frequent_name(names),
        unit=unit,
        change=is_change(rows[0].figure),
        dimensions=dimensions,
        rows=tuple(dict.fromkeys(name for name, column in places)),
        columns=tuple(sorted({column for name, column in at}, key=lambda name: order(1, name))),
        cells=tuple(Cell(*place, tuple(at[place])) for place in places),
        merged=tuple(names.most_common()),
        also=tuple(
            (
                _most_frequent_name(Counter(row.figure.indicator for row in more))
                + ("·增减" if change else ""),
                chosen_unit(Counter(row.figure.unit for row in more)),
                len(more),
            )
            for (name, unit_kind, change), more in others[:_MAX_ALTERNATIVES]
        ),
        converted=tuple(
            (name, count) for name, count in units.most_common() if needs_conversion(name, unit)
        ),
    )


def chosen_unit(units: Counter[str], wanted: Sequence[str] = ()) -> str:
    """Return the unit for figures: the first wanted that fits, else the most frequent."""
    most = min(units, key=lambda unit: (-units[unit], unit))
    return next((unit for unit in wanted if measured_in(most, unit)), most)


def _most_frequent_name(names: Counter[str]) -> str:
    """Return the most frequent name, of several the shortest."""
    return min(names, key=lambda name: (-names[name], len(name), name))


def preference(row: FigureRow) -> tuple[object, ...]:
    """Return the sort key of the figures of a cell; the preferred figure is first."""
    f = row.figure
    own = row.report.year
    apart = abs(own - f.year) if isinstance(own, int) and isinstance(f.year, int) else 0
    return (
        _STATUS_ORDER.index(row.status),
        _PERIOD_ORDER.index(f.period_kind),
        apart,
        -f.year if isinstance(f.year, int) else 0,
        f.role in ("part", "from") or f.measure == "share",
        f.approximate,
        row.report.id,
        f.n,
        f.start,
    )


def _label_function(
    reports: Sequence[Report], dimensions: Sequence[str]
) -> Callable[[FigureRow], tuple[str, ...]]:
    """Return a function that gives the names of the row and the column of a figure."""
    region = region_names(reports)

    def label(row: FigureRow) -> tuple[str, ...]:
        known = {
            "region": lambda: region(row.report),
            "year": lambda: period_name(row.figure),
            "report": lambda: row.report.id,
        }
        return tuple(known[name]() for name in dimensions)

    return label


def period_name(figure: Figure) -> str:
    """Return the row or column of a figure in a pivot by year.

    It is a year for all that lies in one calendar year; several years are never put under one.

    Example: ``2025``; ``2021–2025`` for 这五年 in a report of 2026; ``累计至2025`` for a sum whose
    start is unknown; ``—`` when nothing is known.
    """
    first, last = figure.period_start[:4], figure.period_end[:4]
    year = str(figure.year)
    if figure.period_kind in ("span", "cumulative"):
        if first and last:
            return f"{first}{_DASH}{last}" if first != last else last
        if figure.period_kind == "cumulative" and (last or year):
            return _("total up to {year}").format(year=last or year)
        return figure.period or NOWHERE
    return year.replace("-", _DASH) or last or NOWHERE


def _sort_key_function(
    rows: Sequence[FigureRow],
    dimensions: Sequence[str],
    label: Callable[[FigureRow], tuple[str, ...]],
) -> Callable[[int, str], tuple[object, ...]]:
    """Return a sort key function for names, given the index of their dimension.

    Regions are sorted by administrative code, years and reports by name, several years behind the
    single ones, unknown ones last.
    """
    codes: dict[str, str] = {}
    if "region" in dimensions:
        i = list(dimensions).index("region")
        codes = {label(row)[i]: row.report.adcode for row in rows}

    def order(i: int, name: str) -> tuple[object, ...]:
        [dimension] = dimensions[i : i + 1] or ("",)
        code = codes.get(name, "") if dimension == "region" else ""
        return name == NOWHERE, dimension == "year" and not name.isdecimal(), code, name

    return order


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
