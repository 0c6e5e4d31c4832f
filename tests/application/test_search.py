"""What people expect to find: numbers either way, by sound, by other words, whole reports."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import gongwen
from gongwen.cli.text_width import columns

from .conftest import SEED_REPORTS, Command

REPORT = """甲县2021年法治政府建设情况报告

一、规范行政执法
二〇二一年,全县办结行政复议案件十七件,同比下降百分之九十八。
全年收到群众来信1,236件,逐件办理并答复。
推行“三项制度”,做到三集中三到位。
一是聘请顾问律师二十余名,为重大决策把关。
二是深入开展法治宣传,举办讲座13场。
三是落实普法责任,组织旁听庭审,开展以案释法。
劳动者身份被他人冒用,发现有人冒名办理入职手续的,可以向公安机关报案。
四是加强執法監督,全年抽查案卷237件。
=SUM(A1:A9)这样的写法不是公式。
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    """The report above and the seed report."""
    folder = tmp_path_factory.mktemp("finding")
    (folder / "甲县-2021.txt").write_text(REPORT, "utf-8")
    with gongwen.open(folder / "library") as opened:
        opened.add([folder / "甲县-2021.txt", SEED_REPORTS])
        yield opened


def in_report(library: gongwen.Library, query: str) -> list[str]:
    """Return the sentences of the report above that match literally."""
    results = library.search(f"{query} report:甲县-2021", limit=100)
    return [hit.text for hit in results] if results.match == "all" else []


NUMBERS: list[tuple[str, str]] = [
    ("17件", "二〇二一年"),
    ('"17件"', "二〇二一年"),
    ("十七件", "二〇二一年"),
    ("１７件", "二〇二一年"),
    ("“案件十七件,同比下降98%”", "二〇二一年"),
    ("98%", "二〇二一年"),
    ("百分之九十八", "二〇二一年"),
    ('"2021年,全县"', "二〇二一年"),
    ('"二○二一年,全县"', "二〇二一年"),
    ("1236件", "全年收到"),
    ("１２３６件", "全年收到"),
    ("1,236件", "全年收到"),
    ('"20余名"', "一是聘请"),
    ('"二十余名"', "一是聘请"),
    ('"十三场"', "二是深入"),
    ("二百三十七件", "四是加强"),
    # what only looks alike
    ("7件", ""),
    ("七件", ""),
    ('"37件"', ""),
    ("36件", ""),
    ("236件", ""),
    ('"3项制度"', ""),
    ('"三项制度"', "推行"),
    ('"3集中3到位"', ""),
    ('"三集中三到位"', "推行"),
    ('"1是聘请"', ""),
    ('"一是聘请"', "一是聘请"),
    # and the rest of the fold
    ("执法监督", "四是加强"),
    ("執法監督", "四是加强"),
    ('"“三项制度”，做到"', "推行"),
    ('"推 行\u3000“三 项制度”"', "推行"),
]


@pytest.mark.parametrize(("query", "begins"), NUMBERS, ids=[query for query, _ in NUMBERS])
def test_numbers_are_found_however_they_are_written(
    library: gongwen.Library, query: str, begins: str
) -> None:
    found = in_report(library, query)
    assert len(found) == bool(begins), found
    assert all(text.startswith(begins) for text in found)


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("17件", "<mark>十七件</mark>"),
        ('"98%"', "<mark>百分之九十八</mark>"),
        ('"2021年,全县"', "<mark>二〇二一年,全县</mark>"),
        ("１２３６件", "<mark>1,236件</mark>"),
        ('"20余名"', "<mark>二十余名</mark>"),
        ("执法监督", "<mark>執法監督</mark>"),
    ],
)
def test_the_place_is_marked_as_it_is_written(
    library: gongwen.Library, query: str, marked: str
) -> None:
    [hit] = library.search(f"{query} report:甲县-2021")
    assert marked in hit.highlight


