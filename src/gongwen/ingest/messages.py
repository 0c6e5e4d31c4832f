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
import struct
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from math import isfinite
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast, get_args

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

if TYPE_CHECKING:
    from .prepare import Prepared


_SIZE = struct.Struct("<Q")
_INTEGER = struct.Struct("<q")
_REAL = struct.Struct("<d")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no text of a report contains, because readers remove them."""
_BREAK = re.compile("[\t\n]")
MAX_MESSAGE_BYTES = 256 << 20
"""Maximum size of an answer in bytes; the largest report seen so far has 200,000."""


class MessageError(Exception):
    """A message does not have the agreed form, or a value is out of its bounds."""


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write one message to ``pipe``: its size in 8 bytes, then its bytes."""
    pipe.write(_SIZE.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes], max_bytes: int = MAX_MESSAGE_BYTES) -> bytes:
    """Read the next message from ``pipe``.

    Raises:
        EOFError: the pipe ended before or inside a message.
        MessageError: the message claims to be larger than ``max_bytes``.
    """
    header = pipe.read(_SIZE.size)
    if len(header) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(header)
    if size > max_bytes:
        raise MessageError(f"{size} bytes")
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


class MessageWriter:
    """Build a message from values; :class:`MessageReader` reads them in the same order.

    Example:
        >>> message = MessageWriter()
        >>> message.integer(7)
        >>> message.texts(["陕西省", "咸阳市"])
        >>> reader = MessageReader(message.data())
        >>> reader.integer(0, 10), reader.texts(max_length=10)
        (7, ['陕西省', '咸阳市'])
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def data(self) -> bytes:
        """Return the bytes of the message."""
        return b"".join(self._parts)

    def integer(self, value: int) -> None:
        """Add a signed integer of 64 bits."""
        self._parts.append(_INTEGER.pack(value))

    def real(self, value: float) -> None:
        """Add a float of 64 bits."""
        self._parts.append(_REAL.pack(value))

    def raw(self, value: bytes) -> None:
        """Add bytes, preceded by their number."""
        self.integer(len(value))
        self._parts.append(value)

    def text(self, value: str) -> None:
        """Add a string, encoded as UTF-8."""
        self.raw(value.encode("utf-8"))

    def integers(self, values: Iterable[int]) -> None:
        """Add a column of integers."""
        self.raw(array("q", values).tobytes())

    def reals(self, values: Iterable[float]) -> None:
        """Add a column of floats."""
        self.raw(array("d", values).tobytes())

    def texts(self, values: Collection[str]) -> None:
        """Add a column of strings: their lengths in characters, then all of them joined."""
        self.integers(map(len, values))
        self.text("".join(values))

    def categorical(self, values: Iterable[str]) -> None:
        """Add a column of repeated strings: the distinct ones, then a code for each row."""
        categories: dict[str, int] = {}
        codes = [categories.setdefault(value, len(categories)) for value in values]
        self.texts(categories)
        self.integers(codes)

    def mapping(self, values: Mapping[str, str]) -> None:
        """Add a mapping of names to strings."""
        self.texts(tuple(values))
        self.texts(tuple(values.values()))


class MessageReader:
    """Read the values of a message in the order in which they were written.

    Every method raises :class:`MessageError` when the message ends too early or a value is out of
    the bounds that the caller gives.

    Args:
        data: the bytes of the message.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._offset = 0

    def end(self) -> None:
        """Raise MessageError when values are left that nobody has read."""
        if self._offset != len(self._data):
            self._fail("more than was asked for")

    def _fail(self, what: str) -> NoReturn:
        raise MessageError(f"{what}, at byte {self._offset}")

    def _take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self._data) - self._offset:
            self._fail("too short")
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def integer(self, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``, both included."""
        (value,) = _INTEGER.unpack(self._take(_INTEGER.size))
        if not low <= value <= high:
            self._fail(f"{value} is not from {low} to {high}")
        return int(value)

    def real(self, low: float, high: float) -> float:
        """Return a float from ``low`` to ``high``, both included; NaN is refused."""
        (value,) = _REAL.unpack(self._take(_REAL.size))
        if not low <= value <= high:  # also true for NaN
            self._fail(f"{value} is not from {low} to {high}")
        return float(value)

    def raw(self, max_bytes: int = MAX_MESSAGE_BYTES) -> bytes:
        """Return up to ``max_bytes`` bytes."""
        return bytes(self._take(self.integer(0, max_bytes)))

    def text(self, max_length: int) -> str:
        """Return a string of up to ``max_length`` characters.

        It may contain tabs and line feeds but no other control characters.
        """
        text = self._utf8()
        if len(text) > max_length or _CONTROL.search(text):
            self._fail("no such text")
        return text

    def _utf8(self) -> str:
        data = self._take(self.integer(0, MAX_MESSAGE_BYTES))
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            self._fail("not UTF-8")

    def _column(
        self, typecode: str, count: int | None, max_count: int
    ) -> array[int] | array[float]:
        column: array[int] | array[float] = array(typecode)
        data = self._take(self.integer(0, MAX_MESSAGE_BYTES))
        if len(data) % column.itemsize:
            self._fail("half a number")
        found = len(data) // column.itemsize
        if found != count if count is not None else found > max_count:
            self._fail(f"a column of {found}")
        column.frombytes(data)
        return column

    def integers(
        self, low: int, high: int, count: int | None = None, max_count: int = MAX_MESSAGE_BYTES
    ) -> list[int]:
        """Return a column of integers from ``low`` to ``high``.

        Args:
            low: the smallest value allowed.
            high: the largest value allowed.
            count: the exact number of rows, when it is known.
            max_count: the largest number of rows, when ``count`` is ``None``.
        """
        column = self._column("q", count, max_count)
        if column and not low <= min(column) <= max(column) <= high:
            self._fail(f"a number that is not from {low} to {high}")
        return cast("list[int]", column.tolist())

    def reals(self, low: float, high: float, count: int) -> list[float]:
        """Return a column of ``count`` floats from ``low`` to ``high``; NaN is refused."""
        column = self._column("d", count, count)
        if not all(low <= value <= high for value in column):  # false for NaN
            self._fail(f"a number that is not from {low} to {high}")
        return cast("list[float]", column.tolist())

    def texts(
        self,
        max_length: int,
        count: int | None = None,
        max_count: int = MAX_MESSAGE_BYTES,
        multiline: bool = False,
    ) -> list[str]:
        """Return a column of strings of up to ``max_length`` characters each.

        Args:
            max_length: the largest number of characters of one string.
            count: the exact number of rows, when it is known.
            max_count: the largest number of rows, when ``count`` is ``None``.
            multiline: whether tabs and line feeds are allowed.
        """
        lengths = self.integers(0, max_length, count, max_count)
        text = self._utf8()
        if (
            sum(lengths) != len(text)
            or _CONTROL.search(text)
            or (not multiline and _BREAK.search(text))
        ):
            self._fail("no such texts")
        return [text[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]

    def categorical(
        self,
        max_length: int,
        count: int,
        allowed: Collection[str] | None = None,
        multiline: bool = False,
    ) -> list[str]:
        """Return a column of repeated strings, as :meth:`MessageWriter.categorical` wrote it.

        Args:
            max_length: the largest number of characters of one string.
            count: the exact number of rows.
            allowed: the strings that may occur, ``None`` for any.
            multiline: whether tabs and line feeds are allowed.
        """
        categories = self.texts(max_length, max_count=count, multiline=multiline)
        if allowed is not None and not set(categories) <= set(allowed):
            self._fail("an unknown name")
        return [categories[code] for code in self.integers(0, len(categories) - 1, count)]

    def mapping(
        self, max_length: int, names: Collection[str], values: Collection[str] | None = None
    ) -> dict[str, str]:
        """Return a mapping of names to strings of one line.

        Args:
            max_length: the largest number of characters of a name or a string.
            names: the names that may occur.
            values: the strings that may occur, ``None`` for any.
        """
        keys = self.texts(max_length, max_count=len(names))
        found = self.texts(max_length, count=len(keys))
        if len(set(keys)) < len(keys) or not set(keys) <= set(names):
            self._fail("an unknown name")
        if values is not None and not set(found) <= set(values):
            self._fail("an unknown value")
        return dict(zip(keys, found, strict=True))


# -- reports and extracted texts -------------------------------------------------------------------


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
