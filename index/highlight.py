"""Where the strings of a query stand in a sentence as it was written."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ..nlp.fold import squeeze, squeeze_offsets
from .query import Text
from .strings import Span, places, stands


def spans(text: str, needles: Sequence[Text]) -> list[Span]:
    """Return the places of ``needles`` in ``text`` as ``(start, end)``, merged, ascending.

    The comparison is folded; the offsets are those of ``text`` as it is.
    """
    folded, offsets = squeeze_offsets(text)
    found = [
        (offsets[start], offsets[end - 1] + 1)
        for needle in needles
        for start, end in places(folded, needle)
    ]
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def substitutes(text: str, needles: Sequence[Text]) -> tuple[str, ...]:
    """Return the words of ``text`` that stand for others that were typed and are not in it."""
    folded = squeeze(text)
    return tuple(
        dict.fromkeys(
            needle.text
            for needle in needles
            if needle.stands_for
            and stands(folded, needle)
            and not stands(folded, Text(needle.stands_for, whole=True))
        )
    )


def to_html(text: str, marked: Sequence[Span]) -> str:
    """Return ``text`` escaped for HTML, with ``<mark>`` around the spans."""
    parts: list[str] = []
    last = 0
    for start, end in marked:
        parts.append(html.escape(text[last:start], quote=False))
        parts.append(f"<mark>{html.escape(text[start:end], quote=False)}</mark>")
        last = end
    parts.append(html.escape(text[last:], quote=False))
    return "".join(parts)
