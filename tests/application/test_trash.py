"""Removed reports lie in the trash, come back as they were, and corrections are taken back."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen import Library, LibraryError, UnknownNameError
from gongwen.nlp.errors import DamagedError
from gongwen.storage import trash
from gongwen.storage.connection import CheckedConnection
from gongwen.storage.migrations import VERSION

from .conftest import SEED_REPORTS, Command
from .test_old_formats import REPORTS, unpack

TEXT = """{name}2021年法治政府建设工作总结

一、行政复议
全年办理行政复议案件{n}件，比上年增加3件。
聘请法律顾问12名，出具法律意见书40份。
二、存在问题
基层{name}执法力量不足，{n}个镇没有专职执法人员。
"""
TABLES = {
    "reports": "SELECT * FROM reports ORDER BY id",
    "checksums": "SELECT * FROM checksums ORDER BY report",
    "sentences": "SELECT report, n, start, end, section, item, role, kind, topic, also,"
    " probability, correction FROM sentences ORDER BY report, n",
    "figures": "SELECT * FROM figures ORDER BY report, rowid",
    "copies": "SELECT * FROM copies ORDER BY source",
    "similar": "SELECT * FROM similar ORDER BY report, other",
    "sketches": "SELECT report, size, hash FROM sketches s JOIN shingles h ON h.sketch = s.id"
    " ORDER BY report, hash",
    "corrections": "SELECT * FROM corrections ORDER BY id",
}


def stored(folder: Path) -> dict[str, list[Any]]:
    """Return everything that a library holds of its reports."""
    db = sqlite3.connect(folder / "library.db")
    try:
        return {name: db.execute(sql).fetchall() for name, sql in TABLES.items()}
    finally:
        db.close()


def change(folder: Path, sql: str, *values: object) -> None:
    db = sqlite3.connect(folder / "library.db")
    assert db.execute(sql, values).rowcount > 0
    db.commit()
    db.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library that has one of everything, and the files that it was made of."""
    root = tmp_path_factory.mktemp("trash")
    files = root / "files"
    files.mkdir()
    for n, name in enumerate(("甲县", "乙县", "丙县"), 4):
        (files / f"{name}.txt").write_text(TEXT.format(name=name, n=n), "utf-8")
    later = TEXT.format(name="甲县", n=9).replace("2021", "2022")
    (files / "甲县后.txt").write_text(later, "utf-8")
    (files / "甲县副本.txt").write_bytes((files / "甲县.txt").read_bytes())
    with gongwen.open(root / "library") as library:
        library.add([files, SEED_REPORTS])
        library.describe("甲县", agency="甲县司法局", county="甲县")
        library.correct("甲县", 3, "普法", also=["监督"], role="计划", author="小王", note="试")
        assert library.report("甲县").copies and library.report("甲县").similar
    return root


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made / "library", tmp_path / "library")


def problems(library: Library) -> object:
    return library.status(deep=True)["problems"]


@pytest.mark.parametrize("names", [["甲县"], ["wugong-2020"], ["甲县", "甲县后"], ["乙县", "甲县"]])
def test_what_was_removed_comes_back_as_it_was(folder: Path, names: list[str]) -> None:
    before = stored(folder)
    with gongwen.open(folder) as library:
        reports = library.reports()
        found = [(h.place, h.topic) for h in library.search("法律顾问", group=False)]
        library.remove(*names, by="小李")
        assert [(e.report, e.by) for e in library.trash()] == [(n, "小李") for n in names]
        assert not {r.id for r in library.reports()} & set(names)
        assert not {h.report.id for h in library.search("法律顾问")} & set(names)
        assert not {line.get("report") for line in library.export()} & set(names) - {"甲县"}
        state = library.status()
        assert state["trash"] == len(names)
        assert state["trash_bytes"] == sum(e.size for e in library.trash()) > 0
        assert problems(library) == []
        assert sorted(r.id for r in library.restore(*reversed(names))) == sorted(names)
        assert library.trash() == []
        assert library.reports() == reports
        again = [(h.place, h.topic) for h in library.search("法律顾问", group=False)]
        assert sorted(again) == sorted(found)
        assert problems(library) == []
    after = stored(folder)
    # Likeness is symmetric; which of the two names the other may change.
    pairs = [{frozenset(row[:2]) for row in state.pop("similar")} for state in (before, after)]
    assert pairs[0] == pairs[1]
    assert after == before


