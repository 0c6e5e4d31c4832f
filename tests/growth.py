"""Does the work grow in proportion to the input, or faster?

:func:`growth` counts the work of inputs of three sizes (see ``working``): it gives 5 when the work
is linear, 17 when it is quadratic. Nothing is timed.

:func:`patterns` finds every regular expression of the package, and :func:`pumps` the strings on
which one is likely to go back and forth: what its parts match, repeated, and no end that fits.
"""

from __future__ import annotations

import ast
import importlib
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from inspect import CO_VARARGS
from math import inf
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import CodeType, ModuleType
from typing import Any

from layout import this_layout
from steps import Steps
from working import Work, work_of

TIMES = 4
"""How many times as long each input is as the one before."""
LINEAR = 7.0
"""Growth from which work is not linear: n log n stays below, n ** 1.5 (9) does not."""
_REPEATED = (48, 240)
"""Characters of the strings on which patterns are tried, and of those on which they are again."""
_BOUND = 6
"""What a repeat with an upper bound is bounded by, so that it is constant on short strings."""


def growth(work: Work, make: Callable[[int], Any], size: int) -> float:
    """Return how many times as much ``work`` does for four times the input.

    Args:
        work: does something with an input.
        make: gives an input of a size.
        size: the size of the input in the middle; others are a quarter and four times as long.
    """
    for each in (size // TIMES, size, size * TIMES):
        work(make(each))  # word lists and patterns are loaded at their first use
    return growth_of(lambda value: work_of(work, value, modules()), make, size)


def growth_of(count: Callable[[Any], float], make: Callable[[int], Any], size: int) -> float:
    """Return ``growth`` of what counts its work itself.

    What a short input takes is subtracted from both others, so that a fixed cost hides nothing:
    linear work gives 5, quadratic work 17. Work that was given up counts as infinite.
    """
    if (long := count(make(size * TIMES))) == inf:
        return inf
    least, short = count(make(size // TIMES)), count(make(size))
    return (long - least) / max(1, short - least)


# --- the regular expressions of the package -------------------------------------------------


_TAKE_A_PATTERN = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall"}
_TAKE_A_PATTERN |= {"finditer"}


def patterns() -> dict[re.Pattern[Any], str]:
    """Return all that modules keep, make once or write in a call of ``re``, and where each is."""
    found = dict[re.Pattern[Any], str]()
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                found.setdefault(pattern, f"{module.__name__}.{name}")
        for name, make in _made_once(module).items():
            for pattern in _patterns_in(make()):
                found.setdefault(pattern, f"{module.__name__}.{name}")
        for function, written in _calls(module):
            if written is not None:
                found.setdefault(written, f"{module.__name__}.{function}")
    return found


def backtracks(
    pattern: re.Pattern[Any], make: Callable[[int], Any], at_start: bool = False
) -> bool:
    """Say whether the steps of ``pattern`` grow faster than the input.

    Args:
        pattern: a compiled pattern.
        make: gives an input of a size.
        at_start: the pattern is only tried at the start of a text (``match``, ``fullmatch``).
    """
    steps = Steps(pattern, bound=_BOUND)
    counts = [steps.count]
    if at_start:
        counts = [steps.count_at, lambda text: steps.count_at(text, whole=True)]
    # What is repeated may itself be long: who looks guilty is looked at again with more of it.
    return any(all(growth_of(count, make, size) > LINEAR for size in _REPEATED) for count in counts)


def unseen() -> Iterator[str]:
    """Yield module and function of every pattern that is put together while the program runs."""
    for module in modules():
        for function, pattern in _calls(module):
            if pattern is None and function not in _made_once(module):
                yield f"{module.__name__}.{function}"


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return all modules of the package."""
    names = sorted(this_layout().dotted)
    return tuple(importlib.import_module(n) for n in names if not n.endswith("__main__"))


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text("utf-8"))


def _made_once(module: ModuleType) -> dict[str, Callable[[], object]]:
    """Return the cached functions of ``module`` that take nothing and return patterns, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if (made := getattr(value, "__wrapped__", None))
        and "Pattern" in str(made.__annotations__.get("return"))
        and not made.__code__.co_argcount + made.__code__.co_kwonlyargcount
        and not made.__code__.co_flags & CO_VARARGS
    }


def _patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _patterns_in(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _patterns_in(each)


def _calls(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any] | None]]:
    """Yield the functions that call ``re``, and the pattern if that is fixed."""
    for function in ast.walk(_tree(module)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in _TAKE_A_PATTERN
            ):
                yield function.name, _fixed(node, module)


def _fixed(call: ast.Call, module: ModuleType) -> re.Pattern[Any] | None:
    code: CodeType = compile(ast.Expression(call.args[0]), "pattern", "eval")
    try:
        written = eval(code, dict(vars(module)))
        return written if isinstance(written, re.Pattern) else re.compile(written)
    except (NameError, TypeError):
        return None


# --- strings on which they go back and forth ------------------------------------------------

_COMMON = list(" \n\ta1中一年、,。:;<=\"'-_.()（第其&#/")
_TAILS = ("", "", "\0", "。\n", "中a")
_OFTEN = 100
"""Repetitions from which a part counts as one without bound."""
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)


