"""A number while it is being read: what the readers find and the later steps fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ..records import Year
from .line import Line
from .records import Direction, Figure, FigureKind, FigureRole, Value


@dataclass(slots=True, eq=False)
class Found:
    """A number in a line; offsets are in ``line.t``.

    Attributes:
        start: where its qualifier or itself begins.
        digits: where the number itself begins.
        end: behind its unit and what qualifies it there.
        numbers: its value, or the two ends of a range.
        step: what one more in its last digit is worth: 100 for 3.25万; 1 for an exact count.
        text: in place of ``numbers`` for dates.
        name: the words for it alone, without the whole that it is part of.
        whole: the total that it is part of.
        stated: whether the text says that it is a part (其中), not only its sense (已办结).
        share: whether it is said with 占: a percentage of some whole.
    """

    line: Line
    start: int
    digits: int
    end: int
    kind: FigureKind
    unit: str
    numbers: tuple[Decimal, ...] = ()
    step: Decimal = Decimal(1)
    text: Value = ""
    qualifier: str = ""
    role: FigureRole = ""
    direction: Direction = ""
    name: str = ""
    whole: Found | None = None
    stated: bool = False
    share: bool = False
    year: Year = ""
    period: str = ""
    base: Found | None = field(default=None, repr=False)
    """Of a change or rate that has no words of its own: the figure before it, whose it is."""

    @property
    def number(self) -> Decimal:
        """Its value, the lower end of a range."""
        return self.numbers[0]

    @property
    def indicator(self) -> str:
        """Its words behind those of the total that it is part of."""
        if self.whole and self.whole.indicator and self.name:
            return f"{self.whole.indicator}·{self.name}"
        return self.name

    @property
    def value(self) -> Value:
        """Its value as the table shows it."""
        if not self.numbers:
            return self.text
        plain = [_plain(number) for number in self.numbers]
        return plain[0] if len(plain) == 1 else plain

    def figure(self) -> Figure:
        """Return it as a row of the table."""
        start, end = self.line.span(self.start, self.end)
        return Figure(
            report="",
            n=self.line.n,
            start=start,
            end=end,
            indicator=self.indicator,
            value=self.value,
            unit=self.unit,
            kind=self.kind,
            qualifier=self.qualifier,
            approximate=bool(self.qualifier),
            raw=self.line.raw(self.start, self.end),
            year=self.year,
            period=self.period,
            role=self.role,
            direction=self.direction,
            part_of=self.whole.indicator if self.whole else "",
        )


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
