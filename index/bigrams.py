"""Store for each character bigram how many rows of the index contain it, and which rows.

A bigram is a pair of neighbouring UTF-16 units within one row. The row counts (document
frequencies) weigh bigrams in the ranking. The row lists, without offsets or counts, are kept only
in large indexes, where scanning all text would be slow: they give the rows that can contain a
string, and only the text of those rows is scanned.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scan import Positions, Units, distinct_values

BIGRAM_FILES = _KEYS, _COUNTS, _ROWS = "gram-keys.npy", "gram-counts.npy", "gram-rows.npy"

_LF = ord("\n")
_CHUNK_ROWS = 10_000
"""Number of rows whose bigrams are sorted at a time, which takes dozens of bytes per character."""
_CHUNKS_PER_RELEASE = 4
"""Number of chunks after which the memory of the written file is released."""
_MAX_INTERSECTED = 4
"""Number of bigrams of a string whose row lists are intersected, rarest first; further ones hardly
shorten the result."""


class BigramTable:
    """The bigram counts and row lists in ``folder``, mapped into memory.

    Args:
        folder: the folder that :func:`write_bigrams` wrote to.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not an array.
    """

    def __init__(self, folder: Path) -> None:
        self._keys: NDArray[np.uint32] = map_array(folder / _KEYS)
        self._counts: NDArray[np.int32] = map_array(folder / _COUNTS)
        self._rows: NDArray[np.int32] | None = None
        if (folder / _ROWS).exists():
            self._rows = map_array(folder / _ROWS)
            self._ends = np.cumsum(self._counts, dtype=np.int64)

    @property
    def has_rows(self) -> bool:
        """Whether the index has row lists, which :meth:`candidates` needs."""
        return self._rows is not None

    def frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the document frequency of each bigram: the number of rows that contain it.

        Args:
            keys: (n,) bigrams as :func:`bigram_keys` encodes them, in any order.

        Returns:
            (n,) counts, 0 for a bigram that is in no row.
        """
        if not len(self._keys) or not len(keys):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._counts[at], 0).astype(np.int64)

    def repetition(self, total: int) -> float:
        """Return how often a row contains one of its bigrams, on average over all of them.

        Args:
            total: number of bigrams in all rows, with repeats.
        """
        distinct = int(self._counts.sum(dtype=np.int64))
        return max(total / distinct, 1.0) if distinct else 1.0

    def candidates(self, needle: Units) -> NDArray[np.int64]:
        """Return the rows that contain the rarest bigrams of ``needle``, ascending.

        Every row that contains ``needle`` is among them; a row among them may not contain it.

        Args:
            needle: a string of at least two UTF-16 units. The index must have row lists
                (:attr:`has_rows`).
        """
        assert self._rows is not None
        keys = distinct_values(bigram_keys(needle))
        counts = self.frequencies(keys)
        if not counts.all():
            return np.zeros(0, np.int64)
        found: NDArray[np.int32] | None = None
        for i in np.argsort(counts, kind="stable")[:_MAX_INTERSECTED]:
            at = int(np.searchsorted(self._keys, keys[i]))
            own = self._rows[self._ends[at] - self._counts[at] : self._ends[at]]
            found = own if found is None else np.intersect1d(found, own, assume_unique=True)
        assert found is not None
        return found.astype(np.int64)


def map_array(path: Path) -> NDArray[Any]:
    """Return the array in an ``.npy`` file, mapped into memory.

    The result is a plain ``ndarray``, whose operations are faster than those of ``numpy.memmap``.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not an array.
    """
    mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write ``array`` to an ``.npy`` file and raise an error when the disk is full.

    ``numpy.save`` does not notice when only a part of the array was written.

    Raises:
        OSError: the file cannot be written.
    """
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(array.view(np.uint8).data)


def _new_array(path: Path, size: int) -> np.memmap[Any, np.dtype[np.int32]]:
    """Create an ``.npy`` file for ``size`` 32-bit integers and return it mapped into memory.

    The disk space is allocated first, because the system kills a process that writes to mapped
    memory for which the disk has no space.
    """
    rows = np.lib.format.open_memmap(path, "w+", np.dtype(np.int32), (size,))
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return rows


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


def write_bigrams(folder: Path, units: Units, starts: Positions, with_rows: bool) -> None:
    """Count in how many rows each bigram occurs and write the bigram files to ``folder``.

    Args:
        folder: the folder of the index columns.
        units: the joined text of all rows, as :func:`~gongwen.index.scan.join_texts` returns it.
        starts: (rows + 1,) offset at which each row begins, and the end of the last one.
        with_rows: whether to write the row lists too.

    Raises:
        OSError: a file cannot be written.
    """
    keys = np.zeros(0, np.uint32)
    counts = np.zeros(0, np.int64)
    for own, _ in _chunks(units, starts):
        new_keys, group_starts = _unique_sorted(own)
        group_sizes = np.diff(group_starts, append=len(own))
        merged = np.union1d(keys, new_keys)
        total = np.zeros(len(merged), np.int64)
        total[np.searchsorted(merged, keys)] += counts
        total[np.searchsorted(merged, new_keys)] += group_sizes
        keys, counts = merged, total
    save_array(folder / _KEYS, keys)
    save_array(folder / _COUNTS, counts.astype(np.int32))
    if with_rows:
        _write_rows(folder / _ROWS, units, starts, keys, counts)


def _write_rows(
    path: Path, units: Units, starts: Positions, keys: NDArray[np.uint32], counts: NDArray[np.int64]
) -> None:
    """Write the row list of every bigram, in the order of ``keys``, each ascending.

    The row lists are the largest part of an index, so they are written through mapped memory that
    is released after every few chunks.
    """
    rows = _new_array(path, int(counts.sum()))
    next_free = np.cumsum(counts) - counts
    for number, (own, of_row) in enumerate(_chunks(units, starts), 1):
        new_keys, group_starts = _unique_sorted(own)
        group_sizes = np.diff(group_starts, append=len(own))
        where = np.searchsorted(keys, new_keys)
        shift = next_free[where] - group_starts
        rows[np.arange(len(own)) + np.repeat(shift, group_sizes)] = of_row
        next_free[where] += group_sizes
        if number % _CHUNKS_PER_RELEASE == 0:
            release_memory(rows)
    rows.flush()
    release_memory(rows)


def release_memory(mapped: NDArray[Any]) -> None:
    """Tell the system that the memory of a mapped array may be reused; the file stays complete.

    An array that is not mapped is left alone.
    """
    while mapped is not None and not isinstance(mapped, mmap.mmap):
        mapped = mapped.base  # type: ignore[assignment]
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _chunks(
    units: Units, starts: Positions
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int32]]]:
    """Yield for each chunk of rows its distinct pairs of bigram and row, sorted by both.

    The pairs are two arrays of equal length: the bigrams, and the row of each.
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
        pairs, _ = _unique_sorted(pairs)
        yield (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32).astype(np.int32)


def _unique_sorted(ascending: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the distinct values of a sorted array and the index at which each begins.

    ``numpy.unique`` would sort the array again.
    """
    group_starts = np.flatnonzero(np.diff(ascending, prepend=ascending[:1] + 1) != 0)
    return ascending[group_starts], group_starts
