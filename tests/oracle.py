"""When a string stands in a sentence: the rule itself, plain and slow, to measure the index by."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate

from gongwen.index.query import Text
from gongwen.nlp.text.marks import without_marks
from gongwen.nlp.text.numerals import Numeral, find_values, in_values

NUMBER = r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*"
"""A number: digits, decimals, groups of thousands (90.72, 1,236); also 3.1.2."""


@cache
def insides(text: str, words: bool) -> frozenset[int]:
    """Return the offsets inside the numbers (and Latin words) of ``text``."""
    units = re.finditer(NUMBER + ("|[a-z]+" if words else ""), text)
    return frozenset(i for unit in units for i in range(unit.start() + 1, unit.end()))


def holds(text: str, needle: Text) -> bool:
    """Say whether squeezed ``text`` holds ``needle`` so that neither end lies inside a number.

    Nor inside a Latin word, for a needle that must be whole; an open end may lie anywhere. Marks do
    not count, unless the needle is of marks only or wants them as typed; but a word of one to three
    characters is not divided by any mark, and a longer one not by the end of a clause. A string
    with a number also stands where that is written in other characters; when it is whole, its
    number is no part of a longer one in characters either.
    """
    return any(_holds(text, wanted, needle) for wanted in dotted(needle) if wanted)


def _holds(text: str, wanted: str, needle: Text) -> bool:
    numerals = numerals_of(wanted)
    begins = needle.whole and bool(numerals) and numerals[0].start == 0
    ends = needle.whole and bool(numerals) and numerals[-1].end == len(wanted)
    inner = (
        {i for n in find_values(text) for i in range(n.start + 1, n.end)}
        if begins or ends
        else frozenset()
    )
    as_typed = needle.verbatim or not stripped(needle.text)[0]
    for start, end in literal(text, wanted, needle, as_typed):
        if not (begins and start in inner) and not (ends and end in inner):
            return True
    if numerals or any(char.isdigit() for char in wanted):
        return bool(literal(in_values(text), in_values(wanted), needle, as_typed))
    return False


def dotted(needle: Text) -> list[str]:
    """Return the string, and the one with a middle dot for a decimal point or the reverse."""
    wanted = needle.text
    other = "".join(
        {".": "·", "·": "."}.get(char, char)
        if wanted[i - 1 : i].isdigit() and wanted[i + 1 : i + 2].isdigit()
        else char
        for i, char in enumerate(wanted)
    )
    return [wanted] if needle.verbatim else [wanted, other]


@cache
def is_mark(char: str) -> bool:
    """Say whether a character is a mark."""
    return not without_marks(char)


@cache
def stripped(text: str) -> tuple[str, tuple[int, ...]]:
    """Return ``text`` without marks, character by character, and where each stood.

    Marks between two digits leave a space, or stay when they are a point, a dot, or a comma in
    front of three digits.
    """
    out: list[str] = []
    at: list[int] = []
    for i, char in enumerate(text):
        if not is_mark(char):
            out.append(char)
            at.append(i)
            continue
        if i and is_mark(text[i - 1]):
            continue  # the first of several has been dealt with
        end = i
        while end < len(text) and is_mark(text[end]):
            end += 1
        if text[i - 1 : i] in DIGITS and text[end : end + 1] in DIGITS and i and end < len(text):
            group = len(re.match("[0-9]*", text[end:])[0]) == 3  # type: ignore[index]
            kept = text[i:end] in (".", "·") or (text[i:end] == "," and group)
            out.append(char if kept else " ")
            at.append(i)
    return "".join(out), tuple(at)


DIGITS = tuple("0123456789")


@cache
def numerals_of(text: str) -> tuple[Numeral, ...]:
    """Return the numerals of a string that is looked for in many texts."""
    return tuple(find_values(text))


def literal(text: str, wanted: str, needle: Text, as_typed: bool) -> list[tuple[int, int]]:
    """Return where ``wanted`` stands in ``text`` by the edges that ``needle`` asks for."""
    own, at = (text, tuple(range(len(text)))) if as_typed else stripped(text)
    if not as_typed:
        wanted = stripped(wanted)[0]
    if not wanted or wanted not in own:
        return []
    inside = insides(text, needle.whole)
    starts = (m.start() for m in re.finditer(f"(?={re.escape(wanted)})", own))
    word = needle.whole and not any(map(is_mark, needle.text))
    dividers = is_mark if len(needle.text) < 4 else CLAUSE_ENDS.__contains__
    found = [
        (at[start], at[start + len(wanted) - 1] + 1)
        for start in starts
        if not (word and divided(text, at[start : start + len(wanted)], dividers))
    ]
    return [
        (start, end)
        for start, end in found
        if start not in inside and (needle.open_end or end not in inside)
    ]


CLAUSE_ENDS = frozenset(",、;:。!?")


def divided(text: str, at: Sequence[int], dividers: Callable[[str], bool]) -> bool:
    """Say whether such a mark stands between the characters at these places."""
    between = set(range(at[0], at[-1])) - set(at)
    return any(dividers(text[i]) for i in between)


class PlainScan:
    """Squeezed texts, in which the rule is applied wherever a string can stand at all."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._joined = "\n".join(stripped(text)[0] for text in texts)
        self._digits = "\n".join(stripped(in_values(text))[0] for text in texts)
        self._starts = [
            [0, *accumulate(len(text) + 1 for text in form)]
            for form in (self._joined.split("\n"), self._digits.split("\n"))
        ]

    def rows(self, needle: Text) -> list[int]:
        """Return which texts hold ``needle``, ascending."""
        rows: set[int] = set()
        for form in dotted(needle):
            bare, digits = stripped(form)[0], stripped(in_values(form))[0]
            if not bare:
                rows.update(range(len(self.texts)))
                break
            forms = [(self._joined, bare, self._starts[0])]
            if any(char.isdigit() for char in digits):
                forms += [(self._digits, digits, self._starts[1])]
            for text, wanted, starts in forms:
                at = text.find(wanted)
                while at >= 0:
                    row = bisect_right(starts, at) - 1
                    rows.add(row)
                    at = text.find(wanted, starts[row + 1])
        return [row for row in sorted(rows) if holds(self.texts[row], needle)]
