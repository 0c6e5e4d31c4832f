"""Read the pickles in Whoosh's files, and let them make nothing but what Whoosh itself puts there.

A pickle names the classes and functions that its reading calls. Those of an index are few, so a
file that names another, say one that a stranger has planted, is refused before anything runs.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, BinaryIO

_ALLOWED = frozenset(
    {
        ("builtins", "int"),
        ("collections", "defaultdict"),
        ("gongwen.index.postings", "_Words"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("whoosh.codec.whoosh3", "W3Segment"),
        ("whoosh.columns", "NumericColumn"),
        ("whoosh.fields", "COLUMN"),
        ("whoosh.fields", "Schema"),
        ("whoosh.formats", "Existence"),
    }
)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names, when it is one of the few."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a pickle names {module}.{name}")
        return super().find_class(module, name)


def load(file: BinaryIO) -> Any:
    """Read the next pickle in ``file``.

    Raises:
        pickle.UnpicklingError: it is none, or names what does not belong in an index.
    """
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:
    """Read the pickle in ``data``; raises like :func:`load`."""
    return _Unpickler(io.BytesIO(data)).load()
