"""The topic classifier: character n-gram TF-IDF, one linear separator per topic, calibrated.

Fitting uses scikit-learn; everything else needs NumPy only.
"""

from __future__ import annotations

import inspect
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
from .explanation import Explanation, parts_of
from .features import TfidfVectorizer, Units
from .fitting import (
    NONE,
    Examples,
    Heads,
    Scores,
    fit_also,
    fit_temperature,
    guess_by_keywords,
    matrix_of,
    softmax,
)
from .model_file import check_parameters, checked_arrays, checked_topics, read_model, write_model


@runtime_checkable
class HasText(Protocol):
    """A record that can be tagged: a sentence and the heading it stands under."""

    @property
    def text(self) -> str:
        """The sentence."""

    @property
    def heading(self) -> str:
        """The heading above it, ``""`` for none."""


Samples = Sequence[str] | Sequence[HasText]
Targets = Sequence[str | None] | Sequence[Collection[str] | None]


def primary_topics(y: Targets) -> NDArray[Any]:
    """Return the primary topics, an array of strings, ``""`` for no label."""
    first = [t if isinstance(t, str) else None if t is None else next(iter(t), "") for t in y]
    if "" in first:
        raise TrainingError("a label is empty; give a topic, or None for a sentence without one")
    return np.array([t or "" for t in first], dtype=str)


def texts_of(samples: Samples) -> list[str]:
    """Return the folded sentences."""
    return [squeeze(s if isinstance(s, str) else s.text) for s in samples]


_KIND = "topic-classifier"
_CHUNK = 4096
_WORD_WEIGHT = 0.5
"""Weight of the words beside the characters."""
MOST_KEYWORDS = 40
"""Keywords of a topic that are learnt from; more would drown few labels."""
_UNCALIBRATED = 1.0
"""Temperature without labels to fit it on: rather too unsure than too sure."""
_SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}


Features = Literal["char", "word", "both"]
Channels = list[Units]


