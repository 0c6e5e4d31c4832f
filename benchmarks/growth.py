"""Does the time of what reads from outside grow in proportion to the input, or faster?

``python -m benchmarks.growth [--only TEXT] [--size N]`` compares processor times of inputs of N
characters and of four times as many: 4 when the work is linear, 16 when it is quadratic. The tests
count lines of Python and what patterns read (``tests/growth.py``); a time sees also what C does
with a string. The least of several measurements counts, for a busy machine only makes them longer.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.tables import print_table

TIMES = 4
SUSPECT = 8.0
"""Growth of what is proportional to n ** 1.5."""
_TRIES = 3
_SHORTEST = 0.0005
"""Seconds below which a time says nothing."""

Case = tuple[str, Callable[[Any], object], Callable[[int], Any]]


def growth(work: Callable[[Any], object], make: Callable[[int], Any], size: int) -> float:
    """Return how many times as long ``work`` takes for four times the input; 1 if it is too short.

    Args:
        work: does something with an input.
        make: gives an input of a size.
        size: the size of the shorter input.
    """
    short, long = make(size), make(size * TIMES)
    work(make(size // TIMES))  # what is loaded at the first use
    took = min(_seconds(work, long) for _ in range(_TRIES))
    if took < _SHORTEST:
        return 1.0
    return took / max(min(_seconds(work, short) for _ in range(_TRIES)), _SHORTEST / TIMES)


def _seconds(work: Callable[[Any], object], value: object) -> float:
    began = time.process_time()
    work(value)
    return time.process_time() - began


def cases() -> Iterator[Case]:
    """Yield name, function and inputs of everything that the tests try."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from growthcases import FILES, MARKUP, PIECES, TEXTS, file_reader, read_markup, repeated

    for name, (work, _) in TEXTS.items():
        for piece in PIECES:
            yield f"{name} {piece!r}", work, repeated(piece)
    for piece in MARKUP:
        yield f"markup {piece!r}", read_markup, repeated(piece)
    for name, (file, make) in FILES.items():
        yield f"file of {name}", file_reader(file), make


def main() -> None:
    """Measure all cases and print those that grow most; exit 1 if one is suspect."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--size", type=int, default=4000, help="characters of the shorter input")
    options = parser.parse_args()
    measured = sorted(
        (
            (growth(work, make, options.size), name)
            for name, work, make in cases()
            if options.only in name
        ),
        reverse=True,
    )
    print_table(["case", "growth"], [[name, f"{times:.1f}"] for times, name in measured[:20]])
    suspect = [name for times, name in measured if times > SUSPECT]
    print(f"\n{len(measured)} cases, {len(suspect)} grow faster than their input")
    sys.exit(1 if suspect else 0)


if __name__ == "__main__":
    main()
