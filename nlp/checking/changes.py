"""Before, after and change: 由A提高到B, 增长C%."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from .findings import finding, shown
from .records import Finding

_DEFLATED = re.compile(r"可比|不变价|物价|价格|扣除|实际")
"""A growth without that of the prices, which is in the levels."""


def check_changes(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every change behind the two levels that it leads from and to."""
    for i, after in enumerate(founds):
        if after.role != "to" or not i or founds[i - 1].role != "from" or after.kind == "rank":
            continue
        before = founds[i - 1]
        for change in founds[i + 1 : i + 3]:
            if change.line is not after.line or change.role != "change" or change.base is None:
                break
            if _DEFLATED.search(after.line.t, after.end, change.end):
                continue
            if len(change.numbers) == 1 and not change.period:
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
