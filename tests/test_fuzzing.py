"""Thousands of bad inputs: each is taken or refused in one line, and none goes on for ever.

One of 24 of the twenty thousand by default, all of them with ``-m slow``;
``python tests/fuzzing.py all --minutes 30`` tries more and measures each.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import TARGETS, tried
from fuzzseeds import good_inputs
from mutating import bad_inputs, mutated

COUNTS = {
    "query": 400,
    "parser": 800,
    "fold": 1500,
    "figures": 400,
    "check": 400,
    "ordinary": 1800,
    "pages": 900,
    "mend": 700,
    "text": 900,
    "markdown": 900,
    "html": 700,
    "mhtml": 500,
    "docx": 800,
    "altchunk": 700,
    "pdf": 500,
    "ofd": 1000,
    "eml": 700,
    "msg": 500,
    "xlsx": 600,
    "csv": 600,
    "jsonl": 700,
    "json": 900,
    "zip": 300,
    "tar": 500,
    "gzip": 500,
    "mail": 300,
    "labels": 200,
    "topics": 300,
    "synonyms": 400,
    "import": 500,
    "model": 50,
    "card": 200,
}


def test_the_figure_that_was_promised() -> None:
    assert sum(COUNTS.values()) >= 20_000
    assert set(COUNTS) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_good_inputs_are_taken(name: str) -> None:
    if name == "msg":
        pytest.importorskip("extract_msg", reason="an extra, with which the mail is made")
    for data in good_inputs(name):
        TARGETS[name](data)


@pytest.mark.parametrize("share", [24, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", COUNTS)
def test_bad_inputs_are_taken_or_refused(name: str, share: int, tmp_path: Path) -> None:
    count = COUNTS[name] // share
    for number, data in enumerate(bad_inputs(good_inputs(name), count, seed=2020)):
        kept = tmp_path / "fuzzed.bin"
        kept.write_bytes(data)  # first, for one that goes on for ever is to be found too
        try:
            tried(name, data, measured=False)
        except BaseException as error:
            raise AssertionError(f"input {number} of {name}, kept as {kept}") from error


def test_what_is_no_error_of_ours_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def target(data: bytes) -> None:
        raise ValueError(data)

    monkeypatch.setitem(TARGETS, "query", target)
    with pytest.raises(ValueError, match="x"):
        tried("query", b"x", measured=False)


GREEDY = """
import fuzzing

fuzzing.MEMORY = 64 << 20
fuzzing.TARGETS["query"] = lambda data: len(data * (128 << 20))
fuzzing.tried("query", b"x")
"""
APART = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def test_what_takes_too_much_memory_is_found() -> None:
    """In the child of a small process: a process inherits the most that its parent ever took."""
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", APART, GREEDY],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "MB of memory" in done.stderr, done.stderr


def test_a_seed_gives_the_same_inputs_again() -> None:
    good = good_inputs("docx")
    one, other = random.Random(5), random.Random(5)
    assert [mutated(good, one) for _ in range(20)] == [mutated(good, other) for _ in range(20)]
