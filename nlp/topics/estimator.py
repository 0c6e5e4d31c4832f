"""Follow the conventions of scikit-learn without importing it: parameters, tags, weights."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, TrainingError
from .folds import UNLABELLED
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
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
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

    def _check_fitted(self) -> None:
        """Raise scikit-learn's ``NotFittedError`` before :meth:`fit`."""
        if not self.__sklearn_is_fitted__():
            # late: heavy, and only for the error
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call fit or load first"
            )


def check_lengths(samples: int, **given: Sequence[Any] | NDArray[Any] | None) -> None:
    """Raise an error if an argument of ``fit`` is not as long as the samples.

    Raises:
        TrainingError: names the argument.
    """
    for name, values in given.items():
        size = None if values is None else getattr(values, "shape", (None,))[0]
        if values is not None and (len(values) if size is None else size) != samples:
            found = len(values) if size is None else size
            what = "label" if name == "labels" else name.rstrip("s")
            raise TrainingError(f"{samples} sentences but {found} {name}; give one {what} each")


def row_weights(
    targets: Targets, sample_weight: Any, class_weight: ClassWeight
) -> NDArray[np.float64]:
    """Return (n,) the weight of each sentence, 0 for one that is not used.

    Args:
        targets: the labels of n sentences.
        sample_weight: n weights from 0, ``None`` for 1 each.
        class_weight: weights by primary topic that multiply these; ``"balanced"`` makes the total
            weights of all topics equal, as in scikit-learn.

    Raises:
        TrainingError: a weight is negative, infinite or no number, or all are 0.
        ParameterError: ``class_weight`` is neither a mapping of known labels to weights from 0,
            nor ``"balanced"`` or ``None``.
    """
    size = len(targets.codes)
    try:
        weights = np.ones(size) if sample_weight is None else np.array(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise TrainingError("sample_weight holds what is no number; give a number each") from None
    if weights.shape != (size,):
        shape = "x".join(map(str, weights.shape))
        raise TrainingError(f"{size} sentences but weights of shape {shape}; give one weight each")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise TrainingError("a sample weight is negative, infinite or NaN; give numbers from 0")
    if size and not weights.any():
        raise TrainingError("all sample weights are 0; give some sentences a weight above 0")
    return weights * _class_factors(targets, weights, class_weight)


def _class_factors(
    targets: Targets, weights: NDArray[np.float64], class_weight: ClassWeight
) -> NDArray[np.float64]:
    """Return (n,) the weight of the class of each sentence, 1 without a label."""
    factors = np.ones(len(targets.classes) + 1)
    if class_weight is None:
        return factors[targets.codes]
    labels = targets.classes.tolist()
    if class_weight == "balanced":
        labelled = targets.codes != UNLABELLED
        totals = np.bincount(targets.codes[labelled], weights[labelled], minlength=len(labels))
        used = totals > 0
        factors[:-1][used] = totals.sum() / (used.sum() * totals[used])
        return factors[targets.codes]
    if not isinstance(class_weight, Mapping):
        raise ParameterError(
            f"class_weight must be None, 'balanced' or weights by label, not {class_weight!r}"
        )
    for label, weight in class_weight.items():
        if label not in labels:
            raise ParameterError(
                f"class_weight has {label!r}, which is no label of these sentences"
            )
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight < float("inf"):
            raise ParameterError(f"the weight of {label!r} must be a number from 0, not {weight!r}")
        factors[labels.index(label)] = weight
    return factors[targets.codes]
