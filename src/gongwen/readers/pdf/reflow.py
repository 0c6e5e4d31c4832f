"""Rejoin the lines of a page to paragraphs, by their margins and indents."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ...nlp.text.paragraphs import starts_unit
from .lines import Page, Row, is_wide

_ALIKE = 1.12
"""Sizes of one paragraph differ by less: scanners err by a tenth, headings are set larger."""
_FULL = 1.0
"""How much more than the next word needed may be left free on a full line, in em."""
INDENT = 0.8
"""A shift to the right or left that is meant, in em; the usual indent is two."""
_CENTRED = 3.0
"""A line in the middle that begins this far from the margin, in em, is not an indented one."""
_OFF_CENTRE = 1.5
_CONCENTRIC = 0.5
"""How far the middles of two lines of a centred paragraph are apart, in em."""
_APART = 1.3
"""Distance from line to line, in ordinary distances, that parts paragraphs."""
_FAR_APART = 1.6
"""The same, where the first of the two lines ends in the middle of a sentence."""
_NOTE = 0.88
"""Notes at the foot of a page are smaller than the text."""
_OPEN = 3.0
"""What a line leaves free, in em, when its sentence goes on below the notes."""

_ENDS = frozenset("。！？；：…!?;:")
_CLOSERS = "”’」』)）》】〕\"'"
_NOTE_MARK = re.compile(r"[\[［〔【]\d{1,3}[\]］〕】]")
_BULLET = re.compile(r"[•●■◆▪►➢✓*·-]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand between the same margins: a page, a column, a cell.

    Attributes:
        rows: the lines, from top to bottom.
        left: the left margin.
        right: the right margin.
        leading: the distance from line to line within a paragraph, 0 when that is not known.
        indented: paragraphs begin with an indent.
        aside: the lines interrupt what stands around them.
    """

    rows: tuple[Row, ...]
    left: float
    right: float
    leading: float = 0.0
    indented: bool = False
    aside: bool = False

    def shift(self, row: Row) -> float:
        """Return how far ``row`` begins from the left margin, in em."""
        return (row.left - self.left) / row.size

    def centred(self, row: Row) -> bool:
        """Say whether ``row`` is set in the middle."""
        off = (row.left + row.right - self.left - self.right) / 2
        return row.left - self.left > _CENTRED * row.size and abs(off) < _OFF_CENTRE * row.size

    def slack(self, row: Row) -> float:
        """Return how much of a line ``row`` leaves free."""
        if self.centred(row):
            return (self.right - self.left) - (row.right - row.left)
        return self.right - row.right


def paragraphs(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the paragraphs of ``blocks``, which follow one another as they are read.

    A paragraph may go on in the next block. Notes at the foot of a block, and blocks that stand
    aside, come after the paragraph that they interrupt.
    """
    opened: list[Row] = []
    before: Block | None = None
    held: list[Block] = []
    for block in blocks:
        if block.aside:
            held.append(replace(block, aside=False))
            continue
        body, notes = _without_notes(block)
        for row in body.rows:
            if before is None or not _goes_on(opened, before, row, body):
                yield from _closed(opened, held)
                opened, held = [], []
            opened.append(row)
            before = body
        if notes.rows:
            held.append(notes)
    yield from _closed(opened, held)


def _closed(opened: Sequence[Row], held: Sequence[Block]) -> Iterator[str]:
    if opened:
        yield run_on(*(row.text for row in opened))
    for block in held:
        yield from paragraphs([block])


def _without_notes(block: Block) -> tuple[Block, Block]:
    """Return ``block`` without the notes at its foot that interrupt a sentence, and these."""
    small = _NOTE * text_size(block.rows)
    end = len(block.rows)
    while end and block.rows[end - 1].size < small and not block.rows[end - 1].apart:
        end -= 1
    last = block.rows[end - 1]
    if last.apart or ended(last) or block.slack(last) > _OPEN * last.size:
        end = len(block.rows)
    return replace(block, rows=block.rows[:end]), replace(block, rows=block.rows[end:])


def _goes_on(opened: Sequence[Row], before: Block, row: Row, block: Block) -> bool:
    """Say whether ``row`` goes on with the paragraph ``opened``, which ends in ``before``."""
    last = opened[-1]
    if last.apart or row.apart or not alike(row.size, last.size):
        return False
    whole = ended(last)
    if before is block and block.leading:
        allowed = _APART if whole else _FAR_APART
        if row.base - last.base > allowed * block.leading:
            return False
    if before.slack(last) > row.lead + _FULL * row.size:
        return False  # the next word would have fitted: the line was ended on purpose
    if whole and (starts_unit(row.text) or _NOTE_MARK.match(row.text)):
        return False
    shift = block.shift(row)
    moved = shift - before.shift(last)
    if moved <= -INDENT:
        return len(opened) == 1  # from the indent of the first line to the margin
    if moved < INDENT:
        return shift < INDENT or not (whole or (block.indented and len(opened) == 1))
    if whole or starts_unit(row.text):
        return False
    hanging = len(opened) == 1 and (starts_unit(last.text) or bool(_BULLET.match(last.text)))
    off = abs(last.left + last.right - row.left - row.right) / 2
    return hanging or (before is block and off < _CONCENTRIC * row.size)


def text_size(rows: Iterable[Row]) -> float:
    """Return the em of most characters of ``rows``, of which there is at least one."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[row.size] += len(row.text)
    return sizes.most_common(1)[0][0]


def alike(size: float, other: float) -> bool:
    """Say whether text of these two sizes can be of one paragraph."""
    return 1 / _ALIKE < size / other < _ALIKE


def ended(row: Row) -> bool:
    """Say whether a sentence ends with ``row``."""
    return (row.text.rstrip(_CLOSERS) or row.text)[-1] in _ENDS


def run_on(*lines: str) -> str:
    """Return the lines of one paragraph as one."""
    return "".join(map(_before, lines, [*lines[1:], ""]))


def _before(text: str, following: str) -> str:
    """Return ``text`` as it stands before ``following`` when both are on one line."""
    end, start = text[-1], following[:1]
    if end == "-" and text[-2:-1].isalpha() and start.islower():
        return text[:-1]
    # Some programs break numbers anywhere, 96.4 after the point.
    broken = start.isdigit() and (end.isdigit() or (end in ".," and text[-2:-1].isdigit()))
    if not start or is_wide(end) or is_wide(start) or broken or end in "-/":
        return text
    return f"{text} "


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
