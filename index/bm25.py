"""BM25 over words and character bigrams, and the handful of weights that the order depends on.

Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009); the idf is Lucene's, which
is never negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.4
"""Weaker than the usual 0.75: sentences of a report hardly differ in how much they say a word."""
INSIDE = 0.5
"""Weight of an occurrence that is not a word by itself (人大 in 工人大会)."""
BIGRAMS = 1.0
"""Weight of a query's bigrams beside its words: as in one bag of both."""
RERANKED = 500
"""Rows that the words find first and the bigrams of their text put into their final order."""
FIELD = 0.3
"""Weight of a word in the heading or title above a sentence beside one in the sentence."""
HEADING = 0.9
"""Weight of a heading or title beside a sentence with the same words."""
SHORT, SHORT_CHARACTERS = 0.5, 10
"""Weight of a sentence that is so short that it says little (一是强化组织领导。)."""


def idf(documents: Any, count: int) -> Any:
    """Return how telling a term is that stands in ``documents`` of ``count`` rows."""
    return np.log1p((count - documents + 0.5) / (documents + 0.5))


def length_norm(lengths: NDArray[Any], total: int, count: int) -> NDArray[np.float64]:
    """Return the length part of BM25's denominator for every row.

    Args:
        lengths: terms of each row.
        total: terms of all rows.
        count: rows in all.
    """
    average = total / count if count and total else 1.0
    return np.asarray(K1 * (1 - B + B * lengths / average))


def saturated(frequency: NDArray[Any], norm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of BM25 that grows with a term's frequency, from 0 to K1 + 1."""
    return np.asarray(frequency * (K1 + 1) / (frequency + norm))


def weight(
    inside: NDArray[np.float32],
    as_word: NDArray[np.float32],
    documents: int,
    count: int,
    norm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the BM25 weight of one string for every row.

    Args:
        inside: occurrences of the string in each row.
        as_word: how many of them are words by themselves.
        documents: rows that hold the string.
        count: rows in all.
        norm: what :func:`length_norm` gave.
    """
    frequency = as_word + INSIDE * np.maximum(inside - as_word, 0)
    return np.asarray(idf(documents, count) * saturated(frequency, norm))
