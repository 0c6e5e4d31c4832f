"""Make the columns of an index in memory: joined texts, encoded columns, and rows of both.

:class:`RowBuilder` turns entries into :class:`RowData`, which :mod:`~gongwen.index.row_files` adds
to the files of an index and :class:`~gongwen.index.columns.Rows` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import is_clause_end, strip_units
from ..nlp.text.numerals import in_values
from .engine import Entry
from .scan import PAD, Positions, Units, join_texts

CODED_COLUMNS, TAG_COLUMNS = ("kind", "report", "heading"), ("topics", "role")
ENCODED_COLUMNS = (*CODED_COLUMNS, *TAG_COLUMNS)
"""Columns with few distinct values, stored as integer codes: those of a sentence, which stay as
they are, and its tags, which are changed."""

_COUNT_CHUNK_UNITS = 1 << 20
"""Number of units that are counted at a time."""
_GATHERED_ROWS = 10_000
"""Number of rows whose texts are copied at a time, which takes 24 bytes per character."""


@dataclass(slots=True)
class JoinedTexts:
    """The texts of rows, joined by :func:`~gongwen.index.scan.join_texts`.

    Attributes:
        units: the joined and padded UTF-16 units.
        starts: (rows + 1,) offset at which each text begins, and the end of the last one.
    """

    units: Units
    starts: Positions

    @classmethod
    def of(cls, texts: Sequence[str]) -> JoinedTexts:
        """Return ``texts`` joined, one for each row."""
        return cls(*join_texts(texts))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def gather(self, rows: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts of ``rows`` in the order given."""
        begins = self.starts[rows]
        sizes = self.starts[rows + 1] - begins
        starts = np.concatenate([[PAD], PAD + np.cumsum(sizes)]).astype(np.int64)
        units = np.empty(starts[-1] + PAD, self.units.dtype)
        units[:PAD] = units[-PAD:] = self.units[:PAD]
        for low in range(0, len(rows), _GATHERED_ROWS):
            high = min(low + _GATHERED_ROWS, len(rows))
            first, end = starts[low], starts[high]
            shifts = np.repeat(begins[low:high] - starts[low:high], sizes[low:high])
            units[first:end] = self.units[shifts + np.arange(first, end)]
        return JoinedTexts(units, starts)


def strings(texts: JoinedTexts) -> list[str]:
    """Return joined texts as strings."""
    joined = texts.units[texts.starts[0] : texts.starts[-1]].tobytes()
    return joined.decode("utf-16-le", "surrogatepass").split("\n")[:-1]


@dataclass(slots=True)
class UnmarkedTexts(JoinedTexts):
    """The texts of rows without their marks, in which strings are looked for.

    Attributes:
        marks: (n,) offsets in ``units``, ascending, in front of which a mark was removed.
    """

    marks: Positions

    @classmethod
    def strip(cls, texts: JoinedTexts) -> UnmarkedTexts:
        """Return ``texts`` without marks."""
        units, marks = strip_units(texts.units)
        removed = marks + np.arange(len(marks))
        starts = texts.starts - np.searchsorted(removed, texts.starts)
        return cls(units, starts.astype(np.int64), marks)

    def with_clause_ends(self, texts: JoinedTexts) -> UnmarkedTexts:
        """Return the same texts, of whose marks only those that end a clause are known.

        Args:
            texts: the texts with their marks.
        """
        removed = texts.units[self.marks + np.arange(len(self.marks))]
        return UnmarkedTexts(self.units, self.starts, self.marks[is_clause_end(removed)])

    def is_marked(self, at: Positions) -> NDArray[np.bool_]:
        """Return for each of the offsets whether a mark was removed in front of it."""
        return np.asarray(
            np.searchsorted(self.marks, at, "right") > np.searchsorted(self.marks, at)
        )

    def with_marks(self, at: Positions) -> Positions:
        """Return the offsets of these units in the texts with their marks."""
        return np.asarray(at + np.searchsorted(self.marks, at, "right"))

    def without_marks_inside(self, at: Positions, size: int) -> NDArray[np.bool_]:
        """Return for strings of ``size`` units at these offsets whether no mark is inside."""
        if not len(self.marks):
            return np.ones(len(at), bool)
        following = np.searchsorted(self.marks, at, "right")
        mark = self.marks[np.minimum(following, len(self.marks) - 1)]
        return np.asarray((following == len(self.marks)) | (mark >= at + size))


