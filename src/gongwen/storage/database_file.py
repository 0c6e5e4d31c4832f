"""The SQLite file of a library: created once, recognized and migrated when opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from ..nlp.errors import DamagedError, LibraryError, NewerLibraryError
from .connection import Connections, may_write
from .migrations import VERSION, migrate

FILE = "library.db"
REPAIR = "gongwen repair makes a new library of what is whole"
_APPLICATION_ID = 0x676F6E67  # "gong"
_WAIT_SECONDS = 30.0
_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY,
    }
)  # fmt: skip
"""Errors that say nothing of what is in the file."""


def connect(folder: Path, create: bool, read_only: bool = False) -> Connections:
    """Open the file of the library in ``folder``.

    Args:
        folder: the library's folder.
        create: make the file when it is not there.
        read_only: open it for reading only, as is done where it cannot be written to.

    Raises:
        LibraryError: there is none, or the file is not a library.
        NewerLibraryError: a newer version of gongwen has written it.
    """
    path = folder / FILE
    if not path.exists():
        _may_create(folder, create and not read_only)
    connections = Connections(path, read_only or not may_write(path))
    try:
        _recognise(connections.mine(), folder, path)
    except DamagedError as error:
        connections.close()
        raise LibraryError(f"{path}: not a gongwen library, or damaged: {error}") from None
    except sqlite3.DatabaseError as error:
        connections.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
            raise LibraryError(
                f"{folder}: cannot be opened ({error}); nothing was changed; see that its disk has "
                "room and that you may write to it, and open it again"
            ) from None
        raise LibraryError(
            f"{path}: not a gongwen library, or damaged ({error}); if it is one, run gongwen repair"
        ) from None
    except BaseException:
        connections.close()
        raise
    return connections


def _recognise(db: sqlite3.Connection, folder: Path, path: Path) -> None:
    """Create the tables of a new file, and bring those of an older gongwen up to date."""
    version, application, empty = _state(db)
    if version == 0 and application == 0 and empty:
        _until_free(lambda: _create(db))
    elif application != _APPLICATION_ID:
        raise LibraryError(f"{path}: not a gongwen library; choose another --library folder")
    elif version > VERSION:
        raise NewerLibraryError(
            f"{folder}: written by a newer gongwen (library format {version}, this one "
            f"reads {VERSION}); update gongwen"
        )
    elif version < VERSION:
        _until_free(lambda: _migrate(db, folder))


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
        _roll_back(db)


def _is_empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _create(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    with _changing(db):
        if _is_empty(db):  # or another process was faster
            migrate(db, 0)
            db.execute("INSERT INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _migrate(db: sqlite3.Connection, folder: Path) -> None:
    try:
        with _changing(db):
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version < VERSION:  # or another process was faster
                _keep_copy(folder)
                migrate(db, version)
    except sqlite3.OperationalError as error:
        if "readonly" in str(error):
            raise LibraryError(
                f"{folder}: written by an older gongwen; let it be opened once where it can be "
                "written to"
            ) from None
        if "locked" in str(error):
            raise
        raise LibraryError(
            f"{folder}: cannot be brought to library format {VERSION} ({error}); nothing was "
            "changed; make room on the disk and open it again"
        ) from None
    except (DamagedError, ValueError, TypeError, AttributeError, LookupError) as error:
        why = str(error).partition(";")[0] if isinstance(error, DamagedError) else repr(error)
        raise LibraryError(
            f"{folder}: cannot be brought to library format {VERSION}, it is damaged ({why}); "
            "nothing was changed; run gongwen repair"
        ) from None


def _keep_copy(folder: Path) -> None:
    """Copy the file as it is, before its format changes; the caller keeps other writers away."""
    path = folder / FILE
    for left in folder.glob(f"{FILE}.copying-*"):  # by a process that died
        left.unlink(missing_ok=True)
    number, name = tempfile.mkstemp(prefix=f"{FILE}.copying-", dir=folder)
    partial = Path(name)
    try:
        os.close(number)
        partial.chmod(path.stat().st_mode & 0o777)
        # Another connection reads what was there before the caller's transaction.
        with (
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as old,
            contextlib.closing(sqlite3.connect(name, isolation_level=None)) as new,
        ):
            old.backup(new)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(folder / f"{FILE}.before-format-{VERSION}")
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise LibraryError(
            f"{folder}: an older gongwen wrote it, and there is no copy of {FILE} before its "
            f"format changes ({why}); nothing was changed; make room on the disk for one more "
            "and open it again"
        ) from None
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _changing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        _roll_back(db)
        raise


def _roll_back(db: sqlite3.Connection) -> None:
    """End a transaction without changes; SQLite has ended it itself when the disk is full."""
    if db.in_transaction:
        with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
            db.execute("ROLLBACK")


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


def file_problems(db: sqlite3.Connection, whole: bool = False) -> Iterator[str]:
    """Yield what SQLite itself finds wrong with a library's file.

    Args:
        db: the connection.
        whole: look at every row and index, which takes as long as reading all of it.
    """
    try:
        for (found,) in db.execute(f"PRAGMA {'integrity' if whole else 'quick'}_check"):
            if found != "ok":
                yield f"the store is damaged: {' '.join(str(found).split())}; {REPAIR}"
        if db.execute("PRAGMA foreign_key_check").fetchone():
            yield "the store has sentences without their report; export what is there"
        [(wrong,)] = db.execute(
            # The length of a text is found by counting its characters: once a report.
            "SELECT count(*) FROM (SELECT id, length(text) AS size FROM reports) r"
            " JOIN (SELECT report, max(end) AS last FROM sentences GROUP BY report) s"
            " ON s.report = r.id WHERE s.last > r.size"
        )
        if wrong:
            yield f"sentences of {wrong} reports do not stand in their report; add its file again"
    except (DamagedError, sqlite3.Error) as error:
        yield f"the store is damaged: {' '.join(str(error).split())}"
