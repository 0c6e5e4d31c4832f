"""What a clerk does in one sitting, in a real browser, with scripts and with forms alone."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

import gongwen

from .conftest import OpenPage, served

REPORT = """庚县2021年法治政府建设情况报告

一、主要举措和成效

全年开展行政执法监督检查42次，纠正不规范执法行为7件。全年共收到行政复议申请9件，其中受理5件，不予受理3件。

二、存在的问题

部分执法人员业务能力有待提高。
"""
DROP = """([element, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: "text/plain" }));
    element.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


def row(page: Any, title: str) -> Any:
    return page.locator("tbody tr", has_text=title)


USUAL = (("zh", 1280, True), ("en", 390, False))
"""What is tried each time; the other combinations behind the marker ``slow``."""


@pytest.mark.parametrize(
    ("lang", "width", "scripts"),
    [
        pytest.param(*one, marks=() if one in USUAL else pytest.mark.slow)
        for one in itertools.product(("zh", "en"), (1280, 390), (True, False))
    ],
)
def test_from_a_file_to_the_trash_and_back(
    own_library: Path, tmp_path: Path, open_page: OpenPage, lang: str, width: int, scripts: bool
) -> None:
    file = tmp_path / "庚县2021.txt"
    file.write_text(REPORT, "utf-8")
    with served(own_library) as address:
        page = open_page(f"{address}/library", lang=lang, width=width, scripts=scripts)
        # add a file
        page.locator(".adding summary").click()
        page.set_input_files("#files", file)
        if scripts:  # the control for files speaks the language of the page, not of the browser
            control = page.locator("#files + .button")
            assert control.inner_text() == {"zh": "选择文件", "en": "Choose files"}[lang]
            assert control.locator("+ span").inner_text() == file.name
        page.locator(".adding button.primary").click()
        page.wait_for_url("**/jobs/*")
        page.wait_for_selector("#job tbody tr")
        assert row(page, "庚县2021.txt").locator(".badge.pass").count() == 1
        # search, narrow by a facet, open the report at the sentence
        page.locator(".top a[href='/search']").click()
        page.wait_for_url("**/search")  # the library has a field of the same name
        page.fill("#q", "执法监督检查")
        page.press("#q", "Enter")
        page.wait_for_selector(".hit mark")
        county = page.locator(".facet", has=page.locator("#facet-county"))
        county.locator("li a", has_text="庚县").first.click()
        page.wait_for_selector(".chosen .chip")
        assert page.locator(".hit").count() == 1
        page.locator(".hit [data-open]").click()
        page.wait_for_url(re.compile(r"/reports/.*at=\d+#s-\d+"))
        n = page.locator("#details").get_attribute("data-n")
        line = page.locator(f"#s-{n}")
        assert "42次" in line.inner_text()
        was = line.get_attribute("data-topic")
        # correct its topic, and take that back
        other = "oversight" if was != "oversight" else "enforcement"
        page.locator(f"#details button[name=topic][value={other}]").click()
        page.wait_for_selector(f"#s-{n}[data-topic={other}] .fixed")
        page.locator("#undo").click()
        page.wait_for_selector(f"#s-{n}[data-topic={was}]")
        # label ten
        page.goto(f"{address}/teach")
        page.locator("section form button.primary").first.click()
        for done in range(1, 11):
            page.locator("form.labels button.topic.guess").click()
            page.wait_for_url(f"**done={done}&**" if done < 10 else "**done=10**")
        page.locator(".notice", has_text="10").first.wait_for()
        # compare it with an older one
        page.goto(f"{address}/compare")
        page.fill("#before", "甲县2020")
        page.fill("#after", "庚县2021")
        page.locator("form:has(#before) button.primary").click()
        page.wait_for_url("**before=*after=*")
        page.wait_for_selector(".pair.changed")
        # check a file, of which nothing is kept
        page.goto(f"{address}/check")
        if scripts:
            drop = page.locator("[data-drop]").element_handle()
            page.evaluate(DROP, [drop, "己县2021.txt", REPORT.replace("庚县", "己县")])
        else:
            page.set_input_files("#files", file)
            page.locator("form[enctype] button.primary").click()
        page.wait_for_selector(".finding.FAIL")
        assert "9 ≠ 5 + 3" in page.locator(".finding.FAIL").inner_text()
        # remove, and restore
        page.goto(f"{address}/library?q=庚县")
        row(page, "庚县").locator("input[name=report]").check()
        page.locator("button.danger").click()
        page.wait_for_url("**/library/remove")
        page.locator("form[action='/library/remove/yes'] button").click()
        page.wait_for_selector(".notice")
        page.goto(f"{address}/library/trash")
        row(page, "庚县").locator("input[name=entry]").check()
        page.locator("form[action='/library/trash/restore'] button.primary").click()
        page.wait_for_selector(".notice")
        page.goto(f"{address}/library?q=庚县")
        assert row(page, "庚县").count() == 1
    with gongwen.open(own_library) as library:
        assert len([one for one in library.reports() if one.region == "庚县"]) == 1
        assert not [one for one in library.reports() if one.region == "己县"]
        assert len({(one.report, one.n) for one in library.corrections()}) >= 10
        assert not library.trash()
