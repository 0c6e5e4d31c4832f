"""When a string stands in a sentence: the rule itself, plain and slow, to measure the index by."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from gongwen.index.query import Text
from gongwen.nlp.text.numerals import Numeral, find_values, in_values

NUMBER = r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*"
"""A number: digits, decimals, groups of thousands (90.72, 1,236); also 3.1.2."""

EDGES = frozenset("0123456789.,abcdefghijklmnopqrstuvwxyz")


@cache
def insides(text: str, words: bool) -> frozenset[int]:
    """Return the offsets inside the numbers (and Latin words) of ``text``."""
    units = re.finditer(NUMBER + ("|[a-z]+" if words else ""), text)
    return frozenset(i for unit in units for i in range(unit.start() + 1, unit.end()))


def holds(text: str, needle: Text) -> bool:
    """Say whether squeezed ``text`` holds ``needle`` so that neither end lies inside a number.

    Nor inside a Latin word, for a needle that must be whole; an open end may lie anywhere. A
    string with a number also stands where that is written in other characters; when it is whole,
    its number is no part of a longer one in characters either.
    """
    if not needle.text:
        return False
    numerals = numerals_of(needle.text)
    begins = needle.whole and bool(numerals) and numerals[0].start == 0
    ends = needle.whole and bool(numerals) and numerals[-1].end == len(needle.text)
    inner = (
        {i for n in find_values(text) for i in range(n.start + 1, n.end)}
        if begins or ends
        else frozenset()
    )
    for at in literal(text, needle.text, needle):
        if not (begins and at in inner) and not (ends and at + len(needle.text) in inner):
            return True
    if numerals or any(char.isdigit() for char in needle.text):
        return bool(literal(in_values(text), in_values(needle.text), needle))
    return False


@cache
def numerals_of(text: str) -> tuple[Numeral, ...]:
    """Return the numerals of a string that is looked for in many texts."""
    return tuple(find_values(text))


def literal(text: str, wanted: str, needle: Text) -> list[int]:
    """Return where ``wanted`` stands in ``text`` by the edges that ``needle`` asks for."""
    at = text.find(wanted)
    if at < 0 or (not needle.whole and EDGES.isdisjoint((wanted[0], wanted[-1]))):
        return [at] if at >= 0 else []  # nothing can be cut
    inside = insides(text, needle.whole)
    starts = (m.start() for m in re.finditer(f"(?={re.escape(wanted)})", text))
    return [
        at
        for at in starts
        if at not in inside and (needle.open_end or at + len(wanted) not in inside)
    ]


class PlainScan:
    """Squeezed texts, in which the rule is applied wherever a string can stand at all."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._joined = "\n".join(texts)
        self._digits = "\n".join(map(in_values, texts))
        self._starts = [
            [0, *accumulate(len(text) + 1 for text in form)]
            for form in (self._joined.split("\n"), self._digits.split("\n"))
        ]

    def rows(self, needle: Text) -> list[int]:
        """Return which texts hold ``needle``, ascending."""
        forms = [(self._joined, needle.text, self._starts[0])]
        if any(char.isdigit() for char in in_values(needle.text)):
            digits = in_values(needle.text)
            forms += [(self._digits, digits, self._starts[1])]
        rows: set[int] = set()
        for text, wanted, starts in forms:
            at = text.find(wanted)
            while at >= 0:
                row = bisect_right(starts, at) - 1
                rows.add(row)
                at = text.find(wanted, starts[row + 1])
        return [row for row in sorted(rows) if holds(self.texts[row], needle)]
