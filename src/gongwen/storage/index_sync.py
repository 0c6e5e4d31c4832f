"""Keep the index of a library in step with its store: open it, feed it, and rebuild it."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..index.engine import Engine, Retag
from ..nlp.errors import (
    EngineUnavailable,
    GongwenError,
    IndexLostError,
    LibraryError,
    LibraryInUseError,
    UnknownNameError,
)
from .feeding import NO_WORDS, KnownWords, feed
from .lock import WAIT_SECONDS, Lock
from .store import Store

if TYPE_CHECKING:
    from ..index.engines import EngineFactory
    from ..index.searcher import Searcher, Source
    from ..ingest.worker_pool import Workers

_ENGINE = "engine"  # setting of the library that names its engine
DEFAULT_ENGINE = "whoosh"  # of a library that names none
_FORMER_FOLDER = "index.new"  # in which older versions built; a killed process may have left one
_FEED_SENTENCES = 50_000
"""Sentences that are fed to the engine in one step, after which they can be found."""

_FIRST_WAIT_SECONDS = 60.0
"""Seconds that a search waits for another process to build the first index."""
_FOLLOW_SECONDS = 5.0
"""Seconds that it waits for one that takes in what other desks have changed."""
_ATTEMPTS = 5
"""Times that an index is verified anew because a writer replaced it meanwhile."""

Progress = Callable[[str, int, int], None]
"""Called with the name of a task (``reading``, ``indexing``), units done, and their total."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Ignore progress; the default of functions that report it."""


