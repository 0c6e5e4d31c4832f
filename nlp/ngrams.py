"""The terms of a text as numbers: characters and pairs of characters, or words.

A text is given as a string, whose characters and pairs of neighbours are its terms, edges
included, or as the list of its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_CHAR_BITS = 21  # a code point has 21 bits: two fit into a key with 21 bits to spare
_CHANNEL_SHIFT = 2 * _CHAR_BITS
_WORD = 1 << 63
_WORD_CHANNEL_SHIFT = 60
_EDGE = "\x02"
"""Stands in front of a text and behind it, so that how it begins and ends is seen."""

Keys = NDArray[np.uint64]
Units = Sequence[str] | Sequence[Sequence[str]]
"""Texts as strings, or as lists of words."""


class Place(NamedTuple):
    """Where a term stands in a text, in characters."""

    start: int
    length: int


def keys_of(texts: Units, channel: int) -> tuple[NDArray[np.int64], Keys]:
    """Return the row and key of every term in ``texts``; keys of two channels never meet."""
    if all(isinstance(text, str) for text in texts):
        return _char_keys(texts, channel)  # type: ignore[arg-type]
    return _word_keys(texts, channel)


def _char_keys(texts: Sequence[str], channel: int) -> tuple[NDArray[np.int64], Keys]:
    edged = [f"{_EDGE}{text}{_EDGE}" if text else "" for text in texts]
    lengths = np.fromiter(map(len, edged), np.int64, len(edged))
    codes = np.frombuffer("".join(edged).encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = codes.astype(np.uint64)
    rows = np.repeat(np.arange(len(edged)), lengths)
    tag = np.uint64(channel << _CHANNEL_SHIFT)
    within = rows[1:] == rows[:-1]
    inner = np.ones(len(codes), bool)
    ends = np.cumsum(lengths)[lengths > 0]
    inner[ends - 1] = inner[(ends - lengths[lengths > 0])] = False
    # A code point is never 0 here but for NUL: the pair (0, c) is the character by itself.
    pairs = (codes[:-1][within] << np.uint64(_CHAR_BITS)) | codes[1:][within]
    keys = np.concatenate([codes[inner], pairs]) | tag
    return np.concatenate([rows[inner], rows[1:][within]]), keys


def _word_keys(texts: Sequence[Sequence[str]], channel: int) -> tuple[NDArray[np.int64], Keys]:
    rows = np.repeat(np.arange(len(texts)), [len(words) for words in texts])
    known: dict[str, int] = {}
    numbers = [
        known.get(word) or known.setdefault(word, _word_key(word, channel))
        for words in texts
        for word in words
    ]
    return rows, np.array(numbers, np.uint64)


def _word_key(word: str, channel: int) -> int:
    digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return _WORD | channel << _WORD_CHANNEL_SHIFT | digest & (1 << _WORD_CHANNEL_SHIFT) - 1


def places_of(text: str | Sequence[str]) -> list[Place]:
    """Return where each term of ``text`` stands, in the order of :func:`keys_of`.

    Words are taken to follow each other without a gap.
    """
    if not isinstance(text, str):
        starts = np.cumsum([0, *map(len, text)]).tolist()
        return [Place(start, len(word)) for start, word in zip(starts, text, strict=False)]
    if not text:
        return []
    size = len(text)
    pairs = [Place(i, 2) for i in range(size - 1)]
    # The edges have no width: a pair with one lies on its character.
    return [*(Place(i, 1) for i in range(size)), Place(0, 1), *pairs, Place(size - 1, 1)]
