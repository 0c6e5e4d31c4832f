"""Fit the primary and secondary topics of a classifier, with self-training and held-out scores.

Unlabelled sentences are used by self-training (Yarowsky, 1995): the classifier labels them, is
fitted again with the most confident of these pseudo-labels, and repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .few_labels import Precision, confident_guesses, mixed_guesses
from .folds import UNLABELLED, Codes, Folds
from .separators import (
    NEVER,
    Matrix,
    Scores,
    Separators,
    Weights,
    bayes_separators,
    margin_separators,
    mean_separators,
    secondary_separators,
)

MOST_ROUNDS = 3
"""Rounds of self-training, at most."""
_SECONDARY_SHARE = 0.25
"""Inverse regularization of secondary topics relative to that of primary ones: they have fewer
sentences and a narrower margin."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much of each kind of separator a classifier is made of.

    Attributes:
        C: inverse strength of the regularization of the support vector machines, above 0.
        bayes: weight of naive Bayes over TF-IDF, 0 or more.
        meaning: weight of the class means of meaning vectors, 0 or more.
    """

    C: float
    bayes: float
    meaning: float


@dataclass(frozen=True, slots=True)
class Examples:
    """The training data of a classifier: n sentences and keywords.

    Attributes:
        matrix: (n, terms + dimensions) TF-IDF, then the meaning vectors, of which there may be
            none.
        terms: number of the columns of TF-IDF.
        codes: (n,) topic number, ``UNLABELLED`` without a label.
        also: (n, topics) whether a sentence has a topic as a secondary one.
        weights: (n,) weight of each row, above 0.
        clusters: (n,) cluster of near-copies of each sentence.
        keyword: (n,) whether a row is a keyword and not a sentence.
        guesses: (n,) topic that keywords suggest for a sentence, ``UNLABELLED`` for none.
    """

    matrix: Matrix
    terms: int
    codes: Codes
    also: NDArray[np.bool_]
    weights: Weights
    clusters: Codes
    keyword: NDArray[np.bool_]
    guesses: Codes

    @property
    def topics(self) -> int:
        """Return the number of topics."""
        return int(self.also.shape[1])

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Return (n,) whether a row is a labelled sentence, not a keyword."""
        return np.asarray((self.codes != UNLABELLED) & ~self.keyword)

    def select(self, rows: Codes) -> Examples:
        """Return the rows with the indices ``rows``."""
        return replace(
            self,
            matrix=self.matrix[rows],
            codes=self.codes[rows],
            also=self.also[rows],
            weights=self.weights[rows],
            clusters=self.clusters[rows],
            keyword=self.keyword[rows],
            guesses=self.guesses[rows],
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """The separators of one kind each, before they are added up.

    Attributes:
        margin: support vector machines.
        bayes: naive Bayes over TF-IDF, of spread 1.
        means: class means of meaning vectors, of spread 1.
        present: (topics,) whether a topic has a sentence or keyword.
    """

    margin: Separators
    bayes: Separators
    means: Separators
    present: NDArray[np.bool_]

    def mix(self, recipe: Recipe) -> Separators:
        """Return the sum of the parts; a topic without a sentence is never assigned."""
        summed = self.margin.plus(self.bayes, recipe.bayes).plus(self.means, recipe.meaning)
        summed.coef[:, ~self.present] = 0.0
        summed.intercept[~self.present] = NEVER
        return summed


def fit_parts(
    examples: Examples,
    codes: Codes,
    C: float,  # noqa: N803
) -> Parts:
    """Fit all kinds of separators of the primary topics.

    Args:
        examples: n rows, all of which are used.
        codes: (n,) topic number of each row, a label or a pseudo-label.
        C: inverse strength of the regularization, above 0.
    """
    matrix, terms, topics = examples.matrix, examples.terms, examples.topics
    margin = margin_separators(matrix, codes, topics, examples.weights, C)
    bayes = bayes_separators(matrix[:, :terms], codes, topics, examples.weights)
    dimensions = matrix.shape[1] - terms
    means = mean_separators(matrix[:, terms:], codes, topics, examples.weights)
    padded_bayes = np.vstack([bayes.coef, np.zeros((dimensions, topics), np.float32)])
    padded_means = np.vstack([np.zeros((terms, topics), np.float32), means.coef])
    return Parts(
        margin,
        Separators(padded_bayes, bayes.intercept),
        Separators(padded_means, means.intercept),
        np.bincount(codes, minlength=topics) > 0,
    )


def fit_primary(examples: Examples, codes: Codes, recipe: Recipe) -> Separators:
    """Fit the separators of the primary topics; see :func:`fit_parts`."""
    return fit_parts(examples, codes, recipe.C).mix(recipe)


def fit_secondary(examples: Examples, recipe: Recipe) -> Separators:
    """Fit the separators of the secondary topics on labelled sentences and keywords."""
    return secondary_separators(
        examples.matrix,
        examples.codes,
        examples.also,
        examples.weights,
        recipe.C * _SECONDARY_SHARE,
    )


# -- Self-training ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trust:
    """How often first guesses are right, by held-out labels.

    Attributes:
        labels: precision of the classifier that is fitted on labels alone.
        keywords: precision of keywords.
    """

    labels: Precision
    keywords: Precision


def self_train(
    examples: Examples, rows: Codes, recipe: Recipe, trust: Trust, rounds: int
) -> list[Separators]:
    """Return the separators of the primary topics after each round, the first without any.

    Args:
        examples: the sentences and keywords.
        rows: the rows to use; those without a label are pseudo-labelled.
        recipe: what the separators are made of.
        trust: how often the first guesses are right.
        rounds: number of rounds; there are none without unlabelled sentences.
    """
    known = examples.select(rows[examples.codes[rows] != UNLABELLED])
    unlabelled = rows[examples.codes[rows] == UNLABELLED]
    fitted = [fit_primary(known, known.codes, recipe)]
    if not len(unlabelled):
        return fitted
    texts = examples.select(unlabelled)
    for number in range(rounds):
        guesses = confident_guesses(fitted[-1].scores(texts.matrix))
        if number == 0:
            guesses = mixed_guesses(guesses, texts.guesses, trust.labels, trust.keywords)
        guessed = np.flatnonzero(guesses != UNLABELLED)
        both = np.concatenate([rows[examples.codes[rows] != UNLABELLED], unlabelled[guessed]])
        codes = np.concatenate([known.codes, guesses[guessed]])
        fitted.append(fit_primary(examples.select(both), codes, recipe))
    return fitted


# -- Held-out scores -------------------------------------------------------------------------------


def training_rows(examples: Examples, labelled: Codes, train: Codes) -> Codes:
    """Return the rows of ``examples`` that a fold is trained on: its labels and all else.

    Args:
        examples: the sentences and keywords.
        labelled: the rows of the labelled sentences.
        train: the indices in ``labelled`` that the fold is trained on.
    """
    return np.concatenate([labelled[train], np.flatnonzero(~examples.labelled)])


def held_out_parts(
    examples: Examples,
    folds: Folds,
    C: float,  # noqa: N803
) -> tuple[Scores, Scores, Scores]:
    """Return the out-of-fold scores of each kind of separator, without unlabelled sentences.

    Args:
        examples: the sentences and keywords.
        folds: folds over the labelled sentences.
        C: inverse strength of the regularization, above 0.

    Returns:
        (labelled, topics) scores of margin, bayes and means separators, NaN where not tested.
    """
    labelled = np.flatnonzero(examples.labelled)
    shape = (len(labelled), examples.topics)
    margin, bayes, means = (np.full(shape, np.nan, np.float32) for _ in range(3))
    for train, test in folds.splits:
        rows = training_rows(examples, labelled, train)
        known = examples.select(rows[examples.codes[rows] != UNLABELLED])
        parts = fit_parts(known, known.codes, C)
        held_out = examples.matrix[labelled[test]]
        margin[test] = parts.margin.scores(held_out)
        bayes[test] = parts.bayes.scores(held_out)
        means[test] = parts.means.scores(held_out)
        # A topic that a fold does not know cannot be assigned, whatever it is made of.
        margin[np.ix_(test, np.flatnonzero(~parts.present))] = NEVER
    return margin, bayes, means


def held_out_rounds(
    examples: Examples, folds: Folds, recipe: Recipe, trust: Trust, rounds: int
) -> list[Scores]:
    """Return the out-of-fold scores after each round of self-training, (labelled, topics) each."""
    labelled = np.flatnonzero(examples.labelled)
    shape = (len(labelled), examples.topics)
    scores = [np.full(shape, np.nan, np.float32) for _ in range(rounds + 1)]
    for train, test in folds.splits:
        rows = training_rows(examples, labelled, train)
        held_out = examples.matrix[labelled[test]]
        for found, separators in zip(
            scores, self_train(examples, rows, recipe, trust, rounds), strict=False
        ):
            found[test] = separators.scores(held_out)
    return scores


def held_out_secondary(examples: Examples, folds: Folds, recipe: Recipe) -> Scores:
    """Return the out-of-fold scores of secondary topics, (labelled, topics)."""
    labelled = np.flatnonzero(examples.labelled)
    scores = np.full((len(labelled), examples.topics), np.nan, np.float32)
    for train, test in folds.splits:
        rows = training_rows(examples, labelled, train)
        known = examples.select(rows[examples.codes[rows] != UNLABELLED])
        separators = fit_secondary(known, recipe)
        scores[test] = separators.scores(examples.matrix[labelled[test]])
    return scores


def guesses_of(scores: Scores) -> Codes:
    """Return (n,) the best topic of each row, ``UNLABELLED`` for a row of NaN."""
    tested = ~np.isnan(scores).any(axis=1)
    guesses = np.full(len(scores), UNLABELLED)
    guesses[tested] = scores[tested].argmax(axis=1)
    return guesses


def spread_over_copies(clusters: Codes, weights: Weights) -> Weights:
    """Return (n,) weights in which near-copies share the weight of one sentence.

    Their total is the number of distinct sentences, however large the weights are.

    Args:
        clusters: (n,) cluster of near-copies of each sentence.
        weights: (n,) weight of each sentence, above 0; that of a cluster is their mean.

    Example:
        >>> spread_over_copies(np.array([0, 0, 1]), np.array([2.0, 2.0, 6.0])).tolist()
        [0.25, 0.25, 1.5]
    """
    counts = np.bincount(clusters, minlength=int(clusters.max(initial=-1)) + 1)
    shares = weights / counts[clusters]
    total = float(shares.sum())
    return np.asarray(shares * ((counts > 0).sum() / total if total else 0.0), np.float64)
