"""What a fitted classifier has learnt, and its form in a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, ParameterError
from .model_file import (
    check_number,
    check_vectors,
    checked_arrays,
    checked_numbers,
    checked_topics,
    read_model,
    write_model,
)

_KIND = "topic-classifier"
_SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}
"""Kind of data type and number of dimensions of the arrays in a model file."""
_PARAMETERS = frozenset(
    {"features", "C", "bayes", "heading_weight", "keywords", "folds", "meaning", "class_weight"}
)
_FEATURES = ("char", "word", "both")
_MAX_OFFSET = 1e3
"""Largest absolute offset of a logit; the logistic function is 0 or 1 beyond it."""
_MAX_KEYWORD = 10_000
"""Most characters of a keyword."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a classifier has learnt.

    Attributes:
        classes: (topics,) the topics in ascending order.
        multilabel: whether the labels were sets.
        keys: (terms,) keys of the terms, ascending.
        idf: (terms,) their inverse document frequencies.
        coef: (terms + dimensions, columns) coefficients of the terms and meaning vectors; the
            columns are the primary and the secondary topics, or the labels of sets.
        intercept: (columns,) intercepts.
        temperature: factor of the scores before the softmax, or the slope of the logistic function
            for sets of labels; above 0.
        offset: constant of that logistic function.
        thresholds: (topics,) scores above which a secondary topic or label is assigned.
        calibrated: whether temperature and thresholds were fitted on labels.
        measured: (topics,) whether labels of a topic were held out.
        C: inverse strength of the regularization.
        bayes: weight of naive Bayes.
        meaning: name of the vectors, ``""`` for none.
        dropped_keywords: keywords that labels contradict, by topic.
    """

    classes: NDArray[Any]
    multilabel: bool
    keys: NDArray[np.uint64]
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]
    temperature: float
    offset: float
    thresholds: NDArray[np.float64]
    calibrated: bool
    measured: NDArray[np.bool_]
    C: float
    bayes: float
    meaning: str = ""
    dropped_keywords: Mapping[Any, tuple[str, ...]] = field(default_factory=dict)


def write_classifier(
    path: Path,
    params: Mapping[str, Any],
    learned: Learned,
    indicator: bool,
    meta: Mapping[str, Any],
) -> None:
    """Write a classifier to ``path``.

    Args:
        path: the file.
        params: the parameters of its constructor.
        learned: what it has learnt.
        indicator: whether it was fitted on a matrix of labels.
        meta: further JSON values.

    Raises:
        WriteError: the file cannot be written.
    """
    classes = learned.classes.tolist()
    write_model(
        path,
        {
            "kind": _KIND,
            "params": {name: _in_json(value) for name, value in params.items()},
            "classes": classes,
            "multilabel": learned.multilabel,
            "indicator": indicator,
            "temperature": learned.temperature,
            "offset": learned.offset,
            "calibrated": learned.calibrated,
            "thresholds": [None if np.isinf(t) else t for t in learned.thresholds.tolist()],
            "measured": learned.measured.tolist(),
            "chosen": {"C": float(learned.C), "bayes": float(learned.bayes)},
            "meaning": learned.meaning,
            "dropped_keywords": [[t, list(w)] for t, w in learned.dropped_keywords.items()],
            "meta": meta,
        },
        {
            "keys": learned.keys,
            "idf": learned.idf.astype(np.float16),
            "coef": _coarse(learned.coef),
            "intercept": learned.intercept,
        },
    )


def _in_json(value: Any) -> Any:
    """Return a parameter as a JSON value: weights and keywords by label as pairs.

    In JSON the keys of an object are text, and labels may be numbers.
    """
    if isinstance(value, Mapping):
        return [[_in_json(label), _in_json(of_label)] for label, of_label in value.items()]
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, str | int | float) else list(value)


def _coarse(weights: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return weights as float16 with 7 of 10 bits of fraction, which compress by a sixth more.

    A weight changes by at most 0.4 %, and the score of a sentence, a sum of many, by less.
    """
    bits = weights.astype(np.float16).view(np.uint16)
    # Half of the last bit that is kept is added first, so that weights are rounded and not cut off.
    return ((bits + np.uint16(4)) & np.uint16(0xFFF8)).view(np.float16)


def read_classifier(path: Any) -> tuple[dict[str, Any], Learned, bool, dict[str, Any]]:
    """Read a classifier; ``path`` has ``open`` and ``name``.

    Returns:
        The parameters of the constructor, what was learnt, whether it was fitted on a matrix of
        labels, and the metadata.

    Raises:
        ModelError: the file is missing, damaged, from a newer version, or not a classifier.
    """
    meta, arrays = read_model(path, _SHAPES)
    try:
        if meta["kind"] != _KIND:
            raise ValueError("another kind of model")
        entry = meta if meta["format"] > 1 else _from_format_1(meta)
        params = _checked_params(entry["params"])
        learned = _checked_learned(entry, arrays)
        return params, learned, entry["indicator"] is True, dict(entry["meta"])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        plain = type(error) in (ValueError, ParameterError)
        why = f"; {error}" if plain else ""
        name = getattr(path, "name", str(path))
        raise ModelError(f"{name}: not a topic classifier, or damaged{why}") from None


