"""Find which sentences of two texts belong together, and which characters of them differ.

Sentences are compared by their words: the characters, numbers and Latin words that are left when
marks, spaces and the number of a list item are taken away, folded to one width and script, numbers
written out in digits. :func:`align` pairs sentences in steps:

1. Equal words. Of several equal sentences those of one group (a region) and one section are
   joined first, then those that stand nearest to where order lets them be expected.
2. Words that are equal when numbers and the texts' own place names are masked.
3. Of the rest, sentences that share pairs of characters are compared, and the likest are joined one
   to one. Order and section decide between candidates that are nearly as like.
4. A sentence that is left beside a pair joins it when it was split off a sentence, or merged into
   one.

Headings are joined with headings; only equal words join a heading with a sentence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from heapq import nlargest
from itertools import pairwise
from math import log
from typing import NamedTuple

from ..nlp.duplicates.similarity import longest_increasing
from ..nlp.vocabulary import WordLists
from .sentence_pairs import bare_words, masked_numbers

MIN_LIKENESS = 0.36
"""Least likeness of two sentences that are one, changed.

Of the pairs that two State Council reports have at .28 to .36 about half are unrelated sentences
with a formula in common; of 40 random ones above all are sentences that one author would call the
same.
"""
MIN_HEADING_LIKENESS = 0.12
"""Least likeness of two headings whose sentences are with one another's.

Headings that were renamed have .13 (推动全方位对外开放… and 实行高水平对外开放…) and more.
"""
MIN_SPLIT_OFF = 0.6
"""Least share of the words of a sentence that was split off, or merged, which the other has."""
ORDER_BONUS, SECTION_BONUS = 0.06, 0.06
"""What standing in the expected place, and in the same section, adds to a likeness at most.

They decide between candidates, never whether two sentences are alike.
"""
MOST_CANDIDATES = 8
"""Sentences that one is compared with at most."""
_COMMONEST = 12
"""Sentences that may have a pair of characters by which candidates are found.

With 24 the same pairs are found in real reports, in more time; with 6 too.
"""
_LEAST_SHARED = 0.12
"""Least share of rare pairs of characters in common for two sentences to be compared."""
_FORMULA_WEIGHT = 0.3
"""What a pair of characters counts that is part of a word that every report is made of."""
_WORDS = WordLists("formulas", "formula")
_PLACE = "□"
"""What masks a place name."""


class Unit(NamedTuple):
    """A sentence that is to be aligned.

    Attributes:
        text: the sentence.
        kind: ``title``, ``heading`` or ``sentence``; only those of one kind are compared.
        section: what tells sections apart; the place of the heading in the list of units, -1 for
            none.
        group: what tells texts apart when there are several, as the region of a report.
        names: the text's own place names, folded, the longest first.
    """

    text: str
    kind: str
    section: int = -1
    group: str = ""
    names: tuple[str, ...] = ()


def _masked(words: Sequence[str], names: Sequence[str]) -> str:
    """Return words as one text, with numbers and place names masked."""
    text = masked_numbers(words)
    for name in names:
        if name in text:
            text = text.replace(name, _PLACE)
    return text


class Match(NamedTuple):
    """Units of both sides that belong together, by their places in the lists.

    Attributes:
        before: those of the earlier side, in order.
        after: those of the later side, in order.
        likeness: how like they are, 0 to 1; 1 for equal words.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    likeness: float


# -- which sentences belong together ---------------------------------------------------------------


def align(before: Sequence[Unit], after: Sequence[Unit]) -> list[Match]:
    """Return the units that belong together, in the order of the later side; each is in one match.

    Args:
        before: the earlier side, in order.
        after: the later side, in order.

    Example:
        >>> old = [Unit("办案12件。", "sentence"), Unit("组织培训。", "sentence")]
        >>> new = [Unit("举办讲座。", "sentence"), Unit("办案15件。", "sentence")]
        >>> [(match.before, match.after) for match in align(old, new)]
        [((0,), (1,))]
    """
    return Alignment(before, after).matches


