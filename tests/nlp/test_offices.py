"""Offices: at the head of a title, as a line of their own, before the post of a person."""

from __future__ import annotations

import pytest

from gongwen.nlp.document.entities import (
    Office,
    byline,
    is_issuer,
    names_post,
    office_at_head,
    office_line,
)
from gongwen.nlp.document.signature import (
    census_year,
    charged_by,
    full_name,
    joined,
    led_by,
    office_in_full,
    read_tail,
)

HEADS: dict[str, tuple[str, ...]] = {
    "武功县司法局2020年工作总结": ("武功县司法局", "武功县"),
    "2020年武功县卫健委工作总结": ("武功县卫健委", "武功县"),
    "关于武功县司法局2020年工作总结的报告": ("武功县司法局", "武功县"),
    "武功县人民政府工作报告": ("武功县人民政府", "武功县"),
    "武功县人民政府信息公开工作年度报告": ("武功县人民政府", "武功县"),
    "武功县政府办2020年工作总结": ("武功县政府办", "武功县"),
    "武功县政府办公室关于印发要点的通知": ("武功县政府办公室", "武功县"),
    "武功县公安局交通警察大队2020年工作总结": ("武功县公安局交通警察大队", "武功县"),
    "西安市公安局雁塔分局2020年总结": ("西安市公安局雁塔分局", "西安市"),
    "武功县委2020年工作总结": ("武功县委", "武功县"),
    "中共武功县委全面依法治县委员会办公室总结": (
        "中共武功县委全面依法治县委员会办公室",
        "武功县",
    ),
    "中共武功县委、武功县人民政府关于总结的报告": ("中共武功县委、武功县人民政府", "武功县"),
    "武功县第十八届人民代表大会常务委员会工作报告": (
        "武功县第十八届人民代表大会常务委员会",
        "武功县",
    ),
    "武功县住房和城乡建设局2020年总结": ("武功县住房和城乡建设局", "武功县"),
    "武功县普集镇人民政府2020年工作总结": ("武功县普集镇人民政府", "武功县", "普集镇"),
    "国家税务总局武功县税务局2020年年报": ("国家税务总局武功县税务局", "武功县"),
    "国家统计局武功调查队2020年总结": ("国家统计局武功调查队",),
    "新疆生产建设兵团司法局2020年总结": ("新疆生产建设兵团司法局", "新疆生产建设兵团"),
    "县司法局2020年工作总结": ("县司法局",),
    "市场监督管理局2020年工作总结": ("市场监督管理局",),
    "武功县2020年法治政府建设工作总结": (),
    "武功县政府工作报告": (),
    "2026年上海市政府工作报告": (),
    "武功县政府信息公开工作年度报告": (),
    "武功县干部教育培训总结": (),
    "武功县各部门工作总结": (),
    "武功县委托执法情况报告": (),
    "武功县办理建议提案情况报告": (),
    "武功县行政复议工作总结": (),
    "我局2020年工作总结": (),
    "海南省省长刘某": (),
    "": (),
}


@pytest.mark.parametrize(("title", "expected"), HEADS.items())
def test_office_at_head(title: str, expected: tuple[str, ...]) -> None:
    office = office_at_head(title)
    assert (office.name, *office.places) == expected if office else expected == ()
    assert not (office and office.national)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("国务院关于印发规划的通知", "国务院"),
        ("国务院办公厅2020年政府信息公开工作年度报告", "国务院办公厅"),
        ("国务院国有资产监督管理委员会2020年总结", "国务院国有资产监督管理委员会"),
        ("中共中央国务院关于印发纲要的通知", "中共中央、国务院"),
        ("司法部2020年法治政府建设年度报告", "司法部"),
        ("中华人民共和国司法部2020年总结", "中华人民共和国司法部"),
        ("国家市场监督管理总局2020年总结", "国家市场监督管理总局"),
        ("国家发展改革委2020年总结", "国家发展改革委"),
        ("最高人民法院工作报告", "最高人民法院"),
        ("全国人大常委会工作报告", "全国人大常委会"),
        ("公安部交通管理局2020年总结", "公安部交通管理局"),
    ],
)
def test_bodies_of_the_state(title: str, name: str) -> None:
    office = office_at_head(title)
    assert office is not None
    assert (office.name, office.places, office.national) == (name, (), True)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("武功县司法局", "武功县司法局"),
        ("武 功 县 司 法 局", "武功县司法局"),
        ("武功县司法局（盖章）", "武功县司法局"),
        ("县司法局", "县司法局"),
        ("国务院", "国务院"),
        ("武功县", ""),
        ("关于武功县司法局", ""),
        ("武功县司法局：", ""),
        ("武功县司法局文件", ""),
        ("抄送：武功县司法局", ""),
        ("2021年1月8日", ""),
        ("", ""),
        ("武功县司法局" * 1000, ""),
    ],
)
def test_a_line_that_is_an_office_and_nothing_else(line: str, name: str) -> None:
    office = office_line(line)
    assert (office.name if office else "") == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("国务院总理 李某某", "国务院"),
        ("国务院总理李某某各位代表：", "国务院"),
        ("武功县人民政府县长　张三", "武功县人民政府"),
        ("武功县司法局党组书记、局长　李四", "武功县司法局"),
        ("海南省省长 刘某", ""),
        ("自治区人民政府主席 张某", ""),
        ("国务委员兼国家计划委员会主任邹某某", ""),
        ("各位代表：", ""),
    ],
)
def test_the_office_of_a_person(line: str, name: str) -> None:
    office = byline(line)
    assert (office.name if office else "") == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("武功县统计局　国家统计局武功调查队", "武功县统计局、国家统计局武功调查队"),
        ("武功县统计局国家统计局武功调查队", "武功县统计局、国家统计局武功调查队"),
        ("中共武功县委  武功县人民政府", "中共武功县委、武功县人民政府"),
        ("武 功 县 司 法 局", "武功县司法局"),
        ("武功县　司法局", "武功县司法局"),
        ("全国人民代表大会常务委员会执法检查组", "全国人民代表大会常务委员会执法检查组"),
    ],
)
def test_offices_in_one_line(line: str, name: str) -> None:
    office = office_line(line)
    assert office
    assert office.name == name


