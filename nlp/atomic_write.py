"""Write output files atomically: beside their place, then renamed, so that no half file is seen.

The new file has a name that nobody can guess, and no link of that name is followed. It takes the
place of the old one when all of it is on the disk; until then, and when anything goes wrong, the
old one is as it was. A process that is killed leaves its unfinished file, which the next write to
the folder removes.

A link as the target is followed to the file that it names; that file is replaced and the link
stays. A device, a pipe or standard output cannot be replaced and is written to as it is. A file
that may not be written to, or whose folder takes no new files, is refused.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from .errors import WriteError, quoted

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed or renamed
    fcntl = None  # type: ignore[assignment]

_BEFORE, _BEHIND = ".gongwen-", ".partial"
_NEW = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` in one step.

    Raises:
        WriteError: it cannot be written; what was there is as it was.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing_text(path: Path, errors: str = "strict") -> Iterator[TextIO]:
    """Give a UTF-8 text file that takes the place of ``path`` when the block ends.

    Args:
        path: the file; line ends are written as they are.
        errors: what becomes of half a surrogate pair, as in :func:`open`.

    Raises:
        WriteError: it cannot be written; what was there is as it was.
    """
    with replacing(path) as file:
        text = io.TextIOWrapper(file, "utf-8", errors, newline="")
        yield text
        text.detach()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file that takes the place of ``path`` when the block ends without an error.

    The file gets the rights of the old one, else those of any new file.

    Raises:
        WriteError: it cannot be written; what was there is as it was.
    """
    try:
        target, before = Path(os.path.realpath(path)), _status(path)
    except ValueError:
        raise WriteError(f"{quoted(str(path))}: no name of a file") from None
    if _is_stream(path, before):
        with _told(path, "", path), path.open("wb") as file:
            yield file
        return
    kept = "what is there is as it was" if before else ""
    with _told(path, kept, target):
        if before and not os.access(target, os.W_OK):
            raise PermissionError(13, "it is write-protected", str(target))
        opened, partial = _beside(target, 0o600 if before else 0o666)
        try:
            with _told(path, kept, partial), os.fdopen(opened, "wb") as file:
                yield file
                file.flush()
                if before and hasattr(os, "fchmod"):
                    os.fchmod(opened, stat.S_IMODE(before.st_mode) & 0o777)
                os.fsync(opened)
                if fcntl:  # before it is closed, which gives its lock away
                    partial.replace(target)
            if not fcntl:
                partial.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def make_folder(path: Path) -> None:
    """Make the folder ``path`` with those above it, unless it is there.

    Raises:
        WriteError: it cannot be made.
    """
    with _told(path, "", path):
        path.mkdir(parents=True, exist_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _is_stream(path: Path, known: os.stat_result | None) -> bool:
    """Say whether ``path`` cannot be replaced: a device, a pipe, a file that a shell has opened."""
    if known is None:
        return False
    place = path.readlink() if path.is_symlink() else path  # /dev/stdout is such a link
    return not stat.S_ISREG(known.st_mode) or os.path.realpath(place.parent).startswith("/proc/")


@contextlib.contextmanager
def _told(path: Path, kept: str, *own: Path) -> Iterator[None]:
    """Turn what goes wrong with a file without a name, or one of ``own``, into an error of ours."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and str(error.filename) not in map(str, own):
            raise
        why = f"{path}: cannot be written ({error.strerror or error})"
        raise WriteError(f"{why}; {kept}" if kept else why) from None


def _beside(target: Path, mode: int) -> tuple[int, Path]:
    """Make a file in the folder of ``target`` and lock it; give its descriptor and its path."""
    folder = target.parent
    _tidy(folder)
    while True:
        partial = folder / f"{_BEFORE}{secrets.token_hex(8)}{_BEHIND}"
        try:
            opened = os.open(partial, _NEW, mode)
        except OSError as error:  # named as what the user knows
            raise type(error)(error.errno, error.strerror, str(target)) from None
        if not fcntl:
            return opened, partial
        with contextlib.suppress(OSError):  # not every file system has locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        known = _status(partial)
        if known and os.path.samestat(known, os.fstat(opened)):
            return opened, partial
        os.close(opened)  # somebody has tidied it away before it was locked


def _tidy(folder: Path) -> None:
    """Remove unfinished files of ours whose process is gone: nobody has locked them."""
    if not fcntl:
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(_BEFORE) and entry.name.endswith(_BEHIND):
                with contextlib.suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        known = os.fstat(opened)
        if stat.S_ISREG(known.st_mode) and known.st_uid == os.geteuid():
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)  # noqa: PTH108
    finally:
        os.close(opened)


def _sync_folder(folder: Path) -> None:
    """Make a new name last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
