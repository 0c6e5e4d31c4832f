"""Check changes against the levels that they lead from and to, balances, and numbers of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

from ..figures.comparisons import deflated
from ..figures.mentions import Found
from ..records import Finding, Status
from .finding import (
    CHECKS,
    Bounds,
    Passage,
    Term,
    alike,
    bounds,
    finding,
    inexact,
    overlaps,
    quotient,
    shown,
    sum_of,
    terms_of,
    words,
)


@cache
def _earlier() -> re.Pattern[str]:
    """Return the pattern of a time that another is compared with."""
    return re.compile(CHECKS.pattern("earlier"))


@cache
def _times() -> re.Pattern[str]:
    """Return the pattern of words of time and comparison, which do not say what is counted."""
    return re.compile(
        rf"{CHECKS.pattern('earlier', 'now')}|(?:19|20)\d\d年度?|[同环]比|[比较与和同为的是达到至约,(]"
        r"|\d{1,2}月份?|[底末初]|[由从]|增加|减少|上升|下降|增长|提高|提升|降低|[增降减升]"
    )


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
            if f.role == "change" and len(f.numbers) == 1 and f.number >= 0:
                if checked := _of_levels(passage, term) or _of_change(passage, term):
                    yield checked
            elif f.unit in ("倍", "%") and (checked := _multiple(passage, term)):
                yield checked
        yield from _directions(passage)


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
    levels = [
        t
        for t in terms[max(0, change.i - 5) : change.i]
        if t.found.role != "change" and len(t.found.numbers) == 1 and t.found.kind != "rank"
    ]
    if not levels:
        return
    last = levels[-1]
    if last.found.role == "to" and len(levels) > 1 and levels[-2].found.role == "from":
        own = change.found.base is not None or change.i > last.i + 1
        if own and all(t.found.role == "change" for t in terms[last.i + 1 : change.i]):
            yield _Pair(levels[-2], last, True)
        return
    if change.i > last.i + 2:
        return
    behind = terms[change.i + 1] if change.i + 1 < len(terms) else None
    if behind and behind.bracket > change.bracket and _is_earlier(behind, last):
        if alike(behind.found, last.found):  # 60件,同比增长20%(上年50件)
            yield _Pair(behind, last, True)
    others = [t for t in levels[:-1] if _same_unit(t, last)]
    if not others and passage.before:
        others = [
            t
            for t in passage.before.terms
            if len(t.found.numbers) == 1 and t.found.role != "change" and _same_unit(t, last)
        ][-1:]
    if not others:
        return
    other = others[-1]
    if _is_earlier(last, other) and not _is_earlier(other, last):
        yield _Pair(last, other, _same_thing(other, last))
    elif _is_earlier(other, last) and not _is_earlier(last, other):
        yield _Pair(other, last, _same_thing(last, other))


def _same_unit(a: Term, b: Term) -> bool:
    return alike(a.found, b.found) and a.found.kind != "change" and b.found.kind != "change"


def _is_earlier(term: Term, other: Term) -> bool:
    """Say whether the words of ``term`` are of a time before that of ``other``."""
    if _earlier().search(term.gap):
        return True
    a, b = term.found.year, other.found.year
    return isinstance(a, int) and isinstance(b, int) and a < b


def _core(term: Term) -> str:
    """Return what a number counts, without words of time and comparison."""
    return _times().sub("", f"{term.pre}") or _times().sub("", term.post)


def _same_thing(a: Term, b: Term) -> bool:
    """Say whether two numbers count the same: one says nothing of its own, or both the same."""
    mine, other = _core(a), _core(b)
    return len(mine) < 2 or len(other) < 2 or mine in other or other in mine


def _change(passage: Passage, pair: _Pair, change: Term) -> Finding | None:
    before, after, f = pair.before.found, pair.after.found, change.found
    sign = -1 if f.direction == "down" else 1
    a, b = bounds(before), bounds(after)
    moved = (b[0] - a[1], b[1] - a[0])
    if sign < 0:
        moved = (-moved[1], -moved[0])
    x, y = shown(before.number), shown(after.number)
    terms = f"{y} - {x}" if sign > 0 else f"{x} - {y}"
    unit = ""
    if f.unit == before.unit or (f.unit == "个百分点" and before.unit == "%"):
        true = moved
    elif f.unit in ("%", "倍") and before.unit != "%" and a[0] > 0:
        size = 100 if f.unit == "%" else 1
        unit, terms = f.unit, f"({terms}) / {x}"
        rates = (quotient(b, a, size)[0] - size, quotient(b, a, size)[1] - size)
        true = rates if sign > 0 else (-rates[1], -rates[0])
    else:
        return None
    place = [before, after, f]
    stated = shown(f.number)
    if overlaps(true, bounds(f)) and not (moved[1] < 0 or (moved[1] == 0 and f.number)):
        return finding("PASS", "change", f"{terms} = {stated}{unit}", place)
    if moved[1] < 0 and f.number:
        mark = "<" if sign > 0 else ">"
        equation, why = f"{y} {mark} {x}", "direction"
    else:
        middle = round((true[0] + true[1]) / 2, 2)
        equation, why = f"{terms} = {shown(middle)}{unit} ≠ {stated}{unit}", "change"
    return _weighed(passage, pair, place, equation, why)


def _weighed(
    passage: Passage, pair: _Pair, place: Sequence[Found], equation: str, why: str
) -> Finding | None:
    """Return the finding of a change that does not hold, ``None`` where it may be of others."""
    names = f"{pair.after.label} {pair.before.label} {pair.after.found.name}"
    if not pair.sure or words("planned").search(f"{pair.before.gap}{pair.after.gap}"):
        return None
    status: Status = "FAIL"
    if inexact(*place):
        status, why = "UNCERTAIN", "approximate"
    elif words("real-growth").search(names) or words("other-basis").search(passage.t):
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
    if amount.found.direction != c.direction or not _short(amount.pre) or not _short(change.pre):
        return None
    text = passage.t[level.end : change.end]
    if "。" in text or ";" in text or deflated().search(text) or words("per-year").search(text):
        return None
    sign = -1 if c.direction == "down" else 1
    x, d = bounds(f), bounds(amount.found)
    base = (x[0] - d[1], x[1] - d[0]) if sign > 0 else (x[0] + d[0], x[1] + d[1])
    if base[0] <= 0:
        return None
    true = quotient(d, base)
    number, step = shown(f.number), shown(amount.found.number)
    left = f"{step} / ({number} {'-' if sign > 0 else '+'} {step})"
    place = [f, amount.found, c]
    if overlaps(true, bounds(c)):
        return finding("PASS", "change", f"{left} = {shown(c.number)}%", place)
    middle = round((true[0] + true[1]) / 2, 2)
    equation = f"{left} = {shown(middle)}% ≠ {shown(c.number)}%"
    return _weighed(passage, _Pair(amount, level, True), place, equation, "change")


def _short(pre: str) -> bool:
    """Say whether the words in front of a change say only how it went, not what changed."""
    return len(_times().sub("", pre)) <= 1


def _multiple(passage: Passage, times: Term) -> Finding | None:
    """Compare 60件,是上年50件的1.2倍."""
    if times.i < 2 or times.gap != "的" or len(times.found.numbers) != 1:
        return None
    before, after = passage.terms[times.i - 1], passage.terms[times.i - 2]
    if not (before.level and after.level and alike(before.found, after.found)):
        return None
    if not re.search("[是为于达到]", before.gap) or not _is_earlier(before, after):
        return None
    whole = bounds(before.found)
    if whole[0] <= 0:
        return None
    unit = times.found.unit
    true = quotient(bounds(after.found), whole, 1 if unit == "倍" else 100)
    place = [after.found, before.found, times.found]
    left = f"{shown(after.found.number)} / {shown(before.found.number)}"
    stated = f"{shown(times.found.number)}{unit}"
    if overlaps(true, bounds(times.found)):
        return finding("PASS", "ratio", f"{left} = {stated}", place)
    middle = shown(round((true[0] + true[1]) / 2, 2))
    equation = f"{left} = {middle}{unit} ≠ {stated}"
    pair = _Pair(before, after, _same_thing(before, after))
    return _weighed(passage, pair, place, equation, "change")


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
    """Return the pattern of a verb of change behind the number compared with: 比上年的50件有所下降."""
    return re.compile(
        r"(?:有所|略有|明显|大幅|显著|均|持续|小幅|稳步)*"
        r"(?:(?P<up>增加|增长|上升|提高|提升|增多)|(?P<down>减少|下降|降低|回落))[^到至\d]{0,2}$"
    )


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
        if a.role == "from" and b.role == "to" and a.kind != "rank":
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


# -- balances --------------------------------------------------------------------------------------

_OPEN, _IN, _OUT, _CLOSE = "opening-stock", "inflow", "outflow", "closing-stock"


def check_balances(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what opening balance, additions and removals come to, against the closing balance."""
    for passage in found:
        terms = [t for t in passage.terms if t.level and t.bracket < 0]
        if len(terms) < 3:
            continue
        by_unit = [t for t in terms if alike(t.found, terms[0].found)]
        if checked := _balance(passage, by_unit):
            yield checked


