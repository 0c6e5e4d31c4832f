"""A library: a folder of reports that can be added to, searched and tidied."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .modelstore import ModelStore
from .nlp.errors import LibraryError, UnknownNameError
from .nlp.fold import squeeze
from .nlp.taxonomy import Taxonomy
from .results import FileOutcome, Hit, Report, Results, StoredSentence
from .store import Store

if TYPE_CHECKING:
    from .index.engine import Engine, Facet, Sort
    from .index.search import SynonymUse
    from .nlp.seeds import Synonyms
    from .teaching import Teaching

SYNONYMS_FILE = "synonyms.toml"
_ENGINE_FOLDER = "index"
_MODELS_FOLDER = "models"
_LOCK_FILE = "lock.db"
_FEED_SENTENCES = 50_000
"""Sentences that the engine takes in one step; bounds the memory of a large add."""

Progress = Callable[[str, int, int], None]
"""Called with what is done (``reading``, ``indexing``), how far, and of how many."""


def _quiet(_what: str, _done: int, _total: int) -> None:
    return None


class Library:
    """A library in ``folder``.

    Args:
        folder: where it lives.
        create: make it when there is none; an empty or absent folder only.

    Raises:
        LibraryError: there is none, the folder is not a library, or a newer gongwen wrote it.
    """

    def __init__(self, folder: str | Path, create: bool = True) -> None:
        self.folder = Path(folder)
        self._store = Store(self.folder, create)
        self._engine_: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release every file."""
        if self._engine_:
            self._engine_.close()
            self._engine_ = None
        self._store.close()

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The topics and roles of the library."""
        return Taxonomy.shipped()

    @cached_property
    def models(self) -> ModelStore:
        """The numbered models of the library."""
        return ModelStore(self.folder / _MODELS_FOLDER)

    @property
    def min_probability(self) -> float:
        """The probability below which the library calls a topic ``unsure``, 0 to 1."""
        return float(self._store.meta("min_probability") or 0)

    @min_probability.setter
    def min_probability(self, value: float) -> None:
        with self._store.transaction(bump=False):
            self._store.set_meta("min_probability", str(value))

    @property
    def teaching(self) -> Teaching:
        """Corrections, training, and what they change in the library."""
        from .teaching import Teaching

        return Teaching(self, self._store, self._catch_up)

    @cached_property
    def _synonyms(self) -> Synonyms:
        from .nlp.seeds import load_synonyms, shipped

        own = self.folder / SYNONYMS_FILE
        return load_synonyms([shipped(SYNONYMS_FILE), *([own] if own.exists() else [])])

    # -- adding and removing -----------------------------------------------------------------

    def add(
        self,
        paths: Sequence[str | Path],
        *,
        encoding: str | None = None,
        workers: int = 1,
        min_probability: float | None = None,
        progress: Progress = _quiet,
    ) -> list[FileOutcome]:
        """Read, split, tag and index files and folders.

        Unchanged files are skipped, changed ones replace their older selves, and a file that
        cannot be read is reported and the rest goes on. Each report is one transaction: what was
        added stays, whatever happens afterwards.

        Args:
            paths: files, and folders whose text files are taken.
            encoding: the files' encoding; detected when not given.
            workers: processes that cut text into words.
            min_probability: below it a sentence's topic is ``unsure``; the library remembers it.
            progress: told of every step.
        """
        from .ingest import Ingest
        from .reader import find_files

        if min_probability is not None:
            self.min_probability = min_probability

        files = list(find_files(paths))
        outcomes: list[FileOutcome] = []
        progress("reading", 0, len(files))
        ingest = Ingest(self._store, cache(self.models.load), encoding, self.min_probability)
        for outcome in ingest.add(files):
            outcomes.append(outcome)
            progress("reading", len(outcomes), len(files))
        self._catch_up(workers, progress)
        return outcomes

    def remove(self, report: str) -> Report:
        """Remove a report; the file it came from is not touched.

        Raises:
            UnknownNameError: there is no such report.
        """
        gone = self.report(report)
        self._store.remove(gone.id)
        self._catch_up()
        return gone

    def reindex(self, *, workers: int = 1, progress: Progress = _quiet) -> int:
        """Throw the index away, build it anew from the store, and return its sentences."""
        import shutil

        with self._writing():
            if self._engine_:
                self._engine_.close()
                self._engine_ = None
            shutil.rmtree(self.folder / _ENGINE_FOLDER, ignore_errors=True)
        self._catch_up(workers, progress)
        return self._store.count_changed(0)

    # -- searching -----------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        *,
        topics: Sequence[str] = (),
        roles: Sequence[str] = (),
        regions: Sequence[str] = (),
        years: tuple[int | None, int | None] | int | str | None = None,
        reports: Sequence[str] = (),
        kinds: Sequence[str] = (),
        min_probability: float = 0.0,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        counts: Sequence[Facet] = (),
        context: int = 0,
        synonyms: SynonymUse = "auto",
    ) -> Results:
        """Find sentences by words, by filters, or by both.

        Args:
            query: in the query language; may be empty when there is a filter.
            topics: slugs or Chinese names; a sentence of any of them, primary or further.
            roles: likewise for roles.
            regions: parts of the names of regions.
            years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
            reports: ids of reports.
            kinds: title, heading, sentence, boilerplate; boilerplate is left out by default.
            min_probability: only sentences whose topic is at least this likely, 0 to 1.
            limit: hits of the page.
            offset: hits in front of the page.
            sort: by ``relevance``, or by ``year``, latest first.
            counts: facets to count over all matches.
            context: neighbours to give with each hit on either side.
            synonyms: use them when nothing literal is found (``auto``), ``always``, or ``never``.

        Raises:
            QueryError: neither query nor filter, or a year that cannot be read.
            UnknownNameError: a topic, role, kind or report that does not exist.
        """
        from .index.highlight import spans, to_html
        from .index.plan import Planner
        from .index.query import And, Filter, parse_query
        from .index.search import run

        began = time.perf_counter()
        given = {
            "topic": topics,
            "role": roles,
            "region": regions,
            "report": reports,
            "kind": kinds,
        }
        filters = [Filter(name, tuple(values)) for name, values in given.items() if values]
        if min_probability > 0:
            filters.append(Filter("probability", (str(min_probability),)))
        filters += [] if years is None else [Filter("year", (_years(years),))]
        tree = parse_query(query) if query.strip() or not filters else And(())
        engine = self._engine()
        planner = Planner(engine, lambda: self.taxonomy, lambda name: self.report(name).id)
        answer = run(
            engine,
            planner.plan(And((tree, *filters))),
            lambda: self._synonyms,
            use=synonyms,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=counts,
        )
        found = answer.found
        score = dict(zip(found.ids, found.scores, strict=True))
        sentences = self._store.sentences(found.ids)
        by_id = {r.id: r for r in self._store.reports(s.report for s in sentences)}
        hits = []
        for s in sentences:
            marked = spans(s.text, answer.needles)
            before, after = self._neighbours(s, context)
            hits.append(
                Hit(
                    report=by_id[s.report],
                    n=s.n,
                    text=s.text,
                    highlight=to_html(s.text, marked),
                    section=s.section,
                    role=s.role,
                    kind=s.kind,
                    topic=s.topic,
                    also=s.also,
                    probability=s.probability,
                    start=s.start,
                    end=s.end,
                    score=score[s.id],
                    spans=tuple(marked),
                    before=before,
                    after=after,
                )
            )
        took = round((time.perf_counter() - began) * 1000, 1)
        return Results(query, found.total, answer.match, took, found.counts, tuple(hits))

    def _neighbours(self, s: StoredSentence, width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if width < 1:
            return (), ()
        around = self._store.sentences_of(s.report, s.n - width, s.n + width)
        return tuple(a.text for a in around if a.n < s.n), tuple(
            a.text for a in around if a.n > s.n
        )

    # -- looking -------------------------------------------------------------------------------

    def reports(self) -> list[Report]:
        """Return all reports in order of id."""
        return self._store.reports()

    def report(self, name: str) -> Report:
        """Return the report of this id, or the only one whose id or title holds ``name``.

        Raises:
            UnknownNameError: there is none, or several.
        """
        reports = {r.id: r for r in self.reports()}
        if name in reports:
            return reports[name]
        wanted = squeeze(name)
        close = [r for r in reports.values() if wanted and wanted in squeeze(f"{r.id} {r.title}")]
        if len(close) == 1:
            return close[0]
        near = [r.id for r in close] or get_close_matches(name, reports, n=3, cutoff=0.3)
        raise UnknownNameError("report", name, near[:3], "gongwen reports lists them")

    def sentences(
        self, report: str, first: int = 1, last: int | None = None
    ) -> list[StoredSentence]:
        """Return the sentences of a report, or those numbered ``first`` to ``last`` inclusive.

        Raises:
            UnknownNameError: there is no such report or no such sentence.
        """
        found = self._store.sentences_of(self.report(report).id, first, last)
        if not found:
            hint = f"gongwen show {report} lists them"
            raise UnknownNameError("sentence", f"{report}:{first}", (), hint)
        return found

    def topic_counts(self) -> dict[str, tuple[int, int]]:
        """Return for each topic its sentences as primary and as further topic."""
        counts = self._store.topic_counts()
        slugs = [
            *self.taxonomy.topics.slugs,
            *sorted(set(counts) - set(self.taxonomy.topics.slugs)),
        ]
        return {slug: counts.get(slug, (0, 0)) for slug in slugs}

    def status(self) -> dict[str, object]:
        """Return what the library holds and what is wrong with it (``problems``)."""
        from .health import status

        try:
            indexed, problem = self._engine().generation, ""
        except LibraryError as error:
            indexed, problem = -1, str(error)
        return status(self, self._store, indexed, problem)

    # -- the engine ----------------------------------------------------------------------------

    def _open_engine(self) -> Engine:
        from .index.whoosh_engine import WhooshEngine

        return WhooshEngine(self.folder / _ENGINE_FOLDER)

    def _engine(self) -> Engine:
        """Return the engine, brought up to the store's generation where that is possible now."""
        if self._engine_ is None:
            self._engine_ = self._open_engine()
        if self._engine_.generation != self._store.generation:
            # Another process may be at it, or the folder may be read-only: then what the index
            # has is searched as it is.
            with contextlib.suppress(LibraryError, OSError):
                self._catch_up(wait=0.0)
        return self._engine_

    def _catch_up(self, workers: int = 1, progress: Progress = _quiet, wait: float = 60.0) -> None:
        """Feed the engine with what changed in the store since its generation."""
        if self._engine_ and self._engine_.generation == self._store.generation:
            return
        with self._writing(wait):
            if self._engine_:
                self._engine_.close()
            self._engine_ = engine = self._open_engine()
            if engine.generation != self._store.generation:
                from .feed import feed

                feed(engine, self._store, workers, _FEED_SENTENCES, progress)

    @contextlib.contextmanager
    def _writing(self, wait: float = 60.0) -> Iterator[None]:
        """Hold the one lock for writing to the engine; it ends with the process."""
        lock = sqlite3.connect(self.folder / _LOCK_FILE, timeout=wait, isolation_level=None)
        try:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise LibraryError(
                    f"{self.folder}: another gongwen is writing to it; try again later"
                ) from None
            yield
        finally:
            lock.close()


def _years(years: tuple[int | None, int | None] | int | str) -> str:
    if isinstance(years, tuple):
        first, last = years
        return f"{'' if first is None else first}..{'' if last is None else last}"
    return str(years)


def open(folder: str | Path) -> Library:
    """Open the library in ``folder``; an empty or absent folder becomes a new one."""
    return Library(folder)
