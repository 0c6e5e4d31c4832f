"""The active learning loop of a library: suggest, correct, train, compare, retag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nlp.errors import LibraryError
from ..nlp.records import Tag
from ..nlp.text.normalize import squeeze
from ..nlp.topics.classifier import TopicClassifier
from ..nlp.topics.fitting import softmax
from ..nlp.topics.sampling import choose_batch, choose_start, density_of, distinct, rows_of
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_line
from ..results import Correction, StoredSentence, TagChange
from ..storage.lock import Held
from ..storage.row_values import now
from ..storage.store import Store
from .train import Comparison, few_labels, measure, train_model

if TYPE_CHECKING:
    from ..core import OpenLibrary


_MOST = 10_000
"""Sentences that are looked at; of more, those with the smallest margins."""
_SPARE = 2
"""Sentences chosen for each that is wanted: near-duplicates are left out of them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that is worth a label.

    Attributes:
        sentence: the sentence.
        guess: slug of the likeliest topic.
        probability: its probability, 0 to 1.
        second: slug of the second likeliest.
    """

    sentence: StoredSentence
    guess: str
    probability: float
    second: str

    def to_dict(self) -> dict[str, Any]:
        """Return a row to fill in: a label whose topic is still open."""
        s = self.sentence
        return {
            "text": s.text,
            "topic": "",
            "also": [],
            "guess": self.guess,
            "probability": round(self.probability, 4),
            "second": self.second,
            "heading": s.heading,
            "report": s.report,
            "n": s.n,
        }


def suggest(
    sentences: Iterable[StoredSentence],
    classifier: TopicClassifier,
    known: Iterable[str],
    count: int,
    *,
    topic: str = "",
    start: bool = False,
    few: bool = False,
) -> list[Suggestion]:
    """Return the sentences that would teach ``classifier`` most, and no two near-duplicates.

    Args:
        sentences: to choose from.
        classifier: what it is unsure of comes first.
        known: sentences that have a label already.
        count: how many; fewer come back when there are no more.
        topic: slug; only sentences for which it is the likeliest topic or the second.
        start: choose sentences that stand for all (k-means) instead of the least certain ones,
            for a classifier that has seen hardly any label.
        few: prefer sentences that stand for many, for a classifier that learns from sentences
            without a label too.
    """
    labelled = {squeeze(text) for text in known}
    pool = list(
        {
            folded: s
            for s in sentences
            if s.kind in ("sentence", "heading")
            and not s.corrected
            and (folded := squeeze(s.text)) not in labelled
        }.values()
    )
    if not pool:
        return []
    scores = classifier.decision_function(pool)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    if topic:
        wanted = np.flatnonzero((classifier.classes_[best] == topic).any(axis=1))
    else:
        wanted = np.arange(len(pool))
    if len(wanted) > _MOST:
        pairs = np.take_along_axis(scores[wanted], best[wanted], axis=1)
        wanted = np.sort(wanted[np.argsort(pairs[:, 0] - pairs[:, 1], kind="stable")[:_MOST]])
    if not len(wanted):
        return []
    rows = rows_of([pool[i].text for i in wanted])
    none = np.zeros(0, np.int64)
    chosen = wanted[
        choose_start(rows, _SPARE * count)
        if start
        else choose_batch(
            scores[wanted], rows, _SPARE * count, none, density_of(rows) if few else None
        )
    ]
    kept = [chosen[i] for i in distinct([pool[i].text for i in chosen])][:count]
    probabilities = softmax(scores[kept] * classifier.temperature_) if kept else scores[:0]
    return [
        Suggestion(
            pool[i],
            str(classifier.classes_[best[i, 0]]),
            float(row[best[i, 0]]),
            str(classifier.classes_[best[i, 1]]),
        )
        for i, row in zip(kept, probabilities, strict=True)
    ]


_BATCH = 5000
_STARTED = 5
"""Labels a topic, on average, from which the model's doubts are worth asking after."""


class ActiveLearning:
    """Corrections, suggestions, training and retagging in a library.

    Args:
        library: the library.
        store: its store.
        follow: brings the index up to the store, if it can be now.
        writing: gives the lock that is held while the library changes.
    """

    def __init__(
        self,
        library: OpenLibrary,
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

    def use_model(self, version: int) -> None:
        """Make a model the one that tags; what is there keeps its tags until :meth:`retag`.

        Raises:
            UnknownNameError: there is no such version.
        """
        with self._writing("models use"):
            self._library.models.use(version)

    def tag_changes(
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
            changes = list(self.tag_changes(progress))
            self._store.tags.retag(changes)
            self._follow()
        return [change for change in changes if change.another_topic]
