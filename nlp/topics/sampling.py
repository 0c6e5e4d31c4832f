"""Active learning: choose the sentences that are most worth labelling next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..text.normalize import squeeze
from .features import SparseRows, TfidfVectorizer
from .fitting import Matrix, Scores, matrix_of

_SHORTLIST = 20
"""Candidates for each sentence that is chosen."""
_ALIKE = 0.6
"""Share of common character trigrams (Jaccard) from which two sentences are near-duplicates."""
_DIMENSIONS = 100
_NEIGHBOURS = 20
_CHUNK = 1024

Indices = NDArray[np.int64]


def rows_of(texts: Sequence[str]) -> SparseRows:
    """Return one row of character TF-IDF of unit length for each of ``texts``."""
    folded = [[squeeze(text) for text in texts]]
    return TfidfVectorizer((1.0,)).fit(folded).transform(folded)


def choose_batch(
    scores: Scores,
    rows: SparseRows,
    count: int,
    known: Indices,
    density: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Indices:
    """Return the texts to label next: the classifier's least certain, and unlike each other.

    A text's doubt falls with its margin, the gap between its two best scores. The texts of most
    doubt make a shortlist, which k-means parts into ``count`` clusters (after Zhdanov, 2019); each
    cluster gives the text nearest to its centre.

    Args:
        scores: (texts, topics) the classifier's scores, two topics or more.
        rows: one TF-IDF row of unit length for each text.
        count: how many to choose; fewer come back when fewer are left.
        known: indices of the texts that have a label already, each once.
        density: (texts,) how much each text stands for others; doubt counts in proportion.
        seed: where k-means starts from.

    Returns:
        (count,) indices of texts, those of most doubt first.
    """
    best = np.partition(scores, -2, axis=1)[:, -2:]
    doubt = 1 / (1 + best[:, 1] - best[:, 0])
    if density is not None:
        doubt = doubt * density
    doubt[known] = -np.inf
    size = min(_SHORTLIST * count, len(doubt) - len(known))
    short = np.argsort(-doubt, kind="stable")[: max(size, 0)]
    if size <= count:
        return short
    return short[np.sort(_nearest_to_centres(matrix_of(rows)[short], count, seed))]


def density_of(rows: SparseRows, seed: int = 0) -> NDArray[np.float32]:
    """Return (texts,) the mean cosine of each text to the twenty others that are nearest to it.

    Settles and Craven (2008) call it information density; here it is taken after latent semantic
    analysis.
    """
    density = np.zeros(len(rows.starts) - 1, np.float32)
    nearest = min(_NEIGHBOURS, len(density) - 1)
    if nearest < 1:
        return density
    points = _reduced(rows, seed)
    for start in range(0, len(points), _CHUNK):
        likeness = points[start : start + _CHUNK] @ points.T
        own = np.arange(len(likeness))
        likeness[own, start + own] = -1  # a text does not stand for itself
        density[start + own] = np.partition(likeness, -nearest, axis=1)[:, -nearest:].mean(axis=1)
    return density


def choose_start(rows: SparseRows, count: int, seed: int = 0) -> Indices:
    """Return texts to label first, when there is no classifier yet that is worth asking.

    The rows are reduced to 100 dimensions (latent semantic analysis) and clustered by k-means;
    each cluster gives the text nearest to its centre.

    Args:
        rows: one TF-IDF row of unit length for each text.
        count: how many to choose; all come back when there are no more.
        seed: where the reduction and k-means start from.
    """
    if len(rows.starts) - 1 <= count:
        return np.arange(len(rows.starts) - 1)
    return _nearest_to_centres(_reduced(rows, seed), count, seed)


def _reduced(rows: SparseRows, seed: int) -> NDArray[np.float32]:
    """Return ``rows`` in 100 dimensions (latent semantic analysis), of unit length."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    svd = TruncatedSVD(min(_DIMENSIONS, rows.width), random_state=seed)
    return np.asarray(normalize(svd.fit_transform(matrix_of(rows))), np.float32)


def _nearest_to_centres(points: Matrix, count: int, seed: int) -> Indices:
    """Return for each of ``count`` clusters of ``points`` one row, each row at most once."""
    from sklearn.cluster import KMeans

    clusters = KMeans(count, n_init=1, random_state=seed).fit(points)
    distances = clusters.transform(points)
    chosen = np.empty(count, np.int64)
    for cluster in range(count):
        chosen[cluster] = distances[:, cluster].argmin()
        distances[chosen[cluster]] = np.inf
    return chosen


def distinct(texts: Sequence[str]) -> list[int]:
    """Return the indices of ``texts`` that are near-duplicates of none before them."""
    kept: list[int] = []
    shingles = [_shingles(text) for text in texts]
    for i, own in enumerate(shingles):
        if all(_likeness(own, shingles[other]) < _ALIKE for other in kept):
            kept.append(i)
    return kept


def _shingles(text: str) -> frozenset[str]:
    bare = "".join(char for char in squeeze(text) if char.isalnum())
    return frozenset(bare[i : i + 3] for i in range(max(1, len(bare) - 2)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
