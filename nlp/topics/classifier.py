"""Classify sentences by topic: character n-gram TF-IDF, linear separators, calibration.

Fitting uses scikit-learn; tagging and loading need NumPy only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, TrainingError
from ..records import Tag
from ..text.normalize import squeeze
from ..text.segmenter import default_jieba
from .calibration import softmax
from .estimator import (
    ClassWeight,
    TextEstimator,
    check_lengths,
    group_names,
    row_weights,
    warn_of_column,
)
from .features import Explanation, TfidfVectorizer, Units, parts_of, term_names
from .folds import UNLABELLED
from .model_file import check_number
from .preamble import GENERAL, opens_report
from .predictions import Predictions
from .samples import HasText, Samples, check_samples, folded_headings, folded_texts
from .saved_classifier import Learned, read_classifier, write_classifier
from .targets import Label, Labels, LabelSets, label_sets, read_targets

if TYPE_CHECKING:
    from ..meaning.static_vectors import Embedder

Features = Literal["char", "word", "both"]
Meaning = Literal["auto", "table", "encoder"] | None
Channels = list[Units]
"""For each channel (sentence, heading, their words) the texts of all samples."""

_CHUNK = 4096
"""Sentences that are scored at a time, to bound the memory."""
_WORD_WEIGHT = 0.5
"""Weight of the channels of words relative to those of characters."""
MAX_KEYWORDS = 40
"""Keywords of a topic that are used for training; more would outweigh a few labels."""
_MANY_SENTENCES = 100
"""Labelled sentences for each topic from which ``meaning="auto"`` uses no vectors: words suffice,
and vectors cost points on sets of labels."""
_MOST_FOLDS = 1000


class TopicClassifier(TextEstimator):
    """A linear topic classifier for short Chinese texts, with the conventions of scikit-learn.

    Each topic is separated from the rest by the sum of a linear support vector machine (squared
    hinge, liblinear), complement naive Bayes and, where meaning vectors are used, the class mean,
    over TF-IDF with sublinear counts. Scores are converted to probabilities by temperature scaling
    (Guo et al., 2017), fitted on out-of-fold scores. Secondary topics have separators and
    thresholds of their own. Where labels are given as sets, each label is separated by itself.

    Args:
        features: ``char`` for character unigrams and bigrams, ``word`` for jieba's words, ``both``
            for both. Words need jieba's dictionary (a second at the first use) and make tagging
            several times slower.
        C: inverse strength of the regularization, above 0; ``None`` to choose it by folds.
        bayes: weight of naive Bayes, 0 to leave it out; ``None`` to choose it by folds.
        heading_weight: weight of the channels of the heading, that of the sentence being 1; 0 or
            more.
        keywords: keywords by topic. At most 40 a topic are used, each as a training sentence; they
            also suggest topics of unlabelled sentences. Those that labels contradict are dropped.
        folds: folds of the cross-validation that calibrates and chooses; below 2, probabilities
            are not calibrated and no secondary topics are assigned.
        meaning: ``table`` to add the shipped static vectors to the features, ``encoder`` the
            sentence encoder of the extra ``meaning``, ``None`` neither; ``auto`` takes the table
            where there are fewer than 100 labelled sentences for each topic.
        class_weight: weights by label, or ``"balanced"``.

    Attributes:
        classes_: (topics,) the topics in ascending order.
        multilabel_: whether the labels were sets.
        temperature_: factor of the scores before the softmax, an inverse temperature, above 0.
        calibrated_: whether probabilities were fitted on held-out labels.
        measured_: (topics,) whether a topic had labels enough to be held out.
        also_thresholds_: (topics,) scores above which a secondary topic (or a label of a set) is
            assigned; infinity for never.
        C_: the inverse strength that was given or chosen.
        bayes_: the weight of naive Bayes that was given or chosen.
        meaning_: name of the vectors that are used, ``""`` for none.
        dropped_keywords_: by topic the keywords that labels contradict.
        meta_: the metadata given to :meth:`save`; only after loading.

    Example:
        >>> model = TopicClassifier.shipped()
        >>> model.predict(["全年办理行政复议案件17件。"]).tolist()
        ['reconsideration']
        >>> sets = TopicClassifier().fit(["公开", "办案", "公开办案"], [["a"], ["b"], ["a", "b"]])
        >>> sets.predict(["办案"]).shape
        (1,)
    """

    def __init__(
        self,
        features: Features = "char",
        C: float | None = None,  # noqa: N803
        bayes: float | None = None,
        heading_weight: float = 0.2,
        keywords: Mapping[Any, Sequence[str]] | None = None,
        folds: int = 5,
        meaning: Meaning = "auto",
        class_weight: ClassWeight = None,
    ) -> None:
        self.features = features
        self.C = C
        self.bayes = bayes
        self.heading_weight = heading_weight
        self.keywords = keywords
        self.folds = folds
        self.meaning = meaning
        self.class_weight = class_weight

    meta_: dict[str, Any]

    # -- Fitting -----------------------------------------------------------------------------------

    def fit(
        self,
        X: Samples,  # noqa: N803
        y: Labels | LabelSets | NDArray[Any],
        groups: Sequence[str] | None = None,
        also: LabelSets | None = None,
        sample_weight: Sequence[float] | NDArray[Any] | None = None,
    ) -> Self:
        """Fit the classifier to labelled sentences, and to the keywords.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            y: n labels (text, whole numbers or truth values), ``None`` for an unlabelled sentence,
                which self-training uses. Or n sets of labels, or a matrix (n, labels) of 0 and 1:
                then ``predict`` gives sets, or such a matrix, and keywords are not used.
            groups: n names of the documents or authors; folds do not divide a group.
            also: n collections of secondary topics, beside labels of one topic each.
            sample_weight: n weights from 0; a sentence with weight 0 is as if it were not there.

        Raises:
            TrainingError: the lengths differ, there are fewer than two topics, a label or weight
                is not one, or all texts are empty.
            SampleError: an entry of ``X`` is not text, or ``X`` is one string.
            ParameterError: a parameter is out of range.
        """
        # late: heavy, only for training
        from .fit_classifier import learn

        self._check_parameters()
        samples = check_samples(X)
        targets = read_targets(y, also, self.keywords or ())
        names = group_names(groups)
        check_lengths(len(samples), labels=targets.codes, groups=names)
        warn_of_column(y)
        if len(targets.classes) < 2:
            raise TrainingError(
                "labels or keywords of at least two topics are needed to train; these have"
                f" {len(targets.classes)} class"
            )
        weights = row_weights(targets, sample_weight, self.class_weight)
        self._take(learn(self, samples, targets, weights, names), targets.form == "matrix")
        return self

    def _take(self, learned: Learned, indicator: bool = False) -> None:
        """Set the fitted attributes."""
        self.classes_ = learned.classes
        self.multilabel_ = learned.multilabel
        self.temperature_ = learned.temperature
        self.calibrated_ = learned.calibrated
        self.measured_ = learned.measured
        self.also_thresholds_ = learned.thresholds
        self.C_, self.bayes_, self.meaning_ = learned.C, learned.bayes, learned.meaning
        self.dropped_keywords_ = dict(learned.dropped_keywords)
        self._learned = learned
        self._indicator = indicator
        self._vectorizer = TfidfVectorizer(self.channel_weights(), learned.keys, learned.idf)

    def _check_parameters(self) -> None:
        """Raise a :class:`ParameterError` if a parameter is out of range or of the wrong type."""
        if self.features not in get_args(Features):
            raise ParameterError(f"features must be char, word or both, not {self.features!r}")
        if self.meaning not in ("auto", "table", "encoder", None):
            raise ParameterError(
                f"meaning must be auto, table, encoder or None, not {self.meaning!r}"
            )
        for name, value, least, included in (
            ("C", self.C, 0, False),
            ("bayes", self.bayes, 0, True),
            ("heading_weight", self.heading_weight, 0, True),
            ("folds", self.folds, 0, True),
        ):
            if value is not None or name not in ("C", "bayes"):
                check_number(name, value, least, included)
        if int(self.folds) != self.folds or self.folds > _MOST_FOLDS:
            raise ParameterError(f"folds must be a whole number from 0 to {_MOST_FOLDS}")
        if self.keywords is not None and not isinstance(self.keywords, Mapping):
            raise ParameterError("keywords must be lists of texts by topic, or None")
        for topic, words in (self.keywords or {}).items():
            lists = isinstance(words, Collection) and not isinstance(words, str)
            if not lists or not all(isinstance(word, str) for word in words):
                raise ParameterError(f"keywords of {topic!r} must be a list of texts")

    def embedder(self, sentences_per_topic: float) -> Embedder | None:
        """Return what turns texts into meaning vectors, ``None`` where words suffice.

        Args:
            sentences_per_topic: number of labelled sentences for each topic, which decides for
                ``auto``.
        """
        wanted: str | None = self.meaning
        if wanted == "auto":
            wanted = "table" if sentences_per_topic < _MANY_SENTENCES else None
        if not wanted:
            return None
        from ..meaning.encoder import embedder_for  # late: read only where vectors are used

        return embedder_for(wanted)

    def keywords_of(self, classes: Sequence[Label]) -> dict[int, tuple[str, ...]]:
        """Return the folded keywords that are used, by the number of their topic."""
        number = {label: i for i, label in enumerate(classes)}
        return {
            number[topic]: tuple(filter(None, map(squeeze, words)))[:MAX_KEYWORDS]
            for topic, words in (self.keywords or {}).items()
            if topic in number
        }

    def channel_weights(self) -> tuple[float, ...]:
        """Return the weight of each channel."""
        texts = (1.0, float(self.heading_weight))
        if self.features != "both":
            return texts
        return (*texts, *(_WORD_WEIGHT * weight for weight in texts))

    def channels_of(self, samples: Samples) -> Channels:
        """Return the texts of ``samples`` by channel: as characters, as words, or both."""
        texts, headings = folded_texts(samples), folded_headings(samples)
        if self.features == "char":
            return [texts, headings]
        split = default_jieba().split
        words = [[split(text) for text in channel] for channel in (texts, headings)]
        return [texts, headings, *words] if self.features == "both" else [*words]

    def feature_names(self) -> list[str]:
        """Return the names of the features, in the order of the rows of the coefficients.

        They are :func:`~.features.term_names`, then ``meaning 0`` and so on for the dimensions of
        the meaning vectors.

        Example:
            >>> TopicClassifier(meaning=None).fit(["公开", "办案"], ["a", "b"]).feature_names()[:3]
            ['公', '办', '开']
        """
        self._check_fitted()
        names = term_names(self._learned.keys)
        dimensions = len(self._learned.coef) - len(names)
        return [*names, *(f"meaning {i}" for i in range(dimensions))]

    # -- Tagging -----------------------------------------------------------------------------------

    def _scores(self, samples: Samples) -> NDArray[np.float32]:
        """Return (n, columns) the scores of all separators."""
        learned = self._learned
        terms = len(learned.keys)
        lexical, dense = learned.coef[:terms], learned.coef[terms:]
        embedder = self._embedder_of_model()
        out = np.empty((len(samples), learned.coef.shape[1]), np.float32)
        for start in range(0, len(out), _CHUNK):
            chunk: Any = samples[start : start + _CHUNK]
            channels = self.channels_of(chunk)
            out[start : start + _CHUNK] = self._vectorizer.project(channels, lexical)
            if embedder is not None:
                out[start : start + _CHUNK] += embedder.embed(folded_texts(chunk)) @ dense
        return np.asarray(out + learned.intercept, np.float32)

    def _embedder_of_model(self) -> Embedder | None:
        """Return what gives the meaning vectors that the model was fitted with."""
        if not self.meaning_:
            return None
        from ..meaning.encoder import embedder_named  # late: read only where they are used

        return embedder_named(self.meaning_)

    def _score_samples(self, X: Samples) -> NDArray[np.float32]:  # noqa: N803
        """Return the scores of all separators after checking ``X``."""
        self._check_fitted()
        return self._scores(check_samples(X))

    def _split(self, scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Return the scores of primary and of secondary topics, each (n, topics)."""
        if self.multilabel_:
            margins = np.asarray(scores - self.also_thresholds_, np.float32)
            return margins, margins
        primary, secondary = np.hsplit(scores, 2)
        return primary, np.asarray(secondary - self.also_thresholds_, np.float32)

    def decision_function(self, X: Samples) -> NDArray[np.float64]:  # noqa: N803
        """Return (n, topics) scores, with columns in the order of ``classes_``.

        With one topic a sentence it is the signed distance from the separating hyperplane of the
        primary topic, not normalized; of two topics it is, as in scikit-learn, (n,) the score of
        the second less that of the first. With sets of labels the threshold is subtracted, so that
        a label is given where the score is above 0.
        """
        scores = self.topic_scores(X).astype(np.float64)
        if self.multilabel_ or len(self.classes_) > 2:
            return scores
        return np.asarray(scores[:, 1] - scores[:, 0])

    def topic_scores(self, X: Samples) -> NDArray[np.float32]:  # noqa: N803
        """Return (n, topics) the scores of :meth:`decision_function`, also of two topics."""
        return self._split(self._score_samples(X))[0]

    def predict_proba(self, X: Samples) -> NDArray[np.float64]:  # noqa: N803
        """Return (n, topics) calibrated probabilities, 0 to 1.

        With one topic a sentence they are of the primary topic, and rows sum to 1; with sets of
        labels each label has a probability by itself.
        """
        return self._learned_probabilities(self.topic_scores(X))

    def _learned_probabilities(self, primary: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n, topics) the probabilities of primary scores."""
        if self.multilabel_:
            from .multilabel import probabilities_of  # late: only for sets of labels

            return probabilities_of(primary, self.temperature_, self._learned.offset)
        return softmax(primary * self.temperature_)

    def predict(self, X: Samples) -> NDArray[Any]:  # noqa: N803
        """Return (n,) primary topics; for labels that were sets, (n,) tuples of labels.

        Where ``fit`` was given a matrix, it is a matrix (n, labels) of 0 and 1.
        """
        scores = self.topic_scores(X)
        if not self.multilabel_:
            return np.asarray(self.classes_[scores.argmax(axis=1)])
        members = scores > 0
        return members.astype(np.int64) if self._indicator else label_sets(members, self.classes_)

    def predict_indicator(self, X: Samples) -> NDArray[np.int64]:  # noqa: N803
        """Return (n, topics) 1 where a topic is assigned, as primary, secondary, or in the set.

        The columns are in the order of ``classes_``, as with ``MultiLabelBinarizer``.
        """
        primary, secondary = self._split(self._score_samples(X))
        members = secondary > 0
        if not self.multilabel_:
            members[np.arange(len(primary)), primary.argmax(axis=1)] = True
        return members.astype(np.int64)

    def predict_topics(self, X: Samples, min_probability: float = 0.0) -> list[Tag]:  # noqa: N803
        """Return n tags with primary topic, secondary topics, and all probabilities.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            min_probability: probability of the best topic, 0 to 1, below which a sentence gets the
                topic ``unsure`` and no secondary topics.

        Raises:
            QueryError: ``min_probability`` is out of range.
            SampleError: an entry of ``X`` is not text.
        """
        return self.predictions(X).tags(min_probability)

    def predictions(self, X: Samples) -> Predictions:  # noqa: N803
        """Return what :meth:`predict_topics` says of n sentences as arrays.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.

        Raises:
            SampleError: an entry of ``X`` is not text.
        """
        self._check_fitted()
        samples: Any = check_samples(X)
        scores, margins = self._split(self._scores(samples))
        found = Predictions(
            topics=tuple(map(str, self.classes_.tolist())),
            primary=scores.argmax(axis=1),
            probabilities=self._learned_probabilities(scores),
            margins=margins,
        )
        preambles = [row for row, sample in enumerate(samples) if opens_report(sample)]
        return found.with_topic(preambles, GENERAL)

    def explain(self, sample: str | HasText, topics: int = 3) -> list[Explanation]:
        """Return the most probable topics with the parts of the text that contributed to each.

        What meaning vectors contribute belongs to no part.

        Args:
            sample: a sentence, or a record with ``text`` and ``heading``.
            topics: number of topics to explain, most probable first.
        """
        self._check_fitted()
        samples = check_samples([sample])
        texts = [sample, ""] if isinstance(sample, str) else [sample.text, sample.heading]
        channels = self.channels_of(samples)
        scores = self._split(self._scores(samples))[0]
        probabilities = self._learned_probabilities(scores)[0].tolist()
        order = np.argsort(-scores[0], kind="stable")[:topics].tolist()
        terms = len(self._learned.keys)
        return [
            Explanation(
                topic=str(self.classes_[i]),
                score=float(scores[0, i]),
                probability=probabilities[i],
                parts=parts_of(self._vectorizer, texts, channels, self._learned.coef[:terms, i]),
            )
            for i in order
        ]

    def score(
        self,
        X: Samples,  # noqa: N803
        y: Labels | LabelSets | NDArray[Any],
        sample_weight: Sequence[float] | NDArray[Any] | None = None,
    ) -> float:
        """Return the accuracy on labelled sentences, 0 to 1.

        Of a classifier of label sets a sentence is right if all its labels are, and no other; of
        one with a topic a sentence, if the topic is, or the first of a collection. Unlabelled
        sentences (``None``) are ignored.

        Raises:
            TrainingError: there is no label, or a label or weight is not one.
            SampleError: an entry of ``X`` is not text.
        """
        self._check_fitted()
        samples, truth = check_samples(X), read_targets(y)
        weights = row_weights(truth, sample_weight, None)
        check_lengths(len(samples), labels=truth.codes)
        known = truth.labelled & (weights > 0)
        if not known.any():
            raise TrainingError("there is no label to compare with; give some")
        if self.multilabel_:
            wanted = label_sets(truth.members, truth.classes)
            given = label_sets(self.predict_indicator(samples) > 0, self.classes_)
            pairs = zip(wanted, given, strict=True)
            right = np.array([set(one) == set(other) for one, other in pairs], bool)
        else:
            same = truth.classes[truth.codes] == self.predict(samples)
            right = np.asarray(same & (truth.codes != UNLABELLED))
        return float(np.average(right[known], weights=weights[known]))

    # -- Files -------------------------------------------------------------------------------------

    def save(self, path: str | Path, **meta: Any) -> None:
        """Write the fitted classifier to ``path`` with the metadata ``meta`` (JSON values).

        Raises:
            WriteError: the file cannot be written.
            ParameterError: ``meta`` holds what is no JSON value.
        """
        self._check_fitted()
        write_classifier(Path(path), self.get_params(), self._learned, self._indicator, meta)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a classifier written by :meth:`save`.

        Raises:
            ModelError: the file is missing, damaged, or from a newer version.
        """
        return cls._read(Path(path))

    @classmethod
    def shipped(cls) -> Self:
        """Return the classifier that is part of the package."""
        return cls._read(files("gongwen.models") / "topics.npz")

    @classmethod
    def _read(cls, path: Any) -> Self:
        """Read and check a model file; ``path`` has ``open`` and ``name``."""
        params, learned, indicator, meta = read_classifier(path)
        model = cls(**params)
        model._take(learned, indicator)
        model.meta_ = meta
        return model
