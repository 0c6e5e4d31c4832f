"""What the tests of a cluster share: an index of their own, and a cluster that is whole again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from cluster_load import Opener
from cluster_model import SENTENCES
from cluster_nodes import Nodes

Open = Callable[[Nodes, str], Opener]


@pytest.fixture
def three(cluster: Nodes) -> Iterator[Nodes]:
    """The three nodes, of which a test may kill some; all run when it begins and when it ends."""
    cluster.health(nodes=3)
    yield cluster
    for number in (1, 2, 3):
        cluster.restart(number)
    cluster.health(nodes=3)


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Callable[..., Opener]]:
    """Give a function that makes an index of the test's own in a cluster; it is removed."""
    if not SENTENCES.exists():
        pytest.skip("the sentences (../shared/data/sentences-100k.txt.gz) are not here")
    made: list[Opener] = []

    def make(address: str, options: str = "shards=3&replicas=1", timeout: float = 10.0) -> Opener:
        made.append(Opener(f"{address}?{options}", tmp_path / "index", token_hex(8), timeout))
        return made[-1]

    yield make
    for one in made[:1]:
        one.factory().drop(one.location, one.owner)
