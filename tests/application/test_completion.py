"""Completion in shells: what is suggested and how it is quoted; ``test_shells`` runs shells."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gongwen.catalog import use_language
from gongwen.cli.app import whole
from gongwen.cli.completion import split_line, suggestions
from gongwen.cli.shell_scripts import install, script, this_shell
from gongwen.cli.spelling import SHELLS
from gongwen.nlp.errors import GongwenError

from .conftest import Command
from .named_reports import library_with

HOSTILE = ("甲县 2021年", "乙$(touch x)`y`", "丙'县\"", "丁;rm -rf", "戊!县")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the seed's kind of report, and reports whose names mean harm."""
    return library_with(HOSTILE, tmp_path_factory.mktemp("completion"))


def bash(line: str, library: Path | None = None) -> list[str]:
    environment = {"_GONGWEN_WORDS": line, "GONGWEN_CONFIG": os.devnull}
    return suggestions("bash", whole(), environment | {"GONGWEN_LIBRARY": str(library)})


def other(shell: str, words: list[str], current: str, library: Path) -> list[str]:
    environment = {
        "_GONGWEN_WORDS": "\n".join(["gongwen", *words]),
        "_GONGWEN_CURRENT": current,
        "GONGWEN_LIBRARY": str(library),
        "GONGWEN_CONFIG": os.devnull,
    }
    return suggestions(shell, whole(), environment)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gongwen sea", ["search"]),
        ("gongwen 搜", ["搜索", "搜"]),
        ("gongwen 模型 ", ["list", "show", "use"]),
        ("gongwen models 列", ["列表", "列出"]),
        ("gongwen search x --top", ["--topic"]),
        ("gongwen search x --主", ["--主题"]),
        ("gongwen 搜索 x --输", ["--输出"]),
        ("gongwen search x --topic enf", ["enforcement"]),
        ("gongwen search x -t 行政执", ["行政执法"]),
        ("gongwen 搜索 x --主题 行政执", ["行政执法"]),
        ("gongwen 搜索 x －－主题 行政执", ["行政执法"]),
        ("gongwen search x --topic=行政执", ["行政执法"]),
        ("gongwen search 主题:行政执", ["行政执法"]),
        ("gongwen search -主题：行政执", ["-主题：行政执法"]),
        ("gongwen search 地区:", ["武功县"]),
        ("gongwen search x --role 问", ["问题"]),
        ("gongwen search x --role ach", ["achievement", "achievements"]),
        ("gongwen search x --region ", ["武功县"]),
        ("gongwen search x --year ", ["2020"]),
        ("gongwen search x --sort rel", ["relevance"]),
        ("gongwen search x --排序 年", ["年份", "年", "年度"]),
        ("gongwen search x --counts 主题,作", ["主题,作用"]),
        ("gongwen counts --by 县,主", ["县,主题"]),
        ("gongwen counts --by 县,lev", ["县,level"]),
        ("gongwen figures --status pl", ["plan"]),
        ("gongwen figures --pivot reg", ["region"]),
        ("gongwen figures --kind mon", ["money"]),
        ("gongwen show wu", ["wugong-2020"]),
        ("gongwen correct wu", ["wugong-2020"]),
        ("gongwen correct wugong-2020:1 行政执", ["行政执法"]),
        ("gongwen compare 甲县 wu", ["wugong-2020"]),
        ("gongwen remove x wu", ["wugong-2020"]),
        ("gongwen search x --report wu", ["wugong-2020"]),
        ("gongwen models use ", ["0"]),
        ("gongwen reindex --engine t", ["tantivy"]),
        ("gongwen 重建索引 --引擎 ", ["whoosh", "tantivy"]),
        ("gongwen config lim", ["limit"]),
        ("gongwen config 语言 中", ["中文"]),
        ("gongwen help que", ["query"]),
        ("gongwen help 查", ["查询", "查找", "查", "查看"]),
        ("gongwen --lang z", ["zh"]),
        ("gongwen --install-completion f", ["fish"]),
        ("gongwen --安装补全 ", list(SHELLS)),
        # Files are the shell's own affair; so is what there is nothing to say of.
        ("gongwen add ", []),
        ("gongwen search x -o ", []),
        ("gongwen search 复", []),
        ("gongwen show wugong-2020 ", []),
        ("gongwen nothing ", []),
        ("gongwen search x -- --to", []),
        ("", list(whole().commands)),
    ],
)
def test_what_is_suggested(library: Path, line: str, expected: list[str]) -> None:
    assert bash(line, library) == expected


