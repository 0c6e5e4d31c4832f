"""What a report says of itself in title, head and tail: a table of cases (``titles.jsonl``).

A case gives a text and what it says; what is left out must be empty.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import Document, parse_document
from gongwen.nlp.document.gazetteer import is_place
from gongwen.nlp.document.header import read_head

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "titles.jsonl").read_text("utf-8").splitlines()
]
EXACT = ("title", "region", "province", "city", "county", "level", "year", "kind", "agency")
SOMETIMES = ("adcode", "date", "address", "kind_as_written")
GUESSES = (*EXACT, "adcode", "date", "address")
HOW = {"title", "subtitle", "head", "opening", "tail", "page", "table"}


def guesses(document: Document) -> dict[str, Any]:
    return {key: getattr(document, key) for key in GUESSES}


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_what_a_report_says_of_itself(case: dict[str, Any]) -> None:
    document = parse_document(case["text"])
    keys = (*EXACT, *(key for key in SOMETIMES if key in case))
    assert {key: getattr(document, key) for key in keys} == {key: case.get(key, "") for key in keys}


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_every_guess_says_how_it_was_made_and_no_other(case: dict[str, Any]) -> None:
    document = parse_document(case["text"])
    assert set(document.how) == {key for key in GUESSES if getattr(document, key)}
    assert set(document.how.values()) <= HOW


BODY = "　　一年来，"
MENTIONS = (
    "　　一年来，工作有序推进。\n"
    "　　赴江苏省南京市鼓楼区司法局学习考察2次，2017年5月3日形成考察报告。\n"
    "　　据国务院办公厅通报，沈阳市和平区的做法值得借鉴。\n"
)
WITH_BODY = [case for case in CASES if BODY in case["text"]]


@pytest.mark.parametrize("case", WITH_BODY, ids=[case["why"] for case in WITH_BODY])
def test_mentions_in_the_body_change_nothing(case: dict[str, Any]) -> None:
    longer = case["text"].replace(BODY, MENTIONS + BODY, 1)
    assert guesses(parse_document(longer)) == guesses(parse_document(case["text"]))


HOWS = {
    "武功县2020年工作总结\n　　一年来，有序。": {
        "title": "title", "region": "title", "year": "title", "kind": "title", "county": "title",
        "province": "table", "city": "table", "adcode": "table", "level": "table",
    },
    "2020年工作总结\n　　一年来，有序。\n咸阳市武功县司法局\n2021年1月5日": {
        "title": "title", "year": "title", "kind": "title", "region": "tail", "county": "tail",
        "city": "tail", "province": "table", "adcode": "table", "level": "table",
        "agency": "tail", "date": "tail",
    },
    "政府工作报告\n——2021年2月8日在陕西省第十三届人民代表大会上\n国务院总理　某某\n各位代表：": {
        "title": "title", "year": "subtitle", "kind": "title", "agency": "head",
        "level": "head", "region": "head", "date": "subtitle",
    },
    "各位代表：\n　　现在，我代表国务院，向大会报告工作。\n来源：http://a.b.cn/c": {
        "agency": "opening", "level": "opening", "region": "opening", "address": "page",
    },
}  # fmt: skip


@pytest.mark.parametrize(("text", "how"), HOWS.items())
def test_how_guesses_are_made(text: str, how: dict[str, str]) -> None:
    assert dict(parse_document(text).how) == how


def test_the_lines_of_a_broken_title_are_its_title() -> None:
    lines = ["武功县人民政府", "关于2020年度法治政府建设", "情况的报告", "一年来，有序。"]
    assert read_head(lines).lines == {0, 1, 2}
    assert read_head(lines, apart=frozenset({1})).lines == {1, 2}


def test_furniture_does_not_hide_a_subtitle() -> None:
    furniture = ["下载", "打印", "全屏", "收藏", "【字号：", "加大", "还原", "减小", "】"] * 2
    lines = ["政府工作报告", *furniture, "——2021年2月8日在武功县人民代表大会上", "各位代表："]
    head = read_head(lines)
    assert head.subtitles == ("——2021年2月8日在武功县人民代表大会上",)
    assert head.end == len(lines) - 1


def test_many_signatures_are_not_all_signers() -> None:
    text = "武功县2020年工作总结\n　　一年来，有序。\n" + "武功县司法局\n" * 500 + "2021年1月5日"
    assert parse_document(text).agency.count("司法局") <= 6


WORDS = (
    "武功县 鼓楼区 2020年 2018-2020年 关于 的 和 法治政府建设 工作总结 报告 司法局 人民政府 国务院 "
    "中共 委 《 》 （ ） —— 。 ： 、 在 第五届人民代表大会上 各位代表 我代表 ，向大会 "
    "2021年1月15日 印发 通知 附件 来源：http://a.cn 发布机构： 省 市 区 县 全国 "
    "新疆生产建设兵团 第八师 陕西 上海"
)
PIECES = st.sampled_from([*WORDS.split(), "\n", "\n\n", "　　", " ", "\t"])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_whatever_the_text_the_description_is_sound(text: str) -> None:
    document = parse_document(text)
    assert "\n" not in document.title
    assert set(document.how) == {key for key in GUESSES if getattr(document, key)}
    for area in (document.province, document.city):
        assert not area or is_place(area)
    if document.adcode:
        assert len(document.adcode) == 6
        assert document.region
    if document.level == "national":
        assert document.region == "全国"
