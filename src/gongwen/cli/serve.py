"""The serve command: a page on this machine to search, read, correct and teach with."""

from __future__ import annotations

import getpass
import importlib.util
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..catalog import _, current_language
from ..nlp.errors import QueryError
from .options import LibraryOption, library_folder, named_engine, named_store
from .output import (
    note,
    say,
)

_NEEDED = ("starlette", "jinja2", "uvicorn", "python_multipart")
_TOKEN_VARIABLE = "GONGWEN_TOKEN"


class LogFormat(StrEnum):
    """What --log takes."""

    text = "text"
    json = "json"


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; others need --token or --users.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0 for a free one.")
    ] = 8765,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let nobody change anything.")
    ] = False,
    token: Annotated[
        str,
        typer.Option(
            "--token",
            envvar=_TOKEN_VARIABLE,
            help="Secret of at least 16 characters that all who use the page must know.",
        ),
    ] = "",
    users: Annotated[
        Path | None, typer.Option("--users", help="File of users with hashes of their passwords.")
    ] = None,
    add_user: Annotated[
        str,
        typer.Option(
            "--add-user",
            metavar="NAME",
            help="Add a user to the file of --users, or change the password, and end; asks for it.",
        ),
    ] = "",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", help="Further host name of the page, behind a proxy; repeatable."
        ),
    ] = None,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trust-proxy",
            metavar="ADDRESS",
            help="Address or network of a proxy that says who asks (X-Forwarded-For); repeatable.",
        ),
    ] = None,
    log: Annotated[
        LogFormat, typer.Option("--log", help="Log errors as text, or all requests as JSON lines.")
    ] = LogFormat.text,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            min=0,
            max=65535,
            help="Port of metrics for Prometheus; none if unset.",
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option("--metrics-host", help="Address of --metrics-port; it asks for no login.")
    ] = "127.0.0.1",
    library: LibraryOption = None,
) -> None:
    """Show the library as a page in the browser, on this machine only.

    Its address is http://127.0.0.1:8765 unless --host or --port say otherwise.

    Example: gongwen serve --port 8080
    """
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        message = _("the page needs {names}: pip install {names}")
        raise QueryError(message.format(names=" ".join(n.replace("_", "-") for n in missing)))
    if add_user:
        _add_user(users, add_user)
        return
    # late: other commands serve nothing
    from ..web.server import run
    from ..web.settings import ServeSettings  # late: likewise

    settings = ServeSettings(
        folder=library_folder(context, library),
        store=named_store(context),
        host=host,
        port=port,
        read_only=read_only,
        token=token,
        users=users,
        names=tuple(allow_host or ()),
        language=current_language(),
        proxies=tuple(trust_proxy or ()),
        log=log.value,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
        engine=named_engine(context),
    )

    def tell(page: str, metrics: str) -> None:
        note(_("the page is at {address}; Ctrl-C ends it").format(address=page))
        if metrics:
            note(_("metrics are at {address}").format(address=metrics))

    run(settings, _silent if log is LogFormat.json else tell)


def _silent(_page: str, _metrics: str) -> None:
    """Say nothing to people: the log has the addresses."""


def _add_user(users: Path | None, name: str) -> None:
    """Ask for a password and write its hash to the file of users."""
    # late: other commands have no users
    from ..web.accounts import add_user

    if users is None:
        raise typer.BadParameter(_("give the file of users"), param_hint="--users")
    if sys.stdin.isatty():
        password = getpass.getpass(_("Password: "))
        if getpass.getpass(_("Once more: ")) != password:
            raise QueryError(_("the two passwords are not the same"))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    add_user(users, name, password)
    say(_("{file}: {name} can log in now").format(file=os.fspath(users), name=name))
