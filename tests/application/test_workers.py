"""Processes that work for this one: bounded, replaced when lost, gone with their caller."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import wait_until

from gongwen.ingest import worker, worker_pool
from gongwen.ingest.message_codec import (
    MAX_MESSAGE_BYTES,
    MessageError,
    MessageReader,
    MessageWriter,
)
from gongwen.ingest.messages import read_reports, write_reports
from gongwen.ingest.prepare import Prepared, Recipe, prepare_loaded
from gongwen.ingest.worker import Call, extract_call, prepare_call, segment_call, segmenter
from gongwen.ingest.worker_pool import WorkerLostError, Workers
from gongwen.nlp.errors import GongwenError, ReadError
from gongwen.readers.base import Blob, Limits
from gongwen.readers.files import Source, load
from gongwen.sandbox.confinement import filter_environment

SEED = Path(__file__).parents[2] / "seeds" / "reports" / "wugong-2020.txt"


def page(text: str) -> Blob:
    return Blob("a.html", f"<html><body><p>{text}</p></body></html>".encode())


def test_answers_come_in_the_order_of_the_calls() -> None:
    with Workers(2) as pool:
        calls = (extract_call(page(f"第{number}份报告")) for number in range(20))
        answers = [future.result()[0].text for future in pool.map(calls)]
    assert answers == [f"第{number}份报告" for number in range(20)]


def test_a_worker_gives_what_this_process_would() -> None:
    source, recipe = Source(SEED), Recipe(Path("none"), 0)
    data, digest = load(source)
    texts = ["法治政府建设,行政复议案件17件。", "", "北京大学"]
    recorded = segmenter("").fingerprint
    with Workers(1) as pool:
        prepared = pool.call(prepare_call(source, recipe, data, digest, 60)).result()
        words = pool.call(segment_call(recorded, texts, 60)).result()
    assert prepared == prepare_loaded(source, recipe, data, digest)
    assert words == [segmenter("").cut(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "1—4月份，企业业务收入增长7.3%。",
        "1月3日至4月5日，受理案件12件。",
        "全年办案3件，1至9月办案2件。",
    ],
)
def test_what_a_report_without_a_year_gives_is_accepted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.txt"
    path.write_text(f"某某工作总结\n{text}\n", "utf-8")
    source, recipe = Source(path), Recipe(Path("none"), 0)
    data, digest = load(source)
    with Workers(1) as pool:
        prepared = pool.call(prepare_call(source, recipe, data, digest, 60)).result()
    assert prepared == prepare_loaded(source, recipe, data, digest)
    assert all(report.figures for report in prepared.reports)


def test_an_error_of_ours_is_raised_here() -> None:
    with Workers(1) as pool, pytest.raises(ReadError, match=r"a\.zst: a zstd archive"):
        pool.call(extract_call(Blob("a.zst", b"\x28\xb5\x2f\xfd rest"))).result()


def test_only_what_is_on_the_list_can_be_asked_for() -> None:
    assert set(worker.TASKS) == {"prepare", "extract", "segment", "rows"}
    for name in ("os.system", "builtins.eval", "main", "confine"):
        with Workers(1) as pool, pytest.raises(WorkerLostError, match="failed"):
            pool.call(Call(name, b"", lambda of: None, 30)).result()


def test_what_an_archive_was_called_need_not_be_unicode(tmp_path: Path) -> None:
    source = Source(tmp_path / "a.zip", ("caf\udce9/年报.html",))
    data = page("本年办理案件3件。").data
    with Workers(1) as pool:
        call = prepare_call(source, Recipe(tmp_path, 0), data, "x", 60)
        [report] = pool.call(call).result().reports
    assert report.document.text == "本年办理案件3件。"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_a_process_may_not_take_all_memory() -> None:
    with Workers(1, memory_bytes=256 << 20) as pool:
        with pytest.raises(WorkerLostError, match="memory"):
            pool.call(extract_call(page("很" * (30 << 20)))).result()
        assert pool.call(extract_call(page("短"))).result()[0].text == "短"


# -- a worker that speaks nonsense -----------------------------------------------------------------

DOUBLE = """
import os, struct, sys, time
calls, answers = os.fdopen(0, "rb"), os.fdopen(1, "wb")
def say(data, size=None):
    answers.write(struct.pack("<Q", len(data) if size is None else size) + data)
    answers.flush()
