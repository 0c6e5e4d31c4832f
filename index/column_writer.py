"""Build the columns of an index in memory and write them to a folder.

:class:`RowBuilder` turns entries into :class:`RowData`, which can be extended, reordered, retagged
and written. :class:`~gongwen.index.columns.Rows` reads what is written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import is_clause_end, strip_units
from ..nlp.text.numerals import in_values
from .bigrams import BIGRAM_FILES, save_array, write_bigrams
from .engine import Entry, Retag
from .scan import PAD, Positions, Units, join_texts

ENCODED_COLUMNS = ("role", "kind", "report", "topics", "heading")
"""Columns with few distinct values, stored as integer codes."""

SCAN_LIMIT_ROWS = 300_000
"""Number of rows up to which a string is found by scanning all text; a larger index has row lists
of bigrams, which give the rows to scan."""

_COUNT_CHUNK_UNITS = 1 << 20
"""Number of units that are counted at a time."""


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

    def concat(self, other: JoinedTexts) -> JoinedTexts:
        """Return these texts followed by the others."""
        shift = self.starts[-1] - other.starts[0]
        return JoinedTexts(
            np.concatenate([self.units[:-PAD], other.units[PAD:]]),
            np.concatenate([self.starts, other.starts[1:] + shift]),
        )

    def select(self, rows: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts of ``rows`` in the order given; row -1 gives an empty text."""
        lf = self.units[:1]
        sizes = np.ones(len(rows), np.int64)
        sizes[rows >= 0] = np.diff(self.starts)[rows[rows >= 0]]
        parts = [self.units[:PAD]]
        # Copy runs of consecutive rows at once: most rows keep their order.
        breaks = np.flatnonzero((np.diff(rows) != 1) | (rows[1:] < 1)) + 1
        for run in np.split(rows, breaks) if len(rows) else ():
            begin, end = self.starts[run[0]], self.starts[run[-1] + 1]
            parts.append(lf if run[0] < 0 else self.units[begin:end])
        parts.append(self.units[:PAD])
        starts = np.concatenate([[PAD], PAD + np.cumsum(sizes)]).astype(np.int64)
        return JoinedTexts(np.concatenate(parts), starts)

    def gather(self, rows: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts of ``rows`` in the order given.

        This is faster than :meth:`select` for rows that are not consecutive; -1 is not allowed.
        """
        begins = self.starts[rows]
        sizes = self.starts[rows + 1] - begins
        starts = np.concatenate([[PAD], PAD + np.cumsum(sizes)]).astype(np.int64)
        positions = np.repeat(begins - starts[:-1], sizes) + np.arange(PAD, starts[-1])
        pad = self.units[:PAD]
        return JoinedTexts(np.concatenate([pad, self.units[positions], pad]), starts)


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

    def concat(self, other: EncodedColumn) -> EncodedColumn:
        """Return this column followed by the other."""
        known = {value: code for code, value in enumerate(self.values)}
        new = [known.setdefault(value, len(known)) for value in other.values]
        codes = np.array(new, np.int32)[other.codes] if new else other.codes
        return EncodedColumn(np.concatenate([self.codes, codes]), list(known))

    def select(self, rows: NDArray[np.int64], missing: Any) -> EncodedColumn:
        """Return the column at ``rows``, with the value ``missing`` for row -1.

        Values that no row uses any more are dropped.
        """
        values = [*self.values, missing]
        codes = np.where(rows < 0, len(self.values), self.codes[rows] if len(self.codes) else 0)
        used, compact = np.unique(codes, return_inverse=True)
        return EncodedColumn.of(values[code] for code in used).remapped(compact.astype(np.int32))

    def with_values(self, rows: NDArray[np.int64], values: Sequence[Any]) -> EncodedColumn:
        """Return a copy of the column with ``values`` at ``rows``."""
        known = {value: code for code, value in enumerate(self.values)}
        codes = self.codes.copy()
        codes[rows] = [known.setdefault(value, len(known)) for value in values]
        return EncodedColumn(codes, list(known))

    def decoded(self) -> list[Any]:
        """Return the value of every row."""
        return [self.values[code] for code in self.codes.tolist()]

    def remapped(self, indexes: NDArray[np.int32]) -> EncodedColumn:
        """Return a column with the codes that this column has at ``indexes``."""
        return EncodedColumn(self.codes[indexes] if len(self.codes) else indexes, self.values)


@dataclass(slots=True)
class RowData:
    """The rows of an index in memory; the row of a deleted sentence has id 0 and an empty text.

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

    def concat(self, other: RowData) -> RowData:
        """Return these rows followed by the others."""
        return RowData(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.lengths, other.lengths]),
            np.concatenate([self.probability, other.probability]),
            np.concatenate([self.copy_keys, other.copy_keys]),
            self.text.concat(other.text),
            self.digits.concat(other.digits),
            np.concatenate([self.digit_rows, other.digit_rows + len(self.ids)]),
            {name: column.concat(other.columns[name]) for name, column in self.columns.items()},
            self.reports | other.reports,
        )

    def select(self, rows: NDArray[np.int64]) -> RowData:
        """Return ``rows`` in the order given; -1 gives the row of a deleted sentence."""
        if np.array_equal(rows, np.arange(len(self.ids))):
            return self
        gone = rows < 0
        digit_index = np.full(len(self.ids) + 1, -1, np.int64)  # the last element is for row -1
        digit_index[self.digit_rows] = np.arange(len(self.digit_rows))
        kept = digit_index[rows]
        columns = {
            name: column.select(rows, () if name == "topics" else "")
            for name, column in self.columns.items()
        }
        used = set(columns["report"].values)

        def pick_rows(array: NDArray[Any]) -> NDArray[Any]:
            """Return the values at ``rows``, 0 for a deleted row."""
            return np.where(gone, 0, array[rows] if len(array) else 0).astype(array.dtype)

        return RowData(
            pick_rows(self.ids),
            pick_rows(self.lengths),
            pick_rows(self.probability),
            pick_rows(self.copy_keys),
            self.text.select(rows),
            self.digits.select(kept[kept >= 0]),
            np.flatnonzero(kept >= 0),
            columns,
            {name: value for name, value in self.reports.items() if name in used},
        )

    def retagged(self, changes: Iterable[Retag]) -> RowData:
        """Return these rows with changed topics and roles; unknown sentences are ignored."""
        row_of = {id_: row for row, id_ in enumerate(self.ids.tolist()) if id_}
        topics, roles = (self.columns[name].decoded() for name in ("topics", "role"))
        probability = self.probability.copy()
        for change in changes:
            if (row := row_of.get(change.id)) is not None:
                topics[row], roles[row] = change.topics, change.role
                probability[row] = change.probability
        columns = self.columns | {
            "topics": EncodedColumn.of(topics),
            "role": EncodedColumn.of(roles),
        }
        return replace(self, probability=probability, columns=columns)

    def write(
        self, folder: Path, scan_limit: int = SCAN_LIMIT_ROWS, bigrams_from: Path | None = None
    ) -> None:
        """Write the rows to a new ``folder``.

        Args:
            folder: the folder, which must not exist.
            scan_limit: with more rows than this, the row lists of bigrams are written too.
            bigrams_from: a folder of rows with the same text, whose bigram files are copied
                instead of computed.

        Raises:
            OSError: a file cannot be written.
        """
        folder.mkdir(parents=True)
        arrays: dict[str, NDArray[Any]] = {
            "ids": self.ids,
            "lengths": self.lengths,
            "probability": self.probability,
            "copy-keys": self.copy_keys,
            "copy-groups": np.unique(self.copy_keys, return_inverse=True)[1].astype(np.int32),
            "text": self.text.units,
            "starts": self.text.starts,
            "digits": self.digits.units,
            "digit-starts": self.digits.starts,
            "digit-rows": self.digit_rows,
        }
        unmarked = UnmarkedTexts.strip(self.text)
        for prefix, texts in ("bare", unmarked), ("bare-digit", UnmarkedTexts.strip(self.digits)):
            arrays[prefix], arrays[f"{prefix}-starts"] = texts.units, texts.starts
            arrays[f"{prefix}-marks"] = texts.marks
        arrays["frequency"] = unit_frequencies(unmarked.units)
        values: dict[str, list[Any]] = {}
        for name, column in self.columns.items():
            arrays[name], values[name] = column.codes, column.values
        for index, name in enumerate(("region", "year")):
            values[name] = [
                self.reports.get(report, ("", ""))[index] for report in values["report"]
            ]
        for name, array in arrays.items():
            save_array(folder / f"{name}.npy", array)
        if bigrams_from:
            for name in BIGRAM_FILES:
                if (bigrams_from / name).exists():
                    shutil.copyfile(bigrams_from / name, folder / name)
        else:
            write_bigrams(folder, unmarked.units, unmarked.starts, len(self.ids) > scan_limit)
        (folder / "values.json").write_text(json.dumps(values, ensure_ascii=False), "utf-8")


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


def row_positions(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the last index of each of ``ids`` in ``among``, -1 for id 0.

    Args:
        ids: (n,) ids, each 0 or in ``among``.
        among: (m,) ids.

    Example:
        >>> row_positions(np.array([7, 0, 5]), np.array([5, 7, 5])).tolist()
        [1, -1, 2]
    """
    if not len(ids):
        return ids
    order = np.argsort(among, kind="stable")
    places = order[np.searchsorted(among[order], ids, "right") - 1]
    return np.where(ids > 0, places, -1)
