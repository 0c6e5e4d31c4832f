"""Specifies what an engine is: every engine in ``ENGINES`` passes all of this that it promises.

What an engine finds is compared with a plain scan over the same entries, written here. It is asked
as a library asks it, by the searcher over it.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from engine_cases import (
    AFTER,
    ALL,
    ENTRIES,
    FILLER,
    NEW,
    NO_BOILERPLATE,
    QUERIES,
    RANKED,
    REPORTS,
    Death,
    assert_finds,
    breaking,
    entry,
    retagged,
    words,
)  # fmt: skip
from engines import ENGINES, OWNER, Bench, Kind, Opened, Store
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import holds

from gongwen.index.engine import Entry, Retag
from gongwen.index.overlay import overlaid
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text
from gongwen.index.requests import FACETS, Facet, Found
from gongwen.nlp import parse_document
from gongwen.nlp.errors import IndexLostError
from gongwen.nlp.text.normalize import squeeze


@pytest.fixture(scope="module", params=ENGINES)
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param
    return made


@pytest.fixture
def bench(kind: Kind, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(kind, tmp_path)
    yield made
    made.end()


@pytest.fixture
def engine(bench: Bench) -> Opened:
    return bench.open()


@pytest.fixture
def fed(engine: Opened) -> Opened:
    engine.feed(ENTRIES, (), 1)
    return engine


# -- finding --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_only(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    bench = Bench(kind, tmp_path_factory.mktemp("read-only"))
    made = bench.open()
    made.feed(ENTRIES, (), 1)
    yield made
    bench.end()


@pytest.mark.parametrize(("query", "ids"), QUERIES, ids=[str(n) for n in range(len(QUERIES))])
def test_query_finds(read_only: Opened, query: Node, ids: list[int]) -> None:
    assert sorted(read_only.search(query, limit=100).ids) == ids
    assert_finds(read_only, ENTRIES, [query])


def test_marks_divide_words(engine: Opened) -> None:
    texts = ["单机、关键设备", "机关工作", "单机,关键设备进机关", "单机“关键”设备", "司机。关键"]
    kinds = ["sentence", "sentence", "sentence", "boilerplate", "boilerplate"]
    entries = [
        entry(i, " ".join(text), kind=kind)
        for i, (text, kind) in enumerate(zip(texts, kinds, strict=True), 1)
    ]
    engine.feed(entries, [], 1)
    for text, whole in (("机关", True), ("机关", False), ("机关键", True), ("备进", True)):
        word = Text(text, whole=whole)
        assert_finds(engine, entries, [word, And((word, NO_BOILERPLATE))])


@pytest.mark.parametrize("cut", [r".", r".+", r"..", r"(?!)"], ids="each all pairs none".split())
def test_words_do_not_decide_what_is_found(engine: Opened, cut: str) -> None:
    """However the text was cut into words, the same sentences are found."""
    entries = [replace(e, words=re.findall(cut, e.text)) for e in ENTRIES]
    engine.feed(entries, (), 1)
    assert_finds(engine, entries, [query for query, _ in QUERIES])


@pytest.mark.parametrize(
    ("query", "facet", "counts"),
    [
        (
            And(()),
            "topic",
            "enforcement 4 reconsideration 4 legal-counsel 2 licensing-reform 2 oversight 1 "
            "public-legal-services 1",
        ),
        (Text("7件"), "topic", "reconsideration 3 legal-counsel 1 oversight 1"),
        (Text("案件"), "year", "2020 2 2018 1 2018-2020 1"),
        (Text("案件"), "region", "武功县 3 陕西省咸阳市 1"),
        (And(()), "role", "achievement 10 plan 1 problem 1"),
        (And(()), "kind", "sentence 9 boilerplate 1 heading 1 title 1"),
        (Text("情况"), "region", ""),
        (Text("情况"), "report", "无名 1"),
        (Text("火箭"), "topic", ""),
    ],
)
@pytest.mark.parametrize("limit", [0, 1, 100])
def test_counts_are_over_all_matches_whatever_the_page(
    read_only: Opened, query: Node, facet: Facet, counts: str, limit: int
) -> None:
    found = read_only.search(query, limit=limit, facets=[facet])
    pairs = counts.split()
    wanted = dict(zip(pairs[::2], map(int, pairs[1::2]), strict=True))
    assert list(found.counts) == [facet]
    assert found.counts[facet] == wanted
    frequencies = list(found.counts[facet].values())
    assert frequencies == sorted(frequencies, reverse=True)


def test_counts_are_given_only_when_asked_for(read_only: Opened) -> None:
    assert read_only.search(Text("案件")).counts == {}
    assert list(read_only.search(Text("案件"), facets=["year", "topic"]).counts) == [
        "year",
        "topic",
    ]


# -- pages and order ------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["relevance", "year"])
@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
def test_pages_do_not_overlap_and_leave_nothing_out(
    read_only: Opened, size: int, sort: Any
) -> None:
    for query, ids in QUERIES:
        whole = read_only.search(query, limit=100, sort=sort)
        pages = [
            read_only.search(query, limit=size, offset=offset, sort=sort)
            for offset in range(0, len(ids) + size, size)
        ]
        assert [id_ for page in pages for id_ in page.ids] == whole.ids
        assert [score for page in pages for score in page.scores] == whole.scores
        assert {page.total for page in pages} == {len(ids)}


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (0, 2), (10, 3), (10, 1_000)])
def test_page_without_hits_still_has_the_total(read_only: Opened, limit: int, offset: int) -> None:
    found = read_only.search(Text("7件"), limit=limit, offset=offset)
    assert (found.ids, found.scores, found.total) == ([], [], 3)


def test_ties_are_in_order_of_id(engine: Opened) -> None:
    order = [7, 3, 12, 1, 9, 5, 20, 2]
    for generation, id_ in enumerate(order, 1):
        engine.feed([entry(id_, "规范 行政 执法 。")], (), generation)
    for query in (Text("执法"), Run("行政执法", words("行政", "执法")), And(())):
        assert engine.search(query).ids == sorted(order)
        assert len(set(engine.search(query).scores)) == 1


def test_sorted_by_year_the_latest_comes_first_then_the_best(engine: Opened) -> None:
    engine.feed(
        [
            entry(1, "执法 情况", report="无名"),
            entry(2, "执法 情况", report="武功2018"),
            entry(3, "执法 情况 说明 如下", report="武功2020"),
            entry(4, "执法 执法", report="武功2020"),
            entry(5, "执法 情况", report="咸阳"),  # 2018-2020: as late as 2020
            entry(6, "执法 情况", report="武功2018"),
        ],
        (),
        1,
    )
    assert engine.search(Text("执法"), sort="year").ids == [4, 5, 3, 2, 6, 1]
    assert engine.search(Filter("topic", ("enforcement",)), sort="year").ids == [3, 4, 5, 2, 6, 1]


def test_better_scores_come_first(read_only: Opened) -> None:
    for query in (Text("案件"), Text("7件"), Or((Text("执法"), Text("法律")))):
        found = read_only.search(query)
        assert all(score > 0 for score in found.scores)
        assert found.scores == sorted(found.scores, reverse=True)


@pytest.mark.parametrize(
    ("query", "best_first"), [case[1:] for case in RANKED], ids=[case[0] for case in RANKED]
)
def test_ranking(engine: Opened, query: Node, best_first: list[Entry]) -> None:
    engine.feed([*FILLER, *best_first], (), 1)
    ids = [e.id for e in best_first]
    assert [id_ for id_ in engine.search(query, limit=100).ids if id_ < 900] == ids


# -- ranking under conditions, and of reports -----------------------------------------------------


def test_what_is_preferred_comes_first(read_only: Opened) -> None:
    query = Run("复议", words("复议|行政应诉"))
    plain = read_only.search(query)
    prefer = Filter("report", ("咸阳",))
    found = read_only.search(query, prefer=prefer)
    assert found.ids == [10, *(id_ for id_ in plain.ids if id_ != 10)]
    assert found.total == plain.total


def test_a_word_above_a_sentence_counts_a_little(engine: Opened) -> None:
    texts = ["培训 执法 人员 三次 , 效果 良好", "培训 执法 人员 四次 , 效果 良好"]
    engine.feed(
        [
            *FILLER,
            replace(entry(1, texts[0]), heading="二、其他工作"),
            replace(entry(2, texts[1]), heading="三、推行法律顾问制度"),
            entry(3, "培训 法律顾问 执法 人员 五次 , 效果 良好"),
        ],
        (),
        1,
    )
    loose = Run("法律顾问培训", words("法律顾问", "培训"), any=True)
    assert engine.search(loose).ids == [3, 2, 1]
    assert engine.search(Text("法律顾问")).ids == [3]  # it only weighs


def test_reports_by_their_best_sentences(engine: Opened) -> None:
    engine.feed(
        [
            *FILLER,
            entry(1, "复议 情况 说明 如下 , 执法 情况 另附", report="武功2018"),
            entry(2, "复议 情况 说明 如下 , 执法 情况 另附", report="武功2018"),
            entry(3, "复议 复议 情况 说明 如下 , 执法 情况", report="咸阳"),
            entry(4, "执法 情况 说明 如下 , 执法 情况 另附", report="无名"),
        ],
        (),
        1,
    )
    found = engine.search_reports(Text("复议"), best=1, facets=("report",))
    assert [(r.report, r.matches, r.ids) for r in found.reports] == [
        ("武功2018", 2, [1]),  # two good ones before a better one
        ("咸阳", 1, [3]),
    ]
    assert (found.total, found.total_reports, found.ids) == (3, 2, [1, 3])
    assert found.counts["report"] == {"武功2018": 2, "咸阳": 1}
    single = engine.search(Text("复议"))
    by_id = dict(zip(single.ids, single.scores, strict=True))
    assert found.reports[0].score == pytest.approx(1.5 * by_id[1], abs=1e-3)
    assert found.reports[1].score == pytest.approx(by_id[3], abs=1e-3)
    assert [r.ids for r in engine.search_reports(Text("复议"), best=5).reports] == [[1, 2], [3]]
    second = engine.search_reports(Text("复议"), limit=1, offset=1)
    assert [r.report for r in second.reports] == ["咸阳"]
    assert second.total_reports == 2
    latest = engine.search_reports(Text("复议"), sort="year")
    assert [r.report for r in latest.reports] == ["咸阳", "武功2018"]
    nothing = engine.search_reports(Text("火箭"), facets=("topic",))
    assert (nothing.reports, nothing.total, nothing.counts) == ((), 0, {"topic": {}})


def test_strings_of_a_pattern_are_counted(read_only: Opened) -> None:
    if not read_only.capabilities.patterns:
        assert read_only.strings(re.compile("行政")) == {}
        return
    found = read_only.strings(re.compile("(?=(行政..))"))
    assert found == {"行政复议": 2, "行政执法": 2, "行政应诉": 1}


def test_pages_of_a_long_question_do_not_overlap(engine: Opened) -> None:
    """Bigrams put the first few hundred in order; the rest stays behind them."""
    many = [entry(n, f"办理 案件 {n}件 , 规范 行政 执法 程序") for n in range(1, 901)]
    engine.feed(many, (), 1)
    query = Run("规范行政案件", words("规范", "行政", "案件"), any=True)
    whole = engine.search(query, limit=900).ids
    pages = [i for at in range(0, 900, 70) for i in engine.search(query, limit=70, offset=at).ids]
    assert pages == whole == sorted(whole)


# -- feeding --------------------------------------------------------------------------------------


def test_empty_index(engine: Opened) -> None:
    assert engine.generation == 0
    assert engine.total_words == 0
    assert engine.frequency("执法") == 0
    for query in ALL:
        assert engine.search(query, facets=FACETS) == Found([], [], 0, {f: {} for f in FACETS})
        assert engine.count(query) == 0


def test_vocabulary_is_what_was_fed(fed: Opened) -> None:
    held = Counter(word for e in ENTRIES for word in set(e.words))
    if fed.capabilities.vocabulary:
        assert dict(fed.vocabulary()) == held
    assert fed.total_words == sum(len(e.words) for e in ENTRIES)
    assert {word: fed.frequency(word) for word in held} == held
    assert fed.frequency("政复") == 0


def test_generation_is_the_one_given(engine: Opened, bench: Bench) -> None:
    for generation in (1, 2, 7, 1_000_000):
        engine.feed([entry(generation, "执法")], (), generation)
        assert engine.generation == generation
        assert bench.open().generation == generation


def test_feed_of_nothing_only_moves_the_generation(engine: Opened) -> None:
    engine.feed((), (), 1)
    assert engine.generation == 1
    assert_finds(engine, (), ALL)
    engine.feed(ENTRIES, (), 2)
    engine.feed((), (), 3)
    assert engine.generation == 3
    assert_finds(engine, ENTRIES, ALL)


def test_what_is_deleted_is_gone(fed: Opened) -> None:
    fed.feed((), [3, 9], 2)
    assert_finds(fed, [e for e in ENTRIES if e.id not in (3, 9)], ALL)
    fed.feed((), [e.id for e in ENTRIES], 3)
    assert_finds(fed, (), ALL)
    assert fed.total_words == 0
    fed.feed(ENTRIES[:3], (), 4)
    assert_finds(fed, ENTRIES[:3], ALL)


def test_deleting_what_is_not_there_is_no_error(fed: Opened) -> None:
    fed.feed((), [0, 777, -1], 2)
    fed.feed((), [3], 3)
    fed.feed((), [3], 4)
    assert_finds(fed, [e for e in ENTRIES if e.id != 3], ALL)


def test_vocabulary_after_deleting(fed: Opened) -> None:
    """The total is exact; a word's figure may still count the deleted, and never too few."""
    left = ENTRIES[4:]
    before = Counter(word for e in ENTRIES for word in set(e.words))
    after = Counter(word for e in left for word in set(e.words))
    fed.feed((), [e.id for e in ENTRIES[:4]], 2)
    assert fed.total_words == sum(len(e.words) for e in left)
    assert all(after[word] <= fed.frequency(word) <= before[word] for word in before)
    assert fed.frequency("政复") == 0


