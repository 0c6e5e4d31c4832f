"""Keep a library's index up to its store: open, follow, and rebuild what is lost."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .nlp.errors import IndexLostError, LibraryError, LibraryInUseError
from .store import Store
from .writing import WAIT_SECONDS, WriterLock

if TYPE_CHECKING:
    from .index.engine import Engine
    from .workers import Workers

_FOLDER = "index"
_FEED_SENTENCES = 50_000
"""Sentences whose words are fed in one step; a large add becomes visible step by step."""

_FIRST_WAIT_SECONDS = 60.0
"""Seconds that a search waits for another process to build the first index."""

Progress = Callable[[str, int, int], None]
"""Called with what is done (``reading``, ``indexing``), how far, and of how many."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Take no note of progress."""


class Indexing:
    """The index of a library.

    Args:
        folder: the library's folder.
        store: what the index follows.
        lock: is held while the index is written.
    """

    def __init__(self, folder: Path, store: Store, lock: WriterLock) -> None:
        self._folder = folder
        self._store = store
        self._lock = lock
        self._engine: Engine | None = None

    def close(self) -> None:
        """Release every file."""
        if self._engine:
            self._engine.close()
            self._engine = None

    @property
    def behind(self) -> bool:
        """Whether the index has not caught up with the store."""
        return self._engine is None or self._engine.generation != self._store.generation

    def engine(self) -> Engine:
        """Return the engine, brought up to the store's generation where that is possible now.

        Raises:
            LibraryError: the library was closed, or another process is building its first index.
        """
        if self._store.closed:
            raise LibraryError(f"{self._folder}: the library was closed; open it again")
        try:
            if self._engine is None:
                self._engine = self._open()
            if self.behind:
                # Another process may be at it, or the folder may be read-only: then what the
                # index has is searched as it is.
                with contextlib.suppress(LibraryError, OSError):
                    self._catch_up_or_reopen(wait=0.0)
        except IndexLostError:
            self.catch_up()
        assert self._engine is not None
        until = time.monotonic() + _FIRST_WAIT_SECONDS
        while not self._engine.generation and self._store.generation:
            # Nothing is no answer: whoever builds the first index is waited for.
            if not self._catch_up_or_reopen(wait=0.2) and time.monotonic() > until:
                self.catch_up(wait=0.0)  # says who it is
        return self._engine

    def state(self) -> tuple[int, str]:
        """Return the generation of the index and ``""``, or -1 and what is wrong with it."""
        try:
            engine = self.engine()
            engine.check()
            return engine.generation, ""
        except LibraryError as error:
            return -1, str(error)

    def _catch_up_or_reopen(self, wait: float) -> bool:
        """Catch up, or when another process is writing, take what it has written so far.

        Returns:
            Whether the index has caught up.
        """
        try:
            self.catch_up(wait=wait)
            return True
        except LibraryInUseError:
            fresh = self._open()
            if self._engine and self._engine.generation == fresh.generation:
                fresh.close()
            else:
                self.close()
                self._engine = fresh
            return False

    def heal(self) -> None:
        """Open the index anew after it failed; what failed is built anew, unless it was already."""
        failed = self._engine.build if self._engine else ""
        self.close()
        with contextlib.suppress(IndexLostError), self._lock.held("indexing"):
            engine = self._open()
            same = engine.build == failed
            engine.close()
            if same:
                self._drop()
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
            except IndexLostError:
                self._drop()
                engine = self._open()
            if self._engine:
                self._engine.close()
            self._engine = engine
            if self.behind:
                from .feed import feed

                feed(engine, self._store, workers, _FEED_SENTENCES, progress)

    def rebuild(self, workers: Workers | None, progress: Progress) -> None:
        """Build the index anew beside the old one, which is searched meanwhile, and replace it."""
        from .feed import feed

        fresh = self._folder / f"{_FOLDER}.new"
        with self._lock.held("reindex"):
            shutil.rmtree(fresh, ignore_errors=True)
            engine = self._open(fresh)
            feed(engine, self._store, workers, _FEED_SENTENCES, progress)
            engine.close()
            self._drop()
            # Where files that are open cannot be removed, it is built once more in its place.
            with contextlib.suppress(OSError):
                fresh.rename(self._folder / _FOLDER)
        self.catch_up(workers, progress)
        shutil.rmtree(fresh, ignore_errors=True)

    def _open(self, folder: Path | None = None) -> Engine:
        from .index.whoosh_engine import WhooshEngine

        engine = WhooshEngine(folder or self._folder / _FOLDER, self._store.id)
        if engine.generation > self._store.generation:
            engine.close()
            raise IndexLostError(f"{self._folder}: the index is newer than the store")
        return engine

    def _drop(self) -> None:
        self.close()
        folder = self._folder / _FOLDER
        (folder / "manifest.json").unlink(missing_ok=True)  # first: the rest is nothing without it
        shutil.rmtree(folder, ignore_errors=True)
