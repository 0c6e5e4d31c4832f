"""Say of which time each part of a report speaks, and whether it reports or plans.

What frames a sentence is looked for from the inside out: the words of the sentence, the opening of
its numbered item or paragraph, the headings above it, and last what a report of its kind speaks of
by custom. A government work report is given at the beginning of a year, reviews the year before and
plans for its own; other reports speak of the year of their title, and their plans of the next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from ..document.roles import looks_back, role_of_heading
from ..records import Document, PeriodSource, Sentence, Year
from ..text.dates import YEAR, last_year, of_plan, year_number
from ..text.normalize import squeeze
from ..text.paragraphs import heading_mark
from .periods import (
    NO_CLOCK,
    NO_PERIOD,
    Clock,
    Period,
    find_dates,
    find_times,
    one_year,
    years,
)

_CUSTOMARY = "政府工作报告"
_SPOKEN = "工作报告"
"""Kind of other reports to a congress: of courts, procurators, standing committees."""
_PLANS = frozenset({"计划", "工作要点", "实施方案"})
"""Kinds of reports that plan for the year of their title."""
_EARLY, _LATE = 7, 9
"""Months up to which, and from which on, a report of a year reviews the year before, or itself."""


@lru_cache(maxsize=512)
def period_of_year(year: Year) -> Period:
    """Return the period of a year or of a span of years ``"2018-2020"``."""
    if isinstance(year, int):
        return one_year(year)
    first, _, last = year.partition("-")
    return years(int(first), int(last), year) if first.isdigit() and last.isdigit() else NO_PERIOD


def clock_of(document: Document, year: Year | None = None) -> Clock:
    """Return what the words of ``document`` for years mean, by its kind, year and date.

    Args:
        document: a parsed report.
        year: the year that it reports on; by default that of the document.

    Example:
        >>> clock_of(Document(text="", kind="政府工作报告", year=2026, date="2026-01-27")).reviewed
        2025
    """
    of = last_year(document.year if year is None else year)
    if of is None:
        return NO_CLOCK
    given = int(document.date[:4] or 0) if document.date[:4].isdigit() else 0
    month = int(document.date[5:7]) if document.date[5:7].isdigit() else 0
    spoken = document.kind == _SPOKEN and given == of and 0 < month <= _EARLY
    if document.kind == _CUSTOMARY or spoken:
        if given == of + 1 and month <= _EARLY:
            return Clock(of + 1, of, of + 1, True, month)
        if given == of and month >= _LATE:
            return Clock(of, of, of + 1, True, month)
        return Clock(of, of - 1, of, True, month if given == of else 0)
    if document.kind in _PLANS:
        return Clock(of, of - 1, of, False, month if given == of else 0)
    return Clock(of, of, of + 1, False, month if given == of and month < _LATE + 2 else 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands above a sentence.

    Attributes:
        period: the time that it gives to numbers whose sentence names none.
        source: where that was found.
        plans: whether what stands under it is planned (``True``) or was reached (``False``);
            ``None`` when it does not say.
        explains: whether it explains words, so that its numbers are neither.
    """

    period: Period = NO_PERIOD
    source: PeriodSource = ""
    plans: bool | None = None
    explains: bool = False


