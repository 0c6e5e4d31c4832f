"""Compute the comparable text of a report and hashes of its shingles, and align two reports.

A report made from a template has the same words as the template but other numbers, so numbers can
be masked and compared apart (:class:`MaskedText`). Punctuation and white space are removed, because
they vary between copies of one report. The second part finds which characters of two masked texts
correspond, by the shingles that both contain.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..records import Document
from ..text.normalize import squeeze
from ..text.numerals import in_digits

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
    return _PUNCTUATION.sub("", " ".join(in_digits(squeeze(part)) for part in parts))


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
    chain: Positions = pairs[:, _longest_increasing(pairs[1].tolist())]
    return chain


def _unique_by_occurrence(hashes: Hashes) -> tuple[Hashes, Positions]:
    """Return the hashes, sorted and made unique by occurrence, and their offsets in the text."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    ranks = np.arange(len(ranked))
    is_first = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    occurrence = ranks - np.maximum.accumulate(np.where(is_first, ranks, 0))
    return ranked + occurrence.astype(np.uint64) * _OCCURRENCE_STEP, order


def _longest_increasing(values: list[int]) -> list[int]:
    """Return the indices of a longest ascending subsequence of distinct ``values``."""
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
