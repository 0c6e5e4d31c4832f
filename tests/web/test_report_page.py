"""The page of a report: its text, what is known of each sentence, and the forms to correct it."""

from __future__ import annotations

import re
from contextvars import copy_context
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from axe_playwright_python.sync_playwright import Axe

import gongwen
from gongwen.catalog import use_language
from gongwen.translation import in_language
from gongwen.web.pages import written

from .conftest import OpenPage, Visitor, served, visiting

COUNTY = "/reports/" + quote("乙县2020")
SEED = "/reports/wugong-2020"


def text_of(html: str) -> str:
    """Return the characters of the report on its page, without marks, numbers and white space."""
    article = re.search(r'<article id="text".*?</article>', html, re.S)
    assert article
    body = re.sub(r'<h2 class="hidden">.*?</h2>', "", article[0], flags=re.S)
    body = re.sub(r'<a class="n".*?</a>|<small.*?</small>|<a class="badge.*?</a>', "", body)
    body = re.sub(r"<aside.*?</aside>", "", body, flags=re.S)
    body = re.sub(r"<[^>]*>", "", body)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'")):
        body = body.replace(entity, char)
    return re.sub(r"\s", "", body.replace("&amp;", "&"))


def field(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


# -- the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", ["wugong-2020", "乙县2020", "丁县2020"])
def test_every_sentence_is_on_the_page_once_and_in_order(
    visitor: Visitor, library_folder: Path, report: str
) -> None:
    html = visitor.text("/reports/" + quote(report))
    with gongwen.open(library_folder, read_only=True) as library:
        sentences = library.sentences(report)
    assert text_of(html) == re.sub(r"\s", "", "".join(one.text for one in sentences))
    numbers = re.findall(r'<a class="n"[^>]*>(\d+)</a>', html)
    assert numbers == [str(one.n) for one in sentences]


def test_a_sentence_shows_topic_probability_role_and_figures(
    visitor: Visitor, library_folder: Path
) -> None:
    html = visitor.text(COUNTY)
    with gongwen.open(library_folder, read_only=True) as library:
        s = next(one for one in library.sentences("乙县2020") if "复议申请" in one.text)
        zh = library.taxonomy.topics.zh(s.topic)
    assert f'data-chip="{zh} {s.probability * 100:.0f} %"' in html
    assert 'data-role="举措与成效"' in html and 'data-role="下一步安排"' in html
    assert re.search(r'<u class="f result" title="[^"]*9件 · year 2020 · result">9件</u>', html)


def test_a_plan_is_marked_in_words_beside_its_number(visitor: Visitor) -> None:
    html = visitor.text(COUNTY)
    assert re.search(r'<u class="f plan"[^>]*>3名</u><small class="status">plan</small>', html)
    with_words = re.findall(r'<u class="f (\w+)"[^>]*>[^<]*</u>(<small)?', html)
    assert with_words and all(bool(mark) == (css != "result") for css, mark in with_words)


def test_a_doubtful_topic_is_marked_with_its_probability(
    visitor: Visitor, library_folder: Path
) -> None:
    with gongwen.open(library_folder, read_only=True) as library:
        low = [
            one
            for report in ("甲县2020", "乙县2020")
            for one in library.sentences(report)
            if one.topic and one.probability < 0.5
        ]
    assert low, "the model is sure of all sentences; choose other ones"
    for one in low:
        html = visitor.text("/reports/" + quote(one.report))
        mark = rf'id="s-{one.n}" .*?>{one.n}</a><small class="doubt">\? {one.probability:.0%}'
        assert re.search(mark.replace("%", " %"), html, re.S)


def test_html_in_a_report_is_text(tmp_path: Path) -> None:
    text = "壬县2020年工作总结\n\n全县开展<执法 onclick=alert(1)>检查3次，\"纠正'5件&lt;。\n"
    (tmp_path / "壬县2020.txt").write_text(text, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(tmp_path / "壬县2020.txt")
        kept = "".join(one.text for one in library.sentences("壬县2020"))
    assert "<执法 onclick=alert(1)>" in kept
    with visiting(tmp_path / "library") as visitor:
        for path in ("", "/2", "?checks=1&at=2"):
            html = visitor.text("/reports/" + quote("壬县2020") + path)
            assert "<执法" not in html and "&lt;执法 onclick=alert(" in html
        assert text_of(visitor.text("/reports/" + quote("壬县2020"))) == re.sub(r"\s", "", kept)


@pytest.mark.parametrize("name", ["title", "region", "agency", "kind"])
def test_html_in_what_is_known_of_a_report_is_text(editor: Visitor, name: str) -> None:
    hostile = "\"><img src=x onerror=alert(1)>'"
    form = facts(editor.text(COUNTY)) | {name: hostile}
    assert editor.post(COUNTY + "/facts", data=form).status_code == 200
    for path in ("", "/8", "/checks"):
        html = editor.text(COUNTY + path)
        assert "<img" not in html
    assert "&lt;img src=x" in editor.text(COUNTY)
    note = {"topic": "enforcement", "name": hostile, "note": hostile}
    assert "<img" not in editor.post(COUNTY + "/8", data=note).text


def test_headings_are_listed_and_linked(visitor: Visitor) -> None:
    html = visitor.text(COUNTY)
    links = re.findall(r'<a href="#s-(\d+)" data-section="\d+">([^<]*)</a>', html)
    assert [text for _n, text in links][:2] == ["一、主要举措和成效", "（一）推进行政执法规范化"]
    assert all(f'id="s-{n}"' in html for n, _text in links)


def test_the_legend_counts_the_topics(visitor: Visitor, library_folder: Path) -> None:
    html = visitor.text(SEED)
    with gongwen.open(library_folder, read_only=True) as library:
        sentences, topics = library.sentences("wugong-2020"), library.taxonomy.topics
    legend = re.search(r'<section id="legend".*?</section>', html, re.S)
    assert legend
    shown = dict(re.findall(r'<a class="chip"[^>]*>([^<]*)</a> <span class="dim">(\d+)', legend[0]))
    known = {one.topic for one in sentences if one.topic}
    counted = {written(topics.zh(slug)): 0 for slug in known}
    for one in sentences:
        if one.topic:
            counted[written(topics.zh(one.topic))] += 1
    assert {name: int(count) for name, count in shown.items()} == counted


# -- what the address says -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "css"),
    [
        ("", "show-topics show-roles show-figures show-checks show-copies "),
        ("?show=text&show=figures", "show-figures "),
        ("?show=text", ""),
    ],
)
def test_layers_are_chosen_by_the_address(visitor: Visitor, query: str, css: str) -> None:
    assert f'class="{css}"\n    data-details' in visitor.text(COUNTY + query)


def test_a_filter_hides_what_has_another_topic_or_role(visitor: Visitor) -> None:
    html = visitor.text(COUNTY + "?role=problem")
    shown = re.findall(r'<div class="block (\w+)" id="b\d+">', html)
    hidden = re.findall(r'<div class="block (\w+)" id="b\d+" hidden>', html)
    assert shown.count("paragraph") + shown.count("item") == 1 and len(hidden) >= 5
    assert "heading" not in hidden
    assert "topic=enforcement" in visitor.text(COUNTY + "?role=problem")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/unknown", 404),
        (COUNTY + "/0", 404),
        (COUNTY + "/999", 404),
        (COUNTY + "/x", 404),
        (COUNTY + "?at=999", 400),
        (COUNTY + "?at=x", 400),
        (COUNTY + "?topic=nonsense", 404),
        (COUNTY + "?show=" + "x" * 3000, 400),
    ],
)
def test_what_there_is_not_is_said(visitor: Visitor, path: str, status: int) -> None:
    assert "<h1>" in visitor.text(path, status)