def test_entry_replaces_the_one_with_its_id(fed: Opened) -> None:
    new = entry(4, "办理 信访 事项 5件 。", "dispute-resolution", "plan", "heading", "咸阳")
    fed.feed([new], (), 2)
    assert_finds(fed, [new if e.id == 4 else e for e in ENTRIES], [*ALL, Text("信访")])
    assert fed.frequency("信访") == 1
    fed.feed(ENTRIES, (), 3)
    assert_finds(fed, ENTRIES, [*ALL, Text("信访")])


def test_what_is_deleted_and_added_at_once_is_there(fed: Opened) -> None:
    new = entry(4, "办理 信访 事项 5件 。")
    fed.feed([new], [4, 5], 2)
    wanted = [new if e.id == 4 else e for e in ENTRIES if e.id != 5]
    assert_finds(fed, wanted, [*ALL, Text("信访")])


def test_entries_and_deletions_may_be_generators(engine: Opened) -> None:
    engine.feed(iter(ENTRIES), iter([]), 1)
    engine.feed(iter([]), iter([1, 2]), 2)
    assert_finds(engine, ENTRIES[2:], ALL)


def test_retagged_sentences_have_their_new_topics_and_role(fed: Opened, bench: Bench) -> None:
    changes = [Retag(4, ("oversight", "enforcement"), "plan"), Retag(6, ("other",), "problem")]
    wanted = retagged(ENTRIES, changes)
    ranked = [fed.search(query) for query in ALL if isinstance(query, Text | Run)]
    fed.retag(changes, 2)
    for one in (fed, bench.open()):
        assert one.generation == 2
        assert_finds(one, wanted, [*ALL, Filter("topic", ("other",))])
        assert [one.search(query) for query in ALL if isinstance(query, Text | Run)] == ranked
        assert one.total_words == sum(len(e.words) for e in ENTRIES)