def _side(term: Term) -> str:
    """Return on which side of a balance a number stands, ``""`` for none."""
    for text in (term.pre, term.post):
        for side in (_CLOSE, _OPEN, _OUT, _IN):
            if words(side).search(text):
                return side
        if text:
            break
    return ""


def _balance(passage: Passage, terms: Sequence[Term]) -> Finding | None:
    sides = [_side(t) for t in terms]
    if sides.count(_OPEN) != 1 or sides.count(_CLOSE) != 1:
        return None
    start, end = sides.index(_OPEN), sides.index(_CLOSE)
    added = [t for t, side in zip(terms, sides, strict=True) if side == _IN]
    removed = [t for t, side in zip(terms, sides, strict=True) if side == _OUT]
    if not (added or removed):
        return None
    opening, closing = terms[start], terms[end]
    put = [opening.found, *(t.found for t in added)]
    out = [t.found for t in removed]
    low, high = sum_of(put)
    off = sum_of(out)
    true: Bounds = (low - off[1], high - off[0])
    left = terms_of(*put) + "".join(f" - {shown(f.number)}" for f in out)
    place = [*put, *out, closing.found]
    if overlaps(true, bounds(closing.found)):
        equation = f"{left} = {shown(closing.found.number)}"
        return finding("PASS", "total=parts", equation, place)
    if "" in sides or "其中" in passage.t or inexact(*place) or not (added and removed):
        return None
    middle = (true[0] + true[1]) / 2
    equation = f"{left} = {shown(middle)} ≠ {shown(closing.found.number)}"
    return finding("FAIL", "total=parts", equation, place, "balance")


