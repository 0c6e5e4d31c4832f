"""Tag and split texts that are in no library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..nlp.document.roles import role_of_sentence
from ..nlp.topics.classifier import TopicClassifier


def tag_texts(
    classifier: TopicClassifier, texts: Sequence[str], min_probability: float = 0.0
) -> list[dict[str, Any]]:
    """Return each sentence with its topics, probabilities and role, as in the contracts.

    Args:
        classifier: the model of a library, or the shipped one.
        texts: the sentences.
        min_probability: below it a topic is ``unsure``, 0 to 1.

    Example:
        >>> tag_texts(TopicClassifier.shipped(), ["办理行政复议案件4件。"])[0]["topic"]
        'reconsideration'
    """
    return [
        {
            "text": text,
            "topic": tagged.topic,
            "also": list(tagged.also),
            "probability": round(tagged.probability, 4),
            "probabilities": {topic: round(p, 4) for topic, p in tagged.probabilities.items()},
            "role": role_of_sentence(text) or "achievement",
        }
        for text, tagged in zip(
            texts, classifier.predict_topics(texts, min_probability), strict=True
        )
    ]


def split_text(text: str) -> list[dict[str, Any]]:
    """Return the sentences of a text with their places and roles, as in the contracts.

    Example:
        >>> split_text("办理复议案件4件。")[0]["start"]
        0
    """
    from ..nlp.document.parse import split_sentences  # late: tagging parses nothing

    return [
        {
            "n": s.n,
            "text": s.text,
            "start": s.start,
            "end": s.end,
            "section": s.section,
            "item": s.item,
            "role": s.role,
            "kind": s.kind,
        }
        for s in split_sentences(text)
    ]
