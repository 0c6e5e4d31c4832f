"""Compare the figures of one indicator: with those of the year before, or region with region.

Values come from the reports themselves, and differences are computed exactly. A comparison with
the year before also checks what a report says of the change (增长8.5%) against the value that the
report of the year before gives for the same place:

- ``agrees``: some unrounded values behind both numbers and the stated change fit together;
- ``contradicts``: none do, and nothing suggests that the three numbers are of different kinds;
- ``uncertain``: they may be of different kinds, whether they fit or not: comparable prices, another
  base, an approximate number, a part of a year, a plan; or reports give several values;
- ``unchecked``: the reports of the library have no value for the year before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, get_args

from ..catalog import _, cited
from ..nlp.errors import QueryError
from ..nlp.figures.comparisons import deflated
from ..nlp.records import Figure
from ..nlp.text.normalize import fold
from ..nlp.vocabulary import WordLists
from ..results import Report
from .figure_table import (
    FigureRow,
    bounds,
    exact,
    measured_in,
    parent_place,
    plain_number,
    status_name,
)
from .pivot import Cell, CellValue, Merges, Pivot, is_change, pivot

CompareBy = Literal["year", "region"]
Verdict = Literal["agrees", "contradicts", "uncertain", "unchecked"]
_WORST: tuple[Verdict, ...] = ("contradicts", "uncertain", "agrees", "unchecked")
_WORDS = WordLists("comparing", "year-before against other-base several average real-growth no-sum")
_RELATIVE = ("%", "‰")
"""Units of rates, whose change is counted in points and which do not add up."""
_DECIMALS = 4
"""Decimals of a rate or share of a JSON object or file; the table shows fewer."""
_YEARS = re.compile(r"\d{4}年?")


@dataclass(frozen=True, slots=True)
class StatedChange:
    """A change that a report states, and whether the values of the reports bear it out.

    Attributes:
        row: the figure of the change.
        value: the change, negative for a decrease.
        unit: its unit: ``%``, ``个百分点``, ``倍``, or one of the indicator.
        verdict: see the head of this module.
        reason: why, ``""`` when it agrees.
    """

    row: FigureRow
    value: int | float
    unit: str
    verdict: Verdict
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "value": self.value,
            "unit": self.unit,
            "verdict": self.verdict,
            "reason": self.reason,
            **_place_of(self.row),
        }


@dataclass(frozen=True, slots=True)
class YearChange:
    """The value of an indicator for a region and a year, beside that of the year before.

    Attributes:
        region: name of the region.
        year: the year.
        value: the value that a pivot shows for it.
        others: other values for the same region and year.
        before: the value of the year before that is most like it; ``None`` when there is none.
        change: ``value`` less ``before`` in the unit of the comparison; ``None`` without
            ``before``, or when that is of another kind of period or of a part.
        rate: the change in per cent of ``before``; ``None`` for what is a rate itself.
        doubts: in what the two values differ beside their year (计划 and 完成).
        stated: the changes that reports state for this region and year.
    """

    region: str
    year: int
    value: CellValue
    others: tuple[CellValue, ...]
    before: CellValue | None
    change: int | float | None
    rate: Fraction | None
    doubts: tuple[str, ...]
    stated: tuple[StatedChange, ...]

    @property
    def verdict(self) -> Verdict | Literal[""]:
        """The worst verdict on the stated changes, ``""`` when none is stated."""
        verdicts = {one.verdict for one in self.stated}
        return next((one for one in _WORST if one in verdicts), "")

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "region": self.region,
            "year": self.year,
            "value": self.value.value,
            "unit": self.value.unit,
            "note": self.value.note,
            "year_before": self.year - 1,
            "value_before": self.before.value if self.before else None,
            "note_before": self.before.note if self.before else "",
            "change": self.change,
            "change_unit": point_unit(self.value.unit),
            "rate": _rounded(self.rate),
            "doubts": list(self.doubts),
            "verdict": self.verdict,
            **_place_of(self.value.row),
            **{f"{name}_before": at for name, at in _place_of(self.before).items()},
            "stated": [one.to_dict() for one in self.stated],
            "others": [one.to_dict() for one in self.others],
        }


@dataclass(frozen=True, slots=True)
class RegionStanding:
    """The value of an indicator for a region among those of other regions at the same time.

    Regions are compared when they are of one level, and their values of one period, kind of period
    and status.

    Attributes:
        region: name of the region.
        period: the year, or several years (``2021–2025``).
        level: administrative level of the region, as ``province``.
        value: the value that a pivot shows for it.
        others: other values for the same region and period.
        rank: 1 for the highest value; equal values have one rank.
        of: number of regions compared.
        group: number of the regions that are compared with each other, from 1.
        share: per cent of the sum of these regions; ``None`` for what cannot be added up.
        difference: the value less the mean of these regions, in the unit of the comparison.
    """

    region: str
    period: str
    level: str
    value: CellValue
    others: tuple[CellValue, ...]
    rank: int
    of: int
    group: int
    share: Fraction | None
    difference: int | float

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "year": int(self.period) if self.period.isdecimal() else self.period,
            "level": self.level,
            "group": self.group,
            "rank": self.rank,
            "of": self.of,
            "region": self.region,
            "value": self.value.value,
            "unit": self.value.unit,
            "note": self.value.note,
            "share": _rounded(self.share),
            "difference_to_mean": self.difference,
            "difference_unit": point_unit(self.value.unit),
            **_place_of(self.value.row),
            "others": [one.to_dict() for one in self.others],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of one indicator compared.

    Attributes:
        by: ``year`` or ``region``.
        pivot: the pivot by region and year whose cells are compared.
        rows: :class:`YearChange` by region and year, or :class:`RegionStanding` by period and
            rank.
        left_out: number of cells that are not compared: several years, ranges, and with
            ``region`` values without a second region.
    """

    by: CompareBy
    pivot: Pivot
    rows: tuple[YearChange | RegionStanding, ...]
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        known = self.pivot.to_dict()
        return {
            "by": self.by,
            **{name: known[name] for name in ("indicator", "unit", "merged", "converted", "also")},
            "left_out": self.left_out,
            "rows": [row.to_dict() for row in self.rows],
        }


