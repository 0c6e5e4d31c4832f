"""One writer at a time: the lock of a library, and who holds it.

Ctrl-C can end a function at any line, also between taking something and noting that it was taken,
or just before it is given back. So whoever holds a lock or a transaction is remembered by its
frame: once that frame has left the stack of its thread, nobody will give it back any more, and
the next user does.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..nlp.errors import LibraryError, LibraryInUseError
from .row_values import now


def is_running(frame: FrameType | None, thread: int | None = None) -> bool:
    """Say whether ``frame`` is on the stack of a thread.

    Args:
        frame: of a function that is no generator; one of those leaves the stack at every yield.
        thread: the thread's ident; the calling thread by default.
    """
    if frame is None:
        return False
    if thread is None or thread == threading.get_ident():
        at: FrameType | None = sys._getframe(1)
    else:
        at = sys._current_frames().get(thread)
    while at is not None:
        if at is frame:
            return True
        at = at.f_back
    return False


_LOCK_FILE = "lock.db"
_HOLDER_FILE = "writer.json"
WAIT_SECONDS = 10.0
"""Seconds a writer waits for another by default."""
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class _Hold:
    """A connection that has the lock, or is about to take it, and for whom."""

    connection: sqlite3.Connection
    thread: int
    frame: FrameType
    process: int


class WriterLock:
    """The lock for writing to the library in ``folder``.

    It is SQLite's lock on a file of its own, so that it ends with the process, however that ends,
    works wherever the store works, and holds between threads as between processes. The thread
    that holds it may take it again. What an interrupted function has left is given back when the
    lock is next asked for.

    Args:
        folder: the library's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holds: list[_Hold] = []

    def held(
        self, doing: str, wait: float = WAIT_SECONDS, first: Callable[[], object] | None = None
    ) -> Held:
        """Return a block that holds the lock; not for generators.

        Args:
            doing: what for, in a word, as another writer is told.
            wait: seconds to wait for another process or thread.
            first: is called when the lock was taken, unless the thread had it already.

        Entering it raises:
            LibraryInUseError: another process or thread holds it; says which.
            LibraryError: the folder cannot be written to.
        """
        return Held(self, doing, wait, first)

    def take(self, doing: str, wait: float, frame: FrameType) -> _Hold | None:
        """Take the lock for ``frame``; ``None`` when its thread has it already."""
        self._reclaim()
        me = threading.get_ident()
        if any(hold.thread == me for hold in self._holds):
            return None
        try:
            connection = sqlite3.connect(
                self._folder / _LOCK_FILE, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise LibraryError(f"{self._folder}: cannot be written to ({error})") from None
        # Noted before it is taken: an interruption in between leaves nothing unknown.
        hold = _Hold(connection, me, frame, os.getpid())
        self._holds.append(hold)
        until = time.monotonic() + wait
        try:
            while True:
                try:
                    connection.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise LibraryError(
                            f"{self._folder}: cannot be written to ({error})"
                        ) from None
                    if time.monotonic() >= until:
                        raise LibraryInUseError(
                            f"{self._folder}: {self._holder()} is writing to it; try again later"
                        ) from None
                    time.sleep(_PAUSE_SECONDS)
                    self._reclaim()  # another thread's, which may have been interrupted
            if doing:
                self._sign(doing)
        except BaseException:
            self.give_back(hold)
            raise
        return hold

    def give_back(self, hold: _Hold) -> None:
        """Give the lock back, or the wait for it up."""
        # Closed already, if this was interrupted before.
        with contextlib.suppress(OSError, sqlite3.ProgrammingError):
            if hold.connection.in_transaction:
                (self._folder / _HOLDER_FILE).unlink(missing_ok=True)
        hold.connection.close()
        with contextlib.suppress(ValueError):
            self._holds.remove(hold)

    def _reclaim(self) -> None:
        """Give back what functions hold that do not run any more; a forked child holds nothing."""
        for hold in list(self._holds):
            if hold.process != os.getpid():
                self._holds.remove(hold)
            elif not is_running(hold.frame, hold.thread):
                self.give_back(hold)

    def _sign(self, doing: str) -> None:
        holder = {"pid": os.getpid(), "host": platform.node(), "doing": doing, "since": now()}
        with contextlib.suppress(OSError):  # it only helps others to know
            (self._folder / _HOLDER_FILE).write_text(json.dumps(holder), "utf-8")

    def holder(self) -> str:
        """Say who holds the lock, ``""`` when nobody does, this thread does, or nobody can say."""
        if not (self._folder / _HOLDER_FILE).exists():
            return ""
        try:
            hold = self.take("", 0.0, sys._getframe())
        except LibraryInUseError:
            return self._holder()
        except LibraryError:  # who may only read cannot ask for the lock
            return self._holder() if self._seems_alive() else ""
        if hold:
            self.give_back(hold)
        return ""

    def _seems_alive(self) -> bool:
        """Say whether the process that has signed last is there, as far as this one can see."""
        try:
            holder = json.loads((self._folder / _HOLDER_FILE).read_text("utf-8"))
            if holder["host"] == platform.node() and os.name == "posix":
                os.kill(int(holder["pid"]), 0)  # which only asks; elsewhere it would end it
        except PermissionError:
            return True
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return False
        return True

    def _holder(self) -> str:
        try:
            holder = json.loads((self._folder / _HOLDER_FILE).read_text("utf-8"))
            who = "gongwen {doing} (process {pid} on {host}, since {since})".format_map(holder)
        except (OSError, ValueError, KeyError, TypeError):
            return "another gongwen"
        return " ".join(who.split())


class Held:
    """A block that holds a :class:`WriterLock`."""

    def __init__(
        self, lock: WriterLock, doing: str, wait: float, first: Callable[[], object] | None
    ) -> None:
        self._lock = lock
        self._doing = doing
        self._wait = wait
        self._first = first
        self._hold: _Hold | None = None

    def __enter__(self) -> None:
        self._hold = self._lock.take(self._doing, self._wait, sys._getframe(1))
        if self._hold and self._first:
            try:
                self._first()
            except BaseException:
                self._lock.give_back(self._hold)
                raise

    def __exit__(self, *_: object) -> None:
        if self._hold:
            self._lock.give_back(self._hold)
