"""A cluster whose nodes can be split from each other: each has a network namespace of its own.

A bridge joins the namespaces, and the tests reach every node through it, also one that is split
from the others. This needs root and the programs ``ip`` and ``iptables``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cluster_nodes
from cluster_nodes import Nodes

_BRIDGE = "gw"
_HTTP, _TRANSPORT = 9200, 9300
_RETRIES = 5
"""Times that a packet is sent again, as the manual of OpenSearch has it: a connection to a node
that does not answer ends after some seconds, not after a quarter of an hour."""
SOON = {
    **{
        f"cluster.fault_detection.{check}.{name}": value
        for check in ("follower_check", "leader_check")
        for name, value in (("interval", "1s"), ("timeout", "8s"), ("retry_count", 1))
    },
    "cluster.publish.timeout": "5s",
}
"""Settings by which nodes notice within seconds that another one does not answer."""


@cache
def missing() -> str:
    """Return why nodes cannot be split here, ``""`` if they can."""
    if why := cluster_nodes.missing():
        return why
    for program in ("ip", "iptables"):
        if not shutil.which(program):
            return f"there is no {program}, by which nodes are split"
    if os.geteuid():
        return "only root can split nodes"
    tried = f"{_BRIDGE}{os.getpid()}-tried"
    for command in (f"ip netns add {tried}", f"ip netns exec {tried} iptables -L -n"):
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if done.returncode:
            return f"nodes cannot be split here: {command}: {done.stderr.strip()}"
    subprocess.run(f"ip netns del {tried}".split(), check=True)
    return ""


class SplitNodes(Nodes):
    """A cluster in which nodes can be split from the others, and joined again.

    Args:
        folder: for what the nodes store.
        count: number of nodes.
    """

    def __init__(self, folder: Path, count: int = 3) -> None:
        self._count = count
        self._bridge = f"{_BRIDGE}{os.getpid()}"
        self._network = f"10.{128 + os.getpid() // 250 % 120}.{1 + os.getpid() % 250}"
        super().__init__(folder, count, first_http=_HTTP, first_transport=_TRANSPORT, settings=SOON)

    def ip(self, number: int) -> str:
        return f"{self._network}.{10 + number}"

    def prefix(self, number: int) -> Sequence[str]:
        return ("ip", "netns", "exec", self._space(number), *super().prefix(number))

    def address(self, name: str, numbers: Sequence[int] = ()) -> str:
        """Return the address of the index ``name`` at some of the nodes, at all if none is named.

        The network is no loopback, so that an engine must be told to use no TLS.
        """
        some = numbers or range(1, self._count + 1)
        return f"opensearch+http://{','.join(self.hosts[n - 1] for n in some)}/{name}"

    def start(self) -> None:
        for path in Path("/sys/class/net").glob(f"{_BRIDGE}[0-9]*"):  # of tests that were killed
            process = path.name.removeprefix(_BRIDGE)
            if process.isdecimal() and not (Path("/proc") / process).exists():
                _remove_network(path.name, self._count)
        _remove_network(self._bridge, self._count)
        _ip(f"link add {self._bridge} type bridge")
        _ip(f"addr add {self._network}.1/24 dev {self._bridge}")
        _ip(f"link set {self._bridge} up")
        for number in range(1, self._count + 1):
            space, end = self._space(number), f"{self._bridge}-{number}"
            _ip(f"netns add {space}")
            _ip(f"link add {end} type veth peer name eth0 netns {space}")
            _ip(f"link set {end} master {self._bridge} up")
            _ip(f"-n {space} addr add {self.ip(number)}/24 dev eth0")
            _ip(f"-n {space} link set eth0 up")
            _ip(f"-n {space} link set lo up")
            _ip(f"netns exec {space} sysctl -q -w net.ipv4.tcp_retries2={_RETRIES}")
        super().start()

    def stop(self) -> None:
        super().stop()
        _remove_network(self._bridge, self._count)

    def split(self, number: int) -> None:
        """Lose all that a node and the others say to each other; the tests still reach it."""
        for other in range(1, self._count + 1):
            if other != number:
                self._filter(number, f"-A INPUT -s {self.ip(other)} -j DROP")
                self._filter(number, f"-A OUTPUT -d {self.ip(other)} -j DROP")

    def join(self, number: int) -> None:
        """Let a node and the others hear each other again."""
        self._filter(number, "-F")

    def _filter(self, number: int, rule: str) -> None:
        _ip(f"netns exec {self._space(number)} iptables {rule}")

    def _space(self, number: int) -> str:
        return f"{self._bridge}-n{number}"


def _remove_network(bridge: str, count: int) -> None:
    """Remove a bridge and the namespaces that it joins, as far as they are there."""
    for name in (*(f"{bridge}-{number}" for number in range(1, count + 1)), bridge):
        if (Path("/sys/class/net") / name).exists():
            _ip(f"link del {name}")
    for number in range(1, count + 1):
        if (Path("/run/netns") / f"{bridge}-n{number}").exists():
            _ip(f"netns del {bridge}-n{number}")


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)
