"""The commands that change a library as a whole: add, remove, reindex, repair, export, import."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..catalog import _
from ..nlp.atomic_write import replacing_text
from ..nlp.errors import ReadError, StoppedError
from ..render.delimited import cell, csv_text, json_text
from .json_results import TableOrJson, TableOrJsonOption
from .options import (
    Format,
    LibraryOption,
    WorkersOption,
    library_folder,
    named_engine,
    not_nan,
    open_library,
    relative,
)
from .outcome_lines import counted, list_failures, print_results
from .output import (
    Sink,
    note,
    note_not_indexed,
    nothing_to_write,
    print_json,
    print_table,
    progress_bar,
    stdout,
    table,
    target_file,
    write,
)
from .show import FormatOption

if TYPE_CHECKING:
    from ..results import FileOutcome

_MAX_LISTED = 40
"""Files or reports up to which all are listed; of more, only those that need attention."""
_UNITS = {"reading": "files", "indexing": "sentences"}
"""What the progress bars of these tasks count."""


def add(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders and zip archives.")
    ],
    workers: WorkersOption = 1,
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of the files, such as gb18030; detected by default."),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, callback=not_nan, help="Below it a topic is unsure; remembered."
        ),
    ] = None,
    max_size: Annotated[
        int, typer.Option(min=1, max=4096, metavar="MB", help="Skip larger files.")
    ] = 64,
    max_seconds: Annotated[
        float, typer.Option(min=1, help="Skip a file that takes longer to read.")
    ] = 120,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Exit with 0 when some files failed (继续) and others were added."
        ),
    ] = False,
    wide: Annotated[
        bool, typer.Option("--wide", help="List every file, also of hundreds.")
    ] = False,
    format: Annotated[str, typer.Option(help="table or json.")] = "table",
    library: LibraryOption = None,
) -> None:
    """Read, split, tag and index reports: text, web pages, Word, PDF, tables, folders, archives.

    Unchanged files are skipped, changed ones replaced, and the same report from elsewhere is kept
    once. A file that cannot be read is reported and the rest goes on; failures are listed last, and
    the exit code is then 1. When it was interrupted, give the same command again: it goes on where
    it stopped.

    Example: gongwen add seeds/reports 去年总结.docx 各县报告.zip
    """
    if format not in ("table", "json"):
        raise typer.BadParameter("give table or json", param_hint="--format")
    # late: other commands read no files
    from ..readers.base import Limits
    from ..readers.files import Source, find_sources

    limits = replace(Limits(), file_bytes=max_size << 20, seconds=max_seconds)
    found = find_sources(paths, limits)
    items = list(found) if sys.stderr.isatty() else list(islice(found, 1))
    errors = [item for item in items if isinstance(item, ReadError)]
    if len(errors) == len(items) and all(isinstance(item, ReadError) for item in found):
        raise errors[0]  # before a new library is created
    names = [str(item).rpartition("/")[2] if isinstance(item, Source) else "" for item in items]
    with (
        open_library(context, library, create=True) as opened,
        progress_bar(_UNITS, names) as tell,
    ):
        try:
            outcomes = opened.add(
                paths,
                encoding=encoding,
                workers=workers,
                min_probability=min_probability,
                limits=limits,
                progress=tell,
            )
        except StoppedError as error:
            print_results(error.outcomes, format, wide)
            list_failures(error.outcomes)
            raise
        except KeyboardInterrupt:
            note("interrupted; files that were added stay, and the same command goes on from there")
            raise
        hindrance = opened.hindrance
        sentences = sum(o.sentences for o in outcomes if o.status in ("added", "replaced"))
        larger = opened.engine_for_more(sentences)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed and len(failed) == len(outcomes):
        for outcome in failed[1:]:
            note(outcome.message)
        raise ReadError(failed[0].message)
    counts = print_results(outcomes, format, wide)
    if hindrance:
        note_not_indexed(hindrance)
    some_failed = list_failures(outcomes)
    new = [_("{count} sentences new").format(count=sentences)] if sentences else []
    note(_(", ").join([*counted(sorted(counts.items())), *new]))
    if larger:
        note(
            _(
                "the library has grown; the engine {engine} finds rare words and exact strings in "
                "it faster: pip install {engine}, then gongwen reindex --engine {engine}"
            ).format(engine=larger)
        )
    if some_failed and not keep_going:
        raise typer.Exit(1)


def reindex(
    context: typer.Context,
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            metavar="ENGINE",
            help="The engine that holds the index from now on: whoosh, tantivy, one that a package "
            "brings, or a cluster as opensearch://HOST:9200/NAME; without it the present one.",
        ),
    ] = None,
    workers: WorkersOption = 1,
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Build the index anew from the library's own store, also in another engine.

    Example: gongwen reindex --engine tantivy
    """
    engine = engine or named_engine(context) or None
    with open_library(context, library, moving=True) as opened, progress_bar(_UNITS) as tell:
        sentences = opened.reindex(engine=engine, workers=workers, progress=tell)
    if format is TableOrJson.json:
        print_json({"sentences": sentences})
        return
    note(f"indexed {sentences} sentences")


