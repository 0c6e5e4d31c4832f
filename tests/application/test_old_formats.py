"""Libraries of every format so far are opened, brought up to date, searched and exported."""

from __future__ import annotations

import ast
import json
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gongwen
import gongwen.ingest.recompute
import gongwen.storage.migrations
from gongwen import Library, LibraryError
from gongwen.nlp.fields import FIELD_NAMES
from gongwen.storage.lock import WriterLock
from gongwen.storage.migrations import STEPS, VERSION
from gongwen.storage.row_values import seal

from .conftest import Command

DATA = Path(__file__).parents[1] / "data"
FORMATS = [1, 2, 3, 4, 5, 6, 7]
REPORTS = ["杨陵区2018", "武功县2020", "武功县2022", "陈仓区2019"]
ADDED = ("province", "city", "county", "adcode", "level", "agency", "date", "address")
"""Metadata that the first format did not have."""


def unpack(folder: Path, version: int) -> Path:
    """Put the library of a format, as that version of gongwen left it, into ``folder``."""
    with zipfile.ZipFile(DATA / f"library-{version}.zip") as archive:
        archive.extractall(folder)
    return folder


def rows(folder: Path, sql: str, *values: str, file: str = "library.db") -> list[Any]:
    db = sqlite3.connect(folder / file)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def change(folder: Path, sql: str, *values: str) -> None:
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    db.execute(sql, values)
    db.close()


def stored(folder: Path, *without: str) -> dict[str, list[Any]]:
    """Return what a library holds of its reports, but for what may be numbered anew."""
    columns = [name for name in ("id", "how", "said", *FIELD_NAMES) if name not in without]
    order = {
        "figures": "SELECT * FROM figures ORDER BY report, rowid",
        "sketches": "SELECT report, size, hash FROM sketches s JOIN shingles h ON h.sketch = s.id"
        " ORDER BY report, hash",
        "checksums": "SELECT * FROM checksums ORDER BY report",
        "reports": f"SELECT {', '.join(columns)} FROM reports ORDER BY id",
    }
    return {name: rows(folder, sql) for name, sql in order.items() if name not in without}


SURVIVES = [
    "SELECT id, title, region, year, source, sha256, added, text FROM reports ORDER BY id",
    "SELECT report, n, start, end, section, item, role, kind, topic, also, probability, correction"
    " FROM sentences ORDER BY report, n",
    "SELECT id, report, n, text, heading, topic, also, role, author, note, at FROM corrections",
    # The index is built anew, by the segmenter that is installed.
    "SELECT key, value FROM meta WHERE key NOT IN ('generation', 'segmenter') ORDER BY key",
]
SURVIVES_SINCE = {
    2: [
        "SELECT id, province, city, county, adcode, level, agency, date, address, how, stated,"
        " said, notes FROM reports ORDER BY id",
        "SELECT source, file, sha256, added, report FROM copies",
        "SELECT report, other, jaccard, containment FROM similar",
        "SELECT report, size, hash FROM sketches s JOIN shingles h ON h.sketch = s.id"
        " ORDER BY report, hash",
    ],
    4: ["SELECT report, text, places, tags FROM checksums ORDER BY report"],
}
"""Figures are not among them: what they are is read anew since format 5."""


@pytest.mark.parametrize("version", FORMATS)
def test_a_library_of_every_format_is_opened_searched_and_exported(
    tmp_path: Path, version: int
) -> None:
    folder = unpack(tmp_path / "old", version)
    assert rows(folder, "PRAGMA user_version") == [(version,)]
    queries = [*SURVIVES, *(q for v in SURVIVES_SINCE if v <= version for q in SURVIVES_SINCE[v])]
    before = [rows(folder, sql) for sql in queries]
    with gongwen.open(folder) as library:
        assert rows(folder, "PRAGMA user_version") == [(VERSION,)]
        assert rows(folder, "SELECT * FROM stale") == []
        assert [rows(folder, sql) for sql in queries] == before
        assert library.status(deep=True)["problems"] == []
        assert [r.id for r in library.reports()] == REPORTS
        assert library.search("行政复议案件").total == 2
        [found] = library.search("援助站").hits  # by the library's own synonyms
        assert found.topic == "service"
        assert [c.topic for c in library.corrections()] == ["leadership", "service"]
        assert library.models.active == 1
        assert library.min_probability == 0.3
        report = library.report("武功县2020")
        assert (report.province, report.city, report.county) == ("陕西省", "咸阳市", "武功县")
        assert (report.level, report.agency, report.date) == (
            "county",
            "武功县司法局",
            "2021-01-15",
        )
        [figure] = library.figures("", reports="武功县2020", indicators="行政复议案件")[:1]
        assert (figure.figure.value, figure.figure.year) == (24, 2020)
        assert (report.kind, report.kind_as_written) == ("工作总结", "工作总结")
        if version > 1:
            assert len(report.copies) == 1
            [like] = report.similar
            assert like.report == "武功县2022"
            said = library.report("陈仓区")
            assert (said.agency, said.kind) == ("陈仓区政府办", "年终汇报")
            assert said.how["agency"] == said.how["kind"] == "by hand"
        else:  # it was 情况的报告, in the title's own words
            assert library.report("陈仓区").kind == "情况报告"
        lines = [json.dumps(line) for line in library.export(lambda _: None)]
    copy = f"library.db.before-format-{VERSION}"
    assert rows(folder, "PRAGMA user_version", file=copy) == [(version,)]
    assert [rows(folder, sql, file=copy) for sql in queries] == before
    (tmp_path / "out.jsonl").write_text("\n".join(lines), "utf-8")
    with gongwen.open(tmp_path / "new") as other:
        assert [o.status for o in other.import_(tmp_path / "out.jsonl")] == ["added"] * 4
        assert [r.id for r in other.reports()] == REPORTS
    again = rows(tmp_path / "new", SURVIVES[0])
    assert again == before[0]


