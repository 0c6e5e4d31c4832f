"""Bring the database of an older format up to date, and note what of its reports is stale then.

A new library takes all steps, an older one those that it has not taken. A published step is frozen:
it is SQL and small functions of this module, and calls no code that may change, such as the parser
of reports. What such code has to compute anew is named by the step as stale: migrate() notes it in
the table ``stale``, and ``ingest/recompute.py`` recomputes it afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, Protocol

from ..nlp.errors import DamagedError

Stale = tuple[str, str]
"""The id of a report and a part of it that has to be computed anew: ``figures``, ``sketch`` (the
hashes by which similar reports are found), or a metadata column of ``reports`` such as ``kind``."""


class Runs(Protocol):
    """What runs the statements of a step; a server does in its own dialect (``sql_dialect.py``)."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run a statement and return its rows."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement once for each element of ``parameters``."""


Step = Callable[[Runs], Iterable[Stale]]
"""Changes the tables inside a transaction of the caller, and returns what is stale afterwards."""

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


# What of which report a step could not compute, and today's code has yet to. A later column enters
# the checksum of a report's metadata once it is not empty. Filters read the columns of the index of
# all reports: without it SQLite reads through their texts.
_FIFTH = """
CREATE TABLE stale (
  report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE, part TEXT NOT NULL,
  PRIMARY KEY (report, part)
) WITHOUT ROWID;
ALTER TABLE reports ADD COLUMN kind_as_written TEXT NOT NULL DEFAULT '';
ALTER TABLE figures ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE figures ADD COLUMN measure TEXT NOT NULL DEFAULT 'level';
ALTER TABLE figures ADD COLUMN period_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE figures ADD COLUMN period_start TEXT NOT NULL DEFAULT '';
ALTER TABLE figures ADD COLUMN period_end TEXT NOT NULL DEFAULT '';
ALTER TABLE figures ADD COLUMN period_source TEXT NOT NULL DEFAULT '';
CREATE INDEX reports_by_fields
  ON reports (id, region, province, city, county, level, year, kind, agency);