def test_retagging_what_is_not_there_only_moves_the_generation(engine: Opened) -> None:
    engine.retag([Retag(1, ("other",), "plan")], 1)
    assert engine.generation == 1
    assert_finds(engine, (), ALL)
    engine.feed(ENTRIES, (), 2)
    engine.retag([Retag(777, ("other",), "plan")], 3)
    engine.retag((), 4)
    assert engine.generation == 4
    assert_finds(engine, ENTRIES, ALL)


def test_retagged_sentences_can_be_fed_deleted_and_retagged_again(fed: Opened) -> None:
    every = [Retag(e.id, ("other",), "plan") for e in ENTRIES]
    some = [Retag(6, ("oversight",), "background"), Retag(5, ("oversight",), "plan")]
    fed.retag(every, 2)
    fed.feed([ENTRIES[3]], [5], 3)
    fed.retag(some, 4)
    wanted = [
        ENTRIES[3] if e.id == 4 else e
        for e in retagged(retagged(ENTRIES, every), some)
        if e.id != 5
    ]
    assert_finds(fed, wanted, [*ALL, Filter("topic", ("oversight",))])


def test_retagging_that_fails_changes_nothing(fed: Opened, bench: Bench) -> None:
    def failing() -> Iterator[Retag]:
        yield Retag(4, ("other",), "plan")
        raise Death

    with pytest.raises(Death):
        fed.retag(failing(), 2)
    for one in (fed, bench.open()):
        assert one.generation == 1
        assert_finds(one, ENTRIES, ALL)


