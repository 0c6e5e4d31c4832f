"""Search the rows of an index: match a planned query, rank what matches, cut out a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .columns import Mask, Rows
from .grouping import (
    CopyGroups,
    Listed,
    RankedRows,
    ReportRanker,
    different,
    earliest_first,
    first_of_each,
    members_of,
)
from .matching import Matcher, WordPostings, single_text
from .planner import without_boilerplate
from .query import Node
from .requests import CopyGroup, Elsewhere, Facet, Found, FoundCopies, FoundReport, Grouping, Sort
from .scan import distinct_values
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
        """Find sentences, as :meth:`~gongwen.index.engine.Engine.search` describes."""
        if not limit and not facets and not group and exact is None:
            return Found([], [], self.count(query))
        matcher, mask, counts = self._match(query, facets)
        found = self._totals(matcher, mask, counts, exact)
        if not limit or not found.total:
            return found
        groups = self._rows.copy_groups if self._rows else None
        most = offset + limit if sort == "relevance" else None
        if not group or groups is None:
            ranked = self._rank(matcher, query, mask, sort, prefer, most)
            page = slice(offset, offset + limit)
            return replace(
                found,
                ids=self._sentence_ids(ranked.rows[page]),
                scores=_rounded(ranked.scores[page]),
            )
        assert self._rows is not None
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
            ids=self._sentence_ids(listed.rows),
            scores=_rounded(listed.scores),
            copies=self._copies(listed, copies),
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

    def _copies(self, listed: Listed, ids: bool) -> dict[int, CopyGroup]:
        """Return the near-copies of the listed rows by the id of the sentence."""
        return {
            id_: CopyGroup(
                len(members), listed.reports[i], self._sentence_ids(members) if ids else ()
            )
            for i, (id_, members) in enumerate(
                zip(self._sentence_ids(listed.rows), listed.members, strict=True)
            )
            if len(members) > 1
        }

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
        """Find reports, as :meth:`~gongwen.index.engine.Engine.search_reports` describes."""
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
        listed_reports = [
            FoundReport(
                report.id,
                round(report.score, 4),
                report.matches,
                self._sentence_ids(report.best.rows),
                _rounded(report.best.scores),
            )
            for report in page
        ]
        return replace(
            found,
            ids=[id_ for report in listed_reports for id_ in report.ids],
            scores=[score for report in listed_reports for score in report.scores],
            reports=listed_reports,
            total_reports=len(reports),
            copies=self._copies(listed, copies) if listed else {},
        )

    def copies(self, query: Node, limit: int) -> FoundCopies | None:
        """Find near-copies, as :meth:`~gongwen.index.engine.Engine.copies` describes."""
        _, mask, _ = self._match(query)
        matched = np.flatnonzero(mask)
        if not self._rows or not len(matched):
            return FoundCopies((), (), 0, 0)
        if self._rows.copy_groups is None:
            return None
        groups, reports = self._rows.copy_groups[matched], self._rows.column("report")
        size = len(reports.values)
        pairs = distinct_values(groups.astype(np.int64) * size + reports.codes[matched])
        group_of_pair = pairs // size
        in_reports, sentences = np.bincount(group_of_pair), np.bincount(groups)
        several = np.flatnonzero(in_reports > 1)
        first = np.full(len(in_reports), len(matched))
        first[groups[::-1]] = np.arange(len(matched))[::-1]
        order = np.lexsort([first[several], -sentences[several], -in_reports[several]])
        chosen = several[order[:limit]]
        ascending = np.argsort(chosen)
        of_chosen, _ = members_of(self._rows, matched, self._rows.copy_groups, chosen[ascending])
        members = [of_chosen[i] for i in np.argsort(ascending).tolist()]
        found = [
            CopyGroup(len(rows), int(in_reports[code]), self._sentence_ids(rows))
            for rows, code in zip(members, chosen.tolist(), strict=True)
        ]
        names = [
            [reports.values[code] for code in dict.fromkeys(reports.codes[rows].tolist())]
            for rows in members
        ]
        return FoundCopies(found, names, len(several), len(matched))

    def elsewhere(self, query: Node, among: Node, most: int) -> dict[int, Elsewhere] | None:
        """Find text elsewhere, as :meth:`~gongwen.index.engine.Engine.elsewhere` describes."""
        if not self._rows:
            return {}
        rows, groups = self._rows, self._rows.copy_groups
        if groups is None:
            return None
        wanted = np.flatnonzero(self._match(query)[1])
        others = np.flatnonzero(self._match(among)[1])
        distinct, of_wanted = np.unique(groups[wanted], return_inverse=True)
        members, in_reports = members_of(rows, others, groups, distinct)
        found: dict[int, Elsewhere] = {}
        alone = []
        for row, group in zip(wanted.tolist(), of_wanted.tolist(), strict=True):
            copies = members[group]
            if not len(copies):
                alone.append(row)
                continue
            group_ids = self._sentence_ids(copies)
            found[int(rows.ids[row])] = Elsewhere(
                CopyGroup(len(copies), in_reports[group], group_ids)
            )
        # Of near-copies the earliest is enough.
        others = earliest_first(rows, others)
        allowed = np.zeros(len(rows), bool)
        allowed[others[np.unique(groups[others], return_index=True)[1]]] = True
        alone_rows = np.array(alone, np.int64)
        near = shared_runs(rows.text.gather(alone_rows), rows.text, allowed, most)
        for i, places in near.items():
            found[int(rows.ids[alone_rows[i]])] = Elsewhere(None, self._sentence_ids(places))
        return found

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


_ROWS_OF_GROUP = 2
"""Number of best rows that are ranked for each group of a page, by the average of all groups."""


def _rounded(scores: NDArray[np.float64]) -> list[float]:
    """Return the scores with four decimals."""
    rounded: list[float] = np.round(scores, 4).tolist()
    return rounded
