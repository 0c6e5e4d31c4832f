"""TF-IDF in NumPy alone, so that tagging needs no scikit-learn.

A text has several channels (the sentence, its heading, their words); each channel has terms of
its own and is scaled to unit length by itself before its weight is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .keytable import KeyTable
from .ngrams import Keys, Place, Units, keys_of, places_of


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
