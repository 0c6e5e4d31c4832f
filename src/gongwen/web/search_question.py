"""What the address of the search page asks for, and the addresses of the same search otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, quote_plus

from starlette.datastructures import QueryParams

from .filters import Filters, choice, number, switch, values

if TYPE_CHECKING:
    from ..index.requests import By, Sort, SynonymUse
    from ..research.concordance import ConcordanceSort

SIZES = (20, 50, 100)
"""Hits of a page that can be chosen; the first by default."""
VIEWS = ("hits", "kwic")
SORTS = ("relevance", "year", "left", "right")
"""Orders; left and right are those of a concordance."""
KINDS_OF_HITS = ("sentence", "report")
SYNONYMS = ("auto", "always", "never")
MOST_CONTEXT = 5
"""Neighbours of a hit on either side that can be shown with all hits."""
_LAST_PAGE = 100_000
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A search as an address has it.

    Attributes:
        filters: words and conditions.
        view: ``hits``, or ``kwic`` for a concordance.
        by: find sentences, or reports.
        sort: order.
        page: number of the page, from 1.
        size: hits, reports or occurrences of a page.
        context: neighbours to show with each hit on either side.
        synonyms: whether to use them: ``auto``, ``always`` or ``never``.
        group: list near-copies once.
        opened: facets of which all values are shown.
        pairs: parameters and values of the address but for the page, without defaults.
    """

    filters: Filters
    view: str
    by: By
    sort: ConcordanceSort
    page: int
    size: int
    context: int
    synonyms: SynonymUse
    group: bool
    opened: tuple[str, ...]
    pairs: Pairs

    @classmethod
    def of(cls, params: QueryParams) -> Question:
        """Read it from the query of an address.

        Raises:
            QueryError: a value cannot be used.

        Example:
            >>> question = Question.of(QueryParams("q=复议&role=plan&page=3&size=20"))
            >>> question.page, question.pairs
            (3, (('q', '复议'), ('role', 'plan')))
        """
        filters = Filters.of(params)
        view = choice(params, "view", VIEWS)
        by = choice(params, "by", KINDS_OF_HITS) if view == "hits" else KINDS_OF_HITS[0]
        sort = choice(params, "sort", SORTS)
        if view == "hits" and sort in ("left", "right"):
            sort = SORTS[0]
        size = int(choice(params, "size", tuple(map(str, SIZES))))
        context = number(params, "context", 0, 0, MOST_CONTEXT)
        synonyms = choice(params, "synonyms", SYNONYMS)
        group = not params.get("group") or switch(params, "group")
        opened = values(params, "open")
        chosen = (
            *([("q", filters.query)] if filters.query else []),
            *filters.conditions,
            *((name, value) for name, value, default in (
                ("view", view, VIEWS[0]), ("by", by, KINDS_OF_HITS[0]), ("sort", sort, SORTS[0]),
                ("size", str(size), str(SIZES[0])), ("context", str(context), "0"),
                ("synonyms", synonyms, SYNONYMS[0]), ("group", "01"[group], "1"),
            ) if value != default),
            *(("open", name) for name in opened),
        )  # fmt: skip
        page = number(params, "page", 1, 1, _LAST_PAGE)
        return cls(
            filters=filters,
            view=view,
            by=cast("By", by),
            sort=cast("ConcordanceSort", sort),
            page=page,
            size=size,
            context=context,
            synonyms=cast("SynonymUse", synonyms),
            group=group,
            opened=opened,
            pairs=tuple(chosen),
        )

    @property
    def order(self) -> Sort:
        """The order of hits."""
        return "year" if self.sort == "year" else "relevance"

    @property
    def offset(self) -> int:
        """What lies in front of the page."""
        return (self.page - 1) * self.size

    def arguments(self, filters: Filters | None = None) -> dict[str, Any]:
        """Return what :meth:`Library.search` and :meth:`Library.concordance` take both.

        Args:
            filters: conditions in place of its own.
        """
        return {**(filters or self.filters).arguments(), "synonyms": self.synonyms}

    def link(
        self,
        path: str = "/search",
        /,
        *,
        drop: Sequence[str] = (),
        take: Pairs = (),
        add: Pairs = (),
    ) -> str:
        """Return the address of this search with some parameters changed, on its first page.

        Args:
            path: path of the page.
            drop: parameters that go.
            take: single values that go.
            add: parameters that come.
        """
        kept = [pair for pair in self.pairs if pair[0] not in drop and pair not in take]
        return address_of(path, (*kept, *add))

    def with_value(self, **changed: str | int) -> str:
        """Return the address of this search with other values of some parameters.

        An empty value drops the parameter.
        """
        added = tuple((name, str(value)) for name, value in changed.items() if value != "")
        return self.link(drop=tuple(changed), add=added)

    def without(self, *dropped: str) -> Pairs:
        """Return the parameters for a form that sets the ``dropped`` ones itself."""
        return tuple(pair for pair in self.pairs if pair[0] not in dropped)


def address_of(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address with parameters, escaped.

    Example:
        >>> address_of("/search", [("q", "a&b"), ("topic", "执法")])
        '/search?q=a%26b&topic=%E6%89%A7%E6%B3%95'
    """
    asked = "&".join([f"{name}={_encoded(value)}" for name, value in pairs])
    return f"{path}?{asked}" if asked else path


@dataclass(frozen=True, slots=True)
class SentenceLinks:
    """The addresses of pages on one sentence.

    Attributes:
        report: its report, opened at the sentence.
        context: the sentence with its neighbours.
        similar: sentences of other reports that are like it.
    """

    report: str
    context: str
    similar: str


def sentence_links(report: str, n: int) -> SentenceLinks:
    """Return the addresses of pages on sentence ``n`` of the report with this id.

    Example:
        >>> sentence_links("wugong-2020", 27).report
        '/reports/wugong-2020?at=27#s-27'
    """
    query = f"report={_encoded(report)}&n={n}"
    return SentenceLinks(
        f"{report_path(report)}?at={n}#s-{n}",
        f"/search/context?{query}",
        f"/similar?{query}&elsewhere=1",
    )


@lru_cache(maxsize=4096)
def report_path(report: str) -> str:
    """Return the path of the page of a report."""
    return f"/reports/{quote(report)}"


@lru_cache(maxsize=4096)
def _encoded(value: str) -> str:
    # The values of facets and ids of reports stand in every page again.
    return quote_plus(value)
