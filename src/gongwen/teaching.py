"""The loop in which users teach a library: correct, train, compare, retag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .clock import now
from .nlp.cleaning import clean_line
from .nlp.errors import LibraryError
from .nlp.records import Tag
from .nlp.taxonomy import Taxonomy
from .results import Correction, StoredSentence, TagChange
from .store import Store
from .suggesting import Suggestion, suggest
from .training import Comparison, few_labels, measure, train_model
from .writing import Held

if TYPE_CHECKING:
    from .library import Library

_BATCH = 5000
_STARTED = 5
"""Labels a topic, on average, from which the model's doubts are worth asking after."""


class Teaching:
    """What users teach a library.

    Args:
        library: the library.
        store: its store.
        follow: brings the index up to the store, if it can be now.
        writing: gives the lock that is held while the library changes.
    """

    def __init__(
        self,
        library: Library,
        store: Store,
        follow: Callable[[], None],
        writing: Callable[[str], Held],
    ) -> None:
        self._library = library
        self._store = store
        self._follow = follow
        self._writing = writing

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
        with self._writing("correct"):
            # All of it is read under the lock: the report may just have been replaced.
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
                author=clean_line(author),
                note=clean_line(note),
                at=now(),
            )
            self._store.tags.correct(sentence.id, correction)
            self._follow()
            return self._library.sentences(sentence.report, n, n)[0]

    def corrections(self) -> list[Correction]:
        """Return all corrections in the order in which they were made."""
        return list(self._store.tags.corrections().values())

    def suggest(self, count: int = 20, topic: str = "") -> list[Suggestion]:
        """Return the sentences of the library that are worth labelling next.

        Args:
            count: how many.
            topic: only sentences that may be of this topic, by any of its names.

        Raises:
            UnknownNameError: there is no such topic.
        """
        models, taxonomy = self._library.models, self._library.taxonomy
        known = [label.text for label in models.labels(models.active)]
        return suggest(
            self._store.all_sentences(),
            models.load(),
            known,
            count,
            topic=taxonomy.topics.resolve(topic) if topic else "",
            start=len(known) < _STARTED * len(taxonomy.topics),
            few=few_labels(len(known), taxonomy),
        )

    def train(
        self,
        label_files: Sequence[Path] = (),
        *,
        topics: Path | None = None,
        texts: Sequence[str] = (),
        force: bool = False,
        progress: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> Comparison:
        """Train a new model on labels, keywords and corrections.

        The model that is active and the new one are cross-validated on the same folds of the new
        labels. The new one is kept as a version of its own, and becomes active when it is not
        worse, when its topics are others, or with ``force``.

        Args:
            label_files: labels of one's own.
            topics: a file of topics of one's own; by default those of the active model.
            texts: sentences without a label to learn from beside those of the library.
            force: use the new model even when it is worse.
            progress: told of every fold.

        Raises:
            ReadError: a file is missing or not UTF-8.
            SeedError: a topic or a line is bad; names the file and line.
            TrainingError: there are neither labels nor keywords of two topics.
        """
        models = self._library.models
        old = models.taxonomy()
        taxonomy = old if topics is None else Taxonomy.load(topics)
        stored = (s.text for s in self._store.all_sentences() if s.kind != "boilerplate")
        trained = train_model(
            label_files, taxonomy, self.corrections(), [*texts, *stored], now(), progress
        )
        before = None
        if set(taxonomy.topics.slugs) == set(old.topics.slugs):
            pool = models.labels(models.active)
            # What cannot be measured is held against what could be.
            tested = trained.labels if trained.evaluation else pool
            before = measure(tested, trained.classifier, pool, trained.texts, progress)
        with self._writing("train"):  # or two would take the same number
            version = models.add(trained)
            comparison = Comparison(version, before, trained.evaluation, trained.used, False)
            if comparison.worse and not force:
                return comparison
            try:
                models.use(version)
            except OSError as error:
                raise LibraryError(
                    f"model {version} is kept but not active ({error.strerror}); "
                    f"gongwen models use {version} makes it so"
                ) from None
        return replace(comparison, activated=True)

    def use(self, version: int) -> None:
        """Make a model the one that tags; what is there keeps its tags until :meth:`retag`.

        Raises:
            UnknownNameError: there is no such version.
        """
        with self._writing("models use"):
            self._library.models.use(version)

    def changes(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> Iterator[TagChange]:
        """Yield the sentences that the active model tags otherwise.

        Corrections win, by the name that their topic has now, unless there is no such topic.
        """
        classifier = self._library.models.load()
        least = self._library.min_probability
        fixed = self._fixed()
        total = self._store.count_changed(0)
        sentences = self._store.all_sentences()
        done = 0
        while batch := list(islice(sentences, _BATCH)):
            open_ = []
            for sentence in batch:
                if found := fixed.get((sentence.report, sentence.text)):
                    if (sentence.topic, sentence.also) != (found[1].topic, found[1].also):
                        yield TagChange(sentence, found[1], found[0])
                elif sentence.kind != "boilerplate":
                    open_.append(sentence)
            for sentence, tag in zip(open_, classifier.predict_topics(open_, least), strict=True):
                old = (sentence.topic, sentence.also, sentence.probability)
                if old != (tag.topic, tag.also, round(tag.probability, 4)):
                    yield TagChange(sentence, tag)
            done += len(batch)
            progress("tagging", done, total)

    def _fixed(self) -> dict[tuple[str, str], tuple[int, Tag]]:
        """Return by report and text the last correction whose topic there is, and its number."""
        taxonomy = self._library.taxonomy
        fixed: dict[tuple[str, str], tuple[int, Tag]] = {}
        for number, c in self._store.tags.corrections().items():
            place = (c.report, c.text)
            fixed.pop(place, None)
            topic, also = taxonomy.present(c.topic, c.also)
            if topic:
                fixed[place] = (number, Tag(topic, also, 1.0, {}))
        return fixed

    def retag(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> list[TagChange]:
        """Tag all sentences anew from the stored text, and return those whose topics changed."""
        with self._writing("retag"):
            changes = list(self.changes(progress))
            self._store.tags.retag(changes)
            self._follow()
        return [change for change in changes if change.another_topic]
