"""Check changes against the levels that they lead from and to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

from ..figures.comparisons import deflated
from ..figures.mentions import Found
from ..figures.quantities import physical_unit
from ..records import Finding, Status
from .finding import (
    CHECKS,
    Bounds,
    Passage,
    Term,
    alike,
    bounds,
    finding,
    holds,
    inexact,
    overlaps,
    quotient,
    shown,
    words,
)


@cache
def _earlier() -> re.Pattern[str]:
    """Return the pattern of a time that another is compared with."""
    return re.compile(CHECKS.pattern("earlier"))


@dataclass(slots=True)
class _Pair:
    """Two levels that a change may lead from and to.

    Attributes:
        before: the earlier level.
        after: the later level.
        sure: whether the text leaves no doubt that they are the same thing at two times.
    """

    before: Term
    after: Term
    sure: bool


def check_changes(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield a finding for every change whose levels are stated, and for levels that went the other
    way than the words between them say.
    """
    for passage in found:
        terms = passage.terms
        for term in terms:
            f = term.found
            if len(f.numbers) != 1 or f.number < 0:
                continue
            if f.role == "change" or _added(term) or _by_how_much(term):
                checked = (
                    _of_levels(passage, term) or _of_change(passage, term) or _index(passage, term)
                )
                if checked:
                    yield checked
            elif f.unit in ("倍", "%") and (checked := _multiple(passage, term)):
                yield checked
        yield from _directions(passage)
        yield from _amounts_in_front(passage)


def _added(term: Term) -> bool:
    """Say whether a number is what came: 由42名增加到51名,新增9名."""
    said = term.pre in ("新增", "净增", "净增加", "新增加") or _more_or_less(term)
    return term.level and said and term.i > 1


_MORE_OR_LESS = re.compile(r"偏[多少高低大小]|[多少][^,;:。、的于次数年\d]{0,2}了?|高出|低出")


def _more_or_less(term: Term) -> bool:
    """Say whether a number is by how much one level is above or below another: 多收12件."""
    return bool(_MORE_OR_LESS.fullmatch(term.pre)) and term.gap.strip(",") == term.pre


_HOW_MUCH = re.compile(
    r"(?:(?:压缩|精简|压减|减少|下降|增长|提升|提高|增加)(?:幅度|比例|率)|幅度|[增降涨升跌]幅)(?:达到?|为|约|近)*"
)


def _by_how_much(term: Term) -> bool:
    """Say whether a percentage is how much something changed: 精简幅度达40%."""
    return term.found.unit == "%" and term.i > 1 and bool(_HOW_MUCH.fullmatch(term.pre))


def _falls(change: Term) -> bool:
    """Say whether a change is one down."""
    said = change.found.direction or ("down" if _FALLING.search(change.pre) else "up")
    return said == "down"


_FALLING = re.compile("压|精简|减|下降|降|少|偏低|偏小|低出")


# -- changes and their levels ----------------------------------------------------------------------


def _of_levels(passage: Passage, change: Term) -> Finding | None:
    if deflated().search(passage.t, max(0, change.start - 24), change.end):
        return None
    if words("per-year").search(change.gap) or change.found.period in ("年均", "平均每年"):
        return None
    for pair in _pairs(passage, change):
        if checked := _change(passage, pair, change):
            return checked
    return None


def _pairs(passage: Passage, change: Term) -> Iterator[_Pair]:
    """Yield the levels that ``change`` may lead from and to, the likeliest first."""
    terms = passage.terms
    leads = change.i > 1 and _leads(terms[change.i - 2], terms[change.i - 1])
    if change.found.role != "change" and not (leads or _more_or_less(change)):
        return
    i = change.i - 1
    while i >= 0 and terms[i].found.role == "change" and _only_how(terms[i + 1]):
        i -= 1
    if i < 0 or not _only_how(terms[i + 1]) or not _is_level(terms[i]):
        return
    last = terms[i]
    levels = [t for t in terms[max(0, i - 3) : i] if _is_level(t)]
    if levels and levels[-1].i == i - 1 and _leads(levels[-1], last):
        yield _Pair(levels[-1], last, not _in_list(passage, levels[-1], last))
        return
    behind = terms[change.i + 1] if change.i + 1 < len(terms) else None
    if (
        behind
        and behind.bracket > change.bracket
        and behind.gap.startswith("(")
        and _earlier().search(behind.gap)
        and alike(behind.found, last.found)
    ):
        yield _Pair(behind, last, True)  # 60件,同比增长20%(上年50件)
    others = [t for t in levels if alike(t.found, last.found)]
    if not levels and passage.before:
        others = [t for t in passage.before.terms if _is_level(t) and alike(t.found, last.found)][
            -1:
        ]
    if not others:
        return
    other = others[-1]
    if re.search("[比较]", last.pre):
        if _is_earlier(last, other) or _YEAR.search(last.pre):
            yield _Pair(last, other, _same_thing(other, last))
    elif _is_earlier(last, other) and not _is_earlier(other, last):
        yield _Pair(last, other, _same_thing(other, last))
    elif _is_earlier(other, last) and not _is_earlier(last, other):
        yield _Pair(other, last, _same_thing(last, other))


