"""Fields of reports as filters and facets, from the one table that declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import gongwen
from gongwen import Library, QueryError, UnknownNameError
from gongwen.nlp.fields import FIELDS

TEXTS = {
    "武功县": "武功县2020年法治政府建设工作总结\n办理行政复议案件4件。\n武功县司法局\n",
    "杨陵区": "杨陵区2019年法治政府建设情况报告\n办理行政复议案件6件。\n杨陵区人民政府\n",
    "陇县": "陇县2020年法治政府建设情况报告\n全年办理行政复议案件9件。\n陇县司法局\n2021年2月1日\n",
    "国务院": "2020年国务院政府工作报告\n全年办理行政复议案件八千件。\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("fields")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    with gongwen.open(folder / "library") as opened:
        outcomes = opened.add(folder)
        assert len(outcomes) == len(TEXTS)
        opened.describe("武功", agency="武功县司法局")
        opened.describe("陇县", agency="陇县司法局")
        yield opened


QUERIES: list[tuple[str, set[str]]] = [
    ("省:陕西省", {"武功县", "杨陵区", "陇县"}),
    ("province:陕西", {"武功县", "杨陵区", "陇县"}),
    ("省：陝西", {"武功县", "杨陵区", "陇县"}),
    ("PROVINCE:陕西 年:2020", {"武功县", "陇县"}),
    ("市:咸阳市", {"武功县", "杨陵区"}),
    ("city:宝鸡", {"陇县"}),
    ("县:武功", {"武功县"}),
    ("county:陇县", {"陇县"}),
    ("级别:县", {"武功县", "杨陵区", "陇县"}),
    ("level:county", {"武功县", "杨陵区", "陇县"}),
    ("级别:全国", {"国务院"}),
    ("发文机关:司法局", {"武功县", "陇县"}),
    ("agency:武功县司法局", {"武功县"}),
    ("发文机关：司灋局", set()),
    ("文种:情况报告", {"杨陵区", "陇县"}),
    ("kind:工作总结", {"武功县"}),
    ("类型:报告", {"杨陵区", "陇县", "国务院"}),
    ("地区:陕西省", {"武功县", "杨陵区", "陇县"}),
    ("region:咸阳", {"武功县", "杨陵区"}),
    ("region:咸阳市", {"武功县", "杨陵区"}),
    ("region:陕西省武功县", {"武功县"}),
    ("region:陕西咸阳武功", {"武功县"}),
    ("region:陕西省咸阳市", {"武功县", "杨陵区"}),
    ("region:陕西省杨凌", set()),
    ("發文機關﹕司法局", {"武功县", "陇县"}),
    ("級別:縣", {"武功县", "杨陵区", "陇县"}),
    ("ＰＲＯＶＩＮＣＥ：陕西", {"武功县", "杨陵区", "陇县"}),
    ('省:"　"', set()),
    ("地区:全国", {"国务院"}),
    ("年份:2018..2019", {"杨陵区"}),
    ("-省:陕西", {"国务院"}),
    ("NOT 市:咸阳 级别:县", {"陇县"}),
    ("市:咸阳 OR 级别:全国", {"武功县", "杨陵区", "国务院"}),
    ("-发文机关:司法局 省:陕西", {"杨陵区"}),
    ('省:"陕西省" 发文机关:"司法局"', {"武功县", "陇县"}),
]


def found(results: gongwen.Results) -> set[str]:
    return {name for hit in results for name in TEXTS if hit.report.source.endswith(f"{name}.txt")}


@pytest.mark.parametrize(("query", "reports"), QUERIES)
def test_filters_in_a_query(library: Library, query: str, reports: set[str]) -> None:
    assert found(library.search(f'"行政复议案件" {query}', limit=100, group=False)) == reports


@pytest.mark.parametrize(
    ("fields", "reports"),
    [
        ({"province": "陕西"}, {"武功县", "杨陵区", "陇县"}),
        ({"省": ["陕西"], "agency": ["司法局"]}, {"武功县", "陇县"}),
        ({"city": ["咸阳", "宝鸡"]}, {"武功县", "杨陵区", "陇县"}),
        ({"level": "national"}, {"国务院"}),
        ({"kind": ["工作总结", "政府工作报告"]}, {"武功县", "国务院"}),
        ({"agency": []}, set(TEXTS)),
        ({"地區": "咸阳"}, {"武功县", "杨陵区"}),
        ({"文种": "工作总结"}, {"武功县"}),
        ({"year": 2019}, {"杨陵区"}),
    ],
)
def test_filters_in_python(
    library: Library, fields: dict[str, str | list[str]], reports: set[str]
) -> None:
    assert found(library.search('"行政复议案件"', fields=fields, group=False)) == reports
    assert {row.report.id for row in library.figures('"行政复议案件"', fields=fields)} == {
        hit.report.id for hit in library.search('"行政复议案件"', fields=fields, group=False)
    }
    if any(fields.values()):
        listed = {report.id for report in library.reports(fields=fields)}
        assert listed == {
            hit.report.id for hit in library.search(fields=fields, limit=100, group=False)
        }


@pytest.mark.parametrize(
    "wrong",
    [{"fields": {"agency": None}}, {"fields": "甲"}, {"fields": {1: "甲"}}, {"topics": 5.0}],
)
def test_what_cannot_be_a_condition_is_an_error_of_ours(
    library: Library, wrong: dict[str, Any]
) -> None:
    with pytest.raises(QueryError):
        library.search("执法", **wrong)


def test_regions_and_fields_add_up(library: Library) -> None:
    found_there = library.search(
        '"行政复议案件"', regions="宝鸡", fields={"地区": "咸阳"}, group=False
    )
    assert found(found_there) == {"武功县", "杨陵区", "陇县"}


def test_what_is_no_filter_is_text(library: Library) -> None:
    assert found(library.search("报告:情况", group=False)) == {"杨陵区", "陇县"}  # both words


@pytest.mark.parametrize("name", ["title", "标题", "天气", "kind_as_written"])
def test_what_is_no_filter_is_an_error_in_python(library: Library, name: str) -> None:
    with pytest.raises(QueryError, match="province"):
        library.search("执法", fields={name: "甲"})


@pytest.mark.parametrize(
    ("query", "near"),
    [("级别:星系", "county 县"), ("kind:诗歌", "工作总结"), ("kind:sentense", "sentence")],
)
def test_an_unknown_level_or_kind_is_an_error(library: Library, query: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=near):
        library.search(query)


FACETS: list[tuple[str, dict[str, int]]] = [
    ("province", {"陕西省": 3}),
    ("省", {"陕西省": 3}),
    ("city", {"咸阳市": 2, "宝鸡市": 1}),
    ("level", {"county": 3, "national": 1}),
    ("kind", {"情况报告": 2, "工作总结": 1, "政府工作报告": 1}),
    ("年份", {"2020": 3, "2019": 1}),
    ("unit", {"sentence": 4}),
]


@pytest.mark.parametrize(("facet", "counts"), FACETS)
def test_facets(library: Library, facet: str, counts: dict[str, int]) -> None:
    results = library.search('"行政复议案件"', counts=[facet], limit=1)
    [(name, counted)] = results.counts.items()
    assert name.isascii()
    assert counted == counts


def test_every_facet_agrees_with_its_filter(library: Library) -> None:
    for one in FIELDS:
        if one.facet:
            results = library.search('"行政复议案件"', counts=[one.name])
            assert results.counts[one.name]
            for value, count in results.counts[one.name].items():
                again = library.search('"行政复议案件"', fields={one.name: value})
                assert again.total == count, (one.name, value)


def test_the_options_of_the_commands(library: Library, gongwen_in: Callable[..., Any]) -> None:
    run = gongwen_in(library.folder)
    for command in (
        ["search", '"行政复议案件"', "--format", "json", "--counts", "市,topic"],
        ["figures", '"行政复议案件"', "--format", "json"],
        ["reports", "--format", "json"],
    ):
        options = [
            "--province",
            "陕西",
            "--agency",
            "司法局",
            "--level",
            "县",
            "--kind",
            "工作总结",
        ]
        answer = run(*command, *options).json()
        [rows] = [answer[key] for key in ("hits", "figures", "reports") if key in answer]
        assert {row["title"][:3] for row in rows} == {"武功县"}
    assert run("reports", "--counts", "省,kind", "--format", "json").json()["counts"] == {
        "province": {"陕西省": 3},
        "kind": {"情况报告": 2, "工作总结": 1, "政府工作报告": 1},
    }
    assert run("search", "执法", "--counts", "天气").code == 2
    assert run("reports", "--counts", "topic").code == 2
    wrong = run("reports", "--level", "星系")
    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
