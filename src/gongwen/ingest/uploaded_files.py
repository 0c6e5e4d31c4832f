"""Delete the files that were uploaded to a library once no report comes from them any more.

Files that were added through the page live on as ``LIBRARY/files/NAME``. A report that is removed
keeps its file, so that it can be restored; the file goes when the trash is emptied. Whoever puts a
file there holds the lock for writing until its report is stored, and so does whoever deletes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..readers.base import display_name
from ..storage.store import Store
from .recompute import DAMAGE

FOLDER = "files"
"""Folder in the library with the files that were added through the page."""


def delete_unused(store: Store, folder: Path) -> int:
    """Delete the uploaded files that no report comes from, and return how many.

    Files of reports in the trash stay. While the source of some report cannot be read, all files
    stay.

    Args:
        store: of the library, whose lock for writing the caller holds.
        folder: of the library.
    """
    root = (folder / FOLDER).resolve()
    files = {
        display_name(path.relative_to(root).as_posix()): path
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    unused = set(files) - names_used(store.sources.all()) if files else set()
    if unused:
        try:
            unused -= names_used(store.trash.sources())
        except DAMAGE:
            return 0
    deleted = 0
    for name in sorted(unused):
        with suppress(OSError):
            files[name].unlink()
            deleted += 1
            remove_empty(files[name].parent, root)
    return deleted


def names_used(sources: Iterable[str]) -> set[str]:
    """Return the names that uploaded files would have of which ``sources`` are, or are parts.

    The folder of a library may have been moved since, so that only what stands behind ``files/``
    counts; a name too many keeps a file, one too few would delete it.

    Example:
        >>> sorted(names_used(["/old/files/甲.zip!/a.docx", "/x/files/files/b.txt"]))
        ['b.txt', 'files/b.txt', '甲.zip']
    """
    used: set[str] = set()
    for source in sources:
        file = source.replace("\\", "/").partition("!/")[0]
        for whole in {file, file.rpartition("#")[0]}:
            parts = whole.split("/")
            used |= {"/".join(parts[at + 1 :]) for at, part in enumerate(parts) if part == FOLDER}
    return used


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those around it, up to ``root``, as far as they are empty.

    Raises:
        OSError: one of them is not empty.
    """
    while folder != root and folder.is_relative_to(root):
        folder.rmdir()
        folder = folder.parent
