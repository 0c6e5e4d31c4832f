"""What is tantivy's own: its files, what queries decide without reading text, and what kills do.

Skipped where the extra ``tantivy`` is not installed.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import holds

from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text
from gongwen.nlp.errors import IndexLostError, LibraryError
from gongwen.nlp.text.normalize import squeeze

pytest.importorskip("tantivy", reason="pip install 'gongwen[tantivy]'")

from gongwen.index import tantivy_files, tantivy_reader
from gongwen.index.exact_tokens import crossed, joined, spans_of_marks, token, units
from gongwen.index.tantivy_documents import Stored
from gongwen.index.tantivy_engine import TantivyEngine

LETTERS = "行政复议执法案件127.,%件a十七万亿三年二百、-·《》b\U00020bb7点分之 \u3000"
TEXTS = [
    "办理行政复议案件237件,同比增长12.5%。",
    "单机、关键设备进机关",
    "投资1.2亿元,建成十七个app平台。",
    "深化“放管服”改革,推行wi-fi全覆盖——《民法典》宣传3·15",
    "二〇二〇年12000万元,网上可办率90.72%,检查1,236次。",
    "\U00020bb7县\u3000行政执法7件 十七件",
    "、,。",
    "a",
]


def entry(id_: int, text: str, topics: Sequence[str] = ("enforcement",), **more: str) -> Entry:
    """Return a sentence whose words are pairs of characters."""
    text = squeeze(text)
    words = [text[i : i + 2] for i in range(0, len(text), 2)]
    return Entry(
        id_, text, words, tuple(topics), more.get("role", "plan"), "sentence", "r1", "", ""
    )


ENTRIES = [entry(n, text) for n, text in enumerate(TEXTS, 1)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def engine(folder: Path) -> Iterator[TantivyEngine]:
    made = TantivyEngine(folder, "me")
    made.feed(ENTRIES, (), 1)
    yield made
    made.close()


def assert_holds(engine: TantivyEngine, entries: Iterable[Entry], needles: Iterable[Text]) -> None:
    entries = list(entries)
    for needle in needles:
        wanted = [e.id for e in entries if holds(e.text, needle)]
        assert list(engine.ids(needle)) == wanted, needle
        assert engine.count(needle) == len(wanted), needle
        assert engine.count(Not(needle)) == len(entries) - len(wanted), needle


# -- exactness ------------------------------------------------------------------------------------


def needles(texts: Sequence[str], many: int, seed: int) -> Iterator[Text]:
    """Yield parts of the texts and strings of the same letters, in all ways to look for them."""
    pick = random.Random(seed)
    kinds = [{}, {"verbatim": True}, {"whole": True}, {"whole": True, "open_end": True}]
    for _ in range(many):
        text, size = pick.choice(texts), pick.randint(1, 8)
        start = pick.randrange(len(text))
        string = text[start : start + size]
        if pick.random() < 0.4:
            string = "".join(pick.choices(LETTERS, k=pick.randint(1, 4)))
        if string := squeeze(string):
            yield Text(string, **pick.choice(kinds))


def test_every_string_is_found_where_a_plain_scan_finds_it(folder: Path) -> None:
    pick = random.Random(1)
    made = ["".join(pick.choices(LETTERS, k=pick.randint(1, 14))) for _ in range(600)]
    entries = [entry(n, text) for n, text in enumerate([*TEXTS, *made], 1) if squeeze(text)]
    engine = TantivyEngine(folder)
    engine.feed(entries[:500], (), 1)
    engine.feed(entries[500:], (), 2)
    assert_holds(engine, entries, needles([e.text for e in entries], 1500, 2))
    engine.close()


@given(st.lists(st.text(LETTERS, min_size=1, max_size=9), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_every_part_of_a_text_is_found(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    entries = [entry(n, text) for n, text in enumerate(texts, 1) if squeeze(text)]
    engine = TantivyEngine(tmp_path_factory.mktemp("parts") / "index")
    engine.feed(entries, (), 1)
    parts = {
        e.text[start:end]
        for e in entries
        for start in range(len(e.text))
        for end in range(start + 1, len(e.text) + 1)
    }
    for whole in (False, True):
        assert_holds(engine, entries, [Text(part, whole=whole) for part in sorted(parts)])
    engine.close()


@pytest.mark.parametrize("string", ["\ud842", "\udfb7", "\ufdd0", "\ufffd", "\x85", "政" * 400])
def test_strange_strings_are_as_in_a_plain_scan(engine: TantivyEngine, string: str) -> None:
    more = [
        entry(50, "甲\ufdd0乙"),
        entry(51, "甲\ufffd乙"),
        entry(52, "甲\x85乙"),
        entry(53, "政" * 401),
    ]
    engine.feed(more, (), 2)
    assert_holds(engine, [*ENTRIES, *more], [Text(string), Text(string, verbatim=True)])


def test_text_is_read_only_where_no_query_can_tell(
    engine: TantivyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(*_: object) -> str:
        raise AssertionError("a text was read")

    monkeypatch.setattr(tantivy_reader, "text_of", reading)
    for needle in (
        Text("行政"), Text("政复"), Text("7件"), Text("17件"), Text("1.2亿元"), Text("app"),
        Text("件"), Text("。"), Text("3.15"), Text("行政", whole=True), Text("复议案", whole=True),
        Text("行政复议", verbatim=True), Text("app", whole=True), Text("机关", whole=True),
    ):  # fmt: skip
        wanted = [e.id for e in ENTRIES if holds(e.text, needle)]
        assert list(engine.ids(needle)) == wanted, needle
    with pytest.raises(AssertionError, match="text was read"):
        engine.count(Text("机关键", whole=True))  # 单机、关键


def test_units_and_facts_of_a_text() -> None:
    assert list(units("办理1,236件3.1.2节")) == ["办", "理", "1,236", "件", "3.1.2", "节"]
    assert crossed("单机、关键2018—2020年,十个、元") == ["机关", "20182020", "年十", "个元"]
    assert spans_of_marks("《法》、3.5%.“") == {"《", "》、", ".“"}
    assert token("2018 2020") == "2018\ufdd02020"


def test_what_is_stored_can_be_read() -> None:
    stored = Stored("文", ["文"], ("a", "b"), "r", "k", "报", "县", "2020", 0.25, 7, "一\n二")
    assert Stored.read(stored.written(joined(stored.words))) == stored
    bare = Stored("", [], (), "", "", "", "", "", 1.0, 0, "")
    assert Stored.read(bare.written("")) == bare


# -- tags -----------------------------------------------------------------------------------------

TAGGED: list[Node] = [
    Filter("topic", ("other",)),
    Filter("topic", ("enforcement",)),
    Filter("role", ("plan",)),
    Filter("probability", ("0.5",)),
    And((Text("行政"), Not(Filter("topic", ("other",))))),
    Or((Filter("role", ("problem",)), Filter("id", ("3", "-1", str(1 << 70))))),
    Run("行政", ((Text("行政", whole=True),),)),
]


def test_an_overlay_is_what_the_index_will_be(engine: TantivyEngine, folder: Path) -> None:
    changes = [Retag(1, ("other", "enforcement"), "problem", 0.25), Retag(6, (), "problem", 0.75)]
    view = engine.overlaid([2, 999], changes, 2)
    assert (view.generation, engine.generation) == (2, 1)
    later = TantivyEngine(folder, "me")
    later.feed((), [2], 2)
    later.retag(changes, 3)
    for query in TAGGED:
        assert list(view.ids(query)) == list(later.ids(query)), query
        names = ("topic", "role", "kind", "report")
        assert view.facets(query, names) == later.facets(query, names), query
    ids = list(later.ids(And(())))
    for name in ("topics", "role", "kind", "report"):
        one, other = (getattr(e.fields(ids, [name]), name) for e in (view, later))
        assert [one.values[c] for c in one.codes] == [other.values[c] for c in other.codes]
    mine, theirs = (e.fields(ids, ["probability"]).probability for e in (view, later))
    assert mine is not None and theirs is not None and np.array_equal(mine, theirs)
    assert list(engine.overlaid((), (), 1).overlaid([1], (), 2).ids(And(()))) == ids_without(1)


def ids_without(*gone: int) -> list[int]:
    return [e.id for e in ENTRIES if e.id not in gone]


def test_retagging_keeps_words_and_copies(engine: TantivyEngine) -> None:
    before = engine.fields([1], ["copy_key", "words"]), sorted(engine.vocabulary())
    engine.retag([Retag(1, ("other",), "problem")], 2)
    after = engine.fields([1], ["copy_key", "words"]), sorted(engine.vocabulary())
    assert [*before[0].copy_key] == [*after[0].copy_key]  # type: ignore[misc]
    assert [*before[0].words] == [*after[0].words]  # type: ignore[misc]
    assert {word for word, _ in before[1]} == {word for word, _ in after[1]}
    assert engine.statistics().sentences == len(ENTRIES)


# -- files ----------------------------------------------------------------------------------------

KILLED = """
import os, sys
from pathlib import Path
from gongwen.index import tantivy_files
from gongwen.index.engine import Entry
from gongwen.index.tantivy_engine import TantivyEngine, Writing

