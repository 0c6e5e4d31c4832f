"""Model files: NumPy arrays and JSON in one zip, readable by ``numpy.load``; nothing in it can run.

Same content, same bytes. What a file says of itself is checked before anything is allocated.
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

from .errors import ModelError
from .outfile import replacing

FORMAT = 1
_META = "meta.json"
_MOST_BYTES = 256 << 20
"""Bytes that a model unpacks to: a hundred times the shipped one's."""
_MOST_META = 16 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)

Array = NDArray[Any]


def write_model(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write ``meta`` and ``arrays`` to ``path`` in one step: a reader never sees half a file.

    Raises:
        WriteError: it cannot be written; what was there is as it was.
    """
    content: dict[str, bytes] = {
        _META: json.dumps({"format": FORMAT, **meta}, ensure_ascii=False, indent=1).encode()
    }
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
        content[f"{name}.npy"] = buffer.getvalue()
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, compresslevel=9)


def read_model(
    path: Any, shapes: Mapping[str, tuple[str, int]]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read a file that :func:`write_model` wrote.

    Args:
        path: a path, or a resource with ``open``.
        shapes: for every array expected its dtype kind and number of dimensions.

    Raises:
        ModelError: the file is missing, damaged, from a newer version, or no model.
    """
    name = getattr(path, "name", str(path))
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if _META not in sizes or len(archive.infolist()) != len(sizes):
                raise ModelError(f"{name}: not a gongwen model")
            if sum(sizes.values()) > _MOST_BYTES or sizes[_META] > _MOST_META:
                raise ModelError(f"{name}: too large for a gongwen model")
            meta = json.loads(archive.read(_META))
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
    except Exception as error:  # whatever a hostile file makes zipfile, zlib, json or NumPy raise
        raise ModelError(
            f"{name}: damaged or not a gongwen model ({type(error).__name__})"
        ) from None
    return meta, arrays


def _read_array(member: bytes) -> Array:
    """Return the array in ``member``; what its head claims is held against what is there."""
    buffer = io.BytesIO(member)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise ValueError("unknown version of an array")
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(member) - buffer.tell():
        raise ValueError("an array of another size than it says")
    buffer.seek(0)
    return np.lib.format.read_array(buffer, allow_pickle=False)
