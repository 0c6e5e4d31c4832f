"""Read quantities: the number, its unit, and whether it is approximate (26个, 3.2万人次, 近百场).

The words are in ``seeds/vocabulary/units.txt``, ``qualifiers.txt`` and ``counted.txt``; the grammar
of numbers is in :mod:`gongwen.nlp.text.numerals`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ..records import FigureKind
from ..text.numerals import NUMBER, SCALE, size_of
from ..vocabulary import WordLists
from .mentions import Found, Line

UNITS = WordLists(
    "units",
    "currency share physical occasion count count-before measure per physical-short index term"
    " people",
)
_words = UNITS.pattern

_YUAN = ("元人民币", "人民币")


@cache
def unit_pattern() -> str:
    """Return the pattern of a unit, behind the number and its 万 or 亿; the first way counts."""
    ways = (
        f"(?:{_words('physical')}|{_words('currency')}|{_words('occasion')}|{_words('measure')})"
        f"(?:[/每]{_words('per')})?",
        _words("share"),
        _words("count", "count-before"),
    )
    return f"(?:{'|'.join(ways)})"


@cache
def unit() -> re.Pattern[str]:
    """Return :func:`unit_pattern`, compiled."""
    return re.compile(unit_pattern())


@cache
def physical_unit() -> re.Pattern[str]:
    """Return the pattern of units of what is measured: their noun is in front of the number."""
    return re.compile(f"{_words('physical', 'currency', 'physical-short')}(?!次)")


@cache
def _money() -> re.Pattern[str]:
    return re.compile(_words("currency"))


def kind_of_unit(unit: str) -> FigureKind:
    """Return the kind of figure that ``unit`` makes."""
    if unit in ("%", "‰", "‱"):
        return "percent"
    if unit.endswith(("百分点", "个点")):
        return "change"
    if unit == "倍":
        return "ratio"
    return "money" if _money().match(unit) else "quantity"


def canonical(unit: str) -> str:
    """Return the name under which ``unit`` stands in the table."""
    return "元" if unit in _YUAN else "个百分点" if unit in ("百分点", "个点") else unit


_QUALIFIERS = WordLists("qualifiers", "within before behind some upwards reaching")


@cache
def qualifier_within() -> str:
    """Return the pattern of a qualifier between a number and its unit: 余 of 三千余人."""
    return _QUALIFIERS.pattern("within")


@cache
def _before() -> tuple[re.Pattern[str], int]:
    """Return the pattern of a qualifier that ends a text, and how many characters it looks at."""
    longest = max(map(len, _QUALIFIERS.texts("before")))
    return re.compile(rf"{_QUALIFIERS.pattern('before')}$"), longest + 1


@cache
def _reaching() -> re.Pattern[str]:
    return re.compile(rf"{_QUALIFIERS.behind('reaching')}$")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(_QUALIFIERS.pattern("behind"))


def qualifier_before(t: str, start: int) -> str:
    """Return the qualifier that ends at ``start``, or ``""``."""
    pattern, window = _before()
    match = pattern.search(t, max(0, start - window), start)
    # The pattern is anchored to the end of the window, and $ also matches before a line feed.
    return match[0] if match and match.end() == start else ""


def qualifier_behind(t: str, end: int) -> str:
    """Return the qualifier that begins at ``end``, or ``""``."""
    match = _behind().match(t, end)
    return match[0] if match else ""


_COUNTED = WordLists("counted", "counting measure thing-measure rank thing")

_SMALL = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
_SMALL |= {c: i for i, c in enumerate("壹贰叁肆伍陆柒捌玖", 1)}
_NUMERALS = "一二两三四五六七八九十百千万亿"


@cache
def _arabic_number() -> re.Pattern[str]:
    unit, within = unit_pattern(), qualifier_within()
    words = UNITS.texts(*UNITS.groups)
    latin = "|".join(word for word in words if re.fullmatch("[a-z]+[²³]?", word))
    return re.compile(
        rf"(?<![\d.a-z/])(?P<n>{NUMBER})(?P<more1>{within}(?=[十百千万亿]|{unit}))?"
        rf"(?P<scale>{SCALE}(?![零〇]?\d+[百千万亿]))?"
        rf"(?P<more2>[几数][十百千]{{1,2}}万?(?={unit})"
        rf"|{within}(?={unit}|[\u4e00-\u9fff,;。、)]|$))?"
        rf"(?:(?![a-z])|(?=(?:{latin})(?![a-z0-9])))"
    )


_UNREADABLE = re.compile(r"(?<![\d.])[\d.]++[十百千万亿]+[零〇]?\d[\d.]*[十百千万亿]+")
"""A number of several parts that may mean two values: 3亿5千件."""


@cache
def _two_digits() -> re.Pattern[str]:
    # A pattern that begins with a set of characters is looked for faster than one with a
    # condition in front.
    return re.compile(
        rf"(?P<a>[一二两三四五六七八])(?<![一二两三四五六七八九百千万亿第\d].)"
        rf"(?P<b>[两二三四五六七八九])(?P<scale>[十百千]?[万亿]?)(?={unit_pattern()})"
    )


_MULTIPLIER = re.compile(r"[十百千万亿](?<![\d.].)")
"""A multiplier without a number in digits in front."""


@cache
def _indefinite() -> re.Pattern[str]:
    """Return the pattern of a number that its multiplier alone tells.

    数十家 and 几百万元 are at least ten and a million, 上万人 and 百余家 at least 10,000 and 100.
    Without such a word there must be a qualifier in front: 近百场.
    """
    some, upwards = _QUALIFIERS.pattern("some"), _QUALIFIERS.pattern("upwards")
    people, things = UNITS.pattern("people"), _COUNTED.pattern("thing")
    return re.compile(
        rf"(?:(?P<some>{some})(?P<some_scale>十?{SCALE}|十)[余多]?"
        rf"|(?P<upwards>{upwards})?(?<![{_NUMERALS}\d几])(?P<scale>{SCALE})"
        rf"(?P<more>[余多来](?P<outer>[万亿]?))?)(?={unit_pattern()}|{people}|{things})"
    )


@cache
def _one_character() -> re.Pattern[str]:
    return re.compile(
        r"(?P<c>[两二三四五六七八九十])(?<![一二三四五六七八九十百千万第几数每分\d].)"
        rf"(?={_COUNTED.pattern('measure')})"
    )


@cache
def _counting() -> re.Pattern[str]:
    """Return the pattern of what is in front of a numeral of one character that counts."""
    return re.compile(
        rf"(?:{_COUNTED.pattern('counting')}"
        r"|[^,;:。、\"一二三四五六七八九十]{2,12}、[^,;:。、\"]{1,12}"
        r"|[\u4e00-\u9fff\d]个[\u4e00-\u9fff]{1,8}、)了?$"
    )


@cache
def _counted_thing() -> re.Pattern[str]:
    """Return the pattern of a numeral of one character with a thing that is always counted."""
    measure, rank, thing = map(_COUNTED.pattern, ("thing-measure", "rank", "thing"))
    return re.compile(rf"[两二三四五六七八九十]{measure}{rank}?{thing}")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a line.

    Attributes:
        start: offset of its first character.
        end: offset behind it, its 万 or 亿, and its 余 or 多.
        numbers: its value, or two for 七八.
        step: what one more in its last digit is worth.
        more: 余, 多, 几, 上, or ``""``.
        size: what its 万 or 亿 multiplies by.
    """

    start: int
    end: int
    numbers: tuple[Decimal, ...]
    step: Decimal
    more: str = ""
    size: int = 1