def _amounts_in_front(passage: Passage) -> Iterator[Finding]:
    """Compare 压减会议18个,由上年的60个减少到45个: the change is in front of its levels."""
    for change, before, after in zip(
        passage.terms, passage.terms[1:], passage.terms[2:], strict=False
    ):
        rate = change.found.role == "change" and change.found.unit == "%"
        rate = rate and bool(re.match(",[由从]", before.gap))
        same = (
            (rate or alike(change.found, before.found)) and _is_level(before) and _is_level(after)
        )
        if same and len(change.found.numbers) == 1 and _leads(before, after):
            said = rate or (_IN_FRONT.match(change.pre) and not re.search("[到至为]", change.pre))
            alone = len(_how().sub("", before.gap.translate(_MARKS))) <= len(before.post)
            pair = _Pair(before, after, True)
            if said and alone and (checked := _change(passage, pair, change)):
                yield checked


_IN_FRONT = re.compile(
    r"(?:全年|今年|本年)?(?:共|累计)?(?:压减|压缩|精简|减少|削减|增加|新增|净增|净减)"
)


def _is_level(term: Term) -> bool:
    f = term.found
    return f.role != "change" and f.kind not in ("change", "rank") and len(f.numbers) == 1


def _only_how(change: Term) -> bool:
    """Say whether the words in front of a change name nothing that changed: ,同比增长."""
    text = change.gap.translate(_MARKS)
    return "。" not in change.gap and len(_how().sub("", text)) <= _AT_MOST


_MARKS = str.maketrans("", "", ",;、(")
_AT_MOST = 2
"""Characters of words in front of a change that are no name."""


@cache
def _how() -> re.Pattern[str]:
    """Return the pattern of words of change, comparison and time."""
    return re.compile(
        rf"{CHECKS.pattern('earlier', 'now', 'change-words')}"
        r"|(?:19|20)\d\d年度?|\d{1,3}年[间来内]?"
    )


def _leads(before: Term, after: Term) -> bool:
    """Say whether two levels are those of 由50件增加到60件."""
    a, b = before.found, after.found
    if a.role == "from" and b.role == "to":
        return True
    return alike(a, b) and bool(_FROM.search(before.gap) and _TO.search(after.gap))


_FROM = re.compile(r"[由从自][^,;:。]{0,24}$")
_TO = re.compile(
    r"^[^,;:。]{0,12}[到至为成]了?(?:(?:19|20)\d\d年[底末]?|[今本]年|目前|[^,;:。的]{1,8}的)?$"
)


def _in_list(passage: Passage, before: Term, after: Term) -> bool:
    """Say whether the two levels are each one of several: 由209元、280元提高到217元、290元."""
    near = [
        t for t in passage.terms[max(0, before.i - 1) : after.i + 2] if t not in (before, after)
    ]
    return "分别" in f"{before.gap}{after.gap}" or any(
        alike(t.found, after.found)
        and (t.end + 1 == before.start or (t.start == after.end + 1 and not t.pre))
        for t in near
    )


def _is_earlier(term: Term, other: Term) -> bool:
    """Say whether the words of ``term`` name a time before that of ``other``."""
    mine, its = _when(term), _when(other)
    if _earlier().search(mine):
        return True
    a, b = _YEAR.findall(mine), _YEAR.findall(its)
    if a and not b:
        now = _COMPARED.search(mine) and words("now").search(its)
        return bool(now or (_ONLY_YEAR.fullmatch(term.pre) and other.i < term.i))
    return bool(a and b) and int(a[-1]) < int(b[-1])