def dies(*args, **more):
    os._exit(9)

def entries(many):
    for n in range(many):
        yield Entry(500 + n, "半途", ["半途"], ("other",), "plan", "sentence", "x", "", "")
    if point == "entries":
        dies()

point, folder = sys.argv[1:]
engine = TantivyEngine(Path(folder), "me")
if point == "links":
    tantivy_files._link = dies
if point == "writing":
    Writing.delete = dies
if point == "checksums":
    tantivy_files.sync_files = dies
if point == "manifest":
    tantivy_files.write_whole = dies
if point == "removal":
    tantivy_files.shutil.rmtree = dies
engine.feed(entries(50 if point != "many" else 6000), [1], 2)
dies()
"""


@pytest.mark.parametrize(
    "point", "links writing entries many checksums manifest removal done".split()
)
def test_a_process_killed_anywhere_leaves_the_old_state_or_the_new(
    engine: TantivyEngine, folder: Path, point: str
) -> None:
    command = [sys.executable, "-c", KILLED, point, str(folder)]
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 9
    again = TantivyEngine(folder, "me")
    new = point in ("many", "removal", "done")
    assert again.generation == (2 if new else 1)
    assert (again.count(Text("半途")) > 0) is new
    assert list(again.ids(Filter("id", ("1",)))) == ([] if new else [1])
    assert again.verify() == []
    again.tidy()
    assert again.leftovers() == []
    again.feed([entry(900, "以后")], (), 3)
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == 2 and kept[1] == "tantivy.json"
    assert list(again.ids(Text("以后"))) == [900]
    again.close()


def test_a_failure_while_writing_changes_nothing(
    engine: TantivyEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(tantivy_files, "write_whole", fails)
        engine.feed([], [1], 2)
    again = TantivyEngine(folder, "me")
    assert (again.generation, list(again.ids(And(())))) == (1, ids_without())
    assert again.leftovers() == []


FULL = """
import resource, signal, sys
from pathlib import Path
from gongwen.index.engine import Entry
from gongwen.index.tantivy_engine import TantivyEngine

