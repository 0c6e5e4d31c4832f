"""What a folder has of a library beside its store: the locks, and files that several desks share.

A library with a file of its own is its own desk: it has one lock for all, and shares nothing. Of a
library on a server there may be several desks (``server_desk.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from .lock import Lock, WriterLock
from .store import Store


class OnlyDesk:
    """The desk of a library with a file of its own: one lock for all, and nothing to share.

    Args:
        folder: the library's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.lock: Lock = WriterLock(folder)
        self.index_lock: Lock = self.lock

    def fetch(self) -> bool:
        """Take what another desk has changed of the shared files; say whether there was any."""
        return False

    def publish(self) -> None:
        """Give other desks what this one has changed of the shared files; only under the lock."""

    def put_aside(self) -> list[Path]:
        """Return the files of this desk in whose place another desk has put its own."""
        return []

    def close(self) -> None:
        """Release what is kept for the next time."""


class Desk(Protocol):
    """What a folder has of a library beside its store.

    Attributes:
        lock: keeps other writers away.
        index_lock: keeps others away who write the index.
    """

    lock: Lock
    index_lock: Lock

    def fetch(self) -> bool:
        """Take what another desk has changed of the shared files; say whether there was any."""

    def publish(self) -> None:
        """Give other desks what this one has changed of the shared files; only under the lock."""

    def put_aside(self) -> list[Path]:
        """Return the files of this desk in whose place another desk has put its own."""

    def close(self) -> None:
        """Release what is kept for the next time."""


def desk_of(folder: Path, store: Store) -> Desk:
    """Return the desk of the library in ``folder``."""
    if not store.address:
        return OnlyDesk(folder)
    from .server_desk import ServerDesk  # late: imports the client of PostgreSQL

    return ServerDesk(folder, store)
