"""Does a small change or a small question cost more in a large library?

``python -m benchmarks.library_growth [--sizes 1000,100000,400000] [--before CHECKOUT] [--keep
FOLDER] [--runs 3] [--only TEXT]`` prints, for libraries of so many sentences, the processor seconds
and the peak memory of commands in fresh processes, and the milliseconds of questions to an open
library, each with its ratio to the smallest size. With ``--before`` the same commands of an older
checkout run in turn on a library that it has made of the same reports itself.

The reports are those of ``../shared/data/sentences-100k.txt.gz``, 200 sentences each; beyond
100,000 they come again in another order, with other numbers and names of places. The least of the
runs counts, of questions the median of several.

On two cores a library of 100,000 sentences is made in about a minute and one of 400,000 in four;
measuring takes two and four minutes of each version in three runs (``--runs 1`` a third of it), of
versions that write the index whole twice that at 400,000. All sizes and versions are measured in
turn, and the tables are printed after each run. Libraries that are in FOLDER already
(``now-100000``, ``before-100000``) are not made again. Changes are made in copies, in which a
library of an older format is brought up to date before anything is measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentences-100k.txt.gz"
_REPORT = 200
"""Sentences of a report."""
_SMALL, _LARGE = 4, 300
"""Sentences of the reports that are added to the libraries."""
_NAMES = (
    "安宁和兴隆昌平泰康永定德文武清河江湖山岭石松柏桥溪沙金银铜龙凤鹤东南西北新云阳阴明华荣春秋"
)
_PLACE = re.compile(r"[\u4e00-\u9fff]{2}(?=[县区镇乡村市街])")
_NUMBER = re.compile(r"[0-9]+")
_MANY = 8
"""Reports that are added to an open library one after another."""
_QUESTIONS = 5
"""Questions of each kind, beside the first, which is not measured."""


# -- reports ---------------------------------------------------------------------------------------


class Sentences:
    """Sentences without end: those of the file, then the same ones varied and in another order."""

    @cached_property
    def _given(self) -> list[str]:
        with gzip.open(DATA, "rt", encoding="utf-8") as lines:
            return [line.rstrip("\n").partition("\t")[2] for line in lines]

    def round(self, number: int) -> Iterator[str]:
        """Yield all sentences; only those of round 0 are as they are in the file."""
        random = Random(number)
        order = list(range(len(self._given)))
        if number:
            random.shuffle(order)
        for at in order:
            yield _varied(self._given[at], random) if number else self._given[at]

    def first(self, count: int) -> Iterator[str]:
        """Yield the first ``count`` sentences."""
        number = 0
        while count > 0:
            for text in self.round(number):
                if count == 0:
                    return
                yield text
                count -= 1
            number += 1


def _varied(text: str, random: Random) -> str:
    """Return a sentence with other numbers and names of places; years stay years."""

    def number(found: re.Match[str]) -> str:
        digits = found[0]
        if len(digits) == 4 and digits.startswith("20"):
            return f"20{random.randrange(10, 24)}"
        return str(random.randrange(1, 10)) + "".join(
            random.choices("0123456789", k=len(digits) - 1)
        )

    def place(found: re.Match[str]) -> str:
        return found[0] if random.random() < 0.3 else "".join(random.choices(_NAMES, k=2))

    return _PLACE.sub(place, _NUMBER.sub(number, text))


def _write_report(path: Path, title: str, texts: Sequence[str]) -> Path:
    path.write_text("\n".join([title, "", *texts, ""]), "utf-8")
    return path


def write_reports(folder: Path, sentences: Sentences, count: int) -> None:
    """Write reports of ``count`` sentences together."""
    folder.mkdir()
    part: list[str] = []
    number = 0
    for text in sentences.first(count):
        part.append(text)
        if len(part) == _REPORT:
            random = Random(number)
            title = (
                f"{''.join(random.choices(_NAMES, k=2))}县{2010 + number % 14}年第{number}号报告"
            )
            _write_report(folder / f"{number:05d}.txt", title, part)
            part, number = [], number + 1
    if part:
        _write_report(folder / f"{number:05d}.txt", f"某县2020年第{number}号报告", part)


# -- running commands ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took.

    Attributes:
        seconds: of the processor, with its children.
        memory: the most that one of its processes held, in MB.
        output: what it printed.
    """

    seconds: float
    memory: float
    output: str


_LAUNCHER = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = usage.ru_utime + usage.ru_stime
print(end="\\n" + json.dumps([seconds, usage.ru_maxrss]), file=sys.stderr)
sys.exit(code)
"""
"""Runs a command and writes what it took behind its errors. The memory of a process is counted from
that of the one that has started it, and this one is small."""


_ADDING = """
import json, sys, time
import gongwen
with gongwen.open(sys.argv[1]) as library:
    added, took = [], []
    for file in sys.argv[2:]:
        began = time.process_time()
        added += library.add(file)
        took.append(1000 * (time.process_time() - began))
    library.remove(*(outcome.report for outcome in added))
