"""Repair a library: a new one of what is whole; the rest is read again from its files."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..core import SYNONYMS_FILE
from ..ingest.prepare import BY_HAND, described, figures_of, tag_document
from ..library import Library
from ..nlp.document.blocks import furniture_of
from ..nlp.document.overrides import with_said
from ..nlp.document.parse import parse_document
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import DamagedError, GongwenError, LibraryError
from ..nlp.fields import FIELD_NAMES
from ..nlp.records import Document, Figure, Sentence, Tag
from ..nlp.seeds import SETTINGS_FILE
from ..nlp.text.dates import stored_year
from ..readers.base import stem_of
from ..storage.connection import CheckedConnection
from ..storage.database_file import FILE
from ..storage.lock import WriterLock
from ..storage.models import ModelStore
from ..storage.open_store import named_store
from ..storage.store import NewReport, Restored
from ..storage.trash import rows_of
from .integrity import Reader, ReadReport
from .salvage import Tables, open_copy
from .verification import names_of

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier


def kept(old: ReadReport) -> NewReport:
    """Return a report as it was."""
    tags = [Tag(s.topic, s.also, s.probability) for s in old.sentences]
    return _new(old, _document(old), tags, old.figures)


def anew(read: ReadReport, old: ReadReport, place: str) -> NewReport:
    """Return a report that was read anew, under its old name and with what was said of it.

    Args:
        read: as it is now.
        old: what is left of it.
        place: where it was read from.
    """
    new = kept(read)
    if old.said:
        document = _with_all(new.document, old.said, BY_HAND)
        new = replace(new, document=document, figures=figures_of(document))
    return replace(new, id=old.id, source=place, said=old.said, similar=old.similar)


def mended(old: ReadReport, classifier: TopicClassifier, least: float) -> NewReport:
    """Return a report whose text is whole, with the rest made anew where it is damaged.

    Args:
        old: what is left of it.
        classifier: tags the sentences that have lost their tags.
        least: the probability below which a topic is ``unsure``.
    """
    assert old.text is not None
    document = _document(old)
    if old.damaged("facts", "sentences"):
        parsed = parse_document(old.text, furniture_of(document.sentences))
        if old.damaged("facts"):
            stem = stem_of(old.facts["source"])
            known = _with_all(described(parsed, stem, {}), old.stated, "file")
            document = replace(_with_all(known, old.said, BY_HAND), sentences=document.sentences)
        if old.damaged("sentences"):
            document = replace(document, sentences=parsed.sentences)
    sound = {(s.start, s.end): s for s in old.sentences if s.n not in old.untagged}
    sentences: list[Sentence] = []
    tags: list[Tag] = []
    for s, tag in zip(document.sentences, tag_document(document, classifier, least), strict=True):
        was = sound.get((s.start, s.end))
        sentences.append(replace(s, role=was.role) if was else s)
        tags.append(Tag(was.topic, was.also, was.probability) if was else tag)
    document = replace(document, sentences=tuple(sentences))
    again = old.damaged("facts", "sentences", "figures")
    return _new(old, document, tags, figures_of(document) if again else old.figures)


def _new(
    old: ReadReport, document: Document, tags: list[Tag], figures: Iterable[Figure]
) -> NewReport:
    return NewReport(
        id=old.id,
        source=old.facts["source"] or old.facts["file"] or f"{old.id}.txt",
        document=document,
        tags=tags,
        sketch=[int(h) for h in sketch(document)],
        figures=list(figures),
        notes=old.notes,
        similar=old.similar,
        stated=old.stated,
        said=old.said,
    )


def _document(old: ReadReport) -> Document:
    facts: dict[str, Any] = {name: old.facts[name] for name in FIELD_NAMES}
    units = (
        Sentence(s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind)
        for s in old.sentences
    )
    return Document(
        text=old.text or "",
        how=old.how,
        sentences=tuple(units),
        **facts | {"year": stored_year(old.facts["year"])},
    )


def _with_all(document: Document, said: Mapping[str, str], how: str) -> Document:
    """Return ``document`` with what was said of it, but for what cannot be read."""
    for name, value in said.items():
        with contextlib.suppress(GongwenError):
            document = with_said(document, {name: value}, how=how)
    return document


RepairStatus = Literal["kept", "mended", "read anew", "lost"]
_WAIT_SECONDS = 2.0
"""Seconds that another process may go on writing."""
_FILE_AND_PART = ("!/", "#")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class RepairedReport:
    """What became of a report.

    Attributes:
        report: its id.
        status: ``kept`` byte by byte; ``mended``: its text is kept, and made anew is what the
            reason names; ``read anew`` from its file; or ``lost``.
        source: where it was read from, ``""`` when that is lost too.
        reason: why it is not just kept, ``""`` when it is.
    """

    report: str
    status: RepairStatus
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair has done.

    Attributes:
        folder: the new library.
        reports: what became of each report, in the order in which they came into the old library.
        corrections: how many corrections were kept.
        models: how many models of the library's own were kept.
        losses: what else is lost, a line each.
    """

    folder: Path
    reports: tuple[RepairedReport, ...]
    corrections: int
    models: int
    losses: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is lost."""
        return not self.losses and all(report.status != "lost" for report in self.reports)

    @property
    def counts(self) -> Mapping[RepairStatus, int]:
        """How many reports there are of each status."""
        return Counter(report.status for report in self.reports)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "library": str(self.folder),
            "reports": [asdict(report) for report in self.reports],
            "counts": dict(self.counts),
            "corrections": self.corrections,
            "models": self.models,
            "losses": list(self.losses),
            "complete": self.complete,
        }


def repair(
    old: str | Path, new: str | Path | None = None, *, progress: Progress | None = None
) -> Repaired:
    """Make a new library of what is whole in ``old``, which stays as it is.

    Kept are reports whose text, values, sentences, tags and figures are what was written; of
    others what is whole, and the rest is made anew from their text, or, where that is damaged, from
    the files they were read from. Corrections, what was said of reports by hand, models, synonyms
    and settings come along.

    Args:
        old: folder of the damaged library.
        new: folder of the new one, absent or empty; by default ``OLD-repaired``.
        progress: told of every report (``repairing``).

    Raises:
        LibraryError: there is no library in ``old``, or ``new`` cannot be made.
        LibraryInUseError: another process is writing to ``old``.
    """
    old = Path(old)
    new = Path(new) if new is not None else old.with_name(f"{old.resolve().name}-repaired")
    if address := named_store(old):
        raise LibraryError(
            f"{old}: this library lies in {address}, where repair mends nothing; restore the "
            "database from its backup, or export what is whole and import it into a new library"
        )
    if not (old / FILE).is_file():
        raise LibraryError(f"{old}: no library in it; name its folder with --library")
    _check_new(old, new)
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"{new.name}.repairing-", dir=new.parent))
    except OSError as error:
        raise LibraryError(f"{new}: cannot be made ({error.strerror}); give another -o") from None
    try:
        with contextlib.closing(_Repair(old, scratch)) as work:
            done = work.run(progress or (lambda what, n, total: None))
        with contextlib.suppress(FileNotFoundError):
            new.rmdir()  # an empty one
        (scratch / "library").rename(new)
    except OSError as error:
        why = error.strerror or error
        raise LibraryError(
            f"{new}: cannot be made ({why}); make room, or give another -o"
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return replace(done, folder=new)


def _check_new(old: Path, new: Path) -> None:
    if new.exists() and not (new.is_dir() and not any(new.iterdir())):
        raise LibraryError(f"{new}: is there already; give another folder with -o")
    if new.resolve().is_relative_to(old.resolve()):
        raise LibraryError(f"{new}: lies in the old library; give another folder with -o")


class _Repair:
    """One repair, in a folder of its own."""

    def __init__(self, old: Path, scratch: Path) -> None:
        self._old = old
        self._scratch = scratch
        self._library = Library(scratch / "library")
        self._staging: Library | None = None
        self._losses: list[str] = []
        self._ids: dict[str, str] = {}
        self._sources: set[str] = set()

    def close(self) -> None:
        """Release every file."""
        self._library.close()
        if self._staging:
            self._staging.close()

    def run(self, progress: Progress) -> Repaired:
        """Do it, into the folder ``library`` beside."""
        models = self._models()
        self._synonyms()
        self._config()
        (copy := self._scratch / "copy").mkdir()
        # A lock that is there keeps writers away; where nothing was ever written, or may be, there
        # is none to keep away.
        lock = WriterLock(self._old).held("repair", _WAIT_SECONDS)
        with lock if (self._old / "lock.db").exists() else contextlib.nullcontext():
            db = open_copy(self._old, copy)
        if db is None:
            self._losses.append(
                f"nothing in {FILE} can be found, its first page is damaged; add the files anew"
            )
            return Repaired(self._library.folder, (), 0, models, tuple(self._losses))
        with contextlib.closing(db):
            self._settings(db)
            reader = Reader(db, names_of(self._library.models))
            self._losses += [f"{fault}: it is lost" for fault in reader.faults]
            self._library._store.tags.restore(reader.loose.values())
            reports = self._read_lost(reader)
            done = []
            for number, report in enumerate(reports, 1):
                done.append(self._bring(report))
                progress("repairing", number, len(reports))
            self._library._store.tags.bring_history(reader.taken_back)
            self._trash(db)
        if self._staging:
            self._staging.close()
        self._library.reindex()
        corrections = len(self._library._store.tags.corrections())
        return Repaired(self._library.folder, tuple(done), corrections, models, tuple(self._losses))

    # -- what stands beside the reports --------------------------------------------------------

    def _models(self) -> int:
        """Copy the models that can be used, under their numbers."""
        old = ModelStore(self._old / "models")
        new = self._library.models
        kept = 0
        for version in old.numbers()[1:]:
            try:
                files = old.packed(version)
                old.check_packed(files)
                new.put(version, files)
                kept += 1
            except (GongwenError, OSError, ValueError, TypeError) as error:
                self._losses.append(f"model {version} is lost: {_first(error)}")
        try:
            if old.active:
                new.use(old.active)
        except (GongwenError, OSError) as error:
            self._losses.append(f"which model tags is lost, it is the shipped one: {_first(error)}")
        return kept

    def _synonyms(self) -> None:
        # late: a search does not need it
        from ..nlp.seeds import load_synonyms

        path = self._old / SYNONYMS_FILE
        try:
            if path.exists():
                load_synonyms([path])
                shutil.copyfile(path, self._library.folder / SYNONYMS_FILE)
        except (GongwenError, OSError, ValueError) as error:
            self._losses.append(f"{SYNONYMS_FILE} is lost: {_first(error)}")

    def _config(self) -> None:
        try:
            if (self._old / SETTINGS_FILE).exists():
                shutil.copyfile(self._old / SETTINGS_FILE, self._library.folder / SETTINGS_FILE)
        except OSError as error:
            self._losses.append(f"{SETTINGS_FILE} is lost: {_first(error)}")

    def _settings(self, db: CheckedConnection) -> None:
        try:
            row = db.execute("SELECT value FROM meta WHERE key = 'min_probability'").fetchone()
            if row and not 0 <= float(row[0]) <= 1:
                raise ValueError("it is not from 0 to 1")
            if row:
                self._library.min_probability = float(row[0])
        except (DamagedError, TypeError, ValueError) as error:
            self._losses.append(f"min_probability is lost: {_first(error)}")

    def _trash(self, db: CheckedConnection) -> None:
        """Bring the entries of the trash that are whole."""
        kept = []
        for row in Tables(db).all("trash"):
            try:
                rows_of(row)
                kept.append(row)
            except DamagedError as error:
                self._losses.append(f"{_first(error)}: it is lost")
        self._library._store.trash.bring(kept)

    # -- reports -------------------------------------------------------------------------------

    def _read_lost(self, reader: Reader) -> list[_Found]:
        """Return every report, those without their text as they are read anew from their files."""
        found = [_Found(report) for report in reader.reports()]
        lost = [one for one in found if one.old.text is None]
        files = dict.fromkeys(_file(source) for one in lost for source in _places(one.old))
        if not files:
            return found
        self._staging = Library(self._scratch / "staging")
        for version in self._library.models.numbers()[1:]:
            self._staging.models.put(version, self._library.models.packed(version))
        self._staging.models.use(self._library.models.active)
        least = self._library.min_probability
        failed: dict[str, str] = {}
        for file in files:
            try:
                outcomes = self._staging.add([file], min_probability=least)
                for outcome in outcomes:
                    if outcome.status == "failed":
                        failed[file] = outcome.message
            except LibraryError:
                raise
            except GongwenError as error:
                failed[file] = str(error)
        store = self._staging._store
        staged = Reader(store._db, names_of(self._staging.models))
        for one in lost:
            places = _places(one.old)
            for place in places:
                if id_ := store.report_from(place) or store.sources.report_of_copy(place):
                    one.anew, one.place = staged.read(id_), place
                    break
            one.why = next((failed[f] for f in map(_file, places) if f in failed), "")
        return found

    def _bring(self, found: _Found) -> RepairedReport:
        """Put a report into the new library, and say what became of it."""
        old = found.old
        faults = "; ".join(dict.fromkeys(fault.message for fault in old.faults))
        source = old.facts["source"] or next(iter(_places(old)), "")
        if found.anew is not None:
            reason = _since(found)
            old.facts |= {name: found.anew.facts[name] for name in ("file", "sha256")}
            self._put(anew(found.anew, old, found.place), old, apply=True)
            return RepairedReport(old.id, "read anew", found.place, f"{faults}; {reason}")
        if old.text is None:
            self._library._store.tags.restore(old.corrections.values())  # it may come back
            why = found.why or ("its file is gone" if source else "nobody knows its file")
            return RepairedReport(old.id, "lost", source, f"{faults}; {why}")
        if not faults:
            self._put(kept(old), old, apply=False)
            if self._proven(old):
                return RepairedReport(old.id, "kept", source)
            return RepairedReport(old.id, "mended", source, "it is older than its checksums")
        if old.damaged("facts") and not old.facts["said"].strip("{}"):
            faults += "; what was said of it by hand, if anything was, is gone"
        classifier, least = self._library.models.load(), self._library.min_probability
        self._put(mended(old, classifier, least), old, apply=True)
        return RepairedReport(old.id, "mended", source, faults)

    def _put(self, new: NewReport, old: ReadReport, apply: bool) -> None:
        """Store a report; ``apply`` its corrections where its tags are not the old ones."""
        store = self._library._store
        source, number = new.source, 1
        while source in self._sources:  # by damage: two reports from one place replace each other
            number += 1
            source = f"{new.source} ({number})"
        self._sources.add(source)
        similar = [s for s in new.similar if s.report in self._ids]
        id_ = store.restore(
            Restored(
                new=replace(new, source=source, similar=similar),
                file=old.facts["file"] or _file(source),
                sha256=old.facts["sha256"],
                added=old.facts["added"],
                copies=old.copies,
                corrections=list(old.corrections.values()),
                corrected=frozenset(s.n for s in old.sentences if s.corrected and not apply),
                ids=self._ids,
            )
        )
        self._ids[old.id] = id_
        if apply and old.corrections:
            with store.transaction() as generation:
                store.tags.reapply(id_, generation, self._library.taxonomy)

    def _proven(self, old: ReadReport) -> bool:
        """Say whether the new library has the same checksums for a report as the old one."""
        sql = "SELECT text, facts, places, figures FROM checksums WHERE report = ?"
        rows = self._library._store._db.execute(sql, (self._ids[old.id],)).fetchall()
        sums = old.checksums
        return sums is not None and rows == [(sums.text, sums.facts, sums.places, sums.figures)]


@dataclass(slots=True)
class _Found:
    """A report of the old library, and its like from its file when its text is damaged."""

    old: ReadReport
    anew: ReadReport | None = None
    place: str = ""
    why: str = ""


def _places(report: ReadReport) -> list[str]:
    """Return where a report was found."""
    return [s for s in (report.facts["source"], *(s for s, _, _ in report.copies)) if s]


def _file(source: str) -> str:
    """Return the file of a source: without the member of an archive, or the row of a table."""
    if not Path(source).exists():
        for mark in _FILE_AND_PART:
            source = source.partition(mark)[0]
    return source


def _since(found: _Found) -> str:
    """Say whether a report that was read anew is as it was."""
    assert found.anew is not None
    was, now = found.old.checksums, found.anew.checksums
    if was and now and was.text == now.text:
        return "its text is the same again"
    if found.old.facts["sha256"] == found.anew.facts["sha256"]:
        return "its file is the same as then"
    return "its file has changed since"


def _first(error: Exception) -> str:
    return " ".join(str(error).partition(";")[0].split())
