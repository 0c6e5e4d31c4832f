"""A library: a folder of reports that can be added to, searched and changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from .nlp.errors import IndexLostError, LibraryError, UnknownNameError
from .nlp.topics.taxonomy import Taxonomy
from .results import FileOutcome, Report, Results, StoredSentence
from .search import Years, check_choice, check_page, conditions_on, named
from .settings import checked_probability, least_probability, synonyms_of
from .storage.index_sync import Indexing, Progress, quiet
from .storage.lock import Held, WriterLock
from .storage.models import ModelStore
from .storage.store import Store

if TYPE_CHECKING:
    from .figures.figure_table import FigureFilters, FigureRow
    from .figures.report_check import CheckResult
    from .index.engine import Facet, Sort
    from .index.expansion import By, SynonymUse
    from .ingest.worker_pool import Workers
    from .nlp.seeds import Synonyms
    from .readers.base import Limits
    from .search import Searching
    from .training.active_learning import ActiveLearning
    from .transfer.export import Moving


_MODELS_FOLDER = "models"
_Answer = TypeVar("_Answer")
_ATTEMPTS = 5
"""Times that an answer is begun anew because store and index changed in between."""
_FAILED = (IndexLostError, OSError, LookupError, ValueError, TypeError, SystemError,
           AssertionError)  # fmt: skip
"""What reading a damaged index, or one that was just replaced, may raise."""


class Library:
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

    def __init__(
        self,
        folder: str | Path,
        create: bool = True,
        *,
        read_only: bool = False,
        progress: Progress = quiet,
    ) -> None:
        self.folder = Path(folder)
        self._store = Store(self.folder, create, read_only)
        self._lock = WriterLock(self.folder)
        self._indexing = Indexing(self.folder, self._store, self._lock)
        try:
            self.bring_up_to_date(progress)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release every file."""
        self._indexing.close()
        self._store.close()

    @property
    def taxonomy(self) -> Taxonomy:
        """The topics and roles of the library: those of its active model."""
        return self.models.taxonomy()

    @cached_property
    def models(self) -> ModelStore:
        """The numbered models of the library."""
        return ModelStore(self.folder / _MODELS_FOLDER)

    @property
    def min_probability(self) -> float:
        """The probability below which the library calls a topic ``unsure``, 0 to 1."""
        return least_probability(self._store.meta("min_probability"))

    @min_probability.setter
    def min_probability(self, value: float) -> None:
        kept = str(checked_probability(value))
        with self._writing("settings"), self._store.transaction(bump=False):
            self._store.set_meta("min_probability", kept)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._store.read_only

    def _writing(self, doing: str) -> Held:
        """Return a block that holds the lock for writing."""
        if self._store.read_only:
            raise LibraryError(
                f"{self.folder}: cannot be written to, or was opened only to be read; nothing was "
                "changed"
            )
        return self._lock.held(doing, first=self._refresh)

    def _refresh(self, progress: Progress = quiet) -> None:
        """Recompute what a change of format has left stale; only under the lock."""
        if self._store.is_stale():
            from .ingest.recompute import refresh  # late: it parses reports

            if refresh(self._store, progress):
                self._follow(progress=progress)
                if not self.behind:
                    self._store.index_followed()

    def bring_up_to_date(self, progress: Progress = quiet) -> str:
        """Recompute what a change of format has left stale; opening a library does it too.

        Reports whose files come from an older gongwen keep their old values until then. It goes on
        where it was interrupted.

        Args:
            progress: told of every report (``updating``).

        Returns:
            What is still stale, why, and what to do, in a line; mostly ``""``.
        """
        if not self._store.is_stale():
            return ""
        hindrance = ""
        if not self.read_only:
            try:
                with self._lock.held("update", wait=0.0):
                    self._refresh(progress)
            except LibraryError as error:
                hindrance = str(error)
        from .recovery.verification import (
            outdated,  # late: only a library with stale reports needs it
        )

        return outdated(self._store, hindrance)

    @property
    def behind(self) -> bool:
        """Whether the index has not caught up with the store, as when another process writes."""
        return self._indexing.behind

    @property
    def teaching(self) -> ActiveLearning:
        """Corrections, training, and what they change in the library."""
        from .training.active_learning import ActiveLearning

        return ActiveLearning(self, self._store, self._follow, self._writing)

    @property
    def moving(self) -> Moving:
        """All of the library as lines of JSON or rows of a table, and back."""
        from .transfer.export import Moving

        return Moving(self, self._store, self._follow, self._writing)

    @cached_property
    def _synonyms(self) -> Synonyms:
        return synonyms_of(self.folder)

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
        from .ingest.pipeline import Ingest
        from .ingest.prepare import Recipe
        from .ingest.worker_pool import Workers
        from .readers.base import Limits
        from .readers.files import find_sources

        limits = limits or Limits()
        with self._writing("add"), Workers(workers, limits.memory_bytes) as pool:
            if min_probability is not None:
                self.min_probability = min_probability
            models = self.folder / _MODELS_FOLDER
            least = self.min_probability
            recipe = Recipe(models, self.models.active, least, encoding, limits)
            ingest = Ingest(self._store, self.taxonomy, recipe, pool, workers)
            found = list(find_sources([paths] if isinstance(paths, str | Path) else paths, limits))
            cutting = pool if workers > 1 else None
            return ingest.run(found, lambda: self._follow(cutting, progress), progress)

    def _follow(self, workers: Workers | None = None, progress: Progress = quiet) -> None:
        """Let the index follow; what is stored stays, and one that cannot does so when opened."""
        with contextlib.suppress(LibraryError, OSError):
            self._indexing.catch_up(workers, progress)
            self._indexing.tidy()

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
        from .ingest.prepare import describe

        with self._writing("describe"):
            found = self.report(report)
            describe(self._store, found, said)
            self._follow()
            return self.report(found.id)

    def reindex(self, *, workers: int = 1, progress: Progress = quiet) -> int:
        """Throw the index away, build it anew from the store, and return its sentences."""
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
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        counts: Sequence[Facet] = (),
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
            regions: parts of the names of regions.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            reports: ids of reports.
            kinds: title, heading, sentence, boilerplate; boilerplate is left out by default.
            min_probability: only sentences whose topic is at least this likely, 0 to 1.
            limit: hits of the page, or reports.
            offset: hits in front of the page, or reports.
            sort: by ``relevance``, or by ``year``, latest first.
            counts: facets to count over all matches.
            context: neighbours to give with each hit on either side.
            synonyms: use them when nothing literal is found (``auto``), ``always``, or ``never``.
            by: find sentences, or with ``report`` reports by the sentences that they have.
            best: sentences to give with each report.

        Raises:
            QueryError: neither query nor filter, or an argument that cannot be used.
            UnknownNameError: a topic, role, kind or report that does not exist.
        """
        from .index.engine import FACETS

        check_page(limit, offset, best, context)
        check_choice("sort", sort, ("relevance", "year"))
        check_choice("synonyms", synonyms, ("auto", "always", "never"))
        check_choice("by", by, ("sentence", "report"))
        for facet in counts:
            check_choice("counts", facet, FACETS)
        filters = conditions_on(topics, roles, regions, years, reports, kinds, min_probability)
        return self._answer(
            lambda searching: searching.search(
                query,
                filters,
                use=synonyms,
                by=by,
                limit=limit,
                offset=offset,
                best=best,
                sort=sort,
                facets=counts,
                context=context,
            )
        )

    def similar(
        self,
        report: str,
        n: int,
        *,
        topics: str | Sequence[str] = (),
        roles: str | Sequence[str] = (),
        regions: str | Sequence[str] = (),
        years: Years = None,
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
            regions: parts of the names of regions.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            elsewhere: leave out the sentences of the same report.
            limit: sentences to give.
            context: neighbours to give with each on either side.

        Raises:
            UnknownNameError: there is no such report or sentence, topic or role.
            QueryError: an argument that cannot be used.
        """
        check_page(limit, context=context)
        filters = conditions_on(topics, roles, regions, years, (), (), 0.0)

        def ask(searching: Searching) -> Results:
            [sentence] = self.sentences(report, n, n)
            return searching.similar(
                sentence, filters, limit=limit, context=context, elsewhere=elsewhere
            )

        return self._answer(ask)

    def figures(self, query: str = "", **filters: Unpack[FigureFilters]) -> list[FigureRow]:
        """Return the numbers of the reports, of the sentences that match when there is a query.

        Nothing is widened: a table holds what was asked for. In the order of a search, or of
        the reports when neither sentences nor reports are asked for.

        Args:
            query: in the query language; without query and filters all figures but dates.
            filters: those of :class:`~.figuretable.FigureFilters`.

        Raises:
            QueryError, UnknownNameError: as ``search``.
        """
        from .figures.figure_table import find_figures

        return find_figures(self._store, self._answer, query, filters)

    def _answer(self, ask: Callable[[Searching], _Answer]) -> _Answer:
        """Ask of one moment of store and index.

        An index that fails may have been replaced meanwhile, so it is opened anew. When that fails
        too, its files are looked at under the lock, and it is built anew if they are damaged.
        """
        try:
            return self._ask(ask)
        except _FAILED:
            self._indexing.forget()
        try:
            return self._ask(ask)
        except _FAILED:
            self._indexing.heal()
        return self._ask(ask)

    def _ask(self, ask: Callable[[Searching], _Answer]) -> _Answer:
        from .search import Searching

        synonyms = lambda: self._synonyms  # noqa: E731
        for attempt in range(_ATTEMPTS):
            engine = self._indexing.engine()
            with self._store.snapshot():
                view = self._indexing.view(engine, last=attempt == _ATTEMPTS - 1)
                if view is not None:
                    taxonomy = lambda: self.taxonomy  # noqa: E731
                    return ask(Searching(view, self._store, taxonomy, self.report, synonyms))
        raise AssertionError("unreachable")

    # -- looking -------------------------------------------------------------------------------

    def reports(self) -> list[Report]:
        """Return all reports in order of id."""
        return self._store.reports()

    def report(self, name: str) -> Report:
        """Return the report of this id, or the only one whose id or title holds ``name``.

        Raises:
            UnknownNameError: there is none, or several.
        """
        return named(name, self.reports())

    def sentences(
        self, report: str, first: int = 1, last: int | None = None
    ) -> list[StoredSentence]:
        """Return the sentences of a report, or those numbered ``first`` to ``last`` inclusive.

        Raises:
            UnknownNameError: there is no such report or no such sentence.
        """
        with self._store.snapshot():
            id_ = self.report(report).id
            found = self._store.sentences_of(id_, first, last) if first > 0 else []
        if not found:
            hint = f"gongwen show {report} lists them"
            raise UnknownNameError("sentence", f"{report}:{first}", (), hint)
        return found

    def check(self, report: str) -> CheckResult:
        """Check the arithmetic of a report, and what it leaves out.

        Raises:
            UnknownNameError: there is no such report.
        """
        from .figures.report_check import check_report

        with self._store.snapshot():
            return check_report(self._store, self.report(report), self.taxonomy)

    def topic_counts(self) -> dict[str, tuple[int, int]]:
        """Return for each topic its sentences as primary and as further topic."""
        return self._store.tags.topic_counts(self.taxonomy.topics.slugs)

    def status(self, deep: bool = False, progress: Progress = quiet) -> dict[str, object]:
        """Return what it holds and what is wrong (``problems``); with ``deep`` verify all of it."""
        from .recovery.verification import status

        return status(self, self._store, self._lock, self._indexing, progress if deep else None)


def open(folder: str | Path, *, read_only: bool = False) -> Library:
    """Open the library in ``folder``; an empty or absent folder becomes a new one.

    Args:
        folder: where it lives.
        read_only: change nothing; then it must be there.
    """
    return Library(folder, create=not read_only, read_only=read_only)
