"""Read one generation of an index of tantivy: what matches, how often, and what is kept of it.

What is opened never changes, so what was found out once is remembered. tantivy lets other threads
run while it searches, and several threads may use one reader.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Order, Query

from ..nlp.text.marks import without_marks
from .engine import Candidates, Column, EngineFacet, Field, Fields, Retag
from .exact_queries import HALF_OF_PAIR, Overlay, StringFinder, Trees, strings_of
from .exact_tokens import BLANK, NUMERAL, OTHER_NUMERAL, token
from .query import And, Node
from .tantivy_documents import (
    COPY_KEY,
    FACTS,
    ID,
    KIND,
    LENGTH,
    PROBABILITY,
    REPORT,
    REPORT_CODE,
    ROLE,
    STORED,
    TAGS,
    TAGS_CODE,
    TOPIC,
    UNITS,
    WORDS,
    Stored,
    code,
    read_tags,
    text_of,
)
from .tantivy_queries import TantivyQueries, escaped, ids_query
from .term_dictionary import TermDictionary

Addresses = list[tantivy.DocAddress]
_T = TypeVar("_T")
_FACET_FIELDS: Mapping[EngineFacet, str] = {
    "topic": TOPIC, "role": ROLE, "kind": KIND, "report": REPORT
}  # fmt: skip
_PAGE = 1 << 16
"""Ids that are read at a time."""
_REMEMBERED_PLACES = 1 << 18
"""Sentences of which it is known where they are."""
_PART = 1000
"""Sentences that are read at a time."""
_SAMPLE = 5_000
"""Sentences whose text is read for suggestions."""
_OF_NUMBERS = frozenset("0123456789.,")
_FIELDS_OF_FACETS: tuple[Field, ...] = ("report", "kind", "topics", "role")
COMMON_FILE = "common-words.txt"
"""Words of two characters that are found by words and hidden words, sorted, without separators."""


class Reader:
    """An opened index.

    Args:
        folder: the folder of tantivy's files.

    Raises:
        ValueError: tantivy cannot open it.
        OSError: a file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        self.schema = index.schema
        self.searcher = index.searcher()
        self._common = (folder / COMMON_FILE).read_text("utf-8")
        self._build = TantivyQueries(
            self.schema, self._is_common, self._fact_frequency, self._numerals
        )
        self._finder = StringFinder(self._build, self._read_texts, lambda: self.searcher.num_docs)
        self._once: dict[str, Any] = {}
        self._places: dict[int, tantivy.DocAddress] = {}
        self._last: tuple[list[int], Addresses] = [], []  # what was read last by ids()
        self._overlay = Overlay()
        self._trees = Trees(self._build, self._finder.find_all, self._overlay)

    def overlaid(self, overlay: Overlay) -> Reader:
        """Return a view in which these changes have been made; it shares what is remembered."""
        view = copy(self)
        view._overlay = overlay
        view._trees = Trees(self._build, self._finder.find_all, overlay)
        return view

    @property
    def overlay(self) -> Overlay:
        """The changes of a view."""
        return self._overlay

    def common_words(self) -> frozenset[str]:
        """Return the words of two characters that are found by words and hidden words."""
        return frozenset(re.findall("..", self._common))

    def _is_common(self, word: str) -> bool:
        if len(word) != 2:
            return False
        low, high = 0, len(self._common) // 2
        while low < high:
            middle = (low + high) // 2
            if self._common[2 * middle : 2 * middle + 2] < word:
                low = middle + 1
            else:
                high = middle
        return self._common.startswith(word, 2 * low)

    def _fact_frequency(self, fact: str) -> int:
        return self.searcher.doc_freq(FACTS, fact)

    def _numerals(self) -> list[str]:
        """Return the numerals that are facts of some sentence."""

        def read() -> list[str]:
            terms = self.searcher.terms_with_prefix(FACTS, NUMERAL)
            return [term[1:] for term, _ in terms if term != OTHER_NUMERAL]

        return self.once("numerals", read)

    # -- matching --------------------------------------------------------------------------------

    def _read_texts(self, queries: Sequence[Query]) -> Iterator[Iterator[tuple[int, str]]]:
        """Yield the ids and texts of the sentences that each query finds."""
        for query in queries:
            yield ((id_, self._text(address)) for id_, address in self._hits(query))

    def _hits(self, query: Query, most: int | None = None) -> list[tuple[int, tantivy.DocAddress]]:
        """Return the ids of what a query finds, ascending, and where each is."""
        limit = self._count(query) if most is None else most
        if not limit:
            return []
        found = self.searcher.search(
            query, limit=limit, count=False, order_by_field=ID, order=Order.Asc
        )
        return found.hits

    def _count(self, query: Query) -> int:
        found: Any = self.searcher.search(query, limit=1, count=True)
        return int(found.count)

    def count(self, node: Node) -> int:
        """Return how many sentences match."""
        return self._count(self._trees.query(node))

    def ids(self, node: Node) -> Iterator[int]:
        """Yield the ids of the sentences that match, ascending; a part of them at a time."""
        query, last = self._trees.query(node), 0
        ids: list[int] = []
        addresses: Addresses = []
        unsigned = tantivy.FieldType.Unsigned
        while True:
            rest = query
            if last:
                above = Query.range_query(self.schema, ID, unsigned, last + 1, None)
                rest = self._build.all_of([query, above])
            hits = self._hits(rest, _PAGE)
            for last, _ in hits:
                yield last
            if len(ids) < _REMEMBERED_PLACES:
                ids += [id_ for id_, _ in hits]
                addresses += [address for _, address in hits]
            if len(hits) < _PAGE:
                self._last = ids, addresses
                return

    def facets(self, node: Node, names: Sequence[EngineFacet]) -> dict[EngineFacet, dict[str, int]]:
        """Return how many of the sentences that match have each value."""
        query, changed = self._trees.query(node), self._trees.changed
        moved = self._build.all_of([query, changed]) if changed is not None else None
        own = self._build.all_of([query], [changed]) if changed is not None else query
        counted = self._counted(own, names)
        if moved is not None:
            fields = self.fields([id_ for id_, _ in self._hits(moved)], _FIELDS_OF_FACETS)
            for name in names:
                column = getattr(fields, "topics" if name == "topic" else name)
                for value in (column.values[at] for at in column.codes.tolist()):
                    counted[name].update(value if name == "topic" else [value])
        return {
            name: {
                value: count
                for value, count in sorted(counted[name].items(), key=lambda one: (-one[1], one[0]))
                if value and count
            }
            for name in names
        }

    def _counted(
        self, query: Query, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, Counter[str]]:
        """Return the counts of what the index knows, without changes."""
        wanted = {}
        for name in names:
            size = max(len(self._terms(_FACET_FIELDS[name])), 1)
            terms = {"field": _FACET_FIELDS[name], "size": size, "segment_size": size}
            wanted[name] = {"terms": terms}
        found = self.searcher.aggregate(query, wanted) if names else {}
        return {
            name: Counter({one["key"]: one["doc_count"] for one in found[name]["buckets"]})
            for name in names
        }

    def top(self, node: Node, most: int) -> Candidates:
        """Return the best sentences by the words that they have; ties are in order of id."""
        query = self._trees.query(node)
        if not most:
            return Candidates(np.zeros(0, np.int64), np.zeros(0))
        if next(strings_of(node, excluded=False), None) is None:
            first = [id_ for id_, _ in self._hits(query, most)]
            return Candidates(np.array(first, np.int64), np.zeros(len(first)))
        limit = most
        while True:
            hits = self.searcher.search(query, limit=limit + 1, count=False).hits
            # Those with the score of the last must all be there, to take the first ids of them.
            if len(hits) <= limit or hits[most - 1][0] > hits[-1][0]:
                break
            limit *= 4
        addresses = [address for _, address in hits]
        numbers: list[Any] = self.searcher.fast_field_values(ID, addresses)
        self._remember(zip(numbers, addresses, strict=True))
        ids = np.array(numbers, np.int64)
        scores = np.array([score for score, _ in hits], np.float64)
        order = np.lexsort([ids, -scores])[:most]
        return Candidates(ids[order], scores[order])

    # -- what is kept ----------------------------------------------------------------------------

    def stored(self, ids: Sequence[int]) -> dict[int, Stored]:
        """Return what is kept of those of the sentences that are there, by id."""
        return {id_: Stored.read(self._bytes(at)) for id_, at in self._located(ids)}

    def every(self) -> Iterator[tuple[int, Stored]]:
        """Yield all sentences by id, what is kept of each behind it."""
        ids = self.ids(And(()))
        while part := list(islice(ids, _PART)):
            yield from self.stored(part).items()

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of sentences."""
        found = {id_: self._text(address) for id_, address in self._located(ids)}
        return [found[int(id_)] for id_ in ids]

    def _remember(self, located: Iterable[tuple[int, tantivy.DocAddress]]) -> None:
        """Remember where sentences are whose texts and fields will be asked for next."""
        if len(self._places) > _PART:
            self._places.clear()
        self._places.update(located)

    def _located(self, ids: Sequence[int]) -> list[tuple[int, tantivy.DocAddress]]:
        """Return where those of the sentences are that are there, by id, ascending."""
        known = self._places
        try:
            return [(id_, known[id_]) for id_ in sorted(set(map(int, ids)))]
        except KeyError:
            query = ids_query(self.schema, map(int, ids))
            return self._hits(query, len(ids)) if query is not None else []

    def _addresses(self, ids: list[int]) -> Addresses:
        """Return where sentences are that are there, by their ascending ids without repeats."""
        last, addresses = self._last
        if ids == last:
            return addresses
        return [address for _, address in self._located(ids)]

    def _bytes(self, address: tantivy.DocAddress) -> bytes:
        return bytes(self.searcher.doc(address).get_first(STORED) or b"")

    def _text(self, address: tantivy.DocAddress) -> str:
        return text_of(self._bytes(address))

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences, which must be in the index."""
        asked = np.asarray(ids, np.int64)
        distinct, at = np.unique(asked, return_inverse=True)
        addresses = self._addresses(distinct.tolist())
        changes = [
            (place, change)
            for place, id_ in enumerate(asked.tolist() if self._overlay.changes else ())
            if (change := (self._overlay.changes or {}).get(id_)) is not None
        ]
        found: dict[str, Any] = {}
        if not {"kind", "role", "topics"}.isdisjoint(names):
            column = self._column(TAGS, TAGS_CODE, addresses, at)
            tags = [read_tags(value) for value in column.values]
            for place, name in enumerate(("kind", "role", "topics")):
                if name in names:
                    values = [value[place] for value in tags]
                    found[name] = _changed(Column(column.codes, values), name, changes)
        if "report" in names:
            found["report"] = self._column(REPORT, REPORT_CODE, addresses, at)
        if "heading" in names:
            headings = [Stored.read(self._bytes(address)).heading for address in addresses]
            column = Column.of(headings)
            found["heading"] = Column(column.codes[at], column.values)
        if "probability" in names:
            found["probability"] = self._numbers(PROBABILITY, addresses, np.float32)[at]
            for place, change in changes:
                found["probability"][place] = change.probability
        if "words" in names:
            found["words"] = self._numbers(LENGTH, addresses, np.int32)[at]
        if "copy_key" in names:
            found["copy_key"] = self._numbers(COPY_KEY, addresses, np.int64)[at]
        return Fields(**found)

    def _numbers(self, field: str, addresses: Addresses, kind: Any) -> NDArray[Any]:
        return np.array(self.searcher.fast_field_values(field, addresses), kind)

    def _column(
        self, field: str, code_field: str, addresses: Addresses, at: NDArray[np.int64]
    ) -> Column:
        """Return the values of a field, which are known by their codes."""
        named: dict[int, str] = self.once(
            code_field, lambda: {code(value): value for value, _ in self._terms(field)}
        )
        codes, inverse = np.unique(
            self._numbers(code_field, addresses, np.int64), return_inverse=True
        )
        return Column(inverse[at], [named.get(one, "") for one in codes.tolist()])

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return (words, ids) how often each sentence has each word among its words."""
        asked = [int(id_) for id_ in ids]
        kept = self.stored(asked)
        counted = np.zeros((len(words), len(asked)), np.int32)
        tokens = [token(word) for word in words]
        for column, id_ in enumerate(asked):
            own = kept[id_].words
            for row, word in enumerate(tokens):
                if word in kept[id_].text:
                    counted[row, column] = own.count(word)
        return counted

    # -- words and bigrams -----------------------------------------------------------------------

    def frequency(self, word: str) -> int:
        """Return how many sentences have a word."""
        if HALF_OF_PAIR.search(word):
            return 0
        return self.searcher.doc_freq(WORDS, token(word))

    def vocabulary(self) -> TermDictionary:
        """Return every word and how many sentences have it."""

        def read() -> TermDictionary:
            terms = self.searcher.terms_with_prefix(WORDS, "")
            return TermDictionary.of({word.replace(BLANK, " "): count for word, count in terms})

        return self.once("vocabulary", read)

    def _terms(self, field: str) -> list[tuple[str, int]]:
        """Return the terms of a field and the number of documents with each."""
        found: list[tuple[str, int]] = self.once(
            f"terms of {field}", lambda: self.searcher.terms_with_prefix(field, "")
        )
        return found

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each pair of UTF-16 units stands, marks left out."""
        known: dict[int, int] = self.once("bigrams", dict)
        for key in keys.tolist():
            if key not in known:
                known[key] = self._bigram_frequency(key)
        return np.array([known[key] for key in keys.tolist()], np.int64)

    def _bigram_frequency(self, key: int) -> int:
        pair = key.to_bytes(4).decode("utf-16-be", "replace")
        if "\ufffd" in pair:
            return 0
        if len(pair) == 1:  # the two halves of one character
            return self._count(Query.term_query(self.schema, UNITS, pair, "basic"))
        first, second = pair[0], pair[1]
        digits = [char in _OF_NUMBERS for char in pair]
        if not any(digits):
            return self._count(self._finder.strings.literal(pair))
        if not all(digits):
            parts: list[str | tuple[int, str]] = [
                f"[0-9.,]*{escaped(first)}" if digits[0] else escaped(token(first)),
                f"{escaped(second)}[0-9.,]*" if digits[1] else escaped(token(second)),
            ]
            return self._count(Query.regex_phrase_query(self.schema, UNITS, parts))
        inside = f"[0-9.,]*{escaped(first + second)}[0-9.,]*"
        return self._count(Query.regex_query(self.schema, UNITS, inside))

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings of some of the text that match a pattern, and how often they stand.

        Args:
            pattern: the pattern.
            begins: characters of which one of each set follows one of the set before, where it
                matches.
        """

        def sample() -> str:
            return self._bare_texts(self._trees.query(And(())))

        if len(begins) > 1 and all(begins):
            return Counter(pattern.findall(self._bare_texts(self._following(begins))))
        return Counter(pattern.findall(self.once("sample", sample)))

    def _following(self, sets: Sequence[Set[str]]) -> Query:
        """Return the query for characters that follow each other, one of each set."""
        parts: list[str | tuple[int, str]] = []
        for chars in sets:
            digits = "[0-9.,]+" if not chars.isdisjoint(_OF_NUMBERS) else ""
            alternatives = [escaped(token(char)) for char in sorted(chars - _OF_NUMBERS)]
            parts.append("|".join([*alternatives, digits] if digits else alternatives))
        return Query.regex_phrase_query(self.schema, UNITS, parts)

    def _bare_texts(self, query: Query) -> str:
        """Return the texts without marks of the first sentences that a query finds."""
        hits = self._hits(query, _SAMPLE)
        return "\n".join(without_marks(self._text(address)) for _, address in hits)

    def once(self, name: str, make: Callable[[], _T]) -> _T:
        """Return what ``make`` returns, which is remembered under a name."""
        if name not in self._once:
            self._once[name] = make()
        found: _T = self._once[name]
        return found


def _changed(column: Column, name: str, changes: Sequence[tuple[int, Retag]]) -> Column:
    """Return a column with the role or topics of changed sentences at their places."""
    if not changes or name == "kind":
        return column
    values, codes = list(column.values), column.codes.copy()
    for place, change in changes:
        codes[place] = len(values)
        values.append(change.role if name == "role" else tuple(change.topics))
    return Column(codes, values)
