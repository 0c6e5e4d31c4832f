"""Write output files atomically: write a temporary file beside the target, then rename it.

The temporary file has an unpredictable name and is created without following symbolic links. It
replaces the target once all of its data is on disk; until then, and after any error, the target is
unchanged. A killed process leaves its temporary file, which the next write to that folder removes.

If the target is a symbolic link, the file that it points to is replaced and the link stays. A
device, a pipe or standard output cannot be replaced and is written to directly. A read-only target,
or a folder in which no file can be created, raises an error.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from .errors import WriteError, quoted

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed or renamed
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".gongwen-", ".partial"
"""Prefix and suffix of the names of temporary files."""
_CREATE_FLAGS = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


def write_whole(path: Path, data: bytes, rights: int | None = None) -> None:
    """Replace the content of ``path`` with ``data`` atomically.

    Args:
        path: the target.
        data: its new content.
        rights: permissions of the new file, as of :func:`replacing`.

    Raises:
        WriteError: the file cannot be written; its previous content is unchanged.

    Example:
        >>> write_whole(Path("model.json"), b"{}")
    """
    with replacing(path, rights) as file:
        file.write(data)


@contextlib.contextmanager
def replacing_text(path: Path, errors: str = "strict") -> Iterator[TextIO]:
    r"""Open a UTF-8 text file that replaces ``path`` when the ``with`` block ends without an error.

    Args:
        path: the target; line ends are written unchanged.
        errors: how lone surrogates are encoded, as the argument ``errors`` of :func:`open`.

    Raises:
        WriteError: the file cannot be written; its previous content is unchanged.

    Example:
        >>> with replacing_text(Path("export.jsonl")) as file:
        ...     size = file.write("{}\n")
    """
    with replacing(path) as file:
        text = io.TextIOWrapper(file, "utf-8", errors, newline="")
        yield text
        text.detach()


@contextlib.contextmanager
def replacing(path: Path, rights: int | None = None) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces ``path`` when the ``with`` block ends without an error.

    Args:
        path: the target.
        rights: permissions of the new file, such as ``0o600``; by default those of the old one,
            or the usual ones if there was none.

    Raises:
        WriteError: the file cannot be written; its previous content is unchanged.
    """
    try:
        target, old_status = Path(os.path.realpath(path)), _stat_or_none(path)
    except ValueError:
        raise WriteError(f"{quoted(str(path))}: no name of a file") from None
    if _is_stream(path, old_status):
        with _as_write_error(path, "", path), path.open("wb") as file:
            yield file
        return
    note = "what is there is as it was" if old_status else ""
    with _as_write_error(path, note, target):
        if old_status and not os.access(target, os.W_OK):
            raise PermissionError(13, "it is write-protected", str(target))
        if rights is None and old_status:
            rights = stat.S_IMODE(old_status.st_mode) & 0o777
        _remove_stale_partials(target.parent)
        # Named before it is created: Ctrl-C may come as soon as it is there.
        partial = target.parent / f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"
        try:
            descriptor = _create_locked(partial, target, 0o666 if rights is None else 0o600)
            with _as_write_error(path, note, partial), os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                if rights is not None and hasattr(os, "fchmod"):
                    os.fchmod(descriptor, rights)
                os.fsync(descriptor)
                if fcntl:  # rename before closing: closing releases the lock
                    partial.replace(target)
            if not fcntl:
                partial.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def append_line(path: Path, line: str) -> None:
    """Append a line to a log in one write; the file is made, for its owner only, if there is none.

    Args:
        path: the file.
        line: the line, without a line feed.

    Raises:
        WriteError: it cannot be written.

    Example:
        >>> append_line(Path("audit.jsonl"), "{}")
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror}; nothing was written") from None


def make_folder(path: Path) -> None:
    """Create the folder ``path`` and its parents unless they exist.

    Raises:
        WriteError: a folder cannot be created.
    """
    with _as_write_error(path, "", path):
        path.mkdir(parents=True, exist_ok=True)


def _stat_or_none(path: Path) -> os.stat_result | None:
    """Return the status of ``path``, or ``None`` if it cannot be read."""
    try:
        return path.stat()
    except OSError:
        return None


def _is_stream(path: Path, status: os.stat_result | None) -> bool:
    """Return whether ``path`` is a device, a pipe or an inherited descriptor: not replaceable."""
    if status is None:
        return False
    target = path.readlink() if path.is_symlink() else path  # /dev/stdout links into /proc
    return not stat.S_ISREG(status.st_mode) or os.path.realpath(target.parent).startswith("/proc/")


@contextlib.contextmanager
def _as_write_error(path: Path, note: str, *own: Path) -> Iterator[None]:
    """Convert an ``OSError`` about ``own`` or about no named file into a :class:`WriteError`.

    Args:
        path: the file that the message names.
        note: what the message says of the previous content, ``""`` for nothing.
        own: files whose errors are converted; errors about other files pass unchanged.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None and str(error.filename) not in map(str, own):
            raise
        why = f"{path}: cannot be written ({error.strerror or error})"
        raise WriteError(f"{why}; {note}" if note else why) from None


def _create_locked(partial: Path, target: Path, mode: int) -> int:
    """Create and lock the temporary file ``partial``; return its descriptor."""
    while True:
        try:
            descriptor = os.open(partial, _CREATE_FLAGS, mode)
        except OSError as error:  # report the target, not the temporary name
            raise type(error)(error.errno, error.strerror, str(target)) from None
        if not fcntl:
            return descriptor
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        status = _stat_or_none(partial)
        if status and os.path.samestat(status, os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)  # another process removed it before it was locked


def _remove_stale_partials(folder: Path) -> None:
    """Remove temporary files of ended processes: those that no process has locked."""
    if not fcntl:
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                with contextlib.suppress(OSError):
                    _remove_if_unlocked(entry.path)


def _remove_if_unlocked(path: str) -> None:
    """Remove the file ``path`` if this user owns it and no process holds its lock."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)  # noqa: PTH108
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Flush the folder entry to disk, where the system supports it, to survive a power failure."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
