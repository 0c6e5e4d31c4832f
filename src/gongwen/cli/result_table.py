"""A table without a frame that fits the terminal, or has one record a line for a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..nlp.validation import UNPRINTABLE, visible
from .text_width import columns, folded, line_breaks

if TYPE_CHECKING:
    from rich.text import Text

GAP = 3
_LEAST_GAP = 2
"""Columns between two columns of a table, and of one that does not fit otherwise."""
_LEAST_FLOWING, _LEAST_TEXT, _LEAST = 24, 12, 6
"""Columns to which a flowing column, others, and in the end all may be narrowed."""


def escaped(text: Text) -> Text:
    """Return a text with control characters escaped; styles are kept."""
    if not UNPRINTABLE.search(text.plain) or visible(text.plain) == text.plain:
        return text
    from rich.text import Text  # late: heavy

    offsets = [i for match in UNPRINTABLE.finditer(text.plain) for i in match.span()]
    shown = Text(style=text.style, justify=text.justify, overflow=text.overflow)
    for part in text.divide(offsets):
        piece = Text(visible(part.plain))
        for span in part.spans:
            piece.stylize(span.style)
        shown.append_text(piece)
    return shown


def wrapped(text: Text, width: int) -> Text:
    """Return a text broken into lines of ``width`` columns; styles are kept."""
    from rich.text import Text  # late: heavy

    text = escaped(text)
    lines = text.divide(line_breaks(text.plain, width))
    return Text("\n").join(lines)


@dataclass
class Column:
    """A column of a table: its head, ``left`` or ``right``, and whether it is narrowed first."""

    header: str
    justify: Literal["left", "right"] = "left"
    flows: bool = False


class ResultTable:
    r"""A table with a header row and no frame, whose cells are escaped.

    Args:
        columns: the columns.

    Example:
        >>> shown = ResultTable([Column("Year"), Column("Count", "right")])
        >>> shown.add_row("2020", "12")
        >>> shown.records()
        'Year\tCount\n2020\t12\n'
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self._rows: list[list[Any]] = []
        self._ends: set[int] = set()

    def add_row(self, *cells: Any) -> None:
        """Add a row of cells, each a ``str`` or a rich ``Text`` of one or more lines."""
        self._rows.append([visible(c) if isinstance(c, str) else escaped(c) for c in cells])

    def add_section(self) -> None:
        """Leave a line free behind the last row, if another follows."""
        self._ends.add(len(self._rows))

    def records(self) -> str:
        """Return the table for a pipe: a line with the heads, then one line a row.

        The cells of a line have a tab between; line feeds and tabs inside them become spaces.
        """
        heads = [column.header for column in self.columns]
        return "".join(
            "\t".join(" ".join(_plain(cell).split()) for cell in row) + "\n"
            for row in (heads, *self._rows)
        )

    def laid_out(self, space: int) -> list[list[Any]]:
        """Return the lines of the table, each a list of ``str`` and rich ``Text`` to put together.

        Text that is too long for its column is folded; nothing is cut off. The first lines are
        those of the header, down to a rule.

        Args:
            space: the columns of the terminal.
        """
        heads = [column.header for column in self.columns]
        split = [[_lines(cell) for cell in row] for row in (heads, *self._rows)]
        widths, gap = self._widths(split, space)
        total = sum(widths) + gap * (len(widths) - 1)
        done: list[list[Any]] = []
        for n, row in enumerate(split):
            fitted = [
                [part for line in cell for part in _folded(line, wide)]
                for cell, wide in zip(row, widths, strict=True)
            ]
            done += [self._line(fitted, widths, gap, i) for i in range(max(map(len, fitted)))]
            if not n:
                done.append(["─" * total])
            elif n in self._ends and n < len(split) - 1:
                done.append([])
        return done

    def _line(
        self, row: Sequence[Sequence[Any]], widths: Sequence[int], gap: int, i: int
    ) -> list[Any]:
        """Return the line ``i`` of a row, without spaces at its end."""
        parts: list[Any] = []
        waiting = 0  # spaces that are wanted once something follows
        for column, cell, wide in zip(self.columns, row, widths, strict=True):
            line = cell[i] if i < len(cell) else ""
            taken = columns(_plain(line))
            left = wide - taken if column.justify == "right" else 0
            if taken:
                parts += [" " * (waiting + left), line]
                waiting = wide - taken - left + gap
            else:
                waiting += wide + gap
        return parts

    def _widths(self, rows: Sequence[Sequence[Sequence[Any]]], space: int) -> tuple[list[int], int]:
        """Return the columns of the terminal that each column takes, and those between them."""
        count = range(len(self.columns))
        bodies = [
            max((columns(_plain(line)) for row in rows[1:] for line in row[i]), default=0)
            for i in count
        ]
        widths = [max(bodies[i], *(columns(_plain(line)) for line in rows[0][i])) for i in count]
        words = [
            max((columns(word) for word in column.header.split() if word.isascii()), default=4)
            for column in self.columns
        ]
        gap = GAP
        if sum(widths) + gap * (len(widths) - 1) > space:
            gap = _LEAST_GAP
        over = sum(widths) + gap * (len(widths) - 1) - space
        text = [i for i in count if self.columns[i].justify == "left"]
        flowing = [i for i in text if self.columns[i].flows]
        heads = [i for i in count if widths[i] > bodies[i]]
        for group, least in (
            (flowing, 2 * _LEAST_FLOWING),
            (heads, 0),  # as far as no word of them is broken
            (flowing, _LEAST_FLOWING),
            (text, _LEAST_TEXT),
            (list(count), _LEAST),
        ):
            limits = {i: least or max(bodies[i], words[i]) for i in group}
            while over > 0 and (wider := [i for i in group if widths[i] > limits[i]]):
                widths[max(wider, key=lambda i: widths[i])] -= 1
                over -= 1
        return widths, gap


def _plain(cell: Any) -> str:
    text: str = cell if isinstance(cell, str) else cell.plain
    return text


def _lines(cell: Any) -> list[Any]:
    if isinstance(cell, str):
        return cell.expandtabs(1).split("\n")
    return list(cell.split("\n", allow_blank=True))


def _folded(line: Any, width: int) -> list[Any]:
    """Return the lines of a line of a cell that is folded to ``width`` columns."""
    if columns(_plain(line)) <= width:
        return [line.rstrip() if isinstance(line, str) else line]
    if isinstance(line, str):
        return folded(line, width)
    return list(wrapped(line, width).split("\n"))
