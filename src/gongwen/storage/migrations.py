"""The tables of a library, as migration steps from the first format on.

A step that was published never changes: a library in the field has taken it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reports (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, region TEXT NOT NULL, year TEXT NOT NULL,
  kind TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL, added TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX reports_by_hash ON reports (sha256);
CREATE INDEX reports_by_source ON reports (source);
CREATE TABLE sentences (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  n INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  section TEXT NOT NULL, item TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
  topic TEXT NOT NULL, also TEXT NOT NULL, probability REAL NOT NULL,
  correction INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL,
  tagged INTEGER NOT NULL,
  UNIQUE (report, n)
);
CREATE INDEX sentences_by_generation ON sentences (generation);
CREATE INDEX sentences_by_tagging ON sentences (tagged);
CREATE TABLE corrections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report TEXT NOT NULL, n INTEGER NOT NULL, text TEXT NOT NULL, heading TEXT NOT NULL,
  topic TEXT NOT NULL, also TEXT NOT NULL, role TEXT NOT NULL,
  author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE removed (sentence INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_by_generation ON removed (generation);
INSERT INTO meta VALUES ('generation', '0');
"""

# What a report says of itself, what its file states and a person said of it, and its likes.
_SECOND = """
ALTER TABLE reports ADD COLUMN file TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN province TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN county TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN adcode TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN level TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN agency TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN date TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN how TEXT NOT NULL DEFAULT '{}';
ALTER TABLE reports ADD COLUMN stated TEXT NOT NULL DEFAULT '{}';
ALTER TABLE reports ADD COLUMN said TEXT NOT NULL DEFAULT '{}';
ALTER TABLE reports ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
UPDATE reports SET file = source;
CREATE INDEX reports_by_file ON reports (file);
CREATE TABLE copies (
  source TEXT PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL, added TEXT NOT NULL,
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE
);
CREATE INDEX copies_by_file ON copies (file);
CREATE INDEX copies_by_hash ON copies (sha256);
CREATE INDEX copies_by_report ON copies (report);
CREATE TABLE sketches (
  id INTEGER PRIMARY KEY, size INTEGER NOT NULL,
  report TEXT NOT NULL UNIQUE REFERENCES reports (id) ON DELETE CASCADE
);
CREATE TABLE shingles (
  hash INTEGER NOT NULL, sketch INTEGER NOT NULL REFERENCES sketches (id) ON DELETE CASCADE,
  PRIMARY KEY (hash, sketch)
) WITHOUT ROWID;
CREATE INDEX shingles_by_sketch ON shingles (sketch);
CREATE TABLE similar (
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  other TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  jaccard REAL NOT NULL, containment REAL NOT NULL,
  PRIMARY KEY (report, other)
) WITHOUT ROWID;
CREATE INDEX similar_by_other ON similar (other);
"""

# The numbers of a report, and what each of them counts.
_THIRD = """
CREATE TABLE figures (
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  n INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  indicator TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL,
  qualifier TEXT NOT NULL, approximate INTEGER NOT NULL, raw TEXT NOT NULL,
  year TEXT NOT NULL, period TEXT NOT NULL, role TEXT NOT NULL, direction TEXT NOT NULL,
  part_of TEXT NOT NULL
);
CREATE INDEX figures_by_report ON figures (report);
CREATE INDEX figures_by_indicator ON figures (indicator);
"""

# Checksums of what was written, so that damage is found.
_FOURTH = """
CREATE TABLE checksums (
  report TEXT PRIMARY KEY REFERENCES reports (id) ON DELETE CASCADE,
  text TEXT NOT NULL, facts TEXT NOT NULL, places TEXT NOT NULL, tags TEXT NOT NULL,
  figures TEXT NOT NULL, own TEXT NOT NULL
);
ALTER TABLE corrections ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
ALTER TABLE copies ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
ALTER TABLE similar ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
"""


def _run(script: str) -> Callable[[sqlite3.Connection], None]:
    def step(db: sqlite3.Connection) -> None:
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)  # executescript would commit

    return step


def _second(db: sqlite3.Connection) -> None:
    _run(_SECOND)(db)
    if db.execute("SELECT 1 FROM reports").fetchone():
        from ..ingest.prepare import describe_old_reports

        describe_old_reports(db)


def _third(db: sqlite3.Connection) -> None:
    _run(_THIRD)(db)
    if db.execute("SELECT 1 FROM reports").fetchone():
        from ..ingest.prepare import extract_old_figures

        extract_old_figures(db)


def _fourth(db: sqlite3.Connection) -> None:
    from .row_values import COPY, CORRECTION, SIMILAR, digest, seal

    _run(_FOURTH)(db)
    for (report,) in db.execute("SELECT id FROM reports ORDER BY id").fetchall():
        seal(db, report)
    for table, columns in (("corrections", CORRECTION), ("copies", COPY), ("similar", SIMILAR)):
        for row in db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall():
            same = " AND ".join(f"{name} = ?" for name in columns)
            sql = f"UPDATE {table} SET checksum = ? WHERE {same}"
            db.execute(sql, (digest([row]), *row))


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (_run(_FIRST), _second, _third, _fourth)
"""What leads from one version to the next, inside a transaction of the caller."""

VERSION = len(STEPS)


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Take the steps that a library of ``version`` has not taken; the caller has begun."""
    for number, step in enumerate(STEPS[version:], version + 1):
        step(db)
        db.execute(f"PRAGMA user_version = {number}")