def _when(term: Term) -> str:
    """Return the words in front of a number in its clause, and a short clause in front of it."""
    clauses = re.split("[,;。]", term.gap)
    near = clauses[-2] if len(clauses) > 1 else ""
    return f"{near}{clauses[-1]}" if len(near) <= _SHORT else clauses[-1]


_SHORT = 8
"""Characters of a clause that says only when: 去年同期,."""
_COMPARED = re.compile(r"(?:是|为|比|较|相当于)(?:19|20)\d\d年")
_ONLY_YEAR = re.compile(r"[而但]?(?:19|20)\d\d年(?:同期)?(?:为|是|的)?")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")


def _same_thing(a: Term, b: Term) -> bool:
    """Say whether two numbers count the same: one says nothing of its own, or both the same."""
    mine, other = (
        _how().sub("", t.pre).strip("的共为是,而但") or _how().sub("", t.post) for t in (a, b)
    )
    return not mine or not other or mine in other or other in mine


def _change(passage: Passage, pair: _Pair, change: Term) -> Finding | None:
    before, after, f = pair.before.found, pair.after.found, change.found
    sign = -1 if _falls(change) else 1
    a, b = bounds(before), bounds(after)
    moved = (b[0] - a[1], b[1] - a[0])
    if sign < 0:
        moved = (-moved[1], -moved[0])
    x, y = shown(before.number), shown(after.number)
    terms = f"{y} - {x}" if sign > 0 else f"{x} - {y}"
    unit, exactly = "", (after.number - before.number) * sign
    relative = _HOW_MUCH.search(change.pre) and f.unit == before.unit == "%" and a[0] > 0
    if relative and overlaps(
        quotient(b, a), (bounds(f)[0] * sign + 100, bounds(f)[1] * sign + 100)
    ):
        terms = f"({terms}) / {x}"
        return finding("PASS", "change", f"{terms} = {shown(f.number)}%", [before, after, f])
    if f.unit == before.unit or (f.unit == "个百分点" and before.unit == "%"):
        true = moved
    elif f.unit == "番" and a[0] > 0:
        return _doubled(passage, pair, change)
    elif f.unit in ("%", "倍") and before.unit != "%" and a[0] > 0:
        size = 100 if f.unit == "%" else 1
        unit, terms = f.unit, f"({terms}) / {x}"
        rates = (quotient(b, a, size)[0] - size, quotient(b, a, size)[1] - size)
        true = rates if sign > 0 else (-rates[1], -rates[0])
        exactly = exactly / before.number * size
    else:
        return None
    place = [before, after, f]
    stated = shown(f.number)
    if overlaps(true, bounds(f)) and not (moved[1] < 0 or (moved[1] == 0 and f.number)):
        near = holds(f, exactly)
        equation = f"{terms} {'=' if near else '≈'} {stated}{unit}"
        if not near and not unit:
            return finding("UNCERTAIN", "change", equation, place, "only-rounded")
        return finding("PASS", "change", equation, place, "" if near else "rounded")
    if moved[1] < 0 and f.number:
        mark = "<" if sign > 0 else ">"
        equation, why = f"{y} {mark} {x}", "direction"
    else:
        equation, why = f"{terms} = {shown(round(exactly, 2))}{unit} ≠ {stated}{unit}", "change"
        if unit == "倍" and overlaps((true[0] + 1, true[1] + 1), bounds(f)):
            return finding("UNCERTAIN", "change", equation, place, "times")
    if why == "change" and unit and _cut_off(true, f):
        return finding("UNCERTAIN", "change", equation, place, "truncated")
    return _weighed(passage, pair, place, equation, why)


def _cut_off(true: Bounds, stated: Found) -> bool:
    """Say whether a value can be the stated one when its further digits are cut off."""
    return overlaps(true, (stated.number, stated.number + stated.step))


def _doubled(passage: Passage, pair: _Pair, change: Term) -> Finding | None:
    """Compare 由180家发展到360家,实现翻番, which is said of a little less or more, too."""
    before, after = pair.before.found, pair.after.found
    times = after.number / before.number
    place = [before, after, change.found]
    wanted = 2**change.found.number
    left = f"{shown(after.number)} / {shown(before.number)}"
    if abs(times / wanted - 1) <= Decimal("0.1"):
        mark = "=" if times == wanted else "≈"
        return finding("PASS", "change", f"{left} {mark} {shown(wanted)}倍", place)
    if times > wanted:
        return None
    equation = f"{left} = {shown(round(times, 2))}倍 ≠ {shown(wanted)}倍"
    return _weighed(passage, pair, place, equation, "change")


