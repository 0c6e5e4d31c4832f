"""Translate messages that are finished already: errors, notes, reasons, problems.

What is below the command line raises, stores and returns its messages in English, because it
knows no user; a worker process or a file of a library has no language at all. Here such a message
is traced back to the entry of the catalogue (:mod:`gongwen.catalog`) that it was made of, and is
put together again in the language of the current context. So the catalogue is the only list of
messages: an entry ``damaged: {count} bytes left out`` translates ``damaged: 3 bytes left out``,
whether the code has it as a template or as an f-string.

A message may consist of others: a file and what is wrong with it (``a.csv: line 3: topic is
missing``), several that are joined by ``; ``, and entries with a field that holds a message, such
as ``cannot be read ({reason})``. What is quoted, names of files, and what a user has written are
never translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from .catalog import catalogue, current_language
from .nlp.fields import FIELDS, LEVELS

_FIELD = re.compile(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}")
_NESTED = frozenset(
    {"advice", "error", "message", "mistake", "pages", "part", "places", "problem", "reason"}
    | {"what", "why"}
)
"""Fields that hold a message themselves."""
_TEXTS = frozenset({"after", "before", "excerpt", "text", "title", "usage"})
"""Fields that hold text of a report or of a user, with any marks."""
_LISTS = frozenset({"formats", "keys", "names", "values"})
"""Fields that hold names, several of them joined by commas or by a last *or* or *and*."""
_FIXED_NAMES = frozenset({"fields", "levels"})
"""Fields that hold names of fields of a report, or of levels, which have Chinese names."""
_NUMBERS = frozenset(
    {"byte", "column", "count", "done", "line", "more", "most", "n", "number", "seconds", "size"}
    | {"total"}
)
"""Fields that hold numbers, so that an entry is not taken for one with words at the same place."""
_NUMBER = re.compile(r"-?[0-9][0-9,. ]*(?:[–-][0-9]+)?")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_BETWEEN_NAMES = re.compile(r", (?:or |and )?| or | and | / ")
_WORDS = re.compile("[A-Za-z]{2}")
_DEEPEST = 8
"""In how many messages another one is looked for."""
_MOST_PARTS = 12
"""Most separators at which a message is tried to be split."""
_SPECIFIC = 15
"""Fewest characters of an entry that may hold a message which is not known."""
_LONGEST = 20_000
"""Longest message that is looked at; a longer one is text of a user."""


@dataclass(frozen=True)
class _Template:
    """An entry of the catalogue with fields.

    Attributes:
        pieces: the literal texts in front of, between and behind the fields.
        fields: the names of the fields, one fewer.
        translated: the entry in the other language.
    """

    pieces: tuple[str, ...]
    fields: tuple[str, ...]
    translated: str


@dataclass(frozen=True)
class _Entries:
    """The entries of a language.

    Attributes:
        exact: those without fields, by the English message.
        beginning: those with fields that begin with a text, by its first characters; the most
            specific first.
        others: those that begin with a field, or with fewer characters.
    """

    exact: Mapping[str, str]
    beginning: Mapping[str, Sequence[_Template]]
    others: Sequence[_Template]

    def fitting(self, message: str) -> Iterator[_Template]:
        """Yield the entries with fields that may have made a message."""
        yield from self.beginning.get(message[:_PREFIX], ())
        yield from self.others


_PREFIX = 4
_FIXED = {name: names[0] for name, names in LEVELS.items()} | {
    one.name: one.chinese[0] for one in FIELDS if one.chinese
}


def in_language(message: str) -> str:
    """Return a finished message in the language of the current context.

    Args:
        message: one line or several, as it was raised or stored, in English.

    Returns:
        The message in the language of the current context; as it is where the catalogue does not
        know it.

    Example:
        >>> in_language("damaged: 1 lost character on line 3")  # in English
        'damaged: 1 lost character on line 3'
    """
    if current_language() == "en" or len(message) > _LONGEST or not _WORDS.search(message):
        return message
    if "\n" in message and message not in catalogue(current_language()):
        return "\n".join(map(in_language, message.split("\n")))
    return translated(message) or message


def translated(message: str) -> str | None:
    """Return a finished message in the language of the current context, ``None`` if unknown.

    Args:
        message: one line, as it was raised or stored, in English.
    """
    return _translated(message, current_language(), 0)


@lru_cache(maxsize=4096)
def _translated(message: str, language: str, depth: int) -> str | None:
    found = _entries(language).exact.get(message)
    if found is not None or depth > _DEEPEST:
        return found
    # What another program has said may stay English, but only where nothing fits better.
    return (
        _of_an_entry(message, language, depth)
        or _of_a_place(message, language, depth)
        or _joined(message, language, depth)
        or _of_an_entry(message, language, depth, foreign=True)
    )


def without_place(message: str, place: str) -> str:
    """Return a message without the place in front, which has it in either language.

    Example:
        >>> without_place("a.txt: empty file", "a.txt"), without_place("a.txt：文件是空的", "a.txt")
        ('empty file', '文件是空的')
    """
    for mark in (": ", "："):
        if message.startswith(f"{place}{mark}"):
            return message.removeprefix(f"{place}{mark}")
    return message


def values_in(
    pieces: tuple[str, ...], fields: tuple[str, ...], message: str
) -> dict[str, str] | None:
    """Return what stands in a message for the fields of an entry, ``None`` if it is another one.

    Args:
        pieces: the literal texts around the fields.
        fields: the names of the fields.
        message: the message.

    Example:
        >>> values_in(("damaged: ", " bytes left out"), ("count",), "damaged: 3 bytes left out")
        {'count': '3'}
    """
    if not message.startswith(pieces[0]) or not message.endswith(pieces[-1]):
        return None
    values: dict[str, str] = {}
    last = len(message) - len(pieces[-1])
    at = len(pieces[0])
    for i, field in enumerate(fields):
        piece = pieces[i + 1]
        if i == len(fields) - 1:
            end = last
        else:
            # What is quoted may hold anything, also the text behind the field.
            quote = _QUOTED.match(message, at)
            end = message.find(piece, quote.end() if quote else at)
        if end <= at and not (field == "s" and end == at):
            return None
        if end > last or not _may_be(field, message[at:end]):
            return None
        values[field] = message[at:end]
        at = end + len(piece)
    return values


def _may_be(field: str, value: str) -> bool:
    """Return whether a value can stand for a field."""
    if field in _TEXTS:
        return True
    if ")" in value and not _is_balanced(value):
        return False  # it ends in the middle of another message
    if field in _NESTED:
        return True
    if field == "s":
        return value in ("", "s")
    if field in _NUMBERS:
        return _NUMBER.fullmatch(value) is not None
    rest = _QUOTED.sub("", value)
    return "; " not in rest and ": " not in rest and "'" not in rest[:1] and "\n" not in rest


def _is_balanced(value: str) -> bool:
    """Return whether each bracket is closed, and none before it is opened."""
    deep = list(accumulate((char == "(") - (char == ")") for char in value))
    return min(deep) >= 0 and deep[-1] == 0


def _filled(message: str, values: Mapping[str, str]) -> str:
    """Return a message with what is shown for its fields."""
    made, at = "", 0
    for match in _FIELD.finditer(message):
        made += message[at : match.start()]
        at = match.end()
        shown = values.get(match[1], match[0])
        # The marks of Chinese text have their own space.
        if shown.startswith("“"):
            made = made.removesuffix(" ")
        if shown.endswith("”") and message[at : at + 1] == " ":
            at += 1
        made += shown
    return made + message[at:]


def _shown(field: str, value: str, language: str, depth: int) -> str | None:
    """Return what is shown for a value, ``None`` for a message that is not known."""
    if field in _TEXTS:
        return value
    if field == "places" and not value.endswith(" more"):
        places = list(_places(value))
        return "、".join(_translated(one, language, depth + 1) or one for one in places)
    if field in _NESTED:
        known = _translated(value, language, depth + 1)
        return value if known is None and not _WORDS.search(value) else known
    if field in _FIXED_NAMES:
        return "、".join(_FIXED.get(name, name) for name in _BETWEEN_NAMES.split(value))
    if field in _LISTS and not _QUOTED.search(value):
        return "、".join(_BETWEEN_NAMES.split(value))
    return _unquoted(value)


def _places(value: str) -> Iterator[str]:
    """Yield the places in a list, such as ``row 4, row 9 (no text, no title)``."""
    place = ""
    for part in value.split(", "):
        place = f"{place}, {part}" if place else part
        if place.count("(") <= place.count(")"):
            yield place
            place = ""
    if place:
        yield place


def _unquoted(value: str) -> str:
    """Return names that are quoted with the marks of Chinese text instead."""
    quotes = _QUOTED.findall(value)
    if not quotes or _BETWEEN_NAMES.sub("", _QUOTED.sub("", value)):
        return value
    marked = (f"“{quote[1:-1]}”" for quote in quotes)
    return "、".join(text.replace("\\'", "'") for text in marked)


def _of_an_entry(message: str, language: str, depth: int, *, foreign: bool = False) -> str | None:
    """Return a message that an entry with fields made, ``None`` for any other.

    Args:
        message: the message.
        language: the language.
        depth: in how many other messages it is.
        foreign: whether messages inside of it may be unknown; then they stay as they are.
    """
    for entry in _entries(language).fitting(message):
        values = values_in(entry.pieces, entry.fields, message)
        if values is None or (foreign and sum(map(len, entry.pieces)) < _SPECIFIC):
            continue
        shown = {name: _shown(name, value, language, depth) for name, value in values.items()}
        if foreign or None not in shown.values():
            known = {name: text or values[name] for name, text in shown.items()}
            return _filled(entry.translated, known)
    return None


def _of_a_place(message: str, language: str, depth: int) -> str | None:
    """Return a message behind its place, such as ``a.csv: line 3: topic is missing``."""
    start = 0
    for _n in range(_MOST_PARTS):
        at = message.find(": ", start)
        if at < 0 or "; " in message[:at]:
            return None
        problem = _translated(message[at + 2 :], language, depth + 1)
        if problem is not None:
            return f"{_place(message[:at], language, depth)}：{problem}"
        start = at + 2
    return None


def _place(place: str, language: str, depth: int) -> str:
    """Return a place: a file, with a line or a row, or a part of it behind."""
    file, *parts = place.split(": ")
    name, _colon, line = file.rpartition(":")
    if name and line.isdecimal():
        parts.insert(0, f"line {line}")
        file = name
    if not parts:  # a row of a table may stand alone
        return _of_an_entry(file, language, depth) or file
    return "：".join([file, *(_of_an_entry(part, language, depth) or part for part in parts)])


def _joined(message: str, language: str, depth: int) -> str | None:
    """Return a message of two that are joined, the second as short as it can be."""
    end = len(message)
    for _n in range(_MOST_PARTS):
        at = message.rfind("; ", 0, end)
        if at < 0:
            return None
        behind = _translated(message[at + 2 :], language, depth + 1)
        before = behind and _translated(message[:at], language, depth + 1)
        if behind and before:
            return f"{before}；{behind}"
        end = at
    return None


@cache
def _entries(language: str) -> _Entries:
    """Return the entries of a language, and the clauses of those that consist of several."""
    exact = dict[str, str]()
    found = dict[tuple[str, ...], _Template]()
    for message, text in _with_clauses(catalogue(language)):
        exact.setdefault(message, text)
        if "{" not in message:
            continue
        fields = tuple(match[1] for match in _FIELD.finditer(message))
        pieces = tuple(_FIELD.sub("\0", message).split("\0"))
        if fields and _is_telling(pieces, fields):
            found.setdefault((*pieces, *fields), _Template(pieces, fields, text))
    beginning = dict[str, list[_Template]]()
    others = list[_Template]()
    for entry in sorted(found.values(), key=lambda entry: -sum(map(len, entry.pieces))):
        prefix = entry.pieces[0][:_PREFIX]
        (beginning.setdefault(prefix, []) if len(prefix) == _PREFIX else others).append(entry)
    return _Entries(exact, beginning, others)


def _is_telling(pieces: Sequence[str], fields: Sequence[str]) -> bool:
    """Return whether an entry has words enough, that not anything fits it.

    Without are entries that put together what is translated, such as ``{title}: {rows}``.
    """
    words = re.findall("[A-Za-z]+", " ".join(pieces))
    if (_NUMBERS | _NESTED | _TEXTS).issuperset(fields):
        return len("".join(words)) > 1
    return len(words) > 1 or len("".join(words)) > 5


def _with_clauses(messages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the entries, then the clauses of them, which may be shown alone or with others."""
    yield from messages.items()
    for message, text in messages.items():
        clauses, shown = message.split("; "), text.split("；")
        if len(clauses) == len(shown) > 1 and all(clauses):
            yield from zip(clauses, shown, strict=True)
