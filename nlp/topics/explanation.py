"""Explain a prediction by the parts of the text that contributed to the score of a topic.

The score of a linear model is a sum of contributions of terms. The contribution of a term is
distributed evenly over its characters, and neighbouring characters whose contributions have the
same sign form a part. So overlapping terms are not counted twice, and the sum of all parts and the
intercept is the score, except for parts below a minimum weight.
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

_MIN_RELATIVE_WEIGHT = 0.02
"""Share of the largest contribution of a character below which a character is in no part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text and its contribution to the score of a topic.

    Attributes:
        start: offset of its first character in the text.
        end: offset after its last character.
        text: the part as written.
        weight: its contribution; above 0 for the topic, below 0 against it.
        heading: whether the part is in the heading instead of the sentence.
    """

    start: int
    end: int
    text: str
    weight: float
    heading: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a JSON object, with rounded numbers."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "weight": round(self.weight, 4),
            "heading": self.heading,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contributions of the parts of a text to the score of one topic.

    Attributes:
        topic: slug of the topic.
        score: signed distance from the separating hyperplane of the topic.
        probability: calibrated probability of the topic, 0 to 1.
        parts: the parts that contributed, largest absolute weight first.
    """

    topic: str
    score: float
    probability: float
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a JSON object, with rounded numbers."""
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
    """Return the parts of a sentence and its heading, largest absolute weight first.

    Args:
        vectorizer: the vectorizer of the classifier.
        texts: the sentence and its heading as written.
        channels: the folded texts of each channel, one text a channel; channels of the sentence and
            of the heading alternate.
        weights: (features,) coefficients of the topic.
    """
    features = vectorizer.transform(channels)
    term_weights = dict(
        zip(
            features.columns.tolist(),
            (features.values * weights[features.columns]).tolist(),
            strict=True,
        )
    )
    found: list[Part] = []
    for index, text in enumerate(texts):
        folded, offsets = squeeze_offsets(text)
        contributions = np.zeros(len(folded))
        for channel in range(index, len(channels), len(texts)):
            contributions += _character_weights(
                vectorizer, channels[channel][0], channel, term_weights, len(folded)
            )
        found += _merge_parts(text, offsets, contributions.tolist(), heading=index > 0)
    return tuple(sorted(found, key=lambda part: -abs(part.weight)))


def _character_weights(
    vectorizer: TfidfVectorizer,
    unit: str | Sequence[str],
    channel: int,
    term_weights: dict[int, float],
    size: int,
) -> NDArray[np.float64]:
    """Return (size,) the contribution of each character of a text by the terms of one channel."""
    terms = [
        (p, column) for p, column in vectorizer.known_terms(unit, channel) if column in term_weights
    ]
    occurrences = Counter(column for _, column in terms)
    contributions = np.zeros(size)
    for span, column in terms:
        contributions[span.start : span.start + span.length] += (
            term_weights[column] / occurrences[column] / span.length
        )
    return contributions


def _merge_parts(
    text: str, offsets: list[int], contributions: list[float], heading: bool
) -> list[Part]:
    """Return the runs of characters of one sign as parts, by their offsets in ``text``."""
    largest = max(map(abs, contributions), default=0.0)
    parts: list[Part] = []
    i = 0
    while i < len(contributions):
        sign = (
            np.sign(contributions[i])
            if abs(contributions[i]) > _MIN_RELATIVE_WEIGHT * largest
            else 0
        )
        end = i + 1
        while end < len(contributions) and sign and np.sign(contributions[end]) == sign:
            if abs(contributions[end]) <= _MIN_RELATIVE_WEIGHT * largest:
                break
            end += 1
        if sign:
            start, stop = offsets[i], offsets[end - 1] + 1
            parts.append(
                Part(start, stop, text[start:stop], float(sum(contributions[i:end])), heading)
            )
        i = end
    return parts
