"""What an engine is: the seam between the library and whatever holds the index.

An engine is given sentences with their words and finds them again. It holds nothing that the
library's store does not, so it can be thrown away and fed anew at any time. One conformance suite
(``tests/index/test_conformance.py``) is the specification for all engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .query import Node

Sort = Literal["relevance", "year"]
Facet = Literal["topic", "role", "region", "year", "report", "kind"]

FACETS: tuple[Facet, ...] = ("topic", "role", "region", "year", "report", "kind")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence as an engine is fed with it.

    Attributes:
        id: the library's number for the sentence, above 0, never used twice.
        text: the sentence, folded and squeezed.
        words: its words, with repeats.
        topics: slugs, the primary topic first; empty for boilerplate.
        role: slug of the role.
        kind: title, heading, sentence or boilerplate.
        report: id of the report.
        region: region of the report, ``""`` when unknown.
        year: year of the report, ``"2020"`` or ``"2018-2020"``, ``""`` when unknown.
        probability: of the likeliest topic, 0 to 1.
    """

    id: int
    text: str
    words: Sequence[str]
    topics: tuple[str, ...]
    role: str
    kind: str
    report: str
    region: str
    year: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Retag:
    """New tags of a sentence.

    Attributes:
        id: the library's number for the sentence.
        topics: slugs, the primary topic first.
        role: slug of the role.
        probability: of the likeliest topic, 0 to 1.
    """

    id: int
    topics: tuple[str, ...]
    role: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ids: sentence ids of the page asked for, best first.
        scores: BM25 score of each.
        total: matches in all.
        counts: for each facet asked for, the matches with each value, most frequent first; a
            sentence counts for each of its topics.
    """

    ids: list[int]
    scores: list[float]
    total: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Engine(Protocol):
    """An index of sentences in a folder of its own."""

    @property
    def generation(self) -> int:
        """The store's generation up to which the index is complete; 0 for an empty index."""

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete, add, and make both visible in one step as ``generation``.

        An entry whose id is there already replaces it; an id comes once in a feed. Deleting what
        is not there is no error. When the process dies, the index is as it was before or as it
        is after.
        """

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences that are there, in one step as ``generation``.

        Their words stay as they are, so this costs a fraction of feeding them again. A sentence
        that is not there is passed over.
        """

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
    ) -> Found:
        """Find the sentences that match ``query``, a planned tree; ties are in order of id."""

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``, without ranking them."""

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words, 0 for no word of the index.

        A sentence that was deleted may count until the engine tidies up: queries are cut by
        these figures, and nothing is found or missed by them.
        """

    @property
    def total_words(self) -> int:
        """How many words all sentences hold together, with repeats."""

    def close(self) -> None:
        """Release every file; the engine cannot be used afterwards."""
