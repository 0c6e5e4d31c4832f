"""Salvage the rows of a damaged SQLite file that can still be read.

Where SQLite fails inside a table, the range of row numbers is bisected until only the rows that
cannot be read are left out. The columns that a row has lost may still be in the indexes.

The first page of an SQLite file has its schema and the pages at which its tables begin. These are
the same in every library that was made by the same migrations, so the first page of an empty
library can replace a damaged one. Checksums show afterwards whether the result is right.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..ingest.recompute import DAMAGE, recompute
from ..nlp.errors import DamagedError
from ..storage.connection import CheckedConnection
from ..storage.database_file import FILE
from ..storage.migrations import STEPS, VERSION, migrate
from ..storage.sql_dialect import row_number
from ..storage.transactions import Database

Row = dict[str, Any]
"""The values of a row by column, without the columns that cannot be read."""

_MAX_EMPTY_READS = 5_000
"""Consecutive reads of one table without a row, after which the rest of it is given up."""
_DEFAULT_HIGHEST_ROWID = 1 << 16
"""Rowid up to which rows are searched for when their highest rowid is unknown."""
_READ_ERRORS = (DamagedError, sqlite3.Error)


class ServerTables:
    """The tables of a library on a server, which gives each row as a whole or an error.

    Args:
        db: the connection.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._columns: dict[str, list[str]] = {}

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table; none when the table does not exist."""
        if table not in self._columns:
            self._columns[table] = self._db.columns(table)
        return self._columns[table]

    def row(self, table: str, number: int) -> Row:
        """Return the row with this number; none when there is no such number."""
        return next(iter(self._select(table, f"{row_number(table)} = ?", (number,))), {})

    def of_report(self, table: str, report: str) -> list[Row]:
        """Return the rows of a report, ordered by number."""
        return self._select(table, "report = ?", (report,))

    scanned_of = of_report

    def all(self, table: str) -> list[Row]:
        """Return all rows of a table, ordered by number."""
        return self._select(table, "1 = 1", ())

    def indexed(self, _table: str) -> dict[int, Row]:
        """Return nothing: what a row has lost is in no index that could be read."""
        return {}

    def _select(self, table: str, where: str, values: Sequence[Any]) -> list[Row]:
        names = ["rowid", *self.columns(table)]
        number = row_number(table)
        columns = ", ".join([number, *names[1:]])
        sql = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {number}"
        return [dict(zip(names, row, strict=True)) for row in self._db.execute(sql, values)]


def tables_of(db: Database) -> Tables | ServerTables:
    """Return what reads the tables of a library through a connection."""
    return Tables(db) if isinstance(db, CheckedConnection) else ServerTables(db)


class Tables:
    """The tables of a damaged library file, read row by row where need be.

    Args:
        db: the connection.
    """

    def __init__(self, db: CheckedConnection) -> None:
        self._db = db
        self._scanned: dict[str, dict[int, Row]] = {}
        self._columns: dict[str, list[str]] = {}

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table; none when the table does not exist."""
        if table not in self._columns:
            self._columns[table] = self._names(f"PRAGMA table_info({table})", 1)
        return self._columns[table]

    def row(self, table: str, number: int) -> Row:
        """Return the columns of a row that can be read; none when there is no such rowid."""
        try:
            for row in self._select(table, "rowid = ?", (number,)):
                return row
        except _READ_ERRORS:
            pass
        return self._scan(table).get(number, {})

    def of_report(self, table: str, report: str) -> list[Row]:
        """Return the rows of a report, found by the index, ordered by rowid.

        Raises:
            DamagedError: they cannot be read by the index; :meth:`scanned_of` may still find some.
        """
        if not self.columns(table):
            return []
        return sorted(self._select(table, "report = ?", (report,)), key=lambda row: row["rowid"])

    def scanned_of(self, table: str, report: str) -> list[Row]:
        """Return the rows of a report, found by scanning the table, ordered by rowid."""
        return [row for row in self.all(table) if row.get("report") == report]

    def all(self, table: str) -> list[Row]:
        """Return all rows of a table that can be read, ordered by rowid."""
        return list(self._scan(table).values())

    def _select(self, table: str, where: str, values: Sequence[Any], hint: str = "") -> list[Row]:
        names = ["rowid", *self.columns(table)]
        sql = f"SELECT {', '.join(names)} FROM {table} {hint} WHERE {where}"
        return [dict(zip(names, row, strict=True)) for row in self._db.execute(sql, values)]

    def _scan(self, table: str) -> dict[int, Row]:
        if table not in self._scanned:
            found = self._read_all(table) if self.columns(table) else {}
            self._scanned[table] = dict(sorted(found.items()))
        return self._scanned[table]

    def _read_all(self, table: str) -> dict[int, Row]:
        indexed = self.indexed(table)
        found: dict[int, Row] = {}
        unread: list[int] = []
        reads_left = _MAX_EMPTY_READS
        ranges = deque([(0, self._highest(table, indexed))])
        while ranges and reads_left:
            # The widest first, so that undamaged ranges are read early.
            low, high = ranges.popleft()
            reads_left -= 1
            try:
                rows = self._select(table, "rowid BETWEEN ? AND ?", (low, high), "NOT INDEXED")
            except _READ_ERRORS:
                if low == high:
                    unread.append(low)
                else:
                    middle = (low + high) // 2
                    ranges += [(low, middle), (middle + 1, high)]
            else:
                found |= {row["rowid"]: row for row in rows}
                reads_left = _MAX_EMPTY_READS if rows else reads_left
        for number in {*unread, *indexed} - set(found):
            row = indexed.get(number, {}) | self._columns_of(table, number)
            if row:
                found[number] = {"rowid": number} | row
        return found

    def _columns_of(self, table: str, number: int) -> Row:
        """Return the columns of a row that can be read, each by a statement of its own."""
        row: Row = {}
        for name in self.columns(table):
            try:
                sql = f"SELECT {name} FROM {table} NOT INDEXED WHERE rowid = ?"
                for (value,) in self._db.execute(sql, (number,)):
                    row[name] = value
            except _READ_ERRORS:
                continue
        return row

    def _highest(self, table: str, indexed: dict[int, Row]) -> int:
        """Return the highest rowid of a table, or a guess when it cannot be read."""
        try:
            [(highest,)] = self._db.execute(f"SELECT max(rowid) FROM {table} NOT INDEXED")
            return max(highest or 0, *indexed, 0)
        except _READ_ERRORS:
            if indexed:
                return max(indexed)
        try:
            sql = "SELECT seq FROM sqlite_sequence WHERE name = ?"
            return max(
                (seq for (seq,) in self._db.execute(sql, (table,))), default=_DEFAULT_HIGHEST_ROWID
            )
        except (*_READ_ERRORS, TypeError):
            return _DEFAULT_HIGHEST_ROWID

    def indexed(self, table: str) -> dict[int, Row]:
        """Return the columns of rows that the indexes of a table contain, by rowid."""
        known: dict[int, Row] = {}
        for index in self._names(f"PRAGMA index_list({table})", 1):
            columns = self._names(f"PRAGMA index_info({index})", 2)
            for order in ("ASC", "DESC"):  # from both ends, each up to the damage
                by = ", ".join(f"{name} {order}" for name in columns)
                sql = f"SELECT rowid, {', '.join(columns)} FROM {table} INDEXED BY {index}"
                for number, *values in self._rows_until_error(f"{sql} ORDER BY {by}"):
                    known.setdefault(number, {}).update(zip(columns, values, strict=True))
        return known

    def _names(self, sql: str, column: int) -> list[str]:
        return [row[column] for row in self._rows_until_error(sql)]

    def _rows_until_error(self, sql: str) -> Iterator[Any]:
        try:
            cursor = self._db.cursor().execute(
                sql
            )  # fetched row by row, to keep the rows before an error
            while row := cursor.fetchone():
                yield row
        except _READ_ERRORS:
            return


