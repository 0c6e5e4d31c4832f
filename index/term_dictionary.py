"""The term dictionary of an index: its words, how many sentences hold each, and which are near one.

Words are numbered in the order in which they were first added. Their characters stand one after the
other in a log, which only grows (:mod:`~gongwen.index.array_files`). Two small arrays of a state,
sorted by a hash of the word, lead from a word to its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scan import Units, look_up, units_of

_OFFSET, _PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Constants of the hash FNV-1a of 64 bits (Fowler, Noll, Vo), here over UTF-16 units."""
_MASK = (1 << 64) - 1


class TermArrays(NamedTuple):
    """The arrays of a term dictionary.

    Attributes:
        units: UTF-16 units of all words, one word after the other.
        ends: (words,) offset in ``units`` at which each word ends.
        hashes: (words,) hashes of the words, ascending.
        codes: (words,) number of the word with each hash.
        counts: (words,) number of sentences that hold each word, by its number.
    """

    units: Units
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    codes: NDArray[np.int32]
    counts: NDArray[np.int32]


class TermDictionary:
    """The words of an index with the number of sentences that hold each.

    A suggestion for a word that is not found compares it with all of them. Python looks closely at
    those alone that :meth:`likely` leaves, a few in a thousand.

    Args:
        arrays: the arrays, as :meth:`grown` returns them.

    Example:
        >>> dict(TermDictionary.of({"法治": 2, "县": 9}))
        {'法治': 2, '县': 9}
    """

    def __init__(self, arrays: TermArrays) -> None:
        self.arrays = arrays

    @classmethod
    def empty(cls) -> TermDictionary:
        """Return a dictionary without words."""
        u64, i32 = np.zeros(0, np.uint64), np.zeros(0, np.int32)
        arrays = TermArrays(np.zeros(0, np.uint16), np.zeros(0, np.int64), u64, i32, i32)
        return cls(arrays)

    @classmethod
    def of(cls, frequencies: Mapping[str, int]) -> TermDictionary:
        """Return the dictionary of these words, with the number of sentences that hold each."""
        return cls.empty().grown(frequencies)

    def __len__(self) -> int:
        return len(self.arrays.ends)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        units, ends, _, _, counts = self.arrays
        text = units.tobytes()
        start = 0
        for end, count in zip(ends.tolist(), counts.tolist(), strict=True):
            yield text[2 * start : 2 * end].decode("utf-16-le", "surrogatepass"), count
            start = end

    def frequency(self, word: str) -> int:
        """Return the number of sentences that hold ``word``, 0 for what is no word."""
        arrays = self.arrays
        hashed = _hash_of(word)
        at = int(arrays.hashes.searchsorted(np.uint64(hashed)))
        if at == len(arrays.hashes) or int(arrays.hashes[at]) != hashed:
            return 0
        return int(arrays.counts[arrays.codes[at]])

    def grown(self, added: Mapping[str, int]) -> TermDictionary:
        """Return the dictionary with the words of further sentences.

        Args:
            added: number of further sentences that hold each word. Words of the same hash would be
                taken for one; among a million words that happens once in 40 million indexes.
        """
        if not added:
            return self
        words = list(added)
        counts = np.fromiter(added.values(), np.int32, len(words))
        units = [units_of(word) for word in words]
        sizes = np.fromiter(map(len, units), np.int64, len(words))
        joined = np.concatenate(units)
        hashes = _hashes(joined, np.cumsum(sizes) - sizes, sizes)
        known = self.arrays
        at, is_known = look_up(known.hashes, hashes)
        total = known.counts.copy()
        np.add.at(total, known.codes[at[is_known]], counts[is_known])
        new = np.flatnonzero(~is_known)
        order = new[np.argsort(hashes[new], kind="stable")]
        place = np.searchsorted(known.hashes, hashes[order])
        code_of = np.zeros(len(words), np.int32)
        code_of[new] = np.arange(len(self), len(self) + len(new))
        kept = np.repeat(~is_known, sizes)
        begin = int(known.ends[-1]) if len(known.ends) else 0
        return TermDictionary(
            TermArrays(
                np.concatenate([known.units, joined[kept]]),
                np.concatenate([known.ends, begin + np.cumsum(sizes[new])]),
                np.insert(known.hashes, place, hashes[order]),
                np.insert(known.codes, place, code_of[order]),
                np.concatenate([total, counts[new]]),
            )
        )

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        """(words,) number of UTF-16 units of each word."""
        return np.diff(self.arrays.ends, prepend=0)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        """(words,) number of characters of each word."""
        units, ends = self.arrays.units, self.arrays.ends
        is_second = (units >= _SECOND_OF_PAIR) & (units < _SECOND_OF_PAIR + 0x400)
        before = np.concatenate([[0], np.cumsum(is_second)])
        return np.asarray(self._sizes - np.diff(before[ends], prepend=0))

    def likely(
        self, length: int, characters: Set[str], beginnings: Set[str], shared: int
    ) -> Iterator[tuple[str, int]]:
        """Yield the words that could be near one: all that are, and some others.

        They share enough characters with it, or have no others, or have its length and begin like
        it. Words of one character are left out.

        Args:
            length: characters of the word.
            characters: those that it has.
            beginnings: characters with which a word of the same length may begin.
            shared: number of characters to share, with repeats.

        Example:
            >>> words = TermDictionary.of({"法治": 2, "执法": 5, "发展": 7, "县": 9})
            >>> list(words.likely(2, {"法", "制"}, {"法", "发"}, 2))
            [('法治', 2), ('发展', 7)]
        """
        units, ends, _, _, counts = self.arrays
        if not len(units):
            return
        sizes = self._sizes
        starts = ends - sizes
        has = np.concatenate([[0], np.cumsum(_table(characters)[units], dtype=np.int32)])
        common = has[ends] - has[starts]
        first = np.minimum(starts, max(0, len(units) - 1))
        begins = _table(beginnings)[units[first]] & (self._lengths == length)
        likely = (common >= shared) | (common == sizes) | begins
        for i in np.flatnonzero(likely & (self._lengths > 1)).tolist():
            word = units[starts[i] : ends[i]].tobytes().decode("utf-16-le", "surrogatepass")
            yield word, int(counts[i])


_SECOND_OF_PAIR = 0xDC00
"""First of the 1024 units that are the second of a character of two units."""


def _hash_of(word: str) -> int:
    """Return the hash of one word; the same as :func:`_hashes` gives."""
    value = _OFFSET
    data = word.encode("utf-16-le", "surrogatepass")
    for i in range(0, len(data), 2):
        value = ((value ^ (data[i] | data[i + 1] << 8)) * _PRIME) & _MASK
    return value


def _hashes(
    units: Units, starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return the hash of each word.

    Args:
        units: UTF-16 units of all words.
        starts: (words,) offset of each word.
        sizes: (words,) number of its units.
    """
    values = np.full(len(starts), _OFFSET, np.uint64)
    order = np.argsort(-sizes, kind="stable")  # the longest first: those still going on are a slice
    starts, sizes = starts[order], sizes[order]
    hashed = values[order]
    for place in range(int(sizes.max(initial=0))):
        going = int(np.searchsorted(-sizes, -place, "left"))
        part = hashed[:going] ^ units[starts[:going] + place].astype(np.uint64)
        hashed[:going] = part * np.uint64(_PRIME)
    values[order] = hashed
    return values


def _table(characters: Set[str]) -> NDArray[np.bool_]:
    """Return for each UTF-16 unit whether one of ``characters`` has it."""
    table = np.zeros(1 << 16, bool)
    table[units_of("".join(characters))] = True
    return table
