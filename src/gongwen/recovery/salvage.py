"""Salvage the rows of a damaged SQLite file: all that can still be read.

Where SQLite stops in the middle of a table, the range of row numbers is halved until only the rows
that cannot be read are left out. What a row has lost, its indexes may still have.

The first page of an SQLite file says what it is and where its tables begin. In the file of a
library these lie where they lie in any other that was made by the same steps, so that the first
page of an empty one can stand in for it. Checksums tell afterwards whether that was right.
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

Row = dict[str, Any]
"""Values by column; a column that cannot be read is missing."""

_MOST_PROBES = 5_000
"""Reads of one table in a row that find nothing, before the rest of it is given up."""
_HIGHEST = 1 << 16
"""Row number up to which rows are looked for when nothing says how many there are."""
_TROUBLE = (DamagedError, sqlite3.Error)


class Tables:
    """The tables of a library's file, read around damage.

    Args:
        db: a connection made by :class:`~gongwen.storage.connection.CheckedConnection`.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._scanned: dict[str, dict[int, Row]] = {}
        self._columns: dict[str, list[str]] = {}

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none when there is no such table."""
        if table not in self._columns:
            self._columns[table] = self._names(f"PRAGMA table_info({table})", 1)
        return self._columns[table]

    def row(self, table: str, number: int) -> Row:
        """Return what can be read of the row with this number, nothing when there is none."""
        try:
            for row in self._select(table, "rowid = ?", (number,)):
                return row
        except _TROUBLE:
            pass
        return self._scan(table).get(number, {})

    def of_report(self, table: str, report: str) -> list[Row]:
        """Return the rows of a report by way of the index, in order of their numbers.

        Raises:
            DamagedError: they cannot be read so; :meth:`scanned_of` may still find some.
        """
        if not self.columns(table):
            return []
        return sorted(self._select(table, "report = ?", (report,)), key=lambda row: row["rowid"])

    def scanned_of(self, table: str, report: str) -> list[Row]:
        """Return the rows of a report without its index, in order of their numbers."""
        return [row for row in self.all(table) if row.get("report") == report]

    def all(self, table: str) -> list[Row]:
        """Return all rows of a table that can be read, in order of their numbers."""
        return list(self._scan(table).values())

    def _select(self, table: str, where: str, values: Sequence[Any], by: str = "") -> list[Row]:
        names = ["rowid", *self.columns(table)]
        sql = f"SELECT {', '.join(names)} FROM {table} {by} WHERE {where}"
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
        left = _MOST_PROBES
        ranges = deque([(0, self._highest(table, indexed))])
        while ranges and left:
            low, high = ranges.popleft()  # wide ones first: what is whole is found soon
            left -= 1
            try:
                rows = self._select(table, "rowid BETWEEN ? AND ?", (low, high), "NOT INDEXED")
            except _TROUBLE:
                if low == high:
                    unread.append(low)
                else:
                    middle = (low + high) // 2
                    ranges += [(low, middle), (middle + 1, high)]
            else:
                found |= {row["rowid"]: row for row in rows}
                left = _MOST_PROBES if rows else left
        for number in {*unread, *indexed} - set(found):
            row = indexed.get(number, {}) | self._columns_of(table, number)
            if row:
                found[number] = {"rowid": number} | row
        return found

    def _columns_of(self, table: str, number: int) -> Row:
        """Return the columns of a row that can be read one by one."""
        row: Row = {}
        for name in self.columns(table):
            try:
                sql = f"SELECT {name} FROM {table} NOT INDEXED WHERE rowid = ?"
                for (value,) in self._db.execute(sql, (number,)):
                    row[name] = value
            except _TROUBLE:
                continue
        return row

    def _highest(self, table: str, indexed: dict[int, Row]) -> int:
        try:
            [(highest,)] = self._db.execute(f"SELECT max(rowid) FROM {table} NOT INDEXED")
            return max(highest or 0, *indexed, 0)
        except _TROUBLE:
            if indexed:
                return max(indexed)
        try:
            sql = "SELECT seq FROM sqlite_sequence WHERE name = ?"
            return max((seq for (seq,) in self._db.execute(sql, (table,))), default=_HIGHEST)
        except (*_TROUBLE, TypeError):
            return _HIGHEST

    def indexed(self, table: str) -> dict[int, Row]:
        """Return what the indexes of a table know of its rows."""
        known: dict[int, Row] = {}
        for index in self._names(f"PRAGMA index_list({table})", 1):
            columns = self._names(f"PRAGMA index_info({index})", 2)
            for order in ("ASC", "DESC"):  # from both ends, as far as it goes
                by = ", ".join(f"{name} {order}" for name in columns)
                sql = f"SELECT rowid, {', '.join(columns)} FROM {table} INDEXED BY {index}"
                for number, *values in self._as_far_as_it_goes(f"{sql} ORDER BY {by}"):
                    known.setdefault(number, {}).update(zip(columns, values, strict=True))
        return known

    def _names(self, sql: str, column: int) -> list[str]:
        return [row[column] for row in self._as_far_as_it_goes(sql)]

    def _as_far_as_it_goes(self, sql: str) -> Iterator[Any]:
        try:
            cursor = self._db.cursor().execute(sql)  # row by row, not all or none
            while row := cursor.fetchone():
                yield row
        except _TROUBLE:
            return


_HEADER = 100
"""Bytes in front of the first page's tables."""
_Schema = frozenset[tuple[str, str]]


