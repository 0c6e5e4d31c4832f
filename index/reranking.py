"""Rank the best sentences that match a query, in the same way whichever engine has found them.

Sentences are sorted by these criteria: those that match the query as it was typed come before those
that match by a synonym; then sentences with more of the query's runs unbroken; then those that
write the query's numbers as it does; then the score; then the id. The score over words orders all
of them, and the score over bigrams is added for the first few hundred, so no postings of bigrams
with counts are needed. Where one word of a question is enough, the document of a sentence counts
too, and numbers in other writing are as good as those that were typed.

The default engine keeps the columns of all rows in memory and gives this module its best rows
(:mod:`~gongwen.index.scoring`); the candidates of other engines are given with their texts
(:mod:`~gongwen.index.candidate_scoring`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .bigrams import bigram_keys
from .bm25 import (
    HEADING_ROW_WEIGHT,
    SHORT_ROW_CHARACTERS,
    SHORT_ROW_WEIGHT,
    inverse_document_frequency,
    length_norm,
    saturation,
)
from .column_writer import JoinedTexts
from .planner import filters, runs
from .query import And, Node, Or, Run, Text
from .scan import units_of

BIGRAM_WEIGHT = 1.0
"""Weight of the score over bigrams, relative to that over words."""
RERANK_DEPTH, RERANK_LEAST, RERANK_UNITS = 200, 50, 30_000
"""Number of best rows by words for which the score over bigrams is added: so many, but of long rows
only as many as have so many UTF-16 units together, and at least the second number. 100 rows are
enough for the order of the first ten; those of laws that are found among the first 100 rise from 39
to 45 % with 200 rows, and to 46 % with 500, which take twice the time."""
DOCUMENT_WEIGHT, DOCUMENT_BEST = 0.5, 5
"""When any word of a question is enough, each row gets this share of the mean score of the best so
many rows of its document; a document with fewer counts as if the others had 0. As passage retrieval
does (Callan, *Passage-level evidence in document retrieval*, 1994). Useful from 0.2 to 1; measured
for lay questions about laws with the next weight: R@10 from 17.3 to 20.3, R@100 from 40.9 to 46.2;
for sentences of an encyclopedia R@10 from 92.1 to 94.1."""
DOCUMENT_SIZE_WEIGHT = 0.25
"""Weight of the natural logarithm of the number of rows of a row's document, likewise: a long law
is asked about more often than a short one. At 1, R@10 of lay questions about laws rises by 1.1
points of the above, but a short report with the very answer falls behind a long one; at 0.25 it
does not."""


class Collection(Protocol):
    """What is known of all sentences of an index together."""

    @property
    def sentences(self) -> int:
        """Number of sentences."""

    @property
    def characters(self) -> int:
        """UTF-16 units of all texts without their marks."""

    @property
    def b(self) -> float:
        """Length normalization of this collection (:mod:`~gongwen.index.bm25`)."""

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands."""


