"""Group the characters of a PDF page into lines and spans, and decide which gaps are spaces.

All coordinates are in points (1/72 inch) from the corner where reading begins: ``x`` increases
along a line, ``y`` from line to line. For rotated pages and vertical lines the axes are rotated
accordingly, so that later steps need not distinguish them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple
from unicodedata import east_asian_width


class Glyph(NamedTuple):
    """One character of a page.

    Attributes:
        text: the character.
        left: the ``x`` of its left edge, in points.
        right: the ``x`` of its right edge, in points.
        baseline: the ``y`` of its baseline, in points.
        size: its font size (em), in points.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float


_left, _baseline, _size = attrgetter("left"), attrgetter("baseline"), attrgetter("size")


class Stroke(NamedTuple):
    """A drawn horizontal or vertical line: the box from ``left, top`` to ``right, bottom``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of a page in one direction of reading.

    Attributes:
        width: size of the page along its lines, in points.
        height: size of the page across its lines, in points.
        glyphs: the characters, in the order of the file.
        strokes: the drawn lines.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    strokes: tuple[Stroke, ...] = ()


class Span(NamedTuple):
    """Adjacent characters of one line, without a wide gap between them.

    Attributes:
        text: the characters, with spaces between words of other scripts.
        left: the ``x`` of its left edge, in points.
        right: the ``x`` of its right edge, in points.
        baseline: the ``y`` of the line, in points.
        size: the most frequent font size of its characters, in points.
        lead_width: width of its first unbreakable unit, in points: a word or one Chinese character
            with the punctuation that may not be separated from it.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    lead_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a page, or one row of a table.

    Attributes:
        spans: its parts, from left to right; there is at least one.
        standalone: whether it is a paragraph of its own in any context, such as a row of a table.
        open_cells: for a row of a table, the indices of the cells whose text may continue on the
            next page.
        leads_to_page: whether leader dots and the number of a page end it, as in contents.
    """

    spans: tuple[Span, ...]
    standalone: bool = False
    open_cells: frozenset[int] = frozenset()
    leads_to_page: bool = False

    @property
    def text(self) -> str:
        """The text of the line, with a space between its spans."""
        return " ".join([span.text for span in self.spans])

    @property
    def left(self) -> float:
        """The ``x`` of its left edge, in points."""
        return self.spans[0].left

    @property
    def right(self) -> float:
        """The ``x`` of its right edge, in points."""
        return self.spans[-1].right

    @property
    def baseline(self) -> float:
        """The ``y`` of its baseline, in points."""
        return self.spans[0].baseline

    @property
    def size(self) -> float:
        """The font size of its longest span, in points."""
        if len(self.spans) == 1:
            return self.spans[0].size
        return max(self.spans, key=lambda span: len(span.text)).size

    @property
    def lead_width(self) -> float:
        """Width of its first unbreakable unit, in points."""
        return self.spans[0].lead_width

    def as_one(self, gap: str = " ") -> Span:
        """Return the line as one span, with the string ``gap`` between the texts of its spans."""
        text = gap.join(span.text for span in self.spans)
        return Span(text, self.left, self.right, self.baseline, self.size, self.lead_width)


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers in the margin of a page that count its lines.

    Attributes:
        at_left: whether they are left of the text.
        edge: the ``x`` of their edge on the side of the text, in points.
        values: the numbers, from top to bottom; there is at least one.
        certain: whether the page alone shows that they count lines.
    """

    at_left: bool
    edge: float
    values: tuple[int, ...]
    certain: bool

    @property
    def step(self) -> int:
        """The difference between two of them, 0 when there is only one."""
        return self.values[1] - self.values[0] if len(self.values) > 1 else 0


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page, from top to bottom.

    Attributes:
        number: the number of the page, from 1.
        width: size of the page along its lines, in points.
        height: size of the page across its lines, in points.
        rows: the lines.
        aside: the lines in other directions of reading.
        watermarks: what lay level over the lines and was left out, without white space.
        numbering: the numbers of its lines, ``None`` when there are none.
        unnumbered: the lines without these numbers, if it is not certain that they count lines.
    """

    number: int
    width: float
    height: float
    rows: tuple[Row, ...]
    aside: tuple[Row, ...] = ()
    watermarks: tuple[str, ...] = ()
    numbering: Numbering | None = None
    unnumbered: tuple[Row, ...] = ()


_SAME_BASELINE = 0.1
"""Largest difference of baselines within a line, in em, as fonts differ."""
_SAME_LINE = 0.3
"""The same between groups of characters, as text recognition is inexact."""
_SMALL = 0.75
"""Largest size of a note mark, relative to the text."""
_MAX_RAISED = 0.7
"""Largest distance by which a note mark is raised or lowered, in em."""
_MAX_BOLD_SHIFT = 0.4
"""Largest shift of a character that is drawn twice to look bold, relative to its width."""
_MAX_NOTE_MARKS = 30
"""Most raised or lowered characters on one line."""
_SPAN_GAP = 1.2
"""Smallest gap that separates two spans, in em."""
_CHINESE_SPACE = 0.8
"""Smallest gap between Chinese characters that is a space, in em; justification adds less."""
_LATIN_SPACE = 0.18
"""Smallest gap between Latin words, in em; fonts use 0.25 and more."""

_OPENERS = r"“‘（《〈【〔［｛「『(\[{"
_CLOSERS = r"，。、；：？！”’）》〉】〕］｝」』…·—％‰℃,.;:?!%)\]}"
_UNBREAKABLE = re.compile(
    rf"[{_OPENERS}]*(?:[0-9A-Za-z][0-9A-Za-z.,:/%+@_&=?~-]*|.)[{_CLOSERS}]*", re.DOTALL
)
"""A unit that is not broken across lines: a word or character with its punctuation."""
_QUOTES = frozenset("“”‘’")
"""Quotes, beside which some programs do not break lines (Unicode Standard Annex 14, LB19)."""
_MAX_UNIT_CHARACTERS = 80
_LETTER_SPACED = re.compile(r"[\u4e00-\u9fff](?: +[\u4e00-\u9fff])+")
"""A line with spaces between all of its characters (目 录)."""


def make_rows(lines: Iterable[Iterable[Glyph]]) -> list[Row]:
    """Return the lines of :func:`group_lines` as rows."""
    return [Row(tuple(_spans(line))) for line in lines]


def group_lines(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Return the characters of each line, from left to right and top to bottom."""
    lines: list[list[Glyph]] = []
    for band in _bands(glyphs):
        if lines and _on_one_line(lines[-1], band):
            lines[-1] = sorted(lines[-1] + band, key=_left)
        else:
            lines.append(band)
    return lines


