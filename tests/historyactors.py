"""What the processes of the history checker do: operations on a library, each logged."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from historymodel import Op
from historytexts import (
    COMMON,
    TOPICS,
    WRITES,
    lines_of,
    said_by,
    slot_id,
    slot_mark,
    version_in,
)

import gongwen
from gongwen.nlp.errors import GongwenError

MANY = 1_000_000
_READ_ONLY = "read_only" in inspect.signature(gongwen.open).parameters


class Log:
    """The append-only file in which a process writes what it begins and how it ends."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, entry: Op) -> None:
        os.write(self._file, (json.dumps(entry, ensure_ascii=False) + "\n").encode())
        os.fsync(self._file)


class Actor:
    """One thread of one process: chooses operations, does them and logs them."""

    def __init__(
        self, folder: Path, slots: int, log: Log, name: str, seed: str, own: float = 0.15
    ) -> None:
        self.folder = folder
        self.library: gongwen.Library | None = None
        self._slots = slots
        self._log = log
        self._name = name
        self._own = own
        self._chosen = random.Random(seed)
        self.armed = False
        self.interrupts: list[KeyboardInterrupt] = []

    def act(self, numbers: Iterator[int]) -> None:
        """Do one operation."""
        do = self._chosen.choices(
            ("add", "again", "remove", "describe", "correct", "search", "topic", "everywhere",
             "show", "report", "reports", "figures", "similar", "status", "export", "retag",
             "reindex"),
            (14, 3, 3, 8, 16, 14, 6, 6, 8, 4, 2, 4, 3, 6, 2, 1, 1),
        )[0]  # fmt: skip
        slot, number = self._chosen.randrange(self._slots), next(numbers)
        if do in ("add", "again"):
            self._add(number, again=do == "again")
            return
        op: Op = {"do": do, "slot": slot, "number": number}
        if do in ("correct", "similar"):
            op["n"] = self._chosen.randint(2, 7)
        if do in ("correct", "topic"):
            op["topic"] = self._chosen.choice(TOPICS)
        self.run(op)

    def _add(self, number: int, again: bool) -> None:
        """Write the files of some reports and add them; nobody else adds these meanwhile."""
        slots = self._chosen.sample(range(self._slots), self._chosen.choice((1, 1, 1, 3)))
        with contextlib.ExitStack() as held:
            adds = []
            for slot in sorted(slots):
                path = self.folder.parent / "files" / f"{slot_id(slot)}.txt"
                if not held.enter_context(_alone(path)):
                    return
                if not again:
                    beside = path.with_suffix(f".{self._name}")
                    beside.write_text("\n".join(lines_of(slot, number)) + "\n", "utf-8")
                    beside.replace(path)
                elif not path.exists():
                    return
                [version] = version_in(path.read_text("utf-8").splitlines())
                adds.append((slot, version))
            self.run({"do": "add", "adds": adds})

    def run(self, op: Op) -> Op:
        """Do ``op`` and log its begin and its end."""
        do = op["do"]
        op |= {"op": f"{self._name}-{op.get('number', next(_OTHERS))}", "by": self._name}
        op |= _asked(op, self._slots)
        self._log.write(op | {"at": time.monotonic_ns()})
        end: Op = {"op": op["op"]}
        try:
            try:
                self.armed = True
                end["ok"] = self._with_library(do, lambda library: _DOES[do](library, op, self))
            finally:
                self.armed = False
        except KeyboardInterrupt as error:
            end.pop("ok", None)
            self.interrupts = [*self.interrupts[-4:], error]  # as a notebook keeps its traceback
        except GongwenError as error:
            end["error"] = [type(error).__name__, str(error)]
        except Exception as error:
            where = _where(error)
            end["error"] = [f"raw {type(error).__name__}", f"{error} {where}"]
        self._log.write(end | {"at": time.monotonic_ns()})
        return op | end

    def _with_library(self, do: str, ask: Callable[[gongwen.Library], Op]) -> Op:
        """Ask the library that the threads share, now and then one of one's own."""
        if self.library and self._chosen.random() >= self._own:
            return ask(self.library)
        reads = do not in (*WRITES, "retag", "reindex")
        if reads and _READ_ONLY and self.library and self._chosen.random() < 0.5:
            with gongwen.open(self.folder, read_only=True) as own:
                return ask(own)
        with gongwen.open(self.folder) as own:
            return ask(own)


