"""The check command: check the sums of reports, and list what the reports lack."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, ngettext
from ..nlp.atomic_write import write_whole
from ..nlp.errors import LibraryError, ReadError, UnknownNameError
from ..render.delimited import csv_text, json_text, jsonl_text
from .options import (
    LibraryOption,
    PageFormat,
    chosen_format,
    library_folder,
    open_library,
)
from .output import (
    marked,
    note,
    nothing_to_write,
    piped,
    plain,
    print_table,
    say,
    table,
    target_file,
    width,
    write,
    write_page,
)
from .result_table import wrapped
from .text_width import columns

if TYPE_CHECKING:
    from rich.text import Text

    from ..figures.report_check import Checker, CheckResult
    from ..library import Library
    from ..nlp.checking.check import Note
    from ..nlp.records import Finding
    from ..render.check_report import Checked


_STYLES = {"PASS": "green", "FAIL": "bold red", "UNCERTAIN": "yellow"}
_WORD_SUFFIXES = frozenset(".docx .docm .dotx .dotm".split())


class Only(StrEnum):
    """The statuses of findings that can be selected with ``--only``."""

    fail = "fail"
    uncertain = "uncertain"
    passed = "pass"


def check(
    context: typer.Context,
    reports: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORT|FILE|FOLDER|-",
            help="Reports of the library, files (which go before a report of the same name), "
            "folders and archives, or - for text on standard input.",
        ),
    ],
    only: Annotated[
        list[Only] | None, typer.Option("--only", help="Show only these; may be repeated.")
    ] = None,
    format: Annotated[
        PageFormat | None,
        typer.Option("--format", help="Output; by the name of the file, else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.docx",
            help="Write a copy of the one Word file that is checked, with comments on what fails "
            "or is uncertain, or on what --only selects.",
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Check whether the sums, shares and changes that a report states come out, and list the topics
    and required parts that it lacks.

    FAIL is said only where the text leaves no doubt, UNCERTAIN where it may mean something else.
    The command exits with 1 when anything fails, shown or not, or cannot be read.

    Example: gongwen check 2020年法治政府建设工作总结.docx --only fail

    Example: gongwen check 各县报告 -o 核对.html

    Example: gongwen check 总结.docx --annotate 总结-批注.docx
    """
    format = chosen_format(format, output, PageFormat)
    if annotate is not None:
        _check_annotated(reports, annotate)
    # late: other commands do not check
    from ..figures.report_check import CheckResult
    from ..render.check_report import STATUSES

    chosen = [status for status in STATUSES if not only or status.lower() in only]
    checked: list[Checked] = []
    for one in _checked(context, reports, library):
        if format is PageFormat.table and isinstance(one, CheckResult):
            _print_result(one, chosen, several=bool(checked) or len(reports) > 1)
        checked.append(one)
    wrote = False
    if format is not PageFormat.table:
        wrote = _write(checked, chosen, format, output)
    sys.stdout.flush()
    results = [one for one in checked if isinstance(one, CheckResult)]
    _note_summary(checked)
    if output is not None and wrote:
        note(_("wrote {file}").format(file=output))
    if format in (PageFormat.csv, PageFormat.jsonl) and any(one.notes for one in results):
        note(_("what the reports leave out is shown with the other formats only"))
    if annotate is not None and results:
        marks = chosen if only else [status for status in STATUSES if status != "PASS"]
        _annotate(Path(reports[0]), results[0], marks, annotate)
    if len(results) < len(checked) or any(result.count("FAIL") for result in results):
        raise typer.Exit(1)


# -- what is checked -------------------------------------------------------------------------------


def _checked(
    context: typer.Context, reports: Sequence[str], library: Path | None
) -> Iterator[Checked]:
    """Yield the result of each report, in order, or why it cannot be read."""
    # late: other commands do not check
    from ..figures.report_check import Checker, Unreadable
    from ..storage.models import ModelStore

    checker = Checker(ModelStore(library_folder(context, library) / "models"))
    with contextlib.ExitStack() as stack:
        opened: Library | None = None
        for report in reports:
            try:
                if report == "-":
                    yield from _check_input(checker)
                    continue
                if _is_file(report):
                    yield from checker.check_files([Path(report)])
                    continue
                if os.path.isdir(report) and not _has_report(context, library, report):  # noqa: PTH112
                    yield from checker.check_files([Path(report)])
                    continue
                try:
                    opened = opened or stack.enter_context(open_library(context, library))
                    yield opened.check(report)
                except (UnknownNameError, LibraryError) as error:
                    reason = _("no file of this name; {reason}").format(reason=error)
                    yield Unreadable(report, reason)
            except ReadError as error:
                yield Unreadable.of(report, error)


