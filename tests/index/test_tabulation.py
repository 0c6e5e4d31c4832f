"""Counts by several axes at once, against a plain count over the same entries."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index import tabulation
from gongwen.index.column_writer import JoinedTexts, RowData
from gongwen.index.columns import Rows
from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Text
from gongwen.index.requests import Axis, Cell
from gongwen.index.tabulation import copy_keys, text_keys
from gongwen.index.whoosh_engine import WhooshEngine

PROVINCES = {"甲": "陕西省", "乙": "陕西省", "丙": "湖南省"}
AXES = [
    Axis("topic"),
    Axis("role"),
    Axis("kind"),
    Axis("report"),
    Axis("report", PROVINCES),
]
TEXTS = ("行政执法", "行政执法 。", "行政复议", "政务公开", "公开 执法 结果")


def entries() -> st.SearchStrategy[list[Entry]]:
    one = st.fixed_dictionaries(
        {
            "text": st.sampled_from(TEXTS),
            "topics": st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(tuple),
            "role": st.sampled_from(["plan", "result", ""]),
            "kind": st.sampled_from(["sentence", "heading"]),
            "report": st.sampled_from(["甲", "乙", "丙", "丁"]),
        }
    )
    return st.lists(one, max_size=25).map(
        lambda rows: [
            Entry(id=n, words=row["text"].split(), region="", year="", **row)
            for n, row in enumerate(rows, 1)
        ]
    )


def labels(axis: Axis, entry: Entry) -> tuple[str, ...]:
    values = entry.topics if axis.facet == "topic" else (getattr(entry, axis.facet),)
    if axis.labels is not None:
        values = tuple(axis.labels.get(value, "") for value in values)
    return values or ("",)


def plain(axes: list[Axis], matching: list[Entry], keys: dict[int, int]) -> dict[Cell, list[int]]:
    """Count one by one: sentences and different keys of every cell and total."""
    found: defaultdict[Cell, set[int]] = defaultdict(set)
    for entry in matching:
        for size in range(len(axes) + 1):
            for chosen in combinations(range(len(axes)), size):
                own = [labels(axes[i], entry) for i in chosen]
                for values in product(*own):
                    cell: list[str | None] = [None] * len(axes)
                    for i, value in zip(chosen, values, strict=True):
                        cell[i] = value
                    found[tuple(cell)].add(entry.id)
    found[(None,) * len(axes)] |= set()
    return {cell: [len(ids), len({keys[id_] for id_ in ids})] for cell, ids in found.items()}


def counted(engine: WhooshEngine, query: Node, axes: list[Axis]) -> dict[Cell, list[int]]:
    [found] = engine.tabulate([query], axes)
    return {cell: list(counts) for cell, counts in found.items()}


def keys_of(engine: WhooshEngine) -> dict[int, int]:
    rows = engine._rows
    if rows is None:
        return {}
    return dict(zip(rows.ids.tolist(), copy_keys(rows).tolist(), strict=True))


@pytest.mark.parametrize("dense", [True, False])
@settings(max_examples=25)
@given(given_entries=entries(), axes=st.permutations(AXES), size=st.integers(1, 3))
def test_counts_are_those_of_a_plain_count(
    tmp_path_factory: pytest.TempPathFactory,
    dense: bool,
    given_entries: list[Entry],
    axes: list[Axis],
    size: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not dense:
            patch.setattr(tabulation, "_DENSE_CELLS", 0)
        engine = WhooshEngine(tmp_path_factory.mktemp("index") / "index")
        engine.feed(given_entries, [], 1)
        engine.feed([], [2, 5], 2)
        left = [entry for entry in given_entries if entry.id not in (2, 5)]
        keys = keys_of(engine)
        for word in ("执法", ""):
            query: Node = Text(word) if word else And(())
            matching = [entry for entry in left if word in entry.text]
            assert counted(engine, query, axes[:size]) == plain(axes[:size], matching, keys)
        engine.close()


def entry(id_: int, text: str, **known: object) -> Entry:
    about = {"topics": ("a",), "role": "plan", "kind": "sentence", "report": "甲"} | known
    return Entry(id=id_, text=text, words=text.split(), region="", year="", **about)  # type: ignore[arg-type]


def test_several_queries_at_once(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.feed([entry(1, "行政执法"), entry(2, "行政复议", report="丙")], [], 1)
    by = [Axis("report", PROVINCES)]
    found = engine.tabulate([Text("执法"), Text("行政"), Filter("role", ("result",))], by)
    assert [{cell: n for cell, (n, _) in one.items()} for one in found] == [
        {("陕西省",): 1, (None,): 1},
        {("陕西省",): 1, ("湖南省",): 1, (None,): 2},
        {(None,): 0},
    ]


def test_an_empty_index_has_a_total_of_nothing(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    assert counted(engine, Text("执法"), [Axis("role"), Axis("topic")]) == {(None, None): [0, 0]}


def test_new_tags_and_removed_sentences_are_seen_before_they_are_fed(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.feed([entry(1, "行政执法"), entry(2, "行政复议"), entry(3, "政务公开")], [], 1)
    view = engine.overlaid([3], [Retag(1, ("b", "c"), "result")], 2)
    assert {cell: n for cell, (n, _) in view.tabulate([And(())], [Axis("topic")])[0].items()} == {
        ("a",): 1, ("b",): 1, ("c",): 1, (None,): 2,
    }  # fmt: skip


@given(st.lists(st.sampled_from([*TEXTS, "", "执法行政", "法执政行", "𠮷野家"]), max_size=40))
def test_keys_are_equal_for_equal_texts_only(texts: list[str]) -> None:
    joined = RowData.of(
        [entry(n, text, topics=(), report="甲") for n, text in enumerate(texts, 1)]
    ).text
    keys = text_keys(joined)
    assert len(keys) == len(texts)
    assert [keys[i] == keys[j] for i, j in combinations(range(len(texts)), 2)] == [
        a == b for a, b in combinations(texts, 2)
    ]


def test_keys_do_not_depend_on_where_a_chunk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"第{n % 7}条" for n in range(50)]
    joined: JoinedTexts = RowData.of([entry(n, t) for n, t in enumerate(texts, 1)]).text
    whole = text_keys(joined)
    monkeypatch.setattr(tabulation, "_CHUNK_ROWS", 8)
    assert np.array_equal(whole, text_keys(joined))
    assert len(set(whole.tolist())) == 7


def test_an_index_without_keys_of_copies_counts_different_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.feed([entry(1, "行政执法"), entry(2, "行政执法"), entry(3, "行政复议")], [], 1)
    rows = engine._rows
    assert isinstance(rows, Rows)
    monkeypatch.setattr(rows, "copy_groups", None, raising=False)
    assert counted(engine, And(()), [Axis("role")])[(None,)] == [3, 2]