def test_a_part_of_a_name_leads_to_the_report(visitor: Visitor) -> None:
    answer = visitor.get("/reports/wu/27?show=text", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/reports/wugong-2020/27?show=text")


# -- checks and copies ---------------------------------------------------------------------------


def test_what_does_not_add_up_stands_beside_its_line(visitor: Visitor) -> None:
    html = visitor.text(COUNTY + "?checks=1")
    aside = re.search(r'<aside class="beside fail" data-of="(\d+)".*?</aside>', html, re.S)
    assert aside
    assert "9 ≠ 5 + 3" in aside[0] and "FAIL" in aside[0]
    assert f'id="s-{aside[1]}"' in html[: aside.start()]
    assert "1 failed" in html
    later = visitor.text(COUNTY + "/checks")
    assert "9 ≠ 5 + 3" in later and "1 failed" in later


def test_what_stands_elsewhere_is_linked_to_its_source(
    visitor: Visitor, library_folder: Path
) -> None:
    html = visitor.text(COUNTY + "?checks=1")
    with gongwen.open(library_folder, read_only=True) as library:
        copies = library.copies("乙县2020")
    assert len(copies) > 5
    for one in copies:
        link = f"/reports/{quote(one.first.report.id)}?at={one.first.n}#s-{one.first.n}"
        assert re.search(rf'{one.n}</a>.*?<a class="badge copy" href="{re.escape(link)}"', html)
    assert f"{copies.copied} are the same elsewhere" in html


def test_without_a_question_the_page_waits_for_neither(visitor: Visitor) -> None:
    html = visitor.text(COUNTY)
    assert 'class="beside' not in html and "badge copy" not in html
    assert f'hx-get="{COUNTY}/checks"' in html and f'href="{COUNTY}?checks=1"' in html


def test_the_file_s_notes_stand_on_top(tmp_path: Path) -> None:
    path = tmp_path / "己县2020.txt"
    path.write_bytes("己县2020年工作总结\n\n全年办案\ufffd\ufffd12件，培训3次。\n".encode())
    with gongwen.open(tmp_path / "library") as library:
        library.add(path)
        notes = library.report("己县2020").notes
    note = notes[0]
    with visiting(tmp_path / "library", language="zh") as visitor:
        html = visitor.text("/reports/" + quote("己县2020"))

    def chinese() -> str:
        use_language("zh")
        return in_language(note)

    said = copy_context().run(chinese)
    assert said != note and html.index(f"<li>{said}</li>") < html.index('id="text"')


# -- details -------------------------------------------------------------------------------------


def test_details_tell_figures_checks_and_source(visitor: Visitor) -> None:
    waiting = visitor.text(COUNTY + "/8")
    assert f'hx-get="{COUNTY}/8?checks=1"' in waiting and "9 ≠ 5 + 3" not in waiting
    page = visitor.text(COUNTY + "/8?checks=1")
    assert visitor.text(COUNTY + "/8").count("9 ≠ 5 + 3") == page.count("9 ≠ 5 + 3") > 0
    for said in ("行政复议与行政应诉", "9 ≠ 5 + 3", "行政复议申请", "2020", "第8句", "result"):
        assert said in page, said
    assert 'id="b8"' in page and 'id="legend"' in page
    whole = visitor.text(COUNTY + "?at=8")
    assert 'id="details"' in whole and 'aria-current="location"' in whole
    assert 'id="s-8"' in whole and re.search(r'class="[^"]* now" id="s-8"', whole)


def test_a_reader_is_shown_no_form(library_folder: Path) -> None:
    with visiting(library_folder, read_only=True) as reader:
        page = reader.text(COUNTY + "?at=8")
        assert 'class="correct"' not in page and "Save facts" not in page
        answer = reader.post(COUNTY + "/8", data={"topic": "enforcement"})
    assert answer.status_code == 403


# -- corrections ---------------------------------------------------------------------------------


def test_a_click_corrects_the_topic_and_the_name_signs_it(
    editor: Visitor, own_library: Path
) -> None:
    seen = field(editor.text(COUNTY + "/8"), "seen")
    answer = editor.post(
        COUNTY + "/8",
        data={"topic": "enforcement", "seen": seen, "name": " 小 王 ", "note": "看标题"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{COUNTY}?at=8#s-8"
    page = editor.text(COUNTY + "?at=8")
    assert "行政执法 corrected" in page and "小 王" in page and "看标题" in page
    assert "sentence 8: corrected, 行政执法" in page
    with gongwen.open(own_library, read_only=True) as library:
        [made] = library.corrections()
        assert (made.topic, made.author, made.note) == ("enforcement", "小 王", "看标题")
        assert library.search("", topics=["enforcement"], reports=["乙县2020"]).total
    audit = (own_library / "audit.jsonl").read_text("utf-8")
    assert '"topic": "enforcement"' in audit and '"by": "小 王"' in audit


def test_further_topics_and_role_are_corrected(editor: Visitor, own_library: Path) -> None:
    page = editor.text(COUNTY + "/8")
    data = {
        "present": field(page, "present"),
        "seen": field(page, "seen"),
        "also": ["enforcement", "oversight"],
        "role": "problem",
    }
    assert editor.post(COUNTY + "/8", data=data).status_code == 200
    with gongwen.open(own_library, read_only=True) as library:
        [s] = library.sentences("乙县2020", 8, 8)
    assert (s.topic, s.also, s.role) == (
        "reconsideration", ("enforcement", "oversight"), "problem",
    )  # fmt: skip


def test_the_script_is_sent_to_the_details_with_what_is_shown(editor: Visitor) -> None:
    data = {"topic": "enforcement", "show": ["text", "topics"], "topic_filter": "enforcement"}
    answer = editor.post(
        COUNTY + "/8", data=data, headers={"hx-request": "true"}, follow_redirects=False
    )
    assert answer.headers["location"] == f"{COUNTY}/8?show=text&show=topics&topic=enforcement"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"topic": "enforcement", "role": "nonsense"}, 404),
        ({"topic": "enforcement", "also": "nonsense"}, 404),
        ({"topic": "enforcement", "seen": "0" * 24}, 409),
        ({"topic": "enforcement", "csrf": "0" * 64}, 403),
        ({"topic": "enforcement", "note": "x" * 2000}, 413),
    ],
)
def test_a_correction_that_cannot_be_kept_changes_nothing(
    editor: Visitor, own_library: Path, data: dict[str, Any], status: int
) -> None:
    before = editor.text(COUNTY + "/8")
    assert editor.post(COUNTY + "/8", data=data).status_code == status
    with gongwen.open(own_library, read_only=True) as library:
        assert not library.corrections()
    assert field(editor.text(COUNTY + "/8"), "seen") == field(before, "seen")


