"""Lines of styled text for the terminal: fold them, and cut long ones around what was found.

A line is a list of parts, each with its style. What stands in it is escaped, so that widths are
those of what is printed; :func:`~gongwen.cli.output.print_lines` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ..nlp.validation import visible
from .text_width import ELLIPSIS, columns, line_breaks

Line = list[tuple[str, str]]
"""Parts of a line, each with its style (a name such as ``bold`` or ``dim``, or ``""``)."""
_CLAUSE_ENDS = frozenset("，。；：、！？,;:!?")
"""Marks behind which an excerpt begins."""


def text_of(line: Line) -> str:
    """Return the text of a line without its styles."""
    return "".join(text for text, _style in line)


def line_of(
    text: str, spans: Iterable[tuple[int, int]] = (), mark: str = "", style: str = ""
) -> Line:
    """Return a text as one line, escaped, with some of its parts in another style.

    Args:
        text: the text before escaping; line feeds and tabs become spaces.
        spans: ``(start, end)`` of these parts, as offsets in ``text``, in order.
        mark: their style.
        style: the style of the rest.

    Example:
        >>> line_of("办理复议案件", [(2, 4)], "bold")
        [('办理', ''), ('复议', 'bold'), ('案件', '')]
    """
    text = text.replace("\n", " ").replace("\t", " ")
    line: Line = []
    at = 0
    for start, end in spans:
        start = max(start, at)
        if start < end:
            line += [(text[at:start], style), (text[start:end], mark)]
            at = end
    line.append((text[at:], style))
    return [(visible(part, lines=False), of) for part, of in line if part]


def sliced(line: Line, start: int, end: int) -> Line:
    """Return the part of a line between two offsets in its text."""
    made: Line = []
    at = 0
    for text, style in line:
        if piece := text[max(start - at, 0) : max(end - at, 0)]:
            made.append((piece, style))
        at += len(text)
    return made


def fold_line(line: Line, width: int, indent: int = 0) -> list[Line]:
    """Return the lines of a line that is folded to ``width`` columns.

    Args:
        line: the line.
        width: columns of the terminal.
        indent: spaces in front of all lines but the first.
    """
    text = text_of(line)
    first = line_breaks(text, width)[:1]
    if not first:
        return [line]
    room = max(width - indent, 1)
    rest = [first[0] + at for at in line_breaks(text[first[0] :], room)]
    made: list[Line] = []
    for start, end in pairwise([0, *first, *rest, len(text)]):
        # A line does not begin with a space.
        start += len(text[start:end]) - len(text[start:end].lstrip(" ")) if start else 0
        part = sliced(line, start, end)
        made.append([(" " * indent, ""), *part] if indent and made else part)
    return made


def excerpt(line: Line, width: int, rows: int = 2, focus: str = "") -> list[Line]:
    """Return a line folded to ``width`` columns, cut to ``rows`` lines if it is longer.

    It is cut so that the first part in the style ``focus`` is seen, and begins at a clause where it
    can. ``…`` stands where something was cut off.

    Args:
        line: the line.
        width: columns of the terminal.
        rows: the most lines.
        focus: the style of what must be seen; without such a part the beginning is.
    """
    text = text_of(line)
    if len(line_breaks(text, width)) < rows:
        return fold_line(line, width)
    at = 0
    found, until = 0, 0
    for part, style in line:
        if focus and style == focus:
            found, until = at, at + len(part)
            break
        at += len(part)
    start, end = 0, _fitting(text, 0, width, rows)
    if until > end:
        start, end = _around(text, found, until, width, rows)
    cut = sliced(line, start, end)
    if start:
        cut.insert(0, (ELLIPSIS, "dim"))
    if end < len(text):
        cut.append((ELLIPSIS, "dim"))
    return fold_line(cut, width)


def _around(text: str, found: int, until: int, width: int, rows: int) -> tuple[int, int]:
    """Return the part of a text to show so that ``found`` to ``until`` is seen in it."""
    wanted = width * rows // 3  # columns in front of what was found
    starts = [i for i in range(1, found + 1) if text[i - 1] in _CLAUSE_ENDS]
    starts.sort(key=lambda i: abs(columns(text[i:found]) - wanted))
    back = found
    while back > 1 and columns(text[back - 1 : found]) <= wanted:
        back -= 1
    near = [i for i in starts[:3] if columns(text[i:found]) <= 2 * wanted]
    for start in (*near, back, found):
        end = _fitting(text, start, width, rows)
        if until <= end:
            return start, end
    return found, _fitting(text, found, width, rows)


def _fitting(text: str, start: int, width: int, rows: int) -> int:
    """Return where text from ``start`` must end to fit ``rows`` lines with its ``…``."""
    front = len(ELLIPSIS) if start else 0
    piece = ELLIPSIS[:front] + text[start:]
    breaks = line_breaks(piece, width)
    if len(breaks) < rows:
        return len(text)
    last, end = (0, *breaks)[rows - 1], breaks[rows - 1]
    while end > last and columns(piece[last:end]) + columns(ELLIPSIS) > width:
        end -= 1
    return start + end - front


def joined(parts: Sequence[Line], gap: str = "  ") -> Line:
    """Return lines side by side as one, without the empty ones."""
    made: Line = []
    for part in parts:
        if part:
            made += [*([(gap, "")] if made else []), *part]
    return made
