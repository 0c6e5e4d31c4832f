"""Specifies the rows: exact strings that cannot be missed, filters, counts, what is on disk."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import holds
from rowsondisk import add, on_disk

from gongwen.index.column_writer import ENCODED_COLUMNS
from gongwen.index.columns import Rows
from gongwen.index.engine import Entry, Retag
from gongwen.index.query import Text
from gongwen.index.row_files import RowFiles
from gongwen.index.sentence_spans import contains
from gongwen.nlp import parse_document
from gongwen.nlp.text.normalize import squeeze

Open = Callable[[Sequence[Entry]], Rows]


def entry(
    id_: int,
    text: str = "执法",
    topics: tuple[str, ...] = ("enforcement",),
    role: str = "achievement",
    kind: str = "sentence",
    report: str = "wugong-2020",
    region: str = "武功县",
    year: str = "2020",
) -> Entry:
    return Entry(id_, squeeze(text), list(squeeze(text)), topics, role, kind, report, region, year)


@pytest.fixture
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Write entries to a new folder and open them; closed at the end."""

    def write(entries: Sequence[Entry]) -> Rows:
        return on_disk(tmp_path_factory.mktemp("rows"), entries)

    yield write


# -- exact strings: the plain scan that all is measured by -----------------------------------------

STANDS: list[tuple[str, str, bool]] = [
    # (text, string, whether it stands there)
    ("办结237件", "7件", False),
    ("办结237件", "237件", True),
    ("办结237件", "37", False),
    ("办结237件,正在处理7件", "7件", True),
    ("网上可办率达到90.72%", "72%", False),
    ("网上可办率达到90.72%", "90", False),
    ("网上可办率达到90.72%", ".72%", False),
    ("网上可办率达到90.72%", "90.", False),
    ("网上可办率达到90.72%", "90.72", True),
    ("网上可办率达到90.72%", "90.72%", True),
    ("共1,236人", "236", False),
    ("共1,236人", "236人", False),
    ("共1,236人", "1", False),
    ("共1,236人", ",236", False),
    ("共1,236人", "1,236", True),
    ("共1,236,500人", "1,236", False),
    ("共1,236,500人", "236,500", False),
    ("共1,236.5元", "1,236", False),
    # a comma that groups no thousands parts two numbers, and so does a full stop at the end
    ("第1,2,3项", "1", True),
    ("第1,2,3项", "2", True),
    ("第1,23项", "23项", True),
    ("第1,2345项", "2345", True),
    ("共5,人", "5", True),
    ("见第3.", "3", True),
    ("1.办理案件", "1", True),
    ("1.办理案件", ".办理", True),
    # dots of dates, strokes and percent signs do not make a number
    ("利用3·15日", "15", True),
    ("2018-2020年", "2020年", True),
    ("023-85238885", "85238885", True),
    ("5%以上", "5", True),
    # not a number, so anywhere
    ("行政复议法", "政复", True),
    ("happy", "app", True),
    ("第七十三件", "三件", True),
    ("行政复议", "普法", False),
    # one occurrence cuts a number, the next, which overlaps it, does not
    ("27件7件7", "7件7", True),
    ("11.1.1件,1.1件", "1.1件", True),
]


@pytest.mark.parametrize(("text", "needle", "stands"), STANDS)
def test_a_match_never_begins_or_ends_inside_a_number(
    written: Open, text: str, needle: str, stands: bool
) -> None:
    assert holds(text, Text(needle)) is stands
    assert written([entry(1, text)]).occurrences(Text(needle)).rows.tolist()[:1] == [0] * stands