engine = TantivyEngine(Path(sys.argv[1]), "me")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
many = (
    Entry(n, f"行政执法{n}办理" * 20, [f"行政{n}"], (), "", "sentence", "r", "", "")
    for n in range(100, 6000)
)
try:
    engine.feed(many, (), 2)
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of the size of files")
def test_a_full_disk_is_an_error_of_the_system(engine: TantivyEngine, folder: Path) -> None:
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert "cannot be written" in done.stdout
    again = TantivyEngine(folder, "me")
    assert (again.generation, list(again.ids(And(())))) == (1, ids_without())
    assert again.leftovers() == []


@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
def test_damage_of_any_file_is_proven(engine: TantivyEngine, folder: Path, how: str) -> None:
    engine.close()
    files = [path for path in folder.glob("*/*") if path.stat().st_size]
    assert len(files) > 5
    for path in files:
        sound = path.read_bytes()
        if how == "flip":
            middle = len(sound) // 2
            path.write_bytes(sound[:middle] + bytes([sound[middle] ^ 0xFF]) + sound[middle + 1 :])
        elif how == "cut":
            path.write_bytes(sound[:-1])
        else:
            path.unlink()
        opened = None
        try:
            opened = TantivyEngine(folder, "me")
        except IndexLostError as error:
            assert "run gongwen reindex" in str(error)
        if opened is not None:
            assert how == "flip"
            assert any(path.name in line for line in opened.verify()), path.name
        path.write_bytes(sound)
    assert TantivyEngine(folder, "me").verify() == []


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'{"format": 9}', b"\xff", b'{"format": 1, "gener']
)
def test_a_damaged_manifest_is_one_line(
    engine: TantivyEngine, folder: Path, content: bytes
) -> None:
    (folder / "tantivy.json").write_bytes(content)
    with pytest.raises(IndexLostError, match=r"manifest is damaged.*run gongwen reindex"):
        TantivyEngine(folder, "me")


def test_an_index_of_another_library_or_format_is_rejected(
    engine: TantivyEngine, folder: Path
) -> None:
    with pytest.raises(IndexLostError, match="another library"):
        TantivyEngine(folder, "you")
    manifest = folder / "tantivy.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"format": 1', '"format": 99'), "utf-8")
    with pytest.raises(IndexLostError, match="format 99"):
        TantivyEngine(folder, "me")


