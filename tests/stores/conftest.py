"""A library in each kind of store, seen from one or more desks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest

import gongwen

KINDS = ("sqlite", "postgres")


class Desks:
    """One library and those who open it: of a file in the same folder, of a server in their own.

    Args:
        root: where the folders are.
        address: of the server, ``""`` for a file.
    """

    def __init__(self, root: Path, address: str = "") -> None:
        self.root = root
        self.address = address
        self._open = contextlib.ExitStack()

    def folder(self, name: str = "a") -> Path:
        return self.root / (f"desk-{name}" if self.address else "library")

    def open(self, name: str = "a", read_only: bool = False) -> gongwen.Library:
        library = gongwen.open(self.folder(name), read_only=read_only, store=self.address)
        return self._open.enter_context(library)

    def close(self) -> None:
        self._open.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desks(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desks]:
    address = ""
    if kind == "postgres":
        server: postgres_server.Server = request.getfixturevalue("postgres")
        address = server.address_for(tmp_path)
    made = Desks(tmp_path, address)
    yield made
    made.close()


@pytest.fixture
def server_desks(postgres: postgres_server.Server, tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path, postgres.address_for(tmp_path))
    yield made
    made.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with three reports, of which two are alike, and a copy of one."""
    folder = tmp_path / "files"
    folder.mkdir()
    for n, name in enumerate(("甲县", "乙县", "丙县"), 4):
        (folder / f"{name}.txt").write_text(report(name, n), "utf-8")
    (folder / "甲县副本.txt").write_bytes((folder / "甲县.txt").read_bytes())
    return folder


def report(name: str, n: int, year: int = 2021) -> str:
    """Return the text of a report."""
    return (
        f"{name}{year}年法治政府建设工作总结\n\n一、行政复议\n"
        f"全年办理行政复议案件{n}件，比上年增加3件。\n聘请法律顾问12名，出具法律意见书40份。\n"
        f"二、存在问题\n基层{name}执法力量不足，{n}个镇没有专职执法人员。\n"
    )
