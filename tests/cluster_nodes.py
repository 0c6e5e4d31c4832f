"""Starts and stops clusters of OpenSearch on loopback, each node a process of its own.

The recipe lies beside a checkout (``../shared/opensearch``) and is only read: Maven fetches the
jars that its ``pom.xml`` names, javac compiles its ``SearchNode.java``, and both are kept in a
folder of the temporary directory that all processes of the tests share. The nodes have no security:
they listen on loopback only.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

RECIPE = Path(__file__).parents[2] / "shared" / "opensearch"
_JAVA = 17
_START_SECONDS = 240
"""A cluster that is not there after so long never will be, however busy the machine is."""

_CHEAP = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote -Xss512k"
).split()
"""Options for a Java process that lives for a minute."""
_LOG = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


class NodesError(RuntimeError):
    """The nodes cannot be started, or do not become what was waited for."""


@cache
def missing() -> str:
    """Return why nodes cannot be started here, ``""`` if they can."""
    if not (RECIPE / "pom.xml").exists():
        return "the recipe of a cluster (../shared/opensearch) is not here"
    for program in ("java", "javac", "mvn"):
        if not shutil.which(program):
            return f"there is no {program} for a cluster: it needs Java {_JAVA} and Maven"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    number = said.stderr.partition('"')[2].partition(".")[0]
    if not number.isdecimal() or int(number) < _JAVA:
        return f"java is older than {_JAVA}: {said.stderr.partition(chr(10))[0]}"
    return ""


@cache
def class_path() -> str:
    """Return what ``java -cp`` needs for a node; the first call on a machine fetches 46 MB.

    Raises:
        NodesError: Maven or javac failed, as without a network.
    """
    sources = [RECIPE / "pom.xml", RECIPE / "src" / "SearchNode.java"]
    key = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"gongwen-search-node-{os.getuid()}-{key}"
    if not folder.is_dir():
        made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
        try:
            _run("mvn", "-q", "-B", "-f", str(sources[0]), "dependency:copy-dependencies",
                 f"-DoutputDirectory={made / 'lib'}")  # fmt: skip
            _run("javac", "--release", str(_JAVA), "-cp", f"{made / 'lib'}/*",
                 "-d", str(made / "classes"), str(sources[1]))  # fmt: skip
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process was not the quicker one
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return f"{folder / 'classes'}:{folder / 'lib'}/*"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodesError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


class Nodes:
    """A cluster of OpenSearch nodes on loopback, each a process of its own.

    Args:
        folder: for what the nodes store; :meth:`data` says where.
        count: number of nodes.
        first_http: port of the first node for clients, the others follow; 0 for free ones.
        first_transport: port of the first node for other nodes, the others follow; 0 for free ones.
        settings: settings of every node beyond those of the recipe, or instead of them.
        heap: memory that a node may use for objects.

    Attributes:
        hosts: host and port of each node, for clients.

    Example:
        nodes = Nodes(tmp_path, first_http=0, first_transport=0)
        nodes.start()
        nodes.kill(2)
        assert nodes.health(nodes=2) != "red"
        nodes.stop()
    """

    def __init__(
        self,
        folder: Path,
        count: int = 3,
        *,
        first_http: int,
        first_transport: int,
        settings: Mapping[str, object] = {},
        heap: str = "256m",
    ) -> None:
        free = iter(_free_ports(2 * count))
        numbers = range(1, count + 1)
        self._folder = folder
        self._settings = settings
        self._heap = heap
        self._http = {n: first_http + n - 1 if first_http else next(free) for n in numbers}
        self._transport = {
            n: first_transport + n - 1 if first_transport else next(free) for n in numbers
        }
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def hosts(self) -> list[str]:
        return [f"{self.ip(number)}:{port}" for number, port in self._http.items()]

    def address(self, name: str) -> str:
        """Return the address of the index ``name`` as an engine of a library."""
        return f"opensearch://{','.join(self.hosts)}/{name}"

    def data(self, number: int) -> Path:
        """Return the folder in which a node stores; a file system may be mounted there before."""
        return self._folder / f"n{number}" / "data"

    def ip(self, number: int) -> str:
        """Return the address on which a node listens."""
        return "127.0.0.1"

    def prefix(self, number: int) -> Sequence[str]:
        """Return the beginning of the command that starts a node."""
        # The node dies with the process that started it.
        return ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()

    def start(self) -> None:
        """Start all nodes and wait until they are one cluster."""
        try:
            for number in self._http:
                self._begin(number)
            self.health(nodes=len(self._http))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill all nodes and wait until they are gone."""
        for node in self._running.values():
            node.send_signal(signal.SIGKILL)
        for number in [*self._running]:
            self.kill(number)

    def kill(self, number: int) -> None:
        """Kill one node (SIGKILL) and wait until it is gone; the first is number 1."""
        node = self._running.pop(number)
        node.send_signal(signal.SIGCONT)
        node.kill()
        node.wait()

    def restart(self, number: int) -> None:
        """Start a node that was killed, with its data; it joins the others after a while."""
        if number not in self._running:
            self._begin(number)

    def running(self) -> list[int]:
        """Return the numbers of the nodes whose processes run."""
        return sorted(number for number, node in self._running.items() if node.poll() is None)

    def signal(self, number: int, what: signal.Signals) -> None:
        """Send a signal to one node, as SIGSTOP for one that hangs."""
        self._running[number].send_signal(what)

    def health(self, nodes: int | None = None, at_least: str = "red") -> str:
        """Wait until the cluster has so many nodes and is as healthy as wanted.

        Args:
            nodes: how many nodes shall be in the cluster; as many as there are if none is given.
            at_least: ``"green"`` when every copy of every shard shall be there, ``"yellow"`` when
                one of each is enough.

        Returns:
            ``"green"``, ``"yellow"`` or ``"red"``.

        Raises:
            NodesError: it does not become so, or a node has ended by itself.
        """
        until = time.monotonic() + _START_SECONDS
        wanted = f"&wait_for_nodes={nodes}" if nodes else ""
        path = f"/_cluster/health?timeout=5s&wait_for_status={at_least}{wanted}"
        while time.monotonic() < until:
            for number in self._running:
                if self._running[number].poll() is not None:
                    raise NodesError(f"node {number} has ended: {self.log(number)}")
            for number in self.running():
                try:
                    said = self.request("GET", path, number=number)
                except OSError:
                    continue
                if not said["timed_out"]:
                    return str(said["status"])
            time.sleep(0.1)
        raise NodesError(f"no cluster of {nodes} nodes: {[*map(self.log, self._running)]}")

    def manager(self) -> int:
        """Return the number of the node that manages the cluster."""
        [found] = self.request("GET", "/_cat/cluster_manager?format=json&h=node")
        return int(found["node"].removeprefix("n"))

    def request(
        self, method: str, path: str, body: object = None, *, number: int = 0, seconds: float = 30
    ) -> Any:
        """Ask a node, the first that runs if none is named, and return what it says.

        Raises:
            OSError: it does not answer, or with an error (``urllib.error.HTTPError``).
        """
        number = number or min(self.running(), default=1)
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(
            f"http://{self.hosts[number - 1]}{path}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        with _DIRECT.open(asked, timeout=seconds) as answer:
            return json.load(answer)

    def log(self, number: int) -> str:
        """Return the end of what a node has written."""
        path = self._folder / f"n{number}" / "out.log"
        return path.read_text("utf-8", "replace")[-4000:] if path.exists() else ""

    def _begin(self, number: int) -> None:
        home = self._folder / f"n{number}"
        self._configure(home, number)
        command = [
            *self.prefix(number),
            *("java", f"-Xms{self._heap}", f"-Xmx{self._heap}", *_CHEAP),
            *(f"-Dopensearch.path.home={home}", f"-Dopensearch.path.conf={home / 'config'}"),
            *("-Dopensearch.networkaddress.cache.ttl=60", "-Dlog4j2.disable.jmx=true"),
            *(f"-Djava.io.tmpdir={home}", "-cp", class_path(), "SearchNode", str(home)),
        ]
        with (home / "out.log").open("ab") as out:
            self._running[number] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def _configure(self, home: Path, number: int) -> None:
        for name in ("config", "data", "logs", "modules", "plugins", "lib"):
            (home / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "cluster.name": f"gongwen-{self._transport[1]}",
            "node.name": f"n{number}",
            "network.host": self.ip(number),
            "http.port": self._http[number],
            "transport.port": self._transport[number],
            "discovery.seed_hosts": [f"{self.ip(n)}:{p}" for n, p in self._transport.items()],
            "cluster.initial_cluster_manager_nodes": [f"n{n}" for n in self._http],
            "node.store.allow_mmap": True,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **self._settings,
        }
        lines = [f"{name}: {json.dumps(value)}\n" for name, value in settings.items()]
        (home / "config" / "opensearch.yml").write_text("".join(lines), "utf-8")
        (home / "config" / "log4j2.properties").write_text(_LOG, "utf-8")


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Nodes on loopback are asked directly, whatever proxy is set."""


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, below those that the system gives to clients."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
