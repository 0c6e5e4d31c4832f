"""Fit a classifier: from sentences and labels to features, from these to what is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError
from ..meaning.static_vectors import Embedder
from .features import TfidfVectorizer, Units
from .few_labels import contradicted_keywords, keyword_guesses
from .fitting import Examples
from .folds import UNLABELLED, near_copies
from .learning import learn_topics
from .multilabel import LabelledRows, learn_sets
from .samples import Samples, folded_texts
from .saved_classifier import Learned
from .separators import Matrix, Weights, matrix_of
from .targets import Label, Targets

_COMMON = 0.8
"""Length of the mean of unit vectors from which they point the same way."""


class Settings(Protocol):
    """Protocol of a classifier that is to be fitted."""

    @property
    def C(self) -> float | None:  # noqa: N802
        """Return the inverse strength of the regularization, ``None`` to choose it."""

    @property
    def bayes(self) -> float | None:
        """Return the weight of naive Bayes, ``None`` to choose it."""

    @property
    def folds(self) -> int:
        """Return the number of folds."""

    def embedder(self, sentences_per_topic: float) -> Embedder | None:
        """Return what gives meaning vectors, or ``None``."""

    def keywords_of(self, classes: Sequence[Label]) -> dict[int, tuple[str, ...]]:
        """Return the folded keywords by the number of their topic."""

    def channel_weights(self) -> tuple[float, ...]:
        """Return the weight of each channel."""

    def channels_of(self, samples: Samples) -> list[Units]:
        """Return the texts of each channel."""


def learn(
    settings: Settings,
    samples: Samples,
    targets: Targets,
    weights: Weights,
    groups: Sequence[str] | None,
) -> Learned:
    """Return what is learnt from n labelled sentences.

    Args:
        settings: the classifier.
        samples: n sentences, or records with ``text`` and ``heading``.
        targets: their labels.
        weights: (n,) their weights; those with weight 0 are left out.
        groups: n names of documents or authors, or ``None``.

    Raises:
        TrainingError: all sentences are empty.
    """
    known = targets.labelled if targets.multilabel else True
    used = np.flatnonzero((weights > 0) & known)
    if len(used) < len(samples):
        samples = [samples[row] for row in used.tolist()]  # type: ignore[assignment]
        groups = None if groups is None else [groups[row] for row in used.tolist()]
        weights, targets = weights[used], targets.select(used)
    learn_labels = _learn_sets if targets.multilabel else _learn_topics
    return learn_labels(settings, samples, targets, weights, groups)


def _learn_topics(
    settings: Settings,
    samples: Samples,
    targets: Targets,
    weights: Weights,
    groups: Sequence[str] | None,
) -> Learned:
    """Return what is learnt from sentences with one primary topic each."""
    texts = folded_texts(samples)
    clusters = near_copies(texts)
    classes = targets.classes.tolist()
    given = settings.keywords_of(classes)
    dropped = contradicted_keywords(texts, targets.codes, clusters, given)
    keywords = {
        topic: tuple(word for word in words if word not in dropped.get(topic, ()))
        for topic, words in given.items()
    }
    words = [(word, topic) for topic, listed in keywords.items() for word in listed]
    texts += [word for word, _ in words]
    embedder = settings.embedder(float(targets.labelled.sum()) / len(classes))
    every_weight = np.concatenate([weights, np.ones(len(words))])
    vectorizer, matrix, centre = _features(settings, samples, texts, every_weight, embedder)
    none = np.full(len(words), UNLABELLED)
    apart = np.arange(len(words)) + len(texts)  # a keyword is a near-copy of nothing
    examples = Examples(
        matrix=matrix,
        terms=len(vectorizer.keys),
        codes=np.concatenate([targets.codes, np.array([c for _, c in words], np.int64)]),
        also=np.vstack([targets.members, np.zeros((len(words), len(classes)), bool)]),
        weights=every_weight,
        clusters=np.concatenate([clusters, apart]),
        keyword=np.concatenate([np.zeros(len(weights), bool), none == UNLABELLED]),
        guesses=np.concatenate([keyword_guesses(texts[: len(weights)], keywords), none]),
    )
    every_group = None if groups is None else [*groups, *("" for _ in words)]
    learned = learn_topics(examples, every_group, settings.C, settings.bayes, int(settings.folds))
    coef = np.hstack([learned.primary.coef, learned.secondary.coef])
    intercept = np.concatenate([learned.primary.intercept, learned.secondary.intercept])
    return Learned(
        classes=targets.classes,
        multilabel=False,
        keys=vectorizer.keys,
        idf=vectorizer.idf,
        coef=coef,
        intercept=_uncentred(coef, intercept, centre),
        temperature=learned.temperature,
        offset=0.0,
        thresholds=learned.also_thresholds,
        calibrated=learned.calibrated,
        measured=learned.measured,
        C=learned.recipe.C,
        bayes=learned.recipe.bayes,
        meaning=embedder.name if embedder is not None else "",
        dropped_keywords={classes[topic]: words for topic, words in dropped.items()},
    )


def _learn_sets(
    settings: Settings,
    samples: Samples,
    targets: Targets,
    weights: Weights,
    groups: Sequence[str] | None,
) -> Learned:
    """Return what is learnt from sentences with sets of labels."""
    texts = folded_texts(samples)
    embedder = settings.embedder(len(texts) / len(targets.classes))
    vectorizer, matrix, centre = _features(settings, samples, texts, weights, embedder)
    rows = LabelledRows(matrix, targets.members, weights, near_copies(texts))
    learned = learn_sets(rows, groups, settings.C, int(settings.folds))
    return Learned(
        classes=targets.classes,
        multilabel=True,
        keys=vectorizer.keys,
        idf=vectorizer.idf,
        coef=learned.separators.coef,
        intercept=_uncentred(learned.separators.coef, learned.separators.intercept, centre),
        temperature=learned.slope,
        offset=learned.offset,
        thresholds=learned.thresholds,
        calibrated=learned.calibrated,
        measured=learned.measured,
        C=learned.C,
        bayes=0.0,
        meaning=embedder.name if embedder is not None else "",
    )


def _features(
    settings: Settings,
    samples: Samples,
    texts: Sequence[str],
    weights: Weights,
    embedder: Embedder | None,
) -> tuple[TfidfVectorizer, Matrix, NDArray[np.float32]]:
    """Return the fitted vectorizer, the (n, terms + dimensions) features, and what was subtracted.

    Vectors of a sentence encoder all point the same way, and what tells topics apart is how they
    differ, so their mean is subtracted (Arora et al., 2017, remove a common component too). From
    those of the shipped table it has been already.

    Args:
        settings: the classifier.
        samples: the sentences.
        texts: n folded texts, those of the sentences and then the keywords.
        weights: (n,) their weights.
        embedder: what gives meaning vectors, or ``None``.
    """
    # late: heavy, only for training
    import scipy.sparse

    channels: list[Any] = [
        [*own, *added]
        for own, added in zip(
            settings.channels_of(samples), settings.channels_of(texts[len(samples) :]), strict=True
        )
    ]
    vectorizer = TfidfVectorizer(settings.channel_weights()).fit(channels, weights)
    if not len(vectorizer.keys):
        raise TrainingError("the sentences are empty; give text to train on")
    matrix = matrix_of(vectorizer.transform(channels))
    if embedder is None:
        return vectorizer, matrix, np.zeros(0, np.float32)
    vectors: NDArray[np.float32] = embedder.embed(texts)
    centre = np.average(vectors, axis=0, weights=weights).astype(np.float32)
    if np.linalg.norm(centre) < _COMMON:
        centre[:] = 0.0
    centred = scipy.sparse.csr_matrix(vectors - centre)
    return vectorizer, scipy.sparse.hstack([matrix, centred], "csr"), centre


def _uncentred(
    coef: NDArray[np.float32], intercept: NDArray[np.float32], centre: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the intercepts for vectors from which the mean ``centre`` is not subtracted.

    Args:
        coef: (terms + dimensions, columns) coefficients.
        intercept: (columns,) intercepts for centred vectors.
        centre: (dimensions,) the mean that was subtracted.
    """
    return np.asarray(intercept - centre @ coef[len(coef) - len(centre) :], np.float32)
