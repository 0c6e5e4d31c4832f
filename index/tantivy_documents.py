"""Say how a sentence becomes a document of tantivy: its fields, and the tokens of its text.

The text without marks is indexed as *units* with positions: a whole number is one unit, and every
other character is one. So a phrase of units stands off the borders of words as well, and never
cuts a number. The text with its numbers written out is indexed in the same way when it differs.
What a phrase cannot tell are *facts* of a document, each a token with a letter in front:

- ``h``: a word of two characters that stands in the text but is none of its words (``hidden``);
- ``x``: two neighbouring units between which a mark was left out;
- ``l``: a Latin word;
- ``m``: marks that stand together, outside of numbers;
- ``v``: the text has numbers that are written out otherwise;
- ``n``: such a number as it stands there, or ``*`` for one with digits or marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from operator import add
from struct import pack, unpack

import tantivy

from ..nlp.text.marks import MARK, NO_MARK, marks_of, without_marks
from ..nlp.text.numerals import Numeral, find_values
from .engine import Entry, Retag
from .scan import words_in_text

ID, WORDS, UNITS, VALUES, FACTS = "id", "words", "units", "values", "facts"
TOPIC, ROLE, KIND, REPORT, TAGS = "topic", "role", "kind", "report", "tags"
LENGTH, COPY_KEY, PROBABILITY = "length", "copy", "probability"
TAGS_CODE, REPORT_CODE, STORED = "tags-code", "report-code", "stored"

HIDDEN, CROSSED, LATIN, MARKS, HAS_VALUES, NUMERAL = "h", "x", "l", "m", "v", "n"
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
_FIELDS = 11
"""Values that a document stores."""


def schema() -> tantivy.Schema:
    """Return the fields of a document."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(ID, indexed=True, fast=True)
    builder.add_text_field(WORDS, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(UNITS, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(VALUES, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(FACTS, tokenizer_name="whitespace", index_option="basic")
    for name in (TOPIC, ROLE, KIND, REPORT):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field(TAGS, tokenizer_name="raw", index_option="basic")
    for name in (LENGTH, COPY_KEY, TAGS_CODE, REPORT_CODE):
        builder.add_unsigned_field(name, fast=True)
    builder.add_float_field(PROBABILITY, fast=True)
    builder.add_bytes_field(STORED, stored=True)
    return builder.build()


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


@lru_cache(1 << 12)
def code(value: str) -> int:
    """Return a number of 48 bits for a value, by which equal values are known."""
    return int.from_bytes(blake2b(value.encode("utf-8", "replace"), digest_size=6).digest())


# -- documents -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Stored:
    """What a document keeps of its sentence, from which it can be made again.

    Attributes:
        text: the sentence, folded and squeezed.
        words: its words, with repeats.
        topics: slugs, the primary topic first.
        role: slug of the role.
        kind: title, heading, sentence or boilerplate.
        report: id of the report.
        region: region of the report.
        year: year of the report.
        probability: of the likeliest topic.
        copy_key: what it has in common with its near-copies.
        heading: what stands above it.
    """

    text: str
    words: Sequence[str]
    topics: tuple[str, ...]
    role: str
    kind: str
    report: str
    region: str
    year: str
    probability: float
    copy_key: int
    heading: str

    @classmethod
    def read(cls, stored: bytes) -> Stored:
        """Return what :meth:`written` wrote."""
        text, words, topics, role, kind, report, region, year, probability, key, heading = (
            stored.decode().split("\n", _FIELDS - 1)
        )
        return cls(
            text,
            words.split(" ") if words else [],
            tuple(topics.split("\t")) if topics else (),
            role,
            kind,
            report,
            region,
            year,
            float(probability),
            int(key),
            heading,
        )

    def written(self, words: str) -> bytes:
        """Return all of it in one string of bytes, the text first.

        Args:
            words: its words as :func:`joined` gives them.
        """
        return "\n".join(
            (
                self.text,
                words,
                "\t".join(self.topics),
                self.role,
                self.kind,
                self.report,
                self.region,
                self.year,
                repr(self.probability),
                str(self.copy_key),
                self.heading,
            )
        ).encode("utf-8", "replace")

    def retagged(self, change: Retag) -> Stored:
        """Return the same sentence with new tags."""
        topics, role = tuple(change.topics), change.role
        return replace(self, topics=topics, role=role, probability=change.probability)

    @property
    def tags(self) -> str:
        """Kind, role and topics in one string, which :func:`read_tags` reads."""
        return "\n".join((self.kind, self.role, *self.topics))


class DocumentMaker:
    """Makes the documents of sentences.

    Args:
        common: words of two characters that are to be found at once.
    """

    def __init__(self, common: frozenset[str]) -> None:
        from ..nlp.duplicates.near_copies import copy_key  # late: a search makes no keys

        self._copy_key = copy_key
        self._common = common

    def of(self, entry: Entry) -> tuple[tantivy.Document, Stored, Tokens]:
        """Return the document of an entry, what is kept of it, and the tokens of its text.

        Words that do not stand in the text are left out, as a query relies on it that they do.
        """
        text = entry.text.replace("\n", " ")
        numerals = find_values(text)
        written = written_out(text, numerals)
        stored = Stored(
            text,
            words_of(entry.words, text),
            tuple(entry.topics),
            entry.role,
            entry.kind,
            entry.report,
            entry.region,
            entry.year,
            entry.probability,
            self._copy_key(written, entry.names),
            entry.heading,
        )
        tokens = Tokens.of(text, numerals, written, stored.words, self._common)
        return _document(entry.id, stored, tokens), stored, tokens

    def again(self, id_: int, stored: Stored) -> tantivy.Document:
        """Return the document of a sentence of which another document was made before."""
        text = stored.text
        numerals = find_values(text)
        written = written_out(text, numerals)
        tokens = Tokens.of(text, numerals, written, stored.words, self._common)
        return _document(id_, stored, tokens)


def _document(id_: int, stored: Stored, tokens: Tokens) -> tantivy.Document:
    made = tantivy.Document()
    made.add_unsigned(ID, id_)
    words = joined(stored.words)
    made.add_text(WORDS, words)
    made.add_text(UNITS, " ".join(tokens.units))
    if tokens.values:
        made.add_text(VALUES, " ".join(tokens.values))
    if tokens.facts:
        made.add_text(FACTS, joined(tokens.facts))
    for topic in stored.topics:
        made.add_text(TOPIC, topic)
    made.add_text(ROLE, stored.role)
    made.add_text(KIND, stored.kind)
    made.add_text(REPORT, stored.report)
    tags = stored.tags
    made.add_text(TAGS, tags)
    made.add_unsigned(TAGS_CODE, code(tags))
    made.add_unsigned(REPORT_CODE, code(stored.report))
    made.add_unsigned(LENGTH, len(stored.words))
    made.add_unsigned(COPY_KEY, stored.copy_key)
    made.add_float(PROBABILITY, single(stored.probability))
    made.add_bytes(STORED, stored.written(words))
    return made


def text_of(stored: bytes) -> str:
    """Return the text alone of what :meth:`Stored.written` wrote."""
    return stored.partition(b"\n")[0].decode()


def read_tags(tags: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the kind, the role and the topics of :attr:`Stored.tags`."""
    kind, role, *topics = tags.split("\n")
    return kind, role, tuple(topics)


def single(probability: float) -> float:
    """Return a probability as a number of 32 bits, as all engines keep it."""
    return unpack("f", pack("f", probability))[0]  # type: ignore[no-any-return]


def words_of(words: Sequence[str], text: str) -> Sequence[str]:
    """Return the words that stand in the text; usually all of them do."""
    if all(map(text.__contains__, words)):
        return words
    return list(words_in_text(words, text))
