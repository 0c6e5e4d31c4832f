"""The Chinese names of commands and options, which ``seeds/command_names.toml`` has.

The table is read when a Chinese name is typed, or shown; a command in English does without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from ..nlp.fields import FIELDS
from ..nlp.seeds import read_toml, shipped

_OPTIONS_OF = "options of "
_ALIKE = 0.5
"""How much of a name is as it was meant: one of two characters, as in 搜素 for 搜索."""
_ALIKE_IN_LETTERS = 0.7


@dataclass(frozen=True)
class ChineseNames:
    """What commands and options are called in Chinese.

    Attributes:
        commands: the names of each command, the first of which is shown; subcommands stand as
            ``models list``.
        options: the names of each option, by its English name without hyphens.
        own: likewise for the options that mean something else in one command, by the command.
    """

    commands: Mapping[str, tuple[str, ...]]
    options: Mapping[str, tuple[str, ...]]
    own: Mapping[str, Mapping[str, tuple[str, ...]]]

    def of_command(self, path: str) -> tuple[str, ...]:
        """Return the names of a command, none if it has no Chinese one.

        Args:
            path: its English name, behind that of its group if it is in one: ``models list``.
        """
        return self.commands.get(path, ())

    def of_option(self, path: str, name: str) -> tuple[str, ...]:
        """Return the names of an option of a command, without hyphens.

        Args:
            path: the command.
            name: the English name of the option, without hyphens.

        Example:
            >>> chinese_names().of_option("search", "topic")
            ('主题',)
        """
        return self.own.get(path, {}).get(name) or self.options.get(name, ())

    def command(self, group: str, typed: str, known: Iterable[str]) -> str:
        """Return the English name of a command, ``""`` if there is none of this name.

        Args:
            group: the group that it is in, ``""`` for none.
            typed: its name in Chinese.
            known: the English names of the commands of the group.

        Example:
            >>> chinese_names().command("models", "列表", ["list", "show", "use"])
            'list'
        """
        return next((one for one in known if typed in self.of_command(joined(group, one))), "")

    def option(self, path: str, typed: str) -> str:
        """Return the English name of an option, ``""`` if there is none of this name.

        Args:
            path: the command; what it has of its own counts first.
            typed: the Chinese name, without hyphens.

        Example:
            >>> chinese_names().option("correct", "署名"), chinese_names().option("", "地区")
            ('by', 'region')
        """
        for names in (self.own.get(path, {}), self.options):
            for english, chinese in names.items():
                if typed in chinese:
                    return english
        return ""


@cache
def chinese_names() -> ChineseNames:
    """Return the names that ship with gongwen."""
    table, _source = read_toml(shipped("command_names.toml"))
    options = {name: tuple(names) for name, names in table["options"].items()}
    for field in FIELDS:
        options[field.name] = (*field.chinese, *options.get(field.name, ()))
    return ChineseNames(
        commands={path: tuple(names) for path, names in table["commands"].items()},
        options=options,
        own={
            head.removeprefix(_OPTIONS_OF): {name: tuple(names) for name, names in own.items()}
            for head, own in table.items()
            if head.startswith(_OPTIONS_OF)
        },
    )


def joined(group: str, name: str) -> str:
    """Return the path of a command in a group.

    Example:
        >>> joined("models", "list"), joined("", "search")
        ('models list', 'search')
    """
    return f"{group} {name}".strip()


def alike(typed: str, known: Iterable[str]) -> list[str]:
    """Return up to three names that ``typed`` may have been meant for, best first.

    Example:
        >>> alike("搜素", ["搜索", "查看", "统计"]), alike("serach", ["search", "show"])
        (['搜索'], ['search'])
    """
    from difflib import get_close_matches  # late: for errors alone

    least = _ALIKE_IN_LETTERS if typed.isascii() else _ALIKE
    return get_close_matches(typed, list(known), n=3, cutoff=least)
