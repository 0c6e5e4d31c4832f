"""Find the reports in JSON: lines of objects, lists, and objects that hold lists of reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from ..nlp.errors import ReadError
from .report_columns import METADATA_NAMES, is_known, key_of, metadata_in, names_text, text_in

_MAX_DEPTH = 40
_MAX_BAD = 100
"""Most objects of a list that may be broken; each costs a search for the next one."""
_MAX_NAMES = 100
_MOST_EMPTY = 20
"""How many times as many cells as values a table may have that is stored by columns."""
_CALLBACK = re.compile(r"[\w.$]{1,80}\(")
_NEXT_OBJECT = re.compile(r"\}\s*,\s*\{")
_HANZI = re.compile("[\u3400-\u9fff]")
_SENTENCE_MARK = re.compile("[。；！？;!?]")
_TITLES = frozenset(METADATA_NAMES["title"])
"""Names that an object has for itself and not for the reports in a list of it."""
_LONG, _SHORT = 20, 50
"""Characters from which on a text is a report without title or full stop; up to which an object
with a text may be what surrounds a list of reports, such as a message of the server."""


class Item(NamedTuple):
    """An object in a JSON file.

    Attributes:
        part: where it is: ``line 3``, ``entry 2``, ``data.list entry 1``; ``""`` for the whole.
        fields: its values by :func:`key_of` of their names, ``None`` when it is no report.
        problem: why it is none.
    """

    part: str
    fields: Mapping[str, Any] | None
    problem: str = ""


def json_items(text: str, name: str, *, lines: bool) -> Iterator[Item]:
    """Yield the reports in JSON, and what stands between them and is none.

    Args:
        text: the file.
        name: its name, for messages.
        lines: whether it should have an object a line; one that has not is read as a whole.

    Raises:
        ReadError: it is not JSON; says on which line.

    Example:
        >>> source = '{"code": 0, "data": [{"title": "总结", "content": "办案12件。"}]}'
        >>> [(item.part, item.fields) for item in json_items(source, "a.json", lines=False)]
        [('data entry 1', {'title': '总结', 'content': '办案12件。'})]
    """
    source = text.strip()
    if lines and not _begins_document(source):
        yield from _line_items(source, text)
        return
    if found := _CALLBACK.match(source):
        source = source[found.end() :].rstrip("; \n)")
    try:
        document = json.loads(source)
    except (ValueError, RecursionError) as error:
        if _is_json(source.partition("\n")[0]):
            yield from _line_items(source, text)
        elif source.startswith("["):
            yield from _salvaged(source, text, name)
        else:
            raise _not_json(name, error, text) from None
        return
    yield from _found(document, "", 0, {})


def names_in(items: list[Item], text: str) -> list[str]:
    """Return names of objects for a message that none is known, of the first that is read."""
    if items:
        return []
    try:
        first = json.loads(text.strip())
    except (ValueError, RecursionError):
        return []
    first = (
        next((one for one in first if isinstance(one, dict)), {})
        if isinstance(first, list)
        else first
    )
    return [str(name) for name in first][:_MAX_NAMES] if isinstance(first, dict) else []


def _begins_document(source: str) -> bool:
    """Return whether the first line is only the beginning of a value, or the only line a list."""
    first, _, rest = source.partition("\n")
    return (not _is_json(first) and first.startswith(("{", "["))) or (
        first.startswith("[") and not rest.strip()
    )


def _is_json(source: str) -> bool:
    try:
        return isinstance(json.loads(source), dict | list)
    except (ValueError, RecursionError):
        return False


def _not_json(name: str, error: Exception, text: str) -> ReadError:
    """Return the error for a file that cannot be parsed."""
    if isinstance(error, json.JSONDecodeError):
        line = error.lineno + text[: len(text) - len(text.lstrip())].count("\n")
        return ReadError(
            f"{name}: line {line}: not JSON ({error.msg}); repair it, or save it as .txt"
        )
    return ReadError(f"{name}: nested too deep, or too long a number, to be read as JSON")


def _line_items(source: str, text: str) -> Iterator[Item]:
    """Yield what is on each line."""
    above = text[: len(text) - len(text.lstrip())].count("\n")
    for number, line in enumerate(source.split("\n"), above + 1):
        if not line.strip():
            continue
        part = f"line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            yield Item(part, None, "not a JSON object")
            continue
        fields = _keys(value)
        inner = [] if text_in(fields) else _children(value, part, 1, {})
        yield from inner or [Item(part, fields)]


def _salvaged(source: str, text: str, name: str) -> Iterator[Item]:
    """Yield the objects of a list in which some are broken, or which ends early."""
    decoder = json.JSONDecoder()
    position, number, bad, error = 1, 0, 0, ValueError()
    items: list[Item] = []
    while position < len(source):
        while position < len(source) and source[position] in " \t\r\n,":
            position += 1
        if position >= len(source) or source[position] == "]":
            break
        number += 1
        try:
            value, position = decoder.raw_decode(source, position)
        except (ValueError, RecursionError) as raised:
            bad += 1
            error = error if error.args else raised if isinstance(raised, ValueError) else error
            line = source.count("\n", 0, getattr(raised, "pos", position)) + 1
            items.append(Item(f"entry {number}", None, f"not JSON on line {line}"))
            behind = _NEXT_OBJECT.search(source, position)
            if not behind or bad > _MAX_BAD:
                break
            position = behind.end() - 1
            continue
        items += _found(value, f"entry {number}", 1, {})
    if not any(item.fields for item in items):
        raise _not_json(name, error, text)
    yield from items


def _keys(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key_of(str(name)): value[name] for name in value}


def _found(value: Any, place: str, depth: int, above: Mapping[str, Any]) -> list[Item]:
    """Return the reports in a value, and in a list with reports also what is none.

    Args:
        value: any value of JSON.
        place: where it is.
        depth: in how many lists and objects it is.
        above: metadata of the objects around it.
    """
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, dict):
        fields = {**above, **_keys(value)}
        if rows := _rows_of_table(fields, place):
            return rows
        text = text_in(fields)
        if not text:
            return _children(value, place, depth, above)
        around = len(text) < _SHORT and names_text(fields)  # a message of the server
        inner = _children(value, place, depth, above) if around else []
        return inner or ([Item(place, fields)] if _is_report(text, fields) else [])
    if not isinstance(value, list):
        return []
    entries = [(f"{place} entry {n}".strip(), one) for n, one in enumerate(value, 1)]
    found = [
        [Item(part, {"text": one})]
        if isinstance(one, str) and not depth and _is_report(one, {})
        else _found(one, part, depth + 1, {n: v for n, v in above.items() if n not in _TITLES})
        for part, one in entries
    ]
    if any(found):
        for (part, one), items in zip(entries, found, strict=True):
            if not items:
                items.append(
                    Item(part, None, "no text" if isinstance(one, dict) else "not an object")
                )
    return list(chain.from_iterable(found))


def _children(
    value: Mapping[str, Any], place: str, depth: int, above: Mapping[str, Any]
) -> list[Item]:
    """Return the reports in the lists and objects of an object."""
    own = {
        name: one
        for name, one in _keys(value).items()
        if isinstance(one, str | int) and is_known(name) and not names_text([name])
    }
    above = {**above, **own}
    return [
        item
        for name, one in value.items()
        if isinstance(one, dict | list)
        for item in _found(one, _inside(place, name), depth + 1, above)
    ]


def _inside(place: str, name: str) -> str:
    """Return the place of a value in an object: ``data.list``, ``line 3 data``."""
    return f"{place}{' ' if place[-1:].isdigit() else '.'}{name}" if place else str(name)


def _is_report(text: str, fields: Mapping[str, Any]) -> bool:
    """Return whether a text can be a report and is no setting."""
    if not _HANZI.search(text):
        return False
    return bool(len(text) >= _LONG or _SENTENCE_MARK.search(text) or metadata_in(fields)[0])


def _rows_of_table(fields: Mapping[str, Any], place: str) -> list[Item]:
    """Return the rows of a table that is stored by columns, as pandas writes it.

    Such are ``{"columns": ["title", "text"], "data": [["甲", "…"]]}``, ``{"text": {"0": "…"}}`` and
    ``{"title": ["甲", "乙"], "text": ["…", "…"]}``.
    """
    heads, data = fields.get("columns"), fields.get("data")
    if (
        isinstance(heads, list)
        and isinstance(data, list)
        and names_text(map(key_of, map(str, heads)))
    ):
        keys = [key_of(str(head)) for head in heads]
        rows = [dict(zip(keys, row, strict=False)) for row in data if isinstance(row, list)]
    else:
        columns = {name: v for name, v in fields.items() if isinstance(v, dict | list)}
        if len(columns) < len(fields) or not names_text(columns) or len(columns) < 2:
            return []
        if all(isinstance(v, dict) and all(k.isdigit() for k in v) for v in columns.values()):
            indices = list(dict.fromkeys(k for v in columns.values() for k in v))
            if len(indices) * len(columns) > _MOST_EMPTY * sum(map(len, columns.values())):
                return []
            tables = {name: v for name, v in columns.items() if isinstance(v, dict)}
            rows = [{name: v.get(k) for name, v in tables.items()} for k in indices]
        elif all(isinstance(v, list) for v in columns.values()) and (
            len({len(v) for v in columns.values()}) == 1
        ):
            names = list(columns)
            rows = [dict(zip(names, r, strict=True)) for r in zip(*columns.values(), strict=True)]
        else:
            return []
    return [Item(f"{place} entry {n}".strip(), row) for n, row in enumerate(rows, 1)]
