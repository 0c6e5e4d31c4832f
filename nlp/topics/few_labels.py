"""Learn from keywords and unlabelled sentences where labels are few.

Keywords of a topic are short training sentences, and those that occur in an unlabelled sentence
suggest its topic. Both help when there are few labels and can do harm when a keyword misleads, so
each is used as far as held-out labels bear it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .folds import UNLABELLED, Codes
from .separators import Scores

_CONFIDENT_SHARE = 0.8
"""Share of the sentences assigned to a topic, by descending margin, that get a pseudo-label."""
_PRIOR_LABELS = 4.0
"""Labels that the precision of all topics counts as, beside those of one topic."""
_LEAST_EVIDENCE = 3
"""Distinct labelled sentences with a keyword from which they can contradict it."""
_CONTRADICTED = 0.2
"""Share of the labelled sentences with a keyword that have its topic, below which it is dropped."""

Keywords = Mapping[int, Sequence[str]]
"""Folded keywords by topic number."""


def keyword_guesses(texts: Sequence[str], keywords: Keywords) -> Codes:
    """Return (n,) for each text the topic whose keywords in it have the most characters.

    Texts without keywords, and texts with equally many characters for two topics, get
    ``UNLABELLED``.

    Args:
        texts: n folded texts.
        keywords: folded keywords by topic number.

    Example:
        >>> keyword_guesses(["执法检查", "公开信息"], {0: ["执法"], 1: ["公开"]}).tolist()
        [0, 1]
    """
    guesses = np.full(len(texts), UNLABELLED)
    for row, text in enumerate(texts):
        coverage = sorted(
            (sum(len(word) for word in words if word in text), topic)
            for topic, words in keywords.items()
        )[-2:]
        if coverage and coverage[-1][0] > (coverage[0][0] if len(coverage) > 1 else 0):
            guesses[row] = coverage[-1][1]
    return guesses


def contradicted_keywords(
    texts: Sequence[str], codes: Codes, clusters: Codes, keywords: Keywords
) -> dict[int, tuple[str, ...]]:
    """Return the keywords that labels contradict, by topic number.

    A keyword is contradicted when at least three distinct labelled sentences hold it and under a
    fifth of them have its topic. A topic without a label keeps all its keywords.

    Args:
        texts: n folded texts.
        codes: (n,) topic number of each text, ``UNLABELLED`` without a label.
        clusters: (n,) cluster of near-copies of each text, which count as one.
        keywords: folded keywords by topic number.
    """
    labelled = np.flatnonzero(codes != UNLABELLED).tolist()
    known = set(codes[labelled].tolist())
    dropped: dict[int, tuple[str, ...]] = {}
    for topic, words in keywords.items():
        if topic not in known:
            continue
        wrong = []
        for word in words:
            rows = [row for row in labelled if word in texts[row]]
            having = {int(clusters[row]): bool(codes[row] == topic) for row in rows}
            if len(having) >= _LEAST_EVIDENCE and sum(having.values()) < _CONTRADICTED * len(
                having
            ):
                wrong.append(word)
        if wrong:
            dropped[topic] = tuple(wrong)
    return dropped


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a guess of each topic is right, from labelled sentences that it was not made with.

    Attributes:
        by_topic: (topics,) estimated share of right guesses, 0 to 1.
    """

    by_topic: NDArray[np.float64]

    @classmethod
    def measured(cls, guesses: Codes, truth: Codes, topics: int, fallback: float) -> Precision:
        """Return the precision of ``guesses``.

        The share of a topic is smoothed by that of all topics as if it were four more labels.

        Args:
            guesses: (n,) guessed topic, ``UNLABELLED`` for none.
            truth: (n,) true topic.
            topics: number of topics.
            fallback: precision to take when nothing was guessed, 0 to 1.
        """
        made = guesses != UNLABELLED
        right = made & (guesses == truth)
        overall = float(right.sum() / made.sum()) if made.any() else fallback
        count = np.bincount(guesses[made], minlength=topics)
        hits = np.bincount(guesses[right], minlength=topics)
        return cls((hits + _PRIOR_LABELS * overall) / (count + _PRIOR_LABELS))

    def of(self, guesses: Codes) -> NDArray[np.float64]:
        """Return (n,) the precision of each guess, 0 where there is none."""
        return np.where(guesses == UNLABELLED, 0.0, self.by_topic[np.maximum(guesses, 0)])


def mixed_guesses(
    by_labels: Codes, by_keywords: Codes, labels: Precision, keywords: Precision
) -> Codes:
    """Return (n,) the first pseudo-label of each text: the guess that is more often right.

    A guess that is never right, or of which nothing is known, is not made.

    Args:
        by_labels: (n,) guesses of a classifier fitted on the labels.
        by_keywords: (n,) guesses of :func:`keyword_guesses`.
        labels: precision of the former.
        keywords: precision of the latter.
    """
    trust, other = labels.of(by_labels), keywords.of(by_keywords)
    better = np.where(other > trust, by_keywords, by_labels)
    return np.where(np.maximum(trust, other) > 0, better, UNLABELLED)


def confident_guesses(scores: Scores) -> Codes:
    """Return (n,) the best topic of the rows with the largest margins, -1 for the others.

    Of the rows assigned to a topic, four fifths are kept.

    Args:
        scores: (n, topics), two topics or more.
    """
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
