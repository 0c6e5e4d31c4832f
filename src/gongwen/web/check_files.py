"""Check uploaded files and texts within the limits of readers, and give the results as files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from starlette.exceptions import HTTPException

from ..catalog import _, gettext_noop
from ..figures.report_check import Checker, CheckResult, Unreadable
from ..nlp.errors import ReadError
from ..readers.base import Blob
from ..readers.files import Source, find_sources, load
from ..render.check_report import (
    COLUMNS,
    STATUSES,
    Checked,
    check_page,
    checked_dict,
    comments_on,
    finding_rows,
    write_check_book,
)
from ..render.delimited import csv_text, json_text
from ..render.word_comments import annotate
from ..storage.index_sync import Progress
from .downloads import written_bytes
from .uploads import Upload, Uploads

FORMATS = ("xlsx", "html", "csv", "json")
"""What the results of a check can be saved as."""
_WORD_SUFFIXES = frozenset(".docx .docm .dotx .dotm".split())


@dataclass(frozen=True, slots=True)
class OneChecked:
    """What a check gave of one report.

    Attributes:
        of: findings, or why it could not be read.
        upload: the file that it is in, ``None`` for a pasted text or a report of the library.
    """

    of: Checked
    upload: Upload | None = None

    @property
    def readable(self) -> bool:
        """Whether it could be read."""
        return isinstance(self.of, CheckResult)

    @property
    def is_word(self) -> bool:
        """Whether a copy with comments can be made of it."""
        return (
            self.readable
            and self.upload is not None
            and self.upload.path.suffix.lower() in _WORD_SUFFIXES
            and self.of.name == self.upload.name
        )


def check_uploads(
    checker: Checker, uploads: Uploads, text: str, tell: Progress
) -> list[OneChecked]:
    """Check files as ``gongwen check`` does, and a text; what matters most comes first.

    Args:
        checker: checks.
        uploads: the files, which stay where they are.
        text: a pasted text, ``""`` for none.
        tell: told of every file (``checking``).
    """
    done: list[OneChecked] = []
    total = len(uploads.files) + bool(text)
    tell("checking", 0, total)
    if text:
        done += _of_text(checker, text)
    for upload in uploads.files:
        done += _of_file(checker, upload)
        tell("checking", len({one.upload for one in done}), total)
    return sorted(done, key=_order)


def _order(one: OneChecked) -> tuple[int, int]:
    if isinstance(one.of, Unreadable):
        return 1, 0
    return 0, -(one.of.count("FAIL") * 10_000 + one.of.count("UNCERTAIN"))


def _of_text(checker: Checker, text: str) -> Iterator[OneChecked]:
    try:
        for result in checker.check_passage(text.encode("utf-8", "replace")):
            yield OneChecked(result)
    except ReadError as error:
        yield OneChecked(Unreadable.of("standard input", error))


def _of_file(checker: Checker, upload: Upload) -> Iterator[OneChecked]:
    """Yield what is found in a file, or in each member of an archive."""
    place = str(upload.path)

    def named(one: CheckResult | Unreadable) -> OneChecked:
        name = upload.name + one.name.removeprefix(place)
        if isinstance(one, CheckResult):
            return OneChecked(replace(one, name=name), upload)
        return OneChecked(Unreadable(name, one.reason.replace(place, upload.name)), upload)

    for found in find_sources([upload.path]):
        if isinstance(found, ReadError):
            name = str(found).partition(": ")[0]
            yield named(Unreadable.of(name, found))
            continue
        try:
            yield from map(named, checker.check_source(found))
        except ReadError as error:
            yield named(Unreadable.of(found.name, error))


def result_bytes(
    checked: Sequence[Checked], format: str, statuses: Collection[str] = tuple(STATUSES)
) -> bytes:
    """Return the results of a check as a file of one of :data:`FORMATS`.

    Args:
        checked: the results.
        format: of the file.
        statuses: statuses of the findings that are in it.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
    """
    if format == "html":
        return check_page(checked, statuses).encode("utf-8", "xmlcharrefreplace")
    if format == "json":
        text = json_text(checked_dict(checked, statuses), indent=2) + "\n"
        return text.encode("utf-8", "backslashreplace")
    if format == "csv":
        text = csv_text(list(finding_rows(checked, statuses)), COLUMNS)
        return text.encode("utf-8", "backslashreplace")
    return written_bytes(lambda path: write_check_book(path, checked, statuses), "check.xlsx")


def annotated(one: OneChecked, statuses: Collection[str]) -> tuple[bytes, str]:
    """Return a copy of a Word file with comments on its findings, and the name of the copy.

    Raises:
        HTTPException: it is no Word file, or not kept any more.
        ReadError: comments cannot be inserted.
    """
    if not (one.is_word and one.upload and isinstance(one.of, CheckResult)):
        raise HTTPException(400, gettext_noop("comments go into Word files (.docx) only"))
    findings = [finding for finding in one.of.findings if finding.status in statuses]
    path: Path = one.upload.path
    try:
        data, _digest = load(Source(path))
    except ReadError:
        raise HTTPException(
            404, gettext_noop("the file is not kept any more; check it again")
        ) from None
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole, _anchors = annotate(Blob(one.of.name, data), one.of.text, comments_on(findings), now)
    return whole, f"{path.stem}-{_('comments')}{path.suffix}"


def title_of(one: OneChecked) -> str:
    """Return what a result is called on the page."""
    if isinstance(one.of, Unreadable):
        return one.of.name or _("the text")
    return one.of.title or one.of.name or _("the text")
