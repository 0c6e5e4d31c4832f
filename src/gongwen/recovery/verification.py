"""Verify everything that a library keeps, and report its health."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import setting_problems
from ..ingest.worker_pool import worker_confinement
from ..nlp.errors import DamagedError, GongwenError, LibraryError, LibraryInUseError
from ..storage.database_file import REPAIR, file_problems
from ..storage.migrations import VERSION
from ..storage.store import Store

if TYPE_CHECKING:
    from ..core import OpenLibrary
    from ..index.engine import Engine, Entry
    from ..storage.index_sync import Indexing
    from ..storage.lock import WriterLock
    from ..storage.models import ModelStore
    from .integrity import Names, ReadReport


_TROUBLE = (DamagedError, sqlite3.Error)
_MOST_LISTED = 20
"""Differences of an index that are listed; they are mended all together."""
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Verification:
    """What was looked at, and what is wrong with it.

    Attributes:
        verified: how many of each kind were looked at: reports, sentences, figures, corrections,
            models, and sentences of the index.
        problems: what is wrong, a line each, with what to do.
    """

    verified: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def verify(
    library: OpenLibrary, store: Store, engine: Callable[[], Engine], progress: Progress
) -> Verification:
    """Look at everything in ``library``: whether its text, values, tags, figures, models, synonyms
    and index are what was written. Nothing is changed.

    Args:
        library: the library.
        store: its store.
        engine: opens its index.
        progress: told of every report (``verifying``).
    """
    done = Verification()
    _models(library, done)
    try:
        _ = library.synonyms
    except (GongwenError, OSError) as error:
        done.problems.append(f"synonyms.toml: {error}")
    opened: Engine | None = None
    with contextlib.suppress(GongwenError, OSError):  # the plain status says why
        opened = engine()
    with store.snapshot():
        done.problems += file_problems(store._db, whole=True)
        done.problems += _settings(store._db)
        entries = _reports(store._db, names_of(library.models), done, progress)
        if opened is not None and opened.generation == store.generation:
            _index(opened, entries, done)
        else:
            for _ in entries:
                pass
    return done


def status(
    library: OpenLibrary,
    store: Store,
    lock: WriterLock,
    indexing: Indexing,
    deep: Progress | None,
) -> dict[str, object]:
    """Return what ``library`` holds and what is wrong with it; verify all of it when ``deep``."""
    if deep is None:
        return known_status(library, store, lock, indexing)
    found = verify(library, store, indexing.engine, deep)
    known: dict[str, Any] = {}
    try:
        known |= known_status(library, store, lock, indexing)
    except GongwenError as error:  # it reads what may be damaged
        known |= {"library": str(library.folder), "problems": [str(error)]}
    plain: list[str] = known.pop("problems")
    problems = list(dict.fromkeys([*plain, *found.problems]))
    return known | {"verified": dict(found.verified), "problems": problems}


def names_of(models: ModelStore) -> Names:
    """Return what tags may be called in a library; nothing is known when a model is damaged."""
    # late: a search does not need it
    from .integrity import Names

    try:
        return Names.of(map(models.taxonomy, models.numbers()))
    except (GongwenError, OSError, ValueError):
        return Names()


def advice(report: ReadReport) -> str:
    """Return what can be done about the faults of a report."""
    if report.text is not None:
        return "gongwen repair makes it anew from its text"
    source = report.facts["source"] or next((s for s, _, _ in report.copies), "")
    return f"gongwen repair reads it anew from {source}" if source else "add its file again"


def _models(library: OpenLibrary, done: Verification) -> None:
    models = library.models
    for version in models.numbers():
        done.verified["models"] += 1
        try:
            models.load(version), models.taxonomy(version)
            if version:  # the shipped one has no files in the library
                models.card(version), models.labels(version), models.texts(version)
        except (GongwenError, OSError, ValueError, TypeError) as error:
            done.problems.append(
                f"model {version} is damaged ({error}); gongwen models use another"
            )


def _settings(db: sqlite3.Connection) -> Iterator[str]:
    try:
        meta = dict(db.execute("SELECT key, value FROM meta"))
        if not isinstance(meta.get("id"), str):
            yield f"the library has lost its own name; {REPAIR}"
        if not 0 <= float(meta.get("min_probability") or 0) <= 1:
            yield "min_probability is damaged; give it anew: gongwen add --min-probability"
        [(latest,)] = db.execute("SELECT max(max(generation), max(tagged)) FROM sentences")
        if int(meta.get("generation") or 0) < int(latest or 0):
            yield f"the number of the last change is damaged; {REPAIR}"
        [(wrong,)] = db.execute(
            "SELECT count(*) FROM sketches"
            " WHERE size != (SELECT count(*) FROM shingles WHERE sketch = sketches.id)"
        )
        if wrong:
            yield (
                f"the sketches of {wrong} reports, by which others are recognised, are damaged; "
                + (REPAIR)
            )
    except (*_TROUBLE, TypeError, ValueError) as error:
        yield f"the settings are damaged ({' '.join(str(error).split())}); {REPAIR}"


def _reports(
    db: sqlite3.Connection, names: Names, done: Verification, progress: Progress
) -> Iterator[Entry]:
    """Look at every report, and yield its sentences as the index should have them."""
    # late: a search does not need it
    from ..nlp.text.dates import stored_year
    from ..nlp.text.normalize import squeeze
    from ..results import Report
    from ..storage.index_sync import entry_of
    from .integrity import Reader

    reader = Reader(db, names)
    done.verified["corrections"] = len(reader.corrections)
    total = len(reader.ids)
    for number, read in enumerate(reader.reports(), 1):
        progress("verifying", number, total)
        done.verified["reports"] += 1
        done.verified["sentences"] += len(read.sentences)
        done.verified["figures"] += len(read.figures)
        for fault in read.faults:
            done.problems.append(f"report {read.id}: {fault.message}; {advice(read)}")
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
    done.problems += [f"{fault}; {REPAIR}" for fault in reader.faults]


def _index(engine: Engine, entries: Iterator[Entry], done: Verification) -> None:
    def counted() -> Iterator[Entry]:
        for entry in entries:
            done.verified["indexed"] += 1
            yield entry

    wrong: list[str] = []
    try:
        wrong += engine.verify()
        wrong += engine.compare(counted(), all_of_them=False)
    except GongwenError as error:
        wrong.append(str(error))
    for _ in entries:  # those that an index which cannot be read has left over
        pass
    if engine.replaced:  # by a writer, meanwhile: nothing was proven
        return
    more = len(wrong) - _MOST_LISTED
    if more > 0:
        wrong[_MOST_LISTED:] = [f"and {more} more"]
    done.problems += [f"the index: {what}; run gongwen reindex" for what in wrong]


_PATIENCE_SECONDS = 0.5
"""What a reader that cannot take the lock waits before it calls an index behind."""
_ADVICE = "run gongwen reindex"


def known_status(
    library: OpenLibrary, store: Store, lock: WriterLock, indexing: Indexing
) -> dict[str, object]:
    """Return what ``library`` holds and what is wrong with it.

    Args:
        library: the library.
        store: its store.
        lock: says who is writing.
        indexing: its index.
    """
    indexed, problem = indexing.state()
    if not problem:
        indexing.tidy_when_free()
    writer = lock.holder()
    with store.snapshot():
        found = {
            "library": str(library.folder),
            "format": VERSION,
            "reports": len(store.report_ids()),
            "sentences": store.count_changed(0),
            "copies": store.sources.count_copies(),
            "corrections": len(store.tags.corrections()),
            "generation": store.generation,
            "indexed": indexed,
            "segmenter": store.meta("segmenter") or "",
        }
        problems = [problem] if problem else []
        problems += store.problems()
        problems += setting_problems(library.folder, store.meta("min_probability"))
    problems += library.models.problems()
    stale = library.bring_up_to_date()
    if stale and not lock.holder():
        problems.append(stale)
    if not problem and indexed != found["generation"] and _is_behind(store, lock, indexing):
        problems.append(f"the index is behind the store; {indexing.hindrance or _ADVICE}")
    return found | {
        "model": _active(library.models),
        "writer": writer,
        "bytes": _bytes(library.folder),
        "confinement": worker_confinement().names(),
        "problems": problems,
    }


def _is_behind(store: Store, lock: WriterLock, indexing: Indexing) -> bool:
    """Say whether the index stays behind the store though nobody is writing.

    Writers change the store first and let the index follow, so this is only known under the lock.
    Who may not take it looks whether anything changes.
    """
    if not store.read_only:
        try:
            with lock.held("status", wait=0.0):
                indexing.catch_up()
        except LibraryInUseError:
            return False
        except LibraryError as error:
            indexing.hindrance = str(error)
        return indexing.behind
    before = store.generation
    time.sleep(_PATIENCE_SECONDS)
    indexed, _ = indexing.state()
    return before == store.generation != indexed


def _bytes(folder: Path) -> int:
    """Return the bytes of all files, but those that a writer is just replacing."""
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
