"""Score the rows of the default engine over words, and rank them.

The score over words orders all rows that match; the best of them are ranked as those of every other
engine are (:mod:`~gongwen.index.reranking`, which says by what). The rows' texts and columns are in
memory, so nothing is read for a row that is not among the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bm25 import (
    HEADING_MATCH_WEIGHT,
    inverse_document_frequency,
    length_norm,
    length_normalization,
    term_scores,
)
from .column_writer import JoinedTexts
from .columns import Mask, Rows
from .grouping import RankedRows
from .matching import Matcher
from .planner import filters
from .query import Node, Text
from .reranking import (
    Scored,
    asks_for_any,
    broken_runs,
    first_in_order,
    rerank,
    row_weights,
    scored_texts,
)
from .scan import distinct_values
from .search_memory import Hits, Memory


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
        self._facts = _RowFacts(rows, matcher.memory)

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
            # the query contains only filters
            scores = self._rows.probability[matched].astype(float)
        scores *= self._facts.weights[matched]
        keys: list[NDArray[Any]] = []
        # Where one word is enough, one in another writing is not worse than one that is missing.
        if not asks_for_any(query) and len(others := self._numbers_written_otherwise(query)):
            keys.append(others[matched])
        if broken := broken_runs(query):
            keys += self._unbroken_runs(broken, matched)
        if prefer is not None:
            keys.append(~prefer[matched])
        best = first_in_order(scores, keys, most)
        matched = matched[best]
        scored = Scored(self._rows.ids[matched], scores[best], [key[best] for key in keys])
        order = rerank(query, scored, _RowCandidates(self._facts, matched), self._facts)
        return RankedRows(matched[order], scored.scores[order])

    # -- score over words ----------------------------------------------------------------------

    def _word_scores(self, query: Node, matched: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the BM25 score of each matched row over the query's strings and in its heading."""
        rows, count = self._rows, self._rows.count
        b = self._facts.b
        found: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        weights: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
        of_heading = np.zeros(len(rows.headings))
        for text, as_typed in dict(scored_texts(query)).items():
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

    def _unbroken_runs(
        self, broken: Sequence[Text], matched: NDArray[np.int64]
    ) -> list[NDArray[np.int64]]:
        """Return keys that sort rows with more of the ``broken`` runs unbroken to the front.

        There are none when no row contains a run unbroken, else two.

        The key that counts the more is how many runs a row contains unbroken; the other is how many
        of these have the marks and numbers that were typed.
        """
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
        others = [self._matcher.written_otherwise(text) for text in dict(scored_texts(query))]
        if not any(map(len, others)):
            return np.zeros(0, np.int64)
        return np.bincount(np.concatenate(others), minlength=len(self._rows))


class _RowFacts:
    """What is known of all rows of an index together; it is remembered with the rows.

    Args:
        rows: the rows.
        memory: what searches of the same rows remember.
    """

    def __init__(self, rows: Rows, memory: Memory) -> None:
        self.rows = rows
        self._memory = memory

    @property
    def sentences(self) -> int:
        """Number of rows that are not deleted."""
        return self.rows.count

    @property
    def characters(self) -> int:
        """UTF-16 units of all rows without marks."""
        return self.rows.unit_total

    @property
    def b(self) -> float:
        """Length normalization of this collection."""
        return self._memory.once(f"b of {self.rows.count}", self._b)

    def _b(self) -> float:
        rows = self.rows
        repetition = rows.bigrams.repetition(rows.bigram_total)
        return length_normalization(rows.lengths[rows.live], repetition)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many rows each bigram stands."""
        return self.rows.bigrams.frequencies(keys)

    @property
    def weights(self) -> NDArray[np.float64]:
        """(rows,) factor of each row's score."""
        return self._memory.once("weights", self._weights)

    def _weights(self) -> NDArray[np.float64]:
        kinds = self.rows.column("kind")
        heading = np.array([kind in ("title", "heading") for kind in kinds.values], bool)
        return row_weights(np.diff(self.rows.text.starts), heading[kinds.codes])

    @property
    def report_sizes(self) -> NDArray[np.int64]:
        """(reports,) number of rows of each report."""
        column = self.rows.column("report")
        return self._memory.once(
            "sizes",
            lambda: np.bincount(column.codes[~self.rows.arrays.dead], minlength=len(column.values)),
        )


class _RowCandidates:
    """The texts of some rows, as :class:`~gongwen.index.reranking.Candidates`.

    Args:
        facts: the rows of the index.
        matched: (n,) the rows.
    """

    def __init__(self, facts: _RowFacts, matched: NDArray[np.int64]) -> None:
        self._facts = facts
        self._matched = matched

    def sizes(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        starts, rows = self._facts.rows.bare.starts, self._matched[at]
        return starts[rows + 1] - starts[rows]

    def bare(self, at: NDArray[np.int64]) -> JoinedTexts:
        return self._facts.rows.bare.gather(self._matched[at])

    def weights(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._facts.weights[self._matched[at]]

    def reports(self, at: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        codes = self._facts.rows.column("report").codes[self._matched[at]]
        return codes, self._facts.report_sizes[codes]
