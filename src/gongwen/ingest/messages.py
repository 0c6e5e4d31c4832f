"""Encode and decode the messages between this process and its worker processes.

A message is a sequence of numbers, strings and typed columns in a fixed order, never a pickled
object. The worker that sends it may have been taken over by the file that it reads, so the receiver
trusts nothing: each value is read with the bounds that it must keep, names must be on a closed
list, offsets must lie inside the text, and memory is only allocated for bytes that have arrived.
Any violation raises :class:`MessageError`. A hostile worker can then lie about the text of its own
file, and about nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

from ..nlp.document.blocks import Block, BlockKind
from ..nlp.fields import FIELD_NAMES, FIELDS, SETTABLE
from ..nlp.records import (
    Direction,
    Document,
    Figure,
    FigureKind,
    FigureRole,
    FigureStatus,
    Kind,
    Level,
    Measure,
    PeriodKind,
    PeriodSource,
    Role,
    Sentence,
    Tag,
    Value,
    Year,
)
from ..readers.base import Extract, Limits
from .message_codec import MessageError, MessageReader, MessageWriter

if TYPE_CHECKING:
    from .prepare import Prepared


def _are_disjoint(starts: Sequence[int], ends: Sequence[int]) -> bool:
    """Return whether the spans are in order, not empty, and do not overlap."""
    edges = (edge for span in zip(starts, ends, strict=True) for edge in span)
    return all(s < e for s, e in zip(starts, ends, strict=True)) and all(
        a <= b for a, b in pairwise(edges)
    )


_KINDS, _ROLES, _LEVELS = get_args(Kind), get_args(Role), get_args(Level)
_BLOCK_KINDS, _MAX_LEVEL = get_args(BlockKind), 99
_STATED = tuple(one.name for one in FIELDS if one.type != "year")
"""Fields of a document that are strings, in the order in which they are sent."""
_GUESSED = frozenset(FIELD_NAMES)
_YEAR = re.compile(r"(?:\d{4}(?:-\d{4})?)?")
_CODE = re.compile(r"(?:\d{6})?")
_TOPIC_SLUG = re.compile(r"[a-z0-9-]*")
_MAX_LINE_LENGTH = 100_000
_MAX_NAME_LENGTH = 100
_MAX_VALUE_LENGTH = 1_000
_MAX_NOTES = 1_000
_MAX_TOPICS = 10_000
_MAX_HASH = (1 << 63) - 1


def write_reports(message: MessageWriter, reports: tuple[Prepared, ...]) -> None:
    """Add the reports of a file to a message."""
    message.integer(len(reports))
    for report in reports:
        message.text(report.part)
        message.text(report.document.text)
        _write_document(message, report.document)
        _write_tags(message, report.tags)
        message.integers(report.sketch)
        _write_figures(message, report.figures)
        message.texts(report.notes)
        message.mapping(report.stated)


def read_reports(message: MessageReader, limits: Limits) -> tuple[Prepared, ...]:
    """Read the reports of a file, as :func:`write_reports` wrote them.

    Raises:
        MessageError: a value is malformed, contradicts the text, or exceeds ``limits``.
    """
    reports = tuple(
        _read_report(message, limits) for _ in range(message.integer(0, limits.reports))
    )
    if len({report.part for report in reports}) < len(reports):
        raise MessageError("two reports of one name")
    return reports


def _read_report(message: MessageReader, limits: Limits) -> Prepared:
    from .prepare import Prepared  # late: a search must not load the parser

    part = message.text(_MAX_LINE_LENGTH)
    document = _read_document(message, message.text(limits.characters), limits)
    return Prepared(
        part=part,
        document=document,
        tags=_read_tags(message, len(document.sentences)),
        sketch=tuple(message.integers(0, _MAX_HASH, max_count=len(document.text))),
        figures=_read_figures(message, document),
        notes=tuple(message.texts(_MAX_LINE_LENGTH, max_count=_MAX_NOTES)),
        stated=message.mapping(_MAX_LINE_LENGTH, SETTABLE),
    )


def _write_document(message: MessageWriter, document: Document) -> None:
    message.texts([getattr(document, name) for name in _STATED])
    message.text(json.dumps(document.year))
    message.mapping(document.how)
    sentences = document.sentences
    message.integers(s.start for s in sentences)
    message.integers(s.end for s in sentences)
    for name in ("section", "item", "role", "kind"):
        message.categorical(getattr(s, name) for s in sentences)


def _read_document(message: MessageReader, text: str, limits: Limits) -> Document:
    fields = dict(
        zip(_STATED, message.texts(_MAX_LINE_LENGTH, len(_STATED), multiline=True), strict=True)
    )
    if fields["level"] not in _LEVELS or not _CODE.fullmatch(fields["adcode"]):
        raise MessageError("no such place")
    year = _parsed_year(message.text(_MAX_NAME_LENGTH))
    how = message.mapping(_MAX_NAME_LENGTH, _GUESSED)
    starts = message.integers(0, len(text), max_count=limits.sentences)
    ends = message.integers(0, len(text), count=len(starts))
    if not _are_disjoint(starts, ends):
        raise MessageError("sentences that overlap")
    count = len(starts)
    columns = (
        message.categorical(_MAX_LINE_LENGTH, count, multiline=True),
        message.categorical(_MAX_NAME_LENGTH, count, multiline=True),
        message.categorical(_MAX_NAME_LENGTH, count, _ROLES),
        message.categorical(_MAX_NAME_LENGTH, count, _KINDS),
    )
    sentences = tuple(
        Sentence(n, text[start:end], start, end, section, item, role, kind)
        for n, (start, end, section, item, role, kind) in enumerate(
            zip(starts, ends, *columns, strict=True), 1
        )
    )
    return Document(text, year=year, sentences=sentences, how=how, **fields)  # type: ignore[arg-type]


def _write_tags(message: MessageWriter, tags: tuple[Tag, ...]) -> None:
    message.integers(len(tag.also) for tag in tags)
    message.categorical(tag.topic for tag in tags)
    message.categorical(topic for tag in tags for topic in tag.also)
    message.reals(tag.probability for tag in tags)


def _read_tags(message: MessageReader, count: int) -> tuple[Tag, ...]:
    sizes = message.integers(0, _MAX_TOPICS, count)
    topics = message.categorical(_MAX_NAME_LENGTH, count)
    other_topics = message.categorical(_MAX_NAME_LENGTH, sum(sizes))
    if not all(map(_TOPIC_SLUG.fullmatch, {*topics, *other_topics})):
        raise MessageError("no such topic")
    others = iter(other_topics)
    return tuple(
        Tag(topic, tuple(next(others) for _ in range(size)), probability)
        for topic, size, probability in zip(topics, sizes, message.reals(0, 1, count), strict=True)
    )


_MAX_NUMBERS = 10
"""Numbers that one value can have: two of a range, more of a structure (8.3:41.4:50.3)."""
_FIGURE_TEXTS = (
    "indicator", "unit", "qualifier", "period", "part_of", "period_start", "period_end"
)  # fmt: skip
_FIGURE_CHOICES = {
    "kind": get_args(FigureKind),
    "role": get_args(FigureRole),
    "direction": get_args(Direction),
    "status": get_args(FigureStatus),
    "measure": get_args(Measure),
    "period_kind": get_args(PeriodKind),
    "period_source": get_args(PeriodSource),
}


def _write_figures(message: MessageWriter, figures: tuple[Figure, ...]) -> None:
    message.integers(f.n for f in figures)
    message.integers(f.start for f in figures)
    message.integers(f.end for f in figures)
    message.integers(f.approximate for f in figures)
    for name in (*_FIGURE_TEXTS, *_FIGURE_CHOICES):
        message.categorical(getattr(f, name) for f in figures)
    message.categorical(json.dumps(f.value, ensure_ascii=False) for f in figures)
    message.categorical(json.dumps(f.year) for f in figures)


def _read_figures(message: MessageReader, document: Document) -> tuple[Figure, ...]:
    text, sentences = document.text, document.sentences
    numbers = message.integers(1, len(sentences), max_count=len(text))
    count = len(numbers)
    starts, ends = message.integers(0, len(text), count), message.integers(0, len(text), count)
    approximate = message.integers(0, 1, count)
    if any(
        not (sentences[n - 1].start <= start < end <= sentences[n - 1].end)
        for n, start, end in zip(numbers, starts, ends, strict=True)
    ):
        raise MessageError("a figure outside of its sentence")
    columns: dict[str, Iterable[Any]] = {"n": numbers, "start": starts, "end": ends}
    columns["approximate"] = map(bool, approximate)
    for name in _FIGURE_TEXTS:
        columns[name] = message.categorical(_MAX_LINE_LENGTH, count, multiline=True)
    for name, choices in _FIGURE_CHOICES.items():
        columns[name] = message.categorical(_MAX_NAME_LENGTH, count, choices)
    columns["value"] = map(_parsed_value, message.categorical(_MAX_VALUE_LENGTH, count))
    columns["year"] = map(_parsed_year, message.categorical(_MAX_NAME_LENGTH, count))
    columns["raw"] = (text[start:end] for start, end in zip(starts, ends, strict=True))
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return tuple(Figure(report="", **row) for row in rows)


def _parsed_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MessageError("not a value") from None


def _parsed_year(text: str) -> Year:
    year = _parsed_json(text)
    if type(year) is int and 0 < year < 10_000:
        return year
    if isinstance(year, str) and _YEAR.fullmatch(year):
        return year
    raise MessageError("not a year")


def _parsed_value(text: str) -> Value:
    value = _parsed_json(text)
    if isinstance(value, list):
        if len(value) <= _MAX_NUMBERS and (
            all(map(_is_number, value)) or all(isinstance(part, str) for part in value)
        ):
            return value
    elif isinstance(value, str) or _is_number(value):
        return value  # type: ignore[return-value]
    raise MessageError("not a value")


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def write_extracts(message: MessageWriter, extracts: tuple[Extract, ...]) -> None:
    """Add the extracted texts of a file to a message."""
    message.integer(len(extracts))
    for extract in extracts:
        message.text(extract.part)
        message.text(extract.text)
        message.mapping(extract.said)
        message.texts(extract.notes)
        for name in ("start", "end", "level", "page"):
            message.integers(getattr(block, name) for block in extract.blocks)
        message.categorical(block.kind for block in extract.blocks)


def read_extracts(message: MessageReader, limits: Limits) -> tuple[Extract, ...]:
    """Read the extracted texts of a file, as :func:`write_extracts` wrote them.

    Raises:
        MessageError: a value is malformed or exceeds ``limits``.
    """
    return tuple(_read_extract(message, limits) for _ in range(message.integer(0, limits.reports)))


def _read_extract(message: MessageReader, limits: Limits) -> Extract:
    part, text = message.text(_MAX_LINE_LENGTH), message.text(limits.characters)
    said = message.mapping(_MAX_LINE_LENGTH, SETTABLE)
    notes = tuple(message.texts(_MAX_LINE_LENGTH, max_count=_MAX_NOTES))
    starts = message.integers(0, len(text), max_count=len(text))
    ends = message.integers(0, len(text), count=len(starts))
    if not _are_disjoint(starts, ends):
        raise MessageError("blocks that overlap")
    levels = message.integers(0, _MAX_LEVEL, count=len(starts))
    pages = message.integers(0, limits.pages, count=len(starts))
    kinds = message.categorical(_MAX_NAME_LENGTH, len(starts), _BLOCK_KINDS)
    rows = zip(starts, ends, kinds, levels, pages, strict=True)
    return Extract(text, part, said, notes, tuple(Block(*row) for row in rows))  # type: ignore[arg-type]