def without_letter_spacing(text: str) -> str:
    """Return ``text`` without spaces if every character is spaced out, else unchanged.

    Example:
        >>> without_letter_spacing("目 录"), without_letter_spacing("目 录一")
        ('目录', '目 录一')
    """
    return text.replace(" ", "") if _LETTER_SPACED.fullmatch(text) else text


def is_wide(character: str) -> bool:
    """Return whether ``character`` belongs to Chinese text, which has no spaces between words.

    Example:
        >>> is_wide("报"), is_wide("a")
        (True, False)
    """
    return east_asian_width(character) in "WF" or character in "“”‘’…—·"


def _bands(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Return the groups of characters with the same baseline, each from left to right."""
    bands: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=_baseline):
        if bands and glyph.baseline - bands[-1][0].baseline <= _SAME_BASELINE * glyph.size:
            bands[-1].append(glyph)
        else:
            bands.append([glyph])
    return [
        _without_duplicates(sorted(band, key=_left))
        for band in bands
        if not "".join([glyph.text for glyph in band]).isspace()
    ]


def _without_duplicates(band: Sequence[Glyph]) -> list[Glyph]:
    """Return ``band`` without the duplicates of characters that are drawn twice to look bold."""
    kept: list[Glyph] = []
    for glyph in band:
        for other in kept[-2:]:
            if (
                glyph.text == other.text
                and glyph.left - other.left < _MAX_BOLD_SHIFT * (other.right - other.left)
                # The two f of the ligature ff have the same position.
                and (glyph.left, glyph.baseline) != (other.left, other.baseline)
            ):
                break
        else:
            kept.append(glyph)
    return kept


def _on_one_line(line: Sequence[Glyph], band: Sequence[Glyph]) -> bool:
    """Return whether two bands are one line: baselines nearly equal, or raised note marks."""
    a, b = (max(glyphs, key=_size) for glyphs in (line, band))
    larger, smaller = (a, b) if a.size >= b.size else (b, a)
    marks = band if smaller is b else line
    has_note_marks = smaller.size <= _SMALL * larger.size and len(marks) <= _MAX_NOTE_MARKS
    limit = _MAX_RAISED if has_note_marks else _SAME_LINE
    if abs(a.baseline - b.baseline) > limit * larger.size:
        return False
    # Characters above one another are two lines, or annotations of pronunciation.
    both = sorted([(g, True) for g in line] + [(g, False) for g in band], key=lambda x: x[0].left)
    return not any(
        first_in != second_in and second.left < (first.left + first.right) / 2
        for (first, first_in), (second, second_in) in pairwise(both)
        if not first.text.isspace() and not second.text.isspace()
    )


def _spans(line: Iterable[Glyph]) -> Iterator[Span]:
    """Split a line into spans at wide gaps, and insert spaces between words."""
    glyphs: list[Glyph] = []
    texts: list[str] = []
    spaced = False
    last: Glyph | None = None
    for glyph in line:
        text, left, _, _, size = glyph
        if text.isspace():
            spaced = True
            continue
        if last:
            gap = max(left - last.right, 0.0)
            if gap and gap >= _SPAN_GAP * min(size, last.size):
                yield _span(texts, glyphs)
                glyphs, texts = [], []
            elif spaced or (gap and gap >= _LATIN_SPACE * max(size, last.size)):
                wide = is_wide(text) or is_wide(last.text)
                if not wide or gap >= _CHINESE_SPACE * max(size, last.size):
                    texts.append(" ")
        glyphs.append(glyph)
        texts.append(text)
        last, spaced = glyph, False
    yield _span(texts, glyphs)


def _span(texts: Iterable[str], glyphs: Sequence[Glyph]) -> Span:
    """Return the span of adjacent glyphs; ``texts`` are their characters with spaces inserted."""
    unit = _first_unit_length("".join([glyph.text for glyph in glyphs[:_MAX_UNIT_CHARACTERS]]))
    size = Counter([glyph.size for glyph in glyphs]).most_common(1)[0][0]
    baseline = max(glyphs, key=_size).baseline
    left, right = glyphs[0].left, glyphs[-1].right
    lead_width = glyphs[unit - 1].right - left
    return Span(without_letter_spacing("".join(texts)), left, right, baseline, size, lead_width)


def _first_unit_length(text: str) -> int:
    """Return the number of characters in the first unbreakable unit of ``text``."""
    end = 0
    while unit := _UNBREAKABLE.match(text, end):
        end = unit.end()
        following = text[end : end + 1]
        within_number = unit[0][0].isdigit() and following.isdigit()
        if not (following and (within_number or text[end - 1] in _QUOTES or following in _QUOTES)):
            break
    return end
