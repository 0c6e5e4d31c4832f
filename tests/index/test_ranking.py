"""What makes a sentence lighter than another that matches as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongwen.index.engine import Entry
from gongwen.index.query import Text
from gongwen.index.scoring import SHORT_ROW_CHARACTERS
from gongwen.index.whoosh_engine import WhooshEngine


def order(folder: Path, *texts: str) -> list[int]:
    """Return the numbers of the texts, counted from 1, in the order in which they are found."""
    engine = WhooshEngine(folder)
    entries = [
        Entry(number, text, ["案件", *text[2:]], (), "achievement", "sentence", "r", "", "")
        for number, text in enumerate(texts, 1)
    ]
    engine.feed(entries, (), 1)
    return list(engine.search(Text("案件")).ids)


@pytest.mark.parametrize(
    ("characters", "lighter"),
    [
        (SHORT_ROW_CHARACTERS - 1, True),
        (SHORT_ROW_CHARACTERS, False),
        (SHORT_ROW_CHARACTERS + 1, False),
    ],
)
def test_a_sentence_of_under_ten_characters_is_lighter(
    tmp_path: Path, characters: int, lighter: bool
) -> None:
    """The shorter comes first by BM25 alone."""
    short = ("案件" + "甲乙丙丁戊己庚辛壬癸子丑")[:characters]
    longer = ("案件" + "寅卯辰巳午未申酉戌亥天地")[: SHORT_ROW_CHARACTERS + 2]
    assert order(tmp_path / "index", short, longer) == ([2, 1] if lighter else [1, 2])