def test_reader_keeps_working_while_another_retags(bench: Bench) -> None:
    writer = bench.open()
    writer.feed(ENTRIES, (), 1)
    reader = bench.open()
    for generation in range(2, 6):
        writer.retag([Retag(e.id, ("other",), "plan") for e in ENTRIES], generation)
        assert reader.generation == 1
        assert_finds(reader, ENTRIES, ALL)


def test_opening_again_sees_the_same(fed: Opened, bench: Bench) -> None:
    fed.feed([entry(20, "信访 案件 9件 。")], [2, 4], 2)
    answers = [fed.search(query, limit=50, facets=FACETS) for query in ALL]
    vocabulary = (fed.total_words, fed.frequency("案件"))
    fed.close()
    again = bench.open()
    assert again.generation == 2
    assert [again.search(query, limit=50, facets=FACETS) for query in ALL] == answers
    assert (again.total_words, again.frequency("案件")) == vocabulary
    again.feed((), [20], 3)
    assert_finds(again, [e for e in ENTRIES if e.id not in (2, 4)], ALL)


def test_closing_twice_is_no_error(fed: Opened) -> None:
    fed.close()
    fed.close()


def test_closed_engine_cannot_throw_away_what_is_there(fed: Opened, bench: Bench) -> None:
    fed.close()
    with contextlib.suppress(Exception):  # it may refuse; which error is not laid down
        fed.feed([entry(20, "信访 案件 9件 。")], (), 2)
    again = bench.open()
    new = [entry(20, "信访 案件 9件 。")] if again.generation == 2 else []
    assert_finds(again, [*ENTRIES, *new], ALL)


