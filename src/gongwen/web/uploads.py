"""Take the files of a form: give them safe names, and keep them in a private folder for a while."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.datastructures import FormData, UploadFile

from ..readers.files import is_report_name
from .forms import NO_FILES, NO_REPORTS, RefusedForm

_MOST_BYTES = 200
"""Longest name of a file or folder, in bytes of UTF-8; file systems allow 255."""
_MOST_FOLDERS = 6
"""Most folders of an uploaded folder that are kept, counted from the file."""
_LONGEST_SUFFIX = 12
_DRIVE = re.compile(r"[A-Za-z]:")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
"""Characters that no name may have on Windows."""
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)")
"""Names of devices on Windows, whatever their suffix."""
_UNNAMED = "未命名"
_SKIPPED = ("__MACOSX",)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded.

    Attributes:
        path: where its bytes are.
        parts: its name, and in front of it the folders in which it was uploaded, all of them safe.
    """

    path: Path
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name with the folders, as it is shown: ``各县/甲县.docx``."""
        return "/".join(self.parts)


@dataclass(slots=True)
class Uploads:
    """The files of one form, in a private folder that is removed with :meth:`remove`.

    Attributes:
        folder: the private folder.
        files: the files.
        left_out: how many files of uploaded folders are left out, as no reports.
    """

    folder: Path
    files: list[Upload]
    left_out: int = 0

    def remove(self) -> None:
        """Remove the files; nothing happens when they are gone already."""
        shutil.rmtree(self.folder, ignore_errors=True)


def files_of(form: FormData, field: str = "files") -> list[UploadFile]:
    """Return the files of a form; browsers send one without a name when none was chosen."""
    given = form.getlist(field)
    return [one for one in given if isinstance(one, UploadFile) and one.filename]


def keep_files(given: Iterable[UploadFile]) -> Uploads:
    """Write the files of a form to a private folder, each under its own name.

    Every file has a folder of its own there, so that two of the same name are kept apart. Of
    uploaded folders only files that may be reports are kept, as of folders on the command line.

    Args:
        given: the files.
    """
    kept = Uploads(private_folder(), [])
    try:
        for number, one in enumerate(given, 1):
            parts = safe_parts(one.filename or "")
            if len(parts) > 1 and (not is_report_name(parts[-1]) or _is_hidden(one.filename or "")):
                kept.left_out += 1
                continue
            path = kept.folder / str(number) / parts[-1]
            path.parent.mkdir()
            one.file.seek(0)
            with path.open("wb") as file:
                shutil.copyfileobj(one.file, file)
            kept.files.append(Upload(path, parts))
    except BaseException:
        kept.remove()
        raise
    return kept


async def keep_body(body: AsyncIterable[bytes], name: str) -> Uploads:
    """Write a file to a private folder as it comes.

    Args:
        body: its bytes.
        name: what it is called, also with folders; may be anything.
    """
    parts = safe_parts(name)
    kept = Uploads(private_folder(), [])
    try:
        path = kept.folder / "1" / parts[-1]
        path.parent.mkdir()
        with path.open("wb") as file:
            async for part in body:
                file.write(part)
        kept.files.append(Upload(path, parts))
    except BaseException:
        kept.remove()
        raise
    return kept


def private_folder() -> Path:
    """Return a new folder that only this user can look into."""
    return Path(tempfile.mkdtemp(prefix="gongwen-"))


def kept_or_refused(form: FormData, name: str, back: str) -> Uploads:
    """Keep the files of a form that needs some.

    Args:
        form: the form.
        name: name of the form.
        back: path of its page.

    Raises:
        RefusedForm: no file was chosen, or none of a folder is a report.
    """
    given = files_of(form)
    if not given:
        raise RefusedForm(name, NO_FILES, back)
    kept = keep_files(given)
    if not kept.files:
        kept.remove()
        raise RefusedForm(name, NO_REPORTS, back)
    return kept


def safe_parts(name: str) -> tuple[str, ...]:
    r"""Return the folders and the name of an uploaded file as they can be kept on any disk.

    Browsers send the path inside the folder when a whole folder is uploaded. No part is empty,
    leads out of the folder, is hidden, or has characters that are not seen.

    Args:
        name: as the browser sent it; may be anything.

    Example:
        >>> safe_parts("../各县/甲县2020.docx"), safe_parts(r"C:\x\..\a.txt")
        (('各县', '甲县2020.docx'), ('x', 'a.txt'))
    """
    split = [part for part in re.split(r"[/\\]", name) if not _DRIVE.fullmatch(part)]
    *folders, last = split or [""]
    safe = [part for part in map(_safe, folders) if part]
    return (*safe[-_MOST_FOLDERS:], _safe(last) or _UNNAMED)


def _safe(part: str) -> str:
    """Return one part of a path as a name, ``""`` when nothing is left of it."""
    part = unicodedata.normalize("NFC", part.encode("utf-8", "ignore").decode("utf-8"))
    seen = "".join(c for c in part if unicodedata.category(c)[0] != "C")
    seen = _NOT_IN_NAMES.sub("_", " ".join(seen.split())).strip(" .")
    if _RESERVED.match(seen):
        seen = f"_{seen}"
    return _shortened(seen)


def _shortened(name: str) -> str:
    """Return a name that fits a file system, with its suffix."""
    if len(name.encode("utf-8")) <= _MOST_BYTES:
        return name
    suffix = PurePosixPath(name).suffix
    if len(suffix.encode("utf-8")) > _LONGEST_SUFFIX:
        suffix = ""
    room = _MOST_BYTES - len(suffix.encode("utf-8"))
    stem = name[: len(name) - len(suffix)].encode("utf-8")[:room].decode("utf-8", "ignore")
    return stem.strip(" .") + suffix


def _is_hidden(name: str) -> bool:
    """Return whether a file of an uploaded folder is hidden, or a lock file of Word."""
    parts = re.split(r"[/\\]", name)
    return any(p in _SKIPPED or (p.startswith((".", "~$")) and p not in (".", "..")) for p in parts)