def test_reports_that_are_alike_are_so_again_when_removed_one_by_one(folder: Path) -> None:
    with gongwen.open(folder) as library:
        assert library.report("甲县后").similar
        for name in ("甲县", "甲县后"):
            library.remove(name)
        for name in ("甲县后", "甲县"):
            library.restore(name)
        assert "甲县" in {s.report for s in library.report("甲县后").similar}


def test_a_file_that_is_added_again_leaves_the_trash_alone_and_blocks_it(
    folder: Path, made: Path, tmp_path: Path
) -> None:
    with gongwen.open(folder) as library:
        library.remove("乙县")
        [outcome] = library.add(made / "files" / "乙县.txt")
        assert (outcome.status, outcome.report) == ("added", "乙县")
        before = stored(folder)
        with pytest.raises(LibraryError, match="remove that one first") as error:
            library.restore("乙县")
        assert "\n" not in str(error.value)
        assert stored(folder) == before
        assert [e.report for e in library.trash()] == ["乙县"]
        library.remove("乙县")
        (other := tmp_path / "另一份.txt").write_text(
            (made / "files" / "乙县.txt").read_text("utf-8") + "\n", "utf-8"
        )
        library.add(other)
        with pytest.raises(LibraryError, match="added meanwhile as 另一份"):
            library.restore("乙县")
        with pytest.raises(LibraryError):
            library.restore("丙县" if library.trash()[0].report == "丙县" else 1)
        assert len(library.trash()) == 2
        library.remove("另一份")
        assert library.restore("乙县")[0].id == "乙县"
        assert [e.number for e in library.trash()] == [1, 3]


def test_all_are_restored_or_none(folder: Path) -> None:
    with gongwen.open(folder) as library:
        library.remove("乙县", "丙县")
        with pytest.raises(UnknownNameError, match="trash list"):
            library.restore("乙县", "没有")
        assert [e.report for e in library.trash()] == ["乙县", "丙县"]
        with pytest.raises(UnknownNameError):
            library.remove("甲县", "没有")
        assert len(library.trash()) == 2
        assert library.restore() == []


def test_the_trash_is_emptied_wholly_by_name_or_by_age(folder: Path) -> None:
    with gongwen.open(folder) as library:
        library.remove("乙县", "丙县", "wugong-2020")
        assert library.empty_trash(older_than_days=1) == 0
        assert library.empty_trash(["丙县"]) == 1
        with pytest.raises(UnknownNameError):
            library.empty_trash(["丙县"])
        assert library.empty_trash(older_than_days=-1) == 2
        assert library.empty_trash() == 0
        assert library.status()["trash"] == 0
        library.remove("甲县")
        assert [e.number for e in library.trash()] == [4]  # a number is given once


def test_uploaded_files_go_with_the_last_report_that_comes_from_them(
    folder: Path, tmp_path: Path
) -> None:
    files = folder / "files"
    (files / "各县").mkdir(parents=True)
    for n, name in enumerate(("丁县", "各县/戊县", "己县"), 7):
        (files / f"{name}.txt").write_text(TEXT.format(name=name[-2:], n=n), "utf-8")

    def left(library: Library) -> set[str]:
        root = library.folder / "files"
        return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}

    with gongwen.open(folder) as library:
        library.add(files)
        library.remove("丁县", "戊县")
        assert library.empty_trash(older_than_days=1) == 0
        assert len(left(library)) == 3
    moved = folder.rename(tmp_path / "moved")  # sources have the old folder
    with gongwen.open(moved) as library:
        assert library.empty_trash(["戊县"]) == 1
        assert left(library) == {"丁县.txt", "己县.txt"}
        assert not (moved / "files" / "各县").exists()
        library.restore("丁县")
        assert library.empty_trash() == 0
        assert left(library) == {"丁县.txt", "己县.txt"}
        library.remove("丁县", "己县")
    change(moved, "UPDATE trash SET content = x'00' WHERE report = '己县'")
    with gongwen.open(moved) as library:
        library.empty_trash(["丁县"])
        assert left(library) == {"丁县.txt", "己县.txt"}  # what a damaged entry needs is unknown
        library.empty_trash()
        assert left(library) == set()


