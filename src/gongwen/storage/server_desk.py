"""One of several desks with a library on a server: its locks, and its copies of shared files.

Every desk needs the same models, the same choice among them and the same synonyms, or it would tag
and search otherwise. Their files lie in the folder of each desk, where they are read; the server
has them in a table, and a desk fetches what another one has changed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import LibraryError
from .lock import WAIT_SECONDS, Held, Lock, WriterLock
from .postgres_lock import ServerLock
from .row_values import now
from .store import Store
from .store_address import store_address

SHARED_FOLDERS = ("models",)
SHARED_FILES = ("synonyms.toml",)
PUT_ASIDE = "put-aside"
"""Folder with files of this desk in whose place another desk has put its own."""
_TOKEN = "shared"
"""Setting of the library that changes with the shared files."""
_RECORD = "shared.json"
"""File of a desk with what it has last fetched or published."""


class ServerDesk:
    """One of several desks with a library on a server.

    Args:
        folder: the folder of this desk.
        store: the store on the server.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        address = store_address(store.address)
        lock = ServerLock(address, "store")
        store.keep_fence(lock.backend)
        self.lock: Lock = lock
        self.index_lock: Lock = _IndexLock(store, WriterLock(folder), ServerLock(address, "index"))
        self._folder = folder
        self._store = store
        self._seen: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        """Close the connections of the locks that are kept for the next time."""
        self.lock.close()
        self.index_lock.close()

    def fetch(self) -> bool:
        """Take what another desk has changed of the shared files; say whether there was any.

        A file that was changed here too goes into the folder ``put-aside``.

        Raises:
            WriteError: the folder of this desk cannot be written to.
        """
        token = self._store.meta(_TOKEN)
        if not token or token == self._record()[0]:
            return False
        with self._store.snapshot():
            token = self._store.meta(_TOKEN) or ""
            remote = dict(self._store._db.execute("SELECT name, sha256 FROM shared_files"))
            known = self._record()[1]
            changed = sorted(
                (name for name in {*remote, *known} if remote.get(name) != known.get(name)),
                key=_order,
            )
            for name in changed:
                self._take(name, known.get(name, ""), remote.get(name, ""))
        self._keep_record(token, remote)
        return bool(changed)

    def _take(self, name: str, known: str, wanted: str) -> None:
        path = self._folder / name
        here = _hash(path)
        if here == wanted:
            return
        if here not in ("", known):
            aside = self._folder / PUT_ASIDE / f"{now().replace(':', '')}-{path.name}"
            make_folder(aside.parent)
            write_whole(aside, path.read_bytes())
        if not wanted:
            path.unlink(missing_ok=True)
            return
        sql = "SELECT content FROM shared_files WHERE name = ?"
        [(content,)] = self._store._db.execute(sql, (name,))
        if sha256(content).hexdigest() != wanted or not _is_shared(name):
            raise LibraryError(
                f"{name} on the server is damaged; restore the database from its backup"
            )
        make_folder(path.parent)
        write_whole(path, content)

    def publish(self) -> None:
        """Give other desks what this one has changed of the shared files; only under the lock.

        Raises:
            LibraryError: the server cannot be written to; it is tried again next time.
        """
        seen = dict(self._signatures())
        if seen == self._seen or self._store.read_only:
            return
        token, known = self._record()
        here = {name: _hash(self._folder / name) for name in seen}
        changed = [name for name in {*here, *known} if here.get(name) != known.get(name)]
        if changed:
            token = uuid.uuid4().hex
            with self._store.transaction(bump=False):
                for name in sorted(changed):
                    self._put(name, here.get(name, ""))
                self._store.set_meta(_TOKEN, token)
            self._keep_record(token, here)
        self._seen = seen

    def _put(self, name: str, checksum: str) -> None:
        db = self._store._db
        db.execute("DELETE FROM shared_files WHERE name = ?", (name,))
        if checksum:
            content = (self._folder / name).read_bytes()
            row = (name, sha256(content).hexdigest(), content, now())
            db.execute("INSERT INTO shared_files VALUES (?, ?, ?, ?)", row)

    def put_aside(self) -> list[Path]:
        """Return the files of this desk in whose place another desk has put its own."""
        return sorted((self._folder / PUT_ASIDE).glob("*"))

    def _signatures(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the shared files of this desk, with what tells that one was changed."""
        for path in self._shared_here():
            try:
                known = path.stat()
            except FileNotFoundError:
                continue
            yield path.relative_to(self._folder).as_posix(), (known.st_mtime_ns, known.st_size)

    def _shared_here(self) -> Iterator[Path]:
        for folder in SHARED_FOLDERS:
            for path in (self._folder / folder).glob("*"):
                if _is_shared(f"{folder}/{path.name}") and path.is_file():
                    yield path
        for name in SHARED_FILES:
            if (self._folder / name).is_file():
                yield self._folder / name

    def _record(self) -> tuple[str, dict[str, str]]:
        """Return the state of the shared files that this desk has last seen, and their hashes."""
        try:
            kept = json.loads((self._folder / _RECORD).read_text("utf-8"))
            files = {str(name): str(checksum) for name, checksum in kept["files"].items()}
            return str(kept["token"]), files
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return "", {}

    def _keep_record(self, token: str, files: Mapping[str, str]) -> None:
        kept = {"token": token, "files": dict(sorted(files.items()))}
        write_whole(self._folder / _RECORD, json.dumps(kept, indent=1).encode())


class _IndexLock:
    """The lock of the index: that of the folder, or of all desks where they share one index."""

    def __init__(self, store: Store, local: WriterLock, shared: ServerLock) -> None:
        self._store = store
        self._local = local
        self._shared = shared

    @property
    def _lock(self) -> Lock:
        engine = self._store.meta("engine") or ""
        return self._shared if "://" in engine else self._local

    def held(
        self,
        doing: str,
        wait: float = WAIT_SECONDS,
        first: Callable[[], object] | None = None,
        last: Callable[[], object] | None = None,
    ) -> Held:
        """Return a context manager that holds the lock, as of :meth:`WriterLock.held`."""
        return self._lock.held(doing, wait, first, last)

    def set_aside(self, meanwhile: Callable[[], object] | None = None) -> bool:
        """Let others have their turn, where they wait in order; return whether that was done."""
        return self._lock.set_aside(meanwhile)

    def holder(self) -> str:
        """Return who else holds the lock, in words, ``""`` for nobody."""
        return self._lock.holder()

    def close(self) -> None:
        """Release what is kept for the next time."""
        self._shared.close()


def _is_shared(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    plain = not file.startswith(".") and "\\" not in name
    return name in SHARED_FILES or (folder in SHARED_FOLDERS and plain)


def _order(name: str) -> tuple[bool, bool, str]:
    """Order names so that a model comes behind its other files, and the choice behind all."""
    return name.endswith("/active"), name.endswith(".npz"), name


def _hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""
