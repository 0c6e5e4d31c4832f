"""Check that totals are the sum of their parts, and say when they need not be.

The splits are in ``seeds/vocabulary/partitions.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources.abc import Traversable
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..errors import SeedError
from ..figures.mentions import Found
from ..figures.relations import LEVELS
from ..records import Finding
from ..seeds import read_toml
from ..vocabulary import any_of, parse_word, shipped_words
from .finding import CHECKS, finding, shown, words

Split = tuple[re.Pattern[str], ...]
"""A pattern for each side of what parts a whole."""


@cache
def carried() -> re.Pattern[str]:
    """Return the pattern of cases of an earlier year.

    They were not among those that came in but are among the settled.
    """
    return re.compile(
        rf"{CHECKS.pattern('carried')}|(?:上|去|前|往|历)(?:一)?年度?(?:末|底)?"
        "(?:未|存|在办|留|转|案件|受理|收)"
    )


def parts_a_whole(names: Sequence[str]) -> bool:
    """Say whether parts of these ``names`` leave nothing of the whole over."""
    return any(
        all(side.search(" ".join(names)) for side in sides)
        and all(any(side.search(name) for side in sides) for name in names)
        for sides in _splits()
    )


def are_outcomes(names: Sequence[str]) -> bool:
    """Say whether all ``names`` are outcomes of a case, most often given in full."""
    return all(words("case-outcome").search(name) for name in names)


@cache
def _splits() -> list[Split]:
    return load_splits(shipped_words("partitions.toml"))


def load_splits(path: Path | Traversable) -> list[Split]:
    """Read a file of splits: ``[[split]]`` with ``sides``, a list of lists of words.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: it is not TOML, or a split is bad; names the file and line.
    """
    data, source = read_toml(path)
    head = re.compile(r"\s*\[\[\s*split\s*\]\]")
    lines = [n for n, line in enumerate(source.splitlines(), 1) if head.match(line)]
    if unknown := sorted(set(data) - {"split"}):
        raise SeedError(path.name, 0, f"unknown table {unknown[0]}; a split begins with [[split]]")
    entries = data.get("split")
    if not isinstance(entries, list) or len(entries) != len(lines):
        raise SeedError(path.name, 0, "needs splits, each with [[split]] on a line of its own")
    splits: list[Split] = []
    for entry, line in zip(entries, lines, strict=True):
        try:
            splits.append(_split(entry))
        except ValueError as error:
            raise SeedError(path.name, line, f"in this split: {error}") from None
    return splits


def _split(entry: dict[str, Any]) -> Split:
    """Return the split of a TOML table.

    Raises:
        ValueError: it is none; the message says what to do.
    """
    if unknown := sorted(set(entry) - {"sides"}):
        raise ValueError(f"unknown key {unknown[0]}; the key is sides")
    sides = entry.get("sides")
    if not isinstance(sides, list) or len(sides) < 2:
        raise ValueError("sides must be two lists of words or more")
    taken: set[str] = set()
    for side in sides:
        if not isinstance(side, list) or not side or not all(isinstance(w, str) for w in side):
            raise ValueError("a side must be a list of words")
        for word in (parse_word(text).text for text in side):
            if word in taken:
                raise ValueError(f"{word} stands twice; delete one of them")
            taken.add(word)
    return tuple(re.compile(any_of(map(parse_word, side))) for side in sides)


_OPEN_LIST = re.compile(r"等(?:[,;。、)]|$)")


def doubt(whole: Found, parts: Sequence[Found], founds: Sequence[Found]) -> str:
    """Return why ``parts`` may not be meant to make ``whole``, ``""`` when nothing says so.

    Args:
        whole: the total.
        parts: its parts.
        founds: the numbers of the text.
    """
    last = parts[-1]
    if any(found.qualifier for found in (whole, *parts)):
        return "approximate numbers"
    if _OPEN_LIST.match(last.line.t, last.end):
        return "the list goes on"
    if any(carried().search(found.line.t) for found in (whole, *parts)):
        return "cases were carried over"
    if any(words("overlap").search(part.line.t) for part in parts):
        return "the parts overlap"
    return "they may be parts of another number" if others(whole, parts, founds) else ""


def others(whole: Found, parts: Sequence[Found], founds: Sequence[Found]) -> list[Found]:
    """Return earlier numbers of the sentence that ``parts`` may be of, when ``whole`` is too small.

    Of 审结12件,在审3件,其中胜诉10件 the 10 are not of the 3.
    """
    largest = max(part.number for part in parts)
    if largest <= whole.number:
        return []
    return [
        found
        for found in founds
        if found.line is whole.line
        and found.start < whole.start
        and found.kind in LEVELS
        and found.unit == whole.unit
        and found.role not in ("change", "from")
        and found.number >= largest
    ]


@cache
def _summed() -> re.Pattern[str]:
    return re.compile(rf"{CHECKS.pattern('summed')}{CHECKS.pattern('handled')}?$")


def check_sums(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total that has two parts or more in the same unit."""
    wholes: dict[int, tuple[Found, list[Found]]] = {}
    for found in founds:
        if found.whole is not None:
            wholes.setdefault(id(found.whole), (found.whole, []))[1].append(found)
    for whole, listed in wholes.values():
        same = [p for p in listed if p.unit == whole.unit and len(p.numbers) == 1]
        same = [p for p in same if p.stated] or same  # not 含上年结转2件 beside what 其中 lists
        same = [p for p in same if not carried().search(p.name)]
        if len(whole.numbers) != 1 or carried().search(whole.name):
            continue
        if len(same) >= 2:
            for i, parts in enumerate(_ways(whole, same)):
                sum_ = _sum(whole, parts, founds)
                if sum_.status != "UNCERTAIN" or (i == 0 and any(p.stated for p in parts)):
                    yield sum_
        elif len(same) == 1 and same[0].stated and same[0].number > whole.number:
            yield _above(whole, same[0], founds)


