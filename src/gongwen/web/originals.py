"""Keep the files that were added through the page in the folder of the library, and add them.

An uploaded file lives on as ``LIBRARY/files/NAME``, or ``LIBRARY/files/FOLDER/NAME`` when a folder
was uploaded. That path is the source of its report, so that citations have the file's own name and
``gongwen repair`` can read it anew.

- A file of the same name with other content is a changed version: it replaces the older one, and
  so does its report. Who wants to keep both says so; then the new one goes to ``files/(2)/NAME``.
- Of two files of the same name in one form the second one goes to ``files/(2)/NAME``.
- A file that cannot be read is not kept, and the older version of it stays.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from ..catalog import _
from ..ingest.uploaded_files import FOLDER, remove_empty
from ..library import Library
from ..nlp.atomic_write import make_folder, replacing
from ..nlp.errors import ReadError, StoppedError
from ..readers.base import display_name
from ..results import FileOutcome, Outcome, Report
from ..storage.index_sync import Progress
from ..translation import in_language, without_place
from .jobs import Job, Jobs
from .uploads import Upload, Uploads

_WORKERS = 2
_FEW = 4
"""Files from which on two processes read."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one report of an uploaded file.

    Attributes:
        name: the file, as it was called.
        status: added, replaced, unchanged, copy or failed.
        report: id of the report, ``""`` when it failed.
        title: its title.
        sentences: its sentences.
        message: why it failed and what to do, or what is to be known of it.
    """

    name: str
    status: Outcome
    report: str = ""
    title: str = ""
    sentences: int = 0
    message: str = ""


def outcomes_dict(added: Iterable[Added]) -> dict[str, Any]:
    """Return what became of files as a JSON object; sources are names as the files were called.

    Example:
        >>> outcomes_dict([Added("甲.txt", "added", "甲", "总结", 9)])["outcomes"][0]["source"]
        '甲.txt'
    """
    outcomes = [
        FileOutcome(one.name, one.status, one.report, one.sentences, one.message) for one in added
    ]
    return {"outcomes": [one.to_dict() for one in outcomes]}


@dataclass(frozen=True, slots=True)
class _Placed:
    """An uploaded file in the library.

    Attributes:
        upload: the file.
        target: where it is now.
        older: copy of what was there before, ``None`` when nothing was.
        renewed: whether something of other content was there before.
    """

    upload: Upload
    target: Path
    older: Path | None
    renewed: bool


def start_adding(
    jobs: Jobs,
    library: Library,
    uploads: Uploads,
    *,
    by: str,
    encoding: str | None = None,
    keep_both: bool = False,
) -> Job:
    """Start to add uploaded files; the details of the job have what became of them so far.

    Args:
        jobs: runs it.
        library: the library.
        uploads: the files; removed at the end.
        by: who adds them.
        encoding: encoding of the files, nothing to find it out.
        keep_both: keep a file of the same name and its report beside the new one.
    """
    so_far: list[Added] = []
    work = partial(
        add_uploads, library, uploads, encoding=encoding or None, keep_both=keep_both,
        ended=so_far.append,
    )  # fmt: skip
    return jobs.start(
        "add",
        work,
        by=by,
        answer=outcomes_dict,
        forgotten=uploads.remove,
        back="/library",
        left_out=uploads.left_out,
        names=[one.name for one in uploads.files],
        so_far=so_far,
    )


def add_uploads(
    library: Library,
    uploads: Uploads,
    tell: Progress,
    *,
    encoding: str | None = None,
    keep_both: bool = False,
    ended: Callable[[Added], object] = bool,
) -> list[Added]:
    """Move uploaded files into the library and add them; those that failed come last.

    Args:
        library: the library.
        uploads: the files; removed at the end.
        tell: told of the progress.
        encoding: encoding of the files, ``None`` to find it out.
        keep_both: keep a file of the same name and its report beside the new one.
        ended: told of every report as it is stored, or of its file when that failed.

    Raises:
        LibraryError: the library cannot be written to.
        WriteError: a file cannot be written.
    """
    try:
        # Whoever empties the trash meanwhile would delete a file that has no report yet.
        with library.exclusively("add"):
            return _add(library, uploads, tell, encoding, keep_both, ended)
    finally:
        uploads.remove()


def _add(
    library: Library,
    uploads: Uploads,
    tell: Progress,
    encoding: str | None,
    keep_both: bool,
    ended: Callable[[Added], object],
) -> list[Added]:
    root = (library.folder / FOLDER).resolve()
    placed: list[_Placed] = []
    outcomes: Sequence[FileOutcome] = ()
    try:
        before = {report.id: report for report in library.reports()}
        taken: set[Path] = set()
        for upload in uploads.files:
            one = _place(root, upload, uploads.folder, taken, keep_both)
            taken.add(_alike(one.target))
            placed.append(one)
        workers = _WORKERS if len(placed) >= _FEW else 1
        try:
            outcomes = library.add(
                [one.target for one in placed],
                encoding=encoding,
                workers=workers,
                progress=tell,
                ended=lambda one: ended(_named(one, root)),
            )
        except StoppedError as error:
            outcomes = error.outcomes
            raise
        after = {report.id: report for report in library.reports()}
        return list(_told(outcomes, root, before, after))
    finally:
        _take_back(placed, outcomes, root)


def _place(root: Path, upload: Upload, scratch: Path, taken: set[Path], both: bool) -> _Placed:
    """Put a file where it stays, and keep what was there before in ``scratch``."""
    for number in count(1):
        target = (root if number == 1 else root / f"({number})").joinpath(*upload.parts)
        if _alike(target) in taken or target.is_dir() or any(p.is_file() for p in target.parents):
            continue
        there = target.exists()
        renewed = there and not filecmp.cmp(target, upload.path, shallow=False)
        if not (renewed and both):
            break
    if not target.parent.resolve().is_relative_to(root) or target.is_symlink():
        raise ReadError(f"{target}: a link that leads elsewhere; remove it first")
    older = None
    if renewed:
        older = scratch / f"{len(taken)}.older"
        shutil.copyfile(target, older)
    if renewed or not there:
        make_folder(target.parent)
        with upload.path.open("rb") as source, replacing(target) as file:
            shutil.copyfileobj(source, file)
    return _Placed(upload, target, older, renewed or not there)


def _alike(path: Path) -> Path:
    """Return what is the same for paths that some file systems take for one."""
    return Path(str(path).casefold())


def _take_back(placed: Iterable[_Placed], outcomes: Iterable[FileOutcome], root: Path) -> None:
    """Undo the placing of files of which nothing was stored."""
    stored = {one.source.partition("!/")[0] for one in outcomes if one.status != "failed"}
    for one in placed:
        if not one.renewed or display_name(str(one.target)) in stored:
            continue
        with suppress(OSError):
            if one.older is None:
                one.target.unlink()
                remove_empty(one.target.parent, root)
            else:
                with one.older.open("rb") as source, replacing(one.target) as file:
                    shutil.copyfileobj(source, file)


def _named(one: FileOutcome, root: Path) -> Added:
    """Return an outcome with the name of its file as a person knows it, in the current language."""
    message = in_language(one.message.removeprefix(f"{one.source}: "))
    return Added(own_name(one.source, root), one.status, one.report, "", one.sentences, message)


def _told(
    outcomes: Iterable[FileOutcome],
    root: Path,
    before: dict[str, Report],
    after: dict[str, Report],
) -> Iterator[Added]:
    """Yield what became of each report, in the current language; failures last."""
    for one in sorted(outcomes, key=lambda o: o.status == "failed"):
        name = own_name(one.source, root)
        report = after.get(one.report)
        title = report.title if report else ""
        message = without_place(one.message, one.source)
        if one.status in ("unchanged", "copy"):
            source = own_name(report.source, root) if report else ""
            other = source and source != name and not source.startswith(f"{name}#")
            message = _("the same report as {file}").format(file=source) if other else ""
        elif one.status == "replaced":
            message = _replaced(before.get(one.report), report, message)
        yield Added(name, one.status, one.report, title, one.sentences, in_language(message))


def _replaced(old: Report | None, new: Report | None, message: str) -> str:
    """Return what is said of a report in place of an older one, and warn if it is another one."""
    if old and new and (old.title, old.region, old.year) != (new.title, new.region, new.year):
        said = _(
            "it took the place of “{title}”, whose file had the same name; if that is another "
            "report, add its file again and choose to keep both"
        ).format(title=old.title or old.id)
        return "; ".join(filter(None, (said, message)))
    return message


def own_name(source: str, root: Path) -> str:
    """Return a source as a person knows it: of files that were uploaded without our folder.

    Example:
        >>> own_name("/lib/files/(2)/甲县.docx", Path("/lib/files"))
        '(2)/甲县.docx'
    """
    return source.removeprefix(f"{display_name(str(root))}/")
