"""What the default engine can do by itself, from its rows: ids, counts, its best, columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Rows
from .engine import Candidates, Capabilities, Column, EngineFacet, Field, Fields, Statistics
from .matching import Postings
from .query import Node
from .row_search import RowSearch

_COLUMNS = ("report", "kind", "topics", "role", "heading")


class RowPrimitives:
    """The primitives of :class:`~gongwen.index.engine.Engine` over the rows of an index.

    A class that inherits from it has the rows and knows the postings of words.
    """

    name = "whoosh"
    capabilities = Capabilities(
        exact=True, texts=True, overlay=True, vocabulary=True, patterns=True, local_files=True
    )

    @property
    def _rows(self) -> Rows | None:
        raise NotImplementedError

    def _row_search(self) -> RowSearch:
        raise NotImplementedError

    def postings(self, word: str) -> Postings | None:
        """Return the postings of ``word``, or ``None`` when they are not available."""
        raise NotImplementedError

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the id of every sentence that matches ``query``, ascending."""
        yield from self._row_search().ids(query).tolist()

    def distinct(self, query: Node) -> int | None:
        """Return how many sentences match when near-copies count once."""
        return self._row_search().distinct(query)

    def facets(
        self, query: Node, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, dict[str, int]]:
        """Return how many sentences that match have each value."""
        counts = self._row_search().facets(query, names)
        return {name: counts[name] for name in names}

    def top(self, query: Node, most: int) -> Candidates:
        """Return the best sentences that match, by the order in which they are listed."""
        found = self._row_search().sentences(query, most, 0, "relevance", (), None, None)
        return Candidates(np.array(found.ids, np.int64), np.array(found.scores))

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what the columns have of some sentences."""
        if self._rows is None:
            return _no_fields(names)
        rows, at = self._rows, self._rows_of(ids)
        found: dict[str, Any] = {}
        for name in names:
            if name in _COLUMNS:
                column = rows.column(name)
                found[name] = Column(column.codes[at], column.values)
            elif name == "copy_key":
                groups = rows.copy_groups
                found[name] = at if groups is None else groups[at].astype(np.int64)
            else:
                found[name] = (rows.lengths if name == "words" else rows.probability)[at]
        return Fields(**found)

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of some sentences."""
        if self._rows is None:
            return ["" for _ in ids]
        return [self._rows.string(row) for row in self._rows_of(ids).tolist()]

    def statistics(self) -> Statistics:
        """Return what ranking needs to know of all sentences together."""
        rows = self._rows
        if rows is None:
            return Statistics({}, 0, 0, 0)
        lengths = Counter(rows.lengths[rows.live].tolist())
        total = rows.bigram_total
        distinct = round(total / rows.bigrams.repetition(total)) if total else 0
        return Statistics(lengths, rows.unit_total, total, distinct)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands."""
        rows = self._rows
        return np.zeros(len(keys), np.int64) if rows is None else rows.bigrams.frequencies(keys)

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return (words, ids) how often each sentence has each word among its words."""
        counts = np.zeros((len(words), len(ids)), np.int64)
        if self._rows is None:
            return counts
        at = self._rows_of(ids)
        for word, own in zip(words, counts, strict=True):
            if postings := self.postings(word):
                of_row = np.zeros(len(self._rows), np.int64)
                of_row[postings[0]] = postings[1]
                own[:] = of_row[at]
        return counts

    def _rows_of(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each of some sentences, which must be there."""
        assert self._rows is not None
        known = self._rows.ids
        order = np.argsort(known, kind="stable")
        places = np.searchsorted(known, np.asarray(ids, np.int64), sorter=order)
        return np.asarray(order[places], np.int64)


def _no_fields(names: Collection[Field]) -> Fields:
    """Return the fields of no sentence."""
    none = np.zeros(0, np.int64)
    found: dict[str, Any] = {name: Column.of(()) if name in _COLUMNS else none for name in names}
    return Fields(**found)
