"""Score and rank matching rows and reports: BM25 over words and character bigrams.

In this order: rows that match as the query was typed before those that match by a synonym; rows
with more of its runs unbroken; BM25; the id. Words find the order, and the bigrams of the text
mend it for the first few hundred rows, so that no index of bigrams is needed.

Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009); the idf is Lucene's, which
is never negative.
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
from .scan import units_of

K1 = 1.2
B = 0.4
"""Weaker than the usual 0.75: sentences of a report hardly differ in how much they say a word."""
SUBSTRING_WEIGHT = 0.5
"""Weight of an occurrence that is not a word by itself (人大 in 工人大会)."""
BIGRAM_WEIGHT = 1.0
"""Weight of a query's bigrams beside its words: as in one bag of both."""
RERANK_DEPTH = 500
"""Rows that the words find first and the bigrams of their text put into their final order."""
HEADING_MATCH_WEIGHT = 0.3
"""Weight of a word in the heading or title above a sentence beside one in the sentence."""
HEADING_ROW_WEIGHT = 0.9
"""Weight of a heading or title beside a sentence with the same words."""
SHORT_ROW_WEIGHT, SHORT_ROW_CHARACTERS = 0.5, 10
"""Weight of a sentence that is so short that it says little (一是强化组织领导。)."""


def inverse_document_frequency(documents: Any, count: int) -> Any:
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


