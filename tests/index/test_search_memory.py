"""What is remembered of rows for later searches is what they say, and has a bound."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rowsondisk import on_disk

from gongwen.index import text_rows
from gongwen.index.columns import Rows
from gongwen.index.engine import Entry
from gongwen.index.query import Text
from gongwen.index.search_memory import Memory, Occurrences

TEXTS = ["依法行政执法", "执法𠀀检查", "法治", "行政执法行政", "普法"] * 5


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return on_disk(
        tmp_path,
        [
            Entry(
                id=number, text=text, words=(), topics=(), role="", kind="sentence", report="a",
                region="", year="2020", probability=1.0, heading="",
            )
            for number, text in enumerate(TEXTS, 1)
        ],
    )  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 5, 7, 64, 1 << 18])
@pytest.mark.parametrize("pattern", ["执法", "[行普].", "(?=(法.))", "𠀀", "无"])
def test_strings_are_the_same_however_the_text_is_cut(
    rows: Rows, pattern: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "_PATTERN_CHUNK_UNITS", size)
    expected = Counter(found for text in TEXTS for found in re.findall(pattern, text))
    asked = re.compile(pattern)
    first = rows.strings(asked)
    assert first == expected
    first["changed by the caller"] += 1
    assert rows.strings(asked) == expected


def test_patterns_that_are_remembered_have_a_bound() -> None:
    memory = Memory()
    patterns, strings = memory.MOST_STRINGS
    memory.keep_strings("many", Counter(map(str, range(strings + 1))))
    assert not memory.strings
    for number in range(patterns + 1):
        memory.keep_strings(str(number), Counter("ab"))
    assert set(memory.strings) == {str(patterns)}


def test_a_scan_is_made_once_and_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scanned: list[str] = []

    def scan(text: Text) -> Occurrences:
        scanned.append(text.text)
        return Occurrences(np.zeros(len(text.text), np.int64), np.zeros(0, np.int64))

    monkeypatch.setattr(Memory, "MOST_OCCURRENCES", (3, 6))
    memory = Memory()
    for name in ("ab", "cd", "ab", "cd", "efg", "ab", "too long", "too long"):
        assert len(memory.occurrences(Text(name), scan).rows) == len(name)
    # The third has no room beside the two, and what has none by itself is never kept.
    assert scanned == ["ab", "cd", "efg", "ab", "too long", "too long"]
    # A string is another one when it is looked for in another way.
    memory.occurrences(Text("ab", whole=True), scan)
    memory.occurrences(Text("ab", verbatim=True), scan)
    assert scanned[-2:] == ["ab", "ab"]


def test_what_searches_share_cannot_be_changed(rows: Rows) -> None:
    found = rows.memory.occurrences(Text("执法"), rows.occurrences)
    with pytest.raises(ValueError, match="read-only"):
        found.rows[0] = 7
    assert rows.memory.occurrences(Text("执法"), rows.occurrences) is found


@pytest.mark.parametrize("pattern", ["执法", "[行普][政法]", "(?=(法[治𠀀]))", "执"])
@pytest.mark.parametrize("size", [3, 1 << 20])
def test_strings_that_begin_as_said_are_those_of_all_the_text(
    rows: Rows, pattern: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "_BEGINNING_CHUNK_UNITS", size)
    expected = Counter(found for text in TEXTS for found in re.findall(pattern, text))
    begins = [frozenset("执行普法"), frozenset("法政治𠀀")] if len(pattern) > 1 else [{"执"}]
    assert rows.strings(re.compile(pattern), begins) == expected
