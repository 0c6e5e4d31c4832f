"""Store the tags of sentences, and where reports came from and which are alike."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from ..nlp.errors import DamagedError, LibraryError
from ..nlp.topics.taxonomy import Taxonomy
from ..results import Correction, Similar, StoredSentence, TagChange
from .row_values import (
    among,
    by_name,
    is_whole,
    now,
    parts,
    seal_tags,
    sealed,
    slugs,
)
from .transactions import Database, GivesTransactions
from .undone import HistoryEntry, keep_found_roles, take_back, taken_back


class _Store(GivesTransactions, Protocol):
    def sentences_of(self, report: str) -> list[StoredSentence]: ...


class TagStore:
    """The tags and corrections of a library.

    Args:
        db: the connection.
        store: the store that begins transactions and reads sentences.
    """

    def __init__(self, db: Database, store: _Store) -> None:
        self._db = db
        self._store = store

    def retag(self, changes: Iterable[TagChange]) -> None:
        """Replace the tags of sentences in one transaction.

        Sentences that were corrected since the change was computed stay as they are.
        """
        changes = list(changes)
        with self._store.transaction() as generation:
            self._db.executemany(
                "UPDATE sentences SET topic = ?, also = ?, probability = ?, correction = ?,"
                " tagged = ? WHERE id = ? AND (correction != 0) = ?",
                (
                    (c.tag.topic, _json(c.tag.also), round(c.tag.probability, 4), c.correction,
                     generation, c.sentence.id, c.sentence.corrected)
                    for c in changes
                ),
            )  # fmt: skip
            for report in {c.sentence.report for c in changes}:
                seal_tags(self._db, report)

    def changed(self, generation: int) -> list[tuple[int, tuple[str, ...], str, float]]:
        """Return the sentences that existed at a generation and were tagged after it.

        Returns:
            For each its id, its topics with the primary one first, its role, and its probability.
        """
        rows = self._db.execute(
            "SELECT id, topic, also, role, probability FROM sentences"
            " WHERE tagged > ? AND generation <= ?",
            (generation, generation),
        )
        return [
            (id_, (topic, *slugs(also, "the tags of a sentence")), role, p)
            for id_, topic, also, role, p in rows
        ]

    def topic_counts(self, topics: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return for each topic how many sentences have it as primary and as further topic.

        Args:
            topics: topics that come first, in this order, also those of no sentence; any others
                follow in alphabetical order.

        Example:
            ``{"enforcement": (12, 3), "review": (0, 1)}``
        """
        counts: dict[str, tuple[int, int]] = {}
        for topic, also, number in self._db.execute(
            "SELECT topic, also, count(*) FROM sentences WHERE topic != '' GROUP BY topic, also"
        ):
            primary, further = counts.get(topic, (0, 0))
            counts[topic] = (primary + number, further)
            for other in slugs(also, "the tags of a sentence"):
                primary, further = counts.get(other, (0, 0))
                counts[other] = (primary, further + number)
        return dict.fromkeys(topics, (0, 0)) | dict(sorted(counts.items()))

    def correct(self, sentence: int, correction: Correction) -> None:
        """Append a correction and apply it to a sentence.

        Earlier corrections are kept.

        Args:
            sentence: the id of the sentence.
            correction: the correction.

        Raises:
            LibraryError: the sentence does not exist any more.
        """
        with self._store.transaction() as generation:
            self._apply(self._append(correction), sentence, correction, generation)
            seal_tags(self._db, correction.report)

    def _append(self, c: Correction) -> int:
        """Append a correction and return its number."""
        return self._db.insert(
            "INSERT INTO corrections (report, n, text, heading, topic, also, role, author,"
            " note, at, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            sealed(correction_row(c)),
        )

    def restore(self, corrections: Iterable[Correction]) -> None:
        """Append corrections of another library whose reports are gone, if they are new here."""
        known = set(self.corrections().values())
        with self._store.transaction(bump=False):
            for correction in corrections:
                if correction not in known:
                    self._append(correction)

    def history(self, report: str, text: str) -> list[HistoryEntry]:
        """Return all corrections of a sentence, oldest first, those too that were taken back."""
        back = taken_back(self._db, report)
        return [
            HistoryEntry(correction, back.get(number))
            for number, correction in self.numbered(report).items()
            if correction.text == text
        ]

    def bring_history(self, entries: Iterable[HistoryEntry]) -> None:
        """Keep corrections of another library that were taken back there."""
        with self._store.transaction(bump=False):
            for entry in entries:
                if entry.taken_back:
                    take_back(self._db, self._append(entry.correction), entry.taken_back)

    def restore_of(
        self, report: str, corrections: Iterable[Correction], corrected: Collection[int]
    ) -> None:
        """Append the corrections of a report that comes from another library.

        The caller has begun a transaction.

        Args:
            report: the id of the report in this library.
            corrections: its corrections in the other library.
            corrected: the numbers of the sentences whose tags come from one of these corrections.
        """
        known = set(self.corrections(report).values())
        for correction in corrections:
            renamed = replace(correction, report=report)
            if renamed not in known:
                self._append(renamed)
        self._db.executemany(
            "UPDATE sentences SET correction = ? WHERE report = ? AND n = ?",
            (
                (latest[s.text], report, s.n)
                for latest in [{c.text: n for n, c in self.corrections(report).items()}]
                for s in self._store.sentences_of(report)
                if s.n in corrected and s.text in latest
            ),
        )
        seal_tags(self._db, report)

    def corrections(self, report: str = "") -> dict[int, Correction]:
        """Return corrections by number, in order, without those that were taken back.

        Args:
            report: only those of this report; ``""`` for all.

        Raises:
            DamagedError: a correction does not have its checksum.
        """
        back = taken_back(self._db, report)
        return {number: c for number, c in self.numbered(report).items() if number not in back}

    def numbered(self, report: str) -> dict[int, Correction]:
        """Return the same with those that were taken back."""
        where, values = among("report", [report] if report else None)
        rows = self._db.execute(
            "SELECT id, report, n, text, heading, topic, also, role, author, note, at, checksum"
            f" FROM corrections WHERE {where} ORDER BY id",
            values,
        )
        return {number: correction_of(number, row) for number, *row in rows}

    def count_corrections(self) -> int:
        """Return how many corrections there are, without those that were taken back."""
        back = "SELECT correction FROM undone"
        sql = f"SELECT count(*) FROM corrections WHERE id NOT IN ({back})"
        return int(self._db.execute(sql).fetchone()[0])

    def reapply(self, report: str, generation: int, taxonomy: Taxonomy) -> None:
        """Apply the corrections of a report again after its file was read anew.

        A correction applies to a sentence of the same text; the last one of a text counts.

        Args:
            report: the id of the report.
            generation: the generation of the change.
            taxonomy: gives topics their present names; a topic that it lacks is left out.
        """
        latest = {}
        for number, correction in self.corrections(report).items():
            topic, also = taxonomy.present(correction.topic, correction.also)
            latest[correction.text] = (number, replace(correction, topic=topic, also=also))
        latest = {text: found for text, found in latest.items() if found[1].topic}
        if latest:
            for sentence in self._store.sentences_of(report):
                if found := latest.get(sentence.text):
                    self._apply(found[0], sentence.id, found[1], generation)
            seal_tags(self._db, report)

    def _apply(self, number: int, sentence: int, c: Correction, generation: int) -> None:
        keep_found_roles(self._db, number, sentence)
        changed = self._db.execute(
            "UPDATE sentences SET topic = ?, also = ?, role = coalesce(nullif(?, ''), role),"
            " probability = 1, correction = ?, tagged = ? WHERE id = ?",
            (c.topic, _json(c.also), c.role, number, generation, sentence),
        ).rowcount
        if changed != 1:
            raise LibraryError(
                f"sentence {c.report}:{c.n} is not there any more; look at it again and repeat this"
            )


