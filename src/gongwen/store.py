"""The store: one SQLite file that holds reports, sentences and tags. It is the truth.

Every change is one transaction and has a number, the generation; the engine asks what changed
since its own generation and follows.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .nlp.errors import LibraryError
from .nlp.records import Document, Tag, Year
from .nlp.taxonomy import Taxonomy
from .results import Report, StoredSentence
from .storefile import connect
from .tagstore import TagStore

_MOST_VARIABLES = 900
"""Variables in one statement; SQLite has been built with a limit of 999."""


_SENTENCE = """id, report, n, start, end, section, item, role, kind, topic, also,
  probability, correction FROM sentences"""
_REPORT = """id, title, region, year, kind, source,
  (SELECT count(*) FROM sentences s WHERE s.report = reports.id), sha256, added FROM reports"""


class Store:
    """The SQLite file of a library, opened.

    Args:
        folder: the library's folder.
        create: make the file when it is not there.

    Raises:
        LibraryError: there is none, or the file is not a library.
        NewerLibraryError: a newer version of gongwen has written it.
    """

    def __init__(self, folder: Path, create: bool) -> None:
        self._db = connect(folder, create)
        self.closed = False

    @property
    def tags(self) -> TagStore:
        """Tags and corrections."""
        return TagStore(self._db, self)

    def all_sentences(self) -> Iterator[StoredSentence]:
        """Yield all sentences, report by report."""
        return self._with_text(self._db.execute(f"SELECT {_SENTENCE} ORDER BY report, n"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        self.closed = True

    @property
    def id(self) -> str:
        """The library's own name, by which its index knows it."""
        return self.meta("id") or ""

    @contextlib.contextmanager
    def transaction(self, bump: bool = True) -> Iterator[int]:
        """Run a change as one transaction; gives the generation that it makes."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise LibraryError(
                f"the library cannot be written ({error}); try again later"
            ) from None
        try:
            generation = self.generation + 1 if bump else 0
            yield generation
            if bump:
                self.set_meta("generation", str(generation))
            self._db.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise LibraryError(
                    f"the library cannot be written ({error}); nothing was changed"
                ) from None
            raise

    # -- meta ------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the last change, 0 for a new library."""
        return int(self.meta("generation") or 0)

    def meta(self, key: str) -> str | None:
        """Return a setting of the library."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep a setting of the library."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- reports ---------------------------------------------------------------------------

    def add(
        self, report: Report, document: Document, tags: Sequence[Tag], taxonomy: Taxonomy
    ) -> tuple[Report, bool]:
        """Add a report with its tagged sentences, in place of the one from the same source.

        Corrections of the older one stay, by the names of ``taxonomy``.

        Returns:
            The report as it was stored, whose id may have got a number to tell it from others,
            and whether it replaced an older one.
        """
        with self.transaction() as generation:
            older = self.report_by("source", report.source)
            report = replace(report, id=older.id if older else self._free_id(report.id))
            if older:
                self._remove(older.id, generation)
            self._db.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (report.id, report.title, report.region, str(report.year), report.kind,
                 report.source, report.sha256, report.added, document.text),
            )  # fmt: skip
            self._db.executemany(
                "INSERT INTO sentences (report, n, start, end, section, item, role, kind, topic,"
                " also, probability, generation, tagged)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (report.id, s.n, s.start, s.end, s.section, s.item, s.role, s.kind, tag.topic,
                     json.dumps(tag.also), round(tag.probability, 4), generation, generation)
                    for s, tag in zip(document.sentences, tags, strict=True)
                ),
            )  # fmt: skip
            self.tags.reapply(report.id, generation, taxonomy)
        return report, older is not None

    def _free_id(self, base: str) -> str:
        number, name = 1, base
        while self._db.execute("SELECT 1 FROM reports WHERE id = ?", (name,)).fetchone():
            number += 1
            name = f"{base}-{number}"
        return name

    def remove(self, report: str) -> None:
        """Remove a report and its sentences."""
        with self.transaction() as generation:
            self._remove(report, generation)

    def _remove(self, report: str, generation: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO removed SELECT id, ? FROM sentences WHERE report = ?",
            (generation, report),
        )
        self._db.execute("DELETE FROM reports WHERE id = ?", (report,))

    def reports(self, ids: Iterable[str] | None = None) -> list[Report]:
        """Return all reports in order of id, or those of ``ids``."""
        if ids is None:
            rows = self._db.execute(f"SELECT {_REPORT} ORDER BY id").fetchall()
        else:
            wanted = sorted(set(ids))
            rows = []
            for at in range(0, len(wanted), _MOST_VARIABLES):
                part = wanted[at : at + _MOST_VARIABLES]
                marks = ",".join("?" * len(part))
                rows += self._db.execute(f"SELECT {_REPORT} WHERE id IN ({marks})", part)
        return [_report(row) for row in rows]

    def report_ids(self) -> list[str]:
        """Return the ids of all reports."""
        return [row[0] for row in self._db.execute("SELECT id FROM reports ORDER BY id")]

    def report_by(self, column: str, value: str) -> Report | None:
        """Return the report whose ``sha256`` or ``source`` is ``value``."""
        assert column in ("sha256", "source")
        row = self._db.execute(f"SELECT {_REPORT} WHERE {column} = ?", (value,)).fetchone()
        return _report(row) if row else None

    def text(self, report: str) -> str:
        """Return the whole text of a report."""
        return str(
            self._db.execute("SELECT text FROM reports WHERE id = ?", (report,)).fetchone()[0]
        )

    # -- sentences -------------------------------------------------------------------------

    def sentences(self, ids: Sequence[int]) -> list[StoredSentence]:
        """Return the sentences of ``ids`` in that order; those that are gone are left out."""
        found: dict[int, StoredSentence] = {}
        for at in range(0, len(ids), _MOST_VARIABLES):
            part = ids[at : at + _MOST_VARIABLES]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT {_SENTENCE} WHERE id IN ({marks}) ORDER BY id", part)
            found |= {sentence.id: sentence for sentence in self._with_text(rows)}
        return [found[id_] for id_ in ids if id_ in found]

    def sentences_of(
        self, report: str, first: int = 1, last: int | None = None
    ) -> list[StoredSentence]:
        """Return the sentences of a report from ``first`` to ``last``, 1-based and inclusive."""
        rows = self._db.execute(
            f"SELECT {_SENTENCE} WHERE report = ? AND n BETWEEN ? AND ? ORDER BY n",
            (report, first, 1 << 40 if last is None else last),
        )
        return list(self._with_text(rows))

    def _with_text(self, rows: Iterable[Sequence[Any]]) -> Iterator[StoredSentence]:
        """Yield the sentences of ``rows``, in runs of one report, with their text.

        The text is cut out of the report's here: SQLite would count characters from the
        beginning of the report for every sentence.
        """
        report, text = None, ""
        for row in rows:
            id_, of, n, start, end, section, item, role, kind, topic, also, probability, fixed = row
            if of != report:
                report, text = of, self.text(of)
            further = tuple(json.loads(also)) if also != "[]" else ()
            yield StoredSentence(
                id_, of, n, text[start:end], start, end, section, item, role, kind, topic,
                further, probability, bool(fixed),
            )  # fmt: skip

    def steps(self, generation: int, most: int) -> Iterator[tuple[int, int]]:
        """Yield ``(after, upto)`` generations that lead from ``generation`` to the present one.

        Each step has about ``most`` sentences at the most, but always whole changes.
        """
        rows = self._db.execute(
            "SELECT generation, count(*) FROM sentences WHERE generation > ? GROUP BY 1 ORDER BY 1",
            (generation,),
        ).fetchall()
        after, size = generation, 0
        for upto, count in rows[:-1]:
            size += count
            if size >= most:
                yield after, upto
                after, size = upto, 0
        yield after, self.generation

    def changed(self, after: int, upto: int) -> Iterator[tuple[StoredSentence, Report]]:
        """Yield the sentences added in a step with their reports, in order of id."""
        report: Report | None = None
        cursor = self._db.execute(
            f"SELECT {_SENTENCE} WHERE generation > ? AND generation <= ? ORDER BY id",
            (after, upto),
        )
        for sentence in self._with_text(cursor):
            if report is None or report.id != sentence.report:
                report = self.reports([sentence.report])[0]
            yield sentence, report

    def removed(self, after: int, upto: int) -> list[int]:
        """Return the ids of the sentences removed in a step."""
        rows = self._db.execute(
            "SELECT sentence FROM removed WHERE generation > ? AND generation <= ?", (after, upto)
        )
        return [row[0] for row in rows]

    def count_changed(self, generation: int) -> int:
        """Return how many sentences were added after ``generation``."""
        row = self._db.execute("SELECT count(*) FROM sentences WHERE generation > ?", (generation,))
        return int(row.fetchone()[0])

    def topic_counts(self) -> dict[str, tuple[int, int]]:
        """Return for each topic how many sentences have it as primary and as further topic."""
        counts: dict[str, tuple[int, int]] = {}
        for topic, also, number in self._db.execute(
            "SELECT topic, also, count(*) FROM sentences WHERE topic != '' GROUP BY topic, also"
        ):
            primary, further = counts.get(topic, (0, 0))
            counts[topic] = (primary + number, further)
            for other in json.loads(also):
                primary, further = counts.get(other, (0, 0))
                counts[other] = (primary, further + number)
        return counts

    def check(self) -> str:
        """Return ``"ok"``, or what SQLite finds wrong with the file."""
        return str(self._db.execute("PRAGMA quick_check").fetchone()[0])


def _year(value: str) -> Year:
    return int(value) if value.isdigit() else value


def _report(row: Sequence[Any]) -> Report:
    id_, title, region, year, kind, source, sentences, sha256, added = row
    return Report(id_, title, region, _year(year), kind, source, sentences, sha256, added)


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
