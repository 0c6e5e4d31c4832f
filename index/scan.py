"""Find strings by scanning joined text, so that an exact search cannot miss.

Text is an array of UTF-16 code units. NumPy looks for the string's rarest unit and then compares
the others at those places alone, so a string costs about one pass over the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.numerals import find_numerals, in_digits, in_digits_offsets
from .query import Text

Units = NDArray[np.uint16]
Positions = NDArray[np.int64]

PAD = 8
"""Line feeds in front of and behind all text, so that a look to either side needs no bounds."""

_LF = ord("\n")
_NOT_IN_TEXT = re.compile("[\n\ud800-\udfff]")
"""No row holds these; half a pair would be found inside a character of two units."""


def units_of(text: str) -> Units:
    """Return ``text`` as UTF-16 code units; half a surrogate pair is kept as it is."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")


def join_texts(texts: Sequence[str]) -> tuple[Units, Positions]:
    """Return ``texts`` joined by line feeds between pads, and where each begins.

    Returns:
        The units, and ``len(texts) + 1`` places: text i lies from ``starts[i]`` up to the line
        feed at ``starts[i + 1] - 1``.
    """
    units = units_of("\n" * PAD + "".join(f"{text}\n" for text in texts) + "\n" * PAD)
    ends = np.flatnonzero(units == _LF)[PAD:-PAD]
    return units, np.concatenate([[PAD], ends + 1]).astype(np.int64)


def find(units: Units, text: Text, frequency: NDArray[np.int32] | None = None) -> Positions:
    """Return the places of ``text`` in padded ``units``, ascending, also where two overlap.

    A match never begins or ends inside a number, nor inside a Latin word when ``text`` is whole.

    Args:
        units: text between pads.
        text: what is looked for.
        frequency: how often each of the 65,536 units stands in ``units``; it is counted out where
            it is not given, for the units of ``text`` alone.
    """
    nowhere: Positions = np.zeros(0, np.int64)
    needle = units_of(text.text)
    if not len(needle) or len(needle) > len(units) or _NOT_IN_TEXT.search(text.text):
        return nowhere
    if frequency is None:
        frequency = np.zeros(1 << 16, np.int32)
        for unit in set(needle.tolist()):
            frequency[unit] = np.count_nonzero(units == unit)
    frequencies = frequency[needle].tolist()
    if not min(frequencies):
        return nowhere
    first, *others = sorted(range(len(needle)), key=frequencies.__getitem__)
    positions = _true_positions(units == needle[first]) - first
    inside = np.searchsorted(positions, (PAD, len(units) - PAD - len(needle) + 1))
    positions = positions[slice(*inside)]
    for i in others:
        if not len(positions):
            break
        positions = positions[units[positions + i] == needle[i]]
    return positions[at_token_boundaries(units, positions, len(needle), text)]


def _true_positions(mask: NDArray[np.bool_]) -> Positions:
    """Return the places of what is true, in half to three quarters of the time that NumPy takes.

    Eight to a byte, most bytes are zero, and only the others are looked into.
    """
    packed = np.packbits(mask)
    filled = np.flatnonzero(packed != 0)
    bits = np.flatnonzero(np.unpackbits(packed[filled]).view(bool))
    return np.asarray(filled[bits >> 3] * 8 + (bits & 7))


# -- numbers and Latin words are not cut ---------------------------------------------------------


def _is_digit(units: Units) -> NDArray[np.bool_]:
    return np.asarray((units >= ord("0")) & (units <= ord("9")))


def _is_latin_letter(units: Units) -> NDArray[np.bool_]:
    return np.asarray((units >= ord("a")) & (units <= ord("z")))


def _is_separator(units: Units) -> NDArray[np.bool_]:
    return np.asarray((units == ord(".")) | (units == ord(",")))


_NUMBER_CHARACTERS = frozenset("0123456789.,")
_LATIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


def at_token_boundaries(
    units: Units, positions: Positions, size: int, text: Text
) -> NDArray[np.bool_]:
    """Say of each match whether it cuts no number, and no Latin word when ``text`` is whole.

    Args:
        units: text between pads.
        places: where ``text`` stands.
        size: units that it takes there.
        text: the string.
    """
    edges = {text.text[0], text.text[-1]}
    if edges.isdisjoint(_NUMBER_CHARACTERS) and (
        not text.whole or edges.isdisjoint(_LATIN_LETTERS)
    ):
        return np.ones(len(positions), bool)  # most strings cannot cut any
    whole = ~_inside_token(units, positions, text.whole)
    return whole if text.open_end else whole & ~_inside_token(units, positions + size, text.whole)


