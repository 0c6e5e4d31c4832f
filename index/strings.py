"""Where a string stands in one sentence, as literal text or as a number written another way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..nlp.numerals import find_numerals, in_digits, in_digits_offsets
from .query import Text
from .scan import PAD, Places, Units, cuts_nothing

Span = tuple[int, int]


def places(text: str, needle: Text) -> list[Span]:
    """Return where ``needle`` stands in folded and squeezed ``text`` as (start, end), ascending.

    A number at an edge of ``needle`` is never part of a longer one in digits (7件 is not in 237件),
    nor in characters when ``needle`` is whole (七件 in 十七件).
    """
    if not needle.text:
        return []
    numerals = find_numerals(needle.text)
    found = list(_literal(text, needle))
    if not numerals and not any(char.isdigit() for char in needle.text):
        return found
    if needle.whole and numerals and (inside := _inside_numerals(text)):
        at_start, at_end = numerals[0].start == 0, numerals[-1].end == len(needle.text)
        found = [
            (start, end)
            for start, end in found
            if not (at_start and start in inside) and not (at_end and end in inside)
        ]
    digits, starts, ends = in_digits_offsets(text)
    other = Text(in_digits(needle.text), needle.whole, needle.open_end)
    if digits != text or other.text != needle.text:
        found += [(starts[start], ends[end - 1]) for start, end in _literal(digits, other)]
    return sorted(set(found))


def stands(text: str, needle: Text) -> bool:
    """Say whether ``needle`` stands in folded and squeezed ``text``."""
    return bool(places(text, needle))


def _literal(text: str, needle: Text) -> Iterator[Span]:
    starts = []
    at = text.find(needle.text)
    while at >= 0:
        starts.append(at)
        at = text.find(needle.text, at + 1)
    if starts:
        size = len(needle.text)
        units = _one_a_character(text)
        found: Places = np.array(starts, np.int64) + PAD
        for start in (found[cuts_nothing(units, found, size, needle)] - PAD).tolist():
            yield start, start + size


def _one_a_character(text: str) -> Units:
    """Return one unit a character between pads; characters of two units are no digits anyway."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return np.pad(np.minimum(codes, 0xFFFF).astype(np.uint16), PAD, constant_values=ord("\n"))


def _inside_numerals(text: str) -> set[int]:
    """Return the offsets at which a number would be cut in two."""
    return {i for numeral in find_numerals(text) for i in range(numeral.start + 1, numeral.end)}
