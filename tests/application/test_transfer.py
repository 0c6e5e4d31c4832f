"""A library goes out as JSON lines and comes back whole; damaged lines change nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from between import shipped_model
from hypothesis import given, settings
from hypothesis import strategies as st

import gongwen
from gongwen import Library, ReadError
from gongwen.transfer.export import COLUMNS

SEEDS = Path(__file__).parents[2] / "seeds" / "reports"


def content(library: Library) -> list[dict[str, Any]]:
    """Return all that an export holds, but for when it was made."""
    return [
        {name: value for name, value in line.items() if name != "exported"}
        for line in library.export()
    ]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with everything in it: reports, a copy, corrections, a model, settings."""
    tmp_path = tmp_path_factory.mktemp("moving")
    files = tmp_path / "files"
    files.mkdir()
    (files / "甲县.txt").write_text(
        "甲县2021年法治政府建设工作总结\n一、复议\n全年办理行政复议案件12件。\n", "utf-8"
    )
    (files / "甲县副本.txt").write_bytes((files / "甲县.txt").read_bytes())
    (files / "乙市.txt").write_text("乙市2022年工作总结\n开展执法检查3次。\n", "utf-8")
    library = gongwen.open(tmp_path / "taught")
    library.add([SEEDS, files], min_probability=0.1)
    library.correct("甲县", 3, "enforcement", also=["reconsideration"], author="我")
    library.correct("乙市", 2, "open-government", note="试试")
    library.remove("乙市")
    library.describe("甲县", region="甲县", city="丙市")
    library.models.use(library.models.unpack(shipped_model()))
    (library.folder / "synonyms.toml").write_text('synonyms = [["甲", "乙"]]\n', "utf-8")
    return library


@pytest.fixture(scope="module")
def exported(taught: Library) -> Path:
    path = taught.folder.with_name("all.jsonl")
    lines = (json.dumps(line, ensure_ascii=False) for line in taught.export())
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_everything_comes_back(taught: Library, exported: Path, tmp_path: Path) -> None:
    with gongwen.open(tmp_path / "new") as library:
        outcomes = library.import_(exported)
        assert {o.status for o in outcomes} == {"added"}
        assert content(library) == content(taught)
        assert library.search("复议").total == taught.search("复议").total
        assert library.min_probability == 0.1
        assert library.models.active == 1
        assert [s.corrected for s in library.sentences("甲县")] == [False, False, True]
        assert library.report("甲县").copies == taught.report("甲县").copies != ()
        assert not library.status()["problems"]


def test_importing_again_changes_nothing(exported: Path, tmp_path: Path) -> None:
    with gongwen.open(tmp_path / "new") as library:
        library.import_(exported)
        before = content(library)
        assert {o.status for o in library.import_(exported)} == {"unchanged"}
        assert content(library) == before


def test_what_is_there_stays(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "甲县.txt").write_text("甲县2019年工作总结\n另一份报告。\n", "utf-8")
    with gongwen.open(tmp_path / "new") as library:
        library.add(tmp_path / "甲县.txt", min_probability=0.4)
        assert {o.report for o in library.import_(exported)} == {"wugong-2020", "甲县-2"}
        assert library.report("甲县").year == 2019
        assert library.min_probability == 0.4
        assert library.sentences("甲县-2")[2].topic == "enforcement"
        [correction] = [c for c in library.corrections() if c.report == "甲县-2"]
        assert correction.author == "我"


def change(line: dict[str, Any], **values: object) -> dict[str, Any]:
    return line | values


def test_copies_in_the_rows_of_one_file_come_back_each_with_its_report(tmp_path: Path) -> None:
    texts = [f"{n}县20{n}年工作总结。开展检查{n}次，整改问题{n * 7}个。" for n in (11, 12, 13)]
    table = "\n".join(["text", *texts]) + "\n"
    (tmp_path / "甲.csv").write_text(table, "utf-8")
    (tmp_path / "乙.csv").write_text(table + "又一份，没有别的。\n", "utf-8")
    with gongwen.open(tmp_path / "old") as old, gongwen.open(tmp_path / "new") as new:
        assert {o.status for o in old.add([tmp_path / "甲.csv", tmp_path / "乙.csv"])} >= {"copy"}
        path = tmp_path / "all.jsonl"
        path.write_text("\n".join(map(json.dumps, old.export())), "utf-8")
        new.import_(path)
        copies = {report.id: report.copies for report in old.reports()}
        assert sum(map(len, copies.values())) == 3
        assert {report.id: report.copies for report in new.reports()} == copies


