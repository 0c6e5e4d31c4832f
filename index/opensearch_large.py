"""Answer queries that have too many parts for a cluster, which takes 1,024 in one.

The ids of parts that are small enough are read one after the other and put together here; what is
left is a query for ids, which scores all sentences alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from .opensearch_client import Json

MOST_PARTS = 1000
"""Conditions of one query; what each search adds is less than the rest."""
_LISTS = ("must", "should", "filter", "must_not", "clauses")


def parts_of(query: Json) -> int:
    """Return how many conditions a query has.

    Example:
        >>> parts_of({"bool": {"must": [{"match_all": {}}], "must_not": [{"term": {"id": 1}}]}})
        2
    """
    count, open_ = 0, [query]
    while open_:
        [(kind, body)] = open_.pop().items()
        if kind == "constant_score":
            open_.append(body["filter"])
        elif kind in ("bool", "span_near", "span_or"):
            for name in _LISTS:
                open_ += body.get(name, ())
        else:
            count += 1
    return count


class LargeQueries:
    """Makes queries smaller.

    Args:
        read: gives the ids that a query finds, ascending.
        by_ids: makes the query for some ids.
        most: conditions that a query may have.
    """

    def __init__(
        self,
        read: Callable[[Json], Iterable[int]],
        by_ids: Callable[[Iterable[int]], Json],
        most: int = MOST_PARTS,
    ) -> None:
        self._read = read
        self._by_ids = by_ids
        self._most = most
        self._last: tuple[Json, Json] | None = None

    def smaller(self, query: Json) -> Json:
        """Return a query that finds the same and has few enough conditions."""
        if parts_of(query) <= self._most:
            return query
        last = self._last
        if last and last[0] == query:  # it is counted, and then its ids are asked for
            return last[1]
        found = self._by_ids(self._ids(query).tolist())
        self._last = query, found
        return found

    def _ids(self, query: Json) -> NDArray[np.int64]:
        """Return the ids that a query finds, ascending."""
        if parts_of(query) <= self._most:
            return np.fromiter(self._read(query), np.int64)
        [(kind, body)] = query.items()
        if kind == "constant_score":
            return self._ids(body["filter"])
        assert kind == "bool", kind  # nothing else has as many parts
        found = [self._ids(one) for one in self._grouped([*body.get("must", ())], "must")]
        if "should" in body:
            parts = [self._ids(one) for one in self._grouped(body["should"], "should")]
            found.append(reduce(np.union1d, parts))
        kept = reduce(np.intersect1d, found)
        for one in self._grouped(body.get("must_not", ()), "should"):
            kept = np.setdiff1d(kept, self._ids(one), assume_unique=True)
        return kept

    def _grouped(self, queries: Sequence[Json], name: str) -> Iterator[Json]:
        """Yield queries that together are these, as many of them in one as it may have."""
        group: list[Json] = []
        size = 0
        for query in queries:
            parts = parts_of(query)
            if group and size + parts > self._most:
                yield {"bool": {name: group}}
                group, size = [], 0
            if parts > self._most:
                yield query
                continue
            group.append(query)
            size += parts
        if group:
            yield {"bool": {name: group}}