# -- so many of each -------------------------------------------------------------------------------

_EACH = re.compile(
    r"每(?P<per>[^,;:。、\d每]{1,5})$|(?P<mean>[人户村镇乡期场次亩家班校])均[^,;:。、\d]{0,6}$"
)
_MEAN = re.compile("均")
_IN_ALL = re.compile(r"[共总]|合计|累计")


def check_products(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what the number of units times the number of each comes to, against the total."""
    for passage in found:
        for each in passage.terms:
            match = _EACH.search(each.pre) if each.level else None
            if match and (checked := _product(passage, each, match["per"] or match["mean"])):
                yield checked


def _product(passage: Passage, each: Term, per: str) -> Finding | None:
    units = [
        t
        for t in passage.terms
        if t is not each and t.level and abs(t.i - each.i) <= 4 and _is(t, per)
    ]
    wholes = [
        t
        for t in passage.terms
        if t is not each
        and t not in units
        and t.level
        and abs(t.i - each.i) <= 4
        and alike(t.found, each.found)
        and t.found.number >= each.found.number
        and not _EACH.search(t.pre)
    ]
    if len(units) != 1 or not wholes:
        return None
    count = units[0].found
    mean = bool(_MEAN.search(each.pre))
    half = each.found.step / 2 if mean else Decimal(0)
    low, high = each.found.number - half, each.found.number + half
    times = bounds(count)
    true = (low * times[0], high * times[1])
    for whole in wholes:
        place = [count, each.found, whole.found]
        left = f"{shown(count.number)} × {shown(each.found.number)}"
        if overlaps(true, bounds(whole.found)):
            mark = "=" if not mean else "≈"
            equation = f"{left} {mark} {shown(whole.found.number)}"
            return finding("PASS", "total=parts", equation, place)
    stated = [t for t in wholes if _IN_ALL.search(t.pre)]
    if len(wholes) != 1 or not stated or inexact(count, each.found, wholes[0].found):
        return None
    place = [count, each.found, wholes[0].found]
    equation = (
        f"{left} = {shown(count.number * each.found.number)} ≠ {shown(wholes[0].found.number)}"
    )
    return finding("FAIL", "total=parts", equation, place, "product")


def _is(term: Term, per: str) -> bool:
    """Say whether a number counts what ``per`` names: 6期 and 每期, 12个镇 and 每个镇."""
    unit = term.found.unit
    rest = per.removeprefix(unit)
    if rest != per and not rest:
        return True
    return bool(rest) and (term.post.startswith(rest) or term.pre.endswith(rest))
