"""Exact means exact: strings of the real reports against a plain scan, whatever the index went
through. Skipped where the reports are absent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
from engines import ENGINES, Bench, Opened
from oracle import PlainScan

from gongwen.index.engine import Entry, Retag
from gongwen.index.query import Text
from gongwen.nlp import parse_document
from gongwen.nlp.seeds import load_userdict, shipped
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.segmenter import JiebaSegmenter


class Extent(NamedTuple):
    """Of how many reports the sentences are, and how many strings are looked for in them."""

    every: int
    """Every how many-th report."""
    strings: int
    """Half of them begin or end inside a word."""


@pytest.fixture(
    scope="module",
    params=[Extent(6, 500), pytest.param(Extent(1, 10_000), marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def extent(request: pytest.FixtureRequest) -> Extent:
    found: Extent = request.param
    return found


@pytest.fixture(scope="module")
def entries(shared_reports: list[Path], extent: Extent) -> list[Entry]:
    """The sentences of reports, every third with the user dictionary, the others without."""
    cutters = (JiebaSegmenter(load_userdict(shipped("userdict.txt"))), JiebaSegmenter())
    made: list[Entry] = []
    for path in shared_reports[:: extent.every]:
        for s in parse_document(path.read_text("utf-8")).sentences:
            id_, text = len(made) + 1, squeeze(s.text)
            words = cutters[id_ % 3 > 0].cut(text)
            made.append(Entry(id_, text, words, (), s.role, s.kind, path.stem, "", ""))
    return made


@pytest.fixture(scope="module")
def strings(entries: list[Entry], extent: Extent) -> list[str]:
    """Strings of 1 to 40 characters, as they stand; every other one off the borders of words."""
    pick = random.Random(2026)
    split = JiebaSegmenter().split
    found: list[str] = []
    while len(found) < extent.strings:
        text = pick.choice(entries).text
        borders = set(accumulate(map(len, split(text)), initial=0))
        start = pick.randrange(len(text))
        end = min(len(text), start + pick.randint(1, 40))
        if ({start, end} <= borders) is not bool(len(found) % 2):
            found.append(text[start:end])
    return found


def check(engine: Opened, entries: Sequence[Entry], strings: Sequence[str]) -> None:
    """Recall and precision are 100 %: not one sentence too few or too many."""
    scan = PlainScan([entry.text for entry in entries])
    ids = [entry.id for entry in entries]
    for string in strings[:: engine.kind.one_of]:
        needle = Text(squeeze(string))
        wanted = sorted(ids[row] for row in scan.rows(needle))
        assert [*engine.ids(needle)] == wanted, string
        found = engine.search(needle, limit=3)
        assert engine.count(needle) == found.total == len(wanted), string
        assert set(found.ids) <= set(wanted), string


def test_the_sample_is_what_it_says(strings: list[str]) -> None:
    across = [s for s in strings if any(mark in s[1:-1] for mark in "。,、;:《》")]
    assert len(across) > len(strings) / 5
    assert min(map(len, strings)) == 1
    assert max(map(len, strings)) == 40


@pytest.fixture(params=[engine for engine in ENGINES if not engine.values[0].shared])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(request.param, tmp_path)
    if not made.open().capabilities.exact:
        pytest.skip("the engine finds words only")
    yield made
    made.end()


def test_every_string_is_found_whatever_the_index_went_through(
    bench: Bench, entries: list[Entry], strings: list[str], tmp_path: Path
) -> None:
    engine = bench.open()
    fifth = len(strings) // 5
    part: Callable[[int], list[str]] = lambda n: strings[n * fifth : (n + 1) * fifth]  # noqa: E731
    first, step = len(entries) * 2 // 3, len(entries) // 20
    engine.feed(entries[:first], (), 1)
    for n, start in enumerate(range(first, len(entries), step)):  # small steps, which are merged
        engine.feed(entries[start : start + step], (), 2 + n)
    check(engine, entries, part(0))

    gone = {e.id for e in entries if e.id % 7 == 3}
    engine.feed((), gone, 101)
    kept = [e for e in entries if e.id not in gone]
    check(engine, kept, part(1))

    engine.retag((Retag(e.id, ("other",), "plan") for e in kept[::2]), 102)
    check(engine, kept, part(2))

    again = [replace(e, words=list(e.text)) for e in entries if e.id in gone or e.id % 5 == 1]
    engine.feed(again, (), 103)  # what is back, and what is there in other words
    check(engine, entries, part(3))

    other = Bench(bench.kind, tmp_path / "fresh")
    fresh = other.open()
    fresh.feed(entries, (), 1)
    check(fresh, entries, part(4))
    other.end()
