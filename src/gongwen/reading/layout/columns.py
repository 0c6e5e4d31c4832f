"""The lines of a page in the order in which they are read: columns, and rows of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from .lines import closed_up
from .records import Row

_DEEP = 6
"""Columns in columns, and columns below columns."""
_GUTTERS = 50
"""Places on a page where a column could begin that are looked at."""
_LINES = 5
"""Lines that a column has at least."""
_WIDTH = 8.0
"""Width of a column at least, in em; what is narrower is a cell."""
_FLUSH = 2.0
_FULL_LINES = 0.5
"""Share of the lines of a column that reach the gutter, to within two em."""
_OVERLAP = 0.5
"""Share of the height of the shorter column that stands beside the other."""
_ALIGNED = 1.0
"""How far cells of one column may be off one another, in em."""
_LEADER = re.compile(r"[ .．…·‥・⋯_-]{6,200}(\d{1,4}|[ivxlcIVXLC]+)$")
"""The dots between a heading and its page in a table of contents."""


def columns_of(rows: Sequence[Row], deep: int = _DEEP) -> Iterator[list[Row]]:
    """Yield the columns of a page in reading order, each with its lines.

    A page without columns is one; lines over the full width part columns above and below.
    """
    gutter = _gutter(rows) if deep else None
    if gutter:
        start, stop, x = gutter
        yield from columns_of(rows[:start], deep - 1)
        yield from columns_of(list(_parts(rows[start:stop], float("-inf"), x)), deep - 1)
        yield from columns_of(list(_parts(rows[start:stop], x, float("inf"))), deep - 1)
        yield from columns_of(rows[stop:], deep - 1)
    elif rows:
        yield list(_flat(rows))


def _parts(rows: Sequence[Row], left: float, right: float) -> Iterator[Row]:
    for row in rows:
        if spans := tuple(span for span in row.spans if left <= span.left < right):
            yield replace(row, spans=spans)


def _gutter(rows: Sequence[Row]) -> tuple[int, int, float] | None:
    """Return the first and last line beside a gutter, and where it is, if there is one."""
    best: tuple[int, int, float] | None = None
    for x in _candidates(rows):
        start = 0
        for stop in range(len(rows) + 1):
            if stop < len(rows) and not _crosses(rows[stop], x):
                continue
            longer = best is None or stop - start > best[1] - best[0]
            if longer and _is_gutter(rows[start:stop], x):
                best = start, stop, x
            start = stop + 1
    return best


def _candidates(rows: Sequence[Row]) -> list[float]:
    """Return where several spans begin that have something to their left."""
    if not rows:
        return []
    margin = min(row.left for row in rows)
    lefts = sorted(
        span.left - 0.3 * row.size
        for row in rows
        for span in row.spans
        if span.left - margin > _WIDTH * row.size
    )
    found: list[float] = []
    for i, left in enumerate(lefts):
        near = lefts[i : i + _LINES]
        several = len(near) == _LINES and near[-1] - left < _ALIGNED * rows[0].size
        if several and (not found or left - found[-1] > _ALIGNED * rows[0].size):
            found.append(left)
    return found[:_GUTTERS]


def _crosses(row: Row, x: float) -> bool:
    return row.apart or any(span.left < x < span.right for span in row.spans)


def _is_gutter(rows: Sequence[Row], x: float) -> bool:
    left = [span for row in rows for span in row.spans if span.left < x]
    right = [span for row in rows for span in row.spans if span.left >= x]
    if min(len(left), len(right)) < _LINES:
        return False
    shorter = min(left[-1].base - left[0].base, right[-1].base - right[0].base)
    beside = min(left[-1].base, right[-1].base) - max(left[0].base, right[0].base)
    if beside < _OVERLAP * shorter:
        return False
    for column in (left, right):
        edge = max(span.right for span in column)
        if median((span.right - span.left) / span.size for span in column) < _WIDTH:
            return False
        full = sum(edge - span.right < _FLUSH * span.size for span in column)
        if full < _FULL_LINES * len(column):
            return False
    return True


def _flat(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield ``rows`` with one span each; the cells of a row of a table have tabs between them."""
    for i, row in enumerate(rows):
        around = [*rows[max(i - 1, 0) : i], *rows[i + 1 : i + 2]]
        cells = len(row.spans) > 1 and any(_aligned(row, other) for other in around)
        span = row.as_one("\t" if cells else " ")
        text, leaders = _LEADER.subn(r"\t\1", closed_up(span.text))
        yield Row((span._replace(text=text),), row.apart or cells or leaders > 0)


def _aligned(row: Row, other: Row) -> bool:
    """Say whether cells of two lines stand below one another: by their left, right or middle."""
    return any(
        min(
            abs(a.left - b.left),
            abs(a.right - b.right),
            abs(a.left + a.right - b.left - b.right) / 2,
        )
        < _ALIGNED * row.size
        for a in row.spans[1:]
        for b in other.spans[1:]
    )