def test_what_was_said_of_sentences_meanwhile_counts(folder: Path, made: Path) -> None:
    with gongwen.open(folder) as library:
        library.remove("甲县")
        library.add(made / "files" / "甲县.txt")
        assert library.sentences("甲县", 3, 3)[0].topic == "legal-publicity"
        library.undo_correction("甲县", 3)
        library.correct("甲县", 4, "行政执法", author="他")
        model = library.sentences("甲县", 3, 3)[0]
        library.remove("甲县")
        library.restore(1)
        undone, made_since = library.sentences("甲县", 3, 4)
        assert (undone.topic, undone.role, undone.corrected) == (model.topic, model.role, False)
        assert (made_since.topic, made_since.corrected) == ("enforcement", True)
        assert problems(library) == []


def test_damage_of_a_report_comes_back_as_damage(folder: Path) -> None:
    change(folder, "UPDATE sentences SET topic = 'oversight' WHERE report = '乙县' AND n = 3")
    with gongwen.open(folder) as library:
        before = problems(library)
        assert before
        library.remove("乙县")
        assert problems(library) == []
        library.restore("乙县")
        assert problems(library) == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE trash SET content = x'00' WHERE id = 1",
        "UPDATE trash SET title = 'x' WHERE id = 1",
        "UPDATE trash SET format = 6 WHERE id = 1",
        "UPDATE trash SET checksum = '' WHERE id = 1",
    ],
)
def test_damage_of_the_trash_is_found_and_the_rest_is_kept(
    folder: Path, tmp_path: Path, sql: str
) -> None:
    with gongwen.open(folder) as library:
        library.remove("乙县", "甲县")
    change(folder, sql)
    with gongwen.open(folder) as library:
        [problem] = library.status(deep=True)["problems"]  # type: ignore[misc]
        assert "entry 1 of the trash" in problem and "gongwen trash empty 1" in problem
        with pytest.raises(DamagedError, match="entry 1 of the trash"):
            library.restore(1)
        assert len(library.trash()) == 2
    done = gongwen.repair(folder, tmp_path / "new")
    assert any("entry 1 of the trash" in loss for loss in done.losses)
    with gongwen.open(tmp_path / "new") as library:
        assert [e.report for e in library.trash()] == ["甲县"]
        library.restore("甲县")
        assert library.sentences("甲县", 3, 3)[0].corrected
        assert library.report("甲县").agency == "甲县司法局"
        assert problems(library) == []


def test_rows_of_an_older_format_take_the_steps_before_they_come_back(tmp_path: Path) -> None:
    """An entry of format 5, as a later gongwen will find entries of this format."""
    old = unpack(tmp_path / "old", 5)
    db = sqlite3.connect(old / "library.db", factory=CheckedConnection)
    packed = trash._packed(db, REPORTS[1])
    title, count = db.execute(
        "SELECT title, (SELECT count(*) FROM sentences WHERE report = reports.id) FROM reports"
        " WHERE id = ?", (REPORTS[1],),
    ).fetchone()  # fmt: skip
    db.close()
    with gongwen.open(old) as library:
        wanted = [row.figure for row in library.figures(reports=REPORTS[1])]
        sentences = [(s.text, s.topic, s.role) for s in library.sentences(REPORTS[1])]
    gongwen.open(tmp_path / "new").close()
    shutil.copytree(old / "models", tmp_path / "new" / "models", dirs_exist_ok=True)
    with gongwen.open(tmp_path / "new") as library:
        entry = (REPORTS[1], title, count, "2020-01-01T00:00:00Z", "", 5, packed)
        library._store.trash.bring([dict(zip(trash.ROW, entry, strict=True))])
        library.restore(REPORTS[1])
        assert [row.figure for row in library.figures()] == wanted
        assert [(s.text, s.topic, s.role) for s in library.sentences(REPORTS[1])] == sentences
        assert problems(library) == []
    assert VERSION > 5