def named(line: str) -> Office:
    office = office_line(line)
    assert office, line
    return office


@pytest.mark.parametrize(
    ("title", "sure"),
    [
        ("武功县司法局2020年工作总结", True),
        ("武功县司法局关于执法检查的通知", True),
        ("武功县司法局法治建设总结", True),
        ("武功县司法局", True),
        ("武功县人民政府法律顾问名单", False),
        ("武功县人民政府常务会议学法计划", False),
    ],
)
def test_whether_the_office_in_a_title_issued_it(title: str, sure: bool) -> None:
    office = office_at_head(title)
    assert office
    assert is_issuer(title, office) is sure


def test_posts() -> None:
    assert names_post("武功县人民政府常务副县长 李某")
    assert not names_post("武功县人大常委会")
    office = byline("陕西省人民政府常务副省长  李某")
    assert office
    assert office.name == "陕西省人民政府"


@pytest.mark.parametrize(
    ("lines", "offices"),
    [
        (
            ["中共武功县委全面依法治县委员会", "守法普法协调小组办公室"],
            ["中共武功县委全面依法治县委员会守法普法协调小组办公室"],
        ),
        (
            ["中共武功县委员会", "全面依法治县委员会办公室"],
            ["中共武功县委员会全面依法治县委员会办公室"],
        ),
        (["武功县司法局", "武功县财政局"], ["武功县司法局", "武功县财政局"]),
        (["武功县司法局", "县财政局办公室"], ["武功县司法局", "县财政局办公室"]),
    ],
)
def test_a_name_that_is_signed_in_two_lines(lines: list[str], offices: list[str]) -> None:
    tail = read_tail(["工作有序推进。", *lines, "2021年3月22日"])
    assert [office.name for office in tail.offices] == offices


def test_offices_are_joined() -> None:
    assert (
        joined([named("武功县司法局"), named("武功县财政局")]).name == "武功县司法局、武功县财政局"
    )
    assert joined([named("武功县司法局"), named("普法领导小组")]).name == "武功县司法局普法领导小组"


@pytest.mark.parametrize(
    ("name", "place", "full"),
    [
        ("市政府", "咸阳市", "咸阳市人民政府"),
        ("区人民政府", "渭滨区", "宝鸡市渭滨区人民政府"),
        ("自治区人民政府", "西藏自治区", "西藏自治区人民政府"),
        ("县人大常委会", "武功县", "武功县人大常委会"),
        ("武功县人民政府", "", "武功县人民政府"),
        ("国务院", "", "国务院"),
        ("市人民政府", "武功县", ""),
        ("县人民政府", "", ""),
        ("会议", "武功县", ""),
    ],
)
def test_an_office_in_full(name: str, place: str, full: str) -> None:
    office = office_in_full(name, place, [named("宝鸡市渭滨区人民政府")])
    assert (office.name if office else "") == full


def test_what_the_first_paragraphs_say() -> None:
    assert charged_by(["各位委员：", "我受市人民政府委托，报告如下。"]) == "市人民政府"
    assert charged_by(["受县人大常委会的委托，报告工作。"]) == "县人大常委会"
    assert charged_by(["委托第三方开展评估。"]) == ""
    assert [*led_by(["在武功县委、县政府的正确领导下，工作有序。"])] == [("武功县",)]
    assert [*led_by(["在上级部门领导下，工作有序。"])] == []
    assert census_year(["我国以2020年11月1日零时为标准时点进行了普查。"]) == 2020
    assert census_year(["普查标准时点为2023年12月31日。"]) == 2023
    assert census_year(["2020年开展了普查。"]) is None
    assert full_name("武功开展执法检查", ["8月1日，武功县司法局开展检查。"]) == "武功县"
    assert full_name("武功开展执法检查", ["8月1日，司法局开展检查。"]) == ""
    assert full_name("", ["武功县司法局开展检查。"]) == ""
