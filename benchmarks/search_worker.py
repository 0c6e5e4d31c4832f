"""One step of :mod:`benchmarks.search` in a process of its own; prints JSON.

``python -m benchmarks.search_worker STEP FOLDER [NAME]``: FOLDER holds what the steps share, NAME
is that of the contender's own folder in it, and begins with the number of the contender.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks import search_queries
from benchmarks.search_contenders import CONTENDERS, Contender
from benchmarks.search_queries import Cut, Query, Sentence


class Clock:
    """Takes the processor time that a function spends cutting text, in its own thread only."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self.seconds = 0.0

    def __call__(self, *args: Any, **options: Any) -> list[Any]:
        """Return what the function yields."""
        began = time.thread_time()
        found = list(self._cut(*args, **options))
        self.seconds += time.thread_time() - began
        return found


def prepare(folder: Path, source: str, size: str) -> dict[str, Any]:
    """Write the sentences, each with a topic by its hash, and the queries drawn from them."""
    from gongwen.nlp.topics.taxonomy import Taxonomy

    slugs = [topic.slug for topic in Taxonomy.shipped().topics]

    def sentences() -> Iterator[Sentence]:
        with gzip.open(source, "rt", encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(islice(file, int(size)), 1):
                year, _, text = line.rstrip("\r\n").partition("\t")
                yield Sentence(number, year, slugs[crc32(text.encode()) % len(slugs)], text)

    held = list(sentences())
    search_queries.write(folder / "sentences.tsv", held)
    queries = [asdict(query) for query in search_queries.draw(held)]
    (folder / "queries.json").write_text(json.dumps(queries, ensure_ascii=False), "utf-8")
    return {"sentences": len(held), "characters": sum(len(s.text) for s in held)}


def build(folder: Path, name: str) -> dict[str, Any]:
    """Index all sentences; modules and dictionaries are loaded before."""
    contender = _contender(name)
    sentences = search_queries.read
    began = time.process_time()
    clock = Clock(contender.cutter())
    contender.build(folder / f"{name}-warm", islice(sentences(folder / "sentences.tsv"), 1), clock)
    loaded, wall = time.process_time(), time.perf_counter()
    clock.seconds = 0.0
    contender.build(folder / name, sentences(folder / "sentences.tsv"), clock)
    seconds, wall = time.process_time() - loaded, time.perf_counter() - wall
    files = (path for path in (folder / name).rglob("*") if path.is_file())
    return {
        "load": loaded - began,
        "seconds": seconds,
        "without": seconds - clock.seconds,
        "wall": wall,
        "size": sum(path.stat().st_size for path in files) / 1e6,
        "memory": peak(),
    }


def search(folder: Path, name: str) -> dict[str, Any]:
    """Ask every query once in one opened index, and take the processor time of each."""
    contender = _contender(name)
    searcher = contender.open(folder / name)
    ask = {"count": searcher.count, "facet": searcher.by_topic}
    times: dict[str, list[float]] = {}
    for query in _queries(folder):
        asked = ask.get(query.kind, searcher.find)
        if query.kind not in times:
            asked(query)  # loads modules and dictionaries
        began = time.process_time()
        asked(query)
        times.setdefault(query.kind, []).append(1000 * (time.process_time() - began))
    return {"ms": times, "memory": peak()}


def compare(folder: Path, name: str) -> dict[str, Any]:
    """Return by kind whether each answer is that of the scan, and whether sources are found."""
    searcher = _contender(name).open(folder / name)
    texts = [sentence.text for sentence in search_queries.read(folder / "sentences.tsv")]
    same: dict[str, list[bool]] = {}
    found: dict[str, list[bool]] = {"whole": [], "across": []}
    for query in _queries(folder):
        if query.kind == "facet":
            agrees = searcher.by_topic(query) == query.by_topic
        else:
            agrees = searcher.count(query) == query.total
            for hit in searcher.find(query):
                if texts[hit.id - 1] != hit.text:
                    raise SystemExit(f"{name}: not the text that was given: {hit}")
        if query.kind == "exact":
            found["across" if query.across else "whole"].append(query.source in searcher.ids(query))
        same.setdefault(query.kind, []).append(agrees)
    return {"same": same, "found": found}


def _contender(name: str) -> Contender:
    return CONTENDERS[int(name.partition("-")[0])]


def _queries(folder: Path) -> list[Query]:
    listed = json.loads((folder / "queries.json").read_text("utf-8"))
    return [Query(**{**query, "strings": tuple(query["strings"])}) for query in listed]


def peak() -> float:
    """Return the most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of a child begins with that of its parent
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "build": build,
    "search": search,
    "compare": compare,
}

if __name__ == "__main__":
    step, where, *rest = sys.argv[1:]
    print(json.dumps(STEPS[step](Path(where), *rest)))
