"""Lock a library on a server so that one desk at a time changes it, each in its turn.

The lock is an advisory lock of PostgreSQL, held by a connection of its own: the server releases it
when the client dies or is cut off, and grants it in the order in which it was asked for.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from types import FrameType
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from ..nlp.errors import LibraryInUseError
from .lock import WAIT_SECONDS, Held, is_running
from .postgres_connection import connected, unavailable
from .row_values import now
from .store_address import StoreAddress

_LOOK_SECONDS = 0.05
"""Seconds between two looks for the answer of the server, at which Ctrl-C is noticed too."""
_TURN_SECONDS = 1800.0
"""Seconds that a long command waits for its next turn, while others change the library."""
_NOT_AVAILABLE = b"55P03"
_MARK = "gongwen|"


@dataclass(frozen=True, slots=True)
class _ServerHold:
    """A connection that has the lock or is about to acquire it, and the function it does so for."""

    connection: psycopg.Connection[Any]
    thread: int
    frame: FrameType
    process: int


class ServerLock:
    """A lock of a library on a server, with the methods of :class:`~.lock.WriterLock`.

    Args:
        address: of the server.
        what: what is locked, ``store`` or ``index``.
    """

    def __init__(self, address: StoreAddress, what: str) -> None:
        self._address = address
        digest = sha256(f"gongwen {address.schema} {what}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._holds: list[_ServerHold] = []
        self._aside: set[int] = set()
        """Threads that have set their lock aside."""
        self._spare: tuple[int, psycopg.Connection[Any]] | None = None
        """A process and its connection that waits for the next time."""

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
            LibraryInUseError: on entering, when another process or thread holds the lock.
            StoreUnavailable: on entering, when the server does not answer.
        """
        return Held(self, doing, wait, first, last)

    def acquire(self, doing: str, wait: float, frame: FrameType) -> _ServerHold | None:
        """Acquire the lock for the function of ``frame``; ``None`` if its thread has it already."""
        self._release_abandoned()
        thread = threading.get_ident()
        if any(hold.thread == thread for hold in self._holds):
            return None
        name = f"{_MARK}{doing}|{os.getpid()}|{now()}|{platform.node()}".encode("ascii", "replace")
        hold = _ServerHold(self._connection(name[:63].decode()), thread, frame, os.getpid())
        self._holds.append(hold)
        try:
            if not self._lock(hold.connection, wait):
                raise LibraryInUseError(
                    f"{self._address.place}: {self._holder() or 'another gongwen'} is writing to "
                    "it; try again later"
                )
        except BaseException:
            self._forget(hold)
            raise
        return hold

    def _connection(self, name: str) -> psycopg.Connection[Any]:
        """Return a connection that shows ``name`` to other desks."""
        spare, self._spare = self._spare, None
        if spare is not None and spare[0] == os.getpid():
            with contextlib.suppress(psycopg.Error):
                spare[1].execute("SELECT set_config('application_name', %s, false)", (name,))
                return spare[1]
        return connected(self._address, name)

    def _lock(self, raw: psycopg.Connection[Any], wait: float) -> bool:
        """Wait for the lock, as long as ``wait`` says; return whether it was granted."""
        try:
            if wait <= 0:
                [(got,)] = raw.execute(f"SELECT pg_try_advisory_lock({self._key})")
                return bool(got)
            raw.execute(f"SET lock_timeout TO {max(1, int(wait * 1000))}")
            return self._granted(raw, f"SELECT pg_advisory_lock({self._key})")
        except psycopg.Error as error:
            raise unavailable(self._address, error) from None

    def _granted(self, raw: psycopg.Connection[Any], sql: str) -> bool:
        """Run a statement that waits for the lock, and go on looking at what this process does."""
        inner = raw.pgconn
        inner.send_query(sql.encode())
        while inner.flush():
            select.select([], [inner.socket], [], _LOOK_SECONDS)
        while True:
            inner.consume_input()
            if not inner.is_busy():
                break
            select.select([inner.socket], [], [], _LOOK_SECONDS)
            # The thread that holds it may have been interrupted.
            self._release_abandoned()
        refused = None
        while result := inner.get_result():
            if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
                refused = result
        if refused is None:
            return True
        if refused.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == _NOT_AVAILABLE:
            return False
        message = refused.error_message.decode("utf-8", "replace")
        raise psycopg.OperationalError(message)

    def set_aside(self, meanwhile: Callable[[], object] | None = None) -> bool:
        """Let others have their turn, and take the lock again behind those that wait.

        Args:
            meanwhile: called while the thread does not hold the lock.

        Returns:
            Whether the thread held the lock; what was read of the library may have changed then.

        Raises:
            LibraryInUseError: others have it for very long.
            StoreUnavailable: the server does not answer.
        """
        thread = threading.get_ident()
        hold = next((one for one in self._holds if one.thread == thread), None)
        if hold is None:
            if meanwhile:
                meanwhile()
            return False
        raw = hold.connection
        self._aside.add(thread)
        try:
            raw.execute(f"SELECT pg_advisory_unlock({self._key})")
            if meanwhile:
                meanwhile()
            raw.execute(f"SET lock_timeout TO {int(_TURN_SECONDS * 1000)}")
            if not self._granted(raw, f"SELECT pg_advisory_lock({self._key})"):
                raise LibraryInUseError(
                    f"{self._address.place}: {self._holder() or 'another gongwen'} is writing to "
                    "it; try again later"
                )
        except psycopg.Error as error:
            raise unavailable(self._address, error) from None
        finally:
            self._aside.discard(thread)
        return True

    def release(self, hold: _ServerHold) -> None:
        """Release the lock, or stop waiting for it."""
        raw = hold.connection
        if hold.process == os.getpid() and not raw.closed:
            try:
                [(was_held,)] = raw.execute(f"SELECT pg_advisory_unlock({self._key})")
                if was_held and self._spare is None:
                    raw.execute("SELECT set_config('application_name', 'gongwen', false)")
                    self._spare = os.getpid(), raw
                else:
                    raw.close()
            except psycopg.Error:
                raw.close()
        with contextlib.suppress(ValueError):
            self._holds.remove(hold)

    def _forget(self, hold: _ServerHold) -> None:
        """Close a connection that waits for the lock or has it."""
        raw = hold.connection
        with contextlib.suppress(psycopg.Error):
            if not raw.closed and raw.info.transaction_status == TransactionStatus.ACTIVE:
                raw.cancel_safe(timeout=1.0)
        with contextlib.suppress(psycopg.Error):
            raw.close()
        with contextlib.suppress(ValueError):
            self._holds.remove(hold)

    def _release_abandoned(self) -> None:
        """Release locks of functions that have ended, and forget those of the parent of a fork."""
        for hold in list(self._holds):
            if hold.process != os.getpid():
                self._holds.remove(hold)
            elif not is_running(hold.frame, hold.thread):
                self._forget(hold)

    def backend(self) -> int:
        """Return the process on the server that holds the lock for this thread, 0 for none."""
        thread = threading.get_ident()
        if thread in self._aside:
            return 0
        for hold in self._holds:
            if hold.thread == thread and hold.process == os.getpid():
                return hold.connection.info.backend_pid if not hold.connection.closed else -1
        return 0

    def holder(self) -> str:
        """Return who holds the lock, in words.

        Returns:
            ``gongwen add (process 12 on host, since 2026-01-02T03:04:05Z)``, or ``""`` when nobody
            or this thread holds it.
        """
        self._release_abandoned()
        if self.backend():
            return ""
        return self._holder()

    def _holder(self) -> str:
        key = self._key & 0xFFFFFFFFFFFFFFFF
        with contextlib.closing(connected(self._address)) as raw:
            rows = raw.execute(
                "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
                " AND classid::bigint = %s AND objid::bigint = %s"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                (key >> 32, key & 0xFFFFFFFF),
            ).fetchall()
        if not rows:
            return ""
        parts = str(rows[0][0]).split("|")
        if len(parts) != 5:
            return "another gongwen"
        _, doing, process, since, host = parts
        return " ".join(f"gongwen {doing} (process {process} on {host}, since {since})".split())

    def close(self) -> None:
        """Close the connection that is kept for the next time."""
        spare, self._spare = self._spare, None
        if spare is not None and spare[0] == os.getpid():
            with contextlib.suppress(psycopg.Error):
                spare[1].close()
