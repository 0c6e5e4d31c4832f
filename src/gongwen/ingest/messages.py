"""The messages between worker processes: typed columns of a fixed form, never pickled objects.

What arrives is made by a process that may have been taken over by the file that it reads. So every
value is read with the bounds that it must keep, nothing is made that the bytes do not pay for, and
whatever is wrong is one error.

A worker may have been taken over by the file that it read. What it can still do is to lie about
the text of that file: everything else that an answer says is checked against that text, against
the limits and against the closed lists of names, or is not asked for at all.
"""

from __future__ import annotations

import json
import re
import struct
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from math import isfinite
from typing import IO, NoReturn, cast, get_args

from ..nlp.fields import FIELD_NAMES, FIELDS, SETTABLE
from ..nlp.records import (
    Direction,
    Document,
    Figure,
    FigureKind,
    FigureRole,
    Kind,
    Level,
    Role,
    Sentence,
    Tag,
    Value,
    Year,
)
from ..readers.base import Extract, Limits
from .prepare import Prepared

_SIZE = struct.Struct("<Q")
_INTEGER = struct.Struct("<q")
_REAL = struct.Struct("<d")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text of a report holds, since it is cleaned when it is read."""
_BREAK = re.compile("[\t\n]")
MOST_BYTES = 256 << 20
"""Size of an answer; the largest report that was seen has 200,000."""


class WireError(Exception):
    """What arrived is not what was agreed."""


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write one message to ``pipe``."""
    pipe.write(_SIZE.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes], most: int = MOST_BYTES) -> bytes:
    """Read the next message from ``pipe``.

    Raises:
        EOFError: there is none any more, or only a part of one.
        WireError: it is said to be larger than ``most`` bytes.
    """
    header = pipe.read(_SIZE.size)
    if len(header) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(header)
    if size > most:
        raise WireError(f"{size} bytes")
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


