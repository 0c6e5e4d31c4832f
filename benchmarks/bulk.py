"""Bulk reading by one and two workers, against ``gongwen add --workers 2``, on the same files.

``python -m benchmarks.bulk [--files N] [--sections N] [--times N]`` makes reports from real ones
(``../shared/data/reports``) in txt, docx, html and pdf, each with its own text. Every command is a
process of its own; the steps are run in turn, and of each the run with the least processor time
counts. Walls count only where nothing else runs on the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingest_reports import REPORTS, ROOT, make_reports
from benchmarks.tables import print_table

_HERE = """
import sys
from gongwen.bulk.bulk_folder import BulkFolder
from gongwen.bulk.bulk_read import BulkRequest, Limits, _settings, list_files, plan
from gongwen.bulk.shard_reading import read_shard
source, out = sys.argv[1:]
settings = _settings(BulkRequest(source, out))
tasks, _ = plan(list(list_files(source)), [], settings, out, Limits(), 1)
for task in tasks:
    read_shard(task)
print(len(tasks))
"""
"""Reads the shards of one worker one after the other, without Dask."""


@dataclass
class Used:
    """What a step took, in seconds.

    Attributes:
        wall: from its begin to its end.
        processor: of all its processes.
    """

    wall: float
    processor: float


def run(arguments: Sequence[str], library: Path) -> Used:
    """Run a process to its end, and return what it and all that it started took."""
    environment = os.environ | {
        "GONGWEN_LIBRARY": str(library), "PYTHONPATH": str(ROOT / "src"), "GONGWEN_LANG": "en",
    }  # fmt: skip
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return Used(wall, usage.ru_utime + usage.ru_stime)


def once(source: Path, scratch: Path) -> dict[str, Used]:
    """Run all steps once, each into new folders."""
    command = ["-m", "gongwen"]
    read = [*command, "bulk", "read", str(source), "--out"]
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    library = scratch / "library"
    rows = {name: str(scratch / name) for name in ("here", "one", "two")}
    return {
        "read, 1 worker": run([*read, rows["one"], "--workers", "1"], library),
        "read, 2 workers": run([*read, rows["two"], "--workers", "2"], library),
        "load": run([*command, "bulk", "load", rows["two"]], library),
        "add, 2 workers": run([*command, "add", str(source), "--workers", "2"], scratch / "added"),
        "read, without Dask": run(["-c", _HERE, str(source), rows["here"]], library),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--sections", type=int, default=4, help="of each report")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    if not REPORTS.is_dir():
        print(f"skipped: there is no {REPORTS}")
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "reports")
        files = make_reports(source, options.files, sections=options.sections)
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {size:.0f} MB, {os.cpu_count()} processors\n")
        best: dict[str, Used] = {}
        walls: dict[str, float] = {}
        for _ in range(options.times):
            for name, used in once(source, Path(folder, "run")).items():
                if name not in best or used.processor < best[name].processor:
                    best[name] = used
                walls[name] = min(used.wall, walls.get(name, used.wall))
    print_table(
        ["step", "s, least wall", "s of processor"],
        [[name, f"{walls[name]:.1f}", f"{used.processor:.1f}"] for name, used in best.items()],
    )
    add, here = "add, 2 workers", "read, without Dask"
    both = best["read, 2 workers"].processor + best["load"].processor
    one, two = "read, 1 worker", "read, 2 workers"
    ratios = {
        "two workers against one, wall": walls[one] / walls[two],
        "add against read, wall": walls[add] / walls[two],
        "add against read and load, wall": walls[add] / (walls[two] + walls["load"]),
        "add against read, processor": best[add].processor / best[two].processor,
        "add against read and load, processor": best[add].processor / both,
        "what Dask costs of one worker, processor": best[one].processor / best[here].processor - 1,
    }
    print_table(["ratio", ""], [[name, f"{ratio:.2f}"] for name, ratio in ratios.items()])


if __name__ == "__main__":
    main()
