"""A total in a lead-in against the numbers of the items below it: 共12件。一是…8件。二是…4件。"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from ..figures.parts import LEVELS
from ..records import Document
from .findings import finding, shown
from .records import Finding

_ALL = re.compile(r"(?<!公)共(?:计|有)?|合计|总计|总[数量额]")


def check_items(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total of a sentence whose items below have numbers of its unit."""
    first: dict[tuple[int, str], Found] = {}
    for found in founds:
        if found.kind in LEVELS and found.role in ("", "total") and len(found.numbers) == 1:
            first.setdefault((found.line.n, found.unit), found)
    for (n, unit), total in first.items():
        words = total.line.t[max(0, total.start - 16) : total.start]
        if total.role == "total" or not _ALL.search(words) or document.sentences[n - 1].item:
            continue
        parts: list[Found] = []
        for sentence in document.sentences[n : n + 12]:
            own = first.get((sentence.n, unit))
            if not sentence.item or sentence.section != document.sentences[n - 1].section:
                break
            if own:
                parts.append(own)
        if len(parts) >= 2:
            yield _compare(total, parts)


def _compare(total: Found, parts: Sequence[Found]) -> Finding:
    terms = " + ".join(shown(p.number) for p in parts)
    equal = sum((p.number for p in parts), Decimal(0)) == total.number
    equation = f"{shown(total.number)} {'=' if equal else '≠'} {terms}"
    reason = "" if equal else "the items may not be all of it"
    return finding(
        "PASS" if equal else "UNCERTAIN", "total=parts", equation, [total, *parts], reason
    )
