"""Answers as tables: for pandas, for notebooks, and in one line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.nlp.errors import GongwenError
from gongwen.tabular import COLUMN_NAMES, Rows, Tabular, column_name, shortened


class Made(Tabular):
    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        return self._rows


class One:
    def __init__(self, n: int) -> None:
        self.n = n

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "text": f"第{self.n}句"}


class Strict(HTMLParser):
    """Fails on a tag that is closed before one inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Counter[str]:
    parser = Strict()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def test_no_two_columns_have_one_chinese_name() -> None:
    assert [name for name, n in Counter(COLUMN_NAMES.values()).items() if n > 1] == []
    assert not [name for name in COLUMN_NAMES.values() if name.isascii()]
    assert column_name("topic") == "主题"
    assert column_name("武功县") == "武功县"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "<Made: 0 rows>"),
        ([{"topic": "复议", "count": 4}], "<Made: 1 row: topic=复议, count=4>"),
        ([{"n": n} for n in range(9)], "<Made: 9 rows: n=0; n=1; n=2>"),
        ([{"text": "长\n" * 40}], "<Made: 1 row: text=长 长 长 长 长 长 长 长…>"),
    ],
)
def test_the_representation_is_one_short_line(rows: list[dict[str, Any]], said: str) -> None:
    assert repr(Made(*rows)) == said


def test_a_view_is_escaped_and_counts_what_it_leaves_out() -> None:
    html = Made(*({"text": f"<b>{n}\0&", "count": n} for n in range(25)))._repr_html_()
    seen = parsed(html)
    assert seen["tr"] == 21
    assert not seen["b"]
    assert "&lt;b&gt;19\ufffd&amp;" in html
    assert "and 5 more" in html
    assert "句子" in html
    assert not seen["script"]
    assert "\0" not in html
    for colour in ("color:#", "background:#", "background:white"):
        assert colour not in html.replace(" ", "")


def test_rows_are_a_list_whose_slices_are_rows() -> None:
    rows = Rows(map(One, range(5)))
    assert len(rows) == 5
    assert rows[1].n == 1
    assert [row.n for row in rows[1:3]] == [1, 2]
    assert isinstance(rows[1:3], Rows)
    assert rows == list(rows)
    assert rows[:2].to_dicts() == [{"n": 0, "text": "第0句"}, {"n": 1, "text": "第1句"}]
    assert repr(rows) == "<Rows: 5 rows: n=0, text=第0句; n=1, text=第1句; n=2, text=第2句>"


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(GongwenError, match="needs pandas: pip install pandas"):
        Made({"n": 1}).to_pandas()


def test_a_data_frame_has_the_columns_also_when_it_is_empty() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
    frame = Made({"n": 1, "text": "甲"}, {"n": 2, "year": 2020}).to_pandas()
    assert list(frame.columns) == ["n", "text", "year"]
    assert frame["n"].sum() == 3
    assert len(Made().to_pandas()) == 0


def test_shortened() -> None:
    assert shortened("甲乙丙", 3) == "甲乙丙"
    assert shortened("甲乙丙丁", 3) == "甲乙…"


# -- results and figures -------------------------------------------------------------------------


def test_results_are_a_sequence(seed_library: gongwen.Library) -> None:
    results = seed_library.search(topics="行政执法", limit=5)
    assert len(results) == 5 < results.total
    assert results[0] is results.hits[0]
    assert results[-1] is results.hits[-1]
    assert results[0] in results
    assert results.index(results[2]) == 2
    assert list(results[1:3]) == list(results)[1:3]
    assert len(results[:2]) == 2
    assert results[:2].total == results.total
    with pytest.raises(IndexError):
        results[5]
    assert not seed_library.search('"没有这句话的库"')


def test_slices_of_a_search_for_reports_keep_the_reports(seed_library: gongwen.Library) -> None:
    results = seed_library.search("复议", by="report", best=3)
    [found] = results[1:2].reports
    assert found.hits == (results[1],)
    assert found.matches == results.reports[0].matches
    assert results[:0].reports == ()
    assert [row["report_matches"] for row in results.to_dicts()] == [found.matches] * 3


