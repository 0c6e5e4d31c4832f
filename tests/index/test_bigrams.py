"""Specifies the table of bigrams: in how many rows each stands, and of a large index in which."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index import bigrams
from gongwen.index.bigrams import BigramTable, bigram_keys, write_bigrams
from gongwen.index.scan import join_texts, units_of

TEXTS = st.lists(st.text("执法改革7件a。 ", max_size=8), max_size=9)


def written(folder: Path, texts: list[str], with_rows: bool = True) -> BigramTable:
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    write_bigrams(folder, *join_texts(texts), with_rows)
    return BigramTable(folder)


def pairs(text: str) -> set[str]:
    return {a + b for a, b in pairwise(text)}


@given(TEXTS, st.integers(1, 10))
@settings(deadline=None)
def test_a_bigram_counts_once_a_row(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bigrams, "_CHUNK_ROWS", chunk)
        table = written(tmp_path_factory.mktemp("grams"), texts)
    held = Counter(pair for text in texts for pair in pairs(text))
    for pair in [*held, "没有", "执执"]:
        [count] = table.frequencies(bigram_keys(units_of(pair)))
        assert count == held[pair], pair
        rows = [row for row, text in enumerate(texts) if pair in pairs(text)]
        assert table.candidates(units_of(pair)).tolist() == rows


@given(TEXTS.filter(any), st.data())
@settings(deadline=None)
def test_the_rows_that_hold_a_string_are_among_its_candidates(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    table = written(tmp_path_factory.mktemp("grams"), texts)
    text = data.draw(st.sampled_from([t for t in texts if t]))
    start = data.draw(st.integers(0, len(text) - 1))
    string = text[start : start + data.draw(st.integers(2, 8))]
    if len(string) > 1:
        holding = {row for row, text in enumerate(texts) if string in text}
        assert holding <= set(table.candidates(units_of(string)).tolist())


def test_rows_are_kept_only_when_asked_for(tmp_path: Path) -> None:
    table = written(tmp_path / "grams", ["执法", "普法"], with_rows=False)
    assert not table.has_rows
    assert table.frequencies(bigram_keys(units_of("执法"))).tolist() == [1]
    assert table.frequencies(np.zeros(0, np.uint32)).tolist() == []


def test_characters_of_two_units(tmp_path: Path) -> None:
    table = written(tmp_path / "grams", ["𠮷野", "野𠮷"])
    assert table.candidates(units_of("𠮷野")).tolist() == [0]
    assert table.candidates(units_of("𠮷")).tolist() == [0, 1]
