"""A server says whether it is alive and whether it can answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.nlp.errors import LibraryError, QueryError
from gongwen.web.readiness import Probe, Readiness

from .conftest import Visitor, visiting

TOKEN = "a-long-enough-token"
READY = {"ready": True, "store": "ok", "engine": "ok"}


@dataclass
class Told:
    """A log that keeps what it is told."""

    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def event(self, level: str, name: str, /, **fields: Any) -> None:
        self.events.append((level, name, fields))

    def failed(self, name: str, error: BaseException, /, **fields: Any) -> None:
        self.events.append(("error", name, fields | {"exception": type(error).__name__}))


class Asked:
    """Stands for a library: each question is answered as the test says."""

    def __init__(self) -> None:
        self.store: int | Exception = 3
        self.index: tuple[int, str] | Exception = (3, "")
        self.times = 0
        self.let_go = threading.Event()
        self.let_go.set()

    @property
    def generation(self) -> int:
        self.times += 1
        if isinstance(self.store, Exception):
            raise self.store
        return self.store

    def index_state(self) -> tuple[int, str]:
        self.let_go.wait()
        if isinstance(self.index, Exception):
            raise self.index
        return self.index


def probed(library: Asked, log: Told | None = None, **seconds: float) -> Readiness:
    """Ask a library once."""
    probe = Probe(library, log or Told(), **seconds)  # type: ignore[arg-type]
    try:
        return probe.now()
    finally:
        library.let_go.set()
        probe.close()


def test_a_whole_library_is_ready(visitor: Visitor) -> None:
    answer = visitor.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == READY
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_logs_in_for_it(library_folder: Path) -> None:
    with visiting(library_folder, token=TOKEN) as visitor:
        assert visitor.get("/ready", follow_redirects=False).json() == READY
        assert visitor.get("/health", follow_redirects=False).text == "ok\n"
        assert visitor.client.post("/ready").status_code == 405


def test_a_library_read_only_and_an_empty_one_are_ready(
    library_folder: Path, tmp_path: Path
) -> None:
    with visiting(library_folder, read_only=True) as visitor:
        assert visitor.get("/ready").json() == READY
    with visiting(tmp_path / "new") as visitor:
        assert visitor.get("/ready").json() == READY


def test_what_another_process_added_is_caught_up_with(editor: Visitor, own_library: Path) -> None:
    editor.text("/search?q=执法")
    with gongwen.open(own_library) as other:
        other.remove("甲县2019")
    assert editor.get("/ready").json() == READY


@pytest.mark.parametrize(
    ("store", "index", "engine"),
    [
        (3, (3, ""), "ok"),
        (3, (4, ""), "ok"),  # changed and followed meanwhile
        (3, (2, ""), "behind"),
        (3, (0, ""), "behind"),
        (0, (0, ""), "ok"),
        (3, (-1, "10.1.2.3:9200 does not answer"), "unavailable"),
        (3, RuntimeError("x"), "unavailable"),
    ],
)
def test_the_engine(store: int, index: Any, engine: str) -> None:
    library = Asked()
    library.store, library.index = store, index
    found = probed(library)
    assert found.told() == {"ready": engine == "ok", "store": "ok", "engine": engine}


@pytest.mark.parametrize(
    "error", [LibraryError("db.example: refused"), OSError(5, "x"), KeyError()]
)
def test_the_store(error: Exception) -> None:
    library = Asked()
    library.store = error
    found = probed(library)
    assert found.told() == {"ready": False, "store": "unavailable", "engine": "unknown"}


def test_what_hangs_is_not_waited_for() -> None:
    library = Asked()
    library.let_go.clear()
    found = probed(library, patience_seconds=0.0)
    assert found.told()["ready"] is False
    assert found.engine in ("silent", "unknown")


def test_what_hangs_is_asked_once() -> None:
    library = Asked()
    library.let_go.clear()
    probe = Probe(library, Told(), fresh_seconds=0.0, patience_seconds=0.0)  # type: ignore[arg-type]
    for _number in range(5):
        assert not probe.now().ready
    library.let_go.set()
    probe.close()
    assert library.times == 1


def test_the_last_answer_stands_for_one_that_is_late() -> None:
    library = Asked()
    probe = Probe(library, Told(), fresh_seconds=0.0, patience_seconds=3600.0)  # type: ignore[arg-type]
    assert probe.now().ready
    library.let_go.clear()
    probe._patience = 0.0
    assert probe.now().ready
    probe._answered_at -= 3600.0
    assert not probe.now().ready
    library.let_go.set()
    probe.close()


def test_an_answer_counts_for_a_while() -> None:
    library = Asked()
    probe = Probe(library, Told(), fresh_seconds=3600.0, patience_seconds=60.0)  # type: ignore[arg-type]
    assert all(probe.now().ready for _number in range(5))
    probe.close()
    assert library.times == 1


def test_changes_are_logged_with_the_reason_and_visitors_do_not_see_it() -> None:
    library, log = Asked(), Told()
    probe = Probe(library, log, fresh_seconds=0.0, patience_seconds=60.0)  # type: ignore[arg-type]
    assert probe.now().ready
    library.index = (-1, "10.1.2.3:9200 does not answer")
    assert "10.1.2.3" not in str([probe.now().told(), probe.now().told()])
    library.index = (3, "")
    assert probe.now().ready
    probe.close()
    assert [(level, name, fields["engine"]) for level, name, fields in log.events] == [
        ("warning", "readiness", "unavailable"), ("info", "readiness", "ok"),
    ]  # fmt: skip
    assert log.events[0][2]["message"] == "10.1.2.3:9200 does not answer"


def test_searches_that_wait_do_not_keep_it_from_its_answer(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, begun = threading.Event(), threading.Event()

    def slow(*_args: object, **_kwargs: object) -> None:
        begun.set()
        held.wait()
        raise QueryError("nothing was looked for")

    monkeypatch.setattr(gongwen.Library, "search", slow)
    with visiting(library_folder, waiting=1, searches=1) as visitor:
        asking = threading.Thread(target=visitor.get, args=("/api/v1/search?q=x",))
        asking.start()
        begun.wait()
        assert visitor.get("/api/v1/search?q=x").status_code == 503
        assert visitor.get("/ready").json() == READY
        held.set()
        asking.join()


def test_a_closed_library_is_not_ready(own_library: Path) -> None:
    with visiting(own_library) as visitor:
        visitor.client.app.state.site.library.close()  # type: ignore[attr-defined]
        answer = visitor.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["ready"] is False
