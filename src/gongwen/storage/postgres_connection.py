"""Connections to a PostgreSQL server that holds a library, one for each thread.

Statements are those of SQLite, in the dialect of the server (``sql_dialect.py``). A connection that
was cut is made anew at the next use outside of a transaction; what was not committed then is gone,
and whoever was in the middle of it gets a :class:`~gongwen.nlp.errors.StoreUnavailable`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, SimpleNamespace
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from ..nlp.errors import LibraryError, StoreUnavailable, UnstorableError
from .lock import is_running
from .sql_dialect import HIDDEN, copied_into, for_server
from .store_address import StoreAddress
from .transactions import Result

_CONNECT_SECONDS = 10
"""Seconds to wait for a server, unless the address or the environment says otherwise."""
_WAIT_SECONDS = 30
"""Seconds that a transaction waits for one of another process, as with SQLite."""
_FETCH_ROWS = 500
"""Rows of a stream that are fetched together."""
_STATEMENTS = 200
"""Statements that are sent together where one is run for many rows."""
_OUTCOME_SECONDS = 15.0
"""Seconds to ask a server whether it kept a change whose answer was lost."""
_PAUSE_SECONDS = 0.1
_SETTINGS = f"""
SET search_path TO "{{schema}}", pg_catalog;
SET client_encoding TO 'UTF8'; SET standard_conforming_strings TO on;
SET lock_timeout TO '{_WAIT_SECONDS}s'; SET statement_timeout TO 0;
SET idle_in_transaction_session_timeout TO 0; SET client_min_messages TO error;
SET tcp_keepalives_idle TO 20; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3
"""
"""Settings of a session; the server gives a client up that is cut off for half a minute."""
_KEEPALIVE = {"keepalives_idle": "20", "keepalives_interval": "5", "keepalives_count": "3",
              "tcp_user_timeout": "60000"}  # fmt: skip
_REFUSED = ("password", "authentication", "does not exist", "pg_hba.conf")
"""What a server says that answers and does not let us in."""
_BEGIN_SNAPSHOT = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_current_snapshot()::text"
)
_BEGIN_CHANGES = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    " SELECT pg_current_xact_id()::text FROM meta WHERE key = 'generation' FOR UPDATE"
)
"""Begins a change behind all others: whoever changes something holds this row."""


def connected(address: StoreAddress, name: str = "gongwen") -> psycopg.Connection[Any]:
    """Return a new connection to a server, outside of any transaction.

    Raises:
        StoreUnavailable: the server does not answer, or does not let us in.
    """
    given = psycopg.conninfo.conninfo_to_dict(address.conninfo)
    settings: dict[str, Any] = dict(_KEEPALIVE) | {"application_name": name}
    set_ones = {one.keyword for one in psycopg.pq.Conninfo.get_defaults() if one.val is not None}
    if b"connect_timeout" not in set_ones:  # by the environment
        settings["connect_timeout"] = _CONNECT_SECONDS
    settings |= given
    try:
        raw = psycopg.connect(**settings, autocommit=True, cursor_factory=psycopg.ClientCursor)
        raw.execute(_SETTINGS.format(schema=address.schema))
    except psycopg.Error as error:
        raise unavailable(address, error) from None
    return raw


def unavailable(address: StoreAddress, error: object) -> StoreUnavailable:
    """Return the error of a server that does not answer or does not let us in."""
    why = _line(error) or "the connection was cut"
    state = getattr(error, "sqlstate", None) or ""
    if state[:2] in ("28", "3D") or any(word in why for word in _REFUSED):
        advice = "see that the address, the user and the password (PGPASSWORD, ~/.pgpass) are right"
    else:
        advice = "see that it runs, and give the command again"
    return StoreUnavailable(f"the store {address.place} does not answer ({why}); {advice}")


def _line(error: object) -> str:
    """Return what an error of the server says, in one line."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    told = next((line for line in map(str.strip, said.splitlines()) if line), "")
    for mark in (" failed: ", "FATAL:"):  # behind the address, which we name ourselves
        told = told.rpartition(mark)[2]
    return told.strip(" ;.")[:300]


