"""Characters that are variants of another in some words only: 乾 in 乾燥, not in 乾县."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.text.normalize import fold, simplified, squeeze, squeeze_offsets

LINES = [
    line.split()
    for line in (files("gongwen.nlp.text") / "variant-words.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
VARIANTS = sorted({line[0] for line in LINES})
STAYING = {line[0] for line in LINES if line[1] == "folds"}
WORDS = {(word, line[0]): line[1] for line in LINES for word in line[2:]}
LONGEST = max(len(word) for word, _ in WORDS)
PIECES = (
    [word for word, _ in WORDS]
    + VARIANTS
    + list("着干借复账升，。a7 \n\u3000\uf8ff")
    + ["隨著", "藉著"]
)
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)

SAME: list[tuple[str, str]] = [
    ("氣候乾燥", "气候干燥"), ("餅乾", "饼干"), ("乾淨", "干净"), ("葡萄乾", "葡萄干"),
    ("乾旱", "干旱"), ("瞭解情況", "了解情况"), ("一目瞭然", "一目了然"), ("明瞭", "明了"),
    ("隨著", "随着"), ("著力", "着力"), ("圍繞著", "围绕着"), ("不著邊際", "不着边际"),
    ("藉口", "借口"), ("憑藉", "凭借"), ("藉著", "借着"), ("藉科技之力", "借科技之力"),
    ("答覆", "答复"), ("反反覆覆", "反反复复"), ("批覆", "批复"), ("覆核", "复核"),
    ("特徵", "特征"), ("徵收", "征收"), ("改變徵收辦法", "改变征收办法"), ("象徵著", "象征着"),
    ("關於", "关于"), ("處於潛在風險", "处于潜在风险"), ("提昇", "提升"), ("晉陞", "晋升"),
    ("合夥", "合伙"), ("帳戶", "账户"), ("帐户", "账户"), ("帳篷", "帐篷"), ("彷彿", "仿佛"),
    ("經濟復甦", "经济复苏"), ("叱吒", "叱咤"), ("神祇", "神祇"), ("祇有", "只有"),
    ("傢俱", "家具"), ("釐清", "厘清"), ("蒐集", "搜集"), ("氾濫", "泛滥"), ("錢鍾書", "钱锺书"),
    ("苧麻", "苎麻"),
]  # fmt: skip
"""Traditional text and the Simplified text that says the same."""

APART: list[tuple[str, str]] = [
    ("乾县", "干县"), ("乾陵", "干陵"), ("乾隆", "干隆"), ("乾坤", "干坤"), ("王乾等", "王干等"),
    ("瞭望", "了望"), ("显著", "显着"), ("名著", "名着"), ("著名", "着名"),
    ("名著力求", "名着力求"), ("覆盖", "复盖"), ("颠覆", "颠复"), ("反覆盖", "反复盖"),
    ("狼藉", "狼借"), ("慰藉", "慰借"), ("角徵羽", "角征羽"), ("昇腾", "升腾"),
    ("李昇到", "李升到"), ("哪吒", "哪咤"), ("神祇", "神只"), ("帐篷", "账篷"), ("束脩", "束修"),
    ("芸薹", "芸苔"), ("樊於期", "樊于期"), ("甚夥", "甚伙"), ("彷徨", "仿徨"), ("扞格", "捍格"),
    ("马弁", "马辩"), ("袷袢", "夹袢"), ("氾胜之", "泛胜之"), ("甦", "苏"), ("俱乐部", "具乐部"),
    ("一家俱乐部", "一家具乐部"), ("勃谿", "勃溪"),
]  # fmt: skip
"""Simplified text, and another that differs only in a variant."""

ALONE = [
    ("乾", "乾"),
    ("著", "著"),
    ("覆", "覆"),
    ("瞭", "瞭"),
    ("徵", "征"),
    ("於", "于"),
    ("藉", "借"),
]


@pytest.mark.parametrize(("traditional", "plain"), SAME)
def test_traditional_text_is_that_in_simplified_characters(traditional: str, plain: str) -> None:
    assert fold(traditional) == fold(plain)
    assert fold(f"今年{traditional}，") == fold(f"今年{plain}，")


@pytest.mark.parametrize(("one", "other"), APART)
def test_simplified_text_that_differs_stays_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)
    assert fold(one) == one


@pytest.mark.parametrize(("char", "folded"), ALONE)
def test_a_variant_by_itself(char: str, folded: str) -> None:
    assert fold(char) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("瞭 解", "了 解"),
        ("瞭\n\u3000解", "了  解"),
        ("显 著力", "显 著力"),
        ("瞭、解", "瞭、解"),
        ("a 乾 b 燥", "a 乾 b 燥"),
        ("\uf8ff乾燥\uf8ff", "\uf8ff干燥\uf8ff"),
        ("\ufa5f名隨\ufa5f", "著名随着"),  # a compatibility ideograph of 著
        ("著著著力", "著著着力"),
    ],
)
def test_white_space_and_other_characters_beside_a_word(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert squeeze(text) == squeeze(folded)


@pytest.mark.parametrize(("word", "char"), WORDS)
def test_every_word_of_the_list_decides(word: str, char: str) -> None:
    folds = WORDS[word, char] == "folds"
    assert (char in fold(word)) is not folds, "another word decides, or the entry has no effect"
    assert len(word) > 1
    assert word.replace(char, "") == fold(word.replace(char, "")), (
        "Simplified but for the character"
    )


def test_a_character_with_words_that_fold_stays_by_itself() -> None:
    assert {line[1] for line in LINES} == {"folds", "stays"}
    assert {char for char in VARIANTS if fold(char) == char} == STAYING


def test_what_a_variant_folds_to_is_final() -> None:
    plains = {
        fold(word)[word.index(char)] for (word, char), what in WORDS.items() if what == "folds"
    }
    plains |= {fold(char) for char in set(VARIANTS) - STAYING}
    assert len(plains) >= 25
    assert {plain for plain in plains if fold(plain) != plain} == set()


@given(TEXT)
def test_fold_keeps_the_length_and_is_idempotent(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@given(TEXT)
def test_squeeze_is_idempotent_and_agrees_with_its_offsets(text: str) -> None:
    squeezed, offsets = squeeze_offsets(text)
    folded = fold(text)
    assert squeeze(text) == squeezed == "".join(folded[i] for i in offsets)
    assert squeeze(squeezed) == squeezed


@given(TEXT)
def test_simplified_text_is_compared_as_the_original(text: str) -> None:
    assert fold(simplified(text)) == fold(text)
    assert len(simplified(text)) == len(text)


@given(TEXT, TEXT)
def test_only_variants_beside_a_seam_depend_on_what_is_behind_it(left: str, right: str) -> None:
    apart, together = fold(left) + fold(right), fold(left + right)
    context = len(fold(left).replace(" ", ""))
    for i, (one, other) in enumerate(zip(apart, together, strict=True)):
        if one != other:
            position = len(together[:i].replace(" ", ""))
            assert fold((left + right)[i]) in {one, other}
            assert -LONGEST < position - context < LONGEST - 1


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[*VARIANTS, "帳"])))
def test_without_variants_fold_looks_at_no_neighbour(text: str) -> None:
    if not set(fold(text)) & set(VARIANTS):
        assert "".join(map(fold, text)) == fold(text)
