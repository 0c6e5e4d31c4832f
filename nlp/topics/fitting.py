"""Fit the linear separators of the topics with scikit-learn, with self-training and calibration.

A topic is the *primary* topic of a sentence or one of its *secondary* topics (``also``); both kinds
have separators of their own. Unlabelled sentences are used by self-training (Yarowsky, 1995): the
classifier labels them, is fitted again with the most confident of these pseudo-labels, and repeats.
The first pseudo-labels come from a classifier fitted on the labels or, for topics with few labels,
from keywords in the sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import SparseRows

UNLABELLED = -1
"""Topic number of a sentence without a label."""

_SMOOTHING = 0.05
"""Additive smoothing of naive Bayes: initial weight of every term in every topic."""
_SECONDARY_WEIGHT, _PRIMARY_WEIGHT = 2.0, 0.3
"""Weights, when separators of secondary topics are fitted, of the sentences that have the topic as
a secondary one and of those that have it as their primary one."""
_NEVER_INTERCEPT = -10.0
"""Intercept of a separator that never assigns its topic."""
_ROUNDS = 3
"""Rounds of self-training after the first fit."""
_CONFIDENT_SHARE = 0.8
"""Share of the sentences assigned to a topic, by descending margin, that get a pseudo-label."""
_FEW_LABELS = 30
"""Number of labels of a topic below which keywords give the first pseudo-labels."""

Matrix = Any
"""SciPy sparse matrix (n, features); SciPy has no type annotations."""
Codes = NDArray[np.int64]
"""Topic numbers or row indices."""
Scores = NDArray[np.float32]
"""Scores (n, topics)."""
Separators = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Coefficients (features, topics) and intercepts (topics,)."""


# -- Heads and self-training -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Examples:
    """The training data of a classifier: n sentences and keywords.

    Attributes:
        matrix: (n, features) TF-IDF.
        codes: (n,) topic number, :data:`UNLABELLED` without a label.
        also: (n, topics) whether the sentence has the topic as a secondary one.
        guesses: (n,) first pseudo-label of an unlabelled sentence, :data:`UNLABELLED` for none.
        scored: (n,) whether it is a labelled sentence and not a keyword.
    """

    matrix: Matrix
    codes: Codes
    also: NDArray[np.bool_]
    guesses: Codes
    scored: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heads:
    """Fits the two heads of a classifier: separators of the primary and of secondary topics.

    Attributes:
        C: inverse strength of the regularization, above 0.
        bayes: scale of naive Bayes, as in :func:`primary_separators`.
    """

    C: float
    bayes: float

    def fit(self, examples: Examples, rows: Codes) -> tuple[Separators, Separators]:
        """Return the separators of primary and of secondary topics, fitted on ``rows``."""
        matrix, codes = examples.matrix, examples.codes
        labelled = rows[codes[rows] != UNLABELLED]
        secondary = secondary_separators(
            matrix[labelled], codes[labelled], examples.also[labelled], self.C / 4
        )
        unlabelled = rows[codes[rows] == UNLABELLED]
        if not len(unlabelled):
            return primary_separators(
                matrix[labelled], codes[labelled], self.C, self.bayes
            ), secondary
        guesses = examples.guesses[unlabelled]
        for _ in range(_ROUNDS + 1):
            guessed = guesses != UNLABELLED
            known = np.concatenate([labelled, unlabelled[guessed]])
            given = np.concatenate([codes[labelled], guesses[guessed]])
            primary = primary_separators(matrix[known], given, self.C, self.bayes)
            guesses = _pseudo_labels(matrix[unlabelled] @ primary[0] + primary[1])
        return primary, secondary

    def out_of_fold(
        self, examples: Examples, groups: Sequence[str] | None, count: int
    ) -> tuple[Scores, Scores] | None:
        """Return the out-of-fold scores of the labelled sentences, (labelled, topics) of each head.

        ``None`` if there are too few labels to make folds that contain all topics.
        """
        scored = np.flatnonzero(examples.scored)
        codes = examples.codes[scored]
        topics = examples.also.shape[1]
        primary = np.zeros((len(scored), topics), np.float32)
        secondary = np.zeros_like(primary)
        splits = split_folds(codes, groups_for_folds(codes, groups), count)
        for _, test in splits:
            rows = np.setdiff1d(np.arange(len(examples.codes)), scored[test])
            if len(set(examples.codes[rows].tolist()) - {UNLABELLED}) < topics:
                return None
            held_out = examples.matrix[scored[test]]
            heads = self.fit(examples, rows)
            for scores, (coef, intercept) in zip((primary, secondary), heads, strict=True):
                scores[test] = held_out @ coef + intercept
        return (primary, secondary) if splits else None


