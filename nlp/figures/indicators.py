"""Find the indicator of a number: the noun phrase before or behind it, without its modifiers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import attrgetter

from ..text.normalize import squeeze
from ..vocabulary import WordLists
from .mentions import Found, Line
from .periods import Date
from .quantities import physical_unit
from .relations import is_threshold, taken
from .words import (
    ATTRIBUTE,
    EDGES,
    SHORTEST,
    attributes,
    complete,
    done_so_often,
    done_verbs,
    each_has,
    elided_objects,
    giving_verbs,
    goal_reached,
    light_verbs,
    list_verbs,
    measure_ends,
    offices,
    other_basis,
    outcomes,
    own_subject,
    per_unit,
    phrase_behind,
    predicate_behind,
    predicates,
    rates,
    reaching_behind_subject,
    reaching_verbs,
    spending,
    spent_on,
    stop_words,
    strip,
    summing_adverbs,
    telling_verbs,
    tidy,
    times_between,
    towards,
)

_OBJECT = re.compile("(?<![一二两三四五六七八九十\\d])把(?![关握手控脉门柄])")
"""In front of what something is done to: of 把全年物价涨幅控制在3% it is 物价涨幅."""
_OF_KIND = re.compile(r"(?P<of>[^,;:。是为]{0,12}(?<![作行成因认])为[^,;。是为]{2,14})的$")
"""A count of those that are of a kind: 申请人为自然人的92件."""
_COMPARING = "比较同与由从"
"""In front of a date with which another is compared: 总产值比一九七八年翻了一番."""


def phrase(line: Line, dates: Sequence[Date], left: int, right: int, rate: bool = False) -> str:
    """Return the noun phrase of ``t[left:right]`` without what does not belong to it."""
    t = line.t
    for date in dates[bisect_left(dates, left, key=attrgetter("start")) :]:
        if date.start >= right:
            break
        if left <= date.start and date.end <= right:
            # What stands in front of a date within is the topic: 行政复议案件2020年办理11件.
            head = strip(t, left, date.start)
            tail = strip(t, date.end, right)
            if head[1] - head[0] >= SHORTEST and not _is_noun(t, *tail):
                right = date.start - (t[date.start - 1] in _COMPARING)
            else:
                left = date.end
    left = max(left, t.rfind("》", left, right - SHORTEST) + 1)
    if t.find("把", left, right) >= 0:
        for marker in _OBJECT.finditer(t, left, right - SHORTEST):
            left = marker.end()
    if not rate and t[right - 1] == "的" and (kind := _OF_KIND.search(t, left, right)):
        return tidy(line.words(strip(t, left, kind.end("of"))[0], kind.end("of")).lstrip("为"))
    a, b = strip(t, left, right, rate)
    if a >= b:
        return ""
    if not (rate and rates().search(t, a, b)) and not per_unit().search(t, a, b):
        a = _without_subject(t, a, b)
    a, b = strip(t, a, b, rate)
    if b - a < 1 or (b - a == 1 and not t[a].isalnum()):
        return ""
    return tidy(line.words(a, b))


def _is_noun(t: str, a: int, b: int) -> bool:
    verb = light_verbs().match(t, a, b) or telling_verbs().match(t, a, b)
    return b - a >= SHORTEST and not (verb and verb.end() == b)


def _without_subject(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in 法律顾问共审核文件 it is 审核文件."""
    for between in (summing_adverbs(), times_between()):
        last = next(reversed(list(between.finditer(t, a, b))), None)
        if last and _is_noun(t, *strip(t, last.end(), b)):
            a = last.end()
    if office := offices().search(t, a, b):
        a = office.end() if b - office.end() > SHORTEST else a
    if preposition := towards().match(t, a, b):
        a = _done_to(t, preposition.end(), b)
    quotes, counted = 0, a
    for strong in predicates().finditer(t, a, b):
        quotes += t.count('"', counted, strong.start())
        counted = strong.start()
        if counted > a and b - strong.end() >= SHORTEST and quotes % 2 == 0:
            return counted
    return a


