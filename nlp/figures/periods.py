"""Read dates, and find the period that the other numbers of a sentence refer to.

Words for a time become a :class:`Period`. A word that says only a part of it (6月, 上半年, 年均)
takes the rest from the words in front of it, then from what stands above the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from ..records import PeriodKind, Value, Year
from ..text.dates import of_plan, small_number
from ..vocabulary import WordLists

_NEAR = {"this-year": 0, "last-year": -1, "year-before-last": -2, "next-year": 1}
"""Groups of words for a year, and how far it is from the year of the report."""
_SPOKEN = ("mean", "each", "half-1", "half-2", "so-far", "term", "year-before", *_NEAR)
_TIMES = WordLists("times", "compares until summed yearly set", *_SPOKEN)
times_pattern = _TIMES.pattern

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

_COUNT = r"[二两三四五六七八九十\d]{1,3}"
_PLAN = r"\"?(?P<plan>十?[一二三四五六七八九]五|十五)\"?"
"""A five-year plan by its number: 七五, 十五 (the tenth), 十四五."""
_SINCE = {"改革开放": 1978, "新中国成立": 1949, "建国": 1949, "新时代": 2012}
_SINCE |= {"十一届三中全会": 1978, "十八届三中全会": 2013}
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4} | {str(i): i for i in range(1, 5)}


@dataclass(frozen=True, slots=True)
class Period:
    """A time that a number speaks of; the fields of :class:`~gongwen.nlp.records.Figure`.

    Attributes:
        kind: kind of period.
        start: first year or month (``2021``, ``2023-01``), ``""`` when it is unknown.
        end: last year or month, ``""`` when it is unknown.
        words: as written, ``""`` for one year.

    Example:
        >>> Period("span", "2021", "2025", "十四五").year
        '2021-2025'
    """

    kind: PeriodKind = ""
    start: str = ""
    end: str = ""
    words: str = ""

    @property
    def year(self) -> Year:
        """The year or span of years that it lies in, ``""`` when its end is unknown."""
        first, last = self.start[:4], self.end[:4]
        if not last:
            return int(first) if first and self.kind == "part" else ""
        return int(last) if first in ("", last) else f"{first}-{last}"


NO_PERIOD = Period()


def one_year(year: int, words: str = "") -> Period:
    """Return the period of a calendar year."""
    return Period("year", str(year), str(year), words)


def years(first: int, last: int, words: str = "") -> Period:
    """Return the period of several years together, of one year when they are the same."""
    return one_year(last) if first == last else Period("span", str(first), str(last), words)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a report was given, to say which years its words mean; 0 for an unknown year.

    Attributes:
        this: the year that 今年 means in it.
        reviewed: the last year whose results it can report.
        planned: the year that it plans for.
        customary: whether it is a report that is held in one year, reviews the year before and
            plans for the year of its title: a government work report.
        month: the month of ``this`` up to which it can have results, 0 for none.
    """

    this: int = 0
    reviewed: int = 0
    planned: int = 0
    customary: bool = False
    month: int = 0


