"""What a library of a hundred thousand to some million sentences takes: bytes, seconds, memory.

``python -m benchmarks.scale [--sizes 100000,1000000,4000000] [--engines whoosh,tantivy] [--keep
FOLDER]`` makes one library that grows from size to size by ``gongwen add --workers 2``, and prints
at each size what a sentence takes in the store and in the index, what adding took since the size
before, and the processor time of questions. The index is then built once more in each further
engine, over a copy of the store. docs/scale.md reckons from these figures.

The reports are those of :mod:`benchmarks.library_growth`, 200 sentences each: beyond 100,000
sentences come again with other numbers and names of places, so words are repeated more often than
in as many real reports, and near-copies are frequent. Four million sentences take about an hour on
two cores and 12 GB of disk. What was made in FOLDER stays, and the next run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.library_growth import ROOT, Checkout, Sentences, write_reports
from benchmarks.tables import print_table

_AT_ONCE = 200_000
"""Sentences that are added by one command."""
_QUESTIONS = 5
NOW = Checkout("now", ROOT)


class Growing:
    """A library that grows, and what was measured of it.

    Args:
        folder: the folder of everything.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = folder / "library"
        self._results = folder / "results.json"
        self._texts = _Texts()
        self.known: dict[str, Any] = {"sentences": 0, "sizes": {}}
        if self._results.exists():
            self.known = json.loads(self._results.read_text("utf-8"))
            self._texts.skip(self.known["sentences"])

    def _keep(self) -> None:
        self._results.write_text(json.dumps(self.known, indent=1), "utf-8")

    def grow(self, size: int) -> None:
        """Add reports until the library has so many sentences, and measure."""
        if str(size) in self.known["sizes"]:
            return
        added = {"processor": 0.0, "clock": 0.0, "memory": 0.0, "sentences": 0, "bytes": 0}
        while (there := self.known["sentences"]) < size:
            count = min(_AT_ONCE, size - there)
            files = self._folder / f"reports-{there}"
            shutil.rmtree(files, ignore_errors=True)
            write_reports(files, self._texts, count)
            added["bytes"] += _size(files)
            began = time.perf_counter()
            cost = NOW.command(self._library, "add", files, "--workers", "2", "--format", "json")
            added["clock"] += time.perf_counter() - began
            added["processor"] += cost.seconds
            added["memory"] = max(added["memory"], cost.memory)
            added["sentences"] += count
            shutil.rmtree(files)
            self.known["sentences"] += count
            self._keep()
            print(f"{self.known['sentences']:,} sentences", flush=True)
        self.known["sizes"][str(size)] = {
            "add": added,
            "store": _size(self._library, "library.db*"),
            "whoosh": self._measured(self._library),
        }
        self._keep()

    def other(self, size: int, engine: str) -> None:
        """Build the index of the present state in another engine, and measure."""
        held = self.known["sizes"][str(size)]
        if engine in held or self.known["sentences"] != size:
            return
        copy = self._folder / engine
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(self._library / "library.db", copy)
        began = time.perf_counter()
        cost = NOW.command(copy, "reindex", "--engine", engine, "--workers", "2")
        held[engine] = {
            "reindex": {
                "processor": cost.seconds,
                "clock": time.perf_counter() - began,
                "memory": cost.memory,
            },
            **self._measured(copy),
        }
        shutil.rmtree(copy)
        self._keep()

    def _measured(self, library: Path) -> dict[str, Any]:
        """Return the bytes of an index, and what commands and questions take."""
        script = Path(__file__).with_name("library_growth_questions.py")
        asked = NOW.run(script, library, str(_QUESTIONS))
        commands = {}
        for name, arguments in {
            "search": ("search", "法律顾问"),
            "counts": ("counts", "企业", "--by", "year"),
            "status": ("status",),
        }.items():
            cost = NOW.command(library, *arguments)
            commands[name] = {"processor": cost.seconds, "memory": cost.memory}
        return {
            "index": _size(library / "index"),
            "questions": json.loads(asked.output),
            "memory": asked.memory,
            "commands": commands,
        }


class _Texts(Sentences):
    """Sentences of which each is given once, however many are asked for at a time."""

    def __init__(self) -> None:
        self._rest = self._all()

    def _all(self) -> Iterator[str]:
        number = 0
        while True:
            yield from self.round(number)
            number += 1

    def first(self, count: int) -> Iterator[str]:
        """Yield the next ``count`` sentences."""
        for _ in range(count):
            yield next(self._rest)

    def skip(self, count: int) -> None:
        """Leave out the next ``count`` sentences."""
        for _ in self.first(count):
            pass


def _size(folder: Path, pattern: str = "**/*") -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())


def _print(known: dict[str, Any]) -> None:
    """Print what was measured."""
    rows = []
    for size, held in known["sizes"].items():
        count, added = int(size), held["add"]
        rows.append(
            [
                f"{count:,}",
                f"{held['store'] / count:.0f}",
                *(
                    f"{held[name]['index'] / count:.0f}" if name in held else ""
                    for name in ("whoosh", "tantivy")
                ),
                f"{1e6 * added['processor'] / added['sentences']:.0f}",
                f"{added['sentences'] / added['clock']:.0f}",
                f"{added['memory']:.0f}",
            ]
        )
    head = ["sentences", "bytes a sentence: store", "index", "tantivy", "µs to add one, processor"]
    print_table([*head, "added a second", "MB of the largest process"], rows)
    for engine in ("whoosh", "tantivy"):
        sizes = [size for size, held in known["sizes"].items() if engine in held]
        kinds = dict.fromkeys(
            kind for size in sizes for kind in known["sizes"][size][engine]["questions"]
        )
        rows = [
            [kind, *(f"{known['sizes'][s][engine]['questions'][kind]:.1f}" for s in sizes)]
            for kind in kinds
        ]
        for name in ("search", "counts", "status"):
            costs = [known["sizes"][size][engine]["commands"][name] for size in sizes]
            rows.append(
                [
                    f"gongwen {name}, a fresh process",
                    *(f"{1000 * c['processor']:.0f} ({c['memory']:.0f} MB)" for c in costs),
                ]
            )
        print_table([f"{engine}: ms", *(f"{int(size):,}" for size in sizes)], rows)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000,4000000")
    parser.add_argument("--engines", default="whoosh,tantivy")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        growing = Growing(folder)
        for size in map(int, options.sizes.split(",")):
            growing.grow(size)
            for engine in options.engines.split(","):
                if engine != "whoosh":
                    growing.other(size, engine)
            _print(growing.known)


if __name__ == "__main__":
    main()
