"""Read the labels that a classifier is fitted on: one a sentence, several, or an indicator matrix.

Labels may be strings, integers, whole numbers or truth values, all of one kind. ``None`` marks a
sentence without a label.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError
from ..validation import clean_line
from .folds import UNLABELLED, Codes

Label = str | int | float | bool
"""A topic."""
Labels = Sequence[Label | None]
"""For each sentence its topic, ``None`` without one."""
LabelSets = Sequence[Collection[Label] | None]
"""For each sentence its topics, ``None`` for a sentence whose topics are unknown."""
Form = Literal["single", "sets", "matrix"]
"""How labels are given: one a sentence, a set a sentence, or a matrix (n, labels) of 0 and 1."""

_MOST_SHOWN = 40
"""Characters of a wrong label that a message shows."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The labels of n sentences as numbers.

    Attributes:
        classes: (topics,) the topics in ascending order.
        codes: (n,) number of the primary topic, ``UNLABELLED`` without one.
        members: (n, topics) which further topics a sentence has; with several labels a sentence,
            all its topics.
        labelled: (n,) whether the topics of a sentence are known.
        form: how the labels were given.
    """

    classes: NDArray[Any]
    codes: Codes
    members: NDArray[np.bool_]
    labelled: NDArray[np.bool_]
    form: Form = "single"

    @property
    def multilabel(self) -> bool:
        """Return whether a sentence may have any number of labels."""
        return self.form != "single"

    def select(self, rows: Codes) -> Targets:
        """Return the targets of the sentences with the indices ``rows``."""
        return Targets(
            self.classes, self.codes[rows], self.members[rows], self.labelled[rows], self.form
        )


def read_targets(
    y: Any, also: LabelSets | None = None, keyword_topics: Iterable[Label] = ()
) -> Targets:
    """Return the targets of sentences whose labels are given in any form.

    A list of lists of equal lengths above 1 that hold 0 and 1 only is a matrix, as in scikit-learn:
    as sets of labels they would name a label twice, or all of them be the same.

    Args:
        y: n labels, or n collections of labels, or a matrix (n, labels) of 0 and 1, dense or
            sparse. A column (n, 1) holds n labels.
        also: n collections of secondary topics, beside labels of one topic each.
        keyword_topics: further topics, which have keywords, beside labels of one topic each.

    Raises:
        TrainingError: ``y`` is none of these, or ``also`` does not go with it.

    Example:
        >>> read_targets(["b", "a", None]).codes.tolist()
        [1, 0, -1]
        >>> read_targets([["b", "a"], []]).members.tolist()
        [[True, True], [False, False]]
        >>> read_targets([[0, 1], [1, 1]]).form
        'matrix'
    """
    given = _one_form(y)
    matrix = getattr(given, "ndim", 1) == 2
    if not matrix and not any(_is_collection(label) for label in given):
        return _read_labels(given, also, keyword_topics)
    if also is not None:
        raise TrainingError("labels are sets already; give further topics in the sets")
    return _read_matrix(given) if matrix else _read_label_sets(given)


def _one_form(y: Any) -> Any:
    """Return ``y`` as a list, or as a matrix with two dimensions.

    Raises:
        TrainingError: it is not a sequence.
    """
    if y is None:
        raise TrainingError(
            "fit requires y to be passed, but the target y is None; give a label for each sentence"
        )
    if isinstance(y, str | bytes | Mapping):
        raise TrainingError(f"labels were given as {_shown(y)}; give a list of labels")
    if hasattr(y, "__array__") and not hasattr(y, "ndim"):
        y = np.asarray(y)
    dimensions = getattr(y, "ndim", 1)
    if dimensions == 2:
        matrix = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
        return matrix if matrix.shape[1] != 1 else matrix[:, 0].tolist()
    if dimensions != 1:
        raise TrainingError(
            f"labels have {dimensions} dimensions; give a list, or a matrix (sentences, labels)"
        )
    try:
        labels = list(y.tolist() if hasattr(y, "tolist") else y)
    except TypeError:
        raise TrainingError(f"labels were given as {_shown(y)}; give a list of labels") from None
    return np.array(labels) if _is_matrix(labels) else labels


def _is_matrix(labels: Sequence[Any]) -> bool:
    """Say whether ``labels`` are the rows of a matrix of 0 and 1; see :func:`read_targets`."""
    if not labels or not all(isinstance(row, list | tuple | np.ndarray) for row in labels):
        return False
    width = len(labels[0])
    return width > 1 and all(
        len(row) == width
        and all(isinstance(cell, int | np.integer | np.bool_) and cell in (0, 1) for cell in row)
        for row in labels
    )


def _read_labels(
    y: Labels, also: LabelSets | None = None, keyword_topics: Iterable[Label] = ()
) -> Targets:
    """Return the targets of sentences with one primary topic each.

    Args:
        y: n topics.
        also: n collections of secondary topics, ``None`` for none at all; those of a sentence
            without a topic, and its own topic, are ignored.
        keyword_topics: further topics, which have keywords.

    Raises:
        TrainingError: a label is no label, or labels are of several kinds.
    """
    primary = [_plain(label) for label in y]
    sets = [()] * len(primary) if also is None else also
    further = [() if one is None else _plain_set(one) for one in sets]
    if len(further) != len(primary):
        raise TrainingError(f"{len(primary)} labels but {len(further)} sets of further topics")
    further = [
        found if own is not None else () for own, found in zip(primary, further, strict=True)
    ]
    known = [
        *primary, *map(_plain, keyword_topics), *(label for found in further for label in found)
    ]  # fmt: skip
    classes = _classes([label for label in known if label is not None])
    number = {label: i for i, label in enumerate(classes.tolist())}
    codes = np.array([UNLABELLED if one is None else number[one] for one in primary], np.int64)
    members = np.zeros((len(primary), len(classes)), bool)
    for row, found in enumerate(further):
        for label in found:
            members[row, number[label]] = label != primary[row]
    return Targets(classes, codes, members, codes != UNLABELLED)


def _read_label_sets(y: LabelSets) -> Targets:
    """Return the targets of sentences with any number of labels; the first one is the primary.

    Raises:
        TrainingError: a label is no label, labels are of several kinds, or some entries are
            collections and others are not.
    """
    sets = [None if found is None else _plain_set(found) for found in y]
    classes = _classes([label for found in sets if found for label in found])
    number = {label: i for i, label in enumerate(classes.tolist())}
    members = np.zeros((len(sets), len(classes)), bool)
    codes = np.full(len(sets), UNLABELLED)
    for row, labels in enumerate(sets):
        for label in reversed(labels or ()):
            members[row, number[label]] = True
            codes[row] = number[label]
    labelled = np.array([one is not None for one in sets], bool)
    return Targets(classes, codes, members, labelled, "sets")


def _read_matrix(matrix: NDArray[Any]) -> Targets:
    """Return the targets of an indicator matrix (n, labels), whose labels are the column numbers.

    Raises:
        TrainingError: an entry is neither 0 nor 1.
    """
    if matrix.dtype.kind not in "buifO" or not np.isin(matrix, (0, 1)).all():
        raise TrainingError("a matrix of labels holds 0 and 1 only, with a column for each label")
    members = matrix.astype(bool)
    codes = np.where(members.any(axis=1), members.argmax(axis=1), UNLABELLED).astype(np.int64)
    labelled = np.ones(len(members), bool)
    return Targets(np.arange(matrix.shape[1]), codes, members, labelled, "matrix")


def label_sets(members: NDArray[np.bool_], classes: NDArray[Any]) -> NDArray[np.object_]:
    """Return (n,) tuples of labels, in the order of ``classes``.

    It is the form of ``MultiLabelBinarizer.inverse_transform``, as an array.

    Example:
        >>> label_sets(np.array([[True, True], [False, False]]), np.array(["a", "b"])).tolist()
        [('a', 'b'), ()]
    """
    labels = classes.tolist()
    sets = np.empty(len(members), object)
    for row, given in enumerate(members):
        sets[row] = tuple(labels[i] for i in np.flatnonzero(given))
    return sets


# -- Labels ----------------------------------------------------------------------------------------


def _is_collection(label: Any) -> bool:
    """Say whether ``label`` is a collection of labels."""
    return isinstance(label, Collection) and not isinstance(label, str | bytes | Mapping)


def _plain_set(labels: Any) -> tuple[Label, ...]:
    """Return the labels of a collection as Python values, without ``None``.

    Raises:
        TrainingError: it is not a collection, or one is no label.
    """
    if not _is_collection(labels):
        raise TrainingError(
            f"the label {_shown(labels)} stands among collections of labels; give a list for each"
            " sentence, or None where its labels are unknown"
        )
    return tuple(label for label in map(_plain, labels) if label is not None)


def _plain(label: Any) -> Label | None:
    """Return a label as a Python value, ``None`` for none.

    Raises:
        TrainingError: it is not a string on one line, a whole number or a truth value.
    """
    value = label.item() if isinstance(label, np.generic) else label
    if value is None:
        return None
    if isinstance(value, str):
        if not value:
            raise TrainingError(
                "a label is empty; give a topic, or None for a sentence without one"
            )
        if clean_line(value) != value:
            raise TrainingError(
                f"the label {_shown(value)} has white space or control characters;"
                " write it on one line"
            )
        return str(value)
    if isinstance(value, bool):
        return value
    if not isinstance(value, numbers.Real):
        raise TrainingError(
            f"the label {_shown(label)} is neither text nor a number; give a topic, or None for a"
            " sentence without one"
        )
    if isinstance(value, numbers.Integral):
        return int(value)
    number = float(value)
    if math.isnan(number):
        raise TrainingError("a label is NaN; give a topic, or None for a sentence without one")
    if not number.is_integer():
        raise TrainingError(
            f"Unknown label type: continuous: {value} is no whole number; give classes as labels"
        )
    return number


def _shown(value: Any) -> str:
    """Return at most 40 characters of ``value`` for a message, on one line."""
    return " ".join(repr(value).split())[:_MOST_SHOWN]


def _classes(labels: Sequence[Label]) -> NDArray[Any]:
    """Return (topics,) the distinct labels in ascending order.

    Raises:
        TrainingError: some labels are text and others are numbers, or a number has over 64 bits.
    """
    kinds = {str if isinstance(label, str) else float for label in labels}
    if len(kinds) > 1:
        raise TrainingError("some labels are text and others are numbers; give one kind")
    ordered = sorted(set(labels))
    classes = np.array(ordered, dtype=str if kinds == {str} else None)
    whole = bool(ordered) and all(isinstance(label, int) for label in ordered)
    if classes.dtype.kind not in ("bi" if whole else "Uf") or classes.tolist() != ordered:
        raise TrainingError("a label is a number of over 64 bits; give such labels as text")
    return classes
