"""The search engine beside what a user would pick instead, on the same sentences and queries.

``python -m benchmarks.search [N] [--at 10000,100000] [--times 3] [--builds 1] [--before CHECKOUT]``
prints Markdown tables for the first N sentences of ``../shared/data/sentences-100k.txt.gz``, or for
each size of ``--at``; with ``--before`` also for another checkout of this project. tantivy and
rjieba need ``pip install '.[bench]'``; who is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.search_contenders import CONTENDERS, LEAN, RECIPE, Contender, Started, start
from benchmarks.search_queries import COMMONEST, KINDS, LIMIT, QUERIES, RAREST
from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentences-100k.txt.gz"
SIZES = (100_000,)
STARTS = 5


@dataclass(frozen=True)
class Result:
    """What was measured of a contender; times are of the processor, in milliseconds if not named.

    Attributes:
        built: seconds to load, to index, without segmentation, by the clock; MB on disk and in
            memory.
        ms: for each kind of query, the time of every query.
        same: for each kind, whether each answer is that of the plain scan.
        found: whether the source of each exact string is found, on and off word borders.
        memory: MB of the process that searches.
        start: a fresh process, from its start to the printed hits.
    """

    built: dict[str, float]
    ms: dict[str, list[float]]
    same: dict[str, list[bool]]
    found: dict[str, list[bool]]
    memory: float
    start: Started


Runs = dict[str, Contender]
"""Who takes part, by the name of its folder, which begins with its number in the list of all."""
BEFORE = "-before"
"""Ends the name of the folder of what another checkout of this project does."""


@dataclass(frozen=True)
class Wishes:
    """How often what is measured, all contenders in turn; the least counts.

    Attributes:
        searches: times that every query is asked, and starts of a fresh process.
        builds: times that every index is built.
        before: another checkout of this project.
    """

    searches: int
    builds: int
    before: Path | None


def measure(contenders: Runs, size: int, wishes: Wishes) -> dict[str, Result]:
    """Index, search and start everyone with the first ``size`` sentences."""
    before = wishes.before
    built: dict[str, dict[str, float]] = {}
    ms: dict[str, dict[str, list[float]]] = {}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        _tell(f"{size} sentences: drawing queries")
        _step("prepare", scratch, str(DATA), str(size))
        for folder, contender in _in_turn(contenders, wishes.builds):
            _tell(f"{size} sentences: {contender.name} is built")
            for old in (Path(scratch) / folder, Path(scratch) / f"{folder}-warm"):
                shutil.rmtree(old, ignore_errors=True)
            one = _step("build", scratch, folder, source=_source(folder, before))
            if one["seconds"] <= built.get(folder, one)["seconds"]:
                built[folder] = one
        for folder, contender in _in_turn(contenders, wishes.searches):
            _tell(f"{size} sentences: {contender.name} is asked")
            asked = _step("search", scratch, folder, source=_source(folder, before))
            ms[folder] = _least(ms.get(folder, asked["ms"]), asked["ms"])
            memory[folder] = min(asked["memory"], memory.get(folder, asked["memory"]))
        _tell(f"{size} sentences: fresh processes")
        starts = _starts(contenders, scratch, before)
        results: dict[str, Result] = {}
        for folder, contender in contenders.items():
            _tell(f"{size} sentences: answers of {contender.name}")
            answers = _step("compare", scratch, folder, source=_source(folder, before))
            results[contender.name] = Result(
                built[folder],
                ms[folder],
                memory=memory[folder],
                start=starts[folder],
                **answers,
            )
    return results


def _in_turn(contenders: Runs, times: int) -> Iterator[tuple[str, Contender]]:
    for _ in range(times):
        yield from contenders.items()


def _least(one: dict[str, list[float]], other: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return the lesser time of each query."""
    return {kind: [*map(min, one[kind], other[kind])] for kind in one}


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


def _starts(contenders: Runs, scratch: str, before: Path | None) -> dict[str, Started]:
    """Return the least of a fresh process that searches for a common word; all take turns."""
    queries = json.loads((Path(scratch) / "queries.json").read_text("utf-8"))
    word = next(query["strings"][0] for query in queries if query["kind"] == "common")
    least: dict[str, Started] = {}
    for turn in range(STARTS + 1):
        for folder, contender in contenders.items():
            command = contender.command(Path(scratch) / folder, word)
            now = start(command, _source(folder, before))
            if turn:  # the first turn fills the file cache and jieba's own
                old = least.get(folder, now)
                least[folder] = Started(min(old.wall, now.wall), min(old.cpu, now.cpu))
    return least


