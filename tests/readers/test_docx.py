"""Word files: what stands on the page, in its order, and nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest
from make_docx import NUMBERING, cell, docx_bytes, grid, listed, package, paragraph, run

from gongwen.nlp import split_sentences
from gongwen.readers.base import Blob
from gongwen.readers.word.docx import read


def lines_of(data: bytes) -> list[str]:
    (extract,) = read(Blob("年报.docx", data))
    return extract.text.split("\n")


def styled(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


def field(code: str, result: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def box(*paragraphs: str) -> str:
    content = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return f"<w:r><w:pict><v:textbox>{content}</v:textbox></w:pict></w:r>"


def control(inner: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"


HIDDEN = "<w:rPr><w:vanish/></w:rPr>"
STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="10"><w:name w:val="toc 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="z"><w:name w:val="暗"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="zz"><w:name w:val="子样式"/><w:basedOn w:val="z"/></w:style>
<w:style w:type="character" w:styleId="h"><w:name w:val="暗"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="loop"><w:name w:val="环"/><w:basedOn w:val="loop"/></w:style>
"""

CASES: dict[str, tuple[str, list[str]]] = {
    "paragraphs, empty ones dropped": (
        paragraph("一、总体情况") + paragraph() + paragraph("　　全县办结案件17件。 "),
        ["一、总体情况", "全县办结案件17件。"],
    ),
    "runs of one paragraph": (
        paragraph(inner=run("全县办结案件") + run("17", "<w:b/>") + run("件。")),
        ["全县办结案件17件。"],
    ),
    "a soft break is the end of a line, a page break too": (
        paragraph("第一行\n第二行", inner='<w:r><w:br w:type="page"/></w:r>' + run("第三行")),
        ["第一行", "第二行", "第三行"],
    ),
    "where Word last broke the page is no break": (
        paragraph(inner=run("办结") + "<w:r><w:lastRenderedPageBreak/></w:r>" + run("17件。")),
        ["办结17件。"],
    ),
    "tabs, and where tabs stop": (
        paragraph("甲\t乙", '<w:tabs><w:tab w:val="left" w:pos="420"/></w:tabs>'),
        ["甲\t乙"],
    ),
    "hyphens": (
        paragraph(inner="<w:r><w:t>023</w:t><w:noBreakHyphen/><w:t>852</w:t><w:softHyphen/></w:r>")
        + paragraph("法\xad治"),
        ["023-852", "法治"],
    ),
    "symbols": (
        paragraph(
            inner='<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>是</w:t>'
            '<w:sym w:font="Wingdings 2" w:char="F0A3"/><w:t>否</w:t>'
            '<w:sym w:font="Symbol" w:char="F0B3"/><w:sym w:font="宋体" w:char="2460"/>'
            '<w:sym w:font="Wingdings" w:char="F021"/><w:sym w:font="x" w:char="D800"/></w:r>'
        ),
        ["☑是□否≥①"],
    ),
    "letters of a symbol font": (
        paragraph(
            inner=run("R是", '<w:rFonts w:eastAsia="宋体" w:ascii="Wingdings 2"/>')
            + run("R否\uf06c")
            + run("\uf06c\uf021", '<w:rFonts w:ascii="Wingdings"/>')
        ),
        ["☑是R否\uf06c●"],
    ),
    "white space of the file is one space": (
        paragraph(inner="<w:r><w:t>rule\nof law</w:t></w:r>"),
        ["rule of law"],
    ),
    "links, smart tags, content controls": (
        paragraph(
            inner="<w:hyperlink>"
            + run("县政府")
            + "</w:hyperlink><w:smartTag>"
            + run("办公室")
            + "</w:smartTag>"
            + control(run("主任"))
        )
        + control(paragraph("二、主要做法")),
        ["县政府办公室主任", "二、主要做法"],
    ),
    "the prompt of an empty form": (
        paragraph("日期：", inner=control(run("单击此处输入日期。"), "<w:showingPlcHdr/>")),
        ["日期："],
    ),
    "fields: the result": (
        paragraph(inner=run("见第") + field("PAGEREF x", run("3")) + run("页"))
        + paragraph(inner='<w:fldSimple w:instr="DATE">' + run("2020年") + "</w:fldSimple>"),
        ["见第3页", "2020年"],
    ),
    "fields in the code of fields": (
        paragraph(
            inner='<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>IF </w:instrText></w:r>'
            + field("MERGEFIELD", run("不可见"))
            + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
            + run("可见")
            + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        ),
        ["可见"],
    ),
    "a field that is never closed hides no other paragraph": (
        paragraph("一", inner='<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + run("二"))
        + paragraph("三"),
        ["一", "三"],
    ),
    "alternatives once": (
        paragraph(
            "正文",
            inner="<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
            f"<w:txbxContent>{paragraph('框')}</w:txbxContent></wps:txbx></w:drawing></mc:Choice>"
            f"<mc:Fallback>{box(paragraph('框'))}</mc:Fallback></mc:AlternateContent></w:r>",
        ),
        ["正文", "框"],
    ),
    "a fallback by itself": (
        paragraph(
            inner="<mc:AlternateContent><mc:Fallback>"
            + run("后备")
            + "</mc:Fallback></mc:AlternateContent>"
        ),
        ["后备"],
    ),
    "text boxes follow their paragraph": (
        paragraph("前半", inner=box(paragraph("框一"), paragraph("框二")) + run("后半"))
        + paragraph("下一段"),
        ["前半后半", "框一", "框二", "下一段"],
    ),
    "phonetic guides": (
        paragraph(
            inner="<w:r><w:ruby><w:rt>"
            + run("wǔ")
            + "</w:rt><w:rubyBase>"
            + run("武")
            + "</w:rubyBase></w:ruby></w:r>"
            + run("功")
        ),
        ["武功"],
    ),
    "formulas": (
        paragraph(
            inner="<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
            "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
        ),
        ["1/2"],
    ),
    "insertions stay, deletions and what was moved away go": (
        paragraph(
            inner="<w:ins>"
            + run("新")
            + "</w:ins><w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:moveFrom>"
            + run("移")
            + "</w:moveFrom><w:moveTo>"
            + run("到")
            + "</w:moveTo>"
        ),
        ["新到"],
    ),
    "a deleted mark joins two paragraphs": (
        paragraph("办结", "<w:rPr><w:del/></w:rPr>") + paragraph("17件。") + paragraph("完"),
        ["办结17件。", "完"],
    ),
    "a deleted mark at the end of a cell, and of the text": (
        grid([cell(paragraph("甲", "<w:rPr><w:del/></w:rPr>")), "乙"])
        + paragraph("丙", "<w:rPr><w:del/></w:rPr>"),
        ["甲\t乙", "丙"],
    ),
    "a deleted mark before a table": (
        paragraph("表前", "<w:rPr><w:del/></w:rPr>") + grid(["甲", "乙"]),
        ["表前", "甲\t乙"],
    ),
    "a deleted row": (
        grid(["甲", "乙"]).replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>") + paragraph("丙"),
        ["丙"],
    ),
    "old properties of a change are none": (
        paragraph(
            "正文", '<w:pPrChange><w:pPr><w:pStyle w:val="z"/></w:pPr></w:pPrChange>'
        )
        + paragraph(inner=run("明", "<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>")),
        ["正文", "明"],
    ),
    "hidden text": (
        paragraph("明", inner=run("暗", "<w:vanish/>") + run("显", '<w:vanish w:val="0"/>'))
        + paragraph(inner=run("暗", '<w:rStyle w:val="h"/>') + run("亮"))
        + paragraph("暗", styled("z"))
        + paragraph("暗", styled("zz"))
        + paragraph(inner=run("显", '<w:vanish w:val="false"/>')),
        ["明显", "亮", "显"],
    ),
    "a hidden paragraph mark puts the next behind": (
        paragraph("一、总体情况。", "<w:rPr><w:vanish/><w:specVanish/></w:rPr>")
        + paragraph("全县稳定。"),
        ["一、总体情况。全县稳定。"],
    ),
    "a text box that hangs on hidden text": (
        paragraph("明", inner=box(paragraph("暗")).replace("<w:pict>", f"{HIDDEN}<w:pict>")),
        ["明"],
    ),
    "the table of contents repeats": (
        paragraph("一、总体情况\t3", styled("10")) + paragraph("不是目录", styled("10")),
        ["不是目录"],
    ),
    "a style in a circle": (paragraph("正文", styled("loop")), ["正文"]),
    "a style that is not there": (paragraph("正文", styled("x")), ["正文"]),
    "a table": (
        paragraph("前") + grid(["项目", "数量"], ["案件", "17"], ["", ""]) + paragraph("后"),
        ["前", "项目\t数量", "案件\t17", "后"],
    ),
    "cells of several paragraphs, breaks and tabs": (
        grid(["增\n减", cell("上年", "同期"), "a\tb"]),
        ["增 减\t上年 同期\ta b"],
    ),
    "merged cells once": (
        grid(
            [cell("合计", properties='<w:gridSpan w:val="2"/>'), "1"],
            [cell("县", properties='<w:vMerge w:val="restart"/>'), "甲", "2"],
            [cell("", properties="<w:vMerge/>"), "乙", "3"],
        ),
        ["合计\t1", "县\t甲\t2", "\t乙\t3"],
    ),
    "a row of one cell is text": (
        grid([cell("一、做法", "我们做了。", "很好。")]),
        ["一、做法", "我们做了。", "很好。"],
    ),
    "whole sentences in the last cell are text": (
        grid(["做法", cell("我们做了。", "二、成效", "很好。")]),
        ["做法\t我们做了。", "二、成效", "很好。"],
    ),
    "a table in a cell": (
        grid(["外", cell(paragraph("内前"), grid(["甲", "乙"]), paragraph("内后"))], ["丙", "丁"]),
        ["外", "内前", "甲\t乙", "内后", "丙\t丁"],
    ),
    "rows in content controls": (
        grid(["甲", "乙"]).replace("<w:tr>", "<w:sdt><w:sdtContent><w:tr>").replace(
            "</w:tr>", "</w:tr></w:sdtContent></w:sdt>"
        ),
        ["甲\t乙"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_what_is_read(body: str, expected: list[str]) -> None:
    assert lines_of(package(body, others={"styles": STYLES})) == expected


OUTLINE = """
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="节"/>
<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="22"><w:name w:val="小节"/><w:basedOn w:val="2"/></w:style>
<w:style w:type="paragraph" w:styleId="t"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="w"><w:name w:val="WPSOffice手动目录 1"/></w:style>
"""
LEVEL = '<w:outlineLvl w:val="{}"/>'
GALLERY = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'


def large(text: str, size: int) -> str:
    run = f'<w:r><w:rPr><w:sz w:val="{size}"/></w:rPr><w:t>{text}</w:t></w:r>'
    return f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr>{run}</w:p>'


KINDS: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "a style of headings": (paragraph("总体情况", styled("1")), [("heading", 1)]),
    "its level in the outline": (paragraph("总体情况", styled("2")), [("heading", 2)]),
    "that of the style it is based on": (paragraph("总体情况", styled("22")), [("heading", 2)]),
    "a level of its own": (paragraph("总体情况", LEVEL.format(2)), [("heading", 3)]),
    "body text against its style": (paragraph("总体情况", styled("1") + LEVEL.format(9)), []),
    "the title": (paragraph("甲县工作总结", styled("t")), [("title", 0)]),
    "plain paragraphs": (paragraph("一、总体情况") + paragraph("办案12件。"), []),
    "a row": (grid(["案件", "12"]), [("row", 0)]),
    "the only cell of a frame": (grid(["一、总体情况"]), []),
    "a form": (
        grid(["标 题", "甲县工作总结"], ["正文：", cell("一、总体情况", "办案12件。")]),
        [("title", 0)],
    ),
    "a sentence that was broken by hand": (paragraph("全年办理\n案件12件。"), [("paragraph", 0)]),
    "a signature that was": (paragraph("甲县人民政府\n2021年1月8日"), []),
    "a heading and its text that were": (paragraph("一、总体情况\n全年办理案件12件。"), []),
    "manual contents": (paragraph("一、总体情况\t1", styled("w")) + paragraph("办案12件。"), []),
    "a title in two paragraphs": (
        paragraph("甲县人民政府", styled("t")) + paragraph("2021年工作总结", styled("t")),
        [("title", 0)],
    ),
    "centred lines of one large size": (
        large("甲县人民政府", 44) + large("2021年工作总结", 44) + paragraph("办案12件。"),
        [("paragraph", 0)],
    ),
    "such lines below an official head": (
        large("甲县人民政府文件", 44) + large("甲县人民政府", 44) + large("2021年工作总结", 44),
        [("paragraph", 0)],
    ),
    "centred lines of two sizes": (large("甲县人民政府", 52) + large("工作总结", 44), []),
    "centred lines of the size of text": (large("甲县", 32) + large("工作总结", 32), []),
    "the heading of contents that were left out": (
        paragraph("甲县工作总结") + paragraph("目  录") + paragraph("一、情况\t1", styled("w")),
        [("contents", 0)],
    ),
    "that of contents in a control": (
        paragraph("目　录") + control(paragraph("总体情况\t1"), GALLERY) + paragraph("办案12件。"),
        [("contents", 0)],
    ),
    "a control with the contents": (
        control(paragraph("目录") + paragraph("总体情况\t1"), GALLERY) + paragraph("办案12件。"),
        [],
    ),
}


@pytest.mark.parametrize("case", KINDS)
def test_what_the_file_says_of_its_paragraphs(case: str) -> None:
    body, kinds = KINDS[case]
    (extract,) = read(Blob("年报.docx", package(body, others={"styles": OUTLINE})))
    assert [(block.kind, block.level) for block in extract.blocks] == kinds
    assert all(extract.text[b.start : b.end].strip() for b in extract.blocks)
    assert "目录" not in extract.text


def test_numbers_in_a_column_of_their_own() -> None:
    body = grid([cell(listed("")), "甲"], [cell(listed("")), "乙"]) + listed("") + listed("丙")
    assert lines_of(package(body, others={"numbering": NUMBERING})) == [
        "一、\t甲",
        "二、\t乙",
        "四、丙",
    ]


def note(kind: str, n: int, *paragraphs: str, more: str = "") -> str:
    return f'<w:{kind} w:id="{n}"{more}>{"".join(map(paragraph, paragraphs))}</w:{kind}>'


def test_notes_follow_the_text_in_the_order_of_their_references() -> None:
    def reference(kind: str, n: int) -> str:
        return f'<w:r><w:{kind}Reference w:id="{n}"/></w:r>'

    body = paragraph("全县办结案件", inner=reference("footnote", 3) + run("17件。"))
    body += paragraph(
        "收信", inner=reference("endnote", 1) + reference("footnote", 2) + run("254件。")
    )
    body += paragraph(inner="<w:del>" + reference("footnote", 4) + "</w:del>")
    others = {
        "footnotes": note("footnote", 0, "线", more=' w:type="separator"')
        + note("footnote", 2, "含电子邮件。")
        + note("footnote", 3, " 含行政复议。", "不含调解。")
        + note("footnote", 4, "已删。"),
        "endnotes": note("endnote", 1, "来自政府网。"),
    }
    assert lines_of(package(body, others=others)) == [
        "全县办结案件17件。", "收信254件。",
        "含行政复议。", "不含调解。", "含电子邮件。", "来自政府网。",
    ]  # fmt: skip


def test_what_was_left_out_is_said() -> None:
    inner = "<w:r><w:drawing><c:chart/></w:drawing></w:r>" * 2
    body = paragraph("正文", inner=inner.replace("c:", "m:")) + '<w:altChunk r:id="x"/>'
    (extract,) = read(Blob("年报.docx", package(body)))
    assert extract.notes == ("a chart was left out", "an embedded document was left out")
    assert next(read(Blob("年报.docx", package(paragraph("正文"))))).notes == ()


def test_strict_files_macros_and_other_prefixes() -> None:
    body, others = listed("总体情况") + paragraph("很好。"), {"numbering": NUMBERING}
    expected = ["一、总体情况", "很好。"]
    assert lines_of(package(body, others=others, strict=True)) == expected
    plain = package(body, others=others)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = (
        parts["word/document.xml"].replace(b"w:", b"ns0:").replace(b"xmlns:w", b"xmlns:ns0")
    )
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w") as archive:  # as .NET once wrote names
        for name, data in parts.items():
            archive.writestr(name.replace("/", "\\").upper(), data)
    assert lines_of(odd.getvalue()) == expected
    utf16 = parts["word/document.xml"].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert lines_of(package("", others=others, raw={"word/document.xml": utf16})) == expected


def test_a_file_of_another_program() -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("武功县法治政府建设工作总结", 0)
    document.add_paragraph("全县办结案件17件。")
    first = document.add_table(rows=2, cols=3)
    first.cell(0, 0).merge(first.cell(1, 0)).text = "合计"
    first.cell(0, 1).merge(first.cell(0, 2)).text = "案件"
    first.cell(1, 1).text, first.cell(1, 2).text = "1", "2"
    for text in ("立案", "结案"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("要点", style="List Bullet")
    document.sections[0].header.paragraphs[0].text = "页眉"
    file = io.BytesIO()
    document.save(file)
    assert lines_of(file.getvalue()) == [
        "武功县法治政府建设工作总结", "全县办结案件17件。", "合计\t案件", "\t1\t2",
        "1.立案", "2.结案", "要点",
    ]  # fmt: skip


TABLE = [
    ["项目", "2019年", "2020年"],
    ["行政复议案件(件)", "6", "4"],
    ["行政诉讼案件(件)", "9", "11"],
]


def test_the_seed_report_comes_back(seed_text: str) -> None:
    written = seed_text.splitlines()
    data = docx_bytes(written, table=TABLE)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("word/document.xml").count(b"<w:numPr>") == 8
    rows = ["\t".join(row) for row in TABLE]
    (extract,) = read(Blob("年报.docx", data))
    expected = split_sentences("\n".join([seed_text, *rows]))
    found = split_sentences(extract.text)
    assert [(s.text, s.kind, s.section, s.item) for s in found] == [
        (s.text, s.kind, s.section, s.item) for s in expected
    ]
    (typed,) = read(Blob("年报.docx", docx_bytes(written, numbered=False, table=TABLE)))
    assert typed.text == extract.text


def test_the_real_reports_come_back(shared_reports: list) -> None:
    for path in shared_reports:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
        assert lines_of(docx_bytes(lines)) == lines, path.name
