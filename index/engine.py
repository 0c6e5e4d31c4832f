"""The protocol of an engine: the seam between a library and what holds its index.

An engine is given sentences with their words and finds them again. It holds nothing that the
library's store does not, so it can be thrown away and fed anew at any time. One conformance suite
(``tests/index/test_conformance.py``) is the specification for all engines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, get_args

from ..nlp.errors import QueryError, quoted
from .query import Filter, Node

Sort = Literal["relevance", "year"]
SynonymUse = Literal["auto", "always", "never"]
By = Literal["sentence", "report"]
Grouping = Literal["", "earliest", "best"]
"""How near-copies are listed: each by itself, or one of them, the earliest or the best."""
Facet = Literal["topic", "role", "region", "year", "report", "kind"]

FACETS: tuple[Facet, ...] = ("topic", "role", "region", "year", "report", "kind")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence as an engine is fed with it.

    Attributes:
        id: the library's number for the sentence, above 0, never used twice.
        text: the sentence, folded and squeezed.
        words: its words, with repeats; each stands in ``text``.
        topics: slugs, the primary topic first; empty for boilerplate.
        role: slug of the role.
        kind: title, heading, sentence or boilerplate.
        report: id of the report.
        region: region of the report, ``""`` when unknown.
        year: year of the report, ``"2020"`` or ``"2018-2020"``, ``""`` when unknown.
        probability: of the likeliest topic, 0 to 1.
        heading: what stands above the sentence, folded: section and title; it only weighs.
        names: names of the report's own place and office, in which near-copies may differ.
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
    heading: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """All that is asked of one search.

    Attributes:
        query: in the query language; may be empty when there is a filter.
        filters: conditions besides the query, all of which must hold.
        limit: sentences or reports of the page, 0 or more.
        offset: sentences or reports in front of the page.
        sort: by relevance, or by year, latest first.
        by: find sentences, or whole reports.
        best: sentences of each report, 1 or more.
        counts: facets to count over all matches.
        context: neighbours to give with each sentence on either side.
        synonyms: use them when nothing literal is found (``auto``), ``always``, or ``never``.
        verbatim: exact strings want their marks as typed.
        group: list near-copies, sentences that differ in numbers, names or marks only, once;
            ``limit`` and ``offset`` then count groups.
        copies: give the near-copies of each hit too.

    Raises:
        QueryError: a number is too small, or a word is none of the choices.

    Example:
        >>> SearchRequest(query="法律顾问", limit=5).offset
        0
    """

    query: str = ""
    filters: tuple[Filter, ...] = ()
    limit: int = 20
    offset: int = 0
    sort: Sort = "relevance"
    by: By = "sentence"
    best: int = 3
    counts: tuple[str, ...] = ()
    context: int = 0
    synonyms: SynonymUse = "auto"
    verbatim: bool = False
    group: bool = True
    copies: bool = False

    def __post_init__(self) -> None:
        for name, least in (("limit", 0), ("offset", 0), ("best", 1), ("context", 0)):
            check_number(name, getattr(self, name), least)
        _check_choice("sort", self.sort, get_args(Sort))
        _check_choice("synonyms", self.synonyms, get_args(SynonymUse))
        _check_choice("by", self.by, get_args(By))


def check_number(name: str, value: int, least: int = 0) -> None:
    """Raise QueryError when ``value`` is no whole number from ``least``."""
    if not isinstance(value, int) or value < least:
        raise QueryError(f"{name} must be a whole number from {least}, not {quoted(str(value))}")


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise QueryError(f"{name} must be {', '.join(choices)}, not {quoted(str(value))}")


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
class FoundReport:
    """A report in which sentences were found.

    Attributes:
        report: its id.
        score: of the report, from those of its sentences.
        matches: how many of its sentences match.
        ids: the best of them.
        scores: score of each.
    """

    report: str
    score: float
    matches: int
    ids: list[int]
    scores: list[float]


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Sentences that match and are near-copies of one another.

    Attributes:
        sentences: how many they are, 1 or more.
        reports: in how many reports they stand.
        ids: the sentences, the earliest first (year, then report, then place); empty unless asked.
    """

    sentences: int
    reports: int
    ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ids: sentence ids of the page asked for, best first.
        scores: score of each.
        total: sentences that match in all.
        counts: for each facet asked for, the matches with each value, most frequent first; a
            sentence counts for each of its topics.
        reports: of a search for reports those of the page, best first.
        total_reports: of a search for reports, how many there are in all.
        total_exact: how many of the sentences match ``exact`` too; ``None`` when it was not given.
        counts_exact: like ``counts``, over those.
        total_distinct: how many groups of near-copies there are among all matches; ``None`` when
            it is not known, because an older version wrote the index.
        copies: near-copies by the id of a sentence in ``ids``; those without any are left out.
    """

    ids: list[int]
    scores: list[float]
    total: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reports: Sequence[FoundReport] = ()
    total_reports: int = 0
    total_exact: int | None = None
    counts_exact: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    total_distinct: int | None = None
    copies: Mapping[int, CopyGroup] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundCopies:
    """Groups of near-copies that stand in several reports.

    Attributes:
        groups: those of the page, the one in most reports first, with their ids.
        reports: ids of the reports of each group, the earliest first.
        total: how many groups there are in all.
        sentences: how many sentences were looked at.
    """

    groups: Sequence[CopyGroup]
    reports: Sequence[Sequence[str]]
    total: int
    sentences: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the text of a sentence stands elsewhere.

    Attributes:
        copies: its near-copies, ``None`` when there are none.
        near: ids of sentences that have some of its text.
    """

    copies: CopyGroup | None
    near: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """One of the facets that sentences are counted by together.

    Attributes:
        facet: what of a sentence is looked at; a sentence has several topics, and one of the rest.
        labels: as what each value counts, ``""`` for a value that is not there; ``None`` for the
            values themselves. Fields of reports are counted by ``report`` with the field of each.

    Example: ``Axis("report", {"wugong-2020": "陕西省"})`` counts by province.
    """

    facet: Literal["topic", "role", "kind", "report"]
    labels: Mapping[str, str] | None = None


