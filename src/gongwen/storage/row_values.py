"""Values of rows: timestamps, checksums, conditions, and checks when they are read back.

SQLite gives whatever stands in a damaged row: a number where text was written, no value at all, a
list that is none. Reading says so by name, before anything is made of it.

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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any, get_args

from ..nlp.errors import DamagedError, QueryError
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import (
    Direction,
    FigureKind,
    FigureRole,
    FigureStatus,
    Kind,
    Measure,
    PeriodKind,
    PeriodSource,
)
from ..nlp.text.dates import stored_year
from ..results import Report
from .transactions import Database

MAX_VARIABLES = 900
"""Variables in one statement; SQLite has been built with a limit of 999."""
REPORT = ("id", *FIELD_NAMES, "source", "sentences", "sha256", "added", "how", "notes")
"""Columns that a :class:`~gongwen.results.Report` is made of."""
KINDS = frozenset(get_args(Kind))
SENTENCE = (int, str, int, int, int, str, str, str, str, str, str, float, int)
"""Types of id, report, n, start, end, section, item, role, kind, topic, also, probability,
correction."""
_FIGURE_CHOICES = {
    "kind": frozenset(get_args(FigureKind)),
    "role": frozenset(get_args(FigureRole)),
    "direction": frozenset(get_args(Direction)),
    "status": frozenset(get_args(FigureStatus)),
    "measure": frozenset(get_args(Measure)),
    "period_kind": frozenset(get_args(PeriodKind)),
    "period_source": frozenset(get_args(PeriodSource)),
}
"""The values that a column of a figure may have."""


def report_of(row: Sequence[Any]) -> Report:
    """Return the report in a row of :data:`REPORT`.

    Raises:
        DamagedError: it cannot be one; names it.
    """
    known: dict[str, Any] = dict(zip(REPORT, row, strict=True))
    name = known["id"]
    if not all(isinstance(v, int if k == "sentences" else str) for k, v in known.items()):
        raise _damaged("what is known", (name,))
    known["year"] = stored_year(known["year"])
    known["how"] = by_name(known["how"], "what is known", name)
    known["notes"] = slugs(known["notes"], "the notes", name)
    return Report(**known)


def checked_sentence(row: Sequence[Any], text: str) -> None:
    """Look whether the row of a sentence can be one of a report with this text.

    Raises:
        DamagedError: it cannot.
    """
    if tuple(map(type, row)) == SENTENCE:
        n, start, end, kind, probability = *row[2:5], row[8], row[11]
        if n > 0 and 0 <= start <= end <= len(text) and kind in KINDS and 0 <= probability <= 1:
            return
    raise _damaged("a sentence", row[1:3])


def slugs(text: Any, what: str, *where: object) -> tuple[str, ...]:
    """Return a list of names that is kept as JSON.

    Raises:
        DamagedError: it is none.
    """
    if text == "[]":
        return ()
    found = from_json(text, what, *where)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise _damaged(what, where)
    return tuple(found)


def by_name(text: Any, what: str, *where: object) -> dict[str, str]:
    """Return a table of texts that is kept as JSON; raises like :func:`slugs`."""
    found = from_json(text, what, *where)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _damaged(what, where)
    return found


def figure_value(text: Any, what: str, *where: object) -> Any:
    """Return the value of a figure; raises like :func:`slugs`."""
    found = from_json(text, what, *where)
    several = found if isinstance(found, list) else [found]
    if not all(isinstance(item, int | float | str) for item in several):
        raise _damaged(what, where)
    return found


@cache
def _figure_type(name: str) -> type:
    return int if name in ("n", "start", "end", "approximate") else str


def checked_figure(known: dict[str, Any]) -> None:
    """Look whether the columns of a figure can be those of one.

    Raises:
        DamagedError: they cannot.
    """
    sound = all(map(isinstance, known.values(), map(_figure_type, known)))
    if not (
        sound
        and 0 <= known["start"] <= known["end"]
        and all(known[name] in choices for name, choices in _FIGURE_CHOICES.items())
    ):
        raise _damaged("a figure", (known["report"], known["n"]))


def from_json(text: Any, what: str, *where: object) -> Any:
    """Return what is kept as JSON; raises like :func:`slugs`."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise _damaged(what, where) from None


def _damaged(what: str, where: Sequence[object]) -> DamagedError:
    place = ":".join(map(str, where))
    return DamagedError(
        f"{what} of the report {place} is damaged" if place else f"{what} is damaged"
    )


_FIRST_FACTS = (
    "id", "title", "region", "year", "kind", "source", "sha256", "added", "file", "province",
    "city", "county", "adcode", "level", "agency", "date", "address", "how", "stated", "said",
    "notes",
)  # fmt: skip
_LATER_FACTS = tuple(sorted(set(FIELD_NAMES) - set(_FIRST_FACTS)))
FACTS = (*_FIRST_FACTS, *_LATER_FACTS)
"""Columns of a report beside its text."""
PLACES = ("n", "start", "end", "section", "item", "kind")
"""Columns of a sentence that nobody changes, in order of ``n``."""
TAGS = ("n", "topic", "also", "role", "probability", "correction")
"""Columns of a sentence that training and people change, in order of ``n``."""
_FIRST_FIGURES = (
    "n", "start", "end", "indicator", "value", "unit", "kind", "qualifier", "approximate", "raw",
    "year", "period", "role", "direction", "part_of",
)  # fmt: skip
_LATER_FIGURES = {
    "status": "",
    "measure": "level",
    "period_kind": "",
    "period_start": "",
    "period_end": "",
    "period_source": "",
}
FIGURES = (*_FIRST_FIGURES, *_LATER_FIGURES)
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


