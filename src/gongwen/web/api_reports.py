"""What programs can do with whole reports: add, remove, restore, and delete them for good."""

from __future__ import annotations

from typing import Any

from ..nlp.errors import UnknownNameError
from .api_jobs import job_dict
from .api_questions import LIMIT, OFFSET, page_of
from .operations import Asked, Operation, Parameter, total_of
from .originals import start_adding
from .schemas import WHOLE, of, ref

ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16")
"""Encodings of plain text that can be said."""
_LONGEST_WAIT = 36_500
"""Most days of ``older_than_days``."""


def _add(asked: Asked) -> Any:
    uploads, v = asked.uploads, asked.values
    assert uploads is not None  # the operation says ``file=True``
    job = start_adding(
        asked.site.jobs,
        asked.site.library,
        uploads,
        by=asked.by,
        encoding=v["encoding"],
        keep_both=bool(v["keep_both"]),
    )
    return job_dict(job)


def _remove(asked: Asked) -> Any:
    library, report = asked.site.library, asked.values["report"]
    if not library.has_report(report):  # the library takes parts of names too
        near = [one for one in library.titles() if report in one]
        raise UnknownNameError("report", report, near[:3])
    [removed] = library.remove(report, by=asked.values["author"] or asked.by)
    return removed.to_dict()


def _trash(asked: Asked) -> Any:
    return page_of(asked, "trash", asked.site.library.trash())


def _restore(asked: Asked) -> Any:
    [restored] = asked.site.library.restore(asked.values["report"])
    return restored.to_dict()


def _empty(asked: Asked) -> Any:
    days = asked.values["older_than_days"]
    return {"deleted": asked.site.library.empty_trash(older_than_days=days)}


def whole_reports() -> tuple[Operation, ...]:
    """Return the operations of this file."""
    return (
        Operation(
            "add",
            "POST",
            "/reports",
            "Add a file: a report, or an archive of reports; the job tells what became of each.",
            _add,
            ref("Job"),
            (
                Parameter(
                    "name",
                    "name of the file, with folders if it shall have some",
                    needed=True,
                    most=500,
                    example="甲县2020.docx",
                ),
                Parameter("encoding", "of plain text; found out without", choices=ENCODINGS),
                Parameter(
                    "keep_both",
                    "keep a file of the same name beside this one; it is replaced without",
                    "boolean",
                ),
            ),
            file=True,
            group="reports",
            writes=True,
            long=True,
        ),
        Operation(
            "remove",
            "DELETE",
            "/reports/{report}",
            "Move a report to the trash, by its whole id.",
            _remove,
            ref("Report"),
            (
                Parameter(
                    "author",
                    "who removes it; by default who has logged in",
                    most=60,
                    example="王科员",
                ),
            ),
            group="reports",
            writes=True,
        ),
        Operation(
            "trash",
            "GET",
            "/trash",
            "The reports in the trash, in the order of removal.",
            _trash,
            ref("Trash"),
            (LIMIT, OFFSET),
            group="reports",
            total=total_of,
        ),
        Operation(
            "restore",
            "POST",
            "/trash/{report}/restore",
            "Bring a report back from the trash, by its id or the number of the entry.",
            _restore,
            ref("Report"),
            group="reports",
            writes=True,
        ),
        Operation(
            "empty_trash",
            "DELETE",
            "/trash",
            "Delete what is in the trash for good.",
            _empty,
            of({"deleted": WHOLE}),
            (
                Parameter(
                    "older_than_days",
                    "only what was removed longer ago; all without",
                    "number",
                    least=0,
                    most=_LONGEST_WAIT,
                    example=30,
                ),
            ),
            group="reports",
            writes=True,
        ),
    )
