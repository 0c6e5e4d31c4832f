"""Reports as the Parquet tables of a shard, and back.

A shard has three tables: ``reports``, ``sentences`` and ``figures``, whose rows stand in the order
of the reports. In each, ``report`` names the report by the place that it was read from. A table may
come from a stranger, so it is read in a confined process (:mod:`~gongwen.ingest.worker`), and what
comes out passes the checks that any answer of such a process passes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from ..ingest.prepare import Prepared
from ..nlp.errors import ReadError
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import Document, Figure, Sentence, Tag, Year

TABLES = ("reports", "sentences", "figures")
"""The tables of a shard by name."""
_SENTENCE_TEXTS = ("section", "item", "role", "kind")
_FIGURE_TEXTS = tuple(
    one.name
    for one in fields(Figure)
    if one.name not in ("report", "n", "start", "end", "value", "approximate", "year")
)
_COMPRESSION, _LEVEL = "zstd", 1


@dataclass(frozen=True, slots=True)
class CutReport:
    """A report with its sentences cut into words.

    Attributes:
        prepared: the report.
        words: the words of each sentence.
    """

    prepared: Prepared
    words: Sequence[Sequence[str]]


@cache
def schemas() -> Mapping[str, Any]:
    """Return the Arrow schemas of the tables by name."""
    import pyarrow as pa  # late: only bulk reading needs it

    word = pa.dictionary(pa.int32(), pa.string())
    place = ("report", word)
    span = (("n", pa.int32()), ("start", pa.int32()), ("end", pa.int32()))
    return {
        "reports": pa.schema(
            [
                ("report", pa.string()), ("file", pa.string()), ("part", pa.string()),
                *((name, pa.string()) for name in FIELD_NAMES),
                ("sentences", pa.int32()), ("figures", pa.int32()),
                ("how", pa.string()), ("stated", pa.string()),
                ("notes", pa.list_(pa.string())), ("sketch", pa.list_(pa.int64())),
                ("text", pa.large_string()),
            ]
        ),
        "sentences": pa.schema(
            [
                place, *span, ("text", pa.string()), *((name, word) for name in _SENTENCE_TEXTS),
                ("topic", word), ("also", pa.list_(word)), ("probability", pa.float64()),
                ("words", pa.list_(word)),
            ]
        ),
        "figures": pa.schema(
            [
                place, *span, ("value", pa.string()), ("approximate", pa.bool_()), ("year", word),
                *((name, word) for name in _FIGURE_TEXTS),
            ]
        ),
    }  # fmt: skip


# -- to tables -------------------------------------------------------------------------------------


def packed(files: Iterable[tuple[str, Sequence[CutReport]]]) -> dict[str, bytes]:
    """Return the tables of a shard as the content of Parquet files, by name.

    Args:
        files: files by their names in a library, with their reports.
    """
    rows = [(name, one) for name, reports in files for one in reports]
    places = [
        name + (f"#{one.prepared.part}" if one.prepared.part else "") for name, one in rows
    ]  # fmt: skip
    prepared = [one.prepared for _, one in rows]
    documents = [one.document for one in prepared]
    columns = {
        "reports": {
            "report": places,
            "file": [name for name, _ in rows],
            "part": [one.part for one in prepared],
            **{name: [str(getattr(d, name)) for d in documents] for name in FIELD_NAMES},
            "sentences": [len(d.sentences) for d in documents],
            "figures": [len(one.figures) for one in prepared],
            "how": [_json(dict(d.how)) for d in documents],
            "stated": [_json(dict(one.stated)) for one in prepared],
            "notes": [list(one.notes) for one in prepared],
            "sketch": [list(one.sketch) for one in prepared],
            "text": [d.text for d in documents],
        },
        "sentences": _sentence_columns(places, rows),
        "figures": _figure_columns(places, prepared),
    }
    return {name: _parquet(name, columns[name]) for name in TABLES}


def _sentence_columns(
    places: Sequence[str], rows: Sequence[tuple[str, CutReport]]
) -> dict[str, Any]:
    reports = [one for _, one in rows]
    sentences = [s for one in reports for s in one.prepared.document.sentences]
    tags = [tag for one in reports for tag in one.prepared.tags]
    return {
        "report": _repeated(places, [len(one.prepared.tags) for one in reports]),
        **{name: [getattr(s, name) for s in sentences] for name in ("n", "start", "end", "text")},
        **{name: _coded(getattr(s, name) for s in sentences) for name in _SENTENCE_TEXTS},
        "topic": _coded(tag.topic for tag in tags),
        "also": _coded_lists([tag.also for tag in tags]),
        "probability": [tag.probability for tag in tags],
        "words": _coded_lists([words for one in reports for words in one.words]),
    }


def _figure_columns(places: Sequence[str], prepared: Sequence[Prepared]) -> dict[str, Any]:
    figures = [figure for one in prepared for figure in one.figures]
    return {
        "report": _repeated(places, [len(one.figures) for one in prepared]),
        **{name: [getattr(f, name) for f in figures] for name in ("n", "start", "end")},
        "value": [_json(f.value) for f in figures],
        "approximate": [f.approximate for f in figures],
        "year": _coded(str(f.year) for f in figures),
        **{name: _coded(getattr(f, name) for f in figures) for name in _FIGURE_TEXTS},
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _repeated(values: Sequence[str], counts: Sequence[int]) -> Any:
    return _coded(value for value, count in zip(values, counts, strict=True) for _ in range(count))


def _coded(values: Iterable[str]) -> Any:
    """Return repeated strings as an Arrow array: each distinct one once, and codes."""
    import pyarrow as pa  # late: only bulk reading needs it

    known: dict[str, int] = {}
    codes = [known.setdefault(value, len(known)) for value in values]
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32()), pa.array(list(known), pa.string())
    )


def _coded_lists(lists: Sequence[Sequence[str]]) -> Any:
    import pyarrow as pa  # late: only bulk reading needs it

    offsets = list(accumulate(map(len, lists), initial=0))
    values = _coded(value for one in lists for value in one)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _parquet(name: str, columns: Mapping[str, Any]) -> bytes:
    import pyarrow as pa  # late: only bulk reading needs it
    import pyarrow.parquet as pq

    schema = schemas()[name]
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, schema.field(i).type)
        for i, column in enumerate(columns.values())
    ]
    file = io.BytesIO()
    table = pa.Table.from_arrays(arrays, schema=schema)
    pq.write_table(table, file, compression=_COMPRESSION, compression_level=_LEVEL)
    return file.getvalue()


# -- from tables -----------------------------------------------------------------------------------


def unpacked(tables: Mapping[str, bytes]) -> list[CutReport]:
    """Return the reports of a shard; their values are not checked.

    Args:
        tables: the content of the Parquet files by name.

    Raises:
        ReadError: they do not have the columns that :func:`packed` writes, or not the rows.
    """
    reports = _columns("reports", tables["reports"])
    sentences = _columns("sentences", tables["sentences"])
    figures = _columns("figures", tables["figures"])
    sentence_spans = _spans(reports["sentences"], len(sentences["n"]))
    figure_spans = _spans(reports["figures"], len(figures["n"]))
    return [
        CutReport(
            _prepared(
                {name: reports[name][i] for name in reports}, sentences, of, figures, figures_of
            ),
            sentences["words"][of],
        )
        for i, (of, figures_of) in enumerate(zip(sentence_spans, figure_spans, strict=True))
    ]


def _prepared(
    report: Mapping[str, Any],
    sentences: Mapping[str, list[Any]],
    of: slice,
    figures: Mapping[str, list[Any]],
    figures_of: slice,
) -> Prepared:
    text = report["text"]
    columns = zip(
        *(sentences[name][of] for name in ("n", "start", "end", *_SENTENCE_TEXTS)), strict=True
    )
    units = tuple(
        Sentence(n, text[start:end], start, end, *rest) for n, start, end, *rest in columns
    )
    tags = zip(*(sentences[name][of] for name in ("topic", "also", "probability")), strict=True)
    known = {name: report[name] for name in FIELD_NAMES}
    known["year"] = _year(known["year"])
    document = Document(text=text, sentences=units, how=json.loads(report["how"]), **known)
    return Prepared(
        part=report["part"],
        document=document,
        tags=tuple(Tag(topic, tuple(also), probability) for topic, also, probability in tags),
        sketch=tuple(report["sketch"]),
        figures=tuple(_figures({name: figures[name][figures_of] for name in figures})),
        notes=tuple(report["notes"]),
        stated=json.loads(report["stated"]),
    )


def _figures(columns: Mapping[str, list[Any]]) -> Iterator[Figure]:
    names = [name for name in columns if name != "report"]
    for row in zip(*(columns[name] for name in names), strict=True):
        known = dict(zip(names, row, strict=True))
        known |= {"value": json.loads(known["value"]), "year": _year(known["year"])}
        yield Figure(report="", **known)


def _year(text: str) -> Year:
    return int(text) if text.isdecimal() and text.isascii() else text


def _spans(counts: Sequence[int], total: int) -> list[slice]:
    if any(count < 0 for count in counts) or sum(counts) != total:
        raise ReadError("its tables do not agree")
    return [slice(start, end) for start, end in pairwise(accumulate(counts, initial=0))]


def _columns(name: str, data: bytes) -> dict[str, list[Any]]:
    """Return the columns of a table that reports are made of, as lists."""
    import pyarrow as pa  # late: only bulk reading needs it
    import pyarrow.parquet as pq

    wanted = schemas()[name]
    left_out = {"sentences": ["text"], "reports": ["file"]}.get(name, [])
    try:
        file = pq.ParquetFile(io.BytesIO(data), pre_buffer=False)
        if not file.schema_arrow.equals(wanted):
            raise ReadError(f"the table {name} does not have the columns of gongwen bulk")
        names = [column for column in wanted.names if column not in left_out]
        table = file.read(columns=names, use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ReadError(f"the table {name} is no whole Parquet file ({reason})") from None
    if any(column.null_count for column in table.columns):
        raise ReadError(f"the table {name} has empty fields")
    return {column: _list(table.column(column)) for column in names}


def _list(column: Any) -> list[Any]:
    import pyarrow as pa  # late: only bulk reading needs it

    values: list[Any] = []
    for chunk in column.chunks:
        if pa.types.is_list(chunk.type):
            offsets = chunk.offsets.to_pylist()
            inner = _flat(chunk.values)
            values += [inner[start:end] for start, end in pairwise(offsets)]
        else:
            values += _flat(chunk)
    return values


def _flat(array: Any) -> list[Any]:
    import pyarrow as pa  # late: only bulk reading needs it

    if array.null_count:
        raise ReadError("a table has empty fields")
    if pa.types.is_dictionary(array.type):
        known = array.dictionary.to_pylist()
        if None in known:
            raise ReadError("a table has empty fields")
        return [known[code] for code in array.indices.to_pylist()]
    return list(array.to_pylist())
