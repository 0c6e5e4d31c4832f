"""What a library holds, and whether it is sound."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import settings
from .nlp.errors import GongwenError, LibraryError, LibraryInUseError
from .schema import VERSION
from .store import Store
from .workers import worker_confinement

if TYPE_CHECKING:
    from .indexing import Indexing
    from .library import Library
    from .modelstore import ModelStore
    from .writing import WriterLock


_PATIENCE_SECONDS = 0.5
"""What a reader that cannot take the lock waits before it calls an index behind."""
_ADVICE = "run gongwen reindex"


def status(
    library: Library, store: Store, lock: WriterLock, indexing: Indexing
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
        problems += settings.problems(library.folder, store.meta("min_probability"))
    problems += library.models.problems()
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
