"""Learn primary and secondary topics: choose, fit, calibrate on held-out scores.

A topic with too few labels to be held out is fitted like the others but not measured: it gets no
more probability than its share of the labels, and takes part in no other topic's calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .calibration import UNCALIBRATED, fit_prior, fit_temperature, fit_thresholds
from .fitting import (
    Examples,
    Recipe,
    fit_secondary,
    held_out_parts,
    held_out_rounds,
    held_out_secondary,
    self_train,
    spread_over_copies,
)
from .folds import UNLABELLED, Codes, Folds, divide
from .selection import Choice, choose, without_keywords
from .separators import Scores, Separators, Weights

_KEYWORD_SHARE = 0.01
"""Share of the sentences of other topics that a topic with keywords and too few labels may get."""


@dataclass(frozen=True, slots=True)
class LearnedTopics:
    """What a classifier of one primary topic a sentence has learnt.

    Attributes:
        primary: separators of the primary topics.
        secondary: separators of the secondary topics.
        temperature: factor of the primary scores before the softmax, above 0.
        calibrated: whether the temperature was fitted on labels.
        also_thresholds: (topics,) scores above which a secondary topic is assigned.
        measured: (topics,) whether the labels of a topic were held out.
        recipe: what the separators are made of.
        rounds: rounds of self-training.
    """

    primary: Separators
    secondary: Separators
    temperature: float
    calibrated: bool
    also_thresholds: NDArray[np.float64]
    measured: NDArray[np.bool_]
    recipe: Recipe
    rounds: int


def learn_topics(
    examples: Examples,
    groups: Sequence[str] | None,
    C: float | None,  # noqa: N803
    bayes: float | None,
    count: int,
) -> LearnedTopics:
    """Return what is learnt from ``examples``.

    Args:
        examples: the sentences and keywords.
        groups: n names of documents or authors, one for each row of ``examples``, or ``None``.
        C: inverse strength of the regularization, ``None`` to choose it by folds.
        bayes: weight of naive Bayes, ``None`` to choose it by folds.
        count: folds of the cross-validation that calibrates; none below 2.
    """
    choice = choose(examples, groups, C, bayes, count)
    if not choice.use_keywords:
        if groups is not None:
            groups = [g for g, word in zip(groups, examples.keyword, strict=True) if not word]
        examples = without_keywords(examples)
    labelled = np.flatnonzero(examples.labelled)
    own = None if groups is None else [groups[row] for row in labelled.tolist()]
    folds = divide(
        examples.codes[labelled], examples.topics, examples.clusters[labelled], own, count
    )
    known = examples.select(np.flatnonzero(examples.codes != UNLABELLED))
    every = np.arange(len(examples.codes))
    learned = LearnedTopics(
        primary=self_train(examples, every, choice.recipe, choice.trust, choice.rounds)[-1],
        secondary=fit_secondary(known, choice.recipe),
        temperature=UNCALIBRATED,
        calibrated=False,
        also_thresholds=np.full(examples.topics, np.inf),
        measured=folds.measured,
        recipe=choice.recipe,
        rounds=choice.rounds,
    )
    return _calibrated(learned, examples, folds, choice) if folds.splits else learned


def _calibrated(
    learned: LearnedTopics, examples: Examples, folds: Folds, choice: Choice
) -> LearnedTopics:
    """Return ``learned`` with temperature, priors and thresholds fitted on held-out scores."""
    labelled = np.flatnonzero(examples.labelled)
    rows = labelled[folds.tested]
    weights = spread_over_copies(examples.clusters[rows], examples.weights[rows])
    scores = _held_out_primary(examples, folds, choice)[folds.tested]
    measured = np.flatnonzero(folds.measured)
    codes = np.searchsorted(measured, examples.codes[rows])
    temperature = fit_temperature(scores[:, measured], codes, weights)
    intercept = learned.primary.intercept + _priors(examples, folds, scores, temperature, weights)
    secondary = held_out_secondary(examples, folds, choice.recipe)[folds.tested]
    secondary[np.arange(len(rows)), scores.argmax(axis=1)] = -np.inf
    return replace(
        learned,
        primary=Separators(learned.primary.coef, intercept.astype(np.float32)),
        temperature=temperature,
        calibrated=True,
        also_thresholds=fit_thresholds(secondary, examples.also[rows]),
    )


def _held_out_primary(examples: Examples, folds: Folds, choice: Choice) -> Scores:
    """Return the out-of-fold scores of the primary topics."""
    if choice.rounds:
        return held_out_rounds(examples, folds, choice.recipe, choice.trust, choice.rounds)[-1]
    margin, bayes, means = held_out_parts(examples, folds, choice.recipe.C)
    recipe = choice.recipe
    return np.asarray(margin + recipe.bayes * bayes + recipe.meaning * means, np.float32)


def _priors(
    examples: Examples, folds: Folds, scores: Scores, temperature: float, weights: Weights
) -> NDArray[np.float64]:
    """Return (topics,) what is added to the score of each topic that is not measured."""
    shifts = np.zeros(examples.topics)
    labels: Codes = examples.codes[examples.labelled]
    with_keywords = set(examples.codes[examples.keyword].tolist())
    for topic in np.flatnonzero(~folds.measured).tolist():
        share = float((labels == topic).sum()) / (float(weights.sum()) + 1)
        if topic in with_keywords:
            share = max(share, _KEYWORD_SHARE)
        shifts[topic] = fit_prior(scores, topic, share, temperature)
    return shifts
