"""Read comparisons: growth and decline, shares, multiples, and ranks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from ..records import Direction
from .mentions import Found, Line
from .quantities import qualifier_before, qualifier_behind

_UP = (
    "增长|递增|增加|上升|提高|提升|上涨|扩大|增收|增产|攀升|增|升|涨|高于|快于|高出|多于|高|多"
    "|快|延长|加快|改善|回升|上调|净增|超出|前移|进位|跃升"
)
_DOWN = (
    "下降|递减|减少|降低|回落|缩小|缩减|压减|压缩|下滑|下跌|缩短|减|降|跌|低于|少于|慢于|低|少"
    "|精简|收窄|减产|减收|节约|压降|削减|下调|下浮|裁减|后移|退后"
)
_VERB = re.compile(
    rf"(?P<verb>(?P<up>(?<![新倍])(?:{_UP}))|(?P<down>{_DOWN}))"
    r"(?:了|达到?|为|约|(?:于)?全[国省市区](?:平均)?(?:水平)?|上年|去年|目标|预期|平均水平"
    r"|整体|总体)*$"
)
_NOUN = re.compile(r",?(?:(?P<up>[增涨升]幅)|(?P<down>[降跌]幅))(?:为|达到?|约|高达)?")
"""A noun alone that says which way what is in front of it went: 由268元降至251元,降幅6.3%."""
_CUT = re.compile(
    r"[,、]?(?:累计|全年|共|持续|大力)?(?:压减|压缩|减少|缩减|削减)[^,;:。]{1,100}(?<![由从自到至为])$"
)
"""A verb of decline in front of what declined: 压减一般性支出2300万元."""
_COMPARED = re.compile(
    r"同比|环比|同期|(?:[比较同]|相比|与)(?:上年|去年|前年|上月|同期|上一?年度?"
    r"|[^,;。]{1,12}(?:年|期|时|月|前|初|末|底|预算|平均|水平|全国|全省|\"))[^,;。]{0,10}$"
)
_FROM = re.compile(r"(?:[由从自]|(?:19|20)\d\d年的?)[^,;。:]{0,22}$")
_TO = re.compile(
    r"(?:提高|提升|增加|增长|上升|下降|降低|减少|扩大|缩短|压缩|压减|缩减|缩小|精简|跃升"
    r"|攀升|回落|拓展|调整|恢复|优化|整合|合并|翻番|升级|跃升|增|减|升|降|变|扩展|延长"
    r"|上调|下调)?(?:了)?(?:到|至|为|成)(?:了)?"
    r"(?:(?:19|20)\d\d年(?:末|底)?的?|今年的?|目前的?|现在的?|去年的?|上年的?|的)?$"
)
_CHANGES = ("percent", "quantity", "money", "ratio", "range", "change")


def mark_change(found: Found, left: int, previous: Found | None) -> int:
    """Make ``found`` a change where its words say so.

    Returns:
        Where the words of the change begin in the text between ``left`` and the number, the
        number itself when it is no change.
    """
    t, start = found.line.t, found.start
    if found.kind not in _CHANGES:
        return start
    noun = previous and found.unit in ("%", "倍") and _NOUN.fullmatch(t, left, start)
    if noun:
        _change(found, "up" if noun["up"] else "down")
        return left
    cut = found.kind in ("quantity", "money") and _CUT.match(t, left, start)
    if cut and not t.startswith(",其中", found.end):
        _change(found, "down")
        return start
    match = _VERB.search(t, left, start)
    if not match:
        if found.kind == "change" and not found.direction:
            found.role = found.role or "change"
        return start
    begin = match.start()
    compared = _COMPARED.search(t, left, begin)
    bare = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "ratio"
    adverse = match["verb"] in (
        "高",
        "多",
        "少",
        "低",
        "快",
        "增",
        "减",
        "升",
        "降",
        "节约",
        "高于",
        "低于",
        "多于",
        "少于",
    )
    if (
        found.unit in ("%", "倍")
        and match["verb"] in ("高于", "低于", "多于", "少于", "高", "低", "多", "少", "快")
        and not compared
    ):
        return start
    if not bare and not compared and (adverse or not (previous or begin > left)):
        return start
    if (
        not bare
        and not compared
        and match["verb"] in ("增加", "减少", "压减", "提高")
        and begin == left
        and not previous
    ):
        return start
    _change(found, "up" if match["up"] else "down")
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
        and _TO.fullmatch(between)
        and _FROM.search(t, max(0, previous.start - 26), previous.start)
    ):
        previous.role, found.role = "from", "to"
        return True
    return False


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "百": 100, "千": 1000}
_SMALL_NUMERAL = "[一二两三四五六七八九十]"

_FRACTION = re.compile(
    rf"(?P<low>{_SMALL_NUMERAL}{{1,3}}|(?<!\d)\d++)分之(?P<high>{_SMALL_NUMERAL}{{1,3}}|\d+(?:\.\d+)?)"
)
_TENTHS = re.compile(
    rf"(?<![一二三四五六七八九十])(?P<n>{_SMALL_NUMERAL}"
    rf"|\d(?:\.\d)?)成(?P<half>[二三四五六七八九半])?(?P<more>多)?"
    r"(?![立员果本为功效绩长都熟就品分交年人套因片群林型像])"
)
_HALF = re.compile(
    r"(?<![百大])(?:(?P<over>超过?|过|逾)半数?|近半数?|一半"
    r"|半数)(?![年月天小径途路场决价岛导截夜])"
)
_SLASH = re.compile(r"(?<![\d./a-z])(?P<high>\d{1,3})/(?P<low>\d{1,4})(?![\d./])")
_COLON = re.compile(r"(?<![\d:.])(?P<a>\d+(?:\.\d+)?):(?P<b>\d+(?:\.\d+)?)(?:(?::\d)|(?![\d:]))")
_DOUBLED = re.compile(r"翻(?:了)?(?P<n>[一两二三\d](?:\.\d)?)?番|翻倍")
_LATER = re.compile(r"时间|任务")


def ratios(line: Line) -> Iterator[Found]:
    """Yield the shares and multiples in words of ``line``."""
    t = line.t
    if "分之" in t:
        for m in _FRACTION.finditer(t):
            low, high = _number(m["low"]), _number(m["high"])
            if low:
                yield _ratio(line, m, high / low)
    if "成" in t:
        for m in _TENTHS.finditer(t):
            half = m["half"]
            tail = Decimal("0.5") if half == "半" else _number(half) / 10 if half else Decimal(0)
            yield _ratio(line, m, (_number(m["n"]) + tail) / 10, m["more"] or "")
    if "半" in t:
        for m in _HALF.finditer(t):
            if not _LATER.search(t, max(0, m.start() - 2), m.start()):
                word = m["over"] or ("近" if m[0][0] == "近" else "")
                yield _ratio(line, m, Decimal("0.5"), word)
    if "/" in t:
        for m in _SLASH.finditer(t):
            low, high = _number(m["low"]), _number(m["high"])
            if 0 < high < low:
                yield _ratio(line, m, high / low)
    if ":" in t:
        for m in _COLON.finditer(t):
            a, b = Decimal(m["a"]), Decimal(m["b"])
            if b and (
                "比" in t[max(0, m.start() - 6) : m.start()] or (b == 1 and len(m["b"]) == 1)
            ):
                yield _ratio(line, m, a / b)
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


_RANK = r"(?P<n>\d+|[一二三四五六七八九十]{1,3})"
_CUE = (
    r"(?:居|列|排名?|名列|位次|升至|跃升[至到]|上升[至到]|升[至到]|降[至到]"
    r"|全[国省市县区州球]|世界|中[部西]{1,2}|[东西]部|首位|西北|西南|东北|长三角|同类|增速"
    r"|总量|[省市县区]{1,2})"
)
_PLACE = re.compile(rf"第{_RANK}(?P<unit>[位名])(?![单额称字录])")
_CUED = re.compile(rf"{_CUE}[\u4e00-\u9fff]{{0,4}}?(?P<raw>第{_RANK})(?=[,;。、)和与及的]|$|，)")
_FIRST = re.compile(r"(?:居|列|排|位|占据)[\u4e00-\u9fff]{0,6}?(?P<raw>首位|榜首|第一)")
_TOP = re.compile(rf"(?P<raw>前{_RANK}(?P<unit>[位名强]?))(?=[,;。、)]|$)")
_ALSO = re.compile(rf"(?<=[、和与及])(?P<raw>第{_RANK})(?P<unit>[位名])?(?=[,;。、)和与及]|$)")
_LISTED = re.compile(r"[、和与及]|以及")


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
        for match in _CUED.finditer(t):
            if match.start("raw") not in taken:
                taken.add(match.start("raw"))
                yield _rank(line, match.span("raw"), match["n"], "")
        for match in _ALSO.finditer(t):
            if taken and match.start("raw") not in taken:
                taken.add(match.start("raw"))
                yield _rank(line, match.span("raw"), match["n"], match["unit"] or "")
        for match in _FIRST.finditer(t):
            if match.start("raw") not in taken and match["raw"] != "第一":
                yield _rank(line, match.span("raw"), "1", "")
    if "前" in t:
        for match in _TOP.finditer(t):
            found = _rank(line, match.span("raw"), match["n"], match["unit"].replace("强", ""))
            found.qualifier = "前"
            yield found


def _rank(line: Line, span: tuple[int, int], written: str, unit: str) -> Found:
    from ..text.numerals import in_digits

    digits = written if written.isdigit() else in_digits(f"{written}件").rstrip("件")
    return Found(
        line, span[0], span[0], span[1], "rank", unit, (Decimal(digits if digits.isdigit() else 0),)
    )
