"""Readers and a writer in one server: searches are answered while something is being written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.waiting import wait_until

from gongwen.storage import index_sync
from gongwen.storage.store import Store

from .conftest import served

V1 = "/api/v1"
TEXT = "戊县2021年法治政府建设情况报告\n一、行政执法\n全年开展琥珀执法检查3次。\n"


class Held:
    """Holds whoever calls a function, until it is released.

    Args:
        owner: has the function.
        name: of the function.
        monkeypatch: puts the holding one in its place.
    """

    def __init__(self, owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._arrived, self._released = threading.Event(), threading.Event()
        real: Callable[..., Any] = getattr(owner, name)

        def holding(*args: Any, **kwargs: Any) -> Any:
            self._arrived.set()
            self._released.wait()
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, holding)

    def wait(self) -> None:
        """Wait until somebody is held."""
        self._arrived.wait()

    def release(self) -> None:
        """Let them and all that come go on."""
        self._released.set()


PLACES = {
    "in the transaction of the store": (Store, "_insert"),
    "while the index is fed": (index_sync, "feed"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_search_never_waits_for_an_add(
    own_library: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Each answer here comes while the add stands still; if one waited for it, none would come."""
    owner, name = PLACES[place]
    with served(own_library) as address, httpx.Client(base_url=address, timeout=None) as client:

        def total(query: str) -> int:
            answer = client.get(f"{V1}/search", params={"q": query})
            assert answer.status_code == 200, answer.text
            return int(answer.json()["total_exact"])

        before = total("执法")
        held = Held(owner, name, monkeypatch)
        try:
            answer = client.post(
                f"{V1}/reports",
                params={"name": "戊县2021.txt"},
                content=TEXT.encode(),
                headers={"content-type": "application/octet-stream"},
            )
            assert answer.status_code == 202
            job = f"{V1}/jobs/{answer.json()['job']}"
            held.wait()
            with ThreadPoolExecutor(8) as readers:
                assert set(readers.map(total, ["执法"] * 40)) == {before}
                pages = ["/search?q=执法&view=kwic", "/library", "/counts?by=region", "/figures"]
                pages += [f"{V1}/status", f"{V1}/topics", f"{V1}/reports/wugong-2020/sentences/27"]
                assert {one.status_code for one in readers.map(client.get, pages)} == {200}
            assert client.get(job).json()["state"] == "running"
        finally:
            held.release()
        wait_until(lambda: client.get(job).json()["state"] in ("done", "failed"))
        assert client.get(job).json()["state"] == "done"
        assert total("琥珀执法") == 1
