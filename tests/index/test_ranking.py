"""What makes a sentence lighter than another that matches as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gongwen.index.engine import Entry, SearchRequest
from gongwen.index.expansion import run
from gongwen.index.matching import spans
from gongwen.index.planner import Planner
from gongwen.index.query import Text, parse_query
from gongwen.index.scoring import SHORT_ROW_CHARACTERS
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
