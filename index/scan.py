"""Find every occurrence of a string by scanning the joined text of all rows.

:func:`find` searches the joined text, an array of UTF-16 code units: NumPy looks for the string's
rarest unit and compares the others only at those positions, so a search costs about one pass over
the text. :mod:`~gongwen.index.sentence_spans` searches one sentence, a ``str``, by the same rule:
a match does not begin or end inside a longer number, nor inside a Latin word when ``Text.whole``
is set.
Marks are left out of text and string before (:mod:`~gongwen.nlp.text.marks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import without_marks
from .query import Text

Units = NDArray[np.uint16]
Positions = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.integer[Any])
IsMarked = Callable[[Positions], NDArray[np.bool_]]

PAD = 8
"""Number of line feeds before and after the joined text, so that comparing neighbouring units needs
no bounds checks."""

_LF = ord("\n")
_NOT_IN_TEXT = re.compile("[\n\ud800-\udfff]")
"""Characters that no row contains. Half a surrogate pair would match inside a character of two
units."""


def distinct_values(values: NDArray[_Number]) -> NDArray[_Number]:
    """Return the distinct values of a one-dimensional array of whole numbers, ascending.

    It is ``np.unique``, which loads NumPy's masked arrays on its first call.

    Example:
        >>> distinct_values(np.array([3, 1, 3])).tolist()
        [1, 3]
    """
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def look_up(
    ascending: NDArray[Any], wanted: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where each of the ``wanted`` values is, or belongs, in a sorted array.

    Returns:
        (n,) indexes, and (n,) whether the value is there.

    Example:
        >>> [part.tolist() for part in look_up(np.array([2, 5]), np.array([5, 3, 9]))]
        [[1, 1, 2], [True, False, False]]
    """
    at = np.searchsorted(ascending, wanted)
    found = at < len(ascending)
    found[found] = ascending[at[found]] == wanted[found]
    return at, found


def units_of(text: str) -> Units:
    """Return ``text`` as UTF-16 code units; half a surrogate pair is kept as it is.

    Example:
        >>> units_of("a法").tolist() == [0x61, 0x6CD5]
        True
    """
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")


def join_texts(texts: Sequence[str]) -> tuple[Units, Positions]:
    """Join ``texts`` with line feeds, add the padding of :data:`PAD` units, and return the offsets.

    Returns:
        The units, and ``len(texts) + 1`` offsets ``starts``: text i begins at ``starts[i]`` and is
        followed by the line feed at ``starts[i + 1] - 1``.

    Example:
        >>> join_texts(["ab", "c"])[1].tolist()
        [8, 11, 13]
    """
    units = units_of("\n" * PAD + "".join(f"{text}\n" for text in texts) + "\n" * PAD)
    ends = np.flatnonzero(units == _LF)[PAD:-PAD]
    return units, np.concatenate([[PAD], ends + 1]).astype(np.int64)


def find(units: Units, text: Text, frequency: NDArray[np.int32] | None = None) -> Positions:
    """Return the offset of every match of ``text`` in padded ``units``, ascending.

    Matches may overlap. A match does not begin or end inside a number, nor inside a Latin word
    when ``text.whole`` is set.

    Args:
        units: joined text with padding.
        text: the string to look for, as it must stand there.
        frequency: (65536,) number of occurrences of each unit in ``units``. When it is not given,
            the units of ``text`` are counted.

    Example:
        >>> find(join_texts(["7件", "237件"])[0], Text("7件")).tolist()
        [8]
    """
    positions = find_string(units, text.text, frequency)
    return positions[at_token_boundaries(units, positions, text)]


def find_string(units: Units, string: str, frequency: NDArray[np.int32] | None = None) -> Positions:
    """Return the offset of every occurrence of ``string``, also inside a number or Latin word.

    The arguments are those of :func:`find`.
    """
    nowhere: Positions = np.zeros(0, np.int64)
    needle = units_of(string)
    if not len(needle) or len(needle) > len(units) or _NOT_IN_TEXT.search(string):
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
    return positions


def _true_positions(mask: NDArray[np.bool_]) -> Positions:
    """Return the indexes of the true values, ascending, as ``numpy.flatnonzero`` does.

    Packing eight values into a byte and unpacking only the bytes that are not zero takes a half to
    three quarters of NumPy's time, because few values are true.
    """
    packed = np.packbits(mask)
    filled = np.flatnonzero(packed != 0)
    bits = np.flatnonzero(np.unpackbits(packed[filled]).view(bool))
    return np.asarray(filled[bits >> 3] * 8 + (bits & 7))


# -- boundaries of numbers and Latin words -------------------------------------------------------


def _is_digit(units: Units) -> NDArray[np.bool_]:
    """Return for each unit whether it is one of the digits 0 to 9."""
    return np.asarray((units >= ord("0")) & (units <= ord("9")))


def _is_latin_letter(units: Units) -> NDArray[np.bool_]:
    """Return for each unit whether it is a Latin letter; folded text has only small ones."""
    return np.asarray((units >= ord("a")) & (units <= ord("z")))


