"""What a classifier takes: sentences as strings or records, and their topics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .errors import TrainingError
from .fold import squeeze


@runtime_checkable
class HasText(Protocol):
    """A record that can be tagged: a sentence and the heading it stands under."""

    @property
    def text(self) -> str:
        """The sentence."""

    @property
    def heading(self) -> str:
        """The heading above it, ``""`` for none."""


Samples = Sequence[str] | Sequence[HasText]
Targets = Sequence[str | None] | Sequence[Collection[str] | None]


def primary_topics(y: Targets) -> NDArray[Any]:
    """Return the primary topics, an array of strings, ``""`` for no label."""
    first = [t if isinstance(t, str) else None if t is None else next(iter(t), "") for t in y]
    if "" in first:
        raise TrainingError("a label is empty; give a topic, or None for a sentence without one")
    return np.array([t or "" for t in first], dtype=str)


def texts_of(samples: Samples) -> list[str]:
    """Return the folded sentences."""
    return [squeeze(s if isinstance(s, str) else s.text) for s in samples]
