"""Turn texts into vectors of terms, and explain a score by the terms that make it.

A text is a string, whose terms are its character unigrams and bigrams with the edges of the text,
or a list of words, which are its terms. A sample has several channels (the sentence, its heading,
their words). Each channel has its own terms and is scaled to unit length before its weight is
applied. A term is identified by a 64-bit key; a hash table maps keys to columns.

The score of a linear model is a sum of contributions of terms. The contribution of a term is
distributed evenly over its characters, and neighbouring characters whose contributions have the
same sign form a part. So overlapping terms are not counted twice, and the sum of all parts and the
intercept is the score, except for parts below a minimum weight.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text.normalize import squeeze_offsets

# Layout of a key of characters: two code points of 21 bits each below the number of the channel.
_CHAR_BITS = 21
_CHANNEL_SHIFT = 2 * _CHAR_BITS
# Layout of a key of a word: the top bit, the number of the channel, and a hash of the word.
_WORD_FLAG = 1 << 63
_WORD_CHANNEL_SHIFT = 60
_EDGE = "\x02"
"""Added before and after a text, so that its first and last character give bigrams of their own."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Multiplier of Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)."""
_SPARE_BITS = 2
"""Binary logarithm of the number of slots per key, at least."""

_COLUMN_BITS = 32
"""Bits of a cell of a sparse matrix that are its column; those above are its row."""
_COLUMN_MASK = (1 << _COLUMN_BITS) - 1

Keys = NDArray[np.uint64]
"""Keys of terms."""
Units = Sequence[str] | Sequence[Sequence[str]]
"""Texts of one channel, as strings or as lists of words."""


class TermSpan(NamedTuple):
    """The offset and length of a term in a text, in characters."""

    start: int
    length: int


# -- Vectors ---------------------------------------------------------------------------------------


