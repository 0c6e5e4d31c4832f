"""Run the active learning loop of a library: suggest, correct, train, compare and retag sentences.

:func:`suggest` chooses the sentences whose labels would improve the model most.
:class:`ActiveLearning` stores corrections, trains a new model on them, compares it with the present
one and retags the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.document.blocks import furniture_of
from ..nlp.errors import LibraryError, UnknownNameError, WriteError
from ..nlp.records import Tag
from ..nlp.text.normalize import squeeze
from ..nlp.topics.calibration import softmax
from ..nlp.topics.classifier import TopicClassifier
from ..nlp.topics.folds import near_copies
from ..nlp.topics.labels import choose_batch, choose_start, density_of, rows_of
from ..nlp.topics.section_topics import predict_units
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_line
from ..results import Correction, StoredSentence, TagChange
from ..storage.lock import Held
from ..storage.row_values import now
from ..storage.store import Store
from ..storage.undone import TakenBack, Uncorrected
from .model_comparison import Comparison, compare
from .train import benefits_from_unlabelled, train_model

if TYPE_CHECKING:
    from ..core import OpenLibrary
    from ..storage.models import ModelStore


_MAX_SCORED = 10_000
"""Limit of the sentences to choose from; of more, those with the smallest margin between the two
likeliest topics are taken."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that is worth labelling.

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
        """Return a JSON object for a file of labels, with an empty topic to fill in."""
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
    representative: bool = False,
    prefer_typical: bool = False,
) -> list[Suggestion]:
    """Return the sentences whose labels would improve ``classifier`` most, without near-copies.

    No sentence is a near-copy (:func:`gongwen.nlp.topics.folds.near_copies`) of another one or of a
    labelled one; of several near-copies the least certain is a candidate.

    Args:
        sentences: the sentences to choose from; only headings and sentences that have no
            correction are candidates.
        classifier: the present classifier; the sentences it is least certain of come first.
        known: texts that are labelled already.
        count: number of sentences to return; there may be fewer candidates.
        topic: slug of a topic; only sentences for which it is the likeliest or second likeliest.
        representative: choose sentences that represent all others (k-means) instead of uncertain
            ones, for a classifier trained on very few labels.
        prefer_typical: prefer uncertain sentences that are similar to many others, for a
            classifier that also learns from unlabelled sentences.
    """
    known = list(known)
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
    scores = classifier.topic_scores(pool)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    if topic:
        candidates = np.flatnonzero((classifier.classes_[best] == topic).any(axis=1))
    else:
        candidates = np.arange(len(pool))
    if len(candidates) > _MAX_SCORED:
        pairs = np.take_along_axis(scores[candidates], best[candidates], axis=1)
        candidates = np.sort(
            candidates[np.argsort(pairs[:, 0] - pairs[:, 1], kind="stable")[:_MAX_SCORED]]
        )
    texts = [pool[i].text for i in candidates]
    candidates = candidates[_not_near_copies(texts, known, scores[candidates])]
    if not len(candidates):
        return []
    rows = rows_of([pool[i].text for i in candidates])
    none = np.zeros(0, np.int64)
    kept = candidates[
        choose_start(rows, count)
        if representative
        else choose_batch(
            scores[candidates], rows, count, none, density_of(rows) if prefer_typical else None
        )
    ]
    probabilities = softmax(scores[kept] * classifier.temperature_)
    return [
        Suggestion(
            pool[i],
            str(classifier.classes_[best[i, 0]]),
            float(row[best[i, 0]]),
            str(classifier.classes_[best[i, 1]]),
        )
        for i, row in zip(kept, probabilities, strict=True)
    ]


