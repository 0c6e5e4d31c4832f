"""Ordinary characters: what stands for what, which spaces mean nothing, and that all see it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.matching import spans
from gongwen.index.query import Text, parse_query
from gongwen.nlp import extract_figures
from gongwen.nlp.document.overrides import from_title, said_value, with_said
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.records import Document
from gongwen.nlp.text.normalize import fold, squeeze, squeeze_offsets
from gongwen.nlp.text.ordinary import (
    is_spaced_out,
    lookalikes,
    ordinary,
    ordinary_characters,
    with_ideographs,
)
from gongwen.nlp.text.paragraphs import paragraph_spans, starts_unit

UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2061\ufeff\xad\ufe0f"
    "\U000e0101\U000e0041\u180e\x00"
)

CHARACTERS: dict[str, tuple[str, str]] = {
    "radicals that NFKC does not know": ("⺠⻔⻓⻄⻋⻅⻢⻜⻚⻛⻝⻆", "民门长西车见马飞页风食角"),
    "radicals that NFKC knows": ("⼀⼆⼈⼒⾏⽹⽉⿓", "一二人力行网月龍"),
    "the radical that is printed like 户": ("⼾⼝", "户口"),
    "strokes": ("㇐㇠", "一乙"),
    "compatibility ideographs": ("\uf9dc\ufa12\U0002f81a", "隆晴冬"),
    "Roman numerals": ("Ⅳ级 ⅳ类 Ⅰ", "IV级 iv类 I"),
    "numbers of items": ("⑴⒈㈠㊀⑾", "(1)1.(一)(一)(11)"),
    "circled numbers of other kinds": ("❶➂⓴", "①③⑳"),
    "circled numbers stay": ("①⑳㉑", "①⑳㉑"),
    "squared units": ("30㎡ 5㎞ 2㎥", "30m² 5km 2m³"),
    "months and days as one character": ("㋀㏴", "1月21日"),
    "subscripts": ("CO₂ PM₂.₅", "CO2 PM2.5"),
    "subscripts before a number stay apart from it": ("CO₂12吨 PM₂.₅35", "CO₂12吨 PM₂.₅35"),
    "and so do numbers of items": ("⒈5家", "(1)5家"),
    "superscripts may be footnotes": ("12件¹ m² 10⁵", "12件¹ m² 10⁵"),
    "mathematical digits and letters": ("𝟑𝟏𝟖 𝐀", "318 A"),
    "upright forms of marks": ("︵一︶︰﹐", "(一)：，"),
    "half-width marks": ("､｡｢｣", "、。「」"),
    "ligatures": ("ﬁnal", "final"),
    "zero width and direction": ("\u200e一、\u200b主要\u200d", "一、主要"),
    "a byte order mark inside": ("武\ufeff功县", "武功县"),
    "soft hyphens": ("法\xad治", "法治"),
    "variation selectors": ("葛\U000e0100城区\ufe00", "葛城区"),
    "tags and fillers": ("甲\U000e0041乙\u3164丙\u2063", "甲乙丙"),
    "an object in the text": ("附图\ufffc如下", "附图如下"),
    "accents are composed": ("cafe\u0301", "café"),
    "underlines and keycaps": ("3\u03321\u033218\u20e3", "3118"),
    "characters of private use stay": ("甲\ue123\ufffd", "甲\ue123\ufffd"),
    "signs with a meaning of their own stay": ("25℃ №5 ½ 5‰", "25℃ №5 ½ 5‰"),
    "full width stays here, fold knows it": ("２０２０ＡＢ，", "２０２０ＡＢ，"),
    "Traditional characters stay": ("武功縣", "武功縣"),
    "emoji stay": ("👍", "👍"),
}


@pytest.mark.parametrize(("text", "plain"), CHARACTERS.values(), ids=CHARACTERS)
def test_ordinary_characters(text: str, plain: str) -> None:
    assert ordinary_characters(text).text == plain
    assert ordinary_characters(plain).text == plain
    assert squeeze(text) == squeeze(plain)


SPACING: dict[str, tuple[str, str]] = {
    "a title": ("临 川 县 人 民 政 府", "临川县人民政府"),
    "a year and a title": ("2 0 2 1 年 法 治 政 府 建 设", "2021年法治政府建设"),
    "full-width digits, wide spaces": ("２　０　２　１　年　法　治　政　府", "２０２１年法治政府"),
    "text recognition": (
        "（ 一 ） 共 办 理 案 件 3 1 8 件 ， 占 3 . 5 % 。",
        "（一）共办理案件318件，占3.5%。",
    ),
    "with some characters together": ("全 县 共 办理 案 件 3 1 8 件", "全县共办理案件318件"),
    "Latin letters": ("推 广 使 用 A P P 和 I S O 9 0 0 1", "推广使用APP和ISO9001"),
    "a number with a comma": ("共 受 理 案 件 1 , 2 3 6 件", "共受理案件1,236件"),
    "digits alone": ("案件3 1 8件", "案件318件"),
    "digits, and a space in front of the unit": ("办理案件 3 1 8 件", "办理案件 318 件"),
    "a decimal": ("增长 1 2 . 5 ％", "增长 12.5 ％"),
    "a range": ("下降2 0-3 4%", "下降20-34%"),
    "a year in four ways": (
        "2 0 2 1 年、20 21年、2 021 年、二 〇 二 一 年",
        "2021 年、2021年、2021 年、二〇二一 年",
    ),
    "several years": ("2 0 1 8 、2019年", "2018 、2019年"),
    "the mark of a heading": ("二 、 存在 问题", "二、存在 问题"),
    "of one in brackets": ("（ 一 ） 加强执法", "（一）加强执法"),
    "in digits": ("1 . 加强执法", "1.加强执法"),
    "of two digits": ("1 2 、加强执法", "12、加强执法"),
    "of a part": ("第 一 部 分 总体情况", "第一部分总体情况"),
    "of a chapter": ("第 三 章 附则", "第三章附则"),
    "in Roman numerals": ("Ⅱ 、 存在问题", "II、存在问题"),
    "only in the first line of two": ("二 、 问题\n甲 、乙", "二、问题\n甲 、乙"),
    "an ordinary mark with a space behind it": ("一、 加强执法", "一、 加强执法"),
    "a list of numbers": ("12 15 18", "12 15 18"),
    "single digits of columns": (
        "申请数量 3 0 0 5 0 1",
        "申请数量 3 0 0 5 0 1",
    ),
    "a row that is spaced out": ("本 年 新 收 申 请 数 量 3 0 0 5", "本年新收申请数量3 0 0 5"),
    "columns in a line that is spaced out": ("项 目 名 称  数 量", "项目名称  数量"),
    "names of two characters": ("出席：王　伟　李小明　张　强", "出席：王　伟　李小明　张　强"),
    "two names": ("甲　乙", "甲　乙"),
    "signatures": ("武功县财政局　武功县审计局", "武功县财政局　武功县审计局"),
    "Latin words": ("推行 Big Data 应用", "推行 Big Data 应用"),
    "Latin words in a line that is spaced out": (
        "全 县 推 行 Big Data 应 用",
        "全县推行Big Data应用",
    ),
    "groups of thousands": ("投资1 236万元", "投资1 236万元"),
    "an indented line": ("　　一、主要举措", "　　一、主要举措"),
    "a table with tabs": ("项\t目\t数\t量", "项\t目\t数\t量"),
}


@pytest.mark.parametrize(("text", "plain"), SPACING.values(), ids=SPACING)
def test_spaces_that_mean_nothing(text: str, plain: str) -> None:
    assert ordinary(text).text == plain
    assert squeeze(text) == squeeze(plain)


@pytest.mark.parametrize(
    ("line", "spaced"),
    [
        ("共 办 理 案 件 3 1 8 件", True),
        ("共 办理 案 件 三 百 余 件", True),
        ("共 办理 案件 三百 余 件", False),
        ("推进 法治 政府 建设", False),
        ("张三 李四 王五 赵六 孙七", False),
        ("", False),
    ],
)
def test_which_lines_are_spaced_out(line: str, spaced: bool) -> None:
    assert is_spaced_out(line) == spaced


ODD = st.sampled_from("一、（二） 318.,年件共办⺠Ⅳ㈠㎡\u200b\u0301\xade\n\u3000A９-")
ODD_TEXT = st.text(ODD | st.characters(exclude_categories=["Cs"]), max_size=40)


@given(ODD_TEXT)
def test_offsets_lead_to_the_characters_that_stand_in_the_text(text: str) -> None:
    plain = ordinary(text)
    places = plain.offsets()
    assert len(places) == len(plain.text)
    assert places == sorted(places)
    table = lookalikes()
    for char, place in zip(plain.text, places, strict=True):
        source = text[place]
        composed = unicodedata.normalize("NFC", source + "\u0301\u0301")
        assert char in table.get(source, source) or char in composed or char > "\u00bf"


@given(ODD_TEXT)
def test_an_ordinary_text_is_ordinary(text: str) -> None:
    once = ordinary_characters(text).text
    assert ordinary_characters(once).text == once


@given(ODD_TEXT)
def test_squeezing_twice_is_squeezing_once(text: str) -> None:
    text = re.sub(r"[^\S \xa0\u3000]", " ", text)
    assert squeeze(squeeze(text)) == squeeze(text)
    assert squeeze_offsets(text)[0] == squeeze(text)
    assert len(fold(text)) == len(text)


REPORT = """临川县人民政府2021年法治政府建设年度报告

