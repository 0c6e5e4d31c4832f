"""Years as they are written: 2020, ２０２０, 二〇二〇, 2018-2020."""

from __future__ import annotations

import re

from .records import Year

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | dict.fromkeys("〇○Oo", "0")
_DIGITS |= {chr(0xFF10 + i): str(i) for i in range(10)} | {str(i): str(i) for i in range(10)}
YEAR = r"[0-9０-９]{4}|[零〇○Oo一二三四五六七八九]{4}"
_SPAN = re.compile(rf"({YEAR})年?\s?(?:[-—–－~～至到]|——)\s?({YEAR})年")
_YEAR = re.compile(rf"({YEAR})\s?年")


def year_of(title: str) -> Year:
    """Return the year that ``title`` names: 2020, ``"2018-2020"``, or ``""``.

    Years are read in Arabic, full-width and Chinese digits. Only 1949 to 2099 count.
    """
    if span := _SPAN.search(title):
        first, last = year_number(span[1]), year_number(span[2])
        if _plausible(first) and _plausible(last) and first < last:
            return f"{first}-{last}"
    for match in _YEAR.finditer(title):
        year = year_number(match[1])
        if _plausible(year):
            return year
    return ""


def year_number(digits: str) -> int:
    """Return the number that four Arabic, full-width or Chinese ``digits`` write."""
    return int("".join(_DIGITS[c] for c in digits))


def _plausible(year: int) -> bool:
    return 1949 <= year <= 2099
