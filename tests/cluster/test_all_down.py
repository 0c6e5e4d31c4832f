"""All nodes are down: a command says so in one line, stores what it is given, and drops nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_nodes import Nodes

import gongwen
from gongwen.nlp.errors import EngineUnavailable

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[2]
SEED = ROOT / "seeds" / "reports" / "wugong-2020.txt"
QUERIES = ("行政执法", '"政复"', "topic:执法", "2020 法治政府")


@pytest.fixture
def library(three: Nodes, tmp_path: Path) -> Iterator[gongwen.Library]:
    """A library in the cluster that holds the seed report."""
    with gongwen.open(tmp_path / "library") as opened:
        opened.add([SEED])
        opened.reindex(engine=three.address("down"))
        yield opened
    for name in indices(three):
        three.request("DELETE", f"/{name}")


def indices(nodes: Nodes) -> dict[str, str]:
    """Return the identifier of each index of the test by its name; one built anew has another."""
    listed = nodes.request("GET", "/_cat/indices/down-*?format=json&h=index,uuid")
    return {one["index"]: one["uuid"] for one in listed}


def written(folder: Path, number: int) -> Path:
    """Write a small report."""
    path = folder / f"补充{number}.txt"
    text = f"某某县{2010 + number}年法治政府建设情况\n全年办理行政复议案件{number}41件。\n"
    path.write_text(text, "utf-8")
    return path


def command(library: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run gongwen in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gongwen", *arguments],
        env=os.environ
        | {"GONGWEN_LIBRARY": str(library), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_nodes_are_down_and_come_back(
    three: Nodes, library: gongwen.Library, tmp_path: Path
) -> None:
    before = {query: library.search(query).total for query in QUERIES}
    assert all(before.values())
    assert library.status()["problems"] == []
    assert three.health(at_least="green") == "green"
    known = indices(three)
    assert known
    for number in (1, 2, 3):
        three.kill(number)

    for opened in (library, gongwen.Library(library.folder)):
        for query in QUERIES:
            with pytest.raises(EngineUnavailable) as refused:
                opened.search(query)
            assert "\n" not in str(refused.value)
            assert three.hosts[0] in str(refused.value)
        [problem] = opened.status()["problems"]
        assert three.hosts[0] in problem and "\n" not in problem
    with pytest.raises(EngineUnavailable):
        library.reindex()
    [outcome] = library.add([written(tmp_path, 1)])
    assert outcome.status == "added"

    ran = command(library.folder, "search", "行政执法")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert_one_line(ran.stderr, three)
    ran = command(library.folder, "status")
    assert ran.returncode == 1
    assert three.hosts[0] in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    ran = command(library.folder, "add", str(written(tmp_path, 2)))
    assert ran.returncode == 0  # it is stored
    [line] = [line for line in ran.stderr.splitlines() if "not indexed yet" in line]
    assert three.hosts[0] in line
    assert "Traceback" not in ran.stderr
    ran = command(library.folder, "reindex")
    assert ran.returncode == 1
    assert_one_line(ran.stderr, three)
    assert len(library.reports()) == 3

    for number in (1, 2, 3):
        three.restart(number)
    assert three.health(nodes=3, at_least="green") == "green"
    assert indices(three) == known
    for number in (1, 2):
        assert library.search(f'"行政复议案件{number}41件"').total == 1
    assert indices(three) == known
    assert library.status(deep=True)["problems"] == []
    assert command(library.folder, "status").returncode == 0
    for query in QUERIES[:3]:
        assert library.search(query).total >= before[query]


def assert_one_line(said: str, nodes: Nodes) -> None:
    """Assert that one line says which nodes do not answer; a bar of progress does not count."""
    lines = [line for line in said.splitlines() if line.startswith("gongwen:")]
    assert len(lines) == 1, said
    assert nodes.hosts[0] in lines[0]
    assert "Traceback" not in said
