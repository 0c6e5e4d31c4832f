"""Terms as numbers: which terms a text has, and where each of them stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.topics.features import term_keys, term_spans

TEXT = st.text(st.sampled_from("执法复议a1 🐼\0\x02") | st.characters(), max_size=12)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("法", 3), ("执法", 5), ("法法", 5), ("执法检查", 9)]
)
def test_every_character_every_pair_and_both_edges(text: str, count: int) -> None:
    rows, keys = term_keys([text], 0)
    assert len(keys) == len(rows) == count


def test_beginning_and_end_are_told_apart() -> None:
    (_, begins), (_, ends) = term_keys(["法律"], 0), term_keys(["律法"], 0)
    assert len(set(begins.tolist()) & set(ends.tolist())) == 2  # the characters alone


@given(TEXT, TEXT)
def test_a_key_stands_for_one_term(one: str, other: str) -> None:
    def characters(text: str) -> set[int]:
        return set(term_keys([text], 0)[1][: len(text)].tolist())

    assert len(characters(one) & characters(other)) == len(set(one) & set(other))


@given(st.lists(TEXT, max_size=5))
def test_places_are_in_the_order_of_keys(texts: list[str]) -> None:
    rows, keys = term_keys(texts, 1)
    for number, text in enumerate(texts):
        alone = term_keys([text], 1)[1]
        assert sorted(keys[rows == number].tolist()) == sorted(alone.tolist())
        assert len(term_spans(text)) == len(alone)


@given(TEXT.filter(bool))
def test_places_stay_within_the_text_and_name_their_term(text: str) -> None:
    by_term: dict[str, set[int]] = {}
    _, keys = term_keys([text], 0)
    for place, key in zip(term_spans(text), keys.tolist(), strict=True):
        assert place.start >= 0 and place.start + place.length <= len(text)
        if place.length == 2:
            by_term.setdefault(text[place.start : place.start + 2], set()).add(key)
    assert all(len(found) == 1 for found in by_term.values())


def test_words_follow_each_other() -> None:
    words = ["行政", "执法", "，", "检查"]
    _, keys = term_keys([words], 0)
    assert len(keys) == len(set(keys.tolist())) == 4
    assert [(p.start, p.length) for p in term_spans(words)] == [(0, 2), (2, 2), (4, 1), (5, 2)]


def test_words_and_characters_never_meet() -> None:
    words, characters = term_keys([["法"]], 0)[1], term_keys(["法"], 0)[1]
    assert not set(words.tolist()) & set(characters.tolist())
    assert not set(words.tolist()) & set(term_keys([["法"]], 1)[1].tolist())