def test_a_staged_index_replaces_the_present_one_in_one_step(
    engine: TantivyEngine, folder: Path
) -> None:
    staged = TantivyEngine(folder, "me", staged=True)
    staged.feed([entry(1, "新")], (), 7)
    staged.feed([entry(2, "又新")], (), 8)
    assert list(TantivyEngine(folder, "me").ids(And(()))) == ids_without()
    staged.publish()
    assert engine.replaced
    assert list(engine.ids(Text("行政"))) == [1, 6]  # a reader goes on
    again = TantivyEngine(folder, "me")
    assert (again.generation, list(again.ids(Text("新")))) == (8, [1, 2])
    assert again.build != engine.build
    assert sum(path.is_dir() for path in folder.iterdir()) == 1


def test_files_are_copied_where_links_are_not_possible(
    engine: TantivyEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("no links")

    monkeypatch.setattr(tantivy_files.os, "link", no_links)
    engine.feed([entry(9, "以后")], [1], 2)
    assert list(TantivyEngine(folder, "me").ids(And(()))) == [*ids_without(1), 9]


def test_threads_read_at_the_same_time(engine: TantivyEngine) -> None:
    wanted = {needle: list(engine.ids(needle)) for needle in needles(TEXTS, 60, 5)}
    fresh = engine.overlaid((), (), 1)
    wrong: list[Text] = []

    def reads() -> None:
        wrong.extend(needle for needle, ids in wanted.items() if list(fresh.ids(needle)) != ids)

    threads = [threading.Thread(target=reads) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_closed_engine_says_so(engine: TantivyEngine) -> None:
    engine.close()
    with pytest.raises(LibraryError, match="was closed"):
        engine.count(And(()))


# -- what ranking is told -------------------------------------------------------------------------


def test_statistics_are_those_of_the_sentences(engine: TantivyEngine) -> None:
    engine.feed([entry(20, "甲乙")], (), 2)
    engine.feed([replace(ENTRIES[0], words=["办理"])], [20, 3], 3)
    fresh = TantivyEngine(engine._files.location.parent / "fresh")
    kept = [replace(ENTRIES[0], words=["办理"]), *(e for e in ENTRIES if e.id not in (1, 3))]
    fresh.feed(kept, (), 1)
    assert engine.statistics() == fresh.statistics()
    texts = engine.texts([4, 2])
    assert texts == [ENTRIES[3].text, ENTRIES[1].text]
    counts = engine.word_counts(["办理", "单机"], [2, 1])
    assert counts.tolist() == [[0, 1], [1, 0]]


def test_strings_are_found_by_what_their_characters_may_be(engine: TantivyEngine) -> None:
    found = engine.strings(re.compile("[行型][政正]"), [{"行", "型"}, {"政", "正"}])
    assert found == {"行政": 2}
    assert engine.strings(re.compile("[关2]0|关键"), [{"关", "9"}, {"键", "0"}]) == {"关键": 1}
    assert engine.strings(re.compile("(?=(行政..))")) == {"行政复议": 1, "行政执法": 1}
    assert engine.strings(re.compile("x"), [{"x"}, set()]) == {}


@pytest.mark.parametrize("pair", ["行政", "7件", "23", "件7", "机关", "90", ".7", "3·", "无此"])
def test_bigrams_are_counted_by_sentences(engine: TantivyEngine, pair: str) -> None:
    from gongwen.nlp.text.marks import without_marks

    key = np.array([(ord(pair[0]) << 16) | ord(pair[1])], np.uint32)
    wanted = sum(pair in without_marks(e.text) for e in ENTRIES)
    assert engine.bigram_frequencies(key).tolist() == [wanted]


def test_the_best_come_first_and_ties_by_id(engine: TantivyEngine) -> None:
    same = [entry(n, "规范执法") for n in (31, 30, 33, 32)]
    engine.feed([*same, entry(40, "规范执法,严格执法,文明执法")], (), 2)
    query = Run("执法", ((Text("执法", whole=True),),))
    found = engine.top(query, 3)
    assert len(found.ids) == 3 and sorted(found.scores, reverse=True) == list(found.scores)
    ties = [id_ for id_ in engine.top(query, 100).ids.tolist() if id_ in (30, 31, 32, 33)]
    assert ties == [30, 31, 32, 33]
    assert engine.top(Filter("topic", ("enforcement",)), 3).ids.tolist() == [1, 2, 3]
    assert len(engine.top(query, 0).ids) == 0


def test_a_comparison_names_what_differs(engine: TantivyEngine) -> None:
    assert engine.compare(ENTRIES) == []
    other = [replace(ENTRIES[0], role="problem", probability=0.5), *ENTRIES[2:], entry(77, "缺")]
    lines = engine.compare(other)
    assert lines[0].startswith("role and probability of sentence 1")
    assert lines[1].startswith("sentence 77")
    assert lines[2] == "1 sentences are not in the library"
    assert engine.compare(other[:1], all_of_them=False) == lines[:1]
