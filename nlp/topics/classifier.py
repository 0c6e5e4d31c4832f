"""Classify sentences by topic: character n-gram TF-IDF, linear separators, calibration.

Fitting uses scikit-learn; tagging and loading need NumPy only.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol, Self, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, QueryError, TrainingError
from ..records import UNSURE, Tag
from ..text.normalize import squeeze
from ..text.segmenter import default_jieba
from .features import Explanation, TfidfVectorizer, Units, parts_of
from .fitting import (
    UNLABELLED,
    Examples,
    Heads,
    Scores,
    fit_secondary_threshold,
    fit_temperature,
    guess_by_keywords,
    matrix_of,
    softmax,
)
from .model_file import check_parameters, checked_arrays, checked_topics, read_model, write_model


@runtime_checkable
class HasText(Protocol):
    """Protocol of a sample that can be tagged: a sentence with the heading above it."""

    @property
    def text(self) -> str:
        """Return the sentence."""

    @property
    def heading(self) -> str:
        """Return the heading above the sentence, ``""`` for none."""


Samples = Sequence[str] | Sequence[HasText]
"""Sentences, with or without headings."""
Targets = Sequence[str | None] | Sequence[Collection[str] | None]
"""For each sample its topic, or its topics with the primary one first; ``None`` without a label."""
Features = Literal["char", "word", "both"]
Channels = list[Units]
"""For each channel (sentence, heading, their words) the texts of all samples."""

_KIND = "topic-classifier"
_LONGEST_OPENING = 160
"""Characters in which a preamble says who led."""
_CHUNK = 4096
"""Sentences that are scored at a time, to bound the memory."""
_WORD_WEIGHT = 0.5
"""Weight of the channels of words relative to those of characters."""
MAX_KEYWORDS = 40
"""Keywords of a topic that are used for training; more would outweigh a few labels."""
_UNCALIBRATED = 1.0
"""Factor of the scores when there are no labels to fit it on; it underestimates probabilities."""
_SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}
"""Kind of data type and number of dimensions of the arrays in a model file."""


_GENERAL = "other"
"""Topic of a sentence that is of no subject."""
_OPENING = re.compile(
    r"(?:(?:自)?[0-9]{4}年(?:度|以来|来)?,?|[今近去]年(?:以)?来?,?|一年(?:以)?来,?|年初以来,?){0,2}"
    r"(?:[^,。;:]{0,12},|[^,。;:在]{1,8})?在(?:[^。;,]{2,40},在){0,3}[^。;,]{2,40}"
    r"(?:坚强|正确|统一|有力|关心|大力|高度|精心|悉心|具体|亲切)[^。;,]{0,12}下,"
)
"""How the preamble of a report begins, squeezed: 在县委、县政府的坚强领导下."""
_COUNTED = re.compile(r"[0-9]+(?!年|[0-9])")


def opens_report(sample: str | HasText) -> bool:
    """Say whether ``sample`` is a preamble that thanks for being led, and counts nothing.

    It stands under no heading. Whatever it goes on to name, such as the duties of the first person
    responsible, it tells of all the work of its year and not of these.

    Example:
        >>> opens_report("在县委的坚强领导下，我局主要负责人切实履行第一责任人职责。")
        True
        >>> opens_report("在县委的坚强领导下，我局主要负责人带头述法12次。")
        False
    """
    text, heading = (sample, "") if isinstance(sample, str) else (sample.text, sample.heading)
    if heading or "下" not in text[:_LONGEST_OPENING]:
        return False
    bare = squeeze(text[: 2 * _LONGEST_OPENING])
    opening = _OPENING.match(bare)
    return opening is not None and not _COUNTED.search(bare)


def _of_preamble(tag: Tag) -> Tag:
    """Return ``tag`` with the general topic first, where the model has it."""
    if tag.topic == _GENERAL or _GENERAL not in tag.probabilities:
        return tag
    swapped = {tag.topic: tag.probabilities[_GENERAL], _GENERAL: tag.probability}
    return replace(tag, topic=_GENERAL, also=(), probabilities={**tag.probabilities, **swapped})


class TopicClassifier:
    """A linear topic classifier for short Chinese texts, with the conventions of scikit-learn.

    Each topic is separated from the rest by the sum of a linear support vector machine (squared
    hinge, liblinear) and complement naive Bayes, over TF-IDF with sublinear counts. Scores are
    converted to probabilities by temperature scaling (Guo et al., 2017), fitted on out-of-fold
    scores. Secondary topics have separators of their own, fitted with larger weights for the
    sentences that have the topic as a secondary one.

    Args:
        features: ``char`` for character unigrams and bigrams, ``word`` for jieba's words, ``both``
            for both. Words need jieba's dictionary (a second at the first use) and make tagging
            several times slower.
        C: inverse strength of the regularization, above 0.
        bayes: scale of naive Bayes, 0 to leave it out.
        heading_weight: weight of the channels of the heading, that of the sentence being 1; 0 or
            more.
        keywords: keywords by topic. At most 40 a topic are used, each as a training sentence; they
            also give the first pseudo-labels of topics with few labels or none.
        folds: folds of the cross-validation that calibrates; below 2, probabilities are not
            calibrated and no secondary topics are assigned.

    Attributes:
        classes_: (topics,) the topics in ascending order.
        temperature_: factor of the scores before the softmax, an inverse temperature, above 0.
        calibrated_: whether ``temperature_`` was fitted on labels.
        also_threshold_: score above which a secondary topic is assigned.
        meta_: the metadata given to :meth:`save`; only after loading.

    Example:
        >>> model = TopicClassifier.shipped()
        >>> model.predict(["全年办理行政复议案件17件。"]).tolist()
        ['reconsideration']
    """

    def __init__(
        self,
        features: Features = "char",
        C: float = 2.0,  # noqa: N803
        bayes: float = 0.5,
        heading_weight: float = 0.2,
        keywords: Mapping[str, Sequence[str]] | None = None,
        folds: int = 5,
    ) -> None:
        self.features = features
        self.C = C
        self.bayes = bayes
        self.heading_weight = heading_weight
        self.keywords = keywords
        self.folds = folds

    meta_: dict[str, Any]
    _estimator_type = "classifier"  # read by scikit-learn before 1.6

    def __sklearn_tags__(self) -> Any:
        """Return the estimator tags that scikit-learn 1.6 and later asks for."""
        # late: heavy, and called by scikit-learn only
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor by name; ``deep`` has no effect."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor.

        Raises:
            ValueError: a name is unknown.
        """
        known = inspect.signature(type(self)).parameters
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"TopicClassifier has no parameter {name!r}")
            setattr(self, name, value)
        return self

    def fit(self, X: Samples, y: Targets, groups: Sequence[str] | None = None) -> Self:  # noqa: N803
        """Fit the classifier to labelled sentences, and to the keywords.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            y: n topics, or n collections of topics with the primary one first; ``None`` for an
                unlabelled sentence, which is used by self-training.
            groups: n names of the documents or authors; folds of the calibration do not divide a
                group.

        Raises:
            TrainingError: the lengths differ, there are fewer than two topics, or all texts are
                empty.
            ValueError: the parameter ``features`` is unknown, or ``X`` is one string.
        """
        primary = primary_topics(y)
        self._check(X, primary, groups)
        keywords = {
            t: tuple(map(squeeze, w))[:MAX_KEYWORDS] for t, w in (self.keywords or {}).items()
        }
        self.classes_ = np.unique([*primary[primary != ""].tolist(), *keywords])
        if len(self.classes_) < 2:
            raise TrainingError("labels or keywords of at least two topics are needed to train")
        number = {topic: i for i, topic in enumerate(self.classes_.tolist())}
        codes = np.array([number.get(t, UNLABELLED) for t in primary.tolist()], np.int64)
        words = [(word, number[topic]) for topic, listed in keywords.items() for word in listed]
        channels: Channels = [
            [*own, *added]
            for own, added in zip(
                self._channels(X), self._channels([word for word, _ in words]), strict=True
            )
        ]
        self._vectorizer = TfidfVectorizer(self._channel_weights()).fit(channels)
        if not len(self._vectorizer.keys):
            raise TrainingError("the sentences are empty; give text to train on")
        guesses = guess_by_keywords(
            folded_texts(X), {number[topic]: listed for topic, listed in keywords.items()}, codes
        )
        also = self._secondary_targets(y)
        none = np.full(len(words), UNLABELLED)
        examples = Examples(
            matrix=matrix_of(self._vectorizer.transform(channels)),
            codes=np.concatenate([codes, np.array([c for _, c in words], np.int64)]),
            also=np.vstack([also, np.zeros((len(words), len(number)), bool)]),
            guesses=np.concatenate([guesses, none]),
            scored=np.concatenate([codes != UNLABELLED, none != UNLABELLED]),
        )
        heads = Heads(self.C, self.bayes)
        both = heads.fit(examples, np.arange(len(examples.codes)))
        self._coef = np.hstack([coef for coef, _ in both])
        self._intercept = np.concatenate([intercept for _, intercept in both])
        self._calibrate(heads, examples, groups)
        return self

    def _check(self, X: Samples, primary: NDArray[Any], groups: Sequence[str] | None) -> None:  # noqa: N803
        """Raise an error if the parameters or the lengths of the arguments of ``fit`` are wrong."""
        if self.features not in get_args(Features):
            raise ValueError(f"features must be char, word or both, not {self.features!r}")
        if len(primary) != len(X):
            raise TrainingError(
                f"{len(X)} sentences but {len(primary)} labels; give one label each"
            )
        if groups is not None and len(groups) != len(X):
            raise TrainingError(f"{len(X)} sentences but {len(groups)} groups; give one each")

    def _calibrate(self, heads: Heads, examples: Examples, groups: Sequence[str] | None) -> None:
        """Fit the temperature and the threshold of secondary topics on out-of-fold scores."""
        self.temperature_, self.also_threshold_ = _UNCALIBRATED, float("inf")
        if groups is not None:
            labelled = examples.scored[: len(groups)]
            groups = [g for g, given in zip(groups, labelled, strict=True) if given]
        scores = heads.out_of_fold(examples, groups, self.folds)
        self.calibrated_ = scores is not None
        if scores is not None:
            self.temperature_ = fit_temperature(scores[0], examples.codes[examples.scored])
            self.also_threshold_ = fit_secondary_threshold(*scores, examples.also[examples.scored])

    def _channel_weights(self) -> tuple[float, ...]:
        """Return the weight of each channel."""
        texts = (1.0, float(self.heading_weight))
        if self.features != "both":
            return texts
        return (*texts, *(_WORD_WEIGHT * weight for weight in texts))

    def _channels(self, samples: Samples) -> Channels:
        """Return the texts of ``samples`` by channel: as characters, as words, or both."""
        if isinstance(samples, str):
            raise ValueError("one string was given; give a list of sentences")
        texts = folded_texts(samples)
        given = ["" if isinstance(s, str) else s.heading for s in samples]
        # Fold each heading once, because many samples share one.
        folded = {heading: squeeze(heading) for heading in set(given)}
        headings = [folded[heading] for heading in given]
        if self.features == "char":
            return [texts, headings]
        split = default_jieba().split
        words = [[split(text) for text in channel] for channel in (texts, headings)]
        return [texts, headings, *words] if self.features == "both" else [*words]

    def _secondary_targets(self, y: Targets) -> NDArray[np.bool_]:
        """Return (n, topics) whether a sentence has a topic as a secondary one."""
        also = np.zeros((len(y), len(self.classes_)), bool)
        codes = {topic: i for i, topic in enumerate(self.classes_.tolist())}
        for row, topics in enumerate(y):
            if topics is not None and not isinstance(topics, str):
                for topic in list(topics)[1:]:
                    if topic in codes:
                        also[row, codes[topic]] = True
        return also

    def _check_fitted(self) -> None:
        """Raise scikit-learn's ``NotFittedError`` before :meth:`fit` or :meth:`load`."""
        if not hasattr(self, "classes_"):
            # late: heavy, and only for the error
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this TopicClassifier is not fitted yet; call fit or load first")

    def _scores(self, channels: Channels) -> tuple[Scores, Scores]:
        """Return the scores of primary and of secondary topics, each (n, topics)."""
        out = np.empty((len(channels[0]), self._coef.shape[1]), np.float32)
        for start in range(0, len(out), _CHUNK):
            rows = self._vectorizer.transform([c[start : start + _CHUNK] for c in channels])
            out[start : start + _CHUNK] = rows.dot(self._coef)
        primary, secondary = np.hsplit(out + self._intercept, 2)
        return primary, secondary

    def decision_function(self, X: Samples) -> Scores:  # noqa: N803
        """Return (n, topics) scores of primary topics, with columns in the order of ``classes_``.

        A score is the signed distance from the separating hyperplane, not normalized.
        """
        self._check_fitted()
        return self._scores(self._channels(X))[0]

    def predict_proba(self, X: Samples) -> NDArray[np.float64]:  # noqa: N803
        """Return (n, topics) calibrated probabilities of primary topics, 0 to 1; rows sum to 1."""
        return softmax(self.decision_function(X) * self.temperature_)

    def predict(self, X: Samples) -> NDArray[Any]:  # noqa: N803
        """Return (n,) primary topics."""
        best = self.decision_function(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_topics(self, X: Samples, min_probability: float = 0.0) -> list[Tag]:  # noqa: N803
        """Return n tags with primary topic, secondary topics, and all probabilities.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            min_probability: probability of the best topic, 0 to 1, below which a sentence gets the
                topic ``unsure`` and no secondary topics.

        Raises:
            QueryError: ``min_probability`` is out of range.
        """
        self._check_fitted()
        made = self._make_tags(*self._scores(self._channels(X)))
        samples: Sequence[str | HasText] = X
        tags = (
            _of_preamble(tag) if opens_report(sample) else tag
            for sample, tag in zip(samples, made, strict=True)
        )
        if not 0 <= min_probability <= 1:
            raise QueryError("min_probability must be from 0 to 1")
        if min_probability == 0:
            return list(tags)
        return [
            tag if tag.probability >= min_probability else replace(tag, topic=UNSURE, also=())
            for tag in tags
        ]

    def _make_tags(self, scores: Scores, secondary: Scores) -> Iterator[Tag]:
        """Yield the tag of each row of the scores of primary and of secondary topics."""
        topics = self.classes_.tolist()
        probabilities = softmax(scores * self.temperature_).tolist()
        best = scores.argmax(axis=1).tolist()
        above = (secondary > self.also_threshold_).tolist()
        for row, (first, values) in enumerate(zip(best, probabilities, strict=True)):
            also: tuple[str, ...] = ()
            if True in above[row]:
                order = np.argsort(-secondary[row], kind="stable").tolist()
                also = tuple(topics[i] for i in order if above[row][i] and i != first)
            yield Tag(topics[first], also, values[first], dict(zip(topics, values, strict=True)))

    def explain(self, sample: str | HasText, topics: int = 3) -> list[Explanation]:
        """Return the most probable topics with the parts of the text that contributed to each.

        Args:
            sample: a sentence, or a record with ``text`` and ``heading``.
            topics: number of topics to explain, most probable first.
        """
        self._check_fitted()
        texts = [sample, ""] if isinstance(sample, str) else [sample.text, sample.heading]
        channels = self._channels([sample])  # type: ignore[arg-type]
        scores = self._scores(channels)[0]
        probabilities = softmax(scores * self.temperature_)[0].tolist()
        order = np.argsort(-scores[0], kind="stable")[:topics].tolist()
        return [
            Explanation(
                topic=str(self.classes_[i]),
                score=float(scores[0, i]),
                probability=probabilities[i],
                parts=parts_of(self._vectorizer, texts, channels, self._coef[:, i]),
            )
            for i in order
        ]

    def score(self, X: Samples, y: Targets) -> float:  # noqa: N803
        """Return the accuracy of the primary topic on labelled sentences, 0 to 1.

        Unlabelled sentences (``None``) are ignored.
        """
        truth = primary_topics(y)
        return float(np.mean((self.predict(X) == truth)[truth != ""]))

    def save(self, path: str | Path, **meta: Any) -> None:
        """Write the fitted classifier to ``path`` with the metadata ``meta`` (JSON values).

        Raises:
            WriteError: the file cannot be written.
        """
        write_model(
            Path(path),
            {
                "kind": _KIND,
                "params": self.get_params(),
                "classes": self.classes_.tolist(),
                "temperature": self.temperature_,
                "calibrated": self.calibrated_,
                "also_threshold": None if np.isinf(self.also_threshold_) else self.also_threshold_,
                "meta": meta,
            },
            {
                "keys": self._vectorizer.keys,
                "idf": self._vectorizer.idf.astype(np.float16),
                "coef": self._coef.astype(np.float16),
                "intercept": self._intercept,
            },
        )

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
        meta, arrays = read_model(path, _SHAPES)
        try:
            if meta["kind"] != _KIND:
                raise ValueError("another kind of model")
            model = cls(**meta["params"])
            topics = checked_topics(meta["classes"])
            model.classes_ = np.array(topics, dtype=str)
            model.meta_ = dict(meta["meta"])
            model.temperature_ = float(meta["temperature"])
            model.calibrated_ = meta.get("calibrated", True) is True
            threshold = meta["also_threshold"]
            model.also_threshold_ = float("inf") if threshold is None else float(threshold)
            if model.features not in get_args(Features):
                raise ValueError("unknown features")
            check_parameters(model)
            checked = checked_arrays(arrays, len(topics))
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            why = f"; {error}" if type(error) is ValueError else ""
            raise ModelError(f"{path.name}: not a topic classifier, or damaged{why}") from None
        weights = model._channel_weights()
        model._vectorizer = TfidfVectorizer(weights, checked["keys"], checked["idf"])
        model._coef, model._intercept = checked["coef"], checked["intercept"]
        return model


def primary_topics(y: Targets) -> NDArray[Any]:
    """Return (n,) the primary topics as strings, ``""`` for samples without a label.

    Raises:
        TrainingError: a topic is an empty string, or a collection of topics is empty.
    """
    first = [t if isinstance(t, str) else None if t is None else next(iter(t), "") for t in y]
    if "" in first:
        raise TrainingError("a label is empty; give a topic, or None for a sentence without one")
    return np.array([t or "" for t in first], dtype=str)


def folded_texts(samples: Samples) -> list[str]:
    """Return the sentences in the form that is compared (:func:`~..text.normalize.squeeze`)."""
    return [squeeze(s if isinstance(s, str) else s.text) for s in samples]
