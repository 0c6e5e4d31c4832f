"""The same indicator stated twice with different values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..figures.found import Found
from ..records import Document
from .findings import finding, shown
from .records import Finding

_SPECIFIC = 5
"""Characters of an indicator that says by itself what is counted."""
_KINDS = ("quantity", "money", "percent")

_SPANS = re.compile(r"时期|五年|[两三]年|届")
"""In a heading: what stands below speaks now of one year and now of several."""
_GOAL = re.compile(r"计划|拟|预期|力争|目标|将|争取|要|任务|安排|以上|左右")
_SCOPE = re.compile(
    r"全[省市县区州国镇]|[省市县区州](?:本级|政府|直)|各(?:部门|单位|地|乡镇|镇)|部门|机关|法院|[局镇乡]"
    r"|其中|新增|累计|中央|地方"
)
"""Whose number it is."""
_EDGE = re.compile("[,;:。]")


def check_repeats(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every indicator that two sentences state for the same year and scope.

    Plans and goals are left out, and other values below headings that speak of several years.
    """
    first: dict[tuple[str, ...], Found] = {}
    for found in founds:
        if found.kind not in _KINDS or found.role not in ("", "total", "part"):
            continue
        if len(found.indicator) < _SPECIFIC or len(found.numbers) != 1:
            continue
        sentence = document.sentences[found.line.n - 1]
        clause = _clause(found)
        if sentence.role == "plan" or _GOAL.search(clause):
            continue
        scope = "".join(sorted(set(_SCOPE.findall(clause))))
        key = (found.indicator, found.unit, str(found.year), found.period, scope)
        other = first.setdefault(key, found)
        if other.line is found.line:
            continue
        a, b = shown(other.number), shown(found.number)
        if other.number == found.number:
            yield finding("PASS", "repeat", f"{a} = {b}", [found, other], found.indicator)
        elif not (other.qualifier or found.qualifier or _several_years(document, other, found)):
            yield finding("UNCERTAIN", "repeat", f"{a} ≠ {b}", [found, other], found.indicator)


def _clause(found: Found) -> str:
    """Return the words in front of a number in its clause, and its qualifier."""
    before = found.line.t[max(0, found.start - 40) : found.digits]
    edges = [m.end() for m in _EDGE.finditer(before)]
    return before[edges[-1] if edges else 0 :]


def _several_years(document: Document, *founds: Found) -> bool:
    return any(_SPANS.search(document.sentences[f.line.n - 1].section) for f in founds)
