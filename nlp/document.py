"""A report's text to its :class:`Document`: the outline first, then the sentences along it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from . import roles
from .boilerplate import is_boilerplate
from .description import describe
from .fold import squeeze
from .markers import heading_mark, item_mark
from .paragraphs import paragraph_spans
from .records import Document, Kind, Role, Sentence
from .sentences import sentence_spans
from .titles import BLANK, SEARCHED, read_head

_COLONS = "：:"
_LONGEST_HEADING = 60
_LONGEST_PREAMBLE = 8
"""Paragraphs of an introduction; without a heading by then, the report has none there."""

_FRAME = re.compile(
    r"^(?:(?:工作)?(?:主要|基本|总体|具体)?(?:举措|做法|措施|成效|情况|工作)(?:和|与|及)?(?:主要)?(?:成效|做法|措施|情况|亮点)?"
    r"|(?:当前|目前)?(?:存在|面临)(?:的)?(?:主要|突出)?(?:问题|不足|困难|短板)(?:(?:和|与|及)(?:主要)?(?:原因|不足|困难|短板))?"
    r"|下一?(?:步|阶段|年度?)(?:的)?(?:工作)?(?:主要|重点)?(?:工作)?(?:打算|安排|计划|思路|措施|任务|重点)?"
    r"|.{0,20}(?:工作回顾|发展成就)|(?:\d{4}年)?(?:工作)?(?:回顾|总结|计划|打算|安排|思路|建议)|今后(?:工作)?(?:打算|安排|方向)|努力方向|名词解释|附件)$"
)
"""Headings of the genre that stand without a number."""

_ENDS = "。！？!?；;｡"


@dataclass(slots=True)
class _Outline:
    """Where in the report the next sentence stands; changed as paragraphs go by."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    role: Role | None = None
    item: str = ""
    planned_at: int = 0
    """Level of the headings that announced the plan, 0 when none has."""
    preamble: bool = False
    """Still before the first heading, in the introduction."""

    @property
    def section(self) -> str:
        return " > ".join(text for _, text in self.headings)

    def open(self, level: int, heading: str) -> None:
        """Enter the section under ``heading``."""
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, heading))
        self.item = ""
        self.preamble = False
        own = roles.role_of_heading(heading)
        # What comes behind the plan is more of it (三、扎实推进…), unless its heading looks back.
        if own is None and 0 < self.planned_at <= level and not roles.looks_back(heading):
            self.role = "plan"
            return
        self.planned_at = level if own == "plan" else min(self.planned_at, level - 1)
        above = (r for _, h in reversed(self.headings) if (r := roles.role_of_heading(h)))
        self.role = next(above, None)

    def leave(self, role: Role) -> None:
        """Leave every section for an unheaded part of the given role."""
        self.headings.clear()
        self.item = ""
        self.role = role

    def end_problems(self) -> None:
        """Leave an unheaded list of problems, which ends where a paragraph is no item of it."""
        if self.role == "problem" and not self.headings:
            self.role = None


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a report's ``text``, with offsets, section, item, role and kind.

    ``text[s.start:s.end] == s.text`` for each, they do not overlap, and they cover all of the
    text but white space. The empty text has no sentences.
    """
    return list(parse_document(text).sentences)


def parse_document(text: str) -> Document:
    """Return the report in ``text`` with what it says of itself and all of its sentences."""
    paragraphs = list(paragraph_spans(text))
    lines = [text[start:end].strip(BLANK) for start, end in paragraphs]
    head = read_head(lines, _apart(text, paragraphs))
    document = describe(text, lines, head)
    return replace(document, sentences=tuple(_sentences(text, paragraphs, head.lines)))


def _apart(text: str, paragraphs: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the numbers of the paragraphs that have a blank line above."""
    return frozenset(
        number
        for number, ((_, end), (start, _)) in enumerate(pairwise(paragraphs[:SEARCHED]), 1)
        if len(text[end:start].splitlines()) > 1
    )


def _sentences(
    text: str, paragraphs: list[tuple[int, int]], title_lines: frozenset[int]
) -> Iterator[Sentence]:
    outline = _Outline(preamble=any(_heading_level(text[s:e].strip()) for s, e in paragraphs))
    n = 0
    introduced = 0
    lead_in = False
    last = len(paragraphs) - 1
    for number, (start, end) in enumerate(paragraphs):
        paragraph = text[start:end]
        bare = paragraph.strip()
        kind: Kind = "sentence"
        if is_boilerplate(bare):
            kind = "boilerplate"
        elif number in title_lines:
            kind = "title"
        elif level := _heading_level(bare):
            kind = "heading"
            outline.open(level, " ".join(bare.split()))
        elif level := _run_in_level(bare):
            first = next(sentence_spans(paragraph))
            heading = paragraph[first[0] : first[1]]
            outline.open(level, heading.rstrip("。：:.．"))
            kind = "heading"
        elif not heading_mark(bare) and not item_mark(bare):
            opening = roles.role_of_opening(bare)
            if opening and outline.role != opening and len(bare) > 12:
                outline.leave(opening)
            elif not opening and not lead_in:
                outline.end_problems()
            outline.item = ""
            introduced += 1
            outline.preamble &= introduced <= _LONGEST_PREAMBLE
        lead_in = bare[-1] in _COLONS
        for s, e in sentence_spans(paragraph):
            n += 1
            sentence = paragraph[s:e]
            if kind == "sentence":
                outline.item = item_mark(sentence) or outline.item
            yield Sentence(
                n=n,
                text=sentence,
                start=start + s,
                end=start + e,
                section="" if kind in ("title", "boilerplate") else outline.section,
                item=outline.item if kind == "sentence" else "",
                role=_role(sentence, kind, outline, number >= last - 3),
                kind=kind,
            )
            if kind == "heading":
                kind = "sentence"  # what follows a run-in heading in its paragraph


def _role(sentence: str, kind: Kind, outline: _Outline, near_end: bool) -> Role:
    if kind in ("title", "boilerplate"):
        return "background"
    if outline.role:
        own = roles.role_of_sentence(sentence)
        return "background" if own == "background" and near_end else outline.role
    own = roles.role_of_sentence(sentence)
    if kind == "heading":
        return "achievement"
    if outline.preamble and own != "problem" and own != "plan":
        return "background"
    return own or "achievement"


def _heading_level(line: str) -> int:
    """Return the level of a paragraph that is a heading and nothing else, 0 when it is not one."""
    if len(line) > _LONGEST_HEADING or "\t" in line:
        return 0
    mark = heading_mark(line)
    if mark:
        rest = line[mark.length :].strip()
        closed = line[-1] in _ENDS or any(c in rest[:-1] for c in "。！？；;")
        if rest and not closed and (mark.level < 4 or len(rest) <= 40):
            return mark.level
        return 0
    bare = squeeze(line).rstrip(":")
    return 2 if len(bare) <= 24 and _FRAME.match(bare) else 0


def _run_in_level(paragraph: str) -> int:
    """Return the level of a heading that ends with 。 and is followed by its text, else 0."""
    mark = heading_mark(paragraph)
    if not mark or mark.level > 4:
        return 0
    end = re.search(r"[。.．](?!\d)", paragraph[mark.length :])
    if not end or end.start() < 2:
        return 0
    length = mark.length + end.start()
    alone = mark.length + end.end() >= len(paragraph.rstrip())
    return mark.level if length <= (30 if alone else 45) else 0
