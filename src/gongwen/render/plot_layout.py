"""Lay out the picture of a pivot: which values are drawn, in which panels, with which words.

Nothing here needs the library that draws (:mod:`gongwen.render.plot`). Sizes are in inches. Widths
of texts are estimated, one em for a Chinese character, so that a layout does not depend on the
fonts of the machine.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ..catalog import _, in_brackets
from ..figures.figure_table import NOWHERE, plain_unit, readable, region_names, status_name
from ..figures.pivot import CellValue, Pivot
from ..nlp.text.dates import year_span
from ..nlp.validation import CONTROL, UNPRINTABLE
from .figure_texts import with_qualifier

WIDTH, MARGIN, POINT = 8.6, 0.35, 1 / 72
"""Width and margin of a picture, and a point."""
FONT, SMALL, LARGE = 9.0, 8.0, 13.0
"""Sizes of the fonts in points."""
PANELS, PANEL_HEIGHT, ROW_HEIGHT, SPAN_HEIGHT = 4, 1.62, 0.245, 0.2
"""Panels beside one another, the height of one, of a row, and of a bar of several years."""
LOGARITHMIC_FROM = 1000
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""
_MAX_LINES, _MAX_PANELS, _MAX_ROWS, _MAX_SPANS = 7, 60, 90, 10
"""Limits of the regions in one panel, of panels, of rows, and of values of several years."""
_MIN_LONG, _MAX_ROW_YEARS = 3, 4
"""Years from which a region is drawn over time; years that the other regions may have in rows."""
_MAX_SOURCE_LINES = 5
_SHARED_RATIO = 8
"""Ratio of the largest values of two panels up to which all have the same axis."""


# -- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that is drawn.

    Attributes:
        series: name of the region or report that it belongs to.
        start: its place on the axis of years: a year, or a year and a part of it; 0 when unknown.
        end: likewise the end of several years, equal to ``start`` for a single one.
        low: the value, or the lower end of a range.
        high: the value, or the upper end of a range.
        cell: the value with its figure.
        first: whether it is the preferred value of its series, period and status.
    """

    series: str
    start: float
    end: float
    low: float
    high: float
    cell: CellValue
    first: bool

    @property
    def status(self) -> str:
        """Its status, ``unknown`` when it is not known."""
        return self.cell.row.status or "unknown"

    @property
    def kind(self) -> str:
        """The kind of its period, ``unknown`` when it is not known."""
        return self.cell.row.figure.period_kind or "unknown"

    @property
    def year(self) -> int:
        """The year that it is drawn at."""
        return math.floor(self.end + 0.5)

    @property
    def middle(self) -> float:
        """The value, of a range its middle."""
        return (self.low + self.high) / 2

    @property
    def look(self) -> tuple[str, str]:
        """What decides about its shape: its status and the kind of its period."""
        of_result = self.status == "result" or self.kind == "year"
        return self.status, self.kind if of_result else "other"

    @property
    def line(self) -> tuple[object, ...] | None:
        """What is equal for the marks of one line, ``None`` for a mark that is not joined.

        A line joins results of one series that are exact numbers, no ranges, for periods of the
        same kind: calendar years, or the first halves of years.
        """
        f = self.cell.row.figure
        single = self.first and self.low == self.high and f.role != "part"
        if self.status != "result" or self.kind == "unknown" or not single:
            return None
        return self.series, self.kind, f.measure, f.period_start[4:], f.period_end[4:]

    @property
    def approximate(self) -> bool:
        """Whether the report says 约, 以上 or the like."""
        return bool(self.cell.row.figure.approximate or self.cell.row.figure.qualifier)

    @property
    def number(self) -> str:
        """The value for people, with the words that make it approximate: ``110万以上``."""
        value = self.cell.value
        rounded: Any = [*map(_rounded, value)] if isinstance(value, list) else _rounded(value)
        return with_qualifier(replace(self.cell, value=rounded).shown, self.cell.row.figure)

    def label(self, *, year: bool = False, status: bool = False) -> str:
        """Return the value for people with a period that is not a year: ``53万 上半年``.

        Args:
            year: put the year in front: ``2026 110万``.
            status: put the status in front unless it is a result: ``计划 110万``.
        """
        ahead = [str(self.year or "")] if year else []
        if status and self.status != "result":
            ahead.append(status_name(self.cell.row.status))
        period = self.cell.row.figure.period if self.kind != "year" else ""
        return clean(" ".join(filter(None, (*ahead, self.number, period))))

    @property
    def tooltip(self) -> str:
        """All that is known of the value in one line."""
        return clean(
            f"{self.series} {self.when} {self.cell.shown}{self.cell.unit} {self.cell.note}"
        )

    @property
    def when(self) -> str:
        """Its year or years, ``""`` when they are unknown."""
        first, last = math.floor(self.start + 0.5), self.year
        return f"{first}–{last}" if first != last else str(last or "")


