"""What a library asks of its index, and what it is answered: hits, counts, near-copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from ..nlp.errors import QueryError, quoted
from .query import Filter

Sort = Literal["relevance", "year"]
SynonymUse = Literal["auto", "always", "never"]
By = Literal["sentence", "report"]
Grouping = Literal["", "earliest", "best"]
"""How near-copies are listed: each by itself, or one of them, the earliest or the best."""
Facet = Literal["topic", "role", "region", "year", "report", "kind"]

FACETS: tuple[Facet, ...] = ("topic", "role", "region", "year", "report", "kind")


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
