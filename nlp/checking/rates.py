"""Check shares and rates against the numbers that they are of, and against 100 per cent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ..figures.mentions import Found
from ..records import Finding, Status
from .finding import (
    CHECKS,
    Bounds,
    Passage,
    Term,
    alike,
    bounds,
    carried,
    finding,
    inexact,
    kind_of_parts,
    overlaps,
    quotient,
    shown,
    sum_of,
    words,
)

_NEAR = 10
"""Numbers in front of a percentage among which its part and whole are looked for."""

_SHARE_OF = re.compile(
    r"占(?!比(?!重|例))(?P<of>[^占]{0,24}?)(?:的)?(?:比[重例]|份额|比)?"
    r"(?:分别|达到?了?|为|是|约|高达|超过?|已|了|接近|近)*$"
)
_SHARE_WORD = re.compile(r"占比|比重|比例|占")
_RATE = re.compile(r"(?P<what>[^,;:。、]{2,12}?)率(?:分别)?[^率]{0,6}$")
_NEGATED = re.compile(r"[未不无没]")
_OR_BETTER = re.compile(r"(?P<grade>[^,;:。、占]{1,4})(?:及|或)?以上")


@cache
def _of_all() -> re.Pattern[str]:
    """Return the pattern of words for the whole that a sentence has stated: 占总数的."""
    return re.compile(rf"(?:{CHECKS.pattern('whole-words')})?的?")


@cache
def _rate_of() -> re.Pattern[str]:
    return re.compile(CHECKS.pattern("rate"))


@dataclass(slots=True)
class _Claim:
    """A percentage and the pairs of numbers that it may be the quotient of.

    Attributes:
        parts: what it can be the share of, the nearest first.
        wholes: for each the numbers that can be its whole, the likeliest first.
        sure: whether words say that it is the share of one of these.
    """

    percent: Term
    pairs: list[tuple[list[Term], list[Term]]]
    sure: bool


def check_ratios(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield a finding for every percentage whose part and whole are stated near by."""
    for passage in found:
        for term in passage.terms:
            f = term.found
            share = (f.kind == "percent" and f.unit == "%") or (f.kind == "ratio" and f.number <= 1)
            if not share or len(f.numbers) != 1 or (f.kind == "ratio" and f.unit):
                continue
            claim = _claim(passage, term)
            if claim and (checked := _checked(passage, claim)):
                yield checked


def _claim(passage: Passage, percent: Term) -> _Claim | None:
    earlier = [t for t in passage.terms[max(0, percent.i - _NEAR) : percent.i] if t.level]
    if not earlier:
        return None
    before = passage.terms[percent.i - 1]
    if _OF_IT.fullmatch(percent.gap) and before.level and "占" in before.pre:
        # 占48件的93.8%
        part = next((t for t in reversed(earlier[:-1]) if alike(t.found, before.found)), None)
        return _Claim(percent, [([part], [before])], True) if part else None
    share = _SHARE_OF.search(percent.pre)
    if share or _SHARE_WORD.match(percent.pre):
        return _share(passage, percent, earlier, share["of"] if share else "")
    rate = _RATE.search(percent.pre)
    return _rate(passage, percent, earlier, rate["what"]) if rate else None


_OF_IT = re.compile(r"[^,;:。、]{0,10}的")


def _share(passage: Passage, percent: Term, earlier: list[Term], of: str) -> _Claim | None:
    if better := _OR_BETTER.search(percent.pre):
        return _or_better(percent, earlier, better["grade"])
    subject = percent.pre.partition("占")[0].removeprefix("其中").strip("约所均共为") == ""
    part = earlier[-1]
    if subject and percent.mark in (",", "、", "(", "占", ""):
        pairs = [t for t in earlier if any(alike(o.found, t.found) and o.i < t.i for o in earlier)]
        if pairs and not alike(part.found, pairs[-1].found) and part.found.number < _ASIDE:
            part = pairs[-1]
    between = [
        t
        for t in passage.terms[part.i + 1 : percent.i]
        if t.found.role != "change" and not (t.level and t.found.number < _ASIDE)
    ]
    if between or "。" in percent.gap or part.bracket > percent.bracket:
        return None
    named = [t for t in earlier[:-1] if of and _says(t, of) and alike(t.found, part.found)]
    if of and not named and not _of_all().fullmatch(of):
        return None
    wholes = named or _wholes(passage, part, earlier)
    return _Claim(percent, [([part], wholes)], bool(wholes) and subject)


