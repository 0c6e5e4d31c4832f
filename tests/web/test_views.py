"""Every view in a real browser: both widths, both languages, with scripts and without."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import gongwen
from gongwen.web.pages import written

from .conftest import OpenPage

SEED = "wugong-2020"
VIEWS = (
    "/search", "/search?q=执法", "/search?q=执法&view=kwic", "/search?q=执法&by=report&county=甲县",
    f"/similar?report={SEED}&n=27", "/help", "/library", "/library/trash", "/library/status",
    "/counts", "/counts?by=region&by=year", "/figures", "/figures?view=pivot&pivot=region",
    "/compare?before=甲县2019&after=甲县2020", "/check", "/check?report=乙县2020", "/teach",
    "/teach?start=1&size=2", "/teach/models/0", "/reports/乙县2020?at=8&checks=1",
    "/reports/乙县2020/8", "/login",
)  # fmt: skip
"""Addresses of all views with what they show, as somebody would share them."""
EXAMINED = frozenset(
    one for one in VIEWS
    if not one.startswith(("/search", "/help", "/compare", "/reports/乙县2020?"))
)  # fmt: skip
"""Views whose accessibility is examined here; that of the others is where their tests are."""
ENGLISH = re.compile(r"\b[A-Za-z][A-Za-z'’-]+(?:[ ,]+[A-Za-z][A-Za-z'’-]+){2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
EXAMPLES = ("topic:执法", "as 城镇新增就业", "as 件 or 万吨")
"""Chinese in English labels: what somebody may type, as it stands in reports."""
WORDS = "h1, h2, h3, h4, label, legend, button, summary, caption, th[scope=col], header a, footer"
"""Elements with words of the page itself."""


@pytest.fixture(scope="module")
def names(library_folder: Path) -> list[str]:
    """The Chinese names that are shown in both languages, long ones first."""
    with gongwen.open(library_folder, read_only=True) as library:
        labels = [*library.taxonomy.topics, *library.taxonomy.roles]
        found = {written(one.zh) for one in labels} | {"中文", "公文", *EXAMPLES}
        for row in library.figures():
            found |= {row.figure.indicator, row.figure.unit}
        for report in library.reports():
            found |= {report.title, report.id, report.region, report.kind, report.agency}
            found |= {report.province, report.city, report.county}
            for one in library.sentences(report.id):
                found |= {one.text, one.section, *one.section.split(" ")}
    return sorted((one for one in found if CHINESE.search(one)), key=len, reverse=True)


def without(text: str, names: list[str]) -> str:
    """Return a text without names that are Chinese in both languages."""
    for name in names:
        text = text.replace(name, "")
    return text


LOOK = """() => ({
    wide: document.documentElement.scrollWidth,
    lang: document.documentElement.lang,
    h1: document.querySelectorAll("h1").length,
    text: [...document.querySelectorAll("body [lang=en]")].reduce(
        (text, one) => text.replace(one.innerText, ""), document.body.innerText),
    words: [...document.querySelectorAll(WORDS)]
        .filter((one) => !one.closest("[lang=zh-CN]") && !one.querySelector("[lang=zh-CN]"))
        .map((one) => one.innerText),
    outside: [...document.querySelectorAll("main *")]
        .filter((one) => one.checkVisibility() && !one.closest(".scroll, .hidden, .skip")
            && one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 120)),
})""".replace("WORDS", repr(WORDS))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "forms"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view(
    site: str, names: list[str], open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    page = open_page(f"{site}/login", lang=lang, width=width, scripts=scripts)
    faults: list[Any] = []
    for path in VIEWS:
        answer = page.goto(f"{site}{path}")
        assert answer.status == 200, path
        if scripts:  # parts of a page come a little later
            page.wait_for_selector(".htmx-request, [hx-trigger=load]", state="detached")
        seen = page.evaluate(LOOK)
        if seen["wide"] > width or seen["outside"]:
            faults.append((path, "too wide", seen["wide"], seen["outside"][:3]))
        if seen["h1"] != 1 or seen["lang"] != {"zh": "zh-CN", "en": "en"}[lang]:
            faults.append((path, "headings or language", seen["h1"], seen["lang"]))
        if not re.match(r"\S.* · gongwen", page.title()):
            faults.append((path, "title", page.title()))
        if lang == "zh":
            said = ENGLISH.findall(seen["text"])
            faults += [(path, "English", one) for one in said if not one.isupper()]  # CSV XLSX JSON
        else:
            left = {without(one, names) for one in seen["words"]}
            faults += [(path, "Chinese", one) for one in left if CHINESE.search(one)]
        if path in EXAMINED and (lang, width, scripts) in (("zh", 1280, True), ("en", 390, True)):
            faults += inaccessible(page, path)
    assert not faults, "\n".join(map(str, faults))


def inaccessible(page: Any, path: str) -> list[Any]:
    """Return the serious faults of accessibility that axe finds on a page."""
    return [
        (path, one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_is_accessible(site: str, open_page: OpenPage, lang: str, width: int) -> None:
    page = open_page(f"{site}/login", lang=lang, width=width, scripts=True)
    faults: list[Any] = []
    for path in VIEWS:
        page.goto(f"{site}{path}")
        page.wait_for_selector(".htmx-request, [hx-trigger=load]", state="detached")
        faults += inaccessible(page, path)
    assert not faults, "\n".join(map(str, faults))
