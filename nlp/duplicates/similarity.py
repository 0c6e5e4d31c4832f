"""Decide whether two reports are the same, similar (a template copy or excerpt), or different.

:func:`sketch` returns the hashes to store of a report, :func:`candidates` selects from the stored
sketches the reports that may be copies, and :func:`compare` compares two reports in full.

A report made from a template has the same words as the template but other numbers, so numbers can
be masked and compared apart (:class:`MaskedText`). Punctuation and white space are removed, because
they vary between copies of one report. The second part finds which characters of two masked texts
correspond, by the shingles that both contain.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..records import Document
from ..text.normalize import squeeze, squeeze_all
from ..text.numerals import in_digits

Verdict = Literal["same", "similar", "different"]
Difference = Literal["year", "region", "length", "wording", "names", "figures"]
FigurePairs = list[tuple[str, str]]
"""Pairs of numbers, in digits, at corresponding places of two reports."""

SKETCH_SAMPLING = 80
"""One of this many shingles is in a sketch: about 100 for a report of 8,000 characters."""
MIN_SKETCH = 16
"""Minimum number of hashes in a sketch, so that texts under 1,300 characters are comparable."""

# The thresholds were chosen with benchmarks/duplicates.py on half of 38 reports and their copies,
# without the years and regions of the titles, and validated on the other half. Only one of two
# "same" reports is kept, so within the gap between the classes each threshold is on the side that
# gives fewer "same".
CANDIDATE_THRESHOLD = 0.125
"""Minimum share of the smaller sketch in common for a candidate. Copies with names, figures and
every second sentence replaced had at least 0.26; unrelated reports had less than 0.1."""
SIMILAR_THRESHOLD = 0.25
"""Minimum containment of similar reports. Copies with every second sentence replaced had 0.41;
unrelated reports had less than 0.08."""
MIN_LENGTH_RATIO = 0.75
"""Minimum ratio of the lengths of two copies of one report. Republished reports with all text of
their web pages had at least 0.88; excerpts of half of a report had at most 0.58."""
MIN_MATCHED = 0.9
"""Minimum share of the characters of the shorter report that are aligned with the longer one, for
the same report. The observed minimum was 0.97."""
MAX_REWRITTEN = 0.005
"""Maximum share of replaced characters in the same report. Republished reports had at most 0.003;
copies with one sentence in twenty replaced had at least 0.011."""
MAX_FIGURES_CHANGED = 0.03
"""Maximum share of changed numbers in the same report. Copies with five wrong characters in a
thousand had 0.03; copies with one number in ten replaced had 0.05."""
MAX_YEARS_CHANGED = 0.2
"""Maximum share of changed numbers among the years. Copies with wrong characters had 0.07; reports
of another year had 0.6."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_UNCERTAIN_ORIGINS = ("file name", "page")
"""Origins of metadata (``Document.how``) that are too uncertain to tell two reports apart."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """The result of a comparison of two reports.

    Attributes:
        verdict: ``same``: one report, published twice; ``similar``: a template copy, another
            edition or an excerpt; ``different``.
        differences: the failed criteria of the same report; empty when the verdict is ``same``.
        jaccard: number of common shingles by number of shingles of either report, 0 to 1.
        containment: number of common shingles by the smaller number of shingles, 0 to 1.
        length: smaller number of shingles by larger number of shingles, 0 to 1.
        rewritten: share of the characters of the shorter report that the other has replaced, 0 to
            1, without single characters and without text before the first and after the last
            correspondence.
        figures: share of the numbers at corresponding places that are equal, 0 to 1; 1 when there
            are none.
    """

    verdict: Verdict
    differences: tuple[Difference, ...]
    jaccard: float
    containment: float
    length: float
    rewritten: float
    figures: float


def sketch(document: Document) -> list[int]:
    """Return the hashes to store of ``document``: ascending, 63 bits, the same on every machine.

    One shingle in :data:`SKETCH_SAMPLING` is selected by its hash (FracMinHash: Irber et al.,
    2022), so the share of common hashes of two sketches estimates the share of common shingles of
    the reports, also for a short report contained in a long one. A sketch of a short text is filled
    up to :data:`MIN_SKETCH` with its smallest hashes. An empty text has an empty sketch. Unlike in
    :func:`compare`, numbers are not masked, so that among many copies of a template the same report
    is the first candidate.
    """
    hashes = shingle_hashes(comparable_text(document))
    kept = np.unique(hashes[hashes < np.uint64((1 << HASH_BITS) // SKETCH_SAMPLING)])
    if len(kept) < MIN_SKETCH:
        kept = np.unique(hashes)[:MIN_SKETCH]
    return [int(value) for value in kept]


def candidates(shared: Mapping[str, int], sizes: Mapping[str, int], own: int) -> list[str]:
    """Return the ids of the reports to compare with a new report, most similar sketch first.

    Args:
        shared: number of hashes that a stored sketch shares with the new one, by report id.
        sizes: number of hashes of a stored sketch, by report id.
        own: number of hashes of the new sketch.

    Example:
        >>> candidates({"a": 40, "b": 5}, {"a": 100, "b": 90}, own=80)
        ['a']
    """
    shares = {report: count / min(own, sizes[report]) for report, count in shared.items() if count}
    found = [report for report, share in shares.items() if share >= CANDIDATE_THRESHOLD]
    return sorted(found, key=lambda report: (-shares[report], report))


def compare(one: Document, other: Document) -> Similarity:
    """Compare two reports in full; their order does not matter.

    Reports whose years or regions are both known and differ are not the same. A document without
    sentences is compared by its text, so ``Document(text)`` is enough to compare plain texts.

    Example:
        >>> text = "全年共办理行政复议案件十七件，均已办结。"
        >>> compare(Document(text), Document(text)).verdict
        'same'
    """
    masked = sorted((mask_numbers(one), mask_numbers(other)), key=lambda m: (len(m.text), *m))
    few, many = sorted((np.unique(shingle_hashes(m.text)) for m in masked), key=len)
    both = len(np.intersect1d(few, many, assume_unique=True))
    if not both:
        return Similarity("different", ("wording",), 0.0, 0.0, 0.0, 0.0, 1.0)
    containment, length = both / len(few), len(few) / len(many)
    shorter, longer = masked
    positions = align(shorter.text, longer.text)
    gaps = gaps_of(positions, len(longer.text))
    rewritten = sum(g.replaced for g in gaps[1:-1] if g.replaced > 1) / len(positions)
    figures = _aligned_figures(shorter, longer, positions)
    checks: dict[Difference, bool] = {
        "year": _years_differ(one, other),
        "region": _regions_differ(one, other),
        "length": length < MIN_LENGTH_RATIO,
        "wording": rewritten > MAX_REWRITTEN
        or int(np.sum(positions >= 0)) < MIN_MATCHED * len(positions),
        "names": _has_renamed_entity(shorter.text, longer.text, gaps),
        "figures": _share_unequal(figures) > MAX_FIGURES_CHANGED
        or _share_unequal(_year_pairs(figures)) > MAX_YEARS_CHANGED,
    }
    differences = tuple(name for name, found in checks.items() if found)
    return Similarity(
        verdict="different"
        if containment < SIMILAR_THRESHOLD
        else "similar"
        if differences
        else "same",
        differences=differences,
        jaccard=both / (len(few) + len(many) - both),
        containment=containment,
        length=length,
        rewritten=rewritten,
        figures=1 - _share_unequal(figures),
    )


def differ_in_subject(one: Document, other: Document) -> bool:
    """Return whether two reports have different years or regions, so that they are not the same."""
    return _years_differ(one, other) or _regions_differ(one, other)


def _has_renamed_entity(one: str, other: str, gaps: Sequence[Gap]) -> bool:
    """Return whether a string was replaced by the same other string at least twice.

    One of the strings has two characters or more, and they are no permutation of each other.
    """
    swaps = Counter(
        (one[gap.start : gap.end], other[gap.other_start : gap.other_end])
        for gap in gaps
        if gap.replaced
    )
    return any(
        count > 1 and max(len(old), len(new)) > 1 and sorted(old) != sorted(new)
        for (old, new), count in swaps.items()
    )


def _aligned_figures(one: MaskedText, other: MaskedText, positions: Positions) -> FigurePairs:
    """Return the pairs of numbers at corresponding places of two texts."""
    number_at = {m.start(): i for i, m in enumerate(re.finditer(NUMBER_MASK, other.text))}
    offsets = (m.start() for m in re.finditer(NUMBER_MASK, one.text))
    return [
        (figure, other.numbers[number_at[int(positions[offset])]])
        for figure, offset in zip(one.numbers, offsets, strict=True)
        if positions[offset] >= 0
    ]


def _year_pairs(figures: FigurePairs) -> FigurePairs:
    """Return the pairs in which both numbers are years."""
    return [pair for pair in figures if all(_YEAR.fullmatch(figure) for figure in pair)]


def _share_unequal(figures: FigurePairs) -> float:
    """Return the share of pairs of different numbers, 0 when there are no pairs."""
    return sum(a != b for a, b in figures) / max(1, len(figures))


def _years_differ(one: Document, other: Document) -> bool:
    """Return whether the reporting years are known and differ."""
    return _both_certain(one, other, "year") and str(one.year) != str(other.year)


def _regions_differ(one: Document, other: Document) -> bool:
    """Return whether the regions are known and differ; 武功县 and 咸阳市武功县 do not differ."""
    if not _both_certain(one, other, "region"):
        return False
    if one.adcode and other.adcode:
        if one.adcode != other.adcode:
            return True
        if one.level == other.level and one.level in ("province", "city", "county"):
            return False  # a town has the code of its county
    names = squeeze(one.region), squeeze(other.region)
    return not (names[0].endswith(names[1]) or names[1].endswith(names[0]))


def _both_certain(one: Document, other: Document, field: str) -> bool:
    """Return whether both reports have ``field``, and not just from the file name or web page."""
    return all(
        getattr(d, field) and d.how.get(field) not in _UNCERTAIN_ORIGINS for d in (one, other)
    )


Hashes = NDArray[np.uint64]

SHINGLE = 8
"""Characters in a shingle. Unrelated reports of one kind share up to 16 % of their shingles of 5
characters, 7 % of 8 characters, and 4 % of 12 characters; one wrong character changes as many
shingles as a shingle has characters."""
NUMBER_MASK = "0"
"""Replaces each number in a masked text."""
HASH_BITS = 63
"""Bits of a hash, so that it fits into the signed 64-bit integers of SQLite."""

_NUMBER = re.compile("[0-9]+")
# By code point, because the Unicode categories of characters differ between Python versions.
_PUNCTUATION = re.compile(
    "[\x00-/:-@\\[-`{-\xbf\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f"
    "\ue000-\uf8ff\ufe00-\ufe6f\ufff0-\uffff]+"
)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""Shifts and multipliers of the finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""


class MaskedText(NamedTuple):
    """The comparable text of a report with its numbers masked, and the numbers.

    Attributes:
        text: the comparable text with :data:`NUMBER_MASK` in place of each number.
        numbers: the numbers in digits, in text order. Points and commas are removed, and numbers
            that only these separated are joined, because line breaks may occur there.
    """

    text: str
    numbers: list[str]


def comparable_text(document: Document) -> str:
    """Return the letters and digits of ``document`` from its title on, without boilerplate.

    Chinese numbers are converted to digits. A document without sentences is compared by its text.
    """
    units = [unit for unit in document.sentences if unit.kind != "boilerplate"]
    first = next((i for i, unit in enumerate(units) if unit.kind == "title"), 0)
    parts = [unit.text for unit in units[first:]] if document.sentences else [document.text]
    return _PUNCTUATION.sub("", " ".join(map(in_digits, squeeze_all(parts))))


def mask_numbers(document: Document) -> MaskedText:
    """Return the comparable text of ``document`` with its numbers masked, and the numbers.

    Example:
        >>> mask_numbers(Document("全年办案十七件，罚款3万元。"))
        MaskedText(text='全年办案0件罚款0万元', numbers=['17', '3'])
    """
    text = comparable_text(document)
    return MaskedText(_NUMBER.sub(NUMBER_MASK, text), _NUMBER.findall(text))


def shingle_hashes(text: str) -> Hashes:
    """Return the 63-bit hash of each shingle of ``text``, in text order.

    A text of n characters has n - 7 shingles of :data:`SHINGLE` characters; a shorter text that is
    not empty is one shingle. The hash is a polynomial of the code points modulo 2 ** 64, mixed by
    SplitMix64, and the same on every machine.

    Example:
        >>> len(shingle_hashes("法治政府建设年度报告"))
        3
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if 0 < len(codes) < SHINGLE:
        codes = np.pad(codes, (0, SHINGLE - len(codes)))
    count = max(0, len(codes) - SHINGLE + 1)
    hashes = np.zeros(count, np.uint64)
    for i in range(SHINGLE):
        hashes = hashes * _BASE + codes[i : i + count]
    for shift, multiplier in _MIX_STEPS:
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(multiplier)
    return (hashes ^ (hashes >> np.uint64(31))) >> np.uint64(64 - HASH_BITS)


