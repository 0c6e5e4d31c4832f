"""One step of :mod:`benchmarks.ingest` in a process of its own; prints JSON.

``python -m benchmarks.ingest_worker STEP FOLDER FILES [ARGUMENT]``: FOLDER is where the step
writes, FILES holds a path a line.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import ingest_peers

MAIN = (
    ("gongwen.ingest.pipeline", "load", "known"),
    ("gongwen.ingest.pipeline", "Storing.unchanged", "known"),
    ("gongwen.ingest.pipeline", "prepare_loaded", "prepare here"),
    ("gongwen.ingest.pipeline", "Recogniser.recognise", "recognise"),
    ("gongwen.storage.store", "Store.put", "store"),
    ("gongwen.storage.index_sync", "Indexing.catch_up", "index"),
)
"""What the main process does: module, function, stage."""
PREPARING = (
    ("gongwen.ingest.prepare", "read", "read"),
    ("gongwen.ingest.prepare", "parse_document", "split"),
    ("gongwen.ingest.prepare", "described", "describe"),
    ("gongwen.ingest.prepare", "tag_document", "tag"),
    ("gongwen.ingest.prepare", "sketch", "sketch"),
    ("gongwen.ingest.prepare", "figures_of", "figures"),
    ("gongwen.ingest.worker", "segment_batch", "cut"),
)
"""What workers do when there are several, and what can only be timed where it is done."""
WITH, WITHOUT = "with", "without"
"""Arguments of :func:`stages`: whether figures are read."""
STAGES = (
    "read,split,describe,tag,sketch,figures,pass on,known,recognise,store,cut,index,rest"
).split(",")


class Clock:
    """Takes the time of functions by stage; of those inside one another, each its own alone.

    Args:
        now: tells the time, in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._now = now
        self._open: list[str] = ["rest"]
        self._since = now()

    def _pass(self) -> None:
        now = self._now()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def __call__(self, stage: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call ``function`` and count its time to ``stage``; an iterator is run to its end."""
        self._pass()
        self._open.append(stage)
        try:
            found = function(*args, **options)
            return list(found) if hasattr(found, "__next__") else found
        finally:
            self._pass()
            self._open.pop()

    def around(self, module: str, name: str, stage: str) -> None:
        """Take the time of a function, or method, of a module from now on."""
        *classes, name = name.split(".")
        owner = import_module(module)
        for inner in classes:
            owner = getattr(owner, inner)
        function = getattr(owner, name)
        setattr(owner, name, wraps(function)(lambda *a, **o: self(stage, function, *a, **o)))

    def around_waiting(self) -> None:
        """Take the time of waiting for workers, by what it is that waits."""
        result = Future.result

        def waiting(future: Future[Any], *args: Any) -> Any:
            where = "cut" if self._open[-1] == "index" else "prepare"
            return self(f"wait for {where}", result, future, *args)

        Future.result = waiting  # type: ignore[method-assign]

    def taken(self) -> dict[str, float]:
        """Return the seconds by stage up to now, and begin anew."""
        self._pass()
        taken = dict(self.seconds)
        self.seconds.clear()
        return taken


def add(folder: Path, files: Sequence[Path], workers: str) -> dict[str, Any]:
    """Add files to a new library, as ``gongwen add`` does."""
    import gongwen

    clock = Clock(time.perf_counter)
    for place in MAIN:
        clock.around(*place)
    clock.around_waiting()
    clock.taken()
    with gongwen.open(folder) as library:
        outcomes = library.add(files, workers=int(workers))
        loaded = {name for name in sys.modules if "." not in name}
    done = _report(folder, clock.taken(), outcomes)
    return done | {"modules": sorted(loaded & {"jieba", "rjieba", "sklearn"})}


def stages(folder: Path, files: Sequence[Path], figures: str) -> dict[str, Any]:
    """Add files with everything in this process, and take its CPU time.

    What is loaded first is loaded before. Reports are passed on as between processes. With
    ``figures`` of :data:`WITHOUT` the figures of the reports are neither read nor kept; gongwen
    itself has no such setting, so its function is replaced by one that finds none.
    """
    import gongwen
    from gongwen.ingest import pipeline, prepare
    from gongwen.ingest.message_codec import MessageReader, MessageWriter
    from gongwen.ingest.messages import read_reports, write_reports
    from gongwen.readers.base import Limits

    clock = Clock(time.process_time)
    for place in (*MAIN, *PREPARING):
        clock.around(*place)
    read: defaultdict[str, float] = defaultdict(float)
    read_file = prepare.read

    def read_by_format(blob: Any) -> Any:
        began = time.process_time()
        found = read_file(blob)
        read[Path(blob.name).suffix[1:]] += time.process_time() - began
        return found

    def prepare_here(*args: Any) -> Any:
        prepared = prepare.prepare_loaded(*args)
        message = MessageWriter()
        clock("pass on", write_reports, message, prepared.reports)
        reports = clock("pass on", read_reports, MessageReader(message.data()), Limits())
        return prepare.PreparedFile(prepared.sha256, reports)

    prepare.read, pipeline.prepare_loaded = read_by_format, prepare_here
    if figures == WITHOUT:
        prepare.figures_of = lambda document: []
    pipeline.is_short_plain_text = lambda *_: True
    with gongwen.open(folder.with_name(folder.name + "-warm")) as library:
        library.add(files[:8])
    clock.taken()
    read.clear()
    with gongwen.open(folder) as library:
        outcomes = library.add(files)
    return _report(folder, clock.taken(), outcomes) | {"read": read}


def _report(folder: Path, seconds: dict[str, float], outcomes: Sequence[Any]) -> dict[str, Any]:
    return {
        "seconds": sum(seconds.values()),
        "stages": seconds,
        "sentences": sum(outcome.sentences for outcome in outcomes if outcome.status == "added"),
        "statuses": Counter(outcome.status for outcome in outcomes),
        "similar": sum("similar to" in outcome.message for outcome in outcomes),
        "failed": [outcome.message for outcome in outcomes if outcome.status == "failed"],
        "figures": _figures(folder),
        **_resources(folder),
    }


def _figures(folder: Path) -> int:
    """Return how many figures a library holds."""
    with closing(sqlite3.connect(folder / "library.db")) as database:
        [(count,)] = database.execute("SELECT count(*) FROM figures")
    return int(count)


def peer(folder: Path, files: Sequence[Path], number: str) -> dict[str, Any]:
    """Run what a user would write instead; a tagger is fitted before, and loaded as it would be."""
    chosen = ingest_peers.PEERS[int(number)]
    folder.mkdir(parents=True)
    if chosen.tags:
        ingest_peers.fit_tagger(folder)
    began, before = time.perf_counter(), time.process_time()
    done = ingest_peers.run(chosen, folder, files)
    return {
        "seconds": time.perf_counter() - began,
        "sentences": done.sentences,
        "failed": done.failed,
        "read": done.read,
        "figures": 0,
        **_resources(folder),
        "cpu": time.process_time() - (before if chosen.tags else 0.0),
    }


def _resources(folder: Path) -> dict[str, float]:
    import resource

    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu": own.ru_utime + own.ru_stime,
        "workers_cpu": others.ru_utime + others.ru_stime,
        "disk": sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6,
    }


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"add": add, "stages": stages, "peer": peer}

if __name__ == "__main__":
    step, where, listed, *rest = sys.argv[1:]
    paths = [Path(line) for line in Path(listed).read_text("utf-8").splitlines()]
    print(json.dumps(STEPS[step](Path(where), paths, *rest)))
