"""One indicator of many reports as a matrix: what fills a cell, what is merged, what is drawn."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import gongwen
from gongwen import Library, QueryError, ReadError, SeedError
from gongwen.figures.pivot import Cell, Merges, Pivot, merges_text, pivot, read_merges

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
    }
    assert found.columns == ("2020", "2021", "2022")
    assert dict(found.merged) == {"城镇新增就业": 4, "城镇新增就业人数": 2, "新增城镇就业": 1}


def test_a_cell_says_what_else_there_is(library: Library) -> None:
    cells = {(c.row, c.column): c for c in laid_out(library, "region", "year").cells}
    assert [c.figure.value for c in cells["甲县", "2021"].others] == [1300]
    assert [c.figure.value for c in cells["甲县", "2020"].others] == [1250]
    assert [c.figure.value for c in cells["乙市", "2021"].others] == [90_000]
    assert [cell.planned for cell in cells.values()].count(True) == 1
    assert cells["甲县", "2022"].planned
    assert cells["甲县", "2021"].more == 1


def test_the_same_value_again_is_no_other() -> None:
    [row] = gongwen_rows("丁县2021年工作总结\n城镇新增就业8人。\n")
    assert Cell("丁县", "2021", row, (row,)).more == 0


def gongwen_rows(text: str) -> list[Any]:
    from gongwen.figures.figure_table import FigureRow
    from gongwen.nlp import extract_figures
    from gongwen.results import Report

    report = Report("丁县", "丁县2021年工作总结", "丁县", 2021, "工作总结", "丁县.txt", 2, "", "")
    return [
        FigureRow(figure, report, text, 0, "achievement", "")
        for figure in extract_figures(text)
        if figure.kind != "date"
    ]


@pytest.mark.parametrize(
    ("dimensions", "rows", "columns"),
    [
        (("year", "region"), ("2020", "2021", "2022"), {"甲县", "乙市"}),
        (("region",), None, {""}),
        (("report",), ("乙市2021", "甲县2020", "甲县2021"), {""}),
        (("report", "year"), ("乙市2021", "甲县2020", "甲县2021"), {"2020", "2021", "2022"}),
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
    assert found.also == (("粮食产量", "%", 1),)
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


def test_the_table_marks_plans_and_other_values(run: Any) -> None:
    done = run("figures", "--pivot", "region,year")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["甲县", "1200", "+1", "1310", "+1", "1400", "计划"] in lines
    assert (
        "taken for one (合并): 城镇新增就业 (4)、城镇新增就业人数 (2)、新增城镇就业 (1)" in done.err
    )
    assert "1 of the cells are planned" in done.err
    assert "not shown:" in done.err
    done = run("figures", "--pivot", "region,year", "--role", "成效")
    assert "计划" not in done.out


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
    assert rows[0] == ["城镇新增就业（人）", "2020", "2021", "2022"]
    assert ["甲县", "1200", "1310", "1400"] in rows
    assert ["乙市", "", "20000", ""] in rows
    sheet = tmp_path / "就业.xlsx"
    assert run("figures", "--pivot", "region,year", "-o", str(sheet)).code == 0
    cells = list(load_workbook(sheet).active.iter_rows(values_only=True))
    assert ("甲县", 1200, 1310, 1400) in cells
    found = run("figures", "--pivot", "region,year", "--format", "json").json()
    assert found["merged"][0] == {"indicator": "城镇新增就业", "figures": 4}
    cell = next(c for c in found["cells"] if (c["row"], c["column"]) == ("甲县", "2021"))
    assert (cell["value"], cell["planned"], cell["report"]) == (1310, False, "甲县2021")
    assert [other["value"] for other in cell["others"]] == [1300]
    lines = run("figures", "--pivot", "region,year", "--format", "jsonl").lines()
    assert [(one["by_region"], one["by_year"], one["value"]) for one in lines] == [
        (c["row"], c["column"], c["value"]) for c in found["cells"]
    ]


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

BY_HAND = {
    ("全国", "2006"): 11_840_000,
    ("全国", "2012"): 12_660_000,
    ("全国", "2018"): 13_610_000,
    ("全国", "2020"): 11_860_000,
    ("上海市", "2025"): 641_000,
    ("安徽省", "2025"): 757_000,
    ("湖南省", "2025"): 827_000,
    ("广东省", "2025"): 1_494_000,
    ("广西壮族自治区", "2025"): 423_000,
    ("海南省", "2025"): 177_800,
    ("甘肃省", "2025"): 317_000,
    ("新疆维吾尔自治区", "2025"): 488_100,
}
"""Read in the reports: persons newly employed in towns, by region and year."""
PLANNED_BY_HAND = {("上海市", "2026"): 600_000, ("安徽省", "2026"): 680_000}


def test_a_matrix_of_real_reports_by_hand(real_library: Library) -> None:
    found = pivot(real_library.figures(), ("region", "year"))
    assert found
    assert (found.indicator, found.unit) == ("城镇新增就业", "人")
    assert {"新增城镇就业", "城镇新增就业人数"} <= dict(found.merged).keys()
    assert BY_HAND.items() <= values(found).items()
    planned = {(c.row, c.column): c.value for c in found.cells if c.planned}
    assert PLANNED_BY_HAND.items() <= planned.items()
    assert not BY_HAND.keys() & planned.keys()
    assert len(found.rows) >= 15
