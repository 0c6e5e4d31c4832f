"""Markdown is read by its marks; a report without them stays as it is."""

from __future__ import annotations

import pytest

from gongwen.nlp import parse_document
from gongwen.readers.base import Blob, Extract
from gongwen.readers.detect import read
from gongwen.readers.markdown import front_matter, is_markdown


def extract(text: str, name: str = "a.md") -> Extract:
    return next(iter(read(Blob(name, text.encode()))))


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("# 报告\n\n办理案件**318**件。", "报告\n办理案件318件。"),
        ("# 报告\n\n**全年办结。**其中12件。", "报告\n全年办结。其中12件。"),
        ("# 报告\n\n*监督*与__检查__不够。", "报告\n监督与检查不够。"),
        ("# 报告\n\n面积3*4*5米。", "报告\n面积3*4*5米。"),
        ("# 报告\n\n\\*注\\*与\\# 号。", "报告\n*注*与# 号。"),
        ("# 报告\n\n办理行政\n复议案件12件。", "报告\n办理行政复议案件12件。"),
        ("# 报告\n\n办理行政  \n复议案件12件。", "报告\n办理行政复议案件12件。"),
        ("# 报告\n\n一、总体情况\n全年办理案件12件。", "报告\n一、总体情况\n全年办理案件12件。"),
        ("# 报告\n\n3. 甲事\n4. 乙事\n   1. 丙事", "报告\n3. 甲事\n4. 乙事\n1. 丙事"),
        ("# 报告\n\n- 甲事\n- 乙事", "报告\n甲事\n乙事"),
        ("# 报告\n\n> 引文一段。", "报告\n引文一段。"),
        ("# 报告\n\n见[通知](http://a.cn/1)。", "报告\n见通知。"),
        ("# 报告\n\n| 单位 | 件数 |\n|:--|--:|\n| 甲局 | **4** |", "报告\n单位\t件数\n甲局\t4"),
        ("# 报告\n\n```python\nx = 1\n```\n\n正文。", "报告\n正文。"),
        ("# 报告\n\n```\n正文一段。\n```", "报告\n正文一段。"),
        ("# 报告\n\n办结。[^1]\n\n[^1]: 不含乡镇。", "报告\n办结。\n不含乡镇。"),
        ("# 报告\n\n<div align=center>正文<br>下文</div>", "报告\n正文\n下文"),
        ("# 报告\n\n办理~~30~~**31**件。", "报告\n办理31件。"),
        ("# 报告\n\n## 一、总则 {#sec-1 .unnumbered}\n\n正文。", "报告\n一、总则\n正文。"),
        ("# 报告 {-}\n\n花括号{甲}与{1}留下。", "报告\n花括号{甲}与{1}留下。"),
        ("# 报告\n\n这是[强调]{.mark}与==高亮==。", "报告\n这是强调与高亮。"),
        ("# 报告\n\n[TOC]\n\n::: note\n框内。\n:::\n\n正文。", "报告\n框内。\n正文。"),
        ("# 报告\n\n<!-- 批注\n一 -->正文<!-- 二 -->一段。", "报告\n正文一段。"),
        ("# 报告\n\n　　办理案件\n12件。\n　　培训\n3场。", "报告\n办理案件12件。\n培训3场。"),
        ("# 报告\n\n办理行政\\\n复议案件12件。", "报告\n办理行政复议案件12件。"),
        (
            "# 报告\n\n  单位       件数\n  --------- ------\n  甲局       1,318\n  乙镇所\n",
            "报告\n单位\t件数\n甲局\t1,318\n乙镇所\t",
        ),
        (
            "# 报告\n\n+----+----+\n|单位|件数|\n+----+----+\n|甲局|12|\n|乙局|8|\n+----+----+\n",
            "报告\n单位\t件数\n甲局\t12\n乙局\t8",
        ),
        (
            "# 报告\n\n+----+----+\n|单位|件数|\n+====+====+\n|县司|12|\n|法局||\n+----+----+\n",
            "报告\n单位\t件数\n县司法局\t12",
        ),
        ("# 报告\n\n    四个空格缩进的一段。", "报告\n四个空格缩进的一段。"),
    ],
)
def test_marks(marked: str, text: str) -> None:
    assert extract(marked).text == text


def test_kinds_of_blocks() -> None:
    found = extract(
        "# 武功县报告\n\n## 总体情况\n\n![大会](a.png)\n\n正文。\n\n1. 甲事\n\n"
        "|甲|乙|\n|-|-|\n|1|2|\n"
    )
    assert [(found.text[b.start : b.end], b.kind, b.level) for b in found.blocks] == [
        ("武功县报告", "title", 1),
        ("总体情况", "heading", 2),
        ("大会", "caption", 0),
        ("正文。", "paragraph", 0),
        ("1. 甲事", "item", 0),
        ("甲\t乙", "row", 0),
        ("1\t2", "row", 0),
    ]


def test_sections_by_level() -> None:
    found = extract(
        "# 武功县报告\n\n## 主要举措\n\n### 执法\n\n办结。\n\n## 存在问题\n\n力量不足。"
    )
    sentences = parse_document(found.text, found.blocks).sentences
    assert [s.section for s in sentences if s.kind == "sentence"] == ["主要举措 > 执法", "存在问题"]


@pytest.mark.parametrize(
    ("text", "said", "rest"),
    [
        (
            '---\ntitle: "甲县报告"\ndate: 2021-01-15T08:00:00+08:00\ntags: [a]\n---\n正文',
            {"title": "甲县报告", "date": "2021-01-15"},
            "正文",
        ),
        (
            "+++\n地区 = '甲县'\nyear = 2020年\n+++\n正文",
            {"region": "甲县", "year": "2020"},
            "正文",
        ),
        (
            "---\n作者: 甲县司法局\n日期: 2021/1/5 08:00\n---\n正文",
            {"agency": "甲县司法局", "date": "2021/1/5"},
            "正文",
        ),
        ("---\nauthor: 张三\ntitle: 甲县报告\n---\n正文", {"title": "甲县报告"}, "正文"),
        ("---\n来源: 某报\n年份: 去年\n---\n正文", {}, "正文"),
        ("---\n正文\n---\n正文", {}, "---\n正文\n---\n正文"),
        ("---\ntitle: 甲", {}, "---\ntitle: 甲"),
        ("正文", {}, "正文"),
    ],
)
def test_front_matter(text: str, said: dict[str, str], rest: str) -> None:
    assert front_matter(text) == (said, rest)


@pytest.mark.parametrize(
    ("text", "named", "is_one"),
    [
        ("武功县报告\n\n1. 办案12件。\n2. 办结11件。\n* 注：含乡镇。\n", True, False),
        ("武功县报告\n\n- 1 -\n正文。\n- 2 -\n", True, False),
        ("# 报告\n", True, True),
        ("办案**12**件。", True, True),
        ("# 报告\n", False, False),
        ("#1 井位于甲村。\n# 号文件\n", False, False),
        ("张**、李**、王**到场。", False, False),
        ("# 报告\n\n## 一、总体情况\n\n**办案**12件。", False, True),
    ],
)
def test_what_is_markdown(text: str, named: bool, is_one: bool) -> None:
    assert is_markdown(text, named) is is_one


def test_a_plain_report_stays() -> None:
    text = "武功县2020年工作总结\n　　一、总体情况\n    1.办案12件。\n* 注：含乡镇。\n"
    assert extract(text) == Extract(text)


def test_what_is_struck_out_is_said() -> None:
    found = extract("# 报告\n\n办理~~30~~31件，~~甲~~乙。")
    assert found.notes == ("2 pieces of text that is struck out left out",)
