"""What is in a library stays in: old formats, other writers, read-only and full disks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gongwen
from gongwen import LibraryError
from gongwen.nlp.errors import LibraryInUseError
from gongwen.storage.database_file import connect
from gongwen.storage.lock import WriterLock
from gongwen.storage.migrations import STEPS, VERSION

TEXT = "甲县2021年法治政府建设工作总结\n一、强化复议应诉\n全年办理行政复议案件12件。\n"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "甲县.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, report: Path) -> Path:
    with gongwen.open(tmp_path / "library") as library:
        library.add(report)
    return tmp_path / "library"


def tables(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in names}


# -- formats ---------------------------------------------------------------------------------


def old_library(folder: Path, version: int) -> None:
    """Make a library as the given version of gongwen left it."""
    folder.mkdir()
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    for step in STEPS[: min(version, 3)]:
        step(db)
    db.execute("INSERT INTO meta VALUES ('id', 'old')")
    db.execute("UPDATE meta SET value = '1' WHERE key = 'generation'")
    db.execute(
        "INSERT INTO reports (id, title, region, year, kind, source, sha256, added, text)"
        " VALUES ('武功县', '武功县2020年工作总结', '武功县', '2020', '工作总结', '/x/武功县.txt',"
        " 'abc', '2021-01-01T00:00:00Z', '武功县2020年工作总结\n办理行政复议案件4件。\n')"
    )
    if version > 1:  # which kept more of a report
        db.execute("UPDATE reports SET province = '陕西省', city = '咸阳市', county = '武功县'")
    for n, (start, end, kind) in enumerate([(0, 12, "title"), (13, 24, "sentence")], 1):
        db.execute(
            "INSERT INTO sentences (report, n, start, end, section, item, role, kind, topic, also,"
            " probability, generation, tagged) VALUES ('武功县', ?, ?, ?, '', '', 'achievement', ?,"
            " 'reconsideration', '[]', 0.9, 1, 1)",
            (n, start, end, kind),
        )
    for step in STEPS[3:version]:  # which computes checksums of what is there
        step(db)
    db.execute(f"PRAGMA application_id = {0x676F6E67}")
    db.execute(f"PRAGMA user_version = {version}")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_library_of_an_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    old_library(tmp_path / "old", version)
    with gongwen.open(tmp_path / "old") as library:
        report = library.report("武功县")
        assert (report.title, report.year, report.added) == (
            "武功县2020年工作总结",
            2020,
            "2021-01-01T00:00:00Z",
        )
        assert (report.province, report.city, report.county) == ("陕西省", "咸阳市", "武功县")
        assert library.search("复议").total == 1
    old, new = connect(tmp_path / "old", False), connect(tmp_path / "new", True)
    assert tables(old.mine()) == tables(new.mine())


def test_a_failed_step_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gongwen.storage.migrations

    def broken(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM reports")
        raise sqlite3.OperationalError("disk I/O error")

    old_library(tmp_path / "old", VERSION)
    with monkeypatch.context() as patch:
        patch.setattr(gongwen.storage.migrations, "STEPS", (*STEPS, broken))
        patch.setattr("gongwen.storage.database_file.VERSION", VERSION + 1)
        with pytest.raises(LibraryError, match="disk I/O error"):
            gongwen.open(tmp_path / "old")
    with gongwen.open(tmp_path / "old") as library:
        assert len(library.reports()) == 1


# -- writers ---------------------------------------------------------------------------------


HOLDER = """
import sys
from pathlib import Path
from gongwen.storage.lock import WriterLock