def _weighed(
    passage: Passage, pair: _Pair, place: Sequence[Found], equation: str, why: str
) -> Finding | None:
    """Return the finding of a change that does not hold, ``None`` where it may be of others."""
    if inexact(*place):
        return None
    names = f"{pair.after.label} {pair.before.label} {pair.after.found.name}"
    if not pair.sure or words("planned").search(f"{pair.before.gap}{pair.after.gap}"):
        return None
    status: Status = "FAIL"
    if words("real-growth").search(names) or words("other-basis").search(passage.t):
        status, why = "UNCERTAIN", "other-basis"
    return finding(status, "change", equation, place, why)


def _of_change(passage: Passage, change: Term) -> Finding | None:
    """Compare 60件,比上年增加10件,增长20%: a level, a change in its unit, and one in per cent."""
    if change.found.unit != "%" or change.i < 2:
        return None
    amount, level = passage.terms[change.i - 1], passage.terms[change.i - 2]
    f, c = level.found, change.found
    if amount.found.role != "change" or len(amount.found.numbers) != 1 or not level.level:
        return None
    if f.role in ("from", "to") or not alike(f, amount.found) or f.kind == "change":
        return None
    if amount.found.direction != c.direction or not (_only_how(amount) and _only_how(change)):
        return None
    text = passage.t[level.end : change.end]
    if "。" in text or ";" in text or deflated().search(text) or words("per-year").search(text):
        return None
    sign = -1 if c.direction == "down" else 1
    x, d = bounds(f), bounds(amount.found)
    if re.search("[比较]", level.gap):  # 较上年末的9323亿元增加4374亿元,增长46.9%
        sign, base = 0, x
    else:
        base = (x[0] - d[1], x[1] - d[0]) if sign > 0 else (x[0] + d[0], x[1] + d[1])
    if base[0] <= 0:
        return None
    true = quotient(d, base)
    number, step = shown(f.number), shown(amount.found.number)
    whole = f"({number} {'-' if sign > 0 else '+'} {step})" if sign else number
    left = f"{step} / {whole}"
    place = [f, amount.found, c]
    if overlaps(true, bounds(c)):
        return finding("PASS", "change", f"{left} = {shown(c.number)}%", place)
    exactly = amount.found.number / (f.number - sign * amount.found.number) * 100
    equation = f"{left} = {shown(round(exactly, 2))}% ≠ {shown(c.number)}%"
    if _cut_off(true, c):
        return finding("UNCERTAIN", "change", equation, place, "truncated")
    return _weighed(passage, _Pair(amount, level, True), place, equation, "change")


def _multiple(passage: Passage, times: Term) -> Finding | None:
    """Compare 60件,是上年50件的1.2倍, and 由50件增加到60件,是上年的1.2倍."""
    terms, i = passage.terms, times.i
    if i < 2 or len(times.found.numbers) != 1 or not times.gap.endswith("的"):
        return None
    sure = True
    if times.gap == "的":
        before, after = terms[i - 1], terms[i - 2]
        base = before.gap
        sure = _is_earlier(before, after) and _same_thing(before, after)
    else:
        base, after, before = times.pre, terms[i - 1], terms[i - 2]
        said = _earlier().search(base)
        dated = _earlier().search(before.gap) or _YEAR.search(before.gap)
        sure = bool(said[0] in before.gap if said else _AGO.search(base) and not dated)
        if not (_leads(before, after) or (said and _is_earlier(before, after))):
            return None
    if not (before.level and after.level and alike(before.found, after.found)):
        return None
    if not re.search("[是为于达到占]", base):
        return None
    whole = bounds(before.found)
    if whole[0] <= 0:
        return None
    unit = times.found.unit
    true = quotient(bounds(after.found), whole, 1 if unit == "倍" else 100)
    place = [after.found, before.found, times.found]
    left = f"{shown(after.found.number)} / {shown(before.found.number)}"
    stated = f"{shown(times.found.number)}{unit}"
    exactly = after.found.number / before.found.number * (1 if unit == "倍" else 100)
    if overlaps(true, bounds(times.found)):
        near = holds(times.found, exactly)
        equation = f"{left} {'=' if near else '≈'} {stated}"
        return finding("PASS", "ratio", equation, place, "" if near else "rounded")
    equation = f"{left} = {shown(round(exactly, 2))}{unit} ≠ {stated}"
    return _weighed(passage, _Pair(before, after, sure), place, equation, "change")


