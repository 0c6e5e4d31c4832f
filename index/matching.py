"""Find the rows that match a planned query, and where its strings stand in a sentence."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.normalize import squeeze, squeeze_offsets
from .columns import Mask, Rows
from .query import And, Filter, Node, Not, Or, Run, Text
from .scan import Positions, Span, contains, find_spans


def single_text(node: Node) -> Text | None:
    """Return the string when ``node`` asks for one and nothing else."""
    match node:
        case Text():
            return node
        case Run(words=((text,),)):
            return text
        case And(parts=(part,)):
            return single_text(part)
        case _:
            return None


Postings = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Rows that hold a word, ascending, and how often each does."""


class WordPostings(Protocol):
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

    def __init__(self, rows: Rows, words: WordPostings) -> None:
        self._rows = rows
        self._words = words
        self._found: dict[Text, Positions] = {}
        self._postings: dict[str, Postings | None] = {}

    def postings(self, word: str) -> Postings | None:
        """Return the rows that hold ``word`` as a word, ``None`` when that is not known."""
        if word not in self._postings:
            self._postings[word] = self._words.postings(word)
        return self._postings[word]

    def occurrences(self, text: Text) -> Positions:
        """Return the row of every occurrence of ``text``, ascending, with repeats.

        Of a word that stands nowhere inside other words the repeats are those of the word.
        """
        key = Text(text.text, text.whole, text.open_end)
        if key not in self._found:
            found = self._occurrences_from_postings(key)
            self._found[key] = self._rows.occurrences(key) if found is None else found
        return self._found[key]

    def _occurrences_from_postings(self, text: Text) -> Positions | None:
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
                slots = (self._match_any(alternatives) for alternatives in words)
                return self._union(slots) if any_ else self._intersection(slots)
            case Filter(field=field, values=values):
                return self._rows.filter(field, values)
            case And(parts=parts):
                return self._intersection(map(self.mask, parts))
            case Or(parts=parts):
                return self._match_any(parts)
            case Not(part=part):
                return ~self.mask(part)

    def _match_any(self, nodes: Iterable[Node]) -> Mask:
        return self._union(map(self.mask, nodes))

    def _intersection(self, masks: Iterable[Mask]) -> Mask:
        result = np.ones(len(self._rows), bool)
        for mask in masks:
            result &= mask
        return result

    def _union(self, masks: Iterable[Mask]) -> Mask:
        result = np.zeros(len(self._rows), bool)
        for mask in masks:
            result |= mask
        return result


def spans(text: str, needles: Sequence[Text]) -> list[Span]:
    """Return the places of ``needles`` in ``text`` as ``(start, end)``, merged, ascending.

    The comparison is folded; the offsets are those of ``text`` as it is.
    """
    folded, offsets = squeeze_offsets(text)
    found = [
        (offsets[start], offsets[end - 1] + 1)
        for needle in needles
        for start, end in find_spans(folded, needle)
    ]
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def substitutes(text: str, needles: Sequence[Text]) -> tuple[str, ...]:
    """Return the words of ``text`` that stand for others that were typed and are not in it."""
    folded = squeeze(text)
    return tuple(
        dict.fromkeys(
            needle.text
            for needle in needles
            if needle.stands_for
            and contains(folded, needle)
            and not contains(folded, Text(needle.stands_for, whole=True))
        )
    )


def to_html(text: str, marked: Sequence[Span]) -> str:
    """Return ``text`` escaped for HTML, with ``<mark>`` around the spans."""
    parts: list[str] = []
    last = 0
    for start, end in marked:
        parts.append(html.escape(text[last:start], quote=False))
        parts.append(f"<mark>{html.escape(text[start:end], quote=False)}</mark>")
        last = end
    parts.append(html.escape(text[last:], quote=False))
    return "".join(parts)
