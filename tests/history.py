"""The history checker: everything at once on one library, and an independent model of it.

``python tests/history.py --minutes 30 --seed 7`` lets several processes of several threads each
add, replace, remove, describe, correct, retag, reindex, export, search and look at reports of one
library, presses Ctrl-C in them and kills them, and checks by their logs (`historymodel.py`) that
no acknowledged change is lost, that every answer is one that the library may have given, and that
nothing but the expected errors is raised. A run that fails prints its seed, what is wrong, and
what was done to that report.
"""

from __future__ import annotations

import argparse
import faulthandler
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from historyactors import MANY, Actor, Log
from historymodel import Model, Op, ViolationError
from historytexts import COMMON, TOPICS, WRITES, lines_of, slot_id

import gongwen

_ROUND_SECONDS = 8.0
_ROUND_SIGNALS = 16
_ROUNDS_OF_A_LIBRARY = 6
_PATIENCE_SECONDS = 90.0
"""What a process may take to end, once it is time to."""


def desk_of(folder: Path, number: int, store: str) -> Path:
    """Return the folder of the library that a process opens: of a server, one of two desks."""
    desk = folder.with_name(f"{folder.name}-desk-{number % 2}") if store and number % 2 else folder
    if store and not (desk / "store.toml").exists():
        gongwen.open(desk, store=f"{store}?schema={folder.parent.name.replace('-', '_')}").close()
    return desk


def worker(
    folder: Path, slots: int, number: int, seed: str, threads: int, going_on: Callable[[], bool]
) -> None:
    """Act in the main thread, which gets the Ctrl-C, and in ``threads`` others."""
    errors = (folder.parent / f"{number}.err").open("w")
    os.dup2(errors.fileno(), 2)
    faulthandler.enable(errors)
    faulthandler.register(signal.SIGUSR1, errors)
    log = Log(folder.parent / f"{number}.log")
    numbers = itertools.count(number * 4096)
    actors = [
        Actor(folder, slots, log, f"{number}.{thread}", f"{seed} {number} {thread}")
        for thread in range(threads + 1)
    ]

    def pressed(_signal: int, _frame: FrameType | None) -> None:
        if actors[0].armed:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, pressed)

    def go_on(actor: Actor) -> None:
        while going_on():
            actor.act(numbers)

    with gongwen.open(folder) as library:
        for actor in actors:
            actor.library = library
        others = [threading.Thread(target=go_on, args=[actor]) for actor in actors[1:]]
        for thread in others:
            thread.start()
        go_on(actors[0])
        for thread in others:
            thread.join()


