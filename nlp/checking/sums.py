"""Total = sum of its parts, in a sentence and across sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from .findings import finding, shown
from .partitions import are_outcomes, parts_a_whole
from .records import Finding

_OPEN_LIST = re.compile(r"等(?:[,;。、)]|$)")
_AVERAGE = re.compile(r"均|每")
_SUMMED = re.compile(r"(?:共计|合计|总计)$")


def check_sums(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total that has two parts or more in the same unit."""
    wholes: dict[int, tuple[Found, list[Found]]] = {}
    for found in founds:
        if found.whole is not None:
            wholes.setdefault(id(found.whole), (found.whole, []))[1].append(found)
    for whole, parts in wholes.values():
        same = [p for p in parts if p.unit == whole.unit and len(p.numbers) == 1]
        same = [p for p in same if p.stated] or same  # not 含上年结转2件 beside what 其中 lists
        if len(whole.numbers) != 1:
            continue
        if len(same) >= 2:
            sum_ = _sum(whole, same)
            if sum_.status != "UNCERTAIN" or any(p.stated for p in same):
                yield sum_
        elif len(same) == 1 and same[0].stated and same[0].number > whole.number:
            yield _above(whole, same[0])


def _sum(whole: Found, parts: list[Found]) -> Finding:
    total = sum((p.number for p in parts), Decimal(0))
    place = [whole, *parts]
    terms = " + ".join(shown(p.number) for p in parts)
    equation = f"{shown(whole.number)} = {terms}"
    gap = whole.number - total
    if gap == 0:
        return finding("PASS", "total=parts", equation, place)
    unequal = f"{shown(whole.number)} ≠ {terms} ({shown(total)})"
    if any(p.qualifier for p in place):
        return finding("UNCERTAIN", "total=parts", unequal, place, "approximate numbers")
    if abs(gap) <= _rounding(place):
        return finding("PASS", "total=parts", f"{shown(whole.number)} ≈ {terms}", place, "rounded")
    names = [p.name for p in parts]
    if _exhaustive(whole, parts, names, gap):
        return finding("FAIL", "total=parts", unequal, place, "the parts do not make the total")
    return finding(
        "UNCERTAIN", "total=parts", unequal, place, "the parts may not be all, or overlap"
    )


def _exhaustive(whole: Found, parts: list[Found], names: list[str], gap: Decimal) -> bool:
    """Say whether the words leave no doubt that the parts are meant to make the whole."""
    last = parts[-1]
    if _OPEN_LIST.match(last.line.t, last.end):
        return False
    if _SUMMED.search(whole.line.t, 0, whole.start) and whole.start > last.start:
        return True
    if parts_a_whole(names):
        return True
    near = min(whole.number, whole.number - gap) < _FEW or abs(gap) * 4 <= whole.number
    return near and are_outcomes(names)


_FEW = 20
"""Cases of which every outcome is named."""


def _rounding(place: Sequence[Found]) -> Decimal:
    """Return how far rounded numbers can be off; exact counts cannot."""
    steps = [f.step for f in place if f.step != 1]
    return sum(steps, Decimal(0)) / 2 if steps else Decimal(0)


def _above(whole: Found, part: Found) -> Finding:
    equation = f"{shown(part.number)} > {shown(whole.number)}"
    place = [whole, part]
    if any(f.qualifier for f in place):
        return finding("UNCERTAIN", "over100", equation, place, "approximate numbers")
    if whole.year != part.year or any(_AVERAGE.search(f.name + f.period) for f in place):
        return finding("UNCERTAIN", "over100", equation, place, "an average, or another year")
    return finding("FAIL", "over100", equation, place, "a part is above its whole")
