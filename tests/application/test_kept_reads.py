"""What a library keeps in memory between two searches is never older than the library."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from between import CHANGES, small_library, write
from historytexts import TOPICS

import gongwen
from gongwen import Library
from gongwen.nlp.errors import DamagedError
from gongwen.storage.kept_reads import KeptReads
from gongwen.storage.store import Store

QUERY = '"群众满意"'
FACETS = ("topic", "year", "province", "agency", "report")


@pytest.fixture
def library() -> Iterator[Library]:
    with small_library() as opened:
        yield opened


def answers(library: Library) -> list[Any]:
    """Return all that a search, a list of reports and of sentences say, but for the time."""
    found = library.search(QUERY, counts=FACETS, limit=50, context=1)
    filtered = library.search("", years=2019, counts=FACETS)
    sentences = [library.sentences(report.id) for report in library.reports()]
    return [
        replace(found, took_ms=0),
        replace(filtered, took_ms=0),
        library.reports(),
        sentences,
        library.min_probability,
    ]


def fresh(library: Library) -> list[Any]:
    """Return the same of the library as it is when it is opened now."""
    with gongwen.open(library.folder) as own:
        return answers(own)


def retitle(own: Library) -> None:
    """Change a report behind the library's back, without a new generation."""
    with closing(sqlite3.connect(own.folder / "library.db")) as db, db:
        db.execute("UPDATE reports SET title = 'another title' WHERE id = 'r001'")


def further_source(own: Library) -> None:
    """Add a file with the text of a report that is there, which makes no new generation."""
    copy = own.folder.parent / "files" / "copy.txt"
    copy.write_bytes(write(own, 1, version=3).read_bytes())
    own.add(copy)
    assert own.report("r001").copies == (str(copy),)


def set_probability(own: Library) -> None:
    own.min_probability = 0.25


ALL_CHANGES: dict[str, Callable[[Library], object]] = {
    **CHANGES,
    "added": lambda own: own.add(write(own, 9, version=1)),
    "corrected": lambda own: own.correct("r001", 2, TOPICS[1], author="a"),
    "said by hand": lambda own: own.describe("r001", province="陕西省", agency="司法局"),
    "a further source": further_source,
    "a setting": set_probability,
    "by other means": retitle,
}


@pytest.mark.parametrize("name", ALL_CHANGES)
@pytest.mark.parametrize("by", ["itself", "another object", "another thread"])
def test_a_change_is_seen_by_the_next_search(library: Library, name: str, by: str) -> None:
    change = ALL_CHANGES[name]
    before = answers(library)
    assert answers(library) == before  # and now all that can be kept is
    if by == "itself":
        change(library)
    elif by == "another object":
        with gongwen.open(library.folder) as own:
            change(own)
    else:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(change, library).result()
    after = answers(library)
    assert after == fresh(library)
    assert (after == before) is (name == "reindexed")


def test_a_change_by_another_process_is_seen_by_all_threads(library: Library) -> None:
    """Each of the threads has read everything before, and reads it anew after the change."""
    together = Barrier(4)

    def asked(_: int) -> list[Any]:
        together.wait()  # so that each thread takes part
        return answers(library)

    code = (
        "import gongwen, sys\n"
        "with gongwen.open(sys.argv[1]) as own:\n"
        "    own.describe('r002', title='changed elsewhere')\n"
        "    own.remove('r001')\n"
    )
    with ThreadPoolExecutor(4) as pool:
        before = list(pool.map(asked, range(4)))
        subprocess.run([sys.executable, "-c", code, str(library.folder)], check=True)
        after = list(pool.map(asked, range(4)))
    assert before[1:] == before[:-1]
    assert after == [fresh(library)] * 4
    assert after[0] != before[0]