def _translated(address: StoreAddress, error: psycopg.Error) -> Exception:
    """Return the error to raise for one of the client or the server."""
    why, place = _line(error), address.place
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        return LibraryError(
            f"the store {place} may not be written to by you ({why}); ask whoever runs it"
        )
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return LibraryError(f"the store {place} is being changed by another gongwen; try again")
    if isinstance(error, errors.InsufficientResources | errors.IoError):
        return LibraryError(
            f"the store {place} cannot be written to ({why}); free some space on the server and "
            "give the command again"
        )
    if isinstance(error, errors.ProgramLimitExceeded | errors.CharacterNotInRepertoire):
        return UnstorableError(f"the store cannot hold this text ({why})")
    if isinstance(error, psycopg.DataError):
        return UnstorableError(f"the store cannot hold this value ({why})")
    if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn):
        return LibraryError(
            f"the store {place} has lost a part of its tables ({why}); restore it from its backup"
        )
    return LibraryError(f"the store {place} cannot be used ({why}); try again later")


class PostgresConnection:
    """The connection of one thread to a server.

    Attributes:
        owner: the frame of the function that began the transaction, ``None`` outside of one.
        process: the id of the process that opened it; a forked child must not use it.
        streaming: whether rows are being fetched in a transaction of their own.
        state: what the server says of the state that the last snapshot has read.
        kept: what was read in that state.
    """

    def __init__(self, address: StoreAddress, read_only: bool, fence: Callable[[], int]) -> None:
        self.owner: FrameType | None = None
        self.process = os.getpid()
        self.streaming = False
        self.state = ""
        self.kept: dict[str, dict[Any, Any]] | None = None
        self._address = address
        self._read_only = read_only
        self._fence = fence
        self._begun = False
        self._change = ""
        self._numbers = itertools.count()
        self._raw: psycopg.Connection[Any] | None = None
        self._columns: dict[str, list[str]] = {}
        self._ready()

    # -- the connection itself -----------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction or snapshot is open, or was when the connection was cut."""
        return self._begun

    def _ready(self) -> psycopg.Connection[Any]:
        """Return the connection, made anew if it was cut outside of a transaction."""
        raw = self._raw
        if raw is not None and not self._begun and not raw.closed:
            if raw.info.transaction_status == TransactionStatus.IDLE:
                return raw
            raw.close()  # Ctrl-C has left it in the middle of a statement
        if raw is None or raw.closed:
            if self._begun:
                raise unavailable(self._address, "the connection was cut")
            self.kept, self.state = None, ""
            self._raw = raw = connected(self._address)
            if self._read_only:
                raw.execute("SET default_transaction_read_only TO on")
        return raw

    def _run(self, sql: str, values: Any = None, again: bool = False) -> psycopg.Cursor[Any]:
        """Run SQL of the server; ``again`` on a new connection if this one was cut before."""
        raw = self._ready()
        try:
            return raw.execute(sql, values)
        except psycopg.Error as error:
            if not raw.closed:
                if isinstance(error, errors.AdminShutdown | errors.CrashShutdown):
                    raw.close()
                else:
                    raise _translated(self._address, error) from None
            if again:
                self._raw = None
                return self._run(sql, values)
            raise unavailable(self._address, error) from None
        except UnicodeEncodeError:
            raise UnstorableError("the store cannot hold half a character") from None

    def close(self) -> None:
        """Close the connection."""
        if self._raw is not None and self.process == os.getpid():
            with contextlib.suppress(psycopg.Error):
                self._raw.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # of one that could not be opened
            self.close()

    # -- statements ----------------------------------------------------------------------------

    def execute(self, sql: str, parameters: Any = (), /) -> Result:
        """Run a statement and return its result."""
        own, named = for_server(sql)
        values: Any = parameters
        if named:
            values = {f"p{number}": value for number, value in enumerate(parameters, 1)}
        cursor = self._run(own, values, again=not self._begun and own.startswith("SELECT"))
        rows = cursor.fetchall() if cursor.description is not None else []
        return Result(rows, cursor.rowcount, None)

    def insert(self, sql: str, parameters: Any, /) -> int:
        """Run a statement that inserts a row, and return its id."""
        [(number,)] = self.execute(f"{sql} RETURNING id", parameters)
        return int(number)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> None:
        """Run a statement for each element of ``parameters``, inside a transaction."""
        copy = copied_into(sql)
        rows = iter(parameters)
        if copy:
            self._copy(copy, rows)
            return
        own, _ = for_server(sql)
        while batch := list(itertools.islice(rows, _STATEMENTS)):
            cursor = psycopg.ClientCursor(self._ready())
            try:
                joined = ";".join(cursor.mogrify(own, tuple(row)) for row in batch)
            except psycopg.DataError as error:
                raise _translated(self._address, error) from None
            self._run(joined)

    def _copy(self, copy: str, rows: Iterator[Any]) -> None:
        raw = self._ready()
        first = next(rows, None)
        if first is None:
            return
        try:
            with raw.cursor() as cursor, cursor.copy(copy) as target:
                target.write_row(first)
                for row in rows:
                    target.write_row(row)
        except psycopg.Error as error:
            if raw.closed:
                raise unavailable(self._address, error) from None
            raise _translated(self._address, error) from None
        except UnicodeEncodeError:
            raise UnstorableError("the store cannot hold half a character") from None

    def stream(self, sql: str, parameters: Any = (), /) -> Iterator[Any]:
        """Yield the rows of a statement in parts; the connection belongs to the generator.

        Outside of a snapshot it begins one, in which everything is read until the end.
        """
        own = not self._begun
        if own:
            self.begin_snapshot()
            self.streaming = True
        name = f"gongwen_rows_{next(self._numbers)}"
        statement, _ = for_server(sql)
        try:
            self._run(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", tuple(parameters))
            while rows := self._run(f"FETCH {_FETCH_ROWS} FROM {name}").fetchall():
                yield from rows
            self._run(f"CLOSE {name}")
        finally:
            if own:
                self.streaming = False
                self.rollback()

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table in order; none when there is no such table."""
        if not self._columns.get(table):
            rows = self._run(
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s)"
                " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                (f'"{self._address.schema}".{table}',),
                again=not self._begun,
            )
            self._columns[table] = [name for (name,) in rows if name != HIDDEN]
        return self._columns[table]

    def highest_id(self, table: str) -> int:
        """Return the highest id that a row of a table ever had."""
        sequence = f'"{self._address.schema}".{table}_id_seq'
        rows = self._run(f"SELECT last_value, is_called FROM {sequence}").fetchall()
        return int(rows[0][0]) if rows[0][1] else 0

    def keep_highest_id(self, table: str) -> None:
        """Let new rows of a table have ids above all that are there; inside a transaction."""
        sequence = f'"{self._address.schema}".{table}_id_seq'
        self._run(f"SELECT setval('{sequence}', max(id)) FROM {table} HAVING max(id) IS NOT NULL")

    # -- transactions --------------------------------------------------------------------------

    def begin_snapshot(self) -> None:
        """Begin to read one state of the library, and drop what was kept of another one."""
        # The flag comes first: Ctrl-C may come in between.
        self._ready()
        self._begun = True
        try:
            self._begin(_BEGIN_SNAPSHOT)
        except BaseException:
            self.rollback()
            raise

    def _begin(self, sql: str) -> None:
        raw = self._raw
        assert raw is not None
        for attempt in (1, 2):
            try:
                cursor = raw.execute(sql)
                break
            except psycopg.Error as error:
                if not (raw.closed or isinstance(error, errors.AdminShutdown)):
                    raise _translated(self._address, error) from None
                if attempt == 2:
                    raise unavailable(self._address, error) from None
                # Cut since the last use, so nothing was begun on it.
                self._begun = False
                with contextlib.suppress(psycopg.Error):
                    raw.close()
                raw = self._ready()
                self._begun = True
        cursor.nextset()
        row = cursor.fetchone()
        found = row[0] if row else ""
        if sql is _BEGIN_SNAPSHOT:
            if self.kept is None or self.state != found:
                self.kept = {}
                self.state = found
        else:
            self._change = found

    def begin(self) -> None:
        """Begin a transaction that changes tables; it excludes nobody by itself."""
        self._ready()
        self._begun = True
        self._run("BEGIN")

    def begin_changes(self) -> None:
        """Begin a transaction behind all others that change something.

        Raises:
            LibraryError: the lock that this process believes to hold is held no more.
        """
        self._ready()
        self._begun = True
        self._begin(_BEGIN_CHANGES)
        self._check_fence()

    def _check_fence(self) -> None:
        """Raise LibraryError when the lock of this thread was lost, as when its connection was."""
        backend = self._fence()
        if not backend:
            return
        rows = self._run(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = %s",
            (backend,),
        )
        if not rows.fetchall():
            raise LibraryError(
                f"the connection to the store {self._address.place} that kept other writers away "
                "was cut; nothing of this change was kept; give the command again"
            )

    def commit(self) -> None:
        """Keep the changes of the transaction, wholly or not at all.

        When the answer of the server is lost, it is asked again what became of them.

        Raises:
            StoreUnavailable: nothing was kept, or it cannot be known now.
        """
        if self._change:
            self._check_fence()
        try:
            cursor = self._run("COMMIT")
        except StoreUnavailable as error:
            self._begun = False
            if not self._change or not self._was_kept(self._change, error):
                raise
            return
        self._begun, self._change = False, ""
        if cursor.statusmessage != "COMMIT":
            raise LibraryError(
                f"the store {self._address.place} did not keep a change; give the command again"
            )

    def _was_kept(self, change: str, lost: StoreUnavailable) -> bool:
        """Return whether the server has kept a change.

        Raises:
            StoreUnavailable: it does not answer, so that nobody can know.
        """
        until = time.monotonic() + _OUTCOME_SECONDS
        while True:
            with contextlib.suppress(StoreUnavailable, LibraryError):
                row = self._run("SELECT pg_xact_status(%s::xid8)", (change,)).fetchone()
                if row and row[0] != "in progress":
                    return bool(row[0] == "committed")
            if time.monotonic() > until:
                raise StoreUnavailable(
                    f"{str(lost).partition(';')[0]}; whether the last change was kept cannot be "
                    "known before it runs again: look then, and give the command again if need be"
                ) from None
            time.sleep(_PAUSE_SECONDS)

    def rollback(self) -> None:
        """End the transaction without its changes."""
        raw = self._raw
        if raw is not None and not raw.closed and self.process == os.getpid():
            status = raw.info.transaction_status
            try:
                if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                    raw.execute("ROLLBACK")
                elif status != TransactionStatus.IDLE:  # an interruption has left it in the middle
                    raw.close()
            except psycopg.Error:
                with contextlib.suppress(psycopg.Error):
                    raw.close()
        self._begun, self._change = False, ""

    def known(self, what: str) -> dict[Any, Any]:
        """Return what was read of the state that is being read, to look into and to add to.

        Outside of a snapshot, and in a transaction that changes something, it is a new dictionary
        each time.
        """
        if self.kept is None or not self._begun:
            return {}
        return self.kept.setdefault(what, {})


class PostgresConnections:
    """The connections of all threads to one server, each opened at its first use.

    Args:
        address: of the server.
        read_only: read only.
        single: share one connection between threads, which must use it one at a time.

    Attributes:
        fence: returns the process id on the server that holds the lock of the calling thread, 0
            when it holds none.
    """

    def __init__(self, address: StoreAddress, read_only: bool, single: bool = False) -> None:
        self.read_only = read_only
        self.server = address
        self.address = address.text
        self.fence: Callable[[], int] = int
        self._local: list[Any] = [SimpleNamespace() if single else threading.local()]

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return not self._local

    def close(self) -> None:
        """Close the connection of this thread; those of others are closed when they drop them."""
        local = self._local[:1]
        self._local.clear()
        for one in local:
            if (db := getattr(one, "db", None)) is not None:
                db.close()

    def apart(self) -> PostgresConnections:
        """Return connections of their own, for a generator, which several threads may run."""
        other = PostgresConnections(self.server, self.read_only, single=True)
        other.fence = self.fence
        return other

    def mine(self) -> PostgresConnection:
        """Return the connection of the calling thread, opened if need be.

        A transaction that an interrupted function has left open is rolled back first.

        Raises:
            LibraryError: :meth:`close` was called.
            StoreUnavailable: the server does not answer, or does not let us in.
        """
        try:
            local = self._local[0]
        except IndexError:
            raise LibraryError(
                f"{self.server.place}: the library was closed; open it again"
            ) from None
        db: PostgresConnection | None = getattr(local, "db", None)
        if db is not None and db.process == os.getpid():
            if db.in_transaction and not db.streaming and not is_running(db.owner):
                db.owner = None
                db.rollback()
            return db
        local.db = db = PostgresConnection(self.server, self.read_only, lambda: self.fence())
        return db

    def problems(self) -> Iterator[str]:
        """Yield what is wrong in the tables, each with advice."""
        [(wrong,)] = self.mine().execute(
            "SELECT count(*) FROM (SELECT id, length(text) AS size FROM reports) r"
            " JOIN (SELECT report, max(end) AS last FROM sentences GROUP BY report) s"
            " ON s.report = r.id WHERE s.last > r.size"
        )
        if wrong:
            yield f"sentences of {wrong} reports do not stand in their report; add its file again"
