"""Other queries for one whose words stand nowhere (你是不是要找)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..nlp.numerals import find_numerals
from .engine import Engine
from .plan import NO_BOILERPLATE, runs
from .query import And, Node, Or, Run, Text

_MOST = 3
_LEAST_HEARD, _LONGEST_WORD = 3, 12
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
    found = dict.fromkeys(_heard(query, engine))
    for run, word in missing:
        for near in near_words(word, vocabulary, _MOST):
            # The vocabulary knows boilerplate, and words of sentences that are gone.
            if engine.count(And((Text(near), NO_BOILERPLATE))):
                found[run.replace(word, near, 1)] = None
    return tuple(found)[:_MOST]


def misheard(query: Node, engine: Engine) -> tuple[str, ...]:
    """Return what sounds like a run of a query that found something, if only by odd characters.

    乡村镇兴 finds sentences with 乡村, 镇 and 兴, but none with the run itself.
    """
    odd = [run for run in runs(query) if any(len(word.text) == 1 for word, *_ in run.words)]
    return tuple(_heard(Or(tuple(odd)), engine))[:_MOST] if odd else ()


def _heard(query: Node, engine: Engine) -> list[str]:
    """Return the strings of the text that sound like a run of ``query`` that stands nowhere."""
    from ..nlp.pinyin import homophones

    found: list[str] = []
    for run in runs(query):
        text = run.text
        if len(text) >= _LEAST_HEARD and _could_be_word(text) and not engine.count(Text(text)):
            classes = "".join(f"[{re.escape(''.join(sorted(homophones(c))))}]" for c in text)
            counted = engine.strings(re.compile(classes))
            found += sorted(counted, key=lambda other: (-counted[other], other))
    return found


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
    # Another number is another thing.
    return 2 <= len(text) <= _LONGEST_WORD and text.isalpha() and not find_numerals(text)
