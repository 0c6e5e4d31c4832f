"""Fit a classifier's separators: on labels, on keywords, and on sentences without a label.

Sentences without a label get one by self-training (Yarowsky, 1995): the classifier labels them,
learns from those it is surest of, and labels them anew. The first labels come from the classifier
that the labels give, or where a topic has few labels, from keywords that stand in the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calibration import Scores, folds, groups_to_cut
from .separators import Matrix, Separators, primary_separators, touch_separators

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
