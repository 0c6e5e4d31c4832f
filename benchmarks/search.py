"""The search engine beside what a user would pick instead, on the same sentences and queries.

``python -m benchmarks.search [N] [--at 10000,30000,100000] [--before CHECKOUT]`` prints Markdown
tables for the first N sentences of ``../shared/data/sentences-100k.txt.gz``, or for each size of
``--at``; with ``--before`` also for the engine of another checkout of this project. tantivy and
rjieba need ``pip install '.[bench]'``; who is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.search_peers import CONTENDERS, LIMIT, OURS, RECIPE, Contender
from benchmarks.search_queries import COMMONEST, KINDS, QUERIES, RAREST
from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentences-100k.txt.gz"
SIZES = (10_000, 30_000, 100_000)
STARTS = 5


@dataclass
class Result:
    """What was measured of a contender; times in milliseconds unless named otherwise.

    Attributes:
        built: seconds to load, to index, without segmentation; MB on disk and in memory.
        ms: for each kind of query, the time of every query.
        same: for each kind, whether each answer is that of the plain scan.
        found: whether the source of each exact string is found, on and off word borders.
        memory: MB of the process that searches.
        start: from process start to the first hits, median.
    """

    built: dict[str, float]
    ms: dict[str, list[float]]
    same: dict[str, list[bool]]
    found: dict[str, list[bool]]
    memory: float
    start: float = 0.0


Runs = dict[str, Contender]
"""Who takes part, by the name of its folder, which begins with its number in the list of all."""
BEFORE = "-before"
"""Ends the name of the folder of what another checkout of this project does."""


def measure(contenders: Runs, size: int, before: Path | None) -> dict[str, Result]:
    """Index, search and start everyone with the first ``size`` sentences.

    Args:
        contenders: who takes part.
        size: number of sentences.
        before: another checkout of this project, for whose folder ends in :data:`BEFORE`.
    """
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as scratch:
        _tell(f"{size} sentences: drawing queries")
        _step("prepare", scratch, str(DATA), str(size))
        for folder, contender in contenders.items():
            _tell(f"{size} sentences: {contender.name}")
            source = _source(folder, before)
            built = _step("build", scratch, folder, source=source)
            searched = _step("search", scratch, folder, source=source)
            results[contender.name] = Result(built, **searched)
        _tell(f"{size} sentences: cold starts")
        for name, start in _starts(contenders, scratch, before).items():
            results[name].start = start
    return results


def _source(folder: str, before: Path | None) -> dict[str, str]:
    """Return the environment in which a process of this project takes the code of one checkout."""
    other = {"PYTHONPATH": str(before / "src")} if before and folder.endswith(BEFORE) else {}
    return os.environ | other


def _step(step: str, *arguments: str, source: dict[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(
        _worker(step, *arguments), cwd=ROOT, env=source, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{step} {' '.join(arguments)} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _worker(step: str, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "benchmarks.search_worker", step, *arguments]


def _starts(contenders: Runs, scratch: str, before: Path | None) -> dict[str, float]:
    """Return the median milliseconds from process start to hits; all take turns."""
    queries = json.loads((Path(scratch) / "queries.json").read_text("utf-8"))
    word = next(query["strings"][0] for query in queries if query["kind"] == "common")
    recipe = [sys.executable, "-m", "benchmarks.recipe"]
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders.values()}
    for turn in range(STARTS + 1):
        for folder, contender in contenders.items():
            command = _worker("cold", scratch, folder)
            if contender.name == RECIPE:
                command = [*recipe, str(Path(scratch) / folder), word]
            source = _source(folder, before)
            began = time.perf_counter()
            subprocess.run(command, cwd=ROOT, env=source, check=True, capture_output=True)
            if turn:  # the first turn fills the file cache and jieba's own
                taken[contender.name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(times) for name, times in taken.items()}


def show(results: dict[str, Result], size: int) -> None:
    """Print all tables of one size."""
    print(f"### {size:,} sentences\n")
    print_table(
        "indexing|s|s without cutting words|sentences/s|disk MB|peak memory MB|load s".split("|"),
        [[name, *_indexing(result.built, size)] for name, result in results.items()],
    )
    head = [f"ms, p50 / p95 of {QUERIES}", *KINDS.values(), "cold start", "peak memory MB"]
    rows = []
    for name, result in results.items():
        pairs = [f"{_p50(times):.2f} / {_p95(times):.2f}" for times in result.ms.values()]
        rows.append([name, *pairs, f"{result.start:.0f}", f"{result.memory:.0f}"])
    print_table(head, rows)
    head = ["%, as a plain scan", "exact: source found, on word borders", "off word borders"]
    head += [f"{kind}: same number" for kind in KINDS.values()]
    rows = []
    for name, result in results.items():
        shares = [*result.found.values(), *result.same.values()]
        rows.append([name, *(f"{100 * statistics.mean(share):.0f}" for share in shares)])
    print_table(head, rows)
    base = results[RECIPE]
    print_table(
        ["share of the recipe", *CLAIMS],
        [
            [name, *(f"{get(result) / get(base):.3g}" for get in CLAIMS.values())]
            for name, result in results.items()
        ],
    )


def _indexing(built: dict[str, float], size: int) -> list[str]:
    return [
        f"{built['seconds']:.2f}",
        f"{built['without']:.2f}",
        f"{size / built['seconds']:,.0f}",
        f"{built['size']:.1f}",
        f"{built['memory']:.0f}",
        f"{built['load']:.2f}",
    ]


def _p50(times: Sequence[float]) -> float:
    return statistics.median(times)


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


CLAIMS: dict[str, Callable[[Result], float]] = {
    "sentences/s (more is better)": lambda result: 1 / result.built["seconds"],
    "the same without cutting words": lambda result: 1 / result.built["without"],
    "disk (less is better, as in all that follow)": lambda result: result.built["size"],
    "indexing memory": lambda result: result.built["memory"],
    "common word p50": lambda result: _p50(result.ms["common"]),
    "count p50": lambda result: _p50(result.ms["count"]),
    "count by topic p50": lambda result: _p50(result.ms["facet"]),
    "exact string p95": lambda result: _p95(result.ms["exact"]),
    "cold start": lambda result: result.start,
    "search memory": lambda result: result.memory,
}
"""What is said of this engine beside the recipe."""


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _versions() -> str:
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    for package in ("numpy", "jieba", "rjieba", "whoosh", "tantivy"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", nargs="?", type=int, metavar="N", help="the first N sentences")
    parser.add_argument("--at", metavar="N,N", help="several sizes, 10000,30000,100000 by default")
    parser.add_argument(
        "--before", metavar="CHECKOUT", type=Path, help="an earlier checkout to run too"
    )
    options = parser.parse_args()
    if not DATA.is_file():
        print(f"skipped: there is no {DATA}")
        return
    sizes = [int(size) for size in options.at.split(",")] if options.at else list(SIZES)
    if options.size:
        sizes = [options.size]
    present: Runs = {}
    for number, contender in enumerate(CONTENDERS):
        if missing := contender.missing():
            _tell(f"{contender.name} is left out, no {missing[0]}: pip install '.[bench]'")
        else:
            present[str(number)] = contender
            if options.before and contender.name == OURS:
                present[f"{number}{BEFORE}"] = replace(contender, name=f"{OURS}, before")
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, {_versions()}\n\n"
        "Wall-clock time. Every index is built in a fresh process from raw text, cutting words\n"
        "included; loading modules and dictionaries comes before and apart. tantivy writes with\n"
        "as many threads as it likes, the others with one. All cut in jieba's search mode, words\n"
        "and the words inside them. Then a fresh process opens the index and is asked\n"
        f"{QUERIES} queries of each kind, drawn from the sentences: rare words stand in 1 to\n"
        f"{RAREST} sentences, common ones are among the {COMMONEST} commonest of two to four\n"
        "characters, exact strings have 4 to 16 and every other one begins or ends inside a\n"
        f"word. A search fetches {LIMIT} hits with their stored text; gongwen's engine gives ids\n"
        "and keeps the folded text, the original is in the library's store. The plain scan says\n"
        "which sentences hold a string anywhere in the folded text, word or not, exact strings\n"
        "whatever marks stand in between. Cold start is\n"
        f"from process start to the printed hits of a common word, median of {STARTS}, in turn.\n"
    )
    for size in sizes:
        show(measure(present, size, options.before and options.before.resolve()), size)


if __name__ == "__main__":
    main()
