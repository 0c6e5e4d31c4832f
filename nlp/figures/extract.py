"""Extract the figures of a text: every number with its indicator, unit, place, time and status.

Under several years (这五年) a number that was added up (新增, 建成) or is a change or an average
covers all of them, period kind ``span``; one that is a level (达到71%, 居第9位) stands at their end
and speaks of the last year.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..document.parse import parse_document
from ..records import Document, Figure, FigureStatus, Measure, PeriodSource, Sentence, Year
from ..text.normalize import squeeze
from ..vocabulary import WordLists
from .comparisons import mark_change, mark_levels, ranks, ratios
from .context import Frame, Frames, frames_of, period_of_year
from .indicators import name_all
from .lookalikes import lookalikes, titles_in
from .mentions import Found, Line, line_of, matching_brackets
from .periods import (
    NO_PERIOD,
    Clock,
    Date,
    Period,
    Said,
    Times,
    find_dates,
    find_times,
    one_year,
    times_pattern,
)
from .quantities import quantities
from .relations import LEVELS, distribute, link_parts

_STATUS = WordLists(
    "status",
    "plan intent done forecast standard-behind standard-front standard-changed threshold flow"
    " level now stock share",
)
_words = _STATUS.pattern

_LONGEST = 5_000
"""Characters of a sentence whose numbers are read; what is longer is a table that lost its form,
and what stands in front of a number is looked at once for each number."""
_GOES_ON = ";:；：﹔︰"
"""Ends of a part of a sentence whose next part is read as another."""
_EDGE = re.compile(r"[,;:。!?]")
_NEXT = re.compile(r"[、和及与]|以及|并")


def extract_figures(text: str, year: Year | None = None) -> list[Figure]:
    """Return the numbers of ``text`` with what they are the numbers of, in order.

    Args:
        text: a report, or a passage of one.
        year: the year that it reports on; by default the one that its title names.

    Returns:
        One figure for each number that counts, measures, dates or ranks something. Names that
        only look like numbers are left out, and sentences of more than 5,000 characters.
        ``text[f.start:f.end] == f.raw`` for each.
    """
    document = parse_document(text)
    return [found.figure() for found in read_document(document, year)]


def read_document(document: Document, year: Year | None = None) -> list[Found]:
    """Return the numbers of a parsed report, dates included, still linked to each other.

    Args:
        document: a parsed report; its sentences may be only some of it.
        year: the year that it reports on; by default that of the document.
    """
    return list(_read_sentences(document, frames_of(document, year)))


def _read_sentences(document: Document, frames: Frames) -> Iterator[Found]:
    context, carried = Context(), Carried()
    for sentence in document.sentences:
        if sentence.kind == "boilerplate" or len(sentence.text) > _LONGEST:
            continue
        line = line_of(sentence)
        founds = read_line(line, sentence, frames, context, carried) if line else []
        if not founds:
            context = Context()
        if sentence.text.rstrip()[-1:] not in _GOES_ON:
            carried = Carried()
        elif not line:  # 主要预期目标是:
            carried.plans |= bool(_any("plan").search(squeeze(sentence.text)))
        yield from founds


@dataclass(slots=True)
class Context:
    """Totals of the previous sentence that the next sentence may refer to.

    Attributes:
        total: its last level, of which a 其中 at the beginning may name parts.
        running: the total whose parts it was listing up to its semicolon.
    """

    total: Found | None = None
    running: Found | None = None


def read_line(
    line: Line, sentence: Sentence, frames: Frames, context: Context, carried: Carried
) -> list[Found]:
    """Return the numbers of one line, and leave in ``context`` what the next may need."""
    t = line.t
    frame = frames.of(sentence)
    year = frame.period.year
    titles = titles_in(t)
    in_titles = {i for a, b in titles for i in range(a + 1, b)}
    dates = [d for d in find_dates(t, year, frames.clock.this) if d.start not in in_titles]
    spans = [(d.start, d.end) for d in dates] + lookalikes(t)
    founds = _numbers(line, spans)
    if founds:
        running = _read(line, founds, dates, context)
        settle(line, founds, dates, frame, sentence, frames.clock, carried)
        levels = [f for f in founds if f.kind in LEVELS and f.role in ("", "to", "total", "part")]
        levels = [f for f in levels if not f.stated]
        context.total = levels[-1] if levels else None
        context.running = running if t.endswith(";") else None
    elif t.endswith((";", ":")):
        settle(line, founds, dates, frame, sentence, frames.clock, carried)
    dated = []
    for d in dates:
        date = Found(line, d.start, d.start, d.end, "date", "", text=d.value)
        date.speaks_of(d.period(), "sentence")
        dated.append(date)
    return sorted([*founds, *dated], key=lambda f: f.start)


def _numbers(line: Line, spans: list[tuple[int, int]]) -> list[Found]:
    masked = bytearray(len(line.t) + 1)
    for start, end in spans:
        masked[start:end] = b"\1" * (end - start)
    founds: list[Found] = []
    for found in ranks(line):
        _take(founds, found, masked)
    for found in ratios(line):
        _take(founds, found, masked)
    taken = spans + [(f.digits, f.end) for f in founds]
    founds += quantities(line, taken)
    return sorted(founds, key=lambda f: f.start)


def _take(founds: list[Found], found: Found, masked: bytearray) -> None:
    if not any(masked[found.digits : found.end]):
        founds.append(found)
        masked[found.digits : found.end] = b"\1" * (found.end - found.digits)


def _read(line: Line, founds: list[Found], dates: Sequence[Date], context: Context) -> Found | None:
    t = line.t
    lefts = _lefts(t, founds)
    rights: dict[int, int] = {}
    for i, found in enumerate(founds):
        previous = founds[i - 1] if i else None
        if not mark_levels(found, previous):
            rights[found.start] = mark_change(found, lefts[found.start], previous)
    name_all(line, founds, dates, lefts, rights)
    distribute(line, founds, dates)
    return link_parts(founds, lefts, context.total, context.running)


def _lefts(t: str, founds: Sequence[Found]) -> dict[int, int]:
    """Return for the start of each number where the words in front that are its own can begin."""
    starts = [f.start for f in founds]
    holding = {
        edge
        for opening, close in matching_brackets(t).items()
        if bisect_right(starts, opening) < bisect_left(starts, close)
        for edge in (opening, close)
    }
    edges = sorted({m.start() for m in _EDGE.finditer(t)} | holding)
    lefts: dict[int, int] = {}
    end = 0
    for found in founds:
        edge = bisect_left(edges, found.start)
        left = max(edges[edge - 1] + 1 if edge else 0, end)
        if (mark := _NEXT.match(t, left)) and left == end:
            left = mark.end()
        lefts[found.start] = min(left, found.start)
        end = found.end
    return lefts


# -- period, status and measure ------------------------------------------------------------------


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
