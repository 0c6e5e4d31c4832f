"""Text of any field is shown as text: no element, attribute or address is ever made of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.datastructures import QueryParams
from starlette.routing import Route

import gongwen
from gongwen.nlp.topics.taxonomy import Label, LabelSet

from .conftest import Visitor, visiting
from .markup import ALL, HOSTILE, MARK, SHORT, intruders, shows

SEED = "wugong-2020"
WORKING = (
    "/search?q=执法", "/search?q=执法&view=kwic", "/search?q=执法&by=report", "/library",
    "/library/trash", "/library/status", "/counts?by=region&by=topic", "/figures",
    "/figures?view=pivot&pivot=region", f"/compare?before=甲县2019&after={SEED}",
    "/compare?before_year=2019&after_year=2020", f"/check?report={SEED}&status=pass", "/teach",
    "/teach?start=1&size=1", f"/reports/{SEED}?checks=1", f"/reports/{SEED}?at=27&checks=1",
    f"/reports/{SEED}/27", f"/similar?report={SEED}&n=27", "/search?q=", "/help", "/login",
    f"/search/context?report={SEED}&n=27",
)  # fmt: skip
"""Pages that show reports, names, notes and labels."""


def test_the_look_at_pages_finds_intruders() -> None:
    for text in HOSTILE:
        page = f'<!doctype html><title>{text}</title><p title="{text}">{text}</p>'
        page += f"<a href='{text}'>x</a>"
        escapes_itself = text.startswith(("&", "{"))
        assert escapes_itself or intruders(page), text
    assert not intruders(f'<p title="{MARK}"><a href="/search?q={MARK}">{MARK}</a></p>')
    assert shows("<p>a &lt;b&gt;</p><input value='&quot;c'>", "a <b>")
    assert shows("<input value='&quot;c'>", '"c')
    assert not shows("<p>&amp;lt;</p>", "<")


@pytest.fixture(scope="module")
def reader(library_folder: Path) -> Iterator[Visitor]:
    """A visitor of a library that is only read, for all cases."""
    with visiting(library_folder, changes_per_minute=10_000) as made:
        yield made


def pages_of(visitor: Visitor) -> list[str]:
    """Return the paths of all pages, as they are written in the code."""
    routes = visitor.client.app.routes  # type: ignore[attr-defined]
    found = [one.path for one in routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    return [path for path in found if not path.startswith("/api/")]


def html(answer: Any) -> str:
    """Return a page; nothing that a browser would take for a page when it is something else."""
    assert answer.status_code < 500, answer.text
    kind = answer.headers["content-type"]
    if kind.startswith("text/html") and "attachment" not in str(answer.headers):
        return str(answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    return ""


class AskedFor(set[str]):
    """The names of parameters that a page looks for in its address."""

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("get", "getlist", "__contains__", "__getitem__"):
            real = getattr(QueryParams, name)

            def noting(params: Any, key: Any, *rest: Any, real: Any = real) -> Any:
                if isinstance(params, QueryParams):
                    self.add(key)
                return real(params, key, *rest)

            monkeypatch.setattr(QueryParams, name, noting)


def test_parameters_of_every_page(reader: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, looked = AskedFor(), 0
    asked.watch(monkeypatch)
    for path in pages_of(reader):
        there = re.sub(r"\{(id|job)[^}]*\}", SEED, path)
        there = re.sub(r"\{n[^}]*\}", "27", there)
        if re.search(r"\.\w+$|/download$|/export$", path):  # a file that is saved
            continue
        asked.clear()
        reader.get(there, params={"q": "执法"})
        for name in sorted(asked | {"other"}):
            page = html(reader.get(there, params={name: ALL}))
            # In the links to the other language the text stands on every page, in this form only.
            if MARK in page.replace(quote_plus(ALL), ""):
                assert not intruders(page), (path, name)
                looked += 1
    assert looked >= 100


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_asked_for_stands_in_the_page_again(reader: Visitor, text: str) -> None:
    for path, name in [
        ("/search", "q"), ("/search?q=执法", "region"), ("/search?q=执法&view=kwic", "agency"),
        ("/search?q=执法", "other"), ("/library", "q"), ("/library", "region"),
        ("/library", "agency"), ("/counts", "q"), ("/figures", "q"), ("/figures", "indicator"),
        ("/compare", "before"), ("/compare", "after_year"), ("/compare", "region"),
        ("/login", "next"),
    ]:  # fmt: skip
        page = html(reader.get(path, params={name: text}))
        assert not intruders(page), (path, name)
        assert path == "/login" or name == "other" or shows(page, text), (path, name)
    page = html(reader.get("/search?q=执法", params={"by": text, "q": "执法"}))
    assert not intruders(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_names_in_paths(reader: Visitor, text: str) -> None:
    name = quote(text, safe="")
    for path in (
        f"/{name}", f"/reports/{name}", f"/reports/{name}/1", f"/reports/{name}/checks",
        f"/jobs/{name}", f"/check/{name}", f"/teach/jobs/{name}", f"/teach/models/{name}",
        f"/static/{name}", f"/search/{name}", f"/library.{name}",
    ):  # fmt: skip
        answer = reader.get(path)
        assert answer.status_code == 404
        assert not intruders(html(answer)), path
    answer = reader.get(f"/api/v1/reports/{name}")
    assert answer.headers["content-type"] == "application/json"


# -- what is kept, and shown on other pages later --------------------------------------------------


def settle(visitor: Visitor, answer: Any) -> str:
    """Wait for the job that a form has started, and return its page."""
    assert answer.status_code == 200, answer.text
    page = str(answer.text)
    for _turn in range(1200):
        if 'hx-trigger="every 1s"' not in page:
            return page
        time.sleep(0.05)
        page = visitor.text(answer.url.path)
    raise AssertionError("the job does not end")


def facts(page: str) -> dict[str, str]:
    """Return the fields of the form of facts with their values."""
    fields = LexborHTMLParser(page).css("#facts input[name^='was-']")
    was = {str(one.attributes["name"]): str(one.attributes["value"] or "") for one in fields}
    return was | {name.removeprefix("was-"): value for name, value in was.items()}


def walk(visitor: Visitor, texts: dict[str, str], pages: tuple[str, ...] = WORKING) -> set[str]:
    """Look at pages, in the two languages by turns, and return the texts that they show."""
    seen = set[str]()
    for path, lang in zip(pages, cycle(("zh", "en")), strict=False):
        answer = visitor.get(path, headers={"accept-language": lang})
        assert answer.status_code == 200, (path, answer.text)
        page = html(answer)
        assert not intruders(page), path
        seen |= {name for name, text in texts.items() if shows(page, text)}
    return seen


def test_what_is_said_of_reports_and_sentences(editor: Visitor) -> None:
    said = {name: f"{place}{ALL}" for place, name in enumerate(("title", "agency", "kind"))}
    said["region"] = f"r{HOSTILE[1]}"
    said["county"] = f"c{HOSTILE[3]}"
    form = facts(editor.text(f"/reports/{SEED}"))
    assert set(said) <= set(form)
    answer = editor.post(f"/reports/{SEED}/facts", data=form | said)
    assert answer.status_code == 200, answer.text
    note = {"topic": "enforcement", "name": SHORT, "note": ALL[:900]}
    assert editor.post(f"/reports/{SEED}/27", data=note).status_code == 200
    label = {"label": "enforcement", "report": SEED, "n": "26", "note": ALL[:400], "role": ""}
    assert editor.post("/teach/label", data=label).status_code == 200
    shown = {**said, "name": SHORT, "note": ALL[:900], "label": ALL[:400]}
    at = (*WORKING, f"/reports/{SEED}?at=26", "/library/remove")
    assert walk(editor, shown, at[:-1]) == set(shown)
    asked = editor.post("/library/remove", data={"report": SEED}).text
    assert not intruders(asked)
    assert shows(asked, said["title"])
    editor.post("/library/remove/yes", data={"report": SEED})
    assert walk(editor, {"title": said["title"], "by": SHORT}, ("/library/trash",)) == {
        "title",
        "by",
    }
    editor.post("/reports/甲县2019/9", data={"topic": "enforcement", "also": ALL, "role": ALL})
    files = ("/search.json?q=执法", "/library.json", "/library.csv", "/counts.csv?by=region")
    assert walk(editor, {}, files) == set()


def test_texts_names_and_results_of_files(editor: Visitor) -> None:
    # Elements of HTML are taken out of the text of a report; what only looks like one stays.
    title = f'辛县2020年"><甲 onload={MARK}()>法治政府建设工作总结'
    heading = f"一、行政执法' onfocus={MARK}() autofocus x='"
    sentence = f"全年收到行政复议申请9件，其中受理5件，不予受理3件</textarea>{HOSTILE[4]}。"
    text = f"{title}\n\n{heading}\n\n{sentence}\n\n{HOSTILE[8]}{HOSTILE[5]}开展执法检查。\n"
    name = f"辛<b {MARK}>'&{MARK}{HOSTILE[2]}.txt"
    page = settle(editor, editor.post("/library/add", files=[("files", (name, text.encode()))]))
    assert not intruders(page)
    assert MARK in page
    reports = editor.get("/library.json").json()["reports"]
    [kept] = [one["report"] for one in reports if "辛" in one["report"]]
    own = quote(kept, safe="")
    units = editor.get(f"/api/v1/reports/{own}/sentences").json()["units"]
    shown = {one["text"]: one["text"] for one in units}
    assert {title, heading, sentence} <= set(shown)
    pages = (
        f"/reports/{own}?checks=1", f"/reports/{own}?checks=1&at=3", f"/reports/{own}/3",
        "/search?q=复议", f"/search?q={MARK}", f"/search?q={MARK}&view=kwic", "/library",
        f"/check?report={own}&status=fail&status=pass", f"/compare?before=甲县2019&after={own}",
        f"/similar?report={own}&n=3", f"/search/context?report={own}&n=3", "/figures?q=复议",
        f"/teach?queue={own}:3", "/counts?by=report",
    )  # fmt: skip
    assert walk(editor, shown, pages) == set(shown)
    for sent in (
        {"files": [("files", (name, text.encode())), ("files", (f"{ALL}.docx", b"PK"))]},
        {"data": {"text": text}},
    ):
        page = settle(editor, editor.post("/check", **sent))
        assert not intruders(page)
        assert shows(page, sentence)
        job = re.search(r"/check/([\w-]+)/download", page)
        assert job
        for form in ("html", "json", "csv"):
            saved = editor.get(f"/check/{job[1]}/download?format={form}")
            assert saved.headers["content-disposition"].startswith("attachment")
            if form == "html":
                for found in intruders(saved.text):
                    assert found in ("<style>", "<html style>"), found


OWN_NAME = f"水利{HOSTILE[1]}"


def test_names_of_topics_and_roles(reader: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    library = reader.client.app.state.site.library  # type: ignore[attr-defined]
    taxonomy = library.taxonomy
    hostile = replace(
        taxonomy,
        topics=LabelSet("topic", [_renamed(one, OWN_NAME) for one in taxonomy.topics]),
        roles=LabelSet("role", [_renamed(one, SHORT) for one in taxonomy.roles]),
    )
    monkeypatch.setattr(type(library), "taxonomy", hostile)
    names = {"topic": OWN_NAME, "role": SHORT, "definition": ALL}
    assert walk(reader, names) == set(names)


def _renamed(label: Label, name: str) -> Label:
    return replace(label, zh=f"{label.slug}{name}", definition=ALL)


@pytest.mark.slow
def test_topics_of_ones_own(own_library: Path) -> None:
    topics = (
        "shipped_labels = false\n"
        f"[[topics]]\nslug = 'water'\nzh = '''{OWN_NAME}'''\ndefinition = '''{ALL}'''\n"
        "keywords = ['执法', '水库']\n"
        f"[[topics]]\nslug = 'roads'\nzh = '''交通{HOSTILE[7]}'''\nkeywords = ['公路', '培训']\n"
    )
    rows = "".join(
        f"{place}{what},{slug}\n"
        for place in "甲乙丙丁戊己"
        for what, slug in [
            ("镇整修水库一座", "water"), ("镇执法巡查", "water"), ("镇新修公路", "roads"),
            ("镇组织培训", "roads"),
        ]
    )  # fmt: skip
    with visiting(own_library) as editor:
        files = [
            ("labels", (f"{SHORT}.csv", f"text,topic\n{rows}".encode(), "text/csv")),
            ("topics", (f"{ALL[:80]}.toml", topics.encode(), "application/toml")),
        ]
        page = settle(editor, editor.post("/teach/train", files=files, data={"force": "1"}))
        assert not intruders(page)
        with gongwen.open(own_library) as library:
            assert library.models.active == 1
        page = settle(editor, editor.post("/teach/retag"))
        assert not intruders(page)
        label = {"label": "water", "report": SEED, "n": "27"}
        assert editor.post("/teach/label", data=label).status_code == 200
        assert walk(editor, {"topic": OWN_NAME}) == {"topic"}
