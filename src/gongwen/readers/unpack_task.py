"""Unpack a tar archive, a mail, or what another program unpacks, in a confined process.

:mod:`.unpacked` starts this module. It reads ``input`` in its scratch folder, and leaves there the
unpacked files as ``0``, ``1``, … and ``index.json`` with their names, or with what is wrong.
"""

from __future__ import annotations

import json
import os
import posixpath
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..nlp.errors import ReadError
from ..sandbox.confinement import (
    Profile,
    confine,
    end_with_caller,
    environment,
    in_force,
    limit_cpu,
)
from .base import Limits
from .plain_text import detect_encoding

INPUT, INDEX, FILES = "input", "index.json", "files"
_BLOCK_BYTES = 1 << 20
_POLL_SECONDS = 0.2
_LOG_BYTES = 1 << 16
_COMMANDS = {
    "7z": ("x", "-y", "-bd", "-o{out}", "--", "{input}"),
    "bsdtar": ("-x", "-o", "-f", "{input}", "-C", "{out}"),
    "unrar": ("x", "-y", "-p-", "-idq", "--", "{input}", "{out}/"),
}
"""The arguments of each program that unpacks."""
OTHER_PROGRAM = "damaged, or of a kind that the installed program does not unpack"
"""What is wrong with an archive that another program may be able to unpack."""
_SCRATCH_VARIABLES = ("HOME", "TMPDIR", "TMP", "TEMP")


class Output:
    """Writes unpacked files into the scratch folder, within limits.

    Args:
        folder: the scratch folder.
        members: most files.
        unpacked_bytes: most bytes of all of them.
    """

    def __init__(self, folder: Path, members: int, unpacked_bytes: int) -> None:
        self._folder = folder
        self._most, self._left = members, unpacked_bytes
        self._megabytes = unpacked_bytes >> 20
        self.names: list[str] = []

    def place(self, name: str, size: int) -> Path:
        """Return where the next file goes, of whose size as much is taken from what is allowed.

        Raises:
            ReadError: there are too many files, or they are too large.
        """
        if len(self.names) >= self._most:
            raise ReadError(f"more than {self._most} files in it; unpack it first")
        self.check(size)
        self._left -= size
        self.names.append(name)
        return self._folder / str(len(self.names) - 1)

    def check(self, size: int) -> None:
        """Raise a ReadError when so many more bytes are too many."""
        if size > self._left:
            raise ReadError(f"unpacks to more than {self._megabytes} MB; unpack it first")


