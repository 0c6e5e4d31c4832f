"""Say how a sentence becomes a document of tantivy: its fields, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b

import tantivy

from ..nlp.text.numerals import find_values
from .engine import Entry, Retag
from .exact_tokens import Tokens, joined, single, words_of, written_out

ID, WORDS, UNITS, VALUES, FACTS = "id", "words", "units", "values", "facts"
TOPIC, ROLE, KIND, REPORT, TAGS = "topic", "role", "kind", "report", "tags"
LENGTH, COPY_KEY, PROBABILITY = "length", "copy", "probability"
TAGS_CODE, REPORT_CODE, STORED = "tags-code", "report-code", "stored"

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
