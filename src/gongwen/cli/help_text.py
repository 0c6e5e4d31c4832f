"""Show the help of commands in the language of the user, with the Chinese names of everything.

English help is as Typer writes it. In Chinese every text comes from the catalogue, commands and
options have their Chinese names beside the English ones, and lines are folded by the columns that
characters take, as Chinese has no spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from ..catalog import _, current_language, gettext_noop, in_brackets, listed
from ..nlp.fields import CHOICES
from .chinese_names import alike, chinese_names, joined
from .text_width import columns, folded

_EXTRA = re.compile(r" *(?:\[(?:env var|default|required|x|\d)[^\[]*\]|\.\.\.)$")
"""What Typer puts behind the help of an option: its default, range, or variable."""
_EXTRA_WORDS = tuple(map(gettext_noop, ("env var: ", "default: ", "required")))
_RANGE = re.compile(
    r"(?<=[\[ ])(?:(?P<least>[\d.]+)<=)?x(?P<sign>[<>]=)?(?P<bound>[\d.]+)?(?=[;\]])"
)
"""The range of a number as Typer writes it: ``1<=x<=64``, ``x>=1``."""
_TYPES = tuple(
    map(
        gettext_noop,
        ("<str>", "<int>", "<float>", "<int range>", "<float range>", "<path>", "OPTIONS"),
    )
)
"""What Typer calls the values of options that have no name of their own."""
_METAVAR = re.compile(r"(?P<before>[\[{]*)(?P<name>[^\[\]{}]*?)(?P<after>(?:\.\.\.|[\]}])*)")
_DEFAULT = re.compile(r"(?<=\[)(default: )([a-z]+)(?=[;\]])")
"""A default that is a fixed value."""
_LITERAL = re.compile(r"<?[a-z0-9]+(?:\|[a-z0-9]+)+>?")
"""A metavar that lists the values themselves: ``year|region``."""
_NARROWEST = 24
"""Columns that the help of an option has at least, on a narrow terminal."""
_WIDEST_NAME = 34
"""Columns of the names of an option beyond which its help begins on a line of its own."""


class _HelpFormatter(typer.Context.formatter_class):  # type: ignore[misc, valid-type]
    """Write help in the current language, and fold Chinese text, which has no spaces, to lines."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        if current_language() != "en":
            prog = _command_in_chinese(prog)
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
            self.write_paragraph_of(_(one_line(paragraph)))

    def write_paragraph_of(self, text: str) -> None:
        """Write a text in the language of the user, folded to lines."""
        for line in folded(text, self.width - self.current_indent):
            self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if current_language() == "en":
            super().write_dl(rows, col_max, col_spacing)
            return
        self.write_rows([(name, help_of(text)) for name, text in rows], _WIDEST_NAME, col_spacing)

    def write_rows(
        self, rows: Sequence[tuple[str, str]], widest: int = _WIDEST_NAME, gap: int = 2
    ) -> None:
        """Write names with what they mean beside them, aligned by the columns that they take.

        Args:
            rows: each name and its meaning, in the language of the user.
            widest: columns of a name beyond which its meaning begins on the next line.
            gap: columns between the two.
        """
        left = min(max((columns(first) for first, _second in rows), default=0), widest) + gap
        space = max(self.width - self.current_indent - left, _NARROWEST)
        for first, second in rows:
            lines = folded(second, space)
            name = f"{'':>{self.current_indent}}{first}"
            if columns(first) + gap > left:
                self.write(f"{name}\n")
            else:
                between = " " * (left - columns(first))
                self.write(f"{name}{between}{lines.pop(0) if lines else ''}".rstrip() + "\n")
            for line in lines:
                self.write(f"{'':>{self.current_indent + left}}{line}\n")


def one_line(paragraph: str) -> str:
    """Return a paragraph of help as it is a key of the catalogue: on one line."""
    return " ".join(paragraph.split())


def help_of(text: str) -> str:
    """Return the help of an option or command, translated with what Typer puts behind it."""
    text = one_line(text)
    extra = _EXTRA.search(text)
    own = text[: extra.start()] if extra else text
    behind = text[len(own) :]
    for word in _EXTRA_WORDS:
        behind = re.sub(rf"(?<=[\[ ]){re.escape(word)}", lambda found: _(found[0]), behind)
    behind = _RANGE.sub(_range, behind).replace("; ", _("; "))
    return (_(own) if own else "") + behind


def _range(found: re.Match[str]) -> str:
    """Return a range of numbers in words."""
    if found["least"] and found["bound"]:
        return _("{least} to {most}").format(least=found["least"], most=found["bound"])
    if found["sign"] == ">=":
        return _("at least {number}").format(number=found["bound"])
    return found[0]


