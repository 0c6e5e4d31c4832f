"""A string is found in one sentence exactly where it is found in the joined text of all rows."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gongwen.index.matching import Highlighter, spans
from gongwen.index.query import Text
from gongwen.index.scan import find, join_texts
from gongwen.index.sentence_spans import Sentence, SpanFinder, find_spans
from gongwen.index.term_dictionary import TermDictionary

PIECES = st.sampled_from([*"0123,.ab法规件", "1,236", "90.72", "iso", "𠀀"])
STRINGS = st.lists(PIECES, max_size=8).map("".join)


@given(text=STRINGS, string=STRINGS, whole=st.booleans(), open_end=st.booleans())
@example("1,2367", "236", True, False)
@example("1,236", ",236", False, False)
@example("90.72", "90", True, False)
@example("𠀀7件", "7件", True, False)
@example("isoab", "iso", True, True)
def test_one_sentence_and_joined_text_agree(
    text: str, string: str, whole: bool, open_end: bool
) -> None:
    """With marks as they are, for which NumPy and ``str`` have each their own rule of tokens."""
    needle = Text(string, whole, open_end, verbatim=True)
    units, starts = join_texts([text])
    offsets = find(units, needle) - starts[0]
    wide = [0]
    for char in text:
        wide.append(wide[-1] + (2 if char > "\uffff" else 1))
    expected = [wide.index(at) for at in offsets.tolist()]
    literal = [start for start, end in find_spans(text, needle) if text[start:end] == string]
    assert literal == expected


@given(text=STRINGS, strings=st.lists(STRINGS, max_size=4), whole=st.booleans())
def test_strings_that_are_prepared_once_give_the_same(
    text: str, strings: list[str], whole: bool
) -> None:
    needles = [Text(string, whole) for string in strings]
    finders, sentence = [SpanFinder(needle) for needle in needles], Sentence(text)
    for needle, finder in zip(needles, finders, strict=True):
        assert finder.spans(sentence) == find_spans(text, needle)
        assert finder.spans(sentence) == finder.spans(Sentence(text))
    assert Highlighter(needles).marked(text) == (spans(text, needles), ())


VIA = [
    # (sentence, strings as (text, what it stands for), synonyms by which it matches)
    ("开展普法教育", [("普法", "法制宣传")], ("普法",)),
    ("开展法制宣传和普法", [("普法", "法制宣传")], ()),
    ("开展法制宣传", [("法制宣传", ""), ("普法", "法制宣传")], ()),
    ("开展普法、法宣", [("普法", "法制宣传"), ("法宣", "法制宣传")], ("普法", "法宣")),
    ("开展教育", [("普法", "法制宣传")], ()),
    ("开展普法教育", [("普法", "")], ()),
]


@pytest.mark.parametrize(("text", "strings", "via"), VIA)
def test_synonyms_by_which_a_sentence_matches(
    text: str, strings: list[tuple[str, str]], via: tuple[str, ...]
) -> None:
    needles = [Text(string, whole=True, stands_for=typed) for string, typed in strings]
    marked, found = Highlighter(needles).marked(text)
    assert found == via
    assert marked == spans(text, needles)


LIKELY = [
    # (word, words that may be near)
    ("法制", ["法治", "法制", "制法"]),
    ("ppq", ["ppp", "pq"]),
    ("量子", []),
    ("𠀀法", ["𠀀法"]),
]


@pytest.mark.parametrize(("word", "expected"), LIKELY)
def test_likely_words(word: str, expected: list[str]) -> None:
    words = TermDictionary.of(
        dict.fromkeys(["法治", "法制", "制法", "县", "ppp", "pq", "𠀀法", "发展"], 1)
    )
    found = words.likely(len(word), frozenset(word), frozenset(word[0]), 2)
    assert [other for other, _ in found] == expected


@given(
    st.dictionaries(STRINGS, st.integers(1, 9), max_size=12),
    st.text("0123,.ab法规件𠀀", min_size=2),
)
def test_no_word_that_is_near_is_left_out(known: dict[str, int], word: str) -> None:
    likely = dict(
        TermDictionary.of(known).likely(
            len(word), frozenset(word), frozenset(word[0]), len({*word[:2]})
        )
    )
    for other, count in known.items():
        shares = len({*word} & {*other}) >= len({*word[:2]})
        begins = len(other) == len(word) and other[:1] == word[0]
        if len(other) > 1 and (shares or begins or {*other} <= {*word}):
            assert likely[other] == count


def test_a_list_without_words() -> None:
    assert (
        list(TermDictionary.of({}))
        == list(TermDictionary.of({"县": 2}).likely(2, {"县"}, {"县"}, 1))
        == []
    )
