"""Take what a user types in Chinese or full width as the command line takes it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from ..catalog import _, in_brackets
from ..nlp.fields import CHOICES, english
from ..nlp.text.normalize import fold
from .chinese_names import alike, chinese_names, joined

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
_FREE = {("correct", "by"), ("remove", "by")}
"""Options of commands whose value is free text although others of the name have fixed values."""
SHELLS = ("bash", "zsh", "fish", "powershell")
_THIS_SHELL = "auto"
NAMING_A_SHELL = frozenset({"--install-completion", "--show-completion"})
"""Options that name a shell, and mean the one that is in use when they do not."""


class Spelling:
    """Rewrites what a user types in Chinese or full width as the command line takes it.

    Commands are understood by their Chinese names (``搜索``, see
    :mod:`~gongwen.cli.chinese_names`). Options are understood with any dashes, full-width letters
    and Chinese names (``－－topic``, ``—topic``, ``--主题=行政执法``), and their fixed values in
    Chinese (``--sort 年份``, see :data:`~gongwen.nlp.fields.CHOICES`). What looks like an option
    and is none is refused, so that it is never searched for.

    Args:
        app: the whole command line.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._help = {"--help": False, "-h": False}
        self._others: dict[str, bool] | None = None  # of all commands, made when needed
        self._at_root()

    def _at_root(self) -> None:
        self._path = ""
        self._inside: Any = self._app  # the command, or group, whose arguments come next
        self._takes_value = self._help | _options(self._app)

    @property
    def path(self) -> str:
        """The English name of the command that was rewritten last: ``models list``."""
        return self._path

    def _is_option(self, name: str) -> bool:
        """Return whether any command has an option of this name, with its hyphens.

        The options of the other commands are made only for a name that this one does not have.
        """
        if name in self._takes_value:
            return True
        if not (name.startswith("-") and name.isascii()):
            return False
        if self._others is None:
            self._others = _options_below(self._app)
        return name in self._others

    def rewritten(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments as the command line takes them.

        Raises:
            typer.BadParameter: one looks like an option and is none.

        Example: ``["搜索", "复议", "－－主题", "行政执法"]`` begins with ``"search"``, and has
        ``"--topic"`` for its third.
        """
        self._at_root()
        end = arguments.index("--") if "--" in arguments else len(arguments)
        done: list[str] = []
        before = ""  # the option whose value is next
        for i, argument in enumerate(arguments[:end]):
            if before:
                done.append(self._value(before, argument))
                before = ""
                continue
            one = self._option(argument)
            name, equals, value = one.partition("=")
            if self._is_option(name):
                if equals:
                    one = f"{name}={self._value(name, value)}"
                elif name in NAMING_A_SHELL:
                    following = arguments[i + 1] if i + 1 < end else "-"
                    if following.startswith("-") or following in self._app.commands:
                        one = f"{name}={_THIS_SHELL}"
                    else:
                        before = name
                elif self._takes_value.get(name, (self._others or {}).get(name)):
                    before = name
            elif hasattr(self._inside, "commands"):
                one = self._command(one)
            elif self._asks():
                self._check_inside(argument)
            done.append(one)
        return [*done, *arguments[end:]]

    def _asks(self) -> bool:
        """Return whether the command takes a query."""
        return any(option.metavar == "QUERY" for option in self._inside.params)

    def _command(self, typed: str) -> str:
        """Return the English name of a command, and go on with its arguments.

        A name that there is not is left as it is: Typer says so.
        """
        commands: Mapping[str, Any] = self._inside.commands
        name = typed
        if name not in commands:
            name = fold(typed).strip()
            if not name.isascii():
                name = chinese_names().command(self._path, name, commands)
        if name not in commands:
            return typed
        self._path = joined(self._path, name)
        self._inside = commands[name]
        self._takes_value = self._help | _options(self._inside)
        return name

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
        if near := self._near(name):
            message = _("there is no option {given}; did you mean {names}?")
        raise typer.BadParameter(message.format(given=argument, names=near))

    def _near(self, name: str) -> str:
        """Return the options of the command that ``name`` may have been meant for."""
        by_name = {}
        for option in self._takes_value:
            if option.startswith("--"):
                by_name[option[2:]] = option
                if known := chinese_names().of_option(self._path, option[2:]):
                    by_name |= dict.fromkeys(known, f"--{known[0]}{in_brackets(option)}")
        return _(", ").join(dict.fromkeys(by_name[one] for one in alike(name, by_name)))

    def _known(self, name: str, long: bool) -> str:
        """Return the option of this name, ``""`` if there is none.

        Args:
            name: its name in English or Chinese, without hyphens.
            long: whether two hyphens or a long dash stand in front; without them a Chinese name
                is a word that is excluded.
        """
        if len(name) == 1 and name.isascii():
            return f"-{name}" if self._is_option(f"-{name}") else ""
        english_name = name
        if long and not name.isascii():
            english_name = chinese_names().option(self._path, name) or name
        return f"--{english_name}" if self._is_option(f"--{english_name}") else ""

    def _value(self, option: str, value: str) -> str:
        """Return the value of an option, in English if it is one of those that are fixed."""
        name = option.lstrip("-")
        if name not in CHOICES or (self._path, name) in _FREE:
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


def _options(command: Any) -> dict[str, bool]:
    """Return whether each option of a command takes a value, by its name with hyphens."""
    return {
        name: not getattr(option, "is_flag", False)
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("-")
    }


def _options_below(group: Any) -> dict[str, bool]:
    """Return whether each option of the commands of a group takes a value, likewise."""
    found: dict[str, bool] = {}
    for command in group.commands.values():
        below = _options_below(command) if hasattr(command, "commands") else {}
        for name, takes_value in (*_options(command).items(), *below.items()):
            found[name] = found.get(name, False) or takes_value
    return found
