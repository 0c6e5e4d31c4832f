"""Options that several commands share, and the library that they open."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ..catalog import _, current_language
from ..conditions import facet_name, facets_named
from ..library import Library
from ..nlp.errors import QueryError
from ..nlp.fields import CHOICES, FIELDS, english
from ..nlp.text.normalize import fold
from .output import note, target_file, update_note

_LIBRARY_HELP = "Folder of the library; by default in your user data folder."
GlobalLibraryOption = Annotated[
    Path | None, typer.Option("--library", envvar="GONGWEN_LIBRARY", help=_LIBRARY_HELP)
]
LibraryOption = Annotated[
    # Without the variable: it would win over a --library in front of the command.
    Path | None, typer.Option("--library", help=f"{_LIBRARY_HELP} [env var: GONGWEN_LIBRARY]")
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


def keep_library(context: typer.Context, library: Path | None) -> None:
    """Remember the library that was named before the command."""
    context.obj = library


def open_library(context: typer.Context, library: Path | None, create: bool = False) -> Library:
    """Open the library that was named after the command, else before it, else the user's own."""
    with update_note() as tell:
        opened = Library(library_folder(context, library), create=create, progress=tell)
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


# -- what is typed in Chinese ----------------------------------------------------------------------

_HYPHENS = "-\uff0d\u2212\ufe63\u2010\u2011"
"""Characters that are typed for a hyphen; one of them in front of a word excludes it."""
_LONG_DASHES = "\u2014\u2013\u2015\u2012\ufe58\u2500\u2501\u2e3a\u2e3b"
"""Characters that programs and input methods put for two hyphens."""
_DASHES = _HYPHENS + _LONG_DASHES
_TYPED = re.compile(
    rf"\A(?P<dashes>[{_DASHES}]+)(?P<name>[^\W\d_][{_DASHES}\w]*)(?P<value>[=＝].*)?", re.DOTALL
)
_INSIDE = re.compile(
    rf"(?:^|\s)(?:[{_DASHES}]{{2,}}|[{_LONG_DASHES}])(?P<name>[^\W\d_][{_DASHES}\w]*)(?=[\s=＝]|$)"
)
"""An option inside a query, as in quotes around all of it."""
_HYPHEN_FOR = dict.fromkeys(map(ord, _DASHES), "-")
_OPTION_NAMES: Mapping[str, str] = {
    **{name: one.name for one in FIELDS for name in one.chinese},
    "主题": "topic", "角色": "role", "报告": "report", "排序": "sort", "近义词": "synonyms",
    "同义词": "synonyms", "计数": "counts", "统计": "counts", "格式": "format", "输出": "output",
    "条数": "limit", "上下文": "context", "指标": "indicator", "单位": "unit", "状态": "status",
    "时期": "period", "透视": "pivot", "比较": "compare", "画图": "plot", "库": "library",
    "语言": "lang", "帮助": "help", "设置": "set", "版本": "version",
}  # fmt: skip
"""The options that are understood by a Chinese name."""
_FREE = {("correct", "by")}
"""Options of commands whose value is free text although others of the name have fixed values."""