def open_copy(folder: Path, scratch: Path) -> CheckedConnection | None:
    """Open a copy of the file of the library in ``folder``, brought up to date where it can be.

    Args:
        folder: the library; nothing in it is changed.
        scratch: an empty folder for the copy.

    Returns:
        A connection, ``None`` when nothing in the file can be found.
    """
    known = dict(_empty_library(version) for version in range(VERSION, 0, -1))
    newest = next(iter(known.values()))
    db = _copied(folder, scratch, b"")
    if db and _schema(db) in known:
        return db
    for page in (newest[:_HEADER], *known.values()):
        if grafted := _copied(folder, scratch, page):
            if Tables(grafted).all("reports"):
                return grafted
            grafted.close()
    db = _copied(folder, scratch, b"")
    return db if db and Tables(db).columns("reports") else None


def _empty_library(version: int) -> tuple[_Schema, bytes]:
    """Return the tables and the first page of a library that is empty."""
    with contextlib.closing(_connect(":memory:")) as db:
        for step in STEPS[:version]:
            step(db)
        return _schema(db), db.serialize()[: _page_size(db)]


def _copied(folder: Path, scratch: Path, page: bytes) -> CheckedConnection | None:
    """Open a fresh copy, with ``page`` in place of its beginning."""
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
            # Write-ahead logging, the size of the file, and no free pages.
            for place, data in ((18, b"\2\2"), (28, pages.to_bytes(4, "big")), (32, bytes(8))):
                file.seek(place)
                file.write(data)
    try:
        db = _connect(copy)
    except sqlite3.Error:
        return None
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
        _bring_up_to_date(db)
        db.execute("BEGIN")
        return db
    except _TROUBLE:
        db.close()
        return None


def _bring_up_to_date(db: CheckedConnection) -> None:
    """Take the steps that the copy has not taken, and recompute what is stale.

    Where that cannot be, it stays as it is.
    """
    [(version,)] = db.execute("PRAGMA user_version")
    if 0 < version < VERSION:
        db.execute("BEGIN")
        try:
            migrate(db, version)
            db.execute("COMMIT")
        except (*_TROUBLE, ValueError, TypeError, AttributeError, LookupError):
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
    _refresh(db)


def _refresh(db: CheckedConnection) -> None:
    """Recompute what is stale of each report that is whole."""
    try:
        stale = db.execute("SELECT DISTINCT report FROM stale").fetchall()
    except _TROUBLE:
        return
    for (report,) in stale:
        db.execute("BEGIN")
        try:
            recompute(db, report)
            db.execute("COMMIT")
        except (*_TROUBLE, *DAMAGE):
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")


def _schema(db: sqlite3.Connection) -> _Schema:
    try:
        return frozenset(_rows(db))
    except _TROUBLE:
        return frozenset()


def _rows(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for name, sql in db.execute("SELECT name, sql FROM sqlite_master"):
        yield name, sql or ""


def _page_size(db: sqlite3.Connection) -> int:
    [(size,)] = db.execute("PRAGMA page_size")
    return int(size)


def _connect(path: Path | str) -> CheckedConnection:
    return sqlite3.connect(path, isolation_level=None, factory=CheckedConnection)
