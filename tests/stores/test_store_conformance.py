"""Every store keeps reports, tags and corrections alike: a file, and a server of PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server
from store_contents import AT, TAXONOMY, TOPICS, correction, new_report, picture, put

from gongwen.ingest.restoring import find_entries, restore_entries
from gongwen.nlp.errors import LibraryError
from gongwen.nlp.records import Tag
from gongwen.results import Similar, TagChange
from gongwen.storage.new_reports import FileContent, Restored
from gongwen.storage.store import Store
from gongwen.storage.undone import TakenBack, Uncorrected

from .conftest import KINDS, report

Open = Callable[..., Store]


@pytest.fixture
def stores(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Store]]:
    """A function that makes an empty store of a kind."""
    made: list[Store] = []

    def make(kind: str, name: str = "") -> Store:
        address = ""
        if kind == "postgres":
            server: Server = request.getfixturevalue("postgres")
            address = server.address_for(tmp_path / name)
        made.append(Store(tmp_path / f"{kind}{name}", True, address=address))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Store:
    return stores(request.param)


def filled(store: Store) -> Store:
    put(store, new_report("甲县", report("甲县", 4)))
    put(store, new_report("乙县", report("乙县", 5), similar=[Similar("甲县", 0.5, 0.75)]))
    return store


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.generation == 0
    assert len(store.id) == 32
    assert store.reports() == []
    assert store.report_ids() == []
    assert store.count_sentences() == 0
    assert not store.stale
    assert not store.read_only
    assert list(store.problems()) == []


def test_what_is_put_is_read(store: Store) -> None:
    new = new_report("甲县", report("甲县", 4), title="手写的")
    assert put(store, new) == ["甲县"]
    [kept] = store.reports()
    assert (kept.id, kept.region, kept.year, kept.notes) == ("甲县", "甲县", 2021, ("一条说明",))
    assert kept.sentences == len(new.document.sentences)
    assert store.text("甲县") == new.document.text
    sentences = store.sentences_of("甲县")
    assert [s.text for s in sentences] == [s.text for s in new.document.sentences]
    assert [(s.topic, s.also) for s in sentences] == [(t.topic, t.also) for t in new.tags]
    assert [s.probability for s in sentences] == [round(t.probability, 4) for t in new.tags]
    assert store.sentences([s.id for s in reversed(sentences)]) == sentences[::-1]
    assert store.sentences([10**12, sentences[0].id]) == sentences[:1]
    assert [s.n for s in store.sentences_of("甲县", 2, 3)] == [2, 3]
    assert store.sources.said("甲县") == {"title": "手写的"}
    assert store.sources.stated("甲县") == {"title": "文件题名"}
    assert store.generation == 1


@pytest.mark.parametrize("name", ["", "没有", "a\0b", "\ud800", "%s", "?1", "x" * 5000, "'; DROP"])
def test_a_report_that_is_not_there_is_not_found(store: Store, name: str) -> None:
    filled(store)
    assert not store.has_report(name)
    assert store.has_report("甲县")


def test_a_name_that_is_taken_gets_a_number(store: Store) -> None:
    assert put(store, new_report("甲县", report("甲县", 4))) == ["甲县"]
    other = new_report("甲县", report("乙县", 4), source="/y/甲县.txt")
    assert put(store, other) == ["甲县-2"]


def test_order_is_that_of_the_bytes(store: Store) -> None:
    names = ["b", "B", "a-b", "a_b", "aB", "Ä", "z", "é", "中", "丙", "𠀀", "１", "1", "-", "_"]
    for name in names:
        put(store, new_report(name, report("甲县", 4), source=f"/x/{name}"))
    ordered = sorted(names, key=str.encode)
    assert store.report_ids() == ordered
    assert [r.id for r in store.reports()] == ordered
    assert list(store.report_fields(["title"])) == ordered
    assert list(dict.fromkeys(s.report for s in store.all_sentences())) == ordered


def test_a_file_that_is_put_again_replaces_its_reports(store: Store) -> None:
    first, second = (new_report(n, report(n, 4), source=f"/x/f#{n}") for n in ("甲县", "乙县"))
    put(store, first, second, file="/x/f")
    before = {s.id for s in store.sentences_of("甲县")}
    store.tags.correct(store.sentences_of("甲县")[3].id,
                       correction("甲县", 4, store.sentences_of("甲县")[3].text))  # fmt: skip
    changed = new_report("甲县", report("甲县", 9), source="/x/f#甲县")
    content = FileContent("/x/f", "cd" * 32, [changed], [])
    assert store.put(content, TAXONOMY) == [("甲县", True)]
    assert store.report_ids() == ["甲县"]
    assert "9件" in store.text("甲县")
    assert not before & {s.id for s in store.sentences_of("甲县")}
    assert set(store.removed(0, store.generation)) >= before
    assert store.sources.of_file("/x/f") == {"甲县": "cd" * 32}
    assert sum(s.corrected for s in store.sentences_of("甲县")) in (0, 1)


def test_a_correction_stays_with_its_text(store: Store) -> None:
    filled(store)
    kept = next(s for s in store.sentences_of("甲县") if "法律顾问" in s.text)
    store.tags.correct(kept.id, correction("甲县", kept.n, kept.text, also=("oversight",)))
    put(store, new_report("甲县", report("甲县", 8)))
    again = next(s for s in store.sentences_of("甲县") if "法律顾问" in s.text)
    assert (again.topic, again.also, again.corrected) == ("enforcement", ("oversight",), True)
    assert again.probability == 1.0
    assert store.tags.count_corrections() == 1


def test_copies_are_further_sources(store: Store) -> None:
    filled(store)
    store.sources.add_copies("/y/甲", "ef" * 32, [("甲县", "/y/甲")])
    store.sources.add_copies("/y/甲", "cd" * 32, [("甲县", "/y/甲")])  # once more
    assert store.sources.copies(["甲县", "乙县"]) == {"甲县": ("/y/甲",)}
    assert store.sources.report_of_copy("/y/甲") == "甲县"
    assert store.sources.of_file("/y/甲") == {"甲县": "cd" * 32}
    assert store.sources.with_hash("cd" * 32) == [("甲县", "")]
    assert store.sources.with_hash("00" * 32) == []
    assert store.sources.count_copies() == 1
    assert store.reports(["甲县"])[0].copies == ("/y/甲",)
    kept = store.sources.kept("甲县")
    assert kept["copied"] == [{"source": "/y/甲", "file": "/y/甲", "sha256": "cd" * 32}]
    store.remove("甲县")
    assert store.sources.count_copies() == 0


def test_likeness_is_known_from_both_sides(store: Store) -> None:
    filled(store)
    assert store.sources.similar(["甲县", "乙县"]) == {
        "甲县": (Similar("乙县", 0.5, 0.75),),
        "乙县": (Similar("甲县", 0.5, 0.75),),
    }
    hashes = new_report("甲县", report("甲县", 4)).sketch
    shared = store.sources.sharing(hashes)
    assert shared["甲县"] == (len(set(hashes)), len(set(hashes)))
    assert set(shared) == {"甲县", "乙县"}
    assert store.sources.sharing([]) == {}
    store.remove("甲县")
    assert store.sources.similar(["乙县"]) == {}


def test_the_index_is_told_what_changed(store: Store) -> None:
    filled(store)
    assert list(store.steps(0, 1)) == [(0, 1), (1, 2)]
    assert list(store.steps(0, 10**6)) == [(0, 2)]
    pairs = list(store.changed(0, 1))
    assert [s.report for s, _ in pairs] == ["甲县"] * len(pairs)
    assert [s.id for s, _ in pairs] == sorted(s.id for s, _ in pairs)
    assert {r.id for _, r in pairs} == {"甲县"}
    assert store.count_changed(1) == len(store.sentences_of("乙县"))
    gone = [s.id for s in store.sentences_of("甲县")]
    store.remove("甲县")
    assert sorted(store.removed(2, 3)) == gone
    assert store.tags.changed(2) == []
    sentence = store.sentences_of("乙县")[1]
    store.tags.correct(sentence.id, correction("乙县", 2, sentence.text))
    assert [c[0] for c in store.tags.changed(3)] == [sentence.id]


def test_new_numbers_are_above_all_that_ever_were(store: Store) -> None:
    filled(store)
    before = [s.id for s in store.sentences_of("乙县")]
    store.remove("乙县")
    document = new_report("甲县", report("甲县", 4)).document
    store.describe("甲县", replace(document, region="丙县"), {"region": "丙县"}, [])
    after = [s.id for s in store.sentences_of("甲县")]
    assert min(after) > max(before)
    assert after == sorted(after)
    assert store.reports()[0].region == "丙县"
    put(store, new_report("乙县", report("乙县", 5)))
    assert min(s.id for s in store.sentences_of("乙县")) > max(after)


def test_tags_are_replaced_but_for_sentences_corrected_meanwhile(store: Store) -> None:
    filled(store)
    one, two = store.sentences_of("甲县")[2:4]
    changes = [TagChange(s, Tag("oversight", ("enforcement",), 0.25), 0) for s in (one, two)]
    store.tags.correct(one.id, correction("甲县", one.n, one.text, "reconsideration"))
    store.tags.retag(changes)
    first, second = store.sentences_of("甲县")[2:4]
    assert (first.topic, first.probability) == ("reconsideration", 1.0)
    assert (second.topic, second.also, second.probability) == ("oversight", ("enforcement",), 0.25)
    counts = store.tags.topic_counts(["none", *TOPICS])
    assert list(counts)[:4] == ["none", *TOPICS]
    assert counts["none"] == (0, 0)
    assert sum(primary for primary, _ in counts.values()) == store.count_sentences()


def test_corrections_are_taken_back(store: Store) -> None:
    filled(store)
    s = store.sentences_of("甲县")[3]
    store.tags.correct(s.id, correction("甲县", 4, s.text, "oversight", role="plan"))
    store.tags.correct(s.id, correction("甲县", 4, s.text, "enforcement", note="二"))
    numbers = list(store.tags.numbered("甲县"))
    assert len(numbers) == 2
    assert store.undo.number_of(s.id) == numbers[1]
    assert store.undo.corrected_by(numbers[1]) == [s.id]
    assert store.undo.found_role(numbers[1], 4) == s.role
    back = Uncorrected(s.id, Tag("oversight", (), 1.0), "plan", numbers[0])
    store.undo.undo("甲县", [back], numbers[1], TakenBack(AT, "你"))
    assert list(store.tags.corrections("甲县")) == numbers[:1]
    history = store.tags.history("甲县", s.text)
    assert [h.taken_back for h in history] == [None, TakenBack(AT, "你")]
    assert store.tags.count_corrections() == 1
    assert store.sentences_of("甲县")[3].topic == "oversight"


def test_a_correction_of_what_is_gone_is_refused(store: Store) -> None:
    filled(store)
    s = store.sentences_of("甲县")[3]
    put(store, new_report("甲县", report("甲县", 9)))
    before = picture(store)
    with pytest.raises(LibraryError, match="is not there any more"):
        store.tags.correct(s.id, correction("甲县", 4, s.text))
    assert picture(store) == before


def test_figures_come_in_order(store: Store) -> None:
    filled(store)
    found = list(store.figures.find(["甲县", "乙县"]))
    assert [(f.report, f.n, f.start) for f in found] == sorted(
        (f.report, f.n, f.start) for f in found
    )
    assert {type(f.approximate) for f in found} == {bool}
    every = [f for _, f in store.figures.of_library()]
    assert sorted(every, key=repr) == sorted(found, key=repr)
    names = store.figures.indicators()
    assert set(names) == {f.indicator for f in found}
    one = names[0]
    assert {f.indicator for _, f in store.figures.of_library([one])} == {one}
    assert list(store.figures.of_library([])) == []


def test_reports_of_another_library_come_with_their_corrections(store: Store) -> None:
    filled(store)
    new = new_report("丙县", report("丙县", 7), similar=[Similar("那里", 0.4, 0.6)])
    text = new.document.sentences[3].text
    id_ = store.restore(
        Restored(
            new, "/z/丙县.txt", "12" * 32, "2020-01-01T00:00:00Z",
            [("/z/副本", "/z/副本", "34" * 32)],
            [correction("丙县", 4, text)], frozenset({4}), {"那里": "甲县"},
        )
    )  # fmt: skip
    [kept] = store.reports([id_])
    assert kept.added == "2020-01-01T00:00:00Z"
    assert kept.copies == ("/z/副本",)
    assert [s.report for s in kept.similar] == ["甲县"]
    assert store.sentences_of(id_)[3].corrected
    assert len(store.tags.corrections(id_)) == 1
    store.tags.restore([correction("丁县", 1, "没有"), correction("丁县", 1, "没有")])
    store.tags.restore([correction("丁县", 1, "没有")])
    assert 1 <= len(store.tags.corrections("丁县")) <= 2


def test_the_trash_keeps_a_report_as_it_was(store: Store) -> None:
    filled(store)
    s = store.sentences_of("甲县")[3]
    store.tags.correct(s.id, correction("甲县", 4, s.text))
    store.sources.add_copies("/y/甲", "ef" * 32, [("甲县", "/y/甲")])
    before = picture(store)
    store.remove("甲县", "乙县", author="某人")
    entries = store.trash.entries()
    assert [(e.report, e.by) for e in entries] == [("甲县", "某人"), ("乙县", "某人")]
    assert store.trash.totals() == (2, sum(e.size for e in entries))
    assert "/y/甲" in store.trash.sources()
    assert store.report_ids() == []
    restore_entries(store, find_entries(entries, ["甲县", "乙县"]), TAXONOMY)
    after = picture(store)
    changing = ("generation", "removed", "order", "trash")
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    store.remove("甲县")
    [entry] = store.trash.entries()
    assert entry.number > entries[-1].number
    assert store.trash.drop([entry.number, 10**6]) == 1
    assert store.trash.totals() == (0, 0)


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    filled(store)
    before = picture(store)
    with pytest.raises(RuntimeError), store.transaction() as generation:
        assert generation == before["generation"] + 1
        store._db.execute("DELETE FROM reports")
        store.set_meta("x", "y")
        raise RuntimeError
    assert picture(store) == before
    with pytest.raises(LibraryError), store.transaction():
        store.trash.keep(["甲县"], "")
        raise LibraryError("nein")
    assert picture(store) == before


def test_settings_are_kept(store: Store) -> None:
    assert store.meta("x") is None
    with store.transaction(bump=False):
        store.set_meta("x", "一")
        store.set_meta("x", "二'; --")
    assert store.meta("x") == "二'; --"
    assert store.generation == 0


def test_a_snapshot_sees_one_moment(store: Store) -> None:
    filled(store)
    other = store.apart()
    with other.snapshot():
        before = other.report_ids()
        assert other.generation == 2
        put(store, new_report("丙县", report("丙县", 5)))
        store.remove("甲县")
        assert other.report_ids() == before
        assert [r.id for r in other.reports()] == before
        assert other.generation == 2
    assert other.report_ids() == store.report_ids() != before
    assert other.generation == 4
    other.close()


def test_a_stream_sees_one_moment_and_hinders_nobody(store: Store) -> None:
    filled(store)
    rows = store.all_sentences()
    first = next(rows)
    store.remove("乙县", "甲县")
    rest = list(rows)
    assert len({s.report for s in [first, *rest]}) == 2
    assert list(store.all_sentences()) == []
    begun = store.all_sentences()
    put(store, new_report("丙县", report("丙县", 5)))
    next(begun)
    begun.close()
    put(store, new_report("丁县", report("丁县", 5)))


def test_what_was_read_is_known_for_one_state(store: Store) -> None:
    filled(store)
    with store.snapshot():
        known = store._db.known("x")
        known["a"] = 1
        assert store._db.known("x") is known
    with store.snapshot():
        assert store._db.known("x") == {"a": 1}
    assert store._db.known("x") == {}
    with store.transaction(bump=False):
        assert store._db.known("x") == {}
        store.set_meta("a", "b")
    with store.snapshot():
        assert store._db.known("x") == {}


def test_what_is_stale_is_renumbered_for_the_index(store: Store) -> None:
    filled(store)
    with store.transaction(bump=False):
        rows = [("甲县", "index"), ("甲县", "renumbered"), ("乙县", "index")]
        store._db.executemany("INSERT INTO stale VALUES (?, ?)", rows)
    assert store.stale
    assert store.stale.parts() == {"甲县": {"index", "renumbered"}, "乙县": {"index"}}
    before = {s.id for s in store.all_sentences()}
    assert store.stale.refresh_index()
    assert store.generation == 4
    assert not before & {s.id for s in store.all_sentences()}
    assert store.stale.parts() == {"甲县": {"renumbered"}, "乙县": {"renumbered"}}
    store.stale.index_followed()
    assert not store.stale
    assert not store.stale.refresh_index()


def test_several_thousand_ids_are_asked_for_at_once(store: Store) -> None:
    filled(store)
    ids = [s.id for s in store.all_sentences()]
    many = [*range(10**6, 10**6 + 5000), *ids]
    assert [s.id for s in store.sentences(many)] == ids
    assert store.sources.sharing(range(5000)) == {}


# -- both do the same ------------------------------------------------------------------------------


def operations(random_: random.Random, count: int) -> Iterator[tuple[str, Any]]:
    names = ["甲县", "乙县", "丙县", "丁县"]
    for _ in range(count):
        name = random_.choice(names)
        yield random_.choices(
            [("put", (name, random_.randrange(20))), ("correct", (name, random_.randint(1, 7))),
             ("undo", (name, random_.randint(1, 7))), ("remove", name), ("restore", name),
             ("describe", (name, random_.choice(names))), ("copy", (name, random_.randrange(3))),
             ("retag", (name, random_.randint(1, 7))), ("drop", name), ("fail", name)],
            (8, 8, 4, 3, 3, 2, 2, 3, 1, 1),
        )[0]  # fmt: skip


def do(store: Store, what: str, about: Any) -> object:
    """Do an operation and return what came of it."""
    name = about if isinstance(about, str) else about[0]
    there = store.has_report(name)
    if what == "put":
        return put(store, new_report(name, report(name, about[1])), sha256=f"{about[1]:064x}")
    if what in ("correct", "undo", "retag"):
        found = store.sentences_of(name, about[1], about[1])
        if not found:
            return None
        [s] = found
        if what == "correct":
            return store.tags.correct(s.id, correction(name, s.n, s.text, TOPICS[s.n % 3]))
        if what == "retag":
            return store.tags.retag([TagChange(s, Tag("oversight", (), 0.5), 0)])
        if number := store.undo.number_of(s.id):
            change = Uncorrected(s.id, Tag("oversight", (), 0.5), s.role, 0)
            return store.undo.undo(name, [change], number, TakenBack(AT, ""))
        return None
    if what == "remove" and there:
        return store.remove(name)
    entries = [e for e in store.trash.entries() if e.report == name]
    if what == "restore" and entries and not there:
        done = restore_entries(store, entries[-1:], TAXONOMY)
        return [(one.report, one.undone) for one in done]
    if what == "drop":
        return store.trash.drop([e.number for e in entries])
    if what == "describe" and there:
        document = new_report(name, store.text(name)).document
        figures = list(store.figures.find([name]))
        changed = replace(document, region=about[1])
        return store.describe(name, changed, {"region": about[1]}, figures)
    if what == "copy" and there:
        file = f"/y/{about[1]}"
        return store.sources.add_copies(file, "ef" * 32, [(name, file)])
    if what == "fail" and there:
        with pytest.raises(RuntimeError), store.transaction() as generation:
            store._remove(name, generation)
            raise RuntimeError
    return None


@pytest.mark.parametrize("seed", range(6))
def test_the_same_life_leaves_the_same_everywhere(
    stores: Callable[[str], Store], seed: int
) -> None:
    """After every step of a random life each store says the same of all that it holds."""
    file, server = (stores(kind) for kind in KINDS)
    for step, (what, about) in enumerate(operations(random.Random(seed), 40)):
        results = [do(store, what, about) for store in (file, server)]
        assert results[0] == results[1], (step, what, about)
        if step % 5 == 4:
            assert picture(file) == picture(server), (step, what, about)
