"""The trash of a library: reports that were removed, each whole as it was stored.

A report goes to the trash in the transaction that removes it, and leaves it in the one that brings
it back, so that at every moment it is in exactly one place. An entry holds the rows of the report
as the tables had them, checksums included: what was whole comes back byte by byte, and what was
damaged is still found to be damaged. The entry knows the library format of its rows; rows of an
older format take the steps of ``migrations.py`` in a database of their own before they come back.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..nlp.errors import DamagedError
from ..nlp.records import UNSURE
from ..results import Similar
from .annotations import keep_sketch
from .connection import CheckedConnection
from .migrations import STEPS, VERSION, migrate
from .row_values import CORRECTION, SIMILAR, changed, digest, now, seal_tags, sealed
from .sql_dialect import row_number
from .transactions import Database, GivesTransactions
from .undone import TakenBack, taken_back

_OF_REPORT = {
    "reports": "id = ?",
    "checksums": "report = ?",
    "sentences": "report = ?",
    "figures": "report = ?",
    "copies": "report = ?",
    "sketches": "report = ?",
    "shingles": "sketch IN (SELECT id FROM sketches WHERE report = ?)",
    "stale": "report = ?",
    "similar": "report = ?1 OR other = ?1",
    "corrections": (
        "report = ?1"
        " OR id IN (SELECT correction FROM sentences WHERE report = ?1 AND correction != 0)"
    ),
}
"""The tables with rows of a report, and which rows those are. Corrections stay in the library when
a report is removed; they are kept with it too, so that they are found again where a repair has
numbered them anew."""
_AS_THEY_ARE = ("reports", "checksums", "figures", "stale")
"""Tables whose rows come back unchanged."""
_NUMBERED = ("reports", "sentences", "figures", "copies", "corrections")
"""Tables whose rows have an order of their own."""
_UNPACKED_BYTES = 1 << 30
"""The most that an entry may grow to when it is unpacked."""
_ENTRY = "id, report, title, sentences, removed, author, length(content)"


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """A removed report in the trash.

    Attributes:
        number: number of the entry, from 1; a number is given once.
        report: id that the report had and will have again.
        title: its title.
        sentences: how many units of text it has.
        removed: when it was removed, ISO 8601 in UTC.
        by: who removed it, ``""`` when not given.
        size: bytes that the entry takes.
    """

    number: int
    report: str
    title: str
    sentences: int
    removed: str
    by: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "number": self.number,
            "report": self.report,
            "title": self.title,
            "sentences": self.sentences,
            "removed": self.removed,
            "by": self.by,
            "bytes": self.size,
        }


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What became of the corrections of a report while it was in the trash.

    Attributes:
        undone: numbers of its sentences whose correction was taken back, with the number of that
            correction; these sentences are ``unsure`` until they are tagged anew.
        made: whether further corrections were made, of another report that had its id.
    """

    undone: Mapping[int, int]
    made: bool


