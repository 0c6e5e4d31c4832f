"""The search page without a browser: facets, conditions, pages, notes, files, what is refused."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markupsafe import escape
from starlette.datastructures import QueryParams

import gongwen
from gongwen.catalog import _, use_language
from gongwen.render.delimited import csv_text
from gongwen.web import search_export, search_page
from gongwen.web.facets import FACETS, facets_of, years_met
from gongwen.web.help_page import EXAMPLES
from gongwen.web.search_page import find
from gongwen.web.search_question import Question

from .conftest import Visitor, visiting


def summary(page: str) -> str:
    found = re.search(r'id="summary"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert found, page[-2000:]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def total(page: str) -> int:
    found = re.match(r"(\d+) sentences", summary(page))
    assert found, summary(page)
    return int(found[1])


def places(page: str) -> list[str]:
    return re.findall(r'data-open href="([^"]+)"', page)


def notes(page: str) -> list[str]:
    found = re.findall(r'<p class="note[^"]*"[^>]*>(.*?)</p>', page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in found]


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    """A library in which the name of one issuer is part of another's, and one report has a span."""
    folder = tmp_path_factory.mktemp("issuers")
    known = [
        ("司法局", "2019", "工作报告"),
        ("甲县司法局", "2020", "政府工作报告"),
        ("国务院", "2018-2020", "工作总结"),
        ("国务院办公厅", "2021", "工作报告"),
    ]
    for n in range(len(known)):
        text = f"报告{n}\n\n全年办理行政复议案件{n + 3}件。\n=1+1不是公式，是行政复议。\n"
        (folder / f"report-{n}.txt").write_text(text, "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add(sorted(folder.glob("*.txt")))
        for report, (agency, year, kind) in zip(library.reports(), known, strict=True):
            library.describe(report.id, agency=agency, year=year, kind=kind)
        yield library


QUERIES = [
    "q=行政复议",
    "q=案件",
    "q=行政复议&synonyms=never",
    "q=文种:报告",
    "q=办理&by=report",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_facet_finds_what_it_counts(issuers: gongwen.Library, query: str) -> None:
    question = Question.of(QueryParams(query))
    facets = facets_of(question, find(issuers, question).counts, issuers.taxonomy)
    assert {"year", "kind", "agency"} <= {facet.name for facet in facets}
    for facet in facets:
        for value in facet.values:
            if value.chosen:
                continue
            one = Question.of(QueryParams(value.href.partition("?")[2]))
            assert find(issuers, one).results.total == value.count, (facet.name, value.text)


def test_a_facet_takes_several_values(issuers: gongwen.Library) -> None:
    for name in ("year", "agency", "kind"):
        question = Question.of(QueryParams("q=行政复议"))
        before = facets_of(question, find(issuers, question).counts, issuers.taxonomy)
        all_of = {v.text: v.count for f in before if f.name == name for v in f.values}
        [facet] = [one for one in before if one.name == name]
        first = Question.of(QueryParams(facet.values[0].href.partition("?")[2]))
        found = find(issuers, first)
        [now] = [f for f in facets_of(first, found.counts, issuers.taxonomy) if f.name == name]
        assert {value.text: value.count for value in now.values} == all_of
        assert [value.chosen for value in now.values] == [True] + [False] * (len(all_of) - 1)
        added = next(v for v in now.values if not v.chosen)
        both = Question.of(QueryParams(added.href.partition("?")[2]))
        assert find(issuers, both).results.total > found.results.total
        back = Question.of(QueryParams(now.values[0].href.partition("?")[2]))
        assert back.pairs == question.pairs


def test_counts_are_those_of_a_search(visitor: Visitor, library_folder: Path) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        results = library.search("执法", counts=FACETS)
        question = Question.of(QueryParams("q=执法"))
        assert find(library, question).counts == results.counts
    page = visitor.text("/search?q=执法&open=topic&open=county")
    for name, count in results.counts["county"].items():
        assert re.search(f'>{name}</a> <span class="count">{count}<', page)


@pytest.mark.parametrize(
    ("query", "values", "shown", "hidden", "toggled"),
    [
        ("q=x", 6, 6, 0, ""),
        ("q=x", 7, 7, 0, ""),  # one more takes no more room than the link
        ("q=x", 20, 6, 14, "/search?q=x&open=agency"),
        ("q=x&agency==机关3", 20, 6, 14, "/search?q=x&agency==机关3&open=agency"),
        ("q=x&open=agency", 20, 20, 0, "/search?q=x"),
        ("q=x&open=agency", 2_500, 2_000, 500, "/search?q=x"),
    ],
)
def test_a_long_facet_opens(
    issuers: gongwen.Library, query: str, values: int, shown: int, hidden: int, toggled: str
) -> None:
    question = Question.of(QueryParams(query))
    counts = {"agency": {f"机关{n}": 3_000 - n for n in range(values)}}
    [facet] = facets_of(question, counts, issuers.taxonomy)
    assert (len(facet.values), facet.hidden, unquote(facet.toggle).replace("%3D", "=")) == (
        shown, hidden, toggled,
    )  # fmt: skip
    assert all(value.text and value.href and value.count for value in facet.values)
    assert [value.text for value in facet.values if value.chosen] == [
        value.removeprefix("=") for value in question.filters.fields.get("agency", ())
    ]


@pytest.mark.parametrize(
    ("counted", "met"),
    [
        ({"2019": 5, "2021": 2}, {"2021": 2, "2019": 5}),
        ({"2019": 5, "2018-2020": 3}, {"2019": 8, "2018-2020": 8}),
        ({"2017": 1, "2018-2020": 3, "2020-2022": 4}, {"2020-2022": 7, "2018-2020": 7, "2017": 1}),
        ({"": 4, "很久以前": 2}, {}),
    ],
)
def test_a_report_on_several_years_counts_for_each(
    counted: dict[str, int], met: dict[str, int]
) -> None:
    assert years_met(counted) == met


def test_a_filter_of_a_whole_name(issuers: gongwen.Library) -> None:
    found = {
        value: {r.agency for r in issuers.reports(fields={"agency": value})}
        for value in ("国务院", "=国务院", "=司法", "=")
    }
    assert found["国务院"] == {"国务院", "国务院办公厅"}
    assert found["=国务院"] == {"国务院"}
    assert not found["=司法"]
    assert not found["="]


def test_turning_pages(visitor: Visitor) -> None:
    first, seen, path = "", list[str](), "/search?q=的&size=20&group=0"
    for _turn in range(50):
        page = visitor.text(path)
        first = first or page
        seen += places(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        path = html.unescape(following[1])
    assert len(seen) == len(set(seen)) == total(first) > 20
    assert "Page 1 of" in first
    beyond = visitor.text("/search?q=的&page=5000")
    assert not places(beyond)
    assert "There is no such page. Go to the last page" in notes(beyond)


def test_two_years_of_a_form_become_a_span(visitor: Visitor) -> None:
    for given, kept in [
        ("from=2019&to=2020", "year=2019..2020"),
        ("from=2019&to=", "year=2019.."),
        ("from=&to=2020", "year=..2020"),
        ("from=2020&to=2020", "year=2020"),
        ("from=&to=", ""),
    ]:
        answer = visitor.get(f"/search?q=执法&topic=enforcement&year=2000&{given}")
        assert unquote(str(answer.url.query.decode())) == "&".join(
            filter(None, ["q=执法", "topic=enforcement", kept])
        )


def test_conditions_can_be_removed(visitor: Visitor) -> None:
    page = visitor.text("/search?q=执法&topic=enforcement&year=2020&county=%3D甲县&page=2&size=50")
    links = [
        unquote(html.unescape(one))
        for one in re.findall(r'<a href="([^"]+)" title="Remove this condition"', page)
    ]
    assert links == [
        "/search?q=执法&county==甲县&year=2020&size=50",
        "/search?q=执法&topic=enforcement&year=2020&size=50",
        "/search?q=执法&topic=enforcement&county==甲县&size=50",
    ]
    assert "Topic: 行政执法" in page
    assert "County: 甲县 " in page


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("kind=heading", "Kind of document: Heading"),
        ("kind==工作报告", "Kind of document: 工作报告"),
        ("level=county", "Level: county"),
        ("year=2019..2021", "Year: 2019–2021"),
        ("year=2019..", "Year: 2019–"),
        ("role=problem", "Role: 不足与原因"),
        ("topic=执法", "Topic: 执法"),
    ],
)
def test_conditions_are_named(visitor: Visitor, condition: str, shown: str) -> None:
    assert f"{shown} <a" in visitor.text(f"/search?q=执法&{condition}")


UNUSABLE = [
    ("q=x&year=abc", "is not a year"),
    ("q=x&year=2021..2019", "ends before it begins"),
    ("topic=nonsense", "unknown topic"),
    ("q=topic:nonsense", "unknown topic"),
    ("role=nonsense", "unknown role"),
    ("level=nonsense", "level"),
    ("report=nonsense", "nonsense"),
    ("q=x&page=0", "page must be a number"),
    ("q=x&page=abc", "page must be a number"),
    ("q=x&size=7", "size must be one of"),
    ("q=x&sort=random", "sort must be one of"),
    ("q=x&context=99", "context must be a number"),
    ("q=x&view=other", "view must be one of"),
    ("view=kwic&topic=enforcement", "needs words"),
    ("q=" + "x" * 2_001, "too long"),
]


@pytest.mark.parametrize(("query", "said"), UNUSABLE, ids=[one[1] for one in UNUSABLE])
def test_what_cannot_be_used_gets_a_message(visitor: Visitor, query: str, said: str) -> None:
    answer = visitor.get(f"/search?{query}")
    assert answer.status_code == 400
    assert said in summary(answer.text)
    assert 'name="q"' in answer.text
    by_script = visitor.get(f"/search?{query}", headers={"hx-request": "true"})
    assert by_script.status_code == 200
    assert said in summary(by_script.text)


@pytest.mark.parametrize(
    "query",
    [
        '"><script>alert(1)</script>',
        "'onmouseover=x",
        "{{7*7}}",
        "%00",
        "((((",
        '"',
        "\\",
        "<mark>",
    ],
)
def test_what_was_typed_is_text(visitor: Visitor, query: str) -> None:
    page = visitor.get("/search", params={"q": query, "topic": query, "open": query}).text
    assert "<script>alert" not in page
    assert f'value="{escape(query)}"' in page


def test_reports_are_text(visitor: Visitor) -> None:
    for path in (
        "/search?q=查处案件",
        "/search?q=查处案件&by=report",
        "/search?q=查处案件&view=kwic",
    ):
        page = visitor.text(path)
        assert "查处案件" in page.partition("</form>")[2]
        assert "<svg" not in page
        assert "<script>alert" not in page


def test_what_was_widened_is_said(visitor: Visitor, library_folder: Path) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        seen = set()
        for query in (
            "xzfy",
            "执法顾问法律",
            "普法",
            "宪法宣传",
            "法制宣传",
            "普法教育",
            "行政复义",
            "执法",
        ):
            for synonyms in ("auto", "always", "never"):
                results = library.search(query, synonyms=synonyms, limit=3)  # type: ignore[arg-type]
                page = visitor.text(f"/search?q={query}&synonyms={synonyms}")
                seen.add(results.match)
                widened = 'class="note widened"' in page
                assert widened == (results.match != "all"), (query, synonyms, results.match)
                for one in results.suggestions:
                    assert f">{escape(one)}</a>" in page
                if results.more_by_synonyms:
                    seen.add("more")
                    assert f"{results.more_by_synonyms} more sentences" in page
                    assert "find these too" in page
                for hit in results:
                    assert all(word in page for word in hit.via)
    assert {"all", "pinyin", "any"} <= seen


def test_a_hit_has_what_is_needed_to_cite_it(visitor: Visitor, library_folder: Path) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        hits = library.search("行政执法", limit=20).hits
    page = visitor.text("/search?q=行政执法")
    assert [f"/reports/{hit.report.id}?at={hit.n}#s-{hit.n}" for hit in hits] == [
        unquote(html.unescape(one)) for one in places(page)
    ]
    copied = [html.unescape(one) for one in re.findall(r'data-copy="([^"]*)"', page)]
    assert copied == [f"{hit.text}\n——{hit.citation}" for hit in hits]
    doubtful = [hit for hit in hits if hit.probability < 0.5]
    assert page.count('class="badge doubt"') == len(doubtful)


def test_near_copies_open(visitor: Visitor, library_folder: Path) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        hits = library.search("行政执法", copies=True).hits
    grouped = [hit for hit in hits if hit.copies > 1]
    page = visitor.text("/search?q=行政执法")
    links = [html.unescape(one) for one in re.findall(r'href="(/search/variants[^"]+)"', page)]
    assert len(links) == len(grouped) > 0
    for link, hit in zip(links, grouped, strict=True):
        part = visitor.text(link)
        for one in hit.variants:
            assert f"?at={one.n}#s-{one.n}" in part
        assert "<mark>" in part
    moved = visitor.get(re.sub(r"&n=\d+", "&n=9999", links[0]))
    assert moved.status_code == 409
    assert "search again" in moved.text


def test_context_and_similar_sentences(visitor: Visitor, library_folder: Path) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        hit = library.search("纠正不规范执法行为", counts=()).hits[0]
        around = [s.text for s in library.sentences(hit.report.id, hit.n - 1, hit.n + 1)]
        others = library.similar(hit.report.id, hit.n, elsewhere=True).hits
    query = {"report": hit.report.id, "n": str(hit.n)}
    page = html.unescape(visitor.get("/search/context", params=query).text)
    assert all(text in page for text in around)
    answer = visitor.get("/similar", params={**query, "elsewhere": "1"})
    assert escape(hit.citation) in answer.text
    found = [unquote(html.unescape(one)) for one in places(answer.text)]
    assert found == [f"/reports/{one.report.id}?at={one.n}#s-{one.n}" for one in others]
    assert not any(hit.report.id in one for one in found)
    narrowed = visitor.get("/similar", params={**query, "year": "2020", "county": "=乙县"}).text
    assert "Year: 2020" in narrowed
    assert "County: 乙县" in narrowed
    assert all("乙县" in unquote(one) for one in places(narrowed))
    both = visitor.get("/similar", params=query).text
    assert len(places(both)) >= len(found)
    assert visitor.get("/similar?report=none&n=1").status_code == 404
    assert visitor.get("/search/context?report=none&n=1").status_code == 404


def test_neighbours_of_all_hits(visitor: Visitor) -> None:
    assert 'class="around"' not in visitor.text("/search?q=纠正")
    assert 'class="around"' in visitor.text("/search?q=纠正&context=1")


def test_a_concordance_is_aligned(visitor: Visitor, library_folder: Path) -> None:
    for sort in ("relevance", "year", "left", "right"):
        with gongwen.open(library_folder, read_only=True) as library:
            lines = library.concordance("执法", sort=sort, limit=20, window=40)  # type: ignore[arg-type]
        page = visitor.text(f"/search?q=执法&view=kwic&sort={sort}")
        rows = re.findall(
            r'<td class="left"><span>(.*?)</span></td>\s*<td class="node"><mark>(.*?)</mark></td>'
            r'\s*<td class="right"><span>(.*?)</span></td>',
            page,
            re.DOTALL,
        )
        assert [tuple(map(html.unescape, row)) for row in rows] == [
            (line.left, line.node, line.right) for line in lines
        ]
        assert summary(page).startswith(f"{lines.total} occurrences")


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["", "&by=report", "&view=kwic", "&context=1&sort=year"])
def test_files_have_what_the_command_line_writes(issuers: gongwen.Library, view: str) -> None:
    with visiting(issuers.folder) as visitor:
        found = search_export.found_for_file(
            issuers, Question.of(QueryParams(f"q=行政复议{view}")), False
        )
        answer = visitor.get(f"/search.csv?q=行政复议{view}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.content.decode("utf-8") == csv_text(found.to_dicts(), found.table_columns())
        assert answer.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == len(found) > 0
        texts = [row["text"] for row in rows]
        assert any(text.startswith("'=1+1") for text in texts)
        answer = visitor.get(f"/search.json?q=行政复议{view}&all=1")
        said, known = answer.json(), found.to_dict()
        for one in (said, known):
            one.pop("took_ms", None)
        assert said == json.loads(json.dumps(known))
        lines = visitor.get(f"/search.jsonl?q=行政复议{view}").text.splitlines()
        assert [json.loads(line) for line in lines] == [
            json.loads(json.dumps(one.to_dict())) for one in found
        ]


def test_a_workbook_has_no_formula(issuers: gongwen.Library) -> None:
    from openpyxl import load_workbook

    with visiting(issuers.folder) as visitor:
        answer = visitor.get("/search.xlsx?q=行政复议")
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    values = [cell.value for row in sheet.iter_rows() for cell in row]
    assert any(str(value).startswith("=1+1") for value in values)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_file_that_is_cut_says_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = visitor.get("/search.csv?q=执法&all=1")
    there = int(whole.headers["x-total-count"])
    assert there == len(list(csv.reader(io.StringIO(whole.text)))) - 1 > 3
    assert "first" not in whole.headers["content-disposition"]
    for module in (search_export, search_page):
        monkeypatch.setattr(module, "EXPORT_MOST", 3)
    answer = visitor.get("/search.csv?q=执法&all=1")
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 4
    name = unquote(answer.headers["content-disposition"])
    assert f"执法-first 3 of {there}.csv" in name
    page = visitor.text("/search?q=执法")
    assert "The first 3" in page
    assert "A file has at most 3" in page


@pytest.mark.parametrize("query", ['a"b\r\nX: y', "../../etc/passwd", "", "。。", "很" * 300])
def test_names_of_files_are_harmless(visitor: Visitor, query: str) -> None:
    answer = visitor.get("/search.csv", params={"q": query, "topic": "enforcement"})
    assert answer.status_code == 200
    given = answer.headers["content-disposition"]
    assert "x" not in answer.headers
    name = unquote(given.partition("UTF-8''")[2])
    assert re.fullmatch(r"[\w .·()（）-]{1,64}\.csv", name)
    assert "/" not in name
    assert not name.startswith(".")


@pytest.mark.parametrize("format", search_export.FORMATS)
def test_a_file_needs_a_question(visitor: Visitor, format: str) -> None:
    assert visitor.get(f"/search.{format}").status_code == 400
    assert visitor.get(f"/search.{format}?topic=nonsense").status_code == 404


# -- start and help --------------------------------------------------------------------------------


def test_the_start_has_examples_and_topics(visitor: Visitor, library_folder: Path) -> None:
    page = visitor.text("/")
    for example, _meaning in EXAMPLES[:6]:
        assert escape(example) in page
    assert "/search?topic=enforcement" in page
    for example, _meaning in EXAMPLES:
        assert visitor.get("/search", params={"q": example}).status_code == 200


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    gongwen.open(tmp_path / "library").close()
    with visiting(tmp_path / "library") as visitor:
        assert "There are no reports yet" in visitor.text("/search")
        assert total(visitor.text("/search?q=执法")) == 0


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Keys of the search page"), ("zh", "搜索页快捷键")]
)
def test_help_in_both_languages(library_folder: Path, language: str, words: str) -> None:
    with visiting(library_folder, language=language) as visitor:
        page = visitor.text("/help")
    use_language(language)
    examples = [_(example) for example, _meaning in EXAMPLES]
    use_language("en")
    assert words in page
    for example in examples:
        assert escape(example) in page
