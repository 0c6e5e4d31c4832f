"""Counts the steps of a regular expression, so that backtracking is found without a clock.

The standard library's engine does not say how much it has tried. :class:`Steps` runs the parsed
pattern in Python with the same rules (alternatives in order, greedy, lazy and possessive repeats,
lookarounds, back references) and counts every character that it tests. That it finds what the
standard library finds is checked by the tests, for every pattern of the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from math import inf
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from sys import getrecursionlimit, setrecursionlimit
from typing import Any

Then = Callable[[int], int]
"""What comes behind a part: from a place to the end of the match, or -1."""
Part = Callable[[int, Then], int]
Holds = Callable[[str], bool]

STEPS = 2_000_000
"""Steps at which a search is given up."""
_DEPTH = 200_000


class TooManyStepsError(Exception):
    """The pattern took more steps than allowed."""


class Steps:
    """A pattern that counts what it tries.

    Args:
        pattern: the compiled pattern, of text or of bytes.
        limit: steps at which a search is given up.
        bound: what a repeat with an upper bound is bounded by at most. A repeat of up to 45
            characters costs as much as one without bound until there are 45; with a small bound
            a short text tells them apart.

    Example:
        >>> Steps(re.compile("a+b")).count("aaaa")
        35
    """

    def __init__(
        self, pattern: re.Pattern[Any], limit: int = STEPS, bound: int | None = None
    ) -> None:
        self._bytes = isinstance(pattern.pattern, bytes)
        self._limit = limit
        self._bound = bound
        self._text = ""
        self._steps = 0
        self._groups = dict[int, tuple[int, int]]()
        tree = _parser.parse(pattern.pattern, pattern.flags)
        self._part = self._sequence(list(tree), tree.state.flags)

    def count(self, text: str | bytes) -> float:
        """Return the steps of a search for all matches in ``text``, infinity above the limit."""
        with suppress(TooManyStepsError):
            for _ in self.spans(text):
                pass
        return self._steps if self._steps <= self._limit else inf

    def count_at(self, text: str | bytes, whole: bool = False) -> float:
        """Return the steps of one try at the start of ``text``; ``whole``: up to its end.

        Infinity above the limit.
        """
        self._begin(text)
        with _deep(), suppress(TooManyStepsError):
            self._part(0, lambda at: at if not whole or at == len(self._text) else -1)
        return self._steps if self._steps <= self._limit else inf

    def spans(self, text: str | bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of every match, as ``finditer`` does.

        Raises:
            TooManyStepsError: the limit is reached.
        """
        self._begin(text)
        start, not_here = 0, -1
        while start <= len(self._text):
            self._groups.clear()
            with _deep():
                end = self._part(start, lambda at, never=not_here: -1 if at == never else at)
            if end < 0:
                start, not_here = start + 1, -1
                continue
            yield start, end
            start, not_here = end, end if end == start else -1

    def _begin(self, text: str | bytes) -> None:
        self._text = text.decode("latin-1") if isinstance(text, bytes) else text
        self._steps = 0
        self._groups.clear()

    def _step(self) -> None:
        self._steps += 1
        if self._steps > self._limit:
            raise TooManyStepsError

    # --- parts ----------------------------------------------------------------------------------

    def _sequence(self, nodes: list[Any], flags: int) -> Part:
        parts = [self._one(node, flags) for node in nodes]
        last = len(parts)

        def run(place: int, then: Then, number: int = 0) -> int:
            if number == last:
                return then(place)
            return parts[number](place, lambda at: run(at, then, number + 1))

        return parts[0] if last == 1 else run

    def _one(self, node: Any, flags: int) -> Part:
        op, value = node
        holds = _single(node, flags, self._bytes)
        if holds is not None:
            return self._character(holds)
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            return self._repeat(op, value, flags)
        if op is c.SUBPATTERN:
            group, on, off, inner = value
            return self._group(group, self._sequence(list(inner), (flags | on) & ~off))
        if op is c.BRANCH:
            return self._either([self._sequence(list(one), flags) for one in value[1]])
        if op is c.ATOMIC_GROUP:
            return self._atomic(self._sequence(list(value), flags))
        if op in (c.ASSERT, c.ASSERT_NOT):
            return self._look(value, flags, op is c.ASSERT)
        if op is c.AT:
            return self._position(value, flags)
        if op is c.GROUPREF:
            return self._again(value)
        if op is c.GROUPREF_EXISTS:
            group, yes, no = value
            parts = self._sequence(list(yes), flags), self._sequence(list(no or ()), flags)
            return lambda at, then: parts[group not in self._groups](at, then)
        raise NotImplementedError(f"a part of a pattern that is not known: {op}")

    def _character(self, holds: Holds) -> Part:
        def run(at: int, then: Then) -> int:
            self._step()
            return then(at + 1) if at < len(self._text) and holds(self._text[at]) else -1

        return run

    def _repeat(self, op: Any, value: Any, flags: int) -> Part:
        least, most, inner = value
        if self._bound is not None and most is not c.MAXREPEAT:
            most = max(least, min(most, self._bound))
        holds = _single(inner[0], flags, self._bytes) if len(inner) == 1 else None
        if op is c.POSSESSIVE_REPEAT:
            return self._atomic(self._repeat(c.MAX_REPEAT, value, flags))
        if holds is not None:
            return self._characters(holds, least, most, lazy=op is c.MIN_REPEAT)
        part = self._sequence(list(inner), flags)

        def more(at: int, then: Then, done: int, before: int) -> int:
            return part(at, lambda end: again(end, then, done + 1, at))

        def again(at: int, then: Then, done: int, before: int) -> int:
            self._step()
            if done < least:
                return more(at, then, done, before)
            may = done < most and at != before
            if op is c.MIN_REPEAT:
                end = then(at)
                return end if end >= 0 or not may else more(at, then, done, before)
            if may:
                kept = dict(self._groups)
                if (end := more(at, then, done, before)) >= 0:
                    return end
                self._groups = kept
            return then(at)

        return lambda at, then: again(at, then, 0, -1)

    def _characters(self, holds: Holds, least: int, most: int, lazy: bool) -> Part:
        def run(at: int, then: Then) -> int:
            text, end, low = self._text, at, at + least
            high = min(len(text), at + int(most))
            if lazy:
                while True:
                    if end >= low and (found := then(end)) >= 0:
                        return found
                    self._step()
                    if end >= high or not holds(text[end]):
                        return -1
                    end += 1
            while end < high and holds(text[end]):
                self._step()
                end += 1
            self._step()
            while end >= low:
                self._step()
                if (found := then(end)) >= 0:
                    return found
                end -= 1
            return -1

        return run

    def _group(self, group: int | None, part: Part) -> Part:
        if group is None:
            return part

        def run(at: int, then: Then) -> int:
            before = self._groups.get(group)

            def behind(end: int) -> int:
                inner = self._groups.get(group)
                self._groups[group] = (at, end)
                if (found := then(end)) < 0:
                    self._put(group, inner)
                return found

            if (found := part(at, behind)) < 0:
                self._put(group, before)
            return found

        return run

    def _put(self, group: int, span: tuple[int, int] | None) -> None:
        if span is None:
            self._groups.pop(group, None)
        else:
            self._groups[group] = span

    def _either(self, parts: list[Part]) -> Part:
        def run(at: int, then: Then) -> int:
            for part in parts:
                self._step()
                if (end := part(at, then)) >= 0:
                    return end
            return -1

        return run

    def _atomic(self, part: Part) -> Part:
        def run(at: int, then: Then) -> int:
            end = part(at, lambda place: place)
            return then(end) if end >= 0 else -1

        return run

    def _look(self, value: Any, flags: int, wanted: bool) -> Part:
        direction, inner = value
        part = self._sequence(list(inner), flags)
        back = inner.getwidth()[0] if direction < 0 else 0

        def run(at: int, then: Then) -> int:
            self._step()
            kept = dict(self._groups)
            found = at >= back and part(at - back, lambda place: place) >= 0
            if found and not wanted:
                self._groups = kept
            return then(at) if found == wanted else -1

        return run

    def _position(self, where: Any, flags: int) -> Part:
        code = _POSITIONS[_multiline(where, flags)]
        pattern = re.compile(code, flags & re.ASCII)

        def run(at: int, then: Then) -> int:
            self._step()
            return then(at) if pattern.match(self._text, at) else -1

        return run

    def _again(self, group: int) -> Part:
        def run(at: int, then: Then) -> int:
            if group not in self._groups:
                return -1
            start, end = self._groups[group]
            self._steps += end - start
            self._step()
            same = self._text.startswith(self._text[start:end], at)
            return then(at + end - start) if same else -1

        return run