NO_FRAME = Frame()


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a report's sentences.

    Attributes:
        clock: when the report was given.
        base: what holds without any heading.
        by_sentence: the frame of each sentence by its number, where it is another.
    """

    clock: Clock = NO_CLOCK
    base: Frame = NO_FRAME
    by_sentence: Mapping[int, Frame] = field(default_factory=dict)

    def of(self, sentence: Sentence) -> Frame:
        """Return what stands above ``sentence``."""
        return self.by_sentence.get(sentence.n, self.base)


def frames_of(document: Document, year: Year | None = None) -> Frames:
    """Return what stands above each sentence of ``document``.

    Args:
        document: a parsed report; its kind, date and sentences are used.
        year: the year that it reports on; by default that of the document.
    """
    own = document.year if year is None else year
    clock = clock_of(document, own)
    base = _base(clock, own, document.kind in _PLANS)
    return Frames(clock, base, _Walk(clock, base).through(document))


def _base(clock: Clock, year: Year, plans: bool) -> Frame:
    if clock.customary:
        return Frame(one_year(clock.reviewed), "report")
    period = period_of_year(year) if clock.this else NO_PERIOD
    return Frame(period, "title" if period.kind else "", True if plans else None)


_SHORT = 40
"""Characters up to which a paragraph of one sentence without a full stop is a heading."""
_LINE_ENDS = "。;:!?,、；：！？，"
_TOP = 2
"""Level of headings without a mark, and of 一、."""
_BEGINNING = 50
"""Characters of a sentence in which the time that it opens with stands."""
_LONGEST_TIME = 24
_TIME_BEGINS = re.compile(
    rf"\"?[\d一二三四五六七八九十去今明来本全这过刚近最未新党改建前][^,;。]{{0,{_LONGEST_TIME}}}"
)
_OPENINGS = 4
"""Sentences at the beginning of a paragraph that can open what follows the paragraph, too."""
_TIMELY = re.compile(r"年|[五５5]|下[一步阶]|时期|期间|接下来|今后|回顾|^(?:根据|按照|依据)")
_LEAD = re.compile(
    r"(?:各位(?:代表|委员|同志|领导)[,!:、。]?|同志们[,!:]|-{1,3}|[一二三四五六七八九十]{1,2}[是、]"
    r"|\([一二三四五六七八九十\d]{1,2}\)|\d{1,2}[.、]|[①-⑳]|首先,|回顾|总结|经过|在(?!去年|\d)|当前,|展望|关于"
    r"|(?:刚刚?)?过去的(?=\d{4}年)"
    r"|我[省市县区州旗国]|全[省市县区州旗国])*"
)
_LEADS_ON = re.compile(
    r"[,是、:]|我|全|面对|[省市县区]|度?的?(?:政府|经济|国民|工作|发展|主要|总的|重点|目标)"
)
_YEARS_OF = re.compile(
    r"(?<!未来)(?<!今后)[^,;:。]{2,28}的(?P<n>[二两三四五六七八九]|十)年[。;!]?$"
)
_OF_MEETING = re.compile(r"[\d一二三四五六七八九十]日|会议")
_OF_EVENTS = re.compile(r"[一二三四五六七八九十\d]{1,2}月|元旦|春节|[上下]半年|[一二三四]季度")
"""What stands behind the year of an event: 去年八月."""
_OUTLINE = re.compile(
    r"(?:根据|按照|依据)[^。]*第(?P<plan>[一二三四五六七八九十]{1,3})个五年(?:规划|计划)"
)
_BY = ("根据", "按照", "依据")
_LONGEST_OUTLINE = 120
_HEADED_YEAR = re.compile(rf"({YEAR})\s?年")
_BACK = re.compile(r"回顾|总结|成就|成效|过去|执行情况|完成情况")
_EXPLAINS = re.compile(r"名词解释|^附件|^附注|^附:?$|注释$")


class _Walk:
    """Goes through a report and keeps the frames of the headings that stand above."""

    def __init__(self, clock: Clock, base: Frame) -> None:
        self.clock, self.base = clock, base
        self.stack: list[tuple[int, Frame]] = [(0, base)]
        self.reviewed = False
        """Whether a part that looks back has gone by, so that what follows it plans."""
        self.plan: Frame | None = None
        """The last frame that planned, which goes on below a heading that does not say."""

    def through(self, document: Document) -> dict[int, Frame]:
        """Return the frame of each sentence that has one of its own."""
        frames: dict[int, Frame] = {}
        sentences, text = document.sentences, document.text
        paragraph: Frame | None = None
        within, end = 0, 0
        for i, sentence in enumerate(sentences):
            if not end or "\n" in text[end : sentence.start]:
                within, paragraph = 0, None
            end = sentence.end
            if sentence.kind == "heading":
                self._open(sentence.text, _level(sentence.text))
                paragraph, within = None, 0
            elif sentence.kind == "sentence":
                within += 1
                last = i + 1 == len(sentences) or "\n" in text[end : sentences[i + 1].start]
                if within == 1 and last and self._heads(sentence.text):
                    self._open(sentence.text, _level(sentence.text))
                elif opened := self._opening(sentence.text):
                    frame, announces, lasts = opened
                    if (within == 1 and lasts) or (announces and lasts and within <= _OPENINGS):
                        self._replace(frame)
                        paragraph = None
                    elif within == 1 or (announces and not frame.plans):
                        paragraph = frame
            frame = paragraph or self.stack[-1][1]
            if frame is not self.base:
                frames[sentence.n] = frame
        return frames

    def _replace(self, frame: Frame) -> None:
        level = self.stack.pop()[0]
        self._push(level, frame)

    def _push(self, level: int, frame: Frame) -> None:
        self.stack.append((level, frame))
        if frame.plans:
            self.plan = frame
        elif frame.plans is False and level:
            self.reviewed = True

    def _heads(self, text: str) -> bool:
        """Say whether a line that is no heading by its form is one by its words."""
        bare = text.strip()
        if len(bare) > _SHORT or bare[-1] in _LINE_ENDS or "\t" in bare or "|" in bare:
            return False
        if not _TIMELY.search(bare) or _OF_MEETING.search(bare):
            return False
        return bool(self._named(squeeze(bare)) or role_of_heading(bare))

    def _open(self, text: str, level: int) -> None:
        while self.stack[-1][0] >= level:
            self.stack.pop()
        above = self.stack[-1][1]
        self._push(level, self._headed(text, above, top=len(self.stack) == 1))

    def _headed(self, text: str, above: Frame, top: bool) -> Frame:
        """Return the frame of a heading under ``above``."""
        bare = squeeze(text).rstrip("。:.")
        if _EXPLAINS.search(bare):
            return Frame(explains=True)
        period = self._named(bare) if _TIMELY.search(bare) else None
        if period is None and not top and self.clock.customary and above.plans is not None:
            return above
        back = bool(_BACK.search(bare)) or looks_back(bare)
        plans = self._is_plan(period) if period else None
        if plans is None:
            role = role_of_heading(bare)
            plans = False if back and period else True if role == "plan" else None
            if role == "plan" and period and period.end[:4] == str(self.clock.this):
                plans = True
            if back and role != "plan":
                plans = False
        if period:
            return Frame(period, "section", plans)
        if plans:
            planned = self.clock.planned
            if above.plans:
                return above
            return Frame(one_year(planned), "section", True) if planned else Frame(plans=True)
        if top and self.clock.customary:
            if plans is False or not self.reviewed:
                return replace(self.base, plans=plans)
            return self.plan or Frame(one_year(self.clock.planned), "report", True)
        return above if plans is None or above.plans is not None else replace(above, plans=plans)

    def _named(self, bare: str) -> Period | None:
        """Return the time that a heading names, the first where it names several."""
        up_to = one_year(self.clock.reviewed) if self.clock.reviewed else NO_PERIOD
        said = find_times(bare, find_dates(bare, ""), self.clock, up_to)
        known = [s.period for s in said if s.period.year and s.period.kind != "part"]
        if not known:
            if ending := _YEARS_OF.search(bare):
                return self._back(ending["n"])
            year = _HEADED_YEAR.search(bare)
            number = year_number(year[1]) if year else 0
            return one_year(number) if 1949 <= number <= 2099 else None
        return known[0]

    def _is_plan(self, period: Period) -> bool | None:
        """Say whether a period lies ahead of what the report can have results of."""
        if not self.clock.this:
            return None
        last = int(period.end[:4] or period.start[:4] or 0)
        if last > self.clock.reviewed:
            return True
        return False if last < self.clock.reviewed or self.clock.customary else None

    def _opening(self, text: str) -> tuple[Frame, bool, bool] | None:
        """Return the frame that a sentence opens, whether it announces, and whether it lasts."""
        short = len(text) <= _BEGINNING and "年" in text[-3:]
        if not short and not _TIMELY.search(text, 0, _LONGEST_TIME):
            return None
        bare = squeeze(text[:_BEGINNING])
        lead = _LEAD.match(bare)
        begin = lead.end() if lead else 0
        current = self.stack[-1][1]
        if _next_step().match(bare, begin):
            return self._next(current)
        outline = bare[:2] in _BY and _OUTLINE.match(squeeze(text[:_LONGEST_OUTLINE]))
        if outline:
            span = of_plan(f"{outline['plan']}五")
            if span and span[0] == self.clock.planned:
                period = Period("span", str(span[0]), str(span[1]), f"{outline['plan']}五")
                return Frame(period, "item", True), True, True
        opened = self._timed(bare, begin, current) if _TIME_BEGINS.match(bare, begin) else None
        if not opened and short and (ending := _YEARS_OF.search(bare)):
            period = self._back(ending["n"])
            return Frame(period, "item", False), True, bool(period.year)
        return opened

    def _next(self, current: Frame) -> tuple[Frame, bool, bool] | None:
        """Return the frame of a sentence that opens with 下一步."""
        if current.plans:
            return None
        planned = self.clock.planned
        # A review of a government closes its topics with 今后要继续.
        lasts = not (self.clock.customary and current.plans is False)
        return Frame(one_year(planned) if planned else NO_PERIOD, "item", True), True, lasts

    def _timed(self, bare: str, begin: int, current: Frame) -> tuple[Frame, bool, bool] | None:
        """Return the frame of a sentence that opens with a time."""
        bare = bare[: begin + _LONGEST_TIME]
        dates = [d for d in find_dates(bare, "") if d.start >= begin]
        said = find_times(bare, dates, self.clock, current.period)
        first = next((s for s in said if s.start >= begin), None)
        if first is None or first.start > begin or not first.period.year or first.near:
            return None
        period = first.period
        if period.kind not in ("year", "span", "cumulative") or not period.start:
            return None
        dated = bool(dates) and dates[0].start == first.start
        if _OF_EVENTS.match(bare, first.end) or (dated and not _LEADS_ON.match(bare, first.end)):
            return None
        plans = self._is_plan(period)
        clock = self.clock
        if period.kind == "year":
            lasts = int(period.end) in (clock.this, clock.reviewed, clock.planned)
        else:
            lasts = period.end == str(clock.reviewed) or period.start == str(clock.planned)
        if current.plans and not plans:
            lasts = False  # a look back in a plan
        elif current.plans is False and plans and clock.customary:
            lasts &= bool(_LEADS_ON.match(bare, first.end))
        announces = not dated or bare[:begin].endswith("过去的")
        return Frame(period, "item", plans), announces, lasts

    def _back(self, count: str) -> Period:
        said = find_times(f"这{count}年", (), self.clock, self.stack[-1][1].period)
        return said[0].period if said else NO_PERIOD


@cache
def _next_step() -> re.Pattern[str]:
    return re.compile(
        r"(?:下一?步|下一?阶段|今后(?!\S年)|接下来"
        r"|下半年(?=,?(?:我们|全[省市县区]|我[省市县区局])?(?:要|将|拟|计划|继续)))[,:]?"
    )


def _level(text: str) -> int:
    mark = heading_mark(text.strip())
    return mark.level if mark else _TOP
