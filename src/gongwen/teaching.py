"""The loop in which users teach a library: correct, train, compare, retag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .nlp.evaluation import cross_validate
from .nlp.records import Tag
from .results import Correction, StoredSentence
from .store import Store, now
from .training import Comparison, evaluated, train_model

if TYPE_CHECKING:
    from .library import Library

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class TagChange:
    """A sentence whose tags a model would change.

    Attributes:
        sentence: the sentence with its present tags.
        tag: what the model says now.
    """

    sentence: StoredSentence
    tag: Tag


class Teaching:
    """What users teach a library.

    Args:
        library: the library.
        store: its store.
        catch_up: brings the index up to the store.
    """

    def __init__(self, library: Library, store: Store, catch_up: Callable[[], None]) -> None:
        self._library = library
        self._store = store
        self._catch_up = catch_up

    def correct(
        self,
        report: str,
        n: int,
        topic: str,
        *,
        also: Sequence[str] = (),
        role: str = "",
        author: str = "",
        note: str = "",
    ) -> StoredSentence:
        """Say what a sentence is about; the correction is kept for good and seen at once.

        Args:
            report: id of the report.
            n: number of the sentence there.
            topic: the right topic, by any of its names.
            also: the right further topics.
            role: the right role; the one it has stays when it is not given.
            author: who says so.
            note: why.

        Raises:
            UnknownNameError: a topic, role, report or sentence that does not exist.
        """
        topics, roles = self._library.taxonomy.topics, self._library.taxonomy.roles
        [sentence] = self._library.sentences(report, n, n)
        slug = topics.resolve(topic)
        further = dict.fromkeys(topics.resolve(name) for name in also)
        correction = Correction(
            report=sentence.report,
            n=n,
            text=sentence.text,
            heading=sentence.heading,
            topic=slug,
            also=tuple(name for name in further if name != slug),
            role=roles.resolve(role) if role else "",
            author=author,
            note=note,
            at=now(),
        )
        self._store.tags.correct(sentence.id, correction)
        self._catch_up()
        return self._library.sentences(sentence.report, n, n)[0]

    def corrections(self) -> list[Correction]:
        """Return all corrections in the order in which they were made."""
        return list(self._store.tags.corrections().values())

    def train(self, label_files: Sequence[Path] = (), *, force: bool = False) -> Comparison:
        """Train a new model on what ships, ``label_files`` and the corrections.

        The model that is active and the new one are cross-validated on the same folds of the new
        labels. The new one is kept as a version of its own, and becomes active when it is not
        worse, or with ``force``.

        Raises:
            ReadError: a file is missing or not UTF-8.
            SeedError: a line is not a label; names the file and line.
            TrainingError: there are too few labels.
        """
        taxonomy, models = self._library.taxonomy, self._library.models
        trained = train_model(label_files, taxonomy, self.corrections(), created=now())
        pool = models.labels(models.active, taxonomy)
        before = cross_validate(evaluated(trained.labels), trained.classifier, pool=pool)
        version = models.add(trained.classifier, trained.labels, trained.card, trained.facts)
        comparison = Comparison(version, before, trained.evaluation, activated=False)
        if comparison.worse and not force:
            return comparison
        models.use(version)
        return Comparison(version, before, trained.evaluation, activated=True)

    def changes(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> Iterator[TagChange]:
        """Yield the sentences that the active model tags otherwise; corrected ones stay."""
        classifier = self._library.models.load()
        least = self._library.min_probability
        total = self._store.count_changed(0)
        sentences = self._store.all_sentences()
        done = 0
        while batch := list(islice(sentences, _BATCH)):
            open_ = [s for s in batch if s.kind != "boilerplate" and not s.corrected]
            for sentence, tag in zip(open_, classifier.predict_topics(open_, least), strict=True):
                old = (sentence.topic, sentence.also, sentence.probability)
                if old != (tag.topic, tag.also, round(tag.probability, 4)):
                    yield TagChange(sentence, tag)
            done += len(batch)
            progress("tagging", done, total)

    def retag(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> list[TagChange]:
        """Tag all sentences anew from the stored text, and return those whose topics changed."""
        changes = list(self.changes(progress))
        self._store.tags.retag((change.sentence.id, change.tag) for change in changes)
        self._catch_up()
        return [
            c for c in changes if (c.sentence.topic, c.sentence.also) != (c.tag.topic, c.tag.also)
        ]
