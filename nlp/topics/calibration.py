"""Turn scores into probabilities and sets of topics, by what out-of-fold scores have shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .folds import Codes
from .separators import Scores, Weights

UNCALIBRATED = 1.0
"""Factor of the scores when there are no labels to fit it on; it underestimates probabilities."""
_LOWEST, _HIGHEST = -3.0, 3.5
"""Bounds of the logarithm of the factor."""
_THRESHOLDS = np.linspace(-1.0, 1.0, 81)
"""Candidates for the threshold of a topic."""
_PRIOR_SENTENCES = 8.0
"""Sentences with a topic that the curve of all topics counts as, beside the topic's own."""
_GOLDEN = (5**0.5 - 1) / 2


def softmax(scores: Scores) -> NDArray[np.float64]:
    """Return (n, topics) the softmax of each row of ``scores``; rows sum to 1."""
    shifted = np.exp(np.asarray(scores, np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def log_losses(scores: Scores, codes: Codes, factor: float, distinct: float) -> NDArray[np.float64]:
    """Return (n,) the negative log-likelihood of each sentence with smoothed targets.

    The target is not 1 for the true topic but (m + 1) / (m + 2), as Platt (1999) has it, where m
    is the number of distinct sentences; the rest is spread over the other topics. So m sentences,
    all of them right, do not make the classifier surer than m sentences can.

    Args:
        scores: (n, topics) out-of-fold scores.
        codes: (n,) topic number of each sentence.
        factor: factor of the scores, an inverse temperature.
        distinct: number of distinct sentences, at least 1.
    """
    logs = np.log(np.maximum(softmax(scores * factor), 1e-12))
    topics = scores.shape[1]
    miss = 1 / (distinct + 2)
    right = logs[np.arange(len(codes)), codes]
    others = (logs.sum(axis=1) - right) / max(1, topics - 1)
    return np.asarray(-((1 - miss) * right + miss * others))


def fit_temperature(scores: Scores, codes: Codes, weights: Weights) -> float:
    """Return the factor of ``scores`` that maximizes the likelihood of the topics ``codes``.

    It is the inverse temperature of the softmax (Guo et al., 2017), found by golden-section search
    from e^-3 to e^3.5, with the smoothed targets of :func:`log_losses`.

    Args:
        scores: (n, topics) out-of-fold scores, n at least 1.
        codes: (n,) topic number of each sentence.
        weights: (n,) weight of each sentence; copies of one sentence share the weight 1.
    """

    def loss(log_factor: float) -> float:
        losses = log_losses(scores, codes, float(np.exp(log_factor)), float(weights.sum()))
        return float(losses @ weights)

    low, high = _LOWEST, _HIGHEST
    while high - low > 1e-4:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def fit_prior(scores: Scores, topic: int, share: float, factor: float) -> float:
    """Return what to add to the scores of a topic so that its mean probability is ``share``.

    It serves a topic with too few labels to be measured: sentences of other topics get it no more
    often than its share of the labels. Nothing is added where its mean probability is less.

    Args:
        scores: (n, topics) out-of-fold scores of sentences of other topics.
        topic: number of the topic.
        share: share of the labels that have the topic, 0 to 1.
        factor: factor of the scores, an inverse temperature.

    Returns:
        A number from -20 to 0.
    """
    shifted = scores.copy()

    def mean_with(shift: float) -> float:
        shifted[:, topic] = scores[:, topic] + shift
        return float(softmax(shifted * factor)[:, topic].mean())

    low, high = -20.0, 0.0
    if mean_with(high) <= share:
        return 0.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if mean_with(middle) <= share else (low, middle)
    return low


def fit_thresholds(scores: Scores, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (topics,) the threshold of each topic above which it is assigned.

    The threshold has the best F1 of the topic, to whose counts those of all topics are added as
    if they were eight more sentences with it (an empirical-Bayes prior), because the best of few
    sentences is chance. It is infinity when no sentence has any of the topics.

    Args:
        scores: (n, topics) out-of-fold scores; ``-inf`` where a topic cannot be assigned.
        members: (n, topics) the true topics.
    """
    wanted = members.sum(axis=0).astype(float)
    if not wanted.any():
        return np.full(scores.shape[1], np.inf)
    hits = np.array([((scores > t) & members).sum(axis=0) for t in _THRESHOLDS], float)
    given = np.array([(scores > t).sum(axis=0) for t in _THRESHOLDS], float)
    prior = _PRIOR_SENTENCES / wanted.sum()
    hits += prior * hits.sum(axis=1, keepdims=True)
    given += prior * given.sum(axis=1, keepdims=True)
    f1 = 2 * hits / (given + wanted + _PRIOR_SENTENCES)
    # The curve is a staircase: the middle of the best step is the least chance.
    best = f1 >= f1.max(axis=0) - 1e-12
    return np.array([_THRESHOLDS[np.flatnonzero(column)].mean() for column in best.T])
