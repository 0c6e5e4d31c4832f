"""Extract tables with drawn lines, and join rows that are split between pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import NamedTuple

from .lines import (
    Glyph,
    Page,
    Row,
    Sheet,
    Span,
    Stroke,
    group_lines,
    make_rows,
    without_letter_spacing,
)
from .reflow import Block, ends_sentence, join_lines, join_paragraphs

_MAX_GAP = 3.0
"""Largest gap, in points, between lines that count as touching."""
_MAX_LINES = 400
"""Most horizontal or vertical lines of a page; a page with more contains a picture."""
_MAX_POSITIONS = 20_000
"""Most grid positions of a table."""
_MIN_DRAWN_SHARE = 0.7
"""Smallest share of the side of a cell that must be drawn to separate it from the next."""
_MIDDLE = 0.35
"""Height of the middle of a character above its baseline, in em."""
_PADDING = 0.5
"""Margin inside a cell, in em."""
_MAX_OPEN_SLACK = 2.0
"""Largest space at the end of a line whose text may continue, in em."""
_LONG_CELL = 200
"""Characters of a cell with several paragraphs, above which its row is split into paragraphs."""


class _Line(NamedTuple):
    """A drawn line, joined from strokes; all values are in points.

    Attributes:
        at: its position on the axis across it.
        start: its start on the axis along it.
        end: its end on the axis along it.
    """

    at: float
    start: float
    end: float


class _Position(NamedTuple):
    """A position in a grid; also identifies the cell whose upper left corner is there."""

    row: int
    column: int


class _Cell(NamedTuple):
    """The content of a cell: its paragraphs, font size, and whether its text may continue."""

    texts: tuple[str, ...] = ()
    size: float = 0.0
    is_open: bool = False


_EMPTY_CELL = _Cell()


@dataclass(frozen=True, slots=True)
class _Grid:
    """One ruled table.

    Attributes:
        xs: left edges of its columns, and the right edge of the last one, in points.
        ys: top edges of its rows, and the bottom edge of the last one, in points.
        owners: for each grid position, the cell that it belongs to.
        rights: for each cell, its right edge in points.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owners: Mapping[_Position, _Position]
    rights: Mapping[_Position, float]

    @property
    def area(self) -> float:
        return (self.xs[-1] - self.xs[0]) * (self.ys[-1] - self.ys[0])

    def cell_at(self, glyph: Glyph) -> _Position | None:
        """Return the cell that contains ``glyph``, ``None`` if it is outside of the table."""
        x = (glyph.left + glyph.right) / 2
        y = glyph.baseline - _MIDDLE * glyph.size
        return self.owners.get(
            _Position(bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1)
        )


def extract_tables(sheet: Sheet) -> tuple[list[Row], list[Glyph]]:
    """Return the rows of the ruled tables on ``sheet``, and the characters outside of them.

    The text of a row has tabs between the cells. A cell that spans several rows belongs to the
    first. A row with a long cell of several paragraphs becomes one row for each paragraph.
    """
    rows: list[Row] = []
    rest = list(sheet.glyphs)
    for grid in sorted(_grids(sheet.strokes), key=lambda grid: grid.area):
        inside: dict[_Position, list[Glyph]] = {}
        outside: list[Glyph] = []
        for glyph in rest:
            position = grid.cell_at(glyph)
            if position is None:
                outside.append(glyph)
            else:
                inside.setdefault(position, []).append(glyph)
        cells = {
            position: cell
            for position, glyphs in inside.items()
            if (cell := _make_cell(grid, position, glyphs))
        }
        if len(cells) > 1:
            rows.extend(_rows(grid, cells))
            rest = outside
    return rows, rest


def _make_cell(grid: _Grid, position: _Position, glyphs: Iterable[Glyph]) -> _Cell | None:
    """Return the content of a cell, ``None`` if it has no text."""
    lines = [Row((row.as_one(),)) for row in make_rows(group_lines(glyphs))]
    if not lines:
        return None
    last = lines[-1]
    padding = _PADDING * last.size
    left, right = grid.xs[position.column] + padding, grid.rights[position] - padding
    block = Block(tuple(lines), left, right)
    texts = tuple(paragraph.text for paragraph in join_paragraphs([block]))
    is_full = (right - left) - (last.right - last.left) < _MAX_OPEN_SLACK * last.size
    return _Cell(texts, last.size, is_full and not ends_sentence(last))


