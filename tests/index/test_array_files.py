"""Specifies the files of arrays: logs that grow under their readers, states, checksums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.array_files import (
    Extent,
    append,
    find_damage,
    map_log,
    read_state,
    write_state,
)

NUMBERS = st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20)
PADDING = b"\n" * 16


@given(st.lists(st.tuples(NUMBERS, st.booleans()), max_size=8), st.booleans())
@settings(deadline=None)
def test_a_log_has_what_was_added_whatever_died_writers_left(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[list[int], bool]], padded: bool
) -> None:
    path = tmp_path_factory.mktemp("logs") / "a.log"
    padding = PADDING if padded else b""
    extent = append(path, np.zeros(0, "<i4"), Extent(), padding)
    readers, expected = [], list[int]()
    for numbers, dies in parts:
        added = append(path, np.array(numbers, "<i4"), extent, padding)
        if not dies:
            extent, expected = added, expected + numbers
            readers.append((map_log(path, "<i4", extent), list(expected)))
    for mapped, items in readers:  # also those who opened it long ago
        assert mapped.tolist() == items
    name = {path.name: extent}
    assert find_damage(path.parent, name, {path.name: len(padding)}) == []
    if expected:
        data = bytearray(path.read_bytes())
        data[extent.bytes // 2] ^= 1
        path.write_bytes(data)
        assert find_damage(path.parent, name, {path.name: len(padding)})


def test_a_log_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    extent = append(path, np.arange(10, dtype="<i4"), Extent(), PADDING)
    assert len(map_log(path, "<i4", extent, len(PADDING))) == 14
    path.write_bytes(path.read_bytes()[:39])
    with pytest.raises(ValueError, match="too short"):
        map_log(path, "<i4", extent)
    assert find_damage(tmp_path, {"a.log": extent, "b.log": extent}, {}) == [
        f"{path}: damaged; run gongwen reindex",
        f"{tmp_path / 'b.log'}: cannot be read (No such file or directory); run gongwen reindex",
    ]


@given(st.dictionaries(st.sampled_from(["a", "b_c", "dead"]), NUMBERS))
@settings(deadline=None)
def test_a_state_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, list[int]]
) -> None:
    path = tmp_path_factory.mktemp("state") / "state.bin"
    types = {"a": "<u4", "b_c": "<i8", "dead": "|u1"}
    written = {name: np.array(v, "<i8").astype(types[name]) for name, v in arrays.items()}
    read = read_state(path, write_state(path, written))
    assert {n: (a.dtype.str, a.tolist()) for n, a in read.items()} == {
        n: (a.dtype.str, a.tolist()) for n, a in written.items()
    }
    for array in read.values():
        with pytest.raises(ValueError, match="read-only"):
            array += 1
