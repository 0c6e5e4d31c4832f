"""Tables fit the terminal, nothing is cut without a mark, and a pipe gets one record a line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import gongwen
from gongwen.catalog import use_language
from gongwen.cli.outcome_lines import print_results
from gongwen.cli.result_table import Column, ResultTable
from gongwen.cli.styled_lines import excerpt, fold_line, line_of, text_of
from gongwen.cli.text_width import clipped, columns
from gongwen.results import FileOutcome

from .conftest import SEED_REPORTS, Command

LONG = "推进依法行政，" * 20 + "办理行政复议案件4件，" + "健全工作机制，" * 20
COMMANDS = [
    (["search", "执法"], 130),
    (["search", "执法", "--wide"], 400),
    (["search", "执法", "--context", "1"], 400),
    (["search", "执法", "--by", "report", "--counts", "topic,role"], 60),
    (["similar", "wugong-2020:27"], 60),
    (["reports"], 20),
    (["topics"], 70),
    (["show", "wugong-2020"], 500),
    (["figures"], 102),
    (["figures", "--wide"], 400),
    (["status"], 40),
    (["models", "list"], 12),
    (["counts", "--by", "topic"], 40),
    (["suggest"], 140),
    (["check", "wugong-2020"], 60),
    (["copies"], 80),
    (["compare", "wugong-2020", "long"], 600),
    (["tag", "聘请3名律师担任县政府法律顾问。"], 8),
]
"""Commands, and the most lines that they print at 80 columns."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("widths")
    name = "关于某某省某某市某某县法治政府建设工作情况的总结报告.txt"
    (made / name).write_text(f"某某县2020年工作总结\n{LONG}。\n落实执法责任。\n", "utf-8")
    (made / "long.txt").write_text(f"乙县2021年工作总结\n一、执法\n{LONG}。\n", "utf-8")
    with gongwen.open(made / "library") as library:
        library.add([SEED_REPORTS, made / name, made / "long.txt"])
    return made


