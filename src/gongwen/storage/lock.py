"""Lock a library so that one writer changes it at a time, and tell who holds the lock.

Ctrl-C can end a function at any line, also between acquiring a lock and recording it, or just
before releasing it. So the holder of a lock or a transaction is recorded by the frame of its
function: once that frame has left the stack of its thread, nobody will release the lock any more,
and the next user releases it.
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
from typing import Any, Protocol

from ..nlp.errors import LibraryError, LibraryInUseError
from .row_values import now


def is_running(frame: FrameType | None, thread: int | None = None) -> bool:
    """Return whether a frame is on the stack of a thread.

    Args:
        frame: the frame of a function that is no generator, as a generator leaves the stack at
            each yield. ``None`` is never on the stack.
        thread: the ident of the thread; the calling thread by default.

    Example:
        >>> is_running(sys._getframe())
        True
    """
    if frame is None:
        return False
    if thread is None or thread == threading.get_ident():
        current: FrameType | None = sys._getframe(1)
    else:
        current = sys._current_frames().get(thread)
    while current is not None:
        if current is frame:
            return True
        current = current.f_back
    return False


_LOCK_FILE = "lock.db"
_HOLDER_FILE = "writer.json"
WAIT_SECONDS = 10.0
"""Seconds that a writer waits for another writer by default."""
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class _Hold:
    """A connection that has the lock or is about to acquire it, and the function it does so for."""

    connection: sqlite3.Connection
    thread: int
    frame: FrameType
    process: int


class WriterLock:
    """The lock for writing to a library.

    It is SQLite's exclusive lock on a file of its own, so that the operating system releases it
    when the process ends, it works wherever the store works, and it excludes threads as well as
    processes. It is reentrant: the thread that holds it may acquire it again. A lock that an
    interrupted function has left is released when the lock is next acquired.

    Args:
        folder: the library's folder.

    Example:
        >>> with WriterLock(folder).held("add"):
        ...     change_the_library()
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holds: list[_Hold] = []

    def held(
        self,
        doing: str,
        wait: float = WAIT_SECONDS,
        first: Callable[[], object] | None = None,
        last: Callable[[], object] | None = None,
    ) -> Held:
        """Return a context manager that holds the lock; it must not be used in a generator.

        Args:
            doing: the command that needs the lock, in a word; shown to other writers.
            wait: seconds to wait for another process or thread.
            first: called after the lock was acquired, unless the thread had it already.
            last: called before the lock is released, likewise.

        Raises:
            LibraryInUseError: on entering, when another process or thread holds the lock; the
                message names it.
            LibraryError: on entering, when the folder cannot be written to.
        """
        return Held(self, doing, wait, first, last)

    def acquire(self, doing: str, wait: float, frame: FrameType) -> _Hold | None:
        """Acquire the lock for the function of ``frame``; ``None`` if its thread has it already."""
        self._release_abandoned()
        thread = threading.get_ident()
        if any(hold.thread == thread for hold in self._holds):
            return None
        try:
            connection = sqlite3.connect(
                self._folder / _LOCK_FILE, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise LibraryError(f"{self._folder}: cannot be written to ({error})") from None
        # Recorded before it is acquired, so that an interruption in between leaves no unknown lock.
        hold = _Hold(connection, thread, frame, os.getpid())
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
                            f"{self._folder}: {self._holder_text()} is writing to it;"
                            " try again later"
                        ) from None
                    time.sleep(_PAUSE_SECONDS)
                    # The thread that holds it may have been interrupted.
                    self._release_abandoned()
            if doing:
                self._write_holder(doing)
        except BaseException:
            self.release(hold)
            raise
        return hold

    def set_aside(self, meanwhile: Callable[[], object] | None = None) -> bool:
        """Keep the lock: whoever waits for it here looks again and again, and not in order."""
        if meanwhile:
            meanwhile()
        return False

    def close(self) -> None:
        """Do nothing: nothing is kept for the next time."""

    def release(self, hold: _Hold) -> None:
        """Release the lock, or stop waiting for it."""
        # The connection is closed already if an earlier release was interrupted.
        with contextlib.suppress(OSError, sqlite3.ProgrammingError):
            if hold.connection.in_transaction:
                (self._folder / _HOLDER_FILE).unlink(missing_ok=True)
        hold.connection.close()
        with contextlib.suppress(ValueError):
            self._holds.remove(hold)

    def _release_abandoned(self) -> None:
        """Release locks of functions that have ended, and forget those of the parent of a fork."""
        for hold in list(self._holds):
            if hold.process != os.getpid():
                self._holds.remove(hold)
            elif not is_running(hold.frame, hold.thread):
                self.release(hold)

    def _write_holder(self, doing: str) -> None:
        holder = {"pid": os.getpid(), "host": platform.node(), "doing": doing, "since": now()}
        with contextlib.suppress(OSError):  # the file only informs other writers
            (self._folder / _HOLDER_FILE).write_text(json.dumps(holder), "utf-8")

    def holder(self) -> str:
        """Return who holds the lock, in words.

        Returns:
            ``gongwen add (process 12 on host, since 2026-01-02T03:04:05Z)``, or ``""`` when nobody
            or this thread holds it, or when the holder is unknown.
        """
        if not (self._folder / _HOLDER_FILE).exists():
            return ""
        try:
            hold = self.acquire("", 0.0, sys._getframe())
        except LibraryInUseError:
            return self._holder_text()
        except LibraryError:  # without write permission the lock cannot be tried
            return self._holder_text() if self._seems_alive() else ""
        if hold:
            self.release(hold)
        return ""

    def _seems_alive(self) -> bool:
        """Return whether the last recorded holder is a running process, as far as can be seen."""
        try:
            holder = json.loads((self._folder / _HOLDER_FILE).read_text("utf-8"))
            if holder["host"] == platform.node() and os.name == "posix":
                os.kill(
                    int(holder["pid"]), 0
                )  # signal 0 only tests; on Windows it would kill the process
        except PermissionError:
            return True
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return False
        return True

    def _holder_text(self) -> str:
        try:
            holder = json.loads((self._folder / _HOLDER_FILE).read_text("utf-8"))
            who = "gongwen {doing} (process {pid} on {host}, since {since})".format_map(holder)
        except (OSError, ValueError, KeyError, TypeError):
            return "another gongwen"
        return " ".join(who.split())


