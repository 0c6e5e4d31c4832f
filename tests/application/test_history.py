"""Several processes of several threads do everything at once, are interrupted and killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HISTORY = Path(__file__).parents[1] / "history.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def check_history(minutes: float, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, str(HISTORY), "--minutes", str(minutes), "--seed", str(seed)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    print(done.stdout[-20_000:])
    assert not done.returncode, f"{done.stdout[:4000]}\n{done.stderr[-4000:]}"
    assert "kills" in done.stdout and "Ctrl-C" in done.stdout


def test_twenty_seconds_of_everything_at_once() -> None:
    check_history(1 / 3, seed=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_five_minutes_of_everything_at_once(seed: int) -> None:
    check_history(5, seed)
