"""Train a model: the one way in which shipped and users' models are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .nlp.classifier import TopicClassifier
from .nlp.evaluation import Evaluation, cross_validate, evaluate
from .nlp.labels import LabelledSentence, load_labels
from .nlp.modelcard import model_card
from .nlp.seeds import shipped
from .nlp.taxonomy import Taxonomy
from .results import Correction

LABELS = "labels.jsonl"
CHECK = "check.jsonl"
_GENRE_ALONE = "general-reports"
"""A batch of another genre, all of one topic: a fold that held it out would test on a genre that
its model has never seen. It is trained on in every fold and never tested on."""
_NOISE = 0.002
"""Macro-F1 that the choice of folds alone can move; below it a model is not worse."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted classifier, how good it is, and what it was made from.

    Attributes:
        classifier: the classifier.
        labels: what it was fitted on.
        evaluation: its figures by cross-validation.
        check: its figures on the check set, which is never trained on.
        card: the model card, Markdown.
        facts: what is kept in the model file.
    """

    classifier: TopicClassifier
    labels: tuple[LabelledSentence, ...]
    evaluation: Evaluation
    check: Evaluation
    card: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the one that was active, on the same folds.

    Attributes:
        version: number of the new model.
        before: figures of the labels that the active model was trained on.
        after: figures of the new labels.
        activated: whether the library tags with the new model now.
    """

    version: int
    before: Evaluation
    after: Evaluation
    activated: bool

    @property
    def worse(self) -> bool:
        """Whether the new model is worse by more than chance."""
        return self.after.macro_f1 < self.before.macro_f1 - _NOISE


def corrected_sentences(corrections: Sequence[Correction]) -> list[LabelledSentence]:
    """Return corrections as labels, the last one of each sentence; a report is a group."""
    latest = {(c.report, c.text): c for c in corrections}
    return [
        LabelledSentence(c.text, c.topic, c.also, c.role, c.heading, group=f"correction:{c.report}")
        for c in latest.values()
    ]


def evaluated(labels: Sequence[LabelledSentence]) -> list[LabelledSentence]:
    """Return the labels that cross-validation tests on: all but the genre that stands alone."""
    return [label for label in labels if label.group != _GENRE_ALONE]


def train_model(
    label_files: Sequence[Path],
    taxonomy: Taxonomy,
    corrections: Sequence[Correction] = (),
    created: str = "",
) -> TrainedModel:
    """Fit a classifier on the shipped labels, those in ``label_files``, and corrections.

    Where a sentence has several labels, corrections win over files and files over what ships.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are too few labels.
    """
    sources = [shipped(LABELS), *label_files]
    every = [*load_labels(sources, taxonomy), *corrected_sentences(corrections)]
    labels = tuple({label.text: label for label in every}.values())
    classifier = TopicClassifier(keywords=taxonomy.keywords)
    evaluation = cross_validate(evaluated(labels), classifier, pool=labels)
    classifier.fit(
        labels, [(label.topic, *label.also) for label in labels], [label.group for label in labels]
    )
    apart = load_labels([shipped(CHECK)], taxonomy)
    check = evaluate(apart, classifier.predict_topics(apart))
    digest = hashlib.sha256(
        "\n".join(f"{lb.topic}\t{lb.text}" for lb in labels).encode()
    ).hexdigest()
    names = [f"seeds/{LABELS}", *(path.name for path in label_files)]
    names += [f"corrections ({len(corrections)})"] if corrections else []
    facts: dict[str, Any] = {
        "labels": len(labels),
        "labels_sha256": digest,
        "macro_f1": round(evaluation.macro_f1, 4),
        "files": names,
    }
    if created:
        facts["created"] = created
    card = model_card(classifier, labels, evaluation, check, taxonomy, names)
    return TrainedModel(classifier, labels, evaluation, check, card, facts)
