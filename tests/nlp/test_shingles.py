"""What is compared of a report: words, figures, and hashes of short runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import Document, parse_document
from gongwen.nlp.duplicates.similarity import SHINGLE, comparable_text, mask_numbers, shingle_hashes

WORDINGS: dict[str, tuple[str, str, list[str]]] = {
    "numbers are marks": ("办结237件，占98.5%。", "办结0件占0", ["237", "985"]),
    "numbers in Chinese": ("办结三十七件，占百分之八", "办结0件占0", ["37", "8"]),
    "thousands": ("共13,865人次", "共0人次", ["13865"]),
    "years": ("二〇二〇年至2021年", "0年至0年", ["2020", "2021"]),
    "numbers side by side are one": ("2018-2020年", "0年", ["20182020"]),
    "a number broken over lines": ("共138\n65人", "共0人", ["13865"]),
    "Chinese numerals that count nothing": ("统一三个代表", "统一三个代表", []),
    "punctuation": ("“放管服”、《办法》（试行）……——·①", "放管服办法试行", []),
    "width, case and space": ("ＧＢ／Ｔ　Ａ b", "gbtab", []),
    "Traditional": ("行政執法", "行政执法", []),
    "other scripts": (
        "\u0626\u06c7 \u0f56\u0f7c\u0f51 Ünlü",
        "\u0626\u06c7\u0f56\u0f7c\u0f51ünlü",
        [],
    ),
    "letters among the signs": ("〇 々", "〇々", []),
    "symbols of fonts": ("\ue00c\uf0b7要点\ufffd", "要点", []),
    "nothing": ("", "", []),
}


@pytest.mark.parametrize(("text", "words", "figures"), WORDINGS.values(), ids=WORDINGS)
def test_wording(text: str, words: str, figures: list[str]) -> None:
    assert mask_numbers(Document(text)) == (words, figures)


def test_the_page_around_the_report_is_not_compared() -> None:
    text = (
        "索引号：3-2021-17\n打印\n武功县2020年法治政府建设年度报告\n"
        "全年办理案件4件。\n本文来源于网络，如有侵权请联系删除\n"
    )
    assert (
        comparable_text(parse_document(text)) == "武功县2020年法治政府建设年度报告全年办理案件4件"
    )
    assert comparable_text(Document(text)).startswith("索引号")


def test_numbers_of_two_cells_have_a_mark_each_in_their_units() -> None:
    document = parse_document("收到申请\n12\n\n办结申请\n30\n")
    assert mask_numbers(document) == ("收到申请0办结申请0", ["12", "30"])


def plain_hash(run: str) -> int:
    """The same in plain integers."""
    word = (1 << 64) - 1
    value = 0
    for char in run.ljust(SHINGLE, "\0"):
        value = (value * 0x9E3779B97F4A7C15 + ord(char)) & word
    for shift, multiplier in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ (value >> shift)) * multiplier & word
    return (value ^ (value >> 31)) >> 1


@given(st.text("全县行政执法0a\U0002000b", max_size=20) | st.text(max_size=20))
def test_the_hashes_are_those_of_the_runs(text: str) -> None:
    runs = [text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1))] if text else []
    assert shingle_hashes(text).tolist() == [plain_hash(run) for run in runs]


def test_the_mixer_is_splitmix64() -> None:
    # The first output of SplitMix64 for the state 0 mixes the golden gamma: e220a8397b1dcdaf.
    [value] = shingle_hashes("\x01" + "\0" * (SHINGLE - 1)).tolist()
    assert value == plain_hash("\x01")
    [mixed] = shingle_hashes("\0" * (SHINGLE - 2) + "\x01\0").tolist()
    assert mixed == 0xE220A8397B1DCDAF >> 1
