"""Specifies which words are near one that no sentence holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.expansion import near_words

SEEDS = Path(__file__).parents[2] / "seeds"

COUNTED = {
    word: int(count)
    for word, _, count in (
        pair.partition(":")
        for pair in """
        法治:900 法律:800 法规:300 法院:200 法庭:30 政府:950 政策:400 行政:700 行政村:20 行政区:15
        工作:990 公认:5 人工:40 人工智能:25 公证:60 公正:90 省政府:80 市政府:120 委员会:300
        常务委员会:60 会议:500 会计:30 回忆:2 调解:260 调节:40 调查:200 国有资产:50 国有资本:20
        资产:90 区块链:3 规范性:40 规范:300 文件:500 飞船:1 宇宙:1 互联网:90 联网:20 营商:30
        环境:300 2019年:300 2020年:500 2020:90 7件:60 8件:70 gdp:60 ppp:10 app:40 blockchain:2
        internet:1 information:3 c:5 法:200 的:9000
        """.split()
    )
}
USER = [
    line
    for line in (SEEDS / "userdict.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
VOCABULARY = {**dict.fromkeys(USER, 10), **COUNTED}

NEAR: list[tuple[str, str, str]] = [
    # the same sound
    ("法制", "法治", "the same sound; 法律 is half of it replaced"),
    ("发治", "法治", "the same sound"),
    ("行政服议", "行政复议 行政争议", "the same sound, then one replaced"),
    ("行政复意", "行政复议", "the same sound"),
    ("放管福", "放管服", "the same sound"),
    ("法律故问", "法律顾问", "the same sound"),
    ("公政", "公正 公证", "both sound the same and keep a character: the more frequent first"),
    ("会记", "会计", "a reading that is not the first"),
    ("惠议", "会议 回忆", "what keeps a character goes before what keeps none"),
    ("区快链", "区块链", "the same sound"),
    # one edit away
    ("行政议复", "行政复议", "two neighbours swapped"),
    ("府政", "政府", "two neighbours swapped"),
    ("法律顾", "法律顾问 法律", "one added keeps all that was typed; one left out does not"),
    ("法律顾门", "法律顾问", "one replaced"),
    ("法律的顾问", "法律顾问", "one left out"),
    ("互连网络", "", "互联网 is two edits away and shares too little"),
    ("互耳网", "互联网", "one replaced"),
    ("国有资产权", "国有资产", "one left out"),
    ("国有资金", "国有资产 国有资本", "equals: the more frequent first"),
    ("规范姓文件", "规范性文件", "the same sound, nothing similar besides"),
    ("规范怔文件", "规范性文件", "one replaced, nothing similar besides"),
    # similar
    ("行政复义执法", "行政执法 行政复议", "shares most with both"),
    ("行政诉求", "行政诉讼", "one replaced"),
    ("行政恳求", "行政", "half of it; 行政村 shares as much and has more that was not typed"),
    ("宇宙飞船", "宇宙 飞船", "its parts; equals in the order of the words"),
    ("规范文件性", "规范性文件 行政规范性文件 规范性", "moved, then more, then less"),
    # Latin
    ("gdq", "gdp", "one letter replaced"),
    ("gpd", "gdp", "two letters swapped"),
    ("pp", "app ppp", "one letter left out"),
    ("blokchain", "blockchain", "one letter left out"),
    ("infomaton", "information", "two letters left out of a long word"),
    ("gqq", "", "two letters of a short word are another word"),
    ("gb", "", "half of it replaced"),
    # nothing is better than nonsense
    ("法冶", "", "half of it replaced"),
    ("石油", "", "nothing like it"),
    ("法学", "", "half of it replaced"),
    ("cd", "", "words of one character are near nothing"),
    ("2035年", "", "another year is another thing"),
    ("9件", "", "another number is another thing"),
    ("2020年度", "2020年", "the same number"),
    ("202", "", "another number"),
    # not asked for
    ("法", "", "one character"),
    ("", "", "nothing"),
    ("法治" * 11, "", "more than 20 characters"),
]


@pytest.mark.parametrize(("word", "near", "why"), NEAR, ids=[word for word, *_ in NEAR])
def test_near_words(word: str, near: str, why: str) -> None:
    assert near_words(word, VOCABULARY.items()) == near.split(), why


def test_words_that_no_sentence_holds_are_not_offered() -> None:
    assert near_words("法制", [("法治", 0), ("法知", 1)]) == ["法知"]


@pytest.mark.parametrize(("limit", "size"), [(-1, 0), (0, 0), (1, 1), (2, 2), (9, 4)])
def test_limit(limit: int, size: int) -> None:
    words = [("法治", 4), ("法制", 3), ("法志", 2), ("法质", 1)]
    assert near_words("法至", words, limit) == [word for word, _ in words[:size]]


def test_words_that_come_twice_are_offered_once() -> None:
    words = [("法志", 2), ("法治", 1), ("法治", 3)]
    assert near_words("法制", words) == ["法治", "法志"]


def test_empty_vocabulary() -> None:
    assert near_words("法制", []) == []


# -- for any word ----------------------------------------------------------------------------------

words = st.sampled_from(sorted(VOCABULARY)) | st.text("法治制政府服gdp7", min_size=1, max_size=6)
vocabularies = st.lists(st.tuples(words, st.integers(0, 9)), max_size=30)


@given(words, vocabularies, st.integers(0, 4))
@settings(deadline=None)
def test_the_order_of_the_vocabulary_does_not_matter(
    word: str, vocabulary: list[tuple[str, int]], limit: int
) -> None:
    near = near_words(word, vocabulary, limit)
    assert near == near_words(word, sorted(vocabulary), limit)
    assert near == near_words(word, reversed(vocabulary), limit)
    assert near == near_words(word, iter(vocabulary), limit)


@given(words | st.text(max_size=25), vocabularies, st.integers(-1, 4))
@settings(deadline=None)
def test_what_is_offered_is_another_word_of_the_vocabulary(
    word: str, vocabulary: list[tuple[str, int]], limit: int
) -> None:
    near = near_words(word, vocabulary, limit)
    assert len(near) <= max(limit, 0)
    assert len(set(near)) == len(near)
    assert word not in near
    assert set(near) <= {other for other, count in vocabulary if count}


spelt = st.sampled_from([word for word in sorted(VOCABULARY) if re.fullmatch(r"\D{3,}", word)])


@given(spelt, st.integers(0, 9), st.integers(0, 1), st.sampled_from(["", "吃", "x"]))
@settings(deadline=None)
def test_a_slip_of_one_character_is_mended(word: str, at: int, left_out: int, added: str) -> None:
    typed = word[:at] + added + word[at + left_out :]
    assert typed == word or word in near_words(typed, VOCABULARY.items(), 9)


@given(spelt, st.integers(0, 9))
@settings(deadline=None)
def test_two_neighbours_swapped_are_mended(word: str, at: int) -> None:
    typed = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    assert typed == word or word in near_words(typed, VOCABULARY.items(), 9)
