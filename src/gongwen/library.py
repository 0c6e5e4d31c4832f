"""A library: a folder of reports that can be added to, searched and tidied."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .indexing import Indexing, Progress, quiet
from .modelstore import ModelStore
from .nlp.errors import LibraryError, UnknownNameError
from .nlp.fold import squeeze
from .nlp.taxonomy import Taxonomy
from .results import FileOutcome, Hit, Report, Results, StoredSentence
from .store import Store

if TYPE_CHECKING:
    from .index.engine import Facet, Sort
    from .index.search import SynonymUse
    from .nlp.seeds import Synonyms
    from .teaching import Teaching

SYNONYMS_FILE = "synonyms.toml"
_MODELS_FOLDER = "models"

Years = Sequence[int | None] | int | str | None
"""A year, ``(first, last)`` with ``None`` for open, ``"2018..2021"``, or no condition."""


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
        self._indexing = Indexing(self.folder, self._store)

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
        return float(self._store.meta("min_probability") or 0)

    @min_probability.setter
    def min_probability(self, value: float) -> None:
        with self._store.transaction(bump=False):
            self._store.set_meta("min_probability", str(value))

    @property
    def behind(self) -> bool:
        """Whether the index has not caught up with the store, as when another process writes."""
        return self._indexing.behind

    @property
    def teaching(self) -> Teaching:
        """Corrections, training, and what they change in the library."""
        from .teaching import Teaching

        return Teaching(self, self._store, self._indexing.catch_up)

    @cached_property
    def _synonyms(self) -> Synonyms:
        from .nlp.seeds import load_synonyms, shipped

        own = self.folder / SYNONYMS_FILE
        return load_synonyms([shipped(SYNONYMS_FILE), *([own] if own.exists() else [])])

    # -- adding and removing -----------------------------------------------------------------

    def add(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        encoding: str | None = None,
        workers: int = 1,
        min_probability: float | None = None,
        progress: Progress = quiet,
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

        files = list(find_files(_several(paths)))
        outcomes: list[FileOutcome] = []
        progress("reading", 0, len(files))
        ingest = Ingest(
            self._store, cache(self.models.load), self.taxonomy, encoding, self.min_probability
        )
        for outcome in ingest.add(files):
            outcomes.append(outcome)
            progress("reading", len(outcomes), len(files))
        # What is stored stays: an index that cannot follow now does so at the next opening.
        with contextlib.suppress(LibraryError):
            self._indexing.catch_up(workers, progress)
        return outcomes

    def remove(self, *reports: str) -> list[Report]:
        """Remove reports and return them; the files they came from are not touched.

        Raises:
            UnknownNameError: one of them does not exist; then none is removed.
        """
        gone = {report.id: report for report in map(self.report, reports)}
        for id_ in gone:
            self._store.remove(id_)
        self._indexing.catch_up()
        return list(gone.values())

    def reindex(self, *, workers: int = 1, progress: Progress = quiet) -> int:
        """Throw the index away, build it anew from the store, and return its sentences."""
        self._indexing.rebuild(workers, progress)
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
        filters = [
            Filter(name, tuple(map(str, _several(values))))
            for name, values in given.items()
            if values
        ]
        if min_probability > 0:
            filters.append(Filter("probability", (str(min_probability),)))
        if span := _years(years):
            filters.append(Filter("year", (span,)))
        tree = parse_query(query) if query.strip() or not filters else And(())
        engine = self._indexing.engine()
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
        found = self._store.sentences_of(self.report(report).id, first, last) if first > 0 else []
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
            indexed, problem = self._indexing.engine().generation, ""
        except LibraryError as error:
            indexed, problem = -1, str(error)
        return status(self, self._store, indexed, problem)


def _several(values: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    """Return ``values`` as a sequence; a lone string or path is one of them."""
    return [values] if isinstance(values, str | Path) else values


def _years(years: Years) -> str:
    """Return a span as the query language has it, ``""`` for no condition."""
    if years is None or isinstance(years, str | int):
        return "" if years is None else str(years)
    first, last = years
    if first is None and last is None:
        return ""
    return f"{'' if first is None else first}..{'' if last is None else last}"


def open(folder: str | Path) -> Library:
    """Open the library in ``folder``; an empty or absent folder becomes a new one."""
    return Library(folder)
