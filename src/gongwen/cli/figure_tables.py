"""Print figures or write them to files: a list, a pivot table, a comparison."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import _, in_brackets, labelled
from ..nlp.atomic_write import write_whole
from ..render.delimited import csv_text, json_text, jsonl_text
from ..render.figure_texts import (
    REGION_COLUMNS,
    YEAR_COLUMNS,
    comparison_row,
    figure_sheet,
    matrix_rows,
    pivot_sheets,
    verdict_name,
    with_qualifier,
)
from .figure_lines import print_figures
from .options import HitFormat
from .output import (
    fold_cell,
    note,
    nothing_to_write,
    piped,
    plain,
    print_lines,
    print_table,
    say,
    table,
    width,
    write,
)
from .styled_lines import fold_line, line_of
from .text_width import columns, folded

if TYPE_CHECKING:
    from ..figures.comparison import Comparison, RegionStanding, StatedChange, YearChange
    from ..figures.figure_table import FigureRow
    from ..figures.pivot import Cell, CellValue, Pivot

SHOWN = 50
"""Figures of a list in the terminal."""
_LONGEST_NOTE = 24
"""Columns of a line of notes in a cell; longer ones are folded."""
_NARROW = 100
"""Columns of a terminal up to which names are short."""
_CONVERTED = "←"
"""What stands in the terminal in front of a value that was converted from another unit."""
# -- a list --------------------------------------------------------------------------------------


def show_list(
    found: Sequence[FigureRow],
    limit: int | None,
    format: HitFormat,
    output: Path | None,
    wide: bool = False,
) -> None:
    """Print or write the first ``limit`` figures, all for ``None``.

    Args:
        found: the figures.
        limit: how many to show.
        format: as :func:`~.options.chosen_format` gave it.
        output: a file, ``None`` for standard output.
        wide: whether a table has their sentences and citations too.
    """
    # late: only this command needs it
    from ..figures.figure_table import COLUMNS

    shown = found[:limit]
    if format is HitFormat.table:
        if shown:
            print_figures(shown, wide)
        if not found:
            note(_("no figures found"))
        elif len(shown) < len(found):
            note(_("{shown} of {total} figures").format(shown=len(shown), total=len(found)))
        else:
            note(_("{total} figures").format(total=len(found)))
        return
    if format is not HitFormat.json and not shown and nothing_to_write(output):
        note(_("no figures found") if not found else _("{total} figures").format(total=len(found)))
        return
    rows = [row.to_dict() for row in shown]
    if format is HitFormat.json:
        whole = {"total": len(found), "figures": rows}
        write(json_text(whole, indent=2) + "\n", output)
    else:
        _write_rows(rows, COLUMNS, format, output)
    if output is not None:
        note(_("wrote {total} figures to {path}").format(total=len(shown), path=output))


# -- a matrix ------------------------------------------------------------------------------------


def show_matrix(
    found: Pivot | None,
    merges: Path | None,
    plot: Path | None,
    format: HitFormat,
    output: Path | None,
) -> None:
    """Print or write a pivot, and draw it.

    Args:
        found: the pivot, ``None`` when there are no figures.
        merges: a file to write with the names that are grouped.
        plot: a file to write with a picture.
        format: as :func:`~.options.chosen_format` gave it.
        output: a file, ``None`` for standard output.
    """
    # late: only this command needs it
    from ..figures.pivot import merges_text

    if found is None:
        if format is HitFormat.json:
            write('{"cells": []}\n', output)
        else:
            nothing_to_write(output)
        nothing_to_write(plot)
        note(_("no figures found"))
        return
    if format is HitFormat.table:
        _print_matrix(found)
    elif format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text([_long(found, cell) for cell in found.to_dict()["cells"]]), output)
    elif format is HitFormat.csv:
        write(csv_text(*matrix_rows(found)), output)
    elif output is not None:
        from ..render.xlsx import write_book  # late: only this format needs it

        write_book(output, pivot_sheets(found))
    sys.stdout.flush()
    if plot is not None:
        # late: only this command needs it
        from ..render.plot import draw

        content, said = draw(found, plot.suffix)
        write_whole(plot, content)
        for line in said:
            note(line)
    if merges:
        write(merges_text(found.indicator, [name for name, count in found.merged]), merges)
    _print_notes(found, merges, format, [output, plot])


def _long(found: Pivot, cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell by itself: the row and the column by the names of what they are."""
    places = dict(zip(found.dimensions, (cell.pop("row"), cell.pop("column")), strict=False))
    return {"of": found.indicator, **{f"by_{name}": at for name, at in places.items()}, **cell}


