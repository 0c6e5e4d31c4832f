"""Check that totals are the sum of their parts, and say when they need not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import accumulate

from ..figures.mentions import Found
from ..figures.quantities import physical_unit
from ..records import Finding
from .finding import (
    CHECKS,
    ORDINAL,
    Passage,
    Term,
    alike,
    are_outcomes,
    bounds,
    carried,
    exact,
    finding,
    inexact,
    kind_of_parts,
    of_several_sorts,
    overlaps,
    shown,
    splits,
    sum_of,
    terms_of,
    without_nested,
    words,
)

_OPEN_LIST = re.compile(r"[^,;:。、()]{0,8}?等(?![级候于待额离腰])")


def doubt(whole: Found, parts: Sequence[Term], passage: Passage) -> str:
    """Return why ``parts`` may not be meant to make ``whole``, ``""`` when nothing says so."""
    t, last = passage.t, parts[-1]
    if inexact(whole, *(part.found for part in parts)):
        return "approximate"
    if _OPEN_LIST.match(t, last.end):
        return "open-list"
    if carried().search(t):
        return "carried"
    if words("overlap").search(t, max(0, parts[0].start - 20), last.end + 30):
        return "overlap"
    return ""


# -- lists with the total in front -----------------------------------------------------------------

_OF = re.compile(
    r"其中[^,;:。]{0,24}$|其中[,:][^;。]{0,24}$"
    r"|^(?!正在|还在|处于|过程)[^,;:。、其]{2,16}(?<![之其心程])中,"
)
_OTHER_CLAUSE = re.compile(r";,*[^;,][^;]*其中")
_EACH = re.compile(
    r"[^,;:。()]{0,20},?(?:主要)?(?:分别(?:为|是)|分为|即|包括|涵盖|含)[^,;:。]{0,24}$"
    r"|[^,;:。()]{0,20}:[^,;:。]{0,24}$|[^,;:。()]{0,20}-{2,}[^,;:。]{0,24}$"
)
_BRACKET = re.compile(r"[^,;:。()]{0,12}\(")
_SOME = re.compile(r"包括|涵盖|含|主要|重点|仅|尤其|特别")
_NEW_TOTAL = re.compile(r"合计|共计|总计|累计|^[,;、]?(?:共|总|全[年省市县区国])")
_BESIDES = re.compile("另有|另外|此外|除此")


@dataclass(slots=True)
class _List:
    """A total and what is listed as its parts."""

    whole: Term
    parts: list[Term]
    stated: bool
    """Whether words or marks open it, not only the sense of what it lists."""
    all: bool
    """Whether these say that it is everything: a colon or a bracket."""


def check_sums(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield a finding for every total that is compared with its parts."""
    for passage in found:
        yield from _check_passage(passage)


def _check_passage(passage: Passage) -> Iterator[Finding]:
    settled: set[int] = set()
    for terms in _totals_behind(passage):
        if finding_ := _sum_behind(passage, *terms):
            settled |= {id(term) for term in terms[1]}
            yield finding_
    for own in _lists(passage):
        if id(own.whole) in settled and not own.stated:
            continue
        yield from _judged(own, passage)


def _lists(passage: Passage) -> Iterator[_List]:
    """Yield the totals of a passage that parts are listed behind."""
    terms = passage.terms
    listed: set[int] = set()
    for part in terms:
        if not part.level:
            continue
        gap, before = part.gap, terms[part.i - 1] if part.i else None
        of = bool(_OF.search(gap)) and not _OTHER_CLAUSE.search(gap)
        bracket = before and part.bracket > before.bracket and _BRACKET.match(gap)
        if of or bracket or _EACH.match(gap):
            whole = _whole(passage, part, far=of)
            if whole is None:
                yield from _made(passage, part)
                continue
            parts = _parts(passage, whole, part)
            yield _List(whole, parts, True, not of and not _SOME.search(gap))
            listed |= {term.i for term in parts}
            if rest := _second(passage, whole, parts):
                yield _List(whole, rest, False, False)
        elif before is None:
            if passage.before and (whole := _whole_before(passage, part)):
                parts = _run_of_kind(_parts(passage, whole, part), whole)
                if parts and _left_over(parts):
                    yield _List(whole, parts, False, False)
        elif before.i not in listed and _goes_on(before, part):
            parts = _run_of_kind(_parts(passage, before, part), before)
            if len(parts) >= 2:
                yield _List(before, parts, False, False)
                listed |= {term.i for term in parts}