def _marks_of(found: Pivot) -> tuple[list[Mark], list[Mark], int]:
    """Return the values of single years, those of several, and how many have no place."""
    place = region_names(value.row.report for cell in found.cells for value in cell.values)
    by_year = "year" in found.dimensions
    points: list[Mark] = []
    spans: list[Mark] = []
    lost = 0
    seen: set[tuple[object, ...]] = set()
    for cell in found.cells:
        names = dict(zip(found.dimensions, (cell.row, cell.column), strict=False))
        names.pop("year", None)
        done = False
        for value in cell.distinct:
            ends = _ends(value)
            years = _years_of(value) or (None if by_year else (0.0, 0.0))
            if ends is None or years is None:
                lost += 1
                continue
            # A pivot by year alone has the values of all places in one cell.
            series = " · ".join(names.values()) or place(value.row.report)
            f = value.row.figure
            key = (series, years, value.row.status, f.period_kind, f.measure)
            mark = Mark(series, *years, *ends, value, key not in seen)
            seen.add(key)
            if years[1] - years[0] >= 1:
                spans.append(mark)
            elif by_year or not done:  # without years a row has one value
                points.append(mark)
                done = True
    return points, spans, lost


def _rounded(number: Any) -> Any:
    """Return a fraction with eight digits, as the quotient of a conversion; all else as it is."""
    return float(f"{number:.8g}") if isinstance(number, float) else number


def _ends(value: CellValue) -> tuple[float, float] | None:
    """Return the two ends of a value, equal when it is no range; ``None`` when it has no number."""
    given = value.value if isinstance(value.value, list) else [value.value]
    try:
        numbers = [float(one) for one in given if not isinstance(one, str)]
    except OverflowError:
        return None
    return (min(numbers), max(numbers)) if numbers and all(map(math.isfinite, numbers)) else None


def _years_of(value: CellValue) -> tuple[float, float] | None:
    """Return the first and last year of a value, equal for one year; ``None`` when unknown.

    A part of a year lies at its middle month; a sum from an unknown start has no place.
    """
    f = value.row.figure
    first, last = f.period_start.split("-"), f.period_end.split("-")
    known = first[0].isdecimal() and last[0].isdecimal()
    if known and (first[0] != last[0] or f.period_kind not in ("until", "")):
        months = (int(first[1]) + int(last[1])) / 2 if len(first) == len(last) == 2 else 6.5
        shift = (months - 6.5) / 15 if f.period_kind == "part" else 0.0
        return float(first[0]) + shift, float(last[0]) + shift
    if f.period_kind in ("span", "cumulative"):
        return None
    years = year_span(f.year) or (year_span(last[0]) if last[0].isdecimal() else None)
    return (float(years[0]), float(years[1])) if years else None


def pairs(marks: Iterable[Mark]) -> list[tuple[Mark, Mark]]:
    """Return the neighbours that a line joins."""
    lines: dict[tuple[object, ...], list[Mark]] = {}
    for mark in marks:
        if mark.line is not None:
            lines.setdefault(mark.line, []).append(mark)
    ordered = [sorted(line, key=lambda mark: mark.start) for line in lines.values()]
    return [pair for line in ordered for pair in pairwise(line)]