print(json.dumps(took))
"""
"""Adds files to a library one by one, and prints the milliseconds of each."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A version of gongwen.

    Attributes:
        name: what it is called in tables.
        root: its folder.
    """

    name: str
    root: Path

    def run(self, *arguments: str | Path, may_fail: bool = False) -> Cost:
        """Run Python with this version of gongwen, and return what it took."""
        environment = os.environ | {
            "PYTHONPATH": str(self.root / "src"),
            "GONGWEN_LANG": "en",
            "COLUMNS": "120",
        }
        done = subprocess.run(
            [sys.executable, "-c", _LAUNCHER, sys.executable, *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", env=environment,
        )  # fmt: skip
        said, _, usage = done.stderr.rpartition("\n")
        if done.returncode and not may_fail:
            raise subprocess.CalledProcessError(
                done.returncode, f"{self.name}: {' '.join(map(str, arguments))}", done.stdout, said
            )
        seconds, most = json.loads(usage)
        unit = 1 if sys.platform == "darwin" else 1024
        return Cost(seconds, most * unit / 1e6, done.stdout)

    def command(self, library: Path, *arguments: str | Path, may_fail: bool = False) -> Cost:
        """Run a command on a library."""
        whole = ("-m", "gongwen", "--library", library, *arguments)
        return self.run(*whole, may_fail=may_fail)


@dataclass(slots=True)
class Measured:
    """What was measured of one version and one size: by row, seconds or milliseconds, and MB."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def keep(self, row: str, cost: Cost) -> None:
        """Take in a run."""
        self.seconds.setdefault(row, []).append(cost.seconds)
        self.memory[row] = min(self.memory.get(row, cost.memory), cost.memory)


