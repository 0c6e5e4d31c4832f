"""What a number is the number of: the noun phrase in front of it or behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .dates import Date
from .found import Found
from .line import Line
from .units import PHYSICAL
from .words import (
    HEADS,
    LEAD,
    LIGHT,
    NOT_LEAD,
    PEOPLE,
    RATE,
    STATE,
    STOP,
    STRONG,
    SUMMED,
    TAIL,
    TELLING,
)

_SHARE = re.compile(
    r"占(?!比(?!重))(?P<of>[^,;。:占]{0,24}?)(?:的)?(?P<word>比重|比例|份额|比)?(?:达到?|为|约|高达|超过?)?$"
)
_EDGE = re.compile("[,;:。]")
_PER = re.compile(r"每|人均|户均|亩均|千人|万人")
_CLOSED = re.compile(r"(?<![档方预草提备立图答教法个病结办破报发定])(?<![^复]议)案$")
_BARE = re.compile(r"[,、;:(]*(?:其中)?[,:]?(?:和|及|与|并)?")
_DONE = re.compile(r"(?:依法|目前|现已?|全部|均?已经?|均)*")
_LISTED = re.compile(
    r"新增|新建|改建|新改建|改造|打掉|抓获|查处|破获|培育|引进|建成|新登记|净增|认定|取缔"
    r"|关停|聘请|修订|制定|废止|公开|发放|审核|清理|培训|受理|办结|化解|排查|检查|组建"
    r"|设立|选派|配备|减免|投入|争取"
)
"""Verbs that hold for the whole of a list."""
_SUBJECT = re.compile(r"其中|总|全|人均|刑事|行政拘留|移送|正在|在办|尚|已|未|部门|累计")
_SHORTEST = 2
_OF_PEOPLE = ("人", "名", "位", "户", "人次")


def name_all(
    line: Line, founds: Sequence[Found], dates: Sequence[Date], lefts: dict[int, int]
) -> None:
    """Give every number of ``line`` its words.

    Args:
        line: the sentence.
        founds: its numbers but the dates, ascending.
        dates: its dates.
        lefts: for the start of each number where its own words can begin.
    """
    previous: Found | None = None
    for i, found in enumerate(founds):
        following = founds[i + 1] if i + 1 < len(founds) else None
        left, right = lefts[found.start], lefts.get(-found.start - 1, found.start)
        found.name, end = _name(line, found, dates, left, right, following, previous)
        if following and lefts[following.start] < end < following.start:
            lefts[following.start] = end
        if previous and found.name:
            found.name = _shared_verb(line, found, previous, left) + found.name
        if not found.name and (base := _base(found, founds[:i])):
            found.base, found.name = base, base.name
        elif not found.name and found.role == "change":
            found.name = _clause_before(line, dates, left)
        previous = found
    for found, following in reversed(list(pairwise(founds))):
        if found.end == following.digits:  # 12大类808项政务服务事项
            found.name = following.name


def _name(
    line: Line,
    found: Found,
    dates: Sequence[Date],
    left: int,
    right: int,
    following: Found | None,
    previous: Found | None,
) -> tuple[str, int]:
    """Return the words of ``found``, and where those behind it end (0: they are in front)."""
    t = line.t
    behind = _phrase_behind(t, found.end, following, found.unit in _OF_PEOPLE)
    bare = _BARE.match(t, left, right)
    if bare and not behind and STATE.fullmatch(t, bare.end(), right):
        return _tidy(line.words(_DONE.match(t, bare.end(), right).end(), right)), 0  # type: ignore[union-attr]
    if share := _SHARE.search(t, left, right):
        found.share = True
        return _share_name(line, share, dates, left, previous), 0
    before = _phrase(line, dates, left, right, rate=found.kind in ("percent", "change"))
    if found.role in ("change", "to") or found.kind in ("rank", "change"):
        return before, 0
    verb = _verb_before(t, left, right)
    if behind and (not before or not _measured(found) or before == verb):
        return _tidy(verb + line.words(*behind)), behind[1]
    return before, 0


def _base(found: Found, earlier: Sequence[Found]) -> Found | None:
    """Return the number in front whose words are also those of ``found``, which has none."""
    for other in reversed(earlier):
        if found.role != "change" and found.kind != "rank":
            return other
        level = other.role != "change" and other.kind in ("quantity", "money", "percent", "ratio")
        relative = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "rank"
        if level and not other.share and (relative or other.unit == found.unit):
            return other
    named = [other for other in earlier if other.name and not other.share]
    return named[-1] if named else None


def _shared_verb(line: Line, found: Found, previous: Found, left: int) -> str:
    """Return the verb that a list shares: of 新建公路5公里、铁路3公里 that of 铁路 is 新建."""
    gap = line.t[previous.end : found.start]
    verb = _LISTED.match(previous.name)
    if (
        verb
        and found.unit == previous.unit
        and found.kind in ("quantity", "money")
        and not found.role
        and not previous.role
        and gap[:1] in ("、", ",", "和")
        and line.words(left, found.start) == found.name
        and not TELLING.match(found.name)
        and not _SUBJECT.match(found.name)
    ):
        return verb[0]
    return ""


def _clause_before(line: Line, dates: Sequence[Date], left: int) -> str:
    """Return the words of the clause in front of the one that begins at ``left``."""
    edges = [m.start() for m in _EDGE.finditer(line.t, 0, max(0, left - 1))]
    return _phrase(line, dates, edges[-1] + 1 if edges else 0, max(0, left - 1))


def _measured(found: Found) -> bool:
    return found.kind in ("percent", "change", "rank") or bool(PHYSICAL.fullmatch(found.unit))


def _share_name(
    line: Line, share: re.Match[str], dates: Sequence[Date], left: int, previous: Found | None
) -> str:
    """Return the name of a share: of 占历史拖欠的98.6% it is …占历史拖欠比重."""
    subject = _phrase(line, dates, left, share.start())
    if not subject and previous:
        subject = previous.name
    of = line.words(share.start("of"), share.end("of"))
    return f"{subject}占{of}比重" if of else f"{subject}占比"


def _phrase(line: Line, dates: Sequence[Date], left: int, right: int, rate: bool = False) -> str:
    """Return the noun phrase of ``t[left:right]`` without what does not belong to it."""
    t = line.t
    for date in dates:
        if left <= date.start and date.end <= right:
            # What stands in front of a date within is the topic: 行政复议案件2020年办理11件.
            head = _strip(t, left, date.start)
            tail = _strip(t, date.end, right)
            if head[1] - head[0] >= _SHORTEST and not _is_noun(t, *tail):
                right = date.start
            else:
                left = date.end
    a, b = _strip(t, left, right)
    if a >= b:
        return ""
    if not (rate and RATE.search(t, a, b)) and not _PER.search(t, a, b):
        a = _without_subject(t, a, b)
    a, b = _strip(t, a, b)
    if b - a < 1 or (b - a == 1 and not t[a].isalnum()):
        return ""
    return _tidy(line.words(a, b))


def _is_noun(t: str, a: int, b: int) -> bool:
    verb = LIGHT.match(t, a, b) or TELLING.match(t, a, b)
    return b - a >= _SHORTEST and not (verb and verb.end() == b)


def _strip(t: str, a: int, b: int) -> tuple[int, int]:
    """Return the span without times, scopes, adverbs and light verbs at its ends."""
    while a < b and (tail := TAIL.search(t, a, b)):
        if tail.start() == tail.end():
            break
        b = tail.start()
    while a < b:
        if NOT_LEAD.match(t, a, b):
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
    summed = next(reversed(list(SUMMED.finditer(t, a, b))), None)
    if summed and _is_noun(t, *_strip(t, summed.end(), b)):
        a = summed.end()
    for strong in STRONG.finditer(t, a, b):
        if (
            strong.start() > a
            and b - strong.end() >= _SHORTEST
            and not _inside_quotes(t, a, strong.start())
        ):
            return strong.start()
    return a


def _inside_quotes(t: str, a: int, b: int) -> bool:
    return t.count('"', a, b) % 2 == 1


def _phrase_behind(
    t: str, start: int, following: Found | None, people: bool
) -> tuple[int, int] | None:
    """Return the span of the noun phrase right behind a number, ``None`` when none is there."""
    if t[start : start + 1] == "的":
        start += 1
    end = len(t)
    if following:
        end = min(end, following.start)
    stop = STOP.search(t, start, end)
    limit = stop.start() if stop else end
    quote = t.count('"', start, limit)
    if quote % 2:
        limit = t.rfind('"', start, limit)
    if head := (PEOPLE if people else HEADS).match(t, start, limit):
        limit = head.end()
    if bracket := _bracketed(t, start, end, limit):
        limit = bracket
    if following and limit == following.start and limit - start > 8:
        return None
    telling = TELLING.match(t, start, limit)
    if (
        telling
        and not following
        and telling.end() - start >= 2
        and limit - start <= telling.end() - start
    ):
        return None
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


def _verb_before(t: str, left: int, right: int) -> str:
    """Return the telling verb that is all the words before a number (聘请3名律师), or ``""``."""
    start, end = _strip(t, left, right)
    verb = TELLING.match(t, start, end)
    return verb[0].rstrip("了") if verb and verb.end() == end else ""


def _tidy(name: str) -> str:
    """Return ``name`` as the table shows it: no loose mark at its ends, 复议案 as 复议案件."""
    name = name.strip("、，,:：;；·的").lstrip("和与及")
    for opening, closing in ("()", "（）", "“”", '""'):
        if name.count(opening) != name.count(closing):
            name = name.strip(opening + closing)
    return name + "件" if _CLOSED.search(name) and len(name) > 2 else name
