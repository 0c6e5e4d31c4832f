"""Messages in Chinese and English: which language is chosen, and that no message is missing."""

from __future__ import annotations

import ast
import errno
import gettext
import gzip
import inspect
import json.decoder
import os
import re
import string
import tomllib._parser
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2._helpers.document
import pytest
import typer
from jinja2.ext import extract_from_ast
from message_strings import VALUE, all_strings

from gongwen.catalog import _, current_language, preferred_language, use_language
from gongwen.checkout import folders
from gongwen.cli.app import whole
from gongwen.nlp.errors import QueryError
from gongwen.web.pages import environment, templates_folder

from .conftest import Command

PACKAGE = Path(__file__).parents[2] / "src" / "gongwen"
MESSAGES = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "gongwen.mo"
MARKS = {"_": 1, "gettext_noop": 1, "ngettext": 1}
"""Functions that take messages, and how many are keys; the second of ngettext is none."""
OF_TYPER = {"Arguments", "Options", "Commands", "Show this message and exit."}
"""Words of Typer that stand in no source of ours."""


@pytest.fixture
def chinese() -> Iterator[None]:
    use_language("zh")
    yield
    use_language("en")


@cache
def known() -> dict[str, str]:
    """Return the Chinese messages by the English ones."""
    assert MESSAGES.exists(), "the catalogue is compiled when the package is installed"
    with MESSAGES.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {
        message if isinstance(message, str) else message[0]: chinese
        for message, chinese in catalogue.items()
        if message
    }


def sources() -> list[Path]:
    inside = {PACKAGE / path.name for path in folders()}
    roots = [PACKAGE, *folders()]
    files = {path for root in roots for path in root.rglob("*.py")}
    return sorted(path for path in files if not inside & set(path.parents) or path.is_symlink())


@cache
def trees() -> list[ast.Module]:
    """Return the syntax trees of all sources."""
    return [ast.parse(path.read_text("utf-8")) for path in sources()]


