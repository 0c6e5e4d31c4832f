"""Define the immutable records of the pipeline: documents, sentences, tags, figures, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .fields import Level as Level
from .fields import Metadata
from .fields import Year as Year

Kind = Literal["title", "heading", "sentence", "boilerplate"]
"""Kind of a unit of text. Boilerplate: page numbers, navigation, web page footers."""

Role = Literal["achievement", "problem", "plan", "background"]
"""Rhetorical role of a sentence in its report."""

UNSURE = "unsure"
"""Topic of a sentence whose most probable topic is below the minimum probability."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One searchable unit of a report: a sentence, a heading, the title, or boilerplate.

    Attributes:
        n: 1-based number within the report.
        text: the unmodified text of the unit, ``document.text[start:end]``.
        start: offset of its first character in the text of the document.
        end: offset after its last character.
        section: headings above the sentence from the outermost in, joined by `` > ``; ``""``
            outside of every section. A heading belongs to the section that it opens.
        item: marker of the list item that the sentence belongs to (``一是``), or ``""``.
        role: rhetorical role of the sentence in the report.
        kind: kind of unit.

    Example:
        >>> Sentence(1, "全年办案12件。", 0, 8, section="工作成效 > 执法").heading
        '执法'
    """

    n: int
    text: str
    start: int
    end: int
    section: str = ""
    item: str = ""
    role: Role = "achievement"
    kind: Kind = "sentence"

    @property
    def heading(self) -> str:
        """Return the nearest heading above the sentence, ``""`` when there is none."""
        return self.section.rpartition(" > ")[2]


@dataclass(frozen=True, slots=True)
class Document(Metadata):
    """A parsed report: its text, its units, and metadata from its title, header and signature.

    Metadata (:class:`~gongwen.nlp.fields.Metadata`) is never taken from the body. Unknown values
    are ``""``.

    Attributes:
        text: the whole text, unchanged.
        sentences: all units in text order, without overlap; together they cover all text except
            white space.
        how: for each metadata field with a value, where it came from: ``title``, ``subtitle``,
            ``head`` (the lines around the title), ``opening`` (我代表…向大会…), ``tail`` (the
            signature), ``page`` (metadata of the web page), ``table`` (derived from the region by
            the gazetteer), ``file name``, or the origin that was given to
            :func:`~gongwen.nlp.document.overrides.with_said`.
    """

    text: str
    sentences: tuple[Sentence, ...] = ()
    how: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Tag:
    """The topics that a classifier assigns to a sentence.

    Attributes:
        topic: slug of the primary topic, or ``unsure``.
        also: slugs of secondary topics, highest score first.
        probability: calibrated probability of the most probable topic, 0 to 1.
        probabilities: the probability of every topic by slug; they sum to 1.
    """

    topic: str
    also: tuple[str, ...] = ()
    probability: float = 1.0
    probabilities: Mapping[str, float] = field(default_factory=dict, compare=False)


FigureKind = Literal["quantity", "percent", "ratio", "money", "rank", "change", "range", "date"]
FIGURE_KINDS: tuple[str, ...] = get_args(FigureKind)
FigureRole = Literal["", "from", "to", "total", "part", "change"]
FigureStatus = Literal["", "result", "plan", "forecast", "standard"]
Measure = Literal["level", "change", "share"]
PeriodKind = Literal["", "year", "span", "part", "until", "cumulative"]
PeriodSource = Literal["", "sentence", "item", "section", "title", "report"]
Direction = Literal["", "up", "down"]
Value = int | float | str | list[int | float] | list[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text with its indicator, unit, period and relation to other numbers.

    Attributes:
        report: id of the report, ``""`` outside a library.
        n: 1-based number of the sentence.
        start: offset in the text of the first character of ``raw``.
        end: offset after its last character.
        indicator: the noun phrase that the number measures (行政复议案件); for a part, the
            indicators of the whole and of the part joined by a dot (行政复议案件·驳回); ``""`` when
            there is none.
        value: the numeric value: 万 and 亿 expanded (3亿5千万元 is 350000000), money in 元 with
            角 and 分 as decimals, 8.5% as 8.5, a ratio as a fraction, a range as ``[low, high]``,
            an indefinite number as the least that it can be (数十 is 10, 百余 is 100). A bare year
            is an integer, a span of years ``[first, last]``; a more precise date is ISO 8601 text
            (``"2023-06"``, ``"2023-06-01"``), and a span of months or days one figure with both
            ends, ``["2023-01", "2023-06"]``; 2023年全年 is ``["2023-01", "2023-12"]``.
        unit: measure word or unit as written without 万 and 亿 (件, 元, %, 个百分点), or ``""``.
            Of a year and a span of years it is 年, of a more precise date ``""``.
        kind: kind of number.
        qualifier: the words that make it approximate (近, 余, 以上), ``""`` when it is exact.
        approximate: whether there is a qualifier.
        raw: the number as written, with qualifier and unit.
        year: the year that the number refers to, ``""`` when the text does not say.
        period: as written, a period other than one year that it refers to (上半年, 五年来), or
            ``""``.
        role: ``from`` and ``to`` for the levels before and after a change, ``total`` and ``part``,
            ``change``, or ``""``.
        direction: for a change, ``up`` or ``down`` (``value`` is positive); else ``""``.
        part_of: indicator of the total that the text says it is part of, or ``""``.
        status: ``result`` when it is reported as achieved, ``plan`` when it is planned or a
            target, ``forecast`` when it is expected, ``standard`` when a rule or plan fixes it as
            a limit (a threshold, a fee, a term), ``""`` when it is unknown.
        measure: ``level`` of the indicator, ``change`` of it, or ``share`` of a whole.
        period_kind: ``year`` for one calendar year, ``span`` for several years together (这五年,
            2021—2025年), ``part`` for a part of a year (上半年, 一季度, 6月), ``until`` for a date
            at which a count stands (截至2023年底), ``cumulative`` for a sum from an earlier start
            that is not one year (累计), ``""`` when it is unknown.
        period_start: first year or month of the period (``2021``, ``2023-01``), or ``""``.
        period_end: its last year or month, equal to ``period_start`` for one year, or ``""``.
        period_source: where the period was found: in the ``sentence``, in the numbered ``item`` or
            the ``section`` that it stands in, in the ``title``, or from what a ``report`` of its
            kind speaks of by custom (a government work report of a year reviews the year before).
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
    status: FigureStatus = ""
    measure: Measure = "level"
    period_kind: PeriodKind = ""
    period_start: str = ""
    period_end: str = ""
    period_source: PeriodSource = ""


Status = Literal["PASS", "FAIL", "UNCERTAIN"]
CheckKind = Literal["total=parts", "ratio", "change", "repeat", "over100", "year"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one arithmetic check on the numbers of a report.

    Attributes:
        status: ``PASS`` when the equation holds; ``FAIL`` only when it does not hold and the text
            states that it must; ``UNCERTAIN`` when the text may mean something else.
        kind: which check produced it.
        equation: the equation checked (``254 = 249 + 5``), with ``≠`` where it does not hold.
        start: offset in the text of the first number of the equation.
        end: offset after its last number, or after its first when they are in different
            sentences.
        n: 1-based number of the sentence that contains the first number.
        sentence: the text of that sentence.
        reason: why the status is what it is, in a few words.
    """

    status: Status
    kind: CheckKind
    equation: str
    start: int
    end: int
    n: int
    sentence: str
    reason: str = ""
