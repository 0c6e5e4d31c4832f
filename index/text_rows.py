"""Find strings in the texts of the rows of an index, whatever marks and forms of numbers they have.

The folded text of all rows is joined in one file that is mapped into memory. A second text contains
only the rows with numbers in characters or with 万 and 亿, and has these written out in digits, so
that each way of writing a number has one form there
(:func:`~gongwen.nlp.text.numerals.in_values`). Strings are looked for in both texts without their
marks (:mod:`~gongwen.nlp.text.marks`), which are stored beside them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import without_marks
from ..nlp.text.numerals import find_values, in_values
from .bigrams import bigram_keys
from .column_writer import JoinedTexts, UnmarkedTexts
from .query import Text
from .row_files import RowArrays
from .scan import (
    Divider,
    Positions,
    Units,
    at_token_boundaries,
    distinct_values,
    divider_of,
    find,
    find_string,
    forms,
    ignores_marks,
    units_of,
)
from .search_memory import Memory, Occurrences
from .sentence_spans import Sentence, SpanFinder

LINE_FEED = ord("\n")
_PATTERN_CHUNK_UNITS = 1 << 18
"""Units that a regular expression reads at once; other threads wait until it has."""
_LINE_UNITS = 42
"""Units of the longest string that is looked for by its beginning: 40 letters of pinyin at most."""
_BEGINNING_CHUNK_UNITS = 1 << 22
"""Units that are looked at at once for a beginning."""
_PATTERN_MAX_UNITS = 64 << 20
"""Limit of the UTF-16 units that a pattern is matched against, because suggestions must appear at
once."""


_WARM_SCANS = 8


class StringFinder:
    """Finds strings in a joined text: by scanning it, and after many scans by an index of units.

    The index has the offsets of each UTF-16 unit. It takes 4 bytes a unit of the text and about as
    long to build as the scans before it took, so a process that answers one question and ends
    builds none. Views of the same rows share a finder.

    Args:
        texts: the joined texts.
        frequency: (65536,) number of occurrences of each unit, or ``None`` to count them.
    """

    SCANS = 64
    MOST_UNITS = 16 << 20
    """Number of scans before the index is built, and the longest text of which it is built."""

    def __init__(self, texts: JoinedTexts, frequency: NDArray[np.int32] | None = None) -> None:
        self._units = texts.units
        self._end = int(texts.starts[-1])  # what is behind may be text of rows added since
        self._frequency = frequency
        self._scans = 0
        self._index: tuple[NDArray[np.int32], NDArray[np.int64]] | None = None

    @property
    def is_warm(self) -> bool:
        """Whether strings were looked for so often that arrays with a value a unit pay."""
        return self._scans > _WARM_SCANS

    @property
    def is_indexed(self) -> bool:
        """Whether the index has been built."""
        return self._index is not None

    def find(self, string: str) -> Positions:
        """Return the offsets of ``string``, as :func:`~gongwen.index.scan.find_string` does."""
        if self._index is None:
            self._scans += 1
            if self._scans <= self.SCANS or len(self._units) > self.MOST_UNITS:
                return find_string(self._units, string, self._frequency)
            units = self._units[: self._end]
            offsets = np.argsort(units, kind="stable").astype(np.int32)
            counts = np.bincount(units, minlength=1 << 16)
            self._index = offsets, np.concatenate([[0], np.cumsum(counts)])
        return self._look_up(*self._index, units_of(string))

    def _look_up(
        self, offsets: NDArray[np.int32], starts: NDArray[np.int64], needle: Units
    ) -> Positions:
        size = len(needle)
        if not size or size > len(self._units) or LINE_FEED in needle:
            return np.zeros(0, np.int64)
        codes = needle.astype(np.int64)
        counts = starts[codes + 1] - starts[codes]
        first, *others = np.argsort(counts, kind="stable").tolist()
        at = offsets[starts[codes[first]] : starts[codes[first] + 1]] - np.int32(first)
        at = at[slice(*np.searchsorted(at, (0, self._end - size + 1)))]
        for i in others:
            if not len(at):
                break
            at = at[np.flatnonzero(self._units[at + i] == needle[i])]
        return at.astype(np.int64)


class TextRows:
    """The texts of the rows of an index, opened for reading.

    Args:
        arrays: the rows.

    Attributes:
        text: folded text of all rows, also of dead ones.
        digits: text of the rows with numbers that can be written otherwise, written out in digits.
        bare: the folded text of all rows without marks.
        bigrams: in how many rows each bigram of ``bare`` occurs, dead ones left out.
        memory: what searches remember of these rows for later ones.
    """

    def __init__(self, arrays: RowArrays) -> None:
        self.text = arrays.text
        self.digits = arrays.digits
        self.bare = arrays.bare
        self.bigrams = arrays.bigrams
        self.memory = Memory()
        self._dead = arrays.dead if arrays.dead.any() else None
        self._digit_rows = arrays.digit_rows
        self._bare_digits = arrays.bare_digits
        self._finder = StringFinder(self.bare, arrays.unit_counts)
        self._digit_finder = StringFinder(self._bare_digits)

    def occurrences(self, text: Text) -> Occurrences:
        """Return the row of every occurrence of ``text``, ascending; a row repeats per occurrence.

        Marks do not count unless ``text.verbatim`` is set. Numbers match however they are written
        (17件, 十七件; 1.2亿元, 12000万元; 3.15, 3·15). A number in digits does not match a part of
        a longer one. A number in characters or with 万 and 亿 does so only when ``text.whole`` is
        not set: 七件 as a word is not found in 十七件, but as a string it is.

        Example: with the rows ``执法和执法``, ``普法`` and ``执法``, the occurrences of ``执法``
        are ``[0, 0, 2]``.
        """
        found = self._occurrences_in_all(text)
        if self._dead is None:
            return found
        return Occurrences(*(rows[~self._dead[rows]] for rows in found))

    def _occurrences_in_all(self, text: Text) -> Occurrences:
        """Return the occurrences of a string, also in dead rows."""
        if not ignores_marks(text):
            return self._verbatim(text)
        parts = [self._occurrences_of(form) for form in forms(text)]
        if len(parts) == 1:
            return parts[0]
        rows = np.sort(np.concatenate([part.rows for part in parts]))
        return Occurrences(rows, _distinct(rows))

    def _occurrences_of(self, text: Text) -> Occurrences:
        """Return the occurrences of one form of a string without regard to marks."""
        bare = replace(text, text=without_marks(text.text))
        positions = self._find_positions(bare, divider_of(text))
        rows = self._rows_of_bare(positions)
        if bare.text == text.text:
            unsure = rows[:0]  # no mark divides a short word
            if divider_of(text) != "mark":
                size = len(units_of(bare.text))
                unsure = _distinct(rows[self._marked_inside(positions, size, "mark")])
        else:
            unsure = _distinct(rows)
        numerals = find_values(text.text)
        if not numerals and not any(char.isdigit() for char in text.text):
            return Occurrences(rows, unsure)
        # For rows with numerals, the text with numbers written out is authoritative.
        digits = replace(text, text=without_marks(in_values(text.text)))
        in_digits = self._find_digits(digits, divider_of(text))
        found = self._digit_rows[self.rows_of(self._bare_digits, in_digits)]
        has_digits = self._has_digits
        is_found = np.zeros(len(self.text), bool)
        is_found[found] = True
        is_literal = has_digits[rows] & ~is_found[rows]
        literal = rows[is_literal]
        if text.whole and numerals:
            at_edges = numerals[0].start == 0, numerals[-1].end == len(text.text)
            cut = self._cut_numerals(literal, positions[is_literal], bare, at_edges)
            whole = np.zeros(len(self.text), bool)
            whole[literal[~cut]] = True
            literal = literal[whole[literal]]
        parts = [rows[~has_digits[rows]], found, literal]
        if digits.text != bare.text:
            plain = self._rows_of_bare(self._find_positions(digits, divider_of(text)))
            parts.append(plain[~has_digits[plain]])
        rows = np.sort(np.concatenate(parts))
        is_unsure = has_digits.copy() if not numerals else np.ones(len(self.text), bool)
        is_unsure[unsure] = True
        return Occurrences(rows, _distinct(rows[is_unsure[rows]]))

    def _rows_of_bare(self, positions: Positions) -> Positions:
        """Return the row that each offset in :attr:`bare` belongs to."""
        if not self._finder.is_indexed:
            return self.rows_of(self.bare, positions)
        row_of = self.memory.once("row of each unit", lambda: _row_of_units(self.bare))
        return row_of[positions].astype(np.int64)

    def _marked_inside(
        self, positions: Positions, size: int, divider: Divider
    ) -> NDArray[np.bool_]:
        """Return for strings of ``size`` units at these offsets whether a mark is inside.

        Args:
            positions: offsets in :attr:`bare`.
            size: number of units.
            divider: which marks count, all or those that end a clause.
        """
        texts = self.bare
        if divider == "clause end":
            texts = self.memory.once("clauses", lambda: self.bare.with_clause_ends(self.text))
        if not self._finder.is_warm:
            return ~texts.without_marks_inside(positions, size)
        marked = self.memory.once(f"marked by {divider}", lambda: _marked_units(texts))
        inside = np.zeros(len(positions), bool)
        for step in range(1, size):
            inside |= marked[positions + step]
        return inside

    @cached_property
    def _has_digits(self) -> NDArray[np.bool_]:
        """(rows,) whether each row has numbers that are written out in :attr:`digits`."""
        has_digits = np.zeros(len(self.text), bool)
        has_digits[self._digit_rows] = True
        return has_digits

    def _verbatim(self, text: Text) -> Occurrences:
        """Return the occurrences of a string with its marks as they are."""
        if without_marks(text.text):
            rows = distinct_values(self._occurrences_in_all(replace(text, verbatim=False)).rows)
        else:
            rows = self.rows_of(self.text, find(self.text.units, text))
            return Occurrences(rows, rows[:0])
        part = self.text.gather(rows)
        literal = rows[self.rows_of(part, find(part.units, text))]
        rest = np.setdiff1d(np.intersect1d(rows, self._digit_rows), literal)
        if not any(char.isdigit() for char in text.text) and not find_values(text.text):
            rest = rest[:0]
        finder = SpanFinder(text)
        counts = [len(finder.spans(Sentence(self.string(row)))) for row in rest.tolist()]
        others = np.repeat(rest, np.array(counts, np.int64))
        return Occurrences(np.sort(np.concatenate([literal, others])), _distinct(others))

    def written_otherwise(self, text: Text, found: Occurrences) -> Positions:
        """Return the rows that hold ``text`` only in other writing: other marks or numbers.

        Args:
            text: a string.
            found: the result of :meth:`occurrences` for it.

        Returns:
            Rows, ascending, without repeats.
        """
        others = found.unsure
        if not len(others):
            return others
        part = self.text.gather(others)
        return np.delete(others, distinct_values(self.rows_of(part, find(part.units, text))))

    def _cut_numerals(
        self, rows: Positions, positions: Positions, text: Text, at_edges: tuple[bool, bool]
    ) -> NDArray[np.bool_]:
        """Return for occurrences of a string whether they split a numeral of the sentence.

        Args:
            rows: (n,) row of each occurrence.
            positions: (n,) offset of each in :attr:`bare`.
            text: the string, without marks.
            at_edges: whether the string begins with a numeral, and whether it ends with one.
        """
        inside = self.memory.once("numerals", lambda: np.zeros(len(self.text.units), bool))
        done = self.memory.once("rows of numerals", lambda: np.zeros(len(self.text), bool))
        for row in _distinct(rows[~done[rows]]).tolist():
            string = self.string(row)
            start, following = self.text.starts[row : row + 2].tolist()
            wide: list[int] = []  # characters of two units
            if start + len(string) + 1 < following:
                wide = [i for i, char in enumerate(string) if char > "\uffff"]
            for numeral in find_values(string):
                first, end = (
                    start + i + bisect_left(wide, i) for i in (numeral.start, numeral.end)
                )
                inside[first + 1 : end] = True
            done[row] = True
        cut = np.zeros(len(positions), bool)
        if at_edges[0]:
            cut |= inside[self.bare.with_marks(positions)]
        if at_edges[1]:
            cut |= inside[self.bare.with_marks(positions + len(units_of(text.text)) - 1) + 1]
        return cut

    def _find_positions(self, text: Text, divider: Divider) -> Positions:
        """Return the offsets of ``text``, which has no marks, in :attr:`bare`."""
        positions, bare = self._finder.find(text.text), self.bare
        positions = positions[at_token_boundaries(bare.units, positions, text, bare.is_marked)]
        if not divider or not len(positions):
            return positions
        return positions[~self._marked_inside(positions, len(units_of(text.text)), divider)]

    def divided(self, text: Text) -> Positions:
        """Return the rows that hold ``text`` only with marks inside.

        Args:
            text: a word of two UTF-16 units.
        """
        return self.memory.divided(text, self._divided)

    def _divided(self, text: Text) -> Positions:
        bare, marks = self.bare, self.bare.marks
        keys = self.memory.once(
            "bigrams across marks",
            lambda: bare.units[marks - 1].astype(np.uint32) << np.uint32(16) | bare.units[marks],
        )
        wanted = bigram_keys(units_of(text.text))[0]
        rows = _distinct(self.rows_of(bare, marks[keys == wanted]))
        if self._dead is not None:
            rows = rows[~self._dead[rows]]
        finder = SpanFinder(text)
        lacking = [not finder.spans(Sentence(self.string(row))) for row in rows.tolist()]
        return np.asarray(rows[np.array(lacking, bool)])

    def _find_digits(self, text: Text, divider: Divider) -> Positions:
        """Return the offsets of ``text`` in the text with numbers written out, without marks."""
        digits = self._bare_digits
        positions = self._digit_finder.find(text.text)
        positions = positions[at_token_boundaries(digits.units, positions, text, digits.is_marked)]
        if not divider or not len(positions):
            return positions
        marked = digits
        if divider == "clause end":
            marked = self.memory.once("digit clauses", lambda: digits.with_clause_ends(self.digits))
        return positions[marked.without_marks_inside(positions, len(units_of(text.text)))]

    @staticmethod
    def rows_of(texts: JoinedTexts, positions: Positions) -> Positions:
        """Return the row that each offset in ``texts`` belongs to."""
        return np.searchsorted(texts.starts, positions, side="right") - 1

    def string(self, row: int) -> str:
        """Return the folded text of a row.

        Raises:
            ValueError: the text is not valid UTF-16, so the file is damaged.
        """
        start, end = self.text.starts[row : row + 2]
        return self.text.units[start : end - 1].tobytes().decode("utf-16-le", "surrogatepass")

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, with their number of occurrences.

        Of a large index only the beginning is read.

        Args:
            pattern: a regular expression for folded text without marks.
            begins: for each of the first places of a match the characters that can stand there.
                With them the text is only looked into where it begins so, and matches may overlap.
        """
        known = self.memory.strings.get(pattern.pattern)
        if known is not None:
            return Counter(known)
        found: Counter[str] = Counter()
        if begins:
            at_begin = re.compile(f"^(?:{pattern.pattern})", re.MULTILINE)
            for lines in self._beginnings(begins):
                found.update(at_begin.findall(lines))
        else:
            for text in self._parts():
                found.update(pattern.findall(text))
        self.memory.keep_strings(pattern.pattern, found)
        return found

    def _parts(self) -> Iterator[str]:
        """Yield the text without marks in parts; no row is cut."""
        end = min(_PATTERN_MAX_UNITS, int(self.bare.starts[-1]))
        starts, live = self.bare.starts, None if self._dead is None else ~self._dead
        borders = range(_PATTERN_CHUNK_UNITS, end, _PATTERN_CHUNK_UNITS)
        cuts = np.minimum(np.searchsorted(starts, borders), len(starts) - 1).tolist()
        last = int(np.searchsorted(starts, end))
        for first, end in pairwise((0, *cuts, min(last, len(starts) - 1))):
            rows = np.arange(first, end)
            if live is not None and not live[first:end].all():
                part = self.bare.gather(rows[live[first:end]]).units
            else:
                part = self.bare.units[starts[first] : starts[end]]
            yield part.tobytes().decode("utf-16-le", "replace")

    def _beginnings(self, begins: Sequence[Set[str]]) -> Iterator[str]:
        """Yield lines of text, one for each place where the text begins as said."""
        units = self.bare.units[: min(_PATTERN_MAX_UNITS, int(self.bare.starts[-1]))]
        for start in range(0, len(units), _BEGINNING_CHUNK_UNITS):
            at = start + np.flatnonzero(
                _has_unit(begins[0])[units[start : start + _BEGINNING_CHUNK_UNITS]]
            )
            at = at[at + len(begins) <= len(units)]
            for place, characters in enumerate(begins[1:], 1):
                at = at[_has_unit(characters)[units[at + place]]]
            if self._dead is not None:
                at = at[~self._dead[self.rows_of(self.bare, at)]]
            lines = np.zeros((len(at), _LINE_UNITS + 1), np.uint16)
            for place in range(_LINE_UNITS):
                inside = at + place < len(units)
                lines[inside, place] = units[at[inside] + place]
            lines[lines == LINE_FEED] = 0
            lines[:, -1] = LINE_FEED
            yield lines.tobytes().decode("utf-16-le", "replace")


