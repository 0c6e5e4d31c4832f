"""What a library holds, and whether it is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .store import Store

if TYPE_CHECKING:
    from .library import Library


def status(library: Library, store: Store, indexed: int, problem: str) -> dict[str, object]:
    """Return what ``library`` holds and what is wrong with it.

    Args:
        library: the library.
        store: its store.
        indexed: the generation of its index.
        problem: why the index cannot be opened, ``""`` when it can.
    """
    problems = [problem] if problem else []
    if (sound := store.check()) != "ok":
        problems.append(f"the store is damaged: {sound}")
    if not problem and indexed != store.generation:
        problems.append("the index is behind the store; run gongwen reindex")
    return {
        "library": str(library.folder),
        "reports": len(store.report_ids()),
        "sentences": store.count_changed(0),
        "corrections": len(store.tags.corrections()),
        "generation": store.generation,
        "indexed": indexed,
        "segmenter": store.meta("segmenter") or "",
        "model": library.models.active or "shipped",
        "bytes": sum(f.stat().st_size for f in library.folder.rglob("*") if f.is_file()),
        "problems": problems,
    }
