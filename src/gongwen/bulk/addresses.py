"""List, read and write files in a folder of this machine or wherever fsspec reaches.

An address is a path of this machine (``/data/a.txt``, ``file:///data/a.txt``) or one with a
protocol that fsspec opens (``s3://bucket/a.txt``, ``memory://a.txt``). How a bucket is entered is a
matter of fsspec and its packages: their settings and environment variables hold.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import GongwenError, ReadError, WriteError
from ..readers.base import Limits, display_name
from ..readers.files import Source, find_files, no_reports, report_paths

_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,40}://|[a-z0-9]{1,40}::")
"""Beginning of an address that is no path; a single letter is a drive of Windows."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file that is to be read, and by what a change of it is seen.

    Attributes:
        address: where it is: an absolute path of this machine, or an address with a protocol.
        size: its bytes.
        modified: when it was changed or which version it is, as its system says it.
    """

    address: str
    size: int
    modified: str


def is_remote(address: str) -> bool:
    """Return whether an address is not a path of this machine.

    Example:
        >>> is_remote("s3://bucket/a.txt"), is_remote("file:///a.txt"), is_remote("a.txt")
        (True, False, False)
    """
    return bool(_PROTOCOL.match(address)) and not address.startswith("file://")


def local_path(address: str) -> Path:
    """Return the path of an address that is not remote.

    Example:
        >>> local_path("file:///data/a.txt").as_posix()
        '/data/a.txt'
    """
    if address.startswith("file://"):
        return Path(unquote(urlsplit(address).path))
    return Path(address)


def absolute(address: str) -> str:
    """Return an address that means the same in every process: that of a path is absolute."""
    return address if is_remote(address) else str(local_path(address).resolve())


def list_files(source: str) -> Iterator[FileStamp | ReadError]:
    """Yield the report files under an address, in order, and an error for each unreadable one.

    Args:
        source: a file or folder; an archive is one file.
    """
    if is_remote(source):
        yield from _list_remote(source)
        return
    for found in find_files(local_path(source)):
        if isinstance(found, ReadError):
            yield found
            continue
        try:
            path = found.path.resolve()
            status = path.stat()
        except OSError as error:
            yield ReadError(f"{found}: cannot be read ({error.strerror or error})")
        else:
            yield FileStamp(str(path), status.st_size, str(status.st_mtime_ns))


def _list_remote(source: str) -> Iterator[FileStamp | ReadError]:
    try:
        system, root = _system_of(source)
        found: dict[str, dict[str, Any]] = system.find(root, detail=True)
    except Exception as error:  # each system has errors of its own
        yield _unreadable(source, error)
        return
    if not found:
        there = _is_there(system, root)
        name = display_name(source)
        yield no_reports(name) if there else ReadError(f"{name}: no such file or folder")
        return
    root = root.rstrip("/")
    if list(found) == [root]:
        yield _stamp(source, found[root])
        return
    relative = {path.removeprefix(f"{root}/"): path for path in found}
    paths = report_paths(relative)
    for path in paths:
        yield _stamp(f"{source.rstrip('/')}/{path}", found[relative[path]])
    if not paths:
        yield no_reports(display_name(source))


def _is_there(system: Any, path: str) -> bool:
    try:
        return bool(system.exists(path))
    except Exception:  # each system has errors of its own
        return False


def _stamp(address: str, info: dict[str, Any]) -> FileStamp:
    version = next((str(info[key]) for key in _VERSIONS if info.get(key) is not None), "")
    return FileStamp(address, int(info.get("size") or 0), version)


_VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "created")
"""What systems say of the version of a file, the most exact first."""


def stamp_of(address: str) -> FileStamp | None:
    """Return a file as it is now, ``None`` when it is not there any more."""
    try:
        if is_remote(address):
            system, path = _system_of(address)
            return _stamp(address, system.info(path))
        status = Path(address).stat()
        return FileStamp(address, status.st_size, str(status.st_mtime_ns))
    except Exception:  # each system has errors of its own
        return None


@contextlib.contextmanager
def opened_source(stamp: FileStamp, limits: Limits) -> Iterator[Source]:
    """Yield a file as a source that can be read: of a remote one a copy, which goes at the end.

    Args:
        stamp: the file.
        limits: the largest size of a file.

    Raises:
        ReadError: it cannot be read, or is too large.
    """
    if not is_remote(stamp.address):
        yield Source(Path(stamp.address))
        return
    name = display_name(stamp.address)
    with tempfile.TemporaryDirectory(prefix="gongwen-") as folder:
        copy = Path(folder, PurePosixPath(stamp.address).name or "file")
        try:
            system, path = _system_of(stamp.address)
            with system.open(path, "rb") as file:
                data = file.read(limits.file_bytes + 1)
            copy.write_bytes(data[: limits.file_bytes + 1])
        except Exception as error:  # each system has errors of its own
            raise _unreadable(name, error) from None
        if len(data) > limits.file_bytes:
            raise ReadError(f"{name}: larger than {limits.file_bytes >> 20} MB; split it first")
        yield Source(copy, address=stamp.address)


class BulkStorage:
    """The files below an address, read and written as wholes.

    Args:
        address: a folder; it is made when the first file is written.

    Example:
        >>> storage = BulkStorage("memory://example")
        >>> storage.write("a/b.json", b"{}")
        >>> storage.names("a"), storage.read("a/b.json", 10)
        (['b.json'], b'{}')
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = display_name(address)
        self._remote = is_remote(address)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none when there is no such folder.

        Raises:
            ReadError: it cannot be read.
        """
        try:
            if not self._remote:
                return sorted(path.name for path in self._path(folder).iterdir() if path.is_file())
            system, root = _system_of(self.address)
            system.invalidate_cache()
            found = system.ls(f"{root.rstrip('/')}/{folder}", detail=False)
            return sorted(PurePosixPath(path).name for path in found)
        except FileNotFoundError:
            return []
        except Exception as error:  # each system has errors of its own
            raise _unreadable(f"{self.name}/{folder}", error) from None

    def read(self, name: str, most: int) -> bytes:
        """Return the content of a file.

        Args:
            name: its path below the address.
            most: the largest size in bytes.

        Raises:
            ReadError: it is missing, cannot be read, or is larger.
        """
        try:
            if not self._remote:
                with self._path(name).open("rb") as file:
                    data = file.read(most + 1)
            else:
                system, root = _system_of(self.address)
                with system.open(f"{root.rstrip('/')}/{name}", "rb") as file:
                    data = file.read(most + 1)
        except Exception as error:  # each system has errors of its own
            raise _unreadable(f"{self.name}/{name}", error) from None
        if len(data) > most:
            raise ReadError(f"{self.name}/{name}: larger than {most >> 20} MB")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write a file as a whole: it appears when it is complete, in place of an older one.

        Raises:
            WriteError: it cannot be written.
        """
        if not self._remote:
            path = self._path(name)
            make_folder(path.parent)
            write_whole(path, data)
            return
        try:
            system, root = _system_of(self.address)
            path_there = f"{root.rstrip('/')}/{name}"
            system.makedirs(path_there.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path_there, data)
        except Exception as error:  # each system has errors of its own
            raise WriteError(f"{self.name}/{name}: cannot be written ({_reason(error)})") from None

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; what cannot be removed stays."""
        for name in names:
            with contextlib.suppress(Exception):  # each system has errors of its own
                if not self._remote:
                    self._path(name).unlink(missing_ok=True)
                else:
                    system, root = _system_of(self.address)
                    system.rm_file(f"{root.rstrip('/')}/{name}")

    def _path(self, name: str) -> Path:
        return local_path(self.address) / name


def _system_of(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path there."""
    from fsspec.core import url_to_fs  # late: only addresses that are no paths need it

    system, path = url_to_fs(address)
    return system, str(path)


def _unreadable(name: str, error: Exception) -> ReadError:
    if isinstance(error, FileNotFoundError):
        return ReadError(f"{name}: no such file or folder")
    return ReadError(f"{name}: cannot be read ({_reason(error)})")


def _reason(error: Exception) -> str:
    """Return what an error of a file system says, on one line."""
    if isinstance(error, GongwenError):
        return str(error)
    said = getattr(error, "strerror", None) or " ".join(str(error).split())
    return str(said or type(error).__name__)[:200]
