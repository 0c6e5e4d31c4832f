"""Connections to a library's file: one for each thread, also where nothing may be written."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from gongwen.nlp.errors import LibraryError
from gongwen.storage import connection
from gongwen.storage.connection import Connections, open_reader
from gongwen.storage.transactions import Snapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    db = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (x)")
    db.execute("INSERT INTO t VALUES (1)")
    db.close()
    return tmp_path / "a.db"


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM t").fetchone()[0])


def test_each_thread_has_its_own_connection(path: Path) -> None:
    shared = Connections(path, read_only=False)
    mine, others = shared.mine(), []
    threads = [threading.Thread(target=lambda: others.append(shared.mine())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(db) for db in (mine, *others)}) == 4
    assert shared.mine() is mine
    shared.close()
    with pytest.raises(LibraryError, match="was closed; open it again"):
        shared.mine()


def test_the_files_that_readers_need_are_left_by_the_last_writer(path: Path) -> None:
    shared = Connections(path, read_only=False)
    shared.mine().execute("INSERT INTO t VALUES (2)")
    shared.close()
    assert {p.name for p in path.parent.iterdir()} == {"a.db", "a.db-wal", "a.db-shm"}
    assert not path.with_name("a.db-wal").stat().st_size
    assert path.with_name("a.db-wal").stat().st_mode == path.stat().st_mode


def test_a_snapshot_sees_one_moment(path: Path) -> None:
    reader, writer = Connections(path, read_only=True), Connections(path, read_only=False)
    writer.mine()
    with Snapshot(reader), Snapshot(reader):
        writer.mine().execute("INSERT INTO t VALUES (2)")
        assert count(reader.mine()) == 1
    assert count(reader.mine()) == 2
    reader.close(), writer.close()


def test_a_copy_in_memory_follows_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = connection._connect

    def refused(address: str) -> connection.Connection:
        if "mode=ro" in address:
            raise sqlite3.OperationalError("unable to open database file")
        return whole(address)

    monkeypatch.setattr(connection, "_connect", refused)
    monkeypatch.setattr(connection, "_OPEN_SECONDS", 0.05)
    reader = Connections(path, read_only=True)
    assert count(reader.mine()) == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.mine().execute("INSERT INTO t VALUES (9)")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("INSERT INTO t VALUES (2)")
    with pytest.raises(LibraryError, match="run gongwen status once"):
        reader.mine()  # what was written is not in the file yet: no answer rather than an old one
    writer.close()
    assert count(reader.mine()) == 2


def test_a_file_system_that_is_read_only_hides_nothing_in_the_log(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_on_read_only_file_system", lambda _: True)
    assert count(open_reader(path)) == 1
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("INSERT INTO t VALUES (2)")  # stands in the log alone
    assert path.with_name("a.db-wal").stat().st_size
    assert count(open_reader(path)) == 2
    writer.close()
