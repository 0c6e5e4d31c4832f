"""Shares and multiples in words: 三分之二, 四成, 过半, 1/4, 2.5:1, 翻一番."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from .found import Found
from .line import Line
from .qualifiers import qualifier_before, qualifier_behind

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "百": 100, "千": 1000}
_N = "[一二两三四五六七八九十]"

_FRACTION = re.compile(rf"(?P<low>{_N}{{1,3}}|(?<!\d)\d++)分之(?P<high>{_N}{{1,3}}|\d+(?:\.\d+)?)")
_TENTHS = re.compile(
    rf"(?<![一二三四五六七八九十])(?P<n>{_N}"
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
