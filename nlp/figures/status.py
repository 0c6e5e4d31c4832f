"""Say of every number of a sentence what it is: its period, its status, and its measure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..records import FigureStatus, Measure, PeriodSource, Sentence
from ..text.normalize import squeeze
from ..vocabulary import WordLists
from .context import Frame, period_of_year
from .mentions import Found, Line
from .periods import (
    BASE,
    NO_PERIOD,
    Clock,
    Date,
    Period,
    Said,
    find_times,
    one_year,
    times_pattern,
)

_STATUS = WordLists(
    "status",
    "plan intent done forecast standard-behind standard-front standard-changed threshold flow"
    " level now stock share",
)
_words = _STATUS.pattern


@dataclass(frozen=True, slots=True)
class Times:
    """The times that a line names, to say which of them a number speaks of.

    Attributes:
        t: the line.
        said: the times, ascending.
        above: what the number speaks of when the line does not say.
        source: where that was found.
    """

    t: str
    said: Sequence[Said]
    above: Period
    source: PeriodSource

    def at(self, start: int, leaves: bool = False) -> tuple[Period, PeriodSource]:
        """Return the period that a number at ``start`` speaks of, and where it was found.

        ``leaves`` says whether the number is where a change begins.
        """
        last = bisect_right(self.said, start, key=lambda said: said.end)
        for said in reversed(self.said[max(0, last - _FEW) : last]):
            if said.base and not BASE.fullmatch(self.t, said.end, start):
                continue
            if said.leaves and not leaves and not said.base:
                continue
            if said.near and _APART[said.near].search(self.t, said.end, start):
                continue
            return said.period, "sentence" if said.period.kind else ""
        return self.above, self.source


_APART = {"clause": re.compile(r"[,;:。]"), "phrase": re.compile(r"[,;:。]|、[^、\d]{2,}$")}
_FEW = 8
"""Times in front of a number among which its own is looked for."""


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
    first = {word[0] for word in _STATUS.texts("forecast", "plan", "done", "intent")}
    return re.compile(
        rf"(?=[{''.join(sorted(first))}])(?:"
        rf"(?P<forecast>{_words('forecast')})|(?P<plan>{_words('plan')})"
        rf"|(?P<done>{_words('done')})|(?P<intent>{_words('intent')}))"
    )


@cache
def _any(*groups: str) -> re.Pattern[str]:
    """Return the pattern of a word of ``groups``; what none begins with is passed over at once."""
    first = {word[0] for word in _STATUS.texts(*groups)}
    return re.compile(rf"(?=[{''.join(sorted(first))}]){_words(*groups)}")


@cache
def _threshold() -> re.Pattern[str]:
    return re.compile(rf"的?{_words('threshold')}")


@cache
def _level_front() -> re.Pattern[str]:
    return re.compile(rf"{_words('level')}(?:全国|全[省市县区])?(?:约|近)?$")


@cache
def _yearly() -> re.Pattern[str]:
    return re.compile(times_pattern("mean", "each"))


_CLAUSE_ENDS = re.compile(r"[,;:。]")
_RISEN = re.compile(r"(?<!达)[到至]")
_LIMIT = ("以上", "以下", "及以上", "以内", "以外")
_DURATIONS = frozenset({"日", "天", "工作日", "个工作日", "小时", "分钟", "个月"})
_WITHIN = re.compile(r"(?:以|之)?内")
_AGES = frozenset({"岁", "周岁"})
_COUNTED = frozenset("个家项条户名件处所座场次人位辆台套张艘架本篇部支种类批起宗对") | {
    "人次",
    "%",
    "个百分点",
}
"""Units of what is counted; 30条以上产业链 are chains, 500万元以上项目 are no money."""


def announces_plan(text: str) -> bool:
    """Say whether a text without numbers says that what follows is planned: 主要预期目标是:."""
    return bool(_any("plan").search(squeeze(text)))


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
    said = [_as_written(line, one) for one in find_times(t, dates, clock, above)]
    times = Times(t, said, above, source)
    edges = [m.end() for m in _CLAUSE_ENDS.finditer(t)]
    cues = _Cues(t, carried.plans)
    _carry(line, times, cues, carried)
    where: PeriodSource
    left: tuple[Period, PeriodSource] | None = None
    for i, found in enumerate(founds):
        edge = bisect_right(edges, found.start)
        clause = max(edges[edge - 1] if edge else 0, found.start - _LONGEST_CLAUSE, 0)
        previous = founds[i - 1] if i else None
        if found.year:  # one of a list of years: 2018年、2019年分别3件、5件
            period, where = period_of_year(found.year), "sentence"
        elif found.role == "from" and left and not _said_between(times, previous, found):
            period, where = left  # from where the change in front begins, too
        else:
            period, where = _period_of(times, found, previous)
            if found.role == "from":
                left = (period, where) if _leaves_at(times, found, where) else None
        if period.kind == "year" and where != "sentence" and "累计" in t[clause : found.start]:
            period = Period("cumulative", "", period.end, "累计")
        cues.go_to(found.start)
        since = previous.end if previous and found.role == "to" else clause
        status = _status(t, found, since, period, where, frame, sentence, clock, cues)
        if where != "sentence":
            other = 0
            if status == "plan" and not frame.plans:
                other = clock.planned
            elif status == "result" and frame.plans:
                other = clock.reviewed
            if other:
                period, where = one_year(other), "report"
        if period.kind == "span" and found.role == "from":
            period = _before(period)
        elif found.role == "from" and not left:
            period, where = NO_PERIOD, ""
        elif period.kind == "span" and _stands_at_end(t, found, clause):
            period = one_year(int(period.end[:4])) if period.end else period
        found.speaks_of(period, where)
        found.status = "" if frame.explains and where != "sentence" else status
        found.measure = _measure(t, found, clause)


def _as_written(line: Line, said: Said) -> Said:
    """Return a time whose words are those of the text, where ``line`` has numerals in digits."""
    if not said.period.words:
        return said
    words = line.words(said.start, said.end).strip('"“”‘’「」,，')
    return replace(said, period=replace(said.period, words=words.replace("”", "")))


class _Cues:
    """The words of a line that say what its numbers are, in front of one number after another.

    Attributes:
        planned: whether there is a word of a plan in front of the number.
        plans: whether there is one in the line.
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
        self.plans = planned or any(kind == "plan" for *_, kind in self._ahead)

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


