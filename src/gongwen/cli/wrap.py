"""Break Chinese text into lines: no punctuation at a line's start, no number or word cut.

Text is shown (:func:`~gongwen.nlp.cleaning.visible`) before it is measured.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..nlp.cleaning import UNSEEN, visible

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

    text = as_shown(text)
    lines = text.divide(line_breaks(text.plain, width))
    return Text("\n").join(lines)


def plain(text: str, style: str = "") -> Text:
    """Return ``text`` as it is shown, in one style."""
    from rich.text import Text

    return Text(visible(text), style=style)


def marked(text: str, styles: Iterable[tuple[int, int, str]]) -> Text:
    """Return ``text`` as it is shown, with styles given as ``(start, end, style)`` in ``text``."""
    shown = plain(text)
    clean = shown.plain == text
    for start, end, style in styles:
        before, upto = (start, end) if clean else (len(visible(text[:i])) for i in (start, end))
        shown.stylize(style, before, upto)
    return shown


def as_shown(text: Text) -> Text:
    """Return ``text`` as a terminal may show it, its styles kept."""
    if not UNSEEN.search(text.plain) or visible(text.plain) == text.plain:
        return text
    from rich.text import Text

    places = [i for found in UNSEEN.finditer(text.plain) for i in found.span()]
    shown = Text(style=text.style, justify=text.justify, overflow=text.overflow)
    for part in text.divide(places):
        piece = Text(visible(part.plain))
        for span in part.spans:
            piece.stylize(span.style)
        shown.append_text(piece)
    return shown
