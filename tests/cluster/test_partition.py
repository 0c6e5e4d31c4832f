"""One node of three is split from the others during a load, and joins them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cluster_load import Load, Opener
from cluster_model import QUESTIONS, steps
from cluster_network import SplitNodes, missing

from gongwen.nlp.errors import EngineUnavailable

pytestmark = pytest.mark.cluster
COPIES = "shards=3&replicas=2"
"""Every node has a copy of every part, so that the one that is split off could answer alone."""
SHORT = 5.0
"""Seconds that an engine waits which is not to wait long for what cannot answer."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SplitNodes]:
    if missing():
        pytest.skip(missing())
    nodes = SplitNodes(tmp_path_factory.mktemp("network"))
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


@pytest.fixture
def joined(network: SplitNodes) -> Iterator[SplitNodes]:
    """The three nodes; however a test leaves them, all are one cluster at the end."""
    yield network
    network.join(3)
    for number in (1, 2, 3):
        network.restart(number)
    network.health(nodes=3)


def at(opener: Opener, nodes: SplitNodes, *numbers: int) -> Opener:
    """Return what opens the same index at some of the nodes only."""
    return Opener(
        f"{nodes.address('split', numbers)}?{COPIES}", opener.location, opener.owner, SHORT
    )


def test_the_majority_goes_on_and_the_split_node_answers_as_before_or_not_at_all(
    joined: SplitNodes, opener: Callable[..., Opener]
) -> None:
    planned = steps(3_000, 300)
    everywhere = opener(joined.address("split"), COPIES)
    with Load(at(everywhere, joined, 1, 2), threads=2) as load:
        load.feed(next(planned))
        load.feed(next(planned))
        assert joined.health(nodes=3, at_least="green") == "green"
        load.wait("before", answers=10)

        def split() -> None:
            load.phase("split")
            joined.split(3)

        load.feed(next(planned), split)
        load.read(at(everywhere, joined, 3), seed=11, phase="minority", fresh=False)
        load.read(at(everywhere, joined), seed=12, phase="anywhere", fresh=False)
        assert joined.health(nodes=2, at_least="yellow") == "yellow"
        load.feed(next(planned))
        load.phase("two")
        load.feed(next(planned))
        load.feed(next(planned))
        for phase in ("two", "anywhere", "minority"):
            load.wait(phase, **{"asked" if phase == "minority" else "answers": 10})
        load.assert_whole()

        def join() -> None:
            load.phase("joining")
            joined.join(3)

        load.feed(next(planned), join)
        assert joined.health(nodes=3, at_least="green") == "green"
        load.phase("after")
        for step in planned:
            load.feed(step)
        load.wait("after", answers=10)
    load.assert_whole()
    for phase in ("before", "two", "after"):
        assert not load.seen[phase].errors, phase
    minority = at(everywhere, joined, 3)()
    assert minority.generation == load.acknowledged
    assert minority.compare(load.model.entries.values()) == []


def test_who_is_left_with_the_split_node_gets_no_mixture(
    joined: SplitNodes, opener: Callable[..., Opener]
) -> None:
    """An engine is opened at the majority, which dies: the other node never had its generation."""
    planned = steps(1_200, 300)
    everywhere = opener(joined.address("split"), COPIES)
    load = Load(at(everywhere, joined, 1, 2), threads=0)
    load.feed(next(planned))
    assert joined.health(nodes=3, at_least="green") == "green"
    joined.split(3)
    assert joined.health(nodes=2, at_least="yellow") == "yellow"
    load.feed(next(planned))
    load.feed(next(planned))
    engine = at(everywhere, joined)()
    while engine.generation != load.acknowledged:
        engine = at(everywhere, joined)()
    joined.kill(1)
    joined.kill(2)
    right = load.model.answers[load.acknowledged]
    for name, node in QUESTIONS.items():
        try:
            assert engine.count(node) == right[name].count, name
        except EngineUnavailable as error:
            assert "\n" not in str(error)
    joined.restart(1)
    joined.restart(2)
    joined.join(3)
    assert joined.health(nodes=3, at_least="green") == "green"
    load.assert_whole()
