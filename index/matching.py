"""Match a planned query against the rows of an index, and highlight its strings in a sentence."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.normalize import squeeze_offsets
from .columns import Mask, Rows
from .query import And, Filter, Node, Not, Or, Run, Text
from .scan import Positions
from .search_memory import Hits, Occurrences
from .sentence_spans import Sentence, Span, SpanFinder
from .text_rows import run_starts


def single_text(node: Node) -> Text | None:
    """Return the string of a query that consists of a single string, otherwise ``None``."""
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
"""(n,) rows that contain a word, ascending, and (n,) number of its occurrences in each."""


class WordPostings(Protocol):
    """The protocol of what knows the words of an index and their postings."""

    def frequency(self, word: str) -> int:
        """Return the number of sentences that have ``word`` among their words."""

    def postings(self, word: str) -> Postings | None:
        """Return the postings of ``word``, or ``None`` when they are not available."""


class Matcher:
    """Matches the queries of one search, and looks for each distinct string only once.

    Args:
        rows: the rows of the index.
        words: the words of the index; every word of a row must occur in the text of that row.
    """

    def __init__(self, rows: Rows, words: WordPostings) -> None:
        self._rows = rows
        self._words = words
        self.memory = rows.memory
        self._found: dict[Text, Occurrences] = {}
        self._hits: dict[Text, Hits] = {}
        self._postings: dict[str, Postings | None] = {}

    def postings(self, word: str) -> Postings | None:
        """Return the postings of ``word``, or ``None`` when they are not available."""
        if word not in self._postings:
            self._postings[word] = self._words.postings(word)
        return self._postings[word]

    def occurrences(self, text: Text) -> Positions:
        """Return the row of every occurrence of ``text``, ascending; a row repeats per occurrence.

        When every row that contains ``text`` has it as a word, the repeats are those of the
        word's postings.
        """
        return self._look_for(text).rows

    def written_otherwise(self, text: Text) -> Positions:
        """Return the rows that hold ``text`` only with other marks or with numbers otherwise."""
        return self._rows.written_otherwise(text, self._look_for(text))

    def _look_for(self, text: Text) -> Occurrences:
        if text not in self._found:
            if known := self.memory.hits(text):
                rows = np.repeat(known.rows.astype(np.int64), known.counts)
                self._found[text] = Occurrences(rows, known.unsure)
            elif complete := self._complete_postings(text):
                rows = np.repeat(complete[0], complete[1].astype(np.int64))
                self._found[text] = Occurrences(rows, rows[:0])
            else:
                self._found[text] = self.memory.occurrences(text, self._rows.occurrences)
        return self._found[text]

    def hits(self, text: Text) -> Hits:
        """Return the rows that contain ``text``, its number of occurrences and those as a word.

        A word is remembered for the next searches of the same rows.
        """
        if known := self._hits.get(text) or self.memory.hits(text):
            return known
        if complete := self._complete_postings(text):
            hits = Hits.of(*complete, complete[1], complete[0][:0])
            self.memory.keep(text, hits)
            return hits
        found = self._look_for(text)
        begins = run_starts(found.rows)
        rows = found.rows[begins]
        counts = np.append(begins[1:], len(found.rows)) - begins
        words = np.zeros(len(rows), np.float32)
        postings = self.postings(text.text) if text.whole else None
        if postings and len(rows):
            at = np.minimum(np.searchsorted(rows, postings[0]), len(rows) - 1)
            same = rows[at] == postings[0]
            words[at[same]] = postings[1][same]
        hits = self._hits[text] = Hits.of(rows, counts, words, found.unsure)
        if postings:
            self.memory.keep(text, hits)
        return hits

    def _complete_postings(self, text: Text) -> Postings | None:
        """Return the postings of a word if they have all of its occurrences, else ``None``.

        The bigram table gives the number of rows that contain a string of two characters. When as
        many rows have it as a word, they are the same rows, because every word occurs in the text
        of its row; then the text need not be scanned. The number of rows that have it as a word
        is known from the postings alone: removed rows count in its frequency.
        """
        if not text.whole:  # an exact string does not need the postings
            return None
        rows = self._rows.document_frequency(text, boilerplate=True)
        if not rows or rows > self._words.frequency(text.text):
            return None
        postings = self.postings(text.text)
        return postings if postings and len(postings[0]) == rows else None

    def mask(self, node: Node) -> Mask:
        """Return (rows,) booleans, whether each row matches ``node``; a deleted row may match."""
        match node:
            case Text():
                mask = np.zeros(len(self._rows), bool)
                mask[self.occurrences(node)] = True
                return mask
            case Run(words=words, any=True):
                mask = np.zeros(len(self._rows), bool)
                for alternatives in words:
                    for text in alternatives:
                        mask[self.hits(text).rows] = True
                return mask
            case Run(words=words):
                return self._intersection(map(self._match_any, words))
            case Filter(field=field, values=values):
                return self._rows.filter(field, values)
            case And(parts=parts):
                return self._intersection(map(self.mask, parts))
            case Or(parts=parts):
                return self._match_any(parts)
            case Not(part=part):
                return ~self.mask(part)

    def _match_any(self, nodes: Iterable[Node]) -> Mask:
        """Return which rows match at least one of ``nodes``."""
        return self._union(map(self.mask, nodes))

    def _intersection(self, masks: Iterable[Mask]) -> Mask:
        """Return which rows are in all of ``masks``."""
        result = np.ones(len(self._rows), bool)
        for mask in masks:
            result &= mask
        return result

    def _union(self, masks: Iterable[Mask]) -> Mask:
        """Return which rows are in at least one of ``masks``."""
        result = np.zeros(len(self._rows), bool)
        for mask in masks:
            result |= mask
        return result


def spans(text: str, needles: Sequence[Text]) -> list[Span]:
    """Return the ``(start, end)`` offsets of ``needles`` in ``text``, ascending.

    Overlapping and adjacent spans are merged. Text is folded for the comparison; the offsets are
    those of ``text`` before folding.

    Example:
        >>> spans("依法行政，严格执法", [Text("行政"), Text("执法")])
        [(2, 4), (7, 9)]
    """
    return Highlighter(needles).marked(text)[0]


class Highlighter:
    """Says where the strings of one query stand in sentences, and by which synonyms they match.

    Args:
        needles: strings of the query; only those with ``stands_for`` are synonyms.

    Example:
        >>> Highlighter([Text("行政"), Text("执法")]).marked("依法行政，严格执法")
        ([(2, 4), (7, 9)], ())
    """

    def __init__(self, needles: Sequence[Text]) -> None:
        self._finders = {needle: SpanFinder(needle) for needle in dict.fromkeys(needles)}
        self._synonyms = [needle for needle in needles if needle.stands_for]
        self._typed = {
            word: SpanFinder(Text(word, whole=True))
            for word in {needle.stands_for for needle in self._synonyms}
        }

    def marked(self, text: str) -> tuple[list[Span], tuple[str, ...]]:
        """Return the offsets of the strings in a sentence, and the synonyms by which it matches.

        Args:
            text: the sentence as it was written.

        Returns:
            The ``(start, end)`` offsets as :func:`spans` gives them, and the strings that stand in
            the sentence for a word of the query which does not.
        """
        folded, offsets = squeeze_offsets(text)
        sentence = Sentence(folded)
        of_needle = {needle: finder.spans(sentence) for needle, finder in self._finders.items()}
        found = [
            (offsets[start], offsets[end - 1] + 1)
            for several in of_needle.values()
            for start, end in several
        ]
        merged: list[Span] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        via = dict.fromkeys(
            needle.text
            for needle in self._synonyms
            if of_needle[needle] and not self._typed[needle.stands_for].spans(sentence)
        )
        return merged, tuple(via)


def to_html(text: str, marked: Sequence[Span]) -> str:
    """Return ``text`` escaped for HTML, with ``<mark>`` around the spans.

    Args:
        text: the text.
        marked: spans that do not overlap, ascending.

    Example:
        >>> to_html("依法行政", [(2, 4)])
        '依法<mark>行政</mark>'
    """
    parts: list[str] = []
    last = 0
    for start, end in marked:
        parts += text[last:start], "<mark>", text[start:end], "</mark>"
        last = end
    parts.append(text[last:])
    if not _MARKUP.isdisjoint(text):
        parts[::2] = [html.escape(part, quote=False) for part in parts[::2]]
    return "".join(parts)


_MARKUP = frozenset("&<>")
