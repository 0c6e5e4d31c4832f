"""The commands print what became of files, exit as add does, and speak Chinese."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gongwen.bulk import bulk_read
from gongwen.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command in an own library, and returns its code and what it says."""
    monkeypatch.setenv("GONGWEN_LIBRARY", str(tmp_path / "library"))

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gongwen", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as error:
            code = int(error.code or 0)
        return code, *capsys.readouterr()

    return command


def test_reading_and_loading_say_what_became_of_each_file(
    run: Run, source: Path, tmp_path: Path, scheduler: str
) -> None:
    read = ("bulk", "read", str(source), "--out", str(tmp_path / "rows"), "--scheduler", scheduler)
    code, out, err = run(*read, "--format", "json")
    assert code == 1  # as one file is empty
    found = json.loads(out)
    assert found["counts"] == {"read": 12, "failed": 1}
    assert set(found["files"][0]) == {"source", "status", "report", "sentences", "message"}
    assert f"failed: {source / 'empty.txt'}: the file is empty" in err
    code, out, _err = run("bulk", "load", str(tmp_path / "rows"), "--keep-going")
    assert code == 0 and "added" in out and "failed" in out
    code, out, err = run("--lang", "zh", "批量", "载入", str(tmp_path / "rows"))
    assert code == 1 and "unchanged" not in out
    assert "空" in err and "empty file" not in err
    assert run("search", "行政复议案件")[0] == 0


def test_the_model_of_the_library_tags(
    run: Run, source: Path, tmp_path: Path, scheduler: str
) -> None:
    assert run("add", str(source / "0.txt"), "--min-probability", "0.7")[0] == 0
    run("bulk", "read", str(source), "--out", str(tmp_path / "rows"), "--scheduler", scheduler)
    manifest = json.loads((tmp_path / "rows" / "manifest.json").read_text("utf-8"))
    assert manifest["min_probability"] == 0.7
    code, out, _err = run("bulk", "load", str(tmp_path / "rows"), "--format", "json")
    assert code == 1 and json.loads(out)["counts"]["unchanged"] == 2  # one file is twice


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bulk", "read", "nowhere", "--out", "rows"), "nowhere: no such file or folder"),
        (("bulk", "load", "nowhere"), "not a folder of gongwen bulk read"),
        (("bulk", "read", "nosuch://y", "--out", "rows"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert said in err and len(err.splitlines()) == 1
    assert not (tmp_path / "library").exists()


def test_a_missing_package_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_read, "_PACKAGES", ("no_such_package",))
    code, _out, err = run("bulk", "read", "a", "--out", "b")
    assert code == 1 and "pip install '.[dask]'" in err and len(err.splitlines()) == 1
