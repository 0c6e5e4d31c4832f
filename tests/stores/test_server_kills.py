"""Clients and servers are killed at random moments: what was acknowledged is there afterwards."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import Server, missing

import gongwen
from gongwen.nlp.errors import StoreUnavailable

from .conftest import report

ADD = """
import sys
import time
import gongwen

folder, store, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
files = [f"{sys.argv[5]}/{n}.txt" for n in range(first, first + count)]

def tell(one):
    print(one.status, one.report, flush=True)

while True:
    try:
        with gongwen.open(folder, store=store) as library:
            library.add(files, ended=tell)
        break
    except gongwen.LibraryError as error:
        print("error", type(error).__name__, str(error).replace(chr(10), "|"), flush=True)
        time.sleep(0.1)
print("done", flush=True)
"""


@pytest.fixture
def durable() -> Iterator[Server]:
    """A server that keeps what it has committed, whatever happens to it."""
    if why := missing():
        pytest.skip(why)
    server = Server(durable=True)
    server.start()
    yield server
    server.close()


def written(folder: Path, count: int) -> Path:
    folder.mkdir()
    for n in range(count):
        text = report(
            f"第{'零一二三四五六七八九'[n // 10]}{'零一二三四五六七八九'[n % 10]}县", n + 4
        )
        (folder / f"{n}.txt").write_text(text.replace("法律顾问", f"第{n}号法律顾问"), "utf-8")
    return folder


def adding(
    desk: Path, server: Server, first: int, count: int, files: Path
) -> subprocess.Popen[str]:
    arguments = [str(desk), server.address(), str(first), str(count), str(files)]
    command = [sys.executable, "-c", ADD, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip


def told(output: str) -> list[str]:
    """Return the ids of the reports that a process has acknowledged."""
    return re.findall(r"^(?:added|replaced|unchanged|copy) (\S+)$", output, re.MULTILINE)


def all_there(server: Server, desk: Path, acknowledged: list[str]) -> None:
    with gongwen.open(desk, store=server.address()) as library:
        ids = {one.id for one in library.reports()}
        assert set(acknowledged) <= ids
        assert library.status(deep=True)["problems"] == []
        hits = library.search('"法律顾问"', limit=1000, group=False, synonyms="never")
        assert {hit.report.id for hit in hits} == ids


@pytest.mark.parametrize("seed", range(2))
def test_two_clients_add_and_are_killed(durable: Server, tmp_path: Path, seed: int) -> None:
    files, chosen = written(tmp_path / "files", 24), random.Random(seed)
    acknowledged: list[str] = []
    for _ in range(4):
        running = [adding(tmp_path / f"desk-{n}", durable, n * 12, 12, files) for n in (0, 1)]
        time.sleep(chosen.uniform(1.0, 2.5))
        running[0].kill()
        if chosen.random() < 0.5:
            time.sleep(chosen.uniform(0.0, 0.3))
            running[1].send_signal(signal.SIGKILL)
        for one in running:
            out, err = one.communicate(timeout=120)
            assert "Traceback" not in err, err
            acknowledged += told(out)
        all_there(durable, tmp_path / "desk-0", acknowledged)
    last = adding(tmp_path / "desk-0", durable, 0, 24, files)
    out, _ = last.communicate(timeout=120)
    assert len(told(out)) == 24
    all_there(durable, tmp_path / "desk-1", told(out))


@pytest.mark.parametrize("what", ["postmaster", "backends", "all"])
def test_the_server_is_killed_while_two_clients_add(
    durable: Server, tmp_path: Path, what: str
) -> None:
    files, chosen = written(tmp_path / "files", 24), random.Random(what)
    with gongwen.open(tmp_path / "desk-0", store=durable.address()):
        pass
    running = [adding(tmp_path / f"desk-{n}", durable, n * 12, 12, files) for n in (0, 1)]
    outputs = ["", ""]

    def read(n: int) -> None:
        out = running[n].stdout
        assert out is not None
        for line in out:
            outputs[n] += line

    readers = [threading.Thread(target=read, args=[n]) for n in (0, 1)]
    for reader in readers:
        reader.start()
    for _ in range(3):
        time.sleep(chosen.uniform(0.5, 1.5))
        if what == "backends":
            with durable.connection() as db:
                rows = db.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = 'desks'"
                    " AND pid != pg_backend_pid()"
                ).fetchall()
            for (pid,) in rows[:1]:
                os.kill(int(str(pid)), signal.SIGKILL)
            time.sleep(1)  # it starts anew by itself
            continue
        durable.kill(first_only=what == "postmaster")
        durable.start()
    for one, reader in zip(running, readers, strict=True):
        one.wait(timeout=240)
        reader.join()
        err = one.stderr.read() if one.stderr else ""
        assert one.returncode == 0, err
        assert "Traceback" not in err
    for output in outputs:
        assert output.endswith("done\n")
        for line in output.splitlines():
            if line.startswith("error"):
                assert re.match(r"error \w*(Unavailable|Stopped|LibraryIn|Library)\w*", line), line
                assert "|" not in line.removeprefix("error").replace("gongwen|", "")
    all_there(durable, tmp_path / "desk-0", [id_ for output in outputs for id_ in told(output)])


def test_an_open_library_outlives_its_server(durable: Server, tmp_path: Path) -> None:
    files = written(tmp_path / "files", 3)
    with gongwen.open(tmp_path / "desk", store=durable.address()) as library:
        library.add([files])
        durable.kill()
        with pytest.raises(StoreUnavailable):
            library.correct("0", 3, "行政执法")
        assert library._lock.backend() == 0  # type: ignore[attr-defined]
        durable.start()
        assert library.correct("0", 3, "行政执法").corrected
        durable.kill()
        durable.start()
        assert library.sentences("0", 3, 3)[0].corrected
        assert len(library.reports()) == 3


def test_two_desks_do_everything_at_once(postgres: Server) -> None:
    """Threads of processes of two desks, with Ctrl-C and kills; the history checker judges."""
    history = Path(__file__).parents[1] / "history.py"
    done = subprocess.run(
        [sys.executable, str(history), "--seed", "5", "--signals", "12", "--store",
         postgres.address()],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert not done.returncode, f"{done.stdout[:4000]}\n{done.stderr[-4000:]}"
