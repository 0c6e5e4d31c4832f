"""The numbers of a line, still without unit: 3.2万, 3亿5000万, 1 236, 七八, 近百, 四."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from .qualifiers import WITHIN
from .units import UNIT

_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_SMALL = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}

_NUMBER = r"(?:[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"(?:[十百千]?万亿|[十百千]?[万亿]|百(?!分)|千(?![瓦米克伏卡帕分]))"
_ARABIC = re.compile(
    rf"(?<![\d.a-z/])(?P<n>{_NUMBER})(?P<more1>{WITHIN}(?=[十百千万亿]|{UNIT}))?"
    rf"(?:(?P<yi>亿)零?(?P<rest>\d+)万|(?P<scale>{_SCALE}))?"
    rf"(?P<more2>{WITHIN}(?={UNIT}|[\u4e00-\u9fff]))?(?![a-z])"
)
_PAIR = re.compile(
    rf"(?<![一二三四五六七八九十百千第])(?P<a>[一二三四五六七八])(?P<b>[二三四五六七八九])(?P<scale>[十百千]?[万亿]?)(?={UNIT})"
)
_BARE = re.compile(rf"(?<=[近上逾超过])(?P<scale>[百千]?[万亿]|百|千)(?P<more>[余多])?(?={UNIT})")
_ONE = re.compile(
    r"(?<![一二三四五六七八九十百千万第几数每分\d])(?P<c>[两二三四五六七八九十])(?=个|项"
    r"|类|大类|批|支|张|座|套|位|种|级|所|条|家|处|部|门|期|场)"
)
_COUNTING = re.compile(
    r"(?:设立|建立|成立|组建|新建|建成|建设|开展|实施|推出|出台|打造|培育|新增|增加|共"
    r"|确定|选取|选定|抽调|形成|划分为?|聚焦|派出|举办|创建|召开|制定|印发"
    r"|修订|发布|查处|完成|落实|获得|荣获|涉及|包括|[覆复]盖|下设|设置?|有|分|等|为"
    r"|全[县市省区镇乡州旗国]|[及和]"
    r"|[^,;:。、\"一二三四五六七八九十]{2,12}、[^,;:。、\"]{1,12}"
    r"|[\u4e00-\u9fff\d]个[\u4e00-\u9fff]{1,8}、)了?$"
)
_COUNTABLE = re.compile(
    r"(?:[两二三四五六七八九十])(?:个|家|支|所|座|处|条|批)(?:[省市县区]级|[县市区]直|重点"
    r"|专项|基层|试点|示范|行政)?"
    r"(?:部门|单位|乡镇|镇|乡|街道|社区|村|县|区|市|省|领域|方面|环节|工作组|专班|检查组"
    r"|督查组|督导组|小组|专业|队伍|企业|项目|示范|中心|站|基地|批次|次)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a line.

    Attributes:
        start: offset of its first character.
        end: offset behind it, its 万 or 亿, and its 余 or 多.
        numbers: its value, or two for 七八.
        step: what one more in its last digit is worth.
        more: 余, 多, 几, or ``""``.
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
    found = [_arabic(m) for m in _ARABIC.finditer(t)]
    found += [_pair(m) for m in _PAIR.finditer(t)]
    found += [_bare(m) for m in _BARE.finditer(t)]
    found += [
        Amount(m.start(), m.end(), (Decimal(_SMALL[m["c"]]),), Decimal(1))
        for m in _ONE.finditer(t)
        if _COUNTABLE.match(t, m.start()) or _COUNTING.search(t, max(0, m.start() - 26), m.start())
    ]
    end = 0
    for amount in sorted(found, key=lambda a: (a.start, -a.end)):
        if amount.start >= end:
            yield amount
            end = amount.end


def amount_at(t: str, start: int) -> Amount | None:
    """Return the number in digits that begins at ``start``."""
    match = _ARABIC.match(t, start)
    return _arabic(match) if match else None


def _arabic(match: re.Match[str]) -> Amount:
    number, scale = match["n"].replace(" ", ""), match["scale"] or match["yi"] or ""
    size = _size(scale)
    value = Decimal(number) * size
    decimals = len(number.partition(".")[2])
    step = Decimal(size).scaleb(-decimals)
    if rest := match["rest"]:
        value += Decimal(rest) * 10**4
        step = Decimal(10**4)
    more = match["more1"] or match["more2"] or ""
    return Amount(match.start(), match.end(), (value,), step, more, size)


def _pair(match: re.Match[str]) -> Amount:
    low, high = _SMALL[match["a"]], _SMALL[match["b"]]
    if high != low + 1:
        return Amount(match.start(), match.start(), (), Decimal(1))
    size = _size(match["scale"])
    numbers = (Decimal(low * size), Decimal(high * size))
    return Amount(match.start(), match.end(), numbers, Decimal(size), size=size)


def _bare(match: re.Match[str]) -> Amount:
    size = _size(match["scale"])
    one = Decimal(size)
    return Amount(match.start(), match.end(), (one,), one, match["more"] or "", size)


def _size(scale: str) -> int:
    size = 1
    for char in scale:
        size *= _SIZES[char]
    return size
