"""Checksums of what a library keeps of a report, so that damage is found that SQLite cannot see.

A report has one of its text, of what is known of it, of where its sentences stand, of their tags,
and of its figures: each is renewed only where that part itself is written, so that nothing that was
damaged meanwhile is confirmed by accident. What is written once has one in its own row:
corrections, further sources, likeness.

The columns below never change, for libraries in the field hold checksums of just these. A column
that comes later gets a checksum of its own, in a new step of ``schema.py``.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

FACTS = (
    "id", "title", "region", "year", "kind", "source", "sha256", "added", "file", "province",
    "city", "county", "adcode", "level", "agency", "date", "address", "how", "stated", "said",
    "notes",
)  # fmt: skip
"""Columns of a report beside its text."""
PLACES = ("n", "start", "end", "section", "item", "kind")
"""Columns of a sentence that nobody changes, in order of ``n``."""
TAGS = ("n", "topic", "also", "role", "probability", "correction")
"""Columns of a sentence that training and people change, in order of ``n``."""
FIGURES = (
    "n", "start", "end", "indicator", "value", "unit", "kind", "qualifier", "approximate", "raw",
    "year", "period", "role", "direction", "part_of",
)  # fmt: skip
"""Columns of a figure, in the order in which they were written."""
CORRECTION = (
    "report", "n", "text", "heading", "topic", "also", "role", "author", "note", "at",
)  # fmt: skip
"""Columns of a correction; its checksum stands in its own row."""
COPY = ("source", "file", "sha256", "added", "report")
"""Columns of a further source of a report, likewise."""
SIMILAR = ("report", "other", "jaccard", "containment")
"""Columns of how like two reports are, likewise."""

_DIGEST = re.compile("[0-9a-f]{64}")
_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Checksums:
    """The checksums of a report: SHA-256, in hexadecimal.

    Attributes:
        text: of its text.
        facts: of what is known of it.
        places: of where its sentences stand.
        tags: of their tags.
        figures: of its figures.
        own: of these five.
    """

    text: str
    facts: str
    places: str
    tags: str
    figures: str
    own: str

    @property
    def whole(self) -> bool:
        """Whether the checksums themselves are as they were written."""
        parts = self.text, self.facts, self.places, self.tags, self.figures
        return all(isinstance(p, str) and _DIGEST.fullmatch(p) for p in parts) and (
            self.own == digest([parts])
        )


def digest(rows: Iterable[Sequence[Any]]) -> str:
    """Return the checksum of rows, ``""`` when a value is none that a library writes (bytes)."""
    try:
        return sha256(_ENCODER.encode(list(rows)).encode("ascii")).hexdigest()
    except TypeError:
        return ""


def text_digest(text: str) -> str:
    """Return the checksum of a text: that of its bytes in UTF-8."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(db: sqlite3.Connection, report: str) -> None:
    """Keep the checksums of a report that was just written; inside a transaction."""
    [(text,)] = db.execute("SELECT text FROM reports WHERE id = ?", (report,))
    places, tags = _sentences(db, report, PLACES), _sentences(db, report, TAGS)
    _keep(db, report, text_digest(text), _facts(db, report), places, tags, _figures(db, report))


def seal_facts(db: sqlite3.Connection, report: str) -> None:
    """Renew the checksums of what is known of a report and of its figures; inside a transaction."""
    text, _, places, tags, _ = _kept(db, report)
    _keep(db, report, text, _facts(db, report), places, tags, _figures(db, report))


def seal_tags(db: sqlite3.Connection, report: str) -> None:
    """Renew the checksum of the tags of a report; inside a transaction."""
    text, facts, places, _, figures = _kept(db, report)
    _keep(db, report, text, facts, places, _sentences(db, report, TAGS), figures)


def _kept(db: sqlite3.Connection, report: str) -> Sequence[str]:
    sql = "SELECT text, facts, places, tags, figures FROM checksums WHERE report = ?"
    row: Sequence[str] | None = db.execute(sql, (report,)).fetchone()
    return row or ("",) * 5  # lost by damage, which stays to be found


def _keep(db: sqlite3.Connection, report: str, *parts: str) -> None:
    sql = "INSERT OR REPLACE INTO checksums VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.execute(sql, (report, *parts, digest([parts])))


def _sentences(db: sqlite3.Connection, report: str, columns: Sequence[str]) -> str:
    sql = f"SELECT {', '.join(columns)} FROM sentences WHERE report = ? ORDER BY n"
    return digest(db.execute(sql, (report,)))


def _facts(db: sqlite3.Connection, report: str) -> str:
    return digest(db.execute(f"SELECT {', '.join(FACTS)} FROM reports WHERE id = ?", (report,)))


def _figures(db: sqlite3.Connection, report: str) -> str:
    return digest(
        db.execute(
            f"SELECT {', '.join(FIGURES)} FROM figures WHERE report = ? ORDER BY rowid", (report,)
        )
    )
