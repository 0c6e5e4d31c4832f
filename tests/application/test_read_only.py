"""Users who may only read a library, beside somebody who writes to it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from historytexts import lines_of, slot_id, slot_mark

import gongwen
from gongwen import Library, LibraryError

_NOBODY = 65534

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can become a user who may not write",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may look into; those of pytest only their owner may."""
    base = Path(mkdtemp())
    base.chmod(0o755)
    before = os.umask(0o022)
    yield base
    os.umask(before)
    shutil.rmtree(base)


def add(library: Library, slot: int, version: int = 3) -> None:
    files = library.folder.parent / "files"
    files.mkdir(exist_ok=True)
    path = files / f"{slot_id(slot)}.txt"
    path.write_text("\n".join(lines_of(slot, version)) + "\n", "utf-8")
    [outcome] = library.add(path)
    assert outcome.status in ("added", "replaced")


def load_all(library: Library) -> None:
    """Use what a reader uses, so that its modules are loaded before it becomes nobody."""
    library.search("复议 案件", counts=["topic"], context=1)
    library.search("fuyi")
    library.similar("r000", 2)
    library.figures()
    library.status()
    library.topic_counts()
    list(library.export())


class AsNobody:
    """Runs ``act`` in a child process of a user who owns nothing; its answer is JSON."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._ear, mouth = os.pipe()
        self._child = os.fork()
        if self._child:
            os.close(mouth)
            return
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            try:
                answer = act()
            except BaseException as error:
                answer = {"raised": [type(error).__name__, str(error)]}
            with os.fdopen(mouth, "w") as told:
                json.dump(answer, told)
        finally:
            os._exit(0)

    def answer(self) -> Any:
        with os.fdopen(self._ear) as told:
            text = told.read()
        os.waitpid(self._child, 0)
        return json.loads(text)


def look(folder: Path) -> dict[str, Any]:
    """Read a library in all ways."""
    with gongwen.open(folder) as library:
        found = library.search('"群众满意"', limit=999, counts=["report"], context=1)
        return {
            "reports": [report.id for report in library.reports()],
            "total": found.total,
            "hits": len(found),
            "counts": dict(found.counts["report"]),
            "ranked": library.search("复议 案件").total,
            "figures": len(library.figures()),
            "lines": len(list(library.export())),
            "similar": library.similar("r000", 2).total,
            "problems": library.status()["problems"],
        }


@pytest.mark.parametrize("left", ["closed", "open", "no -wal and -shm", "unlinked", "empty -wal"])
def test_a_library_is_read_whatever_its_last_writer_left(folder: Path, left: str) -> None:
    home = folder / "library"
    with gongwen.open(home) as library:
        for slot in range(3):
            add(library, slot)
        load_all(library)
        wanted = look(home)
        open_answer = AsNobody(lambda: look(home)).answer() if left == "open" else None
    if left == "no -wal and -shm":
        db = sqlite3.connect(home / "library.db")
        db.execute("SELECT count(*) FROM reports").fetchone()
        db.close()  # which takes them away
        assert not [*home.glob("library.db-*")]
    if left == "unlinked":
        for path in home.glob("library.db-*"):
            assert "shm" in path.name or not path.stat().st_size
            path.unlink()
    if left == "empty -wal":
        (home / "library.db-wal").touch(0o644)
    answer = open_answer or AsNobody(lambda: look(home)).answer()
    assert answer == wanted
    with gongwen.open(home) as library:  # and nothing is changed by having been looked at
        assert library.search('"群众满意"').total == wanted["total"]


def wait_for_a_look(ear: int) -> None:
    """Wait until the reader has looked once more; it says a byte behind every look."""
    os.set_blocking(ear, False)
    with suppress(BlockingIOError):
        os.read(ear, 1 << 16)
    os.set_blocking(ear, True)
    looks = 0
    while looks < 2 and (said := os.read(ear, 1 << 16)):  # the first may have begun before
        looks += len(said)


def test_a_reader_beside_a_writer_sees_what_is_acknowledged(folder: Path) -> None:
    home, told = folder / "library", folder / "acknowledged"
    with gongwen.open(home) as library:
        add(library, 0)
        load_all(library)
    told.write_text("1")
    end = folder / "end"

    def read() -> dict[str, Any]:
        wrong: list[str] = []
        loops, newest = 0, 0
        kept = gongwen.open(home)  # while nobody writes
        kept.search('"群众满意"')
        os.write(ready, b"1")
        while not end.exists():
            before = int(told.read_text() or 0)
            for library, own in ((kept, False), (None, True)):
                try:
                    library = library or gongwen.open(home)
                    found = library.search('"群众满意"', limit=999, counts=["report"], context=1)
                    sizes = set(found.counts["report"].values())
                    if sizes != {3} or len(found) != found.total or found.total < 3 * before:
                        wrong.append(f"{before} acknowledged, seen {found.counts} {own}")
                    newest = max(newest, len(found.counts["report"]))
                    if problems := library.status()["problems"]:
                        wrong.append(f"a false alarm: {problems}")
                    if library.search(f'"{slot_mark(0)}"').total not in (0, 6):
                        wrong.append("half a report")
                    if own:
                        library.close()
                except Exception as error:
                    wrong.append(f"{type(error).__name__}: {error} {own}")
            loops += 1
            os.write(ready, b"1")
        return {"wrong": wrong, "loops": loops, "newest": newest}

    wait, ready = os.pipe()
    reader = AsNobody(read)
    os.close(ready)
    assert os.read(wait, 1)
    count = 1
    try:
        while count < 16:
            with gongwen.open(home) as library:  # the last to close takes SQLite's files away
                add(library, count)
                if not count % 5:
                    library.describe("r000", agency=f"机关{count}")
                    library.reindex()
            count += 1
            (folder / "next").write_text(str(count))
            (folder / "next").replace(told)
            if not count % 4:
                wait_for_a_look(wait)
    finally:
        end.touch()
    answer = reader.answer()
    os.close(wait)
    assert not answer.get("raised"), answer
    assert not answer["wrong"], (len(answer["wrong"]), answer["loops"], answer["wrong"][:5])
    assert answer["newest"] == count and answer["loops"] > 3


WRITING: dict[str, Callable[[Library], object]] = {
    "add": lambda library: library.add([__file__]),
    "remove": lambda library: library.remove("r000"),
    "describe": lambda library: library.describe("r000", year="2001"),
    "correct": lambda library: library.correct("r000", 2, "enforcement"),
    "retag": lambda library: library.retag(),
    "reindex": lambda library: library.reindex(),
}


@pytest.mark.parametrize("doing", WRITING)
def test_who_may_not_write_is_told_so_in_a_line(folder: Path, doing: str) -> None:
    home = folder / "library"
    with gongwen.open(home) as library:
        add(library, 0)
        load_all(library)
        WRITING["retag"](library)

    def write() -> str:
        with gongwen.open(home) as library:
            try:
                WRITING[doing](library)
            except LibraryError as error:
                return str(error)
        return ""

    def state() -> dict[str, bytes]:
        files = (p for p in home.rglob("*") if p.is_file() and "library.db-" not in p.name)
        return {str(path): path.read_bytes() for path in files}

    before = state()
    said = AsNobody(write).answer()
    assert isinstance(said, str) and said and "\n" not in said, said
    assert str(home) in said
    assert state() == before


def test_a_library_opened_for_reading_changes_nothing(folder: Path) -> None:
    home = folder / "library"
    with gongwen.open(home) as library:
        add(library, 0)
    with gongwen.open(home, read_only=True) as library:
        assert library.search('"群众满意"').total == 3
        for write in WRITING.values():
            with pytest.raises(LibraryError):
                write(library)
    with pytest.raises(LibraryError):
        gongwen.open(folder / "none", read_only=True)
    assert not (folder / "none").exists()
