"""A hash table finds what a dictionary finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.topics.features import KeyTable

# Multiples of one number fall together in small tables.
KEYS = st.integers(0, 2**64 - 1) | st.integers(0, 60).map(lambda n: n << 58)


@given(st.lists(KEYS, unique=True, max_size=80), st.lists(KEYS, max_size=80))
def test_it_finds_what_a_dictionary_finds(keys: list[int], others: list[int]) -> None:
    table = KeyTable(np.array(keys, np.uint64))
    wanted = [*others, *keys, *others]
    places = {key: place for place, key in enumerate(keys)}
    found = table.find(np.array(wanted, np.uint64)).tolist()
    assert found == [places.get(key, -1) for key in wanted]


def test_many_keys() -> None:
    rng = np.random.default_rng(0)
    keys = np.unique(rng.integers(0, 2**63, 100_000, dtype=np.uint64))
    assert (KeyTable(keys).find(keys) == np.arange(len(keys))).all()
