"""A page's lines and blocks, whatever its markup is like."""

from __future__ import annotations

import pytest
from growth import LINEAR, growth
from hypothesis import given
from hypothesis import strategies as st

from gongwen.readers.web import parser
from gongwen.readers.web.parser import read_page
from gongwen.readers.web.tag_blocks import join_rows

LINES = {
    "nothing": ("", []),
    "text alone": ("一", ["一"]),
    "blocks end lines": ("<div>一<p>二<h2>三</h2>四</div>五", ["一", "二", "三", "四", "五"]),
    "inline tags do not": ("<p>一<span>二</span><b>三<i>四</b></i><font size=3>五", ["一二三四五"]),
    "br": ("一<br>二<BR/>三</br>四", ["一", "二", "三", "四"]),
    "hr": ("一<hr>二", ["一", "二"]),
    "white space": ("<p>  a \t\n b  </p>", ["a b"]),
    "a break in the source beside Chinese is no space": (
        "<p>推进\n   依法行政，\r\n2020\n年 完成\n5\n件 A\nB</p>",
        ["推进依法行政，2020年 完成5件 A B"],
    ),
    "indents are kept": (
        "<p>&nbsp;&nbsp; 一</p><p>\n　　二</p>",
        ["\u00a0\u00a0 一", "\u3000\u3000二"],
    ),
    "pre": ("<pre>一  a\n二\r\n\n三</pre>四\n五", ["一  a", "二", "三", "四五"]),
    "white-space: pre-wrap": ("<div style='white-space: pre-wrap'>一\n二</div>", ["一", "二"]),
    "references": (
        "<p>&lt;a&gt;&amp;&#20013;&#x6587;&nbsp一&mdash;&hellip;&unknown;&",
        ["<a>&中文\u00a0一—…&unknown;&"],
    ),
    "impossible references": (
        "<p>一&#x110000;二&#99999999999999999999;三&#xD800;四&#0;五",
        ["一\ufffd二\ufffd三\ufffd四\ufffd五"],
    ),
    "a number of 5,000 digits": (f"<p>一&#{'9' * 5000};二", ["一\ufffd二"]),
    "control characters": ("<p>一\0\x01\x7f\u200b\ufeff二\v三\x85四", ["一二 三 四"]),
    "not a tag": ("<p>a < b，1<2，<3，<人民>，</人民>后", ["a < b，1<2，<3，<人民>，后"]),
    "comments": ("一<!-- <p>x</p> -->二<!-->三<!--->四<!---->五", ["一二三四五"]),
    "an unclosed comment ends at the first >": ("一<!-- x -> y <p>二<p>三", ["一 y", "二", "三"]),
    "conditional comments": (
        "<!--[if gte mso 9]><xml>x</xml><![endif]--><p><![if !supportLists]>一、<![endif]>二",
        ["一、二"],
    ),
    "declarations": ("<!DOCTYPE html><?xml version='1.0'?><![CDATA[x]]>一", ["一"]),
    "script and style": (
        "<script>a='<p>x';</script><STYLE>p{}</STYLE >一<script src=x></script>二",
        ["一二"],
    ),
    "an unclosed script": ("一<script>x<p>y", ["一"]),
    "an unclosed title": ("<title>一<p>二", ["一", "二"]),
    "attributes with >": ("<p title='a>b' class=\"c>d\">一", ["一"]),
    "a quote without an end": ("<p title=\"a>一<p>二", ["一", "二"]),
    "a quote in text": ("<p>他说\"好\"<b>是'</b>的</p>", ["他说\"好\"是'的"]),
    "a tag that is cut off": ("<p>一<div class='x", ["一"]),
    "not shown": (
        "一<select><option>x</select>二<button>x</button>三<textarea>x</textarea>四"
        "<noscript>x</noscript><svg><path/><text>x</text></svg>五",
        ["一二三四五"],
    ),
    "hidden spans": (
        "<p>一<span style='display: none'>x<span>y</span>z</span>二<b hidden>x</b>三"
        "<i class='a hide'>x</i>四",
        ["一二三四"],
    ),
    "an unclosed hidden span": ("<div>一<span style='display:none'>x</div>二", ["一", "二"]),
    "an unclosed svg": ("<div>一<svg><g><path></div>二", ["一", "二"]),
    "end tags of nothing": ("</div></p></table>一</td></b>二</li>", ["一", "二"]),
    "ordered list": ("<ol><li>一<li><p>二</p><li></ol>三", ["1.一", "2.二", "三"]),
    "start and value": ("<ol start=3><li>一<li value=7>二<li>三</ol>", ["3.一", "7.二", "8.三"]),
    "types": (
        "<ol type=a><li>x</ol><ol type=I><li>x<li>y</ol>"
        "<ol style='list-style-type:cjk-ideographic'><li>x<li>y</ol>"
        "<ol style='list-style: none inside'><li>x</ol><ol class='custom_cn2'><li>x</ol>",
        ["a.x", "I.x", "II.y", "一、x", "二、y", "x", "(一)x"],
    ),
    "numbers of their own": ("<ol><li>一、甲<li>（二）乙<li>1.丙<li>①丁</ol>", [
        "一、甲", "（二）乙", "1.丙", "①丁",
    ]),
    "lists in lists": (
        "<ol><li>一<ul><li>甲</ul><ol><li>乙</ol><li>二</ol>",
        ["1.一", "甲", "1.乙", "2.二"],
    ),
    "unordered list": ("<ul><li>一<li>二</ul>", ["一", "二"]),
    "xmp": ("<xmp><p>一</xmp>", ["<p>一"]),
    "nested pages are apart": ("<iframe srcdoc='<p>x'></iframe>一<iframe src=a></iframe>", ["一"]),
}  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), LINES.values(), ids=LINES.keys())
def test_lines(html: str, expected: list[str]) -> None:
    assert [line.text for line in read_page(html).lines] == expected


