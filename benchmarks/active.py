"""Choosing what to label: the least certain and unlike each other, against choosing at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gongwen.nlp import TopicClassifier
from gongwen.nlp.fold import squeeze
from gongwen.nlp.tfidf import SparseRows, TfidfVectorizer

START_A_CLASS, BATCH, MOST = 5, 20, 400
_SHORTLIST = 20
"""Candidates for each text that is chosen."""

Indices = NDArray[np.int64]


def choose_batch(
    scores: NDArray[np.float32], rows: SparseRows, count: int, known: Indices, seed: int = 0
) -> Indices:
    """Return the texts to label next: the classifier's least certain, and unlike each other.

    A text's margin is the gap between its two best scores. The texts with the smallest margins
    make a shortlist, which k-means parts into ``count`` clusters, a text counting the more the
    smaller its margin (Zhdanov, 2019); each cluster gives the text nearest to its centre.

    Args:
        scores: (texts, topics) the classifier's scores, two topics or more.
        rows: one TF-IDF row of unit length for each text.
        count: how many to choose; fewer come back when fewer are left.
        known: indices of the texts that have a label already, each once.
        seed: where k-means starts from.

    Returns:
        (count,) indices of texts, the least certain first.
    """
    best = np.partition(scores, -2, axis=1)[:, -2:]
    margin = best[:, 1] - best[:, 0]
    margin[known] = np.inf
    size = min(_SHORTLIST * count, len(margin) - len(known))
    if size <= count:
        return np.argsort(margin, kind="stable")[: max(size, 0)]
    short = np.argsort(margin, kind="stable")[:size]
    doubt = 1 - margin[short] / max(margin[short[-1]], np.finfo(np.float32).tiny)
    return short[np.sort(_nearest_to_centres(_matrix(rows)[short], count, seed, doubt + 0.01))]


def choose_start(rows: SparseRows, count: int, seed: int = 0) -> Indices:
    """Return ``count`` texts to label first, when there is no classifier yet.

    The rows are reduced to 100 dimensions (latent semantic analysis) and clustered by k-means;
    each cluster gives the text nearest to its centre.

    Args:
        rows: one TF-IDF row of unit length for each text.
        count: how many to choose, at most as many as there are rows.
        seed: where the reduction and k-means start from.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    svd = TruncatedSVD(min(100, rows.width), random_state=seed)
    return _nearest_to_centres(normalize(svd.fit_transform(_matrix(rows))), count, seed)


def _matrix(rows: SparseRows) -> Any:
    import scipy.sparse

    shape = (len(rows.starts) - 1, rows.width)
    return scipy.sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def _nearest_to_centres(
    points: Any, count: int, seed: int, weights: NDArray[np.float32] | None = None
) -> Indices:
    """Return for each of ``count`` clusters of ``points`` one row, each row at most once."""
    from sklearn.cluster import KMeans

    clusters = KMeans(count, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    distances = clusters.transform(points)
    chosen = np.empty(count, np.int64)
    for cluster in range(count):
        chosen[cluster] = distances[:, cluster].argmin()
        distances[chosen[cluster]] = np.inf
    return chosen


def compare(
    make: Callable[[], TopicClassifier],
    pool: tuple[Sequence[str], Sequence[str]],
    score: Callable[[TopicClassifier], float],
    seeds: Sequence[int],
) -> dict[str, tuple[list[int], list[float]]]:
    """Label a pool step by step in three ways.

    Args:
        make: gives an unfitted classifier.
        pool: its texts, and the labels that stay hidden until a text is chosen.
        score: how good a fitted classifier is.
        seeds: one for each draw; the scores are means over the draws.

    Returns:
        by strategy the numbers of labels and the mean scores at them.
    """
    texts, labels = pool[0], np.array(pool[1])
    folded = [[squeeze(text) for text in texts]]
    rows = TfidfVectorizer((1.0,)).fit(folded).transform(folded)

    def at_random(model: TopicClassifier, known: Indices, count: int, seed: int) -> Indices:
        left = np.setdiff1d(np.arange(len(texts)), known)
        return np.random.default_rng([seed, len(known)]).choice(left, count, replace=False)

    def chosen(model: TopicClassifier, known: Indices, count: int, seed: int) -> Indices:
        return choose_batch(model.decision_function(texts), rows, count, known, seed)

    def run(start: Indices, step: Callable[..., Indices], seed: int) -> dict[int, float]:
        known, curve = start, {}
        while True:
            model = make().fit([texts[i] for i in known], labels[known].tolist())
            curve[len(known)] = score(model)
            count = min(BATCH, MOST - len(known), len(texts) - len(known))
            if count <= 0:
                return curve
            known = np.concatenate([known, step(model, known, count, seed)])

    curves: dict[str, list[dict[int, float]]] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn = np.concatenate(
            [
                rng.permutation(np.flatnonzero(labels == label))[:START_A_CLASS]
                for label in np.unique(labels)
            ]
        )
        spread = choose_start(rows, len(drawn), seed)
        for name, start, step in (
            ("random", drawn, at_random),
            ("active, same start", drawn, chosen),
            ("active, k-means start", spread, chosen),
        ):
            curves.setdefault(name, []).append(run(start, step, seed))
    return {
        name: (list(runs[0]), np.mean([list(run.values()) for run in runs], axis=0).tolist())
        for name, runs in curves.items()
    }


def labels_needed(counts: Sequence[int], scores: Sequence[float], level: float) -> float:
    """Return with how many labels ``level`` is first reached, linear between two batches.

    Args:
        counts: numbers of labels, ascending.
        scores: the score at each; the first is below ``level``, the highest is not.
        level: the score wanted.
    """
    i = next(i for i, score in enumerate(scores) if score >= level)
    part = (level - scores[i - 1]) / (scores[i] - scores[i - 1])
    return counts[i - 1] + part * (counts[i] - counts[i - 1])
