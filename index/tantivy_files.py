"""Keep the files of an index of tantivy: a process that dies leaves the old state or the new one.

Each state has a folder of its own, and a manifest names the one that holds. Files of tantivy never
change once they are written, so a new state begins as hard links to those of the one before; it is
written, and the manifest is replaced last. What no manifest names is a leftover.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex

from ..nlp.atomic_write import write_whole
from ..nlp.errors import IndexLostError
from .array_files import advice, file_identity, find_damage, sync_files, sync_folder
from .engine import Statistics
from .exact_tokens import Totals

FORMAT = 1
"""Version of the manifest, of the fields and of the tokens in them."""
_MANIFEST, _STAGED_MANIFEST = "tantivy.json", "tantivy-next.json"
_PREFIX = "tantivy-"
"""Beginning of the names of all folders of an index."""
_CHANGING = frozenset(("meta.json", ".managed.json"))
"""Files that tantivy replaces, which are copied; its locks are left out."""


@dataclass(frozen=True)
class Manifest:
    """What the manifest of an index says.

    Attributes:
        owner: identifier of the library.
        build: name of this build of the index.
        generation: the store's generation up to which it is complete.
        folder: name of the folder of its files, ``""`` for an empty index.
        totals: what is known of all sentences.
        files: size and checksum of each file, by its name below the index's folder.
        format: version of what is stored.
    """

    owner: str
    build: str
    generation: int = 0
    folder: str = ""
    totals: Totals = field(default_factory=Totals)
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def new(cls, owner: str) -> Manifest:
        """Return that of an empty index."""
        return cls(owner, f"{_PREFIX}{token_hex(4)}")

    @classmethod
    def read(cls, text: str) -> Manifest:
        """Return what :meth:`written` wrote.

        Raises:
            ValueError: it is none.
        """
        try:
            values = json.loads(text)
            found = cls(
                str(values["owner"]),
                str(values["build"]),
                int(values["generation"]),
                str(values["folder"]),
                Totals.read(values["totals"]),
                {str(name): (int(size), int(crc)) for name, (size, crc) in values["files"].items()},
                int(values["format"]),
            )
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError from error
        if found.folder and not found.folder.startswith(_PREFIX):
            raise ValueError
        if found.folder and Path(found.folder).name != found.folder:
            raise ValueError
        return found

    def written(self) -> bytes:
        """Return the manifest as it is stored."""
        values = {
            "format": self.format,
            "owner": self.owner,
            "build": self.build,
            "generation": self.generation,
            "folder": self.folder,
            "totals": self.totals.to_dict(),
            "files": self.files,
        }
        return json.dumps(values).encode()

    @cached_property
    def statistics(self) -> Statistics:
        """What ranking needs to know of all sentences."""
        return self.totals.statistics()


class Files:
    """The files of an index.

    Args:
        location: the folder of the index, which is created when it is missing.
        owner: identifier of the library.
        staged: whether an index beside the present one is read and written.
    """

    def __init__(self, location: Path, owner: str, staged: bool) -> None:
        self.location = location
        self._owner = owner
        self.staged = staged

    @property
    def _path(self) -> Path:
        return self.location / (_STAGED_MANIFEST if self.staged else _MANIFEST)

    def identity(self) -> tuple[int, ...]:
        """Return a value that changes when the manifest is replaced."""
        return file_identity(self._path)

    def lost(self, why: str, error: Exception | None = None) -> IndexLostError:
        """Return the error for an index that cannot be used, with the reason."""
        return IndexLostError(f"{self.location}: {why}; {advice(error or ValueError())}")

    def manifest(self) -> Manifest:
        """Return the manifest, that of an empty index when there is none.

        Raises:
            IndexLostError: it is damaged, of a format that cannot be read or of another library.
        """
        try:
            found = Manifest.read(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return Manifest.new(self._owner)
        except ValueError:
            raise self.lost("its manifest is damaged") from None
        if found.format != FORMAT:
            raise self.lost(f"it has format {found.format}")
        if found.owner != self._owner:
            raise self.lost("it belongs to another library")
        return found

    def check_sizes(self, manifest: Manifest) -> None:
        """Raise an error when a file is missing or has another size, before it is mapped.

        Raises:
            ValueError: a file has another size.
            OSError: a file is missing.
        """
        for name, (size, _) in manifest.files.items():
            if (self.location / name).stat().st_size != size:
                raise ValueError(f"{name} is damaged")

    def damage(self, manifest: Manifest) -> list[str]:
        """Return a message for each file that is not what the manifest says."""
        return find_damage(self.location, manifest.files, {})

    def successor(self, manifest: Manifest) -> Path:
        """Return a new folder with the files of the present state."""
        folder = self.location / f"{_PREFIX}{token_hex(8)}"
        folder.mkdir(parents=True)
        if manifest.folder:
            for name in manifest.files:
                source = self.location / name
                target = folder / source.name
                if source.name in _CHANGING:
                    shutil.copyfile(source, target)
                else:
                    _link(source, target)
        return folder

    def put(self, folder: Path, manifest: Manifest, generation: int, totals: Totals) -> Manifest:
        """Make the files of a folder the present state, and remove those before.

        Returns:
            The new manifest.

        Raises:
            OSError: a file cannot be written; the state before holds.
        """
        known = {
            f"{folder.name}/{Path(name).name}": entry
            for name, entry in manifest.files.items()
            if Path(name).name not in _CHANGING
        }
        for lock in folder.glob("*.lock"):
            lock.unlink()
        made = replace(
            manifest,
            generation=generation,
            folder=folder.name,
            totals=totals,
            files=sync_files(self.location, folder.name, known),
        )
        sync_folder(folder)
        write_whole(self._path, made.written())
        sync_folder(self.location)
        if manifest.folder:
            shutil.rmtree(self.location / manifest.folder, ignore_errors=True)
        return made

    def publish(self) -> None:
        """Put the staged manifest in the place of the present one."""
        self._path.replace(self.location / _MANIFEST)
        self.staged = False
        sync_folder(self.location)

    def leftovers(self, manifest: Manifest) -> Iterator[Path]:
        """Yield files and folders that the index does not use."""
        kept = {manifest.folder, self._path.name}
        for path in self.location.iterdir() if self.location.exists() else ():
            if path.name not in kept and path.name.startswith((_PREFIX, _MANIFEST)):
                yield path


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def remove(path: Path) -> None:
    """Remove a file or a folder; one that another process has open on Windows stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
