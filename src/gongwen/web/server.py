"""Run the page with uvicorn until it is interrupted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..nlp.errors import QueryError
from .app import create_app
from .settings import ServeSettings

_HEADER_BYTES = 64 << 10
_IDLE_SECONDS = 30
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
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=5,
        http=TimedProtocol,
        ws="none",
    )
    return uvicorn.Server(config)


def run(settings: ServeSettings, tell: Callable[[str], None]) -> None:
    """Serve a library until Ctrl-C.

    Args:
        settings: how it is served.
        tell: told the address once it is listened at.

    Raises:
        QueryError: nothing can listen at the address.
        LibraryError, ReadError, SeedError: as :func:`~gongwen.web.app.create_app`.
    """
    app = create_app(settings)
    listening = listening_socket(settings)
    port = listening.getsockname()[1]
    name = settings.host if ":" not in settings.host else f"[{settings.host}]"
    tell(f"http://{name}:{port}/")
    server_of(app).run(sockets=[listening])


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
