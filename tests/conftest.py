"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import postgres_server
import pytest
from cluster_nodes import Nodes, missing
from hypothesis import settings

import gongwen
from gongwen.catalog import use_language

# No example is judged by the clock. The examples are the same in every run, so that a change is
# judged by what it changes; ``pytest --hypothesis-profile=long`` tries others, and more of them.
settings.register_profile("short", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("short")

# The messages that tests compare are the English ones, whatever the locale.
os.environ["GONGWEN_LANG"] = "en"

# The settings of whoever runs the tests are not looked at: in no folder there is a file.
os.environ["GONGWEN_CONFIG"] = os.devnull

# Every process of the tests has a core; more threads of linear algebra only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the environment of all processes that the tests start.

    Temporary folders lie in memory where there is room: thousands of libraries are synced.
    Modules are compiled once, not once in each of hundreds of processes, even where the variable
    ``PYTHONDONTWRITEBYTECODE`` is set; ``-p no:cacheprovider`` leaves it as it is, for runs whose
    sources change in between.
    """
    if config.pluginmanager.hasplugin("cacheprovider"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and disk_usage(_MEMORY).free > _ROOM:
        runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
        if runs_programs:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish() -> None:
    """Keep what was collected out of the garbage collector's sight: it lives until the end."""
    gc.collect()
    gc.freeze()


ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SEED_REPORT = ROOT / "seeds" / "reports" / "wugong-2020.txt"


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Leave each test in English: a command in Chinese sets the language of its context."""
    yield
    use_language("en")


@pytest.fixture(scope="session")
def seed_text() -> str:
    return SEED_REPORT.read_text("utf-8")


@pytest.fixture(scope="session")
def shared_reports() -> list[Path]:
    """The real reports that lie beside a checkout, when they are there."""
    folder = SHARED / "data" / "reports"
    if not folder.is_dir():
        pytest.skip("the real reports (../shared/data/reports) are not here")
    return sorted(folder.glob("*.txt"))


@pytest.fixture(scope="session")
def splitting_cases() -> Path:
    """The table of splitting cases that lies beside a checkout, when it is there."""
    path = SHARED / "cases" / "splitting.json"
    if not path.exists():
        pytest.skip("the splitting cases (../shared/cases/splitting.json) are not here")
    return path


@pytest.fixture(scope="session")
def seed_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    """A library that holds the seed report; tests only read it."""
    with gongwen.open(tmp_path_factory.mktemp("seed") / "library") as library:
        library.add([SEED_REPORT])
        yield library


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Three nodes of OpenSearch, the same for all tests of a process; who kills one mends it."""
    if missing():
        pytest.skip(missing())
    nodes = Nodes(tmp_path_factory.mktemp("cluster"), first_http=0, first_transport=0)
    nodes.start()
    yield nodes
    nodes.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A PostgreSQL server, one for each process of the tests; it loses what a power cut takes."""
    if why := postgres_server.missing():
        pytest.skip(why)
    server = postgres_server.Server()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session", autouse=True)
def libraries_on_a_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep all new libraries on a server when ``GONGWEN_TEST_STORE`` is ``postgres``."""
    if os.environ.get("GONGWEN_TEST_STORE") != "postgres":
        yield
        return
    from gongwen.storage import store

    server: postgres_server.Server = request.getfixturevalue("postgres")
    real = store.connect_store

    def connect(folder: Path, create: bool, read_only: bool = False, address: str = "") -> object:
        new = create and not read_only and not address
        if new and not (folder / "library.db").exists() and not (folder / "store.toml").exists():
            address = server.address_for(folder)
        return real(folder, create, read_only, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "connect_store", connect)
        yield
