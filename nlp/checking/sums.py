"""Total = sum of its parts, in a sentence and across sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate

from ..figures.found import Found
from .doubts import doubt, others
from .findings import finding, shown
from .partitions import CARRIED, are_outcomes, parts_a_whole
from .records import Finding

_AVERAGE = re.compile(r"均|每")
_SUMMED = re.compile(r"(?:共计|合计|总计)(?:办理|受理|处理)?$")


def check_sums(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total that has two parts or more in the same unit."""
    wholes: dict[int, tuple[Found, list[Found]]] = {}
    for found in founds:
        if found.whole is not None:
            wholes.setdefault(id(found.whole), (found.whole, []))[1].append(found)
    for whole, listed in wholes.values():
        same = [p for p in listed if p.unit == whole.unit and len(p.numbers) == 1]
        same = [p for p in same if p.stated] or same  # not 含上年结转2件 beside what 其中 lists
        same = [p for p in same if not CARRIED.search(p.name)]
        if len(whole.numbers) != 1 or CARRIED.search(whole.name):
            continue
        if len(same) >= 2:
            for i, parts in enumerate(_ways(whole, same)):
                sum_ = _sum(whole, parts, founds)
                if sum_.status != "UNCERTAIN" or (i == 0 and any(p.stated for p in parts)):
                    yield sum_
        elif len(same) == 1 and same[0].stated and same[0].number > whole.number:
            yield _above(whole, same[0], founds)


def _ways(whole: Found, parts: list[Found]) -> list[list[Found]]:
    """Return ``parts`` in two where those in front are all of ``whole`` by themselves.

    其中一审20件,二审8件;胜诉22件,败诉6件 parts the cases in two ways. One list stays one: 维持20件,
    驳回8件,撤销2件 are 30.
    """
    names = [part.name for part in parts]
    if are_outcomes(names) or parts_a_whole(names):
        return [parts]
    for i, sum_ in enumerate(accumulate(part.number for part in parts), 1):
        if 2 <= i < len(parts) and sum_ == whole.number and any(p.number for p in parts[i:]):
            return [parts[:i], parts[i:]] if len(parts) > i + 1 else [parts[:i]]
    return [parts]


def _sum(whole: Found, parts: list[Found], founds: Sequence[Found]) -> Finding:
    total = sum((p.number for p in parts), Decimal(0))
    same = [o for o in others(whole, parts, founds) if o.number == total]
    whole = same[0] if same else whole
    place = [whole, *parts]
    terms = " + ".join(shown(p.number) for p in parts)
    gap = whole.number - total
    if gap == 0:
        return finding("PASS", "total=parts", f"{shown(whole.number)} = {terms}", place)
    unequal = f"{shown(whole.number)} ≠ {terms} ({shown(total)})"
    why = doubt(whole, parts, founds)
    if not any(p.qualifier for p in place) and abs(gap) <= _rounding(place):
        return finding("PASS", "total=parts", f"{shown(whole.number)} ≈ {terms}", place, "rounded")
    if not why and _exhaustive(whole, parts, gap):
        return finding("FAIL", "total=parts", unequal, place, "the parts do not make the total")
    why = why or "the parts may not be all, or overlap"
    return finding("UNCERTAIN", "total=parts", unequal, place, why)


def _exhaustive(whole: Found, parts: list[Found], gap: Decimal) -> bool:
    """Say whether the words leave no doubt that the parts are meant to make the whole."""
    names = [p.name for p in parts]
    if _SUMMED.search(whole.line.t, 0, whole.start) and whole.start > parts[-1].start:
        return True
    if parts_a_whole(names):
        return gap < 0 or parts[0].stated or not any("受理" in name for name in names)
    near = min(whole.number, whole.number - gap) < _FEW or abs(gap) * 4 <= whole.number
    return near and are_outcomes(names)


_FEW = 20
"""Cases of which every outcome is named."""


def _rounding(place: Sequence[Found]) -> Decimal:
    """Return how far rounded numbers can be off; exact counts cannot."""
    steps = [f.step for f in place if f.step != 1]
    return sum(steps, Decimal(0)) / 2 if steps else Decimal(0)


def _above(whole: Found, part: Found, founds: Sequence[Found]) -> Finding:
    equation = f"{shown(part.number)} > {shown(whole.number)}"
    place = [whole, part]
    why = doubt(whole, [part], founds)
    if whole.year != part.year or any(_AVERAGE.search(f.name + f.period) for f in place):
        why = "an average, or another year"
    if why:
        return finding("UNCERTAIN", "over100", equation, place, why)
    return finding("FAIL", "over100", equation, place, "a part is above its whole")