def _print_matrix(found: Pivot) -> None:
    cells = {(cell.row, cell.column): _cell_lines(cell) for cell in found.cells}
    first = max(map(columns, (found.title, *found.rows)))
    left = list(found.columns)
    while left:
        space = width() - first
        part: list[str] = []
        while left:
            lines = [line for row in found.rows for line in cells.get((row, left[0]), ())]
            space -= 3 + max(map(columns, (left[0], *lines)))
            if space < 0 and part:
                break
            part.append(left.pop(0))
        shown = table(found.title, *(name or _("Value") for name in part), flowing=0)
        for column in shown.columns[1:]:
            column.justify = "right"
        for row in found.rows:
            values = ["\n".join(cells.get((row, column), ())) for column in part]
            if any(values):
                shown.add_row(row, *values)
        print_table(shown)
        if left:
            say()


def _cell_lines(cell: Cell) -> list[str]:
    """Return the lines of a cell: each value behind what sets it apart."""
    return [line for one in cell.distinct for line in _value_lines(one)]


def _value_and_marks(one: CellValue) -> tuple[str, str]:
    """Return a value with its qualifier as written (900万以上), and what else sets it apart."""
    figure = one.row.figure
    value = with_qualifier(one.shown, figure)
    said = _(", ").join(mark for mark in one.marks if not mark or mark != figure.qualifier)
    return (f"{_CONVERTED}{value}" if one.converted_from else value), said


def _value_lines(one: CellValue) -> list[str]:
    value, said = _value_and_marks(one)
    if piped() or columns(said) <= _LONGEST_NOTE:
        return [f"{said} {value}".strip()]
    *notes, last = folded(said, _LONGEST_NOTE)
    return [*notes, f"{last} {value}"]


def _print_notes(
    found: Pivot, wrote: Path | None, format: HitFormat, files: Sequence[Path | None]
) -> None:
    reports = {one.row.report.id for cell in found.cells for one in cell.values}
    message = _("{title}: {cells} cells from {reports} reports")
    note(message.format(title=found.title, cells=len(found.cells), reports=len(reports)))
    _note_merged(found.merged, bool(wrote))
    if wrote:
        message = _(
            "wrote {path}: take a name out of its list to keep it apart, then run this again"
        )
        note(message.format(path=wrote))
    _note_converted(found.converted, found.unit)
    if planned := sum(cell.planned for cell in found.cells):
        message = _("{count} of the cells are planned (计划); --status result leaves them out")
        note(message.format(count=planned))
    if any(cell.more for cell in found.cells):
        message = _("cells with several values have the preferred one first; see --help, --status")
        note(message)
    _note_also(found.also)
    for path in files:
        if path is not None:
            note(_("wrote {path}").format(path=path))


def _note_merged(merged: Sequence[tuple[str, int]], wrote: bool = True) -> None:
    if len(merged) > 1:
        names = "、".join(f"{name}{in_brackets(count)}" for name, count in merged)
        hint = "" if wrote else _("; --merges FILE.toml lets you change that")
        note(_("taken for one (合并): {names}").format(names=names) + hint)


def _note_converted(units: Sequence[tuple[str, int]], to: str) -> None:
    if units:
        names = "、".join(f"{name}{in_brackets(count)}" for name, count in units)
        note(_("← converted to {unit} from {names}").format(unit=to, names=names))


def _note_also(also: Sequence[tuple[str, str, int]]) -> None:
    if also:
        names = "、".join(f"{name} {unit}{in_brackets(n)}" for name, unit, n in also)
        note(
            _("not shown: {names}; choose with --indicator, --unit and --kind").format(names=names)
        )


# -- a comparison --------------------------------------------------------------------------------


def show_comparison(found: Comparison | None, format: HitFormat, output: Path | None) -> None:
    """Print or write a comparison, ``None`` when there are no figures."""
    if found is None or not found.rows:
        if format is HitFormat.json:
            write('{"rows": []}\n', output)
        else:
            nothing_to_write(output)
        note(_("no figures to compare"))
        if found is not None:
            _note_merged(found.pivot.merged)
            _note_also(found.pivot.also)
        return
    if format is HitFormat.table:
        # late: only this command needs it
        from ..figures.comparison import RegionStanding, YearChange

        changes = [row for row in found.rows if isinstance(row, YearChange)]
        standings = [row for row in found.rows if isinstance(row, RegionStanding)]
        say(found.pivot.title)
        if changes:
            _print_changes(changes)
        if standings:
            _print_standings(standings)
    elif format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        rows = [{"of": found.pivot.indicator, **row.to_dict()} for row in found.rows]
        write(jsonl_text(rows), output)
    else:
        heads = YEAR_COLUMNS if found.by == "year" else REGION_COLUMNS
        named = [{"indicator": found.pivot.indicator, **comparison_row(row)} for row in found.rows]
        _write_rows(named, ("indicator", *heads), format, output)
    sys.stdout.flush()
    _note_comparison(found)
    if output is not None:
        note(_("wrote {path}").format(path=output))


