"""Train a model from label files: the one way in which shipped and users' models are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .nlp.classifier import TopicClassifier
from .nlp.evaluation import Evaluation, cross_validate
from .nlp.modelcard import model_card
from .nlp.seeds import load_labels, shipped
from .nlp.taxonomy import Taxonomy

LABELS = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted classifier, how good it is, and what it was made from."""

    classifier: TopicClassifier
    evaluation: Evaluation
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
    return TrainedModel(
        classifier, evaluation, model_card(classifier, labels, evaluation, taxonomy, names), facts
    )
