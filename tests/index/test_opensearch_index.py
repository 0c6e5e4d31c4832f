"""What is the cluster engine's own, over a real node: exact strings, revisions, what is left.

Needs nodes of OpenSearch (``-m cluster``).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engines import CLUSTER, OWNER, Bench, Kind
from oracle import holds

from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text
from gongwen.nlp.errors import EngineUnavailable, IndexLostError
from gongwen.nlp.text.normalize import squeeze

pytest.importorskip("opensearchpy", reason="pip install 'gongwen[opensearch]'")

from gongwen.index import opensearch_engine, opensearch_large, opensearch_reader, opensearch_state
from gongwen.index.opensearch_bulk import BulkWriter
from gongwen.index.opensearch_engine import OpenSearchEngine
from gongwen.index.opensearch_writing import RevisionWriter, delete

pytestmark = pytest.mark.cluster

LETTERS = "行政复议执法案件127.,%件a十七万亿三年二百、-·《》b\U00020bb7点分之 \u3000?*\\|"
TEXTS = [
    "办理行政复议案件237件,同比增长12.5%。",
    "单机、关键设备进机关",
    "投资1.2亿元,建成十七个app平台。",
    "深化“放管服”改革,推行wi-fi全覆盖——《民法典》宣传3·15",
    "二〇二〇年12000万元,网上可办率90.72%,检查1,236次。",
    "\U00020bb7县\u3000行政执法7件 十七件",
    "、,。",
    "a",
    "甲\ufdd0乙",
    "甲\ufffd乙",
    "甲\x85乙\x1c丙\x0b丁",
    "政" * 401,
    "7" * 9000 + "件",
    "、" * 9000 + "件",
]


def entry(id_: int, text: str, report: str = "r1") -> Entry:
    """Return a sentence whose words are pairs of characters."""
    words = [text[i : i + 2] for i in range(0, len(text), 2)]
    return Entry(id_, text, words, ("enforcement",), "plan", "sentence", report, "", "")


ENTRIES = [entry(n, squeeze(text)) for n, text in enumerate(TEXTS, 1)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Kind(CLUSTER), tmp_path)
    yield made
    made.end()


@pytest.fixture
def engine(bench: Bench) -> OpenSearchEngine:
    made = opened(bench)
    made.feed(ENTRIES, (), 1)
    return made


def opened(bench: Bench) -> OpenSearchEngine:
    made: Any = bench.open().engine
    return made


def ids_without(*gone: int) -> list[int]:
    return [e.id for e in ENTRIES if e.id not in gone]


def assert_holds(
    engine: OpenSearchEngine, entries: Iterable[Entry], needles: Iterable[Text]
) -> None:
    entries = list(entries)
    for needle in needles:
        wanted = [e.id for e in entries if holds(e.text, needle)]
        assert list(engine.ids(needle)) == wanted, needle
        assert engine.count(Not(needle)) == len(entries) - len(wanted), needle


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


def test_every_string_is_found_where_a_plain_scan_finds_it(bench: Bench) -> None:
    pick = random.Random(1)
    made = ["".join(pick.choices(LETTERS, k=pick.randint(1, 14))) for _ in range(600)]
    entries = [entry(n, squeeze(text)) for n, text in enumerate([*TEXTS, *made], 1)]
    entries = [one for one in entries if one.text]
    engine = opened(bench)
    engine.feed(entries[:500], (), 1)
    engine.feed(entries[500:], (), 2)
    short = [e.text for e in entries if len(e.text) < 100]
    assert_holds(engine, entries, needles(short, 700, 2))


@pytest.mark.parametrize(
    "string",
    ["\ud842", "\udfb7", "\ufdd0", "\ufffd", "\x85", "\x1c", "乙\x1c丙", "政" * 400, "7" * 9000,
     "7" * 8999, "7" * 9000 + "件", "、" * 70, "、" * 8999, "7", "件", "?", "*", "乙"],
    ids=lambda string: ascii(string[:3]) + str(len(string)),
)  # fmt: skip
def test_strange_strings_are_as_in_a_plain_scan(engine: OpenSearchEngine, string: str) -> None:
    every = [{}, {"verbatim": True}, {"whole": True}, {"whole": True, "open_end": True}]
    assert_holds(engine, ENTRIES, [Text(string, **kind) for kind in every])


def test_text_is_read_only_where_no_query_can_tell(
    engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feed((), [13, 14], 2)  # of tokens that were cut only the text can tell
    state = engine._state
    object.__setattr__(state, "cut_tokens", False)
    engine._reader = engine._read(state)
    read: list[int] = []
    finder = opensearch_reader.StringFinder.find_all

    def counted(self: Any, some: Any) -> Any:
        texts = self._read

        def reading(queries: Any) -> Any:
            for found in texts(queries):
                some_texts = [*found]
                read.extend(id_ for id_, _ in some_texts)
                yield some_texts

        self._read = reading
        try:
            return finder(self, some)
        finally:
            self._read = texts

    monkeypatch.setattr(opensearch_reader.StringFinder, "find_all", counted)
    assert engine._reader
    engine._reader._trees._find = engine._reader._finder.find_all
    for needle in (
        Text("行政"), Text("政复"), Text("7件"), Text("17件"), Text("1.2亿元"), Text("app"),
        Text("件"), Text("。"), Text("3.15"), Text("行政", whole=True), Text("app", whole=True),
    ):  # fmt: skip
        wanted = [e.id for e in ENTRIES[:12] if holds(e.text, needle)]
        assert list(engine.ids(needle)) == wanted, needle
    assert read == []
    assert list(engine.ids(Text("机关", whole=True))) == [2]
    assert read == [2]  # 单机、关键


def test_a_question_with_too_many_parts_is_answered_in_steps(
    engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees: list[Node] = [
        Or(tuple(Text(text[:2]) for text in TEXTS)),
        And((Or((Text("行政"), Text("机关"), Text("a"))), Not(Text("县")), Not(Text("7件")))),
        And((Not(Or((Text("行政"), Text("件")))), Not(Filter("id", ("7", "8"))))),
        Run("行政件", ((Text("行政"), Text("机关")), (Text("件"), Text("进")))),
        Not(Not(Text("行政"))),
    ]
    answers = [(list(engine.ids(tree)), engine.count(tree)) for tree in trees]
    assert all(ids for ids, _ in answers)
    for most in (1, 2, 5):
        monkeypatch.setattr(
            opensearch_large.LargeQueries.__init__, "__defaults__", (most,), raising=True
        )
        again = OpenSearchEngine(engine._client, OWNER)
        assert [(list(again.ids(tree)), again.count(tree)) for tree in trees] == answers
        top = again.top(trees[0], 100).ids.tolist()
        assert sorted(top) == answers[0][0]


# -- revisions -------------------------------------------------------------------------------------


def give_up(engine: OpenSearchEngine, remove: Sequence[int], add: Sequence[Entry]) -> None:
    """Write the next revision, and die before it holds."""
    _, state, version = engine._indices.read(engine._index)
    begun = state.next()
    engine._indices.write(engine._index, begun, version)
    with BulkWriter(engine._client, engine._index) as bulk:
        writing = RevisionWriter(engine._client, engine._index, begun, bulk)
        writing.remove(remove)
        writing.add(add)
    engine._client.refresh(engine._index)


def test_what_was_given_up_is_never_seen_and_goes_away(
    engine: OpenSearchEngine, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_up(engine, [1, 2], [entry(50, "半途"), entry(3, "半途")])
    every = And(())
    assert list(engine.ids(every)) == list(opened(bench).ids(every)) == ids_without()
    engine.feed([entry(60, "以后")], [2], 2)
    for one in (engine, opened(bench)):
        assert list(one.ids(every)) == [*ids_without(2), 60]
        assert one.count(Text("半途")) == 0
        assert one.verify() == []
    engine.tidy()
    monkeypatch.setattr(opensearch_state, "KEPT_SECONDS", -60.0)
    engine.tidy()
    assert engine._state.abandoned == {}
    again = opened(bench)
    assert again._state.abandoned == {}
    assert list(again.ids(every)) == [*ids_without(2), 60]
    again.feed([entry(1, "新")], [60], 3)
    assert list(again.ids(every)) == ids_without(2)
    assert list(again.ids(Text("新"))) == [1]


def test_a_revision_that_arrives_late_is_not_seen(engine: OpenSearchEngine, bench: Bench) -> None:
    """Its process was killed, and the cluster stores what it sent when the next has begun."""
    _, state, version = engine._indices.read(engine._index)
    late = state.next()
    engine._indices.write(engine._index, late, version)
    engine.feed((), [5], 2)
    with BulkWriter(engine._client, engine._index) as bulk:
        writing = RevisionWriter(engine._client, engine._index, late, bulk)
        writing.remove([1])
        writing.add([entry(70, "迟到")])
    engine._client.refresh(engine._index)
    for one in (engine, opened(bench)):
        assert list(one.ids(And(()))) == ids_without(5)
    engine.retag([Retag(1, ("other",), "plan")], 3)
    assert list(engine.ids(Filter("topic", ("other",)))) == [1]
    assert list(engine.ids(And(()))) == ids_without(5)


def test_former_documents_and_indices_go_when_nobody_reads_them(
    engine: OpenSearchEngine, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = opened(bench)
    engine.feed([entry(1, "新")], [2], 2)
    engine.retag([Retag(e.id, ("other",), "plan") for e in ENTRIES[4:]], 3)
    engine.tidy()
    assert list(reader.ids(And(()))) == ids_without()
    monkeypatch.setattr(opensearch_state, "KEPT_SECONDS", -60.0)
    monkeypatch.setattr(opensearch_engine, "KEPT_SECONDS", -60.0)
    engine.tidy()
    engine.feed((), (), 4)
    documents = engine._client.search(engine._index, {"size": 0, "track_total_hits": True})
    assert documents["hits"]["total"]["value"] == len(ENTRIES) + 2  # less one, the state, two seals
    assert list(engine.ids(And(()))) == ids_without(2)
    assert engine.verify() == []

    former, staged = engine.build, bench.open(staged=True)
    staged.feed(ENTRIES[:4], (), 5)
    staged.engine.publish()
    assert list(opened(bench).ids(And(()))) == [1, 2, 3, 4]
    with pytest.raises(IndexLostError, match="run gongwen reindex"):
        engine.count(And(()))
    assert former not in engine._indices.others("")


def test_two_that_write_at_once_do_not_mix(engine: OpenSearchEngine, bench: Bench) -> None:
    other = opened(bench)

    def entries() -> Iterator[Entry]:
        yield entry(80, "甲")
        other.feed([entry(81, "乙")], (), 2)

    with pytest.raises(EngineUnavailable, match="another process writes"):
        engine.feed(entries(), (), 2)
    again = opened(bench)
    assert (again.generation, list(again.ids(And(())))) == (2, [*ids_without(), 81])
    with pytest.raises(EngineUnavailable, match="another process writes"):
        engine.feed((), [1], 3)
    again.feed((), [1], 3)
    assert list(again.ids(And(()))) == [*ids_without(1), 81]


def test_sentences_that_are_missing_are_noticed(engine: OpenSearchEngine) -> None:
    assert delete(engine._client, engine._index, {"term": {"id": 3}})
    engine._client.refresh(engine._index)
    [line] = engine.verify()
    assert "13 of 14 sentences" in line and "gongwen reindex" in line


def test_an_index_that_is_gone_is_lost_for_who_reads_it(
    engine: OpenSearchEngine, bench: Bench
) -> None:
    bench.factory.drop(bench.folder, OWNER)
    with pytest.raises(IndexLostError, match="run gongwen reindex"):
        engine.count(Text("行政"))
    assert opened(bench).generation == 0


def test_many_sentences_are_read_in_pages(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensearch_reader, "_WINDOW", 7)
    monkeypatch.setattr(opensearch_reader, "_PART", 5)
    monkeypatch.setattr(opensearch_reader, "_MOST_VALUES", 3)
    entries = [entry(n, f"单机、关键设备{n}件", f"r{n % 10}") for n in range(1, 60)]
    engine = opened(bench)
    engine.feed(entries, (), 1)
    wanted = [e.id for e in entries]
    assert list(engine.ids(And(()))) == wanted
    assert list(engine.ids(Text("单机关", verbatim=False))) == wanted
    assert list(engine.ids(Text("机关", whole=True))) == []
    assert sorted(engine.top(Text("设备"), 50).ids.tolist()) == wanted[:50]
    assert engine.texts(wanted) == [e.text for e in entries]
    reports = engine.fields(wanted, ("report", "topics", "words")).report
    assert reports is not None
    assert [reports.values[code] for code in reports.codes] == [e.report for e in entries]
    counts = engine.facets(And(()), ("report",))["report"]
    assert counts == {f"r{n}": sum(e.report == f"r{n}" for e in entries) for n in range(10)}
