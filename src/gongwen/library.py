"""A library: a folder of reports that can be added to, searched and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from .core import MODELS_FOLDER, OpenLibrary
from .results import Correction, FileOutcome, Report, Results, StoredSentence, TagChange
from .search import Years, facets_named, filters_of
from .storage.index_sync import Progress, quiet

if TYPE_CHECKING:
    from .figures.comparison import CompareBy, Comparison
    from .figures.figure_table import FigureFilters, FigureRow
    from .figures.pivot import Merges
    from .figures.report_check import CheckResult
    from .index.engine import By, Sort, SynonymUse
    from .readers.base import Limits
    from .search import Searching
    from .training.active_learning import ActiveLearning, Suggestion
    from .training.train import Comparison as ModelComparison
    from .transfer.export import Damaged, Transfer


class Library(OpenLibrary):
    """A library in ``folder``.

    Threads may share one library: each has a connection of its own to the store. One of them at a
    time writes, as of all processes; the others wait, and searches go on meanwhile. Every answer
    is of one moment. What Ctrl-C has interrupted is done wholly or not at all.

    Args:
        folder: where it lives.
        create: make it when there is none; an empty or absent folder only.
        read_only: change nothing, neither repair nor complete the index; so it is in any case
            where the folder may not be written to.
        progress: told of every report that is brought up to date (``updating``) in a library of
            an older gongwen.

    Raises:
        LibraryError: there is none, the folder is not a library, or a newer gongwen wrote it.
    """

    # -- adding and removing -----------------------------------------------------------------

    def add(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        encoding: str | None = None,
        workers: int = 1,
        min_probability: float | None = None,
        limits: Limits | None = None,
        progress: Progress = quiet,
    ) -> list[FileOutcome]:
        """Read, split, tag and index files, folders and archives.

        Unchanged files are skipped, changed ones replace their older selves, the same report from
        elsewhere is kept once, and a file that cannot be read is reported and the rest goes on.
        Each file is one transaction: what was added stays, whatever happens afterwards, and adding
        the same files again goes on where it stopped.

        Args:
            paths: files, and folders and archives whose reports are taken.
            encoding: the files' encoding; detected when not given.
            workers: processes that read files and cut text into words.
            min_probability: below it a sentence's topic is ``unsure``; the library remembers it.
            limits: what one file may cost.
            progress: told of every step.

        Raises:
            LibraryInUseError: another process is writing.
            LibraryError: the library cannot be written to, as when the disk is full.
        """
        # late: a search does not need it
        from .ingest.pipeline import Ingest
        from .ingest.prepare import Recipe
        from .ingest.worker_pool import Workers
        from .readers.base import Limits
        from .readers.files import find_sources

        limits = limits or Limits()
        with self._writing("add"), Workers(workers, limits.memory_bytes) as pool:
            if min_probability is not None:
                self.min_probability = min_probability
            models = self.folder / MODELS_FOLDER
            least = self.min_probability
            recipe = Recipe(models, self.models.active, least, encoding, limits)
            ingest = Ingest(self._store, self.taxonomy, recipe, pool, workers)
            found = list(find_sources([paths] if isinstance(paths, str | Path) else paths, limits))
            cutting = pool if workers > 1 else None
            return ingest.run(found, lambda: self._follow(cutting, progress), progress)

    def remove(self, *reports: str) -> list[Report]:
        """Remove reports and return them; the files they came from are not touched.

        Raises:
            UnknownNameError: one of them does not exist; then none is removed.
        """
        with self._writing("remove"):
            gone = {report.id: report for report in map(self.report, reports)}
            self._store.remove(*gone)
            self._follow()
        return list(gone.values())

    def describe(self, report: str, **said: str) -> Report:
        """Say what a report is; it stays so for good, whatever the file says later.

        Args:
            report: id of the report, or a part that only its id or title has.
            said: title, region, province, city, county, level, year, kind, agency, date or
                address; ``""`` takes back what was said before.

        Raises:
            UnknownNameError: there is no such report.
            QueryError: there is no such field, or a value that cannot be read.
        """
        # late: a search does not need it
        from .ingest.prepare import describe

        with self._writing("describe"):
            found = self.report(report)
            describe(self._store, found, said)
            self._follow()
            return self.report(found.id)

    def reindex(self, *, workers: int = 1, progress: Progress = quiet) -> int:
        """Throw the index away, build it anew from the store, and return its sentences."""
        # late: a search does not need it
        from .ingest.worker_pool import Workers

        with self._writing("reindex"), Workers(workers) as pool:
            self._indexing.rebuild(pool if workers > 1 else None, progress)
            return self._store.count_changed(0)

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
                (``{"省": "陕西省", "agency": ["司法局", "公安局"]}``).
            limit: hits of the page, or reports.
            offset: hits in front of the page, or reports.
            sort: by ``relevance``, or by ``year``, latest first.
            counts: facets to count over all matches: topic, role, report, unit (kind of unit), or
                a field of reports, in English or Chinese (``省``).
            context: neighbours to give with each hit on either side.
            synonyms: use them when nothing literal is found (``auto``), ``always``, or ``never``.
            by: find sentences, or with ``report`` reports by the sentences that they have.
            best: sentences to give with each report.

        Raises:
            QueryError: neither query nor filter, or an argument that cannot be used.
            UnknownNameError: a topic, role, level, kind or report that does not exist.

        Example:
            >>> library.search("法律顾问", topics=["行政执法"], fields={"省": "陕西"})
        """
        from .index.engine import SearchRequest  # late: adding and showing need no index

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

        Raises:
            UnknownNameError: there is no such report or sentence, topic or role.
            QueryError: an argument that cannot be used.
        """
        from .index.engine import SearchRequest  # late: adding and showing need no index

        filters = filters_of(
            topics=topics, roles=roles, years=years, regions=regions, fields=fields
        )
        request = SearchRequest(filters=filters, limit=limit, context=context)

        def ask(searching: Searching) -> Results:
            [sentence] = self.sentences(report, n, n)
            return searching.similar(sentence, request, elsewhere)

        return self._answer(ask)

    def figures(self, query: str = "", **filters: Unpack[FigureFilters]) -> list[FigureRow]:
        """Return the numbers of the reports, of the sentences that match when there is a query.

        Nothing is widened: a table holds what was asked for. In the order of a search, or of
        the reports when neither sentences nor reports are asked for.

        Args:
            query: in the query language; without query and filters all figures but dates.
            filters: those of :class:`~.figure_table.FigureFilters`.

        Raises:
            QueryError, UnknownNameError: as ``search``.
        """
        # late: a search does not need it
        from .figures.figure_table import find_figures

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
            filters: those of :class:`~.figure_table.FigureFilters`. ``years`` are those of the rows
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
        from .figures.figure_table import several, year_limits  # late: a search does not need it

        years, units = filters.pop("years", None), several(filters.pop("units", ()))
        limit = filters.pop("limit", None)
        rows = self.figures(query, **filters)
        wanted = several(filters.get("indicators", ()))
        return compare(rows, by, wanted, merges, units, year_limits(years), limit)

    # -- the classifier ----------------------------------------------------------------------

    def correct(
        self,
        report: str,
        n: int,
        topic: str,
        *,
        also: Sequence[str] = (),
        role: str = "",
        author: str = "",
        note: str = "",
    ) -> StoredSentence:
        """Say what a sentence is about; the correction is kept for good and seen at once.

        Args:
            report: id of the report.
            n: number of the sentence there.
            topic: the right topic, by any of its names.
            also: the right further topics.
            role: the right role; the one it has stays when it is not given.
            author: who says so.
            note: why.

        Raises:
            UnknownNameError: a topic, role, report or sentence that does not exist.

        Example:
            >>> library.correct("wugong-2020", 27, "行政执法").topic
            'enforcement'
        """
        return self._learning.correct(
            report, n, topic, also=also, role=role, author=author, note=note
        )

    def corrections(self) -> list[Correction]:
        """Return all corrections in the order in which they were made."""
        return self._learning.corrections()

    def suggest(self, count: int = 20, topic: str = "") -> list[Suggestion]:
        """Return the sentences that are worth labelling next (active learning).

        Args:
            count: how many.
            topic: only sentences that may be of this topic, by any of its names.

        Raises:
            UnknownNameError: there is no such topic.
        """
        return self._learning.suggest(count, topic)

    def train(
        self,
        label_files: Sequence[Path] = (),
        *,
        topics: Path | None = None,
        texts: Sequence[str] = (),
        force: bool = False,
        progress: Progress = quiet,
    ) -> ModelComparison:
        """Train a new model on labels, keywords and corrections, and use it when it is not worse.

        Args:
            label_files: labels of one's own.
            topics: a file of topics of one's own; by default those of the active model.
            texts: sentences without a label to learn from beside those of the library.
            force: use the new model even when it is worse.
            progress: told of every fold.

        Raises:
            ReadError: a file is missing or not UTF-8.
            SeedError: a topic or a line is bad; names the file and line.
            TrainingError: there are neither labels nor keywords of two topics.
        """
        return self._learning.train(
            label_files, topics=topics, texts=texts, force=force, progress=progress
        )

    def use_model(self, version: int) -> None:
        """Make a model the one that tags; what is there keeps its tags until :meth:`retag`.

        Raises:
            UnknownNameError: there is no such version.
        """
        self._learning.use_model(version)

    def tag_changes(self, progress: Progress = quiet) -> Iterator[TagChange]:
        """Yield the sentences that the active model tags otherwise; nothing is changed."""
        return self._learning.tag_changes(progress)

    def retag(self, progress: Progress = quiet) -> list[TagChange]:
        """Tag all sentences anew from the stored text, and return those whose topics changed."""
        return self._learning.retag(progress)

    @property
    def _learning(self) -> ActiveLearning:
        from .training.active_learning import ActiveLearning  # late: a search does not need it

        return ActiveLearning(self, self._store, self._follow, self._writing)

    # -- export and import -------------------------------------------------------------------

    def export(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield everything that the library holds, one object a line, as of one moment.

        Args:
            damaged: told in a line of everything that is left out or damaged, and why.

        Raises:
            DamagedError: something is damaged, and nobody is to be told.
        """
        return self._transfer.export(damaged)

    def export_rows(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield every sentence with its tags and the metadata of its report, as rows of a table.

        Args:
            damaged: as of :meth:`export`.

        Raises:
            DamagedError: as of :meth:`export`.
        """
        return self._transfer.export_rows(damaged)

    def import_(self, path: Path) -> list[FileOutcome]:
        """Bring in what another library exported; all of it is checked before anything changes.

        Raises:
            ReadError: the file is missing, or no export of a library; names the line.
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        return self._transfer.import_(path)

    @property
    def _transfer(self) -> Transfer:
        from .transfer.export import Transfer  # late: a search does not need it

        return Transfer(self, self._store, self._follow, self._writing)

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

    def status(self, deep: bool = False, progress: Progress = quiet) -> dict[str, object]:
        """Return what it holds and what is wrong (``problems``); with ``deep`` verify all of it."""
        # late: a search does not need it
        from .recovery.verification import status

        return status(self, self._store, self._lock, self._indexing, progress if deep else None)


def open(folder: str | Path, *, read_only: bool = False) -> Library:
    """Open the library in ``folder``; an empty or absent folder becomes a new one.

    Args:
        folder: where it lives.
        read_only: change nothing; then it must be there.
    """
    return Library(folder, create=not read_only, read_only=read_only)
