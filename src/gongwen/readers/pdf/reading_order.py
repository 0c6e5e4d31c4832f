"""Find the columns of a page, order its lines for reading, and join the cells of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from .lines import Row, without_letter_spacing
from .open_tables import join_broken_cells
from .page_columns import MIN_WIDTH, are_columns, are_side_by_side
from .reflow import ends_sentence, similar_size

_MAX_DEPTH = 6
"""Most levels of recursion into columns, and into the lines above and below them."""
_MAX_CANDIDATES = 50
"""Most positions on a page that are examined as the start of a column."""
_GUTTER_OFFSET = 0.3
"""Distance to the left of a column at which its gutter is looked for, in em."""
_MAX_MISALIGNMENT = 1.0
"""Largest offset between aligned cells of one column, in em."""
_LEADER = re.compile(r"[ .．…·‥・⋯_-]{6,200}(\d{1,4}|[ivxlcIVXLC]+)$")
"""The leader dots and page number after a heading in a table of contents."""


class _Gutter(NamedTuple):
    """The gap between two columns: the range of lines beside it, and its ``x`` in points."""

    start: int
    stop: int
    x: float


def find_gutters(rows: Sequence[Row], depth: int = _MAX_DEPTH) -> Iterator[float]:
    """Yield the ``x`` of the gutters on a page that are certain.

    Args:
        rows: the lines of the page.
        depth: the most levels of recursion.
    """
    gutter = _longest_gutter(rows, _gutter_candidates(rows), are_columns) if depth else None
    if gutter:
        yield gutter.x
        for part in _regions(rows, gutter):
            yield from find_gutters(part, depth - 1)


class Column(NamedTuple):
    """The lines of a column, or of a part of a page without columns.

    Attributes:
        rows: the lines, from top to bottom; there is at least one.
        beside: whether it is one of several columns beside each other.
    """

    rows: list[Row]
    beside: bool


def split_columns(
    rows: Sequence[Row], gutters: Sequence[float], beside: bool = False, depth: int = _MAX_DEPTH
) -> Iterator[Column]:
    """Yield the columns of a page in reading order.

    A page without columns is one column; lines over the full width separate the columns above and
    below.

    Args:
        rows: the lines of the page.
        gutters: the ``x`` of gutters on this page and others of the same width, in points.
        beside: whether these are the lines of a column.
        depth: the most levels of recursion.
    """
    gutter = _longest_gutter(rows, gutters, are_side_by_side) if depth else None
    if gutter:
        above, left, right, below = _regions(rows, gutter)
        for part, is_column in ((above, beside), (left, True), (right, True), (below, beside)):
            yield from split_columns(part, gutters, is_column, depth - 1)
    elif rows:
        yield Column(list(_join_cells(rows)), beside)


def _regions(rows: Sequence[Row], gutter: _Gutter) -> Iterator[Sequence[Row]]:
    """Yield the lines above a gutter, left of it, right of it, and below it."""
    beside = rows[gutter.start : gutter.stop]
    yield rows[: gutter.start]
    yield list(_clip(beside, float("-inf"), gutter.x))
    yield list(_clip(beside, gutter.x, float("inf")))
    yield rows[gutter.stop :]


def _clip(rows: Sequence[Row], left: float, right: float) -> Iterator[Row]:
    """Yield the spans of ``rows`` that begin between ``left`` and ``right``."""
    for row in rows:
        if spans := tuple(span for span in row.spans if left <= span.left < right):
            yield replace(row, spans=spans)


def _longest_gutter(
    rows: Sequence[Row],
    candidates: Iterable[float],
    accepted: Callable[[Sequence[Row], Sequence[Row]], bool],
) -> _Gutter | None:
    """Return the gutter beside the most lines, ``None`` if there is none.

    Args:
        rows: the lines.
        candidates: the ``x`` of possible gutters, in points.
        accepted: returns whether the lines left and right of a gutter are columns.
    """
    best: _Gutter | None = None
    for x in candidates:
        start = 0
        for stop in range(len(rows) + 1):
            if stop < len(rows) and not _crosses(rows[stop], x):
                continue
            if best is None or stop - start > best.stop - best.start:
                start = _below_rest(rows, start, stop, x)
                left = list(_clip(rows[start:stop], float("-inf"), x))
                right = list(_clip(rows[start:stop], x, float("inf")))
                if left and right and accepted(left, right):
                    middle = max(row.right for row in left) + min(row.left for row in right)
                    best = _Gutter(start, stop, middle / 2)
            start = stop + 1
    return best


def _gutter_candidates(rows: Sequence[Row]) -> list[float]:
    """Return the ``x`` of possible gutters: left of the common starts of several spans."""
    if not rows:
        return []
    margin = min(row.left for row in rows)
    lefts = [
        span.left - _GUTTER_OFFSET * row.size
        for row in rows
        for span in row.spans
        if span.left - margin > MIN_WIDTH * row.size
    ]
    return group_centers(lefts, _MAX_MISALIGNMENT * rows[0].size)[:_MAX_CANDIDATES]


def _below_rest(rows: Sequence[Row], start: int, stop: int, x: float) -> int:
    """Return ``start``, or the line below if that is the rest of a sentence over the full width."""
    if not start or stop - start < 2:
        return start
    above, rest = rows[start - 1], rows[start]
    goes_on = (
        rest.right < x
        and rest.left < above.left + _MAX_MISALIGNMENT * rest.size
        and similar_size(rest.size, above.size)
        and not ends_sentence(above)
    )
    return start + goes_on


def group_centers(values: Iterable[float], near: float, min_size: int = 1) -> list[float]:
    """Return the median of each group of nearby values, in ascending order.

    Args:
        values: the values, in any order.
        near: values of a group differ by less than this.
        min_size: the fewest values of a group.

    Example:
        >>> group_centers([1.0, 1.5, 9.0], near=2.0, min_size=2)
        [1.5]
    """
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] < near:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [group[len(group) // 2] for group in groups if len(group) >= min_size]


def _crosses(row: Row, x: float) -> bool:
    """Return whether a line extends over the position ``x``, so that no gutter is there."""
    return any(span.left < x < span.right for span in row.spans)


def _join_cells(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield ``rows`` with one span each; cells of a row of a table are joined by tabs."""
    rows = join_broken_cells(rows)
    for i, row in enumerate(rows):
        neighbours = [*rows[max(i - 1, 0) : i], *rows[i + 1 : i + 2]]
        cells = len(row.spans) > 1 and any(_aligned(row, other) for other in neighbours)
        span = row.as_one("\t" if cells else " ")
        text, leaders = _LEADER.subn(r"\t\1", without_letter_spacing(span.text))
        standalone = row.standalone or cells or leaders > 0
        yield Row((span._replace(text=text),), standalone, leads_to_page=leaders > 0)


def _aligned(row: Row, other: Row) -> bool:
    """Return whether cells of two lines are aligned by their left edges, right edges or centers."""
    return any(
        min(
            abs(a.left - b.left),
            abs(a.right - b.right),
            abs(a.left + a.right - b.left - b.right) / 2,
        )
        < _MAX_MISALIGNMENT * row.size
        for a in row.spans[1:]
        for b in other.spans[1:]
    )
