"""Read one revision of an index in a cluster: what matches, how often, and what is kept of it.

A revision never changes, whatever is written meanwhile, so what was found out once is remembered,
and pages of ids need no snapshot in the cluster.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import without_marks
from .engine import Candidates, Column, EngineFacet, Field, Fields
from .exact_queries import HALF_OF_PAIR, StringFinder, Trees, strings_of
from .exact_tokens import token
from .opensearch_client import Client, Json
from .opensearch_documents import (
    COPY_KEY,
    ID,
    KEPT,
    KIND,
    LENGTH,
    PROBABILITY,
    REPORT,
    ROLE,
    TAGS,
    TEXT,
    TOPIC,
    UNITS,
    Kept,
)
from .opensearch_queries import EVERYTHING, OpenSearchQueries, seen_at
from .opensearch_seals import Seals
from .opensearch_state import State
from .query import Node

_FACET_FIELDS: Mapping[EngineFacet, str] = {
    "topic": TOPIC, "role": ROLE, "kind": KIND, "report": REPORT
}  # fmt: skip
_WINDOW = 10_000
"""Sentences that a cluster gives at a time."""
_PART = 1000
"""Sentences that are read with their texts at a time."""
_MOST_VALUES = 10_000
"""Values that are counted at a time."""
_REMEMBERED_SENTENCES, _REMEMBERED_FREQUENCIES = 20_000, 1 << 17
_SAMPLE = 5_000
"""Sentences whose text is read for suggestions."""
_AT_ONCE = 100
"""Searches of one request."""
_OF_NUMBERS = frozenset("0123456789.,")
_COLUMNS: Mapping[str, tuple[str, Any]] = {
    "probability": (PROBABILITY, np.float32),
    "words": (LENGTH, np.int32),
    "copy_key": (COPY_KEY, np.int64),
}
_HITS = "timed_out,_shards.failed,hits.hits"


class Reader:
    """A revision of an index.

    Args:
        client: the cluster.
        index: name of the index.
        state: what it said of itself when it was opened.
        owner: identifier of the library; its searches read the same copies of the index, so that
            pages of a result do not overlap.
    """

    def __init__(self, client: Client, index: str, state: State, owner: str) -> None:
        self._client = client
        self._index = index
        self._state = state
        self._preference = {"preference": f"gongwen-{owner}"}
        self._knows = Seals(client, index, state.revision, self._preference["preference"])
        self._seen = seen_at(state.revision, sorted(state.abandoned))
        self._build = OpenSearchQueries(state.cut_tokens)
        self._finder = StringFinder(
            self._build, self._read_texts, lambda: state.statistics.sentences
        )
        self._trees = Trees(self._build, self._finder.find_all)
        self._recent: dict[int, Kept] = {}
        self._frequencies: dict[str | int, int] = {}
        self._sampled: str | None = None

    def _query(self, query: Json) -> Json:
        """Return a query for those of its sentences that are there at this revision."""
        return {"bool": {"must": [query], "filter": [self._seen]}}

    def _search(self, body: Json, paths: str = "", **params: Any) -> Json:
        given = {**self._preference, **params}
        if paths:
            given["filter_path"] = paths
        return self._client.search(self._index, body, given, self._knows)

    # -- matching --------------------------------------------------------------------------------

    def count(self, node: Node) -> int:
        """Return how many sentences match."""
        return self._counts([self._trees.query(node)])[0]

    def _counts(self, queries: Sequence[Json]) -> list[int]:
        """Return how many sentences each query finds."""
        counts: list[int] = []
        for start in range(0, len(queries), _AT_ONCE):
            bodies = [
                {"query": self._query(query), "size": 0, "track_total_hits": True}
                for query in queries[start : start + _AT_ONCE]
            ]
            found = self._client.searches(self._index, bodies, self._knows)
            counts += [int(one["hits"]["total"]["value"]) for one in found]
        return counts

    def ids(self, node: Node) -> Iterator[int]:
        """Yield the ids of the sentences that match, ascending; a part of them at a time."""
        for hit in self._pages(self._trees.query(node), _WINDOW, {"_source": False}, "sort"):
            yield int(hit["sort"][0])

    def _pages(
        self, query: Json, size: int, kept: Json, paths: str, after: int | None = None
    ) -> Iterator[Json]:
        """Yield what a query finds, in order of id, so many at a time.

        Args:
            query: the query.
            size: of a page.
            kept: what of each sentence is asked for.
            paths: what of each is answered.
            after: id after which the first page begins.
        """
        body = {"query": self._query(query), "size": size, "track_total_hits": False, **kept}
        body["sort"] = [{ID: "asc"}]
        answered = ",".join(f"hits.hits.{path}" for path in paths.split(","))
        while True:
            if after is not None:
                body["search_after"] = [after]
            found = self._search(body, f"timed_out,_shards.failed,{answered}")
            hits = found.get("hits", {}).get("hits", [])
            yield from hits
            if len(hits) < size:
                return
            after = int(hits[-1]["sort"][0])

    def _read_texts(self, queries: Sequence[Json]) -> Iterator[Iterator[tuple[int, str]]]:
        """Yield the ids and texts of the sentences that each query finds."""
        kept = {"_source": [TEXT]}
        bodies = [
            {
                "query": self._query(query), "size": _PART, "track_total_hits": False,
                "sort": [{ID: "asc"}], **kept,
            }
            for query in queries
        ]  # fmt: skip
        for start in range(0, len(queries), _AT_ONCE):
            part = bodies[start : start + _AT_ONCE]
            for query, found in zip(
                queries[start:],
                self._client.searches(self._index, part, self._knows),
                strict=False,
            ):
                yield self._all_texts(query, found["hits"]["hits"])

    def _all_texts(self, query: Json, hits: list[Json]) -> Iterator[tuple[int, str]]:
        """Yield ids and texts from the first page on."""
        for hit in hits:
            yield int(hit["sort"][0]), hit["_source"][TEXT]
        if len(hits) == _PART:
            last = int(hits[-1]["sort"][0])
            for hit in self._pages(query, _PART, {"_source": [TEXT]}, "sort,_source", last):
                yield int(hit["sort"][0]), hit["_source"][TEXT]

    def facets(self, node: Node, names: Sequence[EngineFacet]) -> dict[EngineFacet, dict[str, int]]:
        """Return how many of the sentences that match have each value."""
        if not names:
            return {}
        query = self._query(self._trees.query(node))
        wanted = {
            name: {"terms": {"field": _FACET_FIELDS[name], "size": _MOST_VALUES,
                             "shard_size": _MOST_VALUES}}
            for name in names
        }  # fmt: skip
        found = self._search({"query": query, "size": 0, "aggs": wanted})["aggregations"]
        counts: dict[EngineFacet, dict[str, int]] = {}
        for name in names:
            if found[name]["sum_other_doc_count"] or found[name]["doc_count_error_upper_bound"]:
                counted = dict(self._every_value(query, _FACET_FIELDS[name]))
            else:
                counted = {one["key"]: one["doc_count"] for one in found[name]["buckets"]}
            order = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
            counts[name] = {value: count for value, count in order if value}
        return counts

    def _every_value(self, query: Json, field: str) -> Iterator[tuple[str, int]]:
        """Yield the values of a field and how many sentences have each, when there are many."""
        after: Json = {}
        while True:
            sources = [{"value": {"terms": {"field": field}}}]
            composite: Json = {"size": _MOST_VALUES, "sources": sources, **after}
            body = {"query": query, "size": 0, "aggs": {"values": {"composite": composite}}}
            found = self._search(body)["aggregations"]["values"]
            for one in found["buckets"]:
                yield one["key"]["value"], one["doc_count"]
            if len(found["buckets"]) < _MOST_VALUES:
                return
            after = {"after": found["after_key"]}

    def top(self, node: Node, most: int) -> Candidates:
        """Return the best sentences by the words that they have; ties are in order of id."""
        query = self._query(self._trees.query(node))
        scored = next(strings_of(node, excluded=False), None) is not None
        order: list[Any] = ["_score", {ID: "asc"}] if scored else [{ID: "asc"}]
        ids: list[int] = []
        scores: list[float] = []
        after: Json = {}
        while len(ids) < most:
            size = min(most - len(ids), _WINDOW)
            with_texts = size <= _PART
            body = {
                "query": query, "size": size, "sort": order, "track_total_hits": False,
                "_source": [*KEPT] if with_texts else False, **after,
            }  # fmt: skip
            paths = "timed_out,_shards.failed,hits.hits.sort,hits.hits._source"
            found = self._search(body, paths, search_type="dfs_query_then_fetch")
            hits = found.get("hits", {}).get("hits", [])
            for hit in hits:
                ids.append(int(hit["sort"][-1]))
                scores.append(float(hit["sort"][0]) if scored else 0.0)
            if with_texts:
                self._remember(Kept.read(hit["_source"]) for hit in hits)
            if len(hits) < size:
                break
            after = {"search_after": hits[-1]["sort"]}
        return Candidates(np.array(ids, np.int64), np.array(scores, np.float64))

    # -- what is kept ----------------------------------------------------------------------------

    def _remember(self, sentences: Iterable[Kept]) -> None:
        """Remember sentences that are asked for next."""
        if len(self._recent) > _REMEMBERED_SENTENCES:
            self._recent = {}
        self._recent.update((one.id, one) for one in sentences)

    def kept(self, ids: Iterable[int]) -> dict[int, Kept]:
        """Return what is kept of those of the sentences that are there, by id."""
        recent = self._recent
        wanted = [int(id_) for id_ in ids]
        found = {id_: recent[id_] for id_ in wanted if id_ in recent}
        rest = sorted({id_ for id_ in wanted if id_ not in found})
        for start in range(0, len(rest), _PART):
            query = self._build.ids(rest[start : start + _PART])
            page = self._pages(query, _PART, {"_source": [*KEPT]}, "sort,_source")
            found |= {one.id: one for one in (Kept.read(hit["_source"]) for hit in page)}
        if len(found) <= _REMEMBERED_SENTENCES:
            self._remember(found.values())
        return found

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of sentences."""
        found = self.kept(ids)
        return [found[int(id_)].text for id_ in ids]

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences, which must be in the index."""
        asked = np.asarray(ids, np.int64)
        distinct, at = np.unique(asked, return_inverse=True)
        if len(distinct) <= _PART or "heading" in names:
            found = self.kept(distinct.tolist())
            rows = [found[id_] for id_ in distinct.tolist()]
            tags = Column.of(one.tags for one in rows)
            reports = Column.of(one.report for one in rows)
            numbers: Mapping[str, Sequence[Any]] = {
                "probability": [one.probability for one in rows],
                "words": [one.length for one in rows],
                "copy_key": [one.copy_key for one in rows],
            }
        else:
            found = {}
            tags, reports, numbers = self._columns(distinct, names)
        made: dict[str, Any] = {}
        parted = [value.split("\n") for value in tags.values]
        if "kind" in names:
            made["kind"] = Column(tags.codes[at], [parts[0] for parts in parted])
        if "role" in names:
            made["role"] = Column(tags.codes[at], [parts[1] for parts in parted])
        if "topics" in names:
            made["topics"] = Column(tags.codes[at], [tuple(parts[2:]) for parts in parted])
        if "report" in names:
            made["report"] = Column(reports.codes[at], reports.values)
        if "heading" in names:
            headings = Column.of(found[id_].heading for id_ in distinct.tolist())
            made["heading"] = Column(headings.codes[at], headings.values)
        for name, (_, kind) in _COLUMNS.items():
            if name in names:
                made[name] = np.array(numbers[name], kind)[at]
        return Fields(**made)

    def _columns(
        self, ids: NDArray[np.int64], names: Collection[Field]
    ) -> tuple[Column, Column, dict[str, list[Any]]]:
        """Return the tags, the reports and the numbers of many sentences, in order of their ids."""
        wanted = [field for name, (field, _) in _COLUMNS.items() if name in names]
        wanted += [TAGS] if not {"kind", "role", "topics"}.isdisjoint(names) else []
        wanted += [REPORT] if "report" in names else []
        kept = {"_source": False, "docvalue_fields": wanted}
        values: dict[str, list[Any]] = {field: [] for field in wanted}
        for start in range(0, len(ids), _WINDOW):
            part = ids[start : start + _WINDOW].tolist()
            for hit in self._pages(self._build.ids(part), _WINDOW, kept, "sort,fields"):
                given = hit.get("fields", {})
                for field in wanted:
                    values[field].append(given[field][0])
        tags, reports = (Column.of(values.get(field, ())) for field in (TAGS, REPORT))
        return tags, reports, {
            name: values.get(field, []) for name, (field, _) in _COLUMNS.items()
        }  # fmt: skip

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return (words, ids) how often each sentence has each word among its words."""
        asked = [int(id_) for id_ in ids]
        found = self.kept(asked)
        counted = np.zeros((len(words), len(asked)), np.int32)
        tokens = [token(word) for word in words]
        for column, id_ in enumerate(asked):
            text, own = found[id_].words, found[id_].words.split(" ")
            for row, word in enumerate(tokens):
                if word in text:
                    counted[row, column] = own.count(word)
        return counted

    # -- words and bigrams -----------------------------------------------------------------------

    def frequency(self, word: str) -> int:
        """Return how many sentences have a word."""
        if HALF_OF_PAIR.search(word):
            return 0
        return self._frequencies_of({word: self._build.word(word)})[word]

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each pair of UTF-16 units stands, marks left out."""
        queries = {key: _bigram(key) for key in keys.tolist()}
        known = self._frequencies_of({key: one for key, one in queries.items() if one})
        return np.array([known.get(key, 0) for key in keys.tolist()], np.int64)

    def _frequencies_of(self, queries: Mapping[Any, Json]) -> dict[Any, int]:
        """Return how many sentences each query finds, which is remembered by its key."""
        known = self._frequencies
        if len(known) > _REMEMBERED_FREQUENCIES:
            known = self._frequencies = {}
        unknown = [key for key in queries if key not in known]
        known.update(zip(unknown, self._counts([queries[key] for key in unknown]), strict=True))
        return {key: known[key] for key in queries}

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings of some of the text that match a pattern, and how often they stand.

        Args:
            pattern: the pattern.
            begins: characters of which one of each set follows one of the set before, where it
                matches.
        """
        clear = all(not chars & _OF_NUMBERS for chars in begins)
        if len(begins) > 1 and all(begins) and clear:
            return Counter(pattern.findall(self._bare_texts(_following(begins))))
        if self._sampled is None:
            self._sampled = self._bare_texts(EVERYTHING)
        return Counter(pattern.findall(self._sampled))

    def _bare_texts(self, query: Json) -> str:
        """Return the texts without marks of the first sentences that a query finds."""
        body = {"query": self._query(query), "size": _SAMPLE, "sort": [{ID: "asc"}]}
        body |= {"_source": [TEXT], "track_total_hits": False}
        hits = self._search(body, _HITS).get("hits", {}).get("hits", [])
        return "\n".join(without_marks(hit["_source"][TEXT]) for hit in hits)


