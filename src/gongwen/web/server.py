"""Run the page with uvicorn until it is interrupted or told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.h11_impl import H11Protocol

from .. import __version__
from ..nlp.errors import QueryError
from .app import create_app
from .event_log import EventLog, other_packages_logged
from .settings import ServeSettings

_HEADER_BYTES = 64 << 10
_IDLE_SECONDS = 30
_LAST_SECONDS = 30
"""How long requests that are being answered may take when the server ends."""
_BACKLOG = 128


class TimedProtocol(H11Protocol):
    """The HTTP of uvicorn, where the line and the headers of a request must come in time.

    Clients that send them byte by byte, or connect and send nothing, would else keep connections
    open for ever (slowloris). Bodies have a limit of their own in :mod:`.guard`.

    Attributes:
        head_seconds: how long line and headers may take, from the first byte on, of the first
            request of a connection from its beginning.
        most_connections: when there are as many, the one that has waited longest for a request
            makes place for a new one.
    """

    head_seconds = 20.0
    most_connections = 400

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late: asyncio.TimerHandle | None = None
        self._since = self.loop.time()

    @property
    def _between_requests(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self.most_connections:
            others = [one for one in self.connections if isinstance(one, TimedProtocol)]
            idle = [one for one in others if one is not self and one._between_requests]
            min(idle, key=lambda one: one._since, default=self).transport.close()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request of the same connection."""
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self._between_requests:
            self._forget()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_seconds, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def server_of(app: Starlette) -> uvicorn.Server:
    """Return the server of an application, with the limits of its connections."""
    own_log = app.state.site.settings.log == "text"
    config = uvicorn.Config(
        app,
        log_config=LOGGING_CONFIG if own_log else None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # proxies.py believes those that are named
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_LAST_SECONDS,
        http=TimedProtocol,
        ws="none",
    )
    return uvicorn.Server(config)


def run(settings: ServeSettings, tell: Callable[[str, str], None]) -> None:
    """Serve a library until Ctrl-C or SIGTERM; requests that are being answered are finished.

    Args:
        settings: how it is served.
        tell: told the address of the page and that of the metrics, ``""`` for none, once both are
            listened at.

    Raises:
        QueryError: nothing can listen at an address, or prometheus-client is not installed.
        LibraryError, ReadError, SeedError: as :func:`~gongwen.web.app.create_app`.
    """
    app = create_app(settings)
    log: EventLog = app.state.site.log
    listening = listening_socket(settings)
    page = f"http://{_in_address(settings.host)}:{listening.getsockname()[1]}/"
    server = server_of(app)
    with contextlib.ExitStack() as closing:
        if settings.log == "json":
            closing.enter_context(other_packages_logged(log))
        metrics = ""
        if app.state.metrics is not None:
            host = settings.metrics_host
            port = closing.enter_context(app.state.metrics.listening(host, settings.metrics_port))
            metrics = f"http://{_in_address(host)}:{port}/metrics"
        closing.enter_context(_ended_by_sigterm(server))
        tell(page, metrics)
        log.event("info", "started", address=page, metrics=metrics, version=__version__)
        try:
            server.run(sockets=[listening])
        finally:
            log.event("info", "stopped")


def _in_address(host: str) -> str:
    """Return a host as addresses have it: IPv6 in brackets."""
    return host if ":" not in host else f"[{host}]"


@contextlib.contextmanager
def _ended_by_sigterm(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGTERM end a server in good order, with exit code 0.

    While it runs, uvicorn has handlers of its own, but once it has ended it sends the signal again
    to those that were there before.
    """
    if threading.current_thread() is not threading.main_thread():  # signals come there only
        yield
        return

    def end(_signal: int, _frame: object) -> None:
        server.should_exit = True

    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def listening_socket(settings: ServeSettings) -> socket.socket:
    """Return a socket that listens where the settings say; port 0 is any free one.

    Raises:
        QueryError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Only where the protocol is named does asyncio turn Nagle's algorithm off. With it an answer in
    # two writes waits for the other side's delayed acknowledgement, about 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise QueryError(
            f"cannot listen at {settings.host}:{settings.port} ({error.strerror}); "
            "give another --port"
        ) from None
    made.set_inheritable(True)
    return made
