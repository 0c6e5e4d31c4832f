"""Drop watermarks that lie level over the text of a PDF page (征求意见稿, 仅供内部使用).

Watermarks that lie at an angle are in a direction of reading of their own, see
:class:`~.lines.Page`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from ...nlp.text.normalize import squeeze
from ...nlp.vocabulary import WordLists
from .lines import Glyph, Page, Row, Sheet, Span

_MIN_SIZE_RATIO = 1.5
"""Smallest font size of a watermark, relative to the text; a line of text lies in its height."""
_LONGEST = 40
"""Most characters of a watermark."""
_MIN_COVERED = 4
"""Fewest characters that a watermark lies over; a title lies over none, an initial beside them."""
_MAX_GAP = 2.0
"""Largest gap between characters of one watermark, in em."""
_MAX_SHIFT = 3.0
"""Largest distance of the places of a watermark on two pages, in points."""
_WORDS = WordLists("pages", "contents watermark")
_DESCENT = 0.2
"""Depth of characters below their baseline, in em."""


def without_watermarks(sheet: Sheet) -> tuple[Sheet, tuple[str, ...]]:
    """Return a sheet without large lines that lie over text, and what they say."""
    sizes: Counter[float] = Counter()
    for size, count in Counter([glyph.size for glyph in sheet.glyphs]).items():
        sizes[round(size, 1)] += count
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
    """Return ``pages`` without the watermarks that lie over no text on some of them.

    These say what lies over text on another page, or what watermarks usually say, or are large and
    in the same place on several pages.
    """
    marks = {mark for page in pages for mark in page.watermarks}
    places: dict[str, list[_Placed]] = {}
    for i, page in enumerate(pages):
        for j, spans in _large_spans(page.rows, marks):
            places.setdefault(_squeezed(spans), []).append(_Placed(i, j, spans))
    dropped = {
        (one.page, one.row): one.spans
        for text, found in places.items()
        for one in found
        if text in marks
        or squeeze(text) in _usual_marks()
        or (len(pages[one.page].rows) > 1 and _is_repeated(one, found))
    }
    return [
        replace(page, rows=tuple(_without(page.rows, i, dropped))) for i, page in enumerate(pages)
    ]


class _Placed(NamedTuple):
    """Large text on a page.

    Attributes:
        page: index of the page.
        row: index of its line.
        spans: its spans.
    """

    page: int
    row: int
    spans: tuple[Span, ...]


def _large_spans(rows: Sequence[Row], marks: set[str]) -> Iterator[tuple[int, tuple[Span, ...]]]:
    """Yield the spans of each line that are much larger than the text, with the line's index.

    Args:
        rows: the lines of a page.
        marks: what is known to be no text, without white space.
    """
    sizes: Counter[float] = Counter()
    for row in rows:
        if _squeezed(row.spans) not in marks:
            for span in row.spans:
                sizes[span.size] += len(span.text)
    smallest = _MIN_SIZE_RATIO * sizes.most_common(1)[0][0] if sizes and len(rows) > 1 else 0.0
    for j, row in enumerate(rows):
        spans = tuple(span for span in row.spans if span.size >= smallest)
        if spans and len(_squeezed(spans)) <= _LONGEST:
            yield j, spans


def _without(
    rows: Sequence[Row], page: int, dropped: Mapping[tuple[int, int], tuple[Span, ...]]
) -> Iterator[Row]:
    """Yield the lines of a page without the spans that are dropped."""
    for j, row in enumerate(rows):
        out = dropped.get((page, j), ())
        if not out:
            yield row
        elif spans := tuple(span for span in row.spans if span not in out):
            yield replace(row, spans=spans)


def _is_repeated(one: _Placed, found: Sequence[_Placed]) -> bool:
    """Return whether large text is at its place on another page too, and is no title.

    Args:
        one: the text.
        found: where the same text is.
    """
    if one is found[0] and one.row == 0:
        return False
    return any(
        other.page != one.page
        and abs(other.spans[0].left - one.spans[0].left) < _MAX_SHIFT
        and abs(other.spans[0].baseline - one.spans[0].baseline) < _MAX_SHIFT
        and other.spans[0].size == one.spans[0].size
        for other in found
    )


def _squeezed(spans: Iterable[Span]) -> str:
    return "".join("".join(span.text for span in spans).split())


@cache
def _usual_marks() -> frozenset[str]:
    """Return what watermarks usually say."""
    return frozenset(map(squeeze, _WORDS.texts("watermark")))


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
