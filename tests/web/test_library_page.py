"""The page of the library: list, sort, add files, remove and restore, state, export and import."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import gongwen
from gongwen.nlp.text.pinyin import sort_key
from gongwen.web.uploads import safe_parts

from .conftest import OpenPage, Visitor, no_faults, served, visiting

REPORT = """{place}2021年法治政府建设情况报告

一、主要举措和成效

全年开展执法检查{count}次，办理行政复议案件{count}件。加强普法宣传教育。

二、存在的问题

部分执法人员业务能力不足。
"""


def report(place: str, count: int = 3) -> bytes:
    return REPORT.format(place=place, count=count).encode()


def settle(visitor: Visitor, answer: Any) -> str:
    """Follow a form to the page of its job, and wait until the job has ended."""
    assert answer.status_code == 200, answer.text
    path = answer.url.path
    for _turn in range(600):
        text: str = visitor.text(path)
        if 'hx-trigger="every 1s"' not in text:
            return text
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def add(visitor: Visitor, *files: tuple[str, bytes], **data: str) -> str:
    """Add files by the form, and return the page with the outcomes."""
    sent = [("files", (name, content)) for name, content in files]
    return settle(visitor, visitor.post("/library/add", files=sent, data=data))


def rows(page: str) -> list[list[str]]:
    """Return the cells of the tables of a page."""
    found = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found)
    return [[re.sub(r"<[^>]*>|\s+", " ", cell).strip() for cell in row] for row in cells][1:]


def listed(visitor: Visitor) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visitor.get("/library.json").json()["reports"]
    return found


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("甲县2020年总结.docx", ("甲县2020年总结.docx",)),
        ("各县/甲县.docx", ("各县", "甲县.docx")),
        ("../../etc/passwd", ("etc", "passwd")),
        ("..", ("未命名",)),
        ("", ("未命名",)),
        ("/", ("未命名",)),
        ("/etc/cron.d/x", ("etc", "cron.d", "x")),
        ("C:\\fakepath\\甲.txt", ("fakepath", "甲.txt")),
        ("..\\..\\x.txt", ("x.txt",)),
        ("a\0b\x1b[2J\n.txt", ("ab[2J.txt",)),
        ("甲\u202etxt.exe", ("甲txt.exe",)),
        ("\udcff甲.txt", ("甲.txt",)),
        ("nul.txt", ("_nul.txt",)),
        ("CON", ("_CON",)),
        (".gongwen-1.partial", ("gongwen-1.partial",)),
        ('<img src=x onerror="alert(1)">.txt', ("_img src=x onerror=_alert(1)__.txt",)),
        ("a/" * 20 + "b.txt", ("a",) * 6 + ("b.txt",)),
        ("x" * 300 + ".docx", ("x" * 195 + ".docx",)),
        ("县" * 300 + ".docx", ("县" * 65 + ".docx",)),
    ],
)
def test_names_are_made_safe(name: str, parts: tuple[str, ...]) -> None:
    assert safe_parts(name) == parts


# -- the list --------------------------------------------------------------------------------------


def test_reports_are_listed_and_escaped(visitor: Visitor) -> None:
    page = visitor.text("/library")
    assert "6 of 6 reports" in page
    assert "<script>alert" not in page
    assert 'href="/reports/%E7%94%B2%E5%8E%BF2019"' in page


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("q=甲县", {"甲县2019", "甲县2020"}),
        ("q=甲县 2020", {"甲县2020"}),
        ("region=乙县&year=2020", {"乙县2020"}),
        ("year=2019", {"甲县2019", "乙县2019"}),
        ("report=甲县2019", {"甲县2019"}),
        ("q=没有这样的报告", set()),
    ],
)
def test_the_list_is_filtered(visitor: Visitor, query: str, ids: set[str]) -> None:
    found = visitor.get(f"/library.json?{query}").json()["reports"]
    assert {one["report"] for one in found} == ids
    assert f"{len(ids)} of 6 reports" in visitor.text(f"/library?{query}")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("sort=sentences", "sentences"),
        ("sort=sentences&order=desc", "sentences"),
        ("sort=year", "year"),
    ],
)
def test_the_list_is_sorted(visitor: Visitor, query: str, key: str) -> None:
    found = [one[key] for one in visitor.get(f"/library.json?{query}").json()["reports"]]
    falling = "order=desc" in query
    assert [str(v) for v in found] == [str(v) for v in sorted(found, key=_typed, reverse=falling)]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_reports_of_one_minute_are_sorted_by_title(visitor: Visitor, order: str) -> None:
    reports = visitor.get(f"/library.json?sort=added&order={order}").json()["reports"]
    minutes = [one["added"][:16] for one in reports]
    assert minutes == sorted(minutes, reverse=order == "desc")
    for minute in minutes:
        titles = [one["title"] for one in reports if one["added"][:16] == minute]
        assert titles == sorted(titles, key=sort_key)


def _typed(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


@pytest.mark.parametrize("query", ["sort=none", "order=up", "page=0", "page=x", "year=abc"])
def test_wrong_addresses_are_said(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/library?{query}").status_code == 400


def test_outcomes_are_told_as_they_end(editor: Visitor) -> None:
    page = add(editor, ("坏.docx", b"PK\3\4no"), ("戊县2021.txt", report("戊县")), ("空.txt", b""))
    names = [row[0] for row in rows(page)]
    assert names[0] == "戊县2021.txt" and set(names[1:]) == {"坏.docx", "空.txt"}  # failures last
    [job] = editor.client.app.state.site.jobs.list()  # type: ignore[attr-defined]
    told = [(one.name, one.status) for one in job.details["so_far"]]
    assert told == [("坏.docx", "failed"), ("戊县2021.txt", "added"), ("空.txt", "failed")]
    assert job.progress["reading"] == (3, 3)
    with visiting(editor.client.app.state.site.library.folder) as other:  # type: ignore[attr-defined]
        name = unquote(other.get("/library.xlsx").headers["content-disposition"])
    assert re.search(r"''List of reports-\d{8}\.xlsx$", name)


def test_the_list_is_saved(visitor: Visitor) -> None:
    sheet = visitor.get("/library.xlsx")
    assert zipfile.ZipFile(io.BytesIO(sheet.content)).testzip() is None
    answer = visitor.get("/library.csv?q=甲县")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["report"] for row in table} == {"甲县2019", "甲县2020"}
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]


# -- adding ----------------------------------------------------------------------------------------


def test_files_are_added_under_their_own_names(editor: Visitor, own_library: Path) -> None:
    page = add(editor, ("戊县2021.txt", report("戊县")), ("坏.docx", b"PK\3\4nothing"))
    table = rows(page)
    assert [row[:2] for row in table] == [["戊县2021.txt", "added"], ["坏.docx", "not added"]]
    assert table[1][4]
    assert str(own_library) not in page
    [added] = [one for one in listed(editor) if one["report"] == "戊县2021"]
    assert added["source"] == str(own_library.resolve() / "files" / "戊县2021.txt")
    assert Path(added["source"]).read_bytes() == report("戊县")
    assert not (own_library / "files" / "坏.docx").exists()


def test_a_changed_file_replaces_and_a_failed_one_does_not(
    editor: Visitor, own_library: Path
) -> None:
    name = "戊县2021.txt"
    add(editor, (name, report("戊县")))
    assert rows(add(editor, (name, report("戊县"))))[0][1] == "unchanged"
    assert rows(add(editor, (name, report("戊县", 7))))[0][1] == "replaced"
    kept = own_library / "files" / name
    assert kept.read_bytes() == report("戊县", 7)
    assert rows(add(editor, (name, b"\0\0\0")))[0][1] == "not added"
    assert kept.read_bytes() == report("戊县", 7)
    assert rows(add(editor, (name, b"")))[0][1] == "not added"
    assert kept.read_bytes() == report("戊县", 7)
    [one] = [one for one in listed(editor) if "戊县" in one["title"]]
    assert one["source"] == str(kept.resolve())


def test_another_report_of_the_same_name_is_not_replaced_in_silence(editor: Visitor) -> None:
    add(editor, ("总结.txt", report("戊县")))
    page = add(editor, ("总结.txt", report("己县", 9)))
    [[_name, outcome, _report, _sentences, said]] = rows(page)
    assert outcome == "replaced"
    assert "it took the place of “戊县2021年法治政府建设情况报告”" in said
    page = add(editor, ("总结.txt", report("戊县")), same="both")
    assert rows(page)[0][:2] == ["(2)/总结.txt", "added"]
    titles = {one["title"][:2] for one in listed(editor)}
    assert {"戊县", "己县"} <= titles


def test_two_files_of_one_name_and_folders_are_kept_apart(
    editor: Visitor, own_library: Path
) -> None:
    page = add(
        editor,
        ("总结.txt", report("戊县")),
        ("总结.txt", report("己县", 5)),
        ("各县/庚县/总结.txt", report("庚县", 8)),
        ("各县/图.png", b"\x89PNG"),
        ("各县/.DS_Store", b"x"),
    )
    assert [row[1] for row in rows(page)] == ["added"] * 3
    assert "2 files of the folder are no reports" in page
    files = own_library / "files"
    found = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}
    assert found == {"总结.txt", "(2)/总结.txt", "各县/庚县/总结.txt"}


@pytest.mark.parametrize(
    "name",
    ["../../../escaped.txt", "/tmp/escaped.txt", "..\\..\\escaped.txt", "%2e%2e%2fescaped.txt"],
)
def test_no_name_leads_out_of_the_library(editor: Visitor, own_library: Path, name: str) -> None:
    outside = set(own_library.parent.rglob("*escaped*"))
    add(editor, (name, report("戊县")))
    found = set(own_library.parent.rglob("*escaped*")) - outside
    assert found
    assert all(path.is_relative_to(own_library / "files") for path in found)
    assert not Path("/tmp/escaped.txt").exists()


def test_a_hostile_name_is_shown_as_text(editor: Visitor) -> None:
    page = add(editor, ("<b>x</b>&amp;<script>.txt", report("戊县")), ("' OR 1=1 --.txt", b"\0"))
    assert "<script>.txt" not in page
    assert "_b_x_b_" in page or "b_&amp;amp;" in page
    assert "&#39; OR 1=1 --.txt" in page


def test_an_archive_is_added_and_a_bomb_is_not(editor: Visitor) -> None:
    packed, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("戊县2021.txt", report("戊县"))
        archive.writestr("../己县2021.txt", report("己县", 5))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.txt", b"0" * (63 << 20))
    page = add(editor, ("各县.zip", packed.getvalue()), ("大.zip", bomb.getvalue()))
    outcomes = {row[0]: row[1] for row in rows(page)}
    assert outcomes["各县.zip!/戊县2021.txt"] == "added"
    assert outcomes["大.zip"] == "not added"
    assert "MB; unpack it first" in page


def test_many_files_at_once(editor: Visitor) -> None:
    files = [(f"县{number}.txt", report(f"第{number}县", number + 1)) for number in range(300)]
    page = add(editor, *files)
    assert len(rows(page)) == 300
    assert not [row for row in rows(page) if row[1] == "not added"]


def test_what_is_refused(library_folder: Path, editor: Visitor) -> None:
    assert "no file was chosen" in editor.post("/library/add").text
    sent = [("files", ("a.txt", report("戊县")))]
    answer = editor.post("/library/add", files=sent, data={"encoding": "rot13"})
    assert answer.status_code == 400
    with visiting(library_folder, upload_bytes=2_000) as small:
        answer = small.post("/library/add", files=[("files", ("a.txt", b"x" * 5_000))])
        assert answer.status_code == 413
    with visiting(library_folder, read_only=True) as reader:
        assert reader.post("/library/add", files=sent).status_code == 403
        assert 'action="/library/add"' not in reader.text("/library")


def test_the_encoding_can_be_said(editor: Visitor) -> None:
    data = report("戊县").decode().encode("gb18030")
    page = add(editor, ("戊县2021.txt", data), encoding="gb18030")
    assert rows(page)[0][2] == "戊县2021年法治政府建设情况报告"


def test_temporary_files_are_removed(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with visiting(own_library) as editor:
        add(editor, ("戊县2021.txt", report("戊县")), ("坏.pdf", b"%PDF-1.4"))
        assert not list(scratch.glob("gongwen-*"))
        settle(editor, editor.post("/check", files=[("files", ("a.txt", report("己县")))]))
        assert len(list(scratch.glob("gongwen-*"))) == 1
    assert not list(scratch.glob("gongwen-*"))


# -- removing, restoring ---------------------------------------------------------------------------


def test_remove_restore_and_delete(editor: Visitor, own_library: Path) -> None:
    add(editor, ("戊县2021.txt", report("戊县")))
    asked = editor.post("/library/remove", data={"report": ["戊县2021", "甲县2019"]}).text
    assert "Remove 2 reports?" in asked
    assert "戊县2021年法治政府建设情况报告" in asked
    assert len(listed(editor)) == 7
    editor.post("/library/remove/yes", data={"report": ["戊县2021", "甲县2019"]})
    assert len(listed(editor)) == 5
    trash = editor.text("/library/trash")
    numbers = re.findall(r'type="checkbox" name="entry" value="(\d+)" aria-label="([^"]*)', trash)
    assert len(numbers) == 2
    [restored] = [number for number, name in numbers if "甲县" in name]
    editor.post("/library/trash/restore", data={"entry": restored})
    assert {"甲县2019"} <= {one["report"] for one in listed(editor)}
    [last] = [number for number, name in numbers if "戊县" in name]
    assert "This cannot be undone" in editor.post("/library/trash/empty", data={"entry": last}).text
    assert (own_library / "files" / "戊县2021.txt").exists()
    editor.post("/library/trash/empty/yes", data={"entry": last})
    assert "The trash is empty" in editor.text("/library/trash")
    assert not (own_library / "files" / "戊县2021.txt").exists()


@pytest.mark.parametrize("ids", [[], ["none"], ["甲"], ["../x"]])
def test_nothing_else_is_removed(editor: Visitor, ids: list[str]) -> None:
    for path in ("/library/remove", "/library/remove/yes"):
        assert "no report was chosen" in editor.post(path, data={"report": ids}).text
    assert len(listed(editor)) == 6


# -- state, export, import -------------------------------------------------------------------------


def test_state_verification_and_a_new_index(editor: Visitor) -> None:
    page = editor.text("/library/status")
    assert "Nothing is known to be wrong" in page
    assert "up to date" in page
    assert "Everything was verified" in settle(editor, editor.post("/library/verify"))
    assert "<strong>done</strong>" in settle(editor, editor.post("/library/reindex"))
    assert editor.get("/jobs/none").status_code == 404


def test_export_and_import(editor: Visitor, tmp_path: Path) -> None:
    answer = editor.get("/library/export.jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert sum(line.get("type") == "report" for line in lines) == 6
    with visiting(tmp_path / "other") as other:
        sent = [("files", ("备份.jsonl", answer.content))]
        page = settle(other, other.post("/library/import", files=sent))
        assert len(rows(page)) == 6
        assert len(listed(other)) == 6
        sent = [("files", ("坏.jsonl", b"{}\n"))]
        page = settle(other, other.post("/library/import", files=sent))
        assert "failed" in page
        assert "坏.jsonl:1" in page
        assert tempfile.gettempdir() not in page
    with gongwen.open(tmp_path / "other") as library:
        assert library.search("复议").total


# -- a real browser --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, True), (1280, False)])
def test_add_and_remove_in_a_browser(
    own_library: Path,
    open_page: OpenPage,
    tmp_path: Path,
    lang: str,
    width: int,
    scripts: bool,
) -> None:
    paths = []
    for place in ("戊县", "己县"):
        paths.append(tmp_path / f"{place}2021.txt")
        paths[-1].write_bytes(report(place, len(paths)))
    with served(own_library) as address:
        page = open_page(f"{address}/library", lang=lang, width=width, scripts=scripts)
        page.click(".adding summary")
        page.set_input_files("#files", paths)
        page.click(".adding button.primary")
        page.wait_for_url("**/jobs/*")
        page.wait_for_selector("#job table")
        assert page.locator("#job tbody tr").count() == 2
        page.goto(f"{address}/library?q=戊县")
        page.check('tbody input[name="report"]')
        page.click("button.danger")
        page.wait_for_url("**/library/remove")
        page.click("button.danger")
        page.wait_for_url("**/library")
        assert page.locator(".reports tbody tr").count() == 7
        if scripts:
            no_faults(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            for path in ("/library/trash", "/library/status"):
                page.goto(address + path)
                no_faults(page)


def test_a_file_is_dropped(own_library: Path, open_page: OpenPage) -> None:
    with served(own_library) as address:
        page = open_page(f"{address}/library")
        page.click(".adding summary")
        drop(page, "戊县2021.txt", report("戊县").decode())
        page.wait_for_function("document.querySelector('.chosen').textContent")
        page.click(".adding button.primary")
        page.wait_for_selector("#job table")
        assert page.locator("#job tbody th").inner_text() == "戊县2021.txt"


DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: "text/plain"}));
  document.querySelector("[data-drop]").dispatchEvent(
    new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def drop(page: Any, name: str, text: str) -> None:
    """Drop a file on the field for files."""
    page.evaluate(DROP, [name, text])
