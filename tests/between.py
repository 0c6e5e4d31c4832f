"""A small library, a model, and what another process does to it at a moment that a test chooses."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from historytexts import lines_of, slot_id

import gongwen
from gongwen import Library
from gongwen.nlp import Taxonomy

Between = Callable[[], object]


def shipped_model() -> dict[str, str]:
    """Return the shipped model as a packed version of a library."""
    label = {"text": "开展执法检查3次。", "topic": "enforcement"}
    shipped = {
        "npz": (files("gongwen.models") / "topics.npz").read_bytes(),
        "labels.jsonl": json.dumps(label).encode(),
        "texts.json": b"[]",
        "topics.toml": Taxonomy.shipped().source.encode(),
        "md": b"# Model card",
    }
    return {name: base64.b64encode(data).decode() for name, data in shipped.items()}


@contextlib.contextmanager
def small_library(reports: int = 4) -> Iterator[Library]:
    """Give a library of some reports; their files lie beside its folder."""
    memory = Path("/dev/shm")  # hundreds of small libraries; none of this is about a disk
    with (
        TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        gongwen.open(Path(folder) / "library") as opened,
    ):
        opened.add([write(opened, slot, version=3) for slot in range(reports)])
        yield opened


def write(library: Library, slot: int, version: int) -> Path:
    """Write the file of a report."""
    files = library.folder.parent / "files"
    files.mkdir(exist_ok=True)
    path = files / f"{slot_id(slot)}.txt"
    path.write_text("\n".join(lines_of(slot, version)) + "\n", "utf-8")
    return path


def once(monkeypatch: pytest.MonkeyPatch, where: str, act: Between) -> list[bool]:
    """Do ``act``, in another thread, right before a method is next called; tell when it is done.

    Args:
        monkeypatch: undoes it.
        where: the method, as ``package.module.Class.method``.
        act: what is done.
    """
    done: list[bool] = []
    home, _, name = where.rpartition(".")
    module, _, owner = home.rpartition(".")
    of = getattr(__import__(module, fromlist=[owner]), owner)
    real = getattr(of, name)

    def first(*arguments: Any, **named: Any) -> Any:
        if not done:
            done.append(True)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(act).result()
        return real(*arguments, **named)

    monkeypatch.setattr(of, name, first)
    return done


def other(library: Library, act: Callable[[Library], object]) -> Between:
    """Return ``act`` as what another process would do."""

    def run() -> None:
        with gongwen.open(library.folder) as own:
            act(own)

    return run


CHANGES: dict[str, Callable[[Library], object]] = {
    "removed": lambda own: own.remove("r001", "r002"),
    "replaced": lambda own: own.add([write(own, slot, version=7) for slot in (1, 2)]),
    "described": lambda own: own.describe("r002", year="2019"),
    "reindexed": lambda own: own.reindex(),
}