def pumps(pattern: re.Pattern[Any], seed: int, most: int) -> list[Callable[[int], Any]]:
    """Return makers of hostile inputs for ``pattern``: each gives one of about ``n`` characters.

    What each part of it matches is repeated, alone, behind what stands before that part, and with
    it; so is a character that means something to it.
    """
    tree = _parser.parse(pattern.pattern, pattern.flags)
    chosen = random.Random(seed)
    pieces = dict[tuple[str, str], None]()
    repeated = dict[tuple[str, str], None]()
    for _ in range(3):
        for before, body, again in _parts(list(tree), "", chosen):
            of = repeated if again else pieces
            of |= {("", body): None, (before, body): None, ("", before + body): None}
            pieces |= {("", before): None}
    whole = [_sample(list(tree), chosen) for _ in range(4)]
    pieces |= {("", each): None for each in whole} | {("", each[:-1]): None for each in whole}
    literals = sorted(set("".join(before + body for before, body in pieces)))
    pool = chosen.sample(literals, min(len(literals), 12)) + _COMMON
    befores = sorted({before for before, _ in pieces if before})[:6]
    singles = [(before, char) for char in pool for before in ("", *befores)]
    kept = []
    for some, share in ((repeated, most // 2), (pieces, most // 4), (singles, most // 4)):
        some = [piece for piece in some if piece[1]]
        kept += chosen.sample(some, min(len(some), share))
    return [_maker(pattern, *piece, chosen.choice(_TAILS)) for piece in kept]


def _maker(pattern: re.Pattern[Any], before: str, body: str, tail: str) -> Callable[[int], Any]:
    def make(n: int) -> str | bytes:
        text = before + body * (n // len(body)) + tail
        return text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text

    make.__doc__ = f"{before!r} + {body!r} * n + {tail!r}"
    return make


def _parts(
    nodes: list[Any], before: str, chosen: random.Random, again: bool = False
) -> Iterator[tuple[str, str, bool]]:
    """Yield what stands before each part, what that matches, and whether it is repeated."""
    for node in nodes:
        body = _sample([node], chosen)
        yield before, body, again
        often = node[0] in _REPEATS and node[1][1] > _OFTEN
        for inner in _inside(node):
            if often:
                yield before, _sample(inner, chosen), True
            yield from _parts(inner, before, chosen, often)
        before += body


def _inside(node: Any) -> Iterator[list[Any]]:
    op, value = node
    if op in _REPEATS:
        yield list(value[2])
    elif op is c.SUBPATTERN:
        yield list(value[3])
    elif op is c.BRANCH:
        yield from map(list, value[1])
    elif op is c.ATOMIC_GROUP:
        yield list(value)
    elif op in (c.ASSERT, c.ASSERT_NOT):
        yield list(value[1])


def _sample(nodes: list[Any], chosen: random.Random) -> str:
    return "".join(_one(node, chosen) for node in nodes)


def _one(node: Any, chosen: random.Random) -> str:
    op, value = node
    if op is c.LITERAL:
        return chr(value)
    if op is c.NOT_LITERAL:
        return next(char for char in chosen.sample(_COMMON, len(_COMMON)) if ord(char) != value)
    if op is c.ANY:
        return chosen.choice("a中 1")
    if op is c.IN:
        return _in(value, chosen)
    if op is c.BRANCH:
        return _sample(list(chosen.choice(value[1])), chosen)
    if op in _REPEATS:
        least, most, inner = value
        times = min(max(least, chosen.choice((0, 1, 2))), most)
        return "".join(_sample(list(inner), chosen) for _ in range(times))
    if op is c.ASSERT:
        return _sample(list(value[1]), chosen)
    inside = next(_inside(node), None) if op is not c.ASSERT_NOT else None
    return _sample(inside, chosen) if inside else ""


_CLASSES = {
    c.CATEGORY_DIGIT: "17",
    c.CATEGORY_SPACE: " \n\u3000",
    c.CATEGORY_WORD: "a中1",
    c.CATEGORY_NOT_DIGIT: "a中 ",
    c.CATEGORY_NOT_SPACE: "a中1",
    c.CATEGORY_NOT_WORD: " ,。",
}


def _in(items: list[Any], chosen: random.Random) -> str:
    if items[0][0] is c.NEGATE:
        fits = [char for char in _COMMON if not any(_holds(item, char) for item in items[1:])]
        return chosen.choice(fits) if fits else ""
    op, value = chosen.choice(items)
    if op is c.LITERAL:
        return chr(value)
    if op is c.RANGE:
        return chr(chosen.choice((value[0], value[1], (value[0] + value[1]) // 2)))
    return chosen.choice(_CLASSES[value])


def _holds(item: Any, char: str) -> bool:
    op, value = item
    if op is c.LITERAL:
        return ord(char) == value
    if op is c.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return char in _CLASSES[value] if op is c.CATEGORY else False
