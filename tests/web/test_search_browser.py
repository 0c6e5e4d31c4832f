"""The search page in a real browser: both languages, both widths, with scripts and without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import OpenPage, fits, no_faults

WAYS = [("zh", 1280, True), ("zh", 390, False), ("en", 1280, False), ("en", 390, True)]


@pytest.mark.parametrize(("lang", "width", "scripts"), WAYS)
def test_search_filter_and_turn_pages(
    site: str, open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    page = open_page(f"{site}/search", lang=lang, width=width, scripts=scripts)
    if scripts:
        page.evaluate("window.stays = true")
    page.fill("#q", "执法")
    page.press("#q", "Enter")
    page.wait_for_url("**/search?q=*")
    page.wait_for_selector(".hit mark")
    county = page.locator(".facet", has=page.locator("#facet-county")).locator("li").first
    count = int(county.locator(".count").inner_text())
    county.locator("a").click()
    page.wait_for_url("**county=*")
    page.wait_for_selector(".chosen .chip")
    assert re.match(rf"{count}\b", page.locator("#summary").inner_text())
    assert fits(page)
    page.fill("#q", "培训")  # other words keep the conditions
    page.press("#q", "Enter")
    page.wait_for_url("**q=%E5%9F%B9%E8%AE%AD*")
    page.wait_for_selector(".chosen .chip")
    page.locator(".chosen .chip a").first.click()
    page.wait_for_selector(".chosen", state="detached")
    page.fill("#q", "的")
    page.press("#q", "Enter")
    page.wait_for_selector('a[rel="next"]')
    page.click('a[rel="next"]')
    page.wait_for_selector('a[rel="prev"]')
    assert "page=2" in page.url
    assert "21–28" in page.locator("#summary").inner_text()
    if scripts:
        assert page.evaluate("window.stays") is True
        assert "21–28" in page.locator("#told").inner_text()
        page.go_back()
        page.wait_for_selector('a[rel="prev"]', state="detached")
        assert "1–20" in page.locator("#summary").inner_text()
    assert page.locator("a[hreflang]").get_attribute("href").startswith("/search?q=")


@pytest.mark.parametrize("scripts", [True, False])
def test_context_and_near_copies_open(site: str, open_page: OpenPage, scripts: bool) -> None:
    page = open_page(f"{site}/search?q=纠正不规范", scripts=scripts)
    for selector, within in [
        (".later[hx-get*=context]", "b"),
        (".later[hx-get*=variants]", ".variants mark"),
    ]:
        details = page.locator(selector).first
        details.locator("summary").click()
        if scripts:
            details.locator(f".body {within}").first.wait_for()
            assert "/search?q=" in page.url
        else:
            details.locator(".body a").click()
            page.wait_for_selector(f"#part {within}")
            page.go_back()


def test_keys(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/search?q=行政执法")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.route("**/reports/**", lambda route: route.fulfill(body="opened"))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("j")  # in the box it is a letter
    assert page.input_value("#q").endswith("j")
    page.keyboard.press("Escape")
    place = "[...document.querySelectorAll('[data-step]')].indexOf(document.activeElement)"
    for key, at in [("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)]:
        page.keyboard.press(key)
        assert page.evaluate(place) == at
    sentence = page.locator(".hit .sentence").first.inner_text()
    page.keyboard.press("c")
    page.wait_for_selector("#said .notice")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{sentence}\n——《")
    page.keyboard.press("j")
    link = page.locator("[data-open]").nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/**")
    assert page.url.endswith(link)


def test_a_file_is_saved(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/search?q=执法")
    page.locator(".options summary").last.click()
    with page.expect_download() as download:
        page.locator(".options a", has_text="CSV").last.click()
    assert download.value.suggested_filename == "搜索-执法.csv"
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbfreport,n,text")
    assert "/search?q=" in page.url


def test_a_bad_condition_is_said_in_place(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/search?q=执法")
    page.fill("#from", "2021")
    page.fill("#to", "2019")
    page.click(".years button")
    page.wait_for_selector("#results [role=alert]")
    page.click(".chosen .chip a")
    page.wait_for_selector(".hit")


@pytest.mark.parametrize("width", [1280, 390])
def test_columns_of_a_concordance(site: str, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{site}/search?q=执法&view=kwic&sort=left", width=width)
    left = [box["x"] for box in (one.bounding_box() for one in page.locator("td.node").all())]
    assert len(left) > 5
    assert max(left) - min(left) < 1
    assert fits(page)


WIDE = ["/search", "/search?q=xzfy", "/search?q=执法&by=report&county=甲县", "/help"]
NARROW = ["/search?q=执法", "/search?q=执法&view=kwic", "/similar?report=wugong-2020&n=27"]


@pytest.mark.parametrize(("lang", "width", "paths"), [("zh", 1280, WIDE), ("en", 390, NARROW)])
def test_accessible_and_not_too_wide(
    site: str, open_page: OpenPage, lang: str, width: int, paths: list[str]
) -> None:
    page = open_page(f"{site}/help", lang=lang, width=width)
    for path in paths:
        page.goto(f"{site}{path}")
        for details in page.locator("main details").all():
            details.evaluate("one => { one.open = true; }")
        assert fits(page), path
        no_faults(page)
