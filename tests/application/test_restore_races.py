"""A report is restored while another writer adds it; it is in the library once then."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from between import once, other, small_library, write

import gongwen
from gongwen import Library
from gongwen.nlp.errors import ConflictError

HELD = "gongwen.storage.lock.WriterLock.held"


@pytest.fixture
def library() -> Iterator[Library]:
    """A library of four reports of which r001 is in the trash."""
    with small_library() as opened:
        opened.remove("r001")
        yield opened


def add_again(own: Library, version: int = 3) -> str:
    [outcome] = own.add(write(own, 1, version=version))
    return outcome.status


def check(library: Library, restored: bool) -> None:
    """The report is there once, found once, and in the trash unless it was restored."""
    assert [one.id for one in library.reports()].count("r001") == 1
    assert [entry.report for entry in library.trash()] == ([] if restored else ["r001"])
    assert library.status(deep=True)["problems"] == []
    found = [hit.n for hit in library.search(reports=["r001"], limit=1_000, group=False)]
    assert len(found) == len(set(found)) > 0


@pytest.mark.parametrize("version", [3, 7], ids=["the same text", "another text"])
def test_what_is_added_just_before_a_restore_stays(
    library: Library, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    done = once(monkeypatch, HELD, other(library, lambda own: add_again(own, version)))
    with pytest.raises(ConflictError, match="remove that one first"):
        library.restore("r001")
    assert done
    check(library, restored=False)


def test_what_is_restored_just_before_it_is_added_is_unchanged(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = once(monkeypatch, HELD, other(library, lambda own: own.restore("r001")))
    assert add_again(library) == "unchanged"
    assert done
    check(library, restored=True)


def test_a_changed_file_replaces_what_was_restored_just_before(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, HELD, other(library, lambda own: own.restore("r001")))
    assert add_again(library, version=7) == "replaced"
    check(library, restored=True)


def restore(own: Library) -> str:
    try:
        own.restore("r001")
    except ConflictError:
        return "conflict"
    return "restored"


@pytest.mark.parametrize("turn", range(6))
def test_of_threads_that_restore_and_add_at_once_one_is_first(library: Library, turn: int) -> None:
    write(library, 1, version=3)
    start = threading.Barrier(2)

    def run(act: Callable[[Library], str]) -> str:
        with gongwen.open(library.folder) as own:
            start.wait()
            return act(own)

    acts = [restore, add_again] if turn % 2 else [add_again, restore]
    with ThreadPoolExecutor(2) as threads:
        said = set(threads.map(run, acts))
    assert said in ({"restored", "unchanged"}, {"conflict", "added"})
    check(library, restored="restored" in said)


PROCESS = """
import sys
import gongwen
from gongwen.nlp.errors import ConflictError
with gongwen.open(sys.argv[1]) as library:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        done = library.restore("r001") and "restored" if len(sys.argv) == 2 else (
            library.add(sys.argv[2])[0].status)
    except ConflictError:
        done = "conflict"
    print(done, flush=True)
"""


def test_of_processes_that_restore_and_add_at_once_one_is_first(library: Library) -> None:
    path = write(library, 1, version=3)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(library.folder), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )
        for more in ([], [str(path)])
    ]  # fmt: skip
    for one in running:
        assert one.stdout and one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    said = {one.communicate()[0].strip() for one in running}
    assert [one.returncode for one in running] == [0, 0]
    assert said in ({"restored", "unchanged"}, {"conflict", "added"})
    check(library, restored="restored" in said)
