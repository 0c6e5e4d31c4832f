"""Fit a classifier: linear separators with scikit-learn, pseudo-labels, and calibration.

Sentences without a label get one by self-training (Yarowsky, 1995): the classifier labels them,
learns from those it is surest of, and labels them anew. The first labels come from the classifier
that the labels give, or where a topic has few labels, from keywords that stand in the sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import SparseRows

_SMOOTHING = 0.05
"""Weight of every term in every topic before anything is seen."""
_TOUCHES, _ABOUT = 2.0, 0.3
"""Weights of the sentences that touch a topic and of those about it, for further topics."""
_NEVER = -10.0

Matrix = Any
Separators = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Coefficients (features, topics) and intercepts (topics,)."""


def matrix_of(rows: SparseRows) -> Matrix:
    """Return ``rows`` as SciPy's sparse matrix."""
    import scipy.sparse

    shape = (len(rows.starts) - 1, rows.width)
    return scipy.sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def primary_separators(
    matrix: Matrix,
    codes: NDArray[np.int64],
    C: float,  # noqa: N803
    bayes: float,
) -> Separators:
    """Separate each topic from the rest.

    A linear support vector machine (squared hinge) and ``bayes`` parts of complement naive Bayes
    (Rennie et al., 2003), both linear, are added up: the one tells apart what many sentences
    show, the other still speaks where few do (after Wang and Manning, 2012, who interpolate the
    two).

    Args:
        matrix: (n, features) TF-IDF.
        codes: (n,) number of each sentence's topic, all of 0 to topics - 1.
        C: inverse strength of the regularization of the machine.
        bayes: spread of the scores of naive Bayes over the n sentences, 0 for none.
    """
    from sklearn.svm import LinearSVC

    # "auto" is the default from scikit-learn 1.5 on; before, leaving it out prints a warning.
    svm = LinearSVC(C=C, dual="auto", random_state=0).fit(matrix, codes)
    coef, intercept = svm.coef_, svm.intercept_
    if len(intercept) == 1:  # scikit-learn keeps one separator for two classes
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    if bayes:
        counts = matrix.T @ np.eye(len(intercept))[codes]
        rest = counts.sum(axis=1, keepdims=True) - counts + _SMOOTHING
        weights = -np.log(rest / rest.sum(axis=0)).T
        weights -= weights.mean(axis=0)
        weights[:, ~counts.any(axis=1)] = 0.0  # what nobody has seen speaks for nobody
        spread = float((matrix @ weights.T).std())
        coef = coef + weights * (bayes / spread if spread else 0.0)
    return _separators(coef, intercept)


def touch_separators(
    matrix: Matrix,
    codes: NDArray[np.int64],
    also: NDArray[np.bool_],
    C: float,
) -> Separators:
    """Separate the sentences that touch each topic, in first or second place, from the rest.

    Those that merely touch it weigh more than those about it. Topics that nothing merely touches,
    or that everything is about, get a separator that never fires.

    Args:
        matrix: (n, features) TF-IDF.
        codes: (n,) number of each sentence's topic.
        also: (n, topics) whether the sentence touches a topic beside its own.
        C: inverse strength of the regularization.
    """
    from sklearn.svm import LinearSVC

    coef = np.zeros((also.shape[1], matrix.shape[1]))
    intercept = np.full(also.shape[1], _NEVER)
    for topic in np.flatnonzero(also.any(axis=0)):
        about = codes == topic
        if (about | also[:, topic]).all():
            continue
        weights = np.where(also[:, topic], _TOUCHES, np.where(about, _ABOUT, 1.0))
        svm = LinearSVC(C=C, dual="auto", random_state=0)
        svm.fit(matrix, about | also[:, topic], sample_weight=weights)
        coef[topic], intercept[topic] = svm.coef_[0], svm.intercept_[0]
    return _separators(coef, intercept)


def _separators(coef: NDArray[np.float64], intercept: NDArray[np.float64]) -> Separators:
    return np.ascontiguousarray(coef.T, np.float32), intercept.astype(np.float32)


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


