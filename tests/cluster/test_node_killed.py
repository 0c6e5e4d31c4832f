"""One node of three is killed during a load, the one that manages the others, and comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cluster_load import Load, Opener
from cluster_model import steps
from cluster_nodes import Nodes

pytestmark = pytest.mark.cluster
ENOUGH = 20
"""Answers that readers shall have had in each phase."""


@pytest.mark.parametrize(
    ("sentences", "of_step"),
    [
        pytest.param(2_000, 300, id="2,000"),
        pytest.param(200_000, 16_000, id="200,000", marks=pytest.mark.slow),
    ],
)
def test_searches_and_load_go_on_when_the_managing_node_is_killed(
    three: Nodes, opener: Callable[..., Opener], sentences: int, of_step: int
) -> None:
    killed = three.manager()
    planned = list(steps(sentences, of_step))
    with Load(opener(three.address("killed")), threads=2, processes=1) as load:
        for step in planned[:2]:
            load.feed(step)
        load.wait("before", answers=ENOUGH)

        def kill() -> None:
            three.kill(killed)
            load.phase("down")

        load.feed(planned[2], kill)
        for step in planned[3:-1]:
            load.feed(step)
        load.wait("down", answers=ENOUGH)
        three.health(nodes=2, at_least="yellow")  # green again when the copies have been made anew
        load.assert_whole()

        def come_back() -> None:
            three.restart(killed)
            load.phase("back")

        load.feed(planned[-1], come_back)
        assert three.health(nodes=3, at_least="green") == "green"
        load.wait("back", answers=ENOUGH)
        load.phase("after")
        load.wait("after", answers=ENOUGH)
    load.assert_whole()
    assert not load.refusals
    for phase in ("before", "down", "back", "after"):
        assert not load.seen[phase].errors, phase
    assert load.acknowledged in load.seen["after"].generations
