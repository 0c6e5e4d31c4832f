"""What the check command writes: several reports at once, files in every format, Word comments."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_docx import NUMBERING, cell, docx_bytes, grid, listed, package, paragraph, run

import gongwen
from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob
from gongwen.readers.detect import read
from gongwen.render.word_comments import Comment, annotate

from .conftest import Command

REPORT = """甲县2021年法治政府建设工作报告

一、主要举措和成效
全县上下统一思想。全年收到行政复议申请12件，其中受理9件、不予受理2件。
审结9件，其中维持6件、驳回3件。
举办培训4期，其中线上2期、线下1期等。
二、存在的问题
执法力量不足。
"""
GOOD = """乙县2021年法治政府建设工作报告

一、主要举措和成效
审结9件，其中维持6件、驳回3件。
"""
COUNTS = "1 passed, 1 failed, 1 uncertain"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with reports, in which commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports" / "乙").mkdir(parents=True)
    (tmp_path / "reports" / "甲.txt").write_text(REPORT, "utf-8")
    (tmp_path / "reports" / "乙" / "乙.docx").write_bytes(docx_bytes(GOOD.splitlines()))
    (tmp_path / "reports" / "notes.png").write_bytes(b"no report")
    (tmp_path / "bad.docx").write_bytes(b"PK\x03\x04 not a zip")
    (tmp_path / "lost.txt").write_bytes(GOOD.encode() + "办案3件\ufffd。\n".encode())
    return tmp_path


# -- several reports -------------------------------------------------------------------------------


def test_files_folders_and_text_are_checked_in_order(cli: Command, here: Path) -> None:
    ran = cli("check", "lost.txt", "reports", "-", stdin=REPORT.encode())
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "lost.txt: 1 passed, 0 failed, 0 uncertain (incomplete)",
        "reports/乙/乙.docx: 1 passed, 0 failed, 0 uncertain",
        f"reports/甲.txt: {COUNTS}",
        f"甲县2021年法治政府建设工作报告: {COUNTS}",
        "4 reports: 4 passed, 2 failed, 2 uncertain",
    ]
    heads = [line for line in ran.out.splitlines() if line in ran.err.splitlines()]
    assert heads == ran.err.splitlines()[:-1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lost.txt", "reports/乙"), 0),
        (("reports/乙", "reports/甲.txt"), 1),
        (("reports/乙", "bad.docx"), 1),
        (("none.txt", "reports/乙"), 1),
        (("reports/乙", "no-such-report"), 1),
        (("reports/乙", "--format", "pdf"), 2),
        (("reports/乙", "-o", "a.pdf"), 2),
        (("reports/乙", "-o", "a"), 2),
        (("reports/乙", "--format", "xlsx"), 2),
        (("reports/乙", "--format", "table", "-o", "a.csv"), 2),
        (("reports/乙", "-o", "none/a.csv"), 1),
    ],
)
def test_exit_codes(cli: Command, here: Path, arguments: tuple[str, ...], code: int) -> None:
    ran = cli("check", *arguments)
    assert ran.code == code, ran.err


def test_what_cannot_be_read_is_listed_and_stops_nothing(cli: Command, here: Path) -> None:
    ran = cli("check", "none.txt", "reports/乙", "bad.docx", "no-such", "--format", "json")
    assert ran.code == 1
    whole = json.loads(ran.out)
    assert [one["report"] for one in whole["reports"]] == ["reports/乙/乙.docx"]
    unreadable = {one["report"]: one["reason"] for one in whole["unreadable"]}
    assert list(unreadable) == ["none.txt", "bad.docx", "no-such"]
    assert unreadable["none.txt"] == "no such file or folder"
    lines = ran.err.splitlines()
    assert lines[0] == "gongwen: none.txt: no such file or folder"
    assert lines[1] == "reports/乙/乙.docx: 1 passed, 0 failed, 0 uncertain"
    assert [line.split(":")[1] for line in lines[2:4]] == [" bad.docx", " no-such"]
    assert lines[-1] == "1 report: 1 passed, 0 failed, 0 uncertain; 3 could not be read"


def test_reports_of_the_library_beside_files(
    seed_cli: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = seed_cli("check", "wugong-2020", "reports/乙", "--format", "json")
    assert ran.code == 0
    names = [one["report"] for one in json.loads(ran.out)["reports"]]
    assert names == ["wugong-2020", "reports/乙/乙.docx"]
    finding = json.loads(ran.out)["findings"][0]
    assert finding["report"] == "wugong-2020"
    assert finding["section"] == "四、强化规范性文件管理,推进依法行政"
    # A folder is taken for itself unless a report has exactly its name.
    (here / "武功").mkdir()
    (here / "武功" / "a.txt").write_text(GOOD, "utf-8")
    ran = seed_cli("check", "武功", "--format", "json")
    assert [one["report"] for one in json.loads(ran.out)["reports"]] == ["武功/a.txt"]
    (here / "wugong-2020").mkdir()
    ran = seed_cli("check", "wugong-2020", "--format", "json")
    assert [one["report"] for one in json.loads(ran.out)["reports"]] == ["wugong-2020"]


def test_an_archive_and_an_empty_folder(cli: Command, here: Path) -> None:
    with zipfile.ZipFile(here / "a.zip", "w") as archive:
        archive.writestr("县/甲.txt", REPORT)
    (here / "empty").mkdir()
    ran = cli("check", "a.zip", "empty")
    assert f"a.zip!/县/甲.txt: {COUNTS}\n" in ran.err
    assert "gongwen: empty: no reports in this folder" in ran.err


def test_places_are_for_people(cli: Command, here: Path) -> None:
    out = cli("check", "reports/甲.txt").out
    text = " ".join(out.split())
    assert "paragraph 3, beginning “全县上下统一思想。全年收到行政复…”, under" in text
    assert "paragraph 4, under “一、主要举措和成效”, reports/甲.txt:5" in text
    assert max(map(len, out.splitlines())) <= 100


def test_a_sentence_that_is_too_long_is_named(cli: Command, here: Path) -> None:
    (here / "long.txt").write_text(REPORT + "办案12件，" * 500 + "。\n", "utf-8")
    ran = cli("check", "long.txt", "--format", "json")
    [report] = json.loads(ran.out)["reports"]
    [line] = report["damage"]
    assert re.fullmatch(r"1 sentence is longer than 2000 characters and was not checked: \d+", line)
    assert "(incomplete)" in ran.err


# -- files -----------------------------------------------------------------------------------------


def test_csv_and_jsonl(cli: Command, here: Path) -> None:
    arguments = ("check", "reports", "lost.txt", "bad.docx")
    for options in (("--format", "csv"), ("-o", "a.csv")):
        ran = cli(*arguments, *options)
        text = ran.out if options[0] == "--format" else (here / "a.csv").read_text("utf-8")
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        assert [(row["report"], row["status"]) for row in rows] == [
            ("reports/乙/乙.docx", "PASS"),
            ("reports/甲.txt", "FAIL"),
            ("reports/甲.txt", "PASS"),
            ("reports/甲.txt", "UNCERTAIN"),
            ("lost.txt", "INCOMPLETE"),
            ("lost.txt", "PASS"),
            ("bad.docx", "UNREADABLE"),
        ]
        assert rows[1]["equation"] == "12 ≠ 9 + 2 (11)"
        assert rows[1]["paragraph"] == "3"
        assert rows[1]["section"] == "一、主要举措和成效"
        assert "1 lost character" in rows[4]["reason"]
        assert rows[6]["reason"]
        assert "shown with the other formats only" in ran.err
    lines = [json.loads(line) for line in cli(*arguments, "--format", "jsonl").out.splitlines()]
    assert [line["status"] for line in lines] == [row["status"] for row in rows]


def test_only_leaves_out_findings_but_no_damage(cli: Command, here: Path) -> None:
    ran = cli("check", "reports", "lost.txt", "bad.docx", "--only", "fail", "--format", "jsonl")
    statuses = [json.loads(line)["status"] for line in ran.out.splitlines()]
    assert statuses == ["FAIL", "INCOMPLETE", "UNREADABLE"]


def test_a_workbook(cli: Command, here: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    (here / "=1.txt").write_text(REPORT, "utf-8")
    ran = cli("check", "reports", "lost.txt", "bad.docx", "./=1.txt", "-o", "核对.xlsx")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("wrote 核对.xlsx\n")
    book = openpyxl.load_workbook(here / "核对.xlsx")
    assert book.sheetnames == ["Findings", "Reports checked", "Missing", "列名"]
    heads, *rows = book["Findings"].iter_rows(values_only=True)
    assert heads[:4] == ("Report", "Verdict", "Check", "Equation")
    assert rows[1][:4] == ("reports/甲.txt", "FAIL", "total and parts", "12 ≠ 9 + 2 (11)")
    assert [row[1] for row in rows][4:7] == ["incomplete", "PASS", "could not be read"]
    heads, *rows = book["Reports checked"].iter_rows(values_only=True)
    assert heads[:5] == ("Report", "Title", "PASS", "FAIL", "UNCERTAIN")
    assert rows[1][:5] == ("reports/甲.txt", "甲县2021年法治政府建设工作报告", 1, 1, 1)
    assert rows[2][7].startswith("damaged: 1 lost character")
    assert rows[3][7].startswith("could not be read: ")
    heads, *rows = book["Missing"].iter_rows(values_only=True)
    assert ("reports/甲.txt", "Required parts missing", "下一年度主要安排") in [r[:3] for r in rows]
    assert ("Findings", "Check", "kind") in book["列名"].iter_rows(values_only=True)
    for sheet in book:
        assert sheet.freeze_panes
        assert all(one.data_type != "f" for row in sheet.iter_rows() for one in row)
        widths = [column.width for column in sheet.column_dimensions.values()]
        assert min(widths) >= 8


def test_a_page_in_both_languages(
    cli: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a<b>&.txt").write_text(REPORT.replace("全县上下", "<b>全县&"), "utf-8")
    pages = {}
    for language in ("en", "zh"):
        monkeypatch.setenv("GONGWEN_LANG", language)
        ran = cli("check", "a<b>&.txt", "lost.txt", "bad.docx", "-o", f"{language}.html")
        assert ran.code == 1
        pages[language] = page = (here / f"{language}.html").read_text("utf-8")
        assert cli("check", "a<b>&.txt", "lost.txt", "bad.docx", "--format", "html").out == page
        assert not re.findall(r"<script|https?://|<img|<link|@import", page)
        body = re.sub(r"<(?:!DOCTYPE|meta)[^>]*>", "", page)
        root = ElementTree.fromstring(body)
        marks = ["".join(mark.itertext()) for mark in root.iter("mark")]
        assert "12件，其中受理9件、不予受理2件" in marks
        underlined = [u.text for mark in root.iter("mark") for u in mark.iter("u")]
        assert underlined[:3] == ["12", "9", "2"]
        assert "12 ≠ 9 + 2 (11)" in page
        assert "下一年度主要安排" in page
        assert 'class="finding FAIL"' in page
    assert '<html lang="en">' in pages["en"]
    words = ("FAIL", "PASS", "UNCERTAIN", "the parts do not make the total", "could not be read")
    assert all(f">{word}" in pages["en"] for word in words)
    words = ("不符", "相符", "存疑", "分项之和不等于合计", "无法读取", "缺少的内容")
    assert all(f">{word}" in pages["zh"] for word in words)


def test_messages_in_chinese(cli: Command, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGWEN_LANG", "zh")
    ran = cli("check", "reports/甲.txt", "none.txt")
    assert ran.err.splitlines() == [
        "reports/甲.txt：相符 1 处，不符 1 处，存疑 1 处",
        "gongwen: none.txt：没有这个文件或文件夹",
        "共 1 份报告：相符 1 处，不符 1 处，存疑 1 处；1 份无法读取",
    ]
    for text in (
        "不符",
        "合计与分项  12 ≠ 9 + 2 (11)",
        "分项之和不等于合计",
        "第 4 段，见“一、主要",
    ):
        assert text in ran.out
    whole = json.loads(cli("check", "reports/甲.txt", "--format", "json").out)
    assert whole["findings"][0]["reason"] == "分项之和不等于合计"
    assert whole["findings"][0]["status"] == "FAIL"
    assert whole["notes"][0]["text"] == "报告未写“下一年度主要安排”。"


# -- comments in Word files ------------------------------------------------------------------------

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FIELD = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>"


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def document(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(parts(data)["word/document.xml"])


def comments(data: bytes) -> dict[str, str]:
    """Return the text of each comment by its id, one line a paragraph."""
    root = ElementTree.fromstring(parts(data)["word/comments.xml"])
    return {
        comment.get(f"{root.tag[: root.tag.index('}') + 1]}id", ""): "\n".join(
            "".join(p.itertext()) for p in comment
        )
        for comment in root
    }


def enclosed(data: bytes) -> dict[str, str]:
    """Return the text between the beginning and the end of each comment, by its id."""
    texts: dict[str, str] = {}
    open_: set[str] = set()
    referred: list[str] = []
    for element in document(data).iter():
        name = element.tag.rpartition("}")[2]
        n = element.get(f"{element.tag[: element.tag.index('}') + 1]}id", "")
        if name == "commentRangeStart":
            open_.add(n)
            texts[n] = ""
        elif name == "commentRangeEnd":
            open_.remove(n)
        elif name == "commentReference":
            referred.append(n)
        elif name == "t":
            for one in open_:
                texts[one] += element.text or ""
    assert not open_
    assert sorted(referred) == sorted(texts)
    return texts


def characters(data: bytes) -> list[tuple[str, str]]:
    """Return each character of the document with its formatting and the elements around its run."""

    def walk(element: ElementTree.Element, around: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        name = element.tag.rpartition("}")[2]
        if name == "r":
            look = element.find(f"{W}rPr")
            style = ElementTree.tostring(look).decode() if look is not None else ""
            around = (*around, name, style)
        elif name not in ("t", "commentRangeStart", "commentRangeEnd"):
            around = (*around, name)
        for char in element.text or "":
            yield char, repr(around)
        for child in element:
            yield from walk(child, around)

    return list(walk(document(data), ()))


def annotated(
    body: str, *spans: str, others: dict[str, str] | None = None, strict: bool = False
) -> tuple[list[str], bytes]:
    """Comment on pieces of text of a document, and return the text that each comment encloses."""
    data = package(body, others=others or {"numbering": NUMBERING}, strict=strict)
    blob = Blob("a.docx", data)
    text = next(iter(read(blob))).text
    made = [Comment(text.index(s), text.index(s) + len(s), (s, "why")) for s in spans]
    copy, anchors = annotate(blob, text, made)
    if not strict:
        assert characters(copy) == characters(data)
    found = enclosed(copy) if any(anchors) else {}
    left = iter(found[n] for n in sorted(found, key=int))
    return [f"{anchor}:{next(left)}" if anchor else "" for anchor in anchors], copy


def field(result: str, end: str = FIELD.format("end")) -> str:
    code = "<w:r><w:instrText> REF a </w:instrText></w:r>"
    return FIELD.format("begin") + code + FIELD.format("separate") + run(result) + end


def control(kind: str, content: str) -> str:
    return f"<w:sdt><w:sdtPr>{kind}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def box(text: str) -> str:
    content = f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>'
        f"{content}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{content}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


INS = '<w:ins w:id="7" w:author="a">{}</w:ins>'
DEL = '<w:del w:id="8" w:author="a"><w:r><w:delText>{}</w:delText></w:r></w:del>'
BODIES: dict[str, tuple[str, str, str]] = {
    "inside a run": (paragraph("全年12件，其中9件。"), "12件，其中9件", "text:12件，其中9件"),
    "a whole run": (paragraph("12件"), "12件", "text:12件"),
    "formatted digits": (
        paragraph(inner=run("全年1", "<w:b/>") + run("2件，其中", "<w:i/>") + run("9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "no xml:space": (
        paragraph(inner="<w:r><w:t>全年 12件 ，其中 9件</w:t></w:r>"),
        "12件 ，其中",
        "text:12件 ，其中",
    ),
    "entities": (
        paragraph(inner="<w:r><w:t>A&amp;B&#20849;&lt;12件&gt;</w:t></w:r>"),
        "共<12件",
        "text:共<12件",
    ),
    "CDATA is not split": (
        paragraph(inner="<w:r><w:t><![CDATA[共12件，9件]]></w:t></w:r>"),
        "12件",
        "text:共12件，9件",
    ),
    "tabs and breaks in the run": (paragraph("共\t12件\n其中9件"), "12件", "text:12件"),
    "a symbol": (
        paragraph(inner='<w:r><w:sym w:font="Wingdings" w:char="F081"/><w:t>共12件</w:t></w:r>'),
        "①共12件",
        "text:共12件",
    ),
    "insertions": (
        paragraph(inner=run("共") + INS.format(run("新增12件")) + run("，其中9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "deletions": (
        paragraph(inner=run("共1") + DEL.format("8") + run("2件，其中9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "moved text": (
        paragraph(
            inner="<w:moveFrom>"
            + run("共12件")
            + "</w:moveFrom>"
            + run("有")
            + "<w:moveTo>"
            + run("共12件")
            + "</w:moveTo>"
        ),
        "12件",
        "text:12件",
    ),
    "a hyperlink": (
        paragraph(inner='<w:hyperlink w:anchor="a">' + run("共12件，") + "</w:hyperlink>9").replace(
            "9</w:p>", run("其中9件。") + "</w:p>"
        ),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "a field is enclosed whole": (
        paragraph(inner=run("共") + field("约12件") + run("，其中9件。")),
        "12件，其中9件",
        "text:约12件，其中9件",
    ),
    "a field without an end": (
        paragraph(inner=run("共") + field("约12件", "") + run("，其中9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "a simple field": (
        paragraph(inner="<w:fldSimple w:instr='REF a'>" + run("共12件") + "</w:fldSimple>"),
        "12件",
        "text:共12件",
    ),
    "a plain text control": (
        paragraph(inner=run("有") + control("<w:text/>", run("共12件")) + run("，其中9件。")),
        "12件",
        "text:共12件",
    ),
    "a rich text control": (
        paragraph(inner=run("有") + control("", run("共12件")) + run("，其中9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "a control around paragraphs": (
        control("<w:text/>", paragraph("共12件，其中9件。")),
        "12件，其中9件",
        "text:12件，其中9件",
    ),
    "a cell": (grid(["申请", "共12件，其中9件。"]), "12件，其中9件", "text:12件，其中9件"),
    "several cells": (grid(["受理", "12件", "9件"]), "12件\t9件", "text:12件9件"),
    "cells of digits": (grid(["受理", "126", "91"], ["办结", "7", "8"]), "7\t8", "text:78"),
    "a table in a table": (grid([cell("甲"), cell(grid(["乙", "共12件"]))]), "12件", "text:12件"),
    "behind an automatic number": (listed("2020年12件"), "2020年12件", "text:2020年12件"),
    "only an automatic number": (listed("主要举措"), "一、", "near:主要举措"),
    "an automatic number in a cell": (
        grid([cell(listed("")), cell("共12件")]),
        "一、",
        "near:共12件",
    ),
    "hidden text": (
        paragraph(inner=run("共1") + run("888", "<w:vanish/>") + run("2件")),
        "12件",
        "text:12" + "件",
    ),
    "a text box": (paragraph(inner=run("见图") + box("共12件。")), "12件", "text:共12件。共12件。"),
    "a formula": (
        paragraph(inner=run("共") + "<m:oMath><m:r><m:t>12=9+3</m:t></m:r></m:oMath>" + run("件")),
        "9+3",
        "text:12=9+3",
    ),
    "phonetic marks": (
        paragraph(
            inner="<w:r><w:ruby><w:rt><w:r><w:t>gong</w:t></w:r></w:rt><w:rubyBase>"
            + run("共")
            + "</w:rubyBase></w:ruby></w:r>"
            + run("12件")
        ),
        "共12",
        "text:gong共12",
    ),
    "supplementary characters": (paragraph("𠀀𠮷共12件，𡃁9件"), "12件，𡃁9", "text:12件，𡃁9"),
    "soft hyphens": (paragraph("共\xad1\xad2件，9件"), "12件", "text:1\xad2件"),
    "wide digits": (paragraph("共１２件，其中９件"), "１２件", "text:１２件"),
    "a paragraph that goes on": (
        "<w:p><w:pPr><w:rPr><w:del w:id='3'/></w:rPr></w:pPr>"
        + run("共1")
        + "</w:p>"
        + paragraph("2件。"),
        "12件",
        "text:12件",
    ),
}


@pytest.mark.parametrize(("body", "span", "expected"), BODIES.values(), ids=BODIES)
def test_a_comment_encloses_the_numbers(body: str, span: str, expected: str) -> None:
    if "vanish" in body:
        expected = "text:18882件"  # hidden text between them is inside, and stays hidden
    found, copy = annotated(body, span)
    assert found == [expected]
    assert comments(copy) == {"0": f"{span}\nwhy"}


def test_comments_on_notes_stand_at_the_reference() -> None:
    for kind in ("footnote", "endnote"):
        body = paragraph(inner=run("正文") + f'<w:r><w:{kind}Reference w:id="2"/></w:r>')
        notes = f'<w:{kind} w:id="2">{paragraph("共12件，其中9件。")}</w:{kind}>'
        found, copy = annotated(body, "12件", others={f"{kind}s": notes})
        assert found == ["near:"]
        inner = re.search("commentRangeStart.*commentRangeEnd", str(parts(copy)))
        assert inner and f"{kind}Reference" in inner[0]


def test_comments_that_touch_overlap_and_repeat() -> None:
    found, copy = annotated(
        paragraph("共12件，其中9件、3件。"),
        "12件，",
        "其中9件",
        "12件，其中9件",
        "12件，",
        "9件、3件",
    )
    assert found == [
        "text:12件，", "text:其中9件", "text:12件，其中9件", "text:12件，", "text:9件、3件",
    ]  # fmt: skip
    assert len(comments(copy)) == 5


def test_comments_of_others_stay() -> None:
    own = '<w:comment w:id="4" w:author="甲"><w:p><w:r><w:t>好</w:t></w:r></w:p></w:comment>'
    for inner, first in ((own, "5"), ("", "0")):
        body = paragraph(
            inner='<w:commentRangeStart w:id="4"/>'
            + run("共12件")
            + '<w:commentRangeEnd w:id="4"/>'
            '<w:r><w:commentReference w:id="4"/></w:r>'
        )
        if not inner:
            body = paragraph("共12件")
        _, copy = annotated(body, "12件", others={"comments": inner})
        texts = comments(copy)
        assert texts.pop(first) == "12件\nwhy"
        assert list(texts.values()) == (["好"] if inner else [])
        assert enclosed(copy)[first] == "12件"
        assert [name for name in parts(copy) if "comments" in name] == ["word/comments.xml"]


def test_the_package_knows_the_comments() -> None:
    for strict in (False, True):
        _, copy = annotated(paragraph("共12件"), "12件", strict=strict)
        whole = parts(copy)
        types = whole["[Content_Types].xml"].decode()
        assert types.count('PartName="/word/comments.xml"') == 1
        related = ElementTree.fromstring(whole["word/_rels/document.xml.rels"])
        ids = [one.get("Id") for one in related]
        assert len(set(ids)) == len(ids)
        kinds = {one.get("Target"): one.get("Type", "") for one in related}
        assert kinds["comments.xml"].startswith("http://purl." if strict else "http://schemas.")
        names = {
            ElementTree.fromstring(whole[f"word/{n}.xml"]).tag for n in ("comments", "document")
        }
        assert len({name.partition("}")[0] for name in names}) == 1


@pytest.mark.parametrize("change", ["prefix", "default", "utf-16", "bom", "no relationships"])
def test_xml_that_is_written_otherwise(change: str) -> None:
    data = package(paragraph(inner=run("共12", "<w:b/>") + run("件，其中9件。")))
    members = parts(data)
    xml = members["word/document.xml"].decode()
    match change:
        case "prefix":
            xml = xml.replace("<w:", "<q:").replace("</w:", "</q:").replace("xmlns:w=", "xmlns:q=")
            members["word/document.xml"] = xml.replace(" w:", " q:").encode()
        case "default":
            xml = xml.replace("<w:", "<").replace("</w:", "</").replace("xmlns:w=", "xmlns=")
            members["word/document.xml"] = xml.encode()
        case "utf-16":
            members["word/document.xml"] = xml.replace("UTF-8", "UTF-16").encode("utf-16")
        case "bom":
            members["word/document.xml"] = xml.encode("utf-8-sig")
        case _:
            del members["word/_rels/document.xml.rels"]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    blob = Blob("a.docx", file.getvalue())
    text = next(iter(read(blob))).text
    copy, anchors = annotate(blob, text, [Comment(1, 4, ("12 ≠ 9",))], "2026-01-02T03:04:05Z")
    assert anchors == ["text"]
    assert enclosed(copy) == {"0": "12件"}
    assert b'w:date="2026-01-02T03:04:05Z"' in parts(copy)["word/comments.xml"]


def test_another_file_than_was_checked_is_refused() -> None:
    blob = Blob("a.docx", package(paragraph("共12件")))
    for text in ("共13件", "共12件。", "", "共12"):
        with pytest.raises(ReadError, match="check it again"):
            annotate(blob, text, [Comment(0, 1, ("",))])


PIECES = st.lists(
    st.tuples(
        st.text("12件其中，。 ab&<\t\n一𠀀", min_size=1, max_size=6),
        st.sampled_from(["", "<w:b/>", "<w:i/>"]),
        st.sampled_from(["", "ins", "hyperlink"]),
    ),
    min_size=1,
    max_size=8,
)


@given(PIECES, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=4))
def test_any_places_in_any_runs(
    pieces: Sequence[tuple[str, str, str]], spans: Sequence[tuple[int, int]]
) -> None:
    inner = "".join(
        f"<w:{around}>{run(text, look)}</w:{around}>" if around else run(text, look)
        for text, look, around in pieces
    )
    data = package(paragraph("头") + paragraph(inner=inner) + paragraph("尾"))
    blob = Blob("a.docx", data)
    text = next(iter(read(blob))).text
    made = [
        Comment(start, min(start + size, len(text)), ("?",))
        for start, size in spans
        if text[start : start + size].strip()
    ]
    copy, anchors = annotate(blob, text, made)
    assert anchors == ["text"] * len(made)
    assert characters(copy) == characters(data)
    if made:
        found = {n: "".join(kept.split()) for n, kept in enclosed(copy).items()}
        wanted = ["".join(text[c.start : c.end].split()) for c in made]
        assert [found[str(n)] for n in range(len(made))] == wanted


# -- check --annotate ------------------------------------------------------------------------------


def test_annotate_writes_a_copy(cli: Command, here: Path) -> None:
    source = here / "甲.docx"
    source.write_bytes(docx_bytes(REPORT.splitlines()))
    before = source.read_bytes()
    ran = cli("check", "甲.docx", "--annotate", "批注.docx")
    assert ran.code == 1
    assert ran.err == f"甲.docx: {COUNTS}\nwrote 批注.docx with 2 comments\n"
    assert source.read_bytes() == before
    copy = (here / "批注.docx").read_bytes()
    assert comments(copy) == {
        "0": "FAIL (total and parts): 12 ≠ 9 + 2 (11)\nthe parts do not make the total",
        "1": "UNCERTAIN (total and parts): 4 ≠ 2 + 1 (3)\nthe list goes on",
    }
    assert enclosed(copy) == {
        "0": "12件，其中受理9件、不予受理2件",
        "1": "4期，其中线上2期、线下1期",
    }
    again = cli("check", "批注.docx", "--format", "json")
    first = cli("check", "甲.docx", "--format", "json")
    assert again.out == first.out.replace("甲.docx", "批注.docx")
    cli("check", "甲.docx", "--annotate", "批注.docx", "--only", "pass")
    assert [text[:4] for text in comments((here / "批注.docx").read_bytes()).values()] == ["PASS"]


def test_annotate_in_chinese(cli: Command, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGWEN_LANG", "zh")
    (here / "甲.docx").write_bytes(docx_bytes(REPORT.splitlines()))
    ran = cli("check", "甲.docx", "--annotate", "批注.docx")
    assert ran.err.endswith("已写入 批注.docx，批注 2 处\n")
    texts = comments((here / "批注.docx").read_bytes())
    assert texts["0"] == "不符（合计与分项）：12 ≠ 9 + 2 (11)\n分项之和不等于合计"


def test_a_report_without_slips_is_copied_as_it_is(cli: Command, here: Path) -> None:
    ran = cli("check", "reports/乙/乙.docx", "--annotate", "copy.docx")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "wrote copy.docx with 0 comments")
    assert (here / "copy.docx").read_bytes() == (here / "reports/乙/乙.docx").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ("reports/甲.txt", "--annotate", "a.docx"),
        ("reports", "--annotate", "a.docx"),
        ("-", "--annotate", "a.docx"),
        ("no-such", "--annotate", "a.docx"),
        ("reports/乙/乙.docx", "reports/甲.txt", "--annotate", "a.docx"),
        ("reports/乙/乙.docx", "--annotate", "a.doc"),
        ("reports/乙/乙.docx", "--annotate", "a.docm"),
        ("reports/乙/乙.docx", "--annotate", "reports/乙/乙.docx"),
        ("reports/乙/乙.docx", "--annotate", "reports/../reports/乙/乙.docx"),
        ("reports/乙/乙.docx", "--annotate", "link.docx"),
    ],
)
def test_what_annotate_refuses(cli: Command, here: Path, arguments: tuple[str, ...]) -> None:
    source = here / "reports/乙/乙.docx"
    (here / "link.docx").symlink_to(source)
    before = source.read_bytes()
    assert cli("check", *arguments).code == 2
    assert source.read_bytes() == before
    assert not (here / "a.docx").exists()


def test_annotate_says_what_has_no_comment(cli: Command, here: Path) -> None:
    body = paragraph("甲县工作报告") + paragraph(
        inner=run("正文。") + '<w:r><w:footnoteReference w:id="2"/></w:r>'
    )
    notes = f'<w:footnote w:id="2">{paragraph("受理12件，其中维持9件、驳回2件。")}</w:footnote>'
    (here / "a.docx").write_bytes(package(body, others={"footnotes": notes}))
    ran = cli("check", "a.docx", "--annotate", "b.docx")
    assert "the comment on 12 ≠ 9 + 2 (11) stands near its place (paragraph 3)" in ran.err


# -- plans among items -----------------------------------------------------------------------------

ITEMS = """甲县2021年法治政府建设工作报告
一、主要举措和成效
全年审结案件9件，其中维持6件、驳回3件。
二、存在的问题
{0}党政主要负责人履行推进法治建设第一责任人职责还有差距{2}
{1}下一步{3}我们将加强执法培训{2}
{4}压实各方责任{2}
"""


ITEM_FORMS = list(
    itertools.product(
        ["1、 2、 3、", "1. 2. 3.", "(1) (2) (3)", "（一） （二） （三）"],
        [("。", "，"), ("。", ","), (".", ","), ("；", "，")],
        [True, False],
    )
)
"""The marks of items, the full stop and comma, and whether Word numbers the items itself."""


@pytest.fixture(scope="module")
def with_items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    """A library with one report for each of these forms, by its place among them."""
    folder = tmp_path_factory.mktemp("items")
    for number, (marks, (stop, comma), automatic) in enumerate(ITEM_FORMS):
        first, second, third = marks.split()
        text = ITEMS.format(first, second, stop, comma, third)
        lines = text.replace("2021", str(1980 + number)).splitlines()  # or they were copies
        (folder / f"{number}.docx").write_bytes(docx_bytes(lines, numbered=automatic))
    with gongwen.open(folder / "library") as library:
        library.add(sorted(folder.glob("*.docx")))
        yield library


@pytest.mark.parametrize("number", range(len(ITEM_FORMS)))
def test_a_plan_among_items_is_no_missing_part(with_items: gongwen.Library, number: int) -> None:
    [report] = [one for one in with_items.reports() if one.source.endswith(f"/{number}.docx")]
    assert [n.name for n in with_items.check(report.id).notes if n.kind == "part"] == []
    last = with_items.sentences(report.id)[-1]
    assert ("压实各方责任" in last.text, last.role) == (True, "plan")
