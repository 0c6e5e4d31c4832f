"""Where the strings of a query stand in a sentence as it was written."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ..nlp.fold import squeeze_offsets
from .query import Text
from .rows import stands_whole

Span = tuple[int, int]
_AROUND = 6


def spans(text: str, needles: Sequence[Text]) -> list[Span]:
    """Return the places of ``needles`` in ``text`` as ``(start, end)``, merged, ascending.

    The comparison is folded; the offsets are those of ``text`` as it is.
    """
    folded, offsets = squeeze_offsets(text)
    found: list[Span] = []
    for needle in needles:
        at = folded.find(needle.text) if needle.text else -1
        while at >= 0:
            end = at + len(needle.text)
            # What stands whole is told by the next few characters on either side.
            start = max(0, at - _AROUND)
            before = folded[start:at].encode("utf-8", "replace")
            near = folded[start : end + _AROUND].encode("utf-8", "replace")
            if stands_whole(near, len(before), needle):
                found.append((offsets[at], offsets[end - 1] + 1))
            at = folded.find(needle.text, at + 1)
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


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
