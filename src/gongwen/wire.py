"""How calls and answers travel between processes: typed columns of a fixed form, never objects.

What arrives is made by a process that may have been taken over by the file that it reads. So every
value is read with the bounds that it must keep, nothing is made that the bytes do not pay for, and
whatever is wrong is one error.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import IO, NoReturn, cast

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