_OTHERS = itertools.count(MANY * 100)


def _where(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-6:]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Say whether nobody else has ``path`` in hand; then it is held until the end."""
    import fcntl

    file = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(file)


def _asked(op: Op, slots: int) -> Op:
    """Return what the model must know of a read: which reports it must have, and what is sought."""
    do, slot = op["do"], op.get("slot", 0)
    if do in ("search", "topic"):
        return {"all": [slot], "holds": slot_mark(slot), "indexed": True}
    if do == "everywhere":
        return {"all": list(range(slots)), "holds": COMMON, "indexed": True}
    if do == "show":
        return {"all": [slot]}
    return {"all": list(range(slots))} if do == "export" else {}


def _hits(results: gongwen.Results) -> Op:
    return {
        "sentences": [[h.report.id, h.n, h.text, h.topic, list(h.also)] for h in results],
        "reports": [[h.report.id, h.report.agency, h.report.year] for h in results],
        "total": results.total,
    }


def _search(library: gongwen.Library, op: Op, _: Actor) -> Op:
    filters = {"topics": [op["topic"]]} if "topic" in op else {}
    query = f'"{op["holds"]}"'
    found = library.search(query, **filters, limit=MANY, group=False, counts=["report"], context=1)
    return _hits(found) | {"counts": dict(found.counts["report"])}


def _show(library: gongwen.Library, op: Op, _: Actor) -> Op:
    sentences = library.sentences(slot_id(op["slot"]))
    return {"sentences": [[s.report, s.n, s.text, s.topic, list(s.also)] for s in sentences]}


def _reports(reports: Sequence[gongwen.Report]) -> Op:
    return {"reports": [[r.id, r.agency, r.year] for r in reports]}


def _figures(library: gongwen.Library, op: Op, _: Actor) -> Op:
    rows = library.figures(f'"{slot_mark(op["slot"])}"')
    return {"figures": [[row.sentence, row.figure.value] for row in rows]}


def _similar(library: gongwen.Library, op: Op, _: Actor) -> Op:
    return _hits(library.similar(slot_id(op["slot"]), op["n"], limit=5))


def _status(library: gongwen.Library, _: Op, actor: Actor) -> Op:
    return {"problems": library.status()["problems"]}


def _export(library: gongwen.Library, _: Op, actor: Actor) -> Op:
    ok: Op = {"sentences": [], "reports": [], "notes": []}
    for line in library.export():
        if line["type"] == "report":
            ok["reports"].append([line["report"], line["agency"], line["year"]])
        elif line["type"] == "sentence":
            ok["sentences"].append([line[k] for k in ("report", "n", "text", "topic", "also")])
        elif line["type"] == "correction":
            ok["notes"].append(line["note"])
    return ok


def _add(library: gongwen.Library, op: Op, actor: Actor) -> Op:
    files = [actor.folder.parent / "files" / f"{slot_id(slot)}.txt" for slot, _ in op["adds"]]
    return {"outcomes": [[o.status, o.report, o.sentences] for o in library.add(files)]}


def _correct(library: gongwen.Library, op: Op, _: Actor) -> Op:
    s = library.correct(slot_id(op["slot"]), op["n"], op["topic"], note=op["op"])
    return {"sentence": [s.n, s.text, s.topic, list(s.also)]}


def _remove(library: gongwen.Library, op: Op, _: Actor) -> Op:
    return {"removed": [report.id for report in library.remove(slot_id(op["slot"]))]}


def _describe(library: gongwen.Library, op: Op, _: Actor) -> Op:
    return _reports([library.describe(slot_id(op["slot"]), **said_by(op["number"]))])


_DOES: dict[str, Callable[[gongwen.Library, Op, Actor], Op]] = {
    "add": _add,
    "remove": _remove,
    "describe": _describe,
    "correct": _correct,
    "search": _search,
    "topic": _search,
    "everywhere": _search,
    "show": _show,
    "report": lambda library, op, _: _reports([library.report(slot_id(op["slot"]))]),
    "reports": lambda library, op, _: _reports(library.reports()),
    "figures": _figures,
    "similar": _similar,
    "status": _status,
    "export": _export,
    "retag": lambda library, op, _: {"changed": len(library.retag())},
    "reindex": lambda library, op, _: {"indexed": library.reindex()},
}
