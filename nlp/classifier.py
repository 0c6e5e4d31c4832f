"""The topic classifier: character 1-2-gram TF-IDF, one linear separator a topic, calibrated.

Fitting uses scikit-learn; everything else needs NumPy only.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .calibration import Scores, fit_also, fit_temperature, folds, softmax
from .errors import ModelError, TrainingError
from .explanation import Explanation, parts_of
from .fold import squeeze
from .modelfile import read_model, write_model
from .ngrams import NgramVectorizer
from .records import UNSURE, Tag

_KIND = "topic-classifier"
_CHUNK = 4096
_TOUCHES, _ABOUT = 2.0, 0.3
"""Weights of the sentences that touch a topic and of those about it, for further topics."""
_NEVER = -10.0
_SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}


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
Targets = Sequence[str] | Sequence[Collection[str]]


class TopicClassifier:
    """A linear topic classifier for short Chinese text, with scikit-learn's conventions.

    Each topic is separated from the rest by a linear support vector machine (squared hinge,
    liblinear) over character 1- and 2-gram TF-IDF with sublinear counts. Scores become
    probabilities by one temperature that is fitted on out-of-fold scores (Guo et al., 2017).
    Further topics have separators of their own, fitted with the sentences that merely touch a
    topic weighing more than those that are about it.

    Args:
        C: inverse strength of the regularization, above 0.
        heading_weight: weight of the heading's n-grams beside the sentence's, 0 or more.
        folds: folds for the out-of-fold scores that calibrate.

    Attributes:
        classes_: (topics,) the topics in ascending order.
        temperature_: factor of the scores before the softmax.
        also_threshold_: score above which a further topic is given.
        meta_: what was kept beside the model when it was saved; only after loading.
    """

    def __init__(self, C: float = 1.0, heading_weight: float = 0.2, folds: int = 5) -> None:  # noqa: N803
        self.C = C
        self.heading_weight = heading_weight
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
        """Learn from ``X`` and ``y``.

        Args:
            X: n sentences, or records with ``text`` and ``heading``.
            y: n topics, or n collections of topics, the primary one first.
            groups: n names of the documents or authors; calibration never cuts through a group.

        Raises:
            TrainingError: the lengths differ, or there are fewer than two topics.
        """
        primary = _primary(y)
        if len(primary) != len(X):
            raise TrainingError(
                f"{len(X)} sentences but {len(primary)} labels; give one label each"
            )
        if groups is not None and len(groups) != len(X):
            raise TrainingError(f"{len(X)} sentences but {len(groups)} groups; give one each")
        if not all(primary):
            raise TrainingError("a label is empty; give every sentence a topic")
        if len(set(primary.tolist())) < 2:
            raise TrainingError("labels of at least two topics are needed to train")
        self.classes_ = np.unique(primary)
        channels, also = _channels(X), self._also_targets(y)
        self._fit_separators(channels, primary, also)
        self.temperature_, self.also_threshold_ = 3.0, float("inf")
        scores = self._out_of_fold(channels, primary, also, groups)
        if scores is not None:
            codes = np.searchsorted(self.classes_, primary)
            self.temperature_ = fit_temperature(scores[0], codes)
            self.also_threshold_ = fit_also(*scores, also)
        return self

    def _fit_separators(
        self, channels: list[list[str]], y: NDArray[Any], also: NDArray[np.bool_]
    ) -> None:
        import scipy.sparse
        from sklearn.svm import LinearSVC

        self._vectorizer = NgramVectorizer((1.0, self.heading_weight)).fit(channels)
        if not len(self._vectorizer.keys):
            raise TrainingError("the sentences are empty; give text to train on")
        rows = self._vectorizer.transform(channels)
        matrix = scipy.sparse.csr_matrix(
            (rows.values, rows.columns, rows.starts), shape=(len(y), rows.width)
        )
        svm = LinearSVC(C=self.C, random_state=0).fit(matrix, y)
        coef, intercept = svm.coef_, svm.intercept_
        if len(self.classes_) == 2:  # scikit-learn keeps one separator for two classes
            coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
        # Topics that nothing merely touches keep a separator that never fires.
        touch = np.zeros_like(coef)
        touch_intercept = np.full(len(intercept), _NEVER)
        for topic in np.flatnonzero(also.any(axis=0)):
            about = y == self.classes_[topic]
            weights = np.where(also[:, topic], _TOUCHES, np.where(about, _ABOUT, 1.0))
            svm = LinearSVC(C=self.C / 2, random_state=0)
            svm.fit(matrix, about | also[:, topic], sample_weight=weights)
            touch[topic], touch_intercept[topic] = svm.coef_[0], svm.intercept_[0]
        self._coef = np.ascontiguousarray(np.vstack([coef, touch]).T, np.float32)
        self._intercept = np.concatenate([intercept, touch_intercept]).astype(np.float32)

    def _out_of_fold(
        self,
        channels: list[list[str]],
        y: NDArray[Any],
        also: NDArray[np.bool_],
        groups: Sequence[str] | None,
    ) -> tuple[Scores, Scores] | None:
        """Return scores of each sentence from a model that has not seen it, ``None`` if too few."""
        scores = np.zeros((len(y), 2 * len(self.classes_)), np.float32)
        pairs = folds(y, groups, self.folds)
        for train, test in pairs:
            if len(set(y[train].tolist())) < len(self.classes_):
                return None
            part = TopicClassifier(**self.get_params())
            part.classes_ = self.classes_
            part._fit_separators([[c[i] for i in train] for c in channels], y[train], also[train])
            scores[test] = np.hstack(part._scores([[c[i] for i in test] for c in channels]))
        primary, touch = np.hsplit(scores, 2)
        return (primary, touch) if pairs else None

    def _also_targets(self, y: Targets) -> NDArray[np.bool_]:
        also = np.zeros((len(y), len(self.classes_)), bool)
        codes = {topic: i for i, topic in enumerate(self.classes_.tolist())}
        for row, topics in enumerate(y):
            if not isinstance(topics, str):
                for topic in list(topics)[1:]:
                    if topic in codes:
                        also[row, codes[topic]] = True
        return also

    def _scores(self, channels: list[list[str]]) -> tuple[Scores, Scores]:
        """Return the scores for the primary topic and for further topics, each (n, topics)."""
        if not hasattr(self, "classes_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this TopicClassifier is not fitted yet; call fit or load first")
        size = len(channels[0])
        out = np.empty((size, self._coef.shape[1]), np.float32)
        for start in range(0, size, _CHUNK):
            part = [channel[start : start + _CHUNK] for channel in channels]
            out[start : start + _CHUNK] = self._vectorizer.transform(part).dot(self._coef)
        primary, touch = np.hsplit(out + self._intercept, 2)
        return primary, touch

    def decision_function(self, X: Samples) -> Scores:  # noqa: N803
        """Return (n, topics) signed distances from the separators, columns as in ``classes_``."""
        return self._scores(_channels(X))[0]

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
        """
        tags = self._tags(*self._scores(_channels(X)))
        if min_probability <= 0:
            return list(tags)
        return [
            tag if tag.probability >= min_probability else replace(tag, topic=UNSURE, also=())
            for tag in tags
        ]

    def _tags(self, scores: Scores, touch: Scores) -> Iterator[Tag]:
        topics = self.classes_.tolist()
        probabilities = softmax(scores * self.temperature_).tolist()
        best = scores.argmax(axis=1).tolist()
        ranks = np.argsort(-touch, axis=1, kind="stable").tolist()
        above = touch > self.also_threshold_
        for first, order, row, values in zip(best, ranks, above, probabilities, strict=True):
            also = tuple(topics[i] for i in order if row[i] and i != first) if row.any() else ()
            yield Tag(topics[first], also, values[first], dict(zip(topics, values, strict=True)))

    def explain(self, sample: str | HasText, topics: int = 3) -> list[Explanation]:
        """Return why ``sample`` has its topic: the likeliest topics and what spoke for each.

        Args:
            sample: a sentence, or a record with ``text`` and ``heading``.
            topics: how many topics to explain, the likeliest first.
        """
        texts = [sample, ""] if isinstance(sample, str) else [sample.text, sample.heading]
        scores = self.decision_function([sample])  # type: ignore[arg-type]
        probabilities = softmax(scores * self.temperature_)[0].tolist()
        order = np.argsort(-scores[0], kind="stable")[:topics].tolist()
        return [
            Explanation(
                topic=str(self.classes_[i]),
                score=float(scores[0, i]),
                probability=probabilities[i],
                parts=parts_of(self._vectorizer, texts, self._coef[:, i]),
            )
            for i in order
        ]

    def score(self, X: Samples, y: Targets) -> float:  # noqa: N803
        """Return the share of sentences whose primary topic is right, 0 to 1."""
        return float(np.mean(self.predict(X) == _primary(y)))

    def save(self, path: str | Path, **meta: Any) -> None:
        """Write the fitted classifier to ``path``; ``meta`` (JSON values) is kept beside it."""
        write_model(
            Path(path),
            {
                "kind": _KIND,
                "params": self.get_params(),
                "classes": self.classes_.tolist(),
                "temperature": self.temperature_,
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
            topics = meta["classes"]
            if not isinstance(topics, list) or not all(isinstance(t, str) for t in topics):
                raise TypeError("topics are a list of names")
            model.classes_ = np.array(topics, dtype=str)
            model.meta_ = dict(meta["meta"])
            model.temperature_ = float(meta["temperature"])
            threshold = meta["also_threshold"]
            model.also_threshold_ = float("inf") if threshold is None else float(threshold)
            weight = float(model.heading_weight)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ModelError(f"{path.name}: not a topic classifier, or damaged") from None
        features, width = len(arrays["keys"]), 2 * len(topics)
        shapes = {"coef": (features, width), "idf": (features,), "intercept": (width,)}
        if any(arrays[name].shape != shape for name, shape in shapes.items()):
            raise ModelError(f"{path.name}: its arrays do not fit together; the file is damaged")
        model._vectorizer = NgramVectorizer(
            (1.0, weight), arrays["keys"], arrays["idf"].astype(np.float32)
        )
        model._coef = arrays["coef"].astype(np.float32)
        model._intercept = arrays["intercept"]
        return model


def _primary(y: Targets) -> NDArray[Any]:
    """Return the primary topics, an array of strings."""
    return np.array([t if isinstance(t, str) else next(iter(t), "") for t in y], dtype=str)


def _channels(samples: Samples) -> list[list[str]]:
    """Return the folded sentences and the folded headings, the two channels of the vectorizer."""
    if isinstance(samples, str):
        raise ValueError("one string was given; give a list of sentences")
    texts = [squeeze(s if isinstance(s, str) else s.text) for s in samples]
    headings = [squeeze("" if isinstance(s, str) else s.heading) for s in samples]
    return [texts, headings]
