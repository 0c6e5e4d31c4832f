"""Reports as a worker gives them: written as a message there, read and checked here.

A worker may have been taken over by the file that it read. What it can still do is to lie about
the text of that file: everything else that an answer says is checked against that text, against
the limits and against the closed lists of names, or is not asked for at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from math import isfinite
from typing import get_args

from .nlp.figures.records import Direction, Figure, FigureKind, FigureRole, Value
from .nlp.filename import SETTABLE
from .nlp.records import Document, Kind, Level, Role, Sentence, Tag, Year
from .preparing import Prepared
from .reading.records import Extract, Limits
from .wire import Reader, WireError, Writer, ordered

_KINDS, _ROLES, _LEVELS = get_args(Kind), get_args(Role), get_args(Level)
_FIGURE_KINDS, _FIGURE_ROLES = get_args(FigureKind), get_args(FigureRole)
_DIRECTIONS = get_args(Direction)
_STATED = ("title", "region", "kind", "province", "city", "county", "adcode", "level", "agency",
           "date", "address")  # fmt: skip
"""Fields of a document that are texts, in the order in which they travel."""
_GUESSED = frozenset(field.name for field in fields(Document)) - {"text", "sentences", "how"}
_YEAR = re.compile(r"(?:\d{4}(?:-\d{4})?)?")
_CODE = re.compile(r"(?:\d{6})?")
_TOPIC = re.compile(r"[a-z0-9-]*")
_LONGEST_LINE = 100_000
_LONGEST_NAME = 100
_LONGEST_VALUE = 1_000
_MOST_NOTES = 1_000
_MOST_TOPICS = 10_000
_HIGHEST_HASH = (1 << 63) - 1


def put_reports(to: Writer, reports: tuple[Prepared, ...]) -> None:
    """Write reports."""
    to.integer(len(reports))
    for report in reports:
        to.text(report.part)
        to.text(report.document.text)
        _put_document(to, report.document)
        _put_tags(to, report.tags)
        to.integers(report.sketch)
        _put_figures(to, report.figures)
        to.texts(report.notes)
        to.mapping(report.stated)


def take_reports(of: Reader, limits: Limits) -> tuple[Prepared, ...]:
    """Read what :func:`put_reports` has written.

    Raises:
        WireError: it is something else, or beyond ``limits``.
    """
    found = tuple(_report(of, limits) for _ in range(of.integer(0, limits.reports)))
    if len({report.part for report in found}) < len(found):
        raise WireError("two reports of one name")
    return found


def _report(of: Reader, limits: Limits) -> Prepared:
    part = of.text(_LONGEST_LINE)
    document = _document(of, of.text(limits.characters), limits)
    return Prepared(
        part=part,
        document=document,
        tags=_tags(of, len(document.sentences)),
        sketch=tuple(of.integers(0, _HIGHEST_HASH, most=len(document.text))),
        figures=_figures(of, document),
        notes=tuple(of.texts(_LONGEST_LINE, most=_MOST_NOTES)),
        stated=of.mapping(_LONGEST_LINE, SETTABLE),
    )


def _put_document(to: Writer, document: Document) -> None:
    to.texts([getattr(document, name) for name in _STATED])
    to.text(json.dumps(document.year))
    to.mapping(document.how)
    sentences = document.sentences
    to.integers(s.start for s in sentences)
    to.integers(s.end for s in sentences)
    for name in ("section", "item", "role", "kind"):
        to.coded(getattr(s, name) for s in sentences)


def _document(of: Reader, text: str, limits: Limits) -> Document:
    said = dict(zip(_STATED, of.texts(_LONGEST_LINE, len(_STATED), lines=True), strict=True))
    if said["level"] not in _LEVELS or not _CODE.fullmatch(said["adcode"]):
        raise WireError("no such place")
    year = _year(of.text(_LONGEST_NAME))
    how = of.mapping(_LONGEST_NAME, _GUESSED)
    starts = of.integers(0, len(text), most=limits.sentences)
    ends = of.integers(0, len(text), count=len(starts))
    if not ordered(starts, ends):
        raise WireError("sentences that overlap")
    count = len(starts)
    columns = (
        of.coded(_LONGEST_LINE, count, lines=True),
        of.coded(_LONGEST_NAME, count, lines=True),
        of.coded(_LONGEST_NAME, count, _ROLES),
        of.coded(_LONGEST_NAME, count, _KINDS),
    )
    sentences = tuple(
        Sentence(n, text[start:end], start, end, section, item, role, kind)
        for n, (start, end, section, item, role, kind) in enumerate(
            zip(starts, ends, *columns, strict=True), 1
        )
    )
    return Document(text, year=year, sentences=sentences, how=how, **said)  # type: ignore[arg-type]


def _put_tags(to: Writer, tags: tuple[Tag, ...]) -> None:
    to.integers(len(tag.also) for tag in tags)
    to.coded(tag.topic for tag in tags)
    to.coded(topic for tag in tags for topic in tag.also)
    to.reals(tag.probability for tag in tags)


def _tags(of: Reader, count: int) -> tuple[Tag, ...]:
    sizes = of.integers(0, _MOST_TOPICS, count)
    topics = of.coded(_LONGEST_NAME, count)
    further = of.coded(_LONGEST_NAME, sum(sizes))
    if not all(map(_TOPIC.fullmatch, {*topics, *further})):
        raise WireError("no such topic")
    rest = iter(further)
    return tuple(
        Tag(topic, tuple(next(rest) for _ in range(size)), probability)
        for topic, size, probability in zip(topics, sizes, of.reals(0, 1, count), strict=True)
    )


_FIGURE_WORDS = ("indicator", "unit", "qualifier", "period", "part_of")


def _put_figures(to: Writer, figures: tuple[Figure, ...]) -> None:
    to.integers(f.n for f in figures)
    to.integers(f.start for f in figures)
    to.integers(f.end for f in figures)
    to.integers(f.approximate for f in figures)
    for name in (*_FIGURE_WORDS, "kind", "role", "direction"):
        to.coded(getattr(f, name) for f in figures)
    to.coded(json.dumps(f.value, ensure_ascii=False) for f in figures)
    to.coded(json.dumps(f.year) for f in figures)


def _figures(of: Reader, document: Document) -> tuple[Figure, ...]:
    text, sentences = document.text, document.sentences
    numbers = of.integers(1, len(sentences), most=len(text))
    count = len(numbers)
    starts, ends = of.integers(0, len(text), count), of.integers(0, len(text), count)
    approximate = of.integers(0, 1, count)
    if any(
        not (sentences[n - 1].start <= start < end <= sentences[n - 1].end)
        for n, start, end in zip(numbers, starts, ends, strict=True)
    ):
        raise WireError("a figure outside of its sentence")
    words = [of.coded(_LONGEST_LINE, count, lines=True) for _ in _FIGURE_WORDS]
    names = (
        of.coded(_LONGEST_NAME, count, _FIGURE_KINDS),
        of.coded(_LONGEST_NAME, count, _FIGURE_ROLES),
        of.coded(_LONGEST_NAME, count, _DIRECTIONS),
    )
    values = map(_value, of.coded(_LONGEST_VALUE, count))
    years = map(_year, of.coded(_LONGEST_NAME, count))
    return tuple(
        Figure("", n, start, end, indicator, value, unit, kind, qualifier, bool(about),
               text[start:end], year, period, role, direction, part_of)
        for n, start, end, about, indicator, unit, qualifier, period, part_of, kind, role,
        direction, value, year in zip(
            numbers, starts, ends, approximate, *words, *names, values, years, strict=True
        )
    )  # fmt: skip


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("not a value") from None


def _year(text: str) -> Year:
    year = _loaded(text)
    if type(year) is int and 0 < year < 10_000:
        return year
    if isinstance(year, str) and _YEAR.fullmatch(year):
        return year
    raise WireError("not a year")


def _value(text: str) -> Value:
    value = _loaded(text)
    if isinstance(value, list):
        if len(value) <= 2 and (
            all(map(_is_number, value)) or all(isinstance(part, str) for part in value)
        ):
            return value
    elif isinstance(value, str) or _is_number(value):
        return value  # type: ignore[return-value]
    raise WireError("not a value")


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def put_extracts(to: Writer, extracts: tuple[Extract, ...]) -> None:
    """Write the texts of a file."""
    to.integer(len(extracts))
    for extract in extracts:
        to.text(extract.part)
        to.text(extract.text)
        to.mapping(extract.said)
        to.texts(extract.notes)


def take_extracts(of: Reader, limits: Limits) -> tuple[Extract, ...]:
    """Read what :func:`put_extracts` has written.

    Raises:
        WireError: it is something else, or beyond ``limits``.
    """
    return tuple(
        Extract(
            part=of.text(_LONGEST_LINE),
            text=of.text(limits.characters),
            said=of.mapping(_LONGEST_LINE, SETTABLE),
            notes=tuple(of.texts(_LONGEST_LINE, most=_MOST_NOTES)),
        )
        for _ in range(of.integer(0, limits.reports))
    )