def test_names_are_quoted_for_bash(library: Path) -> None:
    assert bash("gongwen show 甲", library) == ["甲县\\ 2021年"]
    assert bash("gongwen show '甲", library) == ["甲县 2021年"]
    assert bash("gongwen show 甲县\\ 20", library) == ["甲县\\ 2021年"]
    assert bash("gongwen show 乙", library) == ["乙\\$\\(touch\\ x\\)\\`y\\`"]
    assert bash('gongwen show "乙', library) == ["乙\\$(touch x)\\`y\\`"]
    assert bash("gongwen show '丙", library) == []  # cannot stand in single quotes
    assert bash('gongwen show "戊', library) == []  # the history of bash
    assert bash("gongwen show 戊", library) == ["戊\\!县"]


def test_names_are_given_to_the_other_shells_as_they_take_them(library: Path) -> None:
    title = "武功县2020年工作总结"
    for shell in ("zsh", "fish"):
        assert other(shell, ["show"], "乙", library) == [f"乙$(touch x)`y`\t{title}"]
        found = other(shell, ["search", "x"], "--topic=行政执", library)
        assert found == ["--topic=行政执法\tenforcement"]
    quoted = other("powershell", ["show"], "丙", library)
    assert quoted == [f"'丙''县\"'\t丙'县\"\t{title}"]
    plain = other("powershell", ["show"], "wu", library)
    assert plain == [f"wugong-2020\twugong-2020\t{title}"]
    assert all(line.count("\t") == 2 for line in other("powershell", [], "", library))


def test_descriptions_are_in_the_language_of_the_user(library: Path) -> None:
    use_language("zh")
    shown = other("fish", [], "sea", library), other("fish", ["search"], "--主", library)
    both = bash("gongwen sea", library), bash("gongwen ", library)
    use_language("en")
    assert shown == (["search\t按字词、按主题或两者一起搜索句子"], [shown[1][0]])
    assert shown[1][0].startswith("--主题\t主题，如")
    assert both[0] == ["search"]
    assert {"search", "搜索"} <= set(both[1])


def test_what_controls_a_terminal_is_not_suggested(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "library.db")) as db, db:
        db.execute("CREATE TABLE reports (id TEXT, title TEXT)")
        names = [("a\x1b]0;x\x07", ""), ("b\nc", ""), ("d\te", ""), ("f", "g\x1b[2J\n\th")]
        db.executemany("INSERT INTO reports VALUES (?, ?)", names)
    found = other("fish", ["show"], "", tmp_path)
    assert len(found) == 1
    assert found[0].startswith("f\tg")
    assert "\x1b" not in found[0]
    assert found[0].count("\t") == 1


@pytest.mark.parametrize(
    ("line", "words", "current"),
    [
        ("gongwen show ", ["gongwen", "show"], ""),
        ("gongwen  show a\\ b", ["gongwen", "show"], "a b"),
        ("gongwen 'a b' \"c d", ["gongwen", "a b"], "c d"),
        ("gongwen a'b c'd", ["gongwen"], "ab cd"),
        ('gongwen "a\\"b"', ["gongwen"], 'a"b'),
        ("gongwen '' x", ["gongwen", ""], "x"),
    ],
)
def test_a_line_is_split_as_a_shell_splits_it(line: str, words: list[str], current: str) -> None:
    assert split_line(line)[:2] == (words, current)


# -- as shells ask ---------------------------------------------------------------------------------


