"""The documentation builds as a site that loads nothing from elsewhere, and what it says works."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from gongwen.catalog import current_language, use_language
from gongwen.cli import main
from gongwen.cli.app import whole
from gongwen.cli.spelling import Spelling

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"^ *<!-- run -->\n( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_PYTHON_RUN = re.compile(r"^<!-- run: [\w-]+ -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(gongwen [^`]+)`")
_INDENTED = re.compile(r"^ {4,}(gongwen .+)$", re.MULTILINE)
_VIRTUAL = re.compile(r"\.\.\.|…|\bCOMMAND\b|命令 --帮助")
"""In what is no command but says how commands are written."""


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def module(name: str) -> ModuleType:
    """Import a script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


# --- commands -------------------------------------------------------------------------------------


def commands_of(text: str) -> Iterator[str]:
    """Yield every command line of gongwen that a page has."""
    bare = text
    for block in _FENCE.finditer(text):
        bare = bare.replace(block[0], "")
        if block[2] in ("console", "bash", "sh"):
            for line in block[3].splitlines():
                yield from _parts(line.strip().removeprefix("$ "))
    for found in (*_INLINE.finditer(bare), *_INDENTED.finditer(bare)):
        if not _VIRTUAL.search(found[1]):
            yield from _parts(found[1])


def _parts(line: str) -> Iterator[str]:
    for part in re.split(r" (?:&&|\||2?>>?) ", line):
        if part.startswith("gongwen "):
            yield part.strip()


def check_command(command: str) -> None:
    """Let the command line read a command, without running it; names alone may lack arguments."""
    words = shlex.split(command, comments=True)[1:]
    app = whole()
    try:
        arguments = Spelling(app).rewritten(words)
        context = app.make_context("gongwen", list(arguments))
        group, rest = app, [*getattr(context, "_protected_args", ()), *context.args]
        while hasattr(group, "commands") and rest:
            name, child, rest = group.resolve_command(context, rest)
            context = child.make_context(name, list(rest), parent=context)
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            group = child
    except Exception as error:
        if type(error).__name__ == "Exit":  # --help and the like
            return
        lacks = type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError")
        if lacks and not any(word.startswith("-") for word in words[1:]) and len(words) <= 2:
            return
        raise AssertionError(f"{command}: {getattr(error, 'message', error)}") from None


@pytest.fixture
def language() -> Iterator[None]:
    before = current_language()
    yield
    use_language(before)


@pytest.fixture
def nobodys_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let options that act while a command is read write to an empty folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")


@pytest.mark.usefixtures("language", "nobodys_home")
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_is_one(page: Path) -> None:
    for command in commands_of(page.read_text("utf-8")):
        check_command(command)


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize(
    "command",
    [
        "gongwen find 法律顾问",
        "gongwen 搜索 法律顾问 --无此选项 1",
        "gongwen search 法律顾问 --no-such-option",
        "gongwen search 法律顾问 --limit many",
        "gongwen correct --by Wang",
        "gongwen models choose 1",
    ],
)
def test_what_is_no_command_is_found(command: str) -> None:
    with pytest.raises(AssertionError):
        check_command(command)


def test_the_pages_have_commands_in_both_languages() -> None:
    found = {name_of(page): list(commands_of(page.read_text("utf-8"))) for page in PAGES}
    assert len(found["index.md"]) > 10
    assert len(found["tasks.md"]) >= 29
    assert sum("gongwen 搜索" in one for one in found["zh/index.md"]) >= 3