WHOLE: list[tuple[str, Text, bool]] = [
    ("happy", Text("app", whole=True), False),
    ("一个app", Text("app", whole=True), True),
    ("apps", Text("app", whole=True), False),
    ("apps", Text("app", whole=True, open_end=True), True),
    ("happy", Text("app", whole=True, open_end=True), False),
    ("5g网", Text("g", whole=True), True),
    ("2020年", Text("20", whole=True, open_end=True), True),
    ("12020年", Text("20", whole=True, open_end=True), False),
    ("1,236人", Text("1", whole=True, open_end=True), True),
    ("行政复议", Text("政复", whole=True), True),
    ("第七十三件", Text("三件", whole=True), False),
    ("第七十三件", Text("73件", whole=True), True),
    ("第73件", Text("七十三件", whole=True), True),
    ("推行“三项制度”", Text("三项", whole=True), True),
    ("执法监督", Text("执法", whole=True, open_end=True), True),
    ("单机、关键设备", Text("机关", whole=True), False),
    ("单机、关键设备", Text("机关"), True),
    ("单机、关键设备，机关", Text("机关", whole=True), True),
    ("一、执法。监督", Text("执法监督", whole=True), False),
    ("“执法”监督", Text("执法监督", whole=True), True),
    ("《行政处罚法》规定", Text("法规", whole=True), False),
    ("《行政处罚法》规定法规", Text("法规", whole=True), True),
    ("《行政处罚法》规定", Text("法规"), True),
    ("扩大“学生饮用奶”计划", Text("大学生", whole=True), False),
    ("深化“放管服”改革", Text("放管服改革", whole=True), True),
    ("办案,17件", Text("案17", whole=True), False),
    ("办案,十七件", Text("案17", whole=True), False),
    ("1,236件", Text("1,236件", whole=True), True),
    ("1,236件", Text("1236件", whole=True), True),
    ("甲、乙", Text("甲、乙", whole=True), True),
]


@pytest.mark.parametrize(("text", "needle", "stands"), WHOLE)
def test_whole_words(written: Open, text: str, needle: Text, stands: bool) -> None:
    assert holds(text, needle) is stands
    assert bool(written([entry(1, text)]).occurrences(needle).rows.size) is stands


def test_neighbours_do_not_run_together(written: Open) -> None:
    rows = written([entry(1, "办结23"), entry(2, "7件"), entry(3, "执"), entry(4, "法")])
    assert rows.occurrences(Text("7件")).rows.tolist() == [1]
    assert rows.occurrences(Text("23")).rows.tolist() == [0]
    assert rows.occurrences(Text("执法")).rows.tolist() == []


@pytest.mark.parametrize("needle", [".", "(", "[法", "法*", "\\d", "法|执", "^执", "a{2}", "?"])
def test_no_character_is_special(written: Open, needle: str) -> None:
    rows = written([entry(1, "执法"), entry(2, f"甲{needle}乙")])
    assert rows.occurrences(Text(needle, verbatim=True)).rows.tolist() == [1]


NUMBERED = "十 七 件 三 万 元 1 7 两 年 百 零 、 , 。 起 人 中 𠮷 第 条 一".split()


def test_words_with_numbers_are_found_in_the_sentences_that_contain_them(tmp_path: Path) -> None:
    """In many sentences at once and in one sentence the same rule holds."""
    pick = random.Random(7)
    made = ("".join(pick.choices(NUMBERED, k=pick.randint(2, 14))) for _ in range(400))
    texts = [squeeze(text) for text in made]
    rows = on_disk(tmp_path / "rows", [entry(i, text) for i, text in enumerate(texts, 1)])
    for _ in range(2):  # the second time by what is remembered of the numerals
        for size in (1, 2, 3):
            for _ in range(60):
                needle = Text("".join(pick.choices(NUMBERED, k=size)), whole=True)
                expected = [row for row, text in enumerate(texts) if contains(text, needle)]
                found = np.unique(rows.occurrences(needle).rows).tolist()
                assert found == expected, needle


def test_occurrences_are_rows_in_order_with_repeats(written: Open) -> None:
    rows = written([entry(1, "执法和执法"), entry(2, "普法"), entry(3, "执法")])
    assert rows.occurrences(Text("执法")).rows.tolist() == [0, 0, 2]
    assert rows.occurrences(Text("")).rows.tolist() == []


dense = st.text("0127.,件% a法", min_size=1, max_size=24)
"""Text in which nearly every string lies at the edge of a number."""

report_like = st.lists(
    st.sampled_from(
        "行政复议 案件 7件 237件 90.72% 1,236人 3•15 ２０２０年 gdp 法治 政府 、 。 , 😀".split()
    ),
    max_size=12,
).map("".join)


