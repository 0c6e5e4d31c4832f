"""What comes from the name of a file, and what a person says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import Document, parse_document
from gongwen.nlp.document.overrides import FILE_NAME, SETTABLE, from_name, with_said
from gongwen.nlp.errors import QueryError

NAMES: dict[str, dict[str, Any]] = {
    "2021-国务院-政府工作报告": {
        "title": "2021年国务院政府工作报告", "year": 2021, "kind": "政府工作报告",
        "agency": "国务院", "level": "national", "region": "全国",
    },
    "2026-上海市-政府工作报告": {
        "title": "2026年上海市政府工作报告", "year": 2026, "kind": "政府工作报告",
        "agency": "上海市人民政府",
        "region": "上海市", "province": "上海市", "adcode": "310000", "level": "province",
    },
    "武功县_2018-2020_工作总结": {
        "title": "2018-2020年武功县工作总结", "year": "2018-2020", "kind": "工作总结",
        "region": "武功县", "province": "陕西省", "city": "咸阳市", "county": "武功县",
        "adcode": "610431", "level": "county",
    },
    "江苏省 南京市 鼓楼区 2020 工作总结": {
        "title": "2020年鼓楼区工作总结", "year": 2020, "kind": "工作总结",
        "region": "鼓楼区", "province": "江苏省", "city": "南京市", "county": "鼓楼区",
        "adcode": "320106", "level": "county",
    },
    "2020-武功县司法局-工作总结": {
        "title": "2020年武功县司法局工作总结", "year": 2020, "kind": "工作总结",
        "agency": "武功县司法局", "region": "武功县", "province": "陕西省", "city": "咸阳市",
        "county": "武功县", "adcode": "610431", "level": "county",
    },
    "武功县-工作总结": {
        "title": "武功县工作总结", "kind": "工作总结", "region": "武功县", "province": "陕西省",
        "city": "咸阳市", "county": "武功县", "adcode": "610431", "level": "county",
    },
    "01-武功县2020年法治政府建设工作总结": {
        "title": "武功县2020年法治政府建设工作总结", "year": 2020, "kind": "工作总结",
        "region": "武功县", "province": "陕西省", "city": "咸阳市", "county": "武功县",
        "adcode": "610431", "level": "county",
    },
    "wugong-2020": {"title": "wugong-2020", "year": 2020},
    "report": {"title": "report"},
    "2021-01-15-report": {"title": "2021-01-15-report", "date": "2021-01-15"},
    "scan20201234": {"title": "scan20201234"},
    "": {},
}  # fmt: skip
GUESSES = (*SETTABLE, "adcode")


def known(document: Document) -> dict[str, Any]:
    return {key: value for key in GUESSES if (value := getattr(document, key))}


@pytest.mark.parametrize(("stem", "expected"), NAMES.items())
def test_a_document_that_says_nothing(stem: str, expected: dict[str, Any]) -> None:
    document = from_name(Document("文字"), stem)
    assert known(document) == expected
    assert set(document.how) == set(expected)
    assert set(document.how.values()) <= {FILE_NAME, "table"}


def test_what_the_text_says_is_kept() -> None:
    said = parse_document("武功县2020年工作总结\n　　一年来，有序。")
    assert from_name(said, "2021-南京市司法局-工作报告") == with_said(
        said, {"agency": "南京市司法局"}, how=FILE_NAME
    )
    speech = parse_document("政府工作报告\n——2021年2月8日在武功县人民代表大会上\n各位代表：")
    assert from_name(speech, "2022-南京市-工作总结") == speech


def test_the_name_says_which_of_several_places() -> None:
    ambiguous = parse_document("鼓楼区2020年工作总结\n　　一年来，有序。")
    assert ambiguous.city == ""
    document = from_name(ambiguous, "2020-南京市")
    assert (document.region, document.city, document.adcode) == ("鼓楼区", "南京市", "320106")
    assert document.how["region"] == "title"
    assert document.how["city"] == "table"


def test_a_report_of_the_state_gets_no_region_from_its_name() -> None:
    document = from_name(parse_document("国务院2020年工作总结"), "2020-武功县-工作总结")
    assert (document.level, document.region) == ("national", "全国")


AMBIGUOUS = parse_document("鼓楼区法治政府建设工作总结\n　　一年来，有序。")

SAID: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "a region, all that follows": (
        {"region": "武功县"},
        {"region": "武功县", "province": "陕西省", "city": "咸阳市", "county": "武功县",
         "adcode": "610431", "level": "county"},
    ),
    "a region with what it lies in": (
        {"region": "咸阳市武功县"},
        {"region": "武功县", "province": "陕西省", "city": "咸阳市", "county": "武功县",
         "adcode": "610431", "level": "county"},
    ),
    "a region in a city that is said too": (
        {"region": "鼓楼区", "city": "福州市"},
        {"region": "鼓楼区", "province": "福建省", "city": "福州市", "county": "鼓楼区",
         "adcode": "350102", "level": "county"},
    ),
    "a city, the region stays": (
        {"city": "南京市"},
        {"region": "鼓楼区", "province": "江苏省", "city": "南京市", "county": "鼓楼区",
         "adcode": "320106", "level": "county"},
    ),
    "a region that is not in the table": (
        {"region": "高新片区"},
        {"region": "高新片区", "province": "", "city": "", "county": "", "adcode": "", "level": ""},
    ),
    "no region": (
        {"region": ""},
        {"region": "", "province": "", "city": "", "county": "", "adcode": "", "level": ""},
    ),
    "a level": ({"region": "武功县", "level": "town"}, {"level": "town", "county": "武功县"}),
    "a year": ({"year": "2020"}, {"year": 2020, "region": "鼓楼区"}),
    "a year in words": ({"year": "二〇二〇年度"}, {"year": 2020}),
    "a span": ({"year": "2018—2020年"}, {"year": "2018-2020"}),
    "no year": ({"year": ""}, {"year": ""}),
    "a date": ({"date": "2021年1月5日"}, {"date": "2021-01-05"}),
    "a month": ({"date": "2021-01"}, {"date": "2021-01"}),
    "words": (
        {"title": " 总结 ", "kind": "", "agency": "武功县司法局", "address": "http://a.cn"},
        {"title": "总结", "kind": "", "agency": "武功县司法局", "address": "http://a.cn"},
    ),
    "nothing": ({}, known(AMBIGUOUS)),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_what_a_person_says_counts(said: dict[str, str], expected: dict[str, Any]) -> None:
    document = with_said(AMBIGUOUS, said, how="by hand")
    assert {key: getattr(document, key) for key in expected} == expected
    assert set(document.how) == set(known(document))
    assert {document.how[key] for key in said if said[key]} <= {"by hand"}


def test_said_again_is_the_same() -> None:
    said = {"region": "鼓楼区", "city": "南京市", "year": "2018-2020"}
    once = with_said(AMBIGUOUS, said)
    assert with_said(once, said) == once
    assert once.how["region"] == "set"


def test_another_year_moves_the_place() -> None:
    document = parse_document("简阳市2012年工作总结\n　　一年来，有序。")
    assert document.city == "资阳市"
    assert with_said(parse_document("户县工作总结"), {"year": "2012"}).county == "户县"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"yeer": "2020"}, "cannot set 'yeer'"),
        ({"adcode": "610431"}, "cannot set 'adcode'"),
        ({"year": "last"}, "not a year: 'last'; write 2020 or 2018-2020"),
        ({"year": "1800"}, "not a year"),
        ({"year": "about 2020"}, "not a year"),
        ({"year": "2020-2018"}, "not a year"),
        ({"date": "2021-13-01"}, "not a date: '2021-13-01'; write 2021-01-15 or 2021-01"),
        ({"date": "2021"}, "not a date"),
        ({"level": "village"}, "unknown level 'village'"),
    ],
)
def test_what_cannot_be_set(said: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message) as error:
        with_said(AMBIGUOUS, said)
    assert "\n" not in str(error.value)


@given(st.text(max_size=60))
def test_any_name_will_do(stem: str) -> None:
    document = from_name(Document("文字"), stem)
    assert set(document.how) == set(known(document))


@given(st.dictionaries(st.sampled_from(SETTABLE), st.text(max_size=20), max_size=4))
def test_anything_may_be_said(said: dict[str, str]) -> None:
    try:
        document = with_said(AMBIGUOUS, said)
    except QueryError as error:
        assert "\n" not in str(error)
    else:
        assert set(document.how) == set(known(document))


def test_a_government_is_the_issuer_of_its_work_report() -> None:
    named = from_name(parse_document("政府工作报告\n各位代表："), "2024-武功县-政府工作报告")
    assert (named.region, named.agency) == ("武功县", "武功县人民政府")
    assert named.how["agency"] == FILE_NAME
    assert from_name(Document("文字"), "2020-武功县-工作总结").agency == ""


def test_a_name_gives_the_words_of_its_kind_too() -> None:
    document = from_name(Document("文字"), "武功县2020年法治政府建设情况的报告")
    assert (document.kind, document.kind_as_written) == ("情况报告", "法治政府建设情况的报告")


def test_a_speech_has_no_issuer() -> None:
    text = "在会议上的讲话\n\n同志们：\n今天开会。\n"
    speech = from_name(parse_document(text), "武功县司法局讲话")
    assert (speech.kind, speech.agency) == ("讲话", "")
