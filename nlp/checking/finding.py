"""Build a finding from the numbers that it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from ..figures.mentions import Found
from ..records import CheckKind, Finding, Status
from ..vocabulary import WordLists

CHECKS = WordLists(
    "checks",
    "all carried overlap case-outcome summed handled average own-level departments towns bounded"
    " bounded-name unbounded rate several-years goal scope ahead duty duty-of"
    " duty-leader law-based",
)
"""The words of all checks."""


@cache
def words(*groups: str) -> re.Pattern[str]:
    """Return the compiled pattern of any word of some groups of :data:`CHECKS`.

    Example:
        >>> words("average").findall("户均收入")
        ['均']
    """
    return re.compile(CHECKS.pattern(*groups))


def finding(
    status: Status, kind: CheckKind, equation: str, place: Sequence[Found], reason: str = ""
) -> Finding:
    """Return the finding on the numbers ``place``, the first of which names the sentence."""
    first = place[0]
    beside = [f for f in place if f.line is first.line]
    start = first.line.span(min(f.start for f in beside), first.end)[0]
    last = max(beside, key=lambda f: f.end)
    return Finding(
        status=status,
        kind=kind,
        equation=equation,
        start=start,
        end=last.line.span(last.start, last.end)[1],
        n=first.line.n,
        sentence=first.line.text,
        reason=reason,
    )


def shown(number: Decimal) -> str:
    """Return ``number`` without needless zeros, and 万 or 亿 where it is round."""
    for size, mark in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万")):
        if abs(number) >= size and number % (size // 10**4) == 0:
            return (
                f"{number / size:f}".rstrip("0").rstrip(".") + mark
                if "." in f"{number / size:f}"
                else f"{number / size:f}{mark}"
            )
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
