"""Every part of an index gets its seal, by which a node proves that it knows a revision."""

from __future__ import annotations

from secrets import token_hex

import pytest
from cluster_nodes import Nodes

from gongwen.index.opensearch_address import Address, Secrets
from gongwen.index.opensearch_client import Client
from gongwen.index.opensearch_seals import Seals, routings, seal
from gongwen.index.opensearch_state import Indices

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("shards", [1, 2, 3, 5, 7, 12])
def test_each_part_is_sealed(cluster: Nodes, shards: int) -> None:
    address = Address.read(f"{cluster.address('seals')}?shards={shards}&replicas=0")
    client = Client(address, Secrets(), 30)
    indices = Indices(client, token_hex(8))
    name = indices.new_name()
    indices.create(name, named=False)
    try:
        reached = [
            cluster.request("GET", f"/{name}/_search_shards?routing={routing}")["shards"][0][0]
            for routing in routings(shards)
        ]
        assert sorted(shard["shard"] for shard in reached) == [*range(shards)]
        first, second = (Seals(client, name, revision, "any") for revision in (1, 2))
        assert not first(0)
        seal(client, name, 1)
        assert [first(node) for node in range(3)] == [True] * 3
        assert not second(0)
        seal(client, name, 2)
        assert first(0) and second(0)
    finally:
        indices.remove([name])
        client.close()