def did_you_mean(names: Sequence[str]) -> str:
    """Return the end of a message on a name that there is not: what may have been meant."""
    return _("; did you mean {names}?").format(names=listed(names)) if names else ""


def value_name(metavar: str) -> str:
    """Return what a value is called in help, in the current language.

    Args:
        metavar: as Typer writes it, with brackets, braces and dots around it.

    Example:
        >>> value_name("year|region"), value_name("en|zh")
        ('year|region', 'en|zh')
    """
    if inner := re.fullmatch(r"\{(.*)\}(\.\.\.)?", metavar):
        return f"{{{value_name(inner[1])}}}{inner[2] or ''}"
    if (whole := _(metavar)) != metavar:
        return whole
    parts = _METAVAR.fullmatch(metavar)
    if parts is None or not parts["name"] or _LITERAL.fullmatch(parts["name"]):
        return metavar
    return f"{parts['before']}{_(parts['name'])}{parts['after']}"


def path_of(context: Any) -> str:
    """Return the English name of a command, as ``models list``; ``""`` for the whole."""
    names = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


if TYPE_CHECKING:
    _AnyCommand = TyperCommand
else:
    _AnyCommand = object  # the commands and the groups of Typer have no common class of its own


class _Translated(_AnyCommand):
    """What a command and a group have in common: help in Chinese, and errors with advice."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, for the list of commands."""
        if current_language() == "en":
            return super().get_short_help_str(limit)
        paragraph = _(one_line((self.help or "").split("\n\n")[0]))
        return paragraph.partition("。")[0] if "。" in paragraph else paragraph

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the line on usage, in the language of the user."""
        if current_language() == "en":
            return super().collect_usage_pieces(ctx)
        pieces = [self.options_metavar] if self.options_metavar else []
        for parameter in self.get_params(ctx):
            named = parameter.metavar or parameter.param_type_name != "argument"
            shown = parameter.get_usage_pieces(ctx)
            pieces += shown if named else [_first_name(path_of(ctx), parameter)]
        return [value_name(piece) for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options, in Chinese with their Chinese names."""
        if current_language() == "en":
            super().format_options(ctx, formatter)
            return
        self.format_parameters(ctx, formatter)

    def format_parameters(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options in Chinese."""
        for kind, heading in (("argument", "Arguments"), ("option", "Options")):
            rows = [
                (
                    " / ".join(_names(path_of(ctx), parameter, ctx)),
                    _DEFAULT.sub(lambda m: m[1] + _in_chinese(parameter, m[2]), record[1]),  # noqa: B023
                )
                for parameter in self.get_params(ctx)
                if parameter.param_type_name == kind
                and (record := parameter.get_help_record(ctx)) is not None
            ]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; an option that there is not is answered with the nearest ones."""
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except Exception as error:
            # Its class is no part of Typer's interface.
            if type(error).__name__ != "NoSuchOption":
                raise
            given = getattr(error, "option_name", "")
            known = [name for one in self.get_params(ctx) for name in one.opts]
            near = alike(given, known) if given.startswith("--") else []
            path = path_of(ctx)
            message = _("No such option: {option}").format(option=_shown_option(path, given))
            ctx.fail(message + did_you_mean([_shown_option(path, one) for one in near]))
        return rest


def _names(path: str, parameter: Any, ctx: Any) -> Iterator[str]:
    """Yield the names of a parameter with its value: once, and the other way for a switch."""
    if parameter.param_type_name == "argument":
        yield value_name(parameter.metavar) if parameter.metavar else _first_name(path, parameter)
        return
    for names in filter(None, (parameter.opts, parameter.secondary_opts)):
        chinese = dict.fromkeys(
            f"--{first}"
            for name in names
            for first in chinese_names().of_option(path, name.lstrip("-"))[:1]
        )
        shown = ", ".join([*sorted(names, key=len), *chinese])
        metavar = parameter.make_metavar(ctx)
        values = _in_chinese(parameter, metavar) if _LITERAL.fullmatch(metavar) else metavar
        yield shown if parameter.is_flag else f"{shown} {value_name(values)}"


def _in_chinese(parameter: Any, values: str) -> str:
    """Return fixed values of an option by their Chinese names, where they have such."""
    names: dict[str, str] = {}
    for chinese, value in CHOICES.get(parameter.name, {}).items():
        names.setdefault(value, chinese)
    return re.sub(r"\w+", lambda found: names.get(found[0], found[0]), values)


def _first_name(path: str, parameter: Any) -> str:
    """Return the Chinese name of an argument that has no metavar."""
    return next(iter(chinese_names().of_option(path, parameter.name)), parameter.name)


def error_in_chinese(message: str, ctx: Any, parameter: Any) -> str:
    """Return what is wrong with a command line, with the Chinese names of what it speaks of.

    Args:
        message: the message, in Chinese already, with English names of commands, options and fixed
            values.
        ctx: the context of the command, ``None`` where no command was found.
        parameter: the parameter that is wrong, ``None`` for none.

    Example: ``“--format”的值无效`` becomes ``“--格式”的值无效``.
    """
    path = path_of(ctx) if ctx else ""
    if parameter is not None:
        if parameter.param_type_name == "argument":
            shown = next(_names(path, parameter, ctx))
            for name in filter(None, (parameter.name, parameter.metavar)):
                message = message.replace(f"“{name}”", f"“{shown}”")
        message = _QUOTED_VALUE.sub(lambda found: f"“{_in_chinese(parameter, found[1])}”", message)
    if path:
        message = message.replace(f"gongwen {path}", _command_in_chinese(f"gongwen {path}"))
    message = _UNQUOTED.sub(lambda found: f"“{value_name(found[0].rstrip())}”", message)
    return _QUOTED_OPTION.sub(
        lambda found: next(
            (f"“--{one}”" for one in chinese_names().of_option(path, found[1])), found[0]
        ),
        message,
    )


_QUOTED_VALUE = re.compile("“([a-z0-9]+)”")
_QUOTED_OPTION = re.compile("“--([a-z][a-z-]*)”")
_UNQUOTED = re.compile("(?<=：)[-A-Za-z][-A-Za-z, ]* (?=的值无效)")
"""What a wrong value is for, an option or an argument, as Typer names it without quotes."""


def _command_in_chinese(command: str) -> str:
    """Return a command behind the name of the program, by the Chinese names.

    Example: ``gongwen models list`` becomes ``gongwen 模型 列表``.
    """
    program, *words = command.split(" ")
    for end in range(len(words), 0, -1):
        called = chinese_names().of_command(" ".join(words[:end]))
        words[end - 1] = called[0] if called else words[end - 1]
    return " ".join([program, *words])


def _shown_option(path: str, option: str) -> str:
    """Return an option by its Chinese name too, where messages are Chinese."""
    names = () if current_language() == "en" else chinese_names().of_option(path, option[2:])
    return f"--{names[0]}{in_brackets(option)}" if names else option


class _HelpContext(typer.Context):
    formatter_class = _HelpFormatter


class Command(_Translated, TyperCommand):
    """A command whose help is shown in the language of the user."""

    context_class = _HelpContext


class Group(_Translated, TyperGroup):
    """A group of commands whose help is shown in the language of the user."""

    context_class = _HelpContext

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the line on usage, in the language of the user."""
        pieces = super().collect_usage_pieces(ctx)
        if current_language() == "en":
            return pieces
        return [*(one for one in pieces if one != self.subcommand_metavar), _("COMMAND [ARGS]...")]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options and the commands."""
        super().format_options(ctx, formatter)
        if current_language() != "en":
            self.format_commands(ctx, formatter)

    def listed(self, ctx: Any) -> dict[str, Any]:
        """Return the commands that help lists, by name; nothing but their help is asked for."""
        return {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with what each does, in Chinese with their Chinese names."""
        shown = self.listed(ctx)
        widest = max(map(len, shown))
        with formatter.section("Commands"):
            if current_language() == "en":
                space = formatter.width - 6 - widest  # as Typer has it
                formatter.write_dl([(n, c.get_short_help_str(space)) for n, c in shown.items()])
                return
            formatter.write_rows(
                [
                    (
                        f"{name:{widest}}  {self.chinese_name(ctx, name)}",
                        command.get_short_help_str(),
                    )
                    for name, command in shown.items()
                ]
            )

    def chinese_name(self, ctx: Any, name: str) -> str:
        """Return the Chinese name of a command of this group that is shown."""
        return next(iter(chinese_names().of_command(joined(path_of(ctx), name))), "")

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; a name that there is not is answered with the nearest ones."""
        if (
            args[0] not in self.commands
            and not args[0].startswith("-")
            and not ctx.resilient_parsing
        ):
            message = _("No such command: {name}").format(name=args[0])
            if near := listed(self.commands_alike(path_of(ctx), args[0])):
                message += _("; did you mean {names}?").format(names=near)
            ctx.fail(message)
        return super().resolve_command(ctx, args)

    def commands_alike(self, path: str, typed: str) -> list[str]:
        """Return what may have been meant by a name that is no command's.

        Args:
            path: the path of this group.
            typed: the name, in any language.
        """
        if typed.isascii():
            return alike(typed, self.commands)
        by_name = {
            chinese: f"{known[0]}{in_brackets(name)}"
            for name in self.commands
            if (known := chinese_names().of_command(joined(path, name)))
            for chinese in known
        }
        return list(dict.fromkeys(by_name[one] for one in alike(typed, by_name)))
