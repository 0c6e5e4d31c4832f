"""The engines that the conformance suite runs over, and a bench that opens, kills and damages them.

``ENGINES`` names each by its factory. What a test asks of an opened index goes to the engine or to
the searcher over it, as a library would ask it.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cluster_nodes import Nodes, missing

from gongwen.index.engine import Capabilities, Engine, Entry
from gongwen.index.engines import EngineFactory, factory, is_address
from gongwen.index.searcher import Searcher
from gongwen.index.shared_searcher import SharedSearcher

TESTS = Path(__file__).parent
OWNER = "bench"
CLUSTER = "cluster"
"""Instead of a factory: the engine of a cluster, in which each folder has an index of its own."""


@dataclass(frozen=True)
class Kind:
    """An engine, and how it is used.

    Attributes:
        factory: module and name of its factory, or :data:`CLUSTER`.
        pieces: entries that are fed at a time, so that there are many segments, or more where
            that would be more than a dozen feeds; 0 for all.
        shared: search by the primitives even where the engine is a searcher itself.
        one_of: of so many strings of real reports one is looked for, as it takes long.
        modules: what must be there, else the engine is skipped.
    """

    factory: str
    pieces: int = 0
    shared: bool = False
    one_of: int = 1
    modules: tuple[str, ...] = ()

    def in_folder(self, folder: Path) -> str:
        """Return what :func:`made` makes the factory of for the index of a folder."""
        if self.factory != CLUSTER:
            return self.factory
        name = blake2b(str(folder).encode(), digest_size=8).hexdigest()
        return f"opensearch://{node()}/{name}?replicas=0"


def made(name: str) -> EngineFactory:
    """Return the factory at a place, or for an address."""
    if is_address(name):
        return factory(name)
    module, _, attribute = name.partition(":")
    found: EngineFactory = getattr(import_module(module), attribute)
    return found


@cache
def node() -> str:
    """Return the host of a cluster of one node, the same for all tests of a process."""
    if given := os.environ.get("GONGWEN_TEST_NODE"):
        return given
    if missing():
        pytest.skip(missing())
    folder = tempfile.TemporaryDirectory(prefix="gongwen-node-")
    # What the collector of garbage has not removed yet would count as used.
    settings = {"indices.breaker.total.use_real_memory": "false"}
    nodes = Nodes(
        Path(folder.name), 1, first_http=0, first_transport=0, settings=settings, heap="512m"
    )
    atexit.register(folder.cleanup)
    atexit.register(nodes.stop)
    nodes.start()
    return nodes.hosts[0]


_WHOOSH = "gongwen.index.engines:WHOOSH"
_TANTIVY = Kind(
    "gongwen.index.engines:TANTIVY", modules=("tantivy", "gongwen.index.tantivy_engine")
)


def _missing(kind: Kind) -> list[str]:
    return [name for name in kind.modules if not find_spec(name)]


_OPENSEARCH = Kind(CLUSTER, modules=("opensearchpy",))
ENGINES = [
    pytest.param(Kind(_WHOOSH), id="whoosh"),
    pytest.param(Kind(_WHOOSH, pieces=3), id="whoosh, many segments"),
    pytest.param(Kind(_WHOOSH, shared=True), id="whoosh, by its primitives"),
    pytest.param(Kind("plain_engine:PLAIN", one_of=10), id="plain"),
    pytest.param(
        _TANTIVY,
        id="tantivy",
        marks=pytest.mark.skipif(
            bool(_missing(_TANTIVY)), reason=f"not installed: {', '.join(_missing(_TANTIVY))}"
        ),
    ),
    pytest.param(
        _OPENSEARCH,
        id="opensearch",
        marks=[
            pytest.mark.cluster,
            pytest.mark.skipif(bool(_missing(_OPENSEARCH)), reason="no client of OpenSearch"),
        ],
    ),
]


class Store:
    """What a library's store would have: the sentences that were fed."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = {entry.id: entry for entry in entries}

    def texts(self, ids: Sequence[int]) -> list[str]:
        return [self.entries[id_].text if id_ in self.entries else "" for id_ in ids]

    def reports(self) -> Mapping[str, tuple[str, str]]:
        return {entry.report: (entry.region, entry.year) for entry in self.entries.values()}


class Opened:
    """An engine with the searcher over it; it has the methods of both."""

    def __init__(self, kind: Kind, engine: Engine, store: Store) -> None:
        self.kind = kind
        self.engine = engine
        self._store = store

    @property
    def searcher(self) -> Searcher:
        if isinstance(self.engine, Searcher) and not self.kind.shared:
            return self.engine
        return SharedSearcher(self.engine, self._store)

    @property
    def capabilities(self) -> Capabilities:
        return self.engine.capabilities

    def __getattr__(self, name: str) -> Any:
        if name in _OF_SEARCHERS:
            return getattr(self.searcher, name)
        return getattr(self.engine, name)

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Feed the engine, in pieces if it is used so; a generator is fed whole."""
        if self.kind.pieces and isinstance(entries, Sized):
            given, delete = [*entries], [*delete]
            size = max(self.kind.pieces, len(given) // 12)
            while len(given) > size:
                part, given = given[:size], given[size:]
                self._feed(part, delete, self.engine.generation)
                delete = ()
            entries = given
        self._feed(entries, delete, generation)

    def _feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        taken: dict[int, Entry] = {}

        def given() -> Iterator[Entry]:
            for entry in entries:
                taken[entry.id] = entry
                yield entry

        self.engine.feed(given(), delete, generation)
        self._store.entries |= taken


_OF_SEARCHERS = frozenset(
    "search search_reports copies elsewhere count ids distinct tabulate frequency vocabulary"
    " strings total_words".split()
)


class Bench:
    """Opens engines on one new folder, and closes what is still open at the end."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.folder = folder / "index"
        self._name = kind.in_folder(self.folder)
        self.factory = made(self._name)
        self._store = Store()
        self._opened: list[Engine] = []

    def open(self, staged: bool = False) -> Opened:
        self._opened.append(self.factory.open(self.folder, OWNER, staged=staged))
        return Opened(self.kind, self._opened[-1], self._store)

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def end(self) -> None:
        """Close what is still open, and leave nothing in a cluster that other tests use."""
        self.close()
        if self.kind.factory == CLUSTER:
            self.factory.drop(self.folder, OWNER)

    def kill(self) -> int:
        """Let another process begin to feed and die; return its exit code, which is 9."""
        command = [sys.executable, "-c", _KILLED, self._name, str(self.folder), OWNER]
        path = os.pathsep.join([str(TESTS), *sys.path])
        return subprocess.run(
            command, check=False, env=os.environ | {"PYTHONPATH": path}
        ).returncode

    def damage(self) -> bool:
        """Cut the largest file of the index; return whether there is one."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        if not files:
            return False
        largest = max(files, key=lambda path: path.stat().st_size)
        largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
        return True


_KILLED = """
import os, sys
from pathlib import Path
from engines import made
from gongwen.index.engine import Entry

engine = made(sys.argv[1]).open(Path(sys.argv[2]), sys.argv[3])

def dying():
    for n in range(50):
        yield Entry(500 + n, "半途", ["半途"], ("other",), "plan", "sentence", "x", "", "")
    os._exit(9)

engine.feed(dying(), [1], 2)
"""