def _done_to(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in (对)执法单位抽查案卷 it is 抽查案卷."""
    verbs = [
        m.start() for m in done_verbs().finditer(t, a + SHORTEST, b) if b - m.end() >= SHORTEST
    ]
    return verbs[-1] if verbs else a


_ATTRIBUTED = re.compile(rf".{{1,6}}?[{ATTRIBUTE}](.{{2,}})")


def verb_before(line: Line, left: int, right: int) -> str:
    """Return the telling verb that is all the words before a number (聘请3名律师), or ``""``."""
    start, end = strip(line.t, left, right)
    verb = telling_verbs().match(line.t, start, end)
    return line.words(start, end).rstrip("了") if verb and verb.end() == end else ""


_SHARE = re.compile(
    r"占(?![用地有领道])(?!比(?!重))(?P<of>[^,;。:占]{0,24}?)(?:的)?(?P<word>比重|比例|份额|比)?(?:首次|已|也|均|仍|约|继续)?(?:(?:稳定|保持|维持|控制)在|达到?|为|约|高达|超过?|由|从|[提上下升降增减][高升降加少]?[到至])?$"
)
_PLANNED = re.compile(
    r"(?:为|是|相当于|达到?)(?P<of>[^,;。:占为]{0,12}(?:计划|预算|目标|任务)数?)的$"
)
_SHARES = ("占比", "比重", "比例")
_RATED = re.compile(r"[^,;:。、]{1,200}?(?:率|比例|比重|占比)(?:为|是|均为|达到?)?")
_EDGE = re.compile("[,;:。]")
_BARE = re.compile(r"[,、;:(]*(?:其中)?[,:]?(?:和|及|与|并)?")
_DONE = re.compile(r"(?:依法|目前|现已?|全部|均?已经?|均)*")
_NEAR = 200
"""Numbers in front of one among which that is looked for whose words are its own, too."""
_LONGEST_CLAUSE = 500
"""Characters in front of a number in which its clause is looked for."""
_OF_PEOPLE = ("人", "名", "位", "户", "人次")


def name_all(
    line: Line,
    founds: Sequence[Found],
    dates: Sequence[Date],
    lefts: dict[int, int],
    rights: Mapping[int, int],
) -> None:
    """Set the indicator of every number of ``line``.

    Args:
        line: the sentence.
        founds: its numbers but the dates, ascending.
        dates: its dates.
        lefts: for the start of each number where its own words can begin.
        rights: for the start of a number where its own words end, when words of change follow.
    """
    previous: Found | None = None
    for i, found in enumerate(founds):
        following = founds[i + 1] if i + 1 < len(founds) else None
        left, right = lefts[found.start], rights.get(found.start, found.start)
        earlier = founds[max(0, i - _NEAR) : i]
        found.name, end = _name(line, found, dates, left, right, following, earlier)
        if following and lefts[following.start] < end < following.start:
            own = found.end if _is_rate(line, found, following) else end
            lefts[following.start] = max(own, lefts[following.start])
        if len(found.numbers) > 2:
            found.name = _structure(line, found.start) or found.name
        elif attributes().fullmatch(found.name):
            found.name = _topic(line, found, earlier) + found.name
        elif previous and (name := complete(found.name, previous.name)):
            found.name = name
        elif previous and found.name:
            found.name = _shared_verb(line, found, previous, left) + found.name
        if not found.name and found.role == "from":
            found.name = _clause_before(line, dates, left, previous)
        if not found.name and (base := _base(found, earlier)):
            summed = "累计" in line.t[left : found.start] and found.unit == base.unit
            found.name = _without_verb(base.name) if summed else base.name
            found.base = None if other_basis().search(line.t, left, found.start) else base
        elif not found.name:
            clause = _clause_before(line, dates, left, previous)
            found.name = clause if found.role or not stop_words().search(clause) else ""
        if previous and (name := _above(line, found, previous, lefts)):
            found.name = name
        previous = found
    for found, following in reversed(list(pairwise(founds))):
        if found.end == following.digits:  # 12大类808项政务服务事项
            found.name = following.name
        elif found.name[-1:] in ATTRIBUTE and line.t[following.digits - 1] in "、和":
            noun = _ATTRIBUTED.fullmatch(following.name)  # 6个国家级、20个省级重点专科
            found.name += noun[1] if noun and line.t[following.end - 1] == "个" else ""


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
    limit = len(t) if next_start is None else next_start
    alone = t[found.end : found.end + 1] in EDGES + "、"  # nothing is behind
    verb = "" if alone else verb_before(line, left, right)
    behind = (
        None
        if alone
        else phrase_behind(t, found.end, next_start, found.unit in _OF_PEOPLE, bool(verb))
    )
    bare = _BARE.match(t, left, right)
    if bare and not behind and outcomes().fullmatch(t, bare.end(), right):
        return tidy(line.words(_DONE.match(t, bare.end(), right).end(), right)), 0  # type: ignore[union-attr]
    if bare and bare.end() == right and previous and not behind:
        state = outcomes().match(t, found.end)
        if state and _EDGE.match(t, state.end()):
            return line.words(*state.span()), 0
    if (
        not behind
        and previous
        and not found.role
        and (name := _elided(line, left, right, found, earlier))
    ):
        return name, 0
    if share := _SHARE.search(t, left, right):
        found.share = True
        return _share_name(line, share, dates, left, previous), 0
    relative = found.unit in ("%", "‰") or found.kind == "ratio"
    if found.unit == "%" and t[right - 1] == "的" and (share := _PLANNED.search(t, left, right)):
        return _share_name(line, share, dates, left, previous), 0
    if relative and (goal := goal_reached().search(t, left, right)):
        subject = phrase(line, dates, left, goal.start()) or (previous.name if previous else "")
        return subject + line.words(goal.start("verb"), goal.end("of")), 0
    before = phrase(line, dates, left, right, rate=relative or found.kind == "change")
    if spent := _spent_on(line, found, before, limit):
        return spent, limit
    if previous and bare and t.startswith(_SHARES, bare.end(), right):
        return (previous.name if previous.share else f"{previous.name}占比"), 0
    if found.role in ("change", "from", "to") or found.kind in ("rank", "change"):
        return before, 0
    if (
        relative
        and not before
        and (predicate := predicate_behind().match(t, found.end, next_start or len(t)))
    ):
        return _of_those(line, *predicate.span("what")), 0
    if behind and not verb and found.kind == "money" and (given := giving_verbs().search(before)):
        return tidy(given[0].rstrip("了") + line.words(*behind)), behind[1]
    if behind and not verb and (reached := reaching_behind_subject().search(before)):
        start = 0 if relative else reached.start()
        return tidy(before[start:] + line.words(*behind)), behind[1]
    if behind and (not before or not _measured(found) or before == verb):
        if before == "每":  # 每10万人刑事案件数
            return tidy(before + line.words(found.digits, behind[1])), behind[1]
        per_each = _AT_LEAST.sub("", before) if per_unit().match(before) else ""
        return tidy((per_each or verb) + line.words(*behind)), behind[1]
    if not before and not behind and found.unit == "次":
        done = done_so_often().match(t, found.end, next_start or len(t))
        return (line.words(*done.span()), 0) if done else ("", 0)
    return before, 0


def _elided(line: Line, left: int, right: int, found: Found, earlier: Sequence[Found]) -> str:
    """Return the name of a verb whose object was said before: 征集意见312条,采纳87条."""
    t = line.t
    start = _BARE.match(t, left, right)
    begin = start.end() if start else left
    base: Found | None = earlier[-1]
    match = reaching_verbs().fullmatch(t, begin, right)
    if not match:
        match = elided_objects().fullmatch(t, begin, right)
        if not match or "其中" in t[earlier[-1].end : right]:
            return ""
        mean = earlier[-1] if "均" in match["verb"] else None
        base = next((f for f in reversed(earlier) if f.unit == found.unit), mean)
    if not base or not base.name or base.share or found.unit == "%":
        return ""
    if base.role == "change" and "均" not in match["verb"]:
        return ""
    if outcomes().fullmatch(base.name) and not taken().match(base.name):
        return ""  # 部分公开11件、不予公开9件
    whole = base.name.partition("·")[0]
    whole = _without_verb(whole) if "累计" in t[begin:right] else whole
    return f"{whole}·{line.words(*match.span('verb'))}"


def _base(found: Found, earlier: Sequence[Found]) -> Found | None:
    """Return the number in front whose words are also those of ``found``, which has none."""
    if found.unit == "个百分点" and earlier and earlier[-1].unit in ("%", "‰"):
        return earlier[-1]
    if found.kind == "rank" and earlier and earlier[-1].name:
        return earlier[-1]
    for other in reversed(earlier):
        if found.role != "change" and found.kind != "rank":
            return other
        level = other.role != "change" and other.kind in ("quantity", "money", "percent", "ratio")
        relative = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "rank"
        if level and not other.share and (relative or other.unit == found.unit):
            return other
    return next((other for other in reversed(earlier) if other.name and not other.share), None)


_AT_LEAST = re.compile("至少|拥?有$")
"""What is left out of a name such as 每村至少配备 in front of 1名法律顾问."""
_VERB_DONE = re.compile("(?P<verb>..)了")


def _of_those(line: Line, start: int, end: int) -> str:
    """Return the name of the share of those that do something: 建成司法所的乡镇占比."""
    verb = _VERB_DONE.search(line.t, start + SHORTEST - 1, end) or stop_words().search(
        line.t, start + 1, end
    )
    if not verb or end - verb.start() <= SHORTEST:
        return tidy(line.words(start, end))
    done = line.words(verb.start(), end).replace("了", "", 1)
    return f"{done}的{tidy(line.words(start, verb.start()))}占比"


def _above(line: Line, found: Found, previous: Found, lefts: Mapping[int, int]) -> str:
    """Return the name of those that reach a threshold: 投资500万元以上项目 of 45个."""
    gap = line.t[previous.end : found.start].removeprefix("的")
    if (
        is_threshold(previous)
        and found.kind == "quantity"
        and 0 < len(gap) <= 12
        and not stop_words().search(gap)
        and not _measured(found)
    ):
        start, _ = strip(line.t, lefts[previous.start], previous.digits)
        return tidy(line.words(start, found.start))
    return ""


def _spent_on(line: Line, found: Found, before: str, limit: int) -> str:
    """Return what money was spent on, and the word for it: 投资480万元实施了整治项目."""
    if found.kind != "money" or not spending().fullmatch(before):
        return ""
    what = spent_on().match(line.t, found.end, limit)
    return tidy(line.words(*what.span("what"))) + before if what else ""


_STRUCTURE = re.compile(r"([^,;:。]{2,12}(?:结构|比重|比例|之比))[^;。]*$")


def _structure(line: Line, end: int) -> str:
    """Return the name of shares such as 18.4:36.9:44.7, which may be a clause in front."""
    named = _STRUCTURE.search(line.t, max(0, end - 40), end)
    return line.words(*strip(line.t, *named.span(1))) if named else ""


def _topic(line: Line, found: Found, earlier: Sequence[Found]) -> str:
    """Return of what a noun such as 总产量 or 增速 is said: what the number in front is of.

    In 全长12公里的东河大桥 it is said of what stands behind.
    """
    right_behind = line.t.endswith(found.name, 0, found.start)
    if right_behind and line.t[found.end : found.end + 1] == "的":
        behind = phrase_behind(line.t, found.end, None, people=False)
        counted = behind and line.t[behind[0]] in "一二两三四五六七八九十"
        return line.words(*behind) if behind and not counted else ""
    if not earlier:
        return ""
    about = next((f for f in reversed(earlier) if f.unit not in _OF_PEOPLE), earlier[-1])
    if about.role == "change" and about.base:
        about = about.base
    if (
        not about.name
        or attributes().fullmatch(about.name)
        or about.share
        or about.whole
        or "·" in about.name
    ):
        return ""
    if found.name[0] in "增涨降位排":
        return about.name
    topic = measure_ends().sub("", about.name)
    if about.kind == "percent" and topic == about.name:
        return ""
    return _without_verb(topic)


def _without_verb(name: str) -> str:
    """Return ``name`` without the verb of what is new: of 新建绿道 all there are is 绿道."""
    verb = list_verbs().match(name)
    return name[verb.end() :] if verb and len(name) - verb.end() >= SHORTEST else name


def _shared_verb(line: Line, found: Found, previous: Found, left: int) -> str:
    """Return the verb that a list shares: of 新建公路5公里、铁路3公里 that of 铁路 is 新建."""
    gap = line.t[previous.end : found.start]
    verb = list_verbs().match(previous.name) or each_has().match(previous.name)
    if (
        verb
        and (found.unit == previous.unit or (gap[:1] == "、" and _counted(found, previous)))
        and found.kind in ("quantity", "money")
        and not found.role
        and not previous.role
        and gap[:1] in ("、", ",", "和")
        and line.words(left, found.start) == found.name
        and not telling_verbs().match(found.name)
        and not elided_objects().fullmatch(found.name)
        and not outcomes().fullmatch(found.name)
        and "·" not in found.name
        and not own_subject().match(found.name)
    ):
        return verb[0]
    return ""


def _counted(found: Found, other: Found) -> bool:
    """Say whether both are counts, such as 辆 and 人 in 出动消防车9辆、消防员45人."""
    return found.kind == other.kind == "quantity" and not (_measured(found) or _measured(other))


def _clause_before(line: Line, dates: Sequence[Date], left: int, previous: Found | None) -> str:
    """Return the words of the clause in front of the one that begins at ``left``.

    None of a clause with a number of its own, whose words name that.
    """
    end = max(0, left - 1)
    near = max(0, end - _LONGEST_CLAUSE)
    start = max(line.t.rfind(edge, near, end) for edge in EDGES) + 1
    if previous and previous.end > start:
        return ""
    return phrase(line, dates, max(start, near), end)


def _is_rate(line: Line, found: Found, following: Found) -> bool:
    """Say whether the words between two numbers name a rate: 11个断面水质达标率为100%."""
    said = (line.t, found.end, following.start)
    return (
        following.unit == "%" and bool(_RATED.fullmatch(*said)) and not predicates().search(*said)
    )


def _measured(found: Found) -> bool:
    relative = found.kind in ("percent", "change", "rank") or found.unit in ("%", "‰")
    return relative or bool(physical_unit().fullmatch(found.unit.partition("/")[0]))


def _share_name(
    line: Line, share: re.Match[str], dates: Sequence[Date], left: int, previous: Found | None
) -> str:
    """Return the name of a share: of 占历史拖欠的98.6% it is …占历史拖欠比重."""
    subject = phrase(line, dates, left, share.start())
    if not subject and previous:
        subject = previous.name
    of = line.words(share.start("of"), share.end("of"))
    return f"{subject}占{of}比重" if of else f"{subject}占比"


_SAME = WordLists("same-indicator", "scope total count moved")


@cache
def _scopes() -> re.Pattern[str]:
    return re.compile(rf"^{_SAME.pattern('scope')}+(?=..)")


@cache
def _total() -> re.Pattern[str]:
    return re.compile(rf"总(?={_SAME.pattern('total')})")


@cache
def _count() -> re.Pattern[str]:
    return re.compile(rf"(?<=..)(?:的?{_SAME.pattern('count')}|(?<=产)量)$")


@cache
def _moved() -> re.Pattern[str]:
    return re.compile(_SAME.pattern("moved"))


@lru_cache(maxsize=1 << 14)
def indicator_key(name: str) -> str:
    """Return what near-identical names of one indicator have in common.

    Left out are scopes (全省), 总 in front of a measure, and a count at the end (人数); words such
    as 新增 go to the front. So 城镇新增就业, 全省新增城镇就业 and 城镇新增就业人数 have one key, as
    have 粮食产量, 粮食总产量 and 粮食总产. Names that differ in a noun have two.
    """
    return "·".join(map(_key, squeeze(name).split("·")))


def is_called(indicator: str, wanted: str) -> bool:
    """Say whether ``indicator`` holds the words ``wanted``, or is the same by its key."""
    asked = squeeze(wanted)
    return asked in squeeze(indicator) or indicator_key(wanted) == indicator_key(indicator)


def _key(part: str) -> str:
    core = _count().sub("", _total().sub("", _scopes().sub("", part)))
    moved = sorted(_moved().findall(core))
    noun = _moved().sub("", core)
    return "".join(moved) + noun if noun else core
