"""Specifies the table of bigrams: in how many rows each stands, as rows come and go."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index import bigrams
from gongwen.index.bigrams import BigramTable, bigram_keys
from gongwen.index.scan import join_texts, units_of

TEXTS = st.lists(st.text("执法改革7件a。 ", max_size=8), max_size=9)


def pairs(text: str) -> set[str]:
    return {a + b for a, b in pairwise(text)}


@given(st.lists(TEXTS, max_size=4), st.integers(1, 10), st.data())
@settings(deadline=None)
def test_a_bigram_counts_once_a_row(
    batches: list[list[str]], chunk: int, data: st.DataObject
) -> None:
    table, present = BigramTable.empty(), list[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bigrams, "_CHUNK_ROWS", chunk)
        for texts in batches:
            table = table.changed(*join_texts(texts), 1)
            present += texts
            gone = data.draw(st.sets(st.sampled_from(range(len(present))))) if present else set()
            table = table.changed(*join_texts([present[i] for i in sorted(gone)]), -1)
            present = [text for i, text in enumerate(present) if i not in gone]
    held = Counter(pair for text in present for pair in pairs(text))
    for pair in [*held, "没有", "执执"]:
        [count] = table.frequencies(bigram_keys(units_of(pair)))
        assert count == held[pair], pair
    assert (np.diff(table.keys.astype(np.int64)) > 0).all()
    assert table.counts.sum() == held.total()


def test_how_often_a_row_repeats_its_bigrams() -> None:
    table = BigramTable.empty().changed(*join_texts(["执法执法", "执法"]), 1)
    assert table.repetition(4) == 4 / 3
    assert BigramTable.empty().repetition(0) == 1.0
