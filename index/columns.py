"""Read the columns of an index: which row has which report, tags and group of near-copies.

An index has one row for each sentence. The texts of the rows are read by
:mod:`~gongwen.index.text_rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.dates import year_span
from ..nlp.text.numerals import find_numerals
from .bigrams import bigram_keys
from .column_writer import (
    ENCODED_COLUMNS,
    EncodedColumn,
    JoinedTexts,
    strings,
    unit_frequencies,
)
from .engine import Entry, Retag
from .matched_columns import region_matches, years_match
from .query import Text
from .row_files import RowArrays, rows_of_ids
from .scan import distinct_values, divider_of, find_string, units_of
from .text_rows import StringFinder, TextRows

Mask = NDArray[np.bool_]

_REPORT_FIELDS = ("region", "year")
_BOILERPLATE = ("boilerplate",)


class Rows(TextRows):
    """The rows of an index, opened for reading.

    Args:
        arrays: the rows.

    Attributes:
        arrays: the rows as they are in the files.
        ids: (rows,) id of each sentence, 0 for a removed one.
        lengths: (rows,) number of words of each sentence.
        probability: (rows,) probability of the likeliest topic, 0 to 1.
        copy_groups: (rows,) number of the group of near-copies of each row, from 0; ``None`` when
            an older version wrote the index.
        headings: what stands above sentences, the same more than once if reports have it.
        live: (rows,) whether the sentence is not removed.
    """

    def __init__(self, arrays: RowArrays) -> None:
        super().__init__(arrays)
        self.arrays = arrays
        self._codes = {name: arrays.codes(name) for name in ENCODED_COLUMNS}
        self._values = dict(arrays.values)
        facts = [arrays.facts.get(report, ("", "")) for report in arrays.values["report"]]
        for index, name in enumerate(_REPORT_FIELDS):
            self._values[name] = [fact[index] for fact in facts]
        self.ids = arrays.ids if self._dead is None else np.where(self._dead, 0, arrays.ids)
        self.lengths = arrays.lengths
        self.probability = arrays.probability
        self.copy_groups = arrays.copy_groups
        self.headings = arrays.headings
        self.live: Mask = self.ids > 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def count(self) -> int:
        """Number of rows that are not removed."""
        return int(np.count_nonzero(self.live))

    @cached_property
    def unit_total(self) -> int:
        """Number of units of the bare text of all rows that are not removed."""
        return int((np.diff(self.bare.starts) - 1)[self.live].sum())

    @property
    def bigram_total(self) -> int:
        """Number of bigrams in all rows that are not removed, with repeats."""
        sizes = np.diff(self.bare.starts)
        return int(np.maximum(sizes[self.live] - 2, 0).sum())

    def overlaid(self, removed: Collection[int], changes: Iterable[Retag]) -> Rows:
        """Return a view of these rows without the removed sentences and with changed tags.

        The view shares the text. Its bigram counts still include the removed rows.

        Args:
            removed: ids of sentences; unknown ids are ignored.
            changes: new tags of sentences; unknown ids are ignored.
        """
        rows = copy(self)
        for kept in ("count", "unit_total", "boilerplate"):
            rows.__dict__.pop(kept, None)
        if removed:
            rows.ids = self.ids.copy()
            rows.ids[rows_of_ids(self.ids, removed)] = 0
            rows.live = rows.ids > 0
        if new := {change.id: change for change in changes}:
            at = rows_of_ids(self.ids, new)
            tags = [new[id_] for id_ in self.ids[at].tolist()]
            rows.probability = self.probability.copy()
            rows.probability[at] = [tag.probability for tag in tags]
            rows._codes = dict(self._codes)
            rows._values = dict(self._values)
            for name in ("topics", "role"):
                column = self.column(name).with_values(at, [getattr(tag, name) for tag in tags])
                rows._codes[name], rows._values[name] = column.codes, column.values
        return rows

    def rows_of_serials(self, serials: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each serial by which the postings name it, -1 for a removed row."""
        known = self.arrays.serials
        if not len(known):
            return np.full(len(serials), -1)
        if int(known[-1]) == len(known) - 1:  # nothing was removed so far
            rows = serials
        else:
            rows = np.searchsorted(known, serials.astype(known.dtype))
            rows = np.minimum(rows, len(known) - 1)
            rows = np.where(known[rows] == serials, rows, -1)
        return rows if self._dead is None else np.where(self._dead[rows], -1, rows)

    def document_frequency(self, text: Text, boilerplate: bool) -> int | None:
        """Return the number of rows that contain ``text``, or ``None`` if only a search can tell.

        The bigram table knows the number for a string of two characters that cannot be part of a
        number or Latin word.

        Args:
            text: the string.
            boilerplate: whether boilerplate rows are counted.
        """
        needle = units_of(text.text)
        plain = text.text.isalpha() and not any(char.isascii() for char in text.text)
        if len(needle) != 2 or not plain or find_numerals(text.text):
            return None
        total = int(self.bigrams.frequencies(bigram_keys(needle))[0])
        divided = self.divided(text) if total and divider_of(text) else np.zeros(0, np.int64)
        if boilerplate or not len(self.boilerplate):
            return total - len(divided)
        total -= int(np.count_nonzero(~self.filter("kind", ["boilerplate"])[divided]))
        left_out = self.rows_of(self.boilerplate, find_string(self.boilerplate.units, text.text))
        return total - len(distinct_values(left_out))

    # -- filtering and counting by columns ---------------------------------------------------

    def column(self, field: str) -> EncodedColumn:
        """Return an encoded column.

        Args:
            field: ``role``, ``kind``, ``report``, ``topics`` or ``heading``.
        """
        return EncodedColumn(self._codes[field], self._values_of(field))

    def codes(self, field: str) -> NDArray[np.int32]:
        """Return (rows,) codes of an encoded column; those of ``heading`` index ``headings``."""
        return self._codes[field]

    def _values_of(self, field: str) -> list[Any]:
        if field == "heading" and field not in self._values:  # many, and seldom asked for
            self._values[field] = strings(self.headings)
        return self._values[field]

    def headings_with(self, string: str) -> NDArray[np.int64]:
        """Return the codes of the headings that contain ``string``, ascending."""
        finder = self.memory.once(
            "headings", lambda: StringFinder(self.headings, unit_frequencies(self.headings.units))
        )
        return distinct_values(self.rows_of(self.headings, finder.find(string)))

    def filter(self, field: str, values: Sequence[str]) -> Mask:
        """Return for each row whether it has one of ``values`` in ``field``.

        Args:
            field: ``topic``, ``role``, ``kind``, ``report``, ``heading``, ``region``, ``year``,
                ``probability`` or ``id``.
            values: the accepted values. A region matches when one name contains the other. A year
                is a range, ``"2018..2021"``, whose ends may be missing. For ``probability`` the
                smallest value is the least that a row must have. An ``id`` is that of a sentence.

        Returns:
            (rows,) booleans.
        """
        if field == "probability":
            return np.asarray(self.probability >= np.float32(min(map(float, values))))
        if field == "id":
            return np.isin(self.ids, [int(value) for value in values])
        if field == "kind" and values == _BOILERPLATE:  # almost every search leaves them out
            return self.memory.once("boilerplate", lambda: self._having(field, values))
        return self._having(field, values)

    def _having(self, field: str, values: Sequence[str]) -> Mask:
        if field == "topic":
            wanted = [not set(values).isdisjoint(have) for have in self._values["topics"]]
        elif field in _REPORT_FIELDS:
            matches = region_matches if field == "region" else years_match
            wanted = [any(matches(have, v) for v in values) for have in self._values[field]]
        else:
            among = frozenset(values)
            wanted = [have in among for have in self._values_of(field)]
        if not any(wanted):
            return np.zeros(len(self), bool)
        return np.array(wanted, bool)[self._codes[_column_name(field)]]

    def counts(self, field: str, rows: NDArray[np.int64]) -> dict[str, int]:
        """Return the number of ``rows`` for each value of ``field``, most frequent first.

        Empty values are left out, and a row counts for each of its topics.
        """
        of_code = np.bincount(self._codes[_column_name(field)][rows])
        values = self._values_of("topics" if field == "topic" else field)
        total: dict[str, int] = {}
        codes = np.flatnonzero(of_code)
        for code, count in zip(codes.tolist(), of_code[codes].tolist(), strict=True):
            value = values[code]
            for one in value if isinstance(value, tuple) else (value,):
                if one:
                    total[one] = total.get(one, 0) + count
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def boilerplate(self) -> JoinedTexts:
        """Text of the boilerplate rows, which a search excludes unless it asks for their kind."""
        return self.bare.gather(np.flatnonzero(self.filter("kind", ["boilerplate"]) & self.live))

    @cached_property
    def copied(self) -> Mask:
        """(rows,) whether other rows, also deleted ones, are in the group of each row."""
        if self.copy_groups is None or not len(self):
            return np.zeros(len(self), bool)
        return np.asarray((np.bincount(self.copy_groups) > 1)[self.copy_groups])

    @cached_property
    def report_order(self) -> NDArray[np.int64]:
        """(reports,) place of each code of reports among them by year, the earliest first, and id.

        Reports of unknown year come last.
        """
        spans = map(year_span, self._values["year"])
        known = [
            (span[1] if span else 9999, report)
            for span, report in zip(spans, self._values["report"], strict=True)
        ]
        order = sorted(range(len(known)), key=known.__getitem__)
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return places

    def years(self) -> NDArray[np.int32]:
        """Return for each row the last year that its report covers, 0 when unknown."""
        spans = map(year_span, self._values["year"])
        last = np.array([span[1] if span else 0 for span in spans], np.int32)
        return np.asarray(last[self._codes["report"]]) if len(last) else last


