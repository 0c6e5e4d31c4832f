"""Embed short Chinese texts with a table of static vectors for characters and words.

A text is divided into the units of the table by longest match, and its embedding is the sum of
their vectors at unit length. The similarity of two texts is the inner product of their embeddings.
So 打官司 and 提起诉讼 are near each other although they share no character.

The table ``models/vectors.npz`` was computed from a sentence encoder by
``benchmarks/make_vectors.py``; ``models/vectors.md`` has its origin, licence and figures. It is
read when it is first used, and needs NumPy only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..text.normalize import squeeze
from ..topics.model_file import read_model

KIND = "static-vectors"
"""Kind of model that the metadata of a table names."""
LONGEST = 4
"""Characters of the longest unit; its key has 16 bits for each."""
_SHAPES = {"keys": ("u", 1), "vectors": ("i", 2), "scales": ("f", 1)}
_MOST_UNITS = 1 << 20
_MOST_DIMENSIONS = 4096
_MAX_SCALE = 1e6
"""Largest factor of a vector, so that sums stay finite."""
_UNITS_AT_ONCE = 1 << 12
"""Vectors that are gathered at a time, to bound the memory (6 MB at 352 dimensions)."""
_TEXTS_AT_ONCE = 4096

Embeddings = NDArray[np.float32]
Keys = NDArray[np.uint64]


class Embedder(Protocol):
    """Protocol of what maps texts to vectors whose inner product is their similarity in meaning.

    Attributes:
        name: identifies the embedder and its model; embeddings of different names cannot be
            compared.
        dim: length of an embedding.
    """

    @property
    def name(self) -> str:
        """Return the name of the model."""

    @property
    def dim(self) -> int:
        """Return the length of an embedding."""

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return (n, dim) the embeddings of n texts, of length 1, or 0 where nothing is known."""


