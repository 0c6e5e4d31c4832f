"""Give every request an id, and tell those who watch a server how it was answered.

What is told names the route (``/reports/{report}``), never the path or the query, so that neither a
log nor a metric has what somebody looked for.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .accounts import Session
from .event_log import EventLog
from .guard import UPLOAD_TYPES
from .site import Site

REQUEST_ID = "X-Request-ID"
"""Header of every answer with the id of its request."""
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_UNKNOWN_ROUTE = "unknown"
_LEFT = 499
"""Status of a request whose answer nobody waited for, as nginx has it."""
_PROBES = ("/health", "/ready")
"""Routes that are asked every few seconds; only failures of theirs are logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request and how it was answered.

    Attributes:
        id: its id, as the answer has it in :data:`REQUEST_ID`.
        method: the method of HTTP, ``other`` for one that no page knows.
        route: the route with the names of its variable parts, ``unknown`` when there is none.
        status: status of the answer; 499 when nobody waited for it.
        seconds: from the first byte of the request's body to the last of the answer.
        received: bytes of the body of the request.
        sent: bytes of the body of the answer.
        client: address of who asked.
        user: name of the user who has logged in, ``""`` for none.
        upload: whether its body may have had files.
        refused: why it was refused, in one word; mostly ``""``.
        error: the error of ours that kept it from its answer, mostly ``None``.
    """

    id: str
    method: str
    route: str
    status: int
    seconds: float
    received: int
    sent: int
    client: str
    user: str
    upload: bool
    refused: str
    error: Exception | None


Observer = Callable[[Answered], None]


class Observed:
    """ASGI middleware that stands outermost.

    A request's id is that of the proxy in front (``X-Request-ID``) if it looks like one, else a new
    one; it is ``request.state.request_id``.

    Args:
        app: what is observed.
        routes: the routes of the application.
        observers: told of every request once it is answered.
        site: is told how many are being answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        observers: Sequence[Observer],
        site: Site,
    ) -> None:
        self._app = app
        self._site = site
        self._routes = routes
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id(headers.get(REQUEST_ID, ""))
        route = self._route(scope) if self._observers else ""  # the routes change the scope
        began = time.perf_counter()
        status, received, sent = 0, 0, 0
        failure: Exception | None = None

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = state["request_id"]
            sent += len(message.get("body", b""))
            await send(message)

        self._site.answering += 1
        try:
            await self._app(scope, counted_receive, counted_send)
        except Exception as error:
            status, failure = 500, error
            raise
        finally:
            self._site.answering -= 1
            session: Session | None = state.get("session")
            answered = Answered(
                id=state["request_id"],
                method=scope["method"] if scope["method"] in _METHODS else "other",
                route=route,
                status=status or _LEFT,
                seconds=time.perf_counter() - began,
                received=received,
                sent=sent,
                client=scope["client"][0] if scope.get("client") else "",
                user=session.name if session and session.account else "",
                upload=received > 0 and _has_files(headers),
                refused=state.get("refused", ""),
                error=failure,
            )
            for tell in self._observers:
                tell(answered)

    def _route(self, scope: Scope) -> str:
        """Return the route that a request is for, also of one that was refused before."""
        for route in self._routes:
            if isinstance(route, Route | Mount) and route.matches(scope)[0] is not Match.NONE:
                return route.path if isinstance(route, Mount) else route.path_format
        return _UNKNOWN_ROUTE


def _has_files(headers: Headers) -> bool:
    return headers.get("content-type", "").lower().startswith(UPLOAD_TYPES)


def request_id(given: str) -> str:
    r"""Return the id of a request: the given one if it is short and plain, else a new one.

    Example:
        >>> request_id("5f0c9a1e7b3d4c26"), len(request_id("x\r\nSet-Cookie: y"))
        ('5f0c9a1e7b3d4c26', 32)
    """
    return given if _SANE_ID.fullmatch(given) else secrets.token_hex(16)


def logged(log: EventLog) -> Observer:
    """Return an observer that writes a line to a log for every request.

    Probes that were answered well are left out. An error of ours is told with its place in the
    code.

    Args:
        log: where it writes.
    """

    def write(answered: Answered) -> None:
        if answered.route in _PROBES and answered.status == 200:
            return
        fields = {
            "method": answered.method,
            "route": answered.route,
            "status": answered.status,
            "seconds": round(answered.seconds, 6),
            "bytes": answered.sent,
            "request_id": answered.id,
            "client": answered.client,
        }
        fields |= {"user": answered.user} if answered.user else {}
        fields |= {"refused": answered.refused} if answered.refused else {}
        if answered.error is not None:
            log.failed("request", answered.error, **fields)
        else:
            log.event("warning" if answered.status >= 500 else "info", "request", **fields)

    return write
