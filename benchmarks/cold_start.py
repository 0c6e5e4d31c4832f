"""From process start to printed hits: ``gongwen search`` beside the tutorial recipe.

``python -m benchmarks.cold_start [RUNS]`` indexes the same sentences with both, then starts each
in a fresh process, in turn, and prints the medians and the ratio of the pairs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gongwen
from benchmarks import recipe

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "reports"
QUERY = "法律顾问"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources = [ROOT / "seeds" / "reports"] + ([REPORTS] if REPORTS.is_dir() else [])
        with gongwen.open(folder / "library") as library:
            library.add(sources)
            units = [s for report in library.reports() for s in library.sentences(report.id)]
        recipe.build(folder / "recipe", ((str(s.id), s.text) for s in units))
        ours = [
            sys.executable,
            "-m",
            "gongwen",
            "--library",
            str(folder / "library"),
            "search",
            QUERY,
        ]
        commands = {
            "gongwen search, table": ours,
            "gongwen search, json": [*ours, "--format", "json"],
            "Whoosh + ChineseAnalyzer": [
                sys.executable,
                "-m",
                "benchmarks.recipe",
                str(folder / "recipe"),
                QUERY,
            ],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(runs + 1):
            for name, command in commands.items():
                took = _run(command)
                if round_:  # the first round fills the file cache and jieba's own
                    seconds[name].append(took)
    base = seconds["Whoosh + ChineseAnalyzer"]
    print(f"{len(units)} sentences, query {QUERY}, {runs} fresh processes each, in turn\n")
    print("| | median s | min s | max s | share of the recipe (median of pairs) |")
    print("|---|---|---|---|---|")
    for name, times in seconds.items():
        share = statistics.median(a / b for a, b in zip(times, base, strict=True))
        print(
            f"| {name} | {statistics.median(times):.3f} | {min(times):.3f} | {max(times):.3f} |"
            f" {share:.2f} |"
        )
    print(json.dumps({name: round(statistics.median(times), 3) for name, times in seconds.items()}))


def _run(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=os.environ)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
