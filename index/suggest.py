"""Other queries for one whose words stand nowhere (你是不是要找)."""

from __future__ import annotations

from collections.abc import Iterator

from .engine import Engine
from .plan import NO_BOILERPLATE
from .query import And, Node, Or, Run, Text

_MOST = 3
_LONGEST_WORD = 12
_MOST_WORDS = 4
"""Words of a query that are looked at; a long question is answered by its other words."""


def suggestions(query: Node, engine: Engine) -> tuple[str, ...]:
    """Return up to three runs or exact strings of ``query`` in another spelling, the nearest first.

    What is spelled otherwise stands in some sentence; the other conditions are not looked at.
    """
    missing = list(_missing(query, engine))
    if not missing or len(missing) > _MOST_WORDS:
        return ()
    from .nearby import near_words

    vocabulary = list(engine.vocabulary())
    found: dict[str, None] = {}
    for run, word in missing:
        for near in near_words(word, vocabulary, _MOST):
            other = run.replace(word, near, 1)
            # The vocabulary knows boilerplate, and words of sentences that are gone.
            if engine.count(And((Text(near), NO_BOILERPLATE))):
                found[other] = None
    return tuple(found)[:_MOST]


def _missing(node: Node, engine: Engine) -> Iterator[tuple[str, str]]:
    """Yield runs and exact strings with a part that stands nowhere: all of it, or one word."""
    match node:
        case Text(text=text):
            if _could_be_word(text) and not engine.count(node):
                yield text, text
        case Run(text=text, words=words):
            if _could_be_word(text) and not engine.count(Text(text)):
                yield text, text
            for word, *_ in words[: _MOST_WORDS + 1]:
                if word.text != text and _could_be_word(word.text) and not engine.count(word):
                    yield text, word.text
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _missing(part, engine)


def _could_be_word(text: str) -> bool:
    return 2 <= len(text) <= _LONGEST_WORD and text.isalpha()