KILLED_AT = """
import os, signal, sys
import gongwen
from gongwen.storage.connection import Connection

library = gongwen.open(sys.argv[1])
names = sys.argv[3].split(",")
if sys.argv[4] == "restore":
    library.trash()
execute, left = Connection.execute, [int(sys.argv[2])]

def counted(self, sql, parameters=(), /):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return execute(self, sql, parameters)

Connection.execute = counted
getattr(library, sys.argv[4])(*names)
print(int(sys.argv[2]) - left[0])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize(
    "shares", [[0.5, 0.9, 1], pytest.param([n / 20 for n in range(21)], marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("doing", ["remove", "restore"])
def test_a_kill_at_any_statement_leaves_a_report_in_exactly_one_place(
    folder: Path, tmp_path: Path, doing: str, shares: list[float]
) -> None:
    def run(place: Path, statement: int) -> subprocess.CompletedProcess[str]:
        arguments = [str(place), str(statement), "甲县,乙县", doing]
        return subprocess.run(
            [sys.executable, "-c", KILLED_AT, *arguments],
            check=False, capture_output=True, encoding="utf-8",
        )  # fmt: skip

    if doing == "restore":
        with gongwen.open(folder) as library:
            library.remove("甲县", "乙县")
    whole = shutil.copytree(folder, tmp_path / "whole")
    ran = run(whole, 1 << 20)
    assert ran.returncode == 0, ran.stderr
    count = int(ran.stdout)
    for number, share in enumerate(shares):
        place = shutil.copytree(folder, tmp_path / f"killed-{number}")
        assert run(place, round(share * (count - 1))).returncode == -signal.SIGKILL
        with gongwen.open(place) as library:
            there = {report.id for report in library.reports()} & {"甲县", "乙县"}
            trashed = {entry.report for entry in library.trash()}
            assert there ^ trashed == {"甲县", "乙县"} and not there & trashed
            assert len(there) in (0, 2)
            assert problems(library) == []


# -- taking corrections back -------------------------------------------------------------------


def test_the_last_correction_is_taken_back_then_the_one_before(folder: Path) -> None:
    with gongwen.open(folder) as library:
        first = library.sentences("乙县", 4, 4)[0]
        library.correct("乙县", 4, "普法", role="计划", author="小王")
        before = library.sentences("乙县", 4, 4)[0]
        library.correct("乙县", 4, "行政执法", also=["监督"], role="问题", author="小李", note="改")
        assert library.undo_correction("乙县", 4, author="老张") == before
        assert library.search("法律顾问", topics=["普法"], reports=["乙县"]).total == 1
        assert library.undo_correction("乙县", 4) == first
        assert library.search("法律顾问", topics=["普法"], reports=["乙县"]).total == 0
        with pytest.raises(UnknownNameError, match="was not corrected"):
            library.undo_correction("乙县", 4)
        told = [(e.correction.author, e.taken_back and e.taken_back.by)
                for e in library.history("乙县", 4)]  # fmt: skip
        assert told == [("小王", ""), ("小李", "老张")]
        assert {c.report for c in library.corrections()} == {"甲县"}
        assert not library.retag()
        assert problems(library) == []


def test_what_was_taken_back_stays_so_in_a_changed_file_and_after_a_repair(
    folder: Path, made: Path, tmp_path: Path
) -> None:
    with gongwen.open(folder) as library:
        library.correct("丙县", 4, "普法", author="小王")
        library.undo_correction("丙县", 4)
        model = library.sentences("丙县", 4, 4)[0]
        path = tmp_path / "丙县.txt"
        path.write_text((made / "files" / "丙县.txt").read_text("utf-8") + "新的一句。\n", "utf-8")
        change(
            folder, "UPDATE reports SET source = ?, file = ? WHERE id = '丙县'", *[str(path)] * 2
        )
        assert [o.status for o in library.add(path)] == ["replaced"]
        assert library.sentences("丙县", 4, 4)[0].topic == model.topic
        assert not library.sentences("丙县", 4, 4)[0].corrected
    done = gongwen.repair(folder, tmp_path / "new")
    assert done.complete
    with gongwen.open(tmp_path / "new") as library:
        [entry] = library.history("丙县", 4)
        assert entry.taken_back and entry.correction.author == "小王"
        assert {c.report for c in library.corrections()} == {"甲县"}


# -- the command line --------------------------------------------------------------------------


def test_the_commands_remove_list_restore_and_empty(
    gongwen_in: Callable[[Path], Command], folder: Path
) -> None:
    run = gongwen_in(folder)
    ran = run("remove", "乙县", "--by", "小李")
    assert ran.code == 0 and "gongwen restore 乙县 brings it back" in ran.err
    for listed in (run("restore", "--format", "json"), run("trash", "list", "--format", "json")):
        [entry] = listed.json()["trash"]
        assert (entry["report"], entry["by"]) == ("乙县", "小李")
    assert "乙县" in run("trash", "list").out
    assert "restored 乙县" in run("restore", "乙县").err
    assert "the trash is empty" in run("restore").err
    assert run("remove", "乙县").code == 0
    assert "deleted 0 reports" in run("trash", "empty", "--older-than", "30").err
    assert "deleted 1 report for good" in run("trash", "empty", "--yes").err
    assert run("restore", "乙县").code == 1


def test_a_part_of_a_name_is_asked_for(
    gongwen_in: Callable[[Path], Command], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gongwen_in(folder)
    refused = run("remove", "乙")
    assert refused.code == 1 and "--yes" in refused.err and refused.err.count("\n") == 1
    assert not run("trash", "list", "--format", "json").json()["trash"]
    with monkeypatch.context() as patch:
        patch.setattr("gongwen.cli.trash._on_a_terminal", lambda: True)
        no = run("remove", "甲县2021", stdin=b"n\n")
        assert no.code == 1 and "nothing was removed" in no.err and "甲县" in no.err
        assert run("remove", "乙", stdin="是\n".encode()).code == 0
    assert run("remove", "2021年法治", "--yes").code == 0
    listed = run("trash", "list", "--format", "json").json()["trash"]
    assert [entry["report"] for entry in listed] == ["乙县", "丙县", "甲县"]


def test_a_part_of_a_name_is_restored_when_one_report_has_it(folder: Path) -> None:
    with gongwen.open(folder) as library:
        library.remove("甲县", "乙县", "甲县后")
        with pytest.raises(UnknownNameError, match="did you mean 甲县"):
            library.restore("甲")
        assert [report.id for report in library.restore("乙")] == ["乙县"]
        with pytest.raises(UnknownNameError):
            library.empty_trash(["县后"])


@pytest.mark.parametrize("names", [(), ("乙县",), ("1",)])
def test_emptying_the_trash_is_asked_for(
    gongwen_in: Callable[[Path], Command],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
) -> None:
    run = gongwen_in(folder)
    run("remove", "乙县")
    refused = run("trash", "empty", *names)
    assert refused.code == 1 and "give --yes: 1 reports" in refused.err
    assert refused.err.count("\n") == 1
    monkeypatch.setattr("gongwen.cli.trash._on_a_terminal", lambda: True)
    monkeypatch.setenv("GONGWEN_LANG", "zh")
    no = run("trash", "empty", *names, stdin=b"\n")
    assert no.code == 1 and "乙县" in no.err and "[是/否]" in no.err and "[y/N]" not in no.err
    assert run("restore", "--format", "json").json()["trash"]
    assert "彻底删除 1 份" in run("trash", "empty", *names, stdin="是\n".encode()).err
    assert not run("restore", "--format", "json").json()["trash"]


def test_a_correction_is_taken_back_from_the_command_line(
    gongwen_in: Callable[[Path], Command], folder: Path
) -> None:
    run = gongwen_in(folder)
    assert run("correct", "甲县:3", "--undo").code == 0
    assert run("correct", "甲县:3", "--undo").code == 1
    for wrong in (
        ("甲县:3",),
        ("甲县:3", "普法", "--undo"),
        ("甲县:3", "--undo", "--role", "计划"),
    ):
        assert run("correct", *wrong).code == 2
