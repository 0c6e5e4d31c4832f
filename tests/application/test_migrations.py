"""An older library is copied before its format changes; nothing that happens meanwhile harms it."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import gongwen
from gongwen import LibraryError
from gongwen.storage.migrations import STEPS, VERSION

TEXT = "武功县2020年工作总结\n办理行政复议案件4件。\n"
COPY = f"library.db.before-format-{VERSION}"


def old_library(folder: Path, version: int, years: Sequence[str] = ("2020",) * 3) -> Path:
    """Make a library of a format by the steps up to it, with a report for each year."""
    folder.mkdir()
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN")
    for step in STEPS[: min(version, 3)]:
        step(db)
    db.execute("INSERT INTO meta VALUES ('id', 'old')")
    db.execute("UPDATE meta SET value = '1' WHERE key = 'generation'")
    for number, year in enumerate(years):
        name = f"武功县{number}"
        db.execute(
            "INSERT INTO reports (id, title, region, year, kind, source, sha256, added, text)"
            " VALUES (?, '武功县2020年工作总结', '武功县', ?, '工作总结', ?, ?,"
            " '2021-01-01T00:00:00Z', ?)",
            (name, year, f"/x/{name}.txt", "ab" * 32, TEXT + f"第{number}份。\n" * 20),
        )
        for n, (start, end, kind) in enumerate([(0, 12, "title"), (13, 24, "sentence")], 1):
            db.execute(
                "INSERT INTO sentences (report, n, start, end, section, item, role, kind, topic,"
                " also, probability, generation, tagged) VALUES (?, ?, ?, ?, '', '',"
                " 'achievement', ?, 'reconsideration', '[]', 0.9, 1, 1)",
                (name, n, start, end, kind),
            )
        if version > 1:
            db.execute("UPDATE reports SET file = source")
            db.execute("INSERT INTO sketches (size, report) VALUES (0, ?)", (name,))
    db.execute(
        "INSERT INTO corrections (report, n, text, heading, topic, also, role, author, note, at)"
        " VALUES ('武功县0', 2, '办理行政复议案件4件。', '', 'enforcement', '[]', '', '我', '',"
        " '2021-01-02T00:00:00Z')"
    )
    for step in STEPS[3:version]:  # which computes checksums of what is there
        step(db)
    db.execute("COMMIT")
    db.execute(f"PRAGMA application_id = {0x676F6E67}")
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    return folder


def dump(path: Path) -> list[str]:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return [f"version {db.execute('PRAGMA user_version').fetchone()[0]}", *db.iterdump()]
    finally:
        db.close()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_copy_is_made_and_checksums_are_there_afterwards(tmp_path: Path, version: int) -> None:
    folder = old_library(tmp_path / "old", version)
    before = dump(folder / "library.db")
    with gongwen.open(folder) as library:
        state = library.status(deep=True)
        assert state["problems"] == []
        assert [c.author for c in library.corrections()] == ["我"]
    assert dump(folder / COPY) == before
    assert (folder / COPY).stat().st_mode == (folder / "library.db").stat().st_mode
    assert not list(folder.glob("*.copying-*"))
    db = sqlite3.connect(folder / "library.db")
    db.execute("UPDATE reports SET text = replace(text, '4', '5') WHERE id = '武功县1'")
    db.commit()
    db.close()
    with gongwen.open(folder) as library:
        problems = library.status(deep=True)["problems"]
        assert isinstance(problems, list)
        assert any("武功县1: its text is not what was written" in p for p in problems)
    # The copy is a library of its own: put in its place, it is whole.
    shutil.copyfile(folder / COPY, folder / "library.db")
    with gongwen.open(folder) as library:
        assert library.status(deep=True)["problems"] == []


def test_a_new_library_is_not_copied(tmp_path: Path) -> None:
    gongwen.open(tmp_path / "new").close()
    gongwen.open(tmp_path / "new").close()
    assert not list((tmp_path / "new").glob("*before*"))


KILLED = """
import os, signal, sys
import gongwen, gongwen.storage.migrations, gongwen.storage.database_file

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "copying":
    os.fsync = kill
