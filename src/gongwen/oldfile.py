"""The file of a damaged library, copied and opened, even when its first page is lost.

The first page of an SQLite file says what it is and where its tables begin. In the file of a
library these lie where they lie in any other that was made by the same steps, so that the first
page of an empty one can stand in for it. Checksums tell afterwards whether that was right.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .cursors import Connection
from .nlp.errors import DamagedError
from .salvage import Tables
from .schema import STEPS, VERSION, migrate
from .storefile import FILE

_HEADER = 100
"""Bytes in front of the first page's tables."""
_TROUBLE = (DamagedError, sqlite3.Error)
_Schema = frozenset[tuple[str, str]]


def open_copy(folder: Path, scratch: Path) -> Connection | None:
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


def _copied(folder: Path, scratch: Path, page: bytes) -> Connection | None:
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


def _bring_up_to_date(db: Connection) -> None:
    """Take the steps that the copy has not taken; where that cannot be, it stays as it is."""
    [(version,)] = db.execute("PRAGMA user_version")
    if 0 < version < VERSION:
        db.execute("BEGIN")
        try:
            migrate(db, version)
            db.execute("COMMIT")
        except (*_TROUBLE, ValueError, TypeError, AttributeError, LookupError):
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


def _connect(path: Path | str) -> Connection:
    return sqlite3.connect(path, isolation_level=None, factory=Connection)
