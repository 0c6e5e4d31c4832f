"""Complete commands, options and values in the shell: bash, zsh, fish and PowerShell.

The shell runs gongwen with ``_GONGWEN_COMPLETE=complete_bash`` (or another shell) and what was
typed in ``_GONGWEN_WORDS``, and reads one suggestion a line. Names of reports come from the files
of other people: so no script evaluates what it reads, each value is quoted for its shell, and
values with characters that control a terminal are left out. Only the SQLite file of the library is
read, no index; whatever goes wrong, the answer is empty.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..catalog import _, current_language
from ..core import MODELS_FOLDER
from ..nlp.errors import GongwenError
from ..nlp.fields import CHOICES, FIELDS, UNIT_NAMES
from ..nlp.validation import visible
from ..storage.models import ModelStore
from .chinese_names import chinese_names, joined
from .help_text import help_of, one_line
from .options import language_asked
from .settings import SETTINGS, user_settings
from .spelling import NAMING_A_SHELL, SHELLS, Spelling

_WORDS, _CURRENT = "_GONGWEN_WORDS", "_GONGWEN_CURRENT"
"""Variables with what was typed: the line for bash; for others the words, one a line, and the one
that is not finished."""
_MOST = 500
"""Suggestions; more, nobody reads."""
_BREAKS = ":="
"""Characters at which bash begins a new word, so that it replaces only what stands behind them."""
_COLUMNS = tuple(one.name for one in FIELDS if one.matching)
_BY_NAME = {
    **{name: one.name for one in FIELDS if one.matching for name in (one.name, *one.chinese)},
    "topic": "topic",
    "主题": "topic",
    "role": "role",
    "作用": "role",
    "角色": "role",
    "report": "report",
    "报告": "report",
}
"""The filters that may stand in a query."""

_FILTER = re.compile(r"(-?(\w+)[:：])(.*)", re.DOTALL)
"""A filter in a query, with what is typed of its value."""


@dataclass(frozen=True)
class Suggestion:
    """What may be meant: the whole word, and a few words on it."""

    value: str
    about: str = ""


def suggestions(shell: str, app: Any, environment: Mapping[str, str]) -> list[str]:
    """Return the lines that answer a shell.

    Args:
        shell: one of :data:`~gongwen.cli.spelling.SHELLS`.
        app: the whole command line.
        environment: the environment variables, with what was typed.

    Example:
        With ``_GONGWEN_WORDS="gongwen sea"`` bash is answered ``search``.
    """
    typed = environment.get(_WORDS, "")
    if shell == "bash":
        words, current, raw = split_line(typed)
    else:
        words, current = typed.split("\n"), environment.get(_CURRENT, "")
        raw = current
    completion = _Completion(app, words[1:], environment, explains=shell != "bash")
    found = [one for one in completion.of(current) if _harmless(one.value)]
    unique = list({one.value: one for one in found}.values())[:_MOST]
    return [line for one in unique if (line := _FORMATS[shell](one, raw)) is not None]


def _harmless(value: str) -> bool:
    """Return whether a value stands on one line and controls no terminal."""
    return visible(value) == value and not set("\t\n\r") & set(value)


class _Completion:
    """What may come next on a command line.

    Args:
        app: the whole command line.
        words: what stands in front of the word that is typed, without the program.
        environment: the environment variables.
        explains: whether the shell shows what a command does.
    """

    def __init__(
        self, app: Any, words: Sequence[str], environment: Mapping[str, str], explains: bool
    ) -> None:
        self._environment = environment
        self._explains = explains
        self._app = app
        spelling = Spelling(app)
        self._words = spelling.rewritten(words)
        last = self._words[-1].partition("=")[0] if words and "=" not in words[-1] else ""
        self._for_a_shell = last in NAMING_A_SHELL
        self.path = spelling.path
        self.command = app
        for name in self.path.split():
            self.command = self.command.commands[name]

    def of(self, current: str) -> Iterator[Suggestion]:
        """Yield what the word that is typed may become."""
        waiting, place, only_words = self._state()
        if self._for_a_shell:
            yield from _beginning(current, map(Suggestion, SHELLS))
        elif waiting is not None:
            yield from _beginning(current, self._listed(waiting, current))
        elif current.startswith("-") and not only_words and not _FILTER.fullmatch(current):
            name, equals, value = current.partition("=")
            option = self._option(self._spelt(name)) if equals else None
            if option is not None:
                for one in _beginning(value, self._listed(option, value)):
                    yield replace(one, value=f"{name}={one.value}")
            else:
                yield from _beginning(current, self._options())
        elif hasattr(self.command, "commands"):
            yield from self._commands(current) if place == 0 else ()
        else:
            arguments = [p for p in self.command.params if p.param_type_name == "argument"]
            at = min(place, len(arguments) - 1)
            if arguments and (place < len(arguments) or arguments[at].nargs == -1):
                yield from _beginning(current, self._listed(arguments[at], current))

    def _spelt(self, name: str) -> str:
        """Return an option in English."""
        spelling = Spelling(self._app)
        return spelling.rewritten([*self.path.split(), name])[-1]

    def _option(self, name: str) -> Any:
        return next((one for one in self.command.params if name in one.opts), None)

    def _state(self) -> tuple[Any, int, bool]:
        """Return the option that waits for its value, the place of the next argument, and whether
        ``--`` stands in front.
        """
        waiting, left, place = None, 0, -len(self.path.split())
        for i, word in enumerate(self._words):
            if left:
                left -= 1
                continue
            if word == "--":
                rest = len(self._words) - i - 1
                return None, place + rest, True
            name, equals, _value = word.partition("=")
            command = self.command if place >= 0 else self._app
            option = next((one for one in command.params if name in one.opts), None)
            if option is None:
                place += not word.startswith("-")
            elif not equals and not option.is_flag:
                waiting, left = option, option.nargs
        return (waiting if left else None), place, False

    # -- names ------------------------------------------------------------------------------

    def _commands(self, current: str) -> Iterator[Suggestion]:
        """Yield the commands of the group; in Chinese all names, where Chinese was typed."""
        for name in self.command.commands:
            chinese = chinese_names().of_command(joined(self.path, name))
            if current.isascii():
                chinese = chinese[: current_language() != "en"]
            fitting = [one for one in (name, *chinese) if one.startswith(current)]
            if fitting and self._explains:  # a command is made only for its help
                about = self.command.commands[name].get_short_help_str(60)
                yield from (Suggestion(one, about) for one in fitting)
            else:
                yield from map(Suggestion, fitting)

    def _options(self) -> Iterator[Suggestion]:
        for option in self.command.params:
            if option.param_type_name != "option" or option.hidden:
                continue
            about = help_of(option.help or "")
            for name in (*option.opts, *option.secondary_opts):
                yield Suggestion(name, about)
                for one in chinese_names().of_option(self.path, name.lstrip("-")):
                    yield Suggestion(f"--{one}", about)
        yield Suggestion("--help", _("Show this message and exit."))
        yield from (Suggestion(f"--{one}") for one in chinese_names().of_option("", "help"))

    # -- values -----------------------------------------------------------------------------

    def _listed(self, parameter: Any, current: str) -> Iterator[Suggestion]:
        """Yield the values of a parameter, behind a comma or a filter those of the part there."""
        front = ""
        wanted: Callable[[], Iterable[Suggestion]] = lambda: self._values(parameter, current)  # noqa: E731
        if parameter.metavar == "QUERY":
            filter_ = _FILTER.fullmatch(current)
            field = _BY_NAME.get(filter_[2], "") if filter_ else ""
            if not filter_ or not field:
                return
            front = filter_[1]
            wanted = lambda: self._named(field, filter_[3])  # noqa: E731
        elif parameter.name in ("counts", "by", "status", "period", "pivot", "only"):
            front = re.sub(r"[^,，、]*$", "", current)
        for one in wanted():
            yield replace(one, value=front + one.value)

    def _values(self, parameter: Any, current: str) -> Iterator[Suggestion]:
        """Yield the values of an option or argument."""
        name, path = parameter.name, self.path
        choices = tuple(getattr(parameter.type, "choices", ()))
        if path == "help":
            yield from self._help_names()
        elif path == "config" and parameter.param_type_name == "argument":
            yield from self._settings(name)
        elif name == "lang":
            yield from self._choices("lang", ("en", "zh"))
        elif choices:
            yield from self._choices(name, choices)
        elif path.startswith("models") and name == "version":
            yield from (Suggestion(str(one)) for one in self._models().numbers())
        elif (path, name) in (("counts", "by"), ("search", "counts"), ("reports", "counts")):
            yield from self._facets(path)
        elif (path, name) == ("figures", "kind"):
            yield from self._choices("figure", tuple(dict.fromkeys(CHOICES["figure"].values())))
        elif path == "figures" and name in ("status", "period", "pivot", "compare"):
            yield from self._choices(name, _FIGURES.get(name) or tuple(CHOICES[name].values()))
        elif name == "kind":
            yield from self._named("kind")
            if path not in ("reports", "compare"):
                for chinese, kinds in UNIT_NAMES.items():
                    yield Suggestion(chinese, ", ".join(kinds))
        elif name in ("also", "topic", "role", *_COLUMNS):
            yield from self._named("topic" if name == "also" else name, current)
        elif name == "engine":
            from ..index.engines import names  # late: no other value is the name of an engine

            yield from map(Suggestion, names())
        elif name in _REPORTS:
            yield from self._named("report")

    def _choices(self, name: str, choices: Sequence[str]) -> Iterator[Suggestion]:
        """Yield fixed values, with their Chinese names."""
        yield from (Suggestion(one) for one in dict.fromkeys(choices))
        for chinese, value in CHOICES.get(name, {}).items():
            if value in choices:
                yield Suggestion(chinese, value)

    def _facets(self, path: str) -> Iterator[Suggestion]:
        others = {"topic": "主题", "role": "作用", "report": "报告", "unit": "句类"}
        for name, chinese in others.items() if path != "reports" else ():
            yield from (Suggestion(name, chinese), Suggestion(chinese, name))
        for one in FIELDS:
            if one.facet:
                yield Suggestion(one.name, one.chinese[0])
                yield Suggestion(one.chinese[0], one.name)

    def _help_names(self) -> Iterator[Suggestion]:
        from .help_pages import PAGES  # late: only for this command

        for name, (chinese, heading, *_rest) in PAGES.items():
            yield from (Suggestion(one, _(heading)) for one in (name, *chinese[:1]))
        for name in self._app.commands:
            yield Suggestion(name)
            yield from (Suggestion(one, name) for one in chinese_names().of_command(name))

    def _settings(self, argument: str) -> Iterator[Suggestion]:
        if argument == "key":
            for setting in SETTINGS:
                for name in (setting.name, *setting.chinese):
                    yield Suggestion(name, _(setting.meaning))
            return
        words = [word for word in self._words if not word.startswith("-")]
        for setting in SETTINGS:
            if words[-1] in (setting.name, *setting.chinese):
                yield from self._choices(setting.name, setting.choices)

    def _named(self, field: str, current: str = "") -> Iterator[Suggestion]:
        """Yield the topics, roles, reports, or values of a field that the library has.

        Args:
            field: topic, role, report, or a field of reports.
            current: what was typed of it; only then further names of topics and roles are given.
        """
        if field in ("topic", "role"):
            taxonomy = self._models().taxonomy()
            for label in taxonomy.topics if field == "topic" else taxonomy.roles:
                yield from (Suggestion(label.slug, label.zh), Suggestion(label.zh, label.slug))
                yield from (Suggestion(alias, label.zh) for alias in label.aliases if current)
        elif field == "report":
            yield from self._read("SELECT id, title FROM reports ORDER BY id")
        elif field in _COLUMNS:
            yield from self._read(
                f"SELECT DISTINCT {field}, '' FROM reports WHERE {field} <> '' ORDER BY {field}"
            )

    def _models(self) -> ModelStore:
        return ModelStore(self._folder() / MODELS_FOLDER)

    def _folder(self) -> Path:
        settings = user_settings(self._environment)
        file = settings.with_library(self._words, self._environment).library_file
        assert file is not None
        return file.parent

    def _read(self, sql: str) -> Iterator[Suggestion]:
        """Yield what a question to the library's database gives, nothing where there is none."""
        file = self._folder() / "library.db"
        with contextlib.suppress(sqlite3.Error, OSError):
            if file.exists():
                address = f"file:{quote(str(file.absolute()))}?mode=ro"
                with contextlib.closing(sqlite3.connect(address, uri=True, timeout=0.2)) as db:
                    rows = db.execute(f"{sql} LIMIT ?", (_MOST,)).fetchall()
                yield from (Suggestion(str(value), str(about)) for value, about in rows)


