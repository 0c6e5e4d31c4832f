"""Adding reports: how fast, with how much memory, where the time goes, and what grows.

``python -m benchmarks.ingest [--at 200,2000] [--quick] [--folder DIR] [--times N]`` makes reports
from the real ones of ``../shared/data/reports`` in txt, docx, html and pdf and prints Markdown
tables. Peers and stages are measured with the first number of reports, growth with all. What is not
installed is left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from benchmarks import ingest_reports
from benchmarks.ingest_peers import PEERS, USUAL
from benchmarks.ingest_reports import FORMATS, REPORTS, ROOT, make_reports
from benchmarks.ingest_runs import SAMPLE_SECONDS, Result, Runs, Step, tell
from benchmarks.ingest_worker import STAGES, WITH, WITHOUT
from benchmarks.tables import print_table

SIZES = (200, 2000)
QUICK = (40,)
WORKERS = {1: "1 worker", 2: "2 workers"}
PACKAGES = (
    "numpy jieba rjieba whoosh lxml pdfminer.six pdfplumber pypdfium2 python-docx trafilatura"
).split()
MAIN_STAGES = {
    "wait for prepare": "waiting for read reports",
    "prepare here": "reading plain text itself",
    "known": "is the file there already?",
    "recognise": "is the report there already?",
    "store": "storing",
    "wait for cut": "waiting for words",
    "cut": "cutting words itself",
    "index": "index",
    "rest": "the rest",
}


def side_by_side(runs: Runs, size: int) -> dict[int, Result]:
    """Print everyone on the same files, and return what was measured of this project with jieba."""
    steps = {f"gongwen, jieba, {name}": Step("add", size, str(n)) for n, name in WORKERS.items()}
    if find_spec("rjieba"):
        for n, name in WORKERS.items():
            steps[f"gongwen, rjieba, {name}"] = Step("add", size, str(n), rjieba=True)
    for number, peer in enumerate(PEERS):
        if missing := peer.missing():
            tell(f"{peer.name} is left out, no {missing[0]}: pip install '.[bench]'")
        else:
            rjieba = "rjieba" in peer.needs
            steps[peer.name] = Step("peer", size, str(number), rjieba)
    results = runs.least(steps)
    print_speed(results)
    if base := results.get(USUAL):
        print_table(
            [
                f"share of {USUAL}",
                "files/s (more is better)",
                "files per s of CPU",
                "memory (less is better)",
                "disk",
            ],
            [
                [
                    name,
                    ratio(base["seconds"], result["seconds"]),
                    ratio(cpu_of(base), cpu_of(result)),
                    ratio(result["all"], base["all"]),
                    ratio(result["disk"], base["disk"]),
                ]
                for name, result in results.items()
            ],
        )
    stages(runs, size, results)
    return {n: results[f"gongwen, jieba, {name}"] for n, name in WORKERS.items()}


def stages(runs: Runs, size: int, results: Mapping[str, Result]) -> None:
    """Print where the time goes with everything in one process, and how fast each format is.

    Figures are switched off here only, for peers read none.
    """
    steps = {"jieba": Step("stages", size, WITH)}
    if find_spec("rjieba"):
        steps["rjieba"] = Step("stages", size, WITH, rjieba=True)
        steps["rjieba, no figures"] = Step("stages", size, WITHOUT, rjieba=True)
    measured = runs.least(steps)
    rows = []
    for name, one in measured.items():
        seconds = [one["stages"].get(stage, 0.0) for stage in STAGES] + [one["seconds"]]
        rows.append([f"{name}: s", *(f"{s:.2f}" for s in seconds), f"{one['figures']:,}"])
        rows.append([f"{name}: ms a report", *(f"{1000 * s / size:.1f}" for s in seconds), ""])
    print_table(["one process, CPU time without loading", *STAGES, "all", "figures kept"], rows)
    done = measured["jieba"]
    counts = Counter(runs.suffixes(size))
    reading = {"gongwen": done["read"]}
    reading |= {peer.name: results[peer.name]["read"] for peer in PEERS if peer.name in results}
    print_table(
        ["reading alone, files/s of CPU", *FORMATS],
        [
            [name, *(f"{counts[f] / read[f]:.1f}" if read.get(f) else "–" for f in FORMATS)]
            for name, read in reading.items()
        ],
    )


def print_speed(results: Mapping[str, Result]) -> None:
    """Print speed and memory."""
    head = "|s|files/s|sentences/s|s of CPU: main|workers|sentences per s of CPU|peak MB: main"
    head += "|all processes|disk MB"
    rows = []
    for name, r in results.items():
        cells = [f"{r['seconds']:.1f}", f"{r['size'] / r['seconds']:.1f}"]
        cells += [f"{r['sentences'] / r['seconds']:,.0f}"]
        cells += [f"{r['cpu']:.1f}", f"{r['workers_cpu']:.1f}"]
        cells += [f"{r['sentences'] / cpu_of(r):,.0f}"]
        cells += [f"{r[key]:.0f}" for key in ("main", "all", "disk")]
        cells += [f"{r['sentences']:,}", f"{r['figures']:,}", f"{len(r['failed'])}"]
        rows.append([name, *cells])
    print_table(f"{head}|sentences|figures|failed".split("|"), rows)


def main_process(ours: Mapping[int, Result]) -> None:
    """Print what the main process does, what the second worker gives, and what became of all."""
    print_table(
        ["the main process, s", *MAIN_STAGES.values(), "all"],
        [
            [
                name,
                *(f"{ours[n]['stages'].get(stage, 0):.2f}" for stage in MAIN_STAGES),
                f"{ours[n]['seconds']:.2f}",
            ]
            for n, name in WORKERS.items()
        ],
    )
    statuses = ", ".join(f"{count:,} {what}" for what, count in ours[2]["statuses"].items())
    print(
        f"Two workers are {ratio(ours[1]['seconds'], ours[2]['seconds'])} times as fast as one."
        f" Of the files {statuses}; {ours[2]['similar']:,} are like one before.\n"
    )


def growth(measured: Mapping[int, Mapping[int, Result]]) -> None:
    """Print how time a report, memory and disk grow from the fewest reports to the most."""
    fewest, most = min(measured), max(measured)
    rows = []
    for n, name in WORKERS.items():
        pair = measured[fewest][n], measured[most][n]
        for what, digits, values in (
            ("ms a report", 1, [1000 * r["seconds"] / r["size"] for r in pair]),
            ("peak MB, main process", 0, [r["main"] for r in pair]),
            ("peak MB, all processes", 0, [r["all"] for r in pair]),
            ("MB on disk a report", 3, [r["disk"] / r["size"] for r in pair]),
        ):
            cells = [f"{value:.{digits}f}" for value in values]
            rows.append([f"{name}: {what}", *cells, ratio(values[1], values[0])])
    print_table(["growth", f"{fewest:,} reports", f"{most:,} reports", "ratio"], rows)


def cpu_of(result: Result) -> float:
    """Return the seconds of CPU of all processes of a step."""
    return float(result["cpu"] + result["workers_cpu"])


def ratio(one: float, other: float) -> str:
    """Return how many times ``other`` goes into ``one``."""
    return f"{one / other:.2f}" if other else "–"


def introduce(files: list[Path], options: argparse.Namespace) -> None:
    """Print what is measured, and with what."""
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    sizes = {f: [p.stat().st_size for p in files if p.suffix == f".{f}"] for f in FORMATS}
    mean = ", ".join(f"{f} {sum(s) / len(s) / 1000:.0f} KB" for f, s in sizes.items() if s)
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, {', '.join(found)}\n\n"
        f"Reports of the sections of up to {options.parents} real ones in another order, with\n"
        f"other places, years and figures; on average {mean}.\n"
        "Wall-clock time and CPU time in fresh processes, loading modules and dictionaries\n"
        "included; stages are CPU time without loading. Of walls the ratios count only where\n"
        f"nothing else ran. By CPU time the least of {options.times}. Peak memory is resident;\n"
        f"of all processes together it is sampled every {SAMPLE_SECONDS} s, and pages that they\n"
        "share count in each. The peers are scripts that read file after file, split at full\n"
        "stops and index; they read no figures and recognise no copies, and but for the one with\n"
        "a tagger they tag nothing. gongwen reads and keeps the figures of every report; it\n"
        "cannot be told not to, so the row without figures replaces that function.\n"
    )


def series(folder: Path, options: argparse.Namespace) -> Path:
    """Return where a series is kept; one that other code made, or with other wishes, is another."""
    makers = [Path(ingest_reports.__file__), *sorted((ROOT / "tests").glob("make_*.py"))]
    code = zlib.crc32(b"".join(maker.read_bytes() for maker in makers))
    return folder / f"{options.seed}-{options.parents}-{options.sections or 'all'}-{code:08x}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--at", metavar="N,N", help="numbers of reports, 200,2000 by default")
    parser.add_argument("--quick", action="store_true", help="40 reports")
    parser.add_argument("--folder", type=Path, help="keep the reports that are made here")
    parser.add_argument(
        "--times", type=int, default=1, help="runs of each step, the least CPU time counts"
    )
    parser.add_argument("--sections", type=int, help="of a report, as many as real ones by default")
    parser.add_argument("--parents", type=int, default=2, help="real reports that each is made of")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not REPORTS.is_dir():
        print(f"skipped: there is no {REPORTS}")
        return
    sizes = sorted(map(int, options.at.split(","))) if options.at else SIZES
    if options.quick:
        sizes = QUICK
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        folder = series(options.folder or Path(scratch) / "reports", options)
        wishes = {"sections": options.sections, "parents": options.parents}
        files = make_reports(folder, sizes[-1], options.seed, **wishes)
        tell(f"{len(files)} reports are there after {time.perf_counter() - began:.1f} s")
        introduce(files, options)
        runs = Runs(Path(scratch), files, options.times)
        for rjieba in (False, True):  # fills the file cache and jieba's own
            runs.run(Step("add", 4, "1", rjieba))
        measured = {}
        for size in sizes:
            print(f"### {size:,} reports\n")
            if size == sizes[0]:
                measured[size] = side_by_side(runs, size)
            else:
                measured[size] = runs.least({n: Step("add", size, str(n)) for n in WORKERS})
                print_speed({WORKERS[n]: result for n, result in measured[size].items()})
            main_process(measured[size])
        if len(sizes) > 1:
            growth(measured)


if __name__ == "__main__":
    main()
