"""Answer the requests of programs at ``/api/v1``, and describe them at ``/api/openapi.json``."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..nlp.errors import GongwenError
from ..render.delimited import csv_text
from ..render.readable_rows import readable_sheet
from ..render.xlsx import book_bytes
from .api_changes import changes
from .api_jobs import jobs
from .api_questions import questions
from .api_reports import whole_reports
from .api_research import research
from .downloads import download
from .forms import READ_ONLY
from .openapi import PREFIX, description
from .operations import Arguments, Asked, Operation, file_body, json_body
from .pages import may_write
from .site import site_of


def all_operations() -> tuple[Operation, ...]:
    """Return all operations, in the order of their description."""
    return (*questions(), *research(), *whole_reports(), *changes(), *jobs())


def routes() -> list[BaseRoute]:
    """Return the routes of all operations, and of their description."""
    operations = all_operations()
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for one in operations:
        by_path[PREFIX + one.path][one.method] = one
    text = json.dumps(description(operations), ensure_ascii=False).encode("utf-8")

    async def described(request: Request) -> Response:
        return Response(text, media_type="application/json")

    return [
        Route("/api/openapi.json", described),
        *(_route(path, of) for path, of in by_path.items()),
    ]


def _route(path: str, operations: Mapping[str, Operation]) -> Route:
    """Return the route of the operations at one path."""

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await _answer(request, operations[method])

    answer.guarded = True  # type: ignore[attr-defined]
    return Route(path, answer, methods=list(operations))


async def _answer(request: Request, operation: Operation) -> Response:
    site = site_of(request)
    if operation.writes and not may_write(request):
        raise HTTPException(403, READ_ONLY)
    body = await json_body(request) if operation.body else {}
    values = operation.values(request.query_params, request.path_params, body)
    uploads = await file_body(request, values["name"]) if operation.file else None
    asked = Asked(site, values, request.state.session.name, uploads)
    as_file = operation.table is not None and values["format"] != "json"
    ask = site.search if operation.quick and not as_file else site.work
    status = 500
    try:
        if as_file:
            return await site.work(_file, request, operation, asked)
        found = await ask(operation.run, asked)
        status = 202 if operation.long else 200
    except HTTPException as error:
        status = error.status_code
        raise
    except GongwenError:
        status = 400
        raise
    finally:
        if uploads and status != 202:
            uploads.remove()
        if operation.writes:
            site.audit(request, status, operation=operation.name, values=values)
    headers = {}
    if operation.total is not None:
        headers = _page_headers(request, values, operation.total(found, values))
    return Response(_encoded(found), status, headers, media_type="application/json")


def _page_headers(request: Request, values: Arguments, total: int) -> dict[str, str]:
    """Return how many entries there are in all, and the address of the next page if there is one.

    They are headers, so that the answer is the one of the command line.
    """
    headers = {"X-Total-Count": str(total)}
    following = values.get("offset", 0) + values.get("limit", total)
    if following < total:
        given = [(name, text) for name, text in request.query_params.multi_items()]
        query = [*(one for one in given if one[0] != "offset"), ("offset", str(following))]
        headers["Link"] = f'<{quote(request.url.path)}?{urlencode(query)}>; rel="next"'
    return headers


def _file(request: Request, operation: Operation, asked: Asked) -> Response:
    """Return what was found as a file, with the columns of the command line."""
    assert operation.table is not None
    found = operation.table(asked)
    format = asked.values["format"]
    if format == "csv":
        content = csv_text(found.rows, found.columns).encode("utf-8", "backslashreplace")
    else:
        rows, taxonomy = list(found.rows), asked.site.library.taxonomy
        sheet = readable_sheet(operation.name, rows, found.columns, taxonomy)
        content = book_bytes(Path(f"{operation.name}.xlsx"), [sheet])
    answer = download(content, f"{operation.name}.{format}")
    answer.headers.update(_page_headers(request, asked.values, found.total))
    return answer


def _encoded(value: Any) -> bytes:
    """Return JSON; half characters, which a damaged file may hold, are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")