class Candidates(Protocol):
    """What is read of the candidates that are looked at more closely.

    ``at`` are their indexes among the candidates.
    """

    def sizes(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n,) the UTF-16 units of each text without its marks, and one more."""

    def bare(self, at: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts without their marks."""

    def weights(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (n,) the factor of each score, as :func:`row_weights` gives it."""

    def reports(self, at: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return (n,) a number for the report of each, and how many sentences that has."""


@dataclass(slots=True)
class Scored:
    """Candidates with what they are sorted by.

    Attributes:
        ids: (n,) id of each.
        scores: (n,) scores over words, with the weights of the sentences; they grow by what
            :func:`rerank` adds.
        keys: arrays of n numbers each, by which they are sorted before the score, the lowest first;
            the last array counts the most.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    keys: Sequence[NDArray[Any]]


def rerank(
    query: Node, scored: Scored, candidates: Candidates, collection: Collection
) -> NDArray[np.int64]:
    """Return the indexes of the candidates in their order, and add to the scores of the first.

    Args:
        query: the query that they match.
        scored: what they are sorted by.
        candidates: their texts.
        collection: all sentences.
    """
    order = ranking_order(scored)
    top = order[: _depth(candidates.sizes(order[:RERANK_DEPTH]))]
    bigrams = _query_bigrams(query)
    if len(bigrams) and len(top):
        added = _bigram_scores(bigrams, candidates.bare(top), collection)
        scores = scored.scores[top] + added * candidates.weights(top)
        if asks_for_any(query) and not any(one.field == "id" for one in filters(query)):
            scores += _document_scores(*candidates.reports(top), scores)
        scored.scores[top] = scores
        inner = ranking_order(Scored(scored.ids[top], scores, [key[top] for key in scored.keys]))
        order[: len(top)] = top[inner]
    return order


def _depth(sizes: NDArray[np.int64]) -> int:
    """Return for how many of the best candidates the score over bigrams is added."""
    depth = max(RERANK_LEAST, int(np.searchsorted(np.cumsum(sizes), RERANK_UNITS, "right")))
    return min(depth, len(sizes))


def _document_scores(
    codes: NDArray[Any], sizes: NDArray[Any], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what the document of each of the best candidates adds to its score.

    Args:
        codes: (n,) number of the document of each.
        sizes: (n,) how many sentences that has.
        scores: (n,) score of each candidate.
    """
    order = np.lexsort((-scores, codes))
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.diff(starts, append=len(order))
    nth = np.arange(len(order)) - np.repeat(starts, counts)
    best = np.where(nth < DOCUMENT_BEST, scores[order], 0)
    means = np.add.reduceat(best, starts) / DOCUMENT_BEST
    added = DOCUMENT_WEIGHT * means + DOCUMENT_SIZE_WEIGHT * np.log(sizes[order[starts]])
    result = np.empty(len(order))
    result[order] = np.repeat(added, counts)
    return result


def _bigram_scores(
    bigrams: NDArray[np.uint32], part: JoinedTexts, collection: Collection
) -> NDArray[np.float64]:
    """Return the BM25 score of some texts over ``bigrams``, which may repeat."""
    distinct, repeats = np.unique(bigrams, return_counts=True)
    # Few units begin a bigram or end one, and fewer of these are neighbours.
    role = np.zeros(1 << 16, np.uint8)
    role[distinct >> np.uint32(16)] = 1
    role[distinct & np.uint32(0xFFFF)] |= 2
    roles = role[part.units]
    places = np.flatnonzero((roles[:-1] & (roles[1:] >> 1)).view(bool))
    keys = (part.units[places].astype(np.uint32) << np.uint32(16)) | part.units[places + 1]
    at = np.minimum(np.searchsorted(distinct, keys), len(distinct) - 1)
    hit = distinct[at] == keys
    places, at = places[hit], at[hit]
    row = np.searchsorted(part.starts, places, side="right") - 1
    shape = (len(part), len(distinct))
    frequency = np.bincount(row * shape[1] + at, minlength=shape[0] * shape[1])
    norm = length_norm(
        np.diff(part.starts) - 1, collection.characters, collection.sentences, collection.b
    )
    idf = inverse_document_frequency(collection.bigram_frequencies(distinct), collection.sentences)
    weights = saturation(frequency.reshape(shape), norm[:, None])
    return np.asarray(BIGRAM_WEIGHT * (weights @ (idf * repeats)))


def row_weights(sizes: NDArray[Any], headings: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the factor of each sentence's score: lower for headings and short sentences.

    Args:
        sizes: (n,) UTF-16 units of each text with its marks, and one more.
        headings: (n,) whether each is a heading or title.
    """
    weights = np.where(sizes <= SHORT_ROW_CHARACTERS, SHORT_ROW_WEIGHT, 1.0)
    weights[headings] = HEADING_ROW_WEIGHT
    return weights


# -- what a query is ranked by ---------------------------------------------------------------------


def asks_for_any(query: Node) -> bool:
    """Return whether one word of a run is enough."""
    return any(run.any for run in runs(query))


def has_bigrams(query: Node) -> bool:
    """Return whether the score over bigrams adds anything to that over words."""
    return bool(len(_query_bigrams(query)))


def broken_runs(query: Node) -> list[Text]:
    """Return the runs of several words as the strings that they are unbroken."""
    return [Text(run.text) for run in runs(query) if not _is_word(run)]


def first_in_order(
    scores: NDArray[np.float64], keys: Sequence[NDArray[Any]], most: int | None
) -> NDArray[np.int64] | slice:
    """Return the indexes of the ``most`` rows that sort first, in no order; ties may add more.

    ``None`` stands for all of them. At least those are given that :func:`rerank` looks at.
    """
    most = len(scores) if most is None else max(most, RERANK_DEPTH)
    if most >= len(scores):
        return slice(None)
    group = np.zeros(len(scores), np.int64)
    for key in reversed(keys):
        low, high = int(key.min()), int(key.max())
        if low < high:
            group = group * (high - low + 1) + (key - low)
    if not group.any():
        return np.flatnonzero(scores >= np.partition(scores, -most)[-most])
    last = int(np.partition(group, most - 1)[most - 1])
    before = int(np.count_nonzero(group < last))
    own = scores[group == last]
    worst = np.partition(own, len(own) - (most - before))[len(own) - (most - before)]
    return np.flatnonzero((group < last) | ((group == last) & (scores >= worst)))


def ranking_order(scored: Scored) -> NDArray[np.int64]:
    """Return the indexes that sort candidates by their keys, score and id."""
    return np.lexsort([scored.ids, -scored.scores, *scored.keys])


def scored_texts(node: Node, as_typed: bool = True) -> Iterable[tuple[Text, bool]]:
    """Yield the strings of the query that are scored, and whether each was typed as a string.

    Filters and excluded strings are not scored.
    """
    match node:
        case Text():
            yield node, as_typed
        case Run(words=words):
            for alternatives in words:
                for text in alternatives:
                    yield text, False
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from scored_texts(part)


def _is_word(run: Run) -> bool:
    """Return whether the run is a single word of the index."""
    return len(run.words) == 1 and run.words[0][0].text == run.text


def _query_bigrams(query: Node) -> NDArray[np.uint32]:
    """Return the bigrams of the query's runs, with repeats.

    A run of one word is left out, because its bigrams add nothing to the word.
    """
    keys: list[NDArray[np.uint32]] = []
    for text in dict.fromkeys(run.text for run in runs(query) if not _is_word(run)):
        units = units_of("".join(char if char.isalnum() else "\n" for char in text))
        own = bigram_keys(units)
        keys.append(own[(units[:-1] != ord("\n")) & (units[1:] != ord("\n"))])
    return np.concatenate(keys) if keys else np.zeros(0, np.uint32)