_ASIDE = 4
"""Numbers below this may stand between a number and its share: 24个单位出庭1次,占三分之二."""


def _says(term: Term, of: str) -> bool:
    """Say whether the words of a number name what ``of`` names: 受理案件 in 占受理案件总数."""
    name = re.sub(r"总[数量额]|的|全[省市县区年部]|本年", "", of)
    return len(name) >= _NAMED and (name in term.said or name in term.found.name)


_NAMED = 3
"""Characters of a name that two numbers have for one thing."""


def _or_better(percent: Term, earlier: list[Term], grade: str) -> _Claim | None:
    """Return the claim of 合格以上占97%, of a list from the best grade down."""
    run = _run(earlier)
    for n, term in enumerate(run, 1):
        if term.label.endswith(grade) and not _NEGATED.search(term.label[: -len(grade)]):
            return _Claim(percent, [(run[:n], run)], n < len(run))
    return None


def _run(earlier: Sequence[Term]) -> list[Term]:
    """Return the numbers of the list that ends with the last of ``earlier``."""
    run = [earlier[-1]]
    for term in reversed(earlier[:-1]):
        if not alike(term.found, run[0].found) or term.i != run[0].i - 1:
            break
        if run[0].mark not in (",", "、", ";", "和"):
            break
        run.insert(0, term)
    return run


def _wholes(passage: Passage, part: Term, earlier: Sequence[Term]) -> list[Term]:
    """Return the numbers that ``part`` may be of, the likeliest first."""
    size = bounds(part.found)[0]
    fitting = [
        t
        for t in earlier
        if t.start < part.start
        and t is not part
        and alike(t.found, part.found)
        and t.found.role != "from"
        and t.found.number >= size
        and not _has_share(passage, t)
        and ";" not in passage.t[t.end : part.start]
    ]
    fitting.reverse()
    own = part.found.whole
    fitting.sort(key=lambda t: t.found is not own)
    if not fitting and passage.before:
        levels = [t for t in passage.before.terms if t.level and alike(t.found, part.found)]
        fitting = [
            t for t in levels[-1:] if t.found.number >= size and not _has_share(passage.before, t)
        ]
    return fitting


def _has_share(passage: Passage, term: Term) -> bool:
    """Say whether the share of a number is told right behind it, so that it is a part itself."""
    for following in passage.terms[term.i + 1 : term.i + 3]:
        if following.level:
            return False
        if following.pre.startswith("占"):
            return True
    return False


def _rate(passage: Passage, percent: Term, earlier: list[Term], what: str) -> _Claim | None:
    verbs = _rate_of().findall(what)
    pairs: list[tuple[list[Term], list[Term]]] = []
    for part in reversed(earlier):
        said = f"{part.said} {part.found.name}"
        near = len(what) <= _SHORT and percent.gap.count(",") <= 1
        said_so = bool(verbs) and verbs[-1] in said
        if not said_so and not (near and part.i >= percent.i - 2 and _alike_in_words(what, said)):
            continue
        if bool(_NEGATED.search(part.label)) != bool(_NEGATED.search(what)):
            continue
        wholes = _wholes(passage, part, earlier)
        if not wholes:  # 破获1240起,立案1560起,破案率
            wholes = [
                t
                for t in earlier
                if t.i == part.i + 1
                and alike(t.found, part.found)
                and words("came-in").search(t.label)
            ]
        if not said_so:
            wholes = [t for t in wholes if abs(t.i - part.i) == 1 and part.mark in (",", "", "(")]
        if wholes:
            pairs.append(([part], wholes))
        elif said_so and len(run := _run(earlier)) > 1 and part in run:
            pairs.append(([part], run))
    last = earlier[-1]
    if not pairs and what.endswith("覆盖") and words("set-up").search(last.pre):
        wholes = _wholes(passage, last, earlier)
        if wholes and wholes[0].i == last.i - 1 and last.i == percent.i - 1:
            return _Claim(percent, [([last], wholes[:1])], True)
    if not pairs:
        return None
    timely = words("in-time").search(what) is not None
    same = not timely or words("in-time").search(pairs[0][0][0].said) is not None
    parts, wholes = pairs[0]
    if verbs and verbs[-1] == "完成":  # 完成率 is of a plan
        same = same and bool(words("planned").search(wholes[0].said))
    return _Claim(percent, pairs, same and parts[0] not in wholes)


_GENERAL = frozenset("理成完行政人全公事工业盖覆")
"""Characters that say little of what was done."""


