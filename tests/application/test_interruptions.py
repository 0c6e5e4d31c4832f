"""Ctrl-C in a program that goes on, and kills: the change is whole or absent, all goes on."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest
from between import shipped_model
from historytexts import lines_of, slot_id, slot_mark

import gongwen
from gongwen import Library, UnknownNameError
from gongwen.nlp.errors import ConflictError

_OURS = f"{os.sep}gongwen{os.sep}"
_ELSEWHERE = (f"{os.sep}nlp{os.sep}", f"{os.sep}cli{os.sep}", f"{os.sep}reading{os.sep}")
"""Where nothing is locked, and nothing written but by ``atomic_write.py``."""


@pytest.fixture
def library() -> Iterator[Library]:
    memory = Path("/dev/shm")  # hundreds of changes; none of this is about a disk
    with (
        TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        gongwen.open(Path(folder) / "library") as opened,
    ):
        (Path(folder) / "files").mkdir()
        opened.add([file_of(opened, slot, 3) for slot in range(3)])
        yield opened


def file_of(library: Library, slot: int, version: int) -> Path:
    path = library.folder.parent / "files" / f"{slot_id(slot)}.txt"
    path.write_text("\n".join(lines_of(slot, version)) + "\n", "utf-8")
    return path


class Lines:
    """Do ``act`` at the lines of gongwen that run, as a tracer is told of them.

    Args:
        act: called with the number of the line in the order of running, from 0.
    """

    def __init__(self, act: Callable[[int, FrameType], None]) -> None:
        self._act = act
        self.count = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if _OURS not in name:
            return None
        if any(part in name for part in _ELSEWHERE) and not name.endswith("atomic_write.py"):
            return None
        if event == "line":
            number = self.count
            self.count += 1
            self._act(number, frame)
        return self


def lines_run(act: Callable[[], object]) -> list[tuple[str, int]]:
    """Return file and line of every line that runs."""
    places: list[tuple[str, int]] = []
    sys.settrace(Lines(lambda _, frame: places.append((frame.f_code.co_filename, frame.f_lineno))))
    try:
        act()
    finally:
        sys.settrace(None)
    return places


def interrupted_at(act: Callable[[], object], number: int) -> bool:
    """Press Ctrl-C when the line ``number`` is about to run, and say whether it was felt."""

    def press(at: int, _: FrameType) -> None:
        if at == number:
            raise KeyboardInterrupt

    sys.settrace(Lines(press))
    try:
        act()
    except KeyboardInterrupt as error:
        # As a notebook does, which keeps every frame alive.
        sys.last_type, sys.last_value = type(error), error
        sys.last_traceback = error.__traceback__
        return True
    finally:
        sys.settrace(None)
    return False


def chosen(places: list[tuple[str, int]], most: int | None) -> list[int]:
    """Return the first and the last time that each line runs; ``most`` of them, if given."""
    first: dict[tuple[str, int], int] = {}
    last: dict[tuple[str, int], int] = {}
    for number, place in enumerate(places):
        first.setdefault(place, number)
        last[place] = number
    numbers = sorted({*first.values(), *last.values()})
    return numbers if most is None else sorted(random.Random(5).sample(numbers, most))


class Add:
    """Replaces the report 1 by its next version, and after it the report 2."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.version = 3

    def prepare(self) -> None:
        self.version += 1
        self.files = [file_of(self.library, slot, self.version) for slot in (1, 2)]

    def do(self) -> object:
        return self.library.add(self.files)

    def check(self, certain: bool) -> None:
        for slot in (1, 2):
            texts = [s.text for s in self.library.sentences(slot_id(slot))]
            versions = [self.version] if certain else [self.version - 1, self.version]
            assert texts in [lines_of(slot, version) for version in versions]
            hits = self.library.search(f'"{slot_mark(slot)}"', limit=99)
            assert sorted(h.text for h in hits) == sorted(texts[1:])
            assert hits.total == len(texts) - 1


