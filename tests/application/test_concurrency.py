"""What happens in between: each answer is of one moment, and no change is lost to another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from historytexts import TOPICS, lines_of, slot_id, slot_mark

import gongwen
from gongwen import Library, UnknownNameError
from gongwen.modelstore import ModelStore
from gongwen.nlp.errors import IndexLostError

Between = Callable[[], object]


@pytest.fixture
def library() -> Iterator[Library]:
    memory = Path("/dev/shm")  # many small libraries; none of this is about a disk
    with (
        TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        gongwen.open(Path(folder) / "library") as opened,
    ):
        for slot in range(4):
            write(opened, slot, version=3)
        opened.add(opened.folder.parent / "files")
        yield opened


def write(library: Library, slot: int, version: int) -> Path:
    """Write the file of a report."""
    files = library.folder.parent / "files"
    files.mkdir(exist_ok=True)
    path = files / f"{slot_id(slot)}.txt"
    path.write_text("\n".join(lines_of(slot, version)) + "\n", "utf-8")
    return path


def texts(library: Library, slot: int) -> list[str]:
    return [s.text for s in library.sentences(slot_id(slot))]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Between], list[bool]]:
    """Do something once, in another thread, right before a method of gongwen is next called."""

    def hook(where: str, act: Between) -> list[bool]:
        done: list[bool] = []
        home, _, name = where.rpartition(".")
        module, _, owner = home.rpartition(".")
        of = getattr(__import__(module, fromlist=[owner]), owner)
        real = getattr(of, name)

        def first(*arguments: Any, **named: Any) -> Any:
            if not done:
                done.append(True)
                with ThreadPoolExecutor(1) as other:
                    other.submit(act).result(timeout=60)
            return real(*arguments, **named)

        monkeypatch.setattr(of, name, first)
        return done

    return hook


# -- row 2: read, then write ---------------------------------------------------------------------


def other(library: Library, act: Callable[[Library], object]) -> Between:
    """Return ``act`` as what another process would do."""

    def run() -> None:
        with gongwen.open(library.folder) as own:
            act(own)

    return run


def replace(own: Library) -> None:
    [outcome] = own.add(write(own, 1, version=7))
    assert outcome.status == "replaced"


def again(own: Library) -> None:
    own.remove("r001")
    [outcome] = own.add(write(own, 1, version=7))
    assert outcome.status == "added"


@pytest.mark.parametrize(
    "act",
    [lambda own: own.describe("r001", region="武功县", year="2019"), replace, again],
    ids=["described", "replaced", "removed and added"],
)
@pytest.mark.parametrize("n", [3, 4], ids=["a sentence that stays", "a sentence that goes"])
def test_a_correction_is_kept_whatever_is_done_before_it_is_written(
    library: Library, between: Any, act: Callable[[Library], object], n: int
) -> None:
    wanted = next(t for t in TOPICS if t != library.sentences("r001", n, n)[0].topic)
    done = between("gongwen.writing.WriterLock.held", other(library, act))
    corrected = library.teaching.correct("r001", n, wanted, note="kept")
    assert done
    assert (corrected.n, corrected.topic, corrected.corrected) == (n, wanted, True)
    [kept] = library.teaching.corrections()
    assert (kept.text, kept.topic, kept.note) == (corrected.text, wanted, "kept")
    [stored] = library.sentences("r001", n, n)
    assert (stored.text, stored.topic, stored.corrected) == (corrected.text, wanted, True)
    found = library.search(f'"{slot_mark(1)}"', topics=[wanted])
    assert n in {hit.n for hit in found}


def test_a_correction_of_what_is_gone_is_refused(library: Library, between: Any) -> None:
    between("gongwen.writing.WriterLock.held", other(library, lambda own: own.remove("r001")))
    with pytest.raises(UnknownNameError):
        library.teaching.correct("r001", 3, "enforcement")
    assert library.teaching.corrections() == []


def test_a_correction_survives_the_replacement_of_its_report(library: Library) -> None:
    library.teaching.correct("r001", 3, "oversight")
    library.teaching.correct("r001", 4, "leadership")
    library.add(write(library, 1, version=7))
    assert [s.corrected for s in library.sentences("r001")[:4]] == [False, False, True, False]
    library.add(write(library, 1, version=3))
    assert [s.topic for s in library.sentences("r001", 3, 4)] == ["oversight", "leadership"]


@pytest.mark.parametrize("doing", ["describe", "remove"])
def test_what_is_gone_is_neither_described_nor_removed(
    library: Library, between: Any, doing: str
) -> None:
    between("gongwen.writing.WriterLock.held", other(library, lambda own: own.remove("r001")))
    with pytest.raises(UnknownNameError):
        if doing == "describe":
            library.describe("r001", region="武功县")
        else:
            library.remove("r001", "r002")
    assert [r.id for r in library.reports()] == ["r000", "r002", "r003"]


def test_tagging_anew_keeps_a_correction_made_meanwhile(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ModelStore.load
    correcting: list[threading.Thread] = []

    def correct() -> None:
        with gongwen.open(library.folder) as own:
            own.teaching.correct("r002", 4, "oversight")

    def load(models: Any, *arguments: Any) -> Any:
        if not correcting:
            correcting.append(threading.Thread(target=correct))
            correcting[0].start()
            correcting[0].join(0.3)  # it waits for the lock, if that is held already
        return real(models, *arguments)

    monkeypatch.setattr(ModelStore, "load", load)
    library.teaching.retag()
    correcting[0].join()
    [corrected] = library.sentences("r002", 4, 4)
    assert (corrected.topic, corrected.corrected) == ("oversight", True)


# -- row 4: one moment ---------------------------------------------------------------------------

ASKED: dict[str, Callable[[Library], Any]] = {
    "search": lambda library: library.search('"群众满意"', limit=99, context=2, counts=["report"]),
    "by report": lambda library: library.search('"群众满意"', by="report", best=9),
    "a topic": lambda library: library.search(topics=["reconsideration"], limit=99),
    "similar": lambda library: library.similar("r002", 2, limit=99),
    "figures": lambda library: library.figures('"复议案件"'),
    "all figures": lambda library: library.figures(),
    "check": lambda library: library.check("r002"),
    "export": lambda library: list(library.moving.lines()),
    "rows": lambda library: list(library.moving.rows()),
    "reports": lambda library: library.reports(),
    "sentences": lambda library: library.sentences("r002"),
}
CHANGES: dict[str, Callable[[Library], object]] = {
    "removed": lambda own: own.remove("r001", "r002"),
    "replaced": lambda own: own.add([write(own, slot, version=7) for slot in (1, 2)]),
    "described": lambda own: own.describe("r002", year="2019"),
    "reindexed": lambda own: own.reindex(),
}


WHERE = ("reports", "text", "snapshot", "sentences", "sentences_of", "report_ids")


def check_moments(
    library: Library, between: Any, asked: str, change: str, places: Sequence[str]
) -> None:
    """Make ``change`` right before each of some reads of the store while something is asked."""
    ask = ASKED[asked]
    for where in places:
        library.add([write(library, slot, version=3) for slot in range(4)])
        before = told(ask(library))
        done = between(f"gongwen.store.Store.{where}", other(library, CHANGES[change]))
        try:
            answer = told(ask(library))
        except UnknownNameError:
            assert change == "removed"  # before the report was looked for
            continue
        finally:
            done.append(True)
        try:
            after = told(ask(library))
        except UnknownNameError:
            after = None
        assert answer in (before, after), (where, answer, before, after)


@pytest.mark.parametrize("change", ["removed", "replaced"])
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_of_one_moment(
    library: Library, between: Any, asked: str, change: str
) -> None:
    check_moments(library, between, asked, change, WHERE[:3])


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_of_one_moment_wherever_it_changes(
    library: Library, between: Any, asked: str, change: str
) -> None:
    check_moments(library, between, asked, change, WHERE)


def told(answer: Any) -> Any:
    """Return what must agree of an answer: which sentences of which reports, and counts."""
    if isinstance(answer, gongwen.Results):
        assert not answer.counts or sum(answer.counts["report"].values()) == len(answer)
        assert answer.reports or answer.total == len(answer)
        assert all(len(r.hits) == min(r.matches, 9) for r in answer.reports)
        reports = {(h.report.id, h.report.year, h.report.sentences) for h in answer}
        hits = {(h.report.id, h.n, h.text, h.before, h.after) for h in answer}
        return sorted(reports), sorted(hits)
    if isinstance(answer, list):
        return [
            (one.pop("exported", 0) and None, one) if isinstance(one, dict) else one
            for one in answer
        ]
    return answer


def test_readers_beside_a_writer_that_removes_replaces_and_reindexes(library: Library) -> None:
    until = time.monotonic() + 2
    wrong: list[str] = []
    asked: list[int] = []

    def read(own: Library, number: int) -> None:
        count = 0
        while time.monotonic() < until:
            for name in ("search", "by report", "a topic", "similar", "figures", "export"):
                try:
                    told(ASKED[name](own))
                except UnknownNameError as error:
                    if name != "similar":
                        wrong.append(f"{name}: {error}")
                except Exception as error:
                    wrong.append(f"{name}: {type(error).__name__} {error}")
                count += 1
        asked.append(count)

    def write_on() -> int:
        version = 3
        with gongwen.open(library.folder) as own:
            while time.monotonic() < until:
                version += 1
                own.remove("r002")
                own.add([write(own, slot, version) for slot in (1, 2)])
                if not version % 3:
                    own.reindex()
        return version

    with ThreadPoolExecutor(9) as threads:
        owners = [gongwen.open(library.folder) for _ in range(8)]
        writing = threads.submit(write_on)
        reading = [threads.submit(read, own, n) for n, own in enumerate(owners)]
        assert writing.result() > 3
        for one in reading:
            one.result()
    for own in owners:
        own.close()
    assert not wrong, (len(wrong), sum(asked), wrong[:5])


# -- row 6: threads that share a library ---------------------------------------------------------


def test_eight_threads_share_a_library(library: Library) -> None:
    failed: list[BaseException] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            start.wait()
            for turn in range(3):
                library.teaching.correct(
                    slot_id(turn), 2 + number % 3, TOPICS[number % 5], note=f"{number}-{turn}"
                )
                library.search('"群众满意"', counts=["topic"], context=1)
                library.search("复议 案件")
                list(library.moving.lines())
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
    notes = {c.note for c in library.teaching.corrections()}
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
        "gongwen.writing.WriterLock.holder",
        "gongwen.store.Store.problems",
        "gongwen.store.Store.report_ids",
        "gongwen.store.Store.count_changed",
        "gongwen.modelstore.ModelStore.numbers",
    ],
)
@pytest.mark.parametrize("change", ["added", "reindexed"])
def test_status_is_not_alarmed_by_what_happens_meanwhile(
    library: Library, between: Any, where: str, change: str
) -> None:
    def add(own: Library) -> None:
        own.add(write(own, 9, version=3))

    done = between(where, other(library, CHANGES.get(change, add)))
    assert library.status()["problems"] == []
    assert done or where.startswith("gongwen.store")


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
        "gongwen.index.postings.Postings.postings",
        "gongwen.index.postings.Postings.frequency",
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
import sys, threading, time
import gongwen

wrong = []

def search(own):
    while not wrong:
        try:
            own.search("复议 案件", context=1)
        except gongwen.LibraryError as error:
            if "closed" not in str(error):
                wrong.append(repr(error))
            return
        except Exception as error:
            wrong.append(repr(error))

until = time.monotonic() + 2
while time.monotonic() < until and not wrong:
    own = gongwen.open(sys.argv[1])
    threads = [threading.Thread(target=search, args=[own]) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
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