_SHORT = 6
"""Characters of a rate's name that is of the number right in front."""


def _alike_in_words(what: str, said: str) -> bool:
    """Say whether the last words of a rate and of a number have a character in common: 持证率."""
    return any(char in said for char in what[-2:] if char not in _GENERAL)


def _checked(passage: Passage, claim: _Claim) -> Finding | None:
    percent = claim.percent
    number, stated, step = _stated(percent.found)
    written = f"{shown(number)}%"
    tried: list[tuple[list[Term], list[Term]]] = []
    for parts, wholes in claim.pairs:
        listed = parts[0] in wholes
        tried += [(parts, wholes)] if listed else [(parts, [whole]) for whole in wholes]
    for parts, wholes in tried:
        if (true := _quotient(parts, wholes)) and overlaps(true, stated):
            left = f"{_terms(parts)} / {_terms(wholes)}"
            near = stated[0] <= _exactly(parts, wholes) <= stated[1]
            equation = f"{left} {'=' if near else '≈'} {written}"
            place = [w.found for w in wholes] + [p.found for p in parts if p not in wholes]
            why = "" if near else "rounded"
            return finding("PASS", "ratio", equation, [*place, percent.found], why)
    if not tried:
        return None
    parts, wholes = tried[0]
    place = [w.found for w in wholes] + [p.found for p in parts if p not in wholes]
    place.append(percent.found)
    true = _quotient(parts, wholes)
    left = f"{_terms(parts)} / {_terms(wholes)}"
    if true is None:
        return finding("UNCERTAIN", "ratio", f"{left}", place, "no-whole") if claim.sure else None
    digits = max(-int(step.as_tuple().exponent), 1)
    middle = _exactly(parts, wholes)
    equation = f"{left} = {middle:.{digits}f}% ≠ {written}"
    if not claim.sure or _elsewhere(passage, stated):
        return None
    if percent.found.kind == "ratio" and abs(middle - number) <= _LOOSE:
        return None
    why = ""
    if inexact(*place):
        return None
    if carried().search(passage.t):
        why = "carried"
    elif any(
        t and overlaps(t, (number, number + step)) for t in (_quotient(*pair) for pair in tried)
    ):
        why = "truncated"
    status: Status = "UNCERTAIN" if why else "FAIL"
    return finding(status, "ratio", equation, place, why or "share")


def _terms(terms: Sequence[Term]) -> str:
    text = " + ".join(shown(t.found.number) for t in terms)
    return f"({text})" if len(terms) > 1 else text


def _exactly(parts: Sequence[Term], wholes: Sequence[Term]) -> Decimal:
    whole = sum((w.found.number for w in wholes), Decimal(0))
    return sum((p.found.number for p in parts), Decimal(0)) / whole * 100


def _quotient(parts: Sequence[Term], wholes: Sequence[Term]) -> Bounds | None:
    whole = sum_of([w.found for w in wholes])
    return quotient(sum_of([p.found for p in parts]), whole) if whole[0] > 0 else None


_LOOSE = 5
"""Percentage points by which a fraction in words may be off: 三分之二, 六成."""


def _stated(found: Found) -> tuple[Decimal, Bounds, Decimal]:
    """Return a share in per cent, its bounds, and what one more in its last digit is worth."""
    if found.kind != "ratio":
        return found.number, bounds(found), found.step
    number = round(found.number * 100, 1)
    return number, (number - Decimal("0.5"), number + Decimal("0.5")), Decimal("0.1")


def _elsewhere(passage: Passage, stated: Bounds) -> bool:
    """Say whether any two numbers near by make the percentage, so that it may be theirs."""
    levels = [t for t in passage.terms if t.level]
    if passage.before:
        levels += [t for t in passage.before.terms if t.level]
    sizes = [(t.found, bounds(t.found)) for t in levels[:40]]
    for a, part in sizes:
        for b, whole in sizes:
            if a is b or whole[0] <= 0 or not alike(a, b):
                continue
            share = quotient(part, whole)
            if overlaps(share, stated) or overlaps((100 - share[1], 100 - share[0]), stated):
                return True
    return False


# -- above 100 per cent ----------------------------------------------------------------------------

_WHOLE = re.compile(r"占[^占,;:。]*?(?:全|总|所有)|占比|比重")
"""Wording where the percentage is of a total, so that a value above 100 is an error."""


@cache
def _bounded() -> re.Pattern[str]:
    return re.compile(rf"{CHECKS.pattern('bounded')}率|{CHECKS.pattern('bounded-name')}")


