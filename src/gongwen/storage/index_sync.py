"""Keep the index of a library up to its store: open it, feed it, and rebuild what is damaged."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ..index.engine import Engine, Entry, Retag
from ..ingest.worker import segment_batch, segment_call, segmenter
from ..ingest.worker_pool import Workers
from ..nlp.errors import GongwenError, IndexLostError, LibraryError, LibraryInUseError
from ..nlp.text.normalize import squeeze
from ..readers.base import LONGEST_CUT
from ..results import Report, StoredSentence
from .lock import WAIT_SECONDS, WriterLock
from .store import Store

_FOLDER = "index"
_FORMER_FOLDER = "index.new"
"""Where gongwen used to build an index beside the old one; a killed process may have left it."""
_FEED_SENTENCES = 50_000
"""Sentences whose words are fed in one step; a large add becomes visible step by step."""

_FIRST_WAIT_SECONDS = 60.0
"""Seconds that a search waits for another process to build the first index."""

_ATTEMPTS = 5

Progress = Callable[[str, int, int], None]
"""Called with what is done (``reading``, ``indexing``), how far, and of how many."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Take no note of progress."""


class Indexing:
    """The index of a library.

    Threads share the engine that reads; it lives as long as one of them uses it. Whoever writes
    does so under the lock, with an engine of its own.

    Args:
        folder: the library's folder.
        store: what the index follows.
        lock: is held while the index is written.

    Attributes:
        hindrance: why the index could not follow when it was last tried in vain.
    """

    def __init__(self, folder: Path, store: Store, lock: WriterLock) -> None:
        self._folder = folder
        self._store = store
        self._lock = lock
        self._engine: Engine | None = None
        self._view: tuple[Engine, Engine] | None = None
        self.hindrance = ""

    def close(self) -> None:
        """Let go of the index; searches of other threads that are under way are finished."""
        self._engine = self._view = None

    @property
    def behind(self) -> bool:
        """Whether the index has not caught up with the store."""
        engine = self._engine
        return engine is None or engine.generation != self._store.generation

    # -- reading ---------------------------------------------------------------------------

    def engine(self) -> Engine:
        """Return an engine to read from, brought up to the store where that is possible now.

        Raises:
            IndexLostError: it cannot be read, or another process is just replacing it.
            LibraryError: the library was closed, or has no index yet and may only be read.
        """
        if self._store.closed:
            raise LibraryError(f"{self._folder}: the library was closed; open it again")
        engine = self._engine or self._reopened()
        if engine.generation != self._store.generation:
            self.hindrance = ""
            try:
                engine = self._caught_up(engine, wait=0.0)
            except IndexLostError:
                raise
            except LibraryError as error:  # what there is is searched
                self.hindrance = str(error)
        until = time.monotonic() + _FIRST_WAIT_SECONDS
        while not engine.generation and self._store.generation:
            if self._store.read_only and time.monotonic() > until - _FIRST_WAIT_SECONDS + 1:
                raise LibraryError(
                    f"{self._folder}: has no index yet, and may not be written to; let someone "
                    "who may write to it run gongwen status once"
                )
            # Nothing is no answer: whoever builds the first index is waited for.
            late = time.monotonic() > until
            try:
                engine = self._caught_up(engine, wait=0.2)
            except LibraryInUseError:
                if late:
                    raise
        return engine

    def _caught_up(self, engine: Engine, wait: float) -> Engine:
        """Return an engine that has caught up, or the newest there is for who may only read."""
        if self._store.read_only:
            return self._reopened() if engine.replaced else engine
        try:
            self.catch_up(wait=wait)
        except LibraryInUseError:
            if not engine.replaced:
                raise
            return self._reopened()
        return self._engine or engine

    def _reopened(self) -> Engine:
        """Open the index as it is now, and read from that henceforth."""
        self._engine = engine = self._open()
        return engine

    def view(self, engine: Engine, last: bool = True) -> Engine | None:
        """Return ``engine`` as of the snapshot of the store that the calling thread has begun.

        What was removed and retagged since the engine's generation is laid over it. Only what was
        added since is missing, as long as the index is :attr:`behind`.

        Args:
            engine: to read from.
            last: whether that must do; else ``None`` is returned when there is a newer index.
        """
        after, generation = engine.generation, self._store.generation
        if after == generation:
            return engine
        if not last and engine.replaced:
            return None
        if after > generation:
            raise IndexLostError(f"{self._folder}: the index is newer than the store")
        known = self._view
        if known and known[0] is engine and known[1].generation == generation:
            return known[1]
        from ..index.engine import Retag

        removed = self._store.removed(after, generation)
        retagged = [Retag(*change) for change in self._store.tags.changed(after)]
        view = engine.overlaid(removed, retagged, generation)
        self._view = engine, view
        return view

    def forget(self, engine: Engine | None = None) -> None:
        """Open the index anew when it is next needed, as after a search has failed."""
        if engine is None or self._engine is engine:
            self._engine = self._view = None

    def state(self) -> tuple[int, str]:
        """Return the generation of the index and ``""``, or -1 and what is wrong with it."""
        try:
            for _ in range(_ATTEMPTS):
                engine = self.engine()
                problems = engine.verify()
                if not problems:
                    return engine.generation, ""
                if not engine.replaced:
                    break
                self.forget(engine)
            return -1, problems[0]
        except LibraryInUseError:
            return 0, ""
        except LibraryError as error:
            return -1, str(error)

    # -- writing ---------------------------------------------------------------------------

    def heal(self) -> None:
        """Build the index anew if it is damaged, which is proven first, under the lock.

        Raises:
            LibraryError: another process is writing, or the library may only be read.
        """
        self.forget()
        if self._store.read_only:
            raise IndexLostError(
                f"{self._folder}: the index is damaged, and may not be written to; let someone who "
                "may write to it run gongwen reindex"
            )
        with self._lock.held("indexing"):
            try:
                damaged = bool(self._open().verify())
            except IndexLostError:
                damaged = True
            if damaged:
                self._build_anew(None, quiet)
        self.catch_up()

    def catch_up(
        self,
        workers: Workers | None = None,
        progress: Progress = quiet,
        wait: float = WAIT_SECONDS,
    ) -> None:
        """Feed the engine with what changed in the store; an index that is lost is built anew.

        Args:
            workers: processes that cut text into words; none to do it here.
            progress: told of every batch.
            wait: seconds to wait for another process that writes.

        Raises:
            LibraryError: another process is writing.
        """
        if not self.behind:
            return
        with self._lock.held("indexing", wait):
            try:
                engine = self._open()
            except IndexLostError:  # read under the lock: nobody is replacing it
                self._build_anew(workers, progress)
                return
            self._engine = None  # one that is interrupted must not be read from
            if engine.generation != self._store.generation:
                self._feed(engine, workers, progress)
            self._engine = engine

    def rebuild(self, workers: Workers | None, progress: Progress) -> None:
        """Build the index anew beside the old one, which is searched meanwhile."""
        with self._lock.held("reindex"):
            self._build_anew(workers, progress)

    def tidy(self) -> None:
        """Remove what killed processes have left; only under the lock."""
        engine = self._engine
        if engine is None or engine.replaced:  # by another process: look at what there is now
            engine = self._open()
        engine.tidy()

    def tidy_when_free(self) -> None:
        """Remove what killed processes have left, if there is any and nobody is writing."""
        if self._store.read_only or not (self._engine or self._open()).leftovers():
            return
        with contextlib.suppress(LibraryError), self._lock.held("tidying", wait=0.0):
            self.tidy()

    def _build_anew(self, workers: Workers | None, progress: Progress) -> None:
        """Build an index beside the one that is there, and replace that in one step."""
        engine = self._open(staged=True)
        self._feed(engine, workers, progress)
        if engine.generation:
            engine.publish()
        else:  # nothing to index
            shutil.rmtree(self._folder / _FOLDER, ignore_errors=True)
        self._engine = engine

    def _feed(self, engine: Engine, workers: Workers | None, progress: Progress) -> None:

        shutil.rmtree(self._folder / _FORMER_FOLDER, ignore_errors=True)
        try:
            feed(engine, self._store, workers, _FEED_SENTENCES, progress)
        except GongwenError:
            raise
        except Exception as error:  # NumPy turns Ctrl-C into a TypeError, a full disk into others
            why = getattr(error, "strerror", None) or type(error).__name__
            raise LibraryError(
                f"{self._folder}: the index cannot be written ({why}); what is stored stays, and "
                "the index follows when it can"
            ) from error

    def _open(self, staged: bool = False) -> Engine:
        from ..index.whoosh_engine import WhooshEngine

        engine = WhooshEngine(self._folder / _FOLDER, self._store.id, staged=staged)
        if engine.generation > self._store.generation:
            raise IndexLostError(f"{self._folder}: the index is newer than the store")
        return engine


