"""Linear separators of topics: support vector machines, naive Bayes and class means.

A separator of a topic is a linear function of the features of a sentence. Separators of different
kinds are added, after their scores have been brought to a common spread.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .features import SparseRows

_SMOOTHING = 0.05
"""Additive smoothing of naive Bayes: initial weight of every term in every topic."""
_SECONDARY_WEIGHT, _PRIMARY_WEIGHT = 2.0, 0.3
"""Weights, when separators of secondary topics are fitted, of the sentences that have the topic as
a secondary one and of those that have it as their primary one."""
NEVER = -10.0
"""Intercept of a separator that never assigns its topic."""
_MOST_ITERATIONS = 3000
"""Iterations of liblinear, which stops earlier when it has converged."""

Matrix = Any
"""SciPy sparse matrix (n, features); SciPy has no type annotations."""
Codes = NDArray[np.int64]
"""Topic numbers or row indices."""
Weights = NDArray[np.float64]
"""(n,) weights of sentences, above 0."""
Scores = NDArray[np.float32]
"""Scores (n, topics)."""


class Separators(NamedTuple):
    """The linear functions of all topics.

    Attributes:
        coef: (features, topics) coefficients.
        intercept: (topics,) intercepts.
    """

    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def scores(self, matrix: Matrix) -> Scores:
        """Return (n, topics) scores of the rows of ``matrix``."""
        return np.asarray(matrix @ self.coef + self.intercept, np.float32)

    def plus(self, other: Separators, factor: float) -> Separators:
        """Return the sum of these separators and ``factor`` times the others."""
        return Separators(
            self.coef + np.float32(factor) * other.coef,
            self.intercept + np.float32(factor) * other.intercept,
        )


def matrix_of(rows: SparseRows) -> Matrix:
    """Return ``rows`` as a SciPy sparse matrix (n, features)."""
    import scipy.sparse  # late: heavy, only for training

    shape = (len(rows.starts) - 1, rows.width)
    return scipy.sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def margin_separators(
    matrix: Matrix,
    codes: Codes,
    topics: int,
    weights: Weights,
    C: float,  # noqa: N803
) -> Separators:
    """Fit a linear support vector machine (squared hinge) per topic, one against the rest.

    A topic without a sentence gets a separator that never assigns it.

    Args:
        matrix: (n, features).
        codes: (n,) topic number of each sentence.
        topics: number of topics.
        weights: (n,) weights of the sentences.
        C: inverse strength of the regularization, above 0.
    """
    present = np.unique(codes)
    coef = np.zeros((matrix.shape[1], topics), np.float32)
    intercept = np.full(topics, NEVER, np.float32)
    if len(present) == 1:  # nothing to separate from: the only topic there is
        intercept[present] = 0.0
        return Separators(coef, intercept)
    svm = _fitted_svm(matrix, codes, C, weights)
    found, offsets = svm.coef_, svm.intercept_
    if len(offsets) == 1:  # scikit-learn fits one separator for two classes
        found, offsets = np.vstack([-found, found]), np.concatenate([-offsets, offsets])
    coef[:, present], intercept[present] = found.T, offsets
    return Separators(coef, intercept)


def bayes_separators(matrix: Matrix, codes: Codes, topics: int, weights: Weights) -> Separators:
    """Fit complement naive Bayes (Rennie et al., 2003), scaled to scores of standard deviation 1.

    Beside a support vector machine it helps where a topic has few sentences (Wang and Manning,
    2012, interpolate the two).

    Args:
        matrix: (n, features), not negative.
        codes: (n,) topic number of each sentence.
        topics: number of topics.
        weights: (n,) weights of the sentences.
    """
    members = np.zeros((len(codes), topics))
    members[np.arange(len(codes)), codes] = weights
    counts = np.asarray(matrix.T @ members)
    rest = counts.sum(axis=1, keepdims=True) - counts + _SMOOTHING
    coef = -np.log(rest / rest.sum(axis=0))
    coef -= coef.mean(axis=1, keepdims=True)
    coef[~counts.any(axis=1)] = 0.0  # terms that do not occur
    return _to_unit_spread(matrix, coef, weights)


def mean_separators(matrix: Matrix, codes: Codes, topics: int, weights: Weights) -> Separators:
    """Return the class means as separators, scaled to scores of standard deviation 1.

    With rows of unit length the score is the cosine similarity to the mean of the topic, less the
    mean of all topics (Rocchio's classifier without its negative part).

    Args:
        matrix: (n, dimensions) rows of unit length.
        codes: (n,) topic number of each sentence.
        topics: number of topics.
        weights: (n,) weights of the sentences.
    """
    members = np.zeros((topics, len(codes)))
    members[codes, np.arange(len(codes))] = weights
    sums = np.asarray(members @ matrix)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    given = lengths[:, 0] > 0
    if given.any():
        means[given] -= means[given].mean(axis=0)
    return _to_unit_spread(matrix, means.T, weights)


def _to_unit_spread(matrix: Matrix, coef: NDArray[np.float64], weights: Weights) -> Separators:
    """Return separators whose weighted scores of ``matrix`` have a standard deviation of 1."""
    scores = np.asarray(matrix @ coef)
    mean = weights @ scores.mean(axis=1) / weights.sum()
    spread = float(np.sqrt(weights @ ((scores - mean) ** 2).mean(axis=1) / weights.sum()))
    scaled = coef / spread if spread > 0 else np.zeros_like(coef)
    return Separators(scaled.astype(np.float32), np.zeros(coef.shape[1], np.float32))


def secondary_separators(
    matrix: Matrix,
    codes: Codes,
    also: NDArray[np.bool_],
    weights: Weights,
    C: float,  # noqa: N803
) -> Separators:
    """Fit one separator per topic for secondary topics.

    A separator separates the sentences that have the topic, as primary or secondary one, from the
    rest; those that have it as a secondary one weigh more. A topic that is secondary of no
    sentence, or that every sentence has, gets a separator that never assigns it.

    Args:
        matrix: (n, features) TF-IDF.
        codes: (n,) topic number of each sentence.
        also: (n, topics) whether the sentence has the topic as a secondary one.
        weights: (n,) weights of the sentences.
        C: inverse strength of the regularization, above 0.
    """
    coef = np.zeros((matrix.shape[1], also.shape[1]), np.float32)
    intercept = np.full(also.shape[1], NEVER, np.float32)
    for topic in np.flatnonzero(also.any(axis=0)):
        primary = codes == topic
        members = primary | also[:, topic]
        if members.all():
            continue
        factor = np.where(
            also[:, topic], _SECONDARY_WEIGHT, np.where(primary, _PRIMARY_WEIGHT, 1.0)
        )
        svm = _fitted_svm(matrix, members, C, weights * factor)
        coef[:, topic], intercept[topic] = svm.coef_[0], svm.intercept_[0]
    return Separators(coef, intercept)


def membership_separators(
    matrix: Matrix,
    members: NDArray[np.bool_],
    weights: Weights,
    C: float,  # noqa: N803
) -> Separators:
    """Fit one separator per label where sentences have any number of labels (binary relevance).

    The sentences that have a label and those that do not have it weigh equally in total, as with
    ``class_weight="balanced"``, for most labels are rare. A label of no sentence is never assigned,
    a label of all always.

    Args:
        matrix: (n, features).
        members: (n, labels) whether a sentence has a label.
        weights: (n,) weights of the sentences.
        C: inverse strength of the regularization, above 0.
    """
    coef = np.zeros((matrix.shape[1], members.shape[1]), np.float32)
    intercept = np.full(members.shape[1], NEVER, np.float32)
    for label in range(members.shape[1]):
        given = members[:, label]
        if given.all():
            intercept[label] = -NEVER
        elif given.any():
            share = float(weights[given].sum() / weights.sum())
            balanced = np.where(given, 0.5 / share, 0.5 / (1 - share))
            svm = _fitted_svm(matrix, given, C, weights * balanced)
            coef[:, label], intercept[label] = svm.coef_[0], svm.intercept_[0]
    return Separators(coef, intercept)


def _fitted_svm(matrix: Matrix, targets: NDArray[Any], C: float, weights: Weights) -> Any:  # noqa: N803
    """Return a fitted linear support vector machine of scikit-learn."""
    # late: heavy, only for training
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC  # late: heavy, as above

    # "auto" is the default since scikit-learn 1.5; earlier versions warn if it is not given.
    svm = LinearSVC(C=C, dual="auto", random_state=0, max_iter=_MOST_ITERATIONS)
    with warnings.catch_warnings():
        # What has not converged by then is a good approximation, and a user cannot mend it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return svm.fit(matrix, targets, sample_weight=weights)
