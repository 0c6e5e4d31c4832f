"""Figures as what people read: values, rows of pivots and comparisons for files, workbooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..catalog import _
from ..nlp.records import Figure
from ..nlp.text.normalize import squeeze

if TYPE_CHECKING:
    from ..figures.comparison import RegionStanding, YearChange
    from ..figures.pivot import CellValue, Pivot
    from .xlsx import Sheet

_MYRIAD = 10_000
_ARROWS = {"up": "↑", "down": "↓", "": ""}
_SOURCES = (
    "row", "column", "shown", "value", "unit", "note", "raw", "status", "period", "period_kind",
    "period_start", "period_end", "period_source", "measure", "approximate", "indicator",
    "part_of", "report", "n", "sentence", "citation",
)  # fmt: skip
"""Columns of the sheet with the sources of a pivot."""
YEAR_COLUMNS = (
    "region", "year", "value", "unit", "note", "year_before", "value_before", "note_before",
    "change", "change_unit", "rate", "doubts", "stated", "verdict", "reason", "other_values",
    "place", "citation", "sentence", "place_before", "citation_before", "sentence_before",
    "place_stated", "citation_stated", "sentence_stated",
)  # fmt: skip
REGION_COLUMNS = (
    "year", "level", "group", "rank", "of", "region", "value", "unit", "note", "share",
    "difference_to_mean", "difference_unit", "other_values", "place", "citation", "sentence",
)  # fmt: skip


def value_text(f: Figure) -> str:
    """Return a value as written, with its unit and qualifier: ``近3000人``, ``↑8.5%``."""
    # late: only this command needs it
    from ..figures.figure_table import readable

    value, said = readable(f.value, f.unit), f.qualifier or (_("about") if f.approximate else "")
    if f.qualifier and f.raw.endswith(f.qualifier):  # 3000人以上
        value += said
    elif not f.qualifier or f.raw.startswith(f.qualifier):  # 近3000人
        value = said + value
    else:  # 700多万人
        value = squeeze(f.raw)
    return _ARROWS[f.direction] + value


def with_qualifier(number: str, f: Figure) -> str:
    """Return a shown number with the qualifier of a figure at the place where it is written.

    Args:
        number: the number, such as ``700万``.
        f: the figure; without a qualifier the number is returned as it is.

    Returns:
        Such as 近700万, 700多万 or 700万以上.
    """
    if not f.qualifier:
        return number
    if f.raw.startswith(f.qualifier):
        return f.qualifier + number
    if re.search(re.escape(f.qualifier) + "[十百千万亿]", f.raw):  # 700多万
        return re.sub(r"(?<=\d)(?=\D*$)", lambda _found: f.qualifier, number)
    return number + f.qualifier


def matrix_rows(found: Pivot) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows and columns of the matrix; its corner says what is counted.

    Behind a column stands one for the notes of its cells, when one of them has any.
    """
    noted = {cell.column for cell in found.cells if cell.note}
    corner = found.title
    rows: dict[str, dict[str, Any]] = {name: {corner: found.place(0, name)} for name in found.rows}
    # An empty name is no column of a sheet; a column must not be called as the corner is.
    named = {name: name or _("value") for name in found.columns}
    for cell in found.cells:
        rows[cell.row][named[cell.column]] = cell.value
        rows[cell.row][_note_column(named[cell.column])] = cell.note
    columns = [corner]
    for name in found.columns:
        columns += [named[name], _note_column(named[name])] if name in noted else [named[name]]
    return list(rows.values()), columns


def _note_column(column: str) -> str:
    return _("{column} note").format(column=column)


def pivot_sheets(found: Pivot) -> list[Sheet]:
    """Return the sheets of a workbook: the matrix, and the source of every value."""
    # late: only this command needs them
    from .readable_rows import range_text, readable_sheet
    from .xlsx import Sheet

    rows, columns = matrix_rows(found)
    places: dict[str, int | str] = {name: found.place(1, name) for name in found.columns}
    renamed = [{places.get(name, name): range_text(of) for name, of in row.items()} for row in rows]
    values = [places[name] for name in found.columns if name] or [_("value")]
    sources = [
        {
            "row": found.place(0, cell.row),
            "column": found.place(1, cell.column),
            "shown": _("yes") if one is cell.values[0] else _("no"),
            **one.to_dict(),
        }
        for cell in found.cells
        for one in cell.values
    ]
    heads = [places.get(name, name) for name in columns]
    return [
        Sheet(_("pivot"), renamed, heads, counted=values, frozen=1),
        readable_sheet(_("sources"), sources, _SOURCES, counted=["value"], frozen=2),
    ]


def figure_sheet(rows: list[dict[str, Any]], columns: Sequence[str]) -> Sheet:
    """Return figures or rows of a comparison as the sheet of a workbook.

    Args:
        rows: as they are written to CSV.
        columns: the columns of CSV.
    """
    from .readable_rows import readable_sheet  # late: likewise

    counted = ("value", "normalized_value", "value_before", "change")
    return readable_sheet(_("figures"), rows, columns, counted=counted, frozen=1)


def comparison_row(row: YearChange | RegionStanding) -> dict[str, Any]:
    """Return a row of a comparison without objects inside: lists of what is stated, in words."""
    known = row.to_dict()
    del known["others"]
    known["other_values"] = [one.text for one in row.others]
    if stated := known.pop("stated", None):
        known["stated"] = [f"{one['value']:+g}{one['unit']}" for one in stated]
        known["verdict"] = [one["verdict"] for one in stated]
        known["reason"] = [one["reason"] for one in stated]
        for name in ("place", "citation", "sentence"):
            known[f"{name}_stated"] = [one[name] for one in stated]
    return known


def difference_text(difference: float | None, value: CellValue) -> str:
    """Return the difference of two values with its sign, written as the values are.

    A quotient is rounded: behind 万 or 亿 to two decimals, else to the decimals of the value, with
    one decimal for what is less than 10.

    Args:
        difference: the difference, ``None`` for none.
        value: one of the values.

    Example:
        ``+5.62万`` for 56207.7 beside 64.1万.
    """
    # late: only this command needs it
    from ..figures.figure_table import plain_number, plain_unit

    if difference is None:
        return ""
    sign, size = "+" if difference > 0 else "", abs(difference)
    number = value.value if isinstance(value.value, int | float) else 0
    if plain_unit(value.unit) != value.unit:
        number = 0  # written in digits, for the unit has 万 or 亿 itself
    if 50 <= size < _MYRIAD <= abs(number):
        return f"{sign}{difference / _MYRIAD:.2f}万"
    if number and size >= _MYRIAD:
        digits = 2 - next(zeros for zeros in (12, 8, 4) if size >= 10**zeros)
    else:
        written = f"{Decimal(repr(value.value)):f}" if isinstance(value.value, float) else ""
        digits = max(len(written.rstrip("0").partition(".")[2]), 0 if size >= 10 else 1)
    rounded = replace(value, value=plain_number(Fraction(repr(round(float(difference), digits)))))
    return f"{sign}{rounded.shown}"


def verdict_name(verdict: str) -> str:
    """Return a verdict on a stated change in words."""
    names = {
        "agrees": _("agrees"),
        "contradicts": _("contradicts"),
        "uncertain": _("uncertain"),
        "unchecked": _("unchecked"),
    }
    return names[verdict]


# -- files ---------------------------------------------------------------------------------------
