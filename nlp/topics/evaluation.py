"""Measure a classifier on labelled sentences, and write the card that describes a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import TrainingError
from ..records import Tag
from .classifier import TopicClassifier
from .fitting import groups_for_folds, split_folds
from .labels import LabelledSentence
from .taxonomy import Taxonomy

_BINS = 10
_COVERAGES = (100, 90, 80)


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
    )


def cross_validate(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    count: int = 5,
    pool: Sequence[LabelledSentence] | None = None,
    texts: Sequence[str] = (),
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Evaluation:
    """Evaluate a classifier by cross-validation on groups that it was not trained on.

    Args:
        labels: labelled sentences; folds do not divide a group, unless there are too few groups.
        classifier: provides the parameters; it is not changed.
        count: number of folds; fewer are used when there are fewer groups.
        pool: labels to train on instead of ``labels``, to compare two sets of labels on the same
            folds; those with a group or a text of the test fold are excluded.
        texts: unlabelled sentences that every fold also uses for training.
        progress: called with ``("fold", done, total)``.

    Raises:
        TrainingError: there are too few topics, groups, or sentences of a topic.
    """
    groups = [label.group for label in labels]
    truth = np.array([label.topic for label in labels])
    by_group = groups_for_folds(truth, groups) is not None
    if len(set(truth.tolist())) < 2:
        raise TrainingError("labels of at least two topics are needed to cross-validate")
    splits = split_folds(truth, groups if by_group else None, count)
    if not splits:
        raise TrainingError("too few labels to cross-validate: give at least two of each topic")
    tags: list[Tag | None] = [None] * len(labels)
    for done, (train, test) in enumerate(splits):
        progress("fold", done, len(splits))
        training = [labels[i] for i in train]
        if pool is not None:
            excluded = {labels[i].text for i in test}
            if by_group:
                excluded |= {groups[i] for i in test}
            training = [label for label in pool if not {label.group, label.text} & excluded]
        # Three folds are enough to calibrate a model that is only evaluated.
        model = TopicClassifier(**classifier.get_params() | {"folds": min(classifier.folds, 3)})
        model.fit(
            [*training, *(LabelledSentence(text, "") for text in texts)],
            [*((k.topic, *k.also) for k in training), *(None for _ in texts)],
            [*(k.group for k in training), *("" for _ in texts)],
        )
        for i, tag in zip(test, model.predict_topics([labels[i] for i in test]), strict=True):
            tags[i] = tag
    found = evaluate(labels, [tag for tag in tags if tag is not None])
    return replace(found, folds=len(splits))


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


def model_card(
    classifier: TopicClassifier,
    labels: Sequence[LabelledSentence],
    evaluation: Evaluation | None,
    check: Evaluation | None,
    taxonomy: Taxonomy,
    sources: Sequence[str],
    texts: int = 0,
) -> str:
    """Return the model card of ``classifier`` as Markdown.

    Args:
        classifier: the classifier, fitted on ``labels``.
        labels: the labelled training sentences.
        evaluation: metrics of the cross-validation, ``None`` when there were too few labels.
        check: metrics on a held-out test set, ``None`` without one.
        taxonomy: the topics.
        sources: names of the label files.
        texts: number of unlabelled sentences used by self-training.
    """
    groups = Counter(label.group for label in labels)
    hard = sum(label.hard for label in labels)
    roles = Counter(label.role for label in labels if label.role)
    unlabelled = f", {texts} sentences without a label (self-training)" if texts else ""
    return f"""# Model card: topics.npz

A topic classifier of gongwen. It gives every sentence a primary topic of {len(taxonomy.topics)}, further topics
(`also`) and a probability.

- **Made by** `gongwen train` from {", ".join(f"`{s}`" for s in sources) or "keywords alone"}; the same
  input and library versions give the same file.
- **Method**: TF-IDF of characters and pairs of characters of the sentence, that of its heading
  beside it at weight {classifier.heading_weight}; one linear separator a topic: squared hinge (C = {classifier.C}) and
  {classifier.bayes} parts of complement naive Bayes; the keywords of the topics as further lines.