class Measuring:
    """Measures the commands of one version on one library.

    Args:
        checkout: the version.
        library: its library, which is changed.
        folder: for the reports that are added.
        sentences: what they are made of.
        only: a part of the names of the rows that are wanted.
    """

    def __init__(
        self, checkout: Checkout, library: Path, folder: Path, sentences: Sentences, only: str
    ) -> None:
        self._checkout = checkout
        self._library = library
        self._folder = folder
        self._fresh = sentences.round(99)
        self._only = only
        self._run = 0
        self.measured = Measured()
        self._command("status", may_fail=True)  # brings a library of an older version up to date
        listed = json.loads(self._command("reports", "--format", "json").output)
        reports = listed["reports"]
        self._report = str(reports[len(reports) // 2]["report"])

    def _command(self, *arguments: str | Path, may_fail: bool = False) -> Cost:
        return self._checkout.command(self._library, *arguments, may_fail=may_fail)

    def _measure(self, row: str, *arguments: str | Path, may_fail: bool = False) -> None:
        """Run a command; one that fails is reported, and has no figures."""
        if self._only not in row:
            return
        try:
            self.measured.keep(row, self._command(*arguments, may_fail=may_fail))
        except subprocess.CalledProcessError as error:
            print(f"{error}\n{error.stderr}", file=sys.stderr, flush=True)

    def changes(self) -> None:
        """Add reports, remove them, correct a tag and take that back; once."""
        self._run += 1
        for size in (_SMALL, _LARGE):
            name = f"fresh{size}-{self._run}"
            texts = [next(self._fresh) for _ in range(size)]
            file = self._folder / f"{name}.txt"
            _write_report(
                file, f"新设{'甲乙丙丁戊己庚辛'[self._run % 8]}县2023年第{size}号通报", texts
            )
            self._measure(f"add {size} sentences", "add", file)
            self._measure(f"remove {size} sentences", "remove", name)
        place = f"{self._report}:{5 + self._run}"
        self._measure("correct", "correct", place, "行政执法")
        self._measure("undo", "correct", place, "--undo")

    def many_changes(self) -> None:
        """Add reports one after another to an open library, and remove them; once.

        The mean and the largest show what now and then has to be written anew.
        """
        row = f"add {_SMALL} sentences, open library, "
        if self._only not in f"{row}mean and most ms":
            return
        files = []
        for number in range(_MANY + 1):
            texts = [next(self._fresh) for _ in range(_SMALL)]
            file = self._folder / f"many-{number}.txt"
            files.append(_write_report(file, f"新设子县2022年第{number}号通报", texts))
        try:
            cost = self._checkout.run("-c", _ADDING, self._library, *files)
        except subprocess.CalledProcessError as error:
            print(f"{error}\n{error.stderr}", file=sys.stderr, flush=True)
            return
        took = json.loads(cost.output)[1:]  # the first loads modules and the model
        for name, milliseconds in (("mean ms", statistics.mean(took)), ("most ms", max(took))):
            self.measured.keep(row + name, Cost(milliseconds, cost.memory, ""))

    def readings(self) -> None:
        """Run the commands that only read, once each."""
        self._measure("status", "status")
        self._measure("search, table", "search", "法律顾问")
        self._measure("search, json", "search", "法律顾问", "--format", "json")
        self._measure("reports", "reports")
        self._measure("show", "show", f"{self._report}:7")
        self._measure("figures QUERY", "figures", "行政复议")
        self._measure("similar REPORT:N", "similar", f"{self._report}:9")
        self._measure("check", "check", self._report, may_fail=True)
        self._measure("topics", "topics")
        self._measure("trash list", "trash", "list")

    def retag(self) -> None:
        """Tag all sentences anew, once."""
        self._measure("retag all", "retag")

    def questions(self) -> None:
        """Ask an open library."""
        script = Path(__file__).with_name("library_growth_questions.py")
        if self._only and "warm" not in self._only:
            return
        try:
            cost = self._checkout.run(script, self._library, str(_QUESTIONS))
        except subprocess.CalledProcessError as error:
            print(f"{error}\n{error.stderr}", file=sys.stderr, flush=True)
            return
        for kind, milliseconds in json.loads(cost.output).items():
            if self._only in f"{kind}, warm ms":
                self.measured.keep(f"{kind}, warm ms", Cost(milliseconds, cost.memory, ""))


# -- libraries -------------------------------------------------------------------------------------


def made_library(checkout: Checkout, folder: Path, sentences: Sentences, size: int) -> Path:
    """Return a version's library of ``size`` sentences in ``folder``; it is made if need be."""
    library = folder / f"{checkout.name}-{size}"
    if not (library / "library.db").exists():
        reports = folder / f"reports-{size}"
        if not reports.exists():
            write_reports(reports, sentences, size)
        cost = checkout.command(library, "add", "--workers", "2", reports)
        note = f"{checkout.name}: {size:,} sentences were loaded in {cost.seconds:.0f} s"
        print(f"{note} of the processor, {cost.memory:.0f} MB", file=sys.stderr, flush=True)
    return library


def main() -> None:
    """Make the libraries, measure them in turn, and print the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sizes", default="1000,100000,400000", help="sentences, with commas")
    parser.add_argument("--before", type=Path, help="folder of an older checkout")
    parser.add_argument("--keep", type=Path, help="folder where libraries are made and left")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    checkouts = [Checkout("now", ROOT)]
    if options.before:
        checkouts.insert(0, Checkout("before", options.before.resolve()))
    sentences = Sentences()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.keep)))
        kept = options.keep.resolve() if options.keep else scratch
        every: dict[tuple[str, int], Measuring] = {}
        for size in sizes:
            for checkout in checkouts:
                made = made_library(checkout, kept, sentences, size)
                folder = scratch / f"changed-{checkout.name}-{size}"
                shutil.copytree(made, folder / "library")
                library = folder / "library"
                every[checkout.name, size] = Measuring(
                    checkout, library, folder, sentences, options.only
                )
        for run in range(options.runs):
            for (name, size), one in every.items():
                note = f"run {run + 1} of {options.runs}: {name}, {size:,} sentences"
                print(note, file=sys.stderr, flush=True)
                one.changes()
                one.readings()
                one.questions()
                if not run:
                    one.many_changes()
                    one.retag()
            for checkout in checkouts:
                print(f"{checkout.name} ({checkout.root.name}), {run + 1} of {options.runs} runs\n")
                of_size = [every[checkout.name, size].measured for size in sizes]
                rows = [[row, *_cells(row, of_size)] for row in of_size[0].seconds]
                print_table(["", *(f"{size:,} sentences" for size in sizes)], rows)


def _cells(row: str, of_size: Sequence[Measured]) -> Iterator[str]:
    """Yield what a row took in libraries of each size, with the ratio to the first."""
    base, base_memory = min(of_size[0].seconds[row]), of_size[0].memory[row]
    for one in of_size:
        if row not in one.seconds:
            yield "failed"
            continue
        took, memory = min(one.seconds[row]), one.memory[row]
        shown = f"{took:.1f}" if row.endswith("ms") else f"{took:.2f} s"
        ratios = f" ×{took / base:.2f}, ×{memory / base_memory:.2f}"
        yield f"{shown}, {memory:.0f} MB{ratios if one is not of_size[0] else ''}"


if __name__ == "__main__":
    main()
