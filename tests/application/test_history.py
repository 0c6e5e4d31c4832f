"""Several processes of several threads do everything at once, are interrupted and killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from history import check_round
from historymodel import BEHIND, Model, Op
from historytexts import lines_of, slot_mark

HISTORY = Path(__file__).parents[1] / "history.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def check_history(seed: int, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, str(HISTORY), "--seed", str(seed), *options],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    print(done.stdout[-20_000:])
    assert not done.returncode, f"{done.stdout[:4000]}\n{done.stderr[-4000:]}"
    counts = {what: int(n) for n, what in re.findall(r"(\d+) (kills|Ctrl-C)", done.stdout)}
    assert min(counts["kills"], counts["Ctrl-C"]) > 0, counts


def test_everything_at_once() -> None:
    check_history(12, "--signals", "16")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_five_minutes_of_everything_at_once(seed: int) -> None:
    check_history(seed, "--minutes", "5")


# -- the checker itself --------------------------------------------------------------------------


def op(do: str, begin: float, end: float, **more: Any) -> Op:
    return {"op": f"{do}{begin}", "do": do, "begin": begin, "end": end, **more}


def added(begin: float, end: float, version: int, status: str = "added") -> Op:
    outcomes = [[status, "r000", len(lines_of(0, version))]]
    return op("add", begin, end, adds=[(0, version)], ok={"outcomes": outcomes})


def shown(begin: float, end: float, version: int | None, topic: str = "x", less: int = 0) -> Op:
    if version is None:
        error = ["UnknownNameError", "unknown report"]
        return op("show", begin, end, slot=0, all=[0], error=error)
    lines = lines_of(0, version)
    sentences = [["r000", n, t, topic, []] for n, t in enumerate(lines[less:], 1 + less)]
    return op("show", begin, end, slot=0, all=[0], ok={"sentences": sentences})


def corrected(begin: float, end: float, topic: str = "oversight", told: str = "") -> Op:
    sentence = [3, lines_of(0, 5)[2], told or topic, []]
    return op("correct", begin, end, slot=0, n=3, topic=topic, ok={"sentence": sentence})


def searched(begin: float, end: float, version: int, total: int, lines: int) -> Op:
    sentences = [["r000", n, t, "x", []] for n, t in enumerate(lines_of(0, version), 1)][1:]
    ok = {"sentences": sentences[:lines], "total": total, "counts": {"r000": total}}
    return op("search", begin, end, slot=0, all=[0], holds=slot_mark(0), indexed=True, ok=ok)


KEPT = ["correct3", "r000", lines_of(0, 5)[2], "oversight"]
SOUND: dict[str, tuple[list[Op], list[list[str]]]] = {
    "added and shown": ([added(1, 2, 5), shown(3, 4, 5)], []),
    "shown while it is replaced": ([added(1, 2, 5), added(5, 9, 6, "replaced"), shown(6, 7, 5),
                                    shown(7, 8, 6)], []),
    "killed, and done": ([op("add", 1, 2, adds=[(0, 5)]), shown(3, 4, 5)], []),
    "killed, and not done": ([op("add", 1, 2, adds=[(0, 5)]), shown(3, 4, None)], []),
    "killed, and the index behind": ([op("add", 1, 2, adds=[(0, 5)]),
                                      op("status", 3, 4, ok={"problems": [BEHIND]})], []),
    "corrected": ([added(1, 2, 5), corrected(3, 4)], [KEPT]),
    "searched": ([added(1, 2, 5), searched(3, 4, 5, 4, 4)], []),
}  # fmt: skip
WRONG: dict[str, tuple[list[Op], list[list[str]]]] = {
    "a report is lost": ([added(1, 2, 5), shown(3, 4, None)], []),
    "an older version": ([added(1, 2, 5), added(3, 4, 6, "replaced"), shown(5, 6, 5)], []),
    "a version that nobody added": ([added(1, 2, 5), shown(3, 4, 7)], []),
    "back to the older one": ([added(1, 2, 5), added(3, 9, 6, "replaced"), shown(4, 5, 6),
                               shown(6, 7, 5)], []),
    "back from what a killed process did": ([op("add", 1, 2, adds=[(0, 5)]), shown(3, 4, 5),
                                             shown(5, 6, None)], []),
    "a part of a report": ([added(1, 2, 5), shown(3, 4, 5, less=1)], []),
    "a correction is lost": ([added(1, 2, 5), corrected(3, 4)], []),
    "a correction by nobody": ([added(1, 2, 5)], [KEPT]),
    "another topic is kept": ([added(1, 2, 5), corrected(3, 4, "leadership")], [KEPT]),
    "another topic is returned": ([added(1, 2, 5), corrected(3, 4, told="x")], [KEPT]),
    "a correction is not seen": ([added(1, 2, 5), corrected(3, 4), shown(5, 6, 5)], [KEPT]),
    "a wrong outcome": ([added(1, 2, 5), added(3, 4, 6, "added")], []),
    "a hit is missing": ([added(1, 2, 5), searched(3, 4, 5, 3, 3)], []),
    "a count is wrong": ([added(1, 2, 5), searched(3, 4, 5, 5, 4)], []),
    "a raw error": ([op("show", 1, 2, slot=0, error=["raw KeyError", "'r000'"])], []),
    "a reader is refused": ([op("show", 1, 2, slot=0, error=["LibraryInUseError", ""])], []),
    "a false alarm": ([op("status", 1, 2, ok={"problems": ["behind"]})], []),
    "behind, and nobody died": ([added(1, 2, 5), op("status", 3, 4, ok={"problems": [BEHIND]})],
                                []),
    "behind, and somebody wrote since": ([op("add", 1, 2, adds=[(0, 5)]), added(3, 4, 6),
                                          op("status", 5, 6, ok={"problems": [BEHIND]})], []),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_history_is_none_of_the_checkers_business(name: str) -> None:
    assert check_round(Model(1), *SOUND[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_history_is_noticed(name: str) -> None:
    assert check_round(Model(1), *WRONG[name])
