"""Can what a model file says be a classifier? Asked when it is loaded; it may be from anyone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .cleaning import clean_line

_LARGEST = 1e6
"""The largest weight or parameter: with it a score is a number still."""
_MOST_FOLDS = 1000

Array = NDArray[Any]


class _Model(Protocol):
    features: Any
    C: float
    bayes: float
    heading_weight: float
    keywords: Any
    folds: int
    temperature_: float
    also_threshold_: float


def checked_topics(topics: Any) -> list[str]:
    """Return the topics of a model.

    Raises:
        ValueError: they are not two different names or more.
    """
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise ValueError("topics are a list of names")
    if len(set(topics)) < max(2, len(topics)):
        raise ValueError("it has a topic twice, or fewer than two")
    if not all(topics) or any(clean_line(topic) != topic for topic in topics):
        raise ValueError("a topic is empty, or holds control characters")
    return topics


def check_parameters(model: _Model) -> None:
    """Look at the parameters of a model.

    Raises:
        ValueError: one of them is out of its range.
        TypeError: one of them is of another kind.
    """
    ranges = {
        "C": (model.C, 0, False),
        "bayes": (model.bayes, 0, True),
        "heading_weight": (model.heading_weight, 0, True),
        "temperature": (model.temperature_, 0, False),
        "folds": (model.folds, 0, True),
    }
    for name, (value, least, included) in ranges.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(name)
        if not (least < value <= _LARGEST or (included and value == least)):
            raise ValueError(f"{name} is out of range")
    if not isinstance(model.folds, int) or model.folds > _MOST_FOLDS:
        raise ValueError("folds is out of range")
    if math.isnan(model.also_threshold_) or model.also_threshold_ == -math.inf:
        raise ValueError("the threshold of further topics is no number")
    for topic, words in (model.keywords or {}).items():
        listed = isinstance(words, list | tuple) and all(isinstance(word, str) for word in words)
        if not listed or not isinstance(topic, str):
            raise TypeError("keywords")


def checked_arrays(arrays: Mapping[str, Array], topics: int) -> dict[str, Array]:
    """Return the arrays of a model of so many topics, in the types that it reckons with.

    Args:
        arrays: ``keys`` (features,) ascending, ``idf`` (features,), ``coef`` (features, 2 x topics)
            and ``intercept`` (2 x topics,).
        topics: how many.

    Raises:
        ValueError: they do not fit together, or hold what is no number.
    """
    keys = arrays["keys"].astype(np.uint64)
    features, width = len(keys), 2 * topics
    shapes = {"coef": (features, width), "idf": (features,), "intercept": (width,)}
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise ValueError("its arrays do not fit together")
    if not (keys[1:] > keys[:-1]).all():
        raise ValueError("its terms are not in order")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        weights: dict[str, Array] = {name: arrays[name].astype(np.float32) for name in shapes}
    for name, array in weights.items():
        # The least and the largest of an array with NaN are NaN, and no comparison holds.
        if array.size and not (array.min() >= -_LARGEST and array.max() <= _LARGEST):
            raise ValueError(f"{name} has weights that are no numbers, or too large")
    return {**weights, "keys": keys, "intercept": arrays["intercept"]}