else:
    last = gongwen.storage.migrations.STEPS[-1]
    steps = gongwen.storage.migrations.STEPS
    gongwen.storage.migrations.STEPS = (*steps[:-1], lambda db: (last(db), kill()))
gongwen.open(sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("when", ["copying", "changing"])
def test_a_killed_change_of_format_leaves_the_old_library(tmp_path: Path, when: str) -> None:
    folder = old_library(tmp_path / "old", 2)
    before = dump(folder / "library.db")
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), when], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / COPY).exists() == (when == "changing")
    assert dump(folder / "library.db") == before
    with gongwen.open(folder) as library:
        assert library.status(deep=True)["problems"] == []
    assert dump(folder / COPY) == before
    assert not list(folder.glob("*.copying-*"))


FULL = """
import resource, signal, sys
import gongwen

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    gongwen.open(sys.argv[1])
except gongwen.LibraryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
@pytest.mark.parametrize("room", [0, 8192, 60_000])
def test_a_full_disk_leaves_the_old_library(tmp_path: Path, room: int) -> None:
    folder = old_library(tmp_path / "old", 2)
    before = dump(folder / "library.db")
    data = (folder / "library.db").read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(room)],
        check=True, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert "nothing was changed" in done.stdout, done
    assert done.stdout.count("\n") == 1
    assert dump(folder / "library.db") == before
    assert (folder / "library.db").read_bytes() == data
    assert not [p.name for p in folder.iterdir() if "copying" in p.name]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE reports SET text = x'ff00' WHERE id = '武功县1'",
        "UPDATE sentences SET start = 'x' WHERE report = '武功县1'",
        "UPDATE reports SET year = x'80' WHERE id = '武功县1'",
    ],
)
def test_a_damaged_old_library_stays_as_it_is_and_can_be_repaired(
    tmp_path: Path, damage: str
) -> None:
    folder = old_library(tmp_path / "old", 2)
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    db.execute(damage)
    db.close()
    before = (folder / "library.db").read_bytes()
    with pytest.raises(LibraryError, match=r"nothing was changed; run gongwen repair") as error:
        gongwen.open(folder)
    assert "\n" not in str(error.value)
    assert (folder / "library.db").read_bytes() == before
    done = gongwen.repair(folder, tmp_path / "new")
    what = {report.report: report.status for report in done.reports}
    assert what.pop("武功县1") in ("lost", "mended")
    assert set(what.values()) <= {"kept", "mended"}
    with gongwen.open(tmp_path / "new") as library:
        assert library.status(deep=True)["problems"] == []
        assert library._store.text("武功县0").startswith(TEXT)


YEARS = ["20x1", "-5", "99999", "2018-20", "x", "1800", "2020-2018", "9" * 5000]


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_year_of_an_older_version_comes_through_the_change_of_format(
    tmp_path: Path, version: int
) -> None:
    folder = old_library(tmp_path / "old", version, YEARS)
    with gongwen.open(folder) as library:
        assert library.search("复议", sort="year").total
        assert len(library.reports()) == len(YEARS)
        problems = library.status(deep=True)["problems"]
        lines = map(json.dumps, library.export(lambda _: None))
        (tmp_path / "out.jsonl").write_text("\n".join(lines), "utf-8")
    assert isinstance(problems, list)
    assert all("its year cannot be read; gongwen repair" in p for p in problems)
    with gongwen.open(tmp_path / "other") as library:
        assert len(library.import_(tmp_path / "out.jsonl")) == len(YEARS)
    done = gongwen.repair(folder, tmp_path / "new")
    assert done.complete
    with gongwen.open(tmp_path / "new") as library:
        assert library.status(deep=True)["problems"] == []
        # A span the wrong way round is one that an import takes and turns.
        assert {report.year for report in library.reports()} <= {2020, "2020-2018"}
