"""The page that compares reports: pairs, how sure they are, filters, figures and exports."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook

import gongwen
from gongwen.research.sentence_pairs import PAIR_KINDS

from .conftest import OpenPage, Visitor, visiting

PAIR = f"/compare?before={quote('甲县2019')}&after={quote('甲县2020')}"
YEARS = "/compare?before_year=2019&after_year=2020"

_EARLIER = """庚县2019年工作总结

办理行政复议案件12件，全部按期办结。
加快提升行政审批便利化水平。
加强执法监督。
推进政务公开工作。
"""
_LATER = """庚县2020年工作总结

办理行政复议案件15件，全部按期办结。
推动窗口服务规范，清理审批收费项目，不断提升行政审批便利化水平。
加强执法监督。
完善法律顾问制度，聘请律师三名。
"""


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two reports that have one pair of each kind, one of them unsure."""
    folder = tmp_path_factory.mktemp("compare")
    for name, text in (("庚县2019", _EARLIER), ("庚县2020", _LATER)):
        (folder / f"{name}.txt").write_text(text, "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add([folder / "庚县2019.txt", folder / "庚县2020.txt"])
    return folder / "library"


OWN = f"/compare?before={quote('庚县2019')}&after={quote('庚县2020')}"


def pairs(html: str) -> list[tuple[str, str]]:
    """Return the pairs on a page: kind, and all of it."""
    found = re.findall(r'<li class="pair (\w+) \w+">(.*?)</li>', html, re.S)
    return [(kind, body) for kind, body in found]


def test_every_pair_stands_on_the_page_with_its_kind(compared: Path) -> None:
    with visiting(compared) as visitor:
        html = visitor.text(OWN)
    with gongwen.open(compared, read_only=True) as library:
        found = library.compare("庚县2019", "庚县2020")
    assert [kind for kind, _body in pairs(html)] == [pair.kind for pair in found]
    for kind, count in found.totals().items():
        if kind in PAIR_KINDS:
            assert re.search(rf'<span class="kind {kind}">{kind}</span> {count}</label>', html)


def test_characters_that_changed_are_marked_on_both_sides(compared: Path) -> None:
    with visiting(compared) as visitor:
        html = visitor.text(OWN)
    assert "办理行政复议案件<del>12</del>件，全部按期办结。" in html
    assert "办理行政复议案件<ins>15</ins>件，全部按期办结。" in html


def test_a_changed_pair_says_how_like_its_sentences_are(compared: Path) -> None:
    with visiting(compared) as visitor:
        html = visitor.text(OWN)
    with gongwen.open(compared, read_only=True) as library:
        changed = [one for one in library.compare("庚县2019", "庚县2020") if one.kind == "changed"]
    bodies = [body for kind, body in pairs(html) if kind == "changed"]
    assert len(bodies) == len(changed) >= 2
    for pair, body in zip(changed, bodies, strict=True):
        assert f"{pair.likeness * 100:.0f} % of the words in common" in body
        assert ("unsure whether they are a pair" in body) == (pair.likeness < 0.45)
    unsure = sum(pair.likeness < 0.45 for pair in changed)
    assert unsure and f"{unsure} pair is unsure" in html


@pytest.mark.parametrize("kind", PAIR_KINDS)
def test_one_kind_alone_can_be_shown(compared: Path, kind: str) -> None:
    with visiting(compared) as visitor:
        shown = {one for one, _body in pairs(visitor.text(f"{OWN}&only={kind}"))}
    assert shown == {kind}


def test_a_topic_alone_can_be_shown(visitor: Visitor) -> None:
    html = visitor.text(PAIR + "&topic=reconsideration")
    assert '<span class="chip">行政复议与行政应诉</span>' in html
    assert html.count('<span class="chip">') == 1


def test_figures_that_changed_stand_with_value_difference_and_status(visitor: Visitor) -> None:
    html = visitor.text(PAIR)
    row = next(one for one in re.findall(r"<tr>.*?</tr>", html, re.S) if "执法监督检查" in one)
    assert re.search(r">12次</td>.*>15次</td>.*>\+3次</td>.*>\+25%</td>.*>result<", row)
    plan = next(one for one in re.findall(r"<tr>.*?</tr>", html, re.S) if "法律顾问" in one)
    assert ">plan<" in plan


def test_sides_link_to_their_reports(visitor: Visitor) -> None:
    html = visitor.text(PAIR)
    for report in ("甲县2019", "甲县2020"):
        path = f"/reports/{quote(report)}"
        assert f'href="{path}"' in html and f'href="{path}?at=5#s-5"' in html


def test_two_years_are_compared_within_conditions(visitor: Visitor) -> None:
    html = visitor.text(f"{YEARS}&region={quote('甲县')}")
    assert quote("甲县2019") in html and quote("乙县2019") not in html
    both = visitor.text(YEARS)
    assert "several regions are compared together" in both and "甲县2019:5" in both


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/compare", 200, "Compare reports"),
        ("/compare?before=x", 200, "Compare reports"),
        ("/compare?before=nothing&after=wugong-2020", 404, "nothing"),
        ("/compare?before_year=1900&after_year=2020", 400, "1900"),
        ("/compare?before_year=soon&after_year=2020", 400, "soon"),
        (PAIR + "&only=nonsense", 400, "nonsense"),
        (PAIR + "&page=99", 400, "page"),
        ("/compare/export?format=html", 400, "two reports"),
        (PAIR.replace("?", "/export?") + "&format=exe", 400, "exe"),
        ("/compare?before=%3Cscript%3Ealert(1)%3C/script%3E&after=x", 404, "&lt;script&gt;"),
    ],
)
def test_what_cannot_be_compared_is_said(
    visitor: Visitor, path: str, status: int, said: str
) -> None:
    html = visitor.text(path, status)
    assert said in html and "<script>alert" not in html


