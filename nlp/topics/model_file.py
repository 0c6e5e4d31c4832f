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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atomic_write import replacing
from ..errors import ModelError, ParameterError
from ..validation import clean_line

FORMAT = 2
"""Version of the file format. Format 1 had one threshold for all secondary topics."""
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
        ParameterError: ``meta`` holds what is no JSON value.
    """
    try:
        text = json.dumps({"format": FORMAT, **meta}, ensure_ascii=False, indent=1)
    except TypeError as error:
        raise ParameterError(
            f"{error}; give texts, numbers, lists and objects to be stored with a model"
        ) from None
    content = {_META_NAME: text.encode()}
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
_MAX_DIMENSIONS = 4096
"""Most dimensions of meaning vectors."""


def check_number(name: str, value: Any, least: float, included: bool) -> None:
    """Raise an error if ``value`` is not a number from ``least`` to 10^6.

    Args:
        name: what the value is, for the message.
        value: the value.
        least: lower bound.
        included: whether the value may be the lower bound.

    Raises:
        ParameterError: it is not a number, or out of range.
    """
    number = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool) or not number:
        raise ParameterError(f"{name} must be a number, not {value!r}")
    if not (least < value <= _MAX_VALUE or (included and value == least)):
        bound = f"from {least}" if included else f"above {least}"
        raise ParameterError(f"{name} must be {bound} and at most 10^6, not {value!r}")


def checked_topics(topics: Any) -> list[Any]:
    """Return the topics of a model.

    Raises:
        ValueError: it is not a list of at least two distinct labels: clean, non-empty strings, or
            numbers or truth values.
    """
    if not isinstance(topics, list):
        raise ValueError("topics are a list of names")
    numbers = all(isinstance(topic, int | float) and topic == topic for topic in topics)
    if not numbers and not all(isinstance(topic, str) for topic in topics):
        raise ValueError("topics are a list of names")
    if len(set(topics)) < max(2, len(topics)):
        raise ValueError("it has a topic twice, or fewer than two")
    if not numbers and (not all(topics) or any(clean_line(topic) != topic for topic in topics)):
        raise ValueError("a topic is empty, or holds control characters")
    return topics


def checked_numbers(values: Any, count: int) -> NDArray[np.float64]:
    """Return (count,) numbers, of which some may be infinite.

    Raises:
        ValueError: there are more or fewer, or one is NaN, minus infinity, or below -10^6.
    """
    numbers = np.array(values, np.float64)
    if numbers.shape != (count,) or not (numbers >= -_MAX_VALUE).all():
        raise ValueError("a threshold is no number")
    return numbers


def check_vectors(dimensions: int, named: bool) -> None:
    """Raise an error if a model has weights of vectors without naming them, or the reverse.

    Raises:
        ValueError: see above.
    """
    if not 0 <= dimensions <= _MAX_DIMENSIONS or (dimensions > 0) != named:
        raise ValueError("its weights do not fit its vectors")


def checked_arrays(arrays: Mapping[str, Array], width: int) -> dict[str, Array]:
    """Return the validated arrays of a model, ``keys`` as uint64 and the weights as float32.

    Args:
        arrays: ``keys`` (terms,) ascending, ``idf`` (terms,), ``coef`` (terms or more, width) and
            ``intercept`` (width,).
        width: number of separators.

    Raises:
        ValueError: their shapes do not match, keys are not ascending, or a weight is not a number
            of at most 10^6.
    """
    keys = arrays["keys"].astype(np.uint64)
    terms, rows = len(keys), max(len(keys), len(arrays["coef"]))
    shapes = {"coef": (rows, width), "idf": (terms,), "intercept": (width,)}
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
    return {**weights, "keys": keys}
