"""Say what role a section of a report has: by its heading, its place, and what it says.

A heading that names problems or plans decides for all below it, and one that looks back for a
review. Many headings do neither: 三、一马当先开新局. Then the place decides together with the text:
what follows the review is a plan unless it tells what was done, and so is every section of a
document that only plans. Whether a text tells what was done is counted in the words of
``seeds/vocabulary/tense.txt``, which are frequent in reviews and rare in plans, or the other way
round. Such a section is weighed paragraph by paragraph: a paragraph of results in it is no plan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

from ..records import Role
from ..text.normalize import squeeze
from ..text.paragraphs import heading_mark, item_mark
from ..vocabulary import WordLists
from . import document_kind
from .roles import (
    begins_with_label,
    looks_back,
    opens_list,
    parts_of_heading,
    reviews,
    role_of_heading,
    role_of_item,
    role_of_opening,
    role_of_sentence,
    stands_apart,
)

_TENSE = WordLists("tense", "done planned planned-weak urged")

_MOST_WEIGHED = 2_000
"""Characters of a section that are looked at to say what it tells."""
_MUCH = 5
"""Words of what was done, in a section, that no plan has without as many of its own."""
_LONGEST_PREAMBLE = 8
"""Paragraphs of an introduction; without a heading by then, the report has none there."""
_SHORTEST_OPENING = 12
"""Characters that a paragraph which opens a plan or a list of problems has more than."""
_LONGEST_TITLE = 60
"""Characters of the longest line that can be the title of a document inside another."""
BELOW_HEADINGS = 9
"""A level below that of every heading."""
ITEM_LEVEL = 7
"""Level of items whose mark is of no heading (三是, ①), below all headings."""


@cache
def _done() -> re.Pattern[str]:
    return re.compile(_TENSE.pattern("done"))


@cache
def _planned() -> re.Pattern[str]:
    return re.compile(_TENSE.pattern("planned") + r"|到(?:20[3-9]\d)年[,底末]?")


@cache
def _perhaps_planned() -> re.Pattern[str]:
    return re.compile(_TENSE.pattern("planned-weak"))


@cache
def _urged() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[,。;:、!])(?:[一二三四五六七八九十]是)?{_TENSE.pattern('urged')}")


_MEASURED = re.compile(r"\d\.\d+(?:%|万|亿|个|倍)(?!左右|以上|以内|以下)")
"""A figure with decimals, as results have and aims seldom."""


_YEAR = re.compile(r"(?:^|[。;!])((?:19|20)\d\d)年")
"""A year with which a sentence begins."""


@dataclass(frozen=True, slots=True)
class Tense:
    """How much a text tells what was done and what is to be done, in words counted.

    Attributes:
        done: words and figures of results; a figure counts half.
        planned: words of what is to be done.
        urged: clauses that begin with a verb of what is to be done; in a review such a verb may
            tell what was done, so they weigh half and only beside other evidence.

    Example:
        >>> tense_of("加快建设，力争新增就业3万人。")
        Tense(done=0.0, planned=1.0, urged=1.0)
        >>> tense_of("去年新增就业3.2万人。").ahead
        -1.5
    """

    done: float = 0
    planned: float = 0
    urged: float = 0

    def __add__(self, other: Tense) -> Tense:
        return Tense(self.done + other.done, self.planned + other.planned, self.urged + other.urged)

    @property
    def ahead(self) -> float:
        """By how much it speaks of what is to be done; negative where it tells what was done."""
        return self.planned + self.urged / 2 - self.done

    @property
    def tells_results(self) -> bool:
        """Whether it tells what was done, beyond doubt: more than twice as many words."""
        return self.done >= 1 and self.done > 2 * (self.planned + self.urged / 2)

    @property
    def recounts(self) -> bool:
        """Whether it tells so much of what was done that a heading of a plan is wrong about it."""
        return self.done >= _MUCH and self.tells_results

    @property
    def tells_plans(self) -> bool:
        """Whether it says what is to be done, beyond doubt, without counting bare verbs."""
        return self.planned >= 2 and self.planned > 2 * self.done


def tense_of(text: str, year: int = 0) -> Tense:
    """Return how much ``text`` tells what was done and what is to be done.

    Args:
        text: a paragraph.
        year: that of the report; sentences that begin with an earlier one tell what was done.
    """
    bare = squeeze(text)
    done = len(_done().findall(bare)) + len(_MEASURED.findall(bare)) / 2
    if year:
        done += sum(int(said) < year for said in _YEAR.findall(bare))
    planned = len(_planned().findall(bare)) + len(_perhaps_planned().findall(bare)) / 2
    return Tense(float(done), float(planned), float(len(_urged().findall(bare))))


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a report as its outline sees it.

    Attributes:
        text: its characters in ordinary form, without white space around.
        level: its level when it is a heading or begins with one, 0 for any other.
        heading: the heading as shown, ``""`` for any other.
        spoken: whether it is text of the report: no title, no furniture of a page.
    """

    text: str
    level: float = 0
    heading: str = ""
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class _Section:
    """A section that is open.

    Attributes:
        level: level of its heading, 0 for the report itself or a part without a heading.
        heading: its heading, ``""`` without one.
        role: of all of it, ``None`` where the words of single units decide.
        weighed: whether its role is a guess, so that a paragraph may speak against it.
        turn: number of the paragraph at which the second of its two parts begins, 0 for none.
        turned: role of that part.
    """

    level: float = 0
    heading: str = ""
    role: Role | None = None
    weighed: bool = False
    turn: int = 0
    turned: Role | None = None


