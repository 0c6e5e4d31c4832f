"""Each node in turn is killed and comes back, as when all are brought up to date during work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cluster_load import Load, Opener
from cluster_model import steps
from cluster_nodes import Nodes

pytestmark = pytest.mark.cluster


def test_nodes_are_restarted_in_turn_during_a_load(
    three: Nodes, opener: Callable[..., Opener]
) -> None:
    planned = steps(3_600, 400)
    with Load(opener(three.address("rolling")), threads=2) as load:
        load.feed(next(planned))
        load.feed(next(planned))
        for number in (1, 2, 3):
            load.phase(f"without {number}")
            load.feed(next(planned), lambda number=number: three.kill(number))
            load.wait(f"without {number}", answers=10)
            load.feed(next(planned), lambda number=number: three.restart(number))
            assert three.health(nodes=3, at_least="green") == "green"
            load.assert_whole()
        load.phase("after")
        for step in planned:
            load.feed(step)
        load.wait("after", answers=10)
    load.assert_whole()
    assert not load.refusals
    assert not any(seen.errors for seen in load.seen.values())
