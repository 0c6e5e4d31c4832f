"""A Dask cluster in the process of the test, reports to read, and the content of a library."""

from __future__ import annotations

import random
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import gongwen

distributed: Any = pytest.importorskip("distributed")

SEED_REPORT = Path(__file__).parents[2] / "seeds" / "reports" / "wugong-2020.txt"


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """The address of a cluster whose worker is a thread of this process."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address=None, silence_logs=50,
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


def report_text(number: int) -> str:
    """Return the text of a small report; no two are alike."""
    chosen = random.Random(number)
    lines = []
    for _ in range(8):
        place = "".join(chosen.sample("东西南北中上下河山湖港桥原", 4))
        lines.append(
            f"在{place}办理行政复议案件{chosen.randint(1, 9999)}件，同比增长"
            f"{chosen.randint(1, 99)}%，{place}整改事项{chosen.randint(1, 9999)}项。"
        )
    return f"第{number}号县{2000 + number % 20}年法治政府建设工作总结\n一、执法情况\n" + "\n".join(
        lines
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with reports of several formats; one cannot be read, and two are the same."""
    folder = tmp_path / "source"
    (folder / "乙市").mkdir(parents=True)
    for number in range(6):
        text = report_text(number)
        (folder / f"{number}.txt").write_text(text, "utf-8")
    (folder / "乙市" / "7.txt").write_text(report_text(7), "gb18030")
    (folder / "乙市" / "again.txt").write_text(report_text(3), "utf-8")  # the same bytes
    (folder / "8.html").write_text(
        f"<html><body><h1>甲</h1><p>{report_text(8)}</p></body></html>", "utf-8"
    )
    (folder / "empty.txt").write_text("", "utf-8")
    rows = "\n".join(f"丙{n}县,2020,丙{n}县办理复议案件{n + 3}件，办结{n}件。" for n in range(3))
    (folder / "表.csv").write_text(f"region,year,text\n{rows}\n", "utf-8")
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(SEED_REPORT, "武功.txt")
        archive.writestr("9.txt", report_text(9))
    (folder / ".hidden.txt").write_text("x", "utf-8")
    (folder / "picture.png").write_bytes(b"x")
    return folder


TABLES = (
    "sentences figures sketches shingles similar copies corrections removed reports checksums"
).split()
_TIMES = {
    "reports": ("added",),
    "copies": ("added", "checksum"),
    "checksums": ("facts", "places", "own"),
}
"""Columns that hold when a report was added, or a checksum of that."""


def content(folder: Path) -> dict[str, list[Any]]:
    """Return all rows of a library, without the times at which they were written."""
    with sqlite3.connect(folder / "library.db") as db:
        found = {}
        for table in TABLES:
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(name for name in names if name not in _TIMES.get(table, ()))
            found[table] = sorted(db.execute(f"SELECT {kept} FROM {table}"))
    db.close()
    return found


QUESTIONS: tuple[Mapping[str, Any], ...] = (
    {"query": "行政复议案件"}, {"query": '"整改事项"'}, {"query": "复议 OR 执法"},
    {"query": "同比增长", "counts": ["topic", "region"]}, {"query": "办结"},
)  # fmt: skip


def answers(library: gongwen.Library) -> list[Any]:
    """Return what a library answers to some questions."""
    found = []
    for question in QUESTIONS:
        answer = library.search(**question, limit=50).to_dict()
        answer.pop("took_ms")
        found.append(answer)
    return found


Check = Callable[[Path, Path], None]


@pytest.fixture
def assert_same() -> Check:
    """A function that compares two libraries: all rows, and what they answer."""

    def check(one: Path, other: Path) -> None:
        first, second = content(one), content(other)
        for table in TABLES:
            assert first[table] == second[table], table
        with gongwen.open(one) as a, gongwen.open(other) as b:
            assert answers(a) == answers(b)
            assert a.segmenter == b.segmenter
            assert b.status(deep=True)["problems"] == []

    return check