class TopicClassifier:
    """A linear topic classifier for short Chinese text, with scikit-learn's conventions.

    Each topic is separated from the rest by a linear support vector machine (squared hinge,
    liblinear) with a share of complement naive Bayes, over TF-IDF with sublinear counts. Scores
    become probabilities by one temperature that is fitted on out-of-fold scores (Guo et al.,
    2017). Further topics have separators of their own, fitted with the sentences that merely
    touch a topic weighing more than those that are about it.

    Args:
        features: ``char`` for characters and pairs of characters, ``word`` for the words that
            jieba cuts, ``both`` for both. Words cost jieba's dictionary (a second at the first
            use) and most of the speed.
        C: inverse strength of the regularization, above 0.
        bayes: share of naive Bayes, 0 for none.
        heading_weight: weight of the heading's terms beside the sentence's, 0 or more.
        keywords: words that speak for a topic, by topic; each is learnt from like a sentence (at
            most 40 a topic), and finds the first sentences where there are few labels or none.
        folds: folds for the out-of-fold scores that calibrate; below 2 probabilities are not
            calibrated and no further topics are given.

    Attributes:
        classes_: (topics,) the topics in ascending order.
        temperature_: factor of the scores before the softmax.
        calibrated_: whether the temperature was fitted on labels.
        also_threshold_: score above which a further topic is given.
        meta_: what was kept beside the model when it was saved; only after loading.
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
    _estimator_type = "classifier"  # scikit-learn before 1.6 asks for this

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn 1.6 and later wants to know of an estimator."""
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
        """Return the parameters of the constructor by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor; unknown names raise ``ValueError``."""
        known = inspect.signature(type(self)).parameters
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"TopicClassifier has no parameter {name!r}")
            setattr(self, name, value)
        return self

    def fit(self, X: Samples, y: Targets, groups: Sequence[str] | None = None) -> Self:  # noqa: N803
        """Learn from ``X`` and ``y``, and from the keywords.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            y: n topics, or n collections of topics, the primary one first; ``None`` for a
                sentence without a label, which is learnt from by self-training.
            groups: n names of the documents or authors; calibration never cuts through a group.

        Raises:
            TrainingError: the lengths differ, or there are fewer than two topics.
        """
        primary = primary_topics(y)
        self._check(X, primary, groups)
        keywords = {
            t: tuple(map(squeeze, w))[:MOST_KEYWORDS] for t, w in (self.keywords or {}).items()
        }
        self.classes_ = np.unique([*primary[primary != ""].tolist(), *keywords])
        if len(self.classes_) < 2:
            raise TrainingError("labels or keywords of at least two topics are needed to train")
        number = {topic: i for i, topic in enumerate(self.classes_.tolist())}
        codes = np.array([number.get(t, NONE) for t in primary.tolist()], np.int64)
        words = [(word, number[topic]) for topic, listed in keywords.items() for word in listed]
        channels: Channels = [
            [*own, *added]
            for own, added in zip(
                self._channels(X), self._channels([word for word, _ in words]), strict=True
            )
        ]
        self._vectorizer = TfidfVectorizer(self._weights()).fit(channels)
        if not len(self._vectorizer.keys):
            raise TrainingError("the sentences are empty; give text to train on")
        guesses = guess_by_keywords(
            texts_of(X), {number[topic]: listed for topic, listed in keywords.items()}, codes
        )
        also = self._also_targets(y)
        none = np.full(len(words), NONE)
        examples = Examples(
            matrix=matrix_of(self._vectorizer.transform(channels)),
            codes=np.concatenate([codes, np.array([c for _, c in words], np.int64)]),
            also=np.vstack([also, np.zeros((len(words), len(number)), bool)]),
            guesses=np.concatenate([guesses, none]),
            scored=np.concatenate([codes != NONE, none != NONE]),
        )
        heads = Heads(self.C, self.bayes)
        both = heads.fit(examples, np.arange(len(examples.codes)))
        self._coef = np.hstack([coef for coef, _ in both])
        self._intercept = np.concatenate([intercept for _, intercept in both])
        self._calibrate(heads, examples, groups)
        return self

    def _check(self, X: Samples, primary: NDArray[Any], groups: Sequence[str] | None) -> None:  # noqa: N803
        if self.features not in get_args(Features):
            raise ValueError(f"features must be char, word or both, not {self.features!r}")
        if len(primary) != len(X):
            raise TrainingError(
                f"{len(X)} sentences but {len(primary)} labels; give one label each"
            )
        if groups is not None and len(groups) != len(X):
            raise TrainingError(f"{len(X)} sentences but {len(groups)} groups; give one each")

    def _calibrate(self, heads: Heads, examples: Examples, groups: Sequence[str] | None) -> None:
        self.temperature_, self.also_threshold_ = _UNCALIBRATED, float("inf")
        if groups is not None:
            labelled = examples.scored[: len(groups)]
            groups = [g for g, given in zip(groups, labelled, strict=True) if given]
        scores = heads.out_of_fold(examples, groups, self.folds)
        self.calibrated_ = scores is not None
        if scores is not None:
            self.temperature_ = fit_temperature(scores[0], examples.codes[examples.scored])
            self.also_threshold_ = fit_also(*scores, examples.also[examples.scored])

    def _weights(self) -> tuple[float, ...]:
        """Return the weight of each channel."""
        texts = (1.0, float(self.heading_weight))
        if self.features != "both":
            return texts
        return (*texts, *(_WORD_WEIGHT * weight for weight in texts))

    def _channels(self, samples: Samples) -> Channels:
        """Return the sentences and the headings, by their characters, their words, or both."""
        if isinstance(samples, str):
            raise ValueError("one string was given; give a list of sentences")
        texts = texts_of(samples)
        given = ["" if isinstance(s, str) else s.heading for s in samples]
        folded = {heading: squeeze(heading) for heading in set(given)}  # many share one
        headings = [folded[heading] for heading in given]
        if self.features == "char":
            return [texts, headings]
        split = default_jieba().split
        words = [[split(text) for text in channel] for channel in (texts, headings)]
        return [texts, headings, *words] if self.features == "both" else [*words]

    def _also_targets(self, y: Targets) -> NDArray[np.bool_]:
        also = np.zeros((len(y), len(self.classes_)), bool)
        codes = {topic: i for i, topic in enumerate(self.classes_.tolist())}
        for row, topics in enumerate(y):
            if topics is not None and not isinstance(topics, str):
                for topic in list(topics)[1:]:
                    if topic in codes:
                        also[row, codes[topic]] = True
        return also

    def _fitted(self) -> None:
        if not hasattr(self, "classes_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this TopicClassifier is not fitted yet; call fit or load first")

    def _scores(self, channels: Channels) -> tuple[Scores, Scores]:
        """Return the scores for the primary topic and for further topics, each (n, topics)."""
        out = np.empty((len(channels[0]), self._coef.shape[1]), np.float32)
        for start in range(0, len(out), _CHUNK):
            rows = self._vectorizer.transform([c[start : start + _CHUNK] for c in channels])
            out[start : start + _CHUNK] = rows.dot(self._coef)
        primary, touch = np.hsplit(out + self._intercept, 2)
        return primary, touch

    def decision_function(self, X: Samples) -> Scores:  # noqa: N803
        """Return (n, topics) signed distances from the separators, columns as in ``classes_``."""
        self._fitted()
        return self._scores(self._channels(X))[0]

    def predict_proba(self, X: Samples) -> NDArray[np.float64]:  # noqa: N803
        """Return (n, topics) calibrated probabilities, 0 to 1; rows sum to 1."""
        return softmax(self.decision_function(X) * self.temperature_)

    def predict(self, X: Samples) -> NDArray[Any]:  # noqa: N803
        """Return (n,) primary topics."""
        best = self.decision_function(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_topics(self, X: Samples, min_probability: float = 0.0) -> list[Tag]:  # noqa: N803
        """Return n tags: primary topic, further topics, and all probabilities.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            min_probability: below it a sentence gets the topic ``unsure`` and no further ones,
                0 to 1.

        Raises:
            QueryError: ``min_probability`` is out of range.
        """
        self._fitted()
        tags = self._tags(*self._scores(self._channels(X)))
        if not 0 <= min_probability <= 1:
            raise QueryError("min_probability must be from 0 to 1")
        if min_probability == 0:
            return list(tags)
        return [
            tag if tag.probability >= min_probability else replace(tag, topic=UNSURE, also=())
            for tag in tags
        ]

    def _tags(self, scores: Scores, touch: Scores) -> Iterator[Tag]:
        topics = self.classes_.tolist()
        probabilities = softmax(scores * self.temperature_).tolist()
        best = scores.argmax(axis=1).tolist()
        above = (touch > self.also_threshold_).tolist()
        for row, (first, values) in enumerate(zip(best, probabilities, strict=True)):
            also: tuple[str, ...] = ()
            if True in above[row]:
                order = np.argsort(-touch[row], kind="stable").tolist()
                also = tuple(topics[i] for i in order if above[row][i] and i != first)
            yield Tag(topics[first], also, values[first], dict(zip(topics, values, strict=True)))

    def explain(self, sample: str | HasText, topics: int = 3) -> list[Explanation]:
        """Return why ``sample`` has its topic: the likeliest topics and what spoke for each.

        Args:
            sample: a sentence, or a record with ``text`` and ``heading``.
            topics: how many topics to explain, the likeliest first.
        """
        self._fitted()
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
        """Return the share of sentences whose primary topic is right, 0 to 1.

        Sentences without a label (``None``) are left out.
        """
        truth = primary_topics(y)
        return float(np.mean((self.predict(X) == truth)[truth != ""]))

    def save(self, path: str | Path, **meta: Any) -> None:
        """Write the fitted classifier to ``path``; ``meta`` (JSON values) is kept beside it."""
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
        """Read a classifier that :meth:`save` wrote.

        Raises:
            ModelError: the file is missing, damaged, or from a newer version.
        """
        return cls._read(Path(path))

    @classmethod
    def shipped(cls) -> Self:
        """Return the classifier that comes with gongwen."""
        return cls._read(files("gongwen") / "models" / "topics.npz")

    @classmethod
    def _read(cls, path: Any) -> Self:
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
        weights = model._weights()
        model._vectorizer = TfidfVectorizer(weights, checked["keys"], checked["idf"])
        model._coef, model._intercept = checked["coef"], checked["intercept"]
        return model
