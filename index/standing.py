"""Which words stand in a text, without looking through all of it for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def standing(words: Iterable[str], text: str, in_order: bool = False) -> Iterator[str]:
    """Yield those of ``words`` that stand in ``text``.

    Each is looked for from where the last one stood, so that words in the order of the text take
    time in proportion to its length; words inside of a word may come before it or behind it.

    Args:
        words: words with repeats.
        text: where they should stand.
        in_order: end at the first that does not follow on those before it; otherwise the whole
            text is looked through for such a word.
    """
    at = 0
    for word in words:
        place = text.find(word, max(0, at - len(word)))
        if place >= 0:
            at = max(at, place)
        elif in_order:
            return
        elif word not in text:
            continue
        yield word
