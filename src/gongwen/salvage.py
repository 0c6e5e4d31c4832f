"""Rows of a damaged SQLite file: all that can still be read, whatever is broken beside it.

Where SQLite stops in the middle of a table, the range of row numbers is halved until only the rows
that cannot be read are left out. What a row has lost, its indexes may still have.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from .nlp.errors import DamagedError

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
        db: a connection made by :class:`~gongwen.cursors.Connection`.
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
