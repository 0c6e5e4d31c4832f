"""A clerk who reads no English at the terminal: nothing that is said to him needs it."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.catalog import use_language
from gongwen.cli.output import progress_bar
from gongwen.cli.show import size_text
from gongwen.core import SYNONYMS_FILE
from gongwen.nlp import Taxonomy
from gongwen.translation import in_language, without_place

from .conftest import SEED_REPORTS, Command

TEXT = "甲县2020年工作总结\n办理行政复议案件12件\ufffd。\n其中驳回3件，维持9件。\n"
SLUGS = {*Taxonomy.shipped().topics.slugs, *Taxonomy.shipped().roles.slugs, "unsure", "boilerplate"}
KNOWN = re.compile(
    r"gongwen|JSONL?|CSV|TSV|XLSX|HTML|Word|DPnorm|macro-F1|zip|json|jsonl|csv|xlsx|docx?|txt|toml"
    r"|html|files|r?jieba|whoosh|tantivy|wugong|seeds|labels|line|KB|MB|GB|P|ms|h"
)
"""Words that stand in Chinese messages as they are: names of formats, files and measures."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Files with all kinds of outcomes: damaged, twice the same, empty, unreadable, a table."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "甲县.txt").write_text(TEXT, "utf-8")
    (folder / "甲县副本.txt").write_text(TEXT, "utf-8")
    (folder / "坏.docx").write_bytes(b"PK\3\4nothing")
    (folder / "空.txt").write_bytes(b"")
    (folder / "表.csv").write_text("标题,正文\n丙县2020年总结,办理案件2件。\n,\n", "utf-8")
    return folder


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a function that sets the columns of the terminal; until then there is a pipe."""
    setenv, wanted = monkeypatch.setenv, {"COLUMNS": ""}
    monkeypatch.setattr(
        monkeypatch, "setenv", lambda name, value: setenv(name, wanted.get(name, value))
    )
    return lambda count: wanted.update(COLUMNS=count)


@pytest.fixture
def run(gongwen_in: Any, tmp_path: Path, files: Path, columns: Callable[[str], None]) -> Command:
    """The command line in Chinese, with a library of these files and of the seed report."""
    cli = gongwen_in(tmp_path / "报告库")
    assert cli("add", str(files), str(SEED_REPORTS), "--keep-going").code == 0
    return lambda *arguments: cli("--lang", "zh", *arguments)


def english(text: str, folder: Path) -> set[str]:
    """Return the words with Latin letters in a message that are neither names nor known."""
    plain = re.sub(r"\+[0-9a-f]{12}\b", "", text.replace(str(folder), ""))  # a checksum
    words = set(re.findall(r"[A-Za-z][A-Za-z-]*[A-Za-z]", plain))
    return {word for word in words if not KNOWN.fullmatch(word)}


SAID = [
    ("添加", "FILES"),
    ("报告",),
    ("报告", "甲县2020"),
    ("查看", "甲县2020"),
    ("核对", "FILES"),
    ("核对", "甲县2020"),
    ("状态",),
    ("回收站", "列表"),
    ("恢复", "9"),
    ("删除", "没有的报告"),
    ("搜索", "改革", "--主题", "普法"),
    ("搜索", "驳回", "--年份", "1999"),
    ("搜索", "行政", "--条数", "2"),
    ("相似", "wugong-2020:44"),
    ("数字", "复议"),
    ("统计", "--按", "主题"),
    ("雷同",),
    ("比较", "甲县2020", "wugong-2020"),
    ("标注", "春天来了。"),
    ("标注", "春天来了。", "--最低概率", "0.999"),
    ("词语",),
    ("待标注",),
    ("更正", "wugong-2020:27", "行政执法"),
]


@pytest.mark.parametrize("arguments", SAID, ids=lambda a: ascii(" ".join(a)))
def test_nothing_that_is_said_needs_english(
    run: Command, files: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ran = run(*(str(files) if one == "FILES" else one for one in arguments))
    assert ran.code in (0, 1), ran.err
    assert not english(ran.out + ran.err, tmp_path)
    assert not set(re.split(r"[\s、：:]+", ran.out)) & SLUGS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("搜索", "复议", "--格式", "doc"), "“--格式”的值无效：“doc”不是可选值；可选“表格”"),
        (("搜索", "复议", "--排序", "x"), "可选“相关”、“年份”、“左”、“右”"),
        (("搜索", "复议", "--条数", "x"), "“--条数”、“-n”的值无效"),
        (("搜索", "复议", "--format", "doc"), "查看帮助：gongwen 搜索 -h"),
        (("模型", "查看"), "用法：gongwen 模型 查看"),
        (("添加",), "缺少参数“路径...”"),
        (("搜索", "--年份"), "选项“--年份”须给出值"),
    ],
)
def test_a_wrong_use_is_told_by_chinese_names(
    run: Command, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert said in ran.err


def kinds_of_names() -> list[str]:
    """What the code calls names that do not exist: the first arguments of UnknownNameError."""
    found = {"topic", "role"}
    for path in Path(gongwen.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UnknownNameError":
                assert isinstance(node.args[0], ast.Constant | ast.Attribute), ast.unparse(node)
                if isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    return sorted(found)


@pytest.mark.parametrize("what", kinds_of_names())
def test_a_name_that_does_not_exist_is_told_in_chinese(what: str) -> None:
    def in_chinese(message: str) -> str:
        use_language("zh")
        return in_language(message)

    for hint in ("", "; did you mean 乙?"):
        said = copy_context().run(in_chinese, f"unknown {what} '甲'{hint}")
        assert said.startswith("没有") and not re.search("[a-z']", said), said


def test_a_correction_that_is_undone_twice(run: Command) -> None:
    assert run("correct", "甲县2020:2", "执法").code == 0
    assert run("correct", "甲县2020:2", "--undo").code == 0
    again = run("correct", "甲县2020:2", "--undo")
    assert again.code == 1 and "没有这一更正：“甲县:2”；该句没有更正记录" in again.err


def test_what_a_correction_changed_is_said(run: Command) -> None:
    first = run("correct", "甲县:2", "执法", "--by", "小王")
    assert "已更正 甲县:2：由 " in first.err and " 改为 行政执法（小王）" in first.err
    assert "由 行政执法 改为 " in run("correct", "甲县:2", "普法", "--by", "小李").err
    assert re.search("已更正：小李，[0-9-]+ [0-9:]+\n", run("show", "甲县:2").err)
    back = run("correct", "甲县:2", "--undo")
    assert "现为 行政执法，以前一次更正为准（小王）" in back.err
    assert "以模型判定为准" in run("correct", "甲县:2", "--undo").err
    assert "已更正" not in run("show", "甲县:2").err


def test_what_was_set_of_a_report_is_said(run: Command) -> None:
    ran = run("reports", "甲县", "--set", "地区=火星县", "--set", "agency=甲县司法局")
    assert ran.err.splitlines()[:3] == [
        "甲县：地区已设为 火星县",
        "地名表中没有“火星县”，请核对写法",
        "甲县：发文机关已设为 甲县司法局",
    ]
    assert "已撤销对发文机关的更正，现为 " in run("reports", "甲县", "--set", "发文机关=").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "a", "--limit", "x"), "“--条数”、“-n”的值无效"),
        (("search", "a", "-o", "a.pdf"), "“--输出”的值无效"),
        (("correct", "甲县", "执法"), "请以 报告:序号 指明句子"),
        (("reports", "甲县", "--set", "甲"), "“--更正”的值无效：请写作 字段=值"),
        (
            ("reports", "甲县", "--set", "甲=1"),
            "标题、地区、省、市、县、级别、年份、文种、发文机关",
        ),
        (("reports", "甲县", "--set", "level=1"), "请写 全国、省、市、县、乡 之一"),
        (("reports", "--counts", "topic"), "报告没有 主题 这个字段"),
        (("search", "a", "--counts", "x"), "分组项须是 主题、作用、报告、句类、地区"),
        (("figures", "--pivot", "x,y"), "只能按地区、年份或报告列表"),
        (("figures", "--period", "x"), "可选 全年、多年、年内、截至、累计、不明、全部"),
        (("config", "lang", "x"), "语言应为 英文、中文 之一"),
        (("trash", "empty", "1"), "没有这一回收站条目"),
    ],
)
def test_options_and_values_have_their_chinese_names(
    run: Command, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(*arguments)
    assert ran.code and said in ran.err, ran.err


# -- messages that are stored in English -----------------------------------------------------------

STORED = [
    ("reports", "--format", "json"),
    ("reports", "--format", "jsonl"),
    ("reports", "--format", "csv"),
    ("reports", "甲县2020"),
    ("show", "甲县2020", "--format", "json"),
    ("show", "甲县2020"),
    ("check", "甲县2020", "--format", "json"),
    ("check", "甲县2020", "--format", "csv"),
    ("check", "FILES", "--format", "jsonl"),
    ("add", "FILES"),
]


@pytest.mark.parametrize("arguments", STORED, ids=lambda a: ascii(" ".join(a)))
def test_stored_messages_are_in_the_language_of_the_user(
    run: Command, files: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    if arguments[0] == "add":  # again, changed
        (files / "甲县.txt").write_text(TEXT + "新增1件。\n", "utf-8")
    ran = run(*(str(files) if one == "FILES" else one for one in arguments))
    assert "文件有损坏：第 2 行丢失 1 个字符" in ran.out + ran.err
    assert "damaged" not in ran.out + ran.err


def test_the_workbook_of_reports_has_them_too(run: Command, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    assert "已把 3 份报告写入" in run("reports", "-o", str(tmp_path / "清单.xlsx")).err
    heads, *rows = openpyxl.load_workbook(tmp_path / "清单.xlsx").worksheets[0].values
    notes = {row[heads.index("报告")]: row[heads.index("说明")] for row in rows}
    assert sorted(filter(None, notes.values())) == ["文件有损坏：第 2 行丢失 1 个字符"]


def test_a_problem_of_the_library_is_told_in_every_format(run: Command, tmp_path: Path) -> None:
    (tmp_path / "报告库" / SYNONYMS_FILE).write_bytes(b"\xff\xfe")
    problems = run("status", "--format", "json")
    [said] = json.loads(problems.out)["problems"]
    assert re.search("[\u4e00-\u9fff]", said)
    assert said in run("status", "--format", "csv").out
    assert said in run("status").out


def test_an_export_keeps_messages_as_they_are_stored(run: Command) -> None:
    assert "damaged: 1 lost character on line 2" in run("export").out


@pytest.mark.parametrize(
    ("message", "place", "rest"),
    [
        ("a.txt: empty file", "a.txt", "empty file"),
        ("a.txt：文件是空的", "a.txt", "文件是空的"),
        ("b.txt：文件是空的", "a.txt", "b.txt：文件是空的"),
        ("a.txt", "a.txt", "a.txt"),
    ],
)
def test_the_file_is_named_once(message: str, place: str, rest: str) -> None:
    assert without_place(message, place) == rest


# -- files ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with 60 different sentences on one thing, in two reports."""
    place = tmp_path_factory.mktemp("many")
    places = "东西南北中上下左右前后内外高低大小长短新"
    for name in ("甲县", "乙县"):
        lines = [f"{name}在{one}片开展执法检查。" for one in places[:30]]
        lines += [f"{name}完善{one}部制度并落实执法检查。" for one in places]
        (place / f"{name}.txt").write_text("\n".join([f"{name}2020年总结", *lines]), "utf-8")
    with gongwen.open(place / "library") as library:
        library.add(sorted(place.glob("*.txt")))
    return place / "library"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json", "xlsx"])