NO_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a line: where it stands, its value, and the year that it is in."""

    start: int
    end: int
    value: Value
    year: Year
    compared: bool
    """Whether it is what another time is compared with (比2019年)."""

    def period(self) -> Period:
        """Return the time that it names, for its own row of the table."""
        value = self.value
        if isinstance(value, list):
            first, last = str(value[0]), str(value[-1])
            if isinstance(value[0], str):  # months or days
                return _months(first, last, "")
            return Period("span", first, last)
        if isinstance(value, int):
            return one_year(value)
        month = str(value)[:7]
        return Period("part", month, month) if len(month) == 7 and month[4] == "-" else NO_PERIOD

    @property
    def unit(self) -> str:
        """年 for a year or a span of years, ``""`` for months and days, which are ISO 8601."""
        first = self.value[0] if isinstance(self.value, list) else self.value
        return "年" if isinstance(first, int) else ""


@cache
def _steps() -> dict[str, int]:
    return {word: step for group, step in _NEAR.items() for word in _TIMES.texts(group)}


def find_dates(t: str, year: Year, this: int = 0) -> list[Date]:
    """Return the dates of ``t``, ascending.

    A month without a year is one of ``year``, or behind 去年 of the year before ``this``.
    """
    dates: list[Date] = []
    taken = 0
    known = year
    for match in sorted(_matches(t), key=lambda m: (m.start(), -m.end())):
        if match.start() < taken:
            continue
        step = _steps().get(t[max(0, match.start() - 2) : match.start()])
        value, own = _value(match, known if step is None or not this else this + step)
        compared = _compared(t, *match.span())
        known = known if compared else own or known
        taken = match.end()
        dates.append(Date(*match.span(), value, own, compared))
    return dates


def _matches(t: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    if "全年" in t:
        found += _WHOLE_YEAR.finditer(t)
    if "月" in t:
        found += (
            m for m in _DAYS.finditer(t) if bool(m["d1"]) == bool(m["d2"]) and (m["d2"] or m["m2"])
        )
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


@cache
def _words() -> re.Pattern[str]:
    """Return the pattern of words for a time that have no date in them; a group says which."""
    near = "|".join(rf"(?P<n{i}>{_TIMES.pattern(group)})" for i, group in enumerate(_NEAR))
    first = {word[0] for group in _SPOKEN for word in _TIMES.texts(group)}
    return re.compile(
        # What none of the alternatives begins with is passed over at once.
        rf"(?=[\d\"一二两三四五六七八九十党改新建未今过刚最近这前本全第年连{''.join(sorted(first))}])(?:"
        rf"(?P<since>(?:党的)?(?P<congress>[二三]?十[一二三四五六七八九]?)大(?:召开)?以来"
        rf"|(?P<meeting>十一届三中全会|十八届三中全会)(?:召开)?以来"
        r"|(?P<event>改革开放|新中国成立|建国|新时代)(?P<event_years>\d{1,2}(?:多|余)?年来|以来))"
        rf"|(?P<far>未来|今后)(?P<ahead>{_COUNT})年"
        rf"|{_PLAN}(?:时期|期间|以来|(?P<plan_end>期?末)|前期|后期|(?=,|累计|年均|的?这?[五5]年|(?<=\"),))"
        rf"|(?P<back>(?:刚刚)?过去的?|最?近|这)(?P<b1>{_COUNT})年(?:来|间|里|中|多来)?"
        rf"|前(?P<earlier>{_COUNT})年"
        rf"|连续(?P<b3>{_COUNT})年累计|(?<![\d.第连续])(?P<b2>{_COUNT})年(?:来|间|里|中|累计|(?={_TIMES.pattern('summed')}))"
        r"|(?P<whole>全年度?)|(?P<one>(?:刚刚)?过去的?(?:这)?[一1]年|(?<!\d)[一1]年来|这[一1]年)"
        rf"|(?P<sofar>{_TIMES.pattern('so-far')})"
        rf"|(?P<half1>{_TIMES.pattern('half-1')})|(?P<half2>{_TIMES.pattern('half-2')})"
        r"|前(?P<q1>[一二三1-3])个?季度|第?(?<!\d)(?P<q>[一二三四1-4])季度"
        r"|前(?P<months>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])个月"
        rf"|(?P<mean>{_TIMES.pattern('mean')}(?!{_TIMES.pattern('yearly')}))|(?P<each>{_TIMES.pattern('each')})"
        rf"|(?P<term>{_TIMES.pattern('term')})"
        rf"|(?P<ends>年[末底]|(?<=[今本去上])年?[末底])|(?P<begins>年初)(?!{_TIMES.pattern('set')})"
        rf"|(?P<before>{_TIMES.pattern('year-before')})|{near})"
    )


_HINT = re.compile(r"[年季期届每末]|以来|今后|未来|个月")
"""What no word for a time is without."""


@cache
def _compares() -> tuple[re.Pattern[str], int]:
    """Return the pattern of what is in front of a time to compare with, and its longest match."""
    return re.compile(rf"{_TIMES.pattern('compares')}\"?$"), max(
        map(len, _TIMES.texts("compares"))
    ) + 1


def _compared(t: str, start: int, end: int) -> bool:
    """Say whether the time at ``start`` is one that another is compared with."""
    pattern, longest = _compares()
    return t.startswith(("相比", "比较"), end) or bool(
        pattern.search(t, max(0, start - longest), start)
    )


@cache
def _until() -> re.Pattern[str]:
    return re.compile(rf"{_TIMES.pattern('until')}$")


_FROM = re.compile(r"[由从自]$")
_ENDS = re.compile(r"[年月]?[底末]")
BASE = re.compile(r"[末底]?(?:同期)?的(?=[约近]?\d)|[末底]?(?:同期)?的[约近]?$")
"""What stands between a time that is compared with and its number: 的 in 上年的3.2%."""
_SINCE_BEHIND = re.compile(r"年?(?:以来|起|至今|开始)")


@dataclass(frozen=True, slots=True)
class Said:
    """Words for a time in a line.

    Attributes:
        start: where they begin in the line.
        end: where they end.
        period: what they mean.
        near: whether they hold only up to the end of their ``clause`` (6月), or of the ``phrase``
            that they stand in (年均).
        leaves: whether they say where a change begins (从2015年的12公里), so that they hold only
            for the number behind them.
    """

    start: int
    end: int
    period: Period
    near: Literal["", "clause", "phrase"] = ""
    leaves: bool = False
    base: bool = False
    """Whether they hold only for the number right behind them (比2019年的12件)."""


def find_times(t: str, dates: Sequence[Date], clock: Clock, above: Period) -> list[Said]:
    """Return the times that ``t`` names, ascending.

    One that another is compared with (比2019年增长) is only there for the number right behind it
    (比2019年的12件).

    Args:
        t: a line, or the beginning of one, without white space.
        dates: its dates.
        clock: when the report was given.
        above: the period of what stands above the line, which completes words such as 上半年.
    """
    found: list[re.Match[str] | Date] = [d for d in dates if not d.compared or BASE.match(t, d.end)]
    if _HINT.search(t):
        starts = [d.start for d in dates]
        for match in _words().finditer(t):
            before = bisect_right(starts, match.start()) - 1
            inside = before >= 0 and match.start() < dates[before].end
            if not inside and (BASE.match(t, match.end()) or not _compared(t, *match.span())):
                found.append(match)
    if not found:
        return []
    found.sort(key=lambda f: f.start if isinstance(f, Date) else f.start())
    said: list[Said] = []
    known = above
    for one in found:
        if isinstance(one, Date):
            new = _dated(t, one, known)
        else:
            new = _said(t, one, clock, known, above, said)
        if new and _compared(t, new.start, new.end):
            said.append(replace(new, leaves=True, base=True))
        elif new:
            said.append(new)
            if new.period.year and not new.leaves:
                known = new.period
    return said


def _dated(t: str, date: Date, known: Period) -> Said | None:
    """Return the time of a date, with 截至 in front and 底 or 以来 behind it."""
    value, start, end = date.value, date.start, date.end
    leaves = bool(_FROM.search(t, max(0, start - 1), start))
    if isinstance(value, list):
        first, last = str(value[0]), str(value[-1])
        if not re.match(r"\d{4}", first):  # months or days of no year that is known
            return None
        words = t[start:end]
        period = (
            _months(first, last, words) if "-" in first else years(int(first), int(last), words)
        )
        return Said(start, end, period)
    until = bool(_until().search(t, max(0, start - 4), start))
    if isinstance(value, int):
        if since := _SINCE_BEHIND.match(t, end):
            return Said(start, since.end(), _since(str(value), known, t[start : since.end()]))
        closes = _ENDS.match(t, end)
        if until or closes:
            last = f"{value}-12"
            behind = closes.end() if closes else end
            return Said(start, behind, Period("until", "", last, t[start:behind]), leaves=leaves)
        return Said(start, end, one_year(value), leaves=leaves)
    written = str(value)
    month = written[:7]
    if len(month) < 7 or month[4] != "-":
        return None
    if since := _SINCE_BEHIND.match(t, end):
        return Said(start, since.end(), _since(month, known, t[start : since.end()]))
    if until or _ENDS.match(t, end):
        return Said(start, end, Period("until", "", month, t[start:end]), leaves=leaves)
    if len(written) > 7:  # the day of an event; its year holds for what follows
        return Said(start, end, one_year(int(written[:4]))) if date.year else None
    return Said(start, end, Period("part", month, month, t[start:end]), "clause", leaves)


def _since(start: str, known: Period, words: str) -> Period:
    """Return the time from ``start`` on to the end of what is spoken of."""
    end = known.end if known.end[:4] > start[:4] else ""
    if not end and known.end[:4] == start[:4]:
        end = known.end
    return Period("cumulative", start, end, words)


def _months(first: str, last: str, words: str) -> Period:
    """Return the period from one month or day to another; 2023-01-01 to 2023-12-31 is a year."""
    first, last = first[:7], last[:7]
    if not all(re.match(r"\d{4}-", month) for month in (first, last)):  # of no year that is known
        return NO_PERIOD
    if first[:4] == last[:4]:
        whole = first.endswith("-01") and last.endswith("-12")
        return one_year(int(first[:4]), words) if whole else Period("part", first, last, words)
    return Period("span", first, last, words)


def _said(
    t: str,
    match: re.Match[str],
    clock: Clock,
    known: Period,
    above: Period,
    said: Sequence[Said],
) -> Said | None:
    start, end = match.span()
    period = _period(match, clock, known, above, said)
    if period is None:
        return None
    near: Literal["", "clause", "phrase"] = "clause" if match["begins"] else ""
    if match["mean"] or match["each"]:
        near = "phrase"
    if period.kind == "year" and (closes := _ENDS.match(t, end)):
        end = closes.end()
        closed = f"{period.end[:4]}-12" if period.end else ""
        period = Period("until", "", closed, t[start:end])
    elif (
        period.kind == "year" and match.lastgroup in ("n0", "n1", "n2") and t.startswith("初", end)
    ):
        end += 1
        period = Period("until", "", f"{period.end}-01" if period.end else "", t[start:end])
    leaves = bool(_FROM.search(t, max(0, start - 1), start))
    return Said(start, end, period, near, leaves)


def _period(
    match: re.Match[str], clock: Clock, known: Period, above: Period, said: Sequence[Said]
) -> Period | None:
    words = match[0].replace('"', "").strip(",")
    for i, step in enumerate(_NEAR.values()):
        if match[f"n{i}"]:
            return one_year(clock.this + step) if clock.this else Period("year")
    if match["plan"]:
        span = of_plan(match["plan"])
        if span is None:
            return None
        if match["plan_end"]:
            return Period("until", "", f"{span[1]}-12", words)
        return Period("span", str(span[0]), str(span[1]), words)
    if match["since"]:
        return Period("cumulative", _event(match), _last(known, clock), words)
    if match["far"]:
        count, first = small_number(match["ahead"]), clock.planned
        return years(first, first + count - 1, words) if first and count > 1 else None
    if match["before"]:
        last = _last(known, clock)[:4]
        return one_year(int(last) - 1) if last else Period("year")
    if count := small_number(match["earlier"] or ""):
        if known.kind != "year" or not said:
            return None
        return years(int(known.end) - count, int(known.end) - 1, words)
    if count := small_number(match["b1"] or match["b2"] or match["b3"] or ""):
        return _back(count, clock, known, words)
    if match["whole"]:
        end = _last(known, clock)[:4]
        return one_year(int(end)) if end else Period("year")
    if match["one"]:
        return one_year(clock.reviewed) if clock.reviewed else Period("year")
    if match["sofar"]:
        return _so_far(clock, words)
    if match["mean"] or match["each"]:
        over = known if known.kind in ("span", "cumulative") else above
        if over.kind in ("span", "cumulative"):
            return replace(over, kind="span", words=words)
        return Period("span", "", "", words) if match["mean"] else None
    if match["term"]:
        return Period("cumulative", "", _last(known, clock), words)
    return _part(match, clock, known, words)


def _event(match: re.Match[str]) -> str:
    """Return the year since which something lasts."""
    if match["congress"]:  # every five years; the twelfth was in 1982
        return str(1982 + 5 * (small_number(match["congress"]) - 12))
    return str(_SINCE[match["meeting"] or match["event"]])


def _last(known: Period, clock: Clock) -> str:
    return known.end or (str(clock.reviewed) if clock.reviewed else "")


def _back(count: int, clock: Clock, known: Period, words: str) -> Period:
    """Return ``count`` years up to the end of what is spoken of."""
    if known.kind == "span" and known.start and len(known.start) == 4:
        first, last = int(known.start), int(known.end[:4])
        past = words.startswith(("这", "过", "刚", "近", "最")) or words.endswith("来")
        over = not clock.reviewed or last <= clock.reviewed
        if last - first + 1 == count and (over or not past):
            return Period("span", known.start, known.end, words)
    if not clock.reviewed:
        return Period("span", "", "", words)
    return years(clock.reviewed - count + 1, clock.reviewed, words)


def _so_far(clock: Clock, words: str) -> Period:
    """Return the period of 今年以来: up to the month of the report, or the year when it is over."""
    if not clock.this:
        return Period("part", "", "", words)
    if clock.this == clock.reviewed and not clock.month:
        return one_year(clock.this, words)
    end = f"{clock.this}-{clock.month:02}" if clock.month else ""
    return Period("part", f"{clock.this}-01", end, words)


def _part(match: re.Match[str], clock: Clock, known: Period, words: str) -> Period | None:
    """Return the period of a part of a year, or of its end or beginning."""
    year = known.end[:4] or (str(clock.reviewed) if clock.reviewed else "")
    if match["ends"]:
        return Period("until", "", f"{year}-12" if year else "", words)
    if match["begins"]:
        return Period("until", "", f"{year}-01" if year else "", words)
    first, last = 1, 12
    if match["half1"]:
        last = 6
    elif match["half2"]:
        first = 7
    elif match["q1"]:
        last = 3 * _QUARTERS[match["q1"]]
    elif match["q"]:
        last = 3 * _QUARTERS[match["q"]]
        first = last - 2
    elif match["months"]:
        last = small_number(match["months"])
    else:
        return None
    if not year:
        return Period("part", "", "", words)
    return Period("part", f"{year}-{first:02}", f"{year}-{last:02}", words)
