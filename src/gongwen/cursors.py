"""SQLite connections that say in our words when their file is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from .nlp.errors import DamagedError

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


class Cursor(sqlite3.Cursor):
    """A cursor that raises DamagedError where a row cannot be read because of damage."""

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        """Run a statement."""
        try:
            super().execute(sql, parameters)
        except _TROUBLE as error:
            raise _ours(error) from None
        return self

    def executemany(self, sql: str, parameters: Any) -> Cursor:
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


class Connection(sqlite3.Connection):
    """A connection whose cursors are :class:`Cursor`; used as ``factory`` of ``connect``."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """Return a new cursor."""
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        """Run a statement in a new cursor."""
        return Cursor(self).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Cursor:
        """Run a statement in a new cursor with each of ``parameters``."""
        return Cursor(self).executemany(sql, parameters)


def _ours(error: Exception) -> Exception:
    damage = damage_in(error)
    return DamagedError(f"the library is damaged ({damage})") if damage else error