@pytest.mark.parametrize("version", FORMATS)
def test_what_came_up_to_date_finds_copies_and_is_described(tmp_path: Path, version: int) -> None:
    folder = unpack(tmp_path / "old", version)
    copy = tmp_path / "总结.txt"
    [(text,)] = rows(folder, "SELECT text FROM reports WHERE id = '武功县2020'")
    copy.write_text(f"{text}\n", "utf-8")  # other bytes, the same report
    with gongwen.open(folder) as library:
        [outcome] = library.add(copy)
        assert outcome.status == "copy"
        said = library.describe("杨陵区", county="杨陵示范区")
        assert said.county == "杨陵示范区"
        assert library.status(deep=True)["problems"] == []


@pytest.mark.parametrize("version", FORMATS)
def test_the_command_line_says_once_that_reports_are_brought_up_to_date(
    tmp_path: Path, gongwen_in: Callable[[Path], Command], version: int
) -> None:
    run = gongwen_in(unpack(tmp_path / "old", version))
    first = run("reports", "--format", "json")
    # The step from format 6 leaves nothing that is to be computed anew.
    assert first.err == ("bringing 4 reports up to date\n" if version < 6 else "")
    assert [report["report"] for report in first.json()["reports"]] == REPORTS
    second = run("reports", "--format", "json")
    assert (second.out, second.err) == (first.out, "")


@pytest.mark.parametrize("version", FORMATS)
def test_who_may_only_read_is_told_what_an_old_library_needs(tmp_path: Path, version: int) -> None:
    folder = unpack(tmp_path / "old", version)
    before = (folder / "library.db").read_bytes()
    with pytest.raises(LibraryError, match="opened once where it can be written to") as error:
        gongwen.open(folder, read_only=True)
    assert "\n" not in str(error.value)
    assert (folder / "library.db").read_bytes() == before


STALE = (
    "SELECT DISTINCT report FROM stale WHERE part NOT IN ('index', 'renumbered') ORDER BY report"
)


# -- interrupted -------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
import gongwen, gongwen.ingest.recompute

recompute, left = gongwen.ingest.recompute.recompute, [int(sys.argv[2])]

def killed(db, report):
    recompute(db, report)
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)

gongwen.ingest.recompute.recompute = killed
gongwen.open(sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize(
    ("version", "after"),
    [(1, 2), (2, 0), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((1, 0), (2, 3)))],
)
def test_a_kill_leaves_the_rest_stale_and_the_next_one_goes_on(
    tmp_path: Path,
    gongwen_in: Callable[[Path], Command],
    monkeypatch: pytest.MonkeyPatch,
    version: int,
    after: int,
) -> None:
    folder, whole = unpack(tmp_path / "old", version), unpack(tmp_path / "whole", version)
    gongwen.open(whole).close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(after)], check=False)
    assert done.returncode == -signal.SIGKILL
    stale = [report for (report,) in rows(folder, STALE)]
    assert stale == REPORTS[after:]
    with gongwen.open(folder, read_only=True) as library:
        assert library.search("行政复议案件").total == 2
        assert {row.figure.report for row in library.figures()} == set(REPORTS[:after])
        problems = library.status()["problems"]
        assert isinstance(problems, list)
        [problem] = problems
        assert "older gongwen left" in problem
        assert "figures" in problem
        assert "opened once where it can be written to" in problem
        assert library.bring_up_to_date() == problem
    assert [report for (report,) in rows(folder, STALE)] == stale
    left = len(stale)
    with monkeypatch.context() as patch:
        patch.setattr("gongwen.storage.database_file.may_write", lambda path: False)
        ran = gongwen_in(folder)("reports", "--format", "json")
        assert ran.err == f"{problem}\n"
        assert [report["report"] for report in ran.json()["reports"]] == REPORTS
    ran = gongwen_in(folder)("reports", "--format", "json")
    assert ran.err == f"bringing {left} report{'s' if left > 1 else ''} up to date\n"
    assert stored(folder) == stored(whole)
    with gongwen.open(folder) as library:
        assert library.status(deep=True)["problems"] == []