def compare(
    figures: Iterable[FigureRow],
    by: CompareBy,
    wanted: Sequence[str] = (),
    merges: Merges | None = None,
    units: Sequence[str] = (),
    years: tuple[int, int] | None = None,
    limit: int | None = None,
) -> Comparison | None:
    """Compare the values of one indicator, chosen as by :func:`~.pivot.pivot`.

    Args:
        figures: the figures, of all years, with the changes that reports state.
        by: ``year`` to compare each value with that of the year before, ``region`` to rank regions.
        wanted: names of indicators that are preferred to all others.
        merges: which names are one indicator, in place of their similarity.
        units: units wanted, as 万吨; those of other dimensions are left out.
        years: first and last year of the rows wanted.
        limit: rows wanted, all by default.

    Returns:
        The comparison, ``None`` when there is no value to compare.

    Raises:
        QueryError: ``by`` is neither.
    """
    if by not in get_args(CompareBy):
        raise QueryError(_("compare by year or region, not by {name}").format(name=cited(by)))
    merges = merges or Merges()
    rows = [row for row in figures if row.figure.kind != "rank"]
    levels = [
        row
        for row in rows
        if not is_change(row.figure)
        and (not units or any(measured_in(row.figure.unit, unit) for unit in units))
    ]
    found = pivot(levels, ("region", "year"), wanted, merges, units)
    if found is None:
        return None
    known = merges.group(found.cells[0].shown.figure.indicator)
    changes = [
        row
        for row in rows
        if is_change(row.figure)
        and row.figure.indicator
        and merges.group(row.figure.indicator) == known
    ]
    asked = [cell for cell in found.cells if _lies_in(cell.column, years)]
    compared: list[YearChange | RegionStanding] = []
    compared += _by_year(found, asked, changes) if by == "year" else _by_region(found, asked)
    return Comparison(by, found, tuple(compared[:limit]), len(asked) - len(compared))


