"""Find the files that are reports: named files, folders, and zip archives."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ..nlp.errors import ReadError
from .archive import MAGIC, Archive
from .base import Limits, shown

SUFFIXES = frozenset(
    ".txt .text .md .html .htm .shtml .mht .mhtml .docx .docm .dotx .dotm .pdf .doc .wps .rtf .odt"
    " .csv .tsv .xlsx .jsonl .zip".split()
)
"""What is taken from folders and archives; a file that is named is read whatever its suffix."""
_REPORTED = frozenset(".rar .7z .ofd".split())
"""What is taken to be refused with a message, since reports often come in it."""
_LISTED = ".txt, .docx, .pdf, .html, .doc, .csv, .xlsx, .zip and the like"
_PAGES = (".html", ".htm", ".shtml")
_ATTACHED = ("_files", ".files", "_file")
"""How browsers name the folder with what belongs to a page that was saved."""
_DEEPEST = 100
"""Folders in one another."""
_LIBRARY = "library.db"
_OF_LIBRARY = frozenset({"index", "models"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a zip archive.

    Attributes:
        path: the file, as it was named.
        members: the path in the archive, then the path in the archive that this is, and so on.
    """

    path: Path
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How messages show it: ``a.zip!/folder/b.txt``, on one line."""
        return shown("!/".join((str(self.path), *self.members)))

    @property
    def key(self) -> str:
        """What a library knows it by: the name with the absolute path, links followed."""
        return shown("!/".join((str(self.path.resolve()), *self.members)))

    @property
    def stem(self) -> str:
        """The name of the file or member without folder and suffix."""
        return shown(PurePosixPath(self.members[-1]).stem if self.members else self.path.stem)


def find_sources(
    paths: Iterable[str | Path], limits: Limits | None = None
) -> Iterator[Source | ReadError]:
    """Yield the reports to read under ``paths``, in order, and an error for what cannot be read.

    Folders are walked in the order of names, each once however many links lead to it; of archives
    the members are given. Left out of both are hidden files, those that Word has open (``~$``),
    and what a browser saved with a page.

    Args:
        paths: files, folders and archives.
        limits: what an archive may cost.
    """
    limits = limits or Limits()
    for path in map(Path, paths):
        name = shown(str(path))
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            yield ReadError(f"{name}: no such file or folder")
            continue
        except OSError as error:
            yield _unreadable(name, error)
            continue
        empty = True
        for item in _walk(path, set()) if is_folder else (Source(path),):
            empty = False
            yield from (item,) if isinstance(item, ReadError) else _expand(item, limits)
        if empty:
            yield ReadError(f"{name}: no reports in this folder; gongwen reads {_LISTED}")


def load(source: Source, limits: Limits | None = None) -> tuple[bytes, str]:
    """Return the bytes of a file or member, and their SHA-256.

    Raises:
        ReadError: it cannot be read, is empty, or is too large.
    """
    data = _bytes(source, limits or Limits())
    if not data.strip(b"\0\t\n\r "):
        raise ReadError(f"{source}: the file is empty")
    return data, hashlib.sha256(data).hexdigest()


def _unreadable(name: str, error: OSError) -> ReadError:
    return ReadError(f"{name}: cannot be read ({error.strerror or error})")


def _is_taken(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES | _REPORTED


def _is_hidden(name: str) -> bool:
    return name == "__MACOSX" or (name.startswith((".", "~$")) and name not in (".", ".."))


def _attached(paths: Iterable[str]) -> set[str]:
    """Return how the folders are called that belong to the web pages among ``paths``."""
    pages = [path.rpartition(".")[0] for path in paths if path.lower().endswith(_PAGES)]
    return {page + ending for page in pages for ending in _ATTACHED}


# -- folders ---------------------------------------------------------------------------------------


def _walk(folder: Path, seen: set[tuple[int, int]], depth: int = 0) -> Iterator[Source | ReadError]:
    name = shown(str(folder))
    if depth > _DEEPEST:
        yield ReadError(f"{name}: more than {_DEEPEST} folders deep; give it by itself")
        return
    try:
        status = folder.stat()
        place = (status.st_dev, status.st_ino)
        entries = [] if place in seen else _entries(folder)
    except OSError as error:
        yield _unreadable(name, error)
        return
    seen.add(place)
    for entry in entries:
        kind = _kind(entry)
        if kind == "folder":
            yield from _walk(Path(entry.path), seen, depth + 1)
        elif not _is_taken(entry.name):
            continue
        elif kind == "file":
            yield Source(Path(entry.path))
        else:
            yield ReadError(f"{shown(entry.path)}: {kind}, not a file")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is to be looked at in a folder, in the order of names."""
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    names = [entry.name for entry in entries]
    left_out = _attached(names) | (_OF_LIBRARY if _LIBRARY in names else set())
    return [e for e in entries if e.name not in left_out and not _is_hidden(e.name)]