RUN = [page for page in PAGES if _RUN.search(page.read_text("utf-8"))]


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command in this process, and return its exit code."""
    monkeypatch.setattr(sys, "argv", shlex.split(command, comments=True))
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_commands_run(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copytree(ROOT / "seeds" / "reports", tmp_path / "seeds" / "reports")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGWEN_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("GONGWEN_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("GONGWEN_LANG", "zh" if page.parent.name == "zh" else "en")
    text = page.read_text("utf-8")
    blocks = [found[2] for found in _RUN.finditer(text)]
    if not any(re.search(r"gongwen (add|添加) seeds", block) for block in blocks):
        assert run("gongwen add seeds/reports", monkeypatch) == 0
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    assert commands
    capsys.readouterr()
    for command in commands:
        code = run(command, monkeypatch)
        said = capsys.readouterr()
        assert code == 0, f"{command}: {said.err}"
        assert said.out or said.err, command
        if written := re.search(r"-o (\S+)", command):
            assert (tmp_path / written[1]).stat().st_size > 0


# --- Python ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_python_block_is_valid(page: Path) -> None:
    for block in _FENCE.finditer(page.read_text("utf-8")):
        if block[2] == "python":
            indent = len(block[1])
            lines = [line[indent:] for line in block[3].splitlines()]
            compile("\n".join(lines), f"{name_of(page)}", "exec")


@pytest.mark.parametrize("name", ["engines.md", "zh/researcher.md", "zh/developer.md"])
def test_the_python_runs(name: str, tmp_path: Path) -> None:
    copytree(ROOT / "seeds" / "reports", tmp_path / "seeds" / "reports")
    [code] = _PYTHON_RUN.findall((DOCS / name).read_text("utf-8"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, encoding="utf-8", cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = {
        "engines.md": "[1]\n{'2019': 1, '2020': 1}\n",
        "zh/researcher.md": "行政复议",
        "zh/developer.md": "FAIL",
    }
    assert expected[name] in done.stdout


# --- pictures -------------------------------------------------------------------------------------


def test_pictures_are_those_that_the_script_makes() -> None:
    names = module("screenshots").names()
    shown = {
        found
        for page in PAGES
        for found in re.findall(r"!\[[^\]]*\]\([./]*images/([^)]+)\)", page.read_text("utf-8"))
    }
    assert shown == names, "every view stands in zh/pages.md"
    there = {path.name for path in (DOCS / "images").glob("*.png")}
    assert there == names
    assert sum((DOCS / "images" / one).stat().st_size for one in there) <= 2_500_000


def test_made_up_reports_can_be_read(tmp_path: Path) -> None:
    paths = module("made_reports").write_reports(tmp_path)
    assert len(paths) == 9
    assert not any(mark in path.read_text("utf-8") for path in paths for mark in "{}")


# --- the site -------------------------------------------------------------------------------------


class Loaded(HTMLParser):
    """Collects what a page loads, where its links lead, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.language = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        self.ids |= {of[name] for name in ("id", "name") if name in of}
        if tag == "html":
            self.language = of.get("lang", "")
        if tag == "a":
            self.links += [of["href"]] if "href" in of else []
        elif tag != "link" or of.get("rel") not in ("canonical", "alternate", "prev", "next"):
            self.loads += [of[name] for name in ("src", "href", "srcset", "data") if name in of]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The built site."""
    for needed in ("mkdocs", "material", "mkdocstrings"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"the site needs {needed}: pip install '.[docs]'")
    built = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(built)],
        capture_output=True, encoding="utf-8", cwd=ROOT,
        env=os.environ | {
            "PYTHONPATH": str(ROOT / "src"), "NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return built


def read(page: Path) -> Loaded:
    parsed = Loaded()
    parsed.feed(page.read_text("utf-8"))
    return parsed


def check_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        parsed = read(page)
        assert parsed.loads
        for one in parsed.loads:
            split = urlsplit(one)
            assert not split.netloc and split.scheme in ("", "data"), f"{page.name}: {one}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import )['\"]?(?:https?:)?//", sheet.read_text("utf-8"))


def check_links_and_pictures(site: Path) -> None:
    parsed = {page: read(page) for page in site.rglob("*.html") if page.name != "404.html"}
    for page, of in parsed.items():
        for one in (*of.links, *of.loads):
            split = urlsplit(one)
            if split.scheme or split.netloc:
                continue
            target = (page.parent / unquote(split.path)).resolve() if split.path else page
            assert target.exists(), f"{page.relative_to(site)}: {one}"
            if split.fragment and target in parsed and not split.fragment.startswith("__"):
                anchors = parsed[target].ids
                assert unquote(split.fragment) in anchors, f"{page.relative_to(site)}: {one}"


def check_languages_and_generated_parts(site: Path) -> None:
    for page in site.rglob("*.html"):
        wanted = "zh" if page.relative_to(site).parts[0] == "zh" else "en"
        assert read(page).language == wanted, page
    english = (site / "reference" / "cli.html").read_text("utf-8")
    chinese = (site / "zh" / "reference" / "cli.html").read_text("utf-8")
    for name, command in whole().commands.items():
        assert command.hidden or f'id="gongwen-{name}"' in english
        assert command.hidden or f'id="gongwen-{name}"' in chinese
    assert "--topic" in english and "--主题" in chinese
    api = (site / "api.html").read_text("utf-8")
    for one in module("generate").operations():
        assert f'id="{one.name}"' in api
    assert "&lt;!-- generated" not in english + chinese + api
    assert "generated:" not in api


def check_chinese_search(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    assert index["config"]["lang"] == ["zh", "en"]
    pages = {page["location"]: page["title"] + page["text"] for page in index["docs"]}
    # Words are parted by spaces of no width, which only jieba puts there.
    assert {"搜索", "语法"} <= set(re.split(r"[\s\u200b<>]+", pages["zh/search.html"]))


def test_the_site(site: Path) -> None:
    # One test, so that processes side by side do not each build the site.
    check_nothing_is_loaded_from_elsewhere(site)
    check_links_and_pictures(site)
    check_languages_and_generated_parts(site)
    check_chinese_search(site)


def curl_parts(command: str) -> dict[str, Any]:
    """Return method, address, parameters and body of an example of the interface."""
    words = shlex.split(command)
    made: dict[str, Any] = {"method": "GET", "query": [], "body": "", "address": ""}
    at = 1
    while at < len(words):
        word = words[at]
        if word in ("-X", "-d", "-H", "--data-urlencode", "--data-binary"):
            at += 1
            value = words[at]
            if word == "-X":
                made["method"] = value
            elif word == "-d":
                made["body"] = value
            elif word == "--data-urlencode":
                made["query"].append(tuple(value.split("=", 1)))
        elif word != "-G":
            made["address"], _mark, query = word.partition("?")
            made["query"] += parse_qsl(query)
        at += 1
    return made


def test_curl_examples_are_the_requests_that_are_answered() -> None:
    generate = module("generate")
    for one in generate.operations():
        made = curl_parts(generate.curl(one))
        assert made["method"] == one.method
        assert "{" not in made["address"]
        assert made["query"] == list(generate.example_query(one))
        needed = {p.name for p in one.query if p.needed}
        assert needed <= {name for name, _value in made["query"]}
        assert bool(made["body"]) == bool(one.body)
