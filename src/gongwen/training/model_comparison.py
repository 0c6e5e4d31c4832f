"""Compare a newly trained model with the active one, and decide whether it may replace it.

Both are cross-validated on the same folds of the new labels. A model that could not be measured, or
that is worse over all topics or in one of them beyond chance, replaces no other by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..nlp.topics.classifier import TopicClassifier
from ..nlp.topics.evaluation import Evaluation
from ..nlp.topics.labels import LabelledSentence
from ..nlp.topics.significance import Change, changes, worse
from ..nlp.topics.taxonomy import Taxonomy
from ..storage.models import SHIPPED, ModelStore
from .train import (
    Progress,
    TrainedModel,
    TrainingSources,
    cross_validate_if_possible,
    in_taxonomy,
    no_progress,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the model that was active when it was trained.

    Attributes:
        version: number of the new model.
        against: number of the model that was active.
        before: cross-validation with the labels that the active model was trained on; ``None``
            when the new model could not be measured, or less than half of the topics of the active
            one are topics of the new one.
        after: cross-validation with the new labels, ``None`` when there are too few.
        changes: what speaks for and against the new model, over all topics that both have and for
            each; empty when ``before`` is ``None``.
        lost: slugs of the topics that the active model measured and the new one could not.
        untested: (slug, number of labels) of the topics of the new model that were not measured.
        dropped_keywords: (slug, keyword) of the keywords that labels contradict.
        used: numbers of labels, keywords and sentences the new model was trained on.
        activated: whether the new model is the active one now.
    """

    version: int
    against: int
    before: Evaluation | None
    after: Evaluation | None
    changes: tuple[Change, ...]
    lost: tuple[str, ...]
    untested: tuple[tuple[str, int], ...]
    dropped_keywords: tuple[tuple[str, str], ...]
    used: TrainingSources
    activated: bool = False

    @property
    def measured(self) -> bool:
        """Whether the new model was measured in all topics in which the active one was."""
        return self.after is not None and not self.lost

    @property
    def losses(self) -> tuple[Change, ...]:
        """The changes that are losses beyond chance (:func:`gongwen.nlp.topics.significance`)."""
        return worse(self.changes) if self.changes else ()

    @property
    def worse(self) -> bool:
        """Whether the new model is worse beyond chance, or not known to be as good."""
        return not self.measured or bool(self.losses)


def compare(
    models: ModelStore, trained: TrainedModel, progress: Progress = no_progress
) -> Comparison:
    """Compare a trained model, which has no number yet, with the active one of ``models``.

    Topics are the same if the new taxonomy has the old slug among its names: renamed and merged
    topics are compared too.

    Args:
        models: the models of a library.
        trained: the new model.
        progress: is called for every fold.

    Raises:
        ModelError, ReadError, SeedError: the files of the active model are damaged.
    """
    against, after = models.active, trained.evaluation
    active, old = models.load(against), models.taxonomy(against)
    find = trained.taxonomy.topics.find
    kept = {slug: find(slug) for slug in old.topics.slugs if find(slug)}
    related = 2 * len(kept) >= len(old.topics)
    tested = {score.topic for score in after.topics if score.support} if after else set()
    before: Evaluation | None = None
    found: tuple[Change, ...] = ()
    lost: tuple[str, ...] = ()
    if related:
        measured = active.classes_[active.measured_].tolist()
        lost = tuple(sorted({kept[slug] for slug in measured if slug in kept} - tested))
    if related and after is not None:
        before = cross_validate_if_possible(
            trained.labels,
            TopicClassifier(keywords=_old_keywords(old, trained.taxonomy)),
            _old_labels(models.labels(against), trained.taxonomy),
            models.texts(against),
            progress,
        )
        if before is not None:
            found = changes(before, after, tested & set(kept.values()))
    return Comparison(
        version=SHIPPED,
        against=against,
        before=before,
        after=after,
        changes=found,
        lost=lost,
        untested=trained.untested,
        dropped_keywords=trained.dropped_keywords,
        used=trained.used,
    )


def _old_keywords(old: Taxonomy, new: Taxonomy) -> dict[str, list[str]]:
    """Return the keywords of ``old``, by the slugs of ``new`` where it has the topics."""
    keywords: dict[str, list[str]] = {}
    for slug, words in old.keywords.items():
        keywords.setdefault(new.topics.find(slug) or slug, []).extend(words)
    return keywords


def _old_labels(labels: Sequence[LabelledSentence], new: Taxonomy) -> list[LabelledSentence]:
    """Return ``labels`` with the slugs of ``new``, and as they are where it has no such topic."""
    return [next(iter(in_taxonomy([label], new)), label) for label in labels]