@given(st.lists(dense | report_like | st.text(max_size=30), min_size=1, max_size=8), st.data())
@settings(deadline=None)
def test_any_string_is_found_where_a_plain_scan_finds_it_and_nowhere_else(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    entries = [entry(n, text) for n, text in enumerate(texts, 1)]
    rows = on_disk(tmp_path_factory.mktemp("rows"), entries)
    for needle in data.draw(st.lists(needles(entries), min_size=1, max_size=8)):
        wanted = [row for row, e in enumerate(entries) if holds(e.text, needle)]
        assert np.unique(rows.occurrences(needle).rows).tolist() == wanted, needle


@st.composite
def needles(draw: st.DrawFn, entries: Sequence[Entry]) -> Text:
    """Draw a part of 1 to 40 characters of some text, or any other string."""
    text = draw(st.sampled_from(entries)).text
    if text and draw(st.integers(0, 4)):
        start = draw(st.integers(0, len(text) - 1))
        wanted = text[start : start + draw(st.integers(1, 40))]
    else:
        wanted = draw(st.text("0127.,件a法", min_size=1, max_size=4))
    whole = draw(st.booleans())
    return Text(wanted, whole, whole and draw(st.booleans()))


@given(dense, st.integers(0, 24), st.integers(1, 6))
@settings(deadline=None)
def test_one_sentence_agrees_with_the_rule(text: str, at: int, size: int) -> None:
    text = squeeze(text)
    needle = Text(text[at : at + size])
    assert contains(text, needle) is holds(text, needle)


@pytest.fixture(scope="module")
def seed_entries(seed_text: str) -> list[Entry]:
    document = parse_document(seed_text)
    return [entry(s.n, s.text, kind=s.kind, role=s.role) for s in document.sentences]


def test_parts_of_the_seed_report_are_found_exactly(
    written: Open, seed_entries: list[Entry]
) -> None:
    """1 to 40 characters from anywhere: recall and precision are 100 %."""
    rows = written(seed_entries)
    pick = random.Random(20)
    for _ in range(2_000):
        text = pick.choice(seed_entries).text
        start = pick.randrange(len(text))
        needle = Text(squeeze(text[start : start + pick.randint(1, 40)]))
        wanted = [row for row, e in enumerate(seed_entries) if holds(e.text, needle)]
        assert np.unique(rows.occurrences(needle).rows).tolist() == wanted, needle


# -- filters --------------------------------------------------------------------------------------

ENTRIES = [
    entry(1, topics=("enforcement",), kind="title", region="武功县", year="2020"),
    entry(2, topics=("enforcement", "oversight"), role="problem"),
    entry(3, topics=("oversight", "enforcement"), kind="heading"),
    entry(4, topics=(), kind="boilerplate"),
    entry(5, topics=("other",), report="b", region="陕西省咸阳市", year="2018-2020"),
    entry(6, topics=("other",), role="plan", report="b", region="陕西省咸阳市", year="2018-2020"),
    entry(7, topics=("other",), report="c", region="", year=""),
]

FILTERED: list[tuple[str, tuple[str, ...], list[int]]] = [
    ("topic", ("enforcement",), [1, 2, 3]),
    ("topic", ("oversight",), [2, 3]),  # primary or further
    ("topic", ("enforcement", "other"), [1, 2, 3, 5, 6, 7]),
    ("topic", ("unheard-of",), []),
    ("topic", (), []),
    ("role", ("problem",), [2]),
    ("role", ("problem", "plan"), [2, 6]),
    ("kind", ("title", "heading"), [1, 3]),
    ("kind", ("boilerplate",), [4]),
    ("report", ("b",), [5, 6]),
    ("report", ("wugong",), []),
    ("region", ("武功县",), [1, 2, 3, 4]),
    ("region", ("武功",), [1, 2, 3, 4]),  # a part of it
    ("region", ("咸阳市",), [5, 6]),
    ("region", ("陕西省武功县",), [1, 2, 3, 4]),  # more than it
    ("region", ("武功县", "咸阳"), [1, 2, 3, 4, 5, 6]),
    ("region", ("北京",), []),
    ("year", ("2020..2020",), [1, 2, 3, 4, 5, 6]),
    ("year", ("2019..2019",), [5, 6]),  # a span holds the years between
    ("year", ("2018..",), [1, 2, 3, 4, 5, 6]),
    ("year", ("2021..",), []),
    ("year", ("..2018",), [5, 6]),
    ("year", ("..2017",), []),
    ("year", ("2010..2030",), [1, 2, 3, 4, 5, 6]),
    ("year", ("2018..2018", "2030..2030"), [5, 6]),
]


@pytest.mark.parametrize(("field", "values", "ids"), FILTERED)
def test_filter(written: Open, field: str, values: tuple[str, ...], ids: list[int]) -> None:
    rows = written(ENTRIES)
    assert rows.ids[rows.filter(field, values)].tolist() == ids


COUNTED: list[tuple[str, list[tuple[str, int]]]] = [
    # most frequent first; a sentence counts for each of its topics; what is unknown does not count
    ("topic", [("enforcement", 3), ("other", 3), ("oversight", 2)]),
    ("role", [("achievement", 5), ("plan", 1), ("problem", 1)]),
    ("kind", [("sentence", 4), ("boilerplate", 1), ("heading", 1), ("title", 1)]),
    ("report", [("wugong-2020", 4), ("b", 2), ("c", 1)]),
    ("region", [("武功县", 4), ("陕西省咸阳市", 2)]),
    ("year", [("2020", 4), ("2018-2020", 2)]),
]


@pytest.mark.parametrize(("field", "counts"), COUNTED)
def test_counts(written: Open, field: str, counts: list[tuple[str, int]]) -> None:
    rows = written(ENTRIES)
    assert list(rows.counts(field, rows.live).items()) == counts
    assert rows.counts(field, np.zeros(len(rows), bool)) == {}


def test_counts_add_up_over_reports_of_the_same_region(written: Open) -> None:
    rows = written([entry(1, report="a"), entry(2, report="b"), entry(3, report="b")])
    assert rows.counts("region", rows.live) == {"武功县": 3}
    assert rows.counts("year", rows.live) == {"2020": 3}


def test_year_of_a_row_is_the_last_of_its_report(written: Open) -> None:
    assert written(ENTRIES).years().tolist() == [2020, 2020, 2020, 2020, 2020, 2020, 0]


# -- what is on disk ------------------------------------------------------------------------------

names = st.sampled_from(["", "甲", "乙", "enforcement", "other"])
many = st.lists(
    st.builds(
        entry,
        st.integers(1, 10**9),
        text=st.text(max_size=20),
        topics=st.lists(names.filter(bool), unique=True, max_size=3).map(tuple),
        role=names,
        kind=names,
        report=names,
        region=st.just("武功县"),
        year=st.just("2020"),
    ),
    max_size=12,
)


@given(many)
@settings(max_examples=80, deadline=None)
def test_rows_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    rows = on_disk(tmp_path_factory.mktemp("rows"), entries)
    assert len(rows) == len(entries)
    assert rows.ids.tolist() == [e.id for e in entries]
    assert [rows.string(row) for row in range(len(rows))] == [e.text for e in entries]
    assert rows.lengths.tolist() == [len(e.words) for e in entries]
    for name in ENCODED_COLUMNS:
        assert rows.column(name).decoded() == [getattr(e, name) for e in entries]
    assert set(rows.arrays.facts.values()) <= {("武功县", "2020")}


def seen(rows: Rows) -> list[object]:
    """Return what can be seen of rows: sentences, tags, reports, where strings stand, counts."""
    live = np.flatnonzero(rows.live)
    order = live[np.argsort(rows.ids[live])]
    ids = rows.ids
    return [
        ids[order].tolist(),
        [rows.string(row) for row in order.tolist()],
        [[rows.column(name).decoded()[row] for row in order] for name in ENCODED_COLUMNS],
        rows.years()[order].tolist(),
        {
            needle: sorted(ids[rows.occurrences(Text(needle)).rows].tolist())
            for needle in ("执", "执法", "7件", "十七件", "、", "a")
        },
        [sorted(ids[rows.filter(field, values) & rows.live]) for field, values, _ in FILTERED],
        {field: rows.counts(field, np.flatnonzero(rows.live)) for field, _ in COUNTED},
        [rows.document_frequency(Text("执法"), boilerplate) for boilerplate in (True, False)],
        (rows.count, rows.unit_total, rows.bigram_total),
        rows.bigrams.repetition(rows.bigram_total),
        rows.arrays.unit_counts[ord("执")],
        [sorted(group) for group in groups(rows)],
    ]


def groups(rows: Rows) -> list[list[int]]:
    """Return the ids of the sentences of each group of near-copies."""
    assert rows.copy_groups is not None
    found: dict[int, list[int]] = {}
    for row in np.flatnonzero(rows.live).tolist():
        found.setdefault(int(rows.copy_groups[row]), []).append(int(rows.ids[row]))
    return sorted(found.values())


CHANGES = st.lists(
    st.tuples(st.integers(0, 6), st.sets(st.integers(1, 30), max_size=5)), min_size=1, max_size=7
)


@given(CHANGES, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=60, deadline=None)
def test_rows_that_were_added_and_removed_bit_by_bit_are_those_written_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, set[int]]],
    pick: random.Random,
    compact: bool,
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    files, expected, last = RowFiles.create(folder), dict[int, Entry](), 0
    for count, gone in changes:
        new = [
            replace(
                pick.choice(ENTRIES),
                id=last + n,
                text="".join(pick.choices("执法a 7十件、。", k=pick.randint(0, 9))).replace(
                    " ", ""
                ),
                heading=pick.choice(("", "一、执法")),
            )
            for n in range(1, count + 1)
        ]
        last += count
        before, seen_before = (files.read(), None) if files.state else (None, None)
        if before:
            seen_before = seen(Rows(before))
        files = add(files, new, gone & set(expected))
        if before:  # whoever has the rows open sees what was
            assert seen(Rows(before)) == seen_before
        expected = {id_: e for id_, e in expected.items() if id_ not in gone}
        expected |= {e.id: e for e in new}
    if compact:
        files = files.compacted(files.read())
        assert not files.read().dead.any()
    assert seen(Rows(files.read())) == seen(on_disk(folder, list(expected.values())))


