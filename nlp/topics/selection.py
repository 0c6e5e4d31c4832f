"""Choose what a classifier is made of by held-out labels: regularization, parts, rounds, keywords.

Every choice begins with a default that has proved good on many sets, and leaves it only for what is
better beyond chance, by the one-standard-error rule (Breiman et al., 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .calibration import fit_temperature, log_losses
from .few_labels import Precision
from .fitting import (
    MOST_ROUNDS,
    Examples,
    Recipe,
    Trust,
    guesses_of,
    held_out_parts,
    held_out_rounds,
    spread_over_copies,
)
from .folds import UNLABELLED, Codes, Folds, divide
from .separators import Scores, Weights

DEFAULT = Recipe(C=2.0, bayes=0.5, meaning=1.0)
"""What a classifier is made of when nothing speaks for something else."""
_STRENGTHS = (0.5, 1.0, 2.0, 4.0)
_BAYES = (0.0, 0.25, 0.5, 1.0)
_MEANINGS = (0.0, 0.5, 1.0, 2.0)
_MOST_SENTENCES = 2500
"""Labelled sentences by which a choice is made; more take longer and change little."""
_MOST_TEXTS = 2500
"""Unlabelled sentences by which the number of rounds is chosen."""
_CHOICE_FOLDS = 4
"""Folds by which a choice is made."""
_UNKNOWN_PRECISION = 0.5
"""Precision of guesses of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a classifier is to be made of.

    Attributes:
        recipe: the parts and their weights.
        rounds: rounds of self-training.
        trust: how often the first guesses of self-training are right.
        use_keywords: whether keywords are trained on.
    """

    recipe: Recipe
    rounds: int
    trust: Trust
    use_keywords: bool


def choose(
    examples: Examples,
    groups: Sequence[str] | None,
    C: float | None,  # noqa: N803
    bayes: float | None,
    count: int,
) -> Choice:
    """Return what is best on held-out labels.

    Args:
        examples: the sentences and keywords.
        groups: n names of documents or authors for all rows of ``examples``, or ``None``.
        C: inverse strength of the regularization, ``None`` to choose it.
        bayes: weight of naive Bayes, ``None`` to choose it.
        count: number of folds that the caller allows.
    """
    some, folds = _sample(examples, groups, min(count, _CHOICE_FOLDS))
    texts = int((some.codes == UNLABELLED).sum())
    missing = bool(np.setdiff1d(np.arange(examples.topics), examples.codes[examples.labelled]).size)
    preferred = Recipe(
        DEFAULT.C if C is None else C,
        DEFAULT.bayes if bayes is None else bayes,
        DEFAULT.meaning if some.matrix.shape[1] > some.terms else 0.0,
    )
    if not folds.splits:
        unknown = Precision(np.full(examples.topics, _UNKNOWN_PRECISION))
        # Without a measure keywords are the better guess, and one round cannot run away.
        trust = Trust(Precision(np.zeros(examples.topics)), unknown)
        return Choice(preferred, min(1, texts), trust, use_keywords=True)
    judge = _Judge.of(some, folds)
    recipe, scores = _best_recipe(some, folds, judge, preferred, C, bayes)
    use_keywords = True
    if some.keyword.any() and not missing:
        bare = some.select(np.flatnonzero(~some.keyword))
        _, without = _best_recipe(bare, folds, judge, recipe, recipe.C, recipe.bayes)
        if judge.prefers(without, scores):
            use_keywords, some, scores = False, bare, without
    trust = _trust(some, judge, scores)
    rounds = 0
    if texts:
        by_round = held_out_rounds(some, folds, recipe, trust, MOST_ROUNDS)
        # A topic without a label is learnt from sentences that its keywords suggest.
        losses = [judge.losses(found) @ judge.weights for found in by_round]
        rounds = max(int(np.argmin(losses)), int(missing))
    return Choice(recipe, rounds, trust, use_keywords)


def _sample(examples: Examples, groups: Sequence[str] | None, count: int) -> tuple[Examples, Folds]:
    """Return at most 2,500 labelled and 2,500 other sentences, and folds over the former."""
    # A random number a row, so that a sentence more at the end changes at most one that is chosen.
    order = np.argsort(np.random.default_rng(0).random(len(examples.codes)))
    chosen = np.sort(order[examples.labelled[order]][:_MOST_SENTENCES])
    kept = np.sort(order[examples.codes[order] == UNLABELLED][:_MOST_TEXTS])
    rows = np.concatenate([chosen, kept, np.flatnonzero(examples.keyword)])
    folds = divide(
        examples.codes[chosen],
        examples.topics,
        examples.clusters[chosen],
        None if groups is None else [groups[row] for row in chosen.tolist()],
        count,
    )
    return examples.select(rows), folds


@dataclass(frozen=True, slots=True)
class _Judge:
    """Compares out-of-fold scores by their likelihood after calibration.

    Attributes:
        tested: rows of the scores that are tested.
        codes: topic numbers of these rows.
        weights: their weights; near-copies share the weight of one sentence.
    """

    tested: Codes
    codes: Codes
    weights: Weights

    @classmethod
    def of(cls, examples: Examples, folds: Folds) -> _Judge:
        """Return the judge of the labelled sentences of ``examples`` that ``folds`` test."""
        labelled = np.flatnonzero(examples.labelled)
        tested = folds.tested
        rows = labelled[tested]
        weights = spread_over_copies(examples.clusters[rows], examples.weights[rows])
        return cls(tested, examples.codes[rows], weights)

    def losses(self, scores: Scores) -> NDArray[np.float64]:
        """Return the loss of every tested sentence at the best temperature."""
        own = scores[self.tested]
        factor = fit_temperature(own, self.codes, self.weights)
        return log_losses(own, self.codes, factor, float(self.weights.sum()))

    def prefers(self, one: Scores, other: Scores) -> bool:
        """Say whether ``one`` is better than ``other`` by more than a standard error."""
        gain = self.losses(other) - self.losses(one)
        mean = float(np.average(gain, weights=self.weights))
        variance = float(np.average((gain - mean) ** 2, weights=self.weights))
        return mean > float(np.sqrt(variance / max(1.0, self.weights.sum())))


def _best_recipe(
    examples: Examples,
    folds: Folds,
    judge: _Judge,
    preferred: Recipe,
    C: float | None,  # noqa: N803
    bayes: float | None,
) -> tuple[Recipe, Scores]:
    """Return the recipe with the best held-out scores, and these scores.

    It is ``preferred`` unless another is better by more than a standard error.
    """
    meanings = _MEANINGS if examples.matrix.shape[1] > examples.terms else (0.0,)
    found: dict[Recipe, Scores] = {}
    for strength in sorted({preferred.C, *(_STRENGTHS if C is None else ())}):
        margin, naive, means = held_out_parts(examples, folds, strength)
        for share, meaning in product(
            sorted({preferred.bayes, *(_BAYES if bayes is None else ())}),
            sorted({preferred.meaning, *meanings}),
        ):
            recipe = Recipe(strength, share, meaning)
            found[recipe] = np.asarray(margin + share * naive + meaning * means, np.float32)
    losses = {recipe: judge.losses(scores) @ judge.weights for recipe, scores in found.items()}
    best = min(found, key=lambda recipe: losses[recipe])
    if not judge.prefers(found[best], found[preferred]):
        best = preferred
    return best, found[best]


def _trust(examples: Examples, judge: _Judge, scores: Scores) -> Trust:
    """Return how often guesses by labels and by keywords are right on the tested sentences."""
    labelled = np.flatnonzero(examples.labelled)[judge.tested]
    by_labels = guesses_of(scores)[judge.tested]
    by_keywords = examples.guesses[labelled]
    measured = [
        Precision.measured(guesses, judge.codes, examples.topics, _UNKNOWN_PRECISION)
        for guesses in (by_labels, by_keywords)
    ]
    return Trust(*measured)


def without_keywords(examples: Examples) -> Examples:
    """Return the sentences of ``examples`` without its keywords and what they suggest."""
    kept = examples.select(np.flatnonzero(~examples.keyword))
    return replace(kept, guesses=np.full(len(kept.codes), UNLABELLED))
