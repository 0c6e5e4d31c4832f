"""Evaluate the active model of a library on labelled sentences or by cross-validation.

The result states how many of the test sentences the model was trained on, because these make the
figures too good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import _, ngettext
from ..nlp.errors import TrainingError
from ..nlp.text.normalize import squeeze
from ..nlp.topics.evaluation import Evaluation, confusions, cross_validate, evaluate
from ..nlp.topics.labels import LabelledSentence, load_labels
from ..storage.models import SHIPPED, Measure, MeasureKind, ModelStore, measures_of
from .train import CHECK_FILE, check_labels

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier
    from ..nlp.topics.taxonomy import Taxonomy

_CHECK_NAME = f"seeds/{CHECK_FILE}"


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """The evaluation of a model, with what is needed to judge the figures.

    Attributes:
        version: number of the model, 0 for the shipped one.
        created: time of training, ISO 8601 in UTC, ``""`` for the shipped model.
        labels: number of labelled sentences that it was trained on.
        labels_sha256: SHA-256 of these sentences and their topics.
        files: names of the files with the test sentences.
        evaluation: the figures.
        seen: number of test sentences that the model was trained on.
        unknown: slugs of the topics of test sentences that the model does not have.
        dropped_keywords: by topic the keywords that it does not use, as labels contradict them.
        earlier: what was measured of other kinds when the model was trained.
    """

    version: int
    created: str
    labels: int
    labels_sha256: str
    files: tuple[str, ...]
    evaluation: Evaluation
    seen: int = 0
    unknown: tuple[str, ...] = ()
    dropped_keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    earlier: tuple[Measure, ...] = ()

    @property
    def model(self) -> str:
        """Name of the model for display, such as ``model 0 (shipped)``."""
        name = _("model {number} (shipped)") if self.version == SHIPPED else _("model {number}")
        return name.format(number=self.version)

    @property
    def data(self) -> str:
        """Description of the test sentences: how many, how many are distinct, groups and files."""
        e = self.evaluation
        message = ngettext(
            "{sentences} sentences ({distinct} distinct) in {groups} group of {files}",
            "{sentences} sentences ({distinct} distinct) in {groups} groups of {files}",
            e.groups,
        )
        return message.format(
            sentences=e.sentences, distinct=e.distinct, groups=e.groups, files=", ".join(self.files)
        )

    @property
    def split(self) -> str:
        """Description of how test sentences were separated from training sentences."""
        e = self.evaluation
        if e.folds:
            if e.groups > 1:
                message = _("cross-validation, {folds} folds by group, near-copies in one fold")
            else:
                message = _(
                    "cross-validation, {folds} folds by sentence, for there is one group;"
                    " near-copies in one fold"
                )
            split = message.format(folds=e.folds)
            if self.apart:
                message = _("; {count} more are trained on in every fold")
                split += message.format(count=self.apart)
            return split
        if self.seen:
            message = _(
                "{seen} of these {sentences} sentences were trained on: the figures flatter"
            )
            return message.format(seen=self.seen, sentences=e.sentences)
        return _("none of these sentences was trained on")

    @property
    def apart(self) -> int:
        """Number of labelled sentences that every fold is trained on and none is tested on.

        They are of topics with too few labels to be held out.
        """
        return sum(count for _topic, count in self.evaluation.untested)

    @property
    def kind(self) -> MeasureKind:
        """What kind of sentences the model was measured on."""
        if self.evaluation.folds:
            return "cross-validation"
        return "check set" if self.files == (_CHECK_NAME,) else "own file"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """This evaluation, and what was measured of other kinds when the model was trained."""
        e = self.evaluation
        own = Measure(self.kind, e.macro_f1, e.sentences, e.distinct, self.seen)
        return own, *(measure for measure in self.earlier if measure.kind != own.kind)

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as a JSON object."""
        e = self.evaluation
        topics = [score.topic for score in e.topics]
        return {
            "model": {
                "version": self.version,
                "created": self.created,
                "labels": self.labels,
                "labels_sha256": self.labels_sha256,
                "dropped_keywords": {t: list(words) for t, words in self.dropped_keywords.items()},
            },
            "data": {
                "kind": self.kind,
                "files": list(self.files),
                "sentences": e.sentences,
                "distinct": e.distinct,
                "groups": e.groups,
                "folds": e.folds,
                "trained_on": self.seen,
                "apart": self.apart,
                "untested_topics": dict(e.untested),
                "unknown_topics": list(self.unknown),
                "split": self.split,
            },
            "measures": [asdict(measure) for measure in self.measures],
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

    The check set is the part of the shipped labels that no model is trained on.

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
    files = _file_names(label_files) or (_CHECK_NAME,)
    unknown = _unknown_topics(labels, classifier, taxonomy)
    known = {squeeze(label.text) for label in models.labels(version)}
    return EvaluatedModel(
        **_provenance(version, classifier),
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
    """Cross-validate a model with the parameters of the active one.

    For each fold, a model is trained on the other folds and tested on this one.

    Args:
        models: the models of a library.
        label_files: files of labels; by default the labels that the active model was trained on.
        progress: is called with ``("fold", done, total)`` for every fold.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are no labels, or too few for two folds.
        ModelError: the active model is damaged.
    """
    version = models.active
    classifier = models.load(version)
    labels = load_labels(label_files, models.taxonomy(version))
    files = _file_names(label_files) or tuple(map(str, classifier.meta_.get("files", ())))
    labels = labels or models.labels(version)
    return EvaluatedModel(
        **_provenance(version, classifier),
        files=files,
        evaluation=cross_validate(
            labels, classifier, pool=labels, texts=models.texts(version), progress=progress
        ),
    )


def _provenance(version: int, classifier: TopicClassifier) -> dict[str, Any]:
    """Return the fields of :class:`EvaluatedModel` that say which model it is."""
    meta = classifier.meta_
    return {
        "version": version,
        "created": str(meta.get("created", "")),
        "labels": int(meta.get("labels", 0)),
        "labels_sha256": str(meta.get("labels_sha256", "")),
        "dropped_keywords": classifier.dropped_keywords_,
        "earlier": measures_of(meta),
    }


def _file_names(label_files: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of the files without their folders."""
    return tuple(path.name for path in label_files)


def _unknown_topics(
    labels: Sequence[LabelledSentence], classifier: TopicClassifier, taxonomy: Taxonomy
) -> tuple[str, ...]:
    """Return the topics of ``labels`` that the model does not have.

    Raises:
        TrainingError: none of the topics is known to the model.
    """
    wanted = {label.topic for label in labels}
    unknown = tuple(sorted(wanted - set(classifier.classes_.tolist())))
    if len(unknown) == len(wanted):
        names = ", ".join(map(taxonomy.topics.zh, unknown))
        raise TrainingError(f"the model has none of these topics: {names}; train it on them first")
    return unknown
