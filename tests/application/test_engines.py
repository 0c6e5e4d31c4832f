"""A library and its engine: found by name, moved to another, and not there for a while."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from plain_engine import PLAIN, PlainEngine

import gongwen
from gongwen.index import engines
from gongwen.index.engine import Engine
from gongwen.nlp.errors import EngineUnavailable, UnknownNameError

from .conftest import Command

DOWN = "the engine plain does not answer; try again later"


@dataclass
class Node:
    """A factory of engines on another machine that can be switched off."""

    down: bool = False
    opened: list[Path] = field(default_factory=list)
    dropped: list[Path] = field(default_factory=list)

    def open(self, location: Path, owner: str, **given: Any) -> Engine:
        if self.down:
            raise EngineUnavailable(DOWN)
        self.opened.append(location)
        return _Switched(self, location, owner, given.get("staged", False))

    def drop(self, location: Path, owner: str) -> None:
        if self.down:
            raise EngineUnavailable(DOWN)
        self.dropped.append(location)
        PLAIN.drop(location, owner)


class _Switched(PlainEngine):
    """An engine whose every question fails while its node is down."""

    capabilities = replace(PlainEngine.capabilities, local_files=False)

    def __init__(self, node: Node, *given: Any) -> None:
        self._node = node
        super().__init__(*given)

    @property
    def generation(self) -> int:
        self._answer()
        return int(self._state["generation"])

    def _matching(self, query: Any) -> Any:
        self._answer()
        return super()._matching(query)

    def feed(self, *given: Any) -> None:
        self._answer()
        super().feed(*given)

    def verify(self) -> list[str]:
        self._answer()
        return super().verify()

    def _answer(self) -> None:
        if self._node.down:
            raise EngineUnavailable(DOWN)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node()
    monkeypatch.setitem(engines.SHIPPED, "plain", made)
    return made


@pytest.fixture
def library(seed_folder: Path, tmp_path: Path) -> Iterator[gongwen.Library]:
    shutil.copytree(seed_folder, tmp_path / "library")
    with gongwen.Library(tmp_path / "library") as opened:
        yield opened


QUERIES = ("行政执法", "法律顾问制度", '"政复"', "2020 法治政府", "topic:执法")


def answers(library: gongwen.Library) -> list[dict[str, Any]]:
    found = []
    for query in QUERIES:
        for group in (True, False):
            one = library.search(query, limit=50, counts=("topic", "year"), group=group).to_dict()
            found.append({name: value for name, value in one.items() if name != "took_ms"})
    return found


# -- by name ---------------------------------------------------------------------------------------


def test_a_library_moves_to_another_engine_and_back(library: gongwen.Library, node: Node) -> None:
    before = answers(library)
    assert library.status()["engine"] == "whoosh"
    sentences = library.reindex(engine="plain")
    assert sentences == library.status()["sentences"]
    assert library.status()["engine"] == "plain"
    assert library.status()["problems"] == []
    assert answers(library) == before
    index = library.folder / "index"
    assert [path.name for path in index.iterdir()] == ["engine-plain"]
    with gongwen.Library(library.folder) as other:
        assert other.status()["engine"] == "plain"
        assert answers(other) == before
        assert other.status(deep=True)["problems"] == []
    library.reindex(engine="whoosh")
    assert library.status()["engine"] == "whoosh"
    assert not (index / "engine-plain").exists()
    assert answers(library) == before


def test_whatever_changes_is_followed_in_any_engine(
    library: gongwen.Library, node: Node, tmp_path: Path
) -> None:
    library.reindex(engine="plain")
    report = library.reports()[0].id
    file = tmp_path / "补充.txt"
    file.write_text("某某县2021年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    library.add([file])
    assert library.search("行政复议案件41件").total == 1
    [hit] = library.search("行政复议案件41件").hits
    library.correct(hit.report.id, hit.n, "监督")
    assert [one.topic for one in library.search("行政复议案件41件").hits] == ["oversight"]
    library.remove(hit.report.id)
    assert library.search('"行政复议案件41件"').total == 0
    assert library.search(f"report:{report}").total
    library.reindex()
    assert library.status()["engine"] == "plain"
    assert library.status(deep=True)["problems"] == []


def test_unknown_engines_are_one_line_that_lists_those_there_are(
    library: gongwen.Library, gongwen_in: Callable[[Path], Any]
) -> None:
    before = answers(library)
    with pytest.raises(UnknownNameError, match=r"unknown engine 'lucene'; there are whoosh, tant"):
        library.reindex(engine="lucene")
    assert answers(library) == before
    ran = gongwen_in(library.folder)("reindex", "--engine", "lucene")
    assert ran.code == 1
    assert ran.err.count("\n") == 1


def test_engines_of_other_packages_are_found_by_their_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = [
        EntryPoint("plain", "plain_engine:PLAIN", engines.GROUP),
        EntryPoint("broken", "no_such_module:ENGINE", engines.GROUP),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    assert engines.factory("plain") is PLAIN
    assert engines.names()[-2:] == ["broken", "plain"]
    with pytest.raises(EngineUnavailable, match="broken cannot be loaded"):
        engines.factory("broken")


def test_engines_that_ship_are_declared_as_others_declare_theirs() -> None:
    import tomllib

    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    declared = project["entry-points"][engines.GROUP]
    assert set(declared) == set(engines.SHIPPED)
    for name, value in declared.items():
        assert EntryPoint(name, value, engines.GROUP).load() is engines.SHIPPED[name]


def test_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "gongwen.index.tantivy_engine", None)
    with pytest.raises(EngineUnavailable, match=r"pip install tantivy$"):
        engines.factory("tantivy").open(tmp_path, "")


def test_client_of_a_cluster_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when the index is removed there, as a library moves away from it."""
    for name in [name for name in sys.modules if name.startswith("gongwen.index.opensearch_")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "opensearchpy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    cluster = engines.factory("opensearch://127.0.0.1:1/reports")
    with pytest.raises(EngineUnavailable, match=r"pip install opensearch-py$"):
        cluster.open(tmp_path, "")
    with pytest.raises(EngineUnavailable, match=r"pip install opensearch-py$"):
        cluster.drop(tmp_path, "")


# -- an engine that is not there for a while -------------------------------------------------------


def test_search_says_that_the_engine_does_not_answer_and_drops_nothing(
    library: gongwen.Library, node: Node, gongwen_in: Callable[[Path], Any]
) -> None:
    library.reindex(engine="plain")
    before, node.dropped[:] = answers(library), []
    files = sorted(library.folder.rglob("plain.json"))
    stamps = [path.stat().st_mtime_ns for path in files]
    node.down = True
    for opened in (library, gongwen.Library(library.folder)):
        with pytest.raises(EngineUnavailable, match="does not answer"):
            opened.search("行政执法")
        assert opened.status()["problems"] == [DOWN]
    ran = gongwen_in(library.folder)("search", "行政执法")
    assert (ran.code, ran.out, ran.err) == (1, "", f"gongwen: {DOWN}\n")
    assert gongwen_in(library.folder)("status").code == 1
    assert not node.dropped
    assert [path.stat().st_mtime_ns for path in files] == stamps
    node.down = False
    assert answers(library) == before
    assert library.status()["problems"] == []


def test_changes_are_stored_while_the_engine_does_not_answer_and_followed_later(
    library: gongwen.Library, node: Node, tmp_path: Path
) -> None:
    library.reindex(engine="plain")
    node.down = True
    file = tmp_path / "补充.txt"
    file.write_text("某某县2021年法治政府建设情况\n全年办理行政复议案件41件。\n", "utf-8")
    [outcome] = library.add([file])
    assert outcome.status == "added"
    assert len(library.reports()) == 2
    with pytest.raises(EngineUnavailable):
        library.search("行政复议案件41件")
    node.down = False
    node.opened.clear()
    assert library.search("行政复议案件41件").total == 1
    assert not any(path.name == "plain.next" for path in library.folder.rglob("*"))


def test_reindexing_without_the_engine_leaves_everything_as_it_is(
    library: gongwen.Library, node: Node
) -> None:
    library.reindex(engine="plain")
    before = answers(library)
    node.down = True
    with pytest.raises(EngineUnavailable):
        library.reindex()
    node.down = False
    assert answers(library) == before


def test_moving_to_an_engine_that_does_not_answer_keeps_the_present_one(
    library: gongwen.Library, node: Node
) -> None:
    before = answers(library)
    node.down = True
    with pytest.raises(EngineUnavailable):
        library.reindex(engine="plain")
    assert library.status()["engine"] == "whoosh"
    assert answers(library) == before


def test_moving_away_from_an_engine_that_does_not_answer_works(
    library: gongwen.Library, node: Node
) -> None:
    before = answers(library)
    library.reindex(engine="plain")
    node.down = True
    library.reindex(engine="whoosh")
    assert library.status()["engine"] == "whoosh"
    assert library.status()["problems"] == []
    assert answers(library) == before


def test_engine_that_is_installed_nowhere_is_one_line(
    library: gongwen.Library, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(library)
    library.reindex(engine="plain")
    monkeypatch.delitem(engines.SHIPPED, "plain")
    with (
        gongwen.Library(library.folder) as other,
        pytest.raises(EngineUnavailable, match="reindex --engine whoosh"),
    ):
        other.search("行政执法")
    with gongwen.Library(library.folder) as other:
        other.reindex(engine="whoosh")
        assert answers(other) == before


def test_damage_of_another_engine_is_healed(library: gongwen.Library, node: Node) -> None:
    library.reindex(engine="plain")
    before = answers(library)
    library.close()
    [file] = library.folder.rglob("plain.json")
    file.write_text("{", "utf-8")
    with gongwen.Library(library.folder) as again:
        assert answers(again) == before
        assert again.status()["engine"] == "plain"


def test_adding_says_once_that_another_engine_serves_a_large_library_better(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, said = gongwen_in(tmp_path / "library"), []
    monkeypatch.setattr(engines, "LARGE_LIBRARY", 4)
    for number in range(3):
        path = tmp_path / f"县{number}.txt"
        path.write_text(f"甲{number}县2020年工作总结\n\n办理案件{number}7件。开展检查。\n", "utf-8")
        done = command("add", str(path))
        assert done.code == 0
        said.append(done.err.count("gongwen reindex --engine tantivy"))
    assert sorted(said) == [0, 0, 1]
    assert command("add", str(tmp_path / "县0.txt")).err.count("tantivy") == 0
