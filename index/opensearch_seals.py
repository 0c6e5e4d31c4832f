"""Prove that a node of a cluster knows a revision of an index, before it is asked about it.

A node that is cut off from the others, or that hung for a while, still answers from its own copies
of an index, and these miss what was written meanwhile. So each part of an index gets a small
document with every revision, its *seal*, after all other documents of the revision and before the
revision holds. Copies take changes in order, so one that has the seal has all of the revision; a
node that does not find the seals of all parts is passed over.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import count

from .opensearch_bulk import BulkWriter
from .opensearch_client import Client, Json, encoded
from .opensearch_documents import SEALED

_SPREAD_BITS = 10
"""A cluster spreads documents over 1024 slots or so, of which each part of an index has as many."""
_WORD = (1 << 32) - 1


class Seals:
    """The seals of a revision: called with the number of a node, says whether that finds them all.

    Args:
        client: the cluster.
        index: name of the index.
        revision: number of the revision.
        preference: by which the copies that are read are chosen.
    """

    def __init__(self, client: Client, index: str, revision: int, preference: str) -> None:
        self._client = client
        self._path = f"/{index}/_search"
        self._body = encoded(
            {"query": {"term": {SEALED: revision}}, "size": 0, "track_total_hits": True}
        )
        self._preference = {"preference": preference}
        self._proven: set[int] = set()

    def __call__(self, node: int) -> bool:
        """Return whether a node knows the revision; what it once knew it does not forget."""
        if node not in self._proven:
            found = self._client.ask_node(node, "POST", self._path, self._body, self._preference)
            shards = found["_shards"]
            if shards["failed"] or found["hits"]["total"]["value"] != shards["total"]:
                return False
            self._proven.add(node)
        return True


def seal(client: Client, index: str, revision: int) -> None:
    """Seal a revision of which all other documents are stored, and let all of it be found."""
    paths = {"filter_path": "*.settings.index.number_of_shards"}
    [found] = client.get(f"/{index}/_settings", paths).values()
    document = json.dumps({SEALED: revision}).encode()
    with BulkWriter(client, index, found=True) as bulk:
        for routing in routings(int(found["settings"]["index"]["number_of_shards"])):
            bulk.put(f"seal-{revision}-{routing}", routing, document)


def sealed_until(revision: int) -> Json:
    """Return the query for the seals of a revision and of those before it."""
    return {"range": {SEALED: {"lte": revision}}}


@cache
def routings(shards: int) -> tuple[str, ...]:
    """Return a string for each of so many parts of an index that leads a document into it.

    Example:
        >>> routings(3)
        ('0', '1', '5')
    """
    slots = shards << max(1, _SPREAD_BITS - (shards - 1).bit_length())
    found: dict[int, str] = {}
    for number in count():
        if len(found) == shards:
            break
        hashed = _murmur3(str(number).encode("utf-16-le"))
        signed = hashed - (1 << 32) if hashed >> 31 else hashed
        found.setdefault(signed % slots // (slots // shards), str(number))
    return tuple(found.values())


def _murmur3(data: bytes) -> int:
    """Return the hash of 32 bits by which a cluster finds the part of an index.

    That is MurmurHash3 x86 with the seed 0; ``data`` has an even length.
    """
    hashed = 0
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        hashed ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        hashed = (_rotated(hashed, 13) * 5 + 0xE6546B64) & _WORD
    hashed ^= _mixed(int.from_bytes(data[whole:], "little"))
    hashed ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        hashed ^= hashed >> shift
        hashed = hashed * factor & _WORD
    return hashed ^ hashed >> 16


def _mixed(block: int) -> int:
    return _rotated(block * 0xCC9E2D51 & _WORD, 15) * 0x1B873593 & _WORD


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD
