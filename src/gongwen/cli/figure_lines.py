"""Print a list of figures: one or two lines each, or with their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..catalog import _, current_language
from ..render.figure_texts import value_text
from .output import (
    note_cut,
    piped,
    print_lines,
    print_table,
    table,
    width,
)
from .styled_lines import Line, fold_line, line_of
from .text_width import clipped, columns

if TYPE_CHECKING:
    from ..figures.figure_table import FigureRow

_NARROW = 110
"""Columns of a terminal up to which names are short."""
_LONG_NAME, _SHORT_NAME = 32, 20
"""Columns of the name of an indicator, by the width of the terminal."""
_LONGEST_VALUE = 24
_LONGEST_PERIOD, _LEAST_PERIOD = 24, 12
_GAP = 2
"""Columns between two columns of a narrow table."""


def print_figures(rows: Sequence[FigureRow], wide: bool) -> None:
    """Print figures as a table: indicator, value, period, status and place.

    In a pipe each has one line, with its sentence at the end.

    Args:
        rows: the figures.
        wide: whether names and periods are whole, and sentence and citation stand beneath.
    """
    if piped():
        _print_records(rows)
    elif wide:
        _print_wide(rows)
    else:
        _print_short(rows)


def _print_records(rows: Sequence[FigureRow]) -> None:
    shown = table(
        _("Place"), _("Indicator"), _("Value"), _("Year"), _("Period"), _("Status"), _("Sentence")
    )
    for row in rows:
        shown.add_row(
            row.place, row.figure.indicator, value_text(row.figure), str(row.figure.year),
            _period(row, dated=True), _status(row), row.sentence,
        )  # fmt: skip
    print_table(shown)


def _print_short(rows: Sequence[FigureRow]) -> None:
    longest = _LONG_NAME if width() > _NARROW else _SHORT_NAME
    names = [clipped(row.figure.indicator, longest) for row in rows]
    values = [clipped(value_text(row.figure), _LONGEST_VALUE) for row in rows]
    times = [f"{row.figure.year} {_period(row, dated=False)}".strip() for row in rows]
    heads = _("Indicator"), _("Value"), _("Period"), _("Status"), _("Place")
    others = (names, values, list(map(_status, rows)), [row.place for row in rows])
    used = sum(
        max(map(columns, (head, *cells))) + _GAP
        for head, cells in zip((*heads[:2], *heads[3:]), others, strict=True)
    )
    # What is left goes to the period, so that the place stands in one line where it can.
    room = max(min(width() - used, _LONGEST_PERIOD), _LEAST_PERIOD)
    shown = table(*heads, flowing=4)
    for row, name, value, when in zip(rows, names, values, times, strict=True):
        shown.add_row(name, value, clipped(when, room), _status(row), row.place)
    print_table(shown)
    whole = [row.figure.indicator for row in rows], [value_text(row.figure) for row in rows]
    if whole != (names, values) or any(clipped(when, room) != when for when in times):
        note_cut()


def _print_wide(rows: Sequence[FigureRow]) -> None:
    space = width() - 2
    lines: list[Line] = []
    for n, row in enumerate(rows):
        when = f"{row.figure.year} {_period(row, dated=False)}".strip()
        value = f"{row.figure.indicator}  {value_text(row.figure)}  {when}  {_status(row)}"
        head = line_of(value, style="bold")
        start, end = row.span
        sentence = line_of(row.sentence, [(start, end)], "bold yellow")
        place = line_of(f"{row.place}  {row.citation}", style="dim")
        lines += [[]] if n else []
        lines += fold_line(head, width(), 2)
        lines += [[("  ", ""), *part] for part in fold_line(sentence, space)]
        lines += [[("  ", ""), *part] for part in fold_line(place, space)]
    print_lines(lines)


def _period(row: FigureRow, dated: bool) -> str:
    """Return in words what a figure speaks of when that is not one calendar year."""
    # late: only this command needs it
    from ..figures.figure_table import period_words

    return period_words(row.figure, dated)


def _status(row: FigureRow) -> str:
    """Return the status of a figure; that of a plan is in Chinese in both languages."""
    # late: only this command needs it
    from ..figures.figure_table import status_name

    name = status_name(row.status)
    return f"{name} 计划" if row.status == "plan" and current_language() == "en" else name
