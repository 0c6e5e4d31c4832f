"""The nodes that the tests start are a cluster, and survive what tests do to them."""

from __future__ import annotations

import pytest
from cluster_nodes import Nodes

pytestmark = pytest.mark.cluster


def test_three_nodes_are_one_cluster(cluster: Nodes) -> None:
    assert cluster.health(nodes=3) == "green"
    assert cluster.running() == [1, 2, 3]
    assert cluster.address("reports") == f"opensearch://{','.join(cluster.hosts)}/reports"
    assert len(set(cluster.hosts)) == 3


def test_a_killed_node_comes_back_with_its_data(cluster: Nodes) -> None:
    settings = {"settings": {"number_of_shards": 3, "number_of_replicas": 1}}
    cluster.request("PUT", "/killed", settings)
    try:
        cluster.request("PUT", "/killed/_doc/1?refresh=true", {"text": "推进依法行政"})
        assert cluster.health(at_least="green") == "green"  # the copies are there too
        cluster.kill(3)
        assert cluster.running() == [1, 2]
        assert cluster.health(nodes=2, at_least="yellow") == "yellow"
        assert cluster.request("GET", "/killed/_count")["count"] == 1
        cluster.restart(3)
        assert cluster.health(nodes=3, at_least="green") == "green"
        assert cluster.request("GET", "/killed/_count", number=3)["count"] == 1
    finally:
        cluster.request("DELETE", "/killed")
