"""Saved web pages: all of the report, and nothing of the page around it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_html import ADDRESS, PUBLISHED, STYLES, html_bytes

from gongwen.nlp import parse_document
from gongwen.nlp.document.blocks import Block
from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob, Extract
from gongwen.readers.detect import read as read_any
from gongwen.readers.web.html import read

TITLE = "临江县2021年法治政府建设情况报告"
REPORT = [
    TITLE,
    "2021年，我县深入学习贯彻习近平法治思想，法治政府建设取得新成效。现将有关情况报告如下：",
    "一、主要做法",
    "（一）健全决策机制。全年审查重大行政决策12件，提出意见36条。",
    "（二）规范行政执法。办理行政处罚案件1204件，无一件被撤销。",
    "二、存在问题",
    "基层执法力量不足，个别部门对行政复议工作重视不够。",
    "三、下一步打算",
    "加强执法队伍建设，推动行政复议体制改革落地见效。",
    "临江县人民政府",
    "2022年1月20日",
]


def extract(page: bytes | str, encoding: str | None = None) -> Extract:
    data = page.encode() if isinstance(page, str) else page
    (found,) = read(Blob("页面.html", data, encoding))
    return found


def lines_of(page: bytes | str) -> list[str]:
    return [line.strip() for line in extract(page).text.split("\n") if line.strip()]


def sentences(text: str, blocks: Sequence[Block] = ()) -> list[str]:
    """Return the sentences of a report without white space, but for the furniture of a page."""
    found = parse_document(text, blocks).sentences
    return [re.sub(r"\s", "", s.text) for s in found if s.kind != "boilerplate"]


@pytest.mark.parametrize("menus", [True, False], ids=["menus", "alone"])
@pytest.mark.parametrize("style", STYLES)
def test_round_trip_of_the_seed_report(style: str, menus: bool, seed_text: str) -> None:
    page = html_bytes(seed_text.split("\n"), encoding="gb18030", style=style, menus=menus)
    assert sentences(extract(page).text) == sentences(seed_text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16"])
def test_round_trip_in_each_encoding(encoding: str, seed_text: str) -> None:
    found = extract(html_bytes(seed_text.split("\n"), encoding=encoding))
    assert sentences(found.text) == sentences(seed_text)
    assert not found.notes


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("style", ["trs", "tables", "divs", "split", "word"])
def test_round_trip_of_real_reports(style: str, shared_reports: list[Path], every: int) -> None:
    """The sentences of some or all of the real reports are those of the text.

    Short lines are not compared: some of these texts were copied with their titles and the names of
    speakers, which the title of another report above makes lines of the page.
    """
    for path in shared_reports[::every]:
        lines = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
        found = extract(html_bytes([TITLE, *lines[1:]], style=style))
        want, got = (
            [sentence for sentence in each if len(sentence) > 20]
            for each in (sentences("\n\n".join(lines[1:])), sentences(found.text, found.blocks))
        )
        assert got[-len(want) :] == want, path.name


@pytest.mark.parametrize("length", [2, 4, 8, len(REPORT)])
@pytest.mark.parametrize("style", STYLES)
def test_short_reports_are_whole_and_alone(style: str, length: int) -> None:
    """With heading and signature, and though the site around may have more sentences."""
    report = REPORT[:length]
    assert lines_of(html_bytes(report, encoding="utf-8", style=style)) == report


DECLARED = {
    "gb2312 is read as gb18030": ('<meta charset="gb2312">', "gb18030", "镕㛃"),
    "http-equiv": (
        "<META content='text/html; charset=gbk' http-equiv=Content-Type>", "gb18030", "镕",
    ),
    "XML": ('<?xml version="1.0" encoding="GB2312"?>', "gb18030", "镕"),
    "big5": ("<meta charset=big5>", "big5", "鎔"),
    "UTF-8 that says gb2312": ("<meta charset=gb2312>", "utf-8", "镕"),
    "GBK that says utf-8": ("<meta charset=utf-8>", "gb18030", "镕"),
    "GBK that says iso-8859-1": ("<meta charset=iso-8859-1>", "gb18030", "镕"),
    "an unknown one": ("<meta charset=guobiao>", "gb18030", "镕"),
    "GBK that says nothing": ("", "gb18030", "镕"),
    "UTF-16 without a mark": ("", "utf-16-le", "镕"),
    "UTF-16 in the head of UTF-8": ("<meta charset=utf-16>", "utf-8", "镕"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "encoding", "rare"), DECLARED.values(), ids=DECLARED.keys())
def test_encodings(head: str, encoding: str, rare: str) -> None:
    line = f"全省行政复议工作，由{rare}同志分管，各市均已设立机构。" * 3
    if encoding == "big5":
        line = "全省行政復議工作，各市均已設立機構，運作順利。" * 3 + rare
    page = f"<html><head>{head}</head><body><p>{line}</p></body></html>"
    assert lines_of(page.encode(encoding)) == [line]


def test_an_encoding_that_is_given_counts_more_than_the_page() -> None:
    data = "<meta charset=utf-8><p>临江县行政复议情况，已经公布。".encode("gb18030")
    assert extract(data, "gbk").text == "临江县行政复议情况，已经公布。"
    with pytest.raises(ReadError, match="unknown encoding 'x'"):
        extract(data, "x")


def test_damage_is_reported_and_the_rest_is_whole() -> None:
    data = html_bytes(REPORT)
    broken = "提出意见".encode("gb18030")
    at = data.index(broken)
    found = extract(data[: at + 3] + data[at + 4 :])
    assert "\ufffd" not in found.text
    assert len(found.notes) == 1
    assert re.fullmatch(r"damaged: .* at byte \d+ \(line \d+\)", found.notes[0])
    lost = [line for line in REPORT if line not in found.text]
    assert lost == [REPORT[3]]


CONTENTS = {
    "a table among the text": (
        f"<h1>{TITLE}</h1><p>全年任务完成情况见下表，各项指标均已完成。</p>"
        "<table border=1><tr><td>指标</td><td>数量</td></tr>"
        "<tr><td>案件</td><td>1204</td></tr></table>"
        "<p>以上数据由县司法局提供，截至2021年底。</p>",
        [
            TITLE,
            "全年任务完成情况见下表，各项指标均已完成。",
            "指标\t数量",
            "案件\t1204",
            "以上数据由县司法局提供，截至2021年底。",
        ],
    ),
    "an ordered list": (
        "<p>全年重点抓了以下工作，成效明显。</p><ol><li>健全制度</li><li>强化培训</li></ol>",
        ["全年重点抓了以下工作，成效明显。", "1.健全制度", "2.强化培训"],
    ),
    "attachments": (
        "<p>现将报告予以公布，欢迎社会各界监督。</p><p>临江县司法局</p>"
        "<p><a href='a.doc'>附件：行政处罚案件清单</a></p><p><a href='b'>清单二.xlsx</a></p>"
        "<p><a href='c'>点击查看相关新闻</a></p>",
        [
            "现将报告予以公布，欢迎社会各界监督。",
            "临江县司法局",
            "附件：行政处罚案件清单",
            "清单二.xlsx",
        ],
    ),
    "links in sentences": (
        "<p>根据<a href='x'>《中华人民共和国政府信息公开条例》（国务院令第711号）</a>要求编制。</p>"
        "<p><a href='y'>县政府办公室</a></p><p>本报告由总体情况、主动公开等部分组成。</p>",
        [
            "根据《中华人民共和国政府信息公开条例》（国务院令第711号）要求编制。",
            "县政府办公室",
            "本报告由总体情况、主动公开等部分组成。",
        ],
    ),
    "a list of links among the text": (
        "<p>全县法治建设成效明显，现予公布。</p>"
        "<ul><li><a href=1>新闻一</a><li><a href=2>新闻二</a><li><a href=3>新闻三</a></ul>"
        "<p>下一步将继续推进，确保落实。</p>",
        ["全县法治建设成效明显，现予公布。", "下一步将继续推进，确保落实。"],
    ),
    "a table of contents": (
        "<p><a href='#a'>一、主要做法</a></p><p><a href='#b'>二、存在问题</a></p>"
        "<p>全县法治建设成效明显，现予公布。</p>",
        ["一、主要做法", "二、存在问题", "全县法治建设成效明显，现予公布。"],
    ),
    "a title over two lines": (
        "<div class=title>临江县人民政府<br>关于法治政府建设的报告</div>"
        "<div class=a><a href=x>首页</a></div><div><p>全县法治建设成效明显，现予公布。</p>"
        "<p>临江县司法局</p></div>",
        [
            "临江县人民政府关于法治政府建设的报告",
            "全县法治建设成效明显，现予公布。",
            "临江县司法局",
        ],
    ),
    "a title that the text has, over two lines": (
        "<title>临江县关于法治政府建设的报告</title><h1>临江县关于法治政府建设的报告</h1>"
        "<a href=x>首页</a><div><p>临江县</p><p>关于法治政府建设的报告</p>"
        "<p>全县法治建设成效明显，现予公布。</p></div>",
        ["临江县", "关于法治政府建设的报告", "全县法治建设成效明显，现予公布。"],
    ),
    "a title in the head only": (
        f"<title>{TITLE}-临江县人民政府门户网站</title><p>全县法治建设成效明显，现予公布。</p>",
        [TITLE, "全县法治建设成效明显，现予公布。"],
    ),
    "the name of the site is no title": (
        "<title>临江县人民政府</title><p>全县法治建设成效明显，现予公布。</p>",
        ["全县法治建设成效明显，现予公布。"],
    ),
    "words of furniture in sentences": (
        "<p>全面完成政府网站适老化与无障碍改造，支持IPv6访问。</p><p>来源：各单位按规定报送。</p>"
        "<p>本网站浏览次数超过十万次。</p>",
        [
            "全面完成政府网站适老化与无障碍改造，支持IPv6访问。",
            "来源：各单位按规定报送。",
            "本网站浏览次数超过十万次。",
        ],
    ),
    "names of furniture on parts of the text": (
        "<div><p>全县法治建设成效明显，现予公布。</p><p class='top print'>一、主要做法</p>"
        "<div class='header'><p>健全决策机制，严格审查程序。</p></div><p id=share>二、存在问题</p>"
        "<p>基层执法力量不足，亟待充实。</p></div>",
        [
            "全县法治建设成效明显，现予公布。",
            "一、主要做法",
            "健全决策机制，严格审查程序。",
            "二、存在问题",
            "基层执法力量不足，亟待充实。",
        ],
    ),
    "figures without a sentence": (
        "<div class=nav><a href=1>首页</a></div><p>生产总值 120.5亿元</p><p>财政收入 8.2亿元</p>",
        ["生产总值 120.5亿元", "财政收入 8.2亿元"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CONTENTS.values(), ids=CONTENTS.keys())
def test_contents(body: str, expected: list[str]) -> None:
    assert lines_of(f"<html><meta charset=utf-8><body>{body}</body></html>") == expected


def test_paragraphs_stand_apart_and_broken_lines_do_not() -> None:
    page = "<p>第一段的文字，写得<br>很长。</p><p>第二段的文字，也不短。</p>"
    assert extract(page).text == "第一段的文字，写得\n很长。\n\n第二段的文字，也不短。"


SAID = {
    "meta": (
        f'<meta name="PubDate" content="{PUBLISHED} 10:00"><meta name="Url" content="{ADDRESS}">',
        {"date": PUBLISHED, "address": ADDRESS},
    ),
    "byline": (
        "<a href=/>首页</a><div>发布时间：2021年2月26日 来源：县司法局</div>",
        {"date": PUBLISHED},
    ),
    "saved from": (
        f"<!-- saved from url=(0066){ADDRESS} -->"
        "<link rel=canonical href='http://www.example.org/other'>",
        {"address": ADDRESS},
    ),
    "an address without its site": ("<link rel=canonical href='/a.html'>", {}),
    "nothing": ("", {}),
}


@pytest.mark.parametrize(("head", "said"), SAID.values(), ids=SAID.keys())
def test_what_the_page_says(head: str, said: dict[str, str]) -> None:
    found = extract(f"{head}<div><p>全县法治建设成效明显，现予公布。</p></div>")
    assert found.said == said
    assert found.text == "全县法治建设成效明显，现予公布。"


def test_the_day_of_signature_counts_more_than_that_of_publication() -> None:
    assert "date" not in extract(html_bytes(REPORT)).said


ERRORS = {
    "an empty page": ("<html></html>", "页面.html: no text in this page"),
    "only menus": (
        "<ul><li><a href=1>首页</a><li><a href=2>政务公开</a></ul>",
        "页面.html: no text in this page",
    ),
    "frames": (
        "<frameset><frame src=top.htm><frame src=main.htm></frameset>",
        "页面.html: no text in this page; it is in its frames: add top.htm, main.htm",
    ),
    "too many lines": (
        "<p>一" * 200_001,
        "页面.html: too large for a web page; save it as .txt",
    ),
}


@pytest.mark.parametrize(("page", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(page: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        extract(page)
    assert str(raised.value) == message


END = "<p>全年办案12件。</p><p>成效明显。</p><p>群众满意。</p><p>仍有不足。</p>"
KINDS: dict[str, tuple[str, list[tuple[str, str, int]]]] = {
    "title and headings": (
        "<h1>甲县<br>2021年工作报告</h1><h2>总体情况</h2>",
        [("甲县2021年工作报告", "title", 0), ("总体情况", "heading", 2)],
    ),
    "no headings": ("<h3>市人民政府：</h3><h4>2022年1月8日</h4><h5>办案。结案。</h5>", []),
    "bold text": ("<p><b>总体情况</b></p><div style='font-size:22pt'>问题</div>", []),
    "items": ("<ul><li>甲<li>乙</ul>", [("甲", "item", 0), ("乙", "item", 0)]),
    "a list of one, and items with a mark": ("<ol><li>甲</ol><ul><li>一、甲<li>二、乙</ul>", []),
    "a caption of a picture": (
        "<figure><img src=a><figcaption>县长在乡镇调研</figcaption></figure>",
        [("县长在乡镇调研", "caption", 0)],
    ),
    "a caption of a table": (
        "<figure><table><tr><td>甲<td>1<tr><td>乙<td>2</table><figcaption>表1</figcaption></figure>",
        [("甲\t1", "row", 0), ("乙\t2", "row", 0)],
    ),
    "a note": ("<div id=ftn1><p>注释</p></div>", [("注释", "note", 0)]),
    "numbers of headings that do not tell levels apart": (
        "<ol><li><h1>2021年情况</h1><ol><li><h2>办案</h2></ol></ol>",
        [("2021年情况", "heading", 1), ("办案", "heading", 2)],
    ),
    "numbers that do": ("<ol><li><h2>2021年情况</h2></ol>", [("1. 2021年情况", "heading", 2)]),
}


@pytest.mark.parametrize("case", KINDS)
def test_what_the_tags_say(case: str) -> None:
    body, expected = KINDS[case]
    found = extract(f"<body>{body}{END}" if "<h1>甲" in body else f"<body>{END}{body}{END}")
    said = [(found.text[b.start : b.end], b.kind, b.level) for b in found.blocks]
    assert [(text.replace("\n", ""), kind, level) for text, kind, level in said] == expected


@pytest.mark.parametrize("name", ["页面.html", "页面.md"])
def test_the_library_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    with pytest.raises(ReadError) as raised:
        list(read_any(Blob(name, "# 报告\n\n<p>一年来，工作取得成效。</p>\n".encode())))
    assert str(raised.value) == (
        f"{name}: reading web pages needs selectolax: pip install selectolax, or save it as .txt"
    )


@pytest.mark.parametrize("depth", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_nested_blocks_do_not_hide_the_text(depth: int) -> None:
    page = "<div>" * depth + "<p>全县法治建设成效明显。" + "</div>" * depth
    assert extract(page).text == "全县法治建设成效明显。"


PAGES = [html_bytes(REPORT, encoding=e, style=s) for s in STYLES for e in ("gb18030", "utf-8")]
MARKUP = b"< > </div> </table> <table> <td> <!-- --> \" ' = & &#x110000; \0 \xff \x80".split(b" ")


@given(
    page=st.sampled_from(PAGES),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 400),
            st.one_of(st.binary(max_size=8), st.sampled_from(MARKUP)),
        ),
        max_size=6,
    ),
)
def test_a_broken_page_gives_text_or_one_line(
    page: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    for place, removed, added in edits:
        at = int(place * len(page))
        page = page[:at] + added + page[at + removed :]
    try:
        found = extract(page)
    except ReadError as error:
        assert str(error).startswith("页面.html: ")
        assert "\n" not in str(error)
    else:
        assert found.text.strip()
        assert not re.search("[\r\0\ud800-\udfff]", found.text)