_FIGURES = {"pivot": ("region", "year", "report"), "compare": ("year", "region")}
"""Options of figures that have names for more values than they take."""
_REPORTS = frozenset({"report", "reports", "place", "names"})
"""Parameters that take the id of a report."""


def _beginning(current: str, found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    return (one for one in found if one.value.startswith(current))


def language_for(environment: Mapping[str, str]) -> str:
    """Return the language that what was typed asks for, ``""`` if it asks for none."""
    words = re.split(r"[\n ]", environment.get(_WORDS, ""))
    asked = language_asked(words)
    if asked or environment.get("GONGWEN_LANG", "").strip():
        return asked
    with contextlib.suppress(GongwenError):
        return str(user_settings(environment).value("lang") or "")
    return ""


# -- each shell ------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\s\\'\"`$&|;<>()\[\]{}*?!#~^])")
"""Characters that mean something to a shell."""


def split_line(line: str) -> tuple[list[str], str, str]:
    """Return the words of a line of bash, the unfinished last one, and that one as it was typed.

    Example:
        >>> split_line("gongwen search -t '行政 执")
        (['gongwen', 'search', '-t'], '行政 执', "'行政 执")
    """
    words: list[str] = []
    word, raw, quoting, escaped = "", "", "", False
    for char in line:
        if char.isspace() and not quoting and not escaped:
            if raw:
                words.append(word)
            word, raw = "", ""
            continue
        raw += char
        if escaped:
            word, escaped = word + char, False
        elif char == "\\" and quoting != "'":
            escaped = True
        elif quoting and char == quoting:
            quoting = ""
        elif not quoting and char in "'\"":
            quoting = char
        else:
            word += char
    return words, word, raw


def _bash(one: Suggestion, raw: str) -> str | None:
    """Return what bash puts in place of the part of the word that it replaces."""
    if raw[:1] == "'":
        return None if "'" in one.value else one.value
    if raw[:1] == '"':
        # Here ! means the history whatever stands in front of it, and bash takes an escaped quote
        # at the end for the one that closes.
        if "!" in one.value or one.value.endswith('"'):
            return None
        return re.sub(r'([\\"`$])', r"\\\1", one.value)
    escaped = _SPECIAL.sub(r"\\\1", one.value)
    kept = max(raw.rfind(char) for char in _BREAKS) + 1
    if not kept:
        return escaped
    return escaped[kept:] if escaped.startswith(raw[:kept]) else None


def _about(one: Suggestion) -> str:
    return visible(one_line(one.about))


def _zsh(one: Suggestion, raw: str) -> str:
    return f"{one.value}\t{_about(one)}"


def _powershell(one: Suggestion, raw: str) -> str:
    plain = re.fullmatch(r"[\w.:/=-]+", one.value) and not one.value.startswith("=")
    doubled = re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", one.value)
    return "\t".join([one.value if plain else f"'{doubled}'", one.value, _about(one) or one.value])


_FORMATS: Mapping[str, Callable[[Suggestion, str], str | None]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _zsh,
    "powershell": _powershell,
}
"""How a suggestion is written for each shell; tabs part what it inserts, shows and explains."""
