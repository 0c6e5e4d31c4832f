"""Whatever a command writes to is whole, or as it was; and no planted link leads it elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gongwen
from gongwen.nlp.errors import GongwenError, StoppedError, WriteError
from gongwen.storage.models import ModelStore
from gongwen.storage.store import Store

from .conftest import SEED_REPORTS, Command

COMMANDS = {
    "search.xlsx": ("search", "复议", "-o"),
    "search.csv": ("search", "法治", "-n", "100", "-o"),
    "search.json": ("search", "法治", "-n", "100", "-o"),
    "search.jsonl": ("search", "法治", "-n", "100", "-o"),
    "similar.csv": ("similar", "wugong-2020:27", "-o"),
    "export.jsonl": ("export", "-o"),
    "export.csv": ("export", "-o"),
    "export.xlsx": ("export", "-o"),
    "figures.csv": ("figures", "-o"),
    "figures.xlsx": ("figures", "-o"),
    "matrix.csv": ("figures", "--pivot", "year,report", "-o"),
    "plot.html": ("figures", "--pivot", "year,report", "--plot"),
    "page.html": ("evaluate", "--html"),
}

RUN = """
import json, resource, signal, sys
from gongwen.cli import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30, 30))
for command in json.loads(sys.argv[1]):
    sys.argv = ["gongwen", *command]
    try:
        main()
        print("no error", file=sys.stderr, flush=True)
    except SystemExit as end:
        print(end.code, file=sys.stderr, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_an_output_for_which_there_is_no_room_leaves_the_old_file(
    seed_folder: Path, tmp_path: Path
) -> None:
    commands = [[*command, str(tmp_path / name)] for name, command in COMMANDS.items()]
    for name in COMMANDS:
        (tmp_path / name).write_bytes(b"old")
    with gongwen.open(seed_folder) as library:  # so that the library itself needs no more room
        assert library.search("复议").total
        done = subprocess.run(
            [sys.executable, "-c", RUN, json.dumps(commands)],
            capture_output=True,
            encoding="utf-8",
            env=os.environ | {"GONGWEN_LIBRARY": str(seed_folder)},
        )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("gongwen: ")]
    wanted = [
        f"gongwen: {tmp_path / name}: cannot be written (File too large); "
        "what is there is as it was"
        for name in COMMANDS
    ]
    assert lines == wanted, done.stderr
    assert done.stderr.splitlines().count("1") == len(COMMANDS)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(
        COMMANDS, b"old"
    )


