"""Join the characters of a page to lines: which stand on one line, and which spaces are meant.

All places are in points (1/72 inch) from the corner where reading begins: ``x`` grows along a line,
``y`` from line to line. For a page that is set sideways, or in vertical lines, the axes are turned
accordingly, so that whoever looks at lines need not know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from unicodedata import east_asian_width


class Glyph(NamedTuple):
    """One character; ``base`` is the ``y`` of the line that it stands on, ``size`` its em."""

    text: str
    left: float
    right: float
    base: float
    size: float


class Stroke(NamedTuple):
    """A drawn line along one of the axes: the box from ``left, top`` to ``right, bottom``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one page in one direction of reading.

    Attributes:
        width: extent along the lines.
        height: extent from line to line.
        glyphs: the characters, in the order of the file.
        strokes: the lines that are drawn.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    strokes: tuple[Stroke, ...] = ()


class Span(NamedTuple):
    """Characters of one line without a wide gap between them.

    Attributes:
        text: the characters; spaces only where words of another script need them.
        left: where it begins.
        right: where it ends.
        base: the ``y`` of the line.
        size: the em of most of its characters.
        lead: width of what had to stand together at its beginning: a word, or one Chinese
            character, with the marks that may not be parted from it.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    lead: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """All that stands on one line of a page.

    Attributes:
        spans: its parts, from left to right; there is at least one.
        apart: a paragraph of its own, whatever stands around it: the row of a table.
        unfinished: of the row of a table, the cells whose text may go on over the page.
    """

    spans: tuple[Span, ...]
    apart: bool = False
    unfinished: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """What stands on the line, its parts with a space between them."""
        return " ".join(span.text for span in self.spans)

    @property
    def left(self) -> float:
        """Where its first character begins."""
        return self.spans[0].left

    @property
    def right(self) -> float:
        """Where its last character ends."""
        return self.spans[-1].right

    @property
    def base(self) -> float:
        """The ``y`` of the line."""
        return self.spans[0].base

    @property
    def size(self) -> float:
        """The em of most of its characters."""
        return max(self.spans, key=lambda span: len(span.text)).size

    @property
    def lead(self) -> float:
        """Width of what had to stand together at its beginning."""
        return self.spans[0].lead

    def as_one(self, gap: str = " ") -> Span:
        """Return the line as one span, with ``gap`` between its parts."""
        text = gap.join(span.text for span in self.spans)
        return Span(text, self.left, self.right, self.base, self.size, self.lead)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page, from top to bottom.

    Attributes:
        number: 1 for the first page of the file.
        width: extent along the lines.
        height: extent from line to line.
        rows: the lines.
        aside: the lines that are set in another direction.
    """

    number: int
    width: float
    height: float
    rows: tuple[Row, ...]
    aside: tuple[Row, ...] = ()


_SAME = 0.1
"""How far characters on one line are off it, in em, as fonts differ."""
_NEAR = 0.3
"""The same for words, as scanners find them."""
_SMALL = 0.75
_RAISED = 0.7
"""A note mark is smaller than the text, and raised or lowered less than this, in em."""
_TWICE = 0.4
"""Share of its width by which a character that is set twice is moved, at most."""
_MARKS = 30
"""Characters that are raised or lowered on one line, at most."""
_WIDE = 1.2
"""A gap that parts two columns, in em."""
_SPACE = 0.8
"""A gap between Chinese characters that was meant, in em; lines are stretched by less."""
_WORD = 0.18
"""A gap between words of Latin letters, in em; fonts set 0.25 and more."""

_OPENERS = r"“‘（《〈【〔［｛「『(\[{"
_CLOSERS = r"，。、；：？！”’）》〉】〕］｝」』…·—％‰℃,.;:?!%)\]}"
_UNIT = re.compile(
    rf"[{_OPENERS}]*(?:[0-9A-Za-z][0-9A-Za-z.,:/%+@_&=?~-]*|.)[{_CLOSERS}]*", re.DOTALL
)
"""What is not broken between two lines: closing marks stay off the beginning, opening ones off the
end."""
_QUOTES = frozenset("“”‘’")
"""Some programs break on neither side of a quote (Unicode Standard Annex 14, LB19)."""
_LONGEST_LEAD = 80
_SET_APART = re.compile(r"[\u4e00-\u9fff](?: +[\u4e00-\u9fff])+")
"""A line whose every character stands apart (目 录)."""


