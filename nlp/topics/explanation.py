"""Explain a prediction: the parts of the text that spoke for and against a topic.

The score of a linear model is a sum over terms. Each term's share is laid evenly on its
characters, and neighbouring characters that pull the same way are one part; so overlapping
terms are not counted twice, and all parts together with the intercept give the score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..text.normalize import squeeze_offsets
from .features import TfidfVectorizer, Units

_SMALLEST = 0.02
"""Share of the strongest pull below which a character belongs to no part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text and how strongly it spoke.

    Attributes:
        start: offset of its first character in the text.
        end: offset behind its last character.
        text: the stretch as it stands.
        weight: its share of the score; above 0 it spoke for the topic, below 0 against it.
        heading: whether the stretch stands in the heading, not in the sentence.
    """

    start: int
    end: int
    text: str
    weight: float
    heading: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "weight": round(self.weight, 4),
            "heading": self.heading,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one topic came to its score.

    Attributes:
        topic: slug of the topic.
        score: signed distance from its separator.
        probability: its calibrated probability, 0 to 1.
        parts: the parts that spoke, strongest first.
    """

    topic: str
    score: float
    probability: float
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "topic": self.topic,
            "score": round(self.score, 4),
            "probability": round(self.probability, 4),
            "parts": [part.to_dict() for part in self.parts],
        }


def parts_of(
    vectorizer: TfidfVectorizer,
    texts: Sequence[str],
    channels: Sequence[Units],
    weights: NDArray[np.float32],
) -> tuple[Part, ...]:
    """Return the parts of ``texts`` (the sentence, then its heading) that spoke, strongest first.

    Args:
        vectorizer: gave the features.
        texts: the sentence and its heading as they stand.
        channels: the same, folded, one row a channel: the sentence and its heading by turns.
        weights: (features,) the separator of the topic.
    """
    row = vectorizer.transform(channels)
    share = dict(
        zip(row.columns.tolist(), (row.values * weights[row.columns]).tolist(), strict=True)
    )
    found: list[Part] = []
    for which, text in enumerate(texts):
        folded, offsets = squeeze_offsets(text)
        pull = np.zeros(len(folded))
        for number in range(which, len(channels), len(texts)):
            pull += _pull(vectorizer, channels[number][0], number, share, len(folded))
        found += _merge(text, offsets, pull.tolist(), heading=which > 0)
    return tuple(sorted(found, key=lambda part: -abs(part.weight)))


def _pull(
    vectorizer: TfidfVectorizer,
    unit: str | Sequence[str],
    channel: int,
    share: dict[int, float],
    size: int,
) -> NDArray[np.float64]:
    """Return for every character of a text what the terms of one channel lay on it."""
    places = [(p, column) for p, column in vectorizer.places(unit, channel) if column in share]
    times = Counter(column for _, column in places)
    pull = np.zeros(size)
    for place, column in places:
        pull[place.start : place.start + place.length] += (
            share[column] / times[column] / place.length
        )
    return pull


def _merge(text: str, offsets: list[int], pull: list[float], heading: bool) -> list[Part]:
    strongest = max(map(abs, pull), default=0.0)
    parts: list[Part] = []
    i = 0
    while i < len(pull):
        sign = np.sign(pull[i]) if abs(pull[i]) > _SMALLEST * strongest else 0
        end = i + 1
        while end < len(pull) and sign and np.sign(pull[end]) == sign:
            if abs(pull[end]) <= _SMALLEST * strongest:
                break
            end += 1
        if sign:
            start, stop = offsets[i], offsets[end - 1] + 1
            parts.append(Part(start, stop, text[start:stop], float(sum(pull[i:end])), heading))
        i = end
    return parts