class TfidfVectorizer:
    """Computes TF-IDF vectors of several channels, with sublinear counts and smoothed idf.

    For one channel the values are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``.

    Args:
        channel_weights: the weight of each channel, in order.
        keys: (features,) keys of the known terms, ascending.
        idf: (features,) inverse document frequencies of the terms.

    Example:
        >>> vectorizer = TfidfVectorizer((1.0,)).fit([["行政执法", "行政复议"]])
        >>> len(vectorizer.transform([["行政"]]).starts)
        2
    """

    def __init__(
        self,
        channel_weights: Sequence[float],
        keys: Keys | None = None,
        idf: NDArray[np.float32] | None = None,
    ) -> None:
        self.channel_weights = tuple(channel_weights)
        self.keys = np.zeros(0, np.uint64) if keys is None else keys
        self.idf = np.zeros(0, np.float32) if idf is None else idf
        self._table = KeyTable(self.keys)

    def fit(
        self, channels: Sequence[Units], weights: NDArray[np.float64] | None = None
    ) -> TfidfVectorizer:
        """Learn the terms and idf.

        Args:
            channels: for each channel a sequence of n texts.
            weights: (n,) how many documents each text counts as, 1 each if ``None``.
        """
        keys: list[Keys] = []
        idfs: list[NDArray[np.float32]] = []
        for number, texts in enumerate(channels):
            rows, found = term_keys(texts, number)
            order = np.lexsort((rows, found))
            rows, found = rows[order], found[order]
            first = np.ones(len(found), bool)
            first[1:] = (found[1:] != found[:-1]) | (rows[1:] != rows[:-1])
            unique, columns = np.unique(found[first], return_inverse=True)
            counted = np.ones(len(texts)) if weights is None else weights
            documents = np.bincount(columns, counted[rows[first]], minlength=len(unique))
            keys.append(unique)
            idfs.append((np.log((1 + counted.sum()) / (1 + documents)) + 1).astype(np.float32))
        self.keys, self.idf = np.concatenate(keys), np.concatenate(idfs)
        order = np.argsort(self.keys)
        self.keys, self.idf = self.keys[order], self.idf[order]
        self._table = KeyTable(self.keys)
        return self

    def transform(self, channels: Sequence[Units]) -> SparseRows:
        """Return (n, features) TF-IDF of n texts given by channel; unknown terms are ignored."""
        found = [
            self._channel_cells(texts, number, weight)
            for number, (texts, weight) in enumerate(
                zip(channels, self.channel_weights, strict=True)
            )
        ]
        cells = np.concatenate([cells for cells, _ in found])
        order = np.argsort(cells, kind="stable")
        values = np.concatenate([values for _, values in found])
        return _sparse_rows(cells[order], values[order], len(channels[0]), len(self.keys))

    def project(self, channels: Sequence[Units], coef: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, k) the product of :meth:`transform` with ``coef`` (features, k).

        What stands in a channel more than once, as the heading of many sentences, is computed once.
        """
        out = np.zeros((len(channels[0]), coef.shape[1]), np.float32)
        for number, (texts, weight) in enumerate(zip(channels, self.channel_weights, strict=True)):
            numbers: dict[Any, int] = {}
            rows = [
                numbers.setdefault(text if isinstance(text, str) else tuple(text), len(numbers))
                for text in texts
            ]
            distinct = list(numbers)
            cells, values = self._channel_cells(distinct, number, weight)
            product = _sparse_rows(cells, values, len(distinct), len(self.keys)).dot(coef)
            out += product[rows]
        return out

    def _channel_cells(
        self, texts: Units, channel: int, weight: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the cells, ascending, and the TF-IDF of the terms of one channel.

        A cell is the row in the upper and the column in the lower half of 64 bits.
        """
        rows, keys = term_keys(texts, channel)
        columns = self._table.find(keys)
        known = columns >= 0
        cells, counts = np.unique(rows[known] << _COLUMN_BITS | columns[known], return_counts=True)
        rows = cells >> _COLUMN_BITS
        tfidf = (1 + np.log(counts)) * self.idf[cells & _COLUMN_MASK]
        norms = np.sqrt(np.bincount(rows, tfidf**2, minlength=len(texts)))
        scale = np.divide(weight, norms, out=np.zeros(len(texts)), where=norms > 0)
        return cells, (tfidf * scale[rows]).astype(np.float32)

    def known_terms(self, text: str | Sequence[str], channel: int) -> list[tuple[TermSpan, int]]:
        """Return the span and the column of every known term of ``text``."""
        spans = term_spans(text)
        _, keys = term_keys([text], channel)
        columns = self._table.find(keys).tolist()
        return [(span, column) for span, column in zip(spans, columns, strict=True) if column >= 0]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """The rows of a sparse matrix in CSR format.

    Attributes:
        starts: (rows + 1,) index in ``columns`` of the first entry of each row.
        columns: (entries,) column of each entry, ascending within a row.
        values: (entries,) value of each entry, float32.
        width: number of columns.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    width: int

    def dot(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the product (rows, k) with a dense ``matrix`` (width, k)."""
        out = np.zeros((len(self.starts) - 1, matrix.shape[1]), np.float32)
        starts = self.starts.tolist()
        # One product per row is three times as fast as gathering all rows for reduceat.
        for row, (start, end) in enumerate(pairwise(starts)):
            if end > start:
                weights = matrix.take(self.columns[start:end], axis=0)
                out[row] = self.values[start:end] @ weights
        return out


def _sparse_rows(
    cells: NDArray[np.int64], values: NDArray[np.float32], size: int, width: int
) -> SparseRows:
    """Return (size, width) rows whose entries are in ``cells``, ascending."""
    starts = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(cells >> _COLUMN_BITS, minlength=size), out=starts[1:])
    return SparseRows(starts, cells & _COLUMN_MASK, values, width)


# -- Keys of terms ---------------------------------------------------------------------------------


def term_keys(texts: Units, channel: int) -> tuple[NDArray[np.int64], Keys]:
    """Return the text index and the key of every term occurrence in ``texts``.

    Args:
        texts: n strings or lists of words.
        channel: number of the channel; keys of different channels are different.

    Returns:
        (terms,) index in ``texts`` of each occurrence, and (terms,) its key.
    """
    if all(isinstance(text, str) for text in texts):
        return _ngram_keys(texts, channel)  # type: ignore[arg-type]
    return _word_keys(texts, channel)


