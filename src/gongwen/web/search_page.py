"""The page that searches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from .filters import Filters, number
from .pages import page, render
from .site import site_of

_PAGE_HITS = 20


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/", _start), page("/search", _search)]


async def _start(request: Request) -> Response:
    return RedirectResponse("/search", 303)


async def _search(request: Request) -> Response:
    site = site_of(request)
    filters = Filters.of(request.query_params)
    at = number(request.query_params, "page", 1, 1)
    results = None
    if filters:
        results = await site.search(
            site.library.search,
            filters.query,
            **filters.arguments(),
            limit=_PAGE_HITS,
            offset=(at - 1) * _PAGE_HITS,
        )
    return render(
        request,
        "search.html",
        filters=filters,
        results=results,
        taxonomy=await site.search(lambda: site.library.taxonomy),
        page=at,
        pages=-(-(results.total_distinct or results.total) // _PAGE_HITS) if results else 0,
    )