class Correct:
    """Corrects a sentence of report 1."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.made = 0

    def prepare(self) -> None:
        self.before = self.library.sentences("r001", 3, 3)[0].topic
        self.wanted = "oversight" if self.before != "oversight" else "leadership"
        self.made += 1
        self.kept = {c.note for c in self.library.corrections()}

    def do(self) -> object:
        return self.library.correct("r001", 3, self.wanted, note=str(self.made))

    def check(self, certain: bool) -> None:
        [stored] = self.library.sentences("r001", 3, 3)
        kept = {c.note for c in self.library.corrections()} - self.kept
        assert (stored.topic, kept) in [
            (self.wanted, {str(self.made)}),
            *([] if certain else [(self.before, set())]),
        ]
        for topic in (self.wanted, self.before):
            found = self.library.search(f'"{slot_mark(1)}"', topics=[topic], limit=99)
            assert (3 in {hit.n for hit in found}) == (topic in (stored.topic, *stored.also))


class Remove:
    """Removes the report 1."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def prepare(self) -> None:
        self.library.add(file_of(self.library, 1, 3))

    def do(self) -> object:
        try:
            return self.library.remove("r001")
        except UnknownNameError:
            return None  # done by the one that was interrupted

    def check(self, certain: bool) -> None:
        there = "r001" in {report.id for report in self.library.reports()}
        assert not (there and certain)
        found = self.library.search(f'"{slot_mark(1)}"', limit=99)
        assert found.total == len(found) == (len(lines_of(1, 3)) - 1 if there else 0)


class Reindex:
    """Builds the index anew."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def prepare(self) -> None:
        self.wanted = self.found()

    def do(self) -> object:
        return self.library.reindex()

    def check(self, certain: bool) -> None:
        assert self.found() == self.wanted

    def found(self) -> list[tuple[str, float]]:
        hits = self.library.search("复议 案件", limit=99, counts=["report"])
        return sorted((hit.text, hit.score) for hit in hits)


class Retag(Reindex):
    """Tags all sentences anew."""

    def do(self) -> object:
        return self.library.retag()


class Describe:
    """Says of which year report 1 is."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.year = 1950

    def prepare(self) -> None:
        self.before = self.library.report("r001").year
        self.year = 1950 + (self.year - 1949) % 100

    def do(self) -> object:
        return self.library.describe("r001", year=str(self.year))

    def check(self, certain: bool) -> None:
        assert self.library.report("r001").year in (
            self.year,
            self.year if certain else self.before,
        )
        found = self.library.search(f'"{slot_mark(1)}"', limit=99)
        assert {hit.report.year for hit in found} == {self.library.report("r001").year}


class Search:
    """Opens the library anew and searches, which is not a change."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def prepare(self) -> None:
        self.wanted = self.library.search("复议 案件", limit=99).total

    def do(self) -> object:
        with gongwen.open(self.library.folder) as own:
            return own.search("复议 案件", counts=["topic"], context=1)

    def check(self, certain: bool) -> None:
        assert self.library.search("复议 案件").total == self.wanted


class Restore(Remove):
    """Brings the report 1 back from the trash."""

    def prepare(self) -> None:
        super().prepare()
        self.library.empty_trash()
        self.library.remove("r001")

    def do(self) -> object:
        try:
            return self.library.restore("r001")
        except (UnknownNameError, ConflictError):
            return None  # done by the one that was interrupted

    def check(self, certain: bool) -> None:
        there = "r001" in {report.id for report in self.library.reports()}
        assert there == (not self.library.trash())
        assert there or not certain
        found = self.library.search(f'"{slot_mark(1)}"', limit=99)
        assert found.total == (len(lines_of(1, 3)) - 1 if there else 0)


class Import:
    """Imports what another library exported, a model that is active among it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.file = library.folder.parent / "export.jsonl"
        with gongwen.open(library.folder.parent / "other") as other:
            other.add([file_of(other, slot, 3) for slot in (1, 5)])
            other.models.use(other.models.unpack(shipped_model()))
            lines = [json.dumps(line, ensure_ascii=False) for line in other.export()]
        self.file.write_text("\n".join(lines) + "\n", "utf-8")

    def prepare(self) -> None:
        shutil.rmtree(self.library.folder / "models", ignore_errors=True)
        self.library.remove(*{report.id for report in self.library.reports()} & {"r005"})

    def do(self) -> object:
        return self.library.import_(self.file)

    def check(self, certain: bool) -> None:
        reports = {report.id for report in self.library.reports()}
        models = self.library.models
        assert models.active in models.numbers()
        if certain:
            assert "r005" in reports
            assert (models.numbers(), models.active) == ([0, 1], 1)
        if "r005" in reports:
            assert (
                self.library.search(f'"{slot_mark(5)}"', limit=99).total == len(lines_of(5, 3)) - 1
            )


