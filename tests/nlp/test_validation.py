"""What is no text is dropped with its places known; what would steer a terminal is shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.validation import (
    CONTROL,
    LINE_END,
    UNDECODABLE,
    UNPRINTABLE,
    Cleaned,
    clean_line,
    clean_text,
    json_visible,
    visible,
)

NASTY = st.text(
    st.sampled_from(
        "甲乙 \t\n\r\v\f\0\x07\x1b\x7f\x85\x9b\u200f\u2028\u202e\ufeff\ufffd\ud800\U0001f600"
    )
)


@given(NASTY)
def test_an_import_drops_what_reading_a_file_drops(raw: str) -> None:
    assert clean_text(raw) == CONTROL.sub("", UNDECODABLE.sub("", LINE_END.sub("\n", raw)))


@given(NASTY, st.data())
def test_the_places_of_characters_are_known(raw: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    cleaned = Cleaned(raw)
    assert cleaned.place(len(raw)) == len(cleaned.text)
    part = cleaned.text[cleaned.place(start) : cleaned.place(end)]
    if raw[end - 1 : end + 1] != "\r\n" and raw[start - 1 : start + 1] != "\r\n":
        assert part == clean_text(raw[start:end])


@given(NASTY)
def test_a_line_is_one_line_and_stays_so(raw: str) -> None:
    line = clean_line(raw)
    assert clean_line(line) == line
    assert len(line.splitlines()) <= 1
    assert not UNDECODABLE.search(line)
    assert not CONTROL.search(line)
    line.encode()


@pytest.mark.parametrize("line", ["", "甲 乙", " 甲　乙 ", "ئۇيغۇر\u200fچە", "x" * 5])
def test_a_clean_line_is_not_touched(line: str) -> None:
    assert clean_line(line) == line


@given(NASTY)
def test_what_is_shown_steers_nothing(raw: str) -> None:
    assert not set(UNPRINTABLE.findall(visible(raw))) - {"\n", "\t"}
    assert not UNPRINTABLE.search(visible(raw, lines=False))
    assert visible(visible(raw)) == visible(raw)
    visible(raw).encode()


@given(NASTY)
def test_json_says_the_same_and_steers_nothing(raw: str) -> None:
    shown = json_visible(json.dumps({raw: [raw]}, ensure_ascii=False))
    assert json.loads(shown) == {raw: [raw]}
    assert not UNPRINTABLE.search(shown)


def test_the_escapes() -> None:
    assert (
        visible("甲\x1b]0;\x07\x9b\u202e\udc80\t乙\n")
        == r"甲\x1b]0;\x07\x9b\u202e\udc80" + "\t乙\n"
    )
    assert visible("甲\n", lines=False) == "甲\\n"
