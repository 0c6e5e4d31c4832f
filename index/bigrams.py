"""Count in how many rows of the index each character bigram stands.

A bigram is a pair of neighbouring UTF-16 units within one row. The counts (document frequencies)
weigh bigrams in the ranking, and say how many rows hold a word of two characters. They are kept up
to date as rows are added and removed, from the text of these rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scan import Positions, Units, look_up

_LF = ord("\n")
_CHUNK_ROWS = 10_000
"""Number of rows whose bigrams are sorted at a time, which takes dozens of bytes per character."""


@dataclass(frozen=True, slots=True)
class BigramTable:
    """The number of rows that contain each bigram.

    Attributes:
        keys: (bigrams,) bigrams as :func:`bigram_keys` encodes them, ascending.
        counts: (bigrams,) number of rows that contain each, 0 or more.
    """

    keys: NDArray[np.uint32]
    counts: NDArray[np.int32]

    @classmethod
    def empty(cls) -> BigramTable:
        """Return the table of no rows."""
        return cls(np.zeros(0, np.uint32), np.zeros(0, np.int32))

    def frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the document frequency of each bigram: the number of rows that contain it.

        Args:
            keys: (n,) bigrams as :func:`bigram_keys` encodes them, in any order.

        Returns:
            (n,) counts, 0 for a bigram that is in no row.
        """
        if not len(self.keys) or not len(keys):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0).astype(np.int64)

    def repetition(self, total: int) -> float:
        """Return how often a row contains one of its bigrams, on average over all of them.

        Args:
            total: number of bigrams in all rows, with repeats.
        """
        distinct = int(self.counts.sum(dtype=np.int64))
        return max(total / distinct, 1.0) if distinct else 1.0

    def changed(self, units: Units, starts: Positions, change: int) -> BigramTable:
        """Return the table after rows were added or removed.

        Args:
            units: the joined text of these rows, as :func:`~gongwen.index.scan.join_texts` returns
                it.
            starts: (rows + 1,) offset at which each row begins, and the end of the last one.
            change: 1 for rows that were added, -1 for rows that were removed.

        Example:
            >>> from gongwen.index.scan import join_texts
            >>> table = BigramTable.empty().changed(*join_texts(["执法", "执法执法"]), 1)
            >>> table.frequencies(bigram_keys(np.array([0x6267, 0x6CD5], np.uint16))).tolist()
            [2]
        """
        keys, counts = self.keys, self.counts
        for pairs in _chunks(units, starts):
            new_keys, group_starts = _unique_sorted((pairs >> np.uint64(32)).astype(np.uint32))
            sizes = np.diff(group_starts, append=len(pairs)).astype(np.int32) * np.int32(change)
            at, known = look_up(keys, new_keys)
            counts = counts.copy()
            counts[at[known]] += sizes[known]
            keys = np.insert(keys, at[~known], new_keys[~known])
            counts = np.insert(counts, at[~known], sizes[~known])
        return BigramTable(keys, counts)


def bigram_keys(units: Units) -> NDArray[np.uint32]:
    """Return the bigram that begins at each unit but the last, encoded as one integer.

    Args:
        units: (n,) UTF-16 units, n >= 1.

    Returns:
        (n - 1,) integers: the first unit in the upper 16 bits, the second in the lower 16.

    Example:
        >>> bigram_keys(np.array([0x6267, 0x6CD5], np.uint16)).tolist() == [0x62676CD5]
        True
    """
    return (units[:-1].astype(np.uint32) << np.uint32(16)) | units[1:]


def _chunks(units: Units, starts: Positions) -> Iterator[NDArray[np.uint64]]:
    """Yield for each chunk of rows its distinct pairs of bigram and row, sorted by both.

    A pair is one number: the bigram in the upper 32 bits, the row in the lower 32.
    """
    size = len(starts) - 1
    for low in range(0, size, _CHUNK_ROWS):
        high = min(size, low + _CHUNK_ROWS)
        part = units[starts[low] : starts[high]]
        keys = bigram_keys(part)
        row = np.repeat(np.arange(low, high), np.diff(starts[low : high + 1]))[:-1]
        inside = (part[:-1] != _LF) & (part[1:] != _LF)
        pairs = (keys[inside].astype(np.uint64) << np.uint64(32)) | row[inside].astype(np.uint64)
        pairs.sort()
        yield _unique_sorted(pairs)[0]


def _unique_sorted(ascending: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the distinct values of a sorted array and the index at which each begins.

    ``numpy.unique`` would sort the array again.
    """
    group_starts = np.flatnonzero(np.diff(ascending, prepend=ascending[:1] + 1) != 0)
    return ascending[group_starts], group_starts
