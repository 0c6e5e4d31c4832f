"""Scores to probabilities and to yes or no, from scores that the model has not been fitted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def softmax(scores: Scores) -> NDArray[np.float64]:
    """Return the softmax of each row."""
    shifted = np.exp(np.asarray(scores, np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def folds(
    y: NDArray[Any], groups: Sequence[str] | None, count: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (train, test) index pairs: whole groups where they are given, else stratified.

    Without enough groups or sentences a topic, or with a ``count`` below 2, the list is empty.
    """
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    if not len(y) or count < 2:
        return []
    index = np.zeros(len(y))
    if groups is not None and len(set(groups)) >= 2:
        return list(GroupKFold(min(count, len(set(groups)))).split(index, y, np.asarray(groups)))
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if smallest < 2:
        return []
    shuffled = StratifiedKFold(min(count, smallest), shuffle=True, random_state=0)
    return list(shuffled.split(index, y))


def groups_to_cut(y: NDArray[Any], groups: Sequence[str] | None) -> Sequence[str] | None:
    """Return ``groups`` if folds can go by them: no topic stands in a single one of several."""
    if groups is None or len(set(groups)) < 2:
        return None
    pairs = set(zip(y.tolist(), groups, strict=True))
    counts = Counter(topic for topic, _ in pairs)
    return groups if min(counts.values()) > 1 else None


def fit_temperature(scores: Scores, codes: NDArray[np.int64]) -> float:
    """Return the factor that makes the softmax of ``scores`` most likely (golden section)."""

    def loss(log_factor: float) -> float:
        probabilities = softmax(scores * np.exp(log_factor))
        right = probabilities[np.arange(len(codes)), codes]
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    low, high = -3.0, 4.0
    golden = (5**0.5 - 1) / 2
    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def fit_also(primary: Scores, touch: Scores, also: NDArray[np.bool_]) -> float:
    """Return the score that a second topic must pass for the best F1, infinity without examples."""
    if not also.any():
        return float("inf")
    others = touch.copy()
    others[np.arange(len(others)), primary.argmax(axis=1)] = -np.inf
    candidates = np.linspace(-1.0, 0.5, 61)
    hits = np.array([((others > t) & also).sum() for t in candidates])
    given = np.array([(others > t).sum() for t in candidates])
    f1 = 2 * hits / np.maximum(given + also.sum(), 1)
    return float(candidates[int(f1.argmax())])
