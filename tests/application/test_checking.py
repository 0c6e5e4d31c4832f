"""The check command: does the arithmetic of a report come out, and what does it leave out?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from growth import LINEAR, growth
from make_docx import docx_bytes
from make_pdf import pdf_bytes

import gongwen
from gongwen.figures.report_check import Checker
from gongwen.nlp.checking.check import check_text
from gongwen.nlp.errors import UnknownNameError
from gongwen.storage.models import ModelStore

from .conftest import SEED_REPORTS, Command, Ran

SEED = SEED_REPORTS / "wugong-2020.txt"
TOTALS = [
    "11 = 4 + 7",
    "4 = 3 + 1",
    "4 = 2 + 2",
    "7 = 5 + 2",
    "254 = 249 + 5",
    "243 = 237 + 6",
    "162 = 160 + 2",
]
REPORT = """甲县2021年法治政府建设工作报告

一、主要举措和成效
全年收到行政复议申请12件，其中受理9件、不予受理2件。
审结9件，其中维持6件、驳回3件。
举办培训4期，其中线上2期、线下1期等。
二、存在的问题
执法力量不足。
"""


def checked(ran: Ran) -> Any:
    """Return what a check prints as JSON, whatever it exits with."""
    assert ran.code in (0, 1), ran.err
    return json.loads(ran.out)


def statuses(ran: Ran) -> list[str]:
    return [finding["status"] for finding in checked(ran)["findings"]]


@pytest.fixture
def report_file(tmp_path: Path) -> Path:
    path = tmp_path / "甲县-2021.txt"
    path.write_text(REPORT, "utf-8")
    return path


# -- the seed report -------------------------------------------------------------------------------


@pytest.mark.parametrize("report", ["wugong-2020", "武功", str(SEED)])
def test_the_totals_of_the_seed_pass(seed_cli: Command, report: str) -> None:
    ran = seed_cli("check", report, "--format", "json")
    assert ran.code == 0
    name = report if report == str(SEED) else "wugong-2020"
    assert ran.err == f"{name}: 7 passed, 0 failed, 0 uncertain\n"
    findings = checked(ran)["findings"]
    assert [f["equation"] for f in findings if f["kind"] == "total=parts"] == TOTALS
    assert {f["status"] for f in findings} == {"PASS"}


def test_the_seed_in_a_table(seed_cli: Command) -> None:
    ran = seed_cli("check", "wugong-2020")
    assert (ran.code, ran.err) == (0, "wugong-2020: 7 passed, 0 failed, 0 uncertain\n")
    assert ran.out.startswith("武功县2020年法治政府建设工作总结\n")
    for equation in TOTALS:
        assert f"total and parts  {equation}\n" in ran.out
    assert "截至目前,书记信箱收信254件,已办结249件,正在处理5件;" in ran.out
    assert "wugong-2020:62" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_places_are_those_of_the_library_and_of_the_text(seed_cli: Command, seed_text: str) -> None:
    for finding in checked(seed_cli("check", "wugong-2020", "--format", "json"))["findings"]:
        numbers = seed_text[finding["start"] : finding["end"]]
        assert numbers in finding["sentence"]
        assert numbers.startswith(finding["equation"].split()[0])
        shown = seed_cli("show", f"wugong-2020:{finding['n']}", "--format", "json").json()
        assert finding["sentence"] in [unit["text"] for unit in shown["units"]]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("失效规范性文件7件", "8"),
        ("驳回复议申请3件", "30"),
        ("其中维持2起", "1"),
        ("政府网上申请5件", "6"),
        ("书记信箱收信254件", "255"),
        ("已办结237件", "236"),
        ("咨询投诉收信162件", "126"),
    ],
)
def test_a_changed_number_fails_at_its_place(
    seed_cli: Command, seed_text: str, right: str, wrong: str
) -> None:
    words = right.rstrip("件起0123456789")
    assert seed_text.count(right) == 1
    changed = seed_text.replace(right, words + wrong + right[-1])
    ran = seed_cli("check", "-", "--format", "json", "--only", "fail", stdin=changed.encode())
    counts = "6 passed, 1 failed, 0 uncertain"
    assert (ran.code, ran.err) == (1, f"武功县2020年法治政府建设工作总结: {counts}\n")
    [finding] = checked(ran)["findings"]
    place = changed.index(words + wrong) + len(words)
    assert finding["start"] <= place < finding["end"]
    assert wrong in finding["equation"].split()


# -- what is printed -------------------------------------------------------------------------------


COUNTS = "1 passed, 1 failed, 1 uncertain"


def test_json_is_the_contract(cli: Command, report_file: Path) -> None:
    ran = cli("check", str(report_file), "--format", "json")
    assert ran.code == 1
    assert ran.err == f"{report_file}: {COUNTS}\n"
    whole = checked(ran)
    assert list(whole) == ["findings", "notes", "reports", "unreadable"]
    kinds = {
        "report": str, "status": str, "kind": str, "equation": str, "reason": str, "section": str,
        "paragraph": int, "paragraph_text": str, "n": int, "sentence": str, "start": int,
        "end": int,
    }  # fmt: skip
    for finding in whole["findings"]:
        assert {name: type(value) for name, value in finding.items()} == kinds
        assert REPORT[finding["start"] : finding["end"]] in finding["sentence"]
        assert finding["section"] == "一、主要举措和成效"
        paragraph = [line for line in REPORT.splitlines() if line][finding["paragraph"] - 1]
        assert finding["sentence"] in paragraph
        assert paragraph.startswith(finding["paragraph_text"])
    first = whole["findings"][0]
    assert (first["status"], first["kind"], first["n"]) == ("FAIL", "total=parts", 3)
    assert first["equation"] == "12 ≠ 9 + 2 (11)"
    assert first["sentence"] == "全年收到行政复议申请12件，其中受理9件、不予受理2件。"
    assert (first["report"], first["paragraph"]) == (str(report_file), 3)
    for note in whole["notes"]:
        assert set(note) == {"report", "kind", "name", "zh", "text"}
        assert note["kind"] in ("part", "topic")
    assert [n["name"] for n in whole["notes"] if n["kind"] == "part"] == ["plan", "duties"]
    assert whole["reports"] == [
        {
            "report": str(report_file), "title": "甲县2021年法治政府建设工作报告", "passed": 1,
            "failed": 1, "uncertain": 1, "damage": [],
        }
    ]  # fmt: skip
    assert whole["unreadable"] == []


@pytest.mark.parametrize(
    ("only", "shown"),
    [
        ((), ["FAIL", "PASS", "UNCERTAIN"]),
        (("fail",), ["FAIL"]),
        (("pass",), ["PASS"]),
        (("uncertain",), ["UNCERTAIN"]),
        (("fail", "uncertain"), ["FAIL", "UNCERTAIN"]),
    ],
)
def test_only_chooses_what_is_shown_but_not_the_verdict(
    cli: Command, report_file: Path, only: tuple[str, ...], shown: list[str]
) -> None:
    options = [part for one in only for part in ("--only", one)]
    ran = cli("check", str(report_file), "--format", "json", *options)
    assert statuses(ran) == shown
    assert (ran.code, ran.err) == (1, f"{report_file}: {COUNTS}\n")
    table = cli("check", str(report_file), *options)
    assert [word for word in table.out.split() if word in ("PASS", "FAIL", "UNCERTAIN")] == shown
    assert (table.code, table.err) == (1, ran.err)


def test_nothing_fails(cli: Command) -> None:
    ran = cli("check", "-", stdin="办理案件9件，其中罚款5件、警告3件。".encode())
    assert (ran.code, ran.err) == (0, "0 passed, 0 failed, 1 uncertain\n")
    ran = cli("check", "-", stdin="加强执法监督。".encode())
    assert (ran.code, ran.out, ran.err) == (0, "", "0 passed, 0 failed, 0 uncertain\n")


def test_notes_name_what_is_missing(cli: Command, report_file: Path) -> None:
    out = cli("check", str(report_file)).out
    assert "Required parts missing: 下一年度主要安排 (plan)、" in out
    topics = out.partition("Topics not touched: ")[2]
    assert "(legal-publicity)" in topics
    assert "(reconsideration)" not in topics


# -- what is checked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "made"), [("报告.docx", docx_bytes), ("报告.pdf", pdf_bytes), ("报告.txt", None)]
)
def test_files_of_other_kinds(
    cli: Command, tmp_path: Path, name: str, made: Callable[[list[str]], bytes] | None
) -> None:
    data = made(REPORT.splitlines()) if made else REPORT.encode("gb18030")
    (tmp_path / name).write_bytes(data)
    ran = cli("check", str(tmp_path / name), "--format", "json")
    assert statuses(ran) == ["FAIL", "PASS", "UNCERTAIN"]
    table = cli("check", str(tmp_path / name), "--only", "fail")
    assert f"{name}:3" in "".join(table.out.split())


def test_a_passage_has_no_notes(cli: Command) -> None:
    ran = cli("check", "-", "--format", "json", stdin=REPORT.split("\n\n")[1].encode())
    assert statuses(ran) == ["FAIL", "PASS", "UNCERTAIN"]
    assert checked(ran)["notes"] == []
    out = cli("check", "-", stdin=REPORT.split("\n\n")[1].encode()).out
    assert "paragraph 2, under “一、主要举措和成效”, sentence 2\n" in out


@pytest.mark.parametrize("text", [REPORT, "全年审查规范性文件。" * 20])
def test_a_whole_report_on_standard_input_has_notes(cli: Command, text: str) -> None:
    ran = cli("check", "-", "--format", "json", stdin=text.encode())
    assert {note["name"] for note in checked(ran)["notes"]} >= {"plan", "legal-publicity"}


def test_a_file_without_a_title_has_notes(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("全年审查规范性文件12件。", "utf-8")
    assert checked(cli("check", str(tmp_path / "a.txt"), "--format", "json"))["notes"]


def test_a_file_goes_before_a_report_of_its_name(
    seed_cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wugong-2020").write_text(REPORT, "utf-8")
    assert statuses(seed_cli("check", "wugong-2020", "--format", "json"))[0] == "FAIL"
    Path("wugong-2020").unlink()
    Path("wugong-2020").mkdir()
    assert statuses(seed_cli("check", "wugong-2020", "--format", "json")) == ["PASS"] * 7


def test_a_file_is_described_by_its_name(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "甲县2020年总结.txt").write_text("2021年，全县审核合同12件。", "utf-8")
    ran = cli("check", str(tmp_path / "甲县2020年总结.txt"), "--format", "json")
    assert [f["equation"] for f in checked(ran)["findings"]] == ["2021 > 2020"]


def test_what_people_said_of_a_report_counts(tmp_path: Path, report_file: Path) -> None:
    report_file.write_text(REPORT + "2021年，全县还有3个镇未建司法所。\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([report_file])
        missing = {note.name for note in library.check("甲县-2021").notes}
        assert "legal-publicity" in missing
        library.correct("甲县-2021", 6, "legal-publicity")
        assert {note.name for note in library.check("甲县-2021").notes} < missing
        assert not [f for f in library.check("甲县-2021").findings if f.kind == "year"]
        library.describe("甲县-2021", year="2020")
        assert "2021 > 2020" in [f.equation for f in library.check("甲县-2021").findings]
        with pytest.raises(UnknownNameError):
            library.check("乙县")


def test_a_result_knows_the_place_in_the_sentence(seed_library: gongwen.Library) -> None:
    result = seed_library.check("wugong-2020")
    assert (result.name, result.title) == ("wugong-2020", "武功县2020年法治政府建设工作总结")
    assert (result.count("PASS"), result.count("FAIL")) == (7, 0)
    for finding in result.findings:
        start, end = result.span(finding)
        assert finding.sentence[start].isdigit()
        assert finding.sentence[start:end].count("件") + finding.sentence[start:end].count("起") > 2
    assert result.place(result.findings[0]) == "wugong-2020:33"
    place = result.where(result.findings[0])
    assert place.section == "四、强化规范性文件管理,推进依法行政"
    assert place.opening.startswith("一是开展对行政规范性文件制定和监督管理人员专题培训。")
    assert not place.first


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("no-such", "gongwen: no-such: no file of this name; unknown report 'no-such'"),
        ("wugng-2020", "did you mean wugong-2020?"),
        ("no-such.docx", "gongwen: no-such.docx: no such file or folder"),
        ("no/such", "gongwen: no/such: no such file or folder"),
        ("x" * 5000, ": no file of this name; "),
        ("", "no file of this name; "),
        ("a\0b", "gongwen: a\\x00b: no file of this name; "),
    ],
)
def test_what_is_not_there(seed_cli: Command, argument: str, said: str) -> None:
    ran = seed_cli("check", argument)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_without_a_library(cli: Command) -> None:
    ran = cli("check", "wugong-2020")
    assert ran.code == 1
    assert "wugong-2020: no file of this name; " in ran.err
    assert "no library yet" in ran.err


@pytest.mark.parametrize(
    "data", [b"", b"\n \n", bytes(range(256)) * 40, b"PK\x03\x04 not a zip", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_text(cli: Command, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    for ran in (cli("check", "-", stdin=data), cli("check", str(tmp_path / "a.txt"))):
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("gongwen: ")
        assert ran.err.count("\n") == 1


def test_several_reports_in_a_file(cli: Command, tmp_path: Path) -> None:
    rows = [json.dumps({"title": f"报告{n}", "text": REPORT}, ensure_ascii=False) for n in (1, 2)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), "utf-8")
    whole = checked(cli("check", str(tmp_path / "a.jsonl"), "--format", "json"))
    names = [one["report"] for one in whole["reports"]]
    assert len(set(names)) == 2
    assert all(name.startswith(f"{tmp_path / 'a.jsonl'}#") for name in names)
    assert [f["status"] for f in whole["findings"]] == ["FAIL", "PASS", "UNCERTAIN"] * 2
    data = "\n".join(rows).encode()
    results = list(Checker(ModelStore(tmp_path / "models")).check_passage(data))
    assert [result.name for result in results] == [name.partition("#")[2] for name in names]


@pytest.mark.parametrize("arguments", [(), ("a", "--only", "bad"), ("-f",)])
def test_wrong_usage(cli: Command, arguments: tuple[str, ...]) -> None:
    assert cli("check", *arguments).code == 2


LONG_LINES = ["其中3件,", "办理案件12件,其中维持8件、驳回4件,"]
MORE_LONG_LINES = ["(12件", "1", "一", "占120%,", "由3件到"]


@pytest.mark.parametrize(
    "piece", [*LONG_LINES, *(pytest.param(p, marks=pytest.mark.slow) for p in MORE_LONG_LINES)]
)
def test_a_line_of_a_megabyte_is_taken(cli: Command, piece: str) -> None:
    ran = cli("check", "-", stdin=(piece * (1_000_000 // len(piece.encode()))).encode())
    assert ran.code in (0, 1)


@pytest.mark.parametrize("piece", LONG_LINES + MORE_LONG_LINES)
def test_a_long_line_is_no_wait(piece: str) -> None:
    assert growth(check_text, lambda size: piece * (size // len(piece)), 1000) <= LINEAR


# -- real reports ----------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_real_reports_give_few_alarms(
    shared_reports: list[Path], cli: Command, capsys: pytest.CaptureFixture[str], every: int
) -> None:
    failed = []
    for path in shared_reports[::every]:
        ran = cli("check", str(path), "--only", "fail", "--format", "json")
        failed += [(path.stem, f["equation"]) for f in checked(ran)["findings"]]
    with capsys.disabled():
        print(f" {len(failed)} FAIL in {len(shared_reports[::every])} real reports ", end="")
    assert len(failed) <= 2, failed