def test_two_who_correct_at_once_do_not_overwrite_one_another(editor: Visitor) -> None:
    seen = field(editor.text(COUNTY + "/8"), "seen")
    first = editor.post(COUNTY + "/8", data={"topic": "enforcement", "seen": seen})
    second = editor.post(COUNTY + "/8", data={"topic": "oversight", "seen": seen})
    assert (first.status_code, second.status_code) == (200, 409)
    assert "行政执法 corrected" in editor.text(COUNTY)


def test_a_correction_is_taken_back_and_stays_in_the_history(
    editor: Visitor, own_library: Path
) -> None:
    with gongwen.open(own_library, read_only=True) as library:
        [before] = library.sentences("乙县2020", 8, 8)
    editor.post(COUNTY + "/8", data={"topic": "enforcement", "role": "problem", "name": "甲"})
    page = editor.text(COUNTY + "/8")
    answer = editor.post(
        COUNTY + "/8/undo", data={"seen": field(page, "seen"), "name": "乙"}, follow_redirects=False
    )
    assert answer.headers["location"] == f"{COUNTY}?at=8#s-8"
    with gongwen.open(own_library, read_only=True) as library:
        [after] = library.sentences("乙县2020", 8, 8)
    assert after == before
    page = editor.text(COUNTY + "/8")
    history = re.search(r'<ol class="history" reversed>.*?</ol>', page, re.S)
    assert history and "甲:" in history[0] and "taken back by 乙" in history[0]
    assert 'id="undo"' not in page and "the correction was taken back" in page
    audit = (own_library / "audit.jsonl").read_text("utf-8")
    assert f'"path": "{unquote(COUNTY)}/8/undo"' in audit


