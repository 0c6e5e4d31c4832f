"""The total of a place against what its levels state elsewhere: 全县共46件, 部门30件, 各镇16件."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..figures.found import Found
from ..figures.words import LIGHT, TELLING
from ..records import Document
from .findings import finding, shown
from .records import Finding

_WHOLE = re.compile(r"全[省市县区州]")
_LEVELS: dict[str, re.Pattern[str]] = {
    "own": re.compile(r"[省市县区州](?:本级|政府(?!部门))|[省市县区州]级(?!部门|各部门|单位)"),
    "departments": re.compile(r"部门"),
    "towns": re.compile(r"乡镇|镇街|镇办|各[镇乡]|[镇乡]级|街道|[镇乡]\(?街道?办?\)?"),
}
"""Who a number can be of; together they are the place."""
_KINDS = ("quantity", "money")
_SHORTEST = 4
"""Characters of a noun that says by itself what is counted."""
_OF_WHICH = re.compile(r"^.{0,4}其中|按层级|从层级")
_EDGE = re.compile("[,;:。]")

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
        if found.kind not in _KINDS or found.role or found.qualifier or len(found.numbers) != 1:
            continue
        if document.sentences[found.line.n - 1].role == "plan":
            continue
        clause = _clause(found)
        level = next((name for name, words in _LEVELS.items() if words.search(clause)), "")
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
            yield _compare(whole, stated)


def _compare(whole: Found, parts: Sequence[Found]) -> Finding:
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


def _clause(found: Found) -> str:
    before = found.line.t[max(0, found.start - 40) : found.start]
    edges = [m.end() for m in _EDGE.finditer(before)]
    return before[edges[-1] if edges else 0 :]


def _noun(name: str) -> str:
    """Return what is counted, without whose it is and what was done with it."""
    ends = [m.end() for words in _LEVELS.values() for m in words.finditer(name)]
    name = name[max(ends, default=0) :].strip("()（）")
    while verb := LIGHT.match(name) or TELLING.match(name):
        name = name[verb.end() :]
    return name
