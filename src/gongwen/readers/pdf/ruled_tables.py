"""Read ruled tables: cells made by drawn lines, and tables that go on over pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import NamedTuple

from .lines import Glyph, Page, Row, Sheet, Span, Stroke, closed_up, rows_of
from .reflow import Block, ended, paragraphs, run_on

_NEAR = 3.0
"""Points that lines may be apart and meet all the same."""
_LINES = 400
"""Lines each way beyond which a page holds a picture, not tables."""
_PLACES = 20_000
"""Cells of a table at most."""
_CLOSED = 0.7
"""Share of the side of a cell that is drawn."""
_MIDDLE = 0.35
"""How far the middle of a character is above its line, in em."""
_PADDING = 0.5
"""White that is left inside a cell, in em."""
_OPEN = 2.0
"""What a line leaves free at most, in em, when its text goes on."""
_LONG = 200
"""Characters; a row with a longer cell of several paragraphs is written paragraph by paragraph."""


class _Line(NamedTuple):
    """A drawn line, joined from its strokes: at ``at`` on one axis, along the other."""

    at: float
    start: float
    end: float


class _Place(NamedTuple):
    """A place in a grid, and the cell that has its upper left corner there."""

    row: int
    column: int


class _Cell(NamedTuple):
    """What stands in a cell: its paragraphs, and whether the last line is full and open."""

    texts: tuple[str, ...] = ()
    size: float = 0.0
    unfinished: bool = False


_EMPTY = _Cell()


@dataclass(frozen=True, slots=True)
class _Grid:
    """One ruled table.

    Attributes:
        xs: where its columns begin, and where the last one ends.
        ys: where its rows begin, and where the last one ends.
        owners: the cell that each place in the grid belongs to.
        rights: where each cell ends.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owners: Mapping[_Place, _Place]
    rights: Mapping[_Place, float]

    @property
    def area(self) -> float:
        return (self.xs[-1] - self.xs[0]) * (self.ys[-1] - self.ys[0])

    def place_of(self, glyph: Glyph) -> _Place | None:
        """Return the cell in which ``glyph`` stands."""
        x = (glyph.left + glyph.right) / 2
        y = glyph.base - _MIDDLE * glyph.size
        return self.owners.get(_Place(bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))


def tables_of(sheet: Sheet) -> tuple[list[Row], list[Glyph]]:
    """Return the rows of the ruled tables on ``sheet``, and the characters outside of them.

    The cells of a row stand in one text with tabs between them. A cell that spans several rows
    counts to the first; where a cell holds several paragraphs of text, they follow one another.
    """
    rows: list[Row] = []
    rest = list(sheet.glyphs)
    for grid in sorted(_grids(sheet.strokes), key=lambda grid: grid.area):
        inside: dict[_Place, list[Glyph]] = {}
        outside: list[Glyph] = []
        for glyph in rest:
            place = grid.place_of(glyph)
            outside.append(glyph) if place is None else inside.setdefault(place, []).append(glyph)
        cells = {
            place: cell for place, glyphs in inside.items() if (cell := _cell(grid, place, glyphs))
        }
        if len(cells) > 1:
            rows.extend(_rows(grid, cells))
            rest = outside
    return rows, rest


def _cell(grid: _Grid, place: _Place, glyphs: Iterable[Glyph]) -> _Cell | None:
    lines = [Row((row.as_one(),)) for row in rows_of(glyphs)]
    if not lines:
        return None
    last = lines[-1]
    padding = _PADDING * last.size
    left, right = grid.xs[place.column] + padding, grid.rights[place] - padding
    block = Block(tuple(lines), left, right)
    texts = tuple(paragraphs([block]))
    full = (right - left) - (last.right - last.left) < _OPEN * last.size
    return _Cell(texts, last.size, full and not ended(last))


def _rows(grid: _Grid, cells: Mapping[_Place, _Cell]) -> Iterator[Row]:
    size = max(cell.size for cell in cells.values())
    for j, (top, bottom) in enumerate(pairwise(grid.ys)):
        places = dict.fromkeys(grid.owners[_Place(j, i)] for i in range(len(grid.xs) - 1))
        found = [cells.get(place, _EMPTY) if place.row == j else _EMPTY for place in places]
        texts = ["\t".join(closed_up(" ".join(cell.texts)) for cell in found).rstrip()]
        unfinished = frozenset(i for i, cell in enumerate(found) if cell.unfinished)
        if any(len(cell.texts) > 1 and sum(map(len, cell.texts)) > _LONG for cell in found):
            texts = [text for cell in found for text in cell.texts]
            unfinished = frozenset()
        for text in filter(str.strip, texts):
            span = Span(text, grid.xs[0], grid.xs[-1], (top + bottom) / 2, size)
            yield Row((span,), apart=True, unfinished=unfinished)


def _grids(strokes: Sequence[Stroke]) -> Iterator[_Grid]:
    flat = [(s.top, s.left, s.right) for s in strokes if s.right - s.left > s.bottom - s.top]
    upright = [(s.left, s.top, s.bottom) for s in strokes if s.right - s.left <= s.bottom - s.top]
    across, down = _lines(flat), _lines(upright)
    if max(len(across), len(down)) > _LINES:
        return
    for group in _touching(across, down):
        grid = _grid(*group)
        if grid:
            yield grid


