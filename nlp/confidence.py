"""Whether probabilities can be trusted: reliability, calibration error, accuracy by coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BINS = 10
_COVERAGES = (100, 90, 80)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Sentences that got about the same probability; a point of the reliability curve.

    Attributes:
        low: least probability of the bin.
        high: the probability below which the bin ends; the last one holds 1 too.
        sentences: how many are in it, at least 1.
        confidence: their mean probability, 0 to 1.
        accuracy: share of them whose primary topic is right, 0 to 1.
    """

    low: float
    high: float
    sentences: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CoverageScore:
    """Accuracy when only the most confident sentences are kept.

    Attributes:
        percent: share of the sentences to keep, 1 to 100.
        sentences: how many are kept: the share, rounded up, and what is as probable as its last.
        threshold: least probability of a kept sentence, 0 to 1; what ``--min-probability`` takes.
        accuracy: share of the kept whose primary topic is right, 0 to 1.
    """

    percent: int
    sentences: int
    threshold: float
    accuracy: float


def reliability(right: Sequence[bool], confidence: Sequence[float]) -> tuple[ReliabilityBin, ...]:
    """Return the bins that hold a sentence, of ten equally wide ones, in ascending order.

    Args:
        right: for each of n sentences whether its primary topic is right.
        confidence: (n,) the probability of that topic, 0 to 1.
    """
    hit, sure = np.array(right, float), np.array(confidence, float)
    places = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    return tuple(
        ReliabilityBin(
            low=b / _BINS,
            high=(b + 1) / _BINS,
            sentences=int((places == b).sum()),
            confidence=float(sure[places == b].mean()),
            accuracy=float(hit[places == b].mean()),
        )
        for b in np.unique(places).tolist()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error, 0 to 1 (Naeini et al., 2015)."""
    gaps = sum(b.sentences * abs(b.accuracy - b.confidence) for b in bins)
    return gaps / max(1, sum(b.sentences for b in bins))


def coverage_scores(
    right: Sequence[bool], confidence: Sequence[float]
) -> tuple[CoverageScore, ...]:
    """Return the accuracy at 100, 90 and 80 % coverage (the risk-coverage curve of El-Yaniv and
    Wiener, 2010, at three points).

    Args:
        right: for each of n sentences whether its primary topic is right, n at least 1.
        confidence: (n,) the probability of that topic, 0 to 1.
    """
    hit, sure = np.array(right, float), np.array(confidence, float)
    falling = np.sort(sure)[::-1]
    scores = []
    for percent in _COVERAGES:
        last = -(-len(falling) * percent // 100) - 1  # whole numbers: 0.1 has no exact float
        threshold = float(falling[last])
        kept = sure >= threshold
        scores.append(CoverageScore(percent, int(kept.sum()), threshold, float(hit[kept].mean())))
    return tuple(scores)
