"""The words of an index in one array, to find those that could be near a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import numpy as np
from numpy.typing import NDArray

from .scan import units_of


class WordList:
    """The words of an index with the number of sentences that hold each.

    A suggestion for a word that is not found compares it with all of them. Python looks closely at
    those alone that :meth:`likely` leaves, a few in a thousand.

    Args:
        frequencies: number of sentences by word.

    Example:
        >>> dict(WordList({"法治": 2, "县": 9}))
        {'法治': 2, '县': 9}
    """

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._words = list(frequencies)
        self._counts = list(frequencies.values())
        self._long = [i for i, word in enumerate(self._words) if len(word) > 1]
        words = [self._words[i] for i in self._long]
        self._units = units_of("".join(words))
        self._lengths = np.array([len(word) for word in words], np.int32)
        sizes = self._lengths
        if int(sizes.sum()) != len(self._units):  # characters of two units
            sizes = np.array([len(units_of(word)) for word in words], np.int32)
        self._sizes = sizes
        self._starts = np.cumsum(sizes) - sizes

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self._words, self._counts, strict=True)

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
            >>> words = WordList({"法治": 2, "执法": 5, "发展": 7, "县": 9})
            >>> list(words.likely(2, {"法", "制"}, {"法", "发"}, 2))
            [('法治', 2), ('发展', 7)]
        """
        if not self._long:
            return
        common = np.add.reduceat(_table(characters)[self._units], self._starts, dtype=np.int32)
        begins = _table(beginnings)[self._units[self._starts]] & (self._lengths == length)
        for i in np.flatnonzero((common >= shared) | (common == self._sizes) | begins).tolist():
            at = self._long[i]
            yield self._words[at], self._counts[at]


def _table(characters: Set[str]) -> NDArray[np.bool_]:
    """Return for each UTF-16 unit whether one of ``characters`` has it."""
    table = np.zeros(1 << 16, bool)
    table[units_of("".join(characters))] = True
    return table