_BATCH = 500
"""Sentences that a worker cuts at a time."""
_BATCH_CHARACTERS = 1 << 20
"""Characters after which a batch is full before that."""
_BATCH_SECONDS = 300.0
"""Far more than a batch takes on any machine; a worker that hangs must not hang the rest."""


def feed(
    engine: Engine, store: Store, workers: Workers | None, most: int, progress: Progress
) -> None:
    """Feed ``engine`` with what changed in ``store`` since the engine's generation.

    Args:
        engine: is at some earlier generation.
        store: what the engine follows.
        workers: processes that cut text into words; none to do it here.
        most: sentences after which the engine makes a step visible; it always holds whole reports.
        progress: told of every batch.
    """
    total = store.count_changed(engine.generation)
    done = 0
    now = store.generation
    pending = bool(total or store.removed(engine.generation, now))
    if changes := [Retag(*change) for change in store.tags.changed(engine.generation)]:
        # Not the last step when more is pending: only that makes the generation visible.
        engine.retag(changes, engine.generation if pending else now)
    if engine.generation == now:
        return
    # An index from nothing need not agree with an earlier segmenter.
    recorded = (store.meta("segmenter") or "") if engine.generation else ""
    recorded = segmenter(recorded).fingerprint  # one name at every feed: it is loaded once
    cut_all = _cutter(recorded, workers if total > 4 * _BATCH else None)
    for first, last in store.steps(engine.generation, most):
        before = done

        def tell(count: int, before: int = before) -> None:
            progress("indexing", before + count, total)

        entries = _entries(store.changed(first, last), cut_all, tell)
        engine.feed(entries, store.removed(first, last), last)
        done += store.count_changed(first) - store.count_changed(last)
    with store.transaction(bump=False):
        store.set_meta("segmenter", segmenter(recorded).fingerprint)


