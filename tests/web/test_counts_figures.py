"""The pages of counts and figures: tables, charts, plans and results apart, files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from openpyxl import load_workbook
from starlette.datastructures import QueryParams

import gongwen
from gongwen.figures.pivot import CellValue
from gongwen.render.figure_texts import difference_text
from gongwen.web.charts import Bar, Line, Point, all_years, bar_chart, largest, line_chart
from gongwen.web.search_page import find
from gongwen.web.search_question import Question

from .conftest import Visitor, visiting


def rows(page: str) -> list[list[str]]:
    """Return the texts of the cells of the first table of a page."""
    table = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert table
    lines = re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines)
    return [[" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in line] for line in cells]


def test_sentences_are_counted_as_the_library_counts(
    visitor: Visitor, library_folder: Path
) -> None:
    with gongwen.open(library_folder) as library:
        found = library.counts("执法", by=["region", "year"])
    shown = rows(visitor.text("/counts?q=执法&by=region&by=year"))
    wanted = {
        found.name(0, row): str(found.measured((row, None)))
        for row in found.labels[0]
        if found.measured((row, None))
    }
    assert {line[0]: line[-1] for line in shown} == wanted


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("by=year", "<svg"),
        ("by=topic", "<rect"),
        ("by=year&by=region", "<svg"),
        ("by=region&by=year&share=1", "%"),
        ("by=topic&by=region&by=year", "<caption>"),
        ("by=topic&by=region&by=year&by=role", "one to three"),
        ("by=size", "counts must"),
        ("q=没有这样的词&by=year", "no sentence has all of these words"),
        ("", "Choose what the rows are"),
    ],
)
def test_a_table_has_its_chart_and_a_bad_one_a_line(
    visitor: Visitor, query: str, says: str
) -> None:
    page = visitor.text(f"/counts?{query}", 400 if says in ("one to three", "counts must") else 200)
    assert says in page


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "jsonl"])
@pytest.mark.parametrize(
    "path", ["/counts.{}?by=region&by=year&share=1", "/figures.{}?view=list",
             "/figures.{}?view=pivot&indicator=行政复议申请", "/figures.{}?view=year",
             "/figures.{}?view=region"],
)  # fmt: skip
def test_what_is_shown_is_kept_as_a_file(visitor: Visitor, path: str, form: str) -> None:
    answer = visitor.get(path.format(form))
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    if form == "xlsx":
        assert load_workbook(io.BytesIO(answer.content)).worksheets[0].max_row > 1
    elif form == "csv":
        assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) > 1
    else:
        lines = answer.text.splitlines() if form == "jsonl" else [answer.text]
        assert all(json.loads(line) for line in lines)


def test_plans_are_marked_wherever_figures_are(visitor: Visitor) -> None:
    page = visitor.text("/figures?indicator=法律顾问")
    plans = re.findall(r'<span class="badge plan">([^<]*)</span>', page)
    assert plans
    assert "plan" in plans[0]
    only = visitor.text("/figures?indicator=法律顾问&status=result")
    assert "badge plan" not in only
    chinese = visitor.get("/figures?indicator=法律顾问&lang=zh").text
    assert "计划</span>" in chinese


def test_a_pivot_joins_results_only(visitor: Visitor) -> None:
    page = visitor.text("/figures?view=pivot&indicator=行政复议申请")
    assert "solid" in page
    assert re.search(r'<a class="source" href="/reports/[^"]+#s-\d+"', page)


def test_two_years_are_compared(visitor: Visitor) -> None:
    page = visitor.text("/figures?view=year&indicator=行政复议申请")
    found = {(line[0], line[1]): line[4] for line in rows(page)}
    assert found["甲县", "2020"] == "+4"


def test_a_chart_says_what_it_shows_and_escapes_it() -> None:
    chart = bar_chart("<b>", [Bar("<i>甲", 3, "3 & 4"), Bar("乙", 0, "0")])
    assert "<b>" not in chart
    assert "<i>" not in chart
    assert "3 &amp; 4" in chart
    line = line_chart(
        "x", ["2019", "2020"], [Line("<u>", (Point(0, 1, "1"), Point(1, -2, "2", False)))]
    )
    assert "<u>" not in line
    assert line.count("hollow") == 1
    assert 'class="line' not in line  # a plan is not joined


def test_a_line_over_years_without_a_value_is_dashed() -> None:
    years = all_years(["2019", "2022"])
    assert years == ["2019", "2020", "2021", "2022"]
    chart = line_chart("x", years, [Line("甲", (Point(0, 1, "1"), Point(3, 2, "2")))])
    assert 'class="line gap c1"' in chart


def test_of_many_lines_the_largest_are_drawn_whatever_their_marks() -> None:
    sizes = [3, 1, 9, 2, 8, 4, 7, 5, 6, 0]
    lines = [
        Line(str(size), tuple(Point(i, size, "1") for i in range(10 - n)), size)
        for n, size in enumerate(sizes)
    ]
    assert [one.name for one in largest(lines)] == ["3", "9", "8", "4", "7", "5", "6"]
    with pytest.raises(ValueError, match="at most 7"):
        line_chart("x", ["2019"], lines)


@pytest.fixture
def uneven_library(tmp_path: Path) -> Iterator[Visitor]:
    """A library of nine counties, of which those at the end have the largest numbers."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for n, county in enumerate("甲乙丙丁戊己庚辛壬", 1):
        for year in (2019, 2020) if n < 3 else (2020,):
            lines = [f"全县全年开展执法检查{n}次。", f"全年共收到行政复议申请{n * 100}件。"]
            lines += [f"第{i}次执法检查在{county}县{i}村进行，发现问题若干。" for i in range(n * 2)]
            body = "\n\n".join(lines)
            title = f"{county}县{year}年法治政府建设情况报告"
            (folder / f"{county}{year}.txt").write_text(f"{title}\n\n{body}\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([folder])
    with visiting(tmp_path / "library") as visitor:
        yield visitor


def legend(page: str) -> set[str]:
    """Return the names of the lines of the chart of a page."""
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg
    return set(re.findall(r">(.县)</text>", svg[0]))


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("/counts?q=执法检查&by=region&by=year", "甲丙"),  # 乙县 has more, in two years
        ("/figures?view=pivot&indicator=行政复议申请&pivot=region,year", "甲乙"),
    ],
)
def test_a_chart_leaves_out_the_smallest_series(
    uneven_library: Visitor, path: str, left_out: str
) -> None:
    page = uneven_library.text(path)
    counties = set("甲乙丙丁戊己庚辛壬") - set(left_out)
    assert legend(page) == {f"{county}县" for county in counties}
    assert "the 7 with the largest values" in page