def test_a_retagged_row_keeps_all_but_its_tags(tmp_path: Path) -> None:
    files = add(RowFiles.create(tmp_path), ENTRIES)
    before = Rows(files.read())
    changes = [Retag(2, ("new", "other"), "plan", 0.5), Retag(99, ("new",), "plan")]
    files = files.retagged(before.arrays, changes)
    wanted = [
        replace(e, topics=("new", "other"), role="plan", probability=0.5) if e.id == 2 else e
        for e in ENTRIES
    ]
    assert seen(Rows(files.read())) == seen(on_disk(tmp_path / "other", wanted))
    assert before.column("topics").decoded()[1] == ("enforcement", "oversight")
    files = add(files, [entry(20, topics=("newer",))])
    assert Rows(files.read()).column("topics").decoded()[-1] == ("newer",)


def test_no_rows_are_rows_too(written: Open) -> None:
    rows = written([])
    assert len(rows) == 0
    assert rows.occurrences(Text("执法")).rows.tolist() == []
    assert rows.counts("topic", rows.live) == {}
    assert rows.filter("topic", ["enforcement"]).tolist() == []
    assert rows.filter("year", ["2020..2020"]).tolist() == []
    assert rows.strings(re.compile(".")) == {}


def test_rows_outlive_their_folder(tmp_path: Path) -> None:
    """A writer removes the folder of an older generation while a reader still uses it."""
    rows = on_disk(tmp_path, ENTRIES)
    shutil.rmtree(next(tmp_path.glob("rows-*")))
    assert rows.occurrences(Text("执法")).rows.tolist() == list(range(len(ENTRIES)))
    assert rows.filter("role", ["problem"]).sum() == 1
    assert rows.headings_with("标题").tolist() == []