class Lock(Protocol):
    """What keeps other writers away."""

    def held(
        self,
        doing: str,
        wait: float = WAIT_SECONDS,
        first: Callable[[], object] | None = None,
        last: Callable[[], object] | None = None,
    ) -> Held:
        """Return a context manager that holds the lock, as of :meth:`WriterLock.held`."""

    def set_aside(self, meanwhile: Callable[[], object] | None = None) -> bool:
        """Let others have their turn, where they wait in order; return whether that was done."""

    def holder(self) -> str:
        """Return who else holds the lock, in words, ``""`` for nobody."""

    def close(self) -> None:
        """Release what is kept for the next time."""


class _Held(Protocol):
    """A lock that one thread of one process holds at a time."""

    def acquire(self, doing: str, wait: float, frame: FrameType) -> Any:
        """Acquire the lock for the function of ``frame``; ``None`` if its thread has it already."""

    def release(self, hold: Any) -> None:
        """Release the lock, or stop waiting for it."""


class Held:
    """A context manager that holds a :class:`Lock`; made by its method ``held``."""

    def __init__(
        self,
        lock: _Held,
        doing: str,
        wait: float,
        first: Callable[[], object] | None,
        last: Callable[[], object] | None = None,
    ) -> None:
        self._lock = lock
        self._doing = doing
        self._wait = wait
        self._first = first
        self._last = last
        self._hold: Any = None

    def __enter__(self) -> None:
        self._hold = self._lock.acquire(self._doing, self._wait, sys._getframe(1))
        if self._hold and self._first:
            try:
                self._first()
            except BaseException:
                self._lock.release(self._hold)
                raise

    def __exit__(self, *_: object) -> None:
        if self._hold:
            try:
                if self._last:
                    self._last()
            finally:
                self._lock.release(self._hold)
