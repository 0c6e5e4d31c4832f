"""Which lines are one paragraph that was wrapped, and which stand by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp.text.paragraphs import paragraph_spans

LINE_ENDS = ["\n", "\r\n", "\r", "\v", "\x85", "\u2028"]


def paragraphs(text: str) -> list[str]:
    return [text[start:end] for start, end in paragraph_spans(text)]


WRAPPED: dict[str, str] = {
    "inside a word": (
        "　　今年以来,全县共收集各类涉法涉诉线索四百余条,依法办\n"
        "理行政复议案件6件,办结率达到百分之百。"
    ),
    "inside a number": (
        "　　全年办理各类政务服务事项总量达到历史最高水平共计12\n345件,按期办结率稳定在99.8%以上。"
    ),
    "before a decimal": (
        "　　全县组织开展各类法治宣传教育活动,累计发放宣传资料\n"
        "1.5万份,接受群众法律咨询三千余人次。"
    ),
    "behind a comma, though short": "各镇办认真落实,\n聘请律师12名。",
    "behind an enumeration comma": "公安、\n城管联合检查。",
    "behind an opening bracket": "普法活动(\n含线上)12场。",
    "behind a closing quote": (
        "　　全县各级各部门深入学习贯彻落实“三项制度”\n要求,执法行为更加规范有序。"
    ),
    "over three lines": (
        "　　坚持把普法宣传作为基础性工作常抓不懈,组织开展各类\n"
        "宣讲活动,发放各类普法读本及宣传手册,解答群众提出的各\n"
        "类法律咨询,推动形成办事依法的良好氛围。"
    ),
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED)
def test_wrapped_lines_are_one_paragraph(text: str) -> None:
    assert paragraphs(text) == [text]


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_lines_wrap_with_every_kind_of_line_end(end: str) -> None:
    text = f"各镇办认真落实,{end}聘请律师12名。"
    assert paragraphs(text) == [text]


APART: dict[str, list[str]] = {
    "the line is finished": ["强化组织领导,认真落实法治建设各项责任。", "落实普法责任制。"],
    "the line ends in a question": ["这样的成绩从哪里来?从全县上下的实干中来?", "从实干中来。"],
    "the line ends in a semicolon": ["开展执法培训六次,培训执法人员三百人次;", "案卷评查两次。"],
    "the line ends in a colon": ["现将有关情况报告如下:", "全年工作有序推进。"],
    "the next line is indented": ["加强领导", "　　召开会议"],
    "the next line is a heading": ["推动形成办事依法、遇事找法的良好氛围", "二、规范执法行为"],
    "the next line is a heading in brackets": ["推动形成办事依法的良好氛围", "（二）规范执法"],
    "the next line is an item": ["推动形成办事依法、遇事找法的良好氛围", "二是强化保障。"],
    "the next line is an article": ["推动形成办事依法、遇事找法的良好氛围", "第二条 本办法。"],
    "a heading over its text": ["（一）健全机制", "成立领导小组,定期研究。"],
    "a numbered heading over its text": ["1.强化培训", "全年培训执法人员260人次。"],
    "signature and date": ["特此报告", "安平县司法局", "2021年1月8日"],
    "rows of a table": ["序号\t单位\t件数", "1\t公安局\t36", "2\t税务局\t12"],
    "a list of enclosures": ["全县法治政府建设各项任务全面完成", "附件:任务分工表"],
    "a line under the title": ["政府工作报告", "——2021年1月8日在县人民代表大会上"],
    "page furniture": ["全县法治政府建设各项任务全面完成情况", "打印本页"],
    "a page number": ["全县法治政府建设各项任务全面完成情况", "- 2 -", "群众满意度明显提升。"],
    "a title over a long paragraph": [
        "武功县2020年法治政府建设工作总结",
        "2020年来,在市委、市政府的坚强领导下,我们坚持全面贯彻落实各项部署,取得积极成效。",
    ],
    "a title over a short paragraph": [
        "武功县2020年法治政府建设工作总结",
        "一年来,法治建设有序推进。",
    ],
    "a title over its date": ["武功县2020年法治政府建设工作总结", "（2021年1月8日）"],
    "a title that stands twice": ["武功县2020年法治政府建设工作总结"] * 2,
}


@pytest.mark.parametrize("lines", APART.values(), ids=APART)
def test_lines_that_stand_by_themselves(lines: list[str]) -> None:
    assert paragraphs("\n".join(lines)) == lines


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n　\n", "\n \u00a0\t\n", "\f", "\u2029"])
def test_blank_lines_and_page_breaks_part_paragraphs(blank: str) -> None:
    lines = ["各镇办认真落实,", "聘请律师12名。"]
    assert paragraphs(blank.join(lines)) == lines


def test_a_wide_gap_behind_a_full_stop_parts_paragraphs() -> None:
    glued = "请各位代表审议。\u3000\xa0\xa0一、过去五年工作回顾"
    assert paragraphs(glued) == ["请各位代表审议。", "\u3000\xa0\xa0一、过去五年工作回顾"]


@pytest.mark.parametrize("text", ["", " ", "\n\n 　\n", "\r\n\f"])
def test_blank_text_has_no_paragraphs(text: str) -> None:
    assert paragraphs(text) == []


PIECES = [
    *"今年以来,全县共收集各类线索四百余条,依法办 理行政复议案件 一、 。 , ： 打印 12".split(),
    *["　　", "\n", "\r\n", "\t", "\v", "\f", "\u2028", " ", "  "],
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join))
def test_paragraphs_are_in_order_and_leave_out_white_space_only(text: str) -> None:
    last = 0
    for start, end in paragraph_spans(text):
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end].strip()
        last = end
    assert not text[last:].strip()
