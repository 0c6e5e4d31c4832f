"""The check command: check the sums of a report, and list what the report lacks."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..nlp.errors import LibraryError, ReadError, UnknownNameError, quoted
from ..readers.files import SUFFIXES
from ..storage.models import ModelStore
from .options import LibraryOption, default_library, open_library
from .output import (
    columns,
    marked,
    note,
    plain,
    print_json,
    print_table,
    say,
    table,
    width,
    wrapped,
)

if TYPE_CHECKING:
    from rich.text import Text

    from ..figures.report_check import CheckResult
    from ..nlp.checking.check import Note
    from ..nlp.records import Finding


_STATUS = "Status 结果"
_STYLES = {"PASS": "green", "FAIL": "bold red", "UNCERTAIN": "yellow"}
_KIND_NAMES = {
    "total=parts": "合计与分项",
    "ratio": "占比",
    "change": "增减",
    "repeat": "前后数字",
    "over100": "超出全部",
    "year": "年份",
}
_MISSING_HEADINGS = {
    "part": "缺少的内容 Required parts missing",
    "topic": "未涉及的主题 Topics not touched",
}


class CheckFormat(StrEnum):
    """Output formats of check."""

    table = "table"
    json = "json"


class Only(StrEnum):
    """The statuses of findings that can be selected with ``--only``."""

    fail = "fail"
    uncertain = "uncertain"
    passed = "pass"


def check(
    context: typer.Context,
    report: Annotated[
        str,
        typer.Argument(
            metavar="REPORT|FILE|-",
            help="A report of the library, a file (which goes before a report of the same name), "
            "or - for text on standard input.",
        ),
    ],
    only: Annotated[
        list[Only] | None, typer.Option("--only", help="Show only these; may be repeated.")
    ] = None,
    format: Annotated[CheckFormat, typer.Option("--format", help="Output.")] = CheckFormat.table,
    library: LibraryOption = None,
) -> None:
    """Check whether the sums, shares and changes that a report states come out, and list the topics
    and required parts that it lacks.

    FAIL is said only where the text leaves no doubt, UNCERTAIN where it may mean something else.
    The command exits with 1 when anything fails, shown or not.

    Example: gongwen check 2020年法治政府建设工作总结.docx --only fail
    """
    result = _checked(context, report, library)
    shown = tuple(f for f in result.findings if not only or f.status.lower() in only)
    if format is CheckFormat.json:
        print_json(replace(result, findings=shown).to_dict())
    else:
        if result.title:
            say(result.title)
        if shown:
            _print_findings(result, shown)
        _print_notes(result.notes)
    sys.stdout.flush()
    failed = result.count("FAIL")
    note(f"{result.count('PASS')} passed, {failed} failed, {result.count('UNCERTAIN')} uncertain")
    if failed:
        raise typer.Exit(1)


def _checked(context: typer.Context, report: str, library: Path | None) -> CheckResult:
    """Check the text on standard input, a file, or a report of the library."""
    # late: other commands do not check
    from ..figures.report_check import check_file, check_passage

    models = ModelStore((library or context.obj or default_library()) / "models")
    if report == "-":
        if sys.stdin.isatty():
            raise typer.BadParameter("put text on standard input, or name a report or a file")
        return check_passage(sys.stdin.buffer.read(), models)
    path = Path(report)
    # A path or a name with the suffix of a file is never the id of a report.
    if os.path.isfile(report) or path.name != report or path.suffix.lower() in SUFFIXES:  # noqa: PTH113
        return check_file(path, models)
    try:
        with open_library(context, library) as opened:
            return opened.check(report)
    except (UnknownNameError, LibraryError) as error:
        raise ReadError(f"no file {quoted(report)}; {error}") from None


def _print_findings(result: CheckResult, findings: tuple[Finding, ...]) -> None:
    from rich.text import Text  # late: heavy

    available = width() - columns(_STATUS) - 3
    out = table(_STATUS, "Finding 核对")
    for finding in findings:
        kind = Text(f"{finding.kind} {_KIND_NAMES[finding.kind]}  ", style="dim")
        equation = kind + plain(finding.equation, _STYLES[finding.status])
        details = "  ".join(filter(None, (result.place(finding), finding.reason)))
        lines = (equation, _marked_sentence(result, finding), plain(details, "dim"))
        status = Text(finding.status, style=_STYLES[finding.status])
        out.add_row(status, Text("\n").join(wrapped(line, available) for line in lines))
        out.add_section()
    print_table(out)


def _marked_sentence(result: CheckResult, finding: Finding) -> Text:
    """Return the sentence of a finding in one line, with its numbers underlined."""
    from rich.text import Text  # late: heavy

    style = f"underline {_STYLES[finding.status]}"
    text = marked(finding.sentence, [(*result.span(finding), style)])
    return Text(" ").join(text.split("\n")) if "\n" in finding.sentence else text


def _print_notes(notes: tuple[Note, ...]) -> None:
    """Print the missing parts and topics with their Chinese names, one line for each kind."""
    for kind, heading in _MISSING_HEADINGS.items():
        names = [f"{note.zh} ({note.name})" for note in notes if note.kind == kind]
        if names:
            print_table(wrapped(plain(f"{heading}：{'、'.join(names)}"), width()))