def _lines(strokes: Iterable[tuple[float, float, float]]) -> list[_Line]:
    """Join strokes that lie in one line and meet."""
    lines: list[_Line] = []
    level: list[_Line] = []
    for stroke in [*sorted(strokes), (float("inf"), 0.0, 0.0)]:
        if level and stroke[0] - level[0].at > _NEAR / 2:
            level.sort(key=lambda line: line.start)
            joined = [level[0]]
            for line in level[1:]:
                if line.start <= joined[-1].end + _NEAR:
                    joined[-1] = joined[-1]._replace(end=max(joined[-1].end, line.end))
                else:
                    joined.append(line)
            lines.extend(joined)
            level = []
        level.append(_Line(*stroke))
    return lines


def _touching(
    across: Sequence[_Line], down: Sequence[_Line]
) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """Yield the lines of each drawing that hangs together."""
    left_across, left_down = set(across), set(down)
    while left_across:
        flat = [left_across.pop()]
        upright: list[_Line] = []
        waiting: list[tuple[_Line, bool]] = [(flat[0], True)]
        while waiting:
            line, is_flat = waiting.pop()
            others, found = (left_down, upright) if is_flat else (left_across, flat)
            met = [other for other in others if _meet(line, other)]
            others.difference_update(met)
            found.extend(met)
            waiting.extend((other, not is_flat) for other in met)
        yield flat, upright


def _meet(a: _Line, b: _Line) -> bool:
    return b.start - _NEAR <= a.at <= b.end + _NEAR and a.start - _NEAR <= b.at <= a.end + _NEAR


def _grid(across: Sequence[_Line], down: Sequence[_Line]) -> _Grid | None:
    if not down:
        return None
    # The sides of a table are often left open: it is as wide as its lines.
    xs = _levels([d.at for d in down] + [min(a.start for a in across), max(a.end for a in across)])
    ys = _levels([a.at for a in across] + [min(d.start for d in down), max(d.end for d in down)])
    if len(xs) < 3 or len(ys) < 2:
        return None
    if len(xs) * len(ys) > _PLACES:
        return None
    places = [_Place(j, i) for j in range(len(ys) - 1) for i in range(len(xs) - 1)]
    owners = {place: place for place in places}

    def owner(place: _Place) -> _Place:
        while owners[place] != place:
            place = owners[place]
        return place

    at_x = [[line for line in down if abs(line.at - x) <= _NEAR] for x in xs]
    at_y = [[line for line in across if abs(line.at - y) <= _NEAR] for y in ys]
    for place in places:
        j, i = place
        open_to = []
        if i and not _drawn(at_x[i], ys[j], ys[j + 1]):
            open_to.append(_Place(j, i - 1))
        if j and not _drawn(at_y[j], xs[i], xs[i + 1]):
            open_to.append(_Place(j - 1, i))
        for other in open_to:
            first, second = sorted((owner(other), owner(place)))
            owners[second] = first
    owners = {place: owner(place) for place in places}
    rights = {owner: xs[place.column + 1] for place, owner in owners.items()}
    return _Grid(xs, ys, owners, rights)


def _levels(values: Iterable[float]) -> tuple[float, ...]:
    levels: list[float] = []
    for value in sorted(values):
        if not levels or value - levels[-1] > _NEAR:
            levels.append(value)
    return tuple(levels)


def _drawn(lines: Iterable[_Line], start: float, end: float) -> bool:
    drawn = sum(max(min(line.end, end) - max(line.start, start), 0.0) for line in lines)
    return drawn >= _CLOSED * (end - start)


_HEAD = 3
"""Rows of the head of a table, at most."""


def with_whole_tables(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` with the rows of a table that were cut by the end of a page in one.

    The head of a table is left out where it comes again on the next page.
    """
    result: list[Page] = []
    head: list[str] = []  # the first rows of the table at the end of the page before
    for page in pages:
        rows = list(page.rows)
        for above in head:
            if not rows or not rows[0].apart or rows[0].text != above:
                break
            del rows[0]
        start = len(rows)
        while start and rows[start - 1].apart:
            start -= 1
        goes_on = not start and bool(head)
        if rows and result and result[-1].rows and _cut(result[-1].rows[-1], rows[0]):
            whole = _whole(result[-1].rows[-1], rows.pop(0))
            result[-1] = replace(result[-1], rows=(*result[-1].rows[:-1], whole))
        if not goes_on:
            head = [row.text for row in rows[start : start + _HEAD]]
        result.append(replace(page, rows=tuple(rows)))
    return result


def _cut(row: Row, below: Row) -> bool:
    """Say whether ``below`` is the second half of ``row``: it goes on with some of its cells."""
    above, filled = ({i for i, cell in enumerate(r.text.split("\t")) if cell} for r in (row, below))
    return row.apart and below.apart and filled <= row.unfinished and filled < above


def _whole(row: Row, below: Row) -> Row:
    cells = zip_longest(row.text.split("\t"), below.text.split("\t"), fillvalue="")
    text = "\t".join(run_on(upper, lower) if lower else upper for upper, lower in cells)
    span = row.spans[0]._replace(text=text)
    return replace(row, spans=(span,), unfinished=below.unfinished)
