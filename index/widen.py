"""How far a query may widen when nothing is found: synonyms, pinyin, any of its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ..nlp.numerals import find_numerals
from ..nlp.seeds import Synonyms
from .cut import LONGEST_RUN, cut_run
from .engine import Engine
from .plan import runs
from .query import And, Node, Or, Run, Text

Slots = Sequence[tuple[Text, ...]]

_COMMON = 1000
"""A character that is more than one word in a thousand stands in every thirtieth sentence."""
_MOST_WORDS = 96
_MOST_WEIGHED, _WORD = 200, 10
"""Strings of one sound that are looked at, and how much more one counts that is made of words."""
_MOST_HEARD = 5
_HEARD_LEAST = 0.05
"""Strings of one sound that are searched: so many, and so often beside the most frequent."""


class Vocabulary(Protocol):
    """What an engine knows of words."""

    @property
    def total_words(self) -> int:
        """Words of all sentences, with repeats."""

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""


def with_synonyms(node: Node, synonyms: Synonyms) -> Node:
    """Return the tree in which stretches of a run may be replaced by their synonyms.

    Whatever the tree finds without them is found with them too.
    """
    match node:
        case Run(words=words):
            wider = replace(node, words=tuple(_alternatives(node, synonyms)))
            return wider if wider == node or len(words) == 1 else Or((node, wider))
        case And(parts=parts):
            return And(tuple(with_synonyms(part, synonyms) for part in parts))
        case Or(parts=parts):
            return Or(tuple(with_synonyms(part, synonyms) for part in parts))
        case _:
            return node


def _alternatives(run: Run, synonyms: Synonyms) -> Iterator[tuple[Text, ...]]:
    """Yield the words of ``run``; a stretch that has synonyms is one word with alternatives."""
    rest = run.text[:LONGEST_RUN]
    stretches = synonyms.words_in(rest)
    for stretch in stretches:
        rest = rest.replace(stretch, " ")
    done: set[str] = set()
    for words in run.words:
        word = words[0].text
        stretch = next((s for s in stretches if word in s), "")
        if word in rest or not stretch:
            yield words
        elif stretch not in done:
            done.add(stretch)
            others = (Text(w, whole=True, stands_for=stretch) for w in synonyms.of(stretch))
            yield Text(stretch, whole=True), *others


def sounds(node: Node, engine: Engine) -> dict[str, tuple[str, ...]]:
    """Return for the Latin runs of a tree that stand nowhere what in the text sounds so.

    The most frequent come first, words before chance strings. Where a run stands is asked under
    the conditions of the tree: an address in a footer is in nobody's way.
    """
    from ..nlp.pinyin import pattern

    heard: dict[str, tuple[str, ...]] = {}
    conditions = _without_runs(node)
    for run in runs(node):
        if not (expression := pattern(run.text)):
            continue
        if engine.count(And((Text(run.text, whole=True), *conditions))):
            continue
        weights = {
            string: count * (_WORD if _of_words(string, engine) else 1)
            for string, count in engine.strings(expression).most_common(_MOST_WEIGHED)
        }
        words = sorted(weights, key=lambda string: (-weights[string], string))
        if words:
            least = weights[words[0]] * _HEARD_LEAST
            heard[run.text] = tuple(w for w in words[:_MOST_HEARD] if weights[w] >= least)
    return heard


def _of_words(string: str, engine: Engine) -> bool:
    """Say whether ``string`` is a word of the index, or made of words and not of odd characters."""
    words = cut_run(string, engine.frequency, engine.total_words)
    return all(engine.frequency(w.text) and (len(w.text) > 1 or len(words) < 2) for w in words)


def with_sounds(node: Node, heard: Mapping[str, tuple[str, ...]]) -> Node:
    """Return the tree in which the runs that are keys of ``heard`` are any of its strings."""
    match node:
        case Run(text=text) if text in heard:
            strings = (Text(word, whole=True, stands_for=text) for word in heard[text])
            return Or(tuple(strings))
        case And(parts=parts):
            return And(tuple(with_sounds(part, heard) for part in parts))
        case Or(parts=parts):
            return Or(tuple(with_sounds(part, heard) for part in parts))
        case _:
            return node


def any_word(node: Node, vocabulary: Vocabulary) -> Node:
    """Return the tree in which one word of all its runs is enough; the rest stays required.

    Words inside longer ones count too, and of what is no word the pairs of characters and the rare
    ones. Common single characters are left out where anything else remains.
    """
    found = runs(node)
    required = list(dict.fromkeys(word for run in found for word in run.words))
    if len(required) < 2:
        return node
    telling = [word for word in required if _tells(word[0].text, vocabulary)] or required
    words = list(dict.fromkeys([*telling, *_inside(telling, vocabulary)]))
    rest = _without_runs(node)
    text = "".join(dict.fromkeys(run.text for run in found))
    return And((Run(text, tuple(words[:_MOST_WORDS]), any=True), *rest))


def _tells(word: str, vocabulary: Vocabulary) -> bool:
    """Say whether ``word`` says what a sentence is about: one character does when it is rare."""
    return len(word) > 1 or vocabulary.frequency(word) * _COMMON < vocabulary.total_words


def _inside(words: Slots, vocabulary: Vocabulary) -> Iterator[tuple[Text]]:
    """Yield the words of the index inside ``words``, as it has them too, and pairs of no word."""
    for word in (alternatives[0].text for alternatives in words):
        if any(char.isascii() or char.isdigit() for char in word) or find_numerals(word):
            continue
        known = vocabulary.frequency(word)
        parts = [part for size in (2, 3) for part in _parts(word, size) if part != word]
        if not known and len(word) > 1:
            parts += [char for char in word if _tells(char, vocabulary)]
        for part in parts:
            if (len(part) == 2 and not known) or vocabulary.frequency(part):
                yield (Text(part, whole=True),)


def _parts(word: str, size: int) -> Iterator[str]:
    return (word[start : start + size] for start in range(len(word) - size + 1))


def _without_runs(node: Node) -> tuple[Node, ...]:
    match node:
        case Run():
            return ()
        case And(parts=parts):
            return tuple(kept for part in parts for kept in _without_runs(part))
        case Or(parts=parts):
            # An alternative of exact strings or filters alone stays as it is.
            return () if any(runs(part) for part in parts) else (node,)
        case _:
            return (node,)
