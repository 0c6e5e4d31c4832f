"""Teaching on the page: labelling a round, training, comparing, choosing models, tagging anew."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

import gongwen
from gongwen.render.training_report import score_change
from gongwen.web.teach_page import by_model

from .conftest import OpenPage, Visitor, served

TOPICS = """
shipped_labels = false

[[topics]]
slug = "water"
zh = "水利"
keywords = ["水库", "灌溉", "防汛"]

[[topics]]
slug = "roads"
zh = "交通"
keywords = ["公路", "桥梁", "客运"]
"""
LABELS = "text,topic\n" + "".join(
    f"{place}{what},{topic}\n"
    for place in ("甲镇", "乙镇", "丙镇", "丁镇", "戊镇", "己镇")
    for what, topic in [
        ("整修水库一座", "水利"), ("新增灌溉面积三百亩", "水利"), ("汛期加强防汛值守", "水利"),
        ("新修公路五公里", "交通"), ("加固桥梁两座", "交通"), ("开通客运班线一条", "交通"),
    ]
)  # fmt: skip


def begun(visitor: Visitor, size: int = 3) -> str:
    page = visitor.text(f"/teach?start=1&size={size}")
    assert "What is this sentence about?" in page
    return page


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1].replace("&#34;", '"')


def fields(page: str) -> dict[str, str]:
    """Return what the form sends that asks about a sentence."""
    names = ("queue", "done", "size", "of_topic", "report", "n")
    form = page.partition('action="/teach/label"')[2]
    return {name: field(form, name) for name in names}


def test_a_round_is_labelled_with_forms_alone(editor: Visitor, own_library: Path) -> None:
    editor.post("/name", data={"name": "王科员"})
    page = begun(editor, 3)
    asked = []
    for topic in ("enforcement", "", "reconsideration"):
        sent = fields(page)
        asked.append((sent["report"], int(sent["n"])))
        answer = editor.post(
            "/teach/label",
            data=sent
            | ({"label": topic, "also": "other", "role": "plan"} if topic else {"skip": "1"}),
        )
        assert answer.status_code == 200
        page = answer.text
    assert "2 sentences labelled in this round." in page
    with gongwen.open(own_library) as library:
        made = [(one.report, one.n, one.topic, one.author) for one in library.corrections()]
    assert made == [(*asked[0], "enforcement", "王科员"), (*asked[2], "reconsideration", "王科员")]


def undo_forms(page: str) -> list[dict[str, str]]:
    """Return the fields of the forms that take back a correction, in the order of the page."""
    forms = re.findall(r'<form method="post" action="/teach/undo".*?</form>', page, re.DOTALL)
    return [
        {
            name: html.unescape(value)
            for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
        }
        for form in forms
    ]


def standing(folder: Path) -> list[tuple[str, int, str]]:
    with gongwen.open(folder) as library:
        return [(one.report, one.n, one.topic) for one in library.corrections()]


def test_the_last_label_is_taken_back_and_its_sentence_asked_again(
    editor: Visitor, own_library: Path
) -> None:
    editor.post("/name", data={"name": "王科员"})
    asked = fields(begun(editor, 2))
    place = (asked["report"], int(asked["n"]))
    page = editor.post("/teach/label", data=asked | {"label": "enforcement"}).text
    assert f"{place[0]}:{place[1]} is 行政执法" in page
    last, of_list = undo_forms(page)
    assert (last["report"], last["n"], last["again"]) == (asked["report"], asked["n"], "1")
    assert "again" not in of_list
    assert last["done"] == "1"
    page = editor.post("/teach/undo", data=last).text
    assert (fields(page)["report"], int(fields(page)["n"])) == place
    assert fields(page)["done"] == "0"
    assert fields(page)["queue"] == asked["queue"]
    assert undo_forms(page) == []
    assert standing(own_library) == []
    with gongwen.open(own_library) as library:
        [told] = library.history(*place)
        assert told.taken_back and told.taken_back.by == "王科员"
    assert editor.post("/teach/undo", data=last).status_code == 409


def test_an_undo_button_takes_back_its_own_correction_only(
    editor: Visitor, own_library: Path
) -> None:
    with gongwen.open(own_library) as library:
        library.correct("wugong-2020", 27, "普法", author="小李")
        library.correct("甲县2020", 5, "监督")
    second, first = undo_forms(editor.text("/teach"))
    assert (first["report"], first["n"]) == ("wugong-2020", "27")
    with gongwen.open(own_library) as library:  # while the page is open
        library.correct("wugong-2020", 27, "监督", author="小张")
    answer = editor.post("/teach/undo", data=first)
    assert answer.status_code == 409
    assert "meanwhile" in answer.text
    assert len(standing(own_library)) == 3
    assert "again" in editor.post("/teach/undo", data=second).text
    assert {one[0] for one in standing(own_library)} == {"wugong-2020"}


def test_a_correction_of_a_report_that_is_gone_has_no_undo_button(
    editor: Visitor, own_library: Path
) -> None:
    with gongwen.open(own_library) as library:
        library.correct("甲县2020", 5, "监督")
        library.remove("甲县2020")
    assert undo_forms(editor.text("/teach")) == []
    data = {"report": "甲县2020", "n": "5", "after": "1"}
    assert editor.post("/teach/undo", data=data).status_code == 409


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/teach?start=1&size=0", 400),
        ("/teach?start=1&size=101", 400),
        ("/teach?start=1&topic=执发", 404),
        ("/teach?queue=wugong-2020", 400),
        ("/teach?queue=wugong-2020:0", 404),
        ("/teach?queue=none:1", 404),
        ("/teach?done=x", 400),
        ("/teach?last=x", 400),
        ("/teach?last=none:1", 200),
        ("/teach?last=wugong-2020:27", 200),
        ("/teach/jobs/none", 404),
        ("/teach/models/7", 404),
        ("/teach/models/0", 200),
    ],
)
def test_an_address_that_means_nothing_is_answered_with_a_line(
    visitor: Visitor, path: str, status: int
) -> None:
    assert "<h1" in visitor.text(path, status)


@pytest.mark.parametrize(
    "data",
    [
        {"label": "执发", "report": "wugong-2020", "n": "27"},
        {"label": "enforcement", "report": "wugong-2020", "n": "9999"},
        {"label": "enforcement", "report": "wugong-2020", "n": "x"},
        {"label": "enforcement", "report": "none", "n": "1"},
    ],
    ids=str,
)
def test_a_label_that_cannot_be_used_changes_nothing(
    editor: Visitor, own_library: Path, data: dict[str, str]
) -> None:
    assert editor.post("/teach/label", data=data).status_code in (400, 404)
    with gongwen.open(own_library) as library:
        assert not library.corrections()


def ended(visitor: Visitor, answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    path = answer.url.path
    assert path.startswith("/teach/jobs/")
    while 'hx-trigger="every 1s"' in (page := visitor.text(path)):
        time.sleep(0.05)
    return page


def trained(visitor: Visitor, *, force: bool = False, labels: str = LABELS) -> str:
    files = [("labels", ("标注.csv", labels.encode(), "text/csv"))]
    files.append(("topics", ("主题.toml", TOPICS.encode(), "application/toml")))
    data = {"force": "1"} if force else {}
    return ended(visitor, visitor.post("/teach/train", data=data, files=files))


def test_a_model_is_trained_measured_used_and_left_again(
    editor: Visitor, own_library: Path
) -> None:
    page = trained(editor)
    assert "The new model could not be compared with the one in use; it is used" in page
    assert "model 1 is active" in page and "gongwen retag" not in page
    assert "水利" in page
    assert "labels of yours" in page
    tagged = ended(editor, editor.post("/teach/retag"))
    assert "sentences changed" in tagged
    with gongwen.open(own_library) as library:
        assert library.models.active == 1
        assert set(library.topic_counts()) == {"water", "roads"}
    assert "Use model 0" in editor.text("/teach")
    editor.post("/teach/use", data={"version": "0"})
    with gongwen.open(own_library) as library:
        assert library.models.active == 0
    assert editor.post("/teach/use", data={"version": "9"}).status_code == 404
    assert editor.post("/teach/use", data={"version": "-1"}).status_code == 404


def test_the_progress_of_two_models_is_told_apart() -> None:
    told: list[tuple[str, int, int]] = []
    tell = by_model(lambda *step: told.append(step))
    for done in (1, 2, 3, 1, 2, 3):
        tell("fold", done, 3)
    assert [task for task, _done, _total in told] == ["fold"] * 3 + ["fold-active"] * 3


def test_a_change_that_is_too_small_to_be_shown_has_no_sign() -> None:
    assert [score_change(0.5, one) for one in (0.4996, 0.5, 0.6, 0.4)] == [
        "0.000", "0.000", "+0.100", "-0.100",
    ]  # fmt: skip


def test_a_label_file_that_cannot_be_used_is_named_by_its_own_name(editor: Visitor) -> None:
    page = trained(editor, labels="text,topic\n整修水库,农业\n")
    assert "标注.csv:2" in page
    assert "/tmp" not in page
    assert "Traceback" not in page


def test_hostile_names_of_files_stay_in_their_folder(editor: Visitor) -> None:
    for name in ("../../evil.csv", "C:\\evil.csv", ".", "..", "a" * 300 + ".csv", "<b>.csv"):
        files = [("labels", (name, b"text,topic\n", "text/csv"))]
        page = ended(editor, editor.post("/teach/train", files=files))
        assert "<b>" not in page
        assert "Traceback" not in page


def test_nobody_teaches_a_library_to_read(library_folder: Path) -> None:
    from .conftest import visiting

    with visiting(library_folder, read_only=True) as visitor:
        data = {"label": "enforcement", "report": "wugong-2020", "n": "27"}
        for path in ("label", "undo", "train", "retag", "use"):
            assert visitor.post(f"/teach/{path}", data=data).status_code == 403


def done_in(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get("done", ["0"])


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 390)])
def test_ten_are_labelled_by_keys(
    own_library: Path, open_page: OpenPage, lang: str, width: int
) -> None:
    with served(own_library) as address:
        page = open_page(f"{address}/teach", width=width, lang=lang)
        violations = Axe().run(page).response["violations"]
        assert not [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
        page.get_by_role("button", name={"zh": "开始标注", "en": "Start labelling"}[lang]).click()
        page.wait_for_url("**start=1**")  # until the script that reads keys has run
        for key in "12345u67q":
            before = done_in(page.url)
            page.keyboard.press(key)
            page.wait_for_url(lambda url, was=before: done_in(url) != was)
        page.keyboard.press("q")
        page.wait_for_url("**done=8**")
        violations = Axe().run(page).response["violations"]
        assert not [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("Enter")
        page.wait_for_url("**done=9**")
        page.keyboard.press("s")
        page.wait_for_url(lambda url: "queue" not in parse_qs(urlsplit(url).query))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    with gongwen.open(own_library) as library:
        assert len(library.corrections()) == 9


@pytest.mark.parametrize(("lang", "width", "scripts"), [("zh", 1280, True), ("en", 390, False)])
def test_a_model_is_trained_in_a_browser(
    own_library: Path, open_page: OpenPage, tmp_path: Path, lang: str, width: int, scripts: bool
) -> None:
    (tmp_path / "labels.csv").write_text(LABELS, "utf-8")
    (tmp_path / "topics.toml").write_text(TOPICS, "utf-8")
    with served(own_library) as address:
        page = open_page(f"{address}/teach", lang=lang, width=width, scripts=scripts)
        page.set_input_files("#labels", tmp_path / "labels.csv")
        page.set_input_files("#topics", tmp_path / "topics.toml")
        page.locator("form[action='/teach/train'] button.primary").click()
        page.wait_for_url("**/teach/jobs/*")
        page.wait_for_selector("#job .notice")
        page.locator("#job summary").click()
        assert "水利" in page.locator("#job table").inner_text()
        page.locator("form[action='/teach/use'] button").click()
        page.wait_for_url("**/teach")
    with gongwen.open(own_library) as library:
        assert library.models.active == 0
