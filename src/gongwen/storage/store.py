"""The store: one database that holds reports, sentences and tags. It is the truth.

Every change is one transaction and has a number, the generation; the engine asks what changed
since its own generation and follows.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nlp.errors import UnstorableError
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import Document, Figure
from ..nlp.topics.taxonomy import Taxonomy
from ..results import Report, StoredSentence
from .annotations import SourceStore, TagStore
from .figure_rows import FigureStore
from .kept_reads import KeptReads
from .migrations import StaleStore
from .new_reports import FileContent as FileContent
from .new_reports import NewReport as NewReport
from .new_reports import Restored as Restored
from .open_store import connect_store
from .report_reads import ReportReads
from .row_values import (
    MAX_VARIABLES,
    checked_sentence,
    now,
    seal,
    seal_facts,
    slugs,
)
from .transactions import Connection, Snapshot, Transaction
from .undone import UndoStore

if TYPE_CHECKING:
    from .trash import TrashStore


_SENTENCE = """id, report, n, start, end, section, item, role, kind, topic, also,
  probability, correction FROM sentences"""


_SEGMENTER_FILE = "segmenter"
"""File of a desk with what its index was cut into words with, where the truth is on a server."""


class Store:
    """The store of a library, opened: an SQLite file in its folder, or tables on a server.

    Args:
        folder: the library's folder.
        create: make the store when it is not there.
        read_only: open it for reading only.
        address: of the server, for a new library; ``""`` for a file, or the one that it has.

    A store may be shared between threads; each has a connection of its own.

    Raises:
        LibraryError: there is none, or the file is not a library.
        NewerLibraryError: a newer version of gongwen has written it.
    """

    def __init__(
        self, folder: Path, create: bool, read_only: bool = False, address: str = ""
    ) -> None:
        self._connections = connect_store(folder, create, read_only, address)
        self._folder = folder
        self._only_read = read_only
        self._is_apart = False
        self._kept = KeptReads()

    @property
    def _db(self) -> Connection:
        return self._connections.mine()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._connections.closed

    @property
    def read_only(self) -> bool:
        """Whether it can only be read."""
        return self._connections.read_only

    @property
    def address(self) -> str:
        """The address of the server that holds it, ``""`` for a file in its folder."""
        return self._connections.address

    @property
    def index_read_only(self) -> bool:
        """Whether an index in its folder can only be read; it may follow a store that is."""
        if not self.address:
            return self.read_only
        return self._only_read or not os.access(self._folder, os.W_OK)

    def keep_fence(self, backend: Callable[[], int]) -> None:
        """Let changes on a server be made only while ``backend`` holds the lock, if it has it."""
        self._connections.fence = backend

    @property
    def sources(self) -> SourceStore:
        """Files, copies, and which reports are alike."""
        return SourceStore(self._db, self)

    @property
    def _reading(self) -> ReportReads:
        return ReportReads(self._db, self._kept, self.sources)

    @property
    def figures(self) -> FigureStore:
        """The numbers of the reports."""
        return FigureStore(self._db)

    @property
    def stale(self) -> StaleStore:
        """What of each report has to be computed anew since the format changed."""
        return StaleStore(self._db, self)

    @property
    def tags(self) -> TagStore:
        """Tags and corrections."""
        return TagStore(self._db, self)

    @property
    def undo(self) -> UndoStore:
        """What takes corrections back."""
        return UndoStore(self._db, self)

    @property
    def trash(self) -> TrashStore:
        """Reports that were removed."""
        from .trash import TrashStore  # late: a search does not look into the trash

        return TrashStore(self._db, self)

    def all_sentences(self) -> Iterator[StoredSentence]:
        """Yield all sentences, report by report."""
        with self._for_stream() as store:
            rows = store._db.stream(f"SELECT {_SENTENCE} ORDER BY report, n")
            yield from store._with_text(rows)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def apart(self) -> Store:
        """Return the store once more, with a connection of its own, for what reads it slowly.

        A generator that is left between two sentences keeps its snapshot, and must hinder nothing
        else that its thread does.
        """
        other = copy(self)
        other._connections = self._connections.apart()
        other._kept = KeptReads(most_text=0)  # each text is read once
        other._is_apart = True
        return other

    def _for_stream(self) -> contextlib.AbstractContextManager[Store]:
        """Return a store that is apart: this one, or one that is closed at the end of a block."""
        return contextlib.nullcontext(self) if self._is_apart else contextlib.closing(self.apart())

    @property
    def id(self) -> str:
        """The library's own name, by which its index knows it."""
        return self.meta("id") or ""

    def transaction(self, bump: bool = True) -> Transaction:
        """Return a block whose changes are kept together; gives the generation that it makes.

        Raises:
            LibraryError: the library cannot be written to, as when the disk is full.
        """
        if bump:
            return Transaction(self._connections, lambda: self.generation + 1, self._set_generation)
        return Transaction(self._connections, lambda: 0, lambda _: None)

    def _set_generation(self, generation: int) -> None:
        self.set_meta("generation", str(generation))

    def problems(self) -> Iterator[str]:
        """Yield what the database finds wrong with itself, each with advice."""
        return self._connections.problems()

    def snapshot(self) -> Snapshot:
        """Return a block that reads the library as it is at one moment."""
        return Snapshot(self._connections)

    # -- meta ------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the last change, 0 for a new library."""
        return int(self.meta("generation") or 0)

    def meta(self, key: str) -> str | None:
        """Return a setting of the library."""
        db = self._db
        known = db.known("meta")
        if key not in known:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            known[key] = row[0] if row else None
        value: str | None = known[key]
        return value

    def set_meta(self, key: str, value: str) -> None:
        """Keep a setting of the library."""
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def segmenter(self, local: bool) -> str:
        """Return what the index was cut into words with.

        Args:
            local: the index lies in the folder, where every desk has its own.
        """
        if not (local and self.address):
            return self.meta("segmenter") or ""
        with contextlib.suppress(OSError, ValueError):
            return (self._folder / _SEGMENTER_FILE).read_text("utf-8")
        return ""

    @property
    def index_segmenter(self) -> str:
        """What the present index was cut into words with, ``""`` before the first."""
        return self.segmenter(local="://" not in (self.meta("engine") or ""))

    def keep_segmenter(self, fingerprint: str, local: bool) -> None:
        """Keep what the index was cut into words with."""
        if not (local and self.address):
            with self.transaction(bump=False):
                self.set_meta("segmenter", fingerprint)
        elif fingerprint != self.segmenter(local):
            from ..nlp.atomic_write import write_whole  # late: for servers only

            write_whole(self._folder / _SEGMENTER_FILE, fingerprint.encode())

    # -- reports ---------------------------------------------------------------------------

    def put(self, content: FileContent, taxonomy: Taxonomy) -> list[tuple[str, bool]]:
        """Store what a file holds now, in place of what it held before, in one step.

        Corrections of an older report stay, by the names of ``taxonomy``.

        Returns:
            For each report its id, and whether it replaced an older one.
        """
        with self.transaction() as generation:
            old = set(self.sources.own_reports_of(content.file))
            done = []
            for one in content.reports:
                older = self.report_from(one.source)
                id_ = older or self._free_id(one.id)
                if older:
                    self._remove(older, generation)
                    old.discard(older)
                self._insert(id_, content, one, generation)
                self.tags.reapply(id_, generation, taxonomy)
                done.append((id_, older is not None))
            for gone in old:
                self._remove(gone, generation)
            self.sources.drop_copies(content.file)
            self.sources.keep_copies(content.file, content.sha256, content.copies)
        return done

    def restore(self, restored: Restored) -> str:
        """Store a report of another library, in place of one from the same source; give its id."""
        new = restored.new
        with self.transaction() as generation:
            older = self.report_from(new.source)
            id_ = older or self._free_id(new.id)
            if older:
                self._remove(older, generation)
            similar = [replace(s, report=restored.ids[s.report]) for s in new.similar]
            content = FileContent(restored.file, restored.sha256, ())
            self._insert(id_, content, replace(new, similar=similar), generation)
            self._db.execute("UPDATE reports SET added = ? WHERE id = ?", (restored.added, id_))
            for source, file, sha256 in restored.copies:
                self.sources.keep_copies(file, sha256, [(id_, source)])
            seal(self._db, id_)  # once more, for when it was added
            self.tags.restore_of(id_, restored.corrections, restored.corrected)
        return id_

    def _insert(self, id_: str, file: FileContent, new: NewReport, generation: int) -> None:
        d = new.document
        values = {
            "id": id_,
            **{name: str(getattr(d, name)) for name in FIELD_NAMES},
            "source": new.source,
            "sha256": file.sha256,
            "added": now(),
            "text": d.text,
            "file": file.file,
            "how": _json(dict(d.how)),
            "stated": _json(dict(new.stated)),
            "said": _json(dict(new.said)),
            "notes": _json(list(new.notes)),
        }
        self._db.execute(
            f"INSERT INTO reports ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
        self._db.executemany(
            "INSERT INTO sentences (report, n, start, end, section, item, role, kind, topic,"
            " also, probability, generation, tagged)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (id_, s.n, s.start, s.end, s.section, s.item, s.role, s.kind, tag.topic,
                 json.dumps(tag.also) if tag.also else "[]", round(tag.probability, 4),
                 generation, generation)
                for s, tag in zip(d.sentences, new.tags, strict=True)
            ),
        )  # fmt: skip
        self.sources.keep_sketch(id_, new.sketch)
        self.sources.keep_similar(id_, new.similar)
        self.figures.keep(id_, new.figures)
        seal(self._db, id_)

    def describe(
        self, report: str, d: Document, said: Mapping[str, str], figures: Iterable[Figure]
    ) -> None:
        """Replace what is known of a report by that of ``d``, and keep what was said.

        Its sentences get new numbers: to the index they are others now.
        """
        with self.transaction() as generation:
            self.figures.keep(report, figures)
            values = {name: str(getattr(d, name)) for name in FIELD_NAMES}
            values |= {"how": _json(dict(d.how)), "said": _json(dict(said))}
            columns = ", ".join(f"{name} = ?" for name in values)
            self._db.execute(
                f"UPDATE reports SET {columns} WHERE id = ?", (*values.values(), report)
            )
            seal_facts(self._db, report)
            self.renumber(report, generation)

    def renumber(self, report: str, generation: int) -> None:
        """Give the sentences of a report new numbers: to the index they are others now.

        Inside a transaction that makes ``generation``.
        """
        last = self._db.highest_id("sentences")
        self._let_go(report, generation)
        self._db.execute(
            "UPDATE sentences SET id = ? + n, generation = ?, tagged = ? WHERE report = ?",
            (last, generation, generation, report),
        )
        self._db.keep_highest_id("sentences")

    def _free_id(self, base: str) -> str:
        number, name = 1, base
        while self._db.execute("SELECT 1 FROM reports WHERE id = ?", (name,)).fetchone():
            number += 1
            name = f"{base}-{number}"
        return name

    def remove(self, *reports: str, author: str = "") -> None:
        """Move reports to the trash, all or none."""
        with self.transaction() as generation:
            self.trash.keep(reports, author)
            for report in reports:
                self._remove(report, generation)

    def _remove(self, report: str, generation: int) -> None:
        self._let_go(report, generation)
        self._db.execute("DELETE FROM reports WHERE id = ?", (report,))

    def _let_go(self, report: str, generation: int) -> None:
        """Note for the index that the sentences of a report are gone."""
        self._db.execute(
            "INSERT INTO removed SELECT id, ? FROM sentences WHERE report = ?"
            " ON CONFLICT (sentence) DO UPDATE SET generation = excluded.generation",
            (generation, report),
        )

    def reports(self, ids: Iterable[str] | None = None) -> list[Report]:
        """Return all reports in order of id, or those of ``ids``."""
        with self.snapshot():
            return self._reading.reports(ids)

    def report_fields(self, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return fields of all reports by id, as :meth:`ReportReads.fields` does."""
        return self._reading.fields(names)

    def report_ids(self) -> list[str]:
        """Return the ids of all reports."""
        return self._reading.ids()

    def has_report(self, id_: str) -> bool:
        """Say whether there is a report of this id."""
        try:
            rows = self._db.execute("SELECT 1 FROM reports WHERE id = ?", (id_,))
        except (UnicodeEncodeError, UnstorableError):  # half a character or NUL: in no id
            return False
        return rows.fetchone() is not None

    def report_from(self, source: str) -> str | None:
        """Return the id of the report that was read from ``source``."""
        row = self._db.execute("SELECT id FROM reports WHERE source = ?", (source,)).fetchone()
        return row[0] if row else None

    def text(self, report: str) -> str:
        """Return the whole text of a report.

        Raises:
            DamagedError: it is not the text that was written.
        """
        return self._reading.text(report)

    # -- sentences -------------------------------------------------------------------------

    def sentences(self, ids: Sequence[int]) -> list[StoredSentence]:
        """Return the sentences of ``ids`` in that order; those that are gone are left out."""
        found: dict[int, StoredSentence] = {}
        for at in range(0, len(ids), MAX_VARIABLES):
            part = ids[at : at + MAX_VARIABLES]
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
        report, text, reading = None, "", self._reading
        for row in rows:
            id_, of, n, start, end, section, item, role, kind, topic, also, probability, fixed = row
            if of != report:
                report, text = of, reading.text(of)
            checked_sentence(row, text)
            further = slugs(also, "the tags", of, n)
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
        with self._for_stream() as store:
            rows = store._db.stream(
                f"SELECT {_SENTENCE} WHERE generation > ? AND generation <= ? ORDER BY id",
                (after, upto),
            )
            for sentence in store._with_text(rows):
                if report is None or report.id != sentence.report:
                    report = store.reports([sentence.report])[0]
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

    def count_sentences(self) -> int:
        """Return how many sentences there are."""
        return int(self._db.execute("SELECT count(*) FROM sentences").fetchone()[0])

    def count_reports(self) -> int:
        """Return how many reports there are."""
        return int(self._db.execute("SELECT count(*) FROM reports").fetchone()[0])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
