"""Write queries of OpenSearch over the fields of our documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from .exact_queries import PhraseField
from .exact_tokens import MARKS, NUMERAL, OTHER_NUMERAL, UNTOLD
from .opensearch_client import Json
from .opensearch_documents import (
    BORN,
    FACTS,
    ID,
    KIND,
    LONGEST_TOKEN,
    PROBABILITY,
    REPORT,
    ROLE,
    STILL_THERE,
    TOPIC,
    UNTIL,
    WORDS,
    token_of,
)

_TERM_FIELDS = {"topic": TOPIC, "role": ROLE, "kind": KIND, "report": REPORT}
_MOST_TERMS = 60_000
"""Values of one condition; a cluster takes 65,536."""
_META = re.compile(r"[^\w\u0080-\U0010ffff]")
"""Characters that may mean something in the regular expressions of Lucene."""
_WILD = re.compile(r"[*?\\]")
EVERYTHING: Json = {"match_all": {}}
NOTHING: Json = {"match_none": {}}


class OpenSearchQueries:
    """A :class:`~gongwen.index.exact_queries.QueryBuilder` whose queries are JSON, scored by BM25.

    Args:
        cut_tokens: whether any sentence has a token that was cut.
    """

    def __init__(self, cut_tokens: bool) -> None:
        self._cut_tokens = cut_tokens

    def everything(self) -> Json:
        """Return the query for every sentence."""
        return EVERYTHING

    def nothing(self) -> Json:
        """Return the query for no sentence."""
        return NOTHING

    def ids(self, ids: Iterable[int]) -> Json:
        """Return the query for sentences by their ids."""
        return _terms(ID, [id_ for id_ in ids if 0 < id_ < 1 << 63])

    def having(self, field: str, values: Sequence[str]) -> Json:
        """Return the query for one of the values of a topic, role, kind or report."""
        return _terms(_TERM_FIELDS[field], values)

    def probable(self, least: float) -> Json:
        """Return the query for sentences of at least this probability."""
        return {"range": {PROBABILITY: {"gte": least}}}

    def is_common(self, word: str) -> bool:
        """Return whether a word is found by words: never, as pairs of units are indexed."""
        return False

    def has_fact(self, fact: str) -> bool:
        """Return whether any sentence may have a fact; it is not asked for each."""
        return fact != UNTOLD or self._cut_tokens

    def word(self, word: str) -> Json:
        """Return the query for sentences with this among their words."""
        return {"term": {WORDS: token_of(word)}}

    def facts(self, facts: Sequence[str]) -> Json:
        """Return the query for sentences with one of these facts."""
        return unscored(_terms(FACTS, [fact[:LONGEST_TOKEN] for fact in facts]))

    def marks(self, marks: str) -> Json:
        """Return the query for sentences in which these marks stand together."""
        pattern = f"{MARKS}*{_WILD.sub(lambda found: chr(92) + found[0], marks)}*"
        return {"wildcard": {FACTS: {"value": pattern}}}

    def numerals(self, within: str, rests: Sequence[str], fronts: Sequence[str]) -> Json:
        """Return the query for sentences with one of certain numerals, or one with digits."""
        size = len(within)
        parts = {within[i:j] for i in range(size) for j in range(i + 1, size + 1)}
        found = [_terms(FACTS, [OTHER_NUMERAL, *(NUMERAL + part for part in sorted(parts))])]
        begins = [f"({'|'.join(map(_escaped, rests))}).*"] if rests else []
        ends = [f".*({'|'.join(map(_escaped, fronts))})"] if fronts else []
        for pattern in begins + ends:
            found.append({"regexp": {FACTS: {"value": NUMERAL + pattern}}})
        return unscored(self.any_of(found))

    def phrase(self, field: PhraseField, own: Sequence[str], open_end: bool) -> Json:
        """Return the query for neighbouring units; the last, a number, may go on if it is open."""
        cut = [unit[:LONGEST_TOKEN] for unit in own]
        if not open_end:
            return {"match_phrase": {field: " ".join(cut)}}
        *before, last = cut
        number: Json = {"prefix": {field: {"value": last}}}
        if not before:
            return number
        together: list[Json] = [{"span_term": {field: unit}} for unit in before]
        together.append({"span_multi": {"match": number}})
        return {"span_near": {"clauses": together, "slop": 0, "in_order": True}}

    def unscored(self, query: Json, score: float = 0.0) -> Json:
        """Return the query for the same sentences, all with one score."""
        return unscored(query, score)

    def any_of(self, queries: Sequence[Json]) -> Json:
        """Return the query for what one of the queries finds at least."""
        some = [query for query in queries if query != NOTHING]
        if len(some) <= 1:
            return some[0] if some else NOTHING
        return {"bool": {"should": some, "minimum_should_match": 1}}

    def all_of(self, queries: Sequence[Json], excluded: Sequence[Json] = ()) -> Json:
        """Return the query for what all of the queries find, and none of those ``excluded``."""
        if NOTHING in queries:
            return NOTHING
        without = [query for query in excluded if query != NOTHING]
        if not without and len(queries) <= 1:
            return queries[0] if queries else EVERYTHING
        found: Json = {"must": [*queries] or [EVERYTHING]}
        if without:
            found["must_not"] = without
        return {"bool": found}


def seen_at(revision: int, abandoned: Sequence[int]) -> Json:
    """Return the query for the documents that are there at a revision of the index.

    Args:
        revision: its number.
        abandoned: revisions before it that were begun and never became the present one.
    """
    there: Json = {"range": {UNTIL: {"gt": revision}}}
    if not abandoned:
        return {"bool": {"filter": [{"range": {BORN: {"lte": revision}}}, there]}}
    never = {"terms": {UNTIL: [*abandoned]}}
    return {
        "bool": {
            "filter": [
                {"range": {BORN: {"lte": revision}}},
                {"bool": {"should": [there, never], "minimum_should_match": 1}},
            ],
            "must_not": [{"terms": {BORN: [*abandoned]}}],
        }
    }


def living(ids: Sequence[int]) -> Json:
    """Return the query for documents of sentences that were neither replaced nor deleted."""
    return {"bool": {"filter": [_terms(ID, ids), {"term": {UNTIL: STILL_THERE}}]}}


def unscored(query: Json, score: float = 0.0) -> Json:
    """Return the query for the same sentences, all with one score."""
    return {"constant_score": {"filter": query, "boost": score}}


def _terms(field: str, values: Sequence[str] | Sequence[int]) -> Json:
    """Return the query for one of some values, in parts that a cluster takes."""
    if not values:
        return NOTHING
    if len(values) <= _MOST_TERMS:
        return {"terms": {field: list(values)}}
    given = iter(values)
    parts: list[Json] = []
    while part := list(islice(given, _MOST_TERMS)):
        parts.append({"terms": {field: part}})
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def _escaped(string: str) -> str:
    """Return a string as a regular expression of Lucene that only it matches."""
    return _META.sub(lambda found: "\\" + found[0], string)