def amounts(t: str) -> Iterator[Amount]:
    """Yield the numbers of ``t``, ascending; they do not overlap."""
    found = [_arabic(m) for m in _arabic_number().finditer(t)]
    found += [_pair(t, m) for m in _two_digits().finditer(t)]
    if _MULTIPLIER.search(t):
        found += [a for m in _indefinite().finditer(t) if (a := _told_by_multiplier(t, m))]
    found += [Amount(*m.span(), (), Decimal(1)) for m in _UNREADABLE.finditer(t)]
    found += [
        Amount(m.start(), m.end(), (Decimal(_SMALL[m["c"]]),), Decimal(1))
        for m in _one_character().finditer(t)
        if _counted_thing().match(t, m.start())
        or _counting().search(t, max(0, m.start() - 26), m.start())
    ]
    end = 0
    for amount in sorted(found, key=lambda a: (a.start, -a.end)):
        if amount.start >= end:
            yield amount
            end = amount.end


def amount_at(t: str, start: int) -> Amount | None:
    """Return the number in digits that begins at ``start``."""
    match = _arabic_number().match(t, start)
    return _arabic(match) if match else None


def _arabic(match: re.Match[str]) -> Amount:
    number = match["n"].replace(" ", "")
    size = size_of(match["scale"] or "")
    step = Decimal(size).scaleb(-len(number.partition(".")[2]))
    more = match["more1"] or match["more2"] or ""
    return Amount(match.start(), match.end(), (Decimal(number) * size,), step, more, size)