def _bigram(key: int) -> Json | None:
    """Return the query for sentences with a pair of UTF-16 units, ``None`` for half a character."""
    pair = key.to_bytes(4).decode("utf-16-be", "replace")
    if "\ufffd" in pair:
        return None
    if len(pair) == 1:  # the two halves of one character
        return {"match_phrase": {UNITS: pair}}
    first, second = (token(char) for char in pair)
    of_numbers = [char in _OF_NUMBERS for char in pair]
    if not any(of_numbers):
        return {"match_phrase": {UNITS: f"{first} {second}"}}
    if all(of_numbers):
        inside = re.escape(first + second)
        return {"regexp": {UNITS: {"value": f"[0-9.,]*{inside}[0-9.,]*"}}}
    patterns = f"[0-9.,]*{re.escape(first)}", f"{re.escape(second)}[0-9.,]*"
    parts: list[Json] = [
        {"span_multi": {"match": {"regexp": {UNITS: {"value": pattern}}}}}
        if of_number
        else {"span_term": {UNITS: char}}
        for char, of_number, pattern in zip((first, second), of_numbers, patterns, strict=True)
    ]
    return {"span_near": {"clauses": parts, "slop": 0, "in_order": True}}


def _following(sets: Sequence[Set[str]]) -> Json:
    """Return the query for characters that follow each other, one of each set."""
    parts = [
        {"span_or": {"clauses": [{"span_term": {UNITS: token(char)}} for char in sorted(chars)]}}
        for chars in sets
    ]
    return {"span_near": {"clauses": parts, "slop": 0, "in_order": True}}
