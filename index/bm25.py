"""BM25 and every weight of the order in which matching sentences are listed.

BM25 follows Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009). The inverse
document frequency is that of Lucene, which is never negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
"""BM25's saturation of the term frequency, at its usual value."""
B, B_MOST = 0.3, 0.75
"""BM25's length normalization, from 0 to 1: the least, and the most, which is the usual value.
Between them the collection decides: :func:`length_normalization`."""
B_SLOPE = 2.2
"""How fast the length normalization grows. Chosen on collections that are none of the shared ones
(benchmarks/README.md): for articles of laws, whose lengths vary and which repeat their terms, b is
0.75, and MRR@5 of questions by scenes rises from 57.1 to 60.5; for sentences of reports it is 0.42,
and sentences of an encyclopedia are best below 0.4."""
LENGTH_MOST = 5
"""Lengths count as at most so many times their mean when their variation is measured, so that a few
tables do not decide."""
SUBSTRING_WEIGHT = 0.5
"""Weight of an occurrence that is only part of other words (人大 in 工人大会); a word counts 1."""
HEADING_MATCH_WEIGHT = 0.3
"""Weight of a word in the heading or title above a sentence; a word in the sentence counts 1."""
HEADING_ROW_WEIGHT = 0.9
"""Factor for the score of a row that is a heading or title."""
SHORT_ROW_WEIGHT, SHORT_ROW_CHARACTERS = 0.5, 10
"""Factor for the score of a row of at most so many characters, which says little
(一是强化组织领导。); its final line feed counts as one."""


def inverse_document_frequency(documents: Any, count: int) -> Any:
    """Return Lucene's inverse document frequency, which is at least 0.

    Args:
        documents: number of rows that contain the term, a number or an array.
        count: number of all rows.

    Example:
        >>> float(inverse_document_frequency(1, 3).round(3))
        0.981
    """
    return np.log1p((count - documents + 0.5) / (documents + 0.5))


def length_normalization(
    lengths: NDArray[Any], repetition: float, counts: NDArray[Any] | None = None
) -> float:
    """Return BM25's b for a collection, from :data:`B` to :data:`B_MOST`.

    Long rows are long because they say more, or because they repeat themselves; only the latter is
    to be normalized away (Robertson and Zaragoza, section 3.4). How much rows repeat is measured by
    how often one contains each of its bigrams, and how much their lengths vary by the coefficient
    of variation. Where one of the two is small, b hardly matters or should be small.

    Args:
        lengths: (n,) number of words in each row.
        repetition: how often a row contains one of its bigrams, on average; at least 1.
        counts: (n,) how many rows have each of the lengths, ``None`` for one each.

    Example:
        >>> round(length_normalization(np.array([10, 30]), 1.1), 2)
        0.41
    """
    if not len(lengths) or not lengths.any():
        return B
    if counts is None:
        variation = float(np.minimum(lengths / lengths.mean(), LENGTH_MOST).std())
    else:
        mean = np.average(lengths, weights=counts)
        relative = np.minimum(lengths / mean, LENGTH_MOST)
        centre = np.average(relative, weights=counts)
        variation = float(np.sqrt(np.average((relative - centre) ** 2, weights=counts)))
    return min(B + B_SLOPE * (repetition - 1) * variation, B_MOST)


def length_norm(lengths: NDArray[Any], total: int, count: int, b: float = B) -> NDArray[np.float64]:
    """Return the length part of BM25's denominator for every row.

    Args:
        lengths: (n,) number of terms in each row to be scored.
        total: number of terms in all rows of the index.
        count: number of all rows of the index.
        b: how much the length counts, from 0 (not at all) to 1.

    Returns:
        (n,) values, at least ``K1 * (1 - b)``; ``K1`` for a row of average length.
    """
    average = total / count if count and total else 1.0
    return np.asarray(K1 * (1 - b + b * lengths / average))


def saturation(frequency: NDArray[Any], norm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return BM25's term-frequency component, from 0 to K1 + 1.

    Args:
        frequency: number of occurrences, of a shape that broadcasts with ``norm``.
        norm: the result of :func:`length_norm`.
    """
    return np.asarray(frequency * (K1 + 1) / (frequency + norm))


def term_scores(
    string_counts: NDArray[np.float32],
    word_counts: NDArray[np.float32],
    documents: int,
    count: int,
    norm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the BM25 score of one string for every row.

    Args:
        string_counts: (n,) occurrences of the string in each row.
        word_counts: (n,) how many of them are words by themselves.
        documents: number of rows that contain the string.
        count: number of all rows.
        norm: (n,) result of :func:`length_norm`.
    """
    frequency = word_counts + SUBSTRING_WEIGHT * np.maximum(string_counts - word_counts, 0)
    return np.asarray(inverse_document_frequency(documents, count) * saturation(frequency, norm))
