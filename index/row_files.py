"""Keep the rows of an index in files, so that a change costs what is changed.

An index has one row for each sentence, in the order in which they were added. What belongs to a row
stands in logs (:mod:`~gongwen.index.array_files`), to whose end further rows are added; a removed
row stays there and is marked as dead in a state, which is written anew with every change and whose
size grows with the vocabulary and not with the text. When too many rows are dead, those that live
are copied to a new folder (:meth:`RowFiles.compacted`).

Folder of rows: ``rows.log`` and ``digits.log`` are records, ``*.u2`` UTF-16 text, ``values.jsonl``
the values of encoded columns, ``tags-N.log`` topics and roles, ``state-N.bin`` the state.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .array_files import (
    Extent,
    Records,
    append,
    is_file_name,
    map_log,
    read_state,
    release_memory,
    write_state,
)
from .bigrams import BigramTable
from .column_writer import (
    CODED_COLUMNS,
    TAG_COLUMNS,
    EncodedColumn,
    JoinedTexts,
    RowData,
    UnmarkedTexts,
    strings,
    unit_frequencies,
)
from .engine import Retag
from .scan import PAD, Positions, Units, distinct_values
from .term_dictionary import TermArrays, TermDictionary

ROW = np.dtype(
    [
        ("id", "<i8"), ("copy_key", "<i8"), ("serial", "<u4"), ("length", "<i4"),
        ("copy_group", "<i4"), ("kind", "<i4"), ("report", "<i4"), ("heading", "<i4"),
    ]
)  # fmt: skip
"""What is kept of a row: numbers and codes."""
DIGITS = np.dtype([("row", "<i8"), ("text_end", "<i8"), ("bare_end", "<i8")])
"""What is kept of a row whose numbers are written out."""
TAGS = np.dtype([("topics", "<i4"), ("role", "<i4"), ("probability", "<f4")])
"""The tags of a row."""

PADDING = np.full(PAD, ord("\n"), "<u2").tobytes()
"""What stands before and behind a text, so that comparing neighbours needs no bounds checks."""
TEXTS = ("text.u2", "bare.u2", "digits.u2", "bare-digits.u2", "headings.u2")
"""Logs of texts, which are padded."""
_MARKS = ("bare-marks.log", "bare-digits-marks.log")
_STARTS = ("text-starts.log", "bare-starts.log")
"""Logs of the offsets at which the texts of rows begin, and of where the last one ends."""
_VALUES = "values.jsonl"
_MOST_DEAD, _DEAD_SHARE = 2000, 1 / 4
"""Dead rows beyond which, if they are also this share of all rows, a folder is to be compacted."""


@dataclass(frozen=True)
class RowArrays:
    """The rows of an index as arrays, most of them mapped into memory and read when asked for.

    Attributes:
        rows: records of type :data:`ROW`.
        tags: records of type :data:`TAGS`.
        dead: (rows,) whether the sentence was removed.
        knows_copies: whether groups of near-copies are known; they are not in an old index.
        text: folded text of all rows.
        digits: text of the rows with numbers that can be written otherwise, written out.
        digit_rows: the rows of ``digits``, ascending.
        bare: the folded text without marks.
        bare_digits: ``digits`` without marks.
        headings: what stands above sentences; the codes of the column ``heading`` lead to it.
        values: values of each encoded column but ``heading``; topics are tuples.
        facts: region and year by the id of the report.
        unit_counts: (65536,) number of occurrences of each unit in ``bare``, dead rows left out.
        bigrams: in how many rows each bigram of ``bare`` stands, dead rows left out.
        terms: the words; those of dead rows count.
    """

    rows: Records
    tags: Records
    dead: NDArray[np.bool_]
    knows_copies: bool
    text: JoinedTexts
    digits: JoinedTexts
    digit_rows: NDArray[np.int64]
    bare: UnmarkedTexts
    bare_digits: UnmarkedTexts
    headings: JoinedTexts
    values: Mapping[str, list[Any]]
    facts: Mapping[str, tuple[str, str]]
    unit_counts: NDArray[np.int32]
    bigrams: BigramTable
    terms: TermDictionary

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """(rows,) id of each sentence, also of dead rows."""
        return self.rows.column("id")

    @cached_property
    def serials(self) -> NDArray[np.uint32]:
        """(rows,) number by which the postings name each row, ascending."""
        return self.rows.column("serial")

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """(rows,) number of words of each sentence."""
        return self.rows.column("length")

    @cached_property
    def probability(self) -> NDArray[np.float32]:
        """(rows,) probability of the likeliest topic, 0 to 1."""
        return self.tags.column("probability")

    @cached_property
    def copy_groups(self) -> NDArray[np.int32] | None:
        """(rows,) number of the group of near-copies, from 0; ``None`` when they are not known."""
        return self.rows.column("copy_group") if self.knows_copies else None

    def codes(self, column: str) -> NDArray[np.int32]:
        """Return (rows,) codes of an encoded column."""
        records = self.tags if column in TAG_COLUMNS else self.rows
        return records.column(column)


@dataclass(frozen=True, slots=True)
class RowFiles:
    """Names the files of the rows of one index, and how much of each belongs to it.

    Attributes:
        folder: the folder of the rows.
        tags: name of the log of tags.
        state: name of the state.
        next_serial: number by which the postings will name the next row.
        extents: what belongs to the index, by the name of the file.
    """

    folder: Path
    tags: str
    state: str
    next_serial: int
    extents: Mapping[str, Extent]

    @classmethod
    def create(cls, index: Path) -> RowFiles:
        """Return files in a new folder of an index, which have no rows yet."""
        folder = index / f"rows-{token_hex(4)}"
        folder.mkdir(parents=True)
        extents = {name: append(folder / name, PADDING, Extent(), PADDING) for name in TEXTS}
        begin = np.array([PAD], "<i8")
        extents |= {name: append(folder / name, begin, Extent()) for name in _STARTS}
        return cls(folder, "tags-0.log", "", 0, extents)

    @classmethod
    def of_manifest(cls, index: Path, part: Mapping[str, Any]) -> RowFiles:
        """Return the files that a part of a manifest names; see :meth:`manifest`.

        Raises:
            ValueError, LookupError, TypeError: it is not such a part.
        """
        folder, tags, state, serial = (part[key] for key in ("folder", "tags", "state", "serial"))
        if not folder.startswith("rows-") or not all(
            map(is_file_name, (folder, tags, state, *part["files"]))
        ):
            raise ValueError("a name leads out of the folder")
        extents = {name: Extent.of(extent) for name, extent in part["files"].items()}
        if (
            min(operator.index(serial), _number_in(tags), _number_in(state)) < 0
            or serial >= 1 << 32
        ):
            raise ValueError("a number cannot be")
        return cls(index / folder, tags, state, serial, extents)

    def manifest(self) -> dict[str, Any]:
        """Return what a manifest says of the rows."""
        return {
            "folder": self.folder.name,
            "tags": self.tags,
            "state": self.state,
            "serial": self.next_serial,
            "files": {name: list(extent) for name, extent in self.extents.items()},
        }

    def read(self) -> RowArrays:
        """Open the files.

        Raises:
            OSError: a file cannot be read.
            ValueError, LookupError: a file is damaged.
        """
        rows, digits = self._records("rows.log", ROW), self._records("digits.log", DIGITS)
        state = read_state(self.folder / self.state, self.extents[self.state])
        text, bare, digit, bare_digit, headings = (self._map_text(name) for name in TEXTS)
        text_starts, bare_starts = (self._map(name, "<i8") for name in _STARTS)
        marks, digit_marks = (self._map(name, "<i8") for name in _MARKS)
        values, facts = self._values()
        arrays = RowArrays(
            rows=rows,
            tags=self._records(self.tags, TAGS),
            dead=np.unpackbits(state["dead"], count=len(rows)).view(bool),
            knows_copies=True,
            text=JoinedTexts(text, text_starts),
            digits=JoinedTexts(digit, _starts(digits.column("text_end"))),
            digit_rows=digits.column("row"),
            bare=UnmarkedTexts(bare, bare_starts, marks),
            bare_digits=UnmarkedTexts(bare_digit, _starts(digits.column("bare_end")), digit_marks),
            headings=JoinedTexts(headings, _starts(self._map("heading-ends.log", "<i8"))),
            values=values,
            facts=facts,
            unit_counts=state["unit_counts"],
            bigrams=BigramTable(state["bigram_keys"], state["bigram_counts"]),
            terms=TermDictionary(
                TermArrays(
                    self._map("words.u2", "<u2"),
                    self._map("word-ends.log", "<i8"),
                    state["word_hashes"],
                    state["word_codes"],
                    state["word_counts"],
                )
            ),
        )
        _check_sizes(arrays)
        return arrays

    def _records(self, name: str, type_: np.dtype[Any]) -> Records:
        return Records(self.folder / name, type_, self.extents.get(name, Extent()))

    def _map(self, name: str, type_: Any) -> NDArray[Any]:
        return map_log(self.folder / name, type_, self.extents.get(name, Extent()))

    def _map_text(self, name: str) -> Units:
        return map_log(self.folder / name, "<u2", self.extents[name], len(PADDING))

    def _values(self) -> tuple[dict[str, list[Any]], dict[str, tuple[str, str]]]:
        """Return the values of the encoded columns, and region and year of each report."""
        values: dict[str, list[Any]] = {name: [] for name in ("kind", "report", *TAG_COLUMNS)}
        facts: dict[str, tuple[str, str]] = {}
        lines = bytes(self._map(_VALUES, np.uint8)).splitlines()
        for added in json.loads(b"[" + b",".join(lines) + b"]"):
            for name, new in added["values"].items():
                values[name] += map(tuple, new) if name == "topics" else new
            facts |= {report: (region, year) for report, (region, year) in added["facts"].items()}
        return values, facts

    # -- writing -------------------------------------------------------------------------------

    def changed(
        self,
        known: RowArrays | None,
        added: RowData | None,
        removed: NDArray[np.int64],
        words: Mapping[str, int],
    ) -> RowFiles:
        """Add and remove rows.

        Args:
            known: the rows of these files; ``None`` when there are none yet.
            added: rows to add.
            removed: (n,) rows to remove, not dead yet.
            words: number of added rows that hold each word.

        Returns:
            The files with the change. Whoever reads these files is not disturbed.

        Raises:
            OSError: a file cannot be written.
        """
        extents = dict(self.extents)
        serial = self.next_serial
        bigrams = known.bigrams if known else BigramTable.empty()
        units = known.unit_counts if known else np.zeros(1 << 16, np.int32)
        terms = known.terms if known else TermDictionary.empty()
        dead = known.dead.copy() if known else np.zeros(0, bool)
        if known and len(removed):
            dead[removed] = True
            gone = known.bare.gather(removed)
            bigrams = bigrams.changed(gone.units, gone.starts, -1)
            units = units - unit_frequencies(gone.units[PAD:-PAD])
        if added and len(added.ids):
            bare = UnmarkedTexts.strip(added.text)
            self._append_rows(extents, known, added, bare)
            dead = np.append(dead, np.zeros(len(added.ids), bool))
            bigrams = bigrams.changed(bare.units, bare.starts, 1)
            units = units + unit_frequencies(bare.units[PAD:-PAD])
            serial += len(added.ids)
            before, terms = terms, terms.grown(words)
            grown, old = terms.arrays, before.arrays
            self._append(extents, "words.u2", grown.units[len(old.units) :])
            self._append(extents, "word-ends.log", grown.ends[len(old.ends) :])
        number = _number_in(self.state) + 1
        state = f"state-{number}.bin"
        extents.pop(self.state, None)
        extents[state] = write_state(
            self.folder / state,
            {
                "unit_counts": units.astype(np.int32),
                "bigram_keys": bigrams.keys,
                "bigram_counts": bigrams.counts,
                "word_hashes": terms.arrays.hashes,
                "word_codes": terms.arrays.codes,
                "word_counts": terms.arrays.counts,
                "dead": np.packbits(dead),
            },
        )
        return replace(self, state=state, next_serial=serial, extents=extents)

    def _append(self, extents: dict[str, Extent], name: str, items: NDArray[Any] | bytes) -> None:
        padding = PADDING if name in TEXTS else b""
        known = extents.get(name, Extent())
        extents[name] = append(self.folder / name, items, known, padding)

    def _append_rows(
        self,
        extents: dict[str, Extent],
        known: RowArrays | None,
        data: RowData,
        bare: UnmarkedTexts,
    ) -> None:
        """Add rows to the logs.

        Args:
            extents: what belongs to each log, which is changed.
            known: the rows that are there.
            data: the rows to add.
            bare: their text without marks.
        """

        def shifted(name: str, offsets: Positions) -> Positions:
            """Return offsets of the added text as offsets of the log."""
            return np.asarray(offsets + (self.extents[name].bytes // 2 - PAD))

        bare_digits = UnmarkedTexts.strip(data.digits)
        count = len(known) if known else 0
        rows = np.zeros(len(data.ids), ROW)
        rows["id"], rows["copy_key"], rows["length"] = data.ids, data.copy_keys, data.lengths
        rows["serial"] = np.arange(self.next_serial, self.next_serial + len(rows))
        rows["copy_group"] = _groups(known, data.copy_keys)
        heading = data.columns["heading"]
        rows["heading"] = heading.codes + (len(known.headings) if known else 0)
        digits = np.zeros(len(data.digit_rows), DIGITS)
        digits["row"] = data.digit_rows + count
        digits["text_end"] = shifted("digits.u2", data.digits.starts[1:])
        digits["bare_end"] = shifted("bare-digits.u2", bare_digits.starts[1:])
        tags = np.zeros(len(rows), TAGS)
        tags["probability"] = data.probability
        new: dict[str, list[Any]] = {}
        for name in ("kind", "report", *TAG_COLUMNS):
            of_rows = rows if name in CODED_COLUMNS else tags
            have = known.values[name] if known else []
            of_rows[name], new[name] = _codes(data.columns[name], have)
        had = known.facts if known else {}
        facts = {
            report: data.reports[report]
            for report in data.columns["report"].values
            if had.get(report) != data.reports[report]
        }
        headings = JoinedTexts.of([value.replace("\n", " ") for value in heading.values])
        for name, texts in zip(
            TEXTS, (data.text, bare, data.digits, bare_digits, headings), strict=True
        ):
            self._append(extents, name, texts.units[PAD:-PAD])
        self._append(extents, _STARTS[0], shifted("text.u2", data.text.starts[1:]))
        self._append(extents, _STARTS[1], shifted("bare.u2", bare.starts[1:]))
        self._append(extents, "heading-ends.log", shifted("headings.u2", headings.starts[1:]))
        for name, base, texts_ in zip(
            _MARKS, ("bare.u2", "bare-digits.u2"), (bare, bare_digits), strict=True
        ):
            self._append(extents, name, shifted(base, texts_.marks))
        self._append(extents, "digits.log", digits)
        self._append(extents, self.tags, tags)
        self._append(extents, "rows.log", rows)
        self._append_values(extents, new, facts)

    def _append_values(
        self,
        extents: dict[str, Extent],
        added: Mapping[str, list[Any]],
        facts: Mapping[str, tuple[str, str]],
    ) -> None:
        """Add a line with what is new; all lines are read whenever the index is opened."""
        values = {name: new for name, new in added.items() if new}
        if values or facts:
            line = json.dumps({"values": values, "facts": facts}, ensure_ascii=False) + "\n"
            self._append(extents, _VALUES, line.encode("utf-8", "surrogatepass"))

    def retagged(self, known: RowArrays, changes: Iterable[Retag]) -> RowFiles:
        """Change topics and roles of rows; sentences that are not there are ignored.

        The tags of all rows, 12 bytes each, are written to a new log.

        Raises:
            OSError: a file cannot be written.
        """
        new = {change.id: change for change in changes}
        at = rows_of_ids(known.ids, new)
        at = at[~known.dead[at]]
        chosen = [new[id_] for id_ in known.ids[at].tolist()]
        tags = known.tags.all()
        tags["probability"][at] = [change.probability for change in chosen]
        added: dict[str, list[Any]] = {}
        for name in TAG_COLUMNS:
            column = EncodedColumn.of(getattr(change, name) for change in chosen)
            tags[name][at], added[name] = _codes(column, known.values[name])
        extents = dict(self.extents)
        number = _number_in(self.tags) + 1
        log = f"tags-{number}.log"
        extents.pop(self.tags)
        self._append(extents, log, tags)
        self._append_values(extents, added, {})
        return replace(self, tags=log, extents=extents)

    def compacted(self, known: RowArrays) -> RowFiles:
        """Copy the rows that are not dead to a new folder.

        Args:
            known: the rows of these files.

        Returns:
            Files with the same rows, serials and words, and no dead rows.

        Raises:
            OSError: a file cannot be written.
        """
        live = np.flatnonzero(~known.dead)
        data = _selected(known, live)
        counts = {word: count for word, count in known.terms if count}
        made = RowFiles.create(self.folder.parent)
        files = made.changed(None, data, live[:0], counts)
        rows = files._records("rows.log", ROW).all()
        rows["serial"] = known.serials[live]
        extents = dict(files.extents)
        extents["rows.log"] = append(files.folder / "rows.log", rows, Extent())
        release_memory(known.text.units)
        return replace(files, next_serial=self.next_serial, extents=extents)


def _check_sizes(arrays: RowArrays) -> None:
    """Raise ValueError if the arrays cannot be those of the same rows."""
    of_rows = (arrays.tags, arrays.text, arrays.bare)
    joined = (arrays.text, arrays.bare, arrays.digits, arrays.bare_digits, arrays.headings)
    if any(len(one) != len(arrays) for one in of_rows) or any(
        int(one.starts[-1]) + PAD != len(one.units) for one in joined
    ):
        raise ValueError("files of different rows")


def _number_in(name: str) -> int:
    """Return the number in the name of a log or state that is written anew, 0 for no name."""
    return int(name.partition("-")[2].partition(".")[0] or 0)


def is_sparse(dead: int, rows: int) -> bool:
    """Return whether so many of the rows are dead that those that live should be copied."""
    return dead > 0 and (dead == rows or dead > max(_MOST_DEAD, _DEAD_SHARE * rows))


def _selected(known: RowArrays, rows: NDArray[np.int64]) -> RowData:
    """Return some rows, ascending, in memory."""
    kept = np.flatnonzero(np.isin(known.digit_rows, rows))
    columns = {
        name: _compact(known.codes(name)[rows], known.values[name])
        for name in ("kind", "report", *TAG_COLUMNS)
    }
    used, codes = np.unique(known.codes("heading")[rows], return_inverse=True)
    headings = known.headings.gather(used.astype(np.int64))
    columns["heading"] = EncodedColumn(codes.astype(np.int32), strings(headings))
    return RowData(
        known.ids[rows],
        known.lengths[rows],
        known.probability[rows],
        known.rows.column("copy_key")[rows],
        known.text.gather(rows),
        known.digits.gather(kept),
        np.searchsorted(rows, known.digit_rows[kept]),
        columns,
        dict(known.facts),
    )


def _compact(codes: NDArray[np.int32], values: list[Any]) -> EncodedColumn:
    """Return a column without the values that no row uses."""
    used, own = np.unique(codes, return_inverse=True)
    return EncodedColumn(own.astype(np.int32), [values[code] for code in used.tolist()])


def _codes(column: EncodedColumn, known: list[Any]) -> tuple[NDArray[np.int32], list[Any]]:
    """Return the codes of a column among known values, and the values that are new."""
    code_of = {value: code for code, value in enumerate(known)}
    new = [value for value in column.values if value not in code_of]
    code_of |= {value: len(known) + i for i, value in enumerate(new)}
    codes = np.array([code_of[value] for value in column.values], np.int32)
    return (codes[column.codes] if len(codes) else column.codes), new


def _groups(known: RowArrays | None, keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the number of the group of near-copies for each key of further rows."""
    wanted, of_row = np.unique(keys, return_inverse=True)
    group = np.full(len(wanted), -1, np.int32)
    first_new = 0
    if known and len(known):
        of_known = known.rows.column("copy_key")
        at = np.minimum(np.searchsorted(wanted, of_known), len(wanted) - 1)
        same = np.flatnonzero(wanted[at] == of_known)
        groups = known.rows.column("copy_group")
        group[at[same]] = groups[same]
        first_new = int(groups.max()) + 1
    new = np.flatnonzero(group < 0)
    group[new] = np.arange(first_new, first_new + len(new))
    return group[of_row]


def _starts(ends: NDArray[np.int64]) -> Positions:
    """Return where each text begins, and where the last one ends, from where each ends."""
    starts = np.empty(len(ends) + 1, np.int64)
    starts[0], starts[1:] = PAD, ends
    return starts


def rows_of_ids(ids: NDArray[np.int64], wanted: Iterable[int]) -> NDArray[np.int64]:
    """Return the rows that have one of the ids, ascending."""
    chosen = distinct_values(np.fromiter(wanted, np.int64))
    if not len(chosen) or not len(ids):
        return np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(chosen, ids), len(chosen) - 1)
    return np.flatnonzero(chosen[at] == ids)
