"""Collect the postings of the documents that are added to an index, and sort them by word."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Posting = tuple[str, bytes, int, float, bytes]
"""Whoosh's posting: field, word, document number, weight (here the count), value."""
PostingList = tuple[bytes, "array[int]", "array[float]"]
"""A word, the numbers of the documents that contain it, ascending, and its count in each."""


class _WordNumbers(dict[str, int]):
    """Numbers of words, which are given in the order in which the words are first asked for."""

    def __init__(self) -> None:
        self.of_bytes: dict[bytes, int] = {}

    def __missing__(self, word: str) -> int:
        number = self.of_bytes.setdefault(word.encode("utf-8", "replace"), len(self.of_bytes))
        self[word] = number
        return number


class PostingPool:
    """The postings that a writer collects in memory; it replaces Whoosh's pool of tuples.

    Words of documents are kept as numbers, 4 bytes each, and are sorted when all are there.
    """

    def __init__(self) -> None:
        self._numbers = _WordNumbers()
        self._words = array("I")
        self._documents = array("I")
        self._sizes = array("I")
        self._merged: dict[bytes, tuple[array[int], array[float]]] = {}

    def add_words(self, document: int, words: Sequence[str]) -> None:
        """Add the postings of a document; its number must be higher than all before."""
        numbers = self._numbers
        self._words.extend([numbers[word] for word in words])
        self._documents.append(document)
        self._sizes.append(len(words))

    def add(self, posting: Posting) -> None:
        """Add a posting of a segment that Whoosh merges into the new one, after all words."""
        _, word, document, count, _ = posting
        found = self._merged.get(word)
        if found is None:
            found = self._merged[word] = (array("I"), array("f"))
        found[0].append(document)
        found[1].append(count)

    def frequencies(self) -> dict[str, int]:
        """Return the number of documents that contain each word, of those added as words."""
        sizes = np.diff(self._sorted[0]).tolist()
        return {word: sizes[number] for word, number in self._numbers.items()}

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32]]:
        """The postings of all words, one word after the other.

        Returns:
            (words + 1,) where the postings of each word begin, (postings,) documents, ascending
            for each word, and (postings,) counts.
        """
        documents = np.repeat(
            np.frombuffer(self._documents, np.uint32), np.frombuffer(self._sizes, np.uint32)
        )
        pairs = np.frombuffer(self._words, np.uint32).astype(np.uint64) << np.uint64(32)
        pairs |= documents
        pairs.sort()
        first = np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))
        counts = np.diff(first, append=len(pairs))
        pairs = pairs[first]
        words = np.arange(len(self._numbers.of_bytes) + 1, dtype=np.uint64) << np.uint64(32)
        starts = np.searchsorted(pairs, words)
        return starts, pairs.astype(np.uint32), counts.astype(np.float32)

    def iter_postings(self) -> Iterator[PostingList]:
        """Yield the posting list of every word, in the order of the words; Whoosh calls this."""
        starts, all_documents, all_counts = self._sorted
        numbers = self._numbers.of_bytes
        begins = starts.tolist()
        for word in sorted(numbers.keys() | self._merged.keys()):
            documents, counts = array("I"), array("f")
            number = numbers.get(word)
            if number is not None:
                own = slice(begins[number], begins[number + 1])
                documents.frombytes(all_documents[own].tobytes())
                counts.frombytes(all_counts[own].tobytes())
            if word in self._merged:
                documents += self._merged[word][0]
                counts += self._merged[word][1]
            yield word, documents, counts

    def cleanup(self) -> None:
        """Release all postings."""
        for name in ("_numbers", "_words", "_documents", "_sizes", "_merged", "_sorted"):
            self.__dict__.pop(name, None)

    cancel = cleanup
