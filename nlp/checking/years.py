"""The year of the report against the years in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..figures.found import Found
from ..records import Document
from .findings import finding
from .records import Finding

_AHEAD = re.compile(
    r"(?<![主重需必首纲摘])要(?![求点素闻案件])|将|力争|争取|计划|规划|预计|预期|目标|到[^,;:。]{0,4}年"
)
"""Words of what is still to come."""


def check_years(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every sentence that reports a later year than the report's own."""
    if not isinstance(document.year, int):
        return
    dated = {id(f.line): f for f in founds if f.kind == "date" and isinstance(f.value, int)}
    counted = {id(f.line) for f in founds if f.kind in ("quantity", "money", "percent")}
    for line, date in dated.items():
        sentence = document.sentences[date.line.n - 1]
        if sentence.role not in ("achievement", "problem") or sentence.kind != "sentence":
            continue
        if _AHEAD.search(sentence.text):
            continue
        year = date.value
        if isinstance(year, int) and year > document.year and line in counted:
            equation = f"{year} > {document.year}"
            yield finding("UNCERTAIN", "year", equation, [date], "later than the report's year")
