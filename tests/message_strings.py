"""Find the strings in the sources that a user may read, as texts with a number for each field.

Strings are followed as far as they are put together in one function: f-strings, sums, conditional
pieces, and local variables that are set once. Each way of putting one together is a text of its
own, so that an entry of the catalogue must exist for each.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

VALUE = "7"
"""What stands for a value: a number is a value of any field."""
_MOST_WAYS = 64
_PHRASE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]|[a-z] [A-Za-z]{2,}")
"""At least two English words."""
_NO_PROSE = re.compile(
    r"</?\w|/>|<\?xml|<!--|\b(?:tbody|img)\b|^# |[一-鿿]+ [一-鿿]+ |[\\^]|\(\?|\{ ?[a-z-]+:|px\b|%s"
    r"|\b(?:SELECT|FROM|INSERT|CREATE|DELETE|UPDATE|PRAGMA|BEGIN|BETWEEN)\b"
)
"""Markup, SQL, patterns, style sheets, comments of a file, lists of Chinese words."""
_NO_MESSAGES = frozenset(
    {"Argument", "Console", "NewType", "Option", "TypeVar", "WordLists", "command", "compile"}
    | {"execute", "executemany", "executescript", "finditer", "findall", "fullmatch", "match"}
    | {"search", "split", "sub", "callback", "plain", "marked", "stylize", "getattr"}
    | {"Operation", "Parameter"}
    | {"Counter", "Histogram", "CounterMetricFamily", "GaugeMetricFamily", "InfoMetricFamily"}
)
"""Functions and methods whose strings are patterns, SQL, styles, help, lists of words, or the
description of the interface for programs and of metrics."""


_STRINGS = (ast.Constant, ast.JoinedStr, ast.IfExp, ast.BinOp)


class Found(NamedTuple):
    """A text that a user may read.

    Attributes:
        path: the source.
        line: 1-based line in it.
        text: the text, with :data:`VALUE` for each field.
        raised: the name of the class that is raised with it, empty if none is.
    """

    path: Path
    line: int
    text: str
    raised: str


def strings_of(path: Path) -> Iterator[Found]:
    """Yield the texts in a source that look like English sentences or parts of them."""
    yield from strings_in(ast.parse(path.read_text("utf-8")), path)


def all_strings(tree: ast.AST) -> Iterator[str]:
    """Yield every string of a syntax tree, with :data:`VALUE` for each field."""
    nodes = list(ast.walk(tree))
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    variables: dict[ast.AST, dict[str, ast.expr]] = {}
    for node in nodes:
        if _is_string(node) and not isinstance(parents[node], ast.FormattedValue):
            whole, above = node, parents[node]
            while isinstance(above, ast.BinOp | ast.IfExp | ast.JoinedStr):
                whole, above = above, parents[above]
            around = _function(whole, parents)
            if around not in variables:
                variables[around] = _constants(tree) | _variables(around)
            yield from itertools.islice(_ways(whole, variables[around]), _MOST_WAYS)


def strings_in(tree: ast.AST, path: Path) -> Iterator[Found]:
    """Yield the texts in a syntax tree that look like English sentences or parts of them."""
    nodes = list(ast.walk(tree))
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    variables: dict[ast.AST, dict[str, ast.expr]] = {}
    for node in nodes:
        if not _is_string(node) or isinstance(parents[node], ast.JoinedStr | ast.FormattedValue):
            continue
        whole, above = node, parents[node]
        while isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add):
            whole, above = above, parents[above]
        if isinstance(_behind_choices(above, parents), ast.FormattedValue):
            continue  # a part of the f-string around it
        statement = list(_up_to_statement(whole, parents))
        if isinstance(above, ast.Expr) or any(map(_takes_no_message, statement)):
            continue
        around = _function(whole, parents)
        if around not in variables:
            variables[around] = _constants(tree) | _variables(around)
        known = variables[around]
        ways = itertools.islice(_ways(whole, known), _MOST_WAYS)
        texts = [way for way in ways if _PHRASE.search(way) and not _NO_PROSE.search(way)]
        if not texts or _is_a_part(statement[-1] if statement else whole, known, parents):
            continue
        raised = next((_raised(one) for one in statement if isinstance(one, ast.Raise)), "")
        for text in texts:
            yield Found(path, getattr(whole, "lineno", 0), text, raised)


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _up_to_statement(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """Yield what a node stands in, up to its statement."""
    while not isinstance(node, ast.stmt):
        node = parents[node]
        yield node


def _behind_choices(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """Return what a choice between texts stands in."""
    while isinstance(node, ast.IfExp | ast.BoolOp | ast.BinOp):
        node = parents[node]
    return node


def _takes_no_message(node: ast.AST) -> bool:
    """Return whether strings in a node are not shown: annotations, patterns, help and so on."""
    if isinstance(node, ast.keyword):
        return node.arg in {"help", "metavar", "style", "justify", "path"}
    if isinstance(node, ast.Subscript):
        return True
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.FunctionDef)  # a default or an annotation
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(node.func, ast.Name) and node.func.id == "ngettext":
        return True  # what is looked up is the one for one, as test_languages.py sees
    return (node.func.id if isinstance(node.func, ast.Name) else name) in _NO_MESSAGES


def _is_a_part(
    statement: ast.AST, known: Mapping[str, ast.expr], parents: Mapping[ast.AST, ast.AST]
) -> bool:
    """Return whether a statement sets a variable that stands in another string as it is."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    if name not in known or not isinstance(statement.value, _STRINGS):
        return False
    function = _function(statement, parents)
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    return any(isinstance(parents[use], ast.FormattedValue | ast.BinOp) for use in uses)


