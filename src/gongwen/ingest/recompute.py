"""Recompute parts of reports that a change of the library's format has left stale.

A step of ``storage/migrations.py`` names these parts; here today's parser, sketch and figure
extraction compute them, one report after another. An interruption leaves the rest for the next
time.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..nlp.document.blocks import furniture_of
from ..nlp.document.overrides import said_value, with_said
from ..nlp.document.parse import parse_document
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import DamagedError, QueryError
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import Document, Sentence
from ..nlp.text.dates import stored_year
from ..readers.base import stem_of
from ..storage.annotations import keep_sketch
from ..storage.figure_rows import FigureStore
from ..storage.migrations import FIGURES, INDEX, RENUMBERED, SKETCH
from ..storage.row_values import by_name, changed, renew
from ..storage.store import Store
from ..storage.transactions import Database
from .prepare import described, figures_of

_INDEXED = ("title", "region", "year")
"""Metadata that the index holds."""
_PLACE = frozenset({"province", "city", "county", "adcode", "level"})
"""Columns that follow from the region."""
DAMAGE = (DamagedError, ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What damaged values raise when they are read or parsed."""


def refresh(store: Store, progress: Callable[[str, int, int], None]) -> bool:
    """Recompute all that is stale, each report in a transaction of its own.

    A damaged report stays stale, for ``gongwen repair``.

    Args:
        store: of the library whose lock for writing the caller holds.
        progress: told of every report before it is begun and after the last (``updating``).

    Returns:
        Whether the index has to follow.

    Raises:
        LibraryError: the library cannot be written to; what was done before stays.
    """
    reports = [
        report for report, parts in store.stale.parts().items() if parts - {INDEX, RENUMBERED}
    ]
    for number, report in enumerate(reports):
        progress("updating", number, len(reports))
        with contextlib.suppress(*DAMAGE), store.transaction(bump=False):
            recompute(store._db, report)
    if reports:
        progress("updating", len(reports), len(reports))
    # Only now: until the index has followed, whoever may only read misses what it takes anew.
    return store.stale.refresh_index()


def recompute(db: Database, report: str) -> None:
    """Recompute the stale parts of a report, inside a transaction.

    What a person said of a report stays as it is stored. Where metadata has changed, the entries of
    the report in the index are stale instead.

    Raises:
        DamagedError: what it would be computed from is not what was written.
    """
    rows = db.execute("SELECT part FROM stale WHERE report = ?", (report,))
    parts = {part for (part,) in rows.fetchall()}
    if damaged := changed(db, report, "text", "facts", "places"):
        raise DamagedError(f"the {' and '.join(damaged)} of the report {report}")
    stored, source, stated, said = stored_document(db, report)
    known, names = stored, set[str]()
    if parts & {*FIELD_NAMES, SKETCH}:
        parsed = parse_document(stored.text, furniture_of(stored.sentences))
        if SKETCH in parts:
            keep_sketch(db, report, sketch(parsed))
        names = {name for name in FIELD_NAMES if name in parts and name not in said}
        found = _found(parsed, stored, stem_of(source), stated, said, names)
        known = _with(stored, found, names)
    if known != stored or known.how != stored.how:
        _keep_metadata(db, report, known, names)
    if FIGURES in parts or (known.year, known.kind) != (stored.year, stored.kind):
        FigureStore(db).keep(report, figures_of(known))
        renew(db, report, "figures")
    sql = "DELETE FROM stale WHERE report = ? AND part NOT IN (?, ?)"
    db.execute(sql, (report, INDEX, RENUMBERED))
    if any(getattr(known, name) != getattr(stored, name) for name in _INDEXED):
        db.execute("INSERT INTO stale VALUES (?, ?) ON CONFLICT DO NOTHING", (report, INDEX))


def stored_document(
    db: Database, report: str
) -> tuple[Document, str, Mapping[str, str], Mapping[str, str]]:
    """Return a report as it is stored, its source, what its file states, and a person said."""
    columns = ", ".join(FIELD_NAMES)
    [row] = db.execute(
        f"SELECT text, source, how, stated, said, {columns} FROM reports WHERE id = ?", (report,)
    )
    text, source, how, stated, said, *values = row
    rows = db.execute(
        "SELECT n, start, end, section, item, role, kind FROM sentences WHERE report = ?"
        " ORDER BY n",
        (report,),
    )
    known: dict[str, Any] = dict(zip(FIELD_NAMES, values, strict=True))
    known |= {
        "year": stored_year(known["year"]),
        "how": by_name(how, "what is known", report),
        "sentences": tuple(
            Sentence(n, text[start:end], start, end, section, item, role, kind)
            for n, start, end, section, item, role, kind in rows
        ),
    }
    stated = by_name(stated, "what was stated", report)
    return Document(text, **known), source, stated, by_name(said, "what was said", report)


def _found(
    parsed: Document,
    stored: Document,
    stem: str,
    stated: Mapping[str, str],
    said: Mapping[str, str],
    names: set[str],
) -> Document:
    """Return what is found of a report today; its place is that of the region that it keeps."""
    document = described(parsed, stem, _readable(stated), _readable(said))
    if names & _PLACE and "region" not in names and document.region != stored.region:
        region = _readable({"region": stored.region})
        document = with_said(document, region, how=stored.how.get("region", "title"))
    return document


def _readable(values: Mapping[str, str]) -> dict[str, str]:
    """Return ``values`` without those that an older gongwen took and this one does not."""
    found = {}
    for name, value in values.items():
        with contextlib.suppress(QueryError):
            said_value(name, value)
            found[name] = value
    return found


def _with(stored: Document, found: Document, names: set[str]) -> Document:
    """Return ``stored`` with the metadata ``names`` of ``found``."""
    kept = {name: made for name, made in found.how.items() if name in names}
    how = {name: made for name, made in stored.how.items() if name not in names - set(kept)} | kept
    return replace(stored, how=how, **{name: getattr(found, name) for name in names})


def _keep_metadata(db: Database, report: str, d: Document, names: set[str]) -> None:
    values = {name: str(getattr(d, name)) for name in sorted(names)}
    values["how"] = json.dumps(dict(d.how), ensure_ascii=False)
    columns = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE reports SET {columns} WHERE id = ?", (*values.values(), report))
    renew(db, report, "facts")
