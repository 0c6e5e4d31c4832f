"""Run the page with uvicorn until it is interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from ..nlp.errors import QueryError
from .app import create_app
from .settings import ServeSettings

_HEADER_BYTES = 64 << 10
_IDLE_SECONDS = 30
_BACKLOG = 128


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
        http="h11",
        ws="none",
    )
    tell(f"http://{name}:{port}/")
    uvicorn.Server(config).run(sockets=[listening])


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
