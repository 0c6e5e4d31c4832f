"""Which number is part of which: 其中, brackets, 已办结, 共计."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .found import Found
from .words import STATE

LEVELS = ("quantity", "money")
_OF_WHICH = re.compile(
    r"其中|(?:主要)?包括|分别为|分别是|分为|(?<!包)含|^[^,;:。、其]{2,16}(?<![之其心])中,"
)
_OPENS = re.compile(r"[^,;:。]{0,2}其中")
"""At the beginning of a sentence: what follows is part of the total in the one before."""

_ENDS = re.compile(
    r"总[里量数额产规面]|累计|合计|共计|总计|^[,、;]?(?:新增|新建|新登记|完成|建成|全年"
    r"|全[省市县区国])"
)
_SUM = re.compile(
    r"[,、。;]?(?:以上|上述|[两三四五六]项|各项|各类)?(?:共计?|合计|总计)(?:办理|受理|处理)?$"
)
_MEAN = re.compile(r"[人户亩年月日]均|平均")
"""A mean is no part of a sum."""
_STAGE = re.compile(
    r"(?<=..)(?:新?开工|竣工|投产|投用|签约|落地)$|^(?:开工|竣工|投产|投用|签约|落地)$"
)
"""Stages of works: what is in one is no part of what is in another."""
_ALSO_DONE = re.compile(r"制[定订]|修[订改]|出台|新[增建]|印发|废止")
"""Totals beside which 修改 and 废止 are other things that were done, not what became of them."""

_NEAR = 40
"""Numbers in front of a part among which its total is looked for."""
_MOST_PARTS = 200
"""Numbers in front of 共计 that can be its parts."""


def link_parts(
    founds: Sequence[Found],
    lefts: dict[int, int],
    before: Found | None,
    running: Found | None = None,
) -> Found | None:
    """Set of every part its whole, and the roles of both.

    Args:
        founds: the numbers of a sentence but the dates, ascending, with their names.
        lefts: for the start of each number where its own words can begin.
        before: the last total of the sentence before, for a 其中 that opens this one.
        running: the total whose parts the sentence before, up to its semicolon, was listing.

    Returns:
        The total whose parts the end of the sentence is listing.
    """
    certain = True
    whole, closing = running, len(founds[0].line.t)
    for i, found in enumerate(founds):
        t = found.line.t
        left = lefts[found.start]
        words = t[left : found.start]
        gap = t[founds[i - 1].end : found.start] if i else t[: found.start]
        if found.kind not in LEVELS or found.role in ("change", "from", "to"):
            continue
        if _SUM.search(gap) and i >= 2 and len(gap) <= 12:
            _sum_up(founds[max(0, i - _MOST_PARTS) : i], found)
            continue
        earlier = founds[max(0, i - _NEAR) : i]
        opens = _opening(earlier, gap, t, found)
        if opens:
            outer = before if not i and _OPENS.match(t) else None
            total = _whole(earlier, found, outer, nested="其中" in gap or "(" in gap)
            whole, closing = total, opens
        elif whole and 0 < closing < found.start:
            whole = None
        if opens:
            certain = "包括" not in gap and "含" not in gap
        if whole and not opens and _ENDS.search(words):
            whole = None
        if whole and _MEAN.search(words) and not _MEAN.search(whole.name):
            whole = None
        if whole and whole is not found and whole.unit == found.unit:
            _join(found, whole, stated=certain)
        elif i and _state(found, words.strip(",、;:和及与(并")):
            total = _whole(earlier, found, None)
            if total and (stage := _STAGE.search(total.name)) and _STAGE.search(found.name):
                found.name = f"{total.name[: stage.start()]}·{found.name}"
            elif total and not total.whole and "·" in total.name:
                found.name = f"{total.name.partition('·')[0]}·{found.name}"
            elif total and (done := _ALSO_DONE.match(total.name)):
                found.name = f"{total.name[done.end() :]}·{found.name}".lstrip("·")
            elif total:
                _join(found, total, stated=False)
    return whole if closing == len(founds[0].line.t) else None


def _state(found: Found, words: str) -> bool:
    """Say whether all that is said of ``found``, in front or behind, is what became of it."""
    said = words or ("" if found.base else found.name)
    return bool(STATE.fullmatch(said))


def _opening(earlier: Sequence[Found], gap: str, t: str, found: Found) -> int:
    """Return where the parts that ``found`` opens end (the sentence's end, a bracket), else 0."""
    bracket = gap.rfind("(")
    if bracket >= 0 and earlier and ")" not in gap[bracket:]:
        close = t.find(")", found.end)
        if "其中" in gap or gap.startswith("("):
            return close if close > 0 else len(t)
    return len(t) if _OF_WHICH.search(gap) else 0


def _whole(
    earlier: Sequence[Found], part: Found, before: Found | None, nested: bool = False
) -> Found | None:
    """Return the nearest total in front of ``part`` that counts the same things.

    ``nested``: whether it may be a part itself, as what was settled is of what came in.
    """
    for found in reversed(earlier):
        t = found.line.t
        if t.count("(", found.end, part.start) < t.count(")", found.end, part.start):
            continue  # in a bracket that is closed
        same = found.kind in LEVELS and found.unit == part.unit
        if nested and same and found.whole and found.whole.whole is None:
            return found
        if found.kind in LEVELS and found.unit == part.unit and found.role in ("", "to", "total"):
            return found
    if before and before.unit == part.unit:
        return before
    return None


def _join(part: Found, whole: Found, stated: bool) -> None:
    part.whole, part.stated = whole, stated
    part.role, whole.role = "part", "total"


def _sum_up(parts: Sequence[Found], total: Found) -> None:
    """Make the numbers in front of 共计 its parts."""
    own = [
        p
        for p in parts
        if p.unit == total.unit and p.kind in LEVELS and p.role in ("", "part") and not p.stated
    ]
    if len(own) < 2 or total.name not in ("", own[-1].name):
        return
    for part in own:
        _join(part, total, stated=True)
    total.name = ""