def _goes_on(before: Term, part: Term) -> bool:
    """Say whether a number may be the first part of the one in front, without a word for it."""
    same = before.level and before.bracket == part.bracket and alike(before.found, part.found)
    return same and part.mark in (",", ";", ":")


def _made(passage: Passage, part: Term) -> Iterator[_List]:
    """Yield the total of the passage before that parts make, where it has several."""
    for whole in _levels_before(passage, part) if not part.i else ():
        parts = _parts(passage, whole, part)
        if sum((p.found.number for p in parts), Decimal(0)) == whole.found.number:
            yield _List(whole, parts, True, False)
            return


def _left_over(parts: Sequence[Term]) -> bool:
    """Say whether a list is of what was done, and of what is left."""
    first, last = parts[0].label, parts[-1].label
    return len(parts) == 2 and bool(
        words("done").search(first) and words("rest", "closing-stock", "not-done").search(last)
    )


def _whole(passage: Passage, part: Term, far: bool) -> Term | None:
    """Return the nearest total in front of ``part``; ``far``: even some numbers before."""
    if not part.i:
        return _whole_before(passage, part) if passage.before and far else None
    reach = part.i - 12 if far else part.i - 2
    for term in reversed(passage.terms[max(0, reach) : part.i]):
        t = passage.t
        if t.count("(", term.end, part.start) < t.count(")", term.end, part.start):
            continue
        if term.level and alike(term.found, part.found) and term.found.role != "from":
            return term
    return None


def _whole_before(passage: Passage, part: Term) -> Term | None:
    """Return the only total of the passage before, or the one of some that is named."""
    levels = _levels_before(passage, part)
    named = [t for t in levels if len(t.label) >= _NAMED and t.label[:_NAMED] in part.gap]
    return named[-1] if named else levels[0] if len(levels) == 1 else None


def _levels_before(passage: Passage, part: Term) -> list[Term]:
    before = passage.before.terms if passage.before else []
    return [t for t in before if t.level and t.found.role != "from" and alike(t.found, part.found)]


_NAMED = 4
"""Characters that the name of a total and the words for it have in common."""


def _parts(passage: Passage, whole: Term, first: Term) -> list[Term]:
    """Return the parts of ``whole`` that are listed from ``first`` on."""
    parts = [first]
    semicolon = ";" in first.gap
    for term in passage.terms[first.i + 1 :]:
        if term.bracket != first.bracket:
            if term.bracket > first.bracket:
                continue
            break
        gap = term.gap
        if _of_part(term, parts):
            break
        if "。" in gap or "其中" in gap or _NEW_TOTAL.search(term.pre):
            break
        if words("planned").search(term.pre) or _BESIDES.search(gap):
            break
        if ";" in gap:
            if not semicolon and len(parts) >= 2:
                break
            semicolon = True
        if ":" in gap:
            break
        if not term.level or not alike(term.found, whole.found):
            continue
        if words("average").search(term.pre) and not words("average").search(whole.pre):
            continue
        parts.append(term)
        following = passage.terms[term.i + 1] if term.i + 1 < len(passage.terms) else None
        left = following and words("closing-stock").search(following.label)
        if words("rest").match(term.label) and not left:
            break
    return parts


def _of_part(term: Term, parts: Sequence[Term]) -> bool:
    """Say whether a number is of a part in front: 民事案件312件,民事案件中讨薪案件234件."""
    inside = _INSIDE.match(term.pre)
    return bool(inside and any(inside["of"] in part.said for part in parts))


_INSIDE = re.compile(r"(?P<of>[^,;:。]{2,12}?)(?:之?中|里)(?!心|学|小|共|央|医|国|华)")


def _second(passage: Passage, whole: Term, parts: Sequence[Term]) -> list[Term]:
    """Return the parts of a second list of a total: 其中一审20件,二审8件;胜诉22件,败诉6件."""
    i = parts[-1].i + 1
    if i >= len(passage.terms):
        return []
    first = passage.terms[i]
    if first.mark != ";" or not first.level or not alike(first.found, whole.found):
        return []
    rest = _run_of_kind(_parts(passage, whole, first), whole)
    return rest if len(rest) >= 2 else []


