"""What a classifier is given: sentences, or records with a sentence and the heading above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..errors import SampleError
from ..text.normalize import squeeze_all


@runtime_checkable
class HasText(Protocol):
    """Protocol of a sample that can be tagged: a sentence with the heading above it."""

    @property
    def text(self) -> str:
        """Return the sentence."""

    @property
    def heading(self) -> str:
        """Return the heading above the sentence, ``""`` for none."""


Samples = Sequence[str] | Sequence[HasText]
"""Sentences, with or without headings."""


def check_samples(samples: Any) -> Samples:
    """Return ``samples`` as a list of texts or records.

    Args:
        samples: n texts or records: a list, tuple, array or column of a table, or an array or table
            (n, 1).

    Raises:
        SampleError: it is one string, is not a sequence, or has an entry without text: ``None``,
            NaN, a number. Names the first such entry.
    """
    entries = _entries(samples)
    for row, entry in enumerate(entries):
        text = entry if isinstance(entry, str) else getattr(entry, "text", None)
        heading = "" if isinstance(entry, str) else getattr(entry, "heading", None)
        if not isinstance(text, str) or not isinstance(heading, str):
            missing = isinstance(entry, float) and entry != entry
            what = "NaN" if missing else _one_line(repr(entry))
            raise SampleError(
                f"sample {row} is {what}, not text; leave it out, or give an empty string"
            )
    return entries


def _entries(samples: Any) -> list[Any]:
    """Return the entries of ``samples``, which may be a column (n, 1).

    Raises:
        SampleError: it has no order, or more than one column.
    """
    if isinstance(samples, str | bytes):
        raise SampleError("one string was given; give a list of sentences")
    if isinstance(samples, Mapping | Set):
        raise SampleError(f"a {type(samples).__name__} was given; give a list of sentences")
    if hasattr(samples, "__array__") and not hasattr(samples, "shape"):
        samples = np.asarray(samples)
    shape: Any = getattr(samples, "shape", (0,))
    if len(shape) == 2 and shape[1] == 1 and not hasattr(samples, "toarray"):
        return [entry for (entry,) in np.asarray(samples, dtype=object).tolist()]
    if len(shape) != 1:
        form = " by ".join(map(str, shape)) or "a single value"
        raise SampleError(f"sentences were given as {form}; give a list, or one column")
    try:
        return list(samples.tolist() if hasattr(samples, "tolist") else samples)
    except TypeError:
        raise SampleError(
            f"{_one_line(repr(samples))} is no sequence; give a list of sentences"
        ) from None


def _one_line(shown: str) -> str:
    """Return at most 40 characters of ``shown`` on one line."""
    return " ".join(shown.split())[:40]


def folded_texts(samples: Samples) -> list[str]:
    """Return the sentences in the form that is compared (:func:`~..text.normalize.squeeze`)."""
    return squeeze_all([s if isinstance(s, str) else s.text for s in samples])


def folded_headings(samples: Samples) -> list[str]:
    """Return the headings in the form that is compared, ``""`` for a sentence without one."""
    given = ["" if isinstance(s, str) else s.heading for s in samples]
    # Fold each heading once, because many samples share one.
    distinct = list(set(given))
    folded = dict(zip(distinct, squeeze_all(distinct), strict=True))
    return [folded[heading] for heading in given]