_COLUMNS = ("report", "status", "source", "reason")
"""Columns of the CSV that repair prints."""


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
    # late: only this command needs the recovery of libraries
    from ..recovery.repair import repair as repair_library
    from ..translation import in_language

    with progress_bar({"repairing": "reports"}) as tell:
        repaired = repair_library(library_folder(context, library), output, progress=tell)
    rows = repaired.to_dict()["reports"]
    if format is Format.json:
        print_json(repaired.to_dict())
    elif format is Format.csv:
        write(csv_text(rows, _COLUMNS), None)
    elif shown := [row for row in rows if len(rows) <= _MAX_LISTED or row["status"] != "kept"]:
        out = table(_("Report"), _("Outcome"), _("File"), _("Reason"), flowing=3)
        for row in shown:
            reason = in_language(row["reason"])
            out.add_row(row["report"], _(row["status"]), relative(row["source"]), reason)
        print_table(out)
    for loss in repaired.losses:
        note(loss)
    counts = _(", ").join(counted(repaired.counts.items())) or _("no reports")
    note(_("{what}; the new library is {path}").format(what=counts, path=repaired.folder))
    if not repaired.complete:
        raise typer.Exit(1)


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

    JSON lines hold reports with their text, sentences, tags, corrections and models, but not what
    is in the trash and no corrections that were taken back. Of a damaged library all that is whole
    is written, the rest is listed, and the exit code is 1.

    Example: gongwen export -o 备份.jsonl
    """
    if format is None:
        suffix = output.suffix[1:].lower() if output else ""
        format = ExportFormat(suffix) if suffix in list(ExportFormat) else ExportFormat.jsonl
    if format is ExportFormat.xlsx and output is None:
        raise typer.BadParameter("an XLSX needs -o FILE", param_hint="--format")
    from ..transfer.export import COLUMNS  # late: loads recovery too

    damaged: list[str] = []
    wrote = True
    with open_library(context, library) as opened:
        if format is ExportFormat.jsonl:
            with _opened(output) as out:
                for line in opened.export(damaged.append):
                    out.write(json_text(line) + "\n")
        else:
            every = opened.export_rows(damaged.append)
            first = list(islice(every, 1))
            rows = chain(first, every)
            if not first and nothing_to_write(output and target_file(output)):
                wrote = False
            elif format is ExportFormat.csv:
                with _opened(output) as out:
                    _write_csv(out, rows, COLUMNS)
            else:
                # late: only for this format
                from ..render.readable_rows import readable_sheet
                from ..render.xlsx import write_book

                assert output
                sheet = readable_sheet(_("All sentences"), rows, COLUMNS, opened.taxonomy)
                write_book(target_file(output), [sheet])
    for message in damaged:
        note(message)
    if output and wrote:
        message = _("wrote {path}, but for what is damaged") if damaged else _("wrote {path}")
        note(message.format(path=output))
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
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Bring in what another library exported: reports, tags, corrections and models.

    Nothing is changed when the file is damaged. What is there already is left alone. When it was
    interrupted, give the same command again: it goes on where it stopped.

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
        except KeyboardInterrupt:
            note("interrupted; what was imported stays, and the same command goes on from there")
            raise
        hindrance = opened.hindrance
    if hindrance:
        note_not_indexed(hindrance)
    if format is TableOrJson.json:
        print_results(outcomes, format)
    else:
        _note_counts(outcomes)


def _note_counts(outcomes: Sequence[FileOutcome]) -> None:
    counts = Counter(outcome.status for outcome in outcomes)
    note(_(", ").join(counted(sorted(counts.items()))) or _("no reports"))