def _has_unit(characters: Set[str]) -> NDArray[np.bool_]:
    """Return for each UTF-16 unit whether one of ``characters`` begins with it."""
    table = np.zeros(1 << 16, bool)
    table[[int(units_of(char)[0]) for char in characters]] = True
    return table


def _row_of_units(texts: JoinedTexts) -> NDArray[np.int32]:
    """Return the row of each unit: 4 bytes a unit."""
    sizes = np.diff(texts.starts, prepend=0, append=len(texts.units))
    return np.repeat(np.arange(-1, len(texts) + 1, dtype=np.int32), sizes)


def _marked_units(texts: UnmarkedTexts) -> NDArray[np.bool_]:
    """Return for each unit whether a mark was removed in front of it: a byte a unit."""
    marked = np.zeros(len(texts.units) + 1, bool)
    marked[texts.marks] = True
    return marked


def _distinct(ascending: Positions) -> Positions:
    """Return ``ascending`` without repeats; ``numpy.unique`` would not use that it is sorted."""
    return ascending[run_starts(ascending)]


def run_starts(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index at which each distinct value of a sorted array begins.

    Example:
        >>> run_starts(np.array([2, 2, 5])).tolist()
        [0, 2]
    """
    starts = np.ones(len(ascending), bool)
    np.not_equal(ascending[1:], ascending[:-1], out=starts[1:])
    return np.flatnonzero(starts)
