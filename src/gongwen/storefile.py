"""The SQLite file of a library: created once, and recognised when it is opened."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from .nlp.errors import LibraryError, NewerLibraryError

FILE = "library.db"
SCHEMA_VERSION = 1
_APPLICATION_ID = 0x676F6E67  # "gong"
_WAIT_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reports (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, region TEXT NOT NULL, year TEXT NOT NULL,
  kind TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL, added TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX reports_by_hash ON reports (sha256);
CREATE INDEX reports_by_source ON reports (source);
CREATE TABLE sentences (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  n INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  section TEXT NOT NULL, item TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
  topic TEXT NOT NULL, also TEXT NOT NULL, probability REAL NOT NULL,
  correction INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL,
  tagged INTEGER NOT NULL,
  UNIQUE (report, n)
);
CREATE INDEX sentences_by_generation ON sentences (generation);
CREATE INDEX sentences_by_tagging ON sentences (tagged);
CREATE TABLE corrections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report TEXT NOT NULL, n INTEGER NOT NULL, text TEXT NOT NULL, heading TEXT NOT NULL,
  topic TEXT NOT NULL, also TEXT NOT NULL, role TEXT NOT NULL,
  author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE removed (sentence INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_by_generation ON removed (generation);
INSERT INTO meta VALUES ('generation', '0');
"""


def connect(folder: Path, create: bool) -> sqlite3.Connection:
    """Open the file of the library in ``folder``.

    Args:
        folder: the library's folder.
        create: make the file when it is not there.

    Raises:
        LibraryError: there is none, or the file is not a library.
        NewerLibraryError: a newer version of gongwen has written it.
    """
    path = folder / FILE
    if not path.exists():
        _may_create(folder, create)
    try:
        db = sqlite3.connect(
            path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA foreign_keys = ON")
        version, application, empty = _state(db)
        if version == 0 and application == 0 and empty:
            _until_free(lambda: _create(db))
        elif application != _APPLICATION_ID:
            raise LibraryError(f"{path}: not a gongwen library; choose another --library folder")
        elif version > SCHEMA_VERSION:
            raise NewerLibraryError(
                f"{folder}: written by a newer gongwen (library format {version}, this one "
                f"reads {SCHEMA_VERSION}); update gongwen"
            )
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{path}: not a gongwen library, or damaged ({error})") from None
    return db


def _state(db: sqlite3.Connection) -> tuple[int, int, bool]:
    """Return version, application and whether there are no tables, as of one moment.

    Another process may be creating them.
    """
    _until_free(lambda: db.execute("BEGIN"))
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        application = db.execute("PRAGMA application_id").fetchone()[0]
        return version, application, _is_empty(db)
    finally:
        db.execute("COMMIT")


def _is_empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _create(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        if _is_empty(db):  # or another process was faster
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    db.execute(statement)
            db.execute("INSERT INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _until_free(act: Callable[[], object]) -> None:
    """Do ``act``, again while another process is creating the file: SQLite does not wait for that.

    Changing to write-ahead logging needs the file alone, and whoever meets it is told at once.
    """
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            act()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _may_create(folder: Path, create: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise LibraryError(f"{folder}: a file, not a folder; choose another --library")
    if not create:
        if folder.exists() and any(folder.iterdir()):
            raise LibraryError(f"{folder}: not a gongwen library; choose another --library folder")
        raise LibraryError(f"{folder}: no library yet; run gongwen add FILE... first")
    if folder.exists() and any(folder.iterdir()) and not (folder / FILE).exists():
        raise LibraryError(f"{folder}: has files but is no gongwen library; choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"{folder}: cannot be created ({error.strerror})") from None