def main(
    kind: str,
    name: str,
    scratch: str,
    memory_bytes: str,
    unpacked_bytes: str,
    members: str,
    seconds: str,
    program: str,
    *readable: str,
) -> None:
    """Unpack one file.

    Args:
        kind: ``tar``, ``eml``, ``msg``, or how ``program`` is called, as in ``_COMMANDS``.
        name: the name of the file.
        scratch: the only folder that this process may write to.
        memory_bytes: the memory limit of this process.
        unpacked_bytes: most bytes of all unpacked files.
        members: most unpacked files.
        seconds: the time limit.
        program: the only program that it may start, ``""`` for none.
        readable: files and folders that it may read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets Ctrl-C too, and ends us
    folder = Path(scratch)
    path = Path(program) if program else None
    most = int(unpacked_bytes)
    places = tuple(map(Path, readable))
    confine(Profile(folder, places, int(memory_bytes), most + _BLOCK_BYTES, path))
    limit_cpu(4 * float(seconds))
    output = Output(folder, int(members), most)
    index = unpack(kind, name, folder, output, path, float(seconds))
    (folder / INDEX).write_text(json.dumps(index), "ascii")


def unpack(
    kind: str, name: str, folder: Path, output: Output, program: Path | None, seconds: float
) -> dict[str, object]:
    """Unpack ``input`` in a folder, and return the index: the names, or what is wrong.

    Args:
        kind: ``tar``, ``eml``, ``msg``, or how ``program`` is called, as in ``_COMMANDS``.
        name: the name of the file, for messages.
        folder: the scratch folder.
        output: where the files go.
        program: the program that unpacks it, ``None`` for none.
        seconds: the time limit of the program.
    """
    index: dict[str, object] = {}
    try:
        if kind == "tar":
            unpack_tar(folder / INPUT, output)
        elif kind in ("eml", "msg"):
            index["body"] = _unpack_mail(kind, folder / INPUT, name, output)
        elif program:
            _run_program(kind, program, folder, output, seconds)
        index["names"] = output.names
    except ReadError as error:
        index["error"] = str(error).removeprefix(f"{name}: ")
    except MemoryError:
        index["error"] = "needed too much memory to unpack; unpack it first"
    except Exception:  # libraries raise many types of errors for damaged files
        index["error"] = "damaged, cannot be unpacked; get it again"
    return index


def unpack_tar(path: Path, output: Output) -> None:
    """Unpack the regular files of a tar archive, also one that gzip, bzip2 or xz has packed.

    Names that are not UTF-8 are those of the system that packed it, in China GB18030.

    Raises:
        ReadError: the archive is damaged, or beyond a limit.
    """
    damaged = ReadError("damaged, not a whole tar archive; get it again")
    names: list[bytes] = []
    try:
        with tarfile.open(path, "r:*", errorlevel=2) as archive:
            for member in archive:
                if not member.isfile() or member.size < 0:
                    continue
                content = archive.extractfile(member)
                if content is None:
                    continue
                raw = member.name.encode("utf-8", "surrogateescape")
                names.append(raw)
                target = output.place(_path_of(member.name), member.size)
                with content, target.open("xb") as file:
                    if _copy(content, file, member.size) < member.size:
                        raise damaged
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError):
        raise damaged from None
    encoding = detect_encoding(b"\n".join(names)) or "gb18030"
    for i, raw in enumerate(names):
        for tried in ("utf-8", encoding, "gb18030"):
            try:
                output.names[i] = _path_of(raw.decode(tried))
            except UnicodeDecodeError:
                continue
            break


def _path_of(name: str) -> str:
    """Return the path of a member without a leading ``./`` or ``/``."""
    return posixpath.normpath("/" + name.replace("\\", "/"))[1:]


def _copy(source: object, target: BinaryIO, most: int) -> int:
    """Copy at most ``most`` bytes, and return how many there were."""
    read: Callable[[int], bytes] = source.read  # type: ignore[attr-defined]
    done = 0
    while done < most and (block := read(min(_BLOCK_BYTES, most - done))):
        target.write(block)
        done += len(block)
    return done


def _unpack_mail(kind: str, path: Path, name: str, output: Output) -> bool:
    """Unpack the attached files of a mail, and return whether it has text of its own."""
    from .mail.message import parse_mail  # late: only mails need it
    from .mail.outlook import parse_outlook  # late: only mails need it

    parse = parse_mail if kind == "eml" else parse_outlook
    mail = parse(path.read_bytes(), name, Limits())
    for attached in mail.attachments:
        output.place(attached.name, len(attached.data)).write_bytes(attached.data)
    return mail.has_body or bool(mail.sealed)


def _run_program(kind: str, program: Path, folder: Path, output: Output, seconds: float) -> None:
    """Let a program unpack the file, and collect the files that it has written.

    Raises:
        ReadError: it fails, takes too long, or writes more than is allowed.
    """
    out = folder / FILES
    out.mkdir()
    words = {"out": str(out), "input": str(folder / INPUT)}
    command = [str(program), *(word.format(**words) for word in _COMMANDS[kind])]
    variables = environment() | dict.fromkeys(_SCRATCH_VARIABLES, str(folder))
    deadline = time.monotonic() + seconds
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_caller if in_force().seccomp else None,
        )
        try:
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise ReadError(f"took more than {seconds:g} seconds to unpack")
                output.check(sum(size for _, size in _written(out)))
                time.sleep(_POLL_SECONDS if process.poll() is None else 0)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    with (folder / "log").open("rb") as file:
        said = file.read(_LOG_BYTES).lower()
    if process.returncode:
        if b"password" in said or b"encrypted" in said or b"passphrase" in said:
            raise ReadError("encrypted; unpack it first")
        raise ReadError(f"{OTHER_PROGRAM}; unpack it first")
    for path, size in sorted(_written(out)):
        name = os.path.relpath(path, out).replace(os.sep, "/")
        path.rename(output.place(name, size))
    shutil.rmtree(out, ignore_errors=True)


def _written(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the regular files below a folder and their sizes, without following links."""
    for place, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(place, name)
            try:
                status = path.lstat()
            except OSError:  # renamed meanwhile
                continue
            if path.is_file() and not path.is_symlink():
                yield path, status.st_size
