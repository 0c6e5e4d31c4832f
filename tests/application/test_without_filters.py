"""Which filters are said to be in the way when a search finds nothing with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import gongwen

from .conftest import Command

REPORTS = {
    "甲县2020年工作总结": "开展行政执法检查12次，查处案件3件。\n聘请法律顾问5名。",
    "乙县2021年工作总结": "聘请法律顾问8名，审查合同20份。\n开展普法宣传活动30场。",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("without")
    for title, text in REPORTS.items():
        (place / f"{title}.txt").write_text(f"{title}\n{text}\n", "utf-8")
    with gongwen.open(place / "library") as library:
        library.add(sorted(place.glob("*.txt")))
    return place / "library"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        # one filter, as an option, in the query, and in Chinese
        ({"query": "查处案件", "years": 2021}, [({"year": ["2021"]}, 1)]),
        ({"query": "查处案件 year:2021"}, [({"year": ["2021"]}, 1)]),
        ({"query": '"聘请法律顾问" 主题:普法'}, [({"topic": ["普法"]}, 2)]),
        # the filter that is not in the way is kept
        (
            {"query": '"查处案件"', "years": 2021, "topics": ["行政执法"]},
            [({"year": ["2021"]}, 1)],
        ),
        # each of two is in the way, and only both together
        (
            {"query": '"查处案件"', "years": 2021, "topics": ["普法"]},
            [({"topic": ["普法"], "year": ["2021"]}, 1)],
        ),
        # without words: what the other filters find
        (
            {"fields": {"region": "甲县"}, "years": 2021},
            [({"year": ["2021"]}, 3), ({"region": ["甲县"]}, 3)],
        ),
        # nothing is said where something was found, where words stand nowhere, and without filter
        ({"query": "法律顾问", "years": 2021}, []),
        ({"query": '"没有的词"', "years": 2021}, []),
        ({"query": '"没有的词"'}, []),
        ({"years": 1999}, []),
    ],
)
def test_filters_in_the_way(folder: Path, arguments: dict[str, Any], found: Any) -> None:
    with gongwen.open(folder) as library:
        results = library.search(**arguments)
    said = [(one["filters"], one["total"]) for one in results.to_dict().get("without_filters", [])]
    assert sorted(said, key=str) == sorted(found, key=str)


def test_what_most_is_found_without_comes_first(folder: Path) -> None:
    with gongwen.open(folder) as library:
        for report in library.reports():
            assert report.sentences == 3
        results = library.search('"法律顾问"', fields={"region": "丙县"}, years="2020..2021")
    assert [one.total for one in results.without_filters] == [2]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "没有找到（|去掉 主题:普法宣传与法治文化 后有 1 句"),
        ("en", "nothing found (|without topic:"),
    ],
)
def test_the_terminal_says_so(gongwen_in: Any, folder: Path, lang: str, said: str) -> None:
    run: Command = gongwen_in(folder)
    ran = run("--lang", lang, "search", '"查处案件"', "--topic", "普法")
    assert ran.out == ""
    first, second = said.split("|")
    lines = ran.err.splitlines()
    assert [line.startswith(one) for line, one in zip(lines, (first, second), strict=True)] == [
        True,
        True,
    ]


def test_json_has_them_and_nothing_more_where_something_is_found(
    gongwen_in: Any, folder: Path
) -> None:
    run: Command = gongwen_in(folder)
    found = run("search", '"查处案件"', "--year", "2021", "--format", "json").json()
    assert found["without_filters"] == [{"filters": {"year": ["2021"]}, "total": 1}]
    assert "without_filters" not in run("search", '"查处案件"', "--format", "json").json()


@pytest.mark.parametrize(
    ("address", "links"),
    [
        ("q=查处案件&year=2021&size=50", ["/search?size=50&q=查处案件"]),
        ("q=查处案件+year:2021", ["/search?q=查处案件"]),
        ("region=甲县&year=2021", ["/search?year=2021", "/search?region=甲县"]),
    ],
)
def test_the_page_has_a_link(folder: Path, address: str, links: list[str]) -> None:
    from urllib.parse import unquote

    from starlette.datastructures import QueryParams

    from gongwen.nlp import Taxonomy
    from gongwen.web.search_notes import notes_on
    from gongwen.web.search_question import Question

    question = Question.of(QueryParams(address))
    with gongwen.open(folder) as library:
        results = library.search(question.filters.query, **question.arguments())
    notes = notes_on(question, results, None, Taxonomy.shipped())
    found = [unquote(href) for note in notes for text, href in note.links if "without" in text]
    assert sorted(found) == sorted(links)
