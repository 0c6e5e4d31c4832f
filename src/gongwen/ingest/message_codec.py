"""Encode and decode the values of messages between processes, and send and receive messages.

A message is a sequence of numbers, strings and typed columns in a fixed order. The receiver reads
each with the bounds that it must keep; see :mod:`.messages` for what is sent.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate, pairwise
from typing import IO, TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    pass


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