@pytest.mark.parametrize("ranked_before", [True, False], ids=["warm", "cold"])
def test_reader_keeps_working_while_another_feeds(bench: Bench, ranked_before: bool) -> None:
    writer = bench.open()
    writer.feed(ENTRIES, (), 1)
    reader = bench.open()
    if ranked_before:
        assert_finds(reader, ENTRIES, ALL)
    now = {e.id: e for e in ENTRIES}
    for generation in range(2, 14):
        new = [entry(100 * generation + n, f"办理 案件 {n}件 。") for n in range(10)]
        writer.feed(new, [generation], generation)
        now = {id_: e for id_, e in now.items() if id_ != generation} | {e.id: e for e in new}
        assert reader.generation == 1
        assert_finds(reader, ENTRIES, ALL)
        assert_finds(writer, now.values(), ALL)
        reader.frequency("案件")
    assert_finds(bench.open(), now.values(), ALL)


def test_many_feeds_in_a_row_leave_what_one_would_have_left(bench: Bench, tmp_path: Path) -> None:
    """Segments merge, numbers of documents change; answers and scores stay those of the text."""
    engine, pick, now = bench.open(), random.Random(7), dict[int, Entry]()
    samples = [" ".join(e.words) for e in ENTRIES]
    for generation in range(1, 61):
        new = {
            id_: entry(id_, pick.choice(samples), report=pick.choice([*REPORTS]))
            for id_ in pick.sample(range(1, 400), pick.randint(0, 12))
        }
        unwanted = pick.sample(range(1, 400), pick.randint(0, 30))
        now = {id_: e for id_, e in now.items() if id_ not in unwanted} | new
        engine.feed(new.values(), unwanted, generation)
        if generation % 10 == 0:
            assert_finds(engine, now.values(), ALL)
    other = Bench(bench.kind, tmp_path / "fresh")
    fresh = other.open()
    fresh.feed(now.values(), (), 60)
    for engine_ in (engine, bench.open()):
        for query in ALL:
            assert engine_.search(query, limit=400) == fresh.search(query, limit=400)
    assert engine.total_words == fresh.total_words
    other.end()


