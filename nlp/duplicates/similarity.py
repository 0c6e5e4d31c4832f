"""Compare two reports: the same again, a copy with other figures, or different reports.

:func:`sketch` is what to keep of a report to look up copies among thousands, :func:`candidates`
says which are worth the look, and :func:`compare` looks: it reads both in full.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..records import Document
from ..text.normalize import squeeze
from .alignment import Gap, Places, align, gaps_of
from .shingles import FIGURE, HASH_BITS, Wording, letters_of, shingles_of, wording_of

Verdict = Literal["same", "similar", "different"]
Difference = Literal["year", "region", "length", "wording", "names", "figures"]
Figures = list[tuple[str, str]]

ONE_IN = 80
"""Of so many shingles one is in the sketch: 100 for a report of 8,000 characters."""
FEWEST = 16
"""Hashes of the sketch of a text under 1,300 characters, so that two of them can be compared."""

# Chosen with benchmarks/duplicates.py on every other of 38 reports and their copies, where the
# years and places of the titles were not looked at; the other half bore them out. What is taken
# for the same is kept once, so where there is room between the two sides, caution has it.
CANDIDATE = 0.125
"""Share of the smaller sketch from which a report is compared: 0.26 was the least with names,
figures and every other sentence replaced, and no two reports had 0.1."""
SIMILAR = 0.25
"""Containment from which reports are similar: 0.41 with every other sentence replaced, no two
reports 0.08."""
LENGTH = 0.75
"""The same report is at least so much as long as the other: re-posts with all that stands on
their pages were from 0.88, excerpts of a half up to 0.58."""
MATCHED = 0.9
"""Share of its words that the shorter has in common with the longer: 0.97 was the least."""
REWRITTEN = 0.005
"""Share of the words that may be others: re-posts up to 0.003, with one sentence in twenty
replaced from 0.011."""
FIGURES = 0.03
"""Share of the figures that may be others: 0.03 with five wrong characters in a thousand, 0.05
with one figure in ten replaced."""
YEARS = 0.2
"""Share of the years among them: 0.07 with wrong characters, 0.6 where it is another year's."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_GUESSED = ("file name", "page")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two reports are.

    Attributes:
        verdict: ``same``: one report, posted again; ``similar``: a template copy, another edition
            or an excerpt; ``different``.
        differences: what says that it is not one report; empty when the verdict is ``same``.
        jaccard: shingles of both among the shingles of either, 0 to 1.
        containment: shingles of both among those of the report that has fewer, 0 to 1.
        length: shingles of the report that has fewer by those of the other, 0 to 1.
        rewritten: share of the words of the shorter report in whose place the other has others,
            0 to 1, but for single characters and for what stands before and behind all that both
            have.
        figures: share of the numbers in the same place that are equal, 0 to 1; 1 when there are
            none.
    """

    verdict: Verdict
    differences: tuple[Difference, ...]
    jaccard: float
    containment: float
    length: float
    rewritten: float
    figures: float


def sketch(document: Document) -> list[int]:
    """Return the hashes to keep of ``document``: ascending, 63 bits, the same on every machine.

    One shingle in :data:`ONE_IN` is kept, by its hash (FracMinHash: Irber et al. 2022), so that
    the share two sketches have in common estimates the share of the reports, also of a short one
    within a long one. Of a short text the smallest hashes are added. An empty one has none.
    Unlike the words of :func:`compare`, these shingles hold the figures, so that among many
    copies of a template the same report comes first.
    """
    hashes = shingles_of(letters_of(document))
    kept = np.unique(hashes[hashes < np.uint64((1 << HASH_BITS) // ONE_IN)])
    if len(kept) < FEWEST:
        kept = np.unique(hashes)[:FEWEST]
    return [int(value) for value in kept]


def candidates(shared: Mapping[str, int], sizes: Mapping[str, int], own: int) -> list[str]:
    """Return the reports worth comparing, the likeliest first.

    Args:
        shared: by report, how many hashes of its sketch are in the one looked up.
        sizes: by report, how many hashes its sketch has.
        own: how many hashes the one looked up has.
    """
    shares = {report: count / min(own, sizes[report]) for report, count in shared.items() if count}
    found = [report for report, share in shares.items() if share >= CANDIDATE]
    return sorted(found, key=lambda report: (-shares[report], report))


def compare(one: Document, other: Document) -> Likeness:
    """Return how alike two reports are; their order makes no difference.

    Reports of two years or two places, where both are known, are not the same. A document
    without sentences is taken for its text: ``Document(text)`` is enough for a text by itself.
    """
    wordings = sorted((wording_of(one), wording_of(other)), key=lambda w: (len(w.words), *w))
    few, many = sorted((np.unique(shingles_of(w.words)) for w in wordings), key=len)
    both = len(np.intersect1d(few, many, assume_unique=True))
    if not both:
        return Likeness("different", ("wording",), 0.0, 0.0, 0.0, 0.0, 1.0)
    containment, length = both / len(few), len(few) / len(many)
    shorter, longer = wordings
    places = align(shorter.words, longer.words)
    gaps = gaps_of(places, len(longer.words))
    rewritten = sum(g.replaced for g in gaps[1:-1] if g.replaced > 1) / len(places)
    figures = _figures(shorter, longer, places)
    checks: dict[Difference, bool] = {
        "year": _other_year(one, other),
        "region": _other_place(one, other),
        "length": length < LENGTH,
        "wording": rewritten > REWRITTEN or int(np.sum(places >= 0)) < MATCHED * len(places),
        "names": _is_renamed(shorter.words, longer.words, gaps),
        "figures": _unequal(figures) > FIGURES or _unequal(_years(figures)) > YEARS,
    }
    differences = tuple(name for name, found in checks.items() if found)
    return Likeness(
        verdict="different" if containment < SIMILAR else "similar" if differences else "same",
        differences=differences,
        jaccard=both / (len(few) + len(many) - both),
        containment=containment,
        length=length,
        rewritten=rewritten,
        figures=1 - _unequal(figures),
    )


def of_other_subjects(one: Document, other: Document) -> bool:
    """Tell whether two reports are of other years or places, so that they cannot be the same."""
    return _other_year(one, other) or _other_place(one, other)


def _is_renamed(one: str, other: str, gaps: Sequence[Gap]) -> bool:
    """Tell whether something of two characters or more became the same other thing twice."""
    swaps = Counter(
        (one[gap.start : gap.end], other[gap.other_start : gap.other_end])
        for gap in gaps
        if gap.replaced
    )
    return any(
        count > 1 and max(len(was), len(became)) > 1 and sorted(was) != sorted(became)
        for (was, became), count in swaps.items()
    )


def _figures(one: Wording, other: Wording, places: Places) -> Figures:
    """Return the numbers that stand in the same place of two wordings, in pairs."""
    marks = {m.start(): i for i, m in enumerate(re.finditer(FIGURE, other.words))}
    here = (m.start() for m in re.finditer(FIGURE, one.words))
    return [
        (figure, other.figures[marks[int(places[at])]])
        for figure, at in zip(one.figures, here, strict=True)
        if places[at] >= 0
    ]


def _years(figures: Figures) -> Figures:
    return [pair for pair in figures if all(_YEAR.fullmatch(figure) for figure in pair)]


def _unequal(figures: Figures) -> float:
    """Return the share of pairs that differ, 0 when there are none."""
    return sum(a != b for a, b in figures) / max(1, len(figures))


def _other_year(one: Document, other: Document) -> bool:
    return _sure(one, other, "year") and str(one.year) != str(other.year)


def _other_place(one: Document, other: Document) -> bool:
    """Tell whether the places differ; 武功县 and 咸阳市武功县 do not."""
    if not _sure(one, other, "region"):
        return False
    if one.adcode and other.adcode:
        if one.adcode != other.adcode:
            return True
        if one.level == other.level and one.level in ("province", "city", "county"):
            return False  # of a town the code is its county's
    names = squeeze(one.region), squeeze(other.region)
    return not (names[0].endswith(names[1]) or names[1].endswith(names[0]))


def _sure(one: Document, other: Document, said: str) -> bool:
    """Tell whether both say it, and not just the name of a file or the page around it."""
    return all(getattr(d, said) and d.how.get(said) not in _GUESSED for d in (one, other))
