"""What killed processes have left is removed, and nothing that another process has just written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import gongwen


@pytest.fixture
def home(tmp_path: Path) -> Path:
    report = tmp_path / "甲县.txt"
    report.write_text("甲县2020年工作总结\n办理行政复议案件4件。\n聘请法律顾问2名。\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(report)
    return tmp_path


def left(home: Path) -> list[str]:
    return sorted(p.name.partition("-")[0] for p in (home / "library" / "index").iterdir())


def test_a_writer_with_an_index_of_before_spares_the_one_that_replaced_it(home: Path) -> None:
    with gongwen.open(home / "library") as old, gongwen.open(home / "library") as other:
        assert old.search("复议").total == 1  # and has the index open
        other.reindex()
        assert [o.status for o in old.add(home / "甲县.txt")] == ["unchanged"]
        for library in (old, other):
            assert library.search("法律顾问 聘请").total == 1
            assert library.status()["problems"] == []
    with gongwen.open(home / "library") as library:
        assert library.search("法律顾问 聘请").total == 1
        assert library.status()["problems"] == []
    assert left(home) == ["manifest.json", "postings", "rows"]


@pytest.mark.parametrize("act", ["status", "add"])
def test_leftovers_go_when_somebody_looks_or_writes(home: Path, act: str) -> None:
    index = home / "library" / "index"
    shutil.copytree(next(index.glob("rows-*")), index / "rows-0-7")
    (index / "postings-dead").mkdir()
    (index / "manifest-next.json").write_text("{}", "utf-8")
    with gongwen.open(home / "library") as library:
        library.search("复议")
        assert len(left(home)) == 6  # a search removes nothing
        library.status() if act == "status" else library.add(home / "甲县.txt")
        assert left(home) == ["manifest.json", "postings", "rows"]
        assert library.search("复议").total == 1


def test_leftovers_stay_while_another_writes(home: Path) -> None:
    from gongwen.storage.lock import WriterLock

    index = home / "library" / "index"
    (index / "rows-9-1").mkdir()  # of the other, perhaps
    with gongwen.open(home / "library") as library, WriterLock(home / "library").held("add"):
        assert library.status()["problems"] == []
    assert (index / "rows-9-1").exists()
