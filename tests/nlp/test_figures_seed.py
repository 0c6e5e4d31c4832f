"""The seed report: every quantity in it, read by hand."""

from __future__ import annotations

import pytest

from gongwen.nlp import Figure, extract_figures

GOLD: list[tuple[str, float, str, str]] = [
    ("4次", 4, "次", "集体学法"),
    ("3次", 3, "次", "尚法武功法治课堂"),
    ("26个", 26, "个", "进驻县级部门"),
    ("41个", 41, "个", "运行服务窗口"),
    ("638项", 638, "项", "集中受理事项"),
    ("32个", 32, "个", "部门"),
    ("12大类", 12, "大类", "政务服务事项"),
    ("808项", 808, "项", "政务服务事项"),
    ("90.72%", 90.72, "%", "网上可办率"),
    ("200个", 200, "个", "高频事项"),
    ("30个", 30, "个", "部门"),
    ("574个", 574, "个", "创建账户"),
    ("32个", 32, "个", "县级部门"),
    ("7个", 7, "个", "镇"),
    ("1个", 1, "个", "街道办"),
    ("4个", 4, "个", "社区"),
    ("10个", 10, "个", "重点执法部门"),
    ("3名", 3, "名", "聘请律师"),
    ("41件", 41, "件", "审核政府涉法文件"),
    ("11件", 11, "件", "清理行政规范性文件"),
    ("4件", 4, "件", "清理行政规范性文件·有效规范性文件"),
    ("7件", 7, "件", "清理行政规范性文件·失效规范性文件"),
    ("四个", 4, "个", "领域"),
    ("4件", 4, "件", "行政复议案件"),
    ("3件", 3, "件", "行政复议案件·驳回复议申请"),
    ("1件", 1, "件", "行政复议案件·维持"),
    ("4起", 4, "起", "县政府行政应诉案件"),
    ("2起", 2, "起", "县政府行政应诉案件·维持"),
    ("2起", 2, "起", "县政府行政应诉案件·在办"),
    ("7件", 7, "件", "部门行政应诉案件"),
    ("12个", 12, "个", "组建镇办(社区)综治中心"),
    ("26个", 26, "个", "重点领域"),
    ("2268条", 2268, "条", "公开政府信息"),
    ("466条", 466, "条", "公开政府信息·重点领域信息"),
    ("7件", 7, "件", "群众依申请公开"),
    ("5件", 5, "件", "群众依申请公开·政府网上申请"),
    ("2件", 2, "件", "群众依申请公开·信件邮寄申请"),
    ("254件", 254, "件", "书记信箱收信"),
    ("249件", 249, "件", "书记信箱收信·办结"),
    ("5件", 5, "件", "书记信箱收信·正在处理"),
    ("243件", 243, "件", "县长信箱收信"),
    ("237件", 237, "件", "县长信箱收信·办结"),
    ("6件", 6, "件", "县长信箱收信·正在处理"),
    ("162件", 162, "件", "咨询投诉收信"),
    ("160件", 160, "件", "咨询投诉收信·办结"),
    ("2件", 2, "件", "咨询投诉收信·正在处理"),
    ("442条", 442, "条", "收集涉黑涉恶案件线索"),
    ("185起", 185, "起", "破获九类案件"),
    ("349人", 349, "人", "抓获犯罪嫌疑人"),
    ("301人", 301, "人", "刑事拘留"),
    ("271人", 271, "人", "移送起诉"),
    ("3个", 3, "个", "打掉黑社会性质组织"),
    ("3个", 3, "个", "打掉恶势力犯罪集团"),
    ("4个", 4, "个", "打掉恶势力团伙"),
]


@pytest.fixture(scope="module")
def figures(seed_text: str) -> list[Figure]:
    return extract_figures(seed_text)


@pytest.fixture(scope="module")
def counted(figures: list[Figure]) -> list[Figure]:
    return [f for f in figures if f.kind not in ("date", "rank")]


def test_every_quantity_is_found_with_value_and_unit(counted: list[Figure]) -> None:
    assert [(f.raw, f.value, f.unit) for f in counted] == [row[:3] for row in GOLD]
    assert {f.kind for f in counted} == {"quantity", "percent"}


def test_indicators(counted: list[Figure]) -> None:
    wrong = [
        (f.indicator, row[3])
        for f, row in zip(counted, GOLD, strict=True)
        if f.indicator.replace("“", "").replace("”", "") != row[3]
    ]
    assert not wrong


def test_offsets_and_sentences(seed_text: str, figures: list[Figure]) -> None:
    for figure in figures:
        assert seed_text[figure.start : figure.end] == figure.raw
        assert figure.n > 0


def test_ranks_and_dates_are_of_their_own_kind(figures: list[Figure]) -> None:
    assert [f.raw for f in figures if f.kind == "rank"] == ["第一", "第一"]
    dates = [f.value for f in figures if f.kind == "date"]
    assert set(dates) == {2020}
    assert len(dates) == 12


def test_totals_and_parts(counted: list[Figure]) -> None:
    assert sum(f.role == "total" for f in counted) == 8
    parts = [f for f in counted if f.role == "part"]
    assert len(parts) == 15
    assert all(f.part_of and f.indicator.startswith(f"{f.part_of}·") for f in parts)
    assert {f.year for f in counted} == {2020}
