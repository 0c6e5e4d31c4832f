"""Read comparisons: growth and decline, shares, multiples, and ranks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise

from ..records import Direction
from ..vocabulary import WordLists
from .mentions import Found, Line
from .quantities import physical_unit, qualifier_before, qualifier_behind

_CHANGES = WordLists(
    "changes",
    "up down up-noun down-noun between cutting cutting-adverb compared-with compared-end compared"
    " reaching ambiguous bound amount deflated named adjusting",
)
_words = _CHANGES.pattern

_FROM = re.compile(r"(?:[由从自]|(?:19|20)\d\d年的?)[^,;。:]{0,22}$")
_KINDS = ("percent", "quantity", "money", "ratio", "range", "change")


@cache
def _verb() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<verb>(?P<up>(?<![新倍]){_words('up')})|(?P<down>{_words('down')}))"
        rf"{_words('between')}*$"
    )


@cache
def _noun() -> re.Pattern[str]:
    """Return the pattern of a noun that says which way the number in front went.

    In 由268元降至251元,降幅6.3% it is 降幅.
    """
    return re.compile(
        rf",?(?:(?P<up>{_words('up-noun')})|(?P<down>{_words('down-noun')}))(?:为|达到?|约|高达)?"
    )


@cache
def _cut() -> re.Pattern[str]:
    """Return the pattern of a verb of decline in front of what declined: 压减一般性支出2300万元."""
    return re.compile(
        rf"[,、]?{_words('cutting-adverb')}?{_words('cutting')}[^,;:。]{{1,100}}(?<![由从自到至为])$"
    )


@cache
def _compared() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('compared')}|(?:[比较同]|相比|与)(?:{_words('compared-with')}"
        rf"|[^,;。]{{1,12}}{_words('compared-end')})[^,;。]{{0,10}}$"
        r"|(?<=[,;:、])(?:比|较)[^,;。]{1,14}$"
    )


@cache
def _to() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('reaching')}?(?:了)?(?:到|至|为|成)(?:了)?"
        r"(?:(?:19|20)\d\d年(?:末|底)?的?|[今本去上]?年[末底初]的?|今年的?|目前的?|现在的?|去年的?"
        r"|上年的?|的)?$"
    )


@cache
def deflated() -> re.Pattern[str]:
    """Return the pattern of a growth without that of the prices, which is in the levels."""
    return re.compile(_words("deflated"))


@cache
def _verbs(group: str) -> frozenset[str]:
    return frozenset(_CHANGES.texts(group))


def mark_change(found: Found, left: int, previous: Found | None) -> int:
    """Make ``found`` a change where its words say so.

    Returns:
        Where the words of the change begin in the text between ``left`` and the number, the
        number itself when it is no change.
    """
    t, start = found.line.t, found.start
    if found.kind not in _KINDS:
        return start
    noun = previous and found.unit in ("%", "倍") and _noun().fullmatch(t, left, start)
    if noun:
        _change(found, "up" if noun["up"] else "down")
        return left
    cut = found.kind in ("quantity", "money") and _cut().match(t, left, start)
    if cut and not t.startswith(",其中", found.end):
        _change(found, "down")
        return start
    match = _verb().search(t, left, start)
    if not match:
        if found.kind == "change" and not found.direction:
            found.role = found.role or "change"
        return start
    begin = match.start()
    compared = _compared().search(t, left, begin)
    bare = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "ratio"
    adverse = match["verb"] in _verbs("ambiguous")
    if found.unit in ("%", "倍") and match["verb"] in _verbs("bound") and not compared:
        return start
    if not bare and not compared and (adverse or not (previous or begin > left)):
        return start
    if (
        not bare
        and not compared
        and match["verb"] in _verbs("amount")
        and begin == left
        and not previous
    ):
        return start
    listed = t[max(0, left - 1) : left] == "、" or t.startswith("其中", max(0, left - 2))
    count = found.kind == "quantity" and not physical_unit().fullmatch(found.unit)
    if listed and count and match["verb"] in _verbs("adjusting") and not compared:
        return start
    _change(found, "up" if match["up"] else "down")
    if match["verb"] in _verbs("named") and begin > left and not compared and not bare:
        return match.end("verb")
    return compared.start() if compared else begin


def _change(found: Found, direction: Direction) -> None:
    if found.number < 0:  # 同比增长-3.2%
        direction = "down" if direction == "up" else "up"
        found.numbers = (-found.number,)
    found.direction, found.role = direction, "change"
    if found.kind != "range":
        found.kind = "change"


def mark_levels(found: Found, previous: Found | None) -> bool:
    """Give 由A提高到B their roles, when ``found`` is B and ``previous`` is A.

    Returns:
        Whether ``found`` has a role, so that it needs no other.
    """
    if found.role or previous is None:
        return bool(found.role)
    if found.kind != previous.kind or found.unit != previous.unit:
        return False
    t = found.line.t
    between = t[previous.end : found.start]
    if (
        len(between) <= 20
        and _to().fullmatch(between)
        and _FROM.search(t, max(0, previous.start - 26), previous.start)
    ):
        previous.role, found.role = "from", "to"
        return True
    return False


_RATIOS = WordLists("ratios", "tenth-noun half-noun half-later quotient")

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "百": 100, "千": 1000}
_SMALL_NUMERAL = "[一二两三四五六七八九十]"

_FRACTION = re.compile(
    rf"(?P<low>{_SMALL_NUMERAL}{{1,3}}|(?<!\d)\d++)分之(?P<high>{_SMALL_NUMERAL}{{1,3}}|\d+(?:\.\d+)?)"
)
_SLASH = re.compile(r"(?<![\d./a-z])(?P<high>\d{1,3})/(?P<low>\d{1,4})(?![\d./万亿])")
_COLON = re.compile(r"(?<![\d:.])(?P<a>\d+(?:\.\d+)?):(?P<b>\d+(?:\.\d+)?)(?:(?::\d)|(?![\d:]))")
_PROPORTION = re.compile(
    r"(?<![\d:.])(?:\d{1,3}\.\d+|\d{1,2})(?::(?:\d{1,3}\.\d+|\d{1,2})(?![\d.])){2,5}(?!:)"
)
"""The parts of a whole to each other, three or more: 三次产业结构为18.9:36.1:45.0."""
_DOUBLED = re.compile(r"翻(?:了)?(?P<n>[一两二三\d](?:\.\d)?)?番|翻倍")


@cache
def _without_unit() -> re.Pattern[str]:
    """Return the pattern of a quotient as a decimal, or of two: 收入比由上年的2.05缩小到2.01."""
    time = "(?:(?:19|20)\\d\\d年(?:末|底)?的?|[上去前今]年的?|上年同期的?)?"
    level = r"\d{1,3}\.\d{1,4}"
    return re.compile(
        rf"{_RATIOS.pattern('quotient')}(?:[由从]{time}(?P<from>{level}))?"
        rf"(?:[\u4e00-\u9fff]{{0,4}}?(?:[到至为是达约]|达到))?{time}(?P<to>{level})(?=[,;:。、)]|$)"
    )


@cache
def _tenths() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![一二三四五六七八九十])(?:(?P<low>{_SMALL_NUMERAL}|\d(?:\.\d)?)成?(?:--?|[~至到]))?"
        rf"(?P<n>{_SMALL_NUMERAL}|\d(?:\.\d)?)成"
        rf"(?P<half>[二三四五六七八九半])?(?P<more>多)?(?!{_RATIOS.pattern('tenth-noun')})"
    )


@cache
def _half() -> re.Pattern[str]:
    return re.compile(
        r"(?<![百大])(?:(?P<over>超过?|过|逾)半数?|近半数?|一半|半数)"
        rf"(?!{_RATIOS.pattern('half-noun')})"
    )


@cache
def _not_of_a_whole() -> re.Pattern[str]:
    return re.compile(_RATIOS.pattern("half-later"))


def ratios(line: Line) -> Iterator[Found]:
    """Yield the shares and multiples in words of ``line``."""
    t = line.t
    if "分之" in t:
        for m in _FRACTION.finditer(t):
            low, high = _number(m["low"]), _number(m["high"])
            if low:
                yield _ratio(line, m, high / low)
    if "成" in t:
        for m in _tenths().finditer(t):
            half = m["half"]
            tail = Decimal("0.5") if half == "半" else _number(half) / 10 if half else Decimal(0)
            found = _ratio(line, m, (_number(m["n"]) + tail) / 10, m["more"] or "")
            if m["low"]:
                found.numbers, found.kind = (_number(m["low"]) / 10, found.number), "range"
            yield found
    if "半" in t:
        for m in _half().finditer(t):
            if not _not_of_a_whole().search(t, max(0, m.start() - 2), m.start()):
                word = m["over"] or ("近" if m[0][0] == "近" else "")
                yield _ratio(line, m, Decimal("0.5"), word)
    if "/" in t:
        for m in _SLASH.finditer(t):
            low, high = _number(m["low"]), _number(m["high"])
            if 0 < high < low:
                yield _ratio(line, m, high / low)
    if ":" in t:
        for m in _PROPORTION.finditer(t):
            numbers = tuple(map(Decimal, m[0].split(":")))
            yield Found(line, m.start(), m.start(), m.end(), "ratio", "", numbers)
        for m in _COLON.finditer(t):
            a, b = Decimal(m["a"]), Decimal(m["b"])
            if (
                not _PROPORTION.match(t, m.start())
                and b
                and ("比" in t[max(0, m.start() - 6) : m.start()] or (b == 1 and len(m["b"]) == 1))
            ):
                yield _ratio(line, m, a / b)
    if "比" in t or "差" in t:
        for m in _without_unit().finditer(t):
            for level in ("from", "to"):
                if m[level]:
                    yield Found(
                        line, m.start(level), *m.span(level), "ratio", "", (Decimal(m[level]),)
                    )
    if "翻" in t:
        for m in _DOUBLED.finditer(t):
            n = _number(m["n"]) if m["n"] else Decimal(1)
            unit = "倍" if m[0] == "翻倍" else "番"
            yield Found(
                line,
                m.start(),
                m.start(),
                m.end(),
                "change",
                unit,
                (n,),
                role="change",
                direction="up",
            )


def _ratio(line: Line, match: re.Match[str], share: Decimal, word: str = "") -> Found:
    before = qualifier_before(line.t, match.start())
    behind = qualifier_behind(line.t, match.end())
    return Found(
        line,
        match.start() - len(before),
        match.start(),
        match.end() + len(behind),
        "ratio",
        "",
        (round(share, 4).normalize(),),
        step=Decimal("0.0001"),
        qualifier=before + word + behind,
    )


def _number(written: str) -> Decimal:
    if written[0].isdigit():
        return Decimal(written)
    total = 0
    for char in written:
        value = _DIGITS[char]
        total = (total or 1) * 10 if char == "十" else total + value
    return Decimal(total)


_RANKS = WordLists("ranks", "cue holding first")

_RANK = r"(?P<n>\d+|[一二三四五六七八九十]{1,3})"
_PLACE = re.compile(rf"第{_RANK}(?P<unit>[位名])(?![单额称字录])")
_TOP = re.compile(rf"(?P<raw>前{_RANK}(?P<unit>[位名强]?))(?=[,;。、)]|$)")
_ALSO = re.compile(rf"(?<=[、和与及])(?P<raw>第{_RANK})(?P<unit>[位名])?(?=[,;。、)和与及]|$)")
_LISTED = re.compile(r"[、和与及]|以及")


@cache
def _cued() -> re.Pattern[str]:
    """Return the pattern of a place without 位 or 名 behind a word that announces it."""
    return re.compile(
        rf"{_RANKS.pattern('cue')}[\u4e00-\u9fff]{{0,4}}?(?P<raw>第{_RANK})"
        r"(?=[,;。、)和与及的]|$|，)"
    )


@cache
def _first() -> re.Pattern[str]:
    holding, first = _RANKS.pattern("holding"), _RANKS.pattern("first")
    return re.compile(rf"{holding}[\u4e00-\u9fff]{{0,6}}?(?P<raw>{first}|第一)")


def ranks(line: Line) -> list[Found]:
    """Return the ranks of ``line``, ascending; a list shares its unit (第3、第1、第6位)."""
    founds = sorted(_ranks(line), key=lambda f: f.start)
    for found, following in reversed(list(pairwise(founds))):
        if not found.unit and _LISTED.fullmatch(line.t, found.end, following.start):
            found.unit = following.unit
    return founds


def _ranks(line: Line) -> Iterator[Found]:
    t = line.t
    if "第" in t or "首" in t:
        taken: set[int] = set()
        for match in _PLACE.finditer(t):
            taken.add(match.start())
            yield _rank(line, match.span(), match["n"], match["unit"])
        for match in _cued().finditer(t):
            if match.start("raw") not in taken:
                taken.add(match.start("raw"))
                yield _rank(line, match.span("raw"), match["n"], "")
        for match in _ALSO.finditer(t):
            if taken and match.start("raw") not in taken:
                taken.add(match.start("raw"))
                yield _rank(line, match.span("raw"), match["n"], match["unit"] or "")
        for match in _first().finditer(t):
            if match.start("raw") not in taken and match["raw"] != "第一":
                yield _rank(line, match.span("raw"), "1", "")
    if "前" in t:
        for match in _TOP.finditer(t):
            found = _rank(line, match.span("raw"), match["n"], match["unit"].replace("强", ""))
            found.qualifier = "前"
            yield found


def _rank(line: Line, span: tuple[int, int], written: str, unit: str) -> Found:
    # late: a search does not need it
    from ..text.numerals import in_digits

    digits = written if written.isdigit() else in_digits(f"{written}件").rstrip("件")
    return Found(
        line, span[0], span[0], span[1], "rank", unit, (Decimal(digits if digits.isdigit() else 0),)
    )
