"""The marks that number headings and items, and what only looks like one."""

from __future__ import annotations

import pytest

from gongwen.nlp.text.paragraphs import HeadingMark, heading_mark, item_mark, starts_unit

HEADINGS: dict[str, tuple[int, int]] = {
    "第一章 总则": (1, 3),
    "第二编 分则": (1, 3),
    "第十二章 附则": (1, 4),
    "第一部分 主要工作": (1, 4),
    "第二节 监督": (2, 3),
    "一、加强组织领导": (2, 2),
    "十二、强化保障": (2, 3),
    "二.规范执法行为": (2, 2),
    "二．规范执法行为": (2, 2),
    "三,完善制度": (2, 2),
    "(一)健全机制": (3, 3),
    "（一）健全机制": (3, 3),
    "（一)健全机制": (3, 3),
    "【二】健全机制": (3, 3),
    "1.强化培训": (4, 2),
    "1、强化培训": (4, 2),
    "12．强化培训": (4, 3),
    "(1)健全台账": (5, 3),
    "（12）健全台账": (5, 4),
    "1.1 工作机制": (5, 3),
    "1.1人民调解工作": (5, 3),
    "2.1公共法律服务": (5, 3),
    "3.1平安建设": (5, 3),
    "1.1.1 工作机制": (6, 5),
}


@pytest.mark.parametrize(("line", "mark"), HEADINGS.items(), ids=HEADINGS)
def test_heading_mark(line: str, mark: tuple[int, int]) -> None:
    assert heading_mark(line) == HeadingMark(*mark)
    assert starts_unit(line)


@pytest.mark.parametrize(
    "line",
    [
        "加强组织领导",
        "2020年,全县",
        "2020.12.31起施行",
        "12.31%的群众",
        "3.15日开展宣传",
        "1.5万份宣传资料",
        "90.72%",
        "123.标准",
        "(123)件",
        "二〇二〇年",
        "一般工作",
        "第一次会议",
        "第一部地方性法规出台",
        "一 加强领导",
        "　一、加强领导",
        "",
    ],
)
def test_no_heading_mark(line: str) -> None:
    assert heading_mark(line) is None


ITEMS: dict[str, str] = {
    "一是强化领导。": "一是",
    "十一是强化领导。": "十一是",
    "二要压实责任;": "二要",
    "一要领导带头,层层落实;": "一要",
    "二要求真务实,力戒虚功;": "二要",
    "三则严格督查。": "三则",
    "首先,统一思想": "首先",
    "其次、细化措施": "其次",
    "最后，严格验收": "最后",
    "其一,认识不够": "其一",
    "第一,加强学习。": "第一",
    "(一)健全机制": "(一)",
    "（2）力量不足": "（2）",
    "①修订制度": "①",
    "⑳修订制度": "⑳",
}


@pytest.mark.parametrize(("text", "mark"), ITEMS.items(), ids=ITEMS)
def test_item_mark(text: str, mark: str) -> None:
    assert item_mark(text) == mark
    assert starts_unit(text)


@pytest.mark.parametrize(
    "text",
    [
        "一是否合法",
        "一、加强领导",
        "首先统一思想",
        "第一次会议",
        "第一责任人职责",
        "其一贯做法",
        "最后一公里",
        "一方面力量不足",
        "五要素信息完整",
        "强化一是一的作风",
        "",
    ],
)
def test_no_item_mark(text: str) -> None:
    assert item_mark(text) == ""


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("第一条 为规范执法行为", True),
        ("第二十三条　本办法", True),
        ("第一条之一", True),
        ("第一条规定的情形", False),
        ("理行政复议案件6件", False),
    ],
)
def test_articles_start_a_unit(line: str, starts: bool) -> None:
    assert starts_unit(line) is starts