def rows_of(glyphs: Iterable[Glyph]) -> list[Row]:
    """Return the lines that ``glyphs`` make, from top to bottom."""
    lines: list[list[Glyph]] = []
    for band in _bands(glyphs):
        if lines and _on_one_line(lines[-1], band):
            lines[-1] = sorted(lines[-1] + band, key=lambda g: g.left)
        else:
            lines.append(band)
    return [Row(tuple(_spans(line))) for line in lines]


def closed_up(text: str) -> str:
    """Return ``text``, without its gaps when each of its characters is set apart."""
    return text.replace(" ", "") if _SET_APART.fullmatch(text) else text


def is_wide(character: str) -> bool:
    """Say whether ``character`` belongs to Chinese text, where words have no spaces."""
    return east_asian_width(character) in "WF" or character in "“”‘’…—·"


def _bands(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Return the characters that stand at the same height, each from left to right."""
    bands: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.base):
        if bands and glyph.base - bands[-1][0].base <= _SAME * glyph.size:
            bands[-1].append(glyph)
        else:
            bands.append([glyph])
    return [
        _once(sorted(band, key=lambda g: g.left))
        for band in bands
        if not all(glyph.text.isspace() for glyph in band)
    ]


def _once(band: Sequence[Glyph]) -> list[Glyph]:
    """Return ``band`` without the second strokes of characters that are set twice to look bold."""
    kept: list[Glyph] = []
    for glyph in band:
        if not any(
            glyph.text == other.text
            and glyph.left - other.left < _TWICE * (other.right - other.left)
            and (glyph.left, glyph.base) != (other.left, other.base)  # the f of ff, in one glyph
            for other in kept[-2:]
        ):
            kept.append(glyph)
    return kept


def _on_one_line(line: Sequence[Glyph], band: Sequence[Glyph]) -> bool:
    """Say whether two bands are one line: at nearly the same height, or marks that are raised."""
    a, b = (max(glyphs, key=lambda g: g.size) for glyphs in (line, band))
    larger, smaller = (a, b) if a.size >= b.size else (b, a)
    marks = band if smaller is b else line
    raised = smaller.size <= _SMALL * larger.size and len(marks) <= _MARKS
    if abs(a.base - b.base) > (_RAISED if raised else _NEAR) * larger.size:
        return False
    # What stands above one another are two lines, or signs of pronunciation.
    both = sorted([(g, True) for g in line] + [(g, False) for g in band], key=lambda x: x[0].left)
    return not any(
        first_in != second_in and second.left < (first.left + first.right) / 2
        for (first, first_in), (second, second_in) in pairwise(both)
        if not first.text.isspace() and not second.text.isspace()
    )


def _spans(line: Iterable[Glyph]) -> Iterator[Span]:
    glyphs: list[Glyph] = []
    texts: list[str] = []
    spaced = False
    for glyph in line:
        if glyph.text.isspace():
            spaced = True
            continue
        gap = glyph.left - glyphs[-1].right if glyphs else 0.0
        size = max(glyph.size, glyphs[-1].size) if glyphs else glyph.size
        if glyphs and gap >= _WIDE * min(glyph.size, glyphs[-1].size):
            yield _span(texts, glyphs)
            glyphs, texts = [], []
        elif glyphs:
            wide = is_wide(glyph.text) or is_wide(glyphs[-1].text)
            if gap >= _SPACE * size if wide else spaced or gap >= _WORD * size:
                texts.append(" ")
        glyphs.append(glyph)
        texts.append(glyph.text)
        spaced = False
    yield _span(texts, glyphs)


def _span(texts: Iterable[str], glyphs: Sequence[Glyph]) -> Span:
    lead = _lead("".join(glyph.text for glyph in glyphs[:_LONGEST_LEAD]))
    size = Counter(glyph.size for glyph in glyphs).most_common(1)[0][0]
    base = max(glyphs, key=lambda g: g.size).base
    left, right = glyphs[0].left, glyphs[-1].right
    return Span(closed_up("".join(texts)), left, right, base, size, glyphs[lead - 1].right - left)


def _lead(text: str) -> int:
    """Return how many characters at the beginning of ``text`` some program keeps together."""
    end = 0
    while unit := _UNIT.match(text, end):
        end = unit.end()
        following = text[end : end + 1]
        numbers = unit[0][0].isdigit() and following.isdigit()
        if not (following and (numbers or text[end - 1] in _QUOTES or following in _QUOTES)):
            break
    return end
