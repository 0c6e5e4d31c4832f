"""The same report again, a copy with other figures, another report."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from gongwen.nlp import parse_document
from gongwen.nlp.likeness import Likeness, compare

REPORT = """青岚县2021年法治政府建设年度报告

2021年，青岚县坚持把法治政府建设摆在全局工作的重要位置，各项任务有序推进。现将有关情况报告如下：

一、主要工作及成效
（一）依法履职水平不断提高。全年取消行政许可事项17项，承接下放事项9项，“最多跑一次”事项占比达到96.4%。
县政务服务大厅进驻窗口42个，办结各类事项13865件，群众满意率98.7%。建成村级便民服务点126处，实现全覆盖。
（二）规范性文件管理更加严格。全年制定规范性文件8件，全部履行公开征求意见、合法性审核和集体讨论程序，
报送备案率、及时率均为100%。清理旧文件203件，其中废止31件，宣布失效14件，修改5件。
（三）行政执法更加规范。全县27个执法部门公示执法信息4312条，配发执法记录仪318台。组织执法人员培训6期，
培训1140人次，新办执法证件95个。开展案卷评查2次，抽查案卷168卷，发现问题52个，均已整改到位。
（四）矛盾纠纷有效化解。县人民政府收到行政复议申请37件，受理33件，审结29件，纠错率10.3%。全年发生行政应诉案件21件，
负责人出庭应诉20件，出庭率95.2%。各级调解组织排查纠纷2746起，调解成功2698起，成功率98.3%。
（五）普法宣传深入人心。开展“法律进乡村”活动184场次，发放资料6.5万份，解答群众咨询3200余人次，
创建省级民主法治示范村11个，培养“法律明白人”758名。

二、存在的问题
一是个别部门对法治建设认识不足，重业务轻法治的现象没有根本扭转。二是基层执法力量薄弱，专业人员占比不到三成。
三是法治督察手段比较单一，发现问题的能力有待增强。

三、下一步打算
下一步，我们将压实主要负责人的法治建设责任，把督察结果作为考核的重要依据；加大对乡镇执法队伍的培训力度，
推动执法重心下移、资源下沉；用好行政复议监督职能，定期通报典型案例，不断提升依法行政能力。
"""
OTHER = """石泉镇2019年脱贫攻坚工作总结

