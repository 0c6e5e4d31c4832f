"""Two desks keep one library on a server and one index in a cluster, and write at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest
from cluster_nodes import Nodes

import gongwen

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[2]
EACH = 6
"""Reports that each desk adds."""
ADDING = """
import sys
import gongwen

folder, store, engine, *files = sys.argv[1:]
with gongwen.open(folder, store=store, engine=engine) as library:
    outcomes = library.add(files)
    print(*(outcome.status for outcome in outcomes))
"""


@pytest.fixture
def addresses(
    three: Nodes, postgres: postgres_server.Server, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """The addresses of a new library's store and engine; its index is removed at the end."""
    yield postgres.address_for(tmp_path), three.address("desks")
    for one in three.request("GET", "/_cat/indices/desks-*?format=json&h=index"):
        three.request("DELETE", f"/{one['index']}")


def reports(folder: Path, desk: str) -> list[Path]:
    """Write the reports that a desk adds; each has a sentence that no other has."""
    folder.mkdir()
    made = []
    for number in range(EACH):
        path = folder / f"{desk}{number}.txt"
        lines = [f"办理{desk}类案件{number}{at}7件，规范行政执法程序。" for at in range(1, 40)]
        title = f"{desk}{'一二三四五六'[number]}县{2010 + number}年法治政府建设情况"
        path.write_text("\n".join([title, "一、执法情况", *lines]) + "\n", "utf-8")
        made.append(path)
    return made


def adding(folder: Path, addresses: tuple[str, str], files: list[Path]) -> subprocess.Popen[str]:
    """Let a process of its own add files at a desk."""
    return subprocess.Popen(
        [sys.executable, "-c", ADDING, str(folder), *addresses, *map(str, files)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_desks_write_into_one_index(addresses: tuple[str, str], tmp_path: Path) -> None:
    store, engine = addresses
    folders = {desk: tmp_path / f"desk-{desk}" for desk in "甲乙"}
    files = {desk: reports(tmp_path / desk, desk) for desk in "甲乙"}
    gongwen.open(folders["甲"], store=store, engine=engine).close()
    running = [adding(folders[desk], addresses, files[desk]) for desk in "甲乙"]
    for process in running:
        said, errors = process.communicate(timeout=300)
        assert (process.returncode, said.split()) == (0, ["added"] * EACH), errors

    with (
        gongwen.open(folders["甲"], store=store) as one,
        gongwen.open(folders["乙"], store=store) as other,
    ):
        for library in (one, other):
            assert library.status()["engine"] == engine
            assert library.status(deep=True)["problems"] == []
            assert len(library.reports()) == 2 * EACH
            assert library.search("规范行政执法程序", limit=0).total == 2 * EACH * 39
            for desk in "甲乙":
                for number in range(EACH):
                    found = library.search(f'"{desk}类案件{number}177件"')
                    assert found.total == 1, (desk, number)
        hit = one.search('"甲类案件0177件"').hits[0]
        assert hit.topic != "oversight"
        other.correct(hit.report.id, hit.n, "oversight")
        assert one.search('"甲类案件0177件"', topics=["oversight"]).total == 1
        one.remove(hit.report.id)
        assert other.search('"甲类案件0177件"').total == 0
        other.restore(hit.report.id)
        assert one.search('"甲类案件0177件"', topics=["oversight"]).total == 1
        before = other.search("行政执法", limit=50).to_dict()
        one.reindex()
        after = other.search("行政执法", limit=50).to_dict()
        assert {**after, "took_ms": 0} == {**before, "took_ms": 0}
        assert other.status(deep=True)["problems"] == []
