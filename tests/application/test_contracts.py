"""The contracts that other programs rely on: JSON shapes, exit codes, where output goes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from gongwen.cli.app import whole

from .conftest import SEED_REPORTS, Command

HIT = {
    "report": str, "n": int, "text": str, "highlight": str, "section": str, "role": str,
    "kind": str, "topic": str, "also": list, "probability": float, "title": str, "region": str,
    "year": int, "source": str, "start": int, "end": int, "score": float,
}  # fmt: skip


def test_search_json_is_one_object_with_hits_of_the_contract(seed_cli: Command) -> None:
    found = seed_cli(
        "search", "复议", "--format", "json", "--counts", "topic,role,year,region"
    ).json()
    totals = {"total", "total_exact", "total_distinct"}
    assert set(found) == {"query", "match", "took_ms", "counts", "hits"} | totals
    assert (found["query"], found["total"], found["match"]) == ("复议", 4, "all")
    assert found["counts"] == {
        "topic": {"reconsideration": 4},
        "role": {"achievement": 4},
        "year": {"2020": 4},
        "region": {"武功县": 4},
    }
    for hit in found["hits"]:
        assert {name: type(value) for name, value in hit.items()} == HIT
        assert "<mark>复议</mark>" in hit["highlight"]
        assert 0 <= hit["probability"] <= 1


def test_offsets_of_a_hit_are_those_of_the_report(seed_cli: Command, seed_text: str) -> None:
    for hit in seed_cli("search", "执法", "-n", "100", "--format", "jsonl").lines():
        assert seed_text[hit["start"] : hit["end"]] == hit["text"]


def test_jsonl_is_one_hit_a_line_in_the_order_of_json(seed_cli: Command) -> None:
    one = seed_cli("search", "执法", "--format", "json").json()["hits"]
    assert seed_cli("search", "执法", "--format", "jsonl").lines() == one


def test_csv_opens_in_excel_and_runs_nothing(
    gongwen_in: Callable[[Path], Command], tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text(
        '=HYPERLINK("http://x","法治")测试句子。\n法治二,"引号"。', "utf-8"
    )
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "x.txt"))
    out = run("search", "法治", "--format", "csv").out
    assert out.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"))))
    assert {row["text"][0] for row in rows} == {"'", "法"}
    assert next(row["text"] for row in rows if row["n"] == "2") == '法治二,"引号"。'


def test_output_goes_to_a_file(seed_cli: Command, tmp_path: Path) -> None:
    ran = seed_cli("search", "复议", "--format", "csv", "-o", str(tmp_path / "复议.csv"))
    assert ran.out == ""
    assert (tmp_path / "复议.csv").read_bytes().count(b"\r\n") == 5


def test_reports_json(seed_cli: Command) -> None:
    [report] = seed_cli("reports", "--format", "json").json()["reports"]
    assert set(report) == {
        "report", "title", "region", "year", "kind", "sentences", "source", "sha256", "added",
        "province", "city", "county", "adcode", "level", "kind_as_written", "agency", "date",
        "address", "how", "notes", "copies", "similar",
    }  # fmt: skip
    assert report["report"] == "wugong-2020"
    assert report["title"] == "武功县2020年法治政府建设工作总结"
    assert (report["region"], report["year"], report["kind"]) == ("武功县", 2020, "工作总结")
    places = [report[name] for name in ("province", "city", "county", "adcode", "level")]
    assert places == ["陕西省", "咸阳市", "武功县", "610431", "county"]
    assert report["how"]["year"] == "title"
    assert report["sentences"] == 90
    assert len(report["sha256"]) == 64


def test_tag_jsonl_keeps_the_order_of_its_input(cli: Command) -> None:
    lines = [
        "全年办理行政复议案件4件。",
        "开展送法进乡村活动30场次。",
        "聘请3名律师担任县政府法律顾问。",
    ]
    rows = cli("tag", "--format", "jsonl", stdin="\n".join(lines).encode()).lines()
    assert [row["text"] for row in rows] == lines
    assert [row["topic"] for row in rows] == ["reconsideration", "legal-publicity", "legal-counsel"]
    for row in rows:
        assert set(row) == {"text", "topic", "also", "probability", "probabilities", "role"}
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=0.01)
        assert row["probability"] == max(row["probabilities"].values())
    assert cli("tag", *lines, "--format", "jsonl").lines() == rows


def test_split_is_one_object_a_line(cli: Command, seed_text: str) -> None:
    rows = cli("split", str(SEED_REPORTS / "wugong-2020.txt")).lines()
    assert len(rows) == 90
    for number, row in enumerate(rows, 1):
        assert set(row) == {"n", "text", "start", "end", "section", "item", "role", "kind"}
        assert row["n"] == number
        assert seed_text[row["start"] : row["end"]] == row["text"]
    assert cli("split", stdin=seed_text.encode()).lines() == rows


def test_add_json(cli: Command) -> None:
    added = cli("add", str(SEED_REPORTS), "--format", "json").json()
    assert added["counts"] == {"added": 1}
    [outcome] = added["files"]
    assert set(outcome) == {"source", "status", "report", "sentences", "message"}
    assert (outcome["status"], outcome["report"]) == ("added", "wugong-2020")


def test_topics_and_status_json(seed_cli: Command) -> None:
    topics = seed_cli("topics", "--format", "json").json()["topics"]
    assert len(topics) == 14
    assert sum(topic["sentences"] for topic in topics) == 89  # the footer is in no topic
    status = seed_cli("status", "--format", "json").json()
    assert (status["reports"], status["sentences"], status["problems"]) == (1, 90, [])


def test_show_one_sentence_with_its_neighbours(seed_cli: Command) -> None:
    shown = seed_cli("show", "wugong-2020:27", "--format", "json").json()
    assert [unit["n"] for unit in shown["units"]] == [25, 26, 27, 28, 29]


def test_results_go_to_stdout_and_notes_to_stderr(seed_cli: Command) -> None:
    ran = seed_cli("search", "打黑除恶")
    assert "扫黑除恶" in ran.out
    assert "mean the same" in ran.err and "1-1 of 1" in ran.err
    ran = seed_cli("search", "火星探测")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("nothing found")
    assert seed_cli("search", "复议", "-n", "0").err.startswith("4 found, none of them shown")


def test_tables_fit_the_width_they_are_given(
    seed_cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    for arguments in (("search", "执法"), ("topics",), ("reports",), ("show", "wugong-2020")):
        lines = seed_cli(*arguments).out.splitlines()
        assert max(map(cell_len, lines)) <= 100, arguments
        assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize("command", [name for name in whole().commands if name != "models"])
def test_every_command_has_help_with_an_example(cli: Command, command: str) -> None:
    ran = cli(command, "--help")
    assert ran.code == 0
    assert f"Example: gongwen {command}" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "没有.txt"), "没有.txt: no such file or folder"),
        (("add", "{empty_folder}"), "no reports in this folder"),
        (("add", "{empty}"), "the file is empty"),
        (("add", "{blank}"), "the file is empty"),
        (("add", "{binary}"), "a binary file"),
        (("add", "{gbk}", "--encoding", "utf-8"), "not utf-8"),
        (("add", "{gbk}", "--encoding", "没有"), "unknown encoding"),
        (("search", "法治"), "no library yet; run gongwen add"),
        (("--library", "{not_library}", "search", "法治"), "not a gongwen library"),
        (("--library", "{not_library}", "add", "{gbk}"), "no gongwen library"),
        (("--library", "{not_database}", "search", "法治"), "not a gongwen library"),
        (("--library", "{empty}", "search", "法治"), "a file, not a folder"),
        (("--library", "{newer}", "search", "法治"), "written by a newer gongwen"),
        (("--library", "{good}", "search", "法治", "--topic", "执发"), "did you mean 行政执法"),
        (("--library", "{good}", "search", "topic:enforcment"), "(enforcement)"),
        (("--library", "{good}", "search", "法治", "--role", "谁"), "unknown role '谁'"),
        (("--library", "{good}", "search", "法治", "--report", "甲"), "unknown report '甲'"),
        (("--library", "{good}", "search", "法治", "--kind", "句"), "unknown kind '句'"),
        (("--library", "{good}", "search", "法治", "--year", "去年"), "is not a year"),
        (
            ("--library", "{good}", "search", "法治", "--year", "2021..2018"),
            "ends before it begins",
        ),
        (("--library", "{good}", "search", ""), "nothing to search for"),
        (("--library", "{good}", "search", "*"), "nothing to search for"),
        (("--library", "{good}", "show", "甲"), "unknown report"),
        (("--library", "{good}", "show", "wugong-2020:999"), "unknown sentence"),
        (("--library", "{good}", "remove", "甲"), "unknown report"),
        (("train", "没有.jsonl"), "no such file"),
        (("train", "{bad_labels}"), "labels.jsonl:2: unknown topic '执发'"),
        (("train", "{gbk}"), "gbk:1: not JSON"),
        (("train", "{empty_folder}"), "a folder; give the label files in it by name"),
        (("split", "没有.txt"), "no such file"),
        (("split", "{empty_folder}"), "no reports in this folder"),
        (("tag",), "nothing to tag"),
        (("tag", "--file", "没有.txt"), "no such file"),
    ],
)
def test_bad_input_gets_one_clear_line_and_exit_1(
    gongwen_in: Callable[[Path], Command],
    seed_folder: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    places = _bad_places(tmp_path, seed_folder)
    run = gongwen_in(tmp_path / "library")
    ran = run(*(argument.format(**places) for argument in arguments))
    assert ran.code == 1
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("gongwen: ")
    assert said in ran.err


def _bad_places(folder: Path, good: Path) -> dict[str, Path]:
    import shutil
    import sqlite3

    places = {
        name: folder / name
        for name in ("empty_folder", "empty", "blank", "binary", "gbk", "not_library", "newer")
    }
    places["good"] = good
    places["empty_folder"].mkdir()
    places["empty"].touch()
    places["blank"].write_text(" \n　\n", "utf-8")
    places["binary"].write_bytes(bytes(range(256)) * 20)
    places["gbk"].write_bytes("全县法治建设稳步推进。".encode("gb18030"))
    places["not_library"].mkdir()
    (places["not_library"] / "照片.jpg").touch()
    places["not_database"] = folder / "not_database"
    places["not_database"].mkdir()
    (places["not_database"] / "library.db").write_bytes(b"\0junk" * 1000)
    shutil.copytree(good, places["newer"])
    with sqlite3.connect(places["newer"] / "library.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    places["bad_labels"] = folder / "labels.jsonl"
    places["bad_labels"].write_text(
        '{"text": "执法检查。", "topic": "行政执法"}\n{"text": "检查。", "topic": "执发"}\n',
        "utf-8",
    )
    return places


@pytest.mark.parametrize(
    "arguments",
    [
        ("没有这个命令",),
        ("search", "法治", "--format", "xml"),
        ("search", "法治", "--counts", "什么"),
        ("search", "法治", "--limit", "-1"),
        ("add",),
        ("show",),
        ("search", "法治", "--output", "x.txt"),
    ],
)
def test_wrong_usage_exits_2(seed_cli: Command, arguments: tuple[str, ...]) -> None:
    ran = seed_cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_one_bad_file_does_not_stop_the_others(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "空.txt").touch()
    empty = tmp_path / "空.txt"
    ran = cli("add", str(empty), str(SEED_REPORTS), "没有.txt")
    assert ran.code == 1
    *listed, summary = ran.err.splitlines()
    assert ran.out.splitlines()[-2].startswith("没有.txt")  # in the column of files, and last
    assert "1 added, 2 failed" in summary
    assert listed == [
        f"failed: {empty}: the file is empty",
        "failed: 没有.txt: no such file or folder",
    ]
    again = cli("add", "--keep-going", str(empty), str(SEED_REPORTS), "没有.txt")
    assert again.code == 0 and again.err.splitlines()[:-1] == listed


def test_the_library_before_a_command_wins_over_the_environment(
    cli: Command, seed_folder: Path
) -> None:
    for arguments in (
        ("--library", str(seed_folder), "search", "复议"),
        ("search", "复议", "--library", str(seed_folder)),
    ):
        assert "1-4 of 4" in cli(*arguments).err


def test_an_unexpected_error_is_one_line_too(
    seed_cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gongwen.library

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr(gongwen.library.Library, "search", broken)
    monkeypatch.delenv("GONGWEN_DEBUG", raising=False)
    ran = seed_cli("search", "法治")
    assert ran.code == 1
    assert ran.err.startswith("gongwen: internal error: ZeroDivisionError: surprise")
    assert len(ran.err.splitlines()) == 1


def test_a_word_with_a_leading_minus_is_no_option(seed_cli: Command) -> None:
    assert "nothing found" not in seed_cli("search", "-三项制度", "执法").err
    assert "No such option" in seed_cli("search", "-x", "执法").err


def test_topics_alone_are_ranked_by_how_likely_they_are(seed_cli: Command) -> None:
    hits = seed_cli("search", "--topic", "监督", "--format", "jsonl").lines()
    likely = [hit["probability"] for hit in hits]
    assert likely == sorted(likely, reverse=True)


def test_unsure_is_a_topic_that_can_be_searched(
    gongwen_in: Callable[[Path], Command], tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text("窗外的雨下了一夜。受理行政复议案件4件。", "utf-8")
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "x.txt"), "--min-probability", "0.95")
    unsure = run("search", "topic:unsure", "--format", "jsonl").lines()
    assert [hit["text"] for hit in unsure] == ["窗外的雨下了一夜。"]
    assert run("search", "topic:不确定", "--format", "jsonl").lines() == unsure
    assert "1-1 of 1" in run("search", "--topic", "复议", "--min-probability", "0.95").err
    assert "nothing found" in run("search", "下了一夜", "--min-probability", "0.95").err
    assert "0 sentences would change" in run("retag", "--dry-run").err
    row = run(
        "tag", "窗外的雨下了一夜。", "--min-probability", "0.95", "--format", "jsonl"
    ).lines()[0]
    assert (row["topic"], row["also"]) == ("unsure", [])
