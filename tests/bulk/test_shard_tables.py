"""Reports become the tables of a shard and come back as they were; other tables are refused."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.bulk.shard_tables import TABLES, CutReport, packed, schemas, unpacked
from gongwen.ingest.prepare import Prepared, Recipe, prepare_loaded
from gongwen.ingest.worker import rows_call, segment_batch, texts_to_cut
from gongwen.ingest.worker_pool import Workers
from gongwen.nlp.errors import GongwenError
from gongwen.nlp.fields import FIELD_NAMES
from gongwen.nlp.records import Document, Figure, FigureKind, Kind, Role, Sentence, Tag
from gongwen.readers.base import Limits
from gongwen.readers.files import Source, load

SEED_REPORT = Path(__file__).parents[2] / "seeds" / "reports" / "wugong-2020.txt"

words = st.text("行政复议法治 1,%\n", max_size=6)
lines = st.text("甲乙丙丁 >a", max_size=5)
years = st.one_of(st.just(""), st.integers(1949, 2099), st.just("2018-2020"))
values = st.one_of(
    st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False), lines,
    st.lists(st.integers(0, 9), min_size=2, max_size=2), st.just(["2023-01", "2023-06"]),
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> CutReport:
    """A report with values of every kind that may stand in one."""
    units, figures, start = [], [], 0
    for n in range(1, draw(st.integers(0, 4)) + 1):
        size = draw(st.integers(1, 5))
        role, kind = draw(st.sampled_from(get_args(Role))), draw(st.sampled_from(get_args(Kind)))
        units.append(Sentence(n, "", start, start + size, draw(lines), draw(lines), role, kind))
        if draw(st.booleans()):
            figures.append(
                Figure(
                    "", n, start, start + size, draw(lines), draw(values), draw(lines),
                    draw(st.sampled_from(get_args(FigureKind))), draw(lines), draw(st.booleans()),
                    "", draw(years),
                )
            )  # fmt: skip
        start += size + draw(st.integers(0, 1))
    text = draw(st.text("办理行政复议案件四", min_size=start, max_size=start + 3))
    sentences = tuple(replace(one, text=text[one.start : one.end]) for one in units)
    known = {name: draw(lines) for name in FIELD_NAMES} | {"year": draw(years)}
    tags = tuple(
        Tag(draw(st.sampled_from(["", "unsure", "review"])), tuple(draw(st.lists(st.just("a-b")))),
            draw(st.floats(0, 1)))
        for _ in sentences
    )  # fmt: skip
    prepared = Prepared(
        part=draw(lines),
        document=Document(text=text, sentences=sentences, how={"title": draw(lines)}, **known),
        tags=tags,
        sketch=tuple(draw(st.lists(st.integers(0, (1 << 63) - 1), max_size=3))),
        figures=tuple(replace(one, raw=text[one.start : one.end]) for one in figures),
        notes=tuple(draw(st.lists(lines, max_size=2))),
        stated={"region": draw(lines)},
    )
    return CutReport(prepared, [draw(st.lists(words, max_size=3)) for _ in sentences])


@given(st.lists(st.tuples(lines, st.lists(reports(), max_size=2)), max_size=3))
def test_reports_come_back_as_they_were(files: list[tuple[str, list[CutReport]]]) -> None:
    back = unpacked(packed(files))
    wanted = [one for _, of_file in files for one in of_file]
    assert [one.prepared for one in back] == [one.prepared for one in wanted]
    assert [one.words for one in back] == [one.words for one in wanted]


@pytest.fixture(scope="module")
def seed() -> CutReport:
    source = Source(SEED_REPORT)
    data, digest = load(source)
    [prepared] = prepare_loaded(source, Recipe(Path("none"), 0), data, digest).reports
    return CutReport(prepared, segment_batch("", texts_to_cut(prepared.document.sentences)))


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1) as made:
        yield made


def read(workers: Workers, tables: Mapping[str, bytes]) -> list[list[CutReport]]:
    return workers.call(rows_call(tables, [1], Limits(), 60.0)).result()


def test_a_confined_process_reads_tables(workers: Workers, seed: CutReport) -> None:
    [[back]] = read(workers, packed([("甲县.txt", [seed])]))
    assert back.prepared == seed.prepared
    assert back.words == seed.words


def test_the_sentences_are_a_table_for_everyone(seed: CutReport) -> None:
    table = pq.read_table(io.BytesIO(packed([("甲县.txt", [seed])])["sentences"]))
    frame = table.to_pandas()
    assert list(frame.columns[:5]) == ["report", "n", "start", "end", "text"]
    assert list(frame.text) == [one.text for one in seed.prepared.document.sentences]
    assert list(frame.topic) == [tag.topic for tag in seed.prepared.tags]
    assert set(frame.report) == {"甲县.txt"}
    assert [list(one) for one in frame.words] == [list(one) for one in seed.words]


def changed(data: bytes, column: str, value: Any) -> bytes:
    """Return a table with another value in the first row of a column."""
    table = pq.read_table(io.BytesIO(data))
    at = table.schema.get_field_index(column)
    column_values = [value, *table.column(at).to_pylist()[1:]]
    kind = table.schema.field(at).type
    array = pa.array(column_values, pa.string()) if pa.types.is_dictionary(kind) else None
    array = array.dictionary_encode() if array is not None else pa.array(column_values, kind)
    table = table.set_column(at, table.schema.field(at), array)
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("reports", "sentences", -1),
        ("reports", "sentences", 3),
        ("reports", "figures", 7),
        ("reports", "level", "planet"),
        ("reports", "year", "soon"),
        ("reports", "how", "[]"),
        ("reports", "how", '{"owner": "me"}'),
        ("reports", "stated", "{"),
        ("reports", "sketch", [-1]),
        ("reports", "notes", ["a\x1b[2J"]),
        ("reports", "title", "a\x07"),
        ("reports", "text", "short"),
        ("sentences", "start", -3),
        ("sentences", "end", 1 << 30),
        ("sentences", "role", "king"),
        ("sentences", "topic", "../x"),
        ("sentences", "probability", float("nan")),
        ("sentences", "probability", 2.0),
        ("sentences", "words", ["不在其中"]),
        ("sentences", "words", [""]),
        ("sentences", "section", None),
        ("figures", "value", "NaN"),
        ("figures", "value", '{"a": 1}'),
        ("figures", "n", 0),
        ("figures", "end", 0),
        ("figures", "kind", "magic"),
    ],
)
def test_values_out_of_their_bounds_are_refused(
    workers: Workers, seed: CutReport, table: str, column: str, value: Any
) -> None:
    tables = packed([("甲县.txt", [seed])])
    tables[table] = changed(tables[table], column, value)
    with pytest.raises(GongwenError) as error:
        read(workers, tables)
    assert "\n" not in str(error.value)
    [[back]] = read(workers, packed([("甲县.txt", [seed])]))  # the next one is read
    assert back.prepared == seed.prepared


@pytest.mark.parametrize("table", TABLES)
def test_what_is_no_table_is_refused(workers: Workers, seed: CutReport, table: str) -> None:
    good = packed([("甲县.txt", [seed])])
    other = next(name for name in TABLES if name != table)
    for data in (b"", b"PAR1", good[table][:-9], good[table][200:], good[other]):
        with pytest.raises(GongwenError) as error:
            read(workers, {**good, table: data})
        assert "\n" not in str(error.value)


@settings(max_examples=30)
@given(st.data())
def test_damaged_bytes_give_one_line_or_what_was_written(
    workers: Workers, data: st.DataObject
) -> None:
    seed = small_report()
    good = packed([("甲县.txt", [seed])])
    table = data.draw(st.sampled_from(TABLES))
    at = data.draw(st.integers(0, len(good[table]) - 1))
    value = data.draw(st.integers(0, 255))
    broken = good[table][:at] + bytes([value]) + good[table][at + 1 :]
    try:
        [[back]] = read(workers, {**good, table: broken})
    except GongwenError as error:
        assert "\n" not in str(error)
    else:
        assert len(back.prepared.document.sentences) == len(seed.prepared.document.sentences)


def small_report() -> CutReport:
    document = Document(text="办案4件。", sentences=(Sentence(1, "办案4件。", 0, 5),))
    return CutReport(Prepared("", document, (Tag("review", (), 0.5),), ()), [["办案", "4", "件"]])


def test_the_columns_are_those_that_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "bulk.md").read_text("utf-8")
    for name, schema in schemas().items():
        for column in schema.names:
            assert f"`{column}`" in page, f"{name}.{column}"