ASKED = (
    "q=执法&by=region&by=year", "by=year&by=topic", "q=执法&by=topic&topic=enforcement",
    "by=role&by=level&by=county&year=2020", "q=复议+案件&by=kind&by=agency", "by=unit&by=report",
    "by=province&by=city", "q=执法+OR+复议&by=topic&by=unit&region=甲县", "by=year&distinct=1",
    "q=执法&by=region&by=year&share=1&kind=sentence", "by=region&region=甲县&region=乙县",
    "by=year&year=2019..2020",
)  # fmt: skip


def assert_links_count(visitor: Visitor, folder: Path, asked: str) -> None:
    """Follow the links of the tables of a page, and compare what they find with their numbers."""
    tables = re.findall(r"<tbody>.*?</tbody>", visitor.text(f"/counts?{asked}"), re.DOTALL)
    links = re.findall(r'<a href="(/search[^"]*)">([^<]*)</a>', "".join(tables))
    unlinked = re.findall(r'<td class="number h\d">([^<]*)</td>', "".join(tables))
    assert links
    assert all(text == "0" or text.startswith("0%") for text in unlinked)
    with gongwen.open(folder) as library:
        for href, text in links:
            question = Question.of(QueryParams(unescape(href).partition("?")[2]))
            results = find(library, question).results
            number = re.search(r"(\d+)/", text)
            found = results.total_distinct if "distinct" in asked else results.total
            assert found == int(number[1] if number else text), href


@pytest.mark.parametrize("asked", ASKED)
def test_every_number_leads_to_the_sentences_that_it_counts(
    visitor: Visitor, library_folder: Path, asked: str
) -> None:
    assert_links_count(visitor, library_folder, asked)


