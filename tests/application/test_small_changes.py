"""A small change or question reads what it touches, however much else the library holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

import gongwen
from gongwen import Library
from gongwen.storage.connection import CheckedCursor, Connection

COUNTIES = "甲乙丙丁戊己庚辛壬癸"
GROWING = ("reports", "sentences", "figures", "corrections", "undone", "copies", "similar",
           "removed", "checksums", "sketches", "shingles", "found_roles")  # fmt: skip
"""Tables with more rows in a larger library."""
SCANNED = re.compile(rf"SCAN (?:TABLE )?(?:{'|'.join(GROWING)}|[fs])\b")


def made_library(folder: Path, counties: str) -> Path:
    """Make a library of a report for each county; none is like another, and words of the first are
    in no other."""
    reports = folder / "reports"
    reports.mkdir(parents=True)
    for number, county in enumerate(counties, 4):
        random = Random(number)
        others = ["".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(30)) for _ in "123"]
        own = "河道采砂许可" if county == "甲" else "办理复议案件"
        lines = [
            f"{county}县2020年{others[0][:9]}总结",
            f"{own}{number}件，同比增长2%。",
            *others,
            "",
        ]
        (reports / f"{county}县.txt").write_text("\n".join(lines), "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add(reports)
    return folder / "library"


@dataclass
class Reading:
    """What was asked of the store: statements with their values, and the number of rows read."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    rows: int = 0


@contextmanager
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    """Give what is read from the files of libraries in the block."""
    reading = Reading()
    execute, fetchall = CheckedCursor.execute, CheckedCursor.fetchall

    def recorded(self: CheckedCursor, sql: str, parameters: Any = ()) -> CheckedCursor:
        if isinstance(self.connection, Connection):  # not what is in memory, as from the trash
            reading.statements.append((sql, parameters))
        return execute(self, sql, parameters)

    def counted(self: CheckedCursor) -> list[Any]:
        rows = fetchall(self)
        reading.rows += len(rows) * isinstance(self.connection, Connection)
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(CheckedCursor, "execute", recorded)
        patch.setattr(CheckedCursor, "fetchall", counted)
        yield reading


def scans(folder: Path, reading: Reading) -> set[str]:
    """Return the steps that go through all rows of a growing table, each with its statement."""
    db = sqlite3.connect(folder / "library.db")
    try:
        return {
            f"{step[3]}: {sql}"
            for sql, values in reading.statements
            if re.match("SELECT|INSERT|UPDATE|DELETE", sql)
            for step in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            if SCANNED.match(step[3])
        }
    finally:
        db.close()


def _add(library: Library) -> None:
    file = library.folder.parent / "子县.txt"
    file.write_text("子县2020年通报\n查处销售假种子案3起。\n", "utf-8")
    library.add(file)


def _correct_twice(library: Library) -> None:
    library.correct("甲县", 2, "enforcement", author="我")
    library.correct("甲县", 2, "oversight", author="你")


def _undo(library: Library) -> None:
    library.undo_correction("甲县", 2)
    library.history("甲县", 2)


SMALL: dict[str, Callable[[Library], object]] = {
    "add": _add,
    "correct": _correct_twice,
    "undo": _undo,
    "describe": lambda library: library.describe("甲县", year="2019"),
    "remove": lambda library: library.remove("甲县"),
    "trash": lambda library: library.trash(),
    "restore": lambda library: library.restore("甲县"),
    "show": lambda library: library.sentences("甲县", 2, 2),
    "search": lambda library: library.search("河道采砂"),
    "figures": lambda library: library.figures("河道采砂"),
    "check": lambda library: library.check("甲县"),
    "status": lambda library: library.status(),
}


def test_small_changes_and_questions_read_as_much_in_a_larger_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[dict[str, int]] = []
    for counties in (COUNTIES[:3], COUNTIES):
        rows.append({})
        folder = made_library(tmp_path / counties, counties)
        for name, act in SMALL.items():
            with gongwen.open(folder) as library, read(monkeypatch) as reading:
                act(library)
            assert reading.rows, name
            rows[-1][name] = reading.rows
    assert rows[0] == rows[1]


def test_small_changes_and_questions_go_through_no_table_that_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_library(tmp_path / "few", COUNTIES[:3])
    found: dict[str, set[str]] = {}
    for name, act in SMALL.items():
        with gongwen.open(folder) as library, read(monkeypatch) as reading:
            act(library)
        found[name] = scans(folder, reading)
    # What is counted is counted in the entries of an index.
    counted = found.pop("status")
    assert counted
    assert [step for step in counted if "USING COVERING INDEX" not in step] == []
    assert {name: steps for name, steps in found.items() if steps} == {}


def test_figures_of_a_question_are_the_first_of_all(tmp_path: Path) -> None:
    with gongwen.open(made_library(tmp_path, COUNTIES)) as library:
        for asked in ("复议案件", ""):
            rows = library.figures(asked)
            assert len(rows) >= len(COUNTIES) - 1
            for limit in (0, 1, 7, len(rows)):
                assert library.figures(asked, limit=limit) == rows[:limit]
            called = [row for row in rows if row.figure.indicator == rows[0].figure.indicator]
            named = library.figures(asked, indicators=rows[0].figure.indicator)
            assert [row for row in named if row in called] == called


def test_status_says_what_it_has_not_looked_at(
    tmp_path: Path, gongwen_in: Callable[[Path], Any]
) -> None:
    folder = made_library(tmp_path, COUNTIES[:3])
    db = sqlite3.connect(folder / "library.db")
    db.execute("UPDATE reports SET text = replace(text, '5件', '6件') WHERE id = '乙县'")
    db.commit()
    db.close()
    run = gongwen_in(folder)
    plain, deep = run("status"), run("status", "--deep")
    assert (plain.code, deep.code) == (0, 1)
    assert "gongwen status --deep" in plain.out
    assert "gongwen status --deep" not in deep.out
    assert "report 乙县: its text is not what was written" in deep.out
    assert "verified" not in run("status", "--format", "json").json()
