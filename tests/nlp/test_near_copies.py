"""Which sentences are near-copies of one another."""

from __future__ import annotations

import pytest

from gongwen.nlp.duplicates.near_copies import KEY_BITS, copy_key, own_names, skeleton
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.numerals import in_values

_WUGONG = own_names("武功县", "咸阳市", "陕西省", "武功县司法局")
_LANTIAN = own_names("蓝田县", "西安市", "蓝田县公安局")


def key(text: str, names: tuple[str, ...] = ()) -> int:
    return copy_key(in_values(squeeze(text)), names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("全年共办理行政复议案件17件。", "全年共办理行政复议案件二百零三件。"),
        ("投资1.2亿元建成中心。", "投资3000万元建成中心。"),
        ("投资１２０万元，建成中心", "投资3,400元,建成中心。"),
        ("行政诉讼败诉率为8.5%。", "行政诉讼败诉率为百分之十二。"),
        ("2020年5月12日召开会议研究法治建设。", "2019年12月召开会议研究法治建设。"),
        ("2020年召开常务会议12次。", "今年召开常务会议8次。"),
        ("累计培训执法人员300余人次。", "累计培训执法人员285人次。"),
        ("深入推进“七五”普法工作。", "深入推进八五普法工作。"),
        ("编制完成“十三五”规划。", "编制完成“十四五”规划。"),
        ("深入学习党的十九大精神。", "深入学习党的二十大精神。"),
        ("贯彻十九届五中全会精神。", "贯彻二十届三中全会精神。"),
        ("在县委、县政府的坚强领导下，工作取得实效。", "在市委、市政府的坚强领导下工作取得实效。"),
        ("我县聘请法律顾问12名。", "全市聘请法律顾问30名。"),
        ("兴平市法治建设稳步推进。", "陕西省咸阳市武功县法治建设稳步推进。"),
        ("在西安、咸阳开展试点工作。", "在郑州市和洛阳市开展试点工作。"),
        ("在普集镇开展普法宣传。", "在大庄镇开展普法宣传。"),
        ("县长张建国主持召开会议。", "市长李明主持召开会议。"),
        ("深化“放管服”改革,优化营商环境。", "深化放管服改革；优化营商环境！"),
        ("一是强化组织领导。", "(二)强化组织领导"),
        ("一、总体情况", "二、总体情况"),
        ("第一，完善制度机制。", "3.完善制度机制。"),
        ("落實行政執法三項制度。", "落实行政执法三项制度。"),
        ("依据国发〔2021〕5号文件精神，制定方案。", "依据国发（2015）66号文件精神，制定方案。"),
    ],
)
def test_near_copies_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other), (
        skeleton(in_values(squeeze(one))),
        skeleton(in_values(squeeze(other))),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("加强行政执法监督。", "削弱行政执法监督。"),
        ("案件数量同比增长12%。", "案件数量同比下降12%。"),
        ("办理行政复议案件12件。", "办理行政诉讼案件12件。"),
        ("已建立法律顾问制度。", "未建立法律顾问制度。"),
        ("未发生一起行政诉讼案件。", "发生一起行政诉讼案件。"),
        ("不得违法增设条件。", "得违法增设条件。"),
        ("投资12万元。", "投资12万美元。"),
        ("受理12件，办结12件。", "受理12件。"),
        ("纠错率为12%。", "纠错率为12倍。"),
        ("县司法局牵头落实。", "县公安局牵头落实。"),
        ("上半年完成任务。", "下半年完成任务。"),
        ("获得省级荣誉称号。", "获得县级荣誉称号。"),
        ("市场监管力度加大。", "区域监管力度加大。"),
        ("各乡镇落实责任。", "各街道落实责任。"),
        ("全面落实责任。", "全县落实责任。"),
        ("委托社会组织开展评估。", "市委组织开展评估。"),
        ("2020年12月31日", "2019年12月31日"),
        ("12", "13"),
        ("武功县", "蓝田县"),
        ("", "。"),
    ],
)
def test_different_statements_have_other_keys(one: str, other: str) -> None:
    assert key(one) != key(other), skeleton(in_values(squeeze(one)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("法治武功建设迈上新台阶。", "法治蓝田建设迈上新台阶。"),
        ("我局高度重视法治政府建设。", "蓝田县公安局高度重视法治政府建设。"),
        ("武功县人民政府高度重视。", "县人民政府高度重视。"),
    ],
)
def test_a_report_speaks_of_its_own_place_and_office(one: str, other: str) -> None:
    assert key(one, _WUGONG) == key(other, _LANTIAN)


def test_own_names() -> None:
    assert own_names("武功县", "", "武功县") == ("武功县", "武功")
    assert own_names("广西壮族自治区") == ("广西壮族自治区", "广西壮族")
    assert own_names("区") == ()


def test_keys_fit_a_signed_integer_and_never_change() -> None:
    assert 0 <= key("全年办案17件。") < 1 << KEY_BITS
    assert key("\ud800") >= 0
    assert key("全年办案17件。") == 3552590517216329842
