"""Processes that work for this one: bounded, replaced when lost, gone with their caller."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gongwen.nlp.errors import ReadError
from gongwen.reading.files import Source, load
from gongwen.workers import WorkerLostError, Workers


def test_answers_come_in_the_order_of_the_calls() -> None:
    with Workers(2) as workers:
        calls = ((number,) for number in range(50))
        answers = [future.result() for future in workers.map(math.sqrt, calls, seconds=30)]
    assert answers == [math.sqrt(number) for number in range(50)]


def test_what_a_function_raises_is_raised_here(tmp_path: Path) -> None:
    with Workers(1) as workers:
        with pytest.raises(ReadError, match=r"none\.txt"):
            workers.call(load, Source(tmp_path / "none.txt"), seconds=30).result()
        with pytest.raises(ValueError, match="invalid literal"):
            workers.call(int, "x", seconds=30).result()


@pytest.mark.parametrize(
    ("function", "argument", "said"),
    [
        (time.sleep, 60, "took longer than 0.5 seconds"),
        (os._exit, 3, "crashed"),
        (os.abort, None, "crashed"),
    ],
)
def test_a_process_that_is_lost_is_replaced(function: object, argument: object, said: str) -> None:
    arguments = () if argument is None else (argument,)
    with Workers(1) as workers:
        with pytest.raises(WorkerLostError, match=said):
            workers.call(function, *arguments, seconds=0.5).result()  # type: ignore[arg-type]
        assert workers.call(math.sqrt, 4, seconds=30).result() == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits here")
def test_a_process_may_not_take_all_memory() -> None:
    with Workers(1, memory_bytes=256 << 20) as workers:
        with pytest.raises(WorkerLostError, match="memory"):
            workers.call(bytearray, 1 << 30, seconds=30).result()
        assert workers.call(len, b"abc", seconds=30).result() == 3


def test_what_a_library_prints_does_not_get_in_between() -> None:
    with Workers(1) as workers:
        assert workers.call(print, "x" * 100_000, seconds=30).result() is None
        assert workers.call(os.write, 1, b"y" * 1000, seconds=30).result() == 1000


def test_closing_ends_what_is_at_work() -> None:
    begun = time.monotonic()
    with Workers(2) as workers:
        for _ in range(4):
            workers.call(time.sleep, 60, seconds=60)
        time.sleep(0.3)
    assert time.monotonic() - begun < 10


SCRIPT = """
import sys
import gongwen

library = gongwen.open(sys.argv[1])  # no if __name__ == "__main__": nobody writes one
print([outcome.status for outcome in library.add(sys.argv[2], workers=2)])
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(3):
        text = f"{number}县2020年工作总结\n本年办理案件{number}件，{'整改' * number}。\n"
        (files / f"{number}.txt").write_text(text, "utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "library"), str(files)],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout == "['added', 'added', 'added']\n", done.stderr
