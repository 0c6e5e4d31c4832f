"""Completion and quoting in bash, zsh and fish as people use them: what is typed is what arrives.

Each shell runs in a terminal with an empty home, in which ``gongwen --install-completion`` has put
its script.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminals import Terminal, noted_arguments, noting_program, shell_path

from gongwen.cli.shell_scripts import script

from .named_reports import library_with

DOCS = Path(__file__).parents[2] / "docs" / "shell.md"
SHELLS = ("bash", "zsh", "fish")
REPORTS = (
    "甲县 2021年", "乙$(touch x)`y`", "丙'县", "戊!县", "各县/己县(2020)[1]*", "~庚县", "壬&县|#x",
    "癸{a,b}", "子\"县", "丑%d县^", "寅县\\", "卯县\"", "-辰县", "a=b:c d",
    "午-\u3000全角",
)  # fmt: skip
"""Ids that mean something to a shell, beside ``wugong-2020``."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a report, and further ones under :data:`REPORTS`."""
    return library_with(REPORTS, tmp_path_factory.mktemp("shells"))


def installed(environment: dict[str, str]) -> None:
    """Install the completion of the shell that the environment names."""
    done = subprocess.run(
        [sys.executable, "-m", "gongwen", "--install-completion"],
        env=environment, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert environment["HOME"] in done.stderr


@pytest.fixture(scope="module", params=SHELLS)
def terminal(
    request: pytest.FixtureRequest, library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """Each shell, with completion installed in an empty home."""
    folder = tmp_path_factory.mktemp(request.param)
    environment = {"GONGWEN_LIBRARY": str(library), "GONGWEN_LANG": "zh"}
    made = Terminal(request.param, folder, environment, installed)
    yield made
    made.close()


LEFT, CLEAR = "\x1b[D", "\x15"
"""Keys: the cursor to the left, and Ctrl-U, which clears the line."""
TYPED = {
    # commands and options
    "gongwen sea": ["search"],
    "gongwen 比": ["比较"],
    "gongwen 模型 列出": ["模型", "列出"],
    "gongwen 搜索 x --输": ["搜索", "x", "--输出"],
    "GONGWEN_LANG=en gongwen sea": ["search"],
    f"gongwen 搜索 x --主 y{LEFT}{LEFT}": ["搜索", "x", "--主题", "y"],
    # topics, roles and other values
    "gongwen 搜索 x --主题 行政执": ["搜索", "x", "--主题", "行政执法"],
    "gongwen search x --topic=行政执": ["search", "x", "--topic=行政执法"],
    "gongwen search 主题:行政执": ["search", "主题:行政执法"],
    "gongwen search -主题：行政执": ["search", "-主题：行政执法"],
    "gongwen search '主题:行政执": ["search", "主题:行政执法"],
    'gongwen search "主题:行政执': ["search", "主题:行政执法"],
    "gongwen counts --by 县,主": ["counts", "--by", "县,主题"],
    # reports
    "gongwen show 甲": ["show", "甲县 2021年"],
    'gongwen show "甲': ["show", "甲县 2021年"],
    r"gongwen show 甲县\ 20": ["show", "甲县 2021年"],
    "gongwen search --report=甲": ["search", "--report=甲县 2021年"],
    "gongwen show 乙": ["show", "乙$(touch x)`y`"],
    'gongwen show "乙': ["show", "乙$(touch x)`y`"],
    "gongwen show 丙": ["show", "丙'县"],
    "gongwen show 戊": ["show", "戊!县"],
    "gongwen show 各": ["show", "各县/己县(2020)[1]*"],
    r"gongwen show 各县/己县\(": ["show", "各县/己县(2020)[1]*"],
    r"gongwen show \~": ["show", "~庚县"],
    "gongwen show 壬": ["show", "壬&县|#x"],
    "gongwen show 癸": ["show", "癸{a,b}"],
    'gongwen show "子': ["show", '子"县'],
    "gongwen show 丑": ["show", "丑%d县^"],
    'gongwen show "寅': ["show", "寅县\\"],
    "gongwen show 卯": ["show", '卯县"'],
    "gongwen show -- -辰": ["show", "--", "-辰县"],
    "gongwen show a=b:": ["show", "a=b:c d"],
    "gongwen show 午": ["show", "午-\u3000全角"],
    # files are the shell's own affair
    "gongwen add library.t": ["add", "library.txt"],
}
"""What is typed in front of Tab and Return, and the arguments that arrive."""


@pytest.mark.parametrize("typed", TYPED)
def test_tab_completes_what_arrives(terminal: Terminal, typed: str) -> None:
    (terminal.home / "library.txt").touch()
    assert terminal.run(f"{typed}\t") == TYPED[typed]
    assert {one.name for one in terminal.home.iterdir()}.isdisjoint({"x", "y"})


LISTED = {
    "gongwen models ": ("list", "show", "use", "列表", "查看", "启用"),
    "gongwen search 主题:行政": ("行政执法", "行政复议"),
}


def test_what_may_follow_is_listed(terminal: Terminal) -> None:
    for typed, names in LISTED.items():
        if terminal.name == "fish":  # it says itself what it would list
            done = subprocess.run(
                [shell_path("fish"), "-c", f"complete -C '{typed}'"],
                env=terminal.environment, capture_output=True, encoding="utf-8", check=True,
            )  # fmt: skip
            found = {line.split("\t")[0].rpartition(":")[2] for line in done.stdout.splitlines()}
            assert set(names) <= found
            continue
        before = terminal.type(typed + ("\t\t" if terminal.name == "bash" else "\t"))
        terminal.wait_for(before, *names)
        terminal.type(CLEAR)
    assert terminal.run("gongwen status") == ["status"]


def test_a_shell_starts_without_a_question(library: Path, tmp_path: Path) -> None:
    """zsh asks at its start when others may write to a folder of its functions."""

    def before(environment: dict[str, str]) -> None:
        folder = tmp_path / "functions"
        folder.mkdir()
        folder.chmod(0o777)
        startup = Path(environment["HOME"]) / ".zshrc"
        startup.write_text(f"fpath=({folder} $fpath)\n", "utf-8")
        installed(environment)

    made = Terminal("zsh", tmp_path / "user", {"GONGWEN_LIBRARY": str(library)}, before)
    assert made.run("gongwen show wu\t") == ["show", "wugong-2020"]
    assert "insecure" not in made.shown()
    made.close()


def test_a_name_that_bash_cannot_quote_is_left_alone(library: Path, tmp_path: Path) -> None:
    """Between double quotes bash takes ``!`` for its history, and closes none behind ``\\"``."""
    made = Terminal("bash", tmp_path, {"GONGWEN_LIBRARY": str(library)}, installed)
    assert made.run('gongwen show "卯\t"') == ["show", "卯"]
    assert made.run('gongwen show "戊\t"') == ["show", "戊"]
    assert made.run("gongwen show '丙\t'") == ["show", "丙"]
    made.close()


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_is_one_of_its_shell(name: str, tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(script(name), "utf-8")
    subprocess.run([shell_path(name), "-n", str(file)], check=True)


# -- quoting ---------------------------------------------------------------------------------------


def called(name: str, line: str, folder: Path) -> list[str] | None:
    """Return the arguments that a shell gives to ``gongwen`` for a line, None if it refuses it."""
    noted = noting_program(folder / "bin")
    path = f"{noted.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [shell_path(name), "-c", line],
        env=environment,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return noted_arguments(noted) if noted.exists() else None


@pytest.mark.parametrize("name", SHELLS)
def test_the_table_of_quotes_is_true(name: str, tmp_path: Path) -> None:
    heading, _line, *rows = re.findall(r"^\|(.*)\|$", DOCS.read_text("utf-8"), re.MULTILINE)[:6]
    [query] = re.findall("`([^`]+)`", heading)
    [line] = [re.findall("`([^`]+)`", row)[0] for row in rows if name in row.split("|")[0]]
    assert called(name, line, tmp_path) == ["search", query]
    assert line.removeprefix("gongwen search ") in (DOCS.parents[1] / "README.md").read_text(
        "utf-8"
    )


EXACT = "“行政规范性文件”"
QUOTED = [
    (SHELLS, f"gongwen search {EXACT}", ["search", EXACT]),
    (SHELLS, f"gongwen 搜索 {EXACT}", ["搜索", EXACT]),
    (SHELLS, "gongwen search '=“放管服”改革'", ["search", "=“放管服”改革"]),
    (SHELLS, "gongwen search 'GDP*'", ["search", "GDP*"]),
    (SHELLS, "gongwen search -- --主题", ["search", "--", "--主题"]),
]
"""Lines of the page, and the arguments that they give."""
REFUSED = [
    (("zsh",), "gongwen search =“放管服”改革"),
    (("zsh", "fish"), "gongwen search GDP*"),
    (("zsh", "fish"), "gongwen search 执?法"),
]
"""Lines that the page warns of, and the shells that do not run them."""


@pytest.mark.parametrize("name", SHELLS)
def test_what_is_said_of_quotes_is_true(name: str, tmp_path: Path) -> None:
    page = DOCS.read_text("utf-8")
    for place, (shells, line, arguments) in enumerate(QUOTED):
        assert f"`{line}`" in page
        if name in shells:
            assert called(name, line, tmp_path / f"{place}") == arguments, line
    for place, (shells, line) in enumerate(REFUSED):
        refused = called(name, line, tmp_path / f"refused-{place}") is None
        assert refused == (name in shells), line


def test_an_exclamation_mark_in_double_quotes_means_the_history(terminal: Terminal) -> None:
    line = "gongwen search '复议!执法'"
    if terminal.name != "fish":
        before = terminal.type(line.replace("'", '"') + "\r")
        terminal.wait_for(before, "event not found")
        terminal.type(CLEAR)
    assert terminal.run(line) == ["search", "复议!执法"]
