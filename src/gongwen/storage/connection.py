"""Connections to the SQLite file of a library: one for each thread, checked for damage.

A connection has one transaction at a time, so threads that shared one would meet in each other's.
The file is in WAL mode: readers see the library as it was when they began, and hinder nobody.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, SimpleNamespace, TracebackType
from typing import Any

from ..nlp.errors import DamagedError, LibraryError
from .lock import is_running

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SIGNS = ("Could not decode to UTF-8", "no such column", "no such table", "malformed database")
"""How messages begin that our own statements meet in a damaged file only."""
_TROUBLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The second when a message quotes damaged bytes."""
_AT_ONCE = 256
"""Rows that are fetched together when a cursor is looped over."""


def damage_in(error: Exception) -> str:
    """Return what ``error`` says of a damaged file, ``""`` when it is another trouble."""
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are no text"
    code = getattr(error, "sqlite_errorcode", None)
    if (code is not None and code & 0xFF in _DAMAGE) or str(error).startswith(_SIGNS):
        return " ".join(str(error).split())
    return ""


class CheckedCursor(sqlite3.Cursor):
    """A cursor that raises DamagedError where a row cannot be read because of damage."""

    def execute(self, sql: str, parameters: Any = ()) -> CheckedCursor:
        """Run a statement."""
        try:
            super().execute(sql, parameters)
        except _TROUBLE as error:
            raise _ours(error) from None
        return self

    def executemany(self, sql: str, parameters: Any) -> CheckedCursor:
        """Run a statement with each of ``parameters``."""
        try:
            super().executemany(sql, parameters)
        except _TROUBLE as error:
            raise _ours(error) from None
        return self

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator costs less a row
        while rows := self.fetchmany(_AT_ONCE):
            yield from rows

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except _TROUBLE as error:
            raise _ours(error) from None

    def fetchone(self) -> Any:
        """Return the next row."""
        try:
            return super().fetchone()
        except _TROUBLE as error:
            raise _ours(error) from None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Return the next rows."""
        try:
            return super().fetchmany(size)
        except _TROUBLE as error:
            raise _ours(error) from None

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        try:
            return super().fetchall()
        except _TROUBLE as error:
            raise _ours(error) from None


class CheckedConnection(sqlite3.Connection):
    """A connection whose cursors are :class:`Cursor`; used as ``factory`` of ``connect``."""

    def cursor(self, factory: Any = CheckedCursor) -> Any:
        """Return a new cursor."""
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = ()) -> CheckedCursor:
        """Run a statement in a new cursor."""
        return CheckedCursor(self).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> CheckedCursor:
        """Run a statement in a new cursor with each of ``parameters``."""
        return CheckedCursor(self).executemany(sql, parameters)


def _ours(error: Exception) -> Exception:
    damage = damage_in(error)
    return DamagedError(f"the library is damaged ({damage})") if damage else error


_WAIT_SECONDS = 30.0
_OPEN_SECONDS = 0.5
"""Seconds that a reader without write permission waits for files that a writer replaces."""
_PAUSE_SECONDS = 0.01
_WAL_FILES = "-wal", "-shm"
_LARGEST_COPY = 4 << 30
"""Bytes of a library that is read into memory where SQLite cannot read it in place."""
_READ_VERSIONS = slice(18, 20)
"""Bytes of the file's header that name the journal: 2 is WAL, 1 none beside the file.
Source: https://www.sqlite.org/fileformat.html, section 1.3."""


class Result:
    """The rows that a statement gave, all of them.

    Attributes:
        rowcount: how many rows it changed, -1 when it changes none.
        lastrowid: number of the last row that was inserted.
    """

    __slots__ = ("_rows", "lastrowid", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int, lastrowid: int | None) -> None:
        self._rows = iter(rows)
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        """Return the next row, ``None`` when there is none."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self._rows)


class Connection(CheckedConnection):
    """A connection of one thread.

    A statement gives all of its rows at once: one that was left in the middle, as by Ctrl-C, would
    keep the connection in the past and keep it from writing. All use one cursor, so that the next
    one ends what is left of the last.

    Attributes:
        owner: the function that has begun the transaction.
        process: the process that opened it; a forked child must not use it.
        stamp: of the file that was copied into memory, ``None`` when the file itself is read.
    """

    owner: FrameType | None = None
    process: int = 0
    stamp: tuple[int, ...] | None = None

    _cursor: sqlite3.Cursor | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run a statement and return its :class:`Result`."""
        if self._cursor is None:
            self._cursor = CheckedCursor(self)
        cursor = self._cursor
        rows = cursor.execute(sql, parameters).fetchall()
        return Result(rows, cursor.rowcount, cursor.lastrowid)

    def stream(self, sql: str, parameters: Any = (), /) -> Iterator[Any]:
        """Yield the rows of a statement one by one; only for a connection with no other use."""
        return iter(CheckedCursor(self).execute(sql, parameters))


