"""Parse the text of a report into a :class:`Document`: outline, sentences, and their roles.

The section decides where its heading says so (存在的问题, 下一步工作打算). Reports often give the
problems and plans no heading; then the opening of a paragraph decides for what follows it, and
within a section of achievements the words of the single sentence do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TypeGuard

from ..records import Document, Kind, Role, Sentence
from ..text.normalize import squeeze
from ..text.ordinary import Ordinary, ordinary
from ..text.paragraphs import HEADINGS, heading_mark, is_boilerplate, is_mark, item_mark
from ..text.sentences import sentence_spans
from .blocks import (
    NOT_SPOKEN,
    Block,
    BlockKind,
    heading_levels,
    in_ordinary,
)
from .header import BLANK, read_head
from .metadata import describe
from .page_furniture import with_contents
from .page_text import page_blocks
from .printed_lines import Paragraph, joined_paragraphs
from .roles import frames, role_of_item, role_of_opening, role_of_sentence
from .section_roles import Line, Outline, is_first

_LONGEST_HEADING = 60
_UNNUMBERED = 2
"""Level of a heading that has its level neither from its number nor from the file."""
_ENDS = "。！？!?；;｡"


@cache
def _unnumbered_heading() -> re.Pattern[str]:
    """Return the pattern of headings of the genre that stand without a number."""
    w = HEADINGS.pattern
    return re.compile(
        rf"^(?:(?:工作)?(?:主要|基本|总体|具体)?{w('done')}(?:和|与|及)?(?:主要)?{w('done-beside')}?"
        rf"|(?:当前|目前)?(?:存在|面临)(?:的)?(?:主要|突出)?{w('problem')}"
        rf"(?:(?:和|与|及)(?:主要)?{w('problem-beside')})?"
        r"|下一?(?:步|阶段|年度?)(?:的)?(?:工作)?(?:主要|重点)?(?:工作)?"
        rf"{w('plan')}?"
        rf"|.{{0,20}}{w('review')}|(?:\d{{4}}年)?(?:工作)?{w('alone')}"
        rf"|今后(?:工作)?{w('later')}|{w('other')})$"
    )


@cache
def _timely_heading() -> re.Pattern[str]:
    """Return the pattern of headings without a number that name a time: 2026年重点工作."""
    w = HEADINGS.pattern
    plan = r"\"?[一二三四五十]{1,4}五\"?(?:时期|期间)?"
    return re.compile(rf"^(?:\d{{4}}年|{plan}|{w('time')})[^,;:]{{0,20}}{w('timely')}$")


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a report's ``text``, with offsets, section, item, role and kind.

    ``text[s.start:s.end] == s.text`` for each, they do not overlap, and they cover all of the
    text but white space and characters that are not seen. The empty text has no sentences.
    """
    return list(parse_document(text).sentences)


def parse_document(text: str, blocks: Sequence[Block] = ()) -> Document:
    """Return the report in ``text`` with what it says of itself and all of its sentences.

    All is looked for in the ordinary form of the text. The title is in ordinary characters;
    sentences and sections are as they stand, sections without what is not seen.

    Args:
        text: its characters.
        blocks: what its file says of parts of the text, ascending and without overlap.
    """
    plain = ordinary(text)
    blocks = with_contents(plain.text, in_ordinary(blocks, plain))
    paragraphs = joined_paragraphs(plain.text, page_blocks(plain.text, blocks))
    aside = frozenset(n for n, (_, _, b) in enumerate(paragraphs) if b and b.kind in NOT_SPOKEN)
    lines = [
        "" if b and b.kind == "contents" else "".join(map(_stripped, plain.text[s:e].split("\n")))
        for s, e, b in paragraphs
    ]
    titled = [n for n, (_, _, b) in enumerate(paragraphs) if b and b.kind == "title"]
    head = read_head(lines, _apart(plain.text, paragraphs), titled, aside)
    document = describe(text, lines, head, aside)
    year = document.year if isinstance(document.year, int) else 0
    outline = Outline(_lines(plain, paragraphs, head.lines), document.kind, year)
    units = _sentences(plain, paragraphs, head.lines, outline)
    return replace(document, sentences=tuple(units))


def _stripped(line: str) -> str:
    return line.strip(BLANK)


def _apart(text: str, paragraphs: Sequence[Paragraph]) -> frozenset[int]:
    """Return the numbers of the paragraphs that have a blank line above."""
    return frozenset(
        number
        for number, ((_, end, _), (start, _, _)) in enumerate(pairwise(paragraphs), 1)
        if len(text[end:start].splitlines()) > 1
    )


def _sentences(
    plain: Ordinary, paragraphs: list[Paragraph], title_lines: frozenset[int], outline: Outline
) -> Iterator[Sentence]:
    n = 0
    last = len(paragraphs) - 1
    for number, ((start, end, _), line) in enumerate(zip(paragraphs, outline.lines, strict=True)):
        paragraph = plain.text[start:end]
        kind: Kind = "sentence"
        if not line.spoken:
            kind = "title" if number in title_lines else "boilerplate"
        elif line.level:
            kind = "heading"
            outline.open(number)
        else:
            outline.read(number)
        role = outline.role_at(number)
        for s, e in sentence_spans(paragraph):
            n += 1
            sentence = paragraph[s:e]
            if kind == "sentence" and (mark := item_mark(sentence)):
                outline.item = mark
                role = role_of_item(sentence) or role  # up to the end of the paragraph
            first_char, behind = start + s, start + e
            written = sentence
            if plain.text is not plain.source:
                first_char, behind = plain.span(first_char, behind)
                written = plain.source[first_char:behind]
            yield Sentence(
                n=n,
                text=written,
                start=first_char,
                end=behind,
                section="" if kind in ("title", "boilerplate") else outline.section,
                item=outline.item if kind == "sentence" else "",
                role=_role(sentence, kind, role, outline.preamble, number >= last - 3),
                kind=kind,
            )
            if kind == "heading":
                kind = "sentence"  # what follows a run-in heading in its paragraph


