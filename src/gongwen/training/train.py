"""Train a model: the one way in which shipped and users' models are made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..nlp.errors import TrainingError
from ..nlp.seeds import shipped
from ..nlp.text.normalize import squeeze
from ..nlp.topics.classifier import MAX_KEYWORDS, TopicClassifier
from ..nlp.topics.evaluation import Evaluation, cross_validate, evaluate
from ..nlp.topics.labels import LabelledSentence, load_labels
from ..nlp.topics.model_card import model_card
from ..nlp.topics.taxonomy import Taxonomy
from ..results import Correction

LABELS = "labels.jsonl"
CHECK = "check.jsonl"
_GENRE_ALONE = "general-reports"
"""A batch of another genre, all of one topic: a fold that held it out would test on a genre that
its model has never seen. It is trained on in every fold and never tested on."""
_NOISE = 0.002
"""Macro-F1 that the choice of folds alone can move; below it a model is not worse."""
_MANY = 200
"""Labels a topic, on average, above which sentences without a label no longer help."""
_MOST_TEXTS = 5000
"""Sentences without a label that are learnt from; more cost time and gain little."""

Progress = Callable[[str, int, int], None]


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a model was made from.

    Attributes:
        shipped: labels that come with gongwen.
        files: labels from the user's files.
        corrections: labels from corrections.
        keywords: keywords of the topics.
        texts: sentences without a label.
        dropped: labels and corrections of topics that the taxonomy does not have (any more).
        empty: slugs of topics with neither labels nor keywords; no sentence will get them.
    """

    shipped: int
    files: int
    corrections: int
    keywords: int
    texts: int
    dropped: int
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted classifier, how good it is, and what it was made from.

    Attributes:
        classifier: the classifier.
        taxonomy: its topics.
        labels: what it was fitted on.
        texts: the sentences without a label beside them.
        evaluation: its figures by cross-validation, ``None`` when there are too few labels.
        check: its figures on the check set, which is never trained on; ``None`` for other topics.
        used: what it was made from.
        card: the model card, Markdown.
        facts: what is kept in the model file.
    """

    classifier: TopicClassifier
    taxonomy: Taxonomy
    labels: tuple[LabelledSentence, ...]
    texts: tuple[str, ...]
    evaluation: Evaluation | None
    check: Evaluation | None
    used: Used
    card: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the one that was active, on the same folds.

    Attributes:
        version: number of the new model.
        before: figures of the labels that the active model was trained on; ``None`` when its
            topics are others, or it cannot be measured.
        after: figures of the new labels, ``None`` when there are too few.
        used: what the new model was made from.
        activated: whether the library tags with the new model now.
    """

    version: int
    before: Evaluation | None
    after: Evaluation | None
    used: Used
    activated: bool

    @property
    def worse(self) -> bool:
        """Whether the new model is worse by more than chance, or not known to be as good."""
        if self.before is None or self.after is None:
            return self.before is not None
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


def check_labels(taxonomy: Taxonomy) -> list[LabelledSentence]:
    """Return the check set in the topics of ``taxonomy``, none when its topics are others."""
    return list(_renamed(_shipped(CHECK), taxonomy)) if taxonomy.shipped_labels else []