def _from_format_1(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a file of format 1, with one threshold and text labels, as now."""
    params = dict(meta["params"])
    keywords = params.get("keywords")
    topics = len(meta["classes"])
    return {
        **meta,
        "params": {
            **params,
            "keywords": [[t, w] for t, w in keywords.items()] if keywords is not None else None,
            "meaning": None,
            "class_weight": None,
        },
        "multilabel": False,
        "indicator": False,
        "offset": 0.0,
        "calibrated": meta.get("calibrated", True),
        "thresholds": [meta["also_threshold"]] * topics,
        "measured": [True] * topics,
        "chosen": {"C": params["C"], "bayes": params["bayes"]},
        "meaning": "",
        "dropped_keywords": [],
    }


def _checked_params(given: Any) -> dict[str, Any]:
    """Return the parameters of the constructor.

    Raises:
        ValueError: one is missing, unknown or out of range.
        TypeError: one has the wrong type.
    """
    params = dict(given)
    if params.keys() != _PARAMETERS:
        raise ValueError("it has other parameters")
    if params["features"] not in _FEATURES:
        raise ValueError("unknown features")
    if params["meaning"] not in ("auto", "table", "encoder", None):
        raise ValueError("unknown kind of vectors")
    for name, value in params.items():
        if name in ("C", "bayes", "heading_weight", "folds") and value is not None:
            check_number(name, value, 0, included=name != "C")
    if params["folds"] != int(params["folds"]):
        raise ValueError("folds is no whole number")
    params["folds"] = int(params["folds"])
    if params["keywords"] is not None:
        params["keywords"] = _checked_keywords(params["keywords"])
    if isinstance(params["class_weight"], list):
        weights = {_label(topic): weight for topic, weight in params["class_weight"]}
        for topic, weight in weights.items():
            check_number(f"the weight of {topic}", weight, 0, included=True)
        params["class_weight"] = weights
    elif params["class_weight"] not in (None, "balanced"):
        raise ValueError("unknown weights of classes")
    return params


def _checked_keywords(pairs: Any) -> dict[Any, list[str]]:
    """Return lists of keywords by topic from pairs."""
    keywords = {}
    for topic, words in pairs:
        if not isinstance(words, list):
            raise TypeError("keywords")
        for word in words:
            if not isinstance(word, str) or len(word) > _MAX_KEYWORD:
                raise TypeError("keywords")
        keywords[_label(topic)] = words
    return keywords


def _label(value: Any) -> Any:
    """Return a label of a file, which is text, a number or a truth value."""
    if not isinstance(value, str | int | float) or value != value:
        raise TypeError("label")
    return value


def _checked_learned(entry: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Learned:
    """Return what was learnt, with every value checked."""
    classes = checked_topics(entry["classes"])
    topics = len(classes)
    multilabel = entry["multilabel"] is True
    meaning = entry["meaning"]
    if not isinstance(meaning, str):
        raise TypeError("meaning")
    checked = checked_arrays(arrays, topics if multilabel else 2 * topics)
    check_vectors(len(checked["coef"]) - len(checked["keys"]), bool(meaning))
    thresholds = [float("inf") if t is None else t for t in entry["thresholds"]]
    check_number("temperature", entry["temperature"], 0, included=False)
    check_number("offset", entry["offset"], -_MAX_OFFSET, included=True)
    chosen = entry["chosen"]
    check_number("C", chosen["C"], 0, included=False)
    check_number("bayes", chosen["bayes"], 0, included=True)
    measured = entry["measured"]
    if len(measured) != topics or not all(isinstance(one, bool) for one in measured):
        raise ValueError("it does not say which topics were measured")
    dropped = _checked_keywords(entry["dropped_keywords"])
    return Learned(
        classes=np.array(classes, dtype=str if isinstance(classes[0], str) else None),
        multilabel=multilabel,
        keys=checked["keys"],
        idf=checked["idf"],
        coef=checked["coef"],
        intercept=checked["intercept"],
        temperature=float(entry["temperature"]),
        offset=float(entry["offset"]),
        thresholds=checked_numbers(thresholds, topics),
        calibrated=entry["calibrated"] is True,
        measured=np.array(measured, bool),
        C=float(chosen["C"]),
        bayes=float(chosen["bayes"]),
        meaning=meaning,
        dropped_keywords={topic: tuple(words) for topic, words in dropped.items()},
    )
