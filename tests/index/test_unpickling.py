"""Pickles in an index: what Whoosh writes is read, and nothing else is ever called."""

from __future__ import annotations

import os
import pickle
import pickletools
from collections import defaultdict
from pathlib import Path

import pytest
from whoosh.util.varints import varint

from gongwen.index.whoosh_postings import Postings, loads


class Planted:
    """Makes a folder when it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize(
    "value", [(1, b"a", 2.5, None), {"a": [1, 2]}, defaultdict(int, {"a": 1}), {1, 2}]
)
def test_what_an_index_holds_is_read(value: object) -> None:
    assert loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_planted_pickle_runs_nothing(tmp_path: Path, protocol: int) -> None:
    folder = tmp_path / "made"
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        loads(pickle.dumps(Planted(folder), protocol))
    assert not folder.exists()


def test_a_planted_index_is_not_opened(tmp_path: Path) -> None:
    postings = Postings(tmp_path / "index")
    postings.update([(1, ["复议"])], lambda: ())
    postings.close()
    [toc] = (tmp_path / "index").glob("_MAIN_*.toc")
    data = toc.read_bytes()
    begin = data.index(b"\x80")
    end = begin + max(at for _, _, at in pickletools.genops(data[begin:]) if at is not None) + 1
    folder = tmp_path / "made"
    planted = pickle.dumps(Planted(folder), 2)
    before = data[: begin - len(varint(end - begin))]
    toc.write_bytes(before + varint(len(planted)) + planted + data[end:])
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        Postings(tmp_path / "index", create=False)
    assert not folder.exists()
