"""Open connections to the SQLite file of a library, one for each thread, and detect damage.

A connection has one transaction at a time, so threads cannot share one. The file is in WAL mode:
a reader sees the library as it was when its transaction began, and blocks no writer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, Self

from ..nlp.errors import DamagedError, LibraryError
from .lock import is_running
from .transactions import Result

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DAMAGE_MESSAGES = (
    "Could not decode to UTF-8",
    "no such column",
    "no such table",
    "malformed database",
)
"""Beginnings of SQLite messages that our statements cause only when the file is damaged."""
_READ_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
"""Exceptions that a read may raise; UnicodeDecodeError when a message quotes damaged bytes."""
_FETCH_ROWS = 256
"""Rows that are fetched together when a cursor is iterated."""


def _damage_message(error: Exception) -> str:
    """Return the message of an error that a damaged file has caused, ``""`` for other errors."""
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are no text"
    code = getattr(error, "sqlite_errorcode", None)
    if (code is not None and code & 0xFF in _DAMAGE) or str(error).startswith(_DAMAGE_MESSAGES):
        return " ".join(str(error).split())
    return ""


class CheckedCursor(sqlite3.Cursor):
    """A cursor that raises DamagedError when damage keeps a row from being read."""

    def execute(self, sql: str, parameters: Any = ()) -> CheckedCursor:
        """Run a statement."""
        try:
            super().execute(sql, parameters)
        except _READ_ERRORS as error:
            raise _translated(error) from None
        return self

    def executemany(self, sql: str, parameters: Any) -> CheckedCursor:
        """Run a statement once for each element of ``parameters``."""
        try:
            super().executemany(sql, parameters)
        except _READ_ERRORS as error:
            raise _translated(error) from None
        return self

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # faster than __next__
        while rows := self.fetchmany(_FETCH_ROWS):
            yield from rows

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except _READ_ERRORS as error:
            raise _translated(error) from None

    def fetchone(self) -> Any:
        """Return the next row, ``None`` at the end."""
        try:
            return super().fetchone()
        except _READ_ERRORS as error:
            raise _translated(error) from None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Return up to ``size`` of the next rows."""
        try:
            return super().fetchmany(size)
        except _READ_ERRORS as error:
            raise _translated(error) from None

    def fetchall(self) -> list[Any]:
        """Return all remaining rows."""
        try:
            return super().fetchall()
        except _READ_ERRORS as error:
            raise _translated(error) from None


class CheckedConnection(sqlite3.Connection):
    """A connection with :class:`CheckedCursor`; pass it to ``sqlite3.connect`` as ``factory``."""

    def cursor(self, factory: Any = CheckedCursor) -> Any:
        """Return a new cursor."""
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = ()) -> CheckedCursor:
        """Run a statement in a new cursor."""
        return CheckedCursor(self).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> CheckedCursor:
        """Run a statement in a new cursor once for each element of ``parameters``."""
        return CheckedCursor(self).executemany(sql, parameters)

    def insert(self, sql: str, parameters: Any, /) -> int:
        """Run a statement that inserts a row, and return its id."""
        return CheckedCursor(self).execute(sql, parameters).lastrowid or 0

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table in order; none when there is no such table."""
        return [row[1] for row in self.execute(f"PRAGMA table_info({table})")]

    def highest_id(self, table: str) -> int:
        """Return the highest id that a row of a table ever had."""
        [(last,)] = self.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        return int(last)

    def keep_highest_id(self, table: str) -> None:
        """Let new rows of a table have ids above all that are there; inside a transaction."""
        sql = f"UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM {table}) WHERE name = ?"
        self.execute(sql, (table,))


def _translated(error: Exception) -> Exception:
    damage = _damage_message(error)
    return DamagedError(f"the library is damaged ({damage})") if damage else error


# -- connections of threads ------------------------------------------------------------------------

_WAIT_SECONDS = 30.0
"""Seconds that SQLite waits for a lock of another connection."""
_OPEN_SECONDS = 0.5
"""Seconds that a reader without write permission waits for the files beside the library, which
a writer may just be replacing."""
_PAUSE_SECONDS = 0.01
_WAL_FILES = "-wal", "-shm"
_MAX_COPY_BYTES = 4 << 30
"""Maximum bytes of a library that is copied into memory where SQLite cannot read the file."""
_JOURNAL_MODES = slice(18, 20)
"""Bytes of the file header with the journal mode: 2 for WAL, 1 for a rollback journal.
Source: https://www.sqlite.org/fileformat.html, section 1.3."""


