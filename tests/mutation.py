"""Changes the program in small ways, one at a time, and looks whether a test fails.

``python -m tests.mutation [--sample 300] [--seed 1] [--only nlp/checking] [--processes 2]``

A sample of all places that the operators of cosmic-ray can change in ``nlp/`` and ``index/`` is
drawn: comparisons, ``and``/``or``/``not``, numbers, arithmetic, loops, exceptions. Each change is
made in a copy of the checkout, and the test files that run its line are run, those named like the
file first. Which those are is measured once with coverage and kept in ``build/mutation.json``;
``--measure`` measures anew, after sources or tests have changed. Annotations and decorators are
left as they are, for nothing depends on them while the program runs.

Needs ``pip install -e '.[dev]'``. Exit code 1 when fewer than ``--least`` percent were killed.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import difflib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import Queue
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCES = ("nlp", "index")
TESTS = ("tests/nlp", "tests/index", "tests/readers", "tests/application")
KEPT = ROOT / "build" / "mutation.json"
_OPERATORS = (
    "ReplaceComparisonOperator", "ReplaceBinaryOperator", "ReplaceUnaryOperator",
    "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue",
    "AddNot", "NumberReplacer", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "ZeroIterationForLoop", "ExceptionReplacer",
)  # fmt: skip
_LEFT_OUT = shutil.ignore_patterns(
    ".git", "__pycache__", ".*_cache", "build", "dist", ".hypothesis"
)
_PATIENCE = 10
"""How many times as long as its tests take a change may let them run: it may loop for ever."""

Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Mutant:
    """A change of the program.

    Attributes:
        file: path of the source file below the checkout.
        line: 1-based line that is changed.
        code: the whole file with the change.
        diff: the change, for people.
        operator: what made it.
    """

    file: str
    line: int
    code: str
    diff: str
    operator: str


@dataclass(frozen=True)
class Reach:
    """What a test file runs.

    Attributes:
        seconds: how long it takes, measured while coverage watches.
        lines: by source file, the lines that it runs.
    """

    seconds: float
    lines: dict[str, frozenset[int]]


# --- changes ------------------------------------------------------------------------------------


def source_files(only: str) -> list[str]:
    """Return the source files whose path holds ``only``, in order."""
    found = (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    paths = sorted(path.relative_to(ROOT).as_posix() for path in found)
    return [path for path in paths if only in path]


def sample(files: Sequence[str], count: int, chosen: random.Random) -> list[Mutant]:
    """Return ``count`` changes at places drawn from all files; of each place one change."""
    places = [
        (file, ways)
        for file in files
        for _, ways in sorted(_places((ROOT / file).read_text("utf-8")).items())
    ]
    chosen.shuffle(places)
    found = list[Mutant]()
    for file, ways in places:
        if len(found) == count:
            break
        if mutant := _mutant(file, *chosen.choice(ways)):
            found.append(mutant)
    return found


def _places(source: str) -> dict[Span, list[tuple[str, int]]]:
    """Return where ``source`` can be changed: operators, and for each which of its occurrences."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    fixed = list(_declarations(ast.parse(source)))
    nodes = list(ast_nodes(get_ast(source)))
    found = dict[Span, list[tuple[str, int]]]()
    for name in sorted(operator_names()):
        if not name.partition("/")[2].startswith(_OPERATORS):
            continue
        operator, occurrence = get_operator(name)(), 0
        for node in nodes:
            for span in operator.mutation_positions(node):
                if not any(start <= span[0] < end for start, end in fixed):
                    found.setdefault(span, []).append((name, occurrence))
                occurrence += 1
    return found


def _declarations(tree: ast.Module) -> Iterator[Span]:
    """Yield what only says of which type something is, or decorates it."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arguments += [one for one in (node.args.vararg, node.args.kwarg) if one]
            parts = [node.returns, *(one.annotation for one in arguments)]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts += node.decorator_list
        if isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            parts = [node.test, *node.body]
        for part in parts:
            if isinstance(part, ast.expr | ast.stmt):
                end = (part.end_lineno or part.lineno, part.end_col_offset or 0)
                yield (part.lineno, part.col_offset), end


def _mutant(file: str, operator: str, occurrence: int) -> Mutant | None:
    """Return the change, ``None`` when the file means the same or nothing with it."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (ROOT / file).read_text("utf-8")
    code = mutate_code(source, get_operator(operator)(), occurrence)
    try:
        if code is None or ast.dump(ast.parse(code)) == ast.dump(ast.parse(source)):
            return None
    except SyntaxError:
        return None
    lines = list(difflib.unified_diff(source.splitlines(), code.splitlines(), n=0, lineterm=""))
    line = int(lines[2].split()[1].lstrip("-").partition(",")[0])
    return Mutant(file, line, code, "\n".join(lines[3:]), operator.partition("/")[2])


# --- copies of the checkout ---------------------------------------------------------------------


