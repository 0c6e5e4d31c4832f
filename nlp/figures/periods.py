"""Read dates, and find the period that the other numbers of a sentence refer to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..records import Value, Year
from ..vocabulary import WordLists

_NEAR = {"this-year": 0, "last-year": -1, "year-before-last": -2, "next-year": 1}
"""Groups of words for a year, and how far it is from the year of the report."""
_TIMES = WordLists("times", "period compares", *_NEAR)

_Y = r"(?P<{0}>(?:19|20)\d\d)"
_DASH = r"(?:--?|~|至|到)"
_SPAN = re.compile(
    rf"(?<!\d)(?P<y1>(?:19|20)\d\d)年?{_DASH}(?P<y2>(?:19|20)\d\d)(?:年度?|(?=[,;。)\]\"]|$))"
)
_MONTHS = re.compile(
    rf"(?:(?P<y>(?:19|20)\d\d)年)?(?P<m1>1[0-2]|0?[1-9])月?份?{_DASH}(?P<m2>1[0-2]"
    rf"|0?[1-9])月份?(?!\d)"
)
_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)年)?(?P<m>1[0-2]|0?[1-9])月(?!球|饼)份?(?:(?P<d>3[01]"
    r"|[12]\d|0?[1-9])[日号])?"
)
_DIGITS = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d\d)[-./](?P<m>1[0-2]|0?[1-9])[-./](?P<d>3[01]|[12]\d"
    r"|0?[1-9])(?![\d.])"
)
_YEAR = re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?=年(?!级)|、(?:19|20)\d\d(?:年|、|和))年?度?")
_YEARS = re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?=[、和与](?:19|20)\d\d年)")
_DAYS = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)年)?(?P<m1>1[0-2]|0?[1-9])月(?:(?P<d1>3[01]|[12]\d|0?[1-9])[日号])?"
    rf"{_DASH}(?:(?P<yy>(?:19|20)\d\d)年)?(?:(?P<m2>1[0-2]|0?[1-9])月)?"
    r"(?:(?P<d2>3[01]|[12]\d|0?[1-9])[日号])?(?<=[月日号])"
)
"""A span from one day or month to another: 2023年1月1日至12月31日, 6月1日至15日."""
_WHOLE_YEAR = re.compile(r"(?<!\d)(?P<whole>(?:19|20)\d\d)年?度?全年度?")
_DAY = re.compile(r"(?<=[至到、-])(?P<d>3[01]|[12]\d|0?[1-9])日")


@cache
def _period() -> re.Pattern[str]:
    return re.compile(
        rf"{_TIMES.pattern('period')}|(?:前|第)?[一二三四1-4](?:个)?季度|前[一二三1-3]个?季度"
        r"|\"?十[一二三四五]五\"?(?:时期|期间)?"
        r"|\"?七五\"?(?:时期|期间)|\"?[六八九]五\"?(?:时期|期间)"
        r"|[这近过去]{1,2}[一二两三四五六七八九十\d]{1,4}年(?:来|间)?"
        r"|[一二三四五六七八九十\d]{1,4}年(?:来|间)|前\d+个月"
    )


@cache
def _relative_years() -> dict[str, int]:
    """Map each word for a year to how far that is from the year of the report."""
    return {word: n for group, n in _NEAR.items() for word in _TIMES.texts(group)}


@cache
def _near_year() -> re.Pattern[str]:
    return re.compile(_TIMES.pattern(*_NEAR))


@cache
def _compares() -> tuple[re.Pattern[str], int]:
    """Return the pattern of what is in front of a time to compare with, and its longest match."""
    return re.compile(rf"{_TIMES.pattern('compares')}$"), max(map(len, _TIMES.texts("compares")))


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a line: where it stands, its value, and the year that it is in."""

    start: int
    end: int
    value: Value
    year: Year
    compared: bool
    """Whether it is what another time is compared with (比2019年)."""

    @property
    def unit(self) -> str:
        """年 for a year or a span of years, ``""`` for months and days, which are ISO 8601."""
        first = self.value[0] if isinstance(self.value, list) else self.value
        return "年" if isinstance(first, int) else ""