def saturation(frequency: NDArray[Any], norm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of BM25 that grows with a term's frequency, from 0 to K1 + 1."""
    return np.asarray(frequency * (K1 + 1) / (frequency + norm))


def term_scores(
    string_counts: NDArray[np.float32],
    word_counts: NDArray[np.float32],
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
    frequency = word_counts + SUBSTRING_WEIGHT * np.maximum(string_counts - word_counts, 0)
    return np.asarray(inverse_document_frequency(documents, count) * saturation(frequency, norm))


@dataclass(frozen=True, slots=True)
class RankedRows:
    """Rows, best first, and the score of each."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class Ranker:
    """Ranks the rows that match a query.

    Args:
        rows: the rows of the index.
        matcher: has matched the query.
        total_words: words of all rows, with repeats.
    """

    def __init__(self, rows: Rows, matcher: Matcher, total_words: int) -> None:
        self._rows = rows
        self._matcher = matcher
        self._total_words = total_words

    def rank(self, query: Node, matched: NDArray[np.int64], prefer: Mask | None) -> RankedRows:
        """Return the ``matched`` rows in order; those in ``prefer`` come first."""
        scores = self._word_scores(query, matched)
        if any(f.field == "topic" for f in filters(query)) and not scores.any():
            scores = self._rows.probability[matched].astype(float)  # nothing else to rank by
        scores *= self._row_weights(matched)
        keys: list[NDArray[Any]] = []
        if any(not _is_word(run) for run in runs(query)):
            keys.append(-self._unbroken_runs(query, matched))
        if prefer is not None:
            keys.append(~prefer[matched])
        order = _ranking_order(scores, self._rows.ids[matched], keys)
        top = order[:RERANK_DEPTH]
        bigrams = _query_bigrams(query)
        if len(bigrams) and len(top):
            scores[top] += self._bigram_scores(bigrams, matched[top]) * self._row_weights(
                matched[top]
            )
            inner = _ranking_order(
                scores[top], self._rows.ids[matched[top]], [key[top] for key in keys]
            )
            order[: len(top)] = top[inner]
        return RankedRows(matched[order], scores[order])

    # -- what a row earns by its words --------------------------------------------------------

    def _word_scores(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        rows = self._rows
        total = np.zeros(len(matched))
        norm = length_norm(rows.lengths[matched], self._total_words, rows.count)
        headings = rows.column("heading")
        for text, as_typed in dict(_scored_texts(query)).items():
            string_counts = self._count_per_row(self._matcher.occurrences(text))
            documents = int(np.count_nonzero(string_counts))
            string_counts = string_counts[matched]
            # A word that was typed as such counts whole where it is one.
            word_counts = string_counts if as_typed else self._word_counts(text.text)[matched]
            total += term_scores(string_counts, word_counts, documents, rows.count, norm)
            in_heading = np.array([text.text in heading for heading in headings.values], float)
            if in_heading.any():
                idf = inverse_document_frequency(documents, rows.count)
                total += HEADING_MATCH_WEIGHT * idf * in_heading[headings.codes[matched]]
        return total

    def _count_per_row(self, found: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.bincount(found, minlength=len(self._rows)).astype(np.float32)

    def _word_counts(self, text: str) -> NDArray[np.float32]:
        """Return how often each row holds ``text`` as a word."""
        word_counts = np.zeros(len(self._rows), np.float32)
        if postings := self._matcher.postings(text):
            numbers, counts = postings
            word_counts[numbers] = counts
        return word_counts

    def _unbroken_runs(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many runs of the query each row holds unbroken."""
        held = np.zeros(len(self._rows), np.int64)
        for run in runs(query):
            if not _is_word(run):
                held[np.unique(self._matcher.occurrences(Text(run.text)))] += 1
        return held[matched]

    def _row_weights(self, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weight of each row for what it is."""
        rows = self._rows
        starts = rows.text.starts
        short = starts[matched + 1] - starts[matched] <= SHORT_ROW_CHARACTERS
        weights = np.where(short, SHORT_ROW_WEIGHT, 1.0)
        kinds = rows.column("kind")
        heading = np.array([kind in ("title", "heading") for kind in kinds.values], bool)
        weights[heading[kinds.codes[matched]]] = HEADING_ROW_WEIGHT
        return weights

    # -- and by its bigrams --------------------------------------------------------------------

    def _bigram_scores(
        self, bigrams: NDArray[np.uint32], top: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return BM25 of the ``top`` rows over ``bigrams``, which may repeat."""
        rows = self._rows
        distinct, repeats = np.unique(bigrams, return_counts=True)
        part = rows.text.gather(top)
        first_units = np.zeros(1 << 16, bool)
        first_units[distinct >> np.uint32(16)] = True
        places = np.flatnonzero(first_units[part.units[:-1]])  # few: the rest need not be compared
        keys = bigram_keys(part.units)[places]
        at = np.minimum(np.searchsorted(distinct, keys), len(distinct) - 1)
        hit = distinct[at] == keys
        places, at = places[hit], at[hit]
        row = np.searchsorted(part.starts, places, side="right") - 1
        shape = (len(top), len(distinct))
        frequency = np.bincount(row * shape[1] + at, minlength=shape[0] * shape[1])
        norm = length_norm(np.diff(part.starts) - 1, len(rows.text.units) - len(rows), rows.count)
        idf = inverse_document_frequency(rows.bigrams.frequencies(distinct), rows.count)
        weights = saturation(frequency.reshape(shape), norm[:, None])
        return np.asarray(BIGRAM_WEIGHT * (weights @ (idf * repeats)))


def _ranking_order(
    scores: NDArray[np.float64], ids: NDArray[np.int64], keys: list[NDArray[Any]]
) -> NDArray[np.int64]:
    """Return the order of rows by ``keys``, the last first, then by score and id."""
    return np.lexsort([ids, -scores, *keys])


def _scored_texts(node: Node, as_typed: bool = True) -> Iterable[tuple[Text, bool]]:
    """Yield the strings that a row can earn a score by, and whether each counts whole anywhere."""
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
    return len(run.words) == 1 and run.words[0][0].text == run.text


def _query_bigrams(query: Node) -> NDArray[np.uint32]:
    """Return the bigrams of the query's runs, with repeats; a run of one word says it all."""
    keys: list[NDArray[np.uint32]] = []
    for text in dict.fromkeys(run.text for run in runs(query) if not _is_word(run)):
        units = units_of("".join(char if char.isalnum() else "\n" for char in text))
        own = bigram_keys(units)
        keys.append(own[(units[:-1] != ord("\n")) & (units[1:] != ord("\n"))])
    return np.concatenate(keys) if keys else np.zeros(0, np.uint32)


SENTENCE_DECAY = 0.5
"""Weight of a report's second sentence beside its first, of its third beside the second, …: one
sentence that says it all beats many that touch it."""


@dataclass(frozen=True, slots=True)
class RankedReport:
    """A report, its score, how many of its sentences match, and the best of them."""

    id: str
    score: float
    matches: int
    best: RankedRows


class ReportRanker:
    """Gathers ranked rows by their report.

    Args:
        rows: the rows of the index.
        best: sentences to give with each report.
    """

    def __init__(self, rows: Rows, best: int) -> None:
        self._rows = rows
        self._best = best

    def rank(self, ranked: RankedRows, sort: Sort) -> list[RankedReport]:
        """Return the reports of ``ranked`` rows, best first; equals in the order of the rows."""
        column = self._rows.column("report")
        of_row = column.codes[ranked.rows]
        by_report = np.argsort(of_row, kind="stable")  # the order of the rows stays within each
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
