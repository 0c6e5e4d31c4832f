"""Find report files in given paths, folders, archives and mails, and load their bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ..nlp.errors import ReadError
from .archive import GZIP_SIGNATURE, ZIP_SIGNATURES, Archive, gunzip
from .base import Limits, display_name, packed_suffix, stem_of
from .unpacked import HEAD_BYTES, Unpacked, container_kind

SUFFIXES = frozenset(
    ".txt .text .md .html .htm .shtml .mht .mhtml .docx .docm .dotx .dotm .pdf .ofd .doc .wps .rtf"
    " .odt .csv .tsv .xlsx .jsonl .ndjson .json .zip .eml .msg .tar .tgz .tbz .tbz2 .txz .7z"
    " .rar".split()
)
"""Suffixes of the files read from folders and archives; a file given by its path needs none."""
_CONTAINER_SUFFIXES = tuple(
    ".zip .eml .msg .tar .tgz .tbz .tbz2 .txz .7z .rar .tar.gz .tar.bz2 .tar.xz".split()
)
"""Suffixes of files in archives and mails whose members are reports."""
_TAR_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz")
_READABLE_FORMATS = ".txt, .docx, .pdf, .ofd, .html, .doc, .csv, .xlsx, .eml, .zip and the like"
_PAGE_SUFFIXES = (".html", ".htm", ".shtml")
_PAGE_FOLDER_ENDINGS = ("_files", ".files", "_file")
"""Endings of the folders in which browsers save the images and scripts of a page."""
_MAX_FOLDER_DEPTH = 100
"""Most levels of folders inside folders."""
_LIBRARY_FILES = frozenset({"library.db", "store.toml"})
_OF_LIBRARY = frozenset(
    {"index", "models", "files", "put-aside", "writer.json", "shared.json", "audit.jsonl"}
)
"""What belongs to a library and is skipped beside its database, or what names its server."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a zip archive.

    Attributes:
        path: the path of the file as given.
        members: for a member of an archive its path there; for archives inside archives the path
            at each level, outermost first.
        address: what the file is called when ``path`` is only a copy of it, made to be read:
            ``s3://bucket/a.zip``; ``""`` for ``path`` itself.

    Example:
        >>> Source(Path("a.zip"), ("b/1.txt",)).name
        'a.zip!/b/1.txt'
    """

    path: Path
    members: tuple[str, ...] = ()
    address: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name displayed in messages, on one line: ``a.zip!/folder/b.txt``."""
        return display_name("!/".join((self.address or str(self.path), *self.members)))

    @property
    def key(self) -> str:
        """The identifier in a library: the name with the absolute path, symbolic links resolved."""
        first = self.address or str(self.path.resolve())
        return display_name("!/".join((first, *self.members)))

    @property
    def stem(self) -> str:
        """The name of the file or member without folder, suffix and ``.gz``: ``b``."""
        name = PurePosixPath(self.address).name if self.address else self.path.name
        return display_name(stem_of(self.members[-1] if self.members else name))


def find_sources(
    paths: Iterable[str | Path], limits: Limits | None = None
) -> Iterator[Source | ReadError]:
    """Yield the report files under ``paths``, in order, and an error for each unreadable one.

    Folders are walked in the order of names, each once even if several links lead to it. For an
    archive its members are yielded. Hidden files, lock files of Word (``~$``), and the folders
    that a browser saves with a page are skipped.

    Args:
        paths: files, folders and archives.
        limits: the limits for archives, the defaults when ``None``.

    Example:
        ``[source.name for source in find_sources(["a.zip"])]`` -> ``["a.zip!/1.txt"]``
    """
    limits = limits or Limits()
    for path in map(Path, paths):
        for item in find_files(path):
            yield from (item,) if isinstance(item, ReadError) else expand(item, limits)


def find_files(path: Path) -> Iterator[Source | ReadError]:
    """Yield the report files under ``path`` as :func:`find_sources` does, archives as one file.

    Args:
        path: a file or a folder.
    """
    name = display_name(str(path))
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        yield ReadError(f"{name}: no such file or folder")
        return
    except OSError as error:
        yield _unreadable(name, error)
        return
    empty = True
    for item in _walk(path, set()) if is_folder else (Source(path),):
        empty = False
        yield item
    if empty:
        yield no_reports(name)


def no_reports(name: str) -> ReadError:
    """Return the error for a folder without files that are read."""
    return ReadError(f"{name}: no reports in this folder; gongwen reads {_READABLE_FORMATS}")