@pytest.fixture
def tricky_library(tmp_path: Path) -> Iterator[tuple[Visitor, Path]]:
    """Reports of several years, of places of one name, of towns, and without a year or a place."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for title in (
        "陕西省2019年法治政府建设情况报告", "武功县2018—2020年法治政府建设情况报告",
        "武功县2019年法治政府建设情况报告", "北京市朝阳区2020年法治政府建设情况报告",
        "辽宁省朝阳市2020年法治政府建设情况报告", "法治政府建设情况报告",
        "国务院2020年法治政府建设情况报告", "咸阳市2021年法治政府建设情况报告",
    ):  # fmt: skip
        text = f"{title}\n\n全年开展行政执法检查{len(title)}次，复议案件5件，组织行政执法培训。\n"
        (folder / f"{title}.txt").write_text(text, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([folder])
    with visiting(tmp_path / "library") as visitor:
        yield visitor, tmp_path / "library"


@pytest.mark.parametrize(
    "asked", ["by=year", "by=region&by=year", "by=province&by=city&by=county", "by=level",
              "by=agency&by=kind", "by=topic&topic=enforcement", "by=region&year=2019",
              "by=year&by=region&year=2019..2020&region=朝阳", "by=report&by=year&q=执法+OR+复议",
              "by=unit&by=year&kind=工作总结&kind=情况报告", "by=city&region=陕西"],
)  # fmt: skip
def test_numbers_of_unclear_years_and_places_lead_to_their_sentences(
    tricky_library: tuple[Visitor, Path], asked: str
) -> None:
    visitor, folder = tricky_library
    assert_links_count(visitor, folder, asked)


def test_without_an_indicator_the_most_frequent_are_offered(visitor: Visitor) -> None:
    for view in ("pivot", "year", "region"):
        page = visitor.text(f"/figures?view={view}")
        offers = re.search(r'<ul class="offers">(.*?)</ul>', page, re.DOTALL)
        assert offers
        assert "<svg" not in page
        counts = [int(one) for one in re.findall(r"(\d+) figures?<", offers[1])]
        assert counts == sorted(counts, reverse=True)
        first = re.search(r'href="([^"]*)"', offers[1])
        assert first
        assert "<tbody>" in visitor.text(unescape(first[1]).replace(f"view={view}", "view=list"))


def test_an_unknown_indicator_is_said_with_its_like(visitor: Visitor) -> None:
    page = visitor.text("/figures?view=pivot&indicator=行政复议申清")
    assert "no figure has an indicator called 行政复议申清" in page
    assert re.search(r'indicator=[^"]*">行政复议申请', page)
    assert "<tbody>" not in page


def test_the_newest_years_stand_in_front(visitor: Visitor) -> None:
    for path in ("/counts?q=执法&by=region&by=year",
                 "/figures?view=pivot&indicator=行政复议申请&pivot=region,year"):  # fmt: skip
        years = re.findall(r'<th scope="col"[^>]*>(\d{4})</th>', visitor.text(path))
        assert years == sorted(years, reverse=True)
        assert len(years) > 1


@pytest.mark.parametrize(
    ("difference", "stated", "unit", "text"),
    [
        (56207.7, 641_000, "人", "+5.62万"), (-96692.3, 488_100, "人", "-9.67万"),
        (4143, 500_000, "人", "+0.41万"), (-3.5, 12_345, "人", "-3.5"),
        (123_456_789.5, 2 * 10**8, "元", "+1.23亿"), (12.333, 980, "件", "+12"),
        (0.5, 2, "件", "+0.5"), (-0.126, 3.25, "%", "-0.13"), (0, 3, "件", "0"),
        (1234.56, 1494.5, "万吨", "+1234.6"), (20_000.04, 30_000.5, "万吨", "+20000"),
        (None, 3, "件", ""),
    ],
)  # fmt: skip
def test_a_difference_is_written_as_its_value(
    difference: float | None, stated: float, unit: str, text: str
) -> None:
    one = CellValue(cast("Any", None), stated, unit, ())
    assert difference_text(difference, one) == text
