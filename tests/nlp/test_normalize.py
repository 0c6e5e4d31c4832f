"""The compared form of text: what is folded to what, and that offsets survive."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.text.normalize import fold, simplified, squeeze, squeeze_offsets
from gongwen.nlp.text.ordinary import ordinary_characters

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SPACED_TEXT = (
    st.text(st.sampled_from("全县7件aZ9é。,·“（\n\r\t \u00a0\u3000\ufeff\u2028Ａ９")) | ANY_TEXT
)

FOLDS: dict[str, tuple[str, str]] = {
    "full-width digits": ("２０２０年７件", "2020年7件"),
    "full-width letters": ("ＧＢ／Ｔ ｖ２", "gb/t v2"),
    "case": ("QQ群 GB/T É Ω", "qq群 gb/t é ω"),
    "the final sigma is a sigma": ("ΑΣ Σ ς", "ασ σ σ"),
    "the Turkish I stays one character": ("İ", "i"),
    "Traditional to Simplified": ("武功縣人民政府辦公室", "武功县人民政府办公室"),
    "Traditional law terms": ("行政執法與普法責任製", "行政执法与普法责任制"),
    "several Traditional forms of one": ("復複复", "复复复"),
    "发 and its two forms": ("發髮发", "发发发"),
    "里 and its two forms": ("裡裏里", "里里里"),
    "后 is 後": ("後后", "后后"),
    "台 and its forms": ("臺檯台", "台台台"),
    "强 and its forms": ("強彊强", "强强强"),
    "accounts": ("帳帐賬账", "账账账账"),
    "old forms of print": ("吿槪甯衹囬冊敍", "告概宁只回册叙"),
    "variant forms": ("爲為冊產敎", "为为册产教"),
    "radicals that look like characters": ("⼀⼆", "一二"),
    "compatibility ideographs": ("\uf9dc\uf900", "隆岂"),
    "dots between characters": ("3•15 12・4 艾‧尼 1･2 3∙4", "3·15 12·4 艾·尼 1·2 3·4"),
    "the full-width full stop is a decimal point": ("９０．７２", "90.72"),
    "dashes": ("—–―－‐−─", "-------"),
    "waves": ("9～17 9〜17", "9~17 9~17"),
    "double quotes": ("“放”„管‟＂服＂", '"放""管""服"'),
    "corner brackets quote": ("「放」『管』﹁服﹂", '"放""管""服"'),
    "single quotes": ("‘放’`管´＇服＇", "'放''管''服'"),
    "round brackets": ("（办）﹙社区﹚", "(办)(社区)"),
    "brackets of document numbers": ("〔2020〕15号【通知】［1］", "[2020]15号[通知][1]"),
    "title marks": ("〈方案〉《方案》«方案»", "《方案》《方案》《方案》"),
    "full-width punctuation": ("，；：？！％", ",;:?!%"),
    "half-width Chinese full stop and comma": ("｡､", "。、"),
    "full stop and enumeration comma stay": ("。、…", "。、…"),
    "no-break space": ("深化\xa0改革", "深化 改革"),
    "ideographic space": ("　　一、", "  一、"),
    "byte order mark": ("\ufeff武功县", " 武功县"),
    "line ends": ("甲\r\n乙\u2028丙\x85丁", "甲  乙 丙 丁"),
    "invisible joiners and hyphens": ("法\u200b治\u2060政\xad府", "法 治 政 府"),
    "Simplified text stays": ("全面推进依法治县,取得成效。", "全面推进依法治县,取得成效。"),
    "emoji stay": ("👍好", "👍好"),
}


@pytest.mark.parametrize(("text", "folded"), FOLDS.values(), ids=FOLDS)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_full_width_ascii_folds_like_ascii() -> None:
    half = [chr(code) for code in range(0x21, 0x7F)]
    different = [c for c in half if fold(chr(ord(c) + 0xFEE0)) != fold(c)]
    assert different == []


def test_every_character_folds_to_one_that_is_final() -> None:
    every = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    folded = [fold(char) for char in every]
    assert [c for c, f in zip(every, folded, strict=True) if len(f) != 1] == []
    assert [c for c, f in zip(every, folded, strict=True) if fold(f) != f] == []


@given(ANY_TEXT)
def test_fold_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(ANY_TEXT)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


SQUEEZED: dict[str, tuple[str, str]] = {
    "nothing to close up": ("依法行政", "依法行政"),
    "between Chinese characters": ("依 法　行\u00a0政", "依法行政"),
    "beside punctuation": ("深化 “放管服” 改革", '深化"放管服"改革'),
    "number and unit": ("办理 7 件,占 3.5 %", "办理7件,占3.5%"),
    "a broken line of Chinese": ("行政复\n议", "行政复议"),
    "a broken line, Windows": ("行政复\r\n议", "行政复议"),
    "beside a sign": ("7 × 24 小时", "7×24小时"),
    "two Latin words": ("Rule of Law", "rule of law"),
    "two Latin words, however far apart": ("Rule \t\u3000 of", "rule of"),
    "two Latin words over a line end": ("Rule\nof", "rule of"),
    "Latin letters with accents": ("café noir", "café noir"),
    "two numbers": ("12 345", "12 345"),
    "two full-width numbers": ("１２　３４５", "12 345"),
    "a number broken by the line end": ("共计12\n345件", "共计12345件"),
    "a number broken by a Windows line end": ("共计12\r\n　345件", "共计12345件"),
    "a standard's number": ("GB/T 19001", "gb/t 19001"),
    "at the edges": ("\ufeff　 依法 \n", "依法"),
    "white space alone": (" \n　", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "squeezed"), SQUEEZED.values(), ids=SQUEEZED)
def test_squeeze(text: str, squeezed: str) -> None:
    assert squeeze(text) == squeezed


@given(SPACED_TEXT)
def test_squeeze_and_its_offsets_agree(text: str) -> None:
    assert squeeze_offsets(text)[0] == squeeze(text)


@given(SPACED_TEXT)
def test_offsets_point_at_the_characters_they_stand_for(text: str) -> None:
    text = ordinary_characters(text).text  # others may be several; see test_ordinary.py
    squeezed, offsets = squeeze_offsets(text)
    folded = fold(text)
    assert "".join(folded[offset] for offset in offsets) == squeezed
    assert offsets == sorted(set(offsets))


@given(SPACED_TEXT)
def test_squeeze_drops_white_space_only(text: str) -> None:
    text = ordinary_characters(text).text
    folded, kept = fold(text), set(squeeze_offsets(text)[1])
    assert {folded[i] for i in range(len(text)) if i not in kept} <= {" "}


@given(SPACED_TEXT)
def test_squeezing_twice_joins_nothing_but_digits_apart(text: str) -> None:
    text = re.sub(r"\s+", " ", text)  # tabs and several spaces part columns, one does not
    squeezed = squeeze(text)
    again = squeeze(squeezed)
    assert again.replace(" ", "") == squeezed.replace(" ", "")
    if not re.search(r"\d \d", squeezed):  # whether digits are one number, the text around says
        assert again == squeezed


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [("执法科 3 5 备注", "执法科3 5备注"), ("执法科 3 5件", "执法科35件"), ("共3 5件", "共35件")],
)
def test_single_digits_before_a_space_and_text_may_be_columns(text: str, squeezed: str) -> None:
    assert squeeze(text) == squeezed


def test_simplified_changes_characters_alone() -> None:
    assert simplified("武功縣２０２０——法治政府建設") == "武功县２０２０——法治政府建设"
    assert simplified("ＡＢC") == "ＡＢC"
    assert simplified("乾縣與乾安縣氣候乾燥") == "乾县与乾安县气候干燥"
    assert simplified("") == ""


@given(SPACED_TEXT)
def test_simplified_keeps_the_length_and_what_is_compared(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert fold(simplified(text)) == fold(text)