- **Probabilities**: {_calibration_text(classifier)}
- **File**: NumPy arrays and JSON in one zip (format 1), no pickle; tagging needs NumPy only.

## Data

{len(labels)} labelled sentences in {len(groups)} groups, {hard} of them marked hard: their words alone do not give
the topic away. {sum(map(len, taxonomy.keywords.values()))} keywords{unlabelled}.
{_role_counts(roles)}{_ABOUT_SHIPPED if taxonomy.shipped_labels else ""}
## Figures

{_metrics_section(evaluation, check, taxonomy)}
## Limits

{_LIMITS_OF_SHIPPED if taxonomy.shipped_labels else ""}- One sentence is judged with its heading only; what stands around it is not seen.
- What belongs to none of the topics still gets one of them, mostly with a low probability:
  `--min-probability` leaves it out.
"""


def _calibration_text(classifier: TopicClassifier) -> str:
    """Return how probabilities are calibrated and secondary topics are assigned."""
    if classifier.also_threshold_ == float("inf"):
        also = "Further topics are not given: no label had any."
    else:
        also = f"A further topic is given above the score {classifier.also_threshold_:.2f}."
    if not classifier.calibrated_:
        return f"not calibrated, for there were too few labels. {also}"
    return f"one temperature ({classifier.temperature_:.2f}) fitted on out-of-fold scores. {also}"


def _role_counts(roles: Counter[str]) -> str:
    """Return a line with the number of labels of each role, ``""`` without any."""
    counts = ", ".join(f"{role} {count}" for role, count in sorted(roles.items()))
    return f"Roles: {counts}.\n" if counts else ""


_ABOUT_SHIPPED = """The labels of `seeds/labels.jsonl` are one report and batches written for this project by several
hands, a group each; their sentences are invented, not taken from any report.
"""
_LIMITS_OF_SHIPPED = """- Of general government work reports there are four batches (`work-reports-*` and part of
  `page-furniture`) of one hand. A fifth, `general-reports`, is all `other`; it is trained on in
  every fold and not tested on.
- The groups `topic-pairs`, `other-genres` and `page-furniture` were written to be hard: sentences of
  two topics, or of none although their words mislead. They lower the figures of cross-validation.
- The batches are of few hands: each of the last four scored 0.82 to 0.94 (macro-F1) before it was
  trained on. Real reports are not among what was measured, but for the one.
"""


def _metrics_section(
    evaluation: Evaluation | None, check: Evaluation | None, taxonomy: Taxonomy
) -> str:
    """Return the tables of metrics."""
    if evaluation is None:
        return "Not measured: there were too few labels.\n"
    unit = "group" if evaluation.groups > 1 else "sentence"
    rows = "\n".join(
        f"| {s.topic} | {taxonomy.topics.zh(s.topic)} | {s.precision:.3f} | {s.recall:.3f} | {s.f1:.3f} | {s.support} |"
        for s in evaluation.topics
    )
    checked = f"| check set | {_metrics_row(check)} |\n" if check else ""
    apart = (
        f" Check set: {check.sentences} sentences\n(`seeds/check.jsonl`) written apart, from the taxonomy alone, and never trained on."
        if check
        else ""
    )
    return f"""Cross-validation: {evaluation.sentences} sentences, {evaluation.folds} folds, no {unit} cut by a fold.{apart}

| | macro-F1 | on plain | on hard | accuracy | `also` F1 | calibration error (ECE) |
|---|---|---|---|---|---|---|
| cross-validation | {_metrics_row(evaluation)} |
{checked}
Per topic, by cross-validation:

| topic | 中文 | precision | recall | F1 | sentences |
|---|---|---|---|---|---|
{rows}
"""


def _metrics_row(evaluation: Evaluation) -> str:
    """Return the cells of one row of the table of metrics."""
    values = (
        evaluation.macro_f1,
        evaluation.plain_f1,
        evaluation.hard_f1,
        evaluation.accuracy,
        evaluation.also_f1,
        evaluation.ece,
    )
    return " | ".join("–" if value is None else f"{value:.3f}" for value in values)
