"""What is typed in Chinese or in full width: options, their values, filters; and empty answers."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.cli.app import whole
from gongwen.cli.spelling import Spelling
from gongwen.nlp.errors import QueryError, UnknownNameError
from gongwen.nlp.fields import CHOICES, UNIT_NAMES

from .conftest import SEED_REPORTS, Command

TOPIC = ["--topic", "行政执法"]


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        # Dashes of every kind, full width, and Chinese names.
        (["－－topic", "行政执法"], TOPIC),
        (["—topic", "行政执法"], TOPIC),
        (["––topic", "行政执法"], TOPIC),
        (["―topic", "行政执法"], TOPIC),
        (["——topic", "行政执法"], TOPIC),
        (["−−topic", "行政执法"], TOPIC),
        (["-－topic", "行政执法"], TOPIC),
        (["－－ｔｏｐｉｃ", "行政执法"], TOPIC),
        (["--Ｔopic", "行政执法"], TOPIC),
        (["--主题", "行政执法"], TOPIC),
        (["——主题", "行政执法"], TOPIC),
        (["—主题", "行政执法"], TOPIC),
        (["－topic", "行政执法"], TOPIC),
        (["－t", "行政执法"], ["-t", "行政执法"]),
        (["－－topic＝行政执法"], ["--topic=行政执法"]),
        (["--topic=行政执法"], ["--topic=行政执法"]),
        (["--省", "陕西"], ["--province", "陕西"]),
        (["－－min－probability", "0.5"], ["--min-probability", "0.5"]),
        (["-t行政执法"], ["-t行政执法"]),
        (["-o结果.csv"], ["-o结果.csv"]),
        # Words that are excluded, and text.
        (["-执法"], [" -执法"]),
        (["－执法"], [" -执法"]),
        (["−执法"], [" -执法"]),
        (["-主题"], [" -主题"]),
        (["-报告"], [" -报告"]),
        (["深化改革——乡村振兴"], ["深化改革——乡村振兴"]),
        (["——"], ["——"]),
        (["—2021"], ["—2021"]),
        (["--topicc", "x"], ["--topicc", "x"]),
        (["--", "——乡村"], ["--", "——乡村"]),
        # The value of an option is not an option.
        (["--region", "——x"], ["--region", "——x"]),
        # Values.
        (["--sort", "年份"], ["--sort", "year"]),
        (["--sort", "相关"], ["--sort", "relevance"]),
        (["--sort=年份"], ["--sort=year"]),
        (["--by", "报告"], ["--by", "report"]),
        (["--by", "句子"], ["--by", "sentence"]),
        (["--by", "地区，年份、主题"], ["--by", "region,year,topic"]),
        (["--synonyms", "从不"], ["--synonyms", "never"]),
        (["--synonyms", "總是"], ["--synonyms", "always"]),
        (["--format", "表格"], ["--format", "table"]),
        (["--format", "csv"], ["--format", "csv"]),
        (["--region", "年份"], ["--region", "年份"]),
    ],
)
def test_what_is_typed_is_taken(typed: list[str], taken: list[str]) -> None:
    assert Spelling(whole()).rewritten(["search", "复议", *typed]) == ["search", "复议", *taken]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["——乡村"], "no option ——乡村"),
        (["－－topicc"], "no option －－topicc"),
        (["—执法"], "no option —执法"),
        (["--乡村"], "no option --乡村"),
        (["复议 --topic 行政执法"], "--topic stands in the query"),
        (["复议 －－topic 行政执法"], "--topic stands in the query"),
        (["—主题 行政执法"], "--topic stands in the query"),
        (["复议 ——主题=行政执法"], "--topic stands in the query"),
    ],
)
@pytest.mark.parametrize("command", ["search", "figures"])
def test_what_is_no_option_is_refused_and_not_searched_for(
    seed_cli: Command, command: str, typed: list[str], message: str
) -> None:
    ran = seed_cli(command, *typed)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_the_author_of_a_correction_is_any_name() -> None:
    arguments = ["correct", "a:1", "执法", "--by", "年"]
    assert Spelling(whole()).rewritten(arguments) == arguments


def test_every_fixed_value_is_one_of_its_option() -> None:
    known: dict[str, set[str]] = {}

    def learn(command: Any) -> None:
        for option in command.params:
            known.setdefault(option.name, set()).update(getattr(option.type, "choices", ()))
        for part in getattr(command, "commands", {}).values():
            learn(part)

    learn(whole())
    for option in ("synonyms", "format", "only"):
        assert set(CHOICES[option].values()) <= known[option], option
    assert {"relevance", "year"} <= set(CHOICES["sort"].values())


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        (("--sort", "年份"), ("--sort", "year")),
        (("--by", "报告"), ("--by", "report")),
        (("--synonyms", "从不"), ("--synonyms", "never")),
        (("--counts", "主题,年份"), ("--counts", "topic,year")),
        (("--role", "不足与原因"), ("--role", "problem")),
        (("--kind", "小标题"), ("--kind", "heading")),
        (("--kind", "标题"), ("--kind", "heading", "--kind", "title")),
        (("主题:行政执法",), ("topic:行政执法",)),
        (("主题：执法",), ("topic:enforcement",)),
        (("角色:成效",), ("role:achievement",)),
        (("作用:成效",), ("role:achievement",)),
        (("句类:小标题",), ("kind:heading",)),
        (("报告:wugong-2020",), ("report:wugong-2020",)),
        (("*", "--topic", "行政执法"), ("--topic", "行政执法")),
        (("＊", "主题:行政执法"), ("topic:行政执法",)),
    ],
)
def test_chinese_names_ask_for_the_same(
    seed_cli: Command, chinese: tuple[str, ...], english: tuple[str, ...]
) -> None:
    asked = (
        [
            seed_cli("search", "法治", *words, "--format", "json").json()
            for words in (chinese, english)
        ]
        if chinese[0] != "*"
        else [seed_cli("search", *words, "--format", "json").json() for words in (chinese, english)]
    )
    for one in asked:
        del one["took_ms"], one["query"]
    assert asked[0] == asked[1]
    assert asked[0]["total"]


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        (("--status", "计划,完成"), ("--status", "plan,result")),
        (("--kind", "数量"), ("--kind", "quantity")),
        (("--period", "全年"), ("--period", "year")),
        (("--pivot", "地区,年份"), ("--pivot", "region,year")),
        (("--pivot", "年度，报告"), ("--pivot", "year,report")),
        (("--compare", "年份"), ("--compare", "year")),
        (("*",), ()),
    ],
)
def test_figures_take_chinese_values(
    seed_cli: Command, chinese: tuple[str, ...], english: tuple[str, ...]
) -> None:
    first, second = (
        seed_cli("figures", *words, "--format", "json") for words in (chinese, english)
    )
    assert first.code == second.code == 0, first.err
    assert first.json() == second.json()


def test_python_takes_chinese_values_too(seed_library: gongwen.Library) -> None:
    assert seed_library.figures(kinds="数量", statuses="完成") == seed_library.figures(
        kinds="quantity", statuses="result"
    )
    for name, kinds in UNIT_NAMES.items():
        assert (
            seed_library.search(kinds=name, limit=0).total
            == seed_library.search(kinds=list(kinds), limit=0).total
        )
    with pytest.raises(QueryError, match="none of quantity"):
        seed_library.figures(kinds="数目字")


@pytest.mark.parametrize("query", ["主题:党日活动", "主题：党日活动 执法", "角色:春天", "报告:甲9"])
def test_an_unknown_name_says_how_to_search_for_the_words(
    seed_library: gongwen.Library, query: str
) -> None:
    words = query.split()[0]
    with pytest.raises(UnknownNameError, match="put them in quotes") as error:
        seed_library.search(query)
    assert str(error.value).endswith(f'"{words}"')
    assert seed_library.search(f'"{words}"').total == 0
    with pytest.raises(UnknownNameError) as error:  # where there is no query to put quotes in
        seed_library.search("执法", topics="党日活动")
    assert "quotes" not in str(error.value)


def test_a_lone_star_needs_a_filter(seed_library: gongwen.Library) -> None:
    for query in ("*", "＊", "* *"):
        with pytest.raises(QueryError, match="nothing to search for"):
            seed_library.search(query)
        everything = seed_library.search(query, topics="行政执法", limit=0)
        assert everything.total == seed_library.search(topics="行政执法", limit=0).total > 0


def test_fields_are_set_by_their_chinese_names(gongwen_in: Any, tmp_path: Path) -> None:
    cli = gongwen_in(tmp_path / "library")
    assert cli("add", str(SEED_REPORTS)).code == 0
    said = ("--set", "年份=2019", "--set", "发文机关＝武功县司法局", "--set", "级别=县")
    report = cli("reports", "wugong-2020", *said, "--format", "json").json()["reports"][0]
    assert (report["year"], report["agency"], report["level"]) == (2019, "武功县司法局", "county")
    ran = cli("reports", "wugong-2020", "--set", "天气=晴")
    assert ran.code == 1
    assert "cannot set '天气'" in ran.err


# -- nothing to write ----------------------------------------------------------------------------

NOTHING = '"没有这句话的库"'


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("search", NOTHING),
        ("figures", NOTHING),
        ("figures", NOTHING, "--pivot", "region,year"),
        ("figures", NOTHING, "--compare", "year"),
        ("search", NOTHING, "--kwic"),
        ("counts", NOTHING, "--by", "topic"),
        ("words", NOTHING),
        ("copies", "--year", "1900"),
    ],
)
def test_nothing_is_not_written(
    seed_cli: Command, tmp_path: Path, arguments: tuple[str, ...], suffix: str
) -> None:
    target = tmp_path / f"结果.{suffix}"
    ran = seed_cli(*arguments, "-o", str(target))
    assert ran.code == 0
    assert not target.exists()
    assert f"nothing to write; there is no {target}" in ran.err
    assert "wrote" not in ran.err
    target.write_text("before", "utf-8")
    ran = seed_cli(*arguments, "-o", str(target))
    assert target.read_text("utf-8") == "before"
    assert f"nothing to write; {target} is left as it was" in ran.err


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl", "json"])
def test_a_file_of_other_sentences_is_not_written_without_a_word(
    seed_cli: Command, tmp_path: Path, suffix: str
) -> None:
    ran = seed_cli("search", "复议外星", "-o", str(tmp_path / f"结果.{suffix}"))
    assert "no sentence has all of these words" in ran.err
    assert "wrote" in ran.err


def test_json_says_that_there_is_nothing(seed_cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "结果.json"
    assert seed_cli("search", NOTHING, "-o", str(target)).code == 0
    assert json.loads(target.read_text("utf-8"))["total"] == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_empty_library_is_not_exported_as_a_table(
    gongwen_in: Any, tmp_path: Path, suffix: str
) -> None:
    gongwen.open(tmp_path / "library").close()
    target = tmp_path / f"全部.{suffix}"
    ran = gongwen_in(tmp_path / "library")("export", "-o", str(target))
    assert ran.code == 0
    assert "nothing to write" in ran.err
    assert not target.exists()


def test_an_export_has_all_rows(seed_cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "全部.csv"
    assert seed_cli("export", "-o", str(target)).code == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [int(row["n"]) for row in rows] == list(range(1, len(rows) + 1))


# -- workbooks -----------------------------------------------------------------------------------


def test_a_workbook_has_chinese_heads_and_their_names(seed_cli: Command, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    target = tmp_path / "结果.xlsx"
    assert seed_cli("search", "复议", "-o", str(target)).code == 0
    rows, names = openpyxl.load_workbook(target).worksheets
    heads = [cell.value for cell in rows[1]]
    assert not [head for head in heads if head.isascii()]
    assert len(set(heads)) == len(heads)
    known = dict(names.iter_rows(min_row=2, values_only=True))
    data = json.loads(seed_cli("search", "复议", "--format", "json").out)["hits"][0]
    first = {known[head]: cell.value for head, cell in zip(heads, rows[2], strict=True)}
    assert (first["text"], first["n"], first["title"]) == (data["text"], data["n"], data["title"])
    for sheet in (rows, names):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize("arguments", [("search", "行政执法"), ("export",)])
def test_what_a_search_or_an_export_wrote_is_not_taken_as_labels(
    seed_cli: Command, tmp_path: Path, arguments: tuple[str, ...], suffix: str
) -> None:
    target = tmp_path / f"a.{suffix}"
    assert seed_cli(*arguments, "-o", str(target)).code == 0
    ran = seed_cli("train", str(target))
    assert ran.code == 1 and "the model's own, not labels" in ran.err
    assert ran.err.count("\n") == 1


# -- gzip ----------------------------------------------------------------------------------------


def test_a_gzip_file_is_a_report(gongwen_in: Any, tmp_path: Path) -> None:
    [report] = SEED_REPORTS.iterdir()
    (folder := tmp_path / "reports").mkdir()
    text = report.read_bytes().replace("武功县2020年".encode(), "武功县".encode())
    (folder / "乙县2019年工作总结.txt.gz").write_bytes(gzip.compress("举办讲座8场。".encode()))
    (folder / "wugong.txt.gz").write_bytes(gzip.compress(text))
    (folder / "broken.txt.gz").write_bytes(gzip.compress(text)[:-20])
    (folder / "again.txt.gz.gz").write_bytes(gzip.compress(gzip.compress(text)))
    cli = gongwen_in(tmp_path / "library")
    ran = cli("add", str(folder), "--format", "json")
    said = {Path(one["source"]).name: one for one in json.loads(ran.out)["files"]}
    assert said["wugong.txt.gz"]["sentences"] > 80
    assert "not a whole gzip file" in said["broken.txt.gz"]["message"]
    assert "a gzip file inside; unpack it first" in said["again.txt.gz.gz"]["message"]
    reports = {one["report"]: one for one in cli("reports", "--format", "json").json()["reports"]}
    assert reports["乙县2019年工作总结"]["year"] == 2019
    assert reports["乙县2019年工作总结"]["title"] == "乙县2019年工作总结"
