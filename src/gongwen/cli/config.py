"""The command ``config``: list, change and take back settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..catalog import _, gettext_noop, in_brackets
from ..nlp.errors import LibraryError, QueryError
from ..nlp.seeds import SETTINGS_FILE
from ..render.delimited import csv_text
from .options import Format, LibraryOption, default_library, library_folder
from .output import (
    note,
    print_json,
    say,
    write,
)
from .settings import (
    SETTINGS,
    Setting,
    Settings,
    change_settings,
    checked,
    named_setting,
    read_settings,
    setting_name,
    setting_value,
    user_settings,
)

_ORIGINS = {
    "environment": gettext_noop("environment"),
    "library": gettext_noop("library"),
    "user": gettext_noop("user"),
    "built-in": gettext_noop("built-in"),
}
"""Where a value comes from, and how that is said."""


def config(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The setting, as limit or 条数.")
    ] = None,
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="What it is to be from now on.")
    ] = None,
    library_wide: Annotated[
        bool,
        typer.Option("--library-wide", help="Set it for all who use this library, not for you."),
    ] = False,
    unset: Annotated[
        bool, typer.Option("--unset", help="Take the setting back: its default holds again.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Output.")] = Format.table,
    library: LibraryOption = None,
) -> None:
    """List the settings, and where each comes from; show, set or take back one.

    A setting is the default of an option. What is given with the option counts first, then the
    environment, the library's settings, yours, and what is built in. Yours stand in config.toml in
    your configuration folder, those of a library in config.toml in its folder.

    Example: gongwen config limit 50

    Example: gongwen config lang zh --library-wide

    Example: gongwen config --unset limit
    """
    folder = library_folder(context, library)
    mine = user_settings(os.environ)
    settings = Settings(
        mine.user,
        mine.user_file,
        read_settings(folder / SETTINGS_FILE, of_library=True),
        folder / SETTINGS_FILE,
    )
    if key is None:
        if unset or library_wide:
            raise typer.BadParameter(_("name the setting, as limit"), param_hint="KEY")
        _list(settings, format)
        return
    setting = named_setting(key)
    if unset and value is not None:
        raise typer.BadParameter(_("--unset takes no value"), param_hint="VALUE")
    if not unset and value is None:
        found = _row(setting, settings)
        if format is Format.table:
            say(setting_value(setting, found["value"]))
        else:
            _write([found], format)
        return
    _change(setting, None if unset else value, settings, folder if library_wide else None)


def _change(setting: Setting, value: str | None, settings: Settings, folder: Path | None) -> None:
    """Set a setting or take it back, for the user or for the library in a folder."""
    file = settings.user_file
    if folder is not None:
        if not setting.of_libraries:
            message = _("{name} is set by a user, not by a library")
            raise QueryError(message.format(name=setting_name(setting)))
        if not ((folder / "library.db").exists() or (folder / "store.toml").exists()):
            message = _("{folder}: there is no library here; name its folder with --library")
            raise LibraryError(message.format(folder=folder))
        file = folder / SETTINGS_FILE
    of_library = folder is not None
    if value is None:
        was = setting.name in read_settings(file, of_library)
        change_settings(file, of_library, setting.name, None)
        message = (
            _("{name} is no longer set in {file}") if was else _("{name} is not set in {file}")
        )
        note(message.format(name=setting_name(setting), file=file))
        return
    if setting.is_folder and value:
        value = str(Path(value).expanduser().absolute())
    new = checked(setting, value)
    change_settings(file, of_library, setting.name, new)
    message = _("{name} = {value} in {file}")
    shown = setting_value(setting, new)
    note(message.format(name=setting_name(setting), value=shown, file=file))
    others = (
        Settings(settings.user, file, {**settings.library, setting.name: new}, None)
        if of_library
        else Settings({**settings.user, setting.name: new}, file, settings.library, None)
    )
    row = _row(setting, others)
    if row["value"] != new:
        message = _("{name} stays {value} here: that of the {origin} counts first")
        origin = _(_ORIGINS[row["origin"]])
        shown = setting_value(setting, row["value"])
        note(message.format(name=setting_name(setting), value=shown, origin=origin))


def _row(setting: Setting, settings: Settings) -> dict[str, Any]:
    """Return what holds for a setting, and where it comes from."""
    named = os.environ.get(setting.variable, "").strip() if setting.variable else ""
    if named:
        return _as_row(setting, named, "environment", setting.variable)
    if setting.name in settings.library:
        value = settings.library[setting.name]
        return _as_row(setting, value, "library", str(settings.library_file or ""))
    if setting.name in settings.user:
        value = settings.user[setting.name]
        return _as_row(setting, value, "user", str(settings.user_file))
    value = str(default_library()) if setting.is_folder else setting.built_in
    return _as_row(setting, value, "built-in", "")


def _as_row(setting: Setting, value: object, origin: str, file: str) -> dict[str, Any]:
    return {
        "key": setting.name,
        "value": value,
        "origin": origin,
        "file": file,
        "meaning": _(setting.meaning),
    }


def _list(settings: Settings, format: Format) -> None:
    rows = [_row(setting, settings) for setting in SETTINGS]
    if format is not Format.table:
        _write(rows, format)
        return
    for setting, row in zip(SETTINGS, rows, strict=True):
        name = setting_name(setting)
        if name != setting.name:
            name += in_brackets(setting.name)
        line = _("{name} = {value}  ({origin})")
        origin = _(_ORIGINS[row["origin"]])
        say(line.format(name=name, value=setting_value(setting, row["value"]), origin=origin))
        say(f"    {row['meaning']}")
    note(_("yours: {file}").format(file=settings.user_file))
    note(_("the library's: {file}").format(file=settings.library_file))


def _write(rows: list[dict[str, Any]], format: Format) -> None:
    if format is Format.json:
        print_json({"settings": rows})
    else:
        write(csv_text(rows, ("key", "value", "origin", "file", "meaning")), None)