# -- feeds that fail ------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Death])
@pytest.mark.parametrize("many", [0, 1, len(NEW)])
def test_feed_whose_entries_fail_changes_nothing_and_the_next_works(
    fed: Opened, bench: Bench, error: type[BaseException], many: int
) -> None:
    with pytest.raises(error):
        fed.feed(breaking(NEW[:many], error), [3], 2)
    for one in (fed, bench.open()):
        assert one.generation == 1
        assert one.total_words == sum(len(e.words) for e in ENTRIES)
        assert_finds(one, ENTRIES, ALL)
    fed.feed(NEW, [3], 2)
    for one in (fed, bench.open()):
        assert one.generation == 2
        assert_finds(one, AFTER, ALL)


def test_first_feed_of_all_may_fail_too(engine: Opened, bench: Bench) -> None:
    with pytest.raises(Death):
        engine.feed(breaking(ENTRIES, Death), (), 1)
    assert engine.generation == bench.open().generation == 0
    assert_finds(engine, (), ALL)
    engine.feed(ENTRIES, (), 1)
    assert_finds(bench.open(), ENTRIES, ALL)


def test_process_that_is_killed_while_it_feeds_changes_nothing(bench: Bench) -> None:
    engine = bench.open()
    engine.feed(ENTRIES, (), 1)
    assert bench.kill() == 9
    assert_finds(bench.open(), ENTRIES, [*ALL, Text("半途")])
    again = bench.open()
    again.feed(NEW, [3], 2)
    assert_finds(again, AFTER, [*ALL, Text("半途")])


def test_damage_is_proven(bench: Bench) -> None:
    engine = bench.open()
    if not engine.capabilities.local_files:
        pytest.skip("the engine keeps no files here")
    engine.feed(ENTRIES, (), 1)
    assert engine.verify() == []
    bench.close()
    assert bench.damage()
    try:
        found = bench.open().verify()
    except IndexLostError as error:
        found = [str(error)]
    assert found and "reindex" in found[0]


# -- the life of an index -------------------------------------------------------------------------


def test_staged_index_takes_the_place_of_the_present_one_in_one_step(bench: Bench) -> None:
    present = bench.open()
    present.feed(ENTRIES, (), 1)
    staged = bench.open(staged=True)
    assert staged.generation == 0
    assert staged.build != present.build
    staged.feed(ENTRIES[:4], (), 5)
    assert_finds(bench.open(), ENTRIES, ALL)
    assert not present.replaced
    staged.publish()
    assert present.replaced
    assert not staged.replaced
    for one in (staged, bench.open()):
        assert one.generation == 5
        assert_finds(one, ENTRIES[:4], ALL)
    assert_finds(present, ENTRIES, ALL)


def test_index_is_replaced_for_those_who_have_it_open(bench: Bench) -> None:
    reader, writer = bench.open(), bench.open()
    writer.feed(ENTRIES, (), 1)
    assert reader.replaced
    assert not writer.replaced
    assert bench.open().build == writer.build


def test_index_that_was_dropped_is_empty(bench: Bench) -> None:
    bench.open().feed(ENTRIES, (), 1)
    bench.close()
    for _ in range(2):  # that there is none is no error
        bench.factory.drop(bench.folder, OWNER)
    assert bench.open().generation == 0
    assert_finds(bench.open(), (), ALL)


def test_index_of_another_library_is_rejected(bench: Bench) -> None:
    engine = bench.open()
    if not engine.capabilities.local_files:
        pytest.skip("the engine knows each library's index by its owner")
    engine.feed(ENTRIES, (), 1)
    bench.close()
    with pytest.raises(IndexLostError, match="reindex"):
        bench.factory.open(bench.folder, "another")


