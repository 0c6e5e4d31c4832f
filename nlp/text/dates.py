"""Parse written years, spans of years and dates: 2020, 二〇二〇, 2018-2020, 二〇二一年一月八日."""

from __future__ import annotations

import datetime
import re
from functools import cache

from ..records import Year

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | dict.fromkeys("〇○OoＯ", "0")
_DIGITS |= {chr(0xFF10 + i): str(i) for i in range(10)} | {str(i): str(i) for i in range(10)}
MIN_YEAR, MAX_YEAR = 1949, 2099
"""Range of plausible reporting years."""
YEAR = r"[0-9０-９]{4}|[零〇○Oo0０Ｏ一二三四五六七八九]{4}"
"""Regular expression of a year in Arabic, full-width or Chinese digits; not grouped."""
_DAY = r"[0-9０-９]{1,2}|[一二三四五六七八九十廿]{1,3}|元"
_MONTH = rf"(?:{YEAR})\s?年\s?(?:{_DAY})\s?月"
DATE = rf"{_MONTH}(?:\s?(?:{_DAY})\s?[日号])?"
"""Regular expression of a date with year and month, and optionally a day."""
_RANGE_MARK = r"(?:[-—–－~～至到]|——)"


@cache
def _span() -> re.Pattern[str]:
    """Return the pattern of a span of years, or a list of them."""
    return re.compile(
        rf"(?<![0-9０-９.\-/〔\[])({YEAR})年?\s?(?:{_RANGE_MARK}\s?({YEAR})(?:年|(?![0-9０-９.\-/年]))"
        rf"|(?:、(?:{YEAR})年?){{0,20}}[、和及与]({YEAR})年)"
    )


@cache
def _year() -> re.Pattern[str]:
    """Return the pattern of a year."""
    return re.compile(rf"({YEAR})\s?年")


@cache
def _whole_date() -> re.Pattern[str]:
    """Return the pattern of a date with its day."""
    return re.compile(rf"{_MONTH}\s?(?:{_DAY})\s?[日号]")


_YEAR_OR_SPAN = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)
_MAX_STORED = 9


@cache
def _date() -> re.Pattern[str]:
    """Return the pattern of a date, also of digits alone."""
    return re.compile(
        rf"({YEAR})\s?年\s?({_DAY})\s?月(?:\s?({_DAY})\s?[日号])?"
        r"|(?<!\d)([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
    )


def year_of(title: str) -> Year:
    """Return the year or span of years that ``title`` names: 2020, ``"2018-2020"``, or ``""``.

    Digits may be Arabic, full-width or Chinese. Years outside of 1949 to 2099 are ignored, and so
    is the year of a full date, which is a date of signing and not the reporting year.

    Example:
        >>> year_of("武功县二〇二〇年度工作总结"), year_of("2018-2020年规划")
        (2020, '2018-2020')
    """
    title = _whole_date().sub(" ", title)
    for span in _span().finditer(title):
        first, last = year_number(span[1]), year_number(span[2] or span[3])
        if _is_plausible(first) and _is_plausible(last) and first < last:
            return f"{first}-{last}"
    for match in _year().finditer(title):
        year = year_number(match[1])
        if _is_plausible(year):
            return year
    return ""


def last_year(year: Year) -> int | None:
    """Return the year or the last year of a span; ``None`` for any other value."""
    years = year_span(year)
    return years[1] if years else None


def year_span(year: Year) -> tuple[int, int] | None:
    """Return the first and last year of ``2020`` or ``"2018-2020"``; ``None`` for any other value.

    Other values occur: an earlier version accepted any text as the year of an imported report.

    Example:
        >>> year_span("2018-2020"), year_span(2020), year_span("")
        ((2018, 2020), (2020, 2020), None)
    """
    found = _YEAR_OR_SPAN.fullmatch(str(year)) if len(str(year)) <= _MAX_STORED else None
    return (int(found[1]), int(found[2] or found[1])) if found else None


def stored_year(written: str) -> Year:
    """Return a year read from a file: ``"2020"`` as an int, other values unchanged.

    Raises:
        TypeError: it is not a string; the file is damaged.
    """
    if not isinstance(written, str):
        raise TypeError(f"a year of {type(written).__name__}")
    span = year_span(written)
    return span[0] if span and "-" not in written else written


def date_of(text: str) -> str:
    """Return the first valid date in ``text`` in ISO 8601, ``""`` when there is none.

    Example:
        >>> date_of("二〇二一年一月八日"), date_of("2021年1月")
        ('2021-01-08', '2021-01')
    """
    for match in _date().finditer(text):
        year, month, day = match.group(4, 5, 6) if match[4] else match.group(1, 2, 3)
        number = year_number(year)
        try:
            date = datetime.date(number, _month_or_day(month), _month_or_day(day) if day else 1)
        except ValueError:
            continue
        if _is_plausible(number):
            return date.isoformat() if day else date.isoformat()[:7]
    return ""


def year_number(digits: str) -> int:
    """Return the number written by four Arabic, full-width or Chinese ``digits``."""
    return int("".join(_DIGITS[c] for c in digits))


def _month_or_day(written: str) -> int:
    """Return the number of a month or day, such as 8, ８, 八, 十二, 二十, 三十一, 元."""
    if written == "元":
        return 1
    tens, ten, ones = written.replace("廿", "二十").rpartition("十")
    if not ten:
        return int("".join(_DIGITS[c] for c in written))
    return int(_DIGITS.get(tens, "1" if not tens else "9")) * 10 + int(_DIGITS.get(ones, "0"))


def _is_plausible(year: int) -> bool:
    """Return whether ``year`` can be a reporting year."""
    return MIN_YEAR <= year <= MAX_YEAR


_NUMERALS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_FIRST_PLANS = {1: 1953, 2: 1958}
"""First years of the five-year plans before the third; later ones follow each other."""
_THIRD_PLAN = 1966


def of_plan(written: str) -> tuple[int, int] | None:
    """Return the first and last year of a five-year plan.

    Example:
        >>> of_plan("十四五"), of_plan("七五"), of_plan("十五"), of_plan("二五")
        ((2021, 2025), (1986, 1990), (2001, 2005), (1958, 1962))
    """
    number = 10 if written == "十五" else small_number(written.removesuffix("五"))
    if not number:
        return None
    first = _FIRST_PLANS.get(number) or _THIRD_PLAN + 5 * (number - 3)
    return first, first + 4


def small_number(written: str) -> int:
    """Return a number of up to two characters: 五, 十四, 二十, 12; 0 when it is none."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    return (_NUMERALS.get(tens, 1) * 10 if ten else 0) + _NUMERALS.get(ones, 0)