# -- by sound --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "word"),
    [
        ("fazhi", "法治"),
        ("FAZHI", "法治"),
        ("ｆａｚｈｉ", "法治"),
        ("xzfy", "行政复议"),
        ("xingzhengfuyi", "行政复议"),
        ("flgw", "法律顾问"),
        ("falvguwen", "法律顾问"),
        ("pufa", "普法"),
    ],
)
def test_latin_letters_find_what_sounds_so(
    library: gongwen.Library, letters: str, word: str
) -> None:
    results = library.search(letters)
    assert results.match == "pinyin"
    assert word in results.hits[0].via
    assert f"<mark>{word}" in results.hits[0].highlight or f"{word}</mark>" in (
        results.hits[0].highlight
    )
    literal = library.search(word)
    assert {h.place for h in literal} <= {h.place for h in library.search(letters, limit=999)}


def test_sound_is_tried_only_when_nothing_literal_is_found(library: gongwen.Library) -> None:
    assert library.search("SUM").match == "all"  # it could be read as initials
    assert library.search('"fazhi"').total == 0  # exact strings stay exact
    assert library.search("fazhi 普法").match == "pinyin"
    without = library.search("fazhi -法治建设")
    assert without.match == "pinyin"
    assert without.total
    assert not any("法治建设" in hit.text for hit in without)
    assert library.search("qqqqqq").total == 0


def test_what_stands_where_nobody_looks_does_not_stop_the_sound(tmp_path: Path) -> None:
    """An address in a footer, or a sentence that a filter leaves out, holds the letters."""
    (tmp_path / "甲县-2020.txt").write_text(
        "甲县2020年工作总结\n加强法治建设,推进依法行政。\n"
        "主办单位：甲县人民政府 网址：http://fazhi.gov.cn 联系电话：023-85238885\n",
        "utf-8",
    )
    (tmp_path / "乙县-2020.txt").write_text(
        "乙县2020年工作总结\n平台fazhi已经上线运行。\n", "utf-8"
    )
    with gongwen.open(tmp_path / "library") as library:
        library.add([tmp_path])
        assert library.search("fazhi").match == "all"
        results = library.search("fazhi report:甲县-2020")
        assert (results.match, results.total) == ("pinyin", 1)
        assert library.search("fazhi OR qxqxqxq report:甲县-2020").total == 1


# -- other words -----------------------------------------------------------------------------------


def test_hits_by_a_synonym_come_behind_and_say_so(library: gongwen.Library) -> None:
    results = library.search("普法 report:甲县", synonyms="always")
    assert [hit.via for hit in results] == [(), ("法治宣传",)]
    assert [hit.text[:2] for hit in results] == ["三是", "二是"]
    assert "via" not in results.hits[0].to_dict()
    assert results.hits[1].to_dict()["via"] == ["法治宣传"]


def test_a_synonym_is_used_when_nothing_literal_is_found(library: gongwen.Library) -> None:
    results = library.search("政府律师 report:甲县")
    assert (results.match, [hit.via for hit in results]) == ("synonym", [("顾问律师",)])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("行政服议", "行政复议"),  # sounds the same
        ("行政议复", "行政复议"),  # two characters swapped
        ("法律顾门", "法律顾问"),  # one is another
        ("政务工开", "政务公开"),
        ("推行法律顾文制度", "推行法律顾问制度"),  # no word of the index, but it stands in the text
        ('"行政服议"', "行政复议"),  # exact strings too: they are only suggested
        ("扫黑厨恶", "扫黑除恶"),
    ],
)
def test_near_words_are_suggested(library: gongwen.Library, typed: str, meant: str) -> None:
    results = library.search(typed)
    assert results.match != "all" or not results.total
    assert meant in results.suggestions
    assert results.to_dict()["suggestions"] == list(results.suggestions)


@pytest.mark.parametrize("query", ["复议", "法治 政府", "topic:执法", "打黑除恶"])
def test_what_is_found_needs_no_suggestion(library: gongwen.Library, query: str) -> None:
    assert not library.search(query).suggestions
    assert "suggestions" not in library.search(query).to_dict()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("行政复义", "行政复议"),
        ("放管夫", "放管服"),
        ("扫黑出恶", "扫黑除恶"),
        ("法律顾门", "法律顾问"),
    ],
)
def test_what_is_left_of_a_broken_word_is_not_found_here_and_there(
    library: gongwen.Library, typed: str, meant: str
) -> None:
    """复 and 义 stand in many sentences; together they are nothing but a slip."""
    results = library.search(typed)
    assert results.match != "all" or not results.total
    assert meant in results.suggestions


