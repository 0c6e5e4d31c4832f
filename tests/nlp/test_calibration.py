"""Reliability, calibration error and coverage, on examples small enough to work out by hand."""

from __future__ import annotations

import pytest

from gongwen.nlp.topics.evaluation import (
    CoverageScore,
    ReliabilityBin,
    calibration_error,
    coverage_scores,
    reliability,
)


def right(marks: str) -> list[bool]:
    return [mark == "r" for mark in marks]


@pytest.mark.parametrize(
    ("marks", "sure", "bins"),
    [
        ("", [], []),
        ("r", [0.0], [(0.0, 0.1, 1, 0.0, 1.0)]),
        ("w", [1.0], [(0.9, 1.0, 1, 1.0, 0.0)]),  # the last bin holds 1 too
        ("rw", [0.2, 0.3], [(0.2, 0.3, 1, 0.2, 1.0), (0.3, 0.4, 1, 0.3, 0.0)]),  # edges go up
        ("rwrr", [0.92, 0.98, 0.95, 0.5], [(0.5, 0.6, 1, 0.5, 1.0), (0.9, 1.0, 3, 0.95, 2 / 3)]),
    ],
)
def test_bins(marks: str, sure: list[float], bins: list[tuple[float, ...]]) -> None:
    found = reliability(right(marks), sure)
    assert [(b.low, b.high, b.sentences) for b in found] == [row[:3] for row in bins]
    assert [(b.confidence, b.accuracy) for b in found] == [pytest.approx(row[3:]) for row in bins]


@pytest.mark.parametrize(
    ("bins", "error"),
    [
        ([], 0.0),
        ([(10, 0.95, 0.95)], 0.0),
        ([(1, 1.0, 0.0)], 1.0),
        ([(3, 0.5, 0.7), (1, 0.9, 0.5)], 3 / 4 * 0.2 + 1 / 4 * 0.4),
    ],
)
def test_calibration_error(bins: list[tuple[int, float, float]], error: float) -> None:
    made = [ReliabilityBin(0.0, 1.0, *figures) for figures in bins]
    assert calibration_error(made) == pytest.approx(error)


@pytest.mark.parametrize(
    ("marks", "sure", "scores"),
    [
        # Ten sentences, the two least sure of them wrong.
        (
            "rrrrwrrrrw",
            [0.9, 0.8, 0.7, 0.6, 0.2, 0.95, 0.85, 0.75, 0.65, 0.1],
            [(100, 10, 0.1, 0.8), (90, 9, 0.2, 8 / 9), (80, 8, 0.6, 1.0)],
        ),
        # The share is rounded up: 2.7 and 2.4 of three sentences are three.
        ("rrw", [0.9, 0.8, 0.7], [(p, 3, 0.7, 2 / 3) for p in (100, 90, 80)]),
        # What is as probable as the last one kept is kept too, whatever the order.
        ("rrrw", [0.9, 0.5, 0.5, 0.5], [(p, 4, 0.5, 0.75) for p in (100, 90, 80)]),
        ("w", [0.4], [(p, 1, 0.4, 0.0) for p in (100, 90, 80)]),
    ],
)
def test_coverage(
    marks: str, sure: list[float], scores: list[tuple[int, int, float, float]]
) -> None:
    assert coverage_scores(right(marks), sure) == tuple(CoverageScore(*row) for row in scores)


def test_coverage_of_many_sentences_is_exact() -> None:
    sure = [n / 1000 for n in range(1000)]
    assert [c.sentences for c in coverage_scores([True] * 1000, sure)] == [1000, 900, 800]