class Writer:
    """Collects the values of a message; :class:`Reader` reads them in the same order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def data(self) -> bytes:
        """Return the message."""
        return b"".join(self._parts)

    def integer(self, value: int) -> None:
        """Add a whole number of 64 bits."""
        self._parts.append(_INTEGER.pack(value))

    def real(self, value: float) -> None:
        """Add a number."""
        self._parts.append(_REAL.pack(value))

    def raw(self, value: bytes) -> None:
        """Add bytes."""
        self.integer(len(value))
        self._parts.append(value)

    def text(self, value: str) -> None:
        """Add a text."""
        self.raw(value.encode("utf-8"))

    def integers(self, values: Iterable[int]) -> None:
        """Add a column of whole numbers."""
        self.raw(array("q", values).tobytes())

    def reals(self, values: Iterable[float]) -> None:
        """Add a column of numbers."""
        self.raw(array("d", values).tobytes())

    def texts(self, values: Collection[str]) -> None:
        """Add a column of texts."""
        self.integers(map(len, values))
        self.text("".join(values))

    def coded(self, values: Iterable[str]) -> None:
        """Add a column of texts of which many are the same."""
        known: dict[str, int] = {}
        codes = [known.setdefault(value, len(known)) for value in values]
        self.texts(known)
        self.integers(codes)

    def mapping(self, values: Mapping[str, str]) -> None:
        """Add texts by their names."""
        self.texts(tuple(values))
        self.texts(tuple(values.values()))


class Reader:
    """Reads the values of a message, each within the bounds that it is given.

    Every method raises :class:`WireError` when the message ends too early or a value is not within
    its bounds.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at != len(self._data):
            self._fail("more than was asked for")

    def _fail(self, what: str) -> NoReturn:
        raise WireError(f"{what}, at byte {self._at}")

    def _take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self._data) - self._at:
            self._fail("too short")
        self._at += size
        return self._data[self._at - size : self._at]

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``."""
        (value,) = _INTEGER.unpack(self._take(_INTEGER.size))
        if not low <= value <= high:
            self._fail(f"{value} is not from {low} to {high}")
        return int(value)

    def real(self, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``."""
        (value,) = _REAL.unpack(self._take(_REAL.size))
        if not low <= value <= high:  # nor is NaN
            self._fail(f"{value} is not from {low} to {high}")
        return float(value)

    def raw(self, most: int = MOST_BYTES) -> bytes:
        """Return up to so many bytes."""
        return bytes(self._take(self.integer(0, most)))

    def text(self, most: int) -> str:
        """Return a text of up to so many characters, in lines, without control characters."""
        text = self._decoded()
        if len(text) > most or _CONTROL.search(text):
            self._fail("no such text")
        return text

    def _decoded(self) -> str:
        data = self._take(self.integer(0, MOST_BYTES))
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            self._fail("not UTF-8")

    def _column(self, kind: str, count: int | None, most: int) -> array[int] | array[float]:
        column: array[int] | array[float] = array(kind)
        data = self._take(self.integer(0, MOST_BYTES))
        if len(data) % column.itemsize:
            self._fail("half a number")
        found = len(data) // column.itemsize
        if found != count if count is not None else found > most:
            self._fail(f"a column of {found}")
        column.frombytes(data)
        return column

    def integers(
        self, low: int, high: int, count: int | None = None, most: int = MOST_BYTES
    ) -> list[int]:
        """Return a column of whole numbers from ``low`` to ``high``.

        Args:
            low: the smallest.
            high: the largest.
            count: how many they are, when that is known.
            most: how many they may be.
        """
        column = self._column("q", count, most)
        if column and not low <= min(column) <= max(column) <= high:
            self._fail(f"a number that is not from {low} to {high}")
        return cast("list[int]", column.tolist())

    def reals(self, low: float, high: float, count: int) -> list[float]:
        """Return a column of numbers from ``low`` to ``high``."""
        column = self._column("d", count, count)
        if not all(low <= value <= high for value in column):  # NaN is not
            self._fail(f"a number that is not from {low} to {high}")
        return cast("list[float]", column.tolist())

    def texts(
        self, longest: int, count: int | None = None, most: int = MOST_BYTES, lines: bool = False
    ) -> list[str]:
        """Return a column of texts, each of up to ``longest`` characters.

        Args:
            longest: characters of one of them.
            count: how many they are, when that is known.
            most: how many they may be.
            lines: whether they may have tabs and line feeds.
        """
        sizes = self.integers(0, longest, count, most)
        text = self._decoded()
        if sum(sizes) != len(text) or _CONTROL.search(text) or (not lines and _BREAK.search(text)):
            self._fail("no such texts")
        return [text[start:end] for start, end in pairwise(accumulate(sizes, initial=0))]

    def coded(
        self, longest: int, count: int, among: Collection[str] | None = None, lines: bool = False
    ) -> list[str]:
        """Return a column of texts of which many are the same.

        Args:
            longest: characters of one of them.
            count: how many they are.
            among: what they may be, ``None`` for anything.
            lines: whether they may have tabs and line feeds.
        """
        known = self.texts(longest, most=count, lines=lines)
        if among is not None and not set(known) <= set(among):
            self._fail("an unknown name")
        return [known[code] for code in self.integers(0, len(known) - 1, count)]

    def mapping(
        self, longest: int, names: Collection[str], values: Collection[str] | None = None
    ) -> dict[str, str]:
        """Return texts of one line by their names, which are among ``names``."""
        keys = self.texts(longest, most=len(names))
        found = self.texts(longest, count=len(keys))
        if len(set(keys)) < len(keys) or not set(keys) <= set(names):
            self._fail("an unknown name")
        if values is not None and not set(found) <= set(values):
            self._fail("an unknown value")
        return dict(zip(keys, found, strict=True))


def ordered(starts: Sequence[int], ends: Sequence[int]) -> bool:
    """Say whether spans are none of them empty, in order and without overlap."""
    edges = (edge for span in zip(starts, ends, strict=True) for edge in span)
    return all(s < e for s, e in zip(starts, ends, strict=True)) and all(
        a <= b for a, b in pairwise(edges)
    )


_KINDS, _ROLES, _LEVELS = get_args(Kind), get_args(Role), get_args(Level)
_FIGURE_KINDS, _FIGURE_ROLES = get_args(FigureKind), get_args(FigureRole)
_DIRECTIONS = get_args(Direction)
_STATED = tuple(one.name for one in FIELDS if one.type != "year")
"""Fields of a document that are texts, in the order in which they travel."""
_GUESSED = frozenset(FIELD_NAMES)
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
