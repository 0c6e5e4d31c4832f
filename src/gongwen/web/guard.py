"""Refuse requests that no page of ours makes, and send headers that keep pages to themselves.

Against what: other sites that make a browser send requests here (cross-site request forgery),
whose name is made to point here (DNS rebinding), or that show our pages in a frame; text of reports
that holds HTML or scripts (strict Content-Security-Policy); requests that are too large, too slow,
or too many.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders, State
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..catalog import LANGUAGES, _, gettext_noop, use_language
from .accounts import Session
from .site import Site

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
LANGUAGE_COOKIE = "gongwen_lang"
API = "/api/"
_OPEN = ("/static/", "/login", "/api/openapi.json", "/health", "/ready")
"""What is answered without login."""
UPLOAD_TYPES = ("multipart/form-data", "application/octet-stream")
"""Types of bodies that may have files."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Headers of every answer."""
_BODY = 1 << 20
"""Largest request without files, in bytes."""
_FIRST_SECONDS, _BYTES_A_SECOND = 30.0, 50_000
"""A body must come at least this fast, after some seconds that each has."""
_LONGEST_URL = 16_384
_LONGEST_PATH = 4_096
_LONGEST_LENGTH = 15
"""Most digits of a ``Content-Length``; Python refuses to read numbers of thousands of digits."""
_UTF8 = re.compile(r';\s*charset="?utf-?8"?\s*(?:;|$)')
_LOGINS_A_MINUTE = 10
_MOST_CLIENTS = 10_000
_RETRY = {"Retry-After": "60"}

_FORBIDDEN_HOST = gettext_noop(
    "this host name is not served here; give it with --allow-host if it is yours"
)
_FOREIGN = gettext_noop(
    "the request comes from another site and was refused; open the page itself and try again"
)
_LONG_URL = gettext_noop("the address is too long; ask for less at once")
_LARGE = gettext_noop("the request is too large; send less at once")
_CHARSET = gettext_noop("forms are read as UTF-8 only; send no other charset")
_SLOW = gettext_noop("the request came too slowly; send it again")
_OFTEN = gettext_noop("too many changes in a minute; wait a little")
_LOGIN = gettext_noop("log in first, or send the token (Authorization: Bearer TOKEN)")


