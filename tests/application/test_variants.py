"""Traditional queries find Simplified text and back; Simplified words that differ stay apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gongwen

SAME: list[tuple[str, str]] = [
    ("公里", "公裏"), ("里面", "裏面"), ("皇后", "皇后"), ("以后", "以後"), ("一只", "一隻"),
    ("只有", "祇有"), ("发展", "發展"), ("头发", "頭髮"), ("范围", "範圍"), ("斗争", "鬥爭"),
    ("面粉", "麵粉"), ("钟表", "鐘錶"), ("制造", "製造"), ("准备", "準備"), ("关系", "關係"),
    ("联系", "聯繫"), ("台风", "颱風"), ("平台", "平臺"), ("忧郁", "憂鬱"), ("稻谷", "稻穀"),
    ("历史", "歷史"), ("日历", "日曆"), ("词汇", "詞彙"), ("汇款", "匯款"), ("复杂", "複雜"),
    ("恢复", "恢復"), ("答复", "答覆"), ("冲突", "衝突"), ("分布", "分佈"), ("占用", "佔用"),
    ("周年", "週年"), ("试卷", "試卷"), ("卷入", "捲入"), ("导向", "導嚮"), ("放松", "放鬆"),
    ("生姜", "生薑"), ("丑陋", "醜陋"), ("胡须", "鬍鬚"), ("赞扬", "讚揚"), ("开采", "開採"),
    ("干部", "幹部"), ("干燥", "乾燥"), ("饼干", "餅乾"), ("了解", "瞭解"), ("借口", "藉口"),
    ("特征", "特徵"), ("征收", "徵收"), ("随着", "隨著"), ("着力", "著力"), ("提升", "提昇"),
    ("关于", "關於"), ("合伙", "合夥"), ("账户", "帳戶"), ("复苏", "復甦"),
]  # fmt: skip
"""A word in Simplified characters, and in Traditional or older ones."""

APART: list[tuple[str, str]] = [
    ("乾县", "干县"), ("乾陵", "干陵"), ("乾坤", "干坤"), ("乾隆", "干隆"), ("瞭望", "了望"),
    ("狼藉", "狼借"), ("角徵羽", "角征羽"), ("覆盖", "复盖"), ("颠覆", "颠复"), ("显著", "显着"),
    ("名著", "名着"), ("著名", "着名"), ("昇腾", "升腾"), ("哪吒", "哪咤"), ("神祇", "神只"),
    ("帐篷", "账篷"), ("束脩", "束修"), ("芸薹", "芸苔"), ("樊於期", "樊于期"), ("彷徨", "仿徨"),
    ("马弁", "马辩"), ("扞格", "捍格"), ("氾胜之", "泛胜之"), ("甚夥", "甚伙"),
]  # fmt: skip
"""Two Simplified texts that differ; the first is a word, the second stands across two."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    """A report in Simplified and one in Traditional characters, and words that only look alike."""
    folder = tmp_path_factory.mktemp("variants")
    for name, texts in (
        ("甲县-2020", [f"第{i}组简体记载{plain}一项。" for i, (plain, _) in enumerate(SAME)]),
        ("乙县-2020", [f"第{i}組繁體記載{other}一項。" for i, (_, other) in enumerate(SAME)]),
        ("丙县-2020", [f"本条写有{one}一词。" for one, _ in APART]),
        ("丁县-2020", [f"此处印有{other}字样。" for _, other in APART]),
        ("戊县-2020", ["全县若干县区参加。", "空气干燥，乾县有雨。", "天氣乾 燥，注意防火。"]),
    ):
        lines = [f"{name[:2]}2020年法治政府建设情况报告", "", *texts]
        (folder / f"{name}.txt").write_text("\n".join(lines), "utf-8")
    with gongwen.open(folder / "library") as opened:
        opened.add(sorted(folder.glob("*.txt")))
        yield opened


def found(library: gongwen.Library, query: str, report: str) -> list[str]:
    """Return the sentences of a report that hold ``query``."""
    results = library.search(f"{query} report:{report}", limit=200)
    return [hit.text for hit in results] if results.match == "all" else []


@pytest.mark.parametrize("form", ['"{}"', "{}"], ids=["exact", "words"])
@pytest.mark.parametrize(("number", "plain", "other"), [(i, *pair) for i, pair in enumerate(SAME)])
def test_either_way_of_writing_finds_both(
    library: gongwen.Library, number: int, plain: str, other: str, form: str
) -> None:
    for query in (plain, other):
        query = form.format(query)
        assert f"第{number}组简体记载{plain}一项。" in found(library, query, "甲县-2020")
        assert f"第{number}組繁體記載{other}一項。" in found(library, query, "乙县-2020")


@pytest.mark.parametrize("form", ['"{}"', "{}"], ids=["exact", "words"])
@pytest.mark.parametrize(("one", "other"), APART)
def test_simplified_words_that_differ_stay_apart(
    library: gongwen.Library, one: str, other: str, form: str
) -> None:
    assert found(library, form.format(one), "丙县-2020") == [f"本条写有{one}一词。"]
    assert found(library, form.format(one), "丁县-2020") == []
    if other != "了望" or form == '"{}"':  # 了 is no word to look for, and 望 is in 瞭望
        assert found(library, form.format(other), "丙县-2020") == []
    assert f"此处印有{other}字样。" in found(library, form.format(other), "丁县-2020")


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("乾县", ["空气干燥，乾县有雨。"]),
        ("乾縣", ["空气干燥，乾县有雨。"]),
        ('"干县"', ["全县若干县区参加。"]),
        ("乾燥", ["空气干燥，乾县有雨。", "天氣乾燥，注意防火。"]),
        ("干燥", ["空气干燥，乾县有雨。", "天氣乾燥，注意防火。"]),
        ('"乾"', ["空气干燥，乾县有雨。"]),  # by itself it is what is written: not 干
        ('"干"', ["全县若干县区参加。", "空气干燥，乾县有雨。", "天氣乾燥，注意防火。"]),
    ],
)
def test_one_character_in_two_words(library: gongwen.Library, query: str, texts: list[str]) -> None:
    hits = found(library, query, "戊县-2020")
    assert sorted("".join(hit.split()) for hit in hits) == sorted(texts)