def _check_input(checker: Checker) -> Iterator[CheckResult]:
    if sys.stdin.isatty():
        raise typer.BadParameter(_("put text on standard input, or name a report or a file"))
    yield from checker.check_passage(sys.stdin.buffer.read())


def _is_file(report: str) -> bool:
    """Return whether an argument is a file or a path, and so never the id of a report."""
    # late: other commands read no files
    from ..readers.base import unpacked_name
    from ..readers.files import SUFFIXES

    path = Path(report)
    named = path.name != report or Path(unpacked_name(report)).suffix.lower() in SUFFIXES
    return os.path.isfile(report) or named  # noqa: PTH113


def _has_report(context: typer.Context, library: Path | None, name: str) -> bool:
    """Return whether the library has a report whose id is the name of a folder."""
    if not library_folder(context, library).exists():
        return False
    with contextlib.suppress(LibraryError), open_library(context, library) as opened:
        return opened.has_report(name)
    return False


# -- a table ---------------------------------------------------------------------------------------


def _print_result(result: CheckResult, statuses: Sequence[str], *, several: bool) -> None:
    # late: other commands do not check
    from ..render.check_report import summary_text

    shown = [finding for finding in result.findings if finding.status in statuses]
    if several:
        print_table(wrapped(plain(summary_text(result), "bold"), width()))
    if result.title:
        say(result.title)
    for line in result.damage_lines():
        print_table(wrapped(plain(_("incomplete: {what}").format(what=line), "bold red"), width()))
    if shown:
        (_print_records if piped() else _print_findings)(result, shown)
    _print_notes(result.notes)
    if several:
        say()


def _print_records(result: CheckResult, findings: Sequence[Finding]) -> None:
    """Print findings for a pipe, one a line."""
    # late: other commands do not check
    from ..render.check_report import kind_name, place_text, reason_text, status_name

    out = table(
        _("Verdict"), _("Kind"), _("Finding"), _("Sentence"), _("Reason"), _("Place"), _("Section")
    )
    for one in findings:
        out.add_row(
            status_name(one.status),
            kind_name(one.kind),
            one.equation,
            one.sentence,
            reason_text(one) if one.reason else "",
            place_text(result.where(one)),
            result.place(one),
        )
    print_table(out)


def _print_findings(result: CheckResult, findings: Sequence[Finding]) -> None:
    from rich.text import Text  # late: heavy

    # late: other commands do not check
    from ..render.check_report import kind_name, place_text, reason_text, status_name

    heading = _("Verdict")
    left = max(columns(heading), *(columns(status_name(f.status)) for f in findings))
    available = width() - left - 3
    out = table(heading, _("Finding"))
    for finding in findings:
        kind = Text(f"{kind_name(finding.kind)}  ", style="dim")
        lines = [
            kind + plain(finding.equation, _STYLES[finding.status]),
            _marked_sentence(result, finding),
        ]
        if finding.reason:
            lines.append(plain(reason_text(finding)))
        place = _(", ").join((place_text(result.where(finding)), result.place(finding)))
        lines.append(plain(place, "dim"))
        status = Text(status_name(finding.status), style=_STYLES[finding.status])
        out.add_row(status, Text("\n").join(wrapped(line, available) for line in lines))
        out.add_section()
    print_table(out)


def _marked_sentence(result: CheckResult, finding: Finding) -> Text:
    """Return the sentence of a finding in one line, with its numbers underlined."""
    from rich.text import Text  # late: heavy

    style = f"underline {_STYLES[finding.status]}"
    text = marked(finding.sentence, [(*result.span(finding), style)])
    return Text(" ").join(text.split("\n")) if "\n" in finding.sentence else text


def _print_notes(notes: Sequence[Note]) -> None:
    """Print the missing parts and topics with their Chinese names, one line for each kind."""
    # late: other commands do not check
    from ..render.check_report import MISSING, missing_names

    for kind, heading in MISSING.items():
        if names := missing_names(notes, kind):
            line = _("{name}: {counts}").format(name=_(heading), counts=names)
            print_table(wrapped(plain(line), width()))