class Spelling:
    """Rewrites what a user types in Chinese or full width as the command line takes it.

    Options are understood with any dashes, full-width letters and Chinese names (``－－topic``,
    ``—topic``, ``--主题=行政执法``), and their fixed values in Chinese (``--sort 年份``, see
    :data:`~gongwen.nlp.fields.CHOICES`). What looks like an option and is none is refused, so that
    it is never searched for.

    Args:
        app: the whole command line.
    """

    def __init__(self, app: Any) -> None:
        self._commands: Mapping[str, Any] = app.commands
        self._takes_value: dict[str, bool] = {"--help": False, "-h": False}
        self._all_learned = False
        self._learn(app)

    def _learn(self, command: Any) -> None:
        for option in command.params:
            for name in option.opts:
                if name.startswith("-"):
                    takes = not getattr(option, "is_flag", False)
                    self._takes_value[name] = self._takes_value.get(name, False) or takes

    def _learn_parts(self, commands: Mapping[str, Any]) -> None:
        for part in commands.values():
            self._learn(part)
            self._learn_parts(getattr(part, "commands", {}))

    def _is_option(self, name: str) -> bool:
        """Return whether any command has an option of this name, with its hyphens.

        The options of the other commands are made only for a name that this one does not have.
        """
        if name not in self._takes_value and name.startswith("-") and name.isascii():
            if not self._all_learned:
                self._learn_parts(self._commands)
            self._all_learned = True
        return name in self._takes_value

    def rewritten(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments as the command line takes them.

        Raises:
            typer.BadParameter: one looks like an option and is none.

        Example: ``["search", "复议", "－－topic", "行政执法"]`` has ``"--topic"`` for its third.
        """
        end = arguments.index("--") if "--" in arguments else len(arguments)
        command = next((one for one in arguments if one in self._commands), "")
        asks = False
        if command:
            made = self._commands[command]
            self._learn(made)
            self._learn_parts(getattr(made, "commands", {}))
            asks = any(option.metavar == "QUERY" for option in made.params)
        done: list[str] = []
        before = ""  # the option whose value is next
        for argument in arguments[:end]:
            if before:
                done.append(self._value(command, before, argument))
                before = ""
                continue
            one = self._option(argument)
            name, equals, value = one.partition("=")
            if self._is_option(name):
                if equals:
                    one = f"{name}={self._value(command, name, value)}"
                elif self._takes_value[name]:
                    before = name
            elif asks:
                self._check_inside(argument)
            done.append(one)
        return [*done, *arguments[end:]]

    def _option(self, argument: str) -> str:
        """Return an argument with the usual hyphens and English name, if it is an option."""
        match = _TYPED.fullmatch(argument)
        if not match:
            return argument
        dashes, value = match["dashes"], match["value"] or ""
        name = fold(match["name"]).translate(_HYPHEN_FOR) if not argument.isascii() else ""
        name = name or match["name"]
        long = len(dashes) > 1 or dashes in _LONG_DASHES
        known = self._known(name, long)
        if known:
            return f"{known}={value[1:]}" if value else known
        if argument.isascii():
            return argument  # a wrong option, of which Typer says so
        if not long:
            if self._is_option(f"-{name[0]}") and not name.isascii():
                return f"-{match['name']}{value}"  # -o结果.csv
            return f" -{match['name']}{value}"  # excludes a word
        if os.path.exists(argument):  # noqa: PTH110 - a file may be called so
            return argument
        message = _("there is no option {given}; options are --topic and the like, -执法 excludes")
        raise typer.BadParameter(message.format(given=argument))

    def _known(self, name: str, long: bool) -> str:
        """Return the option of this name, ``""`` if there is none.

        Args:
            name: its name in English or Chinese, without hyphens.
            long: whether two hyphens or a long dash stand in front; without them a Chinese name
                is a word that is excluded.
        """
        if len(name) == 1 and name.isascii():
            return f"-{name}" if self._is_option(f"-{name}") else ""
        english_name = _OPTION_NAMES.get(name, name) if long else name
        return f"--{english_name}" if self._is_option(f"--{english_name}") else ""

    def _value(self, command: str, option: str, value: str) -> str:
        """Return the value of an option, in English if it is one of those that are fixed."""
        name = option.lstrip("-")
        if name not in CHOICES or (command, name) in _FREE:
            return value
        typed = re.split("[,，、]", value)
        named = [english(name, fold(one.strip())) for one in typed]
        if all(fold(one.strip()) == other for one, other in zip(typed, named, strict=True)):
            return value
        return ",".join(named)

    def _check_inside(self, query: str) -> None:
        for match in _INSIDE.finditer(query):
            name = fold(match["name"]).translate(_HYPHEN_FOR)
            if option := self._known(name, long=True):
                message = _("{option} stands in the query; put it outside of the quotes")
                raise typer.BadParameter(message.format(option=option))
