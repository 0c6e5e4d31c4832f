"""Measure, fold and clip text by the columns that it takes on a terminal."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise

_NO_LINE_START = frozenset(",.;:!?)]}%，。；：！？、）】》〉”’」』…％·—～~")
_NO_LINE_END = frozenset("([{（【《〈“‘「『#$￥")
"""Characters that must not begin, and must not end a line of Chinese text."""
ELLIPSIS = "…"
"""What stands in place of text that is cut off."""


@lru_cache(maxsize=4096)
def cells(char: str) -> int:
    """Return the columns that a character takes on a terminal: 0, 1 or 2."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Return the columns that a text takes on a terminal.

    Example:
        >>> columns("2020年")
        6
    """
    return sum(map(cells, text))


def line_breaks(text: str, width: int) -> list[int]:
    """Return the offsets in a text at which new lines begin, for lines of ``width`` columns.

    Example:
        >>> line_breaks("办理复议案件", 8)
        [4]
    """
    column = list(accumulate(map(cells, text), initial=0))
    breaks, start = list[int](), 0
    while True:
        over = max(start + 1, bisect_right(column, column[start] + width) - 1)
        if over >= len(text):
            return breaks
        # Without a permitted break in the line, as in a long address, break anywhere.
        start = next((i for i in range(over, start, -1) if _may_break(text[i - 1], text[i])), over)
        breaks.append(start)


def folded(text: str, width: int) -> list[str]:
    """Return the lines of a text that is folded to ``width`` columns.

    Example:
        >>> folded("办理复议案件", 8)
        ['办理复议', '案件']
    """
    edges = [0, *line_breaks(text, width), len(text)]
    return [text[start:end].strip() for start, end in pairwise(edges)]


def clipped(text: str, width: int) -> str:
    """Return a text of at most ``width`` columns, with ``…`` at the end if it was cut.

    Example:
        >>> clipped("办理复议案件", 9)
        '办理复议…'
    """
    if columns(text) <= width:
        return text
    used = columns(ELLIPSIS)
    for i, char in enumerate(text):
        used += cells(char)
        if used > width:
            return text[:i].rstrip() + ELLIPSIS
    return text


def _may_break(before: str, after: str) -> bool:
    """Return whether a line may break between two characters."""
    if after in _NO_LINE_START or before in _NO_LINE_END:
        return False
    return not (before.isascii() and after.isascii() and before != " " and after != " ")