def test_what_is_kept_is_not_read_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither reports nor texts are read by a second search, and the texts not after a change."""
    answers(library)
    run: list[str] = []
    real = gongwen.storage.connection.Connection.execute

    def noted(self: Any, sql: str, *rest: Any) -> Any:
        run.append(" ".join(sql.split()))
        return real(self, sql, *rest)

    monkeypatch.setattr(gongwen.storage.connection.Connection, "execute", noted)
    library.search(QUERY, counts=FACETS)
    assert not [sql for sql in run if "FROM reports" in sql or "FROM copies" in sql]
    library.correct("r001", 2, TOPICS[2], author="a")
    run.clear()
    library.search(QUERY, counts=FACETS)
    assert [sql for sql in run if "FROM reports" in sql]
    assert not [sql for sql in run if sql.startswith("SELECT text FROM reports")]


def test_a_snapshot_keeps_to_its_moment(library: Library) -> None:
    """What is kept belongs to the state that a snapshot reads, not to the newest one."""
    store = library._store
    with store.snapshot():
        before = store.reports()
        with gongwen.open(library.folder) as own:
            own.describe("r001", title="a later title")
        assert store.reports() == before
        assert store.reports(["r001"]) == before[1:2]
    assert store.reports(["r001"])[0].title == "a later title"


def test_nothing_is_kept_of_a_transaction_that_is_rolled_back(library: Library) -> None:
    store = library._store
    before, fields = store.reports(), store.report_fields(["title"])
    with pytest.raises(ZeroDivisionError), store.transaction():
        store._db.execute("UPDATE reports SET title = 'never'")
        store.set_meta("segmenter", "never")
        assert {report.title for report in store.reports()} == {"never"}
        assert store.report_fields(["title"])["r001"] == {"title": "never"}
        assert store.meta("segmenter") == "never"
        raise ZeroDivisionError
    with store.snapshot():
        assert (store.reports(), store.report_fields(["title"])) == (before, fields)
        assert store.meta("segmenter") != "never"


DAMAGE = {
    "text": ("UPDATE reports SET text = text || '。' WHERE id = 'r001'", "the text"),
    "checksum": ("DELETE FROM checksums WHERE report = 'r001'", "the text"),
    "type": ("UPDATE reports SET title = x'00' WHERE id = 'r001'", "what is known"),
    "notes": ("UPDATE reports SET notes = '[' WHERE id = 'r001'", "the notes"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_when_it_is_read(library: Library, name: str) -> None:
    """A library opened now raises; one that has the sound text in memory still gives that."""
    sql, what = DAMAGE[name]
    sound = answers(library)
    with closing(sqlite3.connect(library.folder / "library.db")) as db, db:
        db.execute(sql)
    with (
        gongwen.open(library.folder) as own,
        pytest.raises(DamagedError, match=f"{what} of the report r001"),
    ):
        answers(own)
    if name == "text":
        assert answers(library) == sound
        assert library.status(deep=True)["problems"], "a check reads the file"
    else:
        with pytest.raises(DamagedError, match=f"{what} of the report r001"):
            answers(library)


def test_threads_share_what_they_have_read(library: Library) -> None:
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(library.reports).result()
    assert all(a is b for a, b in zip(library.reports(), others, strict=True))


def test_a_report_that_is_gone_is_not_given_from_memory(library: Library) -> None:
    store: Store = library._store
    text = store.text("r001")
    assert text and store.text("r001") is text
    library.remove("r001")
    with pytest.raises(DamagedError):
        store.text("r001")
    assert store.reports(["r001", "r002"]) == [library.report("r002")]


def test_texts_that_are_kept_have_a_bound(tmp_path: Path) -> None:
    kept = KeptReads(most_text=10)
    for name in "abcd":
        kept.keep_text(name, name * 4)
        kept.keep_text(name, name * 4)
        kept.text("a")
    assert [kept.text(name) for name in "abcd"] == ["aaaa", None, None, "dddd"]
    kept.keep_text("long", "e" * 11)
    assert kept.text("long") is None and kept.text("a") == "aaaa"
