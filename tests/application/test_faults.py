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
    results, printed = run_faults(tmp_path, "--sample", "60", "--seed", str(SEED))
    assert len(results) == 60
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


@pytest.mark.slow
def test_every_call_of_every_command_fails_in_every_way(tmp_path: Path) -> None:
    results, printed = run_faults(tmp_path)
    print(printed)
    assert not [result for result in results if result["findings"]], printed
