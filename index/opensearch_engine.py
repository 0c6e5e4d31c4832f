"""Store and search an index in a cluster of OpenSearch; needs the extra ``opensearch``.

It serves libraries that are too large for one machine, or that several desks read: the store of
truth stays the library's, and the cluster can be thrown away and fed anew.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import EngineUnavailable, LibraryError
from .engine import (
    Candidates,
    Capabilities,
    Engine,
    EngineFacet,
    Entry,
    Field,
    Fields,
    Retag,
    Statistics,
)
from .opensearch_bulk import BulkWriter
from .opensearch_client import Client
from .opensearch_documents import BORN, UNTIL
from .opensearch_reader import Reader
from .opensearch_seals import seal, sealed_until
from .opensearch_state import KEPT_SECONDS, Indices, State
from .opensearch_writing import RevisionWriter, delete, restore
from .query import And, Node

_PART = 1000
"""Sentences that are looked up at a time."""
_T = TypeVar("_T")


class OpenSearchEngine(Engine):
    """An :class:`~gongwen.index.engine.Engine` in a cluster; its index is made by the first feed.

    Args:
        client: the cluster.
        owner: identifier of the library.
        staged: whether to build a new index beside the present one, which it replaces when
            :meth:`publish` is called.

    Raises:
        IndexLostError: the index cannot be read by this version.
        EngineUnavailable: the cluster does not answer, or the index is another library's.
    """

    capabilities = Capabilities(
        exact=True, texts=True, overlay=False, vocabulary=False, patterns=True, local_files=False
    )

    def __init__(self, client: Client, owner: str, staged: bool = False) -> None:
        self.name = client.address.text
        self._client = client
        self._owner = owner
        self._indices = Indices(client, owner)
        self._staged = staged
        self._index = ""
        self._closed = False
        self._state = State(owner)
        if not staged:
            self._index, self._state, _ = self._indices.read(self._indices.alias)
        self._new = "" if self._index else self._indices.new_name()
        self._reader = self._read(self._state)

    def _read(self, state: State) -> Reader | None:
        return Reader(self._client, self._index, state, self._owner) if state.revision else None

    def _check_open(self) -> None:
        if self._closed:
            raise LibraryError(f"{self.name}: the index was closed; open it again")

    @property
    def _opened(self) -> Reader | None:
        """What is opened, ``None`` for an empty index."""
        self._check_open()
        return self._reader

    # -- life ------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The generation of the store up to which the index is complete, 0 for an empty index."""
        return self._state.generation

    @property
    def build(self) -> str:
        """Name of the index in the cluster."""
        return self._index or self._new

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index; such a one is not opened at all."""
        return False

    @property
    def replaced(self) -> bool:
        """Whether the index has been written since this engine opened it."""
        name = self._index if self._staged else self._indices.alias
        index, state, _ = self._indices.read(name) if name else ("", self._state, None)
        return index != self._index or state.revision != self._state.revision

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete and add sentences, and make both visible in one step as ``generation``.

        Raises:
            EngineUnavailable: the cluster does not answer, or refuses what is written; the index is
                as it was.
        """
        with self._writing(generation) as writing:
            for part in _parts(delete):
                writing.remove(part)
            for added in _parts(entries):
                writing.add(added)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics, role and probability of sentences, in one step as ``generation``."""
        given = {change.id: change for change in changes}
        with self._writing(generation) as writing:
            for part in _parts(given.values()):
                writing.retag(part)

    @contextmanager
    def _writing(self, generation: int) -> Iterator[RevisionWriter]:
        """Provide what writes the next revision, which holds when the block ends well."""
        self._check_open()
        if not self._index:
            self._indices.create(self._new, named=not self._staged)
            self._index = self._new
        _, state, version = self._indices.read(self._index)
        if state.revision != self._state.revision:
            raise EngineUnavailable(
                "another process writes to the index of this library; give the same command again"
            )
        begun = state.next()
        version = self._indices.write(self._index, begun, version)
        if state.begun > state.revision:  # what was given up is there, and is not found yet
            self._client.refresh(self._index)
        with BulkWriter(self._client, self._index) as bulk:
            writing = RevisionWriter(self._client, self._index, begun, bulk)
            yield writing
        seal(self._client, self._index, begun.begun)
        made = begun.finished(generation, writing.highest, writing.has_cut_tokens, writing.totals)
        self._indices.write(self._index, made, version)
        self._state, self._reader = made, self._read(made)

    def publish(self) -> None:
        """Put the staged index in the place of the present one in one step."""
        self._indices.publish(self._index)
        self._staged = False
        self.tidy()

    def verify(self) -> list[str]:
        """Return what is wrong with the index, nothing when all of it is there.

        Raises:
            EngineUnavailable: a part of it is not there now, which proves nothing.
        """
        if not self._index:
            return []
        health = self._client.get(f"/_cluster/health/{self._index}", {"level": "indices"})
        if health.get("status") == "red":
            raise EngineUnavailable(
                f"{self.name}: a part of the index is on no node that runs; start the nodes that "
                "are missing (GET _cat/shards names its parts)"
            )
        wanted, there = self._state.statistics.sentences, self.count(And(()))
        if wanted == there:
            return []
        return [f"{self.name}: {there} of {wanted} sentences are there; run gongwen reindex"]

    def tidy(self) -> None:
        """Remove what nobody reads any more. The caller must hold the lock of the library."""
        if self._staged:
            return
        now = time.time()
        others = self._indices.others(self._indices.named())
        self._indices.remove([name for name, at in others.items() if at < now - KEPT_SECONDS])
        if self._index and (self._state.abandoned or self._state.out_of_use(now)):
            self._remove_former(now)

    def _remove_former(self, now: float) -> None:
        """Remove documents of revisions that nobody reads any more, or that were given up."""
        _, state, version = self._indices.read(self._index)
        if state.abandoned:
            never = [*state.abandoned]
            delete(self._client, self._index, {"terms": {BORN: never}})
        if past := state.given_up_before(now):
            restore(self._client, self._index, past)
            self._client.refresh(self._index)
        last = state.out_of_use(now)
        unread = [{"range": {UNTIL: {"lte": last + 1}}}, sealed_until(last)]
        if last and not delete(self._client, self._index, {"bool": {"should": unread}}):
            last = 0
        if past or last:
            self._state = state.without(past, last)
            self._indices.write(self._index, self._state, version)

    def close(self) -> None:
        """Close the connections; the engine cannot be used afterwards."""
        self._closed = True
        self._client.close()

    # -- matching --------------------------------------------------------------------------------

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``."""
        reader = self._opened
        return reader.count(query) if reader else 0

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the ids of the sentences that match ``query``, ascending."""
        reader = self._opened
        return reader.ids(query) if reader else iter(())

    def facets(
        self, query: Node, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, dict[str, int]]:
        """Return how many of the sentences that match ``query`` have each value."""
        reader = self._opened
        return reader.facets(query, names) if reader else {name: {} for name in names}

    def top(self, query: Node, most: int) -> Candidates:
        """Return the best sentences that match ``query`` by their words."""
        reader = self._opened
        none = Candidates(np.zeros(0, np.int64), np.zeros(0))
        return reader.top(query, most) if reader else none

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences."""
        reader = self._opened
        return reader.fields(ids, names) if reader else Fields()

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of some sentences as they were fed."""
        reader = self._opened
        return reader.texts(ids) if reader else []

    # -- statistics ------------------------------------------------------------------------------

    def statistics(self) -> Statistics:
        """Return what ranking needs to know of all sentences together."""
        return self._state.statistics

    def frequency(self, word: str) -> int:
        """Return how many sentences have ``word`` among their words."""
        reader = self._opened
        return reader.frequency(word) if reader else 0

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.integer[Any]]:
        """Return (words, ids) how often each sentence has each word among its words."""
        reader = self._opened
        return reader.word_counts(words, ids) if reader else np.zeros((len(words), 0), np.int32)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands, marks left out."""
        reader = self._opened
        return reader.bigram_frequencies(keys) if reader else np.zeros(len(keys), np.int64)

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the first sentences that match ``pattern``, and their numbers."""
        reader = self._opened
        return reader.strings(pattern, begins) if reader else Counter()


def _parts(given: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield what is given in lists of :data:`_PART`."""
    iterator = iter(given)
    while part := list(islice(iterator, _PART)):
        yield part
