"""Runs the steps of :mod:`benchmarks.ingest` and looks at the memory that they take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ingest_reports import ROOT

SAMPLE_SECONDS = 0.1
_SITE = "import sys\nsys.modules['rjieba'] = None\n"
"""In ``sitecustomize.py``, hides rjieba from a process and from those that it starts."""

Result = dict[str, Any]


def tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Step:
    """A step of the worker.

    Attributes:
        name: of the function.
        size: how many of the reports it gets.
        argument: what else it is told.
        rjieba: whether it may use rjieba.
    """

    name: str
    size: int
    argument: str = ""
    rjieba: bool = False

    def __str__(self) -> str:
        return f"{self.size} reports: {self.name} {self.argument}{' rjieba' * self.rjieba}"


@dataclass
class Memory:
    """What processes held, in MB.

    Attributes:
        main: most of the first process.
        all: most of it and all that it started, together at one time.
    """

    main: float = 0.0
    all: float = 0.0


class Runs:
    """Runs steps, each in a fresh process.

    Args:
        scratch: for what they write.
        files: the reports.
        times: how often each is run; the run with the least CPU time counts, for other work on the
            machine can only slow it down.
    """

    def __init__(self, scratch: Path, files: Sequence[Path], times: int) -> None:
        self._scratch = scratch
        self._files = files
        self._times = times
        self._hiding = scratch / "hiding"
        self._hiding.mkdir()
        (self._hiding / "sitecustomize.py").write_text(_SITE, "utf-8")

    def suffixes(self, size: int) -> list[str]:
        """Return the formats of the first ``size`` reports."""
        return [path.suffix[1:] for path in self._files[:size]]

    def least(self, steps: Mapping[Any, Step]) -> dict[Any, Result]:
        """Run steps in turn, and return of each the run with the least CPU time."""
        best: dict[Any, Result] = {}
        for _ in range(self._times):
            for key, step in steps.items():
                result = self.run(step)
                if key not in best or _cpu(result) < _cpu(best[key]):
                    best[key] = result
        return {key: best[key] for key in steps}

    def run(self, step: Step) -> Result:
        """Run a step; ``main`` and ``all`` MB come with what it says."""
        tell(str(step))
        where = self._scratch / "step"
        listed = self._scratch / "files.txt"
        listed.write_text("\n".join(map(str, self._files[: step.size])), "utf-8")
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.ingest_worker", step.name]
        command += [str(where), str(listed), *filter(None, [step.argument])]
        paths = [] if step.rjieba else [str(self._hiding)]
        paths += filter(None, [os.environ.get("PYTHONPATH")])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        began, busy = time.perf_counter(), _busy_seconds()
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as answer:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=answer, stderr=errors
            )
            memory = _watched(process)
            errors.seek(0)
            answer.seek(0)
            if process.returncode:
                sys.exit(f"{step} failed ({process.returncode}):\n{errors.read().decode()}")
            result: Result = json.load(answer)
        others = _busy_seconds() - busy - result["cpu"] - result["workers_cpu"]
        share = max(0.0, others) / ((time.perf_counter() - began) * (os.cpu_count() or 1))
        tell(f"  {result['seconds']:.1f} s, while others took {share:.0%} of the CPUs")
        for kept in self._scratch.glob("step*"):
            shutil.rmtree(kept)
        for message in result["failed"][:1]:
            tell(f"{len(result['failed'])} failed: {message}")
        return result | {"size": step.size, "main": memory.main, "all": memory.all}


def _cpu(result: Result) -> float:
    return float(result["cpu"] + result["workers_cpu"])


def _watched(process: subprocess.Popen[bytes]) -> Memory:
    """Wait for a process, and look every now and then at what it and those below it hold."""
    memory = Memory()
    while process.poll() is None:
        memory.all = max(memory.all, sum(_status_mb(pid, "VmRSS") for pid in _tree(process.pid)))
        memory.main = max(memory.main, _status_mb(process.pid, "VmHWM"))
        time.sleep(SAMPLE_SECONDS)
    return memory


def _tree(pid: int) -> list[int]:
    """Return a process and those that it started, where the system has ``/proc``."""
    found = [pid]
    for parent in found:  # grows meanwhile
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # it has just ended
                continue
    return found


def _busy_seconds() -> float:
    """Return the CPU time that all processes have taken, 0 where the system does not say so."""
    try:
        user, nice, system, *_ = Path("/proc/stat").read_text().split()[1:]
    except OSError:
        return 0.0
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _status_mb(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))
