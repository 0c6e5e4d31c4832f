"""TF-IDF features in NumPy alone: n-grams hashed to columns, so that tagging needs no scikit-learn.

A text has several channels (the sentence, its heading, their words); each channel has terms of
its own and is scaled to unit length by itself before its weight is applied.

A text is given as a string, whose characters and pairs of neighbours are its terms, edges
included, or as the list of its words.

Of 64-bit keys that come in no order, it finds four times as many a second as a binary search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_CHAR_BITS = 21  # a code point has 21 bits: two fit into a key with 21 bits to spare
_CHANNEL_SHIFT = 2 * _CHAR_BITS
_WORD = 1 << 63
_WORD_CHANNEL_SHIFT = 60
_EDGE = "\x02"
"""Stands in front of a text and behind it, so that how it begins and ends is seen."""

Keys = NDArray[np.uint64]
Units = Sequence[str] | Sequence[Sequence[str]]
"""Texts as strings, or as lists of words."""


class Place(NamedTuple):
    """Where a term stands in a text, in characters."""

    start: int
    length: int


def keys_of(texts: Units, channel: int) -> tuple[NDArray[np.int64], Keys]:
    """Return the row and key of every term in ``texts``; keys of two channels never meet."""
    if all(isinstance(text, str) for text in texts):
        return _char_keys(texts, channel)  # type: ignore[arg-type]
    return _word_keys(texts, channel)


def _char_keys(texts: Sequence[str], channel: int) -> tuple[NDArray[np.int64], Keys]:
    edged = [f"{_EDGE}{text}{_EDGE}" if text else "" for text in texts]
    lengths = np.fromiter(map(len, edged), np.int64, len(edged))
    codes = np.frombuffer("".join(edged).encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = codes.astype(np.uint64)
    rows = np.repeat(np.arange(len(edged)), lengths)
    tag = np.uint64(channel << _CHANNEL_SHIFT)
    within = rows[1:] == rows[:-1]
    inner = np.ones(len(codes), bool)
    ends = np.cumsum(lengths)[lengths > 0]
    inner[ends - 1] = inner[(ends - lengths[lengths > 0])] = False
    # A code point is never 0 here but for NUL: the pair (0, c) is the character by itself.
    pairs = (codes[:-1][within] << np.uint64(_CHAR_BITS)) | codes[1:][within]
    keys = np.concatenate([codes[inner], pairs]) | tag
    return np.concatenate([rows[inner], rows[1:][within]]), keys


def _word_keys(texts: Sequence[Sequence[str]], channel: int) -> tuple[NDArray[np.int64], Keys]:
    rows = np.repeat(np.arange(len(texts)), [len(words) for words in texts])
    known: dict[str, int] = {}
    numbers = [
        known.get(word) or known.setdefault(word, _word_key(word, channel))
        for words in texts
        for word in words
    ]
    return rows, np.array(numbers, np.uint64)


def _word_key(word: str, channel: int) -> int:
    digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return _WORD | channel << _WORD_CHANNEL_SHIFT | digest & (1 << _WORD_CHANNEL_SHIFT) - 1


def places_of(text: str | Sequence[str]) -> list[Place]:
    """Return where each term of ``text`` stands, in the order of :func:`keys_of`.

    Words are taken to follow each other without a gap.
    """
    if not isinstance(text, str):
        starts = np.cumsum([0, *map(len, text)]).tolist()
        return [Place(start, len(word)) for start, word in zip(starts, text, strict=False)]
    if not text:
        return []
    size = len(text)
    pairs = [Place(i, 2) for i in range(size - 1)]
    # The edges have no width: a pair with one lies on its character.
    return [*(Place(i, 1) for i in range(size)), Place(0, 1), *pairs, Place(size - 1, 1)]


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth, 6.4)
_SPARSE_BITS = 2


class KeyTable:
    """Finds the place of keys in ``keys``.

    Args:
        keys: (n,) distinct keys.
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._keys = keys
        bits = len(keys).bit_length() + _SPARSE_BITS
        self._shift = np.uint64(64 - bits)
        self._first = np.full(1 << bits, -1, np.int32)
        self._next = np.full(len(keys), -1, np.int32)
        slots = self._slots(keys)
        order = np.argsort(slots)
        same = slots[order[1:]] == slots[order[:-1]]
        begins = np.concatenate([[True], ~same])[: len(order)]
        self._first[slots[order[begins]]] = order[begins]
        self._next[order[:-1][same]] = order[1:][same]

    def _slots(self, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return (keys * _MULTIPLIER) >> self._shift

    def find(self, wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the place of each key of ``wanted``, -1 where there is none."""
        places = self._first[self._slots(wanted)].astype(np.int64)
        open_ = np.flatnonzero(places >= 0)
        while len(open_ := open_[self._keys[places[open_]] != wanted[open_]]):
            places[open_] = self._next[places[open_]]
            open_ = open_[places[open_] >= 0]
        return places


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows of a sparse matrix in CSR form.

    Attributes:
        starts: (rows + 1,) where each row begins in ``columns``.
        columns: (entries,) column of each entry, ascending within a row.
        values: (entries,) value of each entry, float32.
        width: number of columns.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    width: int

    def dot(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the product with a dense (width, k) ``matrix``, (rows, k)."""
        out = np.zeros((len(self.starts) - 1, matrix.shape[1]), np.float32)
        starts = self.starts.tolist()
        # A product a row is three times as fast as one gather of all rows and reduceat.
        for row, (start, end) in enumerate(pairwise(starts)):
            if end > start:
                some = matrix.take(self.columns[start:end], axis=0)
                out[row] = self.values[start:end] @ some
        return out


class TfidfVectorizer:
    """TF-IDF over the terms of each channel: sublinear counts, smoothed idf.

    The weights are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)`` for each
    channel.

    Args:
        channel_weights: the weight of each channel, in order.
        keys: (features,) the known terms in ascending order.
        idf: (features,) their inverse document frequencies.
    """

    def __init__(
        self,
        channel_weights: Sequence[float],
        keys: Keys | None = None,
        idf: NDArray[np.float32] | None = None,
    ) -> None:
        self.channel_weights = tuple(channel_weights)
        self.keys = np.zeros(0, np.uint64) if keys is None else keys
        self.idf = np.zeros(0, np.float32) if idf is None else idf
        self._table = KeyTable(self.keys)

    def fit(self, channels: Sequence[Units]) -> TfidfVectorizer:
        """Learn the terms of ``channels``, one sequence of texts for each channel."""
        keys: list[Keys] = []
        idfs: list[NDArray[np.float32]] = []
        for number, texts in enumerate(channels):
            rows, found = keys_of(texts, number)
            order = np.lexsort((rows, found))
            rows, found = rows[order], found[order]
            first = np.ones(len(found), bool)
            first[1:] = (found[1:] != found[:-1]) | (rows[1:] != rows[:-1])
            unique, documents = np.unique(found[first], return_counts=True)
            keys.append(unique)
            idfs.append((np.log((1 + len(texts)) / (1 + documents)) + 1).astype(np.float32))
        self.keys, self.idf = np.concatenate(keys), np.concatenate(idfs)
        order = np.argsort(self.keys)
        self.keys, self.idf = self.keys[order], self.idf[order]
        self._table = KeyTable(self.keys)
        return self

    def transform(self, channels: Sequence[Units]) -> SparseRows:
        """Return one row of weights a text; terms that are not known are left out."""
        size, width = len(channels[0]), len(self.keys)
        entries: list[NDArray[np.int64]] = []
        values: list[NDArray[np.float32]] = []
        for number, (texts, weight) in enumerate(zip(channels, self.channel_weights, strict=True)):
            rows, found = keys_of(texts, number)
            columns = self._table.find(found)
            known = columns >= 0
            cells, counts = np.unique(rows[known] * width + columns[known], return_counts=True)
            tfidf = (1 + np.log(counts)) * self.idf[cells % width] if width else counts * 1.0
            norms = np.sqrt(np.bincount(cells // max(width, 1), tfidf**2, minlength=size))
            scale = np.divide(weight, norms, out=np.zeros(size), where=norms > 0)
            entries.append(cells)
            values.append((tfidf * scale[cells // max(width, 1)]).astype(np.float32))
        cells, weights = np.concatenate(entries), np.concatenate(values)
        order = np.argsort(cells, kind="stable")
        cells, weights = cells[order], weights[order]
        rows = cells // max(width, 1)
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=size), out=starts[1:])
        return SparseRows(starts, cells - rows * width, weights, width)

    def places(self, text: str | Sequence[str], channel: int) -> list[tuple[Place, int]]:
        """Return every known term of ``text`` with where it stands, and its column."""
        places = places_of(text)
        _, keys = keys_of([text], channel)
        columns = self._table.find(keys).tolist()
        return [
            (place, column) for place, column in zip(places, columns, strict=True) if column >= 0
        ]
