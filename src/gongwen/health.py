"""What a library holds, and whether it is sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .nlp.errors import GongwenError
from .schema import VERSION
from .store import Store
from .workers import worker_confinement

if TYPE_CHECKING:
    from .library import Library
    from .writing import WriterLock


def status(
    library: Library, store: Store, lock: WriterLock, indexed: int, problem: str
) -> dict[str, object]:
    """Return what ``library`` holds and what is wrong with it.

    Args:
        library: the library.
        store: its store.
        lock: says who is writing.
        indexed: the generation of its index.
        problem: why the index cannot be opened, ``""`` when it can.
    """
    writer = lock.holder()
    problems = [problem] if problem else []
    problems += store.problems()
    problems += _models(library)
    # Behind a writer that is at work the index is no trouble.
    if not problem and indexed != store.generation and not writer:
        problems.append("the index is behind the store; run gongwen reindex")
    return {
        "library": str(library.folder),
        "format": VERSION,
        "reports": len(store.report_ids()),
        "sentences": store.count_changed(0),
        "copies": store.sources.count_copies(),
        "corrections": len(store.tags.corrections()),
        "generation": store.generation,
        "indexed": indexed,
        "segmenter": store.meta("segmenter") or "",
        "model": library.models.active or "shipped",
        "writer": writer,
        "bytes": sum(f.stat().st_size for f in library.folder.rglob("*") if f.is_file()),
        "confinement": worker_confinement().names(),
        "problems": problems,
    }


def _models(library: Library) -> Iterator[str]:
    try:
        for version in {*library.models.numbers(), library.models.active}:
            library.models.load(version)
    except GongwenError as error:
        yield str(error)
