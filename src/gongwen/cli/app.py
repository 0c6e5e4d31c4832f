"""Gather the commands of the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from inspect import cleandoc
from typing import Annotated, Any

import typer
import typer.main

from .. import __version__
from ..catalog import LANGUAGES, _, use_language
from .help_text import Command, Group
from .options import GlobalEngineOption, GlobalLibraryOption, StoreOption, keep_library
from .output import (
    note,
    say,
)


class _Whole(Group):
    """The group of all commands."""

    def listed(self, ctx: Any) -> dict[str, Any]:
        """Return the commands without their options, which the list of them does not show."""
        return {
            name: Command(name=name, help=_help_of(_at(_COMMANDS[name])))
            for name in self.commands  # not its items: to ask for those makes all commands
        }


app = typer.Typer(
    name="gongwen",
    cls=_Whole,
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


def _show_completion(shell: str | None) -> None:
    if shell is None:
        return
    from . import shell_scripts  # late: one command in a thousand needs it

    say(shell_scripts.script(shell_scripts.this_shell(shell, os.environ)).rstrip("\n"))
    raise typer.Exit


def _install_completion(shell: str | None) -> None:
    if shell is None:
        return
    from . import shell_scripts  # late: likewise

    named = shell_scripts.this_shell(shell, os.environ)
    file = shell_scripts.install(named, os.environ)
    message = _("completion for {shell} is in {file}; open a new shell to use it")
    note(message.format(shell=named, file=file))
    raise typer.Exit


def _language(wanted: str | None) -> None:
    if wanted is None:
        return
    if wanted not in LANGUAGES:
        raise typer.BadParameter(f"{wanted!r} is none of {', '.join(LANGUAGES)}")
    use_language(wanted)


@app.callback()
def gongwen(
    context: typer.Context,
    library: GlobalLibraryOption = None,
    engine: GlobalEngineOption = None,
    store: StoreOption = "",
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="en|zh",
            callback=_language,
            is_eager=True,
            help="Language of messages (语言); by default GONGWEN_LANG, else that of the system.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    install_completion: Annotated[
        str | None,
        typer.Option(
            "--install-completion",
            metavar="[SHELL]",
            callback=_install_completion,
            is_eager=True,
            help="Let your shell complete commands, options, reports and topics: bash, zsh, fish "
            "or powershell; by default the shell that is yours.",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        typer.Option(
            "--show-completion",
            metavar="[SHELL]",
            callback=_show_completion,
            is_eager=True,
            help="Print the script for that instead.",
        ),
    ] = None,
) -> None:
    """Read Chinese government reports (公文), tag every sentence with its topic, and find them
    again.

    Example: gongwen add seeds/reports && gongwen search 法律顾问 --topic 行政执法
    """
    keep_library(context, library, engine, store)


_COMMANDS = {
    "add": "library.add",
    "search": "search.search",
    "similar": "search.similar",
    "copies": "copies.copies",
    "counts": "counts.counts",
    "topics": "show.topics",
    "reports": "show.reports",
    "show": "show.show",
    "remove": "trash.remove",
    "restore": "trash.restore",
    "trash": "trash.trash",
    "tag": "tag.tag",
    "train": "train.train",
    "evaluate": "evaluate.evaluate",
    "suggest": "train.suggest",
    "correct": "train.correct",
    "retag": "train.retag",
    "split": "tag.split",
    "figures": "figures.figures",
    "check": "check.check",
    "compare": "compare.compare",
    "words": "words.words",
    "status": "show.status",
    "reindex": "library.reindex",
    "repair": "library.repair",
    "export": "library.export",
    "import": "library.import_",
    "bulk": "bulk.bulk",
    "models": "train.models",
    "serve": "serve.serve",
    "config": "config.config",
    "help": "help_pages.help_",
}
"""The commands in the order of the help, with the module beside this one and the name there."""


class _Commands(MutableMapping[str, Any]):
    """The commands by name, each imported and made when it is asked for: a process runs one."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, _COMMANDS[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in _COMMANDS or name in self._made

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are not taken away")

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS | self._made)

    def __len__(self) -> int:
        return len(_COMMANDS | self._made)


def _command(name: str, place: str) -> Any:
    """Return the command, or the group of commands, that stands at ``place``."""
    found = _at(place)
    maker = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        maker.add_typer(found, name=name)
    else:
        maker.command(name, cls=Command)(found)
    made: Any = typer.main.get_command(maker)
    return made.commands[name] if isinstance(found, typer.Typer) else made


def _at(place: str) -> Any:
    """Return the function of a command, or the Typer of a group, that stands at ``place``."""
    module, _dot, attribute = place.partition(".")
    return getattr(import_module(f".{module}", __package__), attribute)


def _help_of(found: Any) -> str:
    """Return the help of a command, which is its docstring, or of a group."""
    text: Any = found.info.help if isinstance(found, typer.Typer) else found.__doc__
    return cleandoc(text)


def whole() -> Any:
    """Return the command line with its options and all of its commands.

    Its ``commands`` are a mapping that makes a command when it is looked up.
    """
    made: Any = typer.main.get_command(app)
    made.commands = _Commands()
    return made
