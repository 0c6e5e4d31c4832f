"""Workers, the command and the scheduler are killed while files are read; nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask
import distributed
import pyarrow.parquet as pq
import pytest
from waiting import wait_until

from gongwen.bulk import bulk_read, shard_reading
from gongwen.bulk.bulk_folder import BulkFolder
from gongwen.bulk.bulk_read import BulkRequest, read_bulk
from gongwen.nlp.errors import StoppedError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ROOT = Path(__file__).parents[2]
SEED = (ROOT / "seeds" / "reports" / "wugong-2020.txt").read_text("utf-8")
FILES = 24


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that make several shards."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(FILES):
        text = SEED.replace("2020", str(2000 + number)).replace("武功县", f"第{number}号县")
        (folder / f"{number:02}.txt").write_text(text * 2, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_read, "_MOST_FILES", 2)


def rows(out: Path) -> list[Any]:
    """Return all sentences of a folder, in the order of files."""
    table = pq.read_table(out / "sentences", columns=["report", "n", "text", "topic", "words"])
    return sorted(table.to_pylist(), key=lambda row: (row["report"], row["n"]))


@pytest.fixture(scope="module")
def whole(many: Path, scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The sentences that an undisturbed run finds."""
    out = tmp_path_factory.mktemp("whole")
    read_bulk(BulkRequest(str(many), str(out)), scheduler=scheduler)
    return rows(out)


def cluster_of(workers: int, preload: str = "") -> Any:
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
        dashboard_address=None, silence_logs=50, **({"preload": [preload]} if preload else {}),
    )  # fmt: skip


def test_a_killed_worker_loses_nothing(many: Path, tmp_path: Path, whole: list[Any]) -> None:
    out = tmp_path / "rows"
    killed = []
    with cluster_of(2) as cluster:

        def kill(_task: str, done: int, total: int) -> None:
            if done >= total // 2 and not killed:
                killed.append(cluster.workers[0].process.pid)
                os.kill(killed[0], signal.SIGKILL)

        outcomes = read_bulk(
            BulkRequest(str(many), str(out)), scheduler=cluster.scheduler_address, progress=kill
        )
    assert killed
    assert [one.status for one in outcomes] == ["read"] * FILES
    assert rows(out) == whole


DEADLY = """
import os
from gongwen.bulk import shard_reading
reading = getattr(shard_reading, "reading", shard_reading._prepared)
shard_reading.reading = reading
def prepared(source, recipe):
    if source.stem == "05":
        os._exit(1)
    return reading(source, recipe)
shard_reading._prepared = prepared
"""


def test_a_file_that_workers_die_of_is_given_up(
    many: Path, tmp_path: Path, whole: list[Any]
) -> None:
    out = tmp_path / "rows"
    preload = tmp_path / "deadly.py"
    preload.write_text(DEADLY, "utf-8")
    request = BulkRequest(str(many), str(out))
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        cluster_of(1, str(preload)) as cluster,
    ):
        outcomes = read_bulk(request, scheduler=cluster.scheduler_address)
    failed = [one for one in outcomes if one.status == "failed"]
    assert [one.source for one in failed] == [str(many / "05.txt")]
    assert failed[0].message.endswith("the workers that read it die; save it anew")
    assert rows(out) == [row for row in whole if row["report"] != str(many / "05.txt")]


