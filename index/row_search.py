"""Search the rows of an index: match a planned query, rank what matches, cut out a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .columns import Mask, Rows
from .grouping import (
    CopyGroups,
    RankedRows,
    ReportRanker,
    copied_elsewhere,
    copies_among,
    copy_groups_of,
    different,
    earliest_of_groups,
    first_of_each,
    ids_at,
    rounded,
    with_reports,
)
from .matching import Matcher, WordPostings, single_text
from .planner import without_boilerplate
from .query import Node
from .requests import Elsewhere, Facet, Found, FoundCopies, Grouping, Sort
from .scoring import Ranker
from .text_overlap import shared_runs


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
        exact: Node | None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find sentences, as :meth:`~gongwen.index.searcher.Searcher.search` describes."""
        if not limit and not facets and not group and exact is None:
            return Found([], [], self.count(query))
        matcher, mask, counts = self._match(query, facets)
        found = self._totals(matcher, mask, counts, exact)
        if not limit or not found.total or not self._rows:
            return found
        groups = self._rows.copy_groups
        most = offset + limit if sort == "relevance" else None
        if not group or groups is None:
            ranked = self._rank(matcher, query, mask, sort, prefer, most)
            page = slice(offset, offset + limit)
            return replace(
                found,
                ids=ids_at(self._rows, ranked.rows[page]),
                scores=rounded(ranked.scores[page]),
            )
        copied = np.flatnonzero(mask & self._rows.copied)
        distinct = found.total_distinct or 0
        # Copies have about the same score, so a few times the average number of rows for each
        # group is mostly enough; else all rows are ranked.
        average = -(-found.total // max(1, distinct))
        for rows in (None,) if most is None else (most * average * _ROWS_OF_GROUP, None):
            ranked = self._rank(matcher, query, mask, "relevance", prefer, rows)
            listed = CopyGroups(self._rows, groups, ranked, copied).page(offset, limit, group, sort)
            if len(listed.rows) == min(limit, max(0, distinct - offset)):
                break
        return replace(
            found,
            ids=ids_at(self._rows, listed.rows),
            scores=rounded(listed.scores),
            copies=copy_groups_of(self._rows, listed, copies),
        )

    def _totals(
        self,
        matcher: Matcher | None,
        mask: Mask,
        counts: dict[str, dict[str, int]],
        exact: Node | None,
    ) -> Found:
        """Return the totals and counts of the rows in ``mask``, and of those that match ``exact``.

        They are given without any sentence.
        """
        total, distinct = int(np.count_nonzero(mask)), self._distinct(mask)
        found = Found([], [], total, counts, total_distinct=distinct)
        if exact is None or matcher is None or self._rows is None:
            return found if exact is None else replace(found, total_exact=0)
        both = mask & matcher.mask(exact)
        exactly = np.flatnonzero(both)
        if len(exactly) == total:
            of_both = {facet: dict(counted) for facet, counted in counts.items()}
        else:
            of_both = {facet: self._rows.counts(facet, exactly) for facet in counts}
        return replace(found, total_exact=len(exactly), counts_exact=of_both)

    def _distinct(self, mask: Mask) -> int | None:
        """Return the number of groups of near-copies among the rows in ``mask``."""
        if not self._rows or self._rows.copy_groups is None:
            return None
        total = int(np.count_nonzero(mask))
        copied = self._rows.copy_groups[np.flatnonzero(mask & self._rows.copied)]
        return total - len(copied) + len(first_of_each(copied))

    def reports(
        self,
        query: Node,
        limit: int,
        offset: int,
        best: int,
        sort: Sort,
        facets: Sequence[Facet],
        prefer: Node | None,
        exact: Node | None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find reports, as :meth:`~gongwen.index.searcher.Searcher.search_reports` describes."""
        matcher, mask, counts = self._match(query, facets)
        found = self._totals(matcher, mask, counts, exact)
        if not found.total:
            return found
        assert self._rows is not None
        ranked = self._rank(matcher, query, mask, "relevance", prefer)
        groups = self._rows.copy_groups if group else None
        # Of near-copies in a report only the first is wanted, so all of its rows are needed here.
        most = best if groups is None else len(ranked.rows)
        reports = ReportRanker(self._rows, most).rank(ranked, sort)
        page = reports[offset : offset + limit]
        listed = None
        if groups is not None:
            page = [replace(one, best=different(self._rows, one.best, best)) for one in page]
            rows = np.concatenate([one.best.rows for one in page] or [ranked.rows[:0]])
            copied = np.flatnonzero(mask & self._rows.copied)
            listed = CopyGroups(self._rows, groups, ranked, copied).of(rows)
        return with_reports(found, self._rows, page, len(reports), listed, copies)

    def copies(self, query: Node, limit: int) -> FoundCopies | None:
        """Find near-copies, as :meth:`~gongwen.index.searcher.Searcher.copies` describes."""
        matched = np.flatnonzero(self._match(query)[1])
        if not self._rows or not len(matched):
            return FoundCopies((), (), 0, 0)
        if self._rows.copy_groups is None:
            return None
        return copies_among(self._rows, self._rows.copy_groups, matched, limit)

    def elsewhere(self, query: Node, among: Node, most: int) -> dict[int, Elsewhere] | None:
        """Find text elsewhere, as :meth:`~gongwen.index.searcher.Searcher.elsewhere` describes."""
        if not self._rows:
            return {}
        rows, groups = self._rows, self._rows.copy_groups
        if groups is None:
            return None
        wanted = np.flatnonzero(self._match(query)[1])
        others = np.flatnonzero(self._match(among)[1])
        found, alone = copied_elsewhere(rows, groups, wanted, others)
        allowed = np.zeros(len(rows), bool)
        allowed[earliest_of_groups(rows, groups, others)] = True
        near = shared_runs(rows.text.gather(alone), rows.text, allowed, most)
        for i, places in near.items():
            found[int(rows.ids[alone[i]])] = Elsewhere(None, ids_at(rows, places))
        return found

    def ids(self, query: Node) -> NDArray[np.int64]:
        """Return the ids of the sentences that match ``query``, ascending."""
        mask = self._match(query)[1]
        return np.sort(self._rows.ids[mask]) if self._rows else np.zeros(0, np.int64)

    def distinct(self, query: Node) -> int | None:
        """Return how many sentences match when near-copies count once, ``None`` if unknown."""
        return self._distinct(self._match(query)[1])

    def facets(self, query: Node, names: Sequence[Facet]) -> dict[str, dict[str, int]]:
        """Return how many sentences that match have each value of some facets."""
        return self._match(query, names)[2]

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
        if not facets:
            return matcher, mask, {}
        matched = np.flatnonzero(mask)
        return matcher, mask, {facet: rows.counts(facet, matched) for facet in facets}

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


_ROWS_OF_GROUP = 2
"""Number of best rows that are ranked for each group of a page, by the average of all groups."""