def _ways(whole: Found, parts: list[Found]) -> list[list[Found]]:
    """Return ``parts`` in two where those in front are all of ``whole`` by themselves.

    其中一审20件,二审8件;胜诉22件,败诉6件 parts the cases in two ways. One list stays one: 维持20件,
    驳回8件,撤销2件 are 30.
    """
    names = [part.name for part in parts]
    if are_outcomes(names) or parts_a_whole(names):
        return [parts]
    for i, sum_ in enumerate(accumulate(part.number for part in parts), 1):
        if 2 <= i < len(parts) and sum_ == whole.number and any(p.number for p in parts[i:]):
            return [parts[:i], parts[i:]] if len(parts) > i + 1 else [parts[:i]]
    return [parts]


def _sum(whole: Found, parts: list[Found], founds: Sequence[Found]) -> Finding:
    total = sum((p.number for p in parts), Decimal(0))
    same = [o for o in others(whole, parts, founds) if o.number == total]
    whole = same[0] if same else whole
    place = [whole, *parts]
    terms = " + ".join(shown(p.number) for p in parts)
    gap = whole.number - total
    if gap == 0:
        return finding("PASS", "total=parts", f"{shown(whole.number)} = {terms}", place)
    unequal = f"{shown(whole.number)} ≠ {terms} ({shown(total)})"
    why = doubt(whole, parts, founds)
    if not any(p.qualifier for p in place) and abs(gap) <= _rounding(place):
        return finding("PASS", "total=parts", f"{shown(whole.number)} ≈ {terms}", place, "rounded")
    if not why and _exhaustive(whole, parts, gap):
        return finding("FAIL", "total=parts", unequal, place, "the parts do not make the total")
    why = why or "the parts may not be all, or overlap"
    return finding("UNCERTAIN", "total=parts", unequal, place, why)


def _exhaustive(whole: Found, parts: list[Found], gap: Decimal) -> bool:
    """Say whether the words leave no doubt that the parts are meant to make the whole."""
    names = [p.name for p in parts]
    if _summed().search(whole.line.t, 0, whole.start) and whole.start > parts[-1].start:
        return True
    if parts_a_whole(names):
        return gap < 0 or parts[0].stated or not any("受理" in name for name in names)
    near = min(whole.number, whole.number - gap) < _FEW or abs(gap) * 4 <= whole.number
    return near and are_outcomes(names)


_FEW = 20
"""Cases of which every outcome is named."""


def _rounding(place: Sequence[Found]) -> Decimal:
    """Return how far rounded numbers can be off; exact counts cannot."""
    steps = [f.step for f in place if f.step != 1]
    return sum(steps, Decimal(0)) / 2 if steps else Decimal(0)


def _above(whole: Found, part: Found, founds: Sequence[Found]) -> Finding:
    equation = f"{shown(part.number)} > {shown(whole.number)}"
    place = [whole, part]
    why = doubt(whole, [part], founds)
    if whole.year != part.year or any(words("average").search(f.name + f.period) for f in place):
        why = "an average, or another year"
    if why:
        return finding("UNCERTAIN", "over100", equation, place, why)
    return finding("FAIL", "over100", equation, place, "a part is above its whole")