def _rows(grid: _Grid, cells: Mapping[_Position, _Cell]) -> Iterator[Row]:
    """Yield the rows of a table, from top to bottom."""
    size = max(cell.size for cell in cells.values())
    for j, (top, bottom) in enumerate(pairwise(grid.ys)):
        positions = dict.fromkeys(grid.owners[_Position(j, i)] for i in range(len(grid.xs) - 1))
        found = [
            cells.get(position, _EMPTY_CELL) if position.row == j else _EMPTY_CELL
            for position in positions
        ]
        texts = ["\t".join(without_letter_spacing(" ".join(cell.texts)) for cell in found).rstrip()]
        open_cells = frozenset(i for i, cell in enumerate(found) if cell.is_open)
        if any(len(cell.texts) > 1 and sum(map(len, cell.texts)) > _LONG_CELL for cell in found):
            texts = [text for cell in found for text in cell.texts]
            open_cells = frozenset()
        for text in filter(str.strip, texts):
            span = Span(text, grid.xs[0], grid.xs[-1], (top + bottom) / 2, size)
            yield Row((span,), standalone=True, open_cells=open_cells)


def _grids(strokes: Sequence[Stroke]) -> Iterator[_Grid]:
    """Yield the tables that the strokes draw."""
    flat = [(s.top, s.left, s.right) for s in strokes if s.right - s.left > s.bottom - s.top]
    upright = [(s.left, s.top, s.bottom) for s in strokes if s.right - s.left <= s.bottom - s.top]
    horizontal, vertical = _join_strokes(flat), _join_strokes(upright)
    if max(len(horizontal), len(vertical)) > _MAX_LINES:
        return
    for group in _connected_groups(horizontal, vertical):
        grid = _grid(*group)
        if grid:
            yield grid


def _join_strokes(strokes: Iterable[tuple[float, float, float]]) -> list[_Line]:
    """Join strokes, given as position, start and end, that are on one line and touch."""
    lines: list[_Line] = []
    level: list[_Line] = []
    for stroke in [*sorted(strokes), (float("inf"), 0.0, 0.0)]:
        if level and stroke[0] - level[0].at > _MAX_GAP / 2:
            level.sort(key=lambda line: line.start)
            chain = [level[0]]
            for line in level[1:]:
                if line.start <= chain[-1].end + _MAX_GAP:
                    chain[-1] = chain[-1]._replace(end=max(chain[-1].end, line.end))
                else:
                    chain.append(line)
            lines.extend(chain)
            level = []
        level.append(_Line(*stroke))
    return lines


def _connected_groups(
    horizontal: Sequence[_Line], vertical: Sequence[_Line]
) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """Yield the horizontal and vertical lines of each connected group."""
    left_horizontal, left_vertical = set(horizontal), set(vertical)
    while left_horizontal:
        group: list[_Line] = [left_horizontal.pop()]
        crossing: list[_Line] = []
        pending: list[tuple[_Line, bool]] = [(group[0], True)]
        while pending:
            line, is_horizontal = pending.pop()
            others, found = (left_vertical, crossing) if is_horizontal else (left_horizontal, group)
            touching = [other for other in others if _touch(line, other)]
            others.difference_update(touching)
            found.extend(touching)
            pending.extend((other, not is_horizontal) for other in touching)
        yield group, crossing


def _touch(a: _Line, b: _Line) -> bool:
    """Return whether a horizontal and a vertical line meet."""
    return (
        b.start - _MAX_GAP <= a.at <= b.end + _MAX_GAP
        and a.start - _MAX_GAP <= b.at <= a.end + _MAX_GAP
    )


