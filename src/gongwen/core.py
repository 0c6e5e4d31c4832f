"""An open library: its store, lock, index, models and settings, and how questions are asked of it.

The use cases of :class:`~gongwen.Library` are built on it; nothing here changes a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from .conditions import ReportFields, Years, filters_of, only_report_with
from .nlp.errors import (
    GongwenError,
    IndexLostError,
    LibraryError,
    QueryError,
    SeedError,
    UnknownNameError,
)  # fmt: skip
from .nlp.topics.taxonomy import Taxonomy
from .nlp.validation import probability
from .results import Report, StoredSentence
from .storage.desk import desk_of
from .storage.feeding import NO_WORDS, KnownWords
from .storage.index_sync import Indexing, Progress, quiet
from .storage.lock import Held
from .storage.models import ModelStore
from .storage.store import Store

if TYPE_CHECKING:
    from .ingest.worker_pool import Workers
    from .nlp.seeds import Synonyms
    from .search import Searching

MODELS_FOLDER = "models"
_Answer = TypeVar("_Answer")
_ATTEMPTS = 5
"""Times that an answer is begun anew because store and index changed in between."""
_FAILED = (IndexLostError, OSError, LookupError, ValueError, TypeError, SystemError,
           AssertionError, MemoryError)  # fmt: skip
"""What reading a damaged index, or one that was just replaced, may raise."""


class OpenLibrary:
    """The library in a folder, opened.

    Args:
        folder: where it lives.
        create: make it when there is none; an empty or absent folder only.
        read_only: change nothing, neither repair nor complete the index; so it is in any case
            where the folder may not be written to.
        store: address of the PostgreSQL database that holds a new library, or that holds this one,
            ``postgresql://[USER@]HOST[:PORT]/DATABASE[?schema=NAME]``; ``""`` for a file in the
            folder, or where the folder says.
        progress: told of every report that is brought up to date (``updating``) in a library of
            an older gongwen.
        engine: name or address of the engine that holds the index of a new library; one that is
            there must have this engine.

    Raises:
        LibraryError: there is none, the folder is not a library, a newer gongwen wrote it, or its
            index is in another engine.
        UnknownNameError: there is no such engine.
    """

    def __init__(
        self,
        folder: str | Path,
        create: bool = True,
        *,
        read_only: bool = False,
        store: str = "",
        progress: Progress = quiet,
        engine: str = "",
    ) -> None:
        self.folder = Path(folder)
        self._store = Store(self.folder, create, read_only, store)
        self._desk = desk_of(self.folder, self._store)
        self._lock = self._desk.lock
        self._indexing = Indexing(self.folder, self._store, self._desk.index_lock)
        try:
            self._fetch()
            if engine:
                self._indexing.use(engine)
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
        self._desk.close()
        self._store.close()

    @property
    def taxonomy(self) -> Taxonomy:
        """The topics and roles of the library: those of its active model."""
        self._fetch()
        return self.models.taxonomy()

    @cached_property
    def models(self) -> ModelStore:
        """The numbered models of the library."""
        return ModelStore(self.folder / MODELS_FOLDER)

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

    def exclusively(self, doing: str) -> Held:
        """Return a block in which no other process or thread changes the library.

        Args:
            doing: what is done in it, in a word; others who want to write are told.

        Raises:
            LibraryInUseError: on entering, when another process or thread is writing.
            LibraryError: the library cannot be written to, or was opened only to be read.
        """
        return self._writing(doing)

    def _writing(self, doing: str) -> Held:
        """Return a block that holds the lock for writing."""
        if self._store.read_only:
            raise LibraryError(
                f"{self.folder}: cannot be written to, or was opened only to be read; nothing was "
                "changed"
            )
        return self._lock.held(doing, first=self._refresh, last=self._desk.publish)

    def _fetch(self) -> bool:
        """Take what another desk has changed of the models and synonyms; say if there was any."""
        if not self._desk.fetch():
            return False
        for name in ("models", "synonyms"):
            self.__dict__.pop(name, None)
        return True

    def _refresh(self, progress: Progress = quiet) -> None:
        """Recompute what a change of format has left stale; only under the lock."""
        self._fetch()
        if self._store.stale:
            from .ingest.recompute import refresh  # late: it parses reports

            if refresh(self._store, progress):
                self._follow(progress=progress)
                if not self.behind:
                    self._store.stale.index_followed()

    def bring_up_to_date(self, progress: Progress = quiet) -> str:
        """Recompute what a change of format has left stale; opening a library does it too.

        Reports whose files come from an older gongwen keep their old values until then. It goes on
        where it was interrupted.

        Args:
            progress: told of every report (``updating``).

        Returns:
            What is still stale, why, and what to do, in a line; mostly ``""``.
        """
        if not self._store.stale:
            return ""
        hindrance = ""
        if not self.read_only:
            try:
                with self._lock.held("update", wait=0.0):
                    self._refresh(progress)
            except LibraryError as error:
                hindrance = str(error)
        return self._store.stale.message(self.read_only, hindrance)

    def told_aside(self) -> str:
        """Say in a line which files of this desk another desk has replaced, mostly ``""``."""
        files = self._desk.put_aside()
        if not files:
            return ""
        return (
            f"{files[0].parent}: has files of this desk ({files[0].name}) in whose place another "
            "desk has put its own; look what is worth keeping, and remove the others"
        )

    @property
    def segmenter(self) -> str:
        """Fingerprint of the segmenter that cut the words of the index, ``""`` before the first."""
        return self._store.index_segmenter

    @property
    def behind(self) -> bool:
        """Whether the index has not caught up with the store, as when another process writes."""
        return self._indexing.behind

    @property
    def hindrance(self) -> str:
        """Why the index did not catch up when it was last tried, ``""`` when it did."""
        return self._indexing.hindrance if self.behind else ""

    def index_state(self) -> tuple[int, str]:
        """Return the generation that the index has reached, or -1 and why it cannot be searched.

        The index catches up first, unless another process or thread is writing.

        Example: ``library.index_state() == (library.generation, "")``
        """
        return self._indexing.state()

    def size(self) -> tuple[int, int]:
        """Return how many reports and how many sentences there are; all of them are counted."""
        return self._store.count_reports(), self._store.count_sentences()

    @cached_property
    def synonyms(self) -> Synonyms:
        """The synonyms that ship with those of the library."""
        return synonyms_of(self.folder)

    def _follow(
        self,
        workers: Workers | None = None,
        progress: Progress = quiet,
        known: KnownWords = NO_WORDS,
    ) -> None:
        """Let the index follow; what is stored stays, and one that cannot does so when opened."""
        try:
            self._indexing.catch_up(workers, progress, known=known)
            with self._desk.index_lock.held("tidying", wait=0.0):
                self._indexing.tidy()
        except (LibraryError, OSError) as error:
            self._indexing.hindrance = str(error)

    def reports(
        self,
        *,
        years: Years = None,
        fields: Mapping[str, str | Sequence[str]] | None = None,
    ) -> list[Report]:
        """Return all reports in order of id, or those that meet some conditions.

        Args:
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            fields: conditions on fields of the reports, as in :meth:`search`.

        Raises:
            QueryError, UnknownNameError: as :meth:`search`.
        """
        filters = filters_of(years=years, fields=fields)
        with self._store.snapshot():
            ids = ReportFields(self._store).meeting(filters) if filters else None
            return self._store.reports(ids)

    def report(self, name: str) -> Report:
        """Return the report of this id, or the only one whose id or title holds ``name``.

        Raises:
            UnknownNameError: there is none, or several.
        """
        with self._store.snapshot():
            id_ = name if self._store.has_report(name) else only_report_with(name, self.titles())
            [found] = self._store.reports([id_])
            return found

    def has_report(self, id_: str) -> bool:
        """Say whether there is a report of this id."""
        return self._store.has_report(id_)

    def titles(self) -> dict[str, str]:
        """Return the titles of all reports by id, in order of id."""
        rows = self._store.report_fields(["title"])
        return {id_: row["title"] for id_, row in rows.items()}

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

    @property
    def generation(self) -> int:
        """Number of the last change of what the library holds; it only grows."""
        return self._store.generation

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
        # late: a search does not need it
        from .search import Searching, StoreSource

        synonyms = lambda: self.synonyms  # noqa: E731
        self._fetch()
        for attempt in range(_ATTEMPTS):
            engine = self._indexing.engine()
            with self._store.snapshot():
                view = self._indexing.view(engine, last=attempt == _ATTEMPTS - 1)
                if view is not None:
                    taxonomy = lambda: self.taxonomy  # noqa: E731
                    searcher = self._indexing.searcher(view, lambda: StoreSource(self._store))
                    return ask(Searching(searcher, self._store, taxonomy, self.report, synonyms))
        raise AssertionError("unreachable")

    # -- looking -------------------------------------------------------------------------------


SYNONYMS_FILE = "synonyms.toml"


def synonyms_of(folder: Path) -> Synonyms:
    """Return the synonyms that ship with those of the library in ``folder``.

    Raises:
        ReadError: its file cannot be read.
        SeedError: an entry is bad; names the file and line.
    """
    # late: a search does not need it
    from .nlp.seeds import load_synonyms, shipped

    own = folder / SYNONYMS_FILE
    try:
        return load_synonyms([shipped(SYNONYMS_FILE), *([own] if own.exists() else [])])
    except SeedError as error:
        raise SeedError(own, error.line, f"{error.problem}; mend or remove this file") from None


def least_probability(stored: str | None) -> float:
    """Return the stored probability below which a topic is ``unsure``, 0 to 1.

    Raises:
        LibraryError: it is no probability, as an older version may have kept it.
    """
    try:
        return probability("min_probability", float(stored or 0))
    except ValueError:
        raise LibraryError(
            "min_probability of the library is not between 0 and 1;"
            " set it anew with gongwen add --min-probability"
        ) from None


def checked_probability(value: float) -> float:
    """Return a probability that is to be kept, 0 to 1.

    Raises:
        QueryError: it is none.
    """
    try:
        return probability("min_probability", value)
    except ValueError as error:
        raise QueryError(str(error)) from None


def setting_problems(folder: Path, stored: str | None) -> Iterator[str]:
    """Yield what is wrong with the settings of a library.

    Args:
        folder: the library's folder.
        stored: the probability as the store keeps it.
    """
    try:
        synonyms_of(folder)
    except GongwenError as error:
        yield str(error)
    try:
        least_probability(stored)
    except LibraryError as error:
        yield str(error)
