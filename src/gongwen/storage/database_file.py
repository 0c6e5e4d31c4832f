"""Create the SQLite file of a library, and check its format and migrate it when it is opened."""

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
_DISK_ERRORS = frozenset(
    {
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY,
    }
)  # fmt: skip
"""SQLite errors whose cause is the disk or another process, not the content of the file."""


class FileConnections(Connections):
    """The connections of all threads to the SQLite file of a library."""

    def problems(self) -> Iterator[str]:
        """Yield the faults that SQLite finds in the file, each with advice."""
        return file_problems(self.mine())


def connect(folder: Path, create: bool, read_only: bool = False) -> FileConnections:
    """Open the file of the library in ``folder``.

    Args:
        folder: the library's folder.
        create: create the file if it does not exist.
        read_only: open it for reading only; also done when it cannot be written to.

    Raises:
        LibraryError: the file does not exist, is not a library, is damaged, or cannot be opened.
        NewerLibraryError: a newer version of gongwen has written it.
    """
    path = folder / FILE
    if not path.exists():
        create_folder(folder, create and not read_only)
    connections = FileConnections(path, read_only or not may_write(path))
    try:
        _check_format(connections.mine(), folder, path)
    except DamagedError as error:
        connections.close()
        raise LibraryError(f"{path}: not a gongwen library, or damaged: {error}") from None
    except sqlite3.DatabaseError as error:
        connections.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_ERRORS:
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


def _check_format(db: sqlite3.Connection, folder: Path, path: Path) -> None:
    """Create the tables of a new file, migrate an older format, and refuse any other file."""
    version, application, empty = _state(db)
    if version == 0 and application == 0 and empty:
        _retry_while_locked(lambda: _create(db))
    elif application != _APPLICATION_ID:
        raise LibraryError(f"{path}: not a gongwen library; choose another --library folder")
    elif version > VERSION:
        raise NewerLibraryError(
            f"{folder}: written by a newer gongwen (library format {version}, this one "
            f"reads {VERSION}); update gongwen"
        )
    elif version < VERSION:
        _retry_while_locked(lambda: _migrate(db, folder))


def _state(db: sqlite3.Connection) -> tuple[int, int, bool]:
    """Return format version, application id, and whether there are no tables.

    All are read in one transaction, because another process may be creating the tables.
    """
    _retry_while_locked(lambda: db.execute("BEGIN"))
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
    with _transaction(db):
        if _is_empty(db):  # unless another process was faster
            migrate(db, 0)
            db.execute("INSERT INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _migrate(db: sqlite3.Connection, folder: Path) -> None:
    try:
        with _transaction(db):
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version < VERSION:  # unless another process was faster
                _back_up(folder)
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


def _back_up(folder: Path) -> None:
    """Copy the file before its format changes; the caller's transaction excludes other writers."""
    path = folder / FILE
    for leftover in folder.glob(f"{FILE}.copying-*"):  # of a process that was killed
        leftover.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{FILE}.copying-", dir=folder)
    partial = Path(name)
    try:
        os.close(descriptor)
        partial.chmod(path.stat().st_mode & 0o777)
        # Another connection reads the state before the caller's transaction.
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
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit the changes of a block, or roll them back when it raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        _roll_back(db)
        raise


def _roll_back(db: sqlite3.Connection) -> None:
    """Roll back the transaction, unless SQLite has ended it itself, as when the disk is full."""
    if db.in_transaction:
        with contextlib.suppress(sqlite3.Error):  # the first error is the one to report
            db.execute("ROLLBACK")


def _retry_while_locked(act: Callable[[], object]) -> None:
    """Call ``act`` until it meets no lock of another process that is creating the file.

    Changing to WAL mode needs the file exclusively, and SQLite does not wait for that itself.
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


def create_folder(folder: Path, create: bool, file: str = FILE) -> None:
    """Create the folder of a new library, or raise LibraryError when it must not be created.

    Args:
        folder: the folder.
        create: create it if it does not exist.
        file: its file that says that there is a library; another process may have written it.
    """
    if folder.exists() and not folder.is_dir():
        raise LibraryError(f"{folder}: a file, not a folder; choose another --library")
    if not create:
        if folder.exists() and any(folder.iterdir()):
            raise LibraryError(f"{folder}: not a gongwen library; choose another --library folder")
        raise LibraryError(f"{folder}: no library yet; run gongwen add FILE... first")
    if folder.exists() and any(folder.iterdir()) and not (folder / file).exists():
        raise LibraryError(f"{folder}: has files but is no gongwen library; choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"{folder}: cannot be created ({error.strerror})") from None


def file_problems(db: sqlite3.Connection) -> Iterator[str]:
    """Yield the faults that SQLite finds in a library's file, each with advice.

    Every row and index is checked, which takes as long as reading the whole file.
    """
    try:
        for (found,) in db.execute("PRAGMA integrity_check"):
            if found != "ok":
                yield f"the store is damaged: {' '.join(str(found).split())}; {REPAIR}"
        if db.execute("PRAGMA foreign_key_check").fetchone():
            yield "the store has sentences without their report; export what is there"
        [(wrong,)] = db.execute(
            # SQLite counts the characters of a text to get its length, so once for each report.
            "SELECT count(*) FROM (SELECT id, length(text) AS size FROM reports) r"
            " JOIN (SELECT report, max(end) AS last FROM sentences GROUP BY report) s"
            " ON s.report = r.id WHERE s.last > r.size"
        )
        if wrong:
            yield f"sentences of {wrong} reports do not stand in their report; add its file again"
    except (DamagedError, sqlite3.Error) as error:
        yield f"the store is damaged: {' '.join(str(error).split())}"