"""

# Reports that were removed, each as its rows were (trash.py); which corrections were taken back;
# and the role that a sentence had before a correction gave it another.
_SEVENTH = """
CREATE TABLE trash (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report TEXT NOT NULL, title TEXT NOT NULL, sentences INTEGER NOT NULL, removed TEXT NOT NULL,
  author TEXT NOT NULL, format INTEGER NOT NULL, content BLOB NOT NULL, checksum TEXT NOT NULL
);
CREATE TABLE undone (
  correction INTEGER PRIMARY KEY, at TEXT NOT NULL, author TEXT NOT NULL, checksum TEXT NOT NULL
);
CREATE TABLE found_roles (
  correction INTEGER NOT NULL, n INTEGER NOT NULL, role TEXT NOT NULL, checksum TEXT NOT NULL,
  PRIMARY KEY (correction, n)
) WITHOUT ROWID;
"""

# Indexes for what a small change or question asks of a large library: the figures of a sentence,
# the corrections of a report, the sentences that have their tags from a correction, and how many
# sentences have a topic.
_EIGHTH = """
CREATE INDEX IF NOT EXISTS figures_by_sentence ON figures (report, n);
DROP INDEX IF EXISTS figures_by_report;
CREATE INDEX IF NOT EXISTS corrections_by_report ON corrections (report);
CREATE INDEX IF NOT EXISTS sentences_by_correction ON sentences (correction) WHERE correction != 0;
CREATE INDEX IF NOT EXISTS sentences_by_topic ON sentences (topic, also);
"""

# Columns of a report that the first format did not have; what it had stays, it may be cited.
_ADDED_METADATA = ("province", "city", "county", "adcode", "level", "agency", "date", "address")

# Columns that the checksums of the fourth format are of. Those of one part stand for one report,
# in this order of rows.
_SEALED = {
    "facts": (
        "SELECT id, title, region, year, kind, source, sha256, added, file, province, city, county,"
        " adcode, level, agency, date, address, how, stated, said, notes"
        " FROM reports WHERE id = ?"
    ),
    "places": (
        "SELECT n, start, end, section, item, kind FROM sentences WHERE report = ? ORDER BY n"
    ),
    "tags": (
        "SELECT n, topic, also, role, probability, correction"
        " FROM sentences WHERE report = ? ORDER BY n"
    ),
    "figures": (
        "SELECT n, start, end, indicator, value, unit, kind, qualifier, approximate, raw, year,"
        " period, role, direction, part_of FROM figures WHERE report = ? ORDER BY rowid"
    ),
}
_SEALED_ROWS = {
    "corrections": "report, n, text, heading, topic, also, role, author, note, at",
    "copies": "source, file, sha256, added, report",
    "similar": "report, other, jaccard, containment",
}
_TYPES = {"TEXT": "'text'", "INTEGER": "'integer'", "REAL": "'real'"}


def _sql(script: str, *stale: str) -> Step:
    """Return a step that runs ``script``, after which ``stale`` is stale in every report."""

    def step(db: Runs) -> Iterable[Stale]:
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)  # executescript would commit
        return [(id_, part) for (id_,) in db.execute("SELECT id FROM reports") for part in stale]

    return step


def _fourth(db: Runs) -> Iterable[Stale]:
    """Compute checksums of what is there, as of values of the types that were written."""
    if isinstance(db, sqlite3.Connection):  # a server keeps to the types by itself
        _check_types(db)
    _sql(_FOURTH)(db)
    for id_, text in db.execute("SELECT id, text FROM reports ORDER BY id").fetchall():
        parts = [sha256(text.encode("utf-8", "surrogatepass")).hexdigest()]
        parts += [_digest(db.execute(sql, (id_,)).fetchall()) for sql in _SEALED.values()]
        sql = "INSERT INTO checksums VALUES (?, ?, ?, ?, ?, ?, ?)"
        db.execute(sql, (id_, *parts, _digest([parts])))
    for table, columns in _SEALED_ROWS.items():
        same = " AND ".join(f"{name} = ?" for name in columns.split(", "))
        for row in db.execute(f"SELECT {columns} FROM {table}").fetchall():
            sql = f"UPDATE {table} SET checksum = ? WHERE {same}"
            db.execute(sql, (_digest([row]), *row))
    return ()


def _digest(rows: Iterable[Iterable[object]]) -> str:
    return sha256(json.dumps(list(rows), separators=(",", ":")).encode("ascii")).hexdigest()


def _check_types(db: sqlite3.Connection) -> None:
    """Raise DamagedError for a value of a type that its column never has."""
    for table in ("reports", "sentences", "figures", *_SEALED_ROWS):
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        wrong = " OR ".join(
            f"typeof({column[1]}) NOT IN ({_TYPES[column[2]]})" for column in columns
        )
        if db.execute(f"SELECT 1 FROM {table} WHERE {wrong} LIMIT 1").fetchone():
            raise DamagedError(f"a value in the table {table} is not of its type")


def _fifth(db: Runs) -> Iterable[Stale]:
    """Keep the title's own words of the kind, and of a figure its status, measure and period.

    Kinds and figures follow new rules since then. A region that a report had stays, but those of
    the whole state, which had none, are 全国 now.
    """
    stale = list(_sql(_FIFTH, "kind", "kind_as_written", "figures", "index")(db))
    sql = "SELECT id FROM reports WHERE level = 'national' AND region = ''"
    return [*stale, *((id_, "region") for (id_,) in db.execute(sql))]


def _sixth(db: Runs) -> Iterable[Stale]:
    """Name what is read otherwise since texts are looked at in their ordinary form.

    Figures are computed anew. What a report had as region and year stays; where it had none, the
    sentences in which its author speaks may give them now.
    """
    ids = [id_ for (id_,) in db.execute("SELECT id FROM reports")]
    unknown = {
        name: db.execute(f"SELECT id FROM reports WHERE {name} IN ('', '\"\"')").fetchall()
        for name in ("region", "year")
    }
    stale = [(id_, name) for name, rows in unknown.items() for (id_,) in rows]
    return [*stale, *((id_, "figures") for id_ in ids)]


STEPS: tuple[Step, ...] = (
    _sql(_FIRST),
    _sql(_SECOND, *_ADDED_METADATA, "sketch"),
    _sql(_THIRD, "figures"),
    _fourth,
    _fifth,
    _sixth,
    _sql(_SEVENTH),
    _sql(_EIGHTH),
)
"""What leads from one format to the next."""

VERSION = len(STEPS)
"""The newest format."""
FORMAT_KEY = "format"
"""Setting with the format of a library on a server; a file has it in its header."""


def migrate(db: Runs, version: int) -> None:
    """Take the steps that a library of format ``version`` has not taken.

    What is stale afterwards stands in the table ``stale``. The caller has begun a transaction.
    """
    stale: set[Stale] = set()
    for number, step in enumerate(STEPS[version:], version + 1):
        stale |= set(step(db))
        _keep_format(db, number)
    sql = "INSERT INTO stale VALUES (?, ?) ON CONFLICT DO NOTHING"
    db.executemany(sql, sorted(stale))


def _keep_format(db: Runs, number: int) -> None:
    if isinstance(db, sqlite3.Connection):
        db.execute(f"PRAGMA user_version = {number}")
        return
    sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    db.execute(sql, (FORMAT_KEY, str(number)))


FIGURES = "figures"
SKETCH = "sketch"
INDEX = "index"
"""The part of a report that is stale when the index holds metadata that was recomputed since."""
RENUMBERED = "renumbered"
"""Stands for ``INDEX`` while the index has yet to take the report under its new numbers."""


class _Store(Protocol):
    @property
    def generation(self) -> int: ...

    def transaction(self, bump: bool = True) -> AbstractContextManager[int]: ...

    def set_meta(self, key: str, value: str) -> None: ...

    def renumber(self, report: str, generation: int) -> None: ...


class StaleStore:
    """Stale parts of the reports of a library.

    Args:
        db: the connection.
        store: gives transactions and numbers of changes.
    """

    def __init__(self, db: Runs, store: _Store) -> None:
        self._db = db
        self._store = store

    def __bool__(self) -> bool:
        """Say whether anything is stale; in a damaged file nothing is."""
        try:
            return self._db.execute("SELECT 1 FROM stale LIMIT 1").fetchone() is not None
        except DamagedError:
            return False

    def parts(self) -> dict[str, set[str]]:
        """Return the stale parts by report."""
        found: dict[str, set[str]] = {}
        for report, part in self._db.execute("SELECT report, part FROM stale ORDER BY report"):
            found.setdefault(report, set()).add(part)
        return found

    def refresh_index(self) -> bool:
        """Renumber the reports whose entries in the index are stale, so that it takes them anew.

        Each makes a change with a number of its own, so that the index can follow step by step.

        Returns:
            Whether the index has to follow; :meth:`index_followed` is called when it has.
        """
        with self._store.transaction(bump=False):
            generation = self._store.generation
            rows = self._db.execute("SELECT report FROM stale WHERE part = ?", (INDEX,)).fetchall()
            for (report,) in rows:
                generation += 1
                self._store.renumber(report, generation)
            self._store.set_meta("generation", str(generation))
            sql = (
                "INSERT INTO stale SELECT report, ? FROM stale WHERE part = ?"
                " ON CONFLICT DO NOTHING"
            )
            self._db.execute(sql, (RENUMBERED, INDEX))
            self._db.execute("DELETE FROM stale WHERE part = ?", (INDEX,))
            sql = "SELECT 1 FROM stale WHERE part = ? LIMIT 1"
            return self._db.execute(sql, (RENUMBERED,)).fetchone() is not None

    def index_followed(self) -> None:
        """Note that the index has taken what :meth:`refresh_index` has renumbered."""
        with self._store.transaction(bump=False):
            self._db.execute("DELETE FROM stale WHERE part = ?", (RENUMBERED,))

    def message(self, read_only: bool, hindrance: str) -> str:
        """Say in a line what is stale and what to do, ``""`` when nothing is.

        Args:
            read_only: the library can only be read.
            hindrance: why nothing could be recomputed, ``""`` when it was tried.
        """
        reports = self.parts()
        if not reports:
            return ""
        parts = set[str]().union(*reports.values())
        index = {INDEX, RENUMBERED}
        names = ["metadata"] if parts - {FIGURES, SKETCH, *index} else []
        names += sorted(parts & {FIGURES, SKETCH}) + ["index"] * bool(parts & index)
        what = f"{len(reports)} reports are as an older gongwen left them ({', '.join(names)})"
        if len(reports) == 1:
            what = f"1 report is as an older gongwen left it ({', '.join(names)})"
        if read_only:
            return f"{what}; let the library be opened once where it can be written to"
        if hindrance:
            return f"{what}; {hindrance}"
        return f"{what} and cannot be brought up to date, for damage; run gongwen repair"