class Alignment:
    """The steps by which the units of two sides are joined; see the head of this module.

    Args:
        before: the earlier side, in order.
        after: the later side, in order.

    Attributes:
        matches: the result.
        comparisons: how many times the words of two units were compared.
    """

    def __init__(self, before: Sequence[Unit], after: Sequence[Unit]) -> None:
        self._units = (before, after)
        self._words = tuple([bare_words(unit.text) for unit in side] for side in self._units)
        self._other = ([-1] * len(before), [-1] * len(after))
        self._likeness: dict[int, float] = {}  # of a match, by its place on the later side
        self._anchors: list[tuple[int, int]] = []
        self._sections: dict[int, int] = {}
        self.comparisons = 0
        self._join_equal(self._words)
        self._find_anchors()
        masked = tuple(
            [_masked(w, unit.names) for w, unit in zip(words, side, strict=True)]
            for words, side in zip(self._words, self._units, strict=True)
        )
        self._join_equal(masked, masks=True)
        self._find_anchors()
        self._grams = tuple([_grams(text) for text in side] for side in masked)
        self._weights = self._rarity()
        self._totals = tuple([self._weight(of) for of in side] for side in self._grams)
        self._join_like()
        self._join_headings()
        self._join_equal(self._words, kinds=False)
        self.matches = self._with_parts()

    # -- equal words

    def _join_equal(
        self, keys: Sequence[Sequence[Hashable]], kinds: bool = True, masks: bool = False
    ) -> None:
        """Join the units that are left whose keys are equal.

        Of several equal ones those of one group and section are joined first.
        """
        narrow: list[Callable[[int, int], Hashable]] = [
            lambda side, i: (self._units[side][i].group, self._section_of(side, i)),
            lambda side, i: self._units[side][i].group,
            lambda side, i: None,
        ]
        for more in narrow:
            having: tuple[defaultdict[Hashable, list[int]], ...] = (
                defaultdict(list), defaultdict(list),
            )  # fmt: skip
            for side in (0, 1):
                for i, unit in enumerate(self._units[side]):
                    if self._other[side][i] < 0 and keys[side][i]:
                        kind = unit.kind if kinds else ""
                        having[side][kind, keys[side][i], more(side, i)].append(i)
            for key, ours in having[0].items():
                if theirs := having[1].get(key):
                    for i, j in self._in_order(ours, theirs):
                        self._join(i, j, self._masked_likeness(i, j) if masks else 1.0)

    def _section_of(self, side: int, i: int) -> Hashable:
        """Return what the sections of both sides that belong together have in common."""
        section = self._units[side][i].section
        if section < 0:
            return ""
        return self._words[side][section]

    def _in_order(self, ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int]]:
        """Yield pairs of two ascending lists, as many as there can be, in order.

        The longer list gives for each the one that is nearest to where it is expected.
        """
        if len(ours) == len(theirs):
            yield from zip(ours, theirs, strict=True)
        elif len(ours) < len(theirs):
            wanted = [(i, self._expected(i)) for i in ours]
            yield from _nearest(wanted, theirs)
        else:
            wanted = [(j, self._expected(j, 1)) for j in theirs]
            yield from ((i, j) for j, i in _nearest(wanted, ours))

    def _masked_likeness(self, i: int, j: int) -> float:
        """Return the likeness of two sentences that differ in masked words only."""
        one, other = Counter(self._words[0][i]), Counter(self._words[1][j])
        shared = sum((one & other).values())
        return min(0.999, 2 * shared / max(1, sum(one.values()) + sum(other.values())))

    def _join(self, i: int, j: int, likeness: float) -> None:
        self._other[0][i], self._other[1][j] = j, i
        self._likeness[j] = likeness

    # -- order

    def _find_anchors(self) -> None:
        """Find the pairs that stand in the same order on both sides."""
        pairs = [(i, j) for i, j in enumerate(self._other[0]) if j >= 0]
        self._anchors = [pairs[k] for k in longest_increasing([j for _i, j in pairs])]

    def _expected(self, i: int, side: int = 0) -> float:
        """Return where on the other side a unit is to be expected, between two anchors."""
        at = bisect_left(self._anchors, i, key=lambda pair: pair[side])
        ends = len(self._units[side]), len(self._units[1 - side])
        low = (self._anchors[at - 1][side], self._anchors[at - 1][1 - side]) if at else (-1, -1)
        high = ends
        if at < len(self._anchors):
            high = self._anchors[at][side], self._anchors[at][1 - side]
        return low[1] + (i - low[0]) * (high[1] - low[1]) / max(1, high[0] - low[0])

    # -- likeness

    def _rarity(self) -> dict[str, float]:
        """Return the weight of each pair of characters: the rarer, the more; formulas little."""
        counted = Counter(gram for side in self._grams for grams in side for gram in grams)
        every = 1 + sum(map(len, self._grams))
        common = _formula_grams()
        return {
            gram: log(every / n) * (_FORMULA_WEIGHT if gram in common else 1.0)
            for gram, n in counted.items()
        }

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(self._weights[gram] for gram in grams)

    def likeness(self, i: int, j: int) -> float:
        """Return the share of pairs of characters that two units have in common, by weight."""
        self.comparisons += 1
        total = self._totals[0][i] + self._totals[1][j]
        shared = self._weight(self._grams[0][i] & self._grams[1][j])
        return 2 * shared / total if total else 0.0

    def _join_like(self) -> None:
        """Join the units that are left with those that they are most like."""
        left = tuple([i for i, j in enumerate(side) if j < 0] for side in self._other)
        sections = {
            section: self._other[0][section]
            for section in {unit.section for unit in self._units[0]}
            if section >= 0
        }
        scores: dict[tuple[int, int], tuple[float, float]] = {}
        for i, j, expected in self._candidates(*left):
            one, other = self._units[0][i], self._units[1][j]
            like = self.likeness(i, j)
            away = abs(expected - j) / max(1, len(self._units[1]))
            score = like + ORDER_BONUS * (1 - min(1.0, away * 4))
            if one.section == other.section == -1 or sections.get(one.section) == other.section:
                score += SECTION_BONUS
            if one.group != other.group:
                score -= SECTION_BONUS
            if like >= MIN_LIKENESS:
                scores[i, j] = score, like
        for i, j in _assigned({pair: score for pair, (score, _like) in scores.items()}):
            self._join(i, j, scores[i, j][1])

    def _candidates(
        self, ours: Sequence[int], theirs: Sequence[int]
    ) -> Iterator[tuple[int, int, float]]:
        """Yield the units to compare: those with the most rare pairs of characters in common.

        Pairs of characters that many units have find none. Each unit has a limited number of
        candidates, so that the work grows with the length of the texts. Where each is to be
        expected is given with it.
        """
        kinds = [unit.kind for unit in self._units[1]]
        having: dict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for j in theirs:
            of = having[kinds[j]]
            for gram in self._grams[1][j]:
                of[gram].append(j)
        rare = {
            unit.kind: {
                gram: found for gram, found in having[unit.kind].items() if len(found) <= _COMMONEST
            }
            for unit in {self._units[0][i].kind: self._units[0][i] for i in ours}.values()
        }
        for i in ours:
            kind, shared = self._units[0][i].kind, dict[int, float]()
            for gram in self._grams[0][i]:
                if found := rare[kind].get(gram):
                    weight = self._weights[gram]
                    for j in found:
                        shared[j] = shared.get(j, 0.0) + weight
            own, totals = self._totals[0][i], self._totals[1]
            shares = [(2 * weight / (own + totals[j]), j) for j, weight in shared.items()]
            best = nlargest(MOST_CANDIDATES - 2, (one for one in shares if one[0] >= _LEAST_SHARED))
            expected = self._expected(i)
            near = bisect_left(theirs, expected)
            around = theirs[max(0, near - 1) : near + 1]
            for j in dict.fromkeys((*(j for _share, j in best), *around)):
                if kinds[j] == kind:
                    yield i, j, expected

    def _join_headings(self) -> None:
        """Join headings that are left when most of their sentences are with one another's.

        A heading that was renamed has less in common than a sentence that was changed.
        """
        votes: tuple[defaultdict[int, Counter[int]], ...] = (
            defaultdict(Counter), defaultdict(Counter),
        )  # fmt: skip
        for i, j in enumerate(self._other[0]):
            ends = (self._units[0][i].section, self._units[1][j].section)
            if j >= 0 and min(ends) >= 0:
                votes[0][ends[0]][ends[1]] += 1
                votes[1][ends[1]][ends[0]] += 1
        for i, counted in votes[0].items():
            j = counted.most_common(1)[0][0]
            mutual = votes[1][j].most_common(1)[0][0] == i
            if mutual and self._other[0][i] < 0 and self._other[1][j] < 0:
                like = self.likeness(i, j)
                if like >= MIN_HEADING_LIKENESS:
                    self._join(i, j, like)

    # -- sentences that were split or merged

    def _with_parts(self) -> list[Match]:
        """Return all matches; a unit that is left joins the pair beside it that has its words."""
        groups = {j: ([i], [j]) for j, i in enumerate(self._other[1]) if i >= 0}
        for side in (1, 0):
            taken = set[int]()
            for group in groups.values():
                for step in (1, -1):
                    while (k := group[side][-1 if step > 0 else 0] + step) not in taken:
                        if not self._is_part(group, side, k):
                            break
                        taken.add(k)
                        group[side].insert(len(group[side]) if step > 0 else 0, k)
                        self._other[side][k] = group[1 - side][0]
        found = []
        for j, (ours, theirs) in groups.items():
            like = self._likeness[j]
            if len(ours) + len(theirs) > 2:
                like = self._joint(ours, theirs)
            found.append(Match(tuple(ours), tuple(theirs), like))
        return found

    def _is_part(self, group: tuple[list[int], list[int]], side: int, k: int) -> bool:
        """Return whether a unit beside a pair has words that the pair's other side has too."""
        if not 0 <= k < len(self._units[side]) or self._other[side][k] >= 0:
            return False
        if self._units[side][k].kind != "sentence" or len(group[1 - side]) > 1:
            return False
        [other] = group[1 - side]
        if (
            self._units[1 - side][other].kind != "sentence"
            or self._likeness.get(group[1][0] if side else other, 0.0) == 1.0
        ):
            return False
        own = set[str]().union(*(self._grams[side][m] for m in group[side]))
        free = self._grams[1 - side][other] - own
        grams = self._grams[side][k]
        self.comparisons += 1
        return bool(grams) and self._weight(grams & free) >= MIN_SPLIT_OFF * self._weight(grams)

    def _joint(self, ours: Sequence[int], theirs: Sequence[int]) -> float:
        words = [
            [word for i in of for word in self._words[side][i]]
            for side, of in enumerate((ours, theirs))
        ]
        if words[0] == words[1]:
            return 1.0
        grams = [
            set[str]().union(*(self._grams[side][i] for i in of))
            for side, of in enumerate((ours, theirs))
        ]
        total = sum(map(self._weight, grams))
        return min(0.999, 2 * self._weight(grams[0] & grams[1]) / total) if total else 0.0


