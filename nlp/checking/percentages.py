"""Percentages above 100 where there is no more than all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..figures.found import Found
from .findings import finding, shown
from .records import Finding, Status

_BOUNDED = re.compile(
    r"(?:办结|结案|合格|[覆复]盖|满意|知晓|公开|达标|优良|出庭|应诉|持证|上岗|参训|参保|参与|整改|化解"
    r"|调解成功|成功|按时|及时|准确|网办|可办|入学|巩固|就业|绿化|普及|破案|采纳|回复"
    r"|答复)率|占比|比重|满意度"
)

_WHOLE = re.compile(r"占[^占,;:。]*?(?:全|总|所有)|占比|比重")
"""A share of what is really the whole of it."""
_MEASURE = re.compile(
    r"计划|预算|任务|目标|指标|序时|定额|编制|能力|gdp|生产总值|[收产]入|产值|限额|上年|去年|同期|上一",
    re.IGNORECASE,
)
"""What a share may well be above: a plan, another year, something else altogether."""


def check_percentages(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every share or rate above 100 per cent."""
    for found in founds:
        if found.kind != "percent" or found.unit != "%" or len(found.numbers) != 1:
            continue
        if found.number <= 100:
            continue
        equation = f"{shown(found.number)}% > 100%"
        words = found.line.t[max(0, found.start - 24) : found.start]
        words = words[max(map(words.rfind, ",;:。")) + 1 :]
        share = found.share or "占比" in found.name
        if share and _MEASURE.search(words):
            continue
        if share:
            certain = _WHOLE.search(words)
            status: Status = "FAIL" if certain else "UNCERTAIN"
            yield finding(status, "over100", equation, [found], "a share above the whole")
        elif _BOUNDED.search(found.name):
            yield finding("UNCERTAIN", "over100", equation, [found], found.name)