def _grid(horizontal: Sequence[_Line], vertical: Sequence[_Line]) -> _Grid | None:
    """Return the table that connected lines draw, ``None`` if they are not a table."""
    if not vertical:
        return None
    # The sides of a table are often not drawn, so it is as wide as its lines.
    xs = _distinct_levels(
        [d.at for d in vertical]
        + [min(a.start for a in horizontal), max(a.end for a in horizontal)]
    )
    ys = _distinct_levels(
        [a.at for a in horizontal] + [min(d.start for d in vertical), max(d.end for d in vertical)]
    )
    if len(xs) < 3 or len(ys) < 2:
        return None
    if len(xs) * len(ys) > _MAX_POSITIONS:
        return None
    positions = [_Position(j, i) for j in range(len(ys) - 1) for i in range(len(xs) - 1)]
    owners = {position: position for position in positions}

    def owner(position: _Position) -> _Position:
        while owners[position] != position:
            position = owners[position]
        return position

    at_x = [[line for line in vertical if abs(line.at - x) <= _MAX_GAP] for x in xs]
    at_y = [[line for line in horizontal if abs(line.at - y) <= _MAX_GAP] for y in ys]
    for position in positions:
        j, i = position
        merged_with = []
        if i and not _is_drawn(at_x[i], ys[j], ys[j + 1]):
            merged_with.append(_Position(j, i - 1))
        if j and not _is_drawn(at_y[j], xs[i], xs[i + 1]):
            merged_with.append(_Position(j - 1, i))
        for other in merged_with:
            first, second = sorted((owner(other), owner(position)))
            owners[second] = first
    owners = {position: owner(position) for position in positions}
    rights = {owner: xs[position.column + 1] for position, owner in owners.items()}
    return _Grid(xs, ys, owners, rights)


def _distinct_levels(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values in ascending order, without those close to a smaller one."""
    levels: list[float] = []
    for value in sorted(values):
        if not levels or value - levels[-1] > _MAX_GAP:
            levels.append(value)
    return tuple(levels)


def _is_drawn(lines: Iterable[_Line], start: float, end: float) -> bool:
    """Return whether enough of a side from ``start`` to ``end`` is drawn."""
    drawn = sum(max(min(line.end, end) - max(line.start, start), 0.0) for line in lines)
    return drawn >= _MIN_DRAWN_SHARE * (end - start)


_MAX_HEADER_ROWS = 3
"""Most rows of the header of a table."""


def join_split_tables(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` with the rows of tables that are split between two pages joined.

    The header of a table is removed where it is repeated on the next page.
    """
    result: list[Page] = []
    header: list[str] = []  # the first rows of the table at the end of the previous page
    for page in pages:
        rows = list(page.rows)
        for text in header:
            if not rows or not rows[0].standalone or rows[0].text != text:
                break
            del rows[0]
        start = len(rows)
        while start and rows[start - 1].standalone:
            start -= 1
        continued = not start and bool(header)
        if rows and result and result[-1].rows and _is_split(result[-1].rows[-1], rows[0]):
            joined = _join_rows(result[-1].rows[-1], rows.pop(0))
            result[-1] = replace(result[-1], rows=(*result[-1].rows[:-1], joined))
        if not continued:
            header = [row.text for row in rows[start : start + _MAX_HEADER_ROWS]]
        result.append(replace(page, rows=tuple(rows)))
    return result


def _is_split(row: Row, below: Row) -> bool:
    """Return whether ``below`` is the rest of ``row``: it continues only open cells of it."""
    above, filled = ({i for i, cell in enumerate(r.text.split("\t")) if cell} for r in (row, below))
    return row.standalone and below.standalone and filled <= row.open_cells and filled < above


def _join_rows(row: Row, below: Row) -> Row:
    """Return one row with the texts of each cell of both rows joined."""
    cells = zip_longest(row.text.split("\t"), below.text.split("\t"), fillvalue="")
    text = "\t".join(join_lines(upper, lower) if lower else upper for upper, lower in cells)
    span = row.spans[0]._replace(text=text)
    return replace(row, spans=(span,), open_cells=below.open_cells)
