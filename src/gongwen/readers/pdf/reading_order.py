"""Put the lines of a page into reading order: columns, and rows of cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from .lines import Row, Span, closed_up

_DEEP = 6
"""Columns in columns, and columns below columns."""
_GUTTERS = 50
"""Places on a page where a column could begin that are looked at."""
_BEFORE = 0.3
"""How far before the right column its gutter is looked for, in em."""
_LINES = 5
_LINES_BESIDE = 8
"""Lines that a column has at least, and the longer of two; what has fewer is a table."""
_WIDTH = 8.0
"""Width of a column at least, in em; what is narrower is a cell."""
_FLUSH = 1.0
"""How far full lines end from the edge of their column, in em."""
_FULL_LINES = 0.4
"""Share of the lines of two columns that are full, at least."""
_OVERLAP = 0.5
"""Share of the height of the shorter column that stands beside the other."""
_ALIGNED = 1.0
"""How far cells of one column may be off one another, in em."""
_LEADER = re.compile(r"[ .．…·‥・⋯_-]{6,200}(\d{1,4}|[ivxlcIVXLC]+)$")
"""The dots between a heading and its page in a table of contents."""


class _Gutter(NamedTuple):
    """The white between two columns: the lines beside it, and where the right one begins."""

    start: int
    stop: int
    x: float


def gutters_of(rows: Sequence[Row], deep: int = _DEEP) -> Iterator[float]:
    """Yield where columns of a page begin that are beyond doubt."""
    gutter = _gutter(rows, _candidates(rows), _is_gutter) if deep else None
    if gutter:
        yield gutter.x
        for part in _around(rows, gutter):
            yield from gutters_of(part, deep - 1)


def columns_of(
    rows: Sequence[Row], gutters: Sequence[float], deep: int = _DEEP
) -> Iterator[list[Row]]:
    """Yield the columns of a page in reading order, each with its lines.

    A page without columns is one; lines over the full width part columns above and below.

    Args:
        rows: the lines of the page.
        gutters: where columns begin on this page and others like it.
        deep: how many columns in columns, and below columns, are looked for.
    """
    gutter = _gutter(rows, gutters, _goes_through) if deep else None
    if gutter:
        for part in _around(rows, gutter):
            yield from columns_of(part, gutters, deep - 1)
    elif rows:
        yield list(_flat(rows))


def _around(rows: Sequence[Row], gutter: _Gutter) -> Iterator[Sequence[Row]]:
    """Yield the lines above a gutter, on its left, on its right, and below."""
    beside = rows[gutter.start : gutter.stop]
    yield rows[: gutter.start]
    yield list(_parts(beside, float("-inf"), gutter.x))
    yield list(_parts(beside, gutter.x, float("inf")))
    yield rows[gutter.stop :]


def _parts(rows: Sequence[Row], left: float, right: float) -> Iterator[Row]:
    for row in rows:
        if spans := tuple(span for span in row.spans if left <= span.left < right):
            yield replace(row, spans=spans)


def _gutter(
    rows: Sequence[Row],
    candidates: Iterable[float],
    accepted: Callable[[Sequence[Span], Sequence[Span]], bool],
) -> _Gutter | None:
    """Return the longest gutter at one of ``candidates`` that is ``accepted``, if there is one."""
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


def _candidates(rows: Sequence[Row]) -> list[float]:
    """Return where several spans begin that have something to their left."""
    if not rows:
        return []
    margin = min(row.left for row in rows)
    lefts = [
        span.left - _BEFORE * row.size
        for row in rows
        for span in row.spans
        if span.left - margin > _WIDTH * row.size
    ]
    return distinct(lefts, _ALIGNED * rows[0].size, _LINES)[:_GUTTERS]


def distinct(values: Iterable[float], near: float, several: int = 1) -> list[float]:
    """Return the middle of each group of ``several`` values and more that are ``near`` it."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] < near:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [group[len(group) // 2] for group in groups if len(group) >= several]


def _crosses(row: Row, x: float) -> bool:
    return row.apart or any(span.left < x < span.right for span in row.spans)


def _goes_through(left: Sequence[Span], right: Sequence[Span]) -> bool:
    """Say whether two columns, known from elsewhere, stand side by side."""
    shorter = min(left[-1].base - left[0].base, right[-1].base - right[0].base)
    beside = min(left[-1].base, right[-1].base) - max(left[0].base, right[0].base)
    return min(len(left), len(right)) > 1 and beside >= _OVERLAP * shorter


def _is_gutter(left: Sequence[Span], right: Sequence[Span]) -> bool:
    """Say whether spans are columns of text: long ones, wide, of which many lines are full."""
    if min(len(left), len(right)) < _LINES or max(len(left), len(right)) < _LINES_BESIDE:
        return False
    full = 0
    for column in (left, right):
        edge = max(span.right for span in column)
        if median((span.right - span.left) / span.size for span in column) < _WIDTH:
            return False
        full += sum(edge - span.right < _FLUSH * span.size for span in column)
    return full >= _FULL_LINES * (len(left) + len(right)) and _goes_through(left, right)


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
