"""The store: one SQLite file that holds reports, sentences and tags. It is the truth.

Every change is one transaction and has a number, the generation; the engine asks what changed
since its own generation and follows.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .clock import now
from .figurestore import FigureStore
from .nlp.errors import LibraryError
from .nlp.figures.records import Figure
from .nlp.records import Document
from .nlp.taxonomy import Taxonomy
from .nlp.years import stored_year
from .results import Report, StoredSentence
from .sourcestore import SourceStore
from .storefile import connect
from .storing import FileContent, NewReport, Restored
from .tagstore import TagStore

_MOST_VARIABLES = 900
"""Variables in one statement; SQLite has been built with a limit of 999."""

_SENTENCE = """id, report, n, start, end, section, item, role, kind, topic, also,
  probability, correction FROM sentences"""
_REPORT_FIELDS = (
    "id", "title", "region", "year", "kind", "source", "sentences", "sha256", "added", "province",
    "city", "county", "adcode", "level", "agency", "date", "address", "how", "notes",
)  # fmt: skip
_REPORT = f"""{", ".join(_REPORT_FIELDS)} FROM (
  SELECT *, (SELECT count(*) FROM sentences s WHERE s.report = reports.id) AS sentences
  FROM reports)"""


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
    def sources(self) -> SourceStore:
        """Files, copies, and which reports are alike."""
        return SourceStore(self._db, self)

    @property
    def figures(self) -> FigureStore:
        """The numbers of the reports."""
        return FigureStore(self._db)

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

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the library as it is at one moment, whatever others write meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

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
            self.tags.restore_of(id_, restored.corrections, restored.corrected)
        return id_

    def _insert(self, id_: str, file: FileContent, new: NewReport, generation: int) -> None:
        d = new.document
        self._db.execute(
            "INSERT INTO reports (id, title, region, year, kind, source, sha256, added, text, file,"
            " province, city, county, adcode, level, agency, date, address, how, stated, said,"
            " notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id_, d.title, d.region, str(d.year), d.kind, new.source, file.sha256, now(), d.text,
             file.file, d.province, d.city, d.county, d.adcode, d.level, d.agency, d.date,
             d.address,
             _json(dict(d.how)), _json(dict(new.stated)), _json(dict(new.said)),
             _json(list(new.notes))),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO sentences (report, n, start, end, section, item, role, kind, topic,"
            " also, probability, generation, tagged)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (id_, s.n, s.start, s.end, s.section, s.item, s.role, s.kind, tag.topic,
                 json.dumps(tag.also), round(tag.probability, 4), generation, generation)
                for s, tag in zip(d.sentences, new.tags, strict=True)
            ),
        )  # fmt: skip
        self.sources.keep_sketch(id_, new.sketch)
        self.sources.keep_similar(id_, new.similar)
        self.figures.keep(id_, new.figures)

    def describe(
        self, report: str, d: Document, said: Mapping[str, str], figures: Iterable[Figure]
    ) -> None:
        """Replace what is known of a report by that of ``d``, and keep what was said.

        Its sentences get new numbers: to the index they are others now.
        """
        with self.transaction() as generation:
            self.figures.keep(report, figures)
            self._db.execute(
                "UPDATE reports SET title = ?, region = ?, year = ?, kind = ?, province = ?,"
                " city = ?, county = ?, adcode = ?, level = ?, agency = ?, date = ?, address = ?,"
                " how = ?, said = ? WHERE id = ?",
                (d.title, d.region, str(d.year), d.kind, d.province, d.city, d.county, d.adcode,
                 d.level, d.agency, d.date, d.address, _json(dict(d.how)), _json(dict(said)),
                 report),
            )  # fmt: skip
            [(last,)] = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'sentences'")
            self._let_go(report, generation)
            self._db.execute(
                "UPDATE sentences SET id = ? + n, generation = ?, tagged = ? WHERE report = ?",
                (last, generation, generation, report),
            )
            self._db.execute(
                "UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM sentences)"
                " WHERE name = 'sentences'"
            )

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
        self._let_go(report, generation)
        self._db.execute("DELETE FROM reports WHERE id = ?", (report,))

    def _let_go(self, report: str, generation: int) -> None:
        """Note for the index that the sentences of a report are gone."""
        self._db.execute(
            "INSERT OR REPLACE INTO removed SELECT id, ? FROM sentences WHERE report = ?",
            (generation, report),
        )

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
        found = [_report(row) for row in rows]
        names = [report.id for report in found]
        copies, similar = self.sources.copies(names), self.sources.similar(names)
        return [
            replace(r, copies=copies.get(r.id, ()), similar=similar.get(r.id, ())) for r in found
        ]

    def report_ids(self) -> list[str]:
        """Return the ids of all reports."""
        return [row[0] for row in self._db.execute("SELECT id FROM reports ORDER BY id")]

    def report_from(self, source: str) -> str | None:
        """Return the id of the report that was read from ``source``."""
        row = self._db.execute("SELECT id FROM reports WHERE source = ?", (source,)).fetchone()
        return row[0] if row else None

    def text(self, report: str) -> str:
        """Return the whole text of a report."""
        [(text,)] = self._db.execute("SELECT text FROM reports WHERE id = ?", (report,))
        return str(text)

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

    def problems(self) -> list[str]:
        """Return what is wrong with the file, nothing when it is sound."""
        found = []
        if (sound := str(self._db.execute("PRAGMA quick_check").fetchone()[0])) != "ok":
            found.append(f"the store is damaged: {sound}")
        if self._db.execute("PRAGMA foreign_key_check").fetchone():
            found.append("the store has sentences without their report; export what is there")
        [(wrong,)] = self._db.execute(
            "SELECT count(*) FROM sentences s JOIN reports r ON r.id = s.report"
            " WHERE s.end > length(r.text)"
        )
        if wrong:
            found.append(f"{wrong} sentences do not stand in their report; add its file again")
        return found


def _report(row: Sequence[Any]) -> Report:
    known: dict[str, Any] = dict(zip(_REPORT_FIELDS, row, strict=True))
    known["year"] = stored_year(known["year"])
    known["how"] = json.loads(known["how"])
    known["notes"] = tuple(json.loads(known["notes"]))
    return Report(**known)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