_AGO = re.compile(r"\d{1,2}年[之以]?前|当[年初时]|期初|起步")


def _index(passage: Passage, change: Term) -> Finding | None:
    """Compare 居民消费价格指数为102.3,比上年上涨2.3%."""
    level = passage.terms[change.i - 1] if change.i else None
    if not level or level.found.unit or not words("price-index").search(level.pre):
        return None
    if not _only_how(change) or "环比" in change.gap:
        return None
    if change.found.unit != "%" or not _INDEX[0] < level.found.number < _INDEX[1]:
        return None
    sign = -1 if change.found.direction == "down" else 1
    low, high = sorted(sign * (x - 100) for x in bounds(level.found))
    left = (
        f"{shown(level.found.number)} - 100" if sign > 0 else f"100 - {shown(level.found.number)}"
    )
    place = [level.found, change.found]
    if overlaps((low, high), bounds(change.found)):
        return finding("PASS", "change", f"{left} = {shown(change.found.number)}%", place)
    equation = f"{left} = {shown((low + high) / 2)} ≠ {shown(change.found.number)}%"
    return _weighed(passage, _Pair(level, level, True), place, equation, "change")


_INDEX = (Decimal(50), Decimal(150))
"""Between these an index can be one whose year before is 100."""


# -- directions ------------------------------------------------------------------------------------


@cache
def _went() -> re.Pattern[str]:
    """Return the pattern of a verb of change between two levels: 由50件下降到."""
    return re.compile(
        r"(?:(?P<up>增加|增长|上升|提高|提升|扩大|增|升)|(?P<down>减少|下降|降低|缩小|压减|减|降))"
        r"(?:到|至|为)?了?$"
    )


@cache
def _went_behind() -> re.Pattern[str]:
    """Return the pattern of a verb behind the number compared with: 比上年的50件有所下降."""
    return re.compile(
        r"(?:有所|略有|明显|大幅|显[著着]|均|持续|小幅|稳步)*"
        r"(?:(?P<up>增加|增长|上升|提高|提升|增多)|(?P<down>减少|下降|降低|回落))[^到至\d]{0,2}$"
    )


_SPANS = frozenset({"天", "日", "小时", "分钟", "个工作日", "工作日", "秒"})


def _directions(passage: Passage) -> Iterator[Finding]:
    """Yield a finding where the verb between two levels says the other way, and no change does."""
    terms = passage.terms
    for before, after in pairwise(terms):
        a, b = before.found, after.found
        if len(a.numbers) != 1 or len(b.numbers) != 1 or inexact(a, b):
            continue
        following = terms[after.i + 1] if after.i + 1 < len(terms) else None
        if following and following.found.role == "change":
            continue
        if _leads(before, after) and not _in_list(passage, before, after):
            if a.kind == "rank" or words("ranking").search(f"{before.gap}{after.post}"):
                continue
            if "提" in after.gap and (physical_unit().match(a.unit) or a.unit in _SPANS):
                continue  # 精度由0.04毫米提升至0.003毫米
            went = _went().search(after.gap)
            least, most = a, b
        elif (
            _is_earlier(after, before)
            and re.search("[比较]", after.gap)
            and before.level
            and alike(a, b)
            and _same_thing(before, after)
        ):
            went = _went_behind().match(after.post)
            least, most = b, a
        else:
            continue
        if not went:
            continue
        up, x, y = bool(went["up"]), bounds(least), bounds(most)
        if (y[1] < x[0]) if up else (y[0] > x[1]):
            mark = "<" if up else ">"
            equation = f"{shown(most.number)} {mark} {shown(least.number)}"
            yield finding("FAIL", "change", equation, [a, b], "direction")
        elif least is b:  # said of the number in front: 1520件,较上年的1680件有所下降
            mark = ">" if up else "<"
            equation = f"{shown(most.number)} {mark} {shown(least.number)}"
            yield finding("PASS", "change", equation, [a, b])
