"""The records that travel from text to search hit; they import nothing of ours."""

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
    """A report and what it says of itself.

    Attributes:
        text: the whole text, unchanged.
        title: the title line, ``""`` when the text begins without one.
        region: the finest place named in the title or head, as written (``武功县``), or ``""``.
        year: the year reported on.
        kind: the kind of document in the words of its title (``工作总结``), or ``""``.
        sentences: all units in the order of the text; they cover it without overlap, but for
            white space.
    """

    text: str
    title: str = ""
    region: str = ""
    year: Year = ""
    kind: str = ""
    sentences: tuple[Sentence, ...] = ()


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