def _carry(line: Line, times: Times, cues: _Cues, carried: Carried) -> None:
    """Leave in ``carried`` what the next part of the sentence has from this one."""
    t = line.t
    if not t.endswith((";", ":")):
        return
    opening = next((s for s in times.said if s.start <= 12 and not s.near and not s.leaves), None)
    if opening and opening.period.kind in ("year", "span", "part", "cumulative"):
        carried.period = opening.period
    carried.plans = cues.plans


def _said_between(times: Times, previous: Found | None, found: Found) -> bool:
    """Say whether a time stands between two numbers."""
    left = previous.end if previous else 0
    return any(left <= s.start < found.start for s in times.said)


def _leaves_at(times: Times, found: Found, where: PeriodSource) -> bool:
    """Say whether the text names the time from which a number changed: 由上年的3%, not 今年由3%."""
    if where != "sentence":
        return False
    left = max(0, found.start - _LONGEST_CLAUSE)
    begin = max(times.t.rfind(word, left, found.start) for word in "由从自")
    return any(begin <= s.start < found.start for s in times.said) or begin < 0


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
    if _any("now").search(front):
        return True
    last = front.rfind("、")
    phrase = front[last + 1 :] if len(front) - last > 3 else front
    if "累计" in front or _yearly().search(phrase):
        return False
    if found.kind in ("percent", "ratio"):
        return True
    level = _level_front().search(phrase)
    if level and _RISEN.search(level[0]):
        return True
    return not _any("flow").search(phrase) and bool(level or _any("stock").search(phrase))


def _measure(t: str, found: Found, clause: int) -> Measure:
    if found.role == "change" or found.kind == "change":
        return "change"
    if found.share:
        return "share"
    if found.kind == "ratio":
        whole = found.numbers and found.number <= 1 and ":" not in t[found.digits : found.end]
        return "share" if whole else "level"
    if found.kind == "percent" and _any("share").search(t, clause, found.start):
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
    ahead = _is_ahead(period, clock) if where == "sentence" and clock.this else None
    if cues.planned and not done and ahead is False:  # 力争全年, but not 去年 in a plan
        ahead = not clock.customary and period.end >= str(clock.reviewed)
    if ahead is not None and not done:
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
    front = t[max(clause, found.start - 16) : found.start]
    if limit and "罚款" in front + behind:
        return True
    if limit and found.unit in _AGES:
        return not _any("standard-changed").search(front)
    counted = found.unit in _COUNTED or found.kind == "ratio"
    if limit and not counted and _threshold().match(behind):
        return True
    if found.unit in _DURATIONS and _WITHIN.search(t, found.digits, found.end + 2):
        return not _any("standard-changed").search(front)
    if _any("standard-behind").match(behind) and "标准化" not in behind:
        return not _any("standard-changed").search(front)
    if _any("standard-front").search(front):
        return not _any("standard-changed").search(front)
    return False
