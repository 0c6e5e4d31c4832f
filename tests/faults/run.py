"""Let every call of every command fail, in every way, and print what comes of it.

``python -m tests.faults.run`` runs all points once; see ``--help``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from .preload import Action, build, unavailable
from .scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]


def points(zygote: Any, names: list[str]) -> Iterator[tuple[Any, Any, Action]]:
    """Yield every point of the scenarios called ``names``."""
    for scenario in SCENARIOS:
        if scenario.name in names:
            for call in zygote.calls(scenario)[:: scenario.stride]:
                for action in call.actions:
                    yield scenario, call, action


def work(options: argparse.Namespace) -> None:
    """Run a share of the points here, where the library is preloaded; print a line for each."""
    from .zygote import Zygote

    tell = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    zygote = Zygote(Path(options.folder), options.only)
    if options.careless:
        be_careless()
    chosen = [
        (scenario, call, action)
        for scenario, call, action in points(zygote, options.only)
        if action.name in options.actions and (call.name in options.calls or not options.calls)
    ]
    random.Random(options.seed).shuffle(chosen)
    if options.sample:
        chosen = _sample(chosen, options.sample)
    chosen = chosen[options.first : options.last]
    mine = list(enumerate(chosen, options.first))[options.share :: options.processes]
    known = {_key(result) for result in read_report(options)}
    mine = [one for one in mine if (one[1][0].name, one[1][1].number, one[1][2].name) not in known]
    tell.write(json.dumps({"points": len(mine)}) + "\n")
    for number, (scenario, call, action) in mine:
        result = zygote.point(scenario, call, action)
        tell.write(json.dumps({"point": number, **asdict(result)}, ensure_ascii=False) + "\n")


def _key(result: dict[str, Any]) -> tuple[str, int, str]:
    return result["scenario"], result["number"], result["action"]


def read_report(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the results that are to be taken over from a run that was interrupted."""
    if not options.resume or not Path(options.report).exists():
        return []
    lines = Path(options.report).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def be_careless() -> None:
    """Write files of output in place, as many programs do: what runs here must find that out."""
    from contextlib import contextmanager

    from gongwen.cli import library, output

    @contextmanager
    def in_place(path: Path, errors: str) -> Iterator[Any]:
        with path.open("w", encoding="utf-8", errors=errors, newline="") as file:
            yield file

    library.replacing_text = in_place  # type: ignore[attr-defined]
    output.write_whole = Path.write_bytes  # type: ignore[attr-defined]


def _sample(chosen: list[Any], size: int) -> list[Any]:
    """Return about ``size`` points, of every scenario about as many."""
    by_name: dict[str, list[Any]] = defaultdict(list)
    for one in chosen:
        by_name[one[0].name].append(one)
    rounds = (one for turn in range(size) for ones in by_name.values() for one in ones[turn:][:1])
    return [one for one, _ in zip(rounds, range(size), strict=False)]


def coordinate(options: argparse.Namespace) -> int:
    """Share the points among processes, and print a table of what they tell."""
    told: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        library = build(Path(folder))
        workers = []
        for share in range(options.processes):
            place = Path(folder) / str(share)
            place.mkdir()
            command = [
                sys.executable, "-m", "tests.faults.run", "--folder", str(place),
                "--share", str(share), *sys.argv[1:],
            ]  # fmt: skip
            environment = os.environ | {
                "LD_PRELOAD": str(library),
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            }
            workers.append(
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, encoding="utf-8"
                )
            )
        for worker in workers:
            Thread(target=_listen, args=(worker, told), daemon=True).start()
        results = read_report(options) + _gather(told, len(workers), options)
        failed = any(worker.wait() for worker in workers)
    print_table(results)
    bad = [result for result in results if result["findings"]]
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for result in bad:
        for finding in result["findings"]:
            kinds[result["scenario"], finding].append(result)
    for (scenario, finding), ones in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        first = ones[0]
        print(f"\n{len(ones)} x {scenario}: {finding}")
        print(f"    e.g. --only {scenario}, {first['action']} at {first['number']}"
              f" {first['call']}: {' '.join(first['err'].split())[-300:]}")  # fmt: skip
    return 2 if failed else int(bool(bad))


def _listen(worker: subprocess.Popen[str], told: SimpleQueue[dict[str, Any] | None]) -> None:
    assert worker.stdout
    for line in worker.stdout:
        told.put(json.loads(line))
    told.put(None)


def _gather(
    told: SimpleQueue[dict[str, Any] | None], running: int, options: argparse.Namespace
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    total, bad, begun = 0, 0, time.monotonic()
    with Path(options.report or os.devnull).open("a", encoding="utf-8", buffering=1) as report:
        while running:
            one = told.get()
            if one is None:
                running -= 1
                continue
            if "points" in one:
                total += one["points"]
                continue
            results.append(one)
            report.write(json.dumps(one, ensure_ascii=False) + "\n")
            bad += bool(one["findings"])
            if not options.quiet and len(results) % 20 == 0:
                speed = len(results) / (time.monotonic() - begun)
                print(f"\r{len(results)}/{total} points, {bad} with findings, {speed:.1f}/s,"
                      f" point {one['point']} ", end="", file=sys.stderr, flush=True)  # fmt: skip
    return results


def print_table(results: list[dict[str, Any]]) -> None:
    """Print a line for each command, and one for each action."""
    print(f"\n{'':<16} {'points':>7} {'completed':>10} {'errors':>7} {'stopped':>8} {'killed':>7}"
          f" {'findings':>9}")  # fmt: skip
    for key in ("scenario", "action"):
        for name in dict.fromkeys(result[key] for result in results):
            ones = [result for result in results if result[key] == name]
            count = Counter(one["outcome"] for one in ones)
            bad = sum(bool(one["findings"]) for one in ones)
            print(f"{name:<16} {len(ones):>7} {count['completed']:>10} {count['error']:>7}"
                  f" {count['stopped']:>8} {count['killed']:>7} {bad:>9}")  # fmt: skip
        print()
    print(f"{len(results)} points, {sum(bool(r['findings']) for r in results)} with findings")


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", nargs="+", default=names, choices=names, metavar="SCENARIO",
                        help=f"some of {', '.join(names)}")  # fmt: skip
    actions = [action.name for action in Action if action]
    parser.add_argument("--actions", nargs="+", default=actions, choices=actions, metavar="ACTION",
                        help=f"some of {', '.join(actions)}")  # fmt: skip
    parser.add_argument("--calls", nargs="+", default=[], metavar="CALL",
                        help="calls of these names, as rename; by default all")  # fmt: skip
    parser.add_argument("--sample", type=int, default=0, help="about so many points; 0 for all")
    parser.add_argument("--seed", type=int, default=0, help="of the order, and so of the sample")
    parser.add_argument("--first", type=int, default=0, help="first number of that order to run")
    parser.add_argument("--last", type=int, default=None, help="number behind the last one")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--report", help="append every result to this file, JSON lines")
    parser.add_argument("--resume", action="store_true", help="leave out what is in the report")
    parser.add_argument("--careless", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--quiet", action="store_true", help="no progress line")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.resume and not options.report:
        parser.error("--resume needs --report")
    if why := unavailable():
        print(f"cannot run here: {why}", file=sys.stderr)
        return 3
    if options.folder:
        work(options)
        return 0
    return coordinate(options)


if __name__ == "__main__":
    sys.exit(main())
