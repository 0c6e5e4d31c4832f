"""Running headers, footers and page numbers: what stands at the edges of pages and is not text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...nlp.markers import heading_mark
from .records import Page, Row

_DEEP = 4
"""Lines at the edge of a page that are looked at."""
_NEAR = 2
"""Pages on either side: left and right pages have headers of their own, chapters change them."""
_NEAR_PLACE = 15.0
"""Points that a line may be off its place on another page."""
_PLACE = 4.0
"""The same for a line that does not say quite the same."""
_DETACHED = 1.8
"""Distance from a number to the text, in em, where no other page has its like."""

_NUMBER = r"(?:\d{1,4}|[ivxlc]{1,7}|[〇零一二三四五六七八九十百]{1,5})"
_RULE = r"[-—–―−─~·•|]+"
_PAGE_NUMBER = re.compile(
    rf"{_RULE}(?:\d{{1,4}}|[ivxlc]{{1,7}}){_RULE}"
    rf"|第{_NUMBER}页(?:[,，、/|]?[共总]{_NUMBER}页)?"
    rf"|[共总]{_NUMBER}页[,，、/|]?第{_NUMBER}页"
    r"|page\d{1,4}(?:of\d{1,4})?",
    re.IGNORECASE,
)
"""What can only be the number of a page: － 3 －, 第3页 共10页."""
_BARE = re.compile(r"[(\[]?(\d{1,4})(?:/\d{1,4})?[)\]]?")
_ROMAN = re.compile(r"(?=.)(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_DIGITS = re.compile(r"\d{1,9}")
_COUNTED = re.compile(r"附[件表录]|[表图]\d")
"""What counts with the pages when each has one of its own, and is text."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line near the edge of a page: what it says, and how far from the edge."""

    text: str
    place: float
    size: float
    apart: bool


def without_furniture(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` without running headers, footers and page numbers.

    A line goes when it says the same at the same place on a page nearby, but for a number that
    counts with the pages, or when it can only be the number of its page. Only the outermost lines
    go: what lies further in than a line of text is text. What is set in another direction goes
    when it stands on a page nearby too.
    """
    tops = [[_line(row, row.base) for row in page.rows[:_DEEP]] for page in pages]
    bottoms = [
        [_line(row, page.height - row.base) for row in page.rows[: -_DEEP - 1 : -1]]
        for page in pages
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


def _line(row: Row, place: float) -> _Line:
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", row.text))
    if _ROMAN.fullmatch(text):
        text = str(_arabic(text.lower()))
    return _Line(text, place, row.size, row.apart)


def _arabic(roman: str) -> int:
    values = [_ROMAN_DIGITS[digit] for digit in roman]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _furniture(edges: Sequence[Sequence[_Line]], page: int, number: int) -> int:
    """Return how many lines at this edge of page ``page`` are furniture."""
    lines = edges[page]
    for n, line in enumerate(lines):
        inner = lines[n + 1].place - line.place if n + 1 < len(lines) else float("inf")
        if not (
            _PAGE_NUMBER.fullmatch(line.text)
            or _is_number_of(line, number, inner)
            or any(
                _repeated(line, other, near - page)
                for near in range(max(page - _NEAR, 0), min(page + _NEAR + 1, len(edges)))
                for other in edges[near]
                if near != page
            )
        ):
            return n
    return len(lines)


def _is_number_of(line: _Line, number: int, inner: float) -> bool:
    bare = _BARE.fullmatch(line.text)
    return bare is not None and int(bare[1]) == number and inner > _DETACHED * line.size


def _repeated(line: _Line, other: _Line, pages: int) -> bool:
    """Say whether ``other``, that many pages further on, is the same header or footer."""
    off = abs(line.place - other.place)
    if line.apart or other.apart or off > _NEAR_PLACE:
        return False
    if line.text == other.text:
        return not _BARE.fullmatch(line.text)
    if off > _PLACE:
        return False
    if _DIGITS.sub("#", line.text) != _DIGITS.sub("#", other.text):
        return False
    if heading_mark(line.text) or _COUNTED.match(line.text):
        return False
    numbers = zip(_DIGITS.findall(line.text), _DIGITS.findall(other.text), strict=True)
    return all(int(b) - int(a) in (0, pages) for a, b in numbers)
