"""Near-copies in searches and in the command copies, on invented reports from one template."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from oldindex import make_old
from openpyxl import load_workbook

import gongwen
from gongwen import Library, UnknownNameError
from gongwen.research.copies import Copies, ReportCopies, likeness
from gongwen.search import differing
from gongwen.storage.lock import WriterLock

from .conftest import Command

COUNTIES = "武功县 蓝田县 周至县 眉县 扶风县 岐山县 洛川县 宜川县 洋县 石泉县 紫阳县 平利县".split()
ORIGINAL = [
    "落实法律顾问报酬由财政统一保障的办法，做到不列支不聘请。",
    "建立法律顾问考核退出机制，末位淘汰不称职人员。",
    "探索法律顾问与公职律师双轨并行的服务模式。",
    "编印法律顾问工作手册并发放至各村民委员会。",
    "开展法律顾问进园区活动，为企业解答用工纠纷难题。",
]
CHANGED = "充分发挥法律顾问在重大行政决策中的作用，严格落实集体讨论决定程序，审查合同5份。"


def report(number: int) -> str:
    """Return a report from the template; every other one has a wording of its own."""
    place, year = COUNTIES[number], 2018 + number % 3
    lines = [
        f"{place}{year}年法治政府建设情况报告",
        "一、总体情况",
        f"{year}年，{place}共聘请法律顾问{10 + number}名，参与重大决策{3 * number + 2}件次。",
        f"充分发挥法律顾问在重大行政决策中的作用，审查合同{100 + number}份。",
        f"健全法律顾问工作机制，为县委、县政府提供法律意见{number + 5}条。",
        f"全县法律顾问参加行政应诉{number + 7}次，提出意见{number + 2}条，被采纳的意见占95%。",
        f"{place}办理行政复议案件{number + 20}件。",
        f"{place}办理行政诉讼案件{number + 20}件。",
    ]
    if number % 2 and number // 2 < len(ORIGINAL):
        lines.append(ORIGINAL[number // 2])
    if number == 11:
        lines[3] = CHANGED
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    for number in range(len(COUNTIES)):
        (folder / f"r{number:02}.txt").write_text(report(number), "utf-8")
    (folder / "undated.txt").write_text(
        "某单位法治工作情况\n一、总体情况\n探索法律顾问与公职律师双轨并行的服务模式。\n", "utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    with gongwen.open(folder / "library") as library:
        library.add(folder)
        yield library


# -- searches ------------------------------------------------------------------------------------


def test_copies_are_one_hit_the_earliest_and_counts_are_of_sentences(library: Library) -> None:
    found = library.search("法律顾问", counts=["year"])
    alone = library.search("法律顾问", group=False, limit=1000, counts=["year"])
    assert found.grouped and not alone.grouped
    assert found.total == alone.total == len(alone.hits)
    assert found.counts == alone.counts
    assert found.total_distinct == alone.total_distinct == len(found.hits) == 10
    assert {hit.text for hit in found} >= set(ORIGINAL)
    [hit] = [hit for hit in found if "共聘请法律顾问" in hit.text]
    assert (hit.report.id, hit.year, hit.copies, hit.copies_reports) == ("r00", 2018, 12, 12)
    assert hit.to_dict()["copies_reports"] == 12 and "variants" not in hit.to_dict()
    assert sum(hit.copies for hit in found) == found.total
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert all(hit.copies == 1 and "copies" not in hit.to_dict() for hit in alone)


def test_pages_count_groups(library: Library) -> None:
    whole = [hit.place for hit in library.search("法律顾问", limit=100)]
    pages = [
        hit.place
        for offset in range(0, 12, 3)
        for hit in library.search("法律顾问", limit=3, offset=offset)
    ]
    assert pages == whole and len(set(whole)) == len(whole)


@pytest.mark.parametrize("sort", ["relevance", "year"])
def test_pages_have_every_sentence_once(
    library: Library, sort: Literal["relevance", "year"]
) -> None:
    for query in ("法律顾问", "法律顾问 OR 案件", "聘请法律顾问的多吗", "NOT 法律顾问"):
        alone = library.search(query, group=False, limit=1000, sort=sort)
        pages = [
            library.search(query, limit=4, offset=offset, sort=sort, copies=True)
            for offset in range(0, alone.total + 8, 4)  # the last are behind the last group
        ]
        listed = [hit for page in pages for hit in page]
        places = [hit.place for hit in listed]
        others = [f"{one.report.id}:{one.n}" for hit in listed for one in hit.variants]
        assert sorted(places + others) == sorted(hit.place for hit in alone), query
        assert {page.total_distinct for page in pages} == {len(listed)}, query
        assert not len(pages[-1]) and pages[-1].total == alone.total, query


def test_only_sentences_that_match_are_grouped(library: Library) -> None:
    [hit] = library.search("共聘请法律顾问", years=2019)
    assert (hit.report.id, hit.copies) == ("r01", 4)
    [hit] = library.search('"12名"', copies=True)
    assert (hit.report.id, hit.copies, hit.variants) == ("r02", 1, ())


def test_variants_are_the_others_with_what_differs(library: Library) -> None:
    [hit] = library.search("办理行政复议案件", copies=True)
    assert [variant.report.id for variant in hit.variants][:4] == ["r03", "r06", "r09", "r01"]
    assert len(hit.variants) == hit.copies - 1 == 11
    one = hit.variants[0].to_dict()
    assert (one["report"], one["year"], one["region"]) == ("r03", 2018, "眉县")
    assert [one["text"][start:end] for start, end in one["differs"]] == ["眉", "23"]


def test_by_year_a_group_stands_at_its_earliest(library: Library) -> None:
    found = library.search("法律顾问", sort="year", limit=100)
    years = [int(hit.year or 0) for hit in found]
    assert years == sorted(years, reverse=True)
    assert {hit.text for hit in found} == {hit.text for hit in library.search("法律顾问")}


def test_best_sentences_of_a_report_are_different(tmp_path: Path) -> None:
    text = "甲县2020年工作总结\n" + "".join(f"办理行政复议案件{n}件。\n" for n in range(20, 26))
    (tmp_path / "a.txt").write_text(text + "行政复议案件全部按期办结并及时公开。\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path / "a.txt")
        [one] = library.search("行政复议", by="report", best=3).reports
        assert [hit.text[:6] for hit in one.hits].count("办理行政复议") == 1 and len(one.hits) == 2
        assert one.matches == 7 and {hit.copies for hit in one.hits} == {6, 1}
        [alone] = library.search("行政复议", by="report", best=3, group=False).reports
        assert len(alone.hits) == 3 and alone.score == one.score


def test_similar_lists_a_sentence_once(library: Library) -> None:
    found = library.similar("r05", 4, limit=10)
    texts = [hit.text for hit in found]
    assert (
        sum(text.startswith("充分发挥法律顾问在重大行政决策中的作用，审查") for text in texts) == 1
    )
    assert found.hits[0].copies == 10 and CHANGED in texts
    assert len(library.similar("r05", 4, limit=10, group=False).hits) == 10


def test_an_index_without_keys_says_so(folder: Path, tmp_path: Path) -> None:
    with gongwen.open(tmp_path / "library") as library:
        library.add(folder)
    make_old(tmp_path / "library" / "index", 3)
    # While another process writes, the old index is used.
    with gongwen.open(tmp_path / "library") as library, WriterLock(library.folder).held("add"):
        found = library.search("法律顾问", limit=100)
        assert found.total_distinct is None and not found.grouped and len(found) == found.total
        with pytest.raises(gongwen.LibraryError, match="reindex"):
            library.copies()
    with gongwen.open(tmp_path / "library") as library:
        assert library.search("法律顾问").total_distinct == 10


# -- what is copied where ------------------------------------------------------------------------


def test_copies_of_a_library(library: Library) -> None:
    found = library.copies()
    assert isinstance(found, Copies)
    assert found.total == len(found) == 7
    first = found.rows[0]
    assert (len(first.reports), first.sentences, first.years) == (12, 12, ("2018", "2019", "2020"))
    assert (first.first.report.id, first.first.n) == ("r00", 3)
    by_text = {row.first.text: row for row in found.rows}
    once = by_text[ORIGINAL[2]]
    assert (once.reports, once.years, once.undated) == (("r05", "undated"), ("2020",), 1)
    assert [len(row.reports) for row in found.rows] == sorted(
        (len(row.reports) for row in found.rows), reverse=True
    )
    assert len(library.copies(limit=2)) == 2 and library.copies(years=2019).total == 6
    assert library.copies(kinds="heading").rows[0].first.text == "一、总体情况"


@pytest.mark.parametrize("asked", [{}, {"limit": 2}, {"years": 1900}], ids=str)
def test_a_library_without_copies_has_none(tmp_path: Path, asked: dict[str, Any]) -> None:
    (tmp_path / "甲县.txt").write_text(
        "甲县总结\n办理行政复议案件3件。\n聘请法律顾问2名。\n", "utf-8"
    )
    with gongwen.open(tmp_path / "library") as own:
        own.add(tmp_path / "甲县.txt")
        found = own.copies(**asked)
    assert found.to_dict()["copies"] == []
    assert found.to_dict()["total"] == 0


def test_copies_of_a_report(library: Library) -> None:
    found = library.copies("r11")
    assert isinstance(found, ReportCopies)
    assert (found.sentences, found.copied, found.alike, found.own) == (6, 5, 1, 0)
    [changed] = [row for row in found.rows if row.likeness < 1]
    assert changed.text == CHANGED and changed.first.text.startswith("充分发挥法律顾问")
    assert changed.likeness >= 0.75
    assert {row.first.report.id for row in found.rows if row.likeness == 1} == {"r00"}

    first = library.copies("r00")
    assert isinstance(first, ReportCopies)
    # Only the reports of the same year are not later; those of 2019 are.
    assert (first.copied, first.own, first.share_own) == (6, 0, 0.0)
    assert {row.reports for row in first.rows} == {3}

    own = library.copies("r05")
    assert isinstance(own, ReportCopies)
    assert (own.copied, own.undated, own.own) == (6, 1, 0) and not own.rows[-1].dated
    assert library.copies("r00", regions="洛川县") is not None
    elsewhere = library.copies("r00", regions="洛川县")
    assert isinstance(elsewhere, ReportCopies) and {r.reports for r in elsewhere.rows} == {1}
    with pytest.raises(UnknownNameError):
        library.copies("nowhere")


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("落实责任加强领导", "落实责任加强领导", 1.0, 1.0),
        ("落实责任加强领导", "落实责任明确分工加强领导", 0.8, 0.8),
        ("办理行政复议案件", "办理行政诉讼案件", 0.5, 0.6),
        ("", "", 0.0, 0.0),
    ],
)
def test_likeness(one: str, other: str, least: float, most: float) -> None:
    assert least <= likeness(one, other) <= most


def test_differing_takes_numbers_whole() -> None:
    assert differing("全年办案17件", "全年共办案203件") == ((2, 3), (5, 8))
    assert differing("投资1.25亿元", "投资1.5亿元") == ((2, 5),)
    assert differing("一样", "一样") == ()


# -- the command line ----------------------------------------------------------------------------


def test_commands(
    library: Library, folder: Path, tmp_path: Path, gongwen_in: Callable[[Path], Command]
) -> None:
    cli = gongwen_in(folder / "library")
    shown = cli("search", "法律顾问")
    assert "12 reports have this sentence" in shown.out
    assert "10 different sentences" in shown.err
    assert "different sentences" not in cli("search", "法律顾问", "--group", "off").err
    variants = cli("search", "共聘请法律顾问", "--copies").out
    assert "≈ r11:3  平利县 2020  2020年，平利县共聘请法律顾问21名" in variants
    data = json.loads(cli("search", "法律顾问", "--copies", "--format", "json").out)
    assert data["total_distinct"] == 10
    assert sorted(len(hit.get("variants", ())) for hit in data["hits"])[-3:] == [11, 11, 11]
    rows = list(csv.DictReader(io.StringIO(
        cli("search", "法律顾问", "--format", "csv").out.lstrip("\ufeff")
    )))  # fmt: skip
    assert {row["copies"] for row in rows} == {"12", "11", "2", "1"}

    table = cli("copies", "--limit", "2")
    assert "12 times; 2018-2020; first 武功县 2018 r00:3" in table.out
    assert "2 of 7 sentences" in table.err
    one = cli("copies", "r11")
    assert "0 of 6 sentences are its own (0.0%)" in one.err and "≈ 0." in one.out
    undated = cli("copies", "r05").err
    assert "1 more stand only in reports of unknown year" in undated
    data = json.loads(cli("copies", "r11", "--format", "json").out)
    assert data["copies"][0]["first_report"] == "r00" and data["share_own"] == 0
    target = tmp_path / "照抄.xlsx"
    cli("copies", "-o", str(target))
    sheet = load_workbook(target).worksheets[0]
    assert sheet.max_row == 8
    lines = cli("copies", "--format", "jsonl").out.splitlines()
    assert len(lines) == 7 and json.loads(lines[0])["reports"] == 12


def test_keys_stay_with_their_rows(tmp_path: Path) -> None:
    """Removing reports and adding others leaves each row its key."""
    for number in range(4):
        (tmp_path / f"r{number}.txt").write_text(report(number), "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path)
        library.remove("r0")
        (tmp_path / "r1.txt").write_text(report(1) + "新增法律顾问的一句话。\n", "utf-8")
        library.add(tmp_path / "r1.txt")
        (tmp_path / "r4.txt").write_text(report(4), "utf-8")
        library.add(tmp_path / "r4.txt")
        [hit] = library.search("共聘请法律顾问")
        assert (hit.copies, hit.report.id) == (4, "r3")
        before = library.copies().to_dict()
        library.reindex()
        assert library.copies().to_dict() == before
