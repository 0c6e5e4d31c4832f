"""Gather the commands of the command line, and show their help in the language of the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from .. import __version__
from ..catalog import LANGUAGES, _, current_language, gettext_noop, use_language
from .options import GlobalLibraryOption, keep_library
from .output import columns, folded, say

_EXTRA = re.compile(r" *(?:\[(?:env var|default|required|x|\d)[^\[]*\]|\.\.\.)$")
"""What Typer puts behind the help of an option: its default, range, or variable."""
_EXTRA_WORDS = tuple(map(gettext_noop, ("env var: ", "default: ", "required")))
_NARROWEST = 24
"""Columns that the help of an option has at least, on a narrow terminal."""


class _HelpFormatter(typer.Context.formatter_class):  # type: ignore[misc, valid-type]
    """Write help in the current language, and fold Chinese text, which has no spaces, to lines."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        colon = ":" if current_language() == "en" else "："
        self.write(f"{'':>{self.current_indent}}{_(heading)}{colon}\n")

    def write_text(self, text: str) -> None:
        if current_language() == "en":
            super().write_text(text)
            return
        for i, paragraph in enumerate(text.split("\n\n")):
            if i:
                self.write("\n")
            for line in folded(_(_one_line(paragraph)), self.width - self.current_indent):
                self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if current_language() == "en":
            super().write_dl(rows, col_max, col_spacing)
            return
        widest = max((columns(first) for first, _second in rows), default=0)
        left = min(widest, col_max) + col_spacing
        space = max(self.width - self.current_indent - left, _NARROWEST)
        for first, second in rows:
            lines = folded(_help_of(second), space)
            name = f"{'':>{self.current_indent}}{first}"
            if columns(first) + col_spacing > left:
                self.write(f"{name}\n")
            else:
                gap = " " * (left - columns(first))
                self.write(f"{name}{gap}{lines.pop(0) if lines else ''}".rstrip() + "\n")
            for line in lines:
                self.write(f"{'':>{self.current_indent + left}}{line}\n")


def _one_line(paragraph: str) -> str:
    return " ".join(paragraph.split())


def _help_of(text: str) -> str:
    """Return the help of an option or command, translated but for what Typer puts behind it."""
    text = _one_line(text)
    extra = _EXTRA.search(text)
    own = text[: extra.start()] if extra else text
    behind = text[len(own) :]
    for word in _EXTRA_WORDS:
        behind = behind.replace(f"[{word}", f"[{_(word)}")
    return (_(own) if own else "") + behind


class _HelpContext(typer.Context):
    formatter_class = _HelpFormatter


class Command(TyperCommand):
    """A command whose help is shown in the language of the user."""

    context_class = _HelpContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, for the list of commands."""
        if current_language() == "en":
            return super().get_short_help_str(limit)
        paragraph = _(_one_line((self.help or "").split("\n\n")[0]))
        return paragraph.partition("。")[0] if "。" in paragraph else paragraph


class Group(TyperGroup):
    """A group of commands whose help is shown in the language of the user."""

    context_class = _HelpContext


app = typer.Typer(
    name="gongwen",
    cls=Group,
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
) -> None:
    """Read Chinese government reports (公文), tag every sentence with its topic, and find them
    again.

    Example: gongwen add seeds/reports && gongwen search 法律顾问 --topic 行政执法
    """
    keep_library(context, library)


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
    "models": "train.models",
    "serve": "serve.serve",
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
    module, _dot, attribute = place.partition(".")
    found = getattr(import_module(f".{module}", __package__), attribute)
    maker = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        maker.add_typer(found, name=name)
    else:
        maker.command(name, cls=Command)(found)
    made: Any = typer.main.get_command(maker)
    return made.commands[name] if isinstance(found, typer.Typer) else made


def whole() -> Any:
    """Return the command line with its options and all of its commands.

    Its ``commands`` are a mapping that makes a command when it is looked up.
    """
    made: Any = typer.main.get_command(app)
    made.commands = _Commands()
    return made
