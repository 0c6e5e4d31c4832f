"""Read, write and validate model files: NumPy arrays and JSON metadata in one zip archive.

The same content gives the same bytes. Declared sizes are checked before memory is allocated, and
pickles are refused, so that a file from an untrusted source cannot execute code.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..atomic_write import replacing
from ..errors import ModelError
from ..validation import clean_line

FORMAT = 1
"""Version of the file format."""
_META_NAME = "meta.json"
_MAX_BYTES = 256 << 20
"""Largest uncompressed model, about a hundred times the size of the shipped one."""
_MAX_META_BYTES = 16 << 20
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""Constant time of the zip entries, for reproducible files."""

Array = NDArray[Any]


def write_model(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write ``meta`` (JSON values) and ``arrays`` to ``path`` atomically.

    Raises:
        WriteError: the file cannot be written; its previous content is unchanged.
    """
    content: dict[str, bytes] = {
        _META_NAME: json.dumps({"format": FORMAT, **meta}, ensure_ascii=False, indent=1).encode()
    }
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
        content[f"{name}.npy"] = buffer.getvalue()
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, _TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, compresslevel=9)


def read_model(
    path: Any, shapes: Mapping[str, tuple[str, int]]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read a file written by :func:`write_model`.

    Args:
        path: a path, or a package resource with ``open``.
        shapes: kind of data type and number of dimensions of each expected array, by name.

    Returns:
        The metadata, and the arrays by name.

    Raises:
        ModelError: the file is missing, damaged, from a newer version, or not a model.
    """
    name = getattr(path, "name", str(path))
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if _META_NAME not in sizes or len(archive.infolist()) != len(sizes):
                raise ModelError(f"{name}: not a gongwen model")
            if sum(sizes.values()) > _MAX_BYTES or sizes[_META_NAME] > _MAX_META_BYTES:
                raise ModelError(f"{name}: too large for a gongwen model")
            meta = json.loads(archive.read(_META_NAME))
            version = meta.get("format") if isinstance(meta, dict) else None
            if not isinstance(version, int):
                raise ModelError(f"{name}: not a gongwen model")
            if version < 1 or isinstance(version, bool):
                raise ModelError(f"{name}: model format {version} was never written")
            if version > FORMAT:
                raise ModelError(
                    f"{name}: model format {version}, this gongwen reads {FORMAT}; update gongwen"
                )
            arrays = {}
            for key, (kind, dimensions) in shapes.items():
                array = _read_array(archive.read(f"{key}.npy"))
                if array.dtype.kind != kind or array.ndim != dimensions:
                    raise ModelError(f"{name}: array {key} has the wrong form; the file is damaged")
                arrays[key] = array
    except FileNotFoundError:
        raise ModelError(f"{name}: no such model file") from None
    except ModelError:
        raise
    except Exception as error:  # many types of zipfile, zlib, json and NumPy
        raise ModelError(
            f"{name}: damaged or not a gongwen model ({type(error).__name__})"
        ) from None
    return meta, arrays


def _read_array(member: bytes) -> Array:
    """Return the array in ``member``, after comparing its declared size with the actual size."""
    buffer = io.BytesIO(member)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise ValueError("unknown version of an array")
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(member) - buffer.tell():
        raise ValueError("an array of another size than it says")
    buffer.seek(0)
    return np.lib.format.read_array(buffer, allow_pickle=False)


# -- Validation ------------------------------------------------------------------------------------

_MAX_VALUE = 1e6
"""Largest absolute weight or parameter, so that scores stay finite."""
_MAX_FOLDS = 1000


class _Model(Protocol):
    """Protocol of a classifier whose parameters are checked."""

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
        ValueError: it is not a list of at least two distinct, clean, non-empty strings.
    """
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise ValueError("topics are a list of names")
    if len(set(topics)) < max(2, len(topics)):
        raise ValueError("it has a topic twice, or fewer than two")
    if not all(topics) or any(clean_line(topic) != topic for topic in topics):
        raise ValueError("a topic is empty, or holds control characters")
    return topics


def check_parameters(model: _Model) -> None:
    """Raise an error if a parameter of a model is invalid.

    Raises:
        ValueError: a parameter is out of range.
        TypeError: a parameter has the wrong type.
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
        if not (least < value <= _MAX_VALUE or (included and value == least)):
            raise ValueError(f"{name} is out of range")
    if not isinstance(model.folds, int) or model.folds > _MAX_FOLDS:
        raise ValueError("folds is out of range")
    if math.isnan(model.also_threshold_) or model.also_threshold_ == -math.inf:
        raise ValueError("the threshold of further topics is no number")
    for topic, words in (model.keywords or {}).items():
        listed = isinstance(words, list | tuple) and all(isinstance(word, str) for word in words)
        if not listed or not isinstance(topic, str):
            raise TypeError("keywords")


def checked_arrays(arrays: Mapping[str, Array], topics: int) -> dict[str, Array]:
    """Return the validated arrays of a model, ``keys`` as uint64 and the weights as float32.

    Args:
        arrays: ``keys`` (features,) ascending, ``idf`` (features,), ``coef`` (features, 2 x topics)
            and ``intercept`` (2 x topics,).
        topics: number of topics.

    Raises:
        ValueError: their shapes do not match, keys are not ascending, or a weight is not a number
            of at most 10^6.
    """
    keys = arrays["keys"].astype(np.uint64)
    features, width = len(keys), 2 * topics
    shapes = {"coef": (features, width), "idf": (features,), "intercept": (width,)}
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise ValueError("its arrays do not fit together")
    if not (keys[1:] > keys[:-1]).all():
        raise ValueError("its terms are not in order")
    with np.errstate(over="ignore"):  # an overflow to infinity is rejected below
        weights: dict[str, Array] = {name: arrays[name].astype(np.float32) for name in shapes}
    for name, array in weights.items():
        # With a NaN in the array, min and max are NaN and the comparison is false.
        if array.size and not (array.min() >= -_MAX_VALUE and array.max() <= _MAX_VALUE):
            raise ValueError(f"{name} has weights that are no numbers, or too large")
    return {**weights, "keys": keys, "intercept": arrays["intercept"]}