def test_the_correction_before_counts_again(editor: Visitor) -> None:
    for topic in ("enforcement", "oversight"):
        editor.post(COUNTY + "/8", data={"topic": topic})
    assert "行政执法" in editor.post(COUNTY + "/8/undo").text
    page = editor.text(COUNTY)
    assert 'data-chip="行政执法 corrected"' in page and "1 sentence was corrected" in page


@pytest.mark.parametrize(("data", "status"), [({}, 404), ({"seen": "0" * 24}, 409)])
def test_nothing_is_taken_back_where_nothing_was_said(
    editor: Visitor, data: dict[str, str], status: int
) -> None:
    assert editor.post(COUNTY + "/8/undo", data=data).status_code == status


# -- facts ---------------------------------------------------------------------------------------


def facts(html: str) -> dict[str, str]:
    """Return the fields of the form of facts, as a browser sends them."""
    form = re.search(r'<details id="facts".*?</form>', html, re.S)
    assert form
    values = dict(re.findall(r'name="(was-\w+)" value="([^"]*)"', form[0]))
    return values | {name.removeprefix("was-"): value for name, value in values.items()}


def test_facts_are_corrected_and_taken_back(editor: Visitor, own_library: Path) -> None:
    form = facts(editor.text(COUNTY))
    assert form["region"] == "乙县"
    answer = editor.post(COUNTY + "/facts", data=form | {"agency": "乙县司法局", "year": "2021"})
    assert "saved: Year、Agency" in answer.text
    with gongwen.open(own_library, read_only=True) as library:
        report = library.report("乙县2020")
    assert (report.agency, report.year, report.region) == ("乙县司法局", 2021, "乙县")
    assert dict(report.how)["agency"] == "by hand" and dict(report.how)["region"] != "by hand"
    html = editor.text(COUNTY)
    assert html.count('name="back"') == 2
    editor.post(COUNTY + "/facts", data=facts(html) | {"back": ["agency", "year"]})
    with gongwen.open(own_library, read_only=True) as library:
        report = library.report("乙县2020")
    assert (report.agency, report.year) == ("", 2020)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({}, 200, "nothing was changed"),
        ({"region": ""}, 200, "Region was not entered by hand and cannot be emptied"),
        ({"year": "soon"}, 200, "soon"),
        ({"was-region": "甲县", "region": "丙县"}, 409, "meanwhile"),
    ],
)
def test_facts_that_cannot_be_kept_are_said(
    editor: Visitor, own_library: Path, change: dict[str, str], status: int, said: str
) -> None:
    answer = editor.post(COUNTY + "/facts", data=facts(editor.text(COUNTY)) | change)
    assert answer.status_code == status and said in answer.text
    with gongwen.open(own_library, read_only=True) as library:
        assert "by hand" not in library.report("乙县2020").how.values()


