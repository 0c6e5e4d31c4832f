"""Read and write the manifest of an index, which says what belongs to it and is written last."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from operator import index
from pathlib import Path
from secrets import token_hex
from typing import Any

from ..nlp.errors import IndexLostError
from .array_files import Extent, advice, file_identity, is_file_name, sync, sync_folder
from .old_rows import OLD_FORMATS
from .row_files import RowFiles

FORMAT = 6
"""Version of the manifest and the files of rows, and of how numbers are written out in them."""
MANIFEST, STAGED_MANIFEST = "manifest.json", "manifest-next.json"
"""File names of the manifest and of that of an index which is to replace the present one."""
NO_POSTINGS = -1
"""Version of the postings of an index to which nothing was added yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What belongs to an index.

    Attributes:
        owner: identifier of the library; the index of another library is rejected.
        build: name of the folder of postings, which is different for every build of the index: a
            reader of an index that was replaced must not combine its rows with the postings of the
            next one.
        format: version of the files.
        generation: the store's generation up to which the index is complete, 0 for an empty one.
        postings: version of the postings that the rows belong to.
        rows: what :meth:`~gongwen.index.row_files.RowFiles.manifest` says, the name of a folder in
            an old index, ``None`` or ``""`` when there are no rows.
        words: number of words in all rows, with repeats.
        files: bytes and CRC-32 of the files of postings.
    """

    owner: str
    build: str
    format: int = FORMAT
    generation: int = 0
    postings: int = NO_POSTINGS
    rows: Any = None
    words: int = 0
    files: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def new(cls, owner: str) -> Manifest:
        """Return the manifest of an empty index."""
        return cls(owner=owner, build=f"postings-{token_hex(4)}")

    @classmethod
    def read(cls, folder: Path, owner: str) -> Manifest:
        """Return the manifest of the index in ``folder``, a new one when there is none.

        Raises:
            IndexLostError: the manifest is damaged, or its index cannot be used by this library.
        """
        try:
            found: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
            version, belongs_to = index(found["format"]), found.get("owner", "")
            if version in (*OLD_FORMATS, FORMAT):
                known = {name: found[name] for name in cls.__slots__ if name in found}
                known["owner"] = belongs_to
                manifest = cls(**known)
                manifest._check(folder)
        except FileNotFoundError:
            return cls.new(owner)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise lost_error(folder, "its manifest is damaged") from None
        if version not in (*OLD_FORMATS, FORMAT):
            raise lost_error(folder, f"it has format {version}")
        if belongs_to != owner:
            raise lost_error(folder, "it belongs to another library")
        return manifest

    def _check(self, folder: Path) -> None:
        """Raise ValueError or TypeError when a value cannot be, IndexLostError without postings."""
        if min(map(index, (self.generation, self.words, self.postings + 1))) < 0:
            raise ValueError("a number cannot be")
        folders = [self.build]
        if self.is_old and self.rows:
            folders.append(self.rows)
        elif self.rows:
            RowFiles.of_manifest(folder, self.rows)
        names = [*folders]
        for name, extent in self.files.items():
            Extent.of(extent)
            of_folder, _, own = name.partition("/")
            names.append(own if of_folder in folders else "..")
        if not self.build.startswith("postings-") or not all(map(is_file_name, names)):
            raise ValueError("a name leads out of the folder")
        if latest_version(folder / self.build) < self.postings:
            raise lost_error(folder, "its postings are lost")

    @property
    def is_old(self) -> bool:
        """Whether an older version wrote the index."""
        return self.format != FORMAT

    def write(self, folder: Path, name: str = MANIFEST) -> tuple[int, ...]:
        """Put the manifest in place in one step, when all that it names is on the disk.

        Returns:
            The identity of the file, as :func:`~gongwen.index.array_files.file_identity` gives it.

        Raises:
            OSError: it cannot be written; the one before is still there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.{token_hex(8)}"
        partial.write_text(json.dumps(asdict(self)), "utf-8")
        sync(partial)  # else a power cut may leave an empty manifest
        identity = file_identity(partial)
        partial.replace(folder / name)
        sync_folder(folder)
        return identity


def lost_error(folder: Path, why: str, error: Exception | None = None) -> IndexLostError:
    """Return the error for an index that cannot be used, with the reason."""
    return IndexLostError(f"{folder}: {why}; {advice(error or ValueError())}")


def latest_version(folder: Path) -> int:
    """Return the number of the newest Whoosh commit in a folder, -1 when there is none."""
    found = (re.fullmatch(r"_MAIN_(\d+)\.toc", path.name) for path in folder.glob("_MAIN_*.toc"))
    return max((int(match[1]) for match in found if match), default=NO_POSTINGS)
