"""Read .doc, .wps, .rtf, .odt and Word XML files by converting them with LibreOffice."""

from __future__ import annotations

import os
import re
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
from ..sandbox.confinement import end_with_caller, environment, in_force, path_folders
from .archive import Archive
from .base import Blob, Extract, unpacked_name
from .detect import kind_of
from .word.docx import read as read_docx

_IMPORT_FILTERS = {
    "doc": (".doc", "MS Word 97"),
    "rtf": (".rtf", "Rich Text Format"),
    "odt": (".odt", "writer8"),
    "wordxml": (".xml", ""),
}
"""For each format the file suffix, and the name of LibreOffice's import filter.

The filter is given since LibreOffice, left to detect the format, reads damaged files as plain text.
"""
KINDS = frozenset(_IMPORT_FILTERS)
"""The formats that this module reads."""
_USUAL_PATHS = (
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
)
"""Usual paths of LibreOffice's program, tried when it is not on the search path."""
_TIME_SHARE = 0.75
"""Share of the time limit of a file that LibreOffice is given.

It must end before the process that reads the file is killed, which would leave it running.
"""
_RESTART_EXIT_CODE = 81
"""Exit code with which LibreOffice asks to be restarted after it has written its settings.

The script that usually starts the program handles this code.
"""
_FOLDER_VARIABLES = ("HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Environment variables that name writable folders; all are set to the temporary folder."""
_SETTINGS_XML = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{}</oor:items>
"""
_SETTING_XML = """<item oor:path="/org.openoffice.Office.{}"><prop oor:name="{}" oor:op="fuse">\
<value>{}</value></prop></item>
"""
_SAFE_SETTINGS = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)
"""Settings (node, property, value) that disable macros and the loading of linked files."""


def read(blob: Blob) -> Iterator[Extract]:
    """Read a .doc, .wps, .rtf, .odt or Word XML file by converting it to .docx.

    Each file is converted by a new LibreOffice process, whose settings and folders are deleted
    afterwards, so that a malicious file cannot affect others. This takes about one second.

    Raises:
        ReadError: LibreOffice is not installed, takes too long, or cannot read the file.
    """
    kind = kind_of(blob.data, blob.name)
    office = program()
    if office is None:
        suffix = PurePosixPath(unpacked_name(blob.name)).suffix.lower()
        known = suffix in (".doc", ".wps", ".rtf", ".odt")
        format_name = suffix if known else _IMPORT_FILTERS[kind][0]
        raise ReadError(
            f"{blob.name}: reading {format_name} files needs LibreOffice (soffice);"
            " install it, or save the file as .docx"
        )
    if kind == "odt":
        Archive(partial(BytesIO, blob.data), blob.name, blob.limits).check()
    elif kind == "rtf":
        blob = replace(blob, data=_with_typed_labels(blob.data))
    yield from read_docx(replace(blob, data=_convert(office, blob, kind)))


# -- lost marks of lists ---------------------------------------------------------------------------

_LOST_MARK = re.compile(
    rb"\\leveltext(?:[^;{}\\]|\\u-?\d{1,5} ?(?:\\'[0-9a-f]{2})?|\\'(?!3f)[0-9a-f]{2}|\\[a-tv-z])"
    rb"{0,200}+\\'3f"
)
"""A list whose number is followed by a question mark: what stood there was lost.

LibreOffice writes these marks in the encoding of Western Europe, so that 一、 becomes 一?
"""
_PARAGRAPH_END = re.compile(rb"(\\par(?![a-z]))")
_TYPED_LABEL = re.compile(rb"\{\\listtext(?:\\pard)?([^{}]{1,300}?)(?:\\tab ?)?\}")
_LABEL_CHARACTER = re.compile(
    rb"\\u(-?\d{1,5}) ?(?:\\'[0-9a-f]{2}|\?)?|\\[a-z]+-?\d* ?|([0-9A-Za-z])"
)
_MEMBERSHIP = re.compile(rb"\\ls\d{1,9}(?![\d}])")
"""The list that a paragraph belongs to; followed by } it is the definition of a list."""


def _with_typed_labels(data: bytes) -> bytes:
    """Return a .rtf file whose lists lost marks with the numbers as they were displayed.

    Each paragraph of a list holds its number as text too, for programs that know no lists.
    """
    if not _LOST_MARK.search(data):
        return data
    paragraphs = _PARAGRAPH_END.split(data)
    for n, paragraph in enumerate(paragraphs):
        label = _TYPED_LABEL.search(paragraph)
        if label and _is_number(label[1]):
            typed = paragraph[: label.start()] + b"{%b}" % label[1] + paragraph[label.end() :]
            paragraphs[n] = _MEMBERSHIP.sub(rb"\\ls0", typed)
    return b"".join(paragraphs)


def _is_number(label: bytes) -> bool:
    """Return whether the label of an item is a number or letter, not a bullet."""
    return any(
        found[2] or (found[1] and chr(int(found[1]) % 0x10000).isalnum())
        for found in _LABEL_CHARACTER.finditer(label)
    )


# -- LibreOffice -----------------------------------------------------------------------------------


def find_soffice() -> str | None:
    """Return the path of LibreOffice's program, ``None`` when it is not installed.

    The absolute folders of the search path (never the current folder) and the usual places of
    installation are tried.
    """
    names = ("soffice", "libreoffice")
    on_path = (shutil.which(f"{folder}/{name}") for folder in path_folders() for name in names)
    return next(filter(None, on_path), None) or next(
        (path for path in _USUAL_PATHS if Path(path).is_file()), None
    )


def program() -> Path | None:
    """Return the program to start, ``None`` when LibreOffice is not installed.

    This is the binary beside the usual start script if there is one, so that a confined process
    can be allowed to start this one program and no other.
    """
    found = find_soffice()
    if found is None:
        return None
    path = Path(found).resolve()
    binary = path.with_name("soffice.bin")
    return binary if binary.is_file() else path


def _convert(program: Path, blob: Blob, kind: str) -> bytes:
    """Return the file converted to .docx."""
    # On Windows, files that a killed LibreOffice still holds open cannot be deleted.
    with tempfile.TemporaryDirectory(prefix="gongwen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        items = "".join(_SETTING_XML.format(*setting) for setting in _SAFE_SETTINGS)
        settings.write_text(_SETTINGS_XML.format(items), "utf-8")
        suffix, import_filter = _IMPORT_FILTERS[kind]
        source = folder / f"report{suffix}"
        source.write_bytes(blob.data)
        command = [
            str(program),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *"--headless --norestore --nologo --nodefault --nolockcheck".split(),
            *([f"--infilter={import_filter}"] if import_filter else []),
            *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(source)),
        ]
        seconds = blob.limits.seconds * _TIME_SHARE
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
    """Run a command and return whether it ended in time; kill it and its children if not."""
    deadline = time.monotonic() + seconds
    while True:
        code = _run_once(command, folder, deadline - time.monotonic())
        if code != _RESTART_EXIT_CODE:
            return code is not None


def _run_once(command: list[str], folder: Path, seconds: float) -> int | None:
    """Return the exit code of a command, ``None`` when it does not end in time."""
    devnull = subprocess.DEVNULL
    # In a confined process it stays in that process group, which the caller kills as a whole.
    confined = in_force().seccomp
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment() | dict.fromkeys(_FOLDER_VARIABLES, str(folder)),
        stdin=devnull,
        stdout=devnull,
        stderr=devnull,
        start_new_session=not confined,
        preexec_fn=end_with_caller if confined else None,
    )
    try:
        return process.wait(max(0, seconds))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            _kill(process, without_group=confined)


def _kill(process: subprocess.Popen[bytes], without_group: bool) -> None:
    """Kill a process, and the others of its group or tree unless ``without_group``."""
    if sys.platform == "win32":
        process_id = str(process.pid)
        taskkill = f"{_system_folder()}/System32/taskkill.exe"
        subprocess.run([taskkill, "/F", "/T", "/PID", process_id], capture_output=True, check=False)
    elif without_group:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _system_folder() -> str:
    return environment().get("SYSTEMROOT", "C:/Windows")
