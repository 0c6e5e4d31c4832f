"""What makes a sentence lighter than another that matches as well."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index import reranking
from gongwen.index.bm25 import SHORT_ROW_CHARACTERS
from gongwen.index.column_writer import JoinedTexts
from gongwen.index.engine import Entry
from gongwen.index.expansion import any_word, run
from gongwen.index.matching import spans
from gongwen.index.planner import Planner
from gongwen.index.query import And, Filter, Not, Run, Text, parse_query
from gongwen.index.requests import SearchRequest
from gongwen.index.scan import find_string
from gongwen.index.search_memory import Memory
from gongwen.index.text_rows import StringFinder
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.seeds import Synonyms
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.topics.taxonomy import Taxonomy


def order(folder: Path, *texts: str) -> list[int]:
    """Return the numbers of the texts, counted from 1, in the order in which they are found."""
    engine = WhooshEngine(folder)
    entries = [
        Entry(number, text, ["案件", *text[2:]], (), "achievement", "sentence", "r", "", "")
        for number, text in enumerate(texts, 1)
    ]
    engine.feed(entries, (), 1)
    return list(engine.search(Text("案件")).ids)


@pytest.mark.parametrize(
    ("characters", "lighter"),
    [
        (SHORT_ROW_CHARACTERS - 1, True),
        (SHORT_ROW_CHARACTERS, False),
        (SHORT_ROW_CHARACTERS + 1, False),
    ],
)
def test_a_sentence_of_under_ten_characters_is_lighter(
    tmp_path: Path, characters: int, lighter: bool
) -> None:
    """The shorter comes first by BM25 alone."""
    short = ("案件" + "甲乙丙丁戊己庚辛壬癸子丑")[:characters]
    longer = ("案件" + "寅卯辰巳午未申酉戌亥天地")[: SHORT_ROW_CHARACTERS + 2]
    assert order(tmp_path / "index", short, longer) == ([2, 1] if lighter else [1, 2])


AMOUNTS = {
    1: "投资1.2亿元建成公路",
    2: "投资一亿二千万元建成公路",
    3: "投资1亿2千万元建成公路",
    4: "投资12000万元建成公路",
    5: "投资120,000,000元建成公路",
    6: "投资120000000元建成公路",
    7: "投资壹亿贰仟万元建成公路",
    8: "投资1.20亿元建成公路",
    9: "投资11.2亿元建成公路",
    10: "投资1.2万元建成公路",
    11: "投资1.2亿多元建成公路",
    12: "投资2亿元、一万二千元建成公路",
}
SAME = set(range(1, 9))
"""The sentences that name 120,000,000元."""


@pytest.fixture(scope="module")
def amounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(tmp_path_factory.mktemp("amounts") / "index")
    entries = [
        Entry(
            id_, squeeze(text), ["投资", "建成", "公路"], (), "achievement", "sentence", "r", "", ""
        )
        for id_, text in AMOUNTS.items()
    ]
    engine.feed(entries, (), 1)
    yield engine
    engine.close()


def found(engine: WhooshEngine, query: str) -> list[int]:
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)
    tree = planner.plan(parse_query(query))
    answer = run(engine, tree, lambda: Synonyms([]), SearchRequest(group=False))
    return list(answer.found.ids) if answer.match == "all" else []


@pytest.mark.parametrize("id_", SAME)
def test_a_number_is_found_in_each_form_and_first_as_written(
    amounts: WhooshEngine, id_: int
) -> None:
    number = squeeze(AMOUNTS[id_]).removeprefix("投资").removesuffix("建成公路")
    for query in (number, f"投资{number}", f"投资 {number}", f'"{number}"'):
        ids = found(amounts, query)
        # 1.2亿 and 元 as two words also stand in 1.2亿多元.
        assert set(ids) - {11} == SAME, query
        assert '"' not in query or 11 not in ids
        assert ids[0] == id_, query


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("1.2亿多元", {11}),
        ("1.2万元", {10, 12}),
        ("12000元", {10, 12}),
        ("2亿元", {12}),
        ("一万二千元", {10, 12}),
        ("2千万元", set()),
        ("二千万元", set()),
        ("20000000元", set()),
        ("万元", {4, 2, 3, 7, 10}),
    ],
)
def test_a_number_is_not_found_inside_another(
    amounts: WhooshEngine, query: str, ids: set[int]
) -> None:
    assert set(found(amounts, query)) == ids


def test_a_number_in_another_form_is_highlighted_whole() -> None:
    for id_ in SAME:
        text = AMOUNTS[id_]
        (span,) = spans(text, [Text("1.2亿元", whole=True)])
        assert text[slice(*span)] == text.removeprefix("投资").removesuffix("建成公路")


# -- evidence of documents -----------------------------------------------------------------------

FILLED = "其余条文规定其他事项而不涉及所问之事"
UNITS = {
    # the same sentence in two documents, of which the second has more that answers
    1: ("a", "劳动者可以要求支付经济补偿"),
    2: ("a", FILLED),
    3: ("b", "劳动者可以要求支付经济补偿"),
    4: ("b", "用人单位拖欠劳动报酬的责令支付"),
    5: ("b", "拖欠工资加付赔偿金"),
    # the same sentence in two documents of different size
    6: ("c", "房屋租赁押金应当退还"),
    7: ("c", FILLED),
    8: ("d", "房屋租赁押金应当退还"),
    **dict.fromkeys(range(9, 19), ("d", FILLED)),
}
WORDS = "劳动者 经济补偿 用人单位 拖欠 工资 赔偿金 房屋 租赁 押金 退还 支付".split()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(tmp_path_factory.mktemp("documents") / "index")
    entries = [
        Entry(id_, text, [w for w in WORDS if w in text], (), "", "sentence", document, "", "")
        for id_, (document, text) in UNITS.items()
    ]
    engine.feed(entries, (), 1)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        # any word is enough: the document with more that answers, and the longer document
        ("拖欠工资能要求经济补偿吗", [3, 1]),
        ("房屋押金不肯退还", [8, 6]),
        # all words are there: documents do not count, and ties are in the order of ids
        ("劳动者经济补偿", [1, 3]),
        ("房屋租赁押金", [6, 8]),
    ],
)
def test_documents_count_when_any_word_is_enough(
    documents: WhooshEngine, query: str, ids: list[int]
) -> None:
    planner = Planner(documents, Taxonomy.shipped, lambda name: name)
    request = SearchRequest(group=False)  # they are near-copies
    answer = run(documents, planner.plan(parse_query(query)), lambda: Synonyms([]), request)
    assert [id_ for id_ in answer.found.ids if id_ in ids] == ids


def test_documents_do_not_count_among_sentences_like_one(documents: WhooshEngine) -> None:
    planner = Planner(documents, Taxonomy.shipped, lambda name: name)
    question = Run("拖欠工资能要求经济补偿吗")
    tree = any_word(planner.plan(And((question, Not(Filter("id", ("18",)))))), documents)
    ids = [id_ for id_ in documents.search(tree).ids if id_ in (1, 3)]
    assert ids == [1, 3]


# -- what is remembered between searches ---------------------------------------------------------

QUERIES = [
    "落实行政执法三项制度",
    "依法行政",
    "去年办理案件有多少件",
    "投资1.2亿元 公路",
    '"执法"',
    '"、"',
    "十七件",
    "17件 OR gdp",
    "gd*",
    "第三方评估 -普法",
    "nato5g",
]
PIECES = (
    "落实 行政 执法 三项 制度 、 “ ” 办理 案件 17件 十七件 237件 gdp 5g 1.2亿元 "
    "12000万元 公路 普法 三 第三方 评估 。 ， 𠮷 依法"
).split()


def test_answers_are_the_same_by_scanning_and_by_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(15)
    texts = ["".join(pick.choices(PIECES, k=pick.randint(1, 12))) for _ in range(400)]
    engine = WhooshEngine(tmp_path / "index")
    entries = [
        Entry(
            id_,
            squeeze(text),
            [piece for piece in PIECES if piece in text],
            (),
            "",
            "sentence",
            f"r{id_ % 7}",
            "",
            "",
        )
        for id_, text in enumerate(texts, 1)
    ]
    engine.feed(entries, (3, 5), 1)
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)

    def answers(limit: int) -> list[object]:
        found: list[object] = []
        for query in QUERIES:
            tree = planner.plan(parse_query(query))
            for node in (tree, any_word(tree, engine)):
                result = engine.search(node, limit=limit)
                found.append((result.ids[:30], result.scores[:30], result.total))
        return found

    scanned = answers(limit=400)
    monkeypatch.setattr(StringFinder, "SCANS", 0)
    # 30 of all rows, by what the first round has remembered and by a new index of units
    assert answers(limit=30) == scanned
    monkeypatch.setattr(reranking, "RERANK_DEPTH", 25)  # the best are cut out of many
    few = answers(limit=30)
    engine = WhooshEngine(tmp_path / "index")
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)
    assert answers(limit=400) == few
    monkeypatch.setattr(Memory, "MOST_ROWS", 100)  # forgets all the time
    assert answers(limit=30) == few


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("法律。7ab", max_size=6), max_size=8),
    st.text("法律。7ab", min_size=1, max_size=7),
)
def test_a_finder_finds_what_a_scan_finds(texts: list[str], string: str) -> None:
    joined = JoinedTexts.of(texts)
    finder = StringFinder(joined)
    expected = find_string(joined.units, string).tolist()
    assert finder.find(string).tolist() == expected
    finder.SCANS = 0  # type: ignore[misc]
    assert finder.find(string).tolist() == expected
    assert finder.is_indexed
    assert finder.find("\n").tolist() == []
