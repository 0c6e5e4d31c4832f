"""A sentence in the form in which numbers are looked for, and the way back to the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..fold import squeeze_offsets
from ..numerals import in_digits_offsets
from ..records import Sentence

_PROMISING = re.compile(r"[0-9０-９零〇一二两三四五六七八九十百千万亿兩萬億番半首]")
_OPEN, _CLOSE = "([", ")]"
_BLANK = re.compile(r"\s+")


@dataclass(slots=True)
class Line:
    """A sentence: folded, without white space, numerals in digits.

    Attributes:
        n: number of the sentence.
        t: the form in which everything is looked for.
        text: the sentence as it stands.
        offset: where it begins in the report.
    """

    n: int
    t: str
    text: str
    offset: int
    _starts: list[int] = field(repr=False)
    _ends: list[int] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``t[start:end]`` stands in the text of the report."""
        return self.offset + self._starts[start], self.offset + self._ends[end - 1]

    def raw(self, start: int, end: int) -> str:
        """Return ``t[start:end]`` as it stands in the report."""
        return self.text[self._starts[start] : self._ends[end - 1]] if start < end else ""

    def words(self, start: int, end: int) -> str:
        """Return ``t[start:end]`` as it stands, without white space."""
        return _BLANK.sub("", self.raw(start, end))


def line_of(sentence: Sentence) -> Line | None:
    """Return the line of ``sentence``, ``None`` when it can hold no number."""
    if not _PROMISING.search(sentence.text):
        return None
    squeezed, offsets = squeeze_offsets(sentence.text)
    t, starts, ends = in_digits_offsets(squeezed)
    return Line(
        n=sentence.n,
        t=t,
        text=sentence.text,
        offset=sentence.start,
        _starts=[offsets[i] for i in starts],
        _ends=[offsets[i - 1] + 1 for i in ends],
    )


def matching_brackets(t: str) -> dict[int, int]:
    """Map every opening bracket of ``t`` to the one that closes it."""
    pairs, stack = dict[int, int](), list[int]()
    for i, char in enumerate(t):
        if char in _OPEN:
            stack.append(i)
        elif char in _CLOSE and stack:
            pairs[stack.pop()] = i
    return pairs
