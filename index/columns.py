"""The columns of an index: folded text to scan for strings, and values to filter and count by.

One row a sentence, in the order of the engine's documents. The files are written once and never
changed; a new generation gets a new folder. Text lies joined in one file that is mapped into
memory. A second text holds the rows that have numerals, with these in digits.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.dates import span_of
from ..nlp.text.numerals import find_numerals, in_digits
from .bigrams import BigramTable, bigram_keys, map_array
from .column_writer import ENCODED_COLUMNS, EncodedColumn, JoinedTexts, RowData
from .engine import Retag
from .query import Text
from .scan import Positions, contains, find, units_of

Mask = NDArray[np.bool_]

_REPORT_FIELDS = ("region", "year")
_MAPPED_ARRAYS = ("text", "digits")
_LOADED_ARRAYS = (
    *("ids", "lengths", "probability", "starts", "digit-starts", "digit-rows", "frequency"),
    *ENCODED_COLUMNS,
)
_MAX_CANDIDATE_SHARE = 1 / 32
"""Share of all rows above which all text is scanned: scattered rows cost far more a unit."""
_PATTERN_CHUNK_UNITS = 1 << 20
_PATTERN_MAX_UNITS = 20 << 20
"""Units of text that a pattern is looked for in: what looks for one must answer at once."""


class Rows:
    """Rows on disk, opened for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        values: dict[str, list[Any]] = json.loads((folder / "values.json").read_text("utf-8"))
        # All at once: a writer may remove the folder while this reader still uses it.
        arrays = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _LOADED_ARRAYS
        }
        mapped = {name: map_array(folder / f"{name}.npy") for name in _MAPPED_ARRAYS}
        values["topics"] = [tuple(topics) for topics in values["topics"]]
        self._values = values
        self._columns = {
            name: EncodedColumn(arrays[name], values[name]) for name in ENCODED_COLUMNS
        }
        self._frequency: NDArray[np.int32] = arrays["frequency"]
        self._digit_rows: NDArray[np.int64] = arrays["digit-rows"]
        self.ids: NDArray[np.int64] = arrays["ids"]
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        self.probability: NDArray[np.float32] = arrays["probability"]
        self.text = JoinedTexts(mapped["text"], arrays["starts"])
        self.digits = JoinedTexts(mapped["digits"], arrays["digit-starts"])
        self.bigrams = BigramTable(folder)
        self.live: Mask = self.ids > 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def count(self) -> int:
        """Rows that are not deleted."""
        return int(np.count_nonzero(self.live))

    def load(self) -> RowData:
        """Return everything in memory, to write it anew with changes."""
        return RowData(
            self.ids,
            self.lengths,
            self.probability,
            self.text,
            self.digits,
            self._digit_rows,
            dict(self._columns),
            {
                report: (region, year)
                for report, region, year in zip(
                    self._values["report"],
                    self._values["region"],
                    self._values["year"],
                    strict=True,
                )
            },
        )

    def overlaid(self, removed: Collection[int], changes: Iterable[Retag]) -> Rows:
        """Return these rows without the sentences in ``removed``, and with other tags.

        The text is shared. Bigrams are those of all rows, the removed ones too.
        """
        rows = copy(self)
        rows.__dict__.pop("count", None)
        rows.__dict__.pop("boilerplate", None)
        if removed:
            gone = np.isin(self.ids, np.fromiter(removed, np.int64, len(removed)))
            rows.ids = np.where(gone, 0, self.ids)
            rows.live = rows.ids > 0
        if new := {change.id: change for change in changes}:
            at = np.flatnonzero(np.isin(self.ids, np.fromiter(new, np.int64, len(new))))
            tags = [new[id_] for id_ in self.ids[at].tolist()]
            rows.probability = self.probability.copy()
            rows.probability[at] = [tag.probability for tag in tags]
            rows._columns = dict(self._columns)
            rows._values = dict(self._values)
            for name in ("topics", "role"):
                column = self._columns[name].with_values(at, [getattr(tag, name) for tag in tags])
                rows._columns[name], rows._values[name] = column, column.values
        return rows

    # -- strings -----------------------------------------------------------------------------

    def occurrences(self, text: Text) -> Positions:
        """Return the row of every occurrence of ``text``, ascending, with repeats.

        A number is the same in digits and in characters (17件, 十七件). In digits it is never part
        of a longer one, in characters not when ``text`` is whole: 七件 as a word is not in 十七件,
        but as a string it is.
        """
        rows = self._rows_of(self.text, self._find_positions(text))
        numerals = find_numerals(text.text)
        digits = Text(in_digits(text.text), text.whole, text.open_end)
        if not numerals and not any(char.isdigit() for char in text.text):
            return rows
        # In rows with numerals the text in digits decides.
        found = self._digit_rows[self._rows_of(self.digits, find(self.digits.units, digits))]
        has_numerals = np.isin(rows, self._digit_rows)
        literal = rows[has_numerals & ~np.isin(rows, found)]
        if text.whole and numerals:
            literal = self._without_cut_numerals(literal, text)
        parts = [rows[~has_numerals], found, literal]
        if digits != text:
            plain = self._rows_of(self.text, self._find_positions(digits))
            parts.append(plain[~np.isin(plain, self._digit_rows)])
        return np.sort(np.concatenate(parts))

    def document_frequency(self, text: Text, boilerplate: bool) -> int | None:
        """Return in how many rows ``text`` stands, ``None`` when only looking for it can tell.

        Of two characters it is known, unless they could be part of a number or Latin word.

        Args:
            text: the string.
            boilerplate: whether rows of boilerplate count.
        """
        needle = units_of(text.text)
        plain = text.text.isalpha() and not any(char.isascii() for char in text.text)
        if len(needle) != 2 or not plain or find_numerals(text.text):
            return None
        total = int(self.bigrams.frequencies(bigram_keys(needle))[0])
        if boilerplate or not len(self.boilerplate):
            return total
        left_out = self._rows_of(self.boilerplate, find(self.boilerplate.units, text))
        return total - len(np.unique(left_out))

    def _without_cut_numerals(self, rows: Positions, text: Text) -> Positions:
        """Return those of ``rows``, with repeats, in which ``text`` cuts no numeral."""
        return np.array(
            [row for row in rows.tolist() if contains(self.string(row), text)], np.int64
        )

    def _find_positions(self, text: Text) -> Positions:
        """Return the places of ``text`` in all text."""
        needle = units_of(text.text)
        if not self.bigrams.has_rows or len(needle) < 2:
            return find(self.text.units, text, self._frequency)
        candidates = self.bigrams.candidates(needle)
        if len(candidates) > _MAX_CANDIDATE_SHARE * len(self):
            return find(self.text.units, text, self._frequency)
        part = self.text.gather(candidates)
        positions = find(part.units, text)
        row = np.searchsorted(part.starts, positions, side="right") - 1
        return np.asarray(positions - part.starts[row] + self.text.starts[candidates[row]])

    @staticmethod
    def _rows_of(texts: JoinedTexts, positions: Positions) -> Positions:
        return np.searchsorted(texts.starts, positions, side="right") - 1

    def string(self, row: int) -> str:
        """Return the folded text of a row."""
        start, end = self.text.starts[row : row + 2]
        return self.text.units[start : end - 1].tobytes().decode("utf-16-le", "surrogatepass")

    def strings(self, pattern: re.Pattern[str]) -> Counter[str]:
        """Return the strings of the text that ``pattern`` matches, and how often each stands there.

        No more than the first ``_PATTERN_MAX_UNITS`` units are read.
        """
        found: Counter[str] = Counter()
        for start in range(0, min(len(self.text.units), _PATTERN_MAX_UNITS), _PATTERN_CHUNK_UNITS):
            part = self.text.units[start : start + _PATTERN_CHUNK_UNITS]
            found.update(pattern.findall(part.tobytes().decode("utf-16-le", "replace")))
        return found

    # -- columns -----------------------------------------------------------------------------

    def column(self, field: str) -> EncodedColumn:
        """Return a coded column: role, kind, report, topics or heading."""
        return self._columns[field]

    def filter(self, field: str, values: Sequence[str]) -> Mask:
        """Return which rows have one of ``values`` in ``field``; a region matches in part.

        Of ``probability`` the value is the least that a row must have, ``id`` is of a sentence.
        """
        if field == "probability":
            return np.asarray(self.probability >= np.float32(min(map(float, values))))
        if field == "id":
            return np.isin(self.ids, [int(value) for value in values])
        if field == "topic":
            wanted = [not set(values).isdisjoint(have) for have in self._values["topics"]]
        elif field in _REPORT_FIELDS:
            matches = _region_matches if field == "region" else _years_match
            wanted = [any(matches(have, v) for v in values) for have in self._values[field]]
        else:
            wanted = [have in values for have in self._values[field]]
        if not any(wanted):
            return np.zeros(len(self), bool)
        return np.array(wanted, bool)[self._columns[_column_name(field)].codes]

    def counts(self, field: str, mask: Mask) -> dict[str, int]:
        """Return how many rows in ``mask`` have each value of ``field``, most frequent first."""
        codes = self._columns[_column_name(field)].codes[mask]
        values = self._values["topics" if field == "topic" else field]
        total: Counter[str] = Counter()
        for value, count in zip(
            values, np.bincount(codes, minlength=len(values)).tolist(), strict=True
        ):
            for one in value if isinstance(value, tuple) else (value,):
                if count and one:
                    total[one] += count
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def boilerplate(self) -> JoinedTexts:
        """The text of the rows that no search finds unless it asks for their kind."""
        return self.text.gather(np.flatnonzero(self.filter("kind", ["boilerplate"]) & self.live))

    def years(self) -> NDArray[np.int32]:
        """Return the last year that each row's report speaks of, 0 when unknown."""
        spans = map(span_of, self._values["year"])
        last = np.array([span[1] if span else 0 for span in spans], np.int32)
        return np.asarray(last[self._columns["report"].codes]) if len(last) else last


def _column_name(field: str) -> str:
    if field == "topic":
        return "topics"
    return "report" if field in _REPORT_FIELDS else field


def _region_matches(have: str, wanted: str) -> bool:
    return bool(have and wanted) and (wanted in have or have in wanted)


def _years_match(have: str, wanted: str) -> bool:
    """Say whether the year or span ``have`` meets ``wanted``, ``"2018..2021"`` with open ends."""
    span = span_of(have)
    if span is None:
        return False
    low, _, high = wanted.partition("..")
    return span[0] <= int(high or 9999) and span[1] >= int(low or 0)