Cell = tuple[str | None, ...]
"""A label of each axis; ``None`` stands for all of them together, ``""`` for an unknown one."""


class Counted(NamedTuple):
    """How many sentences a cell has.

    Attributes:
        sentences: all of them.
        distinct: how many remain when those that are copies of one another count once.
    """

    sentences: int
    distinct: int


class Engine(Protocol):
    """An index of sentences in a folder of its own.

    Threads may read from one engine at the same time. One process at a time writes, with an engine
    that no other thread uses; after a failure or an interruption that engine is thrown away.
    """

    @property
    def generation(self) -> int:
        """The store's generation up to which the index is complete; 0 for an empty index."""

    @property
    def build(self) -> str:
        """Name of this build of the index; one that replaces it has another."""

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index; it can be read, and should be built anew."""

    @property
    def replaced(self) -> bool:
        """Whether the index was written since this engine has opened it."""

    def verify(self) -> list[str]:
        """Return what is wrong with what is stored, nothing when it is sound.

        A search that fails is no proof of damage: what it read may have been replaced meanwhile.
        """

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> Engine:
        """Return this index as it will be once these changes are fed; nothing is written.

        A reader sees what was removed and retagged since the engine's generation at once, also
        while another process writes. Sentences that were added are not in it.

        Args:
            removed: ids of sentences.
            changes: new tags of sentences.
            generation: the store's generation that the changes lead to.
        """

    def publish(self) -> None:
        """Put an index that was made beside the present one in its place, in one step."""

    def leftovers(self) -> Sequence[Path]:
        """Return what a process that died has left."""

    def tidy(self) -> None:
        """Remove the leftovers; only under the lock of the library."""

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return where the index says otherwise than ``entries``, a line a sentence.

        Words are not compared. With ``all_of_them`` it should have no other sentences.
        """

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
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the sentences that match ``query``, a planned tree; ties are in order of id.

        Those that match ``prefer`` too come before all others; those that match ``exact`` too are
        counted apart. With ``group`` near-copies are listed once, at the rank of the best of them,
        and ``limit`` and ``offset`` count groups; with ``copies`` the ids of each group are given.
        By year a group stands where its earliest sentence does.
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

    def strings(self, pattern: re.Pattern[str]) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, and how often each stands there.

        A large index may be read in part: this is for suggestions, not for results.
        """

    @property
    def total_words(self) -> int:
        """How many words all sentences hold together, with repeats."""

    def close(self) -> None:
        """Release every file; the engine cannot be used afterwards."""
