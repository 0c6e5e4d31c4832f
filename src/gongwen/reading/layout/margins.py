"""The margins of a page or column: where its lines begin, how far they reach, how far apart."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .paragraphs import INDENT, Block, alike, text_size
from .records import Page, Row

_ENOUGH = 6
"""Lines from which margins can be told."""
_LEFT = 0.5
_RIGHT = 1.5
"""How far lines at a margin are off it, in em: on the right not every line is stretched."""
_SHARE = 0.1
"""Share of its lines that begin at the left margin of a block, at least."""
_PEAK = 0.5
"""Lines that end at the right margin against those that end at the place where most do."""
_NARROW = 0.6
"""Share of a page that lines fill at least when some of them are full."""
_LEADING = 0.3
"""Quantile of the distances from line to line: the wider ones are between paragraphs."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """Margins that were told from enough lines; ``indents``: see :func:`_indents`."""

    page: int
    size: float
    block: Block
    indents: int


def with_margins(columns: Sequence[tuple[Page, Sequence[Row]]]) -> Iterator[Block]:
    """Yield a block for each column; one with few lines takes its margins from another like it.

    Args:
        columns: the lines of each column, and the page that it stands on.
    """
    on_page = Counter(page.number for page, _ in columns)
    measured = [_measured(page, rows, on_page[page.number] == 1) for page, rows in columns]
    known = [m for m in measured if m]
    indented = sum(m.indents for m in known) > 0
    for (page, rows), own in zip(columns, measured, strict=True):
        block = own.block if own else _like(page, rows, known)
        yield replace(block, indented=own.indents > 0 if own and own.indents else indented)


def _measured(page: Page, rows: Sequence[Row], alone: bool) -> _Measured | None:
    text = [row for row in rows if not row.apart]
    size = text_size(text or rows)
    body = [row for row in text if alike(row.size, size)]
    if len(body) < _ENOUGH:
        return None
    left, right = _left(body, size), _right(body, size)
    if alone and right - left < _NARROW * (page.width - 2 * left):
        return None  # a list of short lines, or one column of two
    block = Block(tuple(rows), left, right, _leading(rows, size))
    return _Measured(page.number, size, block, _indents(block))


def _left(body: Sequence[Row], size: float) -> float:
    lefts = sorted(row.left for row in body)
    needed = max(2, round(_SHARE * len(lefts)))
    for i, left in enumerate(lefts[: len(lefts) - needed + 1]):
        if lefts[i + needed - 1] - left <= _LEFT * size:
            return left
    return lefts[0]


def _right(body: Sequence[Row], size: float) -> float:
    """Return the outermost of the places where many lines end."""
    rights = sorted(row.right for row in body)
    ends = [
        (bisect_right(rights, right) - bisect_left(rights, right - _RIGHT * size), right)
        for right in rights
    ]
    most = max(count for count, _ in ends)
    return max(right for count, right in ends if count >= _PEAK * most)


def _leading(rows: Sequence[Row], size: float) -> float:
    steps = sorted(
        below.base - row.base
        for row, below in pairwise(rows)
        if not row.apart and not below.apart and alike(below.size, size)
    )
    return steps[int(_LEADING * len(steps))] if steps else 0.0


def _indents(block: Block) -> int:
    """Return how many lines return to the margin after an indent, less those that stay indented."""
    indents = 0
    for row, below in pairwise(block.rows):
        if block.shift(row) >= INDENT and block.slack(row) < _RIGHT * row.size:
            indents += block.shift(below) < INDENT
            indents -= abs(block.shift(below) - block.shift(row)) < INDENT
    return indents


def _like(page: Page, rows: Sequence[Row], known: Iterable[_Measured]) -> Block:
    """Return ``rows`` with the margins of the narrowest block that holds them, and the nearest."""
    text = [row for row in rows if not row.apart] or rows
    size = text_size(text)
    left, right = min(row.left for row in text), max(row.right for row in text)
    fitting = [
        (round((m.block.right - m.block.left) / m.size), abs(m.page - page.number), m)
        for m in known
        if m.block.left - m.size <= left and right <= m.block.right + _RIGHT * m.size
    ]
    if not fitting:
        return Block(tuple(rows), left, max(right, page.width - left), _leading(rows, size))
    model = min(fitting, key=lambda item: item[:2])[2]
    same = alike(model.size, size)
    leading = model.block.leading if same else _leading(rows, size)
    return replace(model.block, rows=tuple(rows), leading=leading)
