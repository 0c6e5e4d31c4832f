"""TF-IDF in NumPy alone, so that tagging needs no scikit-learn.

A text has several channels (the sentence, its heading, their words); each channel has terms of
its own and is scaled to unit length by itself before its weight is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        rows = len(self.starts) - 1
        out = np.zeros((rows, matrix.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            products = matrix[self.columns] * self.values[:, None]
            out[filled] = np.add.reduceat(products, self.starts[filled], axis=0)
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
        return self

    def transform(self, channels: Sequence[Units]) -> SparseRows:
        """Return one row of weights a text; terms that are not known are left out."""
        size, width = len(channels[0]), len(self.keys)
        entries: list[NDArray[np.int64]] = []
        values: list[NDArray[np.float32]] = []
        for number, (texts, weight) in enumerate(zip(channels, self.channel_weights, strict=True)):
            rows, found = keys_of(texts, number)
            columns = np.searchsorted(self.keys, found)
            columns[columns == width] = 0
            known = self.keys[columns] == found if width else np.zeros(len(found), bool)
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
        if not len(self.keys):
            return []
        _, keys = keys_of([text], channel)
        columns = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[columns] == keys
        return [
            (place, column)
            for place, column, is_known in zip(
                places, columns.tolist(), known.tolist(), strict=True
            )
            if is_known
        ]
