"""The repair command: a new library of what is whole in a damaged one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .looking import FormatOption
from .options import Format, LibraryOption, library_folder, relative
from .output import csv_text, note, print_json, print_table, table, write
from .progress import progress_bar

_LISTED = 40
"""Reports up to which all are listed; of more, those that were not just kept."""
_COLUMNS = ("report", "status", "source", "reason")


def repair(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="The new library, a folder that is not there yet; by default OLD-repaired.",
        ),
    ] = None,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """Make a new library of what is whole in a damaged one, which is not touched.

    A report whose text is damaged is read anew from its file where that still is; sentences, tags
    and figures that are damaged are made anew from the text. Corrections, what reports --set said,
    models, synonyms and settings come along. Exits with 1 when anything is lost.

    Example: gongwen repair -o 修好的报告库
    """
    from ..repairing import repair as repair_library

    with progress_bar({"repairing": "reports"}) as tell:
        done = repair_library(library_folder(context, library), output, progress=tell)
    rows = done.to_dict()["reports"]
    if format is Format.json:
        print_json(done.to_dict())
    elif format is Format.csv:
        write(csv_text(rows, _COLUMNS), None)
    elif shown := [row for row in rows if len(rows) <= _LISTED or row["status"] != "kept"]:
        out = table("Report", "Outcome", "File 文件", "Why", flowing=3)
        for row in shown:
            out.add_row(row["report"], row["status"], relative(row["source"]), row["reason"])
        print_table(out)
    for loss in done.losses:
        note(loss)
    counts = [f"{count} {status}" for status, count in done.counts.items()]
    note(f"{', '.join(counts) or 'no reports'}; the new library is {done.folder}")
    if not done.complete:
        raise typer.Exit(1)
