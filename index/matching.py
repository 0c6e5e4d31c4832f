"""Which rows match a planned query: every string is looked for in the text itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .query import And, Filter, Node, Not, Or, Run, Text
from .rows import Mask, Rows
from .scan import Places


def lone_text(node: Node) -> Text | None:
    """Return the string when ``node`` asks for one and nothing else."""
    match node:
        case Text():
            return node
        case Run(words=((text,),)):
            return text
        case And(parts=(part,)):
            return lone_text(part)
        case _:
            return None


Postings = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Rows that hold a word, ascending, and how often each does."""


class Words(Protocol):
    """The words of an index."""

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""

    def postings(self, word: str) -> Postings | None:
        """Return the rows that hold ``word`` as a word, ``None`` when that is not known."""


class Matcher:
    """Matches the queries of one search; a string is looked for once.

    Args:
        rows: the rows of the index.
        words: its words, each of which stands in the text of its row.
    """

    def __init__(self, rows: Rows, words: Words) -> None:
        self._rows = rows
        self._words = words
        self._found: dict[Text, Places] = {}
        self._postings: dict[str, Postings | None] = {}

    def postings(self, word: str) -> Postings | None:
        """Return the rows that hold ``word`` as a word, ``None`` when that is not known."""
        if word not in self._postings:
            self._postings[word] = self._words.postings(word)
        return self._postings[word]

    def occurrences(self, text: Text) -> Places:
        """Return the row of every occurrence of ``text``, ascending, with repeats.

        Of a word that stands nowhere inside other words the repeats are those of the word.
        """
        key = Text(text.text, text.whole, text.open_end)
        if key not in self._found:
            found = self._as_word_alone(key)
            self._found[key] = self._rows.occurrences(key) if found is None else found
        return self._found[key]

    def _as_word_alone(self, text: Text) -> Places | None:
        """Return the occurrences of a word whose postings are known to leave out no row.

        The table of bigrams knows how many rows hold it: when as many hold it as a word, and every
        word stands in its text, they are the same rows, and the text need not be scanned.
        """
        if not text.whole:  # an exact string is answered without the words
            return None
        rows = self._rows.document_frequency(text, boilerplate=True)
        if not rows or rows != self._words.frequency(text.text):
            return None
        if (postings := self.postings(text.text)) is None or len(postings[0]) != rows:
            return None
        return np.repeat(postings[0], postings[1].astype(np.int64))

    def mask(self, node: Node) -> Mask:
        """Return which rows match ``node``; deleted ones may."""
        match node:
            case Text():
                mask = np.zeros(len(self._rows), bool)
                mask[self.occurrences(node)] = True
                return mask
            case Run(words=words, any=any_):
                slots = (self._any(alternatives) for alternatives in words)
                return self._any_of(slots) if any_ else self._all_of(slots)
            case Filter(field=field, values=values):
                return self._rows.filter(field, values)
            case And(parts=parts):
                return self._all_of(map(self.mask, parts))
            case Or(parts=parts):
                return self._any(parts)
            case Not(part=part):
                return ~self.mask(part)

    def _any(self, nodes: Iterable[Node]) -> Mask:
        return self._any_of(map(self.mask, nodes))

    def _all_of(self, masks: Iterable[Mask]) -> Mask:
        together = np.ones(len(self._rows), bool)
        for mask in masks:
            together &= mask
        return together

    def _any_of(self, masks: Iterable[Mask]) -> Mask:
        together = np.zeros(len(self._rows), bool)
        for mask in masks:
            together |= mask
        return together
