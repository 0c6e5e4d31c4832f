"""The numbers of the reports: stored with them, found by what they count, written out safely."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import gongwen
from gongwen import Library, QueryError, UnknownNameError
from gongwen.figures.figure_table import (
    FigureRow,
    bounds,
    converted,
    marks,
    measured_in,
    readable,
)
from gongwen.nlp.records import Figure
from gongwen.results import Report
from gongwen.tabular import column_name

COUNTY = """甲县2021年法治政府建设工作总结
一、行政复议
全年办理行政复议案件12件，其中驳回3件。群众满意率达到95.4%，同比提高2.1个百分点。
二、财政保障
投入资金12.5亿元，举办培训近百场。
三、2022年工作打算
办理行政复议案件20件以上。
"""
CITY = """乙市2021年工作总结
一、复议
全年办理行政复议案件30件。2020年办理行政复议案件25件。
"""
NAMES = [
    "report", "n", "indicator", "value", "unit", "normalized_value", "normalized_unit", "year",
    "period", "period_kind", "period_start", "period_end", "period_source", "status", "measure",
    "kind", "role", "part_of", "direction", "qualifier", "approximate", "raw", "title", "region",
    "section", "citation", "sentence", "start", "end",
]  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "甲县.txt").write_text(COUNTY, "utf-8")
    (folder / "乙市.txt").write_text(CITY, "utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, files: Path) -> Library:
    library = gongwen.open(tmp_path / "library")
    library.add(files)
    return library


def values(library: Library, query: str = "", **filters: Any) -> list[Any]:
    return [row.figure.value for row in library.figures(query, **filters)]


def stored(library: Library) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(library.folder / "library.db")
    try:
        return db.execute("SELECT * FROM figures ORDER BY report, n, start, kind").fetchall()
    finally:
        db.close()


# -- what is in a row --------------------------------------------------------------------------


def test_a_row_has_the_names_of_the_contract(library: Library) -> None:
    [row] = library.figures(indicators="行政复议案件", years=2021, regions="甲县", roles="成效")[:1]
    assert list(row.to_dict()) == NAMES
    known = row.to_dict()
    assert (known["indicator"], known["value"], known["unit"]) == ("行政复议案件", 12, "件")
    assert (known["report"], known["region"], known["year"]) == ("甲县", "甲县", 2021)
    assert COUNTY[known["start"] : known["end"]] == known["raw"] == "12件"
    assert known["sentence"][slice(*row.span)] == "12件"
    assert (known["status"], known["period_kind"], known["section"]) == (
        "result",
        "year",
        "一、行政复议",
    )
    [hit] = library.search('"其中驳回3件"')
    assert known["citation"] == hit.citation
    assert row.place == hit.place


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"indicators": "行政复议案件", "reports": "甲县"}, {12, 3, 20}),
        ({"indicators": "全县行政复议案件数", "reports": "甲县"}, {12, 20}),
        ({"indicators": ["满意率"]}, {95.4, 2.1}),
        ({"indicators": "没有的指标"}, set()),
        ({"units": "元"}, {1_250_000_000}),
        ({"units": ["%", "场"]}, {95.4, 100}),
        ({"kinds": "money"}, {1_250_000_000}),
        ({"kinds": ["percent", "change"]}, {95.4, 2.1}),
        ({"topics": "行政复议", "regions": "乙"}, {30, 25}),
        ({"regions": ["乙市"]}, {30, 25}),
        ({"roles": "计划"}, {20}),
        ({"years": 2020}, {25}),
        ({"years": "2020..2021", "regions": "乙市"}, {25, 30}),
        ({"years": (2022, None)}, {20}),
        ({"years": 1999}, set()),
        ({"units": "万元"}, {1_250_000_000}),
        ({"statuses": "plan"}, {20}),
        ({"statuses": ["plan", "forecast"]}, {20}),
        ({"statuses": "plan,forecast,standard"}, {20}),
        ({"statuses": "result", "regions": "乙市"}, {30, 25}),
        ({"statuses": "all", "reports": "甲县", "units": "件"}, {12, 3, 20}),
        ({"statuses": "unknown"}, set()),
        ({"periods": "year", "regions": "乙市"}, {30, 25}),
        ({"periods": ["span", "until", "cumulative", "part"]}, set()),
    ],
    ids=str,
)
def test_filters(library: Library, filters: dict[str, Any], expected: set[float]) -> None:
    assert set(values(library, **filters)) == expected


def test_a_query_is_a_search_for_sentences(library: Library) -> None:
    assert values(library, "培训") == [1_250_000_000, 100]
    assert set(values(library, "复议 -驳回")) == {20, 30, 25}
    assert values(library, "复议", indicators="行政复议案件", regions="乙市", limit=1) == [30]
    # 劳动仲裁 stands nowhere, and no other words are taken for it.
    assert values(library, "劳动仲裁") == []


def test_without_a_question_all_figures_come_but_dates(library: Library) -> None:
    rows = library.figures()
    assert [(r.report.id, r.figure.n, r.figure.start) for r in rows] == sorted(
        (r.report.id, r.figure.n, r.figure.start) for r in rows
    )
    assert len(rows) == 9
    assert "date" not in {row.figure.kind for row in rows}
    assert 2020 in values(library, kinds="date")
    assert len(library.figures(limit=2)) == 2


@pytest.mark.parametrize(
    ("filters", "error", "message"),
    [
        ({"kinds": "poem"}, QueryError, "kind 'poem' is none of quantity"),
        ({"years": "soon"}, QueryError, "not a year"),
        ({"statuses": "done"}, QueryError, "status 'done' is none of result, plan"),
        ({"periods": "year,decade"}, QueryError, "period 'decade' is none of year, span"),
        ({"limit": -1}, QueryError, "limit must be a whole number"),
        ({"topics": "没有的主题"}, UnknownNameError, "unknown topic"),
        ({"reports": "没有的报告"}, UnknownNameError, "unknown report"),
    ],
)
def test_a_wrong_filter_is_named(
    library: Library, filters: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        library.figures(**filters)


def test_an_empty_library_has_none(tmp_path: Path) -> None:
    with gongwen.open(tmp_path / "empty") as library:
        assert library.figures() == library.figures("复议", years=2020) == []


# -- the year that a figure speaks of ------------------------------------------------------------

WORK = """2026年政府工作报告
（2026年1月20日在丙市第三届人民代表大会上）
一、2025年工作回顾
城镇新增就业8万人。今年一季度城镇新增就业2万人。
这五年，民生持续改善。城镇新增就业41万人。
二、2026年主要任务
城镇新增就业9万人以上。
"""


@pytest.mark.parametrize(
    ("heading", "year"),
    [
        ("一、2025年工作回顾", 2025),
        ("一、2025年和“十四五”时期工作回顾", 2025),
        ("一、过去一年的工作", 2025),
        ("一、工作回顾", 2025),
        ("一、主要工作", 2025),
        ("一、2024年工作和2025年安排", 2024),
        ("一、2018年以来的工作", "2018-2025"),
        ("一、“十四五”时期工作回顾", "2021-2025"),
        ("一、“十四五”时期和２０２５年工作回顾", "2021-2025"),
    ],
)
def test_a_heading_gives_its_year(tmp_path: Path, heading: str, year: int | str) -> None:
    (tmp_path / "丙市.txt").write_text(WORK.replace("一、2025年工作回顾", heading), "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path / "丙市.txt")
        known = {r.figure.value: r.figure for r in library.figures(units="人")}
    assert (known[80_000].year, known[80_000].status) == (year, "result")
    assert known[20_000].year == known[90_000].year == 2026
    assert known[20_000].status == known[90_000].status == "plan"
    assert (known[410_000].period, known[410_000].year) == ("这五年", "2021-2025")


def test_years_of_several_are_found_by_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "丙市.txt").write_text(WORK, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path / "丙市.txt")
        assert values(library, units="人", years=2023) == [410_000]
        assert values(library, units="人", years=2023, periods="year") == []
        assert values(library, units="万人", years="2025..") == [80_000, 20_000, 410_000, 90_000]


def test_what_a_person_says_of_the_year_holds_for_its_figures(library: Library) -> None:
    library.describe("乙市", year="2019")
    assert values(library, years=2019) == [30]
    assert values(library, years=2020) == [25]
    library.describe("乙市", year="")
    assert values(library, years=2019) == []


def test_it_holds_for_a_newer_version_of_the_file_too(library: Library, files: Path) -> None:
    library.describe("乙市", year="2019")
    (files / "乙市.txt").write_text(CITY.replace("30件", "31件"), "utf-8")
    library.add(files)
    assert values(library, years=2019) == [31]


# -- figures follow their report -----------------------------------------------------------------


def test_figures_follow_a_file_that_changes(library: Library, files: Path) -> None:
    (files / "乙市.txt").write_text(CITY.replace("25件", "26件，另有5件"), "utf-8")
    library.add(files)
    assert values(library, regions="乙市") == [30, 26, 5]
    library.remove("乙市")
    assert values(library, regions="乙市") == []
    assert {row[0] for row in stored(library)} == {"甲县"}


def test_figures_come_back_with_an_export(
    library: Library, tmp_path: Path, gongwen_in: Any
) -> None:
    library.describe("乙市", year="2019")
    out = tmp_path / "all.jsonl"
    assert gongwen_in(library.folder)("export", "-o", str(out)).code == 0
    with gongwen.open(tmp_path / "new") as new:
        new.import_(out)
        assert stored(new) == stored(library)


def test_a_library_of_the_second_version_gets_its_figures(library: Library) -> None:
    before = stored(library)
    library.close()
    db = sqlite3.connect(library.folder / "library.db", isolation_level=None)
    db.execute("DROP TABLE figures")
    db.execute("DROP TABLE checksums")
    for table in ("stale", "trash", "undone", "found_roles"):
        db.execute(f"DROP TABLE {table}")
    db.execute("DROP INDEX reports_by_fields")
    db.execute("ALTER TABLE reports DROP COLUMN kind_as_written")
    for table in ("corrections", "copies", "similar"):
        db.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
    db.execute("PRAGMA user_version = 2")
    db.close()
    with gongwen.open(library.folder) as again:
        assert stored(again) == before


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(library: Library, gongwen_in: Callable[..., Any]) -> Any:
    return gongwen_in(library.folder)


def test_json_lists_the_figures(run: Any, library: Library) -> None:
    found = run("figures", "复议", "--unit", "件", "--year", "2021", "--format", "json").json()
    assert found["total"] == len(found["figures"]) == 3
    assert list(found["figures"][0]) == NAMES
    assert found["figures"] == [
        row.to_dict() for row in library.figures("复议", units="件", years="2021")
    ]
    dates = run("figures", "--format", "json", "--kind", "date", "-n", "1").json()
    assert (dates["total"], len(dates["figures"])) == (4, 1)


def test_jsonl_has_one_a_line(run: Any, library: Library) -> None:
    assert run("figures", "--format", "jsonl").lines() == [r.to_dict() for r in library.figures()]


def test_the_table_reads_well(run: Any) -> None:
    done = run("figures", "培训")
    assert "12.5亿元" in done.out
    assert "result" in done.out
    assert "甲县:6" in done.out
    whole = run("figures", "培训", "--wide").out.replace("\n", "")
    assert "甲县:6  《甲县2021年法治政府建设工作总结》" in whole
    assert "近100场" in done.out
    assert done.err == "2 figures\n"
    assert run("figures", "没有这样的句子").err == "no figures found\n"
    assert run("figures", "-n", "1").err == "1 of 9 figures\n"


def test_the_table_says_of_what_time_and_whether_planned(gongwen_in: Any, tmp_path: Path) -> None:
    (tmp_path / "丙市.txt").write_text(WORK, "utf-8")
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "丙市.txt"))
    words = run("figures", "--unit", "人").out.split()
    for said in ("plan", "计划", "result", "2021-2025", "这五年", "9万人以上", "41万人"):
        assert said in words


def test_files_are_exact(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "数字.csv"
    assert run("figures", "培训", "-o", str(out)).code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [(row["value"], row["unit"]) for row in rows] == [("1250000000", "元"), ("100", "场")]
    assert list(rows[0]) == NAMES
    assert [(row["status"], row["period_kind"], row["year"]) for row in rows] == [
        ("result", "year", "2021")
    ] * 2
    sheet = tmp_path / "数字.xlsx"
    assert run("figures", "培训", "-o", str(sheet)).code == 0
    head, first, _ = load_workbook(sheet).active.iter_rows(values_only=True)
    names = {column_name(name): name for name in NAMES}
    assert set(head) < set(names)
    known = {names[one]: value for one, value in zip(head, first, strict=True)}
    assert (known["value"], known["year"], known["status"]) == (1_250_000_000, 2021, "result")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kind", "poem"), "none of quantity"),
        (("--year", "soon"), "not a year"),
        (("--pivot", "region,colour"), "not by 'colour'"),
        (("--pivot", "year,year"), "one or two of"),
        (("--merges", "x.toml"), "--pivot"),
        (("--pivot", "region", "-n", "3"), "--pivot"),
        (("--compare", "decade"), "compare by year or region"),
        (("--compare", "year", "--pivot", "region"), "goes without --pivot"),
        (("--compare", "year", "-n", "3"), "--compare"),
        (("--status", "done"), "none of result, plan, forecast, standard"),
        (("--period", "week"), "none of year, span, part, until, cumulative"),
        (("--format", "xlsx"), "needs a file"),
        (("--plot", "no/such/folder.html"), "no such folder"),
        (("-o", "figures.docx"), "is not written"),
    ],
)
def test_wrong_usage_is_one_clear_line(run: Any, arguments: tuple[str, ...], message: str) -> None:
    done = run("figures", *arguments)
    assert done.code in (1, 2)
    assert message in " ".join(done.err.split()).replace("│ ", "")
    assert "Traceback" not in done.err


HOSTILE = """=丁县2021年工作总结
办理=cmd|' /C calc'!A0案件5件，@SUM案件6件，[red]案件7件。
<script>alert(1)</script>办理行政复议案件8件，</title>案件9件。
"""


def test_hostile_text_stays_text(gongwen_in: Any, tmp_path: Path) -> None:
    (tmp_path / "丁县.txt").write_text(HOSTILE, "utf-8")
    run = gongwen_in(tmp_path / "library")
    assert run("add", str(tmp_path / "丁县.txt")).code == 0
    out = run("figures", "--format", "csv").out
    cells = [cell for row in csv.reader(io.StringIO(out.removeprefix("\ufeff"))) for cell in row]
    assert len(cells) > 100
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert run("figures").code == 0
    sheet = tmp_path / "x.xlsx"
    assert run("figures", "-o", str(sheet)).code == 0
    types = {c.data_type for row in load_workbook(sheet).active.iter_rows() for c in row}
    assert "f" not in types
    for n, name in enumerate(("=cmd", "@SUM案件", "<script>", "案件")):
        page = tmp_path / f"{n}.html"
        done = run("figures", "--indicator", name, "--plot", str(page), "--format", "csv")
        assert not done.out.removeprefix("\ufeff").startswith(("=", "@", '"=', '"@'))
        if page.exists():
            assert "<script" not in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "件", "0件"),
        (12345, "件", "12345件"),
        (12300, "人", "1.23万人"),
        (1_250_000_000, "元", "12.5亿元"),
        (1_210_000_000_000, "斤", "1.21万亿斤"),
        (123_456_789, "元", "123456789元"),
        (-32_000, "元", "-3.2万元"),
        (95.4, "%", "95.4%"),
        ([5, 5.5], "%", "5–5.5%"),
        ("2022-06", "", "2022-06"),
        (1e-7, "", "0.0000001"),
    ],
)
def test_readable(value: Any, unit: str, expected: str) -> None:
    assert readable(value, unit) == expected


# -- units and words -----------------------------------------------------------------------------


def figure(**known: Any) -> Figure:
    """Return a figure of 47.3万人 in 2025, but for what is given."""
    given = {
        "report": "丙市",
        "n": 1,
        "start": 0,
        "end": 6,
        "indicator": "城镇新增就业",
        "value": 473_000,
        "unit": "人",
        "kind": "quantity",
        "qualifier": "",
        "approximate": False,
        "raw": "47.3万人",
        "year": 2025,
        "status": "result",
        "period_kind": "year",
        "period_start": "2025",
        "period_end": "2025",
    }
    return Figure(**{**given, **known})


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (140_840_000_000, "斤", "万吨", 7042),
        (87_160_000_000, "斤", "吨", 43_580_000),
        (27_500_000_000, "公斤", "亿斤", 550),
        (850_000_000_000, "元", "亿元", 8500),
        (473_000, "人", "万人", 47.3),
        ([5, 7.5], "公顷", "亩", [75, 112.5]),
        (3, "亩", "公顷", 0.2),
        (0.1, "吨", "斤", 200),
        ("2022-06", "", "", "2022-06"),
    ],
)
def test_a_value_is_converted_exactly(value: Any, unit: str, to: str, expected: Any) -> None:
    assert converted(value, unit, to) == expected
    assert measured_in(unit, to)


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("元", "美元"),
        ("人", "人次"),
        ("%", "个百分点"),
        ("件", "起"),
        ("吨", "亩"),
        ("人", "万人次"),
    ],
)
def test_what_cannot_be_converted_stays_apart(unit: str, wanted: str) -> None:
    assert not measured_in(unit, wanted)


@pytest.mark.parametrize(
    ("known", "least", "most"),
    [
        ({}, 472_500, 473_500),
        ({"raw": "473000人"}, 473_000, 473_000),
        (
            {"raw": "８５００亿元", "value": 8500 * 10**8, "unit": "元"},
            84995 * 10**7,
            85005 * 10**7,
        ),
        ({"raw": "8.5%", "value": 8.5, "unit": "%", "kind": "percent"}, 8.45, 8.55),
        ({"raw": "8%", "value": 8, "unit": "%", "kind": "change"}, 7.5, 8.5),
    ],
)
def test_what_is_rounded_may_be_a_little_more_or_less(
    known: dict[str, Any], least: float, most: float
) -> None:
    found = bounds(figure(**known), known.get("unit", "人"))
    assert found
    assert tuple(map(float, found)) == (least, most)


REPORT = Report(
    id="丙市", source="丙市.txt", sentences=2, sha256="", added="", region="丙市", year=2025
)
SPAN = {"period_kind": "span", "period_start": "2021", "period_end": "2025", "year": "2021-2025"}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, ()),
        ({"status": "plan"}, ("plan",)),
        ({"status": "forecast"}, ("forecast",)),
        ({"status": "standard"}, ("standard",)),
        ({"status": ""}, ("status unknown",)),
        ({"qualifier": "以上", "approximate": True, "status": "plan"}, ("plan", "以上")),
        ({"approximate": True}, ("about",)),
        ({**SPAN, "period": "这五年"}, ("这五年（2021–2025）",)),
        (SPAN, ("2021–2025",)),
        ({**SPAN, "period_kind": "cumulative", "period": "累计"}, ("累计（2021–2025）",)),
        (
            {"period_kind": "cumulative", "period_start": "", "period": "建国以来"},
            ("cumulative 建国以来（2025）",),
        ),
        ({"period_kind": "part", "period": "上半年"}, ("上半年",)),
        (
            {"period_kind": "part", "period_start": "2025-01", "period_end": "2025-06"},
            ("2025-01–2025-06",),
        ),
        (
            {"period_kind": "until", "period": "截至2023年底", "period_end": "2023-12"},
            ("截至2023年底",),
        ),
        (
            {"period_kind": "until", "period": "去年底", "period_end": "2024-12"},
            ("until the end of 2024",),
        ),
        ({"period_kind": "until", "period": "", "period_end": "2023-06"}, ("until 2023-06",)),
        ({"period_kind": ""}, ("period unknown",)),
        ({"role": "from"}, ("before the change",)),
        ({"role": "part", "part_of": "就业"}, ("part of 就业",)),
        ({"measure": "share"}, ("share",)),
    ],
)
def test_marks(known: dict[str, Any], expected: tuple[str, ...]) -> None:
    row = FigureRow(figure(**known), REPORT, "城镇新增就业47.3万人。", 0, "achievement", "")
    assert marks(row) == expected


def test_marks_can_name_the_year_or_leave_out_the_years_of_a_span() -> None:
    row = FigureRow(figure(status="plan"), REPORT, "", 0, "plan", "")
    assert marks(row, year=True) == ("year 2025", "plan")
    row = FigureRow(figure(**SPAN, period="这五年"), REPORT, "", 0, "plan", "")
    assert marks(row, year=True) == ("这五年（2021–2025）",)
    assert marks(row, dated=False) == ("这五年",)


def test_a_sentence_that_plans_makes_a_figure_without_a_status_a_plan() -> None:
    assert FigureRow(figure(status=""), REPORT, "", 0, "plan", "").status == "plan"
    assert FigureRow(figure(), REPORT, "", 0, "plan", "").status == "result"
