"""Write the card that describes a model, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .classifier import TopicClassifier
from .evaluation import Evaluation
from .labels import LabelledSentence
from .model_file import FORMAT
from .taxonomy import Taxonomy


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
{_ABOUT_VECTORS if taxonomy.shipped_labels else ""}
- **Made by** `gongwen train` from {", ".join(f"`{s}`" for s in sources) or "keywords alone"}; the same
  input and library versions give the same file.
- **Method**: TF-IDF of characters and pairs of characters of the sentence, that of its heading
  beside it at weight {classifier.heading_weight}; one linear separator a topic: squared hinge (C = {classifier.C_:g}) and
  {classifier.bayes_:g} parts of complement naive Bayes{_meaning_text(classifier)}; the keywords of the topics as further
  lines. What was not given was chosen by folds.
- **Probabilities**: {_calibration_text(classifier)}
- **File**: NumPy arrays and JSON in one zip (format {FORMAT}), no pickle; tagging needs NumPy only.

## Data

{len(labels)} labelled sentences in {len(groups)} groups, {hard} of them marked hard: their words alone do not give
the topic away. {sum(map(len, taxonomy.keywords.values()))} keywords{unlabelled}.
{_dropped_keywords(classifier, taxonomy)}{_role_counts(roles)}{_ABOUT_SHIPPED if taxonomy.shipped_labels else ""}
## Figures

{_metrics_section(evaluation, check, taxonomy)}
## Limits

{_LIMITS_OF_SHIPPED if taxonomy.shipped_labels else ""}- One sentence is judged with its heading only. In a report of a library the other sentences of its
  section count where its own words do not decide (`docs/topics.md`).
- What belongs to none of the topics still gets one of them, mostly with a low probability:
  `--min-probability` leaves it out.
"""


def _meaning_text(classifier: TopicClassifier) -> str:
    """Return what is said of meaning vectors, ``""`` where there are none."""
    if not classifier.meaning_:
        return ""
    return f", over these and the vectors `{classifier.meaning_}`, and class means of the latter"


def _calibration_text(classifier: TopicClassifier) -> str:
    """Return how probabilities are calibrated and secondary topics are assigned."""
    thresholds = classifier.also_thresholds_[np.isfinite(classifier.also_thresholds_)].tolist()
    if not thresholds:
        also = "Further topics are not given: no label had any."
    else:
        low, high = min(thresholds), max(thresholds)
        also = (
            f"{len(thresholds)} topics are given as further ones, each above a threshold of its own,"
            f" from {low:.2f} to {high:.2f}, chosen for the best F1 on out-of-fold scores."
        )
    if not classifier.calibrated_:
        return f"not calibrated, for there were too few labels. {also}"
    held_out = int(classifier.measured_.sum())
    few = len(classifier.classes_) - held_out
    alone = f" {few} topics with too few labels get their share of the labels only." if few else ""
    return (
        f"one temperature ({classifier.temperature_:.2f}) fitted on out-of-fold scores, near-copies"
        f" in one fold and counted as one sentence.{alone} {also}"
    )


def _dropped_keywords(classifier: TopicClassifier, taxonomy: Taxonomy) -> str:
    """Return a line with the keywords that are not used, ``""`` without any."""
    dropped = [
        f"{word} ({taxonomy.topics.zh(str(topic))})"
        for topic, words in classifier.dropped_keywords_.items()
        for word in words
    ]
    return f"Keywords that labels contradict, not used: {', '.join(dropped)}.\n" if dropped else ""


def _role_counts(roles: Counter[str]) -> str:
    """Return a line with the number of labels of each role, ``""`` without any."""
    counts = ", ".join(f"{role} {count}" for role, count in sorted(roles.items()))
    return f"Roles: {counts}.\n" if counts else ""


_ABOUT_VECTORS = "The table of vectors beside it, `vectors.npz`, has a card of its own: [vectors.md](vectors.md).\n"
_ABOUT_SHIPPED = """The labels of `seeds/labels.jsonl` are one report and batches written for this project by several
hands, a group each; their sentences are invented, not taken from any report.
"""
_LIMITS_OF_SHIPPED = """- Of general government work reports there are batches of few hands (`work-reports-*`,
  `general-reports` and part of `page-furniture`).
- The groups `topic-pairs`, `other-genres` and `page-furniture` were written to be hard: sentences of
  two topics, or of none although their words mislead. They lower the figures of cross-validation.
- The batches are of few hands: a batch of another hand scores lower before it is trained on.
- On 400 units of 16 provincial work reports of 2026, read by somebody who knew only the taxonomy and
  drawn to hold many topics, the topic was one that the reader accepts for 0.98 and the reader's first
  choice for 0.86; of the 294 with a probability of 0.9 or more, 0.97 were the first choice.
- The sentences are of reports on government by law and of general government work reports. On text
  of another kind probabilities are too high.
"""


def _metrics_section(
    evaluation: Evaluation | None, check: Evaluation | None, taxonomy: Taxonomy
) -> str:
    """Return the tables of metrics."""
    if evaluation is None:
        return "Not measured: fewer than two topics have two distinct labels.\n"
    unit = "group" if evaluation.groups > 1 else "sentence"
    rows = "\n".join(
        f"| {s.topic} | {taxonomy.topics.zh(s.topic)} | {s.precision:.3f} | {s.recall:.3f} | {s.f1:.3f} | {s.support} |"
        for s in evaluation.topics
    )
    checked = f"| check set | {_metrics_row(check)} |\n" if check else ""
    apart = (
        f"\nCheck set: {check.sentences} sentences, {check.distinct} distinct (`seeds/check.jsonl`), written apart, from the taxonomy alone, and never trained on."
        if check
        else ""
    )
    return f"""Cross-validation: {evaluation.sentences} sentences, {evaluation.distinct} distinct, {evaluation.folds} folds, no {unit} cut by a fold and
near-copies in one; figures of sentences that the model of a fold was not trained on.{apart}
The two are of different sentences and cannot be compared.
{_untested_text(evaluation, taxonomy)}
| | macro-F1 | on plain | on hard | accuracy | `also` F1 | calibration error (ECE) |
|---|---|---|---|---|---|---|
| cross-validation | {_metrics_row(evaluation)} |
{checked}
Per topic, by cross-validation:

| topic | 中文 | precision | recall | F1 | sentences |
|---|---|---|---|---|---|
{rows}
"""


def _untested_text(evaluation: Evaluation, taxonomy: Taxonomy) -> str:
    """Return a line with the topics that were not measured, ``""`` without any."""
    if not evaluation.untested:
        return ""
    names = ", ".join(f"{taxonomy.topics.zh(t)} ({count})" for t, count in evaluation.untested)
    return f"Not measured, for fewer than two distinct labels: {names}.\n"


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
