"""Commands, options and values by Chinese names, help in both languages, and wrong names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gongwen.catalog import _, use_language
from gongwen.cli.app import whole
from gongwen.cli.chinese_names import chinese_names
from gongwen.cli.help_pages import PAGES
from gongwen.cli.spelling import Spelling
from gongwen.nlp.fields import CHOICES, FIELDS

from .conftest import Command

NAMES = chinese_names()
LATIN = {"json", "jsonl", "csv"}
"""Values that are called so in Chinese too."""
HAN = re.compile(r"[\u4e00-\u9fff]+")


def every_command(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        inside = f"{path} {name}".strip()
        yield inside, command
        if hasattr(command, "commands"):
            yield from every_command(command, inside)


COMMANDS = dict(every_command(whole()))


def options_of(command: Any) -> dict[str, Any]:
    """Return the options of a command by their long names, without hyphens."""
    return {
        name[2:]: option
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }


@pytest.fixture
def chinese() -> Iterator[None]:
    use_language("zh")
    yield
    use_language("en")


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_chinese_names_that_work(path: str) -> None:
    known = NAMES.of_command(path)
    assert known
    group, _space, name = path.rpartition(" ")
    for one in known:
        assert HAN.fullmatch(one)
        assert Spelling(whole()).rewritten([*group.split(), one]) == [*group.split(), name]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_has_chinese_names_that_work(path: str) -> None:
    for name in options_of(COMMANDS[path]):
        known = NAMES.of_option(path, name)
        assert known, name
        for one in known:
            assert HAN.fullmatch(one)
            typed = [*path.split(), f"--{one}"]
            assert Spelling(whole()).rewritten(typed) == [*path.split(), f"--{name}"]


def test_no_name_stands_for_two_things() -> None:
    for group in {path.rpartition(" ")[0] for path in COMMANDS}:
        inside = [path for path in COMMANDS if path.rpartition(" ")[0] == group]
        names = [one for path in inside for one in NAMES.of_command(path)]
        assert len(names) == len(set(names)), group
    for path, command in [("", whole()), *COMMANDS.items()]:
        names = [one for name in options_of(command) for one in NAMES.of_option(path, name)]
        assert len(names) == len(set(names)), path


def test_options_are_called_as_their_parameters() -> None:
    """Typer would take the name of a value for that of the option: --STATUS for --status."""
    for path, command in COMMANDS.items():
        for name in options_of(command):
            assert name == name.lower(), path


@pytest.mark.parametrize("path", COMMANDS)
def test_every_fixed_value_has_a_chinese_name_that_works(path: str) -> None:
    for name, option in options_of(COMMANDS[path]).items():
        for value in set(getattr(option.type, "choices", ())) - LATIN:
            known = [chinese for chinese, one in CHOICES[name].items() if one == value]
            assert known, (name, value)
            for one in known:
                typed = [*path.split(), f"--{name}", one]
                assert Spelling(whole()).rewritten(typed)[-1] == value


def test_names_of_fields_are_those_of_reports() -> None:
    for field in FIELDS:
        assert NAMES.of_option("search", field.name)[: len(field.chinese)] == field.chinese


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (["搜索", "法律顾问", "--主题", "行政执法"], ["search", "法律顾问", "--topic", "行政执法"]),
        (["--文库", "库", "搜索", "复议"], ["--library", "库", "search", "复议"]),
        (["--语言", "中文", "状态"], ["--lang", "zh", "status"]),
        (["－－语言＝英文", "状态"], ["--lang=en", "status"]),
        (["模型", "使用", "1"], ["models", "use", "1"]),
        (["搜索", "搜索"], ["search", "搜索"]),
        (["檢索", "复议"], ["search", "复议"]),
        (["ｓｅａｒｃｈ", "复议"], ["search", "复议"]),
        (["改正", "a:1", "执法", "--署名", "年"], ["correct", "a:1", "执法", "--by", "年"]),
        (["统计", "--按", "县，年份"], ["counts", "--by", "county,year"]),
        (["词语", "--含虚词"], ["words", "--no-stop"]),
        (["词语", "--排序", "搭配强度"], ["words", "--sort", "logdice"]),
        (["帮助", "搜索"], ["help", "搜索"]),
        (["--安装补全"], ["--install-completion=auto"]),
        (["--install-completion", "zsh"], ["--install-completion", "zsh"]),
        (["search", "--", "--主题"], ["search", "--", "--主题"]),
        # A folder may be called as a command is.
        (["--library", "搜索", "status"], ["--library", "搜索", "status"]),
    ],
)
def test_what_is_typed_in_chinese_is_taken(typed: list[str], taken: list[str]) -> None:
    assert Spelling(whole()).rewritten(typed) == taken


def test_commands_run_by_their_chinese_names(seed_cli: Command) -> None:
    first = seed_cli("搜索", "法律顾问", "--主题", "行政执法", "--格式", "json").json()
    second = seed_cli("search", "法律顾问", "--topic", "行政执法", "--format", "json").json()
    assert first["hits"] == second["hits"] != []
    assert seed_cli("模型", "列表", "--格式", "json").json()["models"][0]["version"] == 0


# -- wrong names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "lang", "message"),
    [
        (["serach"], "en", "No such command: serach; did you mean search?"),
        (["搜素"], "en", "No such command: 搜素; did you mean 搜索 (search)?"),
        (["搜素"], "zh", "没有“搜素”命令；是不是 搜索（search）？"),
        (["models", "lst"], "en", "No such command: lst; did you mean list?"),
        (["模型", "列"], "zh", "没有“列”命令；是不是 列表（list）？"),
        (["天气"], "zh", "没有“天气”命令"),
        (["search", "x", "--topicc", "y"], "en", "No such option: --topicc; did you mean --topic?"),
        (["search", "x", "--topicc", "y"], "zh", "没有选项 --topicc；是不是 --主题（--topic）？"),
        (["搜索", "x", "--主提", "y"], "zh", "没有选项 --主提；是不是 --主题（--topic）？"),
        (["search", "-x", "执法"], "en", "No such option: -x"),
        (["help", "serch"], "en", "there is no command or page serch; did you mean search?"),
        (["帮助", "查讯"], "zh", "没有“查讯”这一命令或专题；是不是"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(
    seed_cli: Command, typed: list[str], lang: str, message: str
) -> None:
    ran = seed_cli("--lang", lang, *typed)
    use_language("en")
    assert (ran.code, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())


# -- help ----------------------------------------------------------------------------------------


def examples() -> list[tuple[str, str]]:
    """Return every example of the help, with the path of its command."""
    found = []
    for path, command in [("", whole()), *COMMANDS.items()]:
        for paragraph in (command.help or "").split("\n\n"):
            text = " ".join(paragraph.split())
            if text.startswith("Example: "):
                found.append((path, text))
    return found


def commands_in(example: str) -> list[list[str]]:
    """Return the arguments of each command of an example."""
    words = shlex.split(example, comments=False)
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "&&":
            parts.append([])
        else:
            parts[-1].append(word)
    return [part[1:] for part in parts]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_an_example(path: str) -> None:
    assert any(one == path for one, _text in examples())


@pytest.mark.parametrize(("path", "example"), examples(), ids=lambda text: ascii(text)[:50])
def test_the_chinese_example_is_the_english_one(chinese: None, path: str, example: str) -> None:
    """It asks for the same with Chinese names, so both are commands that there are."""
    translated = _(example)
    assert translated.startswith("例：gongwen ")
    english = commands_in(example.removeprefix("Example: "))
    seen = set[str]()
    for ours, theirs in zip(english, commands_in(translated.removeprefix("例：")), strict=True):
        spelling = Spelling(whole())
        meant = [_same(one) for one in spelling.rewritten(theirs)]
        seen.add(spelling.path)
        assert meant == [_same(one) for one in Spelling(whole()).rewritten(ours)]
        assert spelling.path in COMMANDS
        assert theirs[0] != ours[0]
    assert not path or any(one.startswith(path) for one in seen)


def _same(argument: str) -> str:
    """Return an argument with the values that commands themselves take in Chinese in English."""
    known = {
        **{name: field.name for field in FIELDS for name in field.chinese},
        "主题": "topic",
        "作用": "role",
        "角色": "role",
        "改动": "changed",
        "新增": "new",
        "条数": "limit",
        "语言": "lang",
        "中文": "zh",
        "搜索": "search",
        "查询": "query",
    }
    parts = re.split(r"([,:= ])", argument)
    return "".join(known.get(part, part) for part in parts)


@pytest.mark.parametrize("path", ["", *COMMANDS])
def test_the_chinese_help_has_the_names_and_no_english(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, path: str
) -> None:
    ran = gongwen_in(tmp_path / "library")("--lang", "zh", *path.split(), "--help")
    use_language("en")
    assert ran.code == 0
    lines = ran.out.splitlines()
    words = path.split()
    called = (chinese_names().of_command(" ".join(words[: i + 1]))[0] for i in range(len(words)))
    assert lines[0].startswith(" ".join(["用法：gongwen", *called]))
    assert not re.search(
        r"OPTION|ARGS|LABELS|REPORT|FILE|FOLDER|QUERY|TEXT|PATH|<(str|int)", ran.out
    )
    command = COMMANDS.get(path) or whole()
    for name in options_of(command):
        first = NAMES.of_option(path, name)[0]
        assert any(f"--{name}, --{first}" in line for line in lines), name
    for name in getattr(command, "commands", {}):
        first = NAMES.of_command(f"{path} {name}".strip())[0]
        assert any(re.match(rf"  {name} +{first} ", line) for line in lines), name
    assert max(len(line) for line in lines) <= 80
    assert not re.search(r"[A-Za-z]+ (the|of|or|is|and|to) [a-z]+", ran.out)


def test_help_without_a_name_lists_commands_and_pages(seed_cli: Command) -> None:
    ran = seed_cli("help")
    assert ran.code == 0
    assert "Commands:" in ran.out
    assert "gongwen help query | fields | formats | values | names" in ran.out


@pytest.mark.parametrize(
    "typed", [["search"], ["搜索"], ["models", "use"], ["模型", "使用"], ["ＳＥＡＲＣＨ"]]
)
def test_help_of_a_command_is_its_help(seed_cli: Command, typed: list[str]) -> None:
    path = ["search"] if len(typed) == 1 else ["models", "use"]
    assert seed_cli("help", *typed).out == seed_cli(*path, "--help").out


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_both_languages(seed_cli: Command, page: str) -> None:
    chinese, heading, *_rest = PAGES[page]
    english = seed_cli("help", page)
    assert english.out.startswith(f"{heading}:\n")
    for name in (page, *chinese):
        ran = seed_cli("--lang", "zh", "帮助", name)
        translated = _(heading)
        use_language("en")
        assert ran.code == 0
        assert translated != heading
        assert ran.out.startswith(f"{translated}：\n")


def test_the_page_on_queries_shows_what_works(seed_cli: Command) -> None:
    rows = [line for line in seed_cli("help", "query").out.splitlines() if line.startswith("  ")]
    shown = [re.split(r" {2,}", line.strip())[0] for line in rows if not line.startswith("   ")]
    assert len(shown) >= 15
    for query in shown:
        for one in query.split(", "):
            assert seed_cli("search", "--", one).code == 0, one


def test_the_page_of_names_has_all(seed_cli: Command) -> None:
    shown = seed_cli("help", "names").out
    for path, command in COMMANDS.items():
        assert re.search(rf"^  {path} +{'、'.join(NAMES.of_command(path))}$", shown, re.MULTILINE)
        for name in options_of(command):
            assert f"--{name} " in shown
