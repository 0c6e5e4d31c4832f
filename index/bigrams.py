"""Postings of character bigrams: in which rows of the index each bigram stands.

The frequencies weigh bigrams in the ranking. The rows, a set without places or counts, are kept
only where scanning all text would be slow: they say which rows can hold a string, and the string
is then looked for in those alone.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scan import Positions, Units

BIGRAM_FILES = _KEYS, _COUNTS, _ROWS = "gram-keys.npy", "gram-counts.npy", "gram-rows.npy"

_LF = ord("\n")
_CHUNK_ROWS = 10_000
"""Rows whose bigrams are sorted at a time, a few dozen bytes a character."""
_CHUNKS_PER_RELEASE = 4
"""Chunks after which memory is given back."""
_MAX_INTERSECTED = 4
"""Bigrams of a string whose rows are intersected; the rarest say nearly all."""


class BigramTable:
    """The bigrams of the rows in ``folder``, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self._keys: NDArray[np.uint32] = map_array(folder / _KEYS)
        self._counts: NDArray[np.int32] = map_array(folder / _COUNTS)
        self._rows: NDArray[np.int32] | None = None
        if (folder / _ROWS).exists():
            self._rows = map_array(folder / _ROWS)
            self._ends = np.cumsum(self._counts, dtype=np.int64)

    @property
    def has_rows(self) -> bool:
        """Whether the rows of every bigram are kept."""
        return self._rows is not None

    def frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return in how many rows each of ``keys`` stands, 0 for none."""
        if not len(self._keys) or not len(keys):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._counts[at], 0).astype(np.int64)

    def candidates(self, needle: Units) -> NDArray[np.int64]:
        """Return the rows that hold the rarest bigrams of ``needle``, ascending.

        ``needle`` has two units or more; :attr:`has_rows` must hold.
        """
        assert self._rows is not None
        keys = np.unique(bigram_keys(needle))
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
    """Return the array in a file, mapped into memory, as a plain array: those are faster."""
    mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write ``array`` as ``numpy.save`` does, which takes half of it on a full disk for all.

    Raises:
        OSError: it cannot be written.
    """
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(array.view(np.uint8).data)


def _new_array(path: Path, size: int) -> np.memmap[Any, np.dtype[np.int32]]:
    """Make a file for ``size`` numbers and return it mapped into memory.

    Its room is taken beforehand: a process that writes into memory for which the disk has no room
    is killed.
    """
    rows = np.lib.format.open_memmap(path, "w+", np.dtype(np.int32), (size,))
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return rows


def bigram_keys(units: Units) -> NDArray[np.uint32]:
    """Return the bigram that begins at each unit but the last, as one number."""
    return (units[:-1].astype(np.uint32) << np.uint32(16)) | units[1:]


def write_bigrams(folder: Path, units: Units, starts: Positions, with_rows: bool) -> None:
    """Count the bigrams of the rows and write them to ``folder``.

    Args:
        folder: where the rows are.
        units: all text.
        starts: where each row begins, and the last ends.
        with_rows: keep the rows of every bigram.
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
    """Write the rows of every bigram, one bigram after the other, each ascending.

    They are the largest part of an index, and are written into the file through memory that is
    given back now and then.
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
    """Let the system take back the memory of an array that is mapped; its file keeps all of it."""
    while mapped is not None and not isinstance(mapped, mmap.mmap):
        mapped = mapped.base  # type: ignore[assignment]
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _chunks(
    units: Units, starts: Positions
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int32]]]:
    """Yield the distinct bigrams of the rows of each chunk with their row, sorted by both."""
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
    """Return the distinct values and where each begins; NumPy's own would sort again."""
    group_starts = np.flatnonzero(np.diff(ascending, prepend=ascending[:1] + 1) != 0)
    return ascending[group_starts], group_starts