def _raised(node: ast.Raise) -> str:
    """Return the name of the class that a statement raises."""
    made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return made.id if isinstance(made, ast.Name) else getattr(made, "attr", "")


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the constants of a module, by their names."""
    return {
        one.targets[0].id: one.value
        for one in getattr(tree, "body", ())
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
    }


def _function(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """Return the function around a node, the module if there is none."""
    while node in parents and not isinstance(node, ast.FunctionDef):
        node = parents[node]
    return node


def _variables(node: ast.AST) -> dict[str, ast.expr]:
    """Return what the variables of a function are set to, those that are set once."""
    values: dict[str, list[ast.expr]] = {}
    for one in ast.walk(node) if isinstance(node, ast.FunctionDef) else ():
        if isinstance(one, ast.For | ast.comprehension):
            for name in ast.walk(one.target):
                if isinstance(name, ast.Name):
                    values.setdefault(name.id, []).append(one.target)
        elif isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Tuple) and isinstance(one.value, ast.Tuple):
                    pairs = zip(target.elts, one.value.elts, strict=False)
                else:
                    pairs = zip((target,), (one.value,), strict=True)
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        values.setdefault(name.id, []).append(value)
    return {name: only[0] for name, only in values.items() if len(only) == 1}


def _ways(node: ast.AST, known: Mapping[str, ast.expr]) -> Iterator[str]:
    """Yield the texts that an expression may be."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield from map("".join, itertools.product(*(list(_ways(p, known)) for p in parts)))
        case ast.FormattedValue(value=inner):
            yield from _ways(inner, known)
        case ast.IfExp(body=one, orelse=other):
            yield from itertools.chain(_ways(one, known), _ways(other, known))
        case ast.BoolOp(op=ast.Or(), values=choices):
            for choice in choices:
                yield from _ways(choice, known)
        case ast.BinOp(op=ast.Add(), left=one, right=other):
            for before, after in itertools.product(_ways(one, known), _ways(other, known)):
                yield before + after
        case ast.BinOp(op=ast.Mult(), left=one) if _is_string(one):
            yield from itertools.chain(_ways(one, known), ("",))
        case ast.Name(id=name) if name in known:
            others = {key: value for key, value in known.items() if key != name}
            ways = set(_ways(known[name], others))
            # What may be a value is one: ``name = entry["name"] if entry else ""``.
            yield from (VALUE,) if VALUE in ways else sorted(ways)
        case _:
            yield VALUE