class StaticVectors:
    """A table of vectors for characters and words of up to four characters.

    Args:
        keys: (units,) what :func:`keys_of` gives for the units, ascending.
        vectors: (units, dim) int8 vectors.
        scales: (units,) float factors of the vectors, with which they are as long as they weigh in
            the sum.
        name: identifies the table.

    Raises:
        ValueError: the arrays do not fit together, the keys are not ascending, or a scale is not a
            number from 0 to 10^6.

    Example:
        >>> vectors = StaticVectors.shipped()
        >>> one, near, far = vectors.embed(["打官司", "提起诉讼", "種植果樹"])
        >>> bool(one @ near > one @ far)
        True
    """

    def __init__(
        self, keys: Keys, vectors: NDArray[np.int8], scales: NDArray[Any], name: str
    ) -> None:
        units, dim = vectors.shape
        if keys.shape != (units,) or scales.shape != (units,) or not units or not dim:
            raise ValueError("its arrays do not fit together")
        if units > _MOST_UNITS or dim > _MOST_DIMENSIONS:
            raise ValueError("it has too many units or dimensions")
        if not (keys[1:] > keys[:-1]).all() or not keys[0]:
            raise ValueError("its units are not in order")
        if not (scales.min() >= 0 and scales.max() <= _MAX_SCALE):  # false for NaN
            raise ValueError("a scale is no number, negative or too large")
        self._keys = keys
        self._vectors = vectors
        self._scales = scales.astype(np.float32)
        self._name = name

    @classmethod
    def shipped(cls) -> StaticVectors:
        """Return the table that is part of the package, read once per process.

        Raises:
            ModelError: the file is missing or damaged; install gongwen again.
        """
        return _shipped()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a table that ``benchmarks/make_vectors.py`` wrote.

        Raises:
            ModelError: the file is missing, damaged, from a newer version, or not such a table.
        """
        return cls._read(path)

    @classmethod
    def _read(cls, path: Any) -> Self:
        """Read and check a table; ``path`` has ``open`` and ``name``."""
        meta, arrays = read_model(path, _SHAPES)
        try:
            if meta.get("kind") != KIND or not isinstance(meta.get("name"), str):
                raise ValueError("another kind of model")
            if arrays["vectors"].dtype != np.int8:
                raise ValueError("its vectors are not of int8")
            return cls(
                arrays["keys"].astype(np.uint64), arrays["vectors"], arrays["scales"], meta["name"]
            )
        except ValueError as error:
            raise ModelError(f"{path.name}: not a table of vectors ({error})") from None

    @property
    def name(self) -> str:
        """Return the name of the table."""
        return self._name

    @property
    def dim(self) -> int:
        """Return the length of an embedding."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self._keys)

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return (n, dim) float32 embeddings of n texts.

        A row has length 1, or 0 for a text of which no unit is in the table. Texts are folded as
        for a search (:func:`~gongwen.nlp.text.normalize.squeeze`), so width and Traditional
        characters do not matter.
        """
        result = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            part = texts[start : start + _TEXTS_AT_ONCE]
            self._add_vectors(part, result[start : start + len(part)])
        lengths = np.linalg.norm(result, axis=1, keepdims=True)
        result /= np.where(lengths > 0, lengths, 1)
        return result

    def similarity(self, texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, m) the cosine similarities of n texts to m others, -1 to 1."""
        result: NDArray[np.float32] = np.clip(self.embed(texts) @ self.embed(others).T, -1, 1)
        return result

    def segment(self, text: str) -> list[str]:
        """Return the units of ``text`` that are in the table, in their order, folded.

        Example:
            >>> StaticVectors.shipped().segment("打官司，𠮷")
            ['打官司']
        """
        folded = squeeze(text)
        starts, _, lengths = self._units(folded + "\n")
        return [folded[i : i + n] for i, n in zip(starts, lengths[starts].tolist(), strict=True)]

    def _add_vectors(self, texts: Sequence[str], result: Embeddings) -> None:
        """Add to each row of ``result`` the vectors of the units of its text."""
        folded = [squeeze(text) for text in texts]
        ends = np.cumsum([len(text) + 1 for text in folded])
        starts, found, _ = self._units("\n".join(folded) + "\n")
        of_text = np.searchsorted(ends, starts, side="right")
        units = found[starts]
        for begin in range(0, len(units), _UNITS_AT_ONCE):
            part = slice(begin, begin + _UNITS_AT_ONCE)
            rows = self._vectors[units[part]] * self._scales[units[part], None]
            first = np.flatnonzero(np.diff(of_text[part], prepend=-1))
            bounds = [*first.tolist(), len(rows)]
            # A sum for each text is several times as fast as one reduceat.
            for text, (one, end) in zip(
                of_text[part][first].tolist(), pairwise(bounds), strict=True
            ):
                result[text] += np.add.reduce(rows[one:end], axis=0)

    def _units(self, joined: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Divide folded texts, each with a line feed behind it, into units by longest match.

        Args:
            joined: the texts.

        Returns:
            Where the units start; and for each position the unit that starts there, and its length
            in characters, 0 for none.
        """
        codes = _codes(joined)
        unit = np.zeros(len(codes), np.int64)
        length = np.zeros(len(codes), np.int64)
        for characters, keys in enumerate(_rolling_keys(codes), 1):
            at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            found = np.flatnonzero(self._keys[at] == keys)
            unit[found], length[found] = at[found], characters
        steps = np.maximum(length, 1).tolist()
        starts = np.fromiter(_walk(steps), np.int64)
        return starts[length[starts] > 0], unit, length


def _walk(steps: Sequence[int]) -> Iterator[int]:
    """Yield 0 and each position that is reached from the one before by the steps that it says."""
    at = 0
    while at < len(steps):
        yield at
        at += steps[at]


def _codes(text: str) -> NDArray[np.uint64]:
    """Return the code points of ``text``, 0 for those that no unit has: above U+FFFF, line feeds.

    Of 0 no key is made, so no unit reaches over it.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    codes[(codes > 0xFFFF) | (codes == ord("\n"))] = 0
    return codes


def _rolling_keys(codes: NDArray[np.uint64]) -> Iterator[Keys]:
    """Yield, for 1 to :data:`LONGEST` characters, the key of the characters from each position.

    It is 0 where one of the characters is 0.
    """
    keys, whole = np.zeros_like(codes), np.ones(len(codes), bool)
    for n in range(LONGEST):
        if n >= len(codes):
            return
        next_codes = np.concatenate([codes[n:], np.zeros(n, np.uint64)])
        keys = keys << np.uint64(16) | next_codes
        whole &= next_codes > 0
        yield np.where(whole, keys, np.uint64(0))


def keys_of(units: Sequence[str]) -> Keys:
    """Return (n,) the keys of n units: 16 bits for each character, so that each has its own.

    Raises:
        ValueError: a unit is empty, longer than four characters, or has one above U+FFFF.

    Example:
        >>> [hex(key) for key in keys_of(["官司", "官"]).tolist()]
        ['0x5b9853f8', '0x5b98']
    """
    keys = []
    for unit in units:
        codes = [ord(char) for char in unit]
        if not 1 <= len(codes) <= LONGEST or max(codes) > 0xFFFF or min(codes) < 1:
            raise ValueError(f"{unit!r} cannot be a unit")
        keys.append(sum(code << 16 * n for n, code in enumerate(reversed(codes))))
    return np.array(keys, np.uint64)


@cache
def _shipped() -> StaticVectors:
    return StaticVectors._read(files("gongwen.models") / "vectors.npz")