class Outline:
    """Where in the report the next paragraph stands, and the role of its section.

    It goes through the lines in order: :meth:`open` for a heading, :meth:`read` for any other.

    Args:
        lines: the paragraphs of the report.
        kind: its kind (:func:`~.document_kind.kind_of`), ``""`` when it is not known.
        year: its year, 0 when it is not known.

    Attributes:
        lines: the paragraphs.
        item: the marker of the item that is open.
        preamble: whether no heading has come yet, though the report has some.
    """

    def __init__(self, lines: Sequence[Line], kind: str = "", year: int = 0) -> None:
        self.lines = lines
        self._year = year
        self._tenses: dict[int, Tense] = {}
        self._apart = False
        self._introduced = 0
        self._lead_in = False
        self._aside: tuple[int, Role] = (-1, "background")  # a line of another role than its part
        self.item = ""
        self.preamble = any(line.level for line in lines)
        self._begin(kind)

    def _begin(self, kind: str) -> None:
        """Begin a document of this kind, the report or one that is annexed to it."""
        self._plans_only = document_kind.plans_ahead(kind)
        self._custom = document_kind.reviews_and_plans(kind)
        self._reports_only = document_kind.looks_back(kind)
        self._notice = kind == "通知"
        self._reviewed = False
        self._planned_at: float = 0
        introduced = any(line.level for line in self.lines)
        role: Role | None = "plan" if self._plans_only and not introduced else None
        self._part = _Section(role=role, weighed=True)
        self._owned_at: float = 0
        self._announced = False
        self._sections: list[_Section] = []
        self._here = self._part

    @property
    def section(self) -> str:
        """The headings above, the highest first, joined by ``>``."""
        return " > ".join(section.heading for section in self._sections)

    def role_at(self, at: int) -> Role | None:
        """Return the role of the section at line ``at``, ``None`` where its words decide."""
        here = self._here
        if at == self._aside[0]:
            return self._aside[1]
        if here.turn and at >= here.turn:
            return here.turned
        if not here.weighed or self.lines[at].level:
            return here.role
        tense = self._tense(at)
        if here.role == "plan":
            return None if tense.tells_results else "plan"
        clear = tense.tells_plans and (self._custom or not tense.done)
        return "plan" if here.role is None and clear else here.role

    def open(self, at: int) -> None:
        """Enter the section whose heading is line ``at``."""
        line = self.lines[at]
        while self._sections and self._sections[-1].level >= line.level:
            self._sections.pop()
        self.item = ""
        self.preamble = self._lead_in = False
        opened = replace(self._decide(at, line), level=line.level, heading=line.heading)
        self._announced = False
        self._sections.append(opened)
        self._here = opened

    def _decide(self, at: int, line: Line) -> _Section:
        """Return the section that line ``at`` opens, with its role."""
        heading, level = line.heading, line.level
        top = not self._sections
        if self._apart or (stands_apart(heading) and self._may_stand_apart(at)):
            if not self._apart:
                self._sections.clear()
            self._apart = True
            return _Section(role="background")
        if parts := parts_of_heading(heading):
            self._reviewed |= top
            return self._in_two(at, parts == "review and plan")
        own = role_of_heading(heading) or (
            role_of_item(heading) if not looks_back(heading) else None
        )
        above = self._sections[-1] if self._sections else None
        back = own is None and reviews(heading)
        if back and above and above.role == "plan":
            back = self._said(at).tells_results  # 到2030年,取得显著成效 is an aim
        if own or back:
            self._planned_at = level if own == "plan" else min(self._planned_at, level - 1)
            self._reviewed |= top and (back or own == "problem")
            if own == "plan" and self._said(at).recounts:
                return _Section(weighed=True)
            return _Section(role=own)
        if top and self._announced and is_first(line.text):
            self._owned_at = level
        if top and 0 < self._owned_at <= level:
            return self._part
        self._planned_at = 0 if level < self._planned_at else self._planned_at
        if above and not above.weighed and not 0 < self._planned_at <= level:
            return above
        return self._weigh(at, line, above)

    def _weigh(self, at: int, line: Line, above: _Section | None) -> _Section:
        """Return the section that line ``at`` opens, judged by its place and its words."""
        said = self._said(at)
        behind_plan = 0 < self._planned_at <= line.level
        follows = behind_plan or (above.role == "plan" if above else self._reviewed)
        doubt = 1 if looks_back(line.heading) else 0
        if self._plans_only or follows:
            if said.tells_results or said.ahead < -2 or (doubt and said.ahead <= doubt):
                return _Section(weighed=True)
            return _Section(role="plan", weighed=True)
        if above is None and self._custom and said.ahead < 0:
            self._reviewed = True
            return _Section()
        if not self._reports_only and said.planned >= 3 and said.planned > 3 * said.done:
            return _Section(role="plan", weighed=True)
        return _Section(weighed=self._custom or bool(above and above.weighed))

    def _in_two(self, at: int, reviews_first: bool) -> _Section:
        """Return a section of two parts, with the line at which the second begins."""
        role: Role | None = None if reviews_first else "problem"
        numbers = [n for n in self._under(at) if self.lines[n].spoken]
        scores: list[float] = []
        for n in numbers:
            tense = self._tense(n)
            score = tense.ahead
            if not reviews_first:
                text = self.lines[n].text
                found = role_of_opening(text) or role_of_sentence(text)
                score = tense.planned + tense.urged / 2 - 4 * (found == "problem") - 1
                score += 4 * (found == "plan")
            scores.append(max(-4.0, min(4.0, score)))
        # The turn is where the sum of what lies behind it, less what lies before it, is greatest.
        sums = [0.0, *accumulate(scores)]
        turn = min(range(len(sums)), key=lambda n: (sums[n], n))
        last = numbers[-1] + 1 if numbers else at + 1
        return _Section(
            role=role, turn=numbers[turn] if turn < len(numbers) else last, turned="plan"
        )

    def read(self, at: int) -> None:
        """Take note of line ``at``, which is no heading."""
        text = self.lines[at].text
        lead_in, self._lead_in = self._lead_in, text.endswith(("：", ":"))
        if self._apart or self._notice:
            if (kind := self._annexed(text)) is not None:
                self._apart = False
                self._begin(kind)
                self._aside = (at, "background")
                return
            if self._apart:
                return
        if stands_apart(text) and self._may_stand_apart(at):
            self._sections.clear()
            self._apart = True
            self._here = _Section(role="background")
            return
        mark = heading_mark(text)
        role = self.role_at(at)
        if role != "plan" and (mark or begins_with_label(text)) and role_of_item(text):
            self._announce_plan(mark.level if mark else ITEM_LEVEL)
            return
        if mark or item_mark(text):
            self._plan_from(text, mark.length if mark else len(item_mark(text)))
            return
        opening = role_of_opening(text) if len(text) > _SHORTEST_OPENING else None
        if opening and opening != role:
            self._leave(opening, at)
        elif not opening and not lead_in:
            self._end_problems(at)
        self.item = ""
        self._introduced += 1
        self.preamble &= self._introduced <= _LONGEST_PREAMBLE

    def _announce_plan(self, level: float) -> None:
        """Begin a plan with an item of a list, whose items are at ``level`` of the headings.

        It goes on until a heading above the items, or one that looks back.
        """
        while self._sections and self._sections[-1].level >= level:
            self._sections.pop()
        self._planned_at = level
        self._here = replace(self._here, role="plan", weighed=False, turn=0)

    def _plan_from(self, item: str, length: int) -> None:
        """Let a numbered item that opens a plan (3. 下一步,我们将…) and what follows it be one."""
        if len(item) > _SHORTEST_OPENING and role_of_opening(item[length:].lstrip()) == "plan":
            mark = heading_mark(item)
            self._planned_at = mark.level if mark else BELOW_HEADINGS
            self._here = replace(self._here, role="plan", weighed=False, turn=0)

    def _leave(self, role: Role, at: int) -> None:
        """Leave every section for an unheaded part of the given role."""
        if self._here.role == "plan" and role == "problem":
            self._aside = (at, "problem")
            return
        self._sections.clear()
        self.item = ""
        self._owned_at = 0
        self._announced = opens_list(self.lines[at].text)
        self._part = self._here = _Section(role=role)
        self._reviewed |= self._custom and role == "problem"

    def _end_problems(self, at: int) -> None:
        """Leave an unheaded list of problems, which ends where a paragraph is no item of it."""
        if self._here.role != "problem" or self._sections:
            return
        behind = self._said(at, to_next=True) if self._custom else Tense()
        role: Role | None = "plan" if behind.ahead > 0 else None
        self._part = self._here = _Section(role=role, weighed=self._custom)

    def _annexed(self, text: str) -> str | None:
        """Return the kind of the document whose title ``text`` is, ``None`` when it is none."""
        if len(text) > _LONGEST_TITLE or text[-1] in "。：:；;，,！!" or "附件" in text:
            return None
        found = document_kind.kind_of(text)
        return found.kind if found.last and found.kind and found.kind != "其他" else None

    def _may_stand_apart(self, at: int) -> bool:
        """Say whether a line at ``at`` can begin an annex: a report or its headings come before."""
        before = any(line.level for line in self.lines[:at])
        return before or not any(0 < line.level <= 2 for line in self.lines[at + 1 :])

    def _under(self, at: int, to_next: bool = False) -> range:
        """Return the numbers of the lines under the heading ``at``, or up to the next heading."""
        level = BELOW_HEADINGS if to_next else self.lines[at].level
        behind = range(at + 1, len(self.lines))
        end = next((n for n in behind if 0 < self.lines[n].level <= level), len(self.lines))
        return range(at + 1, end)

    def _said(self, at: int, to_next: bool = False) -> Tense:
        """Return what the section under the heading ``at`` tells, or the text from ``at`` on."""
        total = Tense()
        length = 0
        first = at if to_next or _runs_on(self.lines[at]) else at + 1
        for n in range(first, self._under(at, to_next).stop):
            line = self.lines[n]
            if not line.spoken or (line.level and not _runs_on(line)):
                continue
            total += self._tense(n)
            length += len(line.text)
            if length > _MOST_WEIGHED:
                break
        return total

    def _tense(self, at: int) -> Tense:
        if at not in self._tenses:
            self._tenses[at] = tense_of(self.lines[at].text, self._year)
        return self._tenses[at]


def _runs_on(line: Line) -> bool:
    """Say whether a heading is followed by its text in the same line."""
    return len(line.text) > len(line.heading) + 2


_FIRST = re.compile(r"\s*[（(]?(?:一|1|１)(?![\d一二三四五六七八九十])")


def is_first(text: str) -> bool:
    """Say whether a numbered line is the first of its list."""
    return bool(_FIRST.match(text))