class Connections:
    """The connections to ``path``, opened when a thread first needs one.

    Args:
        path: the SQLite file.
        read_only: open it for reading only.
        single: have one connection for whichever thread asks, one at a time: for a generator,
            which may be run by several in turn.
    """

    def __init__(self, path: Path, read_only: bool, single: bool = False) -> None:
        self.read_only = read_only
        self._path = path.absolute()
        # Alone in a list: whoever empties it closes the connections, but for those that other
        # threads are just using, which end with that use.
        self._local: list[Any] = [SimpleNamespace() if single else threading.local()]
        self._release = weakref.finalize(
            self, _close, self._local, None if read_only else self._path, os.getpid()
        )

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return not self._local

    def close(self) -> None:
        """Close the connections; what other threads are doing ends with an error of ours."""
        self._release()

    def mine(self) -> Connection:
        """Return the connection of the calling thread.

        A transaction that an interrupted function has left open is rolled back first.

        Raises:
            LibraryError: closed, or the file cannot be opened.
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
                if db.stamp is None or db.stamp == _stamp(self._path):
                    return db
            elif is_running(db.owner):
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


class Snapshot:
    """A block in which the calling thread reads the library as it was at one moment.

    Inside another snapshot or a transaction it is a part of that. Not for generators: between two
    yields their transaction would be taken for one that an interrupted function has left.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._db: Connection | None = None

    def __enter__(self) -> None:
        db = self._connections.mine()
        if not db.in_transaction:
            db.owner = sys._getframe(1)
            self._db = db
            db.execute("BEGIN")
            db.execute("SELECT 1 FROM sqlite_master").fetchone()  # the first read takes it

    def __exit__(self, *_: object) -> None:
        if self._db is not None:
            self._db.owner = None
            with contextlib.suppress(sqlite3.Error):
                self._db.rollback()


class Transaction:
    """A block whose changes are kept together; when it raises, nothing was changed.

    Not for generators, and not inside another transaction or snapshot.

    Args:
        connections: where the thread's connection is.
        number: gives the number of the change, which the block is told.
        keep_number: called with it when the block is done.
    """

    def __init__(
        self,
        connections: Connections,
        number: Callable[[], int],
        keep_number: Callable[[int], None],
    ) -> None:
        self._connections = connections
        self._number = number
        self._keep_number = keep_number
        self._db: Connection | None = None
        self._generation = 0

    def __enter__(self) -> int:
        db = self._connections.mine()
        db.owner = sys._getframe(1)
        self._db = db
        try:
            db.execute("BEGIN IMMEDIATE")
            self._generation = self._number()
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                db.rollback()
            if isinstance(error, sqlite3.Error):
                raise _unwritten(error) from None
            raise
        return self._generation

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        db = self._db
        assert db is not None
        try:
            if error is None:
                self._keep_number(self._generation)
                db.execute("COMMIT")
        except sqlite3.Error as failed:
            error = failed
        finally:
            if db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    db.rollback()
            db.owner = None
        if isinstance(error, sqlite3.Error):
            raise _unwritten(error) from None


def _unwritten(error: sqlite3.Error) -> LibraryError:
    """Return what to say of a change that SQLite did not make."""
    what = str(error)
    if "full" in what or "I/O" in what:
        advice = "free some space on its disk and give the command again"
    elif "locked" in what:
        advice = "try again later"
    elif "readonly" in what:
        advice = "see that you may write to its folder and files"
    else:
        advice = "run gongwen status"
    return LibraryError(f"the library cannot be written to ({what}); {advice}")


def may_write(path: Path) -> bool:
    """Say whether this process may write to a library's file and make files beside it."""
    effective = os.access in os.supports_effective_ids
    return all(
        os.access(place, os.W_OK, effective_ids=effective)
        for place in ([path.parent, path] if path.exists() else [path.parent])
    )


def open_writer(path: Path) -> Connection:
    """Open the file to read and write; it is created when it is not there."""
    db = _connect(str(path))
    db.execute("PRAGMA foreign_keys = ON")
    return db


def open_reader(path: Path) -> Connection:
    """Open the file to read only, beside writers that come and go.

    SQLite reads a file in WAL mode through two files beside it, which the last writer to close
    removes and :func:`_keep_readable` puts back. In between they are waited for; where there are
    none for good, the file is copied into memory, and again when it has changed.

    Raises:
        sqlite3.Error: the file cannot be read, or is none of SQLite's.
        LibraryError: it could be read only with the files beside it.
    """
    if _on_read_only_file_system(path) and not _stamp(path)[-1]:  # nothing changes, all is in it
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
            late = time.monotonic() > until
            if late and (copied := _copy(path)):
                return copied
            if late:
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
        # Each thread uses its own; closing is done by one for all.
        check_same_thread=False,
        factory=Connection,
        uri=address.startswith("file:"),
    )
    db.process = os.getpid()
    return db


def _copy(path: Path) -> Connection | None:
    """Return a copy in memory of a file that nobody is writing to, ``None`` when somebody is."""
    before = _stamp(path)
    if before[-1] or before[1] > _LARGEST_COPY or not hasattr(sqlite3.Connection, "deserialize"):
        return None
    data = bytearray(path.read_bytes())
    if _stamp(path) != before or data[_READ_VERSIONS] != b"\2\2":
        return None
    data[_READ_VERSIONS] = b"\1\1"
    db = _connect(":memory:")
    db.deserialize(bytes(data))
    db.execute("PRAGMA query_only = ON")
    db.stamp = before
    return db


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what tells that a file was changed: its time, size, number, and bytes in its log."""
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
    """Leave empty files where SQLite expects the log and its index, or readers cannot open it.

    They are made without being opened: closing a file ends all locks that the process has on it,
    those of another connection too.
    """
    with contextlib.suppress(OSError, AttributeError):  # Windows has no mknod
        mode = path.stat().st_mode & 0o777
        for suffix in _WAL_FILES:
            with contextlib.suppress(FileExistsError):
                os.mknod(path.with_name(path.name + suffix), stat.S_IFREG | mode)
