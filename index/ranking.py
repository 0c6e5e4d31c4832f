"""Which matching rows come first.

In this order: rows that match as the query was typed before those that match by a synonym; rows
with more of its runs unbroken; BM25; the id. Words find the order, and the bigrams of the text
mend it for the first few hundred rows, so that no index of bigrams is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bm25
from .grams import keys_of
from .matching import Matcher
from .plan import filters, runs
from .query import And, Node, Or, Run, Text
from .rows import Mask, Rows
from .scan import units_of


@dataclass(frozen=True, slots=True)
class Ranked:
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

    def rank(self, query: Node, matched: NDArray[np.int64], prefer: Mask | None) -> Ranked:
        """Return the ``matched`` rows in order; those in ``prefer`` come first."""
        scores = self._words(query, matched)
        if any(f.field == "topic" for f in filters(query)) and not scores.any():
            scores = self._rows.probability[matched].astype(float)  # nothing else to rank by
        scores *= self._lighter(matched)
        keys: list[NDArray[Any]] = []
        if any(not _is_word(run) for run in runs(query)):
            keys.append(-self._unbroken(query, matched))
        if prefer is not None:
            keys.append(~prefer[matched])
        order = _first(scores, self._rows.ids[matched], keys)
        top = order[: bm25.RERANKED]
        bigrams = _bigrams(query)
        if len(bigrams) and len(top):
            scores[top] += self._bigram_scores(bigrams, matched[top]) * self._lighter(matched[top])
            inner = _first(scores[top], self._rows.ids[matched[top]], [key[top] for key in keys])
            order[: len(top)] = top[inner]
        return Ranked(matched[order], scores[order])

    # -- what a row earns by its words --------------------------------------------------------

    def _words(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        rows = self._rows
        total = np.zeros(len(matched))
        norm = bm25.length_norm(rows.lengths[matched], self._total_words, rows.count)
        headings = rows.codes("heading")
        for text, as_typed in dict(_texts(query)).items():
            inside = self._per_row(self._matcher.occurrences(text))
            documents = int(np.count_nonzero(inside))
            inside = inside[matched]
            # A word that was typed as such counts whole where it is one.
            as_word = inside if as_typed else self._as_word(text.text)[matched]
            total += bm25.weight(inside, as_word, documents, rows.count, norm)
            above = np.array([text.text in heading for heading in headings.values], float)
            if above.any():
                idf = bm25.idf(documents, rows.count)
                total += bm25.FIELD * idf * above[headings.codes[matched]]
        return total

    def _per_row(self, found: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.bincount(found, minlength=len(self._rows)).astype(np.float32)

    def _as_word(self, text: str) -> NDArray[np.float32]:
        """Return how often each row holds ``text`` as a word."""
        as_word = np.zeros(len(self._rows), np.float32)
        if postings := self._matcher.postings(text):
            numbers, counts = postings
            as_word[numbers] = counts
        return as_word

    def _unbroken(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many runs of the query each row holds unbroken."""
        held = np.zeros(len(self._rows), np.int64)
        for run in runs(query):
            if not _is_word(run):
                held[np.unique(self._matcher.occurrences(Text(run.text)))] += 1
        return held[matched]

    def _lighter(self, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weight of each row for what it is."""
        rows = self._rows
        starts = rows.text.starts
        short = starts[matched + 1] - starts[matched] <= bm25.SHORT_CHARACTERS
        weight = np.where(short, bm25.SHORT, 1.0)
        kinds = rows.codes("kind")
        heading = np.array([kind in ("title", "heading") for kind in kinds.values], bool)
        weight[heading[kinds.codes[matched]]] = bm25.HEADING
        return weight

    # -- and by its bigrams --------------------------------------------------------------------

    def _bigram_scores(
        self, bigrams: NDArray[np.uint32], top: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return BM25 of the ``top`` rows over ``bigrams``, which may repeat."""
        rows = self._rows
        distinct, repeats = np.unique(bigrams, return_counts=True)
        part = rows.text.gather(top)
        begins = np.zeros(1 << 16, bool)
        begins[distinct >> np.uint32(16)] = True
        places = np.flatnonzero(begins[part.units[:-1]])  # few: the rest need not be compared
        keys = keys_of(part.units)[places]
        at = np.minimum(np.searchsorted(distinct, keys), len(distinct) - 1)
        hit = distinct[at] == keys
        places, at = places[hit], at[hit]
        row = np.searchsorted(part.starts, places, side="right") - 1
        shape = (len(top), len(distinct))
        frequency = np.bincount(row * shape[1] + at, minlength=shape[0] * shape[1])
        norm = bm25.length_norm(
            np.diff(part.starts) - 1, len(rows.text.units) - len(rows), rows.count
        )
        idf = bm25.idf(rows.grams.frequencies(distinct), rows.count)
        weights = bm25.saturated(frequency.reshape(shape), norm[:, None])
        return np.asarray(bm25.BIGRAMS * (weights @ (idf * repeats)))


def _first(
    scores: NDArray[np.float64], ids: NDArray[np.int64], keys: list[NDArray[Any]]
) -> NDArray[np.int64]:
    """Return the order of rows by ``keys``, the last first, then by score and id."""
    return np.lexsort([ids, -scores, *keys])


def _texts(node: Node, as_typed: bool = True) -> Iterable[tuple[Text, bool]]:
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
                yield from _texts(part)


def _is_word(run: Run) -> bool:
    return len(run.words) == 1 and run.words[0][0].text == run.text


def _bigrams(query: Node) -> NDArray[np.uint32]:
    """Return the bigrams of the query's runs, with repeats; a run of one word says it all."""
    keys: list[NDArray[np.uint32]] = []
    for text in dict.fromkeys(run.text for run in runs(query) if not _is_word(run)):
        units = units_of("".join(char if char.isalnum() else "\n" for char in text))
        own = keys_of(units)
        keys.append(own[(units[:-1] != ord("\n")) & (units[1:] != ord("\n"))])
    return np.concatenate(keys) if keys else np.zeros(0, np.uint32)
