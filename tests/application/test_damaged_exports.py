"""Whatever is damaged in a library, what it exports can be imported."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen import Library
from gongwen.nlp.errors import DamagedError
from gongwen.storage.row_values import (
    COPY,
    CORRECTION,
    FACTS,
    FIGURES,
    PLACES,
    SIMILAR,
    TAGS,
    digest,
    seal,
)
from gongwen.transfer.jsonl_format import read_moved

ODD: list[Any] = [
    "", " ", "x", "5.0", 7, -1, 9e99, b"\x00\xff", b"2020", "\x1b[2J", "\x00", "字" * 10_001,
    "2020-13-45", "２０２０", "2020-2018", "1800", "99999", '{"year": "20x1"}', '{"colour": "red"}',
    '["\\u0000"]', '["a", "a"]', "[5]", "{", "null", "No Slug",
]  # fmt: skip
"""What may stand in a column after damage, or after an older version that took it."""

FITTING: dict[str, list[Any]] = {
    "id": [" ", "字" * 10_001], "year": ["20x1", "1800"], "added": ["5.0", ""],
    "sha256": ["", "AB"], "adcode": ["61043", "６１０４３１"], "date": ["2020-13-45"],
    "level": ["planet"],
    "source": ["", "字" * 10_001], "file": [""], "how": ['{"colour": "red"}'], "notes": ["[5]"],
    "stated": ['{"year": "20x1"}'], "said": ['{"level": "x"}', "{"], "start": [-1], "end": [0],
    "topic": ["No Slug", ""], "also": ['["a", "a"]'], "role": ["", "Plan"], "at": ["gestern"],
    "jaccard": [7], "probability": [9e99], "section": ["字" * 10_001], "text": [""],
}  # fmt: skip
"""What comes close to what the column holds."""

PLACES_OF = {
    "reports": ("id = '县1'", FACTS),
    "sentences": ("report = '县1' AND n = 3", tuple(dict.fromkeys((*PLACES, *TAGS)))),
    "corrections": ("report = '县1'", CORRECTION),
    "copies": ("report = '县1'", COPY),
    "similar": ("report = '县2' OR other = '县2'", SIMILAR),
    "figures": ("report = '县1'", FIGURES),
    "checksums": ("report = '县1'", ("report", "text", "facts", "own")),
}
COLUMNS = [(table, column) for table, (_, names) in PLACES_OF.items() for column in names]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that has something of everything."""
    root = tmp_path_factory.mktemp("exports")
    (files := root / "files").mkdir()
    for number in range(3):
        rows = "".join(f"全县办理行政复议案件{n}件，比上年增长{n}%。\n" for n in range(1, 12))
        text = f"第{number}县202{number}年法治政府建设工作总结\n一、行政复议\n{rows}"
        (files / f"县{number}.txt").write_text(text + f"第{number}县完成整改。\n", "utf-8")
    (files / "县9副本.txt").write_bytes((files / "县1.txt").read_bytes())
    with gongwen.open(root / "whole") as library:
        library.add(files)
        library.describe("县1", region="武功县")
        library.correct("县1", 3, "enforcement", author="我")
        assert library.report("县1").copies and library.report("县2").similar
    return root / "whole"


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "库")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    with gongwen.open(tmp_path / "other") as library:
        yield library


def exported(library: Library, path: Path) -> list[str]:
    """Export around damage into ``path``; return what was told."""
    told: list[str] = []
    lines = map(json.dumps, library.export(told.append))
    path.write_text("\n".join(lines), "utf-8")
    return told


def odd(folder: Path, table: str, column: str, value: object, sealed: bool) -> bool:
    """Put ``value`` into a column; ``sealed``: with the checksums that an older version's gets."""
    where, _ = PLACES_OF[table]
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    try:
        assert db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,)).rowcount
        if sealed and table in ("reports", "sentences", "figures"):
            for (report,) in db.execute("SELECT id FROM reports").fetchall():
                seal(db, report)
        columns = {"corrections": CORRECTION, "copies": COPY, "similar": SIMILAR}.get(table, ())
        if sealed and columns:
            for row in db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall():
                same = " AND ".join(f"{name} IS ?" for name in columns)
                sql = f"UPDATE {table} SET checksum = ? WHERE {same}"
                db.execute(sql, (digest([row]), *row))
    except (sqlite3.Error, TypeError):
        return False  # the file itself refuses it
    finally:
        db.close()
    return True