def point_unit(unit: str) -> str:
    """Return the unit of a difference of two values: 个百分点 for %, else the same unit."""
    return {"%": "个百分点", "‰": "个千分点"}.get(unit, unit)


def _lies_in(period: str, years: tuple[int, int] | None) -> bool:
    known = [int(year) for year in re.findall(r"\d{4}", period)]
    return not years or bool(known and known[0] <= years[1] and known[-1] >= years[0])


def _rounded(number: Fraction | None) -> int | float | None:
    return None if number is None else plain_number(round(number, _DECIMALS))


def _place_of(value: FigureRow | CellValue | None) -> dict[str, str]:
    """Return where a figure stands, with its sentence; empty for none."""
    row = value.row if isinstance(value, CellValue) else value
    return {
        "place": row.place if row else "",
        "citation": row.citation if row else "",
        "sentence": row.sentence if row else "",
    }


def _amount(value: CellValue) -> Fraction | None:
    """Return a value exactly, in the unit of the pivot; ``None`` for a range or text."""
    f = value.row.figure
    return exact(f.value, f.unit, value.unit) if isinstance(f.value, int | float) else None


# -- with the year before ------------------------------------------------------------------------


def _by_year(found: Pivot, asked: Sequence[Cell], changes: Sequence[FigureRow]) -> list[YearChange]:
    """Compare every cell of one year with that of the year before."""
    cells = {(cell.row, cell.column): cell for cell in found.cells}
    stated: dict[tuple[str, ...], list[FigureRow]] = defaultdict(list)
    for row in changes:
        stated[*_home(row.report), str(row.figure.year)].append(row)
    compared = []
    for cell in asked:
        amount = _amount(cell.values[0])
        if not cell.column.isdecimal() or amount is None:
            continue
        year = int(cell.column)
        earlier = cells.get((cell.row, str(year - 1)))
        before = _like(cell.values[0], earlier)
        base = _amount(before) if before and _alike(cell.values[0], before) else None
        rated = base and base > 0 and found.unit not in _RELATIVE
        checks = {
            (row.report.id, row.figure.value, row.figure.unit): (row, year, cell, before, earlier)
            for row in reversed(stated[*_home(cell.shown.report), cell.column])
            if _states(row, cell)
        }
        compared.append(
            YearChange(
                region=cell.row,
                year=year,
                value=cell.values[0],
                others=cell.distinct[1:],
                before=before,
                change=None if base is None else plain_number(amount - base),
                rate=(amount - base) / base * 100 if base and rated else None,
                doubts=tuple(_differences(cell.values[0], before)) if before else (),
                stated=tuple(_checked(*check) for check in reversed(checks.values())),
            )
        )
    return compared


def _home(report: Report) -> tuple[str, str]:
    """Return what two reports of one place have in common."""
    return parent_place(report), report.region


def _like(value: CellValue, earlier: Cell | None) -> CellValue | None:
    """Return the value of the year before that is most like ``value``, a result if there is one."""
    numbers = [one for one in earlier.values if _amount(one) is not None] if earlier else []
    of = value.row.figure

    def unlike(one: CellValue) -> tuple[bool, ...]:
        figure = one.row.figure
        planned = one.row.status != value.row.status and one.row.status != "result"
        return planned, figure.period_kind != of.period_kind, _season(figure) != _season(of)

    return min(numbers, key=unlike, default=None)


def _season(figure: Figure) -> tuple[str, ...]:
    """Return the part of the year that a figure is of: nothing for the whole, else its months."""
    if figure.period_kind not in ("part", "until"):
        return ()
    months = figure.period_start[5:], figure.period_end[5:]
    return months if any(months) else (re.sub(r"\d{4}年?", "", figure.period),)


def _alike(value: CellValue, before: CellValue) -> bool:
    """Say whether two values are of one kind of period, and both of a whole or of a part."""
    one, other = value.row.figure, before.row.figure
    same_time = (one.period_kind, _season(one)) == (other.period_kind, _season(other))
    return same_time and (one.role == "part", one.measure) == (other.role == "part", other.measure)


