"""The ingest pipeline: from files to stored, tagged sentences, one transaction for each file."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from ..catalog import _
from ..nlp.document.overrides import with_said
from ..nlp.duplicates.similarity import candidates, compare, differ_in_subject
from ..nlp.errors import GongwenError, LibraryError, ReadError, stopped
from ..nlp.records import Document, Sentence
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import report_id
from ..readers.files import Source, load
from ..results import FileOutcome, Outcome, Report, Similar, StoredSentence
from ..storage.store import FileContent, NewReport, Store
from ..translation import in_language
from .prepare import BY_HAND, Prepared, PreparedFile, Recipe, figures_of, prepare_loaded
from .worker import prepare_call
from .worker_pool import Workers, is_short_plain_text

_COMPARED = 8
"""Reports that are looked at, the likeliest first."""
_LISTED = 0.2
"""Containment from which a report is listed as similar. A template with all its figures, years and
names changed has 0.26 in common with itself, two reports that have nothing to do with each other
at most 0.06 (benchmarks/duplicates.py)."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is there of a report already.

    Attributes:
        same: id of the same report from elsewhere, ``""`` when there is none.
        similar: reports that it is like, the nearest first.
    """

    same: str = ""
    similar: tuple[Similar, ...] = ()


class Recogniser:
    """Recognises reports.

    Args:
        store: what is there.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def recognise(self, document: Document, sketch: Sequence[int], place: str) -> Recognised:
        """Say what is there of a report that comes from ``place``.

        A report that has come from there before is another version of itself, whatever else it
        is like.
        """
        older = self._store.report_from(place)
        document = _spoken(document)
        shared = self._store.sources.sharing(sketch)
        shared.pop(older or "", None)
        counts = {report: count for report, (count, _) in shared.items()}
        sizes = {report: size for report, (_, size) in shared.items()}
        likely = candidates(counts, sizes, len(sketch))[:_COMPARED]
        known = {report.id: report for report in self._store.reports(likely)}
        similar: list[Similar] = []
        for report in likely:
            other = _said(known[report])
            if older or differ_in_subject(document, other):
                similar.append(_estimated(report, counts[report], sizes[report], len(sketch)))
                continue
            other = replace(other, text=_joined(self._store.sentences_of(report)))
            likeness = compare(document, other)
            if likeness.verdict == "same":
                return Recognised(report)
            jaccard, contained = round(likeness.jaccard, 4), round(likeness.containment, 4)
            similar.append(Similar(report, jaccard, contained))
        similar = [s for s in similar if s.containment >= _LISTED]
        return Recognised("", tuple(sorted(similar, key=lambda s: (-s.jaccard, s.report))))


def _estimated(report: str, shared: int, size: int, own: int) -> Similar:
    """Return how alike two reports are by their sketches: right to about 0.05."""
    return Similar(
        report, round(shared / (own + size - shared), 2), round(shared / min(own, size), 2)
    )


def _spoken(document: Document) -> Document:
    """Return a report with its text from the title on, without page furniture, as one piece."""
    return replace(document, text=_joined(document.sentences), sentences=())


def _joined(units: Iterable[Sentence] | Iterable[StoredSentence]) -> str:
    spoken = [unit for unit in units if unit.kind != "boilerplate"]
    first = next((i for i, unit in enumerate(spoken) if unit.kind == "title"), 0)
    return "\n".join(unit.text for unit in spoken[first:])


def _said(report: Report) -> Document:
    return Document(
        text="",
        title=report.title,
        region=report.region,
        year=report.year,
        adcode=report.adcode,
        level=report.level,
        how=report.how,
    )


