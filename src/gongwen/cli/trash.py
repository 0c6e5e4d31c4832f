"""The commands that remove reports to the trash, bring them back, and empty the trash."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, ngettext
from ..conditions import only_report_with, reports_with
from ..nlp.errors import QueryError
from ..nlp.validation import clean_line
from ..render.delimited import csv_text
from .help_text import Command, Group
from .options import Format, LibraryOption, open_library
from .output import (
    note,
    print_json,
    print_table,
    table,
    write,
)
from .show import FormatOption

if TYPE_CHECKING:
    from ..library import Library
    from ..results import Report
    from ..storage.trash import TrashEntry

_COLUMNS = ("number", "report", "title", "sentences", "removed", "by", "bytes")
"""Columns of the list of the trash, in CSV."""
_MAX_LISTED = 20
"""Reports that are listed before one is asked whether to remove them."""


def remove(
    context: typer.Context,
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORT...", help="Ids of reports, or parts of ids or titles."),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; for scripts, with parts of names.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="Who removes them.")] = "",
    library: LibraryOption = None,
) -> None:
    """Move reports to the trash, from which restore brings them back; their files stay.

    An id is removed at once. For a part of an id or title all reports that have it are listed, and
    removed when you say yes.

    Example: gongwen remove wugong-2020
    """
    with open_library(context, library) as opened:
        chosen, exact = _chosen(opened, reports)
        if not exact and not yes and not _may_remove(chosen):
            note(_("nothing was removed"))
            raise typer.Exit(1)
        for removed in opened.remove(*chosen, by=clean_line(by)):
            message = _(
                "removed {report}: {title} ({count} sentences); gongwen restore {report} brings it "
                "back"
            )
            note(message.format(report=removed.id, title=removed.title, count=removed.sentences))


def _chosen(library: Library, names: Sequence[str]) -> tuple[dict[str, Report], bool]:
    """Return the reports that are named, by id, and whether all were named by their whole id.

    Raises:
        UnknownNameError: no report has one of the names in its id or title.
    """
    chosen: dict[str, Report] = {}
    exact = True
    for name in names:
        if library.has_report(name):
            ids = [name]
        else:
            exact = False
            titles = library.titles()
            ids = reports_with(name, titles) or [only_report_with(name, titles)]
        chosen |= {id_: library.report(id_) for id_ in ids}
    return chosen, exact


def _on_a_terminal() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stderr.isatty())


def _agreed(items: Sequence[str], lines: Sequence[str], question: str, refusal: str) -> bool:
    """List what is to go and ask whether it may.

    Args:
        items: names of what is to go, for the refusal.
        lines: what is to go, a line for each.
        question: what is asked.
        refusal: the message where nobody can be asked, with fields ``count`` and ``reports``.

    Raises:
        QueryError: nobody can be asked, as there is no terminal.
    """
    if not _on_a_terminal():
        names = _(", ").join(items[:3]) + (" …" if len(items) > 3 else "")
        raise QueryError(refusal.format(count=len(items), reports=names))
    for line in lines[:_MAX_LISTED]:
        note(f"  {line}")
    if (more := len(lines) - _MAX_LISTED) > 0:
        note(_("  and {count} more").format(count=more))
    note(f"{question} {_('[y/N]')}")
    answer = sys.stdin.readline().strip().lower()
    return answer in ("y", "yes", "是", "好", "确认")


def _may_remove(chosen: dict[str, Report]) -> bool:
    """Ask whether reports may be removed to the trash."""
    refusal = _(
        "parts of names are not removed unasked; give ids or --yes: {count} reports would go "
        "({reports})"
    )
    question = ngettext("Remove {count} report?", "Remove {count} reports?", len(chosen))
    lines = [f"{report.id}  {report.title}" for report in chosen.values()]
    return _agreed(list(chosen), lines, question.format(count=len(chosen)), refusal)


def _may_delete(entries: Sequence[TrashEntry]) -> bool:
    """Ask whether entries of the trash may be deleted for good."""
    refusal = _(
        "the trash is not emptied unasked; give --yes: {count} reports would be deleted for good "
        "({reports})"
    )
    question = ngettext(
        "Delete {count} report for good? Nothing brings it back.",
        "Delete {count} reports for good? Nothing brings them back.",
        len(entries),
    )
    lines = [f"{entry.number}  {entry.report}  {entry.title}" for entry in entries]
    names = [entry.report for entry in entries]
    return _agreed(names, lines, question.format(count=len(entries)), refusal)


def restore(
    context: typer.Context,
    reports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REPORT...]", help="Ids, or numbers of entries of the trash."),
    ] = None,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """Bring removed reports back from the trash as they were; without a name list the trash.

    Example: gongwen restore wugong-2020
    """
    with open_library(context, library) as opened:
        if not reports:
            _list(opened, format)
            return
        restored = opened.restore(*reports)
    if format is Format.json:
        print_json({"reports": [report.to_dict() for report in restored]})
    for report in restored:
        message = _("restored {report}: {title} ({count} sentences)")
        note(message.format(report=report.id, title=report.title, count=report.sentences))


trash = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List or empty the trash, where removed reports are.\n\nExample: gongwen trash list",
)


@trash.command("list", cls=Command)
def list_trash(
    context: typer.Context,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """List the reports in the trash in the order in which they were removed.

    Example: gongwen trash list
    """
    with open_library(context, library) as opened:
        _list(opened, format)


@trash.command("empty", cls=Command)
def empty_trash(
    context: typer.Context,
    reports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REPORT...]", help="Only these, by id or number; by default all."),
    ] = None,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", min=0, metavar="DAYS", help="Only what is there for longer."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for scripts.")] = False,
    library: LibraryOption = None,
) -> None:
    """Delete reports in the trash for good, after you say yes.

    Example: gongwen trash empty --older-than 30
    """
    with open_library(context, library) as opened:
        # late: help does not need it
        from ..ingest.restoring import entries_to_delete

        entries = entries_to_delete(opened.trash(), reports or None, older_than)
        if entries and not yes and not _may_delete(entries):
            note(_("nothing was deleted"))
            raise typer.Exit(1)
        count = opened.empty_trash([entry.number for entry in entries])
    message = ngettext("deleted {count} report for good", "deleted {count} reports for good", count)
    note(message.format(count=count))


def _list(library: Library, format: Format) -> None:
    entries: list[TrashEntry] = library.trash()
    rows = [entry.to_dict() for entry in entries]
    if format is Format.json:
        print_json({"trash": rows})
    elif format is Format.csv:
        write(csv_text(rows, _COLUMNS), None)
    elif not entries:
        note(_("the trash is empty"))
    else:
        from ..render.readable_rows import local_time  # late: help does not need it

        out = table(_("Number"), _("Report"), _("Title"), _("Sentences"), _("Removed"), flowing=2)
        for entry in entries:
            removed = f"{local_time(entry.removed)} {entry.by}".rstrip()
            out.add_row(str(entry.number), entry.report, entry.title, str(entry.sentences), removed)
        print_table(out)