# -- a copy of the damaged file --------------------------------------------------------------------

_HEADER = 100
"""Bytes of the file header at the beginning of the first page."""
_Schema = frozenset[tuple[str, str]]


def open_copy(folder: Path, scratch: Path) -> CheckedConnection | None:
    """Open a copy of the file of a library, migrated to the present format if possible.

    A damaged header or first page is replaced by that of an empty library of each format in turn.

    Args:
        folder: the library; nothing in it is changed.
        scratch: an empty folder for the copy.

    Returns:
        A connection, ``None`` when no table can be found in the file.
    """
    schemas = dict(_empty_library(version) for version in range(VERSION, 0, -1))
    newest = next(iter(schemas.values()))
    db = _open_patched_copy(folder, scratch, b"")
    if db and _schema(db) in schemas:
        return db
    for page in (newest[:_HEADER], *schemas.values()):
        if patched := _open_patched_copy(folder, scratch, page):
            if Tables(patched).all("reports"):
                return patched
            patched.close()
    db = _open_patched_copy(folder, scratch, b"")
    return db if db and Tables(db).columns("reports") else None


def _empty_library(version: int) -> tuple[_Schema, bytes]:
    """Return the schema and the first page of an empty library of a format."""
    with contextlib.closing(_connect(":memory:")) as db:
        for step in STEPS[:version]:
            step(db)
        return _schema(db), db.serialize()[: _page_size(db)]