@pytest.mark.parametrize("format_", ["html", "xlsx", "json", "csv"])
def test_the_files_are_those_of_the_command_line(compared: Path, format_: str) -> None:
    with visiting(compared, language="zh") as visitor:
        answer = visitor.get(f"{OWN.replace('?', '/export?')}&format={format_}&only=changed")
    name = unquote(answer.headers["content-disposition"])
    assert answer.status_code == 200 and name.endswith(f"庚县2019-庚县2020.{format_}")
    if format_ == "json":
        whole = json.loads(answer.content)
        assert {one["kind"] for one in whole["sentences"]} == {"changed"}
        assert whole["totals"]["new"] == 1
    elif format_ == "csv":
        lines = answer.content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("kind,topic,topic_zh") and len(lines) > 2
        assert all(line.startswith("changed,") for line in lines[1:])
    elif format_ == "html":
        assert "<del" in answer.text and "改动" in answer.text
    else:
        book = load_workbook(BytesIO(answer.content))
        rows = list(book.worksheets[0].values)
        assert len(rows) > 2 and {row[0] for row in rows[1:]} == {"改动"}


def test_a_long_comparison_is_paged(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, library_folder: Path
) -> None:
    monkeypatch.setattr("gongwen.web.compare_page._PAGE_PAIRS", 4)
    first, second = visitor.text(PAIR), visitor.text(PAIR + "&page=2")
    assert len(pairs(first)) == len(pairs(second)) == 4
    assert 'rel="next"' in first and "page 2 of" in second
    with gongwen.open(library_folder, read_only=True) as library:
        whole = [pair.kind for pair in library.compare("甲县2019", "甲县2020")]
    assert [kind for kind, _b in pairs(first) + pairs(second)] == whole[:8]


def test_too_many_sentences_are_refused_with_what_to_do(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongwen.web.compare_page._MOST_SENTENCES", 10)
    assert "narrow the conditions" in visitor.text(YEARS, 400)


@pytest.mark.parametrize(
    ("lang", "width", "scripts"), [("zh", 1280, True), ("en", 390, True), ("zh", 390, False)]
)
def test_the_page_fits_and_is_accessible(
    site: str, open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    page = open_page(site + PAIR, lang=lang, width=width, scripts=scripts)
    left, right = page.locator(".pair .half").nth(0), page.locator(".pair .half").nth(1)
    places = [one.bounding_box() for one in (left, right)]
    if width == 1280:
        assert places[0]["y"] == places[1]["y"] and places[0]["x"] < places[1]["x"]
    else:
        assert places[0]["y"] < places[1]["y"] and places[0]["x"] == places[1]["x"]
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not grave, [(one["id"], one["nodes"][0]["html"]) for one in grave]
