"""Places in an order: 居全国第3, 第13位, 全市第一, 居首位."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from .found import Found
from .line import Line

_N = r"(?P<n>\d+|[一二三四五六七八九十]{1,3})"
_CUE = (
    r"(?:居|列|排名?|名列|位次|升至|跃升[至到]|上升[至到]|升[至到]|降[至到]"
    r"|全[国省市县区州球]|世界|中[部西]{1,2}|[东西]部|首位|西北|西南|东北|长三角|同类|增速"
    r"|总量|[省市县区]{1,2})"
)
_PLACE = re.compile(rf"第{_N}(?P<unit>[位名])(?![单额称字录])")
_CUED = re.compile(rf"{_CUE}[\u4e00-\u9fff]{{0,4}}?(?P<raw>第{_N})(?=[,;。、)和与及的]|$|，)")
_FIRST = re.compile(r"(?:居|列|排|位|占据)[\u4e00-\u9fff]{0,6}?(?P<raw>首位|榜首|第一)")
_TOP = re.compile(rf"(?P<raw>前{_N}(?P<unit>[位名强]?))(?=[,;。、)]|$)")
_ALSO = re.compile(rf"(?<=[、和与及])(?P<raw>第{_N})(?P<unit>[位名])?(?=[,;。、)和与及]|$)")
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
    from ..numerals import in_digits

    digits = written if written.isdigit() else in_digits(f"{written}件").rstrip("件")
    return Found(
        line, span[0], span[0], span[1], "rank", unit, (Decimal(digits if digits.isdigit() else 0),)
    )