现将临川县2021年法治政府建设情况报告如下。
一、主要举措
（一）严格行政执法。全县共办理行政处罚案件318件，同比增长12.5%，罚没款1,236万元。
（二）化解矛盾纠纷。受理行政复议申请46件，审结41件，其中维持30件、撤销11件。
二、存在问题
一是基层执法力量不足；二是门户网站信息更新不够及时。
三、下一步打算
2022年，健全行政执法监督机制，力争培训执法人员500人次。
"""
WORDS = ("行政复议", "门户网站", "318件", "执法监督")


def _seen(text: str) -> tuple[object, ...]:
    """Return all that is read from a text, in a form in which its spaces do not count."""
    document = parse_document(text)
    for sentence in document.sentences:
        assert text[sentence.start : sentence.end] == sentence.text
    figures = extract_figures(text)
    for figure in figures:
        assert text[figure.start : figure.end] == figure.raw
    return (
        squeeze(document.title),
        document.year,
        document.region,
        document.county,
        document.kind,
        document.agency,
        [(squeeze(s.text), squeeze(s.section), s.item, s.role, s.kind) for s in document.sentences],
        [(f.value, f.unit, f.kind, f.year, f.status, squeeze(f.indicator)) for f in figures],
        [len(spans(s.text, [Text(word)])) for s in document.sentences for word in WORDS],
    )


@cache
def _as_it_is() -> tuple[object, ...]:
    return _seen(REPORT)


def test_the_report_has_what_the_tests_below_keep() -> None:
    title, year, region, *_ = _as_it_is()
    assert (title, year, region) == ("临川县人民政府2021年法治政府建设年度报告", 2021, "临川县")
    document, figures = parse_document(REPORT), extract_figures(REPORT)
    assert [s.kind for s in document.sentences].count("heading") == 5
    assert {318, 12.5, 12360000, 46, 41, 30, 11, 500} <= {f.value for f in figures}
    found = [word for word in WORDS for s in document.sentences if spans(s.text, [Text(word)])]
    assert found == [*WORDS]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(REPORT)), st.sampled_from(UNSEEN)), max_size=60))
def test_unseen_characters_change_nothing(inserted: list[tuple[int, str]]) -> None:
    text = REPORT
    for at, char in sorted(inserted, reverse=True):
        text = text[:at] + char + text[at:]
    assert _seen(text) == _as_it_is()


@pytest.mark.parametrize("char", UNSEEN, ids=[f"U+{ord(char):04X}" for char in UNSEEN])
def test_an_unseen_character_before_each_line_and_inside_each_number(char: str) -> None:
    assert _seen("\n".join(char + line for line in REPORT.split("\n"))) == _as_it_is()
    assert _seen(re.sub(r"(?<=\d)(?=\d)", char, REPORT)) == _as_it_is()


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 20)))
def test_spacing_digits_out_changes_nothing(chosen: set[int]) -> None:
    numbers = list(re.finditer(r"\d[\d.,]*", REPORT))
    text = REPORT
    for n in sorted(chosen, reverse=True):
        if n < len(numbers):
            start, end = numbers[n].span()
            text = text[:start] + " ".join(text[start:end]) + text[end:]
    assert _seen(text) == _as_it_is()


def test_spacing_all_characters_out_changes_nothing() -> None:
    assert _seen("\n".join(" ".join(line) for line in REPORT.split("\n"))) == _as_it_is()


def test_radicals_change_nothing_but_what_is_shown() -> None:
    radicals = {plain: char for char, plain in lookalikes().items() if "\u2e80" <= char < "\u2fe0"}
    text = "".join(radicals.get(char, char) for char in REPORT)
    assert text != REPORT
    assert _seen(text) == _as_it_is()
    assert parse_document(text).title == parse_document(REPORT).title
    assert "⼆、存在问题" in {s.section for s in parse_document(text).sentences}


HEADINGS = ("Ⅱ、存在问题", "II、存在问题", "ⅱ. 存在问题", "㈡存在问题", "⑵存在问题", "⒉存在问题",
            "\u200e二、存在问题", "二 、 存在 问题", "（ 二 ） 存在问题", "第 二 部 分 存在问题",
            "⼆、存在问题", "\ufeff\u3000\u200b二、存在问题")  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS)
def test_headings(heading: str) -> None:
    *_, found, last = parse_document(f"武功县2021年工作总结\n{heading}\n力量不足。").sentences
    assert (found.kind, last.kind, last.role) == ("heading", "sentence", "problem")
    assert starts_unit(heading.lstrip())


TITLES: dict[str, tuple[str, str, int]] = {
    "radicals": ("⻄安市⻓安区2021年法治政府建设年度报告", "长安区", 2021),
    "spaced digits": ("武 功 县 2 0 2 0 年 法 治 政 府 建 设 年 度 报 告", "武功县", 2020),
    "only the year": ("武功县 2 0 2 0 年法治政府建设年度报告", "武功县", 2020),
    "unseen": ("武\u200b功\u2060县20\u200b20年法\xad治政府建设年度报告", "武功县", 2020),
    "selectors": ("武\ufe00功县二〇\U000e0100二〇年法治政府建设年度报告", "武功县", 2020),
}


@pytest.mark.parametrize(("title", "region", "year"), TITLES.values(), ids=TITLES)
def test_titles(title: str, region: str, year: int) -> None:
    document = parse_document(f"{title}\n一、主要举措\n全年办案318件。")
    assert (document.county, document.year) == (region, year)
    plain = squeeze(document.title)
    assert plain.endswith("年法治政府建设年度报告") and region in plain
    assert " " not in document.title and not set(document.title) & set(UNSEEN)


def test_a_title_from_elsewhere_names_region_and_year() -> None:
    document = with_said(Document("公开318条。"), {"title": "⻄安市⻓安区2021年报告"}, how="file")
    known = from_title(document)
    assert (known.title, known.county, known.year) == ("西安市长安区2021年报告", "长安区", 2021)
    assert said_value("region", "⻓安\u200b区") == "长安区"


QUERIES: dict[str, tuple[str, str]] = {
    "radicals": ("⼈⺠法院", "人民法院"),
    "an exact string": ('"⻋管\u200b所"', '"车管所"'),
    "Roman numerals": ("Ⅳ级响应", "IV级响应"),
    "of small letters": ("ⅳ级响应", "IV级响应"),
    "spaced out": ("行 政 复 议 申 请", "行政复议申请"),
    "a spaced-out number": ('"申请 4 6 件"', '"申请46件"'),
    "two words stay two": ("行政复议 门户网站", "行政复议 门户网站"),
}


@pytest.mark.parametrize(("query", "plain"), QUERIES.values(), ids=QUERIES)
def test_queries(query: str, plain: str) -> None:
    assert parse_query(query) == parse_query(plain)


def test_highlights_are_of_the_text_as_it_stands() -> None:
    text = "县⼈⺠法\u200b院受理 4 6 件，Ⅳ级响应。"
    marked = [text[a:b] for a, b in spans(text, [Text("人民法院"), Text("46件"), Text("iv级")])]
    assert marked == ["⼈⺠法\u200b院", "4 6 件", "Ⅳ级"]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("减排CO₂12吨。", 12, "吨"),
        ("减排CO₂ 12吨。", 12, "吨"),
        ("⒈5家企业入驻。", 5, "家"),
        ("面积30㎡。", 30, "m²"),
        ("增长𝟑𝟏𝟖件", 318, "件"),
        ("⼆⼗⼋件案件", 28, "件"),
        ("办理案件3 1 8 件¹。", 318, "件"),
    ],
)
def test_what_looks_like_a_digit_is_in_no_other_number(text: str, value: float, unit: str) -> None:
    assert [(f.value, f.unit) for f in extract_figures(text)] == [(value, unit)]


def test_names_of_figures_have_ideographs() -> None:
    [figure] = extract_figures("全县办理⾏政\u200b处罚案件3\u200b 1 8件。")
    assert (figure.indicator, figure.value, figure.unit) == ("行政处罚案件", 318, "件")
    assert figure.raw == "3\u200b 1 8件"
    assert with_ideographs("⾏\u200b政Ⅳ级") == "行政Ⅳ级"


CLOSED = {
    "a closing bracket": ("召开会议5次（其中现场会2次\n\n ）。全年完成。", 1),
    "of a title": ("依据《行政处罚法\n》办理。", 1),
    "a full stop": ("全年办案12件\n。", 1),
    "a full stop behind a blank line": ("全年办案12件\n\n。", 2),
    "no bracket is open": ("全年办案12件。\n）", 2),
    "the bracket is closed": ("全年（2021）办案。\n）", 2),
    "a blank line parts": ("全年办案12件。\n\n结案10件。", 2),
}


@pytest.mark.parametrize(("text", "count"), CLOSED.values(), ids=CLOSED)
def test_a_line_that_closes_goes_on(text: str, count: int) -> None:
    assert len(list(paragraph_spans(text))) == count
