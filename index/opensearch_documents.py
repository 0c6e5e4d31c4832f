"""Say how a sentence becomes documents of OpenSearch, one for each change of it, and read them.

A document is there for revisions of the index: from the one in which it was written (``born``) to
the one in which it was replaced or deleted (``until``), so that a search at one revision finds the
same while the next is written. What is searched (:mod:`~gongwen.index.exact_tokens`) is not kept as
it was sent; a document is made again from its text where it must be written again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..nlp.text.numerals import find_values
from .engine import Entry, Retag
from .exact_tokens import UNTOLD, Tokens, joined, single, token, words_of, written_out
from .opensearch_client import Json

ID, BORN, UNTIL = "id", "born", "until"
WORDS, UNITS, VALUES, FACTS = "words", "units", "values", "facts"
TOPIC, ROLE, KIND, REPORT, TAGS = "topic", "role", "kind", "report", "tags"
LENGTH, COPY_KEY, PROBABILITY = "length", "copy", "probability"
TEXT, HEADING, STATE, SEALED = "text", "heading", "state", "sealed"
KEPT = (ID, BORN, TEXT, WORDS, HEADING, TAGS, REPORT, PROBABILITY, COPY_KEY)
"""Fields from which a document can be made again."""
STILL_THERE = (1 << 62) - 1
"""``until`` of a sentence that has neither been replaced nor deleted."""
LONGEST_TOKEN = 4000
"""Characters of a token; Lucene takes 32766 bytes, and two units are a token too."""
LONGEST_VALUE = 8000
"""Characters of a keyword, which Lucene bounds likewise."""


def settings(shards: int, replicas: int | None) -> Json:
    """Return the settings of a new index."""
    copies: Json = (
        {"auto_expand_replicas": "0-1"} if replicas is None else {"number_of_replicas": replicas}
    )
    return {
        "index": {
            "number_of_shards": shards,
            **copies,
            "refresh_interval": "-1",
            "analysis": {
                "tokenizer": {
                    "spaces": {
                        "type": "char_group",
                        "tokenize_on_chars": [" "],
                        "max_token_length": 4 * LONGEST_TOKEN,
                    }
                },
                "analyzer": {"spaces": {"type": "custom", "tokenizer": "spaces"}},
            },
        }
    }


def mappings() -> Json:
    """Return the fields of a document."""
    keyword: Json = {"type": "keyword", "ignore_above": LONGEST_VALUE}
    found: Json = {"type": "keyword", "doc_values": False}
    tokens: Json = {"type": "text", "analyzer": "spaces", "norms": False}
    only_kept: Json = {"index": False}
    return {
        "dynamic": False,
        "_source": {"includes": [*KEPT, UNTIL, STATE]},
        "properties": {
            ID: {"type": "long"},
            BORN: {"type": "long"},
            UNTIL: {"type": "long"},
            SEALED: {"type": "long"},
            WORDS: tokens | {"index_options": "docs"},
            UNITS: tokens | {"index_phrases": True, "norms": True},
            VALUES: tokens,
            FACTS: found,
            TOPIC: keyword,
            ROLE: keyword,
            KIND: keyword,
            REPORT: keyword,
            TAGS: keyword | only_kept,
            LENGTH: {"type": "integer"} | only_kept,
            COPY_KEY: {"type": "long"} | only_kept,
            PROBABILITY: {"type": "float"},
            STATE: {"type": "object", "enabled": False},
        },
    }


def token_of(string: str) -> str:
    """Return a string as the token that the cluster knows of it."""
    return token(string)[:LONGEST_TOKEN]


@dataclass(slots=True)  # made for every sentence, and a frozen one takes three times as long
class Kept:
    """What a document keeps of its sentence, from which it can be made again.

    Attributes:
        id: the library's number for the sentence.
        born: revision in which the document was written.
        text: the sentence, folded and squeezed.
        words: its words, with repeats, parted by spaces.
        heading: what stands above it.
        tags: its kind, its role and its topics, parted by line feeds.
        report: id of its report.
        probability: of the likeliest topic.
        copy_key: what it has in common with its near-copies.
    """

    id: int
    born: int
    text: str
    words: str
    heading: str
    tags: str
    report: str
    probability: float
    copy_key: int

    @classmethod
    def read(cls, source: Mapping[str, Any]) -> Kept:
        """Return what is kept in a document."""
        return cls(*(source[name] for name in KEPT))

    @property
    def length(self) -> int:
        """How many words it has."""
        return self.words.count(" ") + 1 if self.words else 0

    def retagged(self, change: Retag, born: int) -> Kept:
        """Return the same sentence with new tags, as another document."""
        kind = self.tags.partition("\n")[0]
        tags = "\n".join((kind, change.role, *change.topics))
        return replace(self, born=born, tags=tags, probability=single(change.probability))


class DocumentMaker:
    """Makes the documents of sentences."""

    def __init__(self) -> None:
        from ..nlp.duplicates.near_copies import copy_key  # late: a search makes no keys

        self._copy_key = copy_key
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def of(self, entry: Entry, born: int) -> tuple[Kept, Tokens]:
        """Return what is kept of an entry, and the tokens of its text.

        Words that do not stand in the text are left out, as a query relies on it that they do.
        """
        text = entry.text.replace("\n", " ").encode("utf-8", "replace").decode()
        numerals = find_values(text)
        written = written_out(text, numerals)
        words = words_of(entry.words, text)
        kept = Kept(
            entry.id,
            born,
            text,
            _joined(words),
            entry.heading,
            "\n".join((entry.kind, entry.role, *entry.topics)),
            entry.report,
            single(entry.probability),
            self._copy_key(written, entry.names),
        )
        return kept, Tokens.of(text, numerals, written, words, frozenset())

    def again(self, kept: Kept) -> Tokens:
        """Return the tokens of a sentence of which a document was made before."""
        numerals = find_values(kept.text)
        written = written_out(kept.text, numerals)
        return Tokens.of(kept.text, numerals, written, kept.words.split(" "), frozenset())

    def document(self, kept: Kept, tokens: Tokens, until: int = STILL_THERE) -> bytes:
        """Return a document as JSON.

        Args:
            kept: what is kept of the sentence.
            tokens: those of its text.
            until: revision from which on it is not there any more.
        """
        kind, role, *topics = kept.tags.split("\n")
        text = "".join(tokens.facts)
        clear = text.isprintable() and " " not in text
        facts = tokens.facts if clear else [*map(token, tokens.facts)]
        lists = (tokens.units, tokens.values, facts)
        if len(kept.text) > LONGEST_TOKEN and any(
            len(one) > LONGEST_TOKEN for tokens_ in lists for one in tokens_
        ):
            facts = tokens.facts = [*(fact[:LONGEST_TOKEN] for fact in facts), UNTOLD]
        made: Json = {
            ID: kept.id,
            BORN: kept.born,
            UNTIL: until,
            TEXT: kept.text,
            WORDS: kept.words,
            HEADING: kept.heading,
            TAGS: kept.tags,
            REPORT: kept.report,
            PROBABILITY: kept.probability,
            COPY_KEY: kept.copy_key,
            KIND: kind,
            ROLE: role,
            TOPIC: topics,
            LENGTH: kept.length,
            UNITS: _cut(tokens.units),
            FACTS: facts,
        }
        if tokens.values:
            made[VALUES] = _cut(tokens.values)
        return self._encode(made).encode("utf-8", "replace")


def _joined(words: Sequence[str]) -> str:
    """Return words as tokens that spaces part."""
    text = joined(words)
    return text if len(text) <= LONGEST_TOKEN else " ".join(map(token_of, words))


def _cut(units: Sequence[str]) -> str:
    """Return units as tokens of a bounded length that spaces part."""
    text = " ".join(units)
    if len(text) <= LONGEST_TOKEN:
        return text
    return " ".join(unit[:LONGEST_TOKEN] for unit in units)
