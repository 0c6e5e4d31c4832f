"""Compare two classifiers that were tested on the same sentences: is one worse beyond chance?

For a topic, a classifier is right on a sentence if it assigns the topic where it is true, and does
not where it is not. The sentences on which only one of two classifiers is right decide: if neither
is better, each of them is as likely to speak for the one as for the other. This is the exact form
of McNemar's test (McNemar, 1947; recommended for classifiers by Dietterich, 1998).

Of many topics one seems worse by chance. The level of each is therefore divided by the number of
topics that could fail at all (Tarone, 1990): a topic that two sentences speak about could not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import comb

from .evaluation import Evaluation, Outcome

LEVEL = 0.05
"""Probability that a model that is as good as another is found worse."""
OVERALL = ""
"""Slug of the change over all topics."""


@dataclass(frozen=True, slots=True)
class Change:
    """The sentences that speak for and against a new classifier, near-copies counted once.

    Attributes:
        topic: slug of the topic, ``""`` for all topics together.
        gained: sentences that only the new classifier has right.
        lost: sentences that only the old one has right.
    """

    topic: str
    gained: int
    lost: int

    @property
    def p_value(self) -> float:
        """Return the probability of as many losses or more if neither classifier is better.

        Example:
            >>> Change("enforcement", gained=0, lost=5).p_value
            0.03125
        """
        total = self.gained + self.lost
        return float(sum(comb(total, n) for n in range(self.lost, total + 1)) / 2**total)

    @property
    def least_p_value(self) -> float:
        """Return the probability if all of these sentences were losses, the least possible."""
        return 0.5 ** (self.gained + self.lost)


def changes(before: Evaluation, after: Evaluation, topics: Collection[str]) -> tuple[Change, ...]:
    """Return the change over all topics, and then of each topic.

    Args:
        before: evaluation of the old classifier.
        after: evaluation of the new classifier on the same sentences, in the same order.
        topics: the topics that both classifiers have; only their sentences are compared.

    Raises:
        ValueError: the evaluations are not of the same sentences.
    """
    pairs = [
        (old, new)
        for old, new in zip(before.outcomes, after.outcomes, strict=True)
        if new.truth in topics
    ]
    if any(old.truth != new.truth for old, new in pairs):
        raise ValueError("the evaluations are of different sentences")
    overall = _change(OVERALL, pairs, lambda outcome: outcome.guess == outcome.truth)
    return overall, *(_change_of_topic(topic, pairs) for topic in sorted(topics))


def worse(found: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that are losses beyond chance: over all topics, or of a topic.

    Args:
        found: the change over all topics and those of each topic (:func:`changes`).

    Example:
        >>> worse([Change("", 3, 6), Change("a", 0, 6), Change("b", 3, 0)])
        (Change(topic='a', gained=0, lost=6),)
    """
    single = [change for change in found if change.topic != OVERALL]
    overall = (change for change in found if change.topic == OVERALL)
    level = LEVEL / _testable(single)
    return (
        *(change for change in overall if change.p_value <= LEVEL),
        *(change for change in single if change.p_value <= level),
    )


def _testable(found: Sequence[Change]) -> int:
    """Return the number of tests to correct for: the least k of which k could fail at 1/k."""
    return next(
        k
        for k in range(1, len(found) + 2)
        if sum(change.least_p_value <= LEVEL / k for change in found) <= k
    )


def _change_of_topic(topic: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Change:
    """Return the change of one topic."""
    return _change(topic, pairs, lambda one: (one.guess == topic) == (one.truth == topic))


def _change(
    topic: str, pairs: Sequence[tuple[Outcome, Outcome]], is_right: Callable[[Outcome], bool]
) -> Change:
    """Return the change by whether an outcome is right; a cluster of near-copies has one vote."""
    votes: Counter[int] = Counter()
    for old, new in pairs:
        votes[new.cluster] += is_right(new) - is_right(old)
    return Change(
        topic,
        gained=sum(vote > 0 for vote in votes.values()),
        lost=sum(vote < 0 for vote in votes.values()),
    )