def _run_of_kind(parts: list[Term], whole: Term) -> list[Term]:
    """Return the longest run from the first of ``parts`` on whose names part a total."""
    for n in range(len(parts), 1, -1):
        names = [part.label for part in parts[:n]]
        if kind_of_parts(names, False) in ("complete", "near") and not _one_of(whole, names):
            return parts[:n]
    return []


def _one_of(whole: Term, names: Sequence[str]) -> bool:
    """Say whether a number is one of the list behind it, no total: 优秀58份,良好109份,合格27份."""
    if all(map(ORDINAL.search, names)) and _ORDERED.match(whole.label):
        return True
    if words("came-in").search(whole.label):
        return False
    return any(split.sides_of([whole.label, *names]) for split in splits())


_ORDERED = re.compile(rf"(?:{ORDINAL.pattern}|(?:19|20)\d\d年)")


def _judged(own: _List, passage: Passage) -> Iterator[Finding]:
    whole, parts = own.whole, own.parts
    if own.stated and (beside := _in_bracket(whole, parts, passage)):
        yield beside
        return
    if carried().search(whole.label):
        return
    if not own.all:
        parts = [p for p in parts if not carried().search(p.label)]
    if len(parts) == 1 and _of_which(own) and parts[0].found.number > whole.found.number:
        yield from _above(whole, parts[0], passage)
    if len(parts) < 2:
        return
    for way in _ways(whole, parts):
        if found := _sum(own, way, passage):
            yield found


def _of_which(own: _List) -> bool:
    """Say whether 其中 right behind a total opens its parts."""
    return own.stated and bool(_OF.search(own.parts[0].gap))


def _in_bracket(whole: Term, parts: Sequence[Term], passage: Passage) -> Finding | None:
    """Return that 112件(含上年结转13件),其中本年新收99件 is right, ``None`` where it is not."""
    inside = [
        term
        for term in passage.terms[whole.i + 1 : parts[0].i]
        if term.level and term.bracket > whole.bracket and alike(term.found, whole.found)
    ]
    founds = [term.found for term in (*inside, *parts)]
    if not inside or sum((f.number for f in founds), Decimal(0)) != whole.found.number:
        return None
    equation = f"{shown(whole.found.number)} = {terms_of(*founds)}"
    return finding("PASS", "total=parts", equation, [whole.found, *founds])


def _ways(whole: Term, parts: list[Term]) -> list[list[Term]]:
    """Return ``parts`` in two where those in front are all of ``whole`` by themselves.

    其中一审20件,二审8件,胜诉22件,败诉6件 parts the cases in two ways. One list stays one: 维持20件,
    驳回8件,撤销2件 are 30.
    """
    names = [part.label for part in parts]
    if kind_of_parts(names) in ("complete", "near"):
        return [parts]
    wanted = bounds(whole.found)
    for i, sum_ in enumerate(accumulate(part.found.number for part in parts), 1):
        right = 2 <= i < len(parts) and wanted[0] <= sum_ <= wanted[1]
        if right and any(p.found.number for p in parts[i:]):
            return [parts[:i], parts[i:]] if len(parts) > i + 1 else [parts[:i]]
    return [parts]


def _sum(own: _List, parts: list[Term], passage: Passage) -> Finding | None:
    whole = own.whole.found
    founds = [part.found for part in parts]
    total = sum((f.number for f in founds), Decimal(0))
    for other in (whole, *_others(own.whole, parts, passage)):
        if other.number == total:
            equation = f"{shown(other.number)} = {terms_of(*founds)}"
            return finding("PASS", "total=parts", equation, [other, *founds])
    if total > whole.number and (inner := without_nested(founds, whole)):
        equation = f"{shown(whole.number)} = {terms_of(*inner)}"
        return finding("PASS", "total=parts", equation, [whole, *inner])
    place = [whole, *founds]
    rounded = not all(map(exact, place))
    if rounded and not inexact(*place) and overlaps(bounds(whole), sum_of(founds)):
        equation = f"{shown(whole.number)} ≈ {terms_of(*founds)}"
        return finding("PASS", "total=parts", equation, place, "rounded")
    unequal = f"{shown(whole.number)} ≠ {terms_of(*founds)} ({shown(total)})"
    why = doubt(whole, parts, passage)
    if not why and _others(own.whole, parts, passage):
        why = "other-whole"
    sure = _certain(own, parts, total, passage)
    if sure and not why:
        return finding("FAIL", "total=parts", unequal, place, "parts")
    if any(words("several-at-once").search(part.label) for part in parts):
        return None
    if why == "approximate":
        return None
    near = abs(whole.number - total) * 8 <= whole.number
    people = whole.unit in _PEOPLE and why != "overlap"
    if not sure and people and not kind_of_parts([part.label for part in parts]):
        return None
    if own.stated and (sure or near or (total > whole.number and why)):
        return finding("UNCERTAIN", "total=parts", unequal, place, why or "not-all-parts")
    return None