def _inside_token(units: Units, at: Positions, words: bool) -> NDArray[np.bool_]:
    """Say of each place whether it lies inside a number (or, for ``words``, a Latin word)."""
    before, after = units[at - 1], units[at]
    number_before, number_after = _is_digit(before), _is_digit(after)
    inside = number_before & number_after
    if words:
        inside |= _is_latin_letter(before) & _is_latin_letter(after)
    inside |= number_before & _is_separator(after) & _inside_number(units, at)
    inside |= _is_separator(before) & number_after & _inside_number(units, at - 1)
    return inside


def _inside_number(units: Units, point: Positions) -> NDArray[np.bool_]:
    """Say of each ``.`` or ``,`` whether it stands inside a number: 90.72, 1,236."""
    digits = [_is_digit(units[point + i]) for i in (-1, 1, 2, 3, 4)]
    group = digits[1] & digits[2] & digits[3] & ~digits[4]
    return np.asarray(digits[0] & digits[1] & ((units[point] == ord(".")) | group))


Span = tuple[int, int]


def find_spans(text: str, needle: Text) -> list[Span]:
    """Return where ``needle`` stands in folded and squeezed ``text`` as (start, end), ascending.

    A number at an edge of ``needle`` is never part of a longer one in digits (7件 is not in 237件),
    nor in characters when ``needle`` is whole (七件 in 十七件).
    """
    if not needle.text:
        return []
    numerals = find_numerals(needle.text)
    found = list(_literal_spans(text, needle))
    if not numerals and not any(char.isdigit() for char in needle.text):
        return found
    if needle.whole and numerals and (inside := _offsets_inside_numerals(text)):
        at_start, at_end = numerals[0].start == 0, numerals[-1].end == len(needle.text)
        found = [
            (start, end)
            for start, end in found
            if not (at_start and start in inside) and not (at_end and end in inside)
        ]
    digits, starts, ends = in_digits_offsets(text)
    other = Text(in_digits(needle.text), needle.whole, needle.open_end)
    if digits != text or other.text != needle.text:
        found += [(starts[start], ends[end - 1]) for start, end in _literal_spans(digits, other)]
    return sorted(set(found))


def contains(text: str, needle: Text) -> bool:
    """Say whether ``needle`` stands in folded and squeezed ``text``."""
    return bool(find_spans(text, needle))


def _literal_spans(text: str, needle: Text) -> Iterator[Span]:
    starts = []
    at = text.find(needle.text)
    while at >= 0:
        starts.append(at)
        at = text.find(needle.text, at + 1)
    if starts:
        size = len(needle.text)
        units = _padded_units(text)
        found: Positions = np.array(starts, np.int64) + PAD
        for start in (found[at_token_boundaries(units, found, size, needle)] - PAD).tolist():
            yield start, start + size


def _padded_units(text: str) -> Units:
    """Return one unit a character between pads; characters of two units are no digits anyway."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return np.pad(np.minimum(codes, 0xFFFF).astype(np.uint16), PAD, constant_values=ord("\n"))


def _offsets_inside_numerals(text: str) -> set[int]:
    """Return the offsets at which a number would be cut in two."""
    return {i for numeral in find_numerals(text) for i in range(numeral.start + 1, numeral.end)}


_LOOK_BACK = 64
"""Characters that a word may begin before the last one: the words inside of a long word come before
it or behind it."""


def words_in_text(words: Iterable[str], text: str) -> Iterator[str]:
    """Yield those of ``words`` that stand in ``text``.

    Each is looked for from where the last one stood, so that words in the order of the text take
    time in proportion to its length; only where that does not find one, from the beginning.

    Args:
        words: words with repeats.
        text: where they should stand.
    """
    at = 0
    for word in words:
        place = text.find(word, max(0, at - _LOOK_BACK))
        if place >= 0:
            at = max(at, place)
        elif word not in text:
            continue
        yield word