@pytest.fixture
def at(
    gongwen_in: Callable[[Path], Command], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Give a function that runs a command at a width and in a language."""
    run = gongwen_in(folder / "library")

    def shown(width: int, language: str, *arguments: str) -> str:
        size = os.terminal_size((width, 24))
        monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: size)
        try:
            ran = run("--lang", language, *arguments)
        finally:
            use_language("en")
        assert ran.code in (0, 1), ran.err
        return ran.out

    return shown


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize(("command", "most"), COMMANDS, ids=lambda c: " ".join(c) if isinstance(c, list) else "")  # fmt: skip # noqa: E501
def test_no_line_is_wider_than_the_terminal(
    at: Callable[..., str], command: list[str], most: int, width: int, language: str
) -> None:
    lines = at(width, language, *command).splitlines()
    assert [line for line in lines if columns(line) > width] == []
    assert len(lines) <= most


def test_a_long_sentence_is_cut_around_the_match(at: Callable[..., str]) -> None:
    cut = at(80, "en", "search", "行政复议案件4件")
    assert "行政复议案件4件" in cut
    assert cut.count("…") >= 2  # on either side
    whole = at(80, "en", "search", "行政复议案件4件", "--wide").replace("\n", "")
    assert f"{LONG}。" in whole


@pytest.mark.parametrize("width", [40, 60, 80])
def test_an_excerpt_fits_and_shows_the_match(width: int) -> None:
    for front in range(0, 200, 7):
        text = "推进法治，" * (front // 5) + "复议" + "健全机制，" * 30
        start = text.index("复议")
        lines = excerpt(line_of(text, [(start, start + 2)], "bold"), width, 2, "bold")
        shown = "".join(map(text_of, lines))
        assert len(lines) <= 2 and max(columns(text_of(line)) for line in lines) <= width
        assert "复议" in shown and shown.endswith("…")
        assert shown.startswith("…") or text.startswith(shown[:-1])


def test_folding_and_clipping_keep_the_text() -> None:
    line = line_of(LONG, [(3, 5)], "bold")
    assert "".join(map(text_of, fold_line(line, 40))) == LONG
    assert clipped("办理复议案件", 12) == "办理复议案件"
    assert clipped("办理复议案件", 9) == "办理复议…"


def test_a_table_folds_what_is_too_long_and_loses_nothing() -> None:
    shown = ResultTable([Column("Place"), Column("Count", "right"), Column("Text", flows=True)])
    shown.add_row("某某县2020", "12", LONG)
    lines = ["".join(map(str, line)) for line in shown.laid_out(60)]
    assert max(map(columns, lines)) <= 60
    assert "".join(line[-26:].strip() for line in lines[2:]).count("行政复议案件4件") <= 1
    text = "".join(part for line in shown.laid_out(60)[2:] for part in line[-1:])
    assert text == LONG
    assert shown.records() == f"Place\tCount\tText\n某某县2020\t12\t{LONG}\n"


@pytest.mark.parametrize("command", [c for c, _most in COMMANDS if c[0] in
    ("search", "reports", "topics", "show", "figures", "suggest", "copies", "tag")],
    ids=" ".join)  # fmt: skip
def test_a_pipe_gets_one_record_a_line(
    gongwen_in: Callable[[Path], Command],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    run = gongwen_in(folder / "library")
    setenv = monkeypatch.setenv
    monkeypatch.setattr(
        monkeypatch, "setenv", lambda name, value: setenv(name, "" if name == "COLUMNS" else value)
    )
    lines = [
        line
        for line in run(*command).out.splitlines()
        if not line.startswith(("topic\t", "role\t"))
    ]
    assert len({line.count("\t") for line in lines}) == 1
    assert lines[0].count("\t") >= 3
    assert not [line for line in lines if "…" in line]


def test_the_file_stands_beside_every_outcome(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    reason = "the file is damaged " * 8
    outcomes = [FileOutcome("坏.docx", "failed", message=f"坏.docx: {reason}")]
    outcomes += [FileOutcome(f"{n}.txt", "unchanged", f"r{n}", 9) for n in range(300)]
    print_results(outcomes, "table")
    few = capsys.readouterr().out.splitlines()
    assert few[2].startswith("坏.docx") and "failed" in few[2]
    assert " ".join(" ".join(few[3:-1]).split()) == reason.strip()
    assert few[-1] == "300 more files (unchanged 300); --wide lists them"
    print_results(outcomes, "table", wide=True)
    every = capsys.readouterr().out.splitlines()
    assert sum("unchanged" in line for line in every) == 300
    assert every[302].startswith("坏.docx")  # last
    assert max(map(columns, every)) <= 80


JSON = [
    (["status"], "reports"),
    (["topics"], "topics"),
    (["models", "list"], "models"),
    (["models", "show", "0"], "card"),
    (["suggest", "-n", "2"], "suggestions"),
    (["tag", "复议"], "sentences"),
    (["split", str(SEED_REPORTS / "wugong-2020.txt")], "sentences"),
    (["copies"], "copies"),
    (["retag", "--dry-run"], "changes"),
    (["evaluate"], "measures"),
]


@pytest.mark.parametrize(("command", "key"), JSON, ids=lambda c: " ".join(c[:2]) if isinstance(c, list) else c)  # fmt: skip # noqa: E501
def test_commands_that_report_give_json(
    gongwen_in: Callable[[Path], Command], folder: Path, command: list[str], key: str
) -> None:
    found = gongwen_in(folder / "library")(*command, "--format", "json").json()
    assert isinstance(found, dict) and key in found


def test_an_error_is_one_line_with_json_too(
    gongwen_in: Callable[[Path], Command], folder: Path
) -> None:
    ran = gongwen_in(folder / "library")("correct", "没有:1", "行政执法", "--format", "json")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)


def test_a_pipe_is_known_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongwen.cli import output

    monkeypatch.setattr(output.sys, "stdout", SimpleNamespace(isatty=lambda: False))
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for stated, piped in (("88", False), ("", True), ("0", True), ("wide", True)):
        monkeypatch.setenv("COLUMNS", stated)
        assert output.piped() is piped
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(output.sys, "stdout", SimpleNamespace(isatty=lambda: True))
    assert not output.piped()
