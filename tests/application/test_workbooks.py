"""Workbooks are for people: what stands in them is in words, and can be read back as labels."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.nlp import Taxonomy
from gongwen.nlp.topics.labels import load_labels
from gongwen.render.readable_rows import local_time, range_text, readable_sheet

from .conftest import SEED_REPORTS, Command

openpyxl = pytest.importorskip("openpyxl")
TAXONOMY = Taxonomy.shipped()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with reports of counties and one of the country."""
    place = tmp_path_factory.mktemp("workbooks")
    text = "国务院2021年工作总结\n全年办理行政复议案件12件，同比增长20%。\n受理案件近3000件。\n"
    (place / "全国2021年工作总结.txt").write_text(text, "utf-8")
    with gongwen.open(place / "library") as library:
        for name in ("甲县", "乙县"):
            text = f"{name}2021年工作总结\n全年办理行政复议案件{len(text)}件，其中驳回2件。\n"
            (place / f"{name}2021年工作总结.txt").write_text(text, "utf-8")
        library.add([SEED_REPORTS, *sorted(place.glob("*.txt"))])
    return place / "library"


@pytest.fixture
def run(gongwen_in: Any, folder: Path) -> Command:
    """The command line in Chinese."""
    cli = gongwen_in(folder)
    return lambda *arguments: cli("--lang", "zh", *arguments)


