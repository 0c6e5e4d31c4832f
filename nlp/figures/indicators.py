"""What a number is the number of: the noun phrase in front of it or behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .dates import Date
from .found import Found
from .line import Line
from .phrases import phrase, phrase_behind, tidy, verb_before
from .units import PHYSICAL
from .words import ELIDED, GIVEN, REAL, STATE, STOP, STRONG, TELLING, TOUCHED

_SHARE = re.compile(
    r"占(?!比(?!重))(?P<of>[^,;。:占]{0,24}?)(?:的)?(?P<word>比重|比例|份额|比)?(?:达到?|为|约|高达|超过?|由|从|[提上下升降增减][高升降加少]?[到至])?$"
)
_FULFILLED = re.compile(
    r"(?P<verb>完成|达到|实现)了?(?P<of>[^,;。:]{0,16}?(?:目标|任务|计划|预算|指标|预期)(?:任务|数|值)?)的?$"
)
_SHARES = ("占比", "比重", "比例")
_RATED = re.compile(r"[^,;:。、]{1,200}?(?:率|比例|比重|占比)(?:为|是|均为|达到?)?")
_PREDICATE = re.compile(
    r"的(?P<what>(?!速度|增[速幅长]|[幅额税]|比[例重]|利率|标准|概率|水平|份额)[^,;:。!?、]{4,18})(?=[,;。!?])"
)
"""What a share of something does: 三分之二的乡镇建成司法所."""
_EDGE = re.compile("[,;:。]")
_BARE = re.compile(r"[,、;:(]*(?:其中)?[,:]?(?:和|及|与|并)?")
_DONE = re.compile(r"(?:依法|目前|现已?|全部|均?已经?|均)*")
_LISTED = re.compile(
    r"新增|新建|改建|新改建|改造|打掉|抓获|查处|破获|培育|引进|建成|新登记|净增|认定|取缔"
    r"|关停|聘请|修订|制定|废止|公开|发放|审核|清理|培训|受理|办结|化解|排查|检查|组建"
    r"|设立|选派|配备|减免|投入|争取"
)
"""Verbs that hold for the whole of a list."""
_SUBJECT = re.compile(r"其中|总|全|人均|刑事|行政拘留|移送|正在|在办|尚|已|未|部门|累计")
_EDGES = ",;:。"
_NEAR = 200
"""Numbers in front of one among which that is looked for whose words are its own, too."""
_LONGEST_CLAUSE = 500
"""Characters in front of a number in which its clause is looked for."""
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
        earlier = founds[max(0, i - _NEAR) : i]
        found.name, end = _name(line, found, dates, left, right, following, earlier)
        if following and lefts[following.start] < end < following.start:
            own = found.end if _is_rate(line, found, following) else end
            lefts[following.start] = max(own, lefts[following.start])
        if previous and found.name:
            found.name = _shared_verb(line, found, previous, left) + found.name
        if not found.name and found.role == "from":
            found.name = _clause_before(line, dates, left)
        if not found.name and (base := _base(found, earlier)):
            found.name = base.name
            found.base = None if REAL.search(line.t, left, found.start) else base
        elif not found.name:
            clause = _clause_before(line, dates, left)
            found.name = clause if found.role or not STOP.search(clause) else ""
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
    earlier: Sequence[Found],
) -> tuple[str, int]:
    """Return the words of ``found``, and where those behind it end (0: they are in front)."""
    t = line.t
    previous = earlier[-1] if earlier else None
    next_start = following.start if following else None
    behind = phrase_behind(t, found.end, next_start, found.unit in _OF_PEOPLE)
    bare = _BARE.match(t, left, right)
    if bare and not behind and STATE.fullmatch(t, bare.end(), right):
        return tidy(line.words(_DONE.match(t, bare.end(), right).end(), right)), 0  # type: ignore[union-attr]
    if bare and bare.end() == right and previous and not behind:
        state = STATE.match(t, found.end)
        if state and _EDGE.match(t, state.end()):
            return line.words(*state.span()), 0
    if not behind and previous and (name := _elided(line, left, right, found, earlier)):
        return name, 0
    if share := _SHARE.search(t, left, right):
        found.share = True
        return _share_name(line, share, dates, left, previous), 0
    relative = found.unit in ("%", "‰") or found.kind == "ratio"
    if relative and (goal := _FULFILLED.search(t, left, right)):
        subject = phrase(line, dates, left, goal.start()) or (previous.name if previous else "")
        return subject + line.words(goal.start("verb"), goal.end("of")), 0
    before = phrase(line, dates, left, right, rate=relative or found.kind == "change")
    if previous and bare and t.startswith(_SHARES, bare.end(), right):
        return f"{previous.name}占比", 0
    if found.role in ("change", "from", "to") or found.kind in ("rank", "change"):
        return before, 0
    if (
        relative
        and not before
        and (predicate := _PREDICATE.match(t, found.end, next_start or len(t)))
    ):
        return tidy(line.words(*predicate.span("what"))), 0
    verb = verb_before(line, left, right)
    if behind and not verb and found.kind == "money" and (given := GIVEN.search(before)):
        return tidy(given[0].rstrip("了") + line.words(*behind)), behind[1]
    if behind and (not before or not _measured(found) or before == verb):
        return tidy(verb + line.words(*behind)), behind[1]
    return before, 0


def _elided(line: Line, left: int, right: int, found: Found, earlier: Sequence[Found]) -> str:
    """Return the name of a verb whose object was said before: 征集意见312条,采纳87条."""
    t = line.t
    start = _BARE.match(t, left, right)
    begin = start.end() if start else left
    base: Found | None = earlier[-1]
    match = TOUCHED.fullmatch(t, begin, right)
    if not match:
        match = ELIDED.fullmatch(t, begin, right)
        if not match or "其中" in t[earlier[-1].end : right]:
            return ""
        base = next((f for f in reversed(earlier) if f.unit == found.unit), None)
    if not base or not base.name or base.role == "change" or base.share or found.unit == "%":
        return ""
    return f"{base.name.partition('·')[0]}·{line.words(*match.span('verb'))}"


def _base(found: Found, earlier: Sequence[Found]) -> Found | None:
    """Return the number in front whose words are also those of ``found``, which has none."""
    for other in reversed(earlier):
        if found.role != "change" and found.kind != "rank":
            return other
        level = other.role != "change" and other.kind in ("quantity", "money", "percent", "ratio")
        relative = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "rank"
        if level and not other.share and (relative or other.unit == found.unit):
            return other
    return next((other for other in reversed(earlier) if other.name and not other.share), None)


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
        and not STATE.fullmatch(found.name)
        and "·" not in found.name
        and not _SUBJECT.match(found.name)
    ):
        return verb[0]
    return ""


def _clause_before(line: Line, dates: Sequence[Date], left: int) -> str:
    """Return the words of the clause in front of the one that begins at ``left``."""
    end = max(0, left - 1)
    near = max(0, end - _LONGEST_CLAUSE)
    start = max(line.t.rfind(edge, near, end) for edge in _EDGES) + 1
    return phrase(line, dates, max(start, near), end)


def _is_rate(line: Line, found: Found, following: Found) -> bool:
    """Say whether the words between two numbers name a rate: 11个断面水质达标率为100%."""
    said = (line.t, found.end, following.start)
    return following.unit == "%" and bool(_RATED.fullmatch(*said)) and not STRONG.search(*said)


def _measured(found: Found) -> bool:
    relative = found.kind in ("percent", "change", "rank") or found.unit in ("%", "‰")
    return relative or bool(PHYSICAL.fullmatch(found.unit))


def _share_name(
    line: Line, share: re.Match[str], dates: Sequence[Date], left: int, previous: Found | None
) -> str:
    """Return the name of a share: of 占历史拖欠的98.6% it is …占历史拖欠比重."""
    subject = phrase(line, dates, left, share.start())
    if not subject and previous:
        subject = previous.name
    of = line.words(share.start("of"), share.end("of"))
    return f"{subject}占{of}比重" if of else f"{subject}占比"
