"""No text from outside steers the terminal: every command, every format, on a real one.

Everything that a library holds gets sequences that write to the clipboard, clear the screen, turn
the direction of text or look like markup. What is printed shows them as escapes.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.cli import main
from gongwen.cli.text_width import columns, line_breaks
from gongwen.storage.row_values import CORRECTION, digest, seal

if sys.platform == "win32":
    pytest.skip("needs a pseudo terminal", allow_module_level=True)

import pty
import termios

ESC = "\x1b"
PAYLOAD = f"{ESC}]52;c;QUJD\x07{ESC}[2J\x9b31m\u202e[bold]"
FORBIDDEN = (f"{ESC}]", f"{ESC}[2J", "\x9b", "\x07", "\u202e", "52;c;QUJD\x07")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library into whose fields an older version let everything."""
    folder = tmp_path_factory.mktemp("hostile") / "library"
    report = folder.parent / "甲县2021年工作总结.txt"
    report.write_text(
        "甲县2021年工作总结\n一、复议\n全年办理行政复议案件12件，同比增长20%。\n开展执法检查3次。\n",
        "utf-8",
    )
    other = folder.parent / "乙县2020年工作总结.txt"
    other.write_text(
        "乙县2020年工作总结\n全年办理行政复议案件7件。\n办理行政诉讼案件2件。\n", "utf-8"
    )
    with gongwen.open(folder) as library:
        library.add([report, other])
        library.correct("甲县", 3, "enforcement")
    with sqlite3.connect(folder / "library.db") as db:
        for column in ("title", "region", "kind", "source", "file", "province", "city", "county",
                       "agency", "address", "date", "level"):  # fmt: skip
            db.execute(f"UPDATE reports SET {column} = {column} || ?", (PAYLOAD,))
        # Behind the sentences, so that these stand where they stood; and in one of them.
        db.execute("UPDATE reports SET text = replace(text, '开展', ?)", (f"{ESC}\x07",))
        for column in ("section", "item", "role"):
            db.execute(f"UPDATE sentences SET {column} = {column} || ?", (PAYLOAD,))
        db.execute("UPDATE sentences SET topic = topic || ? WHERE kind != 'heading'", (PAYLOAD,))
        db.execute("UPDATE reports SET notes = ?", (json.dumps([PAYLOAD]),))
        for column in ("indicator", "unit", "qualifier", "raw", "period"):
            db.execute(f"UPDATE figures SET {column} = {column} || ?", (PAYLOAD,))
        db.execute("UPDATE corrections SET author = ?, note = ?, heading = ?", (PAYLOAD,) * 3)
        for (id_,) in db.execute("SELECT id FROM reports").fetchall():
            seal(db, id_)
        for number, *row in db.execute(f"SELECT id, {', '.join(CORRECTION)} FROM corrections"):
            db.execute("UPDATE corrections SET checksum = ? WHERE id = ?", (digest([row]), number))
    db.close()
    with gongwen.open(folder) as library:
        library.reindex()
    return folder


