"""Select sentences to label next (active learning): uncertain, representative and diverse ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..text.normalize import squeeze
from .features import SparseRows, TfidfVectorizer
from .fitting import Matrix, Scores, matrix_of

_SHORTLIST_FACTOR = 20
"""Candidates for each sentence to choose."""
_NEAR_DUPLICATE = 0.6
"""Minimum Jaccard similarity of the character trigrams of near-duplicates."""
_DIMENSIONS = 100
"""Dimensions of latent semantic analysis."""
_NEIGHBOURS = 20
"""Nearest neighbours in the information density."""
_CHUNK = 1024
"""Rows compared at a time, to bound the memory."""

Indices = NDArray[np.int64]


def rows_of(texts: Sequence[str]) -> SparseRows:
    """Return (n, features) character TF-IDF of n texts, with rows of unit length."""
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
    """Return the texts to label next: uncertain for the classifier and diverse.

    The uncertainty decreases with the margin, the difference between the two best scores. The most
    uncertain texts form a shortlist, which k-means divides into ``count`` clusters (after Zhdanov,
    2019); the text nearest to the centre of each cluster is chosen.

    Args:
        scores: (texts, topics) scores of the classifier, two topics or more.
        rows: (texts, features) TF-IDF rows of unit length.
        count: number of texts to choose; fewer are returned when fewer are left.
        known: distinct indices of the texts that are labelled already.
        density: (texts,) information density, a factor of the uncertainty.
        seed: random seed of k-means.

    Returns:
        (count,) indices of texts, most uncertain first.
    """
    best = np.partition(scores, -2, axis=1)[:, -2:]
    uncertainty = 1 / (1 + best[:, 1] - best[:, 0])
    if density is not None:
        uncertainty = uncertainty * density
    uncertainty[known] = -np.inf
    size = min(_SHORTLIST_FACTOR * count, len(uncertainty) - len(known))
    shortlist = np.argsort(-uncertainty, kind="stable")[: max(size, 0)]
    if size <= count:
        return shortlist
    return shortlist[np.sort(_nearest_to_centres(matrix_of(rows)[shortlist], count, seed))]


def density_of(rows: SparseRows, seed: int = 0) -> NDArray[np.float32]:
    """Return (texts,) the information density of each text, -1 to 1.

    It is the mean cosine similarity to the 20 nearest other texts (after Settles and Craven, 2008),
    computed after latent semantic analysis; 0 for a single text.
    """
    density = np.zeros(len(rows.starts) - 1, np.float32)
    nearest = min(_NEIGHBOURS, len(density) - 1)
    if nearest < 1:
        return density
    points = _reduced(rows, seed)
    for start in range(0, len(points), _CHUNK):
        similarities = points[start : start + _CHUNK] @ points.T
        own = np.arange(len(similarities))
        similarities[own, start + own] = -1  # exclude the text itself
        density[start + own] = np.partition(similarities, -nearest, axis=1)[:, -nearest:].mean(
            axis=1
        )
    return density


def choose_start(rows: SparseRows, count: int, seed: int = 0) -> Indices:
    """Return (count,) indices of texts to label first, when there is no useful classifier yet.

    The rows are reduced to 100 dimensions (latent semantic analysis) and clustered by k-means; the
    text nearest to the centre of each cluster is chosen.

    Args:
        rows: (texts, features) TF-IDF rows of unit length.
        count: number of texts to choose; all are returned when there are not more.
        seed: random seed of the reduction and of k-means.
    """
    if len(rows.starts) - 1 <= count:
        return np.arange(len(rows.starts) - 1)
    return _nearest_to_centres(_reduced(rows, seed), count, seed)


def _reduced(rows: SparseRows, seed: int) -> NDArray[np.float32]:
    """Return (texts, 100) latent semantic analysis of ``rows``, with rows of unit length."""
    # late: heavy, only for active learning
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize  # late: heavy, as above

    svd = TruncatedSVD(min(_DIMENSIONS, rows.width), random_state=seed)
    return np.asarray(normalize(svd.fit_transform(matrix_of(rows))), np.float32)


def _nearest_to_centres(points: Matrix, count: int, seed: int) -> Indices:
    """Return (count,) for each k-means cluster the row nearest to its centre, all distinct."""
    # late: heavy, only for active learning
    from sklearn.cluster import KMeans

    clusters = KMeans(count, n_init=1, random_state=seed).fit(points)
    distances = clusters.transform(points)
    chosen = np.empty(count, np.int64)
    for cluster in range(count):
        chosen[cluster] = distances[:, cluster].argmin()
        distances[chosen[cluster]] = np.inf
    return chosen


def distinct(texts: Sequence[str]) -> list[int]:
    """Return the indices of ``texts`` that are not near-duplicates of an earlier kept text.

    Example:
        >>> distinct(["全年办理案件12件。", "全年办理案件12件", "开展法治培训。"])
        [0, 2]
    """
    kept: list[int] = []
    trigrams = [_trigrams(text) for text in texts]
    for i, own in enumerate(trigrams):
        if all(_jaccard(own, trigrams[other]) < _NEAR_DUPLICATE for other in kept):
            kept.append(i)
    return kept


def _trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of a text without punctuation, a shorter text as one."""
    letters = "".join(char for char in squeeze(text) if char.isalnum())
    return frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2)))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)
