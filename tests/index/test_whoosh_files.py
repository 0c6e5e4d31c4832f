"""The files of the default engine: what a process that dies leaves, and what damage is called."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_cases import AFTER, ALL, ENTRIES, NEW, Death, assert_finds, entry, retagged, words

from gongwen.index import row_files
from gongwen.index.engine import Retag
from gongwen.index.query import Filter, Run, Text
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import IndexLostError

MANIFEST = "manifest.json"

FAULTS: list[tuple[str, Any, str]] = [
    ("rows half written", row_files, "append"),
    ("state not written", row_files, "write_state"),
    ("manifest not written", Path, "write_text"),
    ("manifest not put in place", Path, "replace"),
]


DIES_AT = MANIFEST, "digits.u2", "tags-1.log", "state-"


def die_in(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let writing the rows or the manifest end the feed."""
    original = getattr(owner, name)

    def dying(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.name.startswith(DIES_AT):
            raise Death
        return original(self, *args, **kwargs)

    patch.setattr(owner, name, dying)


@pytest.mark.parametrize(("owner", "name"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
@pytest.mark.parametrize("first", [True, False], ids=["first feed", "later feed"])
@pytest.mark.parametrize("reopen", [True, False], ids=["died", "failed"])
def test_feed_that_ends_between_postings_and_manifest_is_healed_by_the_next(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    first: bool,
    reopen: bool,
) -> None:
    folder = tmp_path / "index"
    engine = WhooshEngine(folder)
    before = [] if first else ENTRIES
    if not first:
        engine.feed(ENTRIES, (), 1)
    with monkeypatch.context() as patch:
        die_in(patch, owner, name)
        with pytest.raises(Death):
            engine.feed(NEW, [3], 2)

    if reopen:
        engine.close()
        engine = WhooshEngine(folder)
    assert engine.generation == (0 if first else 1)
    assert_finds(engine, before, ALL)

    # The same changes and, as more may have happened meanwhile, one more and one taken back.
    last = entry(400, "最后 一个 案件 9件")
    engine.feed([*NEW[:-1], last], [3], 3)
    wanted = [*NEW[:-1], last] if first else [*AFTER[:-1], last]
    fresh = WhooshEngine(tmp_path / "fresh")
    fresh.feed(wanted, (), 3)
    for one in (engine, WhooshEngine(folder)):
        assert one.generation == 3
        assert_finds(one, wanted, [*ALL, Text("最后")])
        assert one.total_words == fresh.total_words
        assert [one.search(q, limit=90) for q in ALL] == [fresh.search(q, limit=90) for q in ALL]
        one.close()
    fresh.close()


@pytest.mark.parametrize(
    ("owner", "name"),
    [f[1:] for f in FAULTS if f[2] != "write_state"],
    ids=[f[0] for f in FAULTS if f[2] != "write_state"],
)
def test_retagging_that_dies_leaves_the_old_tags_and_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.feed(ENTRIES, (), 1)
    changes = [Retag(4, ("other",), "plan")]
    with monkeypatch.context() as patch:
        die_in(patch, owner, name)
        with pytest.raises(Death):
            engine.retag(changes, 2)
    again = WhooshEngine(tmp_path / "index")
    for one in (engine, again):
        assert one.generation == 1
        assert_finds(one, ENTRIES, ALL)
    again.retag(changes, 2)
    assert_finds(again, retagged(ENTRIES, changes), [*ALL, Filter("topic", ("other",))])
    engine.close()
    again.close()


DAMAGED: list[tuple[str, bytes, str]] = [
    ("empty", b"", "damaged"),
    ("cut off", b'{"format": 3, "gener', "damaged"),
    ("not JSON", b"manifest", "damaged"),
    ("not UTF-8", b"\xff\xfe{}", "damaged"),
    ("a list", b"[]", "damaged"),
    ("null", b"null", "damaged"),
    ("a number", b"1", "damaged"),
    ("no format", b"{}", "damaged"),
    ("format is no number", b'{"format": "one", "generation": 1}', "damaged"),
    ("an older format", b'{"format": 1, "generation": 1}', "format 1"),
    ("a newer format", b'{"format": 7, "generation": 1}', "format 7"),
    ("rows are no part", b'{"format": 6, "generation": 1, "build": "b", "rows": "r"}', "damaged"),
    ("no generation", b'{"format": 3}', "damaged"),
    ("generation is no number", b'{"format": 3, "generation": "one"}', "damaged"),
    ("rows are no name", b'{"format": 3, "generation": 1, "rows": 7}', "damaged"),
    ("no postings", b'{"format": 3, "generation": 1, "rows": "rows-1-1"}', "damaged"),
    (
        "postings that are not there",
        b'{"format": 3, "generation": 1, "rows": "rows-1-1", "build": "postings-0", "postings": 1}',
        "postings are lost",
    ),
]


@pytest.mark.parametrize(("content", "says"), [d[1:] for d in DAMAGED], ids=[d[0] for d in DAMAGED])
def test_damaged_manifest_is_a_library_error_that_says_what_to_do(
    tmp_path: Path, content: bytes, says: str
) -> None:
    engine = WhooshEngine(tmp_path)
    engine.feed(ENTRIES, (), 1)
    engine.close()
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(IndexLostError, match=f"{says}.*run gongwen reindex") as caught:
        _ = WhooshEngine(tmp_path).generation
    assert "\n" not in str(caught.value)


CANNOT_BE: list[tuple[str, tuple[Any, ...], Any]] = [
    ("endless generation", ("generation",), float("inf")),
    ("negative words", ("words",), -1),
    ("words in a string", ("words",), "7"),
    ("endless postings", ("postings",), float("inf")),
    ("postings outside", ("build",), ".."),
    ("postings in the index itself", ("build",), ""),
    ("NUL in a name", ("build",), "postings-\0"),
    ("file of postings without a size", ("files",), {"postings-1/a": 7}),
    ("file of postings outside", ("files",), {"../../a": [1, 1]}),
    ("rows outside", ("rows", "folder"), ".."),
    ("rows in the index itself", ("rows", "folder"), ""),
    ("rows in the postings", ("rows", "folder"), "postings-1"),
    ("tags outside", ("rows", "tags"), ".."),
    ("tags without a number", ("rows", "tags"), "tags.log"),
    ("state with a long name", ("rows", "state"), "state-1.bin" + "0" * 300),
    ("negative serial", ("rows", "serial"), -1),
    ("endless serial", ("rows", "serial"), float("inf")),
    ("negative extent", ("rows", "files", "text.u2", 0), -(10**9)),
    ("huge extent", ("rows", "files", "rows.log", 0), 10**30),
    ("extent in a string", ("rows", "files", "text.u2"), ""),
    ("text of no rows", ("rows", "files", "bare.u2"), [0, 0]),
    ("fewer tags than rows", ("rows", "files", "tags-0.log"), [12, 0]),
]


@pytest.mark.parametrize(
    ("path", "value"), [c[1:] for c in CANNOT_BE], ids=[c[0] for c in CANNOT_BE]
)
def test_manifest_with_values_that_cannot_be_is_a_library_error(
    tmp_path: Path, path: tuple[Any, ...], value: Any
) -> None:
    folder = tmp_path / "index"
    WhooshEngine(folder).feed(ENTRIES, (), 1)
    manifest = part = json.loads((folder / MANIFEST).read_text("utf-8"))
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(IndexLostError, match="run gongwen reindex") as caught:
        WhooshEngine(folder)
    assert "\n" not in str(caught.value)


def test_deeply_nested_manifest_is_a_library_error(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"format": ' + "[" * 100_000, "utf-8")
    with pytest.raises(IndexLostError, match="manifest is damaged"):
        WhooshEngine(tmp_path)


def test_rows_that_are_not_there_are_a_library_error(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    engine.feed(ENTRIES, (), 1)
    engine.close()
    manifest = json.loads((tmp_path / MANIFEST).read_text("utf-8"))
    rows = manifest["rows"] | {"folder": "rows-9-9"}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest | {"rows": rows}), "utf-8")
    with pytest.raises(IndexLostError, match=r"rows cannot be read.*run gongwen reindex"):
        WhooshEngine(tmp_path)


def test_postings_that_cannot_be_read_are_a_library_error(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    engine.feed(ENTRIES, (), 1)
    engine.close()
    for segment in tmp_path.glob("postings-*/*.seg"):
        segment.write_bytes(segment.read_bytes()[:50])
    damaged = WhooshEngine(tmp_path)
    assert damaged.search(Text("案件")).total == 4  # an exact string asks for no words
    with pytest.raises(IndexLostError, match=r"postings cannot be read.*run gongwen"):
        damaged.search(Run("案件", words("案件")))
    assert any(".seg: damaged; run gongwen reindex" in problem for problem in damaged.verify())
    damaged.close()


def test_reader_does_not_take_the_postings_of_a_later_build_for_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    WhooshEngine(folder).feed(ENTRIES[:3], (), 1)
    reader = WhooshEngine(folder)
    assert reader.search(Text("案件")).ids == [3]  # the postings are not open yet
    shutil.rmtree(folder)
    WhooshEngine(folder).feed(ENTRIES, (), 1)
    with pytest.raises(IndexLostError):
        reader.search(Run("案件", words("案件")))


def test_manifest_names_the_only_rows_there_are(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    for generation, e in enumerate(ENTRIES, 1):
        engine.feed([e], (), generation)
    named = json.loads((tmp_path / MANIFEST).read_text("utf-8"))["rows"]
    [folder] = tmp_path.glob("rows-*")
    assert folder.name == named["folder"]
    assert {path.name for path in folder.iterdir()} == set(named["files"])
    engine.close()


def test_what_is_known_of_reports_is_written_once(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    engine.feed([replace(ENTRIES[0], report="a", region="东县", year="2020")], (), 1)
    [values] = tmp_path.glob("rows-*/values.jsonl")
    size = values.stat().st_size
    for number in range(5):
        engine.feed(
            [replace(ENTRIES[0], id=900 + number, report="a", region="东县", year="2020")], (), 2
        )
    assert values.stat().st_size == size
    engine.feed([replace(ENTRIES[0], id=990, report="a", region="西县", year="2021")], (), 3)
    assert WhooshEngine(tmp_path).search(Filter("region", ("西县",))).total == 7


def test_names_with_half_a_character_are_kept(tmp_path: Path) -> None:
    odd = replace(
        ENTRIES[0], topics=("\ud800",), heading="\udfff", region="\ud800", report="\udcff"
    )
    WhooshEngine(tmp_path).feed([odd], (), 1)
    reader = WhooshEngine(tmp_path)
    assert reader.compare([odd]) == []
    assert reader.search(Filter("topic", ("\ud800",))).ids == [odd.id]