def find_dates(t: str, year: Year) -> list[Date]:
    """Return the dates of ``t``, ascending; ``year`` is that of a month without one."""
    dates: list[Date] = []
    taken = 0
    known = year
    for match in sorted(_matches(t), key=lambda m: (m.start(), -m.end())):
        if match.start() < taken:
            continue
        value, own = _value(match, known)
        known = own or known
        taken = match.end()
        compared = not _own(t, match)
        dates.append(Date(match.start(), match.end(), value, own, compared))
    return dates


def _matches(t: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    if "全年" in t:
        found += _WHOLE_YEAR.finditer(t)
    if "月" in t:
        found += (m for m in _DAYS.finditer(t) if bool(m["d1"]) == bool(m["d2"]) and (m["d2"] or m["m2"]))
        found += [*_MONTHS.finditer(t), *_DATE.finditer(t)]
        found += _DAY.finditer(t)
    if "19" in t or "20" in t:
        for pattern in (_SPAN, _DIGITS, _YEAR, _YEARS):
            found += pattern.finditer(t)
    return found


def _value(match: re.Match[str], known: Year) -> tuple[Value, Year]:
    parts = match.groupdict()
    if "y1" in parts:
        first, last = int(parts["y1"]), int(parts["y2"])
        span: list[int | float] = [first, last]
        return span, f"{first}-{last}"
    own = int(parts["y"]) if parts.get("y") else None
    year = str(own or known or "")
    lead = f"{year}-" if year and "-" not in year else ""
    if parts.get("whole"):  # 2023年全年
        year = parts["whole"]
        return [f"{year}-01", f"{year}-12"], int(year)
    if "d1" in parts:
        days = [f"-{int(parts[d]):02}" if parts[d] else "" for d in ("d1", "d2")]
        end = f"{parts['yy']}-" if parts["yy"] else lead
        months = int(parts["m1"]), int(parts["m2"] or parts["m1"])
        return [f"{lead}{months[0]:02}{days[0]}", f"{end}{months[1]:02}{days[1]}"], own or ""
    if "m1" in parts:
        return [f"{lead}{int(parts[m]):02}" for m in ("m1", "m2")], own or ""
    if "m" in parts:
        day = f"-{int(parts['d']):02}" if parts.get("d") else ""
        return f"{lead}{int(parts['m']):02}{day}", own or ""
    if "d" in parts:
        return f"{int(parts['d']):02}", ""
    return own or "", own or ""


@dataclass(frozen=True, slots=True)
class Times:
    """The times that a line names, to say which of them a number speaks of.

    Attributes:
        years: where the words of a year end, and the year.
        periods: the same of shorter and longer times.
        year: the year of what stands in front of all of them.
    """

    years: tuple[tuple[int, Year], ...]
    periods: tuple[tuple[int, str], ...]
    year: Year

    def at(self, start: int) -> tuple[Year, str]:
        """Return the year and the period that a number at ``start`` speaks of."""
        years = bisect_right(self.years, start, key=_end)
        periods = bisect_right(self.periods, start, key=_end)
        year = self.years[years - 1][1] if years else self.year
        return year, self.periods[periods - 1][1] if periods else ""


def times_of(t: str, dates: Sequence[Date], year: Year) -> Times:
    """Return the times that ``t`` names; ``year`` is that of the report."""
    said = [d for d in dates if not d.compared]
    years = [(d.end, d.year) for d in said if d.year]
    if isinstance(year, int):
        near = [m for m in _near_year().finditer(t) if _own(t, m)]
        years += [(m.end(), year + _relative_years()[m[0]]) for m in near]
    periods = [(m.end(), m[0].replace('"', "")) for m in _period().finditer(t) if _own(t, m)]
    periods += [(d.end, t[d.start : d.end]) for d in said if isinstance(d.value, list)]
    return Times(tuple(sorted(years, key=_end)), tuple(sorted(periods, key=_end)), year)


def _end(said: tuple[int, object]) -> int:
    return said[0]


def _own(t: str, match: re.Match[str]) -> bool:
    """Say whether a time is not one that another is compared with."""
    pattern, longest = _compares()
    return not pattern.search(t, max(0, match.start() - longest), match.start())
