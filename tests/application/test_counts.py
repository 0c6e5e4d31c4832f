"""The counts command and ``Library.counts``: exact, complete, and legible in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import gongwen
from gongwen import Library, QueryError, Report, UnknownNameError
from gongwen.cli.text_width import columns

from .conftest import Command

FACETS = (
    "topic", "role", "unit", "report", "region", "province", "city", "county", "level", "year",
    "kind", "agency",
)  # fmt: skip

# -- the real reports, against a plain count ------------------------------------------------------


@pytest.fixture(scope="module")
def reports(real_library: Library) -> Mapping[str, Report]:
    return {report.id: report for report in real_library.reports()}


@pytest.fixture(scope="module")
def rows(real_library: Library) -> list[dict[str, Any]]:
    return [row for row in real_library.export_rows() if row["kind"] != "boilerplate"]


@pytest.fixture(scope="module")
def singles(real_library: Library) -> Mapping[str, Mapping[str | None, int]]:
    """The counts by each facet alone."""
    tables = {facet: real_library.counts(by=facet) for facet in FACETS}
    return {
        facet: {at[0]: cell.count for at, cell in table.cells.items()}
        for facet, table in tables.items()
    }


def place(report: Report, facet: str) -> str:
    if name := getattr(report, facet):
        return str(name)
    if report.level == "national":
        return "全国"
    return "上海市" if facet == "city" and report.province == "上海市" else "省级"


def values(row: Mapping[str, Any], report: Report, facet: str) -> Sequence[str | int]:
    match facet:
        case "topic":
            return (row["topic"], *row["also"])
        case "unit":
            return (row["kind"],)
        case "role" | "report":
            return (row[facet],)
        case "region" | "province" | "city" | "county":
            return (place(report, facet),)
        case _:
            return (getattr(report, facet),)


def plain(
    found: list[dict[str, Any]], reports: Mapping[str, Report], by: Sequence[str]
) -> dict[tuple[str | int, ...], int]:
    counts: defaultdict[tuple[str | int, ...], int] = defaultdict(int)
    for row in found:
        for cell in product(*(values(row, reports[row["report"]], facet) for facet in by)):
            counts[cell] += 1
    return dict(counts)


def cells(table: Any) -> dict[tuple[str | int, ...], int]:
    """Return the counts by the values of their cell, without those that are 0."""
    by = table.by
    return {
        tuple(row[facet] for facet in by): row["count"] for row in table.to_dicts() if row["count"]
    }


@pytest.mark.parametrize("by", list(combinations(FACETS, 2)), ids="-".join)
def test_every_pair_of_facets_is_counted_as_one_by_one(
    real_library: Library,
    reports: Mapping[str, Report],
    rows: list[dict[str, Any]],
    singles: Mapping[str, Mapping[str | None, int]],
    by: tuple[str, str],
) -> None:
    table = real_library.counts(by=by)
    assert cells(table) == plain(rows, reports, by)
    assert table.total == len(rows)
    for facet in by:  # totals count each sentence once, so they are the counts by one facet
        at = by.index(facet)
        totals = {cell[at]: c.count for cell, c in table.totals.items() if cell[at] is not None}
        assert totals == singles[facet]


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("粮食", ("year", "level", "role")),
        ("改革", ("topic", "role", "province")),
        ("“依法行政”", ("year", "unit", "topic")),
        ("2020年", ("report", "topic", "unit")),
    ],
)
def test_three_facets_of_what_a_search_finds(
    real_library: Library,
    reports: Mapping[str, Report],
    rows: list[dict[str, Any]],
    query: str,
    by: tuple[str, ...],
) -> None:
    hits = real_library.search(query, limit=50_000, synonyms="never", group=False)
    places = {hit.place for hit in hits}
    found = [row for row in rows if f"{row['report']}:{row['n']}" in places]
    table = real_library.counts(query, by=by, share=True)
    assert table.total == hits.total == len(found) > 10
    assert cells(table) == plain(found, reports, by)
    everything = plain(rows, reports, by)
    assert {tuple(row[f] for f in by): row["of"] for row in table.to_dicts()} == everything
    assert all(
        row["share"] == pytest.approx(100 * row["count"] / row["of"], abs=1e-4)
        for row in table.to_dicts()
    )


@pytest.mark.parametrize(
    "filters",
    [
        {"topics": "行政执法"},
        {"topics": ["复议", "enforcement"], "roles": "问题"},
        {"years": (2013, 2019)},
        {"regions": "陕西"},
        {"fields": {"省": ["陕西", "甘肃"], "级别": "省"}},
        {"reports": "2019-国务院-政府工作报告", "min_probability": 0.9},
        {"kinds": "heading"},
        {"kinds": ["boilerplate"]},
        {"kinds": "政府工作报告"},
    ],
    ids=str,
)
@pytest.mark.parametrize("query", ["", "发展", "发展 -经济"])
def test_the_filters_are_those_of_a_search(
    real_library: Library, filters: dict[str, Any], query: str
) -> None:
    table = real_library.counts(query, by=["年份", "主题"], **filters)
    found = real_library.search(query, limit=0, counts=["年份"], synonyms="never", **filters)
    assert table.total == found.total
    by_year = {at[0]: cell.count for at, cell in table.totals.items() if at[1] is None}
    assert {year: n for year, n in by_year.items() if year and n} == found.counts["year"]


def test_a_query_of_several_words_has_unbroken_ones(real_library: Library) -> None:
    table = real_library.counts("粮食生产", by="year")
    unbroken = real_library.counts("“粮食生产”", by="year")
    assert table.total > table.total_exact == unbroken.total > 0
    assert all(
        cell.exact == (unbroken.cells[at].count if at in unbroken.cells else 0)
        for at, cell in table.cells.items()
    )
    single = real_library.counts("粮食", by="year")
    assert single.total_exact == single.total


def test_shares_of_topics_are_of_all_sentences_of_the_reports(real_library: Library) -> None:
    everything = {at: c.count for at, c in real_library.counts(by="省").cells.items()}
    for table in (
        real_library.counts(topics="复议", by="省", share=True),
        real_library.counts("topic:复议", by="省", share=True),
    ):
        assert table.share_of == "reports"
        assert {at: cell.of for at, cell in table.cells.items()} == everything
    crossed = real_library.counts(by=["省", "主题"], share=True)
    assert all(cell.of == everything[at[0],] for at, cell in crossed.cells.items())
    assert crossed["陕西省", "reconsideration"] == crossed.cells["陕西省", "reconsideration"]
    assert crossed["陕西省", None].share == 100  # type: ignore[union-attr]


def test_shares_of_years_alone_are_of_the_whole(real_library: Library) -> None:
    table = real_library.counts(by="年份", share=True)
    assert table.share_of == "all"
    assert {cell.of for cell in table.cells.values()} == {table.total}
    assert sum(cell.share or 0 for cell in table.cells.values()) == pytest.approx(100, abs=0.01)


# -- invented reports -----------------------------------------------------------------------------

LAWYERS = "全县配备公职律师三名。"
TEXTS: dict[str, tuple[str, dict[str, str]]] = {
    # id: text below the title, and what is known of the report
    "jia-2020": ("办理行政复议案件4件。", {"region": "甲县", "county": "甲县", "year": "2020"}),
    "jia-2021": (LAWYERS, {"region": "甲县", "county": "甲县", "year": "2021"}),
    "yi-2021": (LAWYERS, {"region": "乙县", "county": "乙县", "year": "2021"}),
    "bing-2020": (LAWYERS, {"region": "丙县", "county": "丙县", "year": "2020"}),
    "bing-2021": ("公开政务信息3条。", {"region": "丙县", "county": "丙县", "year": "2021"}),
    "ding": (LAWYERS, {"region": "", "county": "", "level": "county", "year": ""}),
    "span": ("推行公职律师制度。", {"region": "甲县", "county": "甲县", "year": "2018-2020"}),
    "gulou-n": ("配备公职律师。", {"region": "鼓楼区", "county": "鼓楼区", "city": "南京市",
                                  "province": "江苏省", "year": "2021"}),
    "gulou-f": ("设置公职律师。", {"region": "鼓楼区", "county": "鼓楼区", "city": "福州市",
                                  "province": "福建省", "year": "2021"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("invented")
    for name, other, (text, _known) in zip(
        TEXTS, "春夏秋冬东西南北中", TEXTS.values(), strict=True
    ):
        whole = f"法治政府建设工作总结\n{text}\n{other * 60}。\n"  # else copies
        (folder / f"{name}.txt").write_text(whole, "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add(folder)
        for name, (_text, known) in TEXTS.items():
            library.describe(name, **known)
        yield library


def test_which_counties_have_it_in_one_year_and_not_in_the_other(invented: Library) -> None:
    table = invented.counts("公职律师", by="县,年份", years=(2020, 2021))
    new = [
        county
        for county in table.labels[0]
        if (before := table[county, 2020])
        and not before.count
        and (now := table[county, 2021])
        and now.count
    ]
    assert new == ["甲县"]
    assert table["乙县", 2020] is None  # no report, so it cannot be said
    assert table["丙县", 2021].count == 0  # type: ignore[union-attr]


def test_a_short_list_has_its_zeros(run: Command) -> None:
    arguments = ("counts", "公职律师", "--by", "报告")
    whole = run(*arguments, "--format", "json").json()["cells"]
    lines = run(*arguments).out.splitlines()[2:-1]
    assert len(lines) == len(TEXTS)
    zeros = sum(cell["count"] == 0 for cell in whole)
    assert sum(line.split()[-1] == "0" for line in lines) == zeros > 0


def test_names_that_several_places_have_stay_apart(invented: Library) -> None:
    for facet in ("县", "地区"):
        table = invented.counts("公职律师", by=facet)
        assert table["南京市鼓楼区"].count == table["福州市鼓楼区"].count == 1  # type: ignore[union-attr]
        assert table["鼓楼区"] is None


def test_unknown_values_are_the_last_and_not_dropped(invented: Library) -> None:
    table = invented.counts("公职律师", by=["年份", "地区"])
    assert table.labels[0] == ("2018-2020", "2020", "2021", "")
    assert table.labels[1][-1] == ""
    assert table["", ""].count == 1  # type: ignore[union-attr]
    assert table.to_dicts()[-1]["year"] == ""


def test_copies_count_once_when_asked_for(invented: Library) -> None:
    table = invented.counts("“全县配备公职律师三名”", by="年份", share=True, distinct=True)
    assert (table.total, table.total_distinct) == (4, 1)
    assert {at[0]: (c.count, c.distinct) for at, c in table.cells.items() if c.count} == {
        "2020": (1, 1), "2021": (2, 1), "": (1, 1),
    }  # fmt: skip
    year = table["2021"]
    assert year is not None
    assert year.measured == 1
    # The title is one sentence of all five reports of 2021.
    assert year.share == pytest.approx(100 / year.of, abs=1e-4)
    assert year.of < invented.counts(by="年份")["2021"].count  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("by", "facets"),
    [
        ("县,年份", ("county", "year")),
        ("县，年份、主题", ("county", "year", "topic")),
        (["省份", "province"], ("province",)),
        (["句类", "role"], ("unit", "role")),
        ("REGION;Year", ("region", "year")),
    ],
)
def test_facets_in_both_languages(
    invented: Library, by: str | list[str], facets: tuple[str, ...]
) -> None:
    assert invented.counts(by=by).by == facets


def test_what_cannot_be_counted_by_is_an_error(invented: Library) -> None:
    with pytest.raises(QueryError, match="1 to 3"):
        invented.counts(by="topic,role,year,region")
    with pytest.raises(QueryError, match="1 to 3"):
        invented.counts(by=[])
    with pytest.raises(QueryError, match="counts must be"):
        invented.counts(by="颜色")
    with pytest.raises(UnknownNameError):
        invented.counts(by="year", topics="没有的主题")


def test_rows_by_count_and_the_largest(invented: Library) -> None:
    table = invented.counts("公职律师", by="县", sort="count")
    counts = [table.measured((row,)) for row in table.labels[0]]
    assert counts == sorted(counts, reverse=True)
    largest = invented.counts("公职律师", by="县").largest(1)
    assert largest.labels == (("甲县",),)
    assert largest.left_out == (len(table.labels[0]) - 1, table.total - 2)
    assert largest.total == table.total
    assert largest.to_dict()["left_out"] == {"rows": largest.left_out[0], "count": table.total - 2}


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def run(invented: Library, gongwen_in: Callable[[Path], Command]) -> Command:
    return gongwen_in(invented.folder)


@pytest.fixture
def real(real_library: Library, gongwen_in: Callable[[Path], Command]) -> Command:
    return gongwen_in(real_library.folder)


def test_a_table_tells_none_from_nothing(run: Command) -> None:
    ran = run("counts", "公职律师", "--by", "县,年份", "--year", "2020..2021")
    lines = [re.split(r"\s{2,}", line.strip()) for line in ran.out.splitlines()]
    assert ["甲县", "1", "0", "1", "2"] in lines  # 2018-2020, 2020, 2021, and both
    assert ["丙县", "1", "0", "1"] in lines
    assert ["乙县", "1", "1"] in lines
    assert "an empty cell" in ran.err
    assert "6 sentences with all of the words" in ran.err


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "arguments",
    [
        ("粮食", "--by", "省,年份"),
        ("--by", "地区,主题", "--share"),
        ("改革", "--by", "级别,主题,年份", "--share"),
        ("改革", "--by", "主题"),
        ("改革", "--by", "报告,角色"),
    ],
    ids=" ".join,
)
def test_tables_fit_and_have_every_count(
    real: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    width: int,
) -> None:
    monkeypatch.setattr("gongwen.cli.counts.width", lambda: width)
    monkeypatch.setattr("gongwen.cli.output.width", lambda: width)
    ran = real("counts", *arguments)
    table = real("counts", *arguments, "--format", "json").json()
    assert max(map(columns, ran.out.splitlines())) <= width
    numbers = re.findall(r"(?<![\d.%-])\d+(?![\d.%-])", re.sub(r"\d+/|\d\d\d\d-\S+", " ", ran.out))
    if "--share" not in arguments:
        for cell in table["cells"]:
            assert str(cell["count"]) in numbers or not cell["count"]
    assert str(table["total"]) in ran.out


def test_nothing_is_found_and_nothing_widened(run: Command) -> None:
    ran = run("counts", "火星移民", "--by", "年份")
    assert ran.code == 0
    assert ran.out == ""
    assert "never widened" in ran.err


def test_csv_as_a_table_and_a_line_for_each_cell(run: Command, tmp_path: Path) -> None:
    arguments = ("counts", "公职律师", "--by", "县,年份", "--year", "2020..2021", "--share")
    ran = run(*arguments, "--format", "csv", "--long")
    long = list(csv.DictReader(io.StringIO(ran.out.removeprefix("\ufeff"))))
    whole = run(*arguments, "--format", "json").json()
    assert [{k: str(v) for k, v in row.items()} for row in whole["cells"]] == long
    assert run(*arguments, "--format", "jsonl").lines() == whole["cells"]
    ran = run("counts", "公职律师", "--by", "县,年份", "-o", str(tmp_path / "表.csv"))
    assert ran.code == 0
    text = (tmp_path / "表.csv").read_text("utf-8-sig")
    table = {row["县"]: row for row in csv.DictReader(io.StringIO(text))}
    assert list(next(iter(table.values()))) == ["县", "2018-2020", "2020", "2021", "未知", "合计"]
    assert table["甲县"]["2020"] == "0"
    assert table["乙县"]["2020"] == ""
    assert table["合计"]["合计"] == "7"


def test_a_workbook_has_numbers_and_chinese_heads(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    assert run("counts", "公职律师", "--by", "县,年份", "--share", "-o", str(path)).code == 0
    book = load_workbook(path)
    assert book.sheetnames == ["句数", "占比%", "全部句数", "明细", "说明", "列名"]
    sheet = book["句数"]
    head, *lines = sheet.iter_rows(values_only=True)
    assert head == ("县", "2018-2020", 2020, 2021, "未知", "合计")
    table = {line[0]: line[1:] for line in lines}
    assert table["甲县"] == (1, 0, 1, None, 2)
    assert table["合计"] == (1, 1, 4, 1, 7)
    assert sheet.freeze_panes == "B2"
    assert {row[0]: row for row in book["占比%"].iter_rows(values_only=True)}["甲县"][2] == 0
    detail = list(book["明细"].iter_rows(values_only=True))
    assert detail[0] == ("县", "年份", "句数", "连写句数", "不同句数", "全部句数", "占比%")
    assert ("甲县", 2021, 1, 1, 1, 3, 33.3333) in detail
    names = list(book["列名"].iter_rows(values_only=True))
    assert ("明细", "连写句数", "exact") in names


def test_topics_have_their_chinese_names_in_files_for_people(real: Command, tmp_path: Path) -> None:
    path = tmp_path / "主题.xlsx"
    assert real("counts", "复议", "--by", "年份,角色,主题", "-o", str(path)).code == 0
    book = load_workbook(path)
    head, *lines = book["句数"].iter_rows(values_only=True)
    assert head[:3] == ("主题", "年份", "举措与成效")
    assert {"行政复议与行政应诉", "合计"} <= {line[0] for line in lines}
    whole = real("counts", "复议", "--by", "主题", "--format", "json").json()
    assert whole["names"]["topic"]["reconsideration"] == "行政复议与行政应诉"
    assert "reconsideration" in {cell["topic"] for cell in whole["cells"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("公职律师",), "one to three facets"),
        (("--by", "主题,角色,年份,地区"), "one to three facets"),
        (("--by", "颜色"), "counts must be"),
        (("--by", "年份", "--long"), "goes with CSV"),
        (("--by", "年份", "--limit", "0"), "limit"),
        (("--by", "年份,角色,主题", "--plot", "x.png"), "one facet or two"),
    ],
    ids=str,
)
def test_options_that_do_not_go(run: Command, arguments: tuple[str, ...], said: str) -> None:
    ran = run("counts", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_what_a_limit_leaves_out_is_said(run: Command) -> None:
    ran = run("counts", "公职律师", "--by", "县", "--limit", "1")
    assert "甲县" in ran.out
    assert "乙县" not in ran.out
    assert "with 5 sentences are left out" in ran.err
    whole = run("counts", "公职律师", "--by", "县", "--limit", "1", "--format", "json").json()
    assert whole["left_out"]["count"] == 5
    assert whole["total"] == 7


def test_the_json_of_a_table(run: Command) -> None:
    whole = run("counts", "公职律师", "--by", "年份", "--share", "--format", "json").json()
    assert {name: whole[name] for name in ("query", "by", "total", "total_exact", "share_of")} == {
        "query": "公职律师", "by": ["year"], "total": 7, "total_exact": 7, "share_of": "cell",
    }  # fmt: skip
    assert whole["cells"][2] == {
        "year": 2021, "count": 4, "exact": 4, "distinct": whole["cells"][2]["distinct"],
        "of": 15, "share": 26.6667,
    }  # fmt: skip
    assert whole["totals"] == [
        {"year": None, "count": 7, "exact": 7, "distinct": whole["total_distinct"],
         "of": whole["of"], "share": pytest.approx(700 / whole["of"], abs=1e-4)}
    ]  # fmt: skip
    assert json.dumps(whole)


# -- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "elements", "words"),
    [
        (("改革", "--by", "主题"), {"bar": 13}, ["放管服改革与政府职能"]),
        (("改革", "--by", "年份", "--share"), {"bar": 23}, ["1979", "5.3%"]),
        (("改革", "--by", "年份,角色"), {"mark": 80, "join": 70}, ["举措与成效", "2026"]),
        (("粮食", "--by", "角色,年份", "--year", "2021.."), {"bar": 4}, ["2021", "下一步安排"]),
        (("粮食", "--by", "省,年份"), {"cell": 37}, ["陕西省", "1979"]),
        (("--by", "主题,省", "--share"), {"cell": 14 * 16}, ["新疆维吾尔自治区", "其他"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_picture_has_every_cell(
    real: Command,
    tmp_path: Path,
    arguments: tuple[str, ...],
    elements: dict[str, int],
    words: list[str],
) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    path = tmp_path / "图.svg"
    assert real("counts", *arguments, "--plot", str(path)).code == 0
    svg = path.read_text("utf-8")
    for kind, least in elements.items():
        assert svg.count(f'class="{kind}"') >= least
    assert all(word in svg for word in words)
    png = path.with_suffix(".png")
    ran = real("counts", *arguments, "--plot", str(png))
    if ran.code == 0:  # else no font here has Chinese characters
        assert png.read_bytes()[:4] == b"\x89PNG"


def test_a_picture_names_what_it_cannot_show(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    ran = run("counts", "公职律师", "--by", "年份", "--plot", str(tmp_path / "图.html"))
    assert ran.code == 1
    assert ".png or .svg" in ran.err
    monkeypatch.setattr("gongwen.render.plot.find_spec", lambda name: None)
    ran = run("counts", "公职律师", "--by", "年份", "--plot", str(tmp_path / "图.svg"))
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "pip install matplotlib" in ran.err
