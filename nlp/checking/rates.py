"""Check percentages and rates of change against the numbers they are computed from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache

from ..figures.comparisons import deflated
from ..figures.mentions import Found
from ..figures.relations import LEVELS
from ..records import Finding, Status
from .finding import CHECKS, finding, shown, words

_SHARE = re.compile(r"[,、(]?占(?:比|总[数量额]|全部)?(?:的)?(?:比[重例])?(?:为|达到?|约)?")
"""Between a part and its percentage, with no other whole named."""


@cache
def _rate_of() -> re.Pattern[str]:
    return re.compile(rf"(?P<what>{CHECKS.pattern('rate')})率")


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
    rate = _rate_of().search(percent.line.t, last.end, percent.start)
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


_WHOLE = re.compile(r"占[^占,;:。]*?(?:全|总|所有)|占比|比重")
"""Wording where the percentage is of a total, so that a value above 100 is an error."""


@cache
def _bounded() -> re.Pattern[str]:
    return re.compile(rf"{CHECKS.pattern('bounded')}率|{CHECKS.pattern('bounded-name')}")


@cache
def _unbounded() -> re.Pattern[str]:
    """Return the pattern of what a share may well be above: a plan, another year."""
    return re.compile(CHECKS.pattern("unbounded"), re.IGNORECASE)


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
        if share and _unbounded().search(words):
            continue
        if share:
            certain = _WHOLE.search(words)
            status: Status = "FAIL" if certain else "UNCERTAIN"
            yield finding(status, "over100", equation, [found], "a share above the whole")
        elif _bounded().search(found.name):
            yield finding("UNCERTAIN", "over100", equation, [found], found.name)


def check_changes(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every change behind the two levels that it leads from and to."""
    for i, after in enumerate(founds):
        if after.role != "to" or not i or founds[i - 1].role != "from" or after.kind == "rank":
            continue
        before = founds[i - 1]
        for change in founds[i + 1 : i + 3]:
            if change.line is not after.line or change.role != "change" or change.base is None:
                break
            if deflated().search(after.line.t, after.end, change.end):
                continue
            if len(change.numbers) == 1 and not words("average").search(change.period):
                found = _change(before, after, change)
                if found:
                    yield found


def _change(before: Found, after: Found, change: Found) -> Finding | None:
    sign = -1 if change.direction == "down" else 1
    moved = (after.number - before.number) * sign
    error = (_error(before) + _error(after)) / 2
    a, b = shown(before.number), shown(after.number)
    if change.unit == before.unit or (change.unit == "个百分点" and before.unit == "%"):
        true, unit, terms = moved, "", (f"{b} - {a}" if sign > 0 else f"{a} - {b}")
    elif change.unit in ("%", "倍") and before.number:
        size = 100 if change.unit == "%" else 1
        true, unit = moved / before.number * size, change.unit
        terms = f"({b} - {a}) / {a}" if sign > 0 else f"({a} - {b}) / {a}"
        error *= (1 + after.number / before.number) / before.number * size
    else:
        return None
    place = [before, after, change]
    stated = shown(change.number)
    if abs(true - change.number) <= error + _error(change) / 2:
        return finding("PASS", "change", f"{terms} = {stated}{unit}", place)
    equation = f"{terms} = {shown(round(true, 2))}{unit} ≠ {stated}{unit}"
    return finding("UNCERTAIN", "change", equation, place, "other prices, years or a slip")


def _error(found: Found) -> Decimal:
    """Return what one more in the last digit of a rounded number is; a count is exact."""
    exact = found.step == 1 and found.kind in ("quantity", "money")
    return Decimal(0) if exact else found.step
