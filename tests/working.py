"""Counts the work of a function: the lines of Python that it runs, the text that patterns read.

Nothing is timed, so a count is the same on every machine, however busy it is. What a method written
in C does with a string (``text.find``, slices) is one line here; ``python -m benchmarks.growth``
compares processor times, which see that too.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

Work = Callable[[Any], object]


def work_of(work: Work, value: object, modules: tuple[ModuleType, ...]) -> int:
    """Return how much ``work(value)`` does.

    Args:
        work: the function.
        value: what it is given.
        modules: modules in which the text that compiled patterns read is counted too.

    Returns:
        Lines run in all modules, and characters that patterns went over, together.
    """
    counter = _Counter()
    before, collects = sys.gettrace(), gc.isenabled()
    with _counted_patterns(modules, counter):
        gc.disable()  # whoever waits for a collection would run lines of his own
        sys.settrace(counter.line)
        try:
            work(value)
        finally:
            sys.settrace(before)
            if collects:
                gc.enable()
    return counter.count


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def line(self, frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename == __file__:
            return None
        self.count += 1
        return self.line


class _CountedPattern:
    """A compiled pattern that adds the characters that it went over."""

    def __init__(self, pattern: re.Pattern[Any], counter: _Counter) -> None:
        self._pattern, self._counter = pattern, counter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)

    def _first(self, name: str, text: Any, pos: int, *end: int) -> re.Match[Any] | None:
        found: re.Match[Any] | None = getattr(self._pattern, name)(text, pos, *end)
        if found:
            self._counter.count += found.end() - pos
        elif name == "search":
            self._counter.count += max(0, (end[0] if end else len(text)) - pos)
        self._counter.count += 1
        return found

    def match(self, text: Any, pos: int = 0, *end: int) -> re.Match[Any] | None:
        return self._first("match", text, pos, *end)

    def fullmatch(self, text: Any, pos: int = 0, *end: int) -> re.Match[Any] | None:
        return self._first("fullmatch", text, pos, *end)

    def search(self, text: Any, pos: int = 0, *end: int) -> re.Match[Any] | None:
        return self._first("search", text, pos, *end)

    def finditer(self, text: Any, pos: int = 0, *end: int) -> Iterator[re.Match[Any]]:
        at = pos
        for found in self._pattern.finditer(text, pos, *end):
            self._counter.count += found.end() - at + 1
            at = found.end()
            yield found
        self._counter.count += max(0, (end[0] if end else len(text)) - at)

    def findall(self, text: Any, pos: int = 0, *end: int) -> list[Any]:
        self._counter.count += len(text) - pos
        return self._pattern.findall(text, pos, *end)

    def split(self, text: Any, *more: Any, **named: Any) -> list[Any]:
        self._counter.count += len(text)
        return self._pattern.split(text, *more, **named)

    def sub(self, new: Any, text: Any, *more: Any, **named: Any) -> Any:
        self._counter.count += len(text)
        return self._pattern.sub(new, text, *more, **named)

    def subn(self, new: Any, text: Any, *more: Any, **named: Any) -> Any:
        self._counter.count += len(text)
        return self._pattern.subn(new, text, *more, **named)


@contextmanager
def _counted_patterns(modules: tuple[ModuleType, ...], counter: _Counter) -> Iterator[None]:
    """Put counting patterns in the place of those that the modules hold."""
    put = list[tuple[ModuleType, str, object]]()
    try:
        for module in modules:
            for name, value in list(vars(module).items()):
                counted = _counting(value, counter)
                if counted is not value:
                    put.append((module, name, value))
                    setattr(module, name, counted)
        yield
    finally:
        for module, name, value in put:
            setattr(module, name, value)


def _counting(value: Any, counter: _Counter) -> Any:
    """Return ``value`` with its patterns replaced; ``value`` itself when it has none."""
    if isinstance(value, re.Pattern):
        return _CountedPattern(value, counter)
    if type(value) in (tuple, list) and any(isinstance(each, re.Pattern) for each in value):
        return type(value)(_counting(each, counter) for each in value)
    if type(value) is dict and any(isinstance(each, re.Pattern) for each in value.values()):
        return {key: _counting(each, counter) for key, each in value.items()}
    holder = getattr(value, "__self__", None)  # a method of a pattern, kept by itself
    if isinstance(holder, re.Pattern):
        return getattr(_CountedPattern(holder, counter), value.__name__)
    return value