KILLED_AT = """
import os, signal, sys
import gongwen
from gongwen.storage.connection import Connection

execute, left = Connection.execute, [int(sys.argv[2])]

def counted(self, sql, parameters=(), /):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return execute(self, sql, parameters)

Connection.execute = counted
gongwen.open(sys.argv[1])
print(int(sys.argv[2]) - left[0])
"""


def run_until(folder: Path, statement: int) -> subprocess.CompletedProcess[str]:
    """Open a library in a process that is killed before the given statement of SQL."""
    return subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(folder), str(statement)],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize(
    "shares", [[0.6, 1], pytest.param([n / 20 for n in range(21)], marks=pytest.mark.slow)]
)
def test_a_kill_at_any_statement_loses_nothing(tmp_path: Path, shares: list[float]) -> None:
    whole = unpack(tmp_path / "whole", 1)
    count = int(run_until(whole, 1 << 20).stdout)
    for number, share in enumerate(shares):
        folder = unpack(tmp_path / f"old-{number}", 1)
        done = run_until(folder, round(share * (count - 1)))
        assert done.returncode == -signal.SIGKILL, share
        gongwen.open(folder).close()
        assert stored(folder) == stored(whole), share
        assert not rows(folder, "SELECT * FROM stale"), share
        with gongwen.open(folder, read_only=True) as library:
            assert library.search("行政复议案件").total == 2, share
            assert library.status(deep=True)["problems"] == [], share


def test_ctrl_c_leaves_the_rest_stale_and_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, recompute = unpack(tmp_path / "old", 2), gongwen.ingest.recompute.recompute

    def interrupted(db: sqlite3.Connection, report: str) -> None:
        recompute(db, report)
        if report == REPORTS[1]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gongwen.ingest.recompute.recompute", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gongwen.open(folder)
    assert [report for (report,) in rows(folder, STALE)] == REPORTS[1:]
    with WriterLock(folder).held("test", wait=0.0):
        pass
    gongwen.open(folder).close()
    assert not rows(folder, "SELECT report FROM stale")


def test_another_writer_is_not_waited_for_and_the_next_change_does_it_first(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "old", 1)
    with WriterLock(folder).held("add"):
        library = Library(folder)
        assert library.search("行政复议案件").total == 2
        assert not library.figures()
        assert "is writing to it" in library.bring_up_to_date()
    copy = tmp_path / "总结.txt"
    [(text,)] = rows(folder, "SELECT text FROM reports WHERE id = '武功县2020'")
    copy.write_text(f"{text}\n", "utf-8")  # other bytes, the same report
    with library:
        [outcome] = library.add(copy)
        assert outcome.status == "copy"  # which only sketches that are up to date tell
        assert library.figures()
        assert library.bring_up_to_date() == ""


# -- what is recomputed ------------------------------------------------------------------------


def mark(folder: Path, *parts: str) -> None:
    for part in parts:
        change(folder, "INSERT INTO stale SELECT id, ? FROM reports", part)


def test_what_today_computes_stays_the_same_when_it_is_computed_anew(tmp_path: Path) -> None:
    reports = Path(__file__).parents[2] / "seeds" / "reports"
    folder = tmp_path / "new"
    with gongwen.open(folder) as library:
        library.add(reports)
        for report in library.reports():
            library.describe(report.id, county="某某县", year="2018")
    before = stored(folder)
    assert before["figures"]
    mark(folder, *FIELD_NAMES, "sketch", "figures", "a part that nobody knows")
    with gongwen.open(folder) as library:
        assert stored(folder) == before
        assert not rows(folder, "SELECT * FROM stale")
        assert library.status(deep=True)["problems"] == []


