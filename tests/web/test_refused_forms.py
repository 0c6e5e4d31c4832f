"""Forms that lack something: the reason stands beside them, and what was entered is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

import gongwen

from .conftest import OpenPage, Visitor, served

COUNTY = "/reports/" + quote("乙县2020")


def refused(page: str, form: str) -> str:
    """Return what stands beside a form, ``""`` when nothing does."""
    [line] = LexborHTMLParser(page).css(f"#{form}-refused")
    return "" if "hidden" in line.attributes else line.text().strip()


@pytest.mark.parametrize(
    ("path", "data", "form", "where", "says"),
    [
        ("/library/add", {"same": "both"}, "add", "/library", "no file was chosen"),
        ("/library/remove", {}, "remove", "/library", "no report was chosen"),
        ("/library/remove/yes", {}, "remove", "/library", "no report was chosen"),
        ("/library/import", {}, "import", "/library/status", "no file was chosen"),
        ("/library/trash/restore", {}, "trash", "/library/trash", "no report was chosen"),
        ("/library/trash/empty", {}, "trash", "/library/trash", "no report was chosen"),
        ("/library/trash/empty/yes", {}, "trash", "/library/trash", "no report was chosen"),
        ("/check", {}, "check", "/check", "nothing to check"),
        ("/teach/train", {}, "train", "/teach", "nothing new to learn"),
        (f"{COUNTY}/8", {"present": "reconsideration"}, "correct", COUNTY, "nothing was changed"),
        (f"{COUNTY}/8", {"topic": "nonsense"}, "correct", COUNTY, "choose a topic"),
        (f"{COUNTY}/facts", {"year": "soon", "was-year": "2020"}, "facts", COUNTY, "soon"),
    ],
)  # fmt: skip
def test_the_reason_stands_beside_the_form(
    editor: Visitor, own_library: Path, path: str, data: dict[str, str], form: str, where: str,
    says: str,
) -> None:  # fmt: skip
    with gongwen.open(own_library) as library:
        library.remove("甲县2019")  # so that the trash has a form
        before = library.generation
    answer = editor.post(path, data=data, follow_redirects=False)
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert (target.path, target.fragment) == (where, f"{form}-refused")
    page = editor.text(f"{target.path}?{target.query}")
    assert says in refused(page, form)
    assert refused(editor.text(f"{target.path}?{target.query}"), form) == ""  # said once
    answer = editor.post(path, data=data, headers={"hx-request": "true"})
    assert answer.status_code == 400
    with gongwen.open(own_library) as library:
        assert library.generation == before


def test_what_was_entered_is_kept(editor: Visitor) -> None:
    page = editor.post("/library/add", data={"same": "both", "encoding": "gb18030"}).text
    tree = LexborHTMLParser(page)
    assert {one.attributes["value"] for one in tree.css("option[selected]")} >= {"both", "gb18030"}
    assert "open" in tree.css(".adding")[0].attributes
    data = {"present": "nonsense", "role": "plan", "also": "oversight", "note": "看标题"}
    tree = LexborHTMLParser(editor.post(f"{COUNTY}/8", data=data).text)
    assert tree.css('#role option[value="plan"][selected]')
    assert tree.css('input[name="also"][value="oversight"][checked]')
    assert tree.css('#note[value="看标题"]')
    data = {"agency": "乙县司法局", "was-agency": "", "year": "soon", "was-year": "2020"}
    tree = LexborHTMLParser(editor.post(f"{COUNTY}/facts", data=data).text)
    assert tree.css('#fact-agency[value="乙县司法局"]') and tree.css('#fact-year[value="soon"]')


def test_a_list_stays_as_it_was(editor: Visitor) -> None:
    data = {"back": "/library?q=甲县&sort=year"}
    answer = editor.post("/library/remove", data=data, follow_redirects=False)
    target = unquote(answer.headers["location"])
    assert target == "/library?q=甲县&sort=year#remove-refused"
    for path in ("//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"):
        answer = editor.post("/library/remove", data={"back": path}, follow_redirects=False)
        assert answer.headers["location"] == "/library#remove-refused"


def test_a_label_without_a_topic_is_asked_for_again(editor: Visitor) -> None:
    page = LexborHTMLParser(editor.text("/teach?start=1&size=2"))
    form = page.css('form[action="/teach/label"]')[0]
    data = {
        one.attributes["name"]: one.attributes["value"] or "" for one in form.css("[type=hidden]")
    }
    data.pop("csrf")
    text = editor.post("/teach/label", data=data | {"note": "难"}).text
    assert "choose a topic" in refused(text, "label")
    assert LexborHTMLParser(text).css('#note[value="难"]')
    assert "What is this sentence about?" in text


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/compare?before=甲县2019", 200, "Name the other report too."),
        ("/compare?after_year=2020", 200, "Name the other year too."),
        ("/library?year=soon", 400, "soon"),
        ("/check?report=none", 404, "none"),
        ("/counts?by=year&year=soon", 400, "soon"),
        ("/figures?year=soon", 400, "soon"),
        ("/search?year=2021..2019", 400, "2021"),
    ],
)
def test_questions_that_lack_something_keep_their_form(
    visitor: Visitor, path: str, status: int, says: str
) -> None:
    page = visitor.text(path, status)
    assert says in page and "<form" in page.partition('id="main"')[2]


@pytest.mark.parametrize(("lang", "width", "scripts"), [("zh", 1280, True), ("en", 390, False)])
def test_in_a_browser(
    own_library: Path, open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    def wait_for(page: Any, form: str) -> None:
        page.wait_for_selector(f"#{form}-refused", state="visible")

    with served(own_library) as address:
        page = open_page(f"{address}/library?q=甲县", lang=lang, width=width, scripts=scripts)
        page.locator("button.danger").click()
        wait_for(page, "remove")
        assert page.input_value("#q") == "甲县"
        page.locator(".adding summary").click()
        page.select_option("#same", "both")
        page.locator(".adding button.primary").click()
        wait_for(page, "add")
        assert page.input_value("#same") == "both"
        page.goto(f"{address}/check")
        page.locator("form[enctype] button.primary").click()
        wait_for(page, "check")
        page.goto(f"{address}{COUNTY}?at=8")
        page.locator("form.correct button.primary").click()
        wait_for(page, "correct")
    ignored = [one for one in open_page.faults if "400" in one]  # scripts are answered with 400
    assert len(ignored) == len(open_page.faults)
    open_page.faults.clear()
