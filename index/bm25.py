"""BM25 over words, with chance occurrences inside other words at half weight.

Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009); the idf is Lucene's, which
is never negative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.4
"""Weaker than the usual 0.75: sentences of a report hardly differ in how much they say a word."""
INSIDE = 0.5
"""Weight of an occurrence that is not a word by itself (人大 in 工人大会)."""
HEADING = 0.9
"""Weight of a heading or title beside a sentence with the same words."""


def length_norm(lengths: NDArray[Any], total: int, count: int) -> NDArray[np.float64]:
    """Return the length part of BM25's denominator for every row."""
    average = total / count if count and total else 1.0
    return np.asarray(K1 * (1 - B + B * lengths / average))


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
    idf = math.log1p((count - documents + 0.5) / (documents + 0.5)) if documents else 0.0
    frequency = as_word + INSIDE * np.maximum(inside - as_word, 0)
    return np.asarray(idf * frequency * (K1 + 1) / (frequency + norm))