def test_sentences_are_compared(fed: Opened) -> None:
    assert fed.compare(ENTRIES) == []
    others = [replace(e, words=(), role="plan") if e.id == 3 else e for e in ENTRIES[1:]]
    found = fed.compare([*others, entry(77, "没有 这 一句")])
    assert len(found) == 3
    assert fed.compare(ENTRIES[1:], all_of_them=False) == []


def test_changes_are_seen_before_they_are_fed(fed: Opened, bench: Bench) -> None:
    changes = [
        Retag(4, ("oversight", "enforcement"), "plan", 0.25),
        Retag(3, ("other",), "plan"),
        Retag(777, ("other",), "plan"),
    ]
    wanted = retagged([e for e in ENTRIES if e.id not in (3, 9)], changes)
    view = overlaid(fed.engine, [3, 9, 778], changes, 2)
    seen = Opened(fed.kind, view, Store(ENTRIES))
    assert view.generation == 2
    asked = [*ALL, Filter("topic", ("other",)), Filter("probability", ("0.3",))]
    assert_finds(seen, wanted, asked)
    assert_finds(fed, ENTRIES, ALL)
    assert fed.generation == bench.open().generation == 1


# -- any history ----------------------------------------------------------------------------------

LETTERS = "行政复议执法 案件127.,%件 a"
sentences = st.builds(
    entry,
    st.integers(1, 25),
    st.lists(st.text(LETTERS.replace(" ", ""), min_size=1, max_size=5), max_size=5).map(" ".join),
    topics=st.sampled_from(["enforcement", "oversight", "enforcement oversight", ""]),
    role=st.sampled_from(["achievement", "problem"]),
    kind=st.sampled_from(["sentence", "heading", "boilerplate"]),
    report=st.sampled_from([*REPORTS]),
)
feeds = st.tuples(
    st.lists(sentences, max_size=8, unique_by=lambda e: e.id), st.sets(st.integers(1, 25))
)
leaves: st.SearchStrategy[Node] = (
    st.builds(Text, st.text(LETTERS.replace(" ", ""), min_size=1, max_size=3))
    | st.builds(Text, st.text("127.,件a", min_size=1, max_size=2), whole=st.just(True))
    | st.builds(Filter, st.just("topic"), st.just(("oversight",)))
    | st.builds(Filter, st.just("year"), st.sampled_from([("2018..2019",), ("2020..",)]))
    | st.builds(Filter, st.just("region"), st.sampled_from([("武功",), ("陕西",)]))
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=5,
)


