"""What all checks share: findings, bounds of rounded numbers, passages, kinds of parts.

Which kinds of parts leave nothing of a whole over is in ``seeds/vocabulary/partitions.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import SeedError
from ..figures.mentions import Found
from ..figures.quantities import physical_unit
from ..figures.relations import LEVELS
from ..records import CheckKind, Finding, Sentence, Status
from ..seeds import read_toml
from ..vocabulary import WordLists, any_of, parse_word, shipped_words

CHECKS = WordLists(
    "checks",
    "all carried overlap case-outcome summed summed-up handled average own-level departments towns"
    " bounded bounded-name bounded-loosely unbounded rate in-time several-years goal scope ahead"
    " duty duty-of duty-leader law-based rest came-in settled opening-stock inflow outflow"
    " closing-stock earlier now real-growth other-basis planned per-year whole-words table-in"
    " table-carried-in table-outcome table-total table-carried-out reported due actual left"
    " done not-done several-at-once change-words below-nothing ranking summing-stock surplus"
    " income stock main-outcome set-up price-index newly-in",
)
"""The words of all checks."""

REASONS = {
    "parts": "the parts do not make the total",
    "levels": "the levels do not make the total",
    "above-whole": "a part is above its whole",
    "above-received": "more was settled than came in",
    "share": "the share is another",
    "share-above-whole": "a share above the whole",
    "shares-above-whole": "the shares of one whole do not make 100%",
    "rate-above-all": "a rate that cannot be above 100%",
    "change": "the change is another",
    "times": "so many times as much is not growth by so many times",
    "direction": "the number went the other way",
    "below-nothing": "a fall by more than there was",
    "balance": "opening balance, additions and removals do not make the closing balance",
    "product": "the number of units times the number of each is another",
    "quotient": "the ratio of the two numbers is another",
    "days": "the dates are so many days apart",
    "years": "the years are so many years apart",
    "place": "a place behind the last",
    "titles": "the list has another number of titles",
    "part-of-year": "a part of the year has more than the year",
    "twice": "the same indicator of the same year has two values",
    "other-year": "the report names two years as its own",
    "later-year": "later than the report's year",
    "rounded": "rounded",
    "only-rounded": "it holds only if the numbers are rounded",
    "truncated": "it may be truncated instead of rounded",
    "approximate": "approximate numbers",
    "open-list": "the list goes on",
    "carried": "cases were carried over",
    "overlap": "the parts overlap",
    "other-whole": "they may be parts of another number",
    "not-all-parts": "the parts may not be all, or overlap",
    "not-all-items": "the items may not be all of it",
    "not-all-levels": "the levels may not be all of it",
    "average": "an average, or another year",
    "no-whole": "a whole of nothing",
    "other-base": "the rate may be of another number",
    "other-basis": "the change may be at other prices, or of another year",
    "twice-unsure": "the two values may be of different scope or time",
    "rate-unsure": "a rate of more than its whole, which may exceed it",
}
"""Every reason that a finding can have: its key, and its text, which ``Finding.reason`` is."""


@cache
def words(*groups: str) -> re.Pattern[str]:
    """Return the compiled pattern of any word of some groups of :data:`CHECKS`.

    Example:
        >>> words("average").findall("户均收入")
        ['均']
    """
    return re.compile(CHECKS.pattern(*groups))


@cache
def carried() -> re.Pattern[str]:
    """Return the pattern of cases of an earlier year.

    They were not among those that came in but are among the settled.
    """
    return re.compile(
        rf"{CHECKS.pattern('carried')}|(?:上|去|前|往|历)(?:一)?年度?(?:末|底)?"
        "(?:未|存|在办|留|转|案件|受理|收)"
    )


def finding(
    status: Status, kind: CheckKind, equation: str, place: Sequence[Found], reason: str = ""
) -> Finding:
    """Return the finding on the numbers ``place``, the first of which names the sentence.

    Args:
        status: what came out.
        kind: which check it is.
        equation: what was computed.
        place: the numbers.
        reason: a key of :data:`REASONS`, or ``""``.
    """
    first = place[0]
    beside = [f for f in place if f.line is first.line]
    start = first.line.span(min(f.start for f in beside), first.end)[0]
    last = max(beside, key=lambda f: f.end)
    return Finding(
        status=status,
        kind=kind,
        equation=equation,
        start=start,
        end=last.line.span(last.start, last.end)[1],
        n=first.line.n,
        sentence=first.line.text,
        reason=REASONS[reason] if reason else "",
    )


def finding_at(
    status: Status,
    kind: CheckKind,
    equation: str,
    sentence: Sentence,
    start: int,
    end: int,
    reason: str = "",
) -> Finding:
    """Return the finding on ``text[start:end]`` of the report, which begins in ``sentence``."""
    return Finding(
        status, kind, equation, start, end, sentence.n, sentence.text, REASONS.get(reason, "")
    )


def shown(number: Decimal) -> str:
    """Return ``number`` without needless zeros, and 万 or 亿 where it is round."""
    for size, mark in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万")):
        if abs(number) >= size and number % (size // 10**4) == 0:
            return (
                f"{number / size:f}".rstrip("0").rstrip(".") + mark
                if "." in f"{number / size:f}"
                else f"{number / size:f}{mark}"
            )
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


# -- exact arithmetic of rounded numbers -----------------------------------------------------------

Bounds = tuple[Decimal, Decimal]
"""The least and the greatest value that a rounded number can stand for."""


def exact(found: Found) -> bool:
    """Say whether a number is a count to the last one, which cannot have been rounded."""
    counted = found.unit in _COUNTED_SPANS or not physical_unit().match(found.unit)
    return found.step == 1 and found.kind == "quantity" and counted


_COUNTED_SPANS = frozenset({"个工作日", "工作日", "个月", "天", "日", "课时", "学时", "标箱"})
"""Units of measure in which nobody writes fractions."""


def bounds(found: Found) -> Bounds:
    """Return between which values a number can lie: half of its last digit to either side.

    Example:
        3.2万人 lies between 31,500 and 32,500; 32件 is 32 and nothing else.
    """
    half = Decimal(0) if exact(found) else found.step / 2
    return found.number - half, found.number + half


def overlaps(a: Bounds, b: Bounds) -> bool:
    """Say whether two numbers can be the same."""
    return a[0] <= b[1] and b[0] <= a[1]


def holds(stated: Found, value: Decimal) -> bool:
    """Say whether ``value`` is the stated number when it is rounded; a tie may go either way."""
    half = stated.step / 2
    return stated.number - half <= value <= stated.number + half


def sum_of(terms: Sequence[Found]) -> Bounds:
    """Return the bounds of the sum of ``terms``."""
    pairs = [bounds(term) for term in terms]
    return sum((low for low, _ in pairs), Decimal(0)), sum((high for _, high in pairs), Decimal(0))


def quotient(part: Bounds, whole: Bounds, size: int = 100) -> Bounds:
    """Return the bounds of ``part / whole * size``; ``whole`` is above zero."""
    return part[0] / whole[1] * size, part[1] / whole[0] * size


# -- passages --------------------------------------------------------------------------------------

_EDGES = ",;:。、()!?"
_LEAD = re.compile(
    r"(?:其中|主要|分别|依法|目前|累计|全部|合计|包括|和(?!解)|[及与并还另均是为]|已(?!有)|共(?!同)"
    r"|现(?![有行场])|有(?![效关]))+"
)
_BRACKETS = re.compile(r"\([^()]{0,40}\)")
_MOST_LINES = 24
_MOST_NUMBERS = 80


@dataclass(slots=True, eq=False)
class Term:
    """A number of a passage, with the words around it; offsets are in the passage's text.

    Attributes:
        found: the number.
        start: where it begins.
        end: behind it.
        i: how many numbers of the passage are in front of it.
        gap: the text between the number in front and it.
        pre: the words in front of it, of its own clause.
        post: the words behind it, up to a mark or the next number.
        mark: what stands between the words of the number in front and its own: a comma, a colon.
        bracket: where the innermost bracket that it stands in opens, -1 outside of any.
    """

    found: Found
    start: int
    end: int
    i: int
    gap: str
    pre: str
    post: str
    mark: str
    bracket: int

    @property
    def label(self) -> str:
        """The words that say what it counts: those in front, or else those behind."""
        lead = _LEAD.match(self.pre)
        own = self.pre[lead.end() :] if lead else self.pre
        return own or self.post.removeprefix("的")

    @property
    def said(self) -> str:
        """The words in front of it and behind it."""
        return f"{self.pre} {self.post}"

    @property
    def level(self) -> bool:
        """Whether it is one amount, no change, share or range."""
        f = self.found
        return f.kind in LEVELS and len(f.numbers) == 1 and f.role != "change"


@dataclass(slots=True, eq=False)
class Passage:
    """Sentences that belong together: those up to one that does not end with a semicolon.

    Attributes:
        t: their text, folded, without white space, numerals in digits.
        terms: their numbers but the dates.
        before: the passage right in front, if it has numbers.
    """

    t: str
    terms: list[Term]
    before: Passage | None = field(default=None, repr=False)
    first: int = 0
    last: int = 0


def passages(founds: Sequence[Found]) -> Iterator[Passage]:
    """Yield the passages of a report from its numbers, dates left out."""
    previous: Passage | None = None
    run: list[Found] = []
    lines = 0
    for found in founds:
        if run and found.line is not run[-1].line:
            line = run[-1].line
            joined = line.t.endswith((";", ":")) and found.line.n == line.n + 1
            if not joined or lines >= _MOST_LINES or len(run) >= _MOST_NUMBERS:
                previous = _passage(run, previous)
                yield previous
                run, lines = [], 0
            lines += 1
        run.append(found)
    if run:
        yield _passage(run, previous)


def _passage(founds: Sequence[Found], previous: Passage | None) -> Passage:
    t, offsets = "", dict[int, int]()
    for found in founds:
        if id(found.line) not in offsets:
            offsets[id(found.line)] = len(t)
            own = found.line.t
            t += f"{own[:-1]}。" if own.endswith(".") else own
    spans = [(offsets[id(f.line)] + f.start, offsets[id(f.line)] + f.end) for f in founds]
    openings = _openings(t, [start for start, _ in spans])
    terms: list[Term] = []
    done = 0
    for i, (found, (start, end)) in enumerate(zip(founds, spans, strict=True)):
        following = spans[i + 1][0] if i + 1 < len(spans) else len(t)
        gap, behind = t[done:start], t[end:following]
        own = _BRACKETS.sub("", gap) if "(" in gap else gap
        pre = own[max(map(own.rfind, _EDGES)) + 1 :]
        stops = [k for k in map(behind.find, _EDGES) if k >= 0]
        post = behind[: min(stops, default=len(behind))]
        mark = gap[len(terms[-1].post) :][:1] if terms else ""
        terms.append(Term(found, start, end, i, gap, pre, post, mark, openings[i]))
        done = end
    first, last = founds[0].line.n, founds[-1].line.n
    near = previous if previous and previous.last == first - 1 else None
    return Passage(t, terms, near, first, last)


def _openings(t: str, starts: Sequence[int]) -> list[int]:
    """Return for each of ``starts`` where the bracket opens that it stands in, or -1."""
    found: list[int] = []
    stack: list[int] = []
    done = 0
    for start in starts:
        for i in range(done, start):
            if t[i] == "(":
                stack.append(i)
            elif t[i] == ")" and stack:
                stack.pop()
        done = start
        found.append(stack[-1] if stack else -1)
    return found


_ALIKE = ({"场", "场次"}, {"件", "起", "宗", "例", "案"}, {"个", "家", "所"}, {"人", "名", "位"})


def alike(a: Found, b: Found) -> bool:
    """Say whether two numbers have units that can be added: 人 and 名."""
    return a.unit == b.unit or any(a.unit in units and b.unit in units for units in _ALIKE)


def inexact(*founds: Found) -> bool:
    """Say whether any of ``founds`` is said to be approximate."""
    return any(found.qualifier for found in founds)


def terms_of(*founds: Found) -> str:
    """Return the numbers with plus signs between them."""
    return " + ".join(shown(found.number) for found in founds)


# -- kinds of parts --------------------------------------------------------------------------------


LeftOut = Literal["never", "seldom", "often"]


@dataclass(frozen=True, slots=True)
class Split:
    """What parts a whole.

    Attributes:
        sides: a pattern for the names of each side.
        left_out: whether a list leaves out some of the whole that is on none of the sides.
    """

    sides: tuple[re.Pattern[str], ...]
    left_out: LeftOut = "never"

    def sides_of(self, names: Sequence[str]) -> set[int]:
        """Return the sides that ``names`` are on, empty when one of them is on none."""
        own = [
            next((i for i, side in enumerate(self.sides) if side.search(name)), -1)
            for name in names
        ]
        return set() if -1 in own else set(own)


@cache
def splits() -> list[Split]:
    """Return the splits that ship."""
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
    if unknown := sorted(set(entry) - {"sides", "left_out"}):
        raise ValueError(f"unknown key {unknown[0]}; the keys are sides and left_out")
    sides = entry.get("sides")
    if not isinstance(sides, list) or len(sides) < 2:
        raise ValueError("sides must be two lists of words or more")
    left_out: LeftOut = entry.get("left_out", "never")
    if left_out not in get_args(LeftOut):
        raise ValueError("left_out must be never, seldom or often")
    taken: set[str] = set()
    for side in sides:
        if not isinstance(side, list) or not side or not all(isinstance(w, str) for w in side):
            raise ValueError("a side must be a list of words")
        for word in (parse_word(text).text for text in side):
            if word in taken:
                raise ValueError(f"{word} stands twice; delete one of them")
            taken.add(word)
    return Split(tuple(re.compile(any_of(map(parse_word, side))) for side in sides), left_out)


ORDINAL = re.compile(
    r"第[\d一二三四五六七八九十]{1,3}[期批次轮场届个]|[首末]批|[上下]半年|[\d一二三四]季度|\d{1,2}月份?"
    r"|\d{1,3}岁|(?:19|20)\d\d年度?$"
)


def kind_of_parts(names: Sequence[str], opened: bool = True) -> str:
    """Return how parts of these ``names`` share a whole.

    ``complete`` parts leave nothing over, ``near`` parts most often do not, ``exclusive`` parts
    only cannot overlap; ``""`` stands for others.

    Args:
        names: what the parts are called.
        opened: whether words or marks say that they are parts.
    """
    if len(set(names)) < len(names):
        return ""
    found = {split.left_out for split in splits() if _parts(split, names)}
    if "never" in found:
        return "complete"
    done = words("done").search(names[0])
    if (words("rest").match(names[-1]) and (opened or done)) or (
        words("left").match(names[-1]) and done
    ):
        return "complete"
    if "seldom" in found or all(map(ORDINAL.search, names)) or are_outcomes(names):
        return "near"
    return "exclusive" if "often" in found or _same_head(names) else ""


def _parts(split: Split, names: Sequence[str]) -> bool:
    """Say whether ``names`` are on the sides of a split: on all of it, or on two of an open one."""
    own = split.sides_of(names)
    return len(own) == len(split.sides) if split.left_out == "never" else len(own) > 1


def are_outcomes(names: Sequence[str]) -> bool:
    """Say whether all ``names`` are outcomes of a case, most often given in full."""
    return all(words("case-outcome").search(name) for name in names)


def _same_head(names: Sequence[str]) -> bool:
    """Say whether all ``names`` end with the same noun: 专职律师, 公职律师."""
    tails = {name[-2:] for name in names}
    return len(tails) == 1 and all(len(name) > 3 for name in names)


_QUALITIES = re.compile(
    "党员|持证|注册|骨干|专职|外聘|新进|学历|职称|学位|女|民族|青年|残疾|退役|留学|岁"
)


def of_several_sorts(names: Sequence[str]) -> bool:
    """Say whether people are counted by qualities of several sorts, of which one has some."""
    return len({m[0] for name in names for m in _QUALITIES.finditer(name)}) > 1


def without_nested(founds: Sequence[Found], whole: Found) -> list[Found]:
    """Return the parts without those that make one of them, ``[]`` where these are not all.

    Of 3167所,其中普通2919所,含本科1365所、高职1554所,成人248所 it is 2919 and 248.
    """
    for i, outer in enumerate(founds[:_MOST_NESTED]):
        added = Decimal(0)
        for j, inner in enumerate(founds[i + 1 : i + 1 + _MOST_NESTED], i + 2):
            added += inner.number
            if added == outer.number and j > i + 2:
                rest = [*founds[: i + 1], *founds[j:]]
                if sum((f.number for f in rest), Decimal(0)) == whole.number:
                    return rest
    return []


_MOST_NESTED = 12
