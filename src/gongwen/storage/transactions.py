"""Read one state of a library, or change it in one step, whatever database holds it.

The classes of the store are written against :class:`Database`, which SQLite (``connection.py``) and
PostgreSQL (``postgres_connection.py``) both are.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any, Protocol

from ..nlp.errors import LibraryError


class Database(Protocol):
    """What runs statements of the store, in the SQL that SQLite and PostgreSQL share."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run a statement and return its rows."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement once for each element of ``parameters``."""

    def insert(self, sql: str, parameters: Any, /) -> int:
        """Run a statement that inserts a row of a table with a column ``id``, and return that."""

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table in order; none when there is no such table."""

    def highest_id(self, table: str) -> int:
        """Return the highest id that a row of a table that numbers its rows ever had."""

    def keep_highest_id(self, table: str) -> None:
        """Let new rows of a table have ids above all that are there; inside a transaction."""


class Connection(Database, Protocol):
    """The connection of one thread.

    Attributes:
        owner: the frame of the function that began the transaction, ``None`` outside of one.
        kept: what was read in the state that is being read.
    """

    owner: FrameType | None
    kept: dict[str, dict[Any, Any]] | None

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction or snapshot is open."""

    def begin_snapshot(self) -> None:
        """Begin to read one state, and drop what was kept of another one."""

    def begin_changes(self) -> None:
        """Begin a transaction that excludes all others that change something."""

    def commit(self) -> None:
        """Keep the changes of the transaction."""

    def rollback(self) -> None:
        """End the transaction without its changes."""

    def known(self, what: str) -> dict[Any, Any]:
        """Return what was read of the state that is being read, to look into and to add to."""

    def stream(self, sql: str, parameters: Any = (), /) -> Iterator[Any]:
        """Yield the rows of a statement one by one."""


class Connections(Protocol):
    """The connections of all threads to one database, each opened at its first use.

    Attributes:
        read_only: whether nothing can be changed.
        address: of the server, ``""`` for a file in the library's folder.
        fence: returns the process on the server that holds the lock for the calling thread, 0 for
            none; without that process nothing may be changed.
    """

    read_only: bool
    address: str
    fence: Callable[[], int]

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""

    def close(self) -> None:
        """Close the connections; threads that use the library afterwards get a LibraryError."""

    def mine(self) -> Connection:
        """Return the connection of the calling thread, opened if need be."""

    def apart(self) -> Connections:
        """Return connections of their own, for a generator, which several threads may run."""

    def problems(self) -> Iterator[str]:
        """Yield what the database finds wrong with itself, each with advice."""


class Result:
    """The complete result of a statement.

    Attributes:
        rowcount: the number of rows changed, -1 for a statement that changes none.
        lastrowid: the rowid of the last row inserted.
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
        """Return the remaining rows."""
        return list(self._rows)


class Snapshot:
    """A context manager in which the calling thread reads one state of the library.

    Inside another snapshot or a transaction it belongs to that one. It must not be used in a
    generator: between two yields its transaction would be taken for one that an interrupted
    function has left.

    Args:
        connections: gives the connection of the thread.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._db: Connection | None = None

    def __enter__(self) -> None:
        db = self._connections.mine()
        if not db.in_transaction:
            db.owner = sys._getframe(1)
            self._db = db
            db.begin_snapshot()

    def __exit__(self, *_: object) -> None:
        if self._db is not None:
            self._db.owner = None
            with contextlib.suppress(sqlite3.Error, LibraryError):
                self._db.rollback()


class GivesTransactions(Protocol):
    """What gives transactions: the store, for its parts."""

    def transaction(self, bump: bool = True) -> contextlib.AbstractContextManager[int]:
        """Return a block whose changes are committed together; entering it gives their number."""


class Transaction:
    """A context manager whose changes are committed together, or rolled back when it raises.

    It must not be used in a generator, nor inside another transaction or snapshot. Entering it
    returns the generation of the change.

    Args:
        connections: gives the connection of the thread.
        next_generation: returns the generation of the change; called in the transaction.
        store_generation: called with that generation before the commit.

    Raises:
        LibraryError: the database cannot begin, make or commit the changes.
    """

    def __init__(
        self,
        connections: Connections,
        next_generation: Callable[[], int],
        store_generation: Callable[[int], None],
    ) -> None:
        self._connections = connections
        self._next_generation = next_generation
        self._store_generation = store_generation
        self._db: Connection | None = None
        self._generation = 0

    def __enter__(self) -> int:
        db = self._connections.mine()
        db.owner = sys._getframe(1)
        db.kept = None
        self._db = db
        try:
            db.begin_changes()
            self._generation = self._next_generation()
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error, LibraryError):
                db.rollback()
            if isinstance(error, sqlite3.Error):
                raise _write_error(error) from None
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
                self._store_generation(self._generation)
                db.commit()
        except sqlite3.Error as failed:
            error = failed
        finally:
            if db.in_transaction:
                with contextlib.suppress(sqlite3.Error, LibraryError):
                    db.rollback()
            db.owner = None
        if isinstance(error, sqlite3.Error):
            raise _write_error(error) from None


def _write_error(error: sqlite3.Error) -> LibraryError:
    """Return the error to raise for a change that SQLite could not make."""
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
