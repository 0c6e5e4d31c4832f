"""The command line: the only part that prints, exits, or reads the environment."""

from __future__ import annotations

import contextlib
import io
import locale
import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from ..catalog import _, current_language, preferred_language, use_language
from ..nlp.errors import GongwenError
from .output import (
    note,
    say,
)

_COMPLETE = "_GONGWEN_COMPLETE"
"""The variable with which the scripts of shells ask what may come next: ``complete_bash``."""
_ERROR = "Error: "
"""What Typer puts in front of what is wrong in a command."""


def main() -> None:
    """Run the command line; no error reaches the user as a traceback."""
    _utf8_streams()
    _put_off_http()
    if asked := os.environ.get(_COMPLETE):
        _complete(asked.removeprefix("complete_"))
    try:
        # Windows names the language of its interface not by variables.
        system = (locale.getlocale()[0] or "") if os.name == "nt" else ""
        use_language(preferred_language(os.environ, system))
        from .app import whole  # late: loads all commands, and help asks for the language

        command = whole()
        sys.argv[1:], defaults = _settled(command, sys.argv[1:])
        code = command(standalone_mode=False, default_map=defaults)
    except GongwenError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'a file or standard output'}: {error.strerror or error}")
    except MemoryError:
        _fail("out of memory; add fewer files at a time")
    except Exception as error:
        from sqlite3 import Error as DatabaseError  # late: help reads no library

        if isinstance(error, DatabaseError):
            why = f"the library cannot be read ({error})"
            _fail(f"{why}; is its folder still there? try again later")
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a wrong use, by Typer
            _show_usage(error)
        if os.environ.get("GONGWEN_DEBUG"):
            raise
        _fail(f"internal error: {type(error).__name__}: {error} (GONGWEN_DEBUG=1 shows where)")
    raise SystemExit(code or 0)


def _complete(shell: str) -> NoReturn:
    """Answer a shell that asks what may come next; whatever goes wrong, it gets no answer."""
    # late: these need what the commands need
    from .app import whole
    from .completion import language_for, suggestions

    with contextlib.suppress(Exception):
        use_language(language_for(os.environ) or preferred_language(os.environ))
        for line in suggestions(shell, whole(), os.environ):
            say(line)
    raise SystemExit(0)


def _settled(command: Any, typed: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Return the arguments as the command line takes them, and the defaults that are set.

    Raises:
        GongwenError: a file of settings is not as it should be, and this is no call for help.
    """
    # late: these need what the commands need
    from ..nlp.seeds import SETTINGS_FILE
    from . import options
    from .spelling import Spelling

    asked = options.language_asked(typed)
    file = options.config_folder(os.environ) / SETTINGS_FILE
    settings: Any = None
    wrong: GongwenError | None = None
    if _exists(file):
        from .settings import user_settings  # late: most people have no settings

        try:
            settings = user_settings(os.environ)
        except GongwenError as error:
            wrong = error
    _speak(settings, asked)
    spelling = Spelling(command)
    arguments = spelling.rewritten(typed)
    if not spelling.path or spelling.path == "help" or {"--help", "-h"} & set(arguments):
        return arguments, settings.defaults(arguments) if settings else {}
    if wrong is not None:
        raise wrong
    if settings is None:
        folder = options.named_library(arguments, os.environ) or options.default_library()
        if not _exists(Path(folder) / SETTINGS_FILE):
            return arguments, {}
        from .settings import user_settings  # late: most libraries have none either

        settings = user_settings(os.environ)
    settings = settings.with_library(arguments, os.environ)
    _speak(settings, asked)
    return arguments, settings.defaults(arguments)


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # in a folder that may not be looked into
        return False


def _speak(settings: Any, asked: str) -> None:
    """Use the language that is asked for, else that of the environment, else that of settings."""
    set_one = settings.value("lang") if settings else None
    if asked:
        use_language(asked)
    elif set_one and not os.environ.get("GONGWEN_LANG", "").strip():
        use_language(str(set_one))


def _show_usage(error: Any) -> NoReturn:
    # late: a command that is right needs neither
    from ..translation import in_language
    from .help_text import error_in_chinese

    said = io.StringIO()
    error.show(file=said)
    for line in said.getvalue().rstrip("\n").split("\n"):
        if line.startswith(_ERROR):  # what follows may be in the language of the user already
            message = in_language(line.removeprefix(_ERROR))
            line = _("Error: {message}").format(message=message)
        if current_language() == "zh":
            line = error_in_chinese(
                line, getattr(error, "ctx", None), getattr(error, "param", None)
            )
        note(line)
    raise SystemExit(error.exit_code)


def _fail(message: str) -> NoReturn:
    from ..translation import in_language  # late: likewise

    note(f"gongwen: {in_language(' '.join(message.split()))}")
    raise SystemExit(1)


def _put_off_http() -> None:
    """Let ``urllib.request`` be loaded when a name in it is used, not when it is imported.

    Whoosh imports a function of it, which it never calls, and with it come HTTP, TLS and e-mail:
    30 of the 400 ms of a search.
    """
    name = "urllib.request"
    if name in sys.modules:
        return
    put_off: Any = ModuleType(name)

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system looks for these
            raise AttributeError(attribute)
        if sys.modules.get(name) is put_off:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    put_off.__getattr__ = load
    put_off.urlretrieve = lambda *given, **named: load("urlretrieve")(*given, **named)
    sys.modules[name] = put_off
    # A package gets a module as its attribute only when that is loaded for real.
    import_module("urllib").request = put_off  # type: ignore[attr-defined]


def _utf8_streams() -> None:
    """Write UTF-8 whatever the locale says: Chinese text must survive a pipe."""
    if sys.stdout is None:  # closed by the caller: then nobody wants to read
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