class Connection(CheckedConnection):
    """The connection of one thread.

    A statement fetches all of its rows at once, because one that was interrupted in the middle, as
    by Ctrl-C, would keep its old snapshot open and keep the connection from writing. All statements
    use one cursor, so that the next one resets what an interrupted one has left.

    Attributes:
        owner: the frame of the function that began the transaction, ``None`` outside of one.
        process: the id of the process that opened it; a forked child must not use it.
        streaming: whether rows are being fetched in a transaction of their own.
        copied_state: the state of the file that was copied into memory, ``None`` when the file
            itself is read.
        state: what SQLite says of the state of the file in the last snapshot: a number that
            changes when another connection has changed the file, and the rows that this one has.
        kept: what was read in that state.
    """

    owner: FrameType | None = None
    process: int = 0
    streaming: bool = False
    copied_state: tuple[int, ...] | None = None
    state: tuple[int, int] | None = None
    kept: dict[str, dict[Any, Any]] | None = None
    _cursor: sqlite3.Cursor | None = None

    def begin_changes(self) -> None:
        """Begin a transaction that excludes all others that change something."""
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Keep the changes of the transaction."""
        self.execute("COMMIT")

    def begin_snapshot(self) -> None:
        """Begin to read one state of the file, and drop what was kept of another one."""
        self.execute("BEGIN")
        # Like any first read, this one fixes the state.
        [(version,)] = self.execute("PRAGMA data_version")
        state = version, self.total_changes
        if self.kept is None or self.state != state:
            self.kept = {}  # first, for Ctrl-C may come in between
            self.state = state

    def known(self, what: str) -> dict[Any, Any]:
        """Return what was read of the state that is being read, to look into and to add to.

        Outside of a snapshot it is a new dictionary each time, because the next statement may see
        another state, and so it is in a transaction, which may be rolled back.

        Args:
            what: what is kept, such as ``reports``.
        """
        if self.kept is None or not self.in_transaction:
            return {}
        return self.kept.setdefault(what, {})

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run a statement and return its :class:`Result`."""
        if self._cursor is None:
            self._cursor = CheckedCursor(self)
        cursor = self._cursor
        rows = cursor.execute(sql, parameters).fetchall()
        return Result(rows, cursor.rowcount, cursor.lastrowid)

    def stream(self, sql: str, parameters: Any = (), /) -> Iterator[Any]:
        """Yield the rows of a statement one by one; the connection belongs to the generator.

        Outside of a snapshot it begins one, in which everything is read until the end.
        """
        own = not self.in_transaction
        if own:
            self.streaming = True
            self.begin_snapshot()
        try:
            yield from CheckedCursor(self).execute(sql, parameters)
        finally:
            if own:
                self.streaming = False
                with contextlib.suppress(sqlite3.Error):
                    self.rollback()


class Connections:
    """The connections of all threads to one SQLite file, each opened at its first use.

    Args:
        path: the SQLite file.
        read_only: open the file for reading only.
        single: share one connection between threads, which must use it one at a time; for a
            generator, which several threads may run in turn.
    """

    def __init__(self, path: Path, read_only: bool, single: bool = False) -> None:
        self.read_only = read_only
        self.address = ""
        self.fence: Callable[[], int] = int
        self._path = path.absolute()
        # The only element of a list that is emptied by close(): connections that other threads
        # are using then are closed when these threads drop them.
        self._local: list[Any] = [SimpleNamespace() if single else threading.local()]
        self._release = weakref.finalize(
            self, _close, self._local, None if read_only else self._path, os.getpid()
        )

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return not self._local

    def close(self) -> None:
        """Close the connections; threads that use the library afterwards get a LibraryError."""
        self._release()

    def apart(self) -> Self:
        """Return connections of their own, for a generator, which several threads may run."""
        return type(self)(self._path, self.read_only, single=True)

    def mine(self) -> Connection:
        """Return the connection of the calling thread, opened if need be.

        A transaction that an interrupted function has left open is rolled back first.

        Raises:
            LibraryError: :meth:`close` was called, or the file cannot be opened.
        """
        try:
            local = self._local[0]
        except IndexError:
            raise LibraryError(
                f"{self._path.parent}: the library was closed; open it again"
            ) from None
        db: Connection | None = getattr(local, "db", None)
        if db is not None and db.process == os.getpid():
            if not db.in_transaction:
                if db.copied_state is None or db.copied_state == _file_state(self._path):
                    return db
            elif db.streaming or is_running(db.owner):
                return db
            else:
                db.owner = None
                db.rollback()
                return db
        try:
            db = open_reader(self._path) if self.read_only else open_writer(self._path)
        except sqlite3.Error as error:
            raise LibraryError(f"{self._path}: cannot be opened ({error})") from None
        local.db = db
        return db