def integer(value): return struct.pack("<q", value)
def text(value): return integer(len(value)) + value
(size,) = struct.unpack("<Q", calls.read(8))
calls.read(size)
{does}
time.sleep(100000)
"""

NONSENSE = "an answer that cannot be right"


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a function that puts a script in the place of the worker."""

    def put(does: str) -> None:
        command = [sys.executable, "-I", "-c", DOUBLE.format(does=does)]
        monkeypatch.setattr(worker_pool, "command", lambda *_: command)

    return put


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("os._exit(3)", "crashed"),
        ("os.abort()", "crashed"),
        ("answers.write(b'abc'); answers.flush(); os._exit(0)", "crashed"),
        ("say(b'abc', 1000); os._exit(0)", "crashed"),
        ("say(b'abc', 1 << 62)", NONSENSE),
        (f"say(b'abc', {MAX_MESSAGE_BYTES + 1})", NONSENSE),
        ("say(b'')", NONSENSE),
        ("say(b'x' * 8)", NONSENSE),
        ("say(integer(-1))", NONSENSE),
        ("say(integer(4))", NONSENSE),
        ("say(integer(0))", NONSENSE),  # an answer without one
        ("say(integer(0) + integer(1 << 40))", NONSENSE),
        ("say(integer(0) + integer(0) + b'more')", NONSENSE),
        ("say(integer(1) + text(b'ReadError'))", NONSENSE),
        ("say(integer(1) + text(b'Read Error') + text(b'a'))", NONSENSE),
        ("say(integer(1) + text(b'ReadError') + text(b'a\\x1b]52;c;YQ==\\x07'))", NONSENSE),
        ("say(integer(1) + text(b'ReadError') + text(b'a\\nb'))", NONSENSE),
        ("say(integer(1) + text(b'ReadError') + text(b'a' * 10_000))", NONSENSE),
        ("say(integer(1) + text(b'ReadError') + text(b'\\xff'))", NONSENSE),
        ("say(integer(3))", "an answer that cannot be right|LibreOffice|needs"),
        ("", "took longer than 2 seconds"),
    ],
)
def test_a_bad_answer_is_refused(double: Callable[[str], None], does: str, said: str) -> None:
    double(does)
    call = extract_call(replace(page("a"), limits=Limits(seconds=2) if not does else Limits()))
    with Workers(1) as pool, pytest.raises(WorkerLostError, match=said) as error:
        pool.call(call).result()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["LibraryError", "SystemExit", "KeyboardInterrupt", "Workers"])
def test_a_worker_cannot_choose_just_any_error(double: Callable[[str], None], name: str) -> None:
    """A LibraryError would end the whole add, since nothing more can be stored."""
    double(f"say(integer(1) + text(b'{name}') + text(b'm'))")
    with Workers(1) as pool, pytest.raises(GongwenError, match=r"^m$") as error:
        pool.call(extract_call(page("a"))).result()
    assert type(error.value) is GongwenError


@pytest.fixture(scope="module")
def report() -> Prepared:
    data, digest = load(Source(SEED))
    return prepare_loaded(Source(SEED), Recipe(Path("none"), 0), data, digest).reports[0]


def passed(*reports: Prepared, limits: Limits | None = None) -> tuple[Prepared, ...]:
    message = MessageWriter()
    write_reports(message, reports)
    of = MessageReader(message.data())
    found = read_reports(of, limits or Limits())
    of.end()
    return found


def test_reports_are_passed_whole(report: Prepared) -> None:
    other = replace(report, part="row 2", notes=("a",), stated={"title": "b"})
    assert passed(report, other) == (report, other)
    assert passed() == ()


