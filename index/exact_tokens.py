"""Say what of a text is indexed so that every string is found exactly, whatever the engine.

The text without marks is indexed as *units* with positions: a whole number is one unit, and every
other character is one. So a phrase of units stands off the borders of words as well, and never
cuts a number. The text with its numbers written out is indexed in the same way when it differs.
What a phrase cannot tell are *facts* of a sentence, each a token with a letter in front:

- ``h``: a word of two characters that stands in the text but is none of its words (``hidden``);
- ``x``: two neighbouring units between which a mark was left out;
- ``l``: a Latin word;
- ``m``: marks that stand together, outside of numbers;
- ``v``: the text has numbers that are written out otherwise;
- ``n``: such a number as it stands there, or ``*`` for one with digits or marks;
- ``u``: a token was cut, as an engine takes none of its length, so that only the text can tell.

:mod:`~gongwen.index.exact_queries` asks for these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import add
from struct import pack, unpack
from typing import Any

from ..nlp.text.marks import MARK, NO_MARK, marks_of, without_marks
from ..nlp.text.numerals import Numeral
from .engine import Statistics
from .scan import words_in_text

HIDDEN, CROSSED, LATIN, MARKS, HAS_VALUES, NUMERAL, UNTOLD = "hxlmvnu"
"""Letters in front of the facts of a document."""
OTHER_NUMERAL = f"{NUMERAL}*"
"""The fact of a number with digits or marks."""

BLANK, REPLACED = "\ufdd0", "\ufffd"
"""What stands in a token for any white space, at which tantivy parts tokens; and for what would be
taken for it, a code point that no text should have."""
_WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_WHITE_SPACE += "".join(map(chr, range(0x2000, 0x200B)))
_INTO_TOKENS = str.maketrans(dict.fromkeys(_WHITE_SPACE, BLANK) | {BLANK: REPLACED})
UNCLEAR = frozenset(_WHITE_SPACE.replace(" ", "") + BLANK + REPLACED)
"""Characters that tokens do not tell from others."""

_NUMBER = r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*"
"""A number, which no match may cut: digits, decimals, groups of thousands; also 3.1.2."""
_NUMBERS = re.compile(_NUMBER)
_UNITS = re.compile(f"{_NUMBER}|.", re.DOTALL)
_DIGIT = re.compile("[0-9]")
_UNIT = f"{_NUMBER}|{NO_MARK}"
_CROSSED = re.compile(f"({_UNIT}){MARK}+(?=({_UNIT}))", re.DOTALL)
"""Two units between which there are marks. Between two digits marks stand for something, and what
is found there besides does no harm."""
_LATIN_WORD = re.compile("[a-z]+")
_DIGIT_OR_MARK = re.compile(f"[0-9]|{MARK}")


# -- tokens --------------------------------------------------------------------------------------


def token(string: str) -> str:
    """Return a string of the same length that holds no white space, so that it can be a token."""
    clear = string.isprintable() and " " not in string
    return string if clear else string.translate(_INTO_TOKENS)


def units(text: str) -> Sequence[str]:
    """Return the units of a text without marks: its numbers, and all other characters.

    Example:
        >>> units("办理1,236件")
        ['办', '理', '1,236', '件']
    """
    return _UNITS.findall(text) if _DIGIT.search(text) else text


def crossed(text: str) -> list[str]:
    """Return the pairs of units of a text between which there are marks.

    Example:
        >>> crossed("单机、关键")
        ['机关']
    """
    return [before + after for before, after in _CROSSED.findall(text)]


def spans_of_marks(text: str) -> set[str]:
    """Return the marks of a text outside of its numbers, those together that stand together.

    Example:
        >>> sorted(spans_of_marks("“放管服”、3.5%。"))
        ['“', '”、', '。']
    """
    return set(marks_of(_NUMBERS.sub("0", text) if _DIGIT.search(text) else text))


@dataclass(slots=True)  # made for every sentence, and a frozen one takes three times as long
class Tokens:
    """What of a text is indexed.

    Attributes:
        units: units of the text without marks.
        values: the same of the text with its numbers written out, empty when that is no other.
        facts: tokens, each with its letter in front.
        characters: UTF-16 units of the text without marks.
        pairs: pairs of neighbouring ones among these, without repeats.
    """

    units: Sequence[str]
    values: Sequence[str]
    facts: Sequence[str]
    characters: int
    pairs: int

    @classmethod
    def of(
        cls,
        text: str,
        numerals: Sequence[Numeral],
        written: str,
        words: Sequence[str],
        common: frozenset[str],
    ) -> Tokens:
        """Return the tokens of a sentence.

        Args:
            text: the sentence, folded and squeezed.
            numerals: its numbers that are written out otherwise.
            written: the same with these written out.
            words: its words.
            common: words of two characters that are to be found at once.
        """
        bare = without_marks(text)
        own = units(token(bare))
        pairs = set(map(add, bare, bare[1:]))
        hidden = pairs.difference(words) & common
        facts = [HIDDEN + word for word in hidden if word in text]
        if marks := spans_of_marks(text):
            facts += [CROSSED + pair for pair in crossed(text)]
            facts += [MARKS + span for span in marks]
        if latin := _LATIN_WORD.findall(text):
            facts += [LATIN + word for word in latin]
        values: Sequence[str] = ()
        if written != text:
            values = units(token(without_marks(written)))
            facts += [CROSSED + pair for pair in crossed(written)]
            facts.append(HAS_VALUES)
            facts += {_fact_of(text[one.start : one.end]) for one in numerals}
        characters = len(bare.encode("utf-16-le", "replace")) // 2
        if characters != len(bare):  # it has characters of two units
            return cls(own, values, facts, *measured(bare))
        return cls(own, values, facts, characters, len(pairs))


def _fact_of(numeral: str) -> str:
    """Return the fact for a number as it stands in a text."""
    return OTHER_NUMERAL if _DIGIT_OR_MARK.search(numeral) else NUMERAL + numeral


def written_out(text: str, numerals: Sequence[Numeral]) -> str:
    """Return a text with its numbers written out.

    Args:
        text: the text.
        numerals: what :func:`~gongwen.nlp.text.numerals.find_values` has found in it.
    """
    parts: list[str] = []
    done = 0
    for one in numerals:
        parts += text[done : one.start], one.digits
        done = one.end
    return "".join(parts) + text[done:]


def measured(bare: str) -> tuple[int, int]:
    """Return the UTF-16 units of a text without marks, and its different pairs of them."""
    encoded = bare.encode("utf-16-le", "replace")
    pairs = {encoded[i : i + 4] for i in range(0, len(encoded) - 2, 2)}
    return len(encoded) // 2, len(pairs)


def joined(words: Sequence[str]) -> str:
    """Return words or facts as tokens that white space parts."""
    text = " ".join(words)
    if text.isprintable() and text.count(" ") < max(len(words), 1):
        return text
    return " ".join(map(token, words))


def single(probability: float) -> float:
    """Return a probability as a number of 32 bits, as all engines keep it."""
    return unpack("f", pack("f", probability))[0]  # type: ignore[no-any-return]


def words_of(words: Sequence[str], text: str) -> Sequence[str]:
    """Return the words that stand in the text; usually all of them do."""
    if all(map(text.__contains__, words)):
        return words
    return list(words_in_text(words, text))


# -- all sentences together ----------------------------------------------------------------------


@dataclass(slots=True)
class Totals:
    """What is known of all sentences together.

    Attributes:
        lengths: how many sentences have each number of words.
        characters: UTF-16 units of their texts without marks.
        bigrams: pairs of neighbouring ones, with repeats.
        distinct: the same without repeats inside a sentence.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    characters: int = 0
    bigrams: int = 0
    distinct: int = 0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Totals:
        """Return what :meth:`to_dict` gave."""
        lengths = {int(length): int(count) for length, count in values["lengths"].items()}
        rest = (int(values[name]) for name in ("characters", "bigrams", "distinct"))
        return cls(Counter(lengths), *rest)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        lengths = {str(length): count for length, count in self.lengths.items() if count > 0}
        return {
            "lengths": lengths,
            "characters": self.characters,
            "bigrams": self.bigrams,
            "distinct": self.distinct,
        }

    def add(self, words: int, characters: int, pairs: int) -> None:
        """Count a sentence of so many words, UTF-16 units and different pairs of them."""
        self.lengths[words] += 1
        self.characters += characters
        self.bigrams += max(characters - 1, 0)
        self.distinct += pairs

    def remove(self, text: str, words: int) -> None:
        """Count a sentence of this text and so many words no more."""
        characters, pairs = measured(without_marks(text))
        self.lengths[words] -= 1
        self.characters -= characters
        self.bigrams -= max(characters - 1, 0)
        self.distinct -= pairs

    def copy(self) -> Totals:
        """Return totals that can be changed without changing these."""
        return replace(self, lengths=Counter(self.lengths))

    def statistics(self) -> Statistics:
        """Return them as ranking needs them."""
        lengths = {length: count for length, count in self.lengths.items() if count > 0}
        return Statistics(lengths, self.characters, self.bigrams, self.distinct)
