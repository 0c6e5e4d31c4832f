"""A library whose index is in a cluster: named by an address, moved there and back, kept in step.

Needs nodes of OpenSearch (``-m cluster``), except where a fake node will do.
"""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import engines
import pytest
from fake_cluster import FakeNode, Request, error

import gongwen
from gongwen.nlp.errors import EngineUnavailable, LibraryError

pytest.importorskip("opensearchpy", reason="pip install 'gongwen[opensearch]'")

from gongwen.index.opensearch_client import Client

QUERIES = ("行政执法", "法律顾问制度", '"政复"', "2020 法治政府", "topic:执法", "7件")
PASSWORD = "7c1fe9-secret"


def answers(library: gongwen.Library) -> list[dict[str, Any]]:
    found = []
    for query in QUERIES:
        for group in (True, False):
            one = library.search(query, limit=50, counts=("topic", "year"), group=group).to_dict()
            found.append({name: value for name, value in one.items() if name != "took_ms"})
    return found


def indices(name: str) -> list[str]:
    with urllib.request.urlopen(f"http://{engines.node()}/_cat/indices/{name}-*?h=index") as said:
        return sorted(said.read().decode().split())


@pytest.fixture
def name(tmp_path: Path) -> Iterator[str]:
    """The name of an index of the test's own, which is removed in the end."""
    made = f"t{abs(hash(tmp_path)):x}"
    yield made
    for one in (*indices(made), *indices(f"{made}b")):
        address = f"http://{engines.node()}/{one}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE")).close()


@pytest.fixture
def library(seed_folder: Path, tmp_path: Path) -> Iterator[gongwen.Library]:
    shutil.copytree(seed_folder, tmp_path / "library")
    with gongwen.Library(tmp_path / "library") as opened:
        yield opened


@pytest.mark.cluster
def test_a_library_moves_to_a_cluster_and_back(library: gongwen.Library, name: str) -> None:
    before = answers(library)
    address = f"opensearch://{engines.node()}/{name}"
    assert library.reindex(engine=address) == library.status()["sentences"]
    status = library.status(deep=True)
    assert (status["engine"], status["problems"]) == (address, [])
    assert answers(library) == before
    assert not (library.folder / "index").exists()
    assert len(indices(name)) == 1
    with gongwen.open(library.folder, engine=address, read_only=True) as other:
        assert answers(other) == before
    library.reindex(engine="whoosh")
    assert library.status()["engine"] == "whoosh"
    assert answers(library) == before
    assert indices(name) == []


@pytest.mark.cluster
def test_a_new_library_has_its_index_in_a_cluster_from_the_start(
    tmp_path: Path, name: str, gongwen_in: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"opensearch://{engines.node()}/{name}?replicas=0"
    command = gongwen_in(tmp_path / "library")
    file = tmp_path / "甲县.txt"
    file.write_text("甲县2020年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    assert command("--engine", address, "add", str(file)).code == 0
    assert "41件" in command("search", "行政复议案件41件").out
    assert address in command("--engine", address, "status").out
    monkeypatch.setenv("GONGWEN_ENGINE", "tantivy")
    refused = command("search", "复议")
    assert (refused.code, refused.out) == (1, "")
    assert "gongwen reindex --engine tantivy" in refused.err
    assert command("reindex").code == 0  # moves it to the engine that the variable names
    assert command("search", "复议").code == 0
    assert indices(name) == []


@pytest.mark.cluster
def test_an_index_goes_on_at_the_address_of_another_node(
    library: gongwen.Library, name: str
) -> None:
    host = engines.node()
    port = host.partition(":")[2]
    library.reindex(engine=f"opensearch://{host}/{name}")
    before, built = answers(library), indices(name)
    other = f"opensearch://127.0.0.1:{port},localhost:{port}/{name}"
    with gongwen.open(library.folder, engine=other) as moved:
        assert moved.status()["engine"] == other
        assert answers(moved) == before
        assert indices(name) == built
        moved.reindex(engine=f"opensearch://{host}/{name}")  # stays in the same cluster
        assert answers(moved) == before
    with pytest.raises(LibraryError, match="gongwen reindex --engine"):
        gongwen.open(library.folder, engine=f"opensearch://{host}/{name}b")


@pytest.mark.cluster
def test_two_libraries_of_one_name_do_not_see_each_other(
    library: gongwen.Library, name: str, tmp_path: Path
) -> None:
    address = f"opensearch://{engines.node()}/{name}"
    library.reindex(engine=address)
    before = answers(library)
    with gongwen.open(tmp_path / "other", engine=address) as other:
        file = tmp_path / "甲县.txt"
        file.write_text("甲县2020年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
        other.add([file])
        assert other.search('"行政执法"').total == 0
        assert other.search('"行政复议"').total == 1
        assert answers(library) == before
        other.reindex(engine="whoosh")
    assert answers(library) == before
    assert len(indices(name)) == 1


@pytest.mark.cluster
def test_whatever_changes_is_followed(library: gongwen.Library, name: str, tmp_path: Path) -> None:
    library.reindex(engine=f"opensearch://{engines.node()}/{name}")
    file = tmp_path / "补充.txt"
    file.write_text("某某县2021年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    library.add([file])
    [hit] = library.search("行政复议案件41件").hits
    library.correct(hit.report.id, hit.n, "监督")
    assert [one.topic for one in library.search("行政复议案件41件").hits] == ["oversight"]
    library.remove(hit.report.id)
    assert library.search('"行政复议案件41件"').total == 0
    library.reindex()
    assert library.status(deep=True)["problems"] == []
    assert len(indices(name)) == 2  # the former is there for an hour, for who reads it


# -- without a cluster -----------------------------------------------------------------------------


def test_no_secret_is_kept_or_shown(
    tmp_path: Path, gongwen_in: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGWEN_OPENSEARCH_TOKEN", PASSWORD)
    command = gongwen_in(tmp_path / "library")
    file = tmp_path / "甲县.txt"
    file.write_text("甲县2020年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    with FakeNode(lambda _: error(403, "security_exception", "no permissions")) as node:
        address = f"opensearch://{node.host}/reports"
        said = [
            command("--engine", address, "add", str(file)),
            command("search", "复议"),
            command("status"),
            command("status", "--format", "json"),
        ]
    assert {request.authorization for request in node.asked} == {f"Bearer {PASSWORD}"}
    assert [one.code for one in said] == [0, 1, 1, 1]
    assert "administrator" in said[1].err and "administrator" in said[2].out
    assert not any(PASSWORD in one.out + one.err for one in said)
    for path in (tmp_path / "library").rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes(), path


def test_a_cluster_that_is_down_loses_nothing_and_is_never_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "_pauses", lambda *_: iter([None]))
    asked: list[Request] = []

    def down(request: Request) -> Any:
        asked.append(request)
        return error(503, "cluster_block_exception", "blocked by: [no cluster manager];")

    file = tmp_path / "甲县.txt"
    file.write_text("甲县2020年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    with FakeNode(down) as node:
        address = f"opensearch://{node.host}/reports"
        with gongwen.open(tmp_path / "library", engine=address) as library:
            [added] = library.add([file])
            assert added.status == "added"
            with pytest.raises(EngineUnavailable, match="nodes are missing"):
                library.search("复议")
    assert {request.method for request in asked} == {"GET"}
