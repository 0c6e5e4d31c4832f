"""Store the annotations of sentences: their tags, corrections, and figures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, Protocol

from ..nlp.errors import DamagedError, LibraryError
from ..nlp.records import Figure
from ..nlp.text.dates import stored_year
from ..nlp.topics.taxonomy import Taxonomy
from ..results import Correction, StoredSentence, TagChange
from .row_values import MAX_VARIABLES, checked_figure, digest, figure_value, seal_tags, slugs


class _Store(Protocol):
    def transaction(self, bump: bool = True) -> AbstractContextManager[int]: ...

    def sentences_of(self, report: str) -> list[StoredSentence]: ...


class TagStore:
    """The tags and corrections in the SQLite file of a library.

    Args:
        db: the connection.
        store: the store that begins transactions and reads sentences.
    """

    def __init__(self, db: sqlite3.Connection, store: _Store) -> None:
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
        cursor = self._db.execute(
            "INSERT INTO corrections (report, n, text, heading, topic, also, role, author,"
            " note, at, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*(row := correction_row(c)), digest([row])),
        )
        return cursor.lastrowid or 0

    def restore(self, corrections: Iterable[Correction]) -> None:
        """Append corrections of another library whose reports are gone, if they are new here."""
        known = set(self.corrections().values())
        with self._store.transaction(bump=False):
            for correction in corrections:
                if correction not in known:
                    self._append(correction)

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
        """Return corrections by number, in order.

        Args:
            report: only those of this report; ``""`` for all.

        Raises:
            DamagedError: a correction does not have its checksum.
        """
        rows = self._db.execute(
            "SELECT id, report, n, text, heading, topic, also, role, author, note, at, checksum"
            " FROM corrections WHERE report = ? OR ? = '' ORDER BY id",
            (report, report),
        )
        return {number: correction_of(number, row) for number, *row in rows}

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
    *columns, checksum = row
    if digest([columns]) != checksum:
        raise DamagedError(f"correction {number} is damaged")
    report, n, text, heading, topic, also, *rest = columns
    further = slugs(also, f"correction {number}")
    return Correction(report, n, text, heading, topic, further, *rest)


def _json(also: Sequence[str]) -> str:
    return json.dumps(also) if also else "[]"  # most sentences have no further topic


_FIELDS = tuple(field.name for field in fields(Figure))
_field_values = attrgetter(*_FIELDS)


class FigureStore:
    """The figures in the SQLite file of a library.

    Args:
        db: the connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, report: str, figures: Iterable[Figure]) -> None:
        """Replace the figures of a report; the caller has begun a transaction."""
        self._db.execute("DELETE FROM figures WHERE report = ?", (report,))
        marks = ", ".join("?" * len(_FIELDS))
        self._db.executemany(
            f"INSERT INTO figures ({', '.join(_FIELDS)}) VALUES ({marks})",
            (_row(report, figure) for figure in figures),
        )

    def indicators(self) -> list[str]:
        """Return the distinct indicators of all figures."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT indicator FROM figures")]

    def find(
        self, reports: Collection[str] | None = None, indicators: Collection[str] | None = None
    ) -> Iterator[Figure]:
        """Yield figures, ordered by report, sentence and offset.

        Args:
            reports: only figures of these reports; ``None`` for all.
            indicators: only figures with one of these indicators as stored; ``None`` for all.

        Raises:
            DamagedError: a row is no valid figure.
        """
        where, values = ["1"], list[str]()
        for column, wanted in (("report", reports), ("indicator", indicators)):
            if wanted is not None and len(wanted) + len(values) <= MAX_VARIABLES:
                where.append(f"{column} IN ({','.join('?' * len(wanted))})")
                values += list(wanted)
        rows = self._db.execute(
            f"SELECT {', '.join(_FIELDS)} FROM figures WHERE {' AND '.join(where)}"
            " ORDER BY report, n, start, end",
            values,
        )
        for row in rows:
            figure = figure_of(row)
            if (reports is None or figure.report in reports) and (
                indicators is None or figure.indicator in indicators
            ):
                yield figure


def _row(report: str, figure: Figure) -> tuple[Any, ...]:
    row = dict(zip(_FIELDS, _field_values(figure), strict=True))
    row |= {"report": report, "value": json.dumps(figure.value), "year": str(figure.year)}
    return tuple(row.values())


def figure_of(row: tuple[Any, ...]) -> Figure:
    """Return the figure in a row, which has the fields of :class:`Figure` in order.

    Raises:
        DamagedError: a value is not valid for its field.
    """
    values = dict(zip(_FIELDS, row, strict=True))
    checked_figure(values)
    values["value"] = figure_value(values["value"], "a figure", values["report"], values["n"])
    values["approximate"] = bool(values["approximate"])
    values["year"] = stored_year(values["year"])
    return Figure(**values)
