"""The same indicator stated twice with different values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..figures.found import Found
from .findings import finding, shown
from .records import Finding

_SPECIFIC = 5
"""Characters of an indicator that says by itself what is counted."""
_KINDS = ("quantity", "money", "percent")


def check_repeats(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every indicator that two sentences state for the same year."""
    first: dict[tuple[str, str, str, str], Found] = {}
    for found in founds:
        if found.kind not in _KINDS or found.role not in ("", "total", "part"):
            continue
        if len(found.indicator) < _SPECIFIC or len(found.numbers) != 1:
            continue
        key = (found.indicator, found.unit, str(found.year), found.period)
        other = first.setdefault(key, found)
        if other.line is found.line:
            continue
        a, b = shown(other.number), shown(found.number)
        if other.number == found.number:
            yield finding("PASS", "repeat", f"{a} = {b}", [found, other], found.indicator)
        elif not (other.qualifier or found.qualifier):
            yield finding("UNCERTAIN", "repeat", f"{a} ≠ {b}", [found, other], found.indicator)