def _not_near_copies(
    texts: Sequence[str], known: Sequence[str], scores: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return the ascending indices of one text of each cluster of near-copies without a known one.

    Args:
        texts: n texts.
        known: texts that are labelled already.
        scores: (n, topics) scores of the classifier; the least certain text of a cluster is taken.
    """
    clusters = near_copies([*texts, *known])
    labelled = set(clusters[len(texts) :].tolist())
    best = np.sort(scores, axis=1)[:, -2:]
    first: dict[int, int] = {}
    for i in np.argsort(best[:, 1] - best[:, 0], kind="stable").tolist():
        first.setdefault(int(clusters[i]), i)
    return np.array(sorted(i for cluster, i in first.items() if cluster not in labelled), np.int64)


_TAGGED_AT_ONCE = 4000
"""Sentences from which a batch of whole reports is tagged."""
_MIN_LABELS_PER_TOPIC = 5
"""Average number of labels for each topic from which the model's uncertainty is a good guide to
suggestions; with fewer labels representative sentences are suggested."""


class ActiveLearning:
    """Corrections, suggestions and training of a library.

    Args:
        library: the library.
        store: the store of the library.
        sync_index: updates the index from the store, if that is possible now.
        acquire_lock: returns the held lock of the library, given the name of the operation.
    """

    def __init__(
        self,
        library: OpenLibrary,
        store: Store,
        sync_index: Callable[[], None],
        acquire_lock: Callable[[str], Held],
    ) -> None:
        self._library = library
        self._store = store
        self._sync_index = sync_index
        self._acquire_lock = acquire_lock

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
        """Correct the topics of a sentence. The correction is permanent and takes effect at once.

        Args:
            report: id of the report.
            n: number of the sentence in the report, from 1.
            topic: the right topic, by any of its names.
            also: the right further topics, by any of their names.
            role: the right role; ``""`` keeps the present one.
            author: name of the person who corrects.
            note: reason for the correction.

        Returns:
            The sentence with its new topics.

        Raises:
            UnknownNameError: there is no such topic, role, report or sentence.
            LibraryInUseError: another process is writing to the library.
        """
        with self._acquire_lock("correct"):
            # Read everything under the lock, because the report may just have been replaced.
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
            self._sync_index()
            return self._library.sentences(sentence.report, n, n)[0]

    def undo_correction(self, report: str, n: int, *, author: str = "") -> StoredSentence:
        """Take back the correction that a sentence has its tags from, and return the sentence.

        Every sentence of the report with tags from this correction gets those of the correction
        before it, or of the model.

        Raises:
            UnknownNameError: there is no such report or sentence, or it has no correction.
            LibraryInUseError: another process is writing to the library.
        """
        with self._acquire_lock("correct"):
            [sentence] = self._library.sentences(report, n, n)
            id_ = sentence.report
            number = self._store.undo.number_of(sentence.id)
            if not number:
                hint = "this sentence was not corrected"
                raise UnknownNameError("correction", f"{id_}:{n}", (), hint)
            same = self._store.undo.corrected_by(number)
            changes = self._without(id_, {s.n: number for s in self._store.sentences(same)})
            self._store.undo.undo(id_, changes, number, TakenBack(now(), clean_line(author)))
            self._sync_index()
            return self._library.sentences(id_, n, n)[0]

    def tag_without(self, report: str, undone: Mapping[int, int]) -> None:
        """Tag sentences whose correction was taken back; the caller holds the lock.

        Args:
            report: id of the report.
            undone: the correction by the number of the sentence.
        """
        for number in sorted(set(undone.values())):
            of_one = {n: c for n, c in undone.items() if c == number}
            self._store.undo.undo(report, self._without(report, of_one), number, None)

    def _without(self, report: str, numbers: Mapping[int, int]) -> list[Uncorrected]:
        """Return the tags that sentences of a report have without a correction.

        Args:
            report: id of the report.
            numbers: the correction that does not count, by the number of the sentence.
        """
        sentences = self._store.sentences_of(report)
        everything = self._store.tags.corrections(report)
        taken = self._store.tags.numbered(report)
        spoken = [s for s in sentences if s.kind != "boilerplate"]
        found: list[Uncorrected] = []
        by_model: dict[int, Tag] = {}
        for s in sentences:
            if s.n not in numbers:
                continue
            number = numbers[s.n]
            earlier = {k: c for k, c in everything.items() if c.text == s.text and k != number}
            tag, source = Tag("", (), 0.0), 0
            for k, c in reversed(earlier.items()):
                topic, also = self._library.taxonomy.present(c.topic, c.also)
                if topic:
                    tag, source = Tag(topic, also, 1.0), k
                    break
            else:
                if s.kind != "boilerplate" and not by_model:
                    least = self._library.min_probability
                    tags = predict_units(self._library.models.load(), spoken).assigned(least)
                    by_model = {one.n: Tag(*new) for one, new in zip(spoken, tags, strict=True)}
                tag = by_model.get(s.n, tag)
            role: str = s.role
            if number in taken and taken[number].role:
                given = [c.role for c in earlier.values() if c.role]
                role = given[-1] if given else self._found_role(sentences, s, number)
            found.append(Uncorrected(s.id, tag, role, source))
        return found

    def _found_role(
        self, sentences: Sequence[StoredSentence], sentence: StoredSentence, number: int
    ) -> str:
        """Return the role of a sentence before it was corrected."""
        if role := self._store.undo.found_role(number, sentence.n):
            return role
        # late: its rules cost time
        from ..nlp.document.parse import parse_document

        text = self._store.text(sentence.report)
        parsed = parse_document(text, furniture_of(sentences)).sentences
        here = sentence.start
        return next((p.role for p in parsed if p.start <= here < p.end), sentence.role)

    def corrections(self) -> list[Correction]:
        """Return all corrections, oldest first."""
        return list(self._store.tags.corrections().values())

    def suggest(self, count: int = 20, topic: str = "") -> list[Suggestion]:
        """Return the sentences of the library that are worth labelling next.

        Args:
            count: number of sentences to return.
            topic: any name of a topic; only sentences for which it is the likeliest or second
                likeliest.

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
            representative=len(known) < _MIN_LABELS_PER_TOPIC * len(taxonomy.topics),
            prefer_typical=benefits_from_unlabelled(len(known), taxonomy),
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
        """Train a new model on labels, keywords and corrections; activate it if it is not worse.

        The new model is stored as a new version, and compared with the active one on the same folds
        of the new labels. It becomes active if it was measured and is not worse beyond chance, over
        all topics or in one (:mod:`.model_comparison`), or with ``force``.

        Args:
            label_files: files of the user's labels.
            topics: a file of the user's topics; by default those of the active model.
            texts: unlabelled sentences to learn from, in addition to those of the library.
            force: whether to activate the new model even if it is worse or was not measured.
            progress: is called with ``("fold", done, total)`` for every fold.

        Raises:
            ReadError: a file is missing or not UTF-8.
            SeedError: a topic or a line is bad; names the file and line.
            TrainingError: there are neither labels nor keywords of two topics.
            LibraryError: the new model was stored and could not be activated.
        """
        models = self._library.models
        taxonomy = models.taxonomy() if topics is None else Taxonomy.load(topics)
        stored = (s.text for s in self._store.all_sentences() if s.kind != "boilerplate")
        trained = train_model(
            label_files, taxonomy, self.corrections(), [*texts, *stored], now(), progress
        )
        comparison = compare(models, trained, progress)
        with self._acquire_lock("train"):  # else two processes could take the same version number
            before = models.numbers()
            try:
                comparison = replace(comparison, version=models.add(trained))
                if comparison.worse and not force:
                    return comparison
                _activate(models, comparison.version)
            except KeyboardInterrupt:  # the new model is active, or there is none
                for version in set(models.numbers()).difference(before):
                    models.discard(version)
                raise
        return replace(comparison, activated=True)

    def use_model(self, version: int) -> None:
        """Activate a model; stored sentences keep their tags until :meth:`retag` is called.

        Raises:
            UnknownNameError: there is no such version.
        """
        with self._acquire_lock("models use"):
            self._library.models.use(version)

    def tag_changes(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> Iterator[TagChange]:
        """Yield the sentences whose tags change with the active model.

        A corrected sentence keeps the topic of its correction, under its present slug, as long as
        the topic exists. Boilerplate is not tagged.

        Args:
            progress: is called with ``("tagging", done, total)`` after every batch.
        """
        classifier = self._library.models.load()
        min_probability = self._library.min_probability
        corrected = self._effective_corrections()
        total = self._store.count_changed(0)
        done = 0
        for batch in _batches_of_reports(self._store.all_sentences(), _TAGGED_AT_ONCE):
            spoken = [sentence for sentence in batch if sentence.kind != "boilerplate"]
            # Corrected sentences too, for a heading may take its topic from what is below it.
            found = predict_units(classifier, spoken).assigned(min_probability)
            for sentence in batch:
                new = None if sentence.kind == "boilerplate" else next(found)
                if corrected and (correction := corrected.get((sentence.report, sentence.text))):
                    if (sentence.topic, sentence.also) != (correction[1].topic, correction[1].also):
                        yield TagChange(sentence, correction[1], correction[0])
                elif new and (
                    sentence.topic != new.topic
                    or sentence.also != new.also
                    or sentence.probability != round(new.probability, 4)
                ):
                    yield TagChange(sentence, Tag(*new))
            done += len(batch)
            progress("tagging", done, total)

    def _effective_corrections(self) -> dict[tuple[str, str], tuple[int, Tag]]:
        """Return number and tag of the last correction of each sentence, by its report and text.

        A sentence is left out when the topic of its last correction no longer exists.
        """
        taxonomy = self._library.taxonomy
        corrected: dict[tuple[str, str], tuple[int, Tag]] = {}
        for number, c in self._store.tags.corrections().items():
            key = (c.report, c.text)
            corrected.pop(key, None)
            topic, also = taxonomy.present(c.topic, c.also)
            if topic:
                corrected[key] = (number, Tag(topic, also, 1.0, {}))
        return corrected

    def retag(
        self, progress: Callable[[str, int, int], None] = lambda what, done, total: None
    ) -> list[TagChange]:
        """Tag all sentences of the store again and return those whose topics changed.

        Args:
            progress: is called with ``("tagging", done, total)`` after every batch.
        """
        with self._acquire_lock("retag"):
            changes = list(self.tag_changes(progress))
            if changes:
                self._store.tags.retag(changes)
            self._sync_index()
        return [change for change in changes if change.another_topic]


def _activate(models: ModelStore, version: int) -> None:
    """Activate a model that was just stored; raises LibraryError when it cannot be."""
    try:
        models.use(version)
    except WriteError as error:
        raise LibraryError(
            f"model {version} is kept but not active ({error}); "
            f"gongwen models use {version} makes it so"
        ) from None


def _batches_of_reports(
    sentences: Iterable[StoredSentence], least: int
) -> Iterator[list[StoredSentence]]:
    """Yield ``sentences`` in lists of whole reports, of at least ``least`` but for the last."""
    batch: list[StoredSentence] = []
    for _id, report in groupby(sentences, attrgetter("report")):
        batch.extend(report)
        if len(batch) >= least:
            yield batch
            batch = []
    if batch:
        yield batch
