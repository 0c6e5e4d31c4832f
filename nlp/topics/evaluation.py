"""Evaluate a classifier: grouped cross-validation, macro-F1, calibration, and its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import TrainingError
from ..records import Tag
from .classifier import TopicClassifier
from .fitting import folds, groups_to_cut
from .labels import LabelledSentence

_BINS = 10
_COVERAGES = (100, 90, 80)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Sentences that got about the same probability; a point of the reliability curve.

    Attributes:
        low: least probability of the bin.
        high: the probability below which the bin ends; the last one holds 1 too.
        sentences: how many are in it, at least 1.
        confidence: their mean probability, 0 to 1.
        accuracy: share of them whose primary topic is right, 0 to 1.
    """

    low: float
    high: float
    sentences: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CoverageScore:
    """Accuracy when only the most confident sentences are kept.

    Attributes:
        percent: share of the sentences to keep, 1 to 100.
        sentences: how many are kept: the share, rounded up, and what is as probable as its last.
        threshold: least probability of a kept sentence, 0 to 1; what ``--min-probability`` takes.
        accuracy: share of the kept whose primary topic is right, 0 to 1.
    """

    percent: int
    sentences: int
    threshold: float
    accuracy: float


def reliability(right: Sequence[bool], confidence: Sequence[float]) -> tuple[ReliabilityBin, ...]:
    """Return the bins that hold a sentence, of ten equally wide ones, in ascending order.

    Args:
        right: for each of n sentences whether its primary topic is right.
        confidence: (n,) the probability of that topic, 0 to 1.
    """
    hit, sure = np.array(right, float), np.array(confidence, float)
    places = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    return tuple(
        ReliabilityBin(
            low=b / _BINS,
            high=(b + 1) / _BINS,
            sentences=int((places == b).sum()),
            confidence=float(sure[places == b].mean()),
            accuracy=float(hit[places == b].mean()),
        )
        for b in np.unique(places).tolist()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error, 0 to 1 (Naeini et al., 2015)."""
    gaps = sum(b.sentences * abs(b.accuracy - b.confidence) for b in bins)
    return gaps / max(1, sum(b.sentences for b in bins))


def coverage_scores(
    right: Sequence[bool], confidence: Sequence[float]
) -> tuple[CoverageScore, ...]:
    """Return the accuracy at 100, 90 and 80 % coverage (the risk-coverage curve of El-Yaniv and
    Wiener, 2010, at three points).

    Args:
        right: for each of n sentences whether its primary topic is right, n at least 1.
        confidence: (n,) the probability of that topic, 0 to 1.
    """
    hit, sure = np.array(right, float), np.array(confidence, float)
    falling = np.sort(sure)[::-1]
    scores = []
    for percent in _COVERAGES:
        last = -(-len(falling) * percent // 100) - 1  # whole numbers: 0.1 has no exact float
        threshold = float(falling[last])
        kept = sure >= threshold
        scores.append(CoverageScore(percent, int(kept.sum()), threshold, float(hit[kept].mean())))
    return tuple(scores)


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
        plain_f1: the same over the sentences that are not marked hard, ``None`` without any.
        hard_f1: the same over the hard ones, ``None`` without any.
        also_f1: micro-F1 of the further topics, ``None`` when no label has any.
        ece: expected calibration error over ten bins (Naeini et al., 2015).
        topics: per topic, in ascending order of slug.
        reliability: the bins of the calibration error that hold sentences.
        coverage: accuracy of the most confident sentences.
        confusion: (topics, topics) how often each topic (row) was given each (column), in the
            order of ``topics``.
        mistakes: the sentences whose primary topic is wrong, the most confident first.
        folds: folds of the cross-validation, 0 without one.
    """

    sentences: int
    groups: int
    accuracy: float
    macro_f1: float
    plain_f1: float | None
    hard_f1: float | None
    also_f1: float | None
    ece: float
    topics: tuple[TopicScore, ...]
    reliability: tuple[ReliabilityBin, ...] = ()
    coverage: tuple[CoverageScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    folds: int = 0

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions pooled: with one primary topic a sentence it is the accuracy."""
        return self.accuracy


def evaluate(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> Evaluation:
    """Compare ``tags`` with the ``labels`` of the same sentences, at least one."""
    truth = [label.topic for label in labels]
    guess = [tag.topic for tag in tags]
    right = [t == g for t, g in zip(truth, guess, strict=True)]
    sure = [tag.probability for tag in tags]
    scores = _topic_scores(truth, guess)
    bins = reliability(right, sure)
    return Evaluation(
        sentences=len(labels),
        groups=len({label.group for label in labels}),
        accuracy=float(np.mean(right)),
        macro_f1=_macro(scores),
        plain_f1=_f1_where([not label.hard for label in labels], truth, guess),
        hard_f1=_f1_where([label.hard for label in labels], truth, guess),
        also_f1=_also_f1(labels, tags),
        ece=calibration_error(bins),
        topics=scores,
        reliability=bins,
        coverage=coverage_scores(right, sure),
        confusion=confusion_matrix(truth, guess, [score.topic for score in scores]),
        mistakes=mistakes_of(labels, tags),
    )


def cross_validate(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    count: int = 5,
    pool: Sequence[LabelledSentence] | None = None,
    texts: Sequence[str] = (),
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Evaluation:
    """Evaluate ``classifier`` on sentences of groups that it has not seen.

    Args:
        labels: labelled sentences; no group is cut by a fold.
        classifier: gives the parameters; it is not changed.
        count: folds, fewer when there are fewer groups.
        pool: what to train on instead of ``labels``, to compare two sets of labels on the same
            folds; what belongs to a fold's groups, or stands in it, is left out for that fold.
        texts: sentences without a label that every fold learns from too.
        progress: is told ``("fold", done, total)``.

    Raises:
        TrainingError: there are too few groups or sentences a topic to cut folds.
    """
    groups = [label.group for label in labels]
    truth = np.array([label.topic for label in labels])
    by_group = groups_to_cut(truth, groups) is not None
    if len(set(truth.tolist())) < 2:
        raise TrainingError("labels of at least two topics are needed to cross-validate")
    pairs = folds(truth, groups if by_group else None, count)
    if not pairs:
        raise TrainingError("too few labels to cross-validate: give at least two of each topic")
    tags: list[Tag | None] = [None] * len(labels)
    for done, (train, test) in enumerate(pairs):
        progress("fold", done, len(pairs))
        known = [labels[i] for i in train]
        if pool is not None:
            seen = {labels[i].text for i in test}
            if by_group:
                seen |= {groups[i] for i in test}
            known = [label for label in pool if not {label.group, label.text} & seen]
        # Three folds calibrate as well as more where the calibration is only measured.
        model = TopicClassifier(**classifier.get_params() | {"folds": min(classifier.folds, 3)})
        model.fit(
            [*known, *(LabelledSentence(text, "") for text in texts)],
            [*((k.topic, *k.also) for k in known), *(None for _ in texts)],
            [*(k.group for k in known), *("" for _ in texts)],
        )
        for i, tag in zip(test, model.predict_topics([labels[i] for i in test]), strict=True):
            tags[i] = tag
    found = evaluate(labels, [tag for tag in tags if tag is not None])
    return replace(found, folds=len(pairs))


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


def _f1_where(chosen: Sequence[bool], truth: Sequence[str], guess: Sequence[str]) -> float | None:
    some = [i for i, yes in enumerate(chosen) if yes]
    if not some:
        return None
    return _macro(_topic_scores([truth[i] for i in some], [guess[i] for i in some]))


def _also_f1(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> float | None:
    wanted = sum(len(label.also) for label in labels)
    if not wanted:
        return None
    given = sum(len(tag.also) for tag in tags)
    right = sum(len(set(lb.also) & set(tag.also)) for lb, tag in zip(labels, tags, strict=True))
    return 2 * right / (given + wanted)
