"""Which words stand in a text, without looking through all of it for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_BACK = 64
"""Characters that a word may begin before the last one: the words inside of a long word come before
it or behind it."""


def standing(words: Iterable[str], text: str) -> Iterator[str]:
    """Yield those of ``words`` that stand in ``text``.

    Each is looked for from where the last one stood, so that words in the order of the text take
    time in proportion to its length; only where that does not find one, from the beginning.

    Args:
        words: words with repeats.
        text: where they should stand.
    """
    at = 0
    for word in words:
        place = text.find(word, max(0, at - _BACK))
        if place >= 0:
            at = max(at, place)
        elif word not in text:
            continue
        yield word
