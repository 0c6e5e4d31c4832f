"""Align the characters of two texts, and list the gaps between corresponding characters.

Shingles that both texts have are anchors. The alignment keeps the longest chain of anchors in the
order of both texts, as patience diff does; but the n-th occurrence of a repeated shingle is matched
with its n-th occurrence in the other text, instead of being ignored.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .shingles import Hashes, shingle_hashes

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
