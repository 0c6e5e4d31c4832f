"""A part of a whole against the percentage that the text states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from ..figures.parts import LEVELS
from .findings import finding, shown
from .records import Finding, Status

_RATE_OF = re.compile(
    r"(?P<what>办结|审结|结案|整改|化解|答复|成功|合格|受理|采纳|纠错|完成|破案|胜诉|满意|维持|公开)率"
)
_SHARE = re.compile(r"[,、(]?占(?:比|总[数量额]|全部)?(?:的)?(?:比[重例])?(?:为|达到?|约)?")
"""Between a part and its percentage, with no other whole named."""


def check_ratios(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every percentage whose part and whole the same sentence states."""
    for i, found in enumerate(founds):
        if found.kind != "percent" or len(found.numbers) != 1 or found.unit != "%":
            continue
        beside = [f for f in founds[max(0, i - 8) : i] if f.line is found.line]
        pair = _pair(found, beside)
        if pair:
            yield _ratio(found, *pair)


def _pair(percent: Found, beside: Sequence[Found]) -> tuple[Found, Found] | None:
    """Return the part and the whole that ``percent`` is the share of."""
    if not beside:
        return None
    last = beside[-1]
    between = percent.line.t[last.end : percent.start]
    if percent.share and last.whole and len(between) <= 8:
        return _of(percent, last, beside)
    if _SHARE.fullmatch(between):
        return _of(percent, last, beside)
    rate = _RATE_OF.search(percent.line.t, last.end, percent.start)
    for part in reversed(beside) if rate else ():
        name = part.name.rpartition("·")[2]
        if rate and rate["what"] in name and "未" not in name and "不" not in name:
            return _of(percent, part, beside)
    return None


def _of(percent: Found, part: Found, beside: Sequence[Found]) -> tuple[Found, Found] | None:
    """Return ``part`` and its whole: the one that the text names, else one in front of it."""
    if part.kind not in LEVELS or len(part.numbers) != 1:
        return None
    if part.whole:
        same = part.whole.line is percent.line and part.whole.unit == part.unit
        return (part, part.whole) if same else None
    fitting = [
        f
        for f in beside
        if f.start < part.start
        and f.kind in LEVELS
        and f.unit == part.unit
        and f.role not in ("change", "from")
        and len(f.numbers) == 1
        and f.number >= part.number > 0
    ]
    right = [
        f for f in fitting if abs(part.number / f.number * 100 - percent.number) <= percent.step
    ]
    return (part, (right or fitting)[-1]) if fitting else None


def _ratio(percent: Found, part: Found, whole: Found) -> Finding:
    place = [whole, part, percent]
    if not whole.number:
        return finding(
            "UNCERTAIN", "ratio", f"{shown(part.number)} / 0", place, "a whole of nothing"
        )
    true = part.number / whole.number * 100
    stated = shown(percent.number)
    left = f"{shown(part.number)} / {shown(whole.number)}"
    if abs(true - percent.number) <= percent.step * Decimal("0.55"):
        return finding("PASS", "ratio", f"{left} = {stated}%", place)
    digits = -int(percent.step.as_tuple().exponent)
    equation = f"{left} = {true:.{max(digits, 1)}f}% ≠ {stated}%"
    if (
        abs(true - percent.number) <= percent.step
        or any(f.qualifier or f.step != 1 for f in (whole, part))
        or percent.qualifier
    ):
        return finding("UNCERTAIN", "ratio", equation, place, "rounded or approximate")
    status: Status = "FAIL" if percent.share and part.stated else "UNCERTAIN"
    return finding(status, "ratio", equation, place, "the share is another")
