"""Follow the conventions of scikit-learn without importing it: parameters, tags, weights."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, TrainingError
from .folds import UNLABELLED
from .model_file import check_number
from .targets import Targets

ClassWeight = Mapping[Any, float] | str | None
"""Weights by label, ``"balanced"``, or ``None`` for equal weights."""


class TextEstimator:
    """Base of a classifier of texts with the conventions of scikit-learn.

    Subclasses store the arguments of their constructor unchanged, under the same names.
    """

    _estimator_type = "classifier"  # read by scikit-learn before 1.6

    def __sklearn_tags__(self) -> Any:
        """Return the estimator tags that scikit-learn 1.6 and later asks for."""
        # late: heavy, and called by scikit-learn only
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_label=True),
            input_tags=InputTags(two_d_array=False, string=True),  # as CountVectorizer has them
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Say whether the estimator is fitted, for scikit-learn's ``check_is_fitted``."""
        return hasattr(self, "classes_")

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor by name; ``deep`` has no effect."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor.

        Raises:
            ParameterError: a name is unknown.
        """
        known = inspect.signature(type(self)).parameters
        for name, value in params.items():
            if name not in known:
                listed = ", ".join(known)
                raise ParameterError(
                    f"{type(self).__name__} has no parameter {name!r}; it has {listed}"
                )
            setattr(self, name, value)
        return self

    # Which arguments of fit and score a meta-estimator hands on: the interface of scikit-learn's
    # metadata routing. Its ``clone`` copies ``_metadata_request``.

    def get_metadata_routing(self) -> Any:
        """Return the arguments of ``fit`` and ``score`` that are requested, for scikit-learn."""
        # late: heavy, and called by scikit-learn only
        from sklearn.utils.metadata_routing import MetadataRequest

        stored = getattr(self, "_metadata_request", None)
        if stored is not None:
            return stored
        request = MetadataRequest(owner=type(self).__name__)
        for method in ("fit", "score"):
            for name in self._metadata_of(method):
                getattr(request, method).add_request(param=name, alias=None)
        return request

    def set_fit_request(self, **requested: bool | str | None) -> Self:
        """Say which arguments of ``fit`` a meta-estimator of scikit-learn is to hand on.

        Args:
            requested: by name of the argument ``True``, ``False``, or the name that it is given by.

        Raises:
            ParameterError: ``fit`` has no such argument.
        """
        return self._set_request("fit", requested)

    def set_score_request(self, **requested: bool | str | None) -> Self:
        """Say which arguments of ``score`` to hand on; see :meth:`set_fit_request`."""
        return self._set_request("score", requested)

    def _set_request(self, method: str, requested: Mapping[str, bool | str | None]) -> Self:
        """Store what is requested for a method."""
        known = self._metadata_of(method)
        request = self.get_metadata_routing()
        for name, alias in requested.items():
            if name not in known:
                raise ParameterError(
                    f"{method} has no argument {name!r} to hand on; it has {', '.join(known)}"
                )
            getattr(request, method).add_request(param=name, alias=alias)
        self._metadata_request = request
        return self

    def _metadata_of(self, method: str) -> list[str]:
        """Return the names of the arguments of a method beside ``X`` and ``y``."""
        names = inspect.signature(getattr(type(self), method)).parameters
        return [name for name in names if name not in ("self", "X", "y")]

    def _check_fitted(self) -> None:
        """Raise scikit-learn's ``NotFittedError`` before :meth:`fit`."""
        if not self.__sklearn_is_fitted__():
            # late: heavy, and only for the error
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call fit or load first"
            )


def check_lengths(samples: int, **given: Any) -> None:
    """Raise an error if an argument of ``fit`` is not as long as the samples.

    Raises:
        TrainingError: names the argument, whose name in the plural is the keyword.
    """
    for name, values in given.items():
        if values is None:
            continue
        shape = getattr(values, "shape", None)
        try:
            found = shape[0] if shape else len(values)
        except TypeError:
            raise TrainingError(f"{name} is no sequence; give one for each sentence") from None
        if found != samples:
            raise TrainingError(
                f"{samples} sentences but {found} {name}; give one for each sentence"
            )


