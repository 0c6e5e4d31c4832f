"""How good a classifier is: cross-validation by group, macro-F1, calibration, per-topic figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .calibration import folds
from .classifier import TopicClassifier
from .errors import TrainingError
from .labels import LabelledSentence
from .records import Tag


@dataclass(frozen=True, slots=True)
class TopicScore:
    """Figures of one topic, each 0 to 1 but for the count ``support``."""

    topic: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a classifier on labelled sentences; all but the counts are 0 to 1.

    Attributes:
        sentences: how many were tagged.
        groups: how many documents or authors they come from.
        accuracy: share whose primary topic is right.
        macro_f1: mean F1 of the topics, primary topic only.
        plain_f1: the same over the sentences that are not marked hard.
        hard_f1: the same over the hard ones, ``None`` without any.
        also_f1: micro-F1 of the further topics, ``None`` when no label has any.
        ece: expected calibration error over ten bins (Naeini et al., 2015).
        topics: per topic, in ascending order of slug.
    """

    sentences: int
    groups: int
    accuracy: float
    macro_f1: float
    plain_f1: float
    hard_f1: float | None
    also_f1: float | None
    ece: float
    topics: tuple[TopicScore, ...]


def evaluate(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> Evaluation:
    """Compare ``tags`` with the ``labels`` of the same sentences."""
    truth = [label.topic for label in labels]
    guess = [tag.topic for tag in tags]
    hard = [i for i, label in enumerate(labels) if label.hard]
    plain = [i for i, label in enumerate(labels) if not label.hard]
    scores = _topic_scores(truth, guess)
    return Evaluation(
        sentences=len(labels),
        groups=len({label.group for label in labels}),
        accuracy=float(np.mean([t == g for t, g in zip(truth, guess, strict=True)])),
        macro_f1=_macro(scores),
        plain_f1=_macro(_topic_scores([truth[i] for i in plain], [guess[i] for i in plain])),
        hard_f1=_macro(_topic_scores([truth[i] for i in hard], [guess[i] for i in hard]))
        if hard
        else None,
        also_f1=_also_f1(labels, tags),
        ece=_calibration_error(
            [t == g for t, g in zip(truth, guess, strict=True)], [t.probability for t in tags]
        ),
        topics=scores,
    )


def cross_validate(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    count: int = 5,
    pool: Sequence[LabelledSentence] | None = None,
) -> Evaluation:
    """Evaluate ``classifier`` on sentences of groups that it has not seen.

    Args:
        labels: labelled sentences; no group is cut by a fold.
        classifier: gives the parameters; it is not changed.
        count: folds, fewer when there are fewer groups.
        pool: what to train on instead of ``labels``, to compare two sets of labels on the same
            folds; what belongs to a fold's groups, or stands in it, is left out for that fold.

    Raises:
        TrainingError: there are too few groups or sentences a topic to cut folds.
    """
    groups = [label.group for label in labels]
    truth = np.array([label.topic for label in labels])
    pairs = folds(truth, groups if len(set(groups)) > 1 else None, count)
    if not pairs:
        raise TrainingError("too few labels to cross-validate: give at least two of each topic")
    tags: list[Tag | None] = [None] * len(labels)
    for train, test in pairs:
        known = [labels[i] for i in train]
        if pool is not None:
            seen = {labels[i].group for i in test} | {labels[i].text for i in test}
            known = [label for label in pool if not {label.group, label.text} & seen]
        model = TopicClassifier(**classifier.get_params())
        model.fit(known, [(k.topic, *k.also) for k in known], [k.group for k in known])
        for i, tag in zip(test, model.predict_topics([labels[i] for i in test]), strict=True):
            tags[i] = tag
    return evaluate(labels, [tag for tag in tags if tag is not None])


def _topic_scores(truth: Sequence[str], guess: Sequence[str]) -> tuple[TopicScore, ...]:
    scores = []
    for topic in sorted(set(truth) | set(guess)):
        right = sum(t == g == topic for t, g in zip(truth, guess, strict=True))
        given, wanted = guess.count(topic), truth.count(topic)
        precision, recall = right / given if given else 0.0, right / wanted if wanted else 0.0
        f1 = 2 * right / (given + wanted) if given + wanted else 0.0
        scores.append(TopicScore(topic, precision, recall, f1, wanted))
    return tuple(scores)


def _macro(scores: Sequence[TopicScore]) -> float:
    return sum(s.f1 for s in scores) / len(scores) if scores else 0.0


def _also_f1(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> float | None:
    wanted = sum(len(label.also) for label in labels)
    if not wanted:
        return None
    given = sum(len(tag.also) for tag in tags)
    right = sum(len(set(lb.also) & set(tag.also)) for lb, tag in zip(labels, tags, strict=True))
    return 2 * right / (given + wanted)


def _calibration_error(right: Sequence[bool], confidence: Sequence[float]) -> float:
    hit, sure = np.array(right, float), np.array(confidence)
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        abs(hit[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))
