"""Where a classifier errs: the sentences it gets wrong, and the topics it confuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .labels import LabelledSentence
from .records import Tag


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence whose primary topic is wrong.

    Attributes:
        text: the sentence.
        heading: the heading it stands under, ``""`` for none.
        truth: slug of its topic.
        also: slugs of its further topics; a guess among them is half right.
        guess: slug of the topic that the classifier gave it.
        probability: how sure the classifier was of it, 0 to 1.
    """

    text: str
    heading: str
    truth: str
    also: tuple[str, ...]
    guess: str
    probability: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """Sentences of one topic that were given another.

    Attributes:
        truth: slug of their topic.
        guess: slug of the topic that they were given.
        count: how many they are.
        example: the one that the classifier was surest of.
    """

    truth: str
    guess: str
    count: int
    example: Mistake


def mistakes_of(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> tuple[Mistake, ...]:
    """Return the sentences whose primary topic is wrong, the most confident first."""
    wrong = [
        Mistake(label.text, label.heading, label.topic, label.also, tag.topic, tag.probability)
        for label, tag in zip(labels, tags, strict=True)
        if label.topic != tag.topic
    ]
    return tuple(sorted(wrong, key=lambda mistake: -mistake.probability))


def confusions(mistakes: Sequence[Mistake]) -> tuple[Confusion, ...]:
    """Return the pairs of topics that were confused, the most frequent first, then the surest.

    Args:
        mistakes: the most confident first, as :func:`mistakes_of` returns them.
    """
    pairs: dict[tuple[str, str], list[Mistake]] = {}
    for mistake in mistakes:
        pairs.setdefault((mistake.truth, mistake.guess), []).append(mistake)
    ranked = sorted(pairs.items(), key=lambda pair: -len(pair[1]))  # stable: the surest first
    return tuple(Confusion(*pair, len(found), found[0]) for pair, found in ranked)


def confusion_matrix(
    truth: Sequence[str], guess: Sequence[str], topics: Sequence[str]
) -> tuple[tuple[int, ...], ...]:
    """Return how often each topic was given to each: (topics, topics), a row a true topic."""
    place = {topic: i for i, topic in enumerate(topics)}
    counts = [[0] * len(topics) for _ in topics]
    for wanted, given in zip(truth, guess, strict=True):
        counts[place[wanted]][place[given]] += 1
    return tuple(map(tuple, counts))
