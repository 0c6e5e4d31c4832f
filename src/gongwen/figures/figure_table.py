"""List the figures of a library as rows of a table, each with its report and citation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from ..nlp.errors import QueryError, quoted
from ..nlp.records import FIGURE_KINDS, Figure, Role, Value, Year
from ..nlp.text.dates import year_span
from ..results import Report, StoredSentence, citation
from ..search import Years, filters_of

if TYPE_CHECKING:
    from ..search import Searching
    from ..storage.store import Store


class FigureFilters(TypedDict, total=False):
    """Which figures are wanted; the same names as in ``Library.search``, where it has them.

    Attributes:
        indicators: words that the indicator has, or another way of writing it.
        units: units without 万 and 亿, as 件, 元 or %.
        topics: slugs or Chinese names of the topics of the sentence.
        roles: likewise what the sentence does (问题, plan).
        regions: places, as in :meth:`~gongwen.Library.search`.
        years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``: that of the
            figure, which is the report's where the sentence names no other.
        reports: ids of reports.
        kinds: quantity, percent, ratio, money, rank, change, range or date; all but dates by
            default.
        fields: conditions on fields of the reports, as in :meth:`~gongwen.Library.search`.
        limit: figures to give, all by default.
    """

    indicators: str | Sequence[str]
    units: str | Sequence[str]
    topics: str | Sequence[str]
    roles: str | Sequence[str]
    regions: str | Sequence[str]
    years: Years
    reports: str | Sequence[str]
    kinds: str | Sequence[str]
    fields: Mapping[str, str | Sequence[str]]
    limit: int | None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of a report in a library.

    Attributes:
        figure: the number and what it counts.
        report: the report it stands in.
        sentence: the sentence it stands in.
        sentence_start: where that begins in the report's text.
        sentence_role: what that does in the report, as ``plan``.
        section: headings above it, joined by `` > ``.
    """

    figure: Figure
    report: Report
    sentence: str
    sentence_start: int
    sentence_role: Role
    section: str

    @property
    def place(self) -> str:
        """Where it stands, as ``gongwen show`` takes it (``wugong-2020:27``)."""
        return f"{self.report.id}:{self.figure.n}"

    @property
    def citation(self) -> str:
        """Where it stands, ready to paste, as that of a hit."""
        return citation(self.report, self.section, self.figure.n, self.sentence)

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands in ``sentence``."""
        return self.figure.start - self.sentence_start, self.figure.end - self.sentence_start

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        f = self.figure
        return {
            "report": f.report,
            "n": f.n,
            "start": f.start,
            "end": f.end,
            "indicator": f.indicator,
            "value": f.value,
            "unit": f.unit,
            "kind": f.kind,
            "qualifier": f.qualifier,
            "approximate": f.approximate,
            "raw": f.raw,
            "year": f.year,
            "period": f.period,
            "role": f.role,
            "direction": f.direction,
            "part_of": f.part_of,
            "title": self.report.title,
            "region": self.report.region,
            "citation": self.citation,
            "sentence": self.sentence,
        }


def find_figures(
    store: Store,
    ask: Callable[[Callable[[Searching], list[FigureRow]]], list[FigureRow]],
    query: str,
    filters: FigureFilters,
) -> list[FigureRow]:
    """Return the figures that ``Library.figures`` is asked for.

    Args:
        store: has them.
        ask: puts a question to the index, and to the store as of the same moment.
        query: in the query language, ``""`` for none.
        filters: conditions on figures, sentences and reports.
    """
    wanted = _several(filters.get("indicators", ()))
    units = _several(filters.get("units", ()))
    kinds = _kinds(_several(filters.get("kinds", ())))
    limit = filters.get("limit")
    from ..index.engine import check_number  # late: ``show`` needs no index

    check_number("limit", 0 if limit is None else limit)
    span = _span(filters.get("years"))
    conditions = filters_of(
        topics=filters.get("topics", ()),
        roles=filters.get("roles", ()),
        reports=filters.get("reports", ()),
        regions=filters.get("regions", ()),
        fields=filters.get("fields"),
    )

    def read(searching: Searching | None) -> list[FigureRow]:
        found = store.sentences(searching.matching(query, conditions)) if searching else None
        figures = [
            figure
            for figure in store.figures.find(
                None if found is None else {sentence.report for sentence in found},
                _called(store, wanted) if wanted else None,
            )
            if figure.kind in kinds
            and (not units or figure.unit in units)
            and (span is None or _within(figure.year, span))
        ]
        return _rows(store, figures, found)[:limit]

    if query.strip() or conditions:
        return ask(read)
    with store.snapshot():
        return read(None)


def _rows(
    store: Store, figures: Sequence[Figure], found: Sequence[StoredSentence] | None
) -> list[FigureRow]:
    """Return ``figures`` with their sentences, those of ``found`` in its order."""
    names = {figure.report for figure in figures}
    reports = {report.id: report for report in store.reports(names)}
    if found is None:
        found = [sentence for name in sorted(names) for sentence in store.sentences_of(name)]
    of: dict[tuple[str, int], list[Figure]] = {}
    for figure in figures:
        of.setdefault((figure.report, figure.n), []).append(figure)
    return [
        FigureRow(figure, reports[s.report], s.text, s.start, s.role, s.section)
        for s in found
        for figure in of.get((s.report, s.n), ())
        if s.report in reports
    ]


def _called(store: Store, wanted: Sequence[str]) -> set[str]:
    """Return the indicators of the library that are called one of ``wanted``."""
    # late: a search does not need it
    from ..nlp.figures.indicators import is_called

    return {
        indicator
        for indicator in store.figures.indicators()
        if any(is_called(indicator, name) for name in wanted)
    }


def _several(values: str | Sequence[str]) -> list[str]:
    return [value for value in ([values] if isinstance(values, str) else values) if value]


def _kinds(kinds: Sequence[str]) -> set[str]:
    for kind in kinds:
        if kind not in FIGURE_KINDS:
            raise QueryError(f"kind {quoted(kind)} is none of {', '.join(FIGURE_KINDS)}")
    return set(kinds or FIGURE_KINDS) - (set() if kinds else {"date"})


def _span(years: Years) -> tuple[int, int] | None:
    from ..index.planner import years as typed_span  # late: ``show`` needs no index

    typed = filters_of(years=years)
    if not typed:
        return None
    first, _, last = typed_span(typed[0].values[0]).partition("..")
    return int(first or 0), int(last or 9999)


def _within(year: Year, span: tuple[int, int]) -> bool:
    """Say whether a year, or a part of a span of years, lies in ``span``."""
    years = year_span(year)
    return years is not None and years[0] <= span[1] and years[1] >= span[0]


_SIZES = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"))
_LONGEST = 4
"""Decimals behind 万; a number that needs more is written with the smaller unit."""


def readable(value: Value, unit: str = "") -> str:
    """Return a value with its unit; both ends of a range."""
    if isinstance(value, list):
        return f"{'–'.join(_number(v) for v in value)}{unit}"
    return f"{_number(value)}{unit}"


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    exact = Decimal(repr(value))
    for size, name in _SIZES:
        short = exact / size
        if abs(exact) >= size and short == round(short, _LONGEST):
            shown = f"{short.normalize():f}{name}"
            return shown if len(shown) <= len(f"{exact:f}") else f"{exact:f}"
    return f"{exact.normalize():f}"