with WriterLock(Path(sys.argv[1])).held("reindex"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_writer_waits_and_then_says_who_holds_the_library(
    folder: Path, holder: subprocess.Popen[str]
) -> None:
    who = rf"gongwen reindex \(process {holder.pid} on .*, since 20.*Z\) is writing to it"
    with (
        pytest.raises(LibraryInUseError, match=who),
        WriterLock(folder).held("add", wait=0.2),
    ):
        pass


def test_a_second_writer_goes_on_when_the_first_is_done(
    folder: Path, holder: subprocess.Popen[str], report: Path
) -> None:
    assert holder.stdin
    holder.stdin.close()
    report.write_text(TEXT.replace("12", "13"), "utf-8")
    with gongwen.open(folder) as library:
        assert [o.status for o in library.add(report)] == ["replaced"]


def test_a_writer_that_was_killed_holds_nothing(
    folder: Path, holder: subprocess.Popen[str]
) -> None:
    holder.kill()
    holder.wait()
    with WriterLock(folder).held("add", wait=5):
        pass
    assert not (folder / "writer.json").exists()


def test_readers_read_while_a_writer_writes(
    folder: Path, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    with gongwen.open(folder) as library:
        assert library.search("复议").total == 2
        assert str(holder.pid) in str(library.status()["writer"])


def test_who_may_only_read_is_told_of_a_writer_that_is_there(
    folder: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise LibraryError("cannot be written to")

    monkeypatch.setattr(WriterLock, "acquire", refused)
    assert str(holder.pid) in WriterLock(folder).holder()
    holder.kill()
    holder.wait()
    assert WriterLock(folder).holder() == ""
    (folder / "writer.json").write_text("{}", "utf-8")
    assert WriterLock(folder).holder() == ""


def test_whoever_holds_the_lock_may_take_it_again(folder: Path) -> None:
    lock = WriterLock(folder)
    with lock.held("add"), lock.held("indexing", wait=0):
        pass


# -- folders that cannot be written to -------------------------------------------------------

SEARCH = """
import sys
import gongwen

with gongwen.open(sys.argv[1]) as library:
    print(library.search("复议").total, len(library.reports()))
    try:
        library.remove("甲县")
    except gongwen.LibraryError as error:
        print(error)
"""


def powerless(*command: str) -> list[str]:
    """Return ``command`` as one that may not do what root may."""
    if os.geteuid():
        return list(command)
    drop = "-dac_override,-dac_read_search,-fowner"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}", *command]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are otherwise here")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not here")
@pytest.mark.parametrize("crashed", [False, True], ids=["closed", "crashed"])
def test_a_read_only_folder_can_be_searched(folder: Path, crashed: bool) -> None:
    library = gongwen.open(folder)
    if crashed:  # a process that died leaves its files beside the library
        copy = folder.with_name("copy")
        library.describe("甲县", title="另一题")
        shutil.copytree(folder, copy)
        folder = copy
        assert (folder / "library.db-wal").stat().st_size
    library.close()
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = subprocess.run(
            powerless(sys.executable, "-c", SEARCH, str(folder)),
            capture_output=True,
            encoding="utf-8",
        )
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr[-2000:]
    found, said = done.stdout.splitlines()
    assert found == "2 1"
    assert "cannot be written" in said


FILL = """
import resource, signal, sys
import gongwen

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with gongwen.open(sys.argv[1]) as library:
    size = max(p.stat().st_size for p in library.folder.rglob("*") if p.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
    try:
        print(sorted({o.status for o in library.add(sys.argv[2])}))
    except gongwen.LibraryError as error:
        print("error:", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_a_disk_that_is_full_leaves_the_last_good_state(folder: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for n in range(60):
        body = "".join(
            f"第{n}号项目第{m}段投入{n * m + 7}万元，{'整改' * (n % 5)}。" for m in range(40)
        )
        (many / f"{n:02}.txt").write_text(f"{n}号县工作总结\n{body}\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(folder), str(many)],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("error: "), done.stdout
    assert "cannot be written" in done.stdout
    with gongwen.open(folder) as library:
        assert library.search("复议").total == 2
        before = len(library.reports())
        assert before < 61
        outcomes = library.add(many)
        assert {o.status for o in outcomes} <= {"added", "unchanged"}
        assert len(library.reports()) == 61
        assert library.search("项目", limit=0).total == 60 * 40
        assert not library.status()["problems"]


def test_a_folder_that_vanishes_gives_one_line(
    folder: Path, gongwen_in: Callable[..., Callable[..., object]], tmp_path: Path
) -> None:
    library = gongwen.open(folder)
    assert library.search("复议").total == 2
    folder.rename(tmp_path / "away")
    with pytest.raises(LibraryError, match="library"):
        library.remove("甲县")
    (tmp_path / "away").rename(folder)
    library.close()
    with gongwen.open(folder) as again:
        assert again.search("复议").total == 2


# -- status ----------------------------------------------------------------------------------


def test_status_says_what_is_there(folder: Path) -> None:
    with gongwen.open(folder) as library:
        state = library.status()
    assert state["reports"] == 1
    assert state["format"] == VERSION
    assert state["problems"] == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE reports SET text = '短'", "do not stand in their report"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM reports", "without their report"),
    ],
)
def test_a_deep_status_says_what_is_wrong(folder: Path, damage: str, problem: str) -> None:
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    db.executescript(textwrap.dedent(damage))
    db.close()
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
    assert any(problem in line for line in problems)  # type: ignore[attr-defined]


def test_status_names_a_model_that_is_damaged(folder: Path) -> None:
    (folder / "models").mkdir()
    (folder / "models" / "0001.npz").write_bytes(b"damaged")
    with gongwen.open(folder) as library:
        assert any("0001.npz" in line for line in library.status()["problems"])  # type: ignore[attr-defined]