def _pair(t: str, match: re.Match[str]) -> Amount:
    start, end = match.span()
    low, high = _SMALL[match["a"]], _SMALL[match["b"]]
    if high != low + 1:
        return Amount(start, start, (), Decimal(1))
    tens = 0
    if t[start - 1 : start] == "十":  # 十五六, 二十七八
        digit = t[start - 2 : start - 1] if start > 1 else ""
        is_digit = digit in _SMALL and digit not in "零十"
        tens, start = (10 * _SMALL[digit], start - 2) if is_digit else (10, start - 1)
    size = size_of(match["scale"])
    numbers = (Decimal((tens + low) * size), Decimal((tens + high) * size))
    return Amount(start, end, numbers, Decimal(size), size=size)


def _told_by_multiplier(t: str, match: re.Match[str]) -> Amount | None:
    """Return the number of a match of :func:`_indefinite`, ``None`` when nothing qualifies it."""
    start, end = match.span()
    word = match["some"] or match["upwards"] or ""
    more = (match["more"] or "")[:1]
    if not (word or more or qualifier_before(t, start) or _reaching().search(t, 0, start)):
        return None
    size = size_of((match["some_scale"] or match["scale"]) + (match["outer"] or ""))
    return Amount(start, end, (Decimal(size),), Decimal(size), word + more, size)


_TO = re.compile(r"--?|~|[至到]")
_FROM = re.compile(r"[由从自][^,;。:、]{0,24}$")
_MINUS = re.compile("[率额值差长降幅为是达至到比]-$")
"""A sign, not a dash: 自然增长率-1.29‰."""
_SHARED = re.compile(r"(?:[、和与及]|以及)(?=\d)")
_LONGEST_LIST = 12


@cache
def _index_noun() -> re.Pattern[str]:
    """Return the pattern of a noun in front of a number that has no unit: 指数为98.5."""
    return re.compile(
        rf"{UNITS.pattern('index')}(?:[由从](?:上年|去年|年初|(?:19|20)\d\d年)?末?底?的?"
        r"|(?:[缩扩]小|扩大|下降|上升|提高|降低|增加|减少|收窄|[升降增减])?[至到为]|达到?|是)?了?$"
    )


_SPLIT_UNIT = re.compile("个(?P<more>[多余来])(?P<of>月|小时|工作日|百分点)")
_NEXT_LEVEL = re.compile(
    "(?:缩小|扩大|下降|上升|提高|降低|增加|减少|收窄|调整|变化|[升降增减])[至到为]了?"
)
_CELL = re.compile(r"(?=[|;。]|$)")


@cache
def _counts_years() -> re.Pattern[str]:
    """Return the pattern of what is in front of years that are counted, and no time: 有期徒刑."""
    return re.compile(rf"{UNITS.pattern('term')}(?:为|了|至|到|不少于|超过|满)?$")