def _certain(own: _List, parts: list[Term], total: Decimal, passage: Passage) -> bool:
    """Say whether the words leave no doubt that the parts are meant to make the whole."""
    whole, names = own.whole.found, [part.label for part in parts]
    kind = kind_of_parts(names)
    if any(_SUCH.search(part.pre) for part in parts):
        return False
    if total > whole.number:
        first = parts[0].found.number == whole.number and len(parts) == 2
        if first and kind != "complete" and not are_outcomes(names):  # 一审20件,二审8件 of 20
            return False
        if kind == "exclusive" and whole.unit in _PEOPLE and of_several_sorts(names):
            return False
        return bool(kind) or (own.all and _closed(parts, passage)) or _enumerated(own, parts, total)
    if not _closed(parts, passage):
        return False
    if kind == "complete":
        return own.stated or not any("受理" in name for name in names)
    missing = whole.number - total
    if kind == "near":
        few = total < _FEW and whole.number < 3 * _FEW
        if all(map(_YEAR.match, names)) and f"{len(names)}年" not in passage.t:
            return False
        main = len(parts) > 2 or any(map(words("main-outcome").search, names))
        return missing * 10 <= whole.number or (main and (few or missing * 4 <= whole.number))
    return own.all and missing * 4 <= whole.number


_YEAR = re.compile(r"(?:19|20)\d\d年")


def _enumerated(own: _List, parts: Sequence[Term], total: Decimal) -> bool:
    """Say whether parts that make a little more than their whole are one list of things apart."""
    people = own.whole.found.unit in _PEOPLE
    little = total <= own.whole.found.number * Decimal("1.2")
    listed = all(part.mark == "、" for part in parts[1:])
    several = any(words("several-at-once").search(part.label) for part in parts)
    if people:
        little = total <= own.whole.found.number * _SLIP
    return own.stated and len(parts) > 2 and listed and little and not several


_PEOPLE = frozenset({"人", "名", "位", "户", "人次", "户次"})
"""Units of what belongs to several groups at once: party members, women."""
_SLIP = Decimal("1.05")
"""Groups of people that make more than this times the whole overlap; less is a slip."""
_SUCH = re.compile("等$")
_FEW = 20
"""Cases of which every outcome is named."""


def _closed(parts: Sequence[Term], passage: Passage) -> bool:
    """Say whether a list ends with its last part: what follows is no further part."""
    i = parts[-1].i + 1
    if i >= len(passage.terms):
        return True
    following = passage.terms[i]
    if following.bracket != parts[-1].bracket or not following.level:
        return True
    if not alike(following.found, parts[-1].found):
        return True
    return ";" in following.gap or "。" in following.gap or bool(_NEW_TOTAL.search(following.pre))


def _others(whole: Term, parts: Sequence[Term], passage: Passage) -> list[Found]:
    """Return earlier numbers of the sentence that ``parts`` may be of, when ``whole`` is too small.

    Of 审结12件,在审3件,其中胜诉10件 the 10 are not of the 3.
    """
    largest = max(part.found.number for part in parts)
    if largest <= whole.found.number or whole not in passage.terms:
        return []
    return [
        term.found
        for term in passage.terms[: whole.i]
        if term.level
        and term.found.role != "from"
        and alike(term.found, whole.found)
        and term.found.number >= largest
        and ";" not in passage.t[term.end : whole.start]
    ]


