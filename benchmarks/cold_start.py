"""From process start to printed hits: ``gongwen search`` beside scripts over other indexes.

``python -m benchmarks.cold_start [RUNS]`` indexes the same sentences with all, then starts each in
a fresh process, in turn, and prints the least and the median of the runs. The commands are those of
:mod:`benchmarks.search_contenders`; what is not installed is left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gongwen
from benchmarks import recipe
from benchmarks.search_contenders import CONTENDERS, RECIPE, Started, our_command, start
from benchmarks.search_queries import Sentence
from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "reports"
QUERY = "法律顾问"


@dataclass(frozen=True)
class Search:
    """A search in a fresh process.

    Attributes:
        name: heads its row.
        command: what is run.
    """

    name: str
    command: Sequence[str]


def main() -> None:
    """Build all indexes, start each search in turn, and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources = [ROOT / "seeds" / "reports"] + ([REPORTS] if REPORTS.is_dir() else [])
        with gongwen.open(folder / "library") as library:
            library.add(sources)
            units = [s for report in library.reports() for s in library.sentences(report.id)]
        searches = [*_ours(folder / "library"), *_others(folder, [s.text for s in units])]
        taken: dict[str, list[Started]] = {search.name: [] for search in searches}
        for turn in range(runs + 1):
            for search in searches:
                now = start(search.command)
                if turn:  # the first turn fills the file cache and jieba's own
                    taken[search.name].append(now)
    print(f"{len(units)} sentences, query {QUERY}, {runs} fresh processes each, in turn\n")
    _show(taken)


def _ours(library: Path) -> list[Search]:
    command = our_command(library, QUERY)
    return [
        Search("gongwen search, table", command),
        Search("gongwen search, json", [*command, "--format", "json"]),
    ]


def _others(folder: Path, texts: Sequence[str]) -> list[Search]:
    """Index the texts with all others, and return their searches."""
    found = []
    for number, one in enumerate(CONTENDERS):
        if one.name.startswith("gongwen") or one.missing():
            continue
        place = folder / str(number)
        if one.name == RECIPE:
            recipe.build(place, ((str(n), text) for n, text in enumerate(texts)))
        else:
            sentences = (Sentence(n, "", "other", text) for n, text in enumerate(texts, 1))
            one.build(place, sentences, one.cutter())
        found.append(Search(one.name, one.command(place, QUERY)))
    return found


def _show(taken: dict[str, list[Started]]) -> None:
    def cell(runs: Sequence[Started], of: Callable[[Started], float]) -> list[str]:
        times = [of(run) for run in runs]
        return [f"{min(times):.0f}", f"{statistics.median(times):.0f}"]

    base = min(run.cpu for run in taken[RECIPE])
    rows = []
    for name, runs in taken.items():
        cells = [*cell(runs, lambda run: run.cpu), *cell(runs, lambda run: run.wall)]
        rows.append([name, *cells, f"{min(run.cpu for run in runs) / base:.2f}"])
    head = "|CPU ms: least|median|ms by the clock: least|median|least CPU, share of the recipe"
    print_table(head.split("|"), rows)


if __name__ == "__main__":
    main()