ROWS = {
    "rows are lines": (
        "<table><tr><th>序号<th>任务<tr><td>1<td>普法<tr><td>2<td>执法</table>",
        ["序号\t任务", "1\t普法", "2\t执法"],
    ),
    "closed properly": (
        "<table><thead><tr><th>甲</th><th>乙</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr>"
        "</tbody></table>",
        ["甲\t乙", "1\t2"],
    ),
    "empty cells": (
        "<table><tr><td>甲<td>乙<td>丙<tr><td><td>2<td><tr><td>3<td>&nbsp;<td>4</table>",
        ["甲\t乙\t丙", "\t2", "3\t\t4"],
    ),
    "lines in a cell": (
        "<table><tr><td><p>责任</p><p>单位</p><td>a<br>b<tr><td>1<td>2</table>",
        ["责任 单位\ta b", "1\t2"],
    ),
    "text around": (
        "前<table><tr><td>1<td>2<tr><td>3<td>4</table>后",
        ["前", "1\t2", "3\t4", "后"],
    ),
    "two tables": (
        "<table><tr><td>1<td>2<tr><td>3<td>4</table><table><tr><td>5<td>6<tr><td>7<td>8</table>",
        ["1\t2", "3\t4", "5\t6", "7\t8"],
    ),
    "one row lays out": ("<table><tr><td>左<td>右</table>", ["左", "右"]),
    "one column lays out": ("<table><tr><td>一<tr><td>二</table>", ["一", "二"]),
    "a table of tables lays out": (
        "<table><tr><td>标志<td>日期<tr><td>菜单<td><table><tr><td>1<td>2<tr><td>3<td>4</table></table>",
        ["标志", "日期", "菜单", "1\t2", "3\t4"],
    ),
    "a column of the page": (
        f"<table><tr><td>标志<td>日期<tr><td>菜单<td><p>{'文' * 300}<p>{'字' * 300}</table>",
        ["标志", "日期", "菜单", "文" * 300, "字" * 300],
    ),
    "a long cell": (
        f"<table><tr><td>序号<td>内容<tr><td>1<td>{'文' * 400}</table>",
        ["序号\t内容", "1\t" + "文" * 400],
    ),
    "a stray end tag in a cell": (
        "<div><table><tr><td>1</div></p><td>2<tr><td>3<td>4</table></div>",
        ["1\t2", "3\t4"],
    ),
}


@pytest.mark.parametrize(("html", "expected"), ROWS.values(), ids=ROWS.keys())
def test_rows(html: str, expected: list[str]) -> None:
    assert [line.text for line in join_rows(read_page(html))] == expected


def test_soft_ends_are_those_of_br_within_a_paragraph() -> None:
    lines = read_page("<p>一<br>二<br><br>三<br>&nbsp;<br>四</p><p>五<br></p><p>六").lines
    assert [line.text for line in lines if line.soft] == ["二"]


