"""Translate planned trees to queries of tantivy that match exactly what the trees ask for.

For most strings a query over units and facts (:mod:`~gongwen.index.tantivy_documents`) decides by
itself. For the others it tells three kinds of sentences apart: those that hold the string, those
that do not, and those of which only their text can tell, as a mark or a numeral stands where the
string does. The last are read once, and remembered as long as the index stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import tantivy
from tantivy import Occur, Query

from ..nlp.text.marks import MARK, without_marks
from ..nlp.text.numerals import find_values, in_values
from .engine import Retag
from .query import And, Filter, Node, Not, Or, Run, Text
from .scan import divider_of, forms
from .tantivy_documents import (
    CROSSED,
    FACTS,
    HAS_VALUES,
    HIDDEN,
    ID,
    KIND,
    LATIN,
    MARKS,
    NUMERAL,
    OTHER_NUMERAL,
    PROBABILITY,
    REPORT,
    ROLE,
    TOPIC,
    UNCLEAR,
    UNITS,
    VALUES,
    WORDS,
    single,
    token,
    units,
)

_LATIN_WORD = re.compile("[a-z]+")
_DIGIT_OR_MARK = re.compile(f"[0-9]|{MARK}")
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
HALF_OF_PAIR = re.compile("[\ud800-\udfff]")
"""A character that no text has and that tantivy cannot take."""
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
"""Characters that mean something in the regular expressions of tantivy."""
_LONGEST = 24
"""Characters of a string of whose parts it is asked whether they are numerals of a text."""
_MOST_UNITS = 256
"""Units of a phrase; of a longer string the rest is looked for in the text."""
_TERM_FIELDS = {"topic": TOPIC, "role": ROLE, "kind": KIND, "report": REPORT}


@dataclass(frozen=True, slots=True)
class Overlay:
    """Changes that are not in an index yet.

    Attributes:
        removed: ids of sentences that are gone.
        changes: new tags of sentences, by id.
    """

    removed: frozenset[int] = frozenset()
    changes: Mapping[int, Retag] | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """What queries tell of a string.

    Attributes:
        sure: finds sentences that hold it.
        doubtful: finds all others that may; ``None`` when none can.
    """

    sure: Query
    doubtful: Query | None = None


class Strings:
    """Queries for the strings of an index, which score sentences by BM25.

    Args:
        schema: fields of the index.
        is_common: whether a word of two characters is found by words and hidden words.
        frequency: number of documents with a fact, deleted ones too.
        numerals: all numerals of facts.
    """

    def __init__(
        self,
        schema: tantivy.Schema,
        is_common: Callable[[str], bool],
        frequency: Callable[[str], int],
        numerals: Callable[[], Sequence[str]],
    ) -> None:
        self._schema = schema
        self._is_common = is_common
        self._frequency = frequency
        self._numerals = numerals

    def split(self, needle: Text) -> Split:
        """Return the queries for a string."""
        if not needle.text or HALF_OF_PAIR.search(needle.text):
            return Split(Query.empty_query())
        bare = without_marks(needle.text)
        if not bare:
            return self._marks(needle)
        undivided = bool(divider_of(needle)) or (needle.verbatim and bare == needle.text)
        if self._is_common(needle.text) and not find_values(needle.text):
            return Split(self._pair(needle.text, undivided))
        if needle.whole and not needle.open_end and _LATIN_WORD.fullmatch(needle.text):
            return self._latin_word(needle)
        sure, doubtful, pairs = self._forms(needle)
        across = self._crossed(pairs) if undivided else None
        if across is not None:
            doubtful.append(both(any_of(sure), across))
            sure = [without(any_of(sure), across)]
        if self._needs_text(needle, bare, undivided):
            return Split(Query.empty_query(), any_of(sure + doubtful))
        known = any_of(sure)
        return Split(known, without(any_of(doubtful), known) if doubtful else None)

    def literal(self, string: str) -> Query:
        """Return the query for a string without marks as it is written, with any marks inside."""
        if self._is_common(string):
            return self._pair(string, False)
        return self._phrase(UNITS, units(token(string)), False)

    @staticmethod
    def _needs_text(needle: Text, bare: str, undivided: bool) -> bool:
        """Return whether no query can tell of any sentence that it holds a string."""
        edges = {bare[0], bare[-1]}
        return (
            (needle.whole and not edges.isdisjoint(_LATIN))
            or (needle.open_end and (bare[-1].isdigit() or bool(find_values(needle.text))))
            or (needle.verbatim and not undivided)
            or len(bare) > _MOST_UNITS
            or not UNCLEAR.isdisjoint(bare)
        )

    def _pair(self, text: str, undivided: bool) -> Query:
        """Return the query for a common word of two characters; only words have a score."""
        found = [self._term(WORDS, text)]
        for kind in (HIDDEN,) if undivided else (HIDDEN, CROSSED):
            if self._frequency(kind + text):
                found.append(unscored(self._fact(kind + text)))
        return any_of(found)

    def _latin_word(self, needle: Text) -> Split:
        """Return the queries for a whole Latin word, which marks may divide in a longer one."""
        known = self._fact(LATIN + needle.text)
        across = self._crossed(set(map("".join, pairwise(needle.text))))
        if across is None:
            return Split(known)
        parts = self._phrase(UNITS, needle.text, False)
        return Split(known, without(both(parts, across), known))

    def _marks(self, needle: Text) -> Split:
        """Return the queries for a string of marks alone."""
        wanted = escaped(token(needle.text))
        found = Query.regex_query(self._schema, FACTS, f"{MARKS}.*{wanted}.*")
        if UNCLEAR.isdisjoint(needle.text):
            return Split(found)
        return Split(Query.empty_query(), found)

    def _forms(self, needle: Text) -> tuple[list[Query], list[Query], set[str]]:
        """Return queries for sentences that hold a string in one of its forms, marks aside.

        Returns:
            Those that find sentences that hold it; those that find sentences that hold it if it is
            no part of a longer numeral; and all pairs of neighbouring units of the string.
        """
        sure: list[Query] = []
        doubtful: list[Query] = []
        pairs: set[str] = set()
        for form in forms(needle):
            own = units(token(without_marks(form.text)))
            literal = self._phrase(UNITS, own, needle.open_end)
            pairs.update(map("".join, pairwise(own)))
            numerals = find_values(form.text)
            if not numerals and not any(char.isdigit() for char in form.text):
                sure.append(literal)
                continue
            has_values = self._fact(HAS_VALUES)
            written = units(token(without_marks(in_values(form.text))))
            pairs.update(map("".join, pairwise(written)))
            sure.append(self._phrase(VALUES, written, needle.open_end))
            if written != own:
                plain = self._phrase(UNITS, written, needle.open_end)
                sure.append(without(plain, has_values))
            begins = needle.whole and bool(numerals) and numerals[0].start == 0
            ends = needle.whole and bool(numerals) and numerals[-1].end == len(form.text)
            if not (begins or ends):
                sure.append(literal)
                continue
            sure.append(without(literal, has_values))
            among = both(literal, has_values)
            if needle.open_end or _DIGIT_OR_MARK.search(form.text) or len(own) > _LONGEST:
                doubtful.append(among)
                continue
            # Where the string stands in the text with numbers written out, it is no part of one.
            apart = both(among, self._phrase(VALUES, own, False))
            (sure if begins else doubtful).append(apart)
            doubtful.append(both(among, self._overlapping(form.text, begins, ends)))
        return sure, doubtful, pairs

    def _overlapping(self, string: str, begins: bool, ends: bool) -> Query:
        """Return the query for sentences with a numeral that may stand where a string does.

        Args:
            string: a string without digits and marks.
            begins: whether the string may not begin inside a numeral.
            ends: whether it may not end inside one.
        """
        rests = tuple(string[i:] for i in range(len(string))) if not ends else ()
        fronts = tuple(string[:j] for j in range(1, len(string) + 1)) if not begins else ()
        facts = [
            NUMERAL + numeral
            for numeral in self._numerals()
            if (numeral[0] in string and (numeral in string or numeral.startswith(rests)))
            or (numeral[-1] in string and numeral.endswith(fronts))
        ]
        return Query.term_set_query(self._schema, FACTS, [OTHER_NUMERAL, *facts])

    def _crossed(self, pairs: Iterable[str]) -> Query | None:
        """Return the query for sentences with a mark inside one of the pairs of units."""
        facts = [CROSSED + pair for pair in sorted(pairs) if self._frequency(CROSSED + pair)]
        return Query.term_set_query(self._schema, FACTS, facts) if facts else None

    def _phrase(self, field: str, own: Sequence[str], open_end: bool) -> Query:
        """Return the query for neighbouring units; the last, a number, may go on if it is open."""
        own = own[:_MOST_UNITS]
        if open_end and own[-1][-1].isdigit():
            parts: list[str | tuple[int, str]] = [*map(escaped, own[:-1])]
            parts.append(escaped(own[-1]) + "[0-9.,]*")
            if len(parts) == 1:
                return Query.regex_query(self._schema, field, str(parts[0]))
            return Query.regex_phrase_query(self._schema, field, parts)
        if len(own) == 1:
            return Query.term_query(self._schema, field, own[0], "freq")
        return Query.phrase_query(self._schema, field, list(own))

    def _term(self, field: str, term: str) -> Query:
        return Query.term_query(self._schema, field, term, "freq")

    def _fact(self, fact: str) -> Query:
        return Query.term_query(self._schema, FACTS, fact, "basic")


class Trees:
    """Queries for planned trees.

    Args:
        schema: fields of the index.
        find: returns the query for a string.
        overlay: changes that are not in the index.
    """

    def __init__(
        self, schema: tantivy.Schema, find: Callable[[Text], Query], overlay: Overlay
    ) -> None:
        self._schema = schema
        self._find = find
        self._removed = ids_query(schema, overlay.removed)
        self._changes = overlay.changes or {}
        self._changed = ids_query(schema, self._changes)

    def query(self, node: Node) -> Query:
        """Return the query that finds the sentences that match a tree."""
        found = self._query(node)
        return found if self._removed is None else without(found, self._removed)

    @property
    def changed(self) -> Query | None:
        """The query for the sentences whose tags have changed."""
        return self._changed

    def _query(self, node: Node) -> Query:
        match node:
            case Text():
                return self._find(node)
            case Run(words=words, any=True):
                return any_of([self._find(text) for texts in words for text in texts])
            case Run(words=words):
                return all_of([any_of([*map(self._find, texts)]) for texts in words])
            case Filter(field=field, values=values):
                return self._filter(field, values)
            case And(parts=parts):
                return all_of(
                    [self._query(part) for part in parts if not isinstance(part, Not)],
                    [self._query(part.part) for part in parts if isinstance(part, Not)],
                )
            case Or(parts=parts):
                return any_of([*map(self._query, parts)])
            case Not(part=part):
                return all_of((), [self._query(part)])

    def _filter(self, field: str, values: Sequence[str]) -> Query:
        """Return the query for a filter, which has no score."""
        return unscored(self._filtered(field, values))

    def _filtered(self, field: str, values: Sequence[str]) -> Query:
        if field == "id":
            return ids_query(self._schema, map(int, values)) or Query.empty_query()
        found = self._stored(field, values)
        if self._changed is None or field in ("kind", "report"):
            return found
        now = [id_ for id_, change in self._changes.items() if _has(change, field, values)]
        kept = without(found, self._changed)
        extra = ids_query(self._schema, now)
        return kept if extra is None else any_of([kept, extra])

    def _stored(self, field: str, values: Sequence[str]) -> Query:
        """Return the query for a filter as the index knows its sentences."""
        if field == "probability":
            least = single(min(map(float, values)))
            return Query.range_query(
                self._schema, PROBABILITY, tantivy.FieldType.Float, lower_bound=least
            )
        name = _TERM_FIELDS[field]
        if len(values) == 1:
            return Query.term_query(self._schema, name, values[0], "basic")
        return Query.term_set_query(self._schema, name, list(values))


def _has(change: Retag, field: str, values: Sequence[str]) -> bool:
    """Return whether new tags meet a filter."""
    if field == "topic":
        return not set(values).isdisjoint(change.topics)
    if field == "role":
        return change.role in values
    return single(change.probability) >= single(min(map(float, values)))


def strings_of(node: Node) -> Iterator[Text]:
    """Yield the strings of a tree that are not excluded."""
    match node:
        case Text():
            yield node
        case Run(words=words):
            for texts in words:
                yield from texts
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from strings_of(part)


def escaped(string: str) -> str:
    """Return a string as a regular expression that only it matches."""
    return _META.sub(r"\\\g<0>", string)


# -- queries of queries --------------------------------------------------------------------------


def ids_query(schema: tantivy.Schema, ids: Iterable[int]) -> Query | None:
    """Return the query for sentences by their ids, ``None`` for none."""
    known = [id_ for id_ in ids if 0 < id_ < 1 << 63]
    return Query.term_set_query(schema, ID, known) if known else None


def unscored(query: Query, score: float = 0.0) -> Query:
    """Return the query for the same sentences, all with one score."""
    return Query.const_score_query(query, score)


def any_of(queries: Sequence[Query]) -> Query:
    """Return the query for what one of the queries finds at least."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Sequence[Query], excluded: Sequence[Query] = ()) -> Query:
    """Return the query for what all of the queries find, and none of those ``excluded``."""
    if len(queries) == 1 and not excluded:
        return queries[0]
    wanted = queries or [Query.all_query()]
    parts = [(Occur.Must, query) for query in wanted]
    return Query.boolean_query(parts + [(Occur.MustNot, query) for query in excluded])


def both(one: Query, other: Query) -> Query:
    """Return the query for what both find."""
    return all_of([one, other])


def without(query: Query, excluded: Query) -> Query:
    """Return the query for what the first finds and the other does not."""
    return all_of([query], [excluded])