def test_the_representation_of_results_is_one_line(seed_library: gongwen.Library) -> None:
    results = seed_library.search("复议", limit=2)
    said = repr(results)
    assert said.startswith(f"<Results '复议': {results.total} sentences, 2 of them here: ")
    assert "\n" not in said
    assert len(said) < 120
    assert results[0].text[:10] in said
    nothing = seed_library.search('"没有这句话的库"')
    assert repr(nothing) == "<Results '\"没有这句话的库\"': 0 sentences>"


def test_the_view_of_results_has_marks_topics_and_citations(seed_library: gongwen.Library) -> None:
    results = seed_library.search("法律顾问", topics=["行政执法", "复议", "制度建设"], context=1)
    html = results._repr_html_()
    seen = parsed(html)
    assert seen["tr"] == len(results) + 1
    assert seen["mark"] == sum(hit.highlight.count("<mark>") for hit in results) > 0
    taxonomy = seed_library.taxonomy
    for hit in results:
        assert taxonomy.topics.zh(hit.topic) in html
        assert hit.citation in html
        assert hit.before[0] in html
    assert "http" not in html
    assert not seen["script"]


def test_the_view_of_results_is_escaped(tmp_path: Path) -> None:
    (report := tmp_path / "甲县.txt").write_text(
        "甲县2020年工作总结\n一、<x onclick=alert(1)>情况\n办理<x>复议</x>案件4件 & 5件。\n",
        "utf-8",
    )
    with gongwen.open(tmp_path / "library") as library:
        library.add(report)
        html = library.search("复议", context=1)._repr_html_()
        figures = library.figures("复议")._repr_html_()
    for page in (html, figures):
        seen = parsed(page)
        assert not seen["x"]
        assert "&lt;x&gt;" in page


def test_figures_are_a_list_and_a_table(seed_library: gongwen.Library) -> None:
    figures = seed_library.figures("复议")
    assert figures == list(figures)
    assert len(figures) >= 3
    assert repr(figures).startswith(f"<FigureRows: {len(figures)} rows: indicator=行政复议案件, ")
    assert figures.to_dicts() == [row.to_dict() for row in figures]
    html = figures[:3]._repr_html_()
    seen = parsed(html)
    assert seen["tr"] == 4
    assert seen["mark"] == 3
    for row in figures[:3]:
        start, end = row.span
        assert f">{row.sentence[start:end]}</mark>" in html
        assert row.citation in html


def test_data_frames_of_results_and_figures(seed_library: gongwen.Library) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
    results = seed_library.search("复议", limit=4)
    frame = results.to_pandas()
    assert list(frame["text"]) == [hit.text for hit in results]
    assert list(frame["citation"]) == [hit.citation for hit in results]
    assert frame["year"].tolist() == [2020] * 4
    figures = seed_library.figures("复议")
    of = figures.to_pandas().query("unit == '件'")
    assert len(of) == sum(row.figure.unit == "件" for row in figures) > 0
    assert len(seed_library.search("不存在的词语组合").to_pandas().columns) == len(frame.columns)


# -- counts, words, concordances, comparisons, copies ---------------------------------------------


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    folder = tmp_path_factory.mktemp("tables")
    for year, cases in ((2019, 4), (2020, 7)):
        (folder / f"甲县{year}.txt").write_text(
            f"甲县{year}年法治政府建设工作总结\n一、复议\n受理行政复议案件{cases}件。\n"
            "推行行政执法三项制度，完善行政执法监督机制。\n"
            + ("" if year == 2019 else "聘请法律顾问，参与行政决策审查。\n"),
            "utf-8",
        )
    with gongwen.open(folder / "library") as library:
        library.add(sorted(folder.glob("*.txt")))
        yield library


