"""Verify everything that a library stores, and report its status with what is wrong."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import setting_problems
from ..ingest.worker_pool import worker_confinement
from ..nlp.errors import DamagedError, GongwenError, LibraryError, LibraryInUseError
from ..nlp.text.dates import stored_year
from ..nlp.text.normalize import squeeze
from ..results import Report
from ..storage.database_file import REPAIR
from ..storage.feeding import entry_of
from ..storage.index_sync import Indexing, Progress
from ..storage.migrations import VERSION
from ..storage.store import Store
from ..storage.transactions import Database
from ..storage.trash import rows_of

if TYPE_CHECKING:
    from ..core import OpenLibrary
    from ..index.engine import Engine, Entry
    from ..storage.lock import Lock
    from ..storage.models import ModelStore
    from .integrity import Names, ReadReport


_READ_ERRORS = (DamagedError, sqlite3.Error)
_MAX_LISTED = 20
"""Maximum differences of an index that are listed; one reindex repairs all of them."""


@dataclass(slots=True)
class Verification:
    """The result of verifying a library.

    Attributes:
        verified: the number of things verified by kind: ``reports``, ``sentences``, ``figures``,
            ``corrections``, ``models``, ``trash``, and ``indexed`` for sentences of the index.
        problems: what is wrong, one line each, with advice.
    """

    verified: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def verify(
    library: OpenLibrary, store: Store, indexing: Indexing, progress: Progress
) -> Verification:
    """Verify that everything in a library is as it was written, without changing anything.

    Texts, metadata, tags, figures, models, synonyms and the index are compared with their checksums
    and with one another.

    Args:
        library: the library.
        store: its store.
        indexing: its index.
        progress: called after each report (``verifying``).
    """
    result = Verification()
    _check_models(library, result)
    try:
        _ = library.synonyms
    except (GongwenError, OSError) as error:
        result.problems.append(f"synonyms.toml: {error}")
    result.problems += indexing.damage()
    opened: Engine | None = None
    with contextlib.suppress(GongwenError, OSError):  # known_status() reports why
        opened = indexing.engine()
    with store.snapshot():
        result.problems += store.problems()
        result.problems += _setting_faults(store._db)
        _check_trash(store._db, result)
        entries = _check_reports(store._db, names_of(library.models), result, progress)
        if opened and not opened.outdated and opened.generation == store.generation:
            _check_index(opened, entries, result)
        else:
            for _ in entries:
                pass
    return result


def status(
    library: OpenLibrary,
    store: Store,
    lock: Lock,
    indexing: Indexing,
    deep: Progress | None,
) -> dict[str, object]:
    """Return the counts and the problems of a library, as ``gongwen status`` prints them.

    Args:
        library: the library.
        store: its store.
        lock: its lock, which tells who is writing.
        indexing: its index.
        deep: called after each report, when everything is to be verified; ``None`` otherwise.

    Returns:
        A JSON object; ``problems`` has one line for each problem.
    """
    if deep is None:
        return known_status(library, store, lock, indexing)
    found = verify(library, store, indexing, deep)
    known: dict[str, Any] = {}
    try:
        known |= known_status(library, store, lock, indexing)
    except GongwenError as error:  # a damaged file can make it fail
        known |= {"library": str(library.folder), "problems": [str(error)]}
    plain: list[str] = known.pop("problems")
    problems = list(dict.fromkeys([*plain, *found.problems]))
    return known | {"verified": dict(found.verified), "problems": problems}


def names_of(models: ModelStore) -> Names:
    """Return the names that tags may have in a library; unrestricted when a model is damaged."""
    from .integrity import Names  # late: a status verifies nothing unless it is asked to

    try:
        return Names.of(map(models.taxonomy, models.numbers()))
    except (GongwenError, OSError, ValueError):
        return Names()


def advice(report: ReadReport) -> str:
    """Return what can be done about the faults of a report, such as ``add its file again``."""
    if report.text is not None:
        return "gongwen repair makes it anew from its text"
    source = report.facts["source"] or next((s for s, _, _ in report.copies), "")
    return f"gongwen repair reads it anew from {source}" if source else "add its file again"


def _check_models(library: OpenLibrary, result: Verification) -> None:
    """Load all files of all models, and add what is damaged to the result."""
    models = library.models
    for version in models.numbers():
        result.verified["models"] += 1
        try:
            models.load(version), models.taxonomy(version)
            if version:  # the shipped one has no files in the library
                models.card(version), models.labels(version), models.texts(version)
        except (GongwenError, OSError, ValueError, TypeError) as error:
            result.problems.append(
                f"model {version} is damaged ({error}); gongwen models use another"
            )


def _setting_faults(db: Database) -> Iterator[str]:
    """Yield the faults of the settings, the generation, and the sketches of reports."""
    try:
        meta = dict(db.execute("SELECT key, value FROM meta"))
        if not isinstance(meta.get("id"), str):
            yield f"the library has lost its own name; {REPAIR}"
        if not 0 <= float(meta.get("min_probability") or 0) <= 1:
            yield "min_probability is damaged; give it anew: gongwen add --min-probability"
        [latest] = db.execute("SELECT max(generation), max(tagged) FROM sentences")
        if int(meta.get("generation") or 0) < max(int(number or 0) for number in latest):
            yield f"the number of the last change is damaged; {REPAIR}"
        [(wrong,)] = db.execute(
            "SELECT count(*) FROM sketches"
            " WHERE size != (SELECT count(*) FROM shingles WHERE sketch = sketches.id)"
        )
        if wrong:
            yield (
                f"the sketches of {wrong} reports, by which others are recognised, are damaged; "
                f"{REPAIR}"
            )
    except (*_READ_ERRORS, TypeError, ValueError) as error:
        yield f"the settings are damaged ({' '.join(str(error).split())}); {REPAIR}"


def _check_trash(db: Database, result: Verification) -> None:
    """Verify every entry of the trash."""
    from .salvage import tables_of  # late: likewise

    for row in tables_of(db).all("trash"):
        result.verified["trash"] += 1
        try:
            rows_of(row)
        except DamagedError as error:
            problem = str(error).partition(";")[0]
            result.problems.append(
                f"{problem} and cannot be restored; gongwen trash empty {row['rowid']} deletes it"
            )


def _check_reports(
    db: Database, names: Names, result: Verification, progress: Progress
) -> Iterator[Entry]:
    """Verify every report, and yield its sentences as the index should have them."""
    from .integrity import Reader  # late: likewise

    reader = Reader(db, names)
    result.verified["corrections"] = len(reader.corrections)
    total = len(reader.ids)
    for number, read in enumerate(reader.reports(), 1):
        progress("verifying", number, total)
        result.verified["reports"] += 1
        result.verified["sentences"] += len(read.sentences)
        result.verified["figures"] += len(read.figures)
        for fault in read.faults:
            result.problems.append(f"report {read.id}: {fault.message}; {advice(read)}")
        if read.faults:
            continue
        facts = read.facts
        report = Report(
            id=read.id,
            title=facts["title"],
            region=facts["region"],
            year=stored_year(facts["year"]),
            source=facts["source"],
            sentences=len(read.sentences),
            sha256=facts["sha256"],
            added=facts["added"],
        )
        for sentence in read.sentences:
            yield entry_of(sentence, report, squeeze(sentence.text), ())
    result.problems += [f"{fault}; {REPAIR}" for fault in reader.faults]


def _check_index(engine: Engine, entries: Iterator[Entry], result: Verification) -> None:
    """Compare the index with the sentences that it should have."""

    def counted() -> Iterator[Entry]:
        for entry in entries:
            result.verified["indexed"] += 1
            yield entry

    wrong: list[str] = []
    try:
        wrong += engine.compare(counted(), all_of_them=False)
    except GongwenError as error:
        wrong.append(str(error))
    for _ in entries:  # verify the remaining reports when the index cannot be read
        pass
    if engine.replaced:  # by a writer meanwhile, so the comparison proves nothing
        return
    more = len(wrong) - _MAX_LISTED
    if more > 0:
        wrong[_MAX_LISTED:] = [f"and {more} more"]
    result.problems += [f"the index: {what}; run gongwen reindex" for what in wrong]


# -- status without verification -------------------------------------------------------------------
# It costs the same in every library: it counts by indexes, and reads no text and no index file.

_READER_WAIT_SECONDS = 0.5
"""Seconds that a reader, which cannot acquire the lock, waits before it calls an index behind."""
_ADVICE = "run gongwen reindex"


def known_status(
    library: OpenLibrary, store: Store, lock: Lock, indexing: Indexing
) -> dict[str, object]:
    """Return the counts and the problems of a library without verifying its contents.

    Args:
        library: the library.
        store: its store.
        lock: its lock, which tells who is writing.
        indexing: its index.
    """
    indexed, problem = indexing.state()
    if not problem:
        indexing.tidy_when_free()
    writer = lock.holder()
    with store.snapshot():
        trashed, trash_bytes = store.trash.totals()
        found = {
            "library": str(library.folder),
            "format": VERSION,
            "reports": store.count_reports(),
            "sentences": store.count_sentences(),
            "copies": store.sources.count_copies(),
            "corrections": store.tags.count_corrections(),
            "trash": trashed,
            "trash_bytes": trash_bytes,
            "generation": store.generation,
            "indexed": indexed,
            "engine": indexing.engine_name,
            "segmenter": store.segmenter("://" not in indexing.engine_name),
        }
        problems = [problem] if problem else []
        problems += setting_problems(library.folder, store.meta("min_probability"))
    problems += library.models.problems()
    problems += filter(None, [library.told_aside()])
    stale = library.bring_up_to_date()
    if stale and not lock.holder():
        problems.append(stale)
    if not problem and not stale and indexing.outdated and not lock.holder():
        problems.append(
            "an older gongwen wrote the index, in which fewer ways of writing a number match; "
            f"{indexing.hindrance or 'let someone who may write to it run gongwen reindex'}"
        )
    if not problem and indexed != found["generation"] and _is_behind(store, lock, indexing):
        problems.append(f"the index is behind the store; {indexing.hindrance or _ADVICE}")
    return (
        found
        | {
            "model": _active(library.models),
            "writer": writer,
            "bytes": _bytes(library.folder),
            "confinement": worker_confinement().names(),
            "problems": problems,
        }
        | ({"store": store.address} if store.address else {})
    )


def _is_behind(store: Store, lock: Lock, indexing: Indexing) -> bool:
    """Return whether the index stays behind the store although nobody is writing.

    Writers change the store first and the index afterwards, so this is only certain under the lock.
    A reader that cannot acquire it waits a moment, and looks whether anybody writes and whether the
    generations have changed.
    """
    if not store.index_read_only:
        try:
            with lock.held("status", wait=0.0):
                indexing.catch_up()
        except LibraryInUseError:
            return False
        except LibraryError as error:
            indexing.hindrance = str(error)
            return indexing.behind
        return False  # looking again without the lock would see what the next writer does
    before = store.generation
    time.sleep(_READER_WAIT_SECONDS)
    if lock.holder():
        return False  # the writer brings the index up to date before the lock is free
    indexed, _ = indexing.state()
    return before == store.generation != indexed


def _bytes(folder: Path) -> int:
    """Return the bytes of all files of a library, skipping those that a writer is replacing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
    return total


def _active(models: ModelStore) -> int | str:
    try:
        return models.active or "shipped"
    except GongwenError:
        return "damaged"
