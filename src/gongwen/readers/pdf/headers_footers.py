"""Drop running headers, footers and page numbers of PDF pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from statistics import median

from ...nlp.text.paragraphs import heading_mark
from .lines import Page, Row
from .reflow import ends_sentence, similar_size, text_size

_EDGE_LINES = 4
"""Number of lines at each edge of a page that are examined."""
_NEARBY_PAGES = 2
"""Pages before and after that are compared, as headers differ by chapter and by side."""
_MAX_SHIFT = 15.0
"""Largest distance, in points, of a repeated line from its position on another page."""
_MAX_SHIFT_NUMBERED = 4.0
"""The same for a line whose text differs by a number."""
_MIN_DETACHED_SPACING = 1.3
"""Smallest distance of a header from the text, relative to the median line spacing."""

_NUMBER = r"(?:\d{1,4}|[ivxlc]{1,7}|[〇零一二三四五六七八九十百]{1,5})"
_RULE = r"[-—–―−─~·•|]{1,40}"
_PAGE_NUMBER = re.compile(
    rf"{_RULE}(?:\d{{1,4}}|[ivxlc]{{1,7}}){_RULE}"
    rf"|第{_NUMBER}页(?:[,，、/|]?[共总]{_NUMBER}页)?"
    rf"|[共总]{_NUMBER}页[,，、/|]?第{_NUMBER}页"
    r"|page\d{1,4}(?:of\d{1,4})?",
    re.IGNORECASE,
)
"""Text that is always a page number: －3－, 第3页共10页."""
_BARE_NUMBER = re.compile(r"[(\[]?\d{1,4}(?:/\d{1,4})?[)\]]?")
_ROMAN = re.compile(r"(?=.)(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_DIGITS = re.compile(r"\d{1,9}")
_CAPTION = re.compile(r"附[件表录]|[表图]\d")
"""Numbered captions, which are text although their numbers may increase with the pages."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line near the edge of a page.

    Attributes:
        text: its normalized text, without white space.
        position: its distance from the edge, in points.
        detached: whether it is separated from the next inner line by its distance or size.
        text_like: whether it is a row of a table or ends a sentence, and so is not a header.
    """

    text: str
    position: float
    detached: bool
    text_like: bool


def remove_headers_footers(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` without running headers, footers and page numbers.

    A line is removed if it can only be a page number, or if a nearby page has the same line at the
    same position, except for a number that increases with the pages, and it is detached from the
    text on one of these pages. Only outermost lines are removed: lines inside of a line of text are
    text. A line in another direction of reading is removed if it is repeated on a nearby page.
    """
    tops = [_edge([(row, row.baseline) for row in page.rows]) for page in pages]
    bottoms = [
        _edge([(row, page.height - row.baseline) for row in reversed(page.rows)]) for page in pages
    ]
    result = []
    for i, page in enumerate(pages):
        first = _count_removed(tops, i, page.number)
        last = len(page.rows) - _count_removed(bottoms, i, page.number)
        nearby = [*pages[max(i - _NEARBY_PAGES, 0) : i], *pages[i + 1 : i + 1 + _NEARBY_PAGES]]
        repeated = {row.text for other in nearby for row in other.aside}
        aside = tuple(row for row in page.aside if row.text not in repeated)
        result.append(replace(page, rows=page.rows[first : max(first, last)], aside=aside))
    return result


def _edge(rows: Sequence[tuple[Row, float]]) -> list[_Line]:
    """Return the outermost lines at an edge of a page.

    Args:
        rows: the lines from the edge inwards, each with its distance from the edge in points.
    """
    if not rows:
        return []
    size = text_size(row for row, _ in rows)
    # A table is always detached, and the distances of its rows do not count as line spacing.
    steps = [
        float("inf") if row.standalone or inner.standalone else below - position
        for (row, position), (inner, below) in pairwise(rows)
    ]
    limit = _MIN_DETACHED_SPACING * median([step for step in steps if isfinite(step)] or [0.0])
    return [
        _Line(
            text=_plain(row.text),
            position=position,
            detached=step > limit or not similar_size(row.size, size),
            text_like=row.standalone or ends_sentence(row),
        )
        for (row, position), step in zip(rows[:_EDGE_LINES], [*steps, float("inf")], strict=False)
    ]


def _plain(text: str) -> str:
    """Return the text without white space, in lower case, with Roman numerals as digits."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return str(_arabic(plain.lower())) if _ROMAN.fullmatch(plain) else plain


def _arabic(roman: str) -> int:
    """Return the value of a Roman numeral in lower case."""
    values = [_ROMAN_DIGITS[digit] for digit in roman]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _count_removed(edges: Sequence[Sequence[_Line]], page: int, number: int) -> int:
    """Return how many lines at an edge of a page are headers, footers or page numbers.

    Args:
        edges: the outermost lines of every page.
        page: index of the page.
        number: number of the page, from 1.
    """
    found = 0
    for n, line in enumerate(edges[page], 1):
        repetitions = [
            other
            for nearby in range(
                max(page - _NEARBY_PAGES, 0), min(page + _NEARBY_PAGES + 1, len(edges))
            )
            for other in edges[nearby]
            if nearby != page and _repeated(line, other, nearby - page)
        ]
        is_number = bool(
            _PAGE_NUMBER.fullmatch(line.text) or (repetitions and _BARE_NUMBER.fullmatch(line.text))
        )
        is_number |= line.detached and line.text == str(number)
        if not (repetitions or is_number):
            break
        if is_number or any(other.detached for other in [line, *repetitions]):
            found = n
    return found


def _repeated(line: _Line, other: _Line, pages: int) -> bool:
    """Return whether ``other``, ``pages`` pages later, is the same header or footer."""
    shift = abs(line.position - other.position)
    if line.text_like or other.text_like or shift > _MAX_SHIFT:
        return False
    bare_number = _BARE_NUMBER.fullmatch(line.text)
    if line.text == other.text:
        return not bare_number
    caption = heading_mark(line.text) or _CAPTION.match(line.text)
    if not bare_number and (shift > _MAX_SHIFT_NUMBERED or caption):
        return False
    if _DIGITS.sub("#", line.text) != _DIGITS.sub("#", other.text):
        return False
    numbers = zip(_DIGITS.findall(line.text), _DIGITS.findall(other.text), strict=True)
    return all(int(b) - int(a) in (0, pages) for a, b in numbers)