def show(results: dict[str, Result], size: int) -> None:
    """Print all tables of one size."""
    print(f"### {size:,} sentences\n")
    print_table(
        [
            "indexing, CPU time",
            "s",
            "s without cutting words",
            "sentences/s",
            "s by the clock",
            "disk MB",
            "peak memory MB",
            "load s",
        ],
        [[name, *_indexing(result.built, size)] for name, result in results.items()],
    )
    head = [f"CPU ms, p50 / p95 of {QUERIES}", *KINDS.values(), "peak memory MB"]
    rows = []
    for name, result in results.items():
        pairs = [f"{_p50(times):.2f} / {_p95(times):.2f}" for times in result.ms.values()]
        rows.append([name, *pairs, f"{result.memory:.0f}"])
    print_table(head, rows)
    print_table(
        ["fresh process, ms", "CPU", "by the clock"],
        [[name, f"{r.start.cpu:.0f}", f"{r.start.wall:.0f}"] for name, r in results.items()],
    )
    head = ["%, as a plain scan", "exact: source found, on word borders", "off word borders"]
    head += [f"{kind}: same number" for kind in KINDS.values()]
    rows = []
    for name, result in results.items():
        shares = [*result.found.values(), *result.same.values()]
        rows.append([name, *(f"{100 * statistics.mean(share):.0f}" for share in shares)])
    print_table(head, rows)
    for base in (RECIPE, LEAN):
        if base in results:
            print_table(
                [f"share of {base}", *CLAIMS],
                [
                    [name, *(f"{get(result) / get(results[base]):.2g}" for get in CLAIMS.values())]
                    for name, result in results.items()
                ],
            )


def _indexing(built: dict[str, float], size: int) -> list[str]:
    return [
        f"{built['seconds']:.2f}",
        f"{built['without']:.2f}",
        f"{size / built['seconds']:,.0f}",
        f"{built['wall']:.1f}",
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
    "rare word p50": lambda result: _p50(result.ms["rare"]),
    "common word p50": lambda result: _p50(result.ms["common"]),
    "count p50": lambda result: _p50(result.ms["count"]),
    "count by topic p50": lambda result: _p50(result.ms["facet"]),
    "exact string p50": lambda result: _p50(result.ms["exact"]),
    "word that stands nowhere p50": lambda result: _p50(result.ms["no word"]),
    "fresh process": lambda result: result.start.cpu,
    "search memory": lambda result: result.memory,
}
"""What is said of this project beside the recipe."""


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
    parser.add_argument("--at", metavar="N,N", help="several sizes, 100000 by default")
    parser.add_argument("--times", type=int, default=3, help="of each query; the least counts")
    parser.add_argument("--builds", type=int, default=1, help="of each index; the least counts")
    parser.add_argument("--only", default="", help="parts of names, with semicolons")
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
        elif not options.only or any(part in contender.name for part in options.only.split(";")):
            present[str(number)] = contender
            if options.before and contender.name.startswith("gongwen"):
                name = f"{contender.name}, before"
                present[f"{number}{BEFORE}"] = replace(contender, name=name)
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, {_versions()}\n\n"
        "Processor time of all threads, but where a clock is named; the least of\n"
        f"{options.builds} of indexing, of {options.times} of each query, of {STARTS} fresh "
        "processes, all in\n"
        "turn. Every index is built in a fresh process from raw text, cutting words included;\n"
        "loading modules and dictionaries comes before and apart. All cut in jieba's search\n"
        "mode, words and the words inside them, with jieba or with rjieba. All keep the text as\n"
        "it was given, gongwen in the library's store, which is built and counted too: it is a\n"
        "whole library, but for reading files, tags and figures. Then a fresh process opens the\n"
        f"index and is asked {QUERIES} queries of each kind, drawn from the sentences: rare words "
        "stand\n"
        f"in 1 to {RAREST} sentences, common ones are among the {COMMONEST} commonest of two to "
        "four characters,\n"
        "exact strings have 4 to 16 and every other one begins or ends inside a word; what\n"
        "stands nowhere is a word of jieba's dictionary, and two common words in a row. A search\n"
        f"fetches the texts of {LIMIT} hits: gongwen as the library does, from the store, with\n"
        "highlights, near-copies once, and suggestions where nothing is found. Lean Whoosh has\n"
        "no positions; it reads the texts that have all words of an exact string. The plain scan\n"
        "says which sentences hold a string anywhere in the folded text, word or not, exact\n"
        "strings whatever marks stand in between. A fresh process is the command gongwen search,\n"
        "or a script of a few lines, from its start to the printed hits of a common word.\n"
    )
    before = options.before.resolve() if options.before else None
    for size in sizes:
        show(measure(present, size, Wishes(options.times, options.builds, before)), size)


if __name__ == "__main__":
    main()
