"""Read reports, their fields and their texts from the store, each once for a state of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..nlp.errors import DamagedError
from ..results import Report
from .annotations import SourceStore
from .kept_reads import MOST_REPORTS, KeptReads
from .row_values import MAX_VARIABLES, REPORT, report_of, text_digest
from .transactions import Connection

_REPORT = f"""{", ".join(REPORT)} FROM (
  SELECT *, (SELECT count(*) FROM sentences s WHERE s.report = reports.id) AS sentences
  FROM reports) AS r"""


class ReportReads:
    """What is read of reports of a library.

    Args:
        db: the connection of the thread.
        kept: what the threads have read.
        sources: gives the further sources of reports, and which are alike.
    """

    def __init__(self, db: Connection, kept: KeptReads, sources: SourceStore) -> None:
        self._db = db
        self._kept = kept
        self._sources = sources

    def ids(self) -> list[str]:
        """Return the ids of all reports, in order."""
        return [row[0] for row in self._db.execute("SELECT id FROM reports ORDER BY id")]

    def reports(self, ids: Iterable[str] | None = None) -> list[Report]:
        """Return all reports in order of id, or those of ``ids``; the caller reads one state.

        Raises:
            DamagedError: one of them cannot be a report.
        """
        wanted = self.ids() if ids is None else sorted(set(ids))
        known: dict[str, Report] = self._db.known("reports")
        missing = [id_ for id_ in wanted if id_ not in known]
        read = {report.id: report for report in self._read(missing)} if missing else {}
        known.update(list(read.items())[: max(0, MOST_REPORTS - len(known))])
        return [report for id_ in wanted if (report := known.get(id_) or read.get(id_))]

    def _read(self, wanted: Sequence[str]) -> list[Report]:
        rows: list[Any] = []
        for at in range(0, len(wanted), MAX_VARIABLES):
            part = wanted[at : at + MAX_VARIABLES]
            marks = ",".join("?" * len(part))
            rows += self._db.execute(f"SELECT {_REPORT} WHERE id IN ({marks})", part)
        found = [report_of(row) for row in rows]
        names = [report.id for report in found]
        copies, similar = self._sources.copies(names), self._sources.similar(names)
        return [
            self._kept.shared_report(
                replace(r, copies=copies.get(r.id, ()), similar=similar.get(r.id, ()))
            )
            for r in found
        ]

    def fields(self, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return fields of all reports by id, as they are stored.

        Those that can be filtered by are read from an index of their own, without the texts.

        Args:
            names: columns of the table of reports.

        Raises:
            DamagedError: one of them is no text.
        """
        key = tuple(names)
        known: dict[tuple[str, ...], Mapping[str, Mapping[str, str]]] = self._db.known("fields")
        if key not in known:
            found = {}
            for row in self._db.execute(f"SELECT id, {', '.join(names)} FROM reports ORDER BY id"):
                if not all(isinstance(value, str) for value in row):
                    raise DamagedError(f"what is known of the report {row[0]} is damaged")
                found[row[0]] = dict(zip(names, row[1:], strict=True))
            known[key] = self._kept.shared_fields(key, found)
        return known[key]

    def text(self, report: str) -> str:
        """Return the whole text of a report.

        Raises:
            DamagedError: it is not the text that was written.
        """
        checksum = self._checksum(report)
        kept = self._kept.text(checksum)
        if kept is not None:
            return kept
        for (text,) in self._db.execute("SELECT text FROM reports WHERE id = ?", (report,)):
            if isinstance(text, str) and text_digest(text) == checksum:
                self._kept.keep_text(checksum, text)
                return text
        raise DamagedError(f"the text of the report {report} is damaged")

    def _checksum(self, report: str) -> str:
        """Return the checksum that the text of a report must have, ``""`` when there is none."""
        known: dict[str, str] = self._db.known("checksums")
        if report not in known:
            rows = self._db.execute(
                "SELECT c.text FROM reports r JOIN checksums c ON c.report = r.id WHERE r.id = ?",
                (report,),
            ).fetchall()
            known[report] = rows[0][0] if rows and isinstance(rows[0][0], str) else ""
        return known[report]
