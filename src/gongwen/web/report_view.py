"""What the page of a report shows of each sentence, figure and known fact, in words and classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..catalog import _, current_language, gettext_noop
from ..figures.figure_table import FigureRow, marks, readable, status_name
from ..nlp.fields import FIELDS, LEVELS
from ..nlp.topics.taxonomy import Taxonomy
from ..render.report_text import Piece, ReportText, TextBlock, joined_lines
from ..results import Correction, Report, StoredSentence
from .pages import address, percent, topic_class, written

LAYERS = ("topics", "roles", "figures", "checks", "copies")
"""What can be shown or hidden over the text, values of the parameter ``show``."""
LAYER_NAMES = {
    "topics": gettext_noop("Topics"),
    "roles": gettext_noop("Roles"),
    "figures": gettext_noop("Figures"),
    "checks": gettext_noop("Checks"),
    "copies": gettext_noop("Copies"),
}
UNLIKELY = 0.5
"""Below this probability a topic is marked as doubtful: another one is as likely."""
_HOW = {
    "title": gettext_noop("from the title"),
    "subtitle": gettext_noop("from the subtitle"),
    "head": gettext_noop("from the lines around the title"),
    "opening": gettext_noop("from the opening words"),
    "tail": gettext_noop("from the signature"),
    "page": gettext_noop("from the web page"),
    "table": gettext_noop("from the table of places"),
    "file name": gettext_noop("from the name of the file"),
    "file": gettext_noop("from the columns of the file"),
    "by hand": gettext_noop("entered by hand"),
}
"""How a fact of a report is known, in words."""
_FIELD_NAMES = {
    "title": gettext_noop("Title"),
    "region": gettext_noop("Region"),
    "province": gettext_noop("Province"),
    "city": gettext_noop("City"),
    "county": gettext_noop("County"),
    "adcode": gettext_noop("Code of the place"),
    "level": gettext_noop("Level"),
    "year": gettext_noop("Year"),
    "kind": gettext_noop("Kind of document"),
    "kind_as_written": gettext_noop("Kind as written"),
    "agency": gettext_noop("Agency"),
    "date": gettext_noop("Date"),
    "address": gettext_noop("Web address"),
}
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the address of the page asks to show.

    Attributes:
        layers: the layers that are shown, of :data:`LAYERS`.
        topics: slugs; sentences of other topics step back.
        roles: likewise for roles.
        kept: the parameters that say so, for addresses of other parts of the page.
        evidence: whether checks and copies stand in the page itself.
    """

    layers: Collection[str] = LAYERS
    topics: Collection[str] = ()
    roles: Collection[str] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    evidence: bool = False

    def picks(self, sentence: StoredSentence) -> bool:
        """Return whether a sentence is among those that are asked for."""
        topic = not self.topics or bool({sentence.topic, *sentence.also} & set(self.topics))
        return topic and (not self.roles or sentence.role in self.roles)


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure as it is shown.

    Attributes:
        row: the figure.
        css: ``result``, ``plan``, ``forecast``, ``standard`` or ``unknown``.
        name: the status in words.
        mark: that name where it must stand beside the number; ``""`` of a result.
        about: indicator, value, period and status in one line.
    """

    row: FigureRow
    css: str
    name: str
    mark: str
    about: str

    @classmethod
    def of(cls, row: FigureRow) -> FigureView:
        """Return how a figure is shown."""
        name = status_name(row.status)
        figure = row.figure
        period = [one for one in marks(row, year=True) if one != name]
        parts = (figure.indicator, readable(figure.value, figure.unit), *period, name)
        mark = "" if row.status == "result" else name
        about = " · ".join(filter(None, parts))
        return cls(row, row.status or "unknown", name, mark, about)

    @property
    def value(self) -> str:
        """The value without its unit."""
        return readable(self.row.figure.value)

    @property
    def period(self) -> str:
        """Year, period and what else sets the figure apart, without its status."""
        return "，".join(one for one in marks(self.row, year=True) if one != self.name)


Part = tuple[str, FigureView | None]


class ReportView:
    """How the text of a report is shown.

    Args:
        text: the report.
        taxonomy: the topics and roles of the library.
        shown: what the address asks for.
        corrections: those of the report that count, the oldest first.
    """

    def __init__(
        self,
        text: ReportText,
        taxonomy: Taxonomy,
        shown: Shown,
        corrections: Sequence[Correction] = (),
    ) -> None:
        self.text = text
        self.taxonomy = taxonomy
        self.shown = shown
        self._corrections = corrections
        self._classes = {slug: topic_class(taxonomy, slug) for slug in taxonomy.topics.slugs}

    @property
    def path(self) -> str:
        """Path of the page of the report, not escaped yet."""
        return f"/reports/{self.text.report.id}"

    def at(self, n: int) -> str:
        """Return the address of the page with sentence ``n`` chosen."""
        return f"{address(self.path, at=n, **self.shown.kept)}#s-{n}"

    def short_at(self, n: int) -> str:
        """Return the same for links in the page itself, without its path."""
        return f"{address('', at=n, **self.shown.kept)}#s-{n}"

    def checked(self, n: int, part: bool = False) -> str:
        """Return the address of sentence ``n`` with its checks and copies.

        Args:
            n: number of the sentence.
            part: its details alone, not the whole report.
        """
        if part:
            return address(f"{self.path}/{n}", checks=1, **self.shown.kept)
        return f"{address(self.path, at=n, checks=1, **self.shown.kept)}#s-{n}"

    def without(self, **changes: Any) -> str:
        """Return the address of the page with other filters."""
        kept = {**self.shown.kept, **changes}
        return address(self.path, **{name: value for name, value in kept.items() if value})

    def topic_css(self, slug: str) -> str:
        """Return the class with the colour of a topic."""
        return self._classes.get(slug, "t0")

    def topic_name(self, slug: str) -> str:
        """Return the Chinese name of a topic, and of none that there is none."""
        return written(self.taxonomy.topics.zh(slug)) if slug else _("no topic")

    def role_name(self, slug: str) -> str:
        """Return the Chinese name of a role."""
        return self.taxonomy.roles.zh(slug)

    def likely(self, sentence: StoredSentence) -> str:
        """Return the probability of the topic, or that a person said it; ``""`` without one."""
        if not sentence.topic:
            return ""
        return _("corrected") if sentence.corrected else percent(sentence.probability)

    def unlikely(self, sentence: StoredSentence) -> bool:
        """Return whether the topic is doubtful."""
        return (
            bool(sentence.topic)
            and not sentence.corrected
            and (sentence.probability < UNLIKELY or sentence.topic not in self._classes)
        )

    def css(self, sentence: StoredSentence) -> str:
        """Return the classes of a sentence."""
        names = ["s", self.topic_css(sentence.topic)]
        names += ["off"] if not self.shown.picks(sentence) else []
        names += ["low"] if self.unlikely(sentence) else []
        return " ".join(names)

    def hidden(self, block: TextBlock) -> bool:
        """Return whether a block has no sentence that is asked for; headings always stay."""
        if not (self.shown.topics or self.shown.roles) or block.kind in ("heading", "title"):
            return False
        return not any(self.shown.picks(piece.sentence) for piece in block.pieces)

    def turns(self, block: TextBlock) -> set[int]:
        """Return the sentences of a block that have another role than the one before them."""
        if block.kind in ("title", "heading", "furniture"):
            return set()
        found, before = set[int](), ""
        for piece in block.pieces:
            if piece.sentence.role != before:
                found.add(piece.sentence.n)
            before = piece.sentence.role
        return found

    def parts(self, piece: Piece) -> Iterator[Part]:
        """Yield the text of a piece in parts, each with the figure that it is, if any."""
        done = piece.start
        for row in self.text.figures.get(piece.sentence.n, ()):
            start, end = row.span
            if done <= start < end <= piece.end:
                yield joined_lines(piece.sentence.text[done:start]), None
                yield joined_lines(piece.sentence.text[start:end]), FigureView.of(row)
                done = end
        yield joined_lines(piece.sentence.text[done : piece.end]), None

    def figures(self, n: int) -> list[FigureView]:
        """Return the figures of a sentence."""
        return [FigureView.of(row) for row in self.text.figures.get(n, ())]

    @cached_property
    def topic_counts(self) -> list[tuple[str, int]]:
        """The topics of the report and how many units have each first, as the taxonomy lists."""
        counted = Counter(one.topic for one in self.text.sentences if one.topic)
        known = [(slug, counted.pop(slug)) for slug in self._classes if slug in counted]
        return [*known, *sorted(counted.items())]

    @cached_property
    def role_counts(self) -> list[tuple[str, int]]:
        """The roles of the report and how many sentences have each."""
        counted = Counter[str](one.role for one in self.text.sentences if one.kind == "sentence")
        return [(slug, counted[slug]) for slug in self.taxonomy.roles.slugs if slug in counted]

    @cached_property
    def doubtful(self) -> list[int]:
        """Numbers of the sentences whose topic is doubtful."""
        return [one.n for one in self.text.sentences if self.unlikely(one)]

    @cached_property
    def corrected(self) -> list[tuple[StoredSentence, Correction | None]]:
        """The sentences that were corrected, each with its last correction, the latest first."""
        last = {one.text: one for one in self._corrections}
        found = [(one, last.get(one.text)) for one in self.text.sentences if one.corrected]
        return sorted(found, key=lambda pair: pair[1].at if pair[1] else "", reverse=True)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a report under one name.

    Attributes:
        name: the field.
        label: its name in words.
        value: as text, ``""`` when it is not known.
        shown: the value in words.
        how: how it is known, in words.
        by_hand: whether a person said it, so that it can be taken back.
        settable: whether a person may say it.
        choices: the values that it may have, with their names; empty for any.
    """

    name: str
    label: str
    value: str
    shown: str
    how: str
    by_hand: bool
    settable: bool
    choices: tuple[tuple[str, str], ...] = ()


def facts_of(report: Report) -> list[Fact]:
    """Return what is known of a report, field by field."""
    levels = tuple((name, level_name(name)) for name in LEVELS)
    found = []
    for one in FIELDS:
        value, how = str(getattr(report, one.name)), report.how.get(one.name, "")
        found.append(
            Fact(
                one.name,
                field_name(one.name),
                value,
                level_name(value) if one.name == "level" and value else value,
                _(_HOW.get(how, how)) if how else "",
                how == BY_HAND,
                one.settable,
                levels if one.name == "level" else (),
            )
        )
    return found


def field_name(name: str) -> str:
    """Return the name of a field of a report in the current language."""
    if current_language() == "zh":
        return next(one.chinese[0] for one in FIELDS if one.name == name)
    return _(_FIELD_NAMES[name])


def level_name(level: str) -> str:
    """Return the name of a level of government in the current language."""
    if current_language() != "zh":
        return level
    return next((one for one in LEVELS.get(level, ()) if one.endswith("级")), level)
