"""Check numbers that are stated twice: repeated indicators, totals of items and levels, years,
and the rows of tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ..figures.mentions import Found, Line
from ..figures.relations import LEVELS
from ..figures.words import light_verbs, telling_verbs
from ..records import Document, Finding, Sentence, Status
from ..text.normalize import fold
from ..text.ordinary import ordinary
from .finding import (
    CHECKS,
    Bounds,
    Passage,
    Term,
    alike,
    bounds,
    finding,
    finding_at,
    inexact,
    overlaps,
    shown,
    sum_of,
    terms_of,
    words,
)

_SPECIFIC = 5
"""Characters of an indicator that says by itself what is counted."""
_KINDS = ("quantity", "money", "percent")

_EDGE = re.compile("[,;:。]")


def check_repeats(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every indicator that two sentences state for the same year and scope.

    Plans and goals are left out, and other values below headings that speak of several years.
    A part of a year is compared with the whole of it.
    """
    first: dict[tuple[str, ...], Found] = {}
    shorter: dict[tuple[str, str], Found] = {}
    for found in founds:
        if found.kind not in _KINDS or found.role not in ("", "total", "part"):
            continue
        if len(found.numbers) != 1:
            continue
        sentence = document.sentences[found.line.n - 1]
        clause = _clause(found)
        if sentence.role == "plan" or words("goal").search(clause):
            continue
        if found.kind != "percent":
            yield from _part_of_year(shorter, found, clause)
        scope = "".join(sorted(set(words("scope").findall(clause))))
        key = (found.indicator, found.unit, str(found.year), found.period, scope)
        if len(found.indicator) < _SPECIFIC:
            continue
        other = first.setdefault(key, found)
        if other.line is found.line:
            continue
        a, b = shown(other.number), shown(found.number)
        if other.number == found.number:
            yield finding("PASS", "repeat", f"{a} = {b}", [found, other])
        elif _may_slip(other, found) and not _several_years(document, other, found):
            same, yearly = _same_clause(other, found)
            status: Status = "FAIL" if yearly else "UNCERTAIN"
            why = "twice" if yearly else "twice-unsure"
            if same:
                yield finding(status, "repeat", f"{a} ≠ {b}", [found, other], why)


def _may_slip(a: Found, b: Found) -> bool:
    """Say whether one of two values can be a slip for the other, not of another span of time."""
    if inexact(a, b) or overlaps(bounds(a), bounds(b)):
        return False
    low, high = sorted((abs(a.number), abs(b.number)))
    return high <= low * Decimal("1.5")


def _same_clause(a: Found, b: Found) -> tuple[bool, bool]:
    """Say whether the same words stand in front of two numbers, and whether both name a year."""
    yearly = all(_YEARLY.search(f.line.t, max(0, f.start - 60), f.digits) for f in (a, b))
    first, second = (_TIME.sub("", _clause(f)) for f in (a, b))
    return first == second and len(first) >= _SPECIFIC, yearly


def _part_of_year(
    shorter: dict[tuple[str, str], Found], found: Found, clause: str
) -> Iterator[Finding]:
    """Yield a finding where the year has less than a half or a quarter of it, stated before."""
    name = _TIME.sub("", _SHORTER.sub("", clause)).strip("的,")
    if len(name) < _SHORTEST_NAME or inexact(found) or words("stock").search(name):
        return
    if _SHORTER.search(clause):
        shorter.setdefault((name, found.unit), found)
    elif _YEARLY.search(clause) and (part := shorter.pop((name, found.unit), None)):
        near = found.line.n - part.line.n <= _CLOSE_BY and part.year == found.year
        if near and bounds(part)[0] > bounds(found)[1]:
            equation = f"{shown(part.number)} > {shown(found.number)}"
            yield finding("FAIL", "over100", equation, [found, part], "part-of-year")


_SHORTEST_NAME = 3
"""Characters of words that say what was done in half of a year and in all of it."""
_CLOSE_BY = 3
"""Sentences between a half-year and its year."""
_SHORTER = re.compile(r"[上下]半年|前?[一二三四1-4]个?季度|1[至到-]\d{1,2}月份?|前\d{1,2}个月")
_YEARLY = re.compile(r"全年|[本当今去]年|上年|(?:19|20)\d\d年")
_TIME = re.compile(
    r"(?:19|20)\d\d年|[本今当全去]年度?|全[省市县区国]|我[省市县区]|共|累计|完成|实现|达到?|为"
)