@pytest.mark.parametrize(
    ("options", "count", "said"),
    [
        ((), None, "wrote {total} sentences to"),
        (("-n", "7"), 7, "wrote 7 of {total} sentences to"),
        (("-n", "7"), 7, "--limit {total} gives all of them"),
        (("--by", "report"), None, "sentences of 2 reports to"),
        (("--by", "report", "-n", "1"), None, "of 1 reports (of 2) to"),
    ],
)
def test_a_file_has_the_whole_answer(
    gongwen_in: Any,
    many: Path,
    tmp_path: Path,
    suffix: str,
    options: tuple[str, ...],
    count: int | None,
    said: str,
) -> None:
    cli = gongwen_in(many)
    search = ("search", '"执法检查"', "--group", "off")
    total = cli(*search, "--format", "json").json()["total"]
    assert total > 20
    target = tmp_path / f"全部.{suffix}"
    ran = cli(*search, *options, "-o", str(target))
    assert ran.code == 0, ran.err
    [line] = [line for line in ran.err.splitlines() if line.startswith("wrote")]
    assert said.format(total=total) in line
    if suffix == "xlsx" or "--by" in options:
        return
    text = target.read_text("utf-8-sig")
    rows = {
        "csv": lambda: list(csv.DictReader(io.StringIO(text))),
        "jsonl": text.splitlines,
        "json": lambda: json.loads(text)["hits"],
    }[suffix]()
    assert len(rows) == (count or total)


