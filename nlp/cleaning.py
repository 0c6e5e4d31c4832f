"""What a text from outside may hold: which characters are dropped, and how others are shown.

Two answers for two places. What is *kept* loses the characters that are no text, such as control
characters and halves of surrogate pairs (:func:`clean_text`, :func:`clean_line`). What is *shown*
on a terminal has the remaining characters that would steer it written as escapes
(:func:`visible`); marks of direction stay in the data, for Uyghur names need them.
"""

from __future__ import annotations

import re
from bisect import bisect_left

LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""What ends a line beside the line feed."""
LOST = re.compile("[\0\ud800-\udfff\ufffd]")
"""What stands where a character was before the file was damaged or badly converted."""
SILENT = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
"""What says nothing, and steers a terminal."""

_UNCLEAN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffd\ufffe\uffff]"
)
_DROPPED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffd\ufffe\uffff]|\r(?=\n)"
)
_ENDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_STEERS = "\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""What would break a line, steer a terminal, turn its direction, or cannot be written."""
UNSEEN = re.compile(f"[{_STEERS}]")
_UNSEEN_IN_LINES = re.compile(f"(?![\t\n])[{_STEERS}]")


class Cleaned:
    """A text as it is kept, with the places of its characters.

    Attributes:
        text: with line feeds only, and without what is no text.
    """

    def __init__(self, raw: str) -> None:
        self._dropped: list[int] = []
        self.text = raw
        if _UNCLEAN.search(raw):
            self._dropped = [found.start() for found in _DROPPED.finditer(raw)]
            self.text = _DROPPED.sub("", raw).translate(_ENDS)  # both keep or drop, none joins

    def place(self, offset: int) -> int:
        """Return where the character at ``offset`` of the raw text stands now."""
        return offset - bisect_left(self._dropped, offset) if self._dropped else offset


def clean_text(raw: str) -> str:
    """Return ``raw`` with line feeds only, and without what is no text."""
    return Cleaned(raw).text


def clean_line(raw: str) -> str:
    """Return ``raw`` on one line and without what is no text; unchanged when it is so already."""
    if not _UNCLEAN.search(raw) and "\n" not in raw and "\t" not in raw:
        return raw
    return " ".join(SILENT.sub("", LOST.sub("", LINE_END.sub(" ", raw))).split())


def visible(text: str, lines: bool = True) -> str:
    r"""Return ``text`` as a terminal may show it: ``\x1b`` for what would steer it.

    Args:
        text: anything.
        lines: whether line feeds and tabs stay as they are.
    """
    return (_UNSEEN_IN_LINES if lines else UNSEEN).sub(_escaped, text)


def json_visible(text: str) -> str:
    r"""Return JSON that says the same with ``\u001b`` for what would steer a terminal."""
    return _UNSEEN_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escaped(match: re.Match[str]) -> str:
    return ascii(match[0])[1:-1]
