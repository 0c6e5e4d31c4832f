"""The part of the store that knows what of each report has to be computed anew.

A step of ``schema.py`` names such parts; ``refreshing.py`` computes them.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from typing import Protocol

from ..nlp.errors import DamagedError

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
    """Stale parts of reports in the SQLite file of a library.

    Args:
        db: the connection.
        store: gives transactions and numbers of changes.
    """

    def __init__(self, db: sqlite3.Connection, store: _Store) -> None:
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
            self._db.execute(
                "UPDATE OR REPLACE stale SET part = ? WHERE part = ?", (RENUMBERED, INDEX)
            )
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