@cache
def _people() -> re.Pattern[str]:
    return re.compile(rf"[\u4e00-\u9fff]{{0,8}}?{UNITS.pattern('people')}")


def quantities(line: Line, taken: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """Yield the numbers with a unit of ``line`` that do not touch the spans ``taken``."""
    t = line.t
    blocked = bytearray(len(t) + 1)
    for start, end in taken:
        blocked[start:end] = b"\1" * (end - start)
    done = 0
    last: Found | None = None
    for amount in amounts(t):
        if amount.start < done or not amount.numbers or any(blocked[amount.start : amount.end]):
            continue
        for found in _read(line, amount, blocked, last):
            done = found.end
            last = found
            yield found


def _read(line: Line, amount: Amount, blocked: bytearray, last: Found | None) -> list[Found]:
    t = line.t
    unit = _unit(t, amount.end)
    behind = amount.end + len(unit)
    if unit == "个" and (split := _SPLIT_UNIT.match(t, amount.end)):
        found = _found(line, amount.start, split.end(), amount, f"个{split['of']}")
        found.qualifier += split["more"]
        return [found]
    coin = unit or t[amount.end : amount.end + 1]
    if (coin in _MONEY_PARTS or coin == "元") and (money := _with_parts(t, amount, coin)):
        return [_found(line, amount.start, money.end, money, "元")]
    to = _TO.match(t, behind)
    other = amount_at(t, to.end()) if to and len(amount.numbers) == 1 else None
    if to and other and not any(blocked[other.start : other.end]):
        shared = _unit(t, other.end)
        if shared and unit in ("", shared):
            return _two(line, amount, other, shared, to[0])
    if not unit:
        shared = _shared_unit(t, amount.end, blocked)
        if shared:
            return [_found(line, amount.start, amount.end, amount, shared)]
        if amount.size > 1:
            people = _people().match(t, amount.end)
            return [_found(line, amount.start, amount.end, amount, "人" if people else "")]
        if (
            (t[amount.start - 1 : amount.start] == "|" and _CELL.match(t, amount.end))
            or _index_noun().search(t, max(0, amount.start - 24), amount.start)
            or (last and not last.unit and _NEXT_LEVEL.fullmatch(t, last.end, amount.start))
        ):
            return [_found(line, amount.start, amount.end, amount, "")]
        return []
    if unit == "个" and _shared_unit(t, behind, blocked) == "个百分点":  # 3.4个、1个百分点
        return [_found(line, amount.start, behind, amount, "个百分点")]
    is_whole = amount.numbers[0] == int(amount.numbers[0])
    if (
        unit == "年"
        and is_whole
        and not _counts_years().search(t, max(0, amount.start - 8), amount.start)
    ):
        return []
    return [_found(line, amount.start, behind, amount, unit)]


_MONEY_PARTS = {"块": Decimal(1), "角": Decimal("0.1"), "毛": Decimal("0.1"), "分": Decimal("0.01")}
_SMALL_MONEY = re.compile(rf"(?P<n>[\d{''.join(_SMALL)}])(?P<part>[角毛分])(?![之钟])")


def _with_parts(t: str, amount: Amount, unit: str) -> Amount | None:
    """Return the amount of 元 of 81元6角, 3角5分 and 8分钱; ``None`` if there are no such parts."""
    size = _MONEY_PARTS.get(unit, Decimal(1))
    value, step = amount.numbers[0] * size, size
    end = first = amount.end + len(unit)
    while (part := _SMALL_MONEY.match(t, end)) and _MONEY_PARTS[part["part"]] < step:
        digit = int(part["n"]) if part["n"].isdigit() else _SMALL[part["n"]]
        step = _MONEY_PARTS[part["part"]]
        value, end = value + digit * step, part.end()
    is_money = end > first and unit not in ("块", "分")
    if unit != "元" and t.startswith("钱", end):
        is_money, end = True, end + 1
    return Amount(amount.start, end, (value,), step, amount.more) if is_money else None


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
    match = unit().match(t, start)
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
