"""What is changed without loading a page stands in its address: it can be shared, and led back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import OpenPage


def asked(page: Any) -> dict[str, list[str]]:
    """Return the parameters of the address of a page."""
    return parse_qs(urlsplit(page.url).query)


def until(page: Any, /, **wanted: str | None) -> None:
    """Wait until the address has these values, ``None`` for a parameter that is gone."""
    page.wait_for_url(
        lambda url: all(
            parse_qs(urlsplit(url).query).get(name) == (None if value is None else [value])
            for name, value in wanted.items()
        )
    )


def shown(page: Any) -> str:
    """Return what a page says it has found, without the time that it took."""
    return str(page.locator("#summary").inner_text().partition("（")[0])


@pytest.mark.parametrize("press", ["Enter", "click"])
def test_each_step_of_a_search_has_an_address(site: str, open_page: OpenPage, press: str) -> None:
    page = open_page(f"{site}/search")
    page.evaluate("window.stays = true")
    page.locator("#q").press_sequentially("的")
    if press == "Enter":
        page.press("#q", "Enter")
    else:
        page.click("form.search button")
    until(page, q="的")
    page.wait_for_selector("a[rel=next]")
    steps = [(page.url, shown(page))]

    def step(selector: str, **wanted: str | None) -> None:
        page.locator(selector).first.click()
        until(page, **wanted)
        page.wait_for_selector(".htmx-request", state="detached")
        steps.append((page.url, shown(page)))

    step("a[rel=next]", page="2")
    step(".toolbar a[href*='sort=year']", sort="year", page=None)
    step("#facets a[href*='county=']", **{"county": "=甲县"} if _first_county(page) else {})
    step(".chosen .chip a", county=None)
    step(".toolbar a[href*='by=report']", by="report")
    assert len({url for url, _said in steps}) >= 5
    assert page.evaluate("window.stays") is True  # nothing was loaded anew
    for url, said in steps[-2::-1]:
        page.go_back()
        page.wait_for_url(url)
        page.locator("#summary", has_text=said).wait_for()
        assert page.input_value("#q") == "的"
    page.go_forward()
    page.wait_for_url(steps[1][0])
    other = open_page(steps[2][0])  # what was shared shows the same
    assert shown(other) == steps[2][1]


def _first_county(page: Any) -> bool:
    return "甲县" in page.locator("#facets a[href*='county=']").first.inner_text()


def test_similar_sentences_and_their_number_have_addresses(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/similar?report=wugong-2020&n=27&elsewhere=1")
    page.locator(".toolbar a").first.click()
    until(page, elsewhere=None, n="27")
    page.locator(".toolbar a[href*='size=50']").click()
    until(page, size="50")
    page.go_back()
    until(page, size=None, n="27")


def test_an_open_sentence_and_layers_have_an_address(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/reports/乙县2020")
    page.locator("#s-8 .n").click()
    page.wait_for_selector('#details[data-n="8"]')
    until(page, at="8")
    page.locator("input[name=show][value=figures]").uncheck()
    assert asked(page)["show"] == ["text", "topics", "roles", "checks", "copies"]
    page.reload()
    page.wait_for_selector('#details[data-n="8"]')
    assert not page.locator("input[name=show][value=figures]").is_checked()


def test_forms_of_other_views_have_addresses(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/counts")
    page.select_option("#by-0", "year")
    page.locator("form .primary").click()
    until(page, by="year")
    page.goto(f"{site}/figures")
    page.fill("#f-indicator", "行政复议申请")
    page.locator("form .primary").click()
    until(page, indicator="行政复议申请")
    page.goto(f"{site}/library")
    page.fill("#q", "甲县")
    page.press("#q", "Enter")
    until(page, q="甲县")
    page.locator("thead a[href*='sort=year']").click()
    until(page, q="甲县", sort="year")
    page.go_back()
    until(page, q="甲县", sort="added")
