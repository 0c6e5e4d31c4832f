"""Fit the linear separators of topics with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tfidf import SparseRows

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
    C: float,  # noqa: N803
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
