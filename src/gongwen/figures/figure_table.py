"""List the figures of a library as rows of a table, each with its report and citation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any

from ..catalog import _
from ..nlp.figures.units import base_unit, same_dimension, unit_of
from ..nlp.records import Figure, FigureStatus, Role, Value
from ..nlp.text.normalize import fold, squeeze
from ..nlp.text.numerals import in_digits
from ..results import Report, citation
from ..tabular import SHOWN_ROWS, Rows, html_view, sentence_html

if TYPE_CHECKING:
    pass


COLUMNS = (
    "report", "n", "indicator", "value", "unit", "normalized_value", "normalized_unit", "year",
    "period", "period_kind", "period_start", "period_end", "period_source", "status", "measure",
    "kind", "role", "part_of", "direction", "qualifier", "approximate", "raw", "title", "region",
    "section", "citation", "sentence", "start", "end",
)  # fmt: skip
"""The columns of a list of figures, the same in JSON, JSON lines, CSV and XLSX."""


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