def _column_name(field: str) -> str:
    """Return the name of the column whose codes select the values of ``field``."""
    if field == "topic":
        return "topics"
    return "report" if field in _REPORT_FIELDS else field


def compare_rows(rows: Rows, entries: Iterable[Entry], all_of_them: bool = True) -> Iterator[str]:
    """Yield a message for each sentence whose row differs from the expected entry.

    Args:
        rows: the rows of the index.
        entries: the expected sentences; their words are not compared.
        all_of_them: whether ``entries`` are complete, so that any other row is an error.
    """
    row_of = {id_: row for row, id_ in enumerate(rows.ids.tolist()) if id_ > 0}
    columns = {name: rows.column(name).decoded() for name in ENCODED_COLUMNS}
    report_facts = rows.arrays.facts
    for entry in entries:
        row = row_of.pop(entry.id, None)
        if row is None:
            yield f"sentence {entry.id} of the report {entry.report} is missing"
            continue
        indexed: dict[str, Any] = {name: column[row] for name, column in columns.items()}
        region, year = report_facts.get(indexed["report"], ("", ""))
        indexed |= {"text": _text(rows, row), "region": region, "year": year}
        expected: dict[str, Any] = {name: getattr(entry, name) for name in indexed}
        expected["topics"] = tuple(expected["topics"])
        wrong = [name for name, value in expected.items() if indexed[name] != value]
        if rows.probability[row] != np.float32(entry.probability):
            wrong.append("probability")
        if wrong:
            yield f"{' and '.join(wrong)} of sentence {entry.id} of {entry.report} are others"
    if row_of and all_of_them:
        yield f"{len(row_of)} sentences are not in the library"


def _text(rows: Rows, row: int) -> str:
    """Return the text of a row; a text that cannot be decoded becomes NUL, unlike any sentence."""
    try:
        return rows.string(row)
    except ValueError:
        return "\0"
