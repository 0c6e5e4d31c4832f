"""Drop watermarks that lie level over the text of a PDF page (征求意见稿, 仅供内部使用).

Watermarks that lie at an angle are in a direction of reading of their own, see
:class:`~.lines.Page`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .lines import Glyph, Page, Sheet
from .reflow import text_size

_MIN_SIZE_RATIO = 1.5
"""Smallest font size of a watermark, relative to the text; a line of text lies in its height."""
_LONGEST = 40
"""Most characters of a watermark."""
_MIN_COVERED = 4
"""Fewest characters that a watermark lies over; a title lies over none, an initial beside them."""
_MAX_GAP = 2.0
"""Largest gap between characters of one watermark, in em."""
_DESCENT = 0.2
"""Depth of characters below their baseline, in em."""


def without_watermarks(sheet: Sheet) -> tuple[Sheet, tuple[str, ...]]:
    """Return a sheet without large lines that lie over text, and what they say."""
    sizes = Counter(round(glyph.size, 1) for glyph in sheet.glyphs)
    if len(sizes) < 2:
        return sheet, ()
    smallest = _MIN_SIZE_RATIO * sizes.most_common(1)[0][0]
    small = [glyph for glyph in sheet.glyphs if glyph.size < smallest]
    marks = [line for line in _large_lines(sheet.glyphs, smallest) if _lies_over(line, small)]
    if not marks:
        return sheet, ()
    dropped = {id(glyph) for line in marks for glyph in line}
    kept = tuple(glyph for glyph in sheet.glyphs if id(glyph) not in dropped)
    return replace(sheet, glyphs=kept), tuple(map(_text, marks))


def remove_repeated(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` without what lies over text on one of them and stands alone on another."""
    marks = {mark for page in pages for mark in page.watermarks}
    if not marks:
        return list(pages)
    found = []
    for page in pages:
        rows = [row for row in page.rows if "".join(row.text.split()) not in marks]
        largest = _MIN_SIZE_RATIO * text_size(rows) if rows else 0.0
        kept = (row for row in page.rows if row in rows or row.size < largest)
        found.append(replace(page, rows=tuple(kept)))
    return found


def _large_lines(glyphs: Sequence[Glyph], smallest: float) -> Iterator[list[Glyph]]:
    """Yield the lines of large characters, as the file has them."""
    line: list[Glyph] = []
    for glyph in glyphs:
        if glyph.size < smallest:
            continue
        if line and not (
            abs(glyph.baseline - line[-1].baseline) < _DESCENT * glyph.size
            and abs(glyph.left - line[-1].right) < _MAX_GAP * glyph.size
        ):
            yield line
            line = []
        line.append(glyph)
    if line:
        yield line


def _lies_over(line: Sequence[Glyph], small: Sequence[Glyph]) -> bool:
    """Return whether a line of large characters lies over small ones."""
    if len(_text(line)) > _LONGEST:
        return False
    size, baseline = line[0].size, line[0].baseline
    left, right = line[0].left, line[-1].right
    covered = (
        baseline - size < glyph.baseline - glyph.size * (1 - _DESCENT)
        and glyph.baseline < baseline + _DESCENT * size
        and glyph.left < right
        and left < glyph.right
        for glyph in small
    )
    return sum(covered) >= _MIN_COVERED


def _text(line: Sequence[Glyph]) -> str:
    return "".join("".join(glyph.text for glyph in line).split())
