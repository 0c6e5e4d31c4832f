"""Whatever happens to a process, what was acknowledged is there and can be found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gongwen import Library

CRASHES = Path(__file__).parents[1] / "crashes.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def kill_often(kills: int, seed: int) -> dict[str, float]:
    # A kill takes nothing from what was handed to the system, whatever holds it: in memory there
    # is time for more changes than on a disk that is waited for.
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, str(CRASHES), folder, str(kills), str(seed)],
            capture_output=True,
            encoding="utf-8",
        )
    assert not done.returncode, done.stderr[-3000:]
    counts: dict[str, float] = json.loads(done.stdout)
    print(f"\n{counts['kills']} kills, {counts['acknowledged']} changes acknowledged, none lost,"
          f" in {counts['seconds']} s")  # fmt: skip
    return counts


@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_kills_lose_nothing(kills: int) -> None:
    counts = kill_often(kills, seed=2020)
    assert counts["acknowledged"] > kills / 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_thousands_of_kills_lose_nothing(seed: int) -> None:
    kill_often(1000, seed)


READER = """
import random, sys, time
import gongwen

folder, seed, marks, reports = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
chosen = random.Random(seed)
searches = seen = 0
library = gongwen.open(folder)
while seen < reports:
    if chosen.random() < 0.2:
        library.close()
        library = gongwen.open(folder)
    results = library.search('"标记"', limit=5, counts=["report"])
    counts = results.counts["report"]
    assert set(counts.values()) <= {marks}, f"half a report: {counts}"
    assert len(counts) >= seen, f"reports are gone: {len(counts)} after {seen}"
    assert results.total == marks * len(counts)
    for hit in results:
        assert "标记" in hit.text and hit.report.title, hit
    seen = len(counts)
    searches += 1
    if searches == 1:
        print("ready", flush=True)
    time.sleep(0.1)
print(searches)
"""
MARKS = 5


@pytest.mark.parametrize("reports", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_eight_readers_search_while_a_writer_adds(tmp_path: Path, reports: int) -> None:
    folder = tmp_path / "library"
    files = tmp_path / "files"
    files.mkdir()
    for number in range(reports):
        lines = [f"第{number}号县{1900 + number % 100}年工作总结"]
        lines += [
            f"这是{number}号报告的第{n}句标记，编号{number * 7919 + n}。" for n in range(MARKS)
        ]
        (files / f"{number:03}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    with Library(folder) as library:
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", READER, str(folder), str(n), str(MARKS), str(reports)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            for n in range(8)
        ]
        assert all(r.stdout and r.stdout.readline() == "ready\n" for r in readers)
        for batch in range(0, reports, 20):
            paths = sorted(files.iterdir())[batch : batch + 20]
            assert {o.status for o in library.add(paths)} == {"added"}
        searches = []
        for reader in readers:
            out, err = reader.communicate()
            assert not reader.returncode, err[-2000:]
            searches.append(int(out))
    print(f"\n{sum(searches)} searches by eight readers while {reports} reports were added")
    assert min(searches) > 1
