"""The commands export and import, which move the contents of a library to another one."""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..nlp.atomic_write import replacing_text
from ..nlp.errors import StoppedError
from ..results import FileOutcome
from .options import LibraryOption, open_library
from .output import NOT_INDEXED, Sink, cell, json_text, note, stdout, target_file


class ExportFormat(StrEnum):
    """Output formats of export."""

    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


def export(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write here.")
    ] = None,
    format: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="By default what FILE's name says, else jsonl."),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Write out everything in the library: JSON lines for gongwen import, or a table of sentences.

    JSON lines hold reports with their text, sentences, tags, corrections and models. Of a damaged
    library all that is whole is written, the rest is listed, and the exit code is 1.

    Example: gongwen export -o 备份.jsonl
    """
    if format is None:
        suffix = output.suffix[1:].lower() if output else ""
        format = ExportFormat(suffix) if suffix in list(ExportFormat) else ExportFormat.jsonl
    if format is ExportFormat.xlsx and output is None:
        raise typer.BadParameter("an XLSX needs -o FILE", param_hint="--format")
    from ..transfer.export import COLUMNS  # late: loads recovery too

    damaged: list[str] = []
    with open_library(context, library) as opened:
        if format is ExportFormat.xlsx:
            from ..render.xlsx import write_sheet  # late: only for this format

            assert output
            write_sheet(target_file(output), opened.export_rows(damaged.append), COLUMNS)
        else:
            with _opened(output) as out:
                if format is ExportFormat.csv:
                    _write_csv(out, opened.export_rows(damaged.append), COLUMNS)
                else:
                    for line in opened.export(damaged.append):
                        out.write(json_text(line) + "\n")
    for message in damaged:
        note(message)
    if output:
        note(f"wrote {output}" + (", but for what is damaged" if damaged else ""))
    if damaged:
        raise typer.Exit(1)


@contextlib.contextmanager
def _opened(output: Path | None) -> Iterator[Sink]:
    """Open a file that appears only when it is completely written, or standard output."""
    if output is None:
        yield stdout()
        return
    with replacing_text(target_file(output), "backslashreplace") as file:
        yield file


def _write_csv(out: Sink, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    out.write("\ufeff")  # byte order mark, without which Excel does not read UTF-8
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What gongwen export wrote.")],
    library: LibraryOption = None,
) -> None:
    """Bring in what another library exported: reports, tags, corrections and models.

    Nothing is changed when the file is damaged. What is there already is left alone.

    Example: gongwen import 备份.jsonl
    """
    from ..transfer.jsonl_format import read_moved  # late: only this command reads exports

    next(read_moved(file), None)  # raises for another file before a new library is created
    with open_library(context, library, create=True) as opened:
        try:
            outcomes: Sequence[FileOutcome] = opened.import_(file)
        except StoppedError as error:
            _note_counts(error.outcomes)
            raise
        behind = opened.behind
    if behind:
        note(NOT_INDEXED)
    _note_counts(outcomes)


def _note_counts(outcomes: Sequence[FileOutcome]) -> None:
    counts = Counter(outcome.status for outcome in outcomes)
    note(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no reports")
