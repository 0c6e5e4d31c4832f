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
class Place:
    """The file that a report comes from, as the library calls it.

    Attributes:
        name: its name in outcomes.
        key: its name in the store.
        stem: the name without folder and suffix, of which ids of reports are made.
    """

    name: str
    key: str
    stem: str


def place_of(source: Source) -> Place:
    """Return what the library calls a file.

    Example:
        >>> from pathlib import Path
        >>> place_of(Source(Path("/a/b.txt"))).stem
        'b'
    """
    return Place(str(source), source.key, source.stem)


@dataclass(frozen=True, slots=True)
class Begun:
    """A file with what became of it already, or the future of its reports, and its bytes.

    Attributes:
        place: the file.
        outcome: what became of it, or what it holds, or why it cannot be read.
        size: its bytes.
    """

    place: Place
    outcome: list[FileOutcome] | Future[PreparedFile] | ReadError
    size: int = 0


class Storing:
    """Stores what was read of files, and says what became of each.

    Args:
        store: where the reports go.
        taxonomy: the topics of the model that tagged them.
        first_step: sentences after which the index follows for the first time.
        growth: then after so much more than there were.
        stored: told of each file that was stored, with the ids of its reports in order; ``""``
            for one that was there already.
    """

    def __init__(
        self,
        store: Store,
        taxonomy: Taxonomy,
        *,
        first_step: int = _FIRST_STEP,
        growth: float = _GROWTH,
        stored: Callable[[PreparedFile, Sequence[str]], object] = lambda prepared, ids: None,
    ) -> None:
        self._store = store
        self._taxonomy = taxonomy
        self._first_step = first_step
        self._growth = growth
        self._stored = stored
        self._known = Recogniser(store)

    def run(
        self,
        begun: Iterable[Begun],
        total: int,
        follow: Callable[[], None],
        progress: Callable[[str, int, int], None],
        ended: Callable[[FileOutcome], object] = bool,
        turn: Callable[[], Taxonomy | None] = lambda: None,
    ) -> list[FileOutcome]:
        """Store files, and return what became of them.

        Args:
            begun: the files, in order.
            total: how many they are.
            follow: lets the index follow; called now and then, so that what is read can be searched
                before all is read, and at the end.
            progress: told of every file.
            ended: told what became of each report, as soon as it is known.
            turn: lets other writers have their turn after each file; returns the topics from then
                on if one of them has changed these.

        Raises:
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        outcomes: list[FileOutcome] = []
        sentences, step, done = 0, self._first_step, 0
        progress("reading", 0, total)
        try:
            for done, of_file in enumerate(map(self._ended, begun), 1):
                outcomes += of_file
                for one in of_file:
                    ended(one)
                sentences += sum(o.sentences for o in of_file if o.status in ("added", "replaced"))
                self._taxonomy = turn() or self._taxonomy
                progress("sentences", sentences, 0)
                progress("reading", done, total)
                if sentences >= step:
                    follow()
                    step = int(self._growth * sentences) + self._first_step
        except (LibraryError, sqlite3.Error, OSError) as error:
            raise stopped(error, done, total, "files", outcomes) from None
        follow()
        return outcomes

    def _ended(self, begun: Begun) -> list[FileOutcome]:
        """Store a file when it is read, and return what became of its reports."""
        try:
            if isinstance(begun.outcome, ReadError):
                raise begun.outcome
            if isinstance(begun.outcome, list):
                return begun.outcome
            return self._store_file(begun.place, begun.outcome.result())
        except LibraryError:
            raise  # nothing more can be stored
        except GongwenError as error:
            return [failed(begun.place.name, error)]

    def unchanged(self, place: Place, digest: str, anew: bool = False) -> list[FileOutcome]:
        """Say what is there already of a file whose bytes are known, nothing when they are not.

        Args:
            place: the file.
            digest: the SHA-256 of its bytes.
            anew: whether a file that is there is read anew in any case.
        """
        sources = self._store.sources
        known = sources.of_file(place.key)
        if known:
            if anew or set(known.values()) != {digest}:
                return []
        elif same := sources.with_hash(digest):
            known = dict.fromkeys((report for report, _ in same), digest)
            sources.add_copies(place.key, digest, ((r, place.key + part) for r, part in same))
        return [
            FileOutcome(
                place.name,
                "unchanged",
                report.id,
                report.sentences,
                ""
                if report.source.startswith(place.key)
                else in_language(f"same text as {report.source}"),
            )
            for report in self._store.reports(known)
        ]

    def _store_file(self, place: Place, prepared: PreparedFile) -> list[FileOutcome]:
        """Store the reports of a file in one step."""
        new: list[NewReport] = []
        outcomes: list[FileOutcome] = []
        copies: list[tuple[str, str]] = []
        wheres = [place.key + (f"#{one.part}" if one.part else "") for one in prepared.reports]
        for one, where in zip(prepared.reports, wheres, strict=True):
            recognised = self._known.recognise(one.document, one.sketch, where)
            if recognised.same:
                [report] = self._store.reports([recognised.same])
                copies.append((report.id, where))
                message = in_language(f"same report as {report.source}")
                outcomes.append(
                    FileOutcome(place.name, "copy", report.id, report.sentences, message)
                )
            else:
                new.append(self._new(place, where, one, recognised.similar))
        content = FileContent(place.key, prepared.sha256, new, copies)
        stored = self._store.put(content, self._taxonomy)
        ids = {kept.source: id_ for kept, (id_, _) in zip(new, stored, strict=True)}
        self._stored(prepared, [ids.get(where, "") for where in wheres])
        for kept, (id_, replaced) in zip(new, stored, strict=True):
            status: Outcome = "replaced" if replaced else "added"
            likes = [f"similar to {s.report}" for s in kept.similar[:1]]
            message = _("; ").join(map(in_language, (*kept.notes, *likes)))
            size = len(kept.document.sentences)
            outcomes.append(FileOutcome(place.name, status, id_, size, message))
        return outcomes

    def _new(
        self, place: Place, where: str, prepared: Prepared, similar: Sequence[Similar]
    ) -> NewReport:
        older = self._store.report_from(where)
        said = self._store.sources.said(older) if older else {}
        document, figures = prepared.document, prepared.figures
        if said:
            document = with_said(document, said, how=BY_HAND)
            figures = tuple(figures_of(document))
        return NewReport(
            id=report_id(f"{place.stem} {prepared.part}"),
            source=where,
            document=document,
            tags=prepared.tags,
            sketch=prepared.sketch,
            figures=figures,
            notes=prepared.notes,
            stated=prepared.stated,
            similar=similar,
            said=said,
        )


def failed(name: str, error: GongwenError) -> FileOutcome:
    """Return the outcome of a file that cannot be read.

    Example:
        >>> failed("a.pdf", ReadError("a.pdf: the file is empty")).message
        'a.pdf: the file is empty'
    """
    problem = in_language(str(error).removeprefix(f"{name}: "))
    message = _("{place}: {problem}").format(place=name, problem=problem)
    return FileOutcome(name, "failed", message=message)


class Ingest:
    """Reads files, and adds them to a store.

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
        self._storing = Storing(store, taxonomy)
        self._recipe = recipe
        self._workers = workers
        self._count = count

    def run(
        self,
        found: Sequence[Source | ReadError],
        follow: Callable[[], None],
        progress: Callable[[str, int, int], None],
        ended: Callable[[FileOutcome], object] = bool,
        turn: Callable[[], tuple[Recipe, Taxonomy] | None] = lambda: None,
    ) -> list[FileOutcome]:
        """Add files in their order, and return what became of them, as :meth:`Storing.run` does.

        Args:
            found: the files.
            follow: as there.
            progress: likewise.
            ended: likewise.
            turn: lets other writers have their turn after each file; returns the recipe and the
                topics from then on if one of them has changed these.
        """

        def topics() -> Taxonomy | None:
            changed = turn()
            if changed is None:
                return None
            self._recipe = changed[0]
            return changed[1]

        return self._storing.run(self._prepared(found), len(found), follow, progress, ended, topics)

    def _prepared(self, found: Iterable[Source | ReadError]) -> Iterator[Begun]:
        """Yield every file in order; when there are workers, they are kept ahead of the caller.

        While the caller lets the index follow, which takes seconds, they go on. A file that was
        begun before another writer chose another model is read anew.
        """
        waiting: deque[tuple[Begun, Source | ReadError, Recipe]] = deque()
        ahead = 0

        def first() -> Begun:
            begun, item, recipe = waiting.popleft()
            stale = recipe != self._recipe and isinstance(begun.outcome, Future)
            return self._begun(item) if stale else begun

        for item in found:
            waiting.append((begun := self._begun(item), item, self._recipe))
            ahead += begun.size
            while waiting and (
                self._count == 1 or len(waiting) > _AHEAD_FILES or ahead > _AHEAD_BYTES
            ):
                ahead -= waiting[0][0].size
                yield first()
        while waiting:
            yield first()

    def _begun(self, item: Source | ReadError) -> Begun:
        if isinstance(item, ReadError):
            name = str(item).partition(": ")[0]
            return Begun(Place(name, name, name), item)
        place = place_of(item)
        done: Future[PreparedFile] = Future()
        try:
            data, digest = load(item, self._recipe.limits)
            if outcomes := self._storing.unchanged(place, digest, bool(self._recipe.encoding)):
                return Begun(place, outcomes)
            if self._count > 1 or not is_short_plain_text(item.name, data):
                seconds = self._recipe.limits.seconds * _PATIENCE
                call = prepare_call(item, self._recipe, data, digest, seconds)
                return Begun(place, self._workers.call(call), len(data))
            done.set_result(prepare_loaded(item, self._recipe, data, digest))
        except GongwenError as error:
            done.set_exception(error)
        return Begun(place, done)
