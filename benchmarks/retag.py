"""Tagging a library again beside the tags of its sentences one batch after another.

``python -m benchmarks.retag [--sentences N] [--runs R]`` makes a library of the first N sentences
of ``../shared/data/sentences-100k.txt.gz``, 200 a report, and prints sentences a second of

- ``retag`` where nothing changes,
- ``retag`` where a fifth of the tags are other ones before,
- ``predict_topics`` of the same texts in memory, which makes a tag with all probabilities of each,

as medians of R runs in turn, and their ratios to the last. Processor time is shown too, for it does
not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random

import gongwen
from benchmarks.tables import print_table
from gongwen.library import Library
from gongwen.nlp import TopicClassifier
from gongwen.nlp.records import UNSURE, Tag
from gongwen.results import StoredSentence, TagChange

DATA = Path(__file__).parents[2] / "shared" / "data" / "sentences-100k.txt.gz"
_REPORT = 200
"""Sentences of a report."""
_CHANGED = 0.2
"""Share of the tags that are changed before the second measurement."""


def build(folder: Path, count: int) -> Library:
    """Return a library in ``folder`` of about ``count`` sentences."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t", 1) for line in islice(lines, count)]
    reports = folder / "reports"
    reports.mkdir()
    for number, start in enumerate(range(0, len(rows), _REPORT)):
        part = rows[start : start + _REPORT]
        title = f"某县{part[0][0]}年第{number}号报告"
        text = "\n".join([title, "", *(text for _, text in part), ""])
        (reports / f"{number:04d}.txt").write_text(text, "utf-8")
    library = gongwen.open(folder / "library")
    library.add([reports])
    return library


def spoil(library: Library) -> None:
    """Give a fifth of the sentences another tag, and let the index follow."""
    random = Random(1)
    changes = [
        TagChange(sentence, Tag(UNSURE, (), 0.1))
        for sentence in library._store.all_sentences()
        if sentence.kind != "boilerplate" and random.random() < _CHANGED
    ]
    library._store.tags.retag(changes)
    library._follow()


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that ``work`` takes by the clock, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Measure in turn and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    names = ("retag, nothing changes", "retag, 20 % change", "predict_topics in memory")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with (
        tempfile.TemporaryDirectory() as scratch,
        build(Path(scratch), options.sentences) as library,
    ):
        stored: list[StoredSentence] = list(library._store.all_sentences())
        model = TopicClassifier.shipped()
        library.retag()  # what is loaded at the first use
        for _ in range(options.runs):
            taken[names[0]].append(seconds(library.retag))
            spoil(library)
            taken[names[1]].append(seconds(library.retag))
            taken[names[2]].append(seconds(lambda: model.predict_topics(stored)))
    print(f"{len(stored)} sentences, median of {options.runs} runs in turn\n")
    medians = {
        name: [statistics.median(values) for values in zip(*runs, strict=True)]
        for name, runs in taken.items()
    }
    base = medians[names[2]][1]
    rows = [
        [name, *(f"{len(stored) / took:,.0f}" for took in values), f"{values[1] / base:.2f}"]
        for name, values in medians.items()
    ]
    print_table(["", "sentences/s", "per processor second", "processor time, ratio"], rows)


if __name__ == "__main__":
    main()