def _ngram_keys(texts: Sequence[str], channel: int) -> tuple[NDArray[np.int64], Keys]:
    """Return the text index and key of every character unigram and bigram."""
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
    # A unigram c has the key of the bigram (0, c); the code point 0 is only that of NUL.
    pairs = (codes[:-1][within] << np.uint64(_CHAR_BITS)) | codes[1:][within]
    keys = np.concatenate([codes[inner], pairs]) | tag
    return np.concatenate([rows[inner], rows[1:][within]]), keys


def _word_keys(texts: Sequence[Sequence[str]], channel: int) -> tuple[NDArray[np.int64], Keys]:
    """Return the text index and key of every word."""
    rows = np.repeat(np.arange(len(texts)), [len(words) for words in texts])
    known: dict[str, int] = {}
    numbers = [
        known.get(word) or known.setdefault(word, _word_key(word, channel))
        for words in texts
        for word in words
    ]
    return rows, np.array(numbers, np.uint64)


def _word_key(word: str, channel: int) -> int:
    """Return the key of a word: its 60-bit hash with the number of the channel."""
    digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return _WORD_FLAG | channel << _WORD_CHANNEL_SHIFT | digest & (1 << _WORD_CHANNEL_SHIFT) - 1


def term_names(keys: Keys) -> list[str]:
    """Return what the term of each key is called.

    A unigram or bigram is written as it is, with ``⊢`` before the first character of a text and
    ``⊣`` after the last one. A word is known by its hash only: ``word d5f4…`` (15 hexadecimal
    digits). Terms of headings begin with ``heading:``.

    Args:
        keys: (terms,) keys; even channels are of sentences, odd ones of headings.

    Example:
        >>> term_names(term_keys(["法治"], 0)[1])
        ['法', '治', '⊢法', '法治', '治⊣']
        >>> term_names(term_keys([["法治"]], 1)[1])
        ['heading:word d5f4780601cdf23']
    """
    names = []
    low = (1 << _CHAR_BITS) - 1
    for key in keys.tolist():
        if key & _WORD_FLAG:
            channel = key >> _WORD_CHANNEL_SHIFT
            name = f"word {key & (1 << _WORD_CHANNEL_SHIFT) - 1:015x}"
        else:
            channel = key >> _CHANNEL_SHIFT
            first, second = (
                chr(min(key >> shift & low, sys.maxunicode)) for shift in (_CHAR_BITS, 0)
            )
            name = {"\0": "", _EDGE: "⊢"}.get(first, first) + {_EDGE: "⊣"}.get(second, second)
        names.append(f"heading:{name}" if channel % 2 else name)
    return names


def term_spans(text: str | Sequence[str]) -> list[TermSpan]:
    """Return the span of each term of ``text``, in the order of :func:`term_keys`.

    Words are assumed to be adjacent.

    Example:
        >>> term_spans(["法治", "政府"])
        [TermSpan(start=0, length=2), TermSpan(start=2, length=2)]
    """
    if not isinstance(text, str):
        starts = np.cumsum([0, *map(len, text)]).tolist()
        return [TermSpan(start, len(word)) for start, word in zip(starts, text, strict=False)]
    if not text:
        return []
    size = len(text)
    pairs = [TermSpan(i, 2) for i in range(size - 1)]
    # An edge has no width: a bigram with an edge has the span of its character.
    return [*(TermSpan(i, 1) for i in range(size)), TermSpan(0, 1), *pairs, TermSpan(size - 1, 1)]


