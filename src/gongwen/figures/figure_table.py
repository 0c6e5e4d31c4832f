"""List the figures of a library as rows of a table, each with its report and citation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from ..catalog import _, choice_names, cited
from ..conditions import Years, filters_of, several
from ..nlp.errors import QueryError
from ..nlp.fields import english
from ..nlp.figures.units import base_unit, same_dimension, unit_of
from ..nlp.records import FIGURE_KINDS, Figure, FigureStatus, PeriodKind, Role, Value
from ..nlp.text.dates import year_span
from ..nlp.text.normalize import fold, squeeze
from ..nlp.text.numerals import in_digits
from ..results import Report, citation
from ..tabular import SHOWN_ROWS, Rows, html_view, sentence_html

if TYPE_CHECKING:
    from ..search import Searching
    from ..storage.store import Store


COLUMNS = (
    "report", "n", "indicator", "value", "unit", "normalized_value", "normalized_unit", "year",
    "period", "period_kind", "period_start", "period_end", "period_source", "status", "measure",
    "kind", "role", "part_of", "direction", "qualifier", "approximate", "raw", "title", "region",
    "section", "citation", "sentence", "start", "end",
)  # fmt: skip
"""The columns of a list of figures, the same in JSON, JSON lines, CSV and XLSX."""
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

    @property
    def status(self) -> FigureStatus:
        """Whether it is a result, a plan and so on; ``""`` when that is unknown."""
        if not self.figure.status and self.sentence_role == "plan":
            return "plan"
        return self.figure.status

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as a JSON object, with the keys of :data:`COLUMNS` in their order.

        ``normalized_value`` is the value in the base unit of its dimension, as 千克 for 斤 and 吨.
        """
        f = self.figure
        base = base_unit(f.unit)
        known = {
            "report": f.report,
            "n": f.n,
            "indicator": f.indicator,
            "value": f.value,
            "unit": f.unit,
            "normalized_value": converted(f.value, f.unit, base),
            "normalized_unit": base,
            "year": f.year,
            "period": f.period,
            "period_kind": f.period_kind,
            "period_start": f.period_start,
            "period_end": f.period_end,
            "period_source": f.period_source,
            "status": self.status,
            "measure": f.measure,
            "kind": f.kind,
            "role": f.role,
            "part_of": f.part_of,
            "direction": f.direction,
            "qualifier": f.qualifier,
            "approximate": f.approximate,
            "raw": f.raw,
            "title": self.report.title,
            "region": self.report.region,
            "section": self.section,
            "citation": self.citation,
            "sentence": self.sentence,
            "start": f.start,
            "end": f.end,
        }
        return {name: known[name] for name in COLUMNS}


class FigureRows(Rows[FigureRow]):
    """Figures as a list that is a table as well."""

    __slots__ = ()

    def table_columns(self) -> Sequence[str]:
        """Return the columns of figures."""
        return COLUMNS

    def shown_columns(self) -> Sequence[str]:
        """Return the columns of a representation in one line."""
        return ("indicator", "value", "unit", "year")

    def _repr_html_(self) -> str:
        """Return the first figures as HTML, each marked in its sentence."""
        rows = []
        for row in self[:SHOWN_ROWS]:
            start, end = row.span
            parts = (row.sentence[:start], row.sentence[start:end], row.sentence[end:])
            front, number, behind = map(escape, parts)
            sentence = sentence_html(
                f"{front}<mark>{number}</mark>{behind}", f"{row.place} {row.citation}"
            )
            said = "，".join(marks(row, year=True))
            value = readable(row.figure.value, row.figure.unit)
            cells = (row.figure.indicator, value, said)
            rows.append([*((escape(cell), False) for cell in cells), (sentence, False)])
        columns = ("indicator", "value", "period", "sentence")
        return html_view(self.summary(), columns, rows, len(self) - SHOWN_ROWS)


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
    from ..index.engine import check_number  # late: ``show`` needs no index
    from ..index.query import is_star  # late: ``show`` needs no index

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
        every = (pair for pair in store.figures.of_sentences(None, indicators) if is_wanted(pair[1]))
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


# -- places ----------------------------------------------------------------------------------------

NOWHERE = "—"
"""What stands for a region, and in a pivot for a year, that is unknown."""


