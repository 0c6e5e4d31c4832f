"""What a classifier is given: sentences, or records with a sentence and the heading above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

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

    Raises:
        SampleError: it is one string, not a sequence, or has an entry without text: ``None``, NaN,
            a number. Names the first such entry.
    """
    if isinstance(samples, str | bytes):
        raise SampleError("one string was given; give a list of sentences")
    if getattr(samples, "ndim", 1) != 1:
        raise SampleError(f"sentences were given as {samples.ndim} dimensions; give one: a list")
    try:
        entries = samples.tolist() if hasattr(samples, "tolist") else list(samples)
    except TypeError:
        raise SampleError("give a list of sentences") from None
    for row, entry in enumerate(entries):
        text = entry if isinstance(entry, str) else getattr(entry, "text", None)
        heading = "" if isinstance(entry, str) else getattr(entry, "heading", None)
        if not isinstance(text, str) or not isinstance(heading, str):
            what = "NaN" if entry != entry else repr(entry)[:40]
            raise SampleError(
                f"sample {row} is {what}, not text; leave it out, or give an empty string"
            )
    return entries


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