def _open_patched_copy(folder: Path, scratch: Path, page: bytes) -> CheckedConnection | None:
    """Open a new copy of the file whose first bytes are replaced by ``page``.

    Returns:
        A connection with an open transaction, ``None`` when SQLite cannot read the copy.
    """
    copy = scratch / FILE
    for suffix in ("-shm", "-wal", ""):
        copy.with_name(FILE + suffix).unlink(missing_ok=True)
    for suffix in ("-wal", ""):
        if (folder / (FILE + suffix)).is_file():
            shutil.copyfile(folder / (FILE + suffix), copy.with_name(FILE + suffix))
    if page:
        with copy.open("rb+") as file:
            file.write(page)
            size = int.from_bytes(page[16:18], "big")
            pages = copy.stat().st_size // (65536 if size == 1 else size)
            # WAL mode, the number of pages of the file, and no free pages.
            for offset, data in ((18, b"\2\2"), (28, pages.to_bytes(4, "big")), (32, bytes(8))):
                file.seek(offset)
                file.write(data)
    try:
        db = _connect(copy)
    except sqlite3.Error:
        return None
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
        _migrate(db)
        db.execute("BEGIN")
        return db
    except _READ_ERRORS:
        db.close()
        return None


def _migrate(db: CheckedConnection) -> None:
    """Migrate the copy to the present format, and recompute what is stale.

    What fails because of damage is left as it is.
    """
    [(version,)] = db.execute("PRAGMA user_version")
    if 0 < version < VERSION:
        db.execute("BEGIN")
        try:
            migrate(db, version)
            db.execute("COMMIT")
        except (*_READ_ERRORS, ValueError, TypeError, AttributeError, LookupError):
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
    _recompute_stale(db)


def _recompute_stale(db: CheckedConnection) -> None:
    """Recompute the stale parts of each report that is not damaged."""
    try:
        stale = db.execute("SELECT DISTINCT report FROM stale").fetchall()
    except _READ_ERRORS:
        return
    for (report,) in stale:
        db.execute("BEGIN")
        try:
            recompute(db, report)
            db.execute("COMMIT")
        except (*_READ_ERRORS, *DAMAGE):
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")


def _schema(db: sqlite3.Connection) -> _Schema:
    try:
        rows = db.execute("SELECT name, sql FROM sqlite_master")
        return frozenset((name, sql or "") for name, sql in rows)
    except _READ_ERRORS:
        return frozenset()


def _page_size(db: sqlite3.Connection) -> int:
    [(size,)] = db.execute("PRAGMA page_size")
    return int(size)


def _connect(path: Path | str) -> CheckedConnection:
    return sqlite3.connect(path, isolation_level=None, factory=CheckedConnection)
