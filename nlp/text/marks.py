"""Remove punctuation marks from text, so that a string is found whatever marks stand inside it.

Both the text and the string that is searched are stripped by the same rule, which is given twice:
:func:`without_marks_offsets` for one string, and :func:`strip_units` for the joined texts of an
index. A mark between two digits is not removed without a trace, because numbers must stay apart:
a decimal point, a comma that separates thousands and a middle dot stay as they are, and any other
marks become one space (``2019、2020年`` and ``2019-2020年`` both give ``2019 2020年``).
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .normalize import fold

Units = NDArray[np.uint16]

# By code point, because the Unicode categories of characters differ between Python versions.
# Not among them are characters that mean something themselves: % & # * + / = @ \ | ° ‰ №,
# currency signs, and the circles that are written for a zero (二○三五年).
_CLASS = (
    " !\"'(),\\-.:;<>?\\[\\]_`{}~"
    "\xa0\xa1\xa7\xab\xb4\xb6\xb7\xb8\xbb\xbf\u02b9-\u02cf"
    "\u2000-\u202f\u2032-\u203a\u203c-\u2043\u2045-\u205f\u2500-\u257f\u25a0-\u25ca\u25cc-\u25ee\u25f0-\u25ff\u2e00-\u2e7f"
    "\u3000-\u3003\u3008-\u3011\u3013-\u301f\u3030\u303d\u30fb\ufe10-\ufe1f\ufe30-\ufe5f\ufe63"
    "\uff01\uff02\uff07-\uff09\uff0c-\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff3f\uff40\uff5b\uff5d-"
    "\uff65"
)
MARK, NO_MARK = f"[{_CLASS}]", f"[^{_CLASS}]"
"""Regular expressions of a mark, and of any other character."""
_MARKS = re.compile(f"{MARK}+")
_DIGITS = frozenset("0123456789")
_KEPT = frozenset(".·")
"""Marks that stay as they are between two digits."""
_THOUSANDS = re.compile(r"[0-9]{3}(?![0-9])")
SEPARATOR = " "
"""Stands for all other marks between two digits."""


def without_marks(text: str) -> str:
    """Return ``text`` without marks.

    Args:
        text: folded and squeezed text.

    Example:
        >>> without_marks('深化"放管服"改革,办理1,236件')
        '深化放管服改革办理1,236件'
    """
    return _MARKS.sub(_replacement, text)


def without_marks_offsets(text: str) -> tuple[str, list[int]]:
    """Return :func:`without_marks` of ``text`` and the offset of each of its characters there.

    Example:
        >>> without_marks_offsets("《法》规")
        ('法规', [1, 3])
    """
    parts: list[str] = []
    offsets: list[int] = []
    last = 0
    for match in _MARKS.finditer(text):
        start, end = match.span()
        parts.append(text[last:start])
        offsets.extend(range(last, start))
        if kept := _replacement(match):
            parts.append(kept)
            offsets.append(start)
        last = end
    parts.append(text[last:])
    offsets.extend(range(last, len(text)))
    return "".join(parts), offsets


def _replacement(marks: re.Match[str]) -> str:
    """Return what stays in place of neighbouring marks."""
    text, start, end = marks.string, marks.start(), marks.end()
    if not start or text[start - 1] not in _DIGITS or text[end : end + 1] not in _DIGITS:
        return ""
    mark = marks[0]
    if mark in _KEPT or (mark == "," and _THOUSANDS.match(text, end)):
        return mark
    return SEPARATOR


CLAUSE_ENDS = frozenset(",、;:。!?")
"""Folded marks that no word goes across."""


def is_clause_end(units: Units) -> NDArray[np.bool_]:
    """Return for each UTF-16 unit of folded text whether it is one of :data:`CLAUSE_ENDS`."""
    table = np.zeros(1 << 16, bool)
    table[[ord(mark) for mark in CLAUSE_ENDS]] = True
    return table[units]


def marks_of(text: str) -> list[str]:
    """Return the marks of folded text, those together that stand together.

    Example:
        >>> marks_of('深化"放管服"、"双随机"改革')
        ['"', '"、"', '"']
    """
    return _MARKS.findall(text)


_ALIKE = frozenset("\"'·-~《》[]")
"""Folded marks that stand for several which nobody takes for the same where marks count."""
_HALF_WIDTH = {0xFF61: "。", 0xFF62: "「", 0xFF63: "」", 0xFF64: "、", 0xFF65: "・"}
_WIDTHS = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | _HALF_WIDTH


def has_alike_marks(text: str) -> bool:
    """Return whether ``text``, as it was typed, has a mark that folds to the same as another.

    Example:
        >>> has_alike_marks("国发〔2021〕5号"), has_alike_marks("改革，推进")
        (True, False)
    """
    return not _ALIKE.isdisjoint(fold(text))


def marks_as_typed(text: str) -> str:
    """Return the marks of ``text``, which is not folded, but for their width and for spaces.

    Example:
        >>> marks_as_typed("「放管服」改革，")
        '「」,'
    """
    pairs = zip(text, fold(text), strict=True)
    marks = "".join(char for char, folded in pairs if folded != " " and _MARKS.match(folded))
    return marks.translate(_WIDTHS)


@cache
def _mark_table() -> NDArray[np.bool_]:
    """Return (65536,) booleans, whether each UTF-16 unit is a mark."""
    units = np.arange(1 << 16, dtype="<u2")
    table = np.zeros(1 << 16, bool)
    single = re.compile(f"[{_CLASS}]")
    spans = ((0x20, 0x7F), (0xA0, 0xC0), (0x2B9, 0x2D0), (0x2000, 0x2060), (0x2500, 0x2600),
             (0x2E00, 0x2E80), (0x3000, 0x3040), (0x30FB, 0x30FC), (0xFE10, 0xFE70),
             (0xFF00, 0xFF70))  # fmt: skip
    for first, stop in spans:
        for unit in units[first:stop].tolist():
            table[unit] = bool(single.match(chr(unit)))
    return table


def strip_units(units: Units) -> tuple[Units, NDArray[np.int64]]:
    """Return texts joined by line feeds without their marks, and where these stood.

    Args:
        units: (n,) UTF-16 units of folded and squeezed texts that line feeds join; at least four
            line feeds stand at the end.

    Returns:
        The units that remain, and (m,) offsets among these, ascending, in front of which a unit
        was removed; an offset repeats for each of them.
    """
    is_mark = _mark_table()[units]
    marks = np.flatnonzero(is_mark)
    if not len(marks):
        return units, marks
    first = np.flatnonzero(np.diff(marks, prepend=-2) > 1)  # of each sequence of marks
    starts, ends = marks[first], marks[np.append(first[1:] - 1, len(marks) - 1)] + 1
    digit = (units >= ord("0")) & (units <= ord("9"))
    between = digit[starts - 1] & digit[ends]
    starts, ends = starts[between], ends[between]
    mark = units[starts]
    thousands = digit[ends + 1] & digit[ends + 2] & ~digit[np.minimum(ends + 3, len(units) - 1)]
    same = (ends - starts == 1) & (np.isin(mark, [ord(c) for c in _KEPT]) | (
        (mark == ord(",")) & thousands
    ))  # fmt: skip
    is_mark[starts] = False
    stripped = units.copy()
    stripped[starts[~same]] = ord(SEPARATOR)
    removed = np.flatnonzero(is_mark)
    return stripped[~is_mark], removed - np.arange(len(removed))
