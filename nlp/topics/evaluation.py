"""Measure a classifier on labelled sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import TrainingError
from ..records import Tag
from .classifier import TopicClassifier
from .folds import Codes, divide, near_copies
from .labels import LabelledSentence

_BINS = 10
_COVERAGES = (100, 90, 80)
_FEW_DISTINCT = 500
"""Distinct sentences below which a cross-validation has more folds: where there are few labels,
each one that a fold leaves out makes its model worse than the one that is trained on all."""
_FOLDS, _FOLDS_OF_FEW = 5, 10
_CALIBRATION_FOLDS = 3
"""Folds that calibrate a model that is only evaluated, unless there are few labels."""


# -- Evaluation ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicScore:
    """The metrics of one topic.

    Attributes:
        topic: slug of the topic.
        precision: share of the sentences assigned the topic that have it, 0 to 1.
        recall: share of the sentences of the topic that were assigned it, 0 to 1.
        f1: harmonic mean of precision and recall, 0 to 1.
        support: number of sentences of the topic.
    """

    topic: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The true and the assigned topic of one sentence.

    Attributes:
        truth: slug of the true primary topic.
        guess: slug of the assigned one.
        cluster: number of its cluster of near-copies.
    """

    truth: str
    guess: str
    cluster: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of a classifier on labelled sentences; all except counts are 0 to 1.

    Attributes:
        sentences: number of sentences.
        groups: number of documents or authors that they come from.
        accuracy: share of sentences whose primary topic is correct.
        macro_f1: mean F1 of the topics, primary topic only.
        plain_f1: macro-F1 on the sentences not marked hard, ``None`` without any.
        hard_f1: macro-F1 on the sentences marked hard, ``None`` without any.
        also_f1: micro-F1 of the secondary topics, ``None`` when no label has any.
        ece: expected calibration error over ten bins (Naeini et al., 2015).
        topics: metrics by topic, in ascending order of slug.
        reliability: the non-empty bins of the reliability curve.
        coverage: accuracy on the sentences with the highest probabilities.
        confusion: (topics, topics) confusion matrix, true topics in rows and assigned topics in
            columns, in the order of ``topics``.
        mistakes: misclassified sentences, highest probability first.
        folds: number of folds of the cross-validation, 0 without one.
        outcomes: the true and assigned topic of each sentence, in their order.
        untested: (slug, number of labels) of each topic that has too few labels to be held out;
            every fold is trained on these and none is tested on them.
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
    outcomes: tuple[Outcome, ...] = ()
    untested: tuple[tuple[str, int], ...] = ()

    @property
    def distinct(self) -> int:
        """Return the number of clusters of near-copies among the sentences.

        With fewer than ``sentences``, some say the same with another opening or other numbers.
        """
        return len({outcome.cluster for outcome in self.outcomes})

    @property
    def micro_f1(self) -> float:
        """Return the micro-F1, which equals the accuracy with one primary topic per sentence."""
        return self.accuracy


