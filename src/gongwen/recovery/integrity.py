"""Read a library around damage: what is left of each report, and what is wrong with it.

``status --deep`` lists the faults, ``export`` writes what is left without them, ``gongwen repair``
puts it into a new library. All three see the same, for they read it here.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal, TypeGuard

from ..nlp.errors import DamagedError, GongwenError
from ..nlp.records import UNSURE, Figure
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_text, slug
from ..results import Correction, Similar, StoredSentence
from ..storage.annotations import correction_of as stored_correction
from ..storage.figure_rows import figure_of
from ..storage.row_values import (
    COPY,
    CORRECTION,
    FACTS,
    FIGURES,
    KINDS,
    PLACES,
    SIMILAR,
    TAGS,
    Checksums,
    by_name,
    digest,
    facts_digest,
    figures_digest,
    from_json,
    slugs,
    text_digest,
)
from ..storage.transactions import Database
from ..storage.undone import HistoryEntry, taken_back_of
from ..transfer.jsonl_format import copied_of, correction_of, fact_of, similar_of, topics_of
from .salvage import Row, tables_of

Part = Literal["text", "facts", "checksums", "sentences", "tags", "figures", "copies"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Damage of a report.

    Attributes:
        part: of what.
        message: what is wrong, without the name of the report.
    """

    part: Part
    message: str


