"""Write the queries of tantivy over the fields of its documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import tantivy
from tantivy import Occur, Query

from .exact_queries import PhraseField
from .exact_tokens import MARKS, NUMERAL, OTHER_NUMERAL
from .tantivy_documents import FACTS, ID, KIND, PROBABILITY, REPORT, ROLE, TOPIC, WORDS

_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
"""Characters that mean something in the regular expressions of tantivy."""
_TERM_FIELDS = {"topic": TOPIC, "role": ROLE, "kind": KIND, "report": REPORT}


class TantivyQueries:
    """A :class:`~gongwen.index.exact_queries.QueryBuilder` whose queries score by BM25.

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
        self._frequency = frequency
        self._numerals = numerals
        self._is_common = is_common

    def everything(self) -> Query:
        """Return the query for every sentence."""
        return Query.all_query()

    def nothing(self) -> Query:
        """Return the query for no sentence."""
        return Query.empty_query()

    def ids(self, ids: Iterable[int]) -> Query:
        """Return the query for sentences by their ids."""
        return ids_query(self._schema, ids) or Query.empty_query()

    def having(self, field: str, values: Sequence[str]) -> Query:
        """Return the query for one of the values of a topic, role, kind or report."""
        name = _TERM_FIELDS[field]
        if len(values) == 1:
            return Query.term_query(self._schema, name, values[0], "basic")
        return Query.term_set_query(self._schema, name, list(values))

    def probable(self, least: float) -> Query:
        """Return the query for sentences of at least this probability."""
        kind = tantivy.FieldType.Float
        return Query.range_query(self._schema, PROBABILITY, kind, lower_bound=least)

    def is_common(self, word: str) -> bool:
        """Return whether a word of two characters is found by words and hidden words."""
        return self._is_common(word)

    def has_fact(self, fact: str) -> bool:
        """Return whether any sentence has a fact, deleted ones too."""
        return bool(self._frequency(fact))

    def word(self, word: str) -> Query:
        """Return the query for sentences with this among their words."""
        return Query.term_query(self._schema, WORDS, word, "freq")

    def facts(self, facts: Sequence[str]) -> Query:
        """Return the query for sentences with one of these facts."""
        if len(facts) == 1:
            return Query.term_query(self._schema, FACTS, facts[0], "basic")
        return Query.term_set_query(self._schema, FACTS, list(facts))

    def marks(self, marks: str) -> Query:
        """Return the query for sentences in which these marks stand together."""
        return Query.regex_query(self._schema, FACTS, f"{MARKS}.*{escaped(marks)}.*")

    def numerals(self, within: str, rests: Sequence[str], fronts: Sequence[str]) -> Query:
        """Return the query for sentences with one of certain numerals, or one with digits."""
        begins, ends = tuple(rests), tuple(fronts)
        facts = [
            NUMERAL + numeral
            for numeral in self._numerals()
            if (numeral[0] in within and (numeral in within or numeral.startswith(begins)))
            or (numeral[-1] in within and numeral.endswith(ends))
        ]
        return Query.term_set_query(self._schema, FACTS, [OTHER_NUMERAL, *facts])

    def phrase(self, field: PhraseField, own: Sequence[str], open_end: bool) -> Query:
        """Return the query for neighbouring units; the last, a number, may go on if it is open."""
        if open_end:
            parts: list[str | tuple[int, str]] = [*map(escaped, own[:-1])]
            parts.append(escaped(own[-1]) + "[0-9.,]*")
            if len(parts) == 1:
                return Query.regex_query(self._schema, field, str(parts[0]))
            return Query.regex_phrase_query(self._schema, field, parts)
        if len(own) == 1:
            return Query.term_query(self._schema, field, own[0], "freq")
        return Query.phrase_query(self._schema, field, list(own))

    def unscored(self, query: Query, score: float = 0.0) -> Query:
        """Return the query for the same sentences, all with one score."""
        return Query.const_score_query(query, score)

    def any_of(self, queries: Sequence[Query]) -> Query:
        """Return the query for what one of the queries finds at least."""
        if len(queries) == 1:
            return queries[0]
        return Query.boolean_query([(Occur.Should, query) for query in queries])

    def all_of(self, queries: Sequence[Query], excluded: Sequence[Query] = ()) -> Query:
        """Return the query for what all of the queries find, and none of those ``excluded``."""
        if len(queries) == 1 and not excluded:
            return queries[0]
        wanted = queries or [Query.all_query()]
        parts = [(Occur.Must, query) for query in wanted]
        return Query.boolean_query(parts + [(Occur.MustNot, query) for query in excluded])


def ids_query(schema: tantivy.Schema, ids: Iterable[int]) -> Query | None:
    """Return the query for sentences by their ids, ``None`` for none."""
    known = [id_ for id_ in ids if 0 < id_ < 1 << 63]
    return Query.term_set_query(schema, ID, known) if known else None


def escaped(string: str) -> str:
    """Return a string as a regular expression that only it matches."""
    return _META.sub(r"\\\g<0>", string)