class KeyTable:
    """A hash table from keys to their indices in ``keys``, with chaining.

    For unordered 64-bit keys it is four times as fast as a binary search.

    Args:
        keys: (n,) distinct keys.

    Example:
        >>> KeyTable(np.array([7, 3], np.uint64)).find(np.array([3, 4], np.uint64)).tolist()
        [1, -1]
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._keys = keys
        bits = len(keys).bit_length() + _SPARE_BITS
        self._shift = np.uint64(64 - bits)
        self._first = np.full(1 << bits, -1, np.int32)
        self._next = np.full(len(keys), -1, np.int32)
        slots = self._slots(keys)
        order = np.argsort(slots)
        same = slots[order[1:]] == slots[order[:-1]]
        begins = np.concatenate([[True], ~same])[: len(order)]
        self._first[slots[order[begins]]] = order[begins]
        self._next[order[:-1][same]] = order[1:][same]

    def _slots(self, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return the slot of each key."""
        return (keys * _MULTIPLIER) >> self._shift

    def find(self, wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return (wanted,) the index of each key of ``wanted``, -1 for an unknown key."""
        indices = self._first[self._slots(wanted)].astype(np.int64)
        pending = np.flatnonzero(indices >= 0)
        while len(pending := pending[self._keys[indices[pending]] != wanted[pending]]):
            indices[pending] = self._next[indices[pending]]
            pending = pending[indices[pending] >= 0]
        return indices


_MIN_RELATIVE_WEIGHT = 0.02
"""Share of the largest contribution of a character below which a character is in no part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text and its contribution to the score of a topic.

    Attributes:
        start: offset of its first character in the text.
        end: offset after its last character.
        text: the part as written.
        weight: its contribution; above 0 for the topic, below 0 against it.
        heading: whether the part is in the heading instead of the sentence.
    """

    start: int
    end: int
    text: str
    weight: float
    heading: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a JSON object, with rounded numbers."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "weight": round(self.weight, 4),
            "heading": self.heading,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contributions of the parts of a text to the score of one topic.

    Attributes:
        topic: slug of the topic.
        score: signed distance from the separating hyperplane of the topic.
        probability: calibrated probability of the topic, 0 to 1.
        parts: the parts that contributed, largest absolute weight first.
    """

    topic: str
    score: float
    probability: float
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a JSON object, with rounded numbers."""
        return {
            "topic": self.topic,
            "score": round(self.score, 4),
            "probability": round(self.probability, 4),
            "parts": [part.to_dict() for part in self.parts],
        }


def parts_of(
    vectorizer: TfidfVectorizer,
    texts: Sequence[str],
    channels: Sequence[Units],
    weights: NDArray[np.float32],
) -> tuple[Part, ...]:
    """Return the parts of a sentence and its heading, largest absolute weight first.

    Args:
        vectorizer: the vectorizer of the classifier.
        texts: the sentence and its heading as written.
        channels: the folded texts of each channel, one text a channel; channels of the sentence and
            of the heading alternate.
        weights: (features,) coefficients of the topic.
    """
    features = vectorizer.transform(channels)
    term_weights = dict(
        zip(
            features.columns.tolist(),
            (features.values * weights[features.columns]).tolist(),
            strict=True,
        )
    )
    found: list[Part] = []
    for index, text in enumerate(texts):
        folded, offsets = squeeze_offsets(text)
        contributions = np.zeros(len(folded))
        for channel in range(index, len(channels), len(texts)):
            contributions += _character_weights(
                vectorizer, channels[channel][0], channel, term_weights, len(folded)
            )
        found += _merge_parts(text, offsets, contributions.tolist(), heading=index > 0)
    return tuple(sorted(found, key=lambda part: -abs(part.weight)))


def _character_weights(
    vectorizer: TfidfVectorizer,
    unit: str | Sequence[str],
    channel: int,
    term_weights: dict[int, float],
    size: int,
) -> NDArray[np.float64]:
    """Return (size,) the contribution of each character of a text by the terms of one channel."""
    terms = [
        (p, column) for p, column in vectorizer.known_terms(unit, channel) if column in term_weights
    ]
    occurrences = Counter(column for _, column in terms)
    contributions = np.zeros(size)
    for span, column in terms:
        contributions[span.start : span.start + span.length] += (
            term_weights[column] / occurrences[column] / span.length
        )
    return contributions


def _merge_parts(
    text: str, offsets: list[int], contributions: list[float], heading: bool
) -> list[Part]:
    """Return the runs of characters of one sign as parts, by their offsets in ``text``."""
    largest = max(map(abs, contributions), default=0.0)
    parts: list[Part] = []
    i = 0
    while i < len(contributions):
        sign = (
            np.sign(contributions[i])
            if abs(contributions[i]) > _MIN_RELATIVE_WEIGHT * largest
            else 0
        )
        end = i + 1
        while end < len(contributions) and sign and np.sign(contributions[end]) == sign:
            if abs(contributions[end]) <= _MIN_RELATIVE_WEIGHT * largest:
                break
            end += 1
        if sign:
            start, stop = offsets[i], offsets[end - 1] + 1
            parts.append(
                Part(start, stop, text[start:stop], float(sum(contributions[i:end])), heading)
            )
        i = end
    return parts
