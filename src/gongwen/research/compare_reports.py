"""Compare two reports, or the reports of two years, sentence by sentence.

Sentences are compared by their words: the characters, numbers and Latin words that are left when
marks, spaces and the number of a list item are taken away, folded to one width and script, numbers
in digits. A sentence of the later side is

- ``kept`` when a sentence of the earlier side has the same words,
- ``changed`` when one has most of them; the changed characters are given,
- ``new`` when none has; what is left of the earlier side is ``dropped``.

Every sentence is in one pair. Pairs are found in three steps. Equal words come first, of equal ones
those of the same section and of the nearest place. Then come words that are equal when numbers and
the reports' own place names are masked. Of the rest those that share rare pairs of characters are
compared, and the likest are joined, where order and section decide between the nearly equal. Last,
what is left beside a pair joins it when it was split off a sentence or merged into one; such a
pair has two or more sentences on one side, and is ``kept`` when only marks changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..nlp.text.normalize import squeeze, squeeze_offsets
from ..nlp.text.numerals import in_values, in_values_offsets
from ..nlp.text.paragraphs import heading_mark, item_mark
from ..results import Report, StoredSentence

if TYPE_CHECKING:
    from .figure_changes import FigureChange

PairKind = Literal["kept", "changed", "new", "dropped"]
PAIR_KINDS: tuple[PairKind, ...] = ("changed", "new", "dropped", "kept")
"""The kinds of pairs, those that a reader looks for first."""
Moved = Literal["", "section", "order"]


# -- records -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Characters that stand in one version of a sentence and not in the other.

    Attributes:
        before: what was taken out, ``""`` when something was only put in.
        after: what was put in, ``""`` when something was only taken out.
        before_span: where the first stands in the earlier text, ``(start, end)``.
        after_span: where the other stands in the later text.
        number: whether numbers differ.
    """

    before: str
    after: str
    before_span: tuple[int, int]
    after_span: tuple[int, int]
    number: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "before": self.before,
            "after": self.after,
            "before_span": list(self.before_span),
            "after_span": list(self.after_span),
            "number": self.number,
        }


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence of the earlier side and that of the later side that has its place.

    Attributes:
        kind: ``kept``, ``changed``, ``new`` or ``dropped``.
        before: its sentences on the earlier side: none when it is new, several when they were
            merged.
        after: its sentences on the later side: none when it is dropped, several when it was split.
        topic: slug of the topic of the later sentence, of a dropped one its own.
        likeness: share of the words in common, the rarer ones counting more, 0 to 1.
        changes: the characters that differ, those with numbers first; empty unless ``changed``.
        moved: ``section`` when it stands in another section now, ``order`` when it stands in the
            same one and has changed places with its neighbours, else ``""``.
        renumbered: whether only the number of its list item or heading is another.
    """

    kind: PairKind
    before: tuple[StoredSentence, ...]
    after: tuple[StoredSentence, ...]
    topic: str
    likeness: float
    changes: tuple[Change, ...] = ()
    moved: Moved = ""
    renumbered: bool = False

    @property
    def before_text(self) -> str:
        """The earlier text; several sentences one behind the other."""
        return "".join(sentence.text for sentence in self.before)

    @property
    def after_text(self) -> str:
        """The later text; several sentences one behind the other."""
        return "".join(sentence.text for sentence in self.after)

    @property
    def marked(self) -> str:
        """The later text with its changes marked: ``办案[-12-]{+15+}件``."""
        return "".join(
            text if how == "same" else f"[-{text}-]" if how == "out" else f"{{+{text}+}}"
            for how, text in self.parts()
        )

    def parts(self) -> list[tuple[Literal["same", "out", "in"], str]]:
        """Return the later text in parts that stayed, were taken out or put in, in order."""
        if self.kind in ("new", "dropped"):
            return [("in" if self.kind == "new" else "out", self.after_text or self.before_text)]
        parts: list[tuple[Literal["same", "out", "in"], str]] = []
        text, done = self.after_text, 0
        for one in sorted(self.changes, key=lambda one: (one.after_span, one.before_span)):
            start, end = one.after_span
            parts += [("same", text[done:start]), ("out", one.before), ("in", one.after)]
            done = end
        parts.append(("same", text[done:]))
        return [(how, part) for how, part in parts if part]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "kind": self.kind,
            "topic": self.topic,
            "moved": self.moved,
            "renumbered": self.renumbered,
            "split": len(self.after) > 1,
            "merged": len(self.before) > 1,
            "likeness": round(self.likeness, 3),
            "marked": self.marked,
            "before": [_sentence_dict(sentence) for sentence in self.before],
            "after": [_sentence_dict(sentence) for sentence in self.after],
            "changes": [change.to_dict() for change in self.changes],
        }


def _sentence_dict(s: StoredSentence) -> dict[str, Any]:
    return {"report": s.report, "n": s.n, "kind": s.kind, "section": s.section, "text": s.text}


@dataclass(frozen=True, slots=True)
class ReportComparison:
    """Two sides of reports compared; iterating it gives the pairs, by topic.

    Attributes:
        before: the reports of the earlier side.
        after: the reports of the later side.
        pairs: the sentences by topic; topics and sentences in the order of the later side, a
            dropped sentence behind the one that it followed.
        figures: the numbers that changed.
        topics: Chinese names of the topics by their slugs, in the order of ``pairs``.
        characters: characters of the later side, without marks and spaces.
        taken_over: how many of these it has from the earlier side: all of the kept sentences, and
            of the changed ones those that did not change.
        notes: what is to be known of the two sides, in the language of messages.
    """

    before: tuple[Report, ...]
    after: tuple[Report, ...]
    pairs: tuple[SentencePair, ...]
    figures: tuple[FigureChange, ...]
    topics: Mapping[str, str]
    characters: int
    taken_over: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[SentencePair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        sides = " → ".join(
            ", ".join(report.id for report in side) for side in (self.before, self.after)
        )
        counts = ", ".join(f"{n} {kind}" for kind, n in self.totals().items() if kind in PAIR_KINDS)
        return f"<ReportComparison {sides}: {counts}>"

    @property
    def share(self) -> float:
        """Share of the characters of the later side that are taken over, 0 to 1."""
        return self.taken_over / self.characters if self.characters else 0.0

    def totals(self, topic: str | None = None) -> dict[str, int]:
        """Return the number of pairs of each kind, and how many are moved, split and merged.

        Args:
            topic: slug of the topic that is counted; ``None`` for all.
        """
        counted: Counter[str] = Counter()
        for pair in self.pairs:
            if topic is None or pair.topic == topic:
                counted[pair.kind] += 1
                counted["moved"] += bool(pair.moved)
                counted["split"] += len(pair.after) > 1
                counted["merged"] += len(pair.before) > 1
        return {name: counted[name] for name in (*PAIR_KINDS, "moved", "split", "merged")}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each pair, with the columns of a CSV file."""
        return [_row(pair, self.topics) for pair in self.pairs]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as a JSON object."""
        sides = {"before": self.before, "after": self.after}
        return {
            name: {
                "reports": [_report_dict(report) for report in side],
                "sentences": sum(len(getattr(pair, name)) for pair in self.pairs),
            }
            for name, side in sides.items()
        } | {
            "totals": self.totals(),
            "characters": self.characters,
            "taken_over": self.taken_over,
            "share_taken_over": round(self.share, 4),
            "topics": [
                {"topic": slug, "zh": zh} | self.totals(slug) for slug, zh in self.topics.items()
            ],
            "sentences": [pair.to_dict() for pair in self.pairs],
            "figures": [one.to_dict() for one in self.figures],
            "notes": list(self.notes),
        }


PAIR_COLUMNS = (
    "kind", "topic", "topic_zh", "moved", "renumbered", "likeness", "before", "after", "marked",
    "numbers", "before_section", "after_section", "before_place", "after_place",
)  # fmt: skip
"""Columns of a table of pairs, for programs."""


def _row(pair: SentencePair, topics: Mapping[str, str]) -> dict[str, Any]:
    sides = {"before": pair.before, "after": pair.after}
    return {
        "kind": pair.kind,
        "topic": pair.topic,
        "topic_zh": topics.get(pair.topic, pair.topic),
        "moved": pair.moved,
        "renumbered": pair.renumbered,
        "likeness": round(pair.likeness, 3),
        "before": pair.before_text,
        "after": pair.after_text,
        "marked": pair.marked,
        "numbers": [f"{one.before}→{one.after}" for one in pair.changes if one.number],
        **{f"{name}_section": side[0].section if side else "" for name, side in sides.items()},
        **{f"{name}_place": places_of(side) for name, side in sides.items()},
    }


def places_of(sentences: Sequence[StoredSentence]) -> str:
    """Return where sentences stand, as ``gongwen show`` takes it: ``wugong-2020:27``."""
    return " ".join(f"{sentence.report}:{sentence.n}" for sentence in sentences)


def _report_dict(report: Report) -> dict[str, Any]:
    return {
        "report": report.id,
        "title": report.title,
        "region": report.region,
        "year": report.year,
    }