class _RefusedError(Exception):
    """Raised for a request that no page of ours makes.

    Args:
        status: of HTTP.
        reason: the reason in one word, for logs and metrics.
        message: the reason for people, in English.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status, self.reason, self.message = status, reason, message


class Buckets:
    """Counts what each client does in the present minute.

    Args:
        most: how often each may.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def full(self, client: str) -> bool:
        """Count one more, and return whether that is too many."""
        key = (client, int(time.monotonic() // 60))
        self._counts[key] = self._counts.get(key, 0) + 1
        self._counts.move_to_end(key)
        while len(self._counts) > _MOST_CLIENTS:
            self._counts.popitem(last=False)
        return self._counts[key] > self._most


class Guard:
    """ASGI middleware that stands in front of all pages.

    It gives a request its session (``request.state.session``) and its language.

    Args:
        app: what is guarded.
        site: what all pages share.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._changes = Buckets(site.settings.changes_per_minute)
        self._logins = Buckets(_LOGINS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # there are no WebSockets here
        headers = Headers(scope=scope)
        cookies = _cookies(headers)
        scope.setdefault("state", {})
        session = self._site.accounts.session(cookies.get(self._cookie(scope), ""))
        state = State(scope["state"])
        state.session, state.signed = session, False
        asked = _query_language(scope)
        language = asked or cookies.get(LANGUAGE_COOKIE, "")
        if language not in LANGUAGES:
            language = _accepted(headers.get("accept-language", "")) or (
                self._site.settings.language
            )
        use_language(language)
        state.language = language
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._finish(scope, message, language if asked else "")
            await send(message)

        try:
            limit = self._checked(scope, headers)
            await self._app(scope, _Body(receive, limit), send_guarded)
        except _RefusedError as refused:
            state.refused = refused.reason
            if started:
                raise
            await self._refusal(scope, refused)(scope, receive, send_guarded)

    def _cookie(self, scope: Scope) -> str:
        """Return the name of the cookie; browsers share cookies between the ports of a host."""
        server = scope.get("server") or ("", 0)
        return f"gongwen_{server[1]}"

    def _checked(self, scope: Scope, headers: Headers) -> int:
        """Return how large the body may be, in bytes.

        Raises:
            _RefusedError: no page of ours makes such a request.
        """
        server = scope.get("server") or ("", 0)
        host = headers.get("host", "").lower()
        if host not in self._site.settings.hosts(server[1]):
            raise _RefusedError(421, "host", _FORBIDDEN_HOST)
        path_bytes = len(scope.get("raw_path", b""))
        if path_bytes > _LONGEST_PATH or path_bytes + len(scope["query_string"]) > _LONGEST_URL:
            raise _RefusedError(414, "address", _LONG_URL)
        path, method = scope["path"], scope["method"]
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if bearer and path.startswith(API) and self._site.accounts.token_fits(bearer):
            rights = "read" if self._site.settings.read_only else "write"
            scope["state"]["session"] = Session("", rights=rights)
            scope["state"]["signed"] = True
        if method not in SAFE:
            self._check_origin(headers, host)
            client = scope["client"][0] if scope.get("client") else ""
            if path == "/login" and self._logins.full(client):
                raise _RefusedError(429, "rate", _OFTEN)
            if self._changes.full(client):
                raise _RefusedError(429, "rate", _OFTEN)
        if not scope["state"]["session"].rights and not path.startswith(_OPEN):
            raise _RefusedError(401, "login", _LOGIN)
        kind = headers.get("content-type", "").lower()
        # Text of other encodings may become half characters, which no page can show.
        if kind.startswith("multipart/") and kind.count("charset") != len(_UTF8.findall(kind)):
            raise _RefusedError(415, "charset", _CHARSET)
        limit = self._site.settings.upload_bytes if kind.startswith(UPLOAD_TYPES) else _BODY
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > _LONGEST_LENGTH or int(length) > limit:
            raise _RefusedError(413, "size", _LARGE)
        return limit

    @staticmethod
    def _check_origin(headers: Headers, host: str) -> None:
        """Refuse a change that another site makes a browser send.

        Browsers send ``Origin`` with every such request, and ``Sec-Fetch-Site``; other programs
        send neither.
        """
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise _RefusedError(403, "origin", _FOREIGN)
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) != host:
            raise _RefusedError(403, "origin", _FOREIGN)

    def _finish(self, scope: Scope, message: MutableMapping[str, Any], language: str) -> None:
        """Add the headers that every answer has, and the cookies."""
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if not scope["path"].startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        session: Session = scope["state"]["session"]
        cookies = []
        if scope["state"].get("keep_session") and session.id:
            cookies.append(f"{self._cookie(scope)}={session.id}; Path=/; HttpOnly; SameSite=Strict")
        if language:
            cookies.append(
                f"{LANGUAGE_COOKIE}={language}; Path=/; SameSite=Strict; Max-Age=31536000"
            )
        for cookie in cookies:
            secure = "; Secure" if scope.get("scheme") == "https" else ""
            headers.append("Set-Cookie", cookie + secure)

    @staticmethod
    def _refusal(scope: Scope, refused: _RefusedError) -> Response:
        retry = _RETRY if refused.status == 429 else {}
        if scope["path"].startswith(API):
            body = error_object(refused.status, _(refused.message))
            return JSONResponse(body, refused.status, headers=retry)
        if refused.status == 401 and scope["method"] in SAFE:
            query = scope["query_string"].decode("latin-1")
            back = scope["path"] + (f"?{query}" if query else "")
            return RedirectResponse(f"/login?next={quote(back, safe='')}", 303)
        return PlainTextResponse(_(refused.message) + "\n", refused.status, headers=retry)


def error_object(status: int, message: str) -> dict[str, Any]:
    """Return what programs are told of an error: its status, what is wrong, and what to do.

    Args:
        status: of HTTP.
        message: what is wrong, and behind a semicolon what to do.

    Example:
        >>> error_object(404, "unknown report 'x'; gongwen reports lists them")["error"]["hint"]
        'gongwen reports lists them'
    """
    said, hint = message_parts(message)
    return {"error": {"status": status, "message": said, "hint": hint}}


def message_parts(message: str) -> tuple[str, str]:
    """Return what is wrong, and what to do, which stands behind a semicolon.

    Example:
        >>> message_parts("unknown report 'x'; gongwen reports lists them")
        ("unknown report 'x'", 'gongwen reports lists them')
    """
    for semicolon in ("; ", "；"):
        said, found, hint = message.partition(semicolon)
        if found:
            return said, hint
    return message, ""


class _Body:
    """Receives the body of a request, as long as it is neither too large nor too slow."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._read = 0
        self._started = time.monotonic()
        self._ended = False

    async def __call__(self) -> Message:
        if self._ended:
            return await self._receive()
        left = _FIRST_SECONDS + self._read / _BYTES_A_SECOND - (time.monotonic() - self._started)
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.0))
        except TimeoutError:
            raise _RefusedError(408, "slow", _SLOW) from None
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            if self._read > self._limit:
                raise _RefusedError(413, "size", _LARGE)
        return message


def _host_of(origin: str) -> str:
    """Return host and port of an ``Origin``, ``""`` when it has none or cannot be read.

    Example:
        >>> _host_of("http://127.0.0.1:8765"), _host_of("null"), _host_of("http://[")
        ('127.0.0.1:8765', '', '')
    """
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _query_language(scope: Scope) -> str:
    """Return the language that the address itself asks for with ``lang=``, else ``""``."""
    query: bytes = scope["query_string"]
    if b"lang=" not in query:
        return ""
    asked = HTTPConnection(scope).query_params.get("lang", "")
    return asked if asked in LANGUAGES else ""


def _accepted(header: str) -> str:
    """Return the first of our languages in ``Accept-Language``, ``""`` when there is none.

    Example:
        >>> _accepted("fr, zh-CN;q=0.9, en;q=0.8")
        'zh'
    """
    asked = []
    for part in header.split(",")[:20]:
        name, _semicolon, weight = part.strip().partition(";q=")
        try:
            asked.append((-float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _w, name in sorted(asked, key=lambda a: a[0]) if name in LANGUAGES), "")
