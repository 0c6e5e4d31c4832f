"""The records that travel from text to search hit: documents, sentences, tags, figures, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["title", "heading", "sentence", "boilerplate"]
"""What a unit of text is. Boilerplate is page furniture and scraper footers."""

Role = Literal["achievement", "problem", "plan", "background"]
"""What a sentence does in its report."""

Year = int | str
"""The year reported on: ``2020``, a span ``"2018-2020"``, or ``""`` when it is not known."""

Level = Literal["national", "province", "city", "county", "town", ""]
"""The level of the place that a report speaks of; ``""`` when it is not known or has none."""


UNSURE = "unsure"
"""The topic of a sentence whose likeliest topic is not likely enough."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One searchable unit of a report: a sentence, a heading, the title, or boilerplate.

    Attributes:
        n: 1-based number within the report.
        text: the unit as it stands, ``document.text[start:end]``.
        start: first character offset in the text of the document.
        end: offset behind the last character.
        section: headings above the sentence from the top down, joined by `` > ``; ``""`` outside
            of every section. A heading belongs to the section that it opens.
        item: the marker of the item it belongs to (``一是``), or ``""``.
        role: what it does in the report.
        kind: what it is.
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
        """The nearest heading above the sentence, ``""`` when there is none."""
        return self.section.rpartition(" > ")[2]


@dataclass(frozen=True, slots=True)
class Document:
    """A report and what it says of itself in its title, head and tail, never in its body.

    Attributes:
        text: the whole text, unchanged.
        title: the title in one line, ``""`` when the text begins without one.
        region: the finest place named there, as written (``武功县``), or ``""``.
        year: the year reported on.
        kind: the kind of document, one of :func:`~gongwen.nlp.document.document_kind.document_kinds`
            (``情况报告``), or ``""``; a news item has none.
        sentences: all units in the order of the text; they cover it without overlap, but for
            white space.
        province: full name of the province of the region in the year reported on.
        city: full name of its city or prefecture; districts of a municipality and counties run by
            the province have none.
        county: full name of the county, district, banner or county-level city.
        adcode: six digits (GB/T 2260) of what is now where the finest of these is or was.
        level: the level of the region; ``national`` when the issuer is.
        agency: the body that issued it, as written (``武功县司法局``).
        date: when it was signed, given or published, as far as written: ``2021-01-15`` or
            ``2021-01``.
        address: URL that the page names as its source.
        kind_as_written: the words of its title that say the kind
            (``法治政府建设情况的报告``), or ``""``.
        how: for every guess that is not empty how it was made: ``title``, ``subtitle``, ``head``
            (the lines around the title), ``opening`` (我代表…向大会…), ``tail`` (the signature),
            ``page`` (what the page says of it), ``table`` (followed from the region),
            ``file name``, or what :func:`~gongwen.nlp.document.overrides.with_said` was told.

    What is not known is ``""``.
    """

    text: str
    title: str = ""
    region: str = ""
    year: Year = ""
    kind: str = ""
    sentences: tuple[Sentence, ...] = ()
    province: str = ""
    city: str = ""
    county: str = ""
    adcode: str = ""
    level: Level = ""
    agency: str = ""
    date: str = ""
    address: str = ""
    kind_as_written: str = ""
    how: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Tag:
    """What the classifier says of a sentence.

    Attributes:
        topic: slug of the primary topic, or ``unsure``.
        also: slugs of further topics that the sentence really speaks of, strongest first.
        probability: calibrated probability of the likeliest topic, 0 to 1.
        probabilities: the probability of every topic; they sum to 1.
    """

    topic: str
    also: tuple[str, ...] = ()
    probability: float = 1.0
    probabilities: Mapping[str, float] = field(default_factory=dict, compare=False)


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


Status = Literal["PASS", "FAIL", "UNCERTAIN"]
CheckKind = Literal["total=parts", "ratio", "change", "repeat", "over100", "year"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of arithmetic in a report, and whether it comes out.

    Attributes:
        status: ``FAIL`` only where the text says that the parts make the whole, and they do not;
            ``UNCERTAIN`` where it may mean something else.
        kind: which check speaks.
        equation: what was computed (``254 = 249 + 5``), with ``≠`` where it does not come out.
        start: offset in the text of the first number of the equation.
        end: offset behind its last number, or behind its first when they are in different
            sentences.
        n: 1-based number of the sentence in which the first number stands.
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