@dataclass(slots=True)
class EncodedColumn:
    """A dictionary-encoded column: an integer code for each row, and the value of each code.

    Attributes:
        codes: (rows,) code of each row.
        values: value of each code.

    Example:
        >>> column = EncodedColumn.of(["plan", "result", "plan"])
        >>> column.codes.tolist(), column.values
        ([0, 1, 0], ['plan', 'result'])
    """

    codes: NDArray[np.int32]
    values: list[Any]

    @classmethod
    def of(cls, column: Iterable[Any]) -> EncodedColumn:
        """Return the values of a column encoded."""
        known: dict[Any, int] = {}
        codes = [known.setdefault(value, len(known)) for value in column]
        return cls(np.array(codes, np.int32), list(known))

    def with_values(self, rows: NDArray[np.int64], values: Sequence[Any]) -> EncodedColumn:
        """Return a copy of the column with ``values`` at ``rows``."""
        known = {value: code for code, value in enumerate(self.values)}
        codes = self.codes.copy()
        codes[rows] = [known.setdefault(value, len(known)) for value in values]
        return EncodedColumn(codes, list(known))

    def decoded(self) -> list[Any]:
        """Return the value of every row."""
        return [self.values[code] for code in self.codes.tolist()]


@dataclass(slots=True)
class RowData:
    """Rows in memory, in the order in which they are to be added to an index.

    Attributes:
        ids: (rows,) id of each sentence.
        lengths: (rows,) number of words of each sentence.
        probability: (rows,) probability of the likeliest topic, 0 to 1.
        copy_keys: (rows,) key that near-copies have in common.
        text: folded text of all rows.
        digits: text with numbers written out, only of the rows where it differs from ``text``.
        digit_rows: the rows of ``digits``, ascending.
        columns: the encoded columns by name (:data:`ENCODED_COLUMNS`); topics are tuples.
        reports: region and year by the id of the report.
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]
    probability: NDArray[np.float32]
    copy_keys: NDArray[np.int64]
    text: JoinedTexts
    digits: JoinedTexts
    digit_rows: NDArray[np.int64]
    columns: dict[str, EncodedColumn]
    reports: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> RowData:
        """Return one row for each of ``entries``, in their order."""
        rows = RowBuilder()
        for entry in entries:
            rows.add(entry)
        return rows.build()


def unit_frequencies(units: Units) -> NDArray[np.int32]:
    """Return the number of occurrences of each of the 65,536 units.

    The units are counted in chunks, because ``numpy.bincount`` converts its input to 64 bits.
    """
    total = np.zeros(1 << 16, np.int64)
    for start in range(0, len(units), _COUNT_CHUNK_UNITS):
        total += np.bincount(units[start : start + _COUNT_CHUNK_UNITS], minlength=1 << 16)
    return total.astype(np.int32)


class RowBuilder:
    """Collects entries one at a time and builds rows from them."""

    def __init__(self) -> None:
        from ..nlp.duplicates.near_copies import copy_key  # late: a search makes no keys

        self._copy_key = copy_key
        self._begin()

    def _begin(self) -> None:
        """Start with no rows."""
        self.ids: list[int] = []
        self._lengths: list[int] = []
        self._probability: list[float] = []
        self._copy_keys: list[int] = []
        self._texts: list[str] = []
        self._digits: list[str] = []
        self._digit_rows: list[int] = []
        self._columns: dict[str, list[Any]] = {name: [] for name in ENCODED_COLUMNS}
        self._reports: dict[str, tuple[str, str]] = {}

    def add(self, entry: Entry) -> None:
        """Append a row for ``entry``."""
        text = entry.text.replace("\n", " ")
        digits = in_values(text)
        self._copy_keys.append(self._copy_key(digits, entry.names))
        if digits != text:
            self._digits.append(digits)
            self._digit_rows.append(len(self.ids))
        self.ids.append(entry.id)
        self._lengths.append(len(entry.words))
        self._probability.append(entry.probability)
        self._texts.append(text)
        for name in ENCODED_COLUMNS:
            self._columns[name].append(getattr(entry, name))
        self._reports[entry.report] = (entry.region, entry.year)

    def build(self) -> RowData:
        """Return the rows and release the collected entries, because writing needs the memory."""
        rows = RowData(
            np.array(self.ids, np.int64),
            np.array(self._lengths, np.int32),
            np.array(self._probability, np.float32),
            np.array(self._copy_keys, np.int64),
            JoinedTexts.of(self._texts),
            JoinedTexts.of(self._digits),
            np.array(self._digit_rows, np.int64),
            {name: EncodedColumn.of(column) for name, column in self._columns.items()},
            self._reports,
        )
        self._begin()
        return rows
