"""Gather the commands of the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from . import add, check, export, figures, search, show, tag, train
from .options import GlobalLibraryOption, keep_library
from .output import say

app = typer.Typer(
    name="gongwen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"gongwen {__version__}")
        raise typer.Exit


@app.callback()
def gongwen(
    context: typer.Context,
    library: GlobalLibraryOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Read Chinese government reports (公文), tag every sentence with its topic, and find them
    again.

    Example: gongwen add seeds/reports && gongwen search 法律顾问 --topic 行政执法
    """
    keep_library(context, library)


for command in (
    add.add,
    search.search,
    search.similar,
    show.topics,
    show.reports,
    show.show,
    add.remove,
    tag.tag,
    train.train,
    train.evaluate,
    train.suggest,
    train.correct,
    train.retag,
    tag.split,
    figures.figures,
    check.check,
    show.status,
    add.reindex,
    add.repair,
    export.export,
):
    app.command()(command)
app.command("import")(export.import_)
app.add_typer(train.models, name="models")