# -- files -----------------------------------------------------------------------------------------


def _write(
    checked: Sequence[Checked], statuses: Sequence[str], format: PageFormat, output: Path | None
) -> bool:
    """Write the results in any format but a table, or print them; return whether there were any."""
    # late: other commands do not check
    from ..render.check_report import (
        COLUMNS,
        check_page,
        checked_dict,
        finding_rows,
        write_check_book,
    )

    rows = list(finding_rows(checked, statuses))
    rowwise = format in (PageFormat.jsonl, PageFormat.csv)
    if rowwise and not rows and nothing_to_write(output):
        return False
    if format is PageFormat.json:
        write(json_text(checked_dict(checked, statuses), indent=2) + "\n", output)
    elif format is PageFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is PageFormat.csv:
        write(csv_text(rows, COLUMNS), output)
    elif format is PageFormat.html:
        page = check_page(checked, statuses)
        if output is None:
            write(page, None)
        else:
            write_page(page, output)
    elif output is not None:
        write_check_book(output, checked, statuses)
    return True


def _note_summary(checked: Sequence[Checked]) -> None:
    """Note the counts of each report or why it cannot be read, and of several the counts of all."""
    # late: other commands do not check
    from ..figures.report_check import CheckResult
    from ..render.check_report import counts_text, nothing_found, summary_text

    results = [one for one in checked if isinstance(one, CheckResult)]
    for one in checked:
        if isinstance(one, CheckResult):
            note(summary_text(one))
            if len(checked) == 1 and one.unrelated:
                note(nothing_found(one))
        else:
            place = _("{place}: {problem}").format(place=one.name, problem="") if one.name else ""
            note(f"gongwen: {place}{one.reason}")
    if len(checked) > 1:
        message = ngettext("{count} report: {counts}", "{count} reports: {counts}", len(results))
        total = message.format(count=len(results), counts=counts_text(results))
        if failed := len(checked) - len(results):
            total = _("{total}; {count} could not be read").format(total=total, count=failed)
        note(total)


# -- comments in a copy of a Word file -------------------------------------------------------------


def _check_annotated(reports: Sequence[str], copy: Path) -> None:
    """Refuse what cannot be annotated before anything is checked.

    Raises:
        typer.BadParameter: the report is not one Word file, or the copy would be another kind of
            file or the same file.
    """
    path = Path(reports[0])
    hint = "--annotate"
    if len(reports) != 1 or not path.is_file() or path.suffix.lower() not in _WORD_SUFFIXES:
        raise typer.BadParameter(_("goes with one Word file (.docx)"), param_hint=hint)
    target_file(copy)
    if copy.suffix.lower() != path.suffix.lower():
        message = _("the copy must be a {suffix} file too").format(suffix=path.suffix)
        raise typer.BadParameter(message, param_hint=hint)
    if copy.resolve() == path.resolve() or (copy.exists() and copy.samefile(path)):
        message = _("that is the file itself; name another file for the copy")
        raise typer.BadParameter(message, param_hint=hint)


def _annotate(path: Path, result: CheckResult, statuses: Sequence[str], copy: Path) -> None:
    """Write a copy of a Word file with comments, and note which findings have none."""
    # late: only this option needs it
    from ..readers.base import Blob
    from ..readers.files import Source, load
    from ..render.check_report import comments_on, place_text
    from ..render.word_comments import annotate

    findings = [finding for finding in result.findings if finding.status in statuses]
    data, _digest = load(Source(path))
    blob = Blob(result.name, data)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole, anchors = annotate(blob, result.text, comments_on(findings), now)
    write_whole(copy, whole)
    placed = sum(map(bool, anchors))
    message = ngettext(
        "wrote {file} with {count} comment", "wrote {file} with {count} comments", placed
    )
    note(message.format(file=copy, count=placed))
    for finding, anchor in zip(findings, anchors, strict=True):
        if anchor == "text":
            continue
        if anchor:
            message = _("the comment on {equation} stands near its place ({place})")
        else:
            message = _("no comment on {equation} ({place}): the file has no such text")
        place = place_text(result.where(finding))
        note(message.format(equation=finding.equation, place=place))