def _pseudo_labels(scores: Scores) -> Codes:
    """Return (n,) the best topic of the rows with the largest margins, -1 for the others."""
    best = scores.argmax(axis=1)
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    margin = first - second
    guesses = np.full(len(scores), UNLABELLED)
    for topic in np.unique(best):
        rows = np.flatnonzero(best == topic)
        order = np.argsort(-margin[rows], kind="stable")
        confident = rows[order[: max(1, round(_CONFIDENT_SHARE * len(rows)))]]
        guesses[confident] = topic
    return guesses


def guess_by_keywords(
    texts: Sequence[str], keywords: Mapping[int, Sequence[str]], codes: Codes
) -> Codes:
    """Return (n,) for each unlabelled text the topic whose keywords in it have the most characters.

    Topics with at least 30 labels are not guessed. Labelled texts, texts without keywords, and
    texts with equally many characters for two topics get :data:`UNLABELLED`.

    Args:
        texts: n folded texts.
        keywords: folded keywords by topic number.
        codes: (n,) topic number of each text, :data:`UNLABELLED` for none.
    """
    guesses = np.full(len(texts), UNLABELLED)
    topics_to_guess = {
        t: words for t, words in keywords.items() if (codes == t).sum() < _FEW_LABELS
    }
    for row in np.flatnonzero(codes == UNLABELLED).tolist():
        text = texts[row]
        coverage = sorted(
            (sum(len(word) for word in words if word in text), topic)
            for topic, words in topics_to_guess.items()
        )[-2:]
        if coverage and coverage[-1][0] > (coverage[0][0] if len(coverage) > 1 else 0):
            guesses[row] = coverage[-1][1]
    return guesses


# -- Linear separators -----------------------------------------------------------------------------


def matrix_of(rows: SparseRows) -> Matrix:
    """Return ``rows`` as a SciPy sparse matrix (n, features)."""
    import scipy.sparse  # late: heavy, only for training

    shape = (len(rows.starts) - 1, rows.width)
    return scipy.sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def primary_separators(
    matrix: Matrix,
    codes: NDArray[np.int64],
    C: float,  # noqa: N803
    bayes: float,
) -> Separators:
    """Fit one separator per topic, one against the rest, for the primary topic.

    A separator is the sum of a linear support vector machine (squared hinge) and a complement naive
    Bayes classifier (Rennie et al., 2003), after Wang and Manning (2012), who interpolate the two.
    The former is better with many sentences of a topic, the latter with few.

    Args:
        matrix: (n, features) TF-IDF.
        codes: (n,) topic number of each sentence; each of 0 to topics - 1 occurs.
        C: inverse strength of the regularization of the support vector machine, above 0.
        bayes: standard deviation to which the scores of naive Bayes over the n sentences are
            scaled, 0 to leave it out.
    """
    # late: heavy, only for training
    from sklearn.svm import LinearSVC

    # "auto" is the default since scikit-learn 1.5; earlier versions warn if it is not given.
    svm = LinearSVC(C=C, dual="auto", random_state=0).fit(matrix, codes)
    coef, intercept = svm.coef_, svm.intercept_
    if len(intercept) == 1:  # scikit-learn fits one separator for two classes
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    if bayes:
        counts = matrix.T @ np.eye(len(intercept))[codes]
        rest = counts.sum(axis=1, keepdims=True) - counts + _SMOOTHING
        weights = -np.log(rest / rest.sum(axis=0)).T
        weights -= weights.mean(axis=0)
        weights[:, ~counts.any(axis=1)] = 0.0  # terms that do not occur
        spread = float((matrix @ weights.T).std())
        coef = coef + weights * (bayes / spread if spread else 0.0)
    return _as_separators(coef, intercept)