def train_model(
    label_files: Sequence[Path],
    taxonomy: Taxonomy,
    corrections: Sequence[Correction] = (),
    texts: Sequence[str] = (),
    created: str = "",
    progress: Progress = quiet,
) -> TrainedModel:
    """Fit a classifier on the labels that ship, those in ``label_files``, and corrections.

    Where a sentence has several labels, corrections win over files and files over what ships. The
    labels that ship are used when the taxonomy says that they are of its topics. Sentences
    without a label (``texts``, and shipped labels of topics that the taxonomy does not have) are
    learnt from as long as there are fewer than 200 labels a topic.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are neither labels nor keywords of two topics.
    """
    ours = _shipped(LABELS) if taxonomy.shipped_labels else []
    known = list(_renamed(ours, taxonomy))
    given = load_labels(label_files, taxonomy)
    fixed = corrected_sentences(corrections)
    kept = list(_renamed(fixed, taxonomy))
    origins = {"shipped": known, "files": given, "corrections": kept}
    merged = {
        squeeze(label.text): (label, origin) for origin, some in origins.items() for label in some
    }
    labels = tuple(label for label, _ in merged.values())
    keywords = taxonomy.keywords
    counts = Counter(label.topic for label in labels)
    origin_counts = Counter(origin for _, origin in merged.values())
    used = Used(
        **{origin: origin_counts[origin] for origin in origins},
        keywords=sum(min(len(words), MAX_KEYWORDS) for words in keywords.values()),
        texts=0,
        dropped=len(ours) - len(known) + len(fixed) - len(kept),
        empty=tuple(t for t in taxonomy.topics.slugs if t not in counts and t not in keywords),
    )
    open_: tuple[str, ...] = ()
    if few_labels(len(labels), taxonomy):
        found = {label.text for label in ours} | set(texts)
        open_ = tuple(_some(sorted(found - {label.text for label in labels})))
        used = replace(used, texts=len(open_))
    classifier = TopicClassifier(keywords=keywords)
    evaluation = measure(labels, classifier, labels, open_, progress)
    classifier.fit(
        [*(lb for lb in labels), *(LabelledSentence(text, "") for text in open_)],
        [*((lb.topic, *lb.also) for lb in labels), *(None for _ in open_)],
        [*(lb.group for lb in labels), *("" for _ in open_)],
    )
    apart = check_labels(taxonomy)
    check = evaluate(apart, classifier.predict_topics(apart)) if apart else None
    sources = [f"seeds/{LABELS}"] if known else []
    sources += [path.name for path in label_files]
    sources += [f"corrections ({len(kept)})"] if kept else []
    facts: dict[str, Any] = {
        "labels": len(labels),
        "labels_sha256": _digest(labels),
        "texts": len(open_),
        "macro_f1": round(evaluation.macro_f1, 4) if evaluation else None,
        "files": sources,
    }
    if created:
        facts["created"] = created
    card = model_card(classifier, labels, evaluation, check, taxonomy, sources, len(open_))
    return TrainedModel(classifier, taxonomy, labels, open_, evaluation, check, used, card, facts)


def few_labels(count: int, taxonomy: Taxonomy) -> bool:
    """Say whether ``count`` labels are so few that sentences without a label help."""
    return count < _MANY * len(taxonomy.topics)


def measure(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    pool: Sequence[LabelledSentence],
    texts: Sequence[str] = (),
    progress: Progress = quiet,
) -> Evaluation | None:
    """Cross-validate on ``labels`` what is trained on ``pool``; ``None`` when they are too few."""
    tested = evaluated(labels)
    if min(Counter(label.topic for label in tested).values(), default=0) < 2:
        return None
    try:
        return cross_validate(tested, classifier, pool=pool, texts=texts, progress=progress)
    except TrainingError:  # a fold without any of the labels
        return None


def _shipped(name: str) -> list[LabelledSentence]:
    return load_labels([shipped(name)], Taxonomy.shipped())


def _renamed(labels: Sequence[LabelledSentence], taxonomy: Taxonomy) -> Iterator[LabelledSentence]:
    """Yield ``labels`` by the slugs that ``taxonomy`` has for their topics, where it has one."""
    for label in labels:
        topic, also = taxonomy.present(label.topic, label.also)
        if topic:
            role = taxonomy.roles.find(label.role) if label.role else ""
            yield replace(label, topic=topic, also=also, role=role)


def _some(texts: Sequence[str]) -> Sequence[str]:
    """Return ``texts``, or as many as are learnt from, spread evenly over all."""
    if len(texts) <= _MOST_TEXTS:
        return texts
    return [texts[i * len(texts) // _MOST_TEXTS] for i in range(_MOST_TEXTS)]


def _digest(labels: Sequence[LabelledSentence]) -> str:
    lines = "\n".join(f"{label.topic}\t{label.text}" for label in labels)
    return hashlib.sha256(lines.encode()).hexdigest()
