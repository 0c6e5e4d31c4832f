"""Rank matching rows and reports with BM25 over words and character bigrams.

Rows are sorted by these criteria: those that match the query as it was typed come before those that
match by a synonym; then rows with more of the query's runs unbroken; then rows that write the
query's numbers as it does; then the BM25 score; then the id. The score over words orders all rows,
and the score over bigrams is added for the first few hundred, so no postings of bigrams with counts
are needed. Where one word of a question is enough, the document of a row counts too, and numbers in
other writing are as good as those that were typed.

BM25 follows Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009). The inverse
document frequency is that of Lucene, which is never negative. All weights are in this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bigrams import bigram_keys
from .columns import Mask, Rows
from .engine import Sort
from .matching import Matcher
from .planner import filters, runs
from .query import And, Node, Or, Run, Text
from .scan import distinct_values, units_of
from .search_memory import Hits

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
BIGRAM_WEIGHT = 1.0
"""Weight of the score over bigrams, relative to that over words."""
RERANK_DEPTH, RERANK_LEAST, RERANK_UNITS = 200, 50, 30_000
"""Number of best rows by words for which the score over bigrams is added: so many, but of long rows
only as many as have so many UTF-16 units together, and at least the second number. 100 rows are
enough for the order of the first ten; those of laws that are found among the first 100 rise from 39
to 45 % with 200 rows, and to 46 % with 500, which take twice the time."""
HEADING_MATCH_WEIGHT = 0.3
"""Weight of a word in the heading or title above a sentence; a word in the sentence counts 1."""
HEADING_ROW_WEIGHT = 0.9
"""Factor for the score of a row that is a heading or title."""
SHORT_ROW_WEIGHT, SHORT_ROW_CHARACTERS = 0.5, 10
"""Factor for the score of a row of at most so many characters, which says little
(一是强化组织领导。); its final line feed counts as one."""
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


def length_normalization(lengths: NDArray[Any], repetition: float) -> float:
    """Return BM25's b for a collection, from :data:`B` to :data:`B_MOST`.

    Long rows are long because they say more, or because they repeat themselves; only the latter is
    to be normalized away (Robertson and Zaragoza, section 3.4). How much rows repeat is measured by
    how often one contains each of its bigrams, and how much their lengths vary by the coefficient
    of variation. Where one of the two is small, b hardly matters or should be small.

    Args:
        lengths: (n,) number of words in each row.
        repetition: how often a row contains one of its bigrams, on average; at least 1.

    Example:
        >>> round(length_normalization(np.array([10, 30]), 1.1), 2)
        0.41
    """
    if not len(lengths) or not lengths.any():
        return B
    relative = np.minimum(lengths / lengths.mean(), LENGTH_MOST)
    return min(B + B_SLOPE * (repetition - 1) * float(relative.std()), B_MOST)


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


@dataclass(frozen=True, slots=True)
class RankedRows:
    """(n,) rows, best first, and (n,) their scores."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class Ranker:
    """Ranks the rows that match a query.

    Args:
        rows: the rows of the index.
        matcher: the matcher that has matched the query.
        total_words: number of words in all rows, with repeats.
    """

    def __init__(self, rows: Rows, matcher: Matcher, total_words: int) -> None:
        self._rows = rows
        self._matcher = matcher
        self._total_words = total_words

    def rank(
        self,
        query: Node,
        matched: NDArray[np.int64],
        prefer: Mask | None,
        most: int | None = None,
    ) -> RankedRows:
        """Return the ``matched`` rows in their order and their scores.

        Args:
            query: the query that was matched.
            matched: (n,) rows that match, without deleted ones.
            prefer: (rows,) whether each row of the index belongs before all others, or ``None``.
            most: number of best rows that are needed, ``None`` for all; further ones may be left
                out, which saves sorting them.
        """
        scores = self._word_scores(query, matched)
        if any(f.field == "topic" for f in filters(query)) and not scores.any():
            scores = self._rows.probability[matched].astype(
                float
            )  # the query contains only filters
        scores *= self._row_weights(matched)
        keys: list[NDArray[Any]] = []
        asks_for_any = any(run.any for run in runs(query))
        # Where one word is enough, one in another writing is not worse than one that is missing.
        if not asks_for_any and len(others := self._numbers_written_otherwise(query)):
            keys.append(others[matched])
        if any(not _is_word(run) for run in runs(query)):
            keys += self._unbroken_runs(query, matched)
        if prefer is not None:
            keys.append(~prefer[matched])
        best = _best(scores, keys, len(matched) if most is None else max(most, RERANK_DEPTH))
        matched, scores, keys = matched[best], scores[best], [key[best] for key in keys]
        order = _ranking_order(scores, self._rows.ids[matched], keys)
        top = order[: self._depth(matched[order[:RERANK_DEPTH]])]
        bigrams = _query_bigrams(query)
        if len(bigrams) and len(top):
            rows = matched[top]
            scores[top] += self._bigram_scores(bigrams, rows) * self._row_weights(rows)
            if asks_for_any and not any(f.field == "id" for f in filters(query)):
                scores[top] += self._document_scores(rows, scores[top])
            inner = _ranking_order(scores[top], self._rows.ids[rows], [key[top] for key in keys])
            order[: len(top)] = top[inner]
        return RankedRows(matched[order], scores[order])

    def _depth(self, best: NDArray[np.int64]) -> int:
        """Return for how many of the ``best`` rows the score over bigrams is added."""
        starts = self._rows.bare.starts
        units = np.cumsum(starts[best + 1] - starts[best])
        depth = max(RERANK_LEAST, int(np.searchsorted(units, RERANK_UNITS, "right")))
        return min(depth, len(best))

    # -- score over words ----------------------------------------------------------------------

    def _word_scores(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the BM25 score of each matched row over the query's strings and in its heading."""
        rows, count = self._rows, self._rows.count
        b = self._b()
        found: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        weights: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
        of_heading = np.zeros(len(rows.headings))
        for text, as_typed in dict(_scored_texts(query)).items():
            hits = self._matcher.hits(text)
            documents = len(hits.rows)

            def score(hits: Hits = hits, as_typed: bool = as_typed) -> NDArray[np.float32]:
                norm = length_norm(rows.lengths[hits.rows], self._total_words, count, b)
                # A string that was typed as one counts in full at every occurrence.
                words = hits.counts if as_typed else hits.words
                scores = term_scores(
                    hits.counts.astype(np.float32),
                    words.astype(np.float32),
                    len(hits.rows),
                    count,
                    norm,
                )
                return scores.astype(np.float32)

            key = (as_typed, count, self._total_words)
            found.append(hits.rows)
            weights.append(self._matcher.memory.scores(text, key, score))
            if len(codes := rows.headings_with(text.text)):
                idf = inverse_document_frequency(documents, count)
                of_heading[codes] += HEADING_MATCH_WEIGHT * idf
        total = np.bincount(np.concatenate(found), np.concatenate(weights), len(rows))
        scores = total[matched].astype(np.float64)  # counts of nothing are whole numbers
        if of_heading.any():
            scores += of_heading[rows.codes("heading")[matched]]
        return scores

    def _unbroken_runs(self, query: Node, matched: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return keys that sort rows with more unbroken runs of the query to the front.

        There are none when no row contains a run unbroken, else two.

        The key that counts the more is how many runs a row contains unbroken; the other is how many
        of these have the marks and numbers that were typed.
        """
        broken = [Text(run.text) for run in runs(query) if not _is_word(run)]
        found = {text: self._matcher.occurrences(text) for text in broken}
        if not any(map(len, found.values())):
            return []
        held = np.zeros(len(self._rows), np.int64)
        as_typed = np.zeros(len(self._rows), np.int64)
        for text in broken:
            if len(rows := distinct_values(found[text])):
                held[rows] += 1
                as_typed[rows] += 1
                as_typed[self._matcher.written_otherwise(text)] -= 1
        return [-as_typed[matched], -held[matched]]

    def _numbers_written_otherwise(self, query: Node) -> NDArray[np.int64]:
        """Return how many of the query's numbers each row of the index writes in another way.

        The result is empty when no row does: 1.2亿元 is written 12000万元 in few of them.
        """
        others = [self._matcher.written_otherwise(text) for text in dict(_scored_texts(query))]
        if not any(map(len, others)):
            return np.zeros(0, np.int64)
        return np.bincount(np.concatenate(others), minlength=len(self._rows))

    def _row_weights(self, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the factor of each matched row's score: lower for headings and short sentences."""
        weights: NDArray[np.float64] = self._matcher.memory.once("weights", self._all_row_weights)
        return weights[matched]

    def _all_row_weights(self) -> NDArray[np.float64]:
        rows = self._rows
        short = np.diff(rows.text.starts) <= SHORT_ROW_CHARACTERS
        weights = np.where(short, SHORT_ROW_WEIGHT, 1.0)
        kinds = rows.column("kind")
        heading = np.array([kind in ("title", "heading") for kind in kinds.values], bool)
        weights[heading[kinds.codes]] = HEADING_ROW_WEIGHT
        return weights

    def _b(self) -> float:
        """Return the length normalization of this collection."""
        rows = self._rows
        return self._matcher.memory.once(
            f"b of {rows.count}",
            lambda: length_normalization(
                rows.lengths[rows.live],
                rows.bigrams.repetition(rows.bigram_total),
            ),
        )

    # -- evidence of documents -----------------------------------------------------------------

    def _document_scores(
        self, top: NDArray[np.int64], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what the document of each of the ``top`` rows adds to its score."""
        column = self._rows.column("report")
        sizes = self._matcher.memory.once(
            "sizes",
            lambda: np.bincount(
                column.codes[~self._rows.arrays.dead], minlength=len(column.values)
            ),
        )
        codes = column.codes[top]
        order = np.lexsort((-scores, codes))
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        counts = np.diff(starts, append=len(order))
        nth = np.arange(len(order)) - np.repeat(starts, counts)
        best = np.where(nth < DOCUMENT_BEST, scores[order], 0)
        means = np.add.reduceat(best, starts) / DOCUMENT_BEST
        added = DOCUMENT_WEIGHT * means + DOCUMENT_SIZE_WEIGHT * np.log(sizes[codes[order[starts]]])
        result = np.empty(len(order))
        result[order] = np.repeat(added, counts)
        return result

    # -- score over bigrams --------------------------------------------------------------------

    def _bigram_scores(
        self, bigrams: NDArray[np.uint32], top: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the BM25 score of the ``top`` rows over ``bigrams``, which may repeat."""
        rows = self._rows
        distinct, repeats = np.unique(bigrams, return_counts=True)
        part = rows.bare.gather(top)
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
        shape = (len(top), len(distinct))
        frequency = np.bincount(row * shape[1] + at, minlength=shape[0] * shape[1])
        norm = length_norm(np.diff(part.starts) - 1, rows.unit_total, rows.count, self._b())
        idf = inverse_document_frequency(rows.bigrams.frequencies(distinct), rows.count)
        weights = saturation(frequency.reshape(shape), norm[:, None])
        return np.asarray(BIGRAM_WEIGHT * (weights @ (idf * repeats)))


def _best(
    scores: NDArray[np.float64], keys: list[NDArray[Any]], most: int
) -> NDArray[np.int64] | slice:
    """Return the indexes of the ``most`` rows that sort first, in no order; ties may add more."""
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


def _ranking_order(
    scores: NDArray[np.float64], ids: NDArray[np.int64], keys: list[NDArray[Any]]
) -> NDArray[np.int64]:
    """Return the indexes that sort rows by ``keys`` (the last is compared first), score and id.

    Keys and ids ascend, scores descend.
    """
    return np.lexsort([ids, -scores, *keys])


def _scored_texts(node: Node, as_typed: bool = True) -> Iterable[tuple[Text, bool]]:
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
                yield from _scored_texts(part)


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


SENTENCE_DECAY = 0.5
"""Factor by which each further sentence of a report counts less than the one before it, so that one
sentence that matches well outweighs many that match a little."""


@dataclass(frozen=True, slots=True)
class RankedReport:
    """A report among the results.

    Attributes:
        id: id of the report.
        score: score of the report, from those of its sentences.
        matches: number of its sentences that match.
        best: its best rows.
    """

    id: str
    score: float
    matches: int
    best: RankedRows


class ReportRanker:
    """Groups ranked rows by report and ranks the reports.

    Args:
        rows: the rows of the index.
        best: number of rows to return with each report.
    """

    def __init__(self, rows: Rows, best: int) -> None:
        self._rows = rows
        self._best = best

    def rank(self, ranked: RankedRows, sort: Sort) -> list[RankedReport]:
        """Return the reports of the rows, by score or latest year; ties keep the order of the rows.

        Args:
            ranked: the ranked rows.
            sort: ``"relevance"`` or ``"year"``.
        """
        column = self._rows.column("report")
        of_row = column.codes[ranked.rows]
        by_report = np.argsort(of_row, kind="stable")  # stable: rows of a report keep their order
        starts = np.flatnonzero(np.diff(of_row[by_report], prepend=-1))
        sizes = np.diff(starts, append=len(by_report))
        nth = np.arange(len(by_report)) - np.repeat(starts, sizes)
        weights = SENTENCE_DECAY ** np.minimum(nth, 60)
        scores = np.add.reduceat(ranked.scores[by_report] * weights, starts)
        first = by_report[starts]
        keys = [first, -scores]
        if sort == "year":
            keys.append(-self._rows.years()[ranked.rows[first]])
        reports = []
        for i in np.lexsort(keys).tolist():
            own = by_report[starts[i] : starts[i] + min(sizes[i], self._best)]
            reports.append(
                RankedReport(
                    column.values[of_row[first[i]]],
                    float(scores[i]),
                    int(sizes[i]),
                    RankedRows(ranked.rows[own], ranked.scores[own]),
                )
            )
        return reports
