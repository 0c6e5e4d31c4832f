"""Create the tables of a library on a PostgreSQL server, and check their format when it is opened.

The tables are those of ``migrations.py``, in a schema of their own; beside them stand the files
that all desks share (``server_desk.py``). What SQLite keeps in the header of its file, the format
and that the tables are ours, stands in the table ``meta``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..nlp.errors import DamagedError, LibraryError, NewerLibraryError
from .migrations import FORMAT_KEY, VERSION, migrate
from .postgres_connection import PostgresConnection, PostgresConnections
from .store_address import StoreAddress

_APPLICATION = "application"
"""Setting that says that the tables are ours."""
_GONGWEN = "gongwen"
_SHARED = """CREATE TABLE IF NOT EXISTS shared_files (
  name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL, changed TEXT NOT NULL
) WITHOUT ROWID"""
_OLDEST_SERVER = 130000
"""PostgreSQL 13, the first that tells of a transaction what became of it as we ask it."""


def connect_server(
    address: StoreAddress, folder: Path, create: bool, read_only: bool
) -> PostgresConnections:
    """Open the library in a schema of a server.

    Args:
        address: of the server, with the schema.
        folder: the folder of this desk, for messages.
        create: create the schema and its tables if they do not exist.
        read_only: open it for reading only; also done when the role may not write.

    Raises:
        LibraryError: there is none, the schema is not of a library, or cannot be created.
        NewerLibraryError: a newer version of gongwen has written it.
        StoreUnavailable: the server does not answer, or does not let us in.
    """
    connections = PostgresConnections(address, read_only=False)
    try:
        db = connections.mine()
        _check_server(db, address)
        found = _format(db, address)
        if found is None and not create:
            raise LibraryError(
                f"{folder}: no library yet in {address.place}, schema {address.schema}; run "
                "gongwen add FILE... first"
            )
        writable = not read_only and (found is None or _may_write(db))
        if found is None or (found < VERSION and writable):
            _bring_up_to_date(db, address)
        elif found < VERSION:
            raise LibraryError(
                f"{address.place}: written by an older gongwen; let it be opened once by someone "
                "who may write to it"
            )
        elif found > VERSION:
            raise NewerLibraryError(
                f"{address.place}: written by a newer gongwen (library format {found}, this one "
                f"reads {VERSION}); update gongwen"
            )
    except BaseException:
        connections.close()
        raise
    if writable:
        return connections
    connections.close()
    return PostgresConnections(address, read_only=True)


def _check_server(db: PostgresConnection, address: StoreAddress) -> None:
    [(version, encoding)] = db.execute(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
    )
    if version < _OLDEST_SERVER:
        raise LibraryError(
            f"{address.place}: PostgreSQL {version // 10000} is too old; 13 or newer is needed"
        )
    if encoding != "UTF8":
        raise LibraryError(
            f"{address.place}: the database has the encoding {encoding}, which cannot hold every "
            "text; create one with ENCODING 'UTF8'"
        )


def _format(db: PostgresConnection, address: StoreAddress) -> int | None:
    """Return the format of the library in the schema, ``None`` when the schema is empty or absent.

    Raises:
        LibraryError: the tables there are not those of a library.
    """
    tables = db.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ? AND c.relkind IN ('r', 'v', 'p', 'm')",
        (address.schema,),
    ).fetchall()
    if not tables:
        return None
    if ("meta",) in tables:
        rows = dict(db.execute("SELECT key, value FROM meta").fetchall())
        if rows.get(_APPLICATION) == _GONGWEN and str(rows.get(FORMAT_KEY)).isdecimal():
            return int(rows[FORMAT_KEY])
    raise LibraryError(
        f"{address.place}: the schema {address.schema} has tables but is no gongwen library; give "
        "another one: ?schema=NAME"
    )


def _may_write(db: PostgresConnection) -> bool:
    [(may,)] = db.execute(
        "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'"
        " AND has_table_privilege('meta', 'INSERT, UPDATE')"
        " AND has_table_privilege('sentences', 'INSERT')"
    )
    return bool(may)


def _bring_up_to_date(db: PostgresConnection, address: StoreAddress) -> None:
    """Create the tables, or take the steps that they have not taken, all or none."""
    with _exclusively(db, address):
        found = _format(db, address) or 0
        if found >= VERSION:
            return  # another desk was faster
        if not found:
            there = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
            if not db.execute(there, (address.schema,)).fetchone():
                db.execute(f'CREATE SCHEMA "{address.schema}"')
        try:
            migrate(db, found)
        except (DamagedError, ValueError, TypeError, AttributeError, LookupError) as error:
            raise LibraryError(
                f"{address.place}: cannot be brought to library format {VERSION}, it is damaged "
                f"({error!r}); nothing was changed; restore it from its backup"
            ) from None
        db.execute(_SHARED)
        if not found:
            for key, value in (("id", uuid.uuid4().hex), (_APPLICATION, _GONGWEN)):
                db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))


@contextmanager
def _exclusively(db: PostgresConnection, address: StoreAddress) -> Iterator[None]:
    """Run a block in a transaction that excludes every other desk that opens the library."""
    db.begin()
    try:
        db.execute("SELECT pg_advisory_xact_lock(hashtext(?))", (f"gongwen {address.schema}",))
        yield
        db.commit()
    finally:
        if db.in_transaction:
            db.rollback()
