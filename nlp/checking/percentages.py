"""Percentages above 100 where there is no more than all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..figures.found import Found
from .findings import finding, shown
from .records import Finding

_BOUNDED = re.compile(
    r"(?:办结|结案|合格|[覆复]盖|满意|知晓|公开|达标|优良|出庭|出庭应诉|持证|参与|整改|化解"
    r"|调解成功|成功|按时|及时|准确|网办|可办|入学|巩固|就业|绿化|普及|破案|采纳|回复"
    r"|答复)率|占比|比重|满意度"
)


def check_percentages(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every share or rate above 100 per cent."""
    for found in founds:
        if found.kind != "percent" or found.unit != "%" or len(found.numbers) != 1:
            continue
        if found.number <= 100:
            continue
        equation = f"{shown(found.number)}% > 100%"
        if found.share:
            yield finding("FAIL", "over100", equation, [found], "a share above the whole")
        elif _BOUNDED.search(found.name):
            yield finding("UNCERTAIN", "over100", equation, [found], found.name)