def wrong(report: Prepared) -> Iterator[tuple[str, Prepared]]:
    d, (first, second, *rest) = report.document, report.document.sentences
    tag, figure = report.tags[0], report.figures[0]

    def sentences(**changes: object) -> Prepared:
        changed = replace(second, **changes)  # type: ignore[arg-type]
        return replace(report, document=replace(d, sentences=(first, changed, *rest)))

    def document(**changes: object) -> Prepared:
        return replace(report, document=replace(d, **changes))  # type: ignore[arg-type]

    def tags(**changes: object) -> Prepared:
        changed = replace(tag, **changes)  # type: ignore[arg-type]
        return replace(report, tags=(changed, *report.tags[1:]))

    def figures(**changes: object) -> Prepared:
        return replace(report, figures=(replace(figure, **changes),))  # type: ignore[arg-type]

    yield "behind the text", sentences(end=len(d.text) + 1)
    yield "before the text", sentences(start=-1)
    yield "empty", sentences(start=second.end)
    yield "backwards", sentences(start=second.end, end=second.start)
    yield "overlapping", sentences(start=first.start)
    yield "role", sentences(role="king")
    yield "kind", sentences(kind="<script>")
    yield "escape in a section", sentences(section="a\x1b[2J")
    yield "escape in the text", document(text=d.text.replace("年", "\x1b", 1))
    yield "level", document(level="world")
    yield "code", document(adcode="1'; --")
    yield "escape in the title", document(title="\x9b1m")
    yield "year", document(year=10**9)
    yield "year of words", document(year="abc")
    yield "how", document(how={"no such field": "title"})
    yield "too few tags", replace(report, tags=report.tags[1:])
    yield "NaN", tags(probability=float("nan"))
    yield "infinite", tags(probability=float("inf"))
    yield "above 1", tags(probability=1.01)
    yield "below 0", tags(probability=-0.01)
    yield "topic", tags(topic="../../x")
    yield "further topic", tags(also=("A B",))
    yield "figure of no sentence", figures(n=len(d.sentences) + 1)
    yield "figure 0", figures(n=0)
    yield "figure outside of its sentence", figures(start=0, end=len(d.text))
    yield "empty figure", figures(end=figure.start)
    yield "kind of figure", figures(kind="x")
    yield "direction", figures(direction="left")
    yield "value NaN", figures(value=float("nan"))
    yield "value inf", figures(value=[1, float("inf")])
    yield "value of no kind", figures(value={"a": 1})
    yield "value nested", figures(value=[[1]])
    yield "value none", figures(value=None)
    yield "value true", figures(value=True)
    yield "year of a figure", figures(year=-3)
    yield "negative hash", replace(report, sketch=(-1,))
    yield "more hashes than characters", replace(report, sketch=tuple(range(len(d.text) + 1)))
    yield "note of two lines", replace(report, notes=("a\nb",))
    yield "stated of no field", replace(report, stated={"id": "x"})
    yield "stated of two lines", replace(report, stated={"title": "a\nb"})
    yield "part with an escape", replace(report, part="\x1b")


def test_whatever_is_wrong_with_a_report_is_seen(report: Prepared) -> None:
    assert passed(report) == (report,)
    unseen = []
    for what, changed in wrong(report):
        try:
            passed(changed)
        except MessageError:
            continue
        unseen.append(what)
    assert unseen == []


def test_limits_hold_for_what_arrives(report: Prepared) -> None:
    for limits in (
        Limits(reports=1),
        Limits(characters=len(report.document.text) - 1),
        Limits(sentences=len(report.document.sentences) - 1),
    ):
        with pytest.raises(MessageError):
            passed(report, replace(report, part="2"), limits=limits)
    with pytest.raises(MessageError, match="of one name"):
        passed(report, report)


