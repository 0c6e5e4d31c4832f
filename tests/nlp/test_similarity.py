"""The same report again, a copy with other figures, another report."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from growth import LINEAR, growth
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import Document, parse_document
from gongwen.nlp.duplicates.similarity import Similarity, candidates, compare, sketch

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
    "within a collection": (lambda text: text + OTHER + text[::-1], "length"),
}


def compared(one: str, other: str) -> Similarity:
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


def test_another_report() -> None:
    likeness = compared(REPORT, OTHER)
    assert likeness.verdict == "different"
    assert likeness.containment < 0.1


@pytest.mark.parametrize("text", ["", "……\n——\n"], ids=["empty", "marks"])
def test_a_text_without_letters_is_like_nothing(text: str) -> None:
    document = Document(text)
    assert sketch(document) == []
    assert compare(document, document).verdict == "different"
    assert compare(document, Document(REPORT)).verdict == "different"


@pytest.mark.parametrize("text", ["甲", "公告", "关于停水的通知"])
def test_a_text_shorter_than_a_shingle(text: str) -> None:
    assert compare(Document(text), Document(f"　{text}。")).verdict == "same"
    assert compare(Document(text), Document("关于停电的通知")).verdict == "different"


def test_what_is_measured() -> None:
    half = Document("".join(chr(0x4E00 + i) for i in range(107)))  # 100 shingles
    whole = Document(half.text + "".join(chr(0x5E00 + i) for i in range(100)))
    likeness = compare(half, whole)
    assert (likeness.jaccard, likeness.containment, likeness.length) == (0.5, 1.0, 0.5)
    assert (likeness.rewritten, likeness.figures) == (0.0, 1.0)
    assert (likeness.verdict, likeness.differences) == ("similar", ("length",))


def test_figures_are_compared_where_the_words_are_the_same() -> None:
    text = "本月办结案件{}件，比上月增加{}件，其中行政许可类案件{}件，行政处罚类案件{}件。"
    likeness = compare(Document(text.format(41, 5, 20, 21)), Document(text.format(41, 5, 27, 14)))
    assert likeness.figures == 0.5
    assert likeness.containment == 1.0
    assert (likeness.verdict, likeness.differences) == ("similar", ("figures",))


PLACES: dict[str, tuple[dict[str, str], dict[str, str], bool]] = {
    "the same": ({"region": "武功县"}, {"region": "武功县"}, True),
    "one is not known": ({"region": "武功县"}, {}, True),
    "with its city": ({"region": "武功县"}, {"region": "咸阳市武功县"}, True),
    "Traditional": ({"region": "武功縣"}, {"region": "武功县"}, True),
    "another county": ({"region": "武功县"}, {"region": "乾县"}, False),
    "its city": ({"region": "武功县"}, {"region": "咸阳市"}, False),
    "one name, two cities": (
        {"region": "鼓楼区", "adcode": "320106", "level": "county"},
        {"region": "鼓楼区", "adcode": "320302", "level": "county"},
        False,
    ),
    "an old name of the same": (
        {"region": "户县", "adcode": "610118", "level": "county"},
        {"region": "鄠邑区", "adcode": "610118", "level": "county"},
        True,
    ),
    "a town and its county": (
        {"region": "普集镇", "adcode": "610431", "level": "town"},
        {"region": "武功县", "adcode": "610431", "level": "county"},
        False,
    ),
    "two towns of a county": (
        {"region": "普集镇", "adcode": "610431", "level": "town"},
        {"region": "贞元镇", "adcode": "610431", "level": "town"},
        False,
    ),
}


@pytest.mark.parametrize(("one", "other", "same"), PLACES.values(), ids=PLACES)
def test_the_place_of_the_title(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    document = Document(REPORT)
    for first, second in ((one, other), (other, one)):
        likeness = compare(replace(document, **first), replace(document, **second))
        assert likeness.verdict == ("same" if same else "similar")
        assert likeness.differences == (() if same else ("region",))


def test_characters_that_changed_places_are_no_other_name() -> None:
    assert REPORT.count("青岚") == 2
    slip, name = (Document(REPORT.replace("青岚", other)) for other in ("岚青", "白沙"))
    assert compare(Document(REPORT), slip).verdict == "same"
    assert compare(Document(REPORT), name).differences == ("names",)


YEARS: dict[str, tuple[int | str, int | str, bool]] = {
    "the same": (2020, 2020, True),
    "one is not known": (2020, "", True),
    "the next": (2020, 2021, False),
    "a span": (2020, "2018-2020", False),
}


@pytest.mark.parametrize(("one", "other", "same"), YEARS.values(), ids=YEARS)
def test_the_year_of_the_title(one: int | str, other: int | str, same: bool) -> None:
    document = Document(REPORT)
    likeness = compare(replace(document, year=one), replace(document, year=other))
    assert likeness.differences == (() if same else ("year",))


@pytest.mark.parametrize("how", ["file name", "page"])
def test_the_name_of_a_file_does_not_part_what_is_the_same(how: str) -> None:
    document = replace(Document(REPORT), year=2021, region="青岚县")
    guessed = replace(document, year=2020, region="白沙县", how={"year": how, "region": how})
    assert compare(document, guessed).verdict == "same"


SENTENCES = [s for s in re.split("(?<=。)", REPORT + OTHER) if len(s) > 12]
TEXTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=12).map("".join)
ANY_TEXT = st.text(
    st.sampled_from("全县行政执法3件七十二。，；（）“”\n 　年-") | st.characters(), max_size=60
)


@given(TEXTS, TEXTS)
@settings(max_examples=60, deadline=None)
def test_the_order_makes_no_difference(one: str, other: str) -> None:
    assert compare(Document(one), Document(other)) == compare(Document(other), Document(one))


@given(ANY_TEXT | TEXTS)
@settings(deadline=None)
def test_a_text_with_letters_is_the_same_as_itself(text: str) -> None:
    verdict = compare(Document(text), Document(text)).verdict
    assert verdict == ("same" if sketch(Document(text)) else "different")


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_shares_are_shares(one: str, other: str) -> None:
    like = compare(Document(one), Document(other))
    for share in (like.jaccard, like.containment, like.length, like.rewritten, like.figures):
        assert 0 <= share <= 1
    assert like.jaccard <= like.containment
    assert bool(like.differences) == (like.verdict != "same")


@given(TEXTS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_sketch_sees_neither_width_nor_variants_nor_space(text: str, rng: Random) -> None:
    wide = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    spaced = "".join(char + rng.choice(["", "", " ", "\u3000", "\n", "\u200b"]) for char in text)
    unmarked = re.sub("[，。、；：（）“”]", "", text)
    for other in (wide, text.translate(TRADITIONAL), spaced, unmarked):
        assert sketch(Document(other)) == sketch(Document(text))


def test_a_sketch_is_the_same_on_every_machine() -> None:
    assert sketch(Document("全县办理行政复议案件37件")) == [
        1012836646582085348,
        1673438696116406883,
        5045845779232761663,
        6624176175082281715,
        8839405841948193208,
        9036640629439352573,
    ]


def test_a_sketch_is_a_sample_of_the_whole() -> None:
    rng = np.random.default_rng(7)
    whole = "".join(map(chr, rng.integers(0x4E00, 0x9000, 40_000)))
    hashes = sketch(Document(whole))
    assert hashes == sorted(set(hashes))
    assert all(0 <= value < 1 << 63 for value in hashes)
    assert 400 < len(hashes) < 600  # one in 80
    part = sketch(Document(whole[10_000:30_000]))
    assert len(set(part) & set(hashes)) >= len(part) - 1
    assert 16 <= len(sketch(Document(whole[:300]))) < 30


CANDIDATES: dict[str, tuple[dict[str, int], int, list[str]]] = {
    "the nearer first": ({"a": 40, "b": 90}, 100, ["b", "a"]),
    "too little in common": ({"a": 12, "b": 13}, 100, ["b"]),
    "a short one in a long one": ({"long": 15}, 20, ["long"]),
    "a long one and a short one": ({"short": 3}, 100, ["short"]),
    "nothing in common": ({"a": 0}, 100, []),
    "none": ({}, 100, []),
    "in order of their names": ({"b": 50, "a": 50}, 100, ["a", "b"]),
}
SIZES = {"a": 100, "b": 100, "long": 900, "short": 16}


@pytest.mark.parametrize(("shared", "own", "found"), CANDIDATES.values(), ids=CANDIDATES)
def test_candidates(shared: dict[str, int], own: int, found: list[str]) -> None:
    assert candidates(shared, SIZES, own) == found


@pytest.mark.parametrize("copies", [REPOSTS, {name: copy for name, (copy, _) in COPIES.items()}])
def test_every_copy_is_a_candidate(copies: dict[str, Change]) -> None:
    own = sketch(parse_document(REPORT))
    for change in copies.values():
        other = sketch(parse_document(change(REPORT)))
        shared = len(set(own) & set(other))
        assert candidates({"copy": shared}, {"copy": len(other)}, len(own)) == ["copy"]


def test_real_reports_are_told_apart(shared_reports: list[Path]) -> None:
    documents = [parse_document(path.read_text("utf-8")) for path in shared_reports]
    sketches = {str(i): set(sketch(document)) for i, document in enumerate(documents)}
    sizes = {name: len(hashes) for name, hashes in sketches.items()}
    for name, hashes in sketches.items():
        shared = {other: len(hashes & those) for other, those in sketches.items()}
        assert candidates(shared, sizes, len(hashes)) == [name]
    for one, other in zip(documents[:20:4], documents[1:20:4], strict=True):
        assert compare(one, other).verdict == "different"


def test_real_reports_are_known_again(shared_reports: list[Path]) -> None:
    next_year = numbers(lambda number: str(int(number) + 1))
    for path in shared_reports[15::4]:
        text = path.read_text("utf-8")
        again = HEADER + lines(text.translate(TRADITIONAL), 33) + FOOTER
        assert compared(text, again).verdict == "same"
        assert compared(again, next_year(text)).verdict == "similar"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("一" * 200_000, "一" * 199_990),
        ("甲乙丙丁戊己庚辛" * 20_000, "甲乙丙丁戊己庚" * 20_000),
        ("1" * 200_000, "2"),
    ],
    ids=["one character", "two periods", "one number"],
)
def test_monotonous_texts_take_no_longer(one: str, other: str) -> None:
    def work(share: int) -> None:
        compare(*(Document(text[: len(text) * share // 100]) for text in (one, other)))

    assert growth(work, lambda share: share, 4) <= LINEAR
