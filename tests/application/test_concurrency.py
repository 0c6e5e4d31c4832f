"""What happens in between: each answer is of one moment, and no change is lost to another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from between import CHANGES, once, other, small_library, write
from historytexts import TOPICS, slot_mark

import gongwen
from gongwen import Library, UnknownNameError
from gongwen.storage.models import ModelStore


@pytest.fixture
def library() -> Iterator[Library]:
    with small_library() as opened:
        yield opened


# -- row 2: read, then write ---------------------------------------------------------------------


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
    library: Library, monkeypatch: pytest.MonkeyPatch, act: Callable[[Library], object], n: int
) -> None:
    wanted = next(t for t in TOPICS if t != library.sentences("r001", n, n)[0].topic)
    done = once(monkeypatch, "gongwen.storage.lock.WriterLock.held", other(library, act))
    corrected = library.correct("r001", n, wanted, note="kept")
    assert done
    assert (corrected.n, corrected.topic, corrected.corrected) == (n, wanted, True)
    [kept] = library.corrections()
    assert (kept.text, kept.topic, kept.note) == (corrected.text, wanted, "kept")
    [stored] = library.sentences("r001", n, n)
    assert (stored.text, stored.topic, stored.corrected) == (corrected.text, wanted, True)
    found = library.search(f'"{slot_mark(1)}"', topics=[wanted])
    assert n in {hit.n for hit in found}


def test_a_correction_of_what_is_gone_is_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(
        monkeypatch,
        "gongwen.storage.lock.WriterLock.held",
        other(library, lambda own: own.remove("r001")),
    )
    with pytest.raises(UnknownNameError):
        library.correct("r001", 3, "enforcement")
    assert library.corrections() == []


def test_a_correction_survives_the_replacement_of_its_report(library: Library) -> None:
    library.correct("r001", 3, "oversight")
    library.correct("r001", 4, "leadership")
    library.add(write(library, 1, version=7))
    assert [s.corrected for s in library.sentences("r001")[:4]] == [False, False, True, False]
    library.add(write(library, 1, version=3))
    assert [s.topic for s in library.sentences("r001", 3, 4)] == ["oversight", "leadership"]


@pytest.mark.parametrize("doing", ["describe", "remove"])
def test_what_is_gone_is_neither_described_nor_removed(
    library: Library, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    once(
        monkeypatch,
        "gongwen.storage.lock.WriterLock.held",
        other(library, lambda own: own.remove("r001")),
    )
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
            own.correct("r002", 4, "oversight")

    def load(models: Any, *arguments: Any) -> Any:
        if not correcting:
            correcting.append(threading.Thread(target=correct))
            correcting[0].start()
            correcting[0].join(0.3)  # it waits for the lock, if that is held already
        return real(models, *arguments)

    monkeypatch.setattr(ModelStore, "load", load)
    library.retag()
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
    "export": lambda library: list(library.export()),
    "rows": lambda library: list(library.export_rows()),
    "reports": lambda library: library.reports(),
    "sentences": lambda library: library.sentences("r002"),
}
WHERE = ("reports", "text", "snapshot", "sentences", "sentences_of", "report_ids")


def check_moments(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    change: str,
    places: Sequence[str],
) -> None:
    """Make ``change`` right before each of some reads of the store while something is asked."""
    ask = ASKED[asked]
    for where in places:
        library.add([write(library, slot, version=3) for slot in range(4)])
        before = told(ask(library))
        done = once(
            monkeypatch, f"gongwen.storage.store.Store.{where}", other(library, CHANGES[change])
        )
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
    library: Library, monkeypatch: pytest.MonkeyPatch, asked: str, change: str
) -> None:
    check_moments(library, monkeypatch, asked, change, WHERE[:3])


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_of_one_moment_wherever_it_changes(
    library: Library, monkeypatch: pytest.MonkeyPatch, asked: str, change: str
) -> None:
    check_moments(library, monkeypatch, asked, change, WHERE)


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
    written = threading.Event()
    wrong: list[str] = []
    asked: list[int] = []

    def read(own: Library, number: int) -> None:
        count = 0
        while not written.is_set() or not count:
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

    def write_on() -> None:
        try:
            with gongwen.open(library.folder) as own:
                for version in range(4, 12):
                    own.remove("r002")
                    own.add([write(own, slot, version) for slot in (1, 2)])
                    if not version % 3:
                        own.reindex()
        finally:
            written.set()

    with ThreadPoolExecutor(9) as threads:
        owners = [gongwen.open(library.folder) for _ in range(8)]
        writing = threads.submit(write_on)
        reading = [threads.submit(read, own, n) for n, own in enumerate(owners)]
        for one in (writing, *reading):
            one.result()
    for own in owners:
        own.close()
    assert not wrong, (len(wrong), sum(asked), wrong[:5])
