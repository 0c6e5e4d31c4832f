"""Open containers other than zip archives: tar, 7z and RAR archives, and mails with attachments.

A confined process unpacks each into a temporary folder (:mod:`.unpack_task`), so that neither the
libraries nor the programs that do it can harm anything. 7z and RAR archives are unpacked by 7-Zip,
bsdtar or unrar where one of them is installed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ..nlp.errors import ReadError
from ..sandbox.confinement import command, environment, path_folders, readable_folders
from .archive import GZIP_SIGNATURE
from .base import Limits, display_name
from .detect import is_mail
from .unpack_task import INDEX, INPUT, OTHER_PROGRAM

HEAD_BYTES = 1 << 12
"""Bytes at the start of a file that tell which container it is."""
_PROGRAMS = {
    "7z": (("7zz", "7z"), ("7z", "7z"), ("7za", "7z"), ("bsdtar", "bsdtar")),
    "rar": (("unrar", "unrar"), ("7zz", "7z"), ("7z", "7z"), ("bsdtar", "bsdtar")),
}
"""For each format the programs that unpack it, and how each is called, the first best."""
_INSTALL = {
    "7z": "install 7-Zip (7z) or bsdtar",
    "rar": "install unrar, 7-Zip (7z) or bsdtar",
}
_FORMAT_NAMES = {"7z": "a 7z archive", "rar": "a RAR archive"}
_PACKED_TAR = (".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
_TAR_MARK = (257, b"ustar")
_MAX_INDEX_BYTES = 64 << 20
_MAX_MESSAGE = 500
_UNPACK_PATIENCE = 1.25
"""The process is given up later than it gives up by itself."""


def container_kind(head: bytes, name: str) -> str:
    r"""Return which container a file is by its first bytes and its suffix, ``""`` for none.

    Args:
        head: the first :data:`HEAD_BYTES` of the file.
        name: its name.

    Returns:
        ``tar``, ``7z``, ``rar``, ``eml``, ``msg``, or ``""``.

    Example:
        >>> container_kind(b"7z\xbc\xaf\x27\x1c", "a"), container_kind(b"text", "a.txt")
        ('7z', '')
    """
    lower = name.lower()
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "7z"
    if head.startswith(b"Rar!\x1a\x07"):
        return "rar"
    offset, mark = _TAR_MARK
    if head.startswith(mark, offset) or _packed_head(head).startswith(mark, offset):
        return "tar"
    if lower.endswith(".tar") or (lower.endswith(_PACKED_TAR) and head[:2] in (b"BZ", b"\xfd7")):
        return "tar"
    if lower.endswith(".msg") and head.startswith(b"\xd0\xcf\x11\xe0"):
        return "msg"
    if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return ""
    return "eml" if lower.endswith(".eml") or is_mail(head) else ""


def _packed_head(head: bytes) -> bytes:
    """Return the start of what is packed in a gzip file, of which ``head`` is the start."""
    if not head.startswith(GZIP_SIGNATURE):
        return b""
    with suppress(zlib.error):
        return zlib.decompressobj(31).decompress(head, 1 << 10)
    return b""


class Unpacked:
    """A container that has been unpacked; it has the methods of a zip archive.

    Args:
        kind: what :func:`container_kind` says.
        open_file: opens the bytes of the file.
        name: its name, for messages.
        limits: the most members, the largest size of each and of all, and the time.

    Raises:
        ReadError: it cannot be unpacked: it is damaged, encrypted or beyond a limit, or no program
            for it is installed.

    Attributes:
        kind: always ``zip``: a container whose members are read.
        is_mail: whether it is a mail, which may be a report itself.
        has_body: whether it is a mail with text of its own.

    Example:
        ``Unpacked("tar", partial(open, "a.tar", "rb"), "a.tar", Limits()).paths`` -> ``["1.txt"]``
    """

    kind = "zip"

    def __init__(
        self, kind: str, open_file: Callable[[], BinaryIO], name: str, limits: Limits
    ) -> None:
        self._name, self._limits = name, limits
        self._folder = Path(tempfile.mkdtemp(prefix="gongwen-")).resolve()
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.is_mail = kind in ("eml", "msg")
        self.has_body = False
        self._sizes: dict[str, tuple[int, int]] = {}
        try:
            self._unpack(kind, open_file)
        except BaseException:
            self._remove()
            raise

    @property
    def paths(self) -> list[str]:
        """The paths of the members, sorted."""
        return sorted(self._sizes)

    def size(self, path: str) -> int:
        """Return the size of a member in bytes."""
        return self._member(path)[1]

    def read(self, path: str) -> bytes:
        """Return the bytes of a member.

        Raises:
            ReadError: the member is missing or too large.
        """
        number, size = self._member(path)
        if size > self._limits.file_bytes:
            megabytes = self._limits.file_bytes >> 20
            raise self._error(path, f"larger than {megabytes} MB; split it first")
        with self._open(str(number)) as file:
            return file.read(size)

    def _member(self, path: str) -> tuple[int, int]:
        if path not in self._sizes:
            raise self._error(path, "not in the archive")
        return self._sizes[path]

    def _error(self, path: str, problem: str) -> ReadError:
        return ReadError(f"{self._name}!/{display_name(path)}: {problem}")

    def _open(self, name: str) -> BinaryIO:
        """Open a file that the other process has written, which must not be a link."""
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self._folder / name, flags | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            raise ReadError(f"{self._name}: cannot be unpacked; unpack it first") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise ReadError(f"{self._name}: cannot be unpacked; unpack it first")
        return os.fdopen(handle, "rb")

    # -- unpacking --

    def _unpack(self, kind: str, open_file: Callable[[], BinaryIO]) -> None:
        """Unpack the file, with the first program that can if it needs one."""
        self._copy(open_file)
        if kind not in _PROGRAMS:
            self._run(kind, None)
            return
        tried = list(_installed(kind))
        if not tried:
            raise ReadError(
                f"{self._name}: {_FORMAT_NAMES[kind]}; {_INSTALL[kind]}, or unpack it first"
            )
        for i, (program, called) in enumerate(tried):
            try:
                self._run(called, program)
            except ReadError as error:
                if OTHER_PROGRAM not in str(error) or i == len(tried) - 1:
                    raise
                self._clear()
            else:
                return

    def _copy(self, open_file: Callable[[], BinaryIO]) -> None:
        most = self._limits.unpacked_bytes
        with open_file() as source, (self._folder / INPUT).open("xb") as target:
            while block := source.read(1 << 20):
                most -= len(block)
                if most < 0:
                    megabytes = self._limits.unpacked_bytes >> 20
                    raise ReadError(f"{self._name}: larger than {megabytes} MB; unpack it first")
                target.write(block)

    def _clear(self) -> None:
        """Remove what a program that failed has left."""
        for entry in self._folder.iterdir():
            if entry.name == INPUT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def _run(self, kind: str, program: Path | None) -> None:
        """Unpack the file in another process, and read what it has to say."""
        limits = self._limits
        arguments = (
            kind,
            self._name.encode("utf-8", "replace").decode(),
            str(self._folder),
            str(limits.memory_bytes),
            str(limits.unpacked_bytes),
            str(limits.members),
            str(limits.seconds),
            str(program or ""),
            *map(str, readable_folders()),
        )
        temporary = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self._folder))
        try:
            process = subprocess.Popen(
                command("readers.unpack_task", *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=environment() | temporary,
                start_new_session=True,
            )
        except OSError as error:
            raise ReadError(f"{self._name}: cannot be unpacked ({error.strerror})") from None
        try:
            process.wait(limits.seconds * _UNPACK_PATIENCE)
        except subprocess.TimeoutExpired:
            problem = f"took more than {limits.seconds:g} seconds to unpack; unpack it first"
            raise ReadError(f"{self._name}: {problem}") from None
        finally:
            _end(process)
        self._read_index()

    def _read_index(self) -> None:
        """Take the names of the members; what the other process has written is not trusted."""
        bad = ReadError(f"{self._name}: cannot be unpacked, damaged or too large; unpack it first")
        if not (self._folder / INDEX).exists():
            raise bad
        with self._open(INDEX) as file:
            data = file.read(_MAX_INDEX_BYTES)
        try:
            index = json.loads(data)
            names, error = index.get("names", []), index.get("error", "")
            self.has_body = index.get("body") is True
        except (ValueError, RecursionError, AttributeError):
            raise bad from None
        if error:
            problem = display_name(str(error))[:_MAX_MESSAGE]
            raise ReadError(f"{self._name}: {problem}")
        if not isinstance(names, list) or len(names) > self._limits.members:
            raise bad
        for number, name in enumerate(names):
            with self._open(str(number)) as file:
                size = os.fstat(file.fileno()).st_size
            if not isinstance(name, str) or not name or "\0" in name:
                raise bad
            self._sizes[name] = (number, size)


def _installed(kind: str) -> Iterator[tuple[Path, str]]:
    """Yield the programs that unpack a format, and how each is called."""
    for name, called in _PROGRAMS[kind]:
        found = (shutil.which(f"{folder}/{name}") for folder in path_folders())
        if program := next(filter(None, found), None):
            yield Path(program).resolve(), called


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
        process.wait()
