"""Learn any number of labels a sentence: one separator and one threshold a label.

This is binary relevance, whose thresholds are fitted on held-out scores (Yang, 2001, calls it
SCut). A label with too few sentences to be held out takes the threshold of all labels together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calibration import fit_thresholds
from .folds import Codes, divide
from .separators import Matrix, Scores, Separators, Weights, membership_separators

_STRENGTH = 1.0
"""Inverse strength of the regularization when none is given; 0.25 to 4 made little difference."""
_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Sentences with their sets of labels.

    Attributes:
        matrix: (n, features).
        members: (n, labels) whether a sentence has a label.
        weights: (n,) weight of each sentence, above 0.
        clusters: (n,) cluster of near-copies of each sentence.
    """

    matrix: Matrix
    members: NDArray[np.bool_]
    weights: Weights
    clusters: Codes

    def select(self, rows: Codes) -> LabelledRows:
        """Return the rows with the indices ``rows``."""
        return LabelledRows(
            self.matrix[rows], self.members[rows], self.weights[rows], self.clusters[rows]
        )


@dataclass(frozen=True, slots=True)
class LearnedSets:
    """What a classifier of label sets has learnt.

    Attributes:
        separators: separators of the labels.
        thresholds: (labels,) scores above which a label is assigned.
        slope: factor of the score less its threshold in the logit of the probability, above 0.
        offset: constant of the logit.
        calibrated: whether thresholds and probabilities were fitted on held-out scores.
        measured: (labels,) whether sentences with a label were held out.
        C: inverse strength of the regularization.
    """

    separators: Separators
    thresholds: NDArray[np.float64]
    slope: float
    offset: float
    calibrated: bool
    measured: NDArray[np.bool_]
    C: float


def learn_sets(
    rows: LabelledRows,
    groups: Sequence[str] | None,
    C: float | None,  # noqa: N803
    count: int,
) -> LearnedSets:
    """Return what is learnt from sentences with label sets.

    Args:
        rows: the sentences.
        groups: n names of documents or authors, or ``None``.
        C: inverse strength of the regularization, ``None`` for 1.
        count: folds of the cross-validation; none below 2.
    """
    strength = _STRENGTH if C is None else C
    separators = membership_separators(rows.matrix, rows.members, rows.weights, strength)
    labels = rows.members.shape[1]
    scores, tested, measured = _held_out(rows, groups, strength, count)
    if not len(tested):
        nothing = np.zeros(labels)
        return LearnedSets(separators, nothing, 1.0, 0.0, False, measured, strength)
    thresholds = fit_thresholds(scores[tested], rows.members[tested])
    margins = np.asarray(scores[tested] - thresholds, np.float32)
    slope, offset = _fit_logistic(margins, rows.members[tested])
    return LearnedSets(separators, thresholds, slope, offset, True, measured, strength)


def _held_out(
    rows: LabelledRows,
    groups: Sequence[str] | None,
    C: float,  # noqa: N803
    count: int,
) -> tuple[Scores, Codes, NDArray[np.bool_]]:
    """Return (n, labels) out-of-fold scores, the rows that were tested, and the labels measured."""
    labels = rows.members.shape[1]
    codes = _strata(rows.members)
    folds = divide(codes, labels + 1, rows.clusters, groups, count)
    scores = np.zeros((len(codes), labels), np.float32)
    seen = np.zeros(labels, np.int64)
    for train, test in folds.splits:
        known = rows.select(train)
        fitted = membership_separators(known.matrix, known.members, known.weights, C)
        scores[test] = fitted.scores(rows.matrix[test])
        seen += rows.members[test].any(axis=0) & known.members.any(axis=0)
    return scores, folds.tested, seen > 0


def _strata(members: NDArray[np.bool_]) -> Codes:
    """Return (n,) the rarest label of each sentence, the number of labels for none.

    Folds that spread these evenly have every label about equally often (after Sechidis et al.,
    2011, who begin with the rarest label too).
    """
    frequency = members.sum(axis=0)
    ranked = np.where(members, frequency, np.iinfo(np.int64).max)
    rarest = ranked.argmin(axis=1) if members.shape[1] else np.zeros(len(members), np.int64)
    return np.where(members.any(axis=1), rarest, members.shape[1]).astype(np.int64)


def _fit_logistic(margins: Scores, members: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of the logistic regression of membership on the margin.

    It is Platt's scaling with his smoothed targets, for all labels together, by Newton's method.
    """
    x = np.asarray(margins, np.float64).ravel()
    finite = np.isfinite(x)
    y = members.ravel()[finite]
    x = np.clip(x[finite], -20, 20)
    positive, negative = float(y.sum()), float((~y).sum())
    target = np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2))
    weights = np.array([1.0, 0.0])
    design = np.stack([x, np.ones_like(x)], axis=1)
    for _ in range(_NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (p - target) + 1e-3 * weights
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-6:
            break
    return max(float(weights[0]), 1e-3), float(weights[1])


def probabilities_of(margins: Scores, slope: float, offset: float) -> NDArray[np.float64]:
    """Return (n, labels) the probability of each label by itself, 0 to 1.

    Args:
        margins: (n, labels) scores less the thresholds.
        slope: see :class:`LearnedSets`.
        offset: see :class:`LearnedSets`.
    """
    logits = np.clip(np.asarray(margins, np.float64) * slope + offset, -700, 700)
    return np.asarray(1 / (1 + np.exp(-logits)))
