"""Parse the text of a report into a :class:`Document`: outline, sentences, and their roles.

The section decides where its heading says so (存在的问题, 下一步工作打算). Reports often give the
problems and plans no heading; then the opening of a paragraph decides for what follows it, and
within a section of achievements the words of the single sentence do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import TypeGuard

from ..records import Document, Kind, Role, Sentence
from ..text.normalize import fold, squeeze
from ..text.ordinary import Ordinary, ordinary
from ..text.paragraphs import HEADINGS, heading_mark, is_boilerplate, item_mark
from ..text.sentences import sentence_spans
from ..vocabulary import WordLists
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

_ROLES = WordLists(
    "roles",
    "problem-lead problem-noun problem-left problem-heading problem-heading-end solved-heading"
    " plan-heading plan-heading-end plan-time plan-task plan-task-alone background-heading"
    " looks-back problem-opening-lead problem-opening-noun problem-subject problem-predicate"
    " plan-opening plan-against plan-will lacking problem-cue some weak solved plan-start plan-how"
    " reported closing addressed plan-next plan-item-will plan-item-not",
)
_words = _ROLES.pattern

_SIGNATURE = re.compile(
    r"^(?:.{2,30}(?:政府|委员会|局|厅|办公室|办|院|部|街道办事处|司))$|^\(?[\d〇○零一二三四五六七八九]{4}年[\d一二三四五六七八九十]{1,2}月[\d一二三四五六七八九十]{1,3}日\)?$"
)


@cache
def _problem_heading() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('problem-lead')}.{{0,8}}{_words('problem-noun')}"
        rf"|尚存.{{0,4}}{_words('problem-left')}"
        rf"|{_words('problem-heading')}|{_words('problem-heading-end')}$"
    )


@cache
def _solved_heading() -> re.Pattern[str]:
    return re.compile(_words("solved-heading"))


@cache
def _plan_heading() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('plan-heading')}|{_words('plan-heading-end')}$"
        rf"|(?:{_words('plan-time')}|\d{{4}}年?|\"?[一二三四五十]{{2,4}}五\"?时期)"
        rf".{{0,12}}{_words('plan-task')}"
        rf"|^.{{0,6}}{_words('plan-task-alone')}$"
    )


@cache
def _background_heading() -> re.Pattern[str]:
    return re.compile(rf"^.{{0,4}}{_words('background-heading')}$")


@cache
def _looks_back() -> re.Pattern[str]:
    return re.compile(_words("looks-back"))


@cache
def _problem_opening() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('problem-opening-lead')}.{{0,24}}{_words('problem-opening-noun')}"
        rf"|{_words('problem-subject')}{_words('problem-predicate')}"
        r"|(?:清醒|深刻)(?:地)?(?:认识|看)到|与.{2,30}(?:相比|要求).{0,12}差距"
    )


@cache
def _plan_opening() -> re.Pattern[str]:
    return re.compile(
        r"^(?:(?:一|二|三|四|五|六|七|八|九)、|\([一二三四五六七八九]\))?"
        rf"(?:{_words('plan-opening')}"
        rf"|针对(?:这些|上述|以上|存在的?){_words('plan-against')}|做好(?:今年|明年|\d{{4}}年)"
        r"|\d{4}年,?(?:我们|我[省市县区局镇乡州旗]|全[省市县区]|.{0,8}?)"
        rf"{_words('plan-will')})"
    )


_LABEL = re.compile(
    r"(?:[(\[]?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivxl]{2,6}|第?[一二三四五六七八九十百]{1,4}"
    r"|[甲乙丙丁戊己庚辛壬癸])(?:[)\]、:]|\.(?!\d)|\.(?=(?:19|20)\d\d年))|\d{1,2}(?:\.\d{1,2}){1,4}(?!\d)"
    r"|[①-⑳⑴-⒛㈠-㈩ⅰ-ⅻ➀-➓]|[-·○■◆*])[、.]?"
)
"""The number or mark of an item at the beginning of folded text, typed or automatic."""
_MAX_LABELS = 3


def _unlabelled(text: str) -> str:
    """Return the beginning of a paragraph, squeezed, without the numbers and marks in front.

    Example:
        >>> _unlabelled("（三）第二，下一步,我们将")
        '下一步,我们将'
    """
    bare = fold(text[:400]).lstrip()
    for _ in range(_MAX_LABELS):
        label = _LABEL.match(bare)
        length = label.end() if label else len(item_mark(bare))
        if not length:
            break
        bare = bare[length:].lstrip(" ,、:.")
    return squeeze(bare)


@cache
def _next_opening() -> re.Pattern[str]:
    """Return the pattern of an opening that is of a plan by itself: 下一步, and 今后工作中:."""
    return re.compile(rf"{_words('plan-next')}(?:的?工作)?[中上里]?[,:]")


@cache
def _item_will() -> re.Pattern[str]:
    return re.compile(_words("plan-item-will"))


@cache
def _item_not() -> re.Pattern[str]:
    return re.compile(_words("plan-item-not"))


@cache
def _problem_cue() -> re.Pattern[str]:
    return re.compile(
        rf"有待(?:进一步)?{_words('lacking')}|{_words('problem-cue')}"
        r"|(?:仍|尚)有(?:少数|个别|部分|一些|\d{1,3}[家个])"
        r"|(?:还|仍)(?:存在|有).{0,16}(?:问题|现象|情况|差距)"
        r"|(?:有|存在)(?:一定|较大)(?:的)?差距|重.{1,4}轻.{1,4}"
        rf"|{_words('some')}.{{0,40}}{_words('weak')}"
    )


@cache
def _solved() -> re.Pattern[str]:
    return re.compile(_words("solved"))


@cache
def _plan_cue() -> re.Pattern[str]:
    return re.compile(
        rf"^{_words('plan-start')}"
        rf"|(?:我们|我[省市县区局镇]|全[省市县区]|^)将{_words('plan-how')}"
        r"|力争(?:到|在)?(?:\d{4}年|年内|年底)"
    )


@cache
def _background() -> re.Pattern[str]:
    reported = _words("reported")
    return re.compile(
        rf"现将.{{0,60}}{reported}如下|(?:报告|汇报|总结|公布)如下[:。]?$"
        rf"|[特专]此{_words('closing')}|^各位{_words('addressed')}"
        r"|请予?审[议阅]|^此件公开|^\(此页无正文"
        r"|^(?:依据|根据|按照)《.{2,60}》.{0,40}(?:编制|撰写)(?:本|而成|.{0,12}报告)"
    )


def role_of_heading(heading: str) -> Role | None:
    """Return the role that a heading gives to all under it, ``None`` if it gives none."""
    bare = squeeze(heading).rstrip("。:")
    bare = re.sub(
        r"^(?:[一二三四五六七八九十]{1,3}[、.,]|\([一二三四五六七八九十]{1,3}\)|\d{1,2}[.、])",
        "",
        bare,
    )
    if _problem_heading().search(bare) and not _solved_heading().search(bare):
        return "problem"
    if _plan_heading().search(bare) and not _item_not().search(bare):
        return "plan"
    if _background_heading().search(bare):
        return "background"
    return None


def looks_back(heading: str) -> bool:
    """Say whether ``heading`` is of a part that reports, so that it is no more of the plan."""
    return bool(_looks_back().search(squeeze(heading)))


def role_of_opening(paragraph: str) -> Role | None:
    """Return the role that a paragraph without a heading of its own announces in its opening."""
    bare = squeeze(paragraph[:400])
    opening = bare[:160]
    if _plan_opening().match(opening):
        return "plan"
    first = re.split(r"[。;]", opening, maxsplit=1)[0]
    if len(first) < 160 and _problem_opening().search(first) and not _solved().search(first):
        return "problem"
    return None


def role_of_item(text: str) -> Role | None:
    """Return ``plan`` for an item of a list that announces a plan, ``None`` for any other.

    Among items an opening such as 下一步 alone is not enough: the item may name a problem (下一步
    工作思路不清) or what is done already (明年计划已印发).

    Args:
        text: a paragraph, sentence or heading with its number or mark, typed or automatic.

    Example:
        >>> role_of_item("3.下一步，我们将加强培训。")
        'plan'
    """
    bare = _unlabelled(text)
    if not _plan_opening().match(bare):
        return None
    first = re.split(r"[。;!?]|\.(?!\d)", bare, maxsplit=1)[0]
    if _next_opening().match(bare):
        return "plan"
    doubtful = _problem_cue().search(first) or _item_not().search(first)
    return "plan" if _item_will().search(first) and not doubtful else None


def role_of_sentence(sentence: str) -> Role | None:
    """Return the role that the words of a single sentence give it, ``None`` if they give none."""
    bare = squeeze(sentence)
    if _background().search(bare) or _SIGNATURE.match(bare):
        return "background"
    if _plan_cue().search(bare):
        return "plan"
    if _problem_cue().search(bare) and not _solved().search(bare):
        return "problem"
    return None


_COLONS = "：:"
_LONGEST_HEADING = 60
_LONGEST_PREAMBLE = 8
"""Paragraphs of an introduction; without a heading by then, the report has none there."""

_SHORTEST_OPENING = 12
"""Characters that a paragraph which opens a plan or a list of problems has more than."""
_BELOW_HEADINGS = 9
"""A level below that of every heading."""

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


_ITEM_LEVEL = 7
"""Level of items whose mark is of no heading (三是, ①), below all headings."""


def _own_role(heading: str) -> Role | None:
    """Return the role that a heading gives, which may be a whole sentence with a number."""
    own = role_of_heading(heading)
    return own if own or looks_back(heading) else role_of_item(heading)


@dataclass(slots=True)
class _Outline:
    """Where in the report the next sentence stands; changed as paragraphs go by."""

    headings: list[tuple[float, str]] = field(default_factory=list)
    role: Role | None = None
    item: str = ""
    planned_at: float = 0
    """Level of the headings that announced the plan, 0 when none has."""
    preamble: bool = False
    """Still before the first heading, in the introduction."""

    @property
    def section(self) -> str:
        return " > ".join(text for _, text in self.headings)

    def open(self, level: float, heading: str) -> None:
        """Enter the section under ``heading``."""
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, heading))
        self.item = ""
        self.preamble = False
        own = _own_role(heading)
        # What comes behind the plan is more of it (三、扎实推进…), unless its heading looks back.
        if own is None and 0 < self.planned_at <= level and not looks_back(heading):
            self.role = "plan"
            return
        self.planned_at = level if own == "plan" else min(self.planned_at, level - 1)
        above = (r for _, h in reversed(self.headings) if (r := _own_role(h)))
        self.role = next(above, None)

    def announce_plan(self, level: float) -> None:
        """Begin a plan with an item of a list, whose items are at ``level`` of the headings.

        It goes on until a heading above the items, or one that looks back.
        """
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.planned_at = level
        self.role = "plan"

    def leave(self, role: Role) -> None:
        """Leave every section for an unheaded part of the given role."""
        self.headings.clear()
        self.item = ""
        self.role = role

    def plan_from(self, item: str) -> None:
        """Let a numbered item that opens a plan (3. 下一步,我们将…) and what follows it be one."""
        mark = heading_mark(item)
        length = mark.length if mark else len(item_mark(item))
        if len(item) > _SHORTEST_OPENING and role_of_opening(item[length:].lstrip()) == "plan":
            self.role = "plan"
            self.planned_at = mark.level if mark else _BELOW_HEADINGS

    def end_problems(self) -> None:
        """Leave an unheaded list of problems, which ends where a paragraph is no item of it."""
        if self.role == "problem" and not self.headings:
            self.role = None


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
    return replace(document, sentences=tuple(_sentences(plain, paragraphs, head.lines)))


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
    plain: Ordinary, paragraphs: list[Paragraph], title_lines: frozenset[int]
) -> Iterator[Sentence]:
    text = plain.text
    levels = _levels(text, paragraphs)
    has_headings = any(_heading_level(text[s:e].strip(), b, levels) for s, e, b in paragraphs)
    outline = _Outline(preamble=has_headings)
    n = 0
    introduced = 0
    lead_in = False
    last = len(paragraphs) - 1
    for number, (start, end, block) in enumerate(paragraphs):
        paragraph = text[start:end]
        bare = paragraph.strip()
        kind: Kind = "sentence"
        if (block and block.kind in NOT_SPOKEN) or is_boilerplate(bare):
            kind = "boilerplate"
        elif number in title_lines:
            kind = "title"
        elif level := _heading_level(bare, block, levels):
            kind = "heading"
            outline.open(level, " ".join(plain.visible(start, end).split()))
        elif level := _run_in_level(bare):
            first = next(sentence_spans(paragraph))
            heading = plain.visible(start + first[0], start + first[1])
            outline.open(level, heading.rstrip("。：:.．"))
            kind = "heading"
        elif outline.role != "plan" and _is_item(bare) and role_of_item(bare):
            numbered = heading_mark(bare)
            outline.announce_plan(numbered.level if numbered else _ITEM_LEVEL)
        elif not heading_mark(bare) and not item_mark(bare):
            opening = role_of_opening(bare)
            if opening and outline.role != opening and len(bare) > _SHORTEST_OPENING:
                outline.leave(opening)
            elif not opening and not lead_in:
                outline.end_problems()
            outline.item = ""
            introduced += 1
            outline.preamble &= introduced <= _LONGEST_PREAMBLE
        else:
            outline.plan_from(bare)
        lead_in = bare[-1] in _COLONS
        role = outline.role
        for s, e in sentence_spans(paragraph):
            n += 1
            sentence = paragraph[s:e]
            if kind == "sentence" and (mark := item_mark(sentence)):
                outline.item = mark
                outline.role = role_of_item(sentence) or outline.role
            first_char, behind = start + s, start + e
            written = sentence
            if text is not plain.source:
                first_char, behind = plain.span(first_char, behind)
                written = plain.source[first_char:behind]
            yield Sentence(
                n=n,
                text=written,
                start=first_char,
                end=behind,
                section="" if kind in ("title", "boilerplate") else outline.section,
                item=outline.item if kind == "sentence" else "",
                role=_role(sentence, kind, outline, number >= last - 3),
                kind=kind,
            )
            if kind == "heading":
                kind = "sentence"  # what follows a run-in heading in its paragraph
        outline.role = role  # a plan among the items of one paragraph ends with it


def _is_item(paragraph: str) -> bool:
    """Return whether a paragraph begins with a number or mark of an item."""
    return bool(
        heading_mark(paragraph) or item_mark(paragraph) or _LABEL.match(fold(paragraph[:16]))
    )


def _role(sentence: str, kind: Kind, outline: _Outline, near_end: bool) -> Role:
    if kind in ("title", "boilerplate"):
        return "background"
    if outline.role:
        own = role_of_sentence(sentence)
        return "background" if own == "background" and near_end else outline.role
    own = role_of_sentence(sentence)
    if kind == "heading":
        return "achievement"
    if outline.preamble and own != "problem" and own != "plan":
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
        closed = line[-1] in _ENDS or any(c in rest[:-1] for c in "。！？；;")
        if rest and not closed and (mark.level < 4 or len(rest) <= 40):
            return mark.level
        return 0
    bare = squeeze(line).rstrip(":")
    return 2 if len(bare) <= 24 and _unnumbered_heading().match(bare) else 0


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
