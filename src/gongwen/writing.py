"""One writer at a time: the lock of a library, and who holds it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import RLock

from .clock import now
from .nlp.errors import LibraryError, LibraryInUseError

_LOCK_FILE = "lock.db"
_HOLDER_FILE = "writer.json"
WAIT_SECONDS = 10.0
"""Seconds a writer waits for another by default."""


class WriterLock:
    """The lock for writing to the library in ``folder``.

    It is SQLite's lock on a file of its own, so that it ends with the process, however that ends,
    and works wherever the store works. Whoever holds it may take it again.

    Args:
        folder: the library's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mutex = RLock()
        self._depth = 0

    @contextlib.contextmanager
    def held(self, doing: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock.

        Args:
            doing: what for, in a word, as another writer is told.
            wait: seconds to wait for another process.

        Raises:
            LibraryInUseError: another process holds it; says which.
            LibraryError: the folder cannot be written to.
        """
        with self._mutex:
            if self._depth:
                yield
                return
            lock = self._lock(wait)
            try:
                self._depth += 1
                self._sign(doing)
                yield
            finally:
                self._depth -= 1
                with contextlib.suppress(OSError):
                    (self._folder / _HOLDER_FILE).unlink(missing_ok=True)
                lock.close()

    def _lock(self, wait: float) -> sqlite3.Connection:
        lock = None
        try:
            lock = sqlite3.connect(
                self._folder / _LOCK_FILE,
                timeout=wait,
                isolation_level=None,
                check_same_thread=False,
            )
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if lock:
                lock.close()
            if "locked" in str(error):
                raise LibraryInUseError(
                    f"{self._folder}: {self._holder()} is writing to it; try again later"
                ) from None
            raise LibraryError(f"{self._folder}: cannot be written to ({error})") from None
        return lock

    def _sign(self, doing: str) -> None:
        holder = {"pid": os.getpid(), "host": platform.node(), "doing": doing, "since": now()}
        with contextlib.suppress(OSError):  # it only helps others to know
            (self._folder / _HOLDER_FILE).write_text(json.dumps(holder), "utf-8")

    def holder(self) -> str:
        """Say who holds the lock, ``""`` when nobody does or nobody can say."""
        if not (self._folder / _HOLDER_FILE).exists() or self._depth:
            return ""
        try:
            self._lock(wait=0.0).close()
        except LibraryInUseError:
            return self._holder()
        except LibraryError:
            pass
        return ""

    def _holder(self) -> str:
        try:
            holder = json.loads((self._folder / _HOLDER_FILE).read_text("utf-8"))
            who = "gongwen {doing} (process {pid} on {host}, since {since})".format_map(holder)
        except (OSError, ValueError, KeyError, TypeError):
            return "another gongwen"
        return " ".join(who.split())
