"""Train a model from label files: the one way in which shipped and users' models are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .nlp.classifier import TopicClassifier
from .nlp.evaluation import Evaluation, cross_validate, evaluate
from .nlp.modelcard import model_card
from .nlp.seeds import load_labels, shipped
from .nlp.taxonomy import Taxonomy

LABELS = "labels.jsonl"
CHECK = "check.jsonl"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted classifier, how good it is, and what it was made from.

    Attributes:
        classifier: the classifier.
        evaluation: its figures by cross-validation.
        check: its figures on the check set, which is never trained on.
        card: the model card, Markdown.
        facts: what is kept in the model file.
    """

    classifier: TopicClassifier
    evaluation: Evaluation
    check: Evaluation
    card: str
    facts: dict[str, Any]


def train_model(label_files: Sequence[Path], taxonomy: Taxonomy) -> TrainedModel:
    """Fit a classifier on the shipped labels and those in ``label_files``.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are too few labels.
    """
    sources = [shipped(LABELS), *label_files]
    labels = load_labels(sources, taxonomy)
    classifier = TopicClassifier()
    evaluation = cross_validate(labels, classifier)
    classifier.fit(
        labels, [(label.topic, *label.also) for label in labels], [label.group for label in labels]
    )
    apart = load_labels([shipped(CHECK)], taxonomy)
    check = evaluate(apart, classifier.predict_topics(apart))
    digest = hashlib.sha256(
        "\n".join(f"{lb.topic}\t{lb.text}" for lb in labels).encode()
    ).hexdigest()
    names = [f"seeds/{LABELS}", *(path.name for path in label_files)]
    facts = {
        "labels": len(labels),
        "sha256": digest,
        "macro_f1": round(evaluation.macro_f1, 4),
        "files": names,
    }
    card = model_card(classifier, labels, evaluation, check, taxonomy, names)
    return TrainedModel(classifier, evaluation, check, card, facts)
