"""The noun phrase in front of a number or behind it, without what does not belong to it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from .dates import Date
from .line import Line
from .words import (
    DONE,
    HEADS,
    LEAD,
    LIGHT,
    NOT_LEAD,
    OFFICE,
    PEOPLE,
    RATE,
    STOP,
    STRONG,
    SUMMED,
    TAIL,
    TELLING,
    THROUGH,
    TOWARDS,
)

_PER = re.compile(r"每(?!季度|[年月周天日])|人均|户均|亩均|千人|万人")
_CLOSED = re.compile(r"(?<![积档方预草提备立图答教法个病结办破报发定])(?<![^复]议)案$")
_OF_RATE = re.compile(
    r"(?:联合|及时|主动|依法|集中|统一|首次|直接|有效|成功|实际|平均)[^,;:。]{0,8}(?:率|占比|比例|比重)$"
)
_SHORTEST = 2
_LONGEST_TAIL = 40
"""Characters from the end of a phrase in which what it does not end with is looked for."""


def phrase(line: Line, dates: Sequence[Date], left: int, right: int, rate: bool = False) -> str:
    """Return the noun phrase of ``t[left:right]`` without what does not belong to it."""
    t = line.t
    for date in dates[bisect_left(dates, left, key=attrgetter("start")) :]:
        if date.start >= right:
            break
        if left <= date.start and date.end <= right:
            # What stands in front of a date within is the topic: 行政复议案件2020年办理11件.
            head = _strip(t, left, date.start)
            tail = _strip(t, date.end, right)
            if head[1] - head[0] >= _SHORTEST and not _is_noun(t, *tail):
                right = date.start
            else:
                left = date.end
    left = max(left, t.rfind("》", left, right - _SHORTEST) + 1)
    a, b = _strip(t, left, right, rate)
    if a >= b:
        return ""
    if not (rate and RATE.search(t, a, b)) and not _PER.search(t, a, b):
        a = _without_subject(t, a, b)
    a, b = _strip(t, a, b, rate)
    if b - a < 1 or (b - a == 1 and not t[a].isalnum()):
        return ""
    return tidy(line.words(a, b))


def _is_noun(t: str, a: int, b: int) -> bool:
    verb = LIGHT.match(t, a, b) or TELLING.match(t, a, b)
    return b - a >= _SHORTEST and not (verb and verb.end() == b)


def _strip(t: str, a: int, b: int, rate: bool = False) -> tuple[int, int]:
    """Return the span without times, scopes, adverbs and light verbs at its ends.

    Of a ``rate`` the adverb stays (按时办结率).
    """
    while a < b and (tail := TAIL.search(t, max(a, b - _LONGEST_TAIL), b)):
        if tail.start() == tail.end():
            break
        b = tail.start()
    while a < b:
        if NOT_LEAD.match(t, a, b) or (rate and _OF_RATE.match(t, a, b)):
            break
        lead = LEAD.match(t, a, b)
        if lead and lead.end() > a:
            a = lead.end()
            continue
        light = LIGHT.match(t, a, b)
        if light and light.end() <= b - _SHORTEST:
            a = light.end()
            continue
        if light and light.end() == b:
            a = b
        break
    return a, b


def _without_subject(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in 法律顾问共审核文件 it is 审核文件."""
    for between in (SUMMED, THROUGH):
        last = next(reversed(list(between.finditer(t, a, b))), None)
        if last and _is_noun(t, *_strip(t, last.end(), b)):
            a = last.end()
    if office := OFFICE.search(t, a, b):
        a = office.end() if b - office.end() > _SHORTEST else a
    if towards := TOWARDS.match(t, a, b):
        a = _done_to(t, towards.end(), b)
    quotes, counted = 0, a
    for strong in STRONG.finditer(t, a, b):
        quotes += t.count('"', counted, strong.start())
        counted = strong.start()
        if counted > a and b - strong.end() >= _SHORTEST and quotes % 2 == 0:
            return counted
    return a


def _done_to(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in (对)执法单位抽查案卷 it is 抽查案卷."""
    verbs = [m.start() for m in DONE.finditer(t, a + _SHORTEST, b) if b - m.end() >= _SHORTEST]
    return verbs[-1] if verbs else a


def phrase_behind(
    t: str, start: int, following: int | None, people: bool
) -> tuple[int, int] | None:
    """Return the span of the noun phrase right behind a number, ``None`` when none is there.

    Args:
        t: the text.
        start: where the number ends.
        following: where the next number begins, ``None`` for no other.
        people: whether it counts people.
    """
    if t[start : start + 1] == "的":
        start += 1
    end = len(t) if following is None else following
    stop = STOP.search(t, start, end)
    limit = stop.start() if stop else end
    quote = t.count('"', start, limit)
    if quote % 2:
        limit = t.rfind('"', start, limit)
    if head := (PEOPLE if people else HEADS).match(t, start, limit):
        limit = head.end()
    if bracket := _bracketed(t, start, end, limit):
        limit = bracket
    if limit == following and limit - start > 8:
        return None
    telling = TELLING.match(t, start, limit)
    if (
        telling
        and following is None
        and telling.end() - start >= 2
        and limit - start <= telling.end() - start
    ):
        return None
    if t[limit - 1 : limit + 1] == "中,":  # of 46件案件中,维持30件 it is 案件
        limit -= 1
    if limit - start < _SHORTEST and not (limit - start == 1 and t[start] in "县市区省镇乡村人"):
        return None
    return start, limit


def _bracketed(t: str, start: int, end: int, limit: int) -> int:
    """Return the end of a phrase that goes on behind a short bracket: 镇办(社区)综治中心."""
    if t[limit : limit + 1] != "(" or limit == start:
        return 0
    close = t.find(")", limit, min(end, limit + 8))
    if close < 0 or any(c in t[limit:close] for c in ",;:"):
        return 0
    stop = STOP.search(t, close + 1, end)
    rest = stop.start() if stop else end
    return rest if rest > close + 1 else 0


def verb_before(line: Line, left: int, right: int) -> str:
    """Return the telling verb that is all the words before a number (聘请3名律师), or ``""``."""
    start, end = _strip(line.t, left, right)
    verb = TELLING.match(line.t, start, end)
    return line.words(start, end).rstrip("了") if verb and verb.end() == end else ""


def tidy(name: str) -> str:
    """Return ``name`` as the table shows it: no loose mark at its ends, 复议案 as 复议案件."""
    name = name.strip("、，,:：;；·的").lstrip("和与及")
    for opening, closing in ("()", "（）", "“”", '""'):
        if name.count(opening) != name.count(closing):
            name = name.strip(opening + closing)
    return name + "件" if _CLOSED.search(name) and len(name) > 2 else name
