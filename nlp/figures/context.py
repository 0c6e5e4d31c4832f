"""Say of which time each part of a report speaks, and whether its numbers are results or plans.

What frames a sentence is looked for from the inside out: the words of the sentence, the opening of
its numbered item or paragraph, the headings above it, and last what a report of its kind speaks of
by custom. A government work report is given at the beginning of a year, reviews the year before and
plans for its own; other reports speak of the year of their title, and their plans of the next.

Under several years (这五年) a number that was added up (新增, 建成) or is a change or an average
covers all of them, period kind ``span``; one that is a level (达到71%, 居第9位) stands at their end
and speaks of the last year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from ..document.parse import looks_back, role_of_heading
from ..records import Document, FigureStatus, Measure, PeriodSource, Sentence, Year
from ..text.dates import YEAR, last_year, year_number
from ..text.normalize import squeeze
from ..text.paragraphs import heading_mark
from ..vocabulary import WordLists
from .mentions import Found, Line
from .periods import (
    NO_CLOCK,
    NO_PERIOD,
    Clock,
    Date,
    Period,
    Times,
    find_dates,
    find_times,
    one_year,
    period_of_year,
    times_pattern,
)

_STATUS = WordLists(
    "status",
    "plan intent done forecast standard-behind standard-front standard-changed threshold flow"
    " level stock share",
)
_words = _STATUS.pattern

_CUSTOMARY = "政府工作报告"
_SPOKEN = "工作报告"
"""Kind of other reports to a congress: of courts, procurators, standing committees."""
_PLANS = frozenset({"计划", "工作要点", "实施方案"})
"""Kinds of reports that plan for the year of their title."""
_EARLY, _LATE = 7, 9
"""Months up to which, and from which on, a report of a year reviews the year before, or itself."""


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
_BEGINNING = 70
"""Characters of a sentence in which the time that it opens with stands."""
_OPENINGS = 4
"""Sentences at the beginning of a paragraph that can open what follows the paragraph, too."""
_TIMELY = re.compile(r"年|[五５5]|下[一步阶]|时期|期间|接下来|今后|回顾")
_LEAD = re.compile(
    r"(?:各位(?:代表|委员|同志|领导)[,!:、。]?|同志们[,!:]|-{1,3}|[一二三四五六七八九十]{1,2}[是、]"
    r"|\([一二三四五六七八九十\d]{1,2}\)|\d{1,2}[.、]|[①-⑳]|首先,|回顾|总结|经过|在(?!去年|\d)|当前,|展望|关于"
    r"|(?:刚刚?)?过去的(?=\d{4}年)"
    r"|我[省市县区州旗国]|全[省市县区州旗国])*"
)
_LEADS_ON = re.compile(
    r"[,是、:]|我|全|面对|政府|经济|国民|工作|主要|重点|[省市县区]|度?(?:主要|重点|工作|经济)|的?(?:主要|重点|工作|经济|目标)"
)
_YEARS_OF = re.compile(r"(?:是|的|这)[^,;:。]{0,24}的(?P<n>[二两三四五六七八九]|十)年[。;!]?$")
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
                    elif announces or within == 1:
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
        elif frame.plans is False:
            self.reviewed = True

    def _heads(self, text: str) -> bool:
        """Say whether a line that is no heading by its form is one by its words."""
        bare = text.strip()
        if len(bare) > _SHORT or bare[-1] in _LINE_ENDS or "\t" in bare or "|" in bare:
            return False
        if not _TIMELY.search(bare):
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
        period = self._named(bare)
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
        said = find_times(bare, find_dates(bare, ""), self.clock, NO_PERIOD)
        known = [s.period for s in said if s.period.year and s.period.kind != "part"]
        if not known:
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
        beginning = text[:_BEGINNING]
        if not _TIMELY.search(beginning):
            return None
        bare = squeeze(beginning)
        lead = _LEAD.match(bare)
        begin = lead.end() if lead else 0
        current = self.stack[-1][1]
        if plan := _next_step().match(bare, begin):
            del plan
            if current.plans:
                return None
            planned = self.clock.planned
            return Frame(one_year(planned) if planned else NO_PERIOD, "item", True), True, True
        if len(text) <= _BEGINNING and (ending := _YEARS_OF.search(squeeze(text))):
            period = self._back(ending["n"])
            return Frame(period, "item", False), True, bool(period.year)
        dates = [d for d in find_dates(bare, "") if d.start >= begin]
        said = find_times(bare, dates, self.clock, current.period)
        first = next((s for s in said if s.start >= begin), None)
        if first is None or first.start > begin or not first.period.year or first.near:
            return None
        period = first.period
        if period.kind not in ("year", "span", "cumulative"):
            return None
        dated = bool(dates) and dates[0].start == first.start
        if dated and not _LEADS_ON.match(bare, first.end):
            return None
        plans = self._is_plan(period)
        year = period.end[:4]
        usual = {str(y) for y in (self.clock.this, self.clock.reviewed, self.clock.planned)}
        lasts = year in usual and not (current.plans and not plans)
        announces = not dated or bare[:begin].endswith("过去的")
        return Frame(period, "item", plans), announces, lasts

    def _back(self, count: str) -> Period:
        said = find_times(f"这{count}年", (), self.clock, self.stack[-1][1].period)
        return said[0].period if said else NO_PERIOD


@cache
def _next_step() -> re.Pattern[str]:
    return re.compile(r"(?:下一?步|下一?阶段|今后(?!\S年)|接下来|下半年)[,:]?")


def _level(text: str) -> int:
    mark = heading_mark(text.strip())
    return mark.level if mark else _TOP


# -- numbers --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Carried:
    """What a part of a sentence that ends with a semicolon gives to the next part.

    Attributes:
        period: the time that it opened with.
        plans: whether it was planned.
    """

    period: Period | None = None
    plans: bool = False


@cache
def _cues() -> re.Pattern[str]:
    """Return the pattern of the words that say what a number is, each in its group."""
    return re.compile(
        rf"(?P<forecast>{_words('forecast')})|(?P<plan>{_words('plan')})"
        rf"|(?P<done>{_words('done')})|(?P<intent>{_words('intent')})"
    )


@cache
def _standard_behind() -> re.Pattern[str]:
    return re.compile(_words("standard-behind"))


@cache
def _standard_front() -> re.Pattern[str]:
    return re.compile(_words("standard-front"))


@cache
def _standard_changed() -> re.Pattern[str]:
    return re.compile(_words("standard-changed"))


@cache
def _threshold() -> re.Pattern[str]:
    return re.compile(rf"的?{_words('threshold')}")


@cache
def _flow() -> re.Pattern[str]:
    return re.compile(_words("flow"))


@cache
def _level_front() -> re.Pattern[str]:
    return re.compile(rf"{_words('level')}(?:全国|全[省市县区])?(?:约|近)?$")


@cache
def _stock() -> re.Pattern[str]:
    return re.compile(_words("stock"))


@cache
def _share() -> re.Pattern[str]:
    return re.compile(_words("share"))


_EDGES = ",;:。"
_LIMIT = ("以上", "以下", "及以上", "以内", "以外")
_DURATIONS = frozenset({"日", "天", "工作日", "个工作日", "小时", "分钟", "个月"})
_WITHIN = re.compile(r"(?:以|之)?内")
_AGES = frozenset({"岁", "周岁"})


def settle(
    line: Line,
    founds: Sequence[Found],
    dates: Sequence[Date],
    frame: Frame,
    sentence: Sentence,
    clock: Clock,
    carried: Carried,
) -> None:
    """Set the period, the status and the measure of the numbers of a line.

    Args:
        line: the line.
        founds: its numbers but the dates, ascending, with their roles.
        dates: its dates.
        frame: what stands above it.
        sentence: the sentence that it is.
        clock: when the report was given.
        carried: what the part of the sentence in front gives to it; this line's is left there.
    """
    t = line.t
    above, source = frame.period, frame.source
    if carried.period is not None:
        above, source = carried.period, "sentence"
    said = find_times(t, dates, clock, above)
    times = Times(t, said, above, source)
    cues = _Cues(t, carried.plans)
    _carry(line, times, carried)
    left: tuple[Period, PeriodSource] | None = None
    for i, found in enumerate(founds):
        clause = _clause_start(t, found.start)
        previous = founds[i - 1] if i else None
        if found.year:  # one of a list of years: 2018年、2019年分别3件、5件
            period, where = period_of_year(found.year), "sentence"
        elif found.role == "from" and left and not _said_between(times, previous, found):
            period, where = left  # from where the change in front begins, too
        else:
            period, where = _period_of(times, found, previous)
        if found.role == "from":
            left = (period, where) if where == "sentence" else None
        if period.kind == "year" and "累计" in (front := t[clause : found.start]):
            if "全年" not in front:
                period = Period("cumulative", "", period.end, "累计")
        cues.go_to(found.start)
        status = _status(t, found, clause, period, where, frame, sentence, clock, cues)
        if where in ("report", "title") and period is above:
            if status == "plan" and frame.plans is None and clock.planned:
                period, where = one_year(clock.planned), "report"
        elif where in ("item", "section", "report") and status == "result" and frame.plans:
            period, where = (
                (one_year(clock.reviewed), "report") if clock.reviewed else (NO_PERIOD, "")
            )
        if period.kind == "span" and found.role == "from" and where != "sentence":
            period = _before(period)
        elif period.kind == "year" and found.role == "from" and where != "sentence":
            period, where = NO_PERIOD, ""
        elif period.kind == "span" and _stands_at_end(t, found, clause):
            period = one_year(int(period.end[:4])) if period.end else period
        found.speaks_of(period, where)
        found.status = "" if frame.explains and where != "sentence" else status
        found.measure = _measure(t, found, clause)


class _Cues:
    """The words of a line that say what its numbers are, in front of one number after another.

    Attributes:
        planned: whether there is a word of a plan.
        intended: where the last word of an intention begins, -1 for none.
        done: where the last word of what was reached begins.
        expected: where the last word of what is expected begins.
        leads: whether such a word opens the sentence, so that it is said of all of it.
    """

    def __init__(self, t: str, planned: bool) -> None:
        self.t, self.planned = t, planned
        self.intended = self.done = self.expected = -1
        self.leads = False
        self._ahead = [(m.start(), m.end(), m.lastgroup) for m in _cues().finditer(t)][::-1]

    def go_to(self, start: int) -> None:
        """Take in the words up to the number at ``start``."""
        while self._ahead and self._ahead[-1][1] <= start + 1:
            begin, _, kind = self._ahead.pop()
            if kind == "plan":
                self.planned = True
            elif kind == "intent":
                self.intended = begin
            elif kind == "done":
                self.done = begin
            else:
                self.expected = begin
                self.leads |= begin <= 2 or self.t[max(0, begin - 3) : begin] == "全年,"


_LONGEST_CLAUSE = 80
"""Characters in front of a number that are looked at as its clause."""


def _clause_start(t: str, start: int) -> int:
    left = max(0, start - _LONGEST_CLAUSE)
    return max(left, *(t.rfind(edge, left, start) + 1 for edge in _EDGES))


def _carry(line: Line, times: Times, carried: Carried) -> None:
    """Leave in ``carried`` what the next part of the sentence has from this one."""
    t = line.t
    if not t.endswith((";", ":")):
        carried.period, carried.plans = None, False
        return
    opening = next((s for s in times.said if s.start <= 12 and not s.near and not s.leaves), None)
    if opening and opening.period.kind in ("year", "span", "part", "cumulative"):
        carried.period = opening.period
    carried.plans = carried.plans or bool(re.search(_words("plan"), t))


def _said_between(times: Times, previous: Found | None, found: Found) -> bool:
    """Say whether a time stands between two numbers."""
    left = previous.end if previous else 0
    return any(left <= s.start < found.start for s in times.said)


def _period_of(times: Times, found: Found, previous: Found | None) -> tuple[Period, PeriodSource]:
    if found.role != "to" or previous is None or _said_between(times, previous, found):
        return times.at(found.start, leaves=found.role == "from")
    left = max(0, previous.start - _LONGEST_CLAUSE)
    return times.at(max(times.t.rfind(word, left, previous.start) for word in "由从自"))


def _before(period: Period) -> Period:
    """Return the year before several years, where their changes begin."""
    return one_year(int(period.start[:4]) - 1) if period.start else NO_PERIOD


def _stands_at_end(t: str, found: Found, clause: int) -> bool:
    """Say whether a number under several years is a level at their end."""
    if found.role == "change" or found.kind == "change":
        return False
    if found.role == "to" or found.kind == "rank":
        return True
    front = t[clause : found.start]
    if "均" in front and re.search(times_pattern("mean", "each"), front):
        return False
    if "每年" in front or "累计" in front:
        return False
    if found.kind in ("percent", "ratio"):
        return True
    last = front.rfind("、")
    front = front[last + 1 :] if len(front) - last > 3 else front
    if _flow().search(front):
        return False
    return bool(_level_front().search(front) or _stock().search(front))


def _measure(t: str, found: Found, clause: int) -> Measure:
    if found.role == "change" or found.kind == "change":
        return "change"
    if found.share:
        return "share"
    if found.kind == "ratio":
        whole = found.numbers and found.number <= 1 and ":" not in t[found.digits : found.end]
        return "share" if whole else "level"
    if found.kind == "percent" and _share().search(t, clause, found.start):
        return "share"
    return "level"


def _status(
    t: str,
    found: Found,
    clause: int,
    period: Period,
    where: PeriodSource,
    frame: Frame,
    sentence: Sentence,
    clock: Clock,
    cues: _Cues,
) -> FigureStatus:
    if _fixed(t, found, clause):
        return "standard"
    if cues.expected >= clause or cues.leads:
        return "forecast"
    if found.role == "from":
        return "result"
    done = cues.done >= clause
    if where == "sentence" and clock.this and not done:
        ahead = _is_ahead(period, clock)
        if ahead is not None:
            return "plan" if ahead else "result"
    if frame.plans is False and not cues.planned:
        return "result"
    intended = clock.customary and cues.intended >= 0
    if cues.planned or frame.plans or sentence.role == "plan" or intended:
        return "result" if done else "plan"
    return "result"


def _is_ahead(period: Period, clock: Clock) -> bool | None:
    """Say whether a period ends after what the report can have results of."""
    end = period.end or (period.start if period.kind == "part" else "")
    if not end:
        return None
    if len(end) == 4:
        end += "-12"
    now = f"{clock.reviewed}-12"
    if clock.month and clock.this > clock.reviewed:
        now = max(now, f"{clock.this}-{clock.month:02}")
    return end > now


def _fixed(t: str, found: Found, clause: int) -> bool:
    """Say whether a rule fixes a number: a fee, a term, a threshold."""
    if found.role in ("change", "from", "to") or found.kind in ("rank", "change"):
        return False
    behind = t[found.end : found.end + 6]
    limit = found.qualifier.endswith(_LIMIT)
    if found.unit in _AGES:
        return limit or behind.startswith(_LIMIT)
    if limit and found.kind in ("quantity", "money", "range") and _threshold().match(behind):
        return True
    front = t[max(clause, found.start - 16) : found.start]
    if found.unit in _DURATIONS and _WITHIN.match(behind):
        return not _standard_changed().search(front)
    if _standard_behind().match(behind) and "标准化" not in behind:
        return not _standard_changed().search(front)
    if _standard_front().search(front):
        return not _standard_changed().search(front)
    return False
