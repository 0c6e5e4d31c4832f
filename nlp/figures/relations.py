"""Relations between numbers: parts of a total, and lists that share one verb."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from operator import eq

from ..vocabulary import WordLists
from .mentions import Found, Line
from .periods import Date
from .words import outcomes

_PARTS = WordLists(
    "parts", "of-which new-total new-total-first sum summed handled mean stage also-done taken"
)
_words = _PARTS.pattern

LEVELS = ("quantity", "money")
_OPENS = re.compile(r"[^,;:。]{0,2}其中")
"""At the beginning of a sentence: what follows is part of the total in the one before."""

_NEAR = 40
"""Numbers in front of a part among which its total is looked for."""
_LISTED = ("、", "和", "与", "及")
_COMMON = 2
"""Characters at the end that make two names alike."""
_MOST_PARTS = 200
"""Numbers in front of 共计 that can be its parts."""


@cache
def _of_which() -> re.Pattern[str]:
    return re.compile(rf"{_words('of-which')}|^[^,;:。、其]{{2,16}}(?<![之其心])中,")


@cache
def _new_total() -> re.Pattern[str]:
    return re.compile(rf"{_words('new-total')}|^[,、;]?{_words('new-total-first')}")


@cache
def _sum() -> re.Pattern[str]:
    return re.compile(rf"[,、。;]?{_words('summed')}?{_words('sum')}{_words('handled')}?$")


@cache
def _mean() -> re.Pattern[str]:
    """Return the pattern of a mean, which is no part of a sum."""
    return re.compile(_words("mean"))


@cache
def _stage() -> re.Pattern[str]:
    """Return the pattern of a stage of works: what is in one is no part of what is in another."""
    stage = _words("stage")
    return re.compile(rf"(?<=..)(?:新开工|{stage})$|^{stage}$")


@cache
def _taken() -> re.Pattern[str]:
    """Return the pattern of what was done to all, so that an outcome is part of it."""
    return re.compile(_words("taken"))


@cache
def _also_done() -> re.Pattern[str]:
    """Return the pattern of totals beside which 修改 and 废止 are other things that were done."""
    return re.compile(_words("also-done"))


def link_parts(
    founds: Sequence[Found],
    lefts: dict[int, int],
    before: Found | None,
    running: tuple[Found, Found] | None = None,
) -> tuple[Found, Found] | None:
    """Set of every part its whole, and the roles of both.

    Args:
        founds: the numbers of a sentence but the dates, ascending, with their names.
        lefts: for the start of each number where its own words can begin.
        before: the last total of the sentence before, for a 其中 that opens this one.
        running: the total whose parts the sentence before, up to its semicolon, was listing, and
            the first of them.

    Returns:
        The total whose parts the end of the sentence is listing, and the first of them.
    """
    certain = True
    whole, opened = running or (None, None)
    closing = len(founds[0].line.t)
    for i, found in enumerate(founds):
        t = found.line.t
        left = lefts[found.start]
        words = t[left : found.start]
        gap = t[founds[i - 1].end : found.start] if i else t[: found.start]
        if found.kind not in LEVELS or found.role in ("change", "from", "to"):
            continue
        if _sum().search(gap) and i >= 2 and len(gap) <= 12:
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
            opened = found
            certain = "包括" not in gap and "含" not in gap
        if whole and not opens and (
            _new_total().search(words) or (opened and gap[:1] not in _LISTED and _beside(found, opened, whole))
        ):
            whole = None
        if whole and _mean().search(words) and not _mean().search(whole.name):
            whole = None
        if whole and whole is not found and whole.unit == found.unit:
            _join(found, whole, stated=certain)
        elif i and _state(found, words.strip(",、;:和及与(并")):
            total = _whole(earlier, found, None)
            if total and outcomes().fullmatch(total.name) and not _taken().match(total.name):
                continue  # 部分公开11件、不予公开9件
            if total and (stage := _stage().search(total.name)) and _stage().search(found.name):
                found.name = f"{total.name[: stage.start()]}·{found.name}"
            elif total and not total.whole and "·" in total.name:
                found.name = f"{total.name.partition('·')[0]}·{found.name}"
            elif total and (done := _also_done().match(total.name)):
                found.name = f"{total.name[done.end() :]}·{found.name}".lstrip("·")
            elif total:
                _join(found, total, stated=False)
    listing = whole and opened and closing == len(founds[0].line.t)
    return (whole, opened) if listing else None  # type: ignore[return-value]


def _beside(found: Found, opened: Found, whole: Found) -> bool:
    """Say whether ``found`` is named like the whole, and the part that 其中 opened is not.

    In 新登记主体2万户,其中企业1万户;实有主体9万户 the last number is no part of the first.
    """
    common = _common_end(found.name, whole.name)
    return common >= _COMMON and common > _common_end(opened.name, whole.name)


def _common_end(one: str, other: str) -> int:
    """Return how many characters both end with."""
    return next(
        (i for i, (a, b) in enumerate(zip(reversed(one), reversed(other), strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _state(found: Found, words: str) -> bool:
    """Say whether all that is said of ``found``, in front or behind, is what became of it."""
    said = words or ("" if found.base else found.name)
    return bool(outcomes().fullmatch(said))


def _opening(earlier: Sequence[Found], gap: str, t: str, found: Found) -> int:
    """Return where the parts that ``found`` opens end (the sentence's end, a bracket), else 0."""
    bracket = gap.rfind("(")
    if bracket >= 0 and earlier and ")" not in gap[bracket:]:
        close = t.find(")", found.end)
        if "其中" in gap or gap.startswith("("):
            return close if close > 0 else len(t)
    return len(t) if _of_which().search(gap) else 0


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


_LISTS = WordLists("lists", "common common-tail creating side cell")

_PARTED = re.compile(r"[、,]|和|以及|与|及")
_ITEMS = re.compile(r"、|(?<![饱温缓总调])和(?![谐美平])|以及|(?<![参给])与|(?<![普涉])及(?!格)")
_SUBJECTS = re.compile(
    r"(?P<who>[^,;:。]{2,40}?)(?:同比|环比|比上年|每[年月人]){0,4}分别(?P<what>[^,;:。、]{2,20})$"
)
_LONGEST_SUBJECTS = 80
"""Characters that the subjects of a list can take, with 分别 and what is said of each."""
_EACH = re.compile(
    r",?(?:同比|环比|比上年|较上年)?(?:分别|恢复[到至]|相当于)[^,;:。、]{0,16}"
)
_SCOPE = re.compile(r"^(?:全[国省市县区]|在(?![校编建册籍岗职]))")


@cache
def _common() -> re.Pattern[str]:
    """Return the pattern of a noun at the end of a list that all its items share."""
    common, tail = _LISTS.pattern("common"), _LISTS.pattern("common-tail")
    return re.compile(rf"{common}(?:同比|环比)?{tail}?$")


@cache
def cell_labels() -> re.Pattern[str]:
    """Return the pattern of a cell that names a count, whose number stands in the next cell."""
    return re.compile(
        rf"[^,;:。!?，；：！？]{{0,30}}(?:{_LISTS.pattern('cell')}|{outcomes().pattern})"
    )


@cache
def _sides() -> re.Pattern[str]:
    """Return the pattern of words that stand side by side: 城镇 and 农村."""
    return re.compile(_LISTS.pattern("side"))


@cache
def _created() -> re.Pattern[str]:
    """Return the pattern of verbs that no name needs beside whose the thing is."""
    return re.compile(rf"^{_LISTS.pattern('creating')}(?=..)")


def distribute(line: Line, founds: Sequence[Found], dates: Sequence[Date]) -> None:
    """Give the numbers of a list the subjects of the list in front of them, one each."""
    i = 0
    while i < len(founds):
        run = _run(line.t, founds, i)
        if len(run) >= 2 and not _answer(line.t, founds[:i], run):
            _share(line, run, dates)
        i += len(run)


def _run(t: str, founds: Sequence[Found], i: int) -> list[Found]:
    """Return the numbers from ``i`` on with nothing but marks of a list between them."""
    run = [founds[i]]
    for found in founds[i + 1 :]:
        if not _PARTED.fullmatch(t[run[-1].end : found.start]) or _relative(found) != _relative(
            run[0]
        ):
            break
        run.append(found)
    return run


def _relative(found: Found) -> bool:
    """Say whether it is a share or a change: none stands in one list with counts."""
    return found.unit in ("%", "‰", "个百分点", "倍") or found.kind == "ratio"


def _answer(t: str, earlier: Sequence[Found], run: list[Found]) -> bool:
    """Name numbers behind a bare 分别 after as many before: A5万亩,B3万吨,分别增长1%和2%."""
    near = earlier[-len(run) :]
    if len(near) != len(run) or run[0].base is None:
        return False
    said = [f.base if f.role == "change" and f.base else f for f in near]
    if not all(f.name and f.role != "change" for f in said):
        return False
    if not _EACH.fullmatch(t, near[-1].end, run[0].start):
        return False
    for found, other in zip(run, said, strict=True):
        found.name, found.base = other.name, other
        found.role, found.kind = run[0].role, found.kind if found.kind == "range" else run[0].kind
        found.direction = run[0].direction
    return True


def _share(line: Line, run: list[Found], dates: Sequence[Date]) -> None:
    first = run[0]
    name = first.name
    for found in run[1:]:
        found.direction = found.direction or first.direction
        if first.role == "change":
            found.role = "change"
            found.kind = "change" if found.kind != "range" else "range"
        if not found.name:
            found.name = name
    said = [d for d in dates if d.end <= first.start]
    if len(said) >= len(run) and "分别" in line.t[said[-1].end : first.start]:
        for found, date in zip(run, said[-len(run) :], strict=True):
            found.name, found.year = name, date.year
        return
    subjects = _SUBJECTS.search(line.t, max(0, first.start - _LONGEST_SUBJECTS), first.start)
    who = _ITEMS.split(line.words(*subjects.span("who"))) if subjects else []
    if subjects and len(who) == len(run) and "分别" in name:
        what = line.words(*subjects.span("what"))
        _name_each(run, who, what)
        return
    if len(who) == len(run) and who[-1] not in name and len(_ITEMS.split(name)) == 1:
        _name_each(run, who, name)
        return
    items = who if len(who) == len(run) and name in who[-1] else _ITEMS.split(name)
    if len(items) != len(run):
        return
    common = _common().search(items[-1])
    if common and (rest := _same_form(items)):
        for found, item in zip(run, items, strict=True):
            found.name = item if item is items[-1] else item + rest
            found.base = None
        return
    for found, item in zip(run, items, strict=True):
        short = common and not _common().search(item)
        tail = common[0].removeprefix("产业" if item.endswith("产业") else "") if common else ""
        found.name = item + tail if short else item
        found.base = None


def complete(name: str, before: str) -> str:
    """Return ``name`` with the noun that the name in front has: 农村 after 城市低保标准."""
    size = len(name)
    if len(before) > size and _sides().fullmatch(name) and _sides().fullmatch(before[:size]):
        return name + before[size:]
    return ""


def _same_form(items: Sequence[str]) -> str:
    """Return what the last item of a list shares with the others, which it begins like.

    Of 养老、失业、工伤保险参保人数 it is 保险参保人数.
    They share a character (炼铁、炼钢) or stand side by side (城镇、农村居民收入).
    """
    size = len(items[0])
    begin, rest = items[-1][:size], items[-1][size:]
    if size < 2 or len(rest) < 2 or any(len(item) != size for item in items[:-1]):
        return ""
    alike = all(any(map(eq, item, begin)) for item in items[:-1])
    pair = all(_sides().fullmatch(item) for item in (*items[:-1], begin))
    return rest if alike or pair else ""


def _name_each(run: list[Found], who: list[str], what: str) -> None:
    for found, item in zip(run, who, strict=True):
        found.name = _SCOPE.sub("", item) + _created().sub("", what)