def on_a_terminal(*arguments: str, library: Path, columns: int = 100) -> tuple[int, str]:
    """Run a command with a pseudo terminal as both outputs; return its code and what it wrote."""
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST  # \n stays \n
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    environment = {
        **os.environ, "GONGWEN_LIBRARY": str(library), "COLUMNS": str(columns), "TERM": "xterm",
    }  # fmt: skip
    started = subprocess.Popen(
        [sys.executable, "-m", "gongwen", *arguments],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other side is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    return started.wait(), written.decode("utf-8")


COMMANDS = [
    ["search", "复议", "--context", "1", "--counts", "topic,role,year,region,report"],
    ["search", "复议", "--by", "report"],
    ["search", "复议", "--format", "json"],
    ["search", "复议", "--format", "csv"],
    ["reports"],
    ["reports", "--format", "json"],
    ["reports", "--format", "csv"],
    ["show", "甲县2021年工作总结"],
    ["show", "甲县2021年工作总结", "--format", "csv"],
    ["figures"],
    ["figures", "--pivot", "region,report"],
    ["figures", "--format", "csv"],
    ["check", "甲县2021年工作总结"],
    ["export"],
    ["export", "--format", "csv"],
    ["retag", "--dry-run"],
    ["topics"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_lets_text_steer_the_terminal(hostile: Path, command: list[str]) -> None:
    code, written = on_a_terminal(*command, library=hostile)
    # An export names what no import would take, and exits with 1.
    assert code == (command[0] == "export"), written
    assert "internal error" not in written
    for sequence in FORBIDDEN:
        assert sequence not in written
    if command != ["topics"]:  # it is shown, not left out
        assert "\\u202e" in written or "\\x1b" in written or "\\u001b" in written
    if command[0] in ("search", "reports", "show") and "--format" not in command:
        assert "[bold]" in written.replace("\n", "")  # and no markup


MORE = [
    ["search", "复议", "--format", "jsonl"],
    ["similar", "甲县2021年工作总结:3"],
    ["show", "甲县2021年工作总结", "--format", "json"],
    ["show", "甲县2021年工作总结:3"],
    ["figures", "--format", "json"],
    ["figures", "--format", "jsonl"],
    ["figures", "--pivot", "report", "--format", "csv"],
    ["figures", "--pivot", "report", "--format", "jsonl"],
    ["check", "甲县2021年工作总结", "--format", "json"],
    ["suggest"],
    ["suggest", "--format", "jsonl"],
    ["suggest", "--format", "csv"],
    ["topics", "--format", "csv"],
    ["status"],
    ["status", "--format", "json"],
    ["models", "list"],
    ["tag", PAYLOAD + "复议"],
    ["tag", PAYLOAD + "复议", "--explain"],
    ["tag", PAYLOAD + "复议", "--format", "jsonl"],
]
WRONG = [
    ["show", PAYLOAD],
    ["search", "复议", "--topic", PAYLOAD],
    ["search", "复议", "--year", PAYLOAD],
    ["search", "复议", f"--{ESC}]52;c;QUJD\x07"],
    ["search", "复议", "--limit", PAYLOAD],
    ["search", "复议", "--format", PAYLOAD],
    [PAYLOAD],
    ["add", PAYLOAD],
    ["add", "seeds/reports", "--workers", PAYLOAD],
    ["import", PAYLOAD],
    ["check", PAYLOAD],
    ["reports", "--set", PAYLOAD],
    ["reports", "甲县2021年工作总结", "--set", f"{PAYLOAD}=1"],
    ["correct", f"{PAYLOAD}:1", PAYLOAD],
    ["correct", "甲县2021年工作总结:3", PAYLOAD],
    ["train", PAYLOAD],
    ["models", "show", PAYLOAD],
    ["tag", "--file", PAYLOAD],
    ["figures", "--pivot", PAYLOAD],
    ["export", "-o", f"/nowhere/{PAYLOAD}.csv"],
    ["remove", PAYLOAD],
    ["evaluate", PAYLOAD],
]


@pytest.fixture
def as_on_a_terminal(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in this process with outputs that say that they are a terminal."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def run(*arguments: str) -> tuple[int, str]:
        terminal = Terminal()
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, terminal)
        monkeypatch.setattr(sys, "argv", ["gongwen", *arguments])
        monkeypatch.setenv("GONGWEN_LIBRARY", str(hostile))
        monkeypatch.setenv("COLUMNS", "100")
        code = 0
        try:
            main()
        except SystemExit as error:
            code = int(error.code or 0)
        return code, terminal.getvalue()

    return run


@pytest.mark.parametrize("command", [*COMMANDS, *MORE], ids=lambda c: ascii(" ".join(c))[:60])
def test_no_output_holds_a_raw_sequence(as_on_a_terminal: Any, command: list[str]) -> None:
    code, written = as_on_a_terminal(*command)
    assert code in (0, 1), written
    assert "internal error" not in written
    for sequence in FORBIDDEN:
        assert sequence not in written


@pytest.mark.parametrize("command", WRONG, ids=lambda c: ascii(" ".join(c))[:60])
def test_no_message_holds_a_raw_sequence(as_on_a_terminal: Any, command: list[str]) -> None:
    code, written = as_on_a_terminal(*command)
    assert code in (1, 2), written
    assert "internal error" not in written
    for sequence in FORBIDDEN:
        assert sequence not in written


def test_data_for_a_file_or_pipe_is_exact(hostile: Path, gongwen_in: Any, tmp_path: Path) -> None:
    run = gongwen_in(hostile)
    with gongwen.open(hostile) as library:
        titles = [report.title for report in library.reports()]
    assert PAYLOAD in titles[0]
    assert [r["title"] for r in run("reports", "--format", "json").json()["reports"]] == titles
    out = run("reports", "--format", "csv").out.lstrip("\ufeff")
    assert [row["title"] for row in csv.DictReader(io.StringIO(out, newline=""))] == titles
    exported = tmp_path / "all.jsonl"
    assert run("export", "-o", str(exported)).code == 1  # it names what no import would take
    lines = [json.loads(line) for line in exported.read_bytes().decode("utf-8").split("\n") if line]
    assert [line["title"] for line in lines if line["type"] == "report"] == titles


def test_pages_and_sheets_can_be_written(hostile: Path, gongwen_in: Any, tmp_path: Path) -> None:
    run = gongwen_in(hostile)
    page, sheet = tmp_path / "a.html", tmp_path / "a.xlsx"
    assert run("figures", "--plot", str(page)).code == 0
    for command in (["figures"], ["export"], ["search", "复议"], ["figures", "--pivot", "report"]):
        done = run(*command, "-o", str(sheet))
        assert done.code == (command == ["export"]), done.err
    assert not {"\x1b", "\x07", "\x9b"} & set(page.read_text("utf-8"))


def test_a_file_name_that_is_not_utf8_works_in_every_format(tmp_path: Path) -> None:
    name = os.fsencode(str(tmp_path)) + b"/\xff\x1b]0;x\x07\x80.txt"
    text = "甲县2021年工作总结\n开展执法检查3次。\n".encode()
    try:
        Path(os.fsdecode(name)).write_bytes(text)
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    for command in (
        ["add", os.fsdecode(name)],
        ["add", os.fsdecode(name), "--format", "json"],
        *(["reports", "--format", format] for format in ("table", "json", "csv")),
        ["check", os.fsdecode(name)],
        ["search", "检查", "--format", "csv"],
        ["show", os.fsdecode(b"\xff")],
        ["search", os.fsdecode(b"\xff\x80")],
    ):
        code, written = on_a_terminal(*command, library=tmp_path / "library")
        assert code == 0 or command[-1] == os.fsdecode(b"\xff"), written
        assert "internal error" not in written
        assert f"{ESC}]" not in written
        assert "\x07" not in written


def test_every_line_fits_its_width() -> None:
    pick = random.Random(15)
    for _ in range(2000):
        text = "".join(pick.choices("中文字ab1 ,。（）(\u0301％", k=pick.randint(0, 60)))
        width = pick.randint(2, 24)
        breaks = line_breaks(text, width)
        assert breaks == sorted(set(breaks) - {0, len(text)})
        for start, end in pairwise([0, *breaks, len(text)]):
            assert columns(text[start:end]) <= width, (text, width)


def test_only_one_module_of_the_command_line_prints() -> None:
    for path in (ROOT / "src" / "gongwen" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if path.name != "output.py":
                assert called not in ("print", "sys.stdout.write", "sys.stderr.write"), path
                assert not called.endswith((".echo", ".secho", "console.print")), path
