"""The page that checks files and texts: findings, filters, downloads; nothing is stored."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ..make_docx import docx_bytes
from .conftest import HOSTILE_TITLE, OpenPage, Visitor, no_faults, visiting
from .test_library_page import drop, listed, report, rows, settle

WRONG = """丙县2020年法治政府建设情况报告

一、主要举措和成效

全年共收到行政复议申请9件，其中受理5件，不予受理3件。全年办理行政复议案件10件，其中维持7件，撤销3件。
"""


def check(visitor: Visitor, *files: tuple[str, bytes], text: str = "") -> tuple[str, str]:
    """Check files by the form, and return the page with the findings and its path."""
    sent = [("files", (name, content)) for name, content in files]
    answer = visitor.post("/check", data={"text": text}, files=sent or [("files", ("", b""))])
    page = settle(visitor, answer)
    return page, answer.url.path


def test_a_file_is_checked_and_not_stored(visitor: Visitor, library_folder: Path) -> None:
    page, path = check(visitor, ("丙县2020.txt", WRONG.encode()))
    assert path.startswith("/check/")
    assert "5 + 3 = 8 ≠ 9" in page or "9 ≠" in page
    assert 'class="finding FAIL"' in page
    assert 'class="finding PASS"' not in page
    assert "<u>9</u>" in page
    assert "paragraph" in page
    assert "Topics not touched" in page
    assert len(listed(visitor)) == 6
    assert not (library_folder / "files").exists()
    both = visitor.text(f"{path}?status=pass&status=fail")
    assert 'class="finding PASS"' in both
    only = visitor.text(f"{path}?status=pass")
    assert 'class="finding FAIL"' not in only
    assert visitor.get(f"{path}?status=maybe").status_code == 400


def test_a_text_is_checked(visitor: Visitor) -> None:
    page, _path = check(visitor, text="其中受理5件，不予受理3件，共收到申请9件。" + WRONG)
    assert 'class="finding FAIL"' in page
    for files in ((), (("空.txt", b""),)):
        page, _path = check(visitor, *files, text="" if files else "没有数字的一句话。")
        assert "There are no numbers in it" in page or "empty" in page
    page, _path = check(visitor, text="全年办理行政复议案件4件。")
    assert "There is 1 number, and no other to check it by." in page


def test_a_report_of_the_library_is_checked(visitor: Visitor) -> None:
    page = visitor.text("/check?report=乙县2020")
    assert 'class="finding FAIL"' in page
    assert "5 + 3" in page
    assert visitor.get("/check?report=没有").status_code == 404
    answer = visitor.get("/check/download?report=乙县2020&format=json")
    assert answer.json()["findings"][0]["status"] == "FAIL"


def test_what_cannot_be_read_is_one_line_at_the_end(visitor: Visitor) -> None:
    page, _path = check(
        visitor,
        ("坏.docx", b"PK\3\4nothing"),
        ("空.txt", b""),
        ("好.txt", report("戊县")),
        ("错.txt", WRONG.encode()),
    )
    names = [row[0] for row in rows(page)]
    assert "丙县" in names[0]
    assert "戊县" in names[1]
    assert set(names[2:]) == {"坏.docx", "空.txt"}
    assert page.count("could not be read") == 2
    assert "/gongwen-" not in page


def test_names_and_texts_are_escaped(visitor: Visitor) -> None:
    hostile = (
        f"{HOSTILE_TITLE}\n\n<img src=x onerror=alert(1)>共收到9件，其中受理5件，不予受理3件。\n"
    )
    page, _path = check(
        visitor, ("' onclick=x <svg>.txt", hostile.encode()), ("<i>.pdf", b"%PDF"), text=hostile
    )
    assert not re.search(r"<(?:img|svg|i)\b|<script(?![^>]*\bsrc=)", page)


def test_downloads(visitor: Visitor) -> None:
    page, path = check(visitor, ("丙县2020.docx", docx_bytes(WRONG.splitlines(), numbered=False)))
    assert "format=docx" in page
    answer = visitor.get(f"{path}/download?format=csv")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["status"] for row in table] == ["FAIL"]
    assert "%E4%B8%99%E5%8E%BF" in answer.headers["content-disposition"]
    page = visitor.get(f"{path}/download?format=html&status=fail&status=pass")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.count('class="finding ') == 2
    sheet = zipfile.ZipFile(io.BytesIO(visitor.get(f"{path}/download?format=xlsx").content))
    assert sheet.testzip() is None
    word = visitor.get(f"{path}/download?format=docx&file=0")
    comments = zipfile.ZipFile(io.BytesIO(word.content)).read("word/comments.xml").decode()
    assert "9" in comments
    assert comments.count("<w:comment ") == 1
    assert visitor.get(f"{path}/download?format=exe").status_code == 400
    assert visitor.get(f"{path}/download?format=docx&file=1").status_code == 400
    assert visitor.get("/check/none/download?format=csv").status_code == 404


def test_comments_go_into_word_files_only(visitor: Visitor) -> None:
    page, path = check(visitor, ("丙县2020.txt", WRONG.encode()))
    assert "format=docx" not in page
    assert visitor.get(f"{path}/download?format=docx&file=0").status_code == 400


def test_it_is_added_when_asked(editor: Visitor, own_library: Path) -> None:
    _page, path = check(editor, ("丙县2020.txt", WRONG.encode()), ("坏.docx", b"PK\3\4nothing"))
    page = settle(editor, editor.post(f"{path}/add"))
    assert [row[:2] for row in rows(page)] == [["丙县2020.txt", "added"]]
    assert (own_library / "files" / "丙县2020.txt").read_text("utf-8") == WRONG
    assert 'class="finding FAIL"' in editor.text(path)
    _page, path = check(editor, text=WRONG.replace("丙县", "辛县"))
    page = settle(editor, editor.post(f"{path}/add"))
    assert rows(page)[0][0].startswith("辛县2020年")


def test_readers_may_check_but_not_add(library_folder: Path) -> None:
    with visiting(library_folder, read_only=True) as reader:
        page, path = check(reader, ("丙县2020.txt", WRONG.encode()))
        assert 'class="finding FAIL"' in page
        assert "/add" not in page
        assert reader.post(f"{path}/add").status_code == 403
        assert "nothing to check" in reader.post("/check").text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, True), (390, False)])
def test_check_in_a_browser(
    site: str, open_page: OpenPage, tmp_path: Path, lang: str, width: int, scripts: bool
) -> None:
    page: Any = open_page(f"{site}/check", lang=lang, width=width, scripts=scripts)
    if scripts:
        no_faults(page)
        drop(page, "丙县2020.txt", WRONG)
    else:
        path = tmp_path / "丙县2020.txt"
        path.write_text(WRONG, "utf-8")
        page.set_input_files("#files", path)
        page.click("form[enctype] button.primary")
    page.wait_for_url("**/check/*")
    page.wait_for_selector(".finding.FAIL")
    assert page.locator(".finding.PASS").count() == 0
    page.check("input[value=pass]")
    page.click("form.toolbar button")
    page.wait_for_selector(".finding.PASS")
    if scripts:
        no_faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