class Round:
    """Some seconds, or so many signals, of several processes on a library."""

    def __init__(
        self, folder: Path, slots: int, first: int, seed: str, seconds: float,
        signals: int | None, store: str = "",
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._slots = slots
        self._first = self.next = first
        self._seed = seed
        self._chosen = random.Random(seed)
        self._until = time.monotonic() + (seconds if signals is None else float("inf"))
        self._signals = signals
        self._end = folder.parent / "end"
        self._end.unlink(missing_ok=True)
        self._running: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self.kills = self.presses = 0

    def _start(self, threads: int) -> None:
        number = self.next
        self.next += 1
        # Nobody presses Ctrl-C before the process has said what that does.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = os.fork()
        if child:
            signal.signal(signal.SIGINT, before)
        else:
            code = 1
            try:
                desk = desk_of(self._folder, number, self._store)
                worker(desk, self._slots, number, self._seed, threads, self._going_on)
                code = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        self._running[child] = number

    def _going_on(self) -> bool:
        return time.monotonic() < self._until and not self._end.exists()

    def run(self, processes: int, threads: int) -> list[Op]:
        """Run the round and return its operations in the order in which they began."""
        for _ in range(processes):
            self._start(threads)
        while time.monotonic() < self._until and self.kills + self.presses != self._signals:
            time.sleep(self._chosen.uniform(0.0, 0.8))
            self._look()
            if not self._running:
                break
            child = self._chosen.choice(list(self._running))
            if self._chosen.random() < 0.2:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                self._ended[self._running.pop(child)] = time.monotonic_ns()
                self.kills += 1
                self._start(threads)
            else:
                os.kill(child, signal.SIGINT)
                self.presses += 1
        self._end.touch()
        patience = time.monotonic() + _PATIENCE_SECONDS
        while self._running:
            self._look()
            time.sleep(0.02)
            if time.monotonic() > patience:
                for child in self._running:
                    os.kill(child, signal.SIGUSR1)
                time.sleep(1)
                for child in self._running:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                raise ViolationError(
                    f"processes hang: {list(self._running.values())}, see their .err"
                )
        return self.ops()

    def _look(self) -> None:
        """Take leave of the processes that have ended."""
        for child in list(self._running):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                number = self._running.pop(child)
                self._ended[number] = time.monotonic_ns()
                if status:
                    said = (self._folder.parent / f"{number}.err").read_text()[-3000:]
                    raise ViolationError(f"process {number} ended by itself ({status}): {said}")

    def ops(self) -> list[Op]:
        """Return what the logs have, in the order of begins."""
        ops = []
        for number in range(self._first, self.next):
            ops += read_log(self._folder.parent / f"{number}.log", self._ended.get(number, 0))
        return sorted(ops, key=lambda op: op["begin"])


def read_log(path: Path, ended: int) -> list[Op]:
    """Return the operations of a process; ``ended`` is when it was gone."""
    ops: dict[str, Op] = {}
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    for line in lines:
        if not line.endswith("\n"):
            break  # it was killed while it wrote
        entry = json.loads(line)
        at = entry.pop("at")
        if entry["op"] in ops:
            ops[entry["op"]] |= entry | {"end": at}
        else:
            ops[entry["op"]] = entry | {"begin": at, "end": ended}
    return list(ops.values())


def first_reports(folder: Path, slots: int) -> list[Op]:
    """Begin a library with every second report, so that there is something to change."""
    log = folder.parent / "first.log"
    actor = Actor(folder, slots, Log(log), "first", "first")
    for slot in range(0, slots, 2):
        path = folder.parent / "files" / f"{slot_id(slot)}.txt"
        path.write_text("\n".join(lines_of(slot, slot)) + "\n", "utf-8")
    actor.run({"do": "add", "adds": [(slot, slot) for slot in range(0, slots, 2)]})
    return read_log(log, 0)


def final_reads(folder: Path, slots: int, path: Path) -> tuple[list[Op], list[list[str]]]:
    """Read everything once more, undisturbed; also give the corrections that are kept."""
    actor = Actor(folder, slots, Log(path), path.stem, "final", own=0.0)
    with gongwen.open(folder) as library:
        actor.library = library
        ops = [actor.run({"do": do}) for do in ("status", "reports", "export", "everywhere")]
        for slot in range(slots):
            ops += [actor.run({"do": do, "slot": slot}) for do in ("show", "search", "figures")]
            ops += [actor.run({"do": "topic", "slot": slot, "topic": t}) for t in TOPICS]
        plain_scan(library)
        kept = [[c.note, c.report, c.text, c.topic] for c in library.corrections()]
    return read_log(path, 0), kept


def plain_scan(library: gongwen.Library) -> None:
    """Check that searches find what a look into every sentence finds."""
    stored = [s for report in library.reports() for s in library.sentences(report.id)]
    for wanted in ("工作总结", "群众满意", "行政复议案件", "恒句", "法律顾问", COMMON[2:6]):
        there = {(s.report, s.n) for s in stored if wanted in s.text}
        found = library.search(f'"{wanted}"', limit=MANY, group=False, synonyms="never")
        seen = {(hit.report.id, hit.n) for hit in found}
        if seen != there or found.total != len(there):
            raise ViolationError(f"a search differs from a scan: {wanted} {sorted(seen ^ there)}")


def check_round(
    model: Model, ops: Sequence[Op], kept: Sequence[Sequence[str]]
) -> list[ViolationError]:
    """Check all operations of a round against the model, and return what is wrong."""
    found = []
    try:
        model.take(ops, kept)
        for op in ops:
            model.learn(op)
    except ViolationError as error:
        return [error]
    for op in ops:
        try:
            model.check(op)
        except ViolationError as error:
            found.append(error)
    return found


def leftovers(folder: Path) -> list[str]:
    """Return what stands in a library that belongs to nobody once the last writer is done."""
    names = {path.name for path in folder.iterdir()}
    index = folder / "index"
    used = json.loads((index / "manifest.json").read_text("utf-8"))
    inside = {p.name for p in index.iterdir() if p.name.startswith(("rows-", "postings-"))}
    strange = [name for name in names if ".new" in name or ".partial" in name or ".old" in name]
    rows = used["rows"]
    lost = {path.name for path in (index / rows["folder"]).iterdir()} - set(rows["files"])
    return [*strange, *lost, *(inside - {rows["folder"], used["build"]})]


def report_violations(
    wrong: Sequence[ViolationError], ops: Sequence[Op], seed: int, round_: int
) -> None:
    """Print what is wrong, and what was done to the first of these reports, in order of begins."""
    error = wrong[0]
    print(f"FAILED with --seed {seed} in round {round_}: {error}")
    mine = [
        op
        for op in ops
        if error.slot is None
        or op.get("slot") == error.slot
        or error.slot in [slot for slot, _ in op.get("adds", ())]
    ]
    origin = min((op["begin"] for op in ops), default=0)
    writes = [op for op in mine if op["do"] in WRITES]
    for op in writes[-60:]:
        begin, end = ((op[key] - origin) / 1e6 for key in ("begin", "end"))
        told = op.get("ok") or op.get("error") or "neither: interrupted or killed"
        about = {k: op[k] for k in ("adds", "n", "topic", "number") if k in op}
        print(f"  {begin:9.2f} .. {end:9.2f} ms  {op['op']}  {op['do']} {about} -> {told}")
    for another in wrong[1:20]:
        print(f"and {another}")
    print(f"{len(wrong)} violations in all")


def preload(folder: Path) -> None:
    """Load what the processes need, before they are forked."""
    (folder / "files").mkdir(parents=True)
    log = Log(folder / "log")
    actor = Actor(folder / "library", 2, log, "preload", "")
    for slot in range(2):
        (folder / "files" / f"{slot_id(slot)}.txt").write_text("\n".join(lines_of(slot, 3)))
    for do in ("add", "describe", "correct", "search", "figures", "status", "export", "retag",
               "reindex", "similar"):  # fmt: skip
        op = actor.run({"do": do, "slot": 0, "number": 1, "n": 2, "topic": TOPICS[0],
                        "adds": [(0, 3), (1, 3)]})  # fmt: skip
        if "ok" not in op:
            raise ViolationError(f"not even alone: {op}")
    shutil.rmtree(folder)


def run(
    base: Path,
    seconds: float,
    seed: int,
    processes: int = 3,
    threads: int = 2,
    slots: int = 12,
    signals: int | None = None,
    store: str = "",
) -> bool:
    """Run rounds for ``seconds``; say whether all was as it must be, and print a summary.

    With ``signals`` the rounds end when so many processes were killed or interrupted, however long
    that takes.
    """
    began = time.monotonic()
    preload(base / "preload")
    done: Counter[str] = Counter()
    first = 1
    model, folder = Model(slots), base
    for round_ in itertools.count():
        left = seconds - (time.monotonic() - began)
        more = None if signals is None else signals - done["kills"] - done["Ctrl-C"]
        if round_ and (left if more is None else more) <= 0:
            break
        if round_ % _ROUNDS_OF_A_LIBRARY == 0:
            if round_:
                shutil.rmtree(folder)
            model, folder = Model(slots), base / f"library-{round_}"
            (folder / "files").mkdir(parents=True)
        library = desk_of(folder / "library", 0, store)
        current = Round(
            library,
            slots,
            first,
            f"{seed} {round_}",
            min(_ROUND_SECONDS, max(left, 1)),
            more and min(_ROUND_SIGNALS, more),
            store,
        )
        ops: list[Op] = []
        try:
            begun = [] if round_ % _ROUNDS_OF_A_LIBRARY else first_reports(library, slots)
            ops = begun + current.run(processes, threads)
            first = current.next
            final, kept = final_reads(library, slots, folder / f"final-{round_}.log")
            ops += final
            wrong = check_round(model, ops, kept)
            if strange := leftovers_after_a_write(library):
                wrong.append(ViolationError(f"left in the library: {strange}"))
        except ViolationError as error:
            wrong, ops = [error], ops or current.ops()
        if wrong:
            report_violations(wrong, ops, seed, round_)
            print(f"its logs are in {folder}")
            return False
        model.settle(final)
        done.update(outcome(op) for op in ops)
        done.update({"kills": current.kills, "Ctrl-C": current.presses})
    told = ", ".join(f"{count} {what}" for what, count in done.most_common())
    print(f"seed {seed}, {round_} rounds in {time.monotonic() - began:.0f} s: {told}")
    return True


def outcome(op: Op) -> str:
    if "ok" in op:
        return str(op["do"])
    return f"{op['error'][0]}" if "error" in op else "interrupted or killed"


def leftovers_after_a_write(folder: Path) -> list[str]:
    """Write once, which clears up behind those that were killed, and look what is left."""
    with gongwen.open(folder) as library:
        for report in library.reports()[:1]:
            library.describe(report.id)
        library.search("行政")
    return leftovers(folder) if (folder / "index" / "manifest.json").exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--signals", type=int, help="kills and Ctrl-C, instead of minutes")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--slots", type=int, default=12)
    parser.add_argument("--store", default="", help="address of a server, for two desks")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    memory = Path("/dev/shm")  # a kill takes nothing from what was handed to the system
    base = Path(tempfile.mkdtemp(prefix="history-", dir=memory if memory.is_dir() else None))
    sound = run(
        base, asked.minutes * 60, seed, asked.processes, asked.threads, asked.slots, asked.signals,
        asked.store,
    )  # fmt: skip
    if sound:
        shutil.rmtree(base)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
