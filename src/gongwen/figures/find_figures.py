"""Find the figures of a library: of the sentences that match a question, and by conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, TypedDict, get_args

from ..catalog import _, choice_names, cited
from ..conditions import Years, filters_of, several
from ..nlp.errors import QueryError
from ..nlp.fields import english
from ..nlp.records import FIGURE_KINDS, Figure, FigureStatus, PeriodKind
from ..nlp.text.dates import year_span
from ..nlp.text.normalize import fold
from .figure_table import FigureRow, FigureRows, measured_in

if TYPE_CHECKING:
    from ..search import Searching
    from ..storage.store import Store

UNKNOWN, ALL = "unknown", "all"
"""What is asked for beside the names of statuses and periods: what is not known, and everything."""
STATUSES = (*filter(None, get_args(FigureStatus)), UNKNOWN, ALL)
PERIODS = (*filter(None, get_args(PeriodKind)), UNKNOWN, ALL)


class FigureFilters(TypedDict, total=False):
    """Which figures are wanted; the same names as in ``Library.search``, where it has them.

    Attributes:
        indicators: words that the indicator has, or another way of writing it.
        units: units, as 件, 万吨 or %; figures in any unit of the same dimension are found (of 吨
            those in 斤 too), as they can be converted.
        topics: slugs or Chinese names of the topics of the sentence.
        roles: likewise what the sentence does (问题, plan).
        regions: places, as in :meth:`~gongwen.Library.search`.
        years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``: that of the
            figure, which is the report's where the sentence names no other.
        reports: ids of reports.
        kinds: quantity, percent, ratio, money, rank, change, range or date; all but dates by
            default.
        statuses: result, plan, forecast, standard, unknown or all, the default.
        periods: kinds of periods: year, span (several years), part (of a year), until (a count at
            a date), cumulative, unknown or all, the default.
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
    statuses: str | Sequence[str]
    periods: str | Sequence[str]
    fields: Mapping[str, str | Sequence[str]]
    limit: int | None


def find_figures(
    store: Store,
    ask: Callable[[Callable[[Searching], FigureRows]], FigureRows],
    query: str,
    filters: FigureFilters,
) -> FigureRows:
    """Return the figures that ``Library.figures`` is asked for; a lone ``*`` asks for all.

    Args:
        store: has them.
        ask: puts a question to the index, and to the store as of the same moment.
        query: in the query language, ``""`` for none.
        filters: conditions on figures, sentences and reports.
    """
    from ..index.query import is_star  # late: ``show`` needs no index
    from ..index.requests import check_number  # late: ``show`` needs no index

    query = "" if is_star(query) else query
    wanted = several(filters.get("indicators", ()))
    units = several(filters.get("units", ()))
    kinds = _kinds(several(filters.get("kinds", ())))
    statuses = _choices("status", filters.get("statuses", ()), STATUSES)
    periods = _choices("period", filters.get("periods", ()), PERIODS)
    limit = filters.get("limit")
    check_number("limit", 0 if limit is None else limit)
    span = year_limits(filters.get("years"))
    conditions = filters_of(
        topics=filters.get("topics", ()),
        roles=filters.get("roles", ()),
        reports=filters.get("reports", ()),
        regions=filters.get("regions", ()),
        fields=filters.get("fields"),
    )

    def is_wanted(figure: Figure) -> bool:
        return (
            figure.kind in kinds
            and (not units or any(measured_in(figure.unit, unit) for unit in units))
            and (periods is None or (figure.period_kind or UNKNOWN) in periods)
            and (span is None or _within(figure, span))
        )

    def read(searching: Searching | None) -> FigureRows:
        ids = searching.matching(query, conditions) if searching else None
        called = _called(store, wanted) if wanted else None
        rows = (
            row
            for part in _by_sentence(store, ids, called, is_wanted)
            for row in _rows(store, part)
            if statuses is None or (row.status or UNKNOWN) in statuses
        )
        return FigureRows(islice(rows, limit))

    if query.strip() or conditions:
        return ask(read)
    with store.snapshot():
        return read(None)


