"""Run all checks over one text, and find what a yearly report leaves out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from ..document.parse import parse_document, role_of_heading
from ..figures.extract import read_document
from ..records import Document, Finding, Sentence
from ..text.normalize import squeeze
from ..topics.taxonomy import Taxonomy
from .consistency import check_items, check_levels, check_repeats, check_years
from .finding import CHECKS, words
from .rates import check_changes, check_percentages, check_ratios
from .sums import check_sums

LONGEST = 2000
"""Characters of a sentence that is still prose; a table or worse on one line has no sums to read,
and takes long."""


def check_text(text: str) -> list[Finding]:
    """Return what the arithmetic of ``text`` comes to, in the order of the text.

    Checked are totals against their parts, shares and rates against the numbers that they are
    of, changes against the levels that they lead from and to, indicators that are stated twice,
    percentages above 100, and years later than the report's own.
    """
    return check_document(parse_document(text))


def check_document(document: Document) -> list[Finding]:
    """Return what :func:`check_text` returns, for a parsed report."""
    prose = tuple(s for s in document.sentences if s.end - s.start <= LONGEST)
    founds = read_document(replace(document, sentences=prose))
    counted = [f for f in founds if f.kind != "date"]
    findings = [
        *check_sums(counted),
        *check_items(document, counted),
        *check_levels(document, counted),
        *check_ratios(counted),
        *check_changes(counted),
        *check_repeats(document, counted),
        *check_percentages(counted),
        *check_years(document, founds),
    ]
    return sorted(findings, key=lambda f: (f.start, f.end))


NoteKind = Literal["topic", "part"]

_NOT_MISSED = frozenset({"other"})
"""Topics that no report has to touch."""

_PARTS = (
    ("progress", "主要举措和成效", "achievement", "says nothing of what was done"),
    ("problems", "存在的不足和原因", "problem", "names no problem or shortcoming"),
    ("plan", "下一年度主要安排", "plan", "says nothing of next year's plan"),
)
_DUTY = ("duties", "党政主要负责人履行推进法治建设第一责任人职责")


@cache
def _duties() -> re.Pattern[str]:
    """Return the pattern of the part on the first responsible person, for the folded text."""
    w = CHECKS.pattern
    return re.compile(
        r"第一责任人|(?:党政|主要)(?:主要)?负责(?:人|同志)"
        rf"[^。]{{0,24}}{w('duty')}[^。]{{0,16}}{w('duty-of')}"
        rf"|{w('duty-leader')}[^。]{{0,12}}(?:履行|带头)[^。]{{0,12}}法治"
    )


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a report does not have.

    Attributes:
        kind: ``topic`` or ``part``.
        name: slug of the topic, or ``progress``, ``problems``, ``duties`` or ``plan``.
        zh: what it is called.
        text: the same in one line.
    """

    kind: NoteKind
    name: str
    zh: str
    text: str


_CLAUSE = re.compile(r"[,;。!?]|\.$")


def _says(unit: Sentence) -> bool:
    """Return whether a unit says something: a sentence, or a heading that is one or is an item.

    Automatic numbers make short items of a list look like headings: 3.下一步,我们将加强培训.
    """
    if unit.kind == "heading":
        is_item = " > " in unit.section and role_of_heading(unit.text) is None
        return is_item or bool(_CLAUSE.search(squeeze(unit.text)))
    return unit.kind == "sentence"


def notes(
    document: Document, topics: Collection[str], taxonomy: Taxonomy | None = None
) -> list[Note]:
    """Return what ``document`` leaves out, the required parts first, then topics.

    The parts are those that the Regulations on the Supervision of Building a Law-Based Government
    (法治政府建设与责任落实督察工作规定, 2019) ask of every yearly report on it; the duties of the
    first responsible person are not asked of a report whose title is about something else.

    Args:
        document: a parsed report.
        topics: slugs of the topics that its sentences have.
        taxonomy: where topics come from; by default those that ship.

    Returns:
        One note for each part or topic that is missing; none for a text without sentences.
    """
    roles = {s.role for s in document.sentences if _says(s)}
    if not roles:
        return []
    found: list[Note] = [
        Note("part", name, zh, f"The report {what} ({zh}).")
        for name, zh, role, what in _PARTS
        if role not in roles
    ]
    if words("law-based").search(squeeze(document.title) or "法治") and not _duties().search(
        squeeze(document.text)
    ):
        name, zh = _DUTY
        text = f"The report says nothing of the duties of the first responsible person ({zh})."
        found.append(Note("part", name, zh, text))
    known = (Taxonomy.shipped() if taxonomy is None else taxonomy).topics
    found += [
        Note("topic", topic.slug, topic.zh, f"No sentence is about {topic.slug} ({topic.zh}).")
        for topic in known
        if topic.slug not in topics and topic.slug not in _NOT_MISSED
    ]
    return found