def _kind(entry: os.DirEntry[str]) -> str:
    with contextlib.suppress(OSError):  # a link that leads to itself
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
    return "a broken link" if entry.is_symlink() else "a pipe or device"


# -- archives --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Budget:
    """What an archive and those in it may still have and unpack to."""

    members: int
    unpacked_bytes: int


def _expand(
    source: Source, limits: Limits, budget: _Budget | None = None
) -> Iterator[Source | ReadError]:
    """Yield the reports in a file that is an archive, and any other file itself."""
    if len(source.members) >= limits.depth and budget:
        yield ReadError(f"{source}: more than {limits.depth} archives deep; unpack it first")
        return
    try:
        archive = _archive(source, limits) if budget or _begins_like_zip(source.path) else None
        if archive is None or archive.kind != "zip":
            yield source
            return
    except OSError as error:
        yield _unreadable(source.name, error)
        return
    except ReadError as error:
        yield error
        return
    budget = budget or _Budget(limits.members, limits.unpacked_bytes)
    attached = _attached(archive.paths)
    paths = [path for path in archive.paths if _is_member_taken(path, attached)]
    sizes = map(archive.size, paths)
    budget.members -= len(archive.paths)
    budget.unpacked_bytes -= sum(size for size in sizes if size <= limits.file_bytes)
    if budget.members < 0:
        yield ReadError(f"{source}: more than {limits.members} files in it; unpack it first")
    elif budget.unpacked_bytes < 0:
        megabytes = limits.unpacked_bytes >> 20
        yield ReadError(f"{source}: unpacks to more than {megabytes} MB; unpack it first")
    elif not paths:
        yield ReadError(f"{source}: no reports in this archive; gongwen reads {_LISTED}")
    else:
        for path in paths:
            member = Source(source.path, (*source.members, path))
            is_zip = path.lower().endswith(".zip")
            yield from _expand(member, limits, budget) if is_zip else (member,)


def _is_member_taken(path: str, attached: set[str]) -> bool:
    *folders, name = path.split("/")
    if not _is_taken(name) or any(map(_is_hidden, (*folders, name))):
        return False
    return not any("/".join(folders[:n]) in attached for n in range(1, len(folders) + 1))


def _begins_like_zip(path: Path) -> bool:
    try:
        with _open(path) as file:
            return file.read(len(MAGIC[0])) in MAGIC
    except (OSError, ReadError):
        return False  # loading it says why it cannot be read


def _archive(source: Source, limits: Limits) -> Archive:
    status = source.path.stat()
    return _archive_as_of((status.st_ino, status.st_mtime_ns, status.st_size), source, limits)


@lru_cache(maxsize=2)
def _archive_as_of(stamp: tuple[int, ...], source: Source, limits: Limits) -> Archive:
    """Return an archive; kept, with the one around it, since its members are read in turn."""
    if not source.members:
        return Archive(partial(_open, source.path), source.name, limits)
    return Archive(partial(BytesIO, _bytes(source, limits)), source.name, limits)


# -- bytes -----------------------------------------------------------------------------------------


def _bytes(source: Source, limits: Limits) -> bytes:
    try:
        if source.members:
            *outer, path = source.members
            return _archive(Source(source.path, tuple(outer)), limits).read(path)
        with _open(source.path) as file:
            data = file.read(limits.file_bytes + 1)  # what the system says of its size may be wrong
    except OSError as error:
        raise _unreadable(source.name, error) from None
    if len(data) > limits.file_bytes:
        raise ReadError(f"{source}: larger than {limits.file_bytes >> 20} MB; split it first")
    return data


def _open(path: Path) -> BinaryIO:
    """Open a file for reading, but nothing that would be waited for, such as a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ReadError(f"{shown(str(path))}: a folder, pipe or device, not a file")
    return os.fdopen(handle, "rb")