def asked(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("_GONGWEN")}
    return subprocess.run(
        [sys.executable, "-m", "gongwen"],
        env=kept | environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_the_protocol(library: Path, shell: str) -> None:
    typed = "gongwen show wu" if shell == "bash" else "gongwen\nshow"
    done = asked(
        {
            "_GONGWEN_COMPLETE": f"complete_{shell}",
            "_GONGWEN_WORDS": typed,
            "_GONGWEN_CURRENT": "wu",
            "GONGWEN_LIBRARY": str(library),
        }
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\t")[0].rstrip("\n") == "wugong-2020"


@pytest.mark.parametrize(
    "environment",
    [
        {"GONGWEN_LIBRARY": "/nowhere/at/all"},
        {"GONGWEN_LIBRARY": os.devnull},
        {"GONGWEN_LANG": "xx"},
        {"_GONGWEN_COMPLETE": "complete_tcsh"},
        {"_GONGWEN_COMPLETE": "nonsense"},
        {"_GONGWEN_WORDS": "gongwen search x --乱 "},
        {"_GONGWEN_WORDS": "gongwen --库 "},
        {"_GONGWEN_WORDS": "gongwen show ' \" \\"},
    ],
)
def test_whatever_is_wrong_the_answer_is_empty(environment: dict[str, str]) -> None:
    usual = {"_GONGWEN_COMPLETE": "complete_bash", "_GONGWEN_WORDS": "gongwen show "}
    done = asked(usual | environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_damaged_library_gives_no_answer(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_bytes(b"no database at all" * 100)
    assert bash("gongwen show ", tmp_path) == []
    (tmp_path / "config.toml").write_text("limit = \n", "utf-8")
    done = asked(
        {
            "_GONGWEN_COMPLETE": "complete_bash",
            "_GONGWEN_WORDS": "gongwen show ",
            "GONGWEN_LIBRARY": str(tmp_path),
        }
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_suggestion_loads_no_engine(library: Path) -> None:
    probe = """
import atexit, os, sys
os.environ |= {"_GONGWEN_COMPLETE": "complete_bash", "_GONGWEN_WORDS": "gongwen show wu"}
atexit.register(lambda: print(*sys.modules))
from gongwen.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=os.environ | {"GONGWEN_LIBRARY": str(library)},
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    answer, loaded = done.stdout.split("\n", 1)
    assert answer == "wugong-2020"
    assert not {"numpy", "whoosh", "jieba", "rich", "sklearn"} & set(loaded.split())


def test_scripts_are_ascii_and_evaluate_nothing() -> None:
    for shell in SHELLS:
        text = script(shell)
        assert text.isascii()
        assert f"complete_{shell}" in text
        for word in ("eval", "Invoke-Expression", "iex "):
            assert word not in text


# -- putting them in place -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "file"),
    [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish/completions/gongwen.fish")],
)
def test_a_script_is_put_where_its_shell_looks(tmp_path: Path, shell: str, file: str) -> None:
    environment = {"HOME": str(tmp_path)}
    target = tmp_path / file
    if shell != "fish":
        target.write_text("alias ll='ls -l'", "utf-8")
        target.chmod(0o600)
    assert install(shell, environment) == target.resolve()
    once = target.read_text("utf-8")
    assert install(shell, environment) == target.resolve()
    assert target.read_text("utf-8") == once
    assert script(shell) in once
    if shell != "fish":
        assert once.startswith("alias ll='ls -l'\n\n# >>> gongwen completion >>>\n")
        assert target.stat().st_mode & 0o777 == 0o600
        target.write_text(once.replace("_gongwen", "_older") + "echo 完\n", "utf-8")
        install(shell, environment)
        assert target.read_text("utf-8") == once + "echo 完\n"


def test_a_link_to_a_startup_file_stays_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles"
    kept.write_text("# mine\n", "utf-8")
    try:
        (tmp_path / ".bashrc").symlink_to(kept)
    except OSError:
        pytest.skip("no symbolic links here")
    install("bash", {"HOME": str(tmp_path)})
    assert (tmp_path / ".bashrc").is_symlink()
    assert script("bash") in kept.read_text("utf-8")


@pytest.mark.parametrize(
    ("named", "environment", "shell"),
    [
        ("auto", {"SHELL": "/bin/bash"}, "bash"),
        ("auto", {"SHELL": "/usr/local/bin/fish"}, "fish"),
        ("zsh", {"SHELL": "/bin/bash"}, "zsh"),
        ("pwsh", {}, "powershell"),
    ],
)
def test_which_shell_is_meant(named: str, environment: dict[str, str], shell: str) -> None:
    assert this_shell(named, environment) == shell


def test_a_shell_without_a_script_is_named(seed_cli: Command) -> None:
    with pytest.raises(GongwenError, match="name one of bash, zsh, fish, powershell"):
        this_shell("auto", {"SHELL": "/bin/tcsh"})
    ran = seed_cli("--show-completion", "tcsh")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no completion for 'tcsh'" in ran.err


def test_the_options_print_and_install(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gongwen_in(tmp_path / "library")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    for typed in (["--show-completion"], ["--show-completion", "bash"], ["--显示补全", "bash"]):
        assert run(*typed).out == script("bash")
    ran = run("--install-completion")
    assert ran.code == 0
    assert str(tmp_path / ".bashrc") in ran.err
    assert script("bash") in (tmp_path / ".bashrc").read_text("utf-8")