def test_what_is_printed_stays_a_page(gongwen_in: Any, many: Path) -> None:
    ran = gongwen_in(many)("search", '"执法检查"', "--group", "off", "--format", "jsonl")
    assert len(ran.out.splitlines()) == 20
    assert "gives all of them" in ran.err


# -- the terminal ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("context", "numbers"),
    [((), [42, 43, 44, 45, 46]), (("--context", "1"), [43, 44, 45]), (("--上下文", "0"), [44])],
)
def test_one_sentence_has_its_neighbours_and_its_citation(
    run: Command, context: tuple[str, ...], numbers: list[int]
) -> None:
    lines = run("show", "wugong-2020:44", *context).out.splitlines()
    assert [int(line.split("\t")[0]) for line in lines[1:-1]] == numbers
    hit = run("search", "report:wugong-2020 驳回复议申请", "--format", "csv").out
    [row] = csv.DictReader(io.StringIO(hit.removeprefix("\ufeff")))
    assert lines[-1] == f"——{row['citation']}"


def test_a_whole_report_has_no_citation(run: Command) -> None:
    assert "——《" not in run("show", "wugong-2020").out


@pytest.mark.parametrize(
    ("arguments", "width", "cut"),
    [
        (("搜索", "法律顾问"), "80", True),
        (("搜索", "审核政府涉法文件", "--按", "报告"), "80", True),
        (("搜索", "法律顾问"), "1000", False),
        (("搜索", "法律顾问", "--宽"), "80", False),
        (("搜索", "法律顾问", "--上下文", "1"), "80", False),
        (("搜索", "“驳回复议申请3件”"), "200", False),
        (("数字",), "80", True),
        (("数字", "--宽"), "80", False),
    ],
)
def test_it_is_said_once_that_something_is_cut(
    run: Command,
    columns: Callable[[str], None],
    arguments: tuple[str, ...],
    width: str,
    cut: bool,
) -> None:
    columns(width)
    ran = run(*arguments)
    assert ran.err.count("加“--详列”可显示全文") == cut
    assert ("…" in ran.out) >= cut


