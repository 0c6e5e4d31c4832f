"""Check numbers that are stated twice: repeated indicators, totals of items and levels, years,
and the rows of tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ..figures.mentions import Found, line_of
from ..figures.relations import LEVELS
from ..figures.words import light_verbs, telling_verbs
from ..records import Document, Finding, Sentence, Status
from ..text.normalize import fold
from .finding import CHECKS, bounds, finding, finding_at, inexact, overlaps, shown, words

_SPECIFIC = 5
"""Characters of an indicator that says by itself what is counted."""
_KINDS = ("quantity", "money", "percent")

_EDGE = re.compile("[,;:。]")


def check_repeats(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every indicator that two sentences state for the same year and scope.

    Plans and goals are left out, and other values below headings that speak of several years.
    """
    first: dict[tuple[str, ...], Found] = {}
    for found in founds:
        if found.kind not in _KINDS or found.role not in ("", "total", "part"):
            continue
        if len(found.indicator) < _SPECIFIC or len(found.numbers) != 1:
            continue
        sentence = document.sentences[found.line.n - 1]
        clause = _clause(found)
        if sentence.role == "plan" or words("goal").search(clause):
            continue
        scope = "".join(sorted(set(words("scope").findall(clause))))
        key = (found.indicator, found.unit, str(found.year), found.period, scope)
        other = first.setdefault(key, found)
        if other.line is found.line:
            continue
        a, b = shown(other.number), shown(found.number)
        if other.number == found.number:
            yield finding("PASS", "repeat", f"{a} = {b}", [found, other])
        elif inexact(other, found) or _several_years(document, other, found):
            continue
        elif not overlaps(bounds(other), bounds(found)):
            sure = _same_clause(other, found)
            why = "twice" if sure else "twice-unsure"
            status: Status = "FAIL" if sure else "UNCERTAIN"
            yield finding(status, "repeat", f"{a} ≠ {b}", [found, other], why)


def _same_clause(a: Found, b: Found) -> bool:
    """Say whether the same words of the same year stand in front of two numbers."""
    first, second = (_TIME.sub("", _clause(f)) for f in (a, b))
    return first == second and len(first) >= _SPECIFIC and isinstance(a.year, int)


_TIME = re.compile(
    r"(?:19|20)\d\d年|[本今当全]年度?|全[省市县区]|我[省市县区]|共|累计|完成|实现|达到?|为"
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


@cache
def _ahead() -> re.Pattern[str]:
    """Return the pattern of words of what is still to come."""
    return re.compile(rf"{CHECKS.pattern('ahead')}|到[^,;:。]{{0,4}}年")


def check_years(document: Document, founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every sentence that reports a later year than the report's own."""
    if not isinstance(document.year, int):
        return
    dated = {id(f.line): f for f in founds if f.kind == "date" and isinstance(f.value, int)}
    counted = {id(f.line) for f in founds if f.kind in ("quantity", "money", "percent")}
    for line, date in dated.items():
        sentence = document.sentences[date.line.n - 1]
        if sentence.role not in ("achievement", "problem") or sentence.kind != "sentence":
            continue
        if _ahead().search(sentence.text):
            continue
        year = date.value
        if isinstance(year, int) and year > document.year and line in counted:
            equation = f"{year} > {document.year}"
            yield finding("UNCERTAIN", "year", equation, [date], "later-year")


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


# -- the year that a report says it is of ----------------------------------------------------------

_OWN_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")


@cache
def _opening_words() -> re.Pattern[str]:
    """Return the pattern of a sentence that says what the report is: 现将2020年度…报告如下."""
    return re.compile(rf"{CHECKS.pattern('reported')}如下")


@cache
def _closing_words() -> re.Pattern[str]:
    """Return the pattern of a sentence that ends a report: 以上为2020年度…报告."""
    return re.compile(
        rf"^(?:以上|上述)(?:就?是|即?为|[^,;。]{{0,20}}年)[^,;。]{{0,40}}|{CHECKS.pattern('reported')}完毕"
    )


def check_own_year(document: Document) -> Iterator[Finding]:
    """Yield a finding where the beginning and the end of a report name different years as its own."""
    said: list[tuple[str, Sentence, int, int]] = []
    for sentence in document.sentences:
        if "如下" not in sentence.text and not _MAY_CLOSE.search(sentence.text):
            continue
        line = line_of(sentence) if len(sentence.text) <= _LONGEST_STATEMENT else None
        if not line or not (_opening_words().search(line.t) or _closing_words().search(line.t)):
            continue
        years = list(_OWN_YEAR.finditer(line.t))
        if len({m[1] for m in years}) == 1:
            said.append((years[0][1], sentence, *line.span(*years[0].span())))
    for year, sentence, start, end in said[1:]:
        if year != said[0][0]:
            equation = f"{year} ≠ {said[0][0]}"
            yield finding_at("FAIL", "year", equation, sentence, start, end, "other-year")


_MAY_CLOSE = re.compile("以上|上述|完毕|特此")
_LONGEST_STATEMENT = 160
"""Characters of a sentence that says what a report is."""


# -- tables of requests for information ------------------------------------------------------------

_CELL = re.compile(r"[^\t|｜;；,，。、\n]+")
_NUMBER_CELL = re.compile(r"\s*(\d{1,9})\s*[件条份个次起]?\s*")
_NAME_AND_NUMBER = re.compile(
    r"(?P<name>[^\d]{2,40}?)[:为共]?\s*(?P<n>\d{1,9})\s*[件条份个次起]?\s*"
)
_SIDES = ("table-carried-out", "table-carried-in", "table-in", "table-outcome", "table-total")
_ROW_NUMBER = re.compile(r"\s*\d{1,2}[.、]")


@dataclass(slots=True)
class _Row:
    """A row of a table: on which side of the sum it stands, its numbers, and where they stand."""

    side: str
    numbers: list[int]
    sentence: Sentence
    start: int
    end: int


def check_tables(document: Document) -> Iterator[Finding]:
    """Yield a finding for every table of requests: received and carried over, and what came of them.

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
    if len(sentence.text) > _LONGEST_ROWS or not words(*_SIDES).search(sentence.text):
        return []
    rows: list[_Row] = []
    name = ""
    for cell in _CELL.finditer(sentence.text):
        text = fold(cell[0])
        if number := _NUMBER_CELL.fullmatch(text):
            if rows and not name:
                rows[-1].numbers.append(int(number[1]))
                rows[-1].end = sentence.start + cell.end()
            elif name:
                rows.append(_row(name, int(number[1]), sentence, cell.start(), cell.end()))
                name = ""
            continue
        if both := _NAME_AND_NUMBER.fullmatch(text):
            start = cell.start() + both.start("n")
            rows.append(_row(both["name"], int(both["n"]), sentence, start, cell.end()))
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
