"""The disk of one node is full: that is said in a line, nothing is lost, and then it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from cluster_load import Load, Opener
from cluster_model import steps
from cluster_nodes import Nodes, missing

pytestmark = pytest.mark.cluster
SIZE, LEFT = 96 << 20, 8 << 20
"""Bytes of the file system of the node, and of those that are free when it is full."""
WATERMARKS = {
    "cluster.routing.allocation.disk.threshold_enabled": True,
    "cluster.info.update.interval": "10s",  # the shortest
    **{
        f"cluster.routing.allocation.disk.watermark.{name}": free
        for name, free in (("low", "50mb"), ("high", "40mb"), ("flood_stage", "30mb"))
    },
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three nodes, the third with a small file system of its own."""
    if missing():
        pytest.skip(missing())
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    folder = tmp_path_factory.mktemp("small")
    nodes = Nodes(folder, first_http=0, first_transport=0, settings=WATERMARKS)
    data = str(nodes.data(3))
    nodes.data(3).mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", data],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()
        subprocess.run(["umount", data], check=True)


def fill(nodes: Nodes) -> None:
    """Leave so little on the disk of the third node that the cluster forbids writing."""
    free = shutil.disk_usage(nodes.data(3)).free
    with (nodes.data(3) / "ballast").open("wb") as file:
        for _ in range((free - LEFT) >> 20):
            file.write(b"\1" * (1 << 20))


def make_room(nodes: Nodes) -> None:
    (nodes.data(3) / "ballast").unlink()


def test_a_full_disk_is_said_and_nothing_is_lost(
    small: Nodes, opener: Callable[..., Opener]
) -> None:
    """Every node has a copy of every part, so that none can be moved away from the full disk."""
    planned = steps(20_000, 200)
    with Load(opener(small.address("full"), "shards=2&replicas=2", timeout=5.0)) as load:
        load.feed(next(planned))
        assert small.health(nodes=3, at_least="green") == "green"
        load.wait("before", answers=10)
        load.phase("full")
        fill(small)

        def made_room() -> None:
            """Called when the cluster has refused to write."""
            load.phase("room")
            make_room(small)

        load.when_refused(made_room)
        while not load.refusals:
            load.feed(next(planned))
        load.wait("room", answers=10)
        load.phase("after")
        load.feed(next(planned))
        load.wait("after", answers=10)
    load.assert_whole()
    assert small.health(nodes=3, at_least="green") == "green"
    assert all("full" in said and "free some space" in said for said in load.refusals)
    assert load.seen["full"].answers
    assert not any(seen.errors for seen in load.seen.values())