@dataclass(slots=True)
class ReadReport:
    """What could be read of a report.

    Attributes:
        id: its id.
        facts: what is known of it, by column; ``""`` or empty what cannot be read.
        text: its text, ``None`` when it is not what was written.
        sentences: those that stand in the text; tags that cannot be read are empty.
        figures: its figures that can be read.
        copies: further sources, as ``(source, file, sha256)``.
        similar: reports that it is like.
        corrections: what people said of it, by number.
        checksums: those that were kept with it, ``None`` when they are damaged.
        faults: what is wrong with it.
        untagged: numbers of the sentences whose tags are damaged.
    """

    id: str
    facts: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    sentences: list[StoredSentence] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    copies: list[tuple[str, str, str]] = field(default_factory=list)
    similar: list[Similar] = field(default_factory=list)
    corrections: dict[int, Correction] = field(default_factory=dict)
    checksums: Checksums | None = None
    faults: list[Fault] = field(default_factory=list)
    untagged: set[int] = field(default_factory=set)

    def damaged(self, *parts: Part) -> bool:
        """Say whether one of ``parts`` has a fault."""
        return any(fault.part in parts for fault in self.faults)

    @property
    def how(self) -> dict[str, str]:
        """How each fact is known."""
        return by_name(self.facts["how"], "how")

    @property
    def stated(self) -> dict[str, str]:
        """What its file says of it outside of the text."""
        return by_name(self.facts["stated"], "stated")

    @property
    def said(self) -> dict[str, str]:
        """What a person said of it."""
        return by_name(self.facts["said"], "said")

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of its file."""
        return slugs(self.facts["notes"], "notes")


@dataclass(frozen=True, slots=True)
class Names:
    """Names that tags may have; ``None`` when they are not known, as with a damaged model.

    Attributes:
        topics: slugs of topics.
        roles: slugs of roles.
    """

    topics: frozenset[str] | None = None
    roles: frozenset[str] | None = None

    @classmethod
    def of(cls, taxonomies: Iterable[Taxonomy]) -> Names:
        """Return the names of all of ``taxonomies``: tags may be older than the active model."""
        known = list(taxonomies)
        return cls(
            frozenset(slug for t in known for slug in t.topics.slugs),
            frozenset(slug for t in known for slug in t.roles.slugs),
        )


_IN_JSON = ("how", "stated", "said", "notes")
_UNKNOWN = {
    "how": "{}", "stated": "{}", "said": "{}", "notes": "[]",
    "added": "1970-01-01T00:00:00Z", "sha256": "0" * 64,
}  # fmt: skip
"""What stands for a fact that is damaged, where it is not nothing."""
_TAG = ("topic", "also", "role", "probability", "correction")
_FIGURE = tuple(f.name for f in fields(Figure))


class Reader:
    """Reads a library around damage.

    Args:
        db: the connection, best in a transaction.
        names: what tags may be called.
        figures: read the figures too; without, they are only compared with their checksum.
    """

    def __init__(self, db: Database, names: Names, figures: bool = True) -> None:
        self._db = db
        self._with_figures = figures
        self._names = names
        self._tables = tables_of(db)
        self._tags: dict[tuple[Any, ...], tuple[tuple[str, ...], str]] = {}
        self.faults: list[str] = []
        """What is wrong outside of the reports that are there."""
        self.corrections = self._all_corrections()
        """Those that can be read and were not taken back, by number."""
        self.taken_back = self._all_taken_back()
        """Those that were taken back."""
        self._numbers = self._all_reports()
        self._corrections_of: dict[str, dict[int, Correction]] = defaultdict(dict)
        for number, correction in self.corrections.items():
            self._corrections_of[correction.report][number] = correction

    @property
    def ids(self) -> list[str]:
        """The reports that there are or were, in the order in which they came."""
        return list(self._numbers)

    @property
    def loose(self) -> dict[int, Correction]:
        """The corrections of reports that are not there."""
        return {n: c for n, c in self.corrections.items() if c.report not in self._numbers}

    def _all_reports(self) -> dict[str, int]:
        try:
            rows = self._db.execute("SELECT rowid, id FROM reports ORDER BY rowid").fetchall()
            sealed = self._db.execute("SELECT report FROM checksums").fetchall()
            ids = {id_ for _, id_ in rows}
            if ids == {report for (report,) in sealed} and all(_can_be(i, "id") for i in ids):
                return {id_: number for number, id_ in rows}
        except (DamagedError, sqlite3.Error):
            pass
        sealed_ids = {row.get("report") for row in self._tables.all("checksums")}
        by_index = self._tables.indexed("reports")
        found: dict[str, int] = {}
        for row in self._tables.all("reports"):
            names = row.get("id"), by_index.get(row["rowid"], {}).get("id")
            known = [name for name in names if _can_be(name, "id")]
            if known:
                found.setdefault(
                    next((n for n in known if n in sealed_ids), known[0]), row["rowid"]
                )
            else:
                self.faults.append(f"a report in row {row['rowid']} has lost its name")
        for gone in sorted(n for n in sealed_ids - set(found) if _can_be(n, "id")):
            found[gone] = 0
        return found

    def _all_corrections(self) -> dict[int, Correction]:
        found = {}
        for row in self._tables.all("corrections"):
            number = row["rowid"]
            try:
                columns = [row[name] for name in CORRECTION]
                checksum = row.get("checksum", digest([columns]))
                correction = stored_correction(number, [*columns, checksum])
                correction_of(asdict(correction) | {"also": list(correction.also)})
                found[number] = correction
            except (GongwenError, ValueError, KeyError):
                whose = f" of the report {row['report']}" if row.get("report") else ""
                self.faults.append(f"correction {number}{whose} is damaged")
        return found

    def _all_taken_back(self) -> list[HistoryEntry]:
        """Move what was taken back out of the corrections that count.

        A correction of which it is damaged who took it back was taken back all the same.
        """
        found = []
        for row in self._tables.all("undone"):
            correction = self.corrections.pop(row["rowid"], None)
            try:
                back = taken_back_of(
                    [row.get(name) for name in ("correction", "at", "author", "checksum")]
                )
            except DamagedError:
                self.faults.append(f"who took correction {row['rowid']} back is damaged")
                continue
            if correction:
                found.append(HistoryEntry(correction, back))
        return found

    def reports(self) -> Iterator[ReadReport]:
        """Yield every report as far as it can be read, in the order in which they came."""
        for id_ in self._numbers:
            yield self.read(id_)

    def read(self, id_: str) -> ReadReport:
        """Return what can be read of a report."""
        report = ReadReport(id_)
        number = self._numbers[id_]
        row = self._tables.row("reports", number) if number else {}
        report.checksums = self._checksums(report)
        self._facts(report, row)
        self._text(report, row)
        report.corrections = self._corrections_of.get(id_, {})
        if report.text is not None:
            self._sentences(report, report.text)
            self._figures(report, report.text)
        self._sources(report)
        return report

    def _checksums(self, report: ReadReport) -> Checksums | None:
        for row in self._rows("checksums", report.id):
            sums = Checksums(*(row.get(name, "") for name in Checksums.__slots__))
            if sums.whole:
                return sums
        if self._tables.columns("checksums"):
            report.faults.append(Fault("checksums", "its checksums are lost"))
        return None

    def _facts(self, report: ReadReport, row: Row) -> None:
        def fault(message: str) -> None:
            report.faults.append(Fault("facts", message))

        there = set(self._tables.columns("reports"))
        for name in FACTS:
            value = row.get(name, None if name in there else _UNKNOWN.get(name, ""))
            if not _can_be(value, name):
                fault(f"its {name} cannot be read")
                value = _UNKNOWN.get(name, "")
            report.facts[name] = value
        if report.facts["id"] != report.id:
            fault("its id is damaged")
            report.facts["id"] = report.id
        sums = report.checksums
        if sums and not report.damaged("facts") and facts_digest(row) != sums.facts:
            fault("what is known of it is not what was written")

    def _text(self, report: ReadReport, row: Row) -> None:
        text = row.get("text")
        sums = report.checksums
        if not isinstance(text, str):
            report.faults.append(Fault("text", "its text cannot be read"))
        elif sums and text_digest(text) != sums.text:
            report.faults.append(Fault("text", "its text is not what was written"))
        else:
            report.text = text

    # -- sentences -------------------------------------------------------------------------

    def _rows(self, table: str, report: str) -> list[Row]:
        try:
            return self._tables.of_report(table, report)
        except (DamagedError, sqlite3.Error):
            return self._tables.scanned_of(table, report)

    def _sentences(self, report: ReadReport, text: str) -> None:
        rows = self._in_order(self._rows("sentences", report.id))
        sums = report.checksums
        if sums and _digest(rows, PLACES) != sums.places:
            # An index that is damaged may have missed some.
            rows = self._in_order(self._tables.scanned_of("sentences", report.id))
            if _digest(rows, PLACES) != sums.places:
                message = "its sentences are not those that were written"
                report.faults.append(Fault("sentences", message))
        end = number = 0
        for row in rows:
            sentence = _sentence(row, text)
            if sentence is None or sentence.start < end or sentence.n <= number:
                n = row.get("n", "?")
                report.faults.append(Fault("sentences", f"sentence {n} does not stand in its text"))
                continue
            if sentence.n != number + 1:
                gap = f"{number + 1}" + (f" to {sentence.n - 1}" if sentence.n > number + 2 else "")
                report.faults.append(Fault("sentences", f"sentence {gap} is missing"))
            end, number = sentence.end, sentence.n
            report.sentences.append(self._tagged(report, sentence, row))
        if not report.sentences:
            report.faults.append(Fault("sentences", "it has no sentences"))
        if sums and not report.damaged("sentences", "tags") and _digest(rows, TAGS) != sums.tags:
            report.faults.append(Fault("tags", "its tags are not those that were written"))
            report.untagged |= {sentence.n for sentence in report.sentences}

    @staticmethod
    def _in_order(rows: list[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: n if isinstance(n := row.get("n"), int) else 0)

    def _tagged(self, report: ReadReport, sentence: StoredSentence, row: Row) -> StoredSentence:
        """Return the sentence with its tags, without any when they are damaged."""
        topic: Any
        role: Any
        probability: Any
        topic, also, role, probability, number = (row.get(name) for name in _TAG)
        key = topic, also, role
        if key not in self._tags:  # there are few that differ
            self._tags[key] = self._topics(topic, also, role)
        topics, wrong = self._tags[key]
        if not isinstance(probability, float) or not _is_probability(probability):
            wrong = "its probability cannot be"
        elif not isinstance(number, int) or not (number == 0 or number in report.corrections):
            wrong = wrong or f"correction {number!r}, which they are from, is damaged or lost"
        if wrong:
            message = f"the tags of sentence {sentence.n} are damaged: {wrong}"
            report.faults.append(Fault("tags", message))
            report.untagged.add(sentence.n)
            return sentence
        s = sentence
        return StoredSentence(
            s.id, s.report, s.n, s.text, s.start, s.end, s.section, s.item, role, s.kind, topic,
            topics, probability, bool(number),
        )  # fmt: skip

    def _topics(self, topic: Any, written: Any, role: Any) -> tuple[tuple[str, ...], str]:
        """Return the further topics of a sentence, and what is wrong with all of its topics."""
        topics, roles = self._names.topics, self._names.roles
        try:
            also = slugs(written, "the tags")
        except DamagedError:
            also = ("",)
        wrong = ""
        if not isinstance(topic, str) or not all(also):
            wrong = "they cannot be read"
        elif topics is not None and (unknown := {topic, *also} - topics - {"", UNSURE}):
            wrong = f"no model here has the topic {min(unknown)!r}"
        elif not isinstance(role, str) or (roles is not None and role not in roles):
            wrong = f"no model here has the role {role!r}"
        elif not _is_tag(topic, also, role):
            wrong = "they cannot be tags"
        return also, wrong

    # -- what stands beside ------------------------------------------------------------------

    def _figures(self, report: ReadReport, text: str) -> None:
        rows = self._rows("figures", report.id)
        sums = report.checksums
        if sums and _figures_digest(rows) != sums.figures:
            rows = self._tables.scanned_of("figures", report.id)
            if _figures_digest(rows) != sums.figures:
                message = "its figures are not those that were written"
                report.faults.append(Fault("figures", message))
        elif sums and not self._with_figures:
            return
        for row in rows:
            try:
                figure = figure_of(tuple(row[name] for name in _FIGURE))
                if text[figure.start : figure.end] != figure.raw:
                    raise DamagedError("a figure")
                report.figures.append(figure)
            except (DamagedError, KeyError):
                message = f"a figure of sentence {row.get('n', '?')} is damaged"
                report.faults.append(Fault("figures", message))

    def _sources(self, report: ReadReport) -> None:
        for row in self._rows("copies", report.id):
            try:
                if _digest([row], COPY) != row.get("checksum"):
                    raise DamagedError("a source")
                copied_of(row)
                report.copies.append((row["source"], row["file"], row["sha256"]))
            except (DamagedError, KeyError, ValueError):
                report.faults.append(Fault("copies", "one of its other sources is damaged"))
        report.copies.sort()
        sql = f"SELECT {', '.join(SIMILAR)}, checksum FROM similar WHERE report = ?1 OR other = ?1"
        try:
            for one, other, *shares, checksum in self._db.execute(sql, (report.id,)):
                if digest([(one, other, *shares)]) != checksum:
                    raise DamagedError("likeness")
                found = Similar(other if one == report.id else one, *shares)
                similar_of(asdict(found))
                report.similar.append(found)
        except (DamagedError, sqlite3.Error, ValueError):
            report.faults.append(Fault("copies", "what it is like cannot be read"))
        report.similar.sort(key=lambda s: (-s.jaccard, s.report))


def _is_probability(value: float) -> bool:
    return 0 <= value <= 1 and round(value, 4) == value  # as the store rounds it


def _is_tag(topic: str, also: tuple[str, ...], role: str) -> bool:
    """Say whether topics and a role can be such, by the rules of the import."""
    try:
        topics_of({"topic": topic, "also": list(also)})
        slug("role", role)
    except ValueError:
        return False
    return True


def _digest(rows: list[Row], columns: tuple[str, ...]) -> str:
    try:
        return digest(list(map(itemgetter(*columns), rows)))
    except KeyError:
        return ""


def _figures_digest(rows: list[Row]) -> str:
    try:
        return figures_digest(map(itemgetter(*FIGURES), rows))
    except KeyError:
        return ""


def _can_be(value: Any, name: str) -> TypeGuard[str]:
    """Say whether a fact of a report can have this value, by the rules of the import."""
    if not isinstance(value, str):
        return False
    try:
        fact_of(name, from_json(value, name) if name in _IN_JSON else value)
    except (GongwenError, ValueError):
        return False
    return True


@lru_cache(256)  # sentences of one section follow one another
def _is_line(value: Any) -> bool:
    return _can_be(value, "title")


def _sentence(row: Row, text: str) -> StoredSentence | None:
    """Return the sentence in a row without its tags, ``None`` when it cannot stand in the text."""
    n, start, end = (row.get(name) for name in ("n", "start", "end"))
    section: Any = row.get("section")
    item: Any = row.get("item")
    kind: Any = row.get("kind")
    if not (isinstance(n, int) and isinstance(start, int) and isinstance(end, int)):
        return None
    if not (_is_line(section) and _is_line(item) and kind in KINDS):
        return None
    if not 0 <= start < end <= len(text) or not clean_text(text[start:end]).strip():
        return None
    return StoredSentence(
        row["rowid"], str(row["report"]), n, text[start:end], start, end, section, item,
        "achievement", kind, "", (), 0.0,
    )  # fmt: skip
