"""Which sentences of a library are worth labelling next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .nlp.calibration import softmax
from .nlp.classifier import TopicClassifier
from .nlp.fold import squeeze
from .nlp.sampling import choose_batch, choose_start, density_of, distinct, rows_of
from .results import StoredSentence

_MOST = 10_000
"""Sentences that are looked at; of more, those with the smallest margins."""
_SPARE = 2
"""Sentences chosen for each that is wanted: near-duplicates are left out of them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that is worth a label.

    Attributes:
        sentence: the sentence.
        guess: slug of the likeliest topic.
        probability: its probability, 0 to 1.
        second: slug of the second likeliest.
    """

    sentence: StoredSentence
    guess: str
    probability: float
    second: str

    def to_dict(self) -> dict[str, Any]:
        """Return a row to fill in: a label whose topic is still open."""
        s = self.sentence
        return {
            "text": s.text,
            "topic": "",
            "also": [],
            "guess": self.guess,
            "probability": round(self.probability, 4),
            "second": self.second,
            "heading": s.heading,
            "report": s.report,
            "n": s.n,
        }


def suggest(
    sentences: Iterable[StoredSentence],
    classifier: TopicClassifier,
    known: Iterable[str],
    count: int,
    *,
    topic: str = "",
    start: bool = False,
    few: bool = False,
) -> list[Suggestion]:
    """Return the sentences that would teach ``classifier`` most, and no two near-duplicates.

    Args:
        sentences: to choose from.
        classifier: what it is unsure of comes first.
        known: sentences that have a label already.
        count: how many; fewer come back when there are no more.
        topic: slug; only sentences for which it is the likeliest topic or the second.
        start: choose sentences that stand for all (k-means) instead of the least certain ones,
            for a classifier that has seen hardly any label.
        few: prefer sentences that stand for many, for a classifier that learns from sentences
            without a label too.
    """
    labelled = {squeeze(text) for text in known}
    pool = list(
        {
            folded: s
            for s in sentences
            if s.kind in ("sentence", "heading")
            and not s.corrected
            and (folded := squeeze(s.text)) not in labelled
        }.values()
    )
    if not pool:
        return []
    scores = classifier.decision_function(pool)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    if topic:
        wanted = np.flatnonzero((classifier.classes_[best] == topic).any(axis=1))
    else:
        wanted = np.arange(len(pool))
    if len(wanted) > _MOST:
        pairs = np.take_along_axis(scores[wanted], best[wanted], axis=1)
        wanted = np.sort(wanted[np.argsort(pairs[:, 0] - pairs[:, 1], kind="stable")[:_MOST]])
    if not len(wanted):
        return []
    rows = rows_of([pool[i].text for i in wanted])
    none = np.zeros(0, np.int64)
    chosen = wanted[
        choose_start(rows, _SPARE * count)
        if start
        else choose_batch(
            scores[wanted], rows, _SPARE * count, none, density_of(rows) if few else None
        )
    ]
    kept = [chosen[i] for i in distinct([pool[i].text for i in chosen])][:count]
    probabilities = softmax(scores[kept] * classifier.temperature_) if kept else scores[:0]
    return [
        Suggestion(
            pool[i],
            str(classifier.classes_[best[i, 0]]),
            float(row[best[i, 0]]),
            str(classifier.classes_[best[i, 1]]),
        )
        for i, row in zip(kept, probabilities, strict=True)
    ]