@pytest.mark.skipif(os.name != "posix", reason="links are otherwise here")
@pytest.mark.parametrize("name", COMMANDS)
def test_planted_links_lead_nowhere(seed_cli: Command, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    output = tmp_path / name
    for planted in (f"{name}.partial", f"{name}.tmp", f".{name}.partial", f"{name}~"):
        (tmp_path / planted).symlink_to(precious)
    ran = seed_cli(*COMMANDS[name], str(output))
    assert ran.code == 0, ran.err
    assert precious.read_bytes() == b"precious" and not output.is_symlink()
    assert output.stat().st_size > 30


# -- models ----------------------------------------------------------------------------------


@pytest.fixture
def packed() -> dict[str, str]:
    import base64
    from importlib.resources import files

    model = (files("gongwen.models") / "topics.npz").read_bytes()
    parts = {"npz": model, "labels.jsonl": b"", "texts.json": b"[]", "md": b"#\n"}
    return {name: base64.b64encode(data).decode() for name, data in parts.items()}


def test_planted_links_do_not_lead_a_model_elsewhere(
    tmp_path: Path, packed: dict[str, str]
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    folder = tmp_path / "models"
    folder.mkdir()
    for planted in ("active.partial", "0001.npz.partial", "0001.md", "0001.labels.jsonl"):
        (folder / planted).symlink_to(precious)
    models = ModelStore(folder)
    assert models.unpack(packed) == 1
    models.use(1)
    models.load(1).save(folder / "0001.npz")
    assert models.active == 1 and precious.read_bytes() == b"precious"


def test_a_model_that_cannot_be_written_whole_leaves_nothing(
    tmp_path: Path, packed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ModelStore(tmp_path / "models")
    sync = os.fsync
    for fails_at in range(1, 5):
        left = [fails_at]

        def failing(opened: int, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise OSError(28, "No space left on device")
            sync(opened)

        with monkeypatch.context() as patch:
            patch.setattr("gongwen.nlp.atomic_write._sync_folder", lambda _: None)
            patch.setattr(os, "fsync", failing)
            with pytest.raises(WriteError, match="No space left"):
                models.unpack(packed)
        assert not list((tmp_path / "models").iterdir()) and models.numbers() == [0]
    assert models.unpack(packed) == 1


def test_what_a_killed_process_left_of_a_model_does_not_become_part_of_the_next(
    tmp_path: Path, packed: dict[str, str]
) -> None:
    models = ModelStore(tmp_path)
    (tmp_path / "0001.topics.toml").write_text("of a model that was never finished", "utf-8")
    assert models.unpack(packed) == 1
    assert not (tmp_path / "0001.topics.toml").exists()
    assert models.taxonomy(1).topics.slugs


# -- arrays of the index ---------------------------------------------------------------------


SAVE = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from gongwen.index.array_files import Extent, append, write_state

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
folder, array = Path(sys.argv[1]), np.arange(100, dtype=np.int32)
for save in (
    lambda: append(folder / "log", array, Extent()),
    lambda: write_state(folder / "state", {"a": array}),
):
    try:
        save()
        print("written")
    except OSError as error:
        print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_an_array_that_does_not_fit_is_not_taken_for_written(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAVE, str(tmp_path)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines() == ["File too large"] * 2, done.stdout


# -- what is said when a library cannot be written any more ----------------------------------


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let a method of the store fail from its n-th call on."""

    def stop(method: str, after: int) -> None:
        real = getattr(Store, method)
        calls = [0]

        def failing(*arguments: object) -> object:
            calls[0] += 1
            if calls[0] > after:
                raise gongwen.LibraryError("the library cannot be written (disk is full)")
            return real(*arguments)

        monkeypatch.setattr(Store, method, failing)

    return stop


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_add_that_stops_says_what_was_stored(
    cli: Command, tmp_path: Path, stopping: Callable[[str, int], None], after: int
) -> None:
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"{n}号县2020年工作总结\n办理案件{n * 7 + 3}件。\n")
    files = [str(tmp_path / f"{n}.txt") for n in range(3)]
    stopping("put", after)
    ran = cli("add", *files)
    assert ran.code == 1
    assert ran.err == (
        f"gongwen: the library cannot be written (disk is full); stopped after {after} of 3 files,"
        " and what is stored stays; free some space and give the same command again to go on\n"
    )
    assert ran.out.count(" added ") == after
    assert "nothing" not in ran.err and "reindex" not in ran.err
    assert stored(tmp_path / "library") == after


def stored(folder: Path) -> int:
    db = sqlite3.connect(folder / "library.db")
    try:
        [(count,)] = db.execute("SELECT count(*) FROM reports")
        return int(count)
    finally:
        db.close()


def test_the_outcomes_of_an_add_that_stops_are_in_its_error(
    tmp_path: Path, stopping: Callable[[str, int], None]
) -> None:
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"{n}号县2020年工作总结\n办理案件{n * 7 + 3}件。\n")
    with gongwen.open(tmp_path / "library") as library:
        stopping("put", 2)
        with pytest.raises(StoppedError) as caught:
            library.add([tmp_path / f"{n}.txt" for n in range(3)])
        assert isinstance(caught.value, GongwenError)
        assert [outcome.status for outcome in caught.value.outcomes] == ["added", "added"]
        # What is stored is found, though the add has not come to its end.
        assert library.search("办理案件").total == 2


def test_an_import_that_stops_says_how_far_it_came(
    cli: Command, tmp_path: Path, stopping: Callable[[str, int], None]
) -> None:
    other = tmp_path / "other"
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"{n}号县2020年工作总结\n办理案件{n * 7 + 3}件。\n")
    shutil.copy(SEED_REPORTS / "wugong-2020.txt", tmp_path / "3.txt")
    with gongwen.open(other) as library:
        library.add([tmp_path / f"{n}.txt" for n in range(4)])
    exported = tmp_path / "all.jsonl"
    assert cli("--library", str(other), "export", "-o", str(exported)).code == 0
    stopping("restore", 2)
    ran = cli("import", str(exported))
    assert ran.code == 1
    assert ran.err == (
        "2 added\ngongwen: the library cannot be written (disk is full); stopped after 2 of 4"
        " reports, and what is stored stays; free some space and give the same command again to"
        " go on\n"
    )
    assert stored(tmp_path / "library") == 2
