"""The commands that read very many files on many workers, and load what they have read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _
from ..nlp.errors import ReadError, StoppedError
from .help_text import Command, Group
from .json_results import TableOrJson, TableOrJsonOption
from .options import LibraryOption, library_folder, open_library
from .outcome_lines import counted, list_failures, print_results
from .output import note, note_not_indexed, progress_bar

if TYPE_CHECKING:
    from ..bulk.bulk_read import BulkRequest
    from ..results import FileOutcome

_UNITS = {"reading": "files", "indexing": "sentences"}
"""What the progress bars of these tasks count."""
_LIBRARY_FILES = ("library.db", "store.toml")
"""Of these, a folder that is a library has one."""

bulk = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Read very many files on many workers, and load what they have read.\n\n"
    "Example: gongwen bulk read seeds/reports --out rows",
)
KeepGoingOption = Annotated[
    bool,
    typer.Option(
        "--keep-going", help="Exit with 0 when some files failed (继续) and others were read."
    ),
]
WideOption = Annotated[bool, typer.Option("--wide", help="List every file, also of hundreds.")]


@bulk.command("read", cls=Command)
def read(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A file or folder, or an address such as s3://…"),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="DIR", help="Folder for the rows, or an address such as s3://…"
        ),
    ],
    scheduler: Annotated[
        str,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Scheduler of a running Dask cluster, as tcp://host:8786.",
        ),
    ] = "",
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            max=512,
            help="Processes that read here; by default one for each processor.",
        ),
    ] = 0,
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of the files, such as gb18030; detected by default."),
    ] = None,
    max_size: Annotated[
        int, typer.Option(min=1, max=4096, metavar="MB", help="Skip larger files.")
    ] = 64,
    max_seconds: Annotated[
        float, typer.Option(min=1, help="Skip a file that takes longer to read.")
    ] = 120,
    keep_going: KeepGoingOption = False,
    wide: WideOption = False,
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Read, split, tag and cut files into Parquet, on the processors of this machine or a cluster.

    Each worker reads files and writes their rows itself. Files that are there and have not changed
    are skipped, so that the same command goes on where it was interrupted. The model of the library
    tags, when there is one. gongwen bulk load brings the rows into a library.

    Example: gongwen bulk read seeds/reports --out rows --workers 2
    """
    # late: help does not need it
    from ..bulk.bulk_read import BulkRequest, check_packages, read_bulk
    from ..readers.base import Limits

    check_packages()
    limits = replace(Limits(), file_bytes=max_size << 20, seconds=max_seconds)
    request = BulkRequest(source, out, encoding=encoding or "", limits=limits)
    request = _as_library(context, library, request)
    with progress_bar(_UNITS) as tell:
        try:
            outcomes = read_bulk(request, scheduler=scheduler, workers=workers, progress=tell)
        except StoppedError as error:
            _print_stopped(error.outcomes, format, wide)
            raise
        except KeyboardInterrupt:
            note("interrupted; what was read stays, and the same command goes on from there")
            raise
    _finish(outcomes, format, wide, keep_going)


@bulk.command("load", cls=Command)
def load(
    context: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", help="What gongwen bulk read wrote into, or its address."),
    ],
    keep_going: KeepGoingOption = False,
    wide: WideOption = False,
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Store and index what gongwen bulk read has read, as add would have done.

    What is there already is skipped, so that the same command goes on where it was interrupted.

    Example: gongwen bulk load rows
    """
    # late: help does not need it
    from ..bulk.addresses import absolute
    from ..bulk.bulk_folder import BulkFolder
    from ..bulk.bulk_read import check_packages

    check_packages()
    BulkFolder(absolute(folder)).settings()  # raises before a new library is created
    with open_library(context, library, create=True) as opened, progress_bar(_UNITS) as tell:
        try:
            outcomes = opened.load_bulk(folder, progress=tell, remark=note)
        except StoppedError as error:
            _print_stopped(error.outcomes, format, wide)
            raise
        except KeyboardInterrupt:
            note("interrupted; what was loaded stays, and the same command goes on from there")
            raise
        hindrance = opened.hindrance
    if hindrance:
        note_not_indexed(hindrance)
    _finish(outcomes, format, wide, keep_going)


def _as_library(context: typer.Context, library: Path | None, request: BulkRequest) -> BulkRequest:
    """Let files be read as the library reads them, if there is one."""
    folder = library_folder(context, library)
    if not any((folder / name).exists() for name in _LIBRARY_FILES):
        return request
    with open_library(context, library) as opened:
        return replace(
            request,
            models=opened.models,
            min_probability=opened.min_probability,
            segmenter=opened.segmenter,
        )


def _print_stopped(outcomes: Sequence[FileOutcome], format: TableOrJson, wide: bool) -> None:
    print_results(outcomes, format, wide)
    list_failures(outcomes)


def _finish(
    outcomes: Sequence[FileOutcome], format: TableOrJson, wide: bool, keep_going: bool
) -> None:
    """Print what became of all files; exit with 1 when some of them failed."""
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed and len(failed) == len(outcomes):
        for outcome in failed[1:]:
            note(outcome.message)
        raise ReadError(failed[0].message)
    counts = print_results(outcomes, format, wide)
    some_failed = list_failures(outcomes)
    sentences = sum(o.sentences for o in outcomes if o.status in ("added", "replaced", "read"))
    new = [_("{count} sentences new").format(count=sentences)] if sentences else []
    note(_(", ").join([*counted(sorted(counts.items())), *new]))
    if some_failed and not keep_going:
        raise typer.Exit(1)
