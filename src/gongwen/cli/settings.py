"""Settings: what a user, or a library, wants instead of the defaults of options.

They stand in ``config.toml``: one file in the user's configuration folder, one in the folder of a
library. What is given with an option counts first, then the environment, the library's file, the
user's file, and last what is built in. A library's file may come from a stranger, so it cannot set
what would act outside of it (:attr:`Setting.of_libraries`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalog import (
    LANGUAGES,
    _,
    choice_name,
    choice_names,
    cited,
    current_language,
    gettext_noop,
    listed,
)
from ..nlp.atomic_write import make_folder, write_whole
from ..nlp.errors import QueryError, SeedError
from ..nlp.fields import CHOICES
from ..nlp.seeds import SETTINGS_FILE, parse_toml, read_seed
from ..nlp.text.normalize import fold
from ..nlp.validation import clean_line
from .chinese_names import alike
from .options import LIBRARY_VARIABLE, config_folder, default_library, named_library

_LONGEST = 1000
_HEADER = "# Settings of gongwen; gongwen config lists them.\n"

Value = str | int
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Setting:
    """Something that can be set.

    Attributes:
        name: its name in files and on the command line.
        chinese: its Chinese names.
        meaning: what it does, a key of the catalogue.
        used: the parameter that it is the default of, by the path of the command.
        built_in: the value without any setting, as it is shown.
        choices: the values that it can have, none for free ones.
        least, most: the range of a number; ``None`` for what is no number.
        of_libraries: whether a library can set it too.
        variable: the environment variable that comes before it.
        unless: options that it is not used with.
        is_folder: whether it is the path of a folder, which has to be absolute.
    """

    name: str
    chinese: tuple[str, ...]
    meaning: str
    used: Mapping[str, str]
    built_in: Value = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    of_libraries: bool = True
    variable: str = ""
    unless: tuple[str, ...] = ()
    is_folder: bool = False


SETTINGS = (
    Setting(
        "lang",
        ("语言",),
        gettext_noop("Language of messages and help."),
        {},
        choices=LANGUAGES,
        variable="GONGWEN_LANG",
    ),
    Setting(
        "library",
        ("报告库", "文库", "库"),
        gettext_noop("Folder of the library that is used when none is named."),
        {"": "library"},
        of_libraries=False,
        variable=LIBRARY_VARIABLE,
        is_folder=True,
    ),
    Setting(
        "limit",
        ("条数",),
        gettext_noop("Hits that search and similar show."),
        {"search": "limit", "similar": "limit"},
        built_in="20, 10",
        least=0,
        most=1_000_000,
        unless=("--kwic",),
    ),
    Setting(
        "context",
        ("上下文",),
        gettext_noop("Sentences around each hit of search and similar."),
        {"search": "context_", "similar": "context_"},
        built_in=0,
        least=0,
        most=100,
        unless=("--kwic",),
    ),
    Setting(
        "group",
        ("归并",),
        gettext_noop("Whether search and similar list near-copies once."),
        {"search": "group", "similar": "group"},
        built_in="on",
        choices=("on", "off"),
    ),
    Setting(
        "synonyms",
        ("近义词", "同义词"),
        gettext_noop("Whether search uses words that mean the same."),
        {"search": "synonyms"},
        built_in="auto",
        choices=("auto", "always", "never"),
    ),
    Setting(
        "workers",
        ("进程数", "进程"),
        gettext_noop("Processes of add and reindex."),
        {"add": "workers", "reindex": "workers"},
        built_in=1,
        least=1,
        most=64,
        of_libraries=False,
    ),
    Setting(
        "author",
        ("署名", "更正人"),
        gettext_noop("Your name, which is kept with your corrections."),
        {"correct": "by"},
        of_libraries=False,
    ),
)
"""All settings, in the order in which they are listed."""
KNOWN: Mapping[str, Setting] = {one.name: one for one in SETTINGS}


def named_setting(name: str) -> Setting:
    """Return the setting of this English or Chinese name.

    Raises:
        QueryError: there is none.
    """
    wanted = fold(name.strip())
    for one in SETTINGS:
        if wanted in (one.name, *one.chinese):
            return one
    names = [name for one in SETTINGS for name in (one.name, *one.chinese)]
    near = listed(alike(wanted, names) or map(setting_name, SETTINGS))
    message = _("there is no setting {name}; did you mean {names}?")
    raise QueryError(message.format(name=cited(name), names=near))


def checked(setting: Setting, value: Any) -> Value:
    """Return a value of a setting, a number as such and a choice in English.

    Args:
        setting: the setting.
        value: as typed, or as it stands in a file.

    Raises:
        QueryError: the setting cannot have this value.
    """
    text = str(value).strip()
    wanted = _("{name} is a text on one line, not {value}")
    found: Value | None = text
    if setting.least is not None and setting.most is not None:
        wanted = _("{name} is a whole number from {least} to {most}, not {value}")
        number = int(fold(text)) if re.fullmatch("[0-9]{1,9}", fold(text)) else -1
        found = number if setting.least <= number <= setting.most else None
    elif setting.choices:
        wanted = _("{name} is one of {choices}, not {value}")
        choice = CHOICES.get(setting.name, {}).get(fold(text), fold(text))
        found = choice if choice in setting.choices else None
    elif not isinstance(value, str) or not 0 < len(text) <= _LONGEST or clean_line(text) != text:
        found = None
    elif setting.is_folder:
        wanted = _("{name} is the whole path of a folder, not {value}")
        found = text if Path(text).is_absolute() else None
    if found is None or isinstance(value, bool | list | dict):
        raise QueryError(
            wanted.format(
                name=setting_name(setting),
                value=cited(text),
                choices=setting_choices(setting),
                least=setting.least,
                most=setting.most,
            )
        )
    return found


def setting_name(setting: Setting) -> str:
    """Return what a setting is called in the current language."""
    return setting.name if current_language() == "en" else setting.chinese[0]


def setting_value(setting: Setting, value: object) -> str:
    """Return a value of a setting as it is shown in the current language."""
    shown = str(value)
    return choice_name(setting.name, shown) if setting.choices else shown


def setting_choices(setting: Setting) -> str:
    """Return the values that a setting can have, in the current language."""
    return choice_names(setting.name, setting.choices) if setting.choices else ""


def read_settings(file: Path, of_library: bool) -> Values:
    """Return the settings in a file, none where there is no file.

    Args:
        file: the file.
        of_library: whether it is a library's.

    Raises:
        ReadError: it cannot be read.
        SeedError: it is not TOML, or has a key or a value that there is not; names the line.
    """
    try:
        if not file.exists():
            return {}
    except OSError:  # a folder that may not be looked into, as that of another user
        return {}
    return settings_in(read_seed(file), file, of_library)


def settings_in(source: str, file: object, of_library: bool) -> Values:
    """Return the settings in the text of a file.

    Args:
        source: the text.
        file: what messages call it.
        of_library: whether it is a library's.

    Raises:
        SeedError: see :func:`read_settings`.
    """
    found: dict[str, Value] = {}
    for key, value in parse_toml(source, file).items():
        line = _line_of(source, key)
        setting = KNOWN.get(key)
        if setting is None:
            message = _("there is no setting {name}; there are {names}")
            problem = message.format(name=cited(key), names=listed(map(setting_name, SETTINGS)))
            raise SeedError(file, line, problem)
        if of_library and not setting.of_libraries:
            message = _("{name} is set by a user, not by a library; take this line out")
            raise SeedError(file, line, message.format(name=key))
        try:
            found[key] = checked(setting, value)
        except QueryError as error:
            raise SeedError(file, line, str(error)) from None
    return found


def _line_of(source: str, key: str) -> int:
    """Return the line that sets a key, from 1."""
    wanted = re.compile(rf"\s*[\[\"']*{re.escape(key)}\b")
    lines = source.split("\n")
    return next((n for n, line in enumerate(lines, 1) if wanted.match(line)), 1)


def change_settings(file: Path, of_library: bool, name: str, value: Value | None) -> None:
    """Set a setting in a file, or take it out; other lines and comments stay.

    The file is replaced as a whole, and made where there is none.

    Args:
        file: the file.
        of_library: whether it is a library's.
        name: the setting.
        value: its value, ``None`` to take it out.

    Raises:
        ReadError, SeedError: what the file holds is not right, so it is left as it is.
        WriteError: it cannot be written.
    """
    before = dict(read_settings(file, of_library))
    source = read_seed(file) if file.exists() else ""
    if value is None and name not in before:
        return
    line = None if value is None else f"{name} = {_toml(value)}"
    wanted = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    lines: list[str] = []
    for one in source.splitlines():
        if not wanted.match(one):
            lines.append(one)
        elif line is not None:
            lines.append(line)
            line = None
    if line is not None:
        lines.append(line)
    changed = "\n".join(lines) + "\n" if lines else ""
    after = {key: kept for key, kept in before.items() if key != name}
    if value is not None:
        after[name] = value
    if settings_in(changed, file, of_library) != after:
        message = _("{name} cannot be changed by itself; change it with an editor")
        raise SeedError(file, _line_of(source, name), message.format(name=name))
    make_folder(file.parent)
    write_whole(file, (changed if source else _HEADER + changed).encode())


def _toml(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


@dataclass(frozen=True)
class Settings:
    """The settings that hold for one run.

    Attributes:
        user: those of the user.
        library: those of the library.
        user_file: where the user's stand, whether or not there is a file.
        library_file: likewise for the library; ``None`` when no library is used.
    """

    user: Values
    user_file: Path
    library: Values
    library_file: Path | None

    def with_library(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
        """Return these settings with those of the library that a command line is about.

        Args:
            arguments: those of the command line, in English; ``--library`` is looked for in them.
            environment: the environment variables.

        Raises:
            ReadError, SeedError: the library's file is not as it should be.
        """
        folder = named_library(arguments, environment) or str(self.user.get("library", ""))
        file = Path(folder or default_library()) / SETTINGS_FILE
        return Settings(self.user, self.user_file, read_settings(file, of_library=True), file)

    def value(self, name: str) -> Value | None:
        """Return what a file sets, the library's before the user's; ``None`` for nothing."""
        return self.library.get(name, self.user.get(name))

    def defaults(self, arguments: Sequence[str]) -> dict[str, Any]:
        """Return the defaults of parameters, as the context of Typer takes them.

        Args:
            arguments: those of the command line, in English.
        """
        defaults: dict[str, Any] = {}
        given = {one.partition("=")[0] for one in arguments}
        for setting in SETTINGS:
            value = self.value(setting.name)
            if value is None or given & set(setting.unless):
                continue
            for path, parameter in setting.used.items():
                inside = defaults.setdefault(path, {}) if path else defaults
                inside[parameter] = value
        return defaults


def user_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of the user.

    Args:
        environment: the environment variables.

    Raises:
        ReadError, SeedError: the file is not as it should be.
    """
    file = config_folder(environment) / SETTINGS_FILE
    return Settings(read_settings(file, of_library=False), file, {}, None)
