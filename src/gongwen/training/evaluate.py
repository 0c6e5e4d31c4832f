"""Evaluate a library's model: on which sentences, and had it seen them before?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nlp.errors import TrainingError
from ..nlp.text.normalize import squeeze
from ..nlp.topics.evaluation import Evaluation, confusions, cross_validate, evaluate
from ..nlp.topics.labels import LabelledSentence, load_labels
from ..storage.models import SHIPPED, ModelStore
from .train import CHECK, check_labels, evaluated

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """How good a model is, and what must be known to judge the figures.

    Attributes:
        version: number of the model, 0 for the shipped one.
        created: when it was trained, ISO 8601 in UTC, ``""`` for the shipped one.
        labels: sentences that it was trained on.
        labels_sha256: hash of them.
        files: names of the files that the sentences of the evaluation come from.
        evaluation: the figures.
        seen: sentences of the evaluation that the model was trained on.
        apart: sentences that every fold is trained on and none tests on.
        unknown: slugs of topics of the labels that the model does not have.
    """

    version: int
    created: str
    labels: int
    labels_sha256: str
    files: tuple[str, ...]
    evaluation: Evaluation
    seen: int = 0
    apart: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """What the model is called."""
        return f"model {self.version}" + (" (shipped)" if self.version == SHIPPED else "")

    @property
    def data(self) -> str:
        """What the sentences are."""
        e = self.evaluation
        groups = f"{e.groups} group{'s' if e.groups > 1 else ''}"
        return f"{e.sentences} sentences in {groups} of {', '.join(self.files)}"

    @property
    def split(self) -> str:
        """How the sentences were kept apart from those that were trained on."""
        e = self.evaluation
        if e.folds:
            unit = "group" if e.groups > 1 else "sentence, for there is one group"
            # Of a genre that stands alone: a fold that held it out would test on the unseen.
            apart = f"; {self.apart} more are trained on in every fold" if self.apart else ""
            return f"cross-validation, {e.folds} folds by {unit}{apart}"
        if self.seen:
            seen = f"{self.seen} of these {e.sentences} sentences"
            return f"{seen} were trained on: the figures flatter"
        return "none of these sentences was trained on"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object with all figures."""
        e = self.evaluation
        topics = [score.topic for score in e.topics]
        return {
            "model": {
                "version": self.version,
                "created": self.created,
                "labels": self.labels,
                "labels_sha256": self.labels_sha256,
            },
            "data": {
                "files": list(self.files),
                "sentences": e.sentences,
                "groups": e.groups,
                "folds": e.folds,
                "trained_on": self.seen,
                "apart": self.apart,
                "unknown_topics": list(self.unknown),
                "split": self.split,
            },
            "macro_f1": e.macro_f1,
            "micro_f1": e.micro_f1,
            "accuracy": e.accuracy,
            "plain_f1": e.plain_f1,
            "hard_f1": e.hard_f1,
            "also_f1": e.also_f1,
            "ece": e.ece,
            "topics": [asdict(score) for score in e.topics],
            "coverage": [asdict(score) for score in e.coverage],
            "reliability": [asdict(bin_) for bin_ in e.reliability],
            "confusion": {"topics": topics, "counts": [list(row) for row in e.confusion]},
            "confused": [asdict(pair) for pair in confusions(e.mistakes)],
            "mistakes": [asdict(mistake) for mistake in e.mistakes],
        }


def evaluate_model(models: ModelStore, label_files: Sequence[Path] = ()) -> EvaluatedModel:
    """Evaluate the active model of ``models`` on ``label_files``, by default on the check set.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are no labels, or none of a topic that the model has.
        ModelError: the active model is damaged.
    """
    version = models.active
    classifier = models.load(version)
    taxonomy = models.taxonomy(version)
    labels = load_labels(label_files, taxonomy) if label_files else check_labels(taxonomy)
    if not labels:
        raise TrainingError(
            "the check set is not of these topics; give files of labels, or --cross-validate"
        )
    files = _names(label_files) or (f"seeds/{CHECK}",)
    unknown = _unknown(labels, classifier.classes_.tolist())
    known = {squeeze(label.text) for label in models.labels(version)}
    return EvaluatedModel(
        **_facts(version, classifier),
        files=files,
        seen=sum(squeeze(label.text) in known for label in labels),
        unknown=unknown,
        evaluation=evaluate(labels, classifier.predict_topics(labels)),
    )


def cross_validate_model(
    models: ModelStore,
    label_files: Sequence[Path] = (),
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> EvaluatedModel:
    """Fit a model with the active one's parameters on each fold, and test it on the others.

    Args:
        models: the models of a library.
        label_files: labels to cut into folds; by default what the active model was trained on.
        progress: is told ``("fold", done, total)``.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are no labels, or too few to cut folds.
        ModelError: the active model is damaged.
    """
    version = models.active
    classifier = models.load(version)
    labels = load_labels(label_files, models.taxonomy(version))
    files = _names(label_files) or tuple(map(str, classifier.meta_.get("files", ())))
    labels = labels or models.labels(version)
    tested = evaluated(labels)
    return EvaluatedModel(
        **_facts(version, classifier),
        files=files,
        apart=len(labels) - len(tested),
        evaluation=cross_validate(
            tested, classifier, pool=labels, texts=models.texts(version), progress=progress
        ),
    )


def _facts(version: int, classifier: TopicClassifier) -> dict[str, Any]:
    facts = classifier.meta_
    return {
        "version": version,
        "created": str(facts.get("created", "")),
        "labels": int(facts.get("labels", 0)),
        "labels_sha256": str(facts.get("labels_sha256", "")),
    }


def _names(label_files: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.name for path in label_files)


def _unknown(labels: Sequence[LabelledSentence], topics: Sequence[str]) -> tuple[str, ...]:
    """Return the topics of ``labels`` that are not among those of the model."""
    wanted = {label.topic for label in labels}
    unknown = tuple(sorted(wanted - set(topics)))
    if len(unknown) == len(wanted):
        raise TrainingError(
            f"the model has none of these topics: {', '.join(unknown)}; train it on them first"
        )
    return unknown