def report_paths(paths: Iterable[str]) -> list[str]:
    """Return those of the files of a folder that are read, in the order of :func:`find_files`.

    Args:
        paths: the files, relative to the folder, with ``/`` between names.

    Example:
        >>> report_paths(["b/1.txt", "a.txt", "a/2.txt", ".hidden/3.txt", "x.png"])
        ['a/2.txt', 'a.txt', 'b/1.txt']
    """
    paths = list(paths)
    folders = _page_folders(paths)
    return sorted((p for p in paths if _is_member_read(p, folders)), key=lambda p: p.split("/"))


def load(source: Source, limits: Limits | None = None) -> tuple[bytes, str]:
    """Return the bytes of a file or member, and their SHA-256 in hexadecimal.

    Of a gzip file (``.txt.gz``) it is the content, so that a report is the same one packed or not.

    Raises:
        ReadError: the file cannot be read, is empty, or is too large.
    """
    limits = limits or Limits()
    data = _read_bytes(source, limits)
    if data.startswith(GZIP_SIGNATURE):
        data = gunzip(data, source.name, limits)
    if not data.strip(b"\0\t\n\r "):
        raise ReadError(f"{source}: the file is empty")
    return data, hashlib.sha256(data).hexdigest()


def _unreadable(name: str, error: OSError) -> ReadError:
    return ReadError(f"{name}: cannot be read ({error.strerror or error})")


def is_report_name(name: str) -> bool:
    """Return whether the suffix is of a format that is read.

    Example:
        >>> is_report_name("甲县.docx"), is_report_name("图.png")
        (True, False)
    """
    if name.lower().endswith(_TAR_SUFFIXES):
        return True
    if name.lower().endswith(".gz"):
        return packed_suffix(name) in SUFFIXES | {"", ".gz"}
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _is_hidden(name: str) -> bool:
    """Return whether a file or folder is hidden, or is a lock file of Word."""
    return name == "__MACOSX" or (name.startswith((".", "~$")) and name not in (".", ".."))


def _page_folders(paths: Iterable[str]) -> set[str]:
    """Return the paths of the folders that browsers save with the web pages among ``paths``."""
    pages = [path.rpartition(".")[0] for path in paths if path.lower().endswith(_PAGE_SUFFIXES)]
    return {page + ending for page in pages for ending in _PAGE_FOLDER_ENDINGS}


# -- folders ---------------------------------------------------------------------------------------


def _walk(folder: Path, seen: set[tuple[int, int]], depth: int = 0) -> Iterator[Source | ReadError]:
    """Yield the files under ``folder``; ``seen`` has device and inode of the folders visited."""
    name = display_name(str(folder))
    if depth > _MAX_FOLDER_DEPTH:
        yield ReadError(f"{name}: more than {_MAX_FOLDER_DEPTH} folders deep; give it by itself")
        return
    try:
        status = folder.stat()
        identity = (status.st_dev, status.st_ino)
        entries = [] if identity in seen else _visible_entries(folder)
    except OSError as error:
        yield _unreadable(name, error)
        return
    seen.add(identity)
    for entry in entries:
        kind = _entry_type(entry)
        if kind == "folder":
            yield from _walk(Path(entry.path), seen, depth + 1)
        elif not is_report_name(entry.name):
            continue
        elif kind == "file":
            yield Source(Path(entry.path))
        else:
            yield ReadError(f"{display_name(entry.path)}: {kind}, not a file")