def _lines(plain: Ordinary, paragraphs: list[Paragraph], title_lines: frozenset[int]) -> list[Line]:
    """Return the paragraphs as their outline sees them."""
    levels = _levels(plain.text, paragraphs)
    lines: list[Line] = []
    for number, (start, end, block) in enumerate(paragraphs):
        paragraph = plain.text[start:end]
        bare = paragraph.strip()
        above = lines[-1] if lines and is_mark(lines[-1].text) else None
        if (block and block.kind in NOT_SPOKEN) or number in title_lines or is_boilerplate(bare):
            lines.append(Line(bare, spoken=False))
        elif above and above.level and _may_be_heading(bare):
            heading = " ".join(plain.visible(start, end).split())
            lines[-1] = above = replace(above, heading=above.heading + heading)
            lines.append(Line(bare, above.level, above.heading))
        elif level := _heading_level(bare, block, levels):
            lines.append(Line(bare, level, " ".join(plain.visible(start, end).split())))
        elif level := _run_in_level(bare):
            first = next(sentence_spans(paragraph))
            heading = plain.visible(start + first[0], start + first[1])
            lines.append(Line(bare, level, heading.rstrip("。：:.．")))
        else:
            lines.append(Line(bare))
    return _with_parts(lines)


def _with_parts(lines: list[Line]) -> list[Line]:
    """Return ``lines``, headings without a number that have 一、 below them half a level higher."""
    below: Line | None = None
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if not line.level:
            continue
        of_numbers = below and line.level == below.level == _UNNUMBERED and is_first(below.text)
        if of_numbers and not heading_mark(line.text):
            line = lines[number] = replace(line, level=line.level - 0.5)
        below = line
    return lines


def _role(sentence: str, kind: Kind, role: Role | None, preamble: bool, near_end: bool) -> Role:
    """Return the role of a unit.

    Args:
        sentence: its text.
        kind: what it is.
        role: that of its section and paragraph, ``None`` where its own words decide.
        preamble: whether it stands above all headings.
        near_end: whether it is among the last lines of its report.
    """
    if kind in ("title", "boilerplate"):
        return "background"
    if role:
        own = role_of_sentence(sentence) if near_end or role == "problem" else None
        if own == "background" or frames(sentence):
            return "background"
        return "plan" if role == "problem" and role_of_opening(sentence) == "plan" else role
    if kind == "heading":
        return "achievement"
    own = role_of_sentence(sentence)
    if preamble and own != "problem" and own != "plan":
        return "background"
    return own or "achievement"


def _levels(text: str, paragraphs: Sequence[Paragraph]) -> dict[int, float]:
    """Return the level in the outline for each level at which the file has headings."""
    headings = ((text[s:e].strip(), b.level) for s, e, b in paragraphs if _is_heading(b))
    marks = ((level, heading_mark(line)) for line, level in headings)
    return heading_levels((level, mark.level if mark else 0) for level, mark in marks)


def _is_heading(block: Block | None) -> TypeGuard[Block]:
    return block is not None and block.kind == "heading"


_NO_HEADINGS: frozenset[BlockKind] = frozenset(("item", "row", "note", *NOT_SPOKEN))
"""Kinds of blocks that are no headings, however they are worded."""


def _heading_level(line: str, block: Block | None, levels: Mapping[int, float]) -> float:
    """Return the level of a paragraph that is a heading and nothing else, 0 when it is not one.

    Args:
        line: the paragraph.
        block: its block, if its file gives one.
        levels: level in the outline for each level of a heading block.
    """
    if len(line) > _LONGEST_HEADING or "\t" in line or (block and block.kind in _NO_HEADINGS):
        return 0
    mark = heading_mark(line)
    if _is_heading(block) and not any(end in line[:-1] for end in _ENDS):
        return mark.level if mark else levels[block.level]
    if mark:
        rest = line[mark.length :].strip()
        if not rest and mark.level < 4:
            return mark.level  # its text stands on the next line
        closed = line[-1] in _ENDS or any(c in rest[:-1] for c in "。！？；;")
        if rest and not closed and (mark.level < 4 or len(rest) <= 40):
            return mark.level
        return 0
    bare = squeeze(line)
    if len(bare) <= 30 and _timely_heading().match(bare):
        return _UNNUMBERED
    bare = bare.rstrip(":")
    return _UNNUMBERED if len(bare) <= 24 and _unnumbered_heading().match(bare) else 0


def _may_be_heading(line: str) -> bool:
    """Say whether a line below a number that stands alone is the heading with that number."""
    if len(line) > _LONGEST_HEADING or heading_mark(line) or line[-1] in "：:,，":
        return False
    return not any(end in line for end in _ENDS)


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
