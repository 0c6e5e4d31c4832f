"""Options that several commands share, and the library that they open."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ..catalog import LANGUAGES, _, current_language
from ..conditions import facet_name, facets_named
from ..nlp.errors import QueryError
from ..nlp.fields import CHOICES, FIELDS
from .output import (
    note,
    target_file,
    update_note,
)

if TYPE_CHECKING:
    from ..library import Library

LIBRARY_VARIABLE = "GONGWEN_LIBRARY"
_LIBRARY_HELP = "Folder of the library; by default in your user data folder."
GlobalLibraryOption = Annotated[
    Path | None, typer.Option("--library", envvar="GONGWEN_LIBRARY", help=_LIBRARY_HELP)
]
GlobalEngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        envvar="GONGWEN_ENGINE",
        help="The engine that holds the index of a new library: whoosh, tantivy, or a cluster as "
        "opensearch://HOST:9200/NAME; another library moves to it by gongwen reindex --engine.",
    ),
]
LibraryOption = Annotated[
    # Without the variable: it would win over a --library in front of the command.
    Path | None, typer.Option("--library", help=f"{_LIBRARY_HELP} [env var: GONGWEN_LIBRARY]")
]
StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="GONGWEN_STORE",
        metavar="ADDRESS",
        help="PostgreSQL database that holds a new library, for several desks: "
        "postgresql://HOST/DATABASE; by default a file in its folder.",
    ),
]
WorkersOption = Annotated[
    int,
    typer.Option(
        "--workers", min=1, max=64, help="Processes that read files and cut text into words."
    ),
]


def not_nan(value: float | None) -> float | None:
    """Refuse NaN, which lies between any two numbers for the command line's own check."""
    if value is not None and value != value:
        raise typer.BadParameter("nan is not in the range 0<=x<=1.")
    return value


def facet_label(facet: str) -> str:
    """Return the name of a facet in the language of the user."""
    return facet if current_language() == "en" else facet_name(facet)


class Format(StrEnum):
    """Output of the listing commands."""

    table = "table"
    json = "json"
    csv = "csv"


class HitFormat(StrEnum):
    """Output of the commands that find sentences."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


class PageFormat(StrEnum):
    """Output of the commands that make a page to read too."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"
    html = "html"


_F = TypeVar("_F", HitFormat, PageFormat)


def chosen_format(format: _F | None, output: Path | None, formats: type[_F]) -> _F:
    """Return the format asked for, else that of the file's name, else a table.

    Raises:
        typer.BadParameter: a table is to be written, or XLSX is not.
    """
    if format is None:
        named = output.suffix[1:].lower() if output else ""
        named = {"htm": "html"}.get(named, named)
        format = formats(named) if named in list(formats) else formats.table
    if output is not None:
        target_file(output)
        if format is formats.table:
            kind = output.suffix or _("a file without a suffix")
            names = ", ".join(f".{one}" for one in formats if one is not formats.table)
            message = _("{kind} is not written; name a file with one of {names}")
            raise typer.BadParameter(message.format(kind=kind, names=names), param_hint="--output")
    elif format is formats.xlsx:
        raise typer.BadParameter(_("xlsx needs a file: -o FILE.xlsx"), param_hint="--format")
    return format


def limit_given(context: typer.Context) -> bool:
    """Return whether ``--limit`` was typed or set; otherwise a file has the whole answer."""
    source = context.get_parameter_source("limit")
    return source is not None and source.name != "DEFAULT"


_ENGINE, _STORE = f"{__name__}.engine", f"{__name__}.store"
"""Keys of what was named before the command, in what contexts share."""


def keep_library(
    context: typer.Context, library: Path | None, engine: str | None, store: str
) -> None:
    """Remember the library that was named before the command, its engine and its server."""
    context.obj = library
    context.meta[_ENGINE] = engine or ""
    context.meta[_STORE] = store


def named_store(context: typer.Context) -> str:
    """Return the address of the server that was named before the command, or ``""``."""
    return str(context.meta.get(_STORE, ""))


def named_engine(context: typer.Context) -> str:
    """Return the engine that was named before the command, ``""`` for none."""
    engine: str = context.meta.get(_ENGINE, "")
    return engine