def _differences(value: CellValue, before: CellValue) -> list[str]:
    """Return in what two values differ beside their year, in words."""
    one, other, found = value.row.figure, before.row.figure, []
    if value.row.status != before.row.status:
        names = status_name(value.row.status), status_name(before.row.status)
        found.append(_("{status} beside {other}").format(status=names[0], other=names[1]))
    if (one.period_kind, _season(one)) != (other.period_kind, _season(other)):
        found.append(_("the periods are of different kinds"))
    if one.approximate or other.approximate:
        found.append(_("a value is approximate"))
    if (one.role == "part", one.measure) != (other.role == "part", other.measure):
        found.append(_("one is a part, the other a whole"))
    return found


def _states(row: FigureRow, cell: Cell) -> bool:
    """Say whether a change is one of the value that a cell shows: of its status and unit."""
    f = row.figure
    fits = (
        f.unit in (*_RELATIVE, "倍") or f.unit.endswith("百分点") or measured_in(f.unit, cell.unit)
    )
    return fits and row.status == cell.shown.status and isinstance(f.value, int | float)


def _checked(
    row: FigureRow, year: int, cell: Cell, before: CellValue | None, earlier: Cell | None
) -> StatedChange:
    """Check a stated change against the value of its own report and those of the year before."""
    f = row.figure
    assert isinstance(f.value, int | float)
    value = -f.value if f.direction == "down" else f.value

    def verdict(found: Verdict, *reasons: str) -> StatedChange:
        said = _("; ").join(dict.fromkeys(reasons))
        return StatedChange(row, value, f.unit, found, said)

    if before is None or earlier is None:
        return verdict("unchecked", _("no value for {year}").format(year=year - 1))
    alike = [
        one
        for one in cell.values
        if (one.row.status, _amount(one) is not None) == (row.status, True)
    ]
    own = [one for one in alike if one.row.report.id == row.report.id]
    after = (own or alike or cell.values)[0]
    doubts = [*_differences(after, before), *_doubts(row, year, after.row.figure)]
    if _fits(row, after, before):
        return verdict("uncertain", *doubts) if doubts else verdict("agrees")
    if any(_fits(row, after, one) for one in earlier.values):
        doubts.append(_("reports give several values for {year}").format(year=year - 1))
    if any(_fits(row, one, before) for one in cell.values):
        doubts.append(_("reports give several values for {year}").format(year=year))
    reckoned = _reckoned(row, after, before)
    return verdict("uncertain" if doubts else "contradicts", reckoned, *doubts)


def _reckoned(row: FigureRow, after: CellValue, before: CellValue) -> str:
    """Return the change as it follows from two values, in the unit of the stated one."""
    low, unit = _amount(before) or Fraction(0), row.figure.unit
    change = (_amount(after) or Fraction(0)) - low
    if unit in ("%", "倍") and after.unit not in _RELATIVE and low:
        change = change / low * (100 if unit == "%" else 1)
    elif not unit.endswith("百分点") and unit not in _RELATIVE:
        unit = after.unit
    return _("the values give {change}").format(change=f"{float(round(change, 2)):+.10g}{unit}")


def _fits(row: FigureRow, after: CellValue, before: CellValue) -> bool:
    """Say whether unrounded values behind two numbers can give the stated change."""
    high, low = bounds(after.row.figure, after.unit), bounds(before.row.figure, before.unit)
    f = row.figure
    same = measured_in(f.unit, after.unit) and f.unit not in _RELATIVE
    stated = bounds(f, after.unit if same else f.unit)
    if high is None or low is None or stated is None:
        return False
    if f.direction == "down":
        stated = -stated[1], -stated[0]
    least, most = high[0] - low[1], high[1] - low[0]
    if same or after.unit in _RELATIVE:
        possible = [(least, most)]
        if f.unit == "%" and low[0] > 0:
            possible.append((least / low[1] * 100, most / low[0] * 100))
    elif f.unit in ("%", "倍") and low[0] > 0:
        size = 100 if f.unit == "%" else 1
        possible = [((high[0] / low[1] - 1) * size, (high[1] / low[0] - 1) * size)]
    else:
        return False
    return any(a <= stated[1] and stated[0] <= b for a, b in possible)