def test_any_byte_may_be_wrong(report: Prepared) -> None:
    """What arrives is refused or a report; nothing else is raised, whatever was flipped."""
    message = MessageWriter()
    write_reports(message, (report,))
    data = message.data()
    for at in range(0, len(data), max(1, len(data) // 1500)):
        for flipped in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            try:
                [found] = read_reports(MessageReader(flipped), Limits())
            except MessageError:
                pass
            else:
                assert isinstance(found, Prepared)


def test_words_that_do_not_stand_in_the_text_are_refused(double: Callable[[str], None]) -> None:
    sizes = "text(struct.pack('<1q', 1))"
    column = "text(struct.pack('<1q', 2)) + text('甲乙'.encode())"
    double(f"say(integer(0) + {sizes} + {column} + text(struct.pack('<1q', 0)))")
    with Workers(1) as pool:
        assert pool.call(segment_call("", ["丙甲乙"], 30)).result() == [["甲乙"]]
    with Workers(1) as pool, pytest.raises(WorkerLostError, match=NONSENSE):
        pool.call(segment_call("", ["丙甲丁乙"], 30)).result()


# -- processes -------------------------------------------------------------------------------------


def test_what_a_library_prints_does_not_get_in_between(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Standard output of a worker leads nowhere, and so does what it says of errors."""
    read, write = os.pipe()
    script = (
        "import os, sys; from gongwen.ingest import worker\n"
        "def noisy(call, programs): print('x' * 9999); os.write(1, b'y' * 9999);"
        " os.write(2, b'\\x1b]52'); return b''\n"
        "worker.TASKS = {'noisy': noisy}\n"
        f"worker.main({str(tmp_path)!r}, str(1 << 30), '0', '', *sys.path)"
    )
    os.close(read), os.close(write)
    source = str(Path(worker.__file__).parents[2])
    start = f"import sys; sys.path.insert(0, {source!r})\n{script}"
    monkeypatch.setattr(worker_pool, "command", lambda *_: [sys.executable, "-c", start])
    with Workers(1) as pool:
        assert pool.call(Call("noisy", b"", lambda of: 5, 30)).result() == 5


def test_closing_ends_what_is_at_work(double: Callable[[str], None]) -> None:
    double("")
    with Workers(2) as pool:
        answers = [pool.call(extract_call(page("a"))) for _ in range(4)]
        wait_until(lambda: sum(answer.running() for answer in answers) == 2)
    assert all(answer.done() for answer in answers)  # of workers that never answer


def test_nothing_is_left_of_a_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, double: Callable[[str], None]
) -> None:
    monkeypatch.setattr(worker_pool.tempfile, "tempdir", str(tmp_path))
    with Workers(1) as pool:
        pool.call(extract_call(page("a"))).result()
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    double("open('left', 'w').close(); os._exit(1)")
    with Workers(1) as pool, pytest.raises(WorkerLostError):
        pool.call(extract_call(page("a"))).result()
    assert list(tmp_path.iterdir()) == []


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(worker_pool, "command", lambda *_: [str(tmp_path / "nothing")])
    with Workers(1) as pool, pytest.raises(WorkerLostError, match="no process can be started"):
        pool.call(extract_call(page("a"))).result()
    worker_pool._query_confinement.cache_clear()  # another test may have asked before
    assert worker_pool.worker_confinement().names() == []


def test_a_child_process_gets_no_code_by_its_environment() -> None:
    given = {
        "PATH": os.pathsep.join(("", ".", "bin", str(SEED.parent), "~")),
        "LD_LIBRARY_PATH": ".",
        "LD_PRELOAD": "/x.so",
        "PYTHONPATH": ".",
        "PYTHONSTARTUP": "a.py",
        "BASH_ENV": "x",
        "AWS_SECRET_ACCESS_KEY": "s",
        "LANG": "C.UTF-8",
    }
    assert filter_environment(given) == {"PATH": str(SEED.parent), "LANG": "C.UTF-8"}


SCRIPT = """
import sys
import gongwen

library = gongwen.open(sys.argv[1])  # no if __name__ == "__main__": nobody writes one
print([outcome.status for outcome in library.add(sys.argv[2], workers=2)])
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(3):
        text = f"{number}县2020年工作总结\n本年办理案件{number}件，{'整改' * number}。\n"
        (files / f"{number}.txt").write_text(text, "utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "library"), str(files)],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout == "['added', 'added', 'added']\n", done.stderr