def has_gap(pair: tuple[Mark, Mark]) -> bool:
    """Say whether there are years without a value between two neighbours."""
    return pair[1].year - pair[0].year > 1


# -- axes and words -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of values.

    Attributes:
        kind: ``linear``, ``log``, or ``symlog``, which is logarithmic on both sides of 0.
        low: its lower end.
        high: its upper end.
        ticks: the values that are written beside it.
        threshold: where ``symlog`` becomes linear.
        digits: whether values are written in digits, because their unit has 万 or 亿 itself.
    """

    kind: str
    low: float
    high: float
    ticks: list[float]
    threshold: float = 1.0
    digits: bool = False

    @property
    def labels(self) -> list[str]:
        """What is written at the ticks."""
        return [f"{Decimal(repr(t)):f}" if self.digits else readable(t) for t in self.ticks]


def _scale_for(values: Sequence[float], most: int = 6, *, bars: bool = False) -> Scale:
    """Return an axis for ``values`` with at most about ``most`` ticks.

    It contains 0, unless it is logarithmic, which it is for values that are far apart. That of bars
    is linear, because their lengths are compared.
    """
    if _far_apart(values) and not bars:
        sizes = [abs(value) for value in values if value]
        first, last = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
        one_side = min(values) > 0
        step = max(1, math.ceil((last - first) / (most if one_side else most / 2)))
        ticks = [10.0**k for k in range(first, last + 1, step)]
        if one_side:
            low, high = min(sizes) / 1.8, max(sizes) * 1.8
            return Scale("log", low, high, [tick for tick in ticks if low <= tick <= high])
        low, high = min(0.0, *values) * 1.8, max(0.0, *values) * 1.8
        ticks = [-tick for tick in reversed(ticks)] + [0.0, *ticks]
        inside = [tick for tick in ticks if low <= tick <= high]
        return Scale("symlog", low, high or 10.0**first, inside, 10.0**first)
    low, high = min(0.0, *values), max(0.0, *values)
    room = ((high - low) or 1.0) * 0.08
    ticks = _round_numbers(low, high, most)
    return Scale("linear", low - room * (low < 0), high + room * (high > 0 or low == 0), ticks)


def _far_apart(values: Sequence[float]) -> bool:
    sizes = [abs(value) for value in values if value]
    return bool(sizes) and max(sizes) / min(sizes) >= LOGARITHMIC_FROM


def _round_numbers(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most ``most`` round numbers from ``low`` to ``high``.

    Example:
        >>> _round_numbers(0, 100)
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    rough = ((high - low) or 1.0) / (most - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10, 20) if size * factor >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.12g}") for i in range(first, last + 1)]


def year_ticks(first: float, last: float, most: int) -> list[int]:
    """Return at most ``most`` years from ``first`` to ``last``, evenly spaced."""
    low, high = math.ceil(first), math.floor(last)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 10_000) if (high - low) / s < most)
    return [year for year in range(low, high + 1) if year % step == 0] or [low]


def ems(text: str) -> float:
    """Return about the width of ``text`` in Chinese characters, rather too much than too little."""
    return sum(
        1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.4 if c in _NARROW else 0.62
        for c in text
    )


_NARROW = " .,:;|!'()[]-/ijl"


def inches(text: str, size: float = FONT) -> float:
    """Return about the width of ``text`` in a font of ``size`` points."""
    return ems(text) * size * POINT


def clean(text: str) -> str:
    """Return ``text`` in one line without characters that cannot be drawn."""
    return " ".join(CONTROL.sub("", UNPRINTABLE.sub(" ", text)).split())


def shortened(name: str, most: float) -> str:
    """Return ``name``, with an ellipsis in its middle when it is wider than ``most`` ems."""
    if ems(name) <= most:
        return name
    head, tail = name, ""
    while ems(head) > (most - 1) * 0.6:
        head = head[:-1]
    while ems(name[-len(tail) - 1 :]) <= (most - 1) * 0.4:
        tail = name[-len(tail) - 1 :]
    return f"{head}…{tail}"


_PIECE = re.compile(
    r"\s+|[《（(“]*(?:[^\W\d_\u2e80-\uffff]+|\d[\d.,\-–]*|.)[，。、；：！？）》”:,;.)]*"
)
"""What is not broken: a word or number, or a character, with the punctuation that clings to it."""


def wrapped(text: str, most: float) -> list[str]:
    """Return ``text`` in lines of at most ``most`` ems."""
    lines = [""]
    for part in _PIECE.findall(text):
        for piece in [part] if ems(part) <= most else part:
            if lines[-1] and ems(lines[-1] + piece.rstrip()) > most:
                lines.append("")
            lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


# -- panels ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Block:
    """A part of a picture that has one kind of panels.

    Attributes:
        kind: ``lines``: regions over the years in one panel; ``grid``: a panel for each region;
            ``rows``: a row for each region.
        marks: the values, by series in the order in which they are drawn.
        spans: values of several years that are drawn as bars.
        own_scales: whether each panel of a grid has an axis of its own.
    """

    kind: str
    marks: dict[str, list[Mark]]
    spans: list[Mark] = field(default_factory=list)
    own_scales: bool = False

    @property
    def all(self) -> list[Mark]:
        """The values of all series."""
        return [mark for marks in self.marks.values() for mark in marks]

    @property
    def years(self) -> list[int]:
        """The years of the values."""
        return sorted({mark.year for mark in self.all if mark.year})

    @property
    def values(self) -> list[float]:
        """The values as numbers, both ends of ranges."""
        return [end for mark in self.all for end in (mark.low, mark.high)]

    @property
    def bars(self) -> bool:
        """Whether results are bars: of one year, and not so far apart that some cannot be seen."""
        return self.kind == "rows" and len(self.years) <= 1 and not _far_apart(self.values)

    @property
    def scales(self) -> list[Scale]:
        """The axes of values: one, or one for each series."""
        groups = [self.values]
        if self.kind == "grid" and self.own_scales:
            groups = [[end for m in one for end in (m.low, m.high)] for one in self.marks.values()]
        most = 4 if self.kind == "grid" else 6
        digits = any(plain_unit(mark.cell.unit) != mark.cell.unit for mark in self.all)
        scales = [_scale_for(values, most, bars=self.bars) for values in groups]
        return [replace(scale, digits=digits) for scale in scales]

    @property
    def pairs(self) -> list[tuple[Mark, Mark]]:
        """The neighbours that a line joins."""
        return [] if self.kind == "rows" else pairs(self.all)

    @property
    def height(self) -> float:
        """Its height with heading and labels."""
        if self.kind == "lines":
            return 3.8 + (SPAN_HEIGHT * len(self.spans) + 0.1 if self.spans else 0)
        if self.kind == "grid":
            return PANEL_HEIGHT * math.ceil(len(self.marks) / PANELS) + 0.2
        return ROW_HEIGHT * len(self.marks) + 0.75


def _blocks(points: Sequence[Mark], by_year: bool) -> list[Block]:
    """Return the parts of a picture of the values of single years."""
    marks: dict[str, list[Mark]] = {}
    for mark in points:
        marks.setdefault(mark.series, []).append(mark)
    years = {name: {mark.year for mark in series} for name, series in marks.items()}
    if not marks:
        return []
    if not by_year or len(set().union(*years.values())) == 1:
        return [Block("rows", _sorted_rows(marks))]
    if len(marks) <= _MAX_LINES:
        return [Block("lines", marks)]
    short = [name for name in marks if len(years[name]) < _MIN_LONG]
    if len(set().union(*(years[name] for name in short))) > _MAX_ROW_YEARS:
        short = []
    over_time = {name: series for name, series in marks.items() if name not in short}
    blocks = []
    if over_time:
        blocks.append(Block("lines" if len(over_time) <= _MAX_LINES else "grid", over_time))
        sizes = [max(abs(m.middle) for m in series) or 1.0 for series in over_time.values()]
        blocks[0].own_scales = max(sizes) / min(sizes) > _SHARED_RATIO
    if short:
        blocks.append(Block("rows", _sorted_rows({name: marks[name] for name in short})))
    return blocks


def _sorted_rows(marks: dict[str, list[Mark]]) -> dict[str, list[Mark]]:
    """Return the rows by the value of their latest result, the largest first."""

    def key(name: str) -> tuple[bool, float]:
        best = max(marks[name], key=lambda mark: (mark.status == "result", mark.first, mark.year))
        return name == NOWHERE, -best.middle

    return {name: marks[name] for name in sorted(marks, key=key)}


@dataclass(slots=True)
class Picture:
    """What a picture shows.

    Attributes:
        title: the indicator and its unit.
        blocks: the parts, one below the other.
        notes: the lines under the picture: what is not drawn, and the sources.
    """

    title: str
    blocks: list[Block]
    notes: list[str]

    @property
    def marks(self) -> list[Mark]:
        """The values that are drawn as marks."""
        return [mark for block in self.blocks for mark in block.all]


def picture_of(found: Pivot) -> Picture:
    """Lay out a pivot."""
    points, spans, lost = _marks_of(found)
    blocks = _blocks(points, "year" in found.dimensions)
    left_out = 0
    for block in blocks:
        most = {"grid": _MAX_PANELS, "rows": _MAX_ROWS}.get(block.kind, _MAX_LINES)
        left_out += max(0, len(block.marks) - most)
        size = {name: max(abs(m.middle) for m in marks) for name, marks in block.marks.items()}
        kept = set(sorted(size, key=lambda name: -size[name])[:most])
        block.marks = {name: marks for name, marks in block.marks.items() if name in kept}
        own = [mark for mark in spans if mark.series in block.marks]
        if block.kind == "lines" and len(own) <= _MAX_SPANS:
            block.spans = sorted(own, key=lambda mark: (mark.start, mark.end))
    not_drawn = len(spans) - sum(len(block.spans) for block in blocks)
    said = []
    if not_drawn:
        text = _(
            "Values of several years together, which cannot be compared with those of single years,"
            " are not drawn: {count}."
        )
        said.append(text.format(count=not_drawn))
    if lost:
        text = _("Values whose year or number is not known are not drawn: {count}.")
        said.append(text.format(count=lost))
    if left_out:
        said.append(_("Further rows are not drawn: {count}.").format(count=left_out))
    if any(block.kind == "grid" and block.own_scales for block in blocks):
        said.append(_("Each panel has an axis of its own."))
    if any(scale.kind != "linear" for block in blocks for scale in block.scales):
        said.append(_("The axis of values is logarithmic."))
    wide = (WIDTH - 2 * MARGIN) / (SMALL * POINT)
    notes = [line for text in said for line in wrapped(text, wide)]
    return Picture(clean(found.title), blocks, notes + _sources(found, wide))


def _sources(found: Pivot, wide: float) -> list[str]:
    """Return the reports that the values are from, in a few lines of ``wide`` ems."""
    reports = {v.row.report.id: v.row.report for cell in found.cells for v in cell.values}
    names = []
    for report in sorted(reports.values(), key=lambda r: (str(r.date or r.year), r.id)):
        place = "" if report.region in report.title else report.region
        known = _(", ").join(filter(None, (place, report.date)))
        names.append(f"《{report.title}》" + (in_brackets(known).strip() if known else ""))
    text = clean(_("Source: {reports}").format(reports=_("; ").join(names)))
    lines = wrapped(text, wide)
    if len(lines) > _MAX_SOURCE_LINES:
        more = f" … {_('{count} reports in all').format(count=len(names))}"
        last = wrapped(lines[_MAX_SOURCE_LINES - 1], wide - ems(more))[0]
        lines = [*lines[: _MAX_SOURCE_LINES - 1], last + more]
    return lines