def _doubts(row: FigureRow, year: int, level: Figure) -> list[str]:
    """Return why a stated change of ``level`` may be of something else than the year before."""
    f = row.figure
    clause, behind = _clause(row)
    found = []
    if f.approximate:
        found.append(_("the stated change is approximate"))
    if f.period_kind not in ("", "year", level.period_kind) or _pattern("several").search(clause):
        found.append(_("the stated change is of several years or a part of one"))
    if deflated().search(f"{clause},{behind}"):
        found.append(_("the stated change is at comparable prices"))
    elif _pattern("real-growth").search(fold(f.indicator)):
        found.append(_("such growth is by custom at comparable prices"))
    year_before = rf"(?:{_WORDS.pattern('year-before')}|{year - 1}年)"
    other = re.compile(rf"{_WORDS.pattern('against')}(?!{year_before})")
    if _pattern("other-base").search(clause) or other.search(clause):
        found.append(_("the stated change has another base"))
    if f.measure == "share" or f.role == "part":
        found.append(_("the stated change is of a part"))
    return found


def _clause(row: FigureRow) -> tuple[str, str]:
    """Return the words that a change stands among, and the clause behind when it has no number.

    The words are its clause with those in front that have no number, and what stands in brackets
    behind it, as ``与2020年相比,粮食产量增长8%(可比口径)`` for 8%.
    """
    start, end = row.span
    sentence = fold(row.sentence)
    clauses = re.split("[。；;！？!?\n]", sentence[:start])[-1].split(",")
    first = len(clauses) - 1
    while first and not re.search(r"\d", _YEARS.sub("", clauses[first - 1])):
        first -= 1
    bracket = re.match(r"\([^()\d]*\)", sentence[end:])
    end += bracket.end() if bracket else 0
    behind = re.match(r",([^\d,。;]*)[,。;]", sentence[end:])
    return ",".join([*clauses[first:-1], sentence[start - len(clauses[-1]) : end]]), (
        behind[1] if behind else ""
    )


@cache
def _pattern(group: str) -> re.Pattern[str]:
    return re.compile(_WORDS.pattern(group))


# -- region with region --------------------------------------------------------------------------


def _by_region(found: Pivot, asked: Sequence[Cell]) -> list[RegionStanding]:
    """Rank the regions of one level with values of one period and kind."""
    groups: dict[tuple[str, ...], list[tuple[Cell, Fraction]]] = defaultdict(list)
    for cell in asked:
        amount, f = _amount(cell.values[0]), cell.shown.figure
        if amount is not None:
            mean = "average" if _pattern("average").search(fold(f.period)) else ""
            kind = (cell.shown.status, f.period_kind, *_season(f), f.measure, mean)
            groups[cell.column, cell.shown.report.level, *kind].append((cell, amount))
    adds_up = found.unit not in _RELATIVE and "/" not in found.unit
    adds_up = adds_up and not _pattern("no-sum").search(fold(found.indicator))
    standings: list[RegionStanding] = []
    several = [key for key in groups if len(groups[key]) > 1]
    several.sort(key=lambda key: (not key[0].isdecimal(), key))
    for n, key in enumerate(several, 1):
        cells = sorted(groups[key], key=lambda item: (-item[1], item[0].row))
        total = sum((amount for _cell, amount in cells), Fraction(0))
        positive = adds_up and all(amount >= 0 for _cell, amount in cells) and total > 0
        standings += (
            RegionStanding(
                region=cell.row,
                period=key[0],
                level=key[1],
                value=cell.values[0],
                others=cell.distinct[1:],
                rank=1 + sum(other > amount for _cell, other in cells),
                of=len(cells),
                group=n,
                share=amount / total * 100 if positive and not key[-1] else None,
                difference=plain_number(round(amount - total / len(cells), _DECIMALS)),
            )
            for cell, amount in cells
        )
    return standings