def test_a_removed_report_comes_back_by_its_number(run: Command) -> None:
    said = run("删除", "wugong-2020").err
    assert "wugong-2020：武功县2020年法治政府建设工作总结" in said
    assert "恢复请用“gongwen 恢复 wugong-2020”" in said
    number = run("回收站", "列表").out.splitlines()[1].split("\t")[0]
    assert "已恢复 wugong-2020" in run("恢复", number).err
    assert "没有这一回收站条目：“9”" in run("恢复", "9").err


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 KB"), (1, "1 KB"), (462_753, "452 KB"), (5 << 20, "5.0 MB"), (3 << 40, "3072.0 GB")],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


def test_status_has_no_bytes_and_no_names_for_programs(run: Command) -> None:
    out = run("状态").out
    assert "字节" not in out
    assert not [line for line in out.splitlines() if "_" in line.partition("\t")[0]]
    assert re.search(r"占用空间\t\d+ KB", out)
    assert isinstance(run("status", "--format", "json").json()["bytes"], int)


def test_times_are_those_of_this_machine(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    run("删除", "wugong-2020")
    [entry] = run("trash", "list", "--format", "json").json()["trash"]
    monkeypatch.setenv("TZ", "CST-8")
    time.tzset()
    try:
        out = run("回收站", "列表").out
    finally:
        monkeypatch.undo()
        time.tzset()
    hour = (int(entry["removed"][11:13]) + 8) % 24
    assert f" {hour:02}:{entry['removed'][14:16]}" in out
    assert entry["removed"].endswith(("Z", "+00:00"))


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_one_bar_counts_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    names = ["甲县.txt", f"{'很长' * 40}.txt", "[bold]丙.txt"]
    with progress_bar({"reading": "files", "indexing": "sentences"}, names) as tell:
        for done in range(4):
            tell("sentences", done * 10, 0)
            tell("reading", done, 3)
            tell("indexing", done, 30)
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", coloured)
    last = [line for line in shown.splitlines() if "3/3" in line]
    assert last, terminal.getvalue()
    assert "reading" in last[-1] and "indexing 3 of 30 sentences" in last[-1]
    assert not [line for line in shown.splitlines() if line.strip().startswith("indexing")]


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar({"reading": "files"}, ["甲县.txt"]) as tell:
        tell("reading", 0, 1)
    assert capsys.readouterr().err == ""
