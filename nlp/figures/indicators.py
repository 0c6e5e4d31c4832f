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
from .relations import complete
from .words import (
    INDICATORS,
    done_verbs,
    elided_objects,
    end_words,
    giving_verbs,
    heads,
    heads_of_people,
    kept_words,
    lead_words,
    light_verbs,
    offices,
    other_basis,
    outcomes,
    predicates,
    rates,
    reaching_verbs,
    stop_words,
    summing_adverbs,
    telling_verbs,
    times_between,
    towards,
)

_OBJECT = re.compile("(?<![一二两三四五六七八九十\\d])把(?![关握手控脉门柄])")
"""In front of what something is done to: of 把全年物价涨幅控制在3% it is 物价涨幅."""
_OF_KIND = re.compile(r"(?P<of>[^,;:。是为]{0,12}(?<![作行成因认])为[^,;。是为]{2,14})的$")
"""A count of those that are of a kind: 申请人为自然人的92件."""
_COMPARING = "比较同与由从"
"""In front of a date with which another is compared: 总产值比一九七八年翻了一番."""
_SHORTEST = 2
_LONGEST_TAIL = 40
"""Characters from the end of a phrase in which what it does not end with is looked for."""


@cache
def _per_unit() -> re.Pattern[str]:
    return re.compile(INDICATORS.pattern("measured-by"))


@cache
def _case() -> re.Pattern[str]:
    return re.compile(rf"{INDICATORS.pattern('case')}$")


@cache
def _rate_with_adverb() -> re.Pattern[str]:
    return re.compile(rf"{INDICATORS.pattern('rate-adverb')}[^,;:。]{{0,8}}(?:率|占比|比例|比重)$")


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
                right = date.start - (t[date.start - 1] in _COMPARING)
            else:
                left = date.end
    left = max(left, t.rfind("》", left, right - _SHORTEST) + 1)
    for marker in _OBJECT.finditer(t, left, right - _SHORTEST):
        left = marker.end()
    if not rate and (kind := _OF_KIND.search(t, left, right)):
        return tidy(line.words(_strip(t, left, kind.end("of"))[0], kind.end("of")))
    a, b = _strip(t, left, right, rate)
    if a >= b:
        return ""
    if not (rate and rates().search(t, a, b)) and not _per_unit().search(t, a, b):
        a = _without_subject(t, a, b)
    a, b = _strip(t, a, b, rate)
    if b - a < 1 or (b - a == 1 and not t[a].isalnum()):
        return ""
    return tidy(line.words(a, b))


def _is_noun(t: str, a: int, b: int) -> bool:
    verb = light_verbs().match(t, a, b) or telling_verbs().match(t, a, b)
    return b - a >= _SHORTEST and not (verb and verb.end() == b)


def _strip(t: str, a: int, b: int, rate: bool = False) -> tuple[int, int]:
    """Return the span without times, scopes, adverbs and light verbs at its ends.

    Of a ``rate`` the adverb stays (按时办结率).
    """
    while a < b and (tail := end_words().search(t, max(a, b - _LONGEST_TAIL), b)):
        if tail.start() == tail.end():
            break
        b = tail.start()
    while a < b:
        if kept_words().match(t, a, b) or (rate and _rate_with_adverb().match(t, a, b)):
            break
        lead = lead_words().match(t, a, b)
        if lead and lead.end() > a:
            a = lead.end()
            continue
        light = light_verbs().match(t, a, b)
        if light and light.end() <= b - _SHORTEST:
            a = light.end()
            continue
        if light and light.end() == b:
            a = b
        break
    return a, b


