"""Read the columns of an index, and the manifest that names and verifies its files.

An index has one row for each sentence, in the order of the engine's documents. The files are
written once and never changed; a new generation gets a new folder. The texts of the rows are read
by :mod:`~gongwen.index.text_rows`.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.dates import year_span
from ..nlp.text.numerals import find_numerals
from .bigrams import bigram_keys
from .column_writer import ENCODED_COLUMNS, EncodedColumn, JoinedTexts, RowData
from .engine import Entry, Retag
from .query import Text
from .scan import distinct_values, divider_of, find_string, units_of
from .text_rows import TextRows

Mask = NDArray[np.bool_]

_REPORT_FIELDS = ("region", "year")
_LOADED_ARRAYS = ("ids", "lengths", "probability", *ENCODED_COLUMNS)
_BOILERPLATE = ("boilerplate",)
_COPY_ARRAYS = ("copy-keys", "copy-groups")
"""Columns of near-copies, which indexes of format 3 and before do not have."""


class Rows(TextRows):
    """The rows of an index, opened for reading.

    Args:
        folder: a folder that :meth:`~gongwen.index.column_writer.RowData.write` wrote.

    Attributes:
        ids: (rows,) id of each sentence, 0 for a deleted one.
        lengths: (rows,) number of words of each sentence.
        probability: (rows,) probability of the likeliest topic, 0 to 1.
        copy_groups: (rows,) number of the group of near-copies of each row, from 0; ``None`` when
            an older version wrote the index.
        live: (rows,) whether the sentence is not deleted.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        values: dict[str, list[Any]] = json.loads((folder / "values.json").read_text("utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _LOADED_ARRAYS
        }
        copies = {
            name: np.load(path, allow_pickle=False)
            for name in _COPY_ARRAYS
            if (path := folder / f"{name}.npy").exists()
        }
        values["topics"] = [tuple(topics) for topics in values["topics"]]
        self._values = values
        self._columns = {
            name: EncodedColumn(arrays[name], values[name]) for name in ENCODED_COLUMNS
        }
        self.ids: NDArray[np.int64] = arrays["ids"]
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        self.probability: NDArray[np.float32] = arrays["probability"]
        self._copy_keys: NDArray[np.int64] | None = copies.get("copy-keys")
        self.copy_groups: NDArray[np.int32] | None = copies.get("copy-groups")
        self.live: Mask = self.ids > 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def count(self) -> int:
        """Number of rows that are not deleted."""
        return int(np.count_nonzero(self.live))

    def load(self) -> RowData:
        """Return the rows as data in memory, to change them and write them to a new folder."""
        return RowData(
            self.ids,
            self.lengths,
            self.probability,
            # Without keys every row is a group of its own.
            -1 - np.arange(len(self)) if self._copy_keys is None else self._copy_keys,
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
        """Return a view of these rows without the removed sentences and with changed tags.

        The view shares the text. Its bigram counts still include the removed rows.

        Args:
            removed: ids of sentences; unknown ids are ignored.
            changes: new tags of sentences; unknown ids are ignored.
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
        return self._columns[field]

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
            matches = _region_matches if field == "region" else _years_match
            wanted = [any(matches(have, v) for v in values) for have in self._values[field]]
        else:
            among = frozenset(values)
            wanted = [have in among for have in self._values[field]]
        if not any(wanted):
            return np.zeros(len(self), bool)
        return np.array(wanted, bool)[self._columns[_column_name(field)].codes]

    def counts(self, field: str, rows: NDArray[np.int64]) -> dict[str, int]:
        """Return the number of ``rows`` for each value of ``field``, most frequent first.

        Empty values are left out, and a row counts for each of its topics.
        """
        of_code = np.bincount(self._columns[_column_name(field)].codes[rows])
        values = self._values["topics" if field == "topic" else field]
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
        return np.asarray(last[self._columns["report"].codes]) if len(last) else last


def _column_name(field: str) -> str:
    """Return the name of the column whose codes select the values of ``field``."""
    if field == "topic":
        return "topics"
    return "report" if field in _REPORT_FIELDS else field


def _region_matches(have: str, wanted: str) -> bool:
    """Return whether one of two region names contains the other; an empty name never matches."""
    return bool(have and wanted) and (wanted in have or have in wanted)


def _years_match(have: str, wanted: str) -> bool:
    """Return whether the year or range ``have`` overlaps ``wanted``.

    ``wanted`` is a range such as ``"2018..2021"``, ``"2018.."`` or ``"..2021"``.
    """
    span = year_span(have)
    if span is None:
        return False
    low, _, high = wanted.partition("..")
    return span[0] <= int(high or 9999) and span[1] >= int(low or 0)


_CHUNK_BYTES = 1 << 20

Checksums = Mapping[str, tuple[int, int]]
"""Size in bytes and CRC-32 by the name of the file, relative to the folder of the index."""


def sync_files(folder: Path, parts: Iterable[str], known: Checksums) -> dict[str, tuple[int, int]]:
    """Flush the files in some folders of an index to the disk and return their checksums.

    Args:
        folder: the folder of the index.
        parts: names of folders in it.
        known: checksums of files that never change; such a file is neither flushed nor read again
            while its size is the same.

    Returns:
        Size in bytes and CRC-32 by the name of the file, relative to ``folder``.

    Raises:
        OSError: a file cannot be read or flushed.
    """
    found = {}
    for part in parts:
        for path in sorted((folder / part).iterdir()):
            if not path.is_file():
                continue
            name, size = f"{part}/{path.name}", path.stat().st_size
            if name in known and known[name][0] == size:
                found[name] = known[name]
            else:
                sync(path)  # else a power cut may leave a manifest that names empty files
                found[name] = (size, checksum(path))
    return found


def find_damage(folder: Path, known: Checksums) -> list[str]:
    """Return a message for each file that is missing or does not match its checksum.

    Args:
        folder: the folder of the index.
        known: expected sizes and checksums.
    """
    found = []
    for name, (size, value) in known.items():
        path = folder / name
        try:
            if path.stat().st_size != size or checksum(path) != value:
                found.append(f"{path}: damaged; run gongwen reindex")
        except OSError as error:
            found.append(f"{path}: cannot be read ({error.strerror}); {advice(error)}")
    return found


def advice(error: Exception) -> str:
    """Return what to do about an index that an error kept from being read or written.

    A file that is not permitted or that the disk does not give is not mended by a new index.
    """
    if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
        return "see to the disk and to the permissions of the folder"
    return "run gongwen reindex"


def latest_version(folder: Path) -> int:
    """Return the number of the newest Whoosh commit in a folder, -1 when there is none."""
    found = (re.fullmatch(r"_MAIN_(\d+)\.toc", path.name) for path in folder.glob("_MAIN_*.toc"))
    return max((int(match[1]) for match in found if match), default=-1)


def sync(path: Path) -> None:
    """Flush a file to the disk.

    Raises:
        OSError: the file cannot be opened or flushed.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the operating system can do so."""
    with suppress(OSError, AttributeError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_identity(path: Path) -> tuple[int, ...]:
    """Return a value that changes when another file takes this path.

    Returns:
        Modification time in nanoseconds, inode and size in bytes; ``()`` when there is no file.
    """
    try:
        known = path.stat()
    except OSError:
        return ()
    return known.st_mtime_ns, known.st_ino, known.st_size


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file, which is read in chunks."""
    value = 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK_BYTES):
            value = zlib.crc32(data, value)
    return value


def compare_rows(rows: Rows, entries: Iterable[Entry], all_of_them: bool = True) -> Iterator[str]:
    """Yield a message for each sentence whose row differs from the expected entry.

    Args:
        rows: the rows of the index.
        entries: the expected sentences; their words are not compared.
        all_of_them: whether ``entries`` are complete, so that any other row is an error.
    """
    row_of = {id_: row for row, id_ in enumerate(rows.ids.tolist()) if id_ > 0}
    columns = {name: rows.column(name).decoded() for name in ENCODED_COLUMNS}
    report_facts = rows.load().reports
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
