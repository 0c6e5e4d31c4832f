"""Write a revision of an index in a cluster: new documents, and those that end with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .engine import Entry, Retag
from .exact_tokens import UNTOLD
from .opensearch_bulk import BulkWriter, Version
from .opensearch_client import Client, Json, Knows, encoded
from .opensearch_documents import BORN, ID, KEPT, STILL_THERE, UNTIL, DocumentMaker, Kept
from .opensearch_queries import OpenSearchQueries, seen_at
from .opensearch_seals import Seals
from .opensearch_state import State

_PAGE = 1000
"""Sentences that are looked up at a time."""


class RevisionWriter:
    """Writes the documents of a revision that was begun.

    Args:
        client: the cluster.
        index: the index.
        begun: its state, in which the revision has begun.
        bulk: sends the documents.

    Attributes:
        totals: what is known of all sentences as of the revision.
        highest: the highest id that was added.
        has_cut_tokens: whether a token of any sentence was cut.
    """

    def __init__(self, client: Client, index: str, begun: State, bulk: BulkWriter) -> None:
        self._client = client
        self._index = index
        self._begun = begun
        self._knows = Seals(client, index, begun.revision, f"gongwen-{begun.owner}")
        self._bulk = bulk
        self._maker = DocumentMaker()
        self._gone: set[int] = set()
        self.totals = begun.totals.copy()
        self.highest = 0
        self.has_cut_tokens = False

    def remove(self, ids: Iterable[int]) -> None:
        """Let the documents of some sentences end with this revision."""
        for kept, version in self._there(ids):
            self._gone.add(kept.id)
            self.totals.remove(kept.text, kept.length)
            document = self._maker.document(kept, self._maker.again(kept), self._begun.begun)
            self._put(kept, document, version)

    def add(self, entries: Sequence[Entry]) -> None:
        """Add sentences, in place of those with their ids."""
        self.remove([entry.id for entry in entries])
        for entry in entries:
            kept, tokens = self._maker.of(entry, self._begun.begun)
            self.totals.add(kept.length, tokens.characters, tokens.pairs)
            self.highest = max(self.highest, kept.id)
            document = self._maker.document(kept, tokens)
            self.has_cut_tokens |= UNTOLD in tokens.facts
            self._put(kept, document)

    def retag(self, changes: Sequence[Retag]) -> None:
        """Give those of some sentences that are there new tags."""
        by_id = {change.id: change for change in changes}
        for kept, version in self._there(by_id):
            tokens = self._maker.again(kept)
            self._put(kept, self._maker.document(kept, tokens, self._begun.begun), version)
            changed = kept.retagged(by_id[kept.id], self._begun.begun)
            self._put(changed, self._maker.document(changed, tokens))

    def _put(self, kept: Kept, document: bytes, version: Version | None = None) -> None:
        self._bulk.put(f"{kept.id}-{kept.born}", kept.report, document, version)

    def _there(self, ids: Iterable[int]) -> list[tuple[Kept, Version]]:
        """Return what is kept of those of the sentences that are there, and its version."""
        begun = self._begun
        known = [id_ for id_ in ids if id_ <= begun.highest and id_ not in self._gone]
        if not known or not begun.revision:
            return []
        seen = seen_at(begun.revision, sorted(begun.abandoned))
        query = {"bool": {"filter": [OpenSearchQueries(False).ids(known), seen]}}
        return [*documents(self._client, self._index, query, self._knows)]


def restore(client: Client, index: str, revisions: Sequence[int]) -> None:
    """Let the documents go on that were to end with revisions that were given up."""
    maker = DocumentMaker()
    with BulkWriter(client, index) as bulk:
        for kept, version in documents(client, index, {"terms": {UNTIL: [*revisions]}}):
            document = maker.document(kept, maker.again(kept), STILL_THERE)
            bulk.put(f"{kept.id}-{kept.born}", kept.report, document, version)


def delete(client: Client, index: str, query: Json) -> None:
    """Let the cluster delete documents, which it goes on with by itself."""
    params = {"conflicts": "proceed", "wait_for_completion": "false"}
    body = encoded({"query": query})
    client.ask("POST", f"/{index}/_delete_by_query", body, params, writes=True)


def documents(
    client: Client, index: str, query: Json, knows: Knows | None = None
) -> Iterator[tuple[Kept, Version]]:
    """Yield what is kept in the documents that a query finds, and their versions.

    Args:
        client: the cluster.
        index: the index.
        query: the query.
        knows: says of the number of a node whether it may be asked.
    """
    order = [{ID: "asc"}, {BORN: "asc"}]
    body: Json = {"query": query, "size": _PAGE, "sort": order, "_source": [*KEPT]}
    body |= {"seq_no_primary_term": True, "track_total_hits": False}
    while True:
        hits = client.search(index, body, knows=knows)["hits"]["hits"]
        for hit in hits:
            version = Version(int(hit["_seq_no"]), int(hit["_primary_term"]))
            yield Kept.read(hit["_source"]), version
        if len(hits) < _PAGE:
            return
        body["search_after"] = hits[-1]["sort"]