def _grams(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters of a text, of one character that itself."""
    return frozenset(map("".join, pairwise(text))) or frozenset(text)


@cache
def _formula_grams() -> frozenset[str]:
    """Return the pairs of characters of the words that every report is made of."""
    return frozenset(gram for word in _WORDS.texts("formula") for gram in _grams(word))


def _nearest(
    wanted: Sequence[tuple[int, float]], having: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield each of the few with the one of the many that is nearest to its place, in order."""
    first = 0
    for n, (i, place) in enumerate(wanted):
        last = len(having) - (len(wanted) - n)
        at = min(max(bisect_left(having, place, first, last + 1), first), last)
        if at > first and place - having[at - 1] <= abs(having[at] - place):
            at -= 1
        yield i, having[at]
        first = at + 1


def _assigned(scores: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return pairs in which each unit is at most once, the best first.

    Where a unit is left because its best partner has one that could do with another, they change,
    if the sum of what the scores are above the least likeness grows.
    """
    partner: tuple[dict[int, int], dict[int, int]] = ({}, {})
    options: defaultdict[int, list[int]] = defaultdict(list)
    for i, j in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        options[i].append(j)
        if i not in partner[0] and j not in partner[1]:
            partner[0][i], partner[1][j] = j, i
    worth = {pair: score - MIN_LIKENESS for pair, score in scores.items()}
    for i in options:
        if i in partner[0]:
            continue
        best: tuple[float, int, int] = (0.0, -1, -1)
        for j in options[i]:
            holder = partner[1][j]
            for k in options[holder]:
                if k not in partner[1]:
                    gain = worth[i, j] + worth[holder, k] - worth[holder, j]
                    best = max(best, (gain, j, k))
        if best[0] > 0:
            _gain, j, k = best
            holder = partner[1][j]
            partner[0][i], partner[1][j] = j, i
            partner[0][holder], partner[1][k] = k, holder
    return sorted(partner[0].items())
