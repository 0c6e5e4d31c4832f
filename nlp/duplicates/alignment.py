"""Align two texts: which characters correspond, and what replaces what.

Runs that both texts have are anchors; the longest chain of them that keeps the order of both is
kept (as in patience diff, but a run that recurs is matched with its own recurrence).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .shingles import Hashes, shingles_of

Places = NDArray[np.int64]

_NTH = np.uint64(0x9E3779B97F4A7C15)


class Gap(NamedTuple):
    """A span of each text between two characters that correspond; one of them may be empty."""

    start: int
    end: int
    other_start: int
    other_end: int

    @property
    def replaced(self) -> int:
        """Characters that were replaced, not just added or left out."""
        return min(self.end - self.start, self.other_end - self.other_start)


def align(one: str, other: str) -> Places:
    """Return for each character of ``one`` its place in ``other``, ascending, -1 for none."""
    places = np.full(len(one), -1, np.int64)
    starts, others = _anchors(one, other)
    places[starts] = others  # what follows in their runs is equal, and found from here
    for gap in gaps_of(places, len(other)):
        _narrow(places, gap, one, other)
    return places


def gaps_of(places: Places, size: int) -> list[Gap]:
    """Return what lies between the characters that correspond, the two ends always included.

    Args:
        places: what :func:`align` returns.
        size: length of the other text.
    """
    matched = np.concatenate([[-1], np.flatnonzero(places >= 0), [len(places)]])
    others = np.concatenate([[-1], places[places >= 0], [size]])
    open_ = (np.diff(matched) > 1) | (np.diff(others) > 1)
    open_[[0, -1]] = True
    return [
        Gap(*map(int, gap))
        for gap in zip(
            matched[:-1][open_] + 1,
            matched[1:][open_],
            others[:-1][open_] + 1,
            others[1:][open_],
            strict=True,
        )
    ]


def _anchors(one: str, other: str) -> Places:
    """Return where the runs begin that both texts have: (2, n), ascending in both rows."""
    first, second = _numbered(shingles_of(one)), _numbered(shingles_of(other))
    _, i, j = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    starts, others = first[1][i], second[1][j]
    order = np.argsort(starts)
    pairs = np.stack([starts[order], others[order]])
    chain: Places = pairs[:, _longest_rise(pairs[1].tolist())]
    return chain


def _numbered(hashes: Hashes) -> tuple[Hashes, Places]:
    """Return the hashes, each made its own by how often it came before, and their places."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    ranks = np.arange(len(ranked))
    new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    nth = ranks - np.maximum.accumulate(np.where(new, ranks, 0))
    return ranked + nth.astype(np.uint64) * _NTH, order


def _longest_rise(values: list[int]) -> list[int]:
    """Return the indices of a longest ascending subsequence of distinct ``values``."""
    lows, ends, before = list[int](), list[int](), list[int]()
    for i, value in enumerate(values):
        length = bisect_left(lows, value)
        before.append(ends[length - 1] if length else -1)
        lows[length : length + 1] = [value]
        ends[length : length + 1] = [i]
    chain, i = list[int](), ends[-1] if ends else -1
    while i >= 0:
        chain.append(i)
        i = before[i]
    return chain[::-1]


def _narrow(places: Places, gap: Gap, one: str, other: str) -> None:
    """Match what is equal at both ends of ``gap``, and the rest when little happened to it.

    That is when characters were only exchanged, or only added to one of the two.
    """
    start, end, other_start, other_end = gap
    while start < end and other_start < other_end and one[start] == other[other_start]:
        places[start] = other_start
        start, other_start = start + 1, other_start + 1
    while start < end and other_start < other_end and one[end - 1] == other[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        places[end] = other_end
    part, other_part = one[start:end], other[other_start:other_end]
    here, there = places[start:end], np.arange(other_start, other_end)
    if len(part) == len(other_part):
        equal = np.array([a == b for a, b in zip(part, other_part, strict=True)], bool)
        here[equal] = there[equal]
    elif len(part) < len(other_part):
        if found := _within(part, other_part):
            here[:] = there[found]
    elif found := _within(other_part, part):
        here[found] = there


def _within(part: str, whole: str) -> list[int]:
    """Return where the characters of ``part`` follow each other in ``whole``, empty if not all."""
    found, at = list[int](), -1
    for char in part:
        at = whole.find(char, at + 1)
        if at < 0:
            return []
        found.append(at)
    return found
