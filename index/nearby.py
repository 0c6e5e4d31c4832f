"""Words of the index that somebody may have meant who typed a word no sentence holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..nlp.pinyin import homophones

_SHORTEST, _LONGEST = 2, 20
_NOT_SIMILAR = 0.5
"""Dice coefficient up to which words are not similar: 行政村 has it with 行政诉求, 行政 has 0.6."""
_LONG_LATIN = 8
"""Letters of a Latin word in which two edits are still a slip and not another word."""

_SAME_SOUND, _ONE_EDIT, _SIMILAR = range(3)


def near_words(word: str, vocabulary: Iterable[tuple[str, int]], limit: int = 3) -> list[str]:
    """Return the words of the index nearest to ``word``, the best first.

    Words that sound the same come first (法制, 法治), then those one edit away (a character
    replaced, left out, added, or swapped with its neighbour). Only when there are none, those that
    share most of their characters, or Latin words two edits away. Among equals, words that keep
    more of the characters typed come first, then words that more sentences hold.

    A word with other digits is another thing and never near (2019年, 2020年), nor is a word of two
    characters with one of them replaced, unless it sounds the same: half of it is a guess.

    Args:
        word: folded text of 2 to 20 characters; for any other length nothing is near.
        vocabulary: the words of the index, folded, with the number of sentences that hold each, in
            any order. 300,000 take about 0.1 s.
        limit: words that are returned at most; 0 or less for none.

    Returns:
        Words of the vocabulary without repeats, never ``word`` itself nor one that no sentence
        holds. The order does not depend on that of the vocabulary.
    """
    if limit < 1 or not _SHORTEST <= len(word) <= _LONGEST:
        return []
    ranked = sorted(_ranked(word, vocabulary))
    slips = [near for near in ranked if near[0] < _SIMILAR]
    return list(dict.fromkeys(other for *_, other in slips or ranked))[:limit]


def _ranked(
    word: str, vocabulary: Iterable[tuple[str, int]]
) -> Iterator[tuple[int, float, int, str]]:
    """Yield the words near ``word`` as what sorts them, the best lowest."""
    size, chars, digits = len(word), frozenset(word), _digits(word)
    sounds = None if word.isascii() else [homophones(char) for char in word]
    begins_alike = sounds[0] if sounds else chars
    # Most of a vocabulary is left out by what costs least: nearly all that is near shares two
    # characters or begins with the same sound.
    least, most, shared_least = max(2, size // 3), 3 * size, min(2, len(chars))
    for other, count in vocabulary:
        length = len(other)
        if not least <= length <= most:
            continue
        shared = len(chars.intersection(other))
        if (
            shared < shared_least
            and not (length == size and other[0] in begins_alike)
            and not chars.issuperset(other)  # ppp
        ):
            continue
        if other == word or count < 1 or _digits(other) != digits:
            continue
        if (
            sounds
            and length == size
            and all(char in alike for char, alike in zip(other, sounds, strict=True))
        ):
            yield _SAME_SOUND, -shared, -count, other
        elif _within(word, other, 1):
            if shared > 1 or length != size or size > 2:
                yield _ONE_EDIT, -shared, -count, other
        elif not sounds:
            if size >= _LONG_LATIN and _within(word, other, 2):
                yield _SIMILAR, -shared, -count, other
        elif (similar := _similarity(word, other)) > _NOT_SIMILAR:
            yield _SIMILAR, -similar, -count, other


def _digits(word: str) -> str:
    return "".join(char for char in word if char.isdigit())


def _within(a: str, b: str, edits: int) -> bool:
    """Say whether so many edits make ``b`` of ``a``; a swap of neighbours is one."""
    if abs(len(a) - len(b)) > edits:
        return False
    same = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        same += 1
    a, b = a[same:], b[same:]
    if not a or not b or not edits:
        return len(a) + len(b) <= edits
    return (
        _within(a[1:], b[1:], edits - 1)
        or _within(a[1:], b, edits - 1)
        or _within(a, b[1:], edits - 1)
        or (a[:2] == b[1::-1] and _within(a[2:], b[2:], edits - 1))
    )


def _similarity(a: str, b: str) -> float:
    """Return the Dice coefficient, 0 to 1, of the characters and pairs of neighbours."""
    x, y = _terms(a), _terms(b)
    return 2 * len(x & y) / (len(x) + len(y))


def _terms(word: str) -> set[str]:
    return {*word, *(word[i : i + 2] for i in range(len(word) - 1))}