Positions = NDArray[np.int64]
"""Character offsets."""

_OCCURRENCE_STEP = np.uint64(0x9E3779B97F4A7C15)
"""Added to the hash of a shingle for each earlier occurrence in the same text."""


class Gap(NamedTuple):
    """The spans of both texts between two neighbouring pairs of corresponding characters.

    One of the spans may be empty.
    """

    start: int
    end: int
    other_start: int
    other_end: int

    @property
    def replaced(self) -> int:
        """Return the number of characters replaced by others, rather than inserted or deleted."""
        return min(self.end - self.start, self.other_end - self.other_start)


def align(one: str, other: str) -> Positions:
    """Return for each character of ``one`` the offset of its counterpart in ``other``.

    Offsets are ascending; a character without a counterpart has -1.

    Example:
        >>> align("办案12件", "办案13件").tolist()
        [0, 1, 2, -1, 4]
    """
    positions = np.full(len(one), -1, np.int64)
    starts, others = _anchors(one, other)
    positions[starts] = others  # the rest of each shingle is matched by _align_gap
    for gap in gaps_of(positions, len(other)):
        _align_gap(positions, gap, one, other)
    return positions


def gaps_of(positions: Positions, size: int) -> list[Gap]:
    """Return the gaps between corresponding characters, in text order.

    The first and the last gap are those before and after all correspondences; they are always
    included, even if they are empty.

    Args:
        positions: the result of :func:`align`.
        size: length of the other text.
    """
    matched = np.concatenate([[-1], np.flatnonzero(positions >= 0), [len(positions)]])
    others = np.concatenate([[-1], positions[positions >= 0], [size]])
    is_gap = (np.diff(matched) > 1) | (np.diff(others) > 1)
    is_gap[[0, -1]] = True
    return [
        Gap(*map(int, gap))
        for gap in zip(
            matched[:-1][is_gap] + 1,
            matched[1:][is_gap],
            others[:-1][is_gap] + 1,
            others[1:][is_gap],
            strict=True,
        )
    ]