_ROUNDS = 3
_SURE = 0.8
"""Share of the sentences given to a topic, the surest, that it is trained on."""
_FEW = 30
"""Labels of a topic below which keywords in a sentence label it at first."""
NONE = -1
"""Code of a sentence without a label."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """What a classifier is fitted on.

    Attributes:
        matrix: (n, features) TF-IDF.
        codes: (n,) number of each sentence's topic, -1 for one without a label.
        also: (n, topics) topics that a sentence touches beside its own.
        guesses: (n,) first guess for a sentence without a label, -1 for none.
        scored: (n,) whether it is a labelled sentence, not a keyword.
    """

    matrix: Matrix
    codes: Codes
    also: NDArray[np.bool_]
    guesses: Codes
    scored: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heads:
    """Separators for the primary topic and for further topics.

    Attributes:
        C: inverse strength of the regularization.
        bayes: share of naive Bayes.
    """

    C: float
    bayes: float

    def fit(self, examples: Examples, rows: Codes) -> tuple[Separators, Separators]:
        """Return both, fitted on ``rows`` of ``examples``."""
        matrix, codes = examples.matrix, examples.codes
        labelled = rows[codes[rows] != NONE]
        touch = touch_separators(
            matrix[labelled], codes[labelled], examples.also[labelled], self.C / 4
        )
        open_ = rows[codes[rows] == NONE]
        if not len(open_):
            return primary_separators(matrix[labelled], codes[labelled], self.C, self.bayes), touch
        guesses = examples.guesses[open_]
        for _ in range(_ROUNDS + 1):
            some = guesses != NONE
            known = np.concatenate([labelled, open_[some]])
            given = np.concatenate([codes[labelled], guesses[some]])
            about = primary_separators(matrix[known], given, self.C, self.bayes)
            guesses = _surest(matrix[open_] @ about[0] + about[1])
        return about, touch

    def out_of_fold(
        self, examples: Examples, groups: Sequence[str] | None, count: int
    ) -> tuple[Scores, Scores] | None:
        """Return the scores of the labelled sentences, (labelled, topics) for either head.

        Each comes from separators that have not seen its label. ``None`` when there are too few.
        """
        scored = np.flatnonzero(examples.scored)
        codes = examples.codes[scored]
        topics = examples.also.shape[1]
        primary = np.zeros((len(scored), topics), np.float32)
        touch = np.zeros_like(primary)
        pairs = folds(codes, groups_to_cut(codes, groups), count)
        for _, test in pairs:
            rows = np.setdiff1d(np.arange(len(examples.codes)), scored[test])
            if len(set(examples.codes[rows].tolist()) - {NONE}) < topics:
                return None
            held_out = examples.matrix[scored[test]]
            heads = self.fit(examples, rows)
            for scores, (coef, intercept) in zip((primary, touch), heads, strict=True):
                scores[test] = held_out @ coef + intercept
        return (primary, touch) if pairs else None


def _surest(scores: Scores) -> Codes:
    """Return the best topic of the rows that are surest of it, -1 for the others."""
    best = scores.argmax(axis=1)
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    margin = first - second
    guesses = np.full(len(scores), NONE)
    for topic in np.unique(best):
        rows = np.flatnonzero(best == topic)
        order = np.argsort(-margin[rows], kind="stable")
        sure = rows[order[: max(1, round(_SURE * len(rows)))]]
        guesses[sure] = topic
    return guesses


def guess_by_keywords(
    texts: Sequence[str], keywords: Mapping[int, Sequence[str]], codes: Codes
) -> Codes:
    """Return for each text without a label the topic whose keywords fill most of it.

    Texts whose keywords speak for none, or equally for two, get -1; so do all topics with labels
    enough to do without.

    Args:
        texts: (n,) folded texts.
        keywords: folded keywords by the number of their topic.
        codes: (n,) number of each text's topic, -1 for none.
    """
    guesses = np.full(len(texts), NONE)
    wanted = {t: words for t, words in keywords.items() if (codes == t).sum() < _FEW}
    for row in np.flatnonzero(codes == NONE).tolist():
        text = texts[row]
        filled = sorted(
            (sum(len(word) for word in words if word in text), topic)
            for topic, words in wanted.items()
        )[-2:]
        if filled and filled[-1][0] > (filled[0][0] if len(filled) > 1 else 0):
            guesses[row] = filled[-1][1]
    return guesses
