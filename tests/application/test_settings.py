"""Settings of the user and of a library: which counts first, how they are changed, bad files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongwen.catalog import use_language
from gongwen.cli.app import whole
from gongwen.cli.options import config_folder
from gongwen.cli.settings import (
    SETTINGS,
    change_settings,
    named_setting,
    read_settings,
    settings_in,
)
from gongwen.nlp.errors import QueryError, SeedError

from .conftest import SEED_REPORTS, Command


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of the user, which is not there yet."""
    monkeypatch.setenv("GONGWEN_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "config.toml"


@pytest.fixture
def run(mine: Path, gongwen_in: Callable[[Path], Command], tmp_path: Path) -> Command:
    """Commands in a library with the seed report."""
    command = gongwen_in(tmp_path / "library")
    assert command("add", str(SEED_REPORTS)).code == 0
    return command


def rows(run: Command) -> dict[str, Any]:
    return {one["key"]: one for one in run("config", "--format", "json").json()["settings"]}


def hits(run: Command, *options: str) -> int:
    return len(run("search", "工作", "--format", "json", *options).json()["hits"])


def test_an_option_counts_before_the_library_the_user_and_what_is_built_in(run: Command) -> None:
    assert hits(run) > 5
    assert rows(run)["limit"]["origin"] == "built-in"
    assert run("config", "limit", "4").code == 0
    assert hits(run) == 4
    assert run("config", "limit", "3", "--library-wide").code == 0
    assert hits(run) == 3
    assert rows(run)["limit"]["origin"] == "library"
    assert hits(run, "--limit", "2") == hits(run, "--条数", "2") == 2
    assert run("config", "--unset", "limit", "--library-wide").code == 0
    assert (hits(run), rows(run)["limit"]["origin"]) == (4, "user")
    assert run("config", "--unset", "limit").code == 0
    assert hits(run) > 5


def test_a_library_named_after_the_command_has_its_settings(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library" / "config.toml").write_text("limit = 3\n", "utf-8")
    folder = str(tmp_path / "library")
    other = ["--library", str(tmp_path / "other")]
    assert run(*other, "add", str(SEED_REPORTS)).code == 0
    assert hits(run, *other) > 5
    for named in (["--library", folder], [f"--library={folder}"], ["--文库", folder]):
        assert hits(run, *named) == 3


def test_the_environment_counts_before_settings(
    run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run("config", "lang", "zh").code == 0
    assert run("config", "lang").out == "en\n"  # GONGWEN_LANG of the tests
    assert rows(run)["lang"]["origin"] == "environment"
    assert rows(run)["lang"]["file"] == "GONGWEN_LANG"
    assert run("config", "library", str(tmp_path / "elsewhere")).code == 0
    assert run("status").code == 0
    monkeypatch.delenv("GONGWEN_LANG")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    shown = run("status", "--help").out
    english = run("--lang", "en", "status", "--help").out
    use_language("en")
    assert shown.startswith("用法：")
    assert english.startswith("Usage:")


def test_the_library_of_the_settings_is_used(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from gongwen.cli import main

    def status(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["gongwen", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main()
        return json.loads(capsys.readouterr().out)

    monkeypatch.delenv("GONGWEN_LIBRARY", raising=False)
    folder = tmp_path / "mine"
    mine.parent.mkdir()
    mine.write_text(f"library = {json.dumps(str(folder))}\n", "utf-8")
    with pytest.raises(SystemExit):
        monkeypatch.setattr(sys, "argv", ["gongwen", "add", str(SEED_REPORTS)])
        main()
    assert (folder / "library.db").exists()
    assert status("status", "--format", "json")["reports"] == 1


def test_the_author_of_corrections_is_the_one_that_was_set(run: Command, tmp_path: Path) -> None:
    assert run("设置", "署名", "小王").code == 0
    assert run("correct", "wugong-2020:81", "行政执法").code == 0
    assert run("correct", "wugong-2020:80", "行政执法", "--by", "小李").code == 0
    exported = tmp_path / "all.jsonl"
    assert run("export", "-o", str(exported)).code == 0
    lines = [json.loads(line) for line in exported.read_text("utf-8").splitlines()]
    authors = [line["author"] for line in lines if line["type"] == "correction"]
    assert sorted(authors) == ["小李", "小王"]


def test_lines_of_words_are_not_cut_off_by_a_setting(run: Command, tmp_path: Path) -> None:
    assert run("config", "limit", "2").code == 0
    assert run("config", "context", "1").code == 0
    file = tmp_path / "kwic.csv"
    assert run("search", "工作", "--kwic", "-o", str(file)).code == 0
    assert len(file.read_text("utf-8").splitlines()) > 4


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        (["条数", "50"], "limit", 50),
        (["limit", "５０"], "limit", 50),
        (["语言", "中文"], "lang", "zh"),
        (["归并", "关"], "group", "off"),
        (["近义词", "从不"], "synonyms", "never"),
        (["署名", ' 小"王\\ '], "author", '小"王\\'),
        (["workers", "2"], "workers", 2),
    ],
)
def test_settings_have_chinese_names_and_values(
    mine: Path, cli: Command, typed: list[str], key: str, value: object
) -> None:
    assert cli("设置", *typed).code == 0
    assert read_settings(mine, of_library=False) == {key: value}


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        (["limt", "3"], 1, "there is no setting 'limt'; did you mean limit?"),
        (["limit", "x"], 1, "limit is a whole number from 0 to 1000000, not 'x'"),
        (["limit", "-1"], 2, ""),
        (["limit", "99999999"], 1, "limit is a whole number"),
        (["lang", "fr"], 1, "lang is one of en, zh, not 'fr'"),
        (["author", "a\nb"], 1, "author is a text on one line"),
        (["author", " "], 1, "author is a text on one line"),
        (["author", "我", "--library-wide"], 1, "author is set by a user, not by a library"),
        (["limit", "3", "--unset"], 2, "--unset takes no value"),
        (["--unset"], 2, "name the setting"),
        (["limit", "3", "--library-wide"], 1, "there is no library here"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_written(
    mine: Path, cli: Command, typed: list[str], code: int, message: str
) -> None:
    ran = cli("config", *typed)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert not mine.exists()


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("limit = \n", 1, "not TOML"),
        ("# 注释\n\nlimit = 'x'\n", 3, "limit is a whole number"),
        ("lang = 'zh'\nlimits = 3\n", 2, "there is no setting 'limits'; there are lang, library"),
        ("[limit]\na = 1\n", 1, "limit is a whole number"),
        ("group = true\n", 1, "group is one of on, off, not 'True'"),
        ("library = 'here'\n", 1, "library is the whole path of a folder"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    mine: Path, run: Command, content: str, place: int, problem: str
) -> None:
    mine.parent.mkdir(exist_ok=True)
    mine.write_text(content, "utf-8")
    for command in (["search", "复议"], ["config"], ["config", "lang", "zh"]):
        ran = run(*command)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"gongwen: {mine}:{place}: {problem}")
        assert len(ran.err.splitlines()) == 1
    assert mine.read_text("utf-8") == content
    for command in (["--help"], ["help"], ["search", "--help"], ["--version"]):
        assert run(*command).code == 0


@pytest.mark.parametrize("key", [one.name for one in SETTINGS if not one.of_libraries])
def test_a_library_cannot_set_what_acts_outside_of_it(
    run: Command, tmp_path: Path, key: str
) -> None:
    (tmp_path / "library" / "config.toml").write_text(f"\n{key} = '/tmp'\n", "utf-8")
    ran = run("search", "复议")
    assert (ran.code, ran.out) == (1, "")
    assert f"config.toml:2: {key} is set by a user, not by a library" in ran.err


def test_a_change_keeps_other_lines_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# 我的设置\nlang = "zh"  # 中文\n\n# 条数\nlimit = 3\n', "utf-8")
    change_settings(file, False, "limit", 7)
    change_settings(file, False, "group", "off")
    expected = '# 我的设置\nlang = "zh"  # 中文\n\n# 条数\nlimit = 7\ngroup = "off"\n'
    assert file.read_text("utf-8") == expected
    change_settings(file, False, "lang", None)
    assert read_settings(file, False) == {"limit": 7, "group": "off"}
    assert file.read_text("utf-8").startswith("# 我的设置\n\n# 条数\n")
    before = file.read_bytes()
    change_settings(file, False, "author", None)
    assert file.read_bytes() == before


def test_a_line_that_is_no_line_of_its_own_is_left(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    content = 'author = """\\\n  a = 1"""\n'
    file.write_text(content, "utf-8")
    with pytest.raises(SeedError, match=r"config\.toml"):
        change_settings(file, False, "author", "小李")
    assert file.read_text("utf-8") == content


def test_every_setting_is_the_default_of_options_that_there_are() -> None:
    commands = whole().commands
    for setting in SETTINGS:
        for path, parameter in setting.used.items():
            command = commands[path] if path else whole()
            assert parameter in {one.name for one in command.params}, setting.name


def test_the_list_says_where_each_comes_from(run: Command, mine: Path) -> None:
    assert run("config", "limit", "9").code == 0
    ran = run("config")
    lines = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == [one.name for one in SETTINGS]
    assert "limit = 9  (user)" in lines
    assert "workers = 1  (built-in)" in lines
    assert str(mine) in ran.err
    assert "条数（limit） = 9（个人）" in run("--lang", "zh", "设置").out.splitlines()
    use_language("en")
    assert run("config", "limit").out == "9\n"
    header = run("config", "--format", "csv").out.splitlines()[0]
    assert header.lstrip("\ufeff") == "key,value,origin,file,meaning"


def test_the_folder_is_that_of_platformdirs() -> None:
    platformdirs = pytest.importorskip("platformdirs")
    environment = {name: value for name, value in os.environ.items() if name != "GONGWEN_CONFIG"}
    expected = platformdirs.user_config_path("gongwen", appauthor=False)
    assert config_folder(environment) == expected


def test_settings_in_a_text() -> None:
    assert settings_in("lang = 'zh'\nlimit = 5\n", "x", True) == {"lang": "zh", "limit": 5}
    with pytest.raises(SeedError):
        settings_in("author = '我'\n", "x", True)
    with pytest.raises(QueryError):
        named_setting("天气")


def test_the_page_on_the_shell_lists_all_settings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "shell.md").read_text("utf-8")
    for setting in SETTINGS:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{setting.name}` "))
        assert setting.chinese[0] in row
        assert ("yes" in row.rsplit("|", 2)[1]) is setting.of_libraries