class UseModel:
    """Activates one of two models."""

    def __init__(self, library: Library) -> None:
        self.library = library
        library.models.unpack(shipped_model())

    def prepare(self) -> None:
        self.before = self.library.models.active

    def do(self) -> object:
        return self.library.use_model(1 - self.before)

    def check(self, certain: bool) -> None:
        assert self.library.models.active in {1 - self.before, *(() if certain else (self.before,))}


KINDS = [Add, Correct, Remove, Reindex, Retag, Describe, Search]
MORE = [Restore, Import, UseModel]
"""Those that are not met by a signal at any moment below, as they take long to prepare."""


def goes_on(library: Library, work: Any) -> None:
    """Check that all goes on after an interruption: here, in a thread, and in another library."""
    assert not list(library.folder.rglob(".gongwen-*.partial"))
    work.check(certain=False)
    assert library.status()["problems"] == []
    work.do()
    work.check(certain=True)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(library.describe, "r000", agency="机关").result()
    with gongwen.open(library.folder) as own:
        assert own.describe("r000", agency="").agency == ""
    work.check(certain=True)


def interrupt_everywhere(library: Library, kind: Callable[[Library], Any], most: int | None) -> int:
    work = kind(library)
    work.prepare()
    work.do()  # what is loaded once is loaded
    work.prepare()
    places = lines_run(work.do)
    felt = 0
    for number in chosen(places, most):
        work.prepare()
        felt += interrupted_at(work.do, number)
        try:
            goes_on(library, work)
        except Exception as error:
            file, line = places[number]
            raise AssertionError(f"after Ctrl-C at {file}:{line}: {error!r}") from error
    return felt


@pytest.mark.parametrize("kind", KINDS + MORE)
def test_ctrl_c_at_some_lines_leaves_a_library_that_goes_on(
    library: Library, kind: Callable[[Library], Any]
) -> None:
    assert interrupt_everywhere(library, kind, most=4) > 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS + MORE)
def test_ctrl_c_at_every_line_leaves_a_library_that_goes_on(
    library: Library, kind: Callable[[Library], Any]
) -> None:
    assert interrupt_everywhere(library, kind, most=None) > 100


def test_a_signal_at_any_moment_leaves_a_library_that_goes_on(library: Library) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, pressed)
    felt = 0
    when = random.Random(7)
    try:
        for turn in range(14):
            work = KINDS[turn % len(KINDS)](library)
            if isinstance(work, Add | Describe):
                work.version = work.year = 1951 + turn
                if isinstance(work, Add):
                    library.add([file_of(library, slot, work.version) for slot in (1, 2)])
            if isinstance(work, Correct):
                work.made = turn
            if "r001" not in {report.id for report in library.reports()}:
                library.add(file_of(library, 1, 3))
            work.prepare()
            try:
                signal.setitimer(signal.ITIMER_REAL, when.uniform(0.0002, 0.03))
                try:
                    work.do()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt as error:
                sys.last_traceback = error.__traceback__
                felt += 1
            goes_on(library, work)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert felt > 3


def left_in(library: Library) -> list[str]:
    """Return what stands in the folder of a library and belongs to nothing."""
    index = library.folder / "index"
    manifest = json.loads((index / "manifest.json").read_text("utf-8"))
    rows = manifest["rows"]
    known = {rows["folder"], manifest["build"], "manifest.json"}
    usual = {"library.db", "library.db-wal", "library.db-shm", "lock.db", "index", "models"}
    inside = {path.name for path in index.iterdir()} - known
    inside |= {path.name for path in (index / rows["folder"]).iterdir()} - set(rows["files"])
    return sorted(({path.name for path in library.folder.iterdir()} - usual) | inside)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("kind", [Reindex, Add, Correct])
def test_nothing_is_left_of_what_was_killed(
    library: Library, kind: Callable[[Library], Any]
) -> None:
    work = kind(library)
    work.prepare()
    places = lines_run(work.do)
    library.search("复议")
    for number in chosen(places, 5):
        if isinstance(work, Correct):
            work.made += 1
        child = os.fork()
        if not child:
            try:
                with gongwen.open(library.folder) as own:
                    theirs = kind(own)
                    theirs.__dict__.update(work.__dict__ | {"library": own})
                    theirs.prepare()

                    def kill(at: int, _: FrameType, number: int = number) -> None:
                        if at == number:
                            os.kill(os.getpid(), signal.SIGKILL)

                    sys.settrace(Lines(kill))
                    theirs.do()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        library.describe("r000", agency=f"机关{number}")
        assert left_in(library) == [], places[number]
        assert library.status()["problems"] == []
        assert library.search('"群众满意"').total