def _anchors(one: str, other: str) -> Positions:
    """Return the start offsets in both texts of n common shingles: (2, n), both rows ascending."""
    first, second = (
        _unique_by_occurrence(shingle_hashes(one)),
        _unique_by_occurrence(shingle_hashes(other)),
    )
    _, i, j = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    starts, others = first[1][i], second[1][j]
    order = np.argsort(starts)
    pairs = np.stack([starts[order], others[order]])
    chain: Positions = pairs[:, longest_increasing(pairs[1].tolist())]
    return chain


def _unique_by_occurrence(hashes: Hashes) -> tuple[Hashes, Positions]:
    """Return the hashes, sorted and made unique by occurrence, and their offsets in the text."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    ranks = np.arange(len(ranked))
    is_first = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    occurrence = ranks - np.maximum.accumulate(np.where(is_first, ranks, 0))
    return ranked + occurrence.astype(np.uint64) * _OCCURRENCE_STEP, order


def longest_increasing(values: Sequence[int]) -> list[int]:
    """Return the indices of a longest ascending subsequence of distinct ``values``.

    Example:
        >>> longest_increasing([3, 0, 1, 2])
        [1, 2, 3]
    """
    tails, ends, previous = list[int](), list[int](), list[int]()
    for i, value in enumerate(values):
        length = bisect_left(tails, value)
        previous.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [value]
        ends[length : length + 1] = [i]
    chain, i = list[int](), ends[-1] if ends else -1
    while i >= 0:
        chain.append(i)
        i = previous[i]
    return chain[::-1]


def _align_gap(positions: Positions, gap: Gap, one: str, other: str) -> None:
    """Align equal characters at both ends of ``gap``, and its middle part if the edit is simple.

    An edit is simple when characters were only substituted, or only inserted into one of the texts.
    ``positions`` is changed in place.
    """
    start, end, other_start, other_end = gap
    while start < end and other_start < other_end and one[start] == other[other_start]:
        positions[start] = other_start
        start, other_start = start + 1, other_start + 1
    while start < end and other_start < other_end and one[end - 1] == other[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        positions[end] = other_end
    part, other_part = one[start:end], other[other_start:other_end]
    positions_in_gap, other_offsets = positions[start:end], np.arange(other_start, other_end)
    if len(part) == len(other_part):
        equal = np.array([a == b for a, b in zip(part, other_part, strict=True)], bool)
        positions_in_gap[equal] = other_offsets[equal]
    elif len(part) < len(other_part):
        if found := _subsequence_offsets(part, other_part):
            positions_in_gap[:] = other_offsets[found]
    elif found := _subsequence_offsets(other_part, part):
        positions_in_gap[found] = other_offsets


def _subsequence_offsets(part: str, whole: str) -> list[int]:
    """Return the offsets of ``part`` as a subsequence of ``whole``, empty if it is not one."""
    found, offset = list[int](), -1
    for char in part:
        offset = whole.find(char, offset + 1)
        if offset < 0:
            return []
        found.append(offset)
    return found
