"""One indicator compared with the year before, or region with region."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_figures import FIVE_YEARS, stated
from openpyxl import load_workbook

import gongwen
from gongwen import Library, QueryError
from gongwen.figures.comparison import RegionStanding, YearChange, compare
from gongwen.figures.figure_table import FigureRow


def years(*rows: FigureRow, **options: Any) -> list[YearChange]:
    found = compare(rows, "year", **options)
    assert found
    return [row for row in found.rows if isinstance(row, YearChange)]


def regions(*rows: FigureRow, **options: Any) -> list[RegionStanding]:
    found = compare(rows, "region", **options)
    assert found
    return [row for row in found.rows if isinstance(row, RegionStanding)]


# -- with the year before ------------------------------------------------------------------------


def test_change_and_rate_are_exact() -> None:
    first, second = years(stated(1200, report="丁县2020", year=2020), stated(1310))
    assert (first.year, first.before, first.change, first.rate) == (2020, None, None, None)
    assert second.before
    assert (second.before.row.report.id, second.change) == ("丁县2020", 110)
    assert second.rate is not None
    assert second.rate * 12 == 110
    assert (second.doubts, second.stated) == ((), ())
    known = second.to_dict()
    assert (known["rate"], known["value_before"], known["change_unit"]) == (9.1667, 1200, "人")
    assert (known["place"], known["place_before"]) == ("丁县2021:1", "丁县2020:1")


@pytest.mark.parametrize(
    ("before", "after", "change", "rate"),
    [
        ({"value": 100, "unit": "吨"}, {"value": 210_000, "unit": "斤"}, 5, 5),
        ({"value": 95.4, "unit": "%"}, {"value": 97.5, "unit": "%"}, 2.1, None),
        ({"value": 0}, {"value": 7}, 7, None),
        ({"value": 5}, {"value": 5}, 0, 0),
        ({"value": 8, "status": "plan"}, {"value": 10}, 2, 25),
        ({"value": 8}, {"value": 10, "period_kind": "part", "period": "上半年"}, None, None),
        ({"value": 8}, {"value": 10, "role": "part"}, None, None),
    ],
)
def test_what_is_subtracted(
    before: dict[str, Any], after: dict[str, Any], change: float | None, rate: float | None
) -> None:
    rows = years(
        stated(report="丁县2020", year=2020, **before),
        stated(**after),
        units=[before.get("unit", "人")],
    )
    assert (rows[1].change, rows[1].rate) == (change, rate)


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        ({"status": "plan"}, {}, "result beside plan"),
        ({}, {"status": "plan"}, "plan beside result"),
        ({}, {"period_kind": "part", "period": "上半年"}, "the periods are of different kinds"),
        ({"approximate": True}, {}, "a value is approximate"),
        ({}, {"role": "part"}, "one is a part, the other a whole"),
    ],
)
def test_values_of_two_kinds_are_not_compared_silently(
    before: dict[str, Any], after: dict[str, Any], doubt: str
) -> None:
    rows = years(stated(8, report="丁县2020", year=2020, **before), stated(9, **after))
    assert rows[1].doubts == (doubt,)


def test_the_value_of_the_year_before_is_the_one_most_like() -> None:
    def half(year: int) -> dict[str, Any]:
        dates = {"period_start": f"{year}-01", "period_end": f"{year}-06"}
        return {"period_kind": "part", "period": "上半年", "year": year, **dates}

    rows = years(
        stated(90, report="丁县2020", year=2020),
        stated(40, report="丁县2020", **half(2020)),
        stated(44, **half(2021)),
    )
    assert rows[1].before
    assert (rows[1].before.value, rows[1].change, rows[1].doubts) == (40, 4, ())


def test_several_years_and_other_places_are_not_the_year_before() -> None:
    rows = years(
        stated(90, report="戊县2020", year=2020),
        stated(80, report="丁县2020", **FIVE_YEARS),
        stated(44),
    )
    assert [(row.region, row.year, row.before) for row in rows] == [
        ("丁县", 2021, None),
        ("戊县", 2020, None),
    ]


CHANGE: dict[str, Any] = {"kind": "change", "role": "change", "measure": "change", "n": 2}


def checked(
    before: dict[str, Any], after: dict[str, Any], change: dict[str, Any]
) -> tuple[str, str]:
    rows = years(
        stated(report="丁县2020", year=2020, **before), stated(**after), stated(**CHANGE | change)
    )
    [found] = rows[-1].stated
    return found.verdict, found.reason


def tonnes(value: float) -> dict[str, Any]:
    return {"value": value * 10_000, "unit": "吨", "raw": f"{value}万吨"}


def up(value: float, unit: str = "%", sentence: str = "", **known: Any) -> dict[str, Any]:
    raw = f"{value}{unit}"
    said = {"sentence": sentence} if sentence else {"sentence": f"就业增长{raw}。"}
    return {"value": value, "unit": unit, "raw": raw, "direction": "up", **said, **known}


@pytest.mark.parametrize(
    ("before", "after", "change", "verdict"),
    [
        (tonnes(100), tonnes(110), up(10), "agrees"),
        (tonnes(100), tonnes(110), up(10.2), "agrees"),
        (tonnes(100), tonnes(110), up(5), "contradicts"),
        (tonnes(100), tonnes(110), up(8.5), "contradicts"),
        (tonnes(100.0), {"value": 2_200_000_000, "unit": "斤", "raw": "22亿斤"}, up(10), "agrees"),
        ({"value": 2400}, {"value": 2500}, up(4.2), "agrees"),
        ({"value": 2400}, {"value": 2500}, up(4.1), "contradicts"),
        ({"value": 2400}, {"value": 2000}, up(16.7), "contradicts"),
        ({"value": 95}, {"value": 114}, up(19, "人"), "agrees"),
        ({"value": 95}, {"value": 114}, up(21, "人"), "contradicts"),
        ({"value": 620}, {"value": 527}, up(15) | {"direction": "down"}, "agrees"),
        ({"value": 620}, {"value": 527}, up(17.6) | {"direction": "down"}, "contradicts"),
        ({"value": 50}, {"value": 100}, up(1, "倍"), "agrees"),
        ({"value": 50}, {"value": 100}, up(2, "倍"), "contradicts"),
        (
            {"value": 95.4, "unit": "%", "kind": "percent"},
            {"value": 97.5, "unit": "%", "kind": "percent"},
            up(2.1, "个百分点"),
            "agrees",
        ),
        (
            {"value": 95.4, "unit": "%", "kind": "percent"},
            {"value": 97.5, "unit": "%", "kind": "percent"},
            up(3.1, "个百分点"),
            "contradicts",
        ),
        (tonnes(100), tonnes(110), up(5, sentence="就业按可比口径增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业增长5%（可比价）。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业比2015年增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="与2015年相比，就业增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业增速高于全国5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业年均增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业增长5%，按可比价格计算。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业同口径增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业环比增长5%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(10, sentence="就业按可比口径增长10%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(10, sentence="就业比2015年增长10%。"), "uncertain"),
        (tonnes(100), tonnes(110), up(10, approximate=True), "uncertain"),
        (tonnes(100), tonnes(110), up(5, approximate=True), "uncertain"),
        (tonnes(100) | {"approximate": True}, tonnes(110), up(5), "uncertain"),
        (tonnes(100) | {"status": "plan"}, tonnes(110), up(5), "uncertain"),
        (tonnes(100), tonnes(110), up(5, sentence="就业比上年增长5%。"), "contradicts"),
        (tonnes(100), tonnes(110), up(5, sentence="就业比2020年增长5%。"), "contradicts"),
        (tonnes(100), tonnes(110), up(5, sentence="就业同比增长5%。"), "contradicts"),
        (tonnes(100), tonnes(110), up(5, sentence="就业增长5%（同口径增长9%）。"), "contradicts"),
        (tonnes(100), tonnes(110), up(5, sentence="就业增长5%，高于全国水平。"), "contradicts"),
        (
            tonnes(100),
            tonnes(110),
            up(5, sentence="工业比2015年增长40%，就业较快增长5%。"),
            "contradicts",
        ),
    ],
)
def test_a_stated_change_against_the_earlier_report(
    before: dict[str, Any], after: dict[str, Any], change: dict[str, Any], verdict: str
) -> None:
    found, reason = checked(before, after, change)
    assert found == verdict
    assert bool(reason) == (verdict != "agrees")
    if verdict == "contradicts":
        assert reason.startswith("the values give ")
        assert ";" not in reason


def test_the_reason_says_what_the_values_give() -> None:
    assert checked(tonnes(100), tonnes(110), up(5)) == ("contradicts", "the values give +10%")
    assert checked({"value": 95}, {"value": 114}, up(21, "人"))[1] == "the values give +19人"
    assert "the stated change is at comparable prices" in checked(
        tonnes(100), tonnes(110), up(5, sentence="就业按可比口径增长5%。")
    )[1].split("; ")


def test_growth_of_what_is_by_custom_at_comparable_prices() -> None:
    name = {"indicator": "地区生产总值"}
    found = checked(
        {"value": 100, "unit": "元", **name},
        {"value": 120, "unit": "元", **name},
        up(5, sentence="地区生产总值增长5%。", **name),
    )
    assert found[0] == "uncertain"
    assert "such growth is by custom at comparable prices" in found[1]


def test_a_base_that_was_revised_is_no_contradiction() -> None:
    rows = years(
        stated(100, report="丁县2020", year=2020),
        stated(105, year=2020),
        stated(110),
        stated(**CHANGE | up(4.8)),
    )
    [found] = rows[-1].stated
    assert found.verdict == "uncertain"
    assert "reports give several values for 2020" in found.reason


def test_without_an_earlier_value_nothing_is_checked() -> None:
    [row] = years(stated(110), stated(**CHANGE | up(5)))
    assert [(one.verdict, one.reason) for one in row.stated] == [("unchecked", "no value for 2020")]
    assert row.verdict == "unchecked"


def test_the_planned_growth_is_not_that_of_the_result() -> None:
    rows = years(
        stated(100, report="丁县2020", year=2020),
        stated(110),
        stated(**CHANGE | up(5, status="plan")),
        stated(**CHANGE | up(10)),
        stated(**CHANGE | up(10, n=7)),
    )
    assert [(one.value, one.verdict) for one in rows[-1].stated] == [(10, "agrees")]


def test_the_growth_of_another_place_or_indicator_is_not_taken() -> None:
    rows = years(
        stated(100, report="丁县2020", year=2020),
        stated(110),
        stated(**CHANGE | up(5, report="戊县2021")),
        stated(**CHANGE | up(6, indicator="失业")),
    )
    assert rows[-1].stated == ()


# -- region with region --------------------------------------------------------------------------


def test_regions_of_one_year_are_ranked() -> None:
    found = regions(
        stated(10, report="甲县2021"),
        stated(30, report="乙县2021"),
        stated(10, report="丙县2021"),
        stated(50, report="丁市2021", level="city"),
        stated(60, report="戊县2021", status="plan"),
        stated(70, report="己县2021", year=2020),
    )
    assert [(row.region, row.rank, row.of) for row in found] == [
        ("乙县", 1, 3),
        ("丙县", 2, 3),
        ("甲县", 2, 3),
    ]
    assert [row.share for row in found] == [60, 20, 20]
    assert [row.difference for row in found] == [13.3333, -6.6667, -6.6667]


@pytest.mark.parametrize(
    ("indicator", "unit"),
    [("满意率", "%"), ("人均收入", "元"), ("空气质量指数", ""), ("投资", "元/人"), ("增速", "‰")],
)
def test_what_does_not_add_up_has_no_share(indicator: str, unit: str) -> None:
    found = regions(
        stated(10, unit, "甲县2021", indicator=indicator),
        stated(30, unit, "乙县2021", indicator=indicator),
    )
    assert [row.share for row in found] == [None, None]
    assert [row.difference for row in found] == [10, -10]


def test_totals_and_averages_of_several_years_are_ranked_apart() -> None:
    found = regions(
        stated(100, report="甲县2026", **FIVE_YEARS),
        stated(120, report="乙县2026", **FIVE_YEARS),
        stated(20, report="丙县2026", **FIVE_YEARS | {"period": "年均"}),
        stated(30, report="丁县2026", **FIVE_YEARS | {"period": "每年"}),
        stated(9, report="甲县2021"),
        stated(8, report="乙县2021"),
    )
    assert [(row.period, row.region, row.rank) for row in found] == [
        ("2021", "甲县", 1),
        ("2021", "乙县", 2),
        ("2021–2025", "乙县", 1),
        ("2021–2025", "甲县", 2),
        ("2021–2025", "丁县", 1),
        ("2021–2025", "丙县", 2),
    ]
    assert [row.share is None for row in found] == [False] * 4 + [True] * 2


def test_only_years_that_are_asked_for() -> None:
    rows = [stated(1, year=year, report=f"丁县{year}") for year in (2019, 2020, 2021)]
    assert [row.year for row in years(*rows, years=(2020, 2020))] == [2020]
    assert years(*rows, years=(2020, 2020))[0].before
    assert len(years(*rows, limit=2)) == 2
    assert compare([], "year") is None
    with pytest.raises(QueryError, match="compare by year or region"):
        compare(rows, "decade")  # type: ignore[arg-type]


# -- the library and the command -----------------------------------------------------------------

REPORTS = {
    "甲县2020": "甲县2020年工作总结\n一、农业\n全年粮食产量达到20万吨。\n",
    "甲县2021": "甲县2021年工作总结\n一、农业\n全年粮食产量达到4.4亿斤，比上年增长10%。\n",
    "甲县2022": "甲县2022年工作总结\n一、农业\n全年粮食产量达到24万吨，增长3.2%。\n",
    "乙县2021": "乙县2021年工作总结\n一、农业\n全年粮食产量达到30万吨。\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("comparing")
    for name, text in REPORTS.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    library = gongwen.open(folder / "library")
    library.add(folder)
    return library


@pytest.fixture
def run(library: Library, gongwen_in: Callable[..., Any]) -> Any:
    return gongwen_in(library.folder)


def test_the_library_compares_reports_with_each_other(library: Library) -> None:
    found = library.compare_figures("year", indicators="粮食产量", units="万吨", years="2021..")
    assert found
    assert found.pivot.unit == "万吨"
    assert [
        (row.region, row.year, row.change, row.verdict)
        for row in found.rows
        if isinstance(row, YearChange)
    ] == [("乙县", 2021, None, ""), ("甲县", 2021, 2, "agrees"), ("甲县", 2022, 2, "contradicts")]
    found = library.compare_figures("region", indicators="粮食产量", years=2021)
    assert found
    assert [(row.region, row.rank) for row in found.rows if isinstance(row, RegionStanding)] == [
        ("乙县", 1),
        ("甲县", 2),
    ]
    assert library.compare_figures("year", indicators="没有的指标") is None


def test_every_format_has_the_places_of_both_values(run: Any, tmp_path: Path) -> None:
    arguments = ("figures", "--indicator", "粮食产量", "--unit", "万吨", "--compare", "year")
    found = run(*arguments, "--format", "json").json()
    row = next(one for one in found["rows"] if (one["region"], one["year"]) == ("甲县", 2022))
    assert (row["value"], row["value_before"], row["change"], row["rate"]) == (24, 22, 2, 9.0909)
    assert (row["verdict"], row["note_before"]) == ("contradicts", "from 斤")
    assert (row["place"], row["place_before"]) == ("甲县2022:3", "甲县2021:3")
    assert "《甲县2021年工作总结》" in row["citation_before"]
    assert "4.4亿斤" in row["sentence_before"]
    assert row["stated"][0]["reason"] == "the values give +9.09%"
    lines = run(*arguments, "--format", "jsonl").lines()
    assert [{"of": "粮食产量", **one} for one in found["rows"]] == lines
    path = tmp_path / "x.csv"
    assert run(*arguments, "-o", str(path)).code == 0
    [written] = [
        one
        for one in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
        if (one["region"], one["year"]) == ("甲县", "2022")
    ]
    assert (written["stated"], written["verdict"], written["place_before"]) == (
        "+3.2%" if written["stated"].startswith("+") else "'+3.2%",
        "contradicts",
        "甲县2021:3",
    )
    path = tmp_path / "x.xlsx"
    assert run(*arguments, "-o", str(path)).code == 0
    heads, *rows = load_workbook(path).active.iter_rows(values_only=True)
    known = [dict(zip(heads, one, strict=True)) for one in rows]
    assert {(one["年份"], one["数值"], one["上年数值"]) for one in known} == {
        (2020, 20, None),
        (2021, 22, 20),
        (2021, 30, None),
        (2022, 24, 22),
    }


def test_the_table_says_what_does_not_agree(run: Any) -> None:
    done = run("figures", "--indicator", "粮食产量", "--unit", "万吨", "--compare", "year")
    assert "+3.2%" in done.out
    assert "contradicts; the values give +9.09%; 甲县2022:3" in done.out
    assert "甲县 2022 甲县2022:3; 2021 甲县2021:3" in done.out
    assert "← converted to 万吨 from 斤 (1)" in done.err
    done = run("figures", "--indicator", "粮食产量", "--compare", "region", "--year", "2021")
    words = done.out.split()
    assert [word for word in words if word.endswith("/2")] == ["1/2", "2/2"]
    assert "乙县2021:3" in done.out
    done = run("figures", "--indicator", "没有的指标", "--compare", "year")
    assert (done.out, done.err) == ("", "no figures to compare\n")


def test_a_matrix_of_real_reports_has_no_false_contradiction(real_library: Library) -> None:
    for indicator in ("城镇新增就业", "粮食产量", "一般公共预算收入", "地区生产总值"):
        found = real_library.compare_figures("year", indicators=indicator)
        assert found
        changes = [row for row in found.rows if isinstance(row, YearChange)]
        assert changes
        assert "contradicts" not in {row.verdict for row in changes}, indicator
