"""Join the lines of cells that are broken over several lines, in tables without drawn lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .lines import Row, Span
from .reflow import join_lines, similar_size

_MAX_STEP = 1.1
"""Largest distance of lines of different cells that are beside each other, in em; lines of one
cell are further apart. A cell with one line is beside the middle of a cell with two."""
_MAX_LINE_STEP = 2.2
"""Largest distance of lines of one cell, in em."""
_MIN_CELLS = 3
"""Fewest cells of a row of which the rest may be in the next line."""
_MAX_FULL_SLACK = 1.2
"""Largest space at the end of a full line of a cell, in em."""
_MAX_MISALIGNMENT = 1.0
"""Largest distance of the left edges of the lines of a cell, in em."""
_NUMBER = re.compile(r"[-+]?[\d.,%]{1,20}")


def join_broken_cells(rows: Sequence[Row]) -> list[Row]:
    """Return ``rows`` with those joined that are lines of one row of a table.

    Args:
        rows: the lines of a column, from top to bottom, with a span for each cell.
    """
    groups: list[list[Row]] = []
    for row in rows:
        if groups and _is_beside(groups[-1][-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    joined: list[Row] = []
    for group in groups:
        row = _joined(group)
        if len(row.spans) < _MIN_CELLS and len(group) > 1:
            joined.extend(group)
            continue
        widths = [other for other in rows if len(other.spans) >= _MIN_CELLS]
        if joined and _is_rest(joined[-1], row, widths):
            row = _joined([joined.pop(), row])
        joined.append(row)
    return joined


def _is_beside(row: Row, below: Row) -> bool:
    """Return whether two lines are lines of different cells that are beside each other."""
    return (
        not row.standalone
        and not below.standalone
        and similar_size(row.size, below.size)
        and below.baseline - row.baseline < _MAX_STEP * row.size
        and not any(_overlap(a, b) for a in row.spans for b in below.spans)
    )


def _overlap(one: Span, other: Span) -> bool:
    """Return whether two spans are above one another."""
    return one.left < other.right and other.left < one.right


def _joined(group: Sequence[Row]) -> Row:
    """Return one row with a span for each cell of several lines."""
    if len(group) == 1:
        return group[0]
    cells: list[list[Span]] = []
    for span in sorted((span for row in group for span in row.spans), key=lambda s: s.left):
        if cells and any(_overlap(span, other) for other in cells[-1]):
            cells[-1].append(span)
        else:
            cells.append([span])
    return replace(group[0], spans=tuple(map(_cell, cells)))


def _cell(lines: Iterable[Span]) -> Span:
    """Return the lines of a cell as one span."""
    ordered = sorted(lines, key=lambda span: span.baseline)
    return ordered[0]._replace(
        text=join_lines(*(span.text for span in ordered)),
        left=min(span.left for span in ordered),
        right=max(span.right for span in ordered),
        # The next line is below the last one of the cell.
        baseline=ordered[-1].baseline,
    )


def _is_rest(row: Row, below: Row, table: Sequence[Row]) -> bool:
    """Return whether a line has the rest of some cells of the row above.

    Args:
        row: the row.
        below: the line below it.
        table: the rows with several cells, which show how wide a cell is.
    """
    if (
        len(row.spans) < _MIN_CELLS
        or 2 * len(below.spans) > len(row.spans)
        or row.standalone
        or below.standalone
        or len(table) < 2
        or not similar_size(row.size, below.size)
        or below.baseline - row.baseline > _MAX_LINE_STEP * row.size
    ):
        return False
    return all(_goes_on(row, span, table) for span in below.spans)


def _goes_on(row: Row, rest: Span, table: Sequence[Row]) -> bool:
    """Return whether ``rest`` is the rest of a full cell of ``row``, and no more than one."""
    above = [i for i, cell in enumerate(row.spans) if _overlap(cell, rest)]
    if len(above) != 1 or _NUMBER.fullmatch(rest.text):
        return False
    cell = row.spans[above[0]]
    edge = max(
        (s.right for other in table for s in other.spans if _overlap(s, cell)), default=cell.right
    )
    following = row.spans[above[0] + 1].left if above[0] + 1 < len(row.spans) else None
    return (
        abs(cell.left - rest.left) < _MAX_MISALIGNMENT * rest.size
        and edge - cell.right < _MAX_FULL_SLACK * rest.size
        and (following is None or rest.right < following)
        and not _NUMBER.fullmatch(cell.text)
    )
