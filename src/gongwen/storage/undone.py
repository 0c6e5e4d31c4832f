"""Corrections that were taken back: they stay in the history of a sentence and count no more.

A correction is never changed or deleted. Taking it back adds a row that says who did so and when;
whoever reads corrections leaves out those that have one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..nlp.errors import DamagedError
from ..nlp.records import Tag
from ..results import Correction
from .row_values import is_whole, seal_tags, sealed
from .transactions import Database, GivesTransactions


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Who took a correction back, and when.

    Attributes:
        at: when, ISO 8601 in UTC.
        by: who, ``""`` when not given.
    """

    at: str
    by: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A correction in the history of a sentence.

    Attributes:
        correction: what was said, by whom, when and why.
        taken_back: when and by whom it was taken back, ``None`` while it stands.
    """

    correction: Correction
    taken_back: TakenBack | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        c, back = self.correction, self.taken_back
        return {
            "report": c.report,
            "n": c.n,
            "topic": c.topic,
            "also": list(c.also),
            "role": c.role,
            "author": c.author,
            "note": c.note,
            "at": c.at,
            "taken_back": asdict(back) if back else None,
        }


def taken_back(db: Database, report: str = "") -> dict[int, TakenBack]:
    """Return the corrections that were taken back, by number.

    Args:
        db: the connection.
        report: only those of this report; ``""`` for all.

    Raises:
        DamagedError: a row is not what was written.
    """
    where = "correction IN (SELECT id FROM corrections WHERE report = ?)" if report else "1 = 1"
    rows = db.execute(
        f"SELECT correction, at, author, checksum FROM undone WHERE {where} ORDER BY correction",
        (report,) if report else (),
    )
    return {row[0]: taken_back_of(row) for row in rows}


def taken_back_of(row: Sequence[Any]) -> TakenBack:
    """Return what a row of number, time, person and checksum says; raises DamagedError."""
    if not is_whole(row):
        raise DamagedError(f"who took correction {row[0]} back is damaged")
    return TakenBack(row[1], row[2])


def take_back(db: Database, number: int, back: TakenBack) -> None:
    """Note that a correction was taken back; inside a transaction."""
    db.execute(
        "INSERT INTO undone VALUES (?, ?, ?, ?) ON CONFLICT (correction) DO UPDATE"
        " SET at = excluded.at, author = excluded.author, checksum = excluded.checksum",
        sealed((number, back.at, back.by)),
    )


def keep_found_roles(db: Database, number: int, sentence: int) -> None:
    """Keep the role that a sentence had before its first correction; inside a transaction.

    Args:
        db: the connection.
        number: number of the correction that is about to be applied.
        sentence: id of the sentence, which has its former tags still.
    """
    [(n, role, before)] = db.execute(
        "SELECT n, role, correction FROM sentences WHERE id = ?", (sentence,)
    ).fetchall() or [(0, "", 0)]
    if before:
        role = found_role(db, before, n)
    if role:
        db.execute(
            "INSERT INTO found_roles VALUES (?, ?, ?, ?) ON CONFLICT (correction, n) DO UPDATE"
            " SET role = excluded.role, checksum = excluded.checksum",
            sealed((number, n, role)),
        )


def found_role(db: Database, number: int, n: int) -> str:
    """Return the role that a sentence had before its corrections, ``""`` when nobody knows.

    Args:
        db: the connection.
        number: number of the correction that its tags come from.
        n: number of the sentence.
    """
    rows = db.execute(
        "SELECT correction, n, role, checksum FROM found_roles WHERE correction = ? AND n = ?",
        (number, n),
    )
    return next((row[2] for row in rows if is_whole(row)), "")


@dataclass(frozen=True, slots=True)
class Uncorrected:
    """The tags that a sentence has without a correction.

    Attributes:
        sentence: id of the sentence.
        tag: its topics.
        role: its role.
        correction: number of the earlier correction that they come from, 0 for none.
    """

    sentence: int
    tag: Tag
    role: str
    correction: int


class UndoStore:
    """What takes corrections of a library back.

    Args:
        db: the connection.
        store: gives transactions.
    """

    def __init__(self, db: Database, store: GivesTransactions) -> None:
        self._db = db
        self._store = store

    def number_of(self, sentence: int) -> int:
        """Return the number of the correction that a sentence has its tags from, 0 for none."""
        rows = self._db.execute("SELECT correction FROM sentences WHERE id = ?", (sentence,))
        return next((int(number) for (number,) in rows), 0)

    def corrected_by(self, number: int) -> list[int]:
        """Return the ids of the sentences that have their tags from a correction."""
        sql = "SELECT id FROM sentences WHERE correction = ? AND correction != 0"
        rows = self._db.execute(sql, (number,))
        return [id_ for (id_,) in rows]

    def found_role(self, number: int, n: int) -> str:
        """Return the role that a sentence had before its corrections, ``""`` if it is not known."""
        return found_role(self._db, number, n)

    def undo(
        self, report: str, changes: Iterable[Uncorrected], number: int, back: TakenBack | None
    ) -> None:
        """Take a correction back, and give its sentences the tags that they have without it.

        Args:
            report: the id of the report.
            changes: the tags.
            number: the correction.
            back: who takes it back, and when; ``None`` when that was noted before.
        """
        with self._store.transaction() as generation:
            if back:
                take_back(self._db, number, back)
            self._db.executemany(
                "UPDATE sentences SET topic = ?, also = ?, role = ?, probability = ?,"
                " correction = ?, tagged = ? WHERE id = ?",
                (
                    (c.tag.topic, json.dumps(c.tag.also), c.role, round(c.tag.probability, 4),
                     c.correction, generation, c.sentence)
                    for c in changes
                ),
            )  # fmt: skip
            seal_tags(self._db, report)