_AT_ONCE = 400
"""Sentences whose figures are read together; the rest is not read where a limit is reached."""


def _by_sentence(
    store: Store,
    ids: Sequence[int] | None,
    indicators: set[str] | None,
    is_wanted: Callable[[Figure], bool],
) -> Iterator[dict[int, list[Figure]]]:
    """Yield the figures of sentences by the ids of these, in parts.

    Args:
        store: has the figures.
        ids: the sentences in the order that is wanted; ``None`` for all, in that of the reports.
        indicators: only figures with one of these indicators; ``None`` for all.
        is_wanted: says whether a figure is wanted.
    """
    if ids is None:
        every = (pair for pair in store.figures.of_library(indicators) if is_wanted(pair[1]))
        groups = groupby(every, key=itemgetter(0))
        while part := {
            id_: [figure for _, figure in group] for id_, group in islice(groups, _AT_ONCE)
        }:
            yield part
        return
    for start in range(0, len(ids), _AT_ONCE):
        asked = ids[start : start + _AT_ONCE]
        found: dict[int, list[Figure]] = {}
        for id_, figure in store.figures.of_sentences(asked, indicators):
            if is_wanted(figure):
                found.setdefault(id_, []).append(figure)
        yield {id_: found[id_] for id_ in asked if id_ in found}


def _rows(store: Store, figures: Mapping[int, Sequence[Figure]]) -> Iterator[FigureRow]:
    """Yield figures with their sentences.

    Args:
        store: has the sentences and reports.
        figures: the figures by the id of their sentence, in the order that is wanted.
    """
    sentences = store.sentences(list(figures))
    reports = {report.id: report for report in store.reports({s.report for s in sentences})}
    for s in sentences:
        for figure in figures[s.id]:
            if s.report in reports:
                yield FigureRow(figure, reports[s.report], s.text, s.start, s.role, s.section)


def _called(store: Store, wanted: Sequence[str]) -> set[str]:
    """Return the indicators of the library that are called one of ``wanted``."""
    # late: a search does not need it
    from ..nlp.figures.indicators import is_called

    return {
        indicator
        for indicator in store.figures.indicators()
        if any(is_called(indicator, name) for name in wanted)
    }


def _kinds(kinds: Sequence[str]) -> set[str]:
    named = [english("figure", fold(kind)) for kind in kinds]
    for kind, name in zip(kinds, named, strict=True):
        if name not in FIGURE_KINDS:
            message = _("kind {value} is none of {names}")
            known = choice_names("figure", FIGURE_KINDS)
            raise QueryError(message.format(value=cited(kind), names=known))
    return set(named or FIGURE_KINDS) - (set() if named else {"date"})


def year_limits(years: Years) -> tuple[int, int] | None:
    """Return the first and last year that a filter asks for, ``None`` for all."""
    from ..index.planner import years as typed_span  # late: ``show`` needs no index

    typed = filters_of(years=years)
    if not typed:
        return None
    first, _, last = typed_span(typed[0].values[0]).partition("..")
    return int(first or 0), int(last or 9999)


def _choices(name: str, values: str | Sequence[str], known: Sequence[str]) -> frozenset[str] | None:
    """Return the names asked for, parted by commas or not; ``None`` for all of them."""
    asked = [
        english(name, one.strip())
        for value in several(values)
        for one in re.split("[,、]", fold(value))
        if one.strip()
    ]
    for one in asked:
        if one not in known:
            message = _("period {value} is none of {names}")
            if name == "status":
                message = _("status {value} is none of {names}")
            raise QueryError(message.format(value=cited(one), names=choice_names(name, known)))
    return None if not asked or ALL in asked else frozenset(asked)


def _within(figure: Figure, span: tuple[int, int]) -> bool:
    """Say whether the year of a figure, or a part of its several years, lies in ``span``."""
    years = year_span(figure.year)
    if years is None and figure.period_end:
        ends = figure.period_start or figure.period_end, figure.period_end
        years = year_span("-".join(end[:4] for end in ends))
    return years is not None and years[0] <= span[1] and years[1] >= span[0]
