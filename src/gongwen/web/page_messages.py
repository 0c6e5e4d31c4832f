"""Messages of the library as pages show them: translated, and without commands of the terminal.

Messages say behind a semicolon what to do, often with a command: ``unknown report 'x'; gongwen
reports lists them``. Who reads them on a page has no terminal, and the page has a link or a button
for it. So the parts with a command are left out, or replaced where the reader has to do something
else instead. Programs that use the API get the messages as they are.
"""

from __future__ import annotations

import re
from functools import cache

from ..catalog import _, gettext_noop
from ..nlp.seeds import read_toml, shipped
from ..translation import in_language

_INSTEAD = (
    (("repair", "status"), gettext_noop("ask whoever looks after the library")),
    (("reindex",), gettext_noop("build the index anew on the page “State and backup”")),
)
"""What a page says in place of some commands, by their English names."""
_OPTION = re.compile(r"(?<![\w-])--\w")
_SAME_COMMAND = re.compile("the same command|同一命令")
_IN_BRACKETS = re.compile(r" ?[(（]([^()（）]*)[)）]")
_CLAUSE = re.compile(r"(; |；|: (?=gongwen )|：(?=“?gongwen ))")
_ALTERNATIVE = re.compile(", or |，或")


def page_message(message: str) -> str:
    """Return a finished English message as pages show it, in the language of the current context.

    Args:
        message: one line, as it was raised or stored.

    Example:
        >>> page_message("unknown report 'x'; gongwen reports lists them")
        "unknown report 'x'"
    """
    return without_commands(in_language(message))


def without_commands(text: str) -> str:
    """Return a message in either language without the parts that have commands or their options.

    Args:
        text: the message.

    Example:
        >>> without_commands("damaged; run gongwen reindex")
        'damaged; build the index anew on the page “State and backup”'
        >>> without_commands("not text; give --encoding, or save it as .txt")
        'not text; save it as .txt'
    """
    if not _is_of_terminal(text):
        return text
    hint = next((_(said) for names, said in _INSTEAD if _commands(names).search(text)), "")
    text = _IN_BRACKETS.sub(lambda found: "" if _is_of_terminal(found[1]) else found[0], text)
    made = ""
    separator = ""
    for i, part in enumerate(_CLAUSE.split(text)):
        if i % 2:
            separator = part
        elif kept := _without_alternatives(part):
            made += (separator if made else "") + kept
    if made and hint:
        return made + _("; ") + hint
    return made or hint or _(_INSTEAD[0][1])


def _without_alternatives(clause: str) -> str:
    """Return a clause without those of its alternatives that have a command."""
    if not _is_of_terminal(clause):
        return clause
    kept = [one for one in _ALTERNATIVE.split(clause)[1:] if not _is_of_terminal(one)]
    please = "请" if kept and clause.startswith("请") else ""
    return please + _(", or ").join(kept)


def _is_of_terminal(text: str) -> bool:
    """Return whether a text has a command, or an option of one."""
    return any(one.search(text) for one in (_commands(), _OPTION, _SAME_COMMAND))


@cache
def _commands(only: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Return what finds commands by their English and Chinese names.

    Args:
        only: the English names, ``()`` for all commands.
    """
    table, _source = read_toml(shipped("command_names.toml"))
    names = [
        name
        for english, chinese in table["commands"].items()
        if not only or english in only
        for name in (english, *chinese)
    ]
    return re.compile(rf"(?<!\w)gongwen (?:{'|'.join(map(re.escape, names))})(?![a-z])")
