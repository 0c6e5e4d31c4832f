"""Figures as what people read: values, rows of pivots and comparisons for files, workbooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import _
from ..nlp.records import Figure
from ..nlp.text.normalize import squeeze

if TYPE_CHECKING:
    from ..figures.comparison import RegionStanding, YearChange
    from ..figures.pivot import Pivot
    from .xlsx import Sheet

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