@pytest.mark.parametrize("values", [2, pytest.param(len(ODD), marks=pytest.mark.slow)])
@pytest.mark.parametrize("sealed", [False, True], ids=["by damage", "by an older version"])
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_whatever_stands_in_a_column_the_export_can_be_imported(
    folder: Path, tmp_path: Path, other: Library, table: str, column: str, sealed: bool, values: int
) -> None:
    data = (folder / "library.db").read_bytes()
    chosen = random.Random(f"{table} {column} {sealed}").sample(ODD, values)
    for value in dict.fromkeys([*chosen, *FITTING.get(column, ())]):
        (folder / "library.db").write_bytes(data)
        for suffix in ("-wal", "-shm"):
            (folder / f"library.db{suffix}").unlink(missing_ok=True)
        if not odd(folder, table, column, value, sealed):
            continue
        with gongwen.open(folder) as library:
            told = exported(library, tmp_path / "out.jsonl")
        reports = [one.id for one in read_moved(tmp_path / "out.jsonl") if hasattr(one, "id")]
        assert {"县0", "县2"} <= set(reports), (value, told)
        assert len(reports) == 3 or any("县1 is left out" in line for line in told), value
    if (tmp_path / "out.jsonl").exists():  # by hand, once: the import reads it just so
        assert len(other.import_(tmp_path / "out.jsonl")) >= 2


def test_a_report_without_sentences_is_split_anew(
    folder: Path, tmp_path: Path, other: Library
) -> None:
    with sqlite3.connect(folder / "library.db") as db:
        db.execute("DELETE FROM sentences WHERE report = '县1'")
    db.close()
    with gongwen.open(folder) as library:
        told = exported(library, tmp_path / "out.jsonl")
    assert any("县1 is not all there: it has no sentences" in line for line in told)
    other.import_(tmp_path / "out.jsonl")
    assert [s.text for s in other.sentences("县1")][-1] == "第1县完成整改。"
    assert len(other.corrections()) == 1


def test_reports_that_share_a_source_or_have_none_stay_apart(
    folder: Path, tmp_path: Path, other: Library
) -> None:
    for sql in ("UPDATE reports SET source = '/x'", "UPDATE reports SET source = '', file = ''"):
        with sqlite3.connect(folder / "library.db") as db:
            db.execute(sql)
        db.close()
        with gongwen.open(folder) as library:
            assert exported(library, tmp_path / "out.jsonl")
        assert len(other.import_(tmp_path / "out.jsonl")) == 3
    assert len({report.source for report in other.reports()}) == len(other.reports()) == 6


def test_corrections_of_a_report_that_is_left_out_come_along(
    folder: Path, tmp_path: Path, other: Library
) -> None:
    with sqlite3.connect(folder / "library.db") as db:
        db.execute("UPDATE reports SET text = 'x' WHERE id = '县1'")
    db.close()
    with gongwen.open(folder) as library:
        exported(library, tmp_path / "out.jsonl")
    assert len(other.import_(tmp_path / "out.jsonl")) == 2
    assert [c.report for c in other.corrections()] == ["县1"]


@pytest.mark.parametrize("synonyms", ["groups = [", "groups = 5", "groups = [['甲']]", "\x00"])
def test_synonyms_that_are_bad_are_left_out(
    folder: Path, tmp_path: Path, other: Library, synonyms: str
) -> None:
    (folder / "synonyms.toml").write_text(synonyms, "utf-8")
    with gongwen.open(folder) as library:
        [told] = exported(library, tmp_path / "out.jsonl")
        with pytest.raises(DamagedError):
            list(library.export())
    assert told.startswith("synonyms.toml is left out: ") and "\n" not in told
    assert len(other.import_(tmp_path / "out.jsonl")) == 3