def may_write(path: Path) -> bool:
    """Return whether this process may write to a library's file and create files beside it."""
    effective = os.access in os.supports_effective_ids
    return all(
        os.access(place, os.W_OK, effective_ids=effective)
        for place in ([path.parent, path] if path.exists() else [path.parent])
    )


def open_writer(path: Path) -> Connection:
    """Open the file for reading and writing; create it if it does not exist."""
    db = _connect(str(path))
    db.execute("PRAGMA foreign_keys = ON")
    return db


def open_reader(path: Path) -> Connection:
    """Open the file for reading only, while other processes may write to it.

    SQLite reads a file in WAL mode through two files beside it. The last writer that closes the
    library removes them, and :func:`_keep_readable` creates them again. This function waits for
    them for a moment; if they stay missing, the file is copied into memory, and copied again when
    it has changed.

    Raises:
        sqlite3.Error: the file cannot be read, or is no SQLite file.
        LibraryError: the file can only be read with the files beside it, which are missing.
    """
    if _on_read_only_file_system(path) and not _file_state(path)[-1]:
        # The file never changes, and nothing is in its log.
        return _connect(f"{path.as_uri()}?mode=ro&immutable=1")
    until = time.monotonic() + _OPEN_SECONDS
    while True:
        db = None
        try:
            db = _connect(f"{path.as_uri()}?mode=ro")
            db.execute("SELECT 1 FROM sqlite_master").fetchone()
            return db
        except sqlite3.OperationalError:
            if db is not None:
                db.close()
            timed_out = time.monotonic() > until
            if timed_out and (copied := _copy_into_memory(path)):
                return copied
            if timed_out:
                raise LibraryError(
                    f"{path.parent}: may not be written to by you, and its last writer left it "
                    "unreadable; let someone who may write to it run gongwen status once"
                ) from None
            time.sleep(_PAUSE_SECONDS)


def _connect(address: str) -> Connection:
    db = sqlite3.connect(
        address,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        # Each thread uses its own connection, but one thread closes those of all.
        check_same_thread=False,
        factory=Connection,
        uri=address.startswith("file:"),
    )
    db.process = os.getpid()
    return db


def _copy_into_memory(path: Path) -> Connection | None:
    """Return a connection to a copy of the file in memory, ``None`` while it is written to."""
    before = _file_state(path)
    if before[-1] or before[1] > _MAX_COPY_BYTES or not hasattr(sqlite3.Connection, "deserialize"):
        return None
    data = bytearray(path.read_bytes())
    if _file_state(path) != before or data[_JOURNAL_MODES] != b"\2\2":
        return None
    data[_JOURNAL_MODES] = b"\1\1"
    db = _connect(":memory:")
    db.deserialize(bytes(data))
    db.execute("PRAGMA query_only = ON")
    db.copied_state = before
    return db


def _file_state(path: Path) -> tuple[int, ...]:
    """Return time, size and inode of a file and the size of its log, which tell when it changed."""
    known = path.stat()
    try:
        log = path.with_name(path.name + _WAL_FILES[0]).stat().st_size
    except FileNotFoundError:
        log = 0
    return known.st_mtime_ns, known.st_size, known.st_ino, log


def _on_read_only_file_system(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):  # Windows has no statvfs
        return False


def _close(local: list[Any], written: Path | None, process: int) -> None:
    mine: Connection | None = getattr(local[0], "db", None) if local else None
    local.clear()
    if mine and mine.process == os.getpid():
        mine.close()
    if written is not None and process == os.getpid():  # not a forked child
        _keep_readable(written)


def _keep_readable(path: Path) -> None:
    """Create empty files where SQLite expects the log and its index, so that readers can open it.

    They are created without being opened, because closing a file releases all locks that the
    process has on it, also those of other connections.
    """
    with contextlib.suppress(OSError, AttributeError):  # Windows has no mknod
        mode = path.stat().st_mode & 0o777
        for suffix in _WAL_FILES:
            with contextlib.suppress(FileExistsError):
                os.mknod(path.with_name(path.name + suffix), stat.S_IFREG | mode)
