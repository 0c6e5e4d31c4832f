"""Check that totals are the sum of their parts, and say when they need not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate

from ..figures.mentions import Found
from ..figures.relations import LEVELS
from ..records import Finding
from .finding import finding, shown

_SPLITS: tuple[tuple[str, ...], ...] = (
    (
        r"(?<!未)(?<!未)(?:办结|审结|结案|办理完[毕成]|处理完毕|整改(?:完成|到位)?$|完成整改"
        r"|化解|答复)",
        r"在办|正在|办理中|处理中|审理中|未结|未办结|未审结|尚未|未化解|未整改|结转|待",
    ),
    (r"(?<![无失])有效", r"失效|废止|无效"),
    (r"(?<![无失])有效|保留", r"修[改订]", r"失效|废止|无效"),
    (r"网上|线上|互联网|网络|在线", r"信件|邮寄|信函|现场|当面|窗口|线下|来信|来访"),
    (r"(?<!不予)(?<!不)受理", r"不予受理|未受理|不受理"),
    (r"(?<!不)合格|达标", r"不合格|未达标"),
    (r"(?<!未)(?<!不)采纳", r"未采纳|不予采纳|不采纳"),
    (r"胜诉", r"败诉"),
    (r"男", r"女"),
    (r"中央", r"地方"),
    (r"城镇|城市", r"农村|乡村"),
    (r"专职", r"兼职|公职"),
    (r"县级|区级|市级", r"镇级|乡级|乡镇|街道"),
    (r"出口", r"进口"),
    (r"(?<!不)通过", r"未通过|不通过"),
)
"""Each row parts a whole: every part is of one of its words, and each word is there."""

_OUTCOMES = re.compile(
    r"维持|驳回|撤销|变更|确认违法|责令履行|终止|调解|和解|撤回|不予受理|在办|正在|未结"
    r"|受理|审理中|尚未"
)
"""What becomes of an application; a report may leave some out."""

CARRIED = re.compile(
    r"结转(?![到至下])|(?:上|去|前|往|历)(?:一)?年度?(?:末|底)?(?:未|存|在办|留|转|案件|受理|收)"
    r"|旧[存案]|遗留|积存|存案|跨年"
)
"""Cases of an earlier year, which were not among those that came in but are among the settled."""


def parts_a_whole(names: Sequence[str]) -> bool:
    """Say whether parts of these ``names`` leave nothing of the whole over."""
    return any(
        all(re.search(side, " ".join(names)) for side in sides)
        and all(any(re.search(side, name) for side in sides) for name in names)
        for sides in _SPLITS
    )


def are_outcomes(names: Sequence[str]) -> bool:
    """Say whether all ``names`` are outcomes of a case, most often given in full."""
    return all(_OUTCOMES.search(name) for name in names)


_OPEN_LIST = re.compile(r"等(?:[,;。、)]|$)")
_OVERLAP = re.compile(r"同时|兼任|兼有|重复|交叉|重叠|有的")


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
    if any(CARRIED.search(found.line.t) for found in (whole, *parts)):
        return "cases were carried over"
    if any(_OVERLAP.search(part.line.t) for part in parts):
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


_AVERAGE = re.compile(r"均|每")
_SUMMED = re.compile(r"(?:共计|合计|总计)(?:办理|受理|处理)?$")


def check_sums(founds: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for every total that has two parts or more in the same unit."""
    wholes: dict[int, tuple[Found, list[Found]]] = {}
    for found in founds:
        if found.whole is not None:
            wholes.setdefault(id(found.whole), (found.whole, []))[1].append(found)
    for whole, listed in wholes.values():
        same = [p for p in listed if p.unit == whole.unit and len(p.numbers) == 1]
        same = [p for p in same if p.stated] or same  # not 含上年结转2件 beside what 其中 lists
        same = [p for p in same if not CARRIED.search(p.name)]
        if len(whole.numbers) != 1 or CARRIED.search(whole.name):
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
    if _SUMMED.search(whole.line.t, 0, whole.start) and whole.start > parts[-1].start:
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
    if whole.year != part.year or any(_AVERAGE.search(f.name + f.period) for f in place):
        why = "an average, or another year"
    if why:
        return finding("UNCERTAIN", "over100", equation, place, why)
    return finding("FAIL", "over100", equation, place, "a part is above its whole")
