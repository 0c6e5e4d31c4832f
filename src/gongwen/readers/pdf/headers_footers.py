"""Recognize running headers, footers and page numbers at the edges of pages."""

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
from .reflow import alike, ended, text_size

_DEEP = 4
"""Lines at the edge of a page that are looked at."""
_NEAR = 2
"""Pages on either side: left and right pages have headers of their own, chapters change them."""
_NEAR_PLACE = 15.0
"""Points that a line may be off its place on another page."""
_PLACE = 4.0
"""The same for a line that does not say quite the same."""
_DETACHED = 1.3
"""Distance of a header from the text, in distances from line to line."""

_NUMBER = r"(?:\d{1,4}|[ivxlc]{1,7}|[〇零一二三四五六七八九十百]{1,5})"
_RULE = r"[-—–―−─~·•|]{1,40}"
_PAGE_NUMBER = re.compile(
    rf"{_RULE}(?:\d{{1,4}}|[ivxlc]{{1,7}}){_RULE}"
    rf"|第{_NUMBER}页(?:[,，、/|]?[共总]{_NUMBER}页)?"
    rf"|[共总]{_NUMBER}页[,，、/|]?第{_NUMBER}页"
    r"|page\d{1,4}(?:of\d{1,4})?",
    re.IGNORECASE,
)
"""What can only be the number of a page: － 3 －, 第3页 共10页."""
_BARE = re.compile(r"[(\[]?\d{1,4}(?:/\d{1,4})?[)\]]?")
_ROMAN = re.compile(r"(?=.)(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_DIGITS = re.compile(r"\d{1,9}")
_COUNTED = re.compile(r"附[件表录]|[表图]\d")
"""What counts with the pages when each has one of its own, and is text."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line near the edge of a page.

    Attributes:
        text: what it says, without white space.
        place: how far it is from the edge.
        detached: it stands off from the next line further in, or is set in another size.
        text_like: it is the row of a table, or ends a sentence: no header.
    """

    text: str
    place: float
    detached: bool
    text_like: bool


def without_furniture(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` without running headers, footers and page numbers.

    A line goes when it can only be the number of its page, or when it says the same at the same
    place on a page nearby, but for a number that counts with the pages, and is detached from the
    text on one of them. Only the outermost lines go: what lies further in than a line of text is
    text. What is set in another direction goes when it stands on a page nearby too.
    """
    tops = [_edge([(row, row.base) for row in page.rows]) for page in pages]
    bottoms = [
        _edge([(row, page.height - row.base) for row in reversed(page.rows)]) for page in pages
    ]
    result = []
    for i, page in enumerate(pages):
        first = _furniture(tops, i, page.number)
        last = len(page.rows) - _furniture(bottoms, i, page.number)
        near = [*pages[max(i - _NEAR, 0) : i], *pages[i + 1 : i + 1 + _NEAR]]
        spines = {row.text for other in near for row in other.aside}
        aside = tuple(row for row in page.aside if row.text not in spines)
        result.append(replace(page, rows=page.rows[first : max(first, last)], aside=aside))
    return result


def _edge(rows: Sequence[tuple[Row, float]]) -> list[_Line]:
    """Return the outermost of ``rows``, given with their distance from the edge."""
    if not rows:
        return []
    size = text_size(row for row, _ in rows)
    # A table stands off from any line; what its rows are apart says nothing of lines.
    steps = [
        float("inf") if row.apart or inner.apart else below - place
        for (row, place), (inner, below) in pairwise(rows)
    ]
    off = _DETACHED * median([step for step in steps if isfinite(step)] or [0.0])
    return [
        _Line(
            text=_plain(row.text),
            place=place,
            detached=step > off or not alike(row.size, size),
            text_like=row.apart or ended(row),
        )
        for (row, place), step in zip(rows[:_DEEP], [*steps, float("inf")], strict=False)
    ]


def _plain(text: str) -> str:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return str(_arabic(plain.lower())) if _ROMAN.fullmatch(plain) else plain


def _arabic(roman: str) -> int:
    values = [_ROMAN_DIGITS[digit] for digit in roman]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _furniture(edges: Sequence[Sequence[_Line]], page: int, number: int) -> int:
    """Return how many lines at this edge of page ``page`` are furniture."""
    found = 0
    for n, line in enumerate(edges[page], 1):
        again = [
            other
            for near in range(max(page - _NEAR, 0), min(page + _NEAR + 1, len(edges)))
            for other in edges[near]
            if near != page and _repeated(line, other, near - page)
        ]
        is_number = bool(
            _PAGE_NUMBER.fullmatch(line.text) or (again and _BARE.fullmatch(line.text))
        )
        is_number |= line.detached and line.text == str(number)
        if not (again or is_number):
            break
        if is_number or any(other.detached for other in [line, *again]):
            found = n
    return found


def _repeated(line: _Line, other: _Line, pages: int) -> bool:
    """Say whether ``other``, that many pages further on, is the same header or footer."""
    off = abs(line.place - other.place)
    if line.text_like or other.text_like or off > _NEAR_PLACE:
        return False
    bare = _BARE.fullmatch(line.text)
    if line.text == other.text:
        return not bare
    counted = heading_mark(line.text) or _COUNTED.match(line.text)
    if not bare and (off > _PLACE or counted):
        return False
    if _DIGITS.sub("#", line.text) != _DIGITS.sub("#", other.text):
        return False
    numbers = zip(_DIGITS.findall(line.text), _DIGITS.findall(other.text), strict=True)
    return all(int(b) - int(a) in (0, pages) for a, b in numbers)
