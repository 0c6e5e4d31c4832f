"""Translate planned trees to queries of an engine that match exactly what the trees ask for.

For most strings a query over units and facts (:mod:`~gongwen.index.exact_tokens`) decides by
itself. For the others it tells three kinds of sentences apart: those that hold the string, those
that do not, and those of which only their text can tell, as a mark or a numeral stands where the
string does. The last are read once, and remembered as long as the index stays as it is. How an
engine writes its queries is its :class:`QueryBuilder`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Generic, Literal, Protocol, TypeVar

from ..nlp.text.marks import MARK, without_marks
from ..nlp.text.numerals import find_values, in_values
from .engine import Retag
from .exact_tokens import (
    CROSSED,
    HAS_VALUES,
    HIDDEN,
    LATIN,
    UNCLEAR,
    UNTOLD,
    single,
    token,
    units,
)
from .query import And, Filter, Node, Not, Or, Run, Text
from .scan import divider_of, forms
from .sentence_spans import Sentence, SpanFinder

Query = TypeVar("Query")
PhraseField = Literal["units", "values"]
"""The units of a text, or those of the text with its numbers written out."""

_LATIN_WORD = re.compile("[a-z]+")
_DIGIT_OR_MARK = re.compile(f"[0-9]|{MARK}")
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
HALF_OF_PAIR = re.compile("[\ud800-\udfff]")
"""A character that no text has and that engines cannot take."""
_LONGEST = 24
"""Characters of a string of whose parts it is asked whether they are numerals of a text."""
_MOST_UNITS = 256
"""Units of a phrase; of a longer string the rest is looked for in the text."""
_MOST_MARKS = 64
"""Marks that are looked for in a fact, likewise."""
_REMEMBERED_STRINGS, _REMEMBERED_IDS = 4096, 1 << 21
"""Strings whose queries are remembered, and ids in these."""


class QueryBuilder(Protocol[Query]):
    """Writes the queries of an engine; those for words and phrases score sentences."""

    def everything(self) -> Query:
        """Return the query for every sentence."""

    def nothing(self) -> Query:
        """Return the query for no sentence."""

    def ids(self, ids: Iterable[int]) -> Query:
        """Return the query for sentences by their ids; some may be there that no sentence has."""

    def having(self, field: str, values: Sequence[str]) -> Query:
        """Return the query for one of the values of a topic, role, kind or report."""

    def probable(self, least: float) -> Query:
        """Return the query for sentences of at least this probability."""

    def is_common(self, word: str) -> bool:
        """Return whether a word of two characters is found by words and hidden words."""

    def has_fact(self, fact: str) -> bool:
        """Return whether any sentence may have a fact."""

    def word(self, word: str) -> Query:
        """Return the query for sentences with this among their words."""

    def facts(self, facts: Sequence[str]) -> Query:
        """Return the query for sentences with one of these facts."""

    def marks(self, marks: str) -> Query:
        """Return the query for sentences in which these marks stand together."""

    def numerals(self, within: str, rests: Sequence[str], fronts: Sequence[str]) -> Query:
        """Return the query for sentences with a numeral of certain ones, or one with digits.

        Args:
            within: numerals that stand in this.
            rests: numerals that begin with one of these.
            fronts: numerals that end with one of these.
        """

    def phrase(self, field: PhraseField, own: Sequence[str], open_end: bool) -> Query:
        """Return the query for neighbouring units; the last, a number, may go on if it is open."""

    def unscored(self, query: Query, score: float = 0.0) -> Query:
        """Return the query for the same sentences, all with one score."""

    def any_of(self, queries: Sequence[Query]) -> Query:
        """Return the query for what one of the queries finds at least."""

    def all_of(self, queries: Sequence[Query], excluded: Sequence[Query] = ()) -> Query:
        """Return the query for what all of the queries find, and none of those ``excluded``."""


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
class Split(Generic[Query]):
    """What queries tell of a string.

    Attributes:
        sure: finds sentences that hold it.
        doubtful: finds all others that may; ``None`` when none can.
    """

    sure: Query
    doubtful: Query | None = None


class Strings(Generic[Query]):
    """Queries for strings.

    Args:
        builder: writes them.
    """

    def __init__(self, builder: QueryBuilder[Query]) -> None:
        self._build = builder

    def split(self, needle: Text) -> Split[Query]:
        """Return the queries for a string."""
        if not needle.text or HALF_OF_PAIR.search(needle.text):
            return Split(self._build.nothing())
        found = self._split(needle)
        if not self._build.has_fact(UNTOLD):
            return found
        untold = self._build.facts([UNTOLD])
        doubtful = [untold] if found.doubtful is None else [untold, found.doubtful]
        return Split(self._without(found.sure, untold), self._build.any_of(doubtful))

    def _split(self, needle: Text) -> Split[Query]:
        """Return the queries for a string among sentences all of whose tokens are whole."""
        bare = without_marks(needle.text)
        if not bare:
            return self._marks(needle)
        undivided = bool(divider_of(needle)) or (needle.verbatim and bare == needle.text)
        if self._build.is_common(needle.text) and not find_values(needle.text):
            return Split(self._pair(needle.text, undivided))
        if needle.whole and not needle.open_end and _LATIN_WORD.fullmatch(needle.text):
            return self._latin_word(needle)
        sure, doubtful, pairs = self._forms(needle)
        across = self._crossed(pairs) if undivided else None
        any_of = self._build.any_of
        if across is not None:
            doubtful.append(self._both(any_of(sure), across))
            sure = [self._without(any_of(sure), across)]
        if self._needs_text(needle, bare, undivided):
            return Split(self._build.nothing(), any_of(sure + doubtful))
        known = any_of(sure)
        return Split(known, self._without(any_of(doubtful), known) if doubtful else None)

    def literal(self, string: str) -> Query:
        """Return the query for a string without marks as it is written, with any marks inside."""
        if self._build.is_common(string):
            return self._pair(string, False)
        return self._phrase("units", units(token(string)), False)

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
        found = [self._build.word(text)]
        for kind in (HIDDEN,) if undivided else (HIDDEN, CROSSED):
            if self._build.has_fact(kind + text):
                found.append(self._build.unscored(self._build.facts([kind + text])))
        return self._build.any_of(found)

    def _latin_word(self, needle: Text) -> Split[Query]:
        """Return the queries for a whole Latin word, which marks may divide in a longer one."""
        known = self._build.facts([LATIN + needle.text])
        across = self._crossed(set(map("".join, pairwise(needle.text))))
        if across is None:
            return Split(known)
        parts = self._phrase("units", needle.text, False)
        return Split(known, self._without(self._both(parts, across), known))

    def _marks(self, needle: Text) -> Split[Query]:
        """Return the queries for a string of marks alone."""
        found = self._build.marks(token(needle.text[:_MOST_MARKS]))
        if UNCLEAR.isdisjoint(needle.text) and len(needle.text) <= _MOST_MARKS:
            return Split(found)
        return Split(self._build.nothing(), found)

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
            literal = self._phrase("units", own, needle.open_end)
            pairs.update(map("".join, pairwise(own)))
            numerals = find_values(form.text)
            if not numerals and not any(char.isdigit() for char in form.text):
                sure.append(literal)
                continue
            has_values = self._build.facts([HAS_VALUES])
            written = units(token(without_marks(in_values(form.text))))
            pairs.update(map("".join, pairwise(written)))
            sure.append(self._phrase("values", written, needle.open_end))
            if written != own:
                plain = self._phrase("units", written, needle.open_end)
                sure.append(self._without(plain, has_values))
            begins = needle.whole and bool(numerals) and numerals[0].start == 0
            ends = needle.whole and bool(numerals) and numerals[-1].end == len(form.text)
            if not (begins or ends):
                sure.append(literal)
                continue
            sure.append(self._without(literal, has_values))
            among = self._both(literal, has_values)
            if needle.open_end or _DIGIT_OR_MARK.search(form.text) or len(own) > _LONGEST:
                doubtful.append(among)
                continue
            # Where the string stands in the text with numbers written out, it is no part of one.
            apart = self._both(among, self._phrase("values", own, False))
            (sure if begins else doubtful).append(apart)
            doubtful.append(self._both(among, self._overlapping(form.text, begins, ends)))
        return sure, doubtful, pairs

    def _overlapping(self, string: str, begins: bool, ends: bool) -> Query:
        """Return the query for sentences with a numeral that may stand where a string does.

        Args:
            string: a string without digits and marks.
            begins: whether the string may not begin inside a numeral.
            ends: whether it may not end inside one.
        """
        rests = [string[i:] for i in range(len(string))] if not ends else []
        fronts = [string[:j] for j in range(1, len(string) + 1)] if not begins else []
        return self._build.numerals(string, rests, fronts)

    def _crossed(self, pairs: Iterable[str]) -> Query | None:
        """Return the query for sentences with a mark inside one of the pairs of units."""
        facts = [CROSSED + pair for pair in sorted(pairs) if self._build.has_fact(CROSSED + pair)]
        return self._build.facts(facts) if facts else None

    def _phrase(self, field: PhraseField, own: Sequence[str], open_end: bool) -> Query:
        own = own[:_MOST_UNITS]
        return self._build.phrase(field, own, open_end and own[-1][-1].isdigit())

    def _both(self, one: Query, other: Query) -> Query:
        return self._build.all_of([one, other])

    def _without(self, query: Query, excluded: Query) -> Query:
        return self._build.all_of([query], [excluded])


class StringFinder(Generic[Query]):
    """Finds the sentences that hold strings, and remembers the queries for these.

    Args:
        builder: writes the queries.
        read: gives the id and the text of each sentence that some queries find, query by query.
        sentences: gives how many sentences there are.
    """

    def __init__(
        self,
        builder: QueryBuilder[Query],
        read: Callable[[Sequence[Query]], Iterable[Iterable[tuple[int, str]]]],
        sentences: Callable[[], int],
    ) -> None:
        self.strings = Strings(builder)
        self._build = builder
        self._read = read
        self._sentences = sentences
        self._known: dict[Text, Query] = {}
        self._known_ids = 0

    def find(self, needle: Text) -> Query:
        """Return the query that finds exactly the sentences that hold a string."""
        return self.find_all([needle])[needle]

    def find_all(self, needles: Iterable[Text]) -> dict[Text, Query]:
        """Return such a query for each of some strings; texts are read for all of them at once."""
        found: dict[Text, Query] = {}
        doubtful: dict[Text, Query] = {}
        for needle in needles:
            known = self._known.get(needle)
            if known is None and needle not in found:
                split = self.strings.split(needle)
                known = split.sure
                if split.doubtful is not None:
                    doubtful[needle] = split.doubtful
            if known is not None:
                found[needle] = known
        for needle, texts in zip(doubtful, self._read([*doubtful.values()]), strict=True):
            finder = SpanFinder(needle)
            holding = [id_ for id_, text in texts if finder.spans(Sentence(text))]
            if holding:
                # As many as are found score as a word that stands in as many.
                score = log(1 + self._sentences() / len(holding))
                among = self._build.unscored(self._build.ids(holding), score)
                found[needle] = self._build.any_of([found[needle], among])
            self._known_ids += len(holding)
        if len(self._known) >= _REMEMBERED_STRINGS or self._known_ids >= _REMEMBERED_IDS:
            self._known.clear()
            self._known_ids = 0
        self._known.update(found)
        return found


class Trees(Generic[Query]):
    """Queries for planned trees.

    Args:
        builder: writes them.
        find: returns the queries for strings.
        overlay: changes that are not in the index.
    """

    def __init__(
        self,
        builder: QueryBuilder[Query],
        find: Callable[[Iterable[Text]], Mapping[Text, Query]],
        overlay: Overlay = Overlay(),
    ) -> None:
        self._build = builder
        self._find = find
        self._changes = overlay.changes or {}
        self._removed = builder.ids(overlay.removed) if overlay.removed else None
        self._changed = builder.ids(self._changes) if self._changes else None

    def query(self, node: Node) -> Query:
        """Return the query that finds the sentences that match a tree."""
        found = self._query(node, self._find(strings_of(node)))
        return found if self._removed is None else self._build.all_of([found], [self._removed])

    @property
    def changed(self) -> Query | None:
        """The query for the sentences whose tags have changed."""
        return self._changed

    def _query(self, node: Node, known: Mapping[Text, Query]) -> Query:
        any_of, all_of = self._build.any_of, self._build.all_of
        match node:
            case Text():
                return known[node]
            case Run(words=words, any=True):
                return any_of([known[text] for texts in words for text in texts])
            case Run(words=words):
                return all_of([any_of([known[text] for text in texts]) for texts in words])
            case Filter(field=field, values=values):
                return self._build.unscored(self._filter(field, values))  # it has no score
            case And(parts=parts):
                return all_of(
                    [self._query(part, known) for part in parts if not isinstance(part, Not)],
                    [self._query(part.part, known) for part in parts if isinstance(part, Not)],
                )
            case Or(parts=parts):
                return any_of([self._query(part, known) for part in parts])
            case Not(part=part):
                return all_of((), [self._query(part, known)])

    def _filter(self, field: str, values: Sequence[str]) -> Query:
        """Return the query for a filter."""
        if field == "id":
            return self._build.ids(map(int, values))
        if field == "probability":
            found = self._build.probable(single(min(map(float, values))))
        else:
            found = self._build.having(field, values)
        if self._changed is None or field in ("kind", "report"):
            return found
        now = [id_ for id_, change in self._changes.items() if _has(change, field, values)]
        kept = self._build.all_of([found], [self._changed])
        return self._build.any_of([kept, self._build.ids(now)]) if now else kept


def _has(change: Retag, field: str, values: Sequence[str]) -> bool:
    """Return whether new tags meet a filter."""
    if field == "topic":
        return not set(values).isdisjoint(change.topics)
    if field == "role":
        return change.role in values
    return single(change.probability) >= single(min(map(float, values)))


def strings_of(node: Node, excluded: bool = True) -> Iterator[Text]:
    """Yield the strings of a tree, those that are excluded only if asked for."""
    match node:
        case Text():
            yield node
        case Run(words=words):
            for texts in words:
                yield from texts
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from strings_of(part, excluded)
        case Not(part=part) if excluded:
            yield from strings_of(part, excluded)
