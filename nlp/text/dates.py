"""Parse years and dates as they are written: 2020, ２０２０, 二〇二〇, 2018-2020, 二〇二一年一月八日."""

from __future__ import annotations

import datetime
import re

from ..records import Year

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | dict.fromkeys("〇○Oo", "0")
_DIGITS |= {chr(0xFF10 + i): str(i) for i in range(10)} | {str(i): str(i) for i in range(10)}
FIRST, LAST = 1949, 2099
"""The years that a report may speak of."""
YEAR = r"[0-9０-９]{4}|[零〇○Oo一二三四五六七八九]{4}"
_DAY = r"[0-9０-９]{1,2}|[一二三四五六七八九十廿]{1,3}|元"
_MONTH = rf"(?:{YEAR})\s?年\s?(?:{_DAY})\s?月"
DATE = rf"{_MONTH}(?:\s?(?:{_DAY})\s?[日号])?"
"""A month or a day with its year."""
_TO = r"(?:[-—–－~～至到]|——)"
_SPAN = re.compile(
    rf"(?<![0-9０-９.\-/〔\[])({YEAR})年?\s?(?:{_TO}\s?({YEAR})(?:年|(?![0-9０-９.\-/年]))"
    rf"|(?:、(?:{YEAR})年?){{0,20}}[、和及与]({YEAR})年)"
)
_YEAR = re.compile(rf"({YEAR})\s?年")
_WHOLE_DATE = re.compile(rf"{_MONTH}\s?(?:{_DAY})\s?[日号]")
_STORED = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)
_LONGEST_STORED = 9
_DATE = re.compile(
    rf"({YEAR})\s?年\s?({_DAY})\s?月(?:\s?({_DAY})\s?[日号])?"
    r"|(?<!\d)([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
)


def year_of(title: str) -> Year:
    """Return the year that ``title`` names: 2020, ``"2018-2020"``, or ``""``.

    Years are read in Arabic, full-width and Chinese digits. Only 1949 to 2099 count, and not the
    year of a day: that is when something was signed, not what is reported on.
    """
    title = _WHOLE_DATE.sub(" ", title)
    for span in _SPAN.finditer(title):
        first, last = year_number(span[1]), year_number(span[2] or span[3])
        if _plausible(first) and _plausible(last) and first < last:
            return f"{first}-{last}"
    for match in _YEAR.finditer(title):
        year = year_number(match[1])
        if _plausible(year):
            return year
    return ""


def last_year(year: Year) -> int | None:
    """Return the year, of a span the last; ``None`` when there is none."""
    years = span_of(year)
    return years[1] if years else None


def span_of(year: Year) -> tuple[int, int] | None:
    """Return the first and last year of ``2020`` or ``"2018-2020"``; ``None`` for anything else.

    An older version took other years from imported files.
    """
    found = _STORED.fullmatch(str(year)) if len(str(year)) <= _LONGEST_STORED else None
    return (int(found[1]), int(found[2] or found[1])) if found else None


def stored_year(written: str) -> Year:
    """Return a year as it is kept in a file: 2020 as a number, anything else as it stands.

    Raises:
        TypeError: it is no text, as in a damaged file.
    """
    if not isinstance(written, str):
        raise TypeError(f"a year of {type(written).__name__}")
    span = span_of(written)
    return span[0] if span and "-" not in written else written


def date_of(text: str) -> str:
    """Return the first date in ``text`` as ``2021-01-08``, without a day ``2021-01``, or ``""``."""
    for match in _DATE.finditer(text):
        year, month, day = match.group(4, 5, 6) if match[4] else match.group(1, 2, 3)
        number = year_number(year)
        try:
            date = datetime.date(number, _number(month), _number(day) if day else 1)
        except ValueError:
            continue
        if _plausible(number):
            return date.isoformat() if day else date.isoformat()[:7]
    return ""


def year_number(digits: str) -> int:
    """Return the number that four Arabic, full-width or Chinese ``digits`` write."""
    return int("".join(_DIGITS[c] for c in digits))


def _number(written: str) -> int:
    """Return the number of a month or day: 8, ８, 八, 十二, 二十, 三十一, 元."""
    if written == "元":
        return 1
    tens, ten, ones = written.replace("廿", "二十").rpartition("十")
    if not ten:
        return int("".join(_DIGITS[c] for c in written))
    return int(_DIGITS.get(tens, "1" if not tens else "9")) * 10 + int(_DIGITS.get(ones, "0"))


def _plausible(year: int) -> bool:
    return FIRST <= year <= LAST
