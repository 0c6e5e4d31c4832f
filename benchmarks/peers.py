"""Classifiers that a user would pick instead, with the methods of ours: fit, predict, save, load.

Imports are late, so that a fresh process that loads one of them loads nothing of the others.
"""

from __future__ import annotations

import logging
import random
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import quote, unquote

Cut = Callable[[str], Iterable[str]]


class Classifier(Protocol):
    """What every classifier of the benchmark can do."""

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Any:  # noqa: N803
        """Learn from texts and their labels."""

    def predict(self, X: Sequence[str]) -> Iterable[str]:  # noqa: N803
        """Return one label a text."""

    def save(self, path: Path) -> None:
        """Write the model to ``path``."""


class Scikit:
    """A scikit-learn pipeline, kept as its manual says: joblib with its default settings."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self:  # noqa: N803
        """Learn from texts and their labels."""
        self._pipeline.fit(X, y)
        return self

    def predict(self, X: Sequence[str]) -> list[str]:  # noqa: N803
        """Return one label a text."""
        labels: list[str] = self._pipeline.predict(X).tolist()
        return labels

    def save(self, path: Path) -> None:
        """Write the pipeline to ``path``."""
        import joblib

        joblib.dump(self._pipeline, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a pipeline that :meth:`save` wrote."""
        import joblib

        return cls(joblib.load(path))


class FastText:
    """fastText over single tokens and pairs of neighbours, on one thread.

    Args:
        cut: cuts a text in lower case into tokens.
        epoch: how often it sees every text.
        lr: learning rate at the start.
    """

    buckets = 200_000
    """Rows for hashed pairs. With the default of 2,000,000 a model is a file of 800 MB."""

    def __init__(self, cut: Cut, epoch: int = 50, lr: float = 0.5) -> None:
        self._cut = cut
        self._epoch = epoch
        self._lr = lr

    def _line(self, text: str) -> str:
        return " ".join(token for token in self._cut(text.lower()) if not token.isspace())

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self:  # noqa: N803
        """Learn from texts and their labels, in one shuffled order."""
        import fasttext

        lines = [
            f"__label__{quote(label)} {self._line(text)}\n"
            for text, label in zip(X, y, strict=True)
        ]
        random.Random(0).shuffle(lines)  # it does not shuffle, and sorted labels ruin it
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            path.write_text("".join(lines), "utf-8")
            self._model = fasttext.train_supervised(
                str(path),
                epoch=self._epoch,
                lr=self._lr,
                dim=100,
                wordNgrams=2,
                bucket=self.buckets,
                thread=1,
                seed=0,
                verbose=0,
            )
        return self

    def predict(self, X: Sequence[str]) -> list[str]:  # noqa: N803
        """Return one label a text."""
        labels, _ = self._model.predict([self._line(text) for text in X])
        return [unquote(first.removeprefix("__label__")) for first, *_ in labels]

    def save(self, path: Path) -> None:
        """Write the model to ``path``."""
        self._model.save_model(str(path))

    @classmethod
    def load(cls, path: str | Path, cut: Cut) -> Self:
        """Read a model that :meth:`save` wrote; ``cut`` is the one that it was fitted with."""
        import fasttext

        peer = cls(cut)
        peer._model = fasttext.load_model(str(path))
        return peer


def word_svm(cut: Cut) -> Scikit:
    """Return TF-IDF over words and a linear support vector machine."""
    from sklearn.svm import LinearSVC

    return _tfidf(LinearSVC(random_state=0), tokenizer=cut, token_pattern=None, lowercase=False)


def char_svm() -> Scikit:
    """Return TF-IDF over characters and pairs of them and a linear support vector machine."""
    from sklearn.svm import LinearSVC

    return _tfidf(LinearSVC(random_state=0), analyzer="char", ngram_range=(1, 2))


def char_bayes() -> Scikit:
    """Return TF-IDF over characters and pairs of them and complement naive Bayes."""
    from sklearn.naive_bayes import ComplementNB

    return _tfidf(ComplementNB(), analyzer="char", ngram_range=(1, 2))


def _tfidf(last: Any, **settings: Any) -> Scikit:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    return Scikit(make_pipeline(TfidfVectorizer(sublinear_tf=True, **settings), last))


def words(text: str) -> list[str]:
    """Return the words of ``text`` in lower case as jieba cuts them by default."""
    cut: list[str] = _jieba().lcut(text.lower())
    return cut


@cache
def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own escapes and its use of pkg_resources
        import jieba
    jieba.setLogLevel(logging.CRITICAL)
    return jieba
