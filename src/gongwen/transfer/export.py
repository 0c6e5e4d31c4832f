"""Export a library as JSON lines and import it again, tags, corrections and models included."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import SYNONYMS_FILE
from ..nlp.atomic_write import write_whole
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import DamagedError, GongwenError, LibraryError, ReadError, WriteError, stopped
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import UNSURE, Sentence, Tag
from ..nlp.text.dates import stored_year
from ..nlp.validation import report_id
from ..recovery.integrity import Names, Reader, ReadReport
from ..recovery.verification import advice, names_of
from ..results import Correction, FileOutcome, Outcome, StoredSentence
from ..storage.lock import Held
from ..storage.models import ModelStore
from ..storage.row_values import now
from ..storage.store import NewReport, Restored, Store
from .jsonl_format import (
    FORMAT,
    MovedLibrary,
    MovedModel,
    MovedReport,
    fact_of,
    library_of,
    read_moved,
)

if TYPE_CHECKING:
    from ..core import OpenLibrary


Damaged = Callable[[str], None]
"""Told of everything that is damaged, in a line."""

COLUMNS = (
    "report", "n", "text", "topic", "also", "probability", "corrected", "role", "kind", "section",
    "item", "start", "end", "title", "region", "year",
    *(name for name in FIELD_NAMES if name not in ("title", "region", "year", "kind")), "source",
)  # fmt: skip
"""Columns of a sentence in a table."""


class Transfer:
    """Export and import of a whole library.

    Args:
        library: the library.
        store: its store.
        follow: brings the index up to the store, if it can be now.
        writing: gives the lock that is held while the library changes.
    """

    def __init__(
        self,
        library: OpenLibrary,
        store: Store,
        follow: Callable[[], None],
        writing: Callable[[str], Held],
    ) -> None:
        self._models = library.models
        self._synonyms = library.folder / SYNONYMS_FILE
        self._store = store
        self._follow = follow
        self._writing = writing

    def export(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield everything that the library holds, one object a line, as of one moment.

        First the library with its settings, then its models, then each report with its sentences
        and their corrections, then the corrections of reports that were removed.

        Of a damaged library, all that is whole: a report whose text is not what was written is left
        out, so are sentences that do not stand in their text (those behind them move up by one),
        figures of a report, and corrections; tags that cannot be read are left empty. It can always
        be imported: a report that has lost all of its sentences is split anew, and what else cannot
        be is empty, or as if it were added in 1970 from a file of its name.

        Args:
            damaged: told in a line of everything that is left out or damaged, and why.

        Raises:
            DamagedError: something is damaged, and nobody is to be told.
        """
        tell = damaged or _refuse
        with contextlib.closing(self._store.apart()) as store, store.snapshot():
            yield self._settings(store, tell)
            yield from self._packed_models(tell)
            reader = Reader(store._db, names_of(self._models), figures=False)
            _tell_all(reader.faults, tell)
            whole = set()
            for report in self._readable(reader, tell):
                whole.add(report.id)
                sentences = _renumbered(report.sentences)
                yield {"type": "report", **_facts(report, len(sentences)), "text": report.text}
                for sentence in sentences:
                    yield {"type": "sentence", **sentence.to_dict()}
                yield from map(_correction, report.corrections.values())
            for correction in reader.corrections.values():
                if correction.report not in whole:  # it was removed, or is left out
                    yield _correction(correction)

    def export_rows(self, damaged: Damaged | None = None) -> Iterator[dict[str, Any]]:
        """Yield every sentence with its tags and what is known of its report.

        Args:
            damaged: as of :meth:`export`.

        Raises:
            DamagedError: as of :meth:`export`.
        """
        tell = damaged or _refuse
        with contextlib.closing(self._store.apart()) as store, store.snapshot():
            reader = Reader(store._db, names_of(self._models), figures=False)
            for report in self._readable(reader, tell):
                known = _facts(report, len(report.sentences))
                for sentence in report.sentences:
                    row = known | sentence.to_dict()
                    yield {column: row[column] for column in COLUMNS}

    def _settings(self, store: Store, tell: Damaged) -> dict[str, Any]:
        least, synonyms = 0.0, ""
        try:
            least = float(store.meta("min_probability") or 0)
            if not 0 <= least <= 1:
                least = 0.0
                raise ValueError("not from 0 to 1")
        except (DamagedError, TypeError, ValueError) as error:
            tell(f"the least probability of a topic is left out: {_first(error)}")
        try:
            synonyms = self._synonyms.read_text("utf-8") if self._synonyms.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            tell(f"{SYNONYMS_FILE} is left out: it cannot be read ({error})")
        settings = {
            "type": "library",
            "format": FORMAT,
            "exported": now(),
            "min_probability": least,
            "synonyms": synonyms,
        }
        try:
            library_of(settings)
        except (GongwenError, ValueError) as error:
            tell(f"{SYNONYMS_FILE} is left out: {_first(error)}")
            settings["synonyms"] = ""
        return settings

    def _packed_models(self, tell: Damaged) -> Iterator[dict[str, Any]]:
        models, active = self._models, -1
        try:
            active = models.active
        except (GongwenError, OSError) as error:
            tell(f"which model is in use is left out: {_first(error)}")
        for version in models.numbers()[1:]:
            try:
                files = models.packed(version)
                models.check_packed(files)
            except (GongwenError, OSError, ValueError, TypeError) as error:
                tell(f"model {version} is left out: {_first(error)}")
            else:
                yield {"type": "model", "active": version == active, "files": files}

    @staticmethod
    def _readable(reader: Reader, tell: Damaged) -> Iterator[ReadReport]:
        """Yield the reports whose text is whole, in order of id, and tell what is not."""
        sources: set[str] = set()
        for id_ in sorted(reader.ids):
            report = reader.read(id_)
            if report.text is not None and not report.sentences:
                report.sentences = _split(id_, report.text)
            left_out = not report.sentences
            what = "is left out" if left_out else "is not all there"
            for fault in report.faults:
                tell(f"report {id_} {what}: {fault.message}; {advice(report)}")
            if not left_out:
                _place(report, sources)
                yield report

    def import_(self, path: Path) -> list[FileOutcome]:
        """Bring in what another library exported; all of it is checked before anything changes.

        A report that is there with the same text and tags is left alone; one from the same source
        with others is replaced. A model that is not there becomes a version of its own; that which
        was active becomes active when the library has no others and none was ever chosen. An import
        that was interrupted is completed by the next one of the same file.

        Raises:
            ReadError: the file is missing, or no export of a library; names the line.
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        with self._writing("import"):
            outcomes = _Importer(self._store, self._models, self._synonyms).run(path)
            self._follow()
        return outcomes


def _refuse(message: str) -> None:
    raise DamagedError(message)


def _tell_all(messages: Iterable[str], tell: Damaged) -> None:
    for message in messages:
        tell(f"{message} and left out")


def _first(error: Exception) -> str:
    """Return what an error says, in one line without its advice."""
    return " ".join(str(error).partition(";")[0].split())


def _split(id_: str, text: str) -> list[StoredSentence]:
    """Return the sentences of a report that has lost its own, without tags."""
    from ..nlp.document.parse import parse_document  # late: its rules cost time

    return [
        StoredSentence(
            0, id_, s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind, "", (), 0.0
        )
        for s in parse_document(text).sentences
    ]  # fmt: skip


def _place(report: ReadReport, sources: set[str]) -> None:
    """See that a report has a source and a file, and its source to itself.

    Args:
        report: what could be read of it.
        sources: those that are taken, as an import sees them; its own is added.
    """
    facts = report.facts
    written = facts["source"] or facts["file"] or f"{report.id}.txt"
    facts["file"] = facts["file"] or written
    facts["source"], number = written, 1
    while (source := fact_of("source", facts["source"])) in sources:
        number += 1
        facts["source"] = f"{written} ({number})"
    sources.add(source)


def _facts(report: ReadReport, sentences: int) -> dict[str, Any]:
    """Return what an export says of a report beside its text."""
    facts = report.facts
    known: dict[str, Any] = {"report": report.id, "sentences": sentences}
    known |= {name: value for name, value in facts.items() if name != "id"}
    return known | {
        "year": stored_year(facts["year"]),
        "how": report.how,
        "notes": list(report.notes),
        "copies": [source for source, _, _ in report.copies],
        "similar": [asdict(similar) for similar in report.similar],
        "stated": report.stated,
        "said": report.said,
        "copied": [
            {"source": source, "file": file, "sha256": sha256}
            for source, file, sha256 in report.copies
        ],
    }


def _renumbered(sentences: Sequence[StoredSentence]) -> list[StoredSentence]:
    return [s if s.n == n else replace(s, n=n) for n, s in enumerate(sentences, 1)]


def _correction(correction: Correction) -> dict[str, Any]:
    return {"type": "correction", **asdict(correction), "also": list(correction.also)}


def _known_topics(tag: Tag, names: Names) -> Tag:
    """Return ``tag`` without topics that no model of the library has; its own becomes unsure."""
    if names.topics is None:
        return tag
    known = {*names.topics, UNSURE, ""}
    topic = tag.topic if tag.topic in known else UNSURE
    return replace(tag, topic=topic, also=tuple(name for name in tag.also if name in known))


def _known_role(unit: Sentence, names: Names) -> Sentence:
    """Return ``unit`` as background when no model of the library has its role."""
    known = names.roles is None or unit.role in names.roles
    return unit if known else replace(unit, role="background")


class _Importer:
    """Brings an exported library into another one."""

    def __init__(self, store: Store, models: ModelStore, synonyms: Path) -> None:
        self._store = store
        self._models = models
        self._synonyms = synonyms

    def run(self, path: Path) -> list[FileOutcome]:
        """Check all of ``path``, then import it."""
        total = 0
        for moved in read_moved(path):
            total += isinstance(moved, MovedReport)
            if isinstance(moved, MovedModel):
                self._check(path, moved)
        outcomes: list[FileOutcome] = []
        try:
            self._take_in(path, outcomes)
        except (LibraryError, WriteError, sqlite3.Error, OSError) as error:
            raise stopped(error, len(outcomes), total, "reports", outcomes) from None
        return outcomes

    def _take_in(self, path: Path, outcomes: list[FileOutcome]) -> None:
        """Import ``path``; ``outcomes`` grows by what became of each report."""
        ids: dict[str, str] = {}
        loose: list[Correction] = []
        brought: set[int] = set()
        for moved in read_moved(path):
            if isinstance(moved, MovedReport):
                outcomes.append(self._report(moved, ids))
            elif isinstance(moved, MovedModel):
                version = self._models.unpack(moved.files)
                brought.add(version)
                # An import that was killed may have stored models that are not active yet.
                own = set(self._models.numbers()[1:]) - brought
                if moved.active and not own and not self._models.chosen:
                    self._models.use(version)
            elif isinstance(moved, MovedLibrary):
                self._settings(moved)
            else:
                loose.append(moved)
        self._store.tags.restore(loose)

    def _check(self, path: Path, model: MovedModel) -> None:
        try:
            self._models.check_packed(model.files)
        except GongwenError as error:
            at = f"{path}:{model.line}"
            raise ReadError(f"{at}: a model that cannot be used ({error})") from None

    def _settings(self, moved: MovedLibrary) -> None:
        if not self._store.meta("min_probability"):
            with self._store.transaction(bump=False):
                self._store.set_meta("min_probability", str(moved.min_probability))
        if moved.synonyms and not self._synonyms.exists():
            write_whole(self._synonyms, moved.synonyms.encode())

    def _report(self, moved: MovedReport, ids: dict[str, str]) -> FileOutcome:
        older = self._store.report_from(moved.source)
        size = len(moved.sentences)
        if older and self._store.text(older) == moved.document.text and self._same(older, moved):
            ids[moved.id] = older
            return FileOutcome(moved.source, "unchanged", older, size)
        from ..ingest.prepare import figures_of  # late: the command line would wait for its rules

        names = names_of(self._models)
        units = tuple(_known_role(unit, names) for unit in moved.document.sentences)
        new = NewReport(
            id=report_id(moved.id),
            source=moved.source,
            document=replace(moved.document, sentences=units),
            tags=[_known_topics(tag, names) for tag in moved.tags],
            sketch=[int(h) for h in sketch(moved.document)],
            figures=figures_of(moved.document),
            notes=moved.notes,
            # Of two that are alike, the second to come names the first.
            similar=[s for s in moved.similar if s.report in ids],
            stated=moved.stated,
            said=moved.said,
        )
        restored = Restored(
            new=new,
            file=moved.file,
            sha256=moved.sha256,
            added=moved.added,
            copies=moved.copies,
            corrections=moved.corrections,
            corrected=frozenset(moved.corrected),
            ids=ids,
        )
        ids[moved.id] = self._store.restore(restored)
        status: Outcome = "replaced" if older else "added"
        return FileOutcome(moved.source, status, ids[moved.id], size)

    def _same(self, older: str, moved: MovedReport) -> bool:
        def tagged(s: StoredSentence) -> tuple[object, ...]:
            return s.topic, s.also, s.corrected

        here = [tagged(s) for s in self._store.sentences_of(older)]
        there = [
            (tag.topic, tag.also, s.n in moved.corrected)
            for s, tag in zip(moved.sentences, moved.tags, strict=True)
        ]
        return here == there
