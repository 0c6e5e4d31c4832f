"""Search the rows of an index: match a planned query, rank what matches, cut out a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .columns import Mask, Rows
from .engine import Facet, Found, FoundReport, Sort
from .matching import Matcher, WordPostings, single_text
from .planner import without_boilerplate
from .query import Node
from .scoring import RankedRows, Ranker, ReportRanker


class RowSearch:
    """Answers queries from the rows of an index and the postings of its words.

    Args:
        rows: the rows; ``None`` for an index without any.
        words: the words of the index.
        total_words: number of words in all rows, with repeats.
        is_overlay: whether rows were removed in memory only, so bigram counts include them.
    """

    def __init__(
        self, rows: Rows | None, words: WordPostings, total_words: int, is_overlay: bool
    ) -> None:
        self._rows = rows
        self._words = words
        self._total_words = total_words
        self._is_overlay = is_overlay

    def sentences(
        self,
        query: Node,
        limit: int,
        offset: int,
        sort: Sort,
        facets: Sequence[Facet],
        prefer: Node | None,
    ) -> Found:
        """Find sentences, as :meth:`~gongwen.index.engine.Engine.search` describes."""
        if not limit and not facets:
            return Found([], [], self.count(query))
        matcher, mask, counts = self._match(query, facets)
        total = int(np.count_nonzero(mask))
        if not limit or not total:
            return Found([], [], total, counts)
        most = offset + limit if sort == "relevance" else None
        ranked = self._rank(matcher, query, mask, sort, prefer, most)
        page = slice(offset, offset + limit)
        return Found(
            self._sentence_ids(ranked.rows[page]), _rounded(ranked.scores[page]), total, counts
        )

    def reports(
        self,
        query: Node,
        limit: int,
        offset: int,
        best: int,
        sort: Sort,
        facets: Sequence[Facet],
        prefer: Node | None,
    ) -> Found:
        """Find reports, as :meth:`~gongwen.index.engine.Engine.search_reports` describes."""
        matcher, mask, counts = self._match(query, facets)
        total = int(np.count_nonzero(mask))
        if not total:
            return Found([], [], 0, counts)
        assert self._rows is not None
        ranked = self._rank(matcher, query, mask, "relevance", prefer)
        reports = ReportRanker(self._rows, best).rank(ranked, sort)
        found = [
            FoundReport(
                report.id,
                round(report.score, 4),
                report.matches,
                self._sentence_ids(report.best.rows),
                _rounded(report.best.scores),
            )
            for report in reports[offset : offset + limit]
        ]
        return Found(
            [id_ for report in found for id_ in report.ids],
            [score for report in found for score in report.scores],
            total,
            counts,
            found,
            len(reports),
        )

    def _match(
        self, query: Node, facets: Sequence[Facet] = ()
    ) -> tuple[Matcher | None, Mask, dict[str, dict[str, int]]]:
        """Return the matcher, (rows,) whether each row matches, and the counts of each facet.

        Without rows the matcher is ``None``.
        """
        if not self._rows:
            return None, np.zeros(0, bool), {facet: {} for facet in facets}
        rows = self._rows
        matcher = Matcher(rows, self._words)
        mask = matcher.mask(query) & rows.live
        return matcher, mask, {facet: rows.counts(facet, mask) for facet in facets}

    def _rank(
        self,
        matcher: Matcher | None,
        query: Node,
        mask: Mask,
        sort: Sort,
        prefer: Node | None,
        most: int | None = None,
    ) -> RankedRows:
        """Return the rows in ``mask`` in their order, at least the ``most`` best ones."""
        assert self._rows is not None and matcher is not None
        ranker = Ranker(self._rows, matcher, self._total_words)
        preferred = matcher.mask(prefer) if prefer is not None else None
        ranked = ranker.rank(query, np.flatnonzero(mask), preferred, most)
        if sort == "year":
            latest = np.argsort(-self._rows.years()[ranked.rows], kind="stable")
            return RankedRows(ranked.rows[latest], ranked.scores[latest])
        return ranked

    def _sentence_ids(self, rows: NDArray[np.int64]) -> list[int]:
        """Return the ids of the sentences in ``rows``."""
        assert self._rows is not None
        ids: list[int] = self._rows.ids[rows].tolist()
        return ids

    def count(self, query: Node) -> int:
        """Return the number of sentences that match ``query``, without ranking them.

        For a single string of two characters the bigram table gives it without a search.
        """
        content_query = without_boilerplate(query)
        text = single_text(query if content_query is None else content_query)
        # The bigram counts of an overlay include removed rows.
        if text and self._rows and not self._is_overlay:
            total = self._rows.document_frequency(text, boilerplate=content_query is None)
            if total is not None:
                return total
        return int(np.count_nonzero(self._match(query)[1]))


def _rounded(scores: NDArray[np.float64]) -> list[float]:
    """Return the scores with four decimals."""
    rounded: list[float] = np.round(scores, 4).tolist()
    return rounded