_PATIENCE = 1.25
"""A worker is given up later than a reader gives up by itself."""
_AHEAD_FILES, _AHEAD_BYTES = 100, 64 << 20
"""What the workers may be ahead."""
_FIRST_STEP = 5_000
"""Sentences after which a large add lets the index follow for the first time."""
_GROWTH = 1.3
"""Then after so much more: the index is written whole each time, and what is left for the end
cannot be done while files are read."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file with what became of it already, or the future of its reports by a recipe.

    Attributes:
        item: the file, or why there is none.
        recipe: how it was made into reports.
        outcome: what became of it, or its reports once they are made.
        size: its bytes.
    """

    item: Source | ReadError
    recipe: Recipe
    outcome: list[FileOutcome] | Future[PreparedFile]
    size: int = 0


class Ingest:
    """Adds files to a store.

    Args:
        store: where the reports go.
        taxonomy: the topics of the model in ``recipe``.
        recipe: how files are made into reports.
        workers: processes that read; short plain text is read here when there is only one.
        count: how many they are.
    """

    def __init__(
        self, store: Store, taxonomy: Taxonomy, recipe: Recipe, workers: Workers, count: int
    ) -> None:
        self._store = store
        self._taxonomy = taxonomy
        self._recipe = recipe
        self._workers = workers
        self._count = count
        self._known = Recogniser(store)

    def run(
        self,
        found: Sequence[Source | ReadError],
        follow: Callable[[], None],
        progress: Callable[[str, int, int], None],
        ended: Callable[[FileOutcome], object] = bool,
        turn: Callable[[], tuple[Recipe, Taxonomy] | None] = lambda: None,
    ) -> list[FileOutcome]:
        """Add files, and return what became of them.

        Args:
            found: the files.
            follow: lets the index follow; called now and then, so that what is read can be searched
                before all is read, and at the end.
            progress: told of every file.
            ended: told what became of each report, as soon as it is known.
            turn: lets other writers have their turn after each file; returns the recipe and the
                topics from then on if one of them has changed these.

        Raises:
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        outcomes: list[FileOutcome] = []
        sentences, step, done = 0, _FIRST_STEP, 0
        progress("reading", 0, len(found))
        try:
            for done, of_file in enumerate(self.add(found), 1):
                outcomes += of_file
                for one in of_file:
                    ended(one)
                sentences += sum(o.sentences for o in of_file if o.status in ("added", "replaced"))
                if changed := turn():
                    self._recipe, self._taxonomy = changed
                progress("sentences", sentences, 0)
                progress("reading", done, len(found))
                if sentences >= step:
                    follow()
                    step = int(_GROWTH * sentences) + _FIRST_STEP
        except (LibraryError, sqlite3.Error, OSError) as error:
            raise stopped(error, done, len(found), "files", outcomes) from None
        follow()
        return outcomes

    def add(self, found: Iterable[Source | ReadError]) -> Iterator[list[FileOutcome]]:
        """Add files in their order, and yield what became of the reports of each."""
        for begun in self._prepared(found):
            item, prepared = begun.item, begun.outcome
            name = str(item) if isinstance(item, Source) else str(item).partition(": ")[0]
            try:
                if isinstance(item, ReadError):
                    raise item
                if isinstance(prepared, list):
                    yield prepared
                else:
                    reports = prepared.result()
                    if begun.recipe != self._recipe:  # another writer chose another model since
                        loaded = load(item, self._recipe.limits)
                        reports = prepare_loaded(item, self._recipe, *loaded)
                    yield self._store_file(item, reports)
            except LibraryError:
                raise  # nothing more can be stored
            except GongwenError as error:
                problem = in_language(str(error).removeprefix(f"{name}: "))
                message = _("{place}: {problem}").format(place=name, problem=problem)
                yield [FileOutcome(name, "failed", message=message)]

    def _prepared(self, found: Iterable[Source | ReadError]) -> Iterator[_Begun]:
        """Yield every file in order; when there are workers, they are kept ahead of the caller.

        While the caller lets the index follow, which takes seconds, they go on.
        """
        waiting: deque[_Begun] = deque()
        ahead = 0
        for item in found:
            waiting.append(begun := self._begun(item))
            ahead += begun.size
            while waiting and (
                self._count == 1 or len(waiting) > _AHEAD_FILES or ahead > _AHEAD_BYTES
            ):
                ahead -= waiting[0].size
                yield waiting.popleft()
        yield from waiting

    def _begun(self, item: Source | ReadError) -> _Begun:
        if isinstance(item, ReadError):
            return _Begun(item, self._recipe, [])
        done: Future[PreparedFile] = Future()
        size = 0
        try:
            data, digest = load(item, self._recipe.limits)
            size = len(data)
            if outcomes := self._unchanged(item, digest):
                return _Begun(item, self._recipe, outcomes)
            if self._count == 1 and is_short_plain_text(item.name, data):
                done.set_result(prepare_loaded(item, self._recipe, data, digest))
                return _Begun(item, self._recipe, done)
        except GongwenError as error:
            done.set_exception(error)
            return _Begun(item, self._recipe, done)
        seconds = self._recipe.limits.seconds * _PATIENCE
        call = prepare_call(item, self._recipe, data, digest, seconds)
        return _Begun(item, self._recipe, self._workers.call(call), size)

    def _unchanged(self, source: Source, digest: str) -> list[FileOutcome]:
        """Say what is there already of a file whose bytes are known, nothing when they are not."""
        sources = self._store.sources
        known = sources.of_file(source.key)
        if known:
            if self._recipe.encoding or set(known.values()) != {digest}:
                return []
        elif same := sources.with_hash(digest):
            known = dict.fromkeys((report for report, _ in same), digest)
            sources.add_copies(source.key, digest, ((r, source.key + part) for r, part in same))
        return [
            FileOutcome(
                str(source),
                "unchanged",
                report.id,
                report.sentences,
                ""
                if report.source.startswith(source.key)
                else in_language(f"same text as {report.source}"),
            )
            for report in self._store.reports(known)
        ]

    def _store_file(self, source: Source, prepared: PreparedFile) -> list[FileOutcome]:
        """Store the reports of a file in one step."""
        new: list[NewReport] = []
        outcomes: list[FileOutcome] = []
        copies: list[tuple[str, str]] = []
        for one in prepared.reports:
            place = source.key + (f"#{one.part}" if one.part else "")
            recognised = self._known.recognise(one.document, one.sketch, place)
            if recognised.same:
                [report] = self._store.reports([recognised.same])
                copies.append((report.id, place))
                message = in_language(f"same report as {report.source}")
                outcomes.append(
                    FileOutcome(str(source), "copy", report.id, report.sentences, message)
                )
            else:
                new.append(self._new(source, place, one, recognised.similar))
        content = FileContent(source.key, prepared.sha256, new, copies)
        stored = self._store.put(content, self._taxonomy)
        for kept, (id_, replaced) in zip(new, stored, strict=True):
            status: Outcome = "replaced" if replaced else "added"
            likes = [f"similar to {s.report}" for s in kept.similar[:1]]
            message = _("; ").join(map(in_language, (*kept.notes, *likes)))
            size = len(kept.document.sentences)
            outcomes.append(FileOutcome(str(source), status, id_, size, message))
        return outcomes

    def _new(
        self, source: Source, place: str, prepared: Prepared, similar: Sequence[Similar]
    ) -> NewReport:
        older = self._store.report_from(place)
        said = self._store.sources.said(older) if older else {}
        document, figures = prepared.document, prepared.figures
        if said:
            document = with_said(document, said, how=BY_HAND)
            figures = tuple(figures_of(document))
        return NewReport(
            id=report_id(f"{source.stem} {prepared.part}"),
            source=place,
            document=document,
            tags=prepared.tags,
            sketch=prepared.sketch,
            figures=figures,
            notes=prepared.notes,
            stated=prepared.stated,
            similar=similar,
            said=said,
        )
