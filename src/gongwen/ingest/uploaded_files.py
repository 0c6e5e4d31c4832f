"""Delete the files that were uploaded to a library once no report comes from them any more.

Files that were added through the page live on as ``LIBRARY/files/NAME``. A report that is removed
keeps its file, so that it can be restored; the file goes when the trash is emptied. Whoever puts a
file there holds the lock for writing until its report is stored, and so does whoever deletes.
"""

from __future__ import annotations

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
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    unused = _not_from(files, store.sources.all()) if files else []
    if unused:
        try:
            unused = _not_from(unused, store.trash.sources())
        except DAMAGE:
            return 0
    deleted = 0
    for path in unused:
        with suppress(OSError):
            path.unlink()
            deleted += 1
            remove_empty(path.parent, root)
    return deleted


def _not_from(files: list[Path], sources: set[str]) -> list[Path]:
    """Return the files that none of ``sources`` names, also as an archive or a part of a file."""
    used: set[str] = set()
    for source in sources:
        file = source.partition("!/")[0]
        used |= {file, file.rpartition("#")[0]}
    return [path for path in files if display_name(str(path)) not in used]


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those around it, up to ``root``, as far as they are empty.

    Raises:
        OSError: one of them is not empty.
    """
    while folder != root and folder.is_relative_to(root):
        folder.rmdir()
        folder = folder.parent
