"""What can be asked of an open library; nothing here changes it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

from .catalog import _
from .conditions import UNIT_KINDS, Years, facets_named, filters_of, several
from .core import OpenLibrary
from .nlp.errors import QueryError
from .results import Results
from .storage.index_sync import Progress, quiet

if TYPE_CHECKING:
    from .conditions import Conditions
    from .figures.comparison import CompareBy, Comparison
    from .figures.figure_table import FigureRows
    from .figures.find_figures import FigureFilters
    from .figures.pivot import Merges
    from .figures.report_check import CheckResult
    from .index.requests import By, Sort, SynonymUse
    from .render.report_text import ReportText
    from .research.compare_reports import ReportComparison
    from .research.concordance import Concordance, ConcordanceSort
    from .research.copies import Copies, ReportCopies
    from .research.crosstab import CountTable, Order
    from .research.word_statistics import WordSort, WordTable
    from .search import Searching


class Questions(OpenLibrary):
    """The questions that a library answers, as methods of :class:`~gongwen.Library`."""

    # -- searching -----------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        *,
        topics: str | Sequence[str] = (),
        roles: str | Sequence[str] = (),
        regions: str | Sequence[str] = (),
        years: Years = None,
        reports: str | Sequence[str] = (),
        kinds: str | Sequence[str] = (),
        min_probability: float = 0.0,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        counts: Sequence[str] = (),
        context: int = 0,
        synonyms: SynonymUse = "auto",
        by: By = "sentence",
        best: int = 3,
        verbatim: bool = False,
        group: bool = True,
        copies: bool = False,
    ) -> Results:
        """Find sentences, or whole reports, by words, by filters, or by both.

        Args:
            query: in the query language; may be empty when there is a filter.
            topics: slugs or Chinese names; a sentence of any of them, primary or further.
            roles: likewise for roles.
            regions: names of places, or parts of them; reports about these places and about
                all that lies in them; 全国 for those of the whole state.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            reports: ids of reports.
            kinds: title, heading, sentence or boilerplate, which is left out by default; or kinds
                of documents (``工作总结``).
            min_probability: only sentences whose topic is at least this likely, 0 to 1.
            fields: conditions on any field of the reports by its English or Chinese name
                (``{"省": "陕西省", "agency": ["司法局", "公安局"]}``); a part of a name will do,
                and behind ``=`` the whole name is meant (``=国务院``).
            limit: hits of the page, or reports.
            offset: hits in front of the page, or reports.
            sort: by ``relevance``, or by ``year``, latest first.
            counts: facets to count over all matches: topic, role, report, unit (kind of unit), or
                a field of reports, in English or Chinese (``省``).
            context: neighbours to give with each hit on either side.
            synonyms: use them when nothing literal is found (``auto``), ``always``, or ``never``.
            by: find sentences, or with ``report`` reports by the sentences that they have.
            best: sentences to give with each report.
            verbatim: exact strings want their marks as typed.
            group: list near-copies, sentences that differ in numbers, names or marks only, once:
                at the rank of the best, represented by the earliest (by year, then report), which
                with ``sort="year"`` is also where it stands. ``limit`` and ``offset`` then count
                groups; ``total`` and ``counts`` always count sentences.
            copies: give each hit its ``variants``, the near-copies that match too.

        Raises:
            QueryError: neither query nor filter, or an argument that cannot be used.
            UnknownNameError: a topic, role, level, kind or report that does not exist.

        Example:
            >>> library.search("法律顾问", topics=["行政执法"], fields={"省": "陕西"})
        """
        from .index.requests import SearchRequest  # late: adding and showing need no index

        request = SearchRequest(
            query=query,
            filters=filters_of(
                topics=topics,
                roles=roles,
                years=years,
                reports=reports,
                regions=regions,
                kinds=kinds,
                min_probability=min_probability,
                fields=fields,
            ),
            limit=limit,
            offset=offset,
            sort=sort,
            by=by,
            best=best,
            counts=facets_named(counts),
            context=context,
            synonyms=synonyms,
            verbatim=verbatim,
            group=group,
            copies=copies,
        )
        return self._answer(lambda searching: searching.search(request))

    def similar(
        self,
        report: str,
        n: int,
        *,
        topics: str | Sequence[str] = (),
        roles: str | Sequence[str] = (),
        regions: str | Sequence[str] = (),
        years: Years = None,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        elsewhere: bool = False,
        limit: int = 20,
        context: int = 0,
        group: bool = True,
        copies: bool = False,
    ) -> Results:
        """Find the sentences most like the sentence ``n`` of a report, the nearest first.

        Args:
            report: id of the report, or a part that only its id or title has.
            n: 1-based number of the sentence.
            topics: slugs or Chinese names that the others may have.
            roles: likewise for roles.
            regions: places, as in :meth:`search`.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            fields: conditions on fields of the reports, as in :meth:`search`.
            elsewhere: leave out the sentences of the same report.
            limit: sentences to give.
            context: neighbours to give with each on either side.
            group: list near-copies once, as in :meth:`search`; those of the sentence itself are
                one hit.
            copies: give each hit its ``variants``.

        Raises:
            UnknownNameError: there is no such report or sentence, topic or role.
            QueryError: an argument that cannot be used.
        """
        from .index.requests import SearchRequest  # late: adding and showing need no index

        filters = filters_of(
            topics=topics, roles=roles, years=years, regions=regions, fields=fields
        )
        request = SearchRequest(
            filters=filters, limit=limit, context=context, group=group, copies=copies
        )

        def ask(searching: Searching) -> Results:
            [sentence] = self.sentences(report, n, n)
            return searching.similar(sentence, request, elsewhere)

        return self._answer(ask)

    def copies(
        self,
        report: str = "",
        *,
        topics: str | Sequence[str] = (),
        roles: str | Sequence[str] = (),
        regions: str | Sequence[str] = (),
        years: Years = None,
        kinds: str | Sequence[str] = (),
        fields: Mapping[str, str | Sequence[str]] | None = None,
        limit: int | None = None,
    ) -> Copies | ReportCopies:
        """Find what is copied where, in the whole library or of one report.

        Near-copies differ in numbers, names or marks only. Of the whole library those are given
        that stand in two reports or more, the one in most reports first. Of one report every
        sentence is given that stands in another report of the same year or an earlier one, or is
        like one there (a clause was added).

        Args:
            report: id of a report, or a part that only its id or title has.
            topics: slugs or Chinese names, of sentences.
            roles: likewise for roles.
            regions: places, as in :meth:`search`; with ``report`` those of the other reports, as
                are years, kinds of documents and fields.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            kinds: kinds of units (by default only sentences) or of documents.
            fields: conditions on fields of the reports, as in :meth:`search`.
            limit: sentences to give, ``None`` for all.

        Raises:
            UnknownNameError: there is no such report, topic or role.
            QueryError: an argument that cannot be used.
            LibraryError: an older version wrote the index, and it cannot be made anew now.

        Example:
            >>> library.copies("wugong-2020").share_own
            0.62
        """
        # late: a search does not need it
        from .research.copies import copies_of_library, copies_of_report

        given = [kinds] if isinstance(kinds, str) else list(kinds)
        units = [kind for kind in given if kind in UNIT_KINDS] or ["sentence"]
        documents = [kind for kind in given if kind and kind not in UNIT_KINDS]
        of_units = filters_of(topics=topics, roles=roles, kinds=units)
        of_reports = filters_of(regions=regions, years=years, kinds=documents, fields=fields)
        if not report:
            return copies_of_library(self._store, self._answer, (*of_units, *of_reports), limit)
        with self._store.snapshot():
            one = self.report(report)
        return copies_of_report(self._store, self._answer, one, of_units, of_reports, limit)

    def counts(
        self,
        query: str = "",
        *,
        by: str | Sequence[str],
        share: bool = False,
        distinct: bool = False,
        sort: Order = "name",
        verbatim: bool = False,
        **conditions: Unpack[Conditions],
    ) -> CountTable:
        """Count sentences by one to three facets at once, exactly; nothing is widened.

        Args:
            query: in the query language; without query and filters all sentences but boilerplate.
            by: facets: topic, role, report, unit (kind of unit), or a field of reports, in English
                or Chinese (``["省", "年份"]`` or ``"省,年份"``).
            share: give the share of each cell too, in percent: of the sentences of the cell that
                meet the same filters; without words in the query, of the sentences of the same
                reports whatever their topic and role.
            distinct: count copies of one sentence once in shares and what is shown.
            sort: rows by their names' own order, or by ``count``.
            verbatim: exact strings want their marks as typed.
            conditions: those of :class:`~.conditions.Conditions`, as in :meth:`search`.

        Raises:
            QueryError: no facet, more than three, or an argument that cannot be used.
            UnknownNameError: a topic, role, level, kind or report that does not exist.

        Example:
            >>> table = library.counts("行政复议", by=["province", "year"], share=True)
            >>> table["陕西省", 2020].count, table["陕西省", 2020].of
            (3, 85)
        """
        # late: a search does not need it
        from .research.crosstab import CountRequest

        request = CountRequest(
            query=query,
            filters=filters_of(**conditions),
            by=facets_named(by),
            share=share,
            distinct=distinct,
            sort=sort,
            verbatim=verbatim,
        )
        return self._answer(lambda searching: searching.counts(request))

    def figures(self, query: str = "", **filters: Unpack[FigureFilters]) -> FigureRows:
        """Return the numbers of the reports, of the sentences that match when there is a query.

        Nothing is widened: a table holds what was asked for. In the order of a search, or of
        the reports when neither sentences nor reports are asked for.

        Args:
            query: in the query language; without query and filters all figures but dates.
            filters: those of :class:`~.find_figures.FigureFilters`.

        Returns:
            A list of :class:`~.figure_table.FigureRow`, with ``to_pandas()`` and ``to_dicts()``.

        Raises:
            QueryError, UnknownNameError: as ``search``.
        """
        # late: a search does not need it
        from .figures.find_figures import find_figures

        return find_figures(self._store, self._answer, query, filters)

    def compare_figures(
        self,
        by: CompareBy,
        query: str = "",
        *,
        merges: Merges | None = None,
        **filters: Unpack[FigureFilters],
    ) -> Comparison | None:
        """Compare the values of one indicator with those of the year before, or of other regions.

        By year every value stands beside that of the year before, with change and rate, and what a
        report says of the change is checked against the report of that year. By region the regions
        of one year are ranked. Which indicator it is follows from ``indicators``, else it is the
        one that most reports have.

        Args:
            by: ``year`` or ``region``.
            query: in the query language, as of :meth:`figures`.
            merges: which names are one indicator; by default those that are similar.
            filters: those of :class:`~.find_figures.FigureFilters`. ``years`` are those of the rows
                (the year before is looked up whatever they are), the first of ``units`` is that of
                the values, and ``limit`` counts rows.

        Returns:
            The comparison, ``None`` when there is nothing to compare.

        Raises:
            QueryError, UnknownNameError: as ``search``.

        Example:
            >>> found = library.compare_figures("year", indicators="城镇新增就业", years=2025)
            >>> [(row.region, row.change, row.verdict) for row in found.rows]
            [('甲县', 60, 'agrees')]
        """
        # late: a search does not need it
        from .figures.comparison import compare
        from .figures.find_figures import year_limits  # late: a search does not need it

        years, units = filters.pop("years", None), several(filters.pop("units", ()))
        limit = filters.pop("limit", None)
        rows = self.figures(query, **filters)
        wanted = several(filters.get("indicators", ()))
        return compare(rows, by, wanted, merges, units, year_limits(years), limit)

    def compare(
        self,
        before: str | None = None,
        after: str | None = None,
        *,
        years: tuple[Years, Years] | None = None,
        fields: Mapping[str, str | Sequence[str]] | None = None,
    ) -> ReportComparison:
        """Compare two reports sentence by sentence, or all reports of two years.

        Args:
            before: id of the earlier report, or a part that only its id or title has.
            after: likewise of the later one.
            years: in place of them the earlier and the later year, or spans of years as in
                :meth:`search`; the reports of each are one side.
            fields: conditions on fields of the reports, as in :meth:`search`; with ``years``.

        Raises:
            UnknownNameError: there is no such report, or a condition names what does not exist.
            QueryError: neither two reports nor two years, or no report meets the conditions.

        Example:
            >>> library.compare(years=(2019, 2020), fields={"region": "武功县"})
            <ReportComparison 武功县-2019 → 武功县-2020: 12 changed, 3 new, 2 dropped, 40 kept>
        """
        # late: a search does not need it
        from .research.compare_reports import compare_reports, reports_of_year

        with self._store.snapshot():
            if years is not None:
                if before is not None or after is not None:
                    raise QueryError(_("name two reports or two years, not both"))
                if isinstance(years, str | int) or len(years) != 2:
                    raise QueryError(_("name two years, as (2019, 2020)"))
                first, second = years
                sides = [
                    reports_of_year(self.reports(years=year, fields=fields), year)
                    for year in (first, second)
                ]
            elif before is None or after is None:
                raise QueryError(_("name two reports, or two years"))
            elif fields:
                raise QueryError(_("conditions on reports go with two years"))
            else:
                sides = [[self.report(before)], [self.report(after)]]
            return compare_reports(self._store, self.taxonomy, *sides)

    def read(self, report: str) -> ReportText:
        """Return a report as it is read: its text in blocks, with sentences and figures.

        Args:
            report: id of the report, or a part that only its id or title has.

        Raises:
            UnknownNameError: there is no such report.

        Example:
            >>> [block.kind for block in library.read("wugong-2020").blocks][:3]
            ['title', 'paragraph', 'heading']
        """
        # late: a search does not need it
        from .render.report_text import read_report

        with self._store.snapshot():
            return read_report(self._store, self.report(report))

    # -- words and their contexts ------------------------------------------------------------

    def concordance(
        self,
        query: str,
        *,
        sort: ConcordanceSort = "relevance",
        window: int | None = None,
        limit: int | None = None,
        offset: int = 0,
        synonyms: SynonymUse = "auto",
        verbatim: bool = False,
        **conditions: Unpack[Conditions],
    ) -> Concordance:
        """Return every occurrence of what a query looks for with the text around it (KWIC).

        Args:
            query: in the query language; widened as :meth:`search` does.
            sort: ``relevance``, ``year`` (latest first), or ``left`` or ``right`` by the text on
                that side of the occurrence, by pronunciation.
            window: characters on either side, by default all of the sentence.
            limit: occurrences to give, all by default.
            offset: occurrences in front of those.
            synonyms: as in :meth:`search`.
            verbatim: likewise.
            conditions: those of :class:`~.conditions.Conditions`, as in :meth:`search`.

        Raises:
            QueryError, UnknownNameError: as :meth:`search`; also when there are only filters.

        Example:
            >>> for line in library.concordance("营商环境", sort="left", window=10):
            ...     print(line.left, line.node, line.right, line.citation)
        """
        from .index.requests import SearchRequest  # late: adding and showing need no index

        # late: a search does not need it
        from .research.concordance import concordance

        request = SearchRequest(
            query=query,
            filters=filters_of(**conditions),
            limit=sys.maxsize if limit is None else limit,
            offset=offset,
            synonyms=synonyms,
            verbatim=verbatim,
            group=False,
        )
        return self._answer(
            lambda searching: concordance(searching, self._store, request, sort, window)
        )

    def words(
        self,
        query: str = "",
        *,
        against: str = "",
        collocates: str = "",
        ngrams: int | tuple[int, int] = 1,
        stop: bool = True,
        min_length: int = 1,
        min_count: int | None = None,
        limit: int | None = None,
        sort: WordSort = "",
        window: int = 5,
        only: Sequence[str] = (),
        progress: Progress = quiet,
        **conditions: Unpack[Conditions],
    ) -> WordTable:
        """Return the words of the sentences that match, with frequencies and other statistics.

        :mod:`gongwen.research.word_statistics` says what the figures mean. Nothing is widened, and
        boilerplate is left out.

        Args:
            query: in the query language; without query and conditions all sentences.
            against: a query for the sentences to compare with, as ``year:1979..1999``, or ``rest``
                for all others; the rows are then keywords with G2 and log ratio. Conditions do not
                apply to it.
            collocates: a word; the rows are then those near it, with logDice.
            ngrams: how many words a sequence has, or the fewest and most; 1 for single words.
            stop: leave out function words, measure words and numbers.
            min_length: fewest characters.
            min_count: fewest occurrences; 1, and 3 of sequences and collocates.
            limit: rows, of keywords in each direction; all by default.
            sort: ``count``, or the measure of the list: ``g2``, ``ratio`` or ``logdice``.
            window: words on either side of the word whose collocates are wanted.
            only: words to count in place of all, also inside longer words; 0 is listed.
            progress: told of the sentences that are cut into words (``words``), which happens once.
            conditions: those of :class:`~.conditions.Conditions`, as in :meth:`search`.

        Raises:
            QueryError, UnknownNameError: as :meth:`search`; also when there is nothing to compare.

        Example:
            >>> for word in library.words(years=2026, against="year:1979..1999", limit=20):
            ...     print(word.word, word.g2, word.log_ratio, word.significance)
        """
        # late: a search does not need it
        from .research.word_counts import Selections, find_words
        from .research.word_statistics import WordOptions  # late: as above

        options = WordOptions(
            ngrams=(ngrams, ngrams) if isinstance(ngrams, int) else ngrams,
            stop=stop,
            min_length=min_length,
            min_count=min_count,
            limit=limit,
            sort=sort,
            window=window,
            only=(only,) if isinstance(only, str) else tuple(only),
        )
        chosen = Selections(query, filters_of(**conditions), against, collocates)
        return self._answer(
            lambda searching: find_words(
                searching, self._store, self.folder, chosen, options, progress
            )
        )

    # -- checks ------------------------------------------------------------------------------

    def check(self, report: str) -> CheckResult:
        """Check the arithmetic of a report, and what it leaves out.

        Raises:
            UnknownNameError: there is no such report.
        """
        # late: a search does not need it
        from .figures.report_check import check_report

        with self._store.snapshot():
            return check_report(self._store, self.report(report), self.taxonomy)

    def topic_counts(self) -> dict[str, tuple[int, int]]:
        """Return for each topic its sentences as primary and as further topic."""
        return self._store.tags.topic_counts(self.taxonomy.topics.slugs)