def secondary_separators(
    matrix: Matrix,
    codes: NDArray[np.int64],
    also: NDArray[np.bool_],
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
        C: inverse strength of the regularization, above 0.
    """
    # late: heavy, only for training
    from sklearn.svm import LinearSVC

    coef = np.zeros((also.shape[1], matrix.shape[1]))
    intercept = np.full(also.shape[1], _NEVER_INTERCEPT)
    for topic in np.flatnonzero(also.any(axis=0)):
        primary = codes == topic
        if (primary | also[:, topic]).all():
            continue
        weights = np.where(
            also[:, topic], _SECONDARY_WEIGHT, np.where(primary, _PRIMARY_WEIGHT, 1.0)
        )
        svm = LinearSVC(C=C, dual="auto", random_state=0)
        svm.fit(matrix, primary | also[:, topic], sample_weight=weights)
        coef[topic], intercept[topic] = svm.coef_[0], svm.intercept_[0]
    return _as_separators(coef, intercept)


def _as_separators(coef: NDArray[np.float64], intercept: NDArray[np.float64]) -> Separators:
    """Return coefficients (topics, features) and intercepts of scikit-learn as separators."""
    return np.ascontiguousarray(coef.T, np.float32), intercept.astype(np.float32)


# -- Folds and calibration -------------------------------------------------------------------------


def split_folds(
    y: NDArray[Any], groups: Sequence[str] | None, count: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the folds of a cross-validation as pairs of (training, test) indices.

    Groups are not divided between folds; without groups, folds are stratified by topic. There are
    fewer folds than ``count`` if there are fewer groups, or fewer sentences of a topic. The list is
    empty if there are not enough for two, or ``count`` is below 2.

    Args:
        y: (n,) topic of each sentence.
        groups: n names of groups, or ``None``.
        count: number of folds.
    """
    # late: heavy, only for training
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


def groups_for_folds(y: NDArray[Any], groups: Sequence[str] | None) -> Sequence[str] | None:
    """Return ``groups`` if folds can be made of whole groups, else ``None``.

    There must be two groups or more, and every topic must be in two groups or more.
    """
    if groups is None or len(set(groups)) < 2:
        return None
    pairs = set(zip(y.tolist(), groups, strict=True))
    counts = Counter(topic for topic, _ in pairs)
    return groups if min(counts.values()) > 1 else None


def softmax(scores: Scores) -> NDArray[np.float64]:
    """Return (n, topics) the softmax of each row of ``scores``; rows sum to 1."""
    shifted = np.exp(np.asarray(scores, np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_temperature(scores: Scores, codes: NDArray[np.int64]) -> float:
    """Return the factor of ``scores`` that maximizes the likelihood of the topics ``codes``.

    It is the inverse temperature of the softmax, found by golden-section search from e^-3 to e^4.

    Args:
        scores: (n, topics) out-of-fold scores.
        codes: (n,) topic number of each sentence.
    """

    def loss(log_factor: float) -> float:
        """Return the mean negative log-likelihood."""
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


def fit_secondary_threshold(primary: Scores, secondary: Scores, also: NDArray[np.bool_]) -> float:
    """Return the threshold of the scores of secondary topics with the best micro-F1.

    It is infinity when no sentence has secondary topics.

    Args:
        primary: (n, topics) scores of the primary topic; its best topic is never secondary.
        secondary: (n, topics) scores of secondary topics.
        also: (n, topics) the true secondary topics.
    """
    if not also.any():
        return float("inf")
    others = secondary.copy()
    others[np.arange(len(others)), primary.argmax(axis=1)] = -np.inf
    candidates = np.linspace(-1.0, 0.5, 61)
    hits = np.array([((others > t) & also).sum() for t in candidates])
    given = np.array([(others > t).sum() for t in candidates])
    f1 = 2 * hits / np.maximum(given + also.sum(), 1)
    return float(candidates[int(f1.argmax())])