def test_links_are_counted_but_those_within_the_page() -> None:
    lines = read_page("<p>一<a href=x>二 三</a>四<p><a href='#n'>五</a><p><a name=n>六</a>").lines
    assert [line.linked for line in lines] == [2, 0, 0]


def test_an_unclosed_link_ends_with_its_block() -> None:
    lines = read_page("<div><a href=x>一</div><p>二").lines
    assert [line.linked for line in lines] == [1, 0]


def test_what_the_head_says() -> None:
    read = read_page(
        "<!DOCTYPE html><!-- saved from url=(0023)http://www.example.org/ --><html><head>"
        "<title> 甲\n 乙 &amp; 丙</title><META NAME='ArticleTitle' CONTENT='丁'>"
        '<meta property="og:url" content="http://a/"><link rel="canonical" href="http://b/">'
    )
    assert read.title == "甲 乙 & 丙"
    assert read.address == "http://www.example.org/"
    assert read.metas == {"articletitle": "丁", "og:url": "http://a/", "canonical": "http://b/"}


HARMFUL = {
    "open elements": ("<div>" * 200_000, "</div>" * 200_000),
    "inline elements": ("<b><font>" * 100_000, ""),
    "end tags of what is far up": ("<section><td>" + "<div>" * 500, "</section>" * 100_000),
    "items far from their list": ("<ol>" + "<div>" * 500, "<li>" * 100_000),
    "tables in tables": ("<table><tr><td>" * 100_000, ""),
    "attribute of 20 MB": (f"<p title='{'a' * 20_000_000}'>", ""),
    "quotes without an end": ("", "<a b='" * 200_000),
    "both quotes without an end": ("", "<a b='\"" * 200_000),
    "tags without an end": ("", "<a " * 500_000),
    "comments without an end": ("", "<!--" * 500_000),
    "titles without an end": ("", "<title>" * 200_000),
    "equals signs": ("<p " + "=" * 2_000_000 + ">", ""),
    "spaces": ("<p>" + " " * 5_000_000, "\n \n" * 1_000_000),
    "spaces in attributes": ("<p a" + " " * 2_000_000 + ">", ""),
    "references": ("<p>", "&#x" * 500_000),
    "ampersands": ("<p>", "&" * 1_000_000),
    "attributes": ("<p " + " ".join(f"a{n}" for n in range(200_000)) + ">", ""),
    "attributes behind a quote": (
        '<!x <b c="><p ' + " ".join(f"a{n}" for n in range(200_000)) + ">",
        "",
    ),
    "a style of 3 MB": ("<ol style='" + "list-style:" * 300_000 + "'><li>", ""),
}


@pytest.mark.parametrize(("before", "after"), HARMFUL.values(), ids=HARMFUL.keys())
def test_the_work_is_linear(before: str, after: str) -> None:
    """Of a hundredth, that is; all of it takes minutes if it is quadratic."""

    def ends(side: str, thousandths: int) -> str:
        half = len(side) * thousandths // 2000
        return side if len(side) < 10_000 else side[:half] + side[len(side) - half :]

    def part(thousandths: int) -> str:
        return "<p>文在其中</p>".join(ends(side, thousandths) for side in (before, after))

    assert growth(read_page, part, 4) <= LINEAR
    lines = read_page(part(1000)).lines
    assert any("文在其中" in line.text for line in lines)


@pytest.mark.parametrize("limit", [(parser, "MAX_TAGS"), (parser, "MAX_LINES")])
def test_too_much(limit: tuple[object, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*limit, 100)
    assert len(read_page("<p>一" * 100).lines) == 100
    with pytest.raises(parser.TooMuchMarkupError):
        read_page("<p>一" * 101)


PIECES = (
    "<div>|</div>|<p>|</p>|<table>|</table>|<tr>|<td>|</td>|<ol>|</ol>|<ul>|<li>|<br>|<pre>|</pre>|"
    "<a href=x>|</a>|<span hidden>|</span>|<svg>|</svg>|<title>|</title>|<script>|</script>|<!--"
    "|-->|<|>|'|\"|=|&|&#|;|一|。|\n| |<p a='|<p a=\"|<iframe srcdoc='|</iframe>"
).split("|")


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_markup_gives_lines_in_blocks(html: str) -> None:
    read = read_page(html)
    for number, element in enumerate(read.elements[1:], start=1):
        assert 0 <= element.parent < number
    for line in join_rows(read):
        assert line.text.strip()
        assert "\n" not in line.text
        assert 0 <= line.owner < len(read.elements)
