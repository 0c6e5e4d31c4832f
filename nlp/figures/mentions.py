"""A mention of a number in a sentence while it is being read, and the line that it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ..records import (
    Direction,
    Figure,
    FigureKind,
    FigureRole,
    FigureStatus,
    Measure,
    PeriodSource,
    Sentence,
    Value,
    Year,
)
from ..text.normalize import squeeze_offsets
from ..text.numerals import in_digits_offsets
from ..text.ordinary import is_ordinary, ordinary, with_ideographs
from .periods import NO_PERIOD, Period

_NUMERALS = (
    "0-9０-９零〇一二两三四五六七八九十百千万亿兩萬億番半首廿卅壹贰貳叁肆伍陆陸柒捌玖拾佰仟"
    "⼀⼆⼋⼗₀-₉⑴-⒛㈠-㈩㊀-㊉𝟎-𝟿"  # which stand for others
)
_NO_NUMBER = (
    "进一步|[一二三四五六七八九十]{1,2}[是要]|[（(][一二三四五六七八九十]{1,2}[）)]|新一轮|统一|一带一路"
    "|一定|一些|一系列|一体化|一律|一切|一直|十[三四五]五|首先|一方面|一批|三农|千方百计"
)
_PROMISING = re.compile(
    rf"(?:[^{_NUMERALS}进（(新统首]++|{_NO_NUMBER}|[^{_NUMERALS}])*+[{_NUMERALS}]"
)
"""A text with a character that numbers are written with, other than in words that are none.

What begins no such word is passed over first, without a look at each of them.
"""
_OPEN, _CLOSE = "([", ")]"
_BLANK = re.compile(r"\s+")


@dataclass(slots=True)
class Line:
    """A sentence: folded, without white space, numerals in digits.

    Attributes:
        n: number of the sentence.
        t: the form in which everything is looked for.
        text: the sentence as it stands.
        offset: where it begins in the report.
    """

    n: int
    t: str
    text: str
    offset: int
    _starts: list[int] = field(repr=False)
    _ends: list[int] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``t[start:end]`` stands in the text of the report."""
        return self.offset + self._starts[start], self.offset + self._ends[end - 1]

    def raw(self, start: int, end: int) -> str:
        """Return ``t[start:end]`` as it stands in the report."""
        return self.text[self._starts[start] : self._ends[end - 1]] if start < end else ""

    def words(self, start: int, end: int) -> str:
        """Return ``t[start:end]`` as it stands, without white space and what is not seen."""
        return _BLANK.sub("", with_ideographs(self.raw(start, end)))


def in_plain(sentence: Sentence) -> Sentence:
    """Return ``sentence`` with its text in ordinary characters, which may have another length."""
    if is_ordinary(sentence.text):
        return sentence
    plain = ordinary(sentence.text)
    return sentence if plain.text == sentence.text else replace(sentence, text=plain.text)


def line_of(sentence: Sentence) -> Line | None:
    """Return the line of ``sentence``, ``None`` when it can hold no number."""
    if not _PROMISING.match(sentence.text):
        return None
    squeezed, offsets = squeeze_offsets(sentence.text)
    t, starts, ends = in_digits_offsets(squeezed)
    if offsets != [*range(len(offsets))]:
        starts = [offsets[i] for i in starts]
        ends = [offsets[i - 1] + 1 for i in ends]
    return Line(sentence.n, t, sentence.text, sentence.start, starts, ends)


def matching_brackets(t: str) -> dict[int, int]:
    """Map every opening bracket of ``t`` to the one that closes it."""
    pairs, stack = dict[int, int](), list[int]()
    for i, char in enumerate(t):
        if char in _OPEN:
            stack.append(i)
        elif char in _CLOSE and stack:
            pairs[stack.pop()] = i
    return pairs


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
        spoken: the time that it speaks of; ``year`` and ``period`` say the same in short.
        source: where that time was found.
        status: whether it was reached, is planned, expected, or fixed by a rule.
        measure: whether it is a level, a change or a share.
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
    spoken: Period = NO_PERIOD
    source: PeriodSource = ""
    status: FigureStatus = ""
    measure: Measure = "level"
    base: Found | None = field(default=None, repr=False)
    """For a change or rate without its own indicator: the preceding figure whose indicator it
    inherits."""

    @property
    def number(self) -> Decimal:
        """The value of the number; of a range its lower end."""
        return self.numbers[0]

    @property
    def indicator(self) -> str:
        """The indicator, after that of the total that this number is a part of."""
        if self.whole and self.whole.indicator and self.name:
            return f"{self.whole.indicator}·{self.name}"
        return self.name

    @property
    def value(self) -> Value:
        """The value as a row of the figures table shows it."""
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
            status=self.status,
            measure=self.measure,
            period_kind=self.spoken.kind,
            period_start=self.spoken.start,
            period_end=self.spoken.end,
            period_source=self.source,
        )

    def speaks_of(self, period: Period, source: PeriodSource) -> None:
        """Set the time that it speaks of, and where that was found."""
        known = bool(period.start or period.end)
        self.spoken, self.source = period, source if known else ""
        self.year, self.period = period.year, period.words


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
