"""Numbers with a unit: 26个, 3.2万人次, 95.4%, 3-5件, 3500万、2300万人次."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .amounts import Amount, amount_at, amounts
from .found import Found
from .line import Line
from .qualifiers import qualifier_before, qualifier_behind
from .units import UNIT, canonical, kind_of_unit

_UNIT = re.compile(UNIT)
_TO = re.compile(r"--?|~|[至到]")
_FROM = re.compile(r"[由从自][^,;。:、]{0,24}$")
_MINUS = re.compile("[率额值差长降幅为是达至到]-$")
"""A sign, not a dash: 自然增长率-1.29‰."""
_SHARED = re.compile(r"(?:[、和与及]|以及)(?=\d)")
_LONGEST_LIST = 12
_INDEX = re.compile(
    r"(?:指数|系数|得分|评分|比值|均分|分值|强度)(?:为|达到?|是|升至|降至|提高到|上升到"
    r"|下降到)?了?$"
)
_TERM = re.compile(
    r"(?:徒刑|期限?|时间|年限|寿命|任职|工作|服务|执业|缩短|延长|长达|至少|不少于|超过"
    r"|不低于|满)(?:为|了|至|到|不少于|超过|满)?$"
)
"""Years are counted behind these words; elsewhere they are the time that is spoken of."""
_OF_PEOPLE = re.compile(
    r"[\u4e00-\u9fff]{0,8}?(?:人口|群众|职工|农民工?|学生|居民|老人|老年人|儿童|毕业生"
    r"|劳动力|人才|党员|干部|青年|妇女|用户|劳动者)"
)


def quantities(line: Line, taken: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """Yield the numbers with a unit of ``line`` that do not touch the spans ``taken``."""
    t = line.t
    blocked = bytearray(len(t) + 1)
    for start, end in taken:
        blocked[start:end] = b"\1" * (end - start)
    done = 0
    for amount in amounts(t):
        if amount.start < done or not amount.numbers or any(blocked[amount.start : amount.end]):
            continue
        for found in _read(line, amount, blocked):
            done = found.end
            yield found


def _read(line: Line, amount: Amount, blocked: bytearray) -> list[Found]:
    t = line.t
    unit = _unit(t, amount.end)
    behind = amount.end + len(unit)
    to = _TO.match(t, behind)
    other = amount_at(t, to.end()) if to and len(amount.numbers) == 1 else None
    if to and other and not any(blocked[other.start : other.end]):
        last = _unit(t, other.end)
        if last and unit in ("", last):
            return _two(line, amount, other, last, to[0])
    if not unit:
        shared = _shared_unit(t, amount.end, blocked)
        if shared:
            return [_found(line, amount.start, amount.end, amount, shared)]
        if amount.size > 1:
            people = _OF_PEOPLE.match(t, amount.end)
            return [_found(line, amount.start, amount.end, amount, "人" if people else "")]
        if _INDEX.search(t, max(0, amount.start - 10), amount.start):
            return [_found(line, amount.start, amount.end, amount, "")]
        return []
    if unit == "个" and _shared_unit(t, behind, blocked) == "个百分点":  # 3.4个、1个百分点
        return [_found(line, amount.start, behind, amount, "个百分点")]
    if unit == "年" and not _TERM.search(t, max(0, amount.start - 8), amount.start):
        return []
    return [_found(line, amount.start, behind, amount, unit)]


def _two(line: Line, low: Amount, high: Amount, unit: str, to: str) -> list[Found]:
    """Return the two levels of 由3件到5件, or one range."""
    t = line.t
    end = high.end + len(unit)
    if to in "至到" and _FROM.search(t, max(0, low.start - 26), low.start):
        before = _found(line, low.start, low.end + len(_unit(t, low.end)), low, unit)
        after = _found(line, high.start, end, high, unit)
        before.role, after.role = "from", "to"
        return [before, after]
    first = low.numbers[0]
    if low.size == 1 and not _unit(t, low.end):  # 3-5万元
        first *= high.size
    both = Amount(low.start, high.end, (first, high.numbers[0]), high.step)
    found = _found(line, low.start, end, both, unit)
    found.kind = "range"
    return [found]


def _found(line: Line, start: int, end: int, amount: Amount, unit: str) -> Found:
    numbers = amount.numbers
    if len(numbers) == 1 and _MINUS.search(line.t, max(0, start - 2), start):
        start, numbers = start - 1, (-numbers[0],)
    before = qualifier_before(line.t, start)
    behind = qualifier_behind(line.t, end)
    kind = kind_of_unit(unit)
    return Found(
        line=line,
        start=start - len(before),
        digits=start,
        end=end + len(behind),
        kind="range" if len(numbers) > 1 else kind,
        unit=canonical(unit),
        numbers=numbers,
        step=amount.step,
        qualifier=before + amount.more + behind,
    )


def _unit(t: str, start: int) -> str:
    match = _UNIT.match(t, start)
    return match[0] if match else ""


def _shared_unit(t: str, end: int, blocked: bytearray) -> str:
    """Return the unit of the list that goes on at ``end``: of 3、5和8件 it is 件."""
    for _ in range(_LONGEST_LIST):
        mark = _SHARED.match(t, end)
        if not mark:
            break
        following = amount_at(t, mark.end())
        if not following or any(blocked[following.start : following.end]):
            return ""
        if unit := _unit(t, following.end):
            return unit
        end = following.end
    return ""
