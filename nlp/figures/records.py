"""A number of a report, as a researcher would write it into a row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..records import Year

FigureKind = Literal["quantity", "percent", "ratio", "money", "rank", "change", "range", "date"]
FigureRole = Literal["", "from", "to", "total", "part", "change"]
Direction = Literal["", "up", "down"]
Value = int | float | str | list[int | float] | list[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text, and what it is the number of.

    Attributes:
        report: id of the report, ``""`` outside a library.
        n: 1-based number of the sentence.
        start: offset in the text of the first character of ``raw``.
        end: offset behind its last character.
        indicator: the noun phrase that it is the number of (行政复议案件); of a part that of the
            whole and its own, parted by a dot (行政复议案件·驳回); ``""`` when there is none.
        value: 万 and 亿 expanded, money in 元, a percentage as its number, a ratio as a fraction,
            a range as ``[low, high]``, a bare year as an integer, a finer date as ISO 8601 text.
        unit: measure word or unit as written without 万 and 亿 (件, 元, %, 个百分点), or ``""``.
        kind: what sort of number it is.
        qualifier: the words that make it approximate (近, 余, 以上), ``""`` when it is exact.
        approximate: whether it has such words.
        raw: the number as it stands, with qualifier and unit.
        year: the year that it speaks of, ``""`` when nothing says so.
        period: the words of a shorter or longer time that it speaks of (上半年, 五年来), or ``""``.
        role: ``from`` and ``to`` for two levels, ``total`` and ``part``, ``change``, or ``""``.
        direction: of a change, ``up`` or ``down``; its value is positive.
        part_of: indicator of the total that the text says it is part of, or ``""``.
    """

    report: str
    n: int
    start: int
    end: int
    indicator: str
    value: Value
    unit: str
    kind: FigureKind
    qualifier: str
    approximate: bool
    raw: str
    year: Year = ""
    period: str = ""
    role: FigureRole = ""
    direction: Direction = ""
    part_of: str = ""
