"""Why a sum that does not come out may not be meant as one: carried cases, overlaps, ..."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..figures.found import Found
from ..figures.parts import LEVELS
from .partitions import CARRIED

_OPEN_LIST = re.compile(r"等(?:[,;。、)]|$)")
_OVERLAP = re.compile(r"同时|兼任|兼有|重复|交叉|重叠|有的")


def doubt(whole: Found, parts: Sequence[Found], founds: Sequence[Found]) -> str:
    """Return why ``parts`` may not be meant to make ``whole``, ``""`` when nothing says so.

    Args:
        whole: the total.
        parts: its parts.
        founds: the numbers of the text.
    """
    last = parts[-1]
    if any(found.qualifier for found in (whole, *parts)):
        return "approximate numbers"
    if _OPEN_LIST.match(last.line.t, last.end):
        return "the list goes on"
    if any(CARRIED.search(found.line.t) for found in (whole, *parts)):
        return "cases were carried over"
    if any(_OVERLAP.search(part.line.t) for part in parts):
        return "the parts overlap"
    return "they may be parts of another number" if others(whole, parts, founds) else ""


def others(whole: Found, parts: Sequence[Found], founds: Sequence[Found]) -> list[Found]:
    """Return earlier numbers of the sentence that ``parts`` may be of, when ``whole`` is too small.

    Of 审结12件,在审3件,其中胜诉10件 the 10 are not of the 3.
    """
    largest = max(part.number for part in parts)
    if largest <= whole.number:
        return []
    return [
        found
        for found in founds
        if found.line is whole.line
        and found.start < whole.start
        and found.kind in LEVELS
        and found.unit == whole.unit
        and found.role not in ("change", "from")
        and len(found.numbers) == 1
        and found.number >= largest
    ]
