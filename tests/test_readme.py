"""README and docs show what really happens: commands are run and their output compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = "\n".join(page.read_text("utf-8") for page in sorted(ROOT.glob("docs/*.md")))


@pytest.fixture(scope="module")
def seed(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a library in which the seed report is."""
    variables = environment | {"GONGWEN_LIBRARY": environment["GONGWEN_LIBRARY"] + "-seed"}
    run(main_commands()[0], variables)
    return variables


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("readme")
    return os.environ | {
        "GONGWEN_LIBRARY": str(folder / "library"),
        "COLUMNS": "88",
        "PYTHONPATH": str(ROOT / "src"),
    }


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README + PAGES, re.DOTALL)
    assert found, f"no page has a block {name!r}"
    return found[1]


def run(command: str, environment: dict[str, str], cwd: Path = ROOT) -> str:
    _, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", "gongwen", *arguments],
        check=True, capture_output=True, encoding="utf-8", cwd=cwd, env=environment,
    )  # fmt: skip
    return done.stdout


def main_commands() -> list[str]:
    line = next(line for line in README.splitlines() if line.startswith("$ pip install . && "))
    return line.removeprefix("$ pip install . && ").split(" && ")


def test_the_main_job_is_the_one_that_was_promised() -> None:
    assert main_commands() == [
        "gongwen add seeds/reports",
        "gongwen search 法律顾问 --topic 行政执法",
    ]
    assert "`pip install '.[test]' && pytest`" in README


def test_the_main_job_works_twice_in_a_row(environment: dict[str, str]) -> None:
    first = [run(command, environment) for command in main_commands()]
    assert "".join(first) == block("output: search")
    again = [run(command, environment) for command in main_commands()]
    assert "unchanged" in again[0]
    assert again[1] == first[1]


@pytest.mark.parametrize(
    "name",
    [
        "output: exact",
        "output: report",
        "output: check",
        "output: tag",
        "output: evaluate",
        "output: kwic",
    ],
)
def test_output_is_what_readme_shows(seed: dict[str, str], name: str) -> None:
    command, _, shown = block(name).partition("\n")
    assert run(command.removeprefix("$ "), seed) == shown


def test_the_python_example_runs(environment: dict[str, str], tmp_path: Path) -> None:
    copytree(ROOT / "seeds" / "reports", tmp_path / "seeds" / "reports")
    done = subprocess.run(
        [sys.executable, "-c", block("run: python")],
        check=True, capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment,
    )  # fmt: skip
    hits = done.stdout.splitlines()
    assert hits[0].endswith(
        "武功县2020年法治政府建设工作总结 三、推行法律顾问制度,完善科学依法决策机制"
    )
    assert hits[-2:] == ["复议", "口味"]


def test_the_short_example_runs(environment: dict[str, str], tmp_path: Path) -> None:
    copytree(ROOT / "seeds" / "reports", tmp_path / "seeds" / "reports")
    done = subprocess.run(
        [sys.executable, "-c", block("run: readme")],
        check=True, capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert "法律顾问" in done.stdout


def test_every_command_stands_in_the_table() -> None:
    from gongwen.cli.app import whole

    for name in whole().commands:
        assert re.search(rf"`(?:gongwen )?{name}\b", README)


def test_links_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
