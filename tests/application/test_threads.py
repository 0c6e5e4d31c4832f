"""Threads share a library, its status is no false alarm, and a search only searches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from between import CHANGES, once, other, small_library, write
from historytexts import TOPICS, slot_id, slot_mark

import gongwen
from gongwen import Library
from gongwen.nlp.errors import IndexLostError
from gongwen.storage.lock import WriterLock


@pytest.fixture
def library() -> Iterator[Library]:
    with small_library() as opened:
        yield opened


# -- row 6: threads that share a library ---------------------------------------------------------


def test_eight_threads_share_a_library(library: Library) -> None:
    failed: list[BaseException] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            start.wait()
            for turn in range(3):
                library.correct(
                    slot_id(turn), 2 + number % 3, TOPICS[number % 5], note=f"{number}-{turn}"
                )
                library.search('"群众满意"', counts=["topic"], context=1)
                library.search("复议 案件")
                list(library.export())
            path = write(library, 10 + number, version=5)
            [outcome] = library.add(path)
            assert outcome.status == "added"
            assert library.search(f'"{slot_mark(10 + number)}"').total == 4
            library.status()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    notes = {c.note for c in library.corrections()}
    assert notes == {f"{number}-{turn}" for number in range(8) for turn in range(3)}
    assert len(library.reports()) == 4 + 8
    assert library.status()["problems"] == []


def test_a_library_is_opened_in_one_thread_and_closed_in_another(library: Library) -> None:
    with ThreadPoolExecutor(1) as other_thread:
        own = other_thread.submit(gongwen.open, library.folder).result()
        assert own.search('"群众满意"').total
        other_thread.submit(own.search, '"群众满意"').result()
        other_thread.submit(own.close).result()
    with pytest.raises(gongwen.LibraryError, match="closed"):
        own.search('"群众满意"')


# -- row 7: status -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "gongwen.storage.lock.WriterLock.holder",
        "gongwen.storage.store.Store.count_sentences",
        "gongwen.storage.store.Store.report_ids",
        "gongwen.storage.store.Store.count_changed",
        "gongwen.storage.models.ModelStore.numbers",
    ],
)
@pytest.mark.parametrize("change", ["added", "reindexed"])
def test_status_is_not_alarmed_by_what_happens_meanwhile(
    library: Library, monkeypatch: pytest.MonkeyPatch, where: str, change: str
) -> None:
    def add(own: Library) -> None:
        own.add(write(own, 9, version=3))

    done = once(monkeypatch, where, other(library, CHANGES.get(change, add)))
    assert library.status()["problems"] == []
    assert done or where.startswith("gongwen.storage.store")


def test_status_is_not_alarmed_by_a_writer_that_comes_when_it_has_caught_up(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongwen.recovery import verification
    from gongwen.storage.index_sync import Indexing

    def add(own: Library) -> None:
        with pytest.MonkeyPatch.context() as patch:  # stored, and not indexed yet
            patch.setattr(Indexing, "catch_up", lambda *_, **__: None)
            own.add(write(own, 9, version=3))

    real = WriterLock.release
    done: list[bool] = []

    def release_and_go_on(self: WriterLock, hold: Any) -> None:
        real(self, hold)
        if not done:
            done.append(True)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(other(library, add)).result()

    monkeypatch.setattr(WriterLock, "release", release_and_go_on)
    behind = verification._is_behind(library._store, library._lock, library._indexing)
    assert done and not behind


def test_status_does_not_mind_a_file_that_has_just_gone(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.rglob

    def with_one_that_is_gone(self: Path, pattern: str) -> Iterator[Path]:
        yield from real(self, pattern)
        gone = self / "index" / "gone"
        gone.touch()
        yield _Gone(gone)
        gone.unlink(missing_ok=True)

    class _Gone(type(Path())):  # type: ignore[misc]
        def is_file(self, *_: object, **__: object) -> bool:
            there = super().is_file()
            self.unlink(missing_ok=True)
            return there

    monkeypatch.setattr(Path, "rglob", with_one_that_is_gone)
    assert library.status()["problems"] == []


# -- row 16: a search neither deletes nor rebuilds -----------------------------------------------


def build(library: Library) -> str:
    manifest = json.loads((library.folder / "index" / "manifest.json").read_text("utf-8"))
    return str(manifest["build"])


@pytest.mark.parametrize(
    "where",
    [
        "gongwen.index.whoosh_postings.Postings.postings",
        "gongwen.index.row_files.RowFiles.read",
        "gongwen.index.whoosh_engine.WhooshEngine.search",
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_search_that_fails_on_a_sound_index_leaves_it(
    library: Library, monkeypatch: pytest.MonkeyPatch, where: str, times: int
) -> None:
    from whoosh.reading import ReaderClosed

    wanted = [hit.text for hit in library.search("复议 案件", limit=99)]
    was = build(library)
    home, _, name = where.rpartition(".")
    module, _, owner = home.rpartition(".")
    of = getattr(__import__(module, fromlist=[owner]), owner)
    real, left = getattr(of, name), [times]
    error = ReaderClosed() if owner == "Postings" else IndexLostError("it seems to be lost")

    def fails(*arguments: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return real(*arguments, **named)

    monkeypatch.setattr(of, name, fails)
    with gongwen.open(library.folder) as own:
        assert [hit.text for hit in own.search("复议 案件", limit=99)] == wanted
    assert left == [0]
    assert build(library) == was
    assert library.status()["problems"] == []


CLOSING = """
import sys, threading
import gongwen

wrong = []
searched = threading.Semaphore(0)

def search(own):
    while not wrong:
        try:
            own.search("复议 案件", context=1)
            searched.release()
        except gongwen.LibraryError as error:
            if "closed" not in str(error):
                wrong.append(repr(error))
            return
        except Exception as error:
            wrong.append(repr(error))
            searched.release()

for most in range(24):
    if wrong:
        break
    own = gongwen.open(sys.argv[1])
    threads = [threading.Thread(target=search, args=[own]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(most % 6):  # none of them has found anything, or some have
        searched.acquire()
    own.close()
    for thread in threads:
        thread.join()
print(*wrong)
"""


def test_a_library_that_is_closed_under_its_threads_ends_their_searches(library: Library) -> None:
    was = build(library)
    done = subprocess.run(  # apart: a crash of SQLite would take the tests with it
        [sys.executable, "-X", "faulthandler", "-c", CLOSING, str(library.folder)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr[:3000]
    assert build(library) == was