一年来，全镇干部群众鼓足干劲，向贫困发起总攻，贫困发生率从年初的4.6%下降到0.8%。现将工作总结如下。
一、产业扶持见实效。新栽核桃1200亩，发展养蜂户64户，带动贫困家庭户均增收2300元。合作社吸纳务工人员85名。
二、住房和饮水有保障。改造危旧房屋39座，铺设供水管道14公里，解决了5个村民小组的吃水难题。
三、帮扶责任落到实处。136名帮扶干部每月入户不少于两次，协助申请小额信贷210万元。
不足之处在于：少数群众内生动力不强，产业抗风险能力偏弱，部分台账记录不够细致。
明年要继续巩固成果，防止返贫，谋划好乡村旅游和农产品加工两件大事。
"""
FOOTER = (
    "\n热门推荐\n周末天气晴好\n城东公交线路调整\n智慧停车上线运行\n相关新闻\n东湖公园免费开放\n"
)
HEADER = "今日要闻\n政务\n法治频道\n手机版\n"

Change = Callable[[str], str]


def typos(text: str) -> str:
    for wrong, right in {
        "摆放": "摆在",
        "窗囗": "窗口",
        "宣失布效": "宣布失效",
        "整改到": "整改到位",
        "的的责任": "的责任",
        "318合": "318台",
        "薄溺": "薄弱",
    }.items():
        text = text.replace(right, wrong, 1)
    return text


def lines(text: str, width: int = 19) -> str:
    return "\n".join(
        paragraph[i : i + width]
        for paragraph in text.splitlines()
        for i in range(0, len(paragraph), width)
    )


def numbers(change: Callable[[str], str]) -> Change:
    return lambda text: re.sub(r"\d+", lambda number: change(number[0]), text)


def swap(*pairs: tuple[str, str]) -> Change:
    def change(text: str) -> str:
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text

    return change


def without(start: str, end: str) -> Change:
    return lambda text: text[: text.index(start)] + text[text.index(end) :]


TRADITIONAL = str.maketrans(
    "县设报权现将进项达实开审术执证问题", "縣設報權現將進項達實開審術執證問題"
)
REPOSTS: dict[str, Change] = {
    "unchanged": lambda text: text,
    "page furniture": lambda text: HEADER + "下载\n打印\n" + text + "扫一扫在手机打开当前页\n",
    "other news around it": lambda text: HEADER + text + FOOTER,
    "half-width punctuation": lambda text: text.translate(
        str.maketrans("，。；：（）“”", ',.;:()""')
    ),
    "full-width digits": lambda text: text.translate({48 + i: 0xFF10 + i for i in range(10)}),
    "Traditional characters": lambda text: text.translate(TRADITIONAL),
    "no punctuation at all": lambda text: re.sub("[，。、；：（）“”]", "", text),
    "numbers in Chinese": swap(("37件", "三十七件"), ("17项", "十七项"), ("2021年", "二〇二一年")),
    "thousands with commas": swap(("13865件", "13,865件"), ("4312条", "4,312条")),
    "spaces around numbers": lambda text: re.sub(r"(\d+)", " \\1 ", text),
    "lines of a PDF": lines,
    "one line": lambda text: text.replace("\n", ""),
    "indented with wide spaces": lambda text: text.replace("\n", "\n\n　　"),
    "title twice": lambda text: text.splitlines()[0] + "\n" + text,
    "no title": lambda text: text.split("\n", 1)[1],
    "the text twice": lambda text: text + text,
    "a few typos": typos,
    "one wrong digit": swap(("13865", "13665")),
    "items lost their numbers": lambda text: re.sub("（[一二三四五]）|[一二三]、", "", text),
    "a paragraph lost": without("（三）", "（四）"),
    "typed again, printed, on another page": lambda text: HEADER + lines(typos(text)) + FOOTER,
}
NEXT_YEAR = {"2021年": "2022年"}
COPIES: dict[str, tuple[Change, str]] = {
    "next year, all figures": (numbers(lambda n: str(int(n) + 1)), "figures"),
    "the year alone": (swap(("2021年", "2022年")), "year"),
    "another county, same figures": (swap(("青岚县", "白沙县")), "region"),
    "a tenth of the figures": (
        swap(
            ("17项", "19项"), ("42个", "45个"), ("8件", "6件"), ("31件", "28件"), ("37件", "40件")
        ),
        "figures",
    ),
    "two sentences of the plan": (
        swap(
            ("把督察结果作为考核的重要依据", "建立健全常态化的述法评议机制"),
            ("定期通报典型案例", "深入推进府院联动共治"),
        ),
        "wording",
    ),
    "names of departments": (
        swap(("县人民政府", "区管理委员会"), ("县政务服务大厅", "区市民之家"), ("全县", "全区")),
        "wording",
    ),
    "a part": (without("（三）", "二、存在"), "length"),
    "the first half, quoted": (
        lambda text: "记者获悉，年度报告近日公布，摘要如下。\n" + text[: len(text) // 2],
        "length",
    ),
    "within a collection": (lambda text: text + OTHER * 1 + text[::-1], "length"),
}


def compared(one: str, other: str) -> Likeness:
    return compare(parse_document(one), parse_document(other))


@pytest.mark.parametrize("change", REPOSTS.values(), ids=REPOSTS)
def test_the_same_report_again(change: Change) -> None:
    likeness = compared(REPORT, change(REPORT))
    assert (likeness.verdict, likeness.differences) == ("same", ())


@pytest.mark.parametrize(("change", "why"), COPIES.values(), ids=COPIES)
def test_a_copy_that_is_another_report(change: Change, why: str) -> None:
    likeness = compared(REPORT, change(REPORT))
    assert likeness.verdict == "similar"
    assert why in likeness.differences
