"""Break Chinese text into lines: no punctuation at a line's start, no number or word cut."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_NOT_FIRST = frozenset(",.;:!?)]}%，。；：！？、）】》〉”’」』…％·—～~")
_NOT_LAST = frozenset("([{（【《〈“‘「『#$￥")


def cells(char: str) -> int:
    """Return the columns that ``char`` takes on a terminal."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Return the columns that ``text`` takes."""
    return sum(map(cells, text))


def line_breaks(text: str, width: int) -> list[int]:
    """Return the offsets in ``text`` at which a new line begins, for lines of ``width`` columns."""
    breaks: list[int] = []
    start = last_good = column = 0
    for i, char in enumerate(text):
        if i > start and _may_break(text[i - 1], char):
            last_good = i
        column += cells(char)
        if column > width and i > start:
            # Far back is worse than against the rules: a long address is cut.
            start = last_good if last_good > start else i
            breaks.append(start)
            column = columns(text[start : i + 1])
    return breaks


def _may_break(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return not (before.isascii() and after.isascii() and before != " " and after != " ")


def wrapped(text: Text, width: int) -> Text:
    """Return ``text`` with line feeds where it must break, its styles kept."""
    from rich.text import Text

    lines = text.divide(line_breaks(text.plain, width))
    return Text("\n").join(lines)