class Copies:
    """Copies of the checkout, one for each process, to change and to run tests in."""

    def __init__(self, folder: Path, count: int) -> None:
        self._free = Queue[Path]()
        shared = ROOT.parent / "shared"
        for number in range(count):
            copy = folder / str(number) / "gongwen"
            shutil.copytree(ROOT, copy, symlinks=True, ignore=_LEFT_OUT)
            if shared.exists():
                (copy.parent / "shared").symlink_to(shared)
            # Kept by the content of a file, not by its time: a change takes no second.
            for source in ("src", *SOURCES):
                compileall.compile_dir(
                    copy / source, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH
                )
            self._free.put(copy)
        self.count = count

    def map(self, act: Callable[[Path, Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Yield ``act(copy, item)`` for each item, in order, each in a copy of its own."""

        def run(item: Any) -> Any:
            copy = self._free.get()
            try:
                return act(copy, item)
            finally:
                self._free.put(copy)

        with ThreadPoolExecutor(self.count) as threads:
            yield from threads.map(run, items)


def _python(copy: Path, *arguments: str, seconds: float | None = None) -> int | None:
    """Run Python in a copy; return its exit code, ``None`` when it did not end in time."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=copy,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


_PYTEST = ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=0")


# --- which tests run which lines ----------------------------------------------------------------


def measure(copies: Copies, folders: Sequence[str]) -> dict[str, Reach]:
    """Run every test file by itself and return what it runs; those that fail are left out."""
    files = sorted(
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("test_*.py")
    )
    found = dict[str, Reach]()
    for file, reach in zip(files, copies.map(_reach, files), strict=True):
        print(f"{file}: {f'{reach.seconds:.1f} s' if reach else 'fails, left out'}", flush=True)
        if reach:
            found[file] = reach
    return found


def _reach(copy: Path, file: str) -> Reach | None:
    from coverage import CoverageData

    data = copy.parent / "coverage"
    data.unlink(missing_ok=True)
    begun = time.monotonic()
    watched = (
        "-m",
        "coverage",
        "run",
        f"--data-file={data}",
        f"--source={','.join(SOURCES)}",
        "-m",
    )
    if _python(copy, *watched, *_PYTEST, file):
        return None
    seconds = time.monotonic() - begun
    read = CoverageData(str(data))
    read.read()
    lines = {
        Path(name).resolve().relative_to(copy.resolve()).as_posix(): frozenset(
            read.lines(name) or ()
        )
        for name in read.measured_files()
    }
    return Reach(round(seconds, 2), lines)


def tests_of(mutant: Mutant, reached: dict[str, Reach], longest: float, most: int) -> list[str]:
    """Return the test files that run the line, those named like its file first, then the short."""
    stem = Path(mutant.file).stem
    found = [
        (stem not in Path(file).stem, reach.seconds, file)
        for file, reach in reached.items()
        if mutant.line in reach.lines.get(mutant.file, ()) and reach.seconds <= longest
    ]
    return [file for _, _, file in sorted(found)[:most]]


def _kept(path: Path) -> dict[str, Reach]:
    return {
        file: Reach(
            one["seconds"], {name: frozenset(lines) for name, lines in one["lines"].items()}
        )
        for file, one in json.loads(path.read_text("utf-8")).items()
    }


def _keep(path: Path, reached: dict[str, Reach]) -> None:
    path.parent.mkdir(exist_ok=True)
    told = {
        file: {"seconds": one.seconds, "lines": {name: sorted(n) for name, n in one.lines.items()}}
        for file, one in reached.items()
    }
    path.write_text(json.dumps(told), "utf-8")


# --- the run ------------------------------------------------------------------------------------


def run(
    mutants: Sequence[Mutant],
    copies: Copies,
    reached: dict[str, Reach],
    longest: float,
    most: int,
) -> int:
    """Try all changes, print what became of each and those that survived; return how many died."""

    def verdict(copy: Path, mutant: Mutant) -> str:
        files = tests_of(mutant, reached, longest, most)
        if not files:
            return "survived: no test runs it"
        seconds = 30 + _PATIENCE * sum(reached[file].seconds for file in files)
        path = copy / mutant.file
        source = path.read_bytes()
        path.write_text(mutant.code, "utf-8", newline="\n")
        try:
            code = _python(copy, "-m", *_PYTEST, *files, seconds=seconds)
        finally:
            path.write_bytes(source)
        if code is None:
            return "killed: it hangs"
        return "killed" if code else f"survived {len(files)} test files"

    survived = list[Mutant]()
    verdicts = copies.map(verdict, mutants)
    for number, (mutant, told) in enumerate(zip(mutants, verdicts, strict=True), 1):
        print(f"{number:4} {mutant.file}:{mutant.line} {mutant.operator}: {told}", flush=True)
        if told.startswith("survived"):
            print(mutant.diff, flush=True)
            survived.append(mutant)
    return len(mutants) - len(survived)


def main() -> None:
    """Draw a sample of changes and try them."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="files whose path holds this")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help="which tests run which lines, anew")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="folders of tests to measure")
    parser.add_argument("--longest", type=float, default=60.0, help="seconds of a test file")
    parser.add_argument("--most", type=int, default=12, help="test files run for a change")
    parser.add_argument("--least", type=float, default=85.0, help="percent that must be killed")
    options = parser.parse_args()
    mutants = sample(source_files(options.only), options.sample, random.Random(options.seed))
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copies = Copies(Path(folder), options.processes)
        if options.measure or not KEPT.exists():
            _keep(KEPT, measure(copies, options.tests))
        killed = run(mutants, copies, _kept(KEPT), options.longest, options.most)
    share = 100 * killed / max(1, len(mutants))
    print(f"{killed} of {len(mutants)} killed, {share:.1f} %, seed {options.seed}")
    sys.exit(0 if share >= options.least else 1)


if __name__ == "__main__":
    main()
