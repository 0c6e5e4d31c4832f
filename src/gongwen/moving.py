"""A library as lines of JSON, and back: everything in it, tags, corrections and models too."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clock import now
from .modelstore import ModelStore
from .movedlines import FORMAT, MovedLibrary, MovedModel, MovedReport, read_moved
from .nlp.errors import LibraryError, ModelError, ReadError, WriteError
from .nlp.likeness import sketch
from .nlp.outfile import write_whole
from .outcomes import FileOutcome, Outcome, stopped
from .results import Correction, StoredSentence
from .store import Store
from .storing import NewReport, Restored
from .writing import WriterLock

if TYPE_CHECKING:
    from .library import Library

SYNONYMS_FILE = "synonyms.toml"

COLUMNS = (
    "report", "n", "text", "topic", "also", "probability", "corrected", "role", "kind", "section",
    "item", "start", "end", "title", "region", "year", "province", "city", "county", "adcode",
    "level", "agency", "date", "address", "source",
)  # fmt: skip
"""Columns of a sentence in a table."""


class Moving:
    """All of a library, out and in.

    Args:
        library: the library.
        store: its store.
        catch_up: brings the index up to the store.
        lock: is held while the library changes.
    """

    def __init__(
        self, library: Library, store: Store, catch_up: Callable[[], None], lock: WriterLock
    ) -> None:
        self._models = library.models
        self._synonyms = library.folder / SYNONYMS_FILE
        self._store = store
        self._catch_up = catch_up
        self._lock = lock

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield everything that the library holds, one object a line, as of one moment.

        First the library with its settings, then its models, then each report with its sentences
        and their corrections, then the corrections of reports that were removed.
        """
        store, models, synonyms = self._store, self._models, self._synonyms
        with store.snapshot():
            yield {
                "type": "library",
                "format": FORMAT,
                "exported": now(),
                "min_probability": float(store.meta("min_probability") or 0),
                "synonyms": synonyms.read_text("utf-8") if synonyms.exists() else "",
            }
            for version in models.numbers()[1:]:
                active = version == models.active
                yield {"type": "model", "active": active, "files": models.packed(version)}
            left = store.tags.corrections()
            for report in store.reports():
                yield {"type": "report", **report.to_dict(), **store.sources.kept(report.id)}
                for sentence in store.sentences_of(report.id):
                    yield {"type": "sentence", **sentence.to_dict()}
                for number in [n for n, c in left.items() if c.report == report.id]:
                    yield _correction(left.pop(number))
            yield from map(_correction, left.values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every sentence with its tags and what is known of its report."""
        with self._store.snapshot():
            for report in self._store.reports():
                known = report.to_dict()
                for sentence in self._store.sentences_of(report.id):
                    row = known | sentence.to_dict()
                    yield {column: row[column] for column in COLUMNS}

    def take_in(self, path: Path) -> list[FileOutcome]:
        """Bring in what another library exported; all of it is checked before anything changes.

        A report that is there with the same text and tags is left alone; one from the same source
        with others is replaced. A model that is not there becomes a version of its own, and active
        when the library has none of its own.

        Raises:
            ReadError: the file is missing, or no export of a library; names the line.
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        with self._lock.held("import"):
            outcomes = _Importer(self._store, self._models, self._synonyms).run(path)
            # What is stored stays; an index that cannot follow now does so when it is opened.
            with contextlib.suppress(LibraryError, OSError):
                self._catch_up()
        return outcomes


def _correction(correction: Correction) -> dict[str, Any]:
    return {"type": "correction", **asdict(correction), "also": list(correction.also)}


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
        own_models = len(self._models.numbers()) > 1
        for moved in read_moved(path):
            if isinstance(moved, MovedReport):
                outcomes.append(self._report(moved, ids))
            elif isinstance(moved, MovedModel):
                version = self._models.unpack(moved.files)
                if moved.active and not own_models:
                    self._models.use(version)
            elif isinstance(moved, MovedLibrary):
                self._settings(moved)
            else:
                loose.append(moved)
        self._store.tags.restore(loose)

    def _check(self, path: Path, model: MovedModel) -> None:
        try:
            self._models.check_packed(model.files)
        except ModelError as error:
            raise ReadError(f"{path}: a model in it cannot be used ({error})") from None

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
        from .extracting import figures_of  # late: the command line would wait for its rules

        new = NewReport(
            id=moved.id,
            source=moved.source,
            document=moved.document,
            tags=moved.tags,
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