def sealed(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return a row with its checksum behind it."""
    return (*row, digest([row]))


def is_whole(row: Sequence[Any]) -> bool:
    """Return whether the last value of a row is the checksum of the others."""
    return bool(digest([row[:-1]]) == row[-1])


def facts_digest(row: Mapping[str, Any]) -> str:
    """Return the checksum of a report's metadata, by the names of :data:`FACTS`.

    Columns that the first checksums did not know count when they are not empty, so that adding a
    column changes no checksum. It is ``""`` when a column is missing.
    """
    if any(name not in row for name in _FIRST_FACTS):
        return ""
    later = [(name, row[name]) for name in _LATER_FACTS if row.get(name)]
    return digest([[row[name] for name in _FIRST_FACTS], *later])


def figures_digest(rows: Iterable[Sequence[Any]]) -> str:
    """Return the checksum of the figures of a report, rows of :data:`FIGURES` in written order.

    Columns that the first checksums did not know count when one of them is not at its default, so
    that adding a column changes no checksum.
    """
    first, defaults = len(_FIRST_FIGURES), tuple(_LATER_FIGURES.values())
    return digest(row[:first] if tuple(row[first:]) == defaults else row for row in rows)


def text_digest(text: str) -> str:
    """Return the checksum of a text: that of its bytes in UTF-8."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(db: Database, report: str) -> None:
    """Keep the checksums of a report that was just written; inside a transaction."""
    renew(db, report, *_COMPUTE)


def seal_facts(db: Database, report: str) -> None:
    """Renew the checksums of what is known of a report and of its figures; inside a transaction."""
    renew(db, report, "facts", "figures")


def seal_tags(db: Database, report: str) -> None:
    """Renew the checksum of the tags of a report; inside a transaction."""
    renew(db, report, "tags")


def renew(db: Database, report: str, *parts: str) -> None:
    """Renew the checksums of ``parts`` of a report, named as in :class:`Checksums`.

    Inside a transaction.
    """
    kept = dict(zip(_COMPUTE, _kept(db, report), strict=True))
    kept |= {part: _COMPUTE[part](db, report) for part in parts}
    _keep(db, report, *kept.values())


def changed(db: Database, report: str, *parts: str) -> list[str]:
    """Return those of ``parts`` that are not what was written, by their checksums."""
    kept = dict(zip(_COMPUTE, _kept(db, report), strict=True))
    return [part for part in parts if _COMPUTE[part](db, report) != kept[part]]


def _kept(db: Database, report: str) -> Sequence[str]:
    sql = "SELECT text, facts, places, tags, figures FROM checksums WHERE report = ?"
    row: Sequence[str] | None = db.execute(sql, (report,)).fetchone()
    return row or ("",) * 5  # lost by damage, which stays to be found


def _keep(db: Database, report: str, *parts: str) -> None:
    sql = (
        "INSERT INTO checksums VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (report) DO UPDATE"
        " SET text = excluded.text, facts = excluded.facts, places = excluded.places,"
        " tags = excluded.tags, figures = excluded.figures, own = excluded.own"
    )
    db.execute(sql, (report, *parts, digest([parts])))


def _sentences(db: Database, report: str, columns: Sequence[str]) -> str:
    sql = f"SELECT {', '.join(columns)} FROM sentences WHERE report = ? ORDER BY n"
    return digest(db.execute(sql, (report,)))


def _text(db: Database, report: str) -> str:
    [(text,)] = db.execute("SELECT text FROM reports WHERE id = ?", (report,))
    return text_digest(text)


def _facts(db: Database, report: str) -> str:
    sql = f"SELECT {', '.join(FACTS)} FROM reports WHERE id = ?"
    return facts_digest(dict(zip(FACTS, db.execute(sql, (report,)).fetchone(), strict=True)))


def _figures(db: Database, report: str) -> str:
    sql = f"SELECT {', '.join(FIGURES)} FROM figures WHERE report = ? ORDER BY rowid"
    return figures_digest(db.execute(sql, (report,)))


_COMPUTE: Mapping[str, Callable[[Database, str], str]] = {
    "text": _text,
    "facts": _facts,
    "places": partial(_sentences, columns=PLACES),
    "tags": partial(_sentences, columns=TAGS),
    "figures": _figures,
}
"""How the checksum of each part is computed, in the order of the columns that keep them."""


Condition = tuple[str, list[object]]
"""A condition of a statement, and the values of its variables."""


def among(column: str, values: Collection[object] | None) -> Condition:
    """Return the condition that a column has one of ``values``, and these; ``None`` for any."""
    if values is None:
        return "1 = 1", []
    if not values:
        return "1 = 0", []
    return f"{column} IN ({','.join('?' * len(values))})", list(values)


def parts(values: Sequence[Any]) -> Iterable[list[Any]]:
    """Yield ``values`` in lists that one statement can take; SQLite may allow 999 variables."""
    half = MAX_VARIABLES // 2
    for at in range(0, len(values), half):
        yield list(values[at : at + half])


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_ago(days: float) -> str:
    """Return the time so many days ago, as :func:`now` writes it.

    Raises:
        QueryError: it is before all time, or the number is none.
    """
    try:
        return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        raise QueryError(f"{days} days cannot be reckoned back") from None