def _cutter(
    recorded: str, workers: Workers | None
) -> Callable[[Iterable[list[str]]], Iterable[list[list[str]]]]:
    def here(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        return map(partial(segment_batch, recorded), batches)

    def there(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        assert workers
        calls = (segment_call(recorded, batch, _BATCH_SECONDS) for batch in batches)
        return (future.result() for future in workers.map(calls))

    return there if workers else here


def _entries(
    pairs: Iterable[tuple[StoredSentence, Report]],
    cut_all: Callable[[Iterable[list[str]]], Iterable[list[list[str]]]],
    fed: Callable[[int], None],
) -> Iterator[Entry]:
    batches: list[list[tuple[StoredSentence, Report, str]]] = []

    def texts() -> Iterator[list[str]]:
        for batch in _batched(pairs):
            batches.append(batch)
            yield [text[:LONGEST_CUT] for _, _, text in batch]

    count = 0
    for words_of_batch in cut_all(texts()):
        batch = batches.pop(0)
        for (sentence, report, text), words in zip(batch, words_of_batch, strict=True):
            yield entry_of(sentence, report, text, words)
        count += len(batch)
        fed(count)


def _batched(
    pairs: Iterable[tuple[StoredSentence, Report]],
) -> Iterator[list[tuple[StoredSentence, Report, str]]]:
    """Yield sentences with their squeezed text, some at a time, fewer of long ones."""
    batch: list[tuple[StoredSentence, Report, str]] = []
    size = 0
    for sentence, report in pairs:
        batch.append((sentence, report, text := squeeze(sentence.text)))
        size += len(text)
        if len(batch) == _BATCH or size > _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def entry_of(sentence: StoredSentence, report: Report, text: str, words: Sequence[str]) -> Entry:
    """Return a sentence as the engine takes it.

    Args:
        sentence: with its tags.
        report: where it stands.
        text: its text, squeezed.
        words: its words.
    """
    return Entry(
        id=sentence.id,
        text=text,
        words=words,
        topics=(sentence.topic, *sentence.also) if sentence.topic else (),
        role=sentence.role,
        kind=sentence.kind,
        report=report.id,
        region=report.region,
        year=str(report.year),
        probability=sentence.probability,
        heading=squeeze(f"{sentence.heading} {report.title}"),
    )