def group_names(groups: Any) -> list[str] | None:
    """Return names of documents or authors as a list of texts.

    Raises:
        TrainingError: it is one text, or no sequence.
    """
    if groups is None:
        return None
    if isinstance(groups, str | bytes) or not isinstance(groups, Iterable):
        raise TrainingError(f"groups were given as {groups!r}; give a name for each sentence")
    return list(map(str, groups))


def warn_of_column(y: Any) -> None:
    """Warn as scikit-learn does if labels were given as a column (n, 1)."""
    shape: Any = getattr(y, "shape", (0,))
    if len(shape) == 2 and shape[1] == 1:
        # late: heavy, and only for the warning
        from sklearn.exceptions import DataConversionWarning

        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; its only column is used",
            DataConversionWarning,
            stacklevel=3,
        )


def row_weights(
    targets: Targets, sample_weight: Any, class_weight: ClassWeight
) -> NDArray[np.float64]:
    """Return (n,) the weight of each sentence, 0 for one that is not used.

    Args:
        targets: the labels of n sentences.
        sample_weight: n weights from 0, one number for all, or ``None`` for 1 each.
        class_weight: weights by label that multiply these; ``"balanced"`` makes the total weights
            of all labels equal, as in scikit-learn. Where labels are sets, a sentence has the mean
            weight of its labels, and ``"balanced"`` changes nothing, because the separators of sets
            are balanced label by label.

    Raises:
        TrainingError: a weight is negative, infinite or no number, or all are 0.
        ParameterError: ``class_weight`` is neither a mapping of known labels to weights from 0,
            nor ``"balanced"`` or ``None``.

    Example:
        >>> from gongwen.nlp.topics.targets import read_targets
        >>> row_weights(read_targets(["a", "a", "b"]), None, {"b": 3}).tolist()
        [1.0, 1.0, 3.0]
    """
    size = len(targets.codes)
    weights = _numbers(1.0 if sample_weight is None else sample_weight)
    if weights.ndim == 0:
        weights = np.full(size, float(weights))
    if weights.shape != (size,):
        shape = " by ".join(map(str, weights.shape))
        raise TrainingError(f"{size} sentences but {shape} weights; give one weight each")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise TrainingError("a sample weight is negative, infinite or NaN; give numbers from 0")
    weights = weights * _class_factors(targets, weights, class_weight)
    if size and not weights.any():
        raise TrainingError("all sample weights are zero; give some sentences a weight above 0")
    return weights


def _numbers(given: Any) -> NDArray[np.float64]:
    """Return weights as an array of numbers.

    Raises:
        TrainingError: one is no number.
    """
    try:
        array = np.asarray(given)
        if array.dtype.kind in "buifO":
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass  # a text among numbers, or rows of different lengths
    raise TrainingError("sample_weight holds what is no number; give a number for each sentence")


def _class_factors(
    targets: Targets, weights: NDArray[np.float64], class_weight: ClassWeight
) -> NDArray[np.float64]:
    """Return (n,) the weight by which the labels of each sentence multiply its own."""
    factors = np.ones(len(targets.classes))
    if isinstance(class_weight, Mapping):
        labels = targets.classes.tolist()
        for label, weight in class_weight.items():
            if label not in labels:
                raise ParameterError(
                    f"class_weight has {label!r}, which is no label of these sentences"
                )
            check_number(f"the class weight of {label!r}", weight, 0, included=True)
            factors[labels.index(label)] = weight
    elif class_weight == "balanced" and not targets.multilabel:
        labelled = targets.codes != UNLABELLED
        totals = np.bincount(targets.codes[labelled], weights[labelled], minlength=len(factors))
        used = totals > 0
        factors[used] = totals.sum() / (used.sum() * totals[used])
    elif class_weight not in (None, "balanced"):
        raise ParameterError(
            f"class_weight must be None, 'balanced' or weights by label, not {class_weight!r}"
        )
    if not targets.multilabel:
        return np.append(factors, 1.0)[targets.codes]  # UNLABELLED is the last one
    counts = targets.members.sum(axis=1)
    return np.where(counts > 0, targets.members @ factors / np.maximum(counts, 1), 1.0)