def open_library(
    context: typer.Context, library: Path | None, create: bool = False, moving: bool = False
) -> Library:
    """Open the library that was named after the command, else before it, else the user's own.

    Args:
        context: of the command.
        library: the folder that was named after the command.
        create: make it when there is none.
        moving: whether its index is moved to the engine that was named before the command, which
            otherwise must be its own.
    """
    from ..library import Library  # late: help opens none

    with update_note() as tell:
        opened = Library(
            library_folder(context, library),
            create=create,
            store=named_store(context),
            progress=tell,
            engine="" if moving else named_engine(context),
        )
    if stale := opened.bring_up_to_date():
        note(stale)
    return opened


def library_folder(context: typer.Context, library: Path | None) -> Path:
    """Return the folder that was named after the command, else before it, else the user's own."""
    return library or context.obj or default_library()


def default_library() -> Path:
    """Return the folder of the user's own library."""
    # late: only the default library needs it
    from platformdirs import user_data_path

    return user_data_path("gongwen", appauthor=False) / "library"


def named_library(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the folder of the library that a command line or the environment names, or ``""``.

    Args:
        arguments: those of the command line, in English.
        environment: the environment variables.
    """
    return _value_of(arguments, "--library") or environment.get(LIBRARY_VARIABLE, "")


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the user's settings, or that which ``GONGWEN_CONFIG`` names.

    On Linux it is found without platformdirs, which would cost every command some milliseconds.
    """
    if own := environment.get("GONGWEN_CONFIG", "").strip():
        return Path(own)
    if sys.platform == "linux":
        named = environment.get("XDG_CONFIG_HOME", "")
        return (Path(named) if named.strip() else Path.home() / ".config") / "gongwen"
    from platformdirs import user_config_path  # late: only where the folder has another name

    return user_config_path("gongwen", appauthor=False)


def language_asked(arguments: Sequence[str]) -> str:
    """Return the language that ``--lang`` asks for, ``""`` if there is none or none that is known.

    It is needed before the command line is read, whose errors are in this language already.

    Example:
        >>> language_asked(["--语言", "中文", "搜索"])
        'zh'
    """
    asked = _value_of(arguments, "--lang") or _value_of(arguments, "--语言")
    asked = CHOICES["lang"].get(asked, asked)
    return asked if asked in LANGUAGES else ""


def _value_of(arguments: Sequence[str], option: str) -> str:
    """Return the last value of an option, ``""`` if it is not given."""
    value = ""
    for i, one in enumerate(arguments):
        if one == "--":
            break
        if one == option and i + 1 < len(arguments):
            value = arguments[i + 1]
        elif one.startswith(f"{option}="):
            value = one.removeprefix(f"{option}=")
    return value


def report_and_number(place: str) -> tuple[str, int | None]:
    """Split ``REPORT:N`` into the report and the number of the sentence."""
    match = re.fullmatch(r"(.+?)[:：](\d{1,9})", place, re.DOTALL)
    return (match[1], int(match[2])) if match else (place, None)


def relative(path: str) -> str:
    """Return ``path`` as it is shown: relative to here when it lies below."""
    here = os.getcwd()  # noqa: PTH109 - a string is compared
    return os.path.relpath(path, here) if path.startswith(here + os.sep) else path


FieldsOption = Mapping[str, Sequence[str]]
"""Conditions on fields of the reports by name, as the options of :func:`takes_fields` gave them."""
FIELDS_NONE: FieldsOption = {}


def takes_fields(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every field of the reports that is a filter.

    Their values reach it together, in its parameter ``fields``. Years and kinds have options of
    their own, as these mean more in some commands.
    """
    made = [
        Parameter(
            one.name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                list[str] | None,
                typer.Option(
                    f"--{one.name}", help=f"{one.chinese[0]}, as {one.example}; repeatable."
                ),
            ],
        )
        for one in FIELDS
        if one.matching and one.name not in ("year", "kind")
    ]
    given = signature(command, eval_str=True)
    parameters = []
    for parameter in given.parameters.values():
        if parameter.name == "fields":
            parameters += made
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @wraps(command)
    def with_fields(**values: Any) -> None:
        fields = {one.name: found for one in made if (found := values.pop(one.name))}
        command(**values, fields=fields)

    with_fields.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_fields.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_fields


def named_facets(counts: str | None) -> tuple[str, ...]:
    """Return the facets of a list such as ``topic,省``.

    Raises:
        typer.BadParameter: there is no such facet.
    """
    try:
        return facets_named([name.strip() for name in (counts or "").split(",") if name.strip()])
    except QueryError as error:
        raise typer.BadParameter(str(error), param_hint="--counts") from None
