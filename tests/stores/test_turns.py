"""Desks take turns: a long add gives way after each file, and goes on with what others chose."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from postgres_server import Server

import gongwen
from gongwen.nlp.errors import LibraryInUseError
from gongwen.storage.postgres_lock import ServerLock
from gongwen.storage.store import Store

from .conftest import Desks, report

NUMERALS = "零一二三四五六七八九"


def many(folder: Path, count: int) -> Path:
    folder.mkdir()
    for n in range(count):
        name = f"第{NUMERALS[n // 10]}{NUMERALS[n % 10]}县"
        (folder / f"{n:02}.txt").write_text(report(name, n + 4), "utf-8")
    return folder


def waiting(server: Server) -> int:
    """Return how many wait for a lock of a library."""
    sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with server.connection() as db:
        row = db.execute(sql).fetchone()
        assert row is not None
        return int(str(row[0]))


def test_a_correction_waits_for_one_file_only(
    server_desks: Desks, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = server_desks.open("a"), server_desks.open("b")
    files = many(tmp_path / "many", 6)
    a.add([files / "00.txt"])
    corrected: list[int] = []
    asking: list[threading.Thread] = []
    stored = 0
    real = Store.put

    def correct() -> None:
        b.correct("00", 3, "行政执法")
        corrected.append(stored)

    def put(self: Store, *given: object) -> object:
        nonlocal stored
        done = real(self, *given)  # type: ignore[arg-type]
        stored += 1
        if stored == 3:  # while the add has the lock, another desk asks for it
            asking.append(threading.Thread(target=correct))
            asking[0].start()
            while not waiting(postgres):
                pass
        return done

    monkeypatch.setattr(Store, "put", put)
    outcomes = a.add([files])
    asking[0].join()
    assert [o.status for o in outcomes] == ["unchanged", *["added"] * 5]
    assert corrected[0] < 5, "it waited for the whole add"
    assert a.search("案件", topics=["行政执法"]).total == 1
    assert len(b.reports()) == 6
    for library in (a, b):
        assert library.status(deep=True)["problems"] == []


def test_what_another_desk_chose_meanwhile_counts_from_the_next_file_on(
    server_desks: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = server_desks.open("a"), server_desks.open("b")
    files = many(tmp_path / "many", 4)
    real = ServerLock.set_aside

    def set_aside(self: ServerLock, *given: object) -> bool:
        def others() -> None:
            if len(b.reports()) == 2 and not b.min_probability:
                b.min_probability = 0.9999

        return real(self, *(given or (others,)))  # type: ignore[arg-type]

    monkeypatch.setattr(ServerLock, "set_aside", set_aside)
    a.add([files], workers=1)
    unsure = {one.id: sum(s.topic == "unsure" for s in a.sentences(one.id)) for one in a.reports()}
    before = [unsure["00"], unsure["01"]]
    after = [unsure["02"], unsure["03"]]
    assert max(before) < min(after)


def test_the_same_report_from_two_desks_is_kept_once(server_desks: Desks, tmp_path: Path) -> None:
    """Two desks add the same texts under other names at the same time."""
    a, b = server_desks.open("a"), server_desks.open("b")
    folders = [many(tmp_path / name, 8) for name in ("one", "two")]
    errors: list[BaseException] = []

    def add(library: gongwen.Library, folder: Path) -> None:
        try:
            library.add([folder])
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=add, args=pair) for pair in zip((a, b), folders, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(a.reports()) == 8
    assert a.status()["copies"] == 8
    assert len({one.title for one in b.reports()}) == 8


def test_turns_come_in_the_order_in_which_they_were_asked_for(
    server_desks: Desks, postgres: Server
) -> None:
    a = server_desks.open("a")
    order: list[int] = []
    threads = []

    def ask(n: int) -> None:
        with a._lock.held("correct", wait=60.0):
            order.append(n)

    with a.exclusively("add"):
        for n in range(5):
            threads.append(threading.Thread(target=ask, args=[n]))
            threads[-1].start()
            while waiting(postgres) < n + 1:
                pass
        assert a._lock.set_aside(lambda: set_segmenter(a))
        assert order == list(range(5))
    for thread in threads:
        thread.join()


def set_segmenter(library: gongwen.Library) -> None:
    """Keep what an index of all desks was cut into words with, which needs no lock."""
    library._store.keep_segmenter("x", local=False)


def test_two_desks_make_a_library_at_the_same_time(postgres: Server, tmp_path: Path) -> None:
    ids: list[str] = []

    def make(n: int) -> None:
        with gongwen.open(tmp_path / f"desk-{n}", store=postgres.address("made_at_once")) as one:
            ids.append(one._store.id)

    threads = [threading.Thread(target=make, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_a_process_that_dies_leaves_no_lock(server_desks: Desks) -> None:
    a = server_desks.open("a")
    code = f"""
import os, signal, gongwen
library = gongwen.open({str(server_desks.folder("b"))!r}, store={server_desks.address!r})
with library.exclusively("add"):
    print("held", flush=True)
    os.read(0, 1)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LibraryInUseError, match="gongwen add"):
        a._lock.held("x", wait=0.0).__enter__()
    process.kill()
    process.communicate()
    with a._lock.held("x", wait=60.0):
        pass
