"""Find the columns of a page, order its lines for reading, and join the cells of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from .lines import Row, Span, without_letter_spacing

_MAX_DEPTH = 6
"""Most levels of recursion into columns, and into the lines above and below them."""
_MAX_CANDIDATES = 50
"""Most positions on a page that are examined as the start of a column."""
_GUTTER_OFFSET = 0.3
"""Distance to the left of a column at which its gutter is looked for, in em."""
_MIN_LINES = 5
_MIN_LINES_OF_LONGER = 8
"""Fewest lines of each of two columns, and of the longer one; a table has fewer."""
_FEWEST_LINES = 3
"""Fewest lines of short columns, through which sentences go on from line to line."""
_MIN_SHORTEST = 0.75
"""Smallest width of a line of a short column but the last, relative to the longest."""
_MIN_BROKEN_SHARE = 0.6
"""Smallest share of the lines of short columns that end within a sentence."""
_MIN_WIDTH = 8.0
"""Smallest width of a column, in em; anything narrower is a cell."""
_MAX_SLACK = 1.0
"""Largest distance of the end of a full line from the edge of its column, in em."""
_MIN_FULL_SHARE = 0.4
"""Smallest share of full lines in two columns."""
_MIN_OVERLAP = 0.5
"""Smallest share of the height of the shorter column that is beside the other."""
_MAX_MISALIGNMENT = 1.0
"""Largest offset between aligned cells of one column, in em."""
_SENTENCE_ENDS = frozenset("。！？；!?;")
_CLAUSE = re.compile("[，。；,;]")
"""What text has and the cells of a table seldom have: one for every three lines at least."""
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
    gutter = _longest_gutter(rows, _gutter_candidates(rows), _are_columns) if depth else None
    if gutter:
        yield gutter.x
        for part in _regions(rows, gutter):
            yield from find_gutters(part, depth - 1)


def split_columns(
    rows: Sequence[Row], gutters: Sequence[float], depth: int = _MAX_DEPTH
) -> Iterator[list[Row]]:
    """Yield the columns of a page in reading order, each with its lines.

    A page without columns is one column; lines over the full width separate the columns above and
    below.

    Args:
        rows: the lines of the page.
        gutters: the ``x`` of gutters on this page and others of the same width, in points.
        depth: the most levels of recursion.
    """
    gutter = _longest_gutter(rows, gutters, _are_side_by_side) if depth else None
    if gutter:
        for part in _regions(rows, gutter):
            yield from split_columns(part, gutters, depth - 1)
    elif rows:
        yield list(_join_cells(rows))


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
    accepted: Callable[[Sequence[Span], Sequence[Span]], bool],
) -> _Gutter | None:
    """Return the gutter beside the most lines, ``None`` if there is none.

    Args:
        rows: the lines.
        candidates: the ``x`` of possible gutters, in points.
        accepted: returns whether the spans left and right of a gutter are columns.
    """
    best: _Gutter | None = None
    for x in candidates:
        start = 0
        for stop in range(len(rows) + 1):
            if stop < len(rows) and not _crosses(rows[stop], x):
                continue
            if best is None or stop - start > best.stop - best.start:
                spans = [span for row in rows[start:stop] for span in row.spans]
                left = [span for span in spans if span.left < x]
                right = [span for span in spans if span.left >= x]
                if left and right and accepted(left, right):
                    middle = max(span.right for span in left) + min(span.left for span in right)
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
        if span.left - margin > _MIN_WIDTH * row.size
    ]
    return group_centers(lefts, _MAX_MISALIGNMENT * rows[0].size, _FEWEST_LINES)[:_MAX_CANDIDATES]


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
    return row.standalone or any(span.left < x < span.right for span in row.spans)


def _are_side_by_side(left: Sequence[Span], right: Sequence[Span]) -> bool:
    """Return whether two groups of spans are side by side, for a gutter that is known."""
    shorter = min(left[-1].baseline - left[0].baseline, right[-1].baseline - right[0].baseline)
    beside = min(left[-1].baseline, right[-1].baseline) - max(left[0].baseline, right[0].baseline)
    return min(len(left), len(right)) > 1 and beside >= _MIN_OVERLAP * shorter


def _are_columns(left: Sequence[Span], right: Sequence[Span]) -> bool:
    """Return whether two groups of spans are columns of text: long, wide, with many full lines."""
    if min(len(left), len(right)) < _MIN_LINES or max(len(left), len(right)) < _MIN_LINES_OF_LONGER:
        return all(map(_is_short_column, (left, right))) and _are_side_by_side(left, right)
    full = 0
    for column in (left, right):
        edge = max(span.right for span in column)
        if median((span.right - span.left) / span.size for span in column) < _MIN_WIDTH:
            return False
        full += sum(edge - span.right < _MAX_SLACK * span.size for span in column)
    return full >= _MIN_FULL_SHARE * (len(left) + len(right)) and _are_side_by_side(left, right)


def _is_short_column(spans: Sequence[Span]) -> bool:
    """Return whether spans are a few lines of text: of like length, with sentences across them."""
    if len(spans) < _FEWEST_LINES:
        return False
    widths = [span.right - span.left for span in spans[:-1]]
    if min(widths) < max(_MIN_WIDTH * spans[0].size, _MIN_SHORTEST * max(widths)):
        return False
    broken = sum(span.text[-1] not in _SENTENCE_ENDS for span in spans[:-1])
    clauses = sum(len(_CLAUSE.findall(span.text)) for span in spans)
    return broken >= _MIN_BROKEN_SHARE * (len(spans) - 1) and clauses * 3 >= len(spans)


def _join_cells(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield ``rows`` with one span each; cells of a row of a table are joined by tabs."""
    for i, row in enumerate(rows):
        neighbours = [*rows[max(i - 1, 0) : i], *rows[i + 1 : i + 2]]
        cells = len(row.spans) > 1 and any(_aligned(row, other) for other in neighbours)
        span = row.as_one("\t" if cells else " ")
        text, leaders = _LEADER.subn(r"\t\1", without_letter_spacing(span.text))
        yield Row((span._replace(text=text),), row.standalone or cells or leaders > 0)


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