@pytest.mark.parametrize("number", ["41件", "四十一件", "十九件"])
def test_another_number_is_not_suggested(library: gongwen.Library, number: str) -> None:
    assert not library.search(f"{number} topic:其他").suggestions


QUESTIONS = [
    ("发现自己被别人冒名入职了怎么办", "劳动者身份"),
    ("发现自己被别人冒名入职了怎么办？", "劳动者身份"),
    ("政府聘请的顾问律师有多少名", "一是聘请"),
    ("去年群众来信一共收到多少件", "全年收到"),
]


@pytest.mark.parametrize(("question", "begins"), QUESTIONS, ids=[q for q, _ in QUESTIONS])
def test_a_question_is_answered_by_its_words(
    library: gongwen.Library, question: str, begins: str
) -> None:
    results = library.search(question)
    assert results.match == "any"
    assert results.hits[0].text.startswith(begins)


def test_a_question_is_answered_among_the_real_reports(
    shared_reports: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "甲县-2021.txt").write_text(REPORT, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([tmp_path / "甲县-2021.txt", *shared_reports[-6:]])
        assert library.search(QUESTIONS[0][0]).hits[0].text.startswith(QUESTIONS[0][1])


# -- whole reports, sentences like one -------------------------------------------------------------


def test_reports_are_ranked_by_their_best_sentences(library: gongwen.Library) -> None:
    results = library.search("行政复议", by="report", best=2, counts=["report"])
    assert [one.report.id for one in results.reports] == ["wugong-2020", "甲县-2021"]
    assert results.total_reports == 2
    assert {one.report.id: one.matches for one in results.reports} == results.counts["report"]
    assert results.total == sum(one.matches for one in results.reports)
    assert [len(one.hits) for one in results.reports] == [2, 1]
    assert [h.place for h in results] == [h.place for one in results.reports for h in one.hits]
    whole = library.search("行政复议", reports=["wugong-2020"])
    assert [h.n for h in results.reports[0].hits] == [h.n for h in whole.hits[:2]]


def test_pages_of_reports(library: gongwen.Library) -> None:
    whole = [one.report.id for one in library.search("执法", by="report").reports]
    pages = [
        one.report.id
        for offset in range(3)
        for one in library.search("执法", by="report", limit=1, offset=offset).reports
    ]
    assert pages == whole
    years = [one.report.year for one in library.search("执法", by="report", sort="year").reports]
    assert years == [2021, 2020]


def test_sentences_like_one(library: gongwen.Library) -> None:
    [sentence] = [
        s for s in library.sentences("甲县-2021") if s.text.startswith("一是聘请顾问律师")
    ]
    results = library.similar("甲县-2021", sentence.n, limit=5)
    assert len(results) == 5
    assert (results.query, results.match) == (f"甲县-2021:{sentence.n}", "all")
    assert all(hit.place != f"甲县-2021:{sentence.n}" for hit in results)
    assert any("律师" in hit.text for hit in results.hits[:2])
    assert [h.score for h in results] == sorted((h.score for h in results), reverse=True)
    assert results.total == library.similar("甲县-2021", sentence.n, limit=500).total
    elsewhere = library.similar("甲县", sentence.n, elsewhere=True, topics=["法律顾问"])
    assert {hit.report.id for hit in elsewhere} == {"wugong-2020"}
    assert all("legal-counsel" in (hit.topic, *hit.also) for hit in elsewhere)
    with pytest.raises(gongwen.UnknownNameError, match="sentence"):
        library.similar("甲县-2021", 999)


def test_of_sentences_with_as_many_common_words_the_one_of_like_meaning_is_nearer(
    tmp_path: Path,
) -> None:
    asked, *others = ["提高教师待遇。", "提高道路标准。", "提高老师工资。", "提高粮食产量。"]
    (tmp_path / "甲县.txt").write_text("\n".join(["甲县2020年工作总结", asked, *others]), "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([tmp_path / "甲县.txt"])
        [report] = library.reports()
        n = next(s.n for s in library.sentences(report.id) if s.text == asked)
        found = library.similar(report.id, n)
        assert found.hits[0].text == "提高老师工资。"
        assert {hit.text for hit in found} >= set(others)
        least = library.similar(report.id, n, limit=1)
        assert [hit.n for hit in least] == [found.hits[0].n]
        assert (least.total, len(library.similar(report.id, n, limit=0))) == (found.total, 0)


def test_how_many_like_sentences_are_asked_for_does_not_change_their_order(tmp_path: Path) -> None:
    words = ("复议", "应诉", "普法", "调解", "审批", "监督", "公开", "信访", "立法", "考核", "治安")
    lines = [f"推进{a}和{b}工作。" for a in words for b in words if a != b]
    (tmp_path / "甲县.txt").write_text("甲县2020年工作总结\n" + "\n".join(lines), "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add([tmp_path / "甲县.txt"])
        [report] = library.reports()
        whole = [hit.n for hit in library.similar(report.id, 5, limit=500)]
        assert len(whole) > 100 and len(set(whole)) == len(whole)
        for limit in (1, 10, 99, 100, 101):
            found = library.similar(report.id, 5, limit=limit)
            assert [hit.n for hit in found] == whole[:limit]
            scores = [hit.score for hit in found]
            assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"limit": -1}, "limit must be a whole number from 0"),
        ({"limit": 2.5}, "limit must be"),
        ({"limit": None}, "limit must be"),
        ({"offset": -5}, "offset must be"),
        ({"best": 0, "by": "report"}, "best must be a whole number from 1"),
        ({"context": -1}, "context must be"),
        ({"sort": "size"}, "sort must be relevance, year"),
        ({"by": "page"}, "by must be sentence, report"),
        ({"synonyms": "maybe"}, "synonyms must be auto, always, never"),
        ({"counts": ["size"]}, "counts must be topic"),
        ({"years": (2018,)}, "years"),
        ({"years": 1.5}, "years"),
        ({"min_probability": 2}, "min_probability must be from 0 to 1"),
        ({"min_probability": float("nan")}, "min_probability must be"),
        ({"min_probability": "0.5"}, "min_probability must be"),
    ],
)
def test_an_argument_that_cannot_be_used_is_one_line(
    library: gongwen.Library, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(gongwen.QueryError, match=says) as caught:
        library.search("复议", **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_empty_filters_are_none(library: gongwen.Library) -> None:
    total = library.search("复议").total
    assert library.search("复议", regions="", topics=[], years="", reports=[""]).total == total


def test_a_huge_context_is_the_whole_report(library: gongwen.Library) -> None:
    [hit] = library.search("放管服 report:wugong", context=10**20)
    assert len(hit.before) + 1 + len(hit.after) == len(library.sentences("wugong-2020"))


def test_a_closed_library_says_so(tmp_path: Path) -> None:
    library = gongwen.open(tmp_path / "library")
    library.add(SEED_REPORTS)
    library.close()
    with pytest.raises(gongwen.LibraryError, match="was closed; open it again"):
        library.search("复议")


# -- answers to keep -------------------------------------------------------------------------------


def test_csv_for_a_spreadsheet(library: gongwen.Library, seed_cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "结果.csv"
    ran = seed_cli(
        "--library", str(library.folder), "search", "写法", "--context", "1", "-o", str(target)
    )
    assert (ran.code, ran.out) == (0, "")
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(target.read_text("utf-8-sig")))
    assert row["text"].startswith("'=SUM")  # no live formula
    assert row["citation"].startswith("《甲县2021年法治政府建设情况报告》，一、规范行政执法，第")
    assert row["citation"].endswith("甲县-2021.txt")
    assert row["before"].startswith("四是加强")


def test_xlsx_has_filters_and_widths(
    library: gongwen.Library, seed_cli: Command, tmp_path: Path
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    target = tmp_path / "结果.xlsx"
    folder = str(library.folder)
    assert seed_cli("--library", folder, "search", "复议", "-o", str(target)).code == 0
    sheet = openpyxl.load_workbook(target).active
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.freeze_panes == "A2"
    names = [cell.value for cell in sheet[1]]
    column = sheet.column_dimensions[openpyxl.utils.get_column_letter(names.index("句子") + 1)]
    assert column.width > 40
    assert sheet.max_row == 1 + library.search("复议", limit=0).total
    again = seed_cli("--library", folder, "search", "复议", "--format", "xlsx")
    assert (again.code, again.out) == (2, "")
    assert "xlsx needs a file" in again.err


@pytest.mark.parametrize("format", ["csv", "jsonl", "json"])
def test_a_file_without_all_hits_says_so(seed_cli: Command, tmp_path: Path, format: str) -> None:
    there = seed_cli("search", "行政执法", "--format", "json", "-n", "500").json()["total_distinct"]
    some = seed_cli("search", "行政执法", "-n", "2", "-o", str(tmp_path / f"some.{format}"))
    assert f"--limit {there} gives all of them" in some.err
    every = seed_cli("search", "行政执法", "-n", "500", "-o", str(tmp_path / f"every.{format}"))
    assert "--limit" not in every.err


def test_csv_of_reports_says_how_many_match(seed_cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "报告.csv"
    ran = seed_cli("search", "复议", "--by", "report", "-o", str(target))
    assert "wrote 3 sentences of 1 reports" in ran.err
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [row["report_matches"] for row in rows] == ["4"] * 3
    assert float(rows[0]["report_score"]) > float(rows[0]["score"])


def test_synonyms_behind_literal_hits_are_announced_as_such(
    library: gongwen.Library, seed_cli: Command
) -> None:
    folder = str(library.folder)
    ran = seed_cli("--library", folder, "search", "普法 report:甲县", "--synonyms", "always")
    assert "also shown, behind the others" in ran.err
    assert "≈ 法治宣传" in ran.out
    ran = seed_cli("--library", folder, "search", "政府律师 report:甲县")
    assert "no sentence has these words" in ran.err


def test_bytes_that_are_no_text_are_written_too(seed_cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "d.json"
    assert seed_cli("search", "复议\udcff", "-o", str(target)).code == 0
    assert "udcff" in target.read_text("utf-8")


def test_json_of_reports(seed_cli: Command) -> None:
    found = seed_cli("search", "复议", "--by", "report", "--format", "json").json()
    [report] = found["reports"]
    assert (report["report"], report["matches"], found["total_reports"]) == ("wugong-2020", 4, 1)
    assert report["best"] == [hit["n"] for hit in found["hits"]]
    single = seed_cli("search", "复议", "--by", "report", "--best", "1", "--format", "json").json()
    assert single["reports"][0]["best"] == report["best"][:1]


def test_a_file_of_another_kind_is_refused_with_the_kinds_there_are(
    seed_cli: Command, tmp_path: Path
) -> None:
    for name, says in (("a.docx", ".docx is not written"), ("a", "a file without a suffix")):
        ran = seed_cli("search", "复议", "-o", str(tmp_path / name))
        assert (ran.code, ran.out) == (2, "")
        assert says in ran.err
    ran = seed_cli("search", "复议", "-o", str(tmp_path))
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "name a file" in ran.err
    ran = seed_cli("search", "复议", "--counts", "year", "-o", str(tmp_path / "a.csv"))
    assert "the counts are shown with --format table and json only" in ran.err


def test_json_of_sentences_like_one(seed_cli: Command) -> None:
    found = seed_cli("similar", "wugong-2020:43", "--format", "json", "-n", "3").json()
    assert len(found["hits"]) == 3
    assert 43 not in [hit["n"] for hit in found["hits"]]
    assert seed_cli("similar", "wugong-2020").code == 2
    missing = seed_cli("similar", "wugong-2020:999")
    assert (missing.code, missing.out, missing.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("width", ["60", "100", "160"])
@pytest.mark.parametrize(
    "words", [("search", "执法", "--context", "1"), ("search", "执法", "--by", "report")]
)
def test_tables_fit_the_width(
    seed_cli: Command, monkeypatch: pytest.MonkeyPatch, width: str, words: tuple[str, ...]
) -> None:
    size = os.terminal_size((int(width), 24))
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: size)
    out = seed_cli(*words).out
    assert out
    assert max(columns(line) for line in out.splitlines()) <= int(width)
    assert "\x1b" not in out  # no colours in a pipe