def calls(tree: ast.AST) -> Iterator[str]:
    """Yield the messages that a module marks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for argument in node.args[: MARKS.get(node.func.id, 0)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def templates() -> dict[str, str]:
    """Return the texts of the templates of pages by name."""
    return {path.name: path.read_text("utf-8") for path in templates_folder().rglob("*.html")}


def of_templates() -> set[str]:
    """Return the messages that templates mark."""
    parsed = map(environment().parse, templates().values())
    found = {message for tree in parsed for _line, _name, message in extract_from_ast(tree)}
    firsts = (one if isinstance(one, str) else next(iter(one), None) for one in found if one)
    return {text for text in firsts if text}


def marked() -> set[str]:
    of_code = {text for tree in trees() for text in calls(tree)}
    return of_code | of_templates()


def constants() -> set[str]:
    return {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def every_command(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the whole, every command and every subcommand, with its path."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from every_command(command, f"{path} {name}".strip())


def help_texts() -> set[str]:
    """Return the paragraphs of help of all commands, of their arguments and options, and what the
    values of these are called."""
    texts = set()
    for _path, command in every_command(whole()):
        texts |= {" ".join(text.split()) for text in (command.help or "").split("\n\n")}
        for parameter in command.params:
            text = " ".join((getattr(parameter, "help", "") or "").split())
            texts.add(text.partition(" [env var: ")[0])
            name = re.sub(r"[\[\]{}]|\.\.\.", "", parameter.metavar or "")
            texts |= {name} if not re.fullmatch(r"[a-z0-9]+(\|[a-z0-9]+)+", name) else set()
    return texts - {""}


def fields(message: str) -> set[str]:
    return {name for _text, name, *_rest in string.Formatter().parse(message) if name}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": ""}, "en"),
        ({"LANG": "en_US.UTF-8", "GONGWEN_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "GONGWEN_LANG": "en"}, "en"),
        ({"GONGWEN_LANG": "zh-CN"}, "zh"),
        ({"GONGWEN_LANG": " ZH "}, "zh"),
    ],
)
def test_the_language_is_that_of_the_environment(
    environment: dict[str, str], language: str
) -> None:
    assert preferred_language(environment) == language


def test_a_system_names_its_language_without_variables() -> None:
    assert preferred_language({}, "Chinese (Simplified)_China") == "zh"
    assert preferred_language({"LANG": "en_US"}, "Chinese (Simplified)_China") == "en"


def test_an_unknown_language_is_refused(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QueryError, match="none of en, zh"):
        use_language("fr")
    run = gongwen_in(tmp_path / "library")
    assert run("--lang", "fr", "status").code == 2
    monkeypatch.setenv("GONGWEN_LANG", "fr")
    ran = run("--help")
    assert ran.code == 1
    assert "GONGWEN_LANG" in ran.err


def test_a_message_without_translation_stays_english(chinese: None) -> None:
    assert current_language() == "zh"
    assert _("a message that nobody translated") == "a message that nobody translated"


def test_every_message_has_a_chinese_one() -> None:
    messages = known()
    wanted = marked() | help_texts()
    assert not sorted(wanted - set(messages))
    assert not [message for message, chinese in messages.items() if not chinese.strip()]


FOREIGN = (
    # of SQLite
    *("database disk image is malformed", "file is not a database", "database is locked"),
    *("database or disk is full", "disk I/O error", "attempt to write a readonly database"),
    *("unable to open database file", "out of memory", "no such table: {name}", "interrupted"),
    *("no such column: {name}", "malformed database schema ({name})"),
    # of the readers of JSON and CSV that are written in C
    *("Invalid control character at", "Invalid \\uXXXX escape", "Unterminated string starting at"),
    *("Illegal trailing comma before end of object", "Extra data", "Invalid \\escape"),
    *("Illegal trailing comma before end of array", "Expecting ':' delimiter"),
    *("unexpected end of data", "line contains NUL", "field larger than field limit ({count})"),
    *("'{value}' expected after '{name}'",),
    "new-line character seen in unquoted field - do you need to open the file with newline=''?",
    # of Expat, libxml2 and PDFium
    *("not well-formed (invalid token)", "no element found", "mismatched tag", "undefined entity"),
    *("syntax error", "Start tag expected, '<' not found", "Data format error", "Success"),
    *("Incorrect password error", "File access error", "Unsupported security scheme error"),
    *("Page not found or content error", "Unknown error"),
)
"""Messages of libraries in C, which are shown as reasons."""
OTHERS = (json.decoder, tomllib._parser, zipfile, gzip, pypdfium2._helpers.document)
"""Modules whose messages are shown as reasons."""


def foreign() -> set[str]:
    """Return what the system, Typer and other libraries say, with a number for each field."""
    folder = Path(typer.__file__).parent
    files = [folder / "core.py", *(folder / "_click").glob("*.py")]
    texts = [path.read_text("utf-8") for path in files] + list(map(inspect.getsource, OTHERS))
    said = {text for source in texts for text in all_strings(ast.parse(source))}
    return said | {os.strerror(number) for number in errno.errorcode} | set(FOREIGN)


def shape(message: str) -> str:
    """Return a message with a number for each field."""
    return re.sub(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}", VALUE, message.replace("{s}", ""))


COMPOSED = {
    # of a number of rows, formulas or blocks, and what became of them
    *("1 row left out: {places}", "1 row without text left out: {places}"),
    *("{count} rows left out: {places}", "{count} rows without text left out: {places}"),
    "1 formula has no stored value ({names}); open and save the file in Excel or LibreOffice",
    "{count} formulas have no stored value ({names}); open and save the file in Excel or"
    " LibreOffice",
    *("1 block of program code left out", "{count} blocks of program code left out"),
    "1 piece of text that is struck out left out",
    "{count} pieces of text that is struck out left out",
    *("hidden column{s} {names} read too", "hidden column{s} {names} and {more} more read too"),
    # of a kind of name
    *("topics are {names}", "roles are {names}", "unknown model version {name}"),
    "topic must be a name",
    # of Typer and the readers of TOML, zip and gzip, with the name of a type or a place
    *("{value} is not a valid float range.", "{value} is not a valid float."),
    *("{value} is not a valid int range.", "{value} is not a valid int."),
    *("{value} is not a valid integer range.", "{value} is not a valid integer."),  # older typer
    *("{reason} (at end of document)", "Bad CRC-32 for file {value}"),
    "Not a gzipped file ({value})",
}
"""Messages that the sources put together of pieces in several places."""


def literals(message: str) -> list[str]:
    """Return the texts between the fields and clauses of a message."""
    pieces = re.split(f"{VALUE}|; |\\. ", shape(message))
    return [piece.strip(" .,:;()'") for piece in pieces]


def test_every_chinese_message_is_used() -> None:
    used = constants() | of_templates() | help_texts() | OF_TYPER | COMPOSED
    unused = set(known()) - used
    made = {text for tree in trees() for text in all_strings(tree)}
    text = "\n".join(map(shape, made | foreign()))
    # A message may be a part of what is made: behind the name of a file, or a clause of it.
    assert not [one for one in unused if not all(piece in text for piece in literals(one))]
    assert set(known()) >= COMPOSED


def words_of_tags(text: str) -> Iterator[str]:
    """Yield what a template shows without marking it: text, and attributes that are read out."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"', text)
    for one in (*re.split(r"<[^>]*>", text), *attributes):
        yield from re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", one)


OF_BOTH = {"gongwen", "macro", "English", "中文", "CSV", "XLSX", "JSON", "KB", "MB"}
"""Words and symbols of units that templates show in either language."""


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_template_shows_nothing_that_is_not_in_the_catalogue(name: str) -> None:
    assert not set(words_of_tags(templates()[name])) - OF_BOTH


def test_the_fields_of_a_message_are_those_of_the_english_one() -> None:
    for message, chinese in known().items():
        assert fields(chinese) <= fields(message), message


def test_the_help_is_chinese(
    gongwen_in: Callable[[Path], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gongwen_in(tmp_path / "library")
    for lang in (["--lang", "zh"], []):
        monkeypatch.setenv("GONGWEN_LANG", "en" if lang else "zh")
        ran = run(*lang, "figures", "--help")
        assert ran.code == 0
        assert "用法：gongwen 数字" in ran.out
        assert "选项：" in ran.out
        use_language("en")
