"""Put the pages, the interface for programs and the guard in front of them together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..catalog import _, gettext_noop
from ..nlp.errors import (
    ConflictError,
    GongwenError,
    LibraryError,
    LibraryInUseError,
    UnknownNameError,
)
from ..translation import in_language
from . import (
    api,
    check_page,
    compare_page,
    counts_page,
    figures_page,
    help_page,
    jobs_page,
    library_page,
    login_page,
    report_page,
    search_export,
    search_page,
    similar_page,
    status_page,
    teach_page,
    trash_page,
)
from .forms import OLD_FORM, READ_ONLY
from .guard import API, HEADERS, Guard, error_object, message_parts
from .observed import REQUEST_ID, Observed, logged
from .page_messages import without_commands
from .pages import render, static_folder
from .proxies import TrustedProxies
from .settings import ServeSettings
from .site import BusyError, Site, site_of

_INTERNAL = gettext_noop("something went wrong in here; the terminal of the server says where")
_NO_PAGE = gettext_noop("there is no such page")
_METHOD = gettext_noop("this address does not take such a request")
_NO_ADDRESS = gettext_noop("there is no such address; /api/openapi.json describes those there are")
_NO_REQUEST = gettext_noop(
    "this address does not take such a request; /api/openapi.json says which it takes"
)
_REASONS = {READ_ONLY: "read_only", OLD_FORM: "form"}
"""Why a form was refused in one word, by what people are told."""


def create_app(settings: ServeSettings) -> Starlette:
    """Return the ASGI application that serves a library.

    Args:
        settings: how it is served.

    Raises:
        LibraryError: the library cannot be opened.
        ReadError, SeedError: the users file cannot be used.
        QueryError: metrics are wanted, and prometheus-client is not installed.

    Example:
        >>> app = create_app(ServeSettings(folder=Path("library")))
    """
    site = Site(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        site.close()
        if metrics is not None:
            metrics.close()

    routes: list[BaseRoute] = [
        *login_page.routes(),
        *search_page.routes(),
        *report_page.routes(),
        *compare_page.routes(),
        *teach_page.routes(),
        *counts_page.routes(),
        *figures_page.routes(),
        *api.routes(),
        *search_export.routes(),
        *similar_page.routes(),
        *help_page.routes(),
        *library_page.routes(),
        *trash_page.routes(),
        *status_page.routes(),
        *check_page.routes(),
        *jobs_page.routes(),
        Route("/health", _health),
        Route("/ready", _ready),
        Mount("/static", StaticFiles(directory=static_folder()), name="static"),
    ]
    observers = [logged(site.log)] if settings.log == "json" else []
    metrics = None
    if settings.metrics_port is not None:
        from .metrics import Metrics  # late: few servers count

        metrics = Metrics(site)
        observers.append(metrics.observe)
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedProxies, addresses=settings.proxies),
            Middleware(Observed, routes=routes, observers=observers, site=site),
            Middleware(Guard, site=site),
        ],
        exception_handlers={
            HTTPException: _failed,
            GongwenError: _failed,
            OSError: _failed,
            Exception: _failed,
        },
        lifespan=lifespan,
    )
    app.state.site, app.state.metrics = site, metrics
    return app


async def _health(request: Request) -> Response:
    """Say that the process is alive."""
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    """Say whether questions are answered, and from all that is stored."""
    found = await site_of(request).probe.soon()
    return JSONResponse(found.told(), 200 if found.ready else 503)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer a request that failed: a page, or an object for programs; never a traceback."""
    programs = request.url.path.startswith(API)
    request.state.refused = _reason_of(error)
    status, message = status_and_message(error, programs)
    headers = {"Retry-After": "1"} if status in (409, 503) else {}
    if isinstance(error, HTTPException) and error.headers:
        headers |= error.headers
    if status == 500:
        # It passes neither the guard nor what gives answers their ids.
        headers |= HEADERS | {"Cache-Control": "no-store", REQUEST_ID: request.state.request_id}
    if programs:
        return JSONResponse(error_object(status, message), status, headers=headers)
    said, hint = message_parts(without_commands(message))
    response = render(request, "error.html", status, status=status, message=said, hint=hint)
    response.headers.update(headers)
    return response


def _reason_of(error: Exception) -> str:
    """Return why a request was refused in one word, for logs and metrics; ``""`` if it was not."""
    if isinstance(error, BusyError):
        return "busy"
    return _REASONS.get(error.detail, "") if isinstance(error, HTTPException) else ""


def status_and_message(error: Exception, programs: bool = False) -> tuple[int, str]:
    """Return the HTTP status of an error, and what is said of it in the language of the request.

    Args:
        error: what happened.
        programs: a program asked, not a person.
    """
    if isinstance(error, HTTPException):
        known = {404: _(_NO_PAGE), 405: _(_METHOD)}
        if programs:
            known = {404: _(_NO_ADDRESS), 405: _(_NO_REQUEST)}
        plain = error.detail in ("Not Found", "Method Not Allowed")
        return error.status_code, known[error.status_code] if plain else _(error.detail)
    if isinstance(error, GongwenError):
        status = 400
        if isinstance(error, UnknownNameError):
            status = 404
        elif isinstance(error, LibraryInUseError | ConflictError):
            status = 409
        elif isinstance(error, LibraryError | BusyError):
            status = 503
        return status, in_language(str(error))
    if isinstance(error, OSError) and error.filename:
        return 400, f"{error.filename}: {error.strerror}"
    return 500, _(_INTERNAL)