def test_a_file_that_did_so_is_tried_again(
    many: Path, tmp_path: Path, whole: list[Any], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows"
    request = BulkRequest(str(many), str(out))
    reading = shard_reading._prepared

    def failing(found: Any, recipe: Any) -> Any:
        if found.stem == "05":
            raise MemoryError
        return reading(found, recipe)

    with monkeypatch.context() as patch:
        patch.setattr(shard_reading, "_prepared", failing)
        first = read_bulk(request, scheduler=scheduler)
    assert [one.status for one in first].count("failed") == 1
    second = read_bulk(request, scheduler=scheduler)
    assert sorted(one.status for one in second) == ["read", *["unchanged"] * (FILES - 1)]
    assert rows(out) == whole


def test_a_lost_scheduler_is_one_line(
    many: Path, tmp_path: Path, whole: list[Any], scheduler: str
) -> None:
    request = BulkRequest(str(many), str(tmp_path / "rows"))
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    contact = tmp_path / "scheduler.json"
    own = [*command, "--port", "0", "--no-dashboard", "--scheduler-file", str(contact)]
    started = subprocess.Popen(own, stderr=subprocess.DEVNULL)
    worker = None
    try:
        wait_until(contact.exists)
        wait_until(lambda: contact.read_text().endswith("}"))
        address = json.loads(contact.read_text())["address"]
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny",
             "--no-dashboard", "--nthreads", "1", "--death-timeout", "5"],
            stderr=subprocess.DEVNULL, cwd=tmp_path,
        )  # fmt: skip
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(1)

        def kill(_task: str, done: int, total: int) -> None:
            if done:
                started.kill()

        with pytest.raises(StoppedError, match="the scheduler does not answer") as error:
            read_bulk(request, scheduler=address, progress=kill)
        assert "\n" not in str(error.value) and "go on" in str(error.value)
    finally:
        for process in (started, worker):
            if process:
                process.kill()
                process.wait()
    statuses = {one.status for one in read_bulk(request, scheduler=scheduler)}
    assert statuses == {"read", "unchanged"}
    assert rows(tmp_path / "rows") == whole


# --- the command ----------------------------------------------------------------------------------

COMMAND = """
import sys
from gongwen.bulk import bulk_read, shard_reading
from gongwen.cli import main
bulk_read._MOST_FILES = 2
if __name__ == "__main__":
    main()
"""


@pytest.fixture
def command(tmp_path: Path, many: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A function that starts ``gongwen bulk read`` with two workers, in a group of its own."""
    script = tmp_path / "gongwen_with_small_shards.py"
    script.write_text(COMMAND, "utf-8")
    started = []

    def start() -> subprocess.Popen[str]:
        one = subprocess.Popen(
            [sys.executable, str(script), "bulk", "read", str(many), "--out",
             str(tmp_path / "rows"), "--workers", "2", "--format", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            start_new_session=True,
            env=os.environ | {"GONGWEN_LIBRARY": str(tmp_path / "none"), "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        started.append(one)
        return one

    yield start
    for one in started:
        with suppress(OSError):
            os.killpg(one.pid, signal.SIGKILL)
        one.communicate()


def members(group: int) -> list[int]:
    """Return the processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            if int(fields[3]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def half_done(out: Path) -> Callable[[], bool]:
    return lambda: len(BulkFolder(str(out)).shards()) >= 3


def finished(command: Callable[..., subprocess.Popen[str]]) -> list[str]:
    said, err = (one := command()).communicate()
    assert one.returncode == 0, err
    return [file["status"] for file in json.loads(said)["files"]]


def test_the_whole_command_killed_and_given_again(
    command: Callable[..., subprocess.Popen[str]], tmp_path: Path, whole: list[Any]
) -> None:
    one = command()
    wait_until(half_done(tmp_path / "rows"))
    one.kill()
    one.communicate()
    wait_until(lambda: not members(one.pid))
    statuses = finished(command)
    assert len(statuses) == FILES and statuses.count("unchanged") >= 4
    assert rows(tmp_path / "rows") == whole


def test_an_interrupted_command_leaves_nothing_behind(
    command: Callable[..., subprocess.Popen[str]], tmp_path: Path, whole: list[Any]
) -> None:
    one = command()
    wait_until(half_done(tmp_path / "rows"))
    os.killpg(one.pid, signal.SIGINT)
    _out, err = one.communicate()
    assert one.returncode == 130
    assert err.splitlines() == [
        "interrupted; what was read stays, and the same command goes on from there"
    ]
    wait_until(lambda: not members(one.pid))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("gongwen-")]
    assert "unchanged" in finished(command)
    assert rows(tmp_path / "rows") == whole
