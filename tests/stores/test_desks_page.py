"""The commands of docs/desks.md do what the page says, against a server on loopback."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from postgres_server import Server, programs

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(server: Server, schema: str) -> list[str]:
    """Return the commands of the page, with the server of the test in the place of its own."""
    place = programs()
    found = []
    for block in BLOCK.findall((ROOT / "docs" / "desks.md").read_text("utf-8")):
        for line in block.splitlines():
            command = line.removeprefix("$ ")
            if command.startswith("pip "):
                continue
            command = command.replace("postgresql://db.example/reports", server.address(schema))
            if command.startswith("pg_"):
                own = f"127.0.0.1 -p {server.port} -U desk"
                command = f"{place}/{command}".replace("db.example", own)
                command = command.replace("=gongwen", f"={schema}")
                command = command.replace("-d reports", "-d restored")
                command = command.replace("reports.dump reports", "reports.dump desks")
            found.append(command)
    return found


def test_two_desks_and_a_backup(postgres: Server, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds" / "reports", tmp_path / "seeds" / "reports")
    with postgres.connection() as db:
        db.execute("DROP SCHEMA IF EXISTS page CASCADE")
        db.execute("DROP DATABASE IF EXISTS restored")
        db.execute("CREATE DATABASE restored")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "GONGWEN_LANG": "en",
        "COLUMNS": "88",
    }
    outputs = {}
    for command in commands(postgres, "page"):
        words = shlex.split(command)
        if words[0] == "gongwen":
            words[:1] = [sys.executable, "-m", "gongwen"]
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, (command, done.stderr)
        outputs[command] = done.stdout
    searches = [out for command, out in outputs.items() if " search " in command]
    assert "法律顾问" in searches[0]
    assert "wugong-2020:27" in searches[1]
    # The backup is the same library, and answers likewise.
    restored = postgres.address("page").replace("/desks", "/restored")
    answers = []
    for address in (postgres.address("page"), restored):
        words = [sys.executable, "-m", "gongwen", "--library", f"new-{len(answers)}"]
        words += [
            "--store",
            address,
            "search",
            "法律顾问",
            "--topic",
            "行政执法",
            "--format",
            "json",
        ]
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout) | {"took_ms": 0})
    assert answers[0] == answers[1]


@pytest.mark.parametrize("variable", ["GONGWEN_STORE"])
def test_the_environment_names_the_store(postgres: Server, tmp_path: Path, variable: str) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        variable: postgres.address("by_environment"),
        "GONGWEN_LIBRARY": str(tmp_path / "desk"),
    }
    for words in (["add", str(ROOT / "seeds" / "reports")], ["status"]):
        command = [sys.executable, "-m", "gongwen", *words]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "desk" / "store.toml").exists()
    assert postgres.address("by_environment") in done.stdout
