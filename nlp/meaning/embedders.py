"""Find what turns texts into meaning vectors: the shipped table, or the encoder of an extra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError


class Embedder(Protocol):
    """Protocol of what maps texts to vectors whose inner product is their similarity in meaning."""

    @property
    def name(self) -> str:
        """Return the name of the model; embeddings of different names cannot be compared."""

    @property
    def dim(self) -> int:
        """Return the length of an embedding."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) the embeddings of n texts, of length 1, or 0 where nothing is known."""


def embedder(kind: str) -> Embedder:
    """Return the embedder of a kind.

    Args:
        kind: ``table`` for the shipped static vectors, ``encoder`` for the sentence encoder.

    Raises:
        ModelError: the table is damaged, or the encoder is not installed.
    """
    if kind == "table":
        from .static_vectors import StaticVectors  # late: read only where it is used

        return StaticVectors.shipped()
    from .encoder import SentenceEncoder  # late: an extra

    return SentenceEncoder.installed()


def embedder_named(name: str) -> Embedder:
    """Return the embedder that a model was fitted with.

    Args:
        name: its name.

    Raises:
        ModelError: the installed one is another, or is not installed.
    """
    kind = "encoder" if name.startswith("encoder") else "table"
    found = embedder(kind)
    if found.name != name:
        raise ModelError(
            f"the model needs the vectors {name}, and installed are {found.name}; train it again"
        )
    return found