def test_only_what_is_stale_is_recomputed_and_never_what_was_set_by_hand(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "old", 4)
    gongwen.open(folder).close()
    sql = "SELECT id, kind, agency, region FROM reports"
    before = {row[0]: row[1:] for row in rows(folder, sql)}
    change(folder, "UPDATE reports SET kind = '旧', agency = '旧' WHERE id != '陈仓区2019'")
    change(folder, "UPDATE reports SET title = '陈仓区的一份报告', region = '旧'")
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    for id_ in REPORTS:  # as if these had been written
        seal(db, id_)
    db.close()
    with gongwen.open(folder) as library:
        library.reindex()
        assert library.search("行政复议案件", counts=["地区"]).counts == {"region": {"旧": 2}}
    mark(folder, "kind", "agency", "region")
    with gongwen.open(folder) as library:
        counts = library.search("行政复议案件", counts=["地区"]).counts
        assert counts == {"region": {"武功县": 2}}  # the index follows
        for found in library.reports():
            assert (found.kind, found.agency, found.region) == before[found.id]
            assert found.title == "陈仓区的一份报告"
        assert library.report("陈仓区2019").kind == "年终汇报"
        assert library.status(deep=True)["problems"] == []


def test_a_place_that_is_recomputed_is_that_of_the_region_that_is_kept(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "old", 1)
    change(folder, "UPDATE reports SET region = '榕江县' WHERE id = '武功县2020'")
    change(folder, "UPDATE reports SET region = '' WHERE id = '武功县2022'")
    with gongwen.open(folder) as library:
        report = library.report("武功县2020")
        assert (report.region, report.province, report.county) == ("榕江县", "贵州省", "榕江县")
        report = library.report("武功县2022")
        # It had none, so it gets the one that today's rules find.
        assert (report.region, report.province, report.level) == ("武功县", "陕西省", "county")
        assert report.agency == "武功县司法局"


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("UPDATE reports SET text = replace(text, '4', '5') WHERE id = '武功县2020'", "lost"),
        ("UPDATE reports SET title = 'x' WHERE id = '武功县2020'", "mended"),
        ("UPDATE sentences SET start = 0 WHERE report = '武功县2020' AND n = 5", "mended"),
    ],
)
def test_a_damaged_report_stays_stale_and_the_others_are_brought_up_to_date(
    tmp_path: Path, gongwen_in: Callable[[Path], Command], sql: str, status: str
) -> None:
    folder = unpack(tmp_path / "old", 4)
    gongwen.open(folder).close()
    change(folder, "DELETE FROM figures")
    db = sqlite3.connect(folder / "library.db", isolation_level=None)
    for id_ in REPORTS:  # as if these had been written
        seal(db, id_)
    db.close()
    mark(folder, "figures")
    change(folder, sql)
    ran = gongwen_in(folder)("reports", "--format", "json")
    assert "bringing 4 reports up to date\n" in ran.err
    assert "1 report is as an older gongwen left it (figures)" in ran.err
    assert "run gongwen repair" in ran.err
    assert [r for (r,) in rows(folder, "SELECT report FROM stale")] == ["武功县2020"]
    done = gongwen.repair(folder, tmp_path / "new")
    became = {report.report: report.status for report in done.reports}
    assert became.pop("武功县2020") == status
    assert set(became.values()) == {"kept"}
    with gongwen.open(tmp_path / "new") as library:
        assert {row.figure.report for row in library.figures()} >= {*REPORTS} - {"武功县2020"}


def test_repair_recomputes_what_is_stale(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "old", 2)
    done = gongwen.repair(folder, tmp_path / "new")
    assert {report.status for report in done.reports} == {"kept"}
    assert rows(folder, "PRAGMA user_version") == [(2,)]
    with gongwen.open(folder) as old, gongwen.open(tmp_path / "new") as new:
        assert [r.figure for r in new.figures()] == [r.figure for r in old.figures()]


# -- the steps ---------------------------------------------------------------------------------


def test_the_migrations_call_nothing_that_may_change() -> None:
    tree = ast.parse(Path(gongwen.storage.migrations.__file__).read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    ours = {name for name in found if name.startswith((".", "gongwen"))}
    assert ours == {"..nlp.errors"}
    standard = {
        "__future__",
        "collections.abc",
        "contextlib",
        "hashlib",
        "json",
        "sqlite3",
        "typing",
    }
    assert found - ours <= standard


@pytest.mark.parametrize("version", FORMATS)
def test_the_steps_make_the_tables_that_each_version_made(tmp_path: Path, version: int) -> None:
    db = sqlite3.connect(":memory:")
    for step in STEPS[:version]:
        assert not list(step(db))  # an empty library has nothing stale
    tables = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    assert db.execute(tables).fetchall() == rows(unpack(tmp_path / "old", version), tables)


def test_there_is_a_library_of_every_format_but_the_newest() -> None:
    assert list(range(1, VERSION)) == FORMATS
