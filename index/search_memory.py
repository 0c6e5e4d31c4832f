"""What searches of the same rows remember for later ones: where strings stand, counts of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .query import Text
from .scan import Positions

_T = TypeVar("_T")


class Occurrences(NamedTuple):
    """Where a string occurs.

    Attributes:
        rows: (n,) the row of each occurrence, ascending.
        unsure: (m,) rows among them, without repeats, that may not have it as it was typed.
    """

    rows: Positions
    unsure: Positions


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows that contain a string.

    Attributes:
        rows: (n,) rows, ascending, without repeats; deleted rows may be among them.
        counts: (n,) number of occurrences of the string in each, at most 65535.
        words: (n,) how many of them are words by themselves.
        unsure: (m,) rows among them that may not have the string as it was typed.
    """

    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    words: NDArray[np.uint16]
    unsure: Positions

    @classmethod
    def of(
        cls, rows: NDArray[Any], counts: NDArray[Any], words: NDArray[Any], unsure: Positions
    ) -> Hits:
        """Return hits of arrays of any type."""
        most = np.iinfo(np.uint16).max
        return cls(
            rows.astype(np.int32),
            np.minimum(counts, most).astype(np.uint16),
            np.minimum(words, most).astype(np.uint16),
            unsure,
        )


class Memory:
    """What searches of the same rows remember for later ones.

    Attributes:
        strings: how often the strings that match a pattern stand in the text.
    """

    MOST_OCCURRENCES = 256, 1_000_000
    """Scanned strings that are remembered, and rows of all of them, 8 bytes each."""
    MOST_STRINGS = 64, 1000
    """Patterns whose strings are remembered, and strings of each; one with more is not."""
    MOST_ROWS = 4_000_000
    """Rows of all remembered words together, 12 bytes each; beyond it the first are forgotten."""

    def __init__(self) -> None:
        self.strings: dict[str, Counter[str]] = {}
        self._hits: dict[Text, Hits] = {}
        self._occurrences: dict[Text, Occurrences] = {}
        self._occurrence_rows = 0
        self._scores: dict[Text, tuple[tuple[object, ...], NDArray[np.float32]]] = {}
        self._rows = 0
        self._made: dict[str, Any] = {}
        self._divided: tuple[Text, Positions] | None = None

    def keep_strings(self, pattern: str, found: Counter[str]) -> None:
        """Remember how often the strings that match ``pattern`` stand in the text."""
        patterns, strings = self.MOST_STRINGS
        if len(found) > strings:
            return
        if len(self.strings) >= patterns:
            self.strings = {}
        self.strings[pattern] = Counter(found)

    def occurrences(self, text: Text, scan: Callable[[Text], Occurrences]) -> Occurrences:
        """Return where ``text`` stands, which ``scan`` finds at first."""
        found = self._occurrences.get(text)
        if found is None:
            found = scan(text)
            found.rows.flags.writeable = False  # searches share it
            size, (texts, rows) = len(found.rows), self.MOST_OCCURRENCES
            if len(self._occurrences) >= texts or self._occurrence_rows + size > rows:
                self._occurrences, self._occurrence_rows = {}, 0
            if size <= rows:
                self._occurrences[text] = found
                self._occurrence_rows += size
        return found

    def hits(self, text: Text) -> Hits | None:
        """Return where ``text`` is, if that is remembered."""
        return self._hits.get(text)

    def keep(self, text: Text, hits: Hits) -> None:
        """Remember where ``text`` is."""
        self._hits[text] = hits
        self._rows += len(hits.rows)
        while self._rows > self.MOST_ROWS:
            try:
                first = next(iter(self._hits))
                self._rows -= len(self._hits.pop(first).rows)
                self._scores.pop(first, None)
            except (StopIteration, KeyError, RuntimeError):  # another thread forgets, too
                break

    def scores(
        self, text: Text, key: tuple[object, ...], make: Callable[[], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Return the scores of the rows that contain ``text``, which ``make`` computes at first.

        Args:
            text: a string.
            key: what else the scores depend on; only those of the last key are remembered.
            make: returns (n,) scores.
        """
        known = self._scores.get(text)
        if known is None or known[0] != key:
            known = key, make()
            if text in self._hits:
                self._scores[text] = known
        return known[1]

    def divided(self, text: Text, find: Callable[[Text], Positions]) -> Positions:
        """Return the rows that hold ``text`` only with marks inside, which ``find`` finds at first.

        Those of the last word are remembered: it is asked for several times in a search.
        """
        known = self._divided
        if known is None or known[0] != text:
            known = self._divided = text, find(text)
        return known[1]

    def once(self, key: str, make: Callable[[], _T]) -> _T:
        """Return what ``make`` returned when it was first called with this ``key``."""
        if key not in self._made:
            self._made[key] = make()
        made: _T = self._made[key]
        return made