def _clause(found: Found) -> str:
    """Return the words in front of a number in its clause, and its qualifier."""
    before = found.line.t[max(0, found.start - 40) : found.digits]
    edges = [m.end() for m in _EDGE.finditer(before)]
    return before[edges[-1] if edges else 0 :]


def _several_years(document: Document, *founds: Found) -> bool:
    return any(
        words("several-years").search(document.sentences[f.line.n - 1].section) for f in founds
    )


def check_items(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total of a sentence whose items below have numbers of its unit."""
    first: dict[tuple[int, str], Found] = {}
    for found in founds:
        if found.kind in LEVELS and found.role in ("", "total") and len(found.numbers) == 1:
            first.setdefault((found.line.n, found.unit), found)
    for (n, unit), total in first.items():
        before = total.line.t[max(0, total.start - 16) : total.start]
        if (
            total.role == "total"
            or not words("all").search(before)
            or document.sentences[n - 1].item
        ):
            continue
        parts: list[Found] = []
        for sentence in document.sentences[n : n + 12]:
            own = first.get((sentence.n, unit))
            if not sentence.item or sentence.section != document.sentences[n - 1].section:
                break
            if own:
                parts.append(own)
        if len(parts) >= 2:
            yield _compare_items(total, parts)


def _compare_items(total: Found, parts: Sequence[Found]) -> Finding:
    terms = " + ".join(shown(p.number) for p in parts)
    equal = sum((p.number for p in parts), Decimal(0)) == total.number
    equation = f"{shown(total.number)} {'=' if equal else '≠'} {terms}"
    reason = "" if equal else "not-all-items"
    return finding(
        "PASS" if equal else "UNCERTAIN", "total=parts", equation, [total, *parts], reason
    )


_WHOLE = re.compile(r"全[省市县区州]")
_COUNTED = ("quantity", "money")
_SHORTEST = 4
"""Characters of a noun that says by itself what is counted."""
_OF_WHICH = re.compile(r"^.{0,4}其中|按层级|从层级")


@cache
def _levels() -> dict[str, re.Pattern[str]]:
    """Return the pattern of each that a number can be of; together they are the place."""
    towns = re.compile(rf"{CHECKS.pattern('towns')}|[镇乡]\(?街道?办?\)?")
    return {"own": words("own-level"), "departments": words("departments"), "towns": towns}


_Key = tuple[str, str, str, str]


def check_levels(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total of a place whose levels state theirs in other sentences.

    A difference is a failure only where one sentence lists the levels behind 其中; elsewhere they
    may overlap, or be not all.
    """
    wholes: dict[_Key, Found] = {}
    parts: dict[_Key, dict[str, list[Found]]] = {}
    said: dict[tuple[int, str], str] = {}
    for found in founds:
        if found.kind not in _COUNTED or found.role or found.qualifier or len(found.numbers) != 1:
            continue
        if document.sentences[found.line.n - 1].role == "plan":
            continue
        clause = _clause_of_place(found)
        level = next((name for name, own in _levels().items() if own.search(clause)), "")
        noun = _noun(found.name)
        if len(noun) < _SHORTEST and level:  # 部门办理案件30件,各镇办理16件
            noun = said.get((found.line.n, found.unit), "")
        if len(noun) < _SHORTEST:
            continue
        said[found.line.n, found.unit] = noun
        key = (noun, found.unit, str(found.year), found.period)
        if level:
            parts.setdefault(key, {}).setdefault(level, []).append(found)
        elif _WHOLE.search(clause):
            wholes.setdefault(key, found)
    for key, whole in wholes.items():
        levels = parts.get(key, {})
        stated = [own[0] for own in levels.values() if len(own) == 1]
        if len(stated) == len(levels) >= 2 and all(f.line is not whole.line for f in stated):
            yield _compare_levels(whole, stated)


def _compare_levels(whole: Found, parts: Sequence[Found]) -> Finding:
    total = sum((p.number for p in parts), Decimal(0))
    terms = " + ".join(shown(p.number) for p in parts)
    place = [whole, *parts]
    if total == whole.number:
        return finding("PASS", "total=parts", f"{shown(whole.number)} = {terms}", place)
    unequal = f"{shown(whole.number)} ≠ {terms} ({shown(total)})"
    if (
        _OF_WHICH.search(parts[0].line.t[: parts[0].start])
        and len({id(p.line) for p in parts}) == 1
    ):
        return finding("FAIL", "total=parts", unequal, place, "levels")
    return finding("UNCERTAIN", "total=parts", unequal, place, "not-all-levels")


def _clause_of_place(found: Found) -> str:
    before = found.line.t[max(0, found.start - 40) : found.start]
    edges = [m.end() for m in _EDGE.finditer(before)]
    return before[edges[-1] if edges else 0 :]


def _noun(name: str) -> str:
    """Return the noun that is counted, without its owner and without verbs."""
    ends = [m.end() for own in _levels().values() for m in own.finditer(name)]
    name = name[max(ends, default=0) :].strip("()（）")
    while verb := light_verbs().match(name) or telling_verbs().match(name):
        name = name[verb.end() :]
    return name


# -- tables of requests for information ------------------------------------------------------------

_CELL = re.compile(r"(?:(?![(（]其中)[^\t|｜;；,，。、\n])+")
_NUMBER_CELL = re.compile(r"\s*(\d{1,9})\s*[件条份个次起]?\s*\)?")
_NAME_AND_NUMBER = re.compile(
    r"(?P<name>[^\d]{2,40}?)[:为共]?\s{0,4}(?P<n>\d{1,9})\s{0,4}[件条份个次起]?\s{0,4}\)?$"
)
_SIDES = ("table-carried-out", "table-carried-in", "table-in", "table-outcome", "table-total")


@dataclass(slots=True)
class _Row:
    """A row of a table: on which side of the sum it stands, its numbers, and where they stand."""

    side: str
    numbers: list[int]
    sentence: Sentence
    start: int
    end: int


def check_tables(document: Document) -> Iterator[Finding]:
    """Yield a finding for every table of requests: what came in, and what came of it.

    The rows may be parted by line ends, semicolons or commas, their cells by tabs or ``|``.
    """
    rows: list[_Row] = []
    last = 0
    for sentence in document.sentences:
        own = _rows(sentence)
        if not own and sentence.n > last + 3:
            yield from _table(rows)
            rows = []
        if own:
            if own[0].side == "table-in" and any(r.side == "table-outcome" for r in rows):
                yield from _table(rows)
                rows = []
            rows += own
            last = sentence.n
    yield from _table(rows)


def _rows(sentence: Sentence) -> list[_Row]:
    """Return the rows that a sentence holds."""
    plain = ordinary(sentence.text)
    if len(sentence.text) > _LONGEST_ROWS or not words(*_SIDES).search(plain.text):
        return []
    rows: list[_Row] = []
    name = ""
    for cell in _CELL.finditer(plain.text):
        text = fold(cell[0]).rstrip(".")
        if number := _NUMBER_CELL.fullmatch(text):
            if rows and not name:
                rows[-1].numbers.append(int(number[1]))
                rows[-1].end = sentence.start + plain.span(*cell.span())[1]
            elif name:
                rows.append(_row(name, int(number[1]), sentence, *plain.span(*cell.span())))
                name = ""
            continue
        if both := _NAME_AND_NUMBER.search(text):
            start = cell.start() + both.start("n")
            place = plain.span(start, cell.end())
            rows.append(_row(both["name"], int(both["n"]), sentence, *place))
            name = ""
        else:
            name = text
    return [row for row in rows if row.side]


_LONGEST_ROWS = 600
"""Characters of a sentence that may hold rows of a table."""


def _row(name: str, number: int, sentence: Sentence, start: int, end: int) -> _Row:
    side = next((side for side in _SIDES if words(side).search(name)), "")
    return _Row(side, [number], sentence, sentence.start + start, sentence.start + end)


def _table(rows: Sequence[_Row]) -> Iterator[Finding]:
    by_side: dict[str, list[_Row]] = {side: [r for r in rows if r.side == side] for side in _SIDES}
    received, outcomes = by_side["table-in"], by_side["table-outcome"]
    if len(received) != 1 or len(outcomes) < 2:
        return
    widths = {len(row.numbers) for row in rows}
    if len(widths) != 1 or any(
        len(by_side[side]) > 1 for side in _SIDES if side != "table-outcome"
    ):
        return
    for column in range(widths.pop()):
        yield from _column(by_side, column)


def _column(by_side: dict[str, list[_Row]], column: int) -> Iterator[Finding]:
    def of(side: str) -> list[int]:
        return [row.numbers[column] for row in by_side[side]]

    came = of("table-in") + of("table-carried-in")
    left = of("table-outcome") + of("table-carried-out")
    total = of("table-total")
    if not any(came):
        return
    first, last = (
        by_side["table-in"][0],
        (by_side["table-carried-out"] or by_side["table-outcome"])[-1],
    )
    a, b = " + ".join(map(str, came)), " + ".join(map(str, left))
    if total and total[0] != sum(of("table-outcome")):
        row = by_side["table-total"][0]
        equation = (
            f"{total[0]} ≠ {' + '.join(map(str, of('table-outcome')))} ({sum(of('table-outcome'))})"
        )
        yield finding_at("FAIL", "total=parts", equation, row.sentence, row.start, row.end, "parts")
    if sum(came) == sum(left):
        yield finding_at("PASS", "total=parts", f"{a} = {b}", first.sentence, first.start, last.end)
    elif not total or total[0] == sum(of("table-outcome")):
        equation = f"{a} ≠ {b} ({sum(left)})"
        yield finding_at(
            "FAIL", "total=parts", equation, first.sentence, first.start, last.end, "balance"
        )


# -- so many of each -------------------------------------------------------------------------------

_EACH = re.compile(r"每(?P<per>[^,;:。、每]{1,16})$")
_MEAN = re.compile(r"(?P<per>[人户村镇乡期场次亩家班校所县月])均(?P<what>[^,;:。、]{0,12})$")
_IN_ALL = re.compile(r"[共总]|合计|累计")
_BESIDE = 4
"""Numbers to either side among which the count and the total are looked for."""


def check_products(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what the number of units times the number of each comes to, against the total."""
    for passage in found:
        for each in passage.terms:
            match = (_EACH.search(each.pre) or _MEAN.search(each.pre)) if each.level else None
            once = each.pre.count("每") < 2 and match is not None
            if match and once and (checked := _product(passage, each, match)):
                yield checked


def _product(passage: Passage, each: Term, match: re.Match[str]) -> Finding | None:
    near = [
        t
        for t in passage.terms[max(0, each.i - _BESIDE) : each.i + _BESIDE + 1]
        if t is not each and t.level and not _EACH.search(t.pre) and not _MEAN.search(t.pre)
    ]
    counts = [t for t in near if _is(t, match["per"])]
    wholes = [
        t
        for t in near
        if t not in counts and alike(t.found, each.found) and t.found.number >= each.found.number
    ]
    months = not counts and match["per"][0] == "月" and any("全年" in t.pre for t in wholes)
    if not wholes or not (months or len(counts) == 1):
        return None
    count = _MONTHS if months else counts[0].found
    if alike(count, each.found):
        return None
    mean = match.re is _MEAN or "均" in each.pre
    half = each.found.step / 2 if mean else (bounds(each.found)[1] - each.found.number)
    times = bounds(count)
    true = ((each.found.number - half) * times[0], (each.found.number + half) * times[1])
    left = f"{shown(count.number)} × {shown(each.found.number)}"
    for whole in wholes:
        if overlaps(true, bounds(whole.found)):
            mark = "≈" if mean else "="
            place = [each.found, whole.found] if months else [count, each.found, whole.found]
            equation = f"{left} {mark} {shown(whole.found.number)}"
            return finding("PASS", "total=parts", equation, place)
    whole = wholes[0]
    what = match["what"].strip("达到为约超") if match.re is _MEAN else ""
    stated = _IN_ALL.search(whole.pre) or (what and what in f"{whole.pre}{whole.post}")
    direct = mean and whole.i == each.i - 1 and (months or counts[0].i == each.i - 2)
    spans = re.search("[年月日]$", each.pre[: match.start()]) and not months
    if (
        len(wholes) != 1
        or spans
        or not (stated or direct)
        or inexact(count, each.found, whole.found)
    ):
        return None
    product = shown(count.number * each.found.number)
    equation = f"{left} = {product} ≠ {shown(whole.found.number)}"
    place = [each.found, whole.found] if months else [count, each.found, whole.found]
    return finding("FAIL", "total=parts", equation, place, "product")


_MONTHS = Found(Line(0, "", "", 0, [], []), 0, 0, 0, "quantity", "个月", (Decimal(12),))
"""The months of a year, of which 全年4800人次,月均400人次 need not speak."""


def _is(term: Term, per: str) -> bool:
    """Say whether a number counts what ``per`` begins with: 6期 and 每期, 12个镇 and 每个镇."""
    unit, noun = term.found.unit, term.post or term.label
    if unit in _PEOPLE:
        return per[0] in _PEOPLE
    if unit and per.startswith(unit):
        rest = per.removeprefix(unit)
        return unit not in _VAGUE or not rest or rest[:1] in noun
    return bool(noun) and per[:1] in noun[:6] and unit in _VAGUE


_PEOPLE = frozenset("人名位")
_VAGUE = frozenset({"个", "家", "所"})
"""Units that say nothing of what is counted."""


# -- balances --------------------------------------------------------------------------------------

_OPEN, _IN, _OUT, _CLOSE = "opening-stock", "inflow", "outflow", "closing-stock"


def check_balances(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what opening balance, additions and removals come to, against the closing balance."""
    for passage in found:
        terms = [t for t in passage.terms if (t.level or _net(t)) and t.bracket < 0]
        if passage.before and len(terms) < _FEW:
            terms = [t for t in passage.before.terms if t.level and t.bracket < 0] + terms
        units = {t.found.unit: t for t in terms}
        for unit in units.values():
            own = [t for t in terms if alike(t.found, unit.found)]
            if len(own) >= 3 and (checked := _balance(passage, own)):
                yield checked


_FEW = 4
"""Numbers of a sentence that may go on with the balance of the one before."""


def _net(term: Term) -> bool:
    """Say whether a number is what came without what went: 净增970家."""
    return term.pre.startswith("净增") and len(term.found.numbers) == 1 and term.found.unit != "%"


def _side(term: Term) -> str:
    """Return on which side of a balance a number stands, ``""`` for none."""
    for text in (term.pre, term.post):
        for side in (_OPEN, _CLOSE, _OUT, _IN):
            if words(side).search(text):
                return side
        if text:
            break
    return ""


def _balance(passage: Passage, terms: Sequence[Term]) -> Finding | None:
    sides = [_side(t) for t in terms]
    by_side = {
        side: [t for t, own in zip(terms, sides, strict=True) if own == side]
        for side in (_OPEN, _IN, _OUT, _CLOSE)
    }
    opening, added, removed, closing = by_side.values()
    if len(closing) != 1 or not (opening or added) or not (added or removed):
        return None
    last = closing[0]
    if len(opening) > 1 or last is not terms[-1]:
        return None
    if not opening and not (removed and len(added) == 1 and words("surplus").search(last.pre)):
        return None
    put = [t.found for t in (*opening, *added)]
    out = [t.found for t in removed]
    low, high = sum_of(put)
    off = sum_of(out)
    true: Bounds = (low - off[1], high - off[0])
    left = terms_of(*put) + "".join(f" - {shown(f.number)}" for f in out)
    place = [*put, *out, last.found]
    stated = shown(last.found.number)
    if overlaps(true, bounds(last.found)):
        return finding("PASS", "total=parts", f"{left} = {stated}", place)
    if "" in sides or inexact(*place) or not _whole_story(by_side, last, passage):
        return None
    equation = f"{left} = {shown((true[0] + true[1]) / 2)} ≠ {stated}"
    return finding("FAIL", "total=parts", equation, place, "balance")


def _whole_story(by_side: dict[str, list[Term]], last: Term, passage: Passage) -> bool:
    """Say whether a balance tells all that came and went."""
    if "其中" in passage.t or last.i not in {t.i for t in passage.terms}:
        return False
    opening, added, removed, _ = by_side.values()
    if opening and added and removed:
        return True
    if opening and added:
        return bool(words("summing-stock").search(last.pre))
    if opening or not words("surplus").search(last.pre):
        return False
    if re.search("累计|滚存|历年", last.pre):
        return False
    return len(removed) == 1 and bool(
        words("income").search(added[0].pre) or "净" in last.pre or "相抵" in last.pre
    )