class TrashStore:
    """The trash of a library.

    Args:
        db: the connection.
        store: gives transactions.
    """

    def __init__(self, db: Database, store: GivesTransactions) -> None:
        self._db = db
        self._store = store

    # -- looking -----------------------------------------------------------------------------

    def entries(self) -> list[TrashEntry]:
        """Return what is in the trash, in the order in which it was removed.

        Raises:
            DamagedError: a value is not of the type that was written.
        """
        rows = self._db.execute(f"SELECT {_ENTRY} FROM trash ORDER BY id")
        return [_entry(row) for row in rows]

    def totals(self) -> tuple[int, int]:
        """Return how many reports are in the trash, and how many bytes they take."""
        sql = "SELECT count(*), coalesce(sum(length(content)), 0) FROM trash"
        [(count, size)] = self._db.execute(sql)
        return int(count), int(size)

    def opened(self, number: int) -> closing[CheckedConnection]:
        """Return a database in memory with the rows of an entry, in the present format.

        Raises:
            DamagedError: the entry is not what was written.
        """
        sql = f"SELECT id AS rowid, {', '.join(ROW)}, checksum FROM trash WHERE id = ?"
        [row] = self._db.execute(sql, (number,)).fetchall()
        names = ("rowid", *ROW, "checksum")
        entry = dict(zip(names, row, strict=True))
        return closing(_database(rows_of(entry), entry["format"]))

    def sources(self) -> set[str]:
        """Return the sources and files of all reports in the trash, and those of their copies.

        Raises:
            DamagedError: an entry is not what was written.
        """
        found: set[str] = set()
        names = ("rowid", *ROW, "checksum")
        for row in self._db.execute(f"SELECT id, {', '.join(ROW)}, checksum FROM trash"):
            tables = rows_of(dict(zip(names, row, strict=True)))
            for table in {"reports", "copies"} & set(tables):
                columns, values = tables[table]
                places = [columns.index(name) for name in ("source", "file") if name in columns]
                found |= {str(one[place]) for one in values for place in places}
        return found

    # -- changing ----------------------------------------------------------------------------

    def keep(self, reports: Iterable[str], author: str) -> None:
        """Put reports into the trash that are still in the library; inside a transaction."""
        packed = [(report, _packed(self._db, report)) for report in reports]
        for report, content in packed:
            [(title, sentences)] = self._db.execute(
                "SELECT title, (SELECT count(*) FROM sentences WHERE report = reports.id)"
                " FROM reports WHERE id = ?",
                (report,),
            )
            entry = (report, str(title), sentences, now(), author, VERSION, content)
            _insert(self._db, entry)

    def take_out(
        self,
        entry: TrashEntry,
        rows: CheckedConnection,
        similar: Sequence[Similar],
        generation: int,
    ) -> Meanwhile:
        """Put a report back into the library and its entry out of the trash.

        The caller has begun the transaction that makes ``generation``, and has seen that nothing in
        the library stands in the way.

        Args:
            entry: the entry.
            rows: its rows, from :meth:`opened`.
            similar: reports of the library that it is like, beside those that it was like before.
            generation: number of the change.
        """
        for table in _AS_THEY_ARE:
            columns, values = _select(rows, table)
            _put(self._db, table, columns, values)
        columns, values = _select(rows, "sentences")
        columns, values = _without("id", columns, values)
        at = [columns.index(name) for name in ("generation", "tagged")]
        _put(self._db, "sentences", columns, (_with(row, at, generation) for row in values))
        keep_sketch(
            self._db, entry.report, (h for (h,) in rows.execute("SELECT hash FROM shingles"))
        )
        self._put_copies(rows)
        self._put_similar(entry.report, rows, similar)
        self._db.execute("DELETE FROM trash WHERE id = ?", (entry.number,))
        return self._renumber(entry.report, rows)

    def _put_copies(self, rows: CheckedConnection) -> None:
        """Bring back further sources, but for files that the library has as others meanwhile."""
        columns, values = _select(rows, "copies")
        source, file = columns.index("source"), columns.index("file")
        taken = (
            "SELECT 1 FROM reports WHERE source = ?1 OR file = ?2"
            " UNION ALL SELECT 1 FROM copies WHERE source = ?1 OR file = ?2"
        )
        free = [
            row
            for row in values
            if not self._db.execute(taken, (row[source], row[file])).fetchone()
        ]
        _put(self._db, "copies", columns, free)

    def _put_similar(
        self, report: str, rows: CheckedConnection, similar: Sequence[Similar]
    ) -> None:
        _, values = _select(rows, "similar", (*SIMILAR, "checksum"))
        known = {row[0] if row[1] == report else row[1]: row for row in values}
        there = "SELECT 1 FROM reports WHERE id = ?"
        kept = [row for name, row in known.items() if self._db.execute(there, (name,)).fetchone()]
        for s in similar:
            if s.report not in known:
                kept.append(sealed((report, s.report, s.jaccard, s.containment)))
        _put(self._db, "similar", (*SIMILAR, "checksum"), kept)

    def _renumber(self, report: str, rows: CheckedConnection) -> Meanwhile:
        """Let the tags of a report name its corrections as they are numbered here."""
        columns, values = _select(rows, "corrections", (*CORRECTION, "checksum", "id"))
        numbers: dict[int, int] = {}
        for *row, number in values:
            same = self._db.execute(
                "SELECT id FROM corrections WHERE report = ? AND checksum = ?"
                " ORDER BY id = ? DESC, id",
                (row[0], row[-1], number),
            ).fetchone()
            if same:
                numbers[number] = same[0]
            else:
                marks = ", ".join("?" * len(row))
                sql = f"INSERT INTO corrections ({', '.join(columns[:-1])}) VALUES ({marks})"
                numbers[number] = self._db.insert(sql, tuple(row))
        sound = not changed(self._db, report, "tags")
        back: dict[int, TakenBack] = {}
        for name in {report, *(row[0] for row in values)}:
            back |= taken_back(self._db, name)
        by_sentence = self._db.execute(
            "SELECT n, correction FROM sentences WHERE report = ? AND correction != 0", (report,)
        ).fetchall()
        moved = [(numbers[c], report, n) for n, c in by_sentence if numbers.get(c, c) != c]
        self._db.executemany(
            "UPDATE sentences SET correction = ? WHERE report = ? AND n = ?", moved
        )
        undone = {n: numbers.get(c, c) for n, c in by_sentence if numbers.get(c, c) in back}
        self._db.executemany(
            "UPDATE sentences SET topic = ?, also = '[]', probability = 0.0, correction = 0"
            " WHERE report = ? AND n = ?",
            ((UNSURE, report, n) for n in undone),
        )
        if sound and (moved or undone):
            seal_tags(self._db, report)
        now_there = self._db.execute("SELECT id FROM corrections WHERE report = ?", (report,))
        made = {number for (number,) in now_there} - set(numbers.values()) - set(back)
        return Meanwhile(undone, bool(made))

    def drop(self, numbers: Collection[int]) -> int:
        """Delete entries for good, in a transaction, and return how many there were."""
        with self._store.transaction(bump=False):
            return sum(
                self._db.execute("DELETE FROM trash WHERE id = ?", (number,)).rowcount
                for number in numbers
            )

    def bring(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in entries of another library, as :func:`rows_of` has found them to be whole."""
        with self._store.transaction(bump=False):
            for row in rows:
                _insert(self._db, tuple(row[name] for name in ROW))


ROW = ("report", "title", "sentences", "removed", "author", "format", "content")
"""Columns of an entry that its checksum covers."""
_TYPES = (str, str, int, str, str, int, bytes)


def rows_of(entry: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], list[list[Any]]]]:
    """Return the columns and rows of an entry by table.

    Args:
        entry: the columns of its row in the table ``trash``, with ``rowid`` and ``checksum``.

    Raises:
        DamagedError: it is not what was written.
    """
    report = f" ({entry['report']})" if entry.get("report") else ""
    damaged = DamagedError(f"entry {entry['rowid']} of the trash{report} is damaged")
    values = tuple(entry.get(name) for name in ROW)
    if tuple(map(type, values)) != _TYPES or _checksum(values) != entry.get("checksum"):
        raise damaged
    try:
        unpack = zlib.decompressobj()
        data = unpack.decompress(entry["content"], _UNPACKED_BYTES)
        if not unpack.eof or not 0 < entry["format"] <= VERSION:
            raise damaged
        tables = json.loads(data)
        found = {
            table: (tuple(columns), [[_value(v) for v in row] for row in rows])
            for table, (columns, rows) in tables.items()
        }
    except (zlib.error, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise damaged from None
    if not {"reports"} <= set(found) <= set(_OF_REPORT) or len(found["reports"][1]) != 1:
        raise damaged
    return found


def _entry(row: Sequence[Any]) -> TrashEntry:
    number, report, title, *rest = row
    if tuple(map(type, row)) != (int, str, str, int, str, str, int):
        raise DamagedError(f"entry {number} of the trash is damaged")
    return TrashEntry(number, report, title, *rest)


def _insert(db: Database, values: Sequence[Any]) -> None:
    marks = ", ".join("?" * len(values))
    db.execute(
        f"INSERT INTO trash ({', '.join(ROW)}, checksum) VALUES ({marks}, ?)",
        (*values, _checksum(values)),
    )


def _checksum(values: Sequence[Any]) -> str:
    *facts, content = values
    return digest([[*facts, sha256(content).hexdigest()]])


def _packed(db: Database, report: str) -> bytes:
    """Return the rows of a report, compressed.

    Raises:
        DamagedError: the database cannot read one of them.
    """
    tables = {
        table: _select(db, table, (), where, (report,)) for table, where in _OF_REPORT.items()
    }
    text = json.dumps(tables, separators=(",", ":"), default=lambda value: {"hex": value.hex()})
    return zlib.compress(text.encode("ascii"))


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _select(
    db: Database,
    table: str,
    columns: Sequence[str] = (),
    where: str = "1 = 1",
    values: Sequence[Any] = (),
) -> tuple[tuple[str, ...], list[Any]]:
    """Return columns, by default all of them, and rows of a table in the order of writing."""
    names = tuple(columns) or tuple(db.columns(table))
    order = row_number(table) if table in _NUMBERED else "1, 2"
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE {where} ORDER BY {order}"
    return names, [tuple(row) for row in db.execute(sql, tuple(values))]


def _put(db: Database, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    marks = ", ".join("?" * len(columns))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    db.executemany(sql, rows)


def _without(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[tuple[str, ...], list[Any]]:
    """Return columns and rows without one column."""
    at = columns.index(name)
    kept = [(*row[:at], *row[at + 1 :]) for row in rows]
    return (*columns[:at], *columns[at + 1 :]), kept


def _with(row: Sequence[Any], places: Collection[int], value: Any) -> tuple[Any, ...]:
    return tuple(value if at in places else old for at, old in enumerate(row))


def _database(
    tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Any]]]], version: int
) -> CheckedConnection:
    """Return a database in memory that holds ``tables`` of a format, brought up to the present."""
    db = sqlite3.connect(":memory:", isolation_level=None, factory=CheckedConnection)
    for step in STEPS[:version]:
        list(step(db))
    for table, (columns, rows) in tables.items():
        if not set(columns) <= set(
            db.columns(table)
        ):  # names come from the file, and stand in the statement
            raise DamagedError(f"an entry of the trash names columns that {table} does not have")
        _put(db, table, columns, rows)
    migrate(db, version)
    return db
