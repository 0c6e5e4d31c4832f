"""The part of the store that knows files: where a report was found, and which are alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..results import Similar
from .row_values import MAX_VARIABLES, by_name, digest, now


class _Store(Protocol):
    def transaction(self, bump: bool = True) -> AbstractContextManager[int]: ...


class SourceStore:
    """Files, copies and likeness in the SQLite file of a library.

    Args:
        db: the connection.
        store: gives transactions.
    """

    def __init__(self, db: sqlite3.Connection, store: _Store) -> None:
        self._db = db
        self._store = store

    def of_file(self, file: str) -> dict[str, str]:
        """Return the reports that come from ``file``, or that it has copies of: id to hash."""
        rows = self._db.execute(
            "SELECT id, sha256 FROM reports WHERE file = ?"
            " UNION SELECT report, sha256 FROM copies WHERE file = ?",
            (file, file),
        )
        return dict(rows.fetchall())

    def own_reports_of(self, file: str) -> list[str]:
        """Return the ids of the reports that come from ``file`` itself."""
        rows = self._db.execute("SELECT id FROM reports WHERE file = ? ORDER BY rowid", (file,))
        return [row[0] for row in rows]

    def with_hash(self, sha256: str) -> list[tuple[str, str]]:
        """Return the reports that a file with these bytes gave, and which part of it each is."""
        for table, name in (("reports", "id"), ("copies", "report")):
            rows = self._db.execute(
                f"SELECT {name}, source, file FROM {table} WHERE sha256 = ?"
                f" AND file = (SELECT min(file) FROM {table} WHERE sha256 = ?)",
                (sha256, sha256),
            ).fetchall()
            if rows:
                return [(id_, source.removeprefix(file)) for id_, source, file in rows]
        return []

    def add_copies(self, file: str, sha256: str, copies: Iterable[tuple[str, str]]) -> None:
        """Keep further sources in a file, as ``(report, source)``."""
        with self._store.transaction(bump=False):
            self.keep_copies(file, sha256, copies)

    def keep_copies(self, file: str, sha256: str, copies: Iterable[tuple[str, str]]) -> None:
        """Do the same inside a transaction."""
        self._db.executemany(
            "INSERT OR REPLACE INTO copies (source, file, sha256, added, report, checksum)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (*row, digest([row]))
                for row in ((source, file, sha256, now(), report) for report, source in copies)
            ),
        )

    def drop_copies(self, file: str) -> None:
        """Forget what a file was a further source of; inside a transaction."""
        self._db.execute("DELETE FROM copies WHERE file = ?", (file,))

    def copies(self, reports: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the further sources of ``reports``."""
        found: dict[str, list[str]] = {}
        for part in _parts(reports):
            marks = ",".join("?" * len(part))
            for report, source in self._db.execute(
                f"SELECT report, source FROM copies WHERE report IN ({marks}) ORDER BY source", part
            ):
                found.setdefault(report, []).append(source)
        return {report: tuple(sources) for report, sources in found.items()}

    def report_of_copy(self, source: str) -> str | None:
        """Return the id of the report that ``source`` is a further source of."""
        row = self._db.execute("SELECT report FROM copies WHERE source = ?", (source,)).fetchone()
        return row[0] if row else None

    def count_copies(self) -> int:
        """Return how many further sources there are."""
        return int(self._db.execute("SELECT count(*) FROM copies").fetchone()[0])

    # -- likeness --------------------------------------------------------------------------

    def keep_sketch(self, report: str, sketch: Iterable[int]) -> None:
        """Keep the sketch of a report; inside a transaction."""
        keep_sketch(self._db, report, sketch)

    def sharing(self, sketch: Sequence[int]) -> dict[str, tuple[int, int]]:
        """Return the reports that share hashes with ``sketch``: how many, and of how many."""
        shared: dict[int, int] = {}
        for part in _parts(sketch):
            marks = ",".join("?" * len(part))
            for number, count in self._db.execute(
                f"SELECT sketch, count(*) FROM shingles WHERE hash IN ({marks}) GROUP BY sketch",
                part,
            ):
                shared[number] = shared.get(number, 0) + count
        found: dict[str, tuple[int, int]] = {}
        for numbers in _parts(list(shared)):
            marks = ",".join("?" * len(numbers))
            for number, report, size in self._db.execute(
                f"SELECT id, report, size FROM sketches WHERE id IN ({marks})", numbers
            ):
                found[report] = (shared[number], size)
        return found

    def keep_similar(self, report: str, others: Iterable[Similar]) -> None:
        """Keep which reports ``report`` is like; inside a transaction."""
        self._db.executemany(
            "INSERT OR REPLACE INTO similar VALUES (?, ?, ?, ?, ?)",
            (
                (*row, digest([row]))
                for row in ((report, s.report, s.jaccard, s.containment) for s in others)
            ),
        )

    def similar(self, reports: Sequence[str]) -> dict[str, tuple[Similar, ...]]:
        """Return what ``reports`` are like, the nearest first."""
        found: dict[str, list[Similar]] = {}
        for part in _parts(reports):
            marks = ",".join("?" * len(part))
            for one, other, jaccard, containment in self._db.execute(
                "SELECT report, other, jaccard, containment FROM similar"
                f" WHERE report IN ({marks}) UNION SELECT other, report, jaccard, containment"
                f" FROM similar WHERE other IN ({marks}) ORDER BY 3 DESC, 2",
                (*part, *part),
            ):
                found.setdefault(one, []).append(Similar(other, jaccard, containment))
        return {report: tuple(others) for report, others in found.items()}

    # -- what a person said of a report ------------------------------------------------------

    def kept(self, report: str) -> dict[str, Any]:
        """Return what an export needs of a report beside what everyone sees of it."""
        file, text = self._db.execute(
            "SELECT file, text FROM reports WHERE id = ?", (report,)
        ).fetchone()
        copied = self._db.execute(
            "SELECT source, file, sha256 FROM copies WHERE report = ? ORDER BY source", (report,)
        )
        return {
            "file": file,
            "stated": self.stated(report),
            "said": self.said(report),
            "copied": [dict(zip(("source", "file", "sha256"), row, strict=True)) for row in copied],
            "text": text,
        }

    def stated(self, report: str) -> dict[str, str]:
        """Return what the file of a report says of it outside of the text, by field."""
        return self._fields("stated", report)

    def said(self, report: str) -> dict[str, str]:
        """Return what a person said of a report, by field."""
        return self._fields("said", report)

    def _fields(self, column: str, report: str) -> dict[str, str]:
        row = self._db.execute(f"SELECT {column} FROM reports WHERE id = ?", (report,)).fetchone()
        return by_name(row[0], f"what was {column}", report) if row else {}


def keep_sketch(db: sqlite3.Connection, report: str, sketch: Iterable[int]) -> None:
    """Keep the sketch of a report in place of the one it had; inside a transaction."""
    hashes = set(sketch)
    db.execute("DELETE FROM sketches WHERE report = ?", (report,))
    number = db.execute(
        "INSERT INTO sketches (size, report) VALUES (?, ?)", (len(hashes), report)
    ).lastrowid
    db.executemany("INSERT INTO shingles VALUES (?, ?)", ((h, number) for h in hashes))


def _parts(values: Sequence[Any]) -> Iterable[list[Any]]:
    """Yield ``values`` in lists that one statement can take; SQLite may allow 999 variables."""
    half = MAX_VARIABLES // 2
    for at in range(0, len(values), half):
        yield list(values[at : at + half])
