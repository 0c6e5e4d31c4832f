"""Train a topic model on labels, keywords and corrections, and cross-validate it.

The shipped model and the models of users are made by the same function, :func:`train_model`.
"""

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

LABELS_FILE = "labels.jsonl"
CHECK_FILE = "check.jsonl"
"""Shipped labels to train on, and shipped labels to test on only (the check set)."""
_UNLABELLED_LABEL_LIMIT = 200
"""Average number of labels for each topic from which unlabelled sentences no longer help."""
_MAX_UNLABELLED = 5000
"""Limit of the unlabelled sentences to learn from; more take time and improve little."""

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, the number of parts done, and the number of all parts."""


def no_progress(what: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class TrainingSources:
    """The numbers of labels, keywords and sentences that a model was trained on.

    Attributes:
        shipped: number of labels that come with gongwen.
        files: number of labels from the user's files.
        corrections: number of labels from corrections.
        keywords: number of keywords of the topics.
        texts: number of unlabelled sentences.
        dropped: number of labels and corrections that were not used, because the taxonomy does
            not have their topic (any more).
        empty: slugs of topics with neither labels nor keywords, which are never assigned.
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
    """A fitted classifier with its evaluation and its training data.

    Attributes:
        classifier: the fitted classifier.
        taxonomy: the taxonomy of its topics.
        labels: the labels it was fitted on.
        texts: the unlabelled sentences it was fitted on.
        evaluation: the cross-validation, ``None`` when fewer than two topics have labels enough.
        check: the evaluation on the check set, which is never trained on; ``None`` for a taxonomy
            with other topics.
        used: numbers of labels, keywords and sentences it was trained on.
        card: the model card in Markdown.
        facts: the metadata of the model file.
    """

    classifier: TopicClassifier
    taxonomy: Taxonomy
    labels: tuple[LabelledSentence, ...]
    texts: tuple[str, ...]
    evaluation: Evaluation | None
    check: Evaluation | None
    used: TrainingSources
    card: str
    facts: dict[str, Any]

    @property
    def untested(self) -> tuple[tuple[str, int], ...]:
        """The slugs of the topics that were learnt and not measured, with their labels.

        They have fewer than two distinct labels, so that none can be held out.
        """
        if self.evaluation is None:
            tested = set[str]()
        else:
            tested = {score.topic for score in self.evaluation.topics if score.support}
        counts = Counter(label.topic for label in self.labels)
        learnt = [slug for slug in self.taxonomy.topics.slugs if slug not in self.used.empty]
        return tuple((slug, counts[slug]) for slug in learnt if slug not in tested)

    @property
    def dropped_keywords(self) -> tuple[tuple[str, str], ...]:
        """The slugs and keywords that were not used, because labels contradict them."""
        dropped = self.classifier.dropped_keywords_
        return tuple((str(slug), word) for slug, words in dropped.items() for word in words)


def labels_from_corrections(corrections: Sequence[Correction]) -> list[LabelledSentence]:
    """Return the last correction of each sentence as a label, in one group for each report."""
    latest = {(c.report, c.text): c for c in corrections}
    return [
        LabelledSentence(c.text, c.topic, c.also, c.role, c.heading, group=f"correction:{c.report}")
        for c in latest.values()
    ]


def check_labels(taxonomy: Taxonomy) -> list[LabelledSentence]:
    """Return the check set, empty if ``taxonomy`` does not use the shipped labels."""
    return list(in_taxonomy(_load_shipped(CHECK_FILE), taxonomy)) if taxonomy.shipped_labels else []