def evaluate(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> Evaluation:
    """Return the metrics of n ``tags`` against the n ``labels`` of the same sentences, n >= 1."""
    truth = [label.topic for label in labels]
    guess = [tag.topic for tag in tags]
    correct = [t == g for t, g in zip(truth, guess, strict=True)]
    confidences = [tag.probability for tag in tags]
    scores = _topic_scores(truth, guess)
    bins = reliability(correct, confidences)
    clusters = near_copies([label.text for label in labels]).tolist()
    return Evaluation(
        sentences=len(labels),
        groups=len({label.group for label in labels}),
        accuracy=float(np.mean(correct)),
        macro_f1=_macro_f1(scores),
        plain_f1=_f1_of_subset([not label.hard for label in labels], truth, guess),
        hard_f1=_f1_of_subset([label.hard for label in labels], truth, guess),
        also_f1=_also_f1(labels, tags),
        ece=calibration_error(bins),
        topics=scores,
        reliability=bins,
        coverage=coverage_scores(correct, confidences),
        confusion=confusion_matrix(truth, guess, [score.topic for score in scores]),
        mistakes=mistakes_of(labels, tags),
        outcomes=tuple(map(Outcome, truth, guess, clusters)),
    )


def cross_validate(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    count: int | None = None,
    pool: Sequence[LabelledSentence] | None = None,
    texts: Sequence[str] = (),
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Evaluation:
    """Evaluate a classifier by cross-validation on groups that it was not trained on.

    The folds depend on ``labels`` and ``count`` only, so that evaluations with two pools are of the
    same folds. A topic with too few labels to be held out is trained on in every fold.

    Args:
        labels: labelled sentences; folds do not divide a group, unless there are too few groups,
            and near-copies of a tested sentence are not trained on.
        classifier: provides the parameters; it is not changed.
        count: number of folds; by default 5, and 10 for fewer than 500 distinct sentences. Fewer
            are used when there are fewer groups.
        pool: labels to train on instead of ``labels``, to compare two sets of labels on the same
            folds; those with a group or a text of the test fold, or like one, are excluded.
        texts: unlabelled sentences that every fold also uses for training.
        progress: called with ``("fold", done, total)``.

    Raises:
        TrainingError: there are fewer than two topics with labels enough to be held out.
    """
    topics = sorted({label.topic for label in labels})
    if len(topics) < 2:
        raise TrainingError("labels of at least two topics are needed to cross-validate")
    codes = np.array([topics.index(label.topic) for label in labels], np.int64)
    clusters = near_copies([label.text for label in labels])
    few = len(set(clusters.tolist())) < _FEW_DISTINCT
    count = count or (_FOLDS_OF_FEW if few else _FOLDS)
    groups = [label.group for label in labels]
    folds = divide(codes, len(topics), clusters, groups if len(set(groups)) > 1 else None, count)
    if folds.measured.sum() < 2:
        raise TrainingError(
            "too few labels to cross-validate: give two or more distinct sentences of each topic"
        )
    parameters = classifier.get_params()
    if not few:
        parameters["folds"] = min(classifier.folds, _CALIBRATION_FOLDS)
    held_out = None if pool is None else _HeldOut.of(labels, pool)
    tags: dict[int, Tag] = {}
    for done, (train, test) in enumerate(folds.splits):
        progress("fold", done, len(folds.splits))
        if held_out is None:
            training = [labels[i] for i in train.tolist()]
        else:
            training = held_out.allowed(train, test)
        model = TopicClassifier(**parameters).fit(
            [*training, *(LabelledSentence(text, "") for text in texts)],
            [*(k.topic for k in training), *(None for _ in texts)],
            [*(k.group for k in training), *("" for _ in texts)],
            [*(k.also for k in training), *(None for _ in texts)],
        )
        tested = test.tolist()
        for i, tag in zip(tested, model.predict_topics([labels[i] for i in tested]), strict=True):
            tags[i] = tag
    known = sorted(tags)
    found = evaluate([labels[i] for i in known], [tags[i] for i in known])
    untested = [
        topic for topic, is_tested in zip(topics, folds.measured, strict=True) if not is_tested
    ]
    return replace(
        found,
        folds=len(folds.splits),
        untested=tuple((topic, int((codes == topics.index(topic)).sum())) for topic in untested),
    )


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """Says what a fold leaves out of a pool of labels that it is trained on.

    Attributes:
        labels: n labels that folds are made of.
        pool: m labels to train on.
        clusters: (n + m,) clusters of near-copies of both.
    """

    labels: Sequence[LabelledSentence]
    pool: Sequence[LabelledSentence]
    clusters: Codes

    @classmethod
    def of(cls, labels: Sequence[LabelledSentence], pool: Sequence[LabelledSentence]) -> _HeldOut:
        """Return what says so for these labels and this pool."""
        return cls(labels, pool, near_copies([label.text for label in (*labels, *pool)]))

    def allowed(self, train: Codes, test: Codes) -> list[LabelledSentence]:
        """Return the labels of the pool to train on in the fold with these rows of ``labels``."""
        groups = {self.labels[i].group for i in test.tolist()}
        groups -= {self.labels[i].group for i in train.tolist()}
        texts = {self.labels[i].text for i in test.tolist()}
        like = set(self.clusters[test].tolist())
        own = self.clusters[len(self.labels) :].tolist()
        return [
            label
            for label, cluster in zip(self.pool, own, strict=True)
            if cluster not in like and label.group not in groups and label.text not in texts
        ]


def _topic_scores(truth: Sequence[str], guess: Sequence[str]) -> tuple[TopicScore, ...]:
    """Return the metrics of each topic that is true or assigned, in ascending order of slug."""
    scores = []
    for topic in sorted(set(truth) | set(guess)):
        correct = sum(t == g == topic for t, g in zip(truth, guess, strict=True))
        given, wanted = guess.count(topic), truth.count(topic)
        precision, recall = correct / given if given else 0.0, correct / wanted if wanted else 0.0
        f1 = 2 * correct / (given + wanted) if given + wanted else 0.0
        scores.append(TopicScore(topic, precision, recall, f1, wanted))
    return tuple(scores)


def _macro_f1(scores: Sequence[TopicScore]) -> float:
    """Return the mean F1, 0 without topics."""
    return sum(s.f1 for s in scores) / len(scores) if scores else 0.0


def _f1_of_subset(
    chosen: Sequence[bool], truth: Sequence[str], guess: Sequence[str]
) -> float | None:
    """Return the macro-F1 on the chosen sentences, ``None`` if there are none."""
    indices = [i for i, is_chosen in enumerate(chosen) if is_chosen]
    if not indices:
        return None
    return _macro_f1(_topic_scores([truth[i] for i in indices], [guess[i] for i in indices]))


def _also_f1(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> float | None:
    """Return the micro-F1 of the secondary topics, ``None`` if no label has any."""
    wanted = sum(len(label.also) for label in labels)
    if not wanted:
        return None
    given = sum(len(tag.also) for tag in tags)
    correct = sum(len(set(lb.also) & set(tag.also)) for lb, tag in zip(labels, tags, strict=True))
    return 2 * correct / (given + wanted)


# -- Confidence ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of the reliability curve: sentences with similar probabilities.

    Attributes:
        low: lower bound of the probabilities, inclusive.
        high: upper bound, exclusive except for 1.
        sentences: number of sentences in the bin, at least 1.
        confidence: mean probability of the assigned topics, 0 to 1.
        accuracy: share of sentences whose primary topic is correct, 0 to 1.
    """

    low: float
    high: float
    sentences: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CoverageScore:
    """The accuracy on the share of sentences with the highest probabilities.

    Attributes:
        percent: share of the sentences to keep, 1 to 100.
        sentences: number of kept sentences: the share, rounded up, and ties of the last one.
        threshold: minimum probability of a kept sentence, 0 to 1; a value for
            ``--min-probability``.
        accuracy: share of the kept sentences whose primary topic is correct, 0 to 1.
    """

    percent: int
    sentences: int
    threshold: float
    accuracy: float


def reliability(correct: Sequence[bool], confidence: Sequence[float]) -> tuple[ReliabilityBin, ...]:
    """Return the non-empty bins of ten equally wide ones, in ascending order.

    Args:
        correct: (n,) whether the primary topic of each sentence is correct.
        confidence: (n,) the probability of that topic, 0 to 1.

    Example:
        >>> [(b.low, b.accuracy) for b in reliability([True, False], [0.95, 0.91])]
        [(0.9, 0.5)]
    """
    hits, confidences = np.array(correct, float), np.array(confidence, float)
    indices = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    return tuple(
        ReliabilityBin(
            low=b / _BINS,
            high=(b + 1) / _BINS,
            sentences=int((indices == b).sum()),
            confidence=float(confidences[indices == b].mean()),
            accuracy=float(hits[indices == b].mean()),
        )
        for b in np.unique(indices).tolist()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error, 0 to 1 (Naeini et al., 2015)."""
    gaps = sum(b.sentences * abs(b.accuracy - b.confidence) for b in bins)
    return gaps / max(1, sum(b.sentences for b in bins))


def coverage_scores(
    correct: Sequence[bool], confidence: Sequence[float]
) -> tuple[CoverageScore, ...]:
    """Return the accuracy at a coverage of 100, 90 and 80 %.

    These are three points of the risk-coverage curve (El-Yaniv and Wiener, 2010).

    Args:
        correct: (n,) whether the primary topic of each sentence is correct, n at least 1.
        confidence: (n,) the probability of that topic, 0 to 1.
    """
    hits, confidences = np.array(correct, float), np.array(confidence, float)
    descending = np.sort(confidences)[::-1]
    scores = []
    for percent in _COVERAGES:
        last = -(-len(descending) * percent // 100) - 1  # integer ceiling, without rounding errors
        threshold = float(descending[last])
        kept = confidences >= threshold
        scores.append(CoverageScore(percent, int(kept.sum()), threshold, float(hits[kept].mean())))
    return tuple(scores)


# -- Mistakes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence whose primary topic was misclassified.

    Attributes:
        text: the sentence.
        heading: the heading above it, ``""`` for none.
        truth: slug of its true topic.
        also: slugs of its true secondary topics; ``guess`` may be among them.
        guess: slug of the topic that the classifier assigned.
        probability: probability of ``guess``, 0 to 1.
    """

    text: str
    heading: str
    truth: str
    also: tuple[str, ...]
    guess: str
    probability: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """The sentences of one topic that were assigned a certain other topic.

    Attributes:
        truth: slug of the true topic.
        guess: slug of the assigned topic.
        count: number of sentences.
        example: the one with the highest probability.
    """

    truth: str
    guess: str
    count: int
    example: Mistake


def mistakes_of(labels: Sequence[LabelledSentence], tags: Sequence[Tag]) -> tuple[Mistake, ...]:
    """Return the misclassified sentences, highest probability first."""
    wrong = [
        Mistake(label.text, label.heading, label.topic, label.also, tag.topic, tag.probability)
        for label, tag in zip(labels, tags, strict=True)
        if label.topic != tag.topic
    ]
    return tuple(sorted(wrong, key=lambda mistake: -mistake.probability))


def confusions(mistakes: Sequence[Mistake]) -> tuple[Confusion, ...]:
    """Return the confused pairs of topics, most frequent first, ties by highest probability.

    Args:
        mistakes: misclassified sentences, highest probability first (:func:`mistakes_of`).
    """
    pairs: dict[tuple[str, str], list[Mistake]] = {}
    for mistake in mistakes:
        pairs.setdefault((mistake.truth, mistake.guess), []).append(mistake)
    # The sort is stable, so ties stay in order of probability.
    ranked = sorted(pairs.items(), key=lambda pair: -len(pair[1]))
    return tuple(Confusion(*pair, len(found), found[0]) for pair, found in ranked)


def confusion_matrix(
    truth: Sequence[str], guess: Sequence[str], topics: Sequence[str]
) -> tuple[tuple[int, ...], ...]:
    """Return the confusion matrix (topics, topics): rows are true topics, columns assigned ones.

    Example:
        >>> confusion_matrix(["a", "a"], ["a", "b"], ["a", "b"])
        ((1, 1), (0, 0))
    """
    index_of = {topic: i for i, topic in enumerate(topics)}
    counts = [[0] * len(topics) for _ in topics]
    for wanted, given in zip(truth, guess, strict=True):
        counts[index_of[wanted]][index_of[given]] += 1
    return tuple(map(tuple, counts))
