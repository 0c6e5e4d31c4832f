"""Old and foreign word processor files, as LibreOffice reads them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

from ..nlp.errors import ReadError
from .archive import Archive
from .docx import read as read_docx
from .kinds import kind_of
from .records import Blob, Extract

_FILTERS = {
    "doc": (".doc", "MS Word 97"),
    "rtf": (".rtf", "Rich Text Format"),
    "odt": (".odt", "writer8"),
    "wordxml": (".xml", ""),
}
"""The suffix of each kind, and LibreOffice's name for what reads it: left to itself, it takes what
is damaged for plain text."""
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
)
"""Where it is installed when it is not on the path."""
_SHARE = 0.75
"""Of the time that a file may take, so that what waits for the reader does not end it first, which
would leave LibreOffice running."""
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
    program = find_soffice()
    if program is None:
        own = PurePosixPath(blob.name).suffix.lower()
        called = own if own in (".doc", ".wps", ".rtf", ".odt") else _FILTERS[kind][0]
        raise ReadError(
            f"{blob.name}: reading {called} files needs LibreOffice (soffice); install it, or save"
            " the file as .docx"
        )
    if kind == "odt":
        Archive(partial(BytesIO, blob.data), blob.name, blob.limits).check()
    yield from read_docx(replace(blob, data=_convert(program, blob, kind)))


def find_soffice() -> str | None:
    """Return the path of LibreOffice's program, ``None`` when it is not installed."""
    on_path = shutil.which("soffice") or shutil.which("libreoffice")
    return on_path or next((place for place in _PLACES if Path(place).is_file()), None)


def _convert(program: str, blob: Blob, kind: str) -> bytes:
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
            program,
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
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=folder, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            _end(process)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        number = str(process.pid)
        subprocess.run(["taskkill", "/F", "/T", "/PID", number], capture_output=True, check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