def train_model(
    label_files: Sequence[Path],
    taxonomy: Taxonomy,
    corrections: Sequence[Correction] = (),
    texts: Sequence[str] = (),
    created: str = "",
    progress: Progress = no_progress,
) -> TrainedModel:
    """Fit and cross-validate a classifier on shipped labels, ``label_files`` and corrections.

    When a sentence has several labels, a correction takes precedence over a file, and a file over
    a shipped label. Shipped labels are used only if the taxonomy says so (``shipped_labels``).
    With fewer than 200 labels for each topic on average, the classifier also learns from unlabelled
    sentences: ``texts``, and the shipped sentences whose topics the taxonomy does not have.

    Args:
        label_files: files of the user's labels.
        taxonomy: the topics and their keywords.
        corrections: corrections of a library, oldest first.
        texts: unlabelled sentences.
        created: time to record in the model, ISO 8601 in UTC; ``""`` records none, so that equal
            input gives an equal file.
        progress: is called for every fold.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not a label; names the file and line.
        TrainingError: there are neither labels nor keywords of two topics.
    """
    shipped_labels = _load_shipped(LABELS_FILE) if taxonomy.shipped_labels else []
    from_shipped = list(in_taxonomy(shipped_labels, taxonomy))
    from_files = load_labels(label_files, taxonomy)
    correction_labels = labels_from_corrections(corrections)
    from_corrections = list(in_taxonomy(correction_labels, taxonomy))
    origins = {"shipped": from_shipped, "files": from_files, "corrections": from_corrections}
    merged = {
        squeeze(label.text): (label, origin) for origin, group in origins.items() for label in group
    }
    labels = tuple(label for label, _ in merged.values())
    keywords = taxonomy.keywords
    counts = Counter(label.topic for label in labels)
    origin_counts = Counter(origin for _, origin in merged.values())
    used = TrainingSources(
        **{origin: origin_counts[origin] for origin in origins},
        keywords=sum(min(len(words), MAX_KEYWORDS) for words in keywords.values()),
        texts=0,
        dropped=len(shipped_labels)
        - len(from_shipped)
        + len(correction_labels)
        - len(from_corrections),
        empty=tuple(t for t in taxonomy.topics.slugs if t not in counts and t not in keywords),
    )
    unlabelled: tuple[str, ...] = ()
    if benefits_from_unlabelled(len(labels), taxonomy):
        candidates = {label.text for label in shipped_labels} | set(texts)
        unlabelled = tuple(_evenly_sampled(sorted(candidates - {label.text for label in labels})))
        used = replace(used, texts=len(unlabelled))
    classifier = TopicClassifier(keywords=keywords)
    evaluation = cross_validate_if_possible(labels, classifier, labels, unlabelled, progress)
    classifier.fit(
        [*(lb for lb in labels), *(LabelledSentence(text, "") for text in unlabelled)],
        [*(lb.topic for lb in labels), *(None for _ in unlabelled)],
        [*(lb.group for lb in labels), *("" for _ in unlabelled)],
        [*(lb.also for lb in labels), *(None for _ in unlabelled)],
    )
    check_set = check_labels(taxonomy)
    check = evaluate(check_set, classifier.predict_topics(check_set)) if check_set else None
    sources = [f"seeds/{LABELS_FILE}"] if from_shipped else []
    sources += [path.name for path in label_files]
    sources += [f"corrections ({len(from_corrections)})"] if from_corrections else []
    facts: dict[str, Any] = {
        "labels": len(labels),
        "labels_sha256": _sha256(labels),
        "texts": len(unlabelled),
        "macro_f1": round(evaluation.macro_f1, 4) if evaluation else None,
        "files": sources,
    }
    if evaluation:
        facts |= {"sentences": evaluation.sentences, "distinct": evaluation.distinct}
    if check:
        facts |= {
            "check_macro_f1": round(check.macro_f1, 4),
            "check_sentences": check.sentences,
            "check_distinct": check.distinct,
        }
    if created:
        facts["created"] = created
    card = model_card(classifier, labels, evaluation, check, taxonomy, sources, len(unlabelled))
    return TrainedModel(
        classifier, taxonomy, labels, unlabelled, evaluation, check, used, card, facts
    )


def benefits_from_unlabelled(count: int, taxonomy: Taxonomy) -> bool:
    """Return whether ``count`` labels are so few that unlabelled sentences improve the model."""
    return count < _UNLABELLED_LABEL_LIMIT * len(taxonomy.topics)


def cross_validate_if_possible(
    labels: Sequence[LabelledSentence],
    classifier: TopicClassifier,
    pool: Sequence[LabelledSentence],
    texts: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Evaluation | None:
    """Cross-validate a model, or return ``None`` when labels of fewer than two topics suffice.

    Args:
        labels: the labels to test on.
        classifier: a classifier with the parameters to use.
        pool: the labels to train on; those of the tested fold are left out.
        texts: unlabelled sentences to train on.
        progress: is called for every fold.
    """
    try:
        return cross_validate(labels, classifier, pool=pool, texts=texts, progress=progress)
    except TrainingError:
        return None


def _load_shipped(name: str) -> list[LabelledSentence]:
    """Return the labels of a shipped file."""
    return load_labels([shipped(name)], Taxonomy.shipped())


def in_taxonomy(
    labels: Sequence[LabelledSentence], taxonomy: Taxonomy
) -> Iterator[LabelledSentence]:
    """Yield the labels whose topic ``taxonomy`` has, with its present slugs."""
    for label in labels:
        topic, also = taxonomy.present(label.topic, label.also)
        if topic:
            role = taxonomy.roles.find(label.role) if label.role else ""
            yield replace(label, topic=topic, also=also, role=role)


def _evenly_sampled(texts: Sequence[str]) -> Sequence[str]:
    """Return at most :data:`_MAX_UNLABELLED` of ``texts``, at even distances."""
    if len(texts) <= _MAX_UNLABELLED:
        return texts
    return [texts[i * len(texts) // _MAX_UNLABELLED] for i in range(_MAX_UNLABELLED)]


def _sha256(labels: Sequence[LabelledSentence]) -> str:
    """Return the SHA-256 of the texts and primary topics of ``labels``."""
    lines = "\n".join(f"{label.topic}\t{label.text}" for label in labels)
    return hashlib.sha256(lines.encode()).hexdigest()