def _without_subject(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in 法律顾问共审核文件 it is 审核文件."""
    for between in (summing_adverbs(), times_between()):
        last = next(reversed(list(between.finditer(t, a, b))), None)
        if last and _is_noun(t, *_strip(t, last.end(), b)):
            a = last.end()
    if office := offices().search(t, a, b):
        a = office.end() if b - office.end() > _SHORTEST else a
    if preposition := towards().match(t, a, b):
        a = _done_to(t, preposition.end(), b)
    quotes, counted = 0, a
    for strong in predicates().finditer(t, a, b):
        quotes += t.count('"', counted, strong.start())
        counted = strong.start()
        if counted > a and b - strong.end() >= _SHORTEST and quotes % 2 == 0:
            return counted
    return a


def _done_to(t: str, a: int, b: int) -> int:
    """Return where what was done begins: in (对)执法单位抽查案卷 it is 抽查案卷."""
    verbs = [
        m.start() for m in done_verbs().finditer(t, a + _SHORTEST, b) if b - m.end() >= _SHORTEST
    ]
    return verbs[-1] if verbs else a


def phrase_behind(
    t: str, start: int, following: int | None, people: bool, object_of: bool = False
) -> tuple[int, int] | None:
    """Return the span of the noun phrase right behind a number, ``None`` when none is there.

    Args:
        t: the text.
        start: where the number ends.
        following: where the next number begins, ``None`` for no other.
        people: whether it counts people.
        object_of: whether a verb stands in front of the number, so that what follows is its object
            also where it begins like a verb (出台69项支持政策).
    """
    if t[start : start + 1] == "的":
        start += 1
    end = len(t) if following is None else following
    age = _AGE.match(t, start, end)
    stop = stop_words().search(t, age.end() if age else start, end)
    if stop and stop.start() == start and object_of and stop[0].isalpha():
        stop = stop_words().search(t, stop.end(), end)
    limit = _joined(t, start, stop.start(), end) if stop else end
    if done := _DONE_TO.match(t, start, limit):
        limit = done.end()
    if limit == following:
        limit = _before_verb(t, start, limit)
    quote = t.count('"', start, limit)
    if quote % 2:
        limit = t.rfind('"', start, limit)
    if head := (heads_of_people() if people else heads()).match(t, start, limit):
        limit = head.end()
    if bracket := _bracketed(t, start, end, limit):
        limit = bracket
    if limit == following and limit - start > 8:
        return None
    telling = telling_verbs().match(t, start, limit)
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


_AGE = re.compile(r"\d{1,3}(?:-\d{1,3})?周?岁(?:及?以[上下])?的?")
_DONE_TO = re.compile(r"[^,;:。了]{2,10}?(?=[^,;:。了]{2}了)")
"""What is done something to: of 217名残疾人办理了残疾证 it is 残疾人."""
_JOINS = re.compile("和|与|及(?!以[上下])|以及|及以上|或")
_ATTRIBUTE = "级型类式性"
_ATTRIBUTED = re.compile(rf".{{1,6}}?[{_ATTRIBUTE}](.{{2,}})")


def _joined(t: str, start: int, stop: int, end: int) -> int:
    """Return the end of a phrase with 和 in it: 12个部门和单位, 30座大中型和重点小型水库.

    What stands behind 和 belongs to it when what stands in front is an attribute, or when it is
    short and ends the clause.
    """
    join = _JOINS.match(t, stop, end)
    if not join or stop - start < _SHORTEST:
        return stop
    following = stop_words().search(t, join.end(), end)
    last = following.start() if following else end
    ends = last == len(t) or t[last] in _EDGES
    if last - join.end() >= _SHORTEST and (
        t[stop - 1] in _ATTRIBUTE or (ends and last - join.end() <= 6)
    ):
        return last
    return stop


def _before_verb(t: str, start: int, end: int) -> int:
    """Return where the noun of a number ends, when a verb and its object reach the next number.

    In 为29个省份保供煤炭35亿吨 the noun of 29个 is 省份.
    """
    verbs = telling_verbs().finditer(t, start + _SHORTEST, end)
    return max((v.start() for v in verbs if end - v.end() >= _SHORTEST), default=end)


def _bracketed(t: str, start: int, end: int, limit: int) -> int:
    """Return the end of a phrase that goes on behind a short bracket: 镇办(社区)综治中心."""
    if t[limit : limit + 1] != "(" or limit == start:
        return 0
    close = t.find(")", limit, min(end, limit + 8))
    if close < 0 or any(c in t[limit:close] for c in ",;:"):
        return 0
    stop = stop_words().search(t, close + 1, end)
    rest = stop.start() if stop else end
    return rest if rest > close + 1 else 0


def verb_before(line: Line, left: int, right: int) -> str:
    """Return the telling verb that is all the words before a number (聘请3名律师), or ``""``."""
    start, end = _strip(line.t, left, right)
    verb = telling_verbs().match(line.t, start, end)
    return line.words(start, end).rstrip("了") if verb and verb.end() == end else ""


def tidy(name: str) -> str:
    """Return ``name`` as the table shows it: no loose mark at its ends, 复议案 as 复议案件."""
    name = name.strip("、，,:：;；·的|").lstrip("和与及")
    for opening, closing in ("()", "（）", "“”", '""'):
        if name.count(opening) != name.count(closing):
            name = name.strip(opening + closing)
    return name + "件" if _case().search(name) and len(name) > 2 else name


_SHARE = re.compile(
    r"占(?!比(?!重))(?P<of>[^,;。:占]{0,24}?)(?:的)?(?P<word>比重|比例|份额|比)?(?:首次|已|也|均|仍|约)?(?:达到?|为|约|高达|超过?|由|从|[提上下升降增减][高升降加少]?[到至])?$"
)
_PLANNED = re.compile(r"(?:为|是|相当于|达到?)(?P<of>[^,;。:占为]{0,12}(?:计划|预算|目标|任务)数?)的$")
_SHARES = ("占比", "比重", "比例")
_RATED = re.compile(r"[^,;:。、]{1,200}?(?:率|比例|比重|占比)(?:为|是|均为|达到?)?")
_EDGE = re.compile("[,;:。]")
_BARE = re.compile(r"[,、;:(]*(?:其中)?[,:]?(?:和|及|与|并)?")
_DONE = re.compile(r"(?:依法|目前|现已?|全部|均?已经?|均)*")
_EDGES = ",;:。|"
_NEAR = 200
"""Numbers in front of one among which that is looked for whose words are its own, too."""
_LONGEST_CLAUSE = 500
"""Characters in front of a number in which its clause is looked for."""
_OF_PEOPLE = ("人", "名", "位", "户", "人次")


@cache
def _goal_reached() -> re.Pattern[str]:
    return re.compile(
        r"(?P<verb>(?:超额|提前|基本|胜利|全面)?(?:完成|达到|实现))了?"
        rf"(?P<of>[^,;。:]{{0,16}}?{INDICATORS.pattern('goal')}(?:任务|数|值)?)的?$"
    )


@cache
def _predicate_behind() -> re.Pattern[str]:
    """Return the pattern of what a share of something does: 三分之二的乡镇建成司法所."""
    return re.compile(
        rf"的(?P<what>(?!{INDICATORS.pattern('share-number')})[^,;:。!?、]{{4,18}})(?=[,;。!?])"
    )


@cache
def _list_verb() -> re.Pattern[str]:
    """Return the pattern of verbs that hold for the whole of a list."""
    return re.compile(INDICATORS.pattern("list-verb"))


@cache
def _own_subject() -> re.Pattern[str]:
    return re.compile(INDICATORS.pattern("own-subject"))


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
        if len(found.numbers) > _SHORTEST:
            found.name = _structure(line, found.start) or found.name
        elif previous and _attribute().fullmatch(found.name):
            found.name = _topic(line, found, earlier) + found.name
        elif previous and (name := complete(found.name, previous.name)):
            found.name = name
        elif previous and found.name:
            found.name = _shared_verb(line, found, previous, left) + found.name
        if not found.name and found.role == "from":
            found.name = _clause_before(line, dates, left)
        if not found.name and (base := _base(found, earlier)):
            found.name = base.name
            found.base = None if other_basis().search(line.t, left, found.start) else base
        elif not found.name:
            clause = _clause_before(line, dates, left)
            found.name = clause if found.role or not stop_words().search(clause) else ""
        if previous and (name := _above(line, found, previous, lefts)):
            found.name = name
        previous = found
    for found, following in reversed(list(pairwise(founds))):
        if found.end == following.digits:  # 12大类808项政务服务事项
            found.name = following.name
        elif found.name[-1:] in _ATTRIBUTE and line.t[following.digits - 1] in "、和":
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
    verb = verb_before(line, left, right)
    behind = phrase_behind(t, found.end, next_start, found.unit in _OF_PEOPLE, bool(verb))
    bare = _BARE.match(t, left, right)
    if bare and not behind and outcomes().fullmatch(t, bare.end(), right):
        return tidy(line.words(_DONE.match(t, bare.end(), right).end(), right)), 0  # type: ignore[union-attr]
    if bare and bare.end() == right and previous and not behind:
        state = outcomes().match(t, found.end)
        if state and _EDGE.match(t, state.end()):
            return line.words(*state.span()), 0
    if not behind and previous and not found.role and (name := _elided(line, left, right, found, earlier)):
        return name, 0
    if share := _SHARE.search(t, left, right):
        found.share = True
        return _share_name(line, share, dates, left, previous), 0
    relative = found.unit in ("%", "‰") or found.kind == "ratio"
    if found.unit == "%" and (share := _PLANNED.search(t, left, right)):
        return _share_name(line, share, dates, left, previous), 0
    if relative and (goal := _goal_reached().search(t, left, right)):
        subject = phrase(line, dates, left, goal.start()) or (previous.name if previous else "")
        return subject + line.words(goal.start("verb"), goal.end("of")), 0
    before = phrase(line, dates, left, right, rate=relative or found.kind == "change")
    if spent := _spent_on(line, found, before, limit):
        return spent, limit
    if previous and bare and t.startswith(_SHARES, bare.end(), right):
        return f"{previous.name}占比", 0
    if found.role in ("change", "from", "to") or found.kind in ("rank", "change"):
        return before, 0
    if (
        relative
        and not before
        and (predicate := _predicate_behind().match(t, found.end, next_start or len(t)))
    ):
        return _of_those(line, *predicate.span("what")), 0
    if behind and not verb and found.kind == "money" and (given := giving_verbs().search(before)):
        return tidy(given[0].rstrip("了") + line.words(*behind)), behind[1]
    if behind and not verb and (reached := _reaching().search(before)):
        start = 0 if relative else reached.start()
        return tidy(before[start:] + line.words(*behind)), behind[1]
    if behind and (not before or not _measured(found) or before == verb):
        each = _each().match(before)
        return tidy((each[0] if each else verb) + line.words(*behind)), behind[1]
    if not before and not behind and found.unit == "次":
        done = _done_so_often().match(t, found.end, next_start or len(t))
        return (line.words(*done.span()), 0) if done else ("", 0)
    return before, 0


@cache
def _reaching() -> re.Pattern[str]:
    """Return the pattern of a verb behind its subject, whose object is behind the number."""
    return re.compile(rf"(?<=..){INDICATORS.pattern('reaching')}$")


@cache
def _each() -> re.Pattern[str]:
    """Return the pattern of what has so many of the noun behind: 每村配备 of 每村至少配备1名顾问."""
    return re.compile(rf"{INDICATORS.pattern('measured-by')}[^,;:。]{{1,6}}?(?=至少|拥有|有|$)")


@cache
def _each_has() -> re.Pattern[str]:
    """Return the pattern of what a list shares: 每百户拥有自行车83辆、缝纫机41架."""
    return re.compile(rf"{INDICATORS.pattern('measured-by')}[^,;:。]{{0,5}}?(?:拥有|配备|有)")


@cache
def _done_so_often() -> re.Pattern[str]:
    """Return the pattern of what was done a number of times: 三次提高出口退税率."""
    return re.compile(r"[^,;:。!?、()]{4,14}(?=[,;。!?、])")


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
    if not base or not base.name or base.role == "change" or base.share or found.unit == "%":
        return ""
    if outcomes().fullmatch(base.name) and outcomes().fullmatch(t, begin, right):
        return ""
    return f"{base.name.partition('·')[0]}·{line.words(*match.span('verb'))}"


def _base(found: Found, earlier: Sequence[Found]) -> Found | None:
    """Return the number in front whose words are also those of ``found``, which has none."""
    if found.unit == "个百分点" and earlier and earlier[-1].unit in ("%", "‰"):
        return earlier[-1]
    for other in reversed(earlier):
        if found.role != "change" and found.kind != "rank":
            return other
        level = other.role != "change" and other.kind in ("quantity", "money", "percent", "ratio")
        relative = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "rank"
        if level and not other.share and (relative or other.unit == found.unit):
            return other
    return next((other for other in reversed(earlier) if other.name and not other.share), None)


_VERB_DONE = re.compile("(?P<verb>..)了")


def _of_those(line: Line, start: int, end: int) -> str:
    """Return the name of the share of those that do something: 建成司法所的乡镇占比."""
    verb = _VERB_DONE.search(line.t, start + _SHORTEST - 1, end) or stop_words().search(
        line.t, start + 1, end
    )
    if not verb or end - verb.start() <= _SHORTEST:
        return tidy(line.words(start, end))
    done = line.words(verb.start(), end).replace("了", "", 1)
    return f"{done}的{tidy(line.words(start, verb.start()))}占比"


def _above(line: Line, found: Found, previous: Found, lefts: Mapping[int, int]) -> str:
    """Return the name of those that reach a threshold: 投资500万元以上项目 of 45个."""
    gap = line.t[previous.end : found.start]
    if (
        previous.qualifier.endswith(("以上", "以下", "以内"))
        and found.kind == "quantity"
        and _SHORTEST <= len(gap) <= 12
        and not stop_words().search(gap)
        and not _measured(found)
    ):
        start, _ = _strip(line.t, lefts[previous.start], previous.digits)
        return tidy(line.words(start, found.start))
    return ""


def _spent_on(line: Line, found: Found, before: str, limit: int) -> str:
    """Return what money was spent on, and the word for it: 投资480万元实施了整治项目."""
    if found.kind != "money" or not _spending().fullmatch(before):
        return ""
    what = _spent().match(line.t, found.end, limit)
    return tidy(line.words(*what.span("what"))) + before if what else ""


@cache
def _spending() -> re.Pattern[str]:
    return re.compile(INDICATORS.pattern("spending"))


@cache
def _spent() -> re.Pattern[str]:
    """Return the pattern of what money was spent on, behind the sum."""
    light = "(?:实施|开展|用于|推进|完成|进行|落实)"
    return re.compile(
        rf"(?:资金)?(?:{light}了?|(?={_list_verb().pattern}|{telling_verbs().pattern}))"
        r"(?P<what>[^,;:。!?、()]{4,20})(?=[,;:。!?、]|$)"
    )


@cache
def _attribute() -> re.Pattern[str]:
    return re.compile(INDICATORS.pattern("attribute"))


@cache
def _measure_end() -> re.Pattern[str]:
    return re.compile(rf"(?<=..){INDICATORS.pattern('measure-end')}$")


_STRUCTURE = re.compile(r"([^,;:。]{2,12}(?:结构|比重|比例|之比))[^;。]*$")


def _structure(line: Line, end: int) -> str:
    """Return the name of shares such as 18.4:36.9:44.7, which may be a clause in front."""
    named = _STRUCTURE.search(line.t, max(0, end - 40), end)
    return line.words(*_strip(line.t, *named.span(1))) if named else ""


def _topic(line: Line, found: Found, earlier: Sequence[Found]) -> str:
    """Return of what a noun such as 总产量 or 增速 is said: what the number in front is of.

    In 全长12公里的东河大桥 it is said of what stands behind.
    """
    about = earlier[-1]
    if line.t[found.end : found.end + 1] == "的":
        behind = phrase_behind(line.t, found.end, None, people=False)
        counted = behind and line.t[behind[0]] in "一二两三四五六七八九十"
        return line.words(*behind) if behind and not counted else ""
    if about.role == "change" and about.base:
        about = about.base
    if not about.name or _attribute().fullmatch(about.name) or about.share or about.whole or "·" in about.name:
        return ""
    if found.name[0] in "增涨降位排":
        return about.name
    topic = _measure_end().sub("", about.name)
    if about.kind == "percent" and topic == about.name:
        return ""
    verb = _list_verb().match(topic)
    return topic[verb.end() :] if verb and len(topic) - verb.end() >= _SHORTEST else topic


def _shared_verb(line: Line, found: Found, previous: Found, left: int) -> str:
    """Return the verb that a list shares: of 新建公路5公里、铁路3公里 that of 铁路 is 新建."""
    gap = line.t[previous.end : found.start]
    verb = _list_verb().match(previous.name) or _each_has().match(previous.name)
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
        and not _own_subject().match(found.name)
    ):
        return verb[0]
    return ""


def _counted(found: Found, other: Found) -> bool:
    """Say whether both are counts, such as 辆 and 人 in 出动消防车9辆、消防员45人."""
    return found.kind == other.kind == "quantity" and not (_measured(found) or _measured(other))


def _clause_before(line: Line, dates: Sequence[Date], left: int) -> str:
    """Return the words of the clause in front of the one that begins at ``left``."""
    end = max(0, left - 1)
    near = max(0, end - _LONGEST_CLAUSE)
    start = max(line.t.rfind(edge, near, end) for edge in _EDGES) + 1
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
