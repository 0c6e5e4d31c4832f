"""A server whose threads share a library answers rightly, whoever adds meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SENTENCES = TESTS.parents[1] / "shared" / "data" / "sentences-100k.txt.gz"


def run(script: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, str(TESTS / script), *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    print(f"\n{done.stdout}")
    assert not done.returncode, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


needs_sentences = pytest.mark.skipif(
    not SENTENCES.exists(), reason="the sentences (../shared/data) are not here"
)


@needs_sentences
def test_a_server_answers_rightly_while_reports_are_added() -> None:
    run("soak.py", "--requests", "10", "--sentences", "1000", "--pause", "0.1")


@needs_sentences
@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--only-search"]])
def test_a_server_answers_rightly_for_minutes(more: list[str]) -> None:
    run("soak.py", "--minutes", "3", "--sentences", "50000", *more)


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
def test_nothing_runs_but_gongwen_in_a_hostile_office() -> None:
    run("office.py")
