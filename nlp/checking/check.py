"""Run all checks over one text."""

from __future__ import annotations

from dataclasses import replace

from ..document.parse import parse_document
from ..figures.extract import read_document
from ..records import Document, Finding
from .consistency import check_items, check_levels, check_repeats, check_years
from .rates import check_changes, check_percentages, check_ratios
from .sums import check_sums

_LONGEST = 2000
"""Characters of a sentence that is still prose; a table or worse on one line has no sums to read,
and takes long."""


def check_text(text: str) -> list[Finding]:
    """Return what the arithmetic of ``text`` comes to, in the order of the text.

    Checked are totals against their parts, shares and rates against the numbers that they are
    of, changes against the levels that they lead from and to, indicators that are stated twice,
    percentages above 100, and years later than the report's own.
    """
    return check_document(parse_document(text))


def check_document(document: Document) -> list[Finding]:
    """Return what :func:`check_text` returns, for a parsed report."""
    prose = tuple(s for s in document.sentences if s.end - s.start <= _LONGEST)
    founds = read_document(replace(document, sentences=prose))
    counted = [f for f in founds if f.kind != "date"]
    findings = [
        *check_sums(counted),
        *check_items(document, counted),
        *check_levels(document, counted),
        *check_ratios(counted),
        *check_changes(counted),
        *check_repeats(document, counted),
        *check_percentages(counted),
        *check_years(document, founds),
    ]
    return sorted(findings, key=lambda f: (f.start, f.end))
