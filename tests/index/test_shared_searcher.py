"""The searcher over any engine gives what the default engine does: ids, totals and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_cases import ENTRIES, FILLER, QUERIES, RANKED, entry, words
from engines import ENGINES, Bench, Kind, Opened, Store

from gongwen.index.engine import Entry, Field
from gongwen.index.query import And, Filter, Node, Not, Run, Text
from gongwen.index.requests import FACETS, Axis
from gongwen.index.shared_searcher import SharedSearcher
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.text.marks import without_marks

PAGES: list[dict[str, Any]] = [
    {},
    {"limit": 2, "offset": 1},
    {"sort": "year"},
    {"group": "earliest", "copies": True},
    {"group": "best", "limit": 3, "offset": 1},
    {"group": "best", "sort": "year"},
    {"prefer": Text("案件")},
    {"prefer": Filter("region", ("武功",)), "group": "earliest"},
    {"exact": Text("执法"), "facets": FACETS},
    {"limit": 0, "facets": FACETS, "group": "best"},
]

COPIES = [
    entry(1, "全年 办理 行政复议 案件 17件 , 办结 15件 。", report="武功2018"),
    entry(2, "全年 办理 行政复议 案件 203件 , 办结 190件 。"),
    entry(3, "全年 办理 行政复议 案件 9件 , 办结 9件 。", report="咸阳"),
    entry(4, "全年 办理 行政复议 案件 9件 , 办结 9件 。", report="无名"),
    entry(5, "全年 行政复议 工作 情况 说明 如下 , 办结 率 达到 90.72%", report="无名"),
    entry(6, "全年 办理 行政复议 案件 十七件 , 一是 加强 行政复议 工作 情况 说明 如下"),
    entry(7, "行政复议", kind="heading"),
    *FILLER,
]
COPY_QUERIES: list[Node] = [
    Run("行政复议案件", words("行政复议", "案件")),
    Run("行政复议情况", words("行政复议", "情况"), any=True),
    Text("17件"),
    Text("1"),
    Filter("topic", ("enforcement",)),
    And((Text("办结"), Not(Filter("year", ("2020..",))))),
]


@pytest.fixture
def engine(tmp_path: Path) -> WhooshEngine:
    return WhooshEngine(tmp_path / "index")


def compare(engine: WhooshEngine, entries: Sequence[Entry], queries: Sequence[Node]) -> None:
    engine.feed(entries, (), 1)
    shared = SharedSearcher(engine, Store(entries))
    for query in queries:
        for page in PAGES:
            own, found = engine.search(query, **page), shared.search(query, **page)
            if not page.get("group"):  # the number of distinct sentences may be left out
                own = replace(own, total_distinct=found.total_distinct)
            assert found == own, (query, page)
            if page.get("limit") != 0:
                assert shared.search_reports(query, **page) == engine.search_reports(query, **page)
        others = Not(query)
        assert shared.elsewhere(query, others) == engine.elsewhere(query, others)
        assert shared.copies(query) == engine.copies(query)
        assert shared.distinct(query) == engine.distinct(query)
    axes = [Axis("topic"), Axis("report", {"咸阳": "咸阳市"}), Axis("role"), Axis("kind")]
    assert shared.tabulate(queries, axes) == engine.tabulate(queries, axes)
    assert shared.total_words == engine.total_words


def test_every_query_of_the_conformance_suite(engine: WhooshEngine) -> None:
    compare(engine, ENTRIES, [query for query, _ in QUERIES])


@pytest.mark.parametrize("case", RANKED, ids=[case[0] for case in RANKED])
def test_every_order_of_the_conformance_suite(
    engine: WhooshEngine, case: tuple[str, Node, list[Entry]]
) -> None:
    compare(engine, [*FILLER, *case[2]], [case[1]])


def test_near_copies(engine: WhooshEngine) -> None:
    compare(engine, COPIES, COPY_QUERIES)


def test_more_sentences_than_are_read_at_once(engine: WhooshEngine) -> None:
    many = [
        entry(n, f"办理 案件 {n % 7}件 , 规范 行政 执法 程序" + " 说明" * (n % 5), report=report)
        for n in range(1, 401)
        for report in [("武功2018", "武功2020", "咸阳")[n % 3]]
    ]
    runs = [
        Run("规范行政案件", words("规范", "行政", "案件"), any=True),
        Run("行政执法程序", words("行政", "执法", "程序")),
        Text("3件"),
        Filter("topic", ("enforcement",)),
        Run("程序", words("程序")),
    ]
    engine.feed(many, (), 1)
    shared = SharedSearcher(engine, Store(many))
    for query in runs:
        for page in ({"limit": 400}, {"limit": 30, "offset": 190}, {"limit": 30, "group": "best"}):
            own, found = engine.search(query, **page), shared.search(query, **page)  # type: ignore[arg-type]
            assert (found.ids, found.total) == (own.ids, own.total)
            assert found.scores == pytest.approx(own.scores, abs=1e-4)


# -- the primitives -------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=ENGINES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    kind: Kind = request.param
    bench = Bench(kind, tmp_path_factory.mktemp("primitives"))
    request.addfinalizer(bench.end)
    found = bench.open()
    found.feed(COPIES, (), 1)
    return found


def test_order_does_not_depend_on_the_engine(opened: Opened, tmp_path: Path) -> None:
    default = WhooshEngine(tmp_path)
    default.feed(COPIES, (), 1)
    shared = SharedSearcher(opened.engine, Store(COPIES))
    for query in COPY_QUERIES:
        for page in PAGES:
            own, found = default.search(query, **page), shared.search(query, **page)
            assert (found.ids, found.total, found.counts) == (own.ids, own.total, own.counts)
            assert found.scores == pytest.approx(own.scores, abs=1e-4)


def test_ids_come_one_by_one_and_ascend(opened: Opened) -> None:
    found = opened.engine.ids(Text("办结"))
    assert next(found) == 1
    assert [*found] == [2, 3, 4, 5]
    assert [*opened.engine.ids(Text("火箭"))] == []


def test_top_gives_as_many_as_are_asked_for(opened: Opened) -> None:
    query = Run("行政复议", words("行政复议"))
    every = opened.engine.top(query, 100)
    assert sorted(every.ids.tolist()) == [*opened.engine.ids(query)]
    assert opened.engine.top(query, 3).ids.tolist() == every.ids[:3].tolist()
    assert len(every.scores) == len(every.ids)


def test_fields_are_those_of_the_entries(opened: Opened) -> None:
    ids, by_id = [6, 2, 7], {e.id: e for e in COPIES}
    names: tuple[Field, ...] = ("report", "kind", "topics", "role", "heading")
    found = opened.engine.fields(ids, (*names, "probability", "words", "copy_key"))
    for name in names:
        column = getattr(found, name)
        values = [column.values[code] for code in column.codes.tolist()]
        assert values == [getattr(by_id[id_], name) for id_ in ids]
    assert found.words is not None and found.copy_key is not None
    assert found.words.tolist() == [len(by_id[id_].words) for id_ in ids]
    keys = opened.engine.fields([1, 2, 3, 5], ["copy_key"]).copy_key
    assert keys is not None
    assert keys[0] == keys[1] == keys[2] != keys[3]
    if opened.capabilities.texts:
        assert opened.engine.texts(ids) == [by_id[id_].text for id_ in ids]


def test_statistics_are_those_of_the_entries(opened: Opened) -> None:
    found = opened.engine.statistics()
    assert found.sentences == len(COPIES)
    assert found.words == sum(len(e.words) for e in COPIES)
    bigrams = [e.bigrams().tolist() for e in COPIES]
    assert found.bigrams == sum(map(len, bigrams))
    assert found.distinct_bigrams == sum(len(set(one)) for one in bigrams)
    characters = sum(len(without_marks(e.text)) for e in COPIES)
    assert found.characters == characters
    keys = np.array(bigrams[0][:5], np.uint32)
    held = [sum(key in one for one in bigrams) for key in keys.tolist()]
    assert opened.engine.bigram_frequencies(keys).tolist() == held


def test_words_are_counted_in_sentences(opened: Opened) -> None:
    found = opened.engine.word_counts(["行政复议", "办结", "火箭"], [6, 1, 7])
    assert found.tolist() == [[2, 1, 1], [0, 1, 0], [0, 0, 0]]
