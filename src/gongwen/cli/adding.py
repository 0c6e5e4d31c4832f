"""Commands that change what a library holds: add, remove, reindex."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from ..nlp.errors import ReadError
from .options import LibraryOption, WorkersOption, open_library, relative
from .output import note, print_json, print_table, table
from .progress import progress_bar

_LISTED = 20
"""Files up to which unchanged ones are listed too."""
_UNITS = {"reading": "files", "indexing": "sentences"}


def add(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    workers: WorkersOption = 1,
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of the files, such as gb18030; detected by default."),
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0, max=1, help="Below it a topic is unsure; remembered.")
    ] = None,
    format: Annotated[str, typer.Option(help="table or json.")] = "table",
    library: LibraryOption = None,
) -> None:
    """Read, split, tag and index files and folders of reports.

    Unchanged files are skipped, changed ones replaced; a file that cannot be read is reported and
    the rest goes on.

    Example: gongwen add seeds/reports 去年总结.txt
    """
    if format not in ("table", "json"):
        raise typer.BadParameter("give table or json", param_hint="--format")
    from ..reader import find_files

    found = list(find_files(paths))
    errors = [item for item in found if isinstance(item, ReadError)]
    if errors and len(errors) == len(found):
        raise errors[0]  # before a library is made for nothing
    with open_library(context, library, create=True) as opened, progress_bar(_UNITS) as tell:
        outcomes = opened.add(
            paths,
            encoding=encoding,
            workers=workers,
            min_probability=min_probability,
            progress=tell,
        )
        behind = opened.behind
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed and len(failed) == len(outcomes):
        if len(failed) > 1:
            for outcome in failed[1:]:
                note(outcome.message)
        raise ReadError(failed[0].message)
    counts = Counter(outcome.status for outcome in outcomes)
    if format == "json":
        print_json({"files": [outcome.to_dict() for outcome in outcomes], "counts": dict(counts)})
        return
    shown = [o for o in outcomes if o.status != "unchanged" or len(outcomes) <= _LISTED]
    if shown:
        rows = table("File 文件", "Outcome", "Report", "Sentences 句", flowing=0)
        for o in shown:
            what = o.message.removeprefix(f"{o.source}: ") or o.report
            rows.add_row(relative(o.source), o.status, what, str(o.sentences or ""))
        print_table(rows)
    if behind:
        note("stored, but not indexed yet; the next search or gongwen reindex does it")
    note(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))


def remove(
    context: typer.Context,
    reports: Annotated[list[str], typer.Argument(metavar="REPORT...", help="Ids of reports.")],
    library: LibraryOption = None,
) -> None:
    """Remove reports from the library; their files are not touched.

    Example: gongwen remove wugong-2020
    """
    with open_library(context, library) as opened:
        for gone in opened.remove(*reports):
            note(f"removed {gone.id}: {gone.title} ({gone.sentences} sentences)")


def reindex(
    context: typer.Context, workers: WorkersOption = 1, library: LibraryOption = None
) -> None:
    """Build the index anew from the library's own store.

    Example: gongwen reindex
    """
    with open_library(context, library) as opened, progress_bar(_UNITS) as tell:
        sentences = opened.reindex(workers=workers, progress=tell)
    note(f"indexed {sentences} sentences")
