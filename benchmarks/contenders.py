"""Who takes part in the comparison of classifiers, in which settings, and how each is loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import get_args

from benchmarks.peers import Classifier, Cut, FastText, char_bayes, char_svm, word_svm
from gongwen.nlp import TopicClassifier
from gongwen.nlp.topics.classifier import Features

FASTTEXT = ((25, 0.5), (50, 0.5), (50, 1.0), (100, 1.0))
"""Epochs and learning rates."""


@dataclass(frozen=True)
class Contender:
    """A classifier of the comparison.

    Attributes:
        name: heads its row.
        settings: each makes it, unfitted, in another setting.
        opening: Python that makes ``model`` of ``path``, all that a fresh process needs.
    """

    name: str
    settings: Sequence[Callable[[], Classifier]]
    opening: str


def ours() -> dict[str, Callable[[], TopicClassifier]]:
    """Return this classifier in each of its feature settings, by name."""
    return {f"gongwen, {kind}": partial(TopicClassifier, kind) for kind in get_args(Features)}


def contenders(cut: Cut) -> list[Contender]:
    """Return all that are compared; ``cut`` gives the words of a text."""
    opening = "from gongwen.nlp import TopicClassifier; model = TopicClassifier.load(path)"
    found = [Contender(name, [make], opening) for name, make in ours().items()]
    opening = "from benchmarks.peers import Scikit; model = Scikit.load(path)"
    recipes: dict[str, Callable[[], Classifier]] = {
        "word TF-IDF (jieba) + LinearSVC": partial(word_svm, cut),
        "char 1-2-gram TF-IDF + LinearSVC": char_svm,
        "char 1-2-gram TF-IDF + ComplementNB": char_bayes,
    }
    found += [Contender(name, [make], opening) for name, make in recipes.items()]
    if find_spec("fasttext"):
        opening = "from benchmarks.peers import FastText, words; model = FastText.load(path, {})"
        cuts: dict[str, tuple[Cut, str]] = {"characters": (list, "list"), "words": (cut, "words")}
        for unit, (function, source) in cuts.items():
            settings = [partial(FastText, function, *setting) for setting in FASTTEXT]
            found.append(Contender(f"fastText, {unit}", settings, opening.format(source)))
    return found
