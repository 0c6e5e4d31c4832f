"""Check numbers that are stated twice: repeated indicators, totals of items and levels, years."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache

from ..figures.mentions import Found
from ..figures.relations import LEVELS
from ..figures.words import light_verbs, telling_verbs
from ..records import Document, Finding
from .finding import CHECKS, finding, shown, words

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
            yield finding("PASS", "repeat", f"{a} = {b}", [found, other], found.indicator)
        elif not (other.qualifier or found.qualifier or _several_years(document, other, found)):
            yield finding("UNCERTAIN", "repeat", f"{a} ≠ {b}", [found, other], found.indicator)


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
            yield finding("UNCERTAIN", "year", equation, [date], "later than the report's year")


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
    reason = "" if equal else "the items may not be all of it"
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
        return finding("FAIL", "total=parts", unequal, place, "the levels do not make the total")
    return finding("UNCERTAIN", "total=parts", unequal, place, "the levels may not be all of it")


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
