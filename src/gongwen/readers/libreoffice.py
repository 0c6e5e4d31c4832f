"""Read old and foreign word processor files by LibreOffice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

from ..nlp.errors import ReadError
from ..sandbox.confinement import end_with_caller, in_force
from ..sandbox.launch import environment, path_folders
from .archive import Archive
from .base import Blob, Extract
from .detect import kind_of
from .word.docx import read as read_docx

_FILTERS = {
    "doc": (".doc", "MS Word 97"),
    "rtf": (".rtf", "Rich Text Format"),
    "odt": (".odt", "writer8"),
    "wordxml": (".xml", ""),
}
"""The suffix of each kind, and LibreOffice's name for what reads it: left to itself, it takes what
is damaged for plain text."""
KINDS = frozenset(_FILTERS)
"""What is read here."""
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
)
"""Where it is installed when it is not on the path."""
_SHARE = 0.75
"""Of the time that a file may take, so that what waits for the reader does not end it first, which
would leave LibreOffice running."""
_AGAIN = 81
"""Exit code of LibreOffice when it has made its settings and wants to be started again, which the
script around it would do."""
_FOLDERS = ("HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Variables that name a folder to write to."""
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{}</oor:items>
"""
_SETTING = """<item oor:path="/org.openoffice.Office.{}"><prop oor:name="{}" oor:op="fuse">\
<value>{}</value></prop></item>
"""
_CAREFUL = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)
"""No macros, and nothing fetched that a file links to."""


def read(blob: Blob) -> Iterator[Extract]:
    """Read a file of .doc, .wps, .rtf, .odt or Word's XML by way of .docx.

    Each file is converted by a LibreOffice of its own, with settings and folders that are thrown
    away: no faster, nothing stays of a file that was made to do harm. It takes about a second.

    Raises:
        ReadError: LibreOffice is not installed, takes too long, or cannot read the file.
    """
    kind = kind_of(blob.data, blob.name)
    started = program()
    if started is None:
        own = PurePosixPath(blob.name).suffix.lower()
        called = own if own in (".doc", ".wps", ".rtf", ".odt") else _FILTERS[kind][0]
        raise ReadError(
            f"{blob.name}: reading {called} files needs LibreOffice (soffice); install it, or save"
            " the file as .docx"
        )
    if kind == "odt":
        Archive(partial(BytesIO, blob.data), blob.name, blob.limits).check()
    yield from read_docx(replace(blob, data=_convert(started, blob, kind)))


def find_soffice() -> str | None:
    """Return the path of LibreOffice's program, ``None`` when it is not installed.

    It is looked for in the folders of the path that are absolute, never in the current one, and
    where it is usually installed.
    """
    names = ("soffice", "libreoffice")
    on_path = (shutil.which(f"{folder}/{name}") for folder in path_folders() for name in names)
    return next(filter(None, on_path), None) or next(
        (place for place in _PLACES if Path(place).is_file()), None
    )


def program() -> Path | None:
    """Return the program that is started: that behind the script which starts it, when it is known.

    It can then be the only one that a confined process may start.
    """
    found = find_soffice()
    if found is None:
        return None
    path = Path(found).resolve()
    binary = path.with_name("soffice.bin")
    return binary if binary.is_file() else path


def _convert(program: Path, blob: Blob, kind: str) -> bytes:
    """Return the file as .docx."""
    # What it may still hold open when it was ended is left behind on Windows.
    with tempfile.TemporaryDirectory(prefix="gongwen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        items = "".join(_SETTING.format(*setting) for setting in _CAREFUL)
        settings.write_text(_SETTINGS.format(items), "utf-8")
        suffix, reads = _FILTERS[kind]
        source = folder / f"report{suffix}"
        source.write_bytes(blob.data)
        command = [
            str(program),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *"--headless --norestore --nologo --nodefault --nolockcheck".split(),
            *([f"--infilter={reads}"] if reads else []),
            *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(source)),
        ]
        seconds = blob.limits.seconds * _SHARE
        if not _run(command, folder, seconds):
            raise ReadError(
                f"{blob.name}: LibreOffice took more than {seconds:g} seconds; save it as .docx"
            )
        try:
            with source.with_suffix(".docx").open("rb") as file:
                data = file.read(blob.limits.file_bytes + 1)
        except OSError:
            raise ReadError(
                f"{blob.name}: damaged, protected, or unknown to LibreOffice; save it as .docx"
            ) from None
        if len(data) > blob.limits.file_bytes:
            megabytes = blob.limits.file_bytes >> 20
            raise ReadError(f"{blob.name}: larger than {megabytes} MB as .docx; split it first")
        return data


def _run(command: list[str], folder: Path, seconds: float) -> bool:
    """Run a program to its end and say whether that came in time; else end all it has started."""
    deadline = time.monotonic() + seconds
    while True:
        code = _run_once(command, folder, deadline - time.monotonic())
        if code != _AGAIN:
            return code is not None


def _run_once(command: list[str], folder: Path, seconds: float) -> int | None:
    """Return the exit code of a program, ``None`` when it does not end in time."""
    nothing = subprocess.DEVNULL
    # In a confined process it stays in the group of that, which its caller ends as a whole.
    confined = in_force().seccomp
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment() | dict.fromkeys(_FOLDERS, str(folder)),
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=not confined,
        preexec_fn=end_with_caller if confined else None,
    )
    try:
        return process.wait(max(0, seconds))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            _end(process, alone=confined)


def _end(process: subprocess.Popen[bytes], alone: bool) -> None:
    if sys.platform == "win32":
        number = str(process.pid)
        taskkill = f"{_system_folder()}/System32/taskkill.exe"
        subprocess.run([taskkill, "/F", "/T", "/PID", number], capture_output=True, check=False)
    elif alone:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _system_folder() -> str:
    return environment().get("SYSTEMROOT", "C:/Windows")