def cells(path: Path) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Return the name and the rows of every sheet but that of the English names."""
    book = openpyxl.load_workbook(path)
    return [
        (sheet.title, list(sheet.iter_rows(values_only=True)))
        for sheet in book.worksheets
        if sheet.title != "列名"
    ]


BOOKS = [
    ("search", "复议"),
    ("search", "复议", "--by", "report"),
    ("search", "复议", "--kwic"),
    ("search", "kind:heading 行政"),
    ("similar", "wugong-2020:44"),
    ("figures",),
    ("figures", "--pivot", "region,year"),
    ("figures", "--compare", "year", "--indicator", "行政复议案件"),
    ("figures", "--compare", "region", "--indicator", "行政复议案件"),
    ("counts", "--by", "主题,级别"),
    ("counts", "--by", "作用,句类"),
    ("words",),
    ("reports",),
    ("export",),
    ("check", "wugong-2020"),
    ("compare", "wugong-2020", "全国2021年工作总结"),
    ("suggest",),
]
SLUGS = (
    {*TAXONOMY.topics.slugs, *TAXONOMY.roles.slugs, "unsure"}
    | {"title", "heading", "sentence", "boilerplate"}
    | {"national", "province", "city", "county", "town"}
    | {"quantity", "percent", "ratio", "money", "rank", "change", "range", "date", "share"}
    | {"result", "plan", "forecast", "standard", "total", "part", "from", "to", "up", "down"}
    | {"year", "span", "until", "cumulative", "level", "item", "section", "report"}
    | {"agrees", "contradicts", "uncertain", "unchecked", "PASS", "FAIL", "True", "False"}
)


@pytest.mark.parametrize("arguments", BOOKS, ids=" ".join)
def test_no_workbook_has_a_name_for_programs(
    run: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    target = tmp_path / "表.xlsx"
    assert run(*arguments, "-o", str(target)).code == 0
    for name, rows in cells(target):
        assert not name.isascii(), name
        heads, *lines = rows
        found = [head for head in heads if isinstance(head, str) and head.isascii()]
        assert not found, (name, found)
        assert not set(heads) & {"起点", "终点", "校验值", "得分", "标记"}, name
        said = {part for line in lines for value in line for part in str(value).split(";")}
        assert not said & SLUGS, (name, said & SLUGS)


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (("search", "复议", "--group", "off"), ["句子", "主题"], "文件"),
        (("search", "复议", "--kwic"), ["左侧", "搜索词", "右侧"], "文件"),
        (("figures",), ["指标", "数值", "单位", "年份"], "约数"),
        (("reports",), ["报告", "标题", "地区", "年份", "文种"], "加入时间"),
        (("export",), ["句子", "主题"], "文件"),
    ],
)
def test_what_is_looked_at_stands_first(
    run: Command, tmp_path: Path, arguments: tuple[str, ...], first: list[str], last: str
) -> None:
    target = tmp_path / "表.xlsx"
    assert run(*arguments, "-o", str(target)).code == 0
    heads = list(cells(target)[0][1][0])
    assert (heads[: len(first)], heads[-1]) == (first, last)


@pytest.mark.parametrize("arguments", [("search", "复议"), ("figures",), ("reports",), ("export",)])
def test_csv_keeps_the_names_for_programs(run: Command, arguments: tuple[str, ...]) -> None:
    text = run(*arguments, "--format", "csv").out.removeprefix("\ufeff")
    heads, *rows = csv.reader(io.StringIO(text))
    assert rows and all(re.fullmatch(r"[a-z_0-9]+", head) for head in heads)
    known = [dict(zip(heads, row, strict=True)) for row in rows]
    for name in ("topic", "role", "level", "status"):
        assert all(row.get(name, "").isascii() for row in known), name


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "arguments", [("search", "行政"), ("search", "行政", "--kwic"), ("export",)]
)
def test_a_workbook_is_read_back_as_the_csv_is(
    gongwen_in: Any,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lang: str,
    arguments: tuple[str, ...],
) -> None:
    # What a search wrote is refused as labels, but its columns are read as those of other files.
    monkeypatch.setattr("gongwen.nlp.topics.label_entries._EXPORT_NAMES", frozenset())
    cli = gongwen_in(folder)
    read = []
    for name in ("a.xlsx", "a.csv"):
        assert cli("--lang", lang, *arguments, "-o", str(tmp_path / name)).code == 0
        labels = load_labels([tmp_path / name], TAXONOMY)
        read.append([(one.text, one.topic, one.also, one.role, one.kind) for one in labels])
    assert read[0] == read[1]
    assert any(also for _text, _topic, also, _role, _kind in read[0])
    if arguments == ("export",):
        assert {kind for *_rest, kind in read[0]} >= {"sentence", "heading", "title"}


def test_every_topic_and_role_is_read_by_its_name(tmp_path: Path) -> None:
    from gongwen.render.xlsx import write_book

    slugs = TAXONOMY.topics.slugs
    rows = [
        {"text": f"第{n}句。", "topic": slug, "also": [slugs[n - 1]], "role": role, "kind": kind}
        for n, slug in enumerate(slugs)
        for role, kind in [(TAXONOMY.roles.slugs[n % len(TAXONOMY.roles.slugs)], "heading")]
    ]
    sheet = readable_sheet("句子", rows, ("text", "topic", "also", "role", "kind"), TAXONOMY)
    write_book(tmp_path / "a.xlsx", [sheet])
    read = load_labels([tmp_path / "a.xlsx"], TAXONOMY)
    assert [(one.topic, one.role, one.kind) for one in read] == [
        (row["topic"], row["role"], row["kind"]) for row in rows
    ]
    assert [list(one.also) for one in read] == [row["also"] for row in rows]


@pytest.mark.parametrize(("value", "shown"), [([4.5, 5], "4.5–5"), (4, 4), ("", "")])
def test_a_range_is_one_text(value: Any, shown: Any) -> None:
    assert range_text(value) == shown


@pytest.mark.parametrize("moment", ["", "not a time", "2021"])
def test_what_is_no_time_stays(moment: str) -> None:
    assert local_time(moment) == moment


def test_a_time_is_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    monkeypatch.setenv("TZ", "CST-8")
    time.tzset()
    try:
        assert local_time("2026-01-05T02:03:04+00:00") == "2026-01-05 10:03"
        assert local_time("2026-01-05T02:03:04Z") == "2026-01-05 10:03"
    finally:
        monkeypatch.undo()
        time.tzset()
