"""Lines to paragraphs: which line goes on with the one before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ...nlp.markers import starts_unit
from .lines import is_wide
from .records import Row

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
