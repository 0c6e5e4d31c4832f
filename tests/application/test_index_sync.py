"""What an engine is told of when the store has changed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from between import small_library, write

from gongwen import Library
from gongwen.index.engine import Capabilities, Entry, Retag
from gongwen.storage.index_sync import feed


class Told:
    """Keeps what an engine is told, in the place of one."""

    capabilities = Capabilities()

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.steps: list[tuple[str, int]] = []
        self.reports: list[set[str]] = []

    def retag(self, changes: Sequence[Retag], generation: int) -> None:
        assert changes
        self.steps.append(("retag", generation))
        self.generation = generation

    def feed(self, entries: Iterable[Entry], removed: object, generation: int) -> None:
        self.reports.append({entry.report for entry in entries})
        self.steps.append(("feed", generation))
        self.generation = generation


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with small_library(3) as opened:
        yield opened


def told(library: Library, generation: int, **options: Any) -> Told:
    engine = Told(generation)
    feed(engine, library._store, None, options.get("most", 1000), lambda *_: None)
    return engine


def test_tags_alone_are_one_step_and_nothing_is_cut(library: Library) -> None:
    before = library._store.generation
    library.correct("r000", 2, "enforcement")
    now = library._store.generation
    assert told(library, before).steps == [("retag", now)]


def test_tags_wait_for_what_was_removed_meanwhile(library: Library) -> None:
    before = library._store.generation
    library.correct("r000", 2, "oversight")
    library.remove("r002")
    now = library._store.generation
    assert told(library, before).steps == [("retag", before), ("feed", now)]


def test_tags_wait_for_what_was_added_meanwhile(library: Library) -> None:
    before = library._store.generation
    library.correct("r000", 2, "enforcement")
    library.add(write(library, 5, version=5))
    engine = told(library, before)
    assert engine.steps == [("retag", before), ("feed", library._store.generation)]
    assert engine.reports == [{"r005"}]


def test_an_engine_that_has_all_is_told_nothing(library: Library) -> None:
    assert told(library, library._store.generation).steps == []


def test_steps_hold_whole_reports(library: Library) -> None:
    library.add([write(library, slot, version=7) for slot in (0, 1)])
    engine = told(library, 0, most=1)
    assert [len(reports) for reports in engine.reports if reports] == [1, 1, 1]
    assert engine.generation == library._store.generation
