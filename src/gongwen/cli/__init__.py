"""The command line: the only part that prints, exits, or reads the environment."""

from __future__ import annotations

import io
import locale
import os
import sqlite3
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from ..catalog import preferred_language, use_language
from ..nlp.errors import GongwenError
from ..translation import in_language
from .output import note


def main() -> None:
    """Run the command line; no error reaches the user as a traceback."""
    _utf8_streams()
    _put_off_http()
    try:
        # Windows names the language of its interface not by variables.
        system = (locale.getlocale()[0] or "") if os.name == "nt" else ""
        use_language(preferred_language(os.environ, system))
        # late: loads all commands, and help asks for the language
        from .app import whole
        from .options import Spelling  # late: likewise

        command = whole()
        sys.argv[1:] = Spelling(command).rewritten(sys.argv[1:])
        code = command(standalone_mode=False)
    except GongwenError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'a file or standard output'}: {error.strerror or error}")
    except sqlite3.Error as error:
        _fail(f"the library cannot be read ({error}); is its folder still there? try again later")
    except MemoryError:
        _fail("out of memory; add fewer files at a time")
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a wrong use, by Typer
            _show_usage(error)
        if os.environ.get("GONGWEN_DEBUG"):
            raise
        _fail(f"internal error: {type(error).__name__}: {error} (GONGWEN_DEBUG=1 shows where)")
    raise SystemExit(code or 0)


def _show_usage(error: Any) -> NoReturn:
    said = io.StringIO()
    error.show(file=said)
    note(said.getvalue().rstrip("\n"))
    raise SystemExit(error.exit_code)


def _fail(message: str) -> NoReturn:
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
