"""One indicator of many reports as a matrix: what fills a cell, what is merged, what is drawn."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_figures import FIVE_YEARS, stated
from openpyxl import load_workbook

import gongwen
from gongwen import Library, QueryError, ReadError, SeedError
from gongwen.figures.figure_table import FigureRow
from gongwen.figures.pivot import Merges, Pivot, merges_text, pivot, read_merges
from gongwen.results import Report
from gongwen.tabular import column_name

REPORTS = {
    "甲县2020": "甲县2020年工作总结\n一、就业\n城镇新增就业1200人。\n",
    "甲县2021": "甲县2021年工作总结\n一、就业\n新增城镇就业约1300人。全年城镇新增就业1310人。"
    "2020年城镇新增就业1250人。\n二、2022年工作打算\n城镇新增就业1400人以上。\n",
    "乙市2021": "乙市2021年工作总结\n一、就业\n五年来城镇新增就业人数累计9万人。"
    "全年城镇新增就业人数2万人，其中高校毕业生就业5000人。城镇新增就业增长3%。\n",
    "丙市2021": "丙市2021年工作总结\n一、就业\n城镇新增就业下降4%。粮食产量增长2%。\n",
}


def laid_out(library: Library, *dimensions: str, wanted: str = "", **kwargs: Any) -> Pivot:
    found = pivot(library.figures(), dimensions, [wanted] if wanted else [], **kwargs)
    assert found
    return found


def values(found: Pivot) -> dict[tuple[str, str], Any]:
    return {(cell.row, cell.column): cell.value for cell in found.cells}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("pivoting")
    for name, text in REPORTS.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    library = gongwen.open(folder / "library")
    library.add(folder)
    return library


# -- the matrix ----------------------------------------------------------------------------------


def test_the_indicator_of_most_reports_by_region_and_year(library: Library) -> None:
    found = laid_out(library, "region", "year")
    assert (found.indicator, found.unit, found.change) == ("城镇新增就业", "人", False)
    assert values(found) == {
        ("甲县", "2020"): 1200,
        ("甲县", "2021"): 1310,
        ("甲县", "2022"): 1400,
        ("乙市", "2021"): 20_000,
        ("乙市", "2017–2021"): 90_000,
    }
    assert found.columns == ("2020", "2021", "2022", "2017–2021")
    assert dict(found.merged) == {"城镇新增就业": 4, "城镇新增就业人数": 2, "新增城镇就业": 1}


def test_a_cell_says_what_else_there_is(library: Library) -> None:
    cells = {(c.row, c.column): c for c in laid_out(library, "region", "year").cells}
    assert [c.figure.value for c in cells["甲县", "2021"].others] == [1300]
    assert [c.figure.value for c in cells["甲县", "2020"].others] == [1250]
    assert cells["乙市", "2021"].others == ()
    assert [cell.planned for cell in cells.values()].count(True) == 1
    assert cells["甲县", "2022"].planned
    assert cells["甲县", "2021"].more == 1
    assert cells["甲县", "2021"].note == "also 1300 约"
    assert cells["甲县", "2022"].note == "plan, 以上"
    assert cells["乙市", "2017–2021"].note == "五年来"


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([{"value": 1, "status": "plan"}, {"value": 2}], 2),
        ([{"value": 1, "status": "plan"}, {"value": 2, "status": "forecast"}], 1),
        ([{"value": 1, "status": "standard"}, {"value": 2, "status": "plan"}], 2),
        ([{"value": 1, "status": ""}, {"value": 2, "status": "plan"}], 1),
        ([{"value": 1, "period_kind": "part", "period": "上半年"}, {"value": 2}], 2),
        ([{"value": 1, "period_kind": "until"}, {"value": 2, "period_kind": "part"}], 1),
        ([{"value": 1, "report": "丁县2024"}, {"value": 2, "report": "丁县2022"}], 2),
        ([{"value": 1, "role": "part"}, {"value": 2}], 2),
        ([{"value": 1, "role": "from"}, {"value": 2}], 2),
        ([{"value": 1, "approximate": True}, {"value": 2}], 2),
        ([{"value": 1}, {"value": 2, "n": 2}], 1),
    ],
)
def test_which_value_of_a_cell_comes_first(rows: list[dict[str, Any]], shown: int) -> None:
    for order in (rows, rows[::-1]):
        found = pivot([stated(**row) for row in order], ("region", "year"))
        assert found
        [cell] = found.cells
        assert cell.value == shown
        assert sorted(one.value for one in cell.values) == [1, 2]


@pytest.mark.parametrize(
    ("known", "column"),
    [
        ({}, "2021"),
        ({"year": 2026, "status": "plan"}, "2026"),
        (FIVE_YEARS, "2021–2025"),
        ({**FIVE_YEARS, "period_kind": "cumulative"}, "2021–2025"),
        ({"period_kind": "cumulative", "period_start": ""}, "total up to 2021"),
        ({"period_kind": "part", "period_start": "2021-01", "period_end": "2021-06"}, "2021"),
        ({"period_kind": "until", "period_start": "", "period_end": "2021-12"}, "2021"),
        ({"year": "2018-2020", "period_kind": ""}, "2018–2020"),
        ({"year": "", "period_kind": ""}, "—"),
        ({"year": "", "period_kind": "span", "period": "年均"}, "年均"),
    ],
)
def test_several_years_are_never_put_under_one(known: dict[str, Any], column: str) -> None:
    found = pivot([stated(5, **known)], ("region", "year"))
    assert found
    assert found.columns == (column,)
    assert bool(found.cells[0].note) == (known != {})


def test_columns_of_several_years_stand_behind_the_years() -> None:
    rows = [stated(1, **FIVE_YEARS), stated(2), stated(3, year="", period_kind="")]
    found = pivot([*rows, stated(4, year=2030)], ("region", "year"))
    assert found
    assert found.columns == ("2021", "2030", "2021–2025", "—")
    assert found.to_dict()["columns"] == [2021, 2030, "2021–2025", "—"]


def test_without_years_the_latest_comes_first_and_names_its_year() -> None:
    rows = [stated(1, year=2019, report="丁县2019"), stated(2, report="丁县2021")]
    found = pivot(rows, ("region",))
    assert found
    assert [one.text for one in found.cells[0].values] == ["2 year 2021", "1 year 2019"]


def test_units_of_one_dimension_are_one_table() -> None:
    rows = [
        stated(140_840_000_000, "斤", "吉林2021"),
        stated(70_000_000, "吨", "河南2021"),
        stated(60_000_000_000, "公斤", "安徽2021"),
        stated(50_000_000, "吨", "山东2021"),
    ]
    found = pivot(rows, ("region", "year"))
    assert found
    assert found.unit == "吨"
    expected = {"吉林": 70_420_000, "河南": 70_000_000, "安徽": 60_000_000, "山东": 50_000_000}
    assert {cell.row: cell.value for cell in found.cells} == expected
    assert dict(found.converted) == {"斤": 1, "公斤": 1}
    assert {cell.row: cell.note for cell in found.cells if cell.note} == {
        "吉林": "from 斤",
        "安徽": "from 公斤",
    }
    found = pivot(rows, ("region", "year"), units=["万吨"])
    assert found
    assert (found.title, found.cells[-1].unit) == ("就业（万吨）", "万吨")
    assert sorted(cell.value for cell in found.cells) == [5000, 6000, 7000, 7042]
    assert dict(found.converted) == {"斤": 1, "公斤": 1}


@pytest.mark.parametrize(
    "units", [("元", "美元"), ("人", "人次"), ("%", "个百分点"), ("件", "起"), ("亩", "吨")]
)
def test_units_of_two_dimensions_are_two_tables(units: tuple[str, str]) -> None:
    rows = [stated(5, units[0]), stated(6, units[1], "戊县2021"), stated(7, units[0], "己县2021")]
    found = pivot(rows, ("region", "year"))
    assert found
    assert (found.unit, len(found.cells)) == (units[0], 2)
    assert found.also == (("就业", units[1], 1),)


def test_the_same_value_again_is_no_other() -> None:
    found = pivot([stated(8), stated(8, n=2)], ("region", "year"))
    assert found
    [cell] = found.cells
    assert (cell.more, len(cell.values), len(cell.distinct), cell.note) == (0, 2, 1, "")


def gongwen_rows(text: str) -> list[Any]:
    from gongwen.nlp import extract_figures

    report = Report(
        id="丁县", source="丁县.txt", sentences=2, sha256="", added="", region="丁县", year=2021
    )
    return [
        FigureRow(figure, report, text, 0, "achievement", "")
        for figure in extract_figures(text)
        if figure.kind != "date"
    ]


@pytest.mark.parametrize(
    ("dimensions", "rows", "columns"),
    [
        (("year", "region"), ("2020", "2021", "2022", "2017–2021"), {"甲县", "乙市"}),
        (("region",), None, {""}),
        (("report",), ("乙市2021", "甲县2020", "甲县2021"), {""}),
        (
            ("report", "year"),
            ("乙市2021", "甲县2020", "甲县2021"),
            {"2020", "2021", "2022", "2017–2021"},
        ),
    ],
)
def test_other_matrices(
    library: Library, dimensions: tuple[str, ...], rows: tuple[str, ...] | None, columns: set[str]
) -> None:
    found = laid_out(library, *dimensions)
    assert set(found.columns) == columns
    assert rows is None or found.rows == rows
    assert found.dimensions == dimensions


def test_growth_is_another_matrix_and_a_fall_is_negative(library: Library) -> None:
    rows = library.figures(units="%")
    found = pivot(rows, ("region", "year"), ["城镇新增就业"])
    assert found
    assert found.change
    assert values(found) == {("乙市", "2021"): 3, ("丙市", "2021"): -4}
    assert found.also == (("粮食产量·增减", "%", 1),)
    assert found.title == "城镇新增就业·增减（%）"


def test_what_is_asked_for_comes_first(library: Library) -> None:
    assert laid_out(library, "region", wanted="粮食总产量").indicator == "粮食产量"


def test_nothing_gives_nothing() -> None:
    assert pivot([], ("region", "year")) is None


@pytest.mark.parametrize(
    "dimensions", [(), ("colour",), ("year", "year"), ("region", "year", "report")]
)
def test_dimensions_that_do_not_exist(dimensions: tuple[str, ...]) -> None:
    with pytest.raises(QueryError, match="pivot by"):
        pivot([], dimensions)


def test_two_places_of_one_name_are_two_rows(tmp_path: Path) -> None:
    for city in ("南京市", "徐州市"):
        text = f"{city}鼓楼区2021年工作总结\n城镇新增就业{len(city)}00人。\n"
        (tmp_path / f"{city}.txt").write_text(text, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path)
        library.describe("徐州市", county="鼓楼区", city="徐州市", region="鼓楼区")
        library.describe("南京市", county="鼓楼区", city="南京市", region="鼓楼区")
        assert set(laid_out(library, "region", "year").rows) == {"南京市鼓楼区", "徐州市鼓楼区"}


# -- merges ----------------------------------------------------------------------------------------


def test_a_name_that_is_taken_out_of_the_file_stands_by_itself(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "合并.toml"
    path.write_text(merges_text("就业", ["城镇新增就业", "新增城镇就业"]), "utf-8")
    found = laid_out(library, "region", "year", merges=read_merges(path))
    assert found.indicator == "就业"
    assert ("乙市", "2021") not in values(found)
    assert ("城镇新增就业人数", "人", 2) in found.also


def test_a_name_that_is_put_in_belongs_to_it(library: Library) -> None:
    merges = Merges({"城镇新增就业": "就业", "高校毕业生就业": "就业"})
    rows = library.figures(units="人")
    names = {r.figure.indicator for r in rows}
    part = next(name for name in names if "高校毕业生" in name)
    found = pivot(rows, ("region",), merges=Merges({**merges.names, part: "就业"}))
    assert found
    assert dict(found.merged)[part] == 1


@pytest.mark.parametrize("name", ['a"b', "换\n行", "\\", "\x7f", "就业", "=1+1"])
def test_any_name_can_stand_in_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(merges_text(name, [name, "另一个"]), "utf-8")
    assert read_merges(path).names == {name: name, "另一个": name}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[merge]", "not TOML"),
        ("x = 1", "write \\[\\[merge\\]\\]"),
        ("merge = 1", "write \\[\\[merge\\]\\]"),
        ("merge = [1]", "needs name"),
        ('[[merge]]\nname = "a"', "needs name"),
        ('[[merge]]\nname = 1\nindicators = ["a"]', "needs name"),
        ('[[merge]]\nname = "a"\nindicators = [1]', "names in quotes"),
        (
            '[[merge]]\nname="a"\nindicators=["x"]\n[[merge]]\nname="b"\nindicators=["x"]',
            "x.toml:5",
        ),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SeedError, match=message):
        read_merges(path)
    with pytest.raises(ReadError, match="no such file"):
        read_merges(tmp_path / "none.toml")


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def run(library: Library, gongwen_in: Callable[..., Any]) -> Any:
    return gongwen_in(library.folder)


def test_the_table_marks_plans_and_lists_all_values(run: Any) -> None:
    done = run("figures", "--pivot", "region,year")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["城镇新增就业（人）", "2020", "2021", "2022", "2017–2021"] in lines
    assert ["乙市", "2万", "五年来", "9万"] in lines
    assert ["甲县", "1200", "1310", "plan", "1400以上"] in lines
    assert ["1250", "约1300"] in lines
    assert (
        "taken for one (合并): 城镇新增就业 (4)、城镇新增就业人数 (2)、新增城镇就业 (1)" in done.err
    )
    assert "1 of the cells are planned" in done.err
    assert "not shown:" in done.err
    done = run("figures", "--pivot", "region,year", "--status", "result", "--period", "year")
    assert "plan" not in done.out
    assert "2017" not in done.out
    done = run("figures", "--pivot", "region,year", "--status", "plan")
    assert [line.split() for line in done.out.splitlines()][2:] == [["甲县", "plan", "1400以上"]]


def test_marks_are_in_the_language_of_the_user(run: Any) -> None:
    done = run("--lang", "zh", "figures", "--pivot", "region,year")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["甲县", "1200", "1310", "计划", "1400以上"] in lines
    assert "其中 1 格是计划数" in done.err
    done = run("--lang", "zh", "figures", "--pivot", "region,year", "--format", "csv")
    assert "2022注" in done.out
    assert "另有1300 约" in done.out
    run("--lang", "en", "figures", "-n", "1")


def test_a_matrix_that_is_wide_is_cut(gongwen_in: Any, tmp_path: Path) -> None:
    text = "甲县2021年工作总结\n" + "".join(f"{y}年粮食产量{y}吨。" for y in range(1980, 2020))
    (tmp_path / "甲县.txt").write_text(text, "utf-8")
    run = gongwen_in(tmp_path / "library")
    run("add", str(tmp_path / "甲县.txt"))
    out = run("figures", "--pivot", "region,year").out
    assert out.count("粮食产量（吨）") > 1
    assert max(map(len, out.splitlines())) <= 100
    assert re.findall(r"\b(?:19|20)\d\d\b", out).count("2019") == 2


def test_files_hold_the_matrix(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "就业.csv"
    assert run("figures", "--pivot", "region,year", "-o", str(path)).code == 0
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    heads = ["2020", "2020 note", "2021", "2021 note", "2022", "2022 note"]
    assert rows[0] == ["城镇新增就业（人）", *heads, "2017–2021", "2017–2021 note"]
    county = ["甲县", "1200", "also 1250", "1310", "also 1300 约", "1400", "plan, 以上", "", ""]
    assert county in rows
    assert ["乙市", "", "", "20000", "", "", "", "90000", "五年来"] in rows
    found = run("figures", "--pivot", "region,year", "--format", "json").json()
    assert found["columns"] == [2020, 2021, 2022, "2017–2021"]
    assert found["merged"][0] == {"indicator": "城镇新增就业", "figures": 4}
    cell = next(c for c in found["cells"] if (c["row"], c["column"]) == ("甲县", 2021))
    assert (cell["value"], cell["planned"], cell["report"]) == (1310, False, "甲县2021")
    assert [(other["value"], other["note"]) for other in cell["others"]] == [(1300, "约")]
    lines = run("figures", "--pivot", "region,year", "--format", "jsonl").lines()
    assert [(one["by_region"], one["by_year"], one["value"]) for one in lines] == [
        (c["row"], c["column"], c["value"]) for c in found["cells"]
    ]


def test_a_workbook_holds_the_matrix_and_the_source_of_every_value(
    run: Any, tmp_path: Path
) -> None:
    path = tmp_path / "就业.xlsx"
    assert run("figures", "--pivot", "region,year", "-o", str(path)).code == 0
    book = load_workbook(path)
    assert book.sheetnames == ["pivot", "sources", "列名"]
    heads, *rows = book["pivot"].iter_rows(values_only=True)
    assert heads[1:4] == (2020, "2020 note", 2021)
    county = ("甲县", 1200, "also 1250", 1310, "also 1300 约", 1400, "plan, 以上", None, None)
    assert county in rows
    heads, *sources = book["sources"].iter_rows(values_only=True)
    names = [row[2] for row in book["列名"].iter_rows(values_only=True) if row[0] == "sources"]
    assert heads == tuple(map(column_name, names))
    known = [dict(zip(names, row, strict=True)) for row in sources]
    assert len(known) == 7
    for column in ("value", "sentence", "citation", "status", "period_kind", "raw"):
        assert all(one[column] for one in known), column
    shown = [(one["row"], one["column"], one["value"]) for one in known if one["shown"] == "yes"]
    assert ("甲县", 2021, 1310) in shown
    assert ("乙市", "2017–2021", 90_000) in shown
    assert [one["value"] for one in known if one["shown"] == "no"] == [1250, 1300]


def test_the_rows_of_a_matrix_by_year_are_numbers(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "就业.xlsx"
    assert run("figures", "--pivot", "year,region", "--unit", "万人", "-o", str(path)).code == 0
    rows = list(load_workbook(path)["pivot"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["城镇新增就业（万人）", 2020, 2021, 2022, "2017–2021"]
    assert 0.131 in rows[2]


def unmarked(run: Any, tmp_path: Path) -> Iterator[tuple[str, set[float]]]:
    """Yield for each format its values without a mark."""
    done = run("figures", "--pivot", "region,year", "--format", "json").json()
    yield "json", {cell["value"] for cell in done["cells"] if not cell["note"]}
    for name in ("csv", "xlsx"):
        path = tmp_path / f"x.{name}"
        run("figures", "--pivot", "region,year", "-o", str(path))
        if name == "csv":
            rows: list[Any] = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
        else:
            rows = list(load_workbook(path)["pivot"].iter_rows(values_only=True))
        heads = rows[0]
        noted = {i for i, head in enumerate(heads) if str(head).endswith("note")}
        yield (
            name,
            {
                float(cell)
                for row in rows[1:]
                for i, cell in enumerate(row[1:], 1)
                if i not in noted and cell not in ("", None) and not (i + 1 in noted and row[i + 1])
            },
        )


def test_no_plan_and_no_sum_of_several_years_stands_unmarked(run: Any, tmp_path: Path) -> None:
    for name, found in unmarked(run, tmp_path):
        assert found & {1400, 90_000} == set(), name
        assert found >= {20_000}, name


def test_the_merges_are_written_once_and_then_read(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "合并.toml"
    first = run("figures", "--pivot", "region,year", "--merges", str(path))
    assert f"wrote {path}" in first.err
    assert len(read_merges(path).names) == 3
    again = run("figures", "--pivot", "region,year", "--merges", str(path))
    assert again.out == first.out
    assert "wrote" not in again.err
    kept = path.read_text("utf-8").replace('  "城镇新增就业人数",\n', "")
    path.write_text(kept, "utf-8")
    assert "乙市" not in run("figures", "--pivot", "region,year", "--merges", str(path)).out
    assert path.read_text("utf-8") == kept


# -- the real reports ------------------------------------------------------------------------------

BY_HAND = """
全国|1996|7000000|多
全国|2004|9800000|
全国|2005|9000000|plan
全国|2006|11840000|
全国|2007|9000000|plan, 不低于
全国|2008|11130000|
全国|2009|9000000|plan, 以上
全国|2010|11680000|
全国|2011|9000000|plan, 以上
全国|2012|12660000|
全国|2013|9000000|plan, 以上
全国|2014|13220000|
全国|2015|10000000|plan, 以上
全国|2016|13140000|
全国|2017|11000000|plan, 以上
全国|2018|13610000|
全国|2019|11000000|plan, 以上
全国|2020|11860000|
全国|2021|11000000|plan, 以上
全国|2006–2010|57710000|这五年
全国|2008–2012|58700000|这五年
全国|2011–2015|45000000|plan, 五年
全国|2016–2020|60000000|过去五年, 超过
山西省|2025|473000|
山西省|2026|450000|plan
内蒙古自治区|2026|180000|plan, 以上
内蒙古自治区|2021–2025|1060000|这五年
吉林省|2025|228900|
吉林省|2026|210000|plan
吉林省|2021–2025|1242700|这五年
上海市|2025|641000|
上海市|2026|600000|plan, 以上
安徽省|2025|757000|
安徽省|2026|680000|plan, 左右
山东省|2025|1249000|
山东省|2026|1100000|plan, 以上
湖南省|2025|827000|
湖南省|2026|700000|plan
广东省|2025|1494000|
广东省|2026|1100000|plan, 以上
广西壮族自治区|2025|423000|
海南省|2025|177800|
海南省|2026|170000|plan, 左右
海南省|2021–2025|862200|五年来
云南省|2026|500000|plan, 以上
云南省|2021–2025|2616000|这五年
陕西省|2025|441000|
陕西省|2026|400000|plan, 以上
陕西省|2021–2025|400000|每年, 以上
甘肃省|2025|317000|
甘肃省|2026|300000|plan
甘肃省|2021–2025|300000|年均
宁夏回族自治区|2025|85500|
宁夏回族自治区|2026|82000|plan, 以上
宁夏回族自治区|2021–2025|410000|这五年, 超过
新疆维吾尔自治区|2025|488100|
新疆维吾尔自治区|2026|470000|plan, 以上
"""
"""Persons newly employed in towns: region, period, number and what sets it apart.

Every line was compared with the sentence of its report.
"""


def test_a_matrix_of_real_reports_by_hand(real_library: Library) -> None:
    found = pivot(real_library.figures(), ("region", "year"))
    assert found
    assert (found.indicator, found.unit) == ("城镇新增就业", "人")
    assert {"新增城镇就业", "城镇新增就业人数"} <= dict(found.merged).keys()
    cells = [f"{cell.row}|{cell.column}|{cell.value}|{cell.note}" for cell in found.cells]
    assert cells == BY_HAND.strip().split("\n")
    assert not [cell for cell in found.cells if cell.more]