def _is_separator(units: Units) -> NDArray[np.bool_]:
    """Return for each unit whether it is a point or comma, as in 90.72 and 1,236."""
    return np.asarray((units == ord(".")) | (units == ord(",")))


_NUMBER_CHARACTERS = frozenset("0123456789.,")
_LATIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


def at_token_boundaries(
    units: Units, positions: Positions, text: Text, is_marked: IsMarked | None = None
) -> NDArray[np.bool_]:
    """Return for each match whether it starts and ends at token boundaries.

    A boundary inside a number is rejected, and one inside a Latin word when ``text.whole`` is set.
    The end is not checked when ``text.open_end`` is set.

    Args:
        units: text with padding.
        positions: (n,) offset of each match of ``text``.
        text: the string that was found.
        is_marked: for text without marks, tells of (n,) offsets whether a mark stood there; two
            Latin words that only a mark separates are two words.

    Returns:
        (n,) booleans.
    """
    edges = {text.text[:1], text.text[-1:]}
    latin = text.whole and not edges.isdisjoint(_LATIN_LETTERS)
    if not latin and edges.isdisjoint(_NUMBER_CHARACTERS):
        return np.ones(len(positions), bool)  # most strings cannot split a number or Latin word

    def is_inside(at: Positions) -> NDArray[np.bool_]:
        inside = _inside_number_at(units, at)
        if latin:
            within = _is_latin_letter(units[at - 1]) & _is_latin_letter(units[at])
            inside |= within if is_marked is None else within & ~is_marked(at)
        return inside

    whole = ~is_inside(positions)
    return whole if text.open_end else whole & ~is_inside(positions + len(units_of(text.text)))


def _inside_number_at(units: Units, at: Positions) -> NDArray[np.bool_]:
    """Return for each offset whether it is inside a number."""
    before, after = units[at - 1], units[at]
    number_before, number_after = _is_digit(before), _is_digit(after)
    inside = number_before & number_after
    inside |= number_before & _is_separator(after) & _inside_number(units, at)
    inside |= _is_separator(before) & number_after & _inside_number(units, at - 1)
    return inside


def _inside_number(units: Units, point: Positions) -> NDArray[np.bool_]:
    """Return for each ``.`` or ``,`` whether it is a decimal point or separates thousands.

    Examples are ``90.72`` and ``1,236``.
    """
    digits = [_is_digit(units[point + i]) for i in (-1, 1, 2, 3, 4)]
    group = digits[1] & digits[2] & digits[3] & ~digits[4]
    return np.asarray(digits[0] & digits[1] & ((units[point] == ord(".")) | group))


# -- how a string is looked for --------------------------------------------------------------------

Divider = Literal["", "mark", "clause end"]
"""Marks that divide a word: none, any, or those that end a clause."""
_LEAST_ACROSS = 4
"""Characters of a word that is found across quotation marks and brackets: 《处罚法》规定 and
渔(农)业 hold 法规 and 农业 by chance, “放管服”改革 is 放管服改革."""


def divider_of(needle: Text) -> Divider:
    """Return which marks may not stand inside ``needle`` where it is found.

    Any mark may stand inside an exact string, none inside a short word, and none that ends a clause
    inside a longer one. Marks that the needle has itself divide nothing.
    """
    if not needle.whole or needle.verbatim or without_marks(needle.text) != needle.text:
        return ""
    return "mark" if len(needle.text) < _LEAST_ACROSS else "clause end"


def forms(needle: Text) -> list[Text]:
    """Return ``needle`` and, when it has a point between digits, the needle with another point.

    A date such as 3·15 is also written 3.15.

    Example:
        >>> [form.text for form in forms(Text("3.15"))]
        ['3.15', '3·15']
    """
    if needle.verbatim or not _POINT.search(needle.text):
        return [needle] if needle.text else []
    other = _POINT.sub(lambda point: "·" if point[0] == "." else ".", needle.text)
    return [needle, replace(needle, text=other)]


_POINT = re.compile(r"(?<=[0-9])[.·](?=[0-9])")


def ignores_marks(needle: Text) -> bool:
    """Return whether marks do not count for ``needle``; in one of nothing but marks they do."""
    return not needle.verbatim and bool(without_marks(needle.text))


_LOOK_BACK = 64
"""Number of characters before the last word at which the next may begin: a segmenter gives the
parts of a long word before or after the long word."""


_SHORT = 500
"""Number of characters of a text in which a word is found as fast without knowing where it is."""


def words_in_text(words: Iterable[str], text: str) -> Iterator[str]:
    """Yield those of ``words`` that occur in ``text``, in the order given.

    Each word is looked for near the previous one first and in all of ``text`` only if it is not
    there, so words in the order of the text take time proportional to its length.

    Args:
        words: words, with repeats.
        text: the text that should contain them.

    Example:
        >>> list(words_in_text(["依法", "行政", "执法"], "依法行政"))
        ['依法', '行政']
    """
    words = list(words)
    if len(text) <= _SHORT and all(map(text.__contains__, words)):
        yield from words
        return
    at = 0
    for word in words:
        offset = text.find(word, max(0, at - _LOOK_BACK))
        if offset >= 0:
            at = max(at, offset)
        elif word not in text:
            continue
        yield word