def _visible_entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder in the order of names, without those that are skipped."""
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    names = [entry.name for entry in entries]
    skipped = _page_folders(names) | (_OF_LIBRARY if _LIBRARY_FILES & set(names) else set())
    return [e for e in entries if e.name not in skipped and not _is_hidden(e.name)]


def _entry_type(entry: os.DirEntry[str]) -> str:
    """Return ``folder``, ``file``, or a description of anything else."""
    with contextlib.suppress(OSError):  # such as a link to itself
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
    return "a broken link" if entry.is_symlink() else "a pipe or device"


# -- archives --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Budget:
    """The remaining members and bytes allowed for an archive and the archives inside it."""

    members: int
    unpacked_bytes: int


def expand(
    source: Source, limits: Limits, budget: _Budget | None = None
) -> Iterator[Source | ReadError]:
    """Yield the report files in ``source`` if it is an archive, else ``source`` itself.

    Args:
        source: the file.
        limits: the limits for archives.
        budget: what is left of them inside of an archive.
    """
    if len(source.members) >= limits.depth and budget:
        yield ReadError(f"{source}: more than {limits.depth} archives deep; unpack it first")
        return
    try:
        archive = _cached_archive(source, limits) if _is_container(source, limits) else None
        if archive is None or archive.kind != "zip":
            yield source
            return
    except OSError as error:
        yield _unreadable(source.name, error)
        return
    except ReadError as error:
        yield error
        return
    if isinstance(archive, Unpacked) and archive.has_body:
        yield source
    budget = budget or _Budget(limits.members, limits.unpacked_bytes)
    page_folders = _page_folders(archive.paths)
    paths = [path for path in archive.paths if _is_member_read(path, page_folders)]
    budget.members -= len(archive.paths)
    budget.unpacked_bytes -= _unpacked_bytes(archive, paths, limits, budget.unpacked_bytes)
    if budget.members < 0:
        yield ReadError(f"{source}: more than {limits.members} files in it; unpack it first")
    elif budget.unpacked_bytes < 0:
        megabytes = limits.unpacked_bytes >> 20
        yield ReadError(f"{source}: unpacks to more than {megabytes} MB; unpack it first")
    elif not paths:
        if isinstance(archive, Unpacked) and archive.is_mail:
            if not archive.has_body:
                yield source  # whose reader says what is wrong with it
            return
        yield ReadError(f"{source}: no reports in this archive; gongwen reads {_READABLE_FORMATS}")
    else:
        for path in paths:
            member = replace(source, members=(*source.members, path))
            is_container = path.lower().endswith(_CONTAINER_SUFFIXES)
            yield from expand(member, limits, budget) if is_container else (member,)


def _unpacked_bytes(
    archive: Archive | Unpacked, paths: Iterable[str], limits: Limits, most: int
) -> int:
    """Return the size of the members that are read, of gzip files that of their content.

    It stops when it is above ``most``. Only unpacking tells the size of a gzip file.
    """
    total = 0
    for path in paths:
        size = archive.size(path)
        if total > most or size > limits.file_bytes:
            continue
        total += size
        if path.lower().endswith(".gz"):
            with contextlib.suppress(ReadError):  # raised when the member is loaded
                total += len(gunzip(archive.read(path), path, limits))
    return total


def _is_member_read(path: str, page_folders: set[str]) -> bool:
    """Return whether a member of an archive is a report file, and not hidden or of a page."""
    *folders, name = path.split("/")
    if not is_report_name(name) or any(map(_is_hidden, (*folders, name))):
        return False
    return not any("/".join(folders[:n]) in page_folders for n in range(1, len(folders) + 1))


def _is_container(source: Source, limits: Limits) -> bool:
    """Return whether a file is an archive or a mail; a member has the suffix of one."""
    if source.members:
        if source.members[-1].lower().endswith(".zip"):
            return True
        return bool(container_kind(_read_bytes(source, limits)[:HEAD_BYTES], source.members[-1]))
    try:
        with _open_regular_file(source.path) as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ReadError):
        return False  # loading the file raises the exact error
    return head.startswith(ZIP_SIGNATURES) or bool(container_kind(head, source.path.name))


def _cached_archive(source: Source, limits: Limits) -> Archive | Unpacked:
    status = source.path.stat()
    return _archive_for_stamp((status.st_ino, status.st_mtime_ns, status.st_size), source, limits)


@lru_cache(maxsize=2)
def _archive_for_stamp(
    stamp: tuple[int, ...], source: Source, limits: Limits
) -> Archive | Unpacked:
    """Return an archive, cached with the one that contains it, since its members are read in turn.

    Args:
        stamp: inode, time of modification and size of the file; a changed file is a new key.
        source: the archive.
        limits: its limits.
    """
    open_file: Callable[[], BinaryIO] = partial(_open_regular_file, source.path)
    if source.members:
        open_file = partial(BytesIO, _read_bytes(source, limits))
    with open_file() as file:
        head = file.read(HEAD_BYTES)
    if kind := container_kind(head, source.members[-1] if source.members else source.path.name):
        return Unpacked(kind, open_file, source.name, limits)
    return Archive(open_file, source.name, limits)


# -- bytes -----------------------------------------------------------------------------------------


def _read_bytes(source: Source, limits: Limits) -> bytes:
    """Return the bytes of a file or member within the limit on its size."""
    try:
        if source.members:
            *outer, path = source.members
            return _cached_archive(replace(source, members=tuple(outer)), limits).read(path)
        with _open_regular_file(source.path) as file:
            data = file.read(limits.file_bytes + 1)  # the size that the system reports may be wrong
    except OSError as error:
        raise _unreadable(source.name, error) from None
    if len(data) > limits.file_bytes:
        raise ReadError(f"{source}: larger than {limits.file_bytes >> 20} MB; split it first")
    return data


def _open_regular_file(path: Path) -> BinaryIO:
    """Open a regular file for reading; refuse pipes and devices, on which reading may block."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ReadError(f"{display_name(str(path))}: a folder, pipe or device, not a file")
    return os.fdopen(handle, "rb")