DAMAGE: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    ("library", lambda e: change(e, format=99), "newer gongwen"),
    ("library", lambda e: change(e, type="report"), "no export of a library"),
    ("library", lambda e: change(e, min_probability=7), "between 0 and 1"),
    ("report", lambda e: change(e, text=None), "text is not text"),
    ("report", lambda e: change(e, report=""), "needs an id"),
    ("report", lambda e: {k: v for k, v in e.items() if k != "sha256"}, "'sha256' is missing"),
    ("report", lambda e: change(e, year=[2020]), "year is not text"),
    ("sentence", lambda e: change(e, n=77), "out of order"),
    ("sentence", lambda e: change(e, text="别的"), "does not stand in its report"),
    ("sentence", lambda e: change(e, end=1 << 40), "not a number that can be"),
    ("sentence", lambda e: change(e, kind="poem"), "unknown kind 'poem'"),
    ("sentence", lambda e: change(e, report="nowhere"), "without its report"),
    ("sentence", lambda e: change(e, probability="high"), "between 0 and 1"),
    ("sentence", lambda e: change(e, also="executed"), "a list is missing"),
    ("correction", lambda e: change(e, at=5), "at is not text"),
    ("model", lambda e: change(e, files={"npz": "AAAA"}), "cannot be used"),
    ("model", lambda e: change(e, files={"../x": "AAAA"}), "a model has the files"),
    ("sentence", lambda e: change(e, type="poem"), "unknown type 'poem'"),
]


@pytest.mark.parametrize(("kind", "damage", "message"), DAMAGE, ids=lambda v: str(v)[:20])
def test_a_damaged_line_is_named_and_nothing_changes(
    exported: Path,
    tmp_path: Path,
    kind: str,
    damage: Callable[[dict[str, Any]], dict[str, Any]],
    message: str,
) -> None:
    lines = [json.loads(line) for line in exported.read_text("utf-8").splitlines()]
    at = next(i for i, line in enumerate(lines) if line["type"] == kind)
    lines[at] = damage(lines[at])
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with gongwen.open(tmp_path / "new") as library:
        with pytest.raises(ReadError, match=message) as error:
            library.import_(damaged)
        assert str(damaged) in str(error.value)
        assert not library.reports()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]\n", "not a JSON object"),
        (b"{\n", "not a line of JSON"),
        (b"[" * 100_000, "not a line of JSON"),
        ("武功县2020年工作总结\n".encode(), "gongwen export"),
    ],
)
def test_a_file_that_is_no_export_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    with gongwen.open(tmp_path / "new") as library, pytest.raises(ReadError, match=message):
        library.import_(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def seed_lines(seed_library: Library) -> list[dict[str, Any]]:
    return list(seed_library.export())


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 60), data=st.data())
def test_any_value_in_any_field_is_taken_or_named(
    seed_lines: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, at: int, data: Any
) -> None:
    from gongwen.transfer.jsonl_format import read_moved

    lines = list(seed_lines)
    line = lines[at % len(lines)]
    field = data.draw(st.sampled_from(sorted(line)))
    lines[at % len(lines)] = line | {field: data.draw(VALUES)}
    path = tmp_path_factory.getbasetemp() / "fuzzed.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    try:
        list(read_moved(path))
    except ReadError as error:
        assert "fuzzed.jsonl" in str(error)


def test_the_commands(gongwen_in: Any, taught: Library, tmp_path: Path) -> None:
    run = gongwen_in(taught.folder)
    out = tmp_path / "备份.jsonl"
    assert run("export", "-o", str(out)).code == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines[1:] == content(taught)[1:]
    assert [json.loads(line) for line in run("export").out.splitlines()][1:] == lines[1:]
    other = gongwen_in(tmp_path / "other")
    done = other("import", str(out))
    assert (done.code, done.err) == (0, "2 added\n")
    assert other("search", "复议", "--format", "json").json()["total"] > 1
    table = tmp_path / "all.csv"
    assert run("export", "-o", str(table)).code == 0
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert len(rows) == sum(line["type"] == "sentence" for line in lines)
    assert tuple(rows[0]) == COLUMNS
    assert run("export", "--format", "xlsx").code == 2
    assert run("export", "-o", str(tmp_path / "all.xlsx")).code == 0
    assert other("import", str(tmp_path / "none.jsonl")).code == 1