# -- in a browser --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "width", "scripts"), [("zh", 1280, True), ("en", 390, True), ("zh", 390, False)]
)
def test_the_page_fits_and_is_accessible(
    site: str, open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    page = open_page(f"{site}{COUNTY}?at=8", lang=lang, width=width, scripts=scripts)
    if scripts:
        page.wait_for_selector(".beside.fail")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not grave, [(one["id"], one["nodes"][0]["html"]) for one in grave]
    assert page.locator("#details").is_visible()
    assert page.locator("#details .chip").first.inner_text() == "行政复议与行政应诉"


def test_keys_step_correct_and_close(own_library: Path, open_page: OpenPage) -> None:
    with served(own_library) as address:
        page = open_page(address + COUNTY)
        page.wait_for_selector(".beside.fail")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.wait_for_selector('#details[data-n="2"]')
        page.keyboard.press("f")
        page.wait_for_selector('#details[data-n="8"]')
        page.keyboard.press("6")
        page.wait_for_selector("#s-8 .fixed")
        assert page.locator("#s-8").get_attribute("data-topic") == "enforcement"
        # What is beside the text is asked for again after a correction.
        page.wait_for_function("document.querySelectorAll('.beside.fail').length === 1")
        page.wait_for_function("document.activeElement.parentElement?.id === 's-8'")
        assert page.url.endswith("?at=8")
        page.keyboard.press("u")
        page.wait_for_selector("#s-8[data-topic=reconsideration]")
        page.keyboard.press("n")
        page.wait_for_selector('#details[data-n="9"]')
        page.keyboard.press("Escape")
        page.wait_for_function("document.activeElement.parentElement?.id === 's-9'")
        assert "at=" not in page.url


def test_what_a_report_leaves_out_is_asked_for_again_after_a_correction(
    own_library: Path, open_page: OpenPage
) -> None:
    missing = "没有一句涉及“公共法律服务”。"
    with served(own_library) as address:
        page = open_page(address + COUNTY)
        page.wait_for_selector(".beside.fail")
        assert missing in page.locator("#found").text_content()
        page.locator("#s-15").click()
        page.locator('#details[data-n="15"] button[value="public-legal-services"]').click()
        page.wait_for_function(
            "m => !document.getElementById('found').textContent.includes(m)", arg=missing
        )
        page.wait_for_function("document.querySelectorAll('.beside.fail').length === 1")
        assert page.locator("#s-8 .copy").count() == 1


def test_every_copied_sentence_has_a_mark(site: str, open_page: OpenPage) -> None:
    page = open_page(site + COUNTY)
    page.wait_for_selector("#text .copy")
    marks = page.locator("#text .copy")
    assert marks.count() > 5
    for mark in marks.all():
        assert mark.is_visible() and mark.inner_text()
        assert "《" in (mark.get_attribute("title") or "")
        assert mark.get_attribute("aria-label")


def test_layers_are_switched_without_loading_the_page_again(site: str, open_page: OpenPage) -> None:
    page = open_page(site + COUNTY)
    assert page.locator(".status").first.is_visible()
    page.locator("input[name=show][value=figures]").uncheck()
    assert not page.locator("#text .status").first.is_visible()
    assert "show=copies" in page.url and "show=figures" not in page.url


def test_without_scripts_a_sentence_is_corrected_too(
    own_library: Path, open_page: OpenPage
) -> None:
    with served(own_library) as address:
        page = open_page(address + COUNTY, scripts=False)
        page.locator("#s-8 .n").click()
        page.locator('#details button[value="enforcement"]').click()
        page.wait_for_selector("#s-8 .fixed")
        assert page.url.endswith("?at=8#s-8")
