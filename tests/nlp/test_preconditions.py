"""What is looked at first, to save a slower look, hides nothing that the slower look would find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import parse_document
from gongwen.nlp.figures import mentions, words
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.numerals import in_digits
from gongwen.readers import mojibake


@pytest.fixture(scope="module")
def texts(shared_reports: list[Path]) -> list[str]:
    """Sentences of some real reports."""
    reports = [path.read_text("utf-8") for path in shared_reports[::6]]
    return [s.text for report in reports for s in parse_document(report).sentences]


@cache
def tails() -> re.Pattern[str]:
    return re.compile(words.tails())


def assert_same_tail(text: str, start: int, end: int) -> None:
    plain = tails().search(text, start, end)
    found = words.end_words().search(text, start, end)
    assert (plain and plain.span()) == (found and found.span("tail"))
    assert found is None or found.start() == found.start("tail") < found.end("tail")


def test_the_end_of_a_phrase_is_found_in_reports(texts: list[str]) -> None:
    random = Random(19)
    for text in texts:
        line = in_digits(squeeze(text))
        for end in random.sample(range(len(line) + 1), 1):
            assert_same_tail(line, max(0, end - 24), end)


def characters_of(*patterns: str) -> str:
    return "".join(sorted({c for p in patterns for c in p if c > "\x7f" or c.isdigit()}))


@settings(deadline=None)
@given(st.data())
def test_the_end_of_a_phrase_is_found_in_any_text(data: st.DataObject) -> None:
    listed = words.INDICATORS.texts("end", "end-change")
    pieces = st.one_of(
        st.sampled_from(listed), st.text(st.sampled_from(characters_of(words.tails()) + ",;。"))
    )
    text = "".join(data.draw(st.lists(pieces, max_size=6)))
    assert_same_tail(text, 0, len(text))


def may_hold_number(text: str) -> bool:
    """Say the same as ``mentions._PROMISING``, with a look at every word at each character."""
    words_of_none = mentions._NO_NUMBER
    numerals = mentions._NUMERALS
    return bool(re.match(rf"(?:{words_of_none}|[^{numerals}])*+[{numerals}]", text))


def test_no_number_is_passed_over_in_reports(texts: list[str]) -> None:
    for text in texts:
        assert bool(mentions._PROMISING.match(text)) == may_hold_number(text)


@given(st.text(st.sampled_from(characters_of(mentions._NO_NUMBER) + "12()年办，"), max_size=12))
def test_no_number_is_passed_over_in_any_text(text: str) -> None:
    assert bool(mentions._PROMISING.match(text)) == may_hold_number(text)


def verdicts(text: str) -> Iterator[bool]:
    for line in text.split("\n"):
        yield mojibake._is_doubtful(line)
        yield mojibake.reads_wrong(line)


@settings(deadline=None)
@given(data=st.data())
def test_no_text_that_reads_wrong_is_passed_over(data: st.DataObject, seed_text: str) -> None:
    piece = st.text(st.sampled_from(seed_text), max_size=40)
    wrong = st.tuples(
        piece, st.sampled_from([("utf-8", "gb18030"), ("gb18030", "cp1252"), ("cp950", "gb18030")])
    ).map(lambda made: made[0].encode(made[1][0], "ignore").decode(made[1][1], "replace"))
    text = "".join(data.draw(st.lists(st.one_of(piece, wrong, st.text(max_size=6)), max_size=5)))
    found = list(verdicts(text))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mojibake, "_least_frequent_share", lambda _: -1.0)
        assert list(verdicts(text)) == found