def _note_comparison(found: Comparison) -> None:
    message = _(
        "{title}: {rows} rows, {left} values not compared (several years, ranges, no other)"
    )
    if not found.left_out:
        message = _("{title}: {rows} rows")
    note(message.format(title=found.pivot.title, rows=len(found.rows), left=found.left_out))
    _note_merged(found.pivot.merged)
    _note_converted(found.pivot.converted, found.pivot.unit)
    _note_also(found.pivot.also)


def _print_changes(rows: Sequence[YearChange]) -> None:
    narrow = width() <= _NARROW
    lines = table(
        _("Region"), _("Year"), _("Value"), _("Year before"), _("Change"), _("Rate"), _("Stated"),
        flowing=6,
    )  # fmt: skip
    for column in lines.columns[2:6]:
        column.justify = "right"
    for row in rows:
        rate = "" if row.rate is None else f"{_signed(float(round(row.rate, 2)))}%"
        gap = "\n" if narrow else " "
        stated = [f"{_stated(one)}{gap}{verdict_name(one.verdict)}" for one in row.stated]
        lines.add_row(
            fold_cell(row.region, 10 if narrow else 20),
            str(row.year),
            "\n".join(_beneath(row.value, narrow)),
            "\n".join(_beneath(row.before, narrow)) if row.before else "—",
            _signed(row.change),
            rate,
            "\n".join(stated),
        )
    print_table(lines)
    said = [row for row in rows if row.before or row.others]
    if said:
        say()
    for row in said:
        _print_places(row)


def _beneath(one: CellValue, narrow: bool) -> list[str]:
    """Return a value with what sets it apart in lines beneath it."""
    value, said = _value_and_marks(one)
    if piped() or not said:
        return [value, said] if said else [value]
    return [value, *folded(said, 12 if narrow else _LONGEST_NOTE)]


def _print_places(row: YearChange) -> None:
    """Print where the values of a row stand, and what is to be known of it."""
    places = [f"{row.year} {row.value.row.place}"]
    if row.before:
        places.append(f"{row.year - 1} {row.before.row.place}")
    said = list(row.doubts)
    if row.others:
        also = _("; ").join(" ".join(filter(None, _value_and_marks(one))) for one in row.others)
        said.append(_("also {values}").format(values=also))
    for one in row.stated:
        parts = verdict_name(one.verdict), one.reason, one.row.place
        said.append(labelled(_stated(one), _("; ").join(filter(None, parts))))
    where = line_of(f"{row.region} {_('; ').join(places)}", style="dim")
    print_lines(fold_line(where, width(), 2))
    for line in said:
        print_lines(fold_line(line_of(f"  {line}", style="dim"), width(), 2))


def _print_standings(rows: Sequence[RegionStanding]) -> None:
    narrow = not piped() and width() <= _NARROW
    heads = [_("Year"), _("Rank"), _("Region"), _("Value"), _("Share"), _("To the mean")]
    lines = table(*heads, *([] if narrow else [_("Source")]), flowing=2)
    for column in (lines.columns[1], *lines.columns[3:6]):
        column.justify = "right"
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        values = [line for one in (row.value, *row.others) for line in _beneath(one, narrow)]
        lines.add_row(
            row.period,
            f"{row.rank}/{row.of}",
            fold_cell(row.region, 14 if narrow else 20),
            "\n".join(values),
            "" if row.share is None else f"{float(round(row.share, 2)):g}%",
            _signed(row.difference, rounded=True),
            *([] if narrow else [plain(row.value.row.place, "dim")]),
        )
        if following is None or following.group != row.group:
            lines.add_section()
    print_table(lines)
    if narrow:
        say()
        for row in rows:
            where = f"{row.region} {row.period} {row.value.row.place}"
            print_lines(fold_line(line_of(where, style="dim"), width(), 2))


def _stated(one: StatedChange) -> str:
    return f"{_signed(one.value)}{one.unit}"


def _signed(value: float | None, rounded: bool = False) -> str:
    """Return a change with its sign, ``""`` for none; to four digits or the unit when rounded."""
    # late: only this command needs it
    from ..figures.figure_table import readable

    if value is None:
        return ""
    digits = 4
    if rounded and abs(value) >= 1:
        digits -= len(str(abs(int(value))))
    return f"{'+' if value > 0 else ''}{readable(round(value, digits))}"


def _write_rows(
    rows: list[dict[str, Any]], columns: Sequence[str], format: HitFormat, output: Path | None
) -> None:
    if format is HitFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is HitFormat.csv:
        write(csv_text(rows, columns), output)
    elif output is not None:
        # late: only this command needs it
        from ..render.xlsx import write_book

        write_book(output, [figure_sheet(rows, columns)])
