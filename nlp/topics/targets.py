"""Read the labels that a classifier is fitted on: one a sentence, several, or an indicator matrix.

Labels may be strings, integers, numbers or truth values, all of one kind. ``None`` marks a sentence
without a label.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError
from .folds import UNLABELLED, Codes

Label = str | int | float | bool
"""A topic."""
Labels = Sequence[Label | None]
"""For each sentence its topic, ``None`` without one."""
LabelSets = Sequence[Collection[Label] | None]
"""For each sentence its topics, ``None`` for a sentence whose topics are unknown."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The labels of n sentences as numbers.

    Attributes:
        classes: (topics,) the topics in ascending order.
        codes: (n,) number of the primary topic, ``UNLABELLED`` without one.
        members: (n, topics) which further topics a sentence has; with several labels a sentence,
            all its topics.
        labelled: (n,) whether the topics of a sentence are known.
    """

    classes: NDArray[Any]
    codes: Codes
    members: NDArray[np.bool_]
    labelled: NDArray[np.bool_]


def is_multilabel(y: Any) -> bool:
    """Say whether ``y`` gives sets of labels: collections, or a matrix with a column per label.

    Example:
        >>> is_multilabel([["a", "b"], ["a"]]), is_multilabel(["ab", "a"])
        (True, False)
    """
    return is_indicator(y) or any(_is_collection(label) for label in y)


def is_indicator(y: Any) -> bool:
    """Say whether ``y`` is a matrix (n, labels) of 0 and 1, dense or sparse."""
    return getattr(y, "ndim", 1) == 2


def read_labels(
    y: Labels, also: LabelSets | None = None, keyword_topics: Iterable[Label] = ()
) -> Targets:
    """Return the targets of sentences with one primary topic each.

    Args:
        y: n topics.
        also: n collections of secondary topics, ``None`` for none at all; those of a sentence
            without a topic, and its own topic, are ignored.
        keyword_topics: further topics, which have keywords.

    Raises:
        TrainingError: a label is empty or not a number, or labels are of several kinds.
    """
    primary = [_plain(label) for label in y]
    further = [
        () if one is None else tuple(label for label in map(_plain, one) if label is not None)
        for one in also or [()] * len(primary)
    ]
    if len(further) != len(primary):
        raise TrainingError(f"{len(primary)} labels but {len(further)} sets of further topics")
    given = [label for label in primary if label is not None]
    classes = _classes([*given, *keyword_topics, *(one for found in further for one in found)])
    number = {label: i for i, label in enumerate(classes.tolist())}
    codes = np.array([UNLABELLED if one is None else number[one] for one in primary], np.int64)
    members = np.zeros((len(primary), len(classes)), bool)
    for row, found in enumerate(further):
        for label in found:
            if primary[row] is not None and label != primary[row]:
                members[row, number[label]] = True
    return Targets(classes, codes, members, codes != UNLABELLED)


def read_label_sets(y: LabelSets) -> Targets:
    """Return the targets of sentences with any number of labels; the first one is the primary.

    Raises:
        TrainingError: a label is empty or not a number, labels are of several kinds, or some
            entries are collections and others are not.
    """
    sets: list[tuple[Label, ...] | None] = []
    for found in y:
        if found is None:
            sets.append(None)
        elif _is_collection(found):
            sets.append(tuple(one for one in map(_plain, found) if one is not None))
        else:
            raise TrainingError(
                f"the label {found!r} stands among collections of labels; give ({found!r},)"
            )
    classes = _classes([label for found in sets if found for label in found])
    number = {label: i for i, label in enumerate(classes.tolist())}
    members = np.zeros((len(sets), len(classes)), bool)
    codes = np.full(len(sets), UNLABELLED)
    for row, labels in enumerate(sets):
        for label in reversed(labels or ()):
            members[row, number[label]] = True
            codes[row] = number[label]
    return Targets(classes, codes, members, np.array([one is not None for one in sets], bool))


def read_indicator(y: Any) -> Targets:
    """Return the targets of an indicator matrix (n, labels), whose labels are the column numbers.

    Raises:
        TrainingError: an entry is neither 0 nor 1.
    """
    matrix = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if matrix.dtype.kind not in "buif" or not np.isin(matrix, (0, 1)).all():
        raise TrainingError("a matrix of labels holds 0 and 1 only, with a column for each label")
    members = matrix.astype(bool)
    codes = np.where(members.any(axis=1), members.argmax(axis=1), UNLABELLED).astype(np.int64)
    return Targets(np.arange(matrix.shape[1]), codes, members, np.ones(len(members), bool))


def label_sets(members: NDArray[np.bool_], classes: NDArray[Any]) -> NDArray[np.object_]:
    """Return (n,) tuples of labels, in the order of ``classes``.

    It is the form of ``MultiLabelBinarizer.inverse_transform``, as an array.
    """
    labels = classes.tolist()
    sets = np.empty(len(members), object)
    for row, given in enumerate(members):
        sets[row] = tuple(labels[i] for i in np.flatnonzero(given))
    return sets


def _is_collection(label: Any) -> bool:
    """Say whether ``label`` is a collection of labels."""
    return isinstance(label, Collection) and not isinstance(label, str | bytes)


def _plain(label: Any) -> Label | None:
    """Return a label as a Python value, ``None`` for none.

    Raises:
        TrainingError: it is empty, or not a string, number or truth value.
    """
    value = label.item() if isinstance(label, np.generic) else label
    if value is None:
        return None
    if isinstance(value, str):
        if not value:
            raise TrainingError(
                "a label is empty; give a topic, or None for a sentence without one"
            )
        return str(value)
    if not isinstance(value, bool | numbers.Real) or not isinstance(value, Hashable):
        raise TrainingError(f"the label {label!r} is neither text nor a number")
    if value != value:  # NaN
        raise TrainingError("a label is NaN; give a topic, or None for a sentence without one")
    if isinstance(value, bool):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _classes(labels: Sequence[Label]) -> NDArray[Any]:
    """Return (topics,) the distinct labels in ascending order.

    Raises:
        TrainingError: some labels are text and others are numbers.
    """
    kinds = {str if isinstance(label, str) else float for label in labels}
    if len(kinds) > 1:
        raise TrainingError("some labels are text and others are numbers; give one kind")
    return np.array(sorted(set(labels)), dtype=str if kinds == {str} else None)
