"""The protocol of a searcher: what a library asks of its index, whichever engine holds it.

:class:`Searcher` is what query expansion, the search of a library, counts, copies and comparisons
call. The default engine answers it by itself, as it has every column in memory. For every other
engine :class:`~gongwen.index.shared_searcher.SharedSearcher` does, by the engine's primitives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Protocol, runtime_checkable

from .query import Node
from .requests import (
    Axis,
    Cell,
    Counted,
    Elsewhere,
    Facet,
    Found,
    FoundCopies,
    Grouping,
    Sort,
)


class Source(Protocol):
    """What is read from the library's store, as an engine need not keep it.

    Example: the store of a library, or a dictionary of entries in a test.
    """

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the folded text of each sentence, ``""`` for one that is not there."""

    def reports(self) -> Mapping[str, tuple[str, str]]:
        """Return region and year of every report by its id, ``""`` when they are unknown.

        A year is ``"2020"`` or ``"2018-2020"``.
        """


@runtime_checkable
class Searcher(Protocol):
    """Answers planned queries: pages of sentences or reports in order, totals, counts, copies."""

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the sentences that match ``query``, a planned tree; ties are in order of id.

        Those that match ``prefer`` too come before all others; those that match ``exact`` too are
        counted apart. With ``group`` near-copies are listed once, at the rank of the best of them,
        and ``limit`` and ``offset`` count groups; with ``copies`` the ids of each group are given.
        By year a group stands where its earliest sentence does. A limit of 0 only counts. Without
        ``group`` the number of distinct sentences may be left out (:meth:`distinct` gives it).
        """

    def search_reports(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        best: int = 3,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the reports with sentences that match ``query``, and the ``best`` of each.

        ``limit`` and ``offset`` count reports; ``ids`` are the sentences of all that are given.
        With ``group`` no two of the best sentences of a report are near-copies.
        """

    def copies(self, query: Node, *, limit: int = 20) -> FoundCopies | None:
        """Find the near-copies among the sentences that match ``query``, in two reports or more.

        ``None`` when near-copies are not known, because an older version wrote the index.
        """

    def elsewhere(self, query: Node, among: Node, most: int = 3) -> dict[int, Elsewhere] | None:
        """Return where the text of the sentences that match ``query`` stands ``among`` others.

        Near-copies are given with all their ids. For a sentence without any, those sentences are
        given that have at least a quarter of its runs of six characters, at most ``most``, the
        nearest first; of near-copies among them the earliest. A sentence of which there is nothing
        is left out. ``None`` when an older version wrote the index.
        """

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``, without ranking them."""

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the id of every sentence that matches ``query``, ascending, without ranking."""

    def distinct(self, query: Node) -> int | None:
        """Return how many sentences match when near-copies count once; ``None`` if unknown."""

    def tabulate(
        self, queries: Sequence[Node], axes: Sequence[Axis]
    ) -> list[Mapping[Cell, Counted]]:
        """Count the sentences that match each query by all axes at once.

        A sentence counts once for each of its topics, and once where topics are taken together.

        Returns:
            For each query the cells with sentences, and the totals over every choice of axes:
            ``("陕西省", "2020")``, ``("陕西省", None)``, ``(None, "2020")``, ``(None, None)``.
        """

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words, 0 for no word of the index.

        A sentence that was deleted may count until the engine tidies up: queries are cut by
        these figures, and nothing is found or missed by them.
        """

    def vocabulary(self) -> Iterable[tuple[str, int]]:
        """Yield every word of the index and how many sentences hold it; a word may come twice."""

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, and how often each stands there.

        With ``begins`` only places are looked at where the characters of these sets follow each
        other. A large index may be read in part: this is for suggestions, not for results.
        """

    @property
    def total_words(self) -> int:
        """How many words all sentences hold together, with repeats."""