def _above(whole: Term, part: Term, passage: Passage) -> Iterator[Finding]:
    a, b = whole.found, part.found
    if whole not in passage.terms:  # in the sentence before
        return
    if any("每" in x.pre or "指数" in x.pre for x in (whole, part)) or inexact(a, b):
        return
    equation = f"{shown(b.number)} > {shown(a.number)}"
    why = doubt(a, [part], passage)
    if not why and _others(whole, [part], passage):
        why = "other-whole"
    means = any(
        words("average").search(f"{x.label}{x.found.name}{x.found.period}") for x in (whole, part)
    )
    if a.year != b.year or means:
        why = "average"
    elif not why and physical_unit().match(a.unit) and a.kind == "quantity":
        why = "other-whole"
    if why:
        yield finding("UNCERTAIN", "over100", equation, [a, b], why)
    else:
        yield finding("FAIL", "over100", equation, [a, b], "above-whole")


# -- lists with the total behind -------------------------------------------------------------------


@cache
def _total() -> re.Pattern[str]:
    return re.compile(
        rf"{CHECKS.pattern('summed-up')}?{CHECKS.pattern('summed')}(?P<did>[^,;:。、\d]{{0,8}})$"
    )


_LISTED = tuple("、,;和及与以")
"""What parts the numbers of a list."""
_MOST_PARTS = 40


def _totals_behind(passage: Passage) -> Iterator[tuple[Term, list[Term], str]]:
    """Yield every 共N of a passage with the numbers in front that it may be the sum of."""
    for term in passage.terms:
        if term.i < 2 or not term.level or len(term.gap) > _LONGEST_GAP:
            continue
        last = passage.terms[term.i - 1]
        match = _total().search(term.pre)
        if not match or (match.start() and (term.pre != term.gap or match.start() > _LONGEST_NOUN)):
            continue
        counted = last.level and not last.pre and not alike(last.found, term.found)
        end = term.i - 1 if counted else term.i
        run: list[Term] = []
        for part in reversed(passage.terms[max(0, end - _MOST_PARTS) : end]):
            if part.bracket > term.bracket or part.found.kind in ("percent", "change", "ratio"):
                continue
            if part.bracket != term.bracket or not part.level:
                break
            if not alike(part.found, term.found):
                if run and not term.pre.startswith("共计"):
                    break
                continue
            run.insert(0, part)
            if "其中" in part.gap or "。" in part.gap or ":" in part.gap:
                break
            if part.mark not in _LISTED and part.gap:
                break
        if len(run) >= 2 and (not counted or last.found.number == len(run)):
            yield (
                term,
                run,
                "" if counted or all(ORDINAL.search(t.pre) for t in run) else match["did"],
            )


_LONGEST_NOUN = 10
"""Characters between the last number of a list and 共."""


def _by_time(run: Sequence[Term]) -> bool:
    """Say whether a list is of times or ordinals: 一季度110件,二季度95件."""
    return all(ORDINAL.search(term.pre) for term in run)


_SUMMED = re.compile("[共合总]计")
_LONGEST_GAP = 24
"""Characters between a list and the total of it."""


def _sum_behind(passage: Passage, total: Term, run: list[Term], did: str) -> Finding | None:
    whole = total.found
    for n in range(len(run), 1, -1):
        founds = [part.found for part in run[-n:]]
        same = sum((f.number for f in founds), Decimal(0)) == whole.number
        if same or (overlaps(sum_of(founds), bounds(whole)) and not inexact(whole, *founds)):
            equation = f"{shown(whole.number)} {'=' if same else '≈'} {terms_of(*founds)}"
            place = [whole, *founds]
            return finding("PASS", "total=parts", equation, place, "" if same else "rounded")
    founds = [part.found for part in run]
    added = sum((f.number for f in founds), Decimal(0))
    unequal = f"{shown(whole.number)} ≠ {terms_of(*founds)} ({shown(added)})"
    place = [whole, *founds]
    larger = whole.number > max(f.number for f in founds)
    handled = bool(words("handled").fullmatch(did)) or any(did in x.said for x in run)
    handled = handled or (larger and bool(_SUMMED.search(total.pre)))
    if words("stock").search(did) or ("累计" in total.pre and not _by_time(run)):
        return None
    if (did and not handled) or "等" in total.gap:
        return None
    if abs(whole.number - added) * 2 > max(whole.number, added) or whole.number < founds[0].number:
        return None
    if inexact(*place):
        return None
    if why := doubt(whole, run, passage):
        return finding("UNCERTAIN", "total=parts", unequal, place, why)
    return finding("FAIL", "total=parts", unequal, place, "parts")