class Indexing:
    """The index of a library, which follows its store.

    Threads share one engine for reading; it lives as long as one of them uses it. A writer holds
    the lock and uses an engine of its own.

    Args:
        folder: the library's folder.
        store: the store that the index follows.
        lock: the lock that is held while the index is written.

    Attributes:
        hindrance: why the last attempt to update the index failed, ``""`` when it did not.
    """

    def __init__(self, folder: Path, store: Store, lock: Lock) -> None:
        self._folder = folder
        self._store = store
        self._lock = lock
        self._engine: Engine | None = None
        self._view: tuple[Engine, Engine] | None = None
        self._searcher: tuple[Engine, Searcher] | None = None
        self.hindrance = ""

    def close(self) -> None:
        """Close the index; searches that other threads have begun are finished."""
        self._engine = self._view = self._searcher = None

    @property
    def behind(self) -> bool:
        """Whether the index is older than the store, or written by an older version."""
        engine = self._engine
        return engine is None or engine.outdated or engine.generation != self._store.generation

    @property
    def outdated(self) -> bool:
        """Whether the index that is used was written by an older version."""
        return self._engine is not None and self._engine.outdated

    @property
    def engine_name(self) -> str:
        """The name of the engine that holds the index."""
        return self._store.meta(_ENGINE) or DEFAULT_ENGINE

    def use(self, engine: str) -> None:
        """Let a new library have an engine, and make sure that another one has it.

        An index in a cluster that is reached by another address now, as its nodes have changed,
        stays where it is.

        Args:
            engine: name or address of the engine.

        Raises:
            UnknownNameError: there is no such engine.
            EngineUnavailable: it cannot be loaded.
            LibraryError: the library has another engine, or this is no address.
        """
        present = self.engine_name
        if engine == present:
            return
        from ..index.engines import factory, is_same_index  # late: an engine loads NumPy

        factory(engine)
        moved = self._store.generation and is_same_index(engine, present)
        if self._store.generation and not (moved and self._open(name=engine).generation):
            raise LibraryError(
                f"{self._folder}: its index is in the engine {present}; gongwen reindex --engine "
                f"{engine} moves it there"
            )
        if not self._store.read_only:
            with self._lock.held("settings"), self._store.transaction(bump=False):
                self._store.set_meta(_ENGINE, engine)

    # -- reading ---------------------------------------------------------------------------

    def engine(self) -> Engine:
        """Return an engine for reading, updated first if the index can be written now.

        Raises:
            IndexLostError: the index cannot be read, or another process is replacing it.
            EngineUnavailable: the engine does not answer, or is not installed.
            LibraryError: the library was closed, or has no index yet and is read-only.
        """
        if self._store.closed:
            raise LibraryError(f"{self._folder}: the library was closed; open it again")
        engine = self._engine or self._reopened()
        if engine.outdated or engine.generation != self._store.generation:
            self.hindrance = ""
            try:
                # Only another desk tells of a change before the index of this one has it.
                engine = self._caught_up(engine, _FOLLOW_SECONDS if self._store.address else 0.0)
            except IndexLostError:
                raise
            except LibraryError as error:  # the older index is searched
                self.hindrance = str(error)
        until = time.monotonic() + _FIRST_WAIT_SECONDS
        while not engine.generation and self._store.generation:
            if self._store.index_read_only and time.monotonic() > until - _FIRST_WAIT_SECONDS + 1:
                raise LibraryError(
                    f"{self._folder}: has no index yet, and may not be written to; let someone "
                    "who may write to it run gongwen status once"
                )
            # Without any index nothing would be found, so wait for whoever builds the first one.
            timed_out = time.monotonic() > until
            try:
                engine = self._caught_up(engine, wait=0.2)
            except LibraryInUseError:
                if timed_out:
                    raise
        return engine

    def _caught_up(self, engine: Engine, wait: float) -> Engine:
        """Return an engine that has caught up; for a read-only library, the newest on disk."""
        if self._store.index_read_only:
            return self._reopened() if engine.replaced else engine
        try:
            self.catch_up(wait=wait)
        except LibraryInUseError:
            if not engine.replaced:
                raise
            return self._reopened()
        return self._engine or self._reopened()  # another thread may be catching up again

    def _reopened(self) -> Engine:
        """Open the index as it is on disk now, and use it for reading from now on."""
        self._engine = engine = self._open()
        return engine

    def view(self, engine: Engine, last: bool = True) -> Engine | None:
        """Return an engine that agrees with the snapshot of the store in the calling thread.

        Sentences that were removed or retagged since the engine's generation are corrected in
        memory. Sentences that were added since are missing as long as the index is :attr:`behind`.

        Args:
            engine: the engine to read from.
            last: whether this is the last attempt. Otherwise ``None`` is returned when a newer
                index is on disk.

        Raises:
            IndexLostError: the index is newer than the store.
        """
        after, generation = engine.generation, self._store.generation
        if after == generation:
            return engine
        if not last and engine.replaced:
            return None
        if after > generation:
            raise IndexLostError(f"{self._folder}: the index is newer than the store")
        from ..index.overlay import overlaid  # late: few readers find a newer store

        known = self._view
        if known and known[0] is engine and known[1].generation == generation:
            return known[1]
        removed = self._store.removed(after, generation)
        retagged = [Retag(*change) for change in self._store.tags.changed(after)]
        view = overlaid(engine, removed, retagged, generation)
        self._view = engine, view
        return view

    def searcher(self, view: Engine, source: Callable[[], Source]) -> Searcher:
        """Return what answers searches over a view, which remembers what all of them need.

        Args:
            view: what :meth:`view` returned, for the snapshot in the calling thread.
            source: gives the texts and reports that the engine does not keep.
        """
        from ..index.engines import searcher_of  # late: an engine loads NumPy

        known = self._searcher
        if known and known[0] is view:
            return known[1]
        searcher = searcher_of(view, source)
        by_itself: object = view
        self._searcher = None if searcher is by_itself else (view, searcher)
        return searcher

    def forget(self, engine: Engine | None = None) -> None:
        """Drop the engine, so that the index is opened anew when it is next needed.

        Args:
            engine: drop only this one; ``None`` for any.
        """
        if engine is None or self._engine is engine:
            self._engine = self._view = self._searcher = None

    def state(self) -> tuple[int, str]:
        """Return the generation of the index and ``""``, or -1 and why it cannot be opened.

        The generation is 0 while another process builds the first index. The files of the index
        are not read, see :meth:`damage`; an engine on another machine is asked, for it may have
        stopped since the index was opened.
        """
        try:
            engine = self.engine()
            if not engine.capabilities.local_files and (problems := engine.verify()):
                return -1, problems[0]
            return engine.generation, ""
        except LibraryInUseError:
            return 0, ""
        except LibraryError as error:
            return -1, str(error)

    def damage(self) -> list[str]:
        """Return a message for each file of the index that is not as it was written.

        All of them are read. One that cannot be opened, or is being built, has none.
        """
        problems: list[str] = []
        with contextlib.suppress(LibraryError):  # state() says why
            for _ in range(_ATTEMPTS):
                engine = self.engine()
                problems = engine.verify()
                if not problems or not engine.replaced:
                    break
                self.forget(engine)
        return problems

    # -- writing ---------------------------------------------------------------------------

    def heal(self) -> None:
        """Verify the index under the lock, and rebuild it if it is damaged.

        An engine that does not answer proves nothing, and its index stays as it is.

        Raises:
            LibraryError: another process is writing.
            EngineUnavailable: the engine does not answer, or is not installed.
            IndexLostError: the library is read-only.
        """
        self.forget()
        if self._store.index_read_only:
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
        known: KnownWords = NO_WORDS,
    ) -> None:
        """Feed the index with the changes of the store; rebuild it if it cannot be opened.

        Args:
            workers: processes that segment text into words; ``None`` for this process.
            progress: called after each batch.
            wait: seconds to wait for another process that writes.
            known: words of new sentences that were cut already.

        Raises:
            LibraryError: another process is writing.
            EngineUnavailable: the engine does not answer, or is not installed.
        """
        if not self.behind:
            return
        with self._lock.held("indexing", wait):
            try:
                engine = self._open()
            except IndexLostError:  # under the lock nobody can be replacing it
                self._build_anew(workers, progress)
                return
            if engine.outdated:
                self._build_anew(workers, progress)
                return
            # an interrupted engine must not be used for reading
            self._engine = self._searcher = None
            if engine.generation != self._store.generation:
                self._feed(engine, workers, progress, known)
            self._engine = engine

    def rebuild(
        self, workers: Workers | None, progress: Progress, engine: str | None = None
    ) -> None:
        """Build a new index beside the old one, which can be searched meanwhile.

        Args:
            workers: processes that segment text into words; ``None`` for this process.
            progress: called after each batch.
            engine: name of the engine that holds the index from now on, ``None`` for the same.

        Raises:
            UnknownNameError: there is no such engine.
            EngineUnavailable: it does not answer, or is not installed; the library keeps its own.
        """
        from ..index.engines import factory  # late: an engine loads NumPy

        if engine is not None:
            factory(engine)
        with self._lock.held("reindex"):
            if engine is None or engine == self.engine_name:
                self._build_anew(workers, progress)
            else:
                self._move(engine, workers, progress)

    def _move(self, name: str, workers: Workers | None, progress: Progress) -> None:
        """Build the index in another engine, use that from now on, and remove the old index."""
        from ..index.engines import factory, is_same_index, location  # late: loads NumPy

        former = self.engine_name
        new, place = factory(name), location(self._folder, name)
        stays = is_same_index(name, former)  # by another address, so there is nothing to remove
        if not stays:
            new.drop(place, self._store.id)  # what a process that died has left
        engine = self._open(staged=True, name=name)
        self._feed(engine, workers, progress)
        if engine.generation:
            engine.publish()
        with self._store.transaction(bump=False):
            self._store.set_meta(_ENGINE, name)
        self._view, self._searcher, self._engine = None, None, engine
        if stays:
            return
        try:
            factory(former).drop(location(self._folder, former), self._store.id)
        except (EngineUnavailable, UnknownNameError) as error:
            self.hindrance = f"the former index could not be removed ({error})"

    def tidy(self) -> None:
        """Remove files that killed processes have left; the caller holds the lock."""
        engine = self._engine
        if engine is None or engine.replaced:  # by another process
            engine = self._open()
        engine.tidy()

    def tidy_when_free(self) -> None:
        """Remove files that killed processes have left, unless another process is writing."""
        if self._store.index_read_only or not (self._engine or self._open()).leftovers():
            return
        with contextlib.suppress(LibraryError), self._lock.held("tidying", wait=0.0):
            self.tidy()

    def _build_anew(self, workers: Workers | None, progress: Progress) -> None:
        """Build a new index beside the old one, and replace the old one in one step."""
        engine = self._open(staged=True)
        self._feed(engine, workers, progress)
        if engine.generation:
            engine.publish()
        else:  # nothing to index
            factory, place = self._factory()
            factory.drop(place, self._store.id)
        self._engine = engine

    def _feed(
        self,
        engine: Engine,
        workers: Workers | None,
        progress: Progress,
        known: KnownWords = NO_WORDS,
    ) -> None:
        shutil.rmtree(self._folder / _FORMER_FOLDER, ignore_errors=True)
        try:
            feed(engine, self._store, workers, _FEED_SENTENCES, progress, known)
        except GongwenError:
            raise
        except Exception as error:  # NumPy raises various errors on Ctrl-C and a full disk
            why = getattr(error, "strerror", None) or type(error).__name__
            raise LibraryError(
                f"{self._folder}: the index cannot be written ({why}); what is stored stays, and "
                "the index follows when it can"
            ) from error

    def _factory(self, name: str = "") -> tuple[EngineFactory, Path]:
        """Return the factory of an engine, by default that of the library, and its place.

        Raises:
            EngineUnavailable: the engine is not installed.
        """
        from ..index.engines import factory, location  # late: an engine loads NumPy

        name = name or self.engine_name
        try:
            return factory(name), location(self._folder, name)
        except UnknownNameError as error:
            raise EngineUnavailable(
                f"{self._folder}: the index is one of {name}, an engine that is not installed "
                "here; install its package, or run gongwen reindex --engine whoosh"
            ) from error

    def _open(self, staged: bool = False, name: str = "") -> Engine:
        factory, place = self._factory(name)
        engine = factory.open(place, self._store.id, staged=staged)
        if engine.generation > self._store.generation:
            raise IndexLostError(f"{self._folder}: the index is newer than the store")
        return engine