def region_names(reports: Iterable[Report]) -> Callable[[Report], str]:
    """Return a function that gives the name of the region of a report.

    A region whose name occurs in several places is preceded by the place above it.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        homes[report.region].add(parent_place(report))

    def region(report: Report) -> str:
        if not report.region:
            return "全国" if report.level == "national" else NOWHERE
        several = len(homes[report.region]) > 1
        return parent_place(report) + report.region if several else report.region

    return region


def parent_place(report: Report) -> str:
    """Return the next larger place that contains the region of a report, ``""`` if unknown."""
    above = (report.province, report.city, report.county)
    return next((place for place in reversed(above) if place and place != report.region), "")


# -- units ---------------------------------------------------------------------------------------

_MULTIPLE = re.compile(r"(?:万亿|[十百千]?[万亿])(?=.)")
_NUMBER = re.compile(
    r"(?P<digits>\d[\d,]*)(?:\.(?P<decimals>\d+))?\s?(?P<scale>万亿|[十百千]?[万亿])?"
)


def plain_unit(unit: str) -> str:
    """Return a unit without the number in front of it.

    Example:
        >>> plain_unit("万吨"), plain_unit("千瓦"), plain_unit("万亿元")
        ('吨', '千瓦', '元')
    """
    return _MULTIPLE.sub("", unit, count=1) if _MULTIPLE.match(unit) else unit


def measured_in(unit: str, wanted: str) -> bool:
    """Say whether a value in ``unit`` can be given in ``wanted``: one in 斤 in 万吨."""
    return same_dimension(unit, wanted)


def converted(value: Value, unit: str, to: str) -> Value:
    """Return a value in another unit of the same dimension; text, as of a date, stays as it is.

    The result is exact, but for what a decimal fraction cannot hold (a third of a hectare).

    Args:
        value: a number, a range of two, or text.
        unit: its unit, without 万 and 亿.
        to: the unit wanted, which may have them.

    Example:
        >>> converted(140_840_000_000, "斤", "万吨")
        7042
    """
    if unit == to or isinstance(value, str):
        return value
    if isinstance(value, list):
        return [plain_number(exact(v, unit, to)) for v in value if not isinstance(v, str)] or value
    return plain_number(exact(value, unit, to))


def exact(value: float, unit: str = "", to: str = "") -> Fraction:
    """Return a number as written, without loss, converted as by :func:`converted`."""
    number = Fraction(Decimal(repr(value)))
    return number if unit == to else number * unit_of(unit).factor / unit_of(to).factor


def plain_number(number: Fraction) -> int | float:
    """Return a fraction as an integer where it is one, else as the nearest decimal fraction."""
    return int(number) if number.denominator == 1 else float(number)


def signed(figure: Figure, unit: str) -> Value:
    """Return the value of a figure in ``unit``, negative for a decrease."""
    value = converted(figure.value, figure.unit, unit)
    if figure.direction == "down" and isinstance(value, int | float):
        return -value
    return value


def needs_conversion(unit: str, to: str) -> bool:
    """Say whether two units are more than a multiple (元 and 亿元) apart."""
    return unit not in (to, plain_unit(to))


def bounds(figure: Figure, unit: str) -> tuple[Fraction, Fraction] | None:
    """Return the least and the greatest number that is rounded to the number of a figure."""
    if not isinstance(figure.value, int | float):
        return None
    value = exact(figure.value, figure.unit, unit)
    half = exact(1, figure.unit, unit) * _last_digit(figure) / 2
    return value - half, value + half


def _last_digit(figure: Figure) -> Fraction:
    """Return what one more in the last digit of a figure is worth; 0 for an exact count."""
    match = _NUMBER.search(in_digits(squeeze(figure.raw).replace(" ", "")))
    if not match:
        return Fraction(0)
    step = unit_of(f"{match['scale'] or ''}个").factor / 10 ** len(match["decimals"] or "")
    counted = figure.kind in ("quantity", "money") and figure.unit not in ("%", "‰")
    return Fraction(0) if step == 1 and counted else step


# -- words ---------------------------------------------------------------------------------------


def status_name(status: str) -> str:
    """Return the name of a status for people, as 计划; of ``""`` that it is unknown."""
    names = {
        "result": _("result"),
        "plan": _("plan"),
        "forecast": _("forecast"),
        "standard": _("standard"),
    }
    return names.get(status, _("status unknown"))


def period_words(figure: Figure, dated: bool = True) -> str:
    """Return in words what a figure speaks of when that is not one calendar year, else ``""``.

    Args:
        figure: the figure.
        dated: whether the years of several years are named behind the words of the report.

    Example: ``这五年（2021–2025）``, ``上半年``, ``截至2023年底``, ``累计（2021–2025）``.
    """
    written, kind = figure.period, figure.period_kind
    first, last = figure.period_start, figure.period_end
    dates = f"{first}–{last}" if first and last and first != last else first or last
    if kind == "year":
        return ""
    if kind == "until":
        if re.match("截至|截止|到|至", written):
            return written
        return _("until {date}").format(date=_day(written, last, str(figure.year)))
    if kind == "cumulative" and "累计" not in written:
        written = f"{_('cumulative')} {written}".strip()
    if kind == "part":
        return written or dates
    if kind not in ("span", "cumulative"):
        return written or _("period unknown")
    years = dates if dated or not written else ""
    return (
        f"{written}（{years}）" if written and years and years not in written else written or years
    )


def _day(written: str, last: str, year: str) -> str:
    """Return a date at which a count stands: as written when that has its year, else in full."""
    if re.match(r"\d{4}", fold(written)):
        return written
    if last.endswith("-12"):
        return _("the end of {year}").format(year=last[:4])
    return last or written or year


def marks(row: FigureRow, year: bool = False, dated: bool = True) -> tuple[str, ...]:
    """Return in words what sets a figure apart from the exact result of one calendar year.

    Args:
        row: the figure.
        year: name its year too.
        dated: name the years of several years, as in :func:`period_words`.

    Returns:
        Among others 2026年 (with ``year``), 计划, 这五年（2021–2025）, 累计, 占比, 约.
    """
    f = row.figure
    several = f.period_kind in ("span", "cumulative")
    said = [_("year {year}").format(year=f.year)] if year and f.year and not several else []
    if row.status != "result":
        said.append(status_name(row.status))
    said.append(period_words(f, dated))
    if f.role == "from":
        said.append(_("before the change"))
    if f.role == "part" and f.part_of and "·" not in f.indicator:
        said.append(_("part of {whole}").format(whole=f.part_of))
    if f.measure == "share":
        said.append(_("share"))
    if f.approximate or f.qualifier:
        said.append(f.qualifier or _("about"))
    return tuple(dict.fromkeys(filter(None, said)))


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
