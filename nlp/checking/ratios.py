"""A part of a whole against the percentage that the text states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from .findings import finding, shown
from .records import Finding, Status

_RATE_OF = re.compile(
    r"(?P<what>办结|审结|结案|整改|化解|答复|调解成功|合格|受理|采纳|纠错|完成|破案|胜诉"
    r"|满意|维持)率"
)
_SAME_WHOLE = re.compile(
    r"^占(?:总数|总量|全部|总额|总人数|总案件数|受理总数|案件总数|收案总数)?(?:的)?(?:比重"
    r"|比例|比|案件比重)?|占(?:总数|总量|全部|总额)"
)


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
    parts = [f for f in beside if f.whole is not None and f.whole.line is percent.line]
    parts = [f for f in parts if len(f.numbers) == 1 and f.unit == f.whole.unit]  # type: ignore[union-attr]
    if percent.share and beside and beside[-1] in parts:
        words = percent.line.t[beside[-1].end : percent.start]
        if len(words) <= 8:
            return beside[-1], beside[-1].whole  # type: ignore[return-value]
    rate = _RATE_OF.search(percent.line.t, beside[-1].end if beside else 0, percent.start)
    if rate:
        for part in reversed(parts):
            if rate["what"] in part.name and "未" not in part.name and "不" not in part.name:
                return part, part.whole  # type: ignore[return-value]
    return None


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
