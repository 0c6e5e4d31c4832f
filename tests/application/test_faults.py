"""Whatever call of the system fails, whatever was acknowledged is there, and what is said is true.

All points of all commands: ``python -m tests.faults.run``; see ``--help``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from faults.noise import noise

import gongwen

ROOT = Path(__file__).parents[2]
SEED = 2020


def run_faults(tmp_path: Path, *options: str) -> tuple[list[dict[str, Any]], str]:
    """Run points, and return what became of each, and what was printed of all."""
    report = tmp_path / "report.jsonl"
    command = [sys.executable, "-m", "tests.faults.run", "--quiet", "--report", str(report)]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode in (0, 1), done.stderr[-3000:]
    lines = report.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines], done.stdout


def test_a_sample_of_calls_fails_and_nothing_is_lost(tmp_path: Path) -> None:
    results, printed = run_faults(tmp_path, "--sample", "30", "--seed", str(SEED))
    assert len(results) == 30
    assert not [result for result in results if result["findings"]], printed
    outcomes = Counter(result["outcome"] for result in results)
    assert {"completed", "error", "stopped", "killed"} <= set(outcomes), outcomes


def test_a_program_that_writes_in_place_is_found_out(tmp_path: Path) -> None:
    results, printed = run_faults(
        tmp_path, "--careless", "--only", "search-csv", "export-csv", "--processes", "1",
        "--actions", "short", "torn", "--sample", "30",
    )  # fmt: skip
    said = " ".join(finding for result in results for finding in result["findings"])
    assert "neither as before nor as wanted: file found.csv" in said, printed
    assert "neither as before nor as wanted: file all.csv" in said, printed


OURS = Path(gongwen.__file__).parent / "store.py"
SAID: dict[str, tuple[str, str]] = {
    "a line": ("gongwen: the disk is full\n", ""),
    "a traceback": ("x\nTraceback (most recent call last):\n", "Traceback"),
    "ignored": ("Exception ignored in: <function f>\n", "Exception ignored"),
    "a warning of ours": (f"{OURS}:7: ResourceWarning: unclosed file\n  open()\n", "ResourceW"),
    "a warning of another package": ("/x/sklearn/svm.py:1: UserWarning: slow\n  fit()\n", ""),
    "a change foretold": (f"{OURS}:7: FutureWarning: dual will be auto\n  LinearSVC()\n", ""),
    "a traceback behind a warning": (
        "/x/sklearn/svm.py:1: FutureWarning: dual\n  fit()\nTraceback (most recent call last):\n",
        "Traceback",
    ),
}


@pytest.mark.parametrize(("err", "found"), SAID.values(), ids=SAID)
def test_what_no_command_may_say_is_found(err: str, found: str) -> None:
    assert found in noise(err)
    assert bool(noise(err)) is bool(found)


@pytest.mark.slow
def test_every_call_of_every_command_fails_in_every_way(tmp_path: Path) -> None:
    results, printed = run_faults(tmp_path)
    print(printed)
    assert not [result for result in results if result["findings"]], printed