@contextmanager
def _deep() -> Iterator[None]:
    """Allow the deep calls of a repeat of groups: one for each time that it is repeated."""
    before = getrecursionlimit()
    setrecursionlimit(_DEPTH)
    try:
        yield
    finally:
        setrecursionlimit(before)


_POSITIONS = {
    c.AT_BEGINNING: r"\A",
    c.AT_BEGINNING_STRING: r"\A",
    c.AT_BEGINNING_LINE: r"(?m:^)",
    c.AT_END: r"$",
    c.AT_END_STRING: r"\Z",
    c.AT_END_LINE: r"(?m:$)",
    c.AT_BOUNDARY: r"\b",
    c.AT_NON_BOUNDARY: r"\B",
}


def _multiline(where: Any, flags: int) -> Any:
    if flags & re.MULTILINE:
        return {c.AT_BEGINNING: c.AT_BEGINNING_LINE, c.AT_END: c.AT_END_LINE}.get(where, where)
    return where


# --- single characters --------------------------------------------------------------------------


def _single(node: Any, flags: int, of_bytes: bool) -> Holds | None:
    """Return whether a character fits the node, or ``None`` when it is no node of a character."""
    op, value = node
    if op in (c.LITERAL, c.NOT_LITERAL, c.IN, c.ANY):
        ascii_ = of_bytes or bool(flags & re.ASCII)
        case = re.IGNORECASE if flags & re.IGNORECASE else 0
        items = tuple(value) if op is c.IN else value
        return _holds(op, items, int(case | (re.ASCII if ascii_ else 0) | (flags & re.DOTALL)))
    return None


@cache
def _holds(op: Any, value: Any, flags: int) -> Holds:
    """Return whether a character fits, asked of the standard library once for each character."""
    fits = re.compile(_written(op, value), flags).fullmatch
    return cache(lambda char: fits(char) is not None)


_CLASSES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}


def _written(op: Any, value: Any) -> str:
    if op is c.ANY:
        return "."
    if op is c.NOT_LITERAL:
        return f"[^{_code(value)}]"
    if op is c.LITERAL:
        return _code(value)
    inner = ""
    for kind, what in value:
        if kind is c.NEGATE:
            inner += "^"
        elif kind is c.RANGE:
            inner += f"{_code(what[0])}-{_code(what[1])}"
        else:
            inner += _code(what) if kind is c.LITERAL else _CLASSES[what]
    return f"[{inner}]"


def _code(number: int) -> str:
    return f"\\U{number:08x}"