@cache
def _bounded_loosely() -> re.Pattern[str]:
    return re.compile(rf"{CHECKS.pattern('bounded-loosely')}率")


@cache
def _unbounded() -> re.Pattern[str]:
    """Return the pattern of what a share may well be above: a plan, another year."""
    return re.compile(CHECKS.pattern("unbounded"), re.IGNORECASE)


def check_percentages(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield a finding for every share or rate above 100 per cent, and for lists of shares."""
    for passage in found:
        for term in passage.terms:
            f = term.found
            if f.kind == "percent" and f.unit == "%" and len(f.numbers) == 1 and f.number > 100:
                yield from _above(term)
            elif f.unit == "%" and f.direction == "down" and f.numbers[0] > 100:
                yield from _below_nothing(term)
        yield from _shares(passage)
        yield from _complements(passage)


def _above(term: Term) -> Iterator[Finding]:
    f = term.found
    equation = f"{shown(f.number)}% > 100%"
    said = term.pre[-24:]
    share = f.share or "占比" in f.name
    if _unbounded().search(said):
        return
    if share:
        certain = _WHOLE.search(said)
        status: Status = "FAIL" if certain else "UNCERTAIN"
        yield finding(status, "over100", equation, [f], "share-above-whole")
        return
    names = f"{said} {f.name}"
    if _bounded_loosely().search(names):
        yield finding("UNCERTAIN", "over100", equation, [f], "rate-unsure")
    elif _bounded().search(names):
        yield finding("FAIL", "over100", equation, [f], "rate-above-all")


def _below_nothing(change: Term) -> Iterator[Finding]:
    """Yield a finding of a fall by more than all that there was; a profit can become a loss."""
    if not words("below-nothing").search(f"{change.pre}{change.found.name}"):
        equation = f"{shown(change.found.number)}% > 100%"
        yield finding("FAIL", "over100", equation, [change.found], "below-nothing")


# -- shares of one whole ---------------------------------------------------------------------------


def _shares(passage: Passage) -> Iterator[Finding]:
    """Yield what lists of shares of one whole come to."""
    run: list[Term] = []
    for term in passage.terms:
        f = term.found
        if f.kind == "percent" and f.unit == "%" and len(f.numbers) == 1 and f.role != "change":
            opens = "占" in term.pre or "比重" in term.pre
            if run and _EACH_SHARE.search(run[0].pre):
                goes_on = not term.pre.strip("和及与")
            else:
                goes_on = bool(run) and opens and _of(term) == _of(run[0])
            if run and goes_on and not re.search("[。:]", term.gap):
                run.append(term)
                continue
            yield from _sum_of_shares(passage, run)
            run = [term] if opens else []
        elif f.unit != "岁" and not (term.level and run):
            yield from _sum_of_shares(passage, run)
            run = []
    yield from _sum_of_shares(passage, run)


_EACH_SHARE = re.compile("分别占|占[^占]{1,12}(?:比重|比例)分别")


def _sum_of_shares(passage: Passage, run: list[Term]) -> Iterator[Finding]:
    if len(run) < 2:
        return
    founds = [t.found for t in run]
    names = [_shared_by(passage, t) for t in run]
    total = sum((f.number for f in founds), Decimal(0))
    equation = " + ".join(f"{shown(f.number)}%" for f in founds)
    least, most = sum_of(founds)
    if least <= 100 <= most:
        yield finding("PASS", "ratio", f"{equation} {'=' if total == 100 else '≈'} 100%", founds)
        return
    one_each = _EACH_SHARE.search(run[0].pre) is not None
    industries = len(run) == _INDUSTRIES and "产业" in run[0].pre and "分别" in run[0].pre
    kind = "complete" if industries else kind_of_parts(names)
    loose = one_each or len(run) < _INDUSTRIES or any("占比" in t.pre for t in run)
    if kind == "exclusive" and loose:
        kind = ""
    if not kind and len(run) > 2 and total <= _LITTLE:
        several = any(map(words("several-at-once").search, names))
        if not one_each and not several and not inexact(*founds) and total > 100:
            unequal = f"{equation} = {shown(total)}% ≠ 100%"
            yield finding("UNCERTAIN", "ratio", unequal, founds, "overlap")
        return
    if total < 100 and kind != "complete":
        return
    if not kind or inexact(*founds):
        return
    unequal = f"{equation} = {shown(total)}% ≠ 100%"
    overlap = words("overlap").search(passage.t, run[0].start, run[-1].end)
    status: Status = "UNCERTAIN" if overlap else "FAIL"
    yield finding(status, "ratio", unequal, founds, "overlap" if overlap else "shares-above-whole")


_INDUSTRIES = 3
_LITTLE = 130
"""Per cent up to which shares that may overlap are more likely a slip."""


def _of(term: Term) -> str:
    """Return the whole that a share names."""
    match = _SHARE_OF.search(term.pre)
    return match["of"] if match else ""


def _shared_by(passage: Passage, term: Term) -> str:
    """Return the name of what has the share: in front of 占, or of the number in front."""
    last = passage.terms[term.i - 1] if term.i else None
    if last and last.found.unit == "岁":
        return passage.t[last.start : term.start].partition("占")[0]
    name = term.pre.partition("占")[0].removeprefix("其中").rstrip("约所")
    if not name and term.i and passage.terms[term.i - 1].level:
        return passage.terms[term.i - 1].label
    return name or term.found.name.removesuffix("占比")


# -- a rate and its opposite -----------------------------------------------------------------------

_OPPOSITE = re.compile(r"(?P<not>[不未])(?!成年|动产|来|锈)(?P<what>[^,;:。、率]{1,8})率")


def _complements(passage: Passage) -> Iterator[Finding]:
    """Yield what a rate and the rate of its opposite come to: 合格率97.6%,不合格率2.4%."""
    percents = [
        t
        for t in passage.terms
        if t.found.unit == "%" and t.found.kind == "percent" and len(t.found.numbers) == 1
    ]
    for term in percents:
        match = _OPPOSITE.search(term.pre)
        if not match:
            continue
        for other in reversed(percents[: percents.index(term)]):
            own = _RATE.search(other.pre)
            if own and own["what"].endswith(match["what"]) and not _OPPOSITE.search(other.pre):
                yield _hundred(other, term)
                break


def _hundred(one: Term, other: Term) -> Finding:
    founds = [one.found, other.found]
    least, most = sum_of(founds)
    equation = " + ".join(f"{shown(f.number)}%" for f in founds)
    if least <= 100 <= most:
        return finding("PASS", "ratio", f"{equation} = 100%", founds)
    total = shown(one.found.number + other.found.number)
    status: Status = "UNCERTAIN" if inexact(*founds) else "FAIL"
    why = "approximate" if inexact(*founds) else "shares-above-whole"
    return finding(status, "ratio", f"{equation} = {total}% ≠ 100%", founds, why)


# -- the ratio of two incomes ----------------------------------------------------------------------


def check_quotients(found: Sequence[Passage]) -> Iterator[Finding]:
    """Yield what two incomes come to, against the ratio that is stated of them: 城乡收入比为2.4."""
    for passage in found:
        match = _RATIO.search(passage.t) if "比" in passage.t else None
        levels = [t for t in passage.terms if match and t.end <= match.start() and t.level]
        if not match or len(levels) < 2 or "。" in passage.t[levels[-2].end : match.start()]:
            continue
        a, b = (t.found for t in levels[-2:])
        line, at = b.line, match.start("n") - levels[-1].start + b.start
        if not alike(a, b) or a.kind != "money" or at + len(match["n"]) > len(line.t):
            continue
        number = Decimal(match["n"])
        step = Decimal(1).scaleb(-len(match["n"].partition(".")[2]))
        stated = Found(line, at, at, at + len(match["n"]), "ratio", "", (number,), step)
        low, high = sorted((a, b), key=lambda f: f.number)
        if low.number <= 0:
            continue
        true = quotient(bounds(high), bounds(low), 1)
        left = f"{shown(high.number)} / {shown(low.number)}"
        if overlaps(true, bounds(stated)):
            yield finding("PASS", "ratio", f"{left} = {shown(number)}", [a, b, stated])
        elif not inexact(a, b) and abs(true[0] - number) > step and len(levels) == _TWO:
            equation = f"{left} = {shown(round(true[0], 2))} ≠ {shown(number)}"
            yield finding("FAIL", "ratio", equation, [a, b, stated], "quotient")


_TWO = 2
_RATIO = re.compile(
    r"收入(?:之|差距|倍差)?(?:比值?)?(?:例)?(?:由\d(?:\.\d{1,2})?(?::1)?)?"
    r"(?:为|是|达|缩小[到至为]|扩大[到至为]|[降升][到至为])(?P<n>\d(?:\.\d{1,2})?)(?::1)?(?=[,;。)]|$)"
)