TABLES: dict[str, Callable[[gongwen.Library], Any]] = {
    "counts": lambda library: library.counts("复议", by=("region", "topic")),
    "words": lambda library: library.words("行政"),
    "compare": lambda library: library.compare("甲县2019", "甲县2020"),
    "copies": lambda library: library.copies(),
    "copies of a report": lambda library: library.copies("甲县2020"),
    "search": lambda library: library.search("行政"),
    "figures": lambda library: library.figures("行政"),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_answer_is_a_table(two_years: gongwen.Library, name: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
    found = TABLES[name](two_years)
    assert isinstance(found, Tabular)
    rows = found.to_dicts()
    assert len(rows) == len(found) > 0
    assert all(sorted(row) == sorted(found.table_columns()) for row in rows), list(rows[0])
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == list(found.table_columns())
    assert len(frame) == len(rows)
    assert "\n" not in repr(found)
    assert len(repr(found)) < 400
    assert parsed(found._repr_html_())["tr"] == min(len(rows), 20) + 1


@pytest.mark.parametrize("name", [name for name in TABLES if name != "counts"])
def test_every_list_has_an_index_and_slices(two_years: gongwen.Library, name: str) -> None:
    found = TABLES[name](two_years)
    assert found[0] == next(iter(found))
    assert type(found[:1]) is type(found)
    assert list(found[:1]) == [found[0]]
    assert found[:1].to_dicts() == found.to_dicts()[:1]


def test_a_view_of_counts_names_topics_and_facets_in_chinese(two_years: gongwen.Library) -> None:
    html = two_years.counts(by=("topic", "unit"))._repr_html_()
    for word in ("主题", "句类", "行政复议与行政应诉", "小标题", "甲县"):
        assert (word in html) == (word != "甲县")
    assert "reconsideration" not in html


def test_columns_of_all_tables_have_chinese_names(two_years: gongwen.Library) -> None:
    for name, ask in TABLES.items():
        unnamed = [one for one in ask(two_years).table_columns() if one not in COLUMN_NAMES]
        assert unnamed == [], name


@pytest.mark.parametrize(
    "arguments",
    [
        ("words", '"没有这句话的库"'),
        ("search", '"没有这句话的库"', "--kwic"),
        ("counts", "--by", "topic", "--province", "海南"),
        ("copies", "--province", "海南"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_an_empty_table_is_not_written(
    two_years: gongwen.Library,
    gongwen_in: Any,
    tmp_path: Path,
    arguments: tuple[str, ...],
    suffix: str,
) -> None:
    target = tmp_path / f"表.{suffix}"
    ran = gongwen_in(two_years.folder)(*arguments, "-o", str(target))
    assert ran.code == 0, ran.err
    assert f"nothing to write; there is no {target}" in ran.err
    assert "wrote" not in ran.err
    assert not target.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("counts", "复议", "--by", "地区,年份", "--share"),
        ("words", "行政"),
        ("search", "行政", "--kwic"),
        ("copies",),
        ("compare", "甲县2019", "甲县2020"),
    ],
)
def test_every_workbook_has_chinese_heads_and_a_sheet_of_names(
    two_years: gongwen.Library, gongwen_in: Any, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    target = tmp_path / "表.xlsx"
    ran = gongwen_in(two_years.folder)("--lang", "zh", *arguments, "-o", str(target))
    assert ran.code == 0, ran.err
    book = openpyxl.load_workbook(target)
    for sheet in book:
        heads = [cell.value for cell in sheet[1]]
        assert not [head for head in heads if isinstance(head, str) and head.isascii()], heads
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToWidth == 1
    names = [row[-1] for row in book["列名"].iter_rows(min_row=2, values_only=True)]
    assert names
    assert all(name.isascii() for name in names)


def test_a_report_without_anything_like_it_elsewhere_is_its_own(tmp_path: Path) -> None:
    for name, text in {
        "甲县": "受理行政复议案件四件并全部办结。",
        "乙县": "春天来了花儿都开了。",
    }.items():
        (tmp_path / f"{name}.txt").write_text(f"{name}2020年工作总结\n{text}\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(sorted(tmp_path.glob("*.txt")))
        found = library.copies("甲县")
        assert (len(found), found.own) == (0, found.sentences)
        assert list(found.to_pandas().columns) == list(found.table_columns())