@given(st.lists(feeds, min_size=1, max_size=6), st.lists(trees, min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_any_history_is_answered_as_a_plain_scan_answers_it(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[list[Entry], set[int]]],
    queries: list[Node],
) -> None:
    bench = Bench(kind, tmp_path_factory.mktemp("history"))
    engine, now = bench.open(), dict[int, Entry]()
    for generation, (new, unwanted) in enumerate(history, 1):
        engine.feed(new, unwanted, generation)
        now = {id_: e for id_, e in now.items() if id_ not in unwanted} | {e.id: e for e in new}
        exact = parts([*now.values()], range(1, 41), 6, seed=generation) if now else []
        assert_finds(engine, now.values(), [*queries, *exact])
    assert_finds(bench.open(), now.values(), queries)
    bench.end()


# -- exact strings --------------------------------------------------------------------------------

TEXTS = [
    "办结237件",
    "办结7件",
    "达到90.72%",
    "达到72%",
    "共1,236人",
    "共236人",
    "共1,236,500人",
    "见1,2,3",
    "27件7件7",
    "2018-2020年",
    "3.1.2节",
    "行政复议",
]

EXACT: list[tuple[str, str]] = [
    ("7件", "办结7件 27件7件7"),
    ("37件", ""),
    ("237件", "办结237件"),
    ("72%", "达到72%"),
    (".72%", "达到72%"),
    ("90.", ""),
    ("90.72", "达到90.72%"),
    ("236", "共236人"),
    ("1,236", "共1,236人"),
    ("236,500", ""),
    ("2", "见1,2,3"),
    ("1,2", "见1,2,3"),
    ("2020年", "2018-2020年"),
    ("3.1", ""),
    ("政复", "行政复议"),
    # one occurrence cuts a number, the next overlaps it and does not
    ("7件7", "27件7件7"),
]


def test_words_that_do_not_stand_in_the_text_find_nothing(engine: Opened) -> None:
    engine.feed(
        [
            replace(entry(1, "执法 改革"), words=["普法", "执法"]),
            replace(entry(2, "普法 宣传"), words=["普法宣传"]),
            replace(entry(3, "工人 大会"), words=["工人", "大会"]),
            replace(entry(4, "人大 代表"), words=["人大", "代表"]),
        ],
        (),
        1,
    )
    for word, ids in (("普法", [2]), ("执法", [1]), ("人大", [3, 4]), ("大会", [3])):
        assert sorted(engine.search(Run(word, words(word))).ids) == ids
    engine.feed((), [4], 2)  # as many hold it as a word as hold it at all, but others
    engine.feed([replace(entry(5, "人大 会议"), words=["人大", "会议"])], (), 3)
    assert sorted(engine.search(Run("人大", words("人大"))).ids) == [3, 5]


@pytest.mark.parametrize(("needle", "texts"), EXACT, ids=[needle for needle, _ in EXACT])
def test_exact_string_stands_only_where_it_cuts_no_number(
    engine: Opened, needle: str, texts: str
) -> None:
    engine.feed([entry(n, text) for n, text in enumerate(TEXTS, 1)], (), 1)
    found = engine.search(Text(needle)).ids
    assert [TEXTS[id_ - 1] for id_ in sorted(found)] == texts.split()


@pytest.fixture(scope="module")
def seed_entries(seed_text: str) -> list[Entry]:
    """The sentences of the seed report; words of two characters serve as well as any."""
    return [
        Entry(
            id=s.n,
            text=squeeze(s.text),
            words=[a + b for a, b in pairwise(squeeze(s.text))],
            topics=("other",),
            role=s.role,
            kind=s.kind,
            report="wugong-2020",
            region="武功县",
            year="2020",
        )
        for s in parse_document(seed_text).sentences
    ]


def parts(entries: Sequence[Entry], sizes: Sequence[int], many: int, seed: int) -> list[Text]:
    """Return a sample of ``many`` parts of the texts, of some of the ``sizes``."""
    pick = random.Random(seed)
    found: list[Text] = []
    for _ in range(many):
        text, size = pick.choice(entries).text, pick.choice(sizes)
        start = pick.randrange(max(len(text) - size, 0) + 1)
        found.append(Text(squeeze(text[start : start + size])))
    return [needle for needle in found if needle.text]


def assert_exact(engine: Opened, entries: Sequence[Entry], needles: Iterable[Text]) -> None:
    for needle in needles:
        wanted = [e.id for e in entries if holds(e.text, needle)]
        assert sorted(engine.search(needle, limit=len(entries)).ids) == wanted, needle


def test_every_short_part_of_the_seed_report_is_found(
    engine: Opened, seed_entries: list[Entry]
) -> None:
    every = {
        (e.id, e.text[start : start + size])
        for e in seed_entries
        for size in range(2, 9)
        for start in range(len(e.text) - size + 1)
    }
    sample = random.Random(3).sample(sorted(every), 3_000)
    by_id = {e.id: e for e in seed_entries}
    engine.feed(seed_entries, (), 1)
    whole = 0
    for id_, part in sample:
        needle = Text(squeeze(part))
        assert (id_ in engine.search(needle, limit=100).ids) is holds(by_id[id_].text, needle)
        whole += holds(by_id[id_].text, needle)
    assert whole > 2_800  # the others begin or end inside a number


def test_strings_of_any_length_before_and_after_deleting_and_feeding_again(
    engine: Opened, seed_entries: list[Entry]
) -> None:
    needles = parts(seed_entries, range(1, 41), 300, seed=11)
    engine.feed(seed_entries, (), 1)
    assert_exact(engine, seed_entries, needles)
    kept = [e for e in seed_entries if e.id % 3]
    engine.feed((), [e.id for e in seed_entries if not e.id % 3], 2)
    assert_exact(engine, kept, needles)
    engine.feed([e for e in seed_entries if not e.id % 2], (), 3)
    again = [e for e in seed_entries if e.id % 3 or not e.id % 2]
    assert_exact(engine, again, needles)
