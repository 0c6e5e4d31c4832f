"""When a string stands in a sentence: the rule itself, plain and slow, to measure the index by."""

from __future__ import annotations

import re
from functools import cache

from gongwen.index.query import Text
from gongwen.nlp.numerals import find_numerals, in_digits

NUMBER = r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*"
"""A number: digits, decimals, groups of thousands (90.72, 1,236); also 3.1.2."""


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
    numerals = find_numerals(needle.text)
    front = {i for n in find_numerals(text) for i in range(n.start + 1, n.end)}
    begins = needle.whole and bool(numerals) and numerals[0].start == 0
    ends = needle.whole and bool(numerals) and numerals[-1].end == len(needle.text)
    for at in literal(text, needle.text, needle):
        if not (begins and at in front) and not (ends and at + len(needle.text) in front):
            return True
    if numerals or any(char.isdigit() for char in needle.text):
        return bool(literal(in_digits(text), in_digits(needle.text), needle))
    return False


def literal(text: str, wanted: str, needle: Text) -> list[int]:
    """Return where ``wanted`` stands in ``text`` by the edges that ``needle`` asks for."""
    if wanted not in text:
        return []
    inside = insides(text, needle.whole)
    starts = (m.start() for m in re.finditer(f"(?={re.escape(wanted)})", text))
    return [
        at
        for at in starts
        if at not in inside and (needle.open_end or at + len(wanted) not in inside)
    ]