def correction_row(c: Correction) -> tuple[str | int, ...]:
    """Return the columns of a correction that its checksum covers."""
    return (c.report, c.n, c.text, c.heading, c.topic, _json(c.also), c.role, c.author,
            c.note, c.at)  # fmt: skip


def correction_of(number: int, row: Sequence[Any]) -> Correction:
    """Return the correction in a row.

    Args:
        number: its number, for errors.
        row: its columns, then its checksum.

    Raises:
        DamagedError: the columns do not have the checksum.
    """
    if not is_whole(row):
        raise DamagedError(f"correction {number} is damaged")
    report, n, text, heading, topic, also, *rest = row[:-1]
    further = slugs(also, f"correction {number}")
    return Correction(report, n, text, heading, topic, further, *rest)


def _json(also: Sequence[str]) -> str:
    return json.dumps(also) if also else "[]"  # most sentences have no further topic


class SourceStore:
    """Files, copies and likeness of a library.

    Args:
        db: the connection.
        store: gives transactions.
    """

    def __init__(self, db: Database, store: _Store) -> None:
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

    def all(self) -> set[str]:
        """Return the sources and files of all reports, and those of their copies."""
        rows = self._db.execute(
            "SELECT source, file FROM reports UNION SELECT source, file FROM copies"
        )
        return {str(name) for row in rows for name in row}

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
            "INSERT INTO copies (source, file, sha256, added, report, checksum)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET file = excluded.file,"
            " sha256 = excluded.sha256, added = excluded.added, report = excluded.report,"
            " checksum = excluded.checksum",
            (sealed((source, file, sha256, now(), report)) for report, source in copies),
        )

    def drop_copies(self, file: str) -> None:
        """Forget what a file was a further source of; inside a transaction."""
        self._db.execute("DELETE FROM copies WHERE file = ?", (file,))

    def copies(self, reports: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the further sources of ``reports``."""
        found: dict[str, list[str]] = {}
        for part in parts(reports):
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
        for part in parts(sketch):
            marks = ",".join("?" * len(part))
            for number, count in self._db.execute(
                f"SELECT sketch, count(*) FROM shingles WHERE hash IN ({marks}) GROUP BY sketch",
                part,
            ):
                shared[number] = shared.get(number, 0) + count
        found: dict[str, tuple[int, int]] = {}
        for numbers in parts(list(shared)):
            marks = ",".join("?" * len(numbers))
            for number, report, size in self._db.execute(
                f"SELECT id, report, size FROM sketches WHERE id IN ({marks})", numbers
            ):
                found[report] = (shared[number], size)
        return found

    def keep_similar(self, report: str, others: Iterable[Similar]) -> None:
        """Keep which reports ``report`` is like; inside a transaction."""
        self._db.executemany(
            "INSERT INTO similar VALUES (?, ?, ?, ?, ?) ON CONFLICT (report, other) DO UPDATE"
            " SET jaccard = excluded.jaccard, containment = excluded.containment,"
            " checksum = excluded.checksum",
            (sealed((report, s.report, s.jaccard, s.containment)) for s in others),
        )

    def similar(self, reports: Sequence[str]) -> dict[str, tuple[Similar, ...]]:
        """Return what ``reports`` are like, the nearest first."""
        found: dict[str, list[Similar]] = {}
        for part in parts(reports):
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


def keep_sketch(db: Database, report: str, sketch: Iterable[int]) -> None:
    """Keep the sketch of a report in place of the one it had; inside a transaction."""
    hashes = set(sketch)
    db.execute("DELETE FROM sketches WHERE report = ?", (report,))
    sql = "INSERT INTO sketches (size, report) VALUES (?, ?)"
    number = db.insert(sql, (len(hashes), report))
    db.executemany("INSERT INTO shingles VALUES (?, ?)", ((h, number) for h in hashes))
