"""See an index as it will be once some changes are fed, over an engine that cannot show it itself.

Sentences that were removed are left out of every query by their ids; what asks for the tags of
sentences that were retagged is rewritten, and what the engine keeps of these is corrected.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engine import (
    Candidates,
    Column,
    Engine,
    EngineFacet,
    Entry,
    Field,
    Fields,
    Retag,
    Statistics,
)
from .query import And, Filter, Node, Not, Or


class OverlaidEngine(Engine):
    """A view of an engine with changes applied; it is only read.

    Args:
        engine: the engine.
        removed: ids of sentences; unknown ids are ignored.
        changes: new tags of sentences; unknown ids are ignored.
        generation: the store's generation that the changes lead to.
    """

    def __init__(
        self,
        engine: Engine,
        removed: Collection[int],
        changes: Iterable[Retag],
        generation: int,
    ) -> None:
        self._engine = engine
        self._removed = tuple(map(str, removed))
        self._changes = {change.id: change for change in changes}
        self._generation = generation
        self.name = engine.name
        self.capabilities = engine.capabilities

    # -- life --------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The generation that the changes lead to."""
        return self._generation

    @property
    def build(self) -> str:
        """Name of the build of the index."""
        return self._engine.build

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index."""
        return self._engine.outdated

    @property
    def replaced(self) -> bool:
        """Whether the index was written since the engine has opened it."""
        return self._engine.replaced

    def verify(self) -> list[str]:
        """Return what is wrong with what is stored."""
        return self._engine.verify()

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return where the engine itself says otherwise than ``entries``."""
        return self._engine.compare(entries, all_of_them)

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Refuse: a view is only read."""
        raise NotImplementedError

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Refuse: a view is only read."""
        raise NotImplementedError

    def publish(self) -> None:
        """Refuse: a view is only read."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()

    # -- matching ----------------------------------------------------------------------------

    def _now(self, query: Node) -> Node:
        """Return the query whose matches in the engine are those of ``query`` in this view."""
        own = self._retagged(query) if self._changes else query
        return And((own, Not(Filter("id", self._removed)))) if self._removed else own

    def _retagged(self, node: Node) -> Node:
        match node:
            case Filter(field="topic" | "role" | "probability"):
                having = [str(id_) for id_, one in self._changes.items() if _meets(one, node)]
                others = And((node, Not(Filter("id", tuple(map(str, self._changes))))))
                return Or((others, Filter("id", tuple(having))))
            case And(parts=parts):
                return And(tuple(map(self._retagged, parts)))
            case Or(parts=parts):
                return Or(tuple(map(self._retagged, parts)))
            case Not(part=part):
                return Not(self._retagged(part))
            case _:
                return node

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``."""
        return self._engine.count(self._now(query))

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the id of every sentence that matches ``query``, ascending."""
        return self._engine.ids(self._now(query))

    def facets(
        self, query: Node, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, dict[str, int]]:
        """Return how many sentences that match have each value."""
        now = self._now(query)
        counts = self._engine.facets(now, names)
        if not self._changes or not {"topic", "role"}.intersection(names):
            return counts
        changed = And((now, Filter("id", tuple(map(str, self._changes)))))
        ids = [*self._engine.ids(changed)]
        before = self._engine.fields(ids, ("topics", "role"))
        assert before.topics is not None and before.role is not None
        was = {"topic": before.topics, "role": before.role}
        for name in names:
            if name != "topic" and name != "role":
                continue
            total = Counter(counts[name])
            for code, id_ in zip(was[name].codes.tolist(), ids, strict=True):
                change = self._changes[id_]
                total.subtract(_several(was[name].values[code]))
                total.update(_several(change.topics if name == "topic" else change.role))
            known = ((value, count) for value, count in total.items() if value and count)
            counts[name] = dict(sorted(known, key=lambda item: (-item[1], item[0])))
        return counts

    def top(self, query: Node, most: int) -> Candidates:
        """Return the best sentences that match ``query``."""
        return self._engine.top(self._now(query), most)

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences, with the changes."""
        found = self._engine.fields(ids, names)
        known = np.asarray(ids, np.int64)
        at = np.flatnonzero(np.isin(known, [*self._changes]))
        changes = [self._changes[id_] for id_ in known[at].tolist()]
        if not changes:
            return found
        if found.topics is not None:
            topics = [change.topics for change in changes]
            found = replace(found, topics=_with_values(found.topics, at, topics))
        if found.role is not None:
            roles = [change.role for change in changes]
            found = replace(found, role=_with_values(found.role, at, roles))
        if found.probability is not None:
            probability = found.probability.copy()
            probability[at] = [change.probability for change in changes]
            found = replace(found, probability=probability)
        return found

    # -- what the changes do not concern ------------------------------------------------------

    def statistics(self) -> Statistics:
        """Return what ranking needs to know of all sentences together."""
        return self._engine.statistics()

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""
        return self._engine.frequency(word)

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.integer[Any]]:
        """Return (words, ids) how often each sentence has each word among its words."""
        return self._engine.word_counts(words, ids)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands."""
        return self._engine.bigram_frequencies(keys)

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of some sentences."""
        return self._engine.texts(ids)

    def vocabulary(self) -> Iterable[tuple[str, int]]:
        """Yield every word of the index and how many sentences hold it."""
        return self._engine.vocabulary()

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match ``pattern``."""
        return self._engine.strings(pattern, begins)


def overlaid(
    engine: Engine, removed: Collection[int], changes: Iterable[Retag], generation: int
) -> Engine:
    """Return an engine's own view of its index with changes, or one made above it."""
    if engine.capabilities.overlay:
        return engine.overlaid(removed, changes, generation)
    return OverlaidEngine(engine, removed, changes, generation)


def _meets(change: Retag, condition: Filter) -> bool:
    """Return whether a sentence with these tags meets a condition on tags."""
    if condition.field == "topic":
        return not set(condition.values).isdisjoint(change.topics)
    if condition.field == "role":
        return change.role in condition.values
    return bool(np.float32(change.probability) >= np.float32(min(map(float, condition.values))))


def _several(value: Sequence[str] | str) -> Sequence[str]:
    """Return the values of a facet of one sentence."""
    return (value,) if isinstance(value, str) else tuple(value)


def _with_values(column: Column, at: NDArray[np.int64], values: Sequence[Any]) -> Column:
    """Return a column with other values at some places."""
    known = {value: code for code, value in enumerate(column.values)}
    codes = column.codes.copy()
    codes[at] = [known.setdefault(value, len(known)) for value in values]
    return Column(codes, list(known))
